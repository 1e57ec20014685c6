//! Runs the conformance cases that `VREV_CASES` names and holds the result against the ratchet.
//!
//! For each of the eight suites it prints `conformance <suite>: passed/total`. `ratchet/<suite>.txt` lists the cases that
//! do not pass yet, each with its reason; the run fails when a listed case passes or another one fails, so the lists only
//! get shorter. Environment:
//!
//! - `VREV_CASES`: the folder of cases; without it the run says that it skips.
//! - `VREV_CASES_REPORT=1`: only counts, whatever folder is given, and never fails.
//! - `VREV_CASES_SUITE=<suite>`: only this suite.
//! - `VREV_CASES_UPDATE=history`: writes that suite's list anew, with reasons that follow from how cases fail.
//! - `VREV_CASES_SHOW=<text>`: prints why cases fail whose id contains the text.
#![allow(clippy::print_stdout, reason = "the figures are the point of the run")]

mod case;
mod compare;
mod ddl;
mod history;
mod ratchet;
mod result;
mod routing;
mod run;
mod sql;
mod vectors;
mod vindexes;
mod vschema;

use std::path::PathBuf;
use std::process::ExitCode;

use case::Runner;

/// Every suite; `None` for one that is not wired yet, all of whose cases count as failed.
const SUITES: &[(&str, Option<Runner>)] = &[
    ("routing", Some(routing::run)),
    ("vtexplain", None),
    ("vschema", Some(vschema::run)),
    ("vindexes", Some(vindexes::run)),
    ("ddl", Some(ddl::run)),
    ("fk", None),
    ("history", Some(history::run)),
    ("sql", Some(sql::run)),
];

fn main() -> ExitCode {
    // Test runners ask a binary to list its tests; this one has a single, unnamed one.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let Some(folder) = std::env::var_os("VREV_CASES").map(PathBuf::from) else {
        println!("conformance: skipped, VREV_CASES is not set");
        return ExitCode::SUCCESS;
    };
    let only_report = std::env::var_os("VREV_CASES_REPORT").is_some_and(|value| value == "1");
    let show = std::env::var("VREV_CASES_SHOW").ok();
    let only = std::env::var("VREV_CASES_SUITE").ok();
    let update = std::env::var("VREV_CASES_UPDATE").ok();
    let mut complaints = Vec::new();
    let wanted = |suite: &str| only.as_deref().is_none_or(|only| only == suite);
    for (suite, runner) in SUITES.iter().filter(|(suite, _)| wanted(suite)) {
        let cases = case::read(&folder.join(suite), suite);
        let outcomes = run::all(&cases, *runner);
        let passed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        println!("conformance {suite}: {passed}/{}", cases.len());
        match *suite {
            "history" => history::report(),
            "ddl" => ddl::report(&cases, &outcomes),
            _ => {}
        }
        for (case, outcome) in cases.iter().zip(&outcomes) {
            if let (Err(reason), Some(text)) = (outcome, &show)
                && case.id.contains(text.as_str())
            {
                println!("  {}: {}", case.id, reason.replace('\n', "\\n"));
            }
        }
        if update.as_deref() == Some(*suite) {
            complaints.extend(ratchet::update(suite, &cases, &outcomes, history::reason));
        } else if !only_report {
            complaints.extend(ratchet::check(suite, &cases, &outcomes));
        }
    }
    if !only_report && only.is_none() {
        let (passed, total, failed) = vectors::check(&folder);
        println!("vectors: {passed}/{total}");
        complaints.extend(failed);
    }
    for complaint in &complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
