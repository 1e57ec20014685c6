//! What vrev writes into files of git's own, and takes out again to the byte: blocks between marks in the configuration
//! and the attributes, and the pre-commit hook (git-config(1), gitattributes(5), githooks(5)).

use std::fs;
use std::path::{Path, PathBuf};

use super::lock::LockFile;
use super::{Error, Store};

const BEGIN: &str = "# vrev begin: `vrev git uninstall` removes this";
const END: &str = "# vrev end";
/// At the end of the first mark, where the line before it was made whole.
const ENDED_LINE: &str = ", with the line end before it";
/// At the end of the first mark, where there was no file.
const MADE_FILE: &str = ", with the file";

/// The second line of a hook of ours.
const HOOK_MARK: &str = "# vrev hook: `vrev git uninstall` removes it";
/// At its end, where there was no folder for hooks.
const MADE_FOLDER: &str = ", with its folder";

/// A file of git's that takes blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitFile {
    /// `.git/config`.
    Config,
    /// `.git/info/attributes`.
    Attributes,
}

/// What there is of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// None.
    Absent,
    /// Ours.
    Ours(PathBuf),
    /// Somebody else's.
    Foreign(PathBuf),
}

impl Store {
    fn git_file(&self, file: GitFile) -> PathBuf {
        match file {
            GitFile::Config => self.common_dir().join("config"),
            GitFile::Attributes => self.common_dir().join("info").join("attributes"),
        }
    }

    /// Puts a block of lines at the end of a file of git's, in place of an earlier one of ours; with `None` takes it out.
    /// Tells whether the file changed.
    ///
    /// # Errors
    /// When the file cannot be read or written, or another process is writing it.
    pub fn set_block(&self, file: GitFile, block: Option<&str>) -> Result<bool, Error> {
        let path = self.git_file(file);
        let mut lock = LockFile::acquire(&path)?;
        let old = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(Error::io("read", &path)(source)),
        };
        let before = old.as_deref().and_then(without_block);
        let new = match block {
            Some(block) => Some(with_block(before.as_deref(), block)),
            None => before,
        };
        if new == old {
            return Ok(false);
        }
        match new {
            Some(bytes) => {
                lock.write(&bytes, self.durability)?;
                lock.commit(self.durability)?;
            }
            None => fs::remove_file(&path).map_err(Error::io("remove", &path))?,
        }
        Ok(true)
    }

    /// Returns the folder of hooks: `core.hooksPath`, or `hooks` in the shared folder.
    fn hooks_folder(&self) -> PathBuf {
        match self.config("core.hooksPath") {
            Some(folder) => self.root().join(folder),
            None => self.common_dir().join("hooks"),
        }
    }

    /// Tells what there is of the hook `name`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn hook(&self, name: &str) -> Result<Hook, Error> {
        let path = self.hooks_folder().join(name);
        match fs::read(&path) {
            Ok(bytes) if is_ours(&bytes) => Ok(Hook::Ours(path)),
            Ok(_) => Ok(Hook::Foreign(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Hook::Absent),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    /// Writes the hook `name`: a script of one command. One of ours is replaced.
    ///
    /// # Errors
    /// [`Error::ForeignHook`] where there is another one; when it cannot be written.
    pub fn write_hook(&self, name: &str, command: &str) -> Result<(), Error> {
        let folder = self.hooks_folder();
        let path = folder.join(name);
        let mut made = "";
        match self.hook(name)? {
            Hook::Foreign(path) => return Err(Error::ForeignHook { path }),
            Hook::Ours(_) => made = made_folder(&path)?,
            Hook::Absent if !folder.exists() => made = MADE_FOLDER,
            Hook::Absent => {}
        }
        let mut lock = LockFile::acquire(&path)?;
        let text = format!("#!/bin/sh\n{HOOK_MARK}{made}\n{command}\n");
        lock.write(text.as_bytes(), self.durability)?;
        lock.commit(self.durability)?;
        make_executable(&path)
    }

    /// Removes the hook `name` if it is ours; tells whether it was there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_hook(&self, name: &str) -> Result<bool, Error> {
        let Hook::Ours(path) = self.hook(name)? else {
            return Ok(false);
        };
        let made = made_folder(&path)?;
        fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        let folder = self.hooks_folder();
        let is_empty = || {
            folder
                .read_dir()
                .is_ok_and(|mut inside| inside.next().is_none())
        };
        if made == MADE_FOLDER && is_empty() {
            fs::remove_dir(&folder).map_err(Error::io("remove", &folder))?;
        }
        Ok(true)
    }
}

