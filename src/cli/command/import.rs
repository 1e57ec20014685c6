//! `vrev import`: definitions written elsewhere, taken into the working set.

use std::path::PathBuf;

use crate::catalog::import::{self, Kind, Outcome, Source, VschemaOptions};
use crate::cli::Context;
use crate::cli::error::{self, Ending, Error};
use crate::shard::mysql::{self, Address, Choice, Server};
use crate::workspace::{self, DocumentText, ImportReport};

/// Take tables, views or a VSchema written elsewhere into the working set
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev import ddl --keyspace shop dump.sql
  vrev import vschema --keyspace customer vschema.json
  vrev import mysql mysql://reader@db1.example.org/shop")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Ddl(DdlArgs),
    Vschema(VschemaArgs),
    Mysql(MysqlArgs),
}

/// Import tables and views from SQL: files, folders, dumps
///
/// All or nothing. USE and CREATE DATABASE in the text say where what follows goes; of a folder, a subfolder's name. What
/// is neither table nor view is named and passed over. Nothing is dropped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  mysqldump shop | vrev import ddl --keyspace shop -
  vrev import ddl --rows dump.sql schema/")]
struct DdlArgs {
    /// Files, folders, `-` for stdin
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Put everything into this keyspace, made if absent
    #[arg(short, long)]
    keyspace: Option<String>,
    /// Replace tables and views that are there with another definition
    #[arg(short, long)]
    force: bool,
    /// Run the statements that change rows, too
    #[arg(long)]
    rows: bool,
}

/// Import a VSchema: a keyspace's document, a SrvVSchema, an ApplyVSchema document, rules
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vtctldclient GetVSchema customer | vrev import vschema --keyspace customer -
  vrev import vschema vschemas/")]
struct VschemaArgs {
    /// Files, folders of `<keyspace>.json`, `-` for stdin; all of them or none
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The document's keyspace, made if absent; of a document with several, the only one to take
    #[arg(short, long)]
    keyspace: Option<String>,
    /// Shards of a new keyspace
    #[arg(
        long,
        value_name = "SHARDS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    shards: Vec<String>,
    /// Lose tables, vindexes and rules that the document leaves out
    #[arg(short, long)]
    force: bool,
}

/// Import tables and views of databases from a MySQL or MariaDB server
///
/// All of them, all or nothing. The password is taken from VREV_MYSQL_PASSWORD. Nothing on the server is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vrev import mysql mysql://reader@db1.example.org:3306/shop
  vrev import mysql mysql://reader@db1.example.org --database shop,stock --exclude 'tmp_*'")]
struct MysqlArgs {
    /// The server and its database: `mysql://user@host:3306/database`, or `…?socket=/path` for a local one
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Import these databases, too
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    database: Vec<String>,
    /// Leave out tables and views of this name: `*` stands for any letters, `?` for one; also `database.name`
    #[arg(short = 'x', long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Put everything into this keyspace instead of the one of the database's name
    #[arg(short, long)]
    keyspace: Option<String>,
    /// Replace tables and views that are there with another definition
    #[arg(short, long)]
    force: bool,
    /// Ask for the password on the terminal
    #[arg(short = 'p', long)]
    ask_password: bool,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    let json = context.out.format().is_json("import")?;
    let report = match &args.what {
        What::Ddl(args) => ddl(args, context)?,
        What::Vschema(args) => vschema(args, context)?,
        What::Mysql(args) => mysql(args, context)?,
    };
    tell(&report, json, context)?;
    Ok(Ending::Done)
}

fn ddl(args: &DdlArgs, context: &Context) -> Result<ImportReport, Error> {
    let mut sources = Vec::new();
    for path in &args.paths {
        if path.as_os_str() == "-" {
            let bytes = super::read_bytes(path, context)?;
            sources.push(Source::new("-", None, bytes));
        } else {
            let name = path.to_string_lossy();
            sources.extend(workspace::read_sources(&context.path(path), &name)?);
        }
    }
    let options = import::Options {
        keyspace: args.keyspace.clone(),
        force: args.force,
    };
    Ok(context
        .workspace()?
        .import_ddl(&sources, &options, args.rows)?)
}

fn vschema(args: &VschemaArgs, context: &Context) -> Result<ImportReport, Error> {
    let mut documents = Vec::new();
    for path in &args.paths {
        if path.as_os_str() == "-" {
            documents.push(DocumentText {
                path: "-".to_owned(),
                keyspace: None,
                text: super::read_bytes(path, context)?,
            });
        } else {
            let name = path.to_string_lossy();
            documents.extend(workspace::read_documents(&context.path(path), &name)?);
        }
    }
    let options = VschemaOptions {
        keyspace: args.keyspace.clone(),
        shards: args.shards.clone(),
        force: args.force,
    };
    Ok(context.workspace()?.import_vschema(&documents, &options)?)
}

