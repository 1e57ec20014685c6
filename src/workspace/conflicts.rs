//! `conflicts` and `resolve`: what a merge, pick or revert left to be settled, and settling it.
//!
//! Nothing is kept but the three trees and what was decided: conflicts are found again by combining anew, which costs
//! what changed, and cannot differ from what they were. A decision therefore re-runs the merge of what depended on it: a
//! definition that is settled has its rows merged. What that changes is brought into the working set by one more
//! three-way merge, so that edits made there meanwhile are kept.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::combine::{CombineOptions, Combined};
use super::operation::{Operation, OperationKind, Step, Unresolved};
use super::{Error, Workspace};
use crate::merge::catalog::{conflict_key, key_texts};
use crate::merge::{
    CatalogViolation, Conflict, Conflicts, RelationConflicts, RowViolation, Version, Violations,
};
use crate::relation::{Schema, encode};
use crate::store::{NewCommit, Revision, TreeId};

/// What was decided about one conflict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decided {
    /// The relation; empty for a plain file.
    pub relation: String,
    /// The shard, of rows.
    pub shard: Option<String>,
    /// The key: texts of a catalog row's, hexadecimal digits of a row's, the path of a file.
    pub key: Vec<String>,
    /// The version that holds.
    pub version: Version,
}

/// What is left to settle.
#[derive(Debug, Clone)]
pub struct OpenConflicts {
    /// `merge`, `cherry-pick`, `revert`, `rebase`.
    pub verb: &'static str,
    /// What is merged in, as it was typed.
    pub source: String,
    /// What both sides changed differently.
    pub conflicts: Conflicts,
    /// What the result breaks.
    pub violations: Violations,
}

/// What to settle, and how.
#[derive(Debug, Clone)]
pub struct ResolveOptions {
    /// The version that is to hold in the clashing cells.
    pub version: Version,
    /// A table, a relation, another object of the catalog, or a file; absent for everything.
    pub object: Option<String>,
    /// Keys of rows, each as its cells joined by commas; none for all.
    pub keys: Vec<String>,
}

impl OpenConflicts {
    /// Keeps what concerns an object; everything where none is named.
    pub fn keep(&mut self, object: Option<&str>) {
        let Some(object) = object else { return };
        for relation in &mut self.conflicts.relations {
            let whole = relation.clone();
            relation
                .rows
                .retain(|conflict| concerns(&whole, conflict, object));
        }
        self.conflicts
            .relations
            .retain(|relation| !relation.rows.is_empty());
        self.conflicts.files.retain(|file| file.path == object);
        self.violations
            .catalog
            .retain(|violation| names(&violation.object, object));
        let of = |keyspace: &str, table: &str| names(&format!("{keyspace}.{table}"), object);
        self.violations
            .tables
            .retain(|table| of(&table.keyspace, &table.table));
    }
}

impl Workspace {
    /// Returns what is left to settle; `None` while nothing is in progress that could leave anything.
    ///
    /// # Errors
    /// When the trees cannot be read.
    pub fn conflicts(&self) -> Result<Option<OpenConflicts>, Error> {
        let Some((operation, step)) = self.stopped_step()? else {
            return Ok(None);
        };
        let combined = match self.settled_by_staging(&operation, &step)? {
            Some(settled) => settled.after,
            None => self.combine_again(&operation, &step, &step.unresolved.decided)?,
        };
        Ok(Some(OpenConflicts {
            verb: operation.kind.verb(),
            source: operation.source,
            violations: self.left_of(combined.violations, &step.unresolved)?,
            conflicts: combined.conflicts,
        }))
    }

    /// Returns what merging `theirs` into `ours` would leave to settle, changing nothing.
    ///
    /// # Errors
    /// When a name leads nowhere, the histories have nothing in common, or trees cannot be read.
    pub fn preview_conflicts(&self, ours: &str, theirs: &str) -> Result<Conflicts, Error> {
        let (ours_id, theirs_id) = (
            self.store.resolve_commit(ours)?,
            self.store.resolve_commit(theirs)?,
        );
        let Some(base) = self.store.merge_base(ours_id, theirs_id)? else {
            return Err(Error::Unrelated {
                revision: theirs.to_owned(),
            });
        };
        let tree = |id| self.store.commit(id).map(|commit| commit.tree);
        let options = CombineOptions {
            ours: ours.to_owned(),
            theirs: theirs.to_owned(),
            ..CombineOptions::default()
        };
        let combined = self.combine(tree(base)?, tree(ours_id)?, tree(theirs_id)?, &options)?;
        Ok(combined.conflicts)
    }

