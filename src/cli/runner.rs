//! Statements run one after the other, printed and refused as the mysql client does.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use super::error::{Ending, Error};
use super::render::{Form, Output};
use super::script::{self, Command, Piece};
use crate::sql::{SqlError, name};
use crate::value::QueryResult;
use crate::workspace::Session;

/// What statements are sent to.
pub(crate) trait Server {
    /// Runs one statement.
    fn execute(&mut self, statement: &str) -> Result<QueryResult, SqlError>;
    /// Where unqualified names lead; empty for nowhere.
    fn target(&self) -> String;
    /// Names that a person may want to type.
    fn names(&self) -> BTreeSet<String>;
}

impl Server for Session {
    fn execute(&mut self, statement: &str) -> Result<QueryResult, SqlError> {
        Session::execute(self, statement)
    }

    fn target(&self) -> String {
        Session::target(self)
    }

    fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (name, keyspace) in &self.catalog().keyspaces {
            names.insert(name.clone());
            for (name, table) in &keyspace.tables {
                names.insert(name.clone());
                names.extend(
                    table
                        .definition
                        .columns
                        .iter()
                        .map(|column| column.name.clone()),
                );
            }
        }
        names
    }
}

/// What a script does when a statement fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    /// The script ends.
    Stop,
    /// The error is told and the script goes on (`--force`).
    Continue,
}

/// Where blank lines keep results apart that are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Before every result but the first.
    Between,
    /// After every result, as on the client's prompt.
    After,
}

/// Whether the error of a script's statement says on which line it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// It does: the script is a file.
    Lines,
    /// It does not: the script was typed.
    None,
}

/// How deep scripts may name others by `source`.
const SOURCE_DEPTH: usize = 16;

/// A server and where its results are printed.
pub(crate) struct Runner<'r> {
    pub(crate) server: &'r mut dyn Server,
    pub(crate) out: &'r mut Output,
    form: Form,
    spacing: Spacing,
    /// Whether a result was printed.
    printed: bool,
    directory: PathBuf,
    depth: usize,
}

impl<'r> Runner<'r> {
    /// Returns a runner; paths of scripts are relative to `directory`.
    pub(crate) fn new(
        server: &'r mut dyn Server,
        out: &'r mut Output,
        form: Form,
        spacing: Spacing,
        directory: PathBuf,
    ) -> Self {
        Self {
            server,
            out,
            form,
            spacing,
            printed: false,
            directory,
            depth: 0,
        }
    }

    /// Runs a script to its end or to its first error.
    pub(crate) fn script(
        &mut self,
        text: &str,
        places: Places,
        on_error: OnError,
    ) -> Result<Ending, Error> {
        let mut ending = Ending::Done;
        for piece in script::split(text) {
            let (line, done) = match piece {
                Piece::Statement {
                    text,
                    line,
                    vertical,
                } => (line, self.statement(&text, vertical)?),
                Piece::Command {
                    command: Command::Quit,
                    ..
                } => break,
                Piece::Command {
                    command: Command::Use(keyspace),
                    line,
                } => (line, self.change_keyspace(&keyspace)?),
                Piece::Command {
                    command: Command::Source(file),
                    ..
                } => {
                    if self.source(&file, on_error)? == Ending::No {
                        ending = Ending::No;
                    }
                    continue;
                }
                Piece::Command {
                    command: Command::Help | Command::Clear,
                    ..
                } => continue,
            };
            if let Err(error) = done {
                let error = Error::sql(&error, (places == Places::Lines).then_some(line));
                if on_error == OnError::Stop {
                    return Err(error);
                }
                self.tell(&error);
                ending = Ending::No;
            }
        }
        Ok(ending)
    }

    /// Runs a script file.
    pub(crate) fn source(&mut self, file: &str, on_error: OnError) -> Result<Ending, Error> {
        if self.depth >= SOURCE_DEPTH {
            return Err(Error::user(format!("cannot run `{file}`")).because(Some(
                &std::io::Error::other(format!("scripts name scripts {SOURCE_DEPTH} deep")),
            )));
        }
        let text = std::fs::read_to_string(self.directory.join(file))
            .map_err(|error| Error::user(format!("cannot read `{file}`")).because(Some(&error)))?;
        self.depth += 1;
        let ended = self.script(&text, Places::Lines, on_error);
        self.depth -= 1;
        ended
    }

    /// Runs one statement and prints its result. The outer error is one of output, the inner one the statement's.
    pub(crate) fn statement(
        &mut self,
        text: &str,
        vertical: bool,
    ) -> Result<Result<(), SqlError>, Error> {
        let started = Instant::now();
        let result = match self.server.execute(text) {
            Ok(result) => result,
            Err(error) => return Ok(Err(error)),
        };
        let form = match self.form {
            Form::Table | Form::Batch if vertical => Form::Vertical,
            form => form,
        };
        let elapsed = started.elapsed();
        let apart = matches!(form, Form::Table | Form::Vertical);
        if apart && self.printed && self.spacing == Spacing::Between {
            self.out.line("")?;
        }
        self.out.result(&result, form, elapsed)?;
        if apart && self.spacing == Spacing::After {
            self.out.line("")?;
        }
        self.printed = true;
        Ok(Ok(()))
    }

