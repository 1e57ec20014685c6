//! `rows/<keyspace>/<table>/<shard>/` in a root tree: which tables have committed rows, and putting rows there.
//!
//! Invariants: no folder below `rows/` is empty, and no rows means no `rows/`. Names that are not safe as file names are
//! percent-encoded as the catalog's files are.

use std::collections::BTreeMap;

use crate::catalog::files;

use super::object::RawId;
use super::tree::{Entry, MODE_TREE};
use super::{BlobId, CommitId, Error, ROWS, Revision, RowsChange, ShardRows, Store, TreeId};

/// Folders by name, down to a shard's rows.
type Level<T> = BTreeMap<String, T>;

impl Store {
    /// Returns the trees of committed rows of a revision; of `WORKING` those of the index.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn table_rows_trees(
        &self,
        revision: &Revision,
    ) -> Result<BTreeMap<ShardRows, TreeId>, Error> {
        match self.rows_tree(revision)? {
            Some(rows) => self.shards_below(rows),
            None => Ok(BTreeMap::new()),
        }
    }

    /// Returns the trees of one table's committed rows by shard, opening nothing of other tables.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn table_rows(
        &self,
        revision: &Revision,
        keyspace: &str,
        table: &str,
    ) -> Result<BTreeMap<String, TreeId>, Error> {
        match self.rows_tree(revision)? {
            Some(rows) => self.shards_of_table(rows, keyspace, table),
            None => Ok(BTreeMap::new()),
        }
    }

    /// As [`Store::table_rows`], of a root tree.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn table_rows_of_tree(
        &self,
        root: TreeId,
        keyspace: &str,
        table: &str,
    ) -> Result<BTreeMap<String, TreeId>, Error> {
        match self.find_entry(root, ROWS)?.filter(Entry::is_tree) {
            Some(rows) => self.shards_of_table(TreeId(rows.id), keyspace, table),
            None => Ok(BTreeMap::new()),
        }
    }

    /// Returns the id of what a commit has at a path, file or folder: equal ids mean equal content.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn content_id(&self, commit: CommitId, path: &str) -> Result<Option<BlobId>, Error> {
        let entry = self.find_entry(self.tree_of(commit)?, path)?;
        Ok(entry.map(|entry| BlobId(entry.id)))
    }

    fn shards_of_table(
        &self,
        rows: TreeId,
        keyspace: &str,
        table: &str,
    ) -> Result<BTreeMap<String, TreeId>, Error> {
        let any = ShardRows {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
            shard: "0".to_owned(),
        };
        let [keyspace, table, _] = encode_place(&any)?;
        let Some(folder) = self
            .find_entry(rows, &format!("{keyspace}/{table}"))?
            .filter(Entry::is_tree)
        else {
            return Ok(BTreeMap::new());
        };
        let shards = self.tree(TreeId(folder.id))?.into_iter();
        shards
            .filter(Entry::is_tree)
            .map(|shard| {
                let place = place(&keyspace, &table, &shard.name)?;
                Ok((place.shard, TreeId(shard.id)))
            })
            .collect()
    }

    /// Returns the `rows` tree of a revision.
    pub(super) fn rows_tree(&self, revision: &Revision) -> Result<Option<TreeId>, Error> {
        match revision {
            Revision::Commit(id) => {
                let entry = self
                    .tree(self.tree_of(*id)?)?
                    .into_iter()
                    .find(|entry| entry.name == ROWS);
                Ok(entry.filter(Entry::is_tree).map(|entry| TreeId(entry.id)))
            }
            Revision::Staged | Revision::Working => self.staged_rows(&*self.index()?),
        }
    }

    /// Returns the tree of one shard's rows below a `rows` tree.
    pub(super) fn shard_tree(
        &self,
        rows: TreeId,
        place: &ShardRows,
    ) -> Result<Option<TreeId>, Error> {
        let entry = self.find_entry(rows, &encode_place(place)?.join("/"))?;
        Ok(entry.filter(Entry::is_tree).map(|entry| TreeId(entry.id)))
    }

    /// Returns a root tree like `base` but with the rows of these places replaced (`None`: removed).
    ///
    /// # Errors
    /// When a tree is damaged or cannot be written.
    pub fn set_rows(
        &self,
        base: TreeId,
        changes: &[(ShardRows, Option<TreeId>)],
    ) -> Result<TreeId, Error> {
        let mut root = self.tree(base)?;
        let old = root
            .iter()
            .find(|entry| entry.name == ROWS && entry.is_tree())
            .map(|entry| TreeId(entry.id));
        let new = self.edit_rows(old, changes)?;
        root.retain(|entry| entry.name != ROWS);
        root.extend(new.map(|id| folder(ROWS, id.0)));
        match self.write_tree(root)? {
            Some(id) => Ok(id),
            None => self.write_object(gix::objs::Kind::Tree, &[]).map(TreeId),
        }
    }

    /// Returns the `rows` tree after changes, opening only the folders that change.
    pub(super) fn edit_rows(
        &self,
        rows: Option<TreeId>,
        changes: &[(ShardRows, Option<TreeId>)],
    ) -> Result<Option<TreeId>, Error> {
        let mut edits: Level<Level<Level<Option<TreeId>>>> = BTreeMap::new();
        for (place, tree) in changes {
            let [keyspace, table, shard] = encode_place(place)?;
            edits
                .entry(keyspace)
                .or_default()
                .entry(table)
                .or_default()
                .insert(shard, *tree);
        }
        self.edit_level(rows, edits, |store, keyspace, tables| {
            store.edit_level(keyspace, tables, |store, table, shards| {
                store.edit_level(table, shards, |_, _, new| Ok(new))
            })
        })
    }

    fn edit_level<T>(
        &self,
        tree: Option<TreeId>,
        edits: Level<T>,
        mut edit: impl FnMut(&Self, Option<TreeId>, T) -> Result<Option<TreeId>, Error>,
    ) -> Result<Option<TreeId>, Error> {
        let mut entries = match tree {
            Some(tree) => self.tree(tree)?,
            None => Vec::new(),
        };
        for (name, change) in edits {
            let old = entries
                .iter()
                .find(|entry| entry.name == name && entry.is_tree())
                .map(|e| TreeId(e.id));
            let new = edit(self, old, change)?;
            entries.retain(|entry| entry.name != name);
            entries.extend(new.map(|id| folder(&name, id.0)));
        }
        self.write_tree(entries)
    }

    fn shards_below(&self, rows: TreeId) -> Result<BTreeMap<ShardRows, TreeId>, Error> {
        let mut found = BTreeMap::new();
        for keyspace in self.tree(rows)?.into_iter().filter(Entry::is_tree) {
            for table in self
                .tree(TreeId(keyspace.id))?
                .into_iter()
                .filter(Entry::is_tree)
            {
                for shard in self
                    .tree(TreeId(table.id))?
                    .into_iter()
                    .filter(Entry::is_tree)
                {
                    found.insert(
                        place(&keyspace.name, &table.name, &shard.name)?,
                        TreeId(shard.id),
                    );
                }
            }
        }
        Ok(found)
    }

    /// Adds what differs between two `rows` trees, opening only folders that differ, down to the shards.
    pub(super) fn compare_rows(
        &self,
        from: TreeId,
        to: TreeId,
        changes: &mut Vec<RowsChange>,
    ) -> Result<(), Error> {
        for (keyspace, from, to) in self.differing_folders(from, to)? {
            for (table, from, to) in self.differing_folders(from, to)? {
                for (shard, from, to) in self.differing_folders(from, to)? {
                    let present = |id: TreeId| Some(id).filter(|id| *id != TreeId::EMPTY);
                    changes.push(RowsChange {
                        place: place(&keyspace, &table, &shard)?,
                        from: present(from),
                        to: present(to),
                    });
                }
            }
        }
        Ok(())
    }

    /// Returns the folders that differ between two trees; an absent one is the empty tree.
    fn differing_folders(
        &self,
        from: TreeId,
        to: TreeId,
    ) -> Result<Vec<(String, TreeId, TreeId)>, Error> {
        let mut folders: Level<(TreeId, TreeId)> = BTreeMap::new();
        for entry in self.tree(from)?.into_iter().filter(Entry::is_tree) {
            folders.insert(entry.name, (TreeId(entry.id), TreeId::EMPTY));
        }
        for entry in self.tree(to)?.into_iter().filter(Entry::is_tree) {
            folders
                .entry(entry.name)
                .or_insert((TreeId::EMPTY, TreeId::EMPTY))
                .1 = TreeId(entry.id);
        }
        let differing = folders.into_iter().filter(|(_, (from, to))| from != to);
        Ok(differing
            .map(|(name, (from, to))| (name, from, to))
            .collect())
    }
}

