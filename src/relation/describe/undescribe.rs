//! Relations back to the catalog: keyspaces with their shards and VSchema documents, and the rules.
//!
//! Definitions of tables and views are not rebuilt: their expressions are text here. `undescribe(describe(c))` has the
//! VSchema, the shards and the rules of `c`, rules in the order of their keys and column vindexes in the spelling with
//! `columns`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::list;
use crate::catalog::vschema::{
    AutoIncrement, Column, ColumnVindex, ForeignKeyMode, MultiTenantSpec, Rules, Table, Vindex,
};
use crate::catalog::{Catalog, Keyspace};
use crate::relation::{Relation, Row};
use crate::value::Value;

/// Why relations do not say a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A relation has no column of that name.
    #[error("relation `{relation}` has no column `{column}`")]
    NoColumn {
        /// The relation.
        relation: String,
        /// The column.
        column: &'static str,
    },
    /// A cell does not hold what its column says.
    #[error("bad value {value} in column `{column}` of relation `{relation}`")]
    BadCell {
        /// The relation.
        relation: String,
        /// The column.
        column: &'static str,
        /// The cell as Vitess's messages show values.
        value: String,
    },
    /// A row belongs to something that is not there.
    #[error("relation `{relation}` has a row of `{owner}`, which does not exist")]
    NoOwner {
        /// The relation.
        relation: String,
        /// The keyspace or table.
        owner: String,
    },
}

/// Rebuilds keyspaces, shards, VSchema documents and rules.
///
/// # Errors
/// See [`Error`]. A relation that is not given counts as empty.
pub fn undescribe(relations: &[Relation]) -> Result<Catalog, Error> {
    let find = |name: &str| {
        relations
            .iter()
            .find(|relation| relation.schema.name == name)
    };
    let cells = |name: &str| find(name).into_iter().flat_map(rows_of);
    let mut keyspaces: BTreeMap<String, Keyspace> = BTreeMap::new();
    for row in cells("keyspaces") {
        let keyspace = keyspace(row)?;
        keyspaces.insert(keyspace.name.clone(), keyspace);
    }
    for row in cells("shards") {
        let shard = row.text("shard")?;
        row.keyspace(&mut keyspaces)?.shards.push(shard);
    }
    for keyspace in keyspaces.values_mut() {
        keyspace.shards.sort_by_key(|shard| shard_order(shard));
    }
    for row in cells("vindexes") {
        let vindex = vindex(row)?;
        let name = row.text("vindex")?;
        row.keyspace(&mut keyspaces)?
            .vschema
            .vindexes
            .insert(name, vindex);
    }
    for row in cells("tables").filter(|row| row.is_set("in_vschema")) {
        let table = table(row)?;
        let name = row.text("table")?;
        row.keyspace(&mut keyspaces)?
            .vschema
            .tables
            .insert(name, table);
    }
    for row in cells("column_vindexes") {
        let vindex = ColumnVindex {
            name: row.text("vindex")?,
            column: String::new(),
            columns: row.list("columns")?,
        };
        row.table(&mut keyspaces)?.column_vindexes.push(vindex);
    }
    let mut columns: Vec<(i64, Cells<'_>)> = Vec::new();
    for row in cells("vschema_columns") {
        columns.push((row.number("position")?, row));
    }
    columns.sort_by_key(|(position, _)| *position);
    for (_, row) in columns {
        let column = column(row)?;
        row.table(&mut keyspaces)?.columns.push(column);
    }
    let keyspaces = keyspaces
        .into_iter()
        .map(|(name, keyspace)| (name, Arc::new(keyspace)))
        .collect();
    Ok(Catalog {
        keyspaces,
        rules: rules(cells)?,
    })
}

fn rules<'r, I: Iterator<Item = Cells<'r>>>(cells: impl Fn(&str) -> I) -> Result<Rules, Error> {
    let mut rules = Rules::default();
    for row in cells("routing_rules") {
        rules
            .routing
            .push((row.text("from_table")?, row.list("to_tables")?));
    }
    for row in cells("shard_routing_rules") {
        rules.shard.push((
            row.text("from_keyspace")?,
            row.text("to_keyspace")?,
            row.text("shard")?,
        ));
    }
    for row in cells("keyspace_routing_rules") {
        rules
            .keyspace
            .push((row.text("from_keyspace")?, row.text("to_keyspace")?));
    }
    for row in cells("mirror_rules") {
        let Value::Float(percent) = row.cell("percent")? else {
            return Err(row.bad("percent"));
        };
        rules
            .mirror
            .push((row.text("from_table")?, row.text("to_table")?, *percent));
    }
    Ok(rules)
}

/// Shards sort by where their range starts; an open start is first.
fn shard_order(shard: &str) -> (String, String) {
    let (start, end) = shard.split_once('-').unwrap_or((shard, ""));
    (start.to_owned(), end.to_owned())
}

fn keyspace(row: Cells<'_>) -> Result<Keyspace, Error> {
    let mut keyspace = Keyspace {
        name: row.text("keyspace")?,
        ..Keyspace::default()
    };
    let document = &mut keyspace.vschema;
    document.sharded = row.is_set("sharded");
    document.require_explicit_routing = row.is_set("require_explicit_routing");
    document.foreign_key_mode = match row.optional("foreign_key_mode")?.as_str() {
        "" => ForeignKeyMode::Unspecified,
        "disallow" => ForeignKeyMode::Disallow,
        "unmanaged" => ForeignKeyMode::Unmanaged,
        "managed" => ForeignKeyMode::Managed,
        _ => return Err(row.bad("foreign_key_mode")),
    };
    if !row.cell("tenant_column")?.is_null() {
        let (column, column_type) = (
            row.text("tenant_column")?,
            row.optional("tenant_column_type")?,
        );
        document.multi_tenant = Some(MultiTenantSpec {
            column,
            column_type,
        });
    }
    Ok(keyspace)
}

fn vindex(row: Cells<'_>) -> Result<Vindex, Error> {
    let params = match row.cell("params")? {
        Value::Null => BTreeMap::new(),
        Value::Json(text) => serde_json::from_str(text).map_err(|_| row.bad("params"))?,
        _ => return Err(row.bad("params")),
    };
    Ok(Vindex {
        vindex_type: row.text("type")?,
        params,
        owner: row.optional("owner")?,
    })
}

fn table(row: Cells<'_>) -> Result<Table, Error> {
    let kind = row.text("kind")?;
    let auto_increment = match row.cell("auto_increment")?.is_null() {
        true => None,
        false => Some(AutoIncrement {
            column: row.text("auto_increment")?,
            sequence: row.optional("sequence")?,
        }),
    };
    Ok(Table {
        table_type: if kind == "table" { String::new() } else { kind },
        auto_increment,
        pinned: row.optional("pinned")?,
        source: row.optional("source")?,
        column_list_authoritative: row.is_set("column_list_authoritative"),
        ..Table::default()
    })
}

fn column(row: Cells<'_>) -> Result<Column, Error> {
    let number = |column| i32::try_from(row.number(column)?).map_err(|_| row.bad(column));
    Ok(Column {
        name: row.text("column")?,
        column_type: row.optional("type")?,
        invisible: row.is_set("invisible"),
        default: row.optional("default")?,
        collation: row.optional("collation")?,
        size: number("size")?,
        scale: number("scale")?,
        nullable: if row.cell("nullable")?.is_null() {
            None
        } else {
            Some(row.is_set("nullable"))
        },
        values: row.list("values")?,
    })
}

/// A row with the names of its cells.
#[derive(Clone, Copy)]
struct Cells<'r> {
    relation: &'r Relation,
    row: &'r Row,
}

