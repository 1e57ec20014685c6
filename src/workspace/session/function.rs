//! Functions and variables that speak of revisions: `active_branch()`, `hashof('main')`, `@@mydb_head`. Their values are
//! written into a statement before it is planned, so shards need not know what a branch is.

use std::ops::ControlFlow;

use super::Session;
use crate::sql::SqlError;
use crate::sql::ast::{self, Expr};
use crate::sql::literal as literals;
use crate::store::Revision;
use crate::value::Value;
use crate::workspace::Error;

/// The version that `dolt_version()` names: of the Dolt whose tables and procedures these are.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns a value as a literal of a statement.
pub(in crate::workspace) fn literal(value: &Value) -> Expr {
    let text = || value.to_text().unwrap_or_default().into_owned();
    Expr::value(match value {
        Value::Null => ast::Value::Null,
        Value::Int(_) | Value::UInt(_) | Value::Decimal(_) => ast::Value::Number(text(), false),
        Value::Float(number) => ast::Value::Number(format!("{number:e}"), false),
        Value::Double(number) => ast::Value::Number(format!("{number:e}"), false),
        Value::Bytes(bytes) => {
            ast::Value::HexStringLiteral(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        _ => ast::Value::SingleQuotedString(literals::escape(&text())),
    })
}

impl Session {
    /// Replaces calls and variables that speak of revisions by their values.
    pub(in crate::workspace) fn fold_functions(
        &mut self,
        statement: &mut ast::Statement,
    ) -> Result<(), SqlError> {
        name_items(statement, |expr| self.speaks_of_revisions(expr));
        let mut failed = None;
        let _: ControlFlow<()> = ast::visit_expressions_mut(statement, |expr| {
            match self.kinship(expr) {
                Ok(Some(test)) => {
                    *expr = test;
                    return ControlFlow::Continue(());
                }
                Ok(None) => {}
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            match self.folded(expr) {
                Ok(Some(value)) => *expr = literal(&value),
                Ok(None) => {}
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        failed.map_or(Ok(()), Err)
    }

    /// `has_ancestor(commit_hash, 'main')` with a column on one side: whether the column's value is among the commits that
    /// descend from the other, or the names that lead to one.
    fn kinship(&mut self, expr: &Expr) -> Result<Option<Expr>, SqlError> {
        let Expr::Function(function) = expr else {
            return Ok(None);
        };
        let arguments = match name_of(function).as_str() {
            "has_ancestor" => arguments_of(function),
            _ => None,
        };
        let Some([of, ancestor]) = arguments.as_deref() else {
            return Ok(None);
        };
        let (column, constant, descends) = match (has_columns(of), has_columns(ancestor)) {
            (true, false) => (*of, *ancestor, true),
            (false, true) => (*ancestor, *of, false),
            _ => return Ok(None),
        };
        let constant = self.constant(constant)?;
        let Some(name) = constant.to_text() else {
            return Ok(Some(literal(&Value::Null)));
        };
        let reader = self.reader()?;
        let known = reader.kin(reader.commit(&name)?, descends)?;
        let list = known.into_iter().map(|name| literal(&Value::Text(name)));
        Ok(Some(Expr::InList {
            expr: Box::new(column.clone()),
            list: list.collect(),
            negated: false,
        }))
    }

    /// Replaces user variables by their values.
    pub(in crate::workspace) fn fold_user_variables(&self, statement: &mut ast::Statement) {
        let _: ControlFlow<()> = ast::visit_expressions_mut(statement, |expr| {
            if let Expr::Identifier(name) = expr
                && name.quote_style.is_none()
                && let Some(user) = name.value.strip_prefix('@')
                && !user.starts_with('@')
            {
                let values = &self.client.user_variables;
                let value = values.get(&user.to_lowercase());
                *expr = literal(value.unwrap_or(&Value::Null));
            }
            ControlFlow::Continue(())
        });
    }

    fn speaks_of_revisions(&self, expr: &Expr) -> bool {
        let mut found = false;
        let _: ControlFlow<()> = ast::visit_expressions(expr, |expr| {
            found |= match expr {
                Expr::Function(function) => {
                    is_known(&name_of(function)) || self.is_database(function)
                }
                _ => variable_of(expr).is_some_and(|name| self.variable(&name).is_some()),
            };
            ControlFlow::Continue(())
        });
        found
    }

    fn is_database(&self, function: &ast::Function) -> bool {
        self.qualifier.is_some() && matches!(name_of(function).as_str(), "database" | "schema")
    }

    fn folded(&mut self, expr: &Expr) -> Result<Option<Value>, SqlError> {
        let Expr::Function(function) = expr else {
            return Ok(variable_of(expr).and_then(|name| self.variable(&name)));
        };
        if self.is_database(function) {
            let keyspace = self.client.target.keyspace.clone().unwrap_or_default();
            let revision = self.qualifier.clone().unwrap_or_default();
            return Ok(Some(Value::Text(format!("{keyspace}/{revision}"))));
        }
        let name = name_of(function);
        if !is_known(&name) {
            return Ok(None);
        }
        let Some(arguments) = arguments_of(function) else {
            return Ok(None);
        };
        if arguments.iter().any(|argument| has_columns(argument)) {
            return Ok(None);
        }
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.constant(argument)?);
        }
        self.call_function(&name, &values).map(Some)
    }

    /// Calls a function with constant arguments.
    fn call_function(&mut self, name: &str, arguments: &[Value]) -> Result<Value, SqlError> {
        let counts = match name {
            "active_branch" | "dolt_version" | "vrev_version" | "dolt_storage_format" => 0..=0,
            "dolt_hashof_db" | "vrev_hashof_db" => 0..=1,
            "has_ancestor" | "dolt_merge_base" | "vrev_merge_base" => 2..=2,
            _ => 1..=1,
        };
        if !counts.contains(&arguments.len()) {
            let wanted = match (counts.start(), counts.end()) {
                (from, to) if from == to => from.to_string(),
                (from, to) => format!("{from} or {to}"),
            };
            return Err(SqlError::new(
                1582,
                "42000",
                format!(
                    "function '{name}' expected {wanted} arguments, {} received",
                    arguments.len()
                ),
            ));
        }
        if arguments.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let text = |at: usize| {
            let text = arguments.get(at).and_then(Value::to_text);
            text.unwrap_or_default().into_owned()
        };
        let reader = self.reader()?;
        let store = reader.workspace.store();
        Ok(match name {
            "active_branch" => self.place.branch.clone().map_or(Value::Null, Value::Text),
            "dolt_version" | "vrev_version" => Value::Text(VERSION.to_owned()),
            "dolt_storage_format" => Value::Text("git".to_owned()),
            "hashof" | "dolt_hashof" | "vrev_hashof" => {
                Value::Text(reader.commit(&text(0))?.to_string())
            }
            "dolt_hashof_table" | "vrev_hashof_table" => {
                Value::Text(reader.hash_of_table(&text(0))?)
            }
            "dolt_hashof_db" | "vrev_hashof_db" => {
                let state = match arguments.is_empty() {
                    true => reader.working_state(),
                    false => reader.state(&text(0))?,
                };
                Value::Text(reader.hash_of_state(&state)?)
            }
            "dolt_merge_base" | "vrev_merge_base" => {
                let (one, other) = (reader.commit(&text(0))?, reader.commit(&text(1))?);
                match store
                    .merge_base(one, other)
                    .map_err(|error| Error::from(error).into_sql())?
                {
                    Some(base) => Value::Text(base.to_string()),
                    None => return Err(SqlError::unknown("no common ancestor")),
                }
            }
            _ => {
                let (of, ancestor) = (reader.commit(&text(0))?, reader.commit(&text(1))?);
                let is = store
                    .is_ancestor(ancestor, of)
                    .map_err(|error| Error::from(error).into_sql())?;
                Value::Int(i64::from(is))
            }
        })
    }

    /// The value of a system variable that speaks of a database's revision.
    fn variable(&self, name: &str) -> Option<Value> {
        let names = self.place.catalog.keyspaces.keys();
        let rest = names
            .filter_map(|keyspace| name.strip_prefix(&format!("{}_", keyspace.to_lowercase())))
            .find(|rest| {
                matches!(
                    *rest,
                    "head" | "head_ref" | "working" | "staged" | "default_branch"
                )
            })?;
        let reader = self.reader().ok()?;
        let hash = |revision: Revision| {
            let state = reader.state_of(revision);
            reader.hash_of_state(&state).ok().map(Value::Text)
        };
        match rest {
            "head" => reader.head.map(|id| Value::Text(id.to_string())),
            "head_ref" => {
                let branch = self.place.branch.as_ref()?;
                Some(Value::Text(format!("refs/heads/{branch}")))
            }
            "working" => hash(Revision::Working),
            "staged" => hash(Revision::Staged),
            _ => {
                let set = self.client.variables.get(name).cloned();
                Some(set.unwrap_or(Value::Null))
            }
        }
    }
}

fn is_known(name: &str) -> bool {
    matches!(
        name,
        "active_branch"
            | "hashof"
            | "dolt_hashof"
            | "vrev_hashof"
            | "dolt_hashof_table"
            | "vrev_hashof_table"
            | "dolt_hashof_db"
            | "vrev_hashof_db"
            | "dolt_merge_base"
            | "vrev_merge_base"
            | "has_ancestor"
            | "dolt_version"
            | "vrev_version"
            | "dolt_storage_format"
    )
}

fn name_of(function: &ast::Function) -> String {
    match function.name.0.as_slice() {
        [part] => part
            .as_ident()
            .map(|name| name.value.to_ascii_lowercase())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// The arguments of a plain call.
fn arguments_of(function: &ast::Function) -> Option<Vec<&Expr>> {
    let ast::FunctionArguments::List(list) = &function.args else {
        return None;
    };
    list.args
        .iter()
        .map(|argument| match argument {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

/// The name of `@@variable`, lower case, without its scope.
fn variable_of(expr: &Expr) -> Option<String> {
    let name = match expr {
        Expr::Identifier(name) if name.quote_style.is_none() => name.value.to_lowercase(),
        Expr::CompoundIdentifier(parts) => {
            let words: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
            words.join(".").to_lowercase()
        }
        _ => return None,
    };
    let name = name.strip_prefix("@@")?;
    let name = name
        .strip_prefix("session.")
        .or_else(|| name.strip_prefix("global."))
        .unwrap_or(name);
    Some(name.to_owned())
}

/// Tells whether an expression's value depends on a row.
fn has_columns(expr: &Expr) -> bool {
    let mut found = false;
    let _: ControlFlow<()> = ast::visit_expressions(expr, |expr| {
        found |= match expr {
            Expr::Identifier(name) => name.quote_style.is_some() || !name.value.starts_with('@'),
            Expr::CompoundIdentifier(_) => variable_of(expr).is_none(),
            _ => false,
        };
        ControlFlow::Continue(())
    });
    found
}

/// A select item that is going to be replaced keeps the name that the client wrote.
fn name_items(statement: &mut ast::Statement, is_replaced: impl Fn(&Expr) -> bool) {
    let ast::Statement::Query(query) = statement else {
        return;
    };
    let ast::SetExpr::Select(select) = query.body.as_mut() else {
        return;
    };
    for item in &mut select.projection {
        if let ast::SelectItem::UnnamedExpr(written) = item
            && is_replaced(written)
        {
            let alias = ast::Ident::with_quote('`', written.to_string());
            *item = ast::SelectItem::ExprWithAlias {
                expr: written.clone(),
                alias,
            };
        }
    }
}
