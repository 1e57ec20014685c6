//! `init`, `status`, `add`, `commit`, `reset`, `revert` and `fmt`, with plain git looking over their shoulder.

use crate::sandbox::Sandbox;

/// Plain git agrees: the repository is sound, and clean where vrev says so.
fn git_agrees(sandbox: &Sandbox) {
    sandbox.git(&["fsck", "--strict"]);
    let clean = sandbox
        .must(&["status"])
        .contains("nothing to commit, working tree clean");
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]).is_empty(),
        clean,
        "{}",
        sandbox.git(&["status"])
    );
}

#[test]
fn an_empty_repository() {
    let sandbox = Sandbox::new();
    sandbox
        .vrev(&["init"])
        .vrev(&["status"])
        .vrev(&["log"])
        .vrev(&["init"]);
    insta::assert_snapshot!(sandbox.transcript());
    git_agrees(&sandbox);
}

#[test]
fn the_example_cluster() {
    let sandbox = Sandbox::new();
    sandbox.vrev(&["init", "--template", "-b", "trunk", "shop"]);
    sandbox.vrev(&["-C", "shop", "status", "--format", "json"]);
    sandbox.vrev(&["-C", "shop", "show", "--stat"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn from_a_change_to_a_commit() {
    let sandbox = Sandbox::shop();
    let item = sandbox.read("keyspaces/shop/tables/item.sql");
    sandbox.write(
        "keyspaces/shop/tables/item.sql",
        &item.replace("varchar(40)", "varchar(80)"),
    );
    sandbox.write(
        "keyspaces/shop/tables/tag.sql",
        "create table tag (id int primary key, item_id bigint);\n",
    );
    sandbox.vrev(&["status"]);
    git_agrees(&sandbox);
    sandbox.vrev(&["commit", "-m", "nothing is staged"]);
    sandbox.vrev(&["add"]);
    sandbox.vrev(&["add", "shop.tag"]);
    sandbox.vrev(&["status"]);
    git_agrees(&sandbox);
    sandbox.vrev(&["reset", "--", "shop.tag"]);
    sandbox.vrev(&["status", "--format", "json"]);
    sandbox.vrev(&["commit", "-am", "Widen the name"]);
    git_agrees(&sandbox);
    sandbox.vrev(&["commit", "-A", "-m", "Add tag", "-m", "With a body."]);
    sandbox.vrev(&["status"]);
    git_agrees(&sandbox);
    sandbox.vrev(&["commit", "-m", "nothing at all"]);
    sandbox.vrev(&["commit", "--allow-empty", "-m", "Nothing"]);
    sandbox.vrev(&["commit", "--allow-empty", "-m", "  "]);
    insta::assert_snapshot!(sandbox.transcript());
    assert!(
        sandbox
            .read("keyspaces/shop/tables/tag.sql")
            .starts_with("CREATE TABLE `tag` (\n"),
        "canonical text is written"
    );
}

#[test]
fn a_plain_git_commit_is_read() {
    let sandbox = Sandbox::shop();
    let item = sandbox.read("keyspaces/shop/tables/item.sql");
    sandbox.write(
        "keyspaces/shop/tables/item.sql",
        &item.replace("varchar(40)", "varchar(80)"),
    );
    sandbox.git(&["commit", "-qam", "Widen the name by hand"]);
    sandbox.vrev(&["show"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn reset_moves_as_far_as_told() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "First row"]);
    let item = sandbox.read("keyspaces/shop/tables/item.sql");
    sandbox.write(
        "keyspaces/shop/tables/item.sql",
        &item.replace("varchar(40)", "varchar(80)"),
    );
    sandbox.must(&["commit", "-am", "Widen the name"]);
    sandbox.vrev(&["reset", "--soft", "HEAD~1"]);
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["reset"]);
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["reset", "--hard"]);
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    insta::assert_snapshot!(sandbox.transcript());
    git_agrees(&sandbox);
}

#[test]
fn reset_leaves_rows_as_they_are_unless_told() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "First row"]);
    sandbox.must(&["sql", "-q", "insert into item values (2, 'b')"]);
    sandbox.must(&["commit", "-am", "Second row"]);
    for arguments in [
        &["reset", "--soft", "HEAD~1"][..],
        &["reset"],
        &["reset", "--hard"],
    ] {
        sandbox.vrev(arguments);
        sandbox.vrev(&["status"]);
        sandbox.vrev(&["sql", "-q", "select * from item"]);
    }
    insta::assert_snapshot!(sandbox.transcript());
    git_agrees(&sandbox);
}

#[test]
fn revert_undoes_one_commit() {
    let sandbox = Sandbox::shop();
    sandbox.must(&[
        "sql",
        "-q",
        "alter table item add column price decimal(10,2)",
    ]);
    sandbox.must(&["commit", "-am", "Add a price"]);
    sandbox.vrev(&["revert", "HEAD"]);
    sandbox.vrev(&["show"]);
    sandbox.vrev(&["revert", "HEAD~9"]);
    insta::assert_snapshot!(sandbox.transcript());
    git_agrees(&sandbox);
}

#[test]
fn fmt_writes_canonical_text() {
    let sandbox = Sandbox::shop();
    sandbox.write(
        "keyspaces/shop/tables/item.sql",
        "create table item (id bigint not null primary key, name varchar(40));\n",
    );
    sandbox.write("keyspaces/shop/shards.json", "[ \"0\" ]");
    sandbox
        .vrev(&["fmt", "--check"])
        .vrev(&["fmt"])
        .vrev(&["fmt", "--check"])
        .vrev(&["status"]);
    sandbox.write("keyspaces/shop/tables/item.sql", "create table item (\n");
    sandbox.vrev(&["fmt"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn named_objects_are_committed_alone() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "create table tag (id int primary key)"]);
    sandbox.must(&["commit", "-A", "-m", "Two tables"]);
    sandbox.must(&["sql", "-q", "alter table tag add column name varchar(9)"]);
    sandbox.must(&["sql", "-q", "alter table item add column price int"]);
    sandbox.must(&["sql", "-q", "insert into item values (1, 'tea', 3)"]);
    sandbox.must(&["add", "shop.tag"]);
    sandbox.vrev(&["commit", "-m", "Prices", "shop.item"]);
    // What was staged besides stays so.
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["show", "--stat"]);
    sandbox.vrev(&["commit", "-m", "Again", "shop.item"]);
    sandbox.vrev(&["commit", "-a", "-m", "Both ways", "shop.item"]);
    sandbox.vrev(&["commit", "-m", "No such table", "shop.none"]);
    sandbox.vrev(&["commit", "-m", "Names"]);
    sandbox.vrev(&["status"]);
    git_agrees(&sandbox);
    insta::assert_snapshot!(sandbox.transcript());
}
