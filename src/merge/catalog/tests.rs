//! The laws of a merge on generated catalogs: changed by DDL on both sides, from one base.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::catalog::alter::{ForeignKeyChecks, apply, apply_vschema, follow_vschema};
use crate::catalog::{files, template};
use crate::sql::{Statement, parse_statement};

/// Cases of each law: what `PROPTEST_CASES` says; the full number is for machines with time.
fn laws() -> ProptestConfig {
    let said = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig::with_cases(said.and_then(|cases| cases.parse().ok()).unwrap_or(200))
}

/// The catalog that sides start from, built once.
fn base() -> &'static Catalog {
    static BASE: LazyLock<Catalog> = LazyLock::new(|| {
        let catalog = Catalog::build(template::FILES.iter().copied()).expect("the example");
        let statements = [
            "create table t0 (id bigint primary key, c0 int, c1 int, c2 varchar(20), key k (c1))",
            "create table t1 (id bigint primary key, c0 int, c1 int, c2 varchar(20), check (c0 > 0))",
        ];
        statements
            .iter()
            .fold(catalog, |catalog, text| altered(&catalog, text))
    });
    &BASE
}

/// A catalog of three tables alike, for sides that change one each.
fn apart() -> &'static Catalog {
    static BASE: LazyLock<Catalog> = LazyLock::new(|| {
        let product = [
            ("keyspaces/product/vschema.json", "{}"),
            ("keyspaces/product/shards.json", "[\"0\"]"),
        ];
        let catalog = Catalog::build(product).expect("a keyspace");
        (0..3).fold(catalog, |catalog, table| {
            let columns = "id bigint primary key, c0 int, c1 int, c2 varchar(20), key k (c1)";
            altered(&catalog, &format!("create table t{table} ({columns})"))
        })
    });
    &BASE
}

/// Applies a statement; one that MySQL or Vitess would refuse changes nothing.
fn altered(catalog: &Catalog, text: &str) -> Catalog {
    let changed = match parse_statement(text) {
        Ok(Statement::Ddl(ddl)) => apply(catalog, "product", &ddl, ForeignKeyChecks::On)
            .map(|outcome| follow_vschema(&outcome.catalog, &outcome.changes))
            .ok(),
        Ok(Statement::AlterVschema(statement)) => apply_vschema(catalog, None, &statement)
            .map(|outcome| outcome.catalog)
            .ok(),
        _ => panic!("{text}"),
    };
    changed.unwrap_or_else(|| catalog.clone())
}

/// One change: what, of which table, of which columns.
type Edit = (u8, u8, u8, u8);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec((0..16_u8, 0..2_u8, 0..3_u8, 0..3_u8), 0..4)
}

/// Changes of one table alone.
fn edits_of(table: u8) -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec((0..10_u8, Just(table), 0..3_u8, 0..3_u8), 0..4)
}

fn edited(base: &Catalog, edits: &[Edit]) -> Catalog {
    edits.iter().fold(base.clone(), |catalog, (what, table, column, other)| {
        let text = match what {
            0 => format!("alter table t{table} modify c{column} bigint"),
            1 => format!("alter table t{table} modify c{column} varchar(3{other}) comment 'x{other}'"),
            2 => format!("alter table t{table} add column n{column} int after c{other}"),
            3 => format!("alter table t{table} drop column c{column}"),
            4 => format!("alter table t{table} add key n{column} (c{other})"),
            5 => format!("alter table t{table} comment 'x{column}'"),
            6 => format!("alter table t{table} rename column c{column} to r{other}"),
            7 => format!("rename table t{table} to u{table}{other}"),
            8 => format!("alter table t{table} add constraint x{table}{column} check (c{other} > {column})"),
            9 => format!("drop table t{table}"),
            10 => format!("create table n{column} (id int primary key, x{other} int)"),
            11 => format!("alter vschema create vindex customer.v{column} using {}", ["xxhash", "hash", "binary"][usize::from(*other)]),
            12 => format!("alter vschema on customer.{} add vindex unicode_loose_md5({})", ["customer", "corder"][usize::from(*table)], ["uname", "oname"][usize::from(*table)]),
            13 => format!("alter vschema on customer.corder drop vindex {}", ["oname_keyspace_idx", "corder_keyspace_idx"][usize::from(*table)]),
            14 => format!("alter vschema on customer.{} drop auto_increment", ["customer", "corder"][usize::from(*table)]),
            _ => format!("alter vschema drop vindex customer.v{column}"),
        };
        altered(&catalog, &text)
    })
}

