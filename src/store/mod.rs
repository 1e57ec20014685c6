//! Revisions in git: the only user of gix, and the only writer under `.git`.
//!
//! A vrev repository is a git repository; plain git must agree at every step (`git fsck --strict` is clean, `git status`
//! says what [`Store::status`] says). What is on disk is described in `docs/format.md`. Invariants: an object's hash is
//! checked whenever it is read; references move by compare-and-swap only; an object is durable before a reference or the
//! index names it; no local work starts another program.
//!
//! ```no_run
//! use vrev::store::{Revision, Store};
//!
//! let store = Store::discover(".")?;
//! if let Revision::Commit(id) = store.resolve("HEAD~2")? {
//!     for (path, blob) in store.files(&Revision::Commit(id), "keyspaces")? {
//!         let text = store.read(blob)?;
//!         assert!(!path.is_empty() && !text.is_empty());
//!     }
//! }
//! # Ok::<(), vrev::store::Error>(())
//! ```

mod background;
mod bisect;
mod branch;
mod checkout;
mod chunk;
mod commit;
mod derived;
mod entries;
mod error;
mod examine;
mod files;
mod id;
mod identity;
mod index;
mod index_file;
mod integration;
mod known;
mod lock;
mod loose;
mod merge;
mod object;
mod pack;
mod refs;
mod remote;
mod revision;
mod rows;
mod scan;
mod seal;
mod sparse;
mod stage;
mod staging;
mod stash;
mod state;
mod status;
mod tag;
mod tree;
mod tree_cache;
mod unmerged;
mod verify;
mod walk;
mod working_set;
mod worktree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use bisect::{Bisection, Verdict};
pub use branch::Branch;
pub use checkout::{LocalChanges, ResetMode, RestoreTo, SwitchTo};
pub use chunk::{ChangedRows, ChunkSource};
pub use commit::{Commit, NewCommit, clean_message};
pub use error::Error;
pub use files::{PathChange, RowsChange, ShardRows, TreeChanges};
pub use id::{BlobId, CommitId, ParseIdError, Revision, TreeId};
pub use identity::Signature;
pub use integration::{GitFile, Hook};
pub use merge::{FileClash, PathMerge, TreeMerge};
pub use object::Durability;
pub use refs::{Expected, Force, Head, LoggedMove, RefName};
pub use remote::{CloneOptions, Remote, Said, Talk, Upstream};
pub use revision::Range;
pub use stage::StageAll;
pub use stash::Stash;
pub use state::StateFile;
pub use status::{ChangeKind, Status, StatusEntry};
pub use tag::Tag;
pub use unmerged::UnmergedPaths;
pub use verify::{Damage, Examined, Packed};
pub use walk::{Order, Walk, WalkOptions};

/// The folder of committed rows in a commit's tree.
pub const ROWS: &str = "rows";

/// How [`Store::init`] lays a repository out.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// The first branch; absent: `init.defaultBranch` of git's configuration, or `main`.
    pub default_branch: Option<String>,
}

/// An open repository. Cheap to clone; `Send`, but each thread needs its own clone.
#[derive(Clone)]
pub struct Store {
    repo: gix::Repository,
    root: PathBuf,
    durability: Durability,
    pending: Arc<object::Pending>,
    trees: Arc<tree::RecentTrees>,
    tree_cache: Arc<tree_cache::TreeCache>,
    sparse: Arc<AtomicBool>,
    /// Commits whose parents a shallow clone lacks.
    shallow: Arc<BTreeSet<CommitId>>,
    /// Values that stand for git's variables of who signs (`GIT_COMMITTER_NAME`, …).
    signers: Arc<BTreeMap<&'static str, String>>,
    /// What was read last, as long as it holds.
    known: Arc<known::Known>,
    staging: Arc<staging::Staging>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Creates a repository in `directory`, which may exist and hold files but no repository.
    ///
    /// # Errors
    /// When there is a repository already, the branch name is invalid, or the folder cannot be written.
    pub fn init(directory: impl AsRef<Path>, options: &InitOptions) -> Result<Self, Error> {
        let directory = directory.as_ref();
        if let Some(branch) = &options.default_branch {
            branch::branch_ref(branch)?;
        }
        if directory.join(".git").exists() {
            return Err(Error::AlreadyARepository {
                path: directory.to_owned(),
            });
        }
        let mut open = open_options();
        if let Some(branch) = &options.default_branch {
            open = open.config_overrides([format!("init.defaultBranch={branch}")]);
        }
        let repo = gix::ThreadSafeRepository::init_opts(
            directory,
            gix::create::Kind::WithWorktree,
            gix::create::Options::default(),
            open,
        )
        .map_err(Error::git(format!(
            "create a repository in `{}`",
            directory.display()
        )))?;
        drop(repo);
        let store = Self::open(directory)?;
        store.lay_out()?;
        store.refresh_cone(std::iter::empty())?;
        Self::open(directory)
    }

