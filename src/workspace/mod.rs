//! A repository's working set: the two towers put together, for a command, a script or a session alike.
//!
//! A [`Workspace`] reads and writes revisions through [`store`](crate::store), holds the working rows of the checked-out
//! branch in an embedded database, and keeps both in step with the files in the worktree: the files say what the schema
//! is, the database holds the rows, and git holds what was committed. DDL and `ALTER VSCHEMA` change the files.

mod bisect;
mod blame;
mod branch;
mod carry;
mod check;
mod clean;
mod combine;
mod commit;
mod conflicts;
mod diff;
mod error;
mod files;
mod git;
mod hint;
mod history;
mod ignore;
mod import;
mod information_schema;
mod interactive;
mod merge;
mod object;
mod object_text;
mod operation;
mod pick;
mod place;
mod plan;
mod procedure;
mod rebase;
mod remote;
mod rename;
mod report;
mod restore;
mod rollback;
mod rows;
mod session;
mod show;
mod squash;
mod stash;
mod status;
mod system_table;
mod unmerged;
mod upkeep;
mod verified;
mod verify;
mod working_set;

use std::path::Path;

pub use bisect::Predicate;
pub use blame::{BlameOf, Blamed};
pub use clean::{CleanOptions, RemoveOptions};
pub use combine::{CombineOptions, Combined, MergedTable, Placed, VerifyOptions};
pub use commit::{CommitOptions, Stage};
pub use conflicts::{Decided, OpenConflicts, ResolveOptions};
pub use diff::{DiffRequest, Side};
pub use error::Error;
pub use git::{FileMerge, file_diff, file_merge, file_relations};
pub use history::{LogFilter, LogOptions};
pub use ignore::IgnoreClash;
pub use import::{DocumentText, ImportReport, read_documents, read_sources};
pub use interactive::{KeepConflicts, Plan, PlanAction, PlanEnd, PlannedCommit};
pub use merge::{FastForward, MergeOptions, MergeOutcome, MergeReport, MergedTree};
pub use object::Object;
pub use object_text::Shown;
pub use operation::{Operation, OperationKind, Step, Unresolved};
pub use pick::{PickOptions, PickReport};
pub use rebase::{RebaseOptions, RebaseReport};
pub use rename::RenameReport;
pub use report::{
    ChangedObject, CheckReport, CommitReport, DiffReport, LogEntry, Loss, MigrationStatement,
    ObjectChange, PlanReport, RenameQuestion, Reported, RollbackReport, Status, Tracking,
};
pub use rollback::RollbackOptions;
pub use session::{Explanation, Session};
pub use stash::{StashEntry, StashOptions, StashedIndex, Untracked};
pub use system_table::names as system_table_names;
pub use upkeep::GcReport;
pub use verify::{LeftOut, Problem, VerifyReport};

use crate::catalog::{self, Catalog};
use crate::store::{InitOptions, Revision, Store};

/// An open repository with its working set.
#[derive(Debug, Clone)]
pub struct Workspace {
    store: Store,
}

/// Name and address that sign the commits of an example cluster where nobody else is known, in its repository only.
pub const EXAMPLE_IDENTITY: (&str, &str) = ("Example", "example@localhost");

/// What `init` lays down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// `vrev.toml` alone.
    Empty,
    /// The example cluster: `product` unsharded, `customer` sharded by `customer_id`, a lookup vindex, sequences.
    Cluster,
}

impl Workspace {
    /// Makes values stand for git's variables of who signs.
    pub(crate) fn sign_as(&mut self, signers: std::collections::BTreeMap<&'static str, String>) {
        self.store.sign_as(signers);
    }

