//! `quickstart` and `explain`.

use crate::sandbox::Sandbox;

#[test]
fn the_story_is_played_in_a_repository_that_stays() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["quickstart"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    // The whole story runs under one clock; what it took is the machine's.
    let (story, ending) = run
        .stdout
        .rsplit_once("is yours now (")
        .expect("the story ends well");
    assert!(ending.contains(" s). Next:\n  vrev sql\n"), "{ending}");
    insta::assert_snapshot!(story);
    sandbox.git(&["-C", "shop", "fsck", "--strict"]);
    assert_eq!(sandbox.git(&["-C", "shop", "status", "--porcelain"]), "");
    let again = sandbox.run(&["quickstart"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert!(
        again
            .stderr
            .starts_with("error: cannot create a repository in `$DIR/"),
        "{again:?}"
    );
}

#[test]
fn plans_are_trees_and_vtgates_json() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&["explain", "select * from corder where corder_id = 1"]);
    sandbox.vrev(&[
        "explain",
        "select oname, count(*) from corder group by oname",
        "select * from product",
    ]);
    sandbox.vrev(&[
        "explain",
        "--at",
        "HEAD",
        "--format",
        "json",
        "select uname from customer where customer_id = 1",
    ]);
    sandbox.vrev(&["explain", "-k", "customer:-80", "select * from corder"]);
    sandbox.vrev(&["explain", "select * from nothing"]);
    sandbox.vrev(&["explain", "selct 1"]);
    insta::assert_snapshot!(sandbox.transcript());
}
