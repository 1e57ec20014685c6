//! Histories, commits and merges of large repositories against git's own, whole processes in one run:
//! `log -- <table>` in 10,000 commits of 500 tables with git's changed-path filters and a warm index, `commit` of one
//! table among 10,000, found (`-A`) or named, with both synced, and a merge of 10,000 tables with one change a side. Run with
//! `cargo bench --bench history`, or `-- log`, `-- commit` or `-- merge` for a part; figures and ratios are printed.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
    git(root, &["gc", "-q"]);
    git(
        root,
        &[
            "commit-graph",
            "write",
            "--reachable",
            "--changed-paths",
            "--no-progress",
        ],
    );
    let build = Instant::now();
    vrev(root, &["log", "--oneline", "--", "shop.t0042"]);
    println!(
        "{COMMITS} commits of {TABLES} tables; the index is built in {:.1} s",
        build.elapsed().as_secs_f64()
    );
    let ours = median(61, || {
        timed(&mut vrev_command(
            root,
            &["log", "--oneline", "--", "shop.t0042"],
        ))
    });
    let path = "keyspaces/shop/tables/t0042.sql";
    let gits = median(61, || {
        timed(&mut git_command(
            root,
            &["--no-pager", "log", "--oneline", "--", path],
        ))
    });
    assert_eq!(
        lines(&mut vrev_command(
            root,
            &["log", "--oneline", "--", "shop.t0042"]
        )),
        lines(&mut git_command(
            root,
            &["--no-pager", "log", "--oneline", "--", path]
        )),
    );
    told("log -- <table>", ours, gits);
    let none = median(61, || timed(&mut vrev_command(root, &["--version"])));
    println!(
        "  of which a process that only starts   {:8.2} ms",
        millis(none)
    );
}

fn commit(folder: &Path) {
    let synced: &[(&str, &str)] = &[("core.fsync", "all"), ("core.fsyncMethod", "fsync")];
    let mut figures = Vec::new();
    for who in ["vrev", "one", "git"] {
        let root = folder.join(format!("commit-{who}"));
        import(&root, WIDE, 1);
        for (key, value) in synced {
            git(&root, &["config", key, value]);
        }
        // Both begin from an index and working state that they wrote themselves.
        vrev(&root, &["status"]);
        git(&root, &["status"]);
        let path = root.join("keyspaces/shop/tables/t0042.sql");
        let mut number = 100;
        figures.push(median(15, || {
            number += 1;
            std::fs::write(&path, table(42, number)).expect("a file can be written");
            let start = Instant::now();
            match who {
                "vrev" => vrev(&root, &["commit", "-A", "-m", "wider"]),
                "one" => vrev(&root, &["commit", "-m", "wider", "shop.t0042"]),
                _ => {
                    git(&root, &["add", "-A"]);
                    git(&root, &["commit", "-q", "-m", "wider"]);
                }
            }
            start.elapsed()
        }));
    }
    println!("{WIDE} tables, one changed, objects and references synced");
    told("commit -A", figures[0], figures[2]);
    told("commit shop.t0042", figures[1], figures[2]);
}

fn merge(folder: &Path) {
    let root = folder.join("merge");
    import(&root, WIDE, 1);
    let change = |number: usize, width: usize, branch: &str| {
        git(&root, &["switch", "-q", "-c", branch, "main"]);
        let path = format!("keyspaces/shop/tables/t{number:04}.sql");
        std::fs::write(root.join(path), table(number, width)).expect("a file can be written");
        git(&root, &["commit", "-qam", branch]);
    };
    change(1, 50, "ours");
    change(9, 60, "theirs");
    git(&root, &["switch", "-q", "ours"]);
    git(&root, &["gc", "-q"]);
    let gits = median(21, || {
        timed(&mut git_command(
            &root,
            &["merge-tree", "--write-tree", "ours", "theirs"],
        ))
    });
    let trees = median(21, || {
        timed(&mut vrev_command(
            &root,
            &["merge", "--write-tree", "theirs"],
        ))
    });
    vrev(&root, &["status"]);
    let ours = median(21, || {
        let elapsed = timed(&mut vrev_command(&root, &["merge", "-m", "both", "theirs"]));
        vrev(&root, &["reset", "--hard", "HEAD~1"]);
        elapsed
    });
    let whole = median(21, || {
        let elapsed = timed(&mut git_command(
            &root,
            &["merge", "-q", "-m", "both", "theirs"],
        ));
        git(&root, &["reset", "-q", "--hard", "HEAD~1"]);
        elapsed
    });
    assert_eq!(
        said(&mut vrev_command(
            &root,
            &["merge", "--write-tree", "theirs"]
        )),
        said(&mut git_command(
            &root,
            &["merge-tree", "--write-tree", "ours", "theirs"]
        )),
    );
    println!("{WIDE} tables, one changed on each side; `merge` also commits and checks out");
    told("merge --write-tree", trees, gits);
    told("merge", ours, whole);
}

fn told(what: &str, ours: Duration, gits: Duration) {
    let ratio = gits.as_secs_f64() / ours.as_secs_f64();
    println!(
        "  {what:<26} vrev {:8.2} ms   git {:8.2} ms   git / vrev {ratio:6.2}",
        millis(ours),
        millis(gits)
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
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["config", "user.name", "bench"]);
    git(root, &["config", "user.email", "bench@example.org"]);
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
    let mut child = git_command(root, &["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(stream.as_bytes()).expect("git reads");
    drop(stdin);
    assert!(child.wait().expect("git ends").success());
    git(root, &["reset", "-q", "--hard", "main"]);
}

fn git_command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root);
    command
}

fn vrev_command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vrev"));
    command.args(arguments).current_dir(root);
    command
}

fn git(root: &Path, arguments: &[&str]) {
    lines(&mut git_command(root, arguments));
}

fn vrev(root: &Path, arguments: &[&str]) {
    lines(&mut vrev_command(root, arguments));
}

/// Runs a command, which must succeed, and counts the lines that it prints.
fn lines(command: &mut Command) -> usize {
    said(command).iter().filter(|byte| **byte == b'\n').count()
}

/// Runs a command, which must succeed, and returns what it prints.
fn said(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("the command runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    output.stdout
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    lines(command);
    start.elapsed()
}

fn median(runs: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..runs).map(|_| run()).collect();
    times.sort();
    times[runs / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
