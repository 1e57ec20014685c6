//! Who last changed each definition of a table, each row, and each cell.
//!
//! An item (a row of a catalog relation, a row, a cell) is handed down from a commit to the first parent that has it
//! unchanged; where no parent does, the commit is to blame. Renames and changes of a primary key are no changes of what
//! they carry along.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;

use super::walk::{Stop, Touch, Wanted};
use super::{Error, History, Subject, version};
use crate::diff::{self, Change, Options, columns::Comparison, rows};
use crate::relation::describe::describe;
use crate::relation::encode::Layout;
use crate::relation::{Role, Row, RowSource, Schema};
use crate::store::{Commit, CommitId, TreeId};
use crate::value::Value;

use version::TableVersion;

/// Who last changed a definition.
#[derive(Debug, Clone)]
pub struct BlamedDefinition {
    /// The catalog relation: `tables`, `columns`, `indexes`, …
    pub relation: String,
    /// The name within the table: a column's, an index's; for `column_vindexes` the position; the table's own.
    pub name: String,
    /// The commit.
    pub commit: Commit,
}

/// Who last changed a row.
#[derive(Debug, Clone)]
pub struct BlamedRow {
    /// The shard that has it.
    pub shard: String,
    /// The row, under [`TableBlame::schema`](TableVersion::schema) of the revision asked for.
    pub row: Row,
    /// The commit.
    pub commit: Commit,
}

/// Who last changed a cell.
#[derive(Debug, Clone)]
pub struct BlamedCell {
    /// The shard that has the row.
    pub shard: String,
    /// The row.
    pub row: Row,
    /// The column's place in the schema.
    pub column: usize,
    /// The commit.
    pub commit: Commit,
}

/// A table's own relations, in the order shown.
const RELATIONS: [&str; 8] = [
    "tables",
    "columns",
    "indexes",
    "foreign_keys",
    "checks",
    "partitions",
    "column_vindexes",
    "vschema_columns",
];

/// A row of a catalog relation: its relation and its key within the table.
type Definition = (usize, String);

/// A row by where it stands in the table asked for, and its place in the version looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    number: usize,
    /// The identity of the column, for a cell.
    column: Option<Rc<str>>,
    shard: Rc<str>,
    key: Rc<[u8]>,
}

/// A blamed row's place in the whole.
type Blamed<I> = Vec<(I, Commit)>;

