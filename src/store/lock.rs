//! Git's lock files: `<file>.lock` is created, filled, synced and renamed over the file, so a reader sees the old content
//! or the new and two writers never mix (git's `lockfile.h`).
//!
//! A lock of ours is told from git's, and one of a living process from one that was left by a kill, by its *claim*: a
//! second name of the same file in `.git`, with an advisory lock on it (flock(2)) that ends with its process.
//! The claim is made and locked before the lock file appears under its own name (link(2) makes it appear or fails, as
//! `O_EXCL` does), so there is no moment at which a lock of ours is taken for another's. A lock whose claim nobody holds
//! was left by a process that is dead, and is removed at once; one without a claim is another program's, which git too
//! leaves to people. Where files cannot have two names, locks are made as git makes them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::object::{Durability, create_temporary, sync_file, sync_folder};
use super::{Error, Store};

/// How long a writer waits for another one before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);
/// How the names of claims begin; the process's number follows.
const CLAIM: &str = "vrev-claim_";
/// How often a claim is made again that others take for left behind.
const STAKES: usize = 10;

/// A held lock; dropped without [`LockFile::commit`] it leaves the file as it was.
pub(super) struct LockFile {
    target: PathBuf,
    path: PathBuf,
    file: File,
    claim: Option<Claim>,
    committed: bool,
}

/// Who holds a lock that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// Nobody any more: it was left behind and has been removed, or it went away by itself.
    Nobody,
    /// A living process of vrev.
    Process(Option<u32>),
    /// A program that makes no claims.
    Unknown,
}

impl Store {
    /// Waits for the lock of `target`, whose folder is created if it is missing.
    pub(super) fn lock(&self, target: &Path) -> Result<LockFile, Error> {
        LockFile::acquire(target, &self.claims(), PATIENCE)
    }

    /// Removes locks that processes left when they were killed, so that plain git goes on too. What cannot be removed
    /// here is met again by whoever needs the lock.
    pub(super) fn clear_left_locks(&self) {
        let claims = self.claims();
        let left = claims.left();
        if !left.is_empty() {
            remove_left(&claims.folder, &left);
        }
    }

    fn claims(&self) -> Claims {
        Claims {
            folder: self.whole_common_dir(),
        }
    }
}

impl LockFile {
    fn acquire(target: &Path, claims: &Claims, patience: Duration) -> Result<Self, Error> {
        let mut name = target.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match claims.create(&path) {
                Ok((file, claim)) => {
                    return Ok(Self {
                        target: target.to_owned(),
                        path,
                        file,
                        claim,
                        committed: false,
                    });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    let holder = claims.holder(&path);
                    let waited = start.elapsed();
                    // Another program's lock that is old already will not go away within our patience.
                    let since = match (holder, age(&path)) {
                        (Holder::Unknown, Some(age)) => waited.max(age),
                        _ => waited,
                    };
                    if holder == Holder::Nobody {
                        continue;
                    }
                    if since >= patience {
                        return Err(locked(&path, holder));
                    }
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
                Err(error) if error.kind() == ErrorKind::NotFound && start.elapsed() < patience => {
                    let folder = target.parent().unwrap_or(Path::new("."));
                    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
                }
                Err(error) => return Err(Error::io("lock", &path)(error)),
            }
        }
    }

    /// Writes the new content to the lock file and makes it durable, without publishing it.
    pub(super) fn write(&mut self, bytes: &[u8], durability: Durability) -> Result<(), Error> {
        self.fill(|file| file.write_all(bytes))?;
        self.sync(durability)
    }

    /// Writes the new content to the lock file, without making it durable.
    pub(super) fn fill(
        &mut self,
        write: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        write(&mut self.file).map_err(Error::io("write", &self.path))
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self, durability: Durability) -> Result<(), Error> {
        sync_file(&self.file, &self.path, durability)
    }

    /// Gives the new file the permissions of the old one.
    pub(super) fn take_permissions(&self) -> Result<(), Error> {
        let failed = || Error::io("read", &self.target);
        let permissions = fs::metadata(&self.target).map_err(failed())?.permissions();
        self.file
            .set_permissions(permissions)
            .map_err(Error::io("write", &self.path))
    }

