//! Index and worktree: after every operation plain git's status is ours.

use vrev::store::{
    ChangeKind, CommitId, Error, LocalChanges, NewCommit, ResetMode, RestoreTo, Revision,
    ShardRows, StageAll, Store, SwitchTo, TreeId,
};

use crate::git::{Scratch, at, run_git};

/// Prints our status as `git status --porcelain -uall` does.
fn porcelain(store: &Store) -> String {
    let letter = |change: Option<ChangeKind>| match change {
        None => ' ',
        Some(ChangeKind::Added) => 'A',
        Some(ChangeKind::Modified) => 'M',
        Some(ChangeKind::TypeChanged) => 'T',
        Some(ChangeKind::Deleted) => 'D',
    };
    let status = store.status().unwrap();
    let (untracked, tracked): (Vec<_>, Vec<_>) = status
        .entries
        .iter()
        .partition(|e| e.untracked && e.staged.is_none());
    let mut lines: Vec<String> = tracked
        .iter()
        .map(|e| format!("{}{} {}", letter(e.staged), letter(e.worktree), e.path))
        .collect();
    lines.extend(untracked.iter().map(|e| format!("?? {}", e.path)));
    lines.sort();
    lines.join("\n")
}

/// Both must say the same, and git must find nothing wrong.
fn agree(scratch: &Scratch, expected: &str) {
    let ours = porcelain(&scratch.store());
    let (ok, theirs) = run_git(
        &scratch.root(),
        &[
            "-c",
            "status.renames=false",
            "status",
            "--porcelain",
            "-uall",
        ],
    );
    assert!(ok, "{theirs}");
    let mut lines: Vec<&str> = theirs
        .split('\n')
        .filter(|line| !line.get(3..).is_some_and(|p| p.starts_with("rows/")))
        .collect();
    lines.sort_unstable();
    // Our runner trims the end of the output only; git's first column may be blank.
    assert_eq!(ours.trim(), lines.join("\n").trim());
    let mut wanted: Vec<&str> = expected.lines().collect();
    wanted.sort_unstable();
    assert_eq!(ours, wanted.join("\n"));
}

pub(crate) fn commit_index(store: &Store, message: &str, seconds: i64) -> CommitId {
    let head = store.head().unwrap();
    let new = NewCommit {
        message: format!("{message}\n"),
        tree: store.write_tree_from_index().unwrap(),
        parents: head.commit.into_iter().collect(),
        author: at(seconds),
        committer: at(seconds),
    };
    store.commit_to_head(&head, &new, "commit").unwrap()
}

/// Two commits on main, a branch `old` at the first.
fn two_commits() -> (Scratch, CommitId, CommitId) {
    let scratch = Scratch::new();
    scratch.write("keyspaces/customer/vschema.json", "{}\n");
    scratch.write(
        "keyspaces/customer/tables/corder.sql",
        "create table corder (id int)\n",
    );
    scratch.write("gone", "gone\n");
    scratch.write("same", "same\n");
    let store = scratch.store();
    store.stage(&["."]).unwrap();
    let first = commit_index(&store, "first", 0);
    store
        .create_branch("old", first, "HEAD", Default::default())
        .unwrap();
    scratch.write(
        "keyspaces/customer/tables/corder.sql",
        "create table corder (id bigint)\n",
    );
    scratch.write(
        "keyspaces/product/tables/product.sql",
        "create table product (id int)\n",
    );
    std::fs::remove_file(scratch.root().join("gone")).unwrap();
    store.stage_all(StageAll::Everything).unwrap();
    let second = commit_index(&store, "second", 1);
    agree(&scratch, "");
    (scratch, first, second)
}

fn branch(name: &str) -> SwitchTo {
    SwitchTo::Branch(name.to_owned())
}

