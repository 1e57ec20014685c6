//! Objects: read with their hash checked, written in batches that are synced once.
//!
//! The library underneath neither checks what it reads nor syncs what it writes; both are done here. Invariants: bytes
//! that leave [`Store::object`] have the hash that was asked for; after [`Store::sync_objects`] everything written
//! before is on disk. Until then new objects wait in memory, where reads find them. A batch of more than
//! [`LOOSE_LIMIT`] objects becomes one pack, a smaller one loose files (gitformat-pack, gitrepository-layout).

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gix::objs::{Find as _, Kind};

use super::pack::PackWriter;
use super::{BlobId, Error, Store, TreeId};

/// Batches of up to this many objects are written as loose files, larger ones as a pack.
pub(super) const LOOSE_LIMIT: usize = 200;
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
    objects: HashMap<RawId, (Kind, Vec<u8>)>,
    /// Ids as they came: what an object names is before it.
    order: Vec<RawId>,
    bytes: usize,
}

impl Pending {
    /// A batch is valid between any two of its changes, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Reads an object of the expected kind, checking its hash.
    pub(super) fn object(&self, id: &RawId, expected: Kind) -> Result<Vec<u8>, Error> {
        let (kind, data) = self.any_object(id)?;
        if kind != expected {
            return Err(Error::WrongKind {
                id: hex(id),
                expected: kind_name(expected),
                actual: kind_name(kind).into(),
            });
        }
        Ok(data)
    }

    /// Reads an object of any kind, checking its hash.
    pub(super) fn any_object(&self, id: &RawId) -> Result<(Kind, Vec<u8>), Error> {
        if *id == TreeId::EMPTY.0 {
            return Ok((Kind::Tree, Vec::new()));
        }
        if let Some((kind, data)) = self.pending.lock().objects.get(id) {
            return Ok((*kind, data.clone()));
        }
        let mut data = Vec::new();
        let found = self
            .repo
            .objects
            .try_find(&gix::ObjectId::Sha1(*id), &mut data)
            .map_err(|source| Error::DamagedObject {
                id: hex(id),
                reason: flatten(&source),
            })?;
        let Some(kind) = found.map(|object| object.kind) else {
            return Err(self.missing(id));
        };
        if hash(kind, &data)? != *id {
            return Err(Error::DamagedObject {
                id: hex(id),
                reason: "its bytes have another hash (restore it from a clone, see `git fsck`)"
                    .to_owned(),
            });
        }
        Ok((kind, data))
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
        let mut batch = self.pending.lock();
        if batch.objects.contains_key(&id)
            || self
                .repo
                .objects
                .exists_without_refresh(&gix::ObjectId::Sha1(id))
        {
            return Ok(id);
        }
        batch.objects.insert(id, (kind, bytes.to_vec()));
        batch.order.push(id);
        batch.bytes += bytes.len();
        if batch.bytes > SPILL_BYTES {
            self.write_batch(&mut batch, None)?;
        }
        Ok(id)
    }

    /// Makes all objects written so far durable. Called before any reference or index names them.
    pub(super) fn sync_objects(&self) -> Result<(), Error> {
        self.sync_objects_and(None)
    }

    /// As [`Store::sync_objects`], and makes a file durable at the same time that will name them.
    pub(super) fn sync_objects_and(&self, also: Option<(&File, &Path)>) -> Result<(), Error> {
        self.write_batch(&mut self.pending.lock(), also)
    }

    fn write_batch(&self, batch: &mut Batch, also: Option<(&File, &Path)>) -> Result<(), Error> {
        let also: Vec<(&File, &Path)> = also.into_iter().collect();
        if batch.objects.is_empty() {
            return sync_files(&also, self.durability);
        }
        let directory = self.repo.objects.store_ref().path().to_owned();
        let mut ids: Vec<&RawId> = batch.order.iter().collect();
        let as_pack = ids.len() > LOOSE_LIMIT;
        if as_pack {
            ids.sort_unstable();
        }
        let objects = ids
            .iter()
            .map(|id| (*id, batch.objects[*id].0, batch.objects[*id].1.as_slice()));
        if as_pack {
            let mut pack = PackWriter::new(&directory.join("pack"), ids.len())?;
            for (id, kind, data) in objects {
                pack.add(id, kind, data)?;
            }
            pack.finish(self.durability)?;
            sync_files(&also, self.durability)?;
        } else {
            write_loose(&directory, objects, &also, self.durability)?;
        }
        *batch = Batch::default();
        Ok(())
    }
}

