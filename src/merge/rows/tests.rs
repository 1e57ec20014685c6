//! The laws of a merge on generated relations, and its rules one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::value::{ColumnType, TypeKind, Value};

/// Cases of each law: what `PROPTEST_CASES` says, or enough to trust it.
fn laws() -> ProptestConfig {
    let said = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig::with_cases(said.and_then(|cases| cases.parse().ok()).unwrap_or(20_000))
}

fn schema(keyed: bool) -> Schema {
    let column = |name: &str| crate::relation::Column::new(name, ColumnType::new(TypeKind::Int));
    Schema {
        name: "s.t".into(),
        columns: ["id", "a", "b"].map(column).to_vec(),
        key: if keyed { vec![0] } else { Vec::new() },
    }
}

type Cells = (Option<i64>, Option<i64>);

fn keyed(rows: &BTreeMap<i64, Cells>) -> Relation {
    let rows = rows
        .iter()
        .map(|(id, (a, b))| (vec![Value::Int(*id), Value::from(*a), Value::from(*b)], 1));
    Relation::new(schema(true), rows.collect())
}

fn keyless(rows: &BTreeMap<i64, u64>) -> Relation {
    let rows = rows
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(id, count)| (vec![Value::Int(*id), Value::Null, Value::Null], *count));
    Relation::new(schema(false), rows.collect())
}

fn cells() -> impl Strategy<Value = Cells> {
    let cell = || proptest::option::weighted(0.8, 0..3_i64);
    (cell(), cell())
}

fn base_rows() -> impl Strategy<Value = BTreeMap<i64, Cells>> {
    proptest::collection::btree_map(0..8_i64, cells(), 0..6)
}

/// One change: of a key, remove it, set cell a, cell b, or both.
type Edit = (i64, u8, Cells);

fn edits(keys: std::ops::Range<i64>) -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec((keys, 0..4_u8, cells()), 0..5)
}

fn edited(base: &BTreeMap<i64, Cells>, edits: &[Edit]) -> BTreeMap<i64, Cells> {
    let mut rows = base.clone();
    for (key, what, (a, b)) in edits {
        match what {
            0 => _ = rows.remove(key),
            1 => rows.entry(*key).or_default().0 = *a,
            2 => rows.entry(*key).or_default().1 = *b,
            _ => _ = rows.insert(*key, (*a, *b)),
        }
    }
    rows
}

fn counts() -> impl Strategy<Value = BTreeMap<i64, u64>> {
    proptest::collection::btree_map(0..5_i64, 0..4_u64, 0..5)
}

fn merged(
    base: &Relation,
    ours: &Relation,
    theirs: &Relation,
    keyless: KeylessMode,
) -> (Vec<(Row, u64)>, Vec<Conflict>) {
    let options = Options {
        keyless,
        ..Options::default()
    };
    let (relation, conflicts) = relations(base, ours, theirs, &options);
    (relation.rows, conflicts)
}

fn clean(base: &Relation, ours: &Relation, theirs: &Relation) -> Vec<(Row, u64)> {
    let (rows, conflicts) = merged(base, ours, theirs, KeylessMode::Conflict);
    assert_eq!(conflicts, [], "a clean merge");
    rows
}

