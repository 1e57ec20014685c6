//! A row diff as the statements that turn `from` into `to`, to be run after the schema's own changes.
//!
//! Deletes come first, so that a key or unique value is free before it is taken; then updates, of changed columns only,
//! and inserts, in key order. Rows matched by content are deleted one copy at a time, by every column, NULL-safe and
//! byte for byte. The form is that of `dolt diff -r sql`.

use super::columns::{ColumnPair, Comparison, pair};
use super::{Change, RelationDiff};
use crate::relation::{Role, Row, Schema};
use crate::sql::TableName;
use crate::sql::literal::quote_string;
use crate::sql::name::{quote, quote_table};
use crate::value::{ColumnType, TypeKind, Value};

/// Why a change cannot be written as SQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// MySQL has no literal for the value.
    #[error("value {value} of column `{column}` of `{relation}` has no form in SQL")]
    NoLiteral {
        /// The relation.
        relation: String,
        /// The column.
        column: String,
        /// The value, as Vitess's messages show it.
        value: String,
    },
}

/// Returns the statements, without final semicolons, for a user table under its name in `to`. A table that is gone needs
/// none: dropping it removes its rows.
///
/// # Errors
/// See [`Error`].
pub fn statements(diff: &RelationDiff, table: &TableName) -> Result<Vec<String>, Error> {
    let Some(to) = &diff.to else {
        return Ok(Vec::new());
    };
    let writer = Writer::new(diff, to, table);
    let mut deletes = Vec::new();
    let mut others = Vec::new();
    for change in &diff.changes {
        match change {
            Change::Removed(row, count) => {
                let delete = writer.delete(row)?;
                deletes.extend(std::iter::repeat_n(
                    delete,
                    usize::try_from(*count).unwrap_or(usize::MAX),
                ));
            }
            Change::Added(row, count) => {
                let insert = writer.insert(row)?;
                others.extend(std::iter::repeat_n(
                    insert,
                    usize::try_from(*count).unwrap_or(usize::MAX),
                ));
            }
            Change::Modified { from, to } => others.extend(writer.update(from, to)?),
        }
    }
    deletes.append(&mut others);
    Ok(deletes)
}

struct Writer<'d> {
    table: String,
    to: &'d Schema,
    /// Columns of the to-schema with their places in `from`.
    pairs: Vec<ColumnPair>,
    comparison: Comparison,
    by_content: bool,
}

impl<'d> Writer<'d> {
    fn new(diff: &'d RelationDiff, to: &'d Schema, table: &TableName) -> Self {
        let from = diff.from.as_deref().unwrap_or(to);
        let pairs = pair(Some(from), Some(to))
            .into_iter()
            .filter(|pair| pair.to.is_some())
            .collect();
        let by_content = diff.key_changed || !to.is_keyed();
        Self {
            table: quote_table(table),
            to,
            pairs,
            comparison: Comparison::new(from, to),
            by_content,
        }
    }

    fn name(&self, at: usize) -> String {
        quote(&self.to.columns[at].name)
    }

    fn is_written(&self, at: usize) -> bool {
        self.to.columns[at].role != Role::Generated
    }

