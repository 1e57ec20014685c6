//! Why a clause may lose data: the words shown beside it, and by which a rollback is refused without leave.
//!
//! A change counts as safe only where every value of the old type is a value of the new one (MySQL 8.0 manual, "Data
//! Types").

use crate::catalog::Table;
use crate::sql::ddl::Column;
use crate::value::{ColumnType, TypeKind};

use super::table::effective_type;

/// Dropping a column, perhaps to add it anew; a generated one is computed again.
pub(super) fn dropped_column(table: &Table, column: &Column) -> Option<String> {
    let (table, name) = (table.name(), &column.name);
    let said = format!("column `{table}.{name}` is dropped with its values");
    column.generated.is_none().then_some(said)
}

/// Dropping partitions.
pub(super) fn dropped_partitions(table: &Table, names: &[String]) -> String {
    format!(
        "partitions {} of `{}` are dropped with their rows",
        names.join(", "),
        table.name()
    )
}

/// Redefining a column.
pub(super) fn modified_column(
    from_table: &Table,
    from: &Column,
    to_table: &Table,
    to: &Column,
) -> Option<String> {
    if from.generated.is_some() {
        return None;
    }
    let name = format!("`{}.{}`", to_table.name(), to.name);
    if to.generated.is_some() {
        return Some(format!(
            "column {name} becomes generated: its values are computed over"
        ));
    }
    let (old, new) = (
        effective_type(from_table, from),
        effective_type(to_table, to),
    );
    if !holds(&new, &old) {
        return Some(format!(
            "column {name} changes from {} to {}, which does not hold every value",
            beside(&old, &new),
            beside(&new, &old)
        ));
    }
    let loses_null = from.nullable == Some(true) && to.nullable == Some(false);
    loses_null
        .then(|| format!("column {name} becomes NOT NULL: rows with NULL are refused or changed"))
}

/// Returns a type as it is shown beside another: with its charset where they differ in it.
pub(in crate::diff) fn beside(shown: &ColumnType, other: &ColumnType) -> String {
    match (&shown.charset, &other.charset) {
        (Some(charset), Some(other)) if charset != other => format!("{shown} {charset}"),
        _ => shown.to_string(),
    }
}

/// Tells whether every value of a type is a value of another, unchanged.
pub(in crate::diff) fn holds(to: &ColumnType, from: &ColumnType) -> bool {
    if let (Some((low, high)), Some((from_low, from_high))) =
        (to.integer_range(), from.integer_range())
    {
        return low <= from_low && from_high <= high;
    }
    match (from.kind, to.kind) {
        (TypeKind::Decimal, TypeKind::Decimal) => {
            let digits =
                |decimal: &ColumnType| (decimal.length.unwrap_or(10), decimal.scale.unwrap_or(0));
            let ((from_all, from_scale), (all, scale)) = (digits(from), digits(to));
            let whole = |all: u32, scale: u32| all.saturating_sub(scale);
            scale >= from_scale
                && whole(all, scale) >= whole(from_all, from_scale)
                && (from.unsigned || !to.unsigned)
        }
        (TypeKind::Float | TypeKind::Double, TypeKind::Double)
        | (TypeKind::Float, TypeKind::Float) => {
            (from.unsigned || !to.unsigned)
                && (to.scale.is_none() || (to.scale, to.length) == (from.scale, from.length))
        }
        (TypeKind::Enum, TypeKind::Enum) | (TypeKind::Set, TypeKind::Set) => {
            same_text(to, from) && to.members.starts_with(&from.members)
        }
        (TypeKind::Bit, TypeKind::Bit) => to.length.unwrap_or(1) >= from.length.unwrap_or(1),
        (TypeKind::DateTime, TypeKind::DateTime)
        | (TypeKind::Timestamp, TypeKind::Timestamp)
        | (TypeKind::Time, TypeKind::Time) => to.length.unwrap_or(0) >= from.length.unwrap_or(0),
        (TypeKind::Date, TypeKind::DateTime) => true,
        (TypeKind::Binary, TypeKind::Binary) => to.length == from.length,
        (TypeKind::VarChar, TypeKind::Char) => false,
        _ if to.length >= from.length
            && ColumnType {
                length: to.length,
                ..from.clone()
            } == *to =>
        {
            true
        }
        _ => match (capacity(from), capacity(to)) {
            (Some((_, most)), Some((least, _))) => {
                from.is_text() == to.is_text() && same_text(to, from) && least >= most
            }
            _ => false,
        },
    }
}

