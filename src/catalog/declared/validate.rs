//! What must hold inside one declared table: everything that it names exists, and no name is taken twice.

use std::collections::HashSet;

use super::Error;
use crate::catalog::{columns_of, fold, same_name};
use crate::sql::ddl::{CreateTable, Expression, IndexKind, IndexPart, PartitionKind};
use crate::value::collation;

/// Returns the name under which a key is known; the primary key has one, too.
pub(super) fn key_name(index: &crate::sql::ddl::Index) -> &str {
    match index.kind {
        IndexKind::Primary => "PRIMARY",
        _ => index.name.as_deref().unwrap_or_default(),
    }
}

/// Requires a table, in normal form, to be sound by itself.
pub(super) fn table(table: &CreateTable) -> Result<(), Error> {
    let owner = || table.name.name.clone();
    let mut columns = HashSet::new();
    for column in &table.columns {
        if !columns.insert(fold(&column.name)) {
            return Err(Error::DuplicateColumn {
                table: owner(),
                column: column.name.clone(),
            });
        }
    }
    charsets(table)?;
    let unknown = |expression: &Expression| {
        columns_of(expression)
            .into_iter()
            .find(|name| !columns.contains(&fold(name)))
    };
    for key in &table.foreign_keys {
        let constraint = || key.name.clone().unwrap_or_default();
        if key.columns.len() != key.referenced_columns.len() {
            return Err(Error::ForeignKeyColumnCount {
                table: owner(),
                constraint: constraint(),
                referenced: key.referenced_columns.len(),
                expected: key.columns.len(),
            });
        }
        for column in &key.columns {
            if !columns.contains(&fold(column)) {
                return Err(Error::ColumnInForeignKey {
                    table: owner(),
                    column: column.clone(),
                    constraint: constraint(),
                });
            }
        }
    }
    for index in &table.indexes {
        for part in &index.parts {
            let missing = match part {
                IndexPart::Column { name, .. } => {
                    (!columns.contains(&fold(name))).then(|| name.clone())
                }
                IndexPart::Expression { expression, .. } => unknown(expression),
            };
            if let Some(column) = missing {
                return Err(Error::ColumnInKey {
                    table: owner(),
                    column,
                    key: key_name(index).to_owned(),
                });
            }
        }
    }
    for column in &table.columns {
        if let Some(generated) = &column.generated
            && let Some(missing) = unknown(&generated.expression)
        {
            return Err(Error::ColumnInGenerated {
                table: owner(),
                column: missing,
                generated: column.name.clone(),
            });
        }
    }
    for check in &table.checks {
        if let Some(column) = unknown(&check.expression) {
            return Err(Error::ColumnInCheck {
                table: owner(),
                column,
                check: check.name.clone().unwrap_or_default(),
            });
        }
    }
    let mut keys = HashSet::new();
    for index in &table.indexes {
        if !keys.insert(fold(key_name(index))) {
            return Err(Error::DuplicateKey {
                table: owner(),
                key: key_name(index).to_owned(),
            });
        }
    }
    partitions(table, &columns)
}

/// A charset and a collation that a column says must belong together.
fn charsets(table: &CreateTable) -> Result<(), Error> {
    for column in &table.columns {
        let said = (&column.column_type.charset, &column.column_type.collation);
        if let (Some(charset), Some(collation)) = said
            && collation::charset_of(collation).is_some_and(|known| known != charset)
        {
            return Err(Error::CollationMismatch {
                column: column.name.clone(),
                charset: charset.clone(),
                collation: collation.clone(),
            });
        }
    }
    Ok(())
}

fn partitions(table: &CreateTable, columns: &HashSet<String>) -> Result<(), Error> {
    let Some(partitioning) = &table.partitioning else {
        return Ok(());
    };
    let owner = || table.name.name.clone();
    let mut names = HashSet::new();
    for partition in &partitioning.partitions {
        if !names.insert(fold(&partition.name)) {
            return Err(Error::DuplicatePartition {
                table: owner(),
                partition: partition.name.clone(),
            });
        }
    }
    let read = match &partitioning.kind {
        PartitionKind::Hash { expression, .. }
        | PartitionKind::Range(expression)
        | PartitionKind::List(expression) => columns_of(expression),
        PartitionKind::Key { columns, .. }
        | PartitionKind::RangeColumns(columns)
        | PartitionKind::ListColumns(columns) => columns.clone(),
    };
    for column in read {
        if !columns.contains(&fold(&column)) {
            return Err(Error::ColumnInPartition {
                table: owner(),
                column,
            });
        }
        let unique = |kind| matches!(kind, IndexKind::Primary | IndexKind::Unique);
        for index in table.indexes.iter().filter(|index| unique(index.kind)) {
            let held = index.parts.iter().any(
                |part| matches!(part, IndexPart::Column { name, .. } if same_name(name, &column)),
            );
            if !held {
                return Err(Error::PartitionColumnNotInKey {
                    table: owner(),
                    column,
                    key: key_name(index).to_owned(),
                });
            }
        }
    }
    Ok(())
}
