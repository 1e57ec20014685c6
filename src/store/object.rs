//! Objects: read with their hash checked, written in batches that are synced once.
//!
//! The library underneath neither checks what it reads nor syncs what it writes; both are done here. Invariants: bytes
//! that leave [`Store::object`] have the hash that was asked for; after [`Store::sync_objects`] everything written
//! before is on disk. Until then new objects wait in memory, where reads find them. A batch of more than
//! [`LOOSE_LIMIT`] objects becomes one pack, a smaller one loose files (gitformat-pack, gitrepository-layout).

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::objs::{Find as _, Kind};
use sha1::{Digest as _, Sha1};

use super::loose::{self, Ahead};
use super::pack::PackWriter;
use super::{BlobId, Error, Store, TreeId};
use crate::catalog::files::each_on;

/// Batches of up to this many objects are written as loose files, larger ones as a pack.
pub(super) const LOOSE_LIMIT: usize = 200;
/// Bytes of an object that is worth a thread, or a place of its own.
pub(super) const LARGE: usize = 64 << 10;
/// Bytes of waiting objects at which a pack is written without waiting for the end of the batch.
const SPILL_BYTES: usize = 64 << 20;
/// The largest object that is read into memory, in bytes.
pub(super) const OBJECT_LIMIT: u64 = 256 << 20;

/// Raw bytes of an object id.
pub(super) type RawId = [u8; 20];

/// What survives which accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// What was acknowledged survives a power loss.
    #[default]
    Full,
    /// What was acknowledged survives the death of the process; nothing is synced. For tests and scratch copies.
    Normal,
}

/// Objects written but not yet on disk.
#[derive(Default)]
pub(super) struct Pending(Mutex<Batch>);

#[derive(Default)]
struct Batch {
    objects: HashMap<RawId, (Kind, Arc<Vec<u8>>)>,
    /// Ids as they came: what an object names is before it.
    order: Vec<RawId>,
    bytes: usize,
    /// The first large object of a command's staging, which is written already.
    ahead: Option<Ahead>,
}

impl Pending {
    /// Gives up what was written ahead.
    pub(super) fn give_up(&self) {
        let ahead = self.lock().ahead.take();
        drop(ahead);
    }

    /// A batch is valid between any two of its changes, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Reads an object of the expected kind, checking its hash.
    pub(super) fn object(&self, id: &RawId, expected: Kind) -> Result<Vec<u8>, Error> {
        let (kind, data) = self.any_object(id)?;
        if kind == expected {
            return Ok(data);
        }
        Err(Error::WrongKind {
            id: hex(id),
            expected: kind_name(expected),
            actual: kind_name(kind).into(),
        })
    }

    /// Reads an object of any kind, checking its hash unless it is one of this process's own.
    pub(super) fn any_object(&self, id: &RawId) -> Result<(Kind, Vec<u8>), Error> {
        if *id == TreeId::EMPTY.0 {
            return Ok((Kind::Tree, Vec::new()));
        }
        if let Some((kind, data)) = self.pending.lock().objects.get(id) {
            return Ok((*kind, data.to_vec()));
        }
        let mut data = Vec::new();
        let found = self
            .repo
            .objects
            .try_find(&gix::ObjectId::Sha1(*id), &mut data);
        let found = found.map_err(|source| Error::DamagedObject {
            id: hex(id),
            reason: flatten(&source),
        })?;
        let Some(kind) = found.map(|object| object.kind) else {
            return Err(self.missing(id));
        };
        if checksum(kind, &data) == *id {
            return Ok((kind, data));
        }
        Err(Error::DamagedObject {
            id: hex(id),
            reason: "its bytes have another hash (restore it from a clone, see `git fsck`)"
                .to_owned(),
        })
    }

    /// Reads a tree, checking its hash, or the checksum of what is kept of it.
    pub(super) fn read_tree(&self, id: TreeId) -> Result<Vec<u8>, Error> {
        if let Some(bytes) = self.cached_tree(id) {
            return Ok(bytes);
        }
        let bytes = self.object(&id.0, Kind::Tree)?;
        self.cache_tree(id, &bytes);
        Ok(bytes)
    }

    /// Returns the length of an object's loose file, 0 if there is none.
    pub(super) fn loose_length(&self, id: &RawId) -> u64 {
        let file = loose::path(self.repo.objects.store_ref().path(), id);
        fs::metadata(file).map_or(0, |metadata| metadata.len())
    }

