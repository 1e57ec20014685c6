//! Statements that write system tables, or users' tables from what no shard holds.

use std::ops::ControlFlow;

use super::Session;
use super::function::literal;
use super::query::{Kept, Scratch, relaxed, version_of};
use super::reference::Qualified;
use crate::engine::{Binds, Connection};
use crate::sql::ast::{self, Expr, TableFactor, VisitMut as _, VisitorMut};
use crate::sql::change;
use crate::sql::{self, SqlError, Statement, TableName};
use crate::value::{ColumnType, QueryResult, ResultSet, TypeKind, Value};
use crate::workspace::system_table::{self, Content};

impl Session {
    /// Runs INSERT, UPDATE or DELETE: of a user's table, which may read what no shard holds, or of a system table.
    pub(super) fn write(&mut self, mut statement: ast::Statement) -> Result<QueryResult, SqlError> {
        self.refuse_past_targets(&statement)?;
        self.expand_views(&mut statement)?;
        let target = self.target_of(&statement);
        let Some(target) = target.filter(|_| self.is_special(&statement)) else {
            self.fold_functions(&mut statement)?;
            return self.route(&Statement::Sql(Box::new(statement)));
        };
        if system_table::is_system(&target.name) && self.user_table(&target).is_none() {
            return self.write_system_table(&target, statement);
        }
        self.refuse_two_places(&statement)?;
        let database = target.keyspace.as_deref();
        let elsewhere = database
            .and_then(|name| self.revision_in(name))
            .map(|(keyspace, revision)| Qualified { keyspace, revision });
        let key = match &elsewhere {
            Some(name) => self.place_of(name)?,
            None => self.place.key(),
        };
        let home = match &elsewhere {
            Some(name) => {
                let target = TableName::qualified(name.keyspace.as_str(), target.name.as_str());
                self.at_place(&key, |session| Ok(session.lends_to(&target, &statement)))?
            }
            None => self.lends_to(&target, &statement),
        };
        let mut sources = Vec::new();
        if let Some(home) = &home {
            let kept = Kept {
                changed: match elsewhere.is_some() {
                    true => changed_names(&statement),
                    false => change::changed(&statement),
                },
                home: elsewhere.is_none().then(|| home.clone()),
                qualifier: Some(database.unwrap_or(home).to_owned()),
            };
            let tables = self.renamed(&mut statement, kept)?;
            sources = self.found_all(&tables)?;
        } else if self.answer_sources(&mut statement)? == Sources::Empty {
            return Ok(QueryResult::default());
        }
        let mut whole = Statement::Sql(Box::new(statement));
        if elsewhere.is_some() && self.lift_revision(&mut whole)?.is_none() {
            return Err(SqlError::unsupported(
                "a statement that changes tables of two revisions",
            ));
        }
        let Statement::Sql(mut statement) = whole else {
            return Err(SqlError::unsupported("a statement that is not SQL's"));
        };
        self.at_place(&key, |session| {
            session.fold_functions(&mut statement)?;
            session.run_lending(*statement, home.as_deref().unwrap_or_default(), sources)
        })
    }

    /// Refuses what is changed as of a revision.
    fn refuse_past_targets(&mut self, statement: &ast::Statement) -> Result<(), SqlError> {
        let changed = change::changed(statement);
        let past = change::joined(statement).into_iter().find_map(|factor| {
            let TableFactor::Table { name, version, .. } = factor else {
                return None;
            };
            let version = version_of(version.clone())?;
            change::is_changed(&changed, factor).then_some((name, version))
        });
        let Some((name, version)) = past else {
            return Ok(());
        };
        let written = TableName::from_object(name).and_then(|name| name.keyspace);
        let keyspace = written.or_else(|| self.client.target.keyspace.clone());
        let keyspace = keyspace.unwrap_or_default();
        let revision = self.version_named(&version)?;
        let revision = revision.to_text().unwrap_or_default();
        Err(SqlError::new(
            1290,
            "HY000",
            format!("Database {keyspace}/{revision} is read-only."),
        ))
    }

    /// Refuses changes of tables of two revisions.
    fn refuse_two_places(&self, statement: &ast::Statement) -> Result<(), SqlError> {
        let changed = change::changed(statement);
        let joined = change::joined(statement).into_iter();
        let places = joined.filter(|factor| change::is_changed(&changed, factor));
        let revision = |factor: &TableFactor| match factor {
            TableFactor::Table { name, .. } => {
                let keyspace = TableName::from_object(name)?.keyspace?;
                self.revision_in(&keyspace).map(|(_, revision)| revision)
            }
            _ => None,
        };
        let mut revisions: Vec<Option<String>> = places.map(revision).collect();
        revisions.dedup();
        match revisions.len() {
            0 | 1 => Ok(()),
            _ => Err(SqlError::unsupported(
                "a statement that changes tables of two revisions",
            )),
        }
    }

