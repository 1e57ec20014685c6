//! What system tables are read through: a place of a session, its rows as they are in the open transaction, and all of
//! the history behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::{self, State, TableVersion, VersionRows};
use super::{Found, Warnings, define, pair};
use crate::catalog::Catalog;
use crate::diff::RelationDiff;
use crate::engine::CommittedRows;
use crate::relation::{RowSource, describe};
use crate::router::{self, TargetDestination};
use crate::sql::{SqlError, TableName};
use crate::store::{Commit, CommitId, Revision, Store, TreeId, WalkOptions};
use crate::value::{ColumnType, DateTime};
use crate::workspace::diff::TableRows;
use crate::workspace::rows::{Trees, table_schema};
use crate::workspace::session::Place;
use crate::workspace::{Error, Workspace, place};

/// A place's history and its uncommitted state.
#[derive(Clone)]
pub(in crate::workspace) struct Reader {
    pub(in crate::workspace) workspace: Workspace,
    /// The branch; absent at a revision.
    pub(super) branch: Option<String>,
    /// Where unqualified names lead.
    pub(in crate::workspace) keyspace: Option<String>,
    /// The shards of that keyspace to which its tables are narrowed.
    pub(in crate::workspace) target: Option<TargetDestination>,
    /// The newest commit of the place.
    pub(in crate::workspace) head: Option<CommitId>,
    /// The state that `AS OF` asked a system table for.
    pub(in crate::workspace) asked: Option<State>,
    /// What the place declares.
    pub(super) catalog: Arc<Catalog>,
    /// The revision that is read, or `WORKING`.
    pub(super) revision: Revision,
    /// The rows of the working set.
    pub(super) trees: Arc<Trees>,
}

/// A commit with its height: one more than its highest parent's.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) commit: Commit,
    pub(super) height: u64,
}

impl Reader {
    /// Looks from a place; uncommitted rows are taken as they are now.
    ///
    /// # Errors
    /// When HEAD or the rows cannot be read.
    pub(in crate::workspace) fn new(
        place: &Place,
        keyspace: Option<&str>,
    ) -> Result<Self, SqlError> {
        let (head, trees) = match place.revision {
            Revision::Working => (
                place.workspace.store.head().map_err(failed)?.commit,
                place
                    .rows
                    .snapshot(&place.workspace, &place.catalog)
                    .map_err(Error::into_sql)?,
            ),
            Revision::Staged => (
                place.workspace.store.head().map_err(failed)?.commit,
                Trees::new(),
            ),
            Revision::Commit(id) => (Some(id), Trees::new()),
        };
        Ok(Self {
            workspace: place.workspace.clone(),
            branch: place.branch.clone(),
            keyspace: keyspace.map(str::to_owned),
            target: None,
            head,
            asked: None,
            catalog: Arc::clone(&place.catalog),
            revision: place.revision,
            trees: Arc::new(trees),
        })
    }

    pub(super) fn store(&self) -> &Store {
        self.workspace.store()
    }

    /// Whether the place has uncommitted things at all.
    pub(super) fn is_working(&self) -> bool {
        self.revision == Revision::Working && self.asked.is_none()
    }

    /// The error for a table that is not there.
    pub(super) fn no_such_table(&self, name: &TableName) -> SqlError {
        let keyspace = name.keyspace.as_deref().or(self.keyspace.as_deref());
        SqlError::new(
            1146,
            "42S02",
            format!(
                "Table '{}.{}' doesn't exist",
                keyspace.unwrap_or_default(),
                name.name
            ),
        )
    }

