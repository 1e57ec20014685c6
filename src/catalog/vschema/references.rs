//! What one keyspace says of tables in another: sources of reference tables, and sequences.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Document;
use super::build::{BuiltKeyspace, TableType};
use super::error::{BuildError, LookupError};
use super::find::{TabletType, VSchema};
use crate::sql::{self, TableName};

/// Checks the sources of reference tables and notes, at each source, who references it.
pub(super) fn resolve_sources(vschema: &mut VSchema) {
    let mut errors = Vec::new();
    let mut references: BTreeMap<TableName, BTreeMap<String, String>> = BTreeMap::new();
    for keyspace in vschema.keyspaces.values() {
        for table in keyspace
            .tables
            .values()
            .filter(|table| table.table_type == TableType::Reference)
        {
            let Some(source) = &table.source else {
                continue;
            };
            let outcome =
                resolve_source(vschema, keyspace, &table.name, source).and_then(|found| {
                    let by_keyspace = references.entry(found).or_default();
                    match by_keyspace.insert(keyspace.name.clone(), table.name.clone()) {
                        // Tables are read by name, so the first one is the lesser.
                        Some(first) => {
                            let second = by_keyspace
                                .insert(keyspace.name.clone(), first.clone())
                                .unwrap_or_default();
                            Err(BuildError::SourceTwice {
                                name: source.to_string(),
                                first,
                                second,
                            })
                        }
                        None => Ok(()),
                    }
                });
            errors.extend(outcome.err().map(|error| (keyspace.name.clone(), error)));
        }
    }
    for (source, by_keyspace) in references {
        let keyspace = source
            .keyspace
            .as_ref()
            .and_then(|keyspace| vschema.keyspaces.get_mut(keyspace));
        if let Some(table) = keyspace.and_then(|keyspace| keyspace.tables.get_mut(&source.name)) {
            let references = by_keyspace
                .into_iter()
                .map(|(keyspace, name)| TableName::qualified(keyspace, name));
            Arc::make_mut(table).referenced_by.extend(references);
        }
    }
    for (keyspace, error) in errors {
        vschema.add_error(&keyspace, error);
    }
}

/// The table that a source names, if it may be one.
fn resolve_source(
    vschema: &VSchema,
    keyspace: &BuiltKeyspace,
    table: &str,
    source: &TableName,
) -> Result<TableName, BuildError> {
    let (table, name) = (|| table.to_owned(), || source.to_string());
    let found =
        match &source.keyspace {
            Some(own) if *own == keyspace.name => {
                return Err(BuildError::SourceInSameKeyspace {
                    table: table(),
                    name: name(),
                });
            }
            Some(other) => {
                let Some(declared) = vschema.keyspaces.get(other) else {
                    return Err(BuildError::SourceKeyspace {
                        table: table(),
                        name: name(),
                        keyspace: other.clone(),
                    });
                };
                let missing = || source.name.clone();
                declared.tables.get(&source.name).cloned().ok_or_else(|| {
                    BuildError::SourceTable {
                        table: table(),
                        name: name(),
                        missing: missing(),
                        keyspace: other.clone(),
                    }
                })?
            }
            None => vschema.find_table(None, &source.name).map_err(|source| {
                BuildError::SourceLookup {
                    table: table(),
                    source,
                }
            })?,
        };
    if found.table_type == TableType::Sequence {
        let table_type = found.table_type.name().to_owned();
        return Err(BuildError::SourceType {
            table: table(),
            name: name(),
            table_type,
        });
    }
    let found_name = TableName::qualified(found.keyspace.as_str(), found.name.as_str());
    match &found.source {
        Some(next) => Err(BuildError::SourceChain {
            table: table(),
            name: found_name.to_string(),
            next: next.to_string(),
        }),
        None => Ok(found_name),
    }
}

/// Resolves sequences; a table whose sequence is not found is taken out, so that nobody inserts into it without.
pub(super) fn resolve_sequences(vschema: &mut VSchema, documents: &BTreeMap<&str, &Document>) {
    for (keyspace, document) in documents {
        for (name, table) in &document.tables {
            let Some(auto_increment) = &table.auto_increment else {
                continue;
            };
            let resolved = sql::parse_table_name(&auto_increment.sequence)
                .map_err(|_| LookupError::InvalidName {
                    name: auto_increment.sequence.clone(),
                })
                .and_then(|sequence| {
                    vschema.find_routed_table(
                        sequence.keyspace.as_deref(),
                        &sequence.name,
                        TabletType::Primary,
                    )
                });
            let Some(built) = vschema.keyspaces.get_mut(*keyspace) else {
                continue;
            };
            match resolved {
                Ok(sequence) => {
                    if let Some(table) = built.tables.get_mut(name) {
                        let sequence = TableName::qualified(
                            sequence.keyspace.as_str(),
                            sequence.name.as_str(),
                        );
                        Arc::make_mut(table).auto_increment =
                            Some((auto_increment.column.clone(), sequence));
                    }
                }
                Err(source) => {
                    built.tables.remove(name);
                    vschema.forget_global(name);
                    let sequence = auto_increment.sequence.clone();
                    vschema.add_error(
                        keyspace,
                        BuildError::Sequence {
                            table: name.clone(),
                            sequence,
                            source,
                        },
                    );
                }
            }
        }
    }
}
