//! `show --descriptor`: both ends of foreign keys, in both encodings.

use crate::sandbox::Sandbox;

#[test]
fn both_sides_see_a_foreign_key() {
    let sandbox = Sandbox::shop();
    sandbox.must(&[
        "sql",
        "-q",
        "create table tag (id int primary key, item bigint, constraint tag_item foreign key (item) references item (id) on delete cascade)",
        "-q",
        "alter table tag rename column item to item_id",
    ]);
    sandbox.vrev(&["show", "WORKING", "--descriptor", "shop.tag"]);
    sandbox.vrev(&[
        "show",
        "WORKING",
        "--descriptor",
        "shop.item",
        "--index-form",
    ]);
    sandbox.vrev(&[
        "show",
        "WORKING",
        "--descriptor",
        "shop.tag",
        "--format",
        "json",
        "--index-form",
    ]);
    sandbox.vrev(&["show", "--descriptor", "shop.tag"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn the_older_encoding_is_read() {
    let sandbox = Sandbox::shop();
    let column = |id: &str| format!(r#"{{"id": "{id}", "name": "{id}", "type": "int"}}"#);
    let index = |rest: &str| {
        format!(r#"{{"id": "i", "name": "i", "unique": true, "columns": ["a"]{rest}}}"#)
    };
    let table = |name: &str, rest: &str| {
        format!(
            r#"{{"keyspace": "ks", "table": "{name}", "name": "{name}", "columns": [{}], "indexes": [{}]}}"#,
            column("a"),
            index(rest)
        )
    };
    let key = r#", "foreign_key": {"table": {"keyspace": "ks", "table": "p"}, "index": "i", "name": "f"}"#;
    sandbox.write(
        "old.json",
        &format!("[{}, {}]", table("p", ""), table("c", key)),
    );
    sandbox.vrev(&["show", "--descriptor", "ks.p", "--from-file", "old.json"]);
    sandbox.vrev(&["show", "--descriptor", "ks.c", "--from-file", "old.json"]);
    sandbox.vrev_with(
        &["show", "--descriptor", "ks.c", "--from-file", "-"],
        &format!("[{}]", table("c", key)),
    );
    insta::assert_snapshot!(sandbox.transcript());
}
