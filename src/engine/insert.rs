//! INSERT, REPLACE and their variants: SET, SELECT, IGNORE, ON DUPLICATE KEY UPDATE.
//!
//! MySQL manual: "INSERT Statement", "REPLACE Statement". Values are computed first, rows are stored one by one; the
//! counts and the insert id are those of MySQL's OK packet.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::assign::{Place, Strictness, assign, implicit_default};
use super::convert::Arg;
use super::error;
use super::storage::Tag;
use super::stored::Stored;
use super::translate::{
    Code, INSERTED, Literals, Node, QueryText, Scope, ScopeColumn, ScopeTable, Shown, Translator,
};
use super::types::{Family, Type};
use super::write::Located;
use super::{Binds, Connection, NoTables, Tables};
use crate::sql::ast::{self, AssignmentTarget, Expr, Insert, OnInsert, SetExpr, TableObject};
use crate::sql::ddl::ColumnDefault;
use crate::sql::{SqlError, TableName};
use crate::value::{DateTime, QueryResult, TypeKind, Value};

/// What a row is to do where its key is taken.
#[derive(Clone, Copy)]
enum Conflict<'a> {
    Fail,
    Ignore,
    Replace,
    Update(&'a [ast::Assignment]),
}

/// A value for a column: computed, or to be its default.
enum Given {
    Value(Arg),
    Default,
}

/// What the rows so far did.
#[derive(Default)]
struct Counts {
    affected: u64,
    records: u64,
    duplicates: u64,
    /// First generated AUTO_INCREMENT value.
    first_id: Option<u64>,
    /// Last AUTO_INCREMENT value of a stored row, given or generated.
    last_id: u64,
}

/// One INSERT at work.
struct Inserting<'a> {
    stored: Rc<Stored>,
    binds: &'a Binds,
    tables: &'a dyn Tables,
    conflict: Conflict<'a>,
    /// The alias of the new row, and its columns' names.
    alias: Option<(String, Vec<String>)>,
    strictness: Strictness,
    next: Option<u64>,
    counts: Counts,
}

