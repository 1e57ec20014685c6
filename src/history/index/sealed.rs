//! Keys and values in sled, sealed: each lies in one of [`BUCKETS`] buckets, and one value holds the checksum of every
//! bucket and of itself. A flipped bit, a lost value or one of another time does not fit, and is damage.
//!
//! sled 0.34 loses values silently or panics when its file is damaged, hence the seals, and the guard around each call.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_64;

use super::copy::Copy;

/// The index is not what was written.
#[derive(Debug)]
pub(in crate::history) struct Damaged;

pub(super) const BUCKETS: usize = 512;
/// Begins the value that holds the seals; another version is no index.
const MAGIC: &[u8] = b"vrev history index 3\n";
const SEALS: &[u8] = b"seals";
/// Memory that sled may use, in bytes.
const CACHE: u64 = 16 << 20;
/// Bytes of a segment of sled's file: of the last one much is read and written whenever it is opened.
const SEGMENT: usize = 64 << 10;

type Bucket = BTreeMap<Vec<u8>, Vec<u8>>;

/// An open file of sealed buckets.
pub(super) struct Sealed {
    file: OpenFile,
    stamp: u64,
    /// The checksum of each bucket, 0 for one that was never written; absent while nothing was.
    seals: Option<Vec<u64>>,
    /// Buckets as they were read.
    loaded: RefCell<HashMap<usize, sled::IVec>>,
    changed: BTreeMap<usize, Bucket>,
}

/// Where buckets are read.
enum OpenFile {
    Sled(sled::Db),
    /// Nothing can be set in it.
    Copy(Copy),
}

impl Sealed {
    /// Takes a file that was opened; `stamp` is what it is good for.
    pub(super) fn new(db: sled::Db, stamp: &[u8]) -> Self {
        Self {
            file: OpenFile::Sled(db),
            stamp: XxHash3_64::oneshot(stamp),
            seals: None,
            loaded: RefCell::default(),
            changed: BTreeMap::new(),
        }
    }

    /// Opens the copy, if there is one that is good for `stamp`.
    pub(super) fn open_copy(folder: &Path, stamp: &[u8]) -> Option<Self> {
        let stamp = XxHash3_64::oneshot(stamp);
        let (copy, seals) = Copy::open(folder, stamp)?;
        Some(Self {
            file: OpenFile::Copy(copy),
            stamp,
            seals: Some(seals),
            loaded: RefCell::default(),
            changed: BTreeMap::new(),
        })
    }

    /// Tells whether it is the copy that is read.
    pub(super) fn is_copy(&self) -> bool {
        matches!(self.file, OpenFile::Copy(_))
    }

    /// Leaves a copy of what is sealed.
    pub(super) fn write_copy(&self, folder: &Path) -> Result<(), Damaged> {
        let seals = self.seals.as_ref().ok_or(Damaged)?;
        let buckets = (0..BUCKETS).map(|number| self.bucket(number));
        let buckets = buckets.collect::<Result<Vec<_>, _>>()?;
        Copy::write(folder, self.stamp, seals, &buckets);
        Ok(())
    }

    fn db(&self) -> Result<&sled::Db, Damaged> {
        match &self.file {
            OpenFile::Sled(db) => Ok(db),
            OpenFile::Copy(_) => Err(Damaged),
        }
    }

    /// Opens or creates a file; `None` where another process holds it, or it cannot be opened or made.
    pub(super) fn open(folder: &Path) -> Option<sled::Db> {
        let open = || {
            sled::Config::new()
                .path(folder)
                .segment_size(SEGMENT)
                .cache_capacity(CACHE)
                .flush_every_ms(None)
                .open()
        };
        let opened = guarded(open);
        match opened {
            Some(Ok(db)) => Some(db),
            // Held by another process, or the disk refuses.
            Some(Err(sled::Error::Io(_))) => None,
            Some(Err(_)) | None => {
                super::remove(folder);
                guarded(open)?.ok()
            }
        }
    }

    /// Leaves the file open until the process ends: nothing waits in it to be written, and closing it would write to the
    /// disk what is there already.
    pub(super) fn leave(self) {
        std::mem::forget(self.file);
    }

