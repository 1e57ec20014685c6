//! A whole VSchema and the look-up of names in it, as vtgate does it for a query.
//!
//! Invariant: an unqualified name finds a table only if exactly one keyspace declares it for that (reference tables and
//! their source count as one); otherwise it is ambiguous, never guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::{self, BuiltKeyspace, BuiltTable};
use super::error::{BuildError, LookupError};
use super::rules::{MirrorRule, RoutingTable};
use super::{Document, Rules, references};
use crate::sql::TableName;
use crate::vindex::Vindex;

/// A vindex with its keyspace.
pub type VindexOf<'a> = (&'a str, &'a Arc<dyn Vindex>);

/// Every keyspace and rule of a revision, built.
#[derive(Debug, Clone, Default)]
pub struct VSchema {
    /// Keyspaces by name.
    pub keyspaces: BTreeMap<String, BuiltKeyspace>,
    /// Keyspaces by the unqualified name of a table; `None` for an ambiguous name.
    tables: BTreeMap<String, Option<String>>,
    /// Keyspaces by the unqualified name of a vindex; `None` for an ambiguous name.
    vindexes: BTreeMap<String, Option<String>>,
    rules: RoutingTable,
}

/// What a name in a query stands for.
#[derive(Debug, Clone)]
pub enum Found {
    /// A table.
    Table(Arc<BuiltTable>),
    /// A vindex, which can be queried like a table.
    Vindex {
        /// Its keyspace.
        keyspace: String,
        /// The vindex.
        vindex: Arc<dyn Vindex>,
    },
}

/// Kinds of MySQL servers that routing rules tell apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "Vitess's names")]
pub enum TabletType {
    #[default]
    Primary,
    Replica,
    Rdonly,
    Spare,
    Experimental,
    Backup,
    Restore,
    Drained,
    Unknown,
}

impl TabletType {
    const ALL: [Self; 9] = [
        Self::Primary,
        Self::Replica,
        Self::Rdonly,
        Self::Spare,
        Self::Experimental,
        Self::Backup,
        Self::Restore,
        Self::Drained,
        Self::Unknown,
    ];

    /// Vitess's name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
            Self::Rdonly => "rdonly",
            Self::Spare => "spare",
            Self::Experimental => "experimental",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Drained => "drained",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|tablet_type| tablet_type.name() == name)
    }
}

