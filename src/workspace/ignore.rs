//! `dolt_ignore`: new tables that stay out of commits, by patterns that the table's rows hold, as Dolt's documentation has it.
//!
//! Only what is new is ignored: a table that was ever staged is versioned like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::rows::{TableKey, differing, table_schema};
use super::{Error, Workspace, place};
use crate::catalog::Catalog;
use crate::relation::Row;
use crate::sql::name::matches_pattern;
use crate::store::{Revision, ShardRows};

/// The table that holds the patterns of its keyspace.
const TABLE: &str = "dolt_ignore";

/// Patterns, each with whether what it matches is ignored.
#[derive(Debug, Clone, Default)]
pub(super) struct IgnoreRules(Vec<(String, bool)>);

/// Patterns that say different things of one table, none of them more specific.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreClash {
    /// Patterns by which it is ignored.
    pub ignored: Vec<String>,
    /// Patterns by which it is not.
    pub kept: Vec<String>,
}

impl fmt::Display for IgnoreClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ignored, kept) = (self.ignored.join(", "), self.kept.join(", "));
        write!(f, "ignored:     {ignored}\nnot ignored: {kept}")
    }
}

impl IgnoreRules {
    /// Takes rows of a pattern and a flag.
    pub(super) fn of_rows<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Self {
        let pattern = |row: &Row| {
            let pattern = row.first()?.to_text()?.into_owned();
            Some((pattern, row.get(1)?.to_bool().unwrap_or(false)))
        };
        Self(rows.into_iter().filter_map(pattern).collect())
    }

    /// Tells whether a new table is ignored: the most specific pattern decides.
    ///
    /// # Errors
    /// Where two patterns, neither more specific, say different things.
    pub(super) fn is_ignored(&self, table: &str) -> Result<bool, IgnoreClash> {
        let matching: Vec<&(String, bool)> = self
            .0
            .iter()
            .filter(|(pattern, _)| matches(pattern, table))
            .collect();
        let is_specific = |one: &&&(String, bool)| {
            // A pattern is not the last word where another that matches is matched by it.
            !matching
                .iter()
                .any(|other| other.0 != one.0 && covers(&one.0, &other.0))
        };
        let last: Vec<&&(String, bool)> = matching.iter().filter(is_specific).collect();
        let of = |wanted: bool| -> Vec<String> {
            let patterns = last.iter().filter(|(_, ignored)| *ignored == wanted);
            patterns.map(|(pattern, _)| pattern.clone()).collect()
        };
        let (ignored, kept) = (of(true), of(false));
        if ignored.is_empty() || kept.is_empty() {
            return Ok(!ignored.is_empty());
        }
        Err(IgnoreClash { ignored, kept })
    }
}

/// Matches a name in any case: `*` and `%` stand for any run, `?` for one character.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern = pattern.to_lowercase().replace('%', "*");
    matches_pattern(&pattern, &name.to_lowercase())
}

/// Whether a pattern matches all that another one matches: the other's wildcards stand for themselves.
fn covers(general: &str, special: &str) -> bool {
    let plain = special.replace('%', "*");
    let general = general.replace('%', "*");
    plain != general && matches(&general, &plain)
}

/// What `dolt_ignore` says of the new tables of the working set.
#[derive(Debug, Default)]
pub(super) struct IgnoredTables {
    tables: BTreeSet<TableKey>,
    clashes: Vec<(String, IgnoreClash)>,
}

impl IgnoredTables {
    /// Tells whether a path is the definition of an ignored table.
    pub(super) fn has_path(&self, path: &str) -> bool {
        place::table_of(path).is_some_and(|key| self.has(&key))
    }

    /// Tells whether a table is ignored.
    pub(super) fn has(&self, key: &TableKey) -> bool {
        self.tables.contains(key)
    }

    /// Refuses patterns that contradict each other: somebody has to say what is meant.
    pub(super) fn refuse_clashes(&mut self) -> Result<(), Error> {
        match self.clashes.pop() {
            Some((table, clash)) => Err(Error::IgnoreClash { table, clash }),
            None => Ok(()),
        }
    }
}

