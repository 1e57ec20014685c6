//! Histories, commits and merges of large repositories against git's own, whole processes in one run:
//! `log -- <table>` in 10,000 commits of 500 tables with git's changed-path filters and a warm index, `commit` of one
//! table among 10,000, found (`-A`) or named, with both synced, and a merge of 10,000 tables with one change a side. Run with
//! `cargo bench --bench history`, or `-- log`, `-- commit` or `-- merge` for a part; figures and ratios are printed.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use measure::{git, medians, millis, ratio, said, timed, vrev};

/// Commits of the long history.
const COMMITS: usize = 10_000;
/// Its tables.
const TABLES: usize = 500;
/// Tables of the wide revisions.
const WIDE: usize = 10_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    // cargo adds options of its own, such as `--bench`.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let parts: [(&str, fn(&Path)); 3] = [("log", log), ("commit", commit), ("merge", merge)];
    for (name, part) in parts {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            part(folder.path());
        }
    }
}

fn log(folder: &Path) {
    let root = &folder.join("long");
    import(root, TABLES, COMMITS);
    said(git(root, &["gc", "-q"]));
    let filters = ["write", "--reachable", "--changed-paths", "--no-progress"];
    said(git(root, &[&["commit-graph"], &filters[..]].concat()));
    let ours = || vrev(root, &["log", "--oneline", "--", "shop.t0042"]);
    let path = "keyspaces/shop/tables/t0042.sql";
    let gits = || git(root, &["log", "--oneline", "--", path]);
    let build = Instant::now();
    let found = lines(&said(ours()));
    let build = build.elapsed().as_secs_f64();
    println!("{COMMITS} commits of {TABLES} tables; the index is built in {build:.1} s");
    assert_eq!(found, lines(&said(gits())));
    let [ours, gits, none] = medians(
        61,
        [&mut || timed(ours()), &mut || timed(gits()), &mut || {
            timed(vrev(root, &["--version"]))
        }],
    );
    told("log -- <table>", ours, gits);
    println!(
        "  of which a process that only starts   {:8.2} ms",
        millis(none)
    );
}

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

fn commit(folder: &Path) {
    let synced: &[(&str, &str)] = &[("core.fsync", "all"), ("core.fsyncMethod", "fsync")];
    let roots = ["all", "one", "git"].map(|who| folder.join(format!("commit-{who}")));
    for root in &roots {
        import(root, WIDE, 1);
        for (key, value) in synced {
            said(git(root, &["config", key, value]));
        }
        // A repository in use has the folders of loose objects; `git gc` removes those that it empties.
        for first in 0..=u8::MAX {
            let folder = root.join(format!(".git/objects/{first:02x}"));
            std::fs::create_dir_all(folder).expect("a folder can be made");
        }
        // All begin from an index and working state that they wrote themselves.
        said(vrev(root, &["status"]));
        said(git(root, &["status"]));
    }
    let mut width = 100;
    let mut widened = |root: &Path, commit: &dyn Fn()| {
        width += 1;
        let path = root.join("keyspaces/shop/tables/t0042.sql");
        std::fs::write(path, table(42, width)).expect("a file can be written");
        let start = Instant::now();
        commit();
        start.elapsed()
    };
    let widened = std::cell::RefCell::new(&mut widened);
    let [all, one, gits] = &roots;
    let by_git = || {
        said(git(gits, &["add", "-A"]));
        said(git(gits, &["commit", "-q", "-m", "wider"]));
    };
    // Each against git alone: what a commit leaves to be written to the disk meets the next one.
    let against_git = |root: &Path, arguments: &[&str]| {
        let arguments = [&["commit", "-m", "wider"], arguments].concat();
        medians(
            25,
            [
                &mut || widened.borrow_mut()(root, &|| _ = said(vrev(root, &arguments))),
                &mut || widened.borrow_mut()(gits, &by_git),
            ],
        )
    };
    println!("{WIDE} tables, one changed, objects and references synced");
    let [named, git_named] = against_git(one, &["shop.t0042"]);
    told("commit shop.t0042", named, git_named);
    let [found, git_found] = against_git(all, &["-A"]);
    told("commit -A", found, git_found);
}

