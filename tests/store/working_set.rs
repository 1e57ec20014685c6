//! The hidden working sets of branches: plain git is not disturbed by them, and they follow what git does.

use vrev::store::{LocalChanges, Revision, StageAll, Store, SwitchTo};

use crate::git::{Scratch, run_git};
use crate::worktree::commit_index;

/// A commit on main and a branch `topic` there.
fn two_branches() -> (Scratch, Store) {
    let scratch = Scratch::new();
    scratch.write("keyspaces/a", "1\n");
    scratch.write("keyspaces/b", "1\n");
    let store = scratch.store();
    store.stage_all(StageAll::Everything).unwrap();
    let first = commit_index(&store, "first", 0);
    store
        .create_branch("topic", first, "HEAD", Default::default())
        .unwrap();
    (scratch, store)
}

fn read(store: &Store, revision: &Revision, path: &str) -> Option<String> {
    let bytes = store.read_path(revision, path).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn plain_git_does_not_see_a_hidden_working_set() {
    let (scratch, store) = two_branches();
    let topic = store.on_branch("topic").unwrap();
    assert!(topic.is_hidden() && !store.is_hidden());
    topic.write_file("keyspaces/a", b"2\n").unwrap();
    topic.stage(&["keyspaces/a"]).unwrap();
    topic.write_file("keyspaces/new", b"new\n").unwrap();

    assert_eq!(scratch.git(&["status", "--porcelain"]), "");
    assert_eq!(scratch.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(
        read(&store, &Revision::Working, "keyspaces/a").unwrap(),
        "1\n"
    );
    let hidden = topic.root().to_owned();
    let (ok, status) = run_git(&hidden, &["status", "--porcelain"]);
    assert!(
        ok && status == "M  keyspaces/a\n?? keyspaces/new",
        "{status}"
    );

    // What is staged outlives a collection of garbage, and is let go once it is committed.
    scratch.git(&["gc", "--prune=now", "--quiet"]);
    scratch.fsck();
    let topic = scratch.store().on_branch("topic").unwrap();
    assert_eq!(
        read(&topic, &Revision::Staged, "keyspaces/a").unwrap(),
        "2\n"
    );
    commit_index(&topic, "second", 1);
    assert_eq!(scratch.git(&["for-each-ref", "refs/vrev"]), "");
    assert_eq!(
        scratch.git(&["log", "--format=%s", "topic"]),
        "second\nfirst"
    );
    scratch.git(&["switch", "-q", "topic"]);
    assert_eq!(scratch.git(&["show", "HEAD:keyspaces/a"]), "2");
}

#[test]
fn it_follows_a_branch_that_git_moves() {
    let (scratch, store) = two_branches();
    let topic = store.on_branch("topic").unwrap();
    topic.write_file("keyspaces/b", b"mine\n").unwrap();
    scratch.write("keyspaces/a", "2\n");
    scratch.git(&["commit", "-qam", "second"]);
    scratch.git(&["branch", "-qf", "topic", "main"]);

    let topic = store.on_branch("topic").unwrap();
    assert_eq!(
        read(&topic, &Revision::Working, "keyspaces/a").unwrap(),
        "2\n"
    );
    assert_eq!(
        read(&topic, &Revision::Working, "keyspaces/b").unwrap(),
        "mine\n"
    );

    scratch.write("keyspaces/b", "theirs\n");
    scratch.git(&["commit", "-qam", "third"]);
    scratch.git(&["branch", "-qf", "topic", "main"]);
    assert!(store.on_branch("topic").is_err());
    assert_eq!(
        read(&topic, &Revision::Working, "keyspaces/b").unwrap(),
        "mine\n"
    );
}

#[test]
fn a_worktree_takes_it_over() {
    let (scratch, store) = two_branches();
    let topic = store.on_branch("topic").unwrap();
    topic.write_file("keyspaces/a", b"staged\n").unwrap();
    topic.stage(&["keyspaces/a"]).unwrap();
    topic.write_file("keyspaces/a", b"changed\n").unwrap();
    topic.remove_file("keyspaces/b").unwrap();
    topic.write_file("keyspaces/new", b"new\n").unwrap();

    let to = SwitchTo::Branch("topic".to_owned());
    store.switch(&to, LocalChanges::Keep).unwrap();
    store.take_working_set(&topic).unwrap();
    store.drop_working_set("topic").unwrap();
    assert_eq!(
        scratch.git(&["status", "--porcelain"]),
        "MM keyspaces/a\n D keyspaces/b\n?? keyspaces/new"
    );
    assert_eq!(
        scratch.git(&["diff", "--cached", "--name-only"]),
        "keyspaces/a"
    );
    assert!(store.hidden_working_set("topic").unwrap().is_none());
    assert!(!store.on_branch("topic").unwrap().is_hidden());
}

#[test]
fn a_linked_worktree_is_its_branch_s_working_set() {
    let (scratch, store) = two_branches();
    scratch.git(&["worktree", "add", "-q", "../linked", "topic"]);
    let topic = store.on_branch("topic").unwrap();
    assert!(!topic.is_hidden() && topic.root().ends_with("linked"));
    assert!(store.on_branch("nothing").is_err());
}
