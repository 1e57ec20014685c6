//! One ALTER TABLE applied to a declared table: the clauses that a diff is made of, in the order in which a server
//! takes them. Rules: Vitess `go/vt/schemadiff/table.go`.

use super::normal::{self, TableText, covers};
use super::validate::{self, key_name};
use super::{Error, same_name};
use crate::catalog::{Defaults, columns_of, fold};
use crate::sql::ddl::{
    AlterClause, Column, ColumnPosition, CreateTable, Index, IndexKind, IndexPart, PartitionChange,
    TableOption,
};
use crate::sql::print::query::{Part, part};

/// Returns the rank of a clause among those of its statement: what goes comes before what changes and what is added.
pub fn rank(clause: &AlterClause) -> u8 {
    match clause {
        AlterClause::DropForeignKey(_) => 1,
        AlterClause::DropIndex(_)
        | AlterClause::DropPrimaryKey
        | AlterClause::DropCheck(_)
        | AlterClause::DropConstraint(_) => 2,
        AlterClause::DropColumn(_) => 3,
        AlterClause::ModifyColumn { .. } => 4,
        AlterClause::RenameColumn { .. } => 5,
        AlterClause::AddColumn { .. } => 6,
        AlterClause::AddIndex(_) => 7,
        AlterClause::AddForeignKey(_) | AlterClause::AddCheck(_) => 8,
        AlterClause::Options(_) => 9,
        AlterClause::PartitionBy(_)
        | AlterClause::RemovePartitioning
        | AlterClause::Partition(_) => 11,
        _ => 10,
    }
}

/// Returns what the clauses make of a table in normal form.
///
/// # Errors
/// What is missing, taken or needed; see [`Error`].
pub(super) fn clauses(
    table: &CreateTable,
    clauses: &[AlterClause],
    defaults: &Defaults,
) -> Result<CreateTable, Error> {
    let mut ordered: Vec<&AlterClause> = clauses.iter().collect();
    ordered.sort_by_key(|clause| rank(clause));
    let mut draft = table.clone();
    // Partitions come first: the other clauses find the new ones.
    let (partitions, others): (Vec<&AlterClause>, Vec<&AlterClause>) =
        ordered.into_iter().partition(|clause| {
            matches!(
                clause,
                AlterClause::Partition(_)
                    | AlterClause::PartitionBy(_)
                    | AlterClause::RemovePartitioning
            )
        });
    for clause in partitions {
        partitioning(&mut draft, clause)?;
    }
    for clause in others {
        one(&mut draft, clause)?;
    }
    follow_dropped_columns(&mut draft);
    // Names and implied keys come before the check, so that two of one name are found.
    normal::structure(&mut draft);
    validate::table(&draft)?;
    let mut normal = normal::table(&draft, defaults);
    let text = TableText::of(&normal.options, defaults);
    for column in &mut normal.columns {
        normal::column(column, &text);
    }
    Ok(normal)
}

fn partitioning(draft: &mut CreateTable, clause: &AlterClause) -> Result<(), Error> {
    let table = draft.name.name.clone();
    match clause {
        AlterClause::PartitionBy(wanted) => draft.partitioning = Some(wanted.clone()),
        AlterClause::RemovePartitioning => draft.partitioning = None,
        AlterClause::Partition(PartitionChange::Drop(names)) if !names.is_empty() => {
            for name in names {
                let partitions = draft
                    .partitioning
                    .as_mut()
                    .map(|partitioning| &mut partitioning.partitions);
                let found = partitions.and_then(|partitions| {
                    let place = partitions
                        .iter()
                        .position(|partition| same_name(&partition.name, name))?;
                    Some(partitions.remove(place))
                });
                if found.is_none() {
                    return Err(Error::PartitionNotFound {
                        table,
                        partition: name.clone(),
                    });
                }
            }
        }
        AlterClause::Partition(PartitionChange::Add(added)) if added.len() == 1 => {
            let partitions = draft
                .partitioning
                .as_mut()
                .map(|partitioning| &mut partitioning.partitions)
                .filter(|partitions| !partitions.is_empty());
            let Some(partitions) = partitions else {
                return Err(Error::NoPartitions { table });
            };
            if partitions
                .iter()
                .any(|known| same_name(&known.name, &added[0].name))
            {
                return Err(Error::DuplicatePartition {
                    table,
                    partition: added[0].name.clone(),
                });
            }
            partitions.push(added[0].clone());
        }
        other => return Err(unsupported(other)),
    }
    Ok(())
}