impl History<'_> {
    /// Returns who last changed each definition of a table: its columns, indexes, constraints and VSchema entry.
    ///
    /// # Errors
    /// When an object is missing or damaged, or the revision has no such table.
    pub fn blame_definitions(
        &self,
        tip: CommitId,
        keyspace: &str,
        table: &str,
    ) -> Result<Vec<BlamedDefinition>, Error> {
        let commit = self.store.commit(tip)?;
        let catalog = version::partial(self.store, &commit, keyspace, &[table], true)?;
        let mut names: BTreeMap<Definition, (usize, String)> = BTreeMap::new();
        for relation in describe(&catalog) {
            let Some(number) = RELATIONS
                .iter()
                .position(|name| *name == relation.schema.name)
            else {
                continue;
            };
            let mut place = 0;
            for (row, _) in &relation.rows {
                if text(row, relation.schema.position("keyspace")) == keyspace
                    && text(row, relation.schema.position("table")) == table
                {
                    let position = relation.schema.position("position");
                    let order = text(row, position).parse().unwrap_or(place);
                    names.insert(
                        (number, key(&relation.schema, row)),
                        (order, shown_name(&relation.schema, row)),
                    );
                    place += 1;
                }
            }
        }
        if names.is_empty() {
            return Err(Error::Unknown {
                name: format!("{keyspace}.{table}"),
                revision: tip.to_string(),
            });
        }
        let subject = Subject::Table {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
        };
        let items: BTreeSet<Definition> = names.keys().cloned().collect();
        let blamed = self.with_index(&[tip], Wanted::Read, |history| {
            history.trace(tip, &subject, items.clone(), |touch, parent, items| {
                history.unchanged_definitions(touch, parent, items)
            })
        })?;
        let mut found: Vec<(usize, usize, BlamedDefinition)> = Vec::new();
        for (item, commit) in blamed {
            let (place, name) = names.remove(&item).unwrap_or_default();
            let relation = RELATIONS[item.0].to_owned();
            found.push((
                item.0,
                place,
                BlamedDefinition {
                    relation,
                    name,
                    commit,
                },
            ));
        }
        found.sort_by(|a, b| (a.0, a.1, &a.2.name).cmp(&(b.0, b.1, &b.2.name)));
        Ok(found.into_iter().map(|(_, _, blamed)| blamed).collect())
    }

    fn unchanged_definitions(
        &self,
        touch: &Touch,
        parent: (&Commit, &Subject),
        items: &BTreeSet<Definition>,
    ) -> Result<BTreeMap<Definition, Definition>, Error> {
        let (Some((keyspace, table)), Some((_, old_table))) =
            (touch.subjects[0].table(), parent.1.table())
        else {
            return Ok(BTreeMap::new());
        };
        let old = version::partial(self.store, parent.0, keyspace, &[old_table], true);
        let new = version::partial(self.store, &touch.commit, keyspace, &[table], true);
        let (Ok(old), Ok(new)) = (old, new) else {
            return Ok(BTreeMap::new());
        };
        let mut changed: BTreeSet<Definition> = BTreeSet::new();
        for diff in diff::catalog::diff(&old, &new, &Options::default()) {
            let number = RELATIONS.iter().position(|name| *name == diff.name());
            let (Some(number), Some(schema)) = (number, &diff.to) else {
                continue;
            };
            for change in &diff.changes {
                if let Change::Added(row, _) | Change::Modified { to: row, .. } = change
                    && text(row, schema.position("table")) == table
                {
                    changed.insert((number, key(schema, row)));
                }
            }
        }
        let kept = items.iter().filter(|item| !changed.contains(*item));
        Ok(kept.map(|item| (item.clone(), item.clone())).collect())
    }

    /// Returns who last changed each row of a table, in key order within each shard, and the table as it is there.
    ///
    /// # Errors
    /// When an object is missing or damaged, the revision has no such table, or it has no primary key.
    pub fn blame_rows(
        &self,
        tip: CommitId,
        keyspace: &str,
        table: &str,
    ) -> Result<(TableVersion, Vec<BlamedRow>), Error> {
        let (version, rows, blamed) = self.blame_items(tip, keyspace, table, false)?;
        let blamed = blamed.into_iter().map(|(item, commit)| BlamedRow {
            shard: item.shard.to_string(),
            row: rows[item.number].clone(),
            commit,
        });
        let blamed = blamed.collect();
        Ok((version, blamed))
    }

    /// Returns who last changed each cell of a table outside of its primary key, row by row, and the table as it is there.
    ///
    /// # Errors
    /// As [`History::blame_rows`].
    pub fn blame_cells(
        &self,
        tip: CommitId,
        keyspace: &str,
        table: &str,
    ) -> Result<(TableVersion, Vec<BlamedCell>), Error> {
        let (version, rows, blamed) = self.blame_items(tip, keyspace, table, true)?;
        let mut cells: Vec<BlamedCell> = Vec::with_capacity(blamed.len());
        for (item, commit) in blamed {
            let identity = item.column.as_deref().unwrap_or_default();
            if let Some(column) = version.schema.position(identity) {
                cells.push(BlamedCell {
                    shard: item.shard.to_string(),
                    row: rows[item.number].clone(),
                    column,
                    commit,
                });
            }
        }
        Ok((version, cells))
    }

    fn blame_items(
        &self,
        tip: CommitId,
        keyspace: &str,
        table: &str,
        cells: bool,
    ) -> Result<(TableVersion, Vec<Row>, Blamed<Item>), Error> {
        let commit = self.store.commit(tip)?;
        let Some(version) = TableVersion::read(self.store, &commit, keyspace, table)? else {
            return Err(Error::Unknown {
                name: format!("{keyspace}.{table}"),
                revision: tip.to_string(),
            });
        };
        if !version.schema.is_keyed() {
            return Err(Error::Keyless {
                table: version.schema.name.clone(),
            });
        }
        let columns: Vec<Option<Rc<str>>> = if cells {
            let all = version.schema.columns.iter().enumerate();
            let own = all.filter(|(at, column)| {
                !version.schema.key.contains(at) && column.role == Role::Cell
            });
            own.map(|(_, column)| Some(Rc::from(column.identity.as_str())))
                .collect()
        } else {
            vec![None]
        };
        let layout = Layout::new(&version.schema);
        let mut all = Vec::new();
        let mut items = BTreeSet::new();
        for (shard, tree) in &version.trees {
            let shard: Rc<str> = shard.as_str().into();
            for row in self.all_rows(*tree, &version.schema, &tip.to_string())? {
                let key: Rc<[u8]> = layout.key_bytes(&row).into();
                items.extend(columns.iter().map(|column| Item {
                    number: all.len(),
                    column: column.clone(),
                    shard: Rc::clone(&shard),
                    key: Rc::clone(&key),
                }));
                all.push(row);
            }
        }
        let subject = Subject::Table {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
        };
        let mut blamed = self.with_index(&[tip], Wanted::Read, |history| {
            history.trace(tip, &subject, items.clone(), |touch, parent, items| {
                history.unchanged_rows(touch, parent, items)
            })
        })?;
        let order = |item: &Item| {
            let column = item.column.as_deref().map(|c| version.schema.position(c));
            (item.number, column)
        };
        blamed.sort_by_cached_key(|(item, _)| order(item));
        Ok((version, all, blamed))
    }

    fn all_rows(
        &self,
        tree: TreeId,
        schema: &Arc<Schema>,
        revision: &str,
    ) -> Result<Vec<Row>, Error> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Rows {
            table: schema.name.clone(),
            revision: revision.to_owned(),
            source,
        };
        let source = self.store.rows_of_tree(Some(tree), Arc::clone(schema));
        let rows = source
            .range(Bound::Unbounded, Bound::Unbounded)
            .map_err(|error| failed(Box::new(error)))?;
        rows.map(|row| {
            row.map(|(row, _)| row)
                .map_err(|error| failed(Box::new(error)))
        })
        .collect()
    }

    /// Returns the items that a parent has unchanged, each with its place there.
    fn unchanged_rows(
        &self,
        touch: &Touch,
        parent: (&Commit, &Subject),
        items: &BTreeSet<Item>,
    ) -> Result<BTreeMap<Item, Item>, Error> {
        let (Some((keyspace, table)), Some((_, old_table))) =
            (touch.subjects[0].table(), parent.1.table())
        else {
            return Ok(BTreeMap::new());
        };
        let new = TableVersion::read(self.store, &touch.commit, keyspace, table);
        let old = TableVersion::read(self.store, parent.0, keyspace, old_table);
        let (Ok(Some(new)), Ok(Some(old))) = (new, old) else {
            return Ok(BTreeMap::new());
        };
        if !old.schema.is_keyed() {
            return Ok(BTreeMap::new());
        }
        let has_column = |item: &Item| {
            let column = item.column.as_deref();
            column.is_none_or(|column| old.schema.position(column).is_some())
        };
        if !rows::same_key(&old.schema, &new.schema) {
            return self.rows_across_keys((&old, parent.0), (&new, &touch.commit), items);
        }
        let mut changes: HashMap<Rc<str>, HashMap<Vec<u8>, Option<BTreeSet<String>>>> =
            HashMap::new();
        let shards: BTreeSet<&Rc<str>> = items.iter().map(|item| &item.shard).collect();
        for shard in shards {
            let trees = (
                old.trees.get(&**shard).copied(),
                new.trees.get(&**shard).copied(),
            );
            if trees.0 != trees.1 {
                let changed = self.changed_rows(&old, &new, trees, &touch.commit)?;
                changes.insert(Rc::clone(shard), changed);
            }
        }
        let kept = items.iter().filter(|item| {
            let change = changes
                .get(&item.shard)
                .and_then(|rows| rows.get(&*item.key));
            let touched = match (change, &item.column) {
                (None, _) => false,
                (Some(None), _) | (Some(Some(_)), None) => true,
                (Some(Some(columns)), Some(column)) => columns.contains(&**column),
            };
            !touched && has_column(item)
        });
        Ok(kept.map(|item| (item.clone(), item.clone())).collect())
    }

    /// Returns the rows of one shard that were added (`None`) or modified, by key, with the columns that changed.
    fn changed_rows(
        &self,
        old: &TableVersion,
        new: &TableVersion,
        (from, to): (Option<TreeId>, Option<TreeId>),
        commit: &Commit,
    ) -> Result<HashMap<Vec<u8>, Option<BTreeSet<String>>>, Error> {
        let differing = self
            .store
            .diff_rows(
                from.map(|tree| (tree, &*old.schema)),
                to.map(|tree| (tree, &*new.schema)),
            )
            .map_err(|source| Error::Rows {
                table: new.schema.name.clone(),
                revision: commit.id.to_string(),
                source: Box::new(source),
            })?;
        let side = |schema: &Arc<Schema>, rows: Vec<(Row, u64)>| rows::Side {
            schema: Arc::clone(schema),
            rows: rows.into_iter().map(Ok::<_, Error>),
        };
        let diff = rows::diff(
            Some(side(&old.schema, differing.from)),
            Some(side(&new.schema, differing.to)),
            &Options::default(),
        )?;
        let layout = Layout::new(&new.schema);
        let comparison = Comparison::new(&old.schema, &new.schema);
        let mut found = HashMap::new();
        for change in diff.changes {
            match change {
                Change::Added(row, _) => {
                    found.insert(layout.key_bytes(&row), None);
                }
                Change::Modified { from, to } => {
                    let columns = comparison.changed(&from, &to).into_iter();
                    let columns = columns
                        .filter_map(|pair| pair.to)
                        .map(|at| new.schema.columns[at].identity.clone())
                        .collect();
                    found.insert(layout.key_bytes(&to), Some(columns));
                }
                Change::Removed(..) => {}
            }
        }
        Ok(found)
    }

    /// Matches items across a change of the primary key: by the old key's cells, as far as the rows still have them.
    fn rows_across_keys(
        &self,
        (old, parent): (&TableVersion, &Commit),
        (new, commit): (&TableVersion, &Commit),
        items: &BTreeSet<Item>,
    ) -> Result<BTreeMap<Item, Item>, Error> {
        let identities: Vec<&String> = old
            .schema
            .key
            .iter()
            .map(|&at| &old.schema.columns[at].identity)
            .collect();
        let places: Option<Vec<usize>> = identities
            .iter()
            .map(|identity| new.schema.position(identity))
            .collect();
        let Some(places) = places else {
            return Ok(BTreeMap::new());
        };
        let new_layout = Layout::new(&new.schema);
        let old_layout = Layout::new(&old.schema);
        // The old rows by the old key as the new rows would say it.
        let as_new = Schema {
            key: places,
            ..(*new.schema).clone()
        };
        let as_new = Layout::new(&as_new);
        let comparison = Comparison::new(&old.schema, &new.schema);
        let mut kept = BTreeMap::new();
        let shards: BTreeSet<&Rc<str>> = items.iter().map(|item| &item.shard).collect();
        for shard in shards {
            let (Some(from), Some(to)) = (old.trees.get(&**shard), new.trees.get(&**shard)) else {
                continue;
            };
            let before: HashMap<Vec<u8>, Row> = self
                .all_rows(*from, &old.schema, &parent.id.to_string())?
                .into_iter()
                .map(|row| (old_layout.key_bytes(&row), row))
                .collect();
            let after: HashMap<Vec<u8>, Row> = self
                .all_rows(*to, &new.schema, &commit.id.to_string())?
                .into_iter()
                .map(|row| (new_layout.key_bytes(&row), row))
                .collect();
            for item in items.iter().filter(|item| item.shard == *shard) {
                let Some(row) = after.get(&*item.key) else {
                    continue;
                };
                let key = as_new.key_bytes(row);
                let Some(was) = before.get(&key) else {
                    continue;
                };
                let changed = comparison.changed(was, row);
                let is_its = |at: usize| {
                    let identity = new.schema.columns[at].identity.as_str();
                    item.column
                        .as_deref()
                        .is_none_or(|column| column == identity)
                };
                let touched = changed.iter().any(|pair| pair.to.is_some_and(is_its));
                let has_column = item
                    .column
                    .as_deref()
                    .is_none_or(|column| old.schema.position(column).is_some());
                if !touched && has_column {
                    let there = Item {
                        key: key.into(),
                        ..item.clone()
                    };
                    kept.insert(item.clone(), there);
                }
            }
        }
        Ok(kept)
    }

    /// Hands items down from a tip until each has the commit to blame. `unchanged` says which items a parent has as they
    /// are, and what they are called there.
    fn trace<I: Ord + Clone>(
        &self,
        tip: CommitId,
        subject: &Subject,
        items: BTreeSet<I>,
        unchanged: impl Fn(&Touch, (&Commit, &Subject), &BTreeSet<I>) -> Result<BTreeMap<I, I>, Error>,
    ) -> Result<Blamed<I>, Stop> {
        // What an item is called at a commit, and at the tip.
        type Waiting<I> = BTreeMap<I, I>;
        let mut blamed = Vec::with_capacity(items.len());
        let mut waiting: HashMap<CommitId, (Touch, Waiting<I>)> = HashMap::new();
        let mut queue: BinaryHeap<(i64, Reverse<CommitId>)> = BinaryHeap::new();
        let all: Waiting<I> = items.into_iter().map(|item| (item.clone(), item)).collect();
        let subjects: Rc<[Subject]> = vec![subject.clone()].into();
        match self.settle(&self.start(tip)?, &subjects)? {
            Some(touch) => {
                queue.push((touch.commit.committer.seconds, Reverse(touch.commit.id)));
                waiting.insert(touch.commit.id, (touch, all));
            }
            None => {
                let commit = self.store.commit(tip)?;
                return Ok(all
                    .into_values()
                    .map(|item| (item, commit.clone()))
                    .collect());
            }
        }
        while let Some((_, Reverse(id))) = queue.pop() {
            let Some((touch, mut left)) = waiting.remove(&id) else {
                continue;
            };
            for (number, (at, subjects)) in touch.parents.iter().enumerate() {
                if left.is_empty() {
                    break;
                }
                let Some(parent) = touch.commit.parents.get(number) else {
                    break;
                };
                let parent = self.store.commit(*parent)?;
                let names: BTreeSet<I> = left.keys().cloned().collect();
                let kept = unchanged(&touch, (&parent, &subjects[0]), &names)?;
                if kept.is_empty() {
                    continue;
                }
                let Some(next) = self.settle(at, subjects)? else {
                    continue;
                };
                let entry = waiting
                    .entry(next.commit.id)
                    .or_insert_with(|| (next.clone(), Waiting::new()));
                queue.push((next.commit.committer.seconds, Reverse(next.commit.id)));
                for (here, there) in kept {
                    if let Some(item) = left.remove(&here) {
                        entry.1.insert(there, item);
                    }
                }
            }
            let commit = &touch.commit;
            blamed.extend(left.into_values().map(|item| (item, commit.clone())));
        }
        Ok(blamed)
    }
}

fn text(row: &Row, at: Option<usize>) -> String {
    let value = at.and_then(|at| row.get(at));
    value
        .and_then(Value::to_text)
        .unwrap_or_default()
        .into_owned()
}

/// The key of a catalog relation's row within its table: all but keyspace and table.
fn key(schema: &Schema, row: &Row) -> String {
    let parts = schema.key.iter().skip(2);
    let parts: Vec<String> = parts.map(|&at| text(row, Some(at))).collect();
    parts.join("\0")
}

fn shown_name(schema: &Schema, row: &Row) -> String {
    let mut key: Vec<usize> = schema.shown_key().collect();
    let place = key.pop();
    text(row, place)
}
