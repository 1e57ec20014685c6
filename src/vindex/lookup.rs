//! Vindexes kept in a table, which holds the keyspace ids of values: what they have in common, and the plain ones,
//! `lookup` and `lookup_unique` (Vitess `vindexes/lookup.go`).
//!
//! A kind of lookup says by [`Kind`] what its table holds and when its statements commit.

use std::collections::BTreeMap;
use std::fmt;

use super::backing::{Backing, COMMON_PARAMS, first_values, flag, id_of};
use super::single_column::Header;
use super::{
    CommitOrder, Destination, Error, KeyRange, KeyspaceId, Lookup, LookupTable, StatementContext,
    Vindex,
};
use crate::value::Value;

/// How many keyspace ids a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    One,
    Many,
}

impl Entries {
    fn cost(self) -> u32 {
        match self {
            Self::One => 10,
            Self::Many => 20,
        }
    }
}

/// What sets one kind of lookup apart from the plain ones, whose answers are the defaults.
pub(super) trait Kind: fmt::Debug + Send + Sync {
    /// What errors of mapping call it.
    fn map_name(&self) -> &'static str {
        "Lookup.Map"
    }

    /// When the statements commit that read entries to map values.
    fn map_order(&self, _statement: StatementContext) -> CommitOrder {
        CommitOrder::Normal
    }

    /// When the statements commit that write entries, and that verify them.
    fn create_order(&self) -> CommitOrder {
        CommitOrder::Normal
    }

    /// When the statements commit that remove entries.
    fn delete_order(&self) -> CommitOrder {
        CommitOrder::Normal
    }

    /// Whether every entry is taken for right without a look.
    fn trusts_entries(&self) -> bool {
        false
    }

    /// Whether a lookup that is being filled says so.
    fn tells_backfilling(&self, _entries: Entries) -> bool {
        true
    }

    /// The value of a `from` column.
    fn stored(&self, value: &Value) -> Result<Value, Error> {
        Ok(value.clone())
    }

    /// The value of the `to` column; `verb` is what it is needed for.
    fn stored_id(&self, id: &KeyspaceId, _verb: &str) -> Result<Value, Error> {
        Ok(Value::Bytes(id.0.clone()))
    }

    /// The keyspace id that a value of the `to` column stands for.
    fn keyspace_id(&self, stored: &Value) -> Option<KeyspaceId> {
        Some(id_of(stored))
    }

    /// Deals with entries that could not be written.
    fn not_created(
        &self,
        _backing: &Backing,
        _rows: &[Vec<Value>],
        _ids: &[KeyspaceId],
        error: Error,
        _lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        Err(error)
    }

    /// Whether an entry stays as it is when the owner's row changes.
    fn keeps_entry(&self, _old: &[Value], _new: &[Value]) -> bool {
        false
    }
}

/// A vindex kept in a table.
#[derive(Debug)]
pub(super) struct TableLookup<K> {
    header: Header,
    backing: Backing,
    entries: Entries,
    cost: u32,
    kind: K,
}

impl<K: Kind> TableLookup<K> {
    /// A lookup of `kind` that takes the parameters `known` and those of all lookups.
    pub(super) fn of_kind(
        kind: K,
        name: &str,
        params: &BTreeMap<String, String>,
        known: &[&str],
        backing: Backing,
        entries: Entries,
    ) -> Self {
        Self {
            header: Header::new(name, params, &[COMMON_PARAMS, known].concat()),
            backing,
            entries,
            cost: entries.cost(),
            kind,
        }
    }

    fn stored_rows(&self, rows: &[Vec<Value>]) -> Result<Vec<Vec<Value>>, Error> {
        rows.iter()
            .map(|row| row.iter().map(|value| self.kind.stored(value)).collect())
            .collect()
    }

    fn stored_ids(&self, ids: &[KeyspaceId], verb: &str) -> Result<Vec<Value>, Error> {
        ids.iter().map(|id| self.kind.stored_id(id, verb)).collect()
    }

    /// The answer that needs no table: every value maps anywhere while the vindex is being filled, and so does a single
    /// NULL that a non-unique lookup has no entries for.
    fn without_table(&self, values: &[Value]) -> Option<Vec<Destination>> {
        let only_null = matches!(values, [Value::Null])
            && self.backing.ignore_nulls
            && self.entries == Entries::Many;
        (self.backing.write_only || only_null)
            .then(|| vec![Destination::KeyRange(KeyRange::full()); values.len()])
    }

