//! Which path holds what, and which names may be file names.
//!
//! A name is a file name as it is if it has only letters, digits, `_`, `-`, `$` and inner dots; other characters are
//! percent-encoded byte by byte, so that every name has exactly one path and every path one name. A name that would
//! leave its folder, hide as `.git` or be no file name on some system even so is refused.

use std::fmt;
use std::fmt::Write as _;

/// What a path of a repository holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `vrev.toml`.
    Config,
    /// `keyspaces/<keyspace>/vschema.json`.
    Vschema {
        /// The keyspace.
        keyspace: String,
    },
    /// `keyspaces/<keyspace>/shards.json`.
    Shards {
        /// The keyspace.
        keyspace: String,
    },
    /// `keyspaces/<keyspace>/identities.json`.
    Identities {
        /// The keyspace.
        keyspace: String,
    },
    /// `keyspaces/<keyspace>/tables/<table>.sql`.
    Table {
        /// The keyspace.
        keyspace: String,
        /// The table.
        table: String,
    },
    /// `keyspaces/<keyspace>/views/<view>.sql`.
    View {
        /// The keyspace.
        keyspace: String,
        /// The view.
        view: String,
    },
    /// One of the four rule files at the top.
    Rules(RuleFile),
}

/// The rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleFile {
    /// `routing_rules.json`.
    Routing,
    /// `shard_routing_rules.json`.
    ShardRouting,
    /// `keyspace_routing_rules.json`.
    KeyspaceRouting,
    /// `mirror_rules.json`.
    Mirror,
}

impl RuleFile {
    /// All four, by path.
    pub const ALL: [Self; 4] = [
        Self::KeyspaceRouting,
        Self::Mirror,
        Self::Routing,
        Self::ShardRouting,
    ];

    /// Returns the file's path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Routing => "routing_rules.json",
            Self::ShardRouting => "shard_routing_rules.json",
            Self::KeyspaceRouting => "keyspace_routing_rules.json",
            Self::Mirror => "mirror_rules.json",
        }
    }
}

/// Why a name or a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A name or path part is absolute or goes up.
    #[error("`{path}` would escape its folder")]
    EscapesFolder {
        /// The path, as it was given or would be.
        path: String,
    },
    /// A name or path part would be taken for git's own folder.
    #[error("`{path}` would hide as git's own folder")]
    HidesAsGit {
        /// The path, as it was given or would be.
        path: String,
    },
    /// A name that no file system holds.
    #[error("`{path}` is no usable path: {reason}")]
    Unusable {
        /// The path, as it was given or would be.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// The path spells its name in another way than vrev does.
    #[error(
        "`{path}` is spelt otherwise than its name is written: rename the file to `{expected}`"
    )]
    Misspelt {
        /// The path as it is.
        path: String,
        /// The path of that name.
        expected: String,
    },
    /// A `.sql` or `.json` file under `keyspaces/` that is none of those vrev knows.
    #[error(
        "`{path}` is no file that a keyspace has: expected `vschema.json`, `shards.json`, `identities.json`, `tables/<table>.sql` or `views/<view>.sql`"
    )]
    Unknown {
        /// The path.
        path: String,
    },
}

impl PathError {
    /// Returns the path that the error is about.
    pub fn path(&self) -> &str {
        match self {
            Self::EscapesFolder { path }
            | Self::HidesAsGit { path }
            | Self::Unusable { path, .. }
            | Self::Misspelt { path, .. }
            | Self::Unknown { path } => path,
        }
    }
}

/// Bytes that file systems allow in a file name, less the extension.
const MAX_FILE_NAME: usize = 250;

