//! Definitions of tables and their parts as Vitess prints them: one element a line, indented by a tab, attributes in
//! Vitess's order, options after the closing parenthesis (Vitess `go/vt/sqlparser`, its AST formatter).
//!
//! The printer adds nothing and leaves nothing out: what a definition says is what is printed.

use super::Printer;
use crate::sql::ddl::{
    BINARY_COLLATION, Check, Column, ColumnDefault, CreateTable, Expression, ForeignKey, Index,
    IndexKind, IndexPart, Partition, PartitionBound, PartitionKind, Partitioning, ReferenceAction,
    TableOption,
};
use crate::sql::literal::vitess_string;
use crate::value::{ColumnType, TypeKind};

/// Whether the value of a table option is printed as a word of the grammar, in its own case, or quoted.
fn is_word_option(name: &str) -> bool {
    matches!(
        name,
        "INSERT_METHOD"
            | "ROW_FORMAT"
            | "PACK_KEYS"
            | "STATS_AUTO_RECALC"
            | "STATS_PERSISTENT"
            | "STATS_SAMPLE_PAGES"
    )
}

impl Printer {
    /// Prints what follows a table's name, from the opening parenthesis on.
    pub(super) fn table_body(&mut self, table: &CreateTable) {
        if !table.columns.is_empty() {
            self.raw("(\n");
            let mut separator = "\t";
            for column in &table.columns {
                self.raw(separator);
                self.column(column);
                separator = ",\n\t";
            }
            for index in &table.indexes {
                self.raw(separator);
                self.index(index);
            }
            for key in &table.foreign_keys {
                self.raw(separator);
                self.foreign_key(key);
            }
            for check in &table.checks {
                self.raw(separator);
                self.check(check);
            }
            self.raw("\n)");
        }
        for (at, option) in table.options.iter().enumerate() {
            self.raw(if at == 0 { " " } else { ",\n  " });
            self.option(option);
        }
        if let Some(partitioning) = &table.partitioning {
            self.partitioning(partitioning);
        }
    }

    pub(super) fn option(&mut self, option: &TableOption) {
        self.word(&option.name.to_lowercase());
        self.raw(" ");
        if option.quoted || option.value.is_empty() {
            self.raw(&vitess_string(&option.value));
        } else if is_word_option(&option.name) {
            // Lower-case style keeps the value as it is written.
            self.word(&option.value);
        } else {
            self.raw(&option.value);
        }
    }

    pub(super) fn column(&mut self, column: &Column) {
        self.name(&column.name);
        self.raw(" ");
        self.column_type(&column.column_type);
        let nullable = |printer: &mut Self| match column.nullable {
            Some(true) => printer.word(" null"),
            Some(false) => printer.word(" not null"),
            None => {}
        };
        if column.generated.is_none() {
            nullable(self);
        }
        if let Some(default) = &column.default {
            self.word(" default ");
            self.default(default);
        }
        if let Some(digits) = column.on_update {
            self.word(" on update ");
            self.current_timestamp(digits);
        }
        if let Some(generated) = &column.generated {
            self.word(" as (");
            self.expr(&generated.expression.0);
            self.word(if generated.stored {
                ") stored"
            } else {
                ") virtual"
            });
            nullable(self);
        }
        if column.auto_increment {
            self.word(" auto_increment");
        }
        if !column.comment.is_empty() {
            self.word(" comment ");
            self.raw(&vitess_string(&column.comment));
        }
        if column.invisible {
            self.word(" invisible");
        }
        if let Some(format) = &column.column_format {
            self.word(&format!(" column_format {}", format.to_lowercase()));
        }
        if let Some(storage) = &column.storage {
            self.word(&format!(" storage {}", storage.to_lowercase()));
        }
        if let Some(attribute) = &column.engine_attribute {
            self.word(" engine_attribute ");
            self.raw(&vitess_string(attribute));
        }
        if let Some(attribute) = &column.secondary_engine_attribute {
            self.word(" secondary_engine_attribute ");
            self.raw(&vitess_string(attribute));
        }
        if let Some(srid) = column.srid {
            self.word(&format!(" srid {srid}"));
        }
    }

