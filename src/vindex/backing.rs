//! The table behind a lookup vindex: the statements that read and write it (Vitess `vindexes/lookup_internal.go`).
//!
//! Invariant: rows are written in the order of their values, so that two sessions writing the same rows lock them in the
//! same order.

use std::collections::BTreeMap;

use super::{BindValue, CommitOrder, Error, LookupTable};
use crate::value::Value;

/// Parameters that every lookup vindex knows.
pub(super) const COMMON_PARAMS: &[&str] = &[
    "table",
    "from",
    "to",
    "ignore_nulls",
    "batch_lookup",
    "read_lock",
    "write_only",
];

/// What is done with an entry that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDuplicate {
    Fail,
    Replace,
}

/// The lock that a look-up takes within a transaction that changes data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadLock {
    Exclusive,
    Shared,
    None,
}

/// A backing table and how it is used.
#[derive(Debug, Clone)]
pub(super) struct Backing {
    pub(super) table: String,
    pub(super) from: Vec<String>,
    pub(super) to: String,
    pub(super) ignore_nulls: bool,
    /// Being backfilled: written, but not read for routing.
    pub(super) write_only: bool,
    batch_lookup: bool,
    read_lock: ReadLock,
    autocommit: bool,
    multi_shard_autocommit: bool,
    on_duplicate: OnDuplicate,
}

/// Reads a parameter that is `true` or `false`; absent is false.
pub(super) fn flag(params: &BTreeMap<String, String>, key: &str) -> Result<bool, Error> {
    match params.get(key).map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Error::Params(format!(
            "{key} value must be 'true' or 'false': '{other}'"
        ))),
    }
}

impl Backing {
    /// Reads the common parameters. `table`, `from` and `to` are not checked, as in Vitess.
    pub(super) fn new(params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let text = |key: &str| params.get(key).cloned().unwrap_or_default();
        let read_lock = match params.get("read_lock").map(String::as_str) {
            None | Some("exclusive") => ReadLock::Exclusive,
            Some("shared") => ReadLock::Shared,
            Some("none") => ReadLock::None,
            Some(other) => return Err(Error::Params(format!("invalid read_lock value: {other}"))),
        };
        Ok(Self {
            table: text("table"),
            from: text("from")
                .split(',')
                .map(|column| column.trim().to_owned())
                .collect(),
            to: text("to"),
            ignore_nulls: flag(params, "ignore_nulls")?,
            write_only: flag(params, "write_only")?,
            batch_lookup: flag(params, "batch_lookup")?,
            read_lock,
            autocommit: false,
            multi_shard_autocommit: false,
            on_duplicate: OnDuplicate::Fail,
        })
    }

    /// Reads `autocommit` and `multi_shard_autocommit`, which implies it.
    pub(super) fn with_autocommit(
        mut self,
        params: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        self.multi_shard_autocommit = flag(params, "multi_shard_autocommit")?;
        self.autocommit = flag(params, "autocommit")? || self.multi_shard_autocommit;
        Ok(self)
    }

    /// Makes entries written on their own replace those that a failed statement left behind.
    pub(super) fn replacing_when_autocommit(mut self) -> Self {
        if self.autocommit {
            self.on_duplicate = OnDuplicate::Replace;
        }
        self
    }

    fn order(&self, order: CommitOrder) -> CommitOrder {
        if self.autocommit {
            CommitOrder::Autocommit
        } else {
            order
        }
    }

    fn first_column(&self) -> &str {
        self.from.first().map_or("", String::as_str)
    }

    /// Reads the `to` values of each id, in the order of the ids.
    pub(super) fn look_up(
        &self,
        ids: &[Value],
        order: CommitOrder,
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let Some(first) = ids.first() else {
            return Ok(Vec::new());
        };
        let column = self.first_column();
        let mut sql = format!(
            "select {column}, {} from {} where {column} in ::{column}",
            self.to, self.table
        );
        if lookup.statement().locking {
            sql.push_str(match self.read_lock {
                ReadLock::Exclusive => " for update",
                ReadLock::Shared => " lock in share mode",
                ReadLock::None => "",
            });
        }
        let order = self.order(order);
        let mut read = |ids: &[Value]| {
            let binds = BTreeMap::from([(column.to_owned(), BindValue::Many(ids.to_vec()))]);
            lookup
                .execute(&sql, &binds, order)
                .map_err(|error| error.within("lookup.Map: "))
        };
        if !self.batch_lookup && !matches!(first, Value::Int(_) | Value::UInt(_)) {
            return ids
                .iter()
                .map(|id| {
                    Ok(read(std::slice::from_ref(id))?
                        .into_iter()
                        .filter_map(second)
                        .collect())
                })
                .collect();
        }
        let mut found: BTreeMap<Vec<u8>, Vec<Value>> = BTreeMap::new();
        for row in read(ids)? {
            let key = row
                .first()
                .and_then(Value::to_bytes)
                .unwrap_or_default()
                .into_owned();
            found.entry(key).or_default().extend(second(row));
        }
        Ok(ids
            .iter()
            .map(|id| {
                found
                    .get(&*id.to_bytes().unwrap_or_default())
                    .cloned()
                    .unwrap_or_default()
            })
            .collect())
    }

