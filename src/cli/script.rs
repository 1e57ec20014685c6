//! A script or a typed line cut into statements and client commands, as the mysql client cuts them.
//!
//! Rules are those of the manual's pages "mysql Client Commands" and "Comments": a statement ends at the delimiter or at
//! `\g` or `\G` outside quotes and comments; client commands stand at the start of a line. Where a statement begins is
//! kept, for messages. The text is cut, not understood: what it means is for [`crate::sql`] to say.

/// What a script holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A statement, without its delimiter.
    Statement {
        /// Its text.
        text: String,
        /// The line on which it begins, 1-based.
        line: usize,
        /// Ended by `\G`: print its rows vertically.
        vertical: bool,
    },
    /// A line for the client.
    Command {
        /// What it says.
        command: Command,
        /// Its number, 1-based.
        line: usize,
    },
}

/// What is for the client and not for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// `exit`, `quit`, `\q`.
    Quit,
    /// `help`, `?`, `\h`.
    Help,
    /// `clear`, `\c`: forget what was typed.
    Clear,
    /// `use name`, `\u name`.
    Use(String),
    /// `source file`, `\. file`.
    Source(String),
}

/// Where the text stands; tells the prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Between statements.
    #[default]
    Idle,
    /// In a statement.
    Statement,
    /// In quotes of this kind.
    Quote(char),
    /// In a `/* comment`.
    Comment,
}

/// Cuts text given line by line.
#[derive(Debug)]
pub(crate) struct Splitter {
    delimiter: String,
    text: String,
    state: State,
    /// Whether the text holds more than comments and spaces.
    has_substance: bool,
    /// The current line, 1-based.
    line: usize,
    /// The line on which the statement began.
    start: usize,
}

/// What becomes of the next bytes.
enum Step {
    /// They belong to the statement.
    Keep(usize),
    /// They are the client's.
    Drop(usize),
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            delimiter: ";".to_owned(),
            text: String::new(),
            state: State::Idle,
            has_substance: false,
            line: 0,
            start: 1,
        }
    }
}

impl Splitter {
    /// Where the text stands.
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Forgets a statement that has begun.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.has_substance = false;
        self.state = State::Idle;
    }

    /// Takes the next line, without its line end, and returns what it completes.
    pub(crate) fn push(&mut self, line: &str) -> Vec<Piece> {
        self.line += 1;
        let mut pieces = Vec::new();
        if self.state == State::Idle && self.take_command(line, &mut pieces) {
            return pieces;
        }
        self.scan(line, &mut pieces);
        if self.state != State::Idle {
            self.text.push('\n');
        }
        pieces
    }

    /// Returns the statement that the end of the text ends, if there is one.
    pub(crate) fn finish(&mut self) -> Option<Piece> {
        let mut pieces = Vec::new();
        self.state = State::Idle;
        self.end_statement(&mut pieces, false);
        pieces.pop()
    }

    /// Takes a line that is a client command; tells whether it was one.
    fn take_command(&mut self, line: &str, pieces: &mut Vec<Piece>) -> bool {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if word.eq_ignore_ascii_case("delimiter") && !rest.trim().is_empty() {
            let delimiter = rest.split_whitespace().next().unwrap_or(";");
            self.delimiter = delimiter.to_owned();
            return true;
        }
        let end = |text: &str| {
            let text = text.trim();
            text.strip_suffix(self.delimiter.as_str())
                .unwrap_or(text)
                .trim()
                .to_owned()
        };
        let bare = end(word).to_ascii_lowercase();
        let command = match (bare.as_str(), end(rest)) {
            ("exit" | "quit" | "\\q", rest) if rest.is_empty() => Command::Quit,
            ("help" | "?" | "\\h", _) => Command::Help,
            ("clear" | "\\c", rest) if rest.is_empty() => Command::Clear,
            ("use" | "\\u", name) if !name.is_empty() && !name.contains(';') => {
                Command::Use(unquote(&name))
            }
            ("source" | "\\.", file) if !file.is_empty() => Command::Source(unquote(&file)),
            _ => return false,
        };
        pieces.push(Piece::Command {
            command,
            line: self.line,
        });
        true
    }

    fn scan(&mut self, line: &str, pieces: &mut Vec<Piece>) {
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let step = match self.state {
                State::Idle | State::Statement => self.scan_plain(rest, c, pieces),
                State::Quote(quote) => self.scan_quoted(rest, c, quote),
                State::Comment => self.scan_comment(rest, c),
            };
            match step {
                Step::Keep(bytes) => {
                    self.text.push_str(&rest[..bytes]);
                    rest = &rest[bytes..];
                }
                Step::Drop(bytes) => rest = &rest[bytes..],
            }
        }
    }

    fn scan_plain(&mut self, rest: &str, c: char, pieces: &mut Vec<Piece>) -> Step {
        if rest.starts_with(self.delimiter.as_str()) {
            self.end_statement(pieces, false);
            return Step::Drop(self.delimiter.len());
        }
        let dashes = rest.strip_prefix("--");
        if c == '#'
            || dashes
                .is_some_and(|after| after.is_empty() || after.starts_with(char::is_whitespace))
        {
            // Kept inside a statement, whose lines the server counts.
            return if self.state == State::Statement {
                Step::Keep(rest.len())
            } else {
                Step::Drop(rest.len())
            };
        }
        match rest.as_bytes() {
            [b'\\', b'c', ..] => {
                self.clear();
                return Step::Drop(2);
            }
            [b'\\', end @ (b'g' | b'G'), ..] => {
                self.end_statement(pieces, *end == b'G');
                return Step::Drop(2);
            }
            _ => {}
        }
        if self.state == State::Idle {
            if c.is_whitespace() {
                return Step::Drop(c.len_utf8());
            }
            self.begin_statement();
        }
        if rest.starts_with("/*") {
            self.state = State::Comment;
            self.has_substance |= rest.starts_with("/*!");
            return Step::Keep(2);
        }
        self.has_substance |= !c.is_whitespace();
        if matches!(c, '\'' | '"' | '`') {
            self.state = State::Quote(c);
        }
        Step::Keep(c.len_utf8())
    }

    /// A doubled quote leaves the quotes and enters them again, which cuts the same.
    fn scan_quoted(&mut self, rest: &str, c: char, quote: char) -> Step {
        if c == '\\' && quote != '`' {
            return Step::Keep(1 + rest[1..].chars().next().map_or(0, char::len_utf8));
        }
        if c == quote {
            self.state = State::Statement;
        }
        Step::Keep(c.len_utf8())
    }

    /// A comment before a statement is dropped, one in it is kept.
    fn scan_comment(&mut self, rest: &str, c: char) -> Step {
        if !rest.starts_with("*/") {
            return Step::Keep(c.len_utf8());
        }
        if self.has_substance {
            self.state = State::Statement;
            return Step::Keep(2);
        }
        self.clear();
        Step::Drop(2)
    }

    fn begin_statement(&mut self) {
        self.text.clear();
        self.has_substance = false;
        self.start = self.line;
        self.state = State::Statement;
    }

    fn end_statement(&mut self, pieces: &mut Vec<Piece>, vertical: bool) {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        self.state = State::Idle;
        if std::mem::take(&mut self.has_substance) && !text.is_empty() {
            pieces.push(Piece::Statement {
                text,
                line: self.start,
                vertical,
            });
        }
    }
}

