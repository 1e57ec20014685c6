//! A key's canonical definition: parts checked and spelt as their columns are, names chosen, keys in MySQL's order.
//!
//! Rules: MySQL manual, "CREATE INDEX", "CREATE TABLE", and the order that SHOW CREATE TABLE prints.

use super::DefinitionError;
use super::canonical::{Columns, check_length};
use super::column::{effective, is_blob};
use super::{CharacterSet, expression};
use crate::sql::ddl::{Column, Index, IndexKind, IndexPart};
use crate::value::TypeKind;

/// Bytes that a key of InnoDB may have.
const MAX_KEY_BYTES: u64 = 3072;
/// Parts of a key.
const MAX_PARTS: usize = 16;
/// Characters of a key's comment.
const MAX_COMMENT: usize = 1024;

/// Returns the canonical form of one key, still perhaps without a name.
pub(super) fn canonical(index: &Index, columns: &Columns<'_>) -> Result<Index, DefinitionError> {
    let name = (index.kind != IndexKind::Primary)
        .then(|| index.name.clone().or(index.constraint.clone()))
        .flatten();
    let label = || name.clone().unwrap_or_else(|| label(index));
    if let Some(name) = &name {
        check_length(name)?;
        if name.is_empty() || name.ends_with(' ') || name.eq_ignore_ascii_case("PRIMARY") {
            return Err(DefinitionError::WrongIndexName {
                index: name.clone(),
            });
        }
    }
    if index.parts.len() > MAX_PARTS {
        return Err(DefinitionError::TooManyParts { index: label() });
    }
    if index.comment.chars().count() > MAX_COMMENT {
        return Err(DefinitionError::IndexCommentTooLong { name: label() });
    }
    if index.kind == IndexKind::Primary && index.invisible {
        return Err(DefinitionError::InvisiblePrimaryKey {
            table: columns.table.to_owned(),
        });
    }
    let mut parts: Vec<IndexPart> = Vec::with_capacity(index.parts.len());
    let mut bytes = 0;
    for part in &index.parts {
        let part = canonical_part(index.kind, part, columns)?;
        if let IndexPart::Column { name, length, .. } = &part {
            if parts.iter().any(
                |known| matches!(known, IndexPart::Column { name: other, .. } if other == name),
            ) {
                return Err(DefinitionError::DuplicateKeyColumn {
                    column: name.clone(),
                });
            }
            bytes += part_bytes(columns, name, *length)?;
        }
        parts.push(part);
    }
    if bytes > MAX_KEY_BYTES
        && columns.is_innodb()
        && !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
    {
        return Err(DefinitionError::KeyTooLong { index: label() });
    }
    Ok(Index {
        name,
        constraint: None,
        parts,
        using: index.using.as_ref().map(|using| using.to_ascii_uppercase()),
        ..index.clone()
    })
}

fn label(index: &Index) -> String {
    match index.parts.first() {
        _ if index.kind == IndexKind::Primary => "PRIMARY".into(),
        Some(IndexPart::Column { name, .. }) => name.clone(),
        _ => "functional_index".into(),
    }
}

fn canonical_part(
    kind: IndexKind,
    part: &IndexPart,
    columns: &Columns<'_>,
) -> Result<IndexPart, DefinitionError> {
    match part {
        IndexPart::Expression { .. } if kind == IndexKind::Primary => {
            Err(DefinitionError::FunctionalPrimaryKey {
                table: columns.table.to_owned(),
            })
        }
        IndexPart::Expression {
            expression,
            descending,
        } => {
            let expression =
                expression::canonical(expression, columns, expression::Literals::Introduced);
            if let Some(column) = expression::unknown_column(&expression, columns) {
                return Err(DefinitionError::UnknownColumn {
                    column,
                    place: "functional index".into(),
                });
            }
            Ok(IndexPart::Expression {
                expression,
                descending: *descending,
            })
        }
        IndexPart::Column {
            name,
            length,
            descending,
        } => {
            let column = columns
                .find(name)
                .ok_or_else(|| DefinitionError::UnknownKeyColumn {
                    column: name.clone(),
                })?;
            let length = match kind {
                IndexKind::Fulltext => check_fulltext(column).map(|()| None)?,
                IndexKind::Spatial => check_spatial(column).map(|()| None)?,
                _ => prefix(column, *length)?,
            };
            Ok(IndexPart::Column {
                name: column.name.clone(),
                length,
                descending: *descending,
            })
        }
    }
}

fn check_fulltext(column: &Column) -> Result<(), DefinitionError> {
    let kind = column.column_type.kind;
    let searchable = kind.is_text() && !matches!(kind, TypeKind::Enum | TypeKind::Set);
    if searchable {
        Ok(())
    } else {
        Err(DefinitionError::BadFulltextColumn {
            column: column.name.clone(),
        })
    }
}

fn check_spatial(column: &Column) -> Result<(), DefinitionError> {
    if !column.column_type.kind.is_spatial() {
        return Err(DefinitionError::BadSpatialColumn {
            column: column.name.clone(),
        });
    }
    if column.nullable != Some(false) {
        return Err(DefinitionError::NullableSpatialColumn {
            column: column.name.clone(),
        });
    }
    Ok(())
}

