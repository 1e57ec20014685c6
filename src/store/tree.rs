//! Trees: folders as git stores them, read with every name checked, written from the leaves up.
//!
//! Entries are sorted as git sorts them (a folder as if its name ended in `/`). A tree read from the repository is
//! checked before use: a name that would leave its folder or hide as `.git` is refused (gitformat-tree; git's fsck
//! messages `hasDot`, `hasDotdot`, `hasDotgit`, `treeNotSorted`, `duplicateEntries`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::object::{RawId, hex};
use super::{BlobId, Error, ROWS, Store, TreeId};

/// Folders may nest this deep.
const DEPTH_LIMIT: usize = 64;

pub(super) const MODE_TREE: u32 = 0o040_000;
pub(super) const MODE_FILE: u32 = 0o100_644;
pub(super) const MODE_EXECUTABLE: u32 = 0o100_755;
pub(super) const MODE_LINK: u32 = 0o120_000;
pub(super) const MODE_SUBMODULE: u32 = 0o160_000;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: u32,
    pub(super) name: String,
    pub(super) id: RawId,
}

impl Entry {
    pub(super) fn is_tree(&self) -> bool {
        self.mode == MODE_TREE
    }
}

/// An entry as it stands in the bytes of a tree: its name is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawEntry<'a> {
    pub(super) mode: u32,
    pub(super) name: &'a [u8],
    pub(super) id: &'a RawId,
}

impl RawEntry<'_> {
    /// Checks the name and takes the entry out of the tree's bytes.
    pub(super) fn checked(&self) -> Result<Entry, Error> {
        Ok(Entry {
            mode: self.mode,
            name: component(self.name)?,
            id: *self.id,
        })
    }

    /// Git's order of entries in a tree.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let is_tree = |entry: &Self| entry.mode == MODE_TREE;
        order_of(self.name, is_tree(self), other.name, is_tree(other))
    }
}

/// Reads the entries of a tree one by one; that they are in order is checked.
pub(super) struct RawEntries<'a> {
    id: TreeId,
    data: &'a [u8],
    last: Option<RawEntry<'a>>,
}

impl<'a> RawEntries<'a> {
    pub(super) fn new(id: TreeId, data: &'a [u8]) -> Self {
        Self {
            id,
            data,
            last: None,
        }
    }

    /// Returns the next entry; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<RawEntry<'a>>, Error> {
        let Some(entry) = self.next_in_any_order()? else {
            return Ok(None);
        };
        if self
            .last
            .is_some_and(|last| last.order(&entry) != Ordering::Less)
        {
            return Err(self.damaged("its entries are not in order"));
        }
        self.last = Some(entry);
        Ok(Some(entry))
    }

    /// Returns the next entry, whatever was before it.
    fn next_in_any_order(&mut self) -> Result<Option<RawEntry<'a>>, Error> {
        if self.data.is_empty() {
            return Ok(None);
        }
        let (mode, rest) = split_at_byte(self.data, b' ')
            .ok_or_else(|| self.damaged("a tree entry has no mode"))?;
        let (name, rest) =
            split_at_byte(rest, 0).ok_or_else(|| self.damaged("a tree entry has no name"))?;
        let (id, rest) = rest
            .split_first_chunk::<20>()
            .ok_or_else(|| self.damaged("a tree entry has no id"))?;
        let mode = match mode {
            b"100644" => Some(MODE_FILE),
            b"40000" => Some(MODE_TREE),
            mode => read_mode(mode),
        };
        let mode = mode.ok_or_else(|| self.damaged("a tree entry has an unknown mode"))?;
        self.data = rest;
        Ok(Some(RawEntry { mode, name, id }))
    }

    /// Passes over the entries that come next on all sides and are the same on all of them, and returns their bytes. Their
    /// names are not looked at: what is equal is not used.
    pub(super) fn skip_equal(sides: &mut [&mut Self]) -> &'a [u8] {
        let Some((first, others)) = sides.split_first_mut() else {
            return &[];
        };
        let data = first.data;
        let common = others
            .iter()
            .map(|other| common_prefix(data, other.data))
            .min()
            .unwrap_or(data.len());
        let mut end = 0;
        let mut last = None;
        let mut walk = RawEntries { data, ..**first };
        while let Ok(Some(entry)) = walk.next_in_any_order() {
            let after = data.len() - walk.data.len();
            if after > common {
                break;
            }
            (end, last) = (after, Some(entry));
        }
        for side in sides {
            side.data = &side.data[end..];
            side.last = last.or(side.last);
        }
        &data[..end]
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::DamagedObject {
            id: hex(&self.id.0),
            reason: reason.to_owned(),
        }
    }
}

