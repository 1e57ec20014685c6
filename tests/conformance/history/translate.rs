//! The table of spellings: the origin's words on the left, vrev's on the right. Nothing else is translated.
//!
//! On the command line a program, verbs and options are renamed; arguments stay as they are. In expected texts the
//! program's name is renamed. Errors that the origin gives its own names are MySQL's by number: vrev answers as MySQL.

use std::sync::OnceLock;

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
    ("branch", "-r", &["-r"]),
    ("*", "-r=sql", &["--format", "sql"]),
    ("*", "-r", &["--format"]),
    ("*", "--result-format", &["--format"]),
    ("commit", "--force", &["--force", "--no-verify"]),
    ("commit", "-afm", &["--force", "--no-verify", "-am"]),
    ("show", "--no-pretty", &[]),
    ("diff", "-sk", &["--skinny"]),
    ("diff", "-ic", &["--include-cols"]),
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
    if let [schema, show, tables @ ..] = words.as_slice()
        && (schema.as_str(), show.as_str()) == ("schema", "show")
    {
        let mut words = owned(&["show"]);
        match tables {
            [] => words.push(format!("WORKING:{KEYSPACE}")),
            tables => {
                let named = |table: &String| format!("WORKING:{KEYSPACE}.{table}");
                words.extend(tables.iter().map(named));
            }
        }
        return words;
    }
    let Some((verb, rest)) = words.split_first() else {
        return words;
    };
    let is_of_conflicts = matches!(verb.as_str(), "conflicts" | "resolve");
    let mut translated = vec![verb.clone()];
    for word in rest {
        let known = OPTIONS
            .iter()
            .find(|(of, from, _)| (*of == "*" || of == verb) && word == from);
        match known {
            Some((_, _, to)) => translated.extend(owned(to)),
            // Conflicts are of everything where nothing is named.
            None if is_of_conflicts && word == "." => {}
            None if is_of_conflicts && word != "cat" && !word.starts_with('-') => {
                translated.push(format!("{KEYSPACE}.{word}"));
            }
            None => translated.push(word.clone()),
        }
    }
    translated
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Texts with other words.
const TEXTS: &[(&str, &str)] = &[
    ("| Table name ", "| Object "),
    ("| dropped ", "| removed "),
    ("unmerged tables", "unmerged objects"),
    ("Unmerged paths", "Unmerged objects"),
    (
        "vrev checkout <table>\" to discard changes in working directory",
        "vrev checkout -- <object>...\" to discard changes in the working set",
    ),
    ("vrev add <table>...", "vrev add <object>..."),
    ("Untracked tables", "Untracked"),
    ("vrev add <table>", "vrev add <object>..."),
    ("vrev reset <table>...", "vrev reset -- <object>..."),
];

/// What one says of a failure, and the other of the same one; `$1` is what it names.
const FAILURES: &[(&str, &str)] = &[
    ("^branch not found: '?([^' ]*)'?$", "`$1` is no branch"),
    ("can only be supplied when listing", "cannot be used with"),
    (
        "^branch not found(: )?'?([^' ]*)'?$",
        "unknown revision `$2",
    ),
    (
        "^error: table ([a-z0-9_]+) does not exist$",
        "unknown revision `$1`",
    ),
    (
        "(cannot be used together|mutually exclusive)",
        "cannot be used with",
    ),
    ("^invalid Arguments", "cannot be used with"),
    ("^Must specify exactly one of", "cannot be used with"),
    ("too many positional arguments", "unexpected argument"),
    ("^no stash entries found", "there is none"),
    (
        "^Nothing specified",
        "the following required arguments were not provided",
    ),
    (
        "^error: Cannot delete checked out branch '(.*)'$",
        "branch `$1` is checked out",
    ),
    ("^cannot revert commit with no parents", "it has no parent"),
    (
        "^error: the table\\(s\\) ([a-z0-9_]+) do not exist$",
        "`$1` is not tracked",
    ),
    (
        "^error: the table\\(s\\) ([a-z0-9_]+), ([a-z0-9_]+) do not exist$",
        "`$1`, `$2` are not tracked",
    ),
    (
        "^error: the table\\(s\\) ([a-z0-9_]+) have changes saved in the index",
        "changes staged in the index\n  $1",
    ),
    (
        "There is no merge to abort",
        "there is no merge in progress",
    ),
    ("^only one reference", "unexpected argument"),
    (
        "^not enough args",
        "the following required arguments were not provided",
    ),
    (
        "takes at most one positional argument",
        "unexpected argument",
    ),
    ("^error: unknown option", "unexpected argument"),
    (
        "A branch named '(.*)' already exists",
        "branch `$1` already exists",
    ),
    (
        "^Your local changes to the following tables would be overwritten by checkout",
        "local changes would be lost",
    ),
];

