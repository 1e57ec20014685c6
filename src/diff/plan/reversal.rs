//! What it takes to take a step back: nothing, what was written since, luck, a backup, or more than there is.
//!
//! The way back restores the schema in any case; what is said here is what becomes of the data. Rows that come between
//! the step and its way back are the ones that matter.

use crate::catalog::vschema::Document;
use crate::catalog::{Catalog, Table, column_names, same_name};
use crate::diff::migration::{Action, Step, beside, effective_type, holds};
use crate::sql::ddl::{AlterClause, Column, Ddl, Index, IndexKind, PartitionChange};
use crate::sql::vschema_ddl::AlterVschema;

/// What going back takes, from the best on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing is lost.
    Lossless,
    /// What was written to the new structure goes with it.
    LosesNew,
    /// It may be refused, or lose values, because of rows written since.
    Conditional,
    /// The step itself has destroyed data: the schema comes back, the data only from a backup.
    Destroyed,
    /// There is no way back but to make the data anew.
    Impossible,
}

impl Class {
    /// Returns a word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lossless => "lossless",
            Self::LosesNew => "lossy",
            Self::Conditional => "conditional",
            Self::Destroyed => "destroyed",
            Self::Impossible => "impossible",
        }
    }
}

/// What going back takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The worst of what the step does.
    pub class: Class,
    /// What is lost or stands in the way, sentence by sentence without final periods, the worst first.
    pub notes: Vec<String>,
}

impl Reversal {
    fn of(mut parts: Vec<(Class, String)>) -> Self {
        parts.sort_by_key(|(class, _)| std::cmp::Reverse(*class));
        let class = parts.first().map_or(Class::Lossless, |(class, _)| *class);
        let notes = parts.into_iter().map(|(_, note)| note);
        Self {
            class,
            notes: notes.filter(|note| !note.is_empty()).collect(),
        }
    }
}

fn lossless() -> (Class, String) {
    (Class::Lossless, String::new())
}

/// Returns what taking a step back takes, given the catalog before and after it.
pub(super) fn of(before: &Catalog, after: &Catalog, step: &Step) -> Reversal {
    let parts = match &step.action {
        Action::Ddl(ddl) => of_ddl(before, after, &step.keyspace, ddl),
        Action::Vschema(statement) => vec![of_statement(before, &step.keyspace, statement)],
        Action::Document { document, .. } => before
            .keyspaces
            .get(&step.keyspace)
            .map_or_else(Vec::new, |keyspace| {
                of_document(&keyspace.vschema, document)
            }),
        Action::Rules { .. } => vec![(
            Class::Lossless,
            "queries in flight go where they were sent".to_owned(),
        )],
        Action::Note(_) => {
            let known = before.keyspaces.contains_key(&step.keyspace);
            let kept = after.keyspaces.contains_key(&step.keyspace);
            match (known, kept) {
                (true, false) => {
                    vec![(Class::Destroyed, "the keyspace's rows are gone".to_owned())]
                }
                _ => vec![lossless()],
            }
        }
    };
    Reversal::of(parts)
}

fn of_ddl(before: &Catalog, after: &Catalog, keyspace: &str, ddl: &Ddl) -> Vec<(Class, String)> {
    match ddl {
        Ddl::CreateTable(create) => vec![(
            Class::LosesNew,
            format!("the rows of `{}` written since", create.table.name.name),
        )],
        Ddl::CreateTableLike { name, .. } => {
            vec![(
                Class::LosesNew,
                format!("the rows of `{}` written since", name.name),
            )]
        }
        Ddl::DropTable { names, .. } => names
            .iter()
            .map(|name| (Class::Destroyed, format!("the rows of `{}`", name.name)))
            .collect(),
        Ddl::TruncateTable(name) => {
            vec![(Class::Destroyed, format!("the rows of `{}`", name.name))]
        }
        Ddl::AlterTable(alter) => {
            let holder = alter.table.keyspace.as_deref().unwrap_or(keyspace);
            let name = &alter.table.name;
            let (Some(from), Some(to)) = (
                before.definition(holder, name),
                after.definition(holder, name),
            ) else {
                return vec![lossless()];
            };
            let clauses = alter.clauses.iter();
            clauses.map(|clause| of_clause(from, to, clause)).collect()
        }
        _ => vec![lossless()],
    }
}

fn of_clause(from: &Table, to: &Table, clause: &AlterClause) -> (Class, String) {
    use AlterClause as A;
    match clause {
        A::AddColumn { column, .. } if column.generated.is_none() => (
            Class::LosesNew,
            format!("values of `{}` written since", column.name),
        ),
        A::DropColumn(name) => match from.column(name) {
            Some(column) if column.generated.is_some() => lossless(),
            _ => (Class::Destroyed, format!("the values of `{name}`")),
        },
        A::ModifyColumn { column, .. } => of_column(from, to, &column.name, &column.name),
        A::ChangeColumn {
            from: old, column, ..
        } => of_column(from, to, old, &column.name),
        A::DropIndex(name) => match from.index(name) {
            Some(index) if index.kind == IndexKind::Unique => (
                Class::Conditional,
                format!("duplicates written since keep unique key `{name}` from coming back"),
            ),
            _ => lossless(),
        },
        A::DropPrimaryKey => (
            Class::Conditional,
            "duplicates written since keep the primary key from coming back".to_owned(),
        ),
        A::AddIndex(index) if index.kind == IndexKind::Primary && from.primary_key().is_some() => (
            Class::Conditional,
            "rows written since may be duplicates under the former primary key".to_owned(),
        ),
        A::DropForeignKey(name) | A::DropCheck(name) | A::DropConstraint(name) => (
            Class::Conditional,
            format!("rows written since may violate `{name}`"),
        ),
        A::AlterCheck {
            name,
            enforced: false,
        } => (
            Class::Conditional,
            format!("rows written since may violate `{name}`"),
        ),
        A::ConvertTo { .. } => {
            let columns = from.definition.columns.iter();
            let parts = columns.map(|column| of_column(from, to, &column.name, &column.name));
            parts
                .max_by_key(|(class, _)| *class)
                .unwrap_or_else(lossless)
        }
        A::Partition(PartitionChange::Add(_)) => {
            (Class::LosesNew, "rows of the added partitions".to_owned())
        }
        A::Partition(PartitionChange::Drop(names) | PartitionChange::Truncate(names)) => (
            Class::Destroyed,
            format!("the rows of partitions {}", names.join(", ")),
        ),
        A::Options(options) if options.iter().any(|option| option.name == "AUTO_INCREMENT") => (
            Class::Conditional,
            "AUTO_INCREMENT never falls below the greatest value in use".to_owned(),
        ),
        _ => lossless(),
    }
}

