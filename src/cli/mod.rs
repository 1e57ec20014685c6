//! The command line `vrev`, shaped as git's: arguments, dispatch, exit codes.
//!
//! Each verb is a file of [`command`]; what it reports goes through [`render`], the only writer of stdout; what went
//! wrong goes to stderr through [`error`]. Settings come from a file, the environment and flags, in this order
//! ([`config`]).

mod color;
mod command;
mod config;
mod editor;
mod error;
#[cfg(test)]
mod golden;
mod pager;
mod progress;
mod prompt;
mod reference;
mod render;
mod runner;
mod script;
mod todo;

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches as _, Parser, Subcommand as _, ValueEnum};
use serde::Deserialize;

pub use error::{internal_failure, report_panic};
pub use reference::{checks, reference};

use color::{Palette, When};
use config::Config;
use error::{Ending, Error};
use render::Output;

use crate::store::Talk;
use crate::workspace::Workspace;

/// Version the schema and the shards of a sharded MySQL database
#[derive(Debug, Parser)]
#[command(
    name = "vrev",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(subcommand_required = true)]
#[command(after_help = "\
Example:
  vrev quickstart          # play a sharded cluster's story in ./shop
  vrev diff main -- customer.corder")]
struct Program {
    #[command(flatten)]
    global: GlobalArgs,
}

/// What was typed.
struct Args {
    global: GlobalArgs,
    command: command::Command,
}

impl Args {
    /// Reads what was typed, the program's name first.
    fn parse(words: Vec<OsString>) -> Result<Self, clap::Error> {
        // Describing all verbs takes longer than most of them run. What is wrong, or help, is told by the whole description.
        let few = Program::command().subcommands(command::described(&words));
        let matches = match few.try_get_matches_from(&words) {
            Ok(matches) => matches,
            Err(_) => description().try_get_matches_from(words)?,
        };
        Ok(Self {
            global: GlobalArgs::from_arg_matches(&matches)?,
            command: command::Command::from_arg_matches(&matches)?,
        })
    }
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Run as if started in <DIR>
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) working_directory: Option<PathBuf>,
    /// Colour the output
    #[arg(long, value_name = "WHEN", global = true)]
    pub(crate) color: Option<When>,
    /// Do not page long output
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Print in this format; every verb that reports has text and json
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<Format>,
}

/// In what form a report is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// Statements that make the change (`diff` and `show`)
    Sql,
    /// Comma-separated values (`sql`)
    Csv,
}

impl Format {
    /// Tells whether the report is to be JSON, for verbs that have text and JSON only.
    pub(crate) fn is_json(self, verb: &str) -> Result<bool, Error> {
        match self {
            Self::Text => Ok(false),
            Self::Json => Ok(true),
            Self::Sql | Self::Csv => {
                let name = if self == Self::Sql { "sql" } else { "csv" };
                Err(Error::user(format!("`vrev {verb}` has no format `{name}`"))
                    .hint("it prints `text` or `json`"))
            }
        }
    }
}

/// What every verb is given beside its own arguments.
pub(crate) struct Context {
    /// The folder to work in, absolute.
    pub(crate) directory: PathBuf,
    /// Where reports go.
    pub(crate) out: Output,
    /// What was opened, which keeps what it has read.
    opened: RefCell<Vec<Workspace>>,
}

impl Context {
    fn new(directory: PathBuf, out: Output) -> Self {
        Self {
            directory,
            out,
            opened: RefCell::default(),
        }
    }

    /// Opens the repository that the folder is in.
    pub(crate) fn workspace(&self) -> Result<Workspace, Error> {
        let workspace = Workspace::open(&self.directory)?;
        self.opened.borrow_mut().push(workspace.clone());
        Ok(workspace)
    }

    /// Returns to whom a program that works for this one speaks.
    pub(crate) fn talk(&self) -> Talk {
        match std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            true => Talk::Terminal,
            false => Talk::Captured,
        }
    }

    /// Returns where a repository is: a path that exists is relative to the folder to work in, anything else is a URL.
    pub(crate) fn url(&self, url: &str) -> String {
        let path = self.directory.join(url);
        match path.exists() {
            true => path.display().to_string(),
            false => url.to_owned(),
        }
    }

    /// Returns a path that was given relative to the folder to work in.
    pub(crate) fn path(&self, path: &std::path::Path) -> PathBuf {
        self.directory.join(path)
    }
}

