//! One column's canonical definition: type synonyms, lengths and charsets resolved, nullability and default said.
//!
//! Rules from the MySQL 8.0 manual: "Data Types", "Silent Column Specification Changes", "Column Character Set and
//! Collation", and from what SHOW CREATE TABLE prints. Canonicalising twice changes nothing.

use super::charset::CharacterSet;
use super::{DefinitionError, default};
use crate::sql::ddl::{Column, ColumnDefault};
use crate::value::{ColumnType, TypeKind};

/// Characters that a column's comment may have.
const MAX_COMMENT: usize = 1024;

/// Returns the canonical form of a column in a table whose text has the charset `table` by default. What the table's
/// keys imply (NOT NULL of the primary key) must be in the column already.
pub(super) fn canonical(column: &Column, table: &CharacterSet) -> Result<Column, DefinitionError> {
    let name = || column.name.clone();
    check_name(&column.name)?;
    if column.comment.chars().count() > MAX_COMMENT {
        return Err(DefinitionError::ColumnCommentTooLong { name: name() });
    }
    let column_type = canonical_type(&column.name, &column.column_type, table)?;
    let kind = column_type.kind;
    check_attributes(column, kind)?;
    let nullable = if column.auto_increment {
        false
    } else {
        column.nullable.unwrap_or(true)
    };
    let default = match &column.default {
        None | Some(ColumnDefault::Null) if column.generated.is_some() || column.auto_increment => {
            None
        }
        Some(ColumnDefault::Null) if !nullable => {
            return Err(DefinitionError::InvalidDefault { column: name() });
        }
        None | Some(ColumnDefault::Null) => {
            (nullable && !is_large(kind)).then_some(ColumnDefault::Null)
        }
        Some(written) => Some(default::canonical(&column.name, &column_type, written)?),
    };
    let said = |format: &Option<String>| {
        format
            .as_ref()
            .map(|value| value.to_ascii_uppercase())
            .filter(|value| value != "DEFAULT")
    };
    Ok(Column {
        nullable: Some(nullable),
        default,
        column_format: said(&column.column_format),
        storage: said(&column.storage),
        column_type,
        inline_reference: None,
        ..column.clone()
    })
}

/// Refuses names that MySQL refuses: empty, ending in a space, above 64 characters.
fn check_name(name: &str) -> Result<(), DefinitionError> {
    if name.is_empty() || name.ends_with(' ') {
        return Err(DefinitionError::WrongColumnName {
            column: name.to_owned(),
        });
    }
    super::canonical::check_length(name)
}

/// Refuses attributes that do not go together.
fn check_attributes(column: &Column, kind: TypeKind) -> Result<(), DefinitionError> {
    let name = || column.name.clone();
    if column.generated.is_some() {
        let wrong = |first| {
            Err(DefinitionError::WrongUsage {
                column: name(),
                first,
                second: "generated column",
            })
        };
        match (&column.default, column.auto_increment, column.on_update) {
            (Some(default), ..) if *default != ColumnDefault::Null => return wrong("DEFAULT"),
            (_, true, _) => return wrong("AUTO_INCREMENT"),
            (_, _, Some(_)) => return wrong("ON UPDATE"),
            _ => {}
        }
    }
    if column.auto_increment {
        if !(kind.is_integer() || matches!(kind, TypeKind::Float | TypeKind::Double)) {
            return Err(DefinitionError::WrongColumnSpecifier { column: name() });
        }
        if column.default.is_some() {
            return Err(DefinitionError::InvalidDefault { column: name() });
        }
    }
    if let Some(digits) = column.on_update
        && (!matches!(kind, TypeKind::Timestamp | TypeKind::DateTime)
            || u32::from(digits) != column.column_type.length.unwrap_or(0))
    {
        return Err(DefinitionError::InvalidOnUpdate { column: name() });
    }
    Ok(())
}

