//! A table's entry in the VSchema: its cells, its columns, and its vindexes, the first of which is the primary one.

use std::sync::Arc;

use super::definition::{IN_SCHEMA, IN_VSCHEMA};
use super::{Merge, order, pick, whole, word};
use crate::catalog::vschema::{AutoIncrement, Column, ColumnVindex, Table};
use crate::merge::{Kind, Version};
use crate::relation::describe::list_text;
use crate::relation::{self, Row, Schema};
use crate::value::{ColumnType, TypeKind, Value};

/// The cells of `tables` that are the definition's.
const DEFINITION: std::ops::Range<usize> = 6..14;

type Sides<'p, T> = [Option<(Row, &'p T)>; 3];

impl<'a> Merge<'a> {
    fn table_entry(&self, side: usize, keyspace: &str, identity: &str) -> Option<&'a Table> {
        let keyspace = self.sides[side].keyspaces.get(keyspace)?;
        let mut tables = keyspace.vschema.tables.iter();
        let found = tables.find(|(name, _)| keyspace.identities.table(name) == identity);
        found.map(|(_, table)| table)
    }

    /// Merges a table's entry; `None` where the merge has none.
    pub(super) fn entry(&mut self, keyspace: &str, identity: &str) -> Option<Table> {
        let sides = [0, 1, 2].map(|side: usize| self.table_entry(side, keyspace, identity));
        let [base, ours, theirs] = sides;
        match (base, ours, theirs) {
            (_, None, None) => None,
            (None, Some(only), None) | (None, None, Some(only)) => Some(only.clone()),
            (Some(base), None, Some(other)) | (Some(base), Some(other), None) => {
                let kept = if ours.is_none() {
                    Version::Ours
                } else {
                    Version::Theirs
                };
                let version = if base == other {
                    kept
                } else {
                    let schema = self.schema("tables");
                    let rows = [0, 1, 2].map(|side: usize| {
                        sides[side]
                            .and_then(|_| self.rows(side, "tables", keyspace, identity).pop())
                    });
                    self.removed(&schema, rows)
                };
                sides[version as usize].cloned()
            }
            (_, Some(ours), Some(theirs)) if ours == theirs || base == Some(theirs) => {
                Some(ours.clone())
            }
            (_, Some(ours), Some(theirs)) if base == Some(ours) => Some(theirs.clone()),
            (_, Some(ours), Some(theirs)) => {
                let place = (keyspace.to_owned(), identity.to_owned());
                Some(self.both_entries(&place, [Some(ours), Some(theirs), base]))
            }
        }
    }

    fn both_entries(&mut self, place: &(String, String), sides: [Option<&'a Table>; 3]) -> Table {
        let schema = self.schema("tables");
        let known: [Option<Row>; 3] = [0, 1, 2].map(|side: usize| {
            let mut row = self.rows(side, "tables", &place.0, &place.1).pop()?;
            row[IN_SCHEMA] = Value::Null;
            row[DEFINITION].fill(Value::Null);
            (row[IN_VSCHEMA] == Value::from("true")).then_some(row)
        });
        let merged = self.merge_rows(&schema, known.clone().map(|row| row.into_iter().collect()));
        let known: Sides<'_, Table> = [
            known[1].clone().zip(sides[0]),
            known[2].clone().zip(sides[1]),
            known[0].clone().zip(sides[2]),
        ];
        let mut entry = Table::default();
        if let Some(row) = merged.first() {
            let text = |at: usize| word(row, at);
            let at = |cell: usize| pick(row, cell, &known);
            if let Some(kind) = at(5) {
                entry.table_type.clone_from(&kind.table_type);
            }
            entry.auto_increment = (!row[14].is_null()).then(|| AutoIncrement {
                column: text(14),
                sequence: text(15),
            });
            entry.pinned = text(16);
            entry.source = text(17);
            entry.column_list_authoritative = text(18) == "true";
        }
        entry.columns = self.entry_columns(place, sides);
        entry.column_vindexes = self.column_vindexes(place, sides);
        entry
    }

    fn entry_columns(
        &mut self,
        place: &(String, String),
        sides: [Option<&'a Table>; 3],
    ) -> Vec<Column> {
        let schema = self.schema("vschema_columns");
        let all =
            [0, 1, 2].map(|side: usize| self.rows(side, "vschema_columns", &place.0, &place.1));
        let rows = self.merge_rows(&schema, all.clone());
        let mut columns = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut at = 0;
            let known: Sides<'_, Column> = [1, 2, 0].map(|side: usize| {
                let entry = sides[at];
                at += 1;
                let described = all[side].iter().find(|described| described[3] == row[3])?;
                let mut columns = entry?.columns.iter();
                Some((
                    described.clone(),
                    columns.find(|column| column.name == word(described, 4))?,
                ))
            });
            columns.extend(column(row, &known).map(|column| (word(row, 3), column)));
        }
        let listed = all.map(|mut rows| {
            rows.sort_by_key(|row| row[6].to_i64());
            rows.iter().map(|row| word(row, 3)).collect::<Vec<String>>()
        });
        let (merged, _) = order::merge(&listed[0], &listed[1], &listed[2], &|name| {
            columns.iter().any(|(known, _)| known == name)
        });
        columns.sort_by_key(|(name, _)| merged.iter().position(|known| known == name));
        columns.into_iter().map(|(_, column)| column).collect()
    }

    /// Merges the vindexes of a table by name. Their order is one cell as far as it says which one is primary.
    fn column_vindexes(
        &mut self,
        place: &(String, String),
        sides: [Option<&'a Table>; 3],
    ) -> Vec<ColumnVindex> {
        let schema = Arc::new(vindex_schema());
        let rows_of = |table: Option<&Table>| -> Vec<Row> {
            let vindexes = table
                .into_iter()
                .flat_map(|table| named(&table.column_vindexes));
            let row = |(name, vindex): (String, &ColumnVindex)| {
                let columns: Vec<String> = columns(vindex);
                let cells = [&place.0, &place.1, &name, &list_text(&columns)];
                cells.map(|cell| Value::from(cell.as_str())).to_vec()
            };
            vindexes.map(row).collect()
        };
        let all = [rows_of(sides[2]), rows_of(sides[0]), rows_of(sides[1])];
        let merged = self.merge_rows(&schema, all.clone());
        let listed = all
            .clone()
            .map(|rows| rows.iter().map(|row| word(row, 2)).collect::<Vec<String>>());
        let present = |name: &str| merged.iter().any(|row| word(row, 2) == name);
        let (mut order, _) = order::merge(&listed[0], &listed[1], &listed[2], &present);
        let first = |side: usize| listed[side].first();
        let primary = match (first(0), first(1), first(2)) {
            (_, ours, theirs) if ours == theirs => ours,
            (base, ours, theirs) if base == theirs => ours,
            (base, ours, theirs) if base == ours => theirs,
            _ => {
                let rows = all.map(|rows| rows.into_iter().next());
                let conflict = whole(Kind::EditEdit, rows, vec!["vindex".to_owned()]);
                match self.decided(&schema, &conflict) {
                    Some(version) => first(version as usize),
                    None => {
                        self.note(&schema, conflict);
                        first(1)
                    }
                }
            }
        };
        if let Some(at) = primary.and_then(|name| order.iter().position(|known| known == name)) {
            let name = order.remove(at);
            order.insert(0, name);
        }
        let vindex = |name: &String| {
            let row = merged.iter().find(|row| word(row, 2) == *name)?;
            let mut known = sides
                .iter()
                .flatten()
                .flat_map(|table| named(&table.column_vindexes));
            let same = known.find(|(known, vindex)| {
                known == name && list_text(&columns(vindex)) == word(row, 3)
            });
            same.map(|(_, vindex)| vindex.clone())
        };
        order.iter().filter_map(vindex).collect()
    }
}

