//! `vrev verify`: everything that is stored looked at.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Check objects, references, every commit's catalog and rows
///
/// Files without a hash of their own (references, logs, settings, working rows, files that are changed but not staged)
/// are noted as they are; the next `verify` finds those whose bytes changed though nobody wrote them. What changed before
/// it was first noted, and still means something, cannot be found.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev verify")]
pub(crate) struct Args {}

pub(super) fn run(_args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("verify")?;
    let report = context.workspace()?.verify()?;
    if json {
        let problem = |problem: &crate::workspace::Problem| {
            serde_json::json!({
                "kind": problem.kind, "place": problem.place, "message": problem.message,
            })
        };
        let left_out = report.left_out.as_ref().map(|left_out| {
            serde_json::json!({
                "remote": left_out.remote, "filter": left_out.filter, "objects": left_out.objects,
                "commits": left_out.commits, "row_sets": left_out.row_sets,
            })
        });
        context.out.json(&serde_json::json!({
            "objects": report.objects,
            "references": report.references,
            "commits": report.commits,
            "row_sets": report.row_sets,
            "left_out": left_out,
            "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        }))?;
    } else {
        for problem in &report.problems {
            let place = &problem.place;
            let message = &problem.message;
            context
                .out
                .line(format!("{}: {place}: {message}", problem.kind))?;
        }
        if let Some(left_out) = &report.left_out {
            context.out.line(format!(
                "left out by this clone of `{}` (filter `{}`) and not looked at: objects {}, catalogs of commits {}, sets of rows {}",
                left_out.remote,
                left_out.filter,
                left_out.objects,
                left_out.commits,
                left_out.row_sets,
            ))?;
        }
        context.out.line(format!(
            "{} objects, {} references, {} commits and {} sets of rows: {}",
            report.objects,
            report.references,
            report.commits,
            report.row_sets,
            match report.problems.len() {
                0 => "no problems found".to_owned(),
                1 => "1 problem".to_owned(),
                many => format!("{many} problems"),
            }
        ))?;
    }
    Ok(if report.problems.is_empty() {
        Ending::Done
    } else {
        Ending::No
    })
}
