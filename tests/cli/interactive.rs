//! `rebase -i` from the outside: the list is edited by scripts in the place of a person.

use crate::sandbox::{Run, Sandbox};

fn sql(sandbox: &Sandbox, statement: &str) -> String {
    sandbox.must(&["sql", "--format", "csv", "-q", statement])
}

/// `main` with a base and four commits: a row each, the last one changes the first.
fn line() -> Sandbox {
    let sandbox = Sandbox::shop();
    for (id, message) in [(1, "One"), (2, "Two"), (3, "Three\n\nthe third")] {
        sql(
            &sandbox,
            &format!("insert into item(id, name) values ({id}, 'x')"),
        );
        sandbox.must(&["commit", "-am", message]);
    }
    sql(&sandbox, "update item set name = 'y' where id = 1");
    sandbox.must(&["commit", "-am", "Four"]);
    sandbox
}

/// Runs vrev with an editor for lists and one for messages, both sed scripts.
fn edited(sandbox: &Sandbox, args: &[&str], list: &str, message: &str) -> Run {
    let editor = |script: &str| format!("sed -i -e '{script}'");
    let output = sandbox
        .command(env!("CARGO_BIN_EXE_vrev"))
        .args(args)
        .env("GIT_SEQUENCE_EDITOR", editor(list))
        .env("GIT_EDITOR", editor(message))
        .output();
    sandbox.finished(output.expect("vrev can be started"))
}

fn log(sandbox: &Sandbox) -> String {
    sandbox.git(&["log", "--reverse", "--format=%s", "HEAD~3..HEAD"])
}

#[test]
fn the_list_is_gits() {
    let sandbox = line();
    let shown = sandbox
        .command(env!("CARGO_BIN_EXE_vrev"))
        .args(["rebase", "-i", "HEAD~2"])
        .env("GIT_SEQUENCE_EDITOR", "cat")
        .output()
        .expect("vrev can be started");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let id = |revision: &str| {
        sandbox
            .git(&["rev-parse", "--short=10", revision])
            .trim()
            .to_owned()
    };
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], format!("pick {} Three", id("HEAD~1")));
    assert_eq!(lines[1], format!("pick {} Four", id("HEAD")));
    assert!(
        lines[3].starts_with("# Rebase onto HEAD~2 (2 commands)"),
        "{shown}"
    );
    assert!(!sandbox.folder().join(".git/rebase-merge").exists());
    // What nobody touched stays the commit that it was.
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        edited(&sandbox, &["rebase", "-i", "HEAD~2"], "", "").code,
        0
    );
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
}

#[test]
fn lines_are_moved_dropped_and_reworded() {
    let sandbox = line();
    sandbox.must(&["tag", "before"]);
    // Two is dropped, Three reworded, Four comes first.
    let run = edited(
        &sandbox,
        &["rebase", "-i", "HEAD~3"],
        "1s/^pick/d/;2s/^pick/r/;3{h;d};$G",
        "1s/.*/Tres/",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("Successfully rebased and updated refs/heads/main"),
        "{}",
        run.stderr
    );
    assert_eq!(
        sandbox.git(&["log", "--format=%s", "before~3..HEAD"]),
        "Four\nTres\n"
    );
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%b", "HEAD~1"]),
        "the third\n\n"
    );
    assert_eq!(
        sql(&sandbox, "select id, name from item order by id"),
        "id,name\n1,y\n3,x\n"
    );
    assert_eq!(
        sandbox.git(&["branch", "--format=%(refname:short)"]),
        "main\n"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn commits_are_put_together() {
    let sandbox = line();
    let run = edited(
        &sandbox,
        &["rebase", "-i", "HEAD~4"],
        "2s/^pick/squash/;3s/^pick/s/;4s/^pick/fixup/",
        "1s/.*/All/",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%B"]),
        "All\n\nTwo\n\nThree\n\nthe third\n\n"
    );
    assert_eq!(sandbox.git(&["log", "--format=%s"]).lines().count(), 3);
    assert_eq!(
        sql(&sandbox, "select id, name from item order by id"),
        "id,name\n1,y\n2,x\n3,x\n"
    );
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let sandbox = line();
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    for (list, message, told) in [
        (
            "1iexec make",
            "",
            "line 1 of the list: `exec` is not supported",
        ),
        ("1ibreak", "", "`break` is not supported"),
        ("2s/^pick/fixup -C/", "", "`fixup -C` is not supported"),
        (
            "2s/^pick/peck/",
            "",
            "line 2 of the list: `peck` is no command",
        ),
        (
            "2s/^pick [0-9a-f]*/pick 0000000000/",
            "",
            "`0000000000` names no commit",
        ),
        (
            "1s/^pick/squash/",
            "",
            "squash and fixup actions must appear after a pick",
        ),
        ("d", "", "the list is empty"),
        ("1s/^pick/reword/", "d", "message"),
        ("no such command", "", "ended with a failure"),
    ] {
        let run = edited(&sandbox, &["rebase", "-i", "HEAD~3"], list, message);
        assert!(
            run.code != 0 && run.stderr.contains(told),
            "{list}: {}",
            run.stderr
        );
        assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head);
        assert!(
            sandbox.must(&["status"]).contains("nothing to commit"),
            "{list}"
        );
    }
    let none = sandbox.run(&["rebase", "-i", "HEAD~3"]);
    assert!(
        none.code != 0 && none.stderr.contains("there is no editor"),
        "{}",
        none.stderr
    );
}

