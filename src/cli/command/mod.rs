//! One verb, one file: its arguments with their help, and what it does with a workspace.

mod completions;

use super::Context;
use super::error::{Ending, Error};

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Completions(completions::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, context: &mut Context) -> Result<Ending, Error> {
        match self {
            Self::Completions(args) => completions::run(&args, context),
        }
    }
}
