//! Other repositories: clone, fetch and push through the user's git, for its credentials, transports and hooks.
//!
//! These are the only places that start a program (git(1)): everything local is done in the process. Where people watch
//! ([`Talk::Terminal`]), git speaks to them itself, so that it can show progress; otherwise its words are handed back.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CommitId, Error, Store};

/// A repository that this one knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name: `origin`.
    pub name: String,
    /// Where it is fetched from.
    pub fetch_url: String,
    /// Where it is pushed to.
    pub push_url: String,
}

/// The branch of a remote that a local branch follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The remote: `origin`.
    pub remote: String,
    /// The branch there: `main`.
    pub branch: String,
    /// Where it was when last fetched; `None` if never.
    pub commit: Option<CommitId>,
}

impl Upstream {
    /// Returns the name under which it is known here: `origin/main`.
    pub fn name(&self) -> String {
        match self.remote.as_str() {
            "." => self.branch.clone(),
            remote => format!("{remote}/{}", self.branch),
        }
    }
}

/// How to clone.
#[derive(Debug, Clone, Default)]
pub struct CloneOptions {
    /// The branch to check out; absent: the remote's HEAD.
    pub branch: Option<String>,
    /// Only so many commits of each line of history.
    pub depth: Option<u32>,
    /// Only one branch.
    pub single_branch: bool,
    /// Leave out objects, in git's words (`blob:none`).
    pub filter: Option<String>,
    /// What to call the remote; absent: `origin`.
    pub origin: Option<String>,
    /// To whom git speaks.
    pub talk: Talk,
}

/// To whom git speaks while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Talk {
    /// To the people at the terminal that this program's error output is.
    Terminal,
    /// To this program, which gets its words.
    #[default]
    Captured,
}

/// What git said while it did what was asked, for people; empty where it spoke to the terminal itself.
pub type Said = String;

impl Store {
    /// Copies a repository into `directory`, which must not exist or be empty, and checks out a branch with `rows/` left
    /// out of the worktree.
    ///
    /// # Errors
    /// When git is missing or fails (then nothing is left behind), or the copy is no repository that can be used.
    pub fn clone_from(
        url: &str,
        directory: &Path,
        options: &CloneOptions,
    ) -> Result<(Self, Said), Error> {
        let existed = directory.exists();
        let mut args: Vec<OsString> = ["clone", "--no-checkout"].map(Into::into).into();
        if options.talk == Talk::Captured {
            args.push("--quiet".into());
        }
        let valued = [
            ("--branch", options.branch.clone()),
            ("--depth", options.depth.map(|depth| depth.to_string())),
            ("--filter", options.filter.clone()),
            ("--origin", options.origin.clone()),
        ];
        for (option, value) in valued {
            args.extend(value.map(|value| format!("{option}={value}").into()));
        }
        if options.single_branch {
            args.push("--single-branch".into());
        }
        args.extend([OsString::from("--"), url.into(), directory.into()]);
        let mut said = run(None, &args, options.talk)?;
        let adopted = Self::check_out_clone(directory);
        match adopted {
            Ok((store, more)) => {
                said.push_str(&more);
                Ok((store, said))
            }
            Err(error) => {
                remove_clone(directory, existed)?;
                Err(error)
            }
        }
    }

    /// Lays out the worktree of a fresh clone. Git checks out, since it fetches what a filtered clone left out.
    fn check_out_clone(directory: &Path) -> Result<(Self, Said), Error> {
        let store = Self::open(directory)?;
        store.lay_out()?;
        let Some(head) = store.head()?.commit else {
            return Ok((store, Said::new()));
        };
        let tree = store.commit(head)?.tree;
        let folders: Vec<String> = store
            .tree(tree)?
            .into_iter()
            .filter(super::tree::Entry::is_tree)
            .map(|entry| format!("{}/", entry.name))
            .collect();
        store.refresh_cone(folders.iter().map(String::as_str))?;
        let said = store.git(["read-tree", "-m", "-u", "HEAD"], Talk::Captured)?;
        Ok((Self::open(directory)?, said))
    }

    /// Fetches, with git's own words after `fetch`.
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn fetch(&self, args: &[String], talk: Talk) -> Result<Said, Error> {
        let words = args.iter().map(String::as_str);
        self.git(std::iter::once("fetch").chain(words), talk)
    }

