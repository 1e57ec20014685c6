//! `rename`: an object gets another name, or is said to be the one that had another name.
//!
//! An object that is there under its old name is renamed by DDL, with rows, VSchema and references. Where the files were
//! edited already, only the identity is recorded (and the VSchema follows): what a rename changes beyond a file is what a
//! comparison, a merge and the working rows must know.

use super::object::names;
use super::session::changed_files;
use super::{Error, Workspace};
use crate::catalog::alter::{self, Change};
use crate::catalog::{Catalog, files};
use crate::diff::rename::{self, Kind, Rename};
use crate::sql::TableName;
use crate::sql::name::{quote, quote_table};
use crate::store::Revision;

/// What a rename did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameReport {
    /// What has a new name.
    pub rename: Rename,
    /// Whether the files had the new name already, so that only its identity was recorded.
    pub recorded: bool,
    /// Files that were written or removed, sorted.
    pub files: Vec<String>,
}

impl Workspace {
    /// Renames a table, view, column or index of the working set, or records that it was renamed in the files. `kind`
    /// decides where a column and an index have the name.
    ///
    /// # Errors
    /// When the name is nobody's, both names are there, or MySQL would refuse it.
    pub fn rename(&self, old: &str, new: &str, kind: Option<Kind>) -> Result<RenameReport, Error> {
        self.adopt()?;
        let new = own_name(old, new)
            .map_err(|why| Error::Usage(format!("cannot rename `{old}` to `{new}`: {why}")))?;
        let new = new.as_str();
        let before = self.read_all(&Revision::Working)?;
        let rename = match find(&before, old, new, kind)? {
            Some(rename) => rename,
            None => return self.record(&format!("{old}={new}"), kind),
        };
        let taken = match rename.kind {
            Kind::Table => false, // MySQL's own error says it.
            _ => find(
                &before,
                &format!("{}.{}.{new}", rename.keyspace, rename.table),
                "",
                Some(rename.kind),
            )?
            .is_some(),
        };
        if taken && !rename.from.eq_ignore_ascii_case(new) {
            let (kind, path, to) = (rename.kind, rename.path(), new.to_owned());
            return Err(Error::Rename(rename::Error::Both { kind, path, to }));
        }
        let table = TableName::qualified(&rename.keyspace, &rename.table);
        let statement = match rename.kind {
            Kind::Table => format!(
                "RENAME TABLE {} TO {}",
                quote_table(&TableName::qualified(&rename.keyspace, &rename.from)),
                quote_table(&TableName::qualified(&rename.keyspace, new))
            ),
            Kind::Column | Kind::Index => format!(
                "ALTER TABLE {} RENAME {} {} TO {}",
                quote_table(&table),
                rename.kind.name(),
                quote(&rename.from),
                quote(new)
            ),
        };
        self.session(None)?.execute(&statement)?;
        let after = self.read_all(&Revision::Working)?;
        let changed = changed_files(&before, &after)?;
        Ok(RenameReport {
            rename,
            recorded: false,
            files: changed.into_iter().map(|(path, _)| path).collect(),
        })
    }

    /// Records in the working set which objects are those that HEAD has under other names: `old=new`, where the old name
    /// is a path, or the bare name of a look-alike.
    ///
    /// # Errors
    /// As [`Workspace::rename`].
    pub fn record_renames(&self, answers: &[String]) -> Result<Vec<RenameReport>, Error> {
        answers
            .iter()
            .map(|answer| self.record(answer, None))
            .collect()
    }

    fn record(&self, answer: &str, kind: Option<Kind>) -> Result<RenameReport, Error> {
        self.adopt()?;
        let head = match self.head_commit()? {
            Some(head) => self.read_all(&head)?,
            None => Catalog::default(),
        };
        let before = self.read_all(&Revision::Working)?;
        let rename = answered(&head, &before, answer, kind)?;
        let mut after = before.clone();
        rename::declare(&head, &mut after, &rename).map_err(Error::Rename)?;
        let after = alter::follow_vschema(&after, &[as_change(&after, &rename)]);
        let after = after.rebuild().map_err(|problems| Error::Catalog {
            revision: Revision::Working.to_string(),
            problems,
        })?;
        let changed = changed_files(&before, &after)?;
        self.write_files(&changed)?;
        Ok(RenameReport {
            rename,
            recorded: true,
            files: changed.into_iter().map(|(path, _)| path).collect(),
        })
    }

    /// Reads all files of a revision that need not fit together: a rename may be what is missing.
    fn read_all(&self, revision: &Revision) -> Result<Catalog, Error> {
        files::read(self.catalog_files(revision)?).map_err(|problems| Error::Catalog {
            revision: revision.to_string(),
            problems,
        })
    }
}

/// Applies answers (`old=new`) to the newer of two catalogs.
pub(super) fn declare(from: &Catalog, to: &mut Catalog, answers: &[String]) -> Result<(), Error> {
    for answer in answers {
        let rename = answered(from, to, answer, None)?;
        rename::declare(from, to, &rename).map_err(Error::Rename)?;
    }
    Ok(())
}

