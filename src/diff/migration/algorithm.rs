//! What an ALTER TABLE costs the server: INSTANT, INPLACE or COPY, whether the table is rebuilt, and whether it can be
//! written meanwhile.
//!
//! MySQL 8.4 manual, "Online DDL Operations", which holds for 8.0.29 and later. A statement is as slow as its slowest
//! clause. What is not listed there counts as COPY: a promise too few rather than one too many. schemadiff's question
//! whether a statement is instant ([`super::instant`]) is answered by the same rule.

use super::effective_type;
use crate::catalog::{CharacterSet, Table, same_name};
use crate::sql::ddl::{
    AlterClause, Column, ColumnDefault, ColumnPosition, CreateTable, Index, IndexKind, IndexPart,
    PartitionChange, TableOption,
};
use crate::sql::print;
use crate::value::{ColumnType, TypeKind};

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

/// Returns what the clauses of one ALTER TABLE cost on a table as it is; `is_parent` tells whether a column is one that a
/// foreign key references.
pub fn cost(table: &Table, clauses: &[AlterClause], is_parent: &dyn Fn(&str) -> bool) -> Cost {
    let rule = Rule {
        table: &table.definition,
        clauses,
        typed: &|_, column| effective_type(table, column),
        is_parent,
    };
    let parts: Vec<(Part, &AlterClause)> = clauses
        .iter()
        .map(|clause| (rule.part(clause), clause))
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

/// Tells whether all clauses are INSTANT on a table in any normal form; the charset that a clause does not say is that of
/// the column before.
pub(super) fn is_instant(table: &CreateTable, clauses: &[AlterClause]) -> bool {
    let typed = |before: Option<&Column>, column: &Column| {
        let was = before.map(|before| &before.column_type);
        let lower = |said: &Option<String>, was: Option<&Option<String>>| {
            let known = said.as_ref().or(was.and_then(Option::as_ref));
            known.map(|name| name.to_lowercase())
        };
        let column_type = &column.column_type;
        ColumnType {
            charset: lower(&column_type.charset, was.map(|was| &was.charset)),
            collation: lower(&column_type.collation, was.map(|was| &was.collation)),
            ..column_type.clone()
        }
    };
    let rule = Rule {
        table,
        clauses,
        typed: &typed,
        is_parent: &|_| false,
    };
    clauses.iter().all(|clause| rule.part(clause) == INSTANT)
}

/// The clauses of one statement and what they are judged by.
struct Rule<'a> {
    table: &'a CreateTable,
    clauses: &'a [AlterClause],
    /// The whole type of a column: that of the clause, given the column before.
    typed: &'a dyn Fn(Option<&Column>, &Column) -> ColumnType,
    is_parent: &'a dyn Fn(&str) -> bool,
}

