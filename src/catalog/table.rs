//! A table's canonical definition and what the rest of the program asks of it.

use super::charset::{CharacterSet, Defaults};
use super::{DefinitionError, canonical, column, options, same_name};
use crate::sql::ddl::{Check, Column, CreateTable, ForeignKey, Index, IndexKind, IndexPart};

/// A table's definition in canonical form: names chosen, keys in MySQL's order, nullability and defaults said. Printing
/// it gives what SHOW CREATE TABLE prints.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The canonical definition; its name has no qualifier.
    pub definition: CreateTable,
}

/// What a table is to Vitess, as far as its own definition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// An ordinary table.
    Plain,
    /// A table whose comment is `vitess_sequence`: its one row hands out numbers.
    Sequence,
}

impl Table {
    /// Makes the canonical definition of what a CREATE TABLE says.
    ///
    /// # Errors
    /// What MySQL would refuse, with its number and words.
    pub fn from_ddl(written: &CreateTable, defaults: &Defaults) -> Result<Self, DefinitionError> {
        Ok(Self {
            definition: canonical::canonical(written, defaults)?,
        })
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.definition.name.name
    }

    /// Returns the column of that name, case aside.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.definition
            .columns
            .iter()
            .find(|column| same_name(&column.name, name))
    }

    /// Returns the 0-based place of the column of that name, case aside.
    pub fn column_place(&self, name: &str) -> Option<usize> {
        self.definition
            .columns
            .iter()
            .position(|column| same_name(&column.name, name))
    }

    /// Returns the key of that name, case aside; `PRIMARY` is the primary key.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.definition
            .indexes
            .iter()
            .find(|index| match index.kind {
                IndexKind::Primary => name.eq_ignore_ascii_case("PRIMARY"),
                _ => super::index::is_named(index, name),
            })
    }

    /// Returns the foreign key of that name, case aside.
    pub fn foreign_key(&self, name: &str) -> Option<&ForeignKey> {
        self.definition.foreign_keys.iter().find(|key| {
            key.name
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        })
    }

    /// Returns the CHECK constraint of that name, case aside.
    pub fn check(&self, name: &str) -> Option<&Check> {
        let named = |check: &&Check| {
            check
                .name
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        };
        self.definition.checks.iter().find(named)
    }

    /// Returns the primary key.
    pub fn primary_key(&self) -> Option<&Index> {
        self.definition
            .indexes
            .iter()
            .find(|index| index.kind == IndexKind::Primary)
    }

    /// Returns the names of the primary key's columns in key order; empty for a keyless table.
    pub fn primary_key_columns(&self) -> Vec<&str> {
        self.primary_key().map(column_names).unwrap_or_default()
    }

    /// Returns the primary and unique keys, in the definition's order.
    pub fn unique_keys(&self) -> impl Iterator<Item = &Index> {
        self.definition
            .indexes
            .iter()
            .filter(|index| matches!(index.kind, IndexKind::Primary | IndexKind::Unique))
    }

    /// Returns the AUTO_INCREMENT column.
    pub fn auto_increment_column(&self) -> Option<&Column> {
        self.definition
            .columns
            .iter()
            .find(|column| column.auto_increment)
    }

    /// Returns the value of an option by its upper-case name: `ENGINE`, `CHARSET`, `ROW_FORMAT`.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.definition
            .options
            .iter()
            .find(|option| option.name == name)
            .map(|option| option.value.as_str())
    }

    /// Returns the table's comment; empty for none.
    pub fn comment(&self) -> &str {
        self.option("COMMENT").unwrap_or_default()
    }

    /// Tells whether the table is a sequence.
    pub fn kind(&self) -> TableKind {
        if self.comment() == "vitess_sequence" {
            TableKind::Sequence
        } else {
            TableKind::Plain
        }
    }

    /// Returns the charset and collation of columns that say nothing.
    pub fn character_set(&self) -> CharacterSet {
        options::character_set(&self.definition.options, &CharacterSet::default())
            .unwrap_or_default()
    }

    /// Returns the charset and collation that a column's text has; `None` for types without.
    pub fn column_character_set(&self, column: &Column) -> Option<CharacterSet> {
        column::effective(&column.column_type, &self.character_set()).unwrap_or_default()
    }
}

/// Returns the names of the columns among a key's parts, in key order.
pub fn column_names(index: &Index) -> Vec<&str> {
    index
        .parts
        .iter()
        .filter_map(|part| match part {
            IndexPart::Column { name, .. } => Some(name.as_str()),
            IndexPart::Expression { .. } => None,
        })
        .collect()
}
