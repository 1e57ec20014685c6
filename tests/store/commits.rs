//! Commits, revisions and walks.

use vrev::store::{CommitId, Error, Head, NewCommit, Order, Revision, Store, TreeId, WalkOptions};

use crate::git::{Scratch, at};

/// Commits one file on top of HEAD.
pub(crate) fn commit_file(
    store: &Store,
    path: &str,
    text: &str,
    seconds: i64,
    parents: &[CommitId],
) -> CommitId {
    let blob = store.write_blob(text.as_bytes()).unwrap();
    let base = parents
        .first()
        .map_or(TreeId::EMPTY, |id| store.commit(*id).unwrap().tree);
    let tree = store.set_file(base, path, Some(blob)).unwrap();
    store
        .write_commit(&NewCommit {
            message: format!("{path} at {seconds}\n"),
            tree,
            parents: parents.to_vec(),
            author: at(seconds),
            committer: at(seconds),
        })
        .unwrap()
}

/// main: a - b - m - e, topic: a - c - d, m merges d.
fn diamond(scratch: &Scratch) -> Vec<CommitId> {
    let store = scratch.store();
    let a = commit_file(&store, "dir/a", "a", 0, &[]);
    let b = commit_file(&store, "b", "b", 10, &[a]);
    let c = commit_file(&store, "c", "c", 20, &[a]);
    let d = commit_file(&store, "dir/d", "d", 5, &[c]); // older than its parent
    let m = commit_file(&store, "m", "m", 40, &[b, d]);
    let e = commit_file(&store, "e", "e", 40, &[m]);
    store
        .create_branch("topic", d, "d", Default::default())
        .unwrap();
    let head = store.head().unwrap();
    assert_eq!(
        head,
        Head {
            branch: Some("main".to_owned()),
            commit: None
        }
    );
    store
        .move_head(&head, e, vrev::store::Expected::Nothing, "commit: e")
        .unwrap();
    vec![a, b, c, d, m, e]
}

#[test]
fn commits_are_read_by_git_and_back() {
    let scratch = Scratch::new();
    let ids = diamond(&scratch);
    scratch.fsck();
    let store = scratch.store();
    for id in ids {
        let commit = store.commit(id).unwrap();
        let shown = scratch.git(&[
            "show",
            "-s",
            "--format=%T|%P|%an|%ae|%at|%ct|%B",
            &id.to_string(),
        ]);
        let parents: Vec<_> = commit.parents.iter().map(ToString::to_string).collect();
        let ours = format!(
            "{}|{}|{}|{}|{}|{}|{}",
            commit.tree,
            parents.join(" "),
            commit.author.name,
            commit.author.email,
            commit.author.seconds,
            commit.committer.seconds,
            commit.message
        );
        assert_eq!(ours.trim_end(), shown);
        let listed = scratch.git(&[
            "ls-tree",
            "-r",
            "--format=%(path) %(objectname)",
            &id.to_string(),
        ]);
        let files = store.files(&Revision::Commit(id), "").unwrap();
        let ours: Vec<_> = files
            .iter()
            .map(|(path, blob)| format!("{path} {blob}"))
            .collect();
        assert_eq!(ours.join("\n"), listed);
        assert_eq!(
            store
                .read_path(&Revision::Commit(id), "dir/a")
                .unwrap()
                .unwrap(),
            b"a"
        );
    }
}

#[test]
fn revisions_resolve_as_git_says() {
    let scratch = Scratch::new();
    let ids = diamond(&scratch);
    scratch.git(&["tag", "-a", "-m", "one", "v1", "HEAD~1"]);
    scratch.git(&["tag", "v2"]);
    scratch.git(&["checkout", "-q", "topic"]);
    scratch.git(&["checkout", "-q", "main"]);
    scratch.git(&["pack-refs", "--all"]);
    let store = scratch.store();
    let short = &ids[0].to_string()[..7];
    for spec in [
        "HEAD",
        "@",
        "main",
        "topic",
        "v1",
        "v2",
        "HEAD~2",
        "HEAD^",
        "main~1^2",
        "v1^{commit}",
        "v1~1",
        "@{-1}",
        "main@{0}",
        "HEAD@{1}",
        "refs/heads/topic",
        ":/c at",
        short,
        "topic~1",
    ] {
        let peel = if spec.starts_with(':') {
            ""
        } else {
            "^{commit}"
        };
        let expected = scratch.git(&["rev-parse", &format!("{spec}{peel}")]);
        assert_eq!(store.resolve(spec).unwrap().to_string(), expected, "{spec}");
    }
    assert_eq!(store.resolve("working").unwrap(), Revision::Working);
    assert_eq!(store.resolve("Staged").unwrap(), Revision::Staged);
    for spec in [
        "nothing", "", "-x", "HEAD~20", "main@{9}", "1234567", "a b", "HEAD^{", "\u{fe}", "@{-9}",
        "v9^{}",
    ] {
        let error = store.resolve(spec).unwrap_err();
        assert!(
            matches!(&error, Error::UnknownRevision { spec: named, .. } if named == spec),
            "{spec}: {error}"
        );
    }
    for spec in ["HEAD^{tree}", "HEAD:dir/a", "HEAD:dir", "main..topic"] {
        assert!(
            matches!(store.resolve(spec), Err(Error::NotACommit { .. })),
            "{spec}"
        );
    }
}

