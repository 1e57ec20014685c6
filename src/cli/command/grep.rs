//! `vrev grep`: lines of a revision's catalog that match a pattern.

use super::objects;
use crate::cli::Context;
use crate::cli::color::Meaning;
use crate::cli::error::{Ending, Error, Kind};
use crate::history::{self, Search};
use crate::workspace;

/// Search the definitions, VSchemas and rules of a revision
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev grep -i 'varchar\\(40\\)' main -- customer")]
pub(crate) struct Args {
    /// The regular expression
    #[arg(value_name = "PATTERN")]
    pattern: String,
    /// The revision; the working set if none is given
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
    /// Take upper and lower case for equal
    #[arg(short, long)]
    ignore_case: bool,
    /// Take the pattern as it is written
    #[arg(short = 'F', long)]
    fixed_strings: bool,
    /// Match whole words only
    #[arg(short, long)]
    word_regexp: bool,
    /// Show the names of what matches only
    #[arg(short = 'l', long)]
    name_only: bool,
    /// Only in these keyspaces, tables or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let is_json = context.out.format().is_json("grep")?;
    let failed = |error: history::Error| match error {
        history::Error::Store(error) => Error::from(error),
        other => Error::from_source(Kind::User, &other),
    };
    let search = Search::new(
        &args.pattern,
        args.ignore_case,
        args.fixed_strings,
        args.word_regexp,
    )
    .map_err(failed)?;
    let workspace = context.workspace()?;
    let revision = workspace.resolve(args.revision.as_deref().unwrap_or("WORKING"))?;
    let objects: Vec<workspace::Object> = objects(&workspace, &args.objects)?;
    let wanted =
        |path: &str| objects.is_empty() || objects.iter().any(|object| object.may_concern(path));
    let mut found = search
        .run(workspace.store(), &revision, &wanted)
        .map_err(failed)?;
    let any = !found.is_empty();
    if args.name_only {
        found.dedup_by(|a, b| a.path == b.path);
    }
    context.out.page();
    if is_json {
        let matches: Vec<_> = found
            .iter()
            .map(|found| {
                serde_json::json!({
                    "path": found.path, "kind": found.kind, "object": found.object,
                    "line": found.line, "text": found.text, "spans": found.spans,
                })
            })
            .collect();
        context
            .out
            .json(&serde_json::json!({ "matches": matches }))?;
    } else {
        for found in &found {
            let name = context
                .out
                .palette()
                .paint(Meaning::Faint, &format!("{} {}", found.kind, found.object));
            if args.name_only {
                context.out.line(name)?;
            } else {
                let text = painted(found, context);
                context.out.line(format!("{name}:{}: {text}", found.line))?;
            }
        }
    }
    Ok(if any { Ending::Done } else { Ending::No })
}

/// The line with its matches in colour.
fn painted(found: &history::Match, context: &Context) -> String {
    let palette = context.out.palette();
    let mut text = String::new();
    let mut last = 0;
    for (start, end) in &found.spans {
        text.push_str(&found.text[last..*start]);
        text.push_str(&palette.paint(Meaning::Head, &found.text[*start..*end]));
        last = *end;
    }
    text.push_str(&found.text[last..]);
    text
}
