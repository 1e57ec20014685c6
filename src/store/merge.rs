//! Three trees into one, path by path: what one side changed is taken, what both changed differently is a conflict.
//!
//! Only plain files are merged by their lines here: tables, VSchemas and rows have better rules. Committed rows of a
//! shard are one path. [`Store::merge_trees`] writes nothing when there is a conflict.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use gix::merge::plumbing::blob::builtin_driver::text;

use super::tree::{
    Entry, MODE_EXECUTABLE, MODE_FILE, MODE_TREE, RawEntries, RawEntry, decode, encode, join, order,
};
use super::{BlobId, CommitId, Error, ROWS, Store, TreeId};

/// How combining trees ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeMerge {
    /// The combined root tree.
    Clean(TreeId),
    /// Paths that both sides changed differently, sorted. Rows are named `rows/<keyspace>/<table>/<shard>`.
    Conflicts(Vec<String>),
}

/// How both sides changed one plain file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileClash {
    /// Both changed it; its lines that clash are between markers, or it is ours where it has no lines.
    Changed,
    /// Both added it.
    Added,
    /// We removed it, they changed it; theirs is kept.
    RemovedByUs,
    /// They removed it, we changed it; ours is kept.
    RemovedByThem,
}

/// What merging path by path gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathMerge {
    /// The combined root tree, clashing files included.
    pub tree: TreeId,
    /// Plain files that clash, sorted by path.
    pub clashes: Vec<(String, FileClash)>,
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
        let mut conflicts = Vec::new();
        let mut merge = Merge {
            store: self,
            clash: &mut |path, _| {
                conflicts.push(path.to_owned());
                Ok(None)
            },
            written: Vec::new(),
        };
        let root = merge.folder("", [Some(base), Some(ours), Some(theirs)])?;
        let written = merge.written;
        if !conflicts.is_empty() {
            conflicts.sort();
            return Ok(TreeMerge::Conflicts(conflicts));
        }
        self.write_merged(written, &root).map(TreeMerge::Clean)
    }

    /// As [`Store::merge_trees`], but to an end: plain files that both sides changed are merged by lines, with conflict
    /// markers where lines clash. Paths for which `ours_stays` holds, and committed rows, are left as ours has them: the
    /// caller knows better rules and puts them in place afterwards.
    ///
    /// # Errors
    /// When a tree is damaged or cannot be written.
    pub fn merge_paths(
        &self,
        [base, ours, theirs]: [TreeId; 3],
        labels: [&str; 2],
        ours_stays: &dyn Fn(&str) -> bool,
    ) -> Result<PathMerge, Error> {
        let mut clashes = Vec::new();
        let mut merge = Merge {
            store: self,
            clash: &mut |path, sides| {
                if ours_stays(path) || is_shard_rows(path) {
                    return Ok(sides[1].clone());
                }
                let (entry, clash) = self.merge_file(path, sides, labels)?;
                clashes.extend(clash.map(|clash| (path.to_owned(), clash)));
                Ok(entry)
            },
            written: Vec::new(),
        };
        let root = merge.folder("", [Some(base), Some(ours), Some(theirs)])?;
        let written = merge.written;
        let tree = self.write_merged(written, &root)?;
        clashes.sort();
        Ok(PathMerge { tree, clashes })
    }

    fn write_merged(
        &self,
        written: Vec<(TreeId, Arc<Vec<u8>>)>,
        root: &[u8],
    ) -> Result<TreeId, Error> {
        for (id, bytes) in written {
            self.write_hashed_tree(id, &bytes)?;
        }
        self.write_object(gix::objs::Kind::Tree, root).map(TreeId)
    }

    /// Merges one plain file by lines, as git does.
    fn merge_file(
        &self,
        path: &str,
        sides: &Three<Entry>,
        [ours_label, theirs_label]: [&str; 2],
    ) -> Result<(Option<Entry>, Option<FileClash>), Error> {
        let (ours, theirs) = match sides {
            [_, Some(ours), Some(theirs)] => (ours, theirs),
            [_, None, Some(theirs)] => {
                return Ok((Some(theirs.clone()), Some(FileClash::RemovedByUs)));
            }
            [_, ours, None] => return Ok((ours.clone(), Some(FileClash::RemovedByThem))),
        };
        let is_text = |entry: &Entry| matches!(entry.mode, MODE_FILE | MODE_EXECUTABLE);
        let base = sides[0].as_ref().filter(|entry| is_text(entry));
        let clash = match sides[0] {
            Some(_) => FileClash::Changed,
            None => FileClash::Added,
        };
        if !is_text(ours) || !is_text(theirs) {
            return Ok((Some(ours.clone()), Some(clash)));
        }
        let read = |entry: &Entry| self.read(BlobId(entry.id));
        let before = base.map_or(Ok(Vec::new()), read)?;
        let (our, their) = (read(ours)?, read(theirs)?);
        let mode = match base {
            Some(base) if base.mode == ours.mode => theirs.mode,
            _ => ours.mode,
        };
        if [&before, &our, &their]
            .iter()
            .any(|bytes| bytes[..bytes.len().min(8000)].contains(&0))
        {
            return Ok((Some(ours.clone()), Some(clash)));
        }
        let mut merged = Vec::new();
        let labels = text::Labels {
            ancestor: Some("base".into()),
            current: Some(ours_label.into()),
            other: Some(theirs_label.into()),
        };
        let resolution = text(
            &mut merged,
            &mut gix::diff::blob::InternedInput::default(),
            labels,
            &our,
            &before,
            &their,
            text::Options::default(),
        );
        let id = self.write_blob(&merged)?.0;
        let entry = Entry {
            mode,
            name: ours.name.clone(),
            id,
        };
        let clean = resolution == gix::merge::plumbing::blob::Resolution::Complete;
        debug_assert!(!path.is_empty(), "a file has a path");
        Ok((Some(entry), (!clean).then_some(clash)))
    }

    /// Returns a root tree like `base` but with these files (`None`: removed), opening each folder once. A file keeps the
    /// mode it had.
    ///
    /// # Errors
    /// When a path is unsafe or a tree is damaged.
    pub fn set_files(
        &self,
        base: TreeId,
        files: &BTreeMap<String, Option<BlobId>>,
    ) -> Result<TreeId, Error> {
        let mut edits = Vec::with_capacity(files.len());
        for (path, file) in files {
            super::tree::check_path(path)?;
            edits.push((path.as_str(), *file));
        }
        match self.edit_folder(Some(base), &edits)? {
            Some(id) => Ok(id),
            None => self.write_object(gix::objs::Kind::Tree, &[]).map(TreeId),
        }
    }

    /// Edits one folder: `edits` are sorted by path below it.
    fn edit_folder(
        &self,
        tree: Option<TreeId>,
        edits: &[(&str, Option<BlobId>)],
    ) -> Result<Option<TreeId>, Error> {
        let old = tree.map_or(Ok(Vec::new()), |tree| self.tree(tree))?;
        let mut entries: BTreeMap<String, Entry> = old
            .into_iter()
            .map(|entry| (entry.name.clone(), entry))
            .collect();
        let mut below: BTreeMap<&str, Vec<(&str, Option<BlobId>)>> = BTreeMap::new();
        for (path, file) in edits {
            match path.split_once('/') {
                Some((folder, rest)) => below.entry(folder).or_default().push((rest, *file)),
                None => {
                    let mode = entries.remove(*path).filter(|old| !old.is_tree());
                    if let Some(id) = file {
                        let entry = Entry {
                            mode: mode.map_or(MODE_FILE, |old| old.mode),
                            name: (*path).to_owned(),
                            id: id.0,
                        };
                        entries.insert((*path).to_owned(), entry);
                    }
                }
            }
        }
        for (name, edits) in below {
            let old = entries.remove(name).filter(Entry::is_tree);
            let id = self.edit_folder(old.map(|old| TreeId(old.id)), &edits)?;
            if let Some(TreeId(id)) = id {
                let entry = Entry {
                    mode: MODE_TREE,
                    name: name.to_owned(),
                    id,
                };
                entries.insert(name.to_owned(), entry);
            }
        }
        self.write_tree(entries.into_values().collect())
    }
}

