//! `vrev quickstart`: the story of a sharded cluster, played in a repository that stays behind to be used.
//!
//! The cluster and the story are those of the Vitess user guide's chapters on VSchema. Every step is a command as a
//! person would type it, run by the same code, with its real output; a step that fails where it should not, or does
//! not fail where it should, ends the story with an error.

use std::path::PathBuf;

use crate::cli::color::Meaning;
use crate::cli::error::{Ending, Error, Kind};
use crate::cli::{Context, run_words};

/// Play a sharded cluster's story in a new repository, from first rows to a rollback
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev quickstart /tmp/shop")]
pub(crate) struct Args {
    /// The folder of the repository, made by the story
    #[arg(default_value = "./shop", value_name = "DIR")]
    directory: PathBuf,
}

/// A step of the story.
enum Step {
    /// What a person reads between commands.
    Say(&'static str),
    /// A command that is done.
    Run(&'static [&'static str]),
    /// A command that is refused.
    Refused(&'static [&'static str]),
}

use Step::{Refused, Run, Say};

/// The query that is explained and run at two revisions.
const QUERY: &str =
    "select corder_id, ename from corder_event where keyspace_id = x'D2FD8867D50D2DFE'";

const STORY: &[Step] = &[
    Say(
        "The cluster `product` (unsharded) and `customer` (sharded by customer_id) is a commit. Put rows in: sequences number \
         them, vindexes say which shard they go to.",
    ),
    Run(&[
        "sql",
        "-q",
        "insert into product(pname) values ('monitor'), ('keyboard')",
    ]),
    Run(&[
        "sql",
        "-q",
        "insert into customer(uname) values ('alice'), ('bob'), ('charlie'), ('dan'), ('eve')",
    ]),
    Run(&[
        "sql",
        "-q",
        "insert into corder(customer_id, product_id, oname) values (1,1,'gift'),(1,2,'gift'),(2,1,'work'),(3,2,'personal'),(4,1,'personal')",
    ]),
    Say("Each order left a row in the lookup table of its vindex: which keyspace id it lives at."),
    Run(&[
        "sql",
        "-q",
        "select corder_id, hex(keyspace_id) from corder_keyspace_idx order by corder_id",
    ]),
    Run(&["commit", "-am", "First customers and orders"]),
    Say(
        "A new table: the events of an order live beside it, on the shard that its lookup vindex tells. First the tables, \
         then what Vitess must know of them.",
    ),
    Run(&[
        "sql",
        "-q",
        "create table product.corder_event_seq(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'",
        "-q",
        "insert into product.corder_event_seq(id, next_id, cache) values(0, 1, 3)",
        "-q",
        "create table customer.corder_event(corder_event_id bigint, corder_id bigint, ename varchar(128), keyspace_id varbinary(10), primary key(corder_id, corder_event_id))",
    ]),
    Run(&[
        "sql",
        "-q",
        "alter vschema add sequence product.corder_event_seq",
        "-q",
        "alter vschema on customer.corder_event add vindex corder_keyspace_idx(corder_id)",
        "-q",
        "alter vschema on customer.corder_event add auto_increment corder_event_id using product.corder_event_seq",
    ]),
    Say("What changed, cell by cell: definitions, VSchema and rows are relations alike."),
    Run(&["add", "."]),
    Run(&["status"]),
    Run(&["diff", "HEAD", "WORKING"]),
    Run(&["commit", "-m", "Add corder_event"]),
    Say("An event needs its order: the lookup vindex refuses one of an order that does not exist."),
    Run(&[
        "sql",
        "-q",
        "insert into corder_event(corder_id, ename) values(1, 'paid'), (5, 'delivered')",
    ]),
    Refused(&[
        "sql",
        "-q",
        "insert into corder_event(corder_id, ename) values(6, 'expect failure')",
    ]),
    Say(
        "Nothing fills `keyspace_id` yet, and Vitess does not backfill: these two rows are filled by hand.",
    ),
    Run(&[
        "sql",
        "-q",
        "update corder_event set keyspace_id = x'166B40B44ABA4BD6' where corder_id = 1",
        "-q",
        "update corder_event set keyspace_id = x'D2FD8867D50D2DFE' where corder_id = 5",
    ]),
    Run(&["commit", "-am", "First events"]),
    Say(
        "A second, reversible vindex fills `keyspace_id` by itself, and lets queries by it go to one shard.",
    ),
    Run(&[
        "sql",
        "-q",
        "alter vschema on customer.corder_event add vindex `binary`(keyspace_id) using `binary`",
    ]),
    Run(&["diff"]),
    Run(&["commit", "-am", "Fill keyspace_id by a reversible vindex"]),
    Run(&[
        "sql",
        "-q",
        "insert into corder_event(corder_id, ename) values(1, 'shipped'), (5, 'returned')",
    ]),
    Run(&[
        "sql",
        "-q",
        "select corder_event_id, corder_id, ename, hex(keyspace_id) from corder_event order by corder_event_id",
    ]),
    Run(&["diff", "--", "customer.corder_event"]),
    Run(&["commit", "-am", "More events"]),
    Say(
        "The same query, at two revisions: before the reversible vindex it asks every shard, now it asks one.",
    ),
    Run(&["explain", "--at", "HEAD~2", QUERY]),
    Run(&["sql", "--at", "HEAD~2", "-q", QUERY]),
    Run(&["explain", "--at", "HEAD", QUERY]),
    Run(&["sql", "--at", "HEAD", "-q", QUERY]),
    Say(
        "The VSchema change is taken back. A VSchema alone is restored without loss; the rows stay, and so does the history.",
    ),
    Run(&["rollback", "--vschema", "HEAD~2"]),
    Run(&["show"]),
    Run(&["explain", QUERY]),
    Run(&["log", "--oneline", "--graph"]),
];

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context
        .out
        .format()
        .is_json("quickstart")
        .and_then(|json| {
            if json {
                Err(Error::user(
                    "`vrev quickstart` tells a story and has no format `json`",
                ))
            } else {
                Ok(())
            }
        })?;
    context.out.never_page();
    let directory = args.directory.to_string_lossy().into_owned();
    let began = std::time::Instant::now();
    step(&["init", "--template", &directory], context)?;
    context.out.line("")?;
    command_line(&["cd", &directory], context)?;
    let inside = context.path(&args.directory);
    let outside = std::mem::replace(&mut context.directory, inside);
    let told = tell(context);
    context.directory = outside;
    told?;
    context.out.line(format!(
        "\nThe repository in {directory} is yours now ({:.1} s). Next:",
        began.elapsed().as_secs_f64()
    ))?;
    for next in [
        "vrev sql",
        "vrev log",
        "vrev show HEAD~1",
        "git log -p -- keyspaces",
    ] {
        let next = context.out.palette().paint(Meaning::Command, next);
        context.out.line(format!("  {next}"))?;
    }
    Ok(Ending::Done)
}

