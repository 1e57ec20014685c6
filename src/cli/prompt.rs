//! The interactive `vrev sql`: a prompt with history that reads, runs and prints as the mysql client does.
//!
//! A statement may span lines until `;`, `\g` or `\G`; Ctrl-C forgets it, Ctrl-D leaves. Words are completed from SQL's
//! and from the names of the catalog.

use std::collections::BTreeSet;
use std::path::Path;

use rustyline::completion::Completer;
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Editor, Helper};

use super::error::{Ending, Error, Kind};
use super::runner::{OnError, Runner};
use super::script::{Command, Piece, Splitter, State};
use crate::sql::SqlError;

/// What the prompt offers to complete beside names.
const KEYWORDS: &str = "ADD ALTER AND ASC AUTO_INCREMENT BEGIN BETWEEN BY CALL COMMIT CREATE DELETE DESC DESCRIBE \
    DISTINCT DROP EXISTS EXPLAIN FROM GROUP HAVING IN INSERT INTO IS JOIN KEY LEFT LIKE LIMIT NOT NULL ON OR ORDER \
    PRIMARY ROLLBACK SELECT SEQUENCE SET SHOW TABLE TABLES UNION UNIQUE UPDATE USE USING VALUES VEXPLAIN VINDEX \
    VSCHEMA WHERE";

const HELP: &str = "\
For the server: any statement, ended by ;
  \\g, \\G       end a statement; \\G prints its rows vertically

For the client, at the start of a line:
  use NAME     go to a keyspace, or to a shard of it (`customer:-80`)
  source FILE  run a script
  clear, \\c    forget the statement typed so far (so does Ctrl-C)
  delimiter S  end statements with S
  help, \\h     this text
  exit, \\q     leave (so does Ctrl-D)

Versions: call dolt_commit('-am', 'message'); select * from dolt_log;
          select * from dolt_diff_<table> where to_commit = 'WORKING';
          show vschema tables; vexplain plan select ...;

";

/// A line read, or why there is none.
pub(crate) enum Read {
    Line(String),
    Interrupted,
    End,
}

/// Where lines come from: a terminal, or a test.
pub(crate) trait Lines {
    /// Shows the prompt and reads a line. `names` are offered for completion.
    fn read(&mut self, prompt: &str, names: BTreeSet<String>) -> Result<Read, Error>;
    /// Remembers a statement.
    fn remember(&mut self, statement: &str);
}

/// Reads and runs until the person leaves.
pub(crate) fn run(
    runner: &mut Runner<'_>,
    history: &Path,
    branch: Option<&str>,
) -> Result<Ending, Error> {
    let mut terminal = Terminal::open(history)?;
    runner.out.text(&format!(
        "vrev {} on {}.  Statements end with ; or \\G.  Type 'help;' for help.\n\n",
        env!("CARGO_PKG_VERSION"),
        branch.unwrap_or("a detached HEAD"),
    ))?;
    let ended = serve(runner, &mut terminal);
    terminal.save();
    ended
}

fn serve(runner: &mut Runner<'_>, lines: &mut dyn Lines) -> Result<Ending, Error> {
    let mut splitter = Splitter::default();
    let mut typed = String::new();
    loop {
        runner.out.flush()?;
        let prompt = prompt(splitter.state(), &runner.server.target());
        let names = runner.server.names();
        match lines.read(&prompt, names)? {
            Read::Line(line) => {
                typed.push_str(&line);
                let pieces = splitter.push(&line);
                if splitter.state() == State::Idle {
                    if !typed.trim().is_empty() {
                        lines.remember(typed.trim());
                    }
                    typed.clear();
                } else {
                    typed.push('\n');
                }
                for piece in pieces {
                    if matches!(
                        piece,
                        Piece::Command {
                            command: Command::Quit,
                            ..
                        }
                    ) {
                        return bye(runner);
                    }
                    perform(runner, piece, &mut splitter)?;
                }
            }
            Read::Interrupted => {
                splitter.clear();
                typed.clear();
            }
            Read::End => return bye(runner),
        }
    }
}

fn bye(runner: &mut Runner<'_>) -> Result<Ending, Error> {
    runner.out.line("Bye")?;
    runner.out.flush()?;
    Ok(Ending::Done)
}