/// Lines with other words.
const LINES: &[(&str, &str)] = &[
    ("added table", "added relation"),
    ("deleted table", "removed relation"),
];

/// Renames the program, and what it says in other words, in a text that is expected.
pub(super) fn expected(text: &str) -> String {
    static PROGRAM: OnceLock<Option<Regex>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| Regex::new(r"\b[dD]olt\b").ok());
    let mut renamed = match program {
        Some(program) => program.replace_all(text, "vrev").into_owned(),
        None => text.to_owned(),
    };
    if let Some((_, to)) = LINES.iter().find(|(from, _)| *from == renamed) {
        return (*to).to_owned();
    }
    for (from, to) in TEXTS {
        renamed = renamed.replace(from, to);
    }
    numbers(&renamed)
}

/// Brings what is counted to vrev's words: one row is no rows, and what is unmerged need not be a table.
fn numbers(text: &str) -> String {
    static COUNTS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let counts = COUNTS.get_or_init(|| {
        let words = [
            (r"\b1 (table|row)s\b", "1 $1"),
            (r"\b1 table\(s\) are unmerged", "1 object is unmerged"),
            (
                r"\b(\d+) table\(s\) are unmerged",
                "$1 objects are unmerged",
            ),
        ];
        let compiled = words.into_iter();
        compiled
            .filter_map(|(pattern, told)| Some((Regex::new(pattern).ok()?, told)))
            .collect()
    });
    counts
        .iter()
        .fold(text.to_owned(), |text, (pattern, told)| {
            pattern.replace_all(&text, *told).into_owned()
        })
}

/// Changed objects in a status: the origin has tables only and names neither their kind nor their keyspace; here a
/// table's rows have a line of their own.
fn status_line(line: &str) -> Option<String> {
    static LINE: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r"^\t(added|removed|modified|renamed) (table|rows|view): +(.*)$";
    let found = LINE
        .get_or_init(|| Regex::new(pattern).ok())
        .as_ref()?
        .captures(line)?;
    let word = match (&found[1], &found[2]) {
        ("added", "rows") => "modified",
        ("added", _) => "new table",
        ("removed", "rows") => "modified",
        ("removed", _) => "deleted",
        (word, _) => word,
    };
    Some(format!("\t{word}: {}", &found[3]))
}

/// Brings what vrev printed to the origin's layout: names without the one keyspace, one line a table in a status, no line
/// that counts the rows of a result.
pub(super) fn printed(text: &str) -> String {
    static COUNT: OnceLock<Option<Regex>> = OnceLock::new();
    let count = r"^(Empty set|\d+ rows? in set)(, \d+ warnings?)?( \(\d+\.\d\d sec\))?$";
    let count = COUNT.get_or_init(|| Regex::new(count).ok()).as_ref();
    let mut lines: Vec<String> = Vec::new();
    let bare = text
        .replace(&format!("`{KEYSPACE}`."), "")
        .replace(&format!("{KEYSPACE}."), "");
    for line in bare.split('\n') {
        if count.is_some_and(|count| count.is_match(line)) {
            continue;
        }
        match status_line(line) {
            // A new or deleted table's rows are told by the table.
            Some(told) => {
                let name = told.rsplit(": ").next().unwrap_or_default();
                let known = lines.last().is_some_and(|last| {
                    last.starts_with('\t') && last.rsplit(": ").next() == Some(name)
                });
                if !known {
                    lines.push(told);
                }
            }
            None => lines.push(line.to_owned()),
        }
    }
    layout(&lines.join("\n"))
}

/// The origin's words for a failed statement, and MySQL's number.
const PHRASES: &[(&str, u16)] = &[
    ("ambiguous column name", 1052),
    ("duplicate column name", 1060),
    ("Error parsing SQL", 1064),
    ("can't drop 'PRIMARY'", 1091),
    ("key column", 1072),
    ("does not have column", 1072),
    ("does not have column", 3734),
    ("already exists", 1060),
    ("violation", 1451),
    ("violation", 1452),
    ("there can be only one auto column", 1075),
    ("duplicate foreign key", 1826),
    ("cannot drop index", 1553),
    ("number of columns", 1239),
    ("table not found", 1051),
    ("table not found", 1824),
    ("duplicate primary key", 1062),
    ("duplicate unique key", 1062),
    ("cannot delete or update a parent row", 1451),
    ("cannot add or update a child row", 1452),
    ("could not be found in any table in scope", 1054),
    ("Unknown column", 1054),
    ("specified twice", 1110),
    ("number of values does not match number of columns", 1136),
    ("Check constraint", 3819),
    ("is non-nullable but attempted to set a value of null", 1048),
    ("table not found", 1146),
    ("table with name", 1050),
    ("Multiple primary keys", 1068),
    ("syntax error", 1064),
];

