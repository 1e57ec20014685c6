//! INSERT and REPLACE: values for sequences and vindexes become bind variables, rows go where the primary vindex says.
//!
//! Source: Vitess `go/vt/vtgate/planbuilder/operators/insert.go`.

use std::sync::Arc;

use crate::router::Error;
use crate::sql::ast::{self, AssignmentTarget, Expr, OnInsert, SetExpr, TableObject, Value};

use super::expr::{self, as_column, is_constant, placeholder};
use super::table::{Table, TableKind};
use super::{Generate, Insert, InsertInput, Planner, Primitive, VindexValues, rewrite};

impl Planner<'_> {
    /// Plans an INSERT or REPLACE.
    pub(crate) fn insert(&mut self, mut statement: ast::Insert) -> Result<Primitive, Error> {
        let TableObject::TableName(name) = &statement.table else {
            return Err(Error::unsupported("INSERT into a function"));
        };
        let name = name.clone();
        let used = self.tables_used.clone();
        let mut found = self.find_changed(&name)?;
        if found.target.is_some() {
            return Err(Error::TargetNotAllowed(
                "INSERT with a target destination is not allowed",
            ));
        }
        if let TableKind::Reference {
            source: Some(source),
        } = &found.table.kind
        {
            self.tables_used = used;
            let source = ast::ObjectName(
                source
                    .keyspace
                    .iter()
                    .chain([&source.name])
                    .map(|p| ast::ObjectNamePart::Identifier(expr::ident(p)))
                    .collect(),
            );
            found = self.find(&source)?;
        }
        let table = found.table;
        statement.table = TableObject::TableName(expr::object_name(&table.name));
        if statement.partitioned.is_some()
            || statement.returning.is_some()
            || statement.or.is_some()
        {
            return Err(Error::unsupported("INSERT clauses that are not MySQL's"));
        }
        assignments_as_row(&mut statement)?;
        if table.is_sharded() {
            if statement.replace_into {
                return Err(Error::unsupported("REPLACE INTO with sharded keyspace"));
            }
            if table.column_vindexes.is_empty() && table.pinned.is_none() {
                return Err(Error::NoPrimaryVindex(table.name.clone()));
            }
            if let Some(OnInsert::DuplicateKeyUpdate(assignments)) = &statement.on {
                refuse_vindex_changes(&table, assignments)?;
            }
        } else if table.auto_increment.is_none()
            && let Some(whole) = self.unsharded(&table, &statement)?
        {
            return Ok(whole);
        }
        self.rows_of_insert(table, statement)
    }

    /// A statement wholly within one unsharded keyspace is sent as it is.
    fn unsharded(
        &mut self,
        table: &Arc<Table>,
        statement: &ast::Insert,
    ) -> Result<Option<Primitive>, Error> {
        if let Some(source) = &statement.source {
            let query_of_tables = !matches!(source.body.as_ref(), SetExpr::Values(_));
            let mut names = Vec::new();
            let _ = ast::visit_relations(source, |name| {
                names.push(name.clone());
                std::ops::ControlFlow::<()>::Continue(())
            });
            for name in names {
                let other = self.find(&name)?;
                if other.table.kind != TableKind::Dual
                    && other.table.keyspace.name != table.keyspace.name
                {
                    if query_of_tables {
                        return Ok(None);
                    }
                    return Err(Error::unsupported(
                        "subquery of another keyspace in INSERT values",
                    ));
                }
            }
        }
        let mut whole = ast::Statement::Insert(statement.clone());
        rewrite::strip_keyspaces(&mut whole);
        let ast::Statement::Insert(statement) = whole else {
            return Err(Error::Bug("INSERT changed".into()));
        };
        Ok(Some(Primitive::Insert(Box::new(Insert {
            table: Arc::clone(table),
            statement,
            generate: None,
            vindex_values: Vec::new(),
            ignore: false,
            input: None,
        }))))
    }

    fn rows_of_insert(
        &mut self,
        table: Arc<Table>,
        mut statement: ast::Insert,
    ) -> Result<Primitive, Error> {
        let mut columns = column_names(&table, &statement)?;
        let Some(source) = statement.source.take() else {
            return Err(Error::unsupported("INSERT without rows"));
        };
        let SetExpr::Values(values) = source.body.as_ref() else {
            return self.insert_select(table, statement, columns, &source);
        };
        let mut rows: Vec<Vec<Expr>> = values.rows.iter().map(|row| row.content.clone()).collect();
        // `INSERT INTO t() VALUES ()` gives every column its default.
        if rows.iter().all(Vec::is_empty) && statement.columns.is_empty() {
            columns.clear();
        }
        if rows.iter().any(|row| row.len() != columns.len()) {
            return Err(Error::ColumnCount);
        }
        if rows
            .iter()
            .flatten()
            .any(|value| !expr::subqueries(value).is_empty())
        {
            return Err(Error::unsupported("subqueries in INSERT values"));
        }
        let generate = generate(&table, &mut columns, &mut rows);
        let mut vindex_values = Vec::new();
        if table.is_sharded() && table.pinned.is_none() {
            let given = rows.clone();
            for vindex in &table.column_vindexes {
                let mut values_of = Vec::new();
                for column in &vindex.columns {
                    let at = position_or_append(&mut columns, &mut rows, column);
                    let mut by_row = Vec::new();
                    for (row, values) in rows.iter_mut().enumerate() {
                        let value = given[row].get(at).cloned().unwrap_or_else(null);
                        if !is_constant(&value) {
                            return Err(Error::Untranslatable(super::explain::print_expr(&value)));
                        }
                        values[at] = placeholder(&bind_name(column, row));
                        by_row.push(value);
                    }
                    values_of.push(by_row);
                }
                vindex_values.push(VindexValues {
                    vindex: vindex.clone(),
                    values: values_of,
                });
            }
        }
        let ignore =
            statement.ignore || matches!(statement.on, Some(OnInsert::DuplicateKeyUpdate(_)));
        statement.columns = columns
            .iter()
            .map(|column| expr::object_name(column))
            .collect();
        let rows = rows.into_iter().map(ast::Parens::with_empty_span).collect();
        let body = ast::Values {
            explicit_row: false,
            value_keyword: false,
            rows,
        };
        let mut query = *source;
        query.body = Box::new(SetExpr::Values(body));
        statement.source = Some(Box::new(query));
        Ok(Primitive::Insert(Box::new(Insert {
            table,
            statement,
            generate,
            vindex_values,
            ignore,
            input: None,
        })))
    }

    fn insert_select(
        &mut self,
        table: Arc<Table>,
        statement: ast::Insert,
        mut columns: Vec<String>,
        source: &ast::Query,
    ) -> Result<Primitive, Error> {
        let mut locked = source.clone();
        if locked.locks.is_empty() {
            locked.locks.push(rewrite::share_lock());
        }
        let planned = self.query_block(&locked, None)?;
        if planned
            .names
            .as_ref()
            .is_some_and(|names| names.len() != columns.len())
        {
            return Err(Error::ColumnCount);
        }
        let selected = columns.len();
        let mut generate = None;
        if let Some(auto) = &table.auto_increment {
            let at = position_or_append(&mut columns, &mut [], &auto.column);
            generate = Some(Generate {
                keyspace: auto.keyspace.clone(),
                sequence: auto.sequence.clone(),
                values: Vec::new(),
                offset: Some(at),
            });
        }
        let mut vindex_offsets = Vec::new();
        for (rank, vindex) in table.column_vindexes.iter().enumerate() {
            let mut offsets = Vec::new();
            for column in &vindex.columns {
                let at = position_or_append(&mut columns, &mut [], column);
                let generated = generate.as_ref().is_some_and(|g| g.offset == Some(at));
                if rank == 0 && at >= selected && !generated {
                    return Err(Error::MissingPrimaryColumn(column.clone()));
                }
                offsets.push(at);
            }
            vindex_offsets.push((vindex.clone(), offsets));
        }
        let ignore =
            statement.ignore || matches!(statement.on, Some(OnInsert::DuplicateKeyUpdate(_)));
        let input = InsertInput {
            source: planned.root,
            columns,
            vindex_offsets,
        };
        Ok(Primitive::Insert(Box::new(Insert {
            table,
            statement,
            generate,
            vindex_values: Vec::new(),
            ignore,
            input: Some(input),
        })))
    }
}

