//! Git's lock files: `<file>.lock` is created, filled, synced and renamed over the file, so a reader sees the old content
//! or the new and two writers never mix (git's `lockfile.h`).

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Error;
use super::object::{Durability, sync_file, sync_folder};

/// How long a writer waits for another one before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A held lock; dropped without [`LockFile::commit`] it leaves the file as it was.
pub(super) struct LockFile {
    target: PathBuf,
    path: PathBuf,
    file: File,
    committed: bool,
}

impl LockFile {
    /// Waits for the lock of `target`, whose folder is created if it is missing.
    pub(super) fn acquire(target: &Path) -> Result<Self, Error> {
        Self::acquire_within(target, PATIENCE)
    }

    fn acquire_within(target: &Path, patience: Duration) -> Result<Self, Error> {
        let mut name = target.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Self {
                        target: target.to_owned(),
                        path,
                        file,
                        committed: false,
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    if start.elapsed() >= patience {
                        return Err(Error::Locked {
                            age: age(&path),
                            lock: path,
                        });
                    }
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
                Err(error)
                    if error.kind() == std::io::ErrorKind::NotFound
                        && start.elapsed() < patience =>
                {
                    let folder = target.parent().unwrap_or(Path::new("."));
                    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
                }
                Err(error) => return Err(Error::io("lock", &path)(error)),
            }
        }
    }

    /// Writes the new content to the lock file and makes it durable, without publishing it.
    pub(super) fn write(&mut self, bytes: &[u8], durability: Durability) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(Error::io("write", &self.path))?;
        sync_file(&self.file, &self.path, durability)
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
    }
}

fn age(path: &Path) -> String {
    let seconds = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.elapsed().ok())
        .map_or(0, |elapsed| elapsed.as_secs());
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_excludes_publishes_and_rolls_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("deep/er/file");
        let mut lock = LockFile::acquire(&target).unwrap();
        let error = LockFile::acquire_within(&target, Duration::from_millis(5))
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .contains("file.lock` has been there for 0 seconds"),
            "{error}"
        );
        lock.write(b"one", Durability::Normal).unwrap();
        lock.commit(Durability::Full).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one");

        let mut lock = LockFile::acquire(&target).unwrap();
        lock.write(b"two", Durability::Normal).unwrap();
        drop(lock);
        assert_eq!(fs::read(&target).unwrap(), b"one");
        assert!(LockFile::acquire_within(&target, Duration::ZERO).is_ok());
    }
}
