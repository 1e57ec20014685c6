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
    /// What is wrong, sorted.
    pub problems: Vec<Problem>,
}

impl Workspace {
    /// Looks at everything: objects against their hashes, references, the catalog of every commit, the order and the cuts
    /// of all committed rows, and the working rows.
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
        for damage in examined.damage {
            report.say("object", damage.place, damage.reason);
        }
        let mut seen = Seen::default();
        for id in &examined.commits {
            report.commits += 1;
            self.verify_commit(*id, &mut seen, &mut report);
        }
        self.verify_working(&mut report);
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

    fn verify_working(&self, report: &mut VerifyReport) {
        let working = self.existing_rows().and_then(|rows| match rows {
            Some(rows) => rows.check(),
            None => Ok(Vec::new()),
        });
        let place = "working rows".to_owned();
        match working {
            Ok(found) => {
                for message in found {
                    report.say("working", place.clone(), message);
                }
            }
            Err(error) => report.say("working", place, with_causes(&error)),
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
