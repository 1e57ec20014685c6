//! Any text: scripts and statements never panic, and what is read prints to a fixed point.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::sql::{Statement, parse_script, parse_statement, print};

fuzz_target!(|text: &str| {
    let _ = parse_script(text);
    if let Ok(Statement::Sql(statement)) = parse_statement(text) {
        let once = print::query::statement(&statement);
        if let Ok(Statement::Sql(again)) = parse_statement(&once) {
            assert_eq!(print::query::statement(&again), once);
        }
    }
});