#[test]
fn it_stops_to_edit_and_goes_on() {
    let sandbox = line();
    let run = edited(&sandbox, &["rebase", "-i", "HEAD~3"], "1s/^pick/edit/", "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("Two") && run.stderr.contains("vrev rebase --continue"),
        "{}",
        run.stderr
    );
    sql(&sandbox, "update item set name = 'zwei' where id = 2");
    let early = sandbox.run(&["rebase", "--continue"]);
    assert!(
        early.code != 0 && early.stderr.contains("not staged"),
        "{}",
        early.stderr
    );
    sandbox.must(&["commit", "-a", "--amend", "-m", "Zwei"]);
    sandbox.must(&["rebase", "--continue"]);
    assert_eq!(log(&sandbox), "Zwei\nThree\nFour\n");
    assert_eq!(
        sql(&sandbox, "select name from item where id = 2"),
        "name\nzwei\n"
    );
}

#[test]
fn a_conflict_is_resolved_skipped_or_given_up() {
    let sandbox = line();
    sandbox.must(&["tag", "before"]);
    sql(&sandbox, "update item set name = 'z' where id = 1");
    sandbox.must(&["commit", "-am", "Five"]);
    sandbox.must(&["tag", "all"]);
    // Five without Four clashes.
    let begin = || {
        let run = edited(
            &sandbox,
            &["rebase", "-i", "HEAD~2"],
            "1d;2s/^pick/reword/",
            "1s/.*/Cinco/",
        );
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(
            run.stdout.contains("CONFLICT"),
            "{}{}",
            run.stdout,
            run.stderr
        );
    };
    begin();
    let refused = sandbox.run(&["rebase", "--continue"]);
    assert!(
        refused.code != 0 && refused.stderr.contains("conflict: shop.item"),
        "{}",
        refused.stderr
    );
    sandbox.must(&["rebase", "--abort"]);
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        sandbox.git(&["rev-parse", "all"])
    );
    begin();
    sandbox.must(&["resolve", "--theirs"]);
    sandbox.must(&["rebase", "--continue"]);
    assert_eq!(log(&sandbox), "Two\nThree\nCinco\n");
    assert_eq!(
        sql(&sandbox, "select name from item where id = 1"),
        "name\nz\n"
    );
    sandbox.must(&["reset", "--hard", "all"]);
    begin();
    sandbox.must(&["rebase", "--skip"]);
    assert_eq!(log(&sandbox), "One\nTwo\nThree\n");
    assert_eq!(
        sql(&sandbox, "select name from item where id = 1"),
        "name\nx\n"
    );
    assert_eq!(
        sandbox.git(&["branch", "--format=%(refname:short)"]),
        "main\n"
    );
}

#[test]
fn a_clash_of_definitions_stops_too() {
    let sandbox = Sandbox::shop();
    for width in [50, 60, 70] {
        sql(
            &sandbox,
            &format!("alter table item modify name varchar({width})"),
        );
        sandbox.must(&["commit", "-am", &format!("To {width}")]);
    }
    let run = edited(&sandbox, &["rebase", "-i", "HEAD~2"], "1d", "");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(sandbox.git(&["ls-files", "-u"]).lines().count(), 3);
    sandbox.git(&["checkout", "--theirs", "keyspaces/shop/tables/item.sql"]);
    sandbox.git(&["add", "keyspaces/shop/tables/item.sql"]);
    sandbox.must(&["rebase", "--continue"]);
    let text = sandbox.read("keyspaces/shop/tables/item.sql");
    assert!(text.contains("varchar(70)"), "{text}");
    assert_eq!(sandbox.git(&["log", "-2", "--format=%s"]), "To 70\nTo 50\n");
}
