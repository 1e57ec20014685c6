//! In which files a conflict of the catalog stands, so that plain git can be shown them.
//!
//! Objects are found by identity: a table that one side renamed stands at its merged name's path, with each side's own
//! file. What both renamed differently stands as in git's own merge: each side's file at its own path.

use std::collections::BTreeMap;

use super::{Combined, Error, Sides, Workspace, place};
use crate::catalog::Catalog;
use crate::catalog::files::{Place, RuleFile};
use crate::merge::catalog::{MergedCatalog, conflict_key};
use crate::merge::{Conflict, Kind, Version};
use crate::relation::Schema;
use crate::store::UnmergedPaths;

/// Cells of `tables` that are the VSchema's.
const OF_VSCHEMA: [&str; 7] = [
    "in_vschema",
    "kind",
    "auto_increment",
    "sequence",
    "pinned",
    "source",
    "column_list_authoritative",
];

/// A conflict and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The relation; empty for a plain file.
    pub relation: String,
    /// The key's texts; the path of a file.
    pub key: Vec<String>,
    /// Its files by merged path, with their paths in base, ours and theirs.
    pub files: UnmergedPaths,
}

impl Placed {
    /// A plain file that clashes with itself.
    pub(super) fn file(path: &str) -> Self {
        let sides = [const { None }; 3].map(|_: Option<()>| Some(path.to_owned()));
        Self {
            relation: String::new(),
            key: vec![path.to_owned()],
            files: BTreeMap::from([(path.to_owned(), sides)]),
        }
    }
}

/// What of an object a file says.
#[derive(Clone, Copy)]
enum Part {
    Definition,
    View,
    Vschema,
    Shards,
    Rules(RuleFile),
}

impl Workspace {
    /// Notes the files of the catalog's conflicts.
    pub(super) fn place(
        &self,
        sides: &Sides,
        merged: &MergedCatalog,
        combined: &mut Combined,
    ) -> Result<(), Error> {
        for relation in &merged.conflicts {
            let Some(schema) = &relation.ours else {
                continue;
            };
            for conflict in &relation.rows {
                let mut files = sides.files_of(&merged.catalog, schema, conflict);
                if conflict.kind != Kind::RenameRename {
                    self.keep_clashing(sides, &mut files)?;
                }
                combined.placed.push(Placed {
                    relation: relation.relation.clone(),
                    key: conflict_key(schema, conflict),
                    files,
                });
            }
        }
        Ok(())
    }

    /// Keeps the files that are not the same on any two sides.
    fn keep_clashing(&self, sides: &Sides, files: &mut UnmergedPaths) -> Result<(), Error> {
        let mut same = Vec::new();
        for (path, own) in files.iter() {
            let mut blobs = [None; 3];
            for ((blob, tree), own) in blobs.iter_mut().zip(sides.trees).zip(own) {
                *blob = match own {
                    Some(own) => self.store.tree_file(tree, own)?,
                    None => None,
                };
            }
            let [base, ours, theirs] = blobs;
            if base == ours || base == theirs || ours == theirs {
                same.push(path.clone());
            }
        }
        files.retain(|path, _| !same.contains(path));
        Ok(())
    }
}

impl Sides {
    fn files_of(&self, merged: &Catalog, schema: &Schema, conflict: &Conflict) -> UnmergedPaths {
        let versions = [Version::Ours, Version::Theirs, Version::Base];
        let row = versions.into_iter().find_map(|v| conflict.version(v));
        let word = |at: usize| {
            let text = row.and_then(|(row, _)| row.get(at)?.to_text());
            text.map_or(String::new(), Into::into)
        };
        let (keyspace, identity) = (word(0), word(1));
        let mut files = UnmergedPaths::new();
        for part in parts(schema, conflict) {
            let path = |catalog: &Catalog| path_of(part, catalog, &keyspace, &identity);
            let [base, ours, theirs] = &self.catalogs;
            let own = [base, ours, theirs].map(path);
            if conflict.kind == Kind::RenameRename && schema.name == "tables" {
                for (side, path) in own.into_iter().enumerate() {
                    if let Some(path) = path {
                        let sides = files.entry(path.clone()).or_default();
                        sides[side] = Some(path);
                    }
                }
                continue;
            }
            let merged = [merged, ours, theirs, base].into_iter().find_map(path);
            files.extend(merged.map(|path| (path, own)));
        }
        files
    }
}

/// Returns which files say what a conflict is about.
fn parts(schema: &Schema, conflict: &Conflict) -> Vec<Part> {
    let rules = |file| vec![Part::Rules(file)];
    match schema.name.as_str() {
        "tables" if conflict.columns.is_empty() => vec![Part::Definition, Part::Vschema],
        "tables" => {
            let of_vschema = |column: &&String| OF_VSCHEMA.contains(&column.as_str());
            let count = conflict.columns.iter().filter(of_vschema).count();
            let mut parts = Vec::new();
            if count < conflict.columns.len() {
                parts.push(Part::Definition);
            }
            if count > 0 {
                parts.push(Part::Vschema);
            }
            parts
        }
        "columns" | "indexes" | "foreign_keys" | "checks" | "partitions" => vec![Part::Definition],
        "views" => vec![Part::View],
        "shards" => vec![Part::Shards],
        "routing_rules" => rules(RuleFile::Routing),
        "shard_routing_rules" => rules(RuleFile::ShardRouting),
        "keyspace_routing_rules" => rules(RuleFile::KeyspaceRouting),
        "mirror_rules" => rules(RuleFile::Mirror),
        _ => vec![Part::Vschema],
    }
}

/// Returns the path of a file as a catalog names it; `None` where it has no such object.
fn path_of(part: Part, catalog: &Catalog, keyspace: &str, identity: &str) -> Option<String> {
    if let Part::Rules(file) = part {
        return Some(file.path().to_owned());
    }
    let declared = catalog.keyspaces.get(keyspace)?;
    let named = |names: &mut dyn Iterator<Item = &String>| {
        let mut names = names.filter(|name| declared.identities.table(name) == identity);
        names.next().cloned()
    };
    let keyspace = keyspace.to_owned();
    let place = match part {
        Part::Definition => Place::Table {
            table: named(&mut declared.tables.keys())?,
            keyspace,
        },
        Part::View => Place::View {
            view: named(&mut declared.views.keys())?,
            keyspace,
        },
        Part::Shards => Place::Shards { keyspace },
        Part::Vschema | Part::Rules(_) => Place::Vschema { keyspace },
    };
    Some(place::path_of(&place))
}
