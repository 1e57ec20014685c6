//! `vrev index`: the secondary indexes of tables, and rows in the order of one.

use std::time::Duration;

use crate::catalog::{Table, column_names};
use crate::cli::error::{Ending, Error};
use crate::cli::render::Form;
use crate::cli::{Context, Format};
use crate::sql::ddl::{Index, IndexKind};
use crate::sql::{TableName, name};
use crate::workspace::Workspace;

/// List the secondary indexes of tables, or show what an index holds
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev index cat customer.corder by_customer")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List indexes with their columns
    Ls {
        /// Only of these tables
        #[arg(value_name = "TABLE")]
        tables: Vec<String>,
    },
    /// Show the indexed columns and the primary key of every row, in the order of the index
    Cat {
        /// The table
        #[arg(value_name = "TABLE")]
        table: String,
        /// The index
        #[arg(value_name = "INDEX")]
        index: String,
    },
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let workspace = context.workspace()?;
    match &args.what {
        What::Ls { tables } => list(&workspace, tables, context),
        What::Cat { table, index } => show(&workspace, table, index, context),
    }
}

/// A table that is declared, by its keyspace and name.
struct Declared {
    keyspace: String,
    name: String,
    table: std::sync::Arc<Table>,
}

/// Returns the tables that words name; all if there are none.
fn declared(workspace: &Workspace, words: &[String]) -> Result<Vec<Declared>, Error> {
    let catalog = workspace.catalog(&crate::store::Revision::Working)?;
    let objects = workspace.objects(words)?;
    for object in &objects {
        let is_there = object
            .table()
            .is_some_and(|(keyspace, table)| catalog.definition(keyspace, table).is_some());
        if !is_there {
            return Err(Error::user(format!("`{}` is no table", object.name())));
        }
    }
    let tables = catalog.keyspaces.iter().flat_map(|(keyspace, declared)| {
        let tables = declared.tables.iter();
        tables.map(|(name, table)| Declared {
            keyspace: keyspace.clone(),
            name: name.clone(),
            table: table.clone(),
        })
    });
    let is_meant = |table: &Declared| {
        let place = Some((table.keyspace.as_str(), table.name.as_str()));
        objects.is_empty() || objects.iter().any(|object| object.table() == place)
    };
    Ok(tables.filter(is_meant).collect())
}

/// Indexes but the primary key; their names are never absent in a catalog.
fn secondary(table: &Table) -> impl Iterator<Item = (&str, &Index)> {
    let indexes = table.definition.indexes.iter();
    indexes
        .filter(|index| index.kind != IndexKind::Primary)
        .filter_map(|index| Some((index.name.as_deref()?, index)))
}

fn list(workspace: &Workspace, words: &[String], context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("index ls")?;
    let mut found = Vec::new();
    for Declared {
        keyspace,
        name,
        table,
    } in declared(workspace, words)?
    {
        let indexes = secondary(&table).map(|(index, definition)| {
            serde_json::json!({ "name": index, "columns": column_names(definition) })
        });
        let indexes: Vec<_> = indexes.collect();
        if indexes.is_empty() {
            continue;
        }
        let name = format!("{keyspace}.{name}");
        if !json {
            context.out.line(format!("{name}:"))?;
            for (index, definition) in secondary(&table) {
                let columns = column_names(definition).join(", ");
                context.out.line(format!("    {index}({columns})"))?;
            }
        }
        found.push(serde_json::json!({ "table": name, "indexes": indexes }));
    }
    if json {
        context.out.json(&serde_json::json!({ "tables": found }))?;
    } else if found.is_empty() {
        let place = match words {
            [] => "the working set".to_owned(),
            words => words.join(", "),
        };
        context.out.line(format!("No indexes in {place}"))?;
    }
    Ok(Ending::Done)
}

fn show(
    workspace: &Workspace,
    word: &str,
    wanted: &str,
    context: &mut Context,
) -> Result<Ending, Error> {
    let form = match context.out.format() {
        Format::Text => Form::Table,
        Format::Json => Form::Json,
        Format::Csv => Form::Csv,
        Format::Sql => {
            return Err(Error::user("`vrev index cat` has no format `sql`")
                .hint("it prints `text`, `json` or `csv`"));
        }
    };
    let tables = declared(workspace, &[word.to_owned()])?;
    let [table] = tables.as_slice() else {
        return Err(Error::user(format!("`{word}` is no table")));
    };
    let found = secondary(&table.table).find(|(index, _)| index.eq_ignore_ascii_case(wanted));
    let Some((_, index)) = found else {
        return Err(Error::user(format!("`{word}` has no index `{wanted}`"))
            .hint(format!("`vrev index ls {word}` lists them")));
    };
    let indexed = column_names(index);
    let mut columns: Vec<&str> = indexed.to_vec();
    let primary = table.table.definition.indexes.iter();
    for index in primary.filter(|index| index.kind == IndexKind::Primary) {
        for column in column_names(index) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    let quoted = |columns: &[&str]| -> String {
        let columns: Vec<String> = columns.iter().map(|column| name::quote(column)).collect();
        columns.join(", ")
    };
    let from = name::quote_table(&TableName::qualified(&table.keyspace, &table.name));
    let (columns, order) = (quoted(&columns), quoted(&columns));
    let query = format!("SELECT {columns} FROM {from} ORDER BY {order}");
    let mut session = workspace.session(None)?;
    let result = session
        .execute(&query)
        .map_err(|error| Error::sql(&error, None))?;
    context.out.result(&result, form, Duration::ZERO)?;
    Ok(Ending::Done)
}
