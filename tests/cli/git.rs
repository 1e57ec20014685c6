//! `git install`: plain git shows and checks what the catalog declares, and nothing is left after `git uninstall`.

use crate::sandbox::Sandbox;

#[test]
fn plain_git_shows_cells() {
    let sandbox = Sandbox::shop();
    sandbox.vrev(&["git", "install"]).vrev(&["git", "install"]);
    let table = sandbox.read("keyspaces/shop/tables/item.sql");
    let wider = table.replace(
        "varchar(40) DEFAULT NULL",
        "varchar(80) DEFAULT NULL,\n  `price` int NOT NULL",
    );
    sandbox.write("keyspaces/shop/tables/item.sql", &wider);
    let shown = sandbox.git(&["diff"]);
    sandbox.git(&["commit", "--quiet", "-a", "-m", "A price"]);
    let logged = sandbox.git(&["log", "-1", "--format=%s", "-p"]);
    insta::assert_snapshot!(format!(
        "$ git diff\n{shown}\n$ git log -1 --format=%s -p\n{logged}"
    ));
}

#[test]
fn a_file_that_does_not_parse_is_shown_as_text() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["git", "install"]);
    sandbox.write("keyspaces/shop/tables/item.sql", "CREATE TABLE `item` (\n");
    let shown = sandbox.git(&["diff"]);
    assert!(shown.contains("\n-  `id` bigint NOT NULL,\n"), "{shown}");
}

#[test]
fn a_commit_whose_catalog_does_not_build_is_refused() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["git", "install"]);
    sandbox.write("keyspaces/shop/tables/item.sql", "CREATE TABLE `item` (\n");
    let refused = sandbox
        .command("git")
        .args(["commit", "-a", "-m", "Broken"])
        .output();
    let refused = refused.expect("git can be started");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("keyspaces/shop/tables/item.sql"), "{said}");
    assert!(!sandbox.git(&["log", "--format=%s"]).contains("Broken"));
}

#[test]
fn another_hook_is_left_alone() {
    let sandbox = Sandbox::shop();
    sandbox.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let config = sandbox.read(".git/config");
    sandbox.vrev(&["git", "install"]);
    assert_eq!(sandbox.read(".git/config"), config, "nothing was installed");
    sandbox
        .vrev(&["git", "install", "--no-hook"])
        .vrev(&["git", "uninstall"])
        .vrev(&["git", "uninstall"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert_eq!(sandbox.read(".git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n");
}

#[test]
fn uninstall_leaves_nothing() {
    let sandbox = Sandbox::shop();
    let before = files(&sandbox);
    sandbox.must(&["git", "install"]);
    assert_ne!(files(&sandbox), before);
    sandbox.must(&["git", "uninstall"]);
    assert_eq!(files(&sandbox), before);
}

/// Everything below `.git` with its bytes.
fn files(sandbox: &Sandbox) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut folders = vec![sandbox.folder().join(".git")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("it is a folder") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                files.push((path.clone(), Vec::new()));
                folders.push(path);
            } else {
                files.push((path.clone(), std::fs::read(&path).expect("it can be read")));
            }
        }
    }
    files.sort();
    files
}