    /// Returns the commit that a name leads to.
    ///
    /// # Errors
    /// In Dolt's words, where it names none.
    pub(in crate::workspace) fn commit(&self, name: &str) -> Result<CommitId, SqlError> {
        let (base, suffix) = match name.find(['~', '^']) {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        if base.eq_ignore_ascii_case("head") {
            let head = self.head.ok_or_else(|| unknown_name(name))?;
            if suffix.is_empty() {
                return Ok(head);
            }
            return self
                .store()
                .resolve_commit(&format!("{head}{suffix}"))
                .map_err(|_| SqlError::unknown("invalid ancestor spec"));
        }
        match self.store().resolve_commit(name) {
            Ok(id) => Ok(id),
            Err(_) if !suffix.is_empty() && self.store().resolve_commit(base).is_ok() => {
                Err(SqlError::unknown("invalid ancestor spec"))
            }
            Err(_) => Err(unknown_name(base)),
        }
    }

    /// Returns the state that a name leads to.
    ///
    /// # Errors
    /// As [`Reader::commit`].
    pub(in crate::workspace) fn state(&self, name: &str) -> Result<State, SqlError> {
        let local = match name.to_ascii_uppercase().as_str() {
            "WORKING" => Some(Revision::Working),
            "STAGED" => Some(Revision::Staged),
            _ => None,
        };
        if let Some(revision) = local {
            return Ok(State {
                name: name.to_owned(),
                ..self.state_of(revision)
            });
        }
        Ok(State {
            name: name.to_owned(),
            ..self.state_of(Revision::Commit(self.commit(name)?))
        })
    }

    /// Returns a revision's state under its own name. What is uncommitted at a revision that is read is that revision.
    pub(in crate::workspace) fn state_of(&self, revision: Revision) -> State {
        let revision = match (revision, self.revision) {
            (Revision::Working | Revision::Staged, Revision::Commit(id)) => Revision::Commit(id),
            _ => revision,
        };
        let date = match revision {
            Revision::Commit(id) => self
                .store()
                .commit(id)
                .ok()
                .and_then(|commit| DateTime::from_unix_seconds(commit.committer.seconds)),
            _ => None,
        };
        State {
            name: revision.to_string(),
            revision: Some(revision),
            date,
        }
    }

    /// The uncommitted state.
    pub(in crate::workspace) fn working_state(&self) -> State {
        self.state_of(Revision::Working)
    }

    /// Returns the newest state of HEAD's history that is not younger than a time.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub(in crate::workspace) fn state_at(&self, time: &DateTime) -> Result<State, SqlError> {
        for node in self.history(self.head.as_slice())? {
            let date = DateTime::from_unix_seconds(node.commit.committer.seconds);
            if date.is_some_and(|date| date <= *time) {
                return Ok(self.state_of(Revision::Commit(node.commit.id)));
            }
        }
        Ok(State::nothing())
    }

