//! The law of row diffs, and the rules of keyed and keyless relations.

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::diff::ColumnPair;
use crate::diff::columns::pair;
use crate::diff::stat::{Stat, stat};
use crate::relation::{Column, Relation, encode};
use crate::value::{ColumnType, TypeKind, Value};

fn schema(columns: &str, key: &[usize]) -> Schema {
    let column = |name| Column::new(name, ColumnType::new(TypeKind::Int));
    Schema {
        name: "shop.t".into(),
        columns: columns.split(' ').map(column).collect(),
        key: key.to_vec(),
    }
}

/// Rows of one to nine and `-` for NULL: `"12 3-"`; `"12*3"` is a row that occurs three times.
fn relation(schema: &Schema, rows: &str) -> Relation {
    let row = |text: &str| {
        let (cells, count) = text.split_once('*').unwrap_or((text, "1"));
        let cell = |c: char| {
            c.to_digit(10)
                .map_or(Value::Null, |digit| Value::Int(digit.into()))
        };
        (
            cells.chars().map(cell).collect::<Row>(),
            count.parse().unwrap(),
        )
    };
    Relation::new(schema.clone(), rows.split_whitespace().map(row).collect())
}

fn side(relation: &Relation) -> Side<impl Iterator<Item = Result<(Row, u64), Infallible>>> {
    Side {
        schema: relation.schema.clone(),
        rows: relation.rows.clone().into_iter().map(Ok),
    }
}

fn compare(from: &Relation, to: &Relation, matching: Matching) -> RelationDiff {
    let Ok(diff) = diff(Some(side(from)), Some(side(to)), &Options { matching });
    diff
}

/// `+12`, `-12*2`, `12>13`.
fn text(diff: &RelationDiff) -> String {
    let cells = |row: &Row| {
        row.iter()
            .map(|value| value.to_text().map_or("-".into(), |text| text.into_owned()))
            .collect::<String>()
    };
    let counted = |sign: char, row: &Row, count: u64| {
        let suffix = if count == 1 {
            String::new()
        } else {
            format!("*{count}")
        };
        format!("{sign}{}{suffix}", cells(row))
    };
    let change = |change: &Change| match change {
        Change::Added(row, count) => counted('+', row, *count),
        Change::Removed(row, count) => counted('-', row, *count),
        Change::Modified { from, to } => format!("{}>{}", cells(from), cells(to)),
    };
    diff.changes
        .iter()
        .map(change)
        .collect::<Vec<_>>()
        .join(" ")
}

#[track_caller]
fn check(from: (&Schema, &str), to: (&Schema, &str), expected: &str) -> RelationDiff {
    let diff = compare(
        &relation(from.0, from.1),
        &relation(to.0, to.1),
        Matching::ByKey,
    );
    assert_eq!(text(&diff), expected);
    diff
}

#[test]
fn keyed_rows_are_modified_cell_by_cell() {
    let keyed = schema("k c", &[0]);
    check((&keyed, "11 22 33"), (&keyed, "11 23 43"), "22>23 -33 +43");
    check((&keyed, "11"), (&keyed, "11"), "");
    check((&keyed, "1-"), (&keyed, "11"), "1->11");
    check((&keyed, "1-"), (&keyed, "1-"), "");
}

#[test]
fn keyless_rows_are_counted() {
    let keyless = schema("a b", &[]);
    check((&keyless, "11*4"), (&keyless, "11*1"), "-11*3");
    check((&keyless, "11"), (&keyless, "11*4"), "+11*3");
    let diff = check((&keyless, ""), (&keyless, "11"), "+11");
    assert!(diff.keyless && !diff.key_changed);
    let modified = compare(
        &relation(&keyless, "11"),
        &relation(&keyless, "12"),
        Matching::ByKey,
    );
    assert_eq!(modified.changes.len(), 2);
    assert!(
        modified
            .changes
            .iter()
            .all(|change| !matches!(change, Change::Modified { .. }))
    );
}

#[test]
fn columns_that_come_or_go_are_null() {
    let narrow = schema("k a", &[0]);
    let wide = schema("k a b", &[0]);
    check((&narrow, "11 22"), (&wide, "11- 223"), "22>223");
    check((&wide, "11- 223"), (&narrow, "11 22"), "223>22");
    let (narrow, wide) = (schema("a", &[]), schema("a b", &[]));
    check((&narrow, "1"), (&wide, "1-"), "");
}