/// Returns the rename that an answer means.
fn answered(
    from: &Catalog,
    to: &Catalog,
    answer: &str,
    kind: Option<Kind>,
) -> Result<Rename, Error> {
    let usage = |why: &str| Error::Usage(format!("cannot read the rename `{answer}`: {why}"));
    let (old, new) = answer
        .split_once('=')
        .filter(|(old, new)| !old.is_empty() && !new.is_empty())
        .ok_or_else(|| usage("it is written `old=new`"))?;
    let new = own_name(old, new).map_err(|why| usage(&why))?;
    let new = new.as_str();
    if !old.contains('.') {
        let asked = rename::look_alikes(from, to);
        let mut named = asked
            .into_iter()
            .filter(|asked| asked.from == old && asked.to == new);
        return match (named.next(), named.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(usage(
                "no two objects of these names look alike; name the path, as `customer.corder.oname=title`",
            )),
            _ => Err(usage(
                "several objects are meant; name the path, as `customer.corder.oname=title`",
            )),
        };
    }
    if let Some(found) = find(from, old, new, kind)? {
        return Ok(moved(from, to, found));
    }
    Err(usage(&format!(
        "`{old}` is no table, column or index, neither now nor before"
    )))
}

/// Returns the bare name of a new name, which may be a path like the old one: the last part of as many, of the same
/// keyspace. Of a column or index, the table may have another name by now.
fn own_name(old: &str, new: &str) -> Result<String, String> {
    let (mut parts, former) = (names(new), names(old));
    if parts.iter().any(String::is_empty) {
        return Err("the new name is empty, or a part of it".to_owned());
    }
    if parts.len() > 1 && parts.len() != former.len() {
        return Err(format!(
            "`{new}` is no path like `{old}`: give the new name alone"
        ));
    }
    if parts.len() > 1 && parts.first() != former.first() {
        return Err("an object stays in its keyspace".to_owned());
    }
    Ok(parts.pop().unwrap_or_default())
}

/// Names the table of a renamed column as it is named now.
fn moved(from: &Catalog, to: &Catalog, rename: Rename) -> Rename {
    let names = |catalog: &Catalog| catalog.keyspaces.get(&rename.keyspace).cloned();
    let (Some(before), Some(after)) = (names(from), names(to)) else {
        return rename;
    };
    let identity = before.identities.table(&rename.table).to_owned();
    let now = after
        .tables
        .keys()
        .find(|name| after.identities.table(name) == identity);
    Rename {
        table: now.cloned().unwrap_or_else(|| rename.table.clone()),
        ..rename
    }
}

/// Finds the object of a path in a catalog: `keyspace.table`, `keyspace.table.column`, `keyspace.table.index`.
fn find(
    catalog: &Catalog,
    path: &str,
    new: &str,
    kind: Option<Kind>,
) -> Result<Option<Rename>, Error> {
    let parts = names(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let rename = |kind, keyspace: &str, table: &str, from: &str| Rename {
        kind,
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
        from: from.to_owned(),
        to: new.to_owned(),
    };
    match parts.as_slice() {
        [keyspace, table] => {
            let holder = catalog.keyspaces.get(*keyspace);
            let known = holder.is_some_and(|holder| {
                holder.tables.contains_key(*table) || holder.views.contains_key(*table)
            });
            Ok(known.then(|| rename(Kind::Table, keyspace, "", table)))
        }
        [keyspace, table, name] => {
            let Some(definition) = catalog.definition(keyspace, table) else {
                return Ok(None);
            };
            let (column, index) = (definition.column(name), definition.index(name));
            let kind = match (kind, column.is_some(), index.is_some()) {
                (Some(Kind::Index), _, true) | (None, false, true) => Kind::Index,
                (Some(Kind::Column), true, _) | (None, true, false) => Kind::Column,
                (None, true, true) => {
                    return Err(Error::Usage(format!(
                        "`{path}` is a column and an index: say which with `--column` or `--index`"
                    )));
                }
                _ => return Ok(None),
            };
            Ok(Some(rename(kind, keyspace, table, name)))
        }
        _ => Err(Error::Usage(format!(
            "`{path}` names no object: write `keyspace.table`, `keyspace.table.column` or `keyspace.table.index`"
        ))),
    }
}

/// Returns a rename as DDL would have told it, for what follows.
fn as_change(catalog: &Catalog, rename: &Rename) -> Change {
    let (from, to) = match rename.kind {
        Kind::Table => (&rename.from, &rename.to),
        _ => (&rename.table, &rename.table),
    };
    let columns = catalog
        .definition(&rename.keyspace, to)
        .map_or_else(Vec::new, |table| {
            let columns = table.definition.columns.iter();
            let before = |name: &String| match rename.kind {
                Kind::Column if *name == rename.to => rename.from.clone(),
                _ => name.clone(),
            };
            columns
                .map(|column| (column.name.clone(), Some(before(&column.name))))
                .collect()
        });
    Change::TableAltered {
        keyspace: rename.keyspace.clone(),
        from: from.clone(),
        to: to.clone(),
        columns,
    }
}
