//! `ls`, `rm`, and `checkout` of objects: tables as git has files.

use crate::sandbox::Sandbox;

#[test]
fn tables_are_listed_and_removed() {
    let sandbox = Sandbox::shop();
    sandbox.vrev(&["ls"]).vrev(&["ls", "--format", "json"]);
    sandbox.must(&["sql", "-q", "create table tag (id int primary key)"]);
    sandbox.vrev(&["rm", "tag"]);
    sandbox.vrev(&["rm", "--cached", "item"]).vrev(&["status"]);
    sandbox.must(&["add", "item"]);
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.vrev(&["rm", "item"]);
    sandbox.must(&["checkout", "--", "item"]);
    sandbox.vrev(&["rm", "item"]).vrev(&["status"]);
    sandbox.vrev(&["ls"]).vrev(&["ls", "HEAD"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn objects_are_taken_back_by_name() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&[
        "sql",
        "-q",
        "update item set name = 'b'; alter table item add n int",
    ]);
    sandbox.vrev(&["diff", "item"]);
    sandbox.vrev(&["checkout", "item"]).vrev(&["status"]);
    sandbox.vrev(&["checkout", "HEAD~1", "--", "item"]);
    sandbox
        .vrev(&["sql", "-q", "select * from item"])
        .vrev(&["status"]);
    sandbox.vrev(&["reset", "item"]).vrev(&["checkout", "."]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["checkout", "nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn rows_are_read_whose_definition_plain_git_changed() {
    let sandbox = Sandbox::shop();
    let fill = "alter table item add price int; insert into item values (1, '5', 10), (2, '6', 20)";
    sandbox.must(&["sql", "-q", fill]);
    sandbox.must(&["commit", "-am", "Rows"]);
    let path = "keyspaces/shop/tables/item.sql";
    let without = |name: &str| {
        let text = sandbox.read(path);
        let lines = text.lines().filter(|line| !line.contains(name));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    sandbox.write(path, &without("`price`"));
    sandbox.git(&["commit", "-qam", "No price"]);
    sandbox.write(path, &sandbox.read(path).replace("varchar(40)", "bigint"));
    sandbox.git(&["commit", "-qam", "Names are numbers"]);
    // A clone has no working rows yet: they are made from what was committed.
    std::fs::remove_dir_all(sandbox.folder().join(".git/vrev")).expect("it can be removed");
    let query = |text: &str| sandbox.must(&["sql", "-B", "-q", text]);
    assert_eq!(
        query("select id from item as of 'HEAD~1' where id > 1"),
        "id\n2\n"
    );
    assert_eq!(
        query("select * from item as of 'HEAD~1'"),
        "id\tname\n1\t5\n2\t6\n"
    );
    assert_eq!(
        query("select id, name from item as of 'HEAD~2'"),
        "id\tname\n1\t5\n2\t6\n"
    );
    let changed = query("select distinct column_name from vrev_column_diff order by 1");
    assert_eq!(changed, "column_name\nid\nname\nprice\n");
    assert_eq!(
        query("select count(*) from vrev_diff_item"),
        "count(*)\n6\n"
    );
}