    /// Reads the seals. A file without any is empty.
    pub(super) fn unseal(&mut self) -> Result<(), Damaged> {
        let db = self.db()?;
        let found = guarded(|| db.get(SEALS)).ok_or(Damaged)?;
        let Some(value) = found.map_err(|_| Damaged)? else {
            // Values without seals are what is left of a file that was damaged.
            let empty = guarded(|| db.is_empty()).ok_or(Damaged)?;
            self.seals = Some(vec![0; BUCKETS]);
            return if empty { Ok(()) } else { Err(Damaged) };
        };
        let (body, seal) = value.split_last_chunk::<8>().ok_or(Damaged)?;
        let numbers = body.strip_prefix(MAGIC).ok_or(Damaged)?;
        if u64::from_be_bytes(*seal) != XxHash3_64::oneshot(body) {
            return Err(Damaged);
        }
        let (chunks, rest) = numbers.as_chunks::<8>();
        let numbers: Vec<u64> = chunks
            .iter()
            .map(|chunk| u64::from_be_bytes(*chunk))
            .collect();
        let (stamp, seals) = numbers.split_first().ok_or(Damaged)?;
        if *stamp != self.stamp || seals.len() != BUCKETS || !rest.is_empty() {
            return Err(Damaged);
        }
        self.seals = Some(seals.to_vec());
        Ok(())
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Damaged> {
        let number = number(key);
        if let Some(bucket) = self.changed.get(&number) {
            return Ok(bucket.get(key).cloned());
        }
        let bytes = self.bucket(number)?;
        for entry in Entries(&bytes) {
            let (known, value) = entry?;
            if known == key {
                return Ok(Some(value.to_vec()));
            }
        }
        Ok(None)
    }

    /// Sets the value of a key, in memory until [`Self::seal`].
    pub(super) fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), Damaged> {
        let number = number(&key);
        let bucket = match self.changed.remove(&number) {
            Some(bucket) => bucket,
            None => Entries(&self.bucket(number)?)
                .map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect::<Result<_, _>>()?,
        };
        let bucket = self.changed.entry(number).or_insert(bucket);
        bucket.insert(key, value);
        Ok(())
    }

    /// Writes what was set, at once and to the disk.
    pub(super) fn seal(&mut self) -> Result<(), Damaged> {
        let Some(seals) = &mut self.seals else {
            return Err(Damaged);
        };
        let mut batch = sled::Batch::default();
        for (number, bucket) in std::mem::take(&mut self.changed) {
            let bytes = encode(&bucket);
            seals[number] = checksum(number, &bytes);
            let bytes = sled::IVec::from(bytes);
            self.loaded.get_mut().insert(number, bytes.clone());
            batch.insert(&bucket_name(number), bytes);
        }
        let mut body = MAGIC.to_vec();
        body.extend(self.stamp.to_be_bytes());
        body.extend(seals.iter().flat_map(|seal| seal.to_be_bytes()));
        let seal = XxHash3_64::oneshot(&body);
        body.extend(seal.to_be_bytes());
        batch.insert(SEALS, body);
        let db = self.db()?;
        let written = guarded(|| {
            db.apply_batch(batch)?;
            db.flush()
        });
        match written {
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(Damaged),
        }
    }

    fn bucket(&self, number: usize) -> Result<sled::IVec, Damaged> {
        if let Some(bucket) = self.loaded.borrow().get(&number) {
            return Ok(bucket.clone());
        }
        let seals = self.seals.as_ref().ok_or(Damaged)?;
        let bytes = match *seals.get(number).ok_or(Damaged)? {
            0 => sled::IVec::default(),
            seal => {
                let bytes = match &self.file {
                    OpenFile::Copy(copy) => copy.bucket(number)?.into(),
                    OpenFile::Sled(db) => {
                        let found = guarded(|| db.get(bucket_name(number))).ok_or(Damaged)?;
                        found.map_err(|_| Damaged)?.ok_or(Damaged)?
                    }
                };
                if checksum(number, &bytes) != seal {
                    return Err(Damaged);
                }
                bytes
            }
        };
        self.loaded.borrow_mut().insert(number, bytes.clone());
        Ok(bytes)
    }
}

/// Runs a call of sled's that may panic on a damaged file; `None` if it did.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Mutex<()> = Mutex::new(());
    let _alone = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    set_hook(hook);
    done
}

fn number(key: &[u8]) -> usize {
    // The remainder is below the number of buckets.
    usize::try_from(XxHash3_64::oneshot(key) % BUCKETS as u64).unwrap_or(0)
}

fn bucket_name(number: usize) -> [u8; 9] {
    let mut name = [b'b'; 9];
    name[1..].copy_from_slice(&(number as u64).to_be_bytes());
    name
}

/// A bucket's checksum, never 0; bytes of another bucket have another.
fn checksum(number: usize, bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(number as u64, bytes).max(1)
}

fn encode(bucket: &Bucket) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in bucket {
        for part in [key, value] {
            bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(part);
        }
    }
    bytes
}

/// The entries of a bucket's bytes, keys and values in turn.
struct Entries<'b>(&'b [u8]);

