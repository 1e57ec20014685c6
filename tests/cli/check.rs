//! `check`, `explain-check`, and the findings that keep a commit from being made.

use crate::sandbox::Sandbox;

/// A table that references nothing, beside the one that is there.
fn dangling(sandbox: &Sandbox, table: &str) {
    sandbox.write(
        &format!("keyspaces/shop/tables/{table}.sql"),
        &format!(
            "create table {table} (id int primary key, item bigint,\n  constraint {table}_item foreign key (item) references itm (id));\n"
        ),
    );
}

#[test]
fn the_example_cluster_is_judged() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&["check", "HEAD", "--fail-on", "warning"]);
    sandbox.must(&[
        "sql",
        "-q",
        "create table customer.corder_event(id bigint, corder_id bigint, primary key(id))",
        "-q",
        "alter vschema on customer.corder_event add vindex corder_keyspace_idx(corder_id)",
    ]);
    sandbox.vrev(&["check", "--", "customer.corder_event"]);
    sandbox.vrev(&["check", "--format", "json", "--", "customer.corder_event"]);
    sandbox.vrev(&["check", "--fail-on", "never"]);
    sandbox.vrev(&["check", "nothing"]);
    // A misspelt object would hide everything.
    sandbox.vrev(&["check", "--", "customer.corder_evnt"]);
    sandbox.vrev(&["check", "--", "keyspaces/customr"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn what_does_not_build_is_told_by_id() {
    let sandbox = Sandbox::shop();
    sandbox.write(
        "keyspaces/shop/vschema.json",
        "{\n  \"tables\": {\n    \"item\": {\"colunm_vindexes\": []}\n  }\n}\n",
    );
    sandbox.write(
        "keyspaces/shop/tables/tag.sql",
        "create table tag (id int primary key, key (nam));\n",
    );
    sandbox.vrev(&["check"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_commit_is_kept_from_bringing_in_errors() {
    let sandbox = Sandbox::shop();
    dangling(&sandbox, "tag");
    sandbox.vrev(&["commit", "-A", "-m", "Add tag"]);
    sandbox.vrev(&["commit", "-A", "-m", "Add tag", "--no-verify"]);
    // What HEAD has already is nobody's commit.
    dangling(&sandbox, "label");
    sandbox.vrev(&["commit", "-A", "-m", "Add label"]);
    sandbox.write(
        "keyspaces/shop/tables/label.sql",
        "create table label (id int primary key);\n",
    );
    sandbox.vrev(&["commit", "-A", "-m", "Add label"]);
    sandbox.vrev(&["check", "HEAD"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn settings_have_the_last_word() {
    let sandbox = Sandbox::shop();
    dangling(&sandbox, "tag");
    let suppress = "[[suppress]]\ncheck = \"fk-unknown-table\"\nobject = \"shop.tag\"\nreason = \"imported next week\"\n";
    sandbox.write("vrev.toml", &format!("format = 1\n\n{suppress}"));
    sandbox.vrev(&["check"]);
    sandbox.vrev(&["check", "--format", "json"]);
    sandbox.vrev(&["commit", "-A", "-m", "Add tag"]);
    sandbox.write(
        "vrev.toml",
        "format = 1\n\n[checks]\nfk-unknown-table = \"warning\"\nfk-unknown-tabel = \"off\"\n\n[[suppress]]\n\
         check = \"fk-cross-shard\"\nobject = \"shop\"\nreason = \"none left\"\n",
    );
    sandbox.vrev(&["check"]);
    sandbox.write("vrev.toml", "format = 1\n[check]\n");
    sandbox.vrev(&["check"]);
    sandbox.write(
        "vrev.toml",
        "format = 1\n[checks]\nfk-unknown-table = \"eror\"\n",
    );
    sandbox.vrev(&["check"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn checks_are_explained() {
    let sandbox = Sandbox::new();
    sandbox.vrev(&["explain-check", "lookup-primary-without-functional"]);
    sandbox.vrev(&["explain-check", "vschema-unknown-field"]);
    sandbox.vrev(&["explain-check", "fk-cross-keyspace", "--format", "json"]);
    sandbox.vrev(&["explain-check", "fk-cross-keyspac"]);
    insta::assert_snapshot!(sandbox.transcript());
    let list = sandbox.must(&["explain-check"]);
    assert!(list.lines().count() > 60, "{list}");
    assert!(list.lines().is_sorted(), "{list}");
}