    fn insert(&self, row: &Row) -> Result<String, Error> {
        let places: Vec<usize> = (0..self.to.columns.len())
            .filter(|&at| self.is_written(at))
            .collect();
        let names: Vec<String> = places.iter().map(|&at| self.name(at)).collect();
        let values = places
            .iter()
            .map(|&at| self.literal(at, row.get(at).unwrap_or(&Value::Null)));
        let values: Vec<String> = values.collect::<Result<_, _>>()?;
        Ok(format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.table,
            names.join(","),
            values.join(",")
        ))
    }

    /// Returns nothing where only columns changed that are gone or computed.
    fn update(&self, from: &Row, to: &Row) -> Result<Option<String>, Error> {
        let mut changes = Vec::new();
        for at in self
            .comparison
            .changed(from, to)
            .into_iter()
            .filter_map(|pair| pair.to)
        {
            if self.is_written(at) {
                changes.push(format!("{}={}", self.name(at), self.literal(at, &to[at])?));
            }
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let condition = self.key_condition(|at| &to[at])?;
        Ok(Some(format!(
            "UPDATE {} SET {} WHERE {condition}",
            self.table,
            changes.join(",")
        )))
    }

    fn delete(&self, row: &Row) -> Result<String, Error> {
        let from_cell = |at: usize| {
            self.pairs
                .iter()
                .find(|pair| pair.to == Some(at))
                .map(|pair| pair.from_cell(row))
        };
        let condition = if self.by_content {
            let terms = self
                .pairs
                .iter()
                .filter_map(|pair| pair.to.filter(|_| pair.from.is_some()));
            let terms =
                terms.map(|at| self.content_term(at, from_cell(at).unwrap_or(&Value::Null)));
            terms.collect::<Result<Vec<_>, _>>()?.join(" AND ") + " LIMIT 1"
        } else {
            self.key_condition(|at| from_cell(at).unwrap_or(&Value::Null))?
        };
        Ok(format!("DELETE FROM {} WHERE {condition}", self.table))
    }

    fn key_condition<'v>(&self, cell: impl Fn(usize) -> &'v Value) -> Result<String, Error> {
        let term = |&at: &usize| Ok(format!("{}={}", self.name(at), self.operand(at, cell(at))?));
        Ok(self
            .to
            .key
            .iter()
            .map(term)
            .collect::<Result<Vec<_>, Error>>()?
            .join(" AND "))
    }

    /// A condition that this value alone meets, whatever the column's collation takes for equal.
    fn content_term(&self, at: usize, value: &Value) -> Result<String, Error> {
        let name = self.name(at);
        if value.is_null() {
            return Ok(format!("{name} IS NULL"));
        }
        let column_type = &self.to.columns[at].column_type;
        let collation = column_type.collation.as_deref().unwrap_or_default();
        let folds =
            is_free_text(column_type.kind) && !matches!(collation, "utf8mb4_0900_bin" | "binary");
        let exactly = if folds {
            " COLLATE utf8mb4_0900_bin"
        } else {
            ""
        };
        Ok(format!("{name} <=> {}{exactly}", self.operand(at, value)?))
    }

    /// A literal to compare with: of the column's type where a bare one would be taken for another.
    fn operand(&self, at: usize, value: &Value) -> Result<String, Error> {
        let literal = self.literal(at, value)?;
        Ok(match self.to.columns[at].column_type.kind {
            TypeKind::Float if !value.is_null() => format!("CAST({literal} AS FLOAT)"),
            TypeKind::Json if !value.is_null() => format!("CAST({literal} AS JSON)"),
            _ => literal,
        })
    }

    fn literal(&self, at: usize, value: &Value) -> Result<String, Error> {
        let column = &self.to.columns[at];
        literal(value, &column.column_type).ok_or_else(|| Error::NoLiteral {
            relation: self.to.name.clone(),
            column: column.name.clone(),
            value: value.to_vitess_text(),
        })
    }
}

/// Text whose collation may take different values for equal. Members of ENUM and SET differ under their collation.
fn is_free_text(kind: TypeKind) -> bool {
    use TypeKind::{Char, LongText, MediumText, Text, TinyText, VarChar};
    matches!(
        kind,
        Char | VarChar | TinyText | Text | MediumText | LongText
    )
}

