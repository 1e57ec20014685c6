//! HEAD and references. A reference moves only from the value its mover saw: it is locked, compared, written, synced
//! and renamed into place, with its reflog line (gitrepository-layout, git-update-ref(1), git-reflog(1)).
//!
//! The lock files are git's own, so plain git and vrev exclude each other.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::branch::branch_ref;
use super::object::{RawId, hex};
use super::tag::tag_target;
use super::{CommitId, Error, Store};

/// Symbolic references and tags are followed this many times.
pub(super) const PEEL_LIMIT: usize = 10;
pub(super) const ZERO: &str = "0000000000000000000000000000000000000000";

/// Where HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch; absent when HEAD is detached.
    pub branch: Option<String>,
    /// The commit; absent when the branch has none yet.
    pub commit: Option<CommitId>,
}

/// A reference by kind and short name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefName {
    /// `refs/heads/…`
    Branch(String),
    /// `refs/tags/…`
    Tag(String),
    /// `refs/remotes/…`
    Remote(String),
    /// Any other, by full name.
    Other(String),
}

impl RefName {
    /// Returns the full name.
    pub fn full(&self) -> String {
        match self {
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
            Self::Remote(name) => format!("refs/remotes/{name}"),
            Self::Other(name) => name.clone(),
        }
    }

    fn from_full(name: &str) -> Self {
        if let Some(short) = name.strip_prefix("refs/heads/") {
            Self::Branch(short.to_owned())
        } else if let Some(short) = name.strip_prefix("refs/tags/") {
            Self::Tag(short.to_owned())
        } else if let Some(short) = name.strip_prefix("refs/remotes/") {
            Self::Remote(short.to_owned())
        } else {
            Self::Other(name.to_owned())
        }
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) | Self::Tag(name) | Self::Remote(name) | Self::Other(name) => {
                f.write_str(name)
            }
        }
    }
}

/// What a reference must hold for a change to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// It must not exist.
    Nothing,
    /// This commit.
    At(CommitId),
}

/// Whether a change may drop what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Force {
    /// Refuse.
    #[default]
    No,
    /// Go ahead.
    Yes,
}

/// A line of a reference's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedMove {
    /// The reference, in full.
    pub reference: String,
    /// Where it was moved to.
    pub commit: CommitId,
    /// When, in seconds since 1970.
    pub seconds: i64,
    /// Why, as git words it.
    pub message: String,
}

/// What a reference file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RefValue {
    Symbolic(String),
    Direct(RawId),
}

impl Store {
    /// Returns where HEAD is.
    ///
    /// # Errors
    /// When HEAD or its branch is malformed.
    pub fn head(&self) -> Result<Head, Error> {
        match self.read_ref("HEAD")? {
            Some(RefValue::Direct(id)) => Ok(Head {
                branch: None,
                commit: Some(CommitId(id)),
            }),
            Some(RefValue::Symbolic(name)) => {
                let commit = self.ref_commit(&name)?;
                let branch = name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned();
                Ok(Head {
                    branch: Some(branch),
                    commit,
                })
            }
            None => Err(Error::UnusableRepository {
                path: self.git_dir().to_owned(),
                reason: "it has no HEAD".to_owned(),
            }),
        }
    }

    /// Returns HEAD's commit.
    ///
    /// # Errors
    /// [`Error::Unborn`] when the branch has none yet.
    pub fn head_commit(&self) -> Result<CommitId, Error> {
        let head = self.head()?;
        head.commit.ok_or(Error::Unborn {
            branch: head.branch.unwrap_or_default(),
        })
    }

