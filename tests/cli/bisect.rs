//! `bisect`, alone and together with git's.

use crate::sandbox::Sandbox;

/// Eight commits; the fifth loses the primary key of `shop.item`.
fn history() -> Sandbox {
    let sandbox = Sandbox::shop();
    for number in 1..=8 {
        if number == 5 {
            let path = "keyspaces/shop/tables/item.sql";
            let text = sandbox.read(path).replace(",\n  PRIMARY KEY (`id`)", "");
            sandbox.write(path, &text);
        }
        sandbox.write("notes.txt", &format!("{number}\n"));
        sandbox.must(&["commit", "-A", "-m", &format!("Change {number}")]);
    }
    sandbox
}

#[test]
fn by_hand() {
    let sandbox = history();
    sandbox
        .vrev(&["bisect", "good"])
        .vrev(&["bisect", "start"])
        .vrev(&["bisect", "bad"])
        .vrev(&["bisect", "good", "HEAD~8"])
        .vrev(&["bisect", "good"])
        .vrev(&["bisect", "skip"])
        .vrev(&["bisect", "bad"])
        .vrev(&["bisect", "log"])
        .vrev(&["bisect", "reset"])
        .vrev(&["status"])
        .vrev(&["bisect", "log"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn by_asking_the_catalog() {
    let sandbox = history();
    let question: &[&str] = &["bisect", "run", "--without-primary-key", "shop.item"];
    sandbox
        .vrev(&["bisect", "start", "HEAD", "HEAD~8"])
        .vrev(question)
        .vrev(&["bisect", "reset"])
        .vrev(&["bisect", "start", "HEAD", "HEAD~8"])
        .vrev(&[
            "bisect",
            "run",
            "--query",
            "select 1 from item",
            "--scatters",
        ])
        .vrev(&["bisect", "run", "--query", "select 1"])
        .vrev(&["bisect", "run"])
        .vrev(&["bisect", "reset"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn by_a_command() {
    let sandbox = history();
    sandbox
        .vrev(&["bisect", "start", "HEAD", "HEAD~8"])
        .vrev(&[
            "bisect",
            "run",
            "grep",
            "-q",
            "PRIMARY",
            "keyspaces/shop/tables/item.sql",
        ])
        .vrev(&["bisect", "reset"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn git_goes_on_where_vrev_stopped() {
    let sandbox = history();
    sandbox.must(&["bisect", "start", "HEAD", "HEAD~8"]);
    let said = sandbox.must(&["bisect", "good", "HEAD"]);
    assert!(said.contains("Bisecting"), "{said}");
    let fifth = sandbox.git(&["rev-parse", "main~3"]);
    let said = sandbox.git(&[
        "bisect",
        "run",
        "grep",
        "-q",
        "PRIMARY",
        "keyspaces/shop/tables/item.sql",
    ]);
    assert!(
        said.contains(&format!("{} is the first bad commit", fifth.trim())),
        "{said}"
    );
    // And back again: vrev reads what git wrote.
    let said = sandbox.must(&["bisect", "log"]);
    assert!(said.contains("# first bad commit: ["), "{said}");
    sandbox.git(&["bisect", "reset"]);
    sandbox.git(&["bisect", "start", "HEAD", "HEAD~8"]);
    sandbox.must(&["bisect", "run", "--without-primary-key", "shop.item"]);
    let log = sandbox.git(&["bisect", "log"]);
    assert!(
        log.contains(&format!("# first bad commit: [{}]", fifth.trim())),
        "{log}"
    );
    sandbox.must(&["bisect", "reset"]);
    assert_eq!(
        sandbox.git(&["rev-parse", "--abbrev-ref", "HEAD"]).trim(),
        "main"
    );
    assert_eq!(sandbox.git(&["for-each-ref", "refs/bisect"]), "");
}

#[test]
fn by_a_check() {
    let sandbox = history();
    let fifth = sandbox.git(&["rev-parse", "HEAD~3"]);
    sandbox.must(&["bisect", "start", "HEAD", "HEAD~8"]);
    let unknown = sandbox.run(&["bisect", "run", "--check", "missing-primary-keys"]);
    assert!(
        unknown.code == 2
            && unknown
                .stderr
                .contains("no check is named `missing-primary-keys`"),
        "{}",
        unknown.stderr
    );
    let found = sandbox.must(&["bisect", "run", "--check", "missing-primary-key"]);
    let first = format!("{} is the first bad commit", fifth.trim());
    assert!(found.contains(&first), "{found}");
}
