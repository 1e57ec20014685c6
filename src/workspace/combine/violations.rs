//! What two sides, each of them sound, break together in the catalog.
//!
//! The merged catalog is built and reviewed as a whole, and what one side has by itself is not told. That costs the whole
//! catalog, so it is only done where something can go wrong: a side that only adds columns and keys to tables that are
//! there cannot take anything away that the other relies on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Combined, Error, Sides, Workspace, place};
use crate::catalog::files::{Config, Place, RuleFile};
use crate::catalog::vschema::{self, VSchema};
use crate::catalog::{Catalog, Keyspace, Table};
use crate::merge::CatalogViolation;
use crate::review::{self, refusal};
use crate::store::TreeId;

impl Workspace {
    /// Finds what is wrong with the merged catalog and with neither side's alone.
    pub(super) fn find_catalog_violations(
        &self,
        sides: &Sides,
        merged: &Catalog,
        combined: &mut Combined,
    ) -> Result<(), Error> {
        let mut found = std::mem::take(&mut combined.violations.catalog);
        found.extend(sharding(sides, merged));
        let is_harmless = sides.is_harmless(0) || sides.is_harmless(1);
        if !is_harmless && !self.is_sound_in_part(sides, combined.tree)? {
            let trees = [combined.tree, sides.trees[1], sides.trees[2]];
            found.extend(new_ones(trees, &mut |tree| self.judged(tree))?);
        }
        found.sort();
        found.dedup();
        combined.violations.catalog = found;
        Ok(())
    }

    /// Tells whether both sides only changed definitions in place, their keys between tables left alone, and these
    /// definitions with the VSchemas they stand in break nothing together. What is wrong with one definition is wrong on the
    /// side that made it so; what is wrong between two of them, both are there to show. The tables that no side changed are
    /// needed for neither.
    fn is_sound_in_part(&self, sides: &Sides, merged: TreeId) -> Result<bool, Error> {
        let mut paths = BTreeSet::new();
        for change in sides.changes.iter().flat_map(|changes| &changes.paths) {
            match Place::of(&change.path) {
                Ok(None | Some(Place::Config)) => {}
                Ok(Some(Place::Table { keyspace, table }))
                    if sides.keeps_ties(&keyspace, &table) =>
                {
                    paths.extend([
                        place::vschema_path(&keyspace),
                        place::identities_path(&keyspace),
                        place::shards_path(&keyspace),
                    ]);
                    paths.insert(change.path.clone());
                }
                _ => return Ok(false),
            }
        }
        let others = [Place::Config].into_iter();
        let others = others.chain(RuleFile::ALL.map(Place::Rules));
        paths.extend(others.map(|place| place::path_of(&place)));
        let trees = [merged, sides.trees[1], sides.trees[2]];
        // What is no catalog without the other tables says nothing.
        let mut is_catalog = true;
        let mut judged = |tree: TreeId| {
            let judged = judged_or_refused(self.files_of_tree(tree, &paths)?);
            is_catalog &= judged.is_ok();
            Ok(judged.unwrap_or_else(|refused| refused))
        };
        let found = new_ones(trees, &mut judged)?;
        Ok(is_catalog && found.is_empty())
    }

    /// Returns everything that is wrong with the catalog of a root tree.
    fn judged(&self, tree: TreeId) -> Result<Vec<CatalogViolation>, Error> {
        let changes = self.store.changed_tree_paths(None, Some(tree))?;
        let mut files = Vec::new();
        for change in changes.paths {
            if let (true, Some(blob)) = (place::is_catalog_path(&change.path), change.to) {
                files.push((change.path, self.store.read(blob)?));
            }
        }
        Ok(judged_files(files))
    }
}

/// Returns everything that is wrong with the catalog that these files are.
pub(in crate::workspace) fn judged_files(files: Vec<(String, Vec<u8>)>) -> Vec<CatalogViolation> {
    judged_or_refused(files).unwrap_or_else(|refused| refused)
}

/// Returns everything that is wrong with the catalog that these files are, or why they are none.
fn judged_or_refused(
    files: Vec<(String, Vec<u8>)>,
) -> Result<Vec<CatalogViolation>, Vec<CatalogViolation>> {
    let config = files.iter().find(|(path, _)| path == "vrev.toml");
    let config = config
        .and_then(|(_, bytes)| Config::parse(&String::from_utf8_lossy(bytes)).ok())
        .unwrap_or_default();
    match Catalog::build(files) {
        Err(problems) => {
            let findings = problems.iter().map(|problem| refusal::finding(problem).0);
            Err(findings.map(violation).collect())
        }
        Ok(catalog) => {
            let mut wrong = routed(&catalog);
            let found = review::introduced(&catalog, &config, || None);
            wrong.extend(found.into_iter().map(violation));
            Ok(wrong)
        }
    }
}

