//! The worktree looked at once: every folder is listed once and every file asked for its stat once, relative to its
//! folder and on several threads, as git does with `core.preloadIndex`.

use std::collections::HashMap;
use std::fs::{self, DirEntry};
use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};

use gix::index::entry::Stat;

use super::index::{Index, IndexEntry};
use super::status::{Content, content, is_excluded};
use super::tree::{MODE_EXECUTABLE, MODE_FILE, MODE_LINK, MODE_SUBMODULE, MODE_TREE, join};
use super::{Error, Store};

/// Files that are asked for together; fewer of them are not worth a thread.
const CHUNK: usize = 512;
/// Bytes that the files of most tables do not exceed.
const BUFFER: usize = 16 << 10;

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
        let (doubtful, untracked) = self.look(index)?;
        scan.untracked = untracked.into_iter().map(|file| file.path).collect();
        for (path, entry, seen) in doubtful {
            let seen = match seen {
                Some(seen) => Some(seen),
                // Below a folder that is ignored, a link, or no folder at all.
                None => self.stat(path)?,
            };
            if let Some(content) = self.compare_seen(path, &entry, index, seen)? {
                scan.changed.insert(path.to_owned(), content);
            }
        }
        Ok(scan)
    }

    /// Returns the tracked files whose stat does not show that they are unchanged, with it where it was told, and the
    /// untracked ones that are not ignored.
    fn look<'i>(&self, index: &'i Index) -> Result<(Vec<Doubtful<'i>>, Vec<Untracked>), Error> {
        let judge = self.stat_judge();
        let known: Vec<_> = index.entries.iter().collect();
        let look = |tracked: Vec<Tracked<'i>>| -> Vec<Doubtful<'i>> {
            let doubt = |tracked: Tracked<'i>| match seen(&tracked.file) {
                Some(seen) if judge.is_unchanged(&tracked.entry, index, &seen) => None,
                seen => Some((tracked.path, tracked.entry, seen)),
            };
            tracked.into_iter().filter_map(doubt).collect()
        };
        // How many there may be is read from files of the system.
        let threads = match known.len() < CHUNK {
            true => 1,
            false => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let (mut doubtful, listed) = if threads == 1 {
            let mut doubtful = Vec::new();
            let listed = self.list(index, &known, false, &mut |tracked| {
                doubtful.extend(look(tracked))
            })?;
            (doubtful, listed)
        } else {
            // Files are asked for while folders are still being listed.
            let (send, receive) = mpsc::channel::<Vec<Tracked<'i>>>();
            let receive = Mutex::new(receive);
            let next = || {
                let from = receive.lock().unwrap_or_else(PoisonError::into_inner);
                from.recv().ok()
            };
            let work = || std::iter::from_fn(next).flat_map(look).collect::<Vec<_>>();
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads.min(8)).map(|_| scope.spawn(work)).collect();
                // Who cannot be sent to has panicked, which is found when it is joined.
                let listed = self.list(index, &known, false, &mut |tracked| _ = send.send(tracked));
                drop(send);
                let mut doubtful = Vec::new();
                for worker in workers {
                    match worker.join() {
                        Ok(found) => doubtful.extend(found),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                listed.map(|listed| (doubtful, listed))
            })?
        };
        let unlisted = known.iter().zip(&listed.found);
        let unlisted = unlisted.filter(|((_, entry), found)| !*found && is_here(entry));
        doubtful.extend(unlisted.map(|((path, entry), _)| (*path, *entry, None)));
        Ok((doubtful, listed.untracked))
    }

    /// Returns untracked files, sorted; ignored ones too if asked for. A repository inside of this one is left out.
    pub(super) fn untracked_and(&self, index: &Index, ignored: bool) -> Result<Vec<String>, Error> {
        let known: Vec<_> = index.entries.iter().collect();
        let listed = self.list(index, &known, ignored, &mut |_| ())?;
        Ok(listed.untracked.into_iter().map(|file| file.path).collect())
    }

    /// Returns the wanted files of the worktree with their content, sorted: those that are not ignored, and tracked ones in any
    /// case. What is deliberately not in the worktree is as the index has it.
    ///
    /// # Errors
    /// When the index or the worktree cannot be read.
    pub fn working_files(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let index = self.index()?;
        let known: Vec<_> = index.entries.iter().collect();
        let mut tracked = Vec::new();
        let listed = self.list(&index, &known, false, &mut |some| tracked.extend(some))?;
        let mut files = Vec::with_capacity(tracked.len() + listed.untracked.len());
        // Files are small: into a buffer that is there already one is read without asking for its length.
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut read = |path: &Path, is_link: bool| -> Result<Vec<u8>, Error> {
            if is_link {
                return content(path, true);
            }
            buffer.clear();
            let file = fs::File::open(path).map_err(Error::io("read", path))?;
            let read = file.take(u64::MAX).read_to_end(&mut buffer);
            read.map_err(Error::io("read", path))?;
            Ok(buffer.clone())
        };
        for found in tracked.iter().filter(|found| wanted(found.path)) {
            let path = found.file.path();
            let kind = found.file.file_type().map_err(Error::io("read", &path))?;
            if kind.is_file() || kind.is_symlink() {
                // Its folder was listed, so nothing leads outside.
                files.push((found.path.to_owned(), read(&path, kind.is_symlink())?));
            }
        }
        for found in listed.untracked.iter().filter(|found| wanted(&found.path)) {
            let bytes = read(&self.worktree_path(&found.path), found.is_link)?;
            files.push((found.path.clone(), bytes));
        }
        for ((path, entry), found) in known.iter().zip(&listed.found) {
            let is_file = !matches!(entry.mode, MODE_SUBMODULE | MODE_TREE);
            if !is_file || *found && is_here(entry) || !wanted(path) {
                continue;
            }
            let content = match entry.skip_worktree {
                true => Some(self.read(super::BlobId(entry.id))?),
                // Below a folder that is ignored, a link, or no folder at all.
                false => self.read_path(&super::Revision::Working, path)?,
            };
            files.extend(content.map(|bytes| ((*path).to_owned(), bytes)));
        }
        files.sort();
        Ok(files)
    }

    /// Lists the folders of the worktree; `take` is given tracked files that the index says are here, some at a time.
    /// `known` are the index's entries.
    fn list<'i>(
        &self,
        index: &Index,
        known: &[(&'i str, IndexEntry)],
        ignored: bool,
        take: &mut dyn FnMut(Vec<Tracked<'i>>),
    ) -> Result<Listed, Error> {
        let empty = gix::index::State::new(gix::hash::Kind::Sha1);
        let mut excludes = self
            .repo
            .excludes(
                &empty,
                None,
                gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped,
            )
            .map_err(Error::git("read the ignore rules"))?;
        let places = known.iter().enumerate();
        let places: HashMap<&str, usize> = places.map(|(at, (path, _))| (*path, at)).collect();
        let mut listed = Listed {
            found: vec![false; known.len()],
            untracked: Vec::new(),
        };
        let mut tracked = Vec::with_capacity(CHUNK);
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
                } else if let Some(at) = places.get(path.as_str()) {
                    listed.found[*at] = true;
                    let (path, known) = known[*at];
                    if is_here(&known) {
                        tracked.push(Tracked {
                            path,
                            entry: known,
                            file: entry,
                        });
                    }
                    if tracked.len() == CHUNK {
                        take(std::mem::replace(&mut tracked, Vec::with_capacity(CHUNK)));
                    }
                } else if !(1..=3).any(|stage| index.unmerged.contains_key(&(path.clone(), stage)))
                    && (kind.is_file() || kind.is_symlink())
                    && (ignored || !is_excluded(&mut excludes, &path, None)?)
                {
                    listed.untracked.push(Untracked {
                        path,
                        is_link: kind.is_symlink(),
                    });
                }
            }
        }
        take(tracked);
        listed.untracked.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }
}

/// A tracked file whose stat leaves doubt, with it where the folder's listing led to it.
type Doubtful<'i> = (&'i str, IndexEntry, Option<Seen>);

/// A tracked file as its folder lists it.
struct Tracked<'i> {
    path: &'i str,
    entry: IndexEntry,
    file: DirEntry,
}

/// What folders hold.
struct Listed {
    /// Of each entry of the index whether its file was met.
    found: Vec<bool>,
    untracked: Vec<Untracked>,
}

/// A file that the index does not know.
struct Untracked {
    path: String,
    is_link: bool,
}

/// Tells whether an entry's file is one of the worktree.
fn is_here(entry: &IndexEntry) -> bool {
    !entry.skip_worktree && entry.mode != MODE_SUBMODULE
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
