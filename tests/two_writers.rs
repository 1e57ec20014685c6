//! Two processes commit to one branch at the same time: of two writers one is told to retry, and nothing is lost.

use std::path::Path;
use std::process::{Command, Output};

/// Commits that each process makes.
const COMMITS: usize = 200;
/// More tries than any commit needs: each failure means that the other process made progress.
const TRIES: usize = 10_000;

#[test]
fn two_processes_of_two_hundred_commits_lose_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path().join("shop");
    assert!(vrev(folder.path(), &["init", "shop"]).status.success());
    let before: usize = count(&root);
    let told: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = ["one", "two"]
            .into_iter()
            .map(|name| {
                let root = &root;
                scope.spawn(move || {
                    (0..COMMITS)
                        .map(|number| commit(root, &format!("{name} {number}")))
                        .sum::<usize>()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().expect("a writer ends"))
            .sum()
    });
    println!("{told} times a writer was told to retry");
    assert_eq!(count(&root), before + 2 * COMMITS);
    let subjects = git(&root, &["log", "--format=%s"]);
    for name in ["one", "two"] {
        for number in 0..COMMITS {
            let subject = format!("{name} {number}");
            assert_eq!(
                subjects.lines().filter(|line| *line == subject).count(),
                1,
                "{subject}"
            );
        }
    }
    git(&root, &["fsck", "--strict", "--no-dangling"]);
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
}

/// Commits once, trying again when the branch moved meanwhile; returns how often it was told so.
fn commit(root: &Path, message: &str) -> usize {
    for tries in 0..TRIES {
        let output = vrev(root, &["commit", "--allow-empty", "-m", message]);
        if output.status.success() {
            return tries;
        }
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            told.contains("moved meanwhile") || told.contains("another process"),
            "{told}"
        );
    }
    panic!("`{message}` was not committed in {TRIES} tries");
}

fn vrev(folder: &Path, arguments: &[&str]) -> Output {
    command(env!("CARGO_BIN_EXE_vrev"), folder)
        .args(arguments)
        .output()
        .expect("vrev runs")
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = command("git", root)
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("git prints text")
}

fn count(root: &Path) -> usize {
    git(root, &["rev-list", "--count", "HEAD"])
        .trim()
        .parse()
        .expect("a number")
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "writer")
            .env(format!("GIT_{role}_EMAIL"), "writer@example.com");
    }
    command
}