/// Vindexes under their names; one that a table uses a second time is told apart.
fn named(vindexes: &[ColumnVindex]) -> impl Iterator<Item = (String, &ColumnVindex)> {
    vindexes.iter().enumerate().map(|(at, vindex)| {
        let before = vindexes[..at]
            .iter()
            .filter(|other| other.name == vindex.name)
            .count();
        let name = match before {
            0 => vindex.name.clone(),
            before => format!("{}#{}", vindex.name, before + 1),
        };
        (name, vindex)
    })
}

/// The columns, whichever way they are spelled.
fn columns(vindex: &ColumnVindex) -> Vec<String> {
    let single = Some(&vindex.column).filter(|column| !column.is_empty());
    single.into_iter().chain(&vindex.columns).cloned().collect()
}

/// `column_vindexes` keyed by vindex rather than by place, which shifts with every vindex before it.
fn vindex_schema() -> Schema {
    let column = |name: &str| relation::Column::new(name, ColumnType::new(TypeKind::VarChar));
    Schema {
        name: "column_vindexes".to_owned(),
        columns: ["keyspace", "table", "vindex", "columns"]
            .map(column)
            .to_vec(),
        key: vec![0, 1, 2],
    }
}

fn column(row: &Row, known: &Sides<'_, Column>) -> Option<Column> {
    let at = |cell: usize| pick(row, cell, known);
    Some(Column {
        name: word(row, 4),
        column_type: at(7)?.column_type.clone(),
        invisible: at(8)?.invisible,
        default: at(9)?.default.clone(),
        collation: at(10)?.collation.clone(),
        size: at(11)?.size,
        scale: at(12)?.scale,
        nullable: at(13)?.nullable,
        values: at(14)?.values.clone(),
    })
}
