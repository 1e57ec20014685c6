//! Definitions of tables as SHOW CREATE TABLE of MySQL 8.0 prints them, and their parts as ALTER TABLE takes them.
//!
//! The printer adds nothing: what is to be explicit, the canonical definition says (see [`crate::catalog::Table`]).
//! Clauses that old servers must skip are in version comments in a table's own text, and plain in ALTER statements.

use std::fmt::Write;

use crate::sql::ddl::{
    BINARY_COLLATION, Check, Column, ColumnDefault, CreateTable, Expression, ForeignKey, Index,
    IndexKind, IndexPart, Partition, PartitionBound, PartitionKind, Partitioning, ReferenceAction,
    TableOption,
};
use crate::sql::keyword::is_keyword;
use crate::sql::literal::quote_string;
use crate::sql::name::{quote, quote_table};
use crate::value::TypeKind;

use super::expression;

/// Whether a text is laid out as SHOW CREATE TABLE lays it out, or is part of a statement on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One element a line; newer clauses in version comments.
    Lines,
    /// One line; no version comments.
    OneLine,
}

impl Layout {
    /// Returns a clause that servers before `version` do not know.
    fn versioned(self, version: &str, clause: &str) -> String {
        match self {
            Self::Lines => format!("/*!{version} {clause} */"),
            Self::OneLine => clause.to_owned(),
        }
    }
}

/// Returns `CREATE TABLE` as SHOW CREATE TABLE prints it, without a final newline.
pub fn table(table: &CreateTable) -> String {
    format!(
        "CREATE TABLE {} {}",
        quote_table(&table.name),
        body(table, Layout::Lines)
    )
}

/// Returns what follows a table's name: elements, options, partitioning.
pub(super) fn body(table: &CreateTable, layout: Layout) -> String {
    let mut elements: Vec<String> = table
        .columns
        .iter()
        .map(|column| column_in(column, layout))
        .collect();
    elements.extend(table.indexes.iter().map(|index| index_in(index, layout)));
    elements.extend(table.foreign_keys.iter().map(foreign_key));
    elements.extend(table.checks.iter().map(|check| check_in(check, layout)));
    let mut text = match (elements.is_empty(), layout) {
        (true, _) => String::new(),
        (_, Layout::Lines) => format!("(\n  {}\n)", elements.join(",\n  ")),
        (_, Layout::OneLine) => format!("({})", elements.join(", ")),
    };
    for written in &table.options {
        let separator = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{separator}{}", option(written, layout)));
    }
    if let Some(partitioning) = &table.partitioning {
        text.push_str(if layout == Layout::Lines { "\n" } else { " " });
        text.push_str(&partitioning_in(partitioning, layout));
    }
    text
}

/// Returns a column's definition as ALTER TABLE takes it, name included.
pub fn column(column: &Column) -> String {
    column_in(column, Layout::OneLine)
}

fn column_in(column: &Column, layout: Layout) -> String {
    let mut text = format!("{} {}", quote(&column.name), column.column_type);
    let mut clause = |words: &str| {
        text.push(' ');
        text.push_str(words);
    };
    if let Some(charset) = &column.column_type.charset {
        clause(&format!("CHARACTER SET {charset}"));
    }
    match column.column_type.collation.as_deref() {
        Some(BINARY_COLLATION) => clause("BINARY"),
        Some(collation) => clause(&format!("COLLATE {collation}")),
        None => {}
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored {
            "STORED"
        } else {
            "VIRTUAL"
        };
        clause(&format!(
            "GENERATED ALWAYS AS ({}) {kind}",
            expression(&generated.expression.0)
        ));
    }
    match column.nullable {
        Some(false) => clause("NOT NULL"),
        Some(true) if column.column_type.kind == TypeKind::Timestamp => clause("NULL"),
        _ => {}
    }
    if let Some(srid) = column.srid {
        clause(&layout.versioned("80003", &format!("SRID {srid}")));
    }
    if let Some(storage) = &column.storage {
        clause(&layout.versioned("50606", &format!("STORAGE {storage}")));
    }
    if let Some(format) = &column.column_format {
        clause(&layout.versioned("50606", &format!("COLUMN_FORMAT {format}")));
    }
    if let Some(default) = &column.default {
        clause(&format!("DEFAULT {}", default_value(default)));
    }
    if let Some(digits) = column.on_update {
        clause(&format!("ON UPDATE {}", current_timestamp(digits)));
    }
    if column.auto_increment {
        clause("AUTO_INCREMENT");
    }
    if column.invisible {
        clause(&layout.versioned("80023", "INVISIBLE"));
    }
    if !column.comment.is_empty() {
        clause(&format!("COMMENT {}", quote_string(&column.comment)));
    }
    if let Some(attribute) = &column.engine_attribute {
        clause(&layout.versioned(
            "80021",
            &format!("ENGINE_ATTRIBUTE {}", quote_string(attribute)),
        ));
    }
    if let Some(attribute) = &column.secondary_engine_attribute {
        clause(&layout.versioned(
            "80021",
            &format!("SECONDARY_ENGINE_ATTRIBUTE {}", quote_string(attribute)),
        ));
    }
    text
}

