//! `log` and `show`.

use crate::sandbox::Sandbox;

fn history() -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "First row"]);
    sandbox.must(&["sql", "-q", "create table tag (id int primary key)"]);
    sandbox.must(&[
        "commit",
        "-A",
        "-m",
        "Add tag",
        "-m",
        "A body\nof two lines",
    ]);
    sandbox
}

#[test]
fn commits_newest_first() {
    let sandbox = history();
    sandbox
        .vrev(&["log"])
        .vrev(&["log", "--oneline", "-n", "2"])
        .vrev(&["log", "--oneline", "HEAD~2..HEAD~1"]);
    sandbox.vrev(&["log", "-n", "1", "--format", "json"]);
    sandbox.vrev(&["log", "nowhere"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn commits_that_changed_an_object() {
    let sandbox = history();
    for object in [
        "shop.item",
        "shop.tag",
        "tables",
        "keyspaces/shop/vschema.json",
        "shop",
        "shop.nothing",
    ] {
        sandbox.vrev(&["log", "--oneline", "--", object]);
    }
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn merges_are_drawn() {
    let sandbox = history();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "On the side"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    sandbox
        .vrev(&["log", "--graph", "--oneline"])
        .vrev(&["log", "--graph", "-n", "2"]);
    let ours = sandbox.must(&["log", "--graph", "--oneline"]);
    let gits = sandbox.git(&["log", "--graph", "--oneline", "--decorate", "--no-color"]);
    let trimmed = |text: &str| {
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(trimmed(&ours), trimmed(&gits));
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_commit_and_its_change() {
    let sandbox = history();
    sandbox
        .vrev(&["show"])
        .vrev(&["show", "HEAD~1"])
        .vrev(&["show", "--stat", "HEAD~2"]);
    sandbox.vrev(&["show", "HEAD~1", "--format", "json"]);
    sandbox.vrev(&["show", "HEAD", "--text"]);
    sandbox.vrev(&["show", "HEAD~9"]);
    insta::assert_snapshot!(sandbox.transcript());
}