fn unsupported(clause: &AlterClause) -> Error {
    Error::UnsupportedOperation {
        statement: part(Part::Clause(clause)),
    }
}

fn one(draft: &mut CreateTable, clause: &AlterClause) -> Result<(), Error> {
    let table = || draft.name.name.clone();
    match clause {
        AlterClause::DropPrimaryKey => {
            let place = position(&draft.indexes, |index| index.kind == IndexKind::Primary);
            drop_index(draft, place, "PRIMARY")?;
        }
        AlterClause::DropIndex(name) => {
            let place = position(&draft.indexes, |index| same_name(key_name(index), name));
            drop_index(draft, place, name)?;
        }
        AlterClause::DropForeignKey(name) => {
            let place = position(&draft.foreign_keys, |key| is_named(key.name.as_ref(), name));
            let place = place.ok_or_else(|| key_missing(table(), name))?;
            draft.foreign_keys.remove(place);
        }
        AlterClause::DropCheck(name) => {
            let place = position(&draft.checks, |check| is_named(check.name.as_ref(), name));
            let place = place.ok_or_else(|| key_missing(table(), name))?;
            draft.checks.remove(place);
        }
        AlterClause::AddIndex(index) => add_index(draft, index)?,
        AlterClause::AddForeignKey(key) => {
            if let Some(name) = &key.name {
                constraint_is_free(draft, name)?;
            }
            draft.foreign_keys.push(key.clone());
        }
        AlterClause::AddCheck(check) => {
            if let Some(name) = &check.name {
                constraint_is_free(draft, name)?;
            }
            draft.checks.push(check.clone());
        }
        AlterClause::AlterCheck { name, enforced } => {
            let check = draft
                .checks
                .iter_mut()
                .find(|check| is_named(check.name.as_ref(), name));
            match check {
                Some(check) => check.enforced = *enforced,
                None => {
                    return Err(Error::ConstraintNotFound {
                        table: table(),
                        constraint: name.clone(),
                    });
                }
            }
        }
        AlterClause::RenameIndex { from, to } => {
            let place = position(&draft.indexes, |index| same_name(key_name(index), from));
            let place = place.ok_or_else(|| key_missing(table(), from))?;
            draft.indexes[place].name = Some(to.clone());
        }
        AlterClause::SetIndexVisibility { index, invisible } => {
            let place = position(&draft.indexes, |known| same_name(key_name(known), index));
            let place = place.ok_or_else(|| key_missing(table(), index))?;
            draft.indexes[place].invisible = *invisible;
        }
        AlterClause::Options(options) => options.iter().for_each(|option| set(draft, option)),
        // How a server works on the table is no part of it.
        AlterClause::Algorithm(_) | AlterClause::Lock(_) => {}
        other => column_clause(draft, other)?,
    }
    Ok(())
}

