//! `vrev resolve`: conflicts settled by a version, violations taken for mended.

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::merge::Version;
use crate::workspace::ResolveOptions;

/// Settle conflicts of a merge by one side's cells
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev resolve --theirs customer.corder 17")]
#[command(group = clap::ArgGroup::new("how").required(true))]
pub(crate) struct Args {
    /// Keep our cells where they clash
    #[arg(long, group = "how")]
    ours: bool,
    /// Take their cells where they clash
    #[arg(long, group = "how")]
    theirs: bool,
    /// Go back to the base's cells where they clash
    #[arg(long, group = "how")]
    base: bool,
    /// Take the violations for settled instead, of one object or all
    #[arg(long, group = "how")]
    violations: bool,
    /// A table, a relation, another object or a file; everything where absent
    #[arg(value_name = "OBJECT")]
    object: Option<String>,
    /// Keys of rows, the cells of one joined by commas; all where absent
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    keys: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("resolve")?;
    let workspace = context.workspace()?;
    let left = if args.violations {
        workspace.accept_violations(args.object.as_deref())?
    } else {
        let version = match (args.theirs, args.base) {
            (true, _) => Version::Theirs,
            (_, true) => Version::Base,
            _ => Version::Ours,
        };
        workspace.resolve_conflicts(&ResolveOptions {
            version,
            object: args.object.clone(),
            keys: args.keys.clone(),
        })?
    };
    context.out.left(&left)?;
    Ok(Ending::Done)
}
