//! A client's session: statements go to the router, DDL and `ALTER VSCHEMA` to the files of the working set, procedures
//! to git, system tables and past revisions to what they are read from.
//!
//! A session is at one [`Place`] at a time: a branch's working set, or a revision, which it reads only. `USE db/revision`
//! takes it elsewhere, a name with a revision does for one statement; what was opened stays open.

mod constant;
mod ddl;
mod function;
mod lent;
mod place;
mod prepared;
mod query;
mod reference;
mod special;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Error, Workspace, procedure};
use crate::catalog::{Catalog, alter};
use crate::engine::{self, Binds, LOCK_WAIT};
use crate::router::{self, Plan, Router, TargetDestination, TransactionState};
use crate::sql::{self, SqlError, Statement, ast};
use crate::store::{Force, Revision};
use crate::value::QueryResult;

pub(super) use ddl::changed_files;
pub(super) use function::literal;
pub(super) use place::{Place, PlaceKey};

/// Revisions that a session keeps open beside the place where it is.
const KEPT_PLACES: usize = 8;

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
    /// Other places that are open.
    parked: Vec<Place>,
    /// Where a database's name without a revision leads.
    home: PlaceKey,
    /// The revision that `USE` named, as typed.
    qualifier: Option<String>,
    /// Prepared statements by name.
    prepared: BTreeMap<String, String>,
    /// Whether the procedure that runs was called in a transaction.
    pub(super) called_in_transaction: bool,
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
}

impl Session {
    /// A client that comes to a place; with one keyspace it is there.
    fn new(place: Place) -> Self {
        let mut client = router::Session::new();
        let mut names = place.catalog.keyspaces.keys();
        if let (Some(only), None) = (names.next(), names.next()) {
            client.target.keyspace = Some(only.clone());
        }
        Self {
            home: place.key(),
            place,
            client,
            parked: Vec::new(),
            qualifier: None,
            prepared: BTreeMap::new(),
            called_in_transaction: false,
        }
    }

