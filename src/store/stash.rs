//! Stashes as git keeps them: `refs/stash` names the newest, its reflog the others (git-stash(1), "Discussion").
//!
//! Stashes under a name of their own live likewise under `refs/stashes/<name>`.

use std::fs;

use super::refs::{Expected, ZERO};
use super::{CommitId, Error, Store};

/// One stash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stash {
    /// The commit: its tree is the working set, its parents HEAD, the index and perhaps the untracked files.
    pub commit: CommitId,
    /// `WIP on main: 1a2b3c4 subject`.
    pub message: String,
}

impl Store {
    /// Puts a stash on top of the others.
    ///
    /// # Errors
    /// When the name is invalid or the reference cannot be written.
    pub fn push_stash(
        &self,
        name: Option<&str>,
        commit: CommitId,
        message: &str,
    ) -> Result<(), Error> {
        let reference = stash_ref(name)?;
        let log = self.log_path(&reference);
        if !log.exists() {
            // A reference of this kind has a log only if there is one already.
            let folder = log.parent().unwrap_or(&log);
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
            fs::write(&log, "").map_err(Error::io("write", &log))?;
        }
        self.set_ref(&reference, Expected::Any, commit.0, message)
    }

    /// Returns the stashes of a name, newest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn stashes(&self, name: Option<&str>) -> Result<Vec<Stash>, Error> {
        let reference = stash_ref(name)?;
        if self.read_ref(&reference)?.is_none() {
            return Ok(Vec::new());
        }
        let lines = self.stash_log(&reference)?;
        let stash = |line: &String| {
            let (ids, message) = line.split_once('\t').unwrap_or((line, ""));
            let commit = ids.split(' ').nth(1)?.parse().ok()?;
            Some(Stash {
                commit,
                message: message.to_owned(),
            })
        };
        Ok(lines.iter().rev().filter_map(stash).collect())
    }

    /// Returns the names under which there are stashes, besides the nameless ones, sorted.
    ///
    /// # Errors
    /// When the references cannot be listed.
    pub fn stash_names(&self) -> Result<Vec<String>, Error> {
        let refs = self.all_refs()?.into_keys();
        let names = refs.filter_map(|name| name.strip_prefix("refs/stashes/").map(str::to_owned));
        Ok(names.collect())
    }

    /// Removes a stash, counted from the newest, and returns it.
    ///
    /// # Errors
    /// [`Error::NoSuchReference`] if there are not so many.
    pub fn drop_stash(&self, name: Option<&str>, at: usize) -> Result<Stash, Error> {
        let reference = stash_ref(name)?;
        let stashes = self.stashes(name)?;
        let Some(dropped) = stashes.get(at).cloned() else {
            return Err(Error::NoSuchReference {
                kind: "stash",
                name: format!("stash@{{{at}}}"),
            });
        };
        if stashes.len() == 1 {
            self.delete_ref(&reference, dropped.commit.0)?;
            return self.remove_stash_log(&reference).map(|()| dropped);
        }
        let mut lines = self.stash_log(&reference)?;
        lines.remove(lines.len() - 1 - at);
        // Each line begins with where the one before it ended.
        let mut before = ZERO.to_owned();
        for line in &mut lines {
            if let Some((_, rest)) = line.split_once(' ') {
                let next = rest.get(..40).unwrap_or(ZERO).to_owned();
                *line = format!("{before} {rest}");
                before = next;
            }
        }
        let log = self.log_path(&reference);
        let mut lock = self.lock(&log)?;
        lock.write((lines.join("\n") + "\n").as_bytes(), self.durability)?;
        lock.commit(self.durability)?;
        if at == 0 {
            let top = stashes[1].commit;
            self.point_ref(&reference, top)?;
        }
        Ok(dropped)
    }

    /// Removes all stashes of a name.
    ///
    /// # Errors
    /// When the reference cannot be removed.
    pub fn clear_stashes(&self, name: Option<&str>) -> Result<(), Error> {
        let reference = stash_ref(name)?;
        if let Some(newest) = self.ref_commit(&reference)? {
            self.delete_ref(&reference, newest.0)?;
        }
        self.remove_stash_log(&reference)
    }

    fn stash_log(&self, reference: &str) -> Result<Vec<String>, Error> {
        let path = self.log_path(reference);
        match fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes)
                .lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn remove_stash_log(&self, reference: &str) -> Result<(), Error> {
        let path = self.log_path(reference);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io("remove", &path)(error)),
        }
    }
}

fn stash_ref(name: Option<&str>) -> Result<String, Error> {
    let Some(name) = name else {
        return Ok("refs/stash".to_owned());
    };
    let full = format!("refs/stashes/{name}");
    if gix::validate::reference::name(full.as_bytes().into()).is_ok() {
        Ok(full)
    } else {
        Err(Error::InvalidName {
            kind: "stash",
            name: name.to_owned(),
        })
    }
}
