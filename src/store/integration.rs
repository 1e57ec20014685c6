//! What vrev writes into files of git's own, and takes out again to the byte: blocks between marks in the configuration
//! and the attributes, and the pre-commit hook (git-config(1), gitattributes(5), githooks(5)).

use std::fs;
use std::path::{Path, PathBuf};

use super::{Error, Store};

const BEGIN: &str = "# vrev begin: `vrev git uninstall` removes this";
const END: &str = "# vrev end";
/// At the end of the first mark, where the line before it was made whole.
const ENDED_LINE: &str = ", with the line end before it";
/// At the end of the first mark, where there was no file.
const MADE_FILE: &str = ", with the file";

/// The second line of a hook of ours.
const HOOK_MARK: &str = "# vrev hook: `vrev git uninstall` removes it";
/// At its end, before their number.
const MADE_FOLDERS: &str = ", folders made for it: ";
/// At the end of a first mark, where there was no folder either.
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
        let folder = path.parent().unwrap_or(&path).to_owned();
        let made_folder = !folder.exists();
        if made_folder && block.is_none() {
            return Ok(false);
        }
        let mut is_changed = false;
        self.rewrite(&path, |old| {
            let before = old.and_then(without_block);
            let made = if made_folder { MADE_FOLDER } else { MADE_FILE };
            let new = match block {
                Some(block) => Some(with_block(before.as_deref(), block, made)),
                None => before,
            };
            is_changed = new.as_deref() != old;
            let removed = new.is_none() && is_changed;
            let with_folder = removed && old.is_some_and(|old| made_by(old) == MADE_FOLDER);
            (new, with_folder)
        })?;
        Ok(is_changed)
    }

    /// Replaces a file of git's by what it becomes; absent, it is removed, with its folder where that is said and nothing
    /// else is in it. Permissions stay, and a symbolic link leads to the new content as to the old, as with `git config`.
    pub(super) fn rewrite(
        &self,
        path: &Path,
        edit: impl FnOnce(Option<&[u8]>) -> (Option<Vec<u8>>, bool),
    ) -> Result<(), Error> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut lock = self.lock(&path)?;
        let old = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(Error::io("read", &path)(source)),
        };
        let (new, with_folder) = edit(old.as_deref());
        if new == old {
            return Ok(());
        }
        match new {
            Some(bytes) => {
                lock.write(&bytes, self.durability)?;
                if old.is_some() {
                    lock.take_permissions()?;
                }
                lock.commit(self.durability)
            }
            None => {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                drop(lock);
                if with_folder && let Some(folder) = path.parent() {
                    let _ = fs::remove_dir(folder);
                }
                Ok(())
            }
        }
    }

    /// Returns the folder of hooks: `core.hooksPath`, or `hooks` in the shared folder.
    fn hooks_folder(&self) -> Result<PathBuf, Error> {
        let config = self.repo.config_snapshot();
        let folder = config
            .trusted_path("core.hooksPath")
            .map_err(Error::git("read `core.hooksPath`"))?;
        Ok(match folder {
            Some(folder) => self.root().join(folder),
            None => self.own_hooks_folder(),
        })
    }

    fn own_hooks_folder(&self) -> PathBuf {
        self.common_dir().join("hooks")
    }

    /// Tells what there is of the hook `name`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn hook(&self, name: &str) -> Result<Hook, Error> {
        Self::hook_in(&self.hooks_folder()?, name)
    }

    fn hook_in(folder: &Path, name: &str) -> Result<Hook, Error> {
        let path = folder.join(name);
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
        let folder = self.hooks_folder()?;
        let path = folder.join(name);
        let made = match self.hook(name)? {
            Hook::Foreign(path) => return Err(Error::ForeignHook { path }),
            Hook::Ours(_) => made_folders(&path)?,
            Hook::Absent => folder
                .ancestors()
                .take_while(|above| !above.exists())
                .count(),
        };
        let mut lock = self.lock(&path)?;
        let text = format!("#!/bin/sh\n{HOOK_MARK}{MADE_FOLDERS}{made}\n{command}\n");
        lock.write(text.as_bytes(), self.durability)?;
        lock.commit(self.durability)?;
        make_executable(&path)
    }

    /// Removes the hook `name` if it is ours, also where hooks were before `core.hooksPath` was set; tells whether it was
    /// there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_hook(&self, name: &str) -> Result<bool, Error> {
        let mut removed = false;
        for folder in [self.hooks_folder()?, self.own_hooks_folder()] {
            let Hook::Ours(path) = Self::hook_in(&folder, name)? else {
                continue;
            };
            let made = made_folders(&path)?;
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            for folder in folder.ancestors().take(made) {
                // Others may have put something there meanwhile.
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
            removed = true;
        }
        Ok(removed)
    }
}

fn is_ours(hook: &[u8]) -> bool {
    let second = hook.split(|&byte| byte == b'\n').nth(1);
    second.is_some_and(|line| line.starts_with(HOOK_MARK.as_bytes()))
}

/// Returns how many folders were made for a hook of ours.
fn made_folders(hook: &Path) -> Result<usize, Error> {
    let text = fs::read_to_string(hook).map_err(Error::io("read", hook))?;
    let second = text.lines().nth(1).unwrap_or_default();
    let made = second.rsplit_once(MADE_FOLDERS);
    Ok(made
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or(0))
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
    // What others wrote below must stay on a line of its own.
    let ended_line = mark.ends_with(ENDED_LINE.as_bytes()) && begin > 0 && after.is_empty();
    let before = &bytes[..begin - usize::from(ended_line)];
    let made = [MADE_FILE, MADE_FOLDER].map(str::as_bytes);
    if made.iter().any(|made| mark.ends_with(made)) && before.is_empty() && after.is_empty() {
        return None;
    }
    Some([before, after].concat())
}

/// Returns what the first mark of a file of ours alone says was made.
fn made_by(bytes: &[u8]) -> &'static str {
    let mark = bytes.split(|&byte| byte == b'\n').next();
    if mark.is_some_and(|mark| mark.ends_with(MADE_FOLDER.as_bytes())) {
        MADE_FOLDER
    } else {
        MADE_FILE
    }
}

/// Adds our block; `absent` is what the mark says where there was no file.
fn with_block(before: Option<&[u8]>, block: &str, absent: &'static str) -> Vec<u8> {
    let (made, joint) = match before {
        None => (absent, ""),
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
            let once = with_block(before, "one\ntwo", MADE_FILE);
            assert_eq!(without_block(&once).as_deref(), before, "{before:?}");
            let text = String::from_utf8(once.clone()).unwrap();
            assert!(text.ends_with("\none\ntwo\n# vrev end\n"), "{text}");
            // What others added below stays.
            let mut edited = once;
            edited.extend(b"below\n");
            let left = without_block(&edited).unwrap();
            assert!(left.ends_with(b"below\n") && !left.windows(4).any(|w| w == b"vrev"));
            let lines = |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').count();
            let expected = lines(before.unwrap_or_default()) + 1;
            let missing_end = before.is_some_and(|b| !b.is_empty() && !b.ends_with(b"\n"));
            assert_eq!(
                lines(&left),
                expected + usize::from(missing_end),
                "{before:?}: no two lines become one"
            );
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