impl Workspace {
    /// Returns which of these paths define tables whose names are ignored.
    ///
    /// # Errors
    /// When the patterns cannot be read.
    pub(super) fn ignored_tables<'p>(
        &self,
        untracked: impl IntoIterator<Item = &'p str>,
    ) -> Result<IgnoredTables, Error> {
        let new: BTreeSet<TableKey> = untracked.into_iter().filter_map(place::table_of).collect();
        let mut ignored = IgnoredTables::default();
        if new.is_empty() {
            return Ok(ignored);
        }
        let rules = self.ignore_rules(new.iter().map(|(keyspace, _)| keyspace))?;
        for (keyspace, table) in new {
            let Some(of_keyspace) = rules.get(&keyspace) else {
                continue;
            };
            match of_keyspace.is_ignored(&table) {
                Ok(false) => {}
                Ok(true) => _ = ignored.tables.insert((keyspace, table)),
                Err(clash) => {
                    let table = format!("{keyspace}.{table}");
                    ignored.clashes.push((table, clash));
                }
            }
        }
        Ok(ignored)
    }

    /// Refuses a revision in which a table that is ignored is another one than in HEAD.
    ///
    /// # Errors
    /// [`Error::IgnoredOverwritten`] with the tables' names; when the revision names no commit.
    pub fn refuse_overwriting_ignored(&self, revision: &str) -> Result<(), Error> {
        let target = self.store.resolve_commit(revision)?;
        let mut changed = self.redefined_tables(target)?;
        let rows = self.store.table_rows_trees(&Revision::Commit(target))?;
        changed.extend(differing(&self.committed_trees()?, &rows));
        // What the other revision does not have is not overwritten.
        let theirs = self.catalog_of_tables(&Revision::Commit(target), &changed)?;
        changed.retain(|(keyspace, table)| theirs.definition(keyspace, table).is_some());
        let paths: Vec<String> = changed
            .iter()
            .map(|(keyspace, table)| place::table_path(keyspace, table))
            .collect();
        let ignored = self.ignored_tables(paths.iter().map(String::as_str))?;
        let tables: Vec<String> = ignored
            .tables
            .iter()
            .map(|(keyspace, table)| format!("{keyspace}.{table}"))
            .collect();
        match tables.is_empty() {
            true => Ok(()),
            false => Err(Error::IgnoredOverwritten { tables }),
        }
    }

    /// Returns the patterns that hold in each of these keyspaces, where there are any.
    fn ignore_rules<'k>(
        &self,
        keyspaces: impl Iterator<Item = &'k String>,
    ) -> Result<BTreeMap<String, IgnoreRules>, Error> {
        let tables: BTreeSet<TableKey> = keyspaces
            .map(|keyspace| (keyspace.clone(), TABLE.to_owned()))
            .collect();
        let catalog = self.catalog_of_tables(&Revision::Working, &tables)?;
        let defined = |catalog: &Catalog, (keyspace, table): &TableKey| {
            let table = catalog.definition(keyspace, table)?;
            Some(Arc::new(table_schema(catalog, keyspace, table)))
        };
        let schemas: Vec<_> = tables
            .iter()
            .filter_map(|key| Some((key, defined(&catalog, key)?)))
            .collect();
        let mut rules = BTreeMap::new();
        if schemas.is_empty() {
            return Ok(rules);
        }
        let trees = self.working_trees()?;
        for (key, schema) in schemas {
            let of_table = |place: &&ShardRows| place.keyspace == key.0 && place.table == key.1;
            let mut rows = Vec::new();
            for place in trees.keys().filter(of_table) {
                rows.extend(self.read_rows(trees.get(place).copied(), &schema)?);
            }
            let found = IgnoreRules::of_rows(rows.iter().map(|(row, _)| row));
            rules.insert(key.0.clone(), found);
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(patterns: &[(&str, bool)]) -> IgnoreRules {
        let patterns = patterns.iter();
        IgnoreRules(patterns.map(|(p, i)| ((*p).to_owned(), *i)).collect())
    }

    #[test]
    fn the_most_specific_pattern_decides() {
        let ignored = rules(&[
            ("generated_*", true),
            ("generated_keep%", false),
            ("?x", true),
        ]);
        assert!(ignored.is_ignored("generated_foo").unwrap());
        assert!(!ignored.is_ignored("generated_keep_me").unwrap());
        assert!(ignored.is_ignored("ax").unwrap() && !ignored.is_ignored("x").unwrap());
        assert!(!ignored.is_ignored("other").unwrap());
        let clash = rules(&[("a*", true), ("*b", false)]);
        let told = clash.is_ignored("ab").unwrap_err().to_string();
        assert_eq!(told, "ignored:     a*\nnot ignored: *b");
    }
}
