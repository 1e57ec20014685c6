//! Scripts: statements between delimiters, as the mysql client cuts them. Quotes, comments and the client's
//! `DELIMITER` command are respected; each statement keeps its own text (mysql client manual, "DELIMITER").

use super::{Error, Position, Statement, parse_statement};

/// One statement of a script.
#[derive(Debug, Clone)]
pub struct ScriptStatement {
    /// The statement, or why it cannot be read. Positions in the error count from the start of the script.
    pub statement: Result<Statement, Error>,
    /// The text as written, without delimiter and surrounding space.
    pub text: String,
    /// The line on which it starts, from 1.
    pub line: usize,
}

/// Reads a script: statement by statement, errors included, empty statements left out.
pub fn parse_script(script: &str) -> Vec<ScriptStatement> {
    split_script(script)
        .into_iter()
        .filter_map(|(text, line)| match parse_statement(text) {
            Err(Error::Empty) => None,
            statement => {
                let statement =
                    statement.map_err(|error| error.within(start_of(script, text, line)));
                Some(ScriptStatement {
                    statement,
                    text: text.to_owned(),
                    line,
                })
            }
        })
        .collect()
}

/// Cuts a script into the texts of its statements, each with the line on which it starts (from 1).
pub fn split_script(script: &str) -> Vec<(&str, usize)> {
    let mut cut = Cut {
        script,
        statements: Vec::new(),
        counted: 0,
        line: 1,
    };
    let mut delimiter = ";";
    let mut start = 0;
    let mut blank = true;
    let mut at = 0;
    while at < script.len() {
        let rest = &script[at..];
        if blank && let Some((new, length)) = delimiter_command(rest) {
            delimiter = new;
            at += length;
            start = at;
        } else if rest.starts_with(delimiter) {
            cut.push(start, at);
            at += delimiter.len();
            start = at;
            blank = true;
        } else {
            blank &= rest.starts_with(char::is_whitespace) || is_comment(rest);
            at += step(rest);
        }
    }
    cut.push(start, script.len());
    cut.statements
}

/// Returns where a statement of a script begins: a text and its line as [`split_script`] gave them.
pub fn start_of(script: &str, text: &str, line: usize) -> Position {
    let offset = (text.as_ptr() as usize).saturating_sub(script.as_ptr() as usize);
    let before = script.get(..offset).unwrap_or_default();
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    Position { line, column }
}

/// The statements found so far, and the lines counted so far.
struct Cut<'a> {
    script: &'a str,
    statements: Vec<(&'a str, usize)>,
    counted: usize,
    line: usize,
}

impl Cut<'_> {
    fn push(&mut self, start: usize, end: usize) {
        let text = self.script[start..end].trim();
        if text.is_empty() {
            return;
        }
        let offset = end - self.script[start..end].trim_start().len();
        self.line += self.script[self.counted..offset].matches('\n').count();
        self.counted = offset;
        self.statements.push((text, self.line));
    }
}

/// Reads `DELIMITER x` up to the end of its line: the new delimiter and the length read.
fn delimiter_command(rest: &str) -> Option<(&str, usize)> {
    const COMMAND: &str = "delimiter";
    let head = rest.get(..COMMAND.len())?;
    let after = &rest[COMMAND.len()..];
    if !head.eq_ignore_ascii_case(COMMAND) || !after.starts_with([' ', '\t']) {
        return None;
    }
    let line = after.split('\n').next().unwrap_or(after);
    let new = line.split_whitespace().next()?;
    Some((new, COMMAND.len() + line.len()))
}

/// Returns the length of the next string, quoted identifier, comment or character.
fn step(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    match bytes[0] {
        quote @ (b'\'' | b'"') => quoted(bytes, quote, true),
        b'`' => quoted(bytes, b'`', false),
        b'#' => line_length(rest),
        b'-' if rest.starts_with("--") && bytes.get(2).is_none_or(|b| b.is_ascii_whitespace()) => {
            line_length(rest)
        }
        b'/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
        _ => rest.chars().next().map_or(1, char::len_utf8),
    }
}

/// Tells whether a comment comes next, other than one that servers execute.
fn is_comment(rest: &str) -> bool {
    let line = rest.starts_with("--") && rest.as_bytes().get(2).is_none_or(u8::is_ascii_whitespace);
    let executed = ["/*!", "/*M!", "/*+"]
        .iter()
        .any(|start| rest.starts_with(start));
    line || rest.starts_with('#') || rest.starts_with("/*") && !executed
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn quoted(bytes: &[u8], quote: u8, backslash: bool) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if backslash => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[(&str, usize)]) {
        assert_eq!(split_script(script), expected, "{script}");
    }

    #[test]
    fn statements_are_cut_at_delimiters_outside_quotes_and_comments() {
        check("select 1; select 2", &[("select 1", 1), ("select 2", 1)]);
        check(
            "select 1;\n\n  select 2;\n",
            &[("select 1", 1), ("select 2", 3)],
        );
        check(
            "select ';', \";\", `;`, 'it''s;', 'it\\';'; x",
            &[("select ';', \";\", `;`, 'it''s;', 'it\\';'", 1), ("x", 1)],
        );
        check(
            "a -- ;\n;b # ;\n;c /* ; */;d--;e",
            &[
                ("a -- ;", 1),
                ("b # ;", 2),
                ("c /* ; */", 3),
                ("d--", 3),
                ("e", 3),
            ],
        );
        check(";; ;", &[]);
        check("select 'unterminated; ", &[("select 'unterminated;", 1)]);
        check("/* unterminated; ", &[("/* unterminated;", 1)]);
        check("é;ü", &[("é", 1), ("ü", 1)]);
    }

    #[test]
    fn the_delimiter_command_changes_the_delimiter() {
        check(
            "a;\nDELIMITER //\nb; c//\ndelimiter ;\nd;",
            &[("a", 1), ("b; c", 3), ("d", 5)],
        );
        check("select delimiter;", &[("select delimiter", 1)]);
        check(
            "a;\n-- of a tool\n# and another\n/* or this; */ delimiter //\nb; c//",
            &[("a", 1), ("b; c", 5)],
        );
        check(
            "/*!40101 set names utf8 */ delimiter //\nb;",
            &[("/*!40101 set names utf8 */ delimiter //\nb", 1)],
        );
    }

    #[test]
    fn scripts_keep_errors_in_place_and_drop_empty_statements() {
        let script = "select 1;\n-- nothing\n;\nselect 2; selec 2;\nselect 3";
        let read = parse_script(script);
        let lines: Vec<_> = read
            .iter()
            .map(|statement| (statement.line, statement.statement.is_ok()))
            .collect();
        assert_eq!(lines, [(1, true), (4, true), (4, false), (5, true)]);
        let error = read[2].statement.as_ref().unwrap_err();
        let place = Position {
            line: 4,
            column: 11,
        };
        assert_eq!(error.position(), Some(place));
    }
}
