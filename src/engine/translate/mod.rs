//! MySQL syntax trees to SQLite text, by static type.
//!
//! Every expression becomes a [`Node`]: SQLite text, or a literal not yet written, with its MySQL type. Where SQLite's
//! operator agrees with MySQL for the operands' types it is emitted, so that indexes serve; elsewhere a registered
//! function is called with the operands and their type tags (see [`super::function`]). Tables get aliases of our own
//! (`t1`, `t2`, …) and every column is written qualified, so names of SQLite's and MySQL's scoping never meet.

mod aggregate;
mod call;
mod compare;
mod compound;
mod expr;
mod from;
mod order;
mod query;
mod scope;
mod with;

use rusqlite::types::Value as Stored;

use super::function::{self, Call};
use super::session::Session;
use super::storage::{Tag, encode};
use super::types::{Family, Origin, Strength, Type};
use super::{Binds, Tables};
use crate::engine::convert::Arg;
use crate::sql::SqlError;
use crate::value::Value;

pub(super) use from::{Target, table_columns};
pub(super) use query::QueryText;
pub(super) use scope::{Scope, ScopeColumn, ScopeTable, Shown};

/// An expression in SQLite's terms.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its text, or its value where that is known.
    pub(super) code: Code,
    /// Its MySQL type.
    pub(super) ty: Type,
}

/// See [`Node`].
#[derive(Debug, Clone)]
pub(super) enum Code {
    /// A constant: written as a parameter, or folded away before.
    Literal(Value),
    /// SQLite text.
    Sql(String),
}

impl Node {
    /// A constant.
    pub(super) fn literal(value: Value) -> Self {
        Self {
            ty: Type::of_value(&value),
            code: Code::Literal(value),
        }
    }

    /// Text of a type.
    pub(super) fn sql(text: impl Into<String>, ty: Type) -> Self {
        Self {
            code: Code::Sql(text.into()),
            ty,
        }
    }

    /// The value of a constant.
    pub(super) fn value(&self) -> Option<&Value> {
        match &self.code {
            Code::Literal(value) => Some(value),
            Code::Sql(_) => None,
        }
    }
}

/// How constants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literals {
    /// As parameters: equal statements with other constants share a prepared statement.
    Bound,
    /// In the text: for CHECKs, generated columns and indexes, which allow no parameters.
    Inline,
}

/// Translates one statement.
pub(super) struct Translator<'a> {
    tables: &'a dyn Tables,
    binds: &'a Binds,
    session: &'a Session,
    literals: Literals,
    /// Values of `?1`, `?2`, …
    pub(super) params: Vec<Stored>,
    scopes: Vec<Scope>,
    ctes: Vec<ScopeTable>,
    /// The clause being translated, for error texts.
    clause: &'static str,
    aliases: usize,
    aggregates: AggregateUse,
    /// Views entered, one inside the other.
    views: usize,
    /// Stored tables met so far outside of queries.
    pub(super) targets: Vec<Target>,
}

/// The name of the scope table that holds the row being inserted, for `VALUES(column)`; no user's name holds a NUL.
pub(super) const INSERTED: &str = "\0inserted";

/// Whether an aggregate function may stand here and whether one was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AggregateUse {
    Refused,
    Allowed,
    Met,
}

impl<'a> Translator<'a> {
    /// Begins a statement.
    pub(super) fn new(
        tables: &'a dyn Tables,
        binds: &'a Binds,
        session: &'a Session,
        literals: Literals,
    ) -> Self {
        Self {
            tables,
            binds,
            session,
            literals,
            params: Vec::new(),
            scopes: Vec::new(),
            ctes: Vec::new(),
            clause: "field list",
            aliases: 0,
            aggregates: AggregateUse::Refused,
            views: 0,
            targets: Vec::new(),
        }
    }

    /// Opens a scope with the given tables; expressions then may name their columns.
    pub(super) fn push_scope(&mut self, scope: Scope) {
        self.scopes.push(scope);
    }

