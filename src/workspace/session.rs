//! A client's session: statements go to the router, DDL and `ALTER VSCHEMA` to the files of the worktree, procedures to
//! git, system tables to what they are computed from.
//!
//! At a revision (`--at`) a session reads rows loaded into a scratch database and refuses to write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::rows::{self, table_schema};
use super::system_table::{self, SystemTable};
use super::{Error, Workspace, procedure};
use crate::catalog::alter::{self, Change, ForeignKeyChecks};
use crate::catalog::{Catalog, Keyspace, files, vschema};
use crate::engine::{Binds, LOCK_WAIT};
use crate::router::{self, Plan, Router, Sequences, TargetDestination};
use crate::shard::{Embedded, TableId};
use crate::sql::ddl::Ddl;
use crate::sql::vschema_ddl::AlterVschema;
use crate::sql::{self, SqlError, Statement, TableName, ast};
use crate::store::{Revision, ShardRows};
use crate::value::QueryResult;

/// How a statement would run.
#[derive(Debug)]
pub struct Explanation {
    /// vtgate's plan.
    pub plan: Plan,
    /// Shards it would go to, as `keyspace/shard`, where that can be told without running it.
    pub shards: Vec<String>,
    /// The revision it was planned at.
    pub revision: String,
}

/// Statements of one client. It is on a branch of its own, whose working set it reads and writes, or on a revision, which
/// it reads.
pub struct Session {
    pub(super) place: Place,
    pub(super) client: router::Session,
}

/// Where a session's statements are answered: a branch's working set, or a revision.
pub(super) struct Place {
    /// The repository, opened on the branch's working set.
    pub(super) workspace: Workspace,
    /// The branch; absent at a revision and where HEAD is detached.
    pub(super) branch: Option<String>,
    /// `WORKING`, or the revision that is read.
    pub(super) revision: Revision,
    /// What statements are planned with.
    pub(super) catalog: Arc<Catalog>,
    pub(super) shards: Embedded,
    pub(super) sequences: Arc<Sequences>,
}

impl Workspace {
    /// Opens a session on the working set of HEAD's branch, of another branch, or on a revision, which cannot be written.
    ///
    /// # Errors
    /// When the name leads nowhere, the catalog there does not build, or the rows cannot be read.
    pub fn session(&self, at: Option<&str>) -> Result<Session, Error> {
        match at {
            None => Ok(Session::new(self.working_place()?)),
            Some(name) if matches!(self.store.branch(name), Ok(Some(_))) => {
                Ok(Session::new(self.on_branch(name)?.working_place()?))
            }
            Some(name) => self.snapshot(name),
        }
    }

    /// Opens a session that reads what a revision holds, a branch's committed state included.
    ///
    /// # Errors
    /// When the name leads nowhere, the catalog there does not build, or the rows cannot be read.
    pub fn snapshot(&self, revision: &str) -> Result<Session, Error> {
        match self.resolve(revision)? {
            Revision::Working => Ok(Session::new(self.working_place()?)),
            revision => Ok(Session::new(self.past_place(revision)?)),
        }
    }

    /// Opens this working set.
    pub(super) fn working_place(&self) -> Result<Place, Error> {
        let catalog = Arc::new(self.catalog(&Revision::Working)?);
        Ok(Place {
            workspace: self.clone(),
            branch: self.store.head()?.branch,
            revision: Revision::Working,
            shards: self.working_rows(&catalog)?.shards,
            catalog,
            sequences: Arc::default(),
        })
    }

    /// Opens a revision, to be read only.
    pub(super) fn past_place(&self, revision: Revision) -> Result<Place, Error> {
        let catalog = Arc::new(self.catalog(&revision)?);
        Ok(Place {
            workspace: self.clone(),
            branch: None,
            shards: self.past_rows(&revision, &catalog)?,
            revision,
            catalog,
            sequences: Arc::default(),
        })
    }