    /// Where a value maps to whose entries are `found`.
    fn destination(&self, value: &Value, found: &[Value]) -> Result<Destination, Error> {
        if self.entries == Entries::One && found.len() > 1 {
            return Err(self.backing.not_unique(self.kind.map_name(), value));
        }
        let mut ids: Vec<_> = found
            .iter()
            .filter_map(|stored| self.kind.keyspace_id(stored))
            .collect();
        Ok(match (self.entries, ids.len()) {
            (_, 0) => Destination::None,
            (Entries::Many, _) => Destination::KeyspaceIds(ids),
            (Entries::One, _) => Destination::KeyspaceId(ids.remove(0)),
        })
    }
}

impl<K: Kind> Vindex for TableLookup<K> {
    fn name(&self) -> &str {
        &self.header.name
    }

    fn cost(&self) -> u32 {
        self.cost
    }

    fn is_unique(&self) -> bool {
        self.entries == Entries::One
    }

    fn needs_lookup(&self) -> bool {
        true
    }

    fn unknown_params(&self) -> &[String] {
        &self.header.unknown_params
    }

    fn map(
        &self,
        rows: &[Vec<Value>],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<Destination>, Error> {
        let values = first_values(rows);
        if let Some(destinations) = self.without_table(&values) {
            return Ok(destinations);
        }
        let stored = values
            .iter()
            .map(|value| self.kind.stored(value))
            .collect::<Result<Vec<_>, _>>()?;
        let order = self.kind.map_order(lookup.statement());
        let found = self.backing.look_up(&stored, order, lookup)?;
        let of_values = values.iter().zip(&found);
        of_values
            .map(|(value, found)| self.destination(value, found))
            .collect()
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        if self.backing.write_only || self.kind.trusts_entries() {
            return Ok(vec![true; rows.len()]);
        }
        let values = first_values(rows)
            .iter()
            .map(|value| self.kind.stored(value))
            .collect::<Result<Vec<_>, _>>()?;
        let ids = self.stored_ids(ids, "Verify")?;
        self.backing
            .verify(&values, ids, self.kind.create_order(), lookup)
    }

    fn as_lookup(&self) -> Option<&dyn Lookup> {
        Some(self)
    }
}

impl<K: Kind> Lookup for TableLookup<K> {
    fn table(&self) -> &str {
        &self.backing.table
    }

    fn from_columns(&self) -> &[String] {
        &self.backing.from
    }

    fn to_column(&self) -> &str {
        &self.backing.to
    }

    fn is_backfilling(&self) -> bool {
        self.backing.write_only && self.kind.tells_backfilling(self.entries)
    }

    fn create(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        ignore: bool,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let to = self.stored_ids(ids, "Create")?;
        let stored = self.stored_rows(rows)?;
        self.backing
            .create(&stored, &to, ignore, self.kind.create_order(), lookup)
            .or_else(|error| {
                self.kind
                    .not_created(&self.backing, rows, ids, error, lookup)
            })
    }

    fn delete(
        &self,
        rows: &[Vec<Value>],
        id: &KeyspaceId,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        let to = self.kind.stored_id(id, "Delete")?;
        let stored = self.stored_rows(rows)?;
        self.backing
            .delete(&stored, &to, self.kind.delete_order(), lookup)
    }

    fn update(
        &self,
        old: &[Value],
        id: &KeyspaceId,
        new: &[Value],
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        if self.kind.keeps_entry(old, new) {
            return Ok(());
        }
        self.kind.stored_id(id, "Update")?;
        self.delete(&[old.to_vec()], id, lookup)?;
        self.create(&[new.to_vec()], std::slice::from_ref(id), false, lookup)
    }
}

/// `lookup` and `lookup_unique`: the table holds values and keyspace ids as they are.
#[derive(Debug)]
pub(super) struct Plain {
    no_verify: bool,
}

impl Kind for Plain {
    fn trusts_entries(&self) -> bool {
        self.no_verify
    }
}

/// The table of a lookup whose statements may commit on their own: a non-unique one then replaces what it finds.
pub(super) fn autocommit_backing(
    params: &BTreeMap<String, String>,
    entries: Entries,
) -> Result<Backing, Error> {
    let backing = Backing::new(params)?.with_autocommit(params)?;
    Ok(match entries {
        Entries::One => backing,
        Entries::Many => backing.replacing_when_autocommit(),
    })
}

impl TableLookup<Plain> {
    pub(super) fn new(
        name: &str,
        params: &BTreeMap<String, String>,
        entries: Entries,
    ) -> Result<Self, Error> {
        let backing = autocommit_backing(params, entries)?;
        let kind = Plain {
            no_verify: flag(params, "no_verify")?,
        };
        let known = ["autocommit", "multi_shard_autocommit", "no_verify"];
        Ok(Self::of_kind(kind, name, params, &known, backing, entries))
    }

