//! Columns of two definitions: which go, which stay and where, which come.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::{Difference, Refusal};
use crate::catalog::declared::column_text;
use crate::diff::migration::hints::{EnumReorder, Rename, UnrepeatableDefaults};
use crate::sql::ast::{self, Expr};
use crate::sql::ddl::{AlterClause, Column, ColumnDefault, ColumnPosition, CreateTable};
use crate::sql::print::query::{Part, part};

impl<'a> Difference<'a> {
    pub(super) fn columns(&mut self) -> Result<(), Refusal> {
        let (from, to) = (self.from, self.to);
        let by_name = |columns: &'a [Column]| -> HashMap<String, usize> {
            let places = columns.iter().enumerate();
            places
                .map(|(at, column)| (lower(&column.name), at))
                .collect()
        };
        let (before, after) = (by_name(&from.columns), by_name(&to.columns));
        let mut dropped: Vec<&Column> = Vec::new();
        let mut shared_before = Vec::new();
        for column in &from.columns {
            if after.contains_key(&lower(&column.name)) {
                shared_before.push(lower(&column.name));
            } else {
                dropped.push(column);
                self.annotations.remove(part(Part::Column(column)));
            }
        }
        let shared: Vec<&Column> = to
            .columns
            .iter()
            .filter(|column| before.contains_key(&lower(&column.name)))
            .collect();
        let shared_after: Vec<String> = shared.iter().map(|column| lower(&column.name)).collect();
        let stayed = common_subsequence(&shared_before, &shared_after);
        let mut modified = Vec::new();
        for (at, column) in shared.iter().enumerate() {
            let current = &from.columns[before[&shared_after[at]]];
            let differs = self.differs(current, column)?;
            let position = (!stayed.contains(shared_after[at].as_str())).then(|| match at {
                0 => ColumnPosition::First,
                _ => ColumnPosition::After(shared[at - 1].name.clone()),
            });
            if differs || position.is_some() {
                self.annotations
                    .replace(part(Part::Column(current)), part(Part::Column(column)));
                modified.push(AlterClause::ModifyColumn {
                    column: (*column).clone(),
                    keys: Vec::new(),
                    position,
                });
            }
        }
        let mut added: Vec<(&Column, Option<ColumnPosition>)> = Vec::new();
        let mut end = shared.len();
        for (at, column) in to.columns.iter().enumerate() {
            if before.contains_key(&lower(&column.name)) {
                continue;
            }
            if self.hints.unrepeatable_defaults == UnrepeatableDefaults::Reject
                && let Some(function) = non_deterministic(column)
            {
                return Err(Refusal::NonDeterministicDefault {
                    table: from.name.name.clone(),
                    column: column.name.clone(),
                    function,
                });
            }
            let position = (at < end).then(|| match at {
                0 => ColumnPosition::First,
                _ => ColumnPosition::After(to.columns[at - 1].name.clone()),
            });
            end += 1;
            self.annotations.add(part(Part::Column(column)));
            added.push((column, position));
        }
        let mut renamed = Vec::new();
        if self.hints.column_rename == Rename::Heuristic {
            while let Some((gone, come)) = look_alike(from, to, &dropped, &added) {
                let (gone, (come, _)) = (dropped.remove(gone), added.remove(come));
                renamed.push(AlterClause::RenameColumn {
                    from: gone.name.clone(),
                    to: come.name.clone(),
                });
            }
        }
        let drops = dropped
            .iter()
            .map(|column| AlterClause::DropColumn(column.name.clone()));
        self.clauses.extend(drops);
        self.clauses.extend(modified);
        self.clauses.extend(renamed);
        let adds = added
            .into_iter()
            .map(|(column, position)| AlterClause::AddColumn {
                column: column.clone(),
                keys: Vec::new(),
                checks: Vec::new(),
                position,
            });
        self.clauses.extend(adds);
        Ok(())
    }

    /// Tells whether a column differs, its charset and collation being those that hold for it.
    fn differs(&self, current: &Column, wanted: &Column) -> Result<bool, Refusal> {
        let (mut before, mut after) = (current.clone(), wanted.clone());
        before.column_type = column_text(current, self.from, self.defaults)?;
        after.column_type = column_text(wanted, self.to, self.defaults)?;
        if before == after {
            return Ok(false);
        }
        if self.hints.enum_reorder == EnumReorder::Reject {
            let members = &after.column_type.members;
            for (ordinal, member) in before.column_type.members.iter().enumerate() {
                match members.iter().position(|other| other == member) {
                    Some(other) if other != ordinal => {
                        return Err(Refusal::MemberMoved {
                            table: self.from.name.name.clone(),
                            column: current.name.clone(),
                            member: member.clone(),
                            from: ordinal,
                            to: other,
                        });
                    }
                    _ => {}
                }
            }
        }
        Ok(true)
    }
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

