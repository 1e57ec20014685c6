//! `vrev diff`: two states compared, cell by cell, as counts, as statements or as text.

use std::collections::BTreeMap;

use super::shape::{self, Shape, write_diff};
use super::{names_revisions, revisions_and_objects};
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::store::Revision;
use crate::workspace::{DiffRequest, Side, Workspace};

/// Compare two states of the catalog and of the rows
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev diff main HEAD -- customer.corder column_vindexes")]
pub(crate) struct Args {
    /// What to compare: nothing for the index with the working set, one revision with the working set, or two (also
    /// `a..b`, and `a...b` from their merge base); words that name no revision are objects
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// Compare HEAD (or the revision) with the index
    #[arg(long, visible_alias = "cached")]
    staged: bool,
    #[command(flatten)]
    shape: Shape,
    /// Exchange the sides
    #[arg(short = 'R', long)]
    reverse: bool,
    /// Compare from the merge base of two revisions, or of one and HEAD, as `a...b` does
    #[arg(long, conflicts_with = "staged")]
    merge_base: bool,
    /// End with 1 if there are differences
    #[arg(long)]
    exit_code: bool,
    /// Take an object for the one that had another name: `customer.corder.oname=title`
    #[arg(long = "rename", value_name = "OLD=NEW")]
    renames: Vec<String>,
    /// Only these keyspaces, tables, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let first = args.revisions.first();
    let is_range = match first {
        Some(first) => workspace
            .store()
            .resolve_range(first)
            .is_ok_and(|range| range.is_some()),
        None => false,
    };
    let most = if is_range { 1 } else { 2 };
    let mut known = Known::new();
    let is_revision = |word: &str| match workspace.resolve(word) {
        Ok(revision) => {
            known.insert(word.to_owned(), revision);
            true
        }
        Err(_) => names_revisions(&workspace, word),
    };
    let (revisions, objects) = revisions_and_objects(
        &workspace,
        &args.revisions,
        &args.objects,
        most,
        is_revision,
    )?;
    let (from, to) = match args.merge_base {
        true => from_merge_base(&workspace, &revisions)?,
        false => sides(&workspace, &revisions, &known, args.staged)?,
    };
    let (from, to) = if args.reverse { (to, from) } else { (from, to) };
    let request = DiffRequest {
        from,
        to,
        objects,
        keyless: args.shape.keyless,
        renames: args.renames.clone(),
    };
    context.out.page();
    let differs = write_diff(&workspace, &request, &args.shape, context)?;
    Ok(shape::ending(differs, args.exit_code))
}

fn from_merge_base(workspace: &Workspace, revisions: &[String]) -> Result<(Side, Side), Error> {
    let (one, other) = match revisions {
        [] => {
            return Err(Error::user(
                "`--merge-base` needs at least one revision to compare with",
            ));
        }
        [one] => (one.as_str(), None),
        [one, other] => (one.as_str(), Some(other.as_str())),
        _ => return Err(Error::user("two revisions are compared, not more")),
    };
    let range = format!("{one}...{}", other.unwrap_or("HEAD"));
    let Some(found) = workspace.store().resolve_range(&range)? else {
        return Err(Error::user(format!("`{range}` is no range of revisions"))
            .hint("`--merge-base` takes plain revisions, without `..`"));
    };
    let to = match other {
        Some(_) => found.to,
        // As in git: one revision is compared with what is here.
        None => Revision::Working,
    };
    Ok((named(found.from), named(to)))
}

/// Revisions by the words that named them.
pub(super) type Known = BTreeMap<String, Revision>;

pub(super) fn sides(
    workspace: &Workspace,
    revisions: &[String],
    known: &Known,
    staged: bool,
) -> Result<(Side, Side), Error> {
    let side = |name: &str| -> Result<Side, Error> {
        let revision = match known.get(name) {
            Some(revision) => *revision,
            None => workspace.resolve(name)?,
        };
        Ok(Side {
            name: name.to_owned(),
            revision: Some(revision),
        })
    };
    match revisions {
        [range] if !staged => match workspace.store().resolve_range(range)? {
            Some(found) => Ok((named(found.from), named(found.to))),
            None => Ok((side(range)?, named(Revision::Working))),
        },
        [] if !staged => Ok((named(Revision::Staged), named(Revision::Working))),
        [] => {
            let head = workspace.store().head()?.commit.map(Revision::Commit);
            Ok((
                Side {
                    name: "HEAD".to_owned(),
                    revision: head,
                },
                named(Revision::Staged),
            ))
        }
        [from] => Ok((side(from)?, named(Revision::Staged))),
        [from, to] if !staged => Ok((side(from)?, side(to)?)),
        _ if staged => Err(Error::user(
            "`--staged` compares one revision with the index, not two revisions",
        )),
        _ => Err(Error::user("two revisions are compared, not more")),
    }
}

pub(super) fn named(revision: Revision) -> Side {
    Side {
        name: revision.to_string(),
        revision: Some(revision),
    }
}
