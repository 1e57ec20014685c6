//! Partitioning as SHOW CREATE TABLE prints it.

use std::collections::HashSet;

use super::Columns;
use crate::catalog::expression::{self, Literals};
use crate::catalog::{DefinitionError, fold, options};
use crate::sql::ddl::{
    Index, IndexKind, IndexPart, Partition, PartitionBound, PartitionKind, Partitioning,
    TableOption,
};

/// Settles how a table is partitioned; every unique key must hold the columns that the partitioning reads.
pub(super) fn canonical(
    written: &Partitioning,
    columns: &Columns<'_>,
    indexes: &[Index],
) -> Result<Partitioning, DefinitionError> {
    let mut read = Vec::new();
    let kind = canonical_kind(&written.kind, columns, &mut read)?;
    let subpartition = match &written.subpartition {
        Some((kind, count)) => Some((canonical_kind(kind, columns, &mut read)?, *count)),
        None => None,
    };
    for index in indexes
        .iter()
        .filter(|index| matches!(index.kind, IndexKind::Primary | IndexKind::Unique))
    {
        let has = |column: &String| {
            index
                .parts
                .iter()
                .any(|part| matches!(part, IndexPart::Column { name, .. } if name == column))
        };
        if let Some(column) = read.iter().find(|column| !has(column)) {
            let kind = if index.kind == IndexKind::Primary {
                "PRIMARY KEY"
            } else {
                "UNIQUE INDEX"
            };
            return Err(DefinitionError::KeyWithoutPartitionColumn {
                kind,
                column: column.clone(),
            });
        }
    }
    let mut seen = HashSet::new();
    let mut partitions = Vec::with_capacity(written.partitions.len());
    for partition in &written.partitions {
        for name in [partition]
            .into_iter()
            .chain(&partition.subpartitions)
            .map(|partition| &partition.name)
        {
            if !seen.insert(fold(name)) {
                return Err(DefinitionError::DuplicatePartition {
                    partition: name.clone(),
                });
            }
        }
        partitions.push(canonical_partition(partition, &kind, columns));
    }
    let listed = !partitions.is_empty();
    let count = written.count.filter(|count| !listed && *count > 1);
    Ok(Partitioning {
        kind,
        count,
        subpartition,
        partitions,
    })
}

fn canonical_kind(
    kind: &PartitionKind,
    columns: &Columns<'_>,
    read: &mut Vec<String>,
) -> Result<PartitionKind, DefinitionError> {
    let unknown = |column: String| DefinitionError::UnknownColumn {
        column,
        place: "partition function".into(),
    };
    let mut spell = |names: &[String]| {
        names
            .iter()
            .map(|name| {
                let column = columns.find(name).ok_or_else(|| unknown(name.clone()))?;
                read.push(column.name.clone());
                Ok(column.name.clone())
            })
            .collect::<Result<Vec<_>, DefinitionError>>()
    };
    let expression = |written| {
        let expression = expression::canonical(written, columns, Literals::Plain);
        expression::unknown_column(&expression, columns)
            .map_or(Ok(expression), |column| Err(unknown(column)))
    };
    let kind = match kind {
        PartitionKind::Hash {
            linear,
            expression: written,
        } => PartitionKind::Hash {
            linear: *linear,
            expression: expression(written)?,
        },
        PartitionKind::Range(written) => PartitionKind::Range(expression(written)?),
        PartitionKind::List(written) => PartitionKind::List(expression(written)?),
        PartitionKind::Key {
            linear,
            algorithm,
            columns,
        } => PartitionKind::Key {
            linear: *linear,
            algorithm: *algorithm,
            columns: spell(columns)?,
        },
        PartitionKind::RangeColumns(columns) => PartitionKind::RangeColumns(spell(columns)?),
        PartitionKind::ListColumns(columns) => PartitionKind::ListColumns(spell(columns)?),
    };
    if let PartitionKind::Hash { expression, .. }
    | PartitionKind::Range(expression)
    | PartitionKind::List(expression) = &kind
    {
        read.extend(expression::columns_of(expression));
    }
    Ok(kind)
}

/// Settles one partition: MAXVALUE in the form its kind has, the engine in MySQL's spelling and always said.
fn canonical_partition(
    written: &Partition,
    kind: &PartitionKind,
    columns: &Columns<'_>,
) -> Partition {
    let bound = match &written.bound {
        Some(PartitionBound::MaxValue) if matches!(kind, PartitionKind::RangeColumns(_)) => {
            Some(PartitionBound::LessThan(vec![None]))
        }
        Some(PartitionBound::LessThan(values))
            if matches!(kind, PartitionKind::Range(_)) && *values == [None] =>
        {
            Some(PartitionBound::MaxValue)
        }
        bound => bound.clone(),
    };
    let subpartitions: Vec<_> = written
        .subpartitions
        .iter()
        .map(|partition| canonical_partition(partition, kind, columns))
        .collect();
    let mut options: Vec<_> = written.options.clone();
    for option in options.iter_mut().filter(|option| option.name == "ENGINE") {
        option.value = options::engine_name(&option.value).to_owned();
    }
    if subpartitions.is_empty() && !options.iter().any(|option| option.name == "ENGINE") {
        let engine = columns.engine.to_owned();
        options.push(TableOption {
            name: "ENGINE".into(),
            value: engine,
            quoted: false,
        });
    }
    if !subpartitions.is_empty() {
        options.retain(|option| option.name != "ENGINE");
    }
    // SHOW CREATE TABLE says the engine last.
    options.sort_by_key(|option| option.name == "ENGINE");
    options.retain(|option| !(option.name == "COMMENT" && option.value.is_empty()));
    Partition {
        name: written.name.clone(),
        bound,
        options,
        subpartitions,
    }
}
