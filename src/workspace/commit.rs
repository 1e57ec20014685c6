//! `add` and `commit`: files are staged in git's index in canonical form, rows as trees; a commit is the index's tree.

use std::collections::BTreeSet;

use super::ignore::IgnoredTables;
use super::operation::{Operation, OperationKind};
use super::report::CommitReport;
use super::rows::{TableKey, Trees, differing};
use super::{Error, Object, Workspace, place};
use crate::store::{
    CommitId, Expected, Force, NewCommit, Revision, ShardRows, StateFile, TreeId, clean_message,
};

/// How to commit.
#[derive(Debug, Clone, Default)]
pub struct CommitOptions {
    /// The message; blank lines at its ends are dropped. Empty for what a merge or a pick in progress has noted.
    pub message: String,
    /// Stage what changed first.
    pub stage: Stage,
    /// Stage these objects first and commit them alone: what else is staged stays so.
    pub objects: Vec<Object>,
    /// Commit even if nothing changed.
    pub allow_empty: bool,
    /// Commit even if the catalog does not build.
    pub no_verify: bool,
    /// Refuse what brings findings of severity error, unless `no_verify`.
    pub judged: bool,
    /// Replace HEAD's commit instead of adding one; its message and author stay unless given.
    pub amend: bool,
    /// The author, `Name <address>`; absent for whoever is configured.
    pub author: Option<String>,
    /// The author's date, in any form that git reads.
    pub date: Option<String>,
}

/// What a commit stages by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing: the index is committed as it is.
    #[default]
    Nothing,
    /// Changes of what git knows (`-a`): files, and rows of tables that are committed.
    Tracked,
    /// Everything, new files too.
    All,
}

impl Workspace {
    /// Stages objects: their files in canonical form, and their working rows. Without objects, everything but new tables
    /// that `dolt_ignore` keeps out.
    ///
    /// # Errors
    /// When an object names nothing, or a file or rows cannot be read or written.
    pub fn add(&self, objects: &[Object]) -> Result<(), Error> {
        self.add_with(objects, Force::No)
    }

    /// As [`Workspace::add`]; forced, what is ignored is staged as well.
    ///
    /// # Errors
    /// As [`Workspace::add`], and when an object is ignored that is not forced.
    pub fn add_with(&self, objects: &[Object], force: Force) -> Result<(), Error> {
        Object::check_whole(objects)?;
        self.adopt()?;
        if self.add_known(objects)? {
            return self.settle_what_is_staged();
        }
        let status = self.store.status()?.entries;
        let ignored = match force {
            Force::Yes => IgnoredTables::default(),
            Force::No => {
                let new = status.iter().filter(|entry| entry.untracked);
                let mut ignored = self.ignored_tables(new.map(|entry| entry.path.as_str()))?;
                ignored.refuse_clashes()?;
                ignored
            }
        };
        let known: BTreeSet<String> = if objects.is_empty() {
            BTreeSet::new()
        } else {
            let staged = self.store.files(&Revision::Staged, "")?;
            staged.into_iter().map(|(path, _)| path).collect()
        };
        let mut paths = BTreeSet::new();
        for entry in &status {
            let is_meant = |object: &Object| object.is_staged_with(&entry.path);
            // Staging an unmerged file as it is settles it, but only if it is named.
            let is_here = entry.untracked
                || entry.worktree.is_some()
                || (entry.unmerged && !objects.is_empty());
            if !is_here || !(objects.is_empty() || objects.iter().any(is_meant)) {
                continue;
            }
            if ignored.has_path(&entry.path) {
                let named = objects
                    .iter()
                    .find(|object| object.is_named_by(&entry.path));
                match named {
                    Some(object) => {
                        let name = object.name();
                        return Err(Error::Ignored { name });
                    }
                    None => continue,
                }
            }
            paths.insert(entry.path.clone());
        }
        let mut former = BTreeSet::new();
        if !objects.is_empty() {
            // A table that was renamed takes its old name with it: the two have one identity.
            let of = |paths: &mut dyn Iterator<Item = &String>| -> BTreeSet<TableKey> {
                paths.filter_map(|path| place::table_of(path)).collect()
            };
            let root = self.store.root();
            let is_gone = |path: &&String| known.contains(*path) && !root.join(path).exists();
            let removed = of(&mut status.iter().map(|entry| &entry.path).filter(is_gone));
            let added = of(&mut paths.iter().filter(|path| !known.contains(*path)));
            let pairs =
                self.renamed_tables((&Revision::Staged, &removed), (&Revision::Working, &added))?;
            for (from, _) in pairs {
                paths.insert(place::table_path(&from.0, &from.1));
                former.insert(from);
            }
        }
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let rows: BTreeSet<TableKey> = differing(&staged, &working)
            .into_iter()
            .filter(|key| !ignored.has(key))
            .filter(|key| {
                objects.is_empty()
                    || former.contains(key)
                    || objects
                        .iter()
                        .any(|object| object.concerns_rows(&key.0, &key.1))
            })
            .collect();
        for object in objects {
            let is_named = known
                .iter()
                .chain(&paths)
                .any(|path| object.is_named_by(path));
            let has_rows = || {
                let mut places = working.keys();
                places.any(|place| object.concerns_rows(&place.keyspace, &place.table))
            };
            let is_in = |revision: Revision| {
                self.refuse_unknown(
                    std::slice::from_ref(object),
                    std::slice::from_ref(&revision),
                )
            };
            if !is_named && !has_rows() && is_in(Revision::Staged).is_err() {
                is_in(Revision::Working)?;
            }
        }
        self.stage_paths(&paths)?;
        self.stage_rows(&rows, &staged, &working)?;
        self.settle_what_is_staged()
    }