/// Returns what follows DEFAULT.
pub(super) fn default_value(default: &ColumnDefault) -> String {
    match default {
        ColumnDefault::Null => "NULL".into(),
        ColumnDefault::Literal(text) => quote_string(text),
        ColumnDefault::Bare(text) => text.clone(),
        ColumnDefault::Bits(digits) => format!("b'{digits}'"),
        ColumnDefault::Hex(bytes) => {
            let mut text = String::from("0x");
            for byte in bytes {
                write!(text, "{byte:02X}").expect("a string takes all that is written");
            }
            // `0x` alone would be a name.
            if bytes.is_empty() { "x''".into() } else { text }
        }
        ColumnDefault::CurrentTimestamp(digits) => current_timestamp(*digits),
        ColumnDefault::Expression(Expression(expr)) => format!("({})", expression(expr)),
    }
}

fn current_timestamp(digits: u8) -> String {
    if digits == 0 {
        "CURRENT_TIMESTAMP".into()
    } else {
        format!("CURRENT_TIMESTAMP({digits})")
    }
}

/// Returns a key's definition as ALTER TABLE … ADD takes it.
pub fn index(index: &Index) -> String {
    index_in(index, Layout::OneLine)
}

fn index_in(index: &Index, layout: Layout) -> String {
    let kind = match index.kind {
        IndexKind::Primary => "PRIMARY KEY",
        IndexKind::Unique => "UNIQUE KEY",
        IndexKind::Plain => "KEY",
        IndexKind::Fulltext => "FULLTEXT KEY",
        IndexKind::Spatial => "SPATIAL KEY",
    };
    let mut text = match &index.constraint {
        Some(constraint) if layout == Layout::OneLine => {
            format!("CONSTRAINT {} {kind}", quote(constraint))
        }
        _ => kind.to_owned(),
    };
    // The constraint's name is the index's where no other is given.
    let constrained = index
        .constraint
        .as_ref()
        .filter(|_| layout == Layout::Lines && index.kind == IndexKind::Unique);
    if let Some(name) = index.name.as_ref().or(constrained) {
        text.push_str(&format!(" {}", quote(name)));
    }
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    text.push_str(&format!(" ({})", parts.join(",")));
    let mut clause = |words: &str| {
        text.push(' ');
        text.push_str(words);
    };
    if let Some(using) = &index.using {
        clause(&format!("USING {using}"));
    }
    if let Some(size) = index.key_block_size {
        clause(&format!("KEY_BLOCK_SIZE={size}"));
    }
    if !index.comment.is_empty() {
        clause(&format!("COMMENT {}", quote_string(&index.comment)));
    }
    if index.invisible {
        clause(&layout.versioned("80000", "INVISIBLE"));
    }
    if let Some(attribute) = &index.engine_attribute {
        clause(&layout.versioned(
            "80021",
            &format!("ENGINE_ATTRIBUTE {}", quote_string(attribute)),
        ));
    }
    if let Some(attribute) = &index.secondary_engine_attribute {
        clause(&layout.versioned(
            "80021",
            &format!("SECONDARY_ENGINE_ATTRIBUTE {}", quote_string(attribute)),
        ));
    }
    if let Some(parser) = &index.parser {
        // MySQL prints this comment last, and with a space after it.
        clause(&layout.versioned("50100", &format!("WITH PARSER {}", quote(parser))));
        if layout == Layout::Lines {
            text.push(' ');
        }
    }
    text
}