    /// Publishes what was written.
    pub(super) fn commit(mut self, durability: Durability) -> Result<(), Error> {
        fs::rename(&self.path, &self.target).map_err(Error::io("write", &self.target))?;
        self.committed = true;
        match self.target.parent() {
            Some(folder) => sync_folder(folder, durability),
            None => Ok(()),
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.path);
        }
        // Only then: a lock that is there must have its claim.
        if let Some(claim) = self.claim.take() {
            claim.give_up();
        }
    }
}

/// The folder of claims: the shared `.git`.
struct Claims {
    folder: PathBuf,
}

/// The second name of a lock file of ours.
struct Claim {
    path: PathBuf,
}

impl Claims {
    /// Makes the lock file, claimed where that is possible.
    fn create(&self, path: &Path) -> std::io::Result<(File, Option<Claim>)> {
        let Some((file, claim)) = self.stake() else {
            let file = OpenOptions::new().write(true).create_new(true).open(path)?;
            return Ok((file, None));
        };
        let made = match fs::hard_link(&claim.path, path) {
            Ok(()) => return Ok((file, Some(claim))),
            // Swept away before it was locked, or the lock's folder is missing: both are tried again.
            Err(error)
                if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) =>
            {
                Err(error)
            }
            Err(_) => {
                let plain = OpenOptions::new().write(true).create_new(true).open(path);
                plain.map(|file| (file, None))
            }
        };
        claim.give_up();
        made
    }

    /// Makes a claim for a lock to come; `None` where that cannot be.
    fn stake(&self) -> Option<(File, Claim)> {
        if cfg!(not(unix)) {
            return None; // what a file is cannot be asked there without its name
        }
        for _ in 0..STAKES {
            let (file, path) = create_temporary(&self.folder, CLAIM).ok()?;
            let claim = Claim { path };
            match file.try_lock() {
                Ok(()) => return Some((file, claim)),
                // Another process took it for left behind.
                Err(TryLockError::WouldBlock) => claim.give_up(),
                Err(TryLockError::Error(_)) => {
                    claim.give_up();
                    return None;
                }
            }
        }
        None
    }

    fn entries(&self) -> impl Iterator<Item = PathBuf> {
        let found = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_claim =
            |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(CLAIM);
        found.filter(is_claim).map(|entry| entry.path())
    }

    /// Tells who holds a lock that is there. One that was left behind is removed.
    fn holder(&self, lock: &Path) -> Holder {
        let Some(wanted) = identity(lock) else {
            return Holder::Nobody;
        };
        for claim in self.entries() {
            if identity(&claim) != Some(wanted) {
                continue;
            }
            let Ok(file) = open(&claim) else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Holder::Process(process_of(&claim)),
                Err(TryLockError::Error(_)) => return Holder::Unknown,
            }
            // While the claim is locked here nobody else takes the lock for left behind.
            if identity(lock) == Some(wanted) {
                if fs::remove_file(lock).is_err() {
                    return Holder::Unknown;
                }
                Claim { path: claim }.give_up();
            }
            return Holder::Nobody;
        }
        if identity(lock) == Some(wanted) {
            Holder::Unknown
        } else {
            Holder::Nobody
        }
    }

    /// Returns the claims that nobody holds, locked, with what they are second names of.
    fn left(&self) -> Vec<(File, PathBuf, Identity)> {
        let held = self.entries().filter_map(|path| {
            let file = open(&path).ok()?;
            file.try_lock().ok()?;
            let identity = identity(&path)?;
            Some((file, path, identity))
        });
        held.collect()
    }
}

impl Claim {
    fn give_up(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens a claim so that it can be locked, on network file systems too.
fn open(claim: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).open(claim)
}

/// Removes the lock files below a folder that are second names of claims which nobody holds, and these claims.
fn remove_left(folder: &Path, left: &[(File, PathBuf, Identity)]) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                // Objects are never locked; there are many.
                if entry.file_name() != "objects" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "lock") {
                let found = identity(&path);
                if left.iter().any(|(.., claimed)| found == Some(*claimed)) {
                    let _ = fs::remove_file(&path);
                }
            }
        }
    }
    for (_, path, _) in left {
        let _ = fs::remove_file(path);
    }
}

/// What a file is, whatever its name: device and inode.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    // No claims are made: what matters is only whether the file is there.
    fs::symlink_metadata(path).ok().map(|_| (0, 0))
}

/// Returns the process that made a claim, from its name.
fn process_of(claim: &Path) -> Option<u32> {
    let name = claim.file_name()?.to_str()?.strip_prefix(CLAIM)?;
    name.split('_').next()?.parse().ok()
}

