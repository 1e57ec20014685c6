//! `verify`, `gc`, `reflog` and `migrate` from the outside.

use crate::merge::{shop, sql, state};

#[test]
fn a_sound_repository_is_packed_and_stays_as_it_is() {
    let sandbox = shop();
    sql(&sandbox, "insert into item(id, name) values (3, 'cap')");
    sandbox.must(&["stash"]);
    sql(&sandbox, "insert into tag(id, name) values (3, 'odd')");
    sandbox.must(&["status"]);
    let before = state(&sandbox);
    let verified = sandbox.must(&["verify"]);
    assert!(verified.contains("no problems found"), "{verified}");
    assert!(verified.contains("5 commits"), "{verified}");
    // Nothing that is not committed is lost, not even to the sharpest pruning.
    let packed = sandbox.must(&["gc", "--prune", "now"]);
    assert!(packed.contains(" 0 now"), "{packed}");
    assert_eq!(state(&sandbox), before);
    sandbox.must(&["commit", "-a", "-m", "Odd"]);
    sandbox.must(&["stash", "pop"]);
    assert_eq!(sql(&sandbox, "select count(*) as n from item"), "n\n3\n");
    assert_eq!(sql(&sandbox, "select count(*) as n from tag"), "n\n2\n");
    sandbox.git(&["fsck", "--strict"]);
    // Plain git's pruning takes what only the working rows knew; they are written again.
    sql(&sandbox, "insert into tag(id, name) values (4, 'new')");
    sandbox.must(&["status"]);
    sandbox.git(&["update-ref", "-d", "refs/vrev/kept"]);
    sandbox.git(&["gc", "-q", "--prune=now"]);
    sandbox.must(&["commit", "-a", "-m", "New"]);
    sandbox.git(&["fsck", "--strict"]);
    assert!(sandbox.must(&["verify"]).contains("no problems found"));
}

#[test]
fn damage_is_named() {
    let sandbox = shop();
    let id = sandbox.git(&["rev-parse", "HEAD:keyspaces/shop/tables/item.sql"]);
    let id = id.trim();
    let path = sandbox
        .folder()
        .join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    let mut bytes = std::fs::read(&path).expect("it is loose");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::remove_file(&path).expect("it can be replaced");
    std::fs::write(&path, &bytes).expect("it can be written");
    let run = sandbox.run(&["verify"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains(id), "{}", run.stdout);
    std::fs::write(sandbox.folder().join(".git/refs/heads/odd"), "nothing\n")
        .expect("it can be written");
    let run = sandbox.run(&["verify"]);
    assert!(run.stdout.contains("refs/heads/odd"), "{}", run.stdout);
}

#[test]
fn where_head_has_been_and_the_format() {
    let sandbox = shop();
    sandbox.must(&["switch", "-c", "side"]);
    insta::assert_snapshot!(
        sandbox
            .vrev(&["reflog"])
            .vrev(&["reflog", "main", "-n", "1"])
            .vrev(&["reflog", "nothing"])
            .vrev(&["migrate"])
            .transcript()
    );
    sandbox.write("vrev.toml", "format = 9\n");
    insta::assert_snapshot!("later", sandbox.vrev(&["migrate"]).transcript());
}
