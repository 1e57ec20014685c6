//! A table's descriptor: its columns and indexes by identity and its references on both sides.
//!
//! The descriptor encodes foreign keys by columns (`out_fks`, `in_fks`). The older encoding, in which an index holds one
//! outgoing `foreign_key` and the list of those that `referenced_by` it, is read by [`upgrade`] and written beside the
//! new one by [`add_index_form`], for readers that know only that one. The two forms say the same; where
//! the older cannot say it (no index leads with the columns, or the index already carries a key) the writer says so.

use serde::{Deserialize, Serialize};

use super::foreign_key::{self, Action, Match, Reference, TableIdentity, Validity};
use super::{Catalog, column_names};
use crate::sql::ddl::IndexKind;

/// What cannot be said or understood in the older, index-tied encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the messages say what the variants and their fields mean"
)]
pub enum DescriptorError {
    #[error(
        "foreign key `{constraint}` of `{table}` has no index of its own that leads with its columns"
    )]
    NoIndex { table: String, constraint: String },
    #[error("index `{index}` of `{table}` refers to unknown table `{keyspace}.{other}`")]
    UnknownTable {
        table: String,
        index: String,
        keyspace: String,
        other: String,
    },
    #[error("index `{index}` of `{table}` refers to unknown index `{other}`")]
    UnknownIndex {
        table: String,
        index: String,
        other: String,
    },
    #[error("index `{index}` of `{table}` shares {shared} columns with `{other}`, which has fewer")]
    PrefixTooLong {
        table: String,
        index: String,
        other: String,
        shared: usize,
    },
    #[error(
        "reference `{constraint}` of `{table}` has {own} columns on one side and {other} on the other"
    )]
    Uneven {
        table: String,
        constraint: String,
        own: usize,
        other: usize,
    },
    #[error("reference `{constraint}` of `{table}` has no mirror at the other table")]
    Unmirrored { table: String, constraint: String },
}

/// A table: columns, indexes, references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// Its keyspace and identity.
    #[serde(flatten)]
    pub id: TableIdentity,
    /// Its current name.
    pub name: String,
    /// Columns in table order.
    pub columns: Vec<ColumnDescriptor>,
    /// Indexes in the definition's order.
    pub indexes: Vec<IndexDescriptor>,
    /// References from this table to others.
    #[serde(default)]
    pub out_fks: Vec<Reference>,
    /// References from other tables to this one.
    #[serde(default)]
    pub in_fks: Vec<Reference>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDescriptor {
    /// Identity.
    pub id: String,
    /// Current name.
    pub name: String,
    /// Type as MySQL prints it.
    #[serde(rename = "type")]
    pub column_type: String,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDescriptor {
    /// Identity.
    pub id: String,
    /// Current name; `PRIMARY` for the primary key.
    pub name: String,
    /// Whether no two rows may have equal values.
    pub unique: bool,
    /// Identities of its whole columns up to the first part that is an expression or a prefix.
    pub columns: Vec<String>,
    /// The older encoding's one outgoing reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_key: Option<IndexReference>,
    /// The older encoding's back references.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced_by: Vec<IndexReference>,
}

/// A reference of the older encoding, from index to index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexReference {
    /// The other table.
    pub table: TableIdentity,
    /// The other table's index, by identity.
    pub index: String,
    /// The constraint's name; back references of the oldest writers have none.
    #[serde(default)]
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
    /// MATCH; absent in old records, which means SIMPLE.
    #[serde(default, rename = "match")]
    pub match_type: Match,
    /// How many leading columns of the two indexes take part; 0 means all of the referencing one.
    #[serde(default)]
    pub shared_prefix_len: usize,
}

/// Returns the descriptors of every table with a definition, sorted by keyspace and identity.
pub fn describe(catalog: &Catalog) -> Vec<Descriptor> {
    let mut references = foreign_key::references(catalog);
    let mut descriptors = Vec::new();
    for keyspace in catalog.keyspaces.values() {
        for table in keyspace.tables.values() {
            let id = foreign_key::table_identity(keyspace, table.name());
            let column_id = |name: &str| keyspace.identities.column(table.name(), name).to_owned();
            let columns = table
                .definition
                .columns
                .iter()
                .map(|column| ColumnDescriptor {
                    id: column_id(&column.name),
                    name: column.name.clone(),
                    column_type: column.column_type.to_string(),
                });
            let indexes = table.definition.indexes.iter().map(|index| {
                let name = match index.kind {
                    IndexKind::Primary => "PRIMARY",
                    _ => index.name.as_deref().unwrap_or_default(),
                };
                let whole = super::index::leading_columns(index);
                IndexDescriptor {
                    id: keyspace.identities.index(table.name(), name).to_owned(),
                    name: name.to_owned(),
                    unique: matches!(index.kind, IndexKind::Primary | IndexKind::Unique),
                    columns: column_names(index)
                        .into_iter()
                        .take(whole)
                        .map(column_id)
                        .collect(),
                    foreign_key: None,
                    referenced_by: Vec::new(),
                }
            });
            let (columns, indexes) = (columns.collect(), indexes.collect());
            let references = references.remove(&id).unwrap_or_default();
            descriptors.push(Descriptor {
                id,
                name: table.name().to_owned(),
                columns,
                indexes,
                out_fks: references.outgoing,
                in_fks: references.incoming,
            });
        }
    }
    descriptors.sort_by(|a, b| a.id.cmp(&b.id));
    descriptors
}

