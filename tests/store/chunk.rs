//! Committed rows: the tree depends on the rows alone, reads open little, and plain git finds nothing wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use proptest::prelude::*;
use vrev::relation::{Column, Row, RowSource, Schema, SourceError, encode};
use vrev::store::{Error, Store, TreeId};
use vrev::value::{ColumnType, TypeKind, Value};

use crate::git::Scratch;

fn schema(key: TypeKind, keyed: bool) -> Schema {
    Schema {
        name: "shop.item".to_owned(),
        columns: vec![
            Column::new("k", ColumnType::new(key)),
            Column::new("v", ColumnType::new(TypeKind::VarChar)),
        ],
        key: if keyed { vec![0] } else { Vec::new() },
    }
}

fn row(key: Value, value: &str) -> Row {
    vec![key, Value::Text(value.to_owned())]
}

/// Rows in canonical order.
fn sorted(schema: &Schema, rows: impl IntoIterator<Item = (Row, u64)>) -> Vec<(Row, u64)> {
    let mut keyed: Vec<_> = rows
        .into_iter()
        .map(|(row, count)| {
            (
                encode::key_bytes(schema, &row),
                encode::row_text(schema, &row, count),
                row,
                count,
            )
        })
        .collect();
    keyed.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    keyed
        .into_iter()
        .map(|(_, _, row, count)| (row, count))
        .collect()
}

fn write(store: &Store, schema: &Schema, rows: &[(Row, u64)]) -> Option<TreeId> {
    store
        .write_rows(schema, rows.iter().cloned().map(Ok::<_, SourceError>))
        .unwrap()
}

fn ints(keys: impl IntoIterator<Item = i64>) -> Vec<(Row, u64)> {
    keys.into_iter()
        .map(|key| (row(Value::Int(key), &format!("value {key}")), 1))
        .collect()
}

/// Paths of all chunks below a tree, with their number of lines.
fn chunks(scratch: &Scratch, store: &Store, tree: TreeId) -> Vec<(String, usize)> {
    store.sync().unwrap();
    let listed = scratch.git(&[
        "ls-tree",
        "-r",
        "--format=%(objectname) %(path)",
        &tree.to_string(),
    ]);
    let mut found = Vec::new();
    for line in listed.lines() {
        let (id, path) = line.split_once(' ').unwrap();
        let text = store.read(id.parse().unwrap()).unwrap();
        found.push((
            path.to_owned(),
            text.iter().filter(|byte| **byte == b'\n').count(),
        ));
    }
    found
}

fn read_all(store: &Store, schema: &Schema, tree: Option<TreeId>) -> Vec<(Row, u64)> {
    let source = store.rows_of_tree(tree, Arc::new(schema.clone()));
    source
        .range(Bound::Unbounded, Bound::Unbounded)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn sizes_stay_near_their_target_whatever_the_keys() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let check = |schema: &Schema, rows: Vec<(Row, u64)>, label: &str| {
        let rows = sorted(schema, rows);
        let tree = write(&store, schema, &rows).unwrap();
        let found = chunks(&scratch, &store, tree);
        let (count, expected) = (found.len() as f64, rows.len() as f64 / 128.0);
        assert!(
            (count / expected - 1.0).abs() < 0.25,
            "{label}: {count} chunks, {expected} expected"
        );
        assert!(
            found.iter().all(|(_, lines)| *lines <= 512),
            "{label}: {:?}",
            found.iter().map(|f| f.1).max()
        );
        assert_eq!(read_all(&store, schema, Some(tree)), rows, "{label}");
    };
    let int = schema(TypeKind::BigInt, true);
    let text = schema(TypeKind::VarChar, true);
    check(&int, ints(0..20_000), "sequential");
    check(
        &int,
        ints((0..20_000).map(|n: i64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64))),
        "scattered",
    );
    let texts = |make: &dyn Fn(u64) -> String| -> Vec<(Row, u64)> {
        (0..8_000)
            .map(|n| (row(Value::Text(make(n)), "v"), 1))
            .collect()
    };
    check(&text, texts(&|n| format!("{n:08}")), "text");
    check(
        &text,
        texts(&|n| {
            format!(
                "{}{n}",
                "a common beginning of more than fifty-six bytes, and then "
            )
        }),
        "long",
    );
    check(
        &text,
        texts(&|n| format!("{n:04}{}{n}", "x".repeat(n as usize % 90))),
        "of many lengths",
    );
    check(
        &text,
        texts(&|n| {
            format!(
                "{}{}",
                "b".repeat(56),
                "c".repeat(n as usize % 300) + &n.to_string()
            )
        }),
        "around 64",
    );
    check(&schema(TypeKind::BigInt, false), ints(0..10_000), "keyless");
    store.sync().unwrap();
    scratch.fsck();
}

