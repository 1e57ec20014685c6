//! The normal form of a declared table: redundant parts dropped, implied names and keys said, nothing else changed.
//!
//! Normalising is idempotent. Rules: Vitess `go/vt/schemadiff/table.go`, and what it says of MySQL 8.0 there.

use std::collections::HashSet;

use crate::catalog::charset::{charset_name, collation_name};
use crate::catalog::{Defaults, fold};
use crate::sql::ddl::{
    BINARY_COLLATION, Column, ColumnDefault, CreateTable, Expression, ForeignKey, Index, IndexKind,
    IndexPart, PartitionBound, PartitionKind, Partitioning, TableOption,
};
use crate::sql::{ast, parse_expression, print};
use crate::value::{ColumnType, TypeKind, collation};

/// The charset and collation of a table's text, as far as they are known: either may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableText {
    pub(super) charset: String,
    pub(super) collation: String,
}

impl TableText {
    /// Reads a table's options over what holds by default.
    pub(super) fn of(options: &[TableOption], defaults: &Defaults) -> Self {
        let mut text = Self {
            charset: defaults.charset.clone(),
            collation: defaults.collation.clone(),
        };
        let said = |name: &str| {
            options
                .iter()
                .find(|option| option.name == name)
                .map(|option| option.value.clone())
        };
        if let Some(charset) = said("CHARSET") {
            text.charset = charset;
            text.collation = String::new();
        }
        if let Some(collation) = said("COLLATE") {
            if let Some(charset) = collation::charset_of(&collation) {
                charset.clone_into(&mut text.charset);
            }
            text.collation = collation;
        }
        text
    }
}

/// Returns the normal form of a definition.
pub(super) fn table(written: &CreateTable, defaults: &Defaults) -> CreateTable {
    let mut table = written.clone();
    table.options.iter_mut().for_each(option);
    expressions(&mut table);
    let text = TableText::of(&table.options, defaults);
    table
        .columns
        .iter_mut()
        .for_each(|column| self::column(column, &text));
    structure(&mut table);
    table
}

/// Says what ALTER TABLE leaves to the server: indexes of foreign keys, names of keys and of constraints.
pub(super) fn structure(table: &mut CreateTable) {
    foreign_key_indexes(table);
    key_names(table);
    constraint_names(table);
}

fn option(option: &mut TableOption) {
    match option.name.as_str() {
        "CHARSET" => option.value = charset_name(&option.value),
        "COLLATE" => option.value = collation_name(&option.value),
        "ENGINE" => option.value = engine(&option.value),
        "ROW_FORMAT" => option.value = option.value.to_ascii_uppercase(),
        _ => {}
    }
}

fn engine(written: &str) -> String {
    match written.to_ascii_uppercase().as_str() {
        "INNODB" => "InnoDB".to_owned(),
        "MYISAM" => "MyISAM".to_owned(),
        upper => upper.to_owned(),
    }
}

/// Gives equal expressions equal trees.
fn expressions(table: &mut CreateTable) {
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            expression(&mut generated.expression);
        }
        if let Some(ColumnDefault::Expression(default)) = &mut column.default {
            expression(default);
        }
    }
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        if let IndexPart::Expression { expression, .. } = part {
            self::expression(expression);
        }
    }
    for check in &mut table.checks {
        expression(&mut check.expression);
    }
    if let Some(partitioning) = &mut table.partitioning {
        self::partitioning(partitioning);
    }
}

fn expression(written: &mut Expression) {
    // What is printed is read back; should it not be, the tree as it was written is as good.
    if let Ok(mut expr) = parse_expression(&print::query::expression(&written.0)) {
        while let ast::Expr::Nested(inner) = expr {
            expr = *inner;
        }
        written.0 = expr;
    }
}

