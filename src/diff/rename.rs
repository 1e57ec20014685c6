//! Renames that a definition alone cannot tell: which dropped and added objects look alike, and the answer to that.
//!
//! A look-alike is a question to a person, never acted upon by itself: a guess in either direction loses data or history.
//! An answer is recorded as the new name's identity, whereupon every comparison pairs the two.

use crate::catalog::{Catalog, Identities, Keyspace, Table};

/// What has a new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// An index.
    Index,
}

impl Kind {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Index => "index",
        }
    }
}

/// One rename, declared or asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// What is renamed.
    pub kind: Kind,
    /// Its keyspace.
    pub keyspace: String,
    /// The table that holds it, by its name now; empty for a table.
    pub table: String,
    /// The name before.
    pub from: String,
    /// The name now.
    pub to: String,
}

impl Rename {
    /// Returns the path of the name before: `customer.corder`, `customer.corder.oname`.
    pub fn path(&self) -> String {
        match self.kind {
            Kind::Table => format!("{}.{}", self.keyspace, self.from),
            Kind::Column | Kind::Index => {
                format!("{}.{}.{}", self.keyspace, self.table, self.from)
            }
        }
    }
}

/// Why a rename cannot be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The name was nobody's before.
    #[error("{kind} `{path}` is not there before the change", kind = kind.name())]
    NotBefore {
        /// What was looked for.
        kind: Kind,
        /// Its path.
        path: String,
    },
    /// The name is nobody's now.
    #[error("there is no {kind} `{to}` that `{path}` could be now", kind = kind.name())]
    NotAfter {
        /// What was looked for.
        kind: Kind,
        /// The path of the name before.
        path: String,
        /// The name now.
        to: String,
    },
    /// Both names are there on one side: nothing was renamed.
    #[error("{kind} `{path}` and `{to}` are both there: neither is the other", kind = kind.name())]
    Both {
        /// What they are.
        kind: Kind,
        /// The path of the name before.
        path: String,
        /// The name now.
        to: String,
    },
}

/// Returns dropped and added columns and tables that have one definition but for the name, where there is one candidate
/// on each side, sorted by keyspace, table and name now. Catalogs may be partial.
pub fn look_alikes(from: &Catalog, to: &Catalog) -> Vec<Rename> {
    let mut found = Vec::new();
    for (name, keyspace) in &to.keyspaces {
        let Some(before) = from.keyspaces.get(name) else {
            continue;
        };
        tables(before, keyspace, &mut found);
        for table in keyspace.tables.values() {
            let identity = keyspace.identities.table(table.name());
            let old = by_identity(before, identity);
            if let Some(old) = old {
                columns((before, old), (keyspace, table), &mut found);
            }
        }
    }
    found
}

fn by_identity<'a>(keyspace: &'a Keyspace, identity: &str) -> Option<&'a Table> {
    let same = |table: &&std::sync::Arc<Table>| keyspace.identities.table(table.name()) == identity;
    keyspace.tables.values().find(same).map(AsRef::as_ref)
}

fn tables(before: &Keyspace, after: &Keyspace, found: &mut Vec<Rename>) {
    let lone = |here: &'_ Keyspace, there: &Keyspace| -> Vec<std::sync::Arc<Table>> {
        let tables = here.tables.values();
        tables
            .filter(|table| by_identity(there, here.identities.table(table.name())).is_none())
            .cloned()
            .collect()
    };
    let (dropped, added) = (lone(before, after), lone(after, before));
    let alike = |old: &Table, new: &Table| {
        old.definition.columns == new.definition.columns
            && old.definition.indexes == new.definition.indexes
            && old.definition.partitioning == new.definition.partitioning
    };
    pairs(
        &dropped,
        &added,
        |old, new| alike(old, new),
        |old, new| {
            found.push(Rename {
                kind: Kind::Table,
                keyspace: after.name.clone(),
                table: String::new(),
                from: old.name().to_owned(),
                to: new.name().to_owned(),
            });
        },
    );
}

fn columns(
    (before, old): (&Keyspace, &Table),
    (after, new): (&Keyspace, &Table),
    found: &mut Vec<Rename>,
) {
    let identity = |keyspace: &'_ Keyspace, table: &Table, column: &str| {
        keyspace.identities.column(table.name(), column).to_owned()
    };
    let has = |keyspace: &Keyspace, table: &Table, wanted: &str| {
        let mut columns = table.definition.columns.iter();
        columns.any(|column| identity(keyspace, table, &column.name) == wanted)
    };
    let dropped: Vec<_> = old
        .definition
        .columns
        .iter()
        .filter(|column| !has(after, new, &identity(before, old, &column.name)))
        .collect();
    let added: Vec<_> = new
        .definition
        .columns
        .iter()
        .filter(|column| !has(before, old, &identity(after, new, &column.name)))
        .collect();
    let alike = |old: &&crate::sql::ddl::Column, new: &&crate::sql::ddl::Column| {
        let mut renamed = (*old).clone();
        renamed.name.clone_from(&new.name);
        renamed == **new
    };
    pairs(&dropped, &added, alike, |from, to| {
        found.push(Rename {
            kind: Kind::Column,
            keyspace: after.name.clone(),
            table: new.name().to_owned(),
            from: from.name.clone(),
            to: to.name.clone(),
        });
    });
}

/// Tells each added one of the only dropped one that is like it.
fn pairs<T>(
    dropped: &[T],
    added: &[T],
    alike: impl Fn(&T, &T) -> bool,
    mut tell: impl FnMut(&T, &T),
) {
    for new in added {
        let candidates: Vec<&T> = dropped.iter().filter(|old| alike(old, new)).collect();
        if let [old] = candidates.as_slice() {
            tell(old, new);
        }
    }
}