#[test]
fn one_changed_row_writes_one_chunk_and_the_folders_above() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let schema = schema(TypeKind::BigInt, true);
    let base: Vec<i64> = (0..30_000).map(|n| n * 10).collect();
    let objects = |rows: &[(Row, u64)]| -> BTreeSet<String> {
        let tree = write(&store, &schema, rows).unwrap();
        store.sync().unwrap();
        let listed = scratch.git(&[
            "ls-tree",
            "-rt",
            "--format=%(objectname)",
            &tree.to_string(),
        ]);
        listed
            .lines()
            .map(ToOwned::to_owned)
            .chain([tree.to_string()])
            .collect()
    };
    let before = objects(&ints(base.iter().copied()));
    let mut inserted = Vec::new();
    for at in [0_usize, 1, 777, 15_000, 29_999] {
        let mut rows = ints(base.iter().copied());
        rows[at].0[1] = Value::Text("another, longer value".to_owned());
        let new = objects(&rows).difference(&before).count();
        assert_eq!(new, 3, "update at {at}"); // chunk, folder, root
        let keys: BTreeSet<i64> = base.iter().copied().chain([base[at] - 5]).collect();
        inserted.push(objects(&ints(keys)).difference(&before).count());
        let appended = objects(&ints(base.iter().copied().chain([1_000_000 + at as i64])))
            .difference(&before)
            .count();
        assert!(appended <= 5, "append: {appended}");
    }
    assert!(inserted.iter().all(|count| *count <= 6), "{inserted:?}");
    let smallest = objects(&ints([-1].into_iter().chain(base.iter().copied())));
    assert!(
        smallest.difference(&before).count() <= 5,
        "a new smallest key renames nothing"
    );
}

