//! 10,000 committed tables read and made canonical: by `vrev fmt --check`, a whole process that lists and reads the
//! worktree, on one core (where `taskset` is there) and on all, and in this process without files; against
//! `git hash-object` of the same files, which reads them all as well. Run with `cargo bench --bench load_tables`.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use measure::{command, git, medians, millis, ratio, said, timed, vrev};
use vrev::catalog::files;

/// The program's, so that what is measured in this process is the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tables in the repository.
const TABLES: usize = 10_000;
/// Runs of each; the median is told.
const RUNS: usize = 7;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path();
    let tables: Vec<(String, String)> = (0..TABLES)
        .map(|number| {
            (
                format!("keyspaces/main/tables/t{number}.sql"),
                table(number),
            )
        })
        .collect();
    make_repository(root, &tables);
    let names: String = tables.iter().map(|(path, _)| format!("{path}\n")).collect();
    std::fs::write(root.join("names"), names).expect("a file can be written");
    let [whole, canonical, gits] = medians(
        RUNS,
        [
            &mut || timed(vrev(root, &["fmt", "--check"])),
            &mut || {
                let started = Instant::now();
                for (path, text) in &tables {
                    let canonical = files::canonical_text(path, text.as_bytes());
                    let canonical = canonical.expect("it is valid");
                    assert!(canonical.is_some_and(|canonical| !canonical.is_empty()));
                }
                started.elapsed()
            },
            &mut || {
                let mut command = git(root, &["hash-object", "--stdin-paths"]);
                command.stdin(std::fs::File::open(root.join("names")).expect("it was written"));
                timed(command)
            },
        ],
    );
    println!("{TABLES} tables, median of {RUNS}, taken in turn");
    let told = |what: &str, time: Duration| {
        let (millis, speed) = (millis(time), TABLES as f64 / time.as_secs_f64());
        println!("{what:34} {millis:9.2} ms  {speed:9.0} tables/s");
    };
    if is_there("taskset") {
        let arguments = ["-c", "0", env!("CARGO_BIN_EXE_vrev"), "fmt", "--check"];
        let mut on_one_core = || timed(command("taskset", root, &arguments));
        let [on_one_core] = medians(RUNS, [&mut on_one_core]);
        told("vrev fmt --check, one core", on_one_core);
    } else {
        println!("taskset is missing: the process is not measured on one core");
    }
    told("vrev fmt --check, all cores", whole);
    told("canonical text alone, one core", canonical);
    told("git hash-object of the same", gits);
    println!(
        "ratio vrev (all cores) / git       {:9.2}",
        ratio(whole, gits)
    );
}

fn is_there(program: &str) -> bool {
    let mut asked = command(program, Path::new("."), &["--version"]);
    let ended = asked.stdout(Stdio::null()).status();
    ended.is_ok_and(|status| status.success())
}

fn make_repository(root: &Path, tables: &[(String, String)]) {
    std::fs::create_dir_all(root.join("keyspaces/main/tables")).expect("a folder can be made");
    let write = |path: &str, text: &str| {
        std::fs::write(root.join(path), text).expect("a file can be written")
    };
    write("vrev.toml", "format = 1\n");
    write("keyspaces/main/vschema.json", "{}\n");
    write("keyspaces/main/shards.json", "[\"0\"]\n");
    for (path, text) in tables {
        write(path, text);
    }
    said(git(root, &["init", "-q"]));
    said(git(root, &["add", "-A"]));
    said(git(root, &["commit", "-qm", "tables"]));
}

/// Canonical texts of four shapes.
fn table(number: usize) -> String {
    let columns = match number % 4 {
        0 => "  `name` varchar(128) DEFAULT NULL,\n",
        1 => {
            "  `email` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n  `flags` set('a','b') DEFAULT 'a',\n"
        }
        2 => {
            "  `total` decimal(12,2) NOT NULL DEFAULT '0.00',\n  `doc` json,\n  `note` text COMMENT 'it''s',\n"
        }
        _ => "  `twice` bigint GENERATED ALWAYS AS ((`amount` * 2)) VIRTUAL,\n",
    };
    format!(
        "CREATE TABLE `t{number}` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n{columns}  \
         `created_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  `amount` decimal(10,2) DEFAULT NULL,\n  \
         PRIMARY KEY (`id`),\n  KEY `amount` (`amount`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}