    /// Tells of each id whether it has an entry with the value beside it.
    pub(super) fn verify(
        &self,
        ids: &[Value],
        to: Vec<Value>,
        order: CommitOrder,
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        let column = self.first_column();
        let sql = format!(
            "select {column} from {} where {column} = :{column} and {to} = :{to}",
            self.table,
            to = self.to
        );
        let order = self.order(order);
        ids.iter()
            .zip(to)
            .map(|(id, to)| {
                let binds = BTreeMap::from([
                    (column.to_owned(), BindValue::One(id.clone())),
                    (self.to.clone(), BindValue::One(to)),
                ]);
                let rows = lookup
                    .execute(&sql, &binds, order)
                    .map_err(|error| error.within("lookup.Verify: "))?;
                Ok(!rows.is_empty())
            })
            .collect()
    }

    /// Writes entries in one statement, sorted.
    pub(super) fn create(
        &self,
        rows: &[Vec<Value>],
        to: &[Value],
        ignore: bool,
        order: CommitOrder,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let mut entries = Vec::with_capacity(rows.len());
        for (row_index, (row, to)) in rows.iter().zip(to).enumerate() {
            match row.iter().position(Value::is_null) {
                Some(_) if self.ignore_nulls => {}
                Some(column) => {
                    let from = self.from.join(",");
                    let text = format!(
                        "VT03028: Column '{from}' cannot be null on row {row_index}, col {column}"
                    );
                    return Err(Error::Value(text));
                }
                None => entries.push((row, to)),
            }
        }
        let Some((first, _)) = entries.first() else {
            return Ok(());
        };
        self.check_columns(first)?;
        let bytes = |row: &[Value]| -> Vec<Vec<u8>> {
            row.iter()
                .map(|value| value.to_bytes().unwrap_or_default().into_owned())
                .collect()
        };
        entries.sort_by_cached_key(|(row, to)| (bytes(row), bytes(std::slice::from_ref(*to))));

        let verb = match (ignore, self.multi_shard_autocommit) {
            (false, false) => "insert",
            (true, false) => "insert ignore",
            (false, true) => "insert /*vt+ MULTI_SHARD_AUTOCOMMIT=1 */",
            (true, true) => "insert /*vt+ MULTI_SHARD_AUTOCOMMIT=1 */ ignore",
        };
        let mut binds = BTreeMap::new();
        let mut tuples = Vec::with_capacity(entries.len());
        for (index, (row, to)) in entries.into_iter().enumerate() {
            let mut names = Vec::with_capacity(row.len() + 1);
            for (column, value) in self
                .from
                .iter()
                .chain([&self.to])
                .zip(row.iter().chain([to]))
            {
                let name = format!("{column}_{index}");
                names.push(format!(":{name}"));
                binds.insert(name, BindValue::One(value.clone()));
            }
            tuples.push(format!("({})", names.join(", ")));
        }
        let columns: Vec<&str> = self
            .from
            .iter()
            .chain([&self.to])
            .map(String::as_str)
            .collect();
        let mut sql = format!(
            "{verb} into {}({}) values{}",
            self.table,
            columns.join(", "),
            tuples.join(", ")
        );
        if self.on_duplicate == OnDuplicate::Replace {
            let sets: Vec<String> = columns
                .iter()
                .map(|column| format!("{column}=values({column})"))
                .collect();
            sql.push_str(" on duplicate key update ");
            sql.push_str(&sets.join(", "));
        }
        lookup
            .execute(&sql, &binds, self.order(order))
            .map_err(|error| error.within("lookup.Create: "))?;
        Ok(())
    }

    /// Removes entries, one statement a row; nothing where statements commit on their own, since that could not be
    /// undone.
    pub(super) fn delete(
        &self,
        rows: &[Vec<Value>],
        to: &Value,
        order: CommitOrder,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let (Some(first), false) = (rows.first(), self.autocommit) else {
            return Ok(());
        };
        self.check_columns(first)?;
        let sql = format!(
            "delete from {} where {} and {to} = :{to}",
            self.table,
            self.condition(),
            to = self.to
        );
        for row in rows {
            lookup
                .execute(&sql, &self.binds(row, to), order)
                .map_err(|error| error.within("lookup.Delete: "))?;
        }
        Ok(())
    }

