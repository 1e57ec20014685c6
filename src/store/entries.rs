//! The index's merged entries: as the file has them, and what has changed since.
//!
//! Of ten thousand entries a command changes few and asks for few, so those of the file stay the bytes that were read: a
//! saved index is these bytes again, with what changed in its place.
//!
//! Invariants: both parts are by *key*, which is the path, with a `/` at its end for a sparse directory, so that the order
//! of keys is git's (gitformat-index, "Index entry"); no path has two keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::IndexEntry;
use super::index_file::{Found, decode_entry, key_in};
use super::tree::MODE_TREE;

/// Merged entries by path.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    kept: Arc<Kept>,
    /// By key; `None` where the kept entry is no longer one.
    changed: BTreeMap<String, Option<IndexEntry>>,
}

/// Entries as the file has them, in order, one right after the other.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    /// Where each begins, and where the last one ends.
    starts: Vec<u32>,
}

/// A part of a file of entries.
pub(super) enum Piece<'e> {
    /// Entries as the file has them.
    Kept(Stretch<'e>),
    /// Another one: its key and its stage.
    Changed(&'e str, u8, &'e IndexEntry),
}

/// Kept entries in a row.
pub(super) struct Stretch<'e> {
    kept: &'e Kept,
    from: usize,
    to: usize,
}

impl<'e> Stretch<'e> {
    pub(super) fn bytes(&self) -> &'e [u8] {
        self.kept.bytes(self.from, self.to)
    }

    /// Returns the bytes of each entry.
    pub(super) fn each(&self) -> impl Iterator<Item = &'e [u8]> {
        let kept = self.kept;
        (self.from..self.to).map(|at| kept.bytes(at, at + 1))
    }
}

impl Kept {
    /// Entries whose bytes have been looked through: each begins where one of `starts` says and ends where the next one
    /// does, and their keys are in order.
    pub(super) fn new(bytes: Vec<u8>, starts: Vec<u32>) -> Self {
        Self { bytes, starts }
    }

    /// Cuts entries out of bytes: where each begins and ends.
    pub(super) fn cut(bytes: &[u8], places: &[(u32, u32)]) -> Self {
        let mut kept = Self::default();
        for (from, to) in places {
            kept.starts.push(kept.bytes.len() as u32);
            kept.bytes
                .extend_from_slice(&bytes[*from as usize..*to as usize]);
        }
        kept.starts.push(kept.bytes.len() as u32);
        kept
    }

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn bytes(&self, from: usize, to: usize) -> &[u8] {
        match from < to {
            true => &self.bytes[self.starts[from] as usize..self.starts[to] as usize],
            false => &[],
        }
    }

    fn found(&self, at: usize) -> Found<'_> {
        decode_entry(self.bytes(at, at + 1)).expect("it was decoded when it was read")
    }

    /// Returns where a key is, or would be.
    fn search(&self, key: &str) -> Result<usize, usize> {
        let starts = &self.starts[..self.len()];
        starts.binary_search_by(|start| key_in(&self.bytes[*start as usize..]).cmp(key.as_bytes()))
    }
}

/// Returns the path of a key.
pub(super) fn path_of(key: &str) -> &str {
    key.strip_suffix('/').unwrap_or(key)
}

fn key_of(path: &str, is_folder: bool) -> String {
    format!("{path}{}", if is_folder { "/" } else { "" })
}

impl From<Kept> for Entries {
    fn from(kept: Kept) -> Self {
        Self {
            kept: Arc::new(kept),
            changed: BTreeMap::new(),
        }
    }
}

impl Entries {
    /// Returns the entry at a path.
    pub(super) fn get(&self, path: &str) -> Option<IndexEntry> {
        self.at_key(path)
            .or_else(|| self.at_key(&key_of(path, true)))
    }