fn locked(path: &Path, holder: Holder) -> Error {
    let seconds = age(path).map_or(0, |age| age.as_secs());
    let age = match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    };
    let lock = path.to_owned();
    match holder {
        Holder::Process(process) => Error::Held { lock, age, process },
        Holder::Nobody | Holder::Unknown => Error::Locked { lock, age },
    }
}

/// How long ago a file was written last; `None` if that cannot be told, or is in the future.
fn age(path: &Path) -> Option<Duration> {
    fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()?
        .elapsed()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquire(root: &Path, target: &Path, milliseconds: u64) -> Result<LockFile, Error> {
        LockFile::acquire(target, &claims(root), Duration::from_millis(milliseconds))
    }

    fn claims(root: &Path) -> Claims {
        let folder = root.to_owned();
        Claims { folder }
    }

    fn refusal(root: &Path, target: &Path) -> String {
        acquire(root, target, 5).err().unwrap().to_string()
    }

    #[test]
    fn a_lock_excludes_publishes_and_rolls_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("deep/er/file");
        let mut lock = acquire(folder.path(), &target, 5).unwrap();
        let told = refusal(folder.path(), &target);
        assert!(told.contains("file.lock` has been there for 0 s"), "{told}");
        lock.write(b"one", Durability::Normal).unwrap();
        lock.commit(Durability::Full).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one");

        let mut lock = acquire(folder.path(), &target, 5).unwrap();
        lock.write(b"two", Durability::Normal).unwrap();
        drop(lock);
        assert_eq!(fs::read(&target).unwrap(), b"one");
        assert!(acquire(folder.path(), &target, 0).is_ok());
        assert_eq!(claims(folder.path()).entries().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_of_a_dead_process_is_taken_over_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (root, target) = (folder.path(), folder.path().join("file"));
        let lock = acquire(root, &target, 5).unwrap();
        let held = refusal(root, &target);
        let process = format!("process {} of vrev holds it", std::process::id());
        assert!(held.contains(&process), "{held}");

        // As a kill leaves it: both names are there, and nobody has the file open.
        let path = lock.path.clone();
        let named = root.join("kept");
        fs::hard_link(&path, &named).unwrap();
        drop(lock);
        let claim = root.join("vrev-claim_4000000000_0");
        fs::rename(&named, &claim).unwrap();
        fs::hard_link(&claim, &path).unwrap();
        drop(acquire(root, &target, 0).unwrap());
        assert!(!claim.exists() && !path.exists());

        // Without a claim it is another program's.
        fs::write(&path, "").unwrap();
        let told = refusal(root, &target);
        assert!(told.contains("then delete this file"), "{told}");
        assert!(path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn locks_left_anywhere_are_removed_together() {
        let folder = tempfile::tempdir().unwrap();
        let (root, claims) = (folder.path(), claims(folder.path()));
        fs::create_dir_all(root.join("refs/heads")).unwrap();
        let mut left = Vec::new();
        for (number, name) in ["index.lock", "refs/heads/main.lock"].iter().enumerate() {
            let claim = claims.folder.join(format!("{CLAIM}4000000000_{number}"));
            fs::write(&claim, "").unwrap();
            fs::hard_link(&claim, root.join(name)).unwrap();
            left.extend([claim, root.join(name)]);
        }
        let published = claims.folder.join(format!("{CLAIM}4000000000_2"));
        fs::write(&published, "content").unwrap();
        fs::hard_link(&published, root.join("HEAD")).unwrap();
        left.push(published);
        let lock = acquire(root, &root.join("config"), 0).unwrap();
        fs::write(root.join("packed-refs.lock"), "").unwrap();
        remove_left(root, &claims.left());
        assert!(left.iter().all(|path| !path.exists()), "{left:?}");
        assert!(lock.path.exists() && root.join("packed-refs.lock").exists());
        assert_eq!(fs::read(root.join("HEAD")).unwrap(), b"content");
    }

    #[test]
    fn an_old_lock_of_another_program_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.lock");
        let file = File::create(&path).unwrap();
        let hours_ago = std::time::SystemTime::now() - Duration::from_secs(3 * 3600);
        file.set_modified(hours_ago).unwrap();
        let start = Instant::now();
        let target = folder.path().join("file");
        let told = acquire(folder.path(), &target, 60_000).err().unwrap();
        assert!(told.to_string().contains("for 3 hours"), "{told}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
