//! A statement's result as the mysql client prints it: as a table, vertically, tab-separated, as CSV or as JSON.
//!
//! Forms follow the manual's page "mysql Client Options" (`--table`, `--vertical`, `--batch`) and the client's own output.

use std::io::{self, Write};
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::cell;
use super::grid::{Align, Cell, Column, Grid};
use crate::cli::color::Palette;
use crate::value::{Field, QueryResult, ResultSet, TypeKind, Value};

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Between borders, with a line that counts rows and seconds.
    Table,
    /// One line a cell (`\G`), with the same last line.
    Vertical,
    /// Tab-separated with a line of names, nothing else.
    Batch,
    /// Comma-separated (RFC 4180) with a line of names; NULL is an empty cell, an empty string is `""`.
    Csv,
    /// `{"rows":[{…}]}` on one line.
    Json,
}

/// The seconds of the last line.
#[derive(Debug, Clone)]
pub(crate) enum Elapsed {
    /// As measured.
    Measured(Duration),
    /// Always this text, for documents and tests; empty leaves it out.
    Fixed(String),
}

impl Elapsed {
    fn text(&self) -> String {
        match self {
            Self::Measured(time) => format!(" ({:.2} sec)", time.as_secs_f64()),
            Self::Fixed(text) if text.is_empty() => String::new(),
            Self::Fixed(text) => format!(" ({text} sec)"),
        }
    }
}

/// Writes the result of one statement.
pub(super) fn write(
    out: &mut dyn Write,
    result: &QueryResult,
    form: Form,
    elapsed: &Elapsed,
) -> io::Result<()> {
    match (&result.rows, form) {
        (Some(rows), Form::Table) => {
            if !rows.rows.is_empty() {
                grid(rows).write(out, Palette::PLAIN)?;
            }
            write_row_count(out, rows.rows.len(), result, elapsed)
        }
        (Some(rows), Form::Vertical) => {
            write_vertical(out, rows)?;
            write_row_count(out, rows.rows.len(), result, elapsed)
        }
        (Some(rows), Form::Batch) => write_batch(out, rows),
        (Some(rows), Form::Csv) => write_csv(out, rows),
        (Some(rows), Form::Json) => write_json(out, rows),
        (None, Form::Table | Form::Vertical) => write_counts(out, result, elapsed),
        (None, Form::Batch | Form::Csv) => Ok(()),
        (None, Form::Json) => {
            let counts = serde_json::json!({ "affected_rows": result.affected_rows, "insert_id": result.insert_id });
            writeln!(out, "{counts}")
        }
    }
}

fn grid(rows: &ResultSet) -> Grid {
    let column = |field: &Field| Column {
        title: field.name.clone(),
        align: if is_number(field) {
            Align::Right
        } else {
            Align::Left
        },
        meaning: None,
    };
    let row = |row: &Vec<Value>| {
        let cells = row.iter().zip(&rows.fields);
        cells
            .map(|(value, field)| Cell::plain(cell::text(value, &field.column_type)))
            .collect()
    };
    Grid {
        columns: rows.fields.iter().map(column).collect(),
        rows: rows.rows.iter().map(row).collect(),
    }
}

/// Tells whether the client's `IS_NUM` holds for the field's type.
fn is_number(field: &Field) -> bool {
    use TypeKind as T;
    field.column_type.is_numeric() && field.column_type.kind != T::Bit
        || matches!(field.column_type.kind, T::Year | T::Null)
}

fn write_row_count(
    out: &mut dyn Write,
    count: usize,
    result: &QueryResult,
    elapsed: &Elapsed,
) -> io::Result<()> {
    let rows = match count {
        0 => "Empty set".to_owned(),
        1 => "1 row in set".to_owned(),
        n => format!("{n} rows in set"),
    };
    writeln!(out, "{rows}{}{}", warnings(result), elapsed.text())
}

fn write_counts(out: &mut dyn Write, result: &QueryResult, elapsed: &Elapsed) -> io::Result<()> {
    let rows = match result.affected_rows {
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    };
    writeln!(
        out,
        "Query OK, {rows} affected{}{}",
        warnings(result),
        elapsed.text()
    )?;
    if let Some(info) = &result.info {
        writeln!(out, "{info}")?;
    }
    Ok(())
}

