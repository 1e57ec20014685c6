//! Partition clauses: PARTITION BY, REMOVE PARTITIONING and the management of single partitions.
//!
//! ANALYZE, CHECK, OPTIMIZE, REBUILD, REPAIR, TRUNCATE, DISCARD and IMPORT leave the definition alone; EXCHANGE swaps
//! rows, not definitions.

use super::table::Draft;
use crate::catalog::{DefinitionError, same_name};
use crate::sql::ddl::{AlterClause, Partition, PartitionChange, PartitionKind, Partitioning};

/// Applies the clauses about partitions.
pub(super) fn apply(draft: &mut Draft<'_>, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
    for clause in clauses {
        match clause {
            AlterClause::PartitionBy(partitioning) => {
                draft.table.partitioning = Some(partitioning.clone())
            }
            AlterClause::RemovePartitioning => {
                let none = || DefinitionError::NotPartitioned {
                    table: draft.from.name().to_owned(),
                };
                draft.table.partitioning.take().ok_or_else(none)?;
            }
            AlterClause::Partition(change) => manage(draft, change)?,
            _ => {}
        }
    }
    if clauses
        .iter()
        .any(|clause| matches!(clause, AlterClause::PartitionBy(_)))
    {
        return Ok(());
    }
    // A column that the partitioning reads must stay under its name.
    let before = &draft.from.definition;
    if let Some(partitioning) = &draft.table.partitioning {
        for column in &before.columns {
            let kept = draft
                .table
                .columns
                .iter()
                .any(|now| same_name(&now.name, &column.name));
            if !kept && reads(partitioning, &column.name) {
                return Err(DefinitionError::NeededByPartitioning {
                    column: column.name.clone(),
                });
            }
        }
    }
    Ok(())
}

fn reads(partitioning: &Partitioning, column: &str) -> bool {
    let kinds = [
        Some(&partitioning.kind),
        partitioning.subpartition.as_ref().map(|(kind, _)| kind),
    ];
    kinds.into_iter().flatten().any(|kind| match kind {
        PartitionKind::Hash { expression, .. }
        | PartitionKind::Range(expression)
        | PartitionKind::List(expression) => crate::catalog::expression::reads(expression, column),
        PartitionKind::Key { columns, .. }
        | PartitionKind::RangeColumns(columns)
        | PartitionKind::ListColumns(columns) => columns.iter().any(|name| same_name(name, column)),
    })
}

fn manage(draft: &mut Draft<'_>, change: &PartitionChange) -> Result<(), DefinitionError> {
    let table = draft.from.name().to_owned();
    let Some(partitioning) = &mut draft.table.partitioning else {
        return Err(DefinitionError::NotPartitioned { table });
    };
    let hashed = matches!(
        partitioning.kind,
        PartitionKind::Hash { .. } | PartitionKind::Key { .. }
    );
    let wrong = |verb, kind| {
        Err(DefinitionError::WrongPartitionKind {
            verb,
            kind,
            table: table.clone(),
        })
    };
    match change {
        PartitionChange::Add(added) => partitioning.partitions.extend(added.iter().cloned()),
        PartitionChange::AddCount(_) if !hashed => return wrong("ADD", "HASH/KEY"),
        PartitionChange::AddCount(added) => {
            let count = count(partitioning).saturating_add(*added);
            recount(partitioning, count);
        }
        PartitionChange::Drop(_) if hashed => return wrong("DROP", "RANGE/LIST"),
        PartitionChange::Drop(names) => {
            require(&partitioning.partitions, names, "DROP")?;
            let dropped =
                |partition: &Partition| names.iter().any(|name| same_name(name, &partition.name));
            if partitioning.partitions.iter().all(dropped) {
                return Err(DefinitionError::CannotRemoveAllPartitions { table });
            }
            partitioning
                .partitions
                .retain(|partition| !dropped(partition));
        }
        PartitionChange::Coalesce(_) if !hashed => return wrong("COALESCE", "HASH/KEY"),
        PartitionChange::Coalesce(fewer) => {
            let kept = count(partitioning).saturating_sub(*fewer);
            if kept == 0 {
                return Err(DefinitionError::CannotRemoveAllPartitions { table });
            }
            recount(partitioning, kept);
        }
        PartitionChange::Reorganize { names, into } => {
            require(&partitioning.partitions, names, "REORGANIZE")?;
            let first = partitioning
                .partitions
                .iter()
                .position(|partition| names.iter().any(|name| same_name(name, &partition.name)));
            if let Some(first) = first {
                partitioning
                    .partitions
                    .retain(|partition| !names.iter().any(|name| same_name(name, &partition.name)));
                partitioning
                    .partitions
                    .splice(first..first, into.iter().cloned());
            }
        }
        PartitionChange::Exchange { name, .. } => {
            require(
                &partitioning.partitions,
                std::slice::from_ref(name),
                "EXCHANGE",
            )?;
        }
        PartitionChange::Truncate(names)
        | PartitionChange::Analyze(names)
        | PartitionChange::Check(names)
        | PartitionChange::Optimize(names)
        | PartitionChange::Rebuild(names)
        | PartitionChange::Repair(names)
        | PartitionChange::Discard(names)
        | PartitionChange::Import(names) => {
            if !hashed {
                require(&partitioning.partitions, names, "REBUILD")?;
            }
        }
    }
    Ok(())
}

/// Requires partitions to exist by name.
fn require(
    partitions: &[Partition],
    names: &[String],
    verb: &'static str,
) -> Result<(), DefinitionError> {
    for name in names {
        if !partitions
            .iter()
            .any(|partition| same_name(&partition.name, name))
        {
            return Err(DefinitionError::UnknownPartition {
                verb,
                partition: name.clone(),
            });
        }
    }
    Ok(())
}

fn count(partitioning: &Partitioning) -> u64 {
    let listed = partitioning.partitions.len() as u64;
    if listed > 0 {
        listed
    } else {
        partitioning.count.unwrap_or(1)
    }
}

/// Sets the number of hash partitions, in the list where there is one.
fn recount(partitioning: &mut Partitioning, count: u64) {
    if partitioning.partitions.is_empty() {
        partitioning.count = Some(count);
        return;
    }
    let wanted = usize::try_from(count.min(8192)).unwrap_or(8192);
    partitioning.partitions.truncate(wanted);
    for number in partitioning.partitions.len()..wanted {
        let name = format!("p{number}");
        partitioning.partitions.push(Partition {
            name,
            bound: None,
            options: Vec::new(),
            subpartitions: Vec::new(),
        });
    }
}