pub(super) fn partitioning(partitioning: &mut Partitioning) {
    let kinds = std::iter::once(&mut partitioning.kind)
        .chain(partitioning.subpartition.as_mut().map(|(kind, _)| kind));
    for kind in kinds {
        if let PartitionKind::Hash { expression, .. }
        | PartitionKind::Range(expression)
        | PartitionKind::List(expression) = kind
        {
            self::expression(expression);
        }
    }
    for partition in &mut partitioning.partitions {
        match &mut partition.bound {
            Some(PartitionBound::LessThan(values)) => {
                values.iter_mut().flatten().for_each(expression);
            }
            Some(PartitionBound::In(rows)) => rows.iter_mut().flatten().for_each(expression),
            _ => {}
        }
        for option in &mut partition.options {
            if option.name == "ENGINE" {
                option.value = engine(&option.value);
            }
        }
    }
}

/// Normalises a column under the charset and collation of its table.
pub(super) fn column(column: &mut Column, text: &TableText) {
    let kind = column.column_type.kind;
    // A column that says nothing is nullable; only TIMESTAMP says so.
    if column.nullable != Some(false) {
        column.nullable = (kind == TypeKind::Timestamp).then_some(true);
        if column.default == Some(ColumnDefault::Null) {
            column.default = None;
        }
    }
    let column_type = &mut column.column_type;
    let boolean = kind == TypeKind::TinyInt && column_type.length == Some(1);
    if kind.is_integer() && !boolean {
        column_type.length = None;
    }
    if boolean && let Some(ColumnDefault::Bare(truth)) = &mut column.default {
        match truth.as_str() {
            "true" => column.default = Some(ColumnDefault::Literal("1".to_owned())),
            "false" => column.default = Some(ColumnDefault::Literal("0".to_owned())),
            _ => {}
        }
    }
    if let Some(charset) = &mut column_type.charset {
        *charset = charset_name(charset);
    }
    if let Some(collation) = &mut column_type.collation
        && collation != BINARY_COLLATION
    {
        *collation = collation_name(collation);
    }
    sized_text(column_type, text);
    if kind.is_text() {
        charset(column_type, text);
    }
}

/// TEXT(n) and BLOB(n) are the smallest of their family that holds n characters.
fn sized_text(column_type: &mut ColumnType, text: &TableText) {
    const BLOBS: [TypeKind; 4] = [
        TypeKind::TinyBlob,
        TypeKind::Blob,
        TypeKind::MediumBlob,
        TypeKind::LongBlob,
    ];
    const TEXTS: [TypeKind; 4] = [
        TypeKind::TinyText,
        TypeKind::Text,
        TypeKind::MediumText,
        TypeKind::LongText,
    ];
    let (family, width) = match column_type.kind {
        TypeKind::Text => {
            let charset = match (&column_type.charset, &column_type.collation) {
                (Some(charset), _) => charset.clone(),
                (None, Some(collation)) => collation::charset_of(collation)
                    .unwrap_or(&text.charset)
                    .to_owned(),
                (None, None) => text.charset.clone(),
            };
            let set = crate::catalog::CharacterSet {
                charset,
                collation: String::new(),
            };
            (TEXTS, u64::from(set.max_bytes()))
        }
        TypeKind::Blob => (BLOBS, 1),
        _ => return,
    };
    if let Some(length) = column_type.length.take() {
        let bytes = u64::from(length) * width;
        let fits = [255, 65_535, 16_777_215]
            .iter()
            .position(|most| bytes <= *most);
        column_type.kind = family[fits.unwrap_or(3)];
    }
}