impl Place {
    /// Tells what a path holds, `/` between its parts; `None` for files that are not the catalog's (rows, workload,
    /// documentation).
    ///
    /// # Errors
    /// For a path under `keyspaces/` that is unsafe, misspelt, or looks like a catalog file in a wrong place.
    pub fn of(path: &str) -> Result<Option<Self>, PathError> {
        if path == "vrev.toml" {
            return Ok(Some(Self::Config));
        }
        if let Some(rules) = RuleFile::ALL.into_iter().find(|file| file.path() == path) {
            return Ok(Some(Self::Rules(rules)));
        }
        let Some(rest) = path.strip_prefix("keyspaces/") else {
            return Ok(None);
        };
        let parts: Vec<&str> = rest.split('/').collect();
        for part in &parts {
            check_part(part, path)?;
        }
        let is_catalog_file = path.ends_with(".sql") || path.ends_with(".json");
        let place = match parts.as_slice() {
            [keyspace, "vschema.json"] => Self::Vschema {
                keyspace: decode(keyspace, path)?,
            },
            [keyspace, "shards.json"] => Self::Shards {
                keyspace: decode(keyspace, path)?,
            },
            [keyspace, "identities.json"] => Self::Identities {
                keyspace: decode(keyspace, path)?,
            },
            [keyspace, "tables", file] if file.ends_with(".sql") => Self::Table {
                keyspace: decode(keyspace, path)?,
                table: decode(&file[..file.len() - 4], path)?,
            },
            [keyspace, "views", file] if file.ends_with(".sql") => Self::View {
                keyspace: decode(keyspace, path)?,
                view: decode(&file[..file.len() - 4], path)?,
            },
            _ if is_catalog_file => {
                return Err(PathError::Unknown {
                    path: path.to_owned(),
                });
            }
            _ => return Ok(None),
        };
        let expected = place.path()?;
        if expected != path {
            return Err(PathError::Misspelt {
                path: path.to_owned(),
                expected,
            });
        }
        Ok(Some(place))
    }

    /// Returns the path, `/` between its parts.
    ///
    /// # Errors
    /// When a name cannot be a file name.
    pub fn path(&self) -> Result<String, PathError> {
        let within = |keyspace: &str, rest: &str| {
            encode(keyspace, "keyspaces/").map(|keyspace| format!("keyspaces/{keyspace}/{rest}"))
        };
        match self {
            Self::Config => Ok("vrev.toml".to_owned()),
            Self::Rules(file) => Ok(file.path().to_owned()),
            Self::Vschema { keyspace } => within(keyspace, "vschema.json"),
            Self::Shards { keyspace } => within(keyspace, "shards.json"),
            Self::Identities { keyspace } => within(keyspace, "identities.json"),
            Self::Table { keyspace, table } => {
                let folder = within(keyspace, "tables/")?;
                Ok(format!("{folder}{}.sql", encode(table, &folder)?))
            }
            Self::View { keyspace, view } => {
                let folder = within(keyspace, "views/")?;
                Ok(format!("{folder}{}.sql", encode(view, &folder)?))
            }
        }
    }

    /// Returns the keyspace that the file belongs to.
    pub fn keyspace(&self) -> Option<&str> {
        match self {
            Self::Config | Self::Rules(_) => None,
            Self::Vschema { keyspace }
            | Self::Shards { keyspace }
            | Self::Identities { keyspace }
            | Self::Table { keyspace, .. }
            | Self::View { keyspace, .. } => Some(keyspace),
        }
    }
}

impl fmt::Display for Place {
    /// The object as a message names it: ``table `customer.corder` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config => f.write_str("the repository's settings"),
            Self::Vschema { keyspace } => write!(f, "VSchema of keyspace `{keyspace}`"),
            Self::Shards { keyspace } => write!(f, "shards of keyspace `{keyspace}`"),
            Self::Identities { keyspace } => write!(f, "identities of keyspace `{keyspace}`"),
            Self::Table { keyspace, table } => write!(f, "table `{keyspace}.{table}`"),
            Self::View { keyspace, view } => write!(f, "view `{keyspace}.{view}`"),
            Self::Rules(RuleFile::Routing) => f.write_str("routing rules"),
            Self::Rules(RuleFile::ShardRouting) => f.write_str("shard routing rules"),
            Self::Rules(RuleFile::KeyspaceRouting) => f.write_str("keyspace routing rules"),
            Self::Rules(RuleFile::Mirror) => f.write_str("mirror rules"),
        }
    }
}