/// Returns how many bytes two texts begin with alike.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 256;
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    let equal = STEP * steps.take_while(|(a, b)| a == b).count();
    let bytes = a[equal..].iter().zip(&b[equal..]);
    equal + bytes.take_while(|(a, b)| a == b).count()
}

fn read_mode(digits: &[u8]) -> Option<u32> {
    let mode = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
    known_mode(mode)
}

fn split_at_byte(data: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|other| *other == byte)?;
    Some((&data[..at], &data[at + 1..]))
}

impl Store {
    /// Returns all files under `prefix`, and `rows` as one entry unless `prefix` is in it.
    pub(super) fn tree_files(
        &self,
        root: TreeId,
        prefix: &str,
    ) -> Result<BTreeMap<String, (u32, RawId)>, Error> {
        let mut found = BTreeMap::new();
        if prefix.is_empty() {
            self.collect_files(root, "", 0, &mut found)?;
        } else {
            match self.find_entry(root, prefix)? {
                Some(entry) if entry.is_tree() => {
                    self.collect_files(TreeId(entry.id), prefix, 1, &mut found)?
                }
                Some(entry) => _ = found.insert(prefix.to_owned(), (entry.mode, entry.id)),
                None => {}
            }
        }
        Ok(found)
    }

    fn collect_files(
        &self,
        tree: TreeId,
        parent: &str,
        depth: usize,
        found: &mut BTreeMap<String, (u32, RawId)>,
    ) -> Result<(), Error> {
        check_depth(depth, parent)?;
        for entry in self.tree(tree)? {
            let path = join(parent, &entry.name);
            if entry.is_tree() && path != ROWS {
                self.collect_files(TreeId(entry.id), &path, depth + 1, found)?;
            } else {
                found.insert(path, (entry.mode, entry.id));
            }
        }
        Ok(())
    }

    /// Finds the entry at a path below a tree.
    pub(super) fn find_entry(&self, root: TreeId, path: &str) -> Result<Option<Entry>, Error> {
        let mut components = path.split('/').peekable();
        let mut tree = root;
        while let Some(name) = components.next() {
            let data = self.tree_bytes(tree)?;
            let mut entries = RawEntries::new(tree, &data);
            let entry = loop {
                match entries.next_in_any_order()? {
                    None => return Ok(None),
                    Some(entry) if entry.name == name.as_bytes() => break entry.checked()?,
                    Some(_) => {}
                }
            };
            if components.peek().is_none() {
                return Ok(Some(entry));
            }
            if !entry.is_tree() {
                return Ok(None);
            }
            tree = TreeId(entry.id);
        }
        Ok(None)
    }

    /// Returns a root tree like `base` but with a regular file at `path` (`None`: removed).
    ///
    /// # Errors
    /// When the path is unsafe or a tree is damaged. A file on the way gives place to a folder.
    pub fn set_file(
        &self,
        base: TreeId,
        path: &str,
        file: Option<BlobId>,
    ) -> Result<TreeId, Error> {
        check_path(path)?;
        match self.set_entry(base, path, file)? {
            Some(id) => Ok(id),
            None => self.write_object(Kind::Tree, &[]).map(TreeId),
        }
    }

    /// Edits the trees on the way to a path; `None` when nothing is left.
    fn set_entry(
        &self,
        tree: TreeId,
        path: &str,
        file: Option<BlobId>,
    ) -> Result<Option<TreeId>, Error> {
        let (name, rest) = match path.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let mut entries = self.tree(tree)?;
        let old = entries
            .iter()
            .position(|entry| entry.name == name)
            .map(|at| entries.remove(at));
        let new = match rest {
            None => file.map(|id| (MODE_FILE, id.0)),
            Some(rest) => {
                let below = old
                    .filter(Entry::is_tree)
                    .map_or(TreeId::EMPTY, |entry| TreeId(entry.id));
                self.set_entry(below, rest, file)?
                    .map(|id| (MODE_TREE, id.0))
            }
        };
        entries.extend(new.map(|(mode, id)| Entry {
            mode,
            name: name.to_owned(),
            id,
        }));
        self.write_tree(entries)
    }

    /// Reads a tree's entries, in git's order.
    pub(super) fn tree(&self, id: TreeId) -> Result<Vec<Entry>, Error> {
        decode(&id, &self.tree_bytes(id)?)
    }

