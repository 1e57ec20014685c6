//! Two definitions of one table compared as the clauses of ALTER TABLE that turn one into the other.
//!
//! Definitions are in one normal form, whichever: parts are compared as trees. Clauses are ranked
//! ([`declared::rank`]): what goes comes before what changes and what comes. What no single statement can do is
//! several, in order. Rules: Vitess `go/vt/schemadiff/table.go`, and MySQL's manual on ALTER TABLE.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use super::annotate::Annotations;
use super::hints::{
    AutoIncrement, ConstraintNames, EnumReorder, FulltextKeys, Hints, RangeRotation, Rename,
    SubsequentDiff, TableCharset, TableQualifier, UnrepeatableDefaults,
};
use crate::catalog::Defaults;
use crate::catalog::declared::{self, column_text, key_name};
use crate::sql::ast::{self, Expr};
use crate::sql::ddl::{
    AlterClause, AlterTable, Check, Column, ColumnDefault, ColumnPosition, CreateTable, Ddl,
    ForeignKey, Index, IndexKind, Partition, PartitionChange, PartitionKind, TableOption,
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

    fn columns(&mut self) -> Result<(), Refusal> {
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

    fn constraints(&mut self) {
        let (from, to) = (constraints(self.from), constraints(self.to));
        let known = |table: &CreateTable, constraint: &Constraint<'_>| {
            constraint.known_as(&table.name.name, self.hints.constraint_names)
        };
        let before: HashMap<String, &Constraint<'_>> = from
            .iter()
            .map(|one| (known(self.from, one), one))
            .collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for constraint in &to {
            *counts.entry(known(self.to, constraint)).or_default() += 1;
        }
        for constraint in &from {
            match counts.get_mut(&known(self.from, constraint)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    self.annotations.remove(constraint.text());
                    self.clauses.push(constraint.drop());
                }
            }
        }
        for wanted in &to {
            let Some(current) = before.get(&known(self.to, wanted)) else {
                self.annotations.add(wanted.text());
                self.clauses.push(wanted.add());
                continue;
            };
            if wanted.says_the_same(current) {
                continue;
            }
            self.annotations.replace(current.text(), wanted.text());
            match (current, wanted) {
                (Constraint::Check(before), Constraint::Check(after))
                    if before.expression == after.expression =>
                {
                    self.clauses.push(AlterClause::AlterCheck {
                        name: after.name.clone().unwrap_or_default(),
                        enforced: after.enforced,
                    });
                }
                _ => {
                    self.clauses.push(current.drop());
                    self.clauses.push(wanted.add());
                }
            }
        }
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

    fn options(&mut self) -> Result<(), Refusal> {
        let by_name = |options: &'a [TableOption]| -> BTreeMap<&'a str, &'a TableOption> {
            options
                .iter()
                .map(|option| (option.name.as_str(), option))
                .collect()
        };
        let (before, after) = (by_name(&self.from.options), by_name(&self.to.options));
        let text = |option| part(Part::Option(option));
        let mut options = Vec::new();
        for current in &self.from.options {
            if after.contains_key(current.name.as_str()) {
                continue;
            }
            if let Some(default) = self.taken_back(current)? {
                self.annotations.remove(text(current));
                options.push(default);
            }
        }
        for wanted in &self.to.options {
            if let Some(current) = before.get(wanted.name.as_str())
                && *current != wanted
                && self.applies(Some(current), wanted)
            {
                self.annotations.replace(text(current), text(wanted));
                options.push(wanted.clone());
            }
        }
        for wanted in &self.to.options {
            if !before.contains_key(wanted.name.as_str()) && self.applies(None, wanted) {
                self.annotations.add(text(wanted));
                options.push(wanted.clone());
            }
        }
        if !options.is_empty() {
            self.clauses.push(AlterClause::Options(options));
        }
        Ok(())
    }

    /// Tells whether an option that differs is set.
    fn applies(&self, current: Option<&TableOption>, wanted: &TableOption) -> bool {
        match wanted.name.as_str() {
            "CHARSET" | "COLLATE" => match self.hints.table_charset {
                TableCharset::Strict => true,
                TableCharset::IgnoreEmpty => {
                    current.is_some_and(|current| !current.value.is_empty())
                        && !wanted.value.is_empty()
                }
                TableCharset::IgnoreAlways => false,
            },
            "AUTO_INCREMENT" => match self.hints.auto_increment {
                AutoIncrement::Ignore => false,
                AutoIncrement::ApplyAlways => true,
                AutoIncrement::ApplyHigher => {
                    let number = |option: &TableOption| option.value.parse::<u64>().unwrap_or(0);
                    current.is_none_or(|current| number(wanted) > number(current))
                }
            },
            _ => true,
        }
    }

    /// Returns the option as it is when it is not said; none where that cannot be asked for and does not matter.
    fn taken_back(&self, current: &TableOption) -> Result<Option<TableOption>, Refusal> {
        let value = match current.name.as_str() {
            "CHECKSUM" | "DELAY_KEY_WRITE" | "KEY_BLOCK_SIZE" | "MAX_ROWS" | "MIN_ROWS" => "0",
            "COMMENT" | "COMPRESSION" | "CONNECTION" | "DATA DIRECTORY" | "INDEX DIRECTORY" => "",
            "ENCRYPTION" => "N",
            "PACK_KEYS" | "ROW_FORMAT" | "STATS_AUTO_RECALC" | "STATS_PERSISTENT"
            | "STATS_SAMPLE_PAGES" => "DEFAULT",
            "CHARSET" if self.hints.table_charset == TableCharset::Strict => &self.defaults.charset,
            "CHARSET"
            | "COLLATE"
            | "AUTO_INCREMENT"
            | "AUTOEXTEND_SIZE"
            | "AVG_ROW_LENGTH"
            | "ENGINE"
            | "ENGINE_ATTRIBUTE"
            | "INSERT_METHOD"
            | "PASSWORD"
            | "SECONDARY_ENGINE_ATTRIBUTE"
            | "TABLESPACE"
            | "UNION" => return Ok(None),
            other => {
                return Err(Refusal::Option {
                    table: self.from.name.name.clone(),
                    option: other.to_owned(),
                });
            }
        };
        Ok(Some(TableOption {
            value: value.to_owned(),
            ..current.clone()
        }))
    }
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

