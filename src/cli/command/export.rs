//! `vrev export`: a revision's definitions as SQL or as VSchema documents, on stdout, into a file or a folder.

use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::catalog::export::{self, Databases};
use crate::catalog::files::PathError;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};

/// Give a revision's tables and views out as SQL, or its VSchema as documents
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev export ddl --at v1.2 -o schema.sql
  vrev export vschema --keyspace customer | vtctldclient ApplyVSchema --vschema-file /dev/stdin customer")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Export CREATE TABLE and CREATE VIEW statements, what is referred to first
    #[command(after_help = "Example:\n  vrev export ddl --keyspace shop -o schema/")]
    Ddl(Choice),
    /// Export VSchema documents: one keyspace's, or all with the rules (SrvVSchema)
    #[command(after_help = "Example:\n  vrev export vschema --at HEAD~1 -o vschema.json")]
    Vschema(Choice),
}

#[derive(Debug, clap::Args)]
struct Choice {
    /// Of this revision instead of the working set
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// Of this keyspace alone
    #[arg(short, long)]
    keyspace: Option<String>,
    /// Write to a file, or a file for each object into a folder (one that exists, or ends with `/`)
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let (What::Ddl(choice) | What::Vschema(choice)) = &args.what;
    if context.out.format().is_json("export")? {
        let refused = "`vrev export` has no format `json`";
        return Err(Error::user(refused).hint("`export vschema` prints JSON by itself"));
    }
    let keyspace = choice.keyspace.as_deref();
    let catalog = context
        .workspace()?
        .export(choice.at.as_deref(), keyspace)?;
    let is_ddl = matches!(args.what, What::Ddl(_));
    let to_stdout = choice
        .output
        .as_ref()
        .is_none_or(|path| path.as_os_str() == "-");
    let output = choice.output.as_ref().filter(|_| !to_stdout);
    let Some(output) = output.map(|path| context.path(path)) else {
        context.out.text(&text(&catalog, keyspace, is_ddl))?;
        return Ok(Ending::Done);
    };
    let asked = choice
        .output
        .as_ref()
        .map(|path| path.to_string_lossy().ends_with('/'));
    if !(asked.unwrap_or_default() || output.is_dir()) {
        write(&output, &text(&catalog, keyspace, is_ddl))?;
        return Ok(Ending::Done);
    }
    let parts = if is_ddl {
        export::folder(&catalog)
    } else {
        export::documents(&catalog)
    };
    let refused = |error: PathError| Error::user("cannot export").because(Some(&error));
    for (path, text) in parts.map_err(refused)? {
        write(&output.join(&path), &text)?;
        context.out.line(path)?;
    }
    Ok(Ending::Done)
}

/// Everything as one text.
fn text(catalog: &Catalog, keyspace: Option<&str>, is_ddl: bool) -> String {
    let only = keyspace.and_then(|name| catalog.keyspaces.get(name));
    match (is_ddl, only) {
        (true, None) => export::script(catalog, Databases::Said),
        (true, Some(_)) => export::script(catalog, Databases::Unsaid),
        (false, None) => export::rollup(catalog),
        (false, Some(keyspace)) => keyspace.vschema.to_json(),
    }
}

/// Writes a file, with its folders.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let done = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text));
    done.map_err(|error| {
        Error::user(format!("cannot write `{}`", path.display())).because(Some(&error))
    })
}