    /// Returns a tree's bytes. The last few are kept: whoever looks for one file in a folder soon looks for another.
    pub(super) fn tree_bytes(&self, id: TreeId) -> Result<Arc<Vec<u8>>, Error> {
        if let Some(bytes) = self.trees.get(&id) {
            return Ok(bytes);
        }
        let bytes = Arc::new(self.read_tree(id)?);
        self.trees.keep(id, &bytes);
        Ok(bytes)
    }

    /// Keeps the bytes of a tree that is being written: whoever writes it soon looks into it.
    pub(super) fn keep_tree(&self, id: TreeId, bytes: &Arc<Vec<u8>>) {
        self.trees.keep(id, bytes);
    }

    /// Returns the paths of all files below a root tree, sorted, but those in folders with one of these names and `rows/`.
    ///
    /// # Errors
    /// When a tree is damaged.
    pub fn paths_outside(&self, root: TreeId, names: &[&str]) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![(String::new(), root)];
        while let Some((folder, tree)) = folders.pop() {
            for entry in self.tree(tree)? {
                let path = join(&folder, &entry.name);
                if !entry.is_tree() {
                    found.push(path);
                } else if path != ROWS && !names.contains(&entry.name.as_str()) {
                    check_depth(path.matches('/').count(), &path)?;
                    folders.push((path, TreeId(entry.id)));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// As [`Store::tree`], read again even if it is known.
    pub(super) fn tree_on_disk(&self, id: TreeId) -> Result<Vec<Entry>, Error> {
        decode(&id, &self.object(&id.0, Kind::Tree)?)
    }

    /// Writes a tree; `None` for no entries, since a tree of ours is never empty.
    pub(super) fn write_tree(&self, mut entries: Vec<Entry>) -> Result<Option<TreeId>, Error> {
        if entries.is_empty() {
            return Ok(None);
        }
        entries.sort_by(order);
        self.write_object(Kind::Tree, &encode(&entries))
            .map(|id| Some(TreeId(id)))
    }

    /// Writes a tree that was hashed already.
    pub(super) fn write_hashed_tree(&self, id: TreeId, bytes: &Arc<Vec<u8>>) -> Result<(), Error> {
        self.write_hashed(id.0, Kind::Tree, || Arc::clone(bytes))
    }

    /// Writes the trees of a set of files; entries that are trees are taken as they are. Empty for no files.
    pub(super) fn write_tree_of(
        &self,
        files: &BTreeMap<String, (u32, RawId)>,
    ) -> Result<TreeId, Error> {
        let mut files: Vec<_> = files
            .iter()
            .map(|(path, file)| (path.as_str(), *file))
            .collect();
        let is_tree = |file: &(u32, RawId)| file.0 == MODE_TREE;
        files
            .sort_by(|(a, x), (b, y)| order_of(a.as_bytes(), is_tree(x), b.as_bytes(), is_tree(y)));
        tree_from(files.into_iter(), &mut |bytes| {
            self.write_object(Kind::Tree, &bytes)
        })
    }
}

/// Makes the trees of a set of files in git's order, the deepest first; `put` takes a tree's bytes and gives its id.
pub(super) fn tree_from<'p>(
    files: impl Iterator<Item = (&'p str, (u32, RawId))>,
    put: &mut impl FnMut(Vec<u8>) -> Result<RawId, Error>,
) -> Result<TreeId, Error> {
    let mut levels: Vec<Level<'p>> = vec![Level::default()];
    for (path, (mode, id)) in files {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        while !is_within(folder, levels.last().expect("the root stays").folder) {
            close_level(&mut levels, put)?;
        }
        loop {
            let open = levels.last_mut().expect("the root stays");
            if open.folder == folder {
                open.push(mode, name, &id);
                break;
            }
            let from = match open.folder.len() {
                0 => 0,
                length => length + 1,
            };
            let end = folder[from..]
                .find('/')
                .map_or(folder.len(), |at| from + at);
            levels.push(Level {
                folder: &folder[..end],
                bytes: Vec::new(),
            });
        }
    }
    while levels.len() > 1 {
        close_level(&mut levels, put)?;
    }
    let root = levels.pop().expect("the root stays");
    put(root.bytes).map(TreeId)
}

/// A folder whose files are being gathered: its path, and the bytes of its tree so far.
#[derive(Default)]
struct Level<'p> {
    folder: &'p str,
    bytes: Vec<u8>,
}

impl Level<'_> {
    fn push(&mut self, mode: u32, name: &str, id: &RawId) {
        // The further it grows at once, the less memory is filled and left behind.
        if self.bytes.capacity() - self.bytes.len() < name.len() + ENTRY {
            self.bytes
                .reserve(7 * self.bytes.len() + name.len() + ENTRY);
        }
        encode_entry(&mut self.bytes, mode, name, id);
    }
}

fn close_level(
    levels: &mut Vec<Level<'_>>,
    put: &mut impl FnMut(Vec<u8>) -> Result<RawId, Error>,
) -> Result<(), Error> {
    let level = levels
        .pop()
        .expect("only folders below the root are closed");
    // A tree of ours is never empty.
    if let (false, Some(parent)) = (level.bytes.is_empty(), levels.last_mut()) {
        let folder = level.folder;
        let name = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
        parent.push(MODE_TREE, name, &put(level.bytes)?);
    }
    Ok(())
}

fn is_within(folder: &str, parent: &str) -> bool {
    parent.is_empty()
        || folder == parent
        || (folder.starts_with(parent) && folder.as_bytes().get(parent.len()) == Some(&b'/'))
}

pub(super) fn check_depth(depth: usize, path: &str) -> Result<(), Error> {
    if depth > DEPTH_LIMIT {
        return Err(Error::UnsafePath {
            path: path.escape_debug().to_string(),
            reason: format!("folders nest deeper than {DEPTH_LIMIT}"),
        });
    }
    Ok(())
}

/// Puts a name below a folder; the root is empty.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}

/// Git's order of entries in a tree.
pub(super) fn order(a: &Entry, b: &Entry) -> Ordering {
    let (first, second) = (a.name.as_bytes(), b.name.as_bytes());
    order_of(first, a.is_tree(), second, b.is_tree())
}

/// Orders names as git does, that of a folder as if it ended in `/`.
pub(super) fn order_of(a: &[u8], a_is_tree: bool, b: &[u8], b_is_tree: bool) -> Ordering {
    let byte = |name: &[u8], is_tree: bool, at: usize| match name.get(at) {
        Some(byte) => *byte,
        None if is_tree => b'/',
        None => 0,
    };
    let common = a.len().min(b.len());
    a[..common]
        .cmp(&b[..common])
        .then_with(|| byte(a, a_is_tree, common).cmp(&byte(b, b_is_tree, common)))
        .then_with(|| a.len().cmp(&b.len()))
}

pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 48);
    for entry in entries {
        encode_entry(&mut bytes, entry.mode, &entry.name, &entry.id);
    }
    bytes
}

