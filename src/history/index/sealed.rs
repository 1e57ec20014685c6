//! Keys and values in sled, sealed: each lies in one of [`BUCKETS`] buckets, and one value holds the checksum of every
//! bucket and of itself. A flipped bit, a lost value or one of another time does not fit, and is damage.
//!
//! sled 0.34 loses values silently or panics when its file is damaged, hence the seals, and the guard around each call.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_64;

/// The index is not what was written.
#[derive(Debug)]
pub(in crate::history) struct Damaged;

const BUCKETS: usize = 512;
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
    db: sled::Db,
    stamp: u64,
    /// The checksum of each bucket, 0 for one that was never written; absent while nothing was.
    seals: Option<Vec<u64>>,
    loaded: RefCell<HashMap<usize, Rc<Bucket>>>,
    changed: BTreeSet<usize>,
}

impl Sealed {
    /// Takes a file that was opened; `stamp` is what it is good for.
    pub(super) fn new(db: sled::Db, stamp: &[u8]) -> Self {
        Self {
            db,
            stamp: XxHash3_64::oneshot(stamp),
            seals: None,
            loaded: RefCell::default(),
            changed: BTreeSet::new(),
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

    /// Closes the file, on a thread of its own: nothing waits in it to be written, and nobody for it.
    pub(super) fn close_later(self) {
        std::thread::spawn(move || drop(self.db));
    }

    /// Reads the seals. A file without any is empty.
    pub(super) fn unseal(&mut self) -> Result<(), Damaged> {
        let found = guarded(|| self.db.get(SEALS)).ok_or(Damaged)?;
        let Some(value) = found.map_err(|_| Damaged)? else {
            // Values without seals are what is left of a file that was damaged.
            let empty = guarded(|| self.db.is_empty()).ok_or(Damaged)?;
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
        Ok(self.bucket(number(key))?.get(key).cloned())
    }

    /// Sets the value of a key, in memory until [`Self::seal`].
    pub(super) fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), Damaged> {
        let number = number(&key);
        let bucket = self.bucket(number)?;
        self.loaded.get_mut().remove(&number);
        let mut bucket = Rc::try_unwrap(bucket).unwrap_or_else(|shared| (*shared).clone());
        bucket.insert(key, value);
        self.loaded.get_mut().insert(number, Rc::new(bucket));
        self.changed.insert(number);
        Ok(())
    }

    /// Writes what was set, at once and to the disk.
    pub(super) fn seal(&mut self) -> Result<(), Damaged> {
        let Some(seals) = &mut self.seals else {
            return Err(Damaged);
        };
        let mut batch = sled::Batch::default();
        for number in std::mem::take(&mut self.changed) {
            let Some(bucket) = self.loaded.get_mut().get(&number) else {
                continue;
            };
            let bytes = encode(bucket);
            seals[number] = checksum(number, &bytes);
            batch.insert(&bucket_name(number), bytes);
        }
        let mut body = MAGIC.to_vec();
        body.extend(self.stamp.to_be_bytes());
        body.extend(seals.iter().flat_map(|seal| seal.to_be_bytes()));
        let seal = XxHash3_64::oneshot(&body);
        body.extend(seal.to_be_bytes());
        batch.insert(SEALS, body);
        let written = guarded(|| {
            self.db.apply_batch(batch)?;
            self.db.flush()
        });
        match written {
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(Damaged),
        }
    }

    fn bucket(&self, number: usize) -> Result<Rc<Bucket>, Damaged> {
        if let Some(bucket) = self.loaded.borrow().get(&number) {
            return Ok(Rc::clone(bucket));
        }
        let seal = *self
            .seals
            .as_ref()
            .ok_or(Damaged)?
            .get(number)
            .ok_or(Damaged)?;
        let bucket = if seal == 0 {
            Bucket::new()
        } else {
            let found = guarded(|| self.db.get(bucket_name(number))).ok_or(Damaged)?;
            let bytes = found.map_err(|_| Damaged)?.ok_or(Damaged)?;
            if checksum(number, &bytes) != seal {
                return Err(Damaged);
            }
            decode(&bytes).ok_or(Damaged)?
        };
        let bucket = Rc::new(bucket);
        self.loaded.borrow_mut().insert(number, Rc::clone(&bucket));
        Ok(bucket)
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

fn decode(mut bytes: &[u8]) -> Option<Bucket> {
    let mut part = || -> Option<Option<Vec<u8>>> {
        if bytes.is_empty() {
            return Some(None);
        }
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (part, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        Some(Some(part.to_vec()))
    };
    let mut bucket = Bucket::new();
    while let Some(key) = part()? {
        bucket.insert(key, part()??);
    }
    Some(bucket)
}
