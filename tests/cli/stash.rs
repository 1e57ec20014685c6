//! `stash`, `clean`, `rm`, `checkout -- <object>` and `reset <object>` from the outside: what moves, and that it comes
//! back as it was.

use crate::merge::{shop, sql, state};

#[test]
fn changes_are_put_away_and_taken_out() {
    let sandbox = shop();
    sql(&sandbox, "insert into item(id, name) values (3, 'cap')");
    sql(&sandbox, "alter table tag add column color varchar(9)");
    sandbox.must(&["add", "shop.tag"]);
    sql(
        &sandbox,
        "create table note (id bigint primary key, text varchar(99))",
    );
    sql(&sandbox, "insert into note(id, text) values (1, 'hello')");
    insta::assert_snapshot!(
        sandbox
            .vrev(&["stash"])
            .vrev(&["status"])
            .vrev(&["stash", "list"])
            .vrev(&["stash", "show"])
            .transcript()
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n2\n");
    assert_eq!(sql(&sandbox, "select count(*) as n from note"), "n\n1\n");
    assert!(sandbox.git(&["stash", "list"]).contains("WIP on main"));
    // Others' changes in between are merged.
    sql(&sandbox, "update item set name = 'blue ink' where id = 1");
    sandbox.must(&["commit", "-a", "-m", "Blue ink"]);
    insta::assert_snapshot!(
        "out",
        sandbox
            .vrev(&["stash", "pop"])
            .vrev(&["stash", "pop"])
            .vrev(&["stash", "drop", "stash@{x}"])
            .transcript()
    );
    assert_eq!(
        sql(&sandbox, "select name from item order by id"),
        "name\nblue ink\npen\ncap\n"
    );
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn untracked_tables_go_with_their_rows() {
    let sandbox = shop();
    sql(
        &sandbox,
        "create table note (id bigint primary key, text varchar(99))",
    );
    sql(&sandbox, "insert into note(id, text) values (1, 'hello')");
    sandbox.write("plan.txt", "one\n");
    let before = state(&sandbox);
    sandbox.must(&["stash", "-u", "-m", "notes"]);
    assert!(
        sandbox.must(&["status"]).contains("nothing to commit"),
        "{}",
        sandbox.must(&["status"])
    );
    assert_ne!(
        sandbox.run(&["sql", "-q", "select * from note"]).code,
        0,
        "the table is gone"
    );
    sandbox.must(&["stash", "apply"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(sql(&sandbox, "select text from note"), "text\nhello\n");
    // Again, but it is in the way now.
    sandbox.write("plan.txt", "two\n");
    let refused = sandbox.run(&["stash", "pop"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("plan.txt"), "{}", refused.stderr);
    assert!(sandbox.must(&["stash", "list"]).contains("On main: notes"));
    sandbox.must(&["stash", "clear"]);
    assert_eq!(sandbox.git(&["stash", "list"]), "");
}

#[test]
fn stashes_are_numbered_from_the_newest_as_in_git() {
    let sandbox = shop();
    for name in ["a", "b", "c"] {
        sql(
            &sandbox,
            &format!("update item set name = '{name}' where id = 1"),
        );
        sandbox.must(&["stash", "push", "-m", name]);
    }
    sandbox.must(&["stash", "drop", "1"]);
    let list = "stash@{0}: On main: c\nstash@{1}: On main: a\n";
    assert_eq!(sandbox.must(&["stash", "list"]), list);
    assert_eq!(sandbox.git(&["stash", "list"]), list);
    sandbox.must(&["stash", "drop"]);
    assert_eq!(sandbox.git(&["stash", "list"]), "stash@{0}: On main: a\n");
    // Plain git may drop, too.
    sandbox.git(&["stash", "drop", "-q"]);
    assert_eq!(sandbox.must(&["stash", "list"]), "");
}

#[test]
fn objects_come_back_from_a_revision_or_the_index() {
    let sandbox = shop();
    sql(&sandbox, "update item set name = 'quill' where id = 2");
    sql(&sandbox, "update tag set name = 'old'");
    sandbox.must(&["commit", "-a", "-m", "Quill"]);
    sql(&sandbox, "update item set name = 'brush' where id = 2");
    sandbox.must(&["checkout", "--", "shop.item"]);
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\nquill\n"
    );
    insta::assert_snapshot!(
        sandbox
            .vrev(&["checkout", "HEAD~1", "--", "shop.item"])
            .vrev(&["status"])
            .vrev(&["reset", "shop.item"])
            .vrev(&["checkout", "--", "shop.nothing"])
            .transcript()
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\npen\n"
    );
    assert_eq!(sql(&sandbox, "select name from tag"), "name\nold\n");
}

#[test]
fn tables_are_removed_and_cleaned_away() {
    let sandbox = shop();
    sql(&sandbox, "create table note (id bigint primary key)");
    sql(&sandbox, "insert into note(id) values (1)");
    sql(&sandbox, "insert into tag(id, name) values (5, 'odd')");
    insta::assert_snapshot!(
        sandbox
            .vrev(&["clean", "--dry-run"])
            .vrev(&["rm", "shop.note"])
            .vrev(&["rm", "shop.tag"])
            .vrev(&["clean"])
            .vrev(&["rm", "--cached", "shop.item"])
            .vrev(&["status"])
            .transcript()
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n2\n");
    sandbox.must(&["reset", "--hard"]);
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n1\n");
    sandbox.must(&["rm", "shop.tag"]);
    sandbox.must(&["commit", "-m", "Remove tag"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(
        sandbox.git(&["ls-tree", "--name-only", "HEAD", "rows/shop/"]),
        "rows/shop/item\n"
    );
}

#[test]
fn what_was_staged_is_staged_again_on_request() {
    let sandbox = shop();
    sql(&sandbox, "insert into item(id, name) values (3, 'cap')");
    sql(
        &sandbox,
        "alter table tag add column color varchar(9); insert into tag(id, name, color) values (7, 'x', 'red')",
    );
    sandbox.write("plan.txt", "one\n");
    sandbox.must(&["add", "."]);
    sql(
        &sandbox,
        "insert into item(id, name) values (4, 'hat'); update item set name = 'cup' where id = 3",
    );
    sandbox.write("plan.txt", "one\ntwo\n");
    let (before, status) = (state(&sandbox), sandbox.must(&["status"]));
    let changed = sandbox.git(&["status", "--porcelain"]);
    sandbox.must(&["stash"]);
    assert!(sandbox.must(&["status"]).contains("nothing to commit"));
    sandbox.must(&["stash", "apply", "--index"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(sandbox.must(&["status"]), status);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), changed);
    sandbox.must(&["reset", "--hard"]);
    // Without it the index has what was new alone.
    sandbox.must(&["stash", "apply"]);
    assert_eq!(
        sandbox.git(&["status", "--porcelain", "plan.txt"]),
        "A  plan.txt\n"
    );
    sandbox.must(&["reset", "--hard"]);
    // The worktree's name fits, the staged one does not.
    sql(&sandbox, "insert into item(id, name) values (3, 'cup')");
    sandbox.must(&["commit", "-a", "-m", "Cup"]);
    let refused = sandbox.run(&["stash", "pop", "--index"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("try without `--index`"),
        "{}",
        refused.stderr
    );
    assert_eq!(sandbox.must(&["stash", "list"]).lines().count(), 1);
}
