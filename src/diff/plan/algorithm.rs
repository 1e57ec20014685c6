//! What an ALTER TABLE costs the server: INSTANT, INPLACE or COPY, whether the table is rebuilt, and whether it can be
//! written meanwhile.
//!
//! MySQL 8.4 manual, "Online DDL Operations", which holds for 8.0.29 and later. A statement is as slow as its slowest
//! clause. What is not listed there counts as COPY: a promise too few rather than one too many.

use crate::catalog::{Table, column_names, same_name};
use crate::sql::ddl::{
    AlterClause, Column, ColumnDefault, ColumnPosition, Index, IndexKind, PartitionChange,
    TableOption,
};
use crate::sql::print;
use crate::value::{ColumnType, TypeKind};

use super::super::migration::effective_type;

/// How MySQL makes a change, from the cheapest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// Only the table's description changes.
    Instant,
    /// In the table's own files.
    InPlace,
    /// Into a new table, row by row.
    Copy,
}

impl Algorithm {
    /// MySQL's keyword.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "INSTANT",
            Self::InPlace => "INPLACE",
            Self::Copy => "COPY",
        }
    }
}

/// What a statement costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The best algorithm there is.
    pub algorithm: Algorithm,
    /// Whether the table is written anew.
    pub rebuilds: bool,
    /// Whether other sessions wait with their writes until it is done.
    pub blocks_writes: bool,
    /// The clause that spoils an otherwise INSTANT statement; empty where there is none or it stands alone.
    pub slowest: String,
}

/// A clause's part: algorithm, rebuild, writes blocked. Ordered from the cheapest on.
type Part = (Algorithm, bool, bool);

const INSTANT: Part = (Algorithm::Instant, false, false);
const IN_PLACE: Part = (Algorithm::InPlace, false, false);
const IN_PLACE_BLOCKING: Part = (Algorithm::InPlace, false, true);
const REBUILD: Part = (Algorithm::InPlace, true, false);
const REBUILD_BLOCKING: Part = (Algorithm::InPlace, true, true);
const COPY: Part = (Algorithm::Copy, true, true);

/// Columns that a table may have for one more to be added instantly.
const MAX_INSTANT_COLUMNS: usize = 1022;

/// Returns what the clauses of one ALTER TABLE cost on a table as it is.
pub fn cost(table: &Table, clauses: &[AlterClause]) -> Cost {
    let parts: Vec<(Part, &AlterClause)> = clauses
        .iter()
        .map(|clause| (part(table, clause, clauses), clause))
        .collect();
    let worst = parts.iter().map(|(part, _)| part.0).max();
    let algorithm = worst.unwrap_or(Algorithm::Instant);
    let mixed = parts
        .iter()
        .any(|((algorithm, ..), _)| *algorithm == Algorithm::Instant);
    let spoiler = parts
        .iter()
        .filter(|_| mixed && algorithm > Algorithm::Instant)
        .find(|((slow, ..), _)| *slow == algorithm);
    Cost {
        algorithm,
        rebuilds: parts.iter().any(|((_, rebuilds, _), _)| *rebuilds),
        blocks_writes: parts.iter().any(|((.., blocks), _)| *blocks),
        slowest: spoiler.map_or_else(String::new, |(_, clause)| print::clause(clause)),
    }
}