/// Returns what is wrong with the first of three trees and with neither of the others.
fn new_ones(
    [merged, ours, theirs]: [TreeId; 3],
    judged: &mut dyn FnMut(TreeId) -> Result<Vec<CatalogViolation>, Error>,
) -> Result<Vec<CatalogViolation>, Error> {
    let mut wrong = judged(merged)?;
    if !wrong.is_empty() {
        let mut known = judged(ours)?;
        known.extend(judged(theirs)?);
        let is_known = |violation: &CatalogViolation| {
            let same = |old: &CatalogViolation| {
                old.kind == violation.kind && old.object == violation.object
            };
            known.iter().any(same)
        };
        wrong.retain(|violation| !is_known(violation));
    }
    Ok(wrong)
}

fn violation(finding: review::Finding) -> CatalogViolation {
    CatalogViolation {
        kind: kind(finding.check),
        object: finding.object().to_owned(),
        message: finding.message,
    }
}

/// What a merge calls the finding of a check.
fn kind(check: &str) -> &'static str {
    match check {
        "vindex-column-missing" | "auto-increment-column-missing" | "unknown-column" => {
            "dangling column"
        }
        "no-primary-vindex" => "unrouted table",
        "name-collision-by-case" | "duplicate-name" => "ambiguous name",
        "auto-increment-sequence-missing" => "dangling sequence",
        check if check.starts_with("fk-") => "foreign key",
        check if check.starts_with("lookup-") || check.starts_with("vindex-") => "dangling vindex",
        check if check.starts_with("reference-") => "dangling reference",
        _ => "catalog",
    }
}

/// Returns rules that lead nowhere, names that mean two tables, and tables of a sharded keyspace without a vindex.
fn routed(catalog: &Catalog) -> Vec<CatalogViolation> {
    let vschema = catalog.vschema();
    let mut wrong = rules(catalog, &vschema);
    for name in vschema.ambiguous_table_names() {
        wrong.push(CatalogViolation {
            kind: "ambiguous name",
            object: name.to_owned(),
            message: format!("table `{name}` is in several keyspaces, and its name alone no longer tells which is meant"),
        });
    }
    for (keyspace, declared) in &catalog.keyspaces {
        for table in declared.tables.keys().filter(|_| declared.vschema.sharded) {
            if unrouted(declared, table) {
                wrong.push(CatalogViolation {
                    kind: "unrouted table",
                    object: format!("{keyspace}.{table}"),
                    message: format!("keyspace `{keyspace}` is sharded, and `{table}` has no vindex that says where its rows are"),
                });
            }
        }
    }
    wrong
}

fn unrouted(keyspace: &Keyspace, table: &str) -> bool {
    keyspace.vschema.tables.get(table).is_none_or(|entry| {
        entry.column_vindexes.is_empty() && entry.table_type.is_empty() && entry.pinned.is_empty()
    })
}

fn rules(catalog: &Catalog, vschema: &VSchema) -> Vec<CatalogViolation> {
    let mut wrong = Vec::new();
    let mut tell = |rule: &str, from: &str, to: &str| {
        wrong.push(CatalogViolation {
            kind: "dangling rule",
            object: format!("{rule}.{from}"),
            message: format!("the rule for `{from}` leads to `{to}`, which is not there"),
        });
    };
    let is_there = |name: &str| {
        let name = name.split('@').next().unwrap_or(name);
        crate::sql::parse_table_name(name).is_ok_and(|table| {
            table.keyspace.as_ref().is_none_or(|keyspace| {
                let declared = catalog.keyspaces.get(keyspace);
                declared.is_some_and(|declared| {
                    declared.tables.contains_key(&table.name)
                        || declared.vschema.tables.contains_key(&table.name)
                        || vschema
                            .find_table(Some(keyspace), &table.name)
                            .is_ok_and(|_| !declared.vschema.sharded && declared.tables.is_empty())
                })
            })
        })
    };
    for (from, targets) in &catalog.rules.routing {
        for to in targets.iter().filter(|to| !is_there(to)) {
            tell("routing_rules", from, to);
        }
    }
    for (from, to, _) in &catalog.rules.mirror {
        if !is_there(to) {
            tell("mirror_rules", from, to);
        }
    }
    for (from, to) in &catalog.rules.keyspace {
        if !catalog.keyspaces.contains_key(to) {
            tell("keyspace_routing_rules", from, to);
        }
    }
    wrong
}

