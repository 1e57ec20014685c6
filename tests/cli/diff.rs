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
