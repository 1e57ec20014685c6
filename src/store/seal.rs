//! Seals: what nothing else vouches for, noted with size, time and hash, so that bytes which change though nobody wrote
//! the file are found.
//!
//! Objects, packs and git's index carry hashes, and the index vouches for files of the worktree. References, packed ones,
//! logs, settings, working rows and files that are changed but not staged carry none: a branch whose name changes by a
//! bit is as good a branch. So `verify` notes them, and the next one reads them again: where size and time are still
//! those noted and the bytes are not, the disk or the memory changed them. What changes before it is first noted, or in
//! the tick of the clock in which it is written, cannot be told from what was meant.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::object::{hex, sum_of};
use super::verify::{Examined, files_below};
use super::{Error, Store};

/// The note's name in `.git/vrev/`; a linked worktree's has the worktree's name behind it.
const NOTE: &str = "seals";
/// Younger files are not sealed: another write could leave their time as it is (git's racy-git.txt), which some file
/// systems tell in seconds only.
const SETTLED: Duration = Duration::from_secs(1);

/// What a file was like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    /// Bytes.
    size: u64,
    /// When it was written last: seconds since 1970, nanoseconds.
    modified: (u64, u32),
    /// The SHA-1 of its bytes.
    sum: String,
}

/// By path: below `.git/`, or of the worktree.
type Seals = BTreeMap<String, Seal>;

impl Store {
    /// Tells what changed though nobody wrote it.
    pub(super) fn examine_seals(&self, found: &mut Examined) {
        let Some(seals) = self.seals() else {
            let place = format!(".git/vrev/{}", self.note());
            return found.say(place, "it is damaged; it is made anew");
        };
        for (path, seal) in seals {
            let file = self.sealed_file(&path);
            if looks(&file) == Some((seal.size, seal.modified))
                && sum(&file).is_ok_and(|sum| sum != seal.sum)
            {
                found.say(path, "its bytes changed, but not its size and times");
            }
        }
    }

    /// Notes what files are like now; those that look as they were noted keep their seals. `matters` tells which files of
    /// the worktree are sealed where the index does not vouch for them.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn seal(&self, matters: impl Fn(&str) -> bool) -> Result<(), Error> {
        let mut known = self.seals().unwrap_or_default();
        let settled = SystemTime::now().checked_sub(SETTLED);
        let settled = settled.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let mut seals = Seals::new();
        for path in self.unvouched(matters)? {
            let file = self.sealed_file(&path);
            let Some((size, modified)) = looks(&file) else {
                continue;
            };
            let same = |seal: &Seal| (seal.size, seal.modified) == (size, modified);
            if let Some(seal) = known.remove(&path).filter(same) {
                seals.insert(path, seal);
            } else if settled.is_some_and(|time| Duration::new(modified.0, modified.1) < time)
                && let Ok(sum) = sum(&file)
                && looks(&file) == Some((size, modified))
            {
                seals.insert(
                    path,
                    Seal {
                        size,
                        modified,
                        sum,
                    },
                );
            }
        }
        let text = serde_json::to_vec(&seals).expect("paths, numbers and sums are JSON");
        self.keep_derived(&self.note(), &text)
    }

    /// Returns what was noted; `None` where the note is damaged.
    fn seals(&self) -> Option<Seals> {
        if !self.vrev_dir().join(self.note()).exists() {
            return Some(Seals::new());
        }
        let text = self.derived(&self.note())?;
        serde_json::from_slice(&text).ok()
    }

    fn note(&self) -> String {
        match self.git_dir().file_name().and_then(|name| name.to_str()) {
            Some(name) if self.git_dir() != self.common_dir() => format!("{NOTE}-{name}"),
            _ => NOTE.to_owned(),
        }
    }

    fn sealed_file(&self, path: &str) -> PathBuf {
        match path.strip_prefix(".git/") {
            Some(inside) => self.common_dir().join(inside),
            None => self.worktree_path(path),
        }
    }

    /// Returns the files that carry no hash and that nobody else has a hash of.
    fn unvouched(&self, matters: impl Fn(&str) -> bool) -> Result<Vec<String>, Error> {
        let common = self.common_dir();
        let mut paths = Vec::new();
        for file in files_below(common) {
            let inside = file.strip_prefix(common).ok().and_then(Path::to_str);
            if let Some(inside) = inside.filter(|inside| is_unvouched(inside)) {
                paths.push(format!(".git/{inside}"));
            }
        }
        // An index that cannot be read is told where it is read.
        if let Ok(index) = self.index() {
            let scan = self.scan(&index)?;
            let changed = scan.changed.into_keys().chain(scan.untracked);
            paths.extend(changed.filter(|path| matters(path)));
        }
        Ok(paths)
    }
}

/// Tells whether a file below `.git` carries no hash of its own and is neither passing nor made again when damaged.
fn is_unvouched(inside: &str) -> bool {
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let is_passing =
        name.ends_with(".lock") || name.ends_with("-shm") || name.starts_with("vrev-claim_");
    let is_derived = folder.starts_with("vrev/history")
        || folder.starts_with("vrev/trees")
        || inside.starts_with("vrev/seals");
    let is_hashed = match folder.strip_prefix("objects/") {
        Some("pack") => !name.ends_with(".keep") && !name.ends_with(".promisor"),
        Some("info") => name == "commit-graph",
        Some(_) => true,
        None => false,
    };
    !is_passing && !is_derived && !is_hashed
}

/// Returns the size and the time of a file; `None` if there is none.
fn looks(file: &Path) -> Option<(u64, (u64, u32))> {
    let metadata = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((
        metadata.len(),
        (modified.as_secs(), modified.subsec_nanos()),
    ))
}

/// Returns the SHA-1 of a file's bytes.
fn sum(file: &Path) -> Result<String, Error> {
    let open = fs::File::open(file).map_err(Error::io("read", file))?;
    let sum = sum_of(open).map_err(Error::io("read", file))?;
    Ok(hex(&sum))
}