/// Runs the program with its arguments, the first of which is its name, and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> i32 {
    let args = match Args::parse(args.into_iter().collect()) {
        Ok(args) => args,
        Err(usage) => {
            // Help goes to stdout, wrong usage to stderr; a closed pipe is nobody's failure.
            let _ = usage.print();
            return usage.exit_code();
        }
    };
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let config = match Config::load(&environment, &args.global) {
        Ok(config) => config,
        Err(error) => return error::conclude(Err(error), Palette::PLAIN),
    };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let talk = Palette::choose(config.color, terminal, config.plain);
    let out = Output::stdout(&config);
    let directory = args
        .global
        .working_directory
        .unwrap_or_else(|| PathBuf::from("."));
    let directory = match std::path::absolute(&directory) {
        Ok(directory) => directory,
        Err(error) => {
            let failed = Error::user(format!("cannot work in `{}`", directory.display()));
            return error::conclude(Err(failed.because(Some(&error))), talk);
        }
    };
    let mut context = Context::new(directory, out);
    let ended = args.command.run(&mut context);
    // The end of the process gives back all at once what was read.
    std::mem::forget(context.opened.take());
    // What a failed verb has already written comes before its error.
    let finished = context.out.finish().map_err(Error::from);
    let ended = ended.and_then(|ending| finished.map(|()| ending));
    error::conclude(ended, talk)
}

/// What a captured run printed, stdout and stderr in the order of writing, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The text, uncoloured and unpaged.
    pub output: String,
    /// The exit code.
    pub code: u8,
}

/// Runs the program inside this process, in `directory` and with the settings that hold where nobody set any, and returns
/// what it would have printed. `words` follow the program's name.
pub fn capture(words: &[&str], directory: &std::path::Path) -> Captured {
    let args = match Args::parse(typed(words)) {
        Ok(args) => args,
        Err(usage) => {
            return Captured {
                output: usage.to_string(),
                code: u8::try_from(usage.exit_code()).unwrap_or(2),
            };
        }
    };
    let out = Output::memory(Palette::PLAIN, args.global.format.unwrap_or_default());
    let mut context = Context::new(directory.to_owned(), out);
    let ended = args.command.run(&mut context);
    let mut output = context.out.into_text();
    let (text, code) = error::told(ended, Palette::PLAIN);
    output.push_str(&text);
    Captured { output, code }
}

/// Runs a verb as if its words had been typed after `vrev`, with this context's folder and output.
pub(crate) fn run_words(words: &[&str], context: &mut Context) -> Result<Ending, Error> {
    let args = Args::parse(typed(words)).map_err(|usage| Error::user(usage.to_string()))?;
    args.command.run(context)
}

fn typed(words: &[&str]) -> Vec<OsString> {
    let words = std::iter::once("vrev").chain(words.iter().copied());
    words.map(OsString::from).collect()
}

/// Returns the description of the whole command line.
fn description() -> clap::Command {
    command::Command::augment_subcommands(Program::command())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_consistent() {
        description().debug_assert();
    }

    #[test]
    fn no_argument_of_a_verb_is_taken_for_a_global_one() {
        let global: Vec<_> = description()
            .get_arguments()
            .map(|arg| arg.get_id().clone())
            .collect();
        for verb in description().get_subcommands() {
            let taken = verb
                .get_arguments()
                .find(|arg| global.contains(arg.get_id()));
            assert!(taken.is_none(), "{}: {taken:?}", verb.get_name());
        }
    }

    #[test]
    fn every_verb_has_an_example_and_an_imperative_first_line() {
        for verb in description().get_subcommands() {
            let name = verb.get_name();
            let about = verb
                .get_about()
                .expect("every verb is described")
                .to_string();
            assert!(
                about.starts_with(char::is_uppercase) && !about.ends_with('.'),
                "{name}: {about}"
            );
            let example = verb
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                example.starts_with(&format!("Example:\n  vrev {name}")),
                "{name}: {example}"
            );
            for arg in verb.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(
                    !help.is_empty() && !help.ends_with('.'),
                    "{name} {}: {help}",
                    arg.get_id()
                );
            }
        }
    }
}
