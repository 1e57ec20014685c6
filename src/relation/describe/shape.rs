//! The schema of a catalog relation, declared column by column, and its rows.

use crate::relation::{Column, Relation, Role, Row, Schema};
use crate::value::{ColumnType, TypeKind, Value};

/// A relation in the making.
pub(super) struct Shape {
    schema: Schema,
    rows: Vec<(Row, u64)>,
}

impl Shape {
    pub(super) fn new(name: &str) -> Self {
        Self {
            schema: Schema {
                name: name.to_owned(),
                columns: Vec::new(),
                key: Vec::new(),
            },
            rows: Vec::new(),
        }
    }

    fn push(mut self, name: &str, kind: TypeKind, role: Role) -> Self {
        let column = Column {
            role,
            ..Column::new(name, ColumnType::new(kind))
        };
        self.schema.columns.push(column);
        self
    }

    fn in_key(mut self) -> Self {
        self.schema.key.push(self.schema.columns.len() - 1);
        self
    }

    fn hidden(self, name: &str) -> Self {
        self.push(
            &format!("{name} identity"),
            TypeKind::VarChar,
            Role::Identity,
        )
    }

    fn last(&self) -> usize {
        self.schema.columns.len() - 1
    }

    /// A key column without identity. One value.
    pub(super) fn key(self, name: &str) -> Self {
        self.push(name, TypeKind::VarChar, Role::Cell).in_key()
    }

    /// An integer key column. One value.
    pub(super) fn number_key(self, name: &str) -> Self {
        self.push(name, TypeKind::BigInt, Role::Cell).in_key()
    }

    /// A key column that names what the row belongs to. Two values: identity and name.
    pub(super) fn owner_key(self, name: &str) -> Self {
        let this = self.hidden(name).in_key();
        let identity = this.last();
        this.push(name, TypeKind::VarChar, Role::Reference(identity))
    }

    /// A key column with the row's own name. Two values: identity and name.
    pub(super) fn name_key(self, name: &str) -> Self {
        let this = self.hidden(name).in_key();
        let identity = this.last();
        this.push(name, TypeKind::VarChar, Role::Name(identity))
    }

    /// A cell that names other things. Two values: identities and names.
    pub(super) fn reference(self, name: &str) -> Self {
        let this = self.hidden(name);
        let identity = this.last();
        this.push(name, TypeKind::VarChar, Role::Reference(identity))
    }

    /// The place among the rows of one owner: changed only where the diff says that the row moved relative to those
    /// that stayed, so that a column added in the middle is one change. One value.
    pub(super) fn position(self) -> Self {
        let this = self.push(MOVED, TypeKind::BigInt, Role::Identity);
        let moved = this.last();
        this.push(POSITION, TypeKind::BigInt, Role::Reference(moved))
    }

    /// Text cells. One value each.
    pub(super) fn text(self, names: &[&str]) -> Self {
        names.iter().fold(self, |this, name| {
            this.push(name, TypeKind::VarChar, Role::Cell)
        })
    }

    /// A cell of another type. One value.
    pub(super) fn cell(self, name: &str, kind: TypeKind) -> Self {
        self.push(name, kind, Role::Cell)
    }

    /// Adds a row: one value per column, [`MOVED`] included.
    pub(super) fn add(&mut self, row: Row) {
        debug_assert_eq!(
            row.len(),
            self.schema.columns.len(),
            "a row of `{}` has its columns",
            self.schema.name
        );
        self.rows.push((row, 1));
    }

    pub(super) fn finish(self) -> Relation {
        Relation::new(self.schema, self.rows)
    }
}

/// The hidden column by which a position is compared: NULL in a description, set by a diff where the row moved.
pub(crate) const MOVED: &str = "moved";
/// The shown position, from 1.
pub(crate) const POSITION: &str = "position";

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// Text, or NULL where it is empty.
pub(super) fn some_text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::Text(text.to_owned())
    }
}

pub(super) fn optional(text: Option<impl Into<String>>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.into()))
}

pub(super) fn number(number: impl TryInto<i64>) -> Value {
    number.try_into().map_or(Value::Null, Value::Int)
}

pub(super) fn flag(flag: bool) -> Value {
    text(if flag { "true" } else { "false" })
}

/// `true`, or NULL: for what is rarely said.
pub(super) fn mark(flag: bool) -> Value {
    if flag { text("true") } else { Value::Null }
}
