//! `vrev git`: plain git made to show and merge the catalog by what it declares, and the programs that git calls for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cli::Context;
use crate::cli::error::{Ending, Error, Kind};
use crate::cli::render::DiffMode;
use crate::diff::text;
use crate::merge::{Conflict, RelationConflicts, Version};
use crate::workspace;

/// Make plain git diff, merge and check this repository as vrev does
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev git install")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Set the diff driver, the merge driver and the pre-commit hook of this repository
    Install {
        /// Set no hook: commits are not checked
        #[arg(long)]
        no_hook: bool,
    },
    /// Take them out again
    Uninstall,
    /// Print the diff of one file (git calls this)
    #[command(hide = true)]
    Diff {
        /// Path, old file, its id and mode, new file, its id and mode
        #[arg(num_args = 1.., value_name = "ARG")]
        words: Vec<OsString>,
    },
    /// Print what one file declares, one cell a line (git calls this)
    #[command(hide = true)]
    Cells {
        /// The file
        file: PathBuf,
    },
    /// Merge three versions of one file into ours (git calls this)
    #[command(hide = true)]
    Merge {
        /// What both sides started from
        base: PathBuf,
        /// Our version, which becomes the merged one
        ours: PathBuf,
        /// Their version
        theirs: PathBuf,
        /// The path in the repository
        path: String,
    },
    /// Check the catalog that is about to be committed (git calls this)
    #[command(hide = true)]
    PreCommit,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("git")?;
    match &args.verb {
        Verb::Install { no_hook } => install(!no_hook, context),
        Verb::Uninstall => {
            let was_there = context.workspace()?.uninstall_drivers()?;
            context.out.line(if was_there {
                "Plain git shows and merges files as text again"
            } else {
                "Nothing of vrev's was installed here"
            })?;
            Ok(Ending::Done)
        }
        Verb::Diff { words } => diff(words, context),
        Verb::Cells { file } => cells(file, context),
        Verb::Merge {
            base,
            ours,
            theirs,
            path,
        } => merge([base, ours, theirs], path, context),
        Verb::PreCommit => {
            let workspace = context.workspace()?;
            workspace.refuse_open_conflicts()?;
            workspace.verify_staged(true)?;
            Ok(Ending::Done)
        }
    }
}

fn install(hook: bool, context: &mut Context) -> Result<Ending, Error> {
    let program = std::env::current_exe()
        .map_err(|error| Error::user("cannot tell where vrev is").because(Some(&error)))?;
    let program = program.to_string_lossy();
    let program = format!("'{}'", program.replace('\'', "'\\''"));
    context.workspace()?.install_drivers(&program, hook)?;
    context
        .out
        .line("Plain git now diffs and merges the catalog's files by what they declare")?;
    if hook {
        context
            .out
            .line("and lets no commit through while conflicts are open, or whose catalog does not build or brings in errors")?;
    }
    Ok(Ending::Done)
}

/// Prints how one file differs, as `git diff` wants it of an external program (git(1), `GIT_EXTERNAL_DIFF`).
fn diff(words: &[OsString], context: &mut Context) -> Result<Ending, Error> {
    let path = words[0].to_string_lossy();
    let [_, old, _, _, new, ..] = words else {
        // Git names an unmerged path alone.
        context.out.line(format!("* unmerged path {path}"))?;
        return Ok(Ending::Done);
    };
    let (from, to) = (read_side(old)?, read_side(new)?);
    let report = workspace::file_diff(&path, from.as_deref(), to.as_deref());
    if let Some(report) = report.filter(|report| !report.relations.is_empty()) {
        context.out.diff(&report, DiffMode::default())?;
        return Ok(Ending::Done);
    }
    // No file of the catalog, or one that is mended by reading it: as text.
    let side = |bytes: &Option<Vec<u8>>| {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        bytes.as_ref().map(text)
    };
    let (from, to) = (side(&from), side(&to));
    let unified = text::unified(
        from.as_deref().map(|text| (&*path, text)),
        to.as_deref().map(|text| (&*path, text)),
    );
    context.out.text_diff(&[(path.into_owned(), unified)])?;
    Ok(Ending::Done)
}

/// Reads one side of a diff; `/dev/null` stands for an absent one.
fn read_side(file: &OsString) -> Result<Option<Vec<u8>>, Error> {
    let path = Path::new(file);
    if path == Path::new("/dev/null") {
        return Ok(None);
    }
    std::fs::read(path).map(Some).map_err(|error| {
        Error::user(format!("cannot read `{}`", path.display())).because(Some(&error))
    })
}

/// Prints what a file declares; one that does not parse as it is, since a line diff of it is still of use.
fn cells(file: &Path, context: &mut Context) -> Result<Ending, Error> {
    let bytes = read_side(&file.into())?.unwrap_or_default();
    match workspace::file_relations(&file.to_string_lossy(), &bytes) {
        Some(relations) => context.out.cells(&relations)?,
        None => context.out.text(&String::from_utf8_lossy(&bytes))?,
    }
    Ok(Ending::Done)
}

/// Merges three versions of a file into ours, as git wants it of a merge driver: 0 for a clean merge, 1 for a conflict.
fn merge(versions: [&PathBuf; 3], path: &str, context: &mut Context) -> Result<Ending, Error> {
    let read = |file: &PathBuf| read_side(&file.into()).map(Option::unwrap_or_default);
    let [base, ours, theirs] = versions;
    let bytes = [read(base)?, read(ours)?, read(theirs)?];
    let merged = workspace::file_merge(path, [&bytes[0], &bytes[1], &bytes[2]]);
    let cannot = || Error::new(Kind::Refused, format!("cannot merge `{path}`"));
    let merged = match merged {
        Ok(Some(merged)) => merged,
        Ok(None) => {
            return Err(
                cannot().hint("it is no file of the catalog: take it out of .gitattributes")
            );
        }
        Err(problems) => {
            let mut error = cannot();
            error.causes = problems.iter().map(ToString::to_string).collect();
            return Err(error);
        }
    };
    let text = merged.text.unwrap_or_default();
    std::fs::write(ours, text).map_err(|error| cannot().because(Some(&error)))?;
    for conflict in &merged.conflicts {
        for row in &conflict.rows {
            let key = key_of(conflict, row).join(" ");
            let cells = row.columns.join(", ");
            context.out.say(&format!(
                "CONFLICT ({}): {} {key}: {cells}\n",
                row.kind, conflict.relation
            ));
        }
    }
    for violation in &merged.violations {
        context.out.say(&format!(
            "VIOLATION ({}): {}: {}\n",
            violation.kind, violation.object, violation.message
        ));
    }
    let clean = merged.conflicts.is_empty() && merged.violations.is_empty();
    Ok(if clean { Ending::Done } else { Ending::No })
}

/// Returns the key of a row in conflict, as shown, from the first version that has the row.
fn key_of(relation: &RelationConflicts, conflict: &Conflict) -> Vec<String> {
    let versions = [Version::Ours, Version::Theirs, Version::Base];
    let found = versions
        .into_iter()
        .find_map(|version| Some((relation.schema(version)?, conflict.version(version)?)));
    let Some((schema, (row, _))) = found else {
        return Vec::new();
    };
    let text = |at: usize| row[at].to_text().map_or_else(String::new, Into::into);
    schema.shown_key().map(text).collect()
}