    /// Stages tables that the index knows, looking at their files alone; false where something else is meant, too, and the
    /// worktree must be looked through.
    fn add_known(&self, objects: &[Object]) -> Result<bool, Error> {
        let mut paths = BTreeSet::new();
        for object in objects {
            let Object::Table { keyspace, table } = object else {
                return Ok(false);
            };
            let own = [
                place::table_path(keyspace, table),
                place::view_path(keyspace, table),
            ];
            if !self.store.is_tracked(own.iter().map(String::as_str))? {
                return Ok(false);
            }
            paths.extend(own);
            paths.insert(place::vschema_path(keyspace));
            paths.insert(place::identities_path(keyspace));
        }
        if paths.is_empty() {
            return Ok(false);
        }
        let Some(changed) = self.store.changed_files(&paths)? else {
            return Ok(false);
        };
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let mut rows = differing(&staged, &working);
        rows.retain(|key| {
            let mut objects = objects.iter();
            objects.any(|object| object.concerns_rows(&key.0, &key.1))
        });
        self.stage_paths(&changed)?;
        self.stage_rows(&rows, &staged, &working)?;
        Ok(true)
    }

    /// Tells whether a name is an object's of HEAD, the index or the working set.
    ///
    /// # Errors
    /// When files cannot be read.
    pub fn has_object_named(&self, name: &str) -> Result<bool, Error> {
        let named = self.objects(&[name.to_owned()])?;
        let [object] = named.as_slice() else {
            return Ok(false);
        };
        for revision in [Revision::Working, Revision::Staged] {
            let files = self.store.files(&revision, "")?;
            if files.iter().any(|(path, _)| object.may_concern(path)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes objects out of the index again: HEAD's state is staged. Without objects, everything.
    ///
    /// # Errors
    /// When an object is unknown or no whole one, or the index cannot be written.
    pub fn unstage(&self, objects: &[Object]) -> Result<(), Error> {
        Object::check_whole(objects)?;
        self.adopt()?;
        let paths: Vec<String> = self
            .store
            .status()?
            .entries
            .into_iter()
            .map(|entry| entry.path)
            .filter(|path| {
                objects.is_empty() || objects.iter().any(|object| object.may_concern(path))
            })
            .collect();
        if paths.is_empty() {
            let places = [Revision::Working, Revision::Staged].into_iter();
            let places: Vec<Revision> = places.chain(self.head_commit()?).collect();
            self.refuse_unknown(objects, &places)?;
        } else {
            self.store
                .unstage(&paths.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let head = self.committed_trees()?;
        let rows = differing(&staged, &head)
            .into_iter()
            .filter(|(keyspace, table)| {
                objects.is_empty()
                    || objects
                        .iter()
                        .any(|object| object.concerns_rows(keyspace, table))
            })
            .collect();
        self.stage_rows(&rows, &staged, &head)
    }

    /// Commits the index as a child of HEAD. Of a merge in progress it is the merge commit; of a pick or a revert that
    /// stopped, its commit.
    ///
    /// # Errors
    /// When there is nothing to commit, the message is empty, the catalog does not build or brings findings (unless
    /// `no_verify`), conflicts are left, nobody is known to sign it, or another process moved the branch meanwhile. Nothing
    /// is changed then.
    pub fn commit(&self, options: &CommitOptions) -> Result<CommitReport, Error> {
        self.adopt()?;
        self.refuse_interrupted("commit")?;
        let mut operation = self.operation()?;
        let merged = self.store.state_commits(StateFile::MergeHead)?;
        // A commit at which a plan stopped for it to be edited is amended.
        let is_edited = operation.as_ref().is_some_and(Operation::is_editing);
        let in_progress = operation.as_ref().filter(|_| !is_edited);
        let in_progress = in_progress.map(|operation| operation.kind);
        let in_progress = in_progress.or((!merged.is_empty()).then_some(OperationKind::Merge));
        if let (true, Some(kind)) = (options.amend, in_progress) {
            return Err(Error::AmendInProgress { kind });
        }
        if let (false, Some(kind)) = (options.objects.is_empty(), in_progress) {
            return Err(Error::PartialInProgress { kind });
        }
        let message = self.message_of(options)?;
        if message.trim().is_empty() {
            return Err(Error::EmptyMessage);
        }
        self.store
            .author_of(options.author.as_deref(), options.date.as_deref())?;
        if let Some(operation) = &mut operation
            && operation.step.is_some()
        {
            self.stage(options)?;
            let id = self.conclude_step(operation, Some(message))?;
            if operation.todo.is_empty() && operation.rebased.is_none() {
                self.end_operation()?;
            }
            let unstaged = self.has_unstaged()?;
            return self.commit_report(id.ok_or(Error::NothingToCommit { unstaged })?);
        }
        let awaiting = self.rows_awaiting_merge()?;
        let id = self.store.staging(|| {
            self.stage(options)?;
            self.commit_index(options, message, merged)
        })?;
        self.take_rows(&awaiting, id)?;
        self.note_committed()?;
        self.store.clear_state(&[
            StateFile::MergeHead,
            StateFile::MergeMsg,
            StateFile::MergeMode,
            StateFile::SquashMsg,
        ])?;
        self.commit_report(id)
    }

    /// Stages what a commit is to stage first.
    fn stage(&self, options: &CommitOptions) -> Result<(), Error> {
        match options.stage {
            Stage::Nothing if options.objects.is_empty() => Ok(()),
            Stage::Nothing => self.add(&options.objects),
            Stage::Tracked => self.stage_tracked(),
            Stage::All => self.add(&[]),
        }
    }

    /// Returns the message that was given, or the one that was noted for the commit to come.
    fn message_of(&self, options: &CommitOptions) -> Result<String, Error> {
        let given = clean_message(&options.message);
        if !given.trim().is_empty() {
            return Ok(given);
        }
        if options.amend {
            return Ok(self.store.commit(self.store.head_commit()?)?.message);
        }
        for file in [StateFile::MergeMsg, StateFile::SquashMsg] {
            if let Some(noted) = self.store.state(file)? {
                let lines = noted.lines().filter(|line| !line.starts_with('#'));
                return Ok(clean_message(&lines.collect::<Vec<_>>().join("\n")));
            }
        }
        Ok(given)
    }

    /// Writes the index's commit and moves HEAD to it.
    fn commit_index(
        &self,
        options: &CommitOptions,
        message: String,
        merged: Vec<CommitId>,
    ) -> Result<CommitId, Error> {
        let committer = self.store.committer()?;
        let (author, date) = (options.author.as_deref(), options.date.as_deref());
        let mut author_given = self.store.author_of(author, date)?;
        let head = self.store.head()?;
        let staged = self.store.write_tree_from_index()?;
        let tree = match head.commit {
            Some(head) if !options.objects.is_empty() => {
                self.tree_with(self.store.commit(head)?.tree, staged, &options.objects)?
            }
            _ => staged,
        };
        let parents: Vec<CommitId> = if options.amend {
            let amended = self.store.commit(self.store.head_commit()?)?;
            if author.is_none() && date.is_none() {
                author_given = amended.author;
            }
            amended.parents
        } else {
            head.commit.into_iter().chain(merged).collect()
        };
        let parent_tree = match parents.as_slice() {
            [] => Some(TreeId::EMPTY),
            [parent] => Some(self.store.commit(*parent)?.tree),
            _ => None,
        };
        if !options.allow_empty && !options.amend && parent_tree == Some(tree) {
            if !options.objects.is_empty() {
                let names = options
                    .objects
                    .iter()
                    .map(|object| format!("`{}`", object.name()));
                return Err(Error::Unchanged {
                    objects: names.collect::<Vec<_>>().join(", "),
                });
            }
            return Err(Error::NothingToCommit {
                unstaged: self.has_unstaged()?,
            });
        }
        let new = NewCommit {
            message,
            tree,
            parents,
            author: author_given,
            committer,
        };
        if !options.no_verify {
            let next = match tree == staged {
                true => Revision::Staged,
                // A commit that nothing names yet.
                false => Revision::Commit(self.store.write_commit(&new)?),
            };
            self.verify_next(&next, options.judged)?;
        }
        if !options.amend {
            return Ok(self.store.commit_to_head(&head, &new, "commit")?);
        }
        let id = self.store.write_commit(&new)?;
        let subject = self.store.commit(id)?.subject();
        let expected = head.commit.map_or(Expected::Nothing, Expected::At);
        let message = format!("commit (amend): {subject}");
        self.store.sync()?;
        self.store.move_head(&head, id, expected, &message)?;
        Ok(id)
    }

    /// Returns a tree like `base` but with these objects as `staged` has them.
    fn tree_with(&self, base: TreeId, staged: TreeId, objects: &[Object]) -> Result<TreeId, Error> {
        let changes = self.store.changed_tree_paths(Some(base), Some(staged))?;
        let is_meant = |path: &str| objects.iter().any(|object| object.is_staged_with(path));
        let (files, other_files): (Vec<_>, Vec<_>) = changes
            .paths
            .into_iter()
            .partition(|change| is_meant(&change.path));
        let (rows, other_rows): (Vec<_>, Vec<_>) = changes.rows.into_iter().partition(|change| {
            let (keyspace, table) = (&change.place.keyspace, &change.place.table);
            objects
                .iter()
                .any(|object| object.concerns_rows(keyspace, table))
        });
        if other_files.is_empty() && other_rows.is_empty() {
            return Ok(staged);
        }
        let files = files.into_iter().map(|change| (change.path, change.to));
        let tree = self.store.set_files(base, &files.collect())?;
        let rows = rows.into_iter().map(|change| (change.place, change.to));
        Ok(self.store.set_rows(tree, &rows.collect::<Vec<_>>())?)
    }

    fn stage_tracked(&self) -> Result<(), Error> {
        let paths = self
            .stage_renames()?
            .into_iter()
            // What is staged as gone is gone; a rename's record goes with the tracked table that it is about.
            .filter(|entry| match entry.untracked {
                true => place::is_identities_path(&entry.path),
                false => entry.worktree.is_some(),
            })
            .map(|entry| entry.path)
            .collect();
        let tracked: BTreeSet<String> = self
            .store
            .files(&Revision::Staged, "")?
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let working = self.working_trees()?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let rows = differing(&staged, &working)
            .into_iter()
            .filter(|(keyspace, table)| {
                tracked.contains(&place::table_path(keyspace, table))
                    || staged
                        .keys()
                        .any(|place| place.keyspace == *keyspace && place.table == *table)
            })
            .collect();
        self.stage_paths(&paths)?;
        self.stage_rows(&rows, &staged, &working)
    }

    /// Rewrites catalog files to canonical form where they parse, and stages the paths. What is gone from the index and
    /// from the worktree alike is staged already.
    fn stage_paths(&self, paths: &BTreeSet<String>) -> Result<(), Error> {
        let unmerged = self.store.unmerged_paths()?;
        let mut here = BTreeSet::new();
        for path in paths {
            if unmerged.contains(path)
                || self.store.root().join(path).exists()
                || self.store.has_path(&Revision::Staged, path)?
            {
                here.insert(path.clone());
            }
        }
        self.format_paths(&here)?;
        if here.is_empty() {
            return Ok(());
        }
        Ok(self.store.stage_files(here.iter().map(String::as_str))?)
    }

    pub(super) fn stage_rows(
        &self,
        keys: &BTreeSet<TableKey>,
        staged: &Trees,
        wanted: &Trees,
    ) -> Result<(), Error> {
        let places: BTreeSet<&ShardRows> = staged
            .keys()
            .chain(wanted.keys())
            .filter(|place| keys.contains(&(place.keyspace.clone(), place.table.clone())))
            .collect();
        let changes: Vec<(ShardRows, Option<TreeId>)> = places
            .into_iter()
            .filter(|place| staged.get(place) != wanted.get(place))
            .map(|place| (place.clone(), wanted.get(place).copied()))
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.store.stage_rows(&changes)?;
        self.note_staged_rows(&changes)
    }

    /// Stages rows that were written already.
    pub(super) fn stage_trees(&self, changes: &[(ShardRows, Option<TreeId>)]) -> Result<(), Error> {
        self.adopt()?;
        self.store.stage_rows(changes)?;
        self.note_staged_rows(changes)
    }

    /// Tells whether files or rows differ from what is staged.
    pub(super) fn has_unstaged(&self) -> Result<bool, Error> {
        if self
            .store
            .status()?
            .entries
            .iter()
            .any(|entry| entry.worktree.is_some())
        {
            return Ok(true);
        }
        Ok(self.working_trees()? != self.store.table_rows_trees(&Revision::Staged)?)
    }

    /// Rows of HEAD by place.
    pub(super) fn committed_trees(&self) -> Result<Trees, Error> {
        match self.head_commit()? {
            Some(revision) => Ok(self.store.table_rows_trees(&revision)?),
            None => Ok(Trees::new()),
        }
    }

    /// Tells the working rows, if there are any, that HEAD's rows are what they started from.
    pub(super) fn note_committed(&self) -> Result<(), Error> {
        self.take_detached_rows()?;
        match self.existing_rows()? {
            Some(rows) => rows.set_base(&self.committed_trees()?),
            None => Ok(()),
        }
    }
}
