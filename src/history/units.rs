//! The units in which two root trees differ, by ids alone but for VSchemas, whose entries are told apart.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Error;
use super::subject::{MARK, entry_unit, rows_folder, unreadable_unit};
use crate::catalog::files::{self, Place};
use crate::store::{Store, TreeId};

/// Sections of a VSchema whose entries are units of their own.
const SECTIONS: [&str; 2] = ["tables", "vindexes"];

/// Returns every unit in which two root trees differ; `None` is the empty tree.
pub(super) fn between(
    store: &Store,
    from: Option<TreeId>,
    to: Option<TreeId>,
) -> Result<BTreeSet<String>, Error> {
    let changes = store.changed_tree_paths(from, to)?;
    let mut units = BTreeSet::new();
    for change in &changes.paths {
        // A changed mode is no change of the file, but of the folders that hold it.
        if change.from != change.to {
            units.insert(change.path.clone());
        }
        insert_folders(&mut units, &change.path);
        if matches!(Place::of(&change.path), Ok(Some(Place::Vschema { .. }))) {
            let side = |tree: Option<TreeId>| document(store, tree, &change.path);
            insert_entries(&mut units, &change.path, &side(from)?, &side(to)?);
        }
    }
    for rows in &changes.rows {
        let folder = rows_folder(&rows.place.keyspace, Some(&rows.place.table));
        let shard = files::encode(&rows.place.shard, &folder).unwrap_or_default();
        let path = format!("{folder}/{shard}");
        insert_folders(&mut units, &path);
        units.insert(path);
    }
    Ok(units)
}

fn insert_folders(units: &mut BTreeSet<String>, path: &str) {
    for (at, _) in path.match_indices('/') {
        if !units.contains(&path[..at]) {
            units.insert(path[..at].to_owned());
        }
    }
}

/// A VSchema as written: absent, not JSON, or a document.
#[derive(PartialEq)]
enum Document {
    Absent,
    Unreadable,
    Json(Json),
}

impl Document {
    fn entry(&self, section: &str, name: &str) -> Option<&Json> {
        match self {
            Self::Json(json) => json.get(section)?.get(name),
            _ => None,
        }
    }
}

fn document(store: &Store, tree: Option<TreeId>, path: &str) -> Result<Document, Error> {
    let Some(tree) = tree else {
        return Ok(Document::Absent);
    };
    Ok(match store.read_below(tree, path)? {
        None => Document::Absent,
        Some(bytes) => serde_json::from_slice(&bytes).map_or(Document::Unreadable, Document::Json),
    })
}

fn insert_entries(units: &mut BTreeSet<String>, path: &str, from: &Document, to: &Document) {
    if *from == Document::Unreadable || *to == Document::Unreadable {
        units.insert(unreadable_unit(path));
    }
    for section in SECTIONS {
        let names = [from, to].into_iter().filter_map(|side| match side {
            Document::Json(json) => json.get(section)?.as_object(),
            _ => None,
        });
        let names: BTreeSet<&String> = names.flat_map(|entries| entries.keys()).collect();
        for name in names {
            if from.entry(section, name) != to.entry(section, name) {
                units.insert(entry_unit(path, section, name));
            }
        }
    }
}

/// Tells whether one unit differs between two root trees: what [`between`] says of it, reading no more than it needs.
pub(super) fn differs(
    store: &Store,
    unit: &str,
    from: Option<TreeId>,
    to: TreeId,
) -> Result<bool, Error> {
    let mut parts = unit.split(MARK);
    let path = parts.next().unwrap_or_default();
    let id = |tree: Option<TreeId>| match tree {
        Some(tree) if !path.is_empty() => store.object_at(tree, path),
        _ => Ok(None),
    };
    if id(from)? == id(Some(to))? {
        return Ok(false);
    }
    let Some(section) = parts.next() else {
        return Ok(true);
    };
    let (from, to) = (
        document(store, from, path)?,
        document(store, Some(to), path)?,
    );
    Ok(match parts.next() {
        Some(name) => from.entry(section, name) != to.entry(section, name),
        None => from == Document::Unreadable || to == Document::Unreadable,
    })
}
