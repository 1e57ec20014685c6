//! Any text after a DDL verb: what is read prints to text that is read, and prints the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::sql::{Statement, parse_statement, print};

fuzz_target!(|text: &str| {
    for verb in ["create table ", "alter table t ", "alter vschema ", ""] {
        let text = format!("{verb}{text}");
        match parse_statement(&text) {
            Ok(Statement::Ddl(statement)) => {
                let once = print::statement(&statement);
                let Ok(Statement::Ddl(again)) = parse_statement(&once) else {
                    panic!("not read back: {once}")
                };
                assert_eq!(print::statement(&again), once);
            }
            Ok(Statement::AlterVschema(statement)) => {
                let once = statement.to_string();
                let Ok(Statement::AlterVschema(again)) = parse_statement(&once) else {
                    panic!("not read back: {once}")
                };
                assert_eq!(again.to_string(), once);
            }
            _ => {}
        }
    }
});
