//! `vrev constraints`: rows of the working set that break a constraint of their tables.

use super::objects;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::workspace::VerifyOptions;

/// Find rows that break a foreign key, a unique key, a check or NOT NULL
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev constraints verify --all customer.corder")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Look at the working rows, note in the system tables what is found, and end with 1 if something is
    Verify {
        /// Look at rows that HEAD has, too, and not only at new and changed ones
        #[arg(short, long)]
        all: bool,
        /// Note nothing
        #[arg(short, long)]
        output_only: bool,
        /// Only these tables and keyspaces
        #[arg(value_name = "OBJECT")]
        objects: Vec<String>,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("constraints")?;
    let What::Verify {
        all,
        output_only,
        objects: words,
    } = &args.what;
    let workspace = context.workspace()?;
    let options = VerifyOptions {
        all: *all,
        output_only: *output_only,
    };
    let found = workspace.verify_constraints(&objects(&workspace, words)?, options)?;
    context.out.violations(&found)?;
    Ok(match found.is_empty() {
        true => Ending::Done,
        false => Ending::No,
    })
}
