//! Whether InnoDB of MySQL 8.0.29 and later can do an ALTER TABLE with ALGORITHM=INSTANT: the change is one of the data
//! dictionary, and no row is touched (MySQL 8.0 manual, "Online DDL Operations"; Vitess `go/vt/schemadiff/capability.go`).

use crate::catalog::same_name;
use crate::sql::ddl::{AlterClause, Column, ColumnDefault, CreateTable, IndexKind, IndexPart};
use crate::value::TypeKind;

/// Whether changes can be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstantDdl {
    /// There is no table to be changed.
    Irrelevant,
    /// All can.
    Possible,
    /// Some cannot.
    Impossible,
}

/// Columns of a table's internal representation, beyond which none is added at once.
const MAX_COLUMNS: usize = 1022;

/// Tells whether the clauses can be done at once on the table.
pub fn is_possible(table: &CreateTable, clauses: &[AlterClause]) -> bool {
    let added = clauses
        .iter()
        .filter(|clause| matches!(clause, AlterClause::AddColumn { .. }))
        .count();
    table.columns.len() + added <= MAX_COLUMNS
        && clauses
            .iter()
            .all(|clause| is_clause_possible(table, clause))
}

/// Tells whether one clause can be done at once on the table.
pub fn is_clause_possible(table: &CreateTable, clause: &AlterClause) -> bool {
    let find = |name: &str| {
        table
            .columns
            .iter()
            .find(|column| same_name(&column.name, name))
    };
    match clause {
        AlterClause::AddColumn {
            column,
            keys,
            checks,
            ..
        } => takes_columns(table) && keys.is_empty() && checks.is_empty() && can_be_added(column),
        AlterClause::DropColumn(name) => {
            let indexed = table.indexes.iter().flat_map(|index| &index.parts).any(
                |part| matches!(part, IndexPart::Column { name: part, .. } if same_name(part, name)),
            );
            find(name).is_some() && takes_columns(table) && !indexed
        }
        AlterClause::ModifyColumn {
            column,
            keys,
            position: None,
        } => {
            keys.is_empty() && find(&column.name).is_some_and(|current| redefines(current, column))
        }
        AlterClause::ChangeColumn {
            from,
            column,
            keys,
            position: None,
        } => {
            *from == column.name
                && keys.is_empty()
                && find(from).is_some_and(|current| redefines(current, column))
        }
        AlterClause::SetDefault { .. }
        | AlterClause::DropDefault(_)
        | AlterClause::SetColumnVisibility { .. } => true,
        AlterClause::Algorithm(algorithm) => algorithm == "INSTANT",
        _ => false,
    }
}

/// Compressed tables and those with a FULLTEXT index take and lose no column at once.
fn takes_columns(table: &CreateTable) -> bool {
    let compressed = table.options.iter().any(|option| {
        option.name == "ROW_FORMAT" && option.value.eq_ignore_ascii_case("COMPRESSED")
    });
    !compressed
        && !table
            .indexes
            .iter()
            .any(|index| index.kind == IndexKind::Fulltext)
}

fn can_be_added(column: &Column) -> bool {
    if column.auto_increment {
        return false;
    }
    if let Some(generated) = &column.generated {
        return !generated.stored;
    }
    if matches!(
        column.default,
        Some(ColumnDefault::Expression(_) | ColumnDefault::CurrentTimestamp(_))
    ) {
        return false;
    }
    // Rows that are there would get a zero date.
    let zero = column.column_type.kind == TypeKind::DateTime
        && column.nullable == Some(false)
        && column.default.is_none();
    !zero
}

/// Tells whether only the default, the visibility, or the end of a list of members differs.
fn redefines(current: &Column, wanted: &Column) -> bool {
    // A charset that the new definition does not say is that of the column before.
    let (before, after) = (&current.column_type, &wanted.column_type);
    let recoded = |before: &Option<String>, after: &Option<String>| {
        after.is_some()
            && before.as_ref().map(|n| n.to_lowercase()) != after.as_ref().map(|n| n.to_lowercase())
    };
    if recoded(&before.charset, &after.charset) || recoded(&before.collation, &after.collation) {
        return false;
    }
    let core = |column: &Column, members: bool| {
        let mut core = column.clone();
        core.default = None;
        core.invisible = false;
        core.nullable = Some(column.nullable != Some(false));
        core.column_type.charset = None;
        core.column_type.collation = None;
        if !members {
            core.column_type.members.clear();
        }
        core
    };
    if core(current, true) == core(wanted, true) {
        return true;
    }
    let (few, many) = (&before.members, &after.members);
    let same_size = match before.kind {
        TypeKind::Enum => (few.len() <= 255) == (many.len() <= 255),
        TypeKind::Set => few.len().div_ceil(8) == many.len().div_ceil(8),
        _ => false,
    };
    !few.is_empty()
        && same_size
        && many.starts_with(few)
        && core(current, false) == core(wanted, false)
}