    /// Returns what the last fetch is to be merged with, and git's words for it (`branch 'main' of <url>`): the lines of
    /// FETCH_HEAD that are for merging (git-fetch(1)).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn fetched(&self) -> Result<Vec<(CommitId, String)>, Error> {
        let path = self.git_dir().join("FETCH_HEAD");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::io("read", &path)(source)),
        };
        let for_merge = text.lines().filter_map(|line| {
            let mut parts = line.splitn(3, '\t');
            let id = parts.next()?.parse().ok()?;
            let is_for_merge = parts.next()?.is_empty();
            is_for_merge.then(|| (id, parts.next().unwrap_or_default().to_owned()))
        });
        Ok(for_merge.collect())
    }

    /// Pushes, with git's own words after `push`.
    ///
    /// # Errors
    /// When git is missing or fails, or the other side refuses.
    pub fn push(&self, args: &[String], talk: Talk) -> Result<Said, Error> {
        let words = args.iter().map(String::as_str);
        self.git(std::iter::once("push").chain(words), talk)
    }

    /// Returns the remotes, sorted by name.
    pub fn remotes(&self) -> Vec<Remote> {
        let names = self.repo.remote_names();
        let remotes = names.iter().map(|name| {
            let key = |key: &str| self.config(&format!("remote.{name}.{key}"));
            let fetch_url = key("url").unwrap_or_default();
            Remote {
                name: name.to_string(),
                push_url: key("pushurl").unwrap_or_else(|| fetch_url.clone()),
                fetch_url,
            }
        });
        remotes.collect()
    }

    /// Changes what remotes there are, with git's own words after `remote`: `add <name> <url>`, `remove <name>`,
    /// `rename <old> <new>`, `set-url <name> <url>`.
    ///
    /// # Errors
    /// When git is missing or refuses.
    pub fn change_remote(&self, args: &[&str]) -> Result<Said, Error> {
        let words = std::iter::once("remote").chain(args.iter().copied());
        self.git(words, Talk::Captured)
    }

    /// Returns the remote branches as they were when last fetched: `origin/main`, sorted by name.
    ///
    /// # Errors
    /// When the references cannot be listed.
    pub fn remote_branches(&self) -> Result<Vec<(String, CommitId)>, Error> {
        let refs = self.all_refs()?.into_iter();
        let branches = refs.filter_map(|(name, id)| {
            let name = name.strip_prefix("refs/remotes/")?;
            (!name.ends_with("/HEAD")).then(|| (name.to_owned(), CommitId(id)))
        });
        Ok(branches.collect())
    }

    /// Returns what a local branch follows (`branch.<name>.remote` and `.merge`).
    ///
    /// # Errors
    /// When the reference of the remote's branch is malformed.
    pub fn upstream(&self, branch: &str) -> Result<Option<Upstream>, Error> {
        let key = |key: &str| self.config(&format!("branch.{branch}.{key}"));
        let (Some(remote), Some(merge)) = (key("remote"), key("merge")) else {
            return Ok(None);
        };
        let branch = merge
            .strip_prefix("refs/heads/")
            .unwrap_or(&merge)
            .to_owned();
        let reference = match remote.as_str() {
            // A branch of this repository.
            "." => format!("refs/heads/{branch}"),
            remote => format!("refs/remotes/{remote}/{branch}"),
        };
        let commit = self.ref_commit(&reference)?;
        Ok(Some(Upstream {
            remote,
            branch,
            commit,
        }))
    }

    /// Makes a local branch follow another branch, of a remote (`origin/main`) or local.
    ///
    /// # Errors
    /// When git is missing, or there is no such branch.
    pub fn set_upstream(&self, branch: &str, upstream: &str) -> Result<Said, Error> {
        let words = ["branch", "--set-upstream-to", upstream, "--", branch];
        self.git(words, Talk::Captured)
    }

    /// Returns the remote that has what a filtered clone left out, and the filter in git's words; `None` for another clone.
    pub fn filtered(&self) -> Option<(String, String)> {
        self.remotes().into_iter().find_map(|remote| {
            let key = |key: &str| self.config(&format!("remote.{}.{key}", remote.name));
            let filter = key("partialclonefilter")?;
            (key("promisor").as_deref() == Some("true")).then_some((remote.name.clone(), filter))
        })
    }

    /// Tells why an object is not here.
    pub(super) fn missing(&self, id: &super::object::RawId) -> Error {
        let id = super::object::hex(id);
        match self.filtered() {
            Some((remote, filter)) => Error::LeftOut { id, remote, filter },
            None if !self.shallow.is_empty() => Error::TooShallow { what: id },
            None => Error::MissingObject { id },
        }
    }

    /// Tells whether history ends at this commit only because the clone is shallow (`.git/shallow`).
    pub fn is_shallow(&self, commit: CommitId) -> bool {
        self.shallow.contains(&commit)
    }

    /// Reads which commits' parents a shallow clone lacks (gitrepository-layout(5), "shallow").
    pub(super) fn read_shallow(common_dir: &Path) -> Result<BTreeSet<CommitId>, Error> {
        let path = common_dir.join("shallow");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text
                .lines()
                .filter_map(|line| line.trim().parse().ok())
                .collect()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(source) => Err(Error::io("read", &path)(source)),
        }
    }

    /// Runs git in this repository.
    fn git<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        talk: Talk,
    ) -> Result<Said, Error> {
        run(Some(self.root()), args, talk)
    }
}

/// Runs the user's git and returns what it said.
pub(super) fn run<A: AsRef<OsStr>>(
    directory: Option<&Path>,
    args: impl IntoIterator<Item = A>,
    talk: Talk,
) -> Result<Said, Error> {
    let args: Vec<OsString> = args
        .into_iter()
        .map(|arg| arg.as_ref().to_owned())
        .collect();
    let verb = args.first().map(|verb| verb.to_string_lossy().into_owned());
    let verb = verb.unwrap_or_default();
    let mut command = Command::new("git");
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    let stderr = match talk {
        Talk::Terminal => Stdio::inherit(),
        Talk::Captured => Stdio::piped(),
    };
    command.args(&args).stdout(Stdio::piped()).stderr(stderr);
    let output = command.output().map_err(|source| Error::GitProgram {
        verb: verb.clone(),
        source,
    })?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let status = output.status.code();
    Err(Error::GitFailed { verb, status, said })
}

/// Takes back a clone that could not be checked out.
fn remove_clone(directory: &Path, existed: bool) -> Result<(), Error> {
    if !existed {
        return std::fs::remove_dir_all(directory).map_err(Error::io("remove", directory));
    }
    let inside = std::fs::read_dir(directory).map_err(Error::io("read", directory))?;
    for entry in inside {
        let path: PathBuf = entry.map_err(Error::io("read", directory))?.path();
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.map_err(Error::io("remove", &path))?;
    }
    Ok(())
}
