//! Three root trees into one: the seam between git's trees and the pure three-way merge.
//!
//! Invariant: what is equal on two sides is never opened, so a merge costs what changed. Catalog files that a side
//! changed are merged as catalogs, rows as rows, other files by their lines. The merged tree is whole even where there
//! are conflicts: the clashing cells are ours.

mod check;
mod constraints;
mod placed;
mod placement;
mod rows;
mod violations;

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Workspace, place};
use crate::catalog::files::{self, Place};
use crate::catalog::{Catalog, Identities};
use crate::merge::catalog::{Decisions, Input, MergedCatalog, Tables};
use crate::merge::{self, Conflicts, FileConflict, Kind, Options, Version, Violations};
use crate::store::{BlobId, FileClash, TreeChanges, TreeId};
pub(super) use constraints::Verified;
pub use constraints::VerifyOptions;
pub use placed::Placed;
pub(super) use violations::judged_files;

/// How to combine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CombineOptions {
    /// How rows and cells are merged.
    pub merge: Options,
    /// What our side is called in conflict markers of plain files: `HEAD`, a branch.
    pub ours: String,
    /// What their side is called.
    pub theirs: String,
    /// What was decided about conflicts of the catalog.
    pub decisions: Decisions,
    /// What was decided about rows: relation, shard, and the bytes of the key in hexadecimal digits.
    pub rows: BTreeMap<(String, String, String), Version>,
}

/// How a table's rows changed by a merge, counted against ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedTable {
    /// Keyspace.
    pub keyspace: String,
    /// Table.
    pub table: String,
    /// Rows added.
    pub added: u64,
    /// Rows changed.
    pub modified: u64,
    /// Rows removed.
    pub removed: u64,
    /// Whether the table's definition or its VSchema entry changed.
    pub schema: bool,
}

/// What combining gave.
#[derive(Debug, Clone)]
pub struct Combined {
    /// The merged root tree, with ours in clashing cells.
    pub tree: TreeId,
    /// What both sides changed differently.
    pub conflicts: Conflicts,
    /// The files in which conflicts stand; committed rows are in none.
    pub placed: Vec<Placed>,
    /// What the merged state breaks.
    pub violations: Violations,
    /// Tables that differ from ours, by keyspace and name.
    pub tables: Vec<MergedTable>,
    /// What was chosen where nothing clashes and yet somebody may be surprised.
    pub notices: Vec<String>,
}

impl Combined {
    /// Tells whether the result can be committed as it is.
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty() && self.violations.is_empty()
    }
}

/// What the three sides declare, as far as it takes part in the merge.
struct Sides {
    /// Base, ours, theirs.
    trees: [TreeId; 3],
    catalogs: [Catalog; 3],
    /// What ours and theirs changed.
    changes: [TreeChanges; 2],
}

impl Workspace {
    /// Combines the changes from `base` to `ours` and from `base` to `theirs`, writing trees and blobs but moving nothing.
    ///
    /// # Errors
    /// When a tree is damaged or cannot be written, or a side's catalog cannot be read.
    pub fn combine(
        &self,
        base: TreeId,
        ours: TreeId,
        theirs: TreeId,
        options: &CombineOptions,
    ) -> Result<Combined, Error> {
        let mut combined = Combined {
            tree: ours,
            conflicts: Conflicts::default(),
            placed: Vec::new(),
            violations: Violations::default(),
            tables: Vec::new(),
            notices: Vec::new(),
        };
        if ours == theirs || theirs == base {
            return Ok(combined);
        }
        let changes =
            [ours, theirs].map(|side| self.store.changed_tree_paths(Some(base), Some(side)));
        let [our_changes, their_changes] = changes;
        let changes = [our_changes?, their_changes?];
        let labels = [options.ours.as_str(), options.theirs.as_str()];
        let merged = self
            .store
            .merge_paths([base, ours, theirs], labels, &|path| {
                is_merged_as_catalog(path)
            })?;
        combined.tree = merged.tree;
        combined.conflicts.files = merged.clashes.into_iter().map(file_conflict).collect();
        let files = combined.conflicts.files.iter();
        combined.placed = files.map(|file| Placed::file(&file.path)).collect();
        let paths = catalog_paths(&changes);
        let alone = [0, 1].map(|side: usize| {
            changes[side].rows.is_empty() && catalog_of(&changes[side]).next().is_none()
        });
        if alone[0] || alone[1] {
            // One side changed plain files alone: the other's catalog and rows were taken as they are.
            self.count_tables(&mut combined, ours)?;
            return Ok(combined);
        }
        let trees = [base, ours, theirs];
        let catalogs = self.side_catalogs(trees, &paths, &changes)?;
        let sides = Sides {
            trees,
            catalogs,
            changes,
        };
        let (our_rows, their_rows) = (sides.touched(0), sides.touched(1));
        let input = Input {
            base: &sides.catalogs[0],
            ours: &sides.catalogs[1],
            theirs: &sides.catalogs[2],
            our_rows: &our_rows,
            their_rows: &their_rows,
            decisions: &options.decisions,
        };
        let catalog = merge::catalog::merge(&input, &options.merge);
        let mut files = self.merged_files(&sides, &catalog, &paths)?;
        let mut there = BTreeSet::new();
        for (path, blob) in &files {
            if self.store.tree_file(combined.tree, path)? == *blob {
                there.insert(path.clone());
            }
        }
        files.retain(|path, _| !there.contains(path));
        if !files.is_empty() {
            combined.tree = self.store.set_files(combined.tree, &files)?;
        }
        self.place(&sides, &catalog, &mut combined)?;
        combined.conflicts.relations = catalog.conflicts.clone();
        combined.violations.catalog = catalog.violations.clone();
        combined.notices = catalog.notices.clone();
        self.combine_rows(&sides, &catalog, options, &mut combined)?;
        self.check_foreign_keys(&sides, &catalog.catalog, &mut combined)?;
        self.find_catalog_violations(&sides, &catalog.catalog, &mut combined)?;
        self.find_misplaced(&sides, &catalog.catalog, &mut combined)?;
        self.count_tables(&mut combined, ours)?;
        self.store.sync()?;
        Ok(combined)
    }

