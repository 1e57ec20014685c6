//! `rollback`: the VSchema, tables, or both, of an earlier revision as a new commit, saying first what is lost.
//!
//! What is restored is the schema: files of the revision replace today's. Rows stay, as far as today's rows fit the
//! restored definitions: a dropped table loses its rows, a dropped column its values, and a rollback that would lose
//! any is refused unless it is allowed. A VSchema alone is always restored without loss.

use std::collections::BTreeMap;

use super::report::{Loss, RollbackReport};
use super::rows::table_schema;
use super::{Error, Object, Side, Workspace, place};
use crate::catalog::Catalog;
use crate::store::{PathChange, Revision};
use crate::value::Value;

/// What to roll back.
#[derive(Debug, Clone, Default)]
pub struct RollbackOptions {
    /// The revision whose state is restored.
    pub revision: String,
    /// Restore VSchema files and routing rules only.
    pub vschema: bool,
    /// Objects to restore; empty for all.
    pub objects: Vec<Object>,
    /// Go on although rows are lost.
    pub allow_lossy: bool,
    /// Message of the commit; absent for one that names the revision.
    pub message: Option<String>,
}

impl Workspace {
    /// Returns what a rollback would lose, changing nothing.
    ///
    /// # Errors
    /// When the revision names no commit, or catalogs or rows cannot be read.
    pub fn rollback_losses(&self, options: &RollbackOptions) -> Result<Vec<Loss>, Error> {
        let target = Revision::Commit(self.store.resolve_commit(&options.revision)?);
        let head = Revision::Commit(self.store.head_commit()?);
        let changes = self.rollback_changes(options, head, target)?;
        let after = self.after(head, target, &changes)?;
        self.losses(&self.catalog(&head)?, &after, head)
    }

    /// Restores the revision's state as a new commit.
    ///
    /// # Errors
    /// When the working set is changed, the restored catalog does not build, or rows would be lost without leave.
    pub fn rollback(&self, options: &RollbackOptions) -> Result<RollbackReport, Error> {
        Object::check_whole(&options.objects)?;
        self.adopt()?;
        let target_id = self.store.resolve_commit(&options.revision)?;
        let (target, head) = (
            Revision::Commit(target_id),
            Revision::Commit(self.store.head_commit()?),
        );
        self.refuse_dirty(&format!("the state of {}", options.revision))?;
        let changes = self.rollback_changes(options, head, target)?;
        if changes.is_empty() {
            return Ok(RollbackReport {
                to: target_id,
                losses: Vec::new(),
                commit: None,
            });
        }
        let after = self.after(head, target, &changes)?;
        let losses = self.losses(&self.catalog(&head)?, &after, head)?;
        if !losses.is_empty() && !options.allow_lossy {
            return Err(Error::Lossy {
                to: options.revision.clone(),
                losses,
            });
        }
        let message = options
            .message
            .clone()
            .unwrap_or_else(|| self.rollback_message(options, target_id));
        self.restore(target, &changes)?;
        let stage = super::commit::Stage::All;
        let commit = self.commit(&super::CommitOptions {
            message,
            stage,
            ..super::CommitOptions::default()
        });
        let commit = match commit {
            Ok(commit) => commit,
            Err(error) => {
                // Back to where it was: nothing half-done is left behind.
                self.reset("HEAD", crate::store::ResetMode::Hard)?;
                return Err(error);
            }
        };
        Ok(RollbackReport {
            to: target_id,
            losses,
            commit: Some(commit),
        })
    }

