//! What the engine knows of a stored table beside its definition: types, the row's key in SQLite, unique keys.

use super::storage::encode_column;
use super::translate::quote;
use super::types::{Family, Type};
use crate::sql::SqlError;
use crate::sql::ddl::{Column, ColumnDefault, CreateTable, Index, IndexKind, IndexPart};
use crate::value::{TypeKind, Value};
use rusqlite::types::Value as Bound;

/// A stored table.
#[derive(Debug)]
pub(super) struct Stored {
    /// The SQLite table.
    pub(super) physical: String,
    /// The canonical definition.
    pub(super) definition: CreateTable,
    /// Types of the columns, in order.
    pub(super) types: Vec<Type>,
    /// How a row is found again.
    pub(super) row_key: RowKey,
    /// Primary and unique keys, the primary one first.
    pub(super) uniques: Vec<Unique>,
    /// The AUTO_INCREMENT column.
    pub(super) auto_increment: Option<usize>,
}

/// How one row is found in SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowKey {
    /// By SQLite's row number: no primary key, or one by prefixes.
    RowId,
    /// By the primary key's columns.
    Columns(Vec<usize>),
}

/// A primary or unique key over plain columns.
#[derive(Debug)]
pub(super) struct Unique {
    /// `PRIMARY` or the index's name.
    pub(super) name: String,
    /// Column positions with the prefix length of each, if any. Empty for keys over expressions.
    pub(super) parts: Vec<(usize, Option<u32>)>,
}

impl Stored {
    /// Looks at a definition.
    ///
    /// # Errors
    /// Where a collation is unknown or a key names a missing column.
    pub(super) fn new(physical: &str, definition: &CreateTable) -> Result<Self, SqlError> {
        let types = definition
            .columns
            .iter()
            .map(|column| Type::of_column(column, definition))
            .collect::<Result<Vec<_>, _>>()?;
        let mut uniques = Vec::new();
        for index in definition
            .indexes
            .iter()
            .filter(|index| matches!(index.kind, IndexKind::Primary | IndexKind::Unique))
        {
            let name = if index.kind == IndexKind::Primary {
                "PRIMARY".to_owned()
            } else {
                index.name.clone().unwrap_or_default()
            };
            uniques.push(Unique {
                name,
                parts: plain_parts(index, definition)?.unwrap_or_default(),
            });
        }
        uniques.sort_by_key(|unique| unique.name != "PRIMARY");
        let row_key = match uniques.first().filter(|unique| unique.name == "PRIMARY") {
            Some(primary)
                if primary.parts.iter().all(|(_, length)| length.is_none())
                    && !primary.parts.is_empty() =>
            {
                RowKey::Columns(
                    primary
                        .parts
                        .iter()
                        .map(|(position, _)| *position)
                        .collect(),
                )
            }
            _ => RowKey::RowId,
        };
        let auto_increment = definition
            .columns
            .iter()
            .position(|column| column.auto_increment);
        Ok(Self {
            physical: physical.to_owned(),
            definition: definition.clone(),
            types,
            row_key,
            uniques,
            auto_increment,
        })
    }

    /// The position of a column by name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        position(&self.definition, name)
    }

    /// The column of a position.
    pub(super) fn column(&self, position: usize) -> &Column {
        &self.definition.columns[position]
    }

    /// Positions in the order in which a row is filled: defaults that are expressions may name other columns, so they
    /// come last, each after those before it (manual, "Data Type Default Values").
    pub(super) fn filling_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.types.len()).collect();
        order.sort_by_key(|position| {
            matches!(
                self.column(*position).default,
                Some(ColumnDefault::Expression(_))
            )
        });
        order
    }

    /// The table's name.
    pub(super) fn name(&self) -> &str {
        &self.definition.name.name
    }

    /// A primary key of one signed integer column: SQLite's row number then is that column.
    pub(super) fn integer_key(&self) -> Option<usize> {
        let RowKey::Columns(columns) = &self.row_key else {
            return None;
        };
        let [position] = columns.as_slice() else {
            return None;
        };
        let ty = &self.types[*position];
        let wide = ty.column.kind == TypeKind::BigInt && ty.column.unsigned;
        let plain = self.column(*position).generated.is_none();
        (ty.family() == Family::Integer && !wide && plain).then_some(*position)
    }

    /// The text of the row key's columns, under an alias (empty for none).
    pub(super) fn key_list(&self, alias: &str) -> Vec<String> {
        let qualified = |name: String| {
            if alias.is_empty() {
                name
            } else {
                format!("{alias}.{name}")
            }
        };
        match &self.row_key {
            RowKey::RowId => vec![qualified("rowid".to_owned())],
            RowKey::Columns(columns) => columns
                .iter()
                .map(|position| qualified(quote(&self.column(*position).name)))
                .collect(),
        }
    }

    /// `key = ? AND …`, first parameter `?first`.
    pub(super) fn key_condition(&self, first: usize) -> String {
        let tests: Vec<String> = self
            .key_list("")
            .iter()
            .enumerate()
            .map(|(position, name)| format!("{name} = ?{}", first + position))
            .collect();
        tests.join(" AND ")
    }

    /// The form of a column's value.
    pub(super) fn encode(&self, position: usize, value: &Value) -> Bound {
        encode_column(value, &self.types[position].column)
    }

    /// Whether a column's value is computed.
    pub(super) fn is_generated(&self, position: usize) -> bool {
        self.column(position).generated.is_some()
    }
}

/// The position of a column by name, in any case.
pub(super) fn position(definition: &CreateTable, name: &str) -> Option<usize> {
    definition
        .columns
        .iter()
        .position(|column| column.name.eq_ignore_ascii_case(name))
}

/// The columns of an index; `None` if a part is an expression.
///
/// # Errors
/// 1072 where a column is missing.
pub(super) fn plain_parts(
    index: &Index,
    definition: &CreateTable,
) -> Result<Option<Vec<(usize, Option<u32>)>>, SqlError> {
    let mut parts = Vec::new();
    for part in &index.parts {
        let IndexPart::Column { name, length, .. } = part else {
            return Ok(None);
        };
        let position = position(definition, name).ok_or_else(|| {
            SqlError::new(
                1072,
                "42000",
                format!("Key column '{name}' doesn't exist in table"),
            )
        })?;
        let whole = length.is_some_and(|length| {
            definition.columns[position]
                .column_type
                .length
                .is_some_and(|full| length >= full)
        });
        parts.push((position, length.filter(|_| !whole)));
    }
    Ok(Some(parts))
}
