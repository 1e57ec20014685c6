//! A machine where nobody has told git who they are: the quickstart plays all the same, and `init` says what is missing.

use std::path::Path;
use std::process::{Command, Output};

fn vrev(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrev"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("vrev runs")
}

#[test]
fn the_quickstart_needs_no_identity() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = vrev(folder.path(), &["quickstart"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let printed = String::from_utf8_lossy(&output.stdout);
    for expected in [
        "166B40B44ABA4BD6",
        "D2FD8867D50D2DFE",
        "could not map [INT64(6)] to a keyspace id",
        "Roll back the VSchema",
    ] {
        assert!(
            printed.contains(expected),
            "`{expected}` is missing in {printed}"
        );
    }
    let clean = Command::new("git")
        .args(["status", "--porcelain"])
        .current_dir(folder.path().join("shop"))
        .output()
        .expect("git runs");
    assert!(
        clean.status.success() && clean.stdout.is_empty(),
        "the repository is left clean"
    );
}

#[test]
fn init_without_an_identity_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = vrev(folder.path(), &["init", "empty"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("git config user.name"), "{told}");
    assert!(!folder.path().join("empty/.git").exists());
}
