//! `clean` and `rm`: tables and files taken out of the working set, and out of what is tracked.

use std::collections::BTreeSet;

use super::rows::TableKey;
use super::{Error, Object, Workspace, place};
use crate::sql::name;
use crate::store::Revision;

/// What to clean away.
#[derive(Debug, Clone, Default)]
pub struct CleanOptions {
    /// The objects; empty for every untracked table, view and other file of the catalog. A plain file must be named.
    pub objects: Vec<Object>,
    /// Change nothing.
    pub dry_run: bool,
    /// Also what git's ignore rules and `dolt_ignore` hide.
    pub ignored: bool,
}

/// What to remove.
#[derive(Debug, Clone, Default)]
pub struct RemoveOptions {
    /// Tables, views or files.
    pub objects: Vec<Object>,
    /// Take them out of the index only; the working set keeps them.
    pub cached: bool,
}

impl Workspace {
    /// Removes untracked objects, tables with their rows, and returns their names, sorted.
    ///
    /// # Errors
    /// When an object is tracked or does not exist, or something cannot be removed.
    pub fn clean(&self, options: &CleanOptions) -> Result<Vec<String>, Error> {
        Object::check_whole(&options.objects)?;
        self.adopt()?;
        let mut untracked = self.store.untracked_files(options.ignored)?;
        if !options.ignored && options.objects.is_empty() {
            let ignored = self.ignored_tables(untracked.iter().map(String::as_str))?;
            untracked.retain(|path| !ignored.has_path(path));
        }
        for object in &options.objects {
            if !untracked.iter().any(|path| object.is_named_by(path)) {
                return Err(Error::UnknownObject {
                    name: object.name(),
                    revision: "what is untracked".to_owned(),
                });
            }
        }
        let wanted = |path: &str| {
            if options.objects.is_empty() {
                place::is_catalog_path(path)
            } else {
                let mut objects = options.objects.iter();
                objects.any(|object| object.is_named_by(path))
            }
        };
        let paths: Vec<String> = untracked.into_iter().filter(|path| wanted(path)).collect();
        let mut names: Vec<String> = paths.iter().map(|path| place::object_of(path).1).collect();
        names.sort();
        if !options.dry_run {
            self.remove_objects(&paths)?;
        }
        Ok(names)
    }

    /// Removes tracked objects and stages that; returns their names, sorted.
    ///
    /// # Errors
    /// [`Error::NotTracked`] for what git does not know, [`Error::UnstagedChanges`] for tables that are changed since
    /// they were staged, [`Error::Referenced`] for a table on which another one's foreign key rests.
    pub fn remove(&self, options: &RemoveOptions) -> Result<Vec<String>, Error> {
        Object::check_whole(&options.objects)?;
        self.adopt()?;
        let tracked: Vec<String> = self
            .store
            .files(&Revision::Staged, "")?
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let (mut paths, mut unknown) = (Vec::new(), Vec::new());
        for object in &options.objects {
            let found = tracked.iter().filter(|path| object.is_named_by(path));
            let before = paths.len();
            paths.extend(found.cloned());
            if paths.len() == before {
                unknown.push(object.name());
            }
        }
        if !unknown.is_empty() {
            let name = unknown.join("`, `");
            return Err(Error::NotTracked { name });
        }
        let tables: BTreeSet<TableKey> = paths
            .iter()
            .filter_map(|path| place::table_of(path))
            .collect();
        self.refuse_referenced(&tables)?;
        if options.cached {
            // What is staged no longer tells what the rows are.
            self.working_rows(&self.catalog(&Revision::Working)?)?;
        } else {
            self.refuse_unstaged(&paths, &tables)?;
            self.refuse_staged(&paths)?;
            self.remove_objects(&paths)?;
        }
        self.untrack_objects(&options.objects)?;
        let mut names: Vec<String> = paths.iter().map(|path| place::object_of(path).1).collect();
        names.sort();
        Ok(names)
    }

    /// Drops tables and views as SQL would, and removes other files.
    fn remove_objects(&self, paths: &[String]) -> Result<(), Error> {
        let (mut statements, mut files) = (Vec::new(), Vec::new());
        for path in paths {
            let (kind, object) = place::object_of(path);
            match (kind, object.split_once('.')) {
                ("table" | "view", Some((keyspace, table))) => {
                    let (keyspace, table) = (name::quote(keyspace), name::quote(table));
                    statements.push(format!("DROP {kind} {keyspace}.{table}"));
                }
                _ => files.push(path),
            }
        }
        if !statements.is_empty() {
            let mut session = self.session(None)?;
            session.execute("SET foreign_key_checks = 0")?;
            for statement in statements {
                session.execute(&statement)?;
            }
        }
        // What declares a keyspace goes after its tables.
        for path in files {
            self.store.remove_file(path)?;
        }
        Ok(())
    }

    fn refuse_unstaged(&self, paths: &[String], tables: &BTreeSet<TableKey>) -> Result<(), Error> {
        let mut changed = BTreeSet::new();
        for entry in self.store.status()?.entries {
            if entry.worktree.is_some() && paths.contains(&entry.path) {
                changed.insert(place::object_of(&entry.path).1);
            }
        }
        let staged = self.store.table_rows_trees(&Revision::Staged)?;
        let unstaged = super::rows::differing(&staged, &self.working_trees()?);
        for (keyspace, table) in unstaged.intersection(tables) {
            changed.insert(format!("{keyspace}.{table}"));
        }
        if changed.is_empty() {
            Ok(())
        } else {
            Err(Error::UnstagedChanges {
                objects: changed.into_iter().collect(),
            })
        }
    }

    /// Refuses to take away a table to which a foreign key of one that stays leads.
    /// Refuses to remove what is staged and not committed, as git does: nothing else would have it.
    fn refuse_staged(&self, paths: &[String]) -> Result<(), Error> {
        let status = self.store.status()?.entries;
        let staged = status.iter().filter(|entry| entry.staged.is_some());
        let objects: Vec<String> = staged
            .filter(|entry| paths.contains(&entry.path))
            .map(|entry| place::object_of(&entry.path).1)
            .collect();
        match objects.is_empty() {
            true => Ok(()),
            false => Err(Error::StagedChanges { objects }),
        }
    }

    fn refuse_referenced(&self, tables: &BTreeSet<TableKey>) -> Result<(), Error> {
        if tables.is_empty() {
            return Ok(());
        }
        let catalog = self.catalog(&Revision::Working)?;
        for (keyspace, name, table) in catalog.definitions() {
            if tables.contains(&(keyspace.to_owned(), name.to_owned())) {
                continue;
            }
            for key in &table.definition.foreign_keys {
                let parent = &key.referenced_table;
                let parent_keyspace = parent.keyspace.as_deref().unwrap_or(keyspace);
                if tables.contains(&(parent_keyspace.to_owned(), parent.name.clone())) {
                    return Err(Error::Referenced {
                        table: parent.name.clone(),
                        by: name.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}