    /// Makes the rows of a revision readable where they are; only tables with virtual columns are loaded, since those are
    /// computed by the database.
    fn past_rows(&self, revision: &Revision, catalog: &Catalog) -> Result<Embedded, Error> {
        let mut shards = Embedded::in_memory()?;
        let trees = self.store.table_rows_trees(revision)?;
        for (keyspace, name, table) in catalog.definitions() {
            let schema = Arc::new(table_schema(catalog, keyspace, table));
            let is_loaded = schema.columns.len() < table.definition.columns.len();
            let place = |shard: &str| ShardRows {
                keyspace: keyspace.to_owned(),
                table: name.to_owned(),
                shard: shard.to_owned(),
            };
            for shard in catalog.shards(keyspace) {
                let tree = trees.get(&place(&shard)).copied();
                if is_loaded {
                    shards.create_table(keyspace, std::slice::from_ref(&shard), table)?;
                    let found = self.read_rows(tree, &schema)?;
                    shards.load_rows(
                        &TableId::new(keyspace, &shard, name),
                        rows::widened(&schema, table, found),
                    )?;
                } else {
                    let source = self.store.rows_of_tree(tree, schema.clone());
                    shards.attach_rows(keyspace, &shard, table, Box::new(source))?;
                }
            }
        }
        Ok(shards)
    }
}

impl Session {
    /// A client that comes to a place; with one keyspace it is there.
    fn new(place: Place) -> Self {
        let mut client = router::Session::new();
        let mut names = place.catalog.keyspaces.keys();
        if let (Some(only), None) = (names.next(), names.next()) {
            client.target.keyspace = Some(only.clone());
        }
        Self { place, client }
    }

    /// Puts this session on a branch; no other session moves, nor does a worktree. An open transaction is committed.
    ///
    /// # Errors
    /// When there is no such branch, or its working set cannot be opened.
    pub fn switch_branch(&mut self, branch: &str) -> Result<(), Error> {
        self.commit_transaction()?;
        if self.place.branch.as_deref() == Some(branch) {
            return Ok(());
        }
        self.place = self.workspace().on_branch(branch)?.working_place()?;
        self.set_lock_wait()?;
        Ok(())
    }

    /// Opens the working set anew, after the verbs of [`Workspace`] changed its files or rows. An open transaction must
    /// have been committed.
    ///
    /// # Errors
    /// When its catalog does not build, or its rows cannot be read.
    pub fn reload(&mut self) -> Result<(), Error> {
        if self.place.revision == Revision::Working {
            self.place = self.workspace().working_place()?;
            self.set_lock_wait()?;
        }
        Ok(())
    }

    /// Brings `innodb_lock_wait_timeout` to the database; 0 does not wait.
    fn set_lock_wait(&self) -> Result<(), SqlError> {
        let set = self.client.variables.get("innodb_lock_wait_timeout");
        let seconds = set.and_then(crate::value::Value::to_f64);
        let wait = seconds.map_or(LOCK_WAIT, |seconds| {
            Duration::from_secs_f64(seconds.clamp(0.0, 1_073_741_824.0))
        });
        self.place.shards.connection().set_lock_wait(wait)
    }

    /// Returns the branch whose working set statements read and write; `None` at a revision and on a detached HEAD.
    pub fn branch(&self) -> Option<&str> {
        self.place.branch.as_deref()
    }

    /// Returns the repository, opened on this session's working set: what its verbs do, they do there.
    pub fn workspace(&self) -> &Workspace {
        &self.place.workspace
    }

    /// Returns where unqualified names lead: a keyspace, perhaps with a shard (`customer:-80`).
    pub fn target(&self) -> String {
        let keyspace = self.client.target.keyspace.clone().unwrap_or_default();
        match &self.client.target.destination {
            None => keyspace,
            Some(TargetDestination::Shard(shard)) => format!("{keyspace}:{shard}"),
            Some(TargetDestination::KeyRange(range)) => format!("{keyspace}[{range}]"),
            Some(TargetDestination::KeyspaceId(id)) => format!("{keyspace}[{id}]"),
        }
    }