impl Rule<'_> {
    fn part(&self, clause: &AlterClause) -> Part {
        use AlterClause as A;
        match clause {
            A::AddColumn {
                column,
                keys,
                checks,
                ..
            } => {
                let own = self.add_column(column);
                let checks = checks.iter().map(|check| check_part(check.enforced));
                self.with_keys(checks.fold(own, worse), keys)
            }
            A::DropColumn(name) => self.drop_column(name),
            A::ModifyColumn {
                column,
                keys,
                position,
            } => self.with_keys(self.redefine(&column.name, column, position.as_ref()), keys),
            A::ChangeColumn {
                from,
                column,
                keys,
                position,
            } => self.with_keys(self.redefine(from, column, position.as_ref()), keys),
            A::RenameColumn { from, .. } => self.rename_column(from),
            A::SetDefault { .. }
            | A::DropDefault(_)
            | A::SetColumnVisibility { .. }
            | A::RenameTable(_)
            | A::WithValidation(_) => INSTANT,
            A::Algorithm(asked) => match asked.as_str() {
                "COPY" => COPY,
                "INPLACE" => IN_PLACE,
                _ => INSTANT,
            },
            // INSTANT takes no lock but the default one.
            A::Lock(asked) => match asked.as_str() {
                "DEFAULT" => INSTANT,
                "NONE" => IN_PLACE,
                _ => IN_PLACE_BLOCKING,
            },
            A::AddIndex(index) if self.is_retyped(index) => INSTANT,
            A::AddIndex(index) => self.add_index(index),
            A::DropIndex(name) if self.is_dropped_to_be_retyped(name) => INSTANT,
            A::DropPrimaryKey => {
                let added = |clause: &AlterClause| matches!(clause, A::AddIndex(index) if index.kind == IndexKind::Primary);
                if self.clauses.iter().any(added) {
                    REBUILD
                } else {
                    COPY
                }
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
                .map(|option| self.option(option))
                .fold(INSTANT, worse),
            A::Force => REBUILD,
            A::Partition(change) => partition(change),
            A::DisableKeys | A::EnableKeys | A::DiscardTablespace | A::ImportTablespace => {
                IN_PLACE_BLOCKING
            }
            A::ConvertTo { .. }
            | A::OrderBy(_)
            | A::PartitionBy(_)
            | A::RemovePartitioning
            | A::UpgradePartitioning => COPY,
        }
    }

    fn with_keys(&self, own: Part, keys: &[Index]) -> Part {
        keys.iter().map(|key| self.add_index(key)).fold(own, worse)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        let mut columns = self.table.columns.iter();
        columns.find(|column| same_name(&column.name, name))
    }

    fn has_index(&self, kind: IndexKind) -> bool {
        self.table.indexes.iter().any(|index| index.kind == kind)
    }

    fn current_option(&self, name: &str) -> Option<&str> {
        let mut options = self.table.options.iter();
        let found = options.find(|option| option.name == name);
        found.map(|option| option.value.as_str())
    }

    /// Tells whether columns can come and go instantly at all.
    fn takes_columns(&self) -> bool {
        let compressed = self
            .current_option("ROW_FORMAT")
            .is_some_and(|format| format.eq_ignore_ascii_case("COMPRESSED"));
        !compressed && !self.has_index(IndexKind::Fulltext)
    }

    fn add_column(&self, column: &Column) -> Part {
        if column.auto_increment {
            return REBUILD_BLOCKING;
        }
        let adds = |clause: &&AlterClause| matches!(clause, AlterClause::AddColumn { .. });
        let count = self.table.columns.len() + self.clauses.iter().filter(adds).count();
        let instantly = self.takes_columns() && count <= MAX_INSTANT_COLUMNS;
        match (&column.generated, &column.default) {
            (Some(generated), _) if generated.stored => COPY,
            (Some(_), _) if instantly => INSTANT,
            (Some(_), _) => IN_PLACE,
            (None, Some(ColumnDefault::Expression(_))) => COPY,
            // The rows that are there would get a zero date, of which each is looked at.
            (None, None)
                if column.nullable == Some(false)
                    && matches!(column.column_type.kind, TypeKind::DateTime | TypeKind::Date) =>
            {
                COPY
            }
            // Only literals are noted once for all rows.
            (None, Some(ColumnDefault::CurrentTimestamp(_))) => REBUILD,
            _ if instantly => INSTANT,
            _ => REBUILD,
        }
    }

    fn drop_column(&self, name: &str) -> Part {
        let Some(column) = self.column(name) else {
            return COPY;
        };
        let is_part = |part: &IndexPart| matches!(part, IndexPart::Column { name: part, .. } if same_name(part, name));
        let mut indexes = self.table.indexes.iter();
        let indexed = indexes.any(|index| index.parts.iter().any(is_part));
        let is_virtual = column
            .generated
            .as_ref()
            .is_some_and(|generated| !generated.stored);
        match (self.takes_columns() && !indexed, is_virtual) {
            (true, _) => INSTANT,
            (false, true) => IN_PLACE,
            (false, false) => REBUILD,
        }
    }

    fn rename_column(&self, from: &str) -> Part {
        if (self.is_parent)(from) {
            IN_PLACE
        } else {
            INSTANT
        }
    }

    fn add_index(&self, index: &Index) -> Part {
        match index.kind {
            IndexKind::Primary => REBUILD,
            // The first one adds a hidden column.
            IndexKind::Fulltext if !self.has_index(IndexKind::Fulltext) => REBUILD_BLOCKING,
            IndexKind::Fulltext | IndexKind::Spatial => IN_PLACE_BLOCKING,
            IndexKind::Unique | IndexKind::Plain => IN_PLACE,
        }
    }

    /// Tells whether an index is dropped and added with nothing but USING changed: InnoDB has one kind of tree for both.
    fn is_retyped(&self, added: &Index) -> bool {
        let named = |name: &str| {
            let known = added.name.as_deref();
            known.is_some_and(|known| same_name(known, name))
        };
        let dropped = self
            .clauses
            .iter()
            .any(|clause| matches!(clause, AlterClause::DropIndex(name) if named(name)));
        let mut indexes = self.table.indexes.iter();
        let same = indexes.any(|index| {
            let retyped = Index {
                using: added.using.clone(),
                ..index.clone()
            };
            retyped == *added
        });
        dropped && same
    }

    fn is_dropped_to_be_retyped(&self, dropped: &str) -> bool {
        self.clauses.iter().any(|clause| match clause {
            AlterClause::AddIndex(index) => {
                let name = index.name.as_deref();
                name.is_some_and(|name| same_name(name, dropped)) && self.is_retyped(index)
            }
            _ => false,
        })
    }

    fn option(&self, option: &TableOption) -> Part {
        let is_same = || {
            let current = self.current_option(&option.name);
            current.is_some_and(|value| value.eq_ignore_ascii_case(&option.value))
        };
        match option.name.as_str() {
            "ENGINE" if is_same() => REBUILD,
            "ENGINE" => COPY,
            "CHARSET" if !is_same() => REBUILD,
            "ROW_FORMAT" | "KEY_BLOCK_SIZE" | "COMPRESSION" | "ENCRYPTION" => REBUILD,
            _ => IN_PLACE,
        }
    }

    /// Redefines a column: name, type, nullability, default and place each by its own rule.
    fn redefine(&self, from: &str, to: &Column, position: Option<&ColumnPosition>) -> Part {
        let Some(old) = self.column(from) else {
            return COPY;
        };
        if old.generated != to.generated
            || old.auto_increment != to.auto_increment
            || old.srid != to.srid
        {
            return COPY;
        }
        let mut part = INSTANT;
        let (was, is) = ((self.typed)(None, old), (self.typed)(Some(old), to));
        if was != is {
            part = worse(part, retype(&was, &is));
        }
        if (old.nullable != Some(false)) != (to.nullable != Some(false))
            || old.column_format != to.column_format
            || old.storage != to.storage
            || position.is_some_and(|position| self.moves(from, position))
        {
            part = worse(part, REBUILD);
        }
        if old.comment != to.comment
            || old.on_update != to.on_update
            || old.engine_attribute != to.engine_attribute
            || old.secondary_engine_attribute != to.secondary_engine_attribute
        {
            part = worse(part, IN_PLACE);
        }
        if same_name(from, &to.name) {
            part
        } else {
            worse(part, self.rename_column(from))
        }
    }

    /// Tells whether a column leaves its place.
    fn moves(&self, column: &str, position: &ColumnPosition) -> bool {
        let place = |name: &str| {
            let mut columns = self.table.columns.iter();
            columns.position(|column| same_name(&column.name, name))
        };
        match position {
            ColumnPosition::First => place(column) != Some(0),
            ColumnPosition::After(other) => place(other).map(|before| before + 1) != place(column),
        }
    }
}

fn worse(a: Part, b: Part) -> Part {
    (a.0.max(b.0), a.1 || b.1, a.2 || b.2)
}

fn check_part(enforced: bool) -> Part {
    if enforced { COPY } else { IN_PLACE }
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

fn retype(was: &ColumnType, is: &ColumnType) -> Part {
    match (was.kind, is.kind) {
        (TypeKind::Enum, TypeKind::Enum) | (TypeKind::Set, TypeKind::Set)
            if was.collation == is.collation && is.members.starts_with(&was.members) =>
        {
            // SETs of 33 members and more all take eight bytes; that they do is not promised.
            let bytes = |members: usize| match was.kind {
                TypeKind::Enum => 1 + usize::from(members > 255),
                _ => members.div_ceil(8),
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
                Some(charset) => CharacterSet {
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
        _ if was.is_integer() && (was.kind, was.unsigned) == (is.kind, is.unsigned) => IN_PLACE,
        _ => COPY,
    }
}