fn warnings(result: &QueryResult) -> String {
    match result.warnings.len() {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        n => format!(", {n} warnings"),
    }
}

fn write_vertical(out: &mut dyn Write, rows: &ResultSet) -> io::Result<()> {
    let width = rows
        .fields
        .iter()
        .map(|field| field.name.width())
        .max()
        .unwrap_or(0);
    let stars = "*".repeat(27);
    for (number, row) in (1..).zip(&rows.rows) {
        writeln!(out, "{stars} {number}. row {stars}")?;
        for (value, field) in row.iter().zip(&rows.fields) {
            let padding = " ".repeat(width - field.name.width());
            writeln!(
                out,
                "{padding}{}: {}",
                field.name,
                cell::text(value, &field.column_type)
            )?;
        }
    }
    Ok(())
}

/// Nothing is written for an empty result, as by mysql.
fn write_batch(out: &mut dyn Write, rows: &ResultSet) -> io::Result<()> {
    if rows.rows.is_empty() {
        return Ok(());
    }
    let line = |out: &mut dyn Write, cells: Vec<Vec<u8>>| {
        out.write_all(&cells.join(&b'\t'))?;
        out.write_all(b"\n")
    };
    line(
        out,
        rows.fields
            .iter()
            .map(|field| escape(field.name.as_bytes()))
            .collect(),
    )?;
    for row in &rows.rows {
        let cells = row
            .iter()
            .zip(&rows.fields)
            .map(|(value, field)| match value {
                Value::Bytes(bytes) => escape(bytes),
                other => escape(cell::text(other, &field.column_type).as_bytes()),
            });
        line(out, cells.collect())?;
    }
    Ok(())
}

/// The escapes of `--batch` without `--raw`.
fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => escaped.extend(b"\\n"),
            b'\t' => escaped.extend(b"\\t"),
            0 => escaped.extend(b"\\0"),
            b'\\' => escaped.extend(b"\\\\"),
            other => escaped.push(*other),
        }
    }
    escaped
}

fn write_csv(out: &mut dyn Write, rows: &ResultSet) -> io::Result<()> {
    let line = |out: &mut dyn Write, cells: Vec<String>| writeln!(out, "{}", cells.join(","));
    line(
        out,
        rows.fields.iter().map(|field| quote(&field.name)).collect(),
    )?;
    for row in &rows.rows {
        let cells = row
            .iter()
            .zip(&rows.fields)
            .map(|(value, field)| match value {
                Value::Null => String::new(),
                value => quote(&cell::text(value, &field.column_type)),
            });
        line(out, cells.collect())?;
    }
    Ok(())
}

fn quote(text: &str) -> String {
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn write_json(out: &mut dyn Write, rows: &ResultSet) -> io::Result<()> {
    let names = distinct_names(&rows.fields);
    out.write_all(b"{\"rows\":[")?;
    for (at, row) in rows.rows.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cells = row.iter().zip(&rows.fields).zip(&names);
        let object: serde_json::Map<_, _> = cells
            .map(|((value, field), name)| (name.clone(), cell::json(value, &field.column_type)))
            .collect();
        serde_json::to_writer(&mut *out, &object)?;
    }
    out.write_all(b"]}\n")
}

/// Writes rows between borders; nothing for none.
pub(super) fn write_grid(
    out: &mut dyn Write,
    rows: &ResultSet,
    palette: Palette,
) -> io::Result<()> {
    if rows.rows.is_empty() {
        return Ok(());
    }
    grid(rows).write(out, palette)
}

/// Returns rows as JSON.
pub(super) fn rows_json(rows: &ResultSet) -> serde_json::Value {
    let names = distinct_names(&rows.fields);
    let objects: Vec<serde_json::Value> = rows
        .rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&rows.fields).zip(&names);
            let object: serde_json::Map<_, _> = cells
                .map(|((value, field), name)| (name.clone(), cell::json(value, &field.column_type)))
                .collect();
            serde_json::Value::Object(object)
        })
        .collect();
    serde_json::json!({ "rows": objects })
}