    /// Settles conflicts by a version: clashing cells become that version's, the other cells stay merged. What was settled
    /// is staged.
    ///
    /// # Errors
    /// When nothing is in progress, no conflict is meant, or edits made meanwhile are in the way.
    pub fn resolve_conflicts(&self, options: &ResolveOptions) -> Result<Unresolved, Error> {
        self.settle_what_is_staged()?;
        let Some((mut operation, mut step)) = self.stopped_step()? else {
            return Err(Error::NothingToResolve { object: None });
        };
        let before = self.combine_again(&operation, &step, &step.unresolved.decided)?;
        let chosen = chosen(&before.conflicts, options);
        if chosen.is_empty() {
            return Err(Error::NothingToResolve {
                object: options.object.clone(),
            });
        }
        let mut decided = step.unresolved.decided.clone();
        decided.extend(chosen);
        let after = self.combine_again(&operation, &step, &decided)?;
        self.carry(before.tree, after.tree)?;
        step.unresolved.decided = decided;
        self.note_left(&mut operation, step, after)
    }

    /// Takes conflicts for settled as the working set has them: what deleting rows of a conflict table means.
    ///
    /// # Errors
    /// When nothing is in progress, or the note cannot be written.
    pub(super) fn settle_as_they_are(&self, settled: Vec<Decided>) -> Result<Unresolved, Error> {
        self.settle_what_is_staged()?;
        let Some((mut operation, mut step)) = self.stopped_step()? else {
            return Err(Error::NothingToResolve { object: None });
        };
        step.unresolved.decided.extend(settled);
        let after = self.combine_again(&operation, &step, &step.unresolved.decided)?;
        self.note_left(&mut operation, step, after)
    }

    /// Takes violations for settled. Of a table, or all.
    ///
    /// # Errors
    /// When nothing is in progress, or the note cannot be written.
    pub fn accept_violations(&self, object: Option<&str>) -> Result<Unresolved, Error> {
        let Some((_, step)) = self.stopped_step()? else {
            return Ok(Unresolved::default());
        };
        let Some(open) = self.conflicts()? else {
            return Ok(step.unresolved);
        };
        let mut accepted: Vec<String> = Vec::new();
        let is_meant = |name: &str| object.is_none_or(|object| names(name, object));
        for violation in &open.violations.catalog {
            if is_meant(&violation.object) {
                accepted.push(catalog_id(violation));
            }
        }
        for table in &open.violations.tables {
            if is_meant(&format!("{}.{}", table.keyspace, table.table)) {
                let rows = table.rows.iter();
                accepted.extend(rows.map(|row| row_id(&table.schema, &table.shard, row)));
            }
        }
        self.dismiss(accepted)
    }

    /// Takes violations, by their ids, for settled.
    pub(super) fn dismiss(&self, ids: Vec<String>) -> Result<Unresolved, Error> {
        self.settle_what_is_staged()?;
        let Some((mut operation, mut step)) = self.stopped_step()? else {
            return Ok(Unresolved::default());
        };
        step.unresolved.dismissed.extend(ids);
        let after = self.combine_again(&operation, &step, &step.unresolved.decided)?;
        self.note_left(&mut operation, step, after)
    }

    /// Looks again at what is left before a step is concluded: a catalog that was mended is no violation any more.
    pub(super) fn look_again(&self, operation: &mut Operation) -> Result<(), Error> {
        self.settle_staged(operation)?;
        let Some(step) = operation.step.clone() else {
            return Ok(());
        };
        if step.unresolved.violations.is_empty() {
            return Ok(());
        }
        let after = self.combine_again(operation, &step, &step.unresolved.decided)?;
        self.note_left(operation, step, after).map(drop)
    }

    /// Settles conflicts whose files were staged, if an operation has stopped for some.
    pub(super) fn settle_what_is_staged(&self) -> Result<(), Error> {
        match self.stopped_step()? {
            Some((mut operation, _)) => self.settle_staged(&mut operation),
            None => Ok(()),
        }
    }

    /// Returns the operation that has stopped in a step.
    fn stopped_step(&self) -> Result<Option<(Operation, Step)>, Error> {
        let operation = self.operation()?;
        Ok(operation.and_then(|operation| {
            let step = operation.step.clone().filter(|step| step.applied)?;
            Some((operation, step))
        }))
    }

