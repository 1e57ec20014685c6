//! A table's definition: options, columns, keys, constraints, each merged as a row and put together again.

use std::collections::BTreeSet;

use super::{Merge, order, pick, whole, word};
use crate::catalog::{Defaults, Table, columns_of, same_name};
use crate::merge::{Kind, Version};
use crate::relation::Row;
use crate::sql::ddl::{
    Check, Column, CreateTable, ForeignKey, Generated, Index, IndexKind, IndexPart, TableOption,
};
use crate::value::{ColumnType, Value};

/// Where a row of `tables` tells whether there is a definition, what its primary key is (by identity), and the cells
/// that are the definition's.
pub(super) const IN_SCHEMA: usize = 3;
pub(super) const IN_VSCHEMA: usize = 4;
const PRIMARY_KEY: usize = 6;
const ENGINE: usize = 8;
const OPTIONS: usize = 12;
const PARTITIONING: usize = 13;
/// The cells of the VSchema's entry: kind, and those after the definition's.
const KIND: usize = 5;
const ENTRY: usize = 14;

/// The cells of columns that decide what rows look like.
const FORM: [&str; 6] = [
    "type",
    "nullable",
    "generated",
    "stored",
    "charset",
    "collation",
];

/// The cell of a `columns` row where the cells after name and position begin.
const CELLS: usize = 7;

type Sides<'p, T> = [Option<(Row, &'p T)>; 3];

