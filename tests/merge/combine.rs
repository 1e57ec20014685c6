//! Trees combined as tables and rows.

use crate::scenario::{Scenario, lines, mirrored};

const TABLE: &[&str] = &[
    "create table t (id int primary key, a int, b varchar(20))",
    "insert into t values (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three')",
];

/// Merges both ways round; the merge must be clean, and both must answer alike.
#[track_caller]
fn clean(ours: &[&str], theirs: &[&str], query: &str, expected: &[&str]) {
    let scenario = Scenario::new(TABLE, ours, theirs);
    for combined in [scenario.combine(), scenario.swapped()] {
        assert_eq!(lines(&combined.conflicts), [""; 0]);
        assert!(combined.is_clean(), "{:?}", combined.violations);
        assert_eq!(scenario.query(combined.tree, query), expected);
    }
}

#[track_caller]
fn conflicts(ours: &[&str], theirs: &[&str], expected: &[&str], query: &str, rows: &[&str]) {
    let scenario = Scenario::new(TABLE, ours, theirs);
    let combined = scenario.combine();
    assert_eq!(lines(&combined.conflicts), expected);
    assert_eq!(scenario.query(combined.tree, query), rows);
    assert_eq!(mirrored(&scenario.swapped().conflicts), expected);
}

#[test]
fn rows_merge_cell_by_cell() {
    clean(
        &[
            "update t set a = 10 where id = 1",
            "delete from t where id = 3",
        ],
        &[
            "update t set b = 'uno' where id = 1",
            "insert into t values (4, 4, 'four')",
        ],
        "select * from t order by id",
        &["1 10 uno", "2 2 two", "4 4 four"],
    );
    conflicts(
        &[
            "update t set a = 10, b = 'x' where id = 1",
            "delete from t where id = 2",
        ],
        &[
            "update t set a = 20 where id = 1",
            "update t set a = 0 where id = 2",
        ],
        &["product.t edit/edit [a]", "product.t delete/edit []"],
        "select * from t order by id",
        &["1 10 x", "3 3 three"],
    );
}

#[test]
fn definitions_merge_column_by_column() {
    let ours = [
        "alter table t add column c int default 7",
        "alter table t modify a bigint",
    ];
    let theirs = [
        "alter table t add column d int after id",
        "create index k on t (b)",
        "insert into t (id, a, b, d) values (9, 9, 'nine', 1)",
    ];
    let scenario = Scenario::new(TABLE, &ours, &theirs);
    let combined = scenario.combine();
    assert_eq!(lines(&combined.conflicts), [""; 0]);
    let text = scenario.file(combined.tree, "keyspaces/product/tables/t.sql");
    let expected = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `d` int DEFAULT NULL,\n  `a` bigint DEFAULT NULL,\n  \
                    `b` varchar(20) DEFAULT NULL,\n  `c` int DEFAULT '7',\n  PRIMARY KEY (`id`),\n  KEY `k` (`b`)\n)";
    assert!(text.starts_with(expected), "{text}");
    let rows = scenario.query(combined.tree, "select id, a, b, c, d from t order by id");
    assert_eq!(
        rows,
        [
            "1 1 one 7 NULL",
            "2 2 two 7 NULL",
            "3 3 three 7 NULL",
            "9 9 nine 7 1"
        ]
    );
}

#[test]
fn renames_are_followed() {
    clean(
        &[
            "alter table t rename column a to amount",
            "rename table t to u",
        ],
        &[
            "update t set a = 5 where id = 2",
            "alter table t modify a bigint, add index (a)",
        ],
        "select id, amount from u order by id",
        &["1 1", "2 5", "3 3"],
    );
    let ours = ["rename table t to u"];
    let theirs = ["rename table t to v"];
    let scenario = Scenario::new(TABLE, &ours, &theirs);
    let combined = scenario.combine();
    assert_eq!(lines(&combined.conflicts), ["tables rename/rename [table]"]);
    assert_eq!(
        scenario.query(combined.tree, "select count(*) from u"),
        ["3"]
    );
}

#[test]
fn a_table_dropped_and_changed_is_a_conflict() {
    conflicts(
        &["update t set a = 10 where id = 1"],
        &["drop table t"],
        &["tables edit/delete []"],
        "select a from t where id = 1",
        &["10"],
    );
    let scenario = Scenario::new(TABLE, &[], &["drop table t"]);
    let combined = scenario.combine();
    assert!(combined.is_clean());
    assert_eq!(combined.tree, scenario.theirs);
}

#[test]
fn the_same_table_added_twice_merges_its_rows() {
    let ours = [
        "create table n (id int primary key, x int)",
        "insert into n values (1, 1)",
    ];
    let theirs = [
        "create table n (id int primary key, x int)",
        "insert into n values (2, 2)",
    ];
    clean(
        &ours,
        &theirs,
        "select * from n order by id",
        &["1 1", "2 2"],
    );
}

