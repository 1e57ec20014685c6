//! `vrev diff HEAD~1 HEAD` against `git diff HEAD~1 HEAD`, whole processes, in a repository of 10,000 tables of which one
//! column of one changed. Run with `cargo bench --bench diff_tables`; both figures and their ratio are printed.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;

use std::path::Path;

use measure::{git, medians, millis, ratio, said, timed, vrev};

/// Tables in the repository.
const TABLES: usize = 10_000;
/// Runs of each command; the median is told.
const RUNS: usize = 41;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path();
    make_repository(root);
    let ours = || vrev(root, &["diff", "HEAD~1", "HEAD"]);
    let stat = || vrev(root, &["diff", "--stat", "HEAD~1", "HEAD"]);
    let gits = || git(root, &["diff", "HEAD~1", "HEAD"]);
    for command in [ours(), stat(), gits()] {
        assert!(!said(command).is_empty(), "there is a difference");
    }
    let [ours, stat, gits] = medians(
        RUNS,
        [&mut || timed(ours()), &mut || timed(stat()), &mut || {
            timed(gits())
        }],
    );
    println!("{TABLES} tables, one changed; median of {RUNS} whole processes, taken in turn");
    println!("vrev diff HEAD~1 HEAD         {:8.2} ms", millis(ours));
    println!("vrev diff --stat HEAD~1 HEAD  {:8.2} ms", millis(stat));
    println!("git diff HEAD~1 HEAD          {:8.2} ms", millis(gits));
    println!("ratio vrev / git              {:8.2}", ratio(ours, gits));
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
    said(git(root, &["init", "-q", "-b", "main"]));
    said(git(root, &["add", "-A"]));
    said(git(root, &["commit", "-qm", "ten thousand tables"]));
    write(
        "keyspaces/main/tables/t5000.sql",
        &table(5_000, "varchar(255)"),
    );
    said(git(root, &["commit", "-qam", "widen a column"]));
    said(git(root, &["gc", "-q"]));
}

fn table(number: usize, name_type: &str) -> String {
    format!(
        "CREATE TABLE `t{number}` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n  `name` {name_type} DEFAULT NULL,\n  \
         `created_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  `amount` decimal(10,2) DEFAULT NULL,\n  \
         PRIMARY KEY (`id`),\n  KEY `name` (`name`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}