/// Bytes of an entry besides its name, at most.
const ENTRY: usize = 28;

fn encode_entry(bytes: &mut Vec<u8>, mode: u32, name: &str, id: &RawId) {
    match mode {
        MODE_FILE => bytes.extend_from_slice(b"100644 "),
        // Writing to memory does not fail.
        _ => _ = write!(bytes, "{mode:o} "),
    }
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(id);
}

pub(super) fn decode(id: &TreeId, data: &[u8]) -> Result<Vec<Entry>, Error> {
    let mut raw = RawEntries::new(*id, data);
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(entry) = raw.next()? {
        let entry = entry.checked()?;
        let same_name = |other: &&Entry| other.name.starts_with(&entry.name);
        if entries
            .iter()
            .rev()
            .take_while(same_name)
            .any(|other| other.name == entry.name)
        {
            return Err(raw.damaged("two of its entries have one name"));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Trees read last, the latest at the end.
#[derive(Default)]
pub(super) struct RecentTrees(Mutex<Vec<(TreeId, Arc<Vec<u8>>)>>);

impl RecentTrees {
    /// Trees that are kept.
    const KEPT: usize = 32;

    fn get(&self, id: &TreeId) -> Option<Arc<Vec<u8>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| known == id);
        found.map(|(_, bytes)| Arc::clone(bytes))
    }

    fn keep(&self, id: TreeId, bytes: &Arc<Vec<u8>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == Self::KEPT {
            kept.remove(0);
        }
        kept.push((id, Arc::clone(bytes)));
    }
}

fn known_mode(mode: u32) -> Option<u32> {
    match mode {
        MODE_TREE | MODE_FILE | MODE_EXECUTABLE | MODE_LINK | MODE_SUBMODULE => Some(mode),
        0o100_664 => Some(MODE_FILE), // written by early gits, accepted by all
        _ => None,
    }
}

/// Checks one component of a path, as git does before it writes one to disk, on every file system's terms.
pub(super) fn component(name: &[u8]) -> Result<String, Error> {
    check_component(name).map(ToOwned::to_owned)
}

/// As [`component`], without a copy.
pub(super) fn check_component(name: &[u8]) -> Result<&str, Error> {
    let refuse = |reason: String| Error::UnsafePath {
        path: name.escape_bytes().to_string(),
        reason,
    };
    if !is_plain(name) {
        let options = gix::validate::path::component::Options {
            protect_windows: cfg!(windows),
            protect_hfs: true,
            protect_ntfs: true,
        };
        gix::validate::path::component(name.as_bstr(), None, options)
            .map_err(|error| refuse(error.to_string()))?;
    }
    std::str::from_utf8(name).map_err(|_| refuse("it is not UTF-8".to_owned()))
}

/// Tells whether a name is of letters, digits, `_` and `%`, and perhaps dots inside, as most names here are: none of them
/// has a meaning to git or to a file system. Devices of Windows (`con`, `nul.txt`) are of letters as well.
fn is_plain(name: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'%');
    !cfg!(windows)
        && name.first().is_some_and(is_letter)
        && name.last().is_some_and(is_letter)
        && name.iter().all(|byte| is_letter(byte) || *byte == b'.')
}

