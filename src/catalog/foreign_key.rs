//! Foreign keys as references between columns: outgoing and incoming per table, mirrored, by identity.
//!
//! A foreign key names columns on both sides, never indexes, so that several may use the same columns, none is tied
//! to one index, and a rename keeps it. Every outgoing reference of a table has exactly one incoming mirror at the
//! other (where that is known) with the two column lists swapped and all else equal. What MySQL requires of both sides
//! before it accepts a constraint is checked here too (MySQL manual, "FOREIGN KEY Constraints").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Catalog, DefinitionError, Keyspace, Table, index};
use crate::sql::TableName;
use crate::sql::ddl::{Column, ForeignKey, ReferenceAction};
use crate::value::TypeKind;

/// A table by keyspace and identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableIdentity {
    /// The keyspace.
    pub keyspace: String,
    /// The table's identity.
    pub table: String,
}

/// What happens to referencing rows when the referenced row goes or changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the variants are SQL's keywords")]
pub enum Action {
    #[default]
    NoAction,
    Restrict,
    SetNull,
    SetDefault,
    Cascade,
}

impl From<Option<ReferenceAction>> for Action {
    fn from(action: Option<ReferenceAction>) -> Self {
        match action {
            None | Some(ReferenceAction::NoAction) => Self::NoAction,
            Some(ReferenceAction::Restrict) => Self::Restrict,
            Some(ReferenceAction::SetNull) => Self::SetNull,
            Some(ReferenceAction::SetDefault) => Self::SetDefault,
            Some(ReferenceAction::Cascade) => Self::Cascade,
        }
    }
}

/// Whether rows that were there before the constraint have been checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Validity {
    #[default]
    Validated,
    Unvalidated,
}

/// How a reference with some NULL columns is judged. MySQL has SIMPLE alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the variants are SQL's keywords")]
pub enum Match {
    #[default]
    Simple,
    Full,
    Partial,
}

/// One end of a foreign key, seen from the table that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table at the other end: referenced in an outgoing reference, referencing in an incoming one.
    pub referenced_table: TableIdentity,
    /// The constraint's name.
    pub name: String,
    /// Whether older rows have been checked.
    #[serde(default)]
    pub validity: Validity,
    /// ON DELETE.
    #[serde(default)]
    pub on_delete: Action,
    /// ON UPDATE.
    #[serde(default)]
    pub on_update: Action,
    /// MATCH.
    #[serde(default, rename = "match")]
    pub match_type: Match,
    /// Identities of this table's columns, in the constraint's order.
    pub self_column_ids: Vec<String>,
    /// Identities of the other table's columns, position by position.
    pub other_column_ids: Vec<String>,
    /// The index of this table that the older encoding ties the reference to; written on request only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// How many leading columns of that index take part; written with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_prefix_len: Option<usize>,
}

impl Reference {
    /// Returns the same constraint as the table at the other end sees it; `holder` is the table that holds this end.
    pub fn mirrored(&self, holder: &TableIdentity) -> Self {
        Self {
            referenced_table: holder.clone(),
            self_column_ids: self.other_column_ids.clone(),
            other_column_ids: self.self_column_ids.clone(),
            index: None,
            shared_prefix_len: None,
            ..self.clone()
        }
    }
}

/// The references of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// From this table to others, by constraint name.
    pub outgoing: Vec<Reference>,
    /// From other tables (and from itself) to this one, by keyspace, table and constraint name.
    pub incoming: Vec<Reference>,
}

/// Returns the references of every table that has any.
pub fn references(catalog: &Catalog) -> BTreeMap<TableIdentity, References> {
    let mut result: BTreeMap<TableIdentity, References> = BTreeMap::new();
    for keyspace in catalog.keyspaces.values() {
        for table in keyspace.tables.values() {
            let holder = table_identity(keyspace, table.name());
            for foreign_key in &table.definition.foreign_keys {
                let reference = outgoing(catalog, keyspace, table, foreign_key);
                let mirror = reference.mirrored(&holder);
                result
                    .entry(reference.referenced_table.clone())
                    .or_default()
                    .incoming
                    .push(mirror);
                result
                    .entry(holder.clone())
                    .or_default()
                    .outgoing
                    .push(reference);
            }
        }
    }
    for references in result.values_mut() {
        references.outgoing.sort_by(|a, b| a.name.cmp(&b.name));
        references
            .incoming
            .sort_by(|a, b| (&a.referenced_table, &a.name).cmp(&(&b.referenced_table, &b.name)));
    }
    result
}