/// Refuses a path part that would lead elsewhere.
fn check_part(part: &str, path: &str) -> Result<(), PathError> {
    let path = || path.to_owned();
    if matches!(part, "." | "..") || part.contains('\\') {
        return Err(PathError::EscapesFolder { path: path() });
    }
    if part.is_empty() {
        return Err(PathError::Unusable {
            path: path(),
            reason: "a part of it is empty",
        });
    }
    if is_git(part) {
        return Err(PathError::HidesAsGit { path: path() });
    }
    Ok(())
}

/// Tells whether some file system takes a name for `.git`: case, trailing dots and blanks, Windows' short name.
fn is_git(name: &str) -> bool {
    let stem = name
        .split(':')
        .next()
        .unwrap_or(name)
        .trim_end_matches(['.', ' ']);
    let is_git = |stem: &str| {
        [".git", "git~1"]
            .iter()
            .any(|git| stem.eq_ignore_ascii_case(git))
    };
    if stem.is_ascii() {
        return is_git(stem);
    }
    // HFS+ ignores these characters in names.
    let ignored = |c: &char| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    is_git(&stem.chars().filter(ignored).collect::<String>())
}

/// Returns the file name of a name, without extension.
///
/// # Errors
/// When the name is no file name even if encoded; the error shows it under `folder`.
pub fn encode(name: &str, folder: &str) -> Result<String, PathError> {
    let path = || format!("{folder}{name}");
    if name.is_empty() || name.contains('\0') {
        let reason = if name.is_empty() {
            "the name is empty"
        } else {
            "the name has a NUL character"
        };
        return Err(PathError::Unusable {
            path: path(),
            reason,
        });
    }
    if name.starts_with(['/', '\\'])
        || name
            .split(['/', '\\'])
            .any(|part| matches!(part, "." | ".."))
    {
        return Err(PathError::EscapesFolder { path: path() });
    }
    if name.split(['/', '\\']).any(is_git) {
        return Err(PathError::HidesAsGit { path: path() });
    }
    let mut encoded = String::with_capacity(name.len());
    let last = name.len() - 1;
    let reserved = is_reserved(name);
    for (at, character) in name.char_indices() {
        let inner_dot = character == '.' && at != 0 && at != last;
        let plain =
            character.is_alphanumeric() || matches!(character, '_' | '-' | '$') || inner_dot;
        if plain && !(reserved && at == 0) {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    if encoded.len() > MAX_FILE_NAME {
        return Err(PathError::Unusable {
            path: path(),
            reason: "the file name would be too long",
        });
    }
    Ok(encoded)
}

/// Tells whether Windows takes a name for a device.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let is_one_of = |devices: &[&str], name: &str| {
        let mut devices = devices.iter();
        devices.any(|device| device.eq_ignore_ascii_case(name))
    };
    let port = stem.strip_suffix(|c: char| c.is_ascii_digit());
    is_one_of(&["CON", "PRN", "AUX", "NUL"], stem)
        || port.is_some_and(|port| is_one_of(&["COM", "LPT"], port))
}

