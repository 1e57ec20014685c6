//! `vrev sql`: statements against a working set or a revision, from the command line, a script or a prompt.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::cli::error::{Ending, Error};
use crate::cli::render::Form;
use crate::cli::runner::{OnError, Places, Runner, Spacing};
use crate::cli::{Context, Format, prompt};

/// Run SQL against the working set or any revision
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev sql -q 'select * from corder'
  vrev sql --at HEAD~1 < queries.sql")]
pub(crate) struct Args {
    /// Run these statements
    #[arg(short, long, value_name = "SQL", conflicts_with = "file")]
    query: Vec<String>,
    /// Run the statements of this file
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Use this branch's working set, or this revision, read-only
    #[arg(long, value_name = "BRANCH|REVISION")]
    at: Option<String>,
    /// Start in this keyspace, or in one of its shards (`customer:-80`)
    #[arg(short, long, value_name = "KEYSPACE")]
    keyspace: Option<String>,
    /// Print tables, also for a script
    #[arg(short, long, group = "form")]
    table: bool,
    /// Print tab-separated rows, also on a terminal
    #[arg(short = 'B', long, group = "form")]
    batch: bool,
    /// Print each cell on its own line
    #[arg(short = 'E', long, group = "form")]
    vertical: bool,
    /// Go on after a statement that failed
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let mut session = workspace.session(args.at.as_deref())?;
    let script = script(args, context)?;
    let scripted = script.is_some() && args.query.is_empty();
    let form = form(args, context.out.format(), scripted)?;
    if let Some(keyspace) = &args.keyspace {
        super::use_keyspace(&mut session, keyspace)?;
    }
    let spacing = if script.is_some() {
        Spacing::Between
    } else {
        Spacing::After
    };
    let directory = context.directory.clone();
    let mut runner = Runner::new(&mut session, &mut context.out, form, spacing, directory);
    if let Some(script) = script {
        let places = if scripted {
            Places::Lines
        } else {
            Places::None
        };
        return runner.script(
            &script,
            places,
            if args.force {
                OnError::Continue
            } else {
                OnError::Stop
            },
        );
    }
    let history = workspace.store().vrev_dir().join("sql_history");
    let branch = args.at.clone().or(workspace.store().head()?.branch);
    prompt::run(&mut runner, &history, branch.as_deref())
}

/// Returns the statements to run; none when a person is to type them.
fn script(args: &Args, context: &Context) -> Result<Option<String>, Error> {
    if !args.query.is_empty() {
        return Ok(Some(args.query.join(";\n")));
    }
    if let Some(file) = &args.file {
        return super::read_text(file, context).map(Some);
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    super::read_text(Path::new("-"), context).map(Some)
}

fn form(args: &Args, format: Format, scripted: bool) -> Result<Form, Error> {
    Ok(match format {
        Format::Json => Form::Json,
        Format::Csv => Form::Csv,
        Format::Sql => {
            return Err(Error::user("`vrev sql` has no format `sql`")
                .hint("it prints `text`, `json` or `csv`"));
        }
        Format::Text if args.vertical => Form::Vertical,
        Format::Text if args.batch => Form::Batch,
        Format::Text if args.table => Form::Table,
        Format::Text if scripted => Form::Batch,
        Format::Text => Form::Table,
    })
}