#[test]
fn staging_and_status_agree_with_git() {
    let scratch = Scratch::new();
    agree(&scratch, "");
    scratch.write("a", "1\n");
    scratch.write("dir/b", "1\n");
    scratch.write("dir/c", "1\n");
    scratch.write(".gitignore", "*.tmp\nbuild/\n");
    scratch.write("x.tmp", "");
    scratch.write("build/out", "");
    scratch.write("empty", "");
    agree(
        &scratch,
        "?? .gitignore\n?? a\n?? dir/b\n?? dir/c\n?? empty",
    );
    let store = scratch.store();
    store.stage(&["a", "dir", "empty"]).unwrap();
    agree(
        &scratch,
        "?? .gitignore\nA  a\nA  dir/b\nA  dir/c\nA  empty",
    );
    commit_index(&store, "first", 0);
    agree(&scratch, "?? .gitignore");
    scratch.write("a", "22\n");
    scratch.write("dir/b", "2\n");
    std::fs::remove_file(scratch.root().join("dir/c")).unwrap();
    agree(&scratch, "?? .gitignore\n M a\n M dir/b\n D dir/c");
    store.stage(&["dir/b", "dir/c"]).unwrap();
    agree(&scratch, "?? .gitignore\n M a\nM  dir/b\nD  dir/c");
    scratch.write("dir/b", "1\n");
    agree(&scratch, "?? .gitignore\n M a\nMM dir/b\nD  dir/c");
    store.unstage(&["dir"]).unwrap();
    agree(&scratch, "?? .gitignore\n M a\n D dir/c");
    store.stage_all(StageAll::Tracked).unwrap();
    agree(&scratch, "?? .gitignore\nM  a\nD  dir/c");
    store.stage_all(StageAll::Everything).unwrap();
    agree(&scratch, "A  .gitignore\nM  a\nD  dir/c");
    assert!(matches!(
        store.stage(&["nothing"]),
        Err(Error::NoSuchPath { .. })
    ));
    store.unstage(&[]).unwrap();
    agree(&scratch, "?? .gitignore\n M a\n D dir/c");
    // A file becomes a folder, and the other way round.
    std::fs::remove_file(scratch.root().join("a")).unwrap();
    scratch.write("a/deep", "1\n");
    std::fs::remove_dir_all(scratch.root().join("dir")).unwrap();
    scratch.write("dir", "1\n");
    store.stage_all(StageAll::Everything).unwrap();
    agree(
        &scratch,
        "A  .gitignore\nD  a\nA  a/deep\nA  dir\nD  dir/b\nD  dir/c",
    );
    commit_index(&store, "second", 1);
    agree(&scratch, "");
    scratch.fsck();
}

#[test]
fn a_change_within_one_tick_of_the_clock_is_seen() {
    let scratch = Scratch::new();
    let store = scratch.store();
    for round in 0..50 {
        scratch.write("a", &format!("{round:04}"));
        store.stage(&["a"]).unwrap();
        scratch.write("a", &format!("{:04}", round + 5000)); // same size, perhaps the same time
        let status = store.status().unwrap();
        assert!(status.entries[0].worktree.is_some(), "round {round}");
        scratch.write("b", &format!("{round}"));
        store.stage(&["b"]).unwrap(); // rewrites the index later: `a` must not look clean now
        assert!(
            store.status().unwrap().entries[0].worktree.is_some(),
            "round {round}"
        );
        if round % 10 == 0 {
            assert!(scratch.git(&["status", "--porcelain"]).contains("AM a"));
        }
    }
}

#[test]
fn switching_carries_or_refuses_local_changes() {
    let (scratch, first, second) = two_commits();
    let store = scratch.store();
    store.switch(&branch("old"), LocalChanges::Keep).unwrap();
    agree(&scratch, "");
    assert!(
        scratch.root().join("gone").exists() && !scratch.root().join("keyspaces/product").exists()
    );
    assert_eq!(scratch.git(&["rev-parse", "@{-1}"]), second.to_string());
    assert_eq!(store.resolve("@{-1}").unwrap(), Revision::Commit(second));

    // A change in a file that both commits share is carried.
    scratch.write("same", "changed\n");
    store.switch(&branch("main"), LocalChanges::Keep).unwrap();
    agree(&scratch, " M same");
    // One in a file that differs is refused, and nothing moves.
    scratch.write("keyspaces/customer/tables/corder.sql", "mine\n");
    let refused = |expected: &[&str]| {
        let before = (porcelain(&store), store.head().unwrap());
        match store.switch(&branch("old"), LocalChanges::Keep) {
            Err(Error::LocalChanges { paths }) => assert_eq!(paths, expected),
            other => panic!("{other:?}"),
        }
        assert_eq!((porcelain(&store), store.head().unwrap()), before);
        // In a sparse checkout git 2.39 overwrites untracked files without a word, so it is asked about others only.
        if !expected[0].starts_with("gone") {
            assert!(
                !scratch.try_git(&["checkout", "old"]).0,
                "git would not refuse {expected:?}"
            );
        }
    };
    refused(&["keyspaces/customer/tables/corder.sql"]);
    store
        .stage(&["keyspaces/customer/tables/corder.sql"])
        .unwrap();
    refused(&["keyspaces/customer/tables/corder.sql"]);
    // An untracked file in the way is refused too, and a folder of untracked files at a file's place.
    store.reset(second, ResetMode::Hard, "HEAD").unwrap();
    agree(&scratch, "");
    scratch.write("gone", "untracked\n");
    refused(&["gone"]);
    std::fs::remove_file(scratch.root().join("gone")).unwrap();
    scratch.write("gone/inside", "untracked\n");
    refused(&["gone/inside"]);
    store
        .switch(&branch("old"), LocalChanges::Discard)
        .unwrap_err();
    std::fs::remove_dir_all(scratch.root().join("gone")).unwrap();
    // A deleted file is no change to lose.
    std::fs::remove_file(scratch.root().join("keyspaces/customer/tables/corder.sql")).unwrap();
    store.switch(&branch("old"), LocalChanges::Keep).unwrap();
    agree(&scratch, "");
    store
        .switch(
            &SwitchTo::Detached(second, "main".to_owned()),
            LocalChanges::Keep,
        )
        .unwrap();
    assert_eq!(store.head().unwrap().branch, None);
    agree(&scratch, "");
    store.switch(&branch("old"), LocalChanges::Keep).unwrap();
    assert_eq!(store.resolve("@{-1}").unwrap(), Revision::Commit(second));
    assert_eq!(store.head().unwrap().commit, Some(first));
    assert!(matches!(
        store.switch(&branch("none"), LocalChanges::Keep),
        Err(Error::NoSuchReference { .. })
    ));
    scratch.fsck();
}

