//! Catalog places by path, as commands and reports speak of them.

use crate::catalog::files::Place;

/// Tells whether a path is of the catalog, even if it is one that cannot be read as such (the error is told on reading).
pub(super) fn is_catalog_path(path: &str) -> bool {
    !matches!(Place::of(path), Ok(None))
}

/// Tells whether a path holds routing rather than definitions: VSchemas and rule files.
pub(super) fn is_vschema_path(path: &str) -> bool {
    matches!(
        Place::of(path),
        Ok(Some(Place::Vschema { .. } | Place::Rules(_)))
    )
}

/// Returns a place's path. A name that no file can have has no file: then the path is empty, which no file has.
pub(super) fn path_of(place: &Place) -> String {
    place.path().unwrap_or_default()
}

pub(super) fn table_path(keyspace: &str, table: &str) -> String {
    path_of(&Place::Table {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
    })
}

pub(super) fn view_path(keyspace: &str, view: &str) -> String {
    path_of(&Place::View {
        keyspace: keyspace.to_owned(),
        view: view.to_owned(),
    })
}

pub(super) fn vschema_path(keyspace: &str) -> String {
    path_of(&Place::Vschema {
        keyspace: keyspace.to_owned(),
    })
}

pub(super) fn shards_path(keyspace: &str) -> String {
    path_of(&Place::Shards {
        keyspace: keyspace.to_owned(),
    })
}

pub(super) fn identities_path(keyspace: &str) -> String {
    path_of(&Place::Identities {
        keyspace: keyspace.to_owned(),
    })
}

/// Tells whether a file records what was renamed.
pub(super) fn is_identities_path(path: &str) -> bool {
    matches!(Place::of(path), Ok(Some(Place::Identities { .. })))
}

/// Returns the keyspace that a catalog file is of.
pub(super) fn keyspace_of(path: &str) -> Option<String> {
    Place::of(path)
        .ok()
        .flatten()?
        .keyspace()
        .map(str::to_owned)
}

/// Returns the keyspace and the table that a file defines.
pub(super) fn table_of(path: &str) -> Option<(String, String)> {
    match Place::of(path) {
        Ok(Some(Place::Table { keyspace, table })) => Some((keyspace, table)),
        _ => None,
    }
}

/// Returns the keyspace and the table or view that a file defines.
pub(super) fn defined_by(path: &str) -> Option<(String, String)> {
    match Place::of(path) {
        Ok(Some(Place::Table { keyspace, table })) => Some((keyspace, table)),
        Ok(Some(Place::View { keyspace, view })) => Some((keyspace, view)),
        _ => None,
    }
}

/// Returns what a file is to people: its kind, and the object's name.
pub(super) fn object_of(path: &str) -> (&'static str, String) {
    match Place::of(path) {
        Ok(Some(Place::Config)) => ("config", path.to_owned()),
        Ok(Some(Place::Rules(_))) => ("rules", path.trim_end_matches(".json").to_owned()),
        Ok(Some(Place::Vschema { keyspace })) => ("vschema", keyspace),
        Ok(Some(Place::Shards { keyspace })) => ("shards", keyspace),
        Ok(Some(Place::Identities { keyspace })) => ("identities", keyspace),
        Ok(Some(Place::Table { keyspace, table })) => ("table", format!("{keyspace}.{table}")),
        Ok(Some(Place::View { keyspace, view })) => ("view", format!("{keyspace}.{view}")),
        Ok(None) if path.starts_with("workload/") => ("workload", path.to_owned()),
        Ok(None) | Err(_) => ("file", path.to_owned()),
    }
}

/// Returns the folder of a table's committed rows.
pub(super) fn rows_path(keyspace: &str, table: &str) -> String {
    let encode = |name: &str| crate::catalog::files::encode(name, "rows/").unwrap_or_default();
    format!("rows/{}/{}", encode(keyspace), encode(table))
}
