//! `log` and `show`: the commits that touched an object, newest first as git orders them.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::{DiffRequest, Side};
use super::report::LogEntry;
use super::{Error, Object, Workspace, place};
use crate::store::{Commit, CommitId, RefName, Revision, WalkOptions};

/// What to log.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Revisions, ranges (`a..b`) and exclusions (`^a`); empty for HEAD.
    pub revisions: Vec<String>,
    /// Only commits that changed one of these objects against their first parent; empty for all.
    pub objects: Vec<Object>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Workspace {
    /// Returns the commits, newest first.
    ///
    /// # Errors
    /// When a revision names none, or a commit cannot be read.
    pub fn log(&self, options: &LogOptions) -> Result<Vec<LogEntry>, Error> {
        let (tips, hidden) = self.tips(&options.revisions)?;
        let names = self.decorations()?;
        let mut entries = Vec::new();
        for commit in self.store.walk(&tips, &hidden, WalkOptions::default())? {
            if options.limit.is_some_and(|limit| entries.len() >= limit) {
                break;
            }
            let commit = commit?;
            if self.touches(&commit, &options.objects)? {
                let refs = names.get(&commit.id).cloned().unwrap_or_default();
                entries.push(LogEntry { commit, refs });
            }
        }
        if entries.is_empty() {
            self.refuse_unknown(&options.objects, &[Revision::Commit(self.end("")?)])?;
        }
        Ok(entries)
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
        let files = self.store.files(revision, "")?;
        if files.iter().any(|(path, _)| object.is_named_by(path)) {
            return Ok(true);
        }
        let Object::Table { keyspace, table } = object else {
            return Ok(false);
        };
        // A table may be in the VSchema alone.
        let paths = BTreeSet::from([place::vschema_path(keyspace)]);
        let catalog = self.read_catalog(revision, &paths)?;
        let declared = catalog.keyspaces.get(keyspace);
        Ok(declared.is_some_and(|keyspace| keyspace.vschema.tables.contains_key(table)))
    }

    /// Returns the names that lead to each commit as git shows them: `HEAD -> main`, `tag: v1`, `origin/main`.
    fn decorations(&self) -> Result<BTreeMap<CommitId, Vec<String>>, Error> {
        let head = self.store.head()?;
        let mut names: BTreeMap<CommitId, Vec<String>> = BTreeMap::new();
        if let (None, Some(commit)) = (&head.branch, head.commit) {
            names.entry(commit).or_default().push("HEAD".to_owned());
        }
        for (commit, refs) in self.store.decorations()? {
            let names = names.entry(commit).or_default();
            for reference in refs {
                match reference {
                    RefName::Branch(name) if head.branch.as_ref() == Some(&name) => {
                        names.insert(0, format!("HEAD -> {name}"));
                    }
                    RefName::Tag(name) => names.push(format!("tag: {name}")),
                    RefName::Branch(name) | RefName::Remote(name) => names.push(name),
                    RefName::Other(_) => {}
                }
            }
        }
        Ok(names)
    }

    fn tips(&self, revisions: &[String]) -> Result<(Vec<CommitId>, Vec<CommitId>), Error> {
        let (mut tips, mut hidden) = (Vec::new(), Vec::new());
        for revision in revisions {
            if let Some(excluded) = revision.strip_prefix('^') {
                hidden.push(self.store.resolve_commit(excluded)?);
            } else if let Some((from, to)) = revision.split_once("...") {
                let (from, to) = (self.end(from)?, self.end(to)?);
                tips.extend([from, to]);
                hidden.extend(self.store.merge_base(from, to)?);
            } else if let Some((from, to)) = revision.split_once("..") {
                hidden.push(self.end(from)?);
                tips.push(self.end(to)?);
            } else {
                tips.push(self.store.resolve_commit(revision)?);
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

    fn touches(&self, commit: &Commit, objects: &[Object]) -> Result<bool, Error> {
        if objects.is_empty() {
            return Ok(true);
        }
        let (from, to) = self.sides_of(commit);
        let changes = self.changes(&from, &to)?;
        let mut vschema_only = false;
        for object in objects {
            for path in changes.paths.iter().map(|change| change.path.as_str()) {
                if !object.may_concern(path) {
                    continue;
                }
                match object {
                    Object::Table { .. } if path.ends_with("/vschema.json") => vschema_only = true,
                    Object::Relation(_) => vschema_only = true,
                    _ => return Ok(true),
                }
            }
            if changes
                .rows
                .iter()
                .any(|rows| object.concerns_rows(&rows.place.keyspace, &rows.place.table))
            {
                return Ok(true);
            }
        }
        if !vschema_only {
            return Ok(false);
        }
        // The file is shared by many objects: look whether these are among what differs in it.
        let request = DiffRequest {
            from,
            to,
            objects: objects.to_vec(),
            keyless: false,
        };
        Ok(!self.diff(&request)?.relations.is_empty())
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
