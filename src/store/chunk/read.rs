//! Rows of a revision by key or by range, opening only the folders and chunks on the way.
//!
//! Order is checked as rows are read, since a tree may have been written by anything; the cut rule is not.

use std::collections::{HashMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use super::write::is_ordered;
use super::{EXTENSION, FIRST, NAME_BYTES, PREFIX_BYTES, key_of};
use crate::relation::{Row, RowIterator, RowSource, Schema, SourceError, encode};
use crate::store::tree::MODE_FILE;
use crate::store::{BlobId, Error, Revision, ShardRows, Store, TreeId};
use crate::value::Value;

/// Folders may nest this deep.
pub(super) const DEPTH_LIMIT: usize = 16;

/// The committed rows of a table's shard.
pub struct ChunkSource {
    store: Store,
    schema: Arc<Schema>,
    root: Option<TreeId>,
    /// Folders and chunks read; they never change.
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    folders: HashMap<TreeId, Arc<Vec<Node>>>,
    chunks: VecDeque<(BlobId, Arc<Vec<KeyedRow>>)>,
}

/// Chunks kept in memory by a source.
const CACHED_CHUNKS: usize = 16;

/// A row with its key's bytes.
#[derive(Debug, Clone)]
pub(super) struct KeyedRow {
    pub(super) key: Vec<u8>,
    pub(super) row: Row,
    pub(super) count: u64,
}

/// A child of a folder, in the order of keys.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) lower: Lower,
    pub(super) id: NodeId,
}

/// What is known of a child's keys from its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lower {
    /// Nothing: it is the first.
    Open,
    /// Its first key.
    Key(Vec<u8>),
    /// What its first key begins with; no other child's first key begins so.
    Prefix(Vec<u8>),
}

/// What a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NodeId {
    Folder(TreeId),
    Chunk(BlobId),
}

/// A range of key bytes: prefixes, each with whether keys that start so are in.
struct KeyRange {
    lower: Option<(Vec<u8>, bool)>,
    upper: Option<(Vec<u8>, bool)>,
}

impl KeyRange {
    fn is_below(&self, key: &[u8]) -> bool {
        match &self.lower {
            None => false,
            Some((prefix, true)) => key < prefix.as_slice(),
            Some((prefix, false)) => key < prefix.as_slice() || key.starts_with(prefix),
        }
    }

    fn is_above(&self, key: &[u8]) -> bool {
        match &self.upper {
            None => false,
            Some((prefix, true)) => key > prefix.as_slice() && !key.starts_with(prefix),
            Some((prefix, false)) => key >= prefix.as_slice(),
        }
    }
}

impl Store {
    /// Returns the rows that a revision has for a table's shard, read as they are asked for; `schema` is the table's at that
    /// revision.
    ///
    /// # Errors
    /// When a tree above the rows is damaged.
    pub fn rows(
        &self,
        revision: &Revision,
        place: &ShardRows,
        schema: Arc<Schema>,
    ) -> Result<ChunkSource, Error> {
        let root = match self.rows_tree(revision)? {
            Some(rows) => self.shard_tree(rows, place)?,
            None => None,
        };
        Ok(self.rows_of_tree(root, schema))
    }

    /// Returns the rows of a tree that [`Store::write_rows`] wrote; `None` has none.
    pub fn rows_of_tree(&self, root: Option<TreeId>, schema: Arc<Schema>) -> ChunkSource {
        ChunkSource {
            store: self.clone(),
            schema,
            root,
            cache: Mutex::default(),
        }
    }