impl<'a> Merge<'a> {
    fn table(&self, side: usize, keyspace: &str, identity: &str) -> Option<&'a Table> {
        let keyspace = self.sides[side].keyspaces.get(keyspace)?;
        let mut tables = keyspace.tables.iter();
        let found = tables.find(|(name, _)| keyspace.identities.table(name) == identity);
        found.map(|(_, table)| table.as_ref())
    }

    /// Merges a table's definition; `None` where the merge has none.
    pub(super) fn definition(&mut self, keyspace: &str, identity: &str) -> Option<Table> {
        let sides = [0, 1, 2].map(|side: usize| self.table(side, keyspace, identity));
        let place = (keyspace.to_owned(), identity.to_owned());
        let (our_rows, their_rows) = (
            self.input.our_rows.contains(&place),
            self.input.their_rows.contains(&place),
        );
        let schema = self.schema("tables");
        match sides {
            [_, None, None] => None,
            [None, Some(only), None] | [None, None, Some(only)] => Some(only.clone()),
            [Some(base), None, Some(other)] | [Some(base), Some(other), None] => {
                let (rows, kept) = match sides[1] {
                    None => (their_rows, Version::Ours),
                    Some(_) => (our_rows, Version::Theirs),
                };
                let version = if base == other && !rows {
                    kept
                } else {
                    let rows = [0, 1, 2].map(|side: usize| {
                        sides[side]
                            .and_then(|_| self.rows(side, "tables", keyspace, identity).pop())
                    });
                    let version = self.removed(&schema, rows);
                    let name = sides[version as usize].map(|table| table.name().to_owned());
                    if let Some(name) = name {
                        self.merged
                            .rows_of
                            .insert((keyspace.to_owned(), name), version);
                    }
                    version
                };
                sides[version as usize].cloned()
            }
            [base, Some(ours), Some(theirs)] => {
                self.both(&place, base, ours, theirs, [our_rows, their_rows])
            }
        }
    }

    fn both(
        &mut self,
        place: &(String, String),
        base: Option<&'a Table>,
        ours: &'a Table,
        theirs: &'a Table,
        touched: [bool; 2],
    ) -> Option<Table> {
        let keyspace = place.0.as_str();
        let unkeyed = self.primary_key(place, touched);
        if ours == theirs {
            return Some(ours.clone());
        }
        if !unkeyed {
            if base == Some(theirs) {
                return Some(ours.clone());
            }
            if base == Some(ours) {
                return Some(theirs.clone());
            }
        }
        let sides = [Some(ours), Some(theirs), base];
        let mut merged = CreateTable {
            name: ours.definition.name.clone(),
            columns: self.columns(place, sides),
            indexes: self.indexes(place, sides, unkeyed),
            foreign_keys: self.foreign_keys(place, sides),
            checks: self.checks(place, sides),
            options: Vec::new(),
            partitioning: None,
        };
        self.options(place, sides, &mut merged);
        self.drop_dangling(keyspace, &mut merged);
        match Table::from_ddl(&merged, &Defaults::default()) {
            Ok(table) => Some(table),
            Err(error) => {
                let name = &ours.definition.name.name;
                let message = format!("the merged definition is not valid ({error}); ours is kept");
                self.violation("catalog", format!("{keyspace}.{name}"), message);
                self.merged
                    .rows_of
                    .insert((keyspace.to_owned(), name.clone()), Version::Ours);
                Some(ours.clone())
            }
        }
    }

    /// Notes a primary key that one side changed while the other changed rows, whose keys are others then. Returns
    /// whether our key stays for that reason.
    fn primary_key(&mut self, (keyspace, identity): &(String, String), touched: [bool; 2]) -> bool {
        let rows = [0, 1, 2].map(|side: usize| self.rows(side, "tables", keyspace, identity).pop());
        let key = |side: usize| rows[side].as_ref().map(|row| &row[PRIMARY_KEY]);
        let (ours_changed, theirs_changed) = (key(1) != key(0), key(2) != key(0));
        if rows[0].is_none() || (!ours_changed && !theirs_changed) {
            return false;
        }
        let clash = match (ours_changed, theirs_changed) {
            (true, false) => touched[1],
            (false, true) => touched[0],
            // Both changed it: a difference is a clash of cells, the same key one of the rows below it.
            _ => key(1) == key(2) && touched[0] && touched[1],
        };
        let name = rows[1].as_ref().map_or(String::new(), |row| word(row, 2));
        let schema = self.schema("tables");
        let conflict = whole(Kind::Schema, rows.clone(), vec!["primary_key".to_owned()]);
        let decided = self.decided(&schema, &conflict);
        if clash && decided.is_none() {
            self.note(&schema, conflict);
            self.merged
                .rows_of
                .insert((keyspace.clone(), name), Version::Ours);
            return theirs_changed && !ours_changed;
        }
        if clash {
            return decided == Some(Version::Ours) || decided == Some(Version::Base);
        }
        false
    }

    fn merge_part(&mut self, relation: &str, (keyspace, identity): &(String, String)) -> Vec<Row> {
        let schema = self.schema(relation);
        let rows = [0, 1, 2].map(|side: usize| self.rows(side, relation, keyspace, identity));
        self.merge_rows(&schema, rows)
    }

    /// Returns a part of each side with its row: `part` finds it by the row.
    fn parts<'p, T>(
        &self,
        relation: &str,
        (keyspace, identity): &(String, String),
        merged: &Row,
        own: usize,
        part: impl Fn(usize, &Row) -> Option<&'p T>,
    ) -> Sides<'p, T> {
        let mut place = 0;
        [1, 2, 0].map(|side: usize| {
            let at = place;
            place += 1;
            let rows = self.rows(side, relation, keyspace, identity);
            let row = rows.into_iter().find(|row| row[own] == merged[own])?;
            let part = part(at, &row)?;
            Some((row, part))
        })
    }

    fn columns(&mut self, place: &(String, String), sides: [Option<&'a Table>; 3]) -> Vec<Column> {
        let before = self
            .conflicts
            .get("columns")
            .map_or(0, |(_, noted)| noted.len());
        let rows = self.merge_part("columns", place);
        let clash = self.conflicts.get("columns").is_some_and(|(_, noted)| {
            noted[before..].iter().any(|conflict| {
                conflict.columns.is_empty()
                    || conflict
                        .columns
                        .iter()
                        .any(|column| FORM.contains(&column.as_str()))
            })
        });
        let ours = sides[0].or(sides[1]).map(|table| table.name().to_owned());
        if let (true, Some(name)) = (clash, &ours) {
            self.merged
                .rows_of
                .insert((place.0.clone(), name.clone()), Version::Ours);
        }
        let mut columns: Vec<(String, Column)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let known = self.parts("columns", place, row, 3, |at, row| {
                sides[at]?.column(&word(row, 4))
            });
            if let Some(column) = column(row, &known) {
                columns.push((word(row, 3), column));
            }
        }
        let order_of = |side: usize| -> Vec<String> {
            let mut rows = self.rows(side, "columns", &place.0, &place.1);
            rows.sort_by_key(|row| row[6].to_i64());
            rows.iter().map(|row| word(row, 3)).collect()
        };
        let (merged, both) = order::merge(&order_of(0), &order_of(1), &order_of(2), &|name| {
            columns.iter().any(|(known, _)| known == name)
        });
        if let (true, Some(name)) = (both, ours) {
            let notice = format!(
                "both sides reordered the columns of `{}.{name}`: our order is kept",
                place.0
            );
            self.merged.notices.push(notice);
        }
        columns.sort_by_key(|(identity, _)| merged.iter().position(|name| name == identity));
        columns.into_iter().map(|(_, column)| column).collect()
    }

    fn indexes(
        &mut self,
        place: &(String, String),
        sides: [Option<&'a Table>; 3],
        unkeyed: bool,
    ) -> Vec<Index> {
        let rows = self.merge_part("indexes", place);
        let mut indexes = Vec::new();
        for row in &rows {
            if unkeyed && word(row, 5) == "PRIMARY" {
                continue;
            }
            let known = self.parts("indexes", place, row, 3, |at, row| {
                sides[at]?.index(&word(row, 4))
            });
            indexes.extend(index(row, &known));
        }
        if unkeyed {
            indexes.extend(sides[0].and_then(Table::primary_key).cloned());
        }
        indexes
    }

    fn foreign_keys(
        &mut self,
        place: &(String, String),
        sides: [Option<&'a Table>; 3],
    ) -> Vec<ForeignKey> {
        let rows = self.merge_part("foreign_keys", place);
        let known = |row: &Row| {
            let known = self.parts("foreign_keys", place, row, 3, |at, row| {
                sides[at]?.foreign_key(&word(row, 3))
            });
            foreign_key(row, &known)
        };
        rows.iter().filter_map(known).collect()
    }

    fn checks(&mut self, place: &(String, String), sides: [Option<&'a Table>; 3]) -> Vec<Check> {
        let rows = self.merge_part("checks", place);
        let known = |row: &Row| {
            let known = self.parts("checks", place, row, 3, |at, row| {
                sides[at]?.check(&word(row, 3))
            });
            let mut check = pick(row, 4, &known)?.clone();
            check.enforced = pick(row, 5, &known)?.enforced;
            Some(check)
        };
        rows.iter().filter_map(known).collect()
    }

    /// Merges the cells of `tables` that are the definition's: options and partitioning.
    fn options(
        &mut self,
        place: &(String, String),
        sides: [Option<&'a Table>; 3],
        merged: &mut CreateTable,
    ) {
        let schema = self.schema("tables");
        let mut known: [Option<Row>; 3] = [0, 1, 2].map(|side: usize| {
            let mut row = self.rows(side, "tables", &place.0, &place.1).pop()?;
            // Key parts are merged as a key, the entry's cells as the entry's.
            row[PRIMARY_KEY] = Value::Null;
            row[KIND] = Value::Null;
            row[ENTRY..].fill(Value::Null);
            (row[IN_SCHEMA] == Value::from("true")).then_some(row)
        });
        for row in known.iter_mut().flatten() {
            row[IN_VSCHEMA] = Value::Null;
        }
        let partitions =
            |side: usize| sides[side].and_then(|table| table.definition.partitioning.as_ref());
        // A cell shows how rows are dealt; the partitions themselves are part of it.
        for (side, row) in [2, 0, 1].into_iter().zip(&mut known) {
            if let (Some(row), Some(partitioning)) = (row, partitions(side)) {
                row[PARTITIONING] = Value::Text(format!("{partitioning:?}"));
            }
        }
        let before = self
            .conflicts
            .get("tables")
            .map_or(0, |(_, noted)| noted.len());
        let rows = self.merge_rows(&schema, known.clone().map(|row| row.into_iter().collect()));
        self.show_partitioning(before, place);
        let Some(row) = rows.first() else { return };
        let known: Sides<'_, Table> = [
            known[1].clone().zip(sides[0]),
            known[2].clone().zip(sides[1]),
            known[0].clone().zip(sides[2]),
        ];
        for (name, at) in ["ENGINE", "CHARSET", "COLLATE", "COMMENT"]
            .iter()
            .zip(ENGINE..)
        {
            let option = pick(row, at, &known).and_then(|table| option(table, name));
            merged.options.extend(option);
        }
        if let Some(table) = pick(row, OPTIONS, &known) {
            let others = table.definition.options.iter().filter(|option| {
                !["ENGINE", "CHARSET", "COLLATE", "COMMENT"].contains(&option.name.as_str())
            });
            merged.options.extend(others.cloned());
        }
        merged.partitioning =
            pick(row, PARTITIONING, &known).and_then(|table| table.definition.partitioning.clone());
    }

    /// Conflicts of `tables` show its rows as they are described.
    fn show_partitioning(&mut self, before: usize, place: &(String, String)) {
        let described =
            [0, 1, 2].map(|side: usize| self.rows(side, "tables", &place.0, &place.1).pop());
        let Some((_, noted)) = self.conflicts.get_mut("tables") else {
            return;
        };
        for conflict in noted.iter_mut().skip(before) {
            let versions = [&mut conflict.base, &mut conflict.ours, &mut conflict.theirs];
            for (version, row) in versions.into_iter().zip(&described) {
                if version.is_some() {
                    *version = row.clone().map(|row| (row, 1));
                }
            }
        }
    }

    /// Leaves out keys and constraints on columns that the other side removed, and says so.
    fn drop_dangling(&mut self, keyspace: &str, merged: &mut CreateTable) {
        let columns: BTreeSet<String> = merged
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let gone = |name: &str| !columns.iter().any(|column| same_name(column, name));
        let missing = |names: Vec<String>| names.into_iter().find(|name| gone(name));
        let mut told = Vec::new();
        merged.indexes.retain(|index| {
            let names = index.parts.iter().flat_map(|part| match part {
                IndexPart::Column { name, .. } => vec![name.clone()],
                IndexPart::Expression { expression, .. } => columns_of(expression),
            });
            let missing = missing(names.collect());
            if let Some(column) = &missing {
                let name = index.name.as_deref().unwrap_or("PRIMARY");
                told.push(("dangling column", format!("key `{name}`"), column.clone()));
            }
            missing.is_none()
        });
        merged.foreign_keys.retain(|key| {
            let missing = missing(key.columns.clone());
            if let Some(column) = &missing {
                let name = key.name.as_deref().unwrap_or_default();
                told.push((
                    "foreign key",
                    format!("foreign key `{name}`"),
                    column.clone(),
                ));
            }
            missing.is_none()
        });
        merged.checks.retain(|check| {
            let missing = missing(columns_of(&check.expression));
            if let Some(column) = &missing {
                let name = check.name.as_deref().unwrap_or_default();
                told.push(("dangling column", format!("check `{name}`"), column.clone()));
            }
            missing.is_none()
        });
        for (kind, what, column) in told {
            let object = format!("{keyspace}.{}", merged.name.name);
            let message =
                format!("{what} uses column `{column}`, which the merge removes; it was left out");
            self.violation(kind, object, message);
        }
    }
}

fn option(table: &Table, name: &str) -> Option<TableOption> {
    let mut options = table.definition.options.iter();
    options.find(|option| option.name == name).cloned()
}

/// Puts a column together from the sides whose cells are the merged ones.
fn column(row: &Row, known: &Sides<'_, Column>) -> Option<Column> {
    if let Some((_, column)) = known
        .iter()
        .flatten()
        .find(|(described, _)| described[CELLS..] == row[CELLS..] && described[4] == row[4])
    {
        return Some((*column).clone());
    }
    let at = |cell: usize| pick(row, CELLS + cell, known);
    let column_type = ColumnType {
        charset: at(7)?.column_type.charset.clone(),
        collation: at(8)?.column_type.collation.clone(),
        ..at(0)?.column_type.clone()
    };
    let generated = match (&at(5)?.generated, &at(6)?.generated) {
        (Some(generated), stored) => Some(Generated {
            expression: generated.expression.clone(),
            stored: stored.as_ref().unwrap_or(generated).stored,
        }),
        (None, _) => None,
    };
    Some(Column {
        name: word(row, 4),
        column_type,
        nullable: at(1)?.nullable,
        default: at(2)?.default.clone(),
        on_update: at(3)?.on_update,
        auto_increment: at(4)?.auto_increment,
        generated,
        comment: at(9)?.comment.clone(),
        invisible: at(10)?.invisible,
        srid: at(11)?.srid,
        column_format: at(12)?.column_format.clone(),
        storage: at(13)?.storage.clone(),
        engine_attribute: at(14)?.engine_attribute.clone(),
        secondary_engine_attribute: at(15)?.secondary_engine_attribute.clone(),
        inline_reference: None,
    })
}

fn index(row: &Row, known: &Sides<'_, Index>) -> Option<Index> {
    let at = |cell: usize| pick(row, cell, known);
    let mut index = at(6)?.clone();
    let kind = at(5)?;
    index.kind = kind.kind;
    index.constraint.clone_from(&kind.constraint);
    if index.kind == IndexKind::Primary {
        index.name = None;
    } else {
        index.name = Some(word(row, 4));
    }
    index.using.clone_from(&at(8)?.using);
    index.key_block_size = at(9)?.key_block_size;
    index.parser.clone_from(&at(10)?.parser);
    index.comment.clone_from(&at(11)?.comment);
    index.invisible = at(12)?.invisible;
    index.engine_attribute.clone_from(&at(13)?.engine_attribute);
    Some(index)
}

fn foreign_key(row: &Row, known: &Sides<'_, ForeignKey>) -> Option<ForeignKey> {
    let at = |cell: usize| pick(row, cell, known);
    let mut key = at(4)?.clone();
    key.referenced_table
        .keyspace
        .clone_from(&at(6)?.referenced_table.keyspace);
    key.referenced_table
        .name
        .clone_from(&at(7)?.referenced_table.name);
    key.referenced_columns
        .clone_from(&at(9)?.referenced_columns);
    key.on_delete = at(11)?.on_delete;
    key.on_update = at(12)?.on_update;
    key.match_type.clone_from(&at(13)?.match_type);
    Some(key)
}
