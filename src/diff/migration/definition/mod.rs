//! Two definitions of one table compared as the clauses of ALTER TABLE that turn one into the other.
//!
//! Definitions are in one normal form, whichever: parts are compared as trees. Clauses are ranked
//! ([`declared::rank`]): what goes comes before what changes and what comes. What no single statement can do is
//! several, in order. Rules: Vitess `go/vt/schemadiff/table.go`, and MySQL's manual on ALTER TABLE.

mod columns;
mod constraint;
mod options;

use std::collections::HashMap;

use super::annotate::Annotations;
use super::hints::{FulltextKeys, Hints, RangeRotation, SubsequentDiff, TableQualifier};
use crate::catalog::Defaults;
use crate::catalog::declared::{self, key_name};
use crate::sql::ddl::{
    AlterClause, AlterTable, CreateTable, Ddl, Index, IndexKind, Partition, PartitionChange,
    PartitionKind, TableOption,
};
use crate::sql::name::quote;
use crate::sql::print::query::{Part, Quoting, ddl, part};

/// Why two definitions are not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A new column's rows would differ between servers.
    #[error(
        "column {}.{} default value uses non-deterministic function: {function}",
        quote(table),
        quote(column)
    )]
    NonDeterministicDefault {
        /// The table.
        table: String,
        /// The new column.
        column: String,
        /// The function, as written.
        function: String,
    },
    /// Stored values would mean other members.
    #[error(
        "ordinal of '{member}' changed in enum or set column {}.{}, from {from} to {to}",
        quote(table),
        quote(column)
    )]
    MemberMoved {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The member.
        member: String,
        /// Its place before, from 0.
        from: usize,
        /// Its place after, from 0.
        to: usize,
    },
    /// One statement is allowed and several are needed.
    #[error(
        "multiple changes not allowed on table {}. Found:\n{}",
        quote(table), statements.join("\n")
    )]
    Several {
        /// The table.
        table: String,
        /// The statements.
        statements: Vec<String>,
    },
    /// An option that can be set but not taken back.
    #[error("unsupported option {option} on table {}", quote(table))]
    Option {
        /// The table.
        table: String,
        /// The option, upper case.
        option: String,
    },
    /// A declaration is wrong in itself.
    #[error(transparent)]
    Declared(#[from] declared::Error),
}

/// How a definition becomes another.
#[derive(Debug, Clone, Default)]
pub struct Alteration {
    /// The statements, in order; none if nothing differs that counts.
    pub statements: Vec<AlterTable>,
    /// What they remove and add.
    pub annotations: Annotations,
}

/// Returns the statements that turn one definition into the other; the name of `to` does not count.
///
/// # Errors
/// What the hints reject, and what is wrong with either side; see [`Refusal`].
pub fn alter(
    from: &CreateTable,
    to: &CreateTable,
    defaults: &Defaults,
    hints: &Hints,
) -> Result<Alteration, Refusal> {
    let mut difference = Difference {
        from,
        to,
        defaults,
        hints,
        clauses: Vec::new(),
        fulltext: Vec::new(),
        partitions: Vec::new(),
        annotations: Annotations::default(),
    };
    difference.columns()?;
    difference.indexes();
    difference.constraints();
    difference.partitioning();
    difference.options()?;
    difference.finish()
}

struct Difference<'a> {
    from: &'a CreateTable,
    to: &'a CreateTable,
    defaults: &'a Defaults,
    hints: &'a Hints,
    clauses: Vec<AlterClause>,
    /// FULLTEXT keys that need a statement of their own.
    fulltext: Vec<AlterClause>,
    /// Changes of partitions, a statement each.
    partitions: Vec<AlterClause>,
    annotations: Annotations,
}

impl<'a> Difference<'a> {
    fn finish(self) -> Result<Alteration, Refusal> {
        let mut table = self.from.name.clone();
        if self.hints.table_qualifier == TableQualifier::Declared {
            table.keyspace.clone_from(&self.to.name.keyspace);
        }
        let statement = |mut clauses: Vec<AlterClause>| {
            if let Some(algorithm) = self.hints.algorithm.keyword() {
                clauses.push(AlterClause::Algorithm(algorithm.to_owned()));
            }
            clauses.sort_by_key(declared::rank);
            AlterTable {
                table: table.clone(),
                clauses,
            }
        };
        let mut statements = Vec::new();
        if !self.clauses.is_empty() {
            statements.push(statement(self.clauses));
        }
        let alone = self.fulltext.into_iter().chain(self.partitions);
        statements.extend(alone.map(|clause| statement(vec![clause])));
        if statements.len() > 1 && self.hints.subsequent_diff == SubsequentDiff::Reject {
            let statements = statements
                .into_iter()
                .map(|statement| ddl(&Ddl::AlterTable(statement), Quoting::Canonical));
            return Err(Refusal::Several {
                table: self.from.name.name.clone(),
                statements: statements.collect(),
            });
        }
        Ok(Alteration {
            statements,
            annotations: self.annotations,
        })
    }

