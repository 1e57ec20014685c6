//! `merge`, `cherry-pick` and `revert` from the outside: what they print, what git sees, and that taking back is exact.

use crate::sandbox::Sandbox;

/// `shop` with a second table `tag`, and rows in both.
pub(crate) fn shop() -> Sandbox {
    let sandbox = Sandbox::shop();
    sql(
        &sandbox,
        "create table tag (id bigint primary key, name varchar(40))",
    );
    sql(
        &sandbox,
        "insert into item(id, name) values (1, 'ink'), (2, 'pen')",
    );
    sql(&sandbox, "insert into tag(id, name) values (1, 'new')");
    sandbox.must(&["commit", "-A", "-m", "Add rows"]);
    sandbox
}

pub(crate) fn sql(sandbox: &Sandbox, statement: &str) -> String {
    sandbox.must(&["sql", "--format", "csv", "-q", statement])
}

/// Everything that taking back must restore.
pub(crate) fn state(sandbox: &Sandbox) -> Vec<String> {
    vec![
        sandbox.git(&["rev-parse", "HEAD"]),
        sandbox.git(&["status", "--porcelain"]),
        sandbox.git(&["diff", "--cached", "--raw"]),
        sandbox.must(&["status"]),
        sql(sandbox, "select * from item order by id"),
        sql(sandbox, "select * from tag order by id"),
    ]
}

/// `side` changes `tag`, `main` changes `item`.
pub(crate) fn diverged() -> Sandbox {
    let sandbox = shop();
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "insert into tag(id, name) values (2, 'old')");
    sql(
        &sandbox,
        "create table note (id bigint primary key, text varchar(99))",
    );
    sandbox.must(&["commit", "-A", "-m", "Tag and note"]);
    sandbox.must(&["switch", "main"]);
    sql(&sandbox, "update item set name = 'pencil' where id = 2");
    sandbox.must(&["commit", "-a", "-m", "Rename the pen"]);
    sandbox
}

#[test]
fn a_merge_takes_rows_and_tables_of_both_sides() {
    let sandbox = diverged();
    insta::assert_snapshot!(sandbox.vrev(&["merge", "side"]).transcript());
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\npencil\n"
    );
    assert_eq!(
        sql(&sandbox, "select name from tag where id = 2"),
        "name\nold\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from note"), "n\n0\n");
    let parents = sandbox.git(&["log", "-1", "--format=%P"]);
    assert_eq!(parents.split_whitespace().count(), 2);
    sandbox.git(&["fsck", "--strict"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    insta::assert_snapshot!(
        "again",
        sandbox
            .vrev(&["merge", "side"])
            .vrev(&["merge", "HEAD"])
            .vrev(&["merge", "nobody"])
            .transcript()
    );
}

#[test]
fn head_moves_forward_where_it_can() {
    let sandbox = shop();
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "insert into tag(id, name) values (2, 'old')");
    sandbox.must(&["commit", "-a", "-m", "Tag"]);
    sandbox.must(&["switch", "main"]);
    insta::assert_snapshot!(sandbox.vrev(&["merge", "side"]).transcript());
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n2\n");
    assert_eq!(
        sandbox.git(&["rev-parse", "main"]),
        sandbox.git(&["rev-parse", "side"])
    );
}

#[test]
fn flags_say_how_far_it_goes() {
    let sandbox = diverged();
    insta::assert_snapshot!(
        sandbox
            .vrev(&["merge", "--ff-only", "side"])
            .vrev(&["merge", "--squash", "--no-ff", "side"])
            .vrev(&["merge", "--squash", "side"])
            .vrev(&["status"])
            .vrev(&["commit", "-m", "Squashed"])
            .vrev(&["merge", "--continue"])
            .vrev(&["merge", "--abort"])
            .transcript()
    );
    let parents = sandbox.git(&["log", "-1", "--format=%P"]);
    assert_eq!(parents.split_whitespace().count(), 1);
}

#[test]
fn a_stopped_merge_is_known_to_git_and_taken_back_exactly() {
    let sandbox = diverged();
    // Local changes elsewhere are carried through, staged and not.
    sandbox.write("notes.txt", "mine\n");
    sandbox.git(&["add", "notes.txt"]);
    sql(&sandbox, "insert into item(id, name) values (3, 'cap')");
    let before = state(&sandbox);
    sandbox.must(&["merge", "--no-commit", "side"]);
    assert!(sandbox.git(&["status"]).contains("merging"));
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n3\n");
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n2\n");
    let refused = sandbox.run(&["cherry-pick", "side"]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("vrev merge --abort"),
        "{}",
        refused.stderr
    );
    sandbox.must(&["merge", "--abort"]);
    assert_eq!(state(&sandbox), before);
    assert!(!sandbox.git(&["status"]).contains("merging"));

    sandbox.must(&["merge", "--no-commit", "side"]);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["commit", "--amend", "-m", "no"])
            .vrev(&["commit"])
            .transcript()
    );
    let parents = sandbox.git(&["log", "-1", "--format=%P"]);
    assert_eq!(parents.split_whitespace().count(), 2);
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n3\n");
    assert!(!sandbox.git(&["status"]).contains("merging"));
}