#[test]
fn ranges_and_merge_bases_agree_with_git() {
    let scratch = Scratch::new();
    let ids = diamond(&scratch);
    let store = scratch.store();
    for one in &ids {
        for two in &ids {
            let (found, expected) =
                scratch.try_git(&["merge-base", &one.to_string(), &two.to_string()]);
            let base = store.merge_base(*one, *two).unwrap();
            assert_eq!(base.map(|id| id.to_string()), found.then_some(expected));
        }
    }
    let range = store.resolve_range("topic..main").unwrap().unwrap();
    assert_eq!(
        (range.from, range.to),
        (
            store.resolve("topic").unwrap(),
            store.resolve("main").unwrap()
        )
    );
    let range = store.resolve_range("main~1^1...topic").unwrap().unwrap();
    assert_eq!(
        (range.from, range.to),
        (Revision::Commit(ids[0]), store.resolve("topic").unwrap())
    );
    assert_eq!(store.resolve_range("main").unwrap(), None);
    assert!(store.resolve_range("main..nothing").is_err());
}

#[test]
fn walks_follow_git_log() {
    let scratch = Scratch::new();
    diamond(&scratch);
    let store = scratch.store();
    let id = |spec: &str| match store.resolve(spec).unwrap() {
        Revision::Commit(id) => id,
        other => panic!("{other}"),
    };
    let check = |tips: &[&str], hide: &[&str], options: WalkOptions, arguments: &[&str]| {
        let ids = |specs: &[&str]| specs.iter().map(|spec| id(spec)).collect::<Vec<_>>();
        let walk = store.walk(&ids(tips), &ids(hide), options).unwrap();
        let ours: Vec<_> = walk.map(|commit| commit.unwrap().id.to_string()).collect();
        let hidden: Vec<_> = hide.iter().map(|spec| format!("^{spec}")).collect();
        let mut line = vec!["log", "--format=%H"];
        line.extend(arguments);
        line.extend(tips);
        line.extend(hidden.iter().map(String::as_str));
        assert_eq!(
            ours.join("\n"),
            scratch.git(&line),
            "{tips:?} {hide:?} {arguments:?}"
        );
    };
    let date = WalkOptions::default();
    check(&["main"], &[], date, &[]);
    check(&["main", "topic"], &[], date, &[]);
    check(&["main"], &["topic"], date, &[]);
    check(&["topic"], &["main"], date, &[]);
    check(&["main"], &["main~1^1"], date, &[]);
    check(
        &["main"],
        &[],
        WalkOptions {
            first_parent: true,
            ..date
        },
        &["--first-parent"],
    );
    let topological = WalkOptions {
        order: Order::Topological,
        ..date
    };
    check(&["main"], &[], topological, &["--topo-order"]);
    check(
        &["topic", "main"],
        &["main~2"],
        topological,
        &["--topo-order"],
    );
}

#[test]
fn a_flipped_bit_is_an_error_that_names_the_object() {
    let scratch = Scratch::new();
    diamond(&scratch);
    let objects = scratch.root().join(".git/objects");
    let mut flipped = 0;
    let mut named = 0;
    for folder in std::fs::read_dir(&objects)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().len() == 2)
    {
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let id = format!(
                "{}{}",
                folder.file_name().to_str().unwrap(),
                file.file_name().to_str().unwrap()
            );
            let bytes = std::fs::read(file.path()).unwrap();
            let mut writable = std::fs::metadata(file.path()).unwrap().permissions();
            #[allow(clippy::permissions_set_readonly_false, reason = "a scratch file")]
            writable.set_readonly(false);
            std::fs::set_permissions(file.path(), writable).unwrap();
            for bit in (0..bytes.len() * 8).step_by(7) {
                let mut damaged = bytes.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                std::fs::write(file.path(), &damaged).unwrap();
                let store = scratch.store();
                flipped += 1;
                // Whatever reads it (as commit, tree or blob) gets the true bytes or an error.
                let whole = store.head_commit().and_then(|head| {
                    for commit in store.walk(&[head], &[], WalkOptions::default())? {
                        for (_, blob) in store.files(&Revision::Commit(commit?.id), "")? {
                            assert_eq!(Store::blob_id(&store.read(blob)?)?, blob);
                        }
                    }
                    Ok(())
                });
                if let Err(error) = whole {
                    let text = error.to_string();
                    assert!(text.contains(&id), "{text}");
                    named += 1;
                }
            }
            std::fs::write(file.path(), &bytes).unwrap();
        }
    }
    assert!(
        flipped > 1000 && named > flipped / 2,
        "{named} of {flipped}"
    );
    scratch.fsck();
}
