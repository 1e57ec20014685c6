//! `conflicts` and `resolve` from the outside: rows, definitions, plain files and violations settled one by one.

use crate::sandbox::Sandbox;

fn sql(sandbox: &Sandbox, statement: &str) -> String {
    sandbox.must(&["sql", "--format", "csv", "-q", statement])
}

/// `main` and `side` from a base with two rows, each after its statements; a merge of `side` is in progress.
fn merging(ours: &[&str], theirs: &[&str]) -> Sandbox {
    let sandbox = Sandbox::shop();
    sql(
        &sandbox,
        "insert into item(id, name) values (1, 'ink'), (2, 'pen')",
    );
    sandbox.write("README.md", "one\ntwo\nthree\n");
    sandbox.must(&["commit", "-A", "-m", "Add rows"]);
    sandbox.must(&["branch", "side"]);
    let play = |statements: &[&str], message: &str| {
        for statement in statements {
            match statement.strip_prefix("readme ") {
                Some(text) => sandbox.write("README.md", &text.replace(' ', "\n")),
                None => _ = sql(&sandbox, statement),
            }
        }
        sandbox.must(&["commit", "-A", "-m", message]);
    };
    play(ours, "Ours");
    sandbox.must(&["switch", "side"]);
    play(theirs, "Theirs");
    sandbox.must(&["switch", "main"]);
    sandbox
}

#[test]
fn rows_are_settled_one_by_one_and_stay_settled() {
    let sandbox = merging(
        &[
            "update item set name = 'our ink' where id = 1",
            "update item set name = 'our pen' where id = 2",
        ],
        &[
            "update item set name = 'their ink' where id = 1",
            "delete from item where id = 2",
            "insert into item(id, name) values (3, 'cap')",
        ],
    );
    sandbox.vrev(&["merge", "side"]);
    sandbox.vrev(&["conflicts"]);
    sandbox.vrev(&["conflicts", "cat", "item"]);
    sandbox.vrev(&["commit", "-m", "too early"]);
    sandbox.vrev(&["resolve", "--theirs", "shop.item", "1"]);
    sql(&sandbox, "update item set name = 'edited' where id = 3");
    sandbox.vrev(&["resolve", "--theirs", "item"]);
    sandbox.vrev(&["conflicts"]);
    sandbox.vrev(&["add", "shop.item"]);
    sandbox.vrev(&["commit", "-m", "Merge side"]);
    insta::assert_snapshot!(sandbox.transcript());
    let rows = sql(&sandbox, "select * from item order by id");
    assert_eq!(rows, "id,name\n1,their ink\n3,edited\n");
    assert_eq!(
        sandbox
            .git(&["log", "-1", "--format=%P"])
            .split_whitespace()
            .count(),
        2
    );
}

#[test]
fn a_settled_definition_has_its_rows_merged() {
    let sandbox = merging(
        &[
            "alter table item modify name varchar(50)",
            "insert into item(id, name) values (3, 'ours')",
        ],
        &[
            "alter table item modify name varchar(60)",
            "insert into item(id, name) values (4, 'theirs')",
        ],
    );
    sandbox.vrev(&["merge", "side"]);
    sandbox.vrev(&["conflicts"]);
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n3\n");
    sandbox.vrev(&["resolve", "--theirs"]);
    sandbox.vrev(&["commit", "-m", "Merge side"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert_eq!(
        sql(&sandbox, "select id from item order by id"),
        "id\n1\n2\n3\n4\n"
    );
    let text = sandbox.git(&["show", "HEAD:keyspaces/shop/tables/item.sql"]);
    assert!(text.contains("varchar(60)"), "{text}");
}

#[test]
fn files_and_violations_are_told_apart() {
    let sandbox = merging(
        &["readme one ours three", "alter table item drop column name"],
        &[
            "readme one theirs three",
            "alter table item add key by_name (name)",
        ],
    );
    sandbox.vrev(&["merge", "side"]);
    sandbox.vrev(&["conflicts", "cat"]);
    sandbox.vrev(&["resolve", "--ours", "nothing"]);
    sandbox.vrev(&["resolve", "--theirs", "README.md"]);
    sandbox.vrev(&["commit", "-m", "Merge side"]);
    sandbox.vrev(&["commit", "--force", "-m", "Merge side"]);
    sandbox.vrev(&["conflicts"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert_eq!(
        sandbox.git(&["show", "HEAD:README.md"]),
        "one\ntheirs\nthree"
    );
}
