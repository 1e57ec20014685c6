//! Loose objects: written beside their places, synced, then renamed (gitrepository-layout).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::objs::Kind;

use super::Error;
use super::background::Background;
use super::object::{
    Durability, FASTEST, LARGE, RawId, create_temporary, deflate, hex, read_only, sync_file,
    sync_files, sync_folders,
};

/// A loose object beside its place; dropped before it is published it is gone.
pub(super) struct Loose {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    /// Whether its folder was made for it.
    in_new_folder: bool,
    is_published: bool,
}

impl Loose {
    /// Writes an object; `None` if it is in its place already.
    fn write(directory: &Path, id: &RawId, kind: Kind, data: &[u8]) -> Result<Option<Self>, Error> {
        let target = path(directory, id);
        if target.exists() {
            return Ok(None);
        }
        let folder = target.parent().unwrap_or(directory);
        let in_new_folder = !folder.exists();
        if in_new_folder {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let (file, temporary) = create_temporary(folder, "tmp_obj_")?;
        let mut loose = Self {
            file,
            temporary,
            target,
            in_new_folder,
            is_published: false,
        };
        let written = loose.file.write_all(&bytes(kind, data)?);
        written.map_err(Error::io("write", &loose.temporary))?;
        Ok(Some(loose))
    }

    fn publish(&mut self) -> Result<(), Error> {
        read_only(&self.temporary)?;
        fs::rename(&self.temporary, &self.target).map_err(Error::io("write", &self.target))?;
        self.is_published = true;
        Ok(())
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A large object that a thread writes and syncs while the rest of its batch is made and judged.
pub(super) struct Ahead {
    id: RawId,
    written: Background<Result<Option<Loose>, Error>>,
}

impl Ahead {
    pub(super) fn begin(
        directory: PathBuf,
        id: RawId,
        (kind, data): (Kind, Arc<Vec<u8>>),
        durability: Durability,
    ) -> Self {
        let write = move || {
            let loose = Loose::write(&directory, &id, kind, &data)?;
            if let Some(loose) = &loose {
                sync_file(&loose.file, &loose.temporary, durability)?;
            }
            Ok(loose)
        };
        Self {
            id,
            written: Background::begin(write),
        }
    }

    /// Returns what was written, if it is this object; where that failed it is tried again.
    fn take(&mut self, id: &RawId) -> Option<Loose> {
        if self.id != *id {
            return None;
        }
        self.written.take()?.ok()?.ok()?
    }
}

/// Writes objects: all bytes first, then every file synced, then renamed, then their folders synced. They appear in the
/// order given, so a process that is killed leaves none that names one that is missing.
pub(super) fn write<'a>(
    directory: &Path,
    batch: impl Iterator<Item = (&'a RawId, Kind, &'a [u8])>,
    mut ahead: Option<Ahead>,
    durability: Durability,
) -> Result<(), Error> {
    let mut written: Vec<Loose> = Vec::new();
    for (id, kind, data) in batch {
        let made = ahead.as_mut().and_then(|ahead| ahead.take(id));
        written.extend(match made {
            Some(loose) => Some(loose),
            None => Loose::write(directory, id, kind, data)?,
        });
    }
    let files = written.iter();
    let files = files.map(|loose| (&loose.file, loose.temporary.as_path()));
    sync_files(&files.collect::<Vec<_>>(), durability)?;
    let mut folders = BTreeSet::new();
    for loose in &mut written {
        loose.publish()?;
        folders.extend(loose.target.parent().map(Path::to_owned));
        if loose.in_new_folder {
            folders.insert(directory.to_owned());
        }
    }
    sync_folders(&folders, durability)
}

/// Returns where an object's loose file is.
pub(super) fn path(directory: &Path, id: &RawId) -> PathBuf {
    let name = hex(id);
    directory.join(&name[..2]).join(&name[2..])
}

/// Returns an object as its loose file has it. A large tree is mostly hashes, which do not compress: it is stored as it
/// is, until `git gc` packs it as its difference from another one.
fn bytes(kind: Kind, data: &[u8]) -> Result<Vec<u8>, Error> {
    let header = gix::objs::encode::loose_header(kind, data.len() as u64);
    let level = match kind {
        Kind::Tree if data.len() > LARGE => 0,
        _ => FASTEST,
    };
    deflate(&[&header, data], level)
}
