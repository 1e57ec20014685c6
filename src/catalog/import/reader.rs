//! The reading of one text: statement by statement, each told by its head, those about tables and views parsed.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::ddl::{Import, qualified};
use super::scratch::{Defined, Key, Scratch, needed};
use super::{At, Error, Flavor, Kind, RowStatement, Skipped, Source, mariadb};
use crate::catalog::{CharacterSet, Defaults, Table, files, nearest, options, view};
use crate::sql::ast::{self, Expr};
use crate::sql::ddl::{CreateTable, CreateView, Ddl, TableOption};
use crate::sql::{self, Head, Position, Statement, TableName, parse_statement, split_script};

/// Statements of a session or for maintenance that say nothing about the schema.
const SILENT: &[&str] = &[
    "SET", "LOCK", "UNLOCK", "START", "BEGIN", "COMMIT", "ROLLBACK", "FLUSH", "ANALYZE", "",
];

/// Statements that change rows.
const ROWS: &[&str] = &["INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "TRUNCATE"];

/// The reading of one text.
pub(super) struct Reader<'a, 'b> {
    import: &'a mut Import<'b>,
    source: &'a Source,
    /// The database that `USE` named.
    database: Option<String>,
    /// What tables of a database have where they say nothing.
    defaults: BTreeMap<String, Defaults>,
    scratch: Scratch,
    /// What it drops without having defined it before.
    dropped: Vec<(Key, Kind, At)>,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn new(import: &'a mut Import<'b>, source: &'a Source) -> Self {
        Self {
            import,
            source,
            database: None,
            defaults: BTreeMap::new(),
            scratch: Scratch::default(),
            dropped: Vec::new(),
        }
    }

    pub(super) fn read(mut self) {
        let text = self.source.text.as_str();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (statement, line) in split_script(text) {
            // The column costs a look back over the line, so it is found only where it is said.
            let start = || sql::start_of(text, statement, line);
            if let Err(error) = self.statement(statement, &start) {
                self.import.errors.push(error);
            }
        }
        let scratch = std::mem::take(&mut self.scratch);
        // A dump drops what it creates next; any other drop is not for an import.
        for (key, kind, at) in std::mem::take(&mut self.dropped) {
            if !scratch.objects.contains_key(&key) {
                let what = format!("DROP {} `{}`", kind.word().to_uppercase(), key.1);
                self.import.imported.skipped.push(Skipped { at, what });
            }
        }
        self.import.merge(scratch);
    }

    fn at(&self, position: Position) -> At {
        At {
            path: self.source.name.clone(),
            position: Some(position),
        }
    }

    fn statement(&mut self, text: &str, start: &dyn Fn() -> Position) -> Result<(), Error> {
        let head = sql::head(text);
        let verb = head.verb.as_str();
        if SILENT.contains(&verb) && !(verb.is_empty() && has_text(text)) {
            return Ok(());
        }
        if ROWS.contains(&verb) {
            if self.import.rows {
                self.require_text(text, start)?;
            }
            return self.row_statement(verb, text, start());
        }
        let schema = match (verb, head.kind.as_str()) {
            ("USE", _) => true,
            _ if head.temporary => false,
            ("CREATE" | "ALTER" | "DROP", "TABLE" | "VIEW" | "INDEX") => true,
            ("CREATE" | "ALTER", "DATABASE" | "SCHEMA") | ("RENAME", "TABLE" | "TABLES") => true,
            ("DROP", "TABLES") => true,
            _ => false,
        };
        if schema {
            self.require_text(text, start)?;
            let statement =
                parse_statement(text).map_err(|source| self.sql_error(source, start()))?;
            return match statement {
                Statement::Use(target) => {
                    self.database = Some(target);
                    Ok(())
                }
                Statement::Ddl(ddl) => self.ddl(ddl, text, start),
                _ => Ok(()),
            };
        }
        // What MySQL does not know either is a mistake, not a statement to pass over.
        match parse_statement(text) {
            Err(source @ sql::Error::Syntax { .. })
                if head.kind.is_empty() || is_misspelt(&head) =>
            {
                Err(self.sql_error(source, start()))
            }
            _ => {
                let at = self.at(start());
                let what = named(&head);
                self.import.imported.skipped.push(Skipped { at, what });
                Ok(())
            }
        }
    }

    /// Refuses a statement in which characters were lost.
    fn require_text(&self, text: &str, start: &dyn Fn() -> Position) -> Result<(), Error> {
        let lost = self.source.lossy.then(|| text.find('\u{fffd}')).flatten();
        match lost {
            None => Ok(()),
            Some(offset) => Err(Error::NotText {
                at: self.at(files::position(text, offset).within(start())),
            }),
        }
    }

    fn sql_error(&self, source: sql::Error, start: Position) -> Error {
        let source = source.within(start);
        let at = self.at(source.position().unwrap_or(start));
        Error::Sql { at, source }
    }

    fn row_statement(&mut self, verb: &str, text: &str, start: Position) -> Result<(), Error> {
        let at = self.at(start);
        let text = if self.import.rows {
            text.to_owned()
        } else {
            String::new()
        };
        let keyspace = match self.import.rows.then(|| self.keyspace(None, verb, start)) {
            // Its names may be qualified; it is told where one is not when it runs.
            None | Some(Err(Error::NoKeyspace { .. })) => None,
            Some(found) => Some(found?),
        };
        let statement = RowStatement { at, keyspace, text };
        self.import.imported.rows.push(statement);
        Ok(())
    }

    /// Returns the keyspace of an object: of the database that qualifies it or is in use.
    fn keyspace(
        &mut self,
        qualifier: Option<&str>,
        name: &str,
        start: Position,
    ) -> Result<String, Error> {
        let database = qualifier
            .map(str::to_owned)
            .or_else(|| self.database.clone());
        let said = self.import.options.keyspace.clone();
        if let (Some(keyspace), Some(database)) = (&said, &database) {
            let at = self.at(start);
            let other = self
                .import
                .databases
                .iter()
                .find(|(known, _)| *known != database);
            if let Some((first, _)) = other {
                return Err(Error::SeveralDatabases {
                    at,
                    first: first.clone(),
                    second: database.clone(),
                    keyspace: keyspace.clone(),
                });
            }
            self.import.databases.entry(database.clone()).or_insert(at);
        }
        let found = said
            .or(database)
            .or_else(|| self.source.keyspace.clone())
            .or_else(|| self.import.only.clone());
        let Some(keyspace) = found else {
            return Err(Error::NoKeyspace {
                at: self.at(start),
                name: name.to_owned(),
            });
        };
        self.import.keyspaces.insert(keyspace.clone());
        Ok(keyspace)
    }

    fn key(&mut self, name: &TableName, start: Position) -> Result<Key, Error> {
        let keyspace = self.keyspace(name.keyspace.as_deref(), &name.to_string(), start)?;
        Ok((keyspace, name.name.clone()))
    }

    /// What tables of this keyspace have where they say nothing.
    fn database_defaults(&self, name: &TableName) -> Defaults {
        let database = name.keyspace.as_ref().or(self.database.as_ref());
        let known = database.and_then(|database| self.defaults.get(database));
        known.cloned().unwrap_or_default()
    }

    fn ddl(&mut self, ddl: Ddl, text: &str, start: &dyn Fn() -> Position) -> Result<(), Error> {
        match ddl {
            Ddl::CreateDatabase { name, options, .. } => {
                self.database_options(&name, &options);
                self.keyspace(Some(&name), &name, start())?;
            }
            Ddl::AlterDatabase { name, options } => {
                if let Some(name) = name.or_else(|| self.database.clone()) {
                    self.database_options(&name, &options);
                }
            }
            Ddl::CreateTable(create) => {
                if create.query.is_some() {
                    let feature = "CREATE TABLE ... SELECT in an import".to_owned();
                    let at = Position { line: 1, column: 1 };
                    return Err(self.sql_error(sql::Error::Unsupported { feature, at }, start()));
                }
                return self.create_table(&create.table, create.if_not_exists, text, start());
            }
            Ddl::CreateView(create) | Ddl::AlterView(create) => {
                return self.create_view(create, start());
            }
            Ddl::DropTable { names, .. } => self.drop(&names, Kind::Table, start())?,
            Ddl::DropView { names, .. } => self.drop(&names, Kind::View, start())?,
            other => return self.alter(other, start()),
        }
        Ok(())
    }

    fn database_options(&mut self, name: &str, written: &[TableOption]) {
        if let Ok(text) = options::character_set(written, &CharacterSet::default()) {
            self.defaults.insert(name.to_owned(), text);
        }
    }

    fn create_table(
        &mut self,
        written: &CreateTable,
        if_not_exists: bool,
        text: &str,
        start: Position,
    ) -> Result<(), Error> {
        let key = self.key(&written.name, start)?;
        if if_not_exists && self.scratch.objects.contains_key(&key) {
            return Ok(());
        }
        let own = written.name.keyspace.as_ref().or(self.database.as_ref());
        let mut written = written.clone();
        if self.source.flavor == Flavor::MariaDb {
            mariadb::normalize(&mut written);
        }
        for foreign_key in &mut written.foreign_keys {
            let parent = &mut foreign_key.referenced_table.keyspace;
            if parent.is_some() && (parent.as_ref() == own || parent.as_ref() == Some(&key.0)) {
                *parent = None;
            }
        }
        let defaults = self.database_defaults(&written.name);
        match Table::from_ddl(&written, &defaults) {
            Ok(table) => self.define(key, Defined::Table(Arc::new(table)), self.at(start)),
            Err(source) => {
                let place = files::locate(text, &source).map_or(start, |at| at.within(start));
                Err(Error::Definition {
                    at: self.at(place),
                    kind: Kind::Table,
                    name: qualified(&key),
                    source,
                })
            }
        }
    }

    fn create_view(&mut self, mut create: CreateView, start: Position) -> Result<(), Error> {
        let key = self.key(&create.name, start)?;
        let own = create
            .name
            .keyspace
            .clone()
            .or_else(|| self.database.clone());
        let own: Vec<String> = own.into_iter().chain([key.0.clone()]).collect();
        unqualify(&mut create.query, &own);
        if create.or_replace {
            self.scratch.objects.remove(&key);
        }
        let defined = Defined::View(Box::new(view::canonical(&create)));
        self.define(key, defined, self.at(start))
    }

    fn define(&mut self, key: Key, defined: Defined, at: At) -> Result<(), Error> {
        if let Some((known, first)) = self.scratch.objects.get(&key) {
            if *known == defined {
                return Ok(());
            }
            return Err(Error::DefinedTwice {
                at,
                name: qualified(&key),
                first: first.clone(),
            });
        }
        self.scratch.objects.insert(key, (defined, at));
        Ok(())
    }

    /// Forgets what this text defined; anything else stays, for an import drops nothing.
    fn drop(&mut self, names: &[TableName], kind: Kind, start: Position) -> Result<(), Error> {
        for name in names {
            let key = self.key(name, start)?;
            let defined = self.scratch.objects.get(&key);
            if defined.is_some_and(|(defined, _)| defined.kind() == kind) {
                self.scratch.objects.remove(&key);
            } else {
                let at = self.at(start);
                self.dropped.push((key, kind, at));
            }
        }
        Ok(())
    }

    fn alter(&mut self, statement: Ddl, start: Position) -> Result<(), Error> {
        let at = self.at(start);
        let names = needed(&statement);
        let mut named = Vec::new();
        for name in names {
            named.push(self.key(name, start)?);
        }
        let keyspace = self
            .keyspace(None, "", start)
            .or_else(|error| match named.first() {
                Some((keyspace, _)) => Ok(keyspace.clone()),
                None => Err(error),
            })?;
        let mut statement = statement;
        if self.import.options.keyspace.is_some() {
            requalify(&mut statement, &keyspace);
        }
        if !named.iter().all(|key| self.scratch.has_table(key)) {
            self.import.deferred.push((keyspace, statement, named, at));
            return Ok(());
        }
        let done = self.scratch.alter(&keyspace, &statement, &named, &at);
        done.map_err(|source| Error::Definition {
            at,
            kind: Kind::Table,
            name: named.first().map(qualified).unwrap_or_default(),
            source,
        })
    }
}

/// Tells whether a text is more than comments.
fn has_text(text: &str) -> bool {
    !matches!(parse_statement(text), Err(sql::Error::Empty))
}

/// What a skipped statement is: ``CREATE TRIGGER `t` ``.
/// Tells whether a statement seems to be about a table or view, by a misspelt word: passed over, it would be missed.
fn is_misspelt(head: &Head) -> bool {
    const OTHERS: [&str; 3] = ["TABLESPACE", "EVENT", "ROLE"];
    let kinds = ["TABLE", "TABLES", "VIEW", "INDEX", "DATABASE", "SCHEMA"];
    let kind = head.kind.as_str();
    !kinds.contains(&kind) && !OTHERS.contains(&kind) && nearest(kind, kinds).is_some()
}

fn named(head: &Head) -> String {
    let mut what = head.verb.clone();
    if head.temporary {
        what.push_str(" TEMPORARY");
    }
    if !head.kind.is_empty() {
        what.push_str(&format!(" {}", head.kind));
    }
    if !head.name.is_empty() {
        what.push_str(&format!(" `{}`", head.name));
    }
    what
}

/// Names every table by the keyspace that all databases go to.
fn requalify(statement: &mut Ddl, keyspace: &str) {
    for name in statement.object_names_mut() {
        if name.keyspace.is_some() {
            name.keyspace = Some(keyspace.to_owned());
        }
    }
}

/// Takes the qualifiers `own` off tables and columns of a query: SHOW CREATE VIEW writes them, people do not.
fn unqualify(query: &mut ast::Query, own: &[String]) {
    let is_own = |part: &str| own.iter().any(|own| own == part);
    let _: ControlFlow<()> = ast::visit_relations_mut(query, |relation| {
        let part = relation.0.first().and_then(|part| part.as_ident());
        if relation.0.len() == 2 && part.is_some_and(|part| is_own(&part.value)) {
            relation.0.remove(0);
        }
        ControlFlow::Continue(())
    });
    let _: ControlFlow<()> = ast::visit_expressions_mut(query, |expr| {
        if let Expr::CompoundIdentifier(parts) = expr
            && parts.len() == 3
            && is_own(&parts[0].value)
        {
            parts.remove(0);
        }
        ControlFlow::Continue(())
    });
}