fn part(table: &Table, clause: &AlterClause, all: &[AlterClause]) -> Part {
    use AlterClause as A;
    match clause {
        A::AddColumn {
            column,
            keys,
            checks,
            ..
        } => {
            let own = add_column(table, column, all);
            let keys = keys.iter().map(|key| add_index(table, key));
            let checks = checks.iter().map(|check| check_part(check.enforced));
            keys.chain(checks).fold(own, worse)
        }
        A::DropColumn(name) => drop_column(table, name, all),
        A::ModifyColumn {
            column,
            keys,
            position,
        } => {
            let own = redefine(table, &column.name, column, position.as_ref());
            keys.iter()
                .map(|key| add_index(table, key))
                .fold(own, worse)
        }
        A::ChangeColumn {
            from,
            column,
            keys,
            position,
        } => {
            let own = redefine(table, from, column, position.as_ref());
            keys.iter()
                .map(|key| add_index(table, key))
                .fold(own, worse)
        }
        A::RenameColumn { .. }
        | A::SetDefault { .. }
        | A::DropDefault(_)
        | A::SetColumnVisibility { .. }
        | A::RenameTable(_)
        | A::Algorithm(_)
        | A::Lock(_)
        | A::WithValidation(_) => INSTANT,
        A::AddIndex(index) => add_index(table, index),
        A::DropPrimaryKey => {
            let added = |clause: &AlterClause| matches!(clause, A::AddIndex(index) if index.kind == IndexKind::Primary);
            if all.iter().any(added) { REBUILD } else { COPY }
        }
        A::DropIndex(_)
        | A::RenameIndex { .. }
        | A::SetIndexVisibility { .. }
        | A::DropForeignKey(_)
        | A::DropCheck(_)
        | A::DropConstraint(_) => IN_PLACE,
        // In place only while foreign_key_checks is off, which leaves the rows unchecked.
        A::AddForeignKey(_) => COPY,
        A::AddCheck(check) => check_part(check.enforced),
        A::AlterCheck { enforced, .. } => check_part(*enforced),
        A::Options(options) => options
            .iter()
            .map(|option| option_part(table, option))
            .fold(INSTANT, worse),
        A::Force => REBUILD,
        A::Partition(change) => partition(change),
        A::DisableKeys | A::EnableKeys | A::DiscardTablespace | A::ImportTablespace => {
            IN_PLACE_BLOCKING
        }
        A::ConvertTo { .. } | A::OrderBy(_) | A::PartitionBy(_) | A::RemovePartitioning => COPY,
    }
}

fn worse(a: Part, b: Part) -> Part {
    (a.0.max(b.0), a.1 || b.1, a.2 || b.2)
}

fn check_part(enforced: bool) -> Part {
    if enforced { COPY } else { IN_PLACE }
}

/// Tells whether columns can come and go instantly at all.
fn takes_instant_columns(table: &Table) -> bool {
    let compressed = table
        .option("ROW_FORMAT")
        .is_some_and(|format| format.eq_ignore_ascii_case("COMPRESSED"));
    let fulltext = |index: &Index| index.kind == IndexKind::Fulltext;
    !compressed && !table.definition.indexes.iter().any(fulltext)
}

fn add_column(table: &Table, column: &Column, all: &[AlterClause]) -> Part {
    if column.auto_increment {
        return REBUILD_BLOCKING;
    }
    if let Some(generated) = &column.generated {
        return if generated.stored { COPY } else { INSTANT };
    }
    let adds = |clause: &&AlterClause| matches!(clause, AlterClause::AddColumn { .. });
    let columns = table.definition.columns.len() + all.iter().filter(adds).count();
    match column.default {
        Some(ColumnDefault::Expression(_)) => COPY,
        _ if takes_instant_columns(table) && columns <= MAX_INSTANT_COLUMNS => INSTANT,
        _ => REBUILD,
    }
}

fn drop_column(table: &Table, name: &str, all: &[AlterClause]) -> Part {
    let Some(column) = table.column(name) else {
        return COPY;
    };
    if column
        .generated
        .as_ref()
        .is_some_and(|generated| !generated.stored)
    {
        return INSTANT;
    }
    let kept = |index: &&Index| {
        !all.iter().any(|clause| {
            matches!(clause, AlterClause::DropIndex(dropped)
                if index.name.as_ref().is_some_and(|name| same_name(name, dropped)))
        })
    };
    let indexed = table
        .definition
        .indexes
        .iter()
        .filter(kept)
        .any(|index| column_names(index).iter().any(|part| same_name(part, name)));
    if takes_instant_columns(table) && !indexed {
        INSTANT
    } else {
        REBUILD
    }
}

fn add_index(table: &Table, index: &Index) -> Part {
    let of_kind = |kind| {
        table
            .definition
            .indexes
            .iter()
            .any(|index| index.kind == kind)
    };
    match index.kind {
        IndexKind::Primary => REBUILD,
        // The first one adds a hidden column.
        IndexKind::Fulltext if !of_kind(IndexKind::Fulltext) => REBUILD_BLOCKING,
        IndexKind::Fulltext | IndexKind::Spatial => IN_PLACE_BLOCKING,
        IndexKind::Unique | IndexKind::Plain => IN_PLACE,
    }
}