/// Writes loose objects: all bytes first, then every file synced, then renamed, then their folders synced. They appear in
/// the order given, so a process that is killed leaves none that names one that is missing.
fn write_loose<'a>(
    directory: &Path,
    batch: impl Iterator<Item = (&'a RawId, Kind, &'a [u8])>,
    also: &[(&File, &Path)],
    durability: Durability,
) -> Result<(), Error> {
    let mut written: Vec<(File, PathBuf, PathBuf)> = Vec::new();
    let mut folders = BTreeSet::new();
    let result = (|| {
        for (id, kind, data) in batch {
            let name = hex(id);
            let folder = directory.join(&name[..2]);
            let target = folder.join(&name[2..]);
            if target.exists() {
                continue;
            }
            if !folder.exists() {
                fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
                folders.insert(directory.to_owned());
            }
            let (mut file, temporary) = create_temporary(&folder, "tmp_obj_")?;
            let mut bytes = gix::objs::encode::loose_header(kind, data.len() as u64).to_vec();
            bytes.extend_from_slice(data);
            file.write_all(&deflate(&bytes)?)
                .map_err(Error::io("write", &temporary))?;
            written.push((file, temporary, target));
            folders.insert(folder);
        }
        let files = written.iter().map(|(file, path, _)| (file, path.as_path()));
        let files: Vec<(&File, &Path)> = files.chain(also.iter().copied()).collect();
        sync_files(&files, durability)?;
        for (_, temporary, target) in &written {
            read_only(temporary)?;
            fs::rename(temporary, target).map_err(Error::io("write", target))?;
        }
        sync_folders(&folders, durability)
    })();
    if result.is_err() {
        for (_, temporary, _) in &written {
            let _ = fs::remove_file(temporary);
        }
    }
    result
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
fn sync_files(files: &[(&File, &Path)], durability: Durability) -> Result<(), Error> {
    together(files, durability, &|(file, path)| {
        sync_file(file, path, durability)
    })
}

/// Syncs several folders' entries where durability asks for it.
fn sync_folders(folders: &BTreeSet<PathBuf>, durability: Durability) -> Result<(), Error> {
    let folders: Vec<&PathBuf> = folders.iter().collect();
    together(&folders, durability, &|folder| {
        sync_folder(folder, durability)
    })
}

fn together<T: Copy + Sync>(
    items: &[T],
    durability: Durability,
    sync: &(dyn Fn(T) -> Result<(), Error> + Sync),
) -> Result<(), Error> {
    if items.len() < 2 || durability == Durability::Normal {
        return items.iter().try_for_each(|item| sync(*item));
    }
    std::thread::scope(|scope| {
        let slices = items.chunks(items.len().div_ceil(SYNCING));
        let threads: Vec<_> = slices
            .map(|slice| {
                let thread = scope.spawn(|| slice.iter().try_for_each(|item| sync(*item)));
                (thread, slice)
            })
            .collect();
        // All are waited for; what a thread that failed left undone is done here.
        let results = threads.into_iter().map(|(thread, slice)| {
            thread
                .join()
                .unwrap_or_else(|_| slice.iter().try_for_each(|item| sync(*item)))
        });
        results.collect::<Vec<_>>().into_iter().collect()
    })
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

/// Compresses with zlib at its fastest level: hashes do not compress and text does well enough.
pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let level = gix::zlib::Compression::new(1).expect("1 is a zlib level");
    let mut stream =
        gix::zlib::stream::deflate::Write::new(Vec::with_capacity(bytes.len() / 2 + 64), level);
    stream
        .write_all(bytes)
        .and_then(|()| stream.flush())
        .map_err(|source| Error::Git {
            action: "compress an object".to_owned(),
            source: Box::new(source),
        })?;
    Ok(stream.into_inner())
}

/// Computes an object's id.
pub(super) fn hash(kind: Kind, bytes: &[u8]) -> Result<RawId, Error> {
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes)
        .map_err(Error::git("hash an object"))?;
    let mut raw = [0; 20];
    raw.copy_from_slice(id.as_slice());
    Ok(raw)
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
