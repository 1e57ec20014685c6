//! `vrev show`: a commit and what it changed against its first parent, or an object as a revision has it.

use super::{Shape, descriptor, objects, write_diff};
use crate::cli::error::{Ending, Error};
use crate::cli::{Context, Format};
use crate::workspace::{DiffRequest, LogOptions, Object, Shown, Workspace};

/// Show a commit and what it changed, cell by cell, or an object as a revision has it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev show HEAD~1 -- customer
  vrev show main:customer.corder
  vrev show WORKING --descriptor customer.corder")]
pub(crate) struct Args {
    /// The commit, or a revision and an object (`main:customer.corder`, `HEAD~2:customer`, `v1:column_vindexes`)
    #[arg(value_name = "REVISION[:OBJECT]", default_value = "HEAD")]
    revision: String,
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
        return descriptor::show(table, &args.revision, &args.descriptor, context);
    }
    let workspace = context.workspace()?;
    if let Some((revision, object)) = split(&args.revision) {
        return show_object(&workspace, revision, object, context);
    }
    let commit = workspace.store().resolve_commit(&args.revision)?;
    let options = LogOptions {
        revisions: vec![commit.to_string()],
        limit: Some(1),
        ..LogOptions::default()
    };
    let Some(entry) = workspace.log(&options)?.pop() else {
        return Err(Error::user(format!("`{}` has no commit", args.revision)));
    };
    let (from, to) = workspace.sides_of(&entry.commit);
    let request = DiffRequest {
        from,
        to,
        objects: objects(&workspace, &args.objects)?,
        keyless: args.shape.keyless,
        renames: Vec::new(),
    };
    context.out.page();
    if context.out.format() == Format::Json && !args.shape.stat {
        let report = workspace.diff(&request)?;
        context.out.show_json(&entry, &report)?;
        return Ok(Ending::Done);
    }
    if context.out.format() == Format::Text {
        context.out.commit_block(&entry)?;
    }
    write_diff(&workspace, &request, &args.shape, context)?;
    Ok(Ending::Done)
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
) -> Result<Ending, Error> {
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
    Ok(Ending::Done)
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