#[test]
fn renamed_columns_are_matched_by_identity() {
    let before = schema("k a", &[0]);
    let mut after = schema("key z", &[0]);
    after.columns[0].identity = "k".into();
    after.columns[1].identity = "a".into();
    let diff = check((&before, "11 22"), (&after, "11 23"), "22>23");
    assert!(!diff.key_changed);
    assert_eq!(
        pair(diff.from.as_deref(), diff.to.as_deref()),
        [
            ColumnPair {
                from: Some(0),
                to: Some(0)
            },
            ColumnPair {
                from: Some(1),
                to: Some(1)
            }
        ]
    );
}

#[test]
fn a_changed_key_is_compared_as_keyless_and_says_so() {
    let one = schema("a b", &[0]);
    let two = schema("a b", &[0, 1]);
    let none = schema("a b", &[]);
    for (from, to) in [
        (&one, &two),
        (&one, &none),
        (&none, &two),
        (&schema("a b", &[1, 0]), &two),
    ] {
        let diff = check((from, "11 22"), (to, "11 22"), "");
        assert!(diff.key_changed && diff.keyless);
        let diff = compare(
            &relation(from, "11 22"),
            &relation(to, "11 23"),
            Matching::ByKey,
        );
        assert_eq!(diff.changes.len(), 2, "22 goes and 23 comes");
    }
    let mut retyped = one.clone();
    retyped.columns[0].column_type = ColumnType::new(TypeKind::BigInt);
    assert!(!same_key(&one, &retyped));
    retyped.columns[0].column_type = ColumnType::with_length(TypeKind::Int, 11);
    assert!(same_key(&one, &retyped));
}

#[test]
fn a_keyed_relation_can_be_shown_keyless() {
    let keyed = schema("k c", &[0]);
    let diff = compare(
        &relation(&keyed, "11 22"),
        &relation(&keyed, "11 23"),
        Matching::ByContent,
    );
    assert!(diff.keyless && !diff.key_changed);
    let mut parts: Vec<String> = text(&diff).split(' ').map(str::to_owned).collect();
    parts.sort();
    assert_eq!(parts, ["+23", "-22"]);
}

#[test]
fn an_absent_side_adds_or_removes_everything() {
    let keyed = relation(&schema("k c", &[0]), "11 22");
    let none = || None::<Side<std::iter::Empty<Result<(Row, u64), Infallible>>>>;
    let Ok(added) = diff(none(), Some(side(&keyed)), &Options::default());
    assert_eq!(text(&added), "+11 +22");
    let Ok(removed) = diff(Some(side(&keyed)), none(), &Options::default());
    assert_eq!(text(&removed), "-11 -22");
    let Ok(nothing) = diff(none(), none(), &Options::default());
    assert!(nothing.changes.is_empty() && nothing.name().is_empty());
}

#[test]
fn the_first_error_of_a_stream_ends_the_diff() {
    let schema = Arc::new(schema("k", &[0]));
    let good = Side {
        schema: schema.clone(),
        rows: vec![Ok((vec![Value::Int(1)], 1))].into_iter(),
    };
    let bad = Side {
        schema,
        rows: vec![Ok((vec![Value::Int(1)], 1)), Err("lost")].into_iter(),
    };
    assert_eq!(
        diff(Some(good), Some(bad), &Options::default()).map(|_| ()),
        Err("lost")
    );
}

#[test]
fn counts_follow_dolts_arithmetic() {
    #[track_caller]
    fn check(from: (&Schema, &str), to: (&Schema, &str), expected: [u64; 11]) {
        let before = relation(from.0, from.1);
        let diff = compare(&before, &relation(to.0, to.1), Matching::ByKey);
        let [
            unmodified,
            added,
            removed,
            modified,
            cells_added,
            cells_removed,
            cells_modified,
            from_rows,
            to_rows,
            from_cells,
            to_cells,
        ] = expected;
        let expected = Stat {
            rows_unmodified: unmodified,
            rows_added: added,
            rows_removed: removed,
            rows_modified: modified,
            cells_added,
            cells_removed,
            cells_modified,
            from_rows,
            to_rows,
            from_cells,
            to_cells,
        };
        assert_eq!(
            stat(&diff, before.rows.iter().map(|(_, count)| count).sum()),
            expected
        );
    }
    let three = schema("k a b", &[0]);
    // The example of Dolt's manual: three rows, one modified, one added.
    check(
        (&three, "111 222 333"),
        (&three, "111 225 333 444"),
        [2, 1, 0, 1, 3, 0, 1, 3, 4, 9, 12],
    );
    check(
        (&three, "111 222"),
        (&three, "111"),
        [1, 0, 1, 0, 0, 3, 0, 2, 1, 6, 3],
    );
    check(
        (&three, "111"),
        (&three, "222"),
        [0, 1, 1, 0, 3, 3, 0, 1, 1, 3, 3],
    );
    let two = schema("k a", &[0]);
    check(
        (&two, "11 22"),
        (&three, "11- 223"),
        [1, 0, 0, 1, 2, 0, 1, 2, 2, 4, 6],
    );
    check(
        (&three, "111 222"),
        (&two, "11 22"),
        [0, 0, 0, 2, 0, 2, 0, 2, 2, 6, 4],
    );
    let keyless = schema("a", &[]);
    check(
        (&keyless, "1*3"),
        (&keyless, "1 2*5"),
        [1, 5, 2, 0, 0, 0, 0, 3, 6, 0, 0],
    );
}

