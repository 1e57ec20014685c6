//! Rows whose definition was changed without them: who edits `tables/<table>.sql` and commits with plain git leaves the
//! rows as they were written before. They are read under the definition of a commit that can read them, and shown under
//! the one asked for: columns matched by identity, values converted, columns that the rows do not have NULL.
//!
//! This is looked for only where reading fails, so that what vrev itself committed costs nothing more.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use super::{canonical, table_schema};
use crate::catalog::Catalog;
use crate::relation::{Row, RowIterator, RowSource, Schema, SourceError, encode};
use crate::store::{ChunkSource, CommitId, Revision, TreeId, WalkOptions};
use crate::value::Value;
use crate::workspace::{Error, Workspace, place};

/// Rows with the definition that they were written under.
pub(in crate::workspace) struct Written {
    /// The table's definition and identities at that time.
    pub(in crate::workspace) catalog: Catalog,
    pub(in crate::workspace) schema: Arc<Schema>,
    pub(in crate::workspace) rows: Vec<(Row, u64)>,
}

impl Written {
    /// Returns the rows under another schema, in its canonical order.
    fn under(self, shown: &Schema) -> Vec<(Row, u64)> {
        let places: Vec<Option<usize>> = shown
            .columns
            .iter()
            .map(|column| self.schema.position(&column.identity))
            .collect();
        let cell = |row: &Row, place: &Option<usize>, at: usize| {
            let value = place.and_then(|place| row.get(place));
            value.map_or(Value::Null, |value| {
                value.cast(&shown.columns[at].column_type)
            })
        };
        let convert = |row: &Row| -> Row {
            let cells = places.iter().enumerate();
            cells.map(|(at, place)| cell(row, place, at)).collect()
        };
        let copies = self.rows.iter().flat_map(|(row, count)| {
            std::iter::repeat_n(convert(row), usize::try_from(*count).unwrap_or(usize::MAX))
        });
        canonical(shown, copies.collect())
    }
}

