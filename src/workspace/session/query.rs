//! Queries over what no shard holds: system tables, table functions, tables `AS OF` a revision, tables of several
//! branches; alone, joined with each other and with user tables.
//!
//! Each table of such a statement becomes a table of an in-memory database, which answers: committed rows and computed
//! ones are read there as they are asked for, rows of the working set come through the router. Statements that write are
//! given what their subqueries over such tables answered, and go to the router.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::PlaceKey;
use super::Session;
use super::function::literal;
use super::reference::Qualified;
use crate::catalog::view::{self, Views};
use crate::engine::{Binds, Connection, Tables};
use crate::router::{self, SessionViews};
use crate::sql::ast::{self, Expr, TableFactor, VisitMut as _, VisitorMut};
use crate::sql::ddl::{CreateTable, CreateView};
use crate::sql::name::defined_names;
use crate::sql::{self, SqlError, Statement, TableName};
use crate::value::{QueryResult, ResultSet, Value};
use crate::workspace::information_schema;
use crate::workspace::system_table::{self, Call, Content, Found, Reader, State};

/// A table of a query, as it is written.
#[derive(Debug, Clone)]
struct Written {
    name: TableName,
    version: Option<Expr>,
    arguments: Option<Vec<Expr>>,
}

/// The tables of one statement in an in-memory database, by the names that the statement was given for them.
#[derive(Default)]
struct Scratch(BTreeMap<String, CreateTable>);

impl Tables for Scratch {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        let definition = self.0.get(&name.name)?;
        Some((name.name.clone(), definition))
    }
}

/// Gives the tables of a query names of their own and notes what they stood for.
struct Renamer<'s> {
    session: &'s Session,
    /// Names that the query itself defines.
    defined: Vec<String>,
    tables: Vec<Written>,
    keys: BTreeMap<String, usize>,
}

/// The views that the router is not given.
struct SpecialViews<'s>(&'s Session);

impl Views for SpecialViews<'_> {
    fn find(&self, name: &TableName) -> Option<(&str, &CreateView)> {
        let Self(session) = self;
        let views = SessionViews {
            catalog: &session.place.catalog,
            session: &session.client,
        };
        views.named(name)
    }

    fn is_expanded(&self, query: &ast::Query, versioned: bool) -> bool {
        versioned || self.0.is_special(query)
    }
}

impl VisitorMut for Renamer<'_> {
    type Break = SqlError;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let TableFactor::Table {
            name,
            alias,
            args,
            version,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        let Some(table) = TableName::from_object(name) else {
            return ControlFlow::Continue(());
        };
        let lower = table.name.to_ascii_lowercase();
        let is_plain = args.is_none() && version.is_none() && table.keyspace.is_none();
        if is_plain && (lower == "dual" || self.defined.contains(&lower)) {
            return ControlFlow::Continue(());
        }
        let key = format!("{name} {version:?} {args:?}");
        let arguments = match args.take() {
            None => None,
            Some(args) => match arguments(args) {
                Ok(args) => Some(args),
                Err(error) => return ControlFlow::Break(error),
            },
        };
        let written = Written {
            name: table.clone(),
            version: version_of(version.take()),
            arguments,
        };
        let number = *self.keys.entry(key).or_insert_with(|| {
            self.tables.push(written);
            self.tables.len()
        });
        if alias.is_none() {
            *alias = Some(ast::TableAlias {
                explicit: true,
                name: ast::Ident::with_quote('`', table.name),
                columns: Vec::new(),
                at: None,
            });
        }
        *name = TableName::new(format!("vrev${number}")).to_object();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Expr::CompoundIdentifier(parts) = expr
            && parts.len() == 3
        {
            parts.remove(0);
        }
        if let Expr::Identifier(name) = expr
            && name.quote_style.is_none()
            && let Some(user) = name.value.strip_prefix('@')
            && !user.starts_with('@')
        {
            let values = &self.session.client.user_variables;
            let value = values.get(&user.to_lowercase()).unwrap_or(&Value::Null);
            *expr = literal(value);
        }
        ControlFlow::Continue(())
    }
}