/// The name of the bind variable for a vindex column of a row.
pub(crate) fn bind_name(column: &str, row: usize) -> String {
    let column: String = column
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("_{column}_{row}")
}

fn null() -> Expr {
    expr::value(Value::Null)
}

/// Whether the value is the keyword DEFAULT.
pub(crate) fn is_default(value: &Expr) -> bool {
    match value {
        Expr::Identifier(name) => {
            name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default")
        }
        Expr::Function(_) => expr::function_name(value).as_deref() == Some("default"),
        _ => false,
    }
}

fn column_names(table: &Table, statement: &ast::Insert) -> Result<Vec<String>, Error> {
    if statement.columns.is_empty() {
        return table.visible_columns().ok_or(Error::ColumnListNeeded);
    }
    let mut columns: Vec<String> = Vec::new();
    for column in &statement.columns {
        let name = expr::table_name(column)
            .map(|name| name.name)
            .unwrap_or_else(|| column.to_string());
        if table.authoritative && !table.has_column(&name) {
            return Err(Error::UnknownColumnOf {
                column: name,
                table: table.name.clone(),
            });
        }
        columns.push(name);
    }
    Ok(columns)
}

/// Returns the position of a column, appending it (as NULL in every row) where it is not listed.
fn position_or_append(columns: &mut Vec<String>, rows: &mut [Vec<Expr>], column: &str) -> usize {
    if let Some(at) = columns.iter().position(|c| c.eq_ignore_ascii_case(column)) {
        return at;
    }
    columns.push(column.to_owned());
    rows.iter_mut().for_each(|row| row.push(null()));
    columns.len() - 1
}

