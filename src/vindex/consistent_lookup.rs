//! `consistent_lookup` and `consistent_lookup_unique`: lookups whose entries are written before the owner's row and
//! removed after it, each in a transaction of its own, so that no two-phase commit is needed (Vitess
//! `vindexes/consistent_lookup.go`). An entry without its row is harmless and is taken over by the next row.

use std::collections::BTreeMap;

use super::backing::{Backing, id_of};
use super::lookup::{Entries, Kind, TableLookup};
use super::registry::Owner;
use super::{CommitOrder, Error, KeyspaceId, LookupTable, StatementContext};
use crate::value::{Value, convert};

/// MySQL's number of a duplicate key.
const DUPLICATE_KEY: u16 = 1062;
/// What Vitess says of a transaction that it has rolled back.
const ROLLED_BACK: &str = "transaction rolled back to reverse changes of partial DML execution";

/// `consistent_lookup` and `consistent_lookup_unique`.
#[derive(Debug)]
pub(super) struct Consistent {
    owner: Option<Owner>,
}

impl TableLookup<Consistent> {
    pub(super) fn consistent(
        name: &str,
        params: &BTreeMap<String, String>,
        entries: Entries,
        owner: Option<Owner>,
    ) -> Result<Self, Error> {
        let (kind, backing) = (Consistent { owner }, Backing::new(params)?);
        Ok(Self::of_kind(kind, name, params, &[], backing, entries))
    }
}

impl Consistent {
    /// Deals with one row of an insert that found a duplicate: takes over an entry whose row is gone.
    fn handle_duplicate(
        &self,
        backing: &Backing,
        row: &[Value],
        id: &KeyspaceId,
        duplicate: &Error,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let Backing {
            table, from, to, ..
        } = backing;
        let condition = backing.condition();
        let binds = backing.binds(row, &Value::Bytes(id.0.clone()));
        let sql = format!("select {to} from {table} where {condition} for update");
        let found = lookup.execute(&sql, &binds, CommitOrder::Pre)?;
        match found.as_slice() {
            [] => {
                let columns: Vec<&str> = from.iter().chain([to]).map(String::as_str).collect();
                let names: Vec<String> =
                    columns.iter().map(|column| format!(":{column}")).collect();
                let sql = format!(
                    "insert into {table}({}) values({})",
                    columns.join(", "),
                    names.join(", ")
                );
                lookup.execute(&sql, &binds, CommitOrder::Pre)?;
            }
            [entry] => {
                let existing = id_of(entry.first().unwrap_or(&Value::Null));
                if self.owner_has_row(backing, &existing, &binds, lookup)? {
                    return Err(duplicate.clone());
                }
                if existing != *id {
                    let sql = format!("update {table} set {to}=:{to} where {condition}");
                    lookup.execute(&sql, &binds, CommitOrder::Pre)?;
                }
            }
            several => {
                let rows: Vec<String> = several
                    .iter()
                    .map(|row| {
                        format!(
                            "[{}]",
                            row.iter()
                                .map(Value::to_vitess_text)
                                .collect::<Vec<_>>()
                                .join(" ")
                        )
                    })
                    .collect();
                let text = format!(
                    "unexpected rows: [{}] from consistent lookup vindex",
                    rows.join(" ")
                );
                return Err(Error::Value(text));
            }
        }
        Ok(())
    }

    /// Locks the owner's row with these values on the shard of an entry, if there is one.
    fn owner_has_row(
        &self,
        backing: &Backing,
        existing: &KeyspaceId,
        binds: &BTreeMap<String, super::BindValue>,
        lookup: &mut dyn LookupTable,
    ) -> Result<bool, Error> {
        let Some(Owner {
            keyspace,
            table,
            columns,
        }) = &self.owner
        else {
            return Ok(false);
        };
        let first = columns.first().map_or("", String::as_str);
        let terms: Vec<String> = columns
            .iter()
            .zip(&backing.from)
            .map(|(column, from)| format!("{column} = :{from}"))
            .collect();
        let sql = format!(
            "select {first} from {table} where {} lock in share mode",
            terms.join(" and ")
        );
        Ok(!lookup
            .execute_at(keyspace, existing, &sql, binds)?
            .is_empty())
    }
}

impl Kind for Consistent {
    fn map_order(&self, statement: StatementContext) -> CommitOrder {
        if statement.changes_rows {
            CommitOrder::Post
        } else {
            CommitOrder::Pre
        }
    }

    fn create_order(&self) -> CommitOrder {
        CommitOrder::Pre
    }

    fn delete_order(&self) -> CommitOrder {
        CommitOrder::Post
    }

    fn not_created(
        &self,
        backing: &Backing,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        error: Error,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let is_duplicate = matches!(
            &error,
            Error::Lookup {
                errno: DUPLICATE_KEY,
                ..
            }
        );
        let twice = (1..rows.len()).any(|index| rows[..index].contains(&rows[index]));
        if !is_duplicate || twice || error.to_string().contains(ROLLED_BACK) {
            return Err(error);
        }
        let with_entry = |row: &[Value]| !(backing.ignore_nulls && row.iter().any(Value::is_null));
        for (row, id) in rows.iter().zip(ids).filter(|(row, _)| with_entry(row)) {
            self.handle_duplicate(backing, row, id, &error, lookup)?;
        }
        Ok(())
    }