/// Returns a table's identity with its keyspace.
pub fn table_identity(keyspace: &Keyspace, table: &str) -> TableIdentity {
    TableIdentity {
        keyspace: keyspace.name.clone(),
        table: keyspace.identities.table(table).to_owned(),
    }
}

fn outgoing(
    catalog: &Catalog,
    keyspace: &Keyspace,
    table: &Table,
    foreign_key: &ForeignKey,
) -> Reference {
    let referenced = &foreign_key.referenced_table;
    let other = match &referenced.keyspace {
        Some(name) => catalog.keyspaces.get(name).map(AsRef::as_ref),
        None => Some(keyspace),
    };
    let referenced_table = match other {
        Some(other) => table_identity(other, &referenced.name),
        None => TableIdentity {
            keyspace: referenced.keyspace.clone().unwrap_or_default(),
            table: referenced.name.clone(),
        },
    };
    let other_table = other.and_then(|other| other.tables.get(&referenced.name));
    let other_id = |column: &String| {
        let spelt = other_table.and_then(|table| table.column(column));
        let name = spelt.map_or(column.as_str(), |column| column.name.as_str());
        other
            .map_or(name, |other| {
                other.identities.column(&referenced.name, name)
            })
            .to_owned()
    };
    let self_id = |column: &String| {
        keyspace
            .identities
            .column(table.name(), column.as_str())
            .to_owned()
    };
    Reference {
        referenced_table,
        name: foreign_key.name.clone().unwrap_or_default(),
        validity: Validity::Validated,
        on_delete: foreign_key.on_delete.into(),
        on_update: foreign_key.on_update.into(),
        match_type: Match::Simple,
        self_column_ids: foreign_key.columns.iter().map(self_id).collect(),
        other_column_ids: foreign_key
            .referenced_columns
            .iter()
            .map(other_id)
            .collect(),
        index: None,
        shared_prefix_len: None,
    }
}

/// Returns the table that a foreign key of `keyspace` names, if the catalog has it.
pub(super) fn referenced<'a>(
    catalog: &'a Catalog,
    keyspace: &str,
    name: &TableName,
) -> Option<&'a Table> {
    let keyspace = name.keyspace.as_deref().unwrap_or(keyspace);
    Some(
        catalog
            .keyspaces
            .get(keyspace)?
            .tables
            .get(&name.name)?
            .as_ref(),
    )
}

/// Checks what MySQL requires of the referenced side: it is not partitioned, the columns are there, of types that
/// compare, and lead an index.
pub fn check_parent(
    child: &Table,
    parent: &Table,
    foreign_key: &ForeignKey,
) -> Result<(), DefinitionError> {
    let constraint = || foreign_key.name.clone().unwrap_or_default();
    let table = || foreign_key.referenced_table.name.clone();
    if parent.definition.partitioning.is_some() {
        return Err(DefinitionError::ForeignKeyOnPartitioned { table: table() });
    }
    for (own, other) in foreign_key
        .columns
        .iter()
        .zip(&foreign_key.referenced_columns)
    {
        let Some(referenced) = parent.column(other) else {
            return Err(DefinitionError::NoReferencedColumn {
                column: other.clone(),
                constraint: constraint(),
                table: table(),
            });
        };
        let compatible = child
            .column(own)
            .is_none_or(|referencing| are_compatible((child, referencing), (parent, referenced)));
        if !compatible {
            return Err(DefinitionError::IncompatibleColumns {
                column: own.clone(),
                referenced: other.clone(),
                constraint: constraint(),
            });
        }
    }
    let mut indexes = parent.definition.indexes.iter();
    if !indexes.any(|index| index::covers(index, &foreign_key.referenced_columns)) {
        return Err(DefinitionError::NoReferencedIndex {
            constraint: constraint(),
            table: table(),
        });
    }
    Ok(())
}

/// Tells whether two columns may stand at the same place of a foreign key: same type, and sign or collation; lengths
/// of strings may differ.
fn are_compatible(child: (&Table, &Column), parent: (&Table, &Column)) -> bool {
    let (a, b) = (&child.1.column_type, &parent.1.column_type);
    let family = |kind: TypeKind| match kind {
        TypeKind::Char | TypeKind::VarChar => TypeKind::VarChar,
        TypeKind::Binary | TypeKind::VarBinary => TypeKind::VarBinary,
        kind => kind,
    };
    if family(a.kind) != family(b.kind) || a.unsigned != b.unsigned {
        return false;
    }
    match a.kind {
        TypeKind::Decimal => (a.length, a.scale) == (b.length, b.scale),
        kind if kind.is_text() => {
            child.0.column_character_set(child.1) == parent.0.column_character_set(parent.1)
        }
        _ => true,
    }
}