impl Workspace {
    /// Finds the definition under which the rows of a tree can be read, newest commit first; `None` where no commit's
    /// can.
    pub(super) fn written_rows(
        &self,
        tree: TreeId,
        relation: &str,
    ) -> Result<Option<Written>, Error> {
        let Some((keyspace, table)) = relation.split_once('.') else {
            return Ok(None);
        };
        let mut tips: BTreeSet<CommitId> = self.store.head()?.commit.into_iter().collect();
        tips.extend(
            self.store
                .branches()?
                .into_iter()
                .map(|branch| branch.commit),
        );
        tips.extend(self.store.tags()?.into_iter().map(|tag| tag.commit));
        let tips: Vec<CommitId> = tips.into_iter().collect();
        let paths = [
            place::table_path(keyspace, table),
            place::identities_path(keyspace),
        ];
        let (mut seen, mut tried) = (None, BTreeSet::new());
        for commit in self.store.walk(&tips, &[], WalkOptions::default())? {
            let id = commit?.id;
            let rows = self
                .store
                .content_id(id, &place::rows_path(keyspace, table))?;
            let is_here = match seen {
                Some((known, is_here)) if known == rows => is_here,
                _ => {
                    let trees = self
                        .store
                        .table_rows(&Revision::Commit(id), keyspace, table)?;
                    trees.values().any(|known| *known == tree)
                }
            };
            seen = Some((rows, is_here));
            let definition = (
                self.store.content_id(id, &paths[0])?,
                self.store.content_id(id, &paths[1])?,
            );
            if !is_here || !tried.insert(definition) {
                continue;
            }
            if let Some(written) = self.rows_written_at(id, tree, keyspace, table)? {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    /// Reads rows under a commit's definition; `None` where they are not of it.
    fn rows_written_at(
        &self,
        commit: CommitId,
        tree: TreeId,
        keyspace: &str,
        table: &str,
    ) -> Result<Option<Written>, Error> {
        let keys = BTreeSet::from([(keyspace.to_owned(), table.to_owned())]);
        let Ok(catalog) = self.catalog_of_tables(&Revision::Commit(commit), &keys) else {
            return Ok(None);
        };
        let Some(definition) = catalog.definition(keyspace, table) else {
            return Ok(None);
        };
        let schema = Arc::new(table_schema(&catalog, keyspace, definition));
        let read = self.rows_as_defined(Some(tree), &schema);
        Ok(read.ok().map(|rows| Written {
            catalog,
            schema,
            rows,
        }))
    }

    /// Returns the definition under which the rows of a table were written, if it is not the one of this schema.
    pub(super) fn otherwise_written(
        &self,
        trees: impl Iterator<Item = TreeId>,
        schema: &Arc<Schema>,
    ) -> Result<Option<Catalog>, Error> {
        for tree in trees {
            if !self.is_as_defined(tree, schema) {
                let written = self.written_rows(tree, &schema.name)?;
                return Ok(written.map(|written| written.catalog));
            }
        }
        Ok(None)
    }

    /// Reads the rows of a tree, whatever definition they were written under, in the schema's canonical order.
    pub(in crate::workspace) fn read_rows(
        &self,
        tree: Option<TreeId>,
        schema: &Arc<Schema>,
    ) -> Result<Vec<(Row, u64)>, Error> {
        match (self.rows_as_defined(tree, schema), tree) {
            (Err(error), Some(tree)) => match self.written_rows(tree, &schema.name)? {
                Some(written) => Ok(written.under(schema)),
                None => Err(error),
            },
            (read, _) => read,
        }
    }

    /// Returns the rows of a tree, read as they are asked for, whatever definition they were written under.
    pub(in crate::workspace) fn rows_of_tree(
        &self,
        tree: Option<TreeId>,
        schema: &Arc<Schema>,
    ) -> TreeRows {
        TreeRows {
            workspace: self.clone(),
            source: self.store.rows_of_tree(tree, Arc::clone(schema)),
            schema: Arc::clone(schema),
            converted: OnceLock::new(),
        }
    }
}

/// The committed rows of a table's shard.
pub(in crate::workspace) struct TreeRows {
    workspace: Workspace,
    source: ChunkSource,
    schema: Arc<Schema>,
    /// All rows with their keys, once it has turned out that they were written under another definition.
    converted: OnceLock<Vec<(Vec<u8>, Row, u64)>>,
}

impl TreeRows {
    /// Returns the converted rows, or why they cannot be read.
    fn converted(&self, error: SourceError) -> Result<&Vec<(Vec<u8>, Row, u64)>, SourceError> {
        if let Some(rows) = self.converted.get() {
            return Ok(rows);
        }
        let found = match self.source.tree() {
            Some(tree) => self.workspace.written_rows(tree, &self.schema.name),
            None => Ok(None),
        };
        let Ok(Some(written)) = found else {
            return Err(error);
        };
        let layout = encode::Layout::new(&self.schema);
        let rows = written.under(&self.schema).into_iter();
        let keyed = rows.map(|(row, count)| (layout.key_bytes(&row), row, count));
        Ok(self.converted.get_or_init(|| keyed.collect()))
    }

    fn converted_range<'a>(
        &'a self,
        bounds: (&Bound<Vec<u8>>, &Bound<Vec<u8>>),
        error: SourceError,
    ) -> Result<impl Iterator<Item = (Row, u64)> + use<'a>, SourceError> {
        let (lower, upper) = (bounds.0.clone(), bounds.1.clone());
        let rows = self.converted(error)?.iter();
        let is_inside = move |key: &[u8]| {
            let above = match &lower {
                Bound::Unbounded => true,
                Bound::Included(bound) => key >= bound.as_slice(),
                Bound::Excluded(bound) => key > bound.as_slice() && !key.starts_with(bound),
            };
            above
                && match &upper {
                    Bound::Unbounded => true,
                    Bound::Included(bound) => key <= bound.as_slice() || key.starts_with(bound),
                    Bound::Excluded(bound) => key < bound.as_slice(),
                }
        };
        let inside = rows.filter(move |(key, ..)| is_inside(key));
        Ok(inside.map(|(_, row, count)| (row.clone(), *count)))
    }
}

impl RowSource for TreeRows {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn get(&self, key: &[Value]) -> Result<Option<Row>, SourceError> {
        self.source.get(key).or_else(|error| {
            let wanted = encode::key_prefix_bytes(&self.schema, key);
            let mut rows = self.converted(error)?.iter();
            let found = rows.find(|(key, ..)| *key == wanted);
            Ok(found.map(|(_, row, _)| row.clone()))
        })
    }

    fn range(
        &self,
        lower: Bound<&[Value]>,
        upper: Bound<&[Value]>,
    ) -> Result<RowIterator<'_>, SourceError> {
        let bytes = |values: &[Value]| encode::key_prefix_bytes(&self.schema, values);
        let bounds = (lower.map(bytes), upper.map(bytes));
        let mut rows = match self.source.range(lower, upper) {
            Ok(rows) => rows,
            Err(error) => {
                let rows = self.converted_range((&bounds.0, &bounds.1), error)?;
                return Ok(Box::new(rows.map(Ok)));
            }
        };
        // What was given before a row could not be read is the same under either definition.
        let mut given = 0;
        Ok(Box::new(std::iter::from_fn(move || match rows.next()? {
            Ok(row) => {
                given += 1;
                Some(Ok(row))
            }
            Err(error) => match self.converted_range((&bounds.0, &bounds.1), error) {
                Ok(converted) => {
                    rows = Box::new(converted.map(Ok).skip(given));
                    rows.next()
                }
                Err(error) => Some(Err(error)),
            },
        })))
    }
}