    fn indexes(&mut self) {
        let (from, to) = (self.from, self.to);
        let names = |indexes: &'a [Index]| -> HashMap<&'a str, &'a Index> {
            indexes
                .iter()
                .map(|index| (key_name(index), index))
                .collect()
        };
        let (before, after) = (names(&from.indexes), names(&to.indexes));
        let mut dropped: Vec<&Index> = from
            .indexes
            .iter()
            .filter(|index| !after.contains_key(key_name(index)))
            .collect();
        for index in &dropped {
            self.annotations.remove(part(Part::Index(index)));
        }
        let mut clauses = Vec::new();
        let mut fulltext = 0;
        for wanted in &to.indexes {
            let Some(current) = before.get(key_name(wanted)) else {
                self.annotations.add(part(Part::Index(wanted)));
                let same = |index: &&Index| {
                    let renamed = Index {
                        name: wanted.name.clone(),
                        ..(*index).clone()
                    };
                    index.kind != IndexKind::Primary && renamed == *wanted
                };
                if let Some(place) = dropped.iter().position(same) {
                    clauses.push(AlterClause::RenameIndex {
                        from: key_name(dropped.remove(place)).to_owned(),
                        to: key_name(wanted).to_owned(),
                    });
                    continue;
                }
                let added = AlterClause::AddIndex(wanted.clone());
                let alone = wanted.kind == IndexKind::Fulltext
                    && fulltext > 0
                    && self.hints.fulltext_keys == FulltextKeys::DistinctStatements;
                fulltext += usize::from(wanted.kind == IndexKind::Fulltext);
                if alone {
                    self.fulltext.push(added);
                } else {
                    clauses.push(added);
                }
                continue;
            };
            if *current == wanted {
                continue;
            }
            self.annotations
                .replace(part(Part::Index(current)), part(Part::Index(wanted)));
            let shown = Index {
                invisible: wanted.invisible,
                ..(*current).clone()
            };
            if shown == *wanted {
                clauses.push(AlterClause::SetIndexVisibility {
                    index: key_name(wanted).to_owned(),
                    invisible: wanted.invisible,
                });
            } else {
                clauses.push(drop_index(current));
                clauses.push(AlterClause::AddIndex(wanted.clone()));
            }
        }
        self.clauses.extend(dropped.into_iter().map(drop_index));
        self.clauses.extend(clauses);
    }

    fn partitioning(&mut self) {
        let text = |partitioning| part(Part::Partitioning(partitioning));
        match (&self.from.partitioning, &self.to.partitioning) {
            (None, None) => {}
            (None, Some(wanted)) => {
                self.annotations.add(text(wanted));
                self.clauses.push(AlterClause::PartitionBy(wanted.clone()));
            }
            (Some(current), None) => {
                self.annotations.remove(text(current));
                self.clauses.push(AlterClause::RemovePartitioning);
            }
            (Some(current), Some(wanted)) if current == wanted => {}
            (Some(current), Some(wanted)) => {
                let ranges = |kind: &PartitionKind| {
                    matches!(
                        kind,
                        PartitionKind::Range(_) | PartitionKind::RangeColumns(_)
                    )
                };
                let rotation = Some((&current.partitions, &wanted.partitions))
                    .filter(|_| ranges(&current.kind) && ranges(&wanted.kind))
                    .and_then(|(before, after)| rotation(before, after));
                match (rotation, self.hints.range_rotation) {
                    (Some(_), RangeRotation::Ignore) => {}
                    (Some((gone, come)), RangeRotation::DistinctStatements) => {
                        for partition in &gone {
                            self.annotations.remove(part(Part::Partition(partition)));
                        }
                        for partition in &come {
                            self.annotations.add(part(Part::Partition(partition)));
                        }
                        let names: Vec<String> = gone.iter().map(|p| p.name.clone()).collect();
                        if !names.is_empty() {
                            let drop = PartitionChange::Drop(names);
                            self.partitions.push(AlterClause::Partition(drop));
                        }
                        let adds = come.into_iter().map(|partition| {
                            AlterClause::Partition(PartitionChange::Add(vec![partition.clone()]))
                        });
                        self.partitions.extend(adds);
                    }
                    _ => {
                        self.annotations.replace(text(current), text(wanted));
                        self.clauses.push(AlterClause::PartitionBy(wanted.clone()));
                    }
                }
            }
        }
    }
}

fn drop_index(index: &Index) -> AlterClause {
    match index.kind {
        IndexKind::Primary => AlterClause::DropPrimaryKey,
        _ => AlterClause::DropIndex(key_name(index).to_owned()),
    }
}

/// Partitions that go and partitions that come after all that stay; none where something else changes, or nothing stays.
fn rotation<'a>(
    before: &'a [Partition],
    after: &'a [Partition],
) -> Option<(Vec<&'a Partition>, Vec<&'a Partition>)> {
    let mut rest = after;
    let mut gone = Vec::new();
    for partition in before {
        match rest.split_first() {
            Some((first, others)) if first == partition => rest = others,
            _ => gone.push(partition),
        }
    }
    let stayed = after.len() - rest.len();
    (stayed > 0).then(|| (gone, rest.iter().collect()))
}

/// Cuts a statement into statements of one change each.
pub fn atoms(statement: &AlterTable) -> Vec<AlterTable> {
    let mut clauses = Vec::new();
    for clause in &statement.clauses {
        match clause {
            AlterClause::Partition(PartitionChange::Drop(names)) => {
                let one = |name: &String| {
                    AlterClause::Partition(PartitionChange::Drop(vec![name.clone()]))
                };
                clauses.extend(names.iter().map(one));
            }
            AlterClause::Options(options) => {
                let one = |option: &TableOption| AlterClause::Options(vec![option.clone()]);
                clauses.extend(options.iter().map(one));
            }
            other => clauses.push(other.clone()),
        }
    }
    let whole = |clause| AlterTable {
        table: statement.table.clone(),
        clauses: vec![clause],
    };
    clauses.into_iter().map(whole).collect()
}
