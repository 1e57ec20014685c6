//! `branch`, `switch`, `checkout` and `tag`.

use crate::sandbox::Sandbox;

#[test]
fn branches_are_made_listed_renamed_and_deleted() {
    let sandbox = Sandbox::shop();
    sandbox
        .vrev(&["branch", "a"])
        .vrev(&["branch", "b", "HEAD~1"]);
    sandbox
        .vrev(&["branch"])
        .vrev(&["branch", "-v"])
        .vrev(&["branch", "--format", "json"]);
    sandbox.vrev(&["branch", "a"]);
    sandbox.vrev(&["branch", "bad..name"]);
    sandbox.vrev(&["branch", "-m", "a", "c"]);
    sandbox.vrev(&["branch", "-d", "main"]);
    sandbox.vrev(&["branch", "-d", "c"]);
    sandbox.vrev(&["branch", "-d", "nowhere"]);
    sandbox.vrev(&["branch", "--show-current"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn an_unmerged_branch_is_deleted_by_force_only() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["switch", "-c", "side"]);
    sandbox.must(&["commit", "--allow-empty", "-m", "On the side"]);
    sandbox.must(&["switch", "main"]);
    sandbox
        .vrev(&["branch", "-d", "side"])
        .vrev(&["branch", "-D", "side"])
        .vrev(&["branch"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn each_branch_has_its_rows() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'main')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.vrev(&["switch", "-c", "side"]);
    sandbox.vrev(&["sql", "-q", "update item set name = 'side'"]);
    sandbox.vrev(&["commit", "-am", "Another name"]);
    sandbox.vrev(&["checkout", "main"]);
    sandbox.vrev(&["sql", "-q", "select name from item"]);
    sandbox.vrev(&["switch", "side"]).vrev(&["switch", "side"]);
    sandbox.vrev(&["sql", "-q", "select name from item"]);
    sandbox
        .vrev(&["checkout", "HEAD~1"])
        .vrev(&["status"])
        .vrev(&["branch"]);
    sandbox.vrev(&["switch", "nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn tags_are_made_listed_moved_and_deleted() {
    let sandbox = Sandbox::shop();
    sandbox
        .vrev(&["tag", "v1", "HEAD~1"])
        .vrev(&["tag", "-m", "With a message", "v2"]);
    sandbox
        .vrev(&["tag"])
        .vrev(&["tag", "v1"])
        .vrev(&["tag", "-f", "v1"]);
    sandbox.vrev(&["log", "--oneline"]);
    sandbox.vrev(&["tag", "--format", "json"]);
    sandbox
        .vrev(&["tag", "-d", "v1"])
        .vrev(&["tag", "-d", "v1"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert_eq!(sandbox.git(&["cat-file", "-t", "v2"]), "tag\n");
}

#[test]
fn uncommitted_rows_go_along_where_the_other_branch_has_the_same() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'one')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&["branch", "side"]);
    sandbox.must(&["sql", "-q", "insert into item values (2, 'two')"]);
    sandbox.must(&["sql", "-q", "create table fresh (id int primary key)"]);
    sandbox.must(&["sql", "-q", "insert into fresh values (7)"]);
    sandbox.must(&["add", "item"]);
    sandbox.must(&["sql", "-q", "insert into item values (3, 'three')"]);
    sandbox.vrev(&["switch", "side"]).vrev(&["status"]);
    sandbox.vrev(&["sql", "-q", "select * from item; select * from fresh"]);
    sandbox.vrev(&["switch", "main"]).vrev(&["status"]);
    sandbox.vrev(&["switch", "--force", "side"]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["switch", "main"]).vrev(&["status"]);
    insta::assert_snapshot!(sandbox.transcript());
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_branch_follows_another() {
    let sandbox = Sandbox::shop();
    sandbox.vrev(&["branch", "topic", "--track", "main"]);
    sandbox.must(&["commit", "--allow-empty", "-m", "Ahead"]);
    sandbox.vrev(&["switch", "topic"]).vrev(&["status"]);
    sandbox.vrev(&["branch", "-u", "nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
}