    /// Closes the innermost scope.
    pub(super) fn pop_scope(&mut self) -> Option<Scope> {
        self.scopes.pop()
    }

    /// Names the clause for the errors of what follows.
    pub(super) fn enter(&mut self, clause: &'static str) {
        self.clause = clause;
    }

    /// Returns a fresh alias.
    fn alias(&mut self, prefix: &str) -> String {
        self.aliases += 1;
        format!("{prefix}{}", self.aliases)
    }

    /// Writes a node.
    pub(super) fn emit(&mut self, node: &Node) -> String {
        match &node.code {
            Code::Sql(text) => text.clone(),
            Code::Literal(value) => self.constant(encode(value)),
        }
    }

    /// Writes a stored value.
    pub(super) fn constant(&mut self, stored: Stored) -> String {
        match (&stored, self.literals) {
            (Stored::Null, _) => "NULL".to_owned(),
            (Stored::Integer(number), Literals::Inline) => format!("({number})"),
            (Stored::Real(number), Literals::Inline) => format!("({number:e})"),
            (Stored::Text(text), Literals::Inline) if !text.contains('\0') => {
                format!("'{}'", text.replace('\'', "''"))
            }
            (Stored::Text(text), Literals::Inline) => {
                format!("CAST({} AS TEXT)", hex_literal(text.as_bytes()))
            }
            (Stored::Blob(bytes), Literals::Inline) => hex_literal(bytes),
            (_, Literals::Bound) => {
                self.params.push(stored);
                format!("?{}", self.params.len())
            }
        }
    }

    /// Calls a registered function on nodes; a deterministic call on constants is made now.
    pub(super) fn call(
        &mut self,
        name: &str,
        ty: Type,
        arguments: &[Node],
    ) -> Result<Node, SqlError> {
        let function = function::find(name).ok_or_else(|| super::error::no_such_function(name))?;
        if function.is_foldable()
            && let Some(values) = arguments
                .iter()
                .map(Node::value)
                .collect::<Option<Vec<_>>>()
        {
            let args: Vec<Arg> = values
                .into_iter()
                .zip(arguments)
                .map(|(value, node)| Arg {
                    value: value.clone(),
                    tag: Tag::of(&node.ty),
                })
                .collect();
            let call = Call {
                args: &args,
                result: Tag::of(&ty),
                session: self.session,
            };
            if let Ok(value) = function::evaluate(function, &call) {
                return Ok(Node {
                    code: Code::Literal(value),
                    ty,
                });
            }
        }
        let mut text = format!("my_{name}({}", Tag::of(&ty).0);
        for node in arguments {
            text.push_str(", ");
            text.push_str(&self.emit(node));
            text.push_str(&format!(", {}", Tag::of(&node.ty).0));
        }
        text.push(')');
        Ok(Node::sql(text, ty))
    }

    /// ENUM and SET as their text, BIT as its number; others unchanged.
    pub(super) fn plain(&mut self, node: Node) -> Result<Node, SqlError> {
        match node.ty.family() {
            Family::Enum | Family::Set => {
                let function = if node.ty.family() == Family::Enum {
                    "enum_text"
                } else {
                    "set_text"
                };
                let ty = Type {
                    collation: node.ty.collation,
                    strength: node.ty.strength,
                    ..Type::text()
                };
                let mut arguments = vec![Node {
                    ty: Type::unsigned(),
                    ..node.clone()
                }];
                arguments.extend(
                    node.ty
                        .column
                        .members
                        .iter()
                        .map(|member| Node::literal(Value::Text(member.clone()))),
                );
                self.call(function, ty, &arguments)
            }
            Family::Bit => Ok(Node {
                ty: Type::unsigned(),
                ..node
            }),
            _ => Ok(node),
        }
    }

    /// ENUM, SET and BIT as their number, `x'…'` and `b'…'` too; others unchanged.
    fn numbered(node: Node) -> Node {
        match (node.ty.family(), &node.code) {
            (Family::Enum | Family::Set | Family::Bit, _) => Node {
                ty: Type::unsigned(),
                ..node
            },
            (Family::Bytes, Code::Literal(Value::Bytes(bytes)))
                if node.ty.origin == Origin::BitLiteral =>
            {
                Node {
                    code: Code::Literal(Value::UInt(super::storage::bits_of(bytes))),
                    ty: Type::unsigned(),
                }
            }
            _ => node,
        }
    }

