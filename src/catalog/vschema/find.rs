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
    ) -> Result<Option<(&str, &Arc<dyn Vindex>)>, LookupError> {
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