    /// Goes to a keyspace or a shard of it, and says so where results are for people.
    pub(crate) fn change_keyspace(
        &mut self,
        keyspace: &str,
    ) -> Result<Result<(), SqlError>, Error> {
        if let Err(error) = self
            .server
            .execute(&format!("USE {}", name::quote(keyspace)))
        {
            return Ok(Err(error));
        }
        if matches!(self.form, Form::Table | Form::Vertical) {
            self.out.line("Database changed")?;
        }
        Ok(Ok(()))
    }

    /// Says an error and goes on.
    pub(crate) fn tell(&mut self, error: &Error) {
        let text = error.text(super::Palette::PLAIN);
        self.out.say(&text);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cli::Format;
    use crate::cli::color::Palette;
    use crate::value::{ColumnType, Field, ResultSet, TypeKind};

    /// Answers `select <number>`, changes its target, refuses all else.
    #[derive(Default)]
    pub(crate) struct Parrot {
        target: String,
        pub(crate) seen: Vec<String>,
    }

    impl Server for Parrot {
        fn execute(&mut self, statement: &str) -> Result<QueryResult, SqlError> {
            self.seen.push(statement.to_owned());
            if let Some(target) = statement.strip_prefix("USE ") {
                self.target = target.trim_matches('`').to_owned();
                return Ok(QueryResult::default());
            }
            let number = statement
                .rsplit(char::is_whitespace)
                .next()
                .and_then(|word| word.parse::<i64>().ok());
            let number = number.ok_or_else(|| SqlError::syntax(format!("near `{statement}`")))?;
            let fields = vec![Field {
                name: number.to_string(),
                column_type: ColumnType::new(TypeKind::BigInt),
            }];
            let rows = ResultSet {
                fields,
                rows: vec![vec![number.into()]],
            };
            Ok(QueryResult {
                rows: Some(rows),
                ..QueryResult::default()
            })
        }

        fn target(&self) -> String {
            self.target.clone()
        }

        fn names(&self) -> BTreeSet<String> {
            BTreeSet::new()
        }
    }

    fn run(script: &str, form: Form, on_error: OnError) -> (Result<Ending, Error>, String) {
        let mut parrot = Parrot::default();
        let mut out = Output::memory(Palette::PLAIN, Format::Text);
        let mut runner = Runner::new(
            &mut parrot,
            &mut out,
            form,
            Spacing::Between,
            PathBuf::from("."),
        );
        let ended = runner.script(script, Places::Lines, on_error);
        (ended, out.into_text())
    }

    #[test]
    fn a_script_ends_at_its_first_error_with_its_line() {
        let (ended, text) = run(
            "select 1;\n\nselect\nx; select 2;",
            Form::Batch,
            OnError::Stop,
        );
        assert_eq!(
            ended.unwrap_err().message,
            "ERROR 1064 (42000) at line 3: near `select\nx`"
        );
        assert_eq!(text, "1\n1\n");
    }

    #[test]
    fn a_forced_script_tells_and_goes_on() {
        let (ended, text) = run("x; select 2;", Form::Batch, OnError::Continue);
        assert_eq!(ended.unwrap(), Ending::No);
        assert_eq!(text, "ERROR 1064 (42000) at line 1: near `x`\n2\n2\n");
    }

    #[test]
    fn a_keyspace_is_changed_aloud_for_people_only() {
        assert_eq!(
            run("use a", Form::Table, OnError::Stop).1,
            "Database changed\n"
        );
        assert_eq!(run("use a", Form::Batch, OnError::Stop).1, "");
    }

    #[test]
    fn results_for_people_are_kept_apart() {
        let (_, text) = run("select 1; select 2;", Form::Table, OnError::Stop);
        assert_eq!(text.matches("sec)\n\n+---+").count(), 1, "{text}");
        assert!(text.ends_with("(0.00 sec)\n"), "{text}");
    }

    #[test]
    fn quit_ends_a_script() {
        assert_eq!(
            run("select 1;\nquit\nselect 2;", Form::Batch, OnError::Stop).1,
            "1\n1\n"
        );
    }

    #[test]
    fn vertical_is_a_statements_wish() {
        let (_, text) = run("select 1\\G", Form::Batch, OnError::Stop);
        assert!(text.contains("1. row"), "{text}");
        let (_, text) = run("select 1\\G", Form::Json, OnError::Stop);
        assert_eq!(text, "{\"rows\":[{\"1\":1}]}\n");
    }
}
