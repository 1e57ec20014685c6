//! One table's definition compared as the clauses of ALTER TABLE that turn it into the other.
//!
//! What stands in the way of a rename goes first, then columns are renamed by themselves; from then on names tell what
//! is what, and everything else is [`definition::alter`]'s, told what canonical definitions leave unsaid. What it asks
//! for is then made cheaper where ALTER TABLE has a form for it. Columns are matched by identity. Rules: MySQL 8.0
//! manual, "ALTER TABLE".

use std::collections::BTreeSet;

use super::definition::{self, Refusal};
use super::hints::{AutoIncrement, ConstraintNames, Hints, RangeRotation, UnrepeatableDefaults};
use super::{hazard, partition};
use crate::catalog::declared::rank;
use crate::catalog::{Defaults, Keyspace, Table, columns_of, fold, same_name};
use crate::sql::ddl::{
    AlterClause, Check, Column, ColumnDefault, ColumnPosition, CreateTable, Expression, Index,
    IndexKind, IndexPart, PartitionChange, TableOption,
};
use crate::value::ColumnType;

/// Clauses of one statement, and why they may lose data.
pub(super) type Clauses = (Vec<AlterClause>, Vec<String>);

/// What counts between two canonical definitions: everything.
const HINTS: Hints = Hints {
    auto_increment: AutoIncrement::ApplyAlways,
    range_rotation: RangeRotation::DistinctStatements,
    constraint_names: ConstraintNames::Strict,
    unrepeatable_defaults: UnrepeatableDefaults::Allow,
    ..Hints::SCHEMADIFF
};

