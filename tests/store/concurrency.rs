//! Two writers on one branch: nothing acknowledged is lost, and the loser of a race is told.

use std::collections::BTreeSet;
use std::process::Command;

use vrev::store::{CommitId, Error, Expected, NewCommit, Revision, Store, TreeId};

use crate::git::{Scratch, at};

const COMMITS: usize = 200;
/// Set for child processes: the repository and the writer's name.
const ROLE: &str = "VREV_TEST_COMMITTER";

/// Commits one file a time on top of whatever the branch holds, retrying when it moved; returns how often it did.
fn commit_many(
    store: &Store,
    writer: &str,
    commits: usize,
    mut acknowledge: impl FnMut(CommitId),
) -> usize {
    let mut retries = 0;
    for number in 0..commits {
        loop {
            let head = store.head().unwrap();
            let base = head
                .commit
                .map_or(TreeId::EMPTY, |id| store.commit(id).unwrap().tree);
            let blob = store
                .write_blob(format!("{writer} {number}").as_bytes())
                .unwrap();
            let new = NewCommit {
                message: format!("{writer} {number}\n"),
                tree: store
                    .set_file(base, &format!("{writer}/{number}"), Some(blob))
                    .unwrap(),
                parents: head.commit.into_iter().collect(),
                author: at(0),
                committer: at(0),
            };
            match store.commit_to_head(&head, &new, "commit") {
                Ok(id) => {
                    acknowledge(id);
                    break;
                }
                Err(Error::RefMoved { reference, .. }) => {
                    assert_eq!(reference, "refs/heads/main");
                    retries += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    retries
}

#[test]
fn two_processes_lose_no_commit() {
    if let Ok(role) = std::env::var(ROLE) {
        let (writer, path) = role.split_once(' ').unwrap();
        commit_many(&Store::discover(path).unwrap(), writer, COMMITS, |_| {});
        return;
    }
    let scratch = Scratch::new();
    scratch.git(&["config", "vrev.durability", "normal"]);
    let children: Vec<_> = ["one", "two"]
        .iter()
        .map(|writer| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "concurrency::two_processes_lose_no_commit"])
                .env(ROLE, format!("{writer} {}", scratch.root().display()))
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(
        scratch.git(&["rev-list", "--count", "main"]),
        (2 * COMMITS).to_string()
    );
    let files = scratch
        .store()
        .files(&scratch.store().resolve("main").unwrap(), "")
        .unwrap();
    let paths: BTreeSet<_> = files.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths.len(), 2 * COMMITS);
    scratch.fsck();
    let log = std::fs::read_to_string(scratch.root().join(".git/logs/refs/heads/main")).unwrap();
    let lines: Vec<(&str, &str)> = log
        .lines()
        .map(|line| (&line[..40], &line[41..81]))
        .collect();
    assert_eq!(lines.len(), 2 * COMMITS);
    assert!(
        lines.windows(2).all(|pair| pair[0].1 == pair[1].0),
        "each line of the reflog follows the one before"
    );
}

#[test]
fn threads_and_plain_git_lose_no_commit() {
    let scratch = Scratch::new();
    scratch.git(&["config", "vrev.durability", "normal"]);
    std::thread::scope(|scope| {
        for writer in ["a", "b", "c"] {
            let store = scratch.store();
            scope.spawn(move || commit_many(&store, writer, 60, |_| {}));
        }
        scope.spawn(|| {
            for _ in 0..10 {
                // Packing moves references between files under the writers' hands.
                let _ = scratch.try_git(&["pack-refs", "--all"]);
                let _ = scratch.try_git(&["repack", "-adq"]);
                let tree = scratch.git(&["mktree"]);
                let tip = scratch.git(&["rev-parse", "--verify", "-q", "HEAD"]);
                let commit = scratch.git(&["commit-tree", "-p", &tip, "-m", "by git", &tree]);
                let _ =
                    scratch.try_git(&["update-ref", "refs/heads/main", &commit, &"1".repeat(40)]);
            }
        });
    });
    assert_eq!(
        scratch.git(&["rev-list", "--count", "main"]),
        180.to_string()
    );
    scratch.fsck();
}

#[test]
fn a_stale_value_and_a_taken_lock_are_told_apart() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let commit = |text: &str, parents: &[CommitId]| {
        crate::commits::commit_file(&store, "a", text, 0, parents)
    };
    let (first, second) = (commit("1", &[]), commit("2", &[]));
    let head = store.head().unwrap();
    store
        .move_head(&head, first, Expected::Nothing, "commit (initial): 1")
        .unwrap();
    let stale = store
        .move_head(&head, second, Expected::Nothing, "commit (initial): 2")
        .unwrap_err();
    assert!(
        matches!(&stale, Error::RefMoved { expected: None, found: Some(found), .. } if *found == first),
        "{stale}"
    );
    assert_eq!(
        stale.to_string(),
        format!("`refs/heads/main` moved meanwhile: it was expected at nothing and is at {first}")
    );
    assert_eq!(store.head().unwrap().commit, Some(first));
    assert_eq!(store.resolve("main").unwrap(), Revision::Commit(first));
    std::fs::write(scratch.root().join(".git/index.lock"), "").unwrap();
    let waiting = std::time::Instant::now();
    let locked = store.unstage(&[]).unwrap_err();
    assert!(matches!(&locked, Error::Locked { .. }), "{locked}");
    assert!(waiting.elapsed().as_secs() < 20);
    assert!(locked.to_string().contains("index.lock"), "{locked}");
    std::fs::remove_file(scratch.root().join(".git/index.lock")).unwrap();
    store.unstage(&[]).unwrap();
}

#[test]
fn a_killed_writer_loses_nothing_acknowledged() {
    const ROLE: &str = "VREV_TEST_VICTIM";
    if let Ok(path) = std::env::var(ROLE) {
        let log = std::path::Path::new(&path).join("acknowledged");
        let mut log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)
            .unwrap();
        commit_many(
            &Store::discover(&path).unwrap(),
            &std::process::id().to_string(),
            COMMITS,
            |id| {
                std::io::Write::write_all(&mut log, format!("{id}\n").as_bytes()).unwrap();
            },
        );
        return;
    }
    let scratch = Scratch::new();
    scratch.git(&["config", "vrev.durability", "normal"]);
    let acknowledged =
        || std::fs::read_to_string(scratch.root().join("acknowledged")).unwrap_or_default();
    for round in 0..15_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "concurrency::a_killed_writer_loses_nothing_acknowledged",
            ])
            .env(ROLE, scratch.root())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Into its work: a busy machine starts it late.
        let before = acknowledged().lines().count();
        let start = std::time::Instant::now();
        while acknowledged().lines().count() < before + 2 && start.elapsed().as_secs() < 20 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::thread::sleep(std::time::Duration::from_millis(round * 7 % 40));
        child.kill().unwrap();
        child.wait().unwrap();
        // A lock left behind is removed by whoever comes next.
        drop(scratch.store());
        let lock = scratch.root().join(".git/refs/heads/main.lock");
        assert!(!lock.exists(), "round {round}");
        scratch.fsck();
    }
    let present: BTreeSet<String> = scratch
        .git(&["rev-list", "main"])
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    let acknowledged = acknowledged();
    assert!(
        acknowledged.lines().count() > 15,
        "{}",
        acknowledged.lines().count()
    );
    for id in acknowledged.lines() {
        assert!(present.contains(id), "{id} was acknowledged and is lost");
    }
}