/// Applies a diff to the rows of `from`, under the to-schema.
fn apply(from: &Relation, diff: &RelationDiff, to_schema: &Schema) -> Relation {
    let pairs = pair(Some(&from.schema), Some(to_schema));
    let convert = |row: &Row| {
        let mut out = vec![Value::Null; to_schema.columns.len()];
        for pair in &pairs {
            if let Some(to) = pair.to {
                out[to] = pair.from_cell(row).clone();
            }
        }
        out
    };
    let mut rows: BTreeMap<Row, u64> = BTreeMap::new();
    for (row, count) in &from.rows {
        *rows.entry(convert(row)).or_default() += count;
    }
    let mut take = |row: Row, count: u64| {
        let left = rows.get_mut(&row).expect("what is removed was there");
        *left = left
            .checked_sub(count)
            .expect("no more is removed than was there");
    };
    for change in &diff.changes {
        match change {
            Change::Removed(row, count) => take(convert(row), *count),
            Change::Modified { from, .. } => take(convert(from), 1),
            Change::Added(..) => {}
        }
    }
    for change in &diff.changes {
        match change {
            Change::Added(row, count) => *rows.entry(row.clone()).or_default() += count,
            Change::Modified { to, .. } => *rows.entry(to.clone()).or_default() += 1,
            Change::Removed(..) => {}
        }
    }
    Relation::new(
        to_schema.clone(),
        rows.into_iter().filter(|(_, count)| *count > 0).collect(),
    )
}

fn cells() -> impl Strategy<Value = Vec<(u8, Option<u8>, u64)>> {
    proptest::collection::vec((0..6_u8, proptest::option::of(0..3_u8), 1..4_u64), 0..12)
}

/// Rows from `(key, cell, count)`; of equal keys the last stays, keyless rows add up.
fn build(schema: &Schema, cells: Vec<(u8, Option<u8>, u64)>) -> Relation {
    let mut rows = BTreeMap::new();
    for (key, cell, count) in cells {
        let row = vec![Value::Int(key.into()), Value::from(cell.map(i64::from))];
        if schema.is_keyed() {
            rows.insert(encode::key_bytes(schema, &row), (row, 1));
        } else {
            rows.entry(
                row[..]
                    .iter()
                    .flat_map(|value| {
                        value
                            .to_text()
                            .map_or(vec![0], |text| text.into_owned().into_bytes())
                    })
                    .collect(),
            )
            .or_insert((row, 0))
            .1 += count;
        }
    }
    Relation::new(schema.clone(), rows.into_values().collect())
}

proptest! {
    #[test]
    fn applying_a_diff_gives_the_other_side(from in cells(), to in cells(), keys in 0..3_u8, by_content in any::<bool>()) {
        let keyed = |keyed| schema("k c", if keyed { &[0] } else { &[] });
        let (from_schema, to_schema) = (keyed(keys != 1), keyed(keys == 0));
        let (from, to) = (build(&from_schema, from), build(&to_schema, to));
        let diff = compare(&from, &to, if by_content { Matching::ByContent } else { Matching::ByKey });
        prop_assert_eq!(&apply(&from, &diff, &to_schema).rows, &to.rows);
        prop_assert_eq!(diff.key_changed, from_schema.is_keyed() != to_schema.is_keyed());
        let none = compare(&to, &to, Matching::ByKey);
        prop_assert!(none.changes.is_empty());
    }
}