fn column_clause(draft: &mut CreateTable, clause: &AlterClause) -> Result<(), Error> {
    let table = draft.name.name.clone();
    let missing = |column: &str| Error::ColumnNotFound {
        table: table.clone(),
        column: column.to_owned(),
    };
    let find = |draft: &CreateTable, name: &str| {
        position(&draft.columns, |column| same_name(&column.name, name))
            .ok_or_else(|| missing(name))
    };
    match clause {
        AlterClause::DropColumn(name) => {
            let place = find(draft, name)?;
            draft.columns.remove(place);
        }
        AlterClause::AddColumn {
            column,
            keys,
            checks,
            position,
        } => {
            if find(draft, &column.name).is_ok() {
                return Err(Error::DuplicateColumn {
                    table,
                    column: column.name.clone(),
                });
            }
            draft.columns.push(column.clone());
            place(draft, draft.columns.len() - 1, position.as_ref())?;
            column_keys(draft, column, keys)?;
            draft.checks.extend(checks.iter().cloned());
        }
        AlterClause::ModifyColumn {
            column,
            keys,
            position,
        } => {
            let at = find(draft, &column.name)?;
            draft.columns[at] = column.clone();
            place(draft, at, position.as_ref())?;
            column_keys(draft, column, keys)?;
        }
        AlterClause::ChangeColumn {
            from,
            column,
            keys,
            position,
        } => {
            let at = find(draft, from)?;
            draft.columns[at] = column.clone();
            rename_parts(draft, from, &column.name);
            place(draft, at, position.as_ref())?;
            column_keys(draft, column, keys)?;
        }
        AlterClause::RenameColumn { from, to } => {
            let at = find(draft, from)?;
            draft.columns[at].name.clone_from(to);
            rename_parts(draft, from, to);
        }
        AlterClause::SetDefault { column, default } => {
            let at = find(draft, column)?;
            draft.columns[at].default = Some(default.clone());
        }
        AlterClause::DropDefault(column) => {
            let at = find(draft, column)?;
            draft.columns[at].default = None;
        }
        AlterClause::SetColumnVisibility { column, invisible } => {
            let at = find(draft, column)?;
            draft.columns[at].invisible = *invisible;
        }
        other => return Err(unsupported(other)),
    }
    Ok(())
}

fn position<T>(items: &[T], is: impl Fn(&T) -> bool) -> Option<usize> {
    items.iter().position(is)
}

fn is_named(known: Option<&String>, name: &str) -> bool {
    known.is_some_and(|known| same_name(known, name))
}

fn key_missing(table: String, name: &str) -> Error {
    Error::KeyNotFound {
        table,
        key: name.to_owned(),
    }
}

/// Drops an index, which no foreign key may need.
fn drop_index(draft: &mut CreateTable, place: Option<usize>, name: &str) -> Result<(), Error> {
    let place = place.ok_or_else(|| key_missing(draft.name.name.clone(), name))?;
    draft.indexes.remove(place);
    let uncovered = draft.foreign_keys.iter().any(|key| {
        !draft
            .indexes
            .iter()
            .any(|index| covers(index, &key.columns))
    });
    if uncovered {
        return Err(Error::KeyNeeded {
            table: draft.name.name.clone(),
            key: name.to_owned(),
        });
    }
    Ok(())
}

fn add_index(draft: &mut CreateTable, index: &Index) -> Result<(), Error> {
    let table = || draft.name.name.clone();
    let name = key_name(index);
    if !name.is_empty()
        && draft
            .indexes
            .iter()
            .any(|known| same_name(key_name(known), name))
    {
        return Err(Error::DuplicateKey {
            table: table(),
            key: name.to_owned(),
        });
    }
    let known = |name: &str| {
        draft
            .columns
            .iter()
            .any(|column| same_name(&column.name, name))
    };
    for part in &index.parts {
        let missing = match part {
            IndexPart::Column { name, .. } => Some(name.clone()).filter(|name| !known(name)),
            IndexPart::Expression { expression, .. } => {
                columns_of(expression).into_iter().find(|name| !known(name))
            }
        };
        if let Some(column) = missing {
            return Err(Error::ColumnInKey {
                table: table(),
                column: fold(&column),
                key: name.to_owned(),
            });
        }
    }
    draft.indexes.push(index.clone());
    Ok(())
}

fn constraint_is_free(draft: &CreateTable, name: &str) -> Result<(), Error> {
    let keys = draft.foreign_keys.iter().map(|key| key.name.as_ref());
    let checks = draft.checks.iter().map(|check| check.name.as_ref());
    match keys
        .chain(checks)
        .flatten()
        .find(|known| same_name(known, name))
    {
        Some(known) => Err(Error::DuplicateConstraint {
            table: draft.name.name.clone(),
            constraint: known.clone(),
        }),
        None => Ok(()),
    }
}