/// Returns the name of a file name, without extension.
///
/// # Errors
/// When the encoding is malformed; the error shows `path`.
pub fn decode(encoded: &str, path: &str) -> Result<String, PathError> {
    let unusable = |reason| PathError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.split_at_checked(2);
        let (digits, after) = digits.ok_or_else(|| unusable("`%` needs two hexadecimal digits"))?;
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+'));
        bytes.push(byte.ok_or_else(|| unusable("`%` needs two hexadecimal digits"))?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| unusable("the name it encodes is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(name: &str) -> Place {
        Place::Table {
            keyspace: "customer".into(),
            table: name.into(),
        }
    }

    #[track_caller]
    fn check_name(name: &str, expected: &str) {
        let path = table(name).path().expect("a usable name");
        assert_eq!(path, format!("keyspaces/customer/tables/{expected}.sql"));
        assert_eq!(Place::of(&path), Ok(Some(table(name))));
    }

    #[test]
    fn names_become_file_names_and_back() {
        check_name("corder", "corder");
        check_name("Order$2", "Order$2");
        check_name("größe", "größe");
        check_name("a.b", "a.b");
        check_name(".hidden", "%2Ehidden");
        check_name("two words", "two%20words");
        check_name("a/b", "a%2Fb");
        check_name("50%", "50%25");
        check_name("con", "%63on");
        check_name("e\u{301}", "e%CC%81");
    }

    #[test]
    fn dangerous_names_are_refused_by_path() {
        let escapes = |name: &str| {
            table(name).path()
                == Err(PathError::EscapesFolder {
                    path: format!("keyspaces/customer/tables/{name}"),
                })
        };
        assert!(escapes("../../../etc/passwd"));
        assert!(escapes(".."));
        assert!(escapes("/etc"));
        assert!(escapes("a\\..\\b"));
        let hides = |name: &str| matches!(table(name).path(), Err(PathError::HidesAsGit { .. }));
        assert!(
            hides(".git")
                && hides(".GIT")
                && hides("git~1")
                && hides(".git. ")
                && hides(".g\u{200d}it")
        );
        assert!(!hides(".gitx") && !hides("git"));
        assert!(matches!(table("").path(), Err(PathError::Unusable { .. })));
        assert!(matches!(
            table("a\0b").path(),
            Err(PathError::Unusable { .. })
        ));
        assert!(matches!(
            table(&"\u{1}".repeat(100)).path(),
            Err(PathError::Unusable { .. })
        ));
    }

    #[test]
    fn paths_tell_what_they_hold() {
        let check = |path: &str, expected: Option<Place>| {
            assert_eq!(Place::of(path), Ok(expected), "{path}")
        };
        let keyspace = || "customer".to_owned();
        check("vrev.toml", Some(Place::Config));
        check("mirror_rules.json", Some(Place::Rules(RuleFile::Mirror)));
        check(
            "keyspaces/customer/vschema.json",
            Some(Place::Vschema {
                keyspace: keyspace(),
            }),
        );
        check(
            "keyspaces/customer/shards.json",
            Some(Place::Shards {
                keyspace: keyspace(),
            }),
        );
        check(
            "keyspaces/customer/views/v.sql",
            Some(Place::View {
                keyspace: keyspace(),
                view: "v".into(),
            }),
        );
        check("keyspaces/customer/README.md", None);
        check("rows/customer/corder/-80/0a.jsonl", None);
        check("workload/orders.sql", None);
        check("README.md", None);
        let refused = |path: &str| Place::of(path).expect_err(path);
        assert!(matches!(
            refused("keyspaces/../x.sql"),
            PathError::EscapesFolder { .. }
        ));
        assert!(matches!(
            refused("keyspaces/.git/vschema.json"),
            PathError::HidesAsGit { .. }
        ));
        assert!(matches!(
            refused("keyspaces//vschema.json"),
            PathError::Unusable { .. }
        ));
        assert!(matches!(
            refused("keyspaces/customer/tables/%zz.sql"),
            PathError::Unusable { .. }
        ));
        assert!(matches!(
            refused("keyspaces/customer/tables/%FF.sql"),
            PathError::Unusable { .. }
        ));
        assert!(matches!(
            refused("keyspaces/customer/tables/.sql"),
            PathError::Unusable { .. }
        ));
        assert!(matches!(
            refused("keyspaces/customer/table/corder.sql"),
            PathError::Unknown { .. }
        ));
        assert_eq!(
            refused("keyspaces/customer/tables/%61.sql"),
            PathError::Misspelt {
                path: "keyspaces/customer/tables/%61.sql".into(),
                expected: "keyspaces/customer/tables/a.sql".into(),
            }
        );
        // What decodes to a name that leaves the folder is refused even though the path does not.
        assert!(matches!(
            refused("keyspaces/customer/tables/..%2Fx.sql"),
            PathError::EscapesFolder { .. }
        ));
    }

    proptest! {
        #[test]
        fn every_name_with_a_path_is_read_back(name in "\\PC{1,20}") {
            if let Ok(path) = table(&name).path() {
                prop_assert_eq!(Place::of(&path), Ok(Some(table(&name))));
            }
        }

        #[test]
        fn no_path_panics(path in "(keyspaces/)?[-a-z./%0-9\\\\]{0,40}(\\.sql)?") {
            let _ = Place::of(&path);
        }
    }
}
