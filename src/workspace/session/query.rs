//! Queries over what no shard holds: system tables, table functions, tables `AS OF` a revision, tables of several
//! branches; alone, joined with each other and with user tables.
//!
//! Each table of such a query becomes a table of an in-memory database, which answers: committed rows and computed
//! ones are read there as they are asked for, rows of the working set come through the router.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::PlaceKey;
use super::Session;
use super::reference::Qualified;
use crate::catalog::Catalog;
use crate::engine::{Binds, Connection, Tables};
use crate::sql::ast::{self, Expr, TableFactor, VisitorMut};
use crate::sql::change;
use crate::sql::ddl::CreateTable;
use crate::sql::name::defined_names;
use crate::sql::{self, SqlError, Statement, TableName};
use crate::value::{QueryResult, ResultSet, Value};
use crate::workspace::information_schema;
use crate::workspace::system_table::{self, Call, Content, Found, Reader};

/// A table of a statement, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    name: TableName,
    version: Option<Expr>,
    arguments: Option<Vec<Expr>>,
}

/// The tables of one statement in an in-memory database, by the names that the statement was given for them.
#[derive(Default)]
pub(super) struct Scratch(pub(super) BTreeMap<String, CreateTable>);

impl Tables for Scratch {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        let definition = self.0.get(&name.name)?;
        Some((name.name.clone(), definition))
    }
}

impl Scratch {
    /// Makes what was found a table of the database.
    pub(super) fn hold(
        &mut self,
        connection: &Connection,
        name: String,
        found: Found,
    ) -> Result<(), SqlError> {
        let definition = named(&name, found.definition);
        match found.content {
            Content::Rows(rows) => {
                connection.create_table(&name, &definition)?;
                connection.insert_rows(&name, rows.into_iter())?;
            }
            Content::Source(source) => connection.attach(&name, &definition, source)?,
        }
        self.0.insert(name, definition);
        Ok(())
    }
}

/// Which tables of a statement keep their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// Those that it changes, by the names it knows them by.
    pub(super) changed: Vec<String>,
    /// Those that shards of this keyspace hold.
    pub(super) home: Option<String>,
    /// The database that is written before the names of the others.
    pub(super) qualifier: Option<String>,
}

/// Gives the tables of a statement names of their own and notes what they stood for.
struct Renamer<'s> {
    session: &'s Session,
    kept: Kept,
    /// Names that the statement itself defines.
    defined: Vec<String>,
    /// How many queries are around.
    depth: usize,
    tables: Vec<Written>,
    keys: BTreeMap<String, usize>,
}

impl Renamer<'_> {
    /// Whether shards of the keyspace where the statement runs hold a table.
    fn is_at_home(&self, table: &TableName, is_plain: bool) -> bool {
        let current = &self.session.client.target.keyspace;
        let keyspace = table.keyspace.as_ref().or(current.as_ref());
        is_plain
            && !self.session.is_special_name(table)
            && self
                .kept
                .home
                .as_ref()
                .is_some_and(|home| keyspace.is_none_or(|keyspace| keyspace == home))
    }
}

impl VisitorMut for Renamer<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<SqlError> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<SqlError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        if self.depth == 0 && change::is_changed(&self.kept.changed, factor) {
            return ControlFlow::Continue(());
        }
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
        let is_plain = args.is_none() && version.is_none();
        let is_defined =
            table.keyspace.is_none() && (lower == "dual" || self.defined.contains(&lower));
        if is_plain && is_defined || self.is_at_home(&table, is_plain) {
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
        let given = TableName {
            keyspace: self.kept.qualifier.clone(),
            name: given_name(number),
        };
        *name = given.to_object();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Expr::CompoundIdentifier(parts) = expr
            && parts.len() == 3
        {
            parts.remove(0);
        }
        ControlFlow::Continue(())
    }
}

/// The name of a statement's n-th table.
fn given_name(number: usize) -> String {
    format!("vrev${number}")
}

fn arguments(args: ast::TableFunctionArgs) -> Result<Vec<Expr>, SqlError> {
    let expr = |arg: ast::FunctionArg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Ok(expr),
        other => Err(SqlError::syntax(format!("bad argument {other}"))),
    };
    args.args.into_iter().map(expr).collect()
}