#[test]
fn switching_between_files_folders_links_and_modes() {
    let scratch = Scratch::new();
    let store = scratch.store();
    scratch.write("thing", "a file\n");
    scratch.write("other/deep/er", "1\n");
    scratch.write("run", "#!/bin/sh\n");
    store.stage(&["."]).unwrap();
    let first = commit_index(&store, "first", 0);
    store
        .create_branch("old", first, "HEAD", Default::default())
        .unwrap();
    std::fs::remove_file(scratch.root().join("thing")).unwrap();
    scratch.write("thing/is/a/folder", "now\n");
    std::fs::remove_dir_all(scratch.root().join("other")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::os::unix::fs::symlink("thing/is", scratch.root().join("other")).unwrap();
        std::fs::set_permissions(
            scratch.root().join("run"),
            std::fs::Permissions::from_mode(0o755),
        )
        .unwrap();
    }
    store.stage_all(StageAll::Everything).unwrap();
    let second = commit_index(&store, "second", 1);
    agree(&scratch, "");
    for _ in 0..2 {
        store.switch(&branch("old"), LocalChanges::Keep).unwrap();
        agree(&scratch, "");
        store.switch(&branch("main"), LocalChanges::Keep).unwrap();
        agree(&scratch, "");
    }
    store.reset(first, ResetMode::Hard, "old").unwrap();
    agree(&scratch, "");
    store.reset(second, ResetMode::Hard, "@{1}").unwrap();
    agree(&scratch, "");
    scratch.fsck();
}

#[test]
fn resets_and_restores_agree_with_git() {
    let (scratch, first, second) = two_commits();
    let store = scratch.store();
    store.reset(first, ResetMode::Soft, "HEAD~1").unwrap();
    agree(
        &scratch,
        "D  gone\nM  keyspaces/customer/tables/corder.sql\nA  keyspaces/product/tables/product.sql",
    );
    store.reset(second, ResetMode::Soft, "main@{1}").unwrap();
    agree(&scratch, "");
    store.reset(first, ResetMode::Mixed, "HEAD~1").unwrap();
    agree(
        &scratch,
        " D gone\n M keyspaces/customer/tables/corder.sql\n?? keyspaces/product/tables/product.sql",
    );
    assert_eq!(
        scratch.git(&["rev-parse", "ORIG_HEAD", "main@{1}"]),
        format!("{second}\n{second}")
    );
    store
        .restore(&["gone"], &Revision::Staged, RestoreTo::Worktree)
        .unwrap();
    agree(
        &scratch,
        " M keyspaces/customer/tables/corder.sql\n?? keyspaces/product/tables/product.sql",
    );
    store
        .restore(&["keyspaces"], &Revision::Commit(second), RestoreTo::Both)
        .unwrap();
    agree(
        &scratch,
        "M  keyspaces/customer/tables/corder.sql\nA  keyspaces/product/tables/product.sql",
    );
    store
        .restore(&["keyspaces"], &Revision::Commit(first), RestoreTo::Index)
        .unwrap();
    agree(
        &scratch,
        " M keyspaces/customer/tables/corder.sql\n?? keyspaces/product/tables/product.sql",
    );
    store.reset(first, ResetMode::Hard, "HEAD").unwrap();
    agree(&scratch, "?? keyspaces/product/tables/product.sql");
    assert!(matches!(
        store.restore(&["nothing"], &Revision::Staged, RestoreTo::Worktree),
        Err(Error::NoSuchPath { .. })
    ));
    scratch.fsck();
}