    fn column_type(&mut self, column_type: &ColumnType) {
        self.raw(column_type.kind.name());
        if matches!(column_type.kind, TypeKind::Enum | TypeKind::Set) {
            let members: Vec<String> = column_type
                .members
                .iter()
                .map(|m| vitess_string(m))
                .collect();
            self.raw(&format!("({})", members.join(", ")));
        } else if let Some(length) = column_type.length {
            match column_type.scale {
                Some(scale) => self.raw(&format!("({length},{scale})")),
                None => self.raw(&format!("({length})")),
            }
        }
        if column_type.unsigned {
            self.raw(" unsigned");
        }
        if column_type.zerofill {
            self.raw(" zerofill");
        }
        if let Some(charset) = &column_type.charset {
            self.word(" character set ");
            self.raw(charset);
        }
        match column_type.collation.as_deref() {
            // The attribute BINARY: the binary collation of whatever charset applies.
            Some(BINARY_COLLATION) => self.raw(" binary"),
            Some(collation) => {
                self.word(" collate ");
                self.raw(collation);
            }
            None => {}
        }
    }

    pub(super) fn default(&mut self, default: &ColumnDefault) {
        match default {
            ColumnDefault::Null => self.word("null"),
            ColumnDefault::Literal(text) => self.raw(&vitess_string(text)),
            ColumnDefault::Bare(text) => self.raw(text),
            ColumnDefault::Bits(digits) => self.raw(&format!("B'{digits}'")),
            ColumnDefault::Hex(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                self.raw(&format!("X'{digits}'"));
            }
            ColumnDefault::CurrentTimestamp(digits) => self.current_timestamp(*digits),
            ColumnDefault::Expression(Expression(expr)) => {
                self.raw("(");
                self.expr(expr);
                self.raw(")");
            }
        }
    }

    fn current_timestamp(&mut self, digits: u8) {
        match digits {
            0 => self.raw("current_timestamp()"),
            digits => self.raw(&format!("current_timestamp({digits})")),
        }
    }

    pub(super) fn index(&mut self, index: &Index) {
        if let Some(constraint) = &index.constraint {
            self.word("constraint ");
            self.name(constraint);
            self.raw(" ");
        }
        self.word(match index.kind {
            IndexKind::Primary => "primary key",
            IndexKind::Unique => "unique key",
            IndexKind::Plain => "key",
            IndexKind::Fulltext => "fulltext key",
            IndexKind::Spatial => "spatial key",
        });
        if let Some(name) = &index.name {
            self.raw(" ");
            self.name(name);
        }
        self.raw(" (");
        self.list(&index.parts, Self::part);
        self.raw(")");
        if let Some(size) = index.key_block_size {
            self.word(&format!(" key_block_size {size}"));
        }
        if let Some(using) = &index.using {
            self.word(" using ");
            self.raw(using);
        }
        if let Some(parser) = &index.parser {
            self.word(" with parser ");
            self.raw(parser);
        }
        if !index.comment.is_empty() {
            self.word(" comment ");
            self.raw(&vitess_string(&index.comment));
        }
        if index.invisible {
            self.word(" invisible");
        }
        if let Some(attribute) = &index.engine_attribute {
            self.word(" engine_attribute ");
            self.raw(&vitess_string(attribute));
        }
        if let Some(attribute) = &index.secondary_engine_attribute {
            self.word(" secondary_engine_attribute ");
            self.raw(&vitess_string(attribute));
        }
    }

    fn part(&mut self, part: &IndexPart) {
        let descending = match part {
            IndexPart::Column {
                name,
                length,
                descending,
            } => {
                self.name(name);
                if let Some(length) = length {
                    self.raw(&format!("({length})"));
                }
                *descending
            }
            IndexPart::Expression {
                expression: Expression(expr),
                descending,
            } => {
                self.raw("(");
                self.expr(expr);
                self.raw(")");
                *descending
            }
        };
        if descending {
            self.word(" desc");
        }
    }

    fn names(&mut self, names: &[String]) {
        self.list(names, |printer, name| printer.name(name));
    }

    pub(super) fn foreign_key(&mut self, key: &ForeignKey) {
        if let Some(name) = &key.name {
            self.word("constraint ");
            self.name(name);
            self.raw(" ");
        }
        self.foreign_key_details(key);
    }