    /// Reads the catalog files that take part, of each side: those that a side changed, the definitions of tables whose
    /// rows both changed, and the records of renames that say which table is which.
    fn side_catalogs(
        &self,
        trees: [TreeId; 3],
        changed: &BTreeSet<String>,
        changes: &[TreeChanges; 2],
    ) -> Result<[Catalog; 3], Error> {
        let mut paths = changed.clone();
        for change in changes.iter().flat_map(|changes| &changes.rows) {
            paths.insert(place::table_path(
                &change.place.keyspace,
                &change.place.table,
            ));
            paths.insert(place::identities_path(&change.place.keyspace));
            paths.insert(place::shards_path(&change.place.keyspace));
        }
        for keyspace in changed.iter().filter_map(|path| place::keyspace_of(path)) {
            paths.insert(place::identities_path(&keyspace));
            // The list of shards tells a keyspace that is there from one that is gone.
            paths.insert(place::shards_path(&keyspace));
        }
        let mut catalogs = [const { None }; 3];
        for (tree, catalog) in trees.into_iter().zip(&mut catalogs) {
            *catalog = Some(self.catalog_of_tree(tree, &paths)?);
        }
        Ok(catalogs.map(Option::unwrap_or_default))
    }

    /// Returns the partial catalog that these files of a root tree declare.
    pub(super) fn catalog_of_tree(
        &self,
        tree: TreeId,
        paths: &BTreeSet<String>,
    ) -> Result<Catalog, Error> {
        files::read(self.files_of_tree(tree, paths)?).map_err(|problems| Error::Catalog {
            revision: format!("tree {}", tree.abbreviated(10)),
            problems,
        })
    }

    /// Returns those of these files that a root tree has.
    fn files_of_tree(
        &self,
        tree: TreeId,
        paths: &BTreeSet<String>,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut found = Vec::new();
        for path in paths {
            if let Some(blob) = self.store.tree_file(tree, path)? {
                found.push((path.clone(), self.store.read(blob)?));
            }
        }
        Ok(found)
    }