    /// Returns the bytes of a blob, their hash checked.
    ///
    /// # Errors
    /// When the object is missing, damaged, or no blob.
    pub fn read(&self, id: BlobId) -> Result<Vec<u8>, Error> {
        self.object(&id.0, Kind::Blob)
    }

    /// Adds a blob to the batch and returns its id.
    ///
    /// # Errors
    /// When a large batch has to be written to disk and that fails.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<BlobId, Error> {
        self.write_object(Kind::Blob, bytes).map(BlobId)
    }

    /// Returns the id that `bytes` would have as a blob.
    ///
    /// # Errors
    /// When the bytes form a known attack on SHA-1.
    pub fn blob_id(bytes: &[u8]) -> Result<BlobId, Error> {
        hash(Kind::Blob, bytes).map(BlobId)
    }

    /// Adds an object to the batch; nothing happens if the repository has it.
    pub(super) fn write_object(&self, kind: Kind, bytes: &[u8]) -> Result<RawId, Error> {
        let id = hash(kind, bytes)?;
        self.write_hashed(id, kind, || Arc::new(bytes.to_vec()))?;
        Ok(id)
    }

    /// As [`Store::write_object`], for bytes whose id is known; they are asked for only if the repository lacks them.
    pub(super) fn write_hashed(
        &self,
        id: RawId,
        kind: Kind,
        bytes: impl FnOnce() -> Arc<Vec<u8>>,
    ) -> Result<(), Error> {
        let mut batch = self.pending.lock();
        if batch.objects.contains_key(&id)
            || self
                .repo
                .objects
                .exists_without_refresh(&gix::ObjectId::Sha1(id))
        {
            return Ok(());
        }
        let bytes = bytes();
        if bytes.len() > LARGE && batch.ahead.is_none() && self.staging.is_open() {
            let directory = self.repo.objects.store_ref().path().to_owned();
            let object = (kind, Arc::clone(&bytes));
            batch.ahead = Some(Ahead::begin(directory, id, object, self.durability));
        }
        batch.bytes += bytes.len();
        batch.objects.insert(id, (kind, Arc::clone(&bytes)));
        batch.order.push(id);
        if batch.bytes > SPILL_BYTES {
            self.write_batch(&mut batch)?;
        }
        drop(batch);
        if kind == Kind::Tree {
            self.keep_tree(TreeId(id), &bytes);
        }
        Ok(())
    }

    /// Makes all objects written so far durable. Called before any reference or index names them.
    pub(super) fn sync_objects(&self) -> Result<(), Error> {
        self.write_batch(&mut self.pending.lock())
    }

    fn write_batch(&self, batch: &mut Batch) -> Result<(), Error> {
        if batch.objects.is_empty() {
            return Ok(());
        }
        let directory = self.repo.objects.store_ref().path().to_owned();
        let mut ids: Vec<&RawId> = batch.order.iter().collect();
        let as_pack = ids.len() > LOOSE_LIMIT;
        if as_pack {
            ids.sort_unstable();
        }
        let waiting = &batch.objects;
        let objects = ids
            .iter()
            .map(|id| (*id, waiting[*id].0, waiting[*id].1.as_slice()));
        if as_pack {
            let mut pack = PackWriter::new(&directory.join("pack"), ids.len())?;
            for (id, kind, data) in objects {
                pack.add(id, kind, data)?;
            }
            pack.finish(self.durability)?;
        } else {
            loose::write(&directory, objects, batch.ahead.take(), self.durability)?;
        }
        *batch = Batch::default();
        Ok(())
    }
}

/// Creates a file with a fresh name beginning with `prefix`, which `git gc` recognises as left over when it is.
pub(super) fn create_temporary(folder: &Path, prefix: &str) -> Result<(File, PathBuf), Error> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = NEXT.load(Ordering::Relaxed);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{prefix}{}_{number}", std::process::id()));
        match OpenOptions::new()
            .write(true)
            .read(true)
            .create_new(true)
            .open(&path)
        {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            // `git repack` removes empty folders at any time.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && number < first + 100 => {
                fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
            }
            Err(error) => return Err(Error::io("create", &path)(error)),
        }
    }
}

/// Threads that wait for the disk together: a file system writes its journal once for all of them.
const SYNCING: usize = 16;