#[test]
fn a_changed_key_waits_for_a_decision() {
    conflicts(
        &["alter table t drop primary key, add primary key (id, b)"],
        &["insert into t values (4, 4, 'four')"],
        &["tables schema [primary_key]"],
        "select count(*) from t",
        &["3"],
    );
}

#[test]
fn vschemas_merge_by_entry() {
    let base = &["create table t (id int primary key)"][..];
    let ours = &["alter vschema add table product.t"][..];
    let theirs = &[
        "use customer",
        "alter vschema on customer.corder drop vindex oname_keyspace_idx",
    ][..];
    let scenario = Scenario::new(base, ours, theirs);
    let combined = scenario.combine();
    assert!(
        combined.is_clean(),
        "{:?} {:?}",
        lines(&combined.conflicts),
        combined.violations
    );
    let text = scenario.file(combined.tree, "keyspaces/product/vschema.json");
    assert!(text.contains("\"t\": {}"), "{text}");
    let text = scenario.file(combined.tree, "keyspaces/customer/vschema.json");
    assert!(!text.contains("\"name\": \"oname_keyspace_idx\""), "{text}");
}

#[test]
fn keyless_rows_merge_by_count() {
    let base = &[
        "create table k (a int)",
        "insert into k values (1), (1), (1)",
    ][..];
    let scenario = Scenario::new(
        base,
        &["insert into k values (2)"],
        &["delete from k where a = 1 limit 1"],
    );
    let combined = scenario.combine();
    assert!(combined.is_clean());
    assert_eq!(
        scenario.query(combined.tree, "select * from k order by a"),
        ["1", "1", "2"]
    );
    let scenario = Scenario::new(
        base,
        &["insert into k values (1)"],
        &["insert into k values (1), (1)"],
    );
    let combined = scenario.combine();
    assert_eq!(lines(&combined.conflicts), ["product.k edit/edit []"]);
    assert_eq!(
        scenario.query(combined.tree, "select count(*) from k"),
        ["4"]
    );
}

/// Violations as lines.
fn violations(combined: &vrev::workspace::Combined) -> Vec<String> {
    let found = combined.violations.catalog.iter();
    found
        .map(|found| format!("{} {}", found.kind, found.object))
        .collect()
}

#[test]
fn what_fits_on_each_side_and_not_together_is_a_violation() {
    let check = |ours: &[&str], theirs: &[&str], expected: &[&str]| {
        let scenario = Scenario::new(TABLE, ours, theirs);
        let combined = scenario.combine();
        assert_eq!(lines(&combined.conflicts), [""; 0]);
        assert_eq!(violations(&combined), expected);
        assert_eq!(violations(&scenario.swapped()), expected);
    };
    check(
        &["alter table customer.customer drop column uname"],
        &["alter vschema on customer.customer add vindex unicode_loose_md5(uname)"],
        &["dangling column customer.customer"],
    );
    check(
        &["alter table t drop column a"],
        &["alter table t add key k (a)"],
        &["dangling column product.t"],
    );
    check(
        &["drop table t"],
        &[
            "create table child (id int primary key, t_id int, foreign key (t_id) references t (id))",
        ],
        &["foreign key product.child.child_ibfk_1"],
    );
    check(
        &["alter table t add column x int"],
        &["alter table product.product add column y int"],
        &[],
    );
}

/// Rows that break a constraint, as lines: kind, row, what is said of it.
fn broken(combined: &vrev::workspace::Combined) -> Vec<String> {
    let tables = combined.violations.tables.iter();
    let lines = tables.flat_map(|table| {
        table.rows.iter().map(move |row| {
            let cells: Vec<String> = row
                .row
                .iter()
                .map(|cell| cell.to_text().map_or("NULL".to_owned(), Into::into))
                .collect();
            format!(
                "{} {}: {} {}",
                table.table,
                row.kind,
                cells.join(" "),
                row.info
            )
        })
    });
    lines.collect()
}

#[track_caller]
fn violates(
    base: &[&str],
    ours: &[&str],
    theirs: &[&str],
    expected: &[&str],
    query: &str,
    rows: &[&str],
) {
    let scenario = Scenario::new(base, ours, theirs);
    let combined = scenario.combine();
    assert_eq!(lines(&combined.conflicts), [""; 0]);
    assert_eq!(broken(&combined), expected);
    assert_eq!(broken(&scenario.swapped()), expected);
    // The working set takes such rows, too.
    let options = vrev::workspace::MergeOptions {
        revision: "side".to_owned(),
        ..vrev::workspace::MergeOptions::default()
    };
    scenario.workspace.merge(&options).expect("a merge");
    let mut session = scenario.workspace.session(None).expect("a session");
    session.execute("use product").expect("a keyspace");
    let result = session.execute(query).expect(query).rows.expect("rows");
    let line = |row: &Vec<vrev::value::Value>| {
        let cells = row
            .iter()
            .map(|cell| cell.to_text().map_or("NULL".to_owned(), Into::into));
        cells.collect::<Vec<String>>().join(" ")
    };
    let found: Vec<String> = result.rows.iter().map(line).collect();
    assert_eq!(found, rows);
    drop(session);
    let commit = vrev::workspace::CommitOptions {
        message: "merge".to_owned(),
        ..vrev::workspace::CommitOptions::default()
    };
    assert!(
        scenario.workspace.commit(&commit).is_err(),
        "violations keep the merge from being committed"
    );
    scenario.workspace.accept_violations(None).expect("a note");
    scenario.workspace.commit(&commit).expect("a commit");
}