    /// Returns the catalog that statements are planned with.
    pub fn catalog(&self) -> &Catalog {
        &self.place.catalog
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// As MySQL or vtgate would answer.
    pub fn execute(&mut self, text: &str) -> Result<QueryResult, SqlError> {
        let statement = sql::parse_statement(text)?;
        self.run(&statement)
    }

    /// Plans one statement without running it.
    ///
    /// # Errors
    /// As vtgate would answer.
    pub fn explain(&mut self, text: &str) -> Result<Explanation, SqlError> {
        let statement = sql::parse_statement(text)?;
        let statement = match statement {
            Statement::Vexplain { statement, .. } => *statement,
            other => other,
        };
        let router = self.router();
        let plan = router
            .plan(&self.client, &statement)
            .map_err(|error| error.to_sql())?;
        // A destination that cannot be told without running the statement is left out.
        let shards = router
            .shards(&self.client, &plan, &Binds::new())
            .unwrap_or_default();
        Ok(Explanation {
            plan,
            shards,
            revision: self.place.revision.to_string(),
        })
    }

    fn run(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        match statement {
            Statement::Ddl(ddl) => self.ddl(ddl),
            Statement::AlterVschema(alter) => self.alter_vschema(alter),
            Statement::Call { name, arguments } => procedure::call(self, name, arguments),
            Statement::Use(target) => self.use_target(target),
            Statement::Show(show) => self.show(show),
            Statement::ShowVschema(show) => self.show_vschema(show),
            Statement::Sql(sql) => {
                let tables = system_table::tables_of(sql);
                let system: BTreeSet<_> = tables
                    .iter()
                    .filter(|table| SystemTable::parse(&table.name).is_some())
                    .collect();
                if matches!(**sql, ast::Statement::Set(_)) {
                    let done = self.route(statement)?;
                    self.set_lock_wait()?;
                    Ok(done)
                } else if system.is_empty() {
                    self.route(statement)
                } else {
                    self.query_system_tables(sql, &tables)
                }
            }
            Statement::SelectNext { .. } | Statement::Vexplain { .. } => self.route(statement),
        }
    }

    pub(super) fn route(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        if self.is_read_only() && writes(statement) {
            return Err(self.read_only());
        }
        let router = Router::new(self.place.catalog.clone(), &self.place.shards)
            .with_sequences(self.place.sequences.clone());
        router
            .execute(&mut self.client, statement)
            .map_err(|error| error.to_sql())
    }

    fn router(&self) -> Router<'_> {
        Router::new(self.place.catalog.clone(), &self.place.shards)
            .with_sequences(self.place.sequences.clone())
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.place.revision != Revision::Working
    }

    /// MySQL's error for a server that cannot be written.
    pub(super) fn read_only(&self) -> SqlError {
        SqlError::new(
            1290,
            "HY000",
            format!("revision {} is read-only", self.place.revision),
        )
    }

    fn use_target(&mut self, target: &str) -> Result<QueryResult, SqlError> {
        let parsed = router::Target::parse(target).map_err(|error| error.to_sql())?;
        if let Some(keyspace) = &parsed.keyspace
            && !self.place.catalog.keyspaces.contains_key(keyspace)
        {
            return Err(SqlError::new(
                1049,
                "42000",
                format!("VT05003: unknown database '{keyspace}' in vschema"),
            ));
        }
        self.client.target = parsed;
        Ok(QueryResult::default())
    }

    /// Applies DDL to the working catalog.
    fn ddl(&mut self, ddl: &Ddl) -> Result<QueryResult, SqlError> {
        if self.is_read_only() {
            return Err(self.read_only());
        }
        self.commit_transaction()?;
        if let Some(catalog) = self.database_ddl(ddl)? {
            self.replace_catalog(catalog, &[])?;
            return Ok(QueryResult {
                affected_rows: 1,
                ..QueryResult::default()
            });
        }
        refuse_reserved_names(ddl)?;
        let keyspace = self.client.target.keyspace.clone().unwrap_or_default();
        if keyspace.is_empty() && names_of(ddl).iter().any(|name| name.keyspace.is_none()) {
            return Err(no_database());
        }
        let outcome = alter::apply(
            &self.place.catalog,
            &keyspace,
            ddl,
            self.foreign_key_checks(),
        )?;
        let catalog = alter::follow_vschema(&outcome.catalog, &outcome.changes);
        self.replace_catalog(catalog, &outcome.changes)?;
        let warnings = outcome
            .notes
            .iter()
            .map(|note| (note.errno(), note.to_string()))
            .collect();
        Ok(QueryResult {
            warnings,
            ..QueryResult::default()
        })
    }