#[test]
fn keys_and_ranges_are_found_as_in_a_map() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let schema = Schema {
        name: "shop.pair".to_owned(),
        columns: vec![
            Column::new("a", ColumnType::new(TypeKind::BigInt)),
            Column::new("b", ColumnType::new(TypeKind::VarChar)),
            Column::new("v", ColumnType::new(TypeKind::VarChar)),
        ],
        key: vec![0, 1],
    };
    let rows: Vec<(Row, u64)> = (0..40_i64)
        .flat_map(|a| (0..50).map(move |b| (a, format!("{}{b:03}", "p".repeat((b % 7) * 12)))))
        .map(|(a, b)| (vec![Value::Int(a), Value::Text(b), Value::Null], 1))
        .collect();
    let rows = sorted(&schema, rows);
    let tree = write(&store, &schema, &rows);
    let source = store.rows_of_tree(tree, Arc::new(schema.clone()));
    for (row, _) in rows.iter().step_by(37) {
        assert_eq!(source.get(&row[..2]).unwrap().as_ref(), Some(row));
        let mut absent = row[..2].to_vec();
        absent[1] = Value::Text("p".repeat(30));
        assert_eq!(source.get(&absent).unwrap(), None);
    }
    assert_eq!(source.get(&[Value::Int(3), Value::Null]).unwrap(), None);
    assert_eq!(source.get(&[Value::Int(3)]).unwrap(), None);
    let key = |row: &Row| encode::key_bytes(&schema, row);
    let bounds = |n: usize| -> Vec<Value> {
        let mut key = rows[n * 131 % rows.len()].0[..2].to_vec();
        key.truncate(1 + n % 2);
        key
    };
    for n in 0..60 {
        let (low, high) = (bounds(n), bounds(n * 3 + 1));
        let (low_bytes, high_bytes) = (
            encode::key_prefix_bytes(&schema, &low),
            encode::key_prefix_bytes(&schema, &high),
        );
        for inclusive in [true, false] {
            let bound = |key| {
                if inclusive {
                    Bound::Included(key)
                } else {
                    Bound::Excluded(key)
                }
            };
            let found: Vec<_> = source
                .range(bound(&low[..]), bound(&high[..]))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let expected: Vec<_> = rows
                .iter()
                .filter(|(row, _)| {
                    let key = key(row);
                    let (on_low, on_high) =
                        (key.starts_with(&low_bytes), key.starts_with(&high_bytes));
                    let (above, below) = (key > low_bytes && !on_low, key < high_bytes);
                    (above || (inclusive && on_low))
                        && (below || (inclusive && on_high))
                        && (below || on_high)
                })
                .cloned()
                .collect();
            assert_eq!(found, expected, "{low:?} {high:?} {inclusive}");
        }
    }
    let none = source
        .range(Bound::Unbounded, Bound::Included(&[Value::Null]))
        .unwrap()
        .count();
    let all = source
        .range(Bound::Excluded(&[Value::Null]), Bound::Unbounded)
        .unwrap()
        .count();
    assert_eq!((none, all), (0, rows.len()));
}

#[test]
fn what_is_not_rows_is_refused() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let schema = Arc::new(schema(TypeKind::BigInt, true));
    let unordered = [
        Ok((row(Value::Int(2), ""), 1)),
        Ok((row(Value::Int(1), ""), 1)),
    ];
    assert!(matches!(
        store.write_rows(&schema, unordered),
        Err(Error::UnorderedRows { .. })
    ));
    let twice = [
        Ok((row(Value::Int(1), "a"), 1)),
        Ok((row(Value::Int(1), "b"), 1)),
    ];
    assert!(matches!(
        store.write_rows(&schema, twice),
        Err(Error::UnorderedRows { .. })
    ));
    assert_eq!(store.write_rows(&schema, []).unwrap(), None);
    let check = |path: &str, text: &str, expected: &str| {
        let blob = store.write_blob(text.as_bytes()).unwrap();
        let tree = store.set_file(TreeId::EMPTY, path, Some(blob)).unwrap();
        let source = store.rows_of_tree(Some(tree), Arc::clone(&schema));
        let read = source
            .range(Bound::Unbounded, Bound::Unbounded)
            .and_then(|rows| rows.collect::<Result<Vec<_>, _>>());
        let error = std::error::Error::source(&read.unwrap_err())
            .unwrap()
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(
        "0.jsonl",
        "{\"k\":2}\n{\"k\":1}\n",
        ":2` are malformed: its row is not in order",
    );
    check("0.jsonl", "{\"k\":", ":1` are malformed");
    check("0.txt", "{\"k\":1}\n", "it is no chunk of rows");
    check("nonsense.jsonl", "{\"k\":1}\n", "its name is no key");
    check(
        "0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0.jsonl",
        "{\"k\":1}\n",
        "too deep",
    );
}

