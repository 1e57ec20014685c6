//! `log` and `show`: the commits that touched an object, newest first as git orders them.
//!
//! Without objects every commit is shown that the revisions reach; with objects the history is simplified as
//! [`crate::history`] says, and followed through renames.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::diff::Side;
use super::report::LogEntry;
use super::{Error, Object, Workspace, place};
use crate::history::{Ahead, History, IndexUse, KeyValue, Progress, Subject, TableVersion};
use crate::store::{Commit, CommitId, Order, RefName, Revision, WalkOptions};
use crate::value::Value;

/// What to log.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Revisions, ranges (`a..b`, `a...b`) and exclusions (`^a`); empty for HEAD.
    pub revisions: Vec<String>,
    /// Revisions whose history is left out.
    pub not: Vec<String>,
    /// All branches and tags beside the revisions.
    pub all: bool,
    /// Only commits that touched one of these objects; empty for all.
    pub objects: Vec<Object>,
    /// Stop at renames instead of following them.
    pub no_follow: bool,
    /// Children before parents, lines of descent unmixed, as a graph needs it.
    pub topological: bool,
    /// Follow the first parent of each commit only.
    pub first_parent: bool,
    /// Only commits for which all of this holds.
    pub filter: LogFilter,
    /// At most so many.
    pub limit: Option<usize>,
}

/// What must hold of a commit to be shown.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Committed at or after this time, in seconds since 1970.
    pub since: Option<i64>,
    /// Committed at or before this time.
    pub until: Option<i64>,
    /// `Name <address>` of the author matches.
    pub author: Option<Regex>,
    /// A line of the message matches.
    pub message: Option<Regex>,
    /// At least so many parents: 2 for merges.
    pub min_parents: Option<usize>,
    /// At most so many parents: 1 for no merges.
    pub max_parents: Option<usize>,
}

impl LogFilter {
    fn passes(&self, commit: &Commit) -> bool {
        let Self {
            since,
            until,
            author,
            message,
            min_parents,
            max_parents,
        } = self;
        let seconds = commit.committer.seconds;
        let parents = commit.parents.len();
        since.is_none_or(|since| seconds >= since)
            && until.is_none_or(|until| seconds <= until)
            && min_parents.is_none_or(|least| parents >= least)
            && max_parents.is_none_or(|most| parents <= most)
            && author.as_ref().is_none_or(|pattern| {
                pattern.is_match(&format!("{} <{}>", commit.author.name, commit.author.email))
            })
            && message
                .as_ref()
                .is_none_or(|pattern| commit.message.lines().any(|line| pattern.is_match(line)))
    }
}

