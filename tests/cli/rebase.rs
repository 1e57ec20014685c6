//! `rebase` from the outside: straight, with a conflict, skipped, taken back.

use crate::merge::{diverged, sql, state};

#[test]
fn commits_are_made_again_on_top() {
    let sandbox = diverged();
    sandbox.must(&["switch", "side"]);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["rebase", "main"])
            .vrev(&["rebase", "main"])
            .vrev(&["log", "--oneline"])
            .vrev(&["rebase", "--abort"])
            .transcript()
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\npencil\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n2\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // A branch without commits of its own just follows.
    sandbox.must(&["switch", "main"]);
    sandbox.must(&["rebase", "side"]);
    assert_eq!(
        sandbox.git(&["rev-parse", "main"]),
        sandbox.git(&["rev-parse", "side"])
    );
}

#[test]
fn onto_moves_commits_elsewhere() {
    let sandbox = diverged();
    sandbox.must(&["switch", "-c", "more", "side"]);
    sandbox.write("plan.txt", "one\n");
    sandbox.must(&["commit", "-A", "-m", "Plan"]);
    sandbox.must(&["rebase", "--onto", "main", "side"]);
    assert_eq!(
        sandbox.git(&["log", "--format=%s", "main~1..HEAD"]),
        "Plan\nRename the pen\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n1\n");
    assert_eq!(sandbox.read("plan.txt"), "one\n");
}

#[test]
fn a_conflict_stops_on_a_branch_of_its_own() {
    let sandbox = diverged();
    sandbox.must(&["switch", "side"]);
    sql(&sandbox, "update item set name = 'quill' where id = 2");
    sandbox.must(&["commit", "-a", "-m", "Quill"]);
    sql(&sandbox, "insert into tag(id, name) values (3, 'odd')");
    sandbox.must(&["commit", "-a", "-m", "Odd"]);
    let before = state(&sandbox);

    let run = sandbox.run(&["rebase", "main"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("CONFLICT"), "{}", run.stdout);
    assert_eq!(
        sandbox.git(&["symbolic-ref", "HEAD"]),
        "refs/heads/dolt_rebase_side\n"
    );
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s", "side"]), "Odd\n");
    assert!(sandbox.must(&["status"]).contains("vrev rebase --abort"));
    assert_eq!(sandbox.run(&["rebase", "--continue"]).code, 1);
    sandbox.must(&["rebase", "--abort"]);
    assert_eq!(state(&sandbox), before);
    assert_eq!(
        sandbox.git(&["branch", "--format=%(refname:short)"]),
        "main\nside\n"
    );

    assert_eq!(sandbox.run(&["rebase", "main"]).code, 1);
    let skipped = sandbox.must(&["rebase", "--skip"]);
    assert!(skipped.contains("Odd"), "{skipped}");
    assert_eq!(
        sandbox.git(&["log", "--format=%s", "main..side"]),
        "Odd\nTag and note\n"
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\npencil\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n3\n");
    assert_eq!(
        sandbox.git(&["branch", "--format=%(refname:short)"]),
        "main\nside\n"
    );
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_resolved_conflict_is_gone_on_with() {
    let sandbox = diverged();
    sandbox.must(&["switch", "side"]);
    sql(&sandbox, "update item set name = 'quill' where id = 2");
    sandbox.must(&["commit", "-a", "-m", "Quill"]);
    sql(&sandbox, "insert into tag(id, name) values (3, 'odd')");
    sandbox.must(&["commit", "-a", "-m", "Odd"]);
    assert_eq!(sandbox.run(&["rebase", "main"]).code, 1);
    sandbox.must(&["resolve", "--theirs"]);
    sandbox.must(&["rebase", "--continue"]);
    assert_eq!(
        sandbox.git(&["log", "--format=%s", "main..side"]),
        "Odd\nQuill\nTag and note\n"
    );
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\nquill\n"
    );
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n3\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(
        sandbox.git(&["branch", "--format=%(refname:short)"]),
        "main\nside\n"
    );
}