    /// Equal values need no statement, and none may be issued: the entry to remove and the one to write would be the
    /// same row in two transactions.
    fn keeps_entry(&self, old: &[Value], new: &[Value]) -> bool {
        let mut pairs = old.iter().zip(new);
        old.len() == new.len() && pairs.all(|(old, new)| convert::null_safe_equal(old, new))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Vindex;
    use super::super::backing::testing::{Answer, Recorder};
    use super::super::registry;
    use super::*;

    fn vindex() -> std::sync::Arc<dyn Vindex> {
        let params = [("table", "t"), ("from", "a"), ("to", "id")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let owner = Owner {
            keyspace: "ks".to_owned(),
            table: "o".to_owned(),
            columns: vec!["oa".to_owned()],
        };
        registry::create("consistent_lookup_unique", "v", &params.into(), Some(owner)).unwrap()
    }

    fn create(answers: Vec<Answer>) -> (Result<(), String>, Vec<String>) {
        let mut table = Recorder::answering(answers);
        let outcome = vindex().as_lookup().unwrap().create(
            &[vec![Value::Int(1)]],
            &[KeyspaceId(vec![7])],
            false,
            &mut table,
        );
        (outcome.map_err(|error| error.to_string()), table.log)
    }

    const DUPLICATE: Answer = Err((1062, "Duplicate entry"));
    const INSERT: &str = "pre: insert into t(a, id) values(:a_0, :id_0) {a_0=1, id_0=07}";
    const LOCK: &str = "pre: select id from t where a = :a for update {a=1, id=07}";

    fn entry(id: u8) -> Answer {
        Ok(vec![vec![Value::Bytes(vec![id])]])
    }

    #[test]
    fn writes_entries_before_the_row() {
        assert_eq!(create(vec![]), (Ok(()), vec![INSERT.to_owned()]));
        let failure = || "lookup.Create: broken".to_owned();
        assert_eq!(
            create(vec![Err((1105, "broken"))]),
            (Err(failure()), vec![INSERT.to_owned()])
        );
    }

    #[test]
    fn takes_over_entries_without_a_row() {
        let duplicate = || Err("lookup.Create: Duplicate entry".to_owned());
        let owner = |id| {
            format!("ks/{id}: select oa from o where oa = :a lock in share mode {{a=1, id=07}}")
        };
        let again = "pre: insert into t(a, id) values(:a, :id) {a=1, id=07}".to_owned();
        let update = "pre: update t set id=:id where a = :a {a=1, id=07}".to_owned();
        let log = |rest: Vec<String>| [vec![INSERT.to_owned(), LOCK.to_owned()], rest].concat();
        assert_eq!(
            create(vec![DUPLICATE, Ok(vec![])]),
            (Ok(()), log(vec![again]))
        );
        assert_eq!(
            create(vec![DUPLICATE, entry(8), entry(1)]),
            (duplicate(), log(vec![owner("08")]))
        );
        assert_eq!(
            create(vec![DUPLICATE, entry(7), Ok(vec![])]),
            (Ok(()), log(vec![owner("07")]))
        );
        assert_eq!(
            create(vec![DUPLICATE, entry(8), Ok(vec![])]),
            (Ok(()), log(vec![owner("08"), update]))
        );
        let two = Ok(vec![
            vec![Value::Bytes(vec![7])],
            vec![Value::Bytes(vec![8])],
        ]);
        let text = "unexpected rows: [[VARBINARY(\"\\a\")] [VARBINARY(\"\\b\")]] from consistent lookup vindex";
        assert_eq!(
            create(vec![DUPLICATE, two]),
            (Err(text.to_owned()), log(vec![]))
        );
    }

    #[test]
    fn keeps_the_error_of_equal_rows() {
        let mut table = Recorder::answering([DUPLICATE]);
        let rows = [vec![Value::Int(1)], vec![Value::Int(1)]];
        let ids = [KeyspaceId(vec![7]), KeyspaceId(vec![8])];
        let outcome = vindex()
            .as_lookup()
            .unwrap()
            .create(&rows, &ids, false, &mut table);
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "lookup.Create: Duplicate entry"
        );
        assert_eq!(table.log.len(), 1);
    }

    #[test]
    fn removes_entries_after_the_row() {
        let id = KeyspaceId(vec![7]);
        let mut table = Recorder::default();
        let consistent = vindex();
        let lookup = consistent.as_lookup().unwrap();
        lookup
            .update(&[Value::Int(1)], &id, &[Value::from("1")], &mut table)
            .unwrap();
        assert!(table.log.is_empty());
        lookup
            .update(&[Value::Int(1)], &id, &[Value::Int(2)], &mut table)
            .unwrap();
        let delete = "post: delete from t where a = :a and id = :id {a=1, id=07}";
        assert_eq!(
            table.log,
            [
                delete,
                "pre: insert into t(a, id) values(:a_0, :id_0) {a_0=2, id_0=07}"
            ]
        );
    }

    #[test]
    fn maps_in_the_group_of_the_statement() {
        for (changes_rows, group) in [(false, "pre"), (true, "post")] {
            let context = StatementContext {
                locking: true,
                changes_rows,
            };
            let mut table = Recorder {
                context,
                ..Recorder::default()
            };
            vindex().map(&[vec![Value::Int(1)]], &mut table).unwrap();
            assert_eq!(
                table.log,
                [format!(
                    "{group}: select a, id from t where a in ::a for update {{a=[1]}}"
                )]
            );
        }
    }
}