/// Decides what stands at a path that both sides changed differently.
type Clash<'a> = dyn FnMut(&str, &Three<Entry>) -> Result<Option<Entry>, Error> + 'a;

struct Merge<'a> {
    store: &'a Store,
    clash: &'a mut Clash<'a>,
    /// Folders to be written once the merge is known to be wanted.
    written: Vec<(TreeId, Arc<Vec<u8>>)>,
}

/// Base, ours, theirs.
type Three<T> = [Option<T>; 3];

impl Merge<'_> {
    /// Merges a folder into the bytes of a tree. What all sides have under one name in one kind is met side by side, and
    /// where it is equal nothing of it is opened; other names are put together by themselves.
    fn folder(&mut self, path: &str, trees: Three<TreeId>) -> Result<Vec<u8>, Error> {
        let read = |tree: Option<TreeId>| tree.map(|tree| self.store.tree_bytes(tree)).transpose();
        let [base, ours, theirs] = trees;
        let bytes = [read(base)?, read(ours)?, read(theirs)?];
        let mut sides: [RawEntries<'_>; 3] = std::array::from_fn(|side| {
            let data = bytes[side].as_ref().map_or(&[][..], |bytes| bytes);
            RawEntries::new(trees[side].unwrap_or(TreeId::EMPTY), data)
        });
        let mut heads: Three<RawEntry<'_>> = [None; 3];
        let mut merged = Vec::with_capacity(bytes[1].as_ref().map_or(0, |bytes| bytes.len() + 64));
        let mut uneven: BTreeMap<&[u8], Three<RawEntry<'_>>> = BTreeMap::new();
        loop {
            if heads.iter().all(Option::is_none) {
                merged.extend_from_slice(RawEntries::skip_equal(&mut sides.each_mut()));
            }
            for (head, side) in heads.iter_mut().zip(&mut sides) {
                if head.is_none() {
                    *head = side.next()?;
                }
            }
            let Some(first) = heads.into_iter().flatten().min_by(RawEntry::order) else {
                break;
            };
            let mut here: Three<RawEntry<'_>> = [None; 3];
            for (found, head) in here.iter_mut().zip(&mut heads) {
                if head.is_some_and(|head| head.order(&first) == Ordering::Equal) {
                    *found = head.take();
                }
            }
            if here.iter().all(Option::is_some) {
                let entry = self.raw_entry(path, here)?;
                merged.extend(encode(entry.as_slice()));
                continue;
            }
            let known = uneven.entry(first.name).or_default();
            for (known, found) in known.iter_mut().zip(here) {
                if known.is_some() && found.is_some() {
                    return Err(two_of_one_name(path, first.name));
                }
                *known = known.or(found);
            }
        }
        if uneven.is_empty() {
            return Ok(merged);
        }
        let mut entries = decode(&TreeId::EMPTY, &merged)?;
        if let Some(twice) = entries
            .iter()
            .find(|entry| uneven.contains_key(entry.name.as_bytes()))
        {
            return Err(two_of_one_name(path, twice.name.as_bytes()));
        }
        for here in uneven.into_values() {
            entries.extend(self.raw_entry(path, here)?);
        }
        entries.sort_by(order);
        Ok(encode(&entries))
    }

    fn raw_entry(
        &mut self,
        path: &str,
        sides: Three<RawEntry<'_>>,
    ) -> Result<Option<Entry>, Error> {
        let checked = |side: Option<RawEntry<'_>>| side.map(|side| side.checked()).transpose();
        let [base, ours, theirs] = sides;
        let sides = [checked(base)?, checked(ours)?, checked(theirs)?];
        let name = sides.iter().flatten().next().map(|entry| &entry.name);
        let path = join(path, name.map_or("", String::as_str));
        self.entry(path, sides)
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
            return (self.clash)(&path, &sides);
        }
        let name = path
            .rsplit_once('/')
            .map_or(path.as_str(), |(_, name)| name)
            .to_owned();
        let bytes = self.folder(&path, sides.map(|side| side.map(|entry| TreeId(entry.id))))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let id = super::object::hash(gix::objs::Kind::Tree, &bytes)?;
        self.written.push((TreeId(id), Arc::new(bytes)));
        Ok(Some(Entry {
            mode: MODE_TREE,
            name,
            id,
        }))
    }
}

fn two_of_one_name(folder: &str, name: &[u8]) -> Error {
    Error::DamagedObject {
        id: join(folder, &String::from_utf8_lossy(name)),
        reason: "two of its folder's entries have one name".to_owned(),
    }
}

fn is_shard_rows(path: &str) -> bool {
    path.split('/').next() == Some(ROWS) && path.split('/').count() >= 4
}
