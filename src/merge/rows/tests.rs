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

/// How the keys of a side are spelled.
type Spellings = BTreeMap<i64, usize>;

fn spellings() -> impl Strategy<Value = Spellings> {
    proptest::collection::btree_map(0..8_i64, 0..3_usize, 0..8)
}

/// A schema with a text for its key.
fn spelled_schema(collation: &str) -> Schema {
    let mut schema = schema(true);
    schema.columns[0].column_type = ColumnType {
        collation: Some(collation.to_owned()),
        ..ColumnType::new(TypeKind::VarChar)
    };
    schema
}

/// Rows whose keys are one letter each: small, large, or with an accent.
fn spelled(rows: &BTreeMap<i64, Cells>, spellings: &Spellings) -> Relation {
    let rows = rows.iter().map(|(id, (a, b))| {
        let letter = "aceinosu".chars().nth(usize::try_from(*id).expect("small"));
        let letter = letter.expect("a letter");
        let key = match spellings.get(id) {
            Some(1) => letter.to_uppercase().to_string(),
            Some(2) => format!("{letter}\u{301}"),
            _ => letter.to_string(),
        };
        (vec![Value::from(key), Value::from(*a), Value::from(*b)], 1)
    });
    Relation::new(spelled_schema("utf8mb4_0900_ai_ci"), rows.collect())
}

fn folded(row: &Row) -> Vec<u8> {
    let text = row[0].to_text().expect("a key");
    collation::fold("utf8mb4_0900_ai_ci", &text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(laws().cases / 10))]

    #[test]
    fn keys_that_compare_equal_keep_the_laws(
        base in base_rows(),
        edits in [edits(0..8), edits(0..8)],
        spellings in [spellings(), spellings(), spellings()],
    ) {
        let one = spelled(&edited(&base, &edits[0]), &spellings[1]);
        let other = spelled(&edited(&base, &edits[1]), &spellings[2]);
        let base = spelled(&base, &spellings[0]);
        prop_assert_eq!(clean(&base, &one, &base), one.rows.clone());
        prop_assert_eq!(clean(&base, &base, &one), one.rows.clone());
        prop_assert_eq!(clean(&base, &one, &one), one.rows.clone());
        let (rows, conflicts) = merged(&base, &one, &other, KeylessMode::Conflict);
        let keys: BTreeSet<Vec<u8>> = rows.iter().map(|(row, _)| folded(row)).collect();
        prop_assert_eq!(keys.len(), rows.len(), "one row of each key");
        let (swapped, mirrored) = merged(&base, &other, &one, KeylessMode::Conflict);
        let mirrored: Vec<Conflict> = mirrored.into_iter().map(Conflict::mirrored).collect();
        prop_assert_eq!(&conflicts, &mirrored);
        let clashing: BTreeSet<Vec<u8>> = conflicts
            .iter()
            .flat_map(|conflict| [&conflict.base, &conflict.ours, &conflict.theirs])
            .flatten()
            .map(|(row, _)| folded(row))
            .collect();
        let settled = |rows: Vec<(Row, u64)>| -> Vec<(Row, u64)> {
            rows.into_iter().filter(|(row, _)| !clashing.contains(&folded(row))).collect()
        };
        prop_assert_eq!(settled(rows), settled(swapped));
    }

    #[test]
    fn a_decided_conflict_leaves_one_row_of_each_key(
        base in base_rows(),
        edits in [edits(0..8), edits(0..8)],
        spellings in [spellings(), spellings(), spellings()],
    ) {
        let ours = spelled(&edited(&base, &edits[0]), &spellings[1]);
        let theirs = spelled(&edited(&base, &edits[1]), &spellings[2]);
        let base = spelled(&base, &spellings[0]);
        let shape = Shape::uniform(&base.schema, &ours.schema, &theirs.schema);
        let pair = |side: &Relation| Pair { from: base.rows.clone(), to: side.rows.clone() };
        let options = Options::default();
        for version in [Version::Ours, Version::Theirs] {
            let mut result = merge(&shape, pair(&ours), pair(&theirs), &options);
            let conflicts = result.conflicts.clone();
            decide(&shape, &mut result, &options, &|_| Some(version));
            prop_assert_eq!(&result.conflicts, &Vec::new());
            let rows = applied(&shape, &ours.rows, &result).rows;
            let keys: BTreeSet<Vec<u8>> = rows.iter().map(|(row, _)| folded(row)).collect();
            prop_assert_eq!(keys.len(), rows.len());
            let changed: BTreeSet<Vec<u8>> =
                result.changes.iter().map(|change| folded(row_of(change))).collect();
            prop_assert_eq!(changed.len(), result.changes.len(), "each row is counted once");
            for conflict in &conflicts {
                let wanted = settled(&shape, conflict, version, &options);
                let any = [&conflict.ours, &conflict.theirs].into_iter().flatten().next();
                let key = folded(&any.expect("a side").0);
                let found = rows.iter().find(|(row, _)| folded(row) == key).cloned();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}

#[test]
fn keys_are_one_where_the_collation_calls_them_equal() {
    let check = |name: &str, [base, ours, theirs]: [&[(&str, i64)]; 3], expected: &str| {
        let relation = |rows: &[(&str, i64)]| {
            let rows = rows
                .iter()
                .map(|(key, a)| (vec![Value::from(*key), Value::Int(*a), Value::Null], 1));
            Relation::new(spelled_schema(name), rows.collect())
        };
        let (rows, conflicts) = merged(
            &relation(base),
            &relation(ours),
            &relation(theirs),
            KeylessMode::Conflict,
        );
        let text = |value: &Value| value.to_text().unwrap_or_default().into_owned();
        let rows = rows
            .iter()
            .map(|(row, _)| format!("{} {}", text(&row[0]), text(&row[1])));
        let conflicts = conflicts
            .iter()
            .map(|conflict| format!("{} {}", conflict.kind, conflict.columns.join(" ")));
        let found: Vec<String> = rows.chain(conflicts).collect();
        assert_eq!(found.join(", "), expected, "{name}");
    };
    let (ci, bin) = ("utf8mb4_0900_ai_ci", "utf8mb4_bin");
    check(ci, [&[], &[("e", 1)], &[("E", 1)]], "e 1, add/add id");
    check(ci, [&[], &[("e", 1)], &[("É", 2)]], "e 1, add/add id a");
    check(bin, [&[], &[("e", 1)], &[("E", 1)]], "E 1, e 1");
    let as_cs = "utf8mb4_0900_as_cs";
    check(as_cs, [&[], &[("e", 1)], &[("E", 1)]], "E 1, e 1");
    // Spelling a key anew is a change of that cell.
    check(ci, [&[("e", 1)], &[("E", 1)], &[("e", 2)]], "E 2");
    check(ci, [&[("e", 1)], &[("e", 2)], &[("E", 1)]], "E 2");
    check(
        ci,
        [&[("e", 1)], &[("E", 1)], &[("é", 1)]],
        "E 1, edit/edit id",
    );
    check(ci, [&[("e", 1)], &[], &[("E", 1)]], "delete/edit ");
    check(bin, [&[("e", 1)], &[], &[("E", 1)]], "E 1");
    // A table that already has both is not of one mind with its collation: rows are matched as they are spelled.
    check(
        ci,
        [
            &[("E", 1), ("e", 1)],
            &[("E", 2), ("e", 1)],
            &[("E", 1), ("e", 3)],
        ],
        "E 2, e 3",
    );
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