/// Returns the canonical form of a type: the one SHOW CREATE TABLE prints.
fn canonical_type(
    column: &str,
    written: &ColumnType,
    table: &CharacterSet,
) -> Result<ColumnType, DefinitionError> {
    let mut result = ColumnType {
        members: written.members.clone(),
        ..ColumnType::new(written.kind)
    };
    numeric(column, written, &mut result)?;
    let Some(text) = effective(written, table)? else {
        sized(column, written, &mut result)?;
        return Ok(result);
    };
    if text.charset == "binary" && !matches!(written.kind, TypeKind::Enum | TypeKind::Set) {
        let bytes = ColumnType {
            charset: None,
            collation: None,
            kind: binary_kind(written.kind),
            ..written.clone()
        };
        return canonical_type(column, &bytes, table);
    }
    match written.kind {
        TypeKind::Enum | TypeKind::Set => members(column, &text, &mut result)?,
        TypeKind::Text => {
            let bytes = u64::from(written.length.unwrap_or(0)) * u64::from(text.max_bytes());
            result.kind = holding(
                bytes,
                [
                    TypeKind::TinyText,
                    TypeKind::Text,
                    TypeKind::MediumText,
                    TypeKind::LongText,
                ],
            );
        }
        TypeKind::Char => result.length = Some(limited(column, written.length.unwrap_or(1), 255)?),
        TypeKind::VarChar => {
            let max = 65_535 / text.max_bytes();
            result.length = Some(limited(column, written.length.unwrap_or(1), max)?);
        }
        _ => {}
    }
    // A column prints its charset where its collation is not the table's, and its collation where that is not the
    // charset's default: `DEFAULT_COLLATION_FOR_UTF8MB4` may differ, so utf8mb4's own default is said too.
    let differs = text != *table;
    result.charset = differs.then(|| text.charset.clone());
    result.collation = (!text.is_default_collation()
        || (differs && text.collation == CharacterSet::default().collation))
        .then_some(text.collation);
    Ok(result)
}

/// Returns the charset and collation that hold for a type's text; `None` for types without.
pub(super) fn effective(
    column_type: &ColumnType,
    table: &CharacterSet,
) -> Result<Option<CharacterSet>, DefinitionError> {
    if !column_type.is_text() {
        return Ok(None);
    }
    CharacterSet::resolve(
        column_type.charset.as_deref(),
        column_type.collation.as_deref(),
        table,
    )
    .map(Some)
}

fn numeric(
    column: &str,
    written: &ColumnType,
    result: &mut ColumnType,
) -> Result<(), DefinitionError> {
    let kind = written.kind;
    if kind.is_integer() {
        result.zerofill = written.zerofill;
        result.unsigned = written.unsigned || written.zerofill;
        result.length = match written.length {
            Some(width) if width > 255 => {
                return Err(DefinitionError::WidthOutOfRange {
                    column: column.to_owned(),
                    max: 255,
                });
            }
            _ if written.zerofill => Some(written.length.unwrap_or(default_width(kind))),
            Some(1) if kind == TypeKind::TinyInt && !written.unsigned => Some(1),
            _ => None,
        };
        return Ok(());
    }
    match kind {
        TypeKind::Decimal => {
            let precision = written
                .length
                .filter(|precision| *precision > 0)
                .unwrap_or(10);
            let scale = written.scale.unwrap_or(0);
            check_digits(column, (precision, 65), (scale, 30))?;
            (result.length, result.scale) = (Some(precision), Some(scale));
        }
        TypeKind::Float | TypeKind::Double => match (written.length, written.scale) {
            (Some(precision), Some(scale)) => {
                check_digits(column, (precision, 255), (scale, 30))?;
                (result.length, result.scale) = (Some(precision), Some(scale));
            }
            (Some(precision), None) if kind == TypeKind::Float => match precision {
                0..=24 => {}
                25..=53 => result.kind = TypeKind::Double,
                _ => {
                    return Err(DefinitionError::WrongColumnSpecifier {
                        column: column.to_owned(),
                    });
                }
            },
            _ => {}
        },
        _ => return Ok(()),
    }
    result.zerofill = written.zerofill;
    result.unsigned = written.unsigned || written.zerofill;
    Ok(())
}

fn check_digits(
    column: &str,
    precision: (u32, u32),
    scale: (u32, u32),
) -> Result<(), DefinitionError> {
    let column = || column.to_owned();
    if scale.0 > scale.1 {
        return Err(DefinitionError::ScaleTooBig {
            column: column(),
            scale: scale.0,
            max: scale.1,
        });
    }
    if precision.0 > precision.1 {
        return Err(DefinitionError::PrecisionTooBig {
            column: column(),
            precision: precision.0,
            max: precision.1,
        });
    }
    if precision.0 < scale.0 {
        return Err(DefinitionError::ScaleAbovePrecision { column: column() });
    }
    Ok(())
}

