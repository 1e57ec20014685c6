//! Committed rows as tables take them: the catalog that declares them, their schema, their canonical order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::TableKey;
use crate::catalog::{Catalog, Table, files};
use crate::relation::{self, Row, Schema, encode};
use crate::store::{Revision, TreeId};
use crate::workspace::{Error, Workspace, place};

impl Workspace {
    /// Returns a catalog of these tables alone, as far as the revision has them.
    pub(in crate::workspace) fn catalog_of_tables(
        &self,
        revision: &Revision,
        keys: &BTreeSet<TableKey>,
    ) -> Result<Catalog, Error> {
        let mut paths = BTreeSet::new();
        for (keyspace, table) in keys {
            paths.insert(place::table_path(keyspace, table));
            paths.insert(place::identities_path(keyspace));
            paths.insert(place::shards_path(keyspace));
        }
        self.read_catalog(revision, &paths)
    }

    /// Returns a partial catalog: what these files of a revision declare.
    pub(in crate::workspace) fn read_catalog(
        &self,
        revision: &Revision,
        paths: &BTreeSet<String>,
    ) -> Result<Catalog, Error> {
        files::read(self.files_at(revision, paths)?).map_err(|problems| Error::Catalog {
            revision: revision.to_string(),
            problems,
        })
    }

    /// Returns the rows of a table in a tree, in canonical order, if they were written under this schema.
    pub(super) fn rows_as_defined(
        &self,
        tree: Option<TreeId>,
        schema: &Arc<Schema>,
    ) -> Result<Vec<(Row, u64)>, Error> {
        let mut rows = Vec::new();
        if let Some(tree) = tree {
            self.visit_rows(tree, schema, |row| rows.push(row))?;
        }
        Ok(rows)
    }

    /// Tells whether the rows of a tree were written under this schema.
    pub(super) fn is_as_defined(&self, tree: TreeId, schema: &Arc<Schema>) -> bool {
        self.visit_rows(tree, schema, drop).is_ok()
    }

    fn visit_rows(
        &self,
        tree: TreeId,
        schema: &Arc<Schema>,
        mut visit: impl FnMut((Row, u64)),
    ) -> Result<(), Error> {
        let failed = |source: relation::SourceError| Error::Rows {
            table: schema.name.clone(),
            revision: tree.to_string(),
            source: Box::new(source),
        };
        let source = self.store.rows_of_tree(Some(tree), schema.clone());
        let all = std::ops::Bound::Unbounded;
        for row in relation::RowSource::range(&source, all, all).map_err(failed)? {
            visit(row.map_err(failed)?);
        }
        Ok(())
    }
}

/// Returns the schema of a user's table as a relation.
pub(in crate::workspace) fn table_schema(
    catalog: &Catalog,
    keyspace: &str,
    table: &Table,
) -> Schema {
    let none = crate::catalog::Identities::default();
    let identities = catalog
        .keyspaces
        .get(keyspace)
        .map_or(&none, |keyspace| &keyspace.identities);
    relation::table_schema(keyspace, table, identities)
}

/// Sorts rows as they are committed, and counts equal rows of a keyless table.
pub(in crate::workspace) fn canonical(schema: &Schema, rows: Vec<Row>) -> Vec<(Row, u64)> {
    let mut sorted: Vec<(Vec<u8>, String, Row)> = rows
        .into_iter()
        .map(|row| {
            let key = encode::key_bytes(schema, &row);
            let text = if schema.is_keyed() {
                String::new()
            } else {
                encode::row_text(schema, &row, 1)
            };
            (key, text, row)
        })
        .collect();
    sorted.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    let mut counted: Vec<(Row, u64)> = Vec::with_capacity(sorted.len());
    let mut last: Option<(Vec<u8>, String)> = None;
    for (key, text, row) in sorted {
        match counted.last_mut() {
            Some((_, count))
                if !schema.is_keyed()
                    && last.as_ref().is_some_and(|l| l.0 == key && l.1 == text) =>
            {
                *count += 1;
            }
            _ => {
                counted.push((row, 1));
                last = Some((key, text));
            }
        }
    }
    counted
}

/// Returns committed rows as a table takes them: one value per column, generated ones left to the database.
pub(in crate::workspace) fn widened(
    schema: &Schema,
    table: &Table,
    rows: Vec<(Row, u64)>,
) -> impl Iterator<Item = Row> {
    let columns = table.definition.columns.iter();
    let places: Vec<Option<usize>> = columns
        .map(|column| {
            let mut committed = schema.columns.iter();
            committed.position(|committed| committed.name == column.name)
        })
        .collect();
    rows.into_iter().flat_map(move |(row, count)| {
        let cell = |place: &Option<usize>| {
            place
                .and_then(|at| row.get(at).cloned())
                .unwrap_or_default()
        };
        let wide: Row = places.iter().map(cell).collect();
        std::iter::repeat_n(wide, usize::try_from(count).unwrap_or(usize::MAX))
    })
}
