//! `vrev explain`: how vtgate would run a statement, at any revision, without running it.

use std::path::PathBuf;

use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::cli::script::{Piece, split};

/// Show how a statement would be routed, without running it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  vrev explain --at HEAD~1 'select * from corder where corder_id = 1'"
)]
pub(crate) struct Args {
    /// The statement; more than one may be given
    #[arg(value_name = "SQL", required_unless_present = "file")]
    statements: Vec<String>,
    /// Explain the statements of this file, `-` for stdin
    #[arg(short, long, value_name = "FILE", conflicts_with = "statements")]
    file: Option<PathBuf>,
    /// Plan at this revision instead of the working set
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// Start in this keyspace, or in one of its shards (`customer:-80`)
    #[arg(short, long, value_name = "KEYSPACE")]
    keyspace: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("explain")?;
    let workspace = context.workspace()?;
    let mut session = match &args.at {
        Some(revision) => workspace.snapshot(revision)?,
        None => workspace.session(None)?,
    };
    if let Some(keyspace) = &args.keyspace {
        super::use_keyspace(&mut session, keyspace)?;
    }
    let script = match &args.file {
        Some(file) => super::read_text(file, context)?,
        None => args.statements.join(";\n"),
    };
    for piece in split(&script) {
        let Piece::Statement { text, line, .. } = piece else {
            continue;
        };
        let explanation = session
            .explain(&text)
            .map_err(|error| Error::sql(&error, Some(line)))?;
        if json {
            context.out.json(&explanation.plan.to_full_json(&text))?;
        } else {
            context.out.plan(&text, args.at.as_deref(), &explanation)?;
        }
    }
    Ok(Ending::Done)
}
