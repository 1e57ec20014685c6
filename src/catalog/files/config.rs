//! `vrev.toml`: what a repository says about itself.
//!
//! ```toml
//! format = 1
//!
//! [checks]
//! fk-cross-shard = "warning"
//!
//! [[suppress]]
//! check = "unique-not-global"
//! object = "customer.member.e"
//! reason = "imported members may share an address"
//!
//! [policy]
//! charsets = ["utf8mb4"]
//! primary_key_types = ["bigint unsigned", "binary"]
//!
//! [policy.names]
//! tables = "^[a-z_]+$"
//!
//! [endpoints.customer]
//! "-80" = "customer-a"
//! ```
//!
//! Endpoints are names, never addresses or secrets: what they stand for is each machine's own setting. A key that vrev
//! does not know is refused, so that a misspelt one is noticed. A suppression covers its object and all parts of it.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use crate::catalog::nearest;

/// The layout that this version reads and writes.
pub const FORMAT: u32 = 1;

/// The repository's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The layout of the files; 1.
    pub format: u32,
    /// Severity of a check by its name.
    #[serde(default)]
    pub checks: BTreeMap<String, Severity>,
    /// Findings to live with.
    #[serde(default)]
    pub suppress: Vec<Suppression>,
    /// What the checks allow.
    #[serde(default)]
    pub policy: Policy,
    /// Name of the endpoint that serves a shard, by keyspace and shard.
    #[serde(default)]
    pub endpoints: BTreeMap<String, BTreeMap<String, String>>,
}

/// A finding of one check, on an object and its parts, that somebody decided to live with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The check's id.
    pub check: String,
    /// The object: `customer`, `customer.corder`, `customer.corder.oname`.
    pub object: String,
    /// Why; not empty.
    pub reason: String,
}

/// What the checks allow: lists, limits and patterns, each with a default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Charsets of text, for `charset-disallowed`.
    pub charsets: Vec<String>,
    /// Storage engines, for `engine-disallowed`.
    pub engines: Vec<String>,
    /// Types of primary keys' columns, for `pk-type`: `bigint` is one of any sign, `bigint unsigned` that alone.
    pub primary_key_types: Vec<String>,
    /// How many secondary indexes a table may have, for `too-many-indexes`.
    pub secondary_indexes: usize,
    /// Regular expressions that names match, for `naming-convention`; kinds that are not listed are free.
    pub names: BTreeMap<Named, String>,
}

impl Default for Policy {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let snake = || "^[a-z][a-z0-9_]*$".to_owned();
        Self {
            charsets: list(&["utf8mb4", "ascii", "binary"]),
            engines: list(&["InnoDB"]),
            primary_key_types: list(&["bigint", "binary", "varbinary"]),
            secondary_indexes: 10,
            names: [Named::Tables, Named::Views, Named::Columns]
                .map(|kind| (kind, snake()))
                .into(),
        }
    }
}

/// What has a name, in [`Policy::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the objects of a keyspace")]
pub enum Named {
    Tables,
    Views,
    Columns,
    Indexes,
    ForeignKeys,
    Checks,
    Vindexes,
}

/// What a finding of a check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not looked for.
    Off,
    /// Worth knowing.
    Notice,
    /// Probably wrong.
    Warning,
    /// Refused, or lost, or broken.
    Error,
}