impl VSchema {
    /// Builds everything; what is wrong with a keyspace is in its [`BuiltKeyspace::errors`], what is wrong with a rule is
    /// said when the rule is used.
    pub fn new<'a>(
        documents: impl IntoIterator<Item = (&'a str, &'a Document)>,
        rules: &Rules,
    ) -> Self {
        let documents: BTreeMap<&str, &Document> = documents.into_iter().collect();
        let built = documents
            .iter()
            .map(|(name, document)| ((*name).to_owned(), build::keyspace(name, document)));
        let mut vschema = Self {
            keyspaces: built.collect(),
            ..Self::default()
        };
        vschema.tables = global_tables(&vschema.keyspaces);
        vschema.vindexes = global_vindexes(&vschema.keyspaces);
        references::resolve_sources(&mut vschema);
        vschema.rules = RoutingTable::new(&vschema, rules);
        references::resolve_sequences(&mut vschema, &documents);
        vschema
    }

    /// Every mistake, with its keyspace, in order.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &BuildError)> {
        self.keyspaces.values().flat_map(|keyspace| {
            keyspace
                .errors
                .iter()
                .map(|error| (keyspace.name.as_str(), error))
        })
    }

    pub(super) fn add_error(&mut self, keyspace: &str, error: BuildError) {
        if let Some(keyspace) = self.keyspaces.get_mut(keyspace) {
            keyspace.errors.push(error);
        }
    }

    pub(super) fn forget_global(&mut self, table: &str) {
        self.tables.remove(table);
    }

    /// A keyspace by name.
    ///
    /// # Errors
    /// [`LookupError::UnknownKeyspace`].
    pub fn keyspace(&self, name: &str) -> Result<&BuiltKeyspace, LookupError> {
        self.keyspaces
            .get(name)
            .ok_or_else(|| LookupError::UnknownKeyspace {
                keyspace: name.to_owned(),
            })
    }

    /// Unqualified table names that find a table, sorted.
    pub fn global_table_names(&self) -> impl Iterator<Item = &str> {
        self.tables
            .iter()
            .filter(|(_, keyspace)| keyspace.is_some())
            .map(|(name, _)| name.as_str())
    }

    /// Unqualified table names that are ambiguous, sorted.
    pub fn ambiguous_table_names(&self) -> impl Iterator<Item = &str> {
        self.tables
            .iter()
            .filter(|(_, keyspace)| keyspace.is_none())
            .map(|(name, _)| name.as_str())
    }

    /// A table by name, rules not applied. Without a keyspace the name must be unique, unless there is one keyspace only;
    /// in an unsharded keyspace every name is a table.
    ///
    /// # Errors
    /// Unknown keyspace, unknown table, ambiguous name.
    pub fn find_table(
        &self,
        keyspace: Option<&str>,
        name: &str,
    ) -> Result<Arc<BuiltTable>, LookupError> {
        self.try_find_table(keyspace, name)?
            .ok_or_else(|| LookupError::NotFound {
                table: name.to_owned(),
            })
    }

    fn try_find_table(
        &self,
        keyspace: Option<&str>,
        name: &str,
    ) -> Result<Option<Arc<BuiltTable>>, LookupError> {
        let keyspace = match (
            keyspace.filter(|keyspace| !keyspace.is_empty()),
            self.tables.get(name),
        ) {
            (Some(keyspace), _) => self.keyspace(keyspace)?,
            (None, Some(Some(keyspace))) => self.keyspace(keyspace)?,
            (None, Some(None)) => {
                return Err(LookupError::AmbiguousTable {
                    table: name.to_owned(),
                });
            }
            (None, None) => match self.keyspaces.len() {
                1 => self
                    .keyspaces
                    .values()
                    .next()
                    .ok_or_else(|| LookupError::NotFound {
                        table: name.to_owned(),
                    })?,
                _ => return Ok(None),
            },
        };
        Ok(match keyspace.tables.get(name) {
            Some(table) => Some(Arc::clone(table)),
            None if keyspace.sharded => None,
            None => Some(Arc::new(BuiltTable::made_up(&keyspace.name, name))),
        })
    }

    /// A table by name, keyspace routing rules and routing rules applied, in one step each.
    ///
    /// # Errors
    /// As [`Self::find_table`], and what is wrong with the rule that applies.
    pub fn find_routed_table(
        &self,
        keyspace: Option<&str>,
        name: &str,
        tablet_type: TabletType,
    ) -> Result<Arc<BuiltTable>, LookupError> {
        self.try_find_routed(keyspace, name, tablet_type)?
            .ok_or_else(|| LookupError::NotFound {
                table: name.to_owned(),
            })
    }

    fn try_find_routed(
        &self,
        keyspace: Option<&str>,
        name: &str,
        tablet_type: TabletType,
    ) -> Result<Option<Arc<BuiltTable>>, LookupError> {
        let keyspace = keyspace.filter(|keyspace| !keyspace.is_empty());
        let keyspace = keyspace.map(|keyspace| self.rules.keyspace(keyspace, tablet_type));
        match self.rules.table(keyspace, name, tablet_type) {
            Some(target) => {
                let TableName { keyspace, name } = target?;
                self.try_find_table(keyspace.as_deref(), &name)
            }
            None => self.try_find_table(keyspace, name),
        }
    }

    /// What a name in a query stands for: a table, else a vindex.
    ///
    /// # Errors
    /// As [`Self::find_routed_table`]; [`LookupError::AmbiguousVindex`].
    pub fn find_table_or_vindex(
        &self,
        keyspace: Option<&str>,
        name: &str,
        tablet_type: TabletType,
    ) -> Result<Found, LookupError> {
        if let Some(table) = self.try_find_routed(keyspace, name, tablet_type)? {
            return Ok(Found::Table(table));
        }
        match self.find_vindex(keyspace, name)? {
            Some((keyspace, vindex)) => Ok(Found::Vindex {
                keyspace: keyspace.to_owned(),
                vindex: Arc::clone(vindex),
            }),
            None => Err(LookupError::NotFound {
                table: name.to_owned(),
            }),
        }
    }

    /// A vindex by name with its keyspace, if there is one.
    ///
    /// # Errors
    /// Unknown keyspace, ambiguous name.
    pub fn find_vindex(
        &self,
        keyspace: Option<&str>,
        name: &str,
    ) -> Result<Option<VindexOf<'_>>, LookupError> {
        let keyspace = match (
            keyspace.filter(|keyspace| !keyspace.is_empty()),
            self.vindexes.get(name),
        ) {
            (Some(keyspace), _) => self.keyspace(keyspace)?,
            (None, Some(Some(keyspace))) => self.keyspace(keyspace)?,
            (None, Some(None)) => {
                return Err(LookupError::AmbiguousVindex {
                    vindex: name.to_owned(),
                });
            }
            (None, None) => return Ok(None),
        };
        Ok(keyspace
            .vindexes
            .get(name)
            .map(|vindex| (keyspace.name.as_str(), vindex)))
    }

    /// The mirror rule of a table, if there is one.
    ///
    /// # Errors
    /// What is wrong with the rule.
    pub fn find_mirror_rule(
        &self,
        keyspace: &str,
        name: &str,
        tablet_type: TabletType,
    ) -> Result<Option<&MirrorRule>, LookupError> {
        self.rules
            .mirror(&format!("{keyspace}.{name}"), tablet_type)
    }

    /// The state of the mirror rule that is written `from_table`; `None` where there is none.
    pub fn mirror_rule(&self, from_table: &str) -> Option<&Result<MirrorRule, LookupError>> {
        self.rules.mirror_rule(from_table)
    }

    /// Where a session that targets a shard is sent instead, if a rule says so.
    pub fn routed_shard(&self, keyspace: &str, shard: &str) -> Option<&str> {
        self.rules.shard(keyspace, shard)
    }
}