/// Settles lengths of types that are neither numbers nor text.
fn sized(
    column: &str,
    written: &ColumnType,
    result: &mut ColumnType,
) -> Result<(), DefinitionError> {
    let name = || column.to_owned();
    match written.kind {
        TypeKind::Bit => {
            result.length = Some(match written.length.unwrap_or(1) {
                0 => return Err(DefinitionError::InvalidSize { column: name() }),
                bits @ 1..=64 => bits,
                _ => {
                    return Err(DefinitionError::WidthOutOfRange {
                        column: name(),
                        max: 64,
                    });
                }
            });
        }
        TypeKind::Binary => {
            result.length = Some(limited(column, written.length.unwrap_or(1), 255)?)
        }
        TypeKind::VarBinary => {
            result.length = Some(limited(column, written.length.unwrap_or(1), 65_535)?)
        }
        TypeKind::Blob => {
            let bytes = u64::from(written.length.unwrap_or(0));
            result.kind = holding(
                bytes,
                [
                    TypeKind::TinyBlob,
                    TypeKind::Blob,
                    TypeKind::MediumBlob,
                    TypeKind::LongBlob,
                ],
            );
        }
        TypeKind::Time | TypeKind::DateTime | TypeKind::Timestamp => {
            match written.length.unwrap_or(0) {
                0 => {}
                digits @ 1..=6 => result.length = Some(digits),
                precision => {
                    return Err(DefinitionError::PrecisionTooBig {
                        column: name(),
                        precision,
                        max: 6,
                    });
                }
            }
        }
        TypeKind::Vector => result.length = Some(written.length.unwrap_or(2048)),
        _ => {}
    }
    Ok(())
}

/// Strips trailing spaces of ENUM and SET members and refuses two that compare equal.
fn members(
    column: &str,
    text: &CharacterSet,
    result: &mut ColumnType,
) -> Result<(), DefinitionError> {
    let folds = text.collation.ends_with("_ci");
    let mut seen = std::collections::HashSet::new();
    let kind = if result.kind == TypeKind::Set {
        "SET"
    } else {
        "ENUM"
    };
    if result.kind == TypeKind::Set && result.members.len() > 64 {
        return Err(DefinitionError::TooManyMembers {
            column: column.to_owned(),
        });
    }
    for member in &mut result.members {
        member.truncate(member.trim_end_matches(' ').len());
        let key = if folds {
            member.to_lowercase()
        } else {
            member.clone()
        };
        if !seen.insert(key) {
            return Err(DefinitionError::DuplicateMember {
                column: column.to_owned(),
                member: member.clone(),
                kind,
            });
        }
    }
    Ok(())
}

fn limited(column: &str, length: u32, max: u32) -> Result<u32, DefinitionError> {
    if length > max {
        Err(DefinitionError::ColumnTooLong {
            column: column.to_owned(),
            max,
        })
    } else {
        Ok(length)
    }
}

/// Returns the smallest of four kinds that holds so many bytes; the second for 0, which stands for "unsaid".
fn holding(bytes: u64, [tiny, plain, medium, long]: [TypeKind; 4]) -> TypeKind {
    match bytes {
        0 => plain,
        1..=255 => tiny,
        256..=65_535 => plain,
        65_536..=16_777_215 => medium,
        _ => long,
    }
}

/// Returns the TEXT type that holds as many characters in another charset; other types as they are.
pub(super) fn widened(kind: TypeKind, before: &CharacterSet, now: &CharacterSet) -> TypeKind {
    let bytes: u64 = match kind {
        TypeKind::TinyText => 255,
        TypeKind::Text => 65_535,
        TypeKind::MediumText => 16_777_215,
        _ => return kind,
    };
    if now.max_bytes() <= before.max_bytes() {
        return kind;
    }
    let characters = bytes / u64::from(before.max_bytes());
    let kinds = [
        TypeKind::TinyText,
        TypeKind::Text,
        TypeKind::MediumText,
        TypeKind::LongText,
    ];
    holding(characters * u64::from(now.max_bytes()), kinds)
}

fn binary_kind(kind: TypeKind) -> TypeKind {
    match kind {
        TypeKind::Char => TypeKind::Binary,
        TypeKind::VarChar => TypeKind::VarBinary,
        TypeKind::TinyText => TypeKind::TinyBlob,
        TypeKind::Text => TypeKind::Blob,
        TypeKind::MediumText => TypeKind::MediumBlob,
        TypeKind::LongText => TypeKind::LongBlob,
        other => other,
    }
}

/// Display width that a ZEROFILL column has where none is written.
fn default_width(kind: TypeKind) -> u32 {
    match kind {
        TypeKind::TinyInt => 3,
        TypeKind::SmallInt => 5,
        TypeKind::MediumInt => 8,
        TypeKind::Int => 10,
        _ => 20,
    }
}

/// Tells whether a type is TEXT or BLOB of any size: an index needs a prefix length.
pub(super) fn is_blob(kind: TypeKind) -> bool {
    use TypeKind::{Binary, Char, Enum, Set, VarBinary, VarChar};
    (kind.is_text() || kind.is_binary())
        && !matches!(kind, Char | VarChar | Enum | Set | Binary | VarBinary)
}

/// Tells whether a type can have no literal default: TEXT, BLOB, JSON, geometry, VECTOR.
pub(super) fn is_large(kind: TypeKind) -> bool {
    is_blob(kind) || kind.is_spatial() || matches!(kind, TypeKind::Json | TypeKind::Vector)
}
