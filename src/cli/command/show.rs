//! `vrev show`: a commit and what it changed against its first parent, or an object as a revision has it.

use super::shape::{Shape, write_diff};
use super::{descriptor, ls, objects};
use crate::cli::error::{Ending, Error};
use crate::cli::render::Decorate;
use crate::cli::{Context, Format};
use crate::store::Revision;
use crate::workspace::{DiffRequest, LogOptions, Object, Shown, Workspace};

/// Show a commit and what it changed, cell by cell, or an object as a revision has it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev show HEAD~1 -- customer
  vrev show main:customer.corder
  vrev show WORKING --descriptor customer.corder")]
pub(crate) struct Args {
    /// Commits, or a revision and an object (`main:customer.corder`, `HEAD~2:customer`, `v1:column_vindexes`); of `WORKING`
    /// and `STAGED`, which are no commits, the objects are listed
    #[arg(value_name = "REVISION[:OBJECT]", default_value = "HEAD")]
    revisions: Vec<String>,
    /// How to name branches and tags
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "short")]
    decorate: Option<Decorate>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    descriptor: descriptor::DescriptorArgs,
    /// Only these keyspaces, tables, relations or paths
    #[arg(last = true, value_name = "OBJECT")]
    objects: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    if let Some(table) = &args.descriptor.descriptor {
        let revision = args.revisions.first().map_or("HEAD", String::as_str);
        return descriptor::show(table, revision, &args.descriptor, context);
    }
    let workspace = context.workspace()?;
    for (at, spec) in args.revisions.iter().enumerate() {
        if at > 0 && context.out.format() == Format::Text {
            context.out.line("")?;
        }
        match split(spec) {
            Some((revision, object)) => show_object(&workspace, revision, object, context)?,
            None => show_revision(&workspace, spec, args, context)?,
        }
    }
    Ok(Ending::Done)
}

/// Shows a commit and what it changed, or what there is in a state that is no commit.
fn show_revision(
    workspace: &Workspace,
    spec: &str,
    args: &Args,
    context: &mut Context,
) -> Result<(), Error> {
    if let revision @ (Revision::Working | Revision::Staged) = workspace.resolve(spec)? {
        let names = ls::names(&workspace.catalog(&revision)?);
        if context.out.format().is_json("show")? {
            let document = serde_json::json!({ "revision": revision.to_string(), "tables": names });
            context.out.json(&document)?;
            return Ok(());
        }
        context.out.line(format!("tree {revision}\n"))?;
        for name in names {
            context.out.line(name)?;
        }
        return Ok(());
    }
    let commit = workspace.store().resolve_commit(spec)?;
    let options = LogOptions {
        revisions: vec![commit.to_string()],
        limit: Some(1),
        ..LogOptions::default()
    };
    let Some(entry) = workspace.log(&options)?.pop() else {
        return Err(Error::user(format!("`{spec}` has no commit")));
    };
    let (from, to) = workspace.sides_of(&entry.commit);
    let request = DiffRequest {
        from,
        to,
        objects: objects(workspace, &args.objects)?,
        keyless: args.shape.keyless,
        renames: Vec::new(),
    };
    context.out.page();
    if context.out.format() == Format::Json && args.shape.is_whole() {
        let report = workspace.diff(&request)?;
        context.out.show_json(&entry, &report)?;
        return Ok(());
    }
    if context.out.format() == Format::Text {
        let decorate = args.decorate.unwrap_or_default();
        context.out.commit_block(&entry, decorate)?;
    }
    write_diff(workspace, &request, &args.shape, context)?;
    Ok(())
}

/// Splits a revision from an object; nothing before the colon is the index, as git has it. `:/text` is a revision.
fn split(spec: &str) -> Option<(&str, &str)> {
    if spec.starts_with(":/") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, c) in spec.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                let revision = if at == 0 { "STAGED" } else { &spec[..at] };
                let object = &spec[at + 1..];
                return (!object.is_empty()).then_some((revision, object));
            }
            _ => {}
        }
    }
    None
}

fn show_object(
    workspace: &Workspace,
    revision: &str,
    object: &str,
    context: &mut Context,
) -> Result<(), Error> {
    let is_json = context.out.format().is_json("show")?;
    let revision = workspace.resolve(revision)?;
    let shown = workspace.show_object(&revision, &Object::parse(object))?;
    context.out.page();
    match shown {
        Shown::Text(text) if is_json => {
            let document = serde_json::json!({ "revision": revision.to_string(), "object": object, "text": text });
            context.out.json(&document)?;
        }
        Shown::Text(text) => context.out.text(&text)?,
        Shown::Rows(rows) => context.out.rows(&rows)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_and_objects_part_at_the_colon() {
        assert_eq!(
            split("HEAD:customer.corder"),
            Some(("HEAD", "customer.corder"))
        );
        assert_eq!(split(":vrev.toml"), Some(("STAGED", "vrev.toml")));
        assert_eq!(split("main@{1:2}:a"), Some(("main@{1:2}", "a")));
        for revision in ["HEAD", ":/fix: it", "HEAD:", "HEAD^{/a:b}"] {
            assert_eq!(split(revision), None, "{revision}");
        }
    }
}
