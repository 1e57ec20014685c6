//! The known differences between MariaDB and MySQL, in one place: how a statement is put to MariaDB, how what it prints is
//! put back, and what it does not hold. `docs/compat.md`, "MariaDB", lists the same; what [`vrev::catalog::import`] reads by
//! itself is not here.

use vrev::catalog::import::Flavor;

/// MySQL's collations and the nearest that MariaDB has.
const COLLATIONS: [(&str, &str); 4] = [
    ("utf8mb4_0900_bin", "utf8mb4_nopad_bin"),
    ("utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci"),
    ("utf8mb4_0900_as_ci", "utf8mb4_uca1400_as_ci"),
    ("utf8mb4_0900_as_cs", "utf8mb4_uca1400_as_cs"),
];

/// MariaDB's own words.
const WORDS: [(&str, &str); 2] = [("INVISIBLE", "IGNORED"), ("DROP CHECK", "DROP CONSTRAINT")];

/// What MariaDB reads and does not keep, or keeps in a form that says less. By text of the canonical definition.
const UNHELD: [(&str, &str); 6] = [
    ("TABLESPACE `", "tablespaces are read and forgotten"),
    (
        "DEFAULT (now())",
        "`(now())` is printed as `current_timestamp()`",
    ),
    (
        "DEFAULT (77)",
        "a literal in parentheses is printed without",
    ),
    (
        "DEFAULT (_utf8mb4'1.23000')",
        "a literal in parentheses is printed without",
    ),
    (
        "(unix_timestamp('",
        "constants in partitions are printed as their values",
    ),
    ("uca1400", "it stands for utf8mb4_0900_ai_ci here"),
];

/// Tells whether MariaDB keeps all that a definition says.
pub(crate) fn holds(definition: &str, flavor: Flavor) -> bool {
    flavor == Flavor::MySql || !UNHELD.iter().any(|(text, _)| definition.contains(text))
}

/// Returns a statement in the server's own words.
pub(crate) fn put(statement: &str, flavor: Flavor) -> String {
    if flavor == Flavor::MySql {
        return statement.to_owned();
    }
    let mut text = executable(statement);
    for (mysql, maria) in COLLATIONS {
        text = text.replace(mysql, maria);
    }
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        let key = ["KEY `", "KEY("].iter().any(|word| line.contains(word));
        for (mysql, maria) in WORDS {
            // Of a column it is the same word.
            if mysql != "INVISIBLE" || key {
                line = line.replace(mysql, maria);
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// Opens the comments that are for MySQL 8 alone: `/*!80023 INVISIBLE */`.
fn executable(statement: &str) -> String {
    let mut text = String::new();
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once("/*!80") {
        text.push_str(before);
        let inside = after.trim_start_matches(|c: char| c.is_ascii_digit());
        match inside.split_once("*/") {
            Some((words, after)) => {
                text.push_str(words.trim());
                rest = after;
            }
            None => rest = inside,
        }
    }
    text + rest
}

/// Returns what the server printed with collations of the definition that it was given.
pub(crate) fn put_back(printed: &str, flavor: Flavor) -> String {
    let mut text = printed.to_owned();
    if flavor == Flavor::MariaDb {
        for (mysql, maria) in COLLATIONS {
            text = text.replace(maria, mysql);
        }
    }
    text
}

/// Returns a canonical definition as the server keeps it: for InnoDB, RESTRICT is what holds without a word, and MariaDB
/// does not print it.
pub(crate) fn kept(definition: &str, flavor: Flavor) -> String {
    if flavor == Flavor::MySql {
        return definition.to_owned();
    }
    let text = definition.replace(" ON DELETE RESTRICT", "");
    text.replace(" ON UPDATE RESTRICT", "")
}