    /// Databases are keyspaces: one is made unsharded, and dropped with its tables.
    fn database_ddl(&self, ddl: &Ddl) -> Result<Option<Catalog>, SqlError> {
        let mut catalog = (*self.place.catalog).clone();
        match ddl {
            Ddl::CreateDatabase {
                name,
                if_not_exists,
                ..
            } => {
                if !catalog.keyspaces.contains_key(name) {
                    let shards = vec!["0".to_owned()];
                    let keyspace = Keyspace {
                        name: name.clone(),
                        shards,
                        ..Keyspace::default()
                    };
                    catalog.keyspaces.insert(name.clone(), Arc::new(keyspace));
                } else if !if_not_exists {
                    let text = format!("VT06001: cannot create database '{name}'; database exists");
                    return Err(SqlError::new(1007, "HY000", text));
                }
                Ok(Some(catalog))
            }
            Ddl::DropDatabase { name, if_exists } => {
                if catalog.keyspaces.remove(name).is_none() && !if_exists {
                    let text =
                        format!("VT05001: cannot drop database '{name}'; database does not exists");
                    return Err(SqlError::new(1008, "HY000", text));
                }
                Ok(Some(catalog))
            }
            _ => Ok(None),
        }
    }

    fn foreign_key_checks(&self) -> ForeignKeyChecks {
        match self
            .client
            .variables
            .get("foreign_key_checks")
            .and_then(crate::value::Value::to_text)
        {
            Some(text) if matches!(text.to_ascii_lowercase().as_str(), "0" | "off") => {
                ForeignKeyChecks::Off
            }
            _ => ForeignKeyChecks::On,
        }
    }

    fn alter_vschema(&mut self, statement: &AlterVschema) -> Result<QueryResult, SqlError> {
        if self.is_read_only() {
            return Err(self.read_only());
        }
        let documents = self
            .place
            .catalog
            .keyspaces
            .iter()
            .map(|(name, k)| (name.clone(), k.vschema.clone()))
            .collect();
        let target = self.client.target.keyspace.as_deref();
        let (name, document) = vschema::alter::apply_to(&documents, target, statement)?;
        let mut catalog = (*self.place.catalog).clone();
        if let Some(keyspace) = catalog.keyspaces.get_mut(&name) {
            Arc::make_mut(keyspace).vschema = document;
        }
        self.replace_catalog(catalog, &[])?;
        Ok(QueryResult::default())
    }

    /// Commits an open transaction, as DDL and commits do in MySQL.
    pub(super) fn commit_transaction(&mut self) -> Result<(), SqlError> {
        if self.client.in_transaction() {
            let commit = sql::parse_statement("COMMIT")?;
            self.route(&commit)?;
        }
        Ok(())
    }

