//! One table's definition compared as the clauses of ALTER TABLE that turn it into the other.
//!
//! Four statements at most: what stands in the way of a rename goes first, then columns are renamed by themselves, then
//! comes everything else, columns in their wanted order, and partitions are managed last. Columns and indexes are
//! matched by identity. Rules: MySQL 8.0 manual, "ALTER TABLE".

use std::collections::BTreeSet;

use super::{hazard, partition};
use crate::catalog::{Keyspace, Table, columns_of, same_name};
use crate::diff::catalog::longest_increasing;
use crate::sql::ddl::{
    AlterClause, Check, Column, ColumnDefault, ColumnPosition, Expression, Index, IndexKind,
    IndexPart, PartitionChange, TableOption,
};
use crate::value::ColumnType;

/// One of the statements that a change of a definition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Removes what a rename would be refused for.
    Clear,
    /// Renames columns.
    Rename,
    /// Everything else.
    Main,
    /// Adds or drops single partitions.
    Partitions,
}

/// A table as it is and as it is wanted.
pub(super) struct Change<'a> {
    current: &'a Table,
    wanted: &'a Table,
    /// Positions of columns that are on both sides: current and wanted.
    pairs: Vec<(usize, usize)>,
    current_index_ids: Vec<String>,
    wanted_index_ids: Vec<String>,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        current: (&'a Keyspace, &'a Table),
        wanted: (&'a Keyspace, &'a Table),
    ) -> Self {
        let ids = |(keyspace, table): (&Keyspace, &Table)| -> Vec<String> {
            let identity = |column: &Column| {
                keyspace
                    .identities
                    .column(table.name(), &column.name)
                    .to_owned()
            };
            table.definition.columns.iter().map(identity).collect()
        };
        let index_ids = |(keyspace, table): (&Keyspace, &Table)| -> Vec<String> {
            let identity = |index: &Index| {
                keyspace
                    .identities
                    .index(table.name(), index_name(index))
                    .to_owned()
            };
            table.definition.indexes.iter().map(identity).collect()
        };
        let (from, to) = (ids(current), ids(wanted));
        let pair =
            |(at, id): (usize, &String)| Some((from.iter().position(|other| other == id)?, at));
        Self {
            current: current.1,
            wanted: wanted.1,
            pairs: to.iter().enumerate().filter_map(pair).collect(),
            current_index_ids: index_ids(current),
            wanted_index_ids: index_ids(wanted),
        }
    }

    /// Returns the clauses of a statement, none if it is not needed, and why they may lose data.
    pub(super) fn clauses(&self, stage: Stage) -> (Vec<AlterClause>, Vec<String>) {
        match stage {
            Stage::Clear => self.clear(),
            Stage::Rename => (self.rename(), Vec::new()),
            Stage::Main => self.main(),
            Stage::Partitions => self.partitions(),
        }
    }

    fn current_column(&self, at: usize) -> &'a Column {
        &self.current.definition.columns[at]
    }

    fn wanted_column(&self, at: usize) -> &'a Column {
        &self.wanted.definition.columns[at]
    }

    /// Current columns that are not wanted.
    fn dropped(&self) -> impl Iterator<Item = &'a Column> {
        let kept: BTreeSet<usize> = self.pairs.iter().map(|(from, _)| *from).collect();
        let columns = self.current.definition.columns.iter().enumerate();
        columns
            .filter(move |(at, _)| !kept.contains(at))
            .map(|(_, column)| column)
    }

    /// Columns to be renamed: as they are and as they are wanted.
    fn renamed(&self) -> impl Iterator<Item = (&'a Column, &'a Column)> {
        let pairs = self
            .pairs
            .iter()
            .map(|(from, to)| (self.current_column(*from), self.wanted_column(*to)));
        pairs.filter(|(from, to)| from.name != to.name)
    }

    fn is_renamed(&self, name: &str) -> bool {
        self.renamed()
            .any(|(from, to)| same_name(&from.name, name) && !same_name(&to.name, name))
    }

    fn clear(&self) -> (Vec<AlterClause>, Vec<String>) {
        let mut clauses = Vec::new();
        let mut hazards = Vec::new();
        for column in self.dropped() {
            if self
                .renamed()
                .any(|(_, to)| same_name(&to.name, &column.name))
            {
                hazards.push(hazard::dropped_column(self.current, column));
                clauses.push(AlterClause::DropColumn(column.name.clone()));
            }
        }
        let touched = |name: &String| {
            self.is_renamed(name) || self.dropped().any(|gone| same_name(&gone.name, name))
        };
        for index in &self.current.definition.indexes {
            let reads = |part: &IndexPart| match part {
                IndexPart::Expression { expression, .. } => {
                    columns_of(expression).iter().any(touched)
                }
                IndexPart::Column { .. } => false,
            };
            if index.parts.iter().any(reads) {
                clauses.push(AlterClause::DropIndex(index_name(index).to_owned()));
            }
        }
        let partitioning = self.current.definition.partitioning.as_ref();
        if partitioning.is_some_and(|partitioning| {
            partition::columns(partitioning)
                .iter()
                .any(|name| self.is_renamed(name))
        }) {
            clauses.push(AlterClause::RemovePartitioning);
        }
        (clauses, hazards)
    }

    /// Renames columns, and redefines or removes what reads them.
    fn rename(&self) -> Vec<AlterClause> {
        let mut clauses = Vec::new();
        let reads_renamed = |expression: &Expression| {
            columns_of(expression)
                .iter()
                .any(|name| self.is_renamed(name))
        };
        for check in &self.current.definition.checks {
            if reads_renamed(&check.expression) {
                clauses.push(AlterClause::DropCheck(check_name(check).to_owned()));
            }
        }
        for column in self.dropped() {
            if column
                .generated
                .as_ref()
                .is_some_and(|generated| reads_renamed(&generated.expression))
            {
                clauses.push(AlterClause::DropColumn(column.name.clone()));
            }
        }
        for &(from, to) in &self.pairs {
            let (from, to) = (self.current_column(from), self.wanted_column(to));
            let redefined = from
                .generated
                .as_ref()
                .is_some_and(|generated| reads_renamed(&generated.expression));
            if redefined {
                let column = self.written(to);
                clauses.push(AlterClause::ChangeColumn {
                    from: from.name.clone(),
                    column,
                    keys: Vec::new(),
                    position: None,
                });
            } else if from.name != to.name {
                clauses.push(AlterClause::RenameColumn {
                    from: from.name.clone(),
                    to: to.name.clone(),
                });
            }
        }
        if self.renamed().next().is_none() {
            Vec::new()
        } else {
            clauses
        }
    }

    fn main(&self) -> (Vec<AlterClause>, Vec<String>) {
        let mut clauses = Vec::new();
        let mut hazards = Vec::new();
        self.columns(&mut clauses, &mut hazards);
        self.indexes(&mut clauses);
        self.checks(&mut clauses);
        let options = self.options();
        if !options.is_empty() {
            clauses.push(AlterClause::Options(options));
        }
        match (
            &self.current.definition.partitioning,
            &self.wanted.definition.partitioning,
        ) {
            (Some(_), None) => clauses.push(AlterClause::RemovePartitioning),
            (from, Some(to))
                if from.as_ref() != Some(to) && partition::change(from.as_ref(), to).is_none() =>
            {
                clauses.push(AlterClause::PartitionBy(to.clone()));
            }
            _ => {}
        }
        (clauses, hazards)
    }

    fn columns(&self, clauses: &mut Vec<AlterClause>, hazards: &mut Vec<String>) {
        for column in self.dropped() {
            hazards.push(hazard::dropped_column(self.current, column));
            clauses.push(AlterClause::DropColumn(column.name.clone()));
        }
        let order: Vec<usize> = self.pairs.iter().map(|(from, _)| *from).collect();
        let stayed = longest_increasing(&order);
        let last_kept = self.pairs.iter().map(|(_, to)| *to).max();
        for (at, wanted) in self.wanted.definition.columns.iter().enumerate() {
            let position = match at.checked_sub(1) {
                None => ColumnPosition::First,
                Some(before) => ColumnPosition::After(self.wanted_column(before).name.clone()),
            };
            let place = self.pairs.iter().position(|(_, to)| *to == at);
            let kept = place.map(|place| {
                (
                    self.current_column(self.pairs[place].0),
                    stayed.contains(&place),
                )
            });
            match kept {
                None => {
                    let position =
                        Some(position).filter(|_| last_kept.is_some_and(|last| at < last));
                    let column = self.written(wanted);
                    clauses.push(AlterClause::AddColumn {
                        column,
                        keys: Vec::new(),
                        checks: Vec::new(),
                        position,
                    });
                }
                Some((current, _)) if must_be_replaced(current, wanted) => {
                    hazards.extend(hazard::replaced_column(self.current, current));
                    clauses.push(AlterClause::DropColumn(current.name.clone()));
                    let column = self.written(wanted);
                    let position = Some(position);
                    clauses.push(AlterClause::AddColumn {
                        column,
                        keys: Vec::new(),
                        checks: Vec::new(),
                        position,
                    });
                }
                Some((current, stays)) => {
                    hazards.extend(hazard::modified_column(
                        self.current,
                        current,
                        self.wanted,
                        wanted,
                    ));
                    clauses.extend(self.modify(current, wanted, Some(position).filter(|_| !stays)));
                }
            }
        }
    }

    /// Returns the clause that redefines a column, the cheapest that does; none where nothing differs.
    fn modify(
        &self,
        current: &Column,
        wanted: &Column,
        position: Option<ColumnPosition>,
    ) -> Option<AlterClause> {
        let typed = |table: &Table, column: &Column| Column {
            column_type: effective_type(table, column),
            ..column.clone()
        };
        let (from, to) = (typed(self.current, current), typed(self.wanted, wanted));
        let column = wanted.name.clone();
        if position.is_none() && from == to {
            return None;
        }
        let default = Column {
            default: to.default.clone(),
            ..from.clone()
        };
        if position.is_none() && default == to && !matches!(to.default, Some(ColumnDefault::Null)) {
            return Some(match &to.default {
                Some(default) => AlterClause::SetDefault {
                    column,
                    default: default.clone(),
                },
                None => AlterClause::DropDefault(column),
            });
        }
        let visible = Column {
            invisible: to.invisible,
            ..from.clone()
        };
        if position.is_none() && visible == to {
            return Some(AlterClause::SetColumnVisibility {
                column,
                invisible: to.invisible,
            });
        }
        Some(AlterClause::ModifyColumn {
            column: self.written(wanted),
            keys: Vec::new(),
            position,
        })
    }

    /// A wanted column as a clause defines it: where the table's charset changes too, the column says its own.
    fn written(&self, column: &Column) -> Column {
        if self.current.character_set() == self.wanted.character_set() {
            return column.clone();
        }
        Column {
            column_type: effective_type(self.wanted, column),
            ..column.clone()
        }
    }

    fn indexes(&self, clauses: &mut Vec<AlterClause>) {
        let from = self
            .current
            .definition
            .indexes
            .iter()
            .zip(&self.current_index_ids);
        let to: Vec<(&Index, &String)> = self
            .wanted
            .definition
            .indexes
            .iter()
            .zip(&self.wanted_index_ids)
            .collect();
        let mut added: Vec<&Index> = to.iter().map(|(index, _)| *index).collect();
        let mut renames = Vec::new();
        for (current, identity) in from {
            let wanted = to
                .iter()
                .find(|(_, other)| *other == identity)
                .map(|(index, _)| *index);
            let Some(wanted) = wanted.filter(|wanted| self.is_same_index(current, wanted)) else {
                clauses.push(match current.kind {
                    IndexKind::Primary => AlterClause::DropPrimaryKey,
                    _ => AlterClause::DropIndex(index_name(current).to_owned()),
                });
                continue;
            };
            added.retain(|index| !std::ptr::eq(*index, wanted));
            let (from, to) = (
                index_name(current).to_owned(),
                index_name(wanted).to_owned(),
            );
            if current.invisible != wanted.invisible {
                clauses.push(AlterClause::SetIndexVisibility {
                    index: from.clone(),
                    invisible: wanted.invisible,
                });
            }
            if from != to {
                renames.push(AlterClause::RenameIndex { from, to });
            }
        }
        clauses.append(&mut renames);
        clauses.extend(
            added
                .into_iter()
                .map(|index| AlterClause::AddIndex(index.clone())),
        );
    }

    /// Tells whether a key can stay: equal but for name and visibility, and none of its columns goes.
    fn is_same_index(&self, current: &Index, wanted: &Index) -> bool {
        let bare = |index: &Index| Index {
            name: None,
            invisible: false,
            ..index.clone()
        };
        let gone = |part: &IndexPart| match part {
            IndexPart::Column { name, .. } => self.goes(name),
            IndexPart::Expression { .. } => false,
        };
        // A key that is renamed and hidden at once takes two statements; it is made anew.
        let both =
            current.invisible != wanted.invisible && index_name(current) != index_name(wanted);
        bare(current) == bare(wanted) && !both && !current.parts.iter().any(gone)
    }

    /// Tells whether a current column is dropped, be it to come back under the same name.
    fn goes(&self, name: &str) -> bool {
        let replaced = |&(from, to): &(usize, usize)| {
            same_name(&self.current_column(from).name, name)
                && must_be_replaced(self.current_column(from), self.wanted_column(to))
        };
        self.dropped().any(|column| same_name(&column.name, name))
            || self.pairs.iter().any(replaced)
    }

    fn checks(&self, clauses: &mut Vec<AlterClause>) {
        let mut added = Vec::new();
        for wanted in &self.wanted.definition.checks {
            match self.current.check(check_name(wanted)) {
                Some(current) if current.expression == wanted.expression => {
                    if current.enforced != wanted.enforced {
                        let name = check_name(current).to_owned();
                        clauses.push(AlterClause::AlterCheck {
                            name,
                            enforced: wanted.enforced,
                        });
                    }
                }
                _ => added.push(AlterClause::AddCheck(wanted.clone())),
            }
        }
        for current in &self.current.definition.checks {
            let wanted = self.wanted.check(check_name(current));
            if wanted.is_none_or(|wanted| wanted.expression != current.expression) {
                clauses.push(AlterClause::DropCheck(check_name(current).to_owned()));
            }
        }
        clauses.append(&mut added);
    }

    /// Options to set; one that is not wanted is set to its default.
    fn options(&self) -> Vec<TableOption> {
        let (from, to) = (
            &self.current.definition.options,
            &self.wanted.definition.options,
        );
        let is_text = |option: &&TableOption| matches!(option.name.as_str(), "CHARSET" | "COLLATE");
        let text_changes = self.current.character_set() != self.wanted.character_set();
        let mut options: Vec<TableOption> = Vec::new();
        for option in to {
            if if is_text(&option) {
                text_changes
            } else {
                !from.contains(option)
            } {
                options.push(option.clone());
            }
        }
        for option in from.iter().filter(|option| !is_text(option)) {
            if !to.iter().any(|other| other.name == option.name) {
                options.push(TableOption {
                    value: default_option(&option.name).to_owned(),
                    ..option.clone()
                });
            }
        }
        options
    }

    fn partitions(&self) -> (Vec<AlterClause>, Vec<String>) {
        let from = self.current.definition.partitioning.as_ref();
        let Some(to) = &self.wanted.definition.partitioning else {
            return Default::default();
        };
        let Some(change) = partition::change(from, to) else {
            return Default::default();
        };
        let hazards = match &change {
            PartitionChange::Drop(names) => vec![hazard::dropped_partitions(self.current, names)],
            _ => Vec::new(),
        };
        (vec![AlterClause::Partition(change)], hazards)
    }
}

