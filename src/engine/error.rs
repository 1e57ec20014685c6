//! MySQL's errors: number, SQLSTATE and wording of everything the engine refuses.
//!
//! Numbers and texts are those of MySQL 8.0's server error reference. A registered function can only hand SQLite a
//! string, so an error raised inside one travels as [`encode`]d text and comes back whole through [`from_sqlite`].

use crate::sql::SqlError;

/// First character of an error that crosses SQLite as text.
const MARK: char = '\u{1}';

/// SQLSTATEs this module uses; an error that crossed SQLite gets its `&'static str` back from here.
const STATES: [&str; 12] = [
    "HY000", "01000", "21000", "21S01", "42000", "42S02", "42S22", "22001", "22003", "22007",
    "22012", "23000",
];

/// Writes an error as text that [`from_sqlite`] reads back.
pub(super) fn encode(error: &SqlError) -> String {
    format!(
        "{MARK}{}{MARK}{}{MARK}{}",
        error.errno, error.sqlstate, error.message
    )
}

/// Reads an encoded error out of SQLite's message, which may have words of SQLite's own before it.
fn decode(message: &str) -> Option<SqlError> {
    let mut parts = message.get(message.find(MARK)? + 1..)?.splitn(3, MARK);
    let errno = parts.next()?.parse().ok()?;
    let state = parts.next()?;
    let sqlstate = STATES
        .iter()
        .find(|known| **known == state)
        .copied()
        .unwrap_or("HY000");
    Some(SqlError::new(errno, sqlstate, parts.next()?))
}

/// Turns an error for use inside a registered function.
pub(super) fn to_sqlite(error: &SqlError) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(encode(error).into())
}

/// Turns what SQLite reports into MySQL's error: an error of ours that crossed it, a lock, a full disk, or 1105.
pub(super) fn from_sqlite(error: &rusqlite::Error) -> SqlError {
    if let Some(ours) = decode(&error.to_string()) {
        return ours;
    }
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            SqlError::new(
                1205,
                "HY000",
                "Lock wait timeout exceeded; try restarting transaction",
            )
        }
        Some(rusqlite::ErrorCode::DiskFull) => SqlError::new(1021, "HY000", "Disk full"),
        Some(rusqlite::ErrorCode::ReadOnly) => SqlError::new(
            1290,
            "HY000",
            "The MySQL server is running with the --read-only option so it cannot execute this statement",
        ),
        Some(rusqlite::ErrorCode::OperationInterrupted) => {
            SqlError::new(1317, "70100", "Query execution was interrupted")
        }
        _ => SqlError::unknown(format!("SQLite: {error}")),
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        from_sqlite(&error)
    }
}

pub(super) fn duplicate_entry(value: &str, key: &str) -> SqlError {
    SqlError::new(
        1062,
        "23000",
        format!("Duplicate entry '{value}' for key '{key}'"),
    )
}

pub(super) fn cannot_be_null(column: &str) -> SqlError {
    SqlError::new(1048, "23000", format!("Column '{column}' cannot be null"))
}

pub(super) fn no_default(column: &str) -> SqlError {
    SqlError::new(
        1364,
        "HY000",
        format!("Field '{column}' doesn't have a default value"),
    )
}

pub(super) fn too_long(column: &str, row: usize) -> SqlError {
    SqlError::new(
        1406,
        "22001",
        format!("Data too long for column '{column}' at row {row}"),
    )
}

pub(super) fn truncated(column: &str, row: usize) -> SqlError {
    SqlError::new(
        1265,
        "01000",
        format!("Data truncated for column '{column}' at row {row}"),
    )
}

pub(super) fn out_of_range(column: &str, row: usize) -> SqlError {
    SqlError::new(
        1264,
        "22003",
        format!("Out of range value for column '{column}' at row {row}"),
    )
}

/// `what` is `integer`, `decimal`, `DOUBLE` or `string`.
pub(super) fn incorrect_value(what: &str, value: &str, column: &str, row: usize) -> SqlError {
    SqlError::new(
        1366,
        "HY000",
        format!("Incorrect {what} value: '{value}' for column '{column}' at row {row}"),
    )
}

/// `what` is `date`, `datetime` or `time`.
pub(super) fn incorrect_temporal(what: &str, value: &str, column: &str, row: usize) -> SqlError {
    SqlError::new(
        1292,
        "22007",
        format!("Incorrect {what} value: '{value}' for column '{column}' at row {row}"),
    )
}

/// An expression's value is beyond its type: `what` is `BIGINT`, `BIGINT UNSIGNED`, `DECIMAL` or `DOUBLE`.
pub(super) fn value_out_of_range(what: &str, expression: &str) -> SqlError {
    SqlError::new(
        1690,
        "22003",
        format!("{what} value is out of range in '{expression}'"),
    )
}

pub(super) fn unknown_column(column: &str, clause: &str) -> SqlError {
    SqlError::new(
        1054,
        "42S22",
        format!("Unknown column '{column}' in '{clause}'"),
    )
}

pub(super) fn ambiguous_column(column: &str, clause: &str) -> SqlError {
    SqlError::new(
        1052,
        "23000",
        format!("Column '{column}' in {clause} is ambiguous"),
    )
}

pub(super) fn not_updatable(table: &str, statement: &str) -> SqlError {
    SqlError::new(
        1288,
        "HY000",
        format!("The target table {table} of the {statement} is not updatable"),
    )
}

pub(super) fn no_such_table(keyspace: Option<&str>, table: &str) -> SqlError {
    let name = keyspace.map_or_else(
        || table.to_owned(),
        |keyspace| format!("{keyspace}.{table}"),
    );
    SqlError::new(1146, "42S02", format!("Table '{name}' doesn't exist"))
}

pub(super) fn column_count(row: usize) -> SqlError {
    SqlError::new(
        1136,
        "21S01",
        format!("Column count doesn't match value count at row {row}"),
    )
}

pub(super) fn operand_columns(count: usize) -> SqlError {
    SqlError::new(
        1241,
        "21000",
        format!("Operand should contain {count} column(s)"),
    )
}

pub(super) fn subquery_rows() -> SqlError {
    SqlError::new(1242, "21000", "Subquery returns more than 1 row")
}

pub(super) fn parameter_count(function: &str) -> SqlError {
    SqlError::new(
        1582,
        "42000",
        format!("Incorrect parameter count in the call to native function '{function}'"),
    )
}

pub(super) fn no_such_function(function: &str) -> SqlError {
    SqlError::new(1305, "42000", format!("FUNCTION {function} does not exist"))
}

pub(super) fn check_violated(name: &str) -> SqlError {
    SqlError::new(
        3819,
        "HY000",
        format!("Check constraint '{name}' is violated."),
    )
}

/// `constraint` is MySQL's description: `` `db`.`child`, CONSTRAINT `fk` FOREIGN KEY … ``.
pub(super) fn child_row(constraint: &str) -> SqlError {
    SqlError::new(
        1452,
        "23000",
        format!("Cannot add or update a child row: a foreign key constraint fails ({constraint})"),
    )
}

/// See [`child_row`].
pub(super) fn parent_row(constraint: &str) -> SqlError {
    SqlError::new(
        1451,
        "23000",
        format!(
            "Cannot delete or update a parent row: a foreign key constraint fails ({constraint})"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_cross_sqlite_whole() {
        for error in [
            duplicate_entry("1", "t.PRIMARY"),
            too_long("c", 3),
            value_out_of_range("BIGINT", "(1 + 2)"),
        ] {
            assert_eq!(from_sqlite(&to_sqlite(&error)), error);
        }
    }
}