    /// Returns the text of every catalog file that takes part. Where a side says the same, its own spelling is kept.
    fn merged_files(
        &self,
        sides: &Sides,
        merged: &MergedCatalog,
        changed: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Option<BlobId>>, Error> {
        let mut paths = changed.clone();
        for keyspace in merged.catalog.keyspaces.keys() {
            paths.insert(place::identities_path(keyspace));
        }
        for place in files::places(&merged.catalog) {
            // A definition may have moved to a name that no side has changed.
            if matches!(place, Place::Table { .. }) {
                paths.insert(place::path_of(&place));
            }
        }
        let mut files = BTreeMap::new();
        for path in paths {
            let Ok(Some(place)) = Place::of(&path) else {
                continue;
            };
            if !is_merged_as_catalog(&path) {
                continue;
            }
            let text = files::text(&merged.catalog, &place);
            let mut blob = None;
            for side in [1, 2, 0] {
                let same = files::text(&sides.catalogs[side], &place) == text;
                if same && text.is_some() {
                    blob = self.store.tree_file(sides.trees[side], &path)?;
                }
                if blob.is_some() {
                    break;
                }
            }
            let blob = match (blob, text) {
                (Some(blob), _) => Some(blob),
                (None, Some(text)) => Some(self.store.write_blob(text.as_bytes())?),
                (None, None) if matches!(place, Place::Vschema { .. } | Place::Rules(_)) => {
                    // A document that says nothing has no text of its own; the file stays where ours has it.
                    self.store.tree_file(sides.trees[1], &path)?
                }
                (None, None) => None,
            };
            files.insert(path, blob);
        }
        Ok(files)
    }

    /// Counts how the tables of the merged tree differ from ours.
    fn count_tables(&self, combined: &mut Combined, ours: TreeId) -> Result<(), Error> {
        let changes = self
            .store
            .changed_tree_paths(Some(ours), Some(combined.tree))?;
        let mut tables: BTreeMap<(String, String), MergedTable> = BTreeMap::new();
        for table in combined.tables.drain(..) {
            tables.insert((table.keyspace.clone(), table.table.clone()), table);
        }
        let mut note = |keyspace: &str, table: &str, schema: bool| {
            let key = (keyspace.to_owned(), table.to_owned());
            let entry = tables.entry(key).or_insert_with(|| MergedTable {
                keyspace: keyspace.to_owned(),
                table: table.to_owned(),
                ..MergedTable::default()
            });
            entry.schema |= schema;
        };
        for change in &changes.paths {
            if let Some((keyspace, table)) = place::table_of(&change.path) {
                note(&keyspace, &table, true);
            }
        }
        for change in &changes.rows {
            note(&change.place.keyspace, &change.place.table, false);
        }
        combined.tables = tables.into_values().collect();
        Ok(())
    }
}

impl Sides {
    /// Returns the identity of a table by its name on a side (0 is the base).
    fn identity(&self, side: usize, keyspace: &str, table: &str) -> String {
        let none = Identities::default();
        let identities = self.catalogs[side]
            .keyspaces
            .get(keyspace)
            .map_or(&none, |keyspace| &keyspace.identities);
        identities.table(table).to_owned()
    }

    /// Returns the tables, by identity, whose rows ours (0) or theirs (1) changed.
    fn touched(&self, side: usize) -> Tables {
        let mut tables = Tables::new();
        for change in &self.changes[side].rows {
            let (keyspace, table) = (&change.place.keyspace, &change.place.table);
            for (catalog, tree) in [(0, change.from), (side + 1, change.to)] {
                if tree.is_some() {
                    tables.insert((keyspace.clone(), self.identity(catalog, keyspace, table)));
                }
            }
        }
        // Rows that only moved along with a table's name are no change.
        tables.retain(|(keyspace, identity)| {
            let trees = |at: usize| -> BTreeMap<&String, TreeId> {
                let rows = self.changes[side].rows.iter();
                rows.filter(|change| change.place.keyspace == *keyspace)
                    .filter_map(|change| {
                        let (catalog, tree) = match at {
                            0 => (0, change.from),
                            _ => (side + 1, change.to),
                        };
                        let same =
                            self.identity(catalog, keyspace, &change.place.table) == *identity;
                        Some((&change.place.shard, tree.filter(|_| same)?))
                    })
                    .collect()
            };
            trees(0) != trees(1)
        });
        tables
    }
}

/// Tells whether a file is merged as part of the catalog; the repository's settings are merged by lines.
fn is_merged_as_catalog(path: &str) -> bool {
    !matches!(Place::of(path), Ok(None | Some(Place::Config)))
}

fn catalog_of(changes: &TreeChanges) -> impl Iterator<Item = &String> {
    let paths = changes.paths.iter().map(|change| &change.path);
    paths.filter(|path| is_merged_as_catalog(path))
}

fn catalog_paths(changes: &[TreeChanges; 2]) -> BTreeSet<String> {
    changes.iter().flat_map(catalog_of).cloned().collect()
}

fn file_conflict((path, clash): (String, FileClash)) -> FileConflict {
    let kind = match clash {
        FileClash::Changed => Kind::EditEdit,
        FileClash::Added => Kind::AddAdd,
        FileClash::RemovedByUs => Kind::DeleteEdit,
        FileClash::RemovedByThem => Kind::EditDelete,
    };
    FileConflict { path, kind }
}
