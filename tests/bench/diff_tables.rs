//! `vrev diff HEAD~1 HEAD` against `git diff HEAD~1 HEAD`, whole processes, in a repository of 10,000 tables of which one
//! column of one changed. Run with `cargo bench --bench diff_tables`; both figures and their ratio are printed.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Tables in the repository.
const TABLES: usize = 10_000;
/// Runs of each command; the median is told.
const RUNS: usize = 31;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path();
    make_repository(root);
    let vrev = median(|| {
        run(
            Command::new(env!("CARGO_BIN_EXE_vrev")),
            &["diff", "HEAD~1", "HEAD"],
            root,
        )
    });
    let git = median(|| {
        run(
            Command::new("git"),
            &["--no-pager", "diff", "HEAD~1", "HEAD"],
            root,
        )
    });
    let stat = median(|| {
        run(
            Command::new(env!("CARGO_BIN_EXE_vrev")),
            &["diff", "--stat", "HEAD~1", "HEAD"],
            root,
        )
    });
    println!("{TABLES} tables, one changed; median of {RUNS} whole processes");
    println!("vrev diff HEAD~1 HEAD         {:8.2} ms", millis(vrev));
    println!("vrev diff --stat HEAD~1 HEAD  {:8.2} ms", millis(stat));
    println!("git diff HEAD~1 HEAD          {:8.2} ms", millis(git));
    println!(
        "ratio vrev / git              {:8.2}",
        vrev.as_secs_f64() / git.as_secs_f64()
    );
}

fn make_repository(root: &Path) {
    let tables = root.join("keyspaces/main/tables");
    std::fs::create_dir_all(&tables).expect("a folder can be made");
    let write = |path: &str, text: &str| {
        std::fs::write(root.join(path), text).expect("a file can be written")
    };
    write("vrev.toml", "format = 1\n");
    write("keyspaces/main/vschema.json", "{}\n");
    write("keyspaces/main/shards.json", "[\"0\"]\n");
    for number in 0..TABLES {
        write(
            &format!("keyspaces/main/tables/t{number}.sql"),
            &table(number, "varchar(128)"),
        );
    }
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "ten thousand tables"]);
    write(
        "keyspaces/main/tables/t5000.sql",
        &table(5_000, "varchar(255)"),
    );
    git(root, &["commit", "-qam", "widen a column"]);
    git(root, &["gc", "-q"]);
}

fn table(number: usize, name_type: &str) -> String {
    format!(
        "CREATE TABLE `t{number}` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n  `name` {name_type} DEFAULT NULL,\n  \
         `created_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  `amount` decimal(10,2) DEFAULT NULL,\n  \
         PRIMARY KEY (`id`),\n  KEY `name` (`name`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}

fn git(root: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@example.com",
            // None in the background beside the one asked for.
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false",
        ])
        .args(arguments)
        .current_dir(root)
        .status()
        .expect("git runs");
    assert!(status.success(), "git {arguments:?} failed");
}

/// Runs a command once and returns how long it took; its output must not be empty.
fn run(mut command: Command, arguments: &[&str], root: &Path) -> Duration {
    let started = Instant::now();
    let output = command
        .args(arguments)
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .expect("the command runs");
    let elapsed = started.elapsed();
    assert!(
        output.status.success() && !output.stdout.is_empty(),
        "{arguments:?} showed no difference"
    );
    elapsed
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    measure();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    times.sort_unstable();
    times[RUNS / 2]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
