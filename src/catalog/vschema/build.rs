//! One keyspace's document built: vindexes made of their parameters, tables with their column vindexes, and every
//! mistake that the document alone shows.
//!
//! Vitess stops at the first mistake, in the order of a Go map; here all are collected: vindexes first, then tables, each
//! by name. What is wrong is left out, the rest is usable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::BuildError;
use super::{Column, ColumnVindex, Document, ForeignKeyMode, MultiTenantSpec, Table};
use crate::sql::{self, TableName};
use crate::vindex::registry::{self, Owner};
use crate::vindex::{KeyspaceId, PartialColumns, Vindex};

/// A keyspace, built.
#[derive(Debug, Clone, Default)]
pub struct BuiltKeyspace {
    /// Name.
    pub name: String,
    /// Whether rows are sharded by vindexes.
    pub sharded: bool,
    /// Tables are left out of unqualified lookups.
    pub require_explicit_routing: bool,
    /// Never `Unspecified`: that means `Unmanaged`.
    pub foreign_key_mode: ForeignKeyMode,
    /// MoveTables' tenant column.
    pub multi_tenant: Option<MultiTenantSpec>,
    /// Vindexes by name.
    pub vindexes: BTreeMap<String, Arc<dyn Vindex>>,
    /// Tables by name.
    pub tables: BTreeMap<String, Arc<BuiltTable>>,
    /// What is wrong, in the order found.
    pub errors: Vec<BuildError>,
}

/// What a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableType {
    /// Rows by shard, or all in the one shard of an unsharded keyspace.
    #[default]
    Plain,
    /// One row that numbers are taken from.
    Sequence,
    /// The same rows in every shard.
    Reference,
}

impl TableType {
    /// Vitess's name, empty for a plain table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Sequence => "sequence",
            Self::Reference => "reference",
        }
    }
}

/// A table, built.
#[derive(Debug, Clone, Default)]
pub struct BuiltTable {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub table_type: TableType,
    /// Column vindexes as declared, the primary one first; behind a multi-column one its prefixes.
    pub column_vindexes: Vec<BuiltColumnVindex>,
    /// Indexes into `column_vindexes`, the cheapest first, equally cheap ones as declared.
    pub ordered: Vec<usize>,
    /// The column filled from a sequence, and the sequence once resolved.
    pub auto_increment: Option<(String, TableName)>,
    /// Columns as the document lists them.
    pub columns: Vec<Column>,
    /// Whether `columns` is complete.
    pub column_list_authoritative: bool,
    /// The keyspace id at which a pinned table lives.
    pub pinned: Option<KeyspaceId>,
    /// Where a reference table comes from.
    pub source: Option<TableName>,
    /// Reference tables that come from this one, at most one a keyspace.
    pub referenced_by: BTreeSet<TableName>,
}