fn drop_index(index: &Index) -> AlterClause {
    match index.kind {
        IndexKind::Primary => AlterClause::DropPrimaryKey,
        _ => AlterClause::DropIndex(key_name(index).to_owned()),
    }
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

/// A foreign key or a check.
enum Constraint<'a> {
    ForeignKey(&'a ForeignKey),
    Check(&'a Check),
}

fn constraints(table: &CreateTable) -> Vec<Constraint<'_>> {
    let keys = table.foreign_keys.iter().map(Constraint::ForeignKey);
    keys.chain(table.checks.iter().map(Constraint::Check))
        .collect()
}

impl Constraint<'_> {
    fn name(&self) -> &str {
        let name = match self {
            Self::ForeignKey(key) => &key.name,
            Self::Check(check) => &check.name,
        };
        name.as_deref().unwrap_or_default()
    }

    fn text(&self) -> String {
        match self {
            Self::ForeignKey(key) => part(Part::ForeignKey(key)),
            Self::Check(check) => part(Part::Check(check)),
        }
    }

    fn details(&self) -> String {
        match self {
            Self::ForeignKey(key) => part(Part::ForeignKeyDetails(key)),
            Self::Check(check) => part(Part::Check(&Check {
                name: None,
                ..(*check).clone()
            })),
        }
    }

    /// Returns what constraints are matched by.
    fn known_as(&self, table: &str, names: ConstraintNames) -> String {
        match names {
            ConstraintNames::IgnoreVitess => original_name(table, self.name()).to_owned(),
            ConstraintNames::IgnoreAll => self.details(),
            ConstraintNames::Strict => self.name().to_owned(),
        }
    }

    fn says_the_same(&self, other: &Constraint<'_>) -> bool {
        match (self, other) {
            (Self::ForeignKey(a), Constraint::ForeignKey(b)) => {
                let named = ForeignKey {
                    name: a.name.clone(),
                    ..(*b).clone()
                };
                **a == named
            }
            (Self::Check(a), Constraint::Check(b)) => {
                (&a.expression, a.enforced) == (&b.expression, b.enforced)
            }
            _ => false,
        }
    }

    fn add(&self) -> AlterClause {
        match self {
            Self::ForeignKey(key) => AlterClause::AddForeignKey((*key).clone()),
            Self::Check(check) => AlterClause::AddCheck((*check).clone()),
        }
    }

    fn drop(&self) -> AlterClause {
        let name = self.name().to_owned();
        match self {
            Self::ForeignKey(_) => AlterClause::DropForeignKey(name),
            Self::Check(_) => AlterClause::DropCheck(name),
        }
    }
}

/// Returns a constraint's name without the table's prefix of a generated name and without the 25 characters that
/// Vitess's online DDL appends.
pub(super) fn original_name<'a>(table: &str, name: &'a str) -> &'a str {
    for kind in ["chk", "ibfk"] {
        let prefix = format!("{table}_{kind}_");
        if name.starts_with(&prefix) {
            return &name[table.len() + 1..];
        }
    }
    const LENGTH: usize = 25;
    let cut = name.len().checked_sub(LENGTH + 1);
    match cut.and_then(|at| name.get(at..)) {
        Some(suffix)
            if suffix.starts_with('_')
                && suffix[1..]
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) =>
        {
            &name[..name.len() - LENGTH - 1]
        }
        _ => name,
    }
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

    #[test]
    fn constraint_names_lose_what_generated_them() {
        assert_eq!(original_name("t1", "t1_chk_1"), "chk_1");
        assert_eq!(original_name("t1", "t1_ibfk_12"), "ibfk_12");
        assert_eq!(
            original_name("t1", "check2_7fp024p4rxvr858tsaggvf9dw"),
            "check2"
        );
        assert_eq!(original_name("t1", "check2"), "check2");
        assert_eq!(
            original_name("t1", "größe_über_alles_1234567890"),
            "größe_über_alles_1234567890"
        );
    }
}