fn arguments(args: ast::TableFunctionArgs) -> Result<Vec<Expr>, SqlError> {
    let expr = |arg: ast::FunctionArg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Ok(expr),
        other => Err(SqlError::syntax(format!("bad argument {other}"))),
    };
    args.args.into_iter().map(expr).collect()
}

fn version_of(version: Option<ast::TableVersion>) -> Option<Expr> {
    match version {
        Some(
            ast::TableVersion::ForSystemTimeAsOf(expr)
            | ast::TableVersion::TimestampAsOf(expr)
            | ast::TableVersion::VersionAsOf(expr),
        ) => Some(expr),
        _ => None,
    }
}

impl Session {
    /// Runs a statement of sqlparser's.
    pub(super) fn sql(&mut self, statement: &ast::Statement) -> Result<QueryResult, SqlError> {
        if let ast::Statement::Query(query) = statement {
            let mut query = query.clone();
            self.expand_views(&mut query)?;
            if self.is_special(query.as_ref()) {
                let result = self.special_query(query)?;
                self.client.warnings.clone_from(&result.warnings);
                return Ok(result);
            }
        }
        let mut statement = statement.clone();
        if self.is_special(&statement) {
            if let Some(done) = self.write_special(&mut statement)? {
                return Ok(done);
            }
            self.answer_subqueries(&mut statement)?;
        }
        self.fold_functions(&mut statement)?;
        let is_set = matches!(statement, ast::Statement::Set(_));
        if is_set {
            self.fold_user_variables(&mut statement);
        }
        let done = self.route(&Statement::Sql(Box::new(statement)))?;
        if is_set {
            self.bring_variables()?;
        }
        Ok(done)
    }

