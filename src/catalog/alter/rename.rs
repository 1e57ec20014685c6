//! RENAME TABLE: the table under its new name, foreign keys of others pointing at it, automatic names along with it.

use std::sync::Arc;

use super::{Change, Statement};
use crate::catalog::{DefinitionError, Table, canonical, same_name};
use crate::sql::TableName;
use crate::sql::ddl::CreateTable;

/// Renames a table or a view.
pub(super) fn table(
    change: &mut Statement<'_>,
    from: &TableName,
    to: &TableName,
) -> Result<(), DefinitionError> {
    let keyspace = change.keyspace_of(from)?;
    if change.keyspace_of(to)? != keyspace {
        return super::unsupported("RENAME TABLE into another keyspace");
    }
    canonical::check_table_name(&to.name)?;
    let holder = change.find_keyspace(&keyspace)?;
    let others = holder
        .tables
        .keys()
        .chain(holder.views.keys())
        .filter(|name| **name != from.name);
    if from.name == to.name || others.into_iter().any(|name| same_name(name, &to.name)) {
        return Err(DefinitionError::TableExists {
            table: to.name.clone(),
        });
    }
    if let Some(view) = holder.views.get(&from.name) {
        let mut view = view.clone();
        view.name.name.clone_from(&to.name);
        let holder = change.edit(&keyspace)?;
        holder.views.remove(&from.name);
        holder.views.insert(to.name.clone(), view);
        let (from, to) = (from.name.clone(), to.name.clone());
        change
            .outcome
            .changes
            .push(Change::ViewRenamed { keyspace, from, to });
        return Ok(());
    }
    let table = change.find_table(&keyspace, &from.name)?;
    let renamed = Table {
        definition: definition(&table.definition, &to.name),
    };
    let columns = table.definition.columns.iter();
    let columns = columns
        .map(|column| (column.name.clone(), Some(column.name.clone())))
        .collect();
    change.check_constraint_names(&keyspace, &renamed, Some(&from.name))?;
    replace(change, &keyspace, &from.name, renamed)?;
    let (from, to) = (from.name.clone(), to.name.clone());
    change.outcome.changes.push(Change::TableAltered {
        keyspace: keyspace.clone(),
        from: from.clone(),
        to: to.clone(),
        columns,
    });
    follow(change, &keyspace, (&from, &to), &|column| column.to_owned())
}

/// Puts a table in the place of the one named `from`, with the record of its identity.
pub(super) fn replace(
    change: &mut Statement<'_>,
    keyspace: &str,
    from: &str,
    table: Table,
) -> Result<(), DefinitionError> {
    change.take(keyspace, from)?;
    let identities = &mut change.edit(keyspace)?.identities;
    identities.rename_table(from, table.name());
    change.put(keyspace, Arc::new(table))
}

/// Lets the foreign keys that reference a table follow its new name and the new names of its columns.
pub(super) fn follow(
    change: &mut Statement<'_>,
    keyspace: &str,
    (from, to): (&str, &str),
    column: &dyn Fn(&str) -> String,
) -> Result<(), DefinitionError> {
    let found = change.children(keyspace, from);
    let mut followers: Vec<(String, String)> = found
        .into_iter()
        .map(|(holder, child, _)| (holder.to_owned(), child.name().to_owned()))
        .collect();
    followers.dedup();
    for (holder_name, child) in followers {
        let table = change.find_table(&holder_name, &child)?;
        let mut definition = table.definition.clone();
        for key in &mut definition.foreign_keys {
            let other = key
                .referenced_table
                .keyspace
                .as_deref()
                .unwrap_or(&holder_name);
            if other == keyspace && key.referenced_table.name == from {
                to.clone_into(&mut key.referenced_table.name);
                for name in &mut key.referenced_columns {
                    *name = column(name);
                }
            }
        }
        if definition == table.definition {
            continue;
        }
        change.put(&holder_name, Arc::new(Table { definition }))?;
        if (holder_name.as_str(), child.as_str()) != (keyspace, to) {
            let followed = Change::ReferencesFollowed {
                keyspace: holder_name,
                table: child,
            };
            change.outcome.changes.push(followed);
        }
    }
    Ok(())
}

/// Returns a definition under a new name; constraints that MySQL named after the table are named after it again.
pub(crate) fn definition(written: &CreateTable, to: &str) -> CreateTable {
    let from = &written.name.name;
    let mut definition = written.clone();
    to.clone_into(&mut definition.name.name);
    for key in &mut definition.foreign_keys {
        key.name = key
            .name
            .as_ref()
            .map(|name| renamed(name, from, to, "_ibfk_"));
    }
    for check in &mut definition.checks {
        check.name = check
            .name
            .as_ref()
            .map(|name| renamed(name, from, to, "_chk_"));
    }
    definition.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    definition.checks.sort_by(|a, b| a.name.cmp(&b.name));
    definition
}

fn renamed(name: &str, from: &str, to: &str, infix: &str) -> String {
    match automatic_number(name, from, infix) {
        Some(_) => format!("{to}{}", &name[from.len()..]),
        None => name.to_owned(),
    }
}

/// Returns n of a constraint named `<table><infix><n>`.
pub(super) fn automatic_number(name: &str, table: &str, infix: &str) -> Option<u64> {
    name.strip_prefix(table)?.strip_prefix(infix)?.parse().ok()
}