fn folder(name: &str, id: RawId) -> Entry {
    Entry {
        mode: MODE_TREE,
        name: name.to_owned(),
        id,
    }
}

/// Decodes folder names. One that is not spelt as it would be written is refused, since two could mean one place.
fn place(keyspace: &str, table: &str, shard: &str) -> Result<ShardRows, Error> {
    let path = format!("rows/{keyspace}/{table}/{shard}");
    let refuse = |reason: String| Error::UnsafePath {
        path: path.escape_debug().to_string(),
        reason,
    };
    let decode = |name: &str| files::decode(name, &path).map_err(|error| refuse(error.to_string()));
    let place = ShardRows {
        keyspace: decode(keyspace)?,
        table: decode(table)?,
        shard: decode(shard)?,
    };
    if encode_place(&place)? != [keyspace, table, shard] {
        return Err(refuse(
            "a name in it is not spelt as it should be".to_owned(),
        ));
    }
    Ok(place)
}

/// Encodes the three names of a place as folder names.
fn encode_place(place: &ShardRows) -> Result<[String; 3], Error> {
    let encode = |name: &str, folder: &str| {
        files::encode(name, folder).map_err(|error| Error::UnsafePath {
            path: error.path().escape_debug().to_string(),
            reason: error.to_string(),
        })
    };
    let keyspace = encode(&place.keyspace, "rows/")?;
    let table = encode(&place.table, &format!("rows/{keyspace}/"))?;
    let shard = encode(&place.shard, &format!("rows/{keyspace}/{table}/"))?;
    Ok([keyspace, table, shard])
}