/// A table as it is and as it is wanted.
pub(super) struct Change<'a> {
    current: &'a Table,
    wanted: &'a Table,
    /// Positions of columns that are on both sides: current and wanted.
    pairs: Vec<(usize, usize)>,
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
        let (from, to) = (ids(current), ids(wanted));
        let pair =
            |(at, id): (usize, &String)| Some((from.iter().position(|other| other == id)?, at));
        Self {
            current: current.1,
            wanted: wanted.1,
            pairs: to.iter().enumerate().filter_map(pair).collect(),
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

    /// Removes what a rename would be refused for.
    pub(super) fn clear(&self) -> Clauses {
        let mut clauses = Vec::new();
        let mut hazards = Vec::new();
        for column in self.dropped() {
            if self
                .renamed()
                .any(|(_, to)| same_name(&to.name, &column.name))
            {
                hazards.extend(hazard::dropped_column(self.current, column));
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
    pub(super) fn rename(&self) -> Clauses {
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
            Clauses::default()
        } else {
            (clauses, Vec::new())
        }
    }

    /// Everything that is left to do once columns have their names, statement by statement.
    ///
    /// # Errors
    /// As [`definition::alter`].
    pub(super) fn rest(&self) -> Result<Vec<Clauses>, Refusal> {
        let replaced: BTreeSet<String> = self.replaced().map(|column| fold(&column.name)).collect();
        let reads = |part: &IndexPart| match part {
            IndexPart::Column { name, .. } => replaced.contains(&fold(name)),
            IndexPart::Expression { .. } => false,
        };
        // What is dropped to come anew is gone when the rest is compared; so are the keys on it.
        let mut first = Vec::new();
        let mut hazards = Vec::new();
        let (mut from, to) = (
            said(self.current, self.wanted),
            said(self.wanted, self.current),
        );
        from.columns
            .retain(|column| !replaced.contains(&fold(&column.name)));
        from.indexes.retain(|index| {
            let stays = !index.parts.iter().any(reads);
            if !stays {
                first.push(drop_index(index));
            }
            stays
        });
        for column in self.replaced() {
            first.push(AlterClause::DropColumn(column.name.clone()));
            hazards.extend(hazard::dropped_column(self.current, column));
        }
        let alteration = definition::alter(&from, &to, &Defaults::default(), &HINTS)?;
        let mut statements = Vec::new();
        let mut partitions = Vec::new();
        for statement in alteration.statements {
            let mut clauses = std::mem::take(&mut first);
            for clause in statement.clauses {
                hazards.extend(self.hazard(&clause));
                match clause {
                    AlterClause::PartitionBy(wanted) => {
                        let current = self.current.definition.partitioning.as_ref();
                        match partition::change(current, &wanted) {
                            Some(change) => partitions.push(AlterClause::Partition(change)),
                            None => clauses.push(AlterClause::PartitionBy(wanted)),
                        }
                    }
                    other => clauses.extend(self.cheapest(other)),
                }
            }
            // A name is free once its key is renamed.
            clauses.sort_by_key(|clause| match clause {
                AlterClause::RenameIndex { .. } => rank(&AlterClause::DropPrimaryKey),
                other => rank(other),
            });
            statements.push((clauses, std::mem::take(&mut hazards)));
        }
        if !first.is_empty() {
            statements.push((first, hazards));
        }
        for clause in partitions {
            let hazards = self.hazard(&clause).into_iter().collect();
            statements.push((vec![clause], hazards));
        }
        Ok(statements)
    }

    /// Columns that are dropped although one of their name is wanted: it is another, or cannot be redefined in place.
    fn replaced(&self) -> impl Iterator<Item = &'a Column> {
        let columns = self.current.definition.columns.iter().enumerate();
        let is_replaced = |at: usize, column: &Column| {
            let pair = self.pairs.iter().find(|(from, _)| *from == at);
            match pair {
                Some((_, to)) => must_be_replaced(column, self.wanted_column(*to)),
                None => self.wanted.column(&column.name).is_some(),
            }
        };
        columns
            .filter(move |(at, column)| is_replaced(*at, column))
            .map(|(_, column)| column)
    }

    fn hazard(&self, clause: &AlterClause) -> Option<String> {
        let (current, wanted) = (self.current, self.wanted);
        match clause {
            AlterClause::DropColumn(name) => hazard::dropped_column(current, current.column(name)?),
            AlterClause::ModifyColumn { column, .. } => {
                let name = &column.name;
                let (from, to) = (current.column(name)?, wanted.column(name)?);
                hazard::modified_column(current, from, wanted, to)
            }
            AlterClause::Partition(PartitionChange::Drop(names)) => {
                Some(hazard::dropped_partitions(current, names))
            }
            _ => None,
        }
    }

    /// Returns the cheapest clause that does what a clause does, with columns as they are wanted.
    fn cheapest(&self, clause: AlterClause) -> Option<AlterClause> {
        match clause {
            AlterClause::ModifyColumn {
                column, position, ..
            } => {
                let current = self.current.column(&column.name)?;
                self.modify(current, self.wanted.column(&column.name)?, position)
            }
            AlterClause::AddColumn {
                column, position, ..
            } => Some(AlterClause::AddColumn {
                column: self.written(self.wanted.column(&column.name)?),
                keys: Vec::new(),
                checks: Vec::new(),
                position,
            }),
            AlterClause::Options(mut options) => {
                // A charset brings its collation.
                let wanted = &self.wanted.definition.options;
                let is = |option: &TableOption, name: &str| option.name == name;
                if options.iter().any(|option| is(option, "CHARSET"))
                    && !wanted.iter().any(|option| is(option, "COLLATE"))
                {
                    options.retain(|option| !is(option, "COLLATE"));
                }
                Some(AlterClause::Options(options))
            }
            other => Some(other),
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
}

/// Returns a definition with everything said that `definition::alter` compares: the charset of its columns and of
/// itself, and options that the other side has, at their defaults. Foreign keys come and go by themselves.
fn said(table: &Table, other: &Table) -> CreateTable {
    let mut said = table.definition.clone();
    said.foreign_keys.clear();
    for column in &mut said.columns {
        column.column_type = effective_type(table, column);
    }
    let text = table.character_set();
    let option = |name: &str, value: &str| TableOption {
        name: name.to_owned(),
        value: value.to_owned(),
        quoted: false,
    };
    said.options
        .retain(|option| !matches!(option.name.as_str(), "CHARSET" | "COLLATE"));
    said.options.push(option("CHARSET", &text.charset));
    said.options.push(option("COLLATE", &text.collation));
    for missing in &other.definition.options {
        if !said
            .options
            .iter()
            .any(|option| option.name == missing.name)
        {
            said.options.push(TableOption {
                value: default_option(&missing.name).to_owned(),
                ..missing.clone()
            });
        }
    }
    said
}

fn drop_index(index: &Index) -> AlterClause {
    match index.kind {
        IndexKind::Primary => AlterClause::DropPrimaryKey,
        _ => AlterClause::DropIndex(index_name(index).to_owned()),
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