    /// Tells whether a part of a statement names something that no shard holds.
    fn is_special(&self, part: &impl ast::Visit) -> bool {
        struct Finder<'s>(&'s Session);
        impl ast::Visitor for Finder<'_> {
            type Break = ();
            fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
                match factor {
                    TableFactor::Table { args: Some(_), .. }
                    | TableFactor::Table {
                        version: Some(_), ..
                    } => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            }
            fn pre_visit_relation(&mut self, relation: &ast::ObjectName) -> ControlFlow<()> {
                match TableName::from_object(relation) {
                    Some(name) if self.0.is_special_name(&name) => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        part.visit(&mut Finder(self)).is_break()
    }

    fn is_special_name(&self, name: &TableName) -> bool {
        let database = name.keyspace.as_deref();
        information_schema::holds(name)
            || database.is_some_and(|database| self.revision_in(database).is_some())
            || (self.overriding().is_some() && !name.name.eq_ignore_ascii_case("dual"))
            || (system_table::is_system(&name.name) && self.user_table(name).is_none())
    }

    /// A table with a system table's name that is a user's: `dolt_ignore` and its like, once they are written.
    fn user_table(&self, name: &TableName) -> Option<&crate::catalog::Table> {
        let keyspace = name
            .keyspace
            .as_deref()
            .or(self.client.target.keyspace.as_deref())?;
        self.place
            .catalog
            .definition(keyspace, &name.name)
            .map(AsRef::as_ref)
    }

    /// Puts the queries of views in their places where the view is asked `AS OF` a revision, or is over what no shard
    /// holds.
    fn expand_views(&self, query: &mut ast::Query) -> Result<(), SqlError> {
        Ok(view::expand(query, &SpecialViews(self)).map_err(router::Error::from)?)
    }

    /// Answers a query over special tables.
    fn special_query(&mut self, mut query: Box<ast::Query>) -> Result<QueryResult, SqlError> {
        let mut renamer = Renamer {
            defined: defined_names(query.as_ref())
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            session: self,
            tables: Vec::new(),
            keys: BTreeMap::new(),
        };
        if let ControlFlow::Break(error) = query.visit(&mut renamer) {
            return Err(error);
        }
        let tables = renamer.tables;
        let mut statement = ast::Statement::Query(query);
        self.fold_user_variables(&mut statement);
        self.fold_functions(&mut statement)?;
        let connection = Connection::open_in_memory()?;
        connection.set_database(self.client.target.keyspace.as_deref());
        let mut scratch = Scratch::default();
        let mut warnings = Vec::new();
        for (at, written) in tables.iter().enumerate() {
            let found = self.found(written)?;
            let name = format!("vrev${}", at + 1);
            let mut definition = relaxed(found.definition);
            definition.name = TableName::new(name.as_str());
            match found.content {
                Content::Rows(rows) => {
                    connection.create_table(&name, &definition)?;
                    connection.insert_rows(&name, rows.into_iter())?;
                }
                Content::Source(source) => connection.attach(&name, &definition, source)?,
            }
            warnings.push(found.warnings);
            scratch.0.insert(name, definition);
        }
        let mut result = connection.execute(&statement, &Binds::new(), &scratch)?;
        for found in warnings {
            result.warnings.extend(found.take());
        }
        Ok(result)
    }

    /// Returns what a written table stands for.
    fn found(&mut self, written: &Written) -> Result<Found, SqlError> {
        if information_schema::holds(&written.name) {
            if written.version.is_some() || written.arguments.is_some() {
                return Err(SqlError::unsupported("information_schema AS OF a revision"));
            }
            return information_schema::table(&self.place.catalog, &written.name.name);
        }
        let split = written
            .name
            .keyspace
            .as_deref()
            .and_then(|name| self.revision_in(name));
        if let Some((keyspace, revision)) = split {
            let key = self.place_of(&Qualified {
                keyspace: keyspace.clone(),
                revision,
            })?;
            let written = Written {
                name: TableName::qualified(keyspace, written.name.name.clone()),
                ..written.clone()
            };
            return self.at_place(&key, |session| session.found(&written));
        }
        let name = &written.name;
        if let Some(expr) = &written.version
            && system_table::is_of_working_set(&name.name)
            && let Some(branch) = self.constant(expr)?.to_text()
            && matches!(self.workspace().store().branch(&branch), Ok(Some(_)))
        {
            let written = Written {
                version: None,
                ..written.clone()
            };
            let key = PlaceKey::Working(Some(branch.into_owned()));
            return self.at_place(&key, |session| session.found(&written));
        }
        let state = match &written.version {
            Some(expr) => Some(self.state_of(expr)?),
            None => None,
        };
        if let Some(arguments) = &written.arguments {
            let call = Call {
                name: name.name.clone(),
                arguments: self.argument_values(&name.name, arguments)?,
            };
            if let Some((from, to)) = system_table::two_queries(&call) {
                let (from, to) = (self.rows_of_query(&from)?, self.rows_of_query(&to)?);
                return Ok(system_table::compare_results(&from, &to));
            }
            return system_table::function(&self.reader()?, &call);
        }
        let is_versioned = state.is_some();
        if system_table::is_system(&name.name) && (is_versioned || self.user_table(name).is_none())
        {
            let mut reader = self.reader()?;
            if let Some(state) = state {
                reader.head = state.commit().or(reader.head);
                reader.asked = Some(state);
            }
            return system_table::table(&reader, name);
        }
        if let Some(revision) = self.overriding() {
            let reader = self.reader()?;
            let state = state.unwrap_or_else(|| reader.working_state());
            return reader.rows_under(&reader.state(&revision)?, &state, name);
        }
        match state {
            Some(state) => {
                let reader = self.reader()?;
                reader.rows_as_of(&state, name)
            }
            None => self.current_rows(name),
        }
    }

    /// The revision under whose definitions all tables are read: `@@dolt_override_schema`.
    pub(super) fn overriding(&self) -> Option<String> {
        let set = self.client.variables.get("dolt_override_schema");
        let text = set.and_then(Value::to_text)?;
        (!text.is_empty()).then(|| text.into_owned())
    }

    /// Runs a query that was given as text.
    fn rows_of_query(&mut self, text: &str) -> Result<ResultSet, SqlError> {
        match sql::parse_statement(text)? {
            Statement::Sql(statement) if matches!(*statement, ast::Statement::Query(_)) => Ok(self
                .run(&Statement::Sql(statement))?
                .rows
                .unwrap_or_default()),
            _ => Err(SqlError::unknown(format!(
                "query must be a SELECT statement: {text}"
            ))),
        }
    }

    /// Reads a user's table or view where this session is.
    fn current_rows(&mut self, name: &TableName) -> Result<Found, SqlError> {
        let text = format!("select * from {}", sql::name::quote_table(name));
        let query = sql::parse_statement(&text)?;
        let result = self.route(&query)?.rows.unwrap_or_default();
        let keyspace = name
            .keyspace
            .as_deref()
            .or(self.client.target.keyspace.as_deref());
        let table =
            keyspace.and_then(|keyspace| self.place.catalog.definition(keyspace, &name.name));
        let visible = table.filter(|table| table.definition.columns.len() == result.fields.len());
        Ok(match visible {
            Some(table) => Found::rows(system_table::plain(table), result.rows),
            None => Found::rows(
                system_table::definition_of(&name.name, &result.fields),
                result.rows,
            ),
        })
    }

    /// Returns the state that `AS OF` names: a revision, or a time.
    pub(super) fn state_of(&mut self, expr: &Expr) -> Result<State, SqlError> {
        let value = match expr {
            // `AS OF STAGED`: a bare name is a revision's.
            Expr::Identifier(name) if !name.value.starts_with('@') => {
                Value::Text(name.value.clone())
            }
            _ => self.constant(expr)?,
        };
        let reader = self.reader()?;
        match &value {
            Value::Text(text) => match reader.state(text) {
                Ok(state) => Ok(state),
                Err(error) => match value.to_datetime() {
                    Some(time) => reader.state_at(&time),
                    None => Err(error),
                },
            },
            other => match other.to_datetime() {
                Some(time) => reader.state_at(&time),
                None => Err(SqlError::unknown(format!(
                    "unsupported type in AS OF: {expr}"
                ))),
            },
        }
    }

    /// Evaluates an expression without columns.
    pub(super) fn constant(&mut self, expr: &Expr) -> Result<Value, SqlError> {
        if let Some(value) = sql::literal::value_of_expr(expr) {
            return Ok(value);
        }
        let mut statement = match sql::parse_statement("select 1")? {
            Statement::Sql(statement) => *statement,
            _ => return Ok(Value::Null),
        };
        if let ast::Statement::Query(query) = &mut statement
            && let ast::SetExpr::Select(select) = query.body.as_mut()
        {
            select.projection = vec![ast::SelectItem::UnnamedExpr(expr.clone())];
        }
        self.fold_functions(&mut statement)?;
        let result = self.route(&Statement::Sql(Box::new(statement)))?;
        let row = result.rows.and_then(|rows| rows.rows.into_iter().next());
        Ok(row
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default())
    }

    /// The values of a table function's arguments, which must be literals or variables.
    fn argument_values(
        &mut self,
        function: &str,
        arguments: &[Expr],
    ) -> Result<Vec<Value>, SqlError> {
        let value = |argument: &Expr| -> Result<Value, SqlError> {
            match argument {
                Expr::Identifier(name) if name.value.starts_with('@') => self.constant(argument),
                // Documents may be computed; names of revisions and tables may not.
                _ if function.to_ascii_lowercase().ends_with("_json_diff") => {
                    self.constant(argument)
                }
                other => sql::literal::value_of_expr(other).ok_or_else(|| {
                    SqlError::unknown(format!(
                        "Invalid argument to {function}: {other} – only literal values supported"
                    ))
                }),
            }
        };
        let mut value = value;
        arguments.iter().map(&mut value).collect()
    }

    /// Returns what system tables are read through: this place, and its rows as they are in the open transaction.
    pub(in crate::workspace) fn reader(&self) -> Result<Reader, SqlError> {
        Reader::new(&self.place, self.client.target.keyspace.as_deref())
    }

    /// Statements that write a system table, or write a user's table from special ones.
    fn write_special(
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
    fn answer_subqueries(&mut self, statement: &mut ast::Statement) -> Result<(), SqlError> {
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

/// A definition without keys and NOT NULL, which say what rows are and are not to be enforced again.
fn relaxed(mut definition: CreateTable) -> CreateTable {
    definition.indexes.clear();
    for column in &mut definition.columns {
        column.nullable = Some(true);
    }
    definition
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