    /// Makes a repository in `directory` (created if absent), or takes the git repository that is there, and commits what
    /// the template lays down.
    ///
    /// # Errors
    /// When files would be overwritten, nobody is known to sign the commit, or the disk refuses.
    pub fn init(directory: &Path, template: Template, branch: Option<&str>) -> Result<Self, Error> {
        let files = template.files();
        for (path, _) in &files {
            let target = directory.join(path);
            if target.exists() {
                return Err(Error::CannotInit {
                    path: directory.to_owned(),
                    reason: format!("`{path}` exists and would be overwritten"),
                });
            }
        }
        let is_new = !directory.join(".git").exists();
        let store = if is_new {
            let default_branch = branch.map(str::to_owned);
            Store::init(directory, &InitOptions { default_branch })?
        } else {
            Store::discover(directory)?
        };
        let signers = store.author().and_then(|_| store.committer());
        let store = match signers {
            Ok(_) => store,
            Err(_) if is_new && template == Template::Cluster => {
                store.set_identity(EXAMPLE_IDENTITY.0, EXAMPLE_IDENTITY.1)?;
                Store::discover(directory)?
            }
            Err(error) => {
                if is_new {
                    let made = directory.join(".git");
                    std::fs::remove_dir_all(&made)
                        .map_err(|source| files::io("remove", &made, source))?;
                }
                return Err(error.into());
            }
        };
        let workspace = Self { store };
        workspace.adopt()?;
        let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
        workspace.write_files(
            &files
                .into_iter()
                .map(|(path, text)| (path, Some(text)))
                .collect::<Vec<_>>(),
        )?;
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        workspace.store.stage(&paths)?;
        let message = match template {
            Template::Empty => "Initialize the repository",
            Template::Cluster => "Lay down the example cluster",
        };
        workspace.insert_rows(template)?;
        workspace.commit(&CommitOptions {
            message: message.to_owned(),
            ..CommitOptions::default()
        })?;
        Ok(workspace)
    }

    /// Puts the rows of a template into its shards and stages them: sequences need theirs to hand out values.
    fn insert_rows(&self, template: Template) -> Result<(), Error> {
        let statements = match template {
            Template::Empty => return Ok(()),
            Template::Cluster => [
                "insert into product.customer_seq(id, next_id, cache) values (0, 1, 3)",
                "insert into product.corder_seq(id, next_id, cache) values (0, 1, 3)",
            ],
        };
        let mut session = self.session(None)?;
        for statement in statements {
            session.execute(statement)?;
        }
        drop(session);
        self.add(&[])
    }

    /// Opens the repository that holds `start`.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn open(start: &Path) -> Result<Self, Error> {
        let workspace = Self {
            store: Store::discover(start)?,
        };
        workspace.take_working_set()?;
        Ok(workspace)
    }

    /// Takes `rows/` out of the worktree of a repository that plain git cloned, before the first command that changes
    /// anything there.
    fn adopt(&self) -> Result<(), Error> {
        Ok(self.store.adopt_sparse()?)
    }

    /// Returns the store below.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the revision that a person typed.
    ///
    /// # Errors
    /// When it names none.
    pub fn resolve(&self, revision: &str) -> Result<Revision, Error> {
        Ok(self.store.resolve(revision)?)
    }

    /// Returns the whole catalog of a revision.
    ///
    /// # Errors
    /// When a file cannot be read, or the files make no catalog.
    pub fn catalog(&self, revision: &Revision) -> Result<Catalog, Error> {
        let files = self.catalog_files(revision)?;
        Catalog::build(files).map_err(|problems| Error::Catalog {
            revision: revision.to_string(),
            problems,
        })
    }

    /// Returns the revision that the working set started from: HEAD's commit, or `None` before the first.
    fn head_commit(&self) -> Result<Option<Revision>, Error> {
        Ok(self.store.head()?.commit.map(Revision::Commit))
    }
}

impl Template {
    /// Returns paths and texts, sorted by path.
    fn files(self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Empty => vec![("vrev.toml".to_owned(), b"format = 1\n".to_vec())],
            Self::Cluster => catalog::template::FILES
                .iter()
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        }
    }
}