    pub(super) fn note_left(
        &self,
        operation: &mut Operation,
        mut step: Step,
        combined: Combined,
    ) -> Result<Unresolved, Error> {
        let violations = self.left_of(combined.violations.clone(), &step.unresolved)?;
        let left = Unresolved::of(&Combined {
            violations,
            ..combined
        });
        self.show_unmerged(&step, &left.unmerged)?;
        step.unresolved = Unresolved {
            decided: std::mem::take(&mut step.unresolved.decided),
            dismissed: std::mem::take(&mut step.unresolved.dismissed),
            ..left
        };
        let left = step.unresolved.clone();
        operation.step = Some(step);
        self.save_operation(operation)?;
        Ok(left)
    }

    /// Combines a step's trees with what was decided.
    pub(super) fn combine_again(
        &self,
        operation: &Operation,
        step: &Step,
        decided: &[Decided],
    ) -> Result<Combined, Error> {
        let mut options = CombineOptions {
            ours: "HEAD".to_owned(),
            // As the markers in files have it.
            theirs: match operation.kind {
                OperationKind::Merge => operation.source.clone(),
                _ => step.source.abbreviated(10),
            },
            ..CombineOptions::default()
        };
        let mut files = std::collections::BTreeMap::new();
        for decision in decided {
            let Decided {
                relation,
                shard,
                key,
                version,
            } = decision;
            let relation_key = (relation.clone(), key.clone());
            match shard {
                Some(shard) => {
                    let key = (relation.clone(), shard.clone(), key.concat());
                    options.rows.insert(key, *version);
                }
                None if relation.is_empty() => _ = files.insert(key.concat(), *version),
                None => _ = options.decisions.insert(relation_key, *version),
            }
        }
        let mut combined = self.combine(step.base, step.ours, step.theirs, &options)?;
        if !files.is_empty() {
            let mut blobs = std::collections::BTreeMap::new();
            for (path, version) in &files {
                let tree = match version {
                    Version::Base => step.base,
                    Version::Ours => step.ours,
                    Version::Theirs => step.theirs,
                };
                blobs.insert(path.clone(), self.store.tree_file(tree, path)?);
            }
            combined.tree = self.store.set_files(combined.tree, &blobs)?;
            let files_left = &mut combined.conflicts.files;
            files_left.retain(|conflict| !files.contains_key(&conflict.path));
            combined.placed.retain(|placed| {
                !placed.relation.is_empty() || !files.contains_key(&placed.key.concat())
            });
        }
        Ok(combined)
    }

    /// Returns the violations that were neither dismissed nor mended in the working catalog.
    pub(super) fn left_of(
        &self,
        mut found: Violations,
        known: &Unresolved,
    ) -> Result<Violations, Error> {
        let dismissed = |id: &String| known.dismissed.contains(id);
        found
            .catalog
            .retain(|violation| !dismissed(&catalog_id(violation)));
        for table in &mut found.tables {
            let (schema, shard) = (table.schema.clone(), table.shard.clone());
            table
                .rows
                .retain(|row| !dismissed(&row_id(&schema, &shard, row)));
        }
        found.tables.retain(|table| !table.rows.is_empty());
        if !found.catalog.is_empty() {
            let files = self.catalog_files(&Revision::Working)?;
            let still = super::combine::judged_files(files);
            // What was left out or decided by the merge itself stands until somebody has looked at it.
            let by_merge = |violation: &CatalogViolation| {
                violation.message.contains("left out") || violation.message.contains("one side")
            };
            found.catalog.retain(|violation| {
                by_merge(violation)
                    || still
                        .iter()
                        .any(|now| now.kind == violation.kind && now.object == violation.object)
            });
        }
        Ok(found)
    }

