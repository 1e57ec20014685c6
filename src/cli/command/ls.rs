//! `vrev ls`: the tables and views of the working set or of a revision, and the tables that vrev has by itself.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::cli::render::plural;
use crate::sql::TableName;
use crate::sql::name::quote_table;
use crate::store::Revision;
use crate::workspace::{Session, Workspace, system_table_names};

/// List the tables and views of the working set or of a revision
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev ls HEAD~1")]
pub(crate) struct Args {
    /// The revision; the working set if none is given
    #[arg(value_name = "REVISION")]
    revision: Option<String>,
    /// Count the rows of each table
    #[arg(short, long)]
    verbose: bool,
    /// List the system tables instead: histories, differences, conflicts
    #[arg(short, long, conflicts_with = "all")]
    system: bool,
    /// List the system tables, too
    #[arg(short, long)]
    all: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    let revision = match &args.revision {
        Some(name) => workspace.resolve(name)?,
        None => Revision::Working,
    };
    let catalog = workspace.catalog(&revision)?;
    let json = context.out.format().is_json("ls")?;
    let names = names(&catalog);
    let system = match args.system || args.all {
        true => system_table_names(tables(&catalog)),
        false => Vec::new(),
    };
    let counts = match args.verbose {
        true => Some(counts(&workspace, args, &catalog)?),
        false => None,
    };
    if json {
        let mut document = serde_json::json!({ "tables": names });
        if let Some(counts) = counts {
            document["rows"] = counts.into_iter().collect();
        }
        if args.system || args.all {
            document["system_tables"] = system.into();
        }
        context.out.json(&document)?;
        return Ok(Ending::Done);
    }
    if !args.system {
        let place = args.revision.as_deref().unwrap_or("working set");
        if names.is_empty() {
            context.out.line(format!("No tables in {place}"))?;
        } else {
            context.out.line(format!("Tables in {place}:"))?;
        }
        let width = names.iter().map(|name| name.chars().count()).max();
        for name in names {
            let count = counts
                .iter()
                .flatten()
                .find(|(table, _)| *table == name)
                .map(|(_, count)| plural(*count, "row"));
            match count {
                Some(count) => {
                    let width = width.unwrap_or_default();
                    context.out.line(format!("\t{name:width$}  {count}"))?;
                }
                None => context.out.line(format!("\t{name}"))?,
            }
        }
    }
    if args.system || args.all {
        context.out.line("System tables:")?;
        for name in system {
            context.out.line(format!("\t{name}"))?;
        }
    }
    Ok(Ending::Done)
}

/// Tables and views with their keyspaces, sorted.
pub(super) fn names(catalog: &Catalog) -> Vec<String> {
    let mut names = Vec::new();
    for (keyspace, declared) in &catalog.keyspaces {
        let objects = declared.tables.keys().chain(declared.views.keys());
        names.extend(objects.map(|name| format!("{keyspace}.{name}")));
    }
    names.sort();
    names
}

/// Tables by their bare names.
fn tables(catalog: &Catalog) -> BTreeSet<&str> {
    let keyspaces = catalog.keyspaces.values();
    let tables = keyspaces.flat_map(|keyspace| keyspace.tables.keys());
    tables.map(String::as_str).collect()
}

/// Counts the rows of every table, over all its shards.
fn counts(
    workspace: &Workspace,
    args: &Args,
    catalog: &Catalog,
) -> Result<Vec<(String, u64)>, Error> {
    let mut session = match &args.revision {
        Some(revision) => workspace.snapshot(revision)?,
        None => workspace.session(None)?,
    };
    let mut counts = Vec::new();
    for (keyspace, declared) in &catalog.keyspaces {
        for table in declared.tables.keys() {
            let name = TableName::qualified(keyspace, table);
            counts.push((format!("{keyspace}.{table}"), count(&mut session, &name)?));
        }
    }
    Ok(counts)
}

fn count(session: &mut Session, table: &TableName) -> Result<u64, Error> {
    let result = session
        .execute(&format!("SELECT COUNT(*) FROM {}", quote_table(table)))
        .map_err(|error| Error::sql(&error, None))?;
    let cell = result.rows.and_then(|rows| rows.rows.into_iter().next());
    let text = cell.and_then(|row| {
        row.first()
            .and_then(|cell| cell.to_text().map(String::from))
    });
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}