/// The key of the row that a conflict is about.
fn key(conflict: &Conflict) -> Row {
    let versions = [&conflict.base, &conflict.ours, &conflict.theirs];
    let row = versions
        .into_iter()
        .flatten()
        .next()
        .expect("a conflict has a row");
    row.0[..1].to_vec()
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn what_one_side_changed_is_taken(base in base_rows(), edits in edits(0..8)) {
        let (base, side) = (keyed(&base), keyed(&edited(&base, &edits)));
        prop_assert_eq!(clean(&base, &side, &base), side.rows.clone());
        prop_assert_eq!(clean(&base, &base, &side), side.rows);
    }

    #[test]
    fn equal_sides_merge_to_themselves(base in base_rows(), edits in edits(0..8)) {
        let (base, side) = (keyed(&base), keyed(&edited(&base, &edits)));
        prop_assert_eq!(clean(&base, &side, &side), side.rows.clone());
        prop_assert_eq!(clean(&side, &side, &side), side.rows);
    }

    #[test]
    fn sides_exchanged_mirror_the_conflicts(base in base_rows(), one in edits(0..8), other in edits(0..8)) {
        let (one, other) = (keyed(&edited(&base, &one)), keyed(&edited(&base, &other)));
        let base = keyed(&base);
        let (rows, conflicts) = merged(&base, &one, &other, KeylessMode::Conflict);
        let (swapped, mirrored) = merged(&base, &other, &one, KeylessMode::Conflict);
        let back: Vec<Conflict> = mirrored.into_iter().map(Conflict::mirrored).collect();
        prop_assert_eq!(&conflicts, &back);
        let clashing: Vec<Row> = conflicts.iter().map(key).collect();
        let agreed = |rows: Vec<(Row, u64)>| rows.into_iter().filter(|(row, _)| !clashing.contains(&row[..1].to_vec())).collect::<Vec<_>>();
        prop_assert_eq!(agreed(rows), agreed(swapped));
    }

    #[test]
    fn disjoint_branches_merge_in_any_order(base in base_rows(), one in edits(0..3), two in edits(3..5), three in edits(5..8)) {
        let sides = [&one, &two, &three].map(|edits| keyed(&edited(&base, edits)));
        let base = keyed(&base);
        let mut results = Vec::new();
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let [a, b, c] = order.map(|at| &sides[at]);
            let first = Relation::new(schema(true), clean(&base, a, b));
            results.push(clean(&base, &first, c));
        }
        prop_assert!(results.iter().all(|rows| *rows == results[0]));
    }

    #[test]
    fn counts_keep_the_laws(base in counts(), one in counts(), other in counts()) {
        let (base, one, other) = (keyless(&base), keyless(&one), keyless(&other));
        for mode in [KeylessMode::Conflict, KeylessMode::Same, KeylessMode::Union] {
            prop_assert_eq!(merged(&base, &one, &base, mode), (one.rows.clone(), vec![]));
            prop_assert_eq!(merged(&base, &base, &one, mode), (one.rows.clone(), vec![]));
            prop_assert_eq!(merged(&one, &one, &one, mode), (one.rows.clone(), vec![]));
            let (rows, conflicts) = merged(&base, &one, &other, mode);
            let (swapped, mirrored) = merged(&base, &other, &one, mode);
            let back: Vec<Conflict> = mirrored.into_iter().map(Conflict::mirrored).collect();
            prop_assert_eq!(&conflicts, &back);
            if conflicts.is_empty() {
                prop_assert_eq!(rows, swapped);
            }
            prop_assert!(mode != KeylessMode::Union || conflicts.is_empty());
        }
        prop_assert_eq!(merged(&base, &one, &one, KeylessMode::Same), (one.rows.clone(), vec![]));
    }
}

/// Rows of `id a b`, as `1 2 -` a line.
fn table(text: &str) -> Relation {
    let row = |line: &str| {
        let cells = line
            .split_whitespace()
            .map(|cell| cell.parse().map_or(Value::Null, Value::Int));
        (cells.collect::<Row>(), 1)
    };
    Relation::new(
        schema(true),
        text.split(", ")
            .filter(|line| !line.is_empty())
            .map(row)
            .collect(),
    )
}