fn of_column(from: &Table, to: &Table, old: &str, new: &str) -> (Class, String) {
    let (Some(old), Some(new)) = (from.column(old), to.column(new)) else {
        return lossless();
    };
    if old.generated.is_some() && new.generated.is_some() {
        return lossless();
    }
    let (was, is) = (effective_type(from, old), effective_type(to, new));
    if !holds(&is, &was) {
        return (
            Class::Destroyed,
            format!(
                "values of `{}` that {} does not hold",
                old.name,
                beside(&is, &was)
            ),
        );
    }
    if !holds(&was, &is) {
        return (
            Class::Conditional,
            format!(
                "values of `{}` written since may not fit {}",
                new.name,
                beside(&was, &is)
            ),
        );
    }
    let is_unique = |index: &Index| {
        matches!(index.kind, IndexKind::Primary | IndexKind::Unique)
            && column_names(index)
                .iter()
                .any(|name| same_name(name, &new.name))
    };
    if was.collation != is.collation && to.definition.indexes.iter().any(is_unique) {
        return (
            Class::Conditional,
            format!(
                "values of `{}` written since may be duplicates under {}",
                new.name,
                was.collation.as_deref().unwrap_or("the former collation")
            ),
        );
    }
    let nullable = |column: &Column| column.nullable != Some(false);
    match (nullable(old), nullable(new)) {
        (false, true) => (
            Class::Conditional,
            format!(
                "NULLs of `{}` written since keep NOT NULL from coming back",
                new.name
            ),
        ),
        (true, false) => (
            Class::Destroyed,
            format!(
                "which values of `{}` were NULL, unless the step is refused for them",
                old.name
            ),
        ),
        _ => lossless(),
    }
}

fn of_statement(before: &Catalog, keyspace: &str, statement: &AlterVschema) -> (Class, String) {
    match statement {
        AlterVschema::DropColumnVindex { table, vindex } => {
            let holder = table.keyspace.as_deref().unwrap_or(keyspace);
            before
                .keyspaces
                .get(holder)
                .map_or_else(lossless, |holder| {
                    of_removed_vindex(&holder.vschema, &table.name, vindex)
                })
        }
        AlterVschema::AddAutoIncrement { .. } | AlterVschema::DropAutoIncrement(_) => (
            Class::Conditional,
            "numbers from the other source may collide: advance `next_id` first".to_owned(),
        ),
        _ => lossless(),
    }
}

/// A column vindex that goes from a table's entry.
fn of_removed_vindex(document: &Document, table: &str, vindex: &str) -> (Class, String) {
    let Some(entry) = document.tables.get(table) else {
        return lossless();
    };
    let spec = document.vindexes.get(vindex);
    if spec.is_some_and(|spec| spec.owner == table && spec.vindex_type.contains("lookup")) {
        return (
            Class::Impossible,
            format!(
                "entries of lookup `{vindex}` are missing for rows written meanwhile: rebuild it, `write_only` until done"
            ),
        );
    }
    let is_primary = entry
        .column_vindexes
        .first()
        .is_some_and(|first| first.name == vindex);
    if is_primary { moved(table) } else { lossless() }
}

/// Rows of a table are placed by another rule.
fn moved(table: &str) -> (Class, String) {
    (
        Class::Impossible,
        format!(
            "rows of `{table}` written meanwhile are in other shards: lossless only if there are none"
        ),
    )
}

/// A document applied whole.
fn of_document(from: &Document, to: &Document) -> Vec<(Class, String)> {
    let mut parts = Vec::new();
    for (table, entry) in &from.tables {
        let Some(now) = to.tables.get(table) else {
            continue;
        };
        let (was, is) = (entry.column_vindexes.first(), now.column_vindexes.first());
        let placed = |document: &Document, name: Option<&str>| {
            name.and_then(|name| document.vindexes.get(name).cloned())
        };
        let redefined = placed(from, was.map(|first| first.name.as_str()))
            .zip(placed(to, is.map(|first| first.name.as_str())))
            .is_some_and(|(was, is)| (was.vindex_type, was.params) != (is.vindex_type, is.params));
        if was != is || redefined || from.sharded != to.sharded {
            parts.push(moved(table));
        }
        for gone in entry.column_vindexes.iter().skip(1) {
            if !now
                .column_vindexes
                .iter()
                .any(|kept| same_name(&kept.name, &gone.name))
            {
                parts.push(of_removed_vindex(from, table, &gone.name));
            }
        }
        if entry.auto_increment != now.auto_increment {
            let note = "numbers from the other source may collide: advance `next_id` first";
            parts.push((Class::Conditional, note.to_owned()));
        }
    }
    parts
}