fn differing(store: &Store, schema: &Schema, from: &[(Row, u64)], to: &[(Row, u64)]) {
    let (old, new) = (write(store, schema, from), write(store, schema, to));
    let changed = store
        .diff_rows(old.map(|id| (id, schema)), new.map(|id| (id, schema)))
        .unwrap();
    let text = |rows: &[(Row, u64)]| -> BTreeSet<String> {
        rows.iter()
            .map(|(row, count)| encode::row_text(schema, row, *count))
            .collect()
    };
    let (old, new) = (text(from), text(to));
    assert_eq!(text(&changed.from), old.difference(&new).cloned().collect());
    assert_eq!(text(&changed.to), new.difference(&old).cloned().collect());
    assert_eq!(changed.from, sorted(schema, changed.from.clone()));
    assert_eq!(changed.to, sorted(schema, changed.to.clone()));
}

#[test]
fn differences_are_those_of_sets_whatever_the_heights() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let schema = schema(TypeKind::BigInt, true);
    for (from, to) in [
        (0..0, 0..5),
        (0..5, 0..40_000),
        (0..40_000, 3..39_000),
        (0..40_000, 0..40_000),
        (0..300, 1_000_000..1_000_300),
    ] {
        differing(&store, &schema, &ints(from.clone()), &ints(to.clone()));
        differing(&store, &schema, &ints(to), &ints(from));
    }
    let mut changed = ints(0..40_000);
    changed.remove(17);
    changed[30_000].0[1] = Value::Null;
    differing(&store, &schema, &ints(0..40_000), &changed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any order of edits that leads to the same rows leads to the same tree; insert then delete restores the id; the
    /// difference of two trees is that of the rows as sets.
    #[test]
    fn trees_depend_on_rows_alone(
        edits in prop::collection::vec((0_i64..4000, prop::option::of("[a-c]{0,3}")), 0..1500),
        start in 0_i64..3000,
        keyed: bool,
    ) {
        let scratch = Scratch::new();
        let store = scratch.store();
        let schema = schema(TypeKind::BigInt, keyed);
        let mut map: BTreeMap<i64, String> = (0..start).map(|key| (key, String::new())).collect();
        let rows = |map: &BTreeMap<i64, String>| {
            sorted(&schema, map.iter().map(|(key, text)| (row(Value::Int(*key), text), 1 + u64::from(!keyed))))
        };
        let before = rows(&map);
        let first = write(&store, &schema, &before);
        let original = map.clone();
        for (key, text) in &edits {
            match text {
                Some(text) => drop(map.insert(*key, text.clone())),
                None => drop(map.remove(key)),
            }
        }
        let after = rows(&map);
        differing(&store, &schema, &before, &after);
        let second = write(&store, &schema, &after);
        prop_assert_eq!(read_all(&store, &schema, second), after);
        let undone: BTreeMap<i64, String> = original.into_iter().rev().collect();
        prop_assert_eq!(write(&store, &schema, &rows(&undone)), first);
    }
}

/// The worked example of `docs/format.md`: a table with a BIGINT `id` from 1 to 1000.
#[test]
fn the_worked_example_keeps_its_ids() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let schema = Schema {
        name: "shop.number".to_owned(),
        columns: vec![Column::new("id", ColumnType::new(TypeKind::BigInt))],
        key: vec![0],
    };
    let rows: Vec<(Row, u64)> = (1..=1000).map(|id| (vec![Value::Int(id)], 1)).collect();
    let tree = write(&store, &schema, &rows).unwrap();
    let expected = [
        ("0.jsonl", 132),
        ("8000000000000085.jsonl", 169),
        ("800000000000012e.jsonl", 117),
        ("80000000000001a3.jsonl", 9),
        ("80000000000001ac.jsonl", 225),
        ("800000000000028d.jsonl", 149),
        ("8000000000000322.jsonl", 146),
        ("80000000000003b4.jsonl", 53),
    ];
    assert_eq!(
        chunks(&scratch, &store, tree),
        expected.map(|(name, lines)| (name.to_owned(), lines))
    );
    assert_eq!(tree.to_string(), "75adef816e9a7be8d0e2d9f6b9f7c4c7ca61bad2");
}