fn rows_of(relation: &Relation) -> impl Iterator<Item = Cells<'_>> {
    relation
        .rows
        .iter()
        .map(move |(row, _)| Cells { relation, row })
}

impl<'r> Cells<'r> {
    fn name(&self) -> String {
        self.relation.schema.name.clone()
    }

    fn cell(&self, column: &'static str) -> Result<&'r Value, Error> {
        let position = self.relation.schema.position(column);
        let cell = position.and_then(|at| self.row.get(at));
        cell.ok_or_else(|| Error::NoColumn {
            relation: self.name(),
            column,
        })
    }

    fn bad(&self, column: &'static str) -> Error {
        let value = self
            .cell(column)
            .map_or_else(|_| String::new(), Value::to_vitess_text);
        Error::BadCell {
            relation: self.name(),
            column,
            value,
        }
    }

    fn text(&self, column: &'static str) -> Result<String, Error> {
        match self.cell(column)? {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.bad(column)),
        }
    }

    /// Text, empty for NULL.
    fn optional(&self, column: &'static str) -> Result<String, Error> {
        if self.cell(column)?.is_null() {
            Ok(String::new())
        } else {
            self.text(column)
        }
    }

    fn list(&self, column: &'static str) -> Result<Vec<String>, Error> {
        list::parse(&self.optional(column)?).ok_or_else(|| self.bad(column))
    }

    fn number(&self, column: &'static str) -> Result<i64, Error> {
        match self.cell(column)? {
            Value::Int(number) => Ok(*number),
            _ => Err(self.bad(column)),
        }
    }

    fn is_set(&self, column: &'static str) -> bool {
        matches!(self.cell(column), Ok(Value::Text(text)) if text == "true")
    }

    fn keyspace<'k>(
        &self,
        keyspaces: &'k mut BTreeMap<String, Keyspace>,
    ) -> Result<&'k mut Keyspace, Error> {
        let owner = self.text("keyspace")?;
        keyspaces.get_mut(&owner).ok_or_else(|| Error::NoOwner {
            relation: self.name(),
            owner,
        })
    }

    fn table<'k>(
        &self,
        keyspaces: &'k mut BTreeMap<String, Keyspace>,
    ) -> Result<&'k mut Table, Error> {
        let owner = self.text("table")?;
        let tables = &mut self.keyspace(keyspaces)?.vschema.tables;
        tables.get_mut(&owner).ok_or_else(|| Error::NoOwner {
            relation: self.name(),
            owner,
        })
    }
}
