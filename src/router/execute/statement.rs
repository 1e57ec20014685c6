//! One client statement: transactions, USE and SET are the session's own; everything else is planned and run.

use std::ops::ControlFlow;

use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::{self, QueryType, expr};
use crate::router::session::{Autocommit, Session, Target, TransactionState};
use crate::sql::{self, VexplainKind, ast, literal};
use crate::value::{ColumnType, Field, QueryResult, ResultSet, TypeKind, Value};
use crate::vindex::{BindValue, StatementContext};

use super::{Router, Run, transaction};

/// Bind variable of `LAST_INSERT_ID()`.
const LAST_INSERT_ID: &str = "__lastInsertId";
/// Bind variable of `DATABASE()`.
const DATABASE: &str = "__vtdbname";
/// Bind variable of `ROW_COUNT()`.
const ROW_COUNT: &str = "__vtrcount";
/// Bind variable of `FOUND_ROWS()`.
const FOUND_ROWS: &str = "__vtfrows";

/// Runs a statement in a session.
pub(crate) fn execute(
    router: &Router<'_>,
    session: &mut Session,
    statement: &sql::Statement,
    binds: &Binds,
) -> Result<QueryResult, Error> {
    session.warnings.clear();
    if let Some(done) = control(router, session, statement)? {
        return Ok(done);
    }
    if session.transaction == TransactionState::Failed {
        return Err(Error::TransactionFailed);
    }
    match statement {
        sql::Statement::Vexplain { kind, statement } => {
            return explain(router, session, *kind, statement);
        }
        sql::Statement::Use(target) => return select_target(router, session, target),
        sql::Statement::Sql(statement) => {
            if let ast::Statement::Set(set) = statement.as_ref() {
                return set_variables(router, session, set, binds);
            }
        }
        _ => {}
    }
    let outcome = plan_and_run(router, session, statement, binds)?;
    match outcome {
        (query_type, Ok(result)) => {
            remember(session, query_type, &result);
            Ok(result)
        }
        (_, Err(error)) => {
            session.row_count = -1;
            Err(error)
        }
    }
}

/// Plans a statement, the session's functions and variables bound, and runs it.
fn plan_and_run(
    router: &Router<'_>,
    session: &mut Session,
    statement: &sql::Statement,
    binds: &Binds,
) -> Result<(QueryType, Result<QueryResult, Error>), Error> {
    let mut binds = binds.clone();
    let statement = with_session_functions(session, statement, &mut binds);
    let plan = plan::plan(&router.schema, session, &statement)?;
    transaction::open_if_needed(session);
    let mut run = Run::new(router, session, StatementContext::default());
    Ok((plan.query_type, run.run(&plan, &binds)))
}

/// Returns what the query `SELECT expr` answers.
fn select_value(
    router: &Router<'_>,
    session: &mut Session,
    expr: &ast::Expr,
    binds: &Binds,
) -> Result<Value, Error> {
    if let Some(value) = literal::value_of_expr(expr) {
        return Ok(value);
    }
    let mut select = plan::blank_select();
    select.projection = vec![ast::SelectItem::UnnamedExpr(expr.clone())];
    let query = ast::Statement::Query(Box::new(plan::query_of(select)));
    let statement = sql::Statement::Sql(Box::new(query));
    let (_, outcome) = plan_and_run(router, session, &statement, binds)?;
    let row = outcome?.rows.unwrap_or_default().rows.into_iter().next();
    let value = row.and_then(|row| row.into_iter().next());
    value.ok_or_else(|| Error::Untranslatable(plan::explain::print_expr(expr)))
}

/// Keeps what later statements may ask.
fn remember(session: &mut Session, query_type: QueryType, result: &QueryResult) {
    match &result.rows {
        Some(rows) => {
            session.found_rows = rows.rows.len() as u64;
            session.row_count = -1;
        }
        None => session.row_count = i64::try_from(result.affected_rows).unwrap_or(i64::MAX),
    }
    let inserts = matches!(query_type, QueryType::Insert | QueryType::Replace);
    if inserts && result.insert_id != 0 {
        session.last_insert_id = result.insert_id;
    }
    session.warnings.extend(result.warnings.iter().cloned());
}