/// Settles a prefix length: one that spans the whole column says nothing.
fn prefix(column: &Column, length: Option<u32>) -> Result<Option<u32>, DefinitionError> {
    let name = || column.name.clone();
    let kind = column.column_type.kind;
    let whole = match kind {
        TypeKind::Json => return Err(DefinitionError::JsonKey { column: name() }),
        TypeKind::Char | TypeKind::VarChar | TypeKind::Binary | TypeKind::VarBinary => {
            column.column_type.length
        }
        kind if is_blob(kind) || kind.is_spatial() => match length {
            None => return Err(DefinitionError::BlobKeyWithoutLength { column: name() }),
            Some(_) => None,
        },
        _ if length.is_some() => return Err(DefinitionError::WrongPrefix { column: name() }),
        _ => return Ok(None),
    };
    match (length, whole) {
        (Some(0), _) => Err(DefinitionError::ZeroPrefix { column: name() }),
        (Some(length), Some(whole)) if length > whole => {
            Err(DefinitionError::WrongPrefix { column: name() })
        }
        (Some(length), Some(whole)) if length == whole => Ok(None),
        _ => Ok(length),
    }
}

/// Tells whether a prefix length still fits a column that may have changed.
pub(super) fn prefix_fits(column: &Column, length: Option<u32>) -> bool {
    prefix(column, length).is_ok()
}

/// Returns the bytes a part takes in the key.
fn part_bytes(
    columns: &Columns<'_>,
    name: &str,
    length: Option<u32>,
) -> Result<u64, DefinitionError> {
    let Some(column) = columns.find(name) else {
        return Ok(0);
    };
    let column_type = &column.column_type;
    let text = effective(column_type, &columns.text)?;
    let width = u64::from(text.as_ref().map_or(1, CharacterSet::max_bytes));
    Ok(match column_type.kind {
        TypeKind::Enum | TypeKind::Set | TypeKind::Json => 2,
        TypeKind::Char | TypeKind::VarChar | TypeKind::Binary | TypeKind::VarBinary => {
            u64::from(length.or(column_type.length).unwrap_or(1)) * width
        }
        kind if is_blob(kind) => u64::from(length.unwrap_or(0)) * width,
        TypeKind::Decimal => u64::from(column_type.length.unwrap_or(10)) / 2 + 1,
        _ => 8,
    })
}

/// Names the keys that have no name, by their first column, and refuses two of one name.
pub(super) fn name_all(indexes: &mut [Index]) -> Result<(), DefinitionError> {
    for at in 0..indexes.len() {
        let (named, rest) = indexes.split_at_mut(at);
        let index = &mut rest[0];
        if index.kind == IndexKind::Primary {
            continue;
        }
        let taken = |name: &str| named.iter().any(|other| is_named(other, name));
        match &index.name {
            Some(name) if taken(name) => {
                return Err(DefinitionError::DuplicateIndex {
                    index: name.clone(),
                });
            }
            Some(_) => {}
            None => index.name = Some(free_name(index, taken)),
        }
    }
    Ok(())
}

/// Tells whether a key has the name, case aside.
pub(super) fn is_named(index: &Index, name: &str) -> bool {
    index
        .name
        .as_deref()
        .is_some_and(|known| super::same_name(known, name))
}

/// Returns the first column's name, or that with `_2`, `_3`, … until it is free.
pub(super) fn free_name(index: &Index, taken: impl Fn(&str) -> bool) -> String {
    let functional = index
        .parts
        .iter()
        .any(|part| matches!(part, IndexPart::Expression { .. }));
    let base = if functional {
        "functional_index".to_owned()
    } else {
        label(index)
    };
    if !taken(&base) && !base.eq_ignore_ascii_case("PRIMARY") {
        return base;
    }
    let kept: String = base.chars().take(58).collect();
    (2_u32..)
        .map(|number| format!("{kept}_{number}"))
        .find(|name| !taken(name))
        .unwrap_or(base)
}

/// Sorts keys as MySQL does: primary, unique over NOT NULL columns, other unique, plain, fulltext; else as written.
pub(super) fn sort(indexes: &mut [Index], columns: &Columns<'_>) {
    indexes.sort_by_cached_key(|index| match index.kind {
        IndexKind::Primary => (0, false, false, false),
        IndexKind::Unique => {
            let (mut nullable, mut computed, mut partial) = (false, false, false);
            for part in &index.parts {
                match part {
                    IndexPart::Column { name, length, .. } => {
                        let column = columns.find(name);
                        nullable |= column.is_none_or(|column| column.nullable != Some(false));
                        computed |= column.is_some_and(|column| {
                            column
                                .generated
                                .as_ref()
                                .is_some_and(|generated| !generated.stored)
                        });
                        partial |= length.is_some();
                    }
                    IndexPart::Expression { .. } => (nullable, computed) = (true, true),
                }
            }
            (1, nullable, computed, partial)
        }
        IndexKind::Plain | IndexKind::Spatial => (2, false, false, false),
        IndexKind::Fulltext => (3, false, false, false),
    });
}

/// Returns a plain key over whole columns, without a name.
pub(super) fn plain(columns: &[String]) -> Index {
    let part = |name: &String| IndexPart::Column {
        name: name.clone(),
        length: None,
        descending: false,
    };
    Index {
        parts: columns.iter().map(part).collect(),
        ..Index::empty(IndexKind::Plain)
    }
}

/// Returns how many of a key's leading parts are whole columns; none of a fulltext or spatial key.
pub(super) fn leading_columns(index: &Index) -> usize {
    if matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) {
        return 0;
    }
    let whole = |part: &&IndexPart| matches!(part, IndexPart::Column { length: None, .. });
    index.parts.iter().take_while(whole).count()
}

/// Tells whether a key's leading parts are exactly these whole columns, in this order.
pub(crate) fn covers(index: &Index, columns: &[String]) -> bool {
    !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
        && index.parts.len() >= columns.len()
        && index.parts.iter().zip(columns).all(|(part, column)| {
            matches!(part, IndexPart::Column { name, length: None, .. } if super::same_name(name, column))
        })
}