pub(super) fn version_of(version: Option<ast::TableVersion>) -> Option<Expr> {
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
        if let ast::Statement::Insert(_) | ast::Statement::Update(_) | ast::Statement::Delete(_) =
            &statement
        {
            return self.write(statement);
        }
        if self.is_special(&statement) {
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

    /// Answers a query over special tables.
    pub(super) fn special_query(
        &mut self,
        mut query: Box<ast::Query>,
    ) -> Result<QueryResult, SqlError> {
        information_schema::head_as_declared(query.as_mut());
        let tables = self.renamed(query.as_mut(), Kept::default())?;
        let mut statement = ast::Statement::Query(query);
        self.fold_user_variables(&mut statement);
        self.fold_functions(&mut statement)?;
        let connection = Connection::open_in_memory()?;
        connection.set_database(self.client.target.keyspace.as_deref());
        let mut scratch = Scratch::default();
        let mut warnings = Vec::new();
        for (name, found) in self.found_all(&tables)? {
            warnings.push(found.warnings.clone());
            scratch.hold(&connection, name, found)?;
        }
        let mut result = connection.execute(&statement, &Binds::new(), &scratch)?;
        for found in warnings {
            result.warnings.extend(found.take());
        }
        Ok(result)
    }

    /// Gives the tables of a statement or query names of their own, but for those that keep theirs; returns what they
    /// stood for.
    pub(super) fn renamed(
        &self,
        part: &mut (impl ast::Visit + ast::VisitMut),
        kept: Kept,
    ) -> Result<Vec<Written>, SqlError> {
        let mut renamer = Renamer {
            session: self,
            kept,
            defined: defined_names(&*part)
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            depth: 0,
            tables: Vec::new(),
            keys: BTreeMap::new(),
        };
        match part.visit(&mut renamer) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(renamer.tables),
        }
    }

    /// Returns what written tables stand for, by the names that they were given.
    pub(super) fn found_all(
        &mut self,
        tables: &[Written],
    ) -> Result<Vec<(String, Found)>, SqlError> {
        let mut all = Vec::new();
        for (at, written) in tables.iter().enumerate() {
            all.push((given_name(at + 1), self.found(written)?));
        }
        Ok(all)
    }

    /// Returns what a written table stands for.
    fn found(&mut self, written: &Written) -> Result<Found, SqlError> {
        if information_schema::holds(&written.name) {
            if written.version.is_some() || written.arguments.is_some() {
                return Err(SqlError::unsupported("information_schema AS OF a revision"));
            }
            let declared = self.declared()?;
            return information_schema::table(&declared, &written.name.name);
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

    /// What `information_schema` tells of: what names without a revision lead to, and the database with a revision that
    /// `USE` named, under that name.
    fn declared(&mut self) -> Result<Arc<Catalog>, SqlError> {
        let here = Arc::clone(&self.place.catalog);
        let (Some(revision), Some(keyspace)) = (&self.qualifier, &self.client.target.keyspace)
        else {
            return Ok(here);
        };
        let name = format!("{keyspace}/{revision}");
        let used = here.keyspaces.get(keyspace).cloned();
        let home = self.home.clone();
        let catalog = self.at_place(&home, |session| Ok(Arc::clone(&session.place.catalog)))?;
        let mut catalog = Catalog::clone(&catalog);
        catalog
            .keyspaces
            .extend(used.map(|keyspace| (name, keyspace)));
        Ok(Arc::new(catalog))
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

    /// Returns what system tables are read through: this place, and its rows as they are in the open transaction.
    pub(in crate::workspace) fn reader(&self) -> Result<Reader, SqlError> {
        let target = &self.client.target;
        let mut reader = Reader::new(&self.place, target.keyspace.as_deref())?;
        reader.target.clone_from(&target.destination);
        Ok(reader)
    }
}

/// A relaxed definition under a name.
pub(super) fn named(name: &str, definition: CreateTable) -> CreateTable {
    CreateTable {
        name: TableName::new(name),
        ..relaxed(definition)
    }
}

/// A definition without keys and NOT NULL, which say what rows are and are not to be enforced again.
pub(super) fn relaxed(mut definition: CreateTable) -> CreateTable {
    definition.indexes.clear();
    for column in &mut definition.columns {
        column.nullable = Some(true);
    }
    definition
}
