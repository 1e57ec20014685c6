//! Saves of the index that wait: all that one command stages is published at once, in the round in which the objects of
//! its commit reach the disk. Until then this process reads the index as it will be and every other one as it was. A
//! command that fails leaves it so, as git's `commit -a` does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::background::Background;
use super::index::Index;
use super::lock::LockFile;
use super::object::Durability;
use super::{Error, Store, index_file};

/// What of a command's staging there is.
#[derive(Default)]
pub(super) struct Staging(Mutex<State>);

#[derive(Default)]
struct State {
    open: bool,
    waiting: Option<Waiting>,
}

/// An index that a thread writes into its lock file, which is held against other writers.
struct Waiting {
    index: Arc<Index>,
    written: Background<Result<LockFile, Error>>,
}

impl Waiting {
    fn begin(index: Index, mut lock: LockFile, durability: Durability) -> Self {
        let index = Arc::new(index);
        let written = Arc::clone(&index);
        let write = move || {
            lock.fill(|file| index_file::write(&written, file))?;
            lock.sync(durability)?;
            Ok(lock)
        };
        Self {
            index,
            written: Background::begin(write),
        }
    }

    /// Waits until the lock file is on the disk.
    fn written(&mut self) -> Result<LockFile, Error> {
        let written = self.written.take().expect("it is waited for once");
        written.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Staging {
    /// A state is valid between any two of its changes, so a panic elsewhere spoils nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the index that waits.
    pub(super) fn index(&self) -> Option<Arc<Index>> {
        let state = self.state();
        state.waiting.as_ref().map(|held| Arc::clone(&held.index))
    }

    pub(super) fn is_open(&self) -> bool {
        self.state().open
    }

    fn take(&self) -> Option<Waiting> {
        self.state().waiting.take()
    }
}

/// Ends a command's staging; an index that still waits is given up with its lock, and what was written for its commit.
struct Open<'s>(&'s Store);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.staging.state() = State::default();
        self.0.pending.give_up();
    }
}

impl Store {
    /// Does work whose changes of the index belong together: they are published with the commit that it makes, at the
    /// latest when it ends, and not at all if it fails before.
    ///
    /// # Errors
    /// The work's, and when the index cannot be written.
    pub fn staging<T, E: From<Error>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if std::mem::replace(&mut self.staging.state().open, true) {
            return work();
        }
        let _open = Open(self);
        let done = work()?;
        self.publish_staged(self.durability)?;
        Ok(done)
    }

    /// Publishes the index that waits, if one does, with all objects written so far, and tells whether one did. `folder`
    /// says whether its folder is synced, too.
    pub(super) fn publish_staged(&self, folder: Durability) -> Result<bool, Error> {
        match self.staging.take() {
            Some(waiting) => self.publish(waiting, folder).map(|()| true),
            None => Ok(false),
        }
    }

    /// Saves an index: at once, or in the course of a command's staging.
    pub(super) fn save_index(&self, index: Index, lock: LockFile) -> Result<(), Error> {
        let waiting = Waiting::begin(index, lock, self.durability);
        let mut state = self.staging.state();
        if state.open {
            state.waiting = Some(waiting);
            return Ok(());
        }
        drop(state);
        self.publish(waiting, self.durability)
    }

    /// Replaces the index file. What it names is durable before it is there.
    fn publish(&self, mut waiting: Waiting, folder: Durability) -> Result<(), Error> {
        self.hold_staged(&waiting.index)?;
        self.note_merged(&waiting.index)?;
        self.sync_objects()?;
        waiting.written()?.commit(folder)?;
        self.forget_merged(&waiting.index)?;
        self.remember_index(Arc::unwrap_or_clone(waiting.index));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::store::{Error, InitOptions, Revision, Store};

    fn repository() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::init(folder.path(), &InitOptions::default()).unwrap();
        fs::write(folder.path().join("one"), "1").unwrap();
        fs::write(folder.path().join("two"), "2").unwrap();
        (folder, store)
    }

    /// What another process reads.
    fn seen(store: &Store) -> Vec<String> {
        let other = Store::discover(store.root()).unwrap();
        let files = other.files(&Revision::Staged, "").unwrap();
        files.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn what_is_staged_together_is_published_together() {
        let (_folder, store) = repository();
        let lock = store.git_dir().join("index.lock");
        let staged: Result<(), Error> = store.staging(|| {
            store.stage_files(["one"])?;
            assert!(store.is_tracked(["one"])?, "this process reads it");
            assert_eq!(seen(&store), [""; 0], "no other does");
            assert!(lock.exists());
            Ok(())
        });
        staged.unwrap();
        assert_eq!(seen(&store), ["one"]);
        assert!(!lock.exists());
        // A second save of one command sees the first, and ends what waited.
        let staged: Result<(), Error> = store.staging(|| {
            store.stage_files(["two"])?;
            store.staging(|| store.untrack(&["one"]))
        });
        staged.unwrap();
        assert_eq!(seen(&store), ["two"]);
    }

    #[test]
    fn a_command_that_fails_leaves_the_index() {
        let (_folder, store) = repository();
        store.stage_files(["one"]).unwrap();
        let failed: Result<(), Error> = store.staging(|| {
            store.stage_files(["two"])?;
            store.stage(&["three"])
        });
        assert!(matches!(failed, Err(Error::NoSuchPath { .. })));
        assert!(store.is_tracked(["one"]).unwrap());
        let failed: Result<_, Error> = store.staging(|| {
            store.untrack(&["one"])?;
            assert!(!store.is_tracked(["one"])?);
            store.commit(crate::store::CommitId::from_bytes([1; 20]))
        });
        assert!(failed.is_err(), "{failed:?}");
        assert!(store.is_tracked(["one"]).unwrap());
        assert!(!store.git_dir().join("index.lock").exists());
        store.stage_files(["two"]).unwrap();
        assert_eq!(seen(&store), ["one", "two"]);
    }

    #[test]
    fn what_was_written_for_a_commit_that_fails_is_gone() {
        let (folder, store) = repository();
        let names: Vec<String> = (0..3_000).map(|number| format!("file{number}")).collect();
        for name in &names {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let stage = || store.stage_files(names.iter().map(String::as_str));
        let temporary = || -> Vec<String> {
            let objects = store.git_dir().join("objects");
            let folders = fs::read_dir(objects).unwrap().map(|entry| entry.unwrap());
            let files = folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap());
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.starts_with("tmp_obj_")).collect()
        };
        let failed: Result<(), Error> = store.staging(|| {
            stage()?;
            store.write_tree_from_index()?;
            store.stage(&["no such file"])
        });
        assert!(failed.is_err());
        assert_eq!(temporary(), [""; 0]);
        let head = store.head().unwrap();
        let signer = crate::store::Signature::from_line("A <a@example.org> 1 +0000");
        let made: Result<_, Error> = store.staging(|| {
            stage()?;
            let new = crate::store::NewCommit {
                message: "m".to_owned(),
                tree: store.write_tree_from_index()?,
                parents: Vec::new(),
                author: signer.clone(),
                committer: signer.clone(),
            };
            store.commit_to_head(&head, &new, "commit")
        });
        let tree = store.commit(made.unwrap()).unwrap().tree;
        assert_eq!(temporary(), [""; 0]);
        let mut git = std::process::Command::new("git");
        let git = git.args(["ls-tree", "--name-only", &tree.to_string()]);
        let listed = git.current_dir(folder.path()).output().unwrap().stdout;
        assert_eq!(String::from_utf8(listed).unwrap().lines().count(), 3_000);
    }
}
