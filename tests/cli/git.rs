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

#[test]
fn uninstall_leaves_nothing_in_a_repository_that_vrev_never_wrote_to() {
    // Hooks elsewhere, by git's ways of saying where; no folder `info`; a configuration of unusual form.
    let hooks = ["", "hooks of ours/übung", "~/shared hooks"];
    for hooks_path in hooks {
        let sandbox = Sandbox::new();
        sandbox.git(&["init", "--quiet", "--template=", "-b", "main"]);
        sandbox.write("readme", "text");
        sandbox.git(&["add", "readme"]);
        sandbox.git(&["commit", "--quiet", "-m", "One"]);
        if !hooks_path.is_empty() {
            sandbox.git(&["config", "core.hooksPath", hooks_path]);
        }
        let config = sandbox.read(".git/config");
        sandbox.write(".git/config", config.trim_end());
        let home = sandbox.folder().with_file_name("home");
        let seen = || {
            let mut all = files(&sandbox);
            all.extend(files_below(&home));
            all.extend(files_below(sandbox.folder()));
            all
        };
        let before = seen();
        sandbox.must(&["git", "install"]);
        sandbox.write("vrev.toml", "format = 9\n");
        sandbox.git(&["add", "vrev.toml"]);
        let commit = sandbox
            .command("git")
            .args(["commit", "-m", "Two"])
            .output();
        let commit = commit.expect("git can be started");
        assert_eq!(
            commit.status.code(),
            Some(1),
            "the hook of `{hooks_path}` runs"
        );
        sandbox.git(&["rm", "--quiet", "--cached", "vrev.toml"]);
        std::fs::remove_file(sandbox.folder().join("vrev.toml")).expect("it is there");
        sandbox.must(&["git", "uninstall"]);
        let left: Vec<_> = seen()
            .into_iter()
            .filter(|file| !before.contains(file))
            .map(|(path, _)| path)
            .filter(|path| !path.to_string_lossy().contains("/.git/objects"))
            .filter(|path| !path.ends_with("index") && !path.ends_with("COMMIT_EDITMSG"))
            .collect();
        assert!(left.is_empty(), "`{hooks_path}`: {left:?}");
    }
}

#[test]
fn what_others_write_into_the_configuration_stays() {
    let sandbox = Sandbox::shop();
    let config = sandbox.read(".git/config");
    sandbox.write(".git/config", &format!("{config}[user]\n\tnick = ann"));
    sandbox.must(&["git", "install"]);
    sandbox.git(&["config", "shop.colour", "red"]);
    sandbox.git(&["config", "core.hooksPath", "elsewhere"]);
    sandbox.must(&["git", "uninstall"]);
    let get = |key: &str| sandbox.git(&["config", "--get", key]);
    assert_eq!(get("user.nick"), "ann\n");
    assert_eq!(get("shop.colour"), "red\n");
    let hook = sandbox.folder().join(".git/hooks/pre-commit");
    assert!(!hook.exists(), "a hook is found where it was written");
}

#[cfg(unix)]
#[test]
fn the_configuration_keeps_its_permissions_and_its_place() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::shop();
    let (link, real) = (
        sandbox.folder().join(".git/config"),
        sandbox
            .folder()
            .with_file_name("home")
            .join("config of shop"),
    );
    std::fs::rename(&link, &real).expect("it can be moved");
    std::os::unix::fs::symlink(&real, &link).expect("a link can be made");
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&real, private).expect("it is ours");
    let before = std::fs::read(&real).expect("it can be read");
    for verb in ["install", "uninstall"] {
        sandbox.must(&["git", verb]);
        let mode = std::fs::metadata(&real).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{verb}");
        assert!(link.is_symlink(), "{verb}");
    }
    assert_eq!(std::fs::read(&real).expect("it can be read"), before);
}

/// Everything below `.git` with its bytes.
fn files(sandbox: &Sandbox) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    files_below(&sandbox.folder().join(".git"))
}