/// Returns a value as MySQL reads it; `None` for infinities and NaN.
fn literal(value: &Value, column_type: &ColumnType) -> Option<String> {
    Some(match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Double(number) if number.is_finite() => format!("{number:?}"),
        Value::Float(_) | Value::Double(_) => return None,
        Value::Bytes(bytes) if bytes.is_empty() => "x''".to_owned(),
        Value::Bytes(bytes) => bytes
            .iter()
            .fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
        Value::Text(text) | Value::Json(text) => quote_string(text),
        Value::Date(_) | Value::DateTime(_) | Value::Time(_) => {
            quote_string(&value.to_text_as(column_type)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::diff::rows::{self, Side};
    use crate::diff::{Matching, Options};
    use crate::relation::{Column, Relation};
    use crate::value::{Date, DateTime};

    fn schema(key: &[usize]) -> Schema {
        let columns = vec![
            Column::new("pk", ColumnType::new(TypeKind::Int)),
            Column::new("name", ColumnType::with_length(TypeKind::VarChar, 20)),
            Column::new("raw", ColumnType::new(TypeKind::Blob)),
        ];
        Schema {
            name: "shop.t".into(),
            columns,
            key: key.to_vec(),
        }
    }

    type Line<'a> = (i64, Option<&'a str>, &'a [u8]);

    fn row((pk, name, raw): Line<'_>) -> Row {
        vec![
            Value::Int(pk),
            Value::from(name),
            Value::Bytes(raw.to_vec()),
        ]
    }

    fn diff(from: (Schema, Vec<(Row, u64)>), to: (Schema, Vec<(Row, u64)>)) -> RelationDiff {
        let side = |(schema, rows)| {
            let Relation { schema, rows } = Relation::new(schema, rows);
            Some(Side {
                schema,
                rows: rows.into_iter().map(Ok::<_, Infallible>),
            })
        };
        let Ok(diff) = rows::diff(
            side(from),
            side(to),
            &Options {
                matching: Matching::ByKey,
            },
        );
        diff
    }

    #[track_caller]
    fn check(diff: &RelationDiff, expected: &[&str]) {
        assert_eq!(statements(diff, &TableName::new("t")).unwrap(), expected);
    }

    #[test]
    fn keyed_rows_are_deleted_updated_inserted_by_key() {
        let rows = |lines: &[Line<'_>]| {
            (
                schema(&[0]),
                lines.iter().map(|line| (row(*line), 1)).collect(),
            )
        };
        let from = rows(&[(1, Some("a"), b""), (2, None, b"x"), (4, None, b"")]);
        let to = rows(&[
            (2, Some("it's"), b"x"),
            (3, None, b"\x00\xff"),
            (4, None, b"y"),
        ]);
        check(
            &diff(from, to),
            &[
                "DELETE FROM `t` WHERE `pk`=1",
                "UPDATE `t` SET `name`='it''s' WHERE `pk`=2",
                "INSERT INTO `t` (`pk`,`name`,`raw`) VALUES (3,NULL,0x00ff)",
                "UPDATE `t` SET `raw`=0x79 WHERE `pk`=4",
            ],
        );
    }

    #[test]
    fn keyless_rows_go_one_copy_at_a_time() {
        let rows = |lines: &[(Line<'_>, u64)]| {
            (
                schema(&[]),
                lines
                    .iter()
                    .map(|(line, count)| (row(*line), *count))
                    .collect(),
            )
        };
        let from = rows(&[((1, None, b""), 3)]);
        let to = rows(&[((1, None, b""), 1), ((1, Some("a"), b""), 2)]);
        let delete =
            "DELETE FROM `t` WHERE `pk` <=> 1 AND `name` IS NULL AND `raw` <=> x'' LIMIT 1";
        let insert = "INSERT INTO `t` (`pk`,`name`,`raw`) VALUES (1,'a',x'')";
        check(
            &diff(from.clone(), to.clone()),
            &[delete, delete, insert, insert],
        );
        let delete = "DELETE FROM `t` WHERE `pk` <=> 1 AND `name` <=> 'a' COLLATE utf8mb4_0900_bin AND `raw` <=> x'' LIMIT 1";
        let insert = "INSERT INTO `t` (`pk`,`name`,`raw`) VALUES (1,NULL,x'')";
        check(&diff(to, from), &[delete, delete, insert, insert]);
    }

    #[test]
    fn a_changed_key_deletes_by_content() {
        let from = (schema(&[0]), vec![(row((1, None, b"a")), 1)]);
        let to = (schema(&[0, 2]), vec![(row((1, None, b"b")), 1)]);
        let delete =
            "DELETE FROM `t` WHERE `pk` <=> 1 AND `name` IS NULL AND `raw` <=> 0x61 LIMIT 1";
        check(
            &diff(from, to),
            &[
                delete,
                "INSERT INTO `t` (`pk`,`name`,`raw`) VALUES (1,NULL,0x62)",
            ],
        );
    }

    #[test]
    fn statements_use_the_columns_that_are_there_afterwards() {
        let mut renamed = schema(&[0]);
        renamed.columns[0].name = "id".into();
        renamed.columns[2] = Column {
            role: Role::Generated,
            ..Column::new("raw2", ColumnType::new(TypeKind::Blob))
        };
        let from = (
            schema(&[0]),
            vec![
                (row((1, None, b"a")), 1),
                (row((2, None, b"a")), 1),
                (row((3, None, b"a")), 1),
            ],
        );
        let to = (
            renamed,
            vec![
                (row((2, None, b"b")), 1),
                (row((3, Some("c"), b"b")), 1),
                (row((4, None, b"b")), 1),
            ],
        );
        check(
            &diff(from, to),
            &[
                "DELETE FROM `t` WHERE `id`=1",
                "UPDATE `t` SET `name`='c' WHERE `id`=3",
                "INSERT INTO `t` (`id`,`name`) VALUES (4,NULL)",
            ],
        );
    }

    #[test]
    fn every_value_has_its_literal_or_is_refused() {
        #[track_caller]
        fn check(kind: TypeKind, value: Value, expected: Option<&str>) {
            assert_eq!(literal(&value, &ColumnType::new(kind)).as_deref(), expected);
        }
        check(
            TypeKind::BigInt,
            Value::Int(i64::MIN),
            Some("-9223372036854775808"),
        );
        check(TypeKind::Double, Value::Double(0.1), Some("0.1"));
        check(TypeKind::Double, Value::Double(1e300), Some("1e300"));
        check(TypeKind::Double, Value::Double(f64::NAN), None);
        check(TypeKind::Text, Value::from("a\\b\n"), Some(r"'a\\b\n'"));
        let moment = DateTime {
            date: Date {
                year: 2026,
                month: 1,
                day: 31,
            },
            micros: 1,
        };
        check(
            TypeKind::DateTime,
            Value::DateTime(moment),
            Some("'2026-01-31 00:00:00'"),
        );
        let exact = ColumnType::with_length(TypeKind::DateTime, 6);
        assert_eq!(
            literal(&Value::DateTime(moment), &exact).as_deref(),
            Some("'2026-01-31 00:00:00.000001'")
        );
    }
}