    /// `lookup_cost`: a `lookup` whose cost is a parameter, for trying the choice of vindexes.
    pub(super) fn with_cost(name: &str, params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let text = params.get("cost").map_or("5", String::as_str);
        let cost = text.parse().map_err(|_| {
            let quoted = crate::value::go_quote(text.as_bytes());
            Error::Params(format!(
                "strconv.ParseInt: parsing {quoted}: invalid syntax"
            ))
        })?;
        let mut vindex = Self::new(name, params, Entries::Many)?;
        vindex.cost = cost;
        vindex.header.unknown_params.clear();
        Ok(vindex)
    }
}

#[cfg(test)]
mod tests {
    use super::super::backing::testing::Recorder;
    use super::super::single_column::testing::make;
    use super::*;

    const TABLE: [(&str, &str); 3] = [("table", "ks.t"), ("from", "a, b"), ("to", "id")];

    fn vindex(vindex_type: &str, params: &[(&str, &str)]) -> std::sync::Arc<dyn Vindex> {
        make(vindex_type, &[&TABLE, params].concat()).unwrap()
    }

    fn entry(value: i64, id: u8) -> Vec<Value> {
        vec![Value::Int(value), Value::Bytes(vec![id])]
    }

    #[test]
    fn maps_numbers_in_one_query() {
        let mut table = Recorder::answering([Ok(vec![entry(2, 7), entry(1, 6), entry(2, 8)])]);
        let rows = [
            vec![Value::Int(1)],
            vec![Value::Int(2)],
            vec![Value::Int(3)],
        ];
        let ids = |bytes: &[u8]| {
            Destination::KeyspaceIds(bytes.iter().map(|byte| KeyspaceId(vec![*byte])).collect())
        };
        let destinations = vindex("lookup", &[]).map(&rows, &mut table).unwrap();
        assert_eq!(destinations, [ids(&[6]), ids(&[7, 8]), Destination::None]);
        assert_eq!(
            table.log,
            ["normal: select a, id from ks.t where a in ::a {a=[1 2 3]}"]
        );
    }

    #[test]
    fn maps_texts_one_by_one_and_locks() {
        let context = StatementContext {
            locking: true,
            changes_rows: false,
        };
        let mut table = Recorder {
            context,
            ..Recorder::answering([Ok(vec![entry(1, 6)])])
        };
        let rows = [vec![Value::from("x")], vec![Value::from("y")]];
        let destinations = vindex("lookup_unique", &[]).map(&rows, &mut table).unwrap();
        assert_eq!(
            destinations,
            [
                Destination::KeyspaceId(KeyspaceId(vec![6])),
                Destination::None
            ]
        );
        let sql = "normal: select a, id from ks.t where a in ::a for update";
        assert_eq!(
            table.log,
            [format!("{sql} {{a=[x]}}"), format!("{sql} {{a=[y]}}")]
        );

        let mut table = Recorder {
            context,
            ..Recorder::default()
        };
        vindex(
            "lookup",
            &[
                ("batch_lookup", "true"),
                ("read_lock", "shared"),
                ("autocommit", "true"),
            ],
        )
        .map(&rows, &mut table)
        .unwrap();
        assert_eq!(
            table.log,
            ["autocommit: select a, id from ks.t where a in ::a lock in share mode {a=[x y]}"]
        );
    }

    #[test]
    fn refuses_several_entries_of_a_unique_lookup() {
        let mut table = Recorder::answering([Ok(vec![entry(1, 6), entry(1, 7)])]);
        let error = vindex("lookup_unique", &[])
            .map(&[vec![Value::Int(1)]], &mut table)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Lookup.Map: unexpected multiple results from vindex ks.t: INT64(1)"
        );
    }

    #[test]
    fn writes_sorted_entries_once() {
        let rows = [
            vec![Value::Int(2), Value::from("x")],
            vec![Value::Int(1), Value::from("y")],
        ];
        let ids = [KeyspaceId(vec![1]), KeyspaceId(vec![2])];
        let cases: [(&str, &[(&str, &str)], bool, &str, &str); 4] = [
            ("lookup", &[], false, "normal: insert into", ""),
            ("lookup", &[], true, "normal: insert ignore into", ""),
            (
                "lookup",
                &[("autocommit", "true")],
                false,
                "autocommit: insert into",
                " on duplicate key update a=values(a), b=values(b), id=values(id)",
            ),
            (
                "lookup_unique",
                &[("multi_shard_autocommit", "true")],
                false,
                "autocommit: insert /*vt+ MULTI_SHARD_AUTOCOMMIT=1 */ into",
                "",
            ),
        ];
        for (vindex_type, params, ignore, verb, tail) in cases {
            let mut table = Recorder::default();
            vindex(vindex_type, params)
                .as_lookup()
                .unwrap()
                .create(&rows, &ids, ignore, &mut table)
                .unwrap();
            let expected = format!(
                "{verb} ks.t(a, b, id) values(:a_0, :b_0, :id_0), (:a_1, :b_1, :id_1){tail} {{a_0=1, a_1=2, b_0=y, b_1=x, id_0=02, id_1=01}}"
            );
            assert_eq!(table.log, [expected]);
        }
    }