impl Severity {
    /// Returns the name that `vrev.toml` has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is wrong with `vrev.toml`, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Offset in bytes.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            format: FORMAT,
            checks: BTreeMap::new(),
            suppress: Vec::new(),
            policy: Policy::default(),
            endpoints: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// For text that is not TOML, unknown keys, another format, and endpoints that are no names.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError {
            offset: error.span().map_or(0, |span| span.start),
            message: with_suggestion(error.message()),
        })?;
        let at = |word: &str| text.find(word).unwrap_or(0);
        if config.format != FORMAT {
            return Err(ConfigError {
                offset: at("format"),
                message: format!(
                    "format {} is not known to this version of vrev, which reads format {FORMAT}",
                    config.format
                ),
            });
        }
        for suppression in &config.suppress {
            if suppression.reason.trim().is_empty() {
                return Err(ConfigError {
                    offset: at(&suppression.check),
                    message: format!(
                        "`{}` of `{}` is suppressed without a reason",
                        suppression.check, suppression.object
                    ),
                });
            }
        }
        for pattern in config.policy.names.values() {
            if let Err(error) = Regex::new(pattern) {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                return Err(ConfigError {
                    offset: at(pattern),
                    message: format!("`{pattern}` is no regular expression: {reason}"),
                });
            }
        }
        for name in config.endpoints.values().flat_map(BTreeMap::values) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) {
                return Err(ConfigError {
                    offset: at(name),
                    message: "an endpoint is a name of letters, digits, `-`, `_` and `.`; its address and secrets \
                              belong to each machine's own settings"
                        .to_owned(),
                });
            }
        }
        Ok(config)
    }
}

/// Adds to "unknown field `x`, expected one of `a`, `b`" which of them may be meant.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let near = match quoted.next() {
        Some(name) if message.starts_with("unknown ") => nearest(name, quoted),
        _ => None,
    };
    match near {
        Some(near) => format!("{message}; perhaps `{near}` is meant"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read() {
        let text = "format = 1\n[checks]\nscatter = \"error\"\n[endpoints.customer]\n\"-80\" = \"db-1.a\"\n";
        let config = Config::parse(text).expect("valid settings");
        assert_eq!(config.checks["scatter"], Severity::Error);
        assert_eq!(config.endpoints["customer"]["-80"], "db-1.a");
        assert_eq!(Config::parse("format = 1"), Ok(Config::default()));
        let text = "format = 1\n[policy]\nengines = [\"RocksDB\"]\n[policy.names]\nforeign_keys = \"^fk_\"\n";
        let policy = Config::parse(text).expect("valid settings").policy;
        assert_eq!(policy.engines, ["RocksDB"]);
        assert_eq!(
            policy.names,
            BTreeMap::from([(Named::ForeignKeys, "^fk_".to_owned())])
        );
        assert_eq!(policy.charsets, Policy::default().charsets);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let check = |text: &str, offset: usize, part: &str| {
            let error = Config::parse(text).expect_err(text);
            assert!(error.message.contains(part), "{}", error.message);
            assert_eq!(error.offset, offset, "{text}");
        };
        check("format = 1\nfromat = 2\n", 11, "perhaps `format` is meant");
        check("format = 2", 0, "format 2 is not known");
        check("[checks]\n", 0, "missing field `format`");
        check(
            "format = 1\n[checks]\nx = \"loud\"",
            24,
            "unknown variant `loud`",
        );
        check("format = ", 9, "");
        let suppress = "format = 1\n[[suppress]]\ncheck = \"a-b\"\nobject = \"c\"\n";
        check(suppress, 11, "missing field `reason`");
        check(
            &format!("{suppress}reason = \" \""),
            33,
            "suppressed without a reason",
        );
        check(
            &format!("{suppress}raeson = \"x\""),
            51,
            "perhaps `reason` is meant",
        );
        check(
            "format = 1\n[checks]\nx = \"wraning\"",
            24,
            "perhaps `warning` is meant",
        );
        let names = "format = 1\n[policy.names]\n";
        check(
            &format!("{names}tables = \"a[\""),
            36,
            "`a[` is no regular expression: error: unclosed character class",
        );
        check(
            &format!("{names}tabels = \"a\""),
            26,
            "perhaps `tables` is meant",
        );
        check(
            "format = 1\n[policy]\ncharset = [\"ascii\"]",
            20,
            "perhaps `charsets` is meant",
        );
        let secret = "format = 1\n[endpoints.c]\n\"-80\" = \"mysql://root:secret@db/\"\n";
        check(secret, 34, "an endpoint is a name");
    }
}