fn files_below(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut folders = vec![folder.to_owned()];
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

/// Two branches from one commit, each with a file written.
fn branches(path: &str, ours: &str, theirs: &str) -> Sandbox {
    let sandbox = Sandbox::shop();
    sandbox.must(&["git", "install"]);
    sandbox.git(&["switch", "--quiet", "-c", "side"]);
    sandbox.write(path, theirs);
    sandbox.git(&["commit", "--quiet", "-a", "-m", "Theirs"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write(path, ours);
    sandbox.git(&["commit", "--quiet", "-a", "-m", "Ours"]);
    sandbox
}

const ITEM: &str = "keyspaces/shop/tables/item.sql";

/// The shop's table with other columns after its key.
fn item(columns: &str) -> String {
    format!(
        "CREATE TABLE `item` (\n  `id` bigint NOT NULL,\n{columns}  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 \
         COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}

#[test]
fn plain_git_merges_neighbouring_columns() {
    let ours = item("  `name` varchar(80) DEFAULT NULL,\n");
    let theirs = item("  `name` varchar(40) DEFAULT NULL,\n  `price` int DEFAULT NULL,\n");
    let sandbox = branches(ITEM, &ours, &theirs);
    sandbox.git(&["merge", "--quiet", "side", "-m", "Both"]);
    let both = item("  `name` varchar(80) DEFAULT NULL,\n  `price` int DEFAULT NULL,\n");
    assert_eq!(sandbox.read(ITEM), both);
    let ours = item("  `name` varchar(90) DEFAULT NULL,\n  `price` int DEFAULT NULL,\n");
    sandbox.write(ITEM, &ours);
    sandbox.git(&["stash", "--quiet"]);
    sandbox.write(
        ITEM,
        &item("  `name` varchar(80) DEFAULT NULL,\n  `price` bigint DEFAULT NULL,\n"),
    );
    sandbox.git(&["commit", "--quiet", "-a", "-m", "A larger price"]);
    sandbox.git(&["stash", "pop", "--quiet"]);
    assert_eq!(
        sandbox.read(ITEM),
        item("  `name` varchar(90) DEFAULT NULL,\n  `price` bigint DEFAULT NULL,\n")
    );
}

#[test]
fn plain_git_stops_where_cells_clash() {
    let ours = item("  `name` varchar(80) DEFAULT NULL,\n");
    let theirs = item("  `name` varchar(20) DEFAULT NULL,\n  `price` int DEFAULT NULL,\n");
    let sandbox = branches(ITEM, &ours, &theirs);
    let merge = sandbox.command("git").args(["merge", "side"]).output();
    let merge = merge.expect("git can be started");
    assert_eq!(merge.status.code(), Some(1), "{merge:?}");
    let said = String::from_utf8_lossy(&merge.stderr).into_owned();
    assert!(said.contains("CONFLICT (edit/edit): columns"), "{said}");
    let merged = item("  `name` varchar(80) DEFAULT NULL,\n  `price` int DEFAULT NULL,\n");
    assert_eq!(sandbox.read(ITEM), merged, "what does not clash is merged");
}

#[test]
fn plain_git_does_not_conclude_a_merge_with_open_conflicts() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["git", "install"]);
    sandbox.must(&["sql", "-q", "insert into item values (1, 'one')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&["switch", "-c", "side"]);
    sandbox.must(&["sql", "-q", "update item set name = 'theirs'"]);
    sandbox.must(&["commit", "-am", "Theirs"]);
    sandbox.must(&["switch", "main"]);
    sandbox.must(&["sql", "-q", "update item set name = 'ours'"]);
    sandbox.must(&["commit", "-am", "Ours"]);
    sandbox.vrev(&["merge", "side"]);
    let commit = || {
        let output = sandbox
            .command("git")
            .args(["commit", "-m", "Both"])
            .output();
        output.expect("git can be started")
    };
    let refused = commit();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("conflict: shop.item"),
        "{said}"
    );
    sandbox.must(&["resolve", "--theirs"]);
    let made = commit();
    assert!(made.status.success(), "{made:?}");
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["sql", "-q", "select name from item"]);
    insta::assert_snapshot!(sandbox.transcript());
}