    /// The table that a statement changes; where only a column of a join says which, a user's table.
    fn target_of(&self, statement: &ast::Statement) -> Option<TableName> {
        if let ast::Statement::Insert(insert) = statement {
            return match &insert.table {
                ast::TableObject::TableName(name) => TableName::from_object(name),
                _ => None,
            };
        }
        let joined = change::joined(statement);
        let users = joined.into_iter().find_map(|factor| match factor {
            TableFactor::Table { name, .. } if !self.is_special(factor) => {
                TableName::from_object(name)
            }
            _ => None,
        });
        let named = change::target(statement).and_then(TableName::from_object);
        match change::changed(statement).is_empty() {
            true => users.or(named),
            false => named,
        }
    }

    /// Runs INSERT, UPDATE or DELETE on a system table: on its rows in memory, and then the table does what the changes
    /// mean.
    fn write_system_table(
        &mut self,
        target: &TableName,
        mut statement: ast::Statement,
    ) -> Result<QueryResult, SqlError> {
        if self.is_read_only() {
            return Err(self.read_only());
        }
        let reader = self.reader()?;
        if let Some(created) = system_table::created_on_write(&target.name) {
            let Some(keyspace) = target.keyspace.clone().or(reader.keyspace.clone()) else {
                return Err(super::no_database());
            };
            self.create_reserved(&keyspace, &created)?;
            return self.write(statement);
        }
        let (found, writer) = system_table::writable(&reader, target)?;
        let Content::Rows(before) = found.content else {
            return Err(system_table::not_writable(&target.name));
        };
        let kept = Kept {
            changed: changed_names(&statement),
            ..Kept::default()
        };
        let tables = self.renamed(&mut statement, kept)?;
        self.fold_user_variables(&mut statement);
        self.fold_functions(&mut statement)?;
        let connection = Connection::open_in_memory()?;
        let mut scratch = Scratch::default();
        for (name, found) in self.found_all(&tables)? {
            scratch.hold(&connection, name, found)?;
        }
        // Keys of a system table's own are kept as a stored table's are.
        let mut definition = match found.definition.indexes.is_empty() {
            true => relaxed(found.definition),
            false => found.definition,
        };
        let name = target.name.clone();
        definition.name = TableName::new(name.as_str());
        connection.create_table(&name, &definition)?;
        connection.insert_rows(&name, before.clone().into_iter())?;
        let _: ControlFlow<()> = ast::visit_relations_mut(&mut statement, |relation| {
            if TableName::from_object(relation).as_ref() == Some(target) {
                *relation = TableName::new(name.as_str()).to_object();
            }
            ControlFlow::Continue(())
        });
        scratch.0.insert(name.clone(), definition);
        let result = connection.execute(&statement, &Binds::new(), &scratch)?;
        let mut after = Vec::new();
        connection.read_rows(&name, crate::engine::Order::Stored, &mut |row| {
            after.push(row);
            Ok(())
        })?;
        self.commit_transaction()?;
        writer.write(self, &before, &after)?;
        Ok(result)
    }

    /// Answers what a statement over a sharded keyspace reads of what no shard holds, and writes the answers into it.
    fn answer_sources(&mut self, statement: &mut ast::Statement) -> Result<Sources, SqlError> {
        let changed = change::changed(statement);
        let joined = change::joined(statement);
        let is_read = |factor: &&&TableFactor| !change::is_changed(&changed, factor);
        if joined
            .iter()
            .filter(is_read)
            .any(|factor| self.is_special(*factor))
        {
            return Err(SqlError::unsupported(
                "UPDATE and DELETE over sharded keyspaces that join what no shard holds",
            ));
        }
        if let ast::Statement::Insert(insert) = statement
            && let Some(source) = &insert.source
            && !matches!(*source.body, ast::SetExpr::Values(_))
            && self.is_special(source.as_ref())
        {
            let rows = self.special_query(source.clone())?.rows.unwrap_or_default();
            insert.source = Some(Box::new(values_of(&rows.rows)?));
            if rows.rows.is_empty() {
                return Ok(Sources::Empty);
            }
        }
        self.answer_subqueries(statement)?;
        Ok(Sources::Answered)
    }