/// Adds the older, index-tied form beside the new one in all descriptors.
///
/// # Errors
/// [`DescriptorError::NoIndex`] for a constraint that the older form cannot carry: each side needs an index that leads
/// with the columns, and on the referencing side one that carries no other constraint.
pub fn add_index_form(descriptors: &mut [Descriptor]) -> Result<(), DescriptorError> {
    for at in 0..descriptors.len() {
        for number in 0..descriptors[at].out_fks.len() {
            tie(descriptors, at, number)?;
        }
    }
    Ok(())
}

/// Ties one outgoing reference, and its mirror, to an index on each side.
fn tie(descriptors: &mut [Descriptor], at: usize, number: usize) -> Result<(), DescriptorError> {
    let holder = &descriptors[at];
    let reference = holder.out_fks[number].clone();
    let no_index = |table: &str| DescriptorError::NoIndex {
        table: table.to_owned(),
        constraint: reference.name.clone(),
    };
    let shared = reference.self_column_ids.len();
    let own = holder
        .indexes
        .iter()
        .position(|index| {
            index.foreign_key.is_none() && index.columns.starts_with(&reference.self_column_ids)
        })
        .ok_or_else(|| no_index(&holder.name))?;
    let other_at = descriptors
        .iter()
        .position(|other| other.id == reference.referenced_table);
    let other_at = other_at.ok_or_else(|| no_index(&reference.referenced_table.table))?;
    let other = descriptors[other_at]
        .indexes
        .iter()
        .position(|index| index.columns.starts_with(&reference.other_column_ids))
        .ok_or_else(|| no_index(&descriptors[other_at].name))?;
    let own_id = descriptors[at].indexes[own].id.clone();
    let other_id = descriptors[other_at].indexes[other].id.clone();
    let form = |table: &TableIdentity, index: &str| IndexReference {
        table: table.clone(),
        index: index.to_owned(),
        name: reference.name.clone(),
        validity: reference.validity,
        on_delete: reference.on_delete,
        on_update: reference.on_update,
        match_type: reference.match_type,
        shared_prefix_len: shared,
    };
    let holder_id = descriptors[at].id.clone();
    let outgoing = form(&reference.referenced_table, &other_id);
    let incoming = form(&holder_id, &own_id);
    descriptors[at].indexes[own].foreign_key = Some(outgoing);
    descriptors[other_at].indexes[other]
        .referenced_by
        .push(incoming);
    let tied = &mut descriptors[at].out_fks[number];
    (tied.index, tied.shared_prefix_len) = (Some(own_id), Some(shared));
    for mirror in &mut descriptors[other_at].in_fks {
        if mirror.name == reference.name && mirror.referenced_table == holder_id {
            (mirror.index, mirror.shared_prefix_len) = (Some(other_id.clone()), Some(shared));
        }
    }
    Ok(())
}

