//! Values computed by the router: a route's values, LIMIT counts, rows to insert, and expressions above the routes.
//!
//! Literals and bind variables are read here; anything that must be computed is computed by [`crate::engine`] in memory,
//! over a table that holds the input's rows under the names of [`finish_column`](crate::router::plan::finish_column), so
//! that there is one evaluator.

use std::cell::OnceCell;

use crate::engine::{Binds, Connection, Tables};
use crate::router::Error;
use crate::router::plan::expr::{as_value, unnested};
use crate::router::plan::{blank_select, finish_name, from_name, query_of};
use crate::sql::ast::{self, Expr};
use crate::sql::ddl::{Column, CreateTable};
use crate::sql::{TableName, literal};
use crate::value::{ColumnType, Field, ResultSet, TypeKind, Value};
use crate::vindex::BindValue;

use super::Run;

/// The table that holds the rows.
const ROWS: &str = "__rows";

/// A database in memory, opened when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Evaluator(OnceCell<Connection>);

/// The rows' table and nothing else.
struct Rows<'a>(&'a CreateTable);

impl Tables for Rows<'_> {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        (name.name == ROWS).then(|| (ROWS.to_owned(), self.0))
    }
}

impl Evaluator {
    fn connection(&self) -> Result<&Connection, Error> {
        if let Some(open) = self.0.get() {
            return Ok(open);
        }
        let opened = Connection::open_in_memory()?;
        Ok(self.0.get_or_init(|| opened))
    }

    /// Returns `expressions` (with the names of the result's columns) over every row for which `filter` is true. Rows
    /// without columns are one row.
    pub(crate) fn compute(
        &self,
        rows: &ResultSet,
        expressions: &[(Expr, String)],
        filter: Option<&Expr>,
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let mut select = blank_select();
        select.projection = expressions
            .iter()
            .map(|(expr, _)| ast::SelectItem::UnnamedExpr(expr.clone()))
            .collect();
        select.selection = filter.cloned();
        let mut result = self.select(rows, select, binds)?;
        for (field, (_, name)) in result.fields.iter_mut().zip(expressions) {
            field.name.clone_from(name);
        }
        Ok(result)
    }

    /// Runs a SELECT over the rows.
    pub(crate) fn select(
        &self,
        rows: &ResultSet,
        mut select: ast::Select,
        binds: &Binds,
    ) -> Result<ResultSet, Error> {
        let connection = self.connection()?;
        let definition = definition(&rows.fields);
        if !rows.fields.is_empty() {
            select.from = vec![from_name(ROWS)];
            connection.create_table(ROWS, &definition)?;
            connection.insert_rows(ROWS, rows.rows.iter().cloned())?;
        }
        let statement = ast::Statement::Query(Box::new(query_of(select)));
        let outcome = connection.execute(&statement, binds, &Rows(&definition));
        if !rows.fields.is_empty() {
            connection.drop_table(ROWS)?;
        }
        Ok(outcome?.rows.unwrap_or_default())
    }
}

/// Returns a table of the fields' types; every column may be NULL.
fn definition(fields: &[Field]) -> CreateTable {
    let column = |(at, field): (usize, &Field)| Column {
        name: finish_name(at),
        column_type: stored_type(&field.column_type),
        nullable: Some(true),
        default: None,
        on_update: None,
        auto_increment: false,
        generated: None,
        invisible: false,
        comment: String::new(),
        srid: None,
        column_format: None,
        storage: None,
        engine_attribute: None,
        secondary_engine_attribute: None,
        inline_reference: None,
    };
    CreateTable {
        name: TableName {
            keyspace: None,
            name: ROWS.to_owned(),
        },
        columns: fields.iter().enumerate().map(column).collect(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        options: Vec::new(),
        partitioning: None,
    }
}

/// Returns a type that a column may have: a bare NULL is stored as a number that is always NULL.
fn stored_type(of: &ColumnType) -> ColumnType {
    match of.kind {
        TypeKind::Null => ColumnType::new(TypeKind::BigInt),
        TypeKind::VarChar | TypeKind::Char if of.length.is_none() => ColumnType {
            kind: TypeKind::LongText,
            ..of.clone()
        },
        TypeKind::VarBinary | TypeKind::Binary if of.length.is_none() => ColumnType {
            kind: TypeKind::LongBlob,
            ..of.clone()
        },
        _ => of.clone(),
    }
}

impl Run<'_, '_> {
    /// Returns the value of an expression without columns.
    pub(crate) fn evaluate(&mut self, expr: &Expr, binds: &Binds) -> Result<Value, Error> {
        if let Some(ast::Value::Placeholder(name)) = as_value(expr) {
            return bound(name, binds);
        }
        if let Some(value) = literal::value_of_expr(unnested(expr)) {
            return Ok(value);
        }
        let computed = self.router.evaluator.compute(
            &ResultSet::default(),
            &[(expr.clone(), "value".to_owned())],
            None,
            binds,
        )?;
        let value = computed
            .rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        value.ok_or_else(|| Error::Untranslatable(crate::router::plan::explain::print_expr(expr)))
    }

    /// Returns a count of rows: LIMIT, OFFSET.
    pub(crate) fn row_count(&mut self, expr: &Expr, binds: &Binds) -> Result<usize, Error> {
        let value = self.evaluate(expr, binds)?;
        let count = match &value {
            Value::Int(number) => usize::try_from(*number).ok(),
            Value::UInt(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        count.ok_or_else(|| {
            Error::Shard(crate::sql::SqlError::new(
                1210,
                "HY000",
                "Incorrect arguments to LIMIT",
            ))
        })
    }
}

/// Returns the value of `:name`.
fn bound(name: &str, binds: &Binds) -> Result<Value, Error> {
    let name = name.trim_start_matches(':');
    match binds.get(name) {
        Some(BindValue::One(value)) => Ok(value.clone()),
        Some(BindValue::Many(_)) | None => Err(Error::MissingBind(name.to_owned())),
    }
}
