//! Trees: folders as git stores them, read with every name checked, written from the leaves up.
//!
//! Entries are sorted as git sorts them (a folder as if its name ended in `/`). A tree read from the repository is
//! checked before use: a name that would leave its folder or hide as `.git` is refused (gitformat-tree; git's fsck
//! messages `hasDot`, `hasDotdot`, `hasDotgit`, `treeNotSorted`, `duplicateEntries`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

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
            let Some(entry) = self
                .tree(tree)?
                .into_iter()
                .find(|entry| entry.name == name)
            else {
                return Ok(None);
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

    /// Writes the trees of a set of files; entries that are trees are taken as they are. Empty for no files.
    pub(super) fn write_tree_of(
        &self,
        files: &BTreeMap<String, (u32, RawId)>,
    ) -> Result<TreeId, Error> {
        let mut levels: Vec<(String, Vec<Entry>)> = vec![(String::new(), Vec::new())];
        for (path, (mode, id)) in files {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            while !is_within(folder, &levels.last().expect("the root stays").0) {
                self.close_level(&mut levels)?;
            }
            while levels.last().expect("the root stays").0 != folder {
                let current = levels.last().expect("the root stays").0.clone();
                let rest = if current.is_empty() {
                    folder
                } else {
                    &folder[current.len() + 1..]
                };
                let next = rest.split('/').next().unwrap_or(rest);
                levels.push((join(&current, next), Vec::new()));
            }
            let entry = Entry {
                mode: *mode,
                name: name.to_owned(),
                id: *id,
            };
            levels.last_mut().expect("the root stays").1.push(entry);
        }
        while levels.len() > 1 {
            self.close_level(&mut levels)?;
        }
        let (_, entries) = levels.pop().expect("the root stays");
        match self.write_tree(entries)? {
            Some(id) => Ok(id),
            None => self.write_object(Kind::Tree, &[]).map(TreeId),
        }
    }

    fn close_level(&self, levels: &mut Vec<(String, Vec<Entry>)>) -> Result<(), Error> {
        let (path, entries) = levels
            .pop()
            .expect("only folders below the root are closed");
        let name = path
            .rsplit_once('/')
            .map_or(path.as_str(), |(_, name)| name)
            .to_owned();
        if let (Some(id), Some((_, parent))) = (self.write_tree(entries)?, levels.last_mut()) {
            parent.push(Entry {
                mode: MODE_TREE,
                name,
                id: id.0,
            });
        }
        Ok(())
    }
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
    let byte = |entry: &Entry, at: usize| match entry.name.as_bytes().get(at) {
        Some(byte) => *byte,
        None if entry.is_tree() => b'/',
        None => 0,
    };
    let common = a.name.len().min(b.name.len());
    a.name.as_bytes()[..common]
        .cmp(&b.name.as_bytes()[..common])
        .then_with(|| byte(a, common).cmp(&byte(b, common)))
        .then_with(|| a.name.len().cmp(&b.name.len()))
}

pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 48);
    for entry in entries {
        bytes.extend(format!("{:o} ", entry.mode).as_bytes());
        bytes.extend(entry.name.as_bytes());
        bytes.push(0);
        bytes.extend(entry.id);
    }
    bytes
}

pub(super) fn decode(id: &TreeId, mut data: &[u8]) -> Result<Vec<Entry>, Error> {
    let damaged = |reason: &str| Error::DamagedObject {
        id: hex(&id.0),
        reason: reason.to_owned(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    while !data.is_empty() {
        let (mode, rest) = data
            .split_once_str(" ")
            .ok_or_else(|| damaged("a tree entry has no mode"))?;
        let (name, rest) = rest
            .split_once_str("\0")
            .ok_or_else(|| damaged("a tree entry has no name"))?;
        let (raw, rest) = rest
            .split_first_chunk::<20>()
            .ok_or_else(|| damaged("a tree entry has no id"))?;
        let mode = std::str::from_utf8(mode)
            .ok()
            .and_then(|text| u32::from_str_radix(text, 8).ok())
            .and_then(known_mode)
            .ok_or_else(|| damaged("a tree entry has an unknown mode"))?;
        let entry = Entry {
            mode,
            name: component(name)?,
            id: *raw,
        };
        if entries
            .last()
            .is_some_and(|last| order(last, &entry) != Ordering::Less)
        {
            return Err(damaged("its entries are not in order"));
        }
        let same_name = |other: &&Entry| other.name.starts_with(&entry.name);
        if entries
            .iter()
            .rev()
            .take_while(same_name)
            .any(|other| other.name == entry.name)
        {
            return Err(damaged("two of its entries have one name"));
        }
        entries.push(entry);
        data = rest;
    }
    Ok(entries)
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
    let refuse = |reason: String| Error::UnsafePath {
        path: name.escape_bytes().to_string(),
        reason,
    };
    let options = gix::validate::path::component::Options {
        protect_windows: cfg!(windows),
        protect_hfs: true,
        protect_ntfs: true,
    };
    gix::validate::path::component(name.as_bstr(), None, options)
        .map_err(|error| refuse(error.to_string()))?;
    std::str::from_utf8(name)
        .map(ToOwned::to_owned)
        .map_err(|_| refuse("it is not UTF-8".to_owned()))
}

/// Checks every component of a path.
pub(super) fn check_path(path: &str) -> Result<(), Error> {
    path.split('/')
        .try_for_each(|name| component(name.as_bytes()).map(drop))
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
