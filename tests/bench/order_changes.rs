//! The order of n changes that depend on each other: a chain of tables, each with a foreign key to the one before, comes,
//! goes, and is turned around. Run with `cargo bench --bench order_changes`; the growth with n is printed.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;

use std::time::Instant;

use measure::{medians, millis};
use vrev::catalog::Catalog;
use vrev::catalog::import::{self, Options, Source};
use vrev::diff::migration::migration;

/// Sizes.
const SIZES: [usize; 6] = [10, 50, 100, 200, 350, 500];
/// Runs of each; the median is told.
const RUNS: usize = 5;

fn main() {
    println!("n changes that depend on each other, median of {RUNS}; ms a change in parentheses");
    println!(
        "{:>5} {:>18} {:>18} {:>18}",
        "n", "all come", "all go", "turned around"
    );
    for n in SIZES {
        let (empty, chain, turned) = (catalog(0, false), catalog(n, false), catalog(n, true));
        let shown = |from: &Catalog, to: &Catalog| {
            let mut plan = || {
                let started = Instant::now();
                let steps = migration(from, to).expect("it can be planned");
                assert!(steps.len() >= n);
                started.elapsed()
            };
            let time = millis(medians(RUNS, [&mut plan])[0]);
            format!("{time:.1} ({:.3})", time / n as f64)
        };
        println!(
            "{n:>5} {:>18} {:>18} {:>18}",
            shown(&empty, &chain),
            shown(&chain, &empty),
            shown(&chain, &turned)
        );
    }
}

/// A chain of tables; `turned` has every foreign key the other way.
fn catalog(n: usize, turned: bool) -> Catalog {
    let mut text = String::new();
    for i in 0..n {
        let other = if turned { i + 1 } else { i.wrapping_sub(1) };
        let key = if other < n {
            format!(", constraint f{i} foreign key (p) references t{other} (id)")
        } else {
            String::new()
        };
        text.push_str(&format!(
            "create table t{i} (id int primary key, p int, key p (p){key});\n"
        ));
    }
    let options = Options {
        keyspace: Some("main".to_owned()),
        force: false,
    };
    let source = Source::new(
        "chain.sql",
        None,
        format!("create database main;\n{text}").into_bytes(),
    );
    let imported = import::ddl(&Catalog::default(), &[source], &options, false);
    imported.expect("it is valid").catalog
}