    fn rollback_message(
        &self,
        options: &RollbackOptions,
        target: crate::store::CommitId,
    ) -> String {
        let what = if options.vschema {
            "the VSchema"
        } else {
            "the schema"
        };
        let of = if options.objects.is_empty() {
            String::new()
        } else {
            format!(
                " of {}",
                options
                    .objects
                    .iter()
                    .map(Object::name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        format!("Roll back {what}{of} to {}\n", target.abbreviated(10))
    }

    /// Returns the files to restore: those that differ, belong to the catalog and were asked for.
    fn rollback_changes(
        &self,
        options: &RollbackOptions,
        head: Revision,
        target: Revision,
    ) -> Result<Vec<PathChange>, Error> {
        let changes = self.store.changed_paths(&head, &target)?;
        let wanted = |path: &str| {
            place::is_catalog_path(path)
                && (!options.vschema || place::is_vschema_path(path))
                && (options.objects.is_empty()
                    || options
                        .objects
                        .iter()
                        .any(|object| object.may_concern(path)))
        };
        let chosen: Vec<PathChange> = changes
            .paths
            .into_iter()
            .filter(|change| wanted(&change.path))
            .collect();
        self.refuse_unknown(&options.objects, &[head, target])?;
        Ok(chosen)
    }

    /// Returns the catalog as it would be.
    fn after(
        &self,
        head: Revision,
        target: Revision,
        changes: &[PathChange],
    ) -> Result<Catalog, Error> {
        let mut texts: BTreeMap<String, Vec<u8>> = self.catalog_files(&head)?.into_iter().collect();
        for change in changes {
            match self.store.read_path(&target, &change.path)? {
                Some(bytes) => texts.insert(change.path.clone(), bytes),
                None => texts.remove(&change.path),
            };
        }
        Catalog::build(texts).map_err(|problems| Error::Catalog {
            revision: format!("the rollback to {target}"),
            problems,
        })
    }

    fn restore(&self, target: Revision, changes: &[PathChange]) -> Result<(), Error> {
        let mut texts = Vec::new();
        for change in changes {
            texts.push((
                change.path.clone(),
                self.store.read_path(&target, &change.path)?,
            ));
        }
        self.write_files(&texts)
    }

    /// Counts the rows of dropped tables, and the rows with a value in a dropped column.
    fn losses(
        &self,
        before: &Catalog,
        after: &Catalog,
        head: Revision,
    ) -> Result<Vec<Loss>, Error> {
        let trees = self.store.table_rows_trees(&head)?;
        let mut losses = Vec::new();
        for (keyspace, name, table) in before.definitions() {
            let restored = after.definition(keyspace, name);
            let dropped: Vec<usize> = match restored {
                Some(restored) => {
                    let places = table.definition.columns.iter().enumerate();
                    places
                        .filter(|(_, column)| restored.column(&column.name).is_none())
                        .map(|(at, _)| at)
                        .collect()
                }
                None => Vec::new(),
            };
            if restored.is_some() && dropped.is_empty() {
                continue;
            }
            let schema = std::sync::Arc::new(table_schema(before, keyspace, table));
            let mut rows = 0;
            let mut values = vec![0; dropped.len()];
            for (_, tree) in trees
                .iter()
                .filter(|(place, _)| place.keyspace == keyspace && place.table == name)
            {
                for (row, count) in self.read_rows(Some(*tree), &schema)? {
                    rows += count;
                    for (lost, at) in values.iter_mut().zip(&dropped) {
                        if !matches!(row.get(*at), None | Some(Value::Null)) {
                            *lost += count;
                        }
                    }
                }
            }
            if restored.is_none() && rows > 0 {
                let what = "the table is dropped with its rows".to_owned();
                losses.push(Loss {
                    object: format!("{keyspace}.{name}"),
                    rows,
                    what,
                });
            }
            for (lost, at) in values.into_iter().zip(dropped) {
                if lost > 0 {
                    let column = &table.definition.columns[at].name;
                    let what = "the column is dropped with its values".to_owned();
                    losses.push(Loss {
                        object: format!("{keyspace}.{name}.{column}"),
                        rows: lost,
                        what,
                    });
                }
            }
        }
        losses.sort_by(|one, other| one.object.cmp(&other.object));
        Ok(losses)
    }

    /// Returns the sides whose difference a report shows: HEAD's parent and HEAD.
    pub fn last_change(&self) -> Result<(Side, Side), Error> {
        let commit = self.store.commit(self.store.head_commit()?)?;
        Ok(self.sides_of(&commit))
    }
}
