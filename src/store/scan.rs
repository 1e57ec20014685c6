//! The worktree looked at once: every folder is listed once and every file asked for its stat once, relative to its
//! folder and on several threads, as git does with `core.preloadIndex`.

use std::collections::HashMap;
use std::fs::{self, DirEntry};

use gix::index::entry::Stat;

use super::index::Index;
use super::status::{Content, is_excluded};
use super::tree::{MODE_EXECUTABLE, MODE_FILE, MODE_LINK, MODE_SUBMODULE, join};
use super::{Error, Store};

/// Files below this number are asked for one after another: threads would cost more than they save.
const PARALLEL: usize = 512;

/// A path's stat and its mode; no mode for a folder or a special file.
pub(super) type Seen = (Stat, Option<u32>);

/// The worktree at one moment, against an index.
#[derive(Default)]
pub(super) struct Scan {
    /// How tracked files differ from their entries, by path; equal ones are left out.
    pub(super) changed: std::collections::BTreeMap<String, Content>,
    /// Untracked files that are not ignored, sorted.
    pub(super) untracked: Vec<String>,
}

impl Store {
    /// Compares the worktree with the index. Entries that are deliberately not in the worktree are left out, submodules
    /// too; `rows/` is looked at only where it is checked out.
    pub(super) fn scan(&self, index: &Index) -> Result<Scan, Error> {
        let mut scan = Scan::default();
        let (known, untracked) = self.look(index, false)?;
        scan.untracked = untracked;
        for (path, entry) in &index.entries {
            if entry.skip_worktree || entry.mode == MODE_SUBMODULE {
                continue;
            }
            let seen = match known.get(path.as_str()) {
                Some(seen) => Some(*seen),
                // Below a folder that is ignored, a link, or no folder at all.
                None => self.stat(path)?,
            };
            if let Some(content) = self.compare_seen(path, entry, index, seen)? {
                scan.changed.insert(path.clone(), content);
            }
        }
        Ok(scan)
    }

    /// Returns untracked files, sorted; ignored ones too if asked for. A repository inside of this one is left out.
    pub(super) fn untracked_and(&self, index: &Index, ignored: bool) -> Result<Vec<String>, Error> {
        self.list(index, ignored).map(|listed| listed.untracked)
    }

    fn look<'i>(
        &self,
        index: &'i Index,
        ignored: bool,
    ) -> Result<(HashMap<&'i str, Seen>, Vec<String>), Error> {
        let listed = self.list(index, ignored)?;
        let one = |(path, entry): &(&'i str, DirEntry)| seen(entry).map(|seen| (*path, seen));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if listed.tracked.len() < PARALLEL || threads == 1 {
            return Ok((
                listed.tracked.iter().filter_map(one).collect(),
                listed.untracked,
            ));
        }
        let slices = listed
            .tracked
            .chunks(listed.tracked.len().div_ceil(threads.min(8)));
        let found: Vec<Vec<(&str, Seen)>> = std::thread::scope(|scope| {
            let read: Vec<_> = slices
                .map(|slice| scope.spawn(|| slice.iter().filter_map(one).collect::<Vec<_>>()))
                .collect();
            // What a thread could not tell is asked for again, one by one.
            read.into_iter()
                .map(|thread| thread.join().unwrap_or_default())
                .collect()
        });
        Ok((found.into_iter().flatten().collect(), listed.untracked))
    }

    /// Lists the folders of the worktree.
    fn list<'i>(&self, index: &'i Index, ignored: bool) -> Result<Listed<'i>, Error> {
        let empty = gix::index::State::new(gix::hash::Kind::Sha1);
        let mut excludes = self
            .repo
            .excludes(
                &empty,
                None,
                gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped,
            )
            .map_err(Error::git("read the ignore rules"))?;
        let by_path: HashMap<&str, &'i str> = index
            .entries
            .keys()
            .map(|path| (path.as_str(), path.as_str()))
            .collect();
        let mut listed = Listed::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let full = if folder.is_empty() {
                self.root().to_owned()
            } else {
                self.worktree_path(&folder)
            };
            for entry in fs::read_dir(&full).map_err(Error::io("read", &full))? {
                let entry = entry.map_err(Error::io("read", &full))?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                if name.eq_ignore_ascii_case(".git") {
                    continue;
                }
                let path = join(&folder, &name);
                let kind = entry
                    .file_type()
                    .map_err(Error::io("read", &entry.path()))?;
                if kind.is_dir() {
                    let mode = gix::index::entry::Mode::DIR;
                    let nested = entry.path().join(".git").exists();
                    if nested || !ignored && is_excluded(&mut excludes, &path, Some(mode))? {
                        continue;
                    }
                    folders.push(path);
                } else if let Some(path) = by_path.get(path.as_str()) {
                    listed.tracked.push((path, entry));
                } else if !(1..=3).any(|stage| index.unmerged.contains_key(&(path.clone(), stage)))
                    && (kind.is_file() || kind.is_symlink())
                    && (ignored || !is_excluded(&mut excludes, &path, None)?)
                {
                    listed.untracked.push(path);
                }
            }
        }
        listed.untracked.sort();
        Ok(listed)
    }
}

/// What folders hold.
#[derive(Default)]
struct Listed<'i> {
    tracked: Vec<(&'i str, DirEntry)>,
    untracked: Vec<String>,
}

/// Returns a listed file's stat and mode, as `lstat` gives them; `None` if it cannot be told this way.
#[cfg(unix)]
fn seen(entry: &DirEntry) -> Option<Seen> {
    use std::os::unix::fs::MetadataExt as _;
    // Asked for relative to the folder, which stays open: no path is walked.
    let metadata = entry.metadata().ok()?;
    let kind = metadata.file_type();
    let mode = if kind.is_symlink() {
        Some(MODE_LINK)
    } else if kind.is_file() {
        Some(if metadata.mode() & 0o100 == 0 {
            MODE_FILE
        } else {
            MODE_EXECUTABLE
        })
    } else {
        None
    };
    let time = |seconds: i64, nanoseconds: i64| gix::index::entry::stat::Time {
        secs: seconds as u32,
        nsecs: nanoseconds as u32,
    };
    let stat = Stat {
        mtime: time(metadata.mtime(), metadata.mtime_nsec()),
        ctime: time(metadata.ctime(), metadata.ctime_nsec()),
        dev: metadata.dev() as u32,
        ino: metadata.ino() as u32,
        uid: metadata.uid(),
        gid: metadata.gid(),
        size: metadata.size() as u32,
    };
    Some((stat, mode))
}

#[cfg(not(unix))]
fn seen(_: &DirEntry) -> Option<Seen> {
    None // each file is asked for by its path
}
