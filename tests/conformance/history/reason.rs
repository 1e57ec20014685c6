//! Why a case of the suite fails, told from how it fails: a decision of vrev's, or the piece that is missing.

use regex::Regex;

/// Patterns of a failure, and the reason that follows with what the pattern caught; the first that matches counts.
const REASONS: &[(&str, &str)] = &[
    (
        "(?i)setup: .*near '.*(CREATE (PROCEDURE|TRIGGER)|END)",
        "decision: stored programs are refused",
    ),
    (
        "(?i)unsupported: CREATE (PROCEDURE|TRIGGER|EVENT)",
        "decision: stored programs are refused",
    ),
    ("VECTOR INDEX", "decision: vector indexes are refused"),
    (
        "(?i)unsupported: CREATE TEMPORARY TABLE",
        "missing: temporary tables",
    ),
    (
        "(?i)PROCEDURE ((?:dolt|vrev)_update_column_tag) does not",
        "decision: columns have identities, not tags ($1)",
    ),
    (
        "(?i)PROCEDURE `?(\\w+)`? does not exist",
        "missing: procedure $1",
    ),
    (
        "(?i)FUNCTION `?(?:mydb\\.)?(\\w+)`? does not exist",
        "missing: function $1",
    ),
    (
        "(?i)Table '(?:mydb\\.)?(dolt_(?:docs|query_catalog|procedures|schemas|backups|branch_activity))' doesn't",
        "missing: system table $1",
    ),
    (
        "(?i)Table '(?:mydb\\.)?(dolt_\\w+?)(?:_[a-z0-9]+)?' doesn't",
        "missing: system table $1",
    ),
    (
        "Table '(?:mydb\\.)?[A-Z]\\w*' doesn't exist",
        "decision: names of tables are case-sensitive, as in MySQL on Linux",
    ),
    ("tables of `(\\w+)`", "missing: tables of $1"),
    ("(?i)unsupported: variable (@@\\w+)", "missing: variable $1"),
    ("(?i)unsupported: (table expression \\w+)", "missing: $1"),
    ("(?i)unsupported: ([^:\\\\]{1,60})", "refused by name: $1"),
    (
        "Lock wait timeout",
        "decision: one transaction at a time writes a branch; the others wait",
    ),
    (
        "insert_id: expected|AUTO_INCREMENT=|auto_increment",
        "decision: AUTO_INCREMENT counts on in each branch, its counter is no part of the definition",
    ),
    (
        "truncate table",
        "decision: TRUNCATE affects 0 rows, as in MySQL",
    ),
    (
        "checkpoint enginetest",
        "decision: the case starts from another first commit than its page says",
    ),
    (
        "key specification without a key length",
        "decision: TEXT and BLOB keys need a length, as in MySQL",
    ),
    (
        "(?i)show databases",
        "decision: SHOW DATABASES lists keyspaces",
    ),
    (
        "char_length\\((to|from)_commit\\)",
        "decision: commits have git's ids of 40 digits",
    ),
    (
        "branch not found: [0-9a-v]{32}|dolt_repo_\\$\\$",
        "decision: commits have git's ids, databases their keyspace's name",
    ),
    ("unrecognized subcommand '([\\w-]+)'", "missing: verb $1"),
    (
        "unexpected argument '([^']+)' found.*Usage: vrev ([a-z-]+)",
        "missing: option $1 of $2",
    ),
    (
        "no such verb or option: \\d+: ([a-z-]+)",
        "missing: an option of $1",
    ),
    (
        "invalid value '([^']+)' for '--format",
        "missing: format $1",
    ),
    (
        "CONFLICT|conflicts found|Merge conflict detected",
        "differs: what a merge calls a conflict",
    ),
    (
        "(?i)merge successful",
        "differs: what a merge settles by itself",
    ),
    (
        "local changes would be lost",
        "decision: uncommitted rows stay with their branch",
    ),
    (
        "another error is expected.*Invalid argument",
        "differs: an error of a table function's arguments",
    ),
    (
        "another error is expected",
        "decision: errors are MySQL's or vrev's own words",
    ),
    (
        "no error where one is expected",
        "missing: a refusal of the origin's",
    ),
    (
        "a warning is expected",
        "missing: a warning of the origin's",
    ),
    (
        "exit code \\d+ instead of [1-9]\\d*: \\d+: ([a-z-]+)",
        "missing: a refusal of the origin's by $1",
    ),
    (
        "malformed: unknown column",
        "missing: rows of a table whose columns changed, read under another commit's definition",
    ),
    (
        "error 1062: Duplicate|error 1452|error 3819",
        "missing: a merge that keeps rows which break a key, and tells the violation",
    ),
    (
        "to_jk|from_jk",
        "decision: virtual generated columns are not versioned",
    ),
    (
        "truncate t;",
        "decision: TRUNCATE affects 0 rows, as in MySQL",
    ),
    (
        "Table '(?:mydb\\.)?(\\w+)' doesn't exist",
        "differs: table $1 is not there after the steps before",
    ),
    (
        "(?i)^error \\d+: ([^:]{1,40}).*: \\d+: .*(dolt_\\w+)",
        "differs: $2 is refused, $1",
    ),
    ("^error (\\d+): ([^:]{1,60})", "refused: $1 $2"),
    (
        "^rows_affected|^matched|^changed",
        "differs: counts of changed rows",
    ),
    (
        "exit code .*ERROR (\\d+) [^:]*: ([^\\\\]{1,50})",
        "refused: $1 $2",
    ),
    ("(?i)^setup: (?:.*)(dolt_\\w+)", "differs: what $1 does"),
    (
        "(?i)(?:rows|columns|rows_affected): expected .*: \\d+: .*?(dolt_\\w+)",
        "differs: what $1 answers",
    ),
    (
        "(?i)(?:rows|columns): expected .*: \\d+: show create",
        "decision: definitions are printed as MySQL prints them",
    ),
    (
        "(?i)(?:rows|columns): expected .*: \\d+: select",
        "differs: rows after the steps before",
    ),
    (
        "(?:output|line|lines).*?: \\d+: diff",
        "decision: a diff shows relations of the catalog, not texts of definitions",
    ),
    (
        "(?:output|line|lines).*?: \\d+: sql",
        "decision: results and errors are printed as the mysql client prints them",
    ),
    (
        "(?:output|line|lines).*?: \\d+: ([a-z-]+)",
        "decision: $1 prints in git's words, by keyspace and object",
    ),
    (
        "exit code \\d+ instead of 0: \\d+: ([a-z-]+)",
        "differs: what $1 accepts",
    ),
];

/// Returns the reason; for a failure of no known kind, its first words.
pub(crate) fn reason(failure: &str) -> String {
    let failure = failure.replace(['\n', '\t'], " ");
    for (pattern, reason) in REASONS {
        let found = Regex::new(&format!("(?s){pattern}")).ok();
        if let Some(caught) = found.as_ref().and_then(|regex| regex.captures(&failure)) {
            let mut told = String::new();
            caught.expand(reason, &mut told);
            return told;
        }
    }
    failure.chars().take(120).collect()
}