/// JSON objects hold a name once, results may repeat one: the second `id` becomes `id:2`.
fn distinct_names(fields: &[Field]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    for field in fields {
        let mut name = field.name.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{}:{number}", field.name);
            number += 1;
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ColumnType;

    fn result(of: &[(&str, TypeKind)], rows: Vec<Vec<Value>>) -> QueryResult {
        let field = |(name, kind): &(&str, TypeKind)| Field {
            name: (*name).to_owned(),
            column_type: ColumnType::new(*kind),
        };
        let fields = of.iter().map(field).collect();
        QueryResult {
            rows: Some(ResultSet { fields, rows }),
            ..QueryResult::default()
        }
    }

    fn check(result: &QueryResult, form: Form, expected: &str) {
        let mut out = Vec::new();
        write(&mut out, result, form, &Elapsed::Fixed("0.00".into())).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    fn events() -> QueryResult {
        result(
            &[
                ("corder_event_id", TypeKind::BigInt),
                ("ename", TypeKind::VarChar),
            ],
            vec![
                vec![Value::Int(1), "paid".into()],
                vec![Value::Int(2), Value::Null],
            ],
        )
    }

    #[test]
    fn a_table_is_the_clients() {
        check(
            &events(),
            Form::Table,
            "\
+-----------------+-------+
| corder_event_id | ename |
+-----------------+-------+
|               1 | paid  |
|               2 | NULL  |
+-----------------+-------+
2 rows in set (0.00 sec)
",
        );
        check(
            &result(&[("a", TypeKind::Int)], Vec::new()),
            Form::Table,
            "Empty set (0.00 sec)\n",
        );
    }

    #[test]
    fn counts_are_the_clients() {
        let check = |affected_rows, info: Option<&str>, warnings: usize, expected: &str| {
            let result = QueryResult {
                affected_rows,
                info: info.map(str::to_owned),
                warnings: vec![(1287, "deprecated".to_owned()); warnings],
                ..QueryResult::default()
            };
            check(&result, Form::Table, expected);
        };
        check(1, None, 0, "Query OK, 1 row affected (0.00 sec)\n");
        check(
            0,
            None,
            1,
            "Query OK, 0 rows affected, 1 warning (0.00 sec)\n",
        );
        check(
            5,
            Some("Records: 5  Duplicates: 0  Warnings: 0"),
            0,
            "Query OK, 5 rows affected (0.00 sec)\nRecords: 5  Duplicates: 0  Warnings: 0\n",
        );
    }

    #[test]
    fn vertical_rows_are_the_clients() {
        check(
            &events(),
            Form::Vertical,
            "\
*************************** 1. row ***************************
corder_event_id: 1
          ename: paid
*************************** 2. row ***************************
corder_event_id: 2
          ename: NULL
2 rows in set (0.00 sec)
",
        );
    }

    #[test]
    fn batch_escapes_what_would_break_lines() {
        let value = result(
            &[("a", TypeKind::Text), ("b", TypeKind::Int)],
            vec![vec!["x\ty\nz\\".into(), Value::Null]],
        );
        check(&value, Form::Batch, "a\tb\nx\\ty\\nz\\\\\tNULL\n");
        check(
            &result(&[("a", TypeKind::Int)], Vec::new()),
            Form::Batch,
            "",
        );
    }

    #[test]
    fn csv_tells_null_from_an_empty_string() {
        let value = result(
            &[
                ("a", TypeKind::Text),
                ("b,c", TypeKind::Text),
                ("d", TypeKind::Text),
            ],
            vec![vec!["say \"hi\"".into(), Value::Null, "".into()]],
        );
        check(&value, Form::Csv, "a,\"b,c\",d\n\"say \"\"hi\"\"\",,\"\"\n");
    }

    #[test]
    fn json_keeps_every_column() {
        let value = result(
            &[("id", TypeKind::Int), ("id", TypeKind::Int)],
            vec![vec![Value::Int(1), Value::Null]],
        );
        check(
            &value,
            Form::Json,
            "{\"rows\":[{\"id\":1,\"id:2\":null}]}\n",
        );
        let value = QueryResult {
            affected_rows: 2,
            ..QueryResult::default()
        };
        check(
            &value,
            Form::Json,
            "{\"affected_rows\":2,\"insert_id\":0}\n",
        );
    }

    #[test]
    fn seconds_can_be_left_out() {
        assert_eq!(
            Elapsed::Measured(Duration::from_millis(37)).text(),
            " (0.04 sec)"
        );
        assert_eq!(Elapsed::Fixed(String::new()).text(), "");
    }
}
