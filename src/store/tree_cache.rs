//! Large trees as they are, uncompressed, in `.git/vrev/trees/`: a folder of ten thousand files takes longer to inflate
//! than everything else that a comparison does. A file's name is the tree's id, and it ends with a checksum of id and bytes,
//! whose hash was checked before; what is damaged is removed and read from the repository. Nothing is synced, and the
//! folder may be deleted.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use twox_hash::XxHash3_64;

use super::object::{LARGE, RawId, create_temporary, hex};
use super::{Store, TreeId};

/// Trees that are kept on disk; the oldest go.
const KEPT: usize = 16;
/// Trees that one process adds: who walks a long history reads more of them than anybody will again.
const ADDED: usize = 4;
/// Begins the name of a file that is being written.
const TEMPORARY: &str = "tmp_tree_";

/// What of the folder is known.
#[derive(Default)]
pub(super) struct TreeCache {
    there: OnceLock<BTreeSet<RawId>>,
    added: Mutex<usize>,
}

impl Store {
    fn cached_trees(&self) -> PathBuf {
        self.vrev_dir().join("trees")
    }

    fn cached_tree_path(&self, id: TreeId) -> PathBuf {
        self.cached_trees().join(hex(&id.0))
    }

    /// Returns the bytes that are kept for a tree, if they are sound.
    pub(super) fn cached_tree(&self, id: TreeId) -> Option<Vec<u8>> {
        let list = || {
            let names = fs::read_dir(self.cached_trees()).into_iter().flatten();
            let names = names.flatten().map(|entry| entry.file_name());
            let ids = names.filter_map(|name| name.to_str()?.parse::<TreeId>().ok());
            ids.map(|id| id.0).collect()
        };
        let there = self.tree_cache.there.get_or_init(list);
        if !there.contains(&id.0) {
            return None;
        }
        let mut bytes = fs::read(self.cached_tree_path(id)).ok()?;
        let end = bytes.len().saturating_sub(size_of::<u64>());
        if bytes[end..] != checksum(id, &bytes[..end]) {
            let _ = fs::remove_file(self.cached_tree_path(id));
            return None;
        }
        bytes.truncate(end);
        Some(bytes)
    }

    /// Keeps a tree that is large, if few were kept so far and no loose file has it uncompressed. That it cannot be kept is
    /// nobody's failure.
    pub(super) fn cache_tree(&self, id: TreeId, bytes: &[u8]) {
        if bytes.len() < LARGE || self.loose_length(&id.0) > bytes.len() as u64 {
            return;
        }
        let mut added = self
            .tree_cache
            .added
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *added == ADDED {
            return;
        }
        *added += 1;
        let folder = self.cached_trees();
        self.make_room();
        if let Ok((mut file, temporary)) = create_temporary(&folder, TEMPORARY) {
            let written = file.write_all(bytes);
            let written = written.and_then(|()| file.write_all(&checksum(id, bytes)));
            let written = written.and_then(|()| fs::rename(&temporary, self.cached_tree_path(id)));
            if written.is_err() {
                let _ = fs::remove_file(&temporary);
            }
        }
    }

    /// Removes the oldest trees where there are too many, and what a process left that was killed.
    fn make_room(&self) {
        let files = fs::read_dir(self.cached_trees()).into_iter().flatten();
        let files = files.flatten().filter_map(|entry| {
            let time = entry.metadata().ok()?.modified().ok()?;
            Some((time, entry.path()))
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        let surplus = (files.len() + 1).saturating_sub(KEPT);
        for (_, file) in files.into_iter().take(surplus) {
            let _ = fs::remove_file(file);
        }
    }
}

fn checksum(id: TreeId, bytes: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = id.0;
    let seed = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    XxHash3_64::oneshot_with_seed(seed, bytes).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::store::{InitOptions, Revision, Store};

    #[test]
    fn large_trees_are_kept_and_what_is_damaged_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::init(folder.path(), &InitOptions::default()).unwrap();
        let blob = store.write_blob(b"one").unwrap();
        let files = (0..3_000).map(|number| (format!("many/file{number}"), Some(blob)));
        let empty = crate::store::TreeId::EMPTY;
        let one = store.set_files(empty, &files.collect()).unwrap();
        let other = store.set_file(one, "many/another", Some(blob)).unwrap();
        for tree in [one, other] {
            let head = store.head().unwrap();
            let signer = crate::store::Signature::from_line("A <a@example.org> 1 +0000");
            let new = crate::store::NewCommit {
                message: "m".to_owned(),
                tree,
                parents: head.commit.into_iter().collect(),
                author: signer.clone(),
                committer: signer,
            };
            store.commit_to_head(&head, &new, "commit").unwrap();
        }
        let compare = || {
            let store = Store::discover(folder.path()).unwrap();
            let changes = store.changed_tree_paths(Some(one), Some(other)).unwrap();
            let paths: Vec<String> = changes
                .paths
                .into_iter()
                .map(|change| change.path)
                .collect();
            assert_eq!(paths, ["many/another"]);
        };
        let kept = || {
            let entries = fs::read_dir(folder.path().join(".git/vrev/trees")).unwrap();
            let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            paths
        };
        compare();
        assert!(
            !folder.path().join(".git/vrev/trees").exists(),
            "loose ones are not compressed"
        );
        let mut git = std::process::Command::new("git");
        let packed = git.args(["gc", "-q"]).current_dir(folder.path()).status();
        assert!(packed.unwrap().success());
        compare();
        let paths = kept();
        assert_eq!(paths.len(), 2, "one on each side");
        compare();
        let whole = fs::read(&paths[0]).unwrap();
        let mut damaged = whole.clone();
        damaged[100] ^= 1;
        fs::write(&paths[0], &damaged).unwrap();
        compare();
        compare();
        assert_eq!(kept(), paths);
        assert_eq!(fs::read(&paths[0]).unwrap(), whole);
        // A tree that is not large is not kept.
        assert!(store.files(&Revision::Staged, "").unwrap().is_empty());
    }
}