    #[test]
    fn minds_nulls_and_columns() {
        let row = [vec![Value::Int(2), Value::Null]];
        let ids = [KeyspaceId(vec![1])];
        let create = |params: &[(&str, &str)], rows: &[Vec<Value>]| {
            let mut table = Recorder::default();
            let outcome = vindex("lookup", params)
                .as_lookup()
                .unwrap()
                .create(rows, &ids, false, &mut table);
            assert!(table.log.is_empty());
            outcome.map_err(|error| error.to_string())
        };
        assert_eq!(
            create(&[], &row),
            Err("VT03028: Column 'a,b' cannot be null on row 0, col 1".to_owned())
        );
        assert_eq!(create(&[("ignore_nulls", "true")], &row), Ok(()));
        let text = "VT03030: lookup column count does not match value count with the row (columns, count): ([a b], 1)";
        assert_eq!(create(&[], &[vec![Value::Int(1)]]), Err(text.to_owned()));
        let destinations = vindex("lookup", &[("ignore_nulls", "true")])
            .map(&[vec![Value::Null]], &mut Recorder::default());
        assert_eq!(
            destinations.unwrap(),
            [Destination::KeyRange(KeyRange::full())]
        );
    }

    #[test]
    fn deletes_updates_and_verifies() {
        let lookup = vindex("lookup", &[]);
        let id = KeyspaceId(vec![9]);
        let mut table = Recorder::default();
        let (old, new) = (
            [Value::Int(1), Value::from("x")],
            [Value::Int(2), Value::from("y")],
        );
        lookup
            .as_lookup()
            .unwrap()
            .update(&old, &id, &new, &mut table)
            .unwrap();
        let delete =
            "normal: delete from ks.t where a = :a and b = :b and id = :id {a=1, b=x, id=09}";
        let insert =
            "normal: insert into ks.t(a, b, id) values(:a_0, :b_0, :id_0) {a_0=2, b_0=y, id_0=09}";
        assert_eq!(table.log, [delete, insert]);

        let mut table = Recorder::answering([Ok(vec![entry(1, 9)]), Ok(vec![])]);
        let rows = [vec![Value::Int(1)], vec![Value::Int(2)]];
        assert_eq!(
            lookup
                .verify(&rows, &[id.clone(), id.clone()], &mut table)
                .unwrap(),
            [true, false]
        );
        assert_eq!(
            table.log[0],
            "normal: select a from ks.t where a = :a and id = :id {a=1, id=09}"
        );

        let mut table = Recorder::default();
        let filling = vindex("lookup", &[("write_only", "true")]);
        assert_eq!(
            filling
                .verify(&rows, &[id.clone(), id.clone()], &mut table)
                .unwrap(),
            [true, true]
        );
        assert!(filling.as_lookup().unwrap().is_backfilling());
        vindex("lookup", &[("autocommit", "true")])
            .as_lookup()
            .unwrap()
            .delete(&[old.to_vec()], &id, &mut table)
            .unwrap();
        assert!(table.log.is_empty());
    }

    #[test]
    fn says_what_failed() {
        let mut table = Recorder::answering([Err((1062, "Duplicate entry '1'"))]);
        let row = [vec![Value::Int(1), Value::Int(2)]];
        let error = vindex("lookup", &[]).as_lookup().unwrap().create(
            &row,
            &[KeyspaceId(vec![1])],
            false,
            &mut table,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "lookup.Create: Duplicate entry '1'"
        );
    }

    #[test]
    fn refuses_bad_parameters() {
        let error = |params: &[(&str, &str)]| make("lookup", params).unwrap_err().to_string();
        assert_eq!(
            error(&[("write_only", "True")]),
            "write_only value must be 'true' or 'false': 'True'"
        );
        assert_eq!(error(&[("read_lock", "x")]), "invalid read_lock value: x");
        assert_eq!(
            make("lookup", &[("hello", "x")]).unwrap().unknown_params(),
            ["hello"]
        );
        assert_eq!(make("lookup_cost", &[("cost", "7")]).unwrap().cost(), 7);
    }
}