/// Adds the keys that a column's attributes stand for.
fn column_keys(draft: &mut CreateTable, column: &Column, keys: &[Index]) -> Result<(), Error> {
    for key in keys {
        if key.kind != IndexKind::Primary {
            draft.indexes.push(key.clone());
            continue;
        }
        let primary = draft
            .indexes
            .iter()
            .find(|index| index.kind == IndexKind::Primary);
        match primary.map(|index| index.parts.as_slice()) {
            None => draft.indexes.insert(0, key.clone()),
            Some([IndexPart::Column { name, .. }]) if same_name(name, &column.name) => {}
            Some(_) => {
                return Err(Error::DuplicateKey {
                    table: draft.name.name.clone(),
                    key: "PRIMARY".to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Keys and foreign keys follow a renamed column, as they do on a server.
fn rename_parts(draft: &mut CreateTable, from: &str, to: &str) {
    for part in draft.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        if let IndexPart::Column { name, .. } = part
            && same_name(name, from)
        {
            to.clone_into(name);
        }
    }
    for column in draft
        .foreign_keys
        .iter_mut()
        .flat_map(|key| &mut key.columns)
    {
        if same_name(column, from) {
            to.clone_into(column);
        }
    }
}

fn place(
    draft: &mut CreateTable,
    at: usize,
    position: Option<&ColumnPosition>,
) -> Result<(), Error> {
    let Some(position) = position else {
        return Ok(());
    };
    let column = draft.columns.remove(at);
    let to = match position {
        ColumnPosition::First => 0,
        ColumnPosition::After(after) => {
            let found = draft
                .columns
                .iter()
                .position(|known| same_name(&known.name, after));
            match found {
                Some(before) => before + 1,
                None => {
                    return Err(Error::AfterNotFound {
                        table: draft.name.name.clone(),
                        column: column.name,
                        after: after.clone(),
                    });
                }
            }
        }
    };
    draft.columns.insert(to, column);
    Ok(())
}

/// Sets an option; one that is set to its default is no more.
fn set(draft: &mut CreateTable, option: &TableOption) {
    let known = draft
        .options
        .iter()
        .position(|known| known.name == option.name);
    match known {
        Some(at) if is_default(option) => {
            draft.options.remove(at);
        }
        Some(at) => draft.options[at] = option.clone(),
        None => draft.options.push(option.clone()),
    }
}

fn is_default(option: &TableOption) -> bool {
    match option.name.as_str() {
        "CHECKSUM" | "DELAY_KEY_WRITE" | "KEY_BLOCK_SIZE" | "MAX_ROWS" | "MIN_ROWS" => {
            option.value == "0"
        }
        "COMMENT" | "COMPRESSION" | "CONNECTION" | "DATA DIRECTORY" | "INDEX DIRECTORY" => {
            option.value.is_empty()
        }
        "ENCRYPTION" => option.value.eq_ignore_ascii_case("N"),
        "PACK_KEYS" | "ROW_FORMAT" | "STATS_AUTO_RECALC" | "STATS_PERSISTENT"
        | "STATS_SAMPLE_PAGES" => option.value.eq_ignore_ascii_case("DEFAULT"),
        _ => false,
    }
}

/// What a server does by itself when columns go: keys lose their parts, empty keys go, and so do checks of that column
/// alone.
fn follow_dropped_columns(draft: &mut CreateTable) {
    let columns: Vec<String> = draft.columns.iter().map(|c| fold(&c.name)).collect();
    let known = |name: &String| columns.contains(&fold(name));
    for index in &mut draft.indexes {
        index.parts.retain(|part| match part {
            IndexPart::Column { name, .. } => known(name),
            IndexPart::Expression { .. } => true,
        });
    }
    draft.indexes.retain(|index| !index.parts.is_empty());
    draft.checks.retain(|check| {
        let read = columns_of(&check.expression);
        read.len() != 1 || known(&read[0])
    });
}
