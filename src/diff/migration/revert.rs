//! What stands in the way of taking a change of a table back, once rows were written under the new definition (Vitess
//! `go/vt/schemadiff/onlineddl.go`): constraints that no longer held, columns that had no default, values that did not
//! exist before.

use std::collections::BTreeMap;

use super::definition::{self, Refusal};
use super::hints::{ConstraintNames, Hints};
use crate::catalog::Defaults;
use crate::catalog::declared::{column_text, key_name};
use crate::catalog::same_name;
use crate::sql::ddl::{AlterClause, Column, CreateTable, Index, IndexKind, IndexPart};
use crate::value::{ColumnType, TypeKind};

/// What a change gives up, so that its reverse may fail or lose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revert {
    /// Unique keys, primary key included, whose constraint no key keeps up.
    pub removed_unique_keys: Vec<String>,
    /// Foreign keys that go, names aside.
    pub removed_foreign_keys: Vec<String>,
    /// Columns that go and had no default.
    pub dropped_no_default_columns: Vec<String>,
    /// Columns that take values which they did not take before, and why.
    pub expanded_columns: BTreeMap<String, &'static str>,
}

/// Returns what a change of a table gives up.
///
/// # Errors
/// As [`definition::alter`].
pub fn revert(
    from: &CreateTable,
    to: &CreateTable,
    defaults: &Defaults,
) -> Result<Revert, Refusal> {
    let hints = Hints {
        constraint_names: ConstraintNames::IgnoreAll,
        ..Hints::default()
    };
    let mut revert = Revert::default();
    let alteration = definition::alter(from, to, defaults, &hints);
    // A default that servers disagree on is no matter of taking back.
    if let Ok(alteration) = &alteration {
        let clauses = alteration
            .statements
            .iter()
            .flat_map(|alter| &alter.clauses);
        revert.removed_foreign_keys = clauses
            .filter_map(|clause| match clause {
                AlterClause::DropForeignKey(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
    }
    let kept = unique_keys(to);
    revert.removed_unique_keys = unique_keys(from)
        .into_iter()
        .filter(|key| !kept.iter().any(|other| is_as_strict(other, key)))
        .map(|key| key_name(key).to_owned())
        .collect();
    let primary = |table: &CreateTable, column: &Column| {
        let mut keys = table.indexes.iter();
        let key = keys.find(|index| index.kind == IndexKind::Primary);
        key.is_some_and(|key| {
            parts(key)
                .iter()
                .any(|(name, _)| same_name(name, &column.name))
        })
    };
    let nullable =
        |table, column: &Column| column.nullable != Some(false) && !primary(table, column);
    for column in from
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
    {
        let wanted = to
            .columns
            .iter()
            .find(|other| same_name(&other.name, &column.name));
        let Some(wanted) = wanted else {
            if column.default.is_none() && !nullable(from, column) {
                revert.dropped_no_default_columns.push(column.name.clone());
            }
            continue;
        };
        if wanted.generated.is_some() {
            continue;
        }
        let source = Side {
            column_type: column_text(column, from, defaults)?,
            nullable: nullable(from, column),
        };
        let target = Side {
            column_type: column_text(wanted, to, defaults)?,
            nullable: nullable(to, wanted),
        };
        if let Some(why) = expansion(&source, &target) {
            revert.expanded_columns.insert(column.name.clone(), why);
        }
    }
    Ok(revert)
}

/// Unique keys over columns, the primary key first.
fn unique_keys(table: &CreateTable) -> Vec<&Index> {
    let unique = |index: &&Index| {
        matches!(index.kind, IndexKind::Primary | IndexKind::Unique)
            && !index
                .parts
                .iter()
                .any(|part| matches!(part, IndexPart::Expression { .. }))
    };
    let mut keys: Vec<&Index> = table.indexes.iter().filter(unique).collect();
    keys.sort_by_key(|index| index.kind != IndexKind::Primary);
    keys
}

fn parts(index: &Index) -> Vec<(&str, u32)> {
    let column = |part: &'_ IndexPart| match part {
        IndexPart::Column { .. } => true,
        IndexPart::Expression { .. } => false,
    };
    index
        .parts
        .iter()
        .filter(|part| column(part))
        .filter_map(|part| match part {
            IndexPart::Column { name, length, .. } => {
                Some((name.as_str(), length.unwrap_or(u32::MAX)))
            }
            IndexPart::Expression { .. } => None,
        })
        .collect()
}

/// Tells whether rows that one unique key allows are allowed by the other.
fn is_as_strict(key: &Index, other: &Index) -> bool {
    let others = parts(other);
    parts(key).iter().all(|(name, length)| {
        let found = others.iter().find(|(known, _)| same_name(known, name));
        found.is_some_and(|(_, known)| length <= known)
    })
}

/// A column's type with its charset said, and whether it takes NULL.
struct Side {
    column_type: ColumnType,
    nullable: bool,
}

/// Returns why the target takes values that the source does not take.
fn expansion(source: &Side, target: &Side) -> Option<&'static str> {
    let (from, to) = (&source.column_type, &target.column_type);
    let length = |column_type: &ColumnType| match column_type.kind {
        // The width of an integer says nothing about its range.
        kind if kind.is_integer() => 0,
        _ => column_type.length.unwrap_or(0),
    };
    let scale = |column_type: &ColumnType| column_type.scale.unwrap_or(0);
    let decimal = |column_type: &ColumnType| column_type.kind == TypeKind::Decimal;
    let (integer_from, integer_to) = (integer_bytes(from), integer_bytes(to));
    let (float_from, float_to) = (float_bytes(from), float_bytes(to));
    let (blob_from, blob_to) = (blob_exponent(from), blob_exponent(to));
    let found = [
        (
            target.nullable && !source.nullable,
            "target is NULL-able, source is not",
        ),
        (length(to) > length(from), "increased length"),
        (scale(to) > scale(from), "increased scale"),
        (
            from.unsigned && !to.unsigned,
            "source is unsigned, target is signed",
        ),
        (
            integer_to > integer_from && integer_from > 0,
            "increased integer range",
        ),
        (
            integer_from <= integer_to && !from.unsigned && to.unsigned,
            "target unsigned value exceeds source unsigned value",
        ),
        (
            float_to > float_from && float_from > 0,
            "increased floating point range",
        ),
        (
            float_to > 0 && float_from == 0,
            "target is floating point, source is not",
        ),
        (
            decimal(to) && !decimal(from),
            "target is decimal, source is not",
        ),
        (
            decimal(to)
                && decimal(from)
                && length(to).saturating_sub(scale(to)) > length(from).saturating_sub(scale(from)),
            "increased decimal range",
        ),
        (
            is_wider_time(from.kind, to.kind),
            "target is expanded data type of source",
        ),
        (blob_to > blob_from && blob_from > 0, "increased blob range"),
    ];
    if let Some((_, why)) = found.iter().find(|(is, _)| *is) {
        return Some(why);
    }
    if from.charset != to.charset {
        let utf8 = |charset: &Option<String>| {
            charset
                .as_ref()
                .is_some_and(|charset| charset.starts_with("utf8"))
        };
        if to.charset.as_deref() == Some("utf8mb4") {
            return Some("expand character set to utf8mb4");
        }
        if utf8(&to.charset) && !utf8(&from.charset) {
            return Some("expand character set to utf8");
        }
    }
    if matches!(from.kind, TypeKind::Enum | TypeKind::Set) {
        if to.kind != from.kind {
            return Some("conversion from enum/set to non-enum/set adds potential values");
        }
        if !from.members.starts_with(&to.members) {
            return Some("target enum/set expands or reorders source enum/set");
        }
    }
    None
}

fn integer_bytes(column_type: &ColumnType) -> u8 {
    match column_type.kind {
        TypeKind::TinyInt => 1,
        TypeKind::SmallInt => 2,
        TypeKind::MediumInt => 3,
        TypeKind::Int => 4,
        TypeKind::BigInt => 8,
        _ => 0,
    }
}

fn float_bytes(column_type: &ColumnType) -> u8 {
    match column_type.kind {
        TypeKind::Float => 4,
        TypeKind::Double => 8,
        _ => 0,
    }
}

fn blob_exponent(column_type: &ColumnType) -> u8 {
    match column_type.kind {
        TypeKind::TinyBlob | TypeKind::TinyText => 8,
        TypeKind::Blob | TypeKind::Text => 16,
        TypeKind::MediumBlob | TypeKind::MediumText => 24,
        TypeKind::LongBlob | TypeKind::LongText => 32,
        _ => 0,
    }
}

/// Times and dates that hold more than others.
fn is_wider_time(from: TypeKind, to: TypeKind) -> bool {
    matches!(
        (from, to),
        (
            TypeKind::Time | TypeKind::Date | TypeKind::Timestamp,
            TypeKind::DateTime
        ) | (TypeKind::Time | TypeKind::Date, TypeKind::Timestamp)
            | (TypeKind::Timestamp, TypeKind::Date)
    )
}