fn option_part(table: &Table, option: &TableOption) -> Part {
    match option.name.as_str() {
        "ENGINE" => {
            let same = table
                .option("ENGINE")
                .is_some_and(|engine| engine.eq_ignore_ascii_case(&option.value));
            if same { REBUILD } else { COPY }
        }
        "ROW_FORMAT" | "KEY_BLOCK_SIZE" | "COMPRESSION" | "ENCRYPTION" => REBUILD,
        _ => IN_PLACE,
    }
}

fn partition(change: &PartitionChange) -> Part {
    use PartitionChange as P;
    match change {
        P::Add(_)
        | P::Drop(_)
        | P::Truncate(_)
        | P::Discard(_)
        | P::Import(_)
        | P::Exchange { .. } => IN_PLACE_BLOCKING,
        P::AddCount(_) | P::Coalesce(_) | P::Reorganize { .. } | P::Rebuild(_) | P::Optimize(_) => {
            REBUILD_BLOCKING
        }
        P::Analyze(_) | P::Check(_) | P::Repair(_) => IN_PLACE,
    }
}

/// Redefines a column: name, type, nullability, default and place each by its own rule.
fn redefine(table: &Table, from: &str, to: &Column, position: Option<&ColumnPosition>) -> Part {
    let Some(old) = table.column(from) else {
        return COPY;
    };
    if old.generated != to.generated
        || old.auto_increment != to.auto_increment
        || old.srid != to.srid
    {
        return COPY;
    }
    let mut part = INSTANT;
    let (was, is) = (effective_type(table, old), effective_type(table, to));
    if was != is {
        part = worse(part, retype(&was, &is));
    }
    if old.nullable != Some(false) && to.nullable == Some(false)
        || old.nullable == Some(false) && to.nullable != Some(false)
    {
        part = worse(part, REBUILD);
    }
    if old.column_format != to.column_format || old.storage != to.storage {
        part = worse(part, REBUILD);
    }
    if position.is_some_and(|position| moves(table, from, position)) {
        part = worse(part, REBUILD);
    }
    part
}

/// Tells whether a column leaves its place.
fn moves(table: &Table, column: &str, position: &ColumnPosition) -> bool {
    let place = table.column_place(column);
    match position {
        ColumnPosition::First => place != Some(0),
        ColumnPosition::After(other) => table.column_place(other).map(|before| before + 1) != place,
    }
}

fn retype(was: &ColumnType, is: &ColumnType) -> Part {
    match (was.kind, is.kind) {
        (TypeKind::Enum, TypeKind::Enum) | (TypeKind::Set, TypeKind::Set)
            if was.collation == is.collation && is.members.starts_with(&was.members) =>
        {
            let bytes = |members: usize| match was.kind {
                TypeKind::Enum => 1 + usize::from(members > 255),
                _ => members.div_ceil(8).next_power_of_two(),
            };
            if bytes(was.members.len()) == bytes(is.members.len()) {
                INSTANT
            } else {
                COPY
            }
        }
        (TypeKind::VarChar, TypeKind::VarChar) | (TypeKind::VarBinary, TypeKind::VarBinary)
            if was.collation == is.collation && is.length >= was.length =>
        {
            // The length of a value takes one byte up to 255 bytes, and two beyond.
            let width = match &was.charset {
                Some(charset) => crate::catalog::CharacterSet {
                    charset: charset.clone(),
                    collation: was.collation.clone().unwrap_or_default(),
                }
                .max_bytes(),
                None => 1,
            };
            let long = |column_type: &ColumnType| column_type.length.unwrap_or(0) * width > 255;
            if long(was) == long(is) {
                IN_PLACE
            } else {
                COPY
            }
        }
        // A display width is no part of the value.
        _ if was.is_integer() && (was.kind, was.unsigned) == (is.kind, is.unsigned) => INSTANT,
        _ => COPY,
    }
}