    /// Reads a folder's children and puts them in the order of keys.
    pub(super) fn chunk_folder(
        &self,
        id: TreeId,
        schema: &Schema,
        depth: usize,
    ) -> Result<Vec<Node>, Error> {
        if depth > DEPTH_LIMIT {
            return Err(malformed(&id.to_string(), "folders nest too deep"));
        }
        let mut children: Vec<(String, NodeId)> = Vec::new();
        for entry in self.tree(id)? {
            let is_tree = entry.is_tree();
            let stem = if is_tree {
                Some(entry.name.as_str())
            } else {
                entry.name.strip_suffix(EXTENSION)
            };
            match stem {
                Some(stem) if is_tree => {
                    children.push((stem.to_owned(), NodeId::Folder(TreeId(entry.id))))
                }
                Some(stem) if entry.mode == MODE_FILE => {
                    children.push((stem.to_owned(), NodeId::Chunk(BlobId(entry.id))));
                }
                _ => {
                    return Err(malformed(
                        &format!("{id}:{}", entry.name),
                        "it is no chunk of rows",
                    ));
                }
            }
        }
        let beginning = |name: &str| name.get(..PREFIX_BYTES * 2).map(ToOwned::to_owned);
        let mut beginnings: HashMap<String, usize> = HashMap::new();
        for (name, _) in &children {
            *beginnings
                .entry(beginning(name).unwrap_or_default())
                .or_default() += 1;
        }
        let mut nodes = Vec::with_capacity(children.len());
        for (name, node) in children {
            let lower = if name == FIRST {
                Lower::Open
            } else if let Some(key) = key_of(&name) {
                Lower::Key(key)
            } else if let Some(begin) = beginning(&name).filter(|_| name.len() == NAME_BYTES * 2) {
                match key_of(&begin) {
                    Some(prefix) if beginnings[&begin] == 1 => Lower::Prefix(prefix),
                    Some(_) => Lower::Key(self.first_key(node, schema, depth)?),
                    None => return Err(malformed(&format!("{id}:{name}"), "its name is no key")),
                }
            } else {
                return Err(malformed(&format!("{id}:{name}"), "its name is no key"));
            };
            nodes.push(Node { lower, id: node });
        }
        let order = |node: &Node| match &node.lower {
            Lower::Open => None,
            Lower::Key(key) | Lower::Prefix(key) => Some(key.clone()),
        };
        nodes.sort_by_cached_key(order);
        if !nodes.is_sorted_by(|a, b| order(a) < order(b)) {
            return Err(malformed(
                &id.to_string(),
                "two of its entries begin with one key",
            ));
        }
        Ok(nodes)
    }

    /// Returns the first key below a child.
    fn first_key(&self, node: NodeId, schema: &Schema, depth: usize) -> Result<Vec<u8>, Error> {
        match node {
            NodeId::Chunk(id) => {
                let first = self.chunk_rows(id, schema)?.into_iter().next();
                first
                    .map(|row| row.key)
                    .ok_or_else(|| malformed(&id.to_string(), "a chunk is empty"))
            }
            NodeId::Folder(id) => {
                let first = self.chunk_folder(id, schema, depth + 1)?.into_iter().next();
                match first {
                    Some(node) => self.first_key(node.id, schema, depth + 1),
                    None => Err(malformed(&id.to_string(), "a folder is empty")),
                }
            }
        }
    }

    /// Reads a chunk's rows and checks their order.
    pub(super) fn chunk_rows(&self, id: BlobId, schema: &Schema) -> Result<Vec<KeyedRow>, Error> {
        let layout = encode::Layout::new(schema);
        let bytes = self.read(id)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| malformed(&id.to_string(), "it is not UTF-8"))?;
        let mut rows: Vec<KeyedRow> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let place = || format!("{id}:{}", at + 1);
            let (row, count) = layout
                .parse_row(line)
                .map_err(|error| malformed(&place(), &error.to_string()))?;
            let key = layout.key_bytes(&row);
            let ordered = rows.last().is_none_or(|last| {
                is_ordered(&layout, schema, (&last.key, &last.row), (&key, &row))
            });
            if !ordered {
                return Err(malformed(&place(), "its row is not in order"));
            }
            rows.push(KeyedRow { key, row, count });
        }
        Ok(rows)
    }
}

pub(super) fn malformed(place: &str, reason: &str) -> Error {
    Error::MalformedRows {
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}

impl ChunkSource {
    /// Returns the tree of the rows; absent if there are none.
    pub fn tree(&self) -> Option<TreeId> {
        self.root
    }

    fn folder(&self, id: TreeId, depth: usize) -> Result<Arc<Vec<Node>>, Error> {
        let cached = |cache: &Mutex<Cache>| {
            cache
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .folders
                .get(&id)
                .cloned()
        };
        if let Some(nodes) = cached(&self.cache) {
            return Ok(nodes);
        }
        let nodes = Arc::new(self.store.chunk_folder(id, &self.schema, depth)?);
        self.cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .folders
            .insert(id, Arc::clone(&nodes));
        Ok(nodes)
    }

    fn chunk(&self, id: BlobId) -> Result<Arc<Vec<KeyedRow>>, Error> {
        {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, rows)) = cache.chunks.iter().find(|(cached, _)| *cached == id) {
                return Ok(Arc::clone(rows));
            }
        }
        let rows = Arc::new(self.store.chunk_rows(id, &self.schema)?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.chunks.len() >= CACHED_CHUNKS {
            cache.chunks.pop_front();
        }
        cache.chunks.push_back((id, Arc::clone(&rows)));
        Ok(rows)
    }

    fn error(&self, error: Error) -> SourceError {
        SourceError {
            relation: self.schema.name.clone(),
            source: Box::new(error),
        }
    }
}