    /// Answers subqueries over special tables, which must not look at the statement around them, and writes their
    /// answers in their place.
    pub(super) fn answer_subqueries(
        &mut self,
        statement: &mut ast::Statement,
    ) -> Result<(), SqlError> {
        struct Answerer<'s>(&'s mut Session);
        impl VisitorMut for Answerer<'_> {
            type Break = SqlError;
            fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
                match self.0.answered(expr) {
                    Ok(Some(answer)) => {
                        *expr = answer;
                        ControlFlow::Continue(())
                    }
                    Ok(None) => ControlFlow::Continue(()),
                    Err(error) => ControlFlow::Break(error),
                }
            }
        }
        let sees_columns = matches!(
            statement,
            ast::Statement::Update(_) | ast::Statement::Delete(_)
        );
        match statement.visit(&mut Answerer(self)) {
            // A column that the subquery lacks is one of the statement around it.
            ControlFlow::Break(error) if sees_columns && error.errno == 1054 => {
                Err(SqlError::unsupported(format!(
                    "correlated subqueries over what no shard holds in UPDATE and DELETE over sharded keyspaces: {}",
                    error.message
                )))
            }
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn answered(&mut self, expr: &Expr) -> Result<Option<Expr>, SqlError> {
        let is_equal = |operator: &ast::BinaryOperator| *operator == ast::BinaryOperator::Eq;
        let differs = |operator: &ast::BinaryOperator| *operator == ast::BinaryOperator::NotEq;
        let (query, list) = match expr {
            Expr::Subquery(query)
            | Expr::Exists {
                subquery: query, ..
            } => (query, None),
            Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => (subquery, Some((expr, *negated))),
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => match right.as_ref() {
                Expr::Subquery(query) if is_equal(compare_op) => (query, Some((left, false))),
                Expr::Subquery(query) => return self.refuse_quantified(query),
                _ => return Ok(None),
            },
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => match right.as_ref() {
                Expr::Subquery(query) if differs(compare_op) => (query, Some((left, true))),
                Expr::Subquery(query) => return self.refuse_quantified(query),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(ResultSet { fields, rows }) = self.special_rows(query)? else {
            return Ok(None);
        };
        let cell = |row: &[Value], at: usize| match (row.get(at), fields.get(at)) {
            (Some(value), Some(field)) => literal_of(value, &field.column_type),
            _ => literal(&Value::Null),
        };
        Ok(Some(match (expr, list) {
            (_, Some((left, negated))) => {
                let mut list: Vec<Expr> = rows
                    .iter()
                    .map(|row| match row.len() {
                        1 => cell(row, 0),
                        width => Expr::Tuple((0..width).map(|at| cell(row, at)).collect()),
                    })
                    .collect();
                if list.is_empty() {
                    // Nothing is in an empty list.
                    return Ok(Some(literal(&Value::Int(i64::from(negated)))));
                }
                list.dedup();
                Expr::InList {
                    expr: left.clone(),
                    list,
                    negated,
                }
            }
            (Expr::Exists { negated, .. }, None) => {
                literal(&Value::Int(i64::from(rows.is_empty() == *negated)))
            }
            _ if rows.len() > 1 => {
                return Err(SqlError::new(
                    1242,
                    "21000",
                    "Subquery returns more than 1 row",
                ));
            }
            _ => rows
                .first()
                .map_or_else(|| literal(&Value::Null), |row| cell(row, 0)),
        }))
    }

    /// Answers a subquery over special tables; `None` for others.
    fn special_rows(&mut self, query: &ast::Query) -> Result<Option<ResultSet>, SqlError> {
        let mut query = Box::new(query.clone());
        self.expand_views(query.as_mut())?;
        if !self.is_special(query.as_ref()) {
            return Ok(None);
        }
        Ok(Some(self.special_query(query)?.rows.unwrap_or_default()))
    }

    /// Refuses a comparison with ANY or ALL rows of a subquery over special tables.
    fn refuse_quantified(&self, query: &ast::Query) -> Result<Option<Expr>, SqlError> {
        let mut query = Box::new(query.clone());
        self.expand_views(query.as_mut())?;
        match self.is_special(query.as_ref()) {
            true => Err(SqlError::unsupported(
                "comparisons with ANY or ALL rows of what no shard holds, but for `= ANY` and `<> ALL`",
            )),
            false => Ok(None),
        }
    }
}

/// What [`Session::answer_sources`] leaves of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sources {
    /// It runs without them.
    Answered,
    /// There is nothing to insert.
    Empty,
}

/// The names by which a statement knows what it changes; where only a column of a join says it, its first table.
fn changed_names(statement: &ast::Statement) -> Vec<String> {
    let changed = change::changed(statement);
    if !changed.is_empty() {
        return changed;
    }
    let mut joined = change::joined(statement).into_iter();
    let first = joined.find(|factor| matches!(factor, TableFactor::Table { .. }));
    first.and_then(change::known_as).into_iter().collect()
}

/// A value as an expression of its column's type, where a literal is of another.
fn literal_of(value: &Value, column_type: &ColumnType) -> Expr {
    let data_type = match column_type.kind {
        _ if value.is_null() => return literal(value),
        TypeKind::Json => ast::DataType::JSON,
        TypeKind::Float => ast::DataType::Float(ast::ExactNumberInfo::None),
        _ => return literal(value),
    };
    Expr::Cast {
        kind: ast::CastKind::Cast,
        expr: Box::new(literal(value)),
        data_type,
        format: None,
    }
}

/// `VALUES` of rows.
fn values_of(rows: &[Vec<Value>]) -> Result<ast::Query, SqlError> {
    let row = |row: &Vec<Value>| {
        let cells: Vec<String> = row.iter().map(|cell| literal(cell).to_string()).collect();
        format!("({})", cells.join(", "))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    let text = match rows.is_empty() {
        true => "insert into t values (null)".to_owned(),
        false => format!("insert into t values {}", rows.join(", ")),
    };
    match sql::parse_statement(&text)? {
        Statement::Sql(statement) => match *statement {
            ast::Statement::Insert(ast::Insert {
                source: Some(source),
                ..
            }) => Ok(*source),
            _ => Err(SqlError::syntax("values")),
        },
        _ => Err(SqlError::syntax("values")),
    }
}