/// Returns a part of a key.
fn part(part: &IndexPart) -> String {
    let (text, descending) = match part {
        IndexPart::Column {
            name,
            length: Some(length),
            descending,
        } => (format!("{}({length})", quote(name)), descending),
        IndexPart::Column {
            name,
            length: None,
            descending,
        } => (quote(name), descending),
        IndexPart::Expression {
            expression: Expression(expr),
            descending,
        } => (format!("({})", expression(expr)), descending),
    };
    if *descending {
        format!("{text} DESC")
    } else {
        text
    }
}

/// Returns a foreign key's definition.
pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let list = |names: &[String]| {
        names
            .iter()
            .map(|name| quote(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = match &key.name {
        Some(name) => format!("CONSTRAINT {} FOREIGN KEY ", quote(name)),
        None => "FOREIGN KEY ".to_owned(),
    };
    if let Some(index) = &key.index_name {
        text.push_str(&format!("{} ", quote(index)));
    }
    text.push_str(&format!(
        "({}) REFERENCES {}",
        list(&key.columns),
        quote_table(&key.referenced_table)
    ));
    if !key.referenced_columns.is_empty() {
        text.push_str(&format!(" ({})", list(&key.referenced_columns)));
    }
    if let Some(kind) = &key.match_type {
        text.push_str(&format!(" MATCH {kind}"));
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let Some(action) = action else { continue };
        let action = match action {
            ReferenceAction::Restrict => "RESTRICT",
            ReferenceAction::Cascade => "CASCADE",
            ReferenceAction::SetNull => "SET NULL",
            ReferenceAction::NoAction => "NO ACTION",
            ReferenceAction::SetDefault => "SET DEFAULT",
        };
        text.push_str(&format!(" ON {event} {action}"));
    }
    text
}

/// Returns a CHECK constraint's definition as ALTER TABLE … ADD takes it.
pub(super) fn check(check: &Check) -> String {
    check_in(check, Layout::OneLine)
}

fn check_in(check: &Check, layout: Layout) -> String {
    let mut text = match &check.name {
        Some(name) => format!("CONSTRAINT {} CHECK ", quote(name)),
        None => "CHECK ".to_owned(),
    };
    text.push_str(&format!("({})", expression(&check.expression.0)));
    if !check.enforced {
        text.push_str(&format!(" {}", layout.versioned("80016", "NOT ENFORCED")));
    }
    text
}

/// Returns a table's option as the text prints it.
pub(super) fn option(option: &TableOption, layout: Layout) -> String {
    let value = option_value(option);
    match option.name.as_str() {
        "CHARSET" => format!("DEFAULT CHARSET={value}"),
        "TABLESPACE" => {
            let name = if value.starts_with('`') {
                value
            } else {
                quote(&value)
            };
            layout.versioned("50100", &format!("TABLESPACE {name}"))
        }
        name => format!("{name}={value}"),
    }
}

/// Returns an option's value: a string where the grammar has one, and where there is nothing else to see.
pub(super) fn option_value(option: &TableOption) -> String {
    if option.quoted || option.value.is_empty() {
        quote_string(&option.value)
    } else {
        option.value.clone()
    }
}

/// Returns `PARTITION BY …` as ALTER TABLE takes it.
pub fn partitioning(partitioning: &Partitioning) -> String {
    partitioning_in(partitioning, Layout::OneLine)
}

fn partitioning_in(partitioning: &Partitioning, layout: Layout) -> String {
    let newline = if layout == Layout::Lines { "\n" } else { " " };
    let mut text = format!("PARTITION BY {}", kind(&partitioning.kind));
    if let Some(count) = partitioning
        .count
        .filter(|_| partitioning.partitions.is_empty())
    {
        text.push_str(&format!("{newline}PARTITIONS {count}"));
    }
    if let Some((by, count)) = &partitioning.subpartition {
        text.push_str(&format!("{newline}SUBPARTITION BY {}", kind(by)));
        if let Some(count) = count.filter(|_| {
            partitioning
                .partitions
                .iter()
                .all(|p| p.subpartitions.is_empty())
        }) {
            text.push_str(&format!("{newline}SUBPARTITIONS {count}"));
        }
    }
    if !partitioning.partitions.is_empty() {
        text.push_str(&format!(
            "{newline}{}",
            partitions(&partitioning.partitions, layout)
        ));
    }
    let columns = matches!(
        partitioning.kind,
        PartitionKind::RangeColumns(_) | PartitionKind::ListColumns(_)
    );
    layout.versioned(if columns { "50500" } else { "50100" }, &text)
}

fn kind(kind: &PartitionKind) -> String {
    let columns = |columns: &[String]| {
        columns
            .iter()
            .map(|name| bare(name))
            .collect::<Vec<_>>()
            .join(",")
    };
    let prefix = |linear: bool| if linear { "LINEAR " } else { "" };
    match kind {
        PartitionKind::Hash {
            linear,
            expression: Expression(expr),
        } => {
            format!("{}HASH ({})", prefix(*linear), expression(expr))
        }
        PartitionKind::Key {
            linear,
            algorithm,
            columns: names,
        } => {
            let algorithm =
                algorithm.map_or_else(String::new, |algorithm| format!("ALGORITHM = {algorithm} "));
            format!("{}KEY {algorithm}({})", prefix(*linear), columns(names))
        }
        PartitionKind::Range(Expression(expr)) => format!("RANGE ({})", expression(expr)),
        // MySQL prints two spaces here.
        PartitionKind::RangeColumns(names) => format!("RANGE  COLUMNS({})", columns(names)),
        PartitionKind::List(Expression(expr)) => format!("LIST ({})", expression(expr)),
        PartitionKind::ListColumns(names) => format!("LIST  COLUMNS({})", columns(names)),
    }
}

/// Returns `(PARTITION …, …)`.
pub(super) fn partitions(partitions: &[Partition], layout: Layout) -> String {
    let separator = if layout == Layout::Lines {
        ",\n "
    } else {
        ", "
    };
    let definitions: Vec<String> = partitions
        .iter()
        .map(|one| partition(one, "PARTITION", layout))
        .collect();
    format!("({})", definitions.join(separator))
}

fn partition(partition: &Partition, word: &str, layout: Layout) -> String {
    let mut text = format!("{word} {}", bare(&partition.name));
    match &partition.bound {
        Some(PartitionBound::MaxValue) => text.push_str(" VALUES LESS THAN MAXVALUE"),
        Some(PartitionBound::LessThan(values)) => {
            let value = |value: &Option<Expression>| match value {
                Some(Expression(expr)) => expression(expr),
                None => "MAXVALUE".into(),
            };
            let values: Vec<String> = values.iter().map(value).collect();
            text.push_str(&format!(" VALUES LESS THAN ({})", values.join(",")));
        }
        Some(PartitionBound::In(rows)) => {
            let row = |row: &Vec<Expression>| {
                let values: Vec<String> = row.iter().map(|value| expression(&value.0)).collect();
                if values.len() == 1 {
                    values.concat()
                } else {
                    format!("({})", values.join(","))
                }
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            text.push_str(&format!(" VALUES IN ({})", rows.join(",")));
        }
        None => {}
    }
    for option in &partition.options {
        let value = if option.quoted {
            quote_string(&option.value)
        } else {
            option.value.clone()
        };
        text.push_str(&format!(" {} = {value}", option.name));
    }
    if !partition.subpartitions.is_empty() {
        let (open, separator) = if layout == Layout::Lines {
            ("\n (", ",\n  ")
        } else {
            (" (", ", ")
        };
        let definitions: Vec<String> = partition
            .subpartitions
            .iter()
            .map(|one| self::partition(one, "SUBPARTITION", layout))
            .collect();
        text.push_str(&format!("{open}{})", definitions.join(separator)));
    }
    text
}

/// Returns a name as MySQL prints it among partitions: in backticks only where it must be.
fn bare(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let word = name.chars().all(plain)
        && name.starts_with(|c: char| !c.is_ascii_digit())
        && !is_keyword(name);
    if word { name.to_owned() } else { quote(name) }
}
