//! 10,000 committed tables read and made canonical: by `vrev fmt --check`, a whole process that lists and reads the
//! worktree, on one core (where `taskset` is there) and on all, and in this process without files; against
//! `git hash-object` of the same files, which reads them all as well. Run with `cargo bench --bench load_tables`.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
    let canonical = median(|| {
        let started = Instant::now();
        for (path, text) in &tables {
            let canonical = files::canonical_text(path, text.as_bytes()).expect("it is valid");
            assert!(canonical.is_some_and(|canonical| !canonical.is_empty()));
        }
        started.elapsed()
    });
    make_repository(root, &tables);
    let vrev = env!("CARGO_BIN_EXE_vrev");
    let whole = median(|| run(Command::new(vrev), &["fmt", "--check"], root));
    let on_one_core = is_there("taskset").then(|| {
        median(|| {
            let arguments = ["-c", "0", vrev, "fmt", "--check"];
            run(Command::new("taskset"), &arguments, root)
        })
    });
    let names: String = tables.iter().map(|(path, _)| format!("{path}\n")).collect();
    std::fs::write(root.join("names"), names).expect("a file can be written");
    let git = median(|| {
        let mut command = Command::new("git");
        let names = std::fs::File::open(root.join("names")).expect("it was written");
        command.stdin(names);
        run(command, &["hash-object", "--stdin-paths"], root)
    });
    println!("{TABLES} tables, median of {RUNS}");
    let told = |what: &str, time: Duration| {
        let (millis, speed) = (millis(time), TABLES as f64 / time.as_secs_f64());
        println!("{what:34} {millis:9.2} ms  {speed:9.0} tables/s");
    };
    match on_one_core {
        Some(time) => told("vrev fmt --check, one core", time),
        None => println!("taskset is missing: the process is not measured on one core"),
    }
    told("vrev fmt --check, all cores", whole);
    told("canonical text alone, one core", canonical);
    told("git hash-object of the same", git);
    println!(
        "ratio vrev (all cores) / git       {:9.2}",
        whole.as_secs_f64() / git.as_secs_f64()
    );
}

fn is_there(program: &str) -> bool {
    let ended = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
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
    for arguments in [
        vec!["init", "-q"],
        vec!["add", "-A"],
        vec![
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@example.org",
            "commit",
            "-qm",
            "tables",
        ],
    ] {
        run(Command::new("git"), &arguments, root);
    }
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

/// Runs a command once and returns how long it took.
fn run(mut command: Command, arguments: &[&str], root: &Path) -> Duration {
    let started = Instant::now();
    let output = command
        .args(arguments)
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .expect("the command runs");
    let elapsed = started.elapsed();
    assert!(output.status.success(), "{arguments:?} failed");
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