/// Unqualified names of tables: the keyspace of each, or `None` where several keyspaces have one.
fn global_tables(keyspaces: &BTreeMap<String, BuiltKeyspace>) -> BTreeMap<String, Option<String>> {
    let mut by_name: BTreeMap<&str, Vec<&BuiltTable>> = BTreeMap::new();
    for keyspace in keyspaces
        .values()
        .filter(|keyspace| !keyspace.require_explicit_routing)
    {
        for (name, table) in &keyspace.tables {
            by_name.entry(name).or_default().push(table);
        }
    }
    let mut global = BTreeMap::new();
    for (name, tables) in by_name {
        let is_reference = |table: &&&BuiltTable| table.source.is_some();
        // A reference table never stands for its source's name.
        let stands = |table: &&&BuiltTable| {
            table
                .source
                .as_ref()
                .is_none_or(|source| source.name != table.name)
        };
        let candidates = || tables.iter().filter(stands);
        let Some(entry) = candidates()
            .find(|table| !is_reference(table))
            .or_else(|| candidates().next())
        else {
            continue;
        };
        let belongs = |table: &&BuiltTable| {
            table.keyspace == entry.keyspace
                || table.source.as_ref().is_some_and(|source| {
                    source
                        .keyspace
                        .as_ref()
                        .is_none_or(|keyspace| *keyspace == entry.keyspace)
                })
        };
        global.insert(
            name.to_owned(),
            tables.iter().all(belongs).then(|| entry.keyspace.clone()),
        );
    }
    global
}