/// Cuts a whole text.
pub(crate) fn split(text: &str) -> Vec<Piece> {
    let mut splitter = Splitter::default();
    let mut pieces: Vec<Piece> = text.lines().flat_map(|line| splitter.push(line)).collect();
    pieces.extend(splitter.finish());
    pieces
}

fn unquote(name: &str) -> String {
    for quote in ['`', '"', '\''] {
        if let Some(inner) = name
            .strip_prefix(quote)
            .and_then(|name| name.strip_suffix(quote))
        {
            return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `line: text`, with `\G` for vertical ones; commands as `{:?}`.
    fn check(script: &str, expected: &[&str]) {
        let show = |piece: Piece| match piece {
            Piece::Statement {
                text,
                line,
                vertical,
            } => {
                format!("{line}: {text}{}", if vertical { "\\G" } else { "" })
            }
            Piece::Command { command, .. } => format!("{command:?}"),
        };
        let pieces: Vec<String> = split(script).into_iter().map(show).collect();
        assert_eq!(pieces, expected, "{script:?}");
    }

    #[test]
    fn statements_end_at_the_delimiter() {
        check(
            "select 1; select 2\n;\n\nselect\n3",
            &["1: select 1", "1: select 2", "4: select\n3"],
        );
        check(";;", &[]);
        check(
            "select 1\\G select 2\\g",
            &["1: select 1\\G", "1: select 2"],
        );
    }

    #[test]
    fn quotes_and_comments_hide_it() {
        check(
            "select ';', \"a;\", `b;` ;",
            &["1: select ';', \"a;\", `b;`"],
        );
        check("select 'it''s;\\';';", &["1: select 'it''s;\\';'"]);
        check("select `\\`; select 2;", &["1: select `\\`", "1: select 2"]);
        check(
            "select 1 /* a;\nb; */ + 1;",
            &["1: select 1 /* a;\nb; */ + 1"],
        );
        check("# a;\n-- b;\nselect 1; -- c;", &["3: select 1"]);
        check("select 1 -- x;\n+ 1;", &["1: select 1 -- x;\n+ 1"]);
        check("select 5--1;", &["1: select 5--1"]);
        check(
            "/* a; */ select 1; /* b */\nuse c\n/* d */",
            &["1: select 1", "Use(\"c\")"],
        );
        check("/*! select 1 */;", &["1: /*! select 1 */"]);
        check("select 'a\nb;';", &["1: select 'a\nb;'"]);
    }

    #[test]
    fn an_unfinished_statement_is_a_statement() {
        check("select 'a", &["1: select 'a"]);
        check("select 1 /* b", &["1: select 1 /* b"]);
        check("select '\\", &["1: select '\\"]);
    }

    #[test]
    fn the_delimiter_can_be_changed() {
        check(
            "delimiter //\nselect 1; select 2//\nDELIMITER ;\nselect 3;",
            &["2: select 1; select 2", "4: select 3"],
        );
    }

    #[test]
    fn lines_for_the_client() {
        check("use customer", &["Use(\"customer\")"]);
        check(
            "USE `customer:-80`;\nselect 1;",
            &["Use(\"customer:-80\")", "2: select 1"],
        );
        check("exit", &["Quit"]);
        check("quit;", &["Quit"]);
        check("\\q", &["Quit"]);
        check("help;", &["Help"]);
        check("source a b.sql", &["Source(\"a b.sql\")"]);
        check("select\nuse\n;", &["1: select\nuse"]);
        check("use a; select 1;", &["1: use a", "1: select 1"]);
    }

    #[test]
    fn a_statement_can_be_forgotten() {
        check("select 1 \\c\nselect 2;", &["2: select 2"]);
    }

    #[test]
    fn the_state_tells_the_prompt() {
        let mut splitter = Splitter::default();
        for (line, state) in [
            ("select", State::Statement),
            ("'a", State::Quote('\'')),
            ("', /*", State::Comment),
            ("*/ 1;", State::Idle),
        ] {
            splitter.push(line);
            assert_eq!(splitter.state(), state, "{line}");
        }
    }
}