impl BuiltTable {
    /// The table that any name is in an unsharded keyspace.
    pub fn made_up(keyspace: &str, name: &str) -> Self {
        Self {
            keyspace: keyspace.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The primary vindex.
    pub fn primary(&self) -> Option<&BuiltColumnVindex> {
        self.column_vindexes.first()
    }

    /// The column vindexes that this table owns, in declared order.
    pub fn owned(&self) -> impl Iterator<Item = &BuiltColumnVindex> {
        self.column_vindexes.iter().filter(|vindex| vindex.owned)
    }
}

/// A vindex on columns of a table.
#[derive(Debug, Clone)]
pub struct BuiltColumnVindex {
    /// Name of the vindex.
    pub name: String,
    /// Its type.
    pub vindex_type: String,
    /// Columns, in order.
    pub columns: Vec<String>,
    /// Whether the table owns the vindex and so maintains it.
    pub owned: bool,
    /// Whether values map to at most one keyspace id.
    pub unique: bool,
    /// Whether only a prefix of the vindex's columns is given: routes by key range, never used for inserts.
    pub partial: bool,
    /// The vindex's cost; a column less costs 1 more.
    pub cost: u32,
    /// The vindex.
    pub vindex: Arc<dyn Vindex>,
}

impl BuiltColumnVindex {
    /// Whether it is being backfilled, and so not used for routing.
    pub fn is_backfilling(&self) -> bool {
        self.vindex
            .as_lookup()
            .is_some_and(|lookup| lookup.is_backfilling())
    }
}

/// Builds one keyspace from its document. Sources of reference tables and sequences, which may be in other keyspaces,
/// are not resolved.
pub fn keyspace(name: &str, document: &Document) -> BuiltKeyspace {
    let mut built = BuiltKeyspace {
        name: name.to_owned(),
        sharded: document.sharded,
        require_explicit_routing: document.require_explicit_routing,
        foreign_key_mode: match document.foreign_key_mode {
            ForeignKeyMode::Unspecified => ForeignKeyMode::Unmanaged,
            mode => mode,
        },
        multi_tenant: document.multi_tenant.clone(),
        ..BuiltKeyspace::default()
    };
    for (vindex, spec) in &document.vindexes {
        match registry::create(
            &spec.vindex_type,
            vindex,
            &spec.params,
            owner(name, document, vindex),
        ) {
            Ok(made) => {
                built.vindexes.insert(vindex.clone(), made);
            }
            Err(source) => built.errors.push(BuildError::Vindex {
                vindex: vindex.clone(),
                source,
            }),
        }
    }
    for (name, table) in &document.tables {
        let before = built.errors.len();
        let table = build_table(
            document,
            &built.vindexes,
            &built.name,
            name,
            table,
            &mut built.errors,
        );
        if built.errors.len() == before
            && let Some(table) = table
        {
            built.tables.insert(name.clone(), Arc::new(table));
        }
    }
    built
}

/// The table that owns a vindex and has it on columns.
fn owner(keyspace: &str, document: &Document, vindex: &str) -> Option<Owner> {
    let table = &document.vindexes.get(vindex)?.owner;
    let column_vindex = document
        .tables
        .get(table)?
        .column_vindexes
        .iter()
        .find(|entry| entry.name == vindex)?;
    Some(Owner {
        keyspace: keyspace.to_owned(),
        table: table.clone(),
        columns: columns_of(column_vindex).to_vec(),
    })
}

fn columns_of(entry: &ColumnVindex) -> &[String] {
    if entry.columns.is_empty() && !entry.column.is_empty() {
        std::slice::from_ref(&entry.column)
    } else {
        &entry.columns
    }
}

/// Builds a table, in the order of Vitess's checks. `None` where a vindex that it uses could not be made, which is an
/// error already.
fn build_table(
    document: &Document,
    vindexes: &BTreeMap<String, Arc<dyn Vindex>>,
    keyspace: &str,
    name: &str,
    table: &Table,
    errors: &mut Vec<BuildError>,
) -> Option<BuiltTable> {
    let mut built = BuiltTable {
        columns: table.columns.clone(),
        column_list_authoritative: table.column_list_authoritative,
        ..BuiltTable::made_up(keyspace, name)
    };
    let table_name = || name.to_owned();
    match table.table_type.as_str() {
        "" => {}
        "reference" => {
            built.table_type = TableType::Reference;
            match read_source(&table.source) {
                Ok(source) => built.source = source,
                Err(name) => errors.push(BuildError::SourceName {
                    table: table_name(),
                    name,
                }),
            }
        }
        "sequence" => {
            built.table_type = TableType::Sequence;
            if document.sharded && table.pinned.is_empty() {
                errors.push(BuildError::ShardedSequence {
                    table: table_name(),
                });
            }
        }
        other => errors.push(BuildError::TableType {
            table: table_name(),
            table_type: other.to_owned(),
        }),
    }
    if !table.pinned.is_empty() {
        match KeyspaceId::from_hex(&table.pinned) {
            Ok(id) => built.pinned = Some(id),
            Err(source) => errors.push(BuildError::Pin {
                table: table_name(),
                source,
            }),
        }
    }
    let needs_primary =
        document.sharded && built.table_type == TableType::Plain && table.pinned.is_empty();
    if needs_primary && table.table_type.is_empty() && table.column_vindexes.is_empty() {
        errors.push(BuildError::NoPrimary {
            table: table_name(),
        });
    }
    check_columns(name, &table.columns, errors);
    let mut complete = true;
    for (index, entry) in table.column_vindexes.iter().enumerate() {
        if document.vindexes.contains_key(&entry.name) && !vindexes.contains_key(&entry.name) {
            complete = false;
            continue;
        }
        match column_vindex(document, vindexes, name, index, entry) {
            Ok(mut entries) => built.column_vindexes.append(&mut entries),
            Err(error) => errors.push(error),
        }
    }
    built.ordered = (0..built.column_vindexes.len()).collect();
    built
        .ordered
        .sort_by_key(|index| built.column_vindexes[*index].cost);
    complete.then_some(built)
}

/// Reads `table` or `keyspace.table`; the error is the text.
fn read_source(text: &str) -> Result<Option<TableName>, String> {
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [""] => Ok(None),
        [name] if !name.is_empty() => Ok(Some(TableName::new(unquote(name)))),
        [keyspace, name] if !keyspace.is_empty() && !name.is_empty() => {
            Ok(Some(TableName::qualified(unquote(keyspace), unquote(name))))
        }
        _ => Err(text.to_owned()),
    }
}

/// A name without the backticks around it.
pub(super) fn unquote(name: &str) -> String {
    match name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'))
    {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
    }
}

fn check_columns(table: &str, columns: &[Column], errors: &mut Vec<BuildError>) {
    let mut seen = BTreeSet::new();
    for column in columns {
        if !seen.insert(column.name.to_lowercase()) {
            errors.push(BuildError::DuplicateColumn {
                table: table.to_owned(),
                column: column.name.clone(),
            });
        }
        if !column.default.is_empty() && sql::parse_expression(&column.default).is_err() {
            let (column, text) = (column.name.clone(), column.default.clone());
            errors.push(BuildError::Default {
                table: table.to_owned(),
                column,
                text,
            });
        }
    }
}

/// Builds one entry of `column_vindexes`, and its prefixes where the vindex routes by them.
fn column_vindex(
    document: &Document,
    vindexes: &BTreeMap<String, Arc<dyn Vindex>>,
    table: &str,
    index: usize,
    entry: &ColumnVindex,
) -> Result<Vec<BuiltColumnVindex>, BuildError> {
    let (table_name, name) = (|| table.to_owned(), || entry.name.clone());
    let (Some(vindex), Some(spec)) = (
        vindexes.get(&entry.name),
        document.vindexes.get(&entry.name),
    ) else {
        return Err(BuildError::UnknownVindex {
            table: table_name(),
            vindex: name(),
        });
    };
    if !entry.column.is_empty() && !entry.columns.is_empty() {
        return Err(BuildError::ColumnAndColumns {
            table: table_name(),
            vindex: name(),
        });
    }
    let columns = columns_of(entry);
    if columns.is_empty() {
        return Err(BuildError::NoColumns {
            table: table_name(),
            vindex: name(),
        });
    }
    let owned = vindex.as_lookup().is_some() && spec.owner == table;
    if index == 0 && !vindex.is_unique() {
        return Err(BuildError::PrimaryNotUnique {
            table: table_name(),
            vindex: name(),
        });
    }
    if index == 0 && owned {
        return Err(BuildError::PrimaryOwned {
            table: table_name(),
            vindex: name(),
        });
    }
    let from_columns = vindex
        .as_lookup()
        .map_or(0, |lookup| lookup.from_columns().len());
    if owned && spec.vindex_type.starts_with("consistent_lookup") && from_columns != columns.len() {
        return Err(BuildError::OwnerColumns {
            table: table_name(),
            vindex: name(),
        });
    }
    if index != 0 && vindex.multi_column().is_some() {
        return Err(BuildError::MultiColumnNotPrimary {
            table: table_name(),
            vindex: name(),
        });
    }
    let shortest = if vindex.multi_column() == Some(PartialColumns::Allowed) {
        1
    } else {
        columns.len()
    };
    let prefixes = (shortest..=columns.len()).rev().zip(0_u32..);
    Ok(prefixes
        .map(|(length, missing)| BuiltColumnVindex {
            name: name(),
            vindex_type: spec.vindex_type.clone(),
            columns: columns[..length].to_vec(),
            owned,
            unique: missing == 0 && vindex.is_unique(),
            partial: missing > 0,
            cost: vindex.cost().saturating_add(missing),
            vindex: Arc::clone(vindex),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(json: &str) -> BuiltKeyspace {
        keyspace("ks", &Document::from_json(json.as_bytes()).unwrap())
    }

    fn errors(json: &str) -> String {
        built(json)
            .errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// A sharded keyspace with some vindexes and the table entry given.
    fn sharded(table: &str) -> String {
        let vindexes = r#""hash": {"type": "hash"}, "region": {"type": "region_experimental", "params": {"region_bytes": "1"}},
            "lookup": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "id"}, "owner": "t"},
            "unique": {"type": "lookup_unique", "params": {"table": "l", "from": "a", "to": "id"}, "owner": "t"},
            "consistent": {"type": "consistent_lookup", "params": {"table": "l", "from": "a,b", "to": "id"}, "owner": "t"}"#;
        format!(r#"{{"sharded": true, "vindexes": {{{vindexes}}}, "tables": {{"t": {table}}}}}"#)
    }

    #[test]
    fn finds_mistakes_of_a_table() {
        let hash = r#"{"column": "id", "name": "hash"}"#;
        let cases = [
            (
                r#"{"type": "Sequence"}"#,
                "unidentified table type Sequence",
            ),
            (
                r#"{"type": "reference", "source": "a.b.c"}"#,
                "invalid source \"a.b.c\" for reference table: t; invalid table name: 'a.b.c', it must be of the unqualified form <table_name> or the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)",
            ),
            (
                r#"{"type": "sequence"}"#,
                "sequence table has to be in an unsharded keyspace or must be pinned: t",
            ),
            (r#"{"type": "sequence", "pinned": "80"}"#, ""),
            (
                r#"{"pinned": "8g"}"#,
                "could not decode the keyspace id for pin: encoding/hex: invalid byte: U+0067 'g'",
            ),
            ("{}", "missing primary col vindex for table: t"),
            (r#"{"type": "reference"}"#, ""),
            (
                r#"{"pinned": "80", "columns": [{"name": "a"}, {"name": "A"}]}"#,
                "duplicate column name 'A' for table: t",
            ),
            (
                r#"{"pinned": "80", "columns": [{"name": "a", "default": "1 +"}, {"name": "b", "default": "now()"}]}"#,
                "could not parse the 'a' column's default expression '1 +' for table 't'",
            ),
            (
                r#"{"column_vindexes": [{"column": "id", "name": "no"}]}"#,
                "vindex no not found for table t",
            ),
            (
                r#"{"column_vindexes": [{"column": "id", "columns": ["id"], "name": "hash"}]}"#,
                "can't use column and columns at the same time in vindex (hash) and table (t)",
            ),
            (
                r#"{"column_vindexes": [{"name": "hash"}]}"#,
                "must specify at least one column for vindex (hash) and table (t)",
            ),
            (
                r#"{"column_vindexes": [{"column": "id", "name": "lookup"}]}"#,
                "primary vindex lookup is not Unique for table t",
            ),
            (
                r#"{"column_vindexes": [{"column": "id", "name": "unique"}]}"#,
                "primary vindex unique cannot be owned for table t",
            ),
            (
                &format!(
                    r#"{{"column_vindexes": [{hash}, {{"column": "a", "name": "consistent"}}]}}"#
                ),
                "VT03029: column count does not match value count with the row for vindex 'consistent'",
            ),
            (
                &format!(
                    r#"{{"column_vindexes": [{hash}, {{"columns": ["a", "b"], "name": "region"}}]}}"#
                ),
                "multi-column vindex region should be a primary vindex for table t",
            ),
        ];
        for (table, expected) in cases {
            assert_eq!(errors(&sharded(table)), expected, "{table}");
        }
    }

    #[test]
    fn collects_all_mistakes_in_order() {
        let json = r#"{"sharded": true, "vindexes": {"b": {"type": "no"}, "a": {"type": "nope"}},
            "tables": {"z": {}, "t": {"column_vindexes": [{"column": "id", "name": "b"}]}, "s": {"type": "sequence"}}}"#;
        let expected = "vindexType \"nope\" not found\nvindexType \"no\" not found\n\
             sequence table has to be in an unsharded keyspace or must be pinned: s\nmissing primary col vindex for table: z";
        assert_eq!(errors(json), expected);
        assert!(built(json).tables.is_empty());
    }

    #[test]
    fn adds_prefixes_of_a_multi_column_vindex() {
        let keyspace = built(&sharded(
            r#"{"column_vindexes": [{"columns": ["a", "b"], "name": "region"}, {"column": "a", "name": "lookup"}, {"column": "c", "name": "hash"}]}"#,
        ));
        let table = &keyspace.tables["t"];
        let told: Vec<_> = table
            .column_vindexes
            .iter()
            .map(|entry| {
                (
                    entry.columns.join(","),
                    entry.unique,
                    entry.partial,
                    entry.owned,
                    entry.cost,
                )
            })
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(columns, a, b, c, cost)| (columns.as_str(), *a, *b, *c, *cost))
            .collect();
        let expected = [
            ("a,b", true, false, false, 1),
            ("a", false, true, false, 2),
            ("a", false, false, true, 20),
            ("c", true, false, false, 1),
        ];
        assert_eq!(told, expected);
        assert_eq!(table.ordered, [0, 3, 1, 2]);
        assert_eq!(table.owned().count(), 1);
        assert_eq!(keyspace.foreign_key_mode, ForeignKeyMode::Unmanaged);
    }
}
