//! Statements that write system tables, or users' tables from what no shard holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::Session;
use super::function::literal;
use super::query::{Scratch, relaxed};
use super::reference::Qualified;
use crate::engine::{Binds, Connection};
use crate::sql::ast::{self, Expr, TableFactor, VisitMut as _, VisitorMut};
use crate::sql::{self, SqlError, Statement, TableName};
use crate::value::{QueryResult, Value};
use crate::workspace::system_table::{self, Content};

impl Session {
    /// Statements that write a system table, or write a user's table from special ones.
    pub(super) fn write_special(
        &mut self,
        statement: &mut ast::Statement,
    ) -> Result<Option<QueryResult>, SqlError> {
        let target = match statement {
            ast::Statement::Insert(insert) => {
                if let ast::TableObject::TableName(name) = &insert.table {
                    TableName::from_object(name)
                } else {
                    None
                }
            }
            ast::Statement::Update(update) => target_of(&update.table),
            ast::Statement::Delete(delete) => match &delete.from {
                ast::FromTable::WithFromKeyword(from) | ast::FromTable::WithoutKeyword(from) => {
                    from.first().and_then(target_of)
                }
            },
            _ => None,
        };
        let Some(target) = target else {
            return Ok(None);
        };
        if system_table::is_system(&target.name) && self.user_table(&target).is_none() {
            return self.write_system_table(&target, statement).map(Some);
        }
        if let ast::Statement::Insert(insert) = statement
            && let Some(source) = &insert.source
            && self.is_special(source.as_ref())
        {
            let mut source = source.clone();
            self.expand_views(&mut source)?;
            let rows = self.special_query(source)?.rows.unwrap_or_default();
            insert.source = Some(Box::new(values_of(&rows.rows)?));
            if rows.rows.is_empty() {
                return Ok(Some(QueryResult::default()));
            }
        }
        let database = target.keyspace.as_deref();
        if let Some((keyspace, revision)) = database.and_then(|name| self.revision_in(name)) {
            // The sources were read here; the rest happens where the target is.
            self.answer_subqueries(statement)?;
            let mut whole = Statement::Sql(Box::new(statement.clone()));
            let lifted = self.lift_revision(&mut whole)?;
            let name = Qualified { keyspace, revision };
            if lifted.is_none() {
                return Err(SqlError::unsupported(
                    "a statement that changes tables of two revisions",
                ));
            }
            let key = self.place_of(&name)?;
            return self
                .at_place(&key, |session| session.run_here(&whole))
                .map(Some);
        }
        Ok(None)
    }

    /// Runs INSERT, UPDATE or DELETE on a system table: on its rows in memory, and then the table does what the changes
    /// mean.
    fn write_system_table(
        &mut self,
        target: &TableName,
        statement: &mut ast::Statement,
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
            let mut statement = statement.clone();
            self.answer_subqueries(&mut statement)?;
            self.fold_functions(&mut statement)?;
            return self.route(&Statement::Sql(Box::new(statement)));
        }
        let (found, writer) = system_table::writable(&reader, target)?;
        let Content::Rows(before) = found.content else {
            return Err(system_table::not_writable(&target.name));
        };
        self.answer_subqueries(statement)?;
        self.fold_user_variables(statement);
        self.fold_functions(statement)?;
        let connection = Connection::open_in_memory()?;
        // Keys of a system table's own are kept as a stored table's are.
        let mut definition = match found.definition.indexes.is_empty() {
            true => relaxed(found.definition),
            false => found.definition,
        };
        let name = target.name.clone();
        definition.name = TableName::new(name.as_str());
        connection.create_table(&name, &definition)?;
        connection.insert_rows(&name, before.clone().into_iter())?;
        let _: ControlFlow<()> = ast::visit_relations_mut(statement, |relation| {
            if TableName::from_object(relation).as_ref() == Some(target) {
                *relation = TableName::new(name.as_str()).to_object();
            }
            ControlFlow::Continue(())
        });
        let tables = Scratch(BTreeMap::from([(name.clone(), definition)]));
        let result = connection.execute(statement, &Binds::new(), &tables)?;
        let mut after = Vec::new();
        connection.read_rows(&name, crate::engine::Order::Stored, &mut |row| {
            after.push(row);
            Ok(())
        })?;
        self.commit_transaction()?;
        writer.write(self, &before, &after)?;
        Ok(result)
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
        match statement.visit(&mut Answerer(self)) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn answered(&mut self, expr: &Expr) -> Result<Option<Expr>, SqlError> {
        let query = match expr {
            Expr::Subquery(query)
            | Expr::Exists {
                subquery: query, ..
            }
            | Expr::InSubquery {
                subquery: query, ..
            } => query,
            _ => return Ok(None),
        };
        let mut query = query.clone();
        self.expand_views(&mut query)?;
        if !self.is_special(query.as_ref()) {
            return Ok(None);
        }
        let rows = self.special_query(query)?.rows.unwrap_or_default().rows;
        Ok(Some(match expr {
            Expr::Exists { negated, .. } => {
                literal(&Value::Int(i64::from(rows.is_empty() == *negated)))
            }
            Expr::InSubquery {
                expr: left,
                negated,
                ..
            } => {
                let mut list: Vec<Expr> = rows
                    .iter()
                    .map(|row| match row.as_slice() {
                        [one] => literal(one),
                        many => Expr::Tuple(many.iter().map(literal).collect()),
                    })
                    .collect();
                if list.is_empty() {
                    // Nothing is in an empty list.
                    return Ok(Some(literal(&Value::Int(i64::from(*negated)))));
                }
                list.dedup();
                Expr::InList {
                    expr: left.clone(),
                    list,
                    negated: *negated,
                }
            }
            _ if rows.len() > 1 => {
                return Err(SqlError::new(
                    1242,
                    "21000",
                    "Subquery returns more than 1 row",
                ));
            }
            _ => {
                let first = rows.first().and_then(|row| row.first());
                literal(first.unwrap_or(&Value::Null))
            }
        }))
    }
}

fn target_of(table: &ast::TableWithJoins) -> Option<TableName> {
    match &table.relation {
        TableFactor::Table { name, .. } => TableName::from_object(name),
        _ => None,
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