/// Runs one piece; what fails is told and forgotten.
fn perform(runner: &mut Runner<'_>, piece: Piece, splitter: &mut Splitter) -> Result<(), Error> {
    let command = match piece {
        Piece::Statement { text, vertical, .. } => {
            let done = runner.statement(&text, vertical)?;
            tell_if_failed(runner, done);
            return Ok(());
        }
        Piece::Command { command, .. } => command,
    };
    match command {
        Command::Use(keyspace) => {
            let done = runner.change_keyspace(&keyspace)?;
            tell_if_failed(runner, done);
        }
        Command::Help => runner.out.text(HELP)?,
        Command::Source(file) => match runner.source(&file, OnError::Stop) {
            Err(error) if error.kind == Kind::Closed => return Err(error),
            Err(error) => runner.tell(&error),
            Ok(_) => {}
        },
        Command::Clear | Command::Quit => splitter.clear(),
    }
    Ok(())
}

fn tell_if_failed(runner: &mut Runner<'_>, done: Result<(), SqlError>) {
    if let Err(error) = done {
        runner.tell(&Error::sql(&error, None));
    }
}

/// The prompt tells the keyspace and, on further lines, what is still open.
fn prompt(state: State, target: &str) -> String {
    let first = if target.is_empty() {
        "vrev> ".to_owned()
    } else {
        format!("vrev [{target}]> ")
    };
    let sign = match state {
        State::Idle => return first,
        State::Statement => "-> ".to_owned(),
        State::Quote(quote) => format!("{quote}> "),
        State::Comment => "/*> ".to_owned(),
    };
    format!("{sign:>width$}", width = first.chars().count())
}

/// The terminal.
struct Terminal<'h> {
    editor: Editor<Names, FileHistory>,
    history: &'h Path,
}

impl<'h> Terminal<'h> {
    fn open(history: &'h Path) -> Result<Self, Error> {
        let mut editor = Editor::new().map_err(failed)?;
        editor.set_max_history_size(10_000).map_err(failed)?;
        // Absent on the first run.
        let _ = editor.load_history(history);
        Ok(Self { editor, history })
    }

    /// A history that cannot be kept is no reason to fail.
    fn save(&mut self) {
        if let Some(folder) = self.history.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = self.editor.append_history(self.history);
    }
}

impl Lines for Terminal<'_> {
    fn read(&mut self, prompt: &str, names: BTreeSet<String>) -> Result<Read, Error> {
        self.editor.set_helper(Some(Names(names)));
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Read::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(error) => Err(failed(error)),
        }
    }

    fn remember(&mut self, statement: &str) {
        let _ = self.editor.add_history_entry(statement);
    }
}

fn failed(error: ReadlineError) -> Error {
    Error::user("cannot read from the terminal").because(Some(&error))
}

/// Completes the last word of a line.
struct Names(BTreeSet<String>);

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(&self.0, line.get(..position).unwrap_or(line)))
    }
}

impl Helper for Names {}
impl Highlighter for Names {}
impl Hinter for Names {
    type Hint = String;
}
impl Validator for Names {}