    /// Returns all commits that tips reach, as Dolt orders them: by height, then by date, newest first.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub(super) fn history(&self, tips: &[CommitId]) -> Result<Vec<Node>, SqlError> {
        let walk = self
            .store()
            .walk(
                tips,
                &[],
                WalkOptions {
                    order: crate::store::Order::Topological,
                    ..WalkOptions::default()
                },
            )
            .map_err(failed)?;
        let commits: Vec<Commit> = walk.collect::<Result<_, _>>().map_err(failed)?;
        let mut heights: BTreeMap<CommitId, u64> = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::with_capacity(commits.len());
        for commit in commits.into_iter().rev() {
            let parents = commit.parents.iter().filter_map(|id| heights.get(id));
            let height = parents.max().map_or(1, |height| height + 1);
            heights.insert(commit.id, height);
            nodes.push(Node { commit, height });
        }
        nodes.reverse();
        nodes.sort_by_key(|node| {
            (
                std::cmp::Reverse(node.height),
                std::cmp::Reverse(node.commit.committer.seconds),
            )
        });
        Ok(nodes)
    }

    /// Returns the ids of the commits that descend from a commit, or are its ancestors, itself among them, and the names of
    /// branches and tags that lead to one.
    ///
    /// # Errors
    /// When commits or references cannot be read.
    pub(in crate::workspace) fn kin(
        &self,
        commit: CommitId,
        descends: bool,
    ) -> Result<BTreeSet<String>, SqlError> {
        let branches = self.store().branches().map_err(failed)?;
        let tags = self.store().tags().map_err(failed)?;
        let mut names: Vec<(String, CommitId)> = Vec::new();
        names.extend(
            branches
                .into_iter()
                .map(|branch| (branch.name, branch.commit)),
        );
        names.extend(tags.into_iter().map(|tag| (tag.name, tag.commit)));
        names.extend(self.head.map(|head| ("HEAD".to_owned(), head)));
        let mut kin = BTreeSet::from([commit]);
        if descends {
            let tips: Vec<CommitId> = names.iter().map(|(_, commit)| *commit).collect();
            for node in self.history(&tips)?.into_iter().rev() {
                if node
                    .commit
                    .parents
                    .iter()
                    .any(|parent| kin.contains(parent))
                {
                    kin.insert(node.commit.id);
                }
            }
        } else {
            let ancestors = self.history(&[commit])?.into_iter();
            kin.extend(ancestors.map(|node| node.commit.id));
        }
        let mut found: BTreeSet<String> = kin.iter().map(ToString::to_string).collect();
        let led = names.into_iter().filter(|(_, commit)| kin.contains(commit));
        found.extend(led.map(|(name, _)| name));
        Ok(found)
    }

    /// Whether a name is of a relation of the catalog.
    pub(super) fn is_relation(name: &str) -> bool {
        describe::RELATIONS
            .iter()
            .any(|relation| relation.eq_ignore_ascii_case(name))
    }

    /// Returns a table as a state has it, found in any case; a relation of the catalog where no table has the name.
    ///
    /// # Errors
    /// When files or trees cannot be read.
    pub(super) fn version(
        &self,
        state: &State,
        name: &TableName,
    ) -> Result<Option<TableVersion>, SqlError> {
        let Some(revision) = &state.revision else {
            return Ok(None);
        };
        for keyspace in self.keyspaces_of(name) {
            if let Some(version) = self.table_at(revision, &keyspace, &name.name)? {
                return Ok(Some(version));
            }
        }
        if Self::is_relation(&name.name) {
            return self.relation_at(revision, &name.name).map(Some);
        }
        Ok(None)
    }

    /// The keyspaces in which a name is looked for.
    pub(super) fn keyspaces_of(&self, name: &TableName) -> Vec<String> {
        match name.keyspace.as_ref().or(self.keyspace.as_ref()) {
            Some(keyspace) => vec![keyspace.clone()],
            None => self.catalog.keyspaces.keys().cloned().collect(),
        }
    }

    fn table_at(
        &self,
        revision: &Revision,
        keyspace: &str,
        name: &str,
    ) -> Result<Option<TableVersion>, SqlError> {
        if *revision == Revision::Working {
            let Some(declared) = self.catalog.keyspaces.get(keyspace) else {
                return Ok(None);
            };
            let found = declared.tables.get_key_value(name).or_else(|| {
                declared
                    .tables
                    .iter()
                    .find(|(n, _)| n.eq_ignore_ascii_case(name))
            });
            return Ok(found.map(|(name, table)| TableVersion {
                identity: declared.identities.table(name).to_owned(),
                keyspace: keyspace.to_owned(),
                name: name.clone(),
                schema: Arc::new(table_schema(&self.catalog, keyspace, table)),
                table: Some(Arc::clone(table)),
                rows: VersionRows::Trees(of_table(&self.trees, keyspace, name)),
            }));
        }
        let mut name = name.to_owned();
        let read = |name: &str| {
            let paths = BTreeSet::from([
                place::table_path(keyspace, name),
                place::identities_path(keyspace),
            ]);
            self.workspace.read_catalog(revision, &paths)
        };
        let mut catalog = read(&name).map_err(Error::into_sql)?;
        if catalog.definition(keyspace, &name).is_none() {
            let known = self.table_names(revision)?.into_iter();
            let alike = known
                .filter(|(k, _)| k == keyspace)
                .find(|(_, table)| table.eq_ignore_ascii_case(&name));
            let Some((_, alike)) = alike else {
                return Ok(None);
            };
            catalog = read(&alike).map_err(Error::into_sql)?;
            name = alike;
        }
        let Some(table) = catalog.definition(keyspace, &name) else {
            return Ok(None);
        };
        let rows = self
            .store()
            .table_rows(revision, keyspace, &name)
            .map_err(failed)?;
        let identities = catalog.keyspaces.get(keyspace);
        let identity = identities.map(|keyspace| keyspace.identities.table(&name).to_owned());
        Ok(Some(TableVersion {
            identity: identity.unwrap_or_else(|| name.clone()),
            keyspace: keyspace.to_owned(),
            schema: Arc::new(table_schema(&catalog, keyspace, table)),
            table: Some(Arc::clone(table)),
            rows: VersionRows::Trees(rows),
            name,
        }))
    }

    fn relation_at(&self, revision: &Revision, name: &str) -> Result<TableVersion, SqlError> {
        let catalog = match revision {
            Revision::Working => Arc::clone(&self.catalog),
            revision => Arc::new(self.workspace.catalog(revision).map_err(Error::into_sql)?),
        };
        let found = describe::describe(&catalog)
            .into_iter()
            .find(|relation| relation.schema.name.eq_ignore_ascii_case(name));
        let found = found.ok_or_else(|| self.no_such_table(&TableName::new(name)))?;
        Ok(TableVersion {
            keyspace: String::new(),
            identity: found.schema.name.clone(),
            name: found.schema.name.clone(),
            table: None,
            schema: found.schema,
            rows: VersionRows::Described(Arc::new(found.rows)),
        })
    }

    /// Returns the user tables of a state, of the current keyspace or, where there is none, of all.
    ///
    /// # Errors
    /// When files cannot be listed.
    pub(super) fn tables(&self, state: &State) -> Result<Vec<(String, String)>, SqlError> {
        let Some(revision) = &state.revision else {
            return Ok(Vec::new());
        };
        let mut names = self.table_names(revision)?;
        if let Some(keyspace) = &self.keyspace {
            names.retain(|(known, _)| known == keyspace);
        }
        Ok(names)
    }

    /// Returns the user tables of a revision.
    ///
    /// # Errors
    /// When files cannot be listed.
    pub(super) fn table_names(
        &self,
        revision: &Revision,
    ) -> Result<Vec<(String, String)>, SqlError> {
        if *revision == Revision::Working {
            let names = self.catalog.definitions();
            return Ok(names
                .map(|(keyspace, name, _)| (keyspace.to_owned(), name.to_owned()))
                .collect());
        }
        let files = self.store().files(revision, "keyspaces").map_err(failed)?;
        Ok(files
            .iter()
            .filter_map(|(path, _)| place::table_of(path))
            .collect())
    }

    /// Compares two versions of a table.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub(super) fn diff(
        &self,
        from: Option<&TableVersion>,
        to: Option<&TableVersion>,
    ) -> Result<RelationDiff, SqlError> {
        let described = |side: Option<&TableVersion>| {
            side.is_some_and(|side| matches!(side.rows, VersionRows::Described(_)))
        };
        if described(from) || described(to) {
            return pair::diff_described(from, to);
        }
        let rows = |side: Option<&TableVersion>| {
            let side = side?;
            let VersionRows::Trees(trees) = &side.rows else {
                return None;
            };
            Some(TableRows {
                schema: Arc::clone(&side.schema),
                trees: trees.clone(),
            })
        };
        self.workspace
            .table_diff(rows(from), rows(to), false)
            .map_err(Error::into_sql)
    }

    /// Counts the rows of a version.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub(super) fn count(&self, version: &TableVersion) -> Result<u64, SqlError> {
        Ok(self.rows(version)?.iter().map(|(_, count)| count).sum())
    }

    /// Reads the rows of a version, in key order.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub(super) fn rows(
        &self,
        version: &TableVersion,
    ) -> Result<Vec<(crate::relation::Row, u64)>, SqlError> {
        match &version.rows {
            VersionRows::Described(rows) => Ok((**rows).clone()),
            VersionRows::Trees(trees) => {
                let mut all = Vec::new();
                for tree in trees.values() {
                    let rows = self.workspace.read_rows(Some(*tree), &version.schema);
                    all.extend(rows.map_err(Error::into_sql)?);
                }
                Ok(all)
            }
        }
    }

    /// Returns a user's table at a state, of the shards that the session's target names.
    fn targeted_version(
        &self,
        state: &State,
        name: &TableName,
    ) -> Result<Option<TableVersion>, SqlError> {
        let mut found = self.version(state, name)?;
        if let Some(target) = &self.target
            && let Some(revision) = &state.revision
            && let Some(version) = &mut found
            && self.keyspace.as_ref() == Some(&version.keyspace)
            && let VersionRows::Trees(trees) = &mut version.rows
        {
            let catalog = match revision {
                Revision::Working => Arc::clone(&self.catalog),
                revision => {
                    let paths = BTreeSet::from([
                        place::vschema_path(&version.keyspace),
                        place::shards_path(&version.keyspace),
                    ]);
                    let catalog = self.workspace.read_catalog(revision, &paths);
                    Arc::new(catalog.map_err(Error::into_sql)?)
                }
            };
            let keyspace = catalog.keyspaces.get(&version.keyspace);
            let keyspace = keyspace.ok_or_else(|| self.no_such_table(name))?;
            let shards = router::targeted(keyspace, target).map_err(|error| error.to_sql())?;
            trees.retain(|shard, _| shards.contains(shard));
        }
        Ok(found)
    }

    /// Returns the rows of a user's table at a state.
    ///
    /// # Errors
    /// 1146 where the state has no such table.
    pub(in crate::workspace) fn rows_as_of(
        &self,
        state: &State,
        name: &TableName,
    ) -> Result<Found, SqlError> {
        let version = self
            .targeted_version(state, name)?
            .ok_or_else(|| self.no_such_table(name))?;
        let (Some(table), VersionRows::Trees(trees)) = (&version.table, &version.rows) else {
            let columns = define::prefixed(&version.schema, "");
            let shown = |row: &crate::relation::Row| {
                let cells = version.schema.shown();
                cells.map(|at| row[at].clone()).collect()
            };
            let rows = self.rows(&version)?;
            let rows = rows.iter().map(|(row, _)| shown(row)).collect();
            return Ok(Found::rows(
                define::of_columns(&version.name, columns),
                rows,
            ));
        };
        let source = |tree: Option<TreeId>| -> Box<dyn RowSource + Send> {
            Box::new(self.workspace.rows_of_tree(tree, &version.schema))
        };
        let shards = match trees.is_empty() {
            true => vec![source(None)],
            false => trees.values().map(|tree| source(Some(*tree))).collect(),
        };
        Ok(Found::source(
            define::plain(table),
            CommittedRows::new(table, shards),
            Warnings::default(),
        ))
    }

    /// Returns the rows of a user's table at a state under the definition that it has at another.
    ///
    /// # Errors
    /// When that has no such table, or rows cannot be read.
    pub(in crate::workspace) fn rows_under(
        &self,
        definitions: &State,
        state: &State,
        name: &TableName,
    ) -> Result<Found, SqlError> {
        let version = self.targeted_version(state, name)?;
        let Some(shown) = self.version(definitions, name)? else {
            return Err(match version {
                Some(_) => SqlError::unknown(format!(
                    "unable to find table '{}' at overridden schema root",
                    name.name
                )),
                None => self.no_such_table(name),
            });
        };
        let warnings = Warnings::default();
        let mut rows = Vec::new();
        if let Some(version) = &version {
            for (row, count) in self.rows(version)? {
                let cells = state::under(&shown.schema, &version.schema, &row, &warnings);
                let copies = usize::try_from(count).unwrap_or(usize::MAX);
                rows.extend(std::iter::repeat_n(cells, copies));
            }
        }
        let columns = define::prefixed(&shown.schema, "");
        let mut found = Found::rows(define::of_columns(&shown.name, columns), rows);
        found.warnings = warnings;
        Ok(found)
    }

    /// Returns a name for a table's definition and rows together, which changes with either.
    ///
    /// # Errors
    /// 1146 where there is no such table.
    pub(in crate::workspace) fn hash_of_table(&self, name: &str) -> Result<String, SqlError> {
        let name = TableName::new(name);
        let version = self
            .version(&self.working_state(), &name)?
            .ok_or_else(|| self.no_such_table(&name))?;
        let text = format!("{}\n{:?}", version.create_text(), version.rows);
        Ok(Store::blob_id(text.as_bytes()).map_err(failed)?.to_string())
    }

    /// Returns a name for all that a state holds.
    ///
    /// # Errors
    /// When files cannot be read.
    pub(in crate::workspace) fn hash_of_state(&self, state: &State) -> Result<String, SqlError> {
        let Some(revision) = &state.revision else {
            return Ok(String::new());
        };
        let files = self.store().files(revision, "").map_err(failed)?;
        let trees = match revision {
            Revision::Working => (*self.trees).clone(),
            revision => self.store().table_rows_trees(revision).map_err(failed)?,
        };
        let text = format!("{files:?}\n{trees:?}");
        Ok(Store::blob_id(text.as_bytes()).map_err(failed)?.to_string())
    }

    /// The name under which a table is shown: bare where it is of the current keyspace or the only one.
    pub(super) fn shown_name(&self, keyspace: &str, table: &str) -> String {
        let is_here = match &self.keyspace {
            Some(current) => current == keyspace,
            None => self.catalog.keyspaces.len() <= 1,
        };
        if is_here {
            table.to_owned()
        } else {
            format!("{keyspace}.{table}")
        }
    }

    /// The working rows' trees.
    pub(super) fn working_trees(&self) -> &Trees {
        &self.trees
    }

    /// The type of a column of a version, for messages.
    pub(super) fn type_text(column_type: &ColumnType) -> String {
        let mut plain = column_type.clone();
        (plain.charset, plain.collation) = (None, None);
        plain.to_string()
    }
}

fn of_table(trees: &Trees, keyspace: &str, table: &str) -> BTreeMap<String, TreeId> {
    trees
        .iter()
        .filter(|(place, _)| place.keyspace == keyspace && place.table == table)
        .map(|(place, tree)| (place.shard.clone(), *tree))
        .collect()
}

/// A store's error as a client sees it.
pub(super) fn failed(error: crate::store::Error) -> SqlError {
    Error::from(error).into_sql()
}

/// The error for a name that leads to no commit: one that looks like a commit's id is missed as such.
fn unknown_name(name: &str) -> SqlError {
    let is_hash =
        |digits: usize, base: u32| name.len() == digits && name.chars().all(|c| c.is_digit(base));
    SqlError::unknown(match is_hash(40, 16) || is_hash(32, 32) {
        true => "target commit not found".to_owned(),
        false => format!("branch not found: {name}"),
    })
}