/// Returns tables that one side put under a vindex whose function the other side changed, and tables whose primary
/// vindex one side changed while the other changed their rows.
fn sharding(sides: &Sides, merged: &Catalog) -> Vec<CatalogViolation> {
    let mut wrong = Vec::new();
    let touched = [sides.touched(0), sides.touched(1)];
    for (keyspace, declared) in &merged.keyspaces {
        let of = |side: usize| sides.catalogs[side].keyspaces.get(keyspace);
        for (table, entry) in &declared.vschema.tables {
            let Some(primary) = entry.column_vindexes.first() else {
                continue;
            };
            let object = || format!("{keyspace}.{table}");
            let identity = declared.identities.table(table);
            for (one, other) in [(1, 2), (2, 1)] {
                let function = |side: usize| {
                    let vindex = of(side)?.vschema.vindexes.get(&primary.name)?;
                    Some((&vindex.vindex_type, &vindex.params))
                };
                let first = |side: usize| entry_of(of(side), identity)?.column_vindexes.first();
                let changed = function(0).is_some()
                    && function(one).is_some()
                    && function(one) != function(0);
                let uses =
                    |side: usize| first(side).is_some_and(|vindex| vindex.name == primary.name);
                if changed && uses(other) && !uses(0) && !uses(one) {
                    wrong.push(CatalogViolation {
                        kind: "changed sharding function",
                        object: object(),
                        message: format!(
                            "one side put `{table}` under vindex `{}`, the other changed what that vindex computes: its rows may be misplaced",
                            primary.name
                        ),
                    });
                }
                let rows = touched[other - 1].contains(&(keyspace.clone(), identity.to_owned()));
                let moved = entry_of(of(0), identity).is_some() && first(one) != first(0)
                    || (changed && uses(0) && uses(one));
                if moved && rows {
                    wrong.push(CatalogViolation {
                        kind: "resharding needed",
                        object: object(),
                        message: format!(
                            "one side changed the primary vindex of `{table}`, the other its rows: they lie where the old one put them"
                        ),
                    });
                }
            }
        }
    }
    wrong
}

fn entry_of<'k>(keyspace: Option<&'k Arc<Keyspace>>, identity: &str) -> Option<&'k vschema::Table> {
    let keyspace = keyspace?;
    let mut tables = keyspace.vschema.tables.iter();
    let found = tables.find(|(name, _)| keyspace.identities.table(name) == identity);
    found.map(|(_, table)| table)
}

impl Sides {
    /// Tells whether a side (0 is ours) only changed tables in ways that nothing outside of them can notice.
    fn is_harmless(&self, side: usize) -> bool {
        let (base, changed) = (&self.catalogs[0], &self.catalogs[side + 1]);
        self.changes[side]
            .paths
            .iter()
            .all(|change| match Place::of(&change.path) {
                Ok(None | Some(Place::Config)) => true,
                Ok(Some(Place::Table { keyspace, table })) => {
                    match (
                        base.definition(&keyspace, &table),
                        changed.definition(&keyspace, &table),
                    ) {
                        (Some(before), Some(after)) => only_adds(before, after),
                        _ => false,
                    }
                }
                _ => false,
            })
    }
}

impl Sides {
    /// Tells whether all three sides have a table, with the same foreign keys and checks.
    fn keeps_ties(&self, keyspace: &str, table: &str) -> bool {
        let [base, ours, theirs] = &self.catalogs;
        let of = |catalog: &Catalog| catalog.definition(keyspace, table).map(|table| ties(table));
        let (base, ours, theirs) = (of(base), of(ours), of(theirs));
        base.is_some() && base == ours && base == theirs
    }
}

/// Returns a table's foreign keys and checks.
fn ties(table: &Table) -> BTreeSet<String> {
    let definition = &table.definition;
    let keys = definition.foreign_keys.iter().map(|key| format!("{key:?}"));
    let checks = definition.checks.iter().map(|check| format!("{check:?}"));
    keys.chain(checks).collect()
}

fn only_adds(before: &Table, after: &Table) -> bool {
    let kept = before.definition.columns.iter().all(|column| {
        after.column(&column.name).is_some_and(|now| {
            now.column_type == column.column_type && now.nullable == column.nullable
        })
    });
    let keys = before
        .unique_keys()
        .all(|key| after.unique_keys().any(|now| now == key));
    kept && keys && ties(before) == ties(after)
}