/// Records in `to` that an object is one that `from` has under another name.
///
/// # Errors
/// See [`Error`]; `to` is unchanged then.
pub fn declare(from: &Catalog, to: &mut Catalog, rename: &Rename) -> Result<(), Error> {
    let Rename {
        kind,
        keyspace,
        table,
        from: old,
        to: new,
    } = rename;
    let not_before = || Error::NotBefore {
        kind: *kind,
        path: rename.path(),
    };
    let not_after = || Error::NotAfter {
        kind: *kind,
        path: rename.path(),
        to: new.clone(),
    };
    let both = || Error::Both {
        kind: *kind,
        path: rename.path(),
        to: new.clone(),
    };
    let before = from.keyspaces.get(keyspace).ok_or_else(not_before)?;
    let after = to.keyspaces.get(keyspace).ok_or_else(not_after)?;
    let mut identities = after.identities.clone();
    match kind {
        Kind::Table => {
            before.tables.get(old).ok_or_else(not_before)?;
            after.tables.get(new).ok_or_else(not_after)?;
            if before.tables.contains_key(new) || after.tables.contains_key(old) {
                return Err(both());
            }
            let identity = before.identities.table(old).to_owned();
            identities.tables.insert(new.clone(), identity);
            for (records, known) in [
                (&mut identities.columns, &before.identities.columns),
                (&mut identities.indexes, &before.identities.indexes),
            ] {
                if let Some(record) = known.get(old) {
                    records.insert(new.clone(), record.clone());
                }
            }
        }
        Kind::Column | Kind::Index => {
            let now = after.tables.get(table).ok_or_else(not_after)?;
            let was = by_identity(before, after.identities.table(table)).ok_or_else(not_before)?;
            let has = |table: &Table, name: &str| match kind {
                Kind::Column => table.column(name).is_some(),
                _ => table.index(name).is_some(),
            };
            if !has(was, old) {
                return Err(not_before());
            }
            if !has(now, new) {
                return Err(not_after());
            }
            if has(was, new) || has(now, old) {
                return Err(both());
            }
            let (identity, records) = match kind {
                Kind::Column => (
                    before.identities.column(was.name(), old).to_owned(),
                    &mut identities.columns,
                ),
                _ => (
                    before.identities.index(was.name(), old).to_owned(),
                    &mut identities.indexes,
                ),
            };
            let record = records.entry(table.clone()).or_default();
            record.insert(new.clone(), identity);
        }
    }
    record(to, keyspace, identities);
    Ok(())
}

fn record(catalog: &mut Catalog, keyspace: &str, identities: Identities) {
    if let Some(keyspace) = catalog.keyspaces.get_mut(keyspace) {
        std::sync::Arc::make_mut(keyspace).identities = identities.normalized();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::files::read;

    fn catalog(tables: &[(&str, &str)]) -> Catalog {
        let files = tables.iter().map(|(name, body)| {
            let path = format!("keyspaces/ks/tables/{name}.sql");
            (path, format!("create table {name} ({body})"))
        });
        read(files).expect("tables are read")
    }

    fn column(from: &str, to: &str) -> Rename {
        Rename {
            kind: Kind::Column,
            keyspace: "ks".into(),
            table: "t".into(),
            from: from.into(),
            to: to.into(),
        }
    }

    #[test]
    fn look_alikes_are_asked_about_until_answered() {
        let from = catalog(&[("t", "id int, full varchar(80), born date")]);
        let mut to = catalog(&[("t", "id int, shown varchar(80), born date")]);
        assert_eq!(look_alikes(&from, &to), [column("full", "shown")]);
        declare(&from, &mut to, &column("full", "shown")).expect("it can be");
        assert_eq!(look_alikes(&from, &to), []);
        assert_eq!(to.keyspaces["ks"].identities.column("t", "shown"), "full");
        let two = catalog(&[("t", "id int, a varchar(80), b varchar(80)")]);
        assert_eq!(
            look_alikes(&two, &catalog(&[("t", "id int, c varchar(80)")])),
            []
        );
    }

    #[test]
    fn tables_look_alike_too() {
        let from = catalog(&[("t", "id int primary key"), ("u", "a int")]);
        let mut to = catalog(&[("v", "id int primary key"), ("u", "a int")]);
        let asked = look_alikes(&from, &to);
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (asked[0].path().as_str(), asked[0].to.as_str()),
            ("ks.t", "v")
        );
        declare(&from, &mut to, &asked[0]).expect("it can be");
        assert_eq!(to.keyspaces["ks"].identities.table("v"), "t");
        assert_eq!(look_alikes(&from, &to), []);
    }

    #[test]
    fn what_is_no_rename_is_refused() {
        let from = catalog(&[("t", "a int, b int, key k (a)")]);
        let refused = |to: &str, rename: Rename| {
            let mut to = catalog(&[("t", to)]);
            declare(&from, &mut to, &rename)
                .expect_err("it is none")
                .to_string()
        };
        assert_eq!(
            refused("b int, c int", column("x", "c")),
            "column `ks.t.x` is not there before the change"
        );
        assert_eq!(
            refused("b int, c int", column("a", "d")),
            "there is no column `d` that `ks.t.a` could be now"
        );
        assert_eq!(
            refused("a int, b int, c int", column("a", "c")),
            "column `ks.t.a` and `c` are both there: neither is the other"
        );
        let mut to = catalog(&[("t", "a int, b int, key j (a)")]);
        let index = Rename {
            kind: Kind::Index,
            ..column("k", "j")
        };
        declare(&from, &mut to, &index).expect("an index has a new name");
        assert_eq!(to.keyspaces["ks"].identities.index("t", "j"), "k");
    }
}
