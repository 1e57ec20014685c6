//! Tables taken back to what is staged or committed, and tables taken out of the index: files and rows together.

use std::collections::BTreeSet;

use super::rows::{TableKey, Trees};
use super::{Error, Object, Workspace, place};
use crate::diff::rename::Kind;
use crate::sql::TableName;
use crate::sql::name::{quote, quote_table};
use crate::store::{RestoreTo, Revision};

impl Workspace {
    /// Returns the objects that words name. A word that is no keyspace names a table or view where only one keyspace has
    /// one of that name: in the working set, the index or HEAD; and a word with a dot a file at the top (`README.md`) where
    /// there is one.
    ///
    /// # Errors
    /// When files cannot be listed.
    pub fn objects(&self, words: &[String]) -> Result<Vec<Object>, Error> {
        let mut objects: Vec<Object> = words.iter().map(|word| Object::parse(word)).collect();
        for (object, word) in objects.iter_mut().zip(words) {
            if matches!(object, Object::Table { .. } | Object::Part { .. }) && self.is_file(word)? {
                *object = Object::Path(word.clone());
            }
        }
        if !objects
            .iter()
            .any(|object| matches!(object, Object::Keyspace(_)))
        {
            return Ok(objects);
        }
        let mut known: BTreeSet<TableKey> = BTreeSet::new();
        let mut keyspaces = BTreeSet::new();
        let revisions = [Revision::Working, Revision::Staged];
        for revision in revisions.into_iter().chain(self.head_commit()?) {
            for (path, _) in self.store.files(&revision, "")? {
                known.extend(place::defined_by(&path));
                keyspaces.extend(place::keyspace_of(&path));
            }
        }
        for object in &mut objects {
            let Object::Keyspace(name) = object else {
                continue;
            };
            let mut found = known.iter().filter(|(_, table)| table == name);
            if let (false, Some((keyspace, table)), None) =
                (keyspaces.contains(name), found.next(), found.next())
            {
                *object = Object::Table {
                    keyspace: keyspace.clone(),
                    table: table.clone(),
                };
            }
        }
        Ok(objects)
    }

    /// Tells whether the working set, the index or HEAD has a file of this name at the top.
    fn is_file(&self, name: &str) -> Result<bool, Error> {
        if name.contains(['/', '`']) {
            return Ok(false);
        }
        // What no file can be called is none.
        let is_there = self.store.has_path(&Revision::Working, name);
        let local = is_there.unwrap_or(false) || self.store.has_path(&Revision::Staged, name)?;
        match self.head_commit()? {
            Some(head) if !local => Ok(self.store.has_path(&head, name)?),
            _ => Ok(local),
        }
    }

    /// Tells whether every object is in a revision; without one, in the index or in HEAD.
    ///
    /// # Errors
    /// The first object that is not.
    pub fn has_objects(&self, objects: &[Object], revision: Option<&str>) -> Result<(), Error> {
        let revisions = match revision {
            Some(name) => vec![self.resolve(name)?],
            None => std::iter::once(Revision::Staged)
                .chain(self.head_commit()?)
                .collect(),
        };
        self.refuse_unknown(objects, &revisions)
    }

    /// Brings objects back to what is staged (files and rows of the working set), or to a revision (the index too).
    /// Without objects, everything that is in the index.
    ///
    /// # Errors
    /// When an object is not there, or files and rows cannot be read or written.
    pub fn restore_objects(&self, objects: &[Object], revision: Option<&str>) -> Result<(), Error> {
        Object::check_whole(objects)?;
        self.adopt()?;
        let source = match revision {
            Some(name) => self.resolve(name)?,
            None => Revision::Staged,
        };
        for (from, to) in self.unstaged_renames(&self.store.status()?.entries)? {
            let is_taken_back = |object: &Object| object.concerns_definition(&from.0, &from.1);
            if objects.is_empty() || objects.iter().any(is_taken_back) {
                let now = quote_table(&TableName::qualified(&to.0, &to.1));
                self.rename(&now, &quote(&from.1), Some(Kind::Table))?;
            }
        }
        let is_meant = |path: &str| {
            objects.is_empty() || objects.iter().any(|object| object.is_named_by(path))
        };
        let files = self.store.files(&source, "")?;
        let paths: Vec<&str> = files
            .iter()
            .map(|(path, _)| path.as_str())
            .filter(|path| !path.starts_with("rows/") && is_meant(path))
            .collect();
        let to = match revision {
            Some(_) => RestoreTo::Both,
            None => RestoreTo::Worktree,
        };
        let trees = self.store.table_rows_trees(&source)?;
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        // Every table whose definition is taken back, rows or not.
        let tables: BTreeSet<TableKey> = paths
            .iter()
            .filter_map(|path| place::table_of(path))
            .collect();
        if !paths.is_empty() {
            self.store.restore(&paths, &source, to)?;
        }
        self.restore_tables(&source, &tables)?;
        if revision.is_some() {
            self.stage_rows(&tables, &staged, &trees)?;
        }
        Ok(())
    }

    /// Takes tables out of the index, rows too; what is in the working set stays there, untracked.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn untrack_objects(&self, objects: &[Object]) -> Result<(), Error> {
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let files = self.store.files(&Revision::Staged, "")?;
        let paths: Vec<&str> = files
            .iter()
            .map(|(path, _)| path.as_str())
            .filter(|path| !path.starts_with("rows/"))
            .filter(|path| objects.iter().any(|object| object.is_named_by(path)))
            .collect();
        let tables: BTreeSet<TableKey> = paths
            .iter()
            .filter_map(|path| place::table_of(path))
            .collect();
        self.store.untrack(&paths)?;
        self.stage_rows(&tables, &staged, &Trees::new())
    }

    /// Returns the tables and views among the objects that differ between the index and the working set.
    ///
    /// # Errors
    /// When files or rows cannot be read.
    pub fn unstaged_among(&self, objects: &[Object]) -> Result<Vec<String>, Error> {
        let mut names = BTreeSet::new();
        for changed in self.status()?.unstaged {
            let is_meant = |object: &Object| match object {
                Object::Table { keyspace, table } => changed.name == format!("{keyspace}.{table}"),
                other => other.may_concern(&changed.path),
            };
            if objects.iter().any(is_meant) {
                names.insert(changed.name);
            }
        }
        Ok(names.into_iter().collect())
    }
}
