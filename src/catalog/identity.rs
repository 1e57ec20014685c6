//! Identities: the name that a table, column or index was created under, recorded only for what was renamed since.
//!
//! `identities.json` holds, by current name, the identities that differ from it. Within one table no two columns share
//! an identity, so a name that is free but still somebody's identity gives its new bearer an identity of its own
//! (`a#2`). Whoever compares two revisions pairs objects by identity, which makes a rename a rename.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// `identities.json`: for what was renamed, the name it was created under (current name -> identity).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identities {
    /// Tables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, String>,
    /// Columns, by current table name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Indexes, by current table name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, BTreeMap<String, String>>,
}

/// An object of the changed definition and, unless it is new, the name it had before.
pub(super) type Origin = (String, Option<String>);

impl Identities {
    /// Returns a table's identity.
    pub fn table<'a>(&'a self, name: &'a str) -> &'a str {
        self.tables.get(name).map_or(name, String::as_str)
    }

    /// Returns a column's identity.
    pub fn column<'a>(&'a self, table: &str, name: &'a str) -> &'a str {
        identity(self.columns.get(table), name)
    }

    /// Returns an index's identity.
    pub fn index<'a>(&'a self, table: &str, name: &'a str) -> &'a str {
        identity(self.indexes.get(table), name)
    }

    /// Tells whether nothing was renamed: the file is absent then.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty() && self.indexes.is_empty()
    }

    /// Returns the canonical form: no record that says an object's own name, no empty table.
    pub fn normalized(mut self) -> Self {
        self.tables.retain(|name, identity| name != identity);
        for records in [&mut self.columns, &mut self.indexes] {
            for record in records.values_mut() {
                record.retain(|name, identity| name != identity);
            }
            records.retain(|_, record| !record.is_empty());
        }
        self
    }

    /// Records that a table came; `is_table` tells the names of the tables there are besides.
    pub(super) fn add_table(&mut self, name: &str, is_table: impl Fn(&str) -> bool) {
        self.drop_table(name);
        let taken = |identity: &str| {
            self.tables.values().any(|known| known == identity)
                || (identity != name && is_table(identity) && !self.tables.contains_key(identity))
        };
        if taken(name) {
            let mut fresh = (2_u64..).map(|number| format!("{name}#{number}"));
            let fresh = fresh.find(|identity| !taken(identity));
            self.tables
                .extend(fresh.map(|identity| (name.to_owned(), identity)));
        }
    }

    /// Records that a table is gone.
    pub(super) fn drop_table(&mut self, name: &str) {
        self.tables.remove(name);
        self.columns.remove(name);
        self.indexes.remove(name);
    }

    /// Records that a table has another name.
    pub(super) fn rename_table(&mut self, from: &str, to: &str) {
        if from == to {
            return;
        }
        let identity = self.tables.remove(from).unwrap_or_else(|| from.to_owned());
        let records = [&mut self.columns, &mut self.indexes].map(|records| records.remove(from));
        self.drop_table(to);
        if identity != to {
            self.tables.insert(to.to_owned(), identity);
        }
        let [columns, indexes] = records;
        self.columns
            .extend(columns.map(|record| (to.to_owned(), record)));
        self.indexes
            .extend(indexes.map(|record| (to.to_owned(), record)));
    }

    /// Records what becomes of a table's columns: every column of the changed table with its origin.
    pub(super) fn carry_columns(&mut self, table: &str, columns: &[Origin]) {
        carry(&mut self.columns, table, columns);
    }

    /// Records what becomes of a table's indexes: every index of the changed table with its origin.
    pub(super) fn carry_indexes(&mut self, table: &str, indexes: &[Origin]) {
        carry(&mut self.indexes, table, indexes);
    }
}

fn identity<'a>(record: Option<&'a BTreeMap<String, String>>, name: &'a str) -> &'a str {
    record
        .and_then(|record| record.get(name))
        .map_or(name, String::as_str)
}

fn carry(
    records: &mut BTreeMap<String, BTreeMap<String, String>>,
    table: &str,
    objects: &[Origin],
) {
    let record = carried(records.get(table), objects);
    if record.is_empty() {
        records.remove(table);
    } else {
        records.insert(table.to_owned(), record);
    }
}

