//! `vrev check`: a revision judged.

use clap::ValueEnum;

use super::objects;
use crate::catalog::files::Severity;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::Revision;

/// Find what is wrong with a revision, or will be
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev check HEAD -- customer")]
pub(crate) struct Args {
    /// The revision; the working set if absent
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
    /// End with 1 if there is a finding of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// Only these keyspaces, tables or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

/// From which severity on a finding is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Anything found
    Notice,
    /// Nothing
    Never,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("check")?;
    let workspace = context.workspace()?;
    let revision = match &args.revision {
        Some(typed) => workspace.resolve(typed)?,
        None => Revision::Working,
    };
    let mut report = workspace.check(&revision, &objects(&workspace, &args.objects)?)?;
    if let Some(typed) = &args.revision {
        report.revision.clone_from(typed);
    }
    context.out.page();
    context.out.check(&report)?;
    let failing = |severity: Severity| match args.fail_on {
        FailOn::Error => severity >= Severity::Error,
        FailOn::Warning => severity >= Severity::Warning,
        FailOn::Notice => severity >= Severity::Notice,
        FailOn::Never => false,
    };
    let fails = report
        .findings
        .iter()
        .any(|found| failing(found.finding.severity));
    Ok(if fails { Ending::No } else { Ending::Done })
}
