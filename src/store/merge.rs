//! Three trees into one, path by path: what one side changed is taken, what both changed differently is a conflict.
//!
//! Nothing is written when there is a conflict. Content is not merged here: that of tables, VSchemas and rows has better
//! rules than lines. Committed rows of a shard are one path.

use std::collections::BTreeMap;

use super::tree::{Entry, MODE_TREE, join};
use super::{CommitId, Error, ROWS, Store, TreeId};

/// How combining trees ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeMerge {
    /// The combined root tree.
    Clean(TreeId),
    /// Paths that both sides changed differently, sorted. Rows are named `rows/<keyspace>/<table>/<shard>`.
    Conflicts(Vec<String>),
}

impl Store {
    /// Returns the tree of `onto` with the change of `commit` taken back. Of a merge, `mainline` names the parent (from 1)
    /// against which the change is meant.
    ///
    /// # Errors
    /// [`Error::NoSuchParent`] for a merge without `mainline` or a parent that is not there.
    pub fn revert_tree(
        &self,
        commit: CommitId,
        onto: TreeId,
        mainline: Option<usize>,
    ) -> Result<TreeMerge, Error> {
        let reverted = self.commit(commit)?;
        let parent = match (mainline, reverted.parents.as_slice()) {
            (None, []) => None,
            (None, [parent]) => Some(*parent),
            (Some(number), parents)
                if number > 0 && number <= parents.len() && parents.len() > 1 =>
            {
                Some(parents[number - 1])
            }
            (_, parents) => {
                return Err(Error::NoSuchParent {
                    commit,
                    parents: parents.len(),
                });
            }
        };
        let theirs = match parent {
            Some(parent) => self.tree_of(parent)?,
            None => TreeId::EMPTY,
        };
        self.merge_trees(reverted.tree, onto, theirs)
    }

    /// Combines the changes from `base` to `ours` and from `base` to `theirs`.
    ///
    /// # Errors
    /// When a tree is damaged or cannot be written.
    pub fn merge_trees(
        &self,
        base: TreeId,
        ours: TreeId,
        theirs: TreeId,
    ) -> Result<TreeMerge, Error> {
        let mut merge = Merge {
            store: self,
            conflicts: Vec::new(),
            written: Vec::new(),
        };
        let entries = merge.folder("", [Some(base), Some(ours), Some(theirs)])?;
        let Merge {
            mut conflicts,
            written,
            ..
        } = merge;
        if !conflicts.is_empty() {
            conflicts.sort();
            return Ok(TreeMerge::Conflicts(conflicts));
        }
        for entries in written {
            self.write_tree(entries)?;
        }
        match self.write_tree(entries)? {
            Some(id) => Ok(TreeMerge::Clean(id)),
            None => self
                .write_object(gix::objs::Kind::Tree, &[])
                .map(|id| TreeMerge::Clean(TreeId(id))),
        }
    }
}

struct Merge<'a> {
    store: &'a Store,
    conflicts: Vec<String>,
    /// Folders to be written once there is no conflict.
    written: Vec<Vec<Entry>>,
}

/// Base, ours, theirs.
type Three<T> = [Option<T>; 3];

impl Merge<'_> {
    fn folder(&mut self, path: &str, trees: Three<TreeId>) -> Result<Vec<Entry>, Error> {
        let mut names: BTreeMap<String, Three<Entry>> = BTreeMap::new();
        for (side, tree) in trees.into_iter().enumerate() {
            for entry in tree.map_or(Ok(Vec::new()), |tree| self.store.tree(tree))? {
                let name = entry.name.clone();
                names.entry(name).or_default()[side] = Some(entry);
            }
        }
        let mut merged = Vec::new();
        for (name, sides) in names {
            merged.extend(self.entry(join(path, &name), sides)?);
        }
        Ok(merged)
    }

    fn entry(&mut self, path: String, sides: Three<Entry>) -> Result<Option<Entry>, Error> {
        let [base, ours, theirs] = &sides;
        if ours == theirs || theirs == base {
            return Ok(sides.into_iter().nth(1).flatten());
        }
        if ours == base {
            return Ok(sides.into_iter().nth(2).flatten());
        }
        let no_file = |side: &Option<Entry>| side.as_ref().is_none_or(Entry::is_tree);
        let folders = sides.iter().all(no_file) && sides.iter().flatten().count() > 1;
        if !folders || is_shard_rows(&path) {
            self.conflicts.push(path);
            return Ok(None);
        }
        let name = path
            .rsplit_once('/')
            .map_or(path.as_str(), |(_, name)| name)
            .to_owned();
        let entries = self.folder(&path, sides.map(|side| side.map(|entry| TreeId(entry.id))))?;
        if entries.is_empty() {
            return Ok(None);
        }
        let mut sorted = entries;
        sorted.sort_by(super::tree::order);
        let id = super::object::hash(gix::objs::Kind::Tree, &super::tree::encode(&sorted))?;
        self.written.push(sorted);
        Ok(Some(Entry {
            mode: MODE_TREE,
            name,
            id,
        }))
    }
}

fn is_shard_rows(path: &str) -> bool {
    path.split('/').next() == Some(ROWS) && path.split('/').count() >= 4
}