fn texts(catalog: &Catalog) -> Vec<(String, Vec<u8>)> {
    files::write(catalog).expect("usable names")
}

fn merged(base: &Catalog, ours: &Catalog, theirs: &Catalog) -> MergedCatalog {
    let (none, decisions) = (Tables::new(), Decisions::new());
    let input = Input {
        base,
        ours,
        theirs,
        our_rows: &none,
        their_rows: &none,
        decisions: &decisions,
    };
    merge(&input, &Options::default())
}

fn conflicts(merged: &MergedCatalog, mirrored: bool) -> Vec<String> {
    let relations = merged.conflicts.iter();
    let lines = relations.flat_map(|relation| {
        relation.rows.iter().map(move |row| {
            let kind = if mirrored {
                row.kind.mirrored()
            } else {
                row.kind
            };
            let mut columns = row.columns.clone();
            columns.sort();
            format!(
                "{} {} {kind} {columns:?}",
                relation.relation,
                relation.object_of(row)
            )
        })
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn one_changed_side_is_the_merge(edits in edits()) {
        let base = base();
        let side = edited(base, &edits);
        let wanted = texts(&side);
        for found in [merged(base, &side, base), merged(base, base, &side)] {
            prop_assert_eq!(conflicts(&found, false), Vec::<String>::new());
            prop_assert_eq!(&texts(&found.catalog), &wanted);
        }
    }

    #[test]
    fn equal_sides_are_the_merge(edits in edits()) {
        let base = base();
        let side = edited(base, &edits);
        let wanted = texts(&side);
        for found in [merged(base, &side, &side), merged(&side, &side, &side)] {
            prop_assert_eq!(conflicts(&found, false), Vec::<String>::new());
            prop_assert_eq!(&texts(&found.catalog), &wanted);
        }
    }

    #[test]
    fn clean_merges_build_and_conflicts_mirror(one in edits(), other in edits()) {
        let base = base();
        let (one, other) = (edited(base, &one), edited(base, &other));
        let (found, swapped) = (merged(base, &one, &other), merged(base, &other, &one));
        let renamed = |found: &MergedCatalog| found.conflicts.iter().flat_map(|relation| &relation.rows).any(|row| row.kind == Kind::RenameRename);
        if !renamed(&found) && !renamed(&swapped) {
            prop_assert_eq!(conflicts(&found, false), conflicts(&swapped, true));
        }
        if found.conflicts.is_empty() && found.violations.is_empty() {
            let built = found.catalog.clone().rebuild();
            prop_assert!(built.is_ok(), "{:?}", built.err());
            let lists = |catalog: &Catalog| texts(catalog).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
            prop_assert_eq!(lists(&found.catalog), lists(&swapped.catalog));
        }
    }

    #[test]
    fn branches_of_other_tables_merge_in_any_order(one in edits_of(0), two in edits_of(1), three in edits_of(2)) {
        let base = apart();
        let sides = [&one, &two, &three].map(|edits| edited(base, edits));
        let mut results = Vec::new();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let [a, b, c] = order.map(|at| &sides[at]);
            let first = merged(base, a, b);
            let second = merged(base, &first.catalog, c);
            for found in [&first, &second] {
                prop_assert_eq!(conflicts(found, false), Vec::<String>::new());
                prop_assert!(found.violations.is_empty());
            }
            results.push(texts(&second.catalog));
        }
        prop_assert!(results.iter().all(|texts| *texts == results[0]));
    }
}
