//! Taking a commit back, path by path; git's own revert is the oracle where it agrees on what a conflict is.

use vrev::store::{CommitId, Error, Expected, NewCommit, Store, TreeId, TreeMerge};

use crate::commits::commit_file;
use crate::git::{Scratch, at};

fn clean(merge: TreeMerge) -> TreeId {
    match merge {
        TreeMerge::Clean(tree) => tree,
        TreeMerge::Conflicts(paths) => panic!("{paths:?}"),
    }
}

fn tree(store: &Store, id: CommitId) -> TreeId {
    store.commit(id).unwrap().tree
}

#[test]
fn a_commit_is_taken_back_as_git_does() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let a = commit_file(&store, "dir/a", "1\n", 0, &[]);
    let b = commit_file(&store, "dir/b", "1\n", 1, &[a]);
    let c = commit_file(&store, "dir/a", "2\n", 2, &[b]);
    let d = commit_file(&store, "other/d", "1\n", 3, &[c]);
    store
        .move_head(&store.head().unwrap(), d, Expected::Nothing, "commit: d")
        .unwrap();
    scratch.git(&["reset", "-q", "--hard"]);
    for commit in [b, c, d] {
        let ours = clean(store.revert_tree(commit, tree(&store, d), None).unwrap());
        scratch.git(&["revert", "--no-edit", &commit.to_string()]);
        assert_eq!(ours.to_string(), scratch.git(&["rev-parse", "HEAD^{tree}"]));
        scratch.git(&["reset", "-q", "--hard", &d.to_string()]);
    }
    // Taking back the first change of a path that changed again is a conflict, and nothing is written.
    match store.revert_tree(a, tree(&store, d), None).unwrap() {
        TreeMerge::Conflicts(paths) => assert_eq!(paths, ["dir/a"]),
        clean => panic!("{clean:?}"),
    }
    assert!(!scratch.try_git(&["revert", "--no-edit", &a.to_string()]).0);
    // Everything taken back is the empty tree.
    let empty = clean(store.revert_tree(a, tree(&store, a), None).unwrap());
    assert_eq!(empty, TreeId::EMPTY);
}

#[test]
fn a_merge_needs_its_parent_and_rows_are_one_path() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let rows = |text: &str, parents: &[CommitId]| {
        commit_file(&store, "rows/k/t/-80/0.jsonl", text, 0, parents)
    };
    let a = commit_file(&store, "a", "1", 0, &[]);
    let b = rows("{\"id\":1}\n", &[a]);
    let c = rows("{\"id\":2}\n", &[b]);
    assert_eq!(
        clean(store.revert_tree(c, tree(&store, c), None).unwrap()),
        tree(&store, b)
    );
    assert_eq!(
        clean(store.revert_tree(b, tree(&store, b), None).unwrap()),
        tree(&store, a)
    );
    match store.revert_tree(b, tree(&store, c), None).unwrap() {
        TreeMerge::Conflicts(paths) => assert_eq!(paths, ["rows/k/t/-80"]),
        clean => panic!("{clean:?}"),
    }
    let side = commit_file(&store, "side", "1", 0, &[a]);
    let merged = store
        .write_commit(&NewCommit {
            message: "merge\n".to_owned(),
            tree: clean(
                store
                    .merge_trees(tree(&store, a), tree(&store, c), tree(&store, side))
                    .unwrap(),
            ),
            parents: vec![c, side],
            author: at(1),
            committer: at(1),
        })
        .unwrap();
    for (mainline, expected) in [(1, c), (2, side)] {
        let reverted = clean(
            store
                .revert_tree(merged, tree(&store, merged), Some(mainline))
                .unwrap(),
        );
        assert_eq!(reverted, tree(&store, expected));
    }
    for mainline in [None, Some(0), Some(3)] {
        let error = store
            .revert_tree(merged, tree(&store, merged), mainline)
            .unwrap_err();
        assert!(
            matches!(error, Error::NoSuchParent { parents: 2, .. }),
            "{error}"
        );
    }
    assert!(store.revert_tree(c, tree(&store, c), Some(1)).is_err());
}
