//! Parts of a definition as the text of a cell.

use super::list;
use crate::sql::ddl::{
    ColumnDefault, Expression, Index, IndexKind, IndexPart, Partition, PartitionBound,
    PartitionKind, Partitioning, ReferenceAction, TableOption,
};
use crate::sql::print;

pub(super) fn expression(expression: &Expression) -> String {
    print::expression(&expression.0)
}

/// A default as it stands after DEFAULT.
pub(super) fn default(default: &ColumnDefault) -> String {
    match default {
        ColumnDefault::Null => "NULL".into(),
        ColumnDefault::Literal(text) | ColumnDefault::Bare(text) => quoted(text),
        ColumnDefault::Bits(digits) => format!("b'{digits}'"),
        ColumnDefault::Hex(bytes) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("0x{}", digits.concat())
        }
        ColumnDefault::CurrentTimestamp(digits) => timestamp(*digits),
        ColumnDefault::Expression(expression) => format!("({})", self::expression(expression)),
    }
}

pub(super) fn timestamp(digits: u8) -> String {
    if digits == 0 {
        "CURRENT_TIMESTAMP".into()
    } else {
        format!("CURRENT_TIMESTAMP({digits})")
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

pub(super) fn index_kind(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Primary => "PRIMARY",
        IndexKind::Unique => "UNIQUE",
        IndexKind::Plain => "KEY",
        IndexKind::Fulltext => "FULLTEXT",
        IndexKind::Spatial => "SPATIAL",
    }
}

/// The parts of a key, with each column's name put through `name`: `a, b(10) DESC, (lower(c))`.
pub(super) fn index_parts<'a>(index: &'a Index, name: impl Fn(&'a str) -> &'a str) -> String {
    let part = |part: &'a IndexPart| {
        let (mut text, descending) = match part {
            IndexPart::Column {
                name: column,
                length,
                descending,
            } => {
                let length = length.map_or(String::new(), |length| format!("({length})"));
                (list::print([name(column)]) + &length, *descending)
            }
            IndexPart::Expression {
                expression,
                descending,
            } => (format!("({})", self::expression(expression)), *descending),
        };
        if descending {
            text.push_str(" DESC");
        }
        text
    };
    index.parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

pub(super) fn action(action: ReferenceAction) -> &'static str {
    match action {
        ReferenceAction::Restrict => "RESTRICT",
        ReferenceAction::Cascade => "CASCADE",
        ReferenceAction::SetNull => "SET NULL",
        ReferenceAction::NoAction => "NO ACTION",
        ReferenceAction::SetDefault => "SET DEFAULT",
    }
}

/// Options but those named, as they stand in a definition.
pub(super) fn options(options: &[TableOption], but: &[&str]) -> String {
    let shown = options
        .iter()
        .filter(|option| !but.contains(&option.name.as_str()));
    let text = |option: &TableOption| {
        let value = if option.quoted {
            quoted(&option.value)
        } else {
            option.value.clone()
        };
        format!("{}={value}", option.name)
    };
    shown.map(text).collect::<Vec<_>>().join(" ")
}

/// How rows are dealt to partitions, the definitions apart.
pub(super) fn partitioning(partitioning: &Partitioning) -> String {
    let mut text = partition_kind(&partitioning.kind);
    if let Some(count) = partitioning.count {
        text.push_str(&format!(" PARTITIONS {count}"));
    }
    if let Some((kind, count)) = &partitioning.subpartition {
        text.push_str(&format!(" SUBPARTITION BY {}", partition_kind(kind)));
        if let Some(count) = count {
            text.push_str(&format!(" SUBPARTITIONS {count}"));
        }
    }
    text
}

fn partition_kind(kind: &PartitionKind) -> String {
    let linear = |linear: bool| if linear { "LINEAR " } else { "" };
    match kind {
        PartitionKind::Hash {
            linear: is_linear,
            expression,
        } => {
            format!(
                "{}HASH ({})",
                linear(*is_linear),
                self::expression(expression)
            )
        }
        PartitionKind::Key {
            linear: is_linear,
            algorithm,
            columns,
        } => {
            let algorithm =
                algorithm.map_or(String::new(), |algorithm| format!("ALGORITHM={algorithm} "));
            format!(
                "{}KEY {algorithm}({})",
                linear(*is_linear),
                list::print(columns)
            )
        }
        PartitionKind::Range(expression) => format!("RANGE ({})", self::expression(expression)),
        PartitionKind::RangeColumns(columns) => format!("RANGE COLUMNS ({})", list::print(columns)),
        PartitionKind::List(expression) => format!("LIST ({})", self::expression(expression)),
        PartitionKind::ListColumns(columns) => format!("LIST COLUMNS ({})", list::print(columns)),
    }
}

/// VALUES of a partition; empty for none.
pub(super) fn partition_bound(partition: &Partition) -> String {
    match &partition.bound {
        None => String::new(),
        Some(PartitionBound::MaxValue) => "LESS THAN MAXVALUE".into(),
        Some(PartitionBound::LessThan(values)) => {
            let value =
                |value: &Option<Expression>| value.as_ref().map_or("MAXVALUE".into(), expression);
            format!(
                "LESS THAN ({})",
                values.iter().map(value).collect::<Vec<_>>().join(",")
            )
        }
        Some(PartitionBound::In(rows)) => {
            let row = |row: &Vec<Expression>| match &row[..] {
                [value] => expression(value),
                values => format!(
                    "({})",
                    values.iter().map(expression).collect::<Vec<_>>().join(",")
                ),
            };
            format!(
                "IN ({})",
                rows.iter().map(row).collect::<Vec<_>>().join(",")
            )
        }
    }
}