fn global_vindexes(
    keyspaces: &BTreeMap<String, BuiltKeyspace>,
) -> BTreeMap<String, Option<String>> {
    let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for keyspace in keyspaces
        .values()
        .filter(|keyspace| !keyspace.require_explicit_routing)
    {
        for name in keyspace.vindexes.keys() {
            by_name.entry(name).or_default().insert(&keyspace.name);
        }
    }
    let single = |keyspaces: BTreeSet<&str>| match keyspaces.len() {
        1 => keyspaces.first().map(|keyspace| (*keyspace).to_owned()),
        _ => None,
    };
    by_name
        .into_iter()
        .map(|(name, keyspaces)| (name.to_owned(), single(keyspaces)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds keyspaces and rules given as JSON.
    fn vschema(keyspaces: &[(&str, &str)], rules: Rules) -> VSchema {
        let documents: Vec<(&str, Document)> = keyspaces
            .iter()
            .map(|(name, json)| (*name, Document::from_json(json.as_bytes()).unwrap()))
            .collect();
        VSchema::new(
            documents.iter().map(|(name, document)| (*name, document)),
            &rules,
        )
    }

    fn find(vschema: &VSchema, name: &str, tablet_type: TabletType) -> String {
        let (keyspace, name) = match name.split_once('.') {
            Some((keyspace, name)) => (Some(keyspace), name),
            None => (None, name),
        };
        match vschema.find_table_or_vindex(keyspace, name, tablet_type) {
            Ok(Found::Table(table)) => format!("{}.{}", table.keyspace, table.name),
            Ok(Found::Vindex { keyspace, vindex }) => {
                format!("vindex {keyspace}.{}", vindex.name())
            }
            Err(error) => error.to_string(),
        }
    }

    const PLAIN: &str =
        r#"{"tables": {"a": {}, "both": {}, "r": {}, "seq": {"type": "sequence"}}}"#;
    const SHARDED: &str = r#"{"sharded": true, "vindexes": {"h": {"type": "hash"}, "b": {"type": "hash"}},
        "tables": {"b": {"column_vindexes": [{"column": "id", "name": "h"}]}, "both": {"column_vindexes": [{"column": "id", "name": "h"}]},
        "r": {"type": "reference", "source": "plain.r"}}}"#;

    #[test]
    fn finds_names_as_vtgate() {
        let vschema = vschema(&[("plain", PLAIN), ("sharded", SHARDED)], Rules::default());
        let cases = [
            ("a", "plain.a"),
            ("b", "sharded.b"),
            ("both", "ambiguous table reference: both"),
            ("sharded.both", "sharded.both"),
            ("r", "plain.r"),
            ("sharded.r", "sharded.r"),
            ("h", "vindex sharded.h"),
            ("sharded.h", "vindex sharded.h"),
            ("none", "table none not found"),
            ("plain.none", "plain.none"),
            ("sharded.none", "table none not found"),
            ("no.a", "VT05003: unknown database 'no' in vschema"),
        ];
        for (name, expected) in cases {
            assert_eq!(
                find(&vschema, name, TabletType::Primary),
                expected,
                "{name}"
            );
        }
        let references: Vec<String> = vschema.keyspaces["plain"].tables["r"]
            .referenced_by
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(references, ["sharded.r"]);
        assert_eq!(vschema.errors().count(), 0);
    }

    #[test]
    fn one_keyspace_needs_no_qualifier() {
        let vschema = vschema(&[("plain", PLAIN)], Rules::default());
        assert_eq!(
            find(&vschema, "anything", TabletType::Primary),
            "plain.anything"
        );
        let explicit = format!(
            "{}, \"require_explicit_routing\": true}}",
            PLAIN.trim_end_matches('}').to_owned() + "}}"
        );
        let vschema = self::vschema(
            &[("plain", &explicit), ("sharded", SHARDED)],
            Rules::default(),
        );
        assert_eq!(
            find(&vschema, "a", TabletType::Primary),
            "table a not found"
        );
        assert_eq!(find(&vschema, "both", TabletType::Primary), "sharded.both");
        assert_eq!(find(&vschema, "plain.a", TabletType::Primary), "plain.a");
    }

    #[test]
    fn rules_route_in_one_step() {
        let rule = |from: &str, to: &[&str]| {
            (
                from.to_owned(),
                to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>(),
            )
        };
        let rules = Rules {
            routing: vec![
                rule("a", &["sharded.b"]),
                rule("a@replica", &["plain.a"]),
                rule("sharded.b", &["plain.a"]),
                rule("off", &[]),
                rule("two", &["plain.a", "sharded.b"]),
                rule("bad", &["x.y.z"]),
                rule("lost", &["sharded.none"]),
                rule("quoted", &["`plain`.`a`"]),
                rule("twice", &["plain.a"]),
                rule("twice", &["plain.a"]),
            ],
            keyspace: vec![
                ("old".to_owned(), "sharded".to_owned()),
                ("old@rdonly".to_owned(), "plain".to_owned()),
            ],
            shard: vec![("sharded".to_owned(), "plain".to_owned(), "-80".to_owned())],
            ..Rules::default()
        };
        let vschema = vschema(&[("plain", PLAIN), ("sharded", SHARDED)], rules);
        let cases = [
            ("a", TabletType::Primary, "sharded.b"),
            ("a", TabletType::Replica, "plain.a"),
            ("old.b", TabletType::Primary, "plain.a"),
            ("old.both", TabletType::Primary, "sharded.both"),
            ("old.both", TabletType::Rdonly, "plain.both"),
            ("off", TabletType::Primary, "table off has been disabled"),
            (
                "two",
                TabletType::Primary,
                "table two has more than one target: [plain.a sharded.b]",
            ),
            (
                "bad",
                TabletType::Primary,
                "invalid table name: 'x.y.z', it must be of the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)",
            ),
            ("lost", TabletType::Primary, "table none not found"),
            ("quoted", TabletType::Primary, "plain.a"),
            (
                "twice",
                TabletType::Primary,
                "duplicate rule for entry twice",
            ),
        ];
        for (name, tablet_type, expected) in cases {
            assert_eq!(
                find(&vschema, name, tablet_type),
                expected,
                "{name} {tablet_type:?}"
            );
        }
        assert_eq!(vschema.routed_shard("sharded", "-80"), Some("plain"));
        assert_eq!(vschema.routed_shard("sharded", "80-"), None);
    }

    #[test]
    fn mirror_rules_keep_their_errors() {
        let rule = |from: &str, to: &str| (from.to_owned(), to.to_owned(), 50.0);
        let mirror = vec![
            rule("plain.a", "sharded.b"),
            rule("plain.a@replica", "sharded.both"),
            rule("plain.b@stone", "sharded.b"),
            rule("plain.c", "sharded.b@replica"),
            rule("plain.d", "plain.a"),
            rule("sharded.b", "other.x"),
            rule("x", "sharded.b"),
            rule("plain.twice", "sharded.b"),
            rule("plain.twice", "sharded.b"),
        ];
        let vschema = vschema(
            &[("plain", PLAIN), ("sharded", SHARDED), ("other", "{}")],
            Rules {
                mirror,
                ..Rules::default()
            },
        );
        let state = |from: &str| match vschema.mirror_rule(from) {
            Some(Ok(rule)) => format!("{} {}", rule.to, rule.percent),
            Some(Err(error)) => error.to_string(),
            None => "none".to_owned(),
        };
        let cases = [
            ("plain.a", "sharded.b 50"),
            (
                "plain.b@stone",
                "from table: invalid tablet type: 'plain.b@stone'",
            ),
            (
                "plain.c",
                "to table: tablet type may not be specified: 'sharded.b@replica'",
            ),
            (
                "plain.d",
                "to table: cannot reside in same keyspace as from table",
            ),
            ("sharded.b", "mirror chaining is not allowed"),
            (
                "plain.twice",
                "from table: duplicate rule for entry 'plain.twice'",
            ),
            ("no.rule", "none"),
        ];
        for (from, expected) in cases {
            assert_eq!(state(from), expected, "{from}");
        }
        assert!(
            state("x").starts_with(
                "from table: invalid table name: 'x', it must be of the qualified form"
            )
        );
        let found = vschema
            .find_mirror_rule("plain", "a", TabletType::Replica)
            .unwrap()
            .unwrap();
        assert_eq!(found.to.to_string(), "sharded.both");
    }

    #[test]
    fn resolves_sources_and_sequences() {
        let sharded = |table: &str| {
            let start =
                r#"{"sharded": true, "vindexes": {"h": {"type": "hash"}}, "tables": {"t": "#;
            format!("{start}{table}}}}}")
        };
        let with = |auto: &str| {
            format!(
                r#"{{"column_vindexes": [{{"column": "id", "name": "h"}}], "auto_increment": {{"column": "id", "sequence": "{auto}"}}}}"#
            )
        };
        let source = |source: &str| format!(r#"{{"type": "reference", "source": "{source}"}}"#);
        let cases = [
            (with("seq"), ""),
            (with("`plain`.seq"), ""),
            (
                with("nope"),
                "cannot resolve sequence nope: table nope not found",
            ),
            (
                with("a.b.seq"),
                "cannot resolve sequence a.b.seq: invalid table name: a.b.seq",
            ),
            (
                source("sharded.x"),
                "source \"sharded.x\" may not reference a table in the same keyspace as table: t",
            ),
            (
                source("no.x"),
                "source \"no.x\" references a non-existent keyspace \"no\"",
            ),
            (
                source("plain.x"),
                "source \"plain.x\" references a table \"x\" that is not present in the VSchema of keyspace \"plain\"",
            ),
            (
                source("plain.seq"),
                "source \"plain.seq\" may not reference a table of type \"sequence\": t",
            ),
            (source("a"), ""),
        ];
        for (table, expected) in cases {
            let vschema = vschema(
                &[("plain", PLAIN), ("sharded", &sharded(&table))],
                Rules::default(),
            );
            let errors: Vec<String> = vschema
                .errors()
                .map(|(_, error)| error.to_string())
                .collect();
            assert_eq!(errors.join("\n"), expected, "{table}");
            assert_eq!(
                vschema.keyspaces["sharded"].tables.contains_key("t"),
                !expected.starts_with("cannot"),
                "{table}"
            );
        }
        let one = r#"{"tables": {"ref": {"type": "reference", "source": "two.ref"}}}"#;
        let two = r#"{"tables": {"ref": {"type": "reference", "source": "plain.a"}, "again": {"type": "reference", "source": "plain.a"}}}"#;
        let vschema = vschema(
            &[("one", one), ("two", two), ("plain", PLAIN)],
            Rules::default(),
        );
        let errors: Vec<String> = vschema
            .errors()
            .map(|(keyspace, error)| format!("{keyspace}: {error}"))
            .collect();
        let expected = [
            "one: reference chaining is not allowed ref => two.ref => plain.a: ref",
            "two: source \"plain.a\" may not be referenced more than once per keyspace: again, ref",
        ];
        assert_eq!(errors, expected);
    }
}
