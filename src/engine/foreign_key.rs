//! Foreign keys between tables of one shard, kept row by row as InnoDB does.
//!
//! A foreign key joins columns to columns; no index is asked for on either side. RESTRICT and NO ACTION are the same and
//! act at once. MySQL manual: "FOREIGN KEY Constraints".

use std::rc::Rc;

use rusqlite::types::Value as Bound;

use super::Connection;
use super::error;
use super::stored::Stored;
use super::translate::quote;
use super::write::Located;
use crate::sql::SqlError;
use crate::sql::ddl::{ForeignKey, ReferenceAction};
use crate::sql::name;
use crate::value::Value;

/// How deep cascades go (InnoDB's limit).
const MAX_CASCADES: usize = 15;

/// The SQLite name of the table that a foreign key of another refers to: a neighbour under the same prefix.
pub(super) fn neighbour(physical: &str, table: &str) -> String {
    match physical.rsplit_once('/') {
        Some((prefix, _)) => format!("{prefix}/{table}"),
        None => table.to_owned(),
    }
}

/// MySQL's description of a constraint inside errors 1451 and 1452.
fn describe(child: &Stored, key: &ForeignKey) -> String {
    let keyspace = child
        .physical
        .split_once('/')
        .map(|(keyspace, _)| format!("{}.", name::quote(keyspace)))
        .unwrap_or_default();
    let list = |columns: &[String]| {
        columns
            .iter()
            .map(|column| name::quote(column))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let action = |word: &str, action: Option<ReferenceAction>| match action {
        Some(ReferenceAction::Cascade) => format!(" ON {word} CASCADE"),
        Some(ReferenceAction::SetNull) => format!(" ON {word} SET NULL"),
        Some(ReferenceAction::Restrict) => format!(" ON {word} RESTRICT"),
        _ => String::new(),
    };
    format!(
        "{keyspace}{}, CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){}{}",
        name::quote(child.name()),
        name::quote(key.name.as_deref().unwrap_or("")),
        list(&key.columns),
        name::quote(&key.referenced_table.name),
        list(&key.referenced_columns),
        action("DELETE", key.on_delete),
        action("UPDATE", key.on_update),
    )
}

impl Connection {
    /// Whether any table refers to this one.
    pub(super) fn has_children(&self, parent: &Stored) -> bool {
        self.checks_foreign_keys() && !self.children(parent).is_empty()
    }

    /// A table other than the parent itself whose foreign key refers to it, and the constraint's name.
    pub(super) fn referenced_by_other(&self, parent: &Stored) -> Option<(String, String)> {
        if !self.checks_foreign_keys() {
            return None;
        }
        let children = self.children(parent);
        let found = children
            .iter()
            .find(|(child, _)| child.physical != parent.physical);
        found.map(|(child, key)| {
            (
                child.name().to_owned(),
                key.name.clone().unwrap_or_default(),
            )
        })
    }

    /// Tables whose foreign keys refer to this one, with those keys.
    fn children(&self, parent: &Stored) -> Vec<(Rc<Stored>, ForeignKey)> {
        let mut found = Vec::new();
        for child in self.all_registered() {
            for key in &child.definition.foreign_keys {
                if neighbour(&child.physical, &key.referenced_table.name) == parent.physical {
                    found.push((Rc::clone(&child), key.clone()));
                }
            }
        }
        found
    }

    /// Checks that every foreign key of a row finds its parent. `physical` is the name under which the table's own
    /// neighbours know it.
    ///
    /// # Errors
    /// 1452.
    pub(super) fn check_parents(
        &self,
        child: &Stored,
        physical: &str,
        row: &[Value],
    ) -> Result<(), SqlError> {
        if !self.checks_foreign_keys() {
            return Ok(());
        }
        for key in &child.definition.foreign_keys {
            let positions: Option<Vec<usize>> = key
                .columns
                .iter()
                .map(|column| child.position(column))
                .collect();
            let Some(positions) = positions else { continue };
            if positions.iter().any(|position| row[*position].is_null()) {
                continue;
            }
            let refused = || error::child_row(&describe(child, key));
            let parent_name = neighbour(physical, &key.referenced_table.name);
            let itself = parent_name == physical;
            let Some(parent) = self.registered(&parent_name) else {
                return Err(refused());
            };
            let Some(referenced) = key
                .referenced_columns
                .iter()
                .map(|column| parent.position(column))
                .collect::<Option<Vec<_>>>()
            else {
                return Err(refused());
            };
            let found = self.find_rows(&parent, &referenced, child, &positions, row)?;
            let own = itself
                && positions
                    .iter()
                    .zip(&referenced)
                    .all(|(from, to)| row[*from] == row[*to]);
            if found.is_empty() && !own {
                return Err(refused());
            }
        }
        Ok(())
    }

    /// Rows of `table` whose columns equal a row's columns.
    fn find_rows(
        &self,
        table: &Stored,
        columns: &[usize],
        from: &Stored,
        positions: &[usize],
        row: &[Value],
    ) -> Result<Vec<Located>, SqlError> {
        let tests: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, position)| format!("{} = ?{}", quote(&table.column(*position).name), at + 1))
            .collect();
        let values: Vec<Bound> = columns
            .iter()
            .zip(positions)
            .map(|(to, position)| {
                let same = table.types[*to].column.kind == from.types[*position].column.kind;
                let value = if same {
                    row[*position].clone()
                } else {
                    row[*position].cast(&table.types[*to].column)
                };
                table.encode(*to, &value)
            })
            .collect();
        self.select_located(table, &tests.join(" AND "), values)
    }

    /// Does what foreign keys ask before a parent row goes.
    ///
    /// # Errors
    /// 1451, and what cascades meet.
    pub(super) fn before_delete(
        &self,
        parent: &Stored,
        row: &[Value],
        depth: usize,
    ) -> Result<(), SqlError> {
        self.act_on_children(parent, row, None, depth)
    }

    /// Does what foreign keys ask when a parent row changes; called before the change is stored.
    ///
    /// # Errors
    /// As [`Self::before_delete`].
    pub(super) fn before_update(
        &self,
        parent: &Stored,
        from: &[Value],
        to: &[Value],
        depth: usize,
    ) -> Result<Vec<Cascade>, SqlError> {
        if !self.checks_foreign_keys() {
            return Ok(Vec::new());
        }
        let mut later = Vec::new();
        for (child, key) in self.children(parent) {
            let Some((referenced, positions)) = ends(parent, &child, &key) else {
                continue;
            };
            let unchanged = referenced
                .iter()
                .all(|position| from[*position] == to[*position]);
            if unchanged || referenced.iter().any(|position| from[*position].is_null()) {
                continue;
            }
            let rows = self.find_rows(&child, &positions, parent, &referenced, from)?;
            if rows.is_empty() {
                continue;
            }
            match key.on_update {
                Some(ReferenceAction::Cascade | ReferenceAction::SetNull) => {
                    if depth >= MAX_CASCADES {
                        return Err(error::parent_row(&describe(&child, &key)));
                    }
                    let values = referenced
                        .iter()
                        .map(|position| {
                            if key.on_update == Some(ReferenceAction::Cascade) {
                                to[*position].clone()
                            } else {
                                Value::Null
                            }
                        })
                        .collect();
                    later.push(Cascade {
                        child,
                        positions,
                        rows,
                        values,
                    });
                }
                _ => return Err(error::parent_row(&describe(&child, &key))),
            }
        }
        Ok(later)
    }

    /// Carries an update on to the children found before it.
    ///
    /// # Errors
    /// What their own constraints say.
    pub(super) fn cascade(&self, cascades: Vec<Cascade>, depth: usize) -> Result<(), SqlError> {
        for Cascade {
            child,
            positions,
            rows,
            values,
        } in cascades
        {
            for found in rows {
                let mut row = found.row.clone();
                for (position, value) in positions.iter().zip(&values) {
                    row[*position] = value.cast(&child.types[*position].column);
                }
                let next = self.before_update(&child, &found.row, &row, depth + 1)?;
                self.update_physical(&child, &found, &row)?;
                self.cascade(next, depth + 1)?;
            }
            self.touch(&child.physical)?;
        }
        Ok(())
    }

    fn act_on_children(
        &self,
        parent: &Stored,
        row: &[Value],
        skip: Option<&[Bound]>,
        depth: usize,
    ) -> Result<(), SqlError> {
        if !self.checks_foreign_keys() {
            return Ok(());
        }
        for (child, key) in self.children(parent) {
            let Some((referenced, positions)) = ends(parent, &child, &key) else {
                continue;
            };
            if referenced.iter().any(|position| row[*position].is_null()) {
                continue;
            }
            let rows = self.find_rows(&child, &positions, parent, &referenced, row)?;
            for found in rows {
                // A row that refers to itself goes with itself.
                let itself = child.physical == parent.physical && found.row == row;
                if itself || skip.is_some_and(|skip| skip == found.key) {
                    continue;
                }
                match key.on_delete {
                    Some(ReferenceAction::Cascade) if depth < MAX_CASCADES => {
                        self.act_on_children(&child, &found.row, Some(&found.key), depth + 1)?;
                        self.delete_physical(&child, &found.key)?;
                        self.touch(&child.physical)?;
                    }
                    Some(ReferenceAction::SetNull) if depth < MAX_CASCADES => {
                        let mut changed = found.row.clone();
                        for position in &positions {
                            changed[*position] = Value::Null;
                        }
                        let next = self.before_update(&child, &found.row, &changed, depth + 1)?;
                        self.update_physical(&child, &found, &changed)?;
                        self.cascade(next, depth + 1)?;
                        self.touch(&child.physical)?;
                    }
                    _ => return Err(error::parent_row(&describe(&child, &key))),
                }
            }
        }
        Ok(())
    }
}

/// Children that follow a changed parent.
pub(super) struct Cascade {
    child: Rc<Stored>,
    positions: Vec<usize>,
    rows: Vec<Located>,
    values: Vec<Value>,
}

/// Column positions of a foreign key's two ends: referenced, referencing.
fn ends(parent: &Stored, child: &Stored, key: &ForeignKey) -> Option<(Vec<usize>, Vec<usize>)> {
    let referenced = key
        .referenced_columns
        .iter()
        .map(|column| parent.position(column))
        .collect::<Option<Vec<_>>>()?;
    let referencing = key
        .columns
        .iter()
        .map(|column| child.position(column))
        .collect::<Option<Vec<_>>>()?;
    Some((referenced, referencing))
}
