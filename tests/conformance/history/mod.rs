//! Suite `history`: version control through SQL (scripts of statements) and on the command line (scripts of commands).
//!
//! Every case starts in a repository of its own: keyspace `mydb` of one shard, branch `main`, one commit, user `root`.
//! A case passes when all its assertions do; the assertions of a script whose setup fails count as failed. Both kinds run
//! inside this process. Words of the origin's command line are renamed by [`translate`], nothing else is.

mod command_line;
mod reason;
mod repository;
mod script;
mod translate;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::case::Case;

pub(crate) use reason::reason;

/// Assertions of SQL scripts that hold, and all of them; command-line cases likewise.
static SQL: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
static CLI: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

fn count(counters: &[AtomicUsize; 2], passed: usize, total: usize) {
    counters[0].fetch_add(passed, Ordering::Relaxed);
    counters[1].fetch_add(total, Ordering::Relaxed);
}

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    let repository = repository::Repository::new()?;
    if case.json.get("steps").is_some() {
        count(&CLI, 0, 1);
        command_line::run(case, &repository)?;
        count(&CLI, 1, 0);
        return Ok(());
    }
    script::run(case, &repository)
}

/// Prints what the figure of cases hides.
pub(crate) fn report() {
    for (name, [passed, total]) in [("sql assertions", &SQL), ("cli cases", &CLI)] {
        let (passed, total) = (
            passed.load(Ordering::Relaxed),
            total.load(Ordering::Relaxed),
        );
        if total > 0 {
            println!("history {name}: {passed}/{total}");
        }
    }
}