/// Statements about the transaction itself.
fn control(
    router: &Router<'_>,
    session: &mut Session,
    statement: &sql::Statement,
) -> Result<Option<QueryResult>, Error> {
    let sql::Statement::Sql(statement) = statement else {
        return Ok(None);
    };
    match statement.as_ref() {
        ast::Statement::StartTransaction { .. } => transaction::begin(router, session)?,
        ast::Statement::Commit { .. } => {
            if session.transaction == TransactionState::Failed {
                return Err(Error::TransactionFailed);
            }
            transaction::commit(router, session)?;
        }
        ast::Statement::Rollback {
            savepoint: None, ..
        } => transaction::rollback(router, session)?,
        ast::Statement::Rollback {
            savepoint: Some(name),
            ..
        } => {
            let known = session.savepoints.iter().position(|s| *s == name.value);
            let Some(at) = known else {
                return Err(no_savepoint(&name.value));
            };
            let mut run = Run::new(router, session, StatementContext::default());
            run.undo_to(&name.value)?;
            session.savepoints.truncate(at + 1);
        }
        ast::Statement::Savepoint { name } => {
            transaction::open_if_needed(session);
            if session.in_transaction() {
                session.savepoints.retain(|s| *s != name.value);
                let mut run = Run::new(router, session, StatementContext::default());
                run.set_savepoint(&name.value)?;
            }
        }
        ast::Statement::ReleaseSavepoint { name } => {
            let known = session.savepoints.iter().position(|s| *s == name.value);
            let Some(at) = known else {
                return Err(no_savepoint(&name.value));
            };
            session.savepoints.truncate(at);
        }
        _ => return Ok(None),
    }
    Ok(Some(QueryResult::default()))
}

fn no_savepoint(name: &str) -> Error {
    Error::Shard(sql::SqlError::new(
        1305,
        "42000",
        format!("SAVEPOINT {name} does not exist"),
    ))
}

/// `USE`: the keyspace must be known, a shard is looked for only when a statement goes there.
fn select_target(
    router: &Router<'_>,
    session: &mut Session,
    text: &str,
) -> Result<QueryResult, Error> {
    let target = Target::parse(text)?;
    if let Some(keyspace) = &target.keyspace {
        router.schema.keyspace(keyspace)?;
    }
    session.target = target;
    Ok(QueryResult::default())
}

/// `VEXPLAIN PLAN`: one row with the operators as JSON, indented by tabs.
fn explain(
    router: &Router<'_>,
    session: &Session,
    kind: VexplainKind,
    statement: &sql::Statement,
) -> Result<QueryResult, Error> {
    if kind != VexplainKind::Plan {
        return Err(Error::unsupported("VEXPLAIN other than PLAN"));
    }
    let plan = plan::plan(&router.schema, session, statement)?;
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    serde::Serialize::serialize(&plan.to_json(), &mut serializer)
        .map_err(|e| Error::Bug(e.to_string()))?;
    let text = String::from_utf8(text).map_err(|e| Error::Bug(e.to_string()))?;
    let field = Field {
        name: "JSON".into(),
        column_type: ColumnType::with_length(TypeKind::VarChar, 65_535),
    };
    let rows = ResultSet {
        fields: vec![field],
        rows: vec![vec![Value::Text(text)]],
    };
    Ok(QueryResult {
        rows: Some(rows),
        ..QueryResult::default()
    })
}

/// Session functions and variables are the router's to answer: shards know nothing of them.
fn with_session_functions(
    session: &Session,
    statement: &sql::Statement,
    binds: &mut Binds,
) -> sql::Statement {
    let sql::Statement::Sql(statement) = statement else {
        return statement.clone();
    };
    let mut statement = statement.clone();
    let mut bind = |name: &str, value: Value| {
        binds.insert(name.to_owned(), BindValue::One(value));
        Some(expr::placeholder(name))
    };
    let mut replace = |e: &ast::Expr| -> Option<ast::Expr> {
        if let ast::Expr::Function(function) = e {
            let bare = match &function.args {
                ast::FunctionArguments::None => true,
                ast::FunctionArguments::List(list) => list.args.is_empty(),
                ast::FunctionArguments::Subquery(_) => false,
            };
            if !bare {
                return None;
            }
            return match expr::function_name(e)?.as_str() {
                "last_insert_id" => bind(LAST_INSERT_ID, Value::UInt(session.last_insert_id)),
                "database" | "schema" => bind(
                    DATABASE,
                    session
                        .target
                        .keyspace
                        .clone()
                        .map_or(Value::Null, Value::Text),
                ),
                "row_count" => bind(ROW_COUNT, Value::Int(session.row_count)),
                "found_rows" => bind(FOUND_ROWS, Value::UInt(session.found_rows)),
                _ => None,
            };
        }
        let ast::Expr::Identifier(name) = e else {
            return None;
        };
        if name.quote_style.is_some() {
            return None;
        }
        let user = name
            .value
            .strip_prefix('@')
            .filter(|user| !user.starts_with('@'))?;
        let value = session
            .user_variables
            .get(&user.to_lowercase())
            .cloned()
            .unwrap_or_default();
        let bound: String = user
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        bind(&format!("__vtudv{}", bound.to_lowercase()), value)
    };
    name_replaced_items(&mut statement, &mut replace);
    let _ = ast::visit_expressions_mut(statement.as_mut(), |e| {
        if let Some(other) = replace(e) {
            *e = other;
        }
        ControlFlow::<()>::Continue(())
    });
    sql::Statement::Sql(statement)
}