fn merge(folder: &Path) {
    let root = &folder.join("merge");
    import(root, WIDE, 1);
    let change = |number: usize, width: usize, branch: &str| {
        said(git(root, &["switch", "-q", "-c", branch, "main"]));
        let path = format!("keyspaces/shop/tables/t{number:04}.sql");
        std::fs::write(root.join(path), table(number, width)).expect("a file can be written");
        said(git(root, &["commit", "-qam", branch]));
    };
    change(1, 50, "ours");
    change(9, 60, "theirs");
    said(git(root, &["switch", "-q", "ours"]));
    said(git(root, &["gc", "-q"]));
    let ours = || vrev(root, &["merge", "--write-tree", "theirs"]);
    let gits = || git(root, &["merge-tree", "--write-tree", "ours", "theirs"]);
    assert_eq!(said(ours()), said(gits()));
    let [trees, git_trees] = medians(31, [&mut || timed(ours()), &mut || timed(gits())]);
    said(vrev(root, &["status"]));
    let [whole, git_whole] = medians(
        21,
        [
            &mut || {
                let elapsed = timed(vrev(root, &["merge", "-m", "both", "theirs"]));
                said(vrev(root, &["reset", "--hard", "HEAD~1"]));
                elapsed
            },
            &mut || {
                let elapsed = timed(git(root, &["merge", "-q", "-m", "both", "theirs"]));
                said(git(root, &["reset", "-q", "--hard", "HEAD~1"]));
                elapsed
            },
        ],
    );
    println!("{WIDE} tables, one changed on each side; `merge` also commits and checks out");
    told("merge --write-tree", trees, git_trees);
    told("merge", whole, git_whole);
}

fn told(what: &str, ours: Duration, gits: Duration) {
    println!(
        "  {what:<26} vrev {:8.2} ms   git {:8.2} ms   git / vrev {:6.2}",
        millis(ours),
        millis(gits),
        ratio(gits, ours)
    );
}

fn table(number: usize, width: usize) -> String {
    format!(
        "CREATE TABLE `t{number:04}` (\n  `id` bigint NOT NULL,\n  `name` varchar({width}) DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) \
         ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}

/// Makes a repository by `git fast-import`: every commit after the first widens a column of one table.
fn import(root: &Path, tables: usize, commits: usize) {
    std::fs::create_dir_all(root).expect("a folder can be made");
    said(git(root, &["init", "-q", "-b", "main"]));
    said(git(root, &["config", "user.name", "bench"]));
    said(git(root, &["config", "user.email", "bench@example.org"]));
    let mut stream = String::new();
    let file = |stream: &mut String, path: &str, text: &str| {
        let _ = write!(
            stream,
            "M 100644 inline {path}\ndata {}\n{text}\n",
            text.len()
        );
    };
    let mut widths = vec![10; tables];
    let mut random = 7_u64;
    for number in 0..commits {
        let message = format!("change {number}");
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> {} +0000\ndata {}\n{message}\n",
            1_700_000_000 + number * 60,
            message.len()
        );
        if number == 0 {
            file(&mut stream, "vrev.toml", "format = 1\n");
            file(&mut stream, "keyspaces/shop/vschema.json", "{}\n");
            file(&mut stream, "keyspaces/shop/shards.json", "[\"0\"]\n");
        }
        let all = if number == 0 {
            0..tables
        } else {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let one = usize::try_from(random >> 33).expect("31 bits fit") % tables;
            widths[one] += 1;
            one..one + 1
        };
        for one in all {
            let path = format!("keyspaces/shop/tables/t{one:04}.sql");
            file(&mut stream, &path, &table(one, widths[one]));
        }
    }
    let mut child = git(root, &["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(stream.as_bytes()).expect("git reads");
    drop(stdin);
    assert!(child.wait().expect("git ends").success());
    said(git(root, &["reset", "-q", "--hard", "main"]));
}