    fn at_key(&self, key: &str) -> Option<IndexEntry> {
        match self.changed.get(key) {
            Some(changed) => *changed,
            None => self
                .kept
                .search(key)
                .ok()
                .map(|at| self.kept.found(at).entry),
        }
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// Puts an entry at a path, in place of the one there.
    pub(super) fn insert(&mut self, path: &str, entry: IndexEntry) {
        let is_folder = entry.mode == MODE_TREE;
        self.remove_key(key_of(path, !is_folder));
        self.changed.insert(key_of(path, is_folder), Some(entry));
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.remove_key(key_of(path, false));
        self.remove_key(key_of(path, true));
    }

    fn remove_key(&mut self, key: String) {
        match self.kept.search(&key) {
            Ok(_) => _ = self.changed.insert(key, None),
            Err(_) => _ = self.changed.remove(&key),
        }
    }

    /// Changes the entries that are not as the file has them.
    pub(super) fn for_each_changed(&mut self, mut change: impl FnMut(&mut IndexEntry)) {
        self.changed.values_mut().flatten().for_each(&mut change);
    }

    /// Returns all entries with their paths, in git's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, IndexEntry)> {
        self.starting_at("")
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(path, _)| path)
    }

    /// Returns the entries below a folder with their paths, in git's order.
    pub(super) fn below<'e>(
        &'e self,
        folder: &str,
    ) -> impl Iterator<Item = (&'e str, IndexEntry)> + use<'e> {
        let prefix = key_of(folder, true);
        // A sparse directory's own path does not begin with its key.
        let from = self.starting_at(&prefix);
        let is_itself = prefix.len() - 1;
        from.skip_while(move |(path, _)| path.len() == is_itself)
            .take_while(move |(path, _)| path.starts_with(&prefix))
    }

    /// Returns the entries from a key on.
    fn starting_at<'e>(
        &'e self,
        first: &str,
    ) -> impl Iterator<Item = (&'e str, IndexEntry)> + use<'e> {
        let (Ok(mut position) | Err(mut position)) = self.kept.search(first);
        let changed = self.changed.range(first.to_owned()..);
        // What is kept is told up to each change, and after the last one.
        changed.map(Some).chain([None]).flat_map(move |change| {
            let (end, next) = match change {
                Some((key, _)) => self.place(key),
                None => (self.kept.len(), self.kept.len()),
            };
            let kept = (position..end).map(|at| {
                let found = self.kept.found(at);
                (path_of(found.key), found.entry)
            });
            position = next;
            let changed = change.and_then(|(key, entry)| Some((path_of(key), (*entry)?)));
            kept.chain(changed)
        })
    }

    /// Returns where what is kept ends before a key, and where it goes on after it.
    fn place(&self, key: &str) -> (usize, usize) {
        match self.kept.search(key) {
            Ok(at) => (at, at + 1),
            Err(at) => (at, at),
        }
    }

    /// Returns what a file of these entries consists of, in git's order: `unmerged` ones too, by key and stage, but not the
    /// merged ones that `hidden` names by path.
    pub(super) fn pieces<'e>(
        &'e self,
        unmerged: impl Iterator<Item = (&'e str, u8, &'e IndexEntry)>,
        hidden: impl Iterator<Item = &'e str>,
    ) -> Vec<Piece<'e>> {
        let mut breaks: BTreeMap<(&str, u8), Option<&IndexEntry>> = BTreeMap::new();
        let changed = self.changed.iter();
        breaks.extend(changed.map(|(key, entry)| ((key.as_str(), 0), entry.as_ref())));
        breaks.extend(hidden.map(|path| ((path, 0), None)));
        breaks.extend(unmerged.map(|(key, stage, entry)| ((key, stage), Some(entry))));
        let mut pieces = Vec::with_capacity(2 * breaks.len() + 1);
        let kept = &*self.kept;
        let stretch = |from, to| Piece::Kept(Stretch { kept, from, to });
        let mut position = 0;
        for ((key, stage), entry) in breaks {
            let (end, next) = self.place(key);
            pieces.push(stretch(position, end));
            pieces.extend(entry.map(|entry| Piece::Changed(key, stage, entry)));
            position = if stage == 0 { next } else { position.max(end) };
        }
        pieces.push(stretch(position, kept.len()));
        pieces
    }
}

impl FromIterator<(String, IndexEntry)> for Entries {
    /// Takes entries with their paths.
    fn from_iter<I: IntoIterator<Item = (String, IndexEntry)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (path, entry) in entries {
            all.insert(&path, entry);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::index::Index;
    use crate::store::index_file;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(String, bool),
        Remove(String),
        Save,
    }

    fn step() -> impl Strategy<Value = Step> {
        let path = "[ab]{1,2}(-?)(/[ab]{1,2}){0,1}";
        prop_oneof![
            4 => (path, any::<bool>()).prop_map(|(path, folder)| Step::Insert(path, folder)),
            2 => path.prop_map(Step::Remove),
            1 => Just(Step::Save),
        ]
    }

    proptest! {
        /// Whatever is changed and saved in between, the entries are those of a map.
        #[test]
        fn they_are_a_map_in_gits_order(steps in prop::collection::vec(step(), 0..40), asked in "[ab]{1,2}-?") {
            let mut index = Index::default();
            let mut map: BTreeMap<String, IndexEntry> = BTreeMap::new();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert(path, folder) => {
                        let mode = if folder { MODE_TREE } else { 0o100_644 };
                        let entry = IndexEntry::unchecked(mode, [number as u8; 20]);
                        index.entries.insert(&path, entry);
                        map.insert(path, entry);
                    }
                    Step::Remove(path) => {
                        index.entries.remove(&path);
                        map.remove(&path);
                    }
                    Step::Save => {
                        let mut bytes = Vec::new();
                        index_file::write(&index, &mut bytes).unwrap();
                        index = index_file::tests::read_bytes(bytes);
                        prop_assert!(index.entries.changed.is_empty());
                    }
                }
            }
            let mut keys: Vec<String> = map.iter().map(|(path, entry)| key_of(path, entry.mode == MODE_TREE)).collect();
            keys.sort();
            let told: Vec<(&str, IndexEntry)> = index.entries.iter().collect();
            let expected: Vec<(&str, IndexEntry)> = keys.iter().map(|key| (path_of(key), map[path_of(key)])).collect();
            prop_assert_eq!(&told, &expected);
            prop_assert_eq!(index.entries.get(&asked), map.get(&asked).copied());
            let below: Vec<&str> = index.entries.below(&asked).map(|(path, _)| path).collect();
            let prefix = format!("{asked}/");
            let expected: Vec<&str> = expected.iter().map(|(path, _)| *path).filter(|path| path.starts_with(&prefix)).collect();
            prop_assert_eq!(below, expected);
        }
    }
}