    /// Prints a foreign key without its name.
    pub(super) fn foreign_key_details(&mut self, key: &ForeignKey) {
        self.word("foreign key ");
        if let Some(index) = &key.index_name {
            self.name(index);
        }
        self.raw("(");
        self.names(&key.columns);
        self.word(") references ");
        self.table_name(&key.referenced_table);
        self.raw(" (");
        self.names(&key.referenced_columns);
        self.raw(")");
        if let Some(kind) = &key.match_type {
            self.word(&format!(" match {}", kind.to_lowercase()));
        }
        for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
            let Some(action) = action else { continue };
            let action = match action {
                ReferenceAction::Restrict => "restrict",
                ReferenceAction::Cascade => "cascade",
                ReferenceAction::SetNull => "set null",
                ReferenceAction::NoAction => "no action",
                ReferenceAction::SetDefault => "set default",
            };
            self.word(&format!(" on {event} {action}"));
        }
    }

    pub(super) fn check(&mut self, check: &Check) {
        if let Some(name) = &check.name {
            self.word("constraint ");
            self.name(name);
            self.raw(" ");
        }
        self.word("check (");
        self.expr(&check.expression.0);
        self.raw(")");
        if !check.enforced {
            self.word(" not enforced");
        }
    }

    /// Prints PARTITION BY on lines of its own.
    pub(super) fn partitioning(&mut self, partitioning: &Partitioning) {
        self.word("\npartition by ");
        self.partition_kind(&partitioning.kind);
        if let Some(count) = partitioning.count {
            self.word(&format!(" partitions {count}"));
        }
        if let Some((kind, count)) = &partitioning.subpartition {
            self.word(" subpartition by ");
            self.partition_kind(kind);
            if let Some(count) = count {
                self.word(&format!(" subpartitions {count}"));
            }
        }
        if !partitioning.partitions.is_empty() {
            self.raw("\n(");
            for (at, partition) in partitioning.partitions.iter().enumerate() {
                if at > 0 {
                    self.raw(",\n ");
                }
                self.partition(partition);
            }
            self.raw(")");
        }
    }

    fn partition_kind(&mut self, kind: &PartitionKind) {
        let linear = |linear: bool| if linear { "linear " } else { "" };
        match kind {
            PartitionKind::Hash {
                linear: said,
                expression: Expression(expr),
            } => {
                self.word(&format!("{}hash (", linear(*said)));
                self.expr(expr);
                self.raw(")");
            }
            PartitionKind::Key {
                linear: said,
                algorithm,
                columns,
            } => {
                self.word(&format!("{}key ", linear(*said)));
                if let Some(algorithm) = algorithm {
                    self.word(&format!("algorithm = {algorithm} "));
                }
                self.raw("(");
                self.names(columns);
                self.raw(")");
            }
            PartitionKind::Range(Expression(expr)) | PartitionKind::List(Expression(expr)) => {
                self.word(match kind {
                    PartitionKind::Range(_) => "range (",
                    _ => "list (",
                });
                self.expr(expr);
                self.raw(")");
            }
            PartitionKind::RangeColumns(columns) | PartitionKind::ListColumns(columns) => {
                self.word(match kind {
                    PartitionKind::RangeColumns(_) => "range columns (",
                    _ => "list columns (",
                });
                self.names(columns);
                self.raw(")");
            }
        }
    }

    pub(super) fn partition(&mut self, partition: &Partition) {
        self.word("partition ");
        self.partition_rest(partition);
    }

    fn partition_rest(&mut self, partition: &Partition) {
        self.name(&partition.name);
        match &partition.bound {
            Some(PartitionBound::MaxValue) => self.word(" values less than maxvalue"),
            Some(PartitionBound::LessThan(values)) => {
                self.word(" values less than (");
                self.list(values, |printer, value| match value {
                    Some(Expression(expr)) => printer.expr(expr),
                    None => printer.word("maxvalue"),
                });
                self.raw(")");
            }
            Some(PartitionBound::In(rows)) => {
                self.word(" values in (");
                self.list(rows, |printer, row| match row.as_slice() {
                    [Expression(one)] => printer.expr(one),
                    row => {
                        printer.raw("(");
                        printer.exprs(row.iter().map(|value| &value.0));
                        printer.raw(")");
                    }
                });
                self.raw(")");
            }
            None => {}
        }
        for option in &partition.options {
            self.raw(" ");
            self.option(option);
        }
        if !partition.subpartitions.is_empty() {
            self.raw(" (");
            self.list(&partition.subpartitions, |printer, one| {
                printer.word("subpartition ");
                printer.partition_rest(one);
            });
            self.raw(")");
        }
    }
}
