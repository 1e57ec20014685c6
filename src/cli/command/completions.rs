//! `vrev completions`: a shell's completion script, from the description of the command line.

use clap_complete::Shell;

use crate::cli::error::{Ending, Error};
use crate::cli::{Context, description};

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vrev completions bash > ~/.local/share/bash-completion/completions/vrev"
)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_parser = clap::builder::EnumValueParser::<Shell>::new())]
    shell: Shell,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut description(), "vrev", &mut script);
    context.out.text(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}