/// Returns where the last word begins and what it may become; keywords in the case in which they were begun.
fn complete(names: &BTreeSet<String>, line: &str) -> (usize, Vec<String>) {
    let start = line
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(0, |at| {
            at + line[at..].chars().next().map_or(1, char::len_utf8)
        });
    let word = &line[start..];
    if word.is_empty() {
        return (start, Vec::new());
    }
    let begins = |name: &str| {
        name.len() >= word.len()
            && name.is_char_boundary(word.len())
            && name[..word.len()].eq_ignore_ascii_case(word)
    };
    let lower = word.chars().any(char::is_lowercase);
    let keywords = KEYWORDS
        .split_whitespace()
        .filter(|keyword| begins(keyword));
    let keywords = keywords.map(|keyword| {
        if lower {
            keyword.to_lowercase()
        } else {
            keyword.to_owned()
        }
    });
    let found: BTreeSet<String> = names
        .iter()
        .filter(|name| begins(name))
        .cloned()
        .chain(keywords)
        .collect();
    (start, found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::Format;
    use crate::cli::color::Palette;
    use crate::cli::render::{Form, Output};
    use crate::cli::runner::Spacing;
    use crate::cli::runner::tests::Parrot;

    /// Lines typed by nobody, and the prompts they were typed at.
    struct Typed {
        lines: Vec<Option<&'static str>>,
        prompts: Vec<String>,
        remembered: Vec<String>,
    }

    impl Lines for Typed {
        fn read(&mut self, prompt: &str, _: BTreeSet<String>) -> Result<Read, Error> {
            self.prompts.push(prompt.to_owned());
            if self.lines.is_empty() {
                return Ok(Read::End);
            }
            Ok(self
                .lines
                .remove(0)
                .map_or(Read::Interrupted, |line| Read::Line(line.to_owned())))
        }

        fn remember(&mut self, statement: &str) {
            self.remembered.push(statement.to_owned());
        }
    }

    /// Types lines (`None` for Ctrl-C) and returns what was seen.
    fn session(lines: &[Option<&'static str>]) -> (Typed, Vec<String>, String) {
        let mut typed = Typed {
            lines: lines.to_vec(),
            prompts: Vec::new(),
            remembered: Vec::new(),
        };
        let mut parrot = Parrot::default();
        let mut out = Output::memory(Palette::PLAIN, Format::Text);
        let mut runner = Runner::new(
            &mut parrot,
            &mut out,
            Form::Table,
            Spacing::After,
            PathBuf::from("."),
        );
        assert_eq!(serve(&mut runner, &mut typed).unwrap(), Ending::Done);
        (typed, parrot.seen, out.into_text())
    }

    #[test]
    fn a_statement_may_span_lines() {
        let (typed, seen, text) = session(&[Some("select"), Some("1"), Some(";"), Some("exit")]);
        assert_eq!(seen, ["select\n1"]);
        assert_eq!(typed.prompts, ["vrev> ", "   -> ", "   -> ", "vrev> "]);
        assert_eq!(typed.remembered, ["select\n1\n;", "exit"]);
        assert_eq!(
            text,
            "+---+\n| 1 |\n+---+\n| 1 |\n+---+\n1 row in set (0.00 sec)\n\nBye\n"
        );
    }

    #[test]
    fn errors_are_told_and_forgotten() {
        let (_, seen, text) = session(&[Some("nonsense;"), Some("select 1\\G")]);
        assert_eq!(seen.len(), 2);
        assert!(
            text.starts_with("ERROR 1064 (42000): near `nonsense`\n*****"),
            "{text}"
        );
        assert!(text.ends_with("Bye\n"), "{text}");
    }

    #[test]
    fn an_interrupt_forgets_what_was_typed() {
        let (typed, seen, _) = session(&[Some("select '"), None, Some("select 2;")]);
        assert_eq!(seen, ["select 2"]);
        assert_eq!(typed.prompts, ["vrev> ", "   '> ", "vrev> ", "vrev> "]);
        let (_, seen, _) = session(&[Some("select 1 \\c"), Some("select 3;")]);
        assert_eq!(seen, ["select 3"]);
    }

    #[test]
    fn the_prompt_follows_use() {
        let (typed, seen, text) = session(&[Some("use customer"), Some("help")]);
        assert_eq!(seen, ["USE `customer`"]);
        assert_eq!(typed.prompts[1], "vrev [customer]> ");
        assert!(
            text.starts_with("Database changed\nFor the server:"),
            "{text}"
        );
    }

    #[test]
    fn the_prompt_tells_keyspace_and_state() {
        assert_eq!(prompt(State::Idle, ""), "vrev> ");
        assert_eq!(prompt(State::Idle, "customer:-80"), "vrev [customer:-80]> ");
        assert_eq!(prompt(State::Statement, ""), "   -> ");
        assert_eq!(prompt(State::Quote('\''), ""), "   '> ");
        assert_eq!(prompt(State::Comment, "ab"), "       /*> ");
    }

    #[test]
    fn words_are_completed_from_sql_and_the_catalog() {
        let names = BTreeSet::from([
            "corder".to_owned(),
            "corder_event".to_owned(),
            "Customer".to_owned(),
        ]);
        let check = |line: &str, start: usize, found: &[&str]| {
            let found: Vec<String> = found.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(complete(&names, line), (start, found), "{line:?}");
        };
        check("sel", 0, &["select"]);
        check(
            "SELECT * FROM co",
            14,
            &["commit", "corder", "corder_event"],
        );
        check("select customer.corder_", 16, &["corder_event"]);
        check("cust", 0, &["Customer"]);
        check("select ", 7, &[]);
        check("select 'é", 8, &[]);
    }
}