/// Returns a column's type with charset and collation said.
pub(in crate::diff) fn effective_type(table: &Table, column: &Column) -> ColumnType {
    match table.column_character_set(column) {
        Some(text) => ColumnType {
            charset: Some(text.charset),
            collation: Some(text.collation),
            ..column.column_type.clone()
        },
        None => column.column_type.clone(),
    }
}

/// Tells whether MySQL cannot redefine a column in place: VIRTUAL columns hold no values to keep.
fn must_be_replaced(current: &Column, wanted: &Column) -> bool {
    let is_virtual = |column: &Column| {
        column
            .generated
            .as_ref()
            .is_some_and(|generated| !generated.stored)
    };
    is_virtual(current) != is_virtual(wanted)
}

fn index_name(index: &Index) -> &str {
    match index.kind {
        IndexKind::Primary => "PRIMARY",
        _ => index.name.as_deref().unwrap_or_default(),
    }
}

fn check_name(check: &Check) -> &str {
    check.name.as_deref().unwrap_or_default()
}

/// Returns the value that stands for an absent option.
fn default_option(name: &str) -> &'static str {
    match name {
        "ROW_FORMAT" | "PACK_KEYS" | "STATS_PERSISTENT" | "STATS_AUTO_RECALC" => "DEFAULT",
        "MIN_ROWS" | "MAX_ROWS" | "AVG_ROW_LENGTH" | "CHECKSUM" | "DELAY_KEY_WRITE"
        | "KEY_BLOCK_SIZE" | "AUTOEXTEND_SIZE" | "STATS_SAMPLE_PAGES" => "0",
        "ENCRYPTION" => "N",
        "INSERT_METHOD" => "NO",
        _ => "",
    }
}