#[test]
fn rows_that_do_not_go_together_are_violations() {
    violates(
        &[
            "create table t (id int primary key, u int unique)",
            "insert into t values (1, 1)",
        ],
        &["insert into t values (2, 7)"],
        &["insert into t values (3, 7), (4, NULL)"],
        &[
            r#"t unique index: 2 7 {"Name": "u", "Columns": ["u"]}"#,
            r#"t unique index: 3 7 {"Name": "u", "Columns": ["u"]}"#,
        ],
        "select * from t order by id",
        &["1 1", "2 7", "3 7", "4 NULL"],
    );
    violates(
        &[
            "create table p (id int primary key)",
            "create table c (id int primary key, p int, foreign key (p) references p (id))",
            "insert into p values (1), (2)",
        ],
        &["delete from p where id = 2"],
        &["insert into c values (1, 1), (2, 2)"],
        &[
            r#"c foreign key: 2 2 {"Index": "p", "Table": "c", "Columns": ["p"], "OnDelete": "RESTRICT", "OnUpdate": "RESTRICT", "ForeignKey": "c_ibfk_1", "ReferencedIndex": "", "ReferencedTable": "p", "ReferencedColumns": ["id"]}"#,
        ],
        "select * from c order by id",
        &["1 1", "2 2"],
    );
    violates(
        &["create table t (id int primary key, a int)"],
        &["alter table t add constraint positive check (a > 0)"],
        &["insert into t values (1, 1), (2, -1)"],
        &[r#"t check constraint: 2 -1 {"Name": "positive", "Expression": "(`a` > 0)"}"#],
        "select * from t order by id",
        &["1 1", "2 -1"],
    );
    violates(
        &["create table t (id int primary key, a int)"],
        &["alter table t modify a int not null"],
        &["insert into t values (1, 1), (2, NULL)"],
        &[r#"t not null: 2 NULL {"Columns": ["a"]}"#],
        "select * from t order by id",
        &["1 1"],
    );
}

#[test]
fn rows_that_a_changed_vindex_leaves_behind_are_told_one_by_one() {
    let scenario = Scenario::new(
        &[
            "insert into customer.customer (customer_id, uname) values (1, 'ann'), (2, 'ben'), (3, 'cat')",
        ],
        &[
            "insert into customer.customer (customer_id, uname) values (10, 'dan'), (11, 'eve'), (12, 'fay'), (13, 'gus')",
        ],
        &[
            "alter vschema create vindex customer.numbered using numeric",
            "alter vschema on customer.customer drop vindex hash",
            "alter vschema on customer.customer add vindex numbered(customer_id)",
        ],
    );
    let combined = scenario.combine();
    let catalog: Vec<&str> = combined
        .violations
        .catalog
        .iter()
        .map(|found| found.kind)
        .collect();
    assert_eq!(catalog, ["resharding needed"]);
    let rows: Vec<(String, String, String)> = combined
        .violations
        .tables
        .iter()
        .flat_map(|table| {
            table.rows.iter().map(|found| {
                let key = found.row[0].to_text().unwrap_or_default().into_owned();
                (table.shard.clone(), found.kind.to_string(), key)
            })
        })
        .collect();
    // `numeric` puts all of them into the first shard; `hash` had put these two into the second.
    assert!(
        rows.iter()
            .all(|(shard, kind, _)| shard == "80-" && kind == "misplaced row"),
        "{rows:?}"
    );
    assert!(
        !rows.is_empty() && rows.iter().all(|(.., key)| key.len() == 2),
        "{rows:?}"
    );
}

#[test]
fn children_that_nobody_changed_miss_their_parents() {
    let scenario = Scenario::new(
        &[
            "create table parent (id int primary key, v int, key (v))",
            "create table child (id int primary key, v int, constraint c foreign key (v) references parent (v))",
            "insert into parent values (1, 1), (2, 2), (3, 3)",
            "insert into child values (1, 1), (2, 2)",
        ],
        &["insert into child values (3, 3)"],
        &[
            "set foreign_key_checks = 0",
            "delete from parent where id in (2, 3)",
        ],
    );
    let combined = scenario.combine();
    let [table] = combined.violations.tables.as_slice() else {
        panic!("{:?}", combined.violations);
    };
    let keys: Vec<String> = table
        .rows
        .iter()
        .map(|found| found.row[0].to_text().unwrap_or_default().into_owned())
        .collect();
    assert_eq!(keys, ["2", "3"]);
}