/// Puts a file below `rows/` as committed rows of a shard.
fn rows(store: &Store, text: &str) -> TreeId {
    let blob = store.write_blob(text.as_bytes()).unwrap();
    store
        .set_file(TreeId::EMPTY, "0.jsonl", Some(blob))
        .unwrap()
}

fn shard(keyspace: &str, table: &str, shard: &str) -> ShardRows {
    ShardRows {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
        shard: shard.to_owned(),
    }
}

#[test]
fn plain_git_keeps_rows_that_are_not_in_the_worktree() {
    let (scratch, ..) = two_commits();
    let store = scratch.store();
    let place = shard("customer", "corder", "-80");
    store
        .stage_rows(&[(place.clone(), Some(rows(&store, "{\"id\":1}\n")))])
        .unwrap();
    let staged = store.status().unwrap();
    assert_eq!((staged.rows.len(), staged.entries.len()), (1, 0));
    commit_index(&store, "rows", 2);
    agree(&scratch, "");
    let listed = || scratch.git(&["ls-tree", "-r", "--name-only", "HEAD", "rows"]);
    let expected = "rows/customer/corder/-80/0.jsonl";
    assert_eq!(listed(), expected);
    assert!(!scratch.root().join("rows").exists());
    let sparse_entry = || {
        scratch
            .git(&["ls-files", "--sparse", "--stage"])
            .contains("040000")
    };
    assert!(sparse_entry());

    scratch.write("same", "by git\n");
    scratch.git(&["commit", "-qam", "by git"]);
    agree(&scratch, "");
    assert_eq!(listed(), expected);
    scratch.write("keyspaces/new/tables/t.sql", "new\n");
    scratch.git(&["add", "."]);
    scratch.git(&["commit", "-qm", "by git"]);
    assert_eq!(listed(), expected);
    scratch.write("same", "stash\n");
    scratch.git(&["stash"]);
    agree(&scratch, "");
    scratch.git(&["stash", "pop"]);
    agree(&scratch, " M same");
    scratch.git(&["checkout", "-q", "--", "same"]);
    scratch.git(&["checkout", "-q", "old"]);
    agree(&scratch, "");
    assert!(
        store
            .table_rows_trees(&Revision::Staged)
            .unwrap()
            .is_empty()
    );
    scratch.git(&["checkout", "-q", "main"]);
    agree(&scratch, "");
    assert!(!scratch.root().join("rows").exists() && sparse_entry());
    assert_eq!(listed(), expected);

    store.switch(&branch("old"), LocalChanges::Keep).unwrap();
    agree(&scratch, "");
    store.switch(&branch("main"), LocalChanges::Keep).unwrap();
    agree(&scratch, "");
    assert!(sparse_entry());
    let trees = store
        .table_rows_trees(&store.resolve("HEAD").unwrap())
        .unwrap();
    assert_eq!(trees.keys().collect::<Vec<_>>(), [&place]);
    assert_eq!(store.table_rows_trees(&Revision::Staged).unwrap(), trees);

    // A folder outside of the usual ones is in the cone as soon as vrev has seen it.
    scratch.write("notes/a.md", "note\n");
    agree(&scratch, "?? notes/a.md");
    scratch.git(&["add", "notes"]);
    agree(&scratch, "A  notes/a.md");
    scratch.git(&["commit", "-qm", "notes"]);
    store.stage_rows(&[(place, None)]).unwrap();
    commit_index(&store, "no rows", 3);
    assert_eq!(listed(), "");
    agree(&scratch, "");
    scratch.fsck();
}

#[test]
fn staged_rows_survive_switches_or_refuse_them() {
    let (scratch, ..) = two_commits();
    let store = scratch.store();
    let place = shard("customer", "corder", "-80");
    store
        .stage_rows(&[(place.clone(), Some(rows(&store, "{\"id\":1}\n")))])
        .unwrap();
    store.switch(&branch("old"), LocalChanges::Keep).unwrap(); // neither commit has rows: they are carried
    assert_eq!(store.status().unwrap().rows.len(), 1);
    commit_index(&store, "rows on old", 2);
    store
        .stage_rows(&[(place, Some(rows(&store, "{\"id\":2}\n")))])
        .unwrap();
    match store.switch(&branch("main"), LocalChanges::Keep) {
        Err(Error::LocalChanges { paths }) => assert_eq!(paths, ["rows/customer/corder/-80"]),
        other => panic!("{other:?}"),
    }
    store
        .switch(&branch("main"), LocalChanges::Discard)
        .unwrap();
    agree(&scratch, "");
    assert!(store.status().unwrap().is_clean());
    scratch.fsck();
}

