//! `clone`, `remote`, `fetch`, `pull` and `push`: through git, rows included.

use crate::sandbox::Sandbox;

/// A shop with a row, and a bare repository to which it was pushed.
fn pushed() -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'pen')"]);
    sandbox.must(&["commit", "-am", "A pen"]);
    sandbox.git(&["init", "--quiet", "--bare", "-b", "main", "../hub"]);
    // A path as it is, so that messages with it are the same in every folder.
    sandbox.git(&["remote", "add", "origin", "../hub"]);
    sandbox.must(&["push", "-u", "origin", "main"]);
    sandbox
}

#[test]
fn a_clone_has_the_rows() {
    let sandbox = pushed();
    sandbox.vrev(&["remote", "add", "hub", "../hub"]);
    sandbox.vrev(&["remote"]).vrev(&["remote", "-v"]);
    sandbox.vrev(&["remote", "--format", "json"]);
    sandbox.vrev(&["clone", "../hub", "../copy"]);
    sandbox.vrev(&["-C", "../copy", "sql", "-q", "select * from shop.item"]);
    sandbox.vrev(&["-C", "../copy", "status"]);
    sandbox.vrev(&["clone", "../hub", "../copy"]);
    sandbox.vrev(&["clone", "../nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert_eq!(sandbox.git(&["-C", "../copy", "status", "--porcelain"]), "");
    assert!(
        !sandbox.folder().join("../copy/rows").exists(),
        "rows stay out of the worktree"
    );
    assert!(
        !sandbox.folder().join("nowhere").exists(),
        "a failed clone leaves nothing"
    );
    sandbox.git(&["-C", "../copy", "fsck", "--strict"]);
}

#[test]
fn what_others_pushed_is_fetched_and_what_would_overwrite_it_refused() {
    let sandbox = pushed();
    sandbox.must(&["clone", "../hub", "../copy"]);
    sandbox.must(&[
        "-C",
        "../copy",
        "sql",
        "-q",
        "insert into shop.item values (2, 'ink')",
    ]);
    sandbox.must(&["-C", "../copy", "commit", "-am", "Some ink"]);
    sandbox.must(&["-C", "../copy", "push"]);
    sandbox.must(&["sql", "-q", "insert into item values (3, 'cap')"]);
    sandbox.must(&["commit", "-am", "A cap"]);
    let rejected = sandbox.run(&["push"]);
    assert_eq!(rejected.code, 1, "{rejected:?}");
    assert!(rejected.stderr.contains("[rejected]"), "{rejected:?}");
    sandbox.vrev(&["status"]).must(&["fetch"]);
    sandbox
        .vrev(&["status"])
        .vrev(&["status", "--format", "json"]);
    sandbox.vrev(&["diff", "origin/main~1", "origin/main"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn what_was_pulled_is_merged() {
    let sandbox = pushed();
    sandbox.vrev(&["pull"]);
    sandbox.must(&["clone", "../hub", "../copy"]);
    let elsewhere = |args: &[&str]| sandbox.must(&[&["-C", "../copy"], args].concat());
    elsewhere(&["sql", "-q", "insert into shop.item values (2, 'ink')"]);
    elsewhere(&["commit", "-am", "Some ink"]);
    elsewhere(&["push"]);
    sandbox.vrev(&["pull", "--ff-only"]);
    elsewhere(&[
        "sql",
        "-q",
        "update shop.item set name = 'red ink' where id = 2",
    ]);
    elsewhere(&["commit", "-am", "Red ink"]);
    elsewhere(&["push"]);
    sandbox.must(&["sql", "-q", "insert into item values (3, 'cap')"]);
    sandbox.must(&["commit", "-am", "A cap"]);
    sandbox.vrev(&["pull", "--ff-only"]).vrev(&["pull"]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["log", "--oneline", "-n", "2"]);
    sandbox.must(&["reset", "--hard", "HEAD~1"]);
    sandbox.vrev(&["pull", "--rebase"]);
    sandbox.vrev(&["log", "--oneline", "-n", "2"]);
    sandbox.must(&["switch", "-c", "alone"]);
    sandbox.vrev(&["pull"]);
    insta::assert_snapshot!(sandbox.transcript());
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_shallow_clone_ends_where_it_was_cut() {
    let sandbox = pushed();
    let url = format!(
        "file://{}",
        sandbox
            .folder()
            .join("../hub")
            .canonicalize()
            .expect("it exists")
            .display()
    );
    sandbox.must(&["clone", "--depth", "1", &url, "../copy"]);
    sandbox.vrev(&["-C", "../copy", "log", "--oneline"]);
    sandbox.vrev(&["-C", "../copy", "show", "HEAD~1"]);
    sandbox.vrev(&["-C", "../copy", "sql", "-q", "select * from shop.item"]);
    insta::assert_snapshot!(sandbox.transcript());
    sandbox.must(&["-C", "../copy", "fetch", "--unshallow"]);
    sandbox.must(&["-C", "../copy", "show", "HEAD~1"]);
}

#[test]
fn a_filtered_clone_says_what_it_lacks() {
    let sandbox = pushed();
    sandbox.git(&["-C", "../hub", "config", "uploadpack.allowFilter", "true"]);
    let url = format!(
        "file://{}",
        sandbox
            .folder()
            .join("../hub")
            .canonicalize()
            .expect("it exists")
            .display()
    );
    sandbox.must(&["clone", "--filter", "blob:none", &url, "../copy"]);
    sandbox.vrev(&["-C", "../copy", "log", "--oneline"]);
    sandbox.vrev(&["-C", "../copy", "sql", "-q", "select * from shop.item"]);
    sandbox.vrev(&["-C", "../copy", "verify"]);
    insta::assert_snapshot!(sandbox.transcript());
    let told = sandbox.must(&["-C", "../copy", "verify", "--format", "json"]);
    assert!(told.contains("\"filter\": \"blob:none\""), "{told}");
    sandbox.must(&["-C", "../copy", "fetch", "--refetch"]);
    let told = sandbox.must(&["-C", "../copy", "verify"]);
    assert!(!told.contains("left out"), "{told}");
    let rows = sandbox.must(&["-C", "../copy", "sql", "-q", "select * from shop.item"]);
    assert!(rows.contains("pen"), "{rows}");
}