    /// `f1 = :f1 and f2 = :f2`.
    pub(super) fn condition(&self) -> String {
        let terms: Vec<String> = self
            .from
            .iter()
            .map(|column| format!("{column} = :{column}"))
            .collect();
        terms.join(" and ")
    }

    /// One row as bind variables named as its columns.
    pub(super) fn binds(&self, row: &[Value], to: &Value) -> BTreeMap<String, BindValue> {
        let from = self
            .from
            .iter()
            .cloned()
            .zip(row.iter().cloned().map(BindValue::One));
        from.chain([(self.to.clone(), BindValue::One(to.clone()))])
            .collect()
    }

    fn check_columns(&self, row: &[Value]) -> Result<(), Error> {
        if row.len() == self.from.len() {
            return Ok(());
        }
        let (columns, count) = (self.from.join(" "), row.len());
        let text = "VT03030: lookup column count does not match value count with the row (columns, count):";
        Err(Error::Value(format!("{text} ([{columns}], {count})")))
    }

    /// The error of a unique lookup that finds several entries.
    pub(super) fn not_unique(&self, context: &str, id: &Value) -> Error {
        let (table, id) = (&self.table, id.to_vitess_text());
        Error::Value(format!(
            "{context}: unexpected multiple results from vindex {table}: {id}"
        ))
    }
}

fn second(row: Vec<Value>) -> Option<Value> {
    row.into_iter().nth(1)
}

/// The first value of each row: lookups route by their first column.
pub(super) fn first_values(rows: &[Vec<Value>]) -> Vec<Value> {
    rows.iter()
        .map(|row| row.first().cloned().unwrap_or_default())
        .collect()
}

/// A `to` value as the keyspace id that it is.
pub(super) fn id_of(value: &Value) -> super::KeyspaceId {
    super::KeyspaceId(value.to_bytes().unwrap_or_default().into_owned())
}

/// A backing table for tests: answers what it is told to and notes what it is asked.
#[cfg(test)]
pub(super) mod testing {
    use std::collections::VecDeque;

    use super::super::key_range::encode_hex;
    use super::super::{KeyspaceId, LookupFailure, StatementContext};
    use super::*;

    /// Rows, or an error's number and text.
    pub(in crate::vindex) type Answer = Result<Vec<Vec<Value>>, (u16, &'static str)>;

    #[derive(Debug, Default)]
    pub(in crate::vindex) struct Recorder {
        pub(in crate::vindex) answers: VecDeque<Answer>,
        pub(in crate::vindex) log: Vec<String>,
        pub(in crate::vindex) context: StatementContext,
    }

    #[derive(Debug, Clone, thiserror::Error)]
    #[error("{0}")]
    struct Failure(&'static str);

    impl LookupFailure for Failure {
        fn clone_box(&self) -> Box<dyn LookupFailure> {
            Box::new(self.clone())
        }
    }

    impl Recorder {
        pub(in crate::vindex) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
            Self {
                answers: answers.into_iter().collect(),
                ..Self::default()
            }
        }

        fn answer(
            &mut self,
            place: &str,
            sql: &str,
            binds: &BTreeMap<String, BindValue>,
        ) -> Result<Vec<Vec<Value>>, Error> {
            let show = |value: &Value| match value {
                Value::Bytes(bytes) => encode_hex(bytes),
                other => other
                    .to_text()
                    .unwrap_or_else(|| "NULL".into())
                    .into_owned(),
            };
            let binds: Vec<String> = binds
                .iter()
                .map(|(name, value)| match value {
                    BindValue::One(value) => format!("{name}={}", show(value)),
                    BindValue::Many(values) => format!(
                        "{name}=[{}]",
                        values.iter().map(show).collect::<Vec<_>>().join(" ")
                    ),
                })
                .collect();
            self.log
                .push(format!("{place}: {sql} {{{}}}", binds.join(", ")));
            self.answers
                .pop_front()
                .unwrap_or(Ok(Vec::new()))
                .map_err(|(errno, text)| Error::Lookup {
                    context: "",
                    errno,
                    source: Box::new(Failure(text)),
                })
        }
    }

    impl LookupTable for Recorder {
        fn execute(
            &mut self,
            sql: &str,
            binds: &BTreeMap<String, BindValue>,
            order: CommitOrder,
        ) -> Result<Vec<Vec<Value>>, Error> {
            self.answer(&format!("{order:?}").to_lowercase(), sql, binds)
        }

        fn execute_at(
            &mut self,
            keyspace: &str,
            id: &KeyspaceId,
            sql: &str,
            binds: &BTreeMap<String, BindValue>,
        ) -> Result<Vec<Vec<Value>>, Error> {
            self.answer(&format!("{keyspace}/{id}"), sql, binds)
        }

        fn statement(&self) -> StatementContext {
            self.context
        }
    }
}