#[test]
fn a_merge_concluded_by_plain_git_is_concluded() {
    let sandbox = diverged();
    sandbox.must(&["merge", "--no-commit", "side"]);
    sandbox.git(&["commit", "-q", "--no-edit"]);
    assert_eq!(
        sandbox
            .git(&["log", "-1", "--format=%P"])
            .split_whitespace()
            .count(),
        2
    );
    assert_eq!(sandbox.run(&["merge", "--abort"]).code, 2);
    assert!(sandbox.must(&["status"]).contains("nothing to commit"));
}

#[test]
fn local_changes_in_the_way_are_refused() {
    let sandbox = diverged();
    sql(&sandbox, "insert into tag(id, name) values (9, 'mine')");
    let before = state(&sandbox);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["merge", "side"])
            .vrev(&["cherry-pick", "side"])
            .transcript()
    );
    assert_eq!(state(&sandbox), before);
}

#[test]
fn picks_keep_the_author_and_reverts_go_back() {
    let sandbox = diverged();
    sandbox.must(&["switch", "side"]);
    sql(&sandbox, "insert into tag(id, name) values (3, 'odd')");
    sandbox.must(&[
        "commit",
        "-a",
        "-m",
        "Odd",
        "--author",
        "Bob <bob@example.org>",
    ]);
    sandbox.must(&["switch", "main"]);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["cherry-pick", "side~1", "side"])
            .vrev(&["cherry-pick", "side"])
            .vrev(&["revert", "HEAD", "HEAD~1"])
            .vrev(&["revert", "--abort"])
            .transcript()
    );
    assert_eq!(
        sandbox.git(&["log", "-1", "--skip=2", "--format=%an"]),
        "Bob\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n1\n");
    assert_eq!(sandbox.git(&["diff", "HEAD", "HEAD~4", "--stat"]), "");
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_merged_tree_is_told_and_nothing_moves() {
    let sandbox = diverged();
    let before = state(&sandbox);
    let tree = sandbox.must(&["merge", "--write-tree", "side"]);
    assert_eq!(state(&sandbox), before);
    sandbox.must(&["merge", "side"]);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD^{tree}"]), tree);
    // Theirs is in ours already.
    assert_eq!(sandbox.must(&["merge", "--write-tree", "side"]), tree);
    sandbox.must(&["switch", "-c", "clash", "side"]);
    sql(&sandbox, "update item set name = 'quill' where id = 2");
    sandbox.must(&["commit", "-a", "-m", "Quill"]);
    let run = sandbox.run(&["merge", "--write-tree", "main"]);
    assert_eq!(run.code, 1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[1..], ["shop.item"]);
    assert_eq!(sandbox.git(&["cat-file", "-t", lines[0]]).trim(), "tree");
    assert!(!sandbox.folder().join(".git/MERGE_HEAD").exists());
}

