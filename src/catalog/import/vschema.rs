//! VSchema documents as Vitess's tools write them, taken into a catalog.
//!
//! As `vtctldclient ApplyVSchema` does, a document replaces its keyspace's whole VSchema, and a document's rules replace the
//! rules of that kind. Unlike it, this refuses to lose tables, vindexes or rules that the document leaves out, unless that is
//! asked for: another's edit may be among them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Imported, Kind, Object, Outcome};
use crate::catalog::vschema::json::rollup::Rollup;
use crate::catalog::vschema::{Document, Rules};
use crate::catalog::{Catalog, Keyspace};

/// How to import a document.
#[derive(Debug, Clone, Default)]
pub struct VschemaOptions {
    /// The keyspace of a document that does not say it; of one with several, the only one to take.
    pub keyspace: Option<String>,
    /// Shards of a keyspace that is new.
    pub shards: Vec<String>,
    /// Lose what the document leaves out.
    pub force: bool,
}

/// Why a document cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VschemaError {
    /// A document that does not say its keyspace, nor does anybody else.
    #[error("the document does not say whose VSchema it is: name the keyspace with `--keyspace`")]
    NoKeyspace,
    /// A keyspace that the document does not have.
    #[error("the document has no keyspace `{keyspace}`; it has {known}")]
    UnknownKeyspace {
        /// The one asked for.
        keyspace: String,
        /// Those there are.
        known: String,
    },
    /// What is there and the document leaves out.
    #[error("{place} has what the document leaves out: {lost}")]
    WouldLose {
        /// ``the VSchema of `customer` ``, `routing_rules`.
        place: String,
        /// What would be lost.
        lost: String,
    },
}

/// Shards of a new sharded keyspace of which nobody says any.
const HALVES: [&str; 2] = ["-80", "80-"];

/// Takes a document's keyspaces and rules into a catalog.
///
/// # Errors
/// When it is not known where the document belongs, or something would be lost.
pub fn vschema(
    catalog: &Catalog,
    rollup: &Rollup,
    options: &VschemaOptions,
) -> Result<Imported, VschemaError> {
    let mut imported = Imported {
        catalog: catalog.clone(),
        ..Imported::default()
    };
    for (name, document) in documents(catalog, rollup, options)? {
        let known = catalog.keyspaces.get(&name);
        if let Some(known) = known
            && !options.force
        {
            refuse_losses(&name, &known.vschema, &document)?;
        }
        let outcome = match known {
            Some(known) if known.vschema == document => Outcome::Unchanged,
            Some(known) if known.vschema != Document::default() => Outcome::Replaced,
            _ => Outcome::Added,
        };
        if known.is_none() {
            imported.keyspaces.push(name.clone());
        }
        let place = imported.catalog.keyspaces.entry(name.clone());
        let holder = Arc::make_mut(place.or_insert_with(|| {
            let shards = match (options.shards.as_slice(), document.sharded) {
                ([], true) => HALVES.map(str::to_owned).to_vec(),
                ([], false) => vec!["0".to_owned()],
                (said, _) => said.to_vec(),
            };
            Arc::new(Keyspace {
                name: name.clone(),
                shards,
                ..Keyspace::default()
            })
        }));
        holder.vschema = document;
        imported.objects.push(Object {
            keyspace: name,
            kind: Kind::Vschema,
            name: String::new(),
            outcome,
        });
    }
    if options.keyspace.is_none() || rollup.keyspaces.is_empty() {
        rules(&mut imported, rollup, options.force)?;
    }
    imported.objects.sort();
    Ok(imported)
}

/// Returns the documents to take, by keyspace.
fn documents(
    catalog: &Catalog,
    rollup: &Rollup,
    options: &VschemaOptions,
) -> Result<BTreeMap<String, Document>, VschemaError> {
    let only = match catalog.keyspaces.keys().collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    };
    // A document of one keyspace that has no name for it, or another.
    if let Some(document) = rollup.keyspaces.get("") {
        let name = options.keyspace.clone().or(only);
        let name = name.ok_or(VschemaError::NoKeyspace)?;
        return Ok(BTreeMap::from([(name, document.clone())]));
    }
    let Some(wanted) = &options.keyspace else {
        return Ok(rollup.keyspaces.clone());
    };
    match rollup.keyspaces.get(wanted) {
        Some(document) => Ok(BTreeMap::from([(wanted.clone(), document.clone())])),
        None if rollup.keyspaces.is_empty() => Ok(BTreeMap::new()),
        None => {
            let names = rollup.keyspaces.keys().map(|name| format!("`{name}`"));
            Err(VschemaError::UnknownKeyspace {
                keyspace: wanted.clone(),
                known: names.collect::<Vec<_>>().join(", "),
            })
        }
    }
}

fn refuse_losses(name: &str, known: &Document, document: &Document) -> Result<(), VschemaError> {
    let tables = known
        .tables
        .keys()
        .filter(|table| !document.tables.contains_key(*table));
    let vindexes = known.vindexes.keys();
    let vindexes = vindexes.filter(|vindex| !document.vindexes.contains_key(*vindex));
    let lost: Vec<String> = tables
        .map(|table| format!("table `{table}`"))
        .chain(vindexes.map(|vindex| format!("vindex `{vindex}`")))
        .collect();
    refuse(format!("the VSchema of `{name}`"), &lost)
}

fn refuse(place: String, lost: &[String]) -> Result<(), VschemaError> {
    if lost.is_empty() {
        return Ok(());
    }
    let lost = lost.join(", ");
    Err(VschemaError::WouldLose { place, lost })
}

/// Replaces the kinds of rules that the document mentions.
fn rules(imported: &mut Imported, rollup: &Rollup, force: bool) -> Result<(), VschemaError> {
    let (known, new) = (&mut imported.catalog.rules, &rollup.rules);
    for kind in rollup.mentioned.iter().copied() {
        let (before, after) = (names(known, kind), names(new, kind));
        if !force {
            let lost: Vec<String> = before
                .iter()
                .filter(|name| !after.contains(name))
                .map(|name| format!("`{name}`"))
                .collect();
            refuse(kind.to_owned(), &lost)?;
        }
        let same = match kind {
            "routing_rules" => replace(&mut known.routing, &new.routing),
            "shard_routing_rules" => replace(&mut known.shard, &new.shard),
            "keyspace_routing_rules" => replace(&mut known.keyspace, &new.keyspace),
            _ => replace(&mut known.mirror, &new.mirror),
        };
        let outcome = match (same, before.is_empty()) {
            (true, _) => Outcome::Unchanged,
            (false, true) => Outcome::Added,
            (false, false) => Outcome::Replaced,
        };
        imported.objects.push(Object {
            keyspace: String::new(),
            kind: Kind::Rules,
            name: kind.to_owned(),
            outcome,
        });
    }
    Ok(())
}

/// What rules of a kind apply to.
fn names(rules: &Rules, kind: &str) -> Vec<String> {
    match kind {
        "routing_rules" => rules.routing.iter().map(|(from, _)| from.clone()).collect(),
        "shard_routing_rules" => {
            let shards = rules.shard.iter();
            shards
                .map(|(from, _, shard)| format!("{from}/{shard}"))
                .collect()
        }
        "keyspace_routing_rules" => rules
            .keyspace
            .iter()
            .map(|(from, _)| from.clone())
            .collect(),
        _ => rules.mirror.iter().map(|(from, ..)| from.clone()).collect(),
    }
}

/// Puts the new value; tells whether it was there already.
fn replace<T: Clone + PartialEq>(known: &mut T, new: &T) -> bool {
    let same = known == new;
    known.clone_from(new);
    same
}