    /// Puts this session on a branch; no other session moves, nor does a worktree. An open transaction is committed.
    ///
    /// # Errors
    /// When there is no such branch, or its working set cannot be opened.
    pub fn switch_branch(&mut self, branch: &str) -> Result<(), Error> {
        self.commit_transaction()?;
        self.go_to(&PlaceKey::Working(Some(branch.to_owned())))?;
        self.home = self.place.key();
        self.qualifier = None;
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
            self.bring_variables()?;
        }
        Ok(())
    }

    /// Renames a branch; what is open of it is closed meanwhile, and opened again if the session is there.
    ///
    /// # Errors
    /// When the old name is nobody's, or the new one invalid or taken.
    pub(super) fn rename_branch(
        &mut self,
        from: &str,
        to: &str,
        force: Force,
    ) -> Result<(), Error> {
        self.commit_transaction()?;
        let named = |name: &str| PlaceKey::Working(Some(name.to_owned()));
        let home = self.workspace().home()?;
        let (is_here, is_home) = (self.place.key() == named(from), self.home == named(from));
        if is_here {
            let tip = home.store.resolve_commit(&format!("refs/heads/{from}"))?;
            self.place = home.past_place(Revision::Commit(tip))?;
        }
        self.forget_branch(from);
        self.forget_branch(to);
        let renamed = home.rename_branch(from, to, force);
        let now = if renamed.is_ok() { to } else { from };
        if is_home {
            self.home = named(now);
        }
        if is_here {
            self.place = home.on_branch(now)?.working_place()?;
            self.bring_variables()?;
        }
        renamed
    }

    /// Closes what is open of a branch that begins anew or is no more.
    pub(super) fn forget_branch(&mut self, branch: &str) {
        let gone = PlaceKey::Working(Some(branch.to_owned()));
        let is_kept = |place: &Place| place.key() != gone || !place.participants.is_empty();
        self.parked.retain(is_kept);
    }

    /// Goes to another place; the open transaction goes on there, its part here waits.
    fn go_to(&mut self, key: &PlaceKey) -> Result<(), Error> {
        if self.place.key() == *key {
            return Ok(());
        }
        let known = self.parked.iter().position(|place| place.key() == *key);
        let mut next = match (known, key) {
            (Some(at), _) => self.parked.remove(at),
            (None, PlaceKey::Working(Some(branch))) => {
                self.workspace().on_branch(branch)?.working_place()?
            }
            (None, PlaceKey::Working(None)) => self.workspace().working_place()?,
            (None, PlaceKey::Past(revision)) => self.workspace().past_place(*revision)?,
        };
        self.client.swap_participants(&mut self.place.participants);
        self.client.swap_participants(&mut next.participants);
        self.parked.push(std::mem::replace(&mut self.place, next));
        self.bring_variables()?;
        let idle = |place: &Place| {
            place.participants.is_empty() && !place.wrote && place.key() != self.home
        };
        if self.parked.len() > KEPT_PLACES
            && let Some(at) = self.parked.iter().position(idle)
        {
            self.parked.remove(at);
        }
        Ok(())
    }

    /// Does work at another place and comes back.
    pub(super) fn at_place<T>(
        &mut self,
        key: &PlaceKey,
        work: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let here = self.place.key();
        self.go_to(key).map_err(Error::into_sql)?;
        let done = self.refresh().and_then(|()| work(self));
        self.go_to(&here).map_err(Error::into_sql)?;
        done
    }

    /// Follows what others did to the working set since the last statement.
    fn refresh(&mut self) -> Result<(), SqlError> {
        if self.place.revision != Revision::Working || self.client.in_transaction() {
            return Ok(());
        }
        if !self.place.is_here().map_err(Error::into_sql)? {
            let opened = match &self.place.branch {
                Some(branch) => self
                    .workspace()
                    .home()
                    .and_then(|home| home.on_branch(branch)),
                None => Ok(self.workspace().clone()),
            };
            self.place = opened
                .and_then(|workspace| workspace.working_place())
                .map_err(Error::into_sql)?;
            return self.bring_variables();
        }
        let seen = self.place.rows.shards.connection().foreign_commits()?;
        if seen != self.place.seen {
            self.place.seen = seen;
            self.reload().map_err(Error::into_sql)?;
        }
        Ok(())
    }

    /// Brings the variables that the database heeds to it: `foreign_key_checks`, and `innodb_lock_wait_timeout`, whose 0
    /// does not wait.
    fn bring_variables(&self) -> Result<(), SqlError> {
        let connection = self.place.rows.shards.connection();
        connection.set_foreign_key_checks(match self.foreign_key_checks() {
            alter::ForeignKeyChecks::On => engine::ForeignKeyChecks::On,
            alter::ForeignKeyChecks::Off => engine::ForeignKeyChecks::Off,
        });
        let set = self.client.variables.get("innodb_lock_wait_timeout");
        let seconds = set.and_then(crate::value::Value::to_f64);
        let wait = seconds.map_or(LOCK_WAIT, |seconds| {
            Duration::from_secs_f64(seconds.clamp(0.0, 1_073_741_824.0))
        });
        connection.set_lock_wait(wait)
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

    pub(super) fn run(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        self.refresh()?;
        let mut statement = statement.clone();
        if let Some(revision) = self.lift_revision(&mut statement)? {
            let key = self.place_of(&revision)?;
            return self.at_place(&key, |session| session.run_here(&statement));
        }
        self.run_here(&statement)
    }

    /// Runs a statement whose names have no revision, or several.
    fn run_here(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        if self.overriding().is_some()
            && writes(statement)
            && !matches!(statement, Statement::Call { .. })
        {
            let keyspace = self.client.target.keyspace.as_deref().unwrap_or_default();
            let text = format!("Database {keyspace} is read-only.");
            return Err(SqlError::new(1290, "HY000", text));
        }
        match statement {
            Statement::Ddl(ddl) => self.ddl(ddl),
            Statement::AlterVschema(alter) => self.alter_vschema(alter),
            Statement::Call { name, arguments } => procedure::call(self, name, arguments),
            Statement::Use(target) => self.use_target(target),
            Statement::Prepared(prepared) => self.prepared(prepared),
            Statement::Show(show) => self.show(show),
            Statement::ShowVschema(show) => self.show_vschema(show),
            Statement::Sql(sql) => match sql.as_ref() {
                ast::Statement::Commit { .. } => self.commit(statement),
                ast::Statement::Rollback {
                    savepoint: None, ..
                } => self.end_everywhere(statement),
                _ => self.sql(sql),
            },
            Statement::SelectNext { .. } | Statement::Vexplain { .. } => self.route(statement),
        }
    }

    pub(super) fn route(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        self.route_by(Arc::clone(&self.place.catalog), statement)
    }

    /// Runs a statement, planned with a catalog that holds more than this place's.
    fn route_by(
        &mut self,
        catalog: Arc<Catalog>,
        statement: &Statement,
    ) -> Result<QueryResult, SqlError> {
        let is_write = writes(statement);
        if self.is_read_only() && is_write {
            return Err(self.read_only());
        }
        let router = Router::new(catalog, &self.place.rows.shards)
            .with_sequences(self.place.sequences.clone());
        let done = router
            .execute(&mut self.client, statement)
            .map_err(|error| error.to_sql());
        self.place.wrote = self.client.in_transaction() && (self.place.wrote || is_write);
        done
    }

    fn router(&self) -> Router<'_> {
        Router::new(self.place.catalog.clone(), &self.place.rows.shards)
            .with_sequences(self.place.sequences.clone())
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.place.revision != Revision::Working
    }

    /// The error for writing where a revision is read.
    pub(super) fn read_only(&self) -> SqlError {
        let revision = match &self.qualifier {
            Some(typed) => typed.clone(),
            None => self.place.revision.to_string(),
        };
        let text = match self.client.target.keyspace.as_deref() {
            Some(keyspace) => format!("Database {keyspace}/{revision} is read-only."),
            None => format!("revision {revision} is read-only"),
        };
        SqlError::new(1290, "HY000", text)
    }

    /// `USE keyspace`, `USE keyspace:shard`, `USE keyspace/revision`.
    fn use_target(&mut self, target: &str) -> Result<QueryResult, SqlError> {
        let (name, key, qualifier) = match self.revision_in(target) {
            Some((keyspace, revision)) => {
                let key = self.place_of(&reference::Qualified {
                    keyspace: keyspace.clone(),
                    revision: revision.clone(),
                })?;
                (keyspace, key, Some(revision))
            }
            None => (target.to_owned(), self.home.clone(), None),
        };
        let parsed = router::Target::parse(&name).map_err(|error| error.to_sql())?;
        let here = self.place.key();
        self.go_to(&key).map_err(Error::into_sql)?;
        if let Some(keyspace) = &parsed.keyspace
            && !self.place.catalog.keyspaces.contains_key(keyspace)
        {
            self.go_to(&here).map_err(Error::into_sql)?;
            return Err(SqlError::new(
                1049,
                "42000",
                format!("VT05003: unknown database '{keyspace}' in vschema"),
            ));
        }
        self.client.target = parsed;
        self.qualifier = qualifier;
        Ok(QueryResult::default())
    }

    /// Commits an open transaction, as DDL and commits do in MySQL.
    pub(super) fn commit_transaction(&mut self) -> Result<(), SqlError> {
        if self.client.in_transaction() {
            let commit = sql::parse_statement("COMMIT")?;
            self.commit(&commit)?;
        }
        Ok(())
    }

    /// COMMIT: of one branch, since two cannot be committed as one.
    fn commit(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        let written = self.parked.iter().filter(|place| place.wrote).count();
        if written + usize::from(self.place.wrote) > 1 {
            return Err(SqlError::unknown(
                "Cannot commit changes on more than one branch / database",
            ));
        }
        self.end_everywhere(statement)
    }

    /// Ends the open transaction in every place that takes part.
    fn end_everywhere(&mut self, statement: &Statement) -> Result<QueryResult, SqlError> {
        let elsewhere: Vec<PlaceKey> = self
            .parked
            .iter()
            .filter(|place| !place.participants.is_empty() || place.wrote)
            .map(Place::key)
            .collect();
        for key in elsewhere {
            let state = self.client.transaction;
            let here = self.place.key();
            self.go_to(&key).map_err(Error::into_sql)?;
            let ended = self.route(statement);
            self.place.wrote = false;
            self.go_to(&here).map_err(Error::into_sql)?;
            ended?;
            self.client.transaction = state;
        }
        let ended = self.route(statement);
        self.place.wrote = self.place.wrote && self.client.transaction != TransactionState::None;
        ended
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
        // What is prepared is judged when it runs.
        Statement::Show(_)
        | Statement::ShowVschema(_)
        | Statement::Use(_)
        | Statement::Prepared(_) => false,
        _ => true,
    }
}

pub(super) fn no_database() -> SqlError {
    SqlError::new(
        1046,
        "3D000",
        "VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)",
    )
}