fn mysql(args: &MysqlArgs, context: &Context) -> Result<ImportReport, Error> {
    let failed = |error: mysql::Error| Error::from(workspace::Error::from(error));
    let address = Address::parse(&args.address).map_err(failed)?;
    let mut databases: Vec<String> = address.database().map(str::to_owned).into_iter().collect();
    for name in &args.database {
        if !databases.contains(name) {
            databases.push(name.clone());
        }
    }
    match (databases.len(), &args.keyspace) {
        (0, _) => {
            return Err(Error::user("no database is named")
                .hint("write it after the server: `mysql://user@host:3306/database`, or name some with `--database`"));
        }
        (2.., Some(keyspace)) => {
            let told = format!("several databases cannot go to one keyspace, `{keyspace}`");
            return Err(
                Error::user(told).hint("leave out `--keyspace`: each goes to one of its name")
            );
        }
        _ => {}
    }
    let choice = Choice {
        databases,
        exclude: args.exclude.clone(),
    };
    // Without a repository there is nothing to ask a password for.
    let workspace = context.workspace()?;
    let password =
        if args.ask_password {
            let asked = rpassword::prompt_password("Password: ");
            Some(asked.map_err(|error| {
                Error::user("cannot ask for the password").because(Some(&error))
            })?)
        } else {
            std::env::var("VREV_MYSQL_PASSWORD").ok()
        };
    let mut server = Server::connect(&address, password.as_deref()).map_err(failed)?;
    let options = import::Options {
        keyspace: args.keyspace.clone(),
        force: args.force,
    };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let mut progress = |done: usize, total: usize| {
        if terminal {
            let end = if done == total { "\r\x1b[K" } else { "" };
            error::say(&format!("\rreading definitions: {done} of {total}{end}"));
        }
    };
    Ok(workspace.import_server(&mut server, &choice, &options, &mut progress)?)
}

/// Says what was imported on stdout, and what was not on stderr.
fn tell(report: &ImportReport, json: bool, context: &mut Context) -> Result<(), Error> {
    if json {
        return Ok(context.out.json(&document(report))?);
    }
    for (keyspace, shards) in &report.keyspaces {
        let shards = shards.join(", ");
        context
            .out
            .line(format!("new keyspace {keyspace}, shards {shards}"))?;
    }
    let shown = |keyspace: &str, kind: Kind, name: &str| match (keyspace, kind) {
        ("", _) => name.to_owned(),
        (keyspace, Kind::Vschema) => format!("VSchema of {keyspace}"),
        (keyspace, kind) => format!("{} {keyspace}.{name}", kind.word()),
    };
    let mut unchanged = 0;
    for object in &report.objects {
        if object.outcome == Outcome::Unchanged {
            unchanged += 1;
            continue;
        }
        let name = shown(&object.keyspace, object.kind, &object.name);
        context
            .out
            .line(format!("{} {name}", object.outcome.word()))?;
    }
    if unchanged > 0 {
        context.out.line(format!("unchanged: {unchanged}"))?;
    }
    if let Some(rows) = report.rows {
        let plural = if rows == 1 { "" } else { "s" };
        context.out.line(format!("{rows} row{plural} changed"))?;
    }
    for skipped in &report.skipped {
        context.out.say(&format!(
            "warning: {}: skipped {}: not a table or view\n",
            skipped.at, skipped.what
        ));
    }
    for pattern in &report.idle {
        let told = format!("warning: `--exclude {pattern}` matches no table and no view\n");
        context.out.say(&told);
    }
    if report.row_statements > 0 && report.rows.is_none() {
        let n = report.row_statements;
        let (statements, them) = match n {
            1 => ("statement that changes", "it"),
            _ => ("statements that change", "them"),
        };
        context.out.say(&format!(
            "warning: skipped {n} {statements} rows\nhint: `--rows` runs {them} too\n"
        ));
    }
    if report.objects.is_empty() && report.keyspaces.is_empty() {
        context.out.say("warning: there was nothing to import\n");
    }
    Ok(())
}

fn document(report: &ImportReport) -> serde_json::Value {
    let objects = report.objects.iter().map(|object| {
        serde_json::json!({
            "kind": object.kind.word().to_lowercase(),
            "keyspace": object.keyspace,
            "name": object.name,
            "outcome": object.outcome.word(),
        })
    });
    let skipped = report.skipped.iter().map(
        |skipped| serde_json::json!({ "at": skipped.at.to_string(), "statement": skipped.what }),
    );
    let keyspaces = report
        .keyspaces
        .iter()
        .map(|(name, shards)| serde_json::json!({ "name": name, "shards": shards }));
    serde_json::json!({
        "keyspaces": keyspaces.collect::<Vec<_>>(),
        "objects": objects.collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
        "row_statements": report.row_statements,
        "rows": report.rows,
    })
}
