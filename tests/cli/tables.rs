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

/// The number of rows of the shop's items.
fn items(sandbox: &Sandbox) -> String {
    let counted = sandbox.run(&["sql", "-Bq", "select count(*) from item"]);
    counted.stdout.lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn rows_come_back_with_their_definition() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a'), (2, 'b')"]);
    sandbox.must(&["commit", "-am", "Rows"]);
    sandbox.must(&["sql", "-q", "insert into item values (3, 'not committed')"]);
    let path = "keyspaces/shop/tables/item.sql";
    let text = sandbox.read(path);
    std::fs::remove_file(sandbox.folder().join(path)).expect("it is there");
    let status = sandbox.must(&["status"]);
    assert!(status.contains("removed"), "{status}");
    sandbox.write(path, &text);
    assert_eq!(items(&sandbox), "3");
    // While plain git merges, the file is in its words.
    sandbox.git(&["stash", "-q"]);
    sandbox.git(&["switch", "-qc", "side"]);
    sandbox.write(path, &text.replace("varchar(40)", "varchar(50)"));
    sandbox.git(&["commit", "-qam", "50"]);
    sandbox.git(&["switch", "-q", "main"]);
    sandbox.write(path, &text.replace("varchar(40)", "varchar(60)"));
    sandbox.git(&["commit", "-qam", "60"]);
    sandbox
        .command("git")
        .args(["merge", "-q", "side"])
        .output()
        .expect("git runs");
    sandbox.run(&["status"]);
    sandbox.git(&["merge", "--abort"]);
    assert_eq!(items(&sandbox), "3");
    // What is committed as removed is gone for good.
    sandbox.must(&["commit", "-am", "Another width, and a row"]);
    std::fs::remove_file(sandbox.folder().join(path)).expect("it is there");
    sandbox.must(&["status"]);
    sandbox.must(&["commit", "--no-verify", "-am", "No items"]);
    sandbox.must(&["status"]);
    sandbox.write(path, &text);
    assert_eq!(items(&sandbox), "0");
}

#[test]
fn what_has_no_files_of_its_own_changes_none() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    let verbs: [&[&str]; 7] = [
        &["rollback", "HEAD", "--"],
        &["checkout", "--"],
        &["rm"],
        &["clean"],
        &["add"],
        &["reset", "--"],
        &["commit", "-m", "x"],
    ];
    for verb in verbs {
        for object in ["columns", "item.name", "shop.item.name", "shop.item[1]"] {
            let ended = sandbox.run(&[verb, &[object]].concat());
            assert_ne!(ended.code, 0, "{verb:?} {object}: {}", ended.stdout);
        }
    }
    let refused = sandbox.run(&["rm", "vindexes"]);
    assert!(
        refused
            .stderr
            .contains("`vindexes` is a relation of every keyspace"),
        "{}",
        refused.stderr
    );
    assert_eq!(items(&sandbox), "1");
    sandbox.must(&["add", "."]);
    let unknown = sandbox.run(&["reset", "--", "nope"]);
    assert!(
        unknown.code != 0 && unknown.stderr.contains("nope"),
        "{}",
        unknown.stderr
    );
    let other = sandbox.run(&["reset", "nosuch", "item"]);
    assert!(
        other.code != 0 && other.stderr.contains("nosuch"),
        "{}",
        other.stderr
    );
    assert!(sandbox.must(&["status"]).contains("to be committed"));
    // A keyspace goes whole: its tables first, then what declares it.
    sandbox.must(&["commit", "-m", "A row"]);
    sandbox.must(&["rm", "shop"]);
    assert!(!sandbox.folder().join("keyspaces/shop").exists());
}