/// Returns the names of a longest common subsequence; of several, the one that keeps the later names of `before`'s
/// front.
fn common_subsequence<'a>(before: &'a [String], after: &[String]) -> HashSet<&'a str> {
    if before == after {
        return before.iter().map(String::as_str).collect();
    }
    let width = after.len() + 1;
    let mut lengths = vec![0_u32; (before.len() + 1) * width];
    for (row, name) in before.iter().enumerate() {
        for (column, other) in after.iter().enumerate() {
            lengths[(row + 1) * width + column + 1] = if name == other {
                lengths[row * width + column] + 1
            } else {
                lengths[row * width + column + 1].max(lengths[(row + 1) * width + column])
            };
        }
    }
    let mut names = HashSet::new();
    let (mut row, mut column) = (before.len(), after.len());
    while row > 0 && column > 0 {
        if before[row - 1] == after[column - 1] {
            names.insert(before[row - 1].as_str());
            row -= 1;
            column -= 1;
        } else if lengths[(row - 1) * width + column] >= lengths[row * width + column - 1] {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    names
}

/// Finds a dropped and an added column that differ in nothing but their names, between the same neighbours.
fn look_alike(
    from: &CreateTable,
    to: &CreateTable,
    dropped: &[&Column],
    added: &[(&Column, Option<ColumnPosition>)],
) -> Option<(usize, usize)> {
    let neighbours = |table: &'_ CreateTable, column: &Column| {
        let at = table
            .columns
            .iter()
            .position(|other| other.name == column.name)?;
        let name = |at: Option<usize>| {
            at.and_then(|at| table.columns.get(at))
                .map(|column| column.name.clone())
        };
        Some((name(at.checked_sub(1)), name(Some(at + 1))))
    };
    dropped.iter().enumerate().find_map(|(gone, before)| {
        let same = |(after, _): &(&Column, Option<ColumnPosition>)| {
            let renamed = Column {
                name: after.name.clone(),
                ..(*before).clone()
            };
            renamed == **after && neighbours(from, before) == neighbours(to, after)
        };
        Some((gone, added.iter().position(same)?))
    })
}

/// Returns the function in a column's default that no two servers answer alike.
fn non_deterministic(column: &Column) -> Option<String> {
    let Some(ColumnDefault::Expression(expression)) = &column.default else {
        return None;
    };
    let found = ast::visit_expressions(&expression.0, |expr| match expr {
        Expr::Function(function) => {
            let name = function.name.to_string().replace('`', "");
            match name.to_ascii_lowercase().as_str() {
                "rand" | "random_bytes" | "sysdate" | "uuid" | "uuid_short" => {
                    ControlFlow::Break(name)
                }
                _ => ControlFlow::Continue(()),
            }
        }
        _ => ControlFlow::Continue(()),
    });
    found.break_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_stay_are_a_longest_common_subsequence() {
        #[track_caller]
        fn check(before: &str, after: &str, expected: &str) {
            let names = |text: &str| -> Vec<String> { text.split(' ').map(Into::into).collect() };
            let (before, after) = (names(before), names(after));
            let stayed = common_subsequence(&before, &after);
            let expected: HashSet<&str> = expected.split(' ').collect();
            assert_eq!(stayed, expected);
        }
        check("a b c", "a b c", "a b c");
        check("a b c", "c a b", "a b");
        check("a b", "b a", "a");
        check("a b c d", "d c b a", "a");
    }
}
