//! `verify`: everything that is stored looked at: objects, references, every commit's catalog and rows, working rows.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::error::with_causes;
use super::rows::table_schema;
use super::{Error, Workspace};
use crate::catalog::Catalog;
use crate::relation::Schema;
use crate::store::{CommitId, Revision, TreeId};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// `object`, `catalog`, `rows` or `working`.
    pub kind: &'static str,
    /// An object's id, a reference, a file, or a commit with a table.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// What `verify` looked at, and what it found.
#[derive(Debug, Clone, Default)]
pub struct VerifyReport {
    /// Objects read.
    pub objects: usize,
    /// References followed.
    pub references: usize,
    /// Commits whose catalog was built.
    pub commits: usize,
    /// Sets of rows read: of a table in a shard, each content once.
    pub row_sets: usize,
    /// What a filtered clone left out, which nobody can look at here; absent where nothing is.
    pub left_out: Option<LeftOut>,
    /// What is wrong, sorted.
    pub problems: Vec<Problem>,
}

/// What a filtered clone left out of what its commits name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The remote that has it.
    pub remote: String,
    /// What was asked not to be copied, in git's words.
    pub filter: String,
    /// Objects.
    pub objects: usize,
    /// Commits whose catalog was not built.
    pub commits: usize,
    /// Sets of rows that were not read.
    pub row_sets: usize,
}

impl Workspace {
    /// Looks at everything: objects against their hashes, references, the catalog of every commit, the order and the cuts
    /// of all committed rows, the working rows, and what was noted the last time of files that carry no hash; these are
    /// noted again.
    ///
    /// # Errors
    /// When the repository cannot be listed. What is wrong is part of the answer.
    pub fn verify(&self) -> Result<VerifyReport, Error> {
        let examined = self.store.examine()?;
        let mut report = VerifyReport {
            objects: examined.objects,
            references: examined.references,
            ..VerifyReport::default()
        };
        if examined.left_out > 0 {
            report.left_out = self.store.filtered().map(|(remote, filter)| LeftOut {
                remote,
                filter,
                objects: examined.left_out,
                commits: 0,
                row_sets: 0,
            });
        }
        for damage in examined.damage {
            report.say("object", damage.place, damage.reason);
        }
        let mut seen = Seen::default();
        for id in &examined.commits {
            report.commits += 1;
            self.verify_commit(*id, &mut seen, &mut report);
        }
        self.verify_working(&mut report);
        // A repository that cannot be written is looked at all the same.
        let _ = self.store.seal(super::place::is_catalog_path);
        report.problems.sort();
        report.problems.dedup();
        Ok(report)
    }