    /// Settles how git treats the files of a new repository or clone: canonical ones are compared byte by byte, so their
    /// line ends must not be translated; `rows/` is no text to be merged, and stays out of the worktree.
    fn lay_out(&self) -> Result<(), Error> {
        self.append_to_config("[core]\n\tautocrlf = false\n")?;
        let attributes = self.common_dir().join("info").join("attributes");
        append(&attributes, "rows/** -text -merge\n")?;
        self.configure_sparse()
    }

    /// Opens the repository in this very folder.
    pub(super) fn open(directory: &Path) -> Result<Self, Error> {
        let repo = open_options().open(directory).map_err(Error::git(format!(
            "open the repository at `{}`",
            directory.display()
        )))?;
        Self::from_repo(repo.to_thread_local())
    }

    /// Opens the repository that `directory` is in, or the one that `GIT_DIR` names.
    ///
    /// # Errors
    /// When there is none, it is bare, belongs to another user, or uses a format that is not supported.
    pub fn discover(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let options = open_options();
        let repo = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            directory,
            gix::discover::upwards::Options {
                match_ceiling_dir_or_error: false,
                ..Default::default()
            },
            gix::sec::trust::Mapping {
                full: options.clone(),
                reduced: options,
            },
        )
        .map_err(|source| {
            if source
                .downcast_any_ref::<gix::discover::upwards::Error>()
                .is_some()
                || source.is_not_found()
            {
                Error::NotARepository {
                    path: directory.to_owned(),
                }
            } else {
                Error::Git {
                    action: format!("open the repository at `{}`", directory.display()),
                    source: Box::new(source),
                }
            }
        })?;
        Self::from_repo(repo.to_thread_local())
    }

    fn from_repo(repo: gix::Repository) -> Result<Self, Error> {
        let unusable = |reason: &str| Error::UnusableRepository {
            path: repo.git_dir().to_owned(),
            reason: reason.to_owned(),
        };
        let Some(root) = repo.workdir() else {
            return Err(unusable("it has no worktree (it is bare)"));
        };
        if repo.object_hash() != gix::hash::Kind::Sha1 {
            return Err(unusable("its objects are not named by SHA-1"));
        }
        if repo.git_dir_trust() != gix::sec::Trust::Full {
            return Err(unusable(
                "it belongs to another user (see `safe.directory` in git's configuration)",
            ));
        }
        let root = std::path::absolute(root).map_err(Error::io("read", root))?;
        let durability = match repo.config_snapshot().string("vrev.durability") {
            Some(value) if value.eq_ignore_ascii_case(b"normal") => Durability::Normal,
            _ => Durability::Full,
        };
        let sparse = Arc::new(AtomicBool::new(Self::configured_sparse(&repo)));
        let shallow = Arc::new(Self::read_shallow(repo.common_dir())?);
        let store = Self {
            repo,
            root,
            durability,
            pending: Arc::default(),
            trees: Arc::default(),
            tree_cache: Arc::default(),
            sparse,
            shallow,
            signers: Arc::default(),
            known: Arc::default(),
            staging: Arc::default(),
        };
        store.clear_left_locks();
        Ok(store)
    }

    /// Returns the worktree's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the repository's folder: `.git`, or the private one of a linked worktree.
    pub fn git_dir(&self) -> &Path {
        self.repo.git_dir()
    }

    /// Returns the folder that linked worktrees share: objects, branches, configuration.
    pub fn common_dir(&self) -> &Path {
        self.repo.common_dir()
    }

    /// Returns the folder of vrev's local state, `vrev` in the shared folder. It may not exist yet.
    pub fn vrev_dir(&self) -> PathBuf {
        self.common_dir().join("vrev")
    }

    /// Returns what survives which accident (`vrev.durability` in git's configuration).
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Returns the time that a text names as git reads dates (`2026-08-01`, `2 weeks ago`, `yesterday`), in seconds since
    /// 1970; `None` if it names none.
    pub fn parse_date(text: &str) -> Option<i64> {
        if let Some(seconds) = text.strip_prefix('@') {
            return seconds.parse().ok();
        }
        let now = jiff::Zoned::now();
        gix::date::parse(text, Some(now))
            .ok()
            .map(|time| time.seconds)
    }

    /// Returns a value of git's configuration (`core.editor`), from all of its files and the environment.
    pub fn config(&self, key: &str) -> Option<String> {
        self.repo
            .config_snapshot()
            .string(key)
            .map(|value| value.to_string())
    }
}

/// All of git's configuration but what only its binary knows, since asking it would start a program.
fn open_options() -> gix::open::Options {
    let mut permissions = gix::open::Permissions::all();
    permissions.config.git_binary = false;
    gix::open::Options::default()
        .permissions(permissions)
        .strict_config(false)
        .config_overrides([format!(
            "gitoxide.objects.allocLimit={}",
            object::OBJECT_LIMIT
        )])
}

fn append(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(Error::io("write", path))
}
