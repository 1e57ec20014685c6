//! How one partitioning becomes another: by adding or dropping single partitions, or by dealing all rows anew.

use crate::catalog::columns_of;
use crate::sql::ddl::{PartitionChange, PartitionKind, Partitioning};

/// Returns the columns that the partitioning reads.
pub(super) fn columns(partitioning: &Partitioning) -> Vec<String> {
    let kinds = std::iter::once(&partitioning.kind)
        .chain(partitioning.subpartition.as_ref().map(|(kind, _)| kind));
    let columns = |kind: &PartitionKind| match kind {
        PartitionKind::Hash { expression, .. }
        | PartitionKind::Range(expression)
        | PartitionKind::List(expression) => columns_of(expression),
        PartitionKind::Key { columns, .. }
        | PartitionKind::RangeColumns(columns)
        | PartitionKind::ListColumns(columns) => columns.clone(),
    };
    kinds.flat_map(columns).collect()
}

/// Returns the change of single partitions that leads from one partitioning to the other: some at the end come, or some
/// go. None where rows have to be dealt anew.
pub(super) fn change(from: Option<&Partitioning>, to: &Partitioning) -> Option<PartitionChange> {
    let from = from.filter(|from| {
        from.kind == to.kind && from.subpartition == to.subpartition && *from != to
    })?;
    let listed = matches!(
        to.kind,
        PartitionKind::Range(_)
            | PartitionKind::RangeColumns(_)
            | PartitionKind::List(_)
            | PartitionKind::ListColumns(_)
    );
    if !listed {
        return None;
    }
    if let Some(added) = to.partitions.strip_prefix(&from.partitions[..]) {
        return Some(PartitionChange::Add(added.to_vec()));
    }
    let gone = from
        .partitions
        .iter()
        .filter(|partition| !to.partitions.contains(partition));
    let names: Vec<String> = gone.map(|partition| partition.name.clone()).collect();
    let kept: Vec<_> = from
        .partitions
        .iter()
        .filter(|partition| to.partitions.contains(partition))
        .collect();
    let only_gone = kept.iter().copied().eq(&to.partitions);
    only_gone.then_some(PartitionChange::Drop(names))
}