    /// Makes `catalog` the working catalog. The rows follow first, the files are written next, and only then is the
    /// database's part committed: the files say what the schema is, and a database behind them is brought in step when
    /// it is opened.
    pub(super) fn replace_catalog(
        &mut self,
        catalog: Catalog,
        changes: &[Change],
    ) -> Result<(), SqlError> {
        let catalog = catalog.rebuild().map_err(|problems| {
            SqlError::unknown(
                problems
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        })?;
        let files = changed_files(&self.place.catalog, &catalog)?;
        self.place.shards.begin()?;
        let done = rows::follow_changes(&mut self.place.shards, &catalog, changes)
            .and_then(|()| rows::follow_catalog(&mut self.place.shards, &catalog))
            .and_then(|()| self.place.workspace.write_files(&files));
        if let Err(error) = done {
            self.place.shards.rollback()?;
            return Err(error.into_sql());
        }
        self.place.shards.commit()?;
        self.place.catalog = Arc::new(catalog);
        Ok(())
    }
}

/// Tells whether a statement may change rows or sequences.
fn writes(statement: &Statement) -> bool {
    match statement {
        Statement::Sql(statement) => !matches!(
            statement.as_ref(),
            ast::Statement::Query(_)
                | ast::Statement::Set(_)
                | ast::Statement::StartTransaction { .. }
                | ast::Statement::Commit { .. }
                | ast::Statement::Rollback { .. }
                | ast::Statement::Savepoint { .. }
                | ast::Statement::ReleaseSavepoint { .. }
                | ast::Statement::Explain { .. }
        ),
        Statement::Vexplain { statement, .. } => writes(statement),
        Statement::Show(_) | Statement::ShowVschema(_) | Statement::Use(_) => false,
        _ => true,
    }
}

/// Names of the form of system tables are not for users' tables.
fn refuse_reserved_names(ddl: &Ddl) -> Result<(), SqlError> {
    let created: Vec<&TableName> = match ddl {
        Ddl::CreateTable(statement) => vec![&statement.table.name],
        Ddl::CreateTableLike { name, .. } => vec![name],
        Ddl::RenameTable(pairs) => pairs.iter().map(|(_, to)| to).collect(),
        Ddl::CreateView(view) => vec![&view.name],
        _ => Vec::new(),
    };
    match created
        .into_iter()
        .find(|name| system_table::is_reserved(&name.name))
    {
        Some(name) => {
            let text = format!(
                "Invalid table name {}. Table names beginning with `dolt_` or `vrev_` are reserved for internal use",
                name.name
            );
            Err(SqlError::new(1103, "42000", text))
        }
        None => Ok(()),
    }
}

fn names_of(ddl: &Ddl) -> Vec<&TableName> {
    match ddl {
        Ddl::CreateTable(statement) => vec![&statement.table.name],
        Ddl::CreateTableLike { name, like, .. } => vec![name, like],
        Ddl::AlterTable(alter) => vec![&alter.table],
        Ddl::DropTable { names, .. } | Ddl::DropView { names, .. } => names.iter().collect(),
        Ddl::RenameTable(pairs) => pairs.iter().flat_map(|(from, to)| [from, to]).collect(),
        Ddl::TruncateTable(name) => vec![name],
        Ddl::CreateView(view) | Ddl::AlterView(view) => vec![&view.name],
        Ddl::CreateDatabase { .. } | Ddl::AlterDatabase { .. } | Ddl::DropDatabase { .. } => {
            Vec::new()
        }
    }
}

/// Returns the files that differ between two whole catalogs, removals last.
pub(super) fn changed_files(
    from: &Catalog,
    to: &Catalog,
) -> Result<Vec<(String, Option<Vec<u8>>)>, SqlError> {
    let unchanged = |name: &String| match (from.keyspaces.get(name), to.keyspaces.get(name)) {
        (Some(old), Some(new)) => Arc::ptr_eq(old, new),
        _ => false,
    };
    let files_of = |catalog: &Catalog| {
        let mut changed = catalog.clone();
        changed.keyspaces.retain(|name, _| !unchanged(name));
        let files = files::write(&changed)
            .map_err(|error| SqlError::new(1103, "42000", error.to_string()))?;
        Ok::<_, SqlError>(files.into_iter().collect::<BTreeMap<_, _>>())
    };
    let (old, new) = (files_of(from)?, files_of(to)?);
    let written = new
        .iter()
        .filter(|(path, text)| old.get(*path) != Some(text));
    let mut changes: Vec<_> = written
        .map(|(path, text)| (path.clone(), Some(text.clone())))
        .collect();
    changes.extend(
        old.keys()
            .filter(|path| !new.contains_key(*path))
            .map(|path| (path.clone(), None)),
    );
    Ok(changes)
}

pub(super) fn no_database() -> SqlError {
    SqlError::new(
        1046,
        "3D000",
        "VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)",
    )
}