/// Syncs several files' contents where durability asks for it.
pub(super) fn sync_files(files: &[(&File, &Path)], durability: Durability) -> Result<(), Error> {
    let threads = match durability {
        Durability::Full => SYNCING,
        Durability::Normal => 1,
    };
    let synced = each_on(threads, files, |(file, path)| {
        sync_file(file, path, durability)
    });
    synced.into_iter().collect()
}

/// Syncs several folders' entries where durability asks for it: a file system that writes its journal for the first has
/// the others in it.
pub(super) fn sync_folders(
    folders: &BTreeSet<PathBuf>,
    durability: Durability,
) -> Result<(), Error> {
    let mut folders = folders.iter();
    folders.try_for_each(|folder| sync_folder(folder, durability))
}

/// Syncs a file's content where durability asks for it.
pub(super) fn sync_file(file: &File, path: &Path, durability: Durability) -> Result<(), Error> {
    match durability {
        Durability::Full => file.sync_all().map_err(Error::io("sync", path)),
        Durability::Normal => Ok(()),
    }
}

/// Syncs a folder's entries where durability asks for it.
pub(super) fn sync_folder(folder: &Path, durability: Durability) -> Result<(), Error> {
    if durability == Durability::Normal || cfg!(windows) {
        return Ok(());
    }
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(Error::io("sync", folder))
}

/// Takes the write permission from an object's file, as git does.
pub(super) fn read_only(path: &Path) -> Result<(), Error> {
    let mut permissions = fs::metadata(path)
        .map_err(Error::io("read", path))?
        .permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions).map_err(Error::io("write", path))
}

/// zlib's fastest level that compresses: hashes do not compress and text does well enough.
pub(super) const FASTEST: i32 = 1;

/// Writes parts as one stream of zlib's, at one of its levels.
pub(super) fn deflate(parts: &[&[u8]], level: i32) -> Result<Vec<u8>, Error> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let room = if level == 0 { length } else { length / 2 };
    let level = gix::zlib::Compression::new(level).expect("it is a zlib level");
    let mut stream = gix::zlib::stream::deflate::Write::new(Vec::with_capacity(room + 64), level);
    let written = parts.iter().try_for_each(|part| stream.write_all(part));
    written
        .and_then(|()| stream.flush())
        .map_err(|source| Error::Git {
            action: "compress an object".to_owned(),
            source: Box::new(source),
        })?;
    Ok(stream.into_inner())
}

/// Computes an object's id. Attacks on SHA-1 are looked for, as git does, but not in trees: between ids that nobody chooses
/// and names that are text there is no room for one.
pub(super) fn hash(kind: Kind, bytes: &[u8]) -> Result<RawId, Error> {
    if kind == Kind::Tree {
        return Ok(checksum(kind, bytes));
    }
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes)
        .map_err(Error::git("hash an object"))?;
    let mut raw = [0; 20];
    raw.copy_from_slice(id.as_slice());
    Ok(raw)
}

/// Computes the id of bytes that are to have a known one. Unlike [`hash`] it does not look for attacks on SHA-1, which
/// git does when an object comes into a repository; the processor's own instructions make it several times as fast.
pub(super) fn checksum(kind: Kind, bytes: &[u8]) -> RawId {
    let mut hasher = Sha1::new();
    hasher.update(gix::objs::encode::loose_header(kind, bytes.len() as u64));
    hasher.update(bytes);
    hasher.finalize().into()
}

/// Tells whether a file's bytes end in the SHA-1 of all before it, or in the zeros that git writes with `index.skipHash`.
pub(super) fn ends_in_its_sum(bytes: &[u8]) -> bool {
    let split = bytes.split_last_chunk::<20>();
    split.is_some_and(|(content, sum)| *sum == [0; 20] || Sha1::digest(content)[..] == *sum)
}

/// Computes the SHA-1 of all that a file still holds.
pub(super) fn sum_of(mut file: impl Read) -> std::io::Result<RawId> {
    let mut hasher = Sha1::new();
    let mut bytes = vec![0; 1 << 16];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&bytes[..read]),
        }
    }
}

/// Prints an object id.
pub(super) fn hex(id: &RawId) -> String {
    BlobId(*id).to_string()
}

/// Names an object kind.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Tree => "tree",
        Kind::Blob => "blob",
        Kind::Commit => "commit",
        Kind::Tag => "tag",
    }
}

/// Joins an error and its causes into one line.
pub(super) fn flatten(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