    /// Returns the id a reference leads to, symbolic references followed, tags not.
    pub(super) fn ref_commit(&self, name: &str) -> Result<Option<CommitId>, Error> {
        let mut name = name.to_owned();
        for _ in 0..PEEL_LIMIT {
            match self.read_ref(&name)? {
                Some(RefValue::Direct(id)) => return Ok(Some(CommitId(id))),
                Some(RefValue::Symbolic(next)) => name = next,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn ref_path(&self, name: &str) -> PathBuf {
        let folder = if name == "HEAD" || name.starts_with("refs/bisect/") {
            self.git_dir()
        } else {
            self.common_dir()
        };
        folder.join(name)
    }

    pub(super) fn log_path(&self, name: &str) -> PathBuf {
        let folder = if name == "HEAD" {
            self.git_dir()
        } else {
            self.common_dir()
        };
        folder.join("logs").join(name)
    }

    /// Reads a reference from its file, or else from the packed ones.
    pub(super) fn read_ref(&self, name: &str) -> Result<Option<RefValue>, Error> {
        let path = self.ref_path(name);
        match fs::read(&path) {
            Ok(bytes) => parse_ref(&bytes)
                .map(Some)
                .ok_or_else(|| Error::UnusableRepository {
                    path: path.clone(),
                    reason:
                        "this reference file holds neither an id nor the name of another reference"
                            .to_owned(),
                }),
            Err(error) if is_absent(&error) => self.read_packed_ref(name),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn read_packed_ref(&self, name: &str) -> Result<Option<RefValue>, Error> {
        let path = self.common_dir().join("packed-refs");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        let found = bytes.lines().find_map(|line| {
            let (id, rest) = line.split_at_checked(41)?;
            (rest == name.as_bytes()).then(|| parse_ref(id)).flatten()
        });
        Ok(found)
    }

    /// Points a direct reference at a commit if it holds what is expected, and writes its reflog and HEAD's.
    ///
    /// # Errors
    /// [`Error::RefMoved`] when it holds something else; [`Error::Locked`] when its lock stays taken.
    pub(super) fn set_ref(
        &self,
        name: &str,
        expected: Expected,
        new: RawId,
        message: &str,
    ) -> Result<(), Error> {
        self.sync_objects()?;
        self.check_name_is_free(name)?;
        let path = self.ref_path(name);
        let mut lock = self.lock(&path)?;
        let found = match self.read_ref(name)? {
            Some(RefValue::Direct(id)) => Some(CommitId(id)),
            Some(RefValue::Symbolic(target)) if name == "HEAD" => {
                let found = self.ref_commit(&target)?;
                let expected = if let Expected::At(id) = expected {
                    Some(id)
                } else {
                    None
                };
                return Err(Error::RefMoved {
                    reference: name.to_owned(),
                    expected,
                    found,
                });
            }
            Some(RefValue::Symbolic(target)) => {
                return Err(Error::NameInTheWay {
                    reference: name.to_owned(),
                    existing: target,
                });
            }
            None => None,
        };
        check_expected(name, expected, found)?;
        lock.write(format!("{}\n", hex(&new)).as_bytes(), self.durability)?;
        let is_head =
            matches!(self.read_ref("HEAD")?, Some(RefValue::Symbolic(target)) if target == name);
        self.append_reflog(name, found, new, message)?;
        if is_head {
            self.append_reflog("HEAD", found, new, message)?;
        }
        remove_empty_folders(&path);
        lock.commit(self.durability)?;
        if is_head { self.note_base() } else { Ok(()) }
    }

    /// Points a reference at a commit without a line in its log.
    pub(super) fn point_ref(&self, name: &str, new: CommitId) -> Result<(), Error> {
        let mut lock = self.lock(&self.ref_path(name))?;
        lock.write(format!("{new}\n").as_bytes(), self.durability)?;
        lock.commit(self.durability)
    }

    /// Moves HEAD's branch, or a detached HEAD, to `new`.
    ///
    /// # Errors
    /// [`Error::RefMoved`] when HEAD is on another branch than `head` says, or that is not where it is expected.
    pub fn move_head(
        &self,
        head: &Head,
        new: CommitId,
        expected: Expected,
        message: &str,
    ) -> Result<(), Error> {
        let at_head = match (&head.branch, self.read_ref("HEAD")?) {
            (Some(branch), Some(RefValue::Symbolic(name))) => {
                name == format!("refs/heads/{branch}")
            }
            (None, Some(RefValue::Direct(_))) => true,
            _ => false,
        };
        if !at_head {
            let found = self.ref_commit("HEAD")?;
            return Err(Error::RefMoved {
                reference: "HEAD".to_owned(),
                expected: head.commit,
                found,
            });
        }
        match &head.branch {
            Some(branch) => self.set_ref(&format!("refs/heads/{branch}"), expected, new.0, message),
            None => self.set_ref("HEAD", expected, new.0, message),
        }
    }

    /// Puts HEAD on a branch, whose files must have been checked out. `message` is the reflog line, like
    /// `checkout: moving from main to topic`.
    ///
    /// # Errors
    /// When HEAD cannot be written.
    pub fn set_head_to_branch(&self, branch: &str, message: &str) -> Result<(), Error> {
        let name = branch_ref(branch)?;
        let new = self.ref_commit(&name)?;
        self.write_head(&format!("ref: {name}\n"), new, message)
    }

    /// Detaches HEAD at a commit.
    ///
    /// # Errors
    /// When HEAD cannot be written.
    pub fn set_head_detached(&self, commit: CommitId, message: &str) -> Result<(), Error> {
        self.write_head(&format!("{commit}\n"), Some(commit), message)
    }

    pub(super) fn write_head(
        &self,
        content: &str,
        new: Option<CommitId>,
        message: &str,
    ) -> Result<(), Error> {
        self.sync_objects()?;
        let mut lock = self.lock(&self.ref_path("HEAD"))?;
        let old = self.ref_commit("HEAD")?;
        lock.write(content.as_bytes(), self.durability)?;
        if let Some(new) = new {
            self.append_reflog("HEAD", old, new.0, message)?;
        }
        lock.commit(self.durability)
    }

    /// Appends a line to a reference's log if it has one or is of a kind that gets one.
    fn append_reflog(
        &self,
        name: &str,
        old: Option<CommitId>,
        new: RawId,
        message: &str,
    ) -> Result<(), Error> {
        let path = self.log_path(name);
        let wanted = match self.config("core.logAllRefUpdates").as_deref() {
            Some("false" | "no" | "off" | "0") => false,
            Some("always") => true,
            _ => {
                name == "HEAD"
                    || ["refs/heads/", "refs/remotes/", "refs/notes/"]
                        .iter()
                        .any(|p| name.starts_with(p))
            }
        };
        if !wanted && !path.exists() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        remove_empty_folders(&path);
        let old = old.map_or_else(|| ZERO.to_owned(), |id| id.to_string());
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = format!(
            "{old} {} {}\t{message}\n",
            hex(&new),
            self.reflog_signature().to_line()
        );
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(Error::io("write", &path))
    }

    /// Returns where references have been, newest first: one reference (a branch, a tag, or a full name), or all branches
    /// and tags, with `others` everything else that has a log too.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn reflog(&self, wanted: Option<&str>, others: bool) -> Result<Vec<LoggedMove>, Error> {
        let mut names: Vec<String> = self.all_refs()?.into_keys().collect();
        names.retain(|name| match wanted {
            Some(wanted) => {
                name == wanted
                    || ["refs/heads/", "refs/tags/", "refs/remotes/"]
                        .iter()
                        .any(|prefix| name.strip_prefix(prefix) == Some(wanted))
            }
            None => others || name.starts_with("refs/heads/") || name.starts_with("refs/tags/"),
        });
        if wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case("head")) {
            names.push("HEAD".to_owned());
        }
        let mut moves = Vec::new();
        for name in names {
            let path = self.log_path(&name);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(Error::io("read", &path)(error)),
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let lines = text.lines().rev();
            moves.extend(lines.filter_map(|line| logged(&name, line)));
        }
        moves.sort_by_key(|logged| std::cmp::Reverse(logged.seconds));
        Ok(moves)
    }

    /// Refuses a name that would be a folder of another reference, or below one.
    fn check_name_is_free(&self, name: &str) -> Result<(), Error> {
        if name == "HEAD" || self.ref_path(name).is_file() {
            return Ok(());
        }
        let clash = self.all_refs()?.into_keys().find(|existing| {
            let below =
                |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
            below(existing, name) || below(name, existing)
        });
        match clash {
            Some(existing) => Err(Error::NameInTheWay {
                reference: name.to_owned(),
                existing,
            }),
            None => Ok(()),
        }
    }

    /// Returns all direct references by full name.
    pub(super) fn all_refs(&self) -> Result<BTreeMap<String, RawId>, Error> {
        let failed = || Error::git("list the references");
        let platform = self.repo.references().map_err(failed())?;
        let mut found = BTreeMap::new();
        for reference in platform.all().map_err(failed())? {
            let Ok(reference) = reference else { continue }; // a malformed one is no reference; reading it says so
            if let Some(id) = reference.target().try_id() {
                found.insert(
                    reference.name().as_bstr().to_string(),
                    CommitId::from_git(id).0,
                );
            }
        }
        Ok(found)
    }

    /// Returns the names that lead to each commit (tags followed), for `log --decorate`.
    ///
    /// # Errors
    /// When the references cannot be listed.
    pub fn decorations(&self) -> Result<BTreeMap<CommitId, Vec<RefName>>, Error> {
        let mut found: BTreeMap<CommitId, Vec<RefName>> = BTreeMap::new();
        for (name, id) in self.all_refs()? {
            if let Ok(commit) = self.peel(id) {
                found
                    .entry(commit)
                    .or_default()
                    .push(RefName::from_full(&name));
            }
        }
        Ok(found)
    }

    /// Returns the names that lead to a commit, sorted by full name.
    ///
    /// # Errors
    /// When the references cannot be listed.
    pub fn refs_of(&self, commit: CommitId) -> Result<Vec<RefName>, Error> {
        Ok(self.decorations()?.remove(&commit).unwrap_or_default())
    }

    /// Follows tags to a commit.
    pub(super) fn peel(&self, id: RawId) -> Result<CommitId, Error> {
        let mut id = id;
        for _ in 0..PEEL_LIMIT {
            let (kind, data) = self.any_object(&id)?;
            match kind {
                Kind::Commit => return Ok(CommitId(id)),
                Kind::Tag => id = tag_target(&id, &data)?,
                other => {
                    return Err(Error::NotACommit {
                        spec: hex(&id),
                        kind: super::object::kind_name(other),
                    });
                }
            }
        }
        Err(Error::DamagedObject {
            id: hex(&id),
            reason: "tags point at each other".to_owned(),
        })
    }

    /// Deletes a reference that holds `expected`, its log with it.
    ///
    /// The log goes first, then the packed value, which the file hides: whoever is killed in between leaves the reference.
    pub(super) fn delete_ref(&self, name: &str, expected: RawId) -> Result<(), Error> {
        let (path, log) = (self.ref_path(name), self.log_path(name));
        let lock = self.lock(&path)?;
        let found = match self.read_ref(name)? {
            Some(RefValue::Direct(id)) => Some(CommitId(id)),
            Some(RefValue::Symbolic(target)) => self.ref_commit(&target)?,
            None => None,
        };
        check_expected(name, Expected::At(CommitId(expected)), found)?;
        remove_file(&log)?;
        self.remove_packed_ref(name)?;
        remove_file(&path)?;
        drop(lock);
        for file in [&path, &log] {
            remove_empty_parents(file, name);
        }
        Ok(())
    }

    /// Takes a reference out of the packed ones (gitrepository-layout, `packed-refs`), with the line that tells what its
    /// tag leads to.
    fn remove_packed_ref(&self, name: &str) -> Result<(), Error> {
        if self.read_packed_ref(name)?.is_none() {
            return Ok(());
        }
        let path = self.common_dir().join("packed-refs");
        let mut lock = self.lock(&path)?;
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let mut kept = Vec::with_capacity(bytes.len());
        let mut is_removed = false;
        for line in bytes.lines_with_terminator() {
            if !line.starts_with(b"^") {
                is_removed = line
                    .trim_end()
                    .split_at_checked(41)
                    .is_some_and(|(_, rest)| rest == name.as_bytes());
            }
            if !is_removed {
                kept.extend(line);
            }
        }
        lock.write(&kept, self.durability)?;
        lock.commit(self.durability)
    }
}

/// Removes a file that may be absent.
fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes the folders above a reference's file that nothing else is in, but `refs/heads` and its like.
fn remove_empty_parents(file: &Path, name: &str) {
    let depth = name.split('/').count().saturating_sub(3);
    for folder in file.ancestors().skip(1).take(depth) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Reads a line of a log: two ids, who and when, a tab, why.
fn logged(reference: &str, line: &str) -> Option<LoggedMove> {
    let (head, message) = line.split_once('\t').unwrap_or((line, ""));
    let mut words = head.split(' ');
    let commit = words.nth(1)?.parse().ok()?;
    let seconds = words.rev().nth(1)?.parse().ok()?;
    Some(LoggedMove {
        reference: reference.to_owned(),
        commit,
        seconds,
        message: message.to_owned(),
    })
}

fn check_expected(name: &str, expected: Expected, found: Option<CommitId>) -> Result<(), Error> {
    let expected = match expected {
        Expected::Any => return Ok(()),
        Expected::Nothing => None,
        Expected::At(id) => Some(id),
    };
    if expected == found {
        return Ok(());
    }
    Err(Error::RefMoved {
        reference: name.to_owned(),
        expected,
        found,
    })
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

fn parse_ref(bytes: &[u8]) -> Option<RefValue> {
    let text = std::str::from_utf8(bytes).ok()?.trim_end();
    if let Some(name) = text.strip_prefix("ref:") {
        return Some(RefValue::Symbolic(name.trim_start().to_owned()))
            .filter(|_| !name.contains(".."));
    }
    text.get(..40)?
        .parse::<CommitId>()
        .ok()
        .map(|id| RefValue::Direct(id.0))
}

/// Removes folders that hold nothing but empty folders where a file is to be put.
fn remove_empty_folders(path: &Path) {
    if !path.is_dir() {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        remove_empty_folders(&entry.path());
    }
    let _ = fs::remove_dir(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_files_are_parsed() {
        assert_eq!(
            parse_ref(b"ref: refs/heads/a\n"),
            Some(RefValue::Symbolic("refs/heads/a".to_owned()))
        );
        assert_eq!(parse_ref(b"ref: ../../etc/passwd"), None);
        assert_eq!(parse_ref(&[b'1'; 41]), Some(RefValue::Direct([0x11; 20])));
        assert_eq!(parse_ref(b""), None);
        assert_eq!(parse_ref(b"\xff"), None);
    }
}