    fn verify_commit(&self, id: CommitId, seen: &mut Seen, report: &mut VerifyReport) {
        let short = id.abbreviated(10);
        let revision = Revision::Commit(id);
        let files = match self.store.files(&revision, "") {
            Ok(files) => files,
            Err(error) => return report.say("object", short, with_causes(&error)),
        };
        let declared: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| super::place::is_catalog_path(path))
            .collect();
        let trees = match self.store.table_rows_trees(&revision) {
            Ok(trees) => trees,
            Err(error) => return report.say("rows", short, with_causes(&error)),
        };
        if let Some(left_out) = &mut report.left_out
            && !declared.iter().all(|(_, blob)| self.store.has_blob(*blob))
        {
            left_out.commits += 1;
            left_out.row_sets += trees
                .values()
                .filter(|tree| seen.trees.insert(**tree))
                .count();
            return;
        }
        let fresh = trees.values().any(|tree| !seen.trees.contains(tree));
        if !seen.catalogs.insert(declared) && !fresh {
            return;
        }
        let catalog = match self.catalog(&revision) {
            Ok(catalog) => catalog,
            Err(error) => return report.say("catalog", short, with_causes(&error)),
        };
        let mut schemas: BTreeMap<(String, String), Option<Arc<Schema>>> = BTreeMap::new();
        for (place, tree) in trees {
            let key = (place.keyspace.clone(), place.table.clone());
            let schema = schemas
                .entry(key)
                .or_insert_with(|| schema_of(&catalog, &place.keyspace, &place.table));
            let name = format!(
                "{short}: {}.{} in {}",
                place.keyspace, place.table, place.shard
            );
            let Some(schema) = schema else {
                report.say("rows", name, "no table is declared for them".to_owned());
                continue;
            };
            if !seen.trees.insert(tree) {
                continue;
            }
            if let Some(left_out) = &mut report.left_out
                && !self.store.has_whole_tree(tree)
            {
                left_out.row_sets += 1;
                continue;
            }
            report.row_sets += 1;
            if let Err(message) = self.verify_rows(tree, schema) {
                report.say("rows", name, message);
            }
        }
    }

    /// Rows written again make the same tree: then they are in order, cut where they must be, and canonical.
    fn verify_rows(&self, tree: TreeId, schema: &Arc<Schema>) -> Result<(), String> {
        let rows = self
            .read_rows(Some(tree), schema)
            .map_err(|error| with_causes(&error))?;
        let again = self
            .store
            .write_rows(schema, rows.into_iter().map(Ok))
            .map_err(|error| with_causes(&error))?;
        if again == Some(tree) {
            Ok(())
        } else {
            Err("they are not in canonical form, order or chunks".to_owned())
        }
    }

    /// The file is whole to SQLite, and rows that no statement has changed since they were looked at last are the same.
    fn verify_rows_of(
        &self,
        branch: &str,
        place: &str,
        report: &mut VerifyReport,
    ) -> Result<(), Error> {
        let Some(rows) = self.rows_of_branch(branch)? else {
            return Ok(());
        };
        let found = rows.check()?;
        let is_whole = found.is_empty();
        for message in found {
            report.say("working", place.to_owned(), message);
        }
        if !is_whole {
            return Ok(());
        }
        let catalog = match (self.rows_path()?.0 == branch, self.store.branch(branch)) {
            (true, _) => self.catalog(&Revision::Working),
            (false, Ok(Some(tip))) => match self.store.hidden_working_set(branch)? {
                Some(store) => Self { store }.catalog(&Revision::Working),
                None => self.catalog(&Revision::Commit(tip)),
            },
            (false, _) => return Ok(()),
        };
        // What its files are refused for is told elsewhere.
        let Ok(catalog) = catalog else {
            return Ok(());
        };
        for (keyspace, table) in rows.changed_by_nobody(self, &catalog)? {
            let message =
                format!("rows of {keyspace}.{table} changed, but no statement changed them");
            report.say("working", place.to_owned(), message);
        }
        Ok(())
    }

    fn verify_working(&self, report: &mut VerifyReport) {
        match self.branches_with_rows() {
            Ok(branches) => {
                for branch in branches {
                    let place = format!("working rows of {branch}");
                    if let Err(error) = self.verify_rows_of(&branch, &place, report) {
                        report.say("working", place, with_causes(&error));
                    }
                }
            }
            Err(error) => report.say("working", "working rows".to_owned(), with_causes(&error)),
        }
        if let Err(error) = self.operation() {
            report.say("working", "operation".to_owned(), with_causes(&error));
        }
    }
}

/// What was looked at already.
#[derive(Default)]
struct Seen {
    catalogs: HashSet<Vec<(String, crate::store::BlobId)>>,
    trees: BTreeSet<TreeId>,
}

impl VerifyReport {
    fn say(&mut self, kind: &'static str, place: String, message: String) {
        self.problems.push(Problem {
            kind,
            place,
            message,
        });
    }
}

fn schema_of(catalog: &Catalog, keyspace: &str, table: &str) -> Option<Arc<Schema>> {
    let definition = catalog.definition(keyspace, table)?;
    Some(Arc::new(table_schema(catalog, keyspace, definition)))
}