    /// Brings the difference of two merged trees into the working set, and stages it.
    pub(super) fn carry(&self, from: TreeId, to: TreeId) -> Result<(), Error> {
        if from == to {
            return Ok(());
        }
        let kept = self.keep_working_set("before resolving")?;
        let working = self.store.commit(kept)?.tree;
        let combined = self.combine(from, working, to, &CombineOptions::default())?;
        if !combined.conflicts.is_empty() {
            let left = Unresolved::of(&combined);
            return Err(Error::WouldOverwrite {
                verb: "resolve",
                objects: left.data.into_iter().chain(left.schema).collect(),
            });
        }
        let signer = self.store.committer()?;
        let settled = self.store.write_commit(&NewCommit {
            message: "conflicts settled\n".to_owned(),
            tree: combined.tree,
            parents: Vec::new(),
            author: signer.clone(),
            committer: signer,
        })?;
        self.store.sync()?;
        let changes = self
            .store
            .changed_tree_paths(Some(working), Some(combined.tree))?;
        let tables: BTreeSet<_> = changes
            .rows
            .iter()
            .map(|change| (change.place.keyspace.clone(), change.place.table.clone()))
            .collect();
        self.take_rows(&tables, settled)?;
        let mut files = Vec::new();
        for change in &changes.paths {
            let bytes = change.to.map(|blob| self.store.read(blob)).transpose()?;
            files.push((change.path.clone(), bytes));
        }
        self.write_files(&files)?;
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        if !paths.is_empty() {
            self.store.stage_merged(paths)?;
        }
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let wanted = self.store.table_rows_trees(&Revision::Commit(settled))?;
        self.stage_rows(&tables, &staged, &wanted)
    }
}

/// Returns the conflicts that are meant, decided.
fn chosen(conflicts: &Conflicts, options: &ResolveOptions) -> Vec<Decided> {
    let mut decided = Vec::new();
    for relation in &conflicts.relations {
        for conflict in &relation.rows {
            let object = options.object.as_deref();
            let of = object.is_none_or(|object| concerns(relation, conflict, object));
            if of
                && (options.keys.is_empty()
                    || options.keys.contains(&shown_key(relation, conflict)))
            {
                decided.push(decision(relation, conflict, options.version));
            }
        }
    }
    for file in &conflicts.files {
        let of = options
            .object
            .as_ref()
            .is_none_or(|object| *object == file.path);
        if of && options.keys.is_empty() {
            decided.push(Decided {
                relation: String::new(),
                shard: None,
                key: vec![file.path.clone()],
                version: options.version,
            });
        }
    }
    decided
}

/// Returns the decision that a version holds for a conflict.
pub(super) fn decision(
    relation: &RelationConflicts,
    conflict: &Conflict,
    version: Version,
) -> Decided {
    let key = match &relation.shard {
        Some(_) => vec![row_key(relation, conflict)],
        None => {
            let schema = relation.ours.as_ref().or(relation.theirs.as_ref());
            schema.map_or_else(Vec::new, |schema| conflict_key(schema, conflict))
        }
    };
    Decided {
        relation: relation.relation.clone(),
        shard: relation.shard.clone(),
        key,
        version,
    }
}

/// Returns the bytes that order a conflicting row, in hexadecimal digits.
pub(super) fn row_key(relation: &RelationConflicts, conflict: &Conflict) -> String {
    let versions = [Version::Ours, Version::Theirs, Version::Base];
    let bytes = versions.into_iter().find_map(|version| {
        let (row, _) = conflict.version(version)?;
        Some(encode::key_bytes(relation.schema(version)?, row))
    });
    hex(&bytes.unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a conflict's key as people write it: its cells joined by commas.
pub(super) fn shown_key(relation: &RelationConflicts, conflict: &Conflict) -> String {
    let versions = [Version::Ours, Version::Theirs, Version::Base];
    let key = versions.into_iter().find_map(|version| {
        let (row, _) = conflict.version(version)?;
        let schema = relation.schema(version)?;
        let key = if relation.shard.is_some() {
            key_texts(schema, row)
        } else {
            // Of an object of the catalog the last name is its own.
            key_texts(schema, row).pop().into_iter().collect()
        };
        Some(key)
    });
    key.unwrap_or_default().join(",")
}

fn concerns(relation: &RelationConflicts, conflict: &Conflict, object: &str) -> bool {
    relation.relation == object || names(&relation.object_of(conflict), object)
}

/// Tells whether a name is the object's, qualified or not, or within it.
fn names(name: &str, object: &str) -> bool {
    let within = name
        .strip_prefix(object)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    within
        || name
            .split('.')
            .nth(1)
            .is_some_and(|table| table.eq_ignore_ascii_case(object))
}

pub(super) fn catalog_id(violation: &CatalogViolation) -> String {
    format!("{}/{}", violation.kind, violation.object)
}

pub(super) fn row_id(schema: &Schema, shard: &str, violation: &RowViolation) -> String {
    let key = hex(&encode::key_bytes(schema, &violation.row));
    format!("{}/{}/{shard}/{key}", violation.kind, schema.name)
}