/// A select item that a bind variable replaces keeps the name that the client wrote.
fn name_replaced_items(
    statement: &mut ast::Statement,
    replace: &mut impl FnMut(&ast::Expr) -> Option<ast::Expr>,
) {
    let ast::Statement::Query(query) = statement else {
        return;
    };
    let ast::SetExpr::Select(select) = query.body.as_mut() else {
        return;
    };
    for item in &mut select.projection {
        let ast::SelectItem::UnnamedExpr(written) = item else {
            continue;
        };
        let mut touched = false;
        let mut probe = written.clone();
        expr::rewrite(&mut probe, &mut |e| {
            let other = replace(e);
            touched |= other.is_some();
            other
        });
        if touched {
            let alias = ast::Ident::with_quote('`', plan::explain::print_expr(written));
            *item = ast::SelectItem::ExprWithAlias {
                expr: written.clone(),
                alias,
            };
        }
    }
}

/// `SET`: the session's variables. Nothing is checked but `autocommit`, which the router acts on.
fn set_variables(
    router: &Router<'_>,
    session: &mut Session,
    set: &ast::Set,
    binds: &Binds,
) -> Result<QueryResult, Error> {
    let mut assignments: Vec<(String, ast::Expr)> = Vec::new();
    match set {
        ast::Set::SingleAssignment {
            variable,
            values,
            scope,
            ..
        } => {
            if matches!(scope, Some(ast::ContextModifier::Global)) {
                return Err(Error::unsupported("SET GLOBAL"));
            }
            let [value] = values.as_slice() else {
                return Err(Error::unsupported("SET of several values"));
            };
            assignments.push((variable.to_string(), value.clone()));
        }
        ast::Set::MultipleAssignments {
            assignments: several,
        } => {
            assignments.extend(
                several
                    .iter()
                    .map(|a| (a.name.to_string(), a.value.clone())),
            );
        }
        ast::Set::SetNames { charset_name, .. } => {
            session.variables.insert(
                "character_set_client".into(),
                Value::Text(charset_name.value.clone()),
            );
        }
        ast::Set::SetNamesDefault {} | ast::Set::SetTransaction { .. } => {}
        other => return Err(Error::unsupported(format!("{other}"))),
    }
    for (name, value) in assignments {
        let value = match &value {
            ast::Expr::Identifier(word)
                if word.quote_style.is_none() && !word.value.starts_with('@') =>
            {
                Value::Text(word.value.clone())
            }
            other => select_value(router, session, other, binds)?,
        };
        let name = name.to_lowercase().replace('`', "");
        if let Some(user) = name.strip_prefix('@').filter(|user| !user.starts_with('@')) {
            session.user_variables.insert(user.to_owned(), value);
            continue;
        }
        let name = name
            .trim_start_matches("@@")
            .trim_start_matches("session.")
            .trim_start_matches("local.")
            .to_owned();
        if name == "autocommit" {
            set_autocommit(router, session, &value)?;
        }
        session.variables.insert(name, value);
    }
    Ok(QueryResult::default())
}

fn set_autocommit(router: &Router<'_>, session: &mut Session, value: &Value) -> Result<(), Error> {
    let on = match value {
        Value::Text(word) if word.eq_ignore_ascii_case("on") => true,
        Value::Text(word) if word.eq_ignore_ascii_case("off") => false,
        other => other.to_i64() == Some(1),
    };
    if on {
        if session.in_transaction() {
            transaction::commit(router, session)?;
        }
        session.autocommit = Autocommit::On;
    } else {
        session.autocommit = Autocommit::Off;
    }
    Ok(())
}
