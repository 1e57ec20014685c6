//! A catalog to files: canonical texts.

use super::layout::{PathError, Place, RuleFile};
use super::read::{Content, content};
use crate::catalog::vschema::{Rules, json};
use crate::catalog::{Catalog, Error, Identities, Table};
use crate::sql::ddl::CreateView;
use crate::sql::print;
use crate::vindex::Shards;

/// Returns every file of a catalog with its canonical bytes, sorted by path. `vrev.toml` is not the catalog's.
///
/// # Errors
/// When a name can be no file name.
pub fn write(catalog: &Catalog) -> Result<Vec<(String, Vec<u8>)>, PathError> {
    let mut files = Vec::new();
    for place in places(catalog) {
        if let Some(text) = text(catalog, &place) {
            files.push((place.path()?, text.into_bytes()));
        }
    }
    files.sort();
    Ok(files)
}

/// Returns every place that a catalog has something for.
pub fn places(catalog: &Catalog) -> Vec<Place> {
    let mut places: Vec<Place> = RuleFile::ALL.into_iter().map(Place::Rules).collect();
    for (name, keyspace) in &catalog.keyspaces {
        let keyspace_name = || name.clone();
        places.push(Place::Vschema {
            keyspace: keyspace_name(),
        });
        places.push(Place::Shards {
            keyspace: keyspace_name(),
        });
        places.push(Place::Identities {
            keyspace: keyspace_name(),
        });
        let tables = keyspace.tables.keys().cloned();
        places.extend(tables.map(|table| Place::Table {
            keyspace: keyspace_name(),
            table,
        }));
        let views = keyspace.views.keys().cloned();
        places.extend(views.map(|view| Place::View {
            keyspace: keyspace_name(),
            view,
        }));
    }
    places.retain(|place| text(catalog, place).is_some());
    places
}

/// Returns the canonical text of one file; `None` where the catalog has nothing for it, so that the file is absent.
pub fn text(catalog: &Catalog, place: &Place) -> Option<String> {
    if let Place::Rules(file) = place {
        return rules(&catalog.rules, *file);
    }
    let keyspace = catalog.keyspaces.get(place.keyspace()?)?;
    match place {
        Place::Config | Place::Rules(_) => None,
        Place::Vschema { .. } => Some(keyspace.vschema.to_json()),
        Place::Shards { .. } => (!keyspace.shards.is_empty()).then(|| shards(&keyspace.shards)),
        Place::Identities { .. } => identities(&keyspace.identities),
        Place::Table { table: name, .. } => keyspace.tables.get(name).map(|found| table(found)),
        Place::View { view: name, .. } => keyspace.views.get(name).map(view),
    }
}

/// Returns the canonical bytes of a file, or `None` if it is not one of the catalog's. Settings are checked and kept as
/// they are, comments and all.
///
/// # Errors
/// When the file is wrong by itself or has a path that none may have.
pub fn canonical_text(path: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let Some(place) = Place::of(path).map_err(|source| Error::Path { source })? else {
        return Ok(None);
    };
    let text = match content(path, &place, bytes)? {
        Content::Config => return Ok(Some(bytes.to_vec())),
        Content::Vschema(document) => document.to_json(),
        Content::Shards(names) => shards(&names),
        Content::Identities(found) => json::write(&found),
        Content::Table(found) => table(&found),
        Content::View(found) => view(&found),
        Content::Rules(found) => {
            let file = if let Place::Rules(file) = place {
                Some(file)
            } else {
                None
            };
            let empty = || "{\n  \"rules\": []\n}\n".to_owned();
            file.and_then(|file| rules(&found, file))
                .unwrap_or_else(empty)
        }
    };
    Ok(Some(text.into_bytes()))
}

fn rules(rules: &Rules, file: RuleFile) -> Option<String> {
    match file {
        RuleFile::Routing => rules.write_routing(),
        RuleFile::ShardRouting => rules.write_shard_routing(),
        RuleFile::KeyspaceRouting => rules.write_keyspace_routing(),
        RuleFile::Mirror => rules.write_mirror(),
    }
}

fn table(table: &Table) -> String {
    format!("{};\n", print::table(&table.definition))
}

fn view(view: &CreateView) -> String {
    format!("{};\n", print::view(view))
}

fn identities(identities: &Identities) -> Option<String> {
    (!identities.is_empty()).then(|| json::write(identities))
}

/// Writes shard names on one line, in key-range order where they have one.
fn shards(names: &[String]) -> String {
    let ordered = Shards::new("", names.iter().map(String::as_str));
    let names = match ordered {
        Ok(shards) => shards.iter().map(|shard| shard.name.clone()).collect(),
        Err(_) => names.to_vec(),
    };
    let quoted = names
        .iter()
        .map(|name| serde_json::Value::from(name.as_str()).to_string());
    format!("[{}]\n", quoted.collect::<Vec<_>>().join(", "))
}