fn tell(context: &mut Context) -> Result<(), Error> {
    let mut said = false;
    for part in STORY {
        if !said {
            context.out.line("")?;
        }
        said = matches!(part, Say(_));
        match part {
            Say(text) => context.out.painted(Meaning::Hint, &wrapped(text))?,
            Run(words) => step(words, context)?,
            Refused(words) => refused(words, context)?,
        }
    }
    Ok(())
}

/// Shows a command and does it.
fn step(words: &[&str], context: &mut Context) -> Result<(), Error> {
    let typed: Vec<&str> = std::iter::once("vrev")
        .chain(words.iter().copied())
        .collect();
    command_line(&typed, context)?;
    // What the command says on stderr comes after its line.
    context.out.flush()?;
    run_words(words, context)?;
    Ok(context.out.flush()?)
}

/// Shows a command that a SQL error ends.
fn refused(words: &[&str], context: &mut Context) -> Result<(), Error> {
    match step(words, context) {
        Err(error) if error.kind == Kind::Sql => {
            Ok(context.out.painted(Meaning::Removed, &error.message)?)
        }
        Err(error) => Err(error),
        Ok(()) => Err(Error::new(
            Kind::Internal,
            format!("`vrev {}` was to be refused, and was done", words.join(" ")),
        )),
    }
}

fn command_line(words: &[&str], context: &mut Context) -> Result<(), Error> {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let line = context
        .out
        .palette()
        .paint(Meaning::Command, &format!("$ {}", words.join(" ")));
    Ok(context.out.line(line)?)
}

/// Returns a word as a shell reads it: bare, in double quotes where that is enough, else in single ones.
fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./~^:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        word.to_owned()
    } else if !word.contains(['"', '$', '`', '\\', '!']) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Breaks a text into comment lines of at most 100 columns.
fn wrapped(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.len() + 1 + word.len() > 100 {
            lines.push(format!("# {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("HEAD~1"), "HEAD~1");
        assert_eq!(quoted("values ('a')"), "\"values ('a')\"");
        assert_eq!(
            quoted("add vindex `binary`('a')"),
            "'add vindex `binary`('\\''a'\\'')'"
        );
        assert_eq!(quoted(""), "\"\"");
    }

    #[test]
    fn text_is_wrapped_as_comments() {
        let text = wrapped(&"word ".repeat(40));
        assert!(
            text.lines()
                .all(|line| line.len() <= 100 && line.starts_with("# word")),
            "{text}"
        );
        assert_eq!(text.matches("word").count(), 40);
    }
}