/// Takes the values of the AUTO_INCREMENT column out of the rows, to be completed by the sequence.
fn generate(table: &Table, columns: &mut Vec<String>, rows: &mut [Vec<Expr>]) -> Option<Generate> {
    let auto = table.auto_increment.as_ref()?;
    let at = position_or_append(columns, rows, &auto.column);
    let mut values = Vec::new();
    for (number, row) in rows.iter_mut().enumerate() {
        let given = std::mem::replace(&mut row[at], placeholder(&format!("__seq{number}")));
        values.push(if is_default(&given) { null() } else { given });
    }
    Some(Generate {
        keyspace: auto.keyspace.clone(),
        sequence: auto.sequence.clone(),
        values,
        offset: None,
    })
}

/// `INSERT … SET a = 1` is one row.
fn assignments_as_row(statement: &mut ast::Insert) -> Result<(), Error> {
    if statement.assignments.is_empty() {
        return Ok(());
    }
    let mut row = Vec::new();
    for assignment in std::mem::take(&mut statement.assignments) {
        let AssignmentTarget::ColumnName(name) = assignment.target else {
            return Err(Error::unsupported("tuple assignment"));
        };
        statement.columns.push(name);
        row.push(assignment.value);
    }
    let mut query = rewrite::query_of(rewrite::blank_select(), Vec::new(), None, Vec::new());
    query.body = Box::new(SetExpr::Values(ast::Values {
        explicit_row: false,
        value_keyword: false,
        rows: vec![ast::Parens::with_empty_span(row)],
    }));
    statement.source = Some(Box::new(query));
    Ok(())
}

/// ON DUPLICATE KEY UPDATE may not change a vindex column, but for `c = values(c)`.
fn refuse_vindex_changes(table: &Table, assignments: &[ast::Assignment]) -> Result<(), Error> {
    for assignment in assignments {
        let AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(Error::unsupported("tuple assignment"));
        };
        let column = expr::table_name(name)
            .map(|name| name.name)
            .unwrap_or_default();
        let of_vindex = table
            .column_vindexes
            .iter()
            .any(|v| v.columns.iter().any(|c| c.eq_ignore_ascii_case(&column)));
        if of_vindex && !is_own_value(&assignment.value, &column) {
            return Err(Error::unsupported("DML cannot update vindex column"));
        }
    }
    Ok(())
}

fn is_own_value(value: &Expr, column: &str) -> bool {
    let Expr::Function(function) = value else {
        return false;
    };
    if expr::function_name(value).as_deref() != Some("values") {
        return false;
    }
    let ast::FunctionArguments::List(list) = &function.args else {
        return false;
    };
    matches!(list.args.as_slice(), [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e))]
        if as_column(e).is_some_and(|c| c.name.eq_ignore_ascii_case(column)))
}
