//! The table of spellings: the origin's words on the left, vrev's on the right. Nothing else is translated.
//!
//! On the command line a program, verbs and options are renamed; arguments stay as they are. In expected texts the
//! program's name is renamed. Errors that the origin gives its own names are MySQL's by number: vrev answers as MySQL.

use regex::Regex;
use serde_json::Value as Json;
use vrev::sql::SqlError;

use super::repository::KEYSPACE;
use crate::case::text;

/// What a step of a command-line case runs.
pub(super) fn step(step: &Json) -> Vec<String> {
    let words = |step: &Json| -> Vec<String> {
        let words = step
            .get("cli")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        words.filter_map(Json::as_str).map(str::to_owned).collect()
    };
    match step.get("sql").and_then(Json::as_str) {
        Some(statements) => sql(step, statements),
        None => command(&words(step)),
    }
}

/// `sql -q <statements>`, in the one database that a repository has where the cases come from.
fn sql(step: &Json, statements: &str) -> Vec<String> {
    let mut words = owned(&["sql", "--keyspace", KEYSPACE]);
    match text(step, "format") {
        "" | "tabular" => words.push("--table".to_owned()),
        "vertical" => words.push("--vertical".to_owned()),
        other => words.extend(["--format".to_owned(), other.to_owned()]),
    }
    if step.get("continue_on_error") == Some(&Json::Bool(true)) {
        words.push("--force".to_owned());
    }
    words.extend(["-q".to_owned(), statements.to_owned()]);
    words
}

/// Verbs of two words, or with other names.
const VERBS: &[(&[&str], &[&str])] = &[
    (&["conflicts", "resolve"], &["resolve"]),
    (&["SQL"], &["sql", "--keyspace", KEYSPACE]),
];

/// Options of a verb (`*`: of each) with other names; an empty list leaves the option out.
const OPTIONS: &[(&str, &str, &[&str])] = &[
    ("*", "-r=sql", &["--format", "sql"]),
    ("*", "-r", &["--format"]),
    ("*", "--result-format", &["--format"]),
    ("commit", "--force", &["--no-verify"]),
    ("commit", "-afm", &["--no-verify", "-am"]),
    ("diff", "-R", &["--reverse"]),
];

fn command(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    for (from, to) in VERBS {
        if words
            .iter()
            .map(String::as_str)
            .take(from.len())
            .eq(from.iter().copied())
        {
            words.splice(..from.len(), owned(to));
        }
    }
    let Some((verb, rest)) = words.split_first() else {
        return words;
    };
    let mut translated = vec![verb.clone()];
    for word in rest {
        let known = OPTIONS
            .iter()
            .find(|(of, from, _)| (*of == "*" || of == verb) && word == from);
        match known {
            Some((_, _, to)) => translated.extend(owned(to)),
            None => translated.push(word.clone()),
        }
    }
    translated
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Renames the program in a text that is expected.
pub(super) fn expected(text: &str) -> String {
    text.replace("dolt ", "vrev ").replace("Dolt ", "vrev ")
}

/// Brings tables to one layout: the origin aligns every cell to the left, vrev numbers to the right as the mysql client
/// does. Spaces beside a border and the length of horizontal lines are dropped.
pub(super) fn layout(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        if line.contains('|') {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            lines.push(cells.join("|"));
        } else if line.contains("+--") {
            let mut line = line.to_owned();
            while line.contains("--") {
                line = line.replace("--", "-");
            }
            lines.push(line);
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// The origin's errors by name and text, and MySQL's number.
const ERRORS: &[(&str, &str, u16)] = &[
    ("ErrTableNotFound", "table not found: %s", 1146),
    (
        "ErrTableAlreadyExists",
        "table with name %s already exists",
        1050,
    ),
    (
        "ErrColumnNotFound",
        "column %q could not be found in any table in scope",
        1054,
    ),
    (
        "ErrAmbiguousColumnName",
        "ambiguous column name %q, it's present in all these tables: %v",
        1052,
    ),
    (
        "ErrPrimaryKeyViolation",
        "duplicate primary key given: %s",
        1062,
    ),
    (
        "ErrUniqueKeyViolation",
        "duplicate unique key given: %s",
        1062,
    ),
    (
        "ErrForeignKeyChildViolation",
        "cannot add or update a child row - Foreign key violation on fk: `%s`, table: `%s`, referenced table: `%s`, key: `%s`",
        1452,
    ),
    (
        "ErrForeignKeyParentViolation",
        "cannot delete or update a parent row - Foreign key violation on fk: `%s`, table: `%s`, referenced table: `%s`, key: `%s`",
        1451,
    ),
    (
        "ErrForeignKeyTypeChange",
        "unable to change type of column `%s` as it is used by foreign keys",
        1832,
    ),
    (
        "ErrCantDropIndex",
        "error: can't drop index '%s': needed in foreign key constraint %s",
        1553,
    ),
    (
        "ErrCheckConstraintViolated",
        "Check constraint %q violated",
        3819,
    ),
    ("ErrKeyTooLong", "key length is too long", 1071),
    (
        "ErrInsertIntoNonNullableProvidedNull",
        "column name '%v' is non-nullable but attempted to set a value of null",
        1048,
    ),
    (
        "ErrConvertingToTime",
        "Incorrect datetime value: '%v'",
        1292,
    ),
    (
        "ErrSavepointDoesNotExist",
        "SAVEPOINT %s does not exist",
        1305,
    ),
    (
        "ErrLockDeadlock",
        "serialization failure: %s, try restarting transaction.",
        1213,
    ),
];

/// Fails unless an error is the one that a script expects: by MySQL's number where the origin's error has one, else by
/// its text, whose holes (`%s`) match anything.
pub(super) fn same_error(wanted: &Json, error: &SqlError) -> Result<(), String> {
    let (kind, pattern) = (text(wanted, "kind"), text(wanted, "pattern"));
    let exact = text(wanted, "text");
    let number = ERRORS
        .iter()
        .find(|(name, holes, _)| *name == kind || !exact.is_empty() && fits(holes, exact))
        .map(|(.., number)| *number);
    let same = number.map_or_else(
        || match (exact, pattern) {
            ("", "") => kind.is_empty(),
            ("", pattern) => fits(&expected(pattern), &error.message),
            (exact, _) => expected(exact).trim() == error.message.trim(),
        },
        |number| error.errno == number,
    );
    if same {
        Ok(())
    } else {
        Err(format!(
            "another error is expected, {wanted}; got {} {}",
            error.errno, error.message
        ))
    }
}

/// Tells whether a text is a pattern with its holes filled.
fn fits(pattern: &str, text: &str) -> bool {
    let holes = ["%s", "%q", "%v", "%d"];
    let mut escaped = regex::escape(pattern.trim());
    for hole in holes {
        escaped = escaped.replace(hole, "(?s:.*)");
    }
    Regex::new(&format!("^{escaped}$")).is_ok_and(|regex| regex.is_match(text.trim()))
}
