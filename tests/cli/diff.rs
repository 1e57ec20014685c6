//! `diff`: sides, shapes and formats.

use crate::sandbox::Sandbox;

fn changed() -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.must(&[
        "sql",
        "-q",
        "insert into item values (1, 'a'), (2, 'b'), (3, 'c')",
    ]);
    sandbox.must(&["commit", "-am", "Rows"]);
    sandbox.must(&["sql", "-q", "update item set name = 'B' where id = 2; delete from item where id = 3; insert into item values (4, null)"]);
    sandbox.must(&[
        "sql",
        "-q",
        "alter table item add column price decimal(10,2)",
    ]);
    sandbox
}

#[test]
fn cells_counts_statements_and_text() {
    let sandbox = changed();
    sandbox.vrev(&["diff"]);
    sandbox.vrev(&["diff", "--keyless", "--", "shop.item"]);
    sandbox.vrev(&["diff", "--stat"]);
    sandbox.vrev(&["diff", "--format", "sql"]);
    sandbox.vrev(&["diff", "--text"]);
    sandbox.vrev(&["diff", "--format", "json"]);
    sandbox.vrev(&["diff", "--stat", "--format", "json"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn sides() {
    let sandbox = changed();
    sandbox.must(&["add", "."]);
    sandbox.vrev(&["diff"]);
    sandbox.vrev(&["diff", "--staged", "--stat"]);
    sandbox.must(&["commit", "-m", "A price"]);
    sandbox.vrev(&["diff", "HEAD~1", "HEAD", "--stat"]);
    sandbox.vrev(&["diff", "HEAD~1..HEAD", "--stat"]);
    sandbox.vrev(&["diff", "HEAD~1...HEAD", "--stat"]);
    sandbox.vrev(&["diff", "HEAD~1", "--stat"]);
    sandbox.vrev(&["diff", "HEAD", "HEAD~1", "--", "columns"]);
    sandbox.vrev(&["diff", "--staged", "HEAD", "HEAD~1"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn the_exit_code_tells_only_when_asked() {
    let sandbox = changed();
    assert_eq!(sandbox.run(&["diff"]).code, 0);
    assert_eq!(sandbox.run(&["diff", "--exit-code"]).code, 1);
    assert_eq!(
        sandbox.run(&["diff", "--exit-code", "HEAD", "HEAD"]).code,
        0
    );
    assert_eq!(
        sandbox
            .run(&["diff", "--exit-code", "--stat", "--", "vindexes"])
            .code,
        0
    );
}

#[test]
fn colour_marks_the_changed_cells() {
    let run = changed().run(&["diff", "--color", "always", "--", "shop.item"]);
    assert!(
        run.stdout.contains("\u{1b}[1;32mB\u{1b}[0m"),
        "{}",
        run.stdout
    );
}

#[test]
fn rows_are_chosen_by_a_condition() {
    let sandbox = changed();
    sandbox.must(&["reset", "--hard"]);
    sandbox.must(&["sql", "-q", "update item set name = 'B' where id = 2; delete from item where id = 3; insert into item values (4, null)"]);
    let ids = |condition: &str| {
        let found = sandbox.must(&["diff", "--where", condition, "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&found).expect("JSON");
        let relations = told["relations"].as_array().cloned().unwrap_or_default();
        let changes = relations
            .iter()
            .flat_map(|relation| relation["changes"].as_array());
        let id = |change: &serde_json::Value| change["key"]["id"].to_string();
        changes.flatten().map(id).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("to_id > 1"), "2 4");
    assert_eq!(ids("to_id > 1 and diff_type = 'modified'"), "2");
    assert_eq!(ids("from_name in ('b', 'c') or to_name is null"), "2 3 4");
    assert_eq!(ids("from_id = 99"), "");
    for (condition, told) in [
        ("to_price = 1", "Unknown column 'to_price'"),
        ("to_id = 1) or (1 = 1", "error in your SQL syntax"),
        ("", "error in your SQL syntax"),
        ("(select count(*) from item) = 1", "doesn't exist"),
    ] {
        let run = sandbox.run(&["diff", "--where", condition]);
        assert!(
            run.code == 2 && run.stderr.contains(told),
            "{condition}: {}",
            run.stderr
        );
    }
    let statements = sandbox.must(&["diff", "--where", "from_id = 3", "--format", "sql"]);
    assert_eq!(statements, "DELETE FROM `shop`.`item` WHERE `id`=3;\n");
}

#[test]
fn a_modified_row_is_shown_in_several_ways() {
    let sandbox = Sandbox::shop();
    let sql = |text: &str| sandbox.must(&["sql", "-q", text]);
    sql("insert into item values (1, 'one\ntwo\nthree'), (2, 'grey')");
    sandbox.must(&["commit", "-am", "Rows"]);
    sql(
        "update item set name = 'one\n2\nthree' where id = 1; update item set name = 'gray' where id = 2",
    );
    for mode in ["row", "line", "in-place", "context"] {
        sandbox.vrev(&["diff", "--diff-mode", mode]);
    }
    sandbox.vrev(&["diff", "--diff-mode", "column"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn paths_choose_what_stands_in_them() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&[
        "sql",
        "-q",
        "update item set name = 'b'; alter table item add n int",
    ]);
    let diff = |path: &str| sandbox.run(&["diff", "--format", "sql", "--", path]);
    let of_rows = diff("rows/shop").stdout;
    assert!(
        of_rows.contains("UPDATE") && !of_rows.contains("ALTER"),
        "{of_rows}"
    );
    let of_file = diff("keyspaces/shop/tables/item.sql").stdout;
    assert!(
        of_file.contains("ALTER") && !of_file.contains("UPDATE"),
        "{of_file}"
    );
    for nothing in [
        "keyspaces/shop/shards.json",
        "workload/x.sql",
        "no/such/path",
    ] {
        let told = diff(nothing);
        assert_eq!((told.stdout.as_str(), told.code), ("", 0), "{nothing}");
    }
    let unknown = diff("shop.nope");
    assert!(
        unknown.code != 0 && unknown.stderr.contains("nope"),
        "{}",
        unknown.stderr
    );
}
