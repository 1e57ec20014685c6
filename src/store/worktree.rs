//! Single files of the worktree. A file is replaced whole, written beside its place and then renamed; no write or removal
//! goes through a symbolic link, which could lead outside.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::object::{create_temporary, sync_file};
use super::tree::{MODE_EXECUTABLE, MODE_LINK, check_path};
use super::{Error, Store};

impl Store {
    /// Removes a file and the folders that this leaves empty. Nothing happens where a folder above is a link.
    pub(super) fn remove_worktree_file(&self, path: &str) -> Result<(), Error> {
        if !matches!(self.stat(path)?, Some((_, Some(_)))) {
            return Ok(());
        }
        let full = self.worktree_path(path);
        fs::remove_file(&full).map_err(Error::io("remove", &full))?;
        let mut folder = full.parent();
        while let Some(path) =
            folder.filter(|path| *path != self.root && path.starts_with(&self.root))
        {
            if fs::remove_dir(path).is_err() {
                break;
            }
            folder = path.parent();
        }
        Ok(())
    }

    /// Replaces a file of the worktree as a whole: readers see the old content or the new.
    ///
    /// # Errors
    /// When the path is unsafe or the file cannot be written.
    pub fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        check_path(path)?;
        let mode = match self.stat(path)? {
            Some((_, Some(MODE_EXECUTABLE))) => MODE_EXECUTABLE,
            _ => super::tree::MODE_FILE,
        };
        self.write_worktree_file(path, mode, bytes)
    }

    /// Removes a file of the worktree, and the folders that this leaves empty; an absent file is no error.
    ///
    /// # Errors
    /// When the path is unsafe or the file cannot be removed.
    pub fn remove_file(&self, path: &str) -> Result<(), Error> {
        check_path(path)?;
        self.remove_worktree_file(path)
    }

    pub(super) fn write_worktree_file(
        &self,
        path: &str,
        mode: u32,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let full = self.worktree_path(path);
        let folder = full.parent().unwrap_or(&self.root);
        self.create_folders(path)?;
        if fs::symlink_metadata(&full).is_ok_and(|metadata| metadata.is_dir()) {
            remove_empty_tree(&full);
        }
        if mode == MODE_LINK {
            return write_link(&full, bytes);
        }
        let (mut file, temporary) = create_temporary(folder, ".vrev-tmp-")?;
        let written = file
            .write_all(bytes)
            .map_err(Error::io("write", &full))
            .and_then(|()| sync_file(&file, &full, super::Durability::Normal))
            .and_then(|()| set_executable(&temporary, mode == MODE_EXECUTABLE))
            .and_then(|()| fs::rename(&temporary, &full).map_err(Error::io("write", &full)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Creates the folders above a path; a file or a link in the way is removed (that it may be was checked before).
    fn create_folders(&self, path: &str) -> Result<(), Error> {
        for (at, _) in path.match_indices('/') {
            let folder = self.worktree_path(&path[..at]);
            match fs::symlink_metadata(&folder) {
                Ok(metadata) if metadata.is_dir() => continue,
                Ok(_) => fs::remove_file(&folder).map_err(Error::io("remove", &folder))?,
                Err(_) => {}
            }
            fs::create_dir(&folder)
                .or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) })
                .map_err(Error::io("create", &folder))?;
        }
        Ok(())
    }

    /// Returns everything below a folder of the worktree that is no folder.
    pub(super) fn files_on_disk(&self, folder: &str) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let full = self.worktree_path(&folder);
            for entry in fs::read_dir(&full).map_err(Error::io("read", &full))? {
                let entry = entry.map_err(Error::io("read", &full))?;
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }
}

#[cfg(unix)]
fn set_executable(path: &Path, executable: bool) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    if !executable {
        return Ok(());
    }
    let mode = fs::metadata(path)
        .map_err(Error::io("read", path))?
        .permissions()
        .mode();
    let executable = mode | ((mode & 0o444) >> 2);
    fs::set_permissions(path, fs::Permissions::from_mode(executable))
        .map_err(Error::io("write", path))
}

#[cfg(not(unix))]
fn set_executable(_: &Path, _: bool) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn write_link(path: &Path, target: &[u8]) -> Result<(), Error> {
    use std::os::unix::ffi::OsStrExt as _;
    let _ = fs::remove_file(path);
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path)
        .map_err(Error::io("write", path))
}

#[cfg(not(unix))]
fn write_link(path: &Path, target: &[u8]) -> Result<(), Error> {
    fs::write(path, target).map_err(Error::io("write", path))
}

/// Removes a folder that holds nothing but empty folders.
fn remove_empty_tree(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty_tree(&entry.path());
        }
    }
    let _ = fs::remove_dir(path);
}