impl Workspace {
    /// Returns the commits, newest first. `progress` hears how far the history's index is built, where it is.
    ///
    /// # Errors
    /// When a revision names none, an object never was, or a commit cannot be read.
    pub fn log_with(
        &self,
        options: &LogOptions,
        ahead: Ahead,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<LogEntry>, Error> {
        let mut history = self.history(progress);
        if !options.objects.is_empty() {
            history.prepare(ahead);
        }
        let (tips, hidden) = self.tips(options)?;
        let names = self.decorations()?;
        let entry = |commit: Commit, objects: Vec<Object>, parents: Vec<CommitId>| LogEntry {
            refs: names
                .get(&commit.id)
                .map(|(names, _)| names.clone())
                .unwrap_or_default(),
            remotes: names
                .get(&commit.id)
                .map(|(_, remotes)| remotes.clone())
                .unwrap_or_default(),
            commit,
            objects,
            parents,
        };
        if options.objects.is_empty() {
            let walk = WalkOptions {
                order: if options.topological {
                    Order::Topological
                } else {
                    Order::Date
                },
                first_parent: options.first_parent,
            };
            let mut entries = Vec::new();
            for commit in self.store.walk(&tips, &hidden, walk)? {
                if options.limit.is_some_and(|limit| entries.len() >= limit) {
                    break;
                }
                let commit = commit?;
                if options.filter.passes(&commit) {
                    let parents = commit.parents.clone();
                    entries.push(entry(commit, Vec::new(), parents));
                }
            }
            return Ok(entries);
        }
        let tip = tips.first().copied();
        let mut subjects = Vec::with_capacity(options.objects.len());
        for object in &options.objects {
            let at = tip.map(|tip| self.store.commit(tip)).transpose()?;
            subjects.push(self.subject(at.as_ref(), object)?);
        }
        if options.no_follow {
            history = history.without_renames();
        }
        let touches = history.log(
            &tips,
            &hidden,
            &subjects,
            options.limit,
            &mut |commit: &Commit| options.filter.passes(commit),
        )?;
        history.leave();
        let mut entries = Vec::with_capacity(touches.len());
        for touch in touches {
            let objects = options.objects.iter().zip(touch.subjects.iter());
            let objects = objects
                .map(|(object, subject)| renamed(object, subject))
                .collect();
            entries.push(entry(touch.commit, objects, touch.simplified_parents));
        }
        if entries.is_empty() {
            self.refuse_unknown(&options.objects, &[Revision::Commit(self.end("")?)])?;
        }
        Ok(entries)
    }

    /// As [`Workspace::log_with`], telling nobody of progress.
    ///
    /// # Errors
    /// As [`Workspace::log_with`].
    pub fn log(&self, options: &LogOptions) -> Result<Vec<LogEntry>, Error> {
        self.log_with(options, Ahead::default(), &mut |_| {})
    }

    /// Begins to open the history's index for [`Workspace::log_with`], while the caller finds out what to ask.
    pub fn open_history_ahead(&self) -> Ahead {
        Ahead::begin(&self.store, IndexUse::of(&self.store))
    }

    /// Returns a reader of histories of objects, with the index that git's configuration asks for
    /// (`vrev.historyIndex`: `auto`, `always` or `never`).
    pub fn history<'w>(&'w self, progress: impl FnMut(Progress) + 'w) -> History<'w> {
        History::new(&self.store, IndexUse::of(&self.store), progress)
    }

    /// Returns what an object's name stands for at a commit, as something that has a history.
    ///
    /// # Errors
    /// When a row is named by another number of values than its key has, or files cannot be read.
    pub fn subject(&self, at: Option<&Commit>, object: &Object) -> Result<Subject, Error> {
        Ok(match object {
            Object::Keyspace(keyspace) => Subject::Keyspace(keyspace.clone()),
            Object::Path(path) => Subject::Path(path.clone()),
            Object::Relation(name) => {
                Subject::relation(name).unwrap_or_else(|| Subject::Path(name.clone()))
            }
            Object::Table { keyspace, table } => {
                let is_vindex = match at {
                    Some(commit) => {
                        let revision = Revision::Commit(commit.id);
                        let object = Object::Table {
                            keyspace: keyspace.clone(),
                            table: table.clone(),
                        };
                        !self.has_table(&revision, &object)? && {
                            let paths = BTreeSet::from([place::vschema_path(keyspace)]);
                            let catalog = self.read_catalog(&revision, &paths)?;
                            let declared = catalog.keyspaces.get(keyspace);
                            declared.is_some_and(|keyspace| {
                                keyspace.vschema.vindexes.contains_key(table)
                            })
                        }
                    }
                    None => false,
                };
                if is_vindex {
                    Subject::Vindex {
                        keyspace: keyspace.clone(),
                        vindex: table.clone(),
                    }
                } else {
                    Subject::Table {
                        keyspace: keyspace.clone(),
                        table: table.clone(),
                    }
                }
            }
            Object::Part {
                keyspace,
                table,
                part,
            } => self.part(at, keyspace, table, part)?,
            Object::Row {
                keyspace,
                table,
                key,
                column,
            } => self.row(at, (keyspace, table), key, column.as_deref())?,
        })
    }

    fn part(
        &self,
        at: Option<&Commit>,
        keyspace: &str,
        table: &str,
        part: &str,
    ) -> Result<Subject, Error> {
        let subject = |relation, identity: &str| Subject::Part {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
            relation,
            identity: identity.to_owned(),
        };
        let gone = subject("columns", part);
        let Some(commit) = at else { return Ok(gone) };
        let paths = BTreeSet::from([
            place::table_path(keyspace, table),
            place::identities_path(keyspace),
        ]);
        let catalog = self.read_catalog(&Revision::Commit(commit.id), &paths)?;
        let Some(definition) = catalog.definition(keyspace, table) else {
            return Ok(gone);
        };
        let identities = &catalog.keyspaces[keyspace].identities;
        let is = |name: &str| name.eq_ignore_ascii_case(part);
        let definition = &definition.definition;
        if let Some(column) = definition.columns.iter().find(|column| is(&column.name)) {
            return Ok(subject("columns", identities.column(table, &column.name)));
        }
        for relation in crate::relation::describe::describe(&catalog) {
            let name = relation.schema.name.as_str();
            let Some(kind) = ["indexes", "foreign_keys", "checks", "partitions"]
                .into_iter()
                .find(|kind| *kind == name)
            else {
                continue;
            };
            let shown = relation.schema.shown_key().last();
            let (Some(shown), Some(&key)) = (shown, relation.schema.key.last()) else {
                continue;
            };
            let text = |row: &[Value], at: usize| {
                let text = row.get(at).and_then(Value::to_text);
                text.unwrap_or_default().into_owned()
            };
            let mut rows = relation.rows.iter().map(|(row, _)| row);
            if let Some(row) = rows.find(|row| is(&text(row, shown))) {
                return Ok(subject(kind, &text(row, key)));
            }
        }
        Ok(gone)
    }

    fn row(
        &self,
        at: Option<&Commit>,
        (keyspace, table): (&str, &str),
        key: &[String],
        column: Option<&str>,
    ) -> Result<Subject, Error> {
        let name = format!("{keyspace}.{table}");
        let version = match at {
            Some(commit) => TableVersion::read(&self.store, commit, keyspace, table)?,
            None => None,
        };
        let Some(version) = version else {
            return Err(Error::UnknownObject {
                name,
                revision: at.map_or("HEAD".to_owned(), |commit| commit.id.to_string()),
            });
        };
        let schema = &version.schema;
        if !schema.is_keyed() {
            return Err(crate::history::Error::Keyless { table: name }.into());
        }
        if schema.key.len() != key.len() {
            return Err(crate::history::Error::KeyLength {
                table: name,
                expected: schema.key.len(),
                found: key.len(),
            }
            .into());
        }
        let named = schema.key.iter().zip(key).map(|(&at, text)| {
            let column = &schema.columns[at];
            let value = Value::Text(text.clone()).cast(&column.column_type);
            (column.identity.clone(), KeyValue(value))
        });
        let column = match column {
            None => None,
            Some(wanted) => {
                let mut columns = schema.columns.iter();
                let found = columns.find(|column| column.name.eq_ignore_ascii_case(wanted));
                let Some(found) = found else {
                    return Err(Error::UnknownObject {
                        name: format!("{name}.{wanted}"),
                        revision: at.map_or("HEAD".to_owned(), |commit| commit.id.to_string()),
                    });
                };
                Some(found.identity.clone())
            }
        };
        Ok(Subject::Row {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
            key: named.collect(),
            column,
        })
    }

    /// Refuses objects that none of the revisions has.
    pub(super) fn refuse_unknown(
        &self,
        objects: &[Object],
        revisions: &[Revision],
    ) -> Result<(), Error> {
        for object in objects {
            let mut known = matches!(object, Object::Relation(_));
            for revision in revisions {
                known = known || self.has_object(revision, object)?;
            }
            if !known {
                let mut named: Vec<String> = revisions.iter().map(ToString::to_string).collect();
                named.dedup();
                return Err(Error::UnknownObject {
                    name: object.name(),
                    revision: named.join(" and "),
                });
            }
        }
        Ok(())
    }

    fn has_object(&self, revision: &Revision, object: &Object) -> Result<bool, Error> {
        match object {
            Object::Part { .. } | Object::Row { .. } => return Ok(false),
            Object::Table { .. } if self.has_table(revision, object)? => return Ok(true),
            Object::Table { keyspace, table } => {
                let paths = BTreeSet::from([place::vschema_path(keyspace)]);
                let catalog = self.read_catalog(revision, &paths)?;
                let declared = catalog.keyspaces.get(keyspace);
                return Ok(
                    declared.is_some_and(|keyspace| keyspace.vschema.vindexes.contains_key(table))
                );
            }
            Object::Keyspace(_) | Object::Relation(_) | Object::Path(_) => {}
        }
        let files = self.store.files(revision, "")?;
        Ok(files.iter().any(|(path, _)| object.is_named_by(path)))
    }

    /// Tells whether a revision has a table or view, in its files or in the VSchema alone.
    fn has_table(&self, revision: &Revision, object: &Object) -> Result<bool, Error> {
        let Some((keyspace, table)) = object.table() else {
            return Ok(false);
        };
        for path in [
            place::table_path(keyspace, table),
            place::view_path(keyspace, table),
        ] {
            if !path.is_empty() && self.store.has_path(revision, &path)? {
                return Ok(true);
            }
        }
        let paths = BTreeSet::from([place::vschema_path(keyspace)]);
        let catalog = self.read_catalog(revision, &paths)?;
        let declared = catalog.keyspaces.get(keyspace);
        Ok(declared.is_some_and(|keyspace| keyspace.vschema.tables.contains_key(table)))
    }

    /// Returns the names that lead to each commit as git shows them: `HEAD -> main`, `tag: v1`, `origin/main`.
    /// With them, those that are branches of remotes.
    fn decorations(&self) -> Result<BTreeMap<CommitId, (Vec<String>, Vec<String>)>, Error> {
        let head = self.store.head()?;
        let mut names: BTreeMap<CommitId, (Vec<String>, Vec<String>)> = BTreeMap::new();
        if let (None, Some(commit)) = (&head.branch, head.commit) {
            names.entry(commit).or_default().0.push("HEAD".to_owned());
        }
        for (commit, refs) in self.store.decorations()? {
            let (names, remotes) = names.entry(commit).or_default();
            for reference in refs {
                match reference {
                    RefName::Branch(name) if head.branch.as_ref() == Some(&name) => {
                        names.insert(0, format!("HEAD -> {name}"));
                    }
                    RefName::Tag(name) => names.push(format!("tag: {name}")),
                    RefName::Branch(name) => names.push(name),
                    RefName::Remote(name) => {
                        remotes.push(name.clone());
                        names.push(name);
                    }
                    RefName::Other(_) => {}
                }
            }
        }
        Ok(names)
    }

    fn tips(&self, options: &LogOptions) -> Result<(Vec<CommitId>, Vec<CommitId>), Error> {
        let (mut tips, mut hidden) = (Vec::new(), Vec::new());
        for revision in &options.not {
            hidden.push(self.store.resolve_commit(revision)?);
        }
        for revision in &options.revisions {
            if let Some(excluded) = revision.strip_prefix('^') {
                hidden.push(self.store.resolve_commit(excluded)?);
            } else if let Some((from, to)) = revision.split_once("...") {
                let (from, to) = (self.end(from)?, self.end(to)?);
                tips.extend([from, to]);
                hidden.extend(self.store.merge_bases(from, to)?);
            } else if let Some((from, to)) = revision.split_once("..") {
                hidden.push(self.end(from)?);
                tips.push(self.end(to)?);
            } else {
                tips.push(self.store.resolve_commit(revision)?);
            }
        }
        if options.all {
            tips.extend(self.store.head()?.commit);
            for (commit, names) in self.store.decorations()? {
                let is_other = |name: &RefName| matches!(name, RefName::Other(_));
                if !names.iter().all(is_other) && !tips.contains(&commit) {
                    tips.push(commit);
                }
            }
        }
        if tips.is_empty() {
            tips.push(self.store.resolve_commit("HEAD")?);
        }
        Ok((tips, hidden))
    }

    fn end(&self, revision: &str) -> Result<CommitId, Error> {
        Ok(self.store.resolve_commit(if revision.is_empty() {
            "HEAD"
        } else {
            revision
        })?)
    }

    /// The sides of a commit's own change: its first parent, or nothing, and itself.
    pub fn sides_of(&self, commit: &Commit) -> (Side, Side) {
        let parent = commit.parents.first().map(|&id| Revision::Commit(id));
        let name = parent.map_or_else(
            || "the empty catalog".to_owned(),
            |revision| revision.to_string(),
        );
        (
            Side {
                name,
                revision: parent,
            },
            Side {
                name: commit.id.to_string(),
                revision: Some(Revision::Commit(commit.id)),
            },
        )
    }
}

/// Returns an object by the name of its table where a commit has it.
fn renamed(object: &Object, subject: &Subject) -> Object {
    let mut object = object.clone();
    let name = match subject {
        Subject::Table { table, .. } | Subject::Part { table, .. } | Subject::Row { table, .. } => {
            table
        }
        _ => return object,
    };
    match &mut object {
        Object::Table { table, .. } | Object::Part { table, .. } | Object::Row { table, .. } => {
            name.clone_into(table);
        }
        _ => {}
    }
    object
}