/// Returns the record after a change: what stays keeps its identity, what is new takes its name or, where that is
/// somebody's identity, the name with the first free `#n`.
fn carried(
    record: Option<&BTreeMap<String, String>>,
    objects: &[Origin],
) -> BTreeMap<String, String> {
    let mut result = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (name, origin) in objects {
        let Some(origin) = origin else { continue };
        let kept = identity(record, origin);
        taken.insert(kept.to_owned());
        if kept != name {
            result.insert(name.clone(), kept.to_owned());
        }
    }
    for (name, origin) in objects {
        if origin.is_some() || taken.insert(name.clone()) {
            continue;
        }
        let fresh = (2_u64..).map(|number| format!("{name}#{number}"));
        let fresh = fresh
            .into_iter()
            .find(|identity| taken.insert(identity.clone()));
        result.extend(fresh.map(|identity| (name.clone(), identity)));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays steps on the columns of one table and returns the record at the end as `name=identity` pairs.
    fn play(steps: &[&[(&str, Option<&str>)]]) -> Vec<String> {
        let mut identities = Identities::default();
        for step in steps {
            let origins: Vec<Origin> = step
                .iter()
                .map(|(name, origin)| ((*name).to_owned(), origin.map(str::to_owned)))
                .collect();
            identities.carry_columns("t", &origins);
        }
        let record = identities.columns.remove("t").unwrap_or_default();
        record
            .iter()
            .map(|(name, identity)| format!("{name}={identity}"))
            .collect()
    }

    #[test]
    fn renames_are_recorded_and_undone() {
        assert_eq!(play(&[&[("b", Some("a"))]]), ["b=a"]);
        assert_eq!(play(&[&[("b", Some("a"))], &[("c", Some("b"))]]), ["c=a"]);
        assert_eq!(play(&[&[("b", Some("a"))], &[("a", Some("b"))]]), [""; 0]);
        assert_eq!(play(&[&[("b", Some("a"))], &[]]), [""; 0]);
    }

    #[test]
    fn swaps_and_reuse_keep_identities_apart() {
        let swap: &[(&str, Option<&str>)] = &[("a", Some("b")), ("b", Some("a"))];
        assert_eq!(play(&[swap]), ["a=b", "b=a"]);
        assert_eq!(play(&[swap, swap]), [""; 0]);
        let reuse: &[(&str, Option<&str>)] = &[("b", Some("a")), ("a", None)];
        assert_eq!(play(&[reuse]), ["a=a#2", "b=a"]);
        let again: &[(&str, Option<&str>)] = &[("c", Some("a")), ("b", Some("b")), ("a", None)];
        assert_eq!(play(&[reuse, again]), ["a=a#3", "b=a", "c=a#2"]);
        // The first `a` gone, the second keeps the identity it was given.
        assert_eq!(play(&[reuse, &[("a", Some("a"))]]), ["a=a#2"]);
    }

    #[test]
    fn a_new_table_never_takes_an_identity_that_is_somebodys() {
        let mut identities = Identities::default();
        identities.rename_table("t", "u");
        // `t` is the identity of `u`, and `t#2` that of a table which was never renamed.
        identities.add_table("t", |name| matches!(name, "u" | "t#2"));
        assert_eq!(identities.table("t"), "t#3");
        identities.rename_table("u", "v");
        assert_eq!(identities.table("v"), "t");
        identities.drop_table("t");
        identities.drop_table("v");
        identities.add_table("t", |_| false);
        assert!(identities.is_empty());
    }

    #[test]
    fn tables_take_their_columns_along() {
        let mut identities = Identities::default();
        identities.carry_columns("t", &[("b".into(), Some("a".into()))]);
        identities.rename_table("t", "u");
        identities.add_table("t", |name| name == "u");
        assert_eq!(identities.table("u"), "t");
        assert_eq!(identities.table("t"), "t#2");
        assert_eq!(identities.column("u", "b"), "a");
        assert_eq!(identities.column("t", "b"), "b");
        identities.drop_table("u");
        assert!(identities.columns.is_empty());
        assert_eq!(identities.table("t"), "t#2");
    }
}