/// Tells whether an output has what a case calls a failure: a statement's, which vrev tells as MySQL does, or a command's.
pub(super) fn has_error(output: &str, phrase: &str) -> bool {
    let of_statement = PHRASES.iter().any(|(words, number)| {
        phrase.contains(words) && output.contains(&format!("ERROR {number} "))
    });
    let of_command = || {
        FAILURES.iter().any(|(pattern, told)| {
            let found = Regex::new(pattern).ok();
            let Some(caught) = found.as_ref().and_then(|regex| regex.captures(phrase)) else {
                return false;
            };
            let mut told_here = String::new();
            caught.expand(told, &mut told_here);
            output.starts_with("error: ") && output.contains(&told_here)
        })
    };
    of_statement || of_command()
}

/// Tells whether an output has a truth value as a cell of its own, where a case expects nothing but that: vrev, like MySQL,
/// knows 1 and 0.
pub(super) fn has_truth(output: &str, expected: &str) -> bool {
    let (before, digit) = match expected.rsplit_once(',') {
        None => ("", truth(expected)),
        Some((before, last)) => (before, truth(last)),
    };
    let Some(digit) = digit else { return false };
    output.lines().any(|line| match before {
        "" => line == digit || line.split('|').any(|cell| cell == digit),
        before => line == format!("{before},{digit}"),
    })
}

fn truth(word: &str) -> Option<&'static str> {
    match word {
        "true" => Some("1"),
        "false" => Some("0"),
        _ => None,
    }
}

/// Brings a definition to one print: MySQL writes the default NULL of a column, and the origin's databases have another
/// default collation.
pub(super) fn definition(text: &str) -> String {
    text.replace(" DEFAULT NULL", "")
        .replace("utf8mb4_0900_bin", "utf8mb4_0900_ai_ci")
}

/// Brings a version of a conflict to the origin's columns: what each side did as a sign, and whose version it is.
fn conflict_line(line: &str) -> String {
    static VERSION: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r"^\|\s*(add|edit|delete)/(add|edit|delete)\s*\|\s*(base|ours|theirs)\s*\|";
    let version = VERSION.get_or_init(|| Regex::new(pattern).ok()).as_ref();
    let Some(found) = version.and_then(|version| version.captures(line)) else {
        return line.to_owned();
    };
    let did = match &found[3] {
        "ours" => &found[1],
        "theirs" => &found[2],
        _ => "",
    };
    let sign = match did {
        "add" => "+",
        "edit" => "*",
        "delete" => "-",
        _ => "",
    };
    format!("|{sign}|{}|{}", &found[3], &line[found[0].len()..])
}

/// What stands before an object in a status.
const LABELS: &[&str] = &[
    "new table:",
    "modified:",
    "deleted:",
    "renamed:",
    "both modified:",
    "schema conflict:",
];

/// Brings tables to one layout: the origin aligns every cell to the left, vrev numbers to the right as the mysql client
/// does. Spaces beside a border and the length of horizontal lines are dropped.
pub(super) fn layout(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        if line.contains('|') {
            let line = conflict_line(line);
            // A boolean is 0 or 1, as in MySQL.
            let cells = line.split('|').map(str::trim).map(|cell| match cell {
                "true" => "1",
                "false" => "0",
                other => other,
            });
            let cells: Vec<&str> = cells.collect();
            lines.push(cells.join("|"));
        } else if line.contains("+--") {
            let mut line = line.to_owned();
            while line.contains("--") {
                line = line.replace("--", "-");
            }
            lines.push(line);
        } else if let Some(label) = line.strip_prefix('\t') {
            let words: Vec<&str> = label.split_whitespace().collect();
            lines.push(format!("\t{}", words.join(" ")));
        } else if LABELS.iter().any(|label| line.starts_with(label)) {
            let words: Vec<&str> = line.split_whitespace().collect();
            lines.push(words.join(" "));
        } else {
            lines.push(line.to_owned());
        }
    }
    definition(&lines.join("\n"))
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