/// Reads descriptors of either encoding: references that only indexes hold are raised to columns, mirrors are made,
/// and the index-tied fields are dropped. What is already encoded by columns is checked and kept.
///
/// # Errors
/// When the older form refers to a table or index that is not among the descriptors, or the two sides do not match.
pub fn upgrade(mut descriptors: Vec<Descriptor>) -> Result<Vec<Descriptor>, DescriptorError> {
    let mut raised = Vec::new();
    for (at, holder) in descriptors.iter().enumerate() {
        for index in &holder.indexes {
            let Some(old) = &index.foreign_key else {
                continue;
            };
            if !holder
                .out_fks
                .iter()
                .any(|reference| reference.name == old.name)
            {
                raised.push((at, raise(&descriptors, holder, index, old)?));
            }
        }
    }
    for (at, reference) in raised {
        let mirror = reference.mirrored(&descriptors[at].id);
        let other = descriptors
            .iter_mut()
            .find(|other| other.id == reference.referenced_table);
        if let Some(other) = other {
            let known = other.in_fks.iter().any(|known| {
                known.name == mirror.name && known.referenced_table == mirror.referenced_table
            });
            if !known {
                other.in_fks.push(mirror);
            }
        }
        descriptors[at].out_fks.push(reference);
    }
    for descriptor in &mut descriptors {
        for index in &mut descriptor.indexes {
            index.foreign_key = None;
            index.referenced_by.clear();
        }
        for reference in descriptor.out_fks.iter_mut().chain(&mut descriptor.in_fks) {
            (reference.index, reference.shared_prefix_len) = (None, None);
        }
        descriptor.out_fks.sort_by(|a, b| a.name.cmp(&b.name));
        descriptor
            .in_fks
            .sort_by(|a, b| (&a.referenced_table, &a.name).cmp(&(&b.referenced_table, &b.name)));
    }
    check(&descriptors)?;
    Ok(descriptors)
}

/// Raises an index-tied reference to columns.
fn raise(
    descriptors: &[Descriptor],
    holder: &Descriptor,
    index: &IndexDescriptor,
    old: &IndexReference,
) -> Result<Reference, DescriptorError> {
    let (table, index_name) = (|| holder.name.clone(), || index.name.clone());
    let other = descriptors
        .iter()
        .find(|other| other.id == old.table)
        .ok_or_else(|| DescriptorError::UnknownTable {
            table: table(),
            index: index_name(),
            keyspace: old.table.keyspace.clone(),
            other: old.table.table.clone(),
        })?;
    let target = other
        .indexes
        .iter()
        .find(|target| target.id == old.index)
        .ok_or_else(|| DescriptorError::UnknownIndex {
            table: table(),
            index: index_name(),
            other: old.index.clone(),
        })?;
    let shared = if old.shared_prefix_len == 0 {
        index.columns.len()
    } else {
        old.shared_prefix_len
    };
    let leading = |columns: &[String]| columns.get(..shared).map(<[String]>::to_vec);
    let too_long = || DescriptorError::PrefixTooLong {
        table: table(),
        index: index_name(),
        other: target.name.clone(),
        shared,
    };
    Ok(Reference {
        referenced_table: old.table.clone(),
        name: old.name.clone(),
        validity: old.validity,
        on_delete: old.on_delete,
        on_update: old.on_update,
        match_type: old.match_type,
        self_column_ids: leading(&index.columns).ok_or_else(too_long)?,
        other_column_ids: leading(&target.columns).ok_or_else(too_long)?,
        index: None,
        shared_prefix_len: None,
    })
}

/// Checks the invariant: column lists of equal length, and exactly one mirror of each outgoing reference and back.
///
/// # Errors
/// The first reference that breaks it, in the order of the descriptors.
pub fn check(descriptors: &[Descriptor]) -> Result<(), DescriptorError> {
    for holder in descriptors {
        for reference in &holder.out_fks {
            check_mirror(descriptors, holder, reference, Descriptor::incoming)?;
        }
        for reference in &holder.in_fks {
            check_mirror(descriptors, holder, reference, Descriptor::outgoing)?;
        }
    }
    Ok(())
}

impl Descriptor {
    fn incoming(&self) -> &[Reference] {
        &self.in_fks
    }

    fn outgoing(&self) -> &[Reference] {
        &self.out_fks
    }
}

fn check_mirror(
    descriptors: &[Descriptor],
    holder: &Descriptor,
    reference: &Reference,
    mirrors: fn(&Descriptor) -> &[Reference],
) -> Result<(), DescriptorError> {
    let (own, other) = (
        reference.self_column_ids.len(),
        reference.other_column_ids.len(),
    );
    let (table, constraint) = (|| holder.name.clone(), || reference.name.clone());
    if own != other {
        return Err(DescriptorError::Uneven {
            table: table(),
            constraint: constraint(),
            own,
            other,
        });
    }
    let find = |other: &&Descriptor| other.id == reference.referenced_table;
    let Some(target) = descriptors.iter().find(find) else {
        return Ok(());
    };
    let untied = |known: &Reference| Reference {
        index: None,
        shared_prefix_len: None,
        ..known.clone()
    };
    let mirror = untied(&reference.mirrored(&holder.id));
    if mirrors(target)
        .iter()
        .filter(|known| untied(known) == mirror)
        .count()
        != 1
    {
        return Err(DescriptorError::Unmirrored {
            table: table(),
            constraint: constraint(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
