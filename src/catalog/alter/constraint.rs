//! Foreign keys and checks of a draft: dropped, renamed along with their columns, added.

use super::rename;
use super::table::Draft;
use crate::catalog::{DefinitionError, expression, index, same_name};
use crate::sql::ddl::{AlterClause, Check, ForeignKey, Index, IndexKind};

/// What a constraint's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    /// A primary or unique key.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A CHECK.
    Check,
}

impl Draft<'_> {
    /// Drops, renames along and adds foreign keys and checks.
    pub(super) fn constraints(&mut self, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
        self.drop_constraints(clauses)?;
        self.follow_foreign_keys()?;
        self.follow_checks()?;
        let table = self.from.name().to_owned();
        for clause in clauses {
            match clause {
                AlterClause::AddForeignKey(key) => {
                    let names = self
                        .table
                        .foreign_keys
                        .iter()
                        .map(|key| key.name.as_deref());
                    let name = next_name(&table, "_ibfk_", names);
                    let name = key.name.clone().or(Some(name));
                    // The implicit index is named after the constraint only if that was named by hand.
                    let index_name = key.name.clone().or_else(|| key.index_name.clone());
                    self.cover(key, index_name);
                    self.table.foreign_keys.push(ForeignKey {
                        name,
                        ..key.clone()
                    });
                }
                AlterClause::AddCheck(check) => self.add_check(&table, check),
                AlterClause::AddColumn { checks, .. } => {
                    for check in checks {
                        self.add_check(&table, check);
                    }
                }
                AlterClause::AlterCheck { name, enforced } => {
                    let check = find_check(&mut self.table.checks, name);
                    let unknown = || DefinitionError::UnknownCheck {
                        check: name.clone(),
                    };
                    check.ok_or_else(unknown)?.enforced = *enforced;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_check(&mut self, table: &str, check: &Check) {
        let names = self.table.checks.iter().map(|check| check.name.as_deref());
        let name = check
            .name
            .clone()
            .or_else(|| Some(next_name(table, "_chk_", names)));
        self.table.checks.push(Check {
            name,
            ..check.clone()
        });
    }

    /// Adds the implicit index of a foreign key that no key covers; the name is chosen later if none is given.
    fn cover(&mut self, key: &ForeignKey, name: Option<String>) {
        if self
            .table
            .indexes
            .iter()
            .any(|index| index::covers(index, &key.columns))
        {
            return;
        }
        let index = Index {
            name,
            ..index::plain(&key.columns)
        };
        self.add_index(&index);
    }

    fn drop_constraints(&mut self, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
        for clause in clauses {
            match clause {
                AlterClause::DropForeignKey(name) => self.drop_foreign_key(name)?,
                AlterClause::DropCheck(name) => self.drop_check(name)?,
                AlterClause::DropConstraint(name) => match self.constraint_kind(name)? {
                    ConstraintKind::Index => {}
                    ConstraintKind::ForeignKey => self.drop_foreign_key(name)?,
                    ConstraintKind::Check => self.drop_check(name)?,
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn drop_foreign_key(&mut self, name: &str) -> Result<(), DefinitionError> {
        let is_named = |key: &ForeignKey| {
            key.name
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        };
        let place = self.table.foreign_keys.iter().position(is_named);
        let place = place.ok_or_else(|| DefinitionError::CannotDrop {
            name: name.to_owned(),
        })?;
        self.table.foreign_keys.remove(place);
        Ok(())
    }

    fn drop_check(&mut self, name: &str) -> Result<(), DefinitionError> {
        let unknown = || DefinitionError::UnknownCheck {
            check: name.to_owned(),
        };
        find_check(&mut self.table.checks, name).ok_or_else(unknown)?;
        let named = |check: &Check| {
            check
                .name
                .as_deref()
                .is_some_and(|known| same_name(known, name))
        };
        self.table.checks.retain(|check| !named(check));
        Ok(())
    }

    /// Tells what DROP CONSTRAINT means by a name.
    pub(super) fn constraint_kind(&self, name: &str) -> Result<ConstraintKind, DefinitionError> {
        let index = self
            .from
            .index(name)
            .is_some_and(|index| matches!(index.kind, IndexKind::Primary | IndexKind::Unique));
        let kinds = [
            (index, ConstraintKind::Index),
            (
                self.from.foreign_key(name).is_some(),
                ConstraintKind::ForeignKey,
            ),
            (self.from.check(name).is_some(), ConstraintKind::Check),
        ];
        let mut found = kinds
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, kind)| kind);
        match (found.next(), found.next()) {
            (Some(kind), None) => Ok(kind),
            (None, _) => Err(DefinitionError::UnknownConstraint {
                name: name.to_owned(),
            }),
            _ => Err(DefinitionError::AmbiguousConstraint {
                name: name.to_owned(),
            }),
        }
    }

    /// Renames the columns of foreign keys along; a column that is gone is still needed, as is the index on them.
    fn follow_foreign_keys(&mut self) -> Result<(), DefinitionError> {
        let mut keys = std::mem::take(&mut self.table.foreign_keys);
        for key in &mut keys {
            let constraint = key.name.clone().unwrap_or_default();
            let before = key.columns.clone();
            for column in &mut key.columns {
                let now = self.fate(column).map(str::to_owned);
                *column = now.ok_or_else(|| DefinitionError::NeededByForeignKey {
                    column: column.clone(),
                    constraint: constraint.clone(),
                })?;
            }
            let covered = self
                .table
                .indexes
                .iter()
                .any(|index| index::covers(index, &key.columns));
            let lost = self.dropped_indexes.iter().find(|name| {
                self.from
                    .index(name)
                    .is_some_and(|index| index::covers(index, &before))
            });
            if let (false, Some(index)) = (covered, lost) {
                return Err(DefinitionError::IndexNeeded {
                    index: index.clone(),
                });
            }
        }
        self.table.foreign_keys = keys;
        Ok(())
    }

    /// Drops the checks that read only columns that are gone; others that read one hold it.
    fn follow_checks(&mut self) -> Result<(), DefinitionError> {
        let mut kept = Vec::new();
        for check in &self.table.checks {
            let read = expression::columns_of(&check.expression);
            let gone = read
                .iter()
                .find(|name| self.fate(name).is_none_or(|now| !same_name(now, name)));
            match gone {
                None => kept.push(check.clone()),
                Some(gone)
                    if self.fate(gone).is_none()
                        && read.iter().all(|name| same_name(name, gone)) => {}
                Some(gone) => {
                    return Err(DefinitionError::NeededByCheck {
                        column: gone.clone(),
                        check: check.name.clone().unwrap_or_default(),
                    });
                }
            }
        }
        self.table.checks = kept;
        Ok(())
    }
}

fn find_check<'a>(checks: &'a mut [Check], name: &str) -> Option<&'a mut Check> {
    checks.iter_mut().find(|check| {
        check
            .name
            .as_deref()
            .is_some_and(|known| same_name(known, name))
    })
}

/// Returns `<table><infix><n>` for the number after the highest in use.
fn next_name<'a>(table: &str, infix: &str, names: impl Iterator<Item = Option<&'a str>>) -> String {
    let numbers = names
        .flatten()
        .filter_map(|name| rename::automatic_number(name, table, infix));
    format!(
        "{table}{infix}{}",
        numbers.max().unwrap_or(0).saturating_add(1)
    )
}
