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

#[test]
fn worktrees_keep_their_branches() {
    let sandbox = Sandbox::shop();
    sandbox.git(&["branch", "side"]);
    sandbox.git(&["worktree", "add", "-q", "../beside", "side"]);
    let refused = sandbox.run(&["switch", "side"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("is checked out at"),
        "{}",
        refused.stderr
    );
    sandbox.must(&["branch", "-m", "side", "aside"]);
    let beside = sandbox
        .folder()
        .parent()
        .expect("it has one")
        .join("beside");
    let head = sandbox
        .command("git")
        .args(["symbolic-ref", "HEAD"])
        .current_dir(&beside)
        .output()
        .expect("git runs");
    assert_eq!(
        String::from_utf8_lossy(&head.stdout).trim(),
        "refs/heads/aside"
    );
    std::fs::remove_dir_all(beside).expect("it is there");
}

#[test]
fn a_branch_that_is_returned_to_stays() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["commit", "--allow-empty", "-m", "One"]);
    sandbox.must(&["commit", "--allow-empty", "-m", "Two"]);
    sandbox.must(&["bisect", "start", "HEAD", "HEAD~2"]);
    let words: [&[&str]; 3] = [
        &["branch", "-D", "main"],
        &["branch", "-f", "main", "HEAD"],
        &["branch", "-m", "main", "trunk"],
    ];
    for refused in words {
        let ended = sandbox.run(refused);
        assert!(
            ended.code == 1 && ended.stderr.contains("rebased or bisected"),
            "{refused:?}: {}",
            ended.stderr
        );
    }
    let both = sandbox.run(&["bisect", "good", "main"]);
    assert!(
        both.code == 1 && both.stderr.contains("both good and bad"),
        "{}",
        both.stderr
    );
    sandbox.must(&["bisect", "reset", "main~1"]);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]).trim(), "One");
    sandbox.must(&["switch", "-c", "side", "main"]);
    sandbox.must(&["switch", "main"]);
    sandbox.must(&["switch", "@{-1}"]);
    assert_eq!(sandbox.must(&["branch", "--show-current"]).trim(), "side");
    sandbox.must(&["checkout", "-"]);
    assert_eq!(sandbox.must(&["branch", "--show-current"]).trim(), "main");
    let never = sandbox.run(&["switch", "@{-99}"]);
    assert!(
        never.code != 0 && never.stderr.contains("@{-99}"),
        "{}",
        never.stderr
    );
}

#[test]
fn rows_go_along_with_a_commit_on_no_branch() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["switch", "-d", "main"]);
    sandbox.must(&["sql", "-q", "insert into item values (70, 'there')"]);
    sandbox.must(&["commit", "-am", "On no branch"]);
    assert!(!sandbox.must(&["status"]).contains("item"));
    sandbox.must(&["switch", "main"]);
    sandbox.must(&["switch", "-d", "main"]);
    let status = sandbox.must(&["status"]);
    assert!(!status.contains("item"), "{status}");
    let counted = sandbox.must(&["sql", "-Bq", "select count(*) from item"]);
    assert_eq!(counted.lines().nth(1), Some("0"));
}

#[test]
fn what_nothing_is_committed_of_has_a_branch_too() {
    let sandbox = Sandbox::new();
    sandbox.git(&["init", "-q", "-b", "main"]);
    sandbox.write("f", "1");
    sandbox.must(&["add", "."]);
    sandbox.must(&["reset"]);
    assert_eq!(sandbox.git(&["status", "--porcelain", "f"]).trim(), "?? f");
    sandbox.must(&["switch", "-c", "other"]);
    assert_eq!(
        sandbox.git(&["symbolic-ref", "HEAD"]).trim(),
        "refs/heads/other"
    );
}
