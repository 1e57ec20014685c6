//! Why a case of the suite fails, told from how it fails: a decision of vrev's, or the piece that is missing.

use regex::Regex;

/// Patterns of a failure, and the reason that follows with what the pattern caught; the first that matches counts.
const REASONS: &[(&str, &str)] = &[
    (
        "commit .*cannot conclude the (merge|cherry-pick|revert)",
        "decision: a $1 with conflicts is not committed",
    ),
    (
        "lacks \"Automatic merge failed\".*went well",
        "decision: violations that were committed are not told again by the next merge",
    ),
    (
        "cannot merge because table \\w+ has different primary keys",
        "decision: a changed primary key is a conflict that can be resolved, not an error",
    ),
    (
        "duplicate foreign key constraint name.*CONFLICT",
        "decision: foreign keys that differ are a conflict that can be resolved, not an error",
    ),
    (
        "exit code 0 instead of 1: \\d+: merge [^:]*: Updating [^ ]* ?\\[[^\\]]*\\] \\w+ *$",
        "decision: branches with the same tree have nothing to merge",
    ),
    (
        "exit code 0 instead of 1: \\d+: merge ",
        "decision: what one side broke by itself, with foreign keys unchecked, is not looked for",
    ),
    (
        "exit code 0 instead of 1: \\d+: (resolve|.*dolt_conflicts_resolve\\('--theirs')",
        "decision: foreign keys are judged when the merge is concluded, not at each resolution",
    ),
    (
        "lacks .table was modified in one branch and deleted in the other",
        "decision: a table dropped and changed is a conflict that can be resolved, not an error",
    ),
    (
        "exit code 0 instead of 1: .*SET DEFAULT",
        "missing: SET DEFAULT of a foreign key is not refused",
    ),
    (
        "exit code 0 instead of 1: .*DEFAULT \\(",
        "missing: defaults that refer to later columns or unknown functions are not refused",
    ),
    (
        "Unknown table '(?:mydb\\.)?[A-Z]\\w*'",
        "decision: names of tables are case-sensitive, as in MySQL on Linux",
    ),
    ("DELIMITER //", "decision: stored programs are refused"),
    ("sql .*describe plan", "missing: DESCRIBE PLAN"),
    ("(?i)sql .*show tables as of", "missing: SHOW TABLES AS OF"),
    ("AS OF STAGED", "missing: AS OF of a name without quotes"),
    (
        "VT05003: unknown database 'information_schema'",
        "missing: USE and DESCRIBE of information_schema",
    ),
    (
        "unknown database 'dolt_repo_|@@dolt_repo_",
        "decision: commits have git's ids, databases their keyspace's name",
    ),
    (
        "ERROR 1068 .*Multiple primary key|Unknown column '\\w+' in 'default value expression'",
        "decision: what MySQL refuses in an ALTER TABLE is refused",
    ),
    (
        "branch `\\w+` is checked out",
        "decision: a branch that a worktree is on is not deleted",
    ),
    (
        "ERROR 1452 .*sql .*update|sql .*update .*ERROR 1452",
        "missing: an UPDATE looks at foreign keys of columns that it leaves alone",
    ),
    (
        "branch --datasets",
        "decision: branches list no datasets of a chunk store",
    ),
    (
        "`-b` is not a valid branch name",
        "decision: names of branches are git's",
    ),
    (
        "log -n 1.*lacks \"Revert\"|lacks \"Revert\".*log -n 1",
        "decision: a revert of which nothing is left makes no commit",
    ),
    (
        "index rebuild",
        "decision: indexes are never out of step, so none is rebuilt",
    ),
    (
        "dont_merge_json",
        "missing: merge without merging JSON member by member",
    ),
    (
        "dolt_commit.*--force",
        "missing: dolt_commit --force of a merge that breaks constraints in one transaction",
    ),
    (
        "log --stat",
        "decision: log prints in git's words, by keyspace and object",
    ),
    (
        "branch -r",
        "decision: branch prints in git's words, by keyspace and object",
    ),
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