    /// Converts a node to another type's form.
    pub(super) fn coerce(&mut self, node: Node, ty: &Type) -> Result<Node, SqlError> {
        let (from, to) = (node.ty.family(), ty.family());
        if from == Family::Null {
            return Ok(Node {
                ty: ty.clone(),
                ..node
            });
        }
        if (from == Family::Enum || from == Family::Set) && node.ty.column == ty.column {
            return Ok(node);
        }
        let node = if to.is_numeric() {
            Self::numbered(node)
        } else {
            self.plain(node)?
        };
        let from = node.ty.family();
        let same_form = match (from, to) {
            (Family::Integer, Family::Integer) => {
                node.ty.column.unsigned == ty.column.unsigned || !node.ty.column.unsigned
            }
            (Family::Decimal, Family::Decimal) => node.ty.scale() <= ty.scale(),
            (Family::Float, Family::Float)
            | (Family::Text, Family::Text)
            | (Family::Bytes, Family::Bytes) => true,
            (Family::Date, Family::Date) | (Family::Json, Family::Json) => true,
            (Family::DateTime, Family::DateTime) | (Family::Time, Family::Time) => true,
            _ => false,
        };
        if same_form {
            return Ok(match node.code {
                Code::Literal(Value::Decimal(decimal)) => {
                    let scale = i32::try_from(ty.scale()).unwrap_or(0);
                    let decimal = decimal.round(scale).unwrap_or(decimal);
                    Node {
                        code: Code::Literal(Value::Decimal(decimal)),
                        ty: ty.clone(),
                    }
                }
                code => Node {
                    code,
                    ty: ty.clone(),
                },
            });
        }
        self.call("convert", ty.clone(), &[node])
    }

    /// Converts a node to the form of a column, as far as that goes without the strict checks of storing.
    pub(super) fn store(&mut self, node: Node, ty: &Type) -> Result<Node, SqlError> {
        let by_name = matches!(ty.family(), Family::Enum | Family::Set);
        let target = if by_name {
            Type {
                column: Type::text().column,
                ..ty.clone()
            }
        } else {
            ty.clone()
        };
        let stored = self.coerce(node, &target)?;
        if by_name {
            return Ok(stored);
        }
        let length =
            |length: Option<u32>| Node::literal(Value::Int(i64::from(length.unwrap_or(10))));
        match ty.family() {
            Family::Decimal => self.call("cast", ty.clone(), &[stored, length(ty.column.length)]),
            _ => Ok(stored),
        }
    }

    /// Writes a node with its collation, for ORDER BY, GROUP BY, DISTINCT and comparisons.
    pub(super) fn collated(&mut self, node: &Node) -> String {
        let text = self.emit(node);
        match node.ty.family() {
            Family::Text => format!("{text} COLLATE {}", node.ty.collation.sqlite_name()),
            Family::Json => format!("{text} COLLATE json"),
            _ => text,
        }
    }
}

/// Writes bytes as SQLite's blob literal.
fn hex_literal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("X'");
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text.push('\'');
    text
}

/// Quotes a name for SQLite.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text type with the collation of an argument list.
pub(super) fn text_of(types: &[Type]) -> Result<Type, SqlError> {
    let mut result = Type {
        strength: Strength::Numeric,
        ..Type::text()
    };
    for ty in types {
        let numeric = Type {
            strength: Strength::Numeric,
            ..Type::text()
        };
        let ty = if ty.family().is_textual() || ty.family() == Family::Bytes {
            ty
        } else {
            &numeric
        };
        let (collation, strength) = super::types::combine_collations(&result, ty)?;
        (result.collation, result.strength) = (collation, strength);
    }
    result.strength = result.strength.min(Strength::Coercible);
    Ok(result)
}