fn is_ours(hook: &[u8]) -> bool {
    let second = hook.split(|&byte| byte == b'\n').nth(1);
    second.is_some_and(|line| line.starts_with(HOOK_MARK.as_bytes()))
}

fn made_folder(hook: &Path) -> Result<&'static str, Error> {
    let text = fs::read_to_string(hook).map_err(Error::io("read", hook))?;
    let second = text.lines().nth(1).unwrap_or_default();
    Ok(if second.ends_with(MADE_FOLDER) {
        MADE_FOLDER
    } else {
        ""
    })
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Error::io("write", path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Error> {
    Ok(()) // git runs hooks by their first line there
}

/// Returns a file's bytes without our block, which they had before it; `None` if the file came with the block.
fn without_block(bytes: &[u8]) -> Option<Vec<u8>> {
    let find = |from: usize, mark: &str| {
        let at_line_start = |at: usize| at == 0 || bytes[at - 1] == b'\n';
        (from..bytes.len())
            .find(|&at| at_line_start(at) && bytes[at..].starts_with(mark.as_bytes()))
    };
    let block = find(0, BEGIN).and_then(|begin| Some((begin, find(begin, END)?)));
    let Some((begin, end)) = block else {
        return Some(bytes.to_owned());
    };
    let line_end = |from: usize| {
        let rest = &bytes[from..];
        from + rest
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(rest.len())
    };
    let mark = &bytes[begin..line_end(begin)];
    let after = bytes.get(line_end(end) + 1..).unwrap_or_default();
    let ended_line = mark.ends_with(ENDED_LINE.as_bytes()) && begin > 0;
    let before = &bytes[..begin - usize::from(ended_line)];
    if mark.ends_with(MADE_FILE.as_bytes()) && before.is_empty() && after.is_empty() {
        return None;
    }
    Some([before, after].concat())
}

fn with_block(before: Option<&[u8]>, block: &str) -> Vec<u8> {
    let (made, joint) = match before {
        None => (MADE_FILE, ""),
        Some(bytes) if bytes.is_empty() || bytes.ends_with(b"\n") => ("", ""),
        Some(_) => (ENDED_LINE, "\n"),
    };
    let block = format!("{joint}{BEGIN}{made}\n{}\n{END}\n", block.trim_end());
    [before.unwrap_or_default(), block.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_out_as_it_went_in() {
        let files: [Option<&str>; 5] = [
            None,
            Some(""),
            Some("[core]\n\tbare = false\n"),
            Some("*.sql text"),
            Some("\n\n"),
        ];
        for before in files {
            let before = before.map(str::as_bytes);
            let once = with_block(before, "one\ntwo");
            assert_eq!(without_block(&once).as_deref(), before, "{before:?}");
            let text = String::from_utf8(once.clone()).unwrap();
            assert!(text.ends_with("\none\ntwo\n# vrev end\n"), "{text}");
            // What others added below stays.
            let mut edited = once;
            edited.extend(b"below\n");
            let left = without_block(&edited).unwrap();
            assert!(left.ends_with(b"below\n") && !left.windows(4).any(|w| w == b"vrev"));
        }
    }

    #[test]
    fn a_block_that_does_not_end_is_left_alone() {
        let broken = format!("a\n{BEGIN}\nb\n");
        assert_eq!(
            without_block(broken.as_bytes()),
            Some(broken.clone().into_bytes())
        );
    }
}