impl RowSource for ChunkSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn get(&self, key: &[Value]) -> Result<Option<Row>, SourceError> {
        if !self.schema.is_keyed() || key.len() != self.schema.key.len() {
            return Ok(None);
        }
        let wanted = encode::key_prefix_bytes(&self.schema, key);
        if key.iter().any(|value| matches!(value, Value::Null)) {
            return Ok(None);
        }
        let range = KeyRange {
            lower: Some((wanted.clone(), true)),
            upper: Some((wanted.clone(), true)),
        };
        let mut scan = self.scan(range)?;
        let found = scan.next().transpose()?;
        Ok(found
            .map(|(row, _)| row)
            .filter(|row| encode::key_bytes(&self.schema, row) == wanted))
    }

    fn range(
        &self,
        lower: Bound<&[Value]>,
        upper: Bound<&[Value]>,
    ) -> Result<RowIterator<'_>, SourceError> {
        // No key holds NULL, which sorts before all values: a bound with NULL lies just before what it begins.
        let side = |bound: Bound<&[Value]>, before_all: bool| {
            let (values, inclusive) = match bound {
                Bound::Unbounded => return None,
                Bound::Included(values) => (values, true),
                Bound::Excluded(values) => (values, false),
            };
            match values.iter().position(|value| matches!(value, Value::Null)) {
                Some(at) => Some((
                    encode::key_prefix_bytes(&self.schema, &values[..at]),
                    before_all,
                )),
                None => Some((encode::key_prefix_bytes(&self.schema, values), inclusive)),
            }
        };
        Ok(Box::new(self.scan(KeyRange {
            lower: side(lower, true),
            upper: side(upper, false),
        })?))
    }
}

impl ChunkSource {
    fn scan(&self, range: KeyRange) -> Result<Scan<'_>, SourceError> {
        let mut scan = Scan {
            source: self,
            range,
            stack: Vec::new(),
            rows: None,
            last: None,
            failed: false,
        };
        if let Some(root) = self.root {
            scan.push(root, 0).map_err(|error| self.error(error))?;
        }
        Ok(scan)
    }
}

/// A scan over the rows of a range.
struct Scan<'a> {
    source: &'a ChunkSource,
    range: KeyRange,
    /// Folders on the way, each with the position of the next child to visit.
    stack: Vec<(Arc<Vec<Node>>, usize)>,
    rows: Option<(Arc<Vec<KeyedRow>>, usize)>,
    last: Option<Vec<u8>>,
    failed: bool,
}

impl Scan<'_> {
    /// Enters a folder at the last child that may hold the lower bound.
    fn push(&mut self, id: TreeId, depth: usize) -> Result<(), Error> {
        let nodes = self.source.folder(id, depth)?;
        let after = nodes.partition_point(|node| match (&node.lower, &self.range.lower) {
            (Lower::Open, _) => true,
            (_, None) => false,
            (Lower::Key(key), Some((bound, _))) => key <= bound || self.range.is_below(key),
            (Lower::Prefix(prefix), Some((bound, _))) => {
                prefix < bound && !bound.starts_with(prefix)
            }
        });
        self.stack.push((nodes, after.saturating_sub(1)));
        Ok(())
    }

    fn step(&mut self) -> Result<Option<(Row, u64)>, Error> {
        loop {
            if let Some((rows, at)) = &mut self.rows {
                let Some(next) = rows.get(*at) else {
                    self.rows = None;
                    continue;
                };
                *at += 1;
                if self.range.is_above(&next.key) {
                    return Ok(None);
                }
                let unordered = self.last.as_ref().is_some_and(|last| {
                    *last > next.key || (*last == next.key && self.source.schema.is_keyed())
                });
                if unordered {
                    return Err(malformed(
                        &self.source.schema.name,
                        "its chunks are not in order",
                    ));
                }
                let wanted = !self.range.is_below(&next.key);
                let found = wanted.then(|| (next.row.clone(), next.count));
                self.last = Some(next.key.clone());
                match found {
                    Some(found) => return Ok(Some(found)),
                    None => continue,
                }
            }
            let Some((nodes, at)) = self.stack.last_mut() else {
                return Ok(None);
            };
            let Some(node) = nodes.get(*at).cloned() else {
                self.stack.pop();
                continue;
            };
            *at += 1;
            if let Lower::Key(key) = &node.lower
                && self.range.is_above(key)
            {
                return Ok(None);
            }
            match node.id {
                NodeId::Chunk(id) => self.rows = Some((self.source.chunk(id)?, 0)),
                NodeId::Folder(id) => {
                    let depth = self.stack.len();
                    self.push(id, depth)?;
                }
            }
        }
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<(Row, u64), SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.step() {
            Ok(found) => found.map(Ok),
            Err(error) => {
                self.failed = true;
                Some(Err(self.source.error(error)))
            }
        }
    }
}
