//! Two catalogs compared: which rows change, and what is said about each object.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::catalog::vschema::{AutoIncrement, Column, ColumnVindex, Document, Table, Vindex};
use crate::catalog::{Identities, Keyspace};
use crate::diff::Change;
use crate::diff::columns::Comparison;
use crate::diff::summary::{ObjectChange, summarize};

/// A keyspace `customer` with a VSchema entry per word: `t:a,b` has column vindexes `hash` on `a` and on `b`, `t=a,b` the
/// columns `a` and `b`.
fn customer(tables: &str, identities: Identities) -> Catalog {
    let mut document = Document {
        sharded: true,
        ..Document::default()
    };
    for word in tables.split_whitespace() {
        let (name, parts) = word.split_at(word.find([':', '=']).unwrap_or(word.len()));
        let entry: &mut Table = document.tables.entry(name.to_owned()).or_default();
        let names = parts
            .get(1..)
            .unwrap_or_default()
            .split(',')
            .filter(|name| !name.is_empty());
        for name in names {
            if parts.starts_with(':') {
                let vindex = ColumnVindex {
                    name: "hash".into(),
                    columns: vec![name.into()],
                    ..ColumnVindex::default()
                };
                entry.column_vindexes.push(vindex);
            } else {
                entry.columns.push(Column {
                    name: name.into(),
                    ..Column::default()
                });
            }
        }
    }
    catalog(document, identities)
}

fn catalog(vschema: Document, identities: Identities) -> Catalog {
    let keyspace = Keyspace {
        name: "customer".into(),
        vschema,
        identities,
        ..Keyspace::default()
    };
    Catalog {
        keyspaces: [("customer".to_owned(), Arc::new(keyspace))].into(),
        ..Catalog::default()
    }
}

/// One line per change: `relation +key`, `relation -key`, `relation key cell: from > to`.
fn lines(diffs: &[RelationDiff]) -> Vec<String> {
    let mut lines = Vec::new();
    for diff in diffs {
        let schema = diff.to.as_ref().unwrap();
        let show = |value: &Value| {
            value
                .to_text()
                .map_or("NULL".into(), |text| text.into_owned())
        };
        let key = |row: &Row| {
            schema
                .shown_key()
                .skip(1)
                .map(|at| show(&row[at]))
                .collect::<Vec<_>>()
                .join(".")
        };
        for change in &diff.changes {
            let text = match change {
                Change::Added(row, _) => format!("+{}", key(row)),
                Change::Removed(row, _) => format!("-{}", key(row)),
                Change::Modified { from, to } => {
                    let cells = Comparison::new(schema, schema).changed(from, to);
                    let cell = |pair: &crate::diff::ColumnPair| {
                        let name = &schema.columns[pair.to.unwrap()].name;
                        format!(
                            " {name}: {} > {}",
                            show(pair.from_cell(from)),
                            show(pair.to_cell(to))
                        )
                    };
                    format!("{}{}", key(to), cells.iter().map(cell).collect::<String>())
                }
            };
            lines.push(format!("{} {text}", schema.name));
        }
    }
    lines
}

fn between(from: &Catalog, to: &Catalog) -> Vec<String> {
    lines(&diff(from, to, &Options::default()))
}

fn plain(tables: &str) -> Catalog {
    customer(tables, Identities::default())
}

#[test]
fn vschema_changes_are_cells() {
    let from = plain("corder:customer_id");
    let mut document = from.keyspaces["customer"].vschema.clone();
    let entry = document.tables.get_mut("corder").unwrap();
    entry.column_vindexes[0].name = "xxhash".into();
    entry.auto_increment = Some(AutoIncrement {
        column: "corder_id".into(),
        sequence: "product.corder_seq".into(),
    });
    document.vindexes.insert(
        "xxhash".into(),
        Vindex {
            vindex_type: "xxhash".into(),
            ..Vindex::default()
        },
    );
    document
        .tables
        .insert("corder_event".into(), Table::default());
    let to = catalog(document, Identities::default());
    let expected = [
        "tables corder auto_increment: NULL > corder_id sequence: NULL > product.corder_seq",
        "tables +corder_event",
        "vindexes +xxhash",
        "column_vindexes corder.1 vindex: hash > xxhash",
    ];
    assert_eq!(between(&from, &to), expected);
    assert_eq!(between(&to, &to), [""; 0]);
    let summary = summarize(&diff(&from, &to, &Options::default()));
    let told: Vec<_> = summary
        .iter()
        .map(|object| (object.name.as_str(), &object.change, object.parts.len()))
        .collect();
    let expected = [
        ("corder", &ObjectChange::Modified, 2),
        ("corder_event", &ObjectChange::Added, 1),
        ("xxhash", &ObjectChange::Added, 1),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_renamed_table_is_one_modified_row() {
    let mut identities = Identities::default();
    identities.tables.insert("orders".into(), "corder".into());
    let (from, to) = (plain("corder:id"), customer("orders:id", identities));
    assert_eq!(
        between(&from, &to),
        ["tables orders table: corder > orders"]
    );
    let summary = summarize(&diff(&from, &to, &Options::default()));
    assert_eq!(summary.len(), 1);
    assert_eq!(summary[0].name, "orders");
    assert_eq!(
        summary[0].change,
        ObjectChange::Renamed {
            from: "corder".into()
        }
    );
    assert_eq!(
        between(&plain("corder:id"), &plain("orders:id")).len(),
        4,
        "without a record it is another table"
    );
}

#[test]
fn a_position_changes_only_where_the_row_moved() {
    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert_eq!(between(&plain(from), &plain(to)), expected);
    }
    check("t=a,b,c", "t=a,x,b,c", &["vschema_columns +t.x"]);
    check("t=a,b,c", "t=b,c", &["vschema_columns -t.a"]);
    check(
        "t=a,b,c",
        "t=c,a,b",
        &["vschema_columns t.c position: 3 > 1"],
    );
    check(
        "t=a,b,c,d",
        "t=d,x,b,a",
        &[
            "vschema_columns t.b position: 2 > 3",
            "vschema_columns -t.c",
            "vschema_columns t.d position: 4 > 1",
            "vschema_columns +t.x",
        ],
    );
}

#[test]
fn companions_are_the_tables_whose_definition_is_still_needed() {
    let (from, to) = (plain("a b:id c"), plain("a b:other d"));
    let needed: Vec<(String, String)> = companions(&from, &to).into_iter().collect();
    let customer = |table: &str| ("customer".to_owned(), table.to_owned());
    assert_eq!(needed, [customer("b"), customer("c"), customer("d")]);
}

proptest! {
    #[test]
    fn a_longest_increasing_run_increases_and_none_is_longer(values in proptest::collection::vec(0..20_u8, 0..12)) {
        let places: Vec<usize> = longest_increasing(&values).into_iter().collect();
        prop_assert!(places.windows(2).all(|pair| values[pair[0]] < values[pair[1]]));
        let mut best = vec![0; values.len()];
        for end in 0..values.len() {
            best[end] = 1 + (0..end).filter(|&start| values[start] < values[end]).map(|start| best[start]).max().unwrap_or(0);
        }
        prop_assert_eq!(places.len(), best.into_iter().max().unwrap_or(0));
    }
}