impl<'b> Entries<'b> {
    fn part(&mut self) -> Result<&'b [u8], Damaged> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or(Damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Damaged)?;
        let (part, rest) = rest.split_at_checked(length).ok_or(Damaged)?;
        self.0 = rest;
        Ok(part)
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = Result<(&'b [u8], &'b [u8]), Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = self.part().and_then(|key| Ok((key, self.part()?)));
        if entry.is_err() {
            self.0 = &[];
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens a file that is closed, though a thread of sled's may yet have to let go of it.
    fn db(folder: &Path) -> sled::Db {
        std::iter::repeat_with(|| Sealed::open(folder))
            .inspect(|opened| {
                if opened.is_none() {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            })
            .take(10_000)
            .find_map(|opened| opened)
            .expect("nobody holds it")
    }

    fn open(folder: &Path, stamp: &[u8]) -> Sealed {
        Sealed::new(db(folder), stamp)
    }

    /// Makes a file with one value and returns its folder.
    fn made(parent: &Path) -> std::path::PathBuf {
        let folder = parent.join("history");
        let mut sealed = open(&folder, b"stamp");
        sealed.unseal().expect("an empty file is whole");
        sealed.set(b"key".to_vec(), b"value".to_vec()).unwrap();
        sealed.seal().unwrap();
        folder
    }

    #[test]
    fn what_was_sealed_is_read_back() {
        let parent = tempfile::tempdir().unwrap();
        let folder = made(parent.path());
        let mut sealed = open(&folder, b"stamp");
        sealed.unseal().unwrap();
        assert_eq!(sealed.get(b"key").unwrap(), Some(b"value".to_vec()));
        assert_eq!(sealed.get(b"other").unwrap(), None);
    }

    #[test]
    fn another_stamp_or_version_is_no_index() {
        let parent = tempfile::tempdir().unwrap();
        let folder = made(parent.path());
        assert!(open(&folder, b"another").unseal().is_err());
        // The seals as another version would have written them, with a checksum that fits.
        let file = db(&folder);
        let value = file.get(SEALS).unwrap().unwrap();
        let (body, _) = value.split_last_chunk::<8>().unwrap();
        let mut body = body.to_vec();
        body[MAGIC.len() - 2] += 1;
        let seal = XxHash3_64::oneshot(&body);
        body.extend(seal.to_be_bytes());
        file.insert(SEALS, body).unwrap();
        file.flush().unwrap();
        drop(file);
        assert!(open(&folder, b"stamp").unseal().is_err());
    }

    #[test]
    fn a_bucket_of_another_time_is_damage() {
        let parent = tempfile::tempdir().unwrap();
        let folder = made(parent.path());
        let name = bucket_name(number(b"key"));
        let file = db(&folder);
        let old = file.get(name).unwrap().unwrap();
        drop(file);
        let mut sealed = open(&folder, b"stamp");
        sealed.unseal().unwrap();
        sealed.set(b"key".to_vec(), b"newer".to_vec()).unwrap();
        sealed.seal().unwrap();
        sealed.db().unwrap().insert(name, old).unwrap();
        sealed.loaded.get_mut().clear();
        assert!(sealed.get(b"key").is_err());
        sealed.db().unwrap().remove(name).unwrap();
        assert!(sealed.get(b"key").is_err());
    }

    #[test]
    fn a_copy_is_read_as_the_file_and_its_damage_is_found() {
        let parent = tempfile::tempdir().unwrap();
        let folder = made(parent.path());
        assert!(Sealed::open_copy(&folder, b"stamp").is_none());
        let mut sealed = open(&folder, b"stamp");
        sealed.unseal().unwrap();
        for key in 0..2_000_u32 {
            sealed.set(key.to_be_bytes().to_vec(), vec![1; 9]).unwrap();
        }
        sealed.seal().unwrap();
        sealed.write_copy(&folder).unwrap();
        let read = || {
            let copy = Sealed::open_copy(&folder, b"stamp")?;
            Some(copy.get(b"key"))
        };
        assert_eq!(read().unwrap().unwrap(), Some(b"value".to_vec()));
        assert!(Sealed::open_copy(&folder, b"another").is_none());
        let mut copy = Sealed::open_copy(&folder, b"stamp").unwrap();
        copy.set(b"key".to_vec(), b"newer".to_vec()).unwrap();
        assert!(copy.seal().is_err(), "nothing is written to a copy");
        let file = folder.join("copy");
        let whole = std::fs::read(&file).unwrap();
        let (mut harmless, mut found) = (0, 0);
        for at in (0..whole.len()).step_by(31) {
            let mut damaged = whole.clone();
            damaged[at] ^= 16;
            std::fs::write(&file, &damaged).unwrap();
            match read() {
                // Another bucket than the key's.
                Some(Ok(value)) => {
                    assert_eq!(value, Some(b"value".to_vec()));
                    harmless += 1;
                }
                None | Some(Err(Damaged)) => found += 1,
            }
        }
        assert!(harmless > 100 && found > 100, "{harmless}, {found}");
        for length in [0, 5, 500, whole.len() - 1] {
            std::fs::write(&file, &whole[..length]).unwrap();
            assert!(read().is_none_or(|read| read.is_ok()), "{length}");
        }
    }
}