impl Connection {
    pub(super) fn insert(
        &self,
        insert: &Insert,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<QueryResult, SqlError> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(SqlError::unsupported(format!(
                "INSERT INTO {}",
                insert.table
            )));
        };
        if insert.partitioned.is_some() || insert.returning.is_some() {
            return Err(SqlError::unsupported("INSERT with PARTITION or RETURNING"));
        }
        let name = TableName::from_object(name)
            .ok_or_else(|| SqlError::syntax(format!("bad table name {name}")))?;
        let (physical, definition) = tables
            .resolve(&name)
            .ok_or_else(|| error::no_such_table(name.keyspace.as_deref(), &name.name))?;
        let stored = self.stored(&physical, definition)?;
        let conflict = match (&insert.on, insert.replace_into, insert.ignore) {
            (Some(OnInsert::DuplicateKeyUpdate(assignments)), _, _) => {
                Conflict::Update(assignments)
            }
            (Some(_), _, _) => return Err(SqlError::unsupported("ON CONFLICT")),
            (None, true, _) => Conflict::Replace,
            (None, false, true) => Conflict::Ignore,
            (None, false, false) => Conflict::Fail,
        };
        let alias = insert.insert_alias.as_ref().map(|alias| {
            let columns = alias
                .col_aliases
                .iter()
                .flatten()
                .map(|column| column.value.clone())
                .collect();
            (
                alias.row_alias.to_string().trim_matches('`').to_owned(),
                columns,
            )
        });
        let (columns, rows) = self.insert_source(insert, &stored, binds, tables)?;
        let many = rows.len() > 1
            || insert
                .source
                .as_ref()
                .is_some_and(|source| !matches!(*source.body, SetExpr::Values(_)));
        let strictness = if insert.ignore {
            Strictness::Lenient
        } else {
            Strictness::Strict
        };
        let mut inserting = Inserting {
            stored,
            binds,
            tables,
            conflict,
            alias,
            strictness,
            next: None,
            counts: Counts::default(),
        };
        for (number, given) in rows.into_iter().enumerate() {
            let row = self.complete_row(&mut inserting, &columns, given, number + 1)?;
            inserting.counts.records += 1;
            if let Some(row) = row {
                self.insert_row(&mut inserting, row, number + 1)?;
            }
        }
        if let Some(next) = inserting.next {
            self.set_auto_increment(&physical, next)?;
        }
        let counts = &inserting.counts;
        if counts.affected > 0 {
            self.touch(&physical)?;
        }
        let mut state = self.session.state();
        let insert_id = match counts.first_id {
            Some(id) => {
                state.last_insert_id = id;
                id
            }
            None if state.insert_id_set => state.last_insert_id,
            None => counts.last_id,
        };
        let warnings = state.warnings.len();
        let info = many.then(|| {
            format!(
                "Records: {}  Duplicates: {}  Warnings: {warnings}",
                counts.records, counts.duplicates
            )
        });
        Ok(QueryResult {
            rows: None,
            affected_rows: counts.affected,
            insert_id,
            info,
            warnings: Vec::new(),
        })
    }

    /// Target columns, and for every row one value per target column.
    fn insert_source(
        &self,
        insert: &Insert,
        stored: &Stored,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<(Vec<usize>, Vec<Vec<Given>>), SqlError> {
        if !insert.assignments.is_empty() {
            let mut columns = Vec::new();
            let mut exprs = Vec::new();
            for assignment in &insert.assignments {
                columns.push(assigned_column(stored, &assignment.target, "field list")?);
                exprs.push(assignment.value.clone());
            }
            let row = self.given_row(stored, &columns, &exprs, binds, tables)?;
            return Ok((columns, vec![row]));
        }
        let mut columns = Vec::new();
        for column in &insert.columns {
            let name = column
                .0
                .last()
                .and_then(|part| part.as_ident())
                .map(|ident| ident.value.clone())
                .unwrap_or_default();
            let position = stored
                .position(&name)
                .ok_or_else(|| error::unknown_column(&name, "field list"))?;
            if columns.contains(&position) {
                return Err(SqlError::new(
                    1110,
                    "42000",
                    format!("Column '{name}' specified twice"),
                ));
            }
            columns.push(position);
        }
        let Some(source) = &insert.source else {
            return Ok((Vec::new(), vec![Vec::new()]));
        };
        if let SetExpr::Values(values) = &*source.body
            && source.with.is_none()
            && source.order_by.is_none()
            && source.limit_clause.is_none()
        {
            let listed = !columns.is_empty();
            if !listed {
                columns = visible(stored);
            }
            let mut rows = Vec::with_capacity(values.rows.len());
            for (number, row) in values.rows.iter().enumerate() {
                if row.content.is_empty() && !listed {
                    rows.push(columns.iter().map(|_| Given::Default).collect());
                    continue;
                }
                if row.content.len() != columns.len() {
                    return Err(error::column_count(number + 1));
                }
                rows.push(self.given_row(stored, &columns, &row.content, binds, tables)?);
            }
            return Ok((columns, rows));
        }
        if columns.is_empty() {
            columns = visible(stored);
        }
        let mut translator = Translator::new(tables, binds, &self.session, Literals::Bound);
        let query = translator.query(source)?;
        if query.columns.len() != columns.len() {
            return Err(error::column_count(1));
        }
        let params = std::mem::take(&mut translator.params);
        let types: Vec<Type> = query
            .columns
            .iter()
            .map(|column| column.ty.clone())
            .collect();
        let rows = self.rows_of(&query, params, &types)?;
        let tags: Vec<Tag> = types.iter().map(value_tag).collect();
        let given = |row: Vec<Value>| {
            row.into_iter()
                .zip(&tags)
                .map(|(value, tag)| Given::Value(Arg { value, tag: *tag }))
                .collect()
        };
        Ok((columns, rows.into_iter().map(given).collect()))
    }

    /// The values of one VALUES row.
    fn given_row(
        &self,
        stored: &Stored,
        columns: &[usize],
        exprs: &[Expr],
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<Vec<Given>, SqlError> {
        let mut row = Vec::with_capacity(exprs.len());
        for (expr, position) in exprs.iter().zip(columns) {
            if let Some(column) = default_of(expr) {
                let named = column
                    .map(|name| {
                        stored
                            .position(name)
                            .ok_or_else(|| error::unknown_column(name, "field list"))
                    })
                    .transpose()?;
                row.push(match named.filter(|named| named != position) {
                    None => Given::Default,
                    Some(other) => {
                        let value =
                            self.default_value(stored, other, &[], 1, Strictness::Strict)?;
                        Given::Value(Arg {
                            value,
                            tag: value_tag(&stored.types[other]),
                        })
                    }
                });
                continue;
            }
            if stored.is_generated(*position) {
                let name = &stored.column(*position).name;
                return Err(SqlError::new(
                    3105,
                    "HY000",
                    format!(
                        "The value specified for generated column '{name}' in table '{}' is not allowed.",
                        stored.name()
                    ),
                ));
            }
            row.push(Given::Value(self.evaluate(expr, None, binds, tables)?));
        }
        Ok(row)
    }

    /// The value of an expression over constants and the columns of a scope of constants.
    pub(super) fn evaluate(
        &self,
        expr: &Expr,
        scope: Option<&Scope>,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<Arg, SqlError> {
        let mut translator = Translator::new(tables, binds, &self.session, Literals::Bound);
        translator.push_scope(scope.cloned().unwrap_or_default());
        let node = translator.expr(expr)?;
        let params_text = match node.code {
            Code::Literal(value) => {
                return Ok(Arg {
                    value,
                    tag: value_tag(&node.ty),
                });
            }
            Code::Sql(text) => text,
        };
        let params = std::mem::take(&mut translator.params);
        let query = QueryText {
            text: format!("SELECT {params_text}"),
            columns: Vec::new(),
            at_most_one: true,
        };
        let rows = self.rows_of(&query, params, std::slice::from_ref(&node.ty))?;
        let value = rows.into_iter().flatten().next().unwrap_or_default();
        Ok(Arg {
            value,
            tag: value_tag(&node.ty),
        })
    }

    /// The row that is to be stored, defaults filled in and values converted; `None` where IGNORE drops it.
    fn complete_row(
        &self,
        inserting: &mut Inserting<'_>,
        columns: &[usize],
        given: Vec<Given>,
        number: usize,
    ) -> Result<Option<Vec<Value>>, SqlError> {
        let stored = Rc::clone(&inserting.stored);
        let mut by_column: Vec<Option<Given>> = stored.types.iter().map(|_| None).collect();
        for (position, given) in columns.iter().zip(given) {
            by_column[*position] = Some(given);
        }
        let mut row = vec![Value::Null; stored.types.len()];
        for position in stored.filling_order() {
            let given = by_column[position].take();
            let column = stored.column(position);
            let ty = &stored.types[position];
            if stored.is_generated(position) {
                continue;
            }
            let place = Place {
                table: stored.name(),
                column: &column.name,
                row: number,
                strictness: inserting.strictness,
                session: &self.session,
            };
            let value = match given {
                Some(Given::Value(arg)) => assign(&arg, ty, place)?,
                Some(Given::Default) | None if stored.auto_increment == Some(position) => {
                    Value::Null
                }
                Some(Given::Default) | None => {
                    self.default_value(&stored, position, &row, number, inserting.strictness)?
                }
            };
            let value = if stored.auto_increment == Some(position) {
                self.auto_value(inserting, position, value)?
            } else {
                value
            };
            if value.is_null() && column.nullable == Some(false) {
                // A list of several rows, and IGNORE, take the implicit default instead where MySQL does.
                match inserting.strictness {
                    Strictness::Strict => return Err(error::cannot_be_null(&column.name)),
                    Strictness::Lenient => {
                        self.session
                            .warn(1048, format!("Column '{}' cannot be null", column.name));
                        row[position] = implicit_default(ty);
                        continue;
                    }
                }
            }
            row[position] = value;
        }
        Ok(Some(row))
    }

    /// The AUTO_INCREMENT column's value: NULL and 0 take the next one.
    fn auto_value(
        &self,
        inserting: &mut Inserting<'_>,
        position: usize,
        value: Value,
    ) -> Result<Value, SqlError> {
        let stored = Rc::clone(&inserting.stored);
        let given = match &value {
            Value::Null => 0,
            Value::Int(number) if *number < 0 => {
                return Ok(value);
            }
            other => other.to_u64().unwrap_or(0),
        };
        let next = match inserting.next {
            Some(next) => next,
            None => self.auto_increment_after(&stored)?,
        };
        if given != 0 {
            inserting.next = Some(next.max(given.saturating_add(1)));
            inserting.counts.last_id = given;
            return Ok(value);
        }
        let ty = &stored.types[position];
        let most = ty
            .column
            .integer_range()
            .map_or(i128::from(i64::MAX), |(_, most)| most);
        if i128::from(next) > most {
            return Err(SqlError::new(
                1467,
                "HY000",
                "Failed to read auto-increment value from storage engine",
            ));
        }
        inserting.next = Some(next.saturating_add(1));
        inserting.counts.first_id.get_or_insert(next);
        inserting.counts.last_id = next;
        let number = if ty.column.unsigned {
            Value::UInt(next)
        } else {
            Value::Int(i64::try_from(next).unwrap_or(i64::MAX))
        };
        Ok(if ty.family() == Family::Float {
            Value::Double(next as f64)
        } else {
            number
        })
    }

    /// The default of a column. An expression sees the other columns' values as far as `row` has them.
    ///
    /// # Errors
    /// 1364 where it has none and may not be NULL.
    pub(super) fn default_value(
        &self,
        stored: &Stored,
        position: usize,
        row: &[Value],
        number: usize,
        strictness: Strictness,
    ) -> Result<Value, SqlError> {
        let column = stored.column(position);
        let ty = &stored.types[position];
        let place = Place {
            table: stored.name(),
            column: &column.name,
            row: number,
            strictness,
            session: &self.session,
        };
        let as_given = |value: Value| {
            let tag = value_tag(&Type::of_literal(&value));
            assign(&Arg { value, tag }, ty, place)
        };
        match &column.default {
            Some(ColumnDefault::Null) => Ok(Value::Null),
            Some(ColumnDefault::Literal(text) | ColumnDefault::Bare(text)) => {
                as_given(Value::Text(text.clone()))
            }
            Some(ColumnDefault::Bits(digits)) => as_given(Value::Bytes(
                crate::sql::literal::bit_bytes(digits).unwrap_or_default(),
            )),
            Some(ColumnDefault::Hex(bytes)) => as_given(Value::Bytes(bytes.clone())),
            Some(ColumnDefault::CurrentTimestamp(digits)) => {
                as_given(Value::DateTime(self.clock(u32::from(*digits))))
            }
            Some(ColumnDefault::Expression(expression)) => {
                let scope = names_columns(&expression.0).then(|| {
                    let mut known = row.to_vec();
                    known.resize(stored.types.len(), Value::Null);
                    Scope::of(constant_table(stored, stored.name(), &known, &[]))
                });
                let arg = self.evaluate(&expression.0, scope.as_ref(), &Binds::new(), &NoTables)?;
                assign(&arg, ty, place)
            }
            None if column.nullable != Some(false) => Ok(Value::Null),
            None if ty.column.kind == TypeKind::Enum => Ok(implicit_default(ty)),
            None if strictness == Strictness::Lenient => {
                self.session.warn(
                    1364,
                    format!("Field '{}' doesn't have a default value", column.name),
                );
                Ok(implicit_default(ty))
            }
            None => Err(error::no_default(&column.name)),
        }
    }

    /// The statement's clock, cut to so many digits.
    pub(super) fn clock(&self, digits: u32) -> DateTime {
        let now = self.session.now();
        let unit = 10_u64.pow(6 - digits.min(6));
        DateTime {
            micros: now.micros / unit * unit,
            ..now
        }
    }

    /// Stores one row, or does what its conflict asks.
    fn insert_row(
        &self,
        inserting: &mut Inserting<'_>,
        row: Vec<Value>,
        number: usize,
    ) -> Result<(), SqlError> {
        let stored = Rc::clone(&inserting.stored);
        match inserting.conflict {
            Conflict::Fail => {
                self.check_parents(&stored, &stored.physical, &row)?;
                self.insert_physical(&stored, &row)?;
                inserting.counts.affected += 1;
            }
            Conflict::Ignore => {
                let done = self.atomic(|| {
                    self.check_parents(&stored, &stored.physical, &row)?;
                    self.insert_physical(&stored, &row)
                });
                match done {
                    Ok(()) => inserting.counts.affected += 1,
                    Err(error) if matches!(error.errno, 1062 | 1452 | 3819) => {
                        inserting.counts.duplicates += 1;
                        self.session.warn(error.errno, error.message);
                    }
                    Err(error) => return Err(error),
                }
            }
            Conflict::Replace => {
                self.check_parents(&stored, &stored.physical, &row)?;
                for unique in &stored.uniques {
                    while let Some(found) = self.find_by_key(&stored, unique, &row)? {
                        self.before_delete(&stored, &found.row, 0)?;
                        self.delete_physical(&stored, &found.key)?;
                        inserting.counts.affected += 1;
                        inserting.counts.duplicates += 1;
                    }
                }
                self.insert_physical(&stored, &row)?;
                inserting.counts.affected += 1;
            }
            Conflict::Update(assignments) => {
                for unique in &stored.uniques {
                    if let Some(found) = self.find_by_key(&stored, unique, &row)? {
                        inserting.counts.duplicates += 1;
                        return self.update_existing(inserting, assignments, &found, &row, number);
                    }
                }
                self.check_parents(&stored, &stored.physical, &row)?;
                self.insert_physical(&stored, &row)?;
                inserting.counts.affected += 1;
            }
        }
        Ok(())
    }

    /// ON DUPLICATE KEY UPDATE on the row found; assignments see the columns assigned before them.
    fn update_existing(
        &self,
        inserting: &mut Inserting<'_>,
        assignments: &[ast::Assignment],
        found: &Located,
        row: &[Value],
        number: usize,
    ) -> Result<(), SqlError> {
        let stored = Rc::clone(&inserting.stored);
        // The generated id belongs to no row.
        let mut next = found.row.clone();
        let mut assigned = vec![false; next.len()];
        for assignment in assignments {
            let position = assigned_column(&stored, &assignment.target, "field list")?;
            let mut scope = Scope::of(constant_table(&stored, stored.name(), &next, &[]));
            scope.tables.push(ScopeTable {
                columns: constant_columns(&stored, row, &[], Shown::Named),
                ..constant_table(&stored, INSERTED, row, &[])
            });
            if let Some((alias, columns)) = &inserting.alias {
                let columns = constant_columns(&stored, row, columns, Shown::Named);
                scope.tables.push(ScopeTable {
                    columns,
                    ..constant_table(&stored, alias, row, &[])
                });
            }
            // The pseudo-table must not make plain names ambiguous.
            let value = if let Some(None) = default_of(&assignment.value) {
                self.default_value(&stored, position, &next, number, inserting.strictness)?
            } else {
                let arg = self.evaluate(
                    &assignment.value,
                    Some(&scope),
                    inserting.binds,
                    inserting.tables,
                )?;
                let place = Place {
                    table: stored.name(),
                    column: &stored.column(position).name,
                    row: number,
                    strictness: inserting.strictness,
                    session: &self.session,
                };
                assign(&arg, &stored.types[position], place)?
            };
            if value.is_null() && stored.column(position).nullable == Some(false) {
                return Err(error::cannot_be_null(&stored.column(position).name));
            }
            next[position] = value;
            assigned[position] = true;
        }
        if let Some(auto) = stored.auto_increment {
            let id = found.row[auto].to_u64().unwrap_or(0);
            inserting.counts.last_id = id;
            if inserting.counts.first_id.is_some() && inserting.counts.affected == 0 {
                inserting.counts.first_id = None;
            }
        }
        if self.store_update(&stored, found, next, &assigned)? {
            inserting.counts.affected += 2;
        }
        Ok(())
    }
}

/// Tells whether an expression may name a column.
fn names_columns(expr: &Expr) -> bool {
    let found = ast::visit_expressions(expr, |part| match part {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Columns that INSERT without a list fills.
fn visible(stored: &Stored) -> Vec<usize> {
    (0..stored.types.len())
        .filter(|position| !stored.column(*position).invisible)
        .collect()
}

/// The tag under which a value of a type travels: ENUM and SET values are text by then.
pub(super) fn value_tag(ty: &Type) -> Tag {
    match ty.family() {
        Family::Enum | Family::Set => Tag::of(&Type {
            column: Type::text().column,
            ..ty.clone()
        }),
        _ => Tag::of(ty),
    }
}

/// `DEFAULT` (`Some(None)`) or `DEFAULT(column)`.
pub(super) fn default_of(expr: &Expr) -> Option<Option<&str>> {
    match expr {
        Expr::Identifier(name)
            if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") =>
        {
            Some(None)
        }
        Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("default") => {
            match &call.args {
                ast::FunctionArguments::List(list) => match list.args.as_slice() {
                    [
                        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(Expr::Identifier(
                            name,
                        ))),
                    ] => Some(Some(&name.value)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

/// The column that an assignment names.
pub(super) fn assigned_column(
    stored: &Stored,
    target: &AssignmentTarget,
    clause: &str,
) -> Result<usize, SqlError> {
    let AssignmentTarget::ColumnName(name) = target else {
        return Err(SqlError::syntax("one column is assigned at a time"));
    };
    let column = name
        .0
        .last()
        .and_then(|part| part.as_ident())
        .map(|ident| ident.value.clone())
        .unwrap_or_default();
    stored
        .position(&column)
        .ok_or_else(|| error::unknown_column(&column, clause))
}

/// A row as a table of constants.
fn constant_table(stored: &Stored, name: &str, row: &[Value], names: &[String]) -> ScopeTable {
    ScopeTable {
        name: name.to_owned(),
        keyspace: None,
        alias: String::new(),
        columns: constant_columns(stored, row, names, Shown::Always),
    }
}

fn constant_columns(
    stored: &Stored,
    row: &[Value],
    names: &[String],
    shown: Shown,
) -> Vec<ScopeColumn> {
    let column = |(position, value): (usize, &Value)| {
        let ty = &stored.types[position];
        let ty = match ty.family() {
            Family::Enum | Family::Set => Type {
                column: Type::text().column,
                ..ty.clone()
            },
            _ => ty.clone(),
        };
        ScopeColumn {
            name: names
                .get(position)
                .unwrap_or(&stored.column(position).name)
                .clone(),
            node: Node {
                code: Code::Literal(value.clone()),
                ty,
            },
            shown,
        }
    };
    row.iter().enumerate().map(column).collect()
}
