//! What this process has read and need not read again: the index as long as its file is the same, and settings.
//!
//! Invariant: an index is known by its file's inode, size and times, and git and vrev replace the file as a whole.

use std::fs::Metadata;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use gix::index::entry::stat;

use super::index::Index;

/// See the module.
#[derive(Default)]
pub(super) struct Known {
    index: Mutex<Option<(Stamp, Arc<Index>)>>,
    settings: OnceLock<(stat::Options, bool)>,
}

/// What tells a file from the one that replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<std::time::SystemTime>,
    inode: u64,
    changed: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Option<Self> {
        None // times alone do not tell
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// Returns the index that the file with this stamp holds, if it was read.
    pub(super) fn index(&self, stamp: Option<Stamp>) -> Option<Arc<Index>> {
        let known = lock(&self.index);
        let (known, index) = known.as_ref()?;
        (Some(*known) == stamp).then(|| Arc::clone(index))
    }

    pub(super) fn keep_index(&self, stamp: Option<Stamp>, index: &Arc<Index>) {
        *lock(&self.index) = stamp.map(|stamp| (stamp, Arc::clone(index)));
    }

    pub(super) fn forget_index(&self) {
        *lock(&self.index) = None;
    }

    /// How stats are compared (`core.trustCTime`, `core.checkStat`).
    pub(super) fn stat_options(&self, repo: &gix::Repository) -> stat::Options {
        self.settings(repo).0
    }

    /// Whether the file system has executable bits (`core.fileMode`).
    pub(super) fn trusts_mode(&self, repo: &gix::Repository) -> bool {
        self.settings(repo).1
    }

    fn settings(&self, repo: &gix::Repository) -> (stat::Options, bool) {
        let read = || {
            let config = repo.config_snapshot();
            let flag = |key: &str| config.boolean(key).unwrap_or(true);
            let options = stat::Options {
                trust_ctime: flag("core.trustCTime"),
                check_stat: !config
                    .string("core.checkStat")
                    .is_some_and(|value| value.eq_ignore_ascii_case(b"minimal")),
                use_nsec: true,
                use_stdev: false,
            };
            (options, flag("core.fileMode"))
        };
        *self.settings.get_or_init(read)
    }
}