/// Drops what a text column says and its table, or its own collation, says already.
fn charset(column_type: &mut ColumnType, text: &TableText) {
    let default = collation::default_collation(&text.charset)
        .map_or_else(String::new, |collation| collation.name.clone());
    let table_collation = if text.collation.is_empty() {
        &default
    } else {
        &text.collation
    };
    if let (Some(charset), Some(collation)) = (&column_type.charset, &column_type.collation)
        && collation::charset_of(collation) == Some(charset.as_str())
    {
        column_type.charset = None;
        if collation == table_collation {
            column_type.collation = None;
        }
        return;
    }
    if column_type
        .charset
        .as_ref()
        .is_some_and(|charset| *charset != text.charset)
    {
        return;
    }
    if column_type.charset.take().is_some() && column_type.collation.is_none() {
        column_type.collation = Some(default.clone());
    }
    if column_type.collation.as_ref() == Some(table_collation) {
        column_type.collation = None;
    }
}

/// Tells whether an index starts with the columns, in their order.
pub(super) fn covers(index: &Index, columns: &[String]) -> bool {
    !columns.is_empty()
        && index.parts.len() >= columns.len()
        && columns.iter().zip(&index.parts).all(|(column, part)| {
            matches!(part, IndexPart::Column { name, .. } if super::same_name(name, column))
        })
}

/// Adds the index that MySQL adds for a foreign key whose columns no index starts with.
fn foreign_key_indexes(table: &mut CreateTable) {
    for key in &table.foreign_keys {
        if table
            .indexes
            .iter()
            .any(|index| covers(index, &key.columns))
        {
            continue;
        }
        table.indexes.push(foreign_key_index(key));
    }
}

fn foreign_key_index(key: &ForeignKey) -> Index {
    let parts = key.columns.iter().map(|name| IndexPart::Column {
        name: name.clone(),
        length: None,
        descending: false,
    });
    Index {
        name: key.name.clone(),
        parts: parts.collect(),
        ..Index::empty(IndexKind::Plain)
    }
}

/// Names keys as MySQL does: by their first column, numbered where that is taken.
fn key_names(table: &mut CreateTable) {
    let mut taken: HashSet<String> = table
        .indexes
        .iter()
        .filter_map(|index| index.name.as_deref().map(fold))
        .collect();
    for index in &mut table.indexes {
        if index.using.as_deref() == Some("BTREE") {
            index.using = None;
        }
        if let Some(parser) = &mut index.parser {
            *parser = parser.to_lowercase();
        }
        if index.kind == IndexKind::Primary || index.name.is_some() {
            continue;
        }
        if let Some(constraint) = &index.constraint
            && taken.insert(fold(constraint))
        {
            index.name = Some(constraint.clone());
            continue;
        }
        let first = match index.parts.first() {
            Some(IndexPart::Column { name, .. })
                if !index
                    .parts
                    .iter()
                    .any(|part| matches!(part, IndexPart::Expression { .. })) =>
            {
                name.clone()
            }
            _ => "functional_index".to_owned(),
        };
        let free = std::iter::once(first.clone())
            .chain((2_u64..).map(|n| format!("{first}_{n}")))
            .find(|name| !taken.contains(&fold(name)));
        let name = free.expect("a finite table leaves a number free");
        taken.insert(fold(&name));
        index.name = Some(name);
    }
}

/// Names constraints as MySQL does: `<table>_ibfk_<n>`, `<table>_chk_<n>`.
fn constraint_names(table: &mut CreateTable) {
    let owner = table.name.name.clone();
    let keys = table.foreign_keys.iter().map(|key| key.name.as_deref());
    let checks = table.checks.iter().map(|check| check.name.as_deref());
    let mut taken: HashSet<String> = keys.chain(checks).flatten().map(fold).collect();
    let mut choose = |kind: &str| {
        let free = (1_u64..)
            .map(|n| format!("{owner}_{kind}_{n}"))
            .find(|name| !taken.contains(&fold(name)));
        let name = free.expect("a finite table leaves a number free");
        taken.insert(fold(&name));
        name
    };
    for key in &mut table.foreign_keys {
        if key.name.is_none() {
            key.name = Some(choose("ibfk"));
        }
    }
    for check in &mut table.checks {
        if check.name.is_none() {
            check.name = Some(choose("chk"));
        }
    }
}