/// Tells whether text keeps its characters: the same charset, or one that has them all.
fn same_text(to: &ColumnType, from: &ColumnType) -> bool {
    let unicode = |charset: &Option<String>| {
        matches!(charset.as_deref(), Some("utf8mb4" | "utf16" | "utf32"))
    };
    to.charset == from.charset || unicode(&to.charset)
}

/// Returns how many characters (text) or bytes (binary) fit a type in any case, and at most; none for other types.
/// TEXT types are measured in bytes, and a character takes one to four.
fn capacity(column_type: &ColumnType) -> Option<(u64, u64)> {
    let length = u64::from(column_type.length.unwrap_or(1));
    let text = |bytes: u64| (bytes / 4, bytes);
    Some(match column_type.kind {
        TypeKind::Char | TypeKind::VarChar | TypeKind::VarBinary => (length, length),
        TypeKind::TinyText => text(255),
        TypeKind::Text => text(65_535),
        TypeKind::MediumText => text(16_777_215),
        TypeKind::LongText => text(4_294_967_295),
        TypeKind::TinyBlob => (255, 255),
        TypeKind::Blob => (65_535, 65_535),
        TypeKind::MediumBlob => (16_777_215, 16_777_215),
        TypeKind::LongBlob => (4_294_967_295, 4_294_967_295),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_holds_another_only_if_it_has_all_its_values() {
        #[track_caller]
        fn check(from: &str, to: &str, expected: bool) {
            let column_type = |text: &str| {
                let ddl = crate::sql::parse_statement(&format!("create table t (c {text})"));
                let Ok(crate::sql::Statement::Ddl(crate::sql::ddl::Ddl::CreateTable(create))) = ddl
                else {
                    panic!("{text} is a type")
                };
                create.table.columns[0].column_type.clone()
            };
            assert_eq!(
                holds(&column_type(to), &column_type(from)),
                expected,
                "{from} to {to}"
            );
        }
        check("int", "bigint", true);
        check("bigint", "int", false);
        check("int", "int unsigned", false);
        check("int unsigned", "bigint", true);
        check("decimal(10,2)", "decimal(12,4)", true);
        check("decimal(10,2)", "decimal(10,4)", false);
        check("varchar(10)", "varchar(20)", true);
        check("varchar(20)", "varchar(10)", false);
        check("varchar(128)", "text", true);
        check("text", "varchar(128)", false);
        check("text", "varchar(20000)", false);
        check("text", "mediumtext", true);
        check("char(10)", "varchar(10)", true);
        check("varchar(10)", "char(10)", false);
        check("varbinary(10)", "blob", true);
        check("varchar(10)", "varbinary(10)", false);
        check(
            "varchar(10) character set latin1",
            "varchar(10) character set utf8mb4",
            true,
        );
        check(
            "varchar(10) character set utf8mb4",
            "varchar(10) character set latin1",
            false,
        );
        check("enum('a')", "enum('a','b')", true);
        check("enum('a','b')", "enum('b','a')", false);
        check("datetime", "datetime(6)", true);
        check("datetime(6)", "datetime", false);
        check("date", "datetime", true);
        check("int", "varchar(20)", false);
        check("float", "double", true);
        check("double", "float", false);
        check("json", "json", true);
        check("year", "year", true);
    }
}