#[track_caller]
fn check(base: &str, ours: &str, theirs: &str, result: &str, conflicts: &[(Kind, &[&str])]) {
    let (rows, found) = merged(
        &table(base),
        &table(ours),
        &table(theirs),
        KeylessMode::Conflict,
    );
    assert_eq!(rows, table(result).rows);
    let found: Vec<(Kind, Vec<&str>)> = found
        .iter()
        .map(|conflict| {
            (
                conflict.kind,
                conflict.columns.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    let conflicts: Vec<(Kind, Vec<&str>)> = conflicts
        .iter()
        .map(|(kind, columns)| (*kind, columns.to_vec()))
        .collect();
    assert_eq!(found, conflicts);
}

#[test]
fn rows_merge_by_the_table_of_rules() {
    check("1 1 1", "1 2 1", "1 1 2", "1 2 2", &[]);
    check(
        "1 1 1",
        "1 2 1",
        "1 3 2",
        "1 2 2",
        &[(Kind::EditEdit, &["a"])],
    );
    check("1 1 1", "1 - 1", "1 1 2", "1 - 2", &[]);
    check("1 1 1", "", "", "", &[]);
    check("1 1 1", "", "1 2 1", "", &[(Kind::DeleteEdit, &[])]);
    check("1 1 1", "1 2 1", "", "1 2 1", &[(Kind::EditDelete, &[])]);
    check(
        "1 1 1",
        "2 1 1",
        "1 2 1",
        "2 1 1",
        &[(Kind::DeleteEdit, &[])],
    );
    check("", "1 1 1", "1 1 1", "1 1 1", &[]);
    check("", "1 1 1", "1 1 2", "1 1 1", &[(Kind::AddAdd, &["b"])]);
    check("", "1 1 1", "2 1 1", "1 1 1, 2 1 1", &[]);
}

#[test]
fn a_change_of_the_schema_alone_is_no_change_of_a_row() {
    let wider = |names: &[(&str, TypeKind)]| {
        let columns = names
            .iter()
            .map(|(name, kind)| crate::relation::Column::new(*name, ColumnType::new(*kind)));
        Arc::new(Schema {
            columns: columns.collect(),
            ..schema(true)
        })
    };
    let int = TypeKind::Int;
    let base = wider(&[("id", int), ("a", int), ("b", int)]);
    let ours = wider(&[
        ("id", int),
        ("a", TypeKind::VarChar),
        ("b", int),
        ("c", int),
    ]);
    let theirs = wider(&[("id", int), ("a", int)]);
    let merged = wider(&[("id", int), ("a", TypeKind::VarChar), ("c", int)]);
    let convert = |value: &Value, column: &crate::relation::Column| match column.column_type.kind {
        TypeKind::VarChar => value.to_text().map(|text| Value::Text(text.into())),
        _ => Some(value.clone()),
    };
    let shape = Shape {
        base: Some(&base),
        ours: Some(&ours),
        theirs: Some(&theirs),
        merged: &merged,
        fill: vec![Value::Null, Value::Null, Value::Int(7)],
        convert: &convert,
    };
    let row = |cells: &[Option<i64>]| -> (Row, u64) {
        (cells.iter().map(|cell| Value::from(*cell)).collect(), 1)
    };
    let text = |id: i64, a: &str, rest: &[i64]| -> (Row, u64) {
        let mut cells = vec![Value::Int(id), Value::from(a)];
        cells.extend(rest.iter().map(|cell| Value::Int(*cell)));
        (cells, 1)
    };
    let before = vec![
        row(&[Some(1), Some(1), Some(1)]),
        row(&[Some(2), Some(2), Some(2)]),
        row(&[Some(3), Some(3), None]),
    ];
    let our_rows = vec![
        text(1, "1", &[1, 7]),
        text(2, "x", &[5, 7]),
        text(3, "3", &[0, 7]),
    ];
    let their_rows = vec![row(&[Some(1), Some(9)]), row(&[Some(4), Some(4)])];
    let pair = |to: &Vec<(Row, u64)>| Pair {
        from: before.clone(),
        to: to.clone(),
    };
    let result = merge(
        &shape,
        pair(&our_rows),
        pair(&their_rows),
        &Options::default(),
    );
    let rows = applied(&shape, &our_rows, &result).rows;
    assert_eq!(
        rows,
        [
            text(1, "9", &[7]),
            text(2, "x", &[7]),
            text(3, "3", &[7]),
            text(4, "4", &[7])
        ]
    );
    // Row 2: we changed `a` and they removed it; row 3: we set `b`, which they dropped, and they removed the row.
    let found: Vec<(Kind, i64)> = result
        .conflicts
        .iter()
        .map(|conflict| {
            (
                conflict.kind,
                conflict.base.as_ref().expect("a base").0[0]
                    .to_i64()
                    .expect("a key"),
            )
        })
        .collect();
    assert_eq!(found, [(Kind::EditDelete, 2), (Kind::EditDelete, 3)]);
}

#[test]
fn objects_merge_member_by_member() {
    let json = |text: &str| Value::Json(text.to_owned());
    let check = |base: &str, ours: &str, theirs: &str, expected: Option<&str>| {
        let merged = super::super::json::merge(Some(&json(base)), &json(ours), &json(theirs));
        assert_eq!(merged, expected.map(json), "{base} {ours} {theirs}");
    };
    check(
        r#"{"a": 1}"#,
        r#"{"a": 1, "b": 2}"#,
        r#"{"a": 3}"#,
        Some(r#"{"a": 3, "b": 2}"#),
    );
    check(
        r#"{"a": {"x": 1}}"#,
        r#"{"a": {"x": 1, "y": 2}}"#,
        r#"{"a": {}}"#,
        Some(r#"{"a": {"y": 2}}"#),
    );
    check(r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 3}"#, None);
    check(r#"{"a": 1}"#, "{}", r#"{"a": 3}"#, None);
    check("[1]", "[1, 2]", "[0, 1]", None);
}