/// Checks every component of a path.
pub(super) fn check_path(path: &str) -> Result<(), Error> {
    path.split('/')
        .try_for_each(|name| check_component(name.as_bytes()).map(drop))
        .map_err(|error| match error {
            Error::UnsafePath { reason, .. } => Error::UnsafePath {
                path: path.escape_debug().to_string(),
                reason,
            },
            other => other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: u32, name: &str) -> Entry {
        Entry {
            mode,
            name: name.to_owned(),
            id: [7; 20],
        }
    }

    #[test]
    fn trees_encode_and_decode_in_git_order() {
        let mut entries = vec![
            entry(MODE_TREE, "a"),
            entry(MODE_FILE, "a.b"),
            entry(MODE_FILE, "a0"),
            entry(MODE_LINK, "z"),
        ];
        entries.sort_by(order);
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a.b", "a", "a0", "z"]);
        assert_eq!(decode(&TreeId::EMPTY, &encode(&entries)).unwrap(), entries);
    }

    #[test]
    fn equal_entries_are_skipped_whole() {
        let tree = |names: &[&str]| {
            let entries: Vec<_> = names.iter().map(|name| entry(MODE_FILE, name)).collect();
            encode(&entries)
        };
        let check = |sides: [&[&str]; 2], equal: &[&str], rest: [Option<&str>; 2]| {
            let bytes = sides.map(tree);
            let mut entries = [0, 1].map(|side| RawEntries::new(TreeId::EMPTY, &bytes[side]));
            let [first, second] = &mut entries;
            assert_eq!(RawEntries::skip_equal(&mut [first, second]), tree(equal));
            let next = entries.map(|mut side| side.next().unwrap());
            let names = next.map(|entry| entry.map(|entry| entry.name));
            assert_eq!(names, rest.map(|name| name.map(str::as_bytes)));
        };
        check([&["a", "b"], &["a", "b"]], &["a", "b"], [None, None]);
        check(
            [&["a", "bc"], &["a", "bd"]],
            &["a"],
            [Some("bc"), Some("bd")],
        );
        check([&["a"], &["a", "b"]], &["a"], [None, Some("b")]);
        check([&["x"], &["y"]], &[], [Some("x"), Some("y")]);
        check([&[], &["y"]], &[], [None, Some("y")]);
        let many: Vec<String> = (100..400).map(|number| format!("t{number}")).collect();
        let mut one: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut other = one.clone();
        (one[250], other[260]) = ("t350_", "t360_");
        check([&one, &other], &one[..250], [Some("t350_"), Some("t350")]);
    }

    #[test]
    fn bad_trees_are_refused() {
        let check = |bytes: &[u8], expected: &str| {
            let error = decode(&TreeId::EMPTY, bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let id = [7_u8; 20];
        let with = |text: &[u8]| [text, &id].concat();
        check(b"100644", "no mode");
        check(b"100644 a", "no name");
        check(b"100644 a\0short", "no id");
        check(&with(b"100600 a\0"), "unknown mode");
        check(&with(b"99999999999999 a\0"), "unknown mode");
        check(&with(b"100644 ..\0"), "`..`");
        check(&with(b"100644 a/b\0"), "a/b");
        check(&with(b"40000 .GIT\0"), ".GIT");
        check(&with(b"40000 git~1\0"), "git~1");
        check(&with(b"100644 \xff\0"), "UTF-8");
        check(
            &[with(b"100644 b\0"), with(b"100644 a\0")].concat(),
            "not in order",
        );
        check(
            &[with(b"100644 a\0"), with(b"100644 a\0")].concat(),
            "not in order",
        );
        check(
            &[
                with(b"100644 a\0"),
                with(b"100644 a.b\0"),
                with(b"40000 a\0"),
            ]
            .concat(),
            "one name",
        );
    }
}