#[test]
fn a_plain_clone_is_adopted() {
    let (scratch, ..) = two_commits();
    let store = scratch.store();
    let place = shard("customer", "corder", "80-");
    store
        .stage_rows(&[(place, Some(rows(&store, "{\"id\":1}\n")))])
        .unwrap();
    commit_index(&store, "rows", 2);
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    let (ok, text) = run_git(
        folder.path(),
        &["clone", "-q", scratch.root().to_str().unwrap(), "clone"],
    );
    assert!(ok, "{text}");
    let file = clone.join("rows/customer/corder/80-/0.jsonl");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"id\":1}\n");

    let store = Store::discover(clone.join("keyspaces")).unwrap();
    assert!(!store.is_sparse());
    assert!(store.status().unwrap().is_clean());
    std::fs::write(&file, "changed\n").unwrap();
    assert_eq!(store.status().unwrap().entries.len(), 1);
    match store.adopt_sparse() {
        Err(Error::LocalChanges { paths }) => {
            assert_eq!(paths, ["rows/customer/corder/80-/0.jsonl"])
        }
        other => panic!("{other:?}"),
    }
    assert!(file.exists());
    std::fs::write(&file, "{\"id\":1}\n").unwrap();
    store.adopt_sparse().unwrap();
    assert!(!clone.join("rows").exists() && store.is_sparse());
    assert!(Store::discover(&clone).unwrap().is_sparse());
    assert_eq!(
        run_git(&clone, &["status", "--porcelain"]),
        (true, String::new())
    );
    assert!(
        run_git(&clone, &["ls-files", "--sparse", "--stage"])
            .1
            .contains("040000")
    );
    assert!(store.status().unwrap().is_clean());
    assert!(run_git(&clone, &["fsck", "--strict"]).0);
}

#[test]
fn places_of_rows_have_safe_folders() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let tree = rows(&store, "{\"id\":1}\n");
    let places = [
        shard("customer", "corder", "-80"),
        shard("a/b", "con", "80-"),
        shard("50%", "\u{fc}ber.x", "0"),
    ];
    let base = store
        .set_file(
            TreeId::EMPTY,
            "vrev.toml",
            Some(store.write_blob(b"format = 1\n").unwrap()),
        )
        .unwrap();
    let changes: Vec<_> = places
        .iter()
        .map(|place| (place.clone(), Some(tree)))
        .collect();
    let root = store.set_rows(base, &changes).unwrap();
    store.sync().unwrap();
    let listed = scratch.git(&[
        "-c",
        "core.quotePath=false",
        "ls-tree",
        "-r",
        "--name-only",
        &root.to_string(),
    ]);
    let expected = [
        "rows/50%25/\u{fc}ber.x/0/0.jsonl",
        "rows/a%2Fb/%63on/80-/0.jsonl",
        "rows/customer/corder/-80/0.jsonl",
        "vrev.toml",
    ];
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let commit = NewCommit {
        message: "m\n".to_owned(),
        tree: root,
        parents: vec![],
        author: at(0),
        committer: at(0),
    };
    let commit = Revision::Commit(store.write_commit(&commit).unwrap());
    let mut found: Vec<_> = store
        .table_rows_trees(&commit)
        .unwrap()
        .into_keys()
        .collect();
    let mut wanted = places.to_vec();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    // Changes are told by place, and equal trees are not.
    let without = store.set_rows(root, &[(places[1].clone(), None)]).unwrap();
    let changed = store.changed_tree_paths(Some(root), Some(without)).unwrap();
    assert_eq!(
        (
            changed.paths.len(),
            changed.rows.len(),
            &changed.rows[0].place
        ),
        (0, 1, &places[1])
    );
    // No rows, no folder.
    let none: Vec<_> = places.iter().map(|place| (place.clone(), None)).collect();
    assert_eq!(store.set_rows(root, &none).unwrap(), base);
    for bad in ["..", ".git", "", "/x", "a/../b"] {
        let error = store
            .set_rows(base, &[(shard("customer", bad, "0"), Some(tree))])
            .unwrap_err();
        assert!(matches!(error, Error::UnsafePath { .. }), "{error}");
    }
    let misspelt = store
        .set_file(
            base,
            "rows/%63ustomer/t/0/0.jsonl",
            Some(store.write_blob(b"").unwrap()),
        )
        .unwrap();
    assert!(matches!(
        store.changed_tree_paths(None, Some(misspelt)),
        Err(Error::UnsafePath { .. })
    ));
}