#[test]
fn conflicts_stop_a_merge_until_they_are_resolved() {
    let sandbox = diverged();
    sandbox.must(&["switch", "side"]);
    sql(&sandbox, "update item set name = 'quill' where id = 2");
    sandbox.must(&["commit", "-a", "-m", "Quill"]);
    sandbox.must(&["switch", "main"]);
    let before = state(&sandbox);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["merge", "side"])
            .vrev(&["status"])
            .vrev(&["commit", "-m", "no"])
            .transcript()
    );
    // Ours stays in the clashing cells, all else is merged.
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\npencil\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n2\n");
    sandbox.must(&["merge", "--abort"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    sandbox.must(&["resolve", "--theirs", "shop.item"]);
    insta::assert_snapshot!(
        "resolved",
        sandbox.vrev(&["merge", "--continue"]).transcript()
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\nquill\n"
    );
    let parents = sandbox.git(&["log", "-1", "--format=%P"]);
    assert_eq!(parents.split_whitespace().count(), 2);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn rows_added_under_keys_that_compare_equal_are_a_conflict() {
    let sandbox = shop();
    sql(
        &sandbox,
        "create table word (k varchar(20) primary key, v int)",
    );
    sandbox.must(&["commit", "-A", "-m", "Words"]);
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "insert into word values ('É', 2), ('x', 1)");
    sandbox.must(&["commit", "-a", "-m", "Theirs"]);
    sandbox.must(&["switch", "main"]);
    sql(&sandbox, "insert into word values ('e', 1)");
    sandbox.must(&["commit", "-a", "-m", "Ours"]);
    let words = || sql(&sandbox, "select * from word order by k");
    let before = state(&sandbox);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    assert_eq!(words(), "k,v\ne,1\nx,1\n");
    let told = sandbox.must(&["conflicts", "cat", "shop.word"]);
    for line in ["| ours    | e ", "| theirs  | É "] {
        assert!(told.contains(line), "{told}");
    }
    let sides = "select our_k, our_v, their_k, their_v from dolt_conflicts_word";
    assert_eq!(
        sql(&sandbox, sides),
        "our_k,our_v,their_k,their_v\ne,1,É,2\n"
    );
    sandbox.must(&["merge", "--abort"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(words(), "k,v\ne,1\n");
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    sandbox.must(&["resolve", "--theirs", "shop.word"]);
    sandbox.must(&["merge", "--continue"]);
    assert_eq!(words(), "k,v\nÉ,2\nx,1\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_conflict_shows_our_row_under_the_spelling_that_it_took() {
    let sandbox = shop();
    sql(
        &sandbox,
        "create table word (k varchar(20) primary key, v int)",
    );
    sql(&sandbox, "insert into word values ('a', 1)");
    sandbox.must(&["commit", "-A", "-m", "Words"]);
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "update word set k = 'A', v = 3");
    sandbox.must(&["commit", "-a", "-m", "Theirs"]);
    sandbox.must(&["switch", "main"]);
    sql(&sandbox, "update word set v = 2");
    sandbox.must(&["commit", "-a", "-m", "Ours"]);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    assert_eq!(sql(&sandbox, "select * from word"), "k,v\nA,2\n");
    let sides = "select our_k, our_v, our_diff_type, their_k, their_v from dolt_conflicts_word";
    assert_eq!(
        sql(&sandbox, sides),
        "our_k,our_v,our_diff_type,their_k,their_v\nA,2,modified,A,3\n"
    );
    sandbox.must(&["resolve", "--theirs", "shop.word"]);
    assert_eq!(sql(&sandbox, "select * from word"), "k,v\nA,3\n");
}

#[test]
fn a_sequence_stops_at_a_conflict_and_goes_on() {
    let sandbox = diverged();
    for name in ["a", "b"] {
        sql(
            &sandbox,
            &format!("update item set name = '{name}' where id = 2"),
        );
        sandbox.must(&["commit", "-a", "-m", name]);
    }
    sql(&sandbox, "insert into tag(id, name) values (9, 'nine')");
    sandbox.must(&["commit", "-a", "-m", "nine"]);
    let before = state(&sandbox);
    // `nine` goes back cleanly, `a` clashes with `b`.
    let revert = ["revert", "HEAD", "HEAD~2", "HEAD~1"];
    assert_eq!(sandbox.run(&revert).code, 1);
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%s"]),
        "Revert \"nine\"\n"
    );
    sandbox.must(&["revert", "--abort"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(sandbox.run(&revert).code, 1);
    sandbox.must(&["resolve", "--ours"]);
    // Nothing is left of the second one; the third applies.
    sandbox.must(&["revert", "--continue"]);
    assert_eq!(
        sandbox.git(&["log", "-2", "--format=%s"]),
        "Revert \"b\"\nRevert \"nine\"\n"
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\na\n"
    );
    assert!(sandbox.must(&["status"]).contains("nothing to commit"));
}

#[test]
fn a_revert_leaves_unstaged_changes_elsewhere_alone() {
    let sandbox = shop();
    sql(&sandbox, "update item set name = 'x' where id = 1");
    sandbox.must(&["commit", "-am", "X"]);
    sql(&sandbox, "insert into tag(id, name) values (9, 'mine')");
    sandbox.write("plan.txt", "one\n");
    sandbox.must(&["revert", "HEAD"]);
    assert_eq!(
        sql(&sandbox, "select name from item where id = 1"),
        "name\nink\n"
    );
    assert_eq!(
        sql(&sandbox, "select name from tag where id = 9"),
        "name\nmine\n"
    );
    let status = sandbox.must(&["status"]);
    assert!(
        status.contains("modified rows:      shop.tag") && !status.contains("shop.item"),
        "{status}"
    );
    // What it touches, and what is staged, is in the way.
    let refused = sandbox.run(&["revert", "HEAD", "HEAD~1", "HEAD~2"]);
    assert!(refused.code != 0, "{}", refused.stdout);
    sandbox.must(&["add", "shop.tag"]);
    let refused = sandbox.run(&["revert", "HEAD"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("shop.tag"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        sql(&sandbox, "select name from tag where id = 9"),
        "name\nmine\n"
    );
}

#[test]
fn a_reset_in_the_middle_of_a_merge() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&["switch", "-c", "side"]);
    sandbox.must(&["sql", "-q", "update item set name = 'side'"]);
    sandbox.must(&["commit", "-am", "side"]);
    sandbox.must(&["switch", "main"]);
    sandbox.must(&["sql", "-q", "update item set name = 'main'"]);
    sandbox.must(&["commit", "-am", "main"]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    assert_eq!(sandbox.git(&["rev-parse", "ORIG_HEAD"]), head);
    let soft = sandbox.run(&["reset", "--soft", "HEAD~1"]);
    assert!(
        soft.code != 0 && soft.stderr.contains("merge"),
        "{}",
        soft.stderr
    );
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
    sandbox.must(&["reset"]);
    assert!(!sandbox.folder().join(".git/MERGE_HEAD").exists());
    assert!(!sandbox.must(&["status"]).contains("unmerged"));
    let emptied = sandbox.run(&["commit", "--amend", "-m", ""]);
    assert!(
        emptied.code != 0 && emptied.stderr.contains("message"),
        "{}",
        emptied.stderr
    );
}
