//! `lookup` and `lookup_unique`: a table holds the keyspace ids of values (Vitess `vindexes/lookup.go`).

use std::collections::BTreeMap;

use super::backing::{Backing, COMMON_PARAMS, first_values, flag, id_of};
use super::single_column::Header;
use super::{CommitOrder, Destination, Error, KeyRange, KeyspaceId, Lookup, LookupTable, Vindex};
use crate::value::Value;

/// How many keyspace ids a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    One,
    Many,
}

impl Entries {
    pub(super) fn cost(self) -> u32 {
        match self {
            Self::One => 10,
            Self::Many => 20,
        }
    }
}

/// `lookup` and `lookup_unique`.
#[derive(Debug)]
pub(super) struct TableLookup {
    header: Header,
    backing: Backing,
    entries: Entries,
    no_verify: bool,
    cost: u32,
}

impl TableLookup {
    pub(super) fn new(
        name: &str,
        params: &BTreeMap<String, String>,
        entries: Entries,
    ) -> Result<Self, Error> {
        let mut backing = Backing::new(params)?.with_autocommit(params)?;
        if entries == Entries::Many {
            backing = backing.replacing_when_autocommit();
        }
        let known = [
            COMMON_PARAMS,
            &["autocommit", "multi_shard_autocommit", "no_verify"],
        ]
        .concat();
        Ok(Self {
            header: Header::new(name, params, &known),
            backing,
            entries,
            no_verify: flag(params, "no_verify")?,
            cost: entries.cost(),
        })
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

/// Where ids map to whose entries are `found`, in the same order.
pub(super) fn destinations(
    backing: &Backing,
    entries: Entries,
    ids: &[Value],
    found: Vec<Vec<KeyspaceId>>,
    context: &str,
) -> Result<Vec<Destination>, Error> {
    ids.iter()
        .zip(found)
        .map(|(id, mut found)| match (entries, found.len()) {
            (_, 0) => Ok(Destination::None),
            (Entries::Many, _) => Ok(Destination::KeyspaceIds(found)),
            (Entries::One, 1) => Ok(Destination::KeyspaceId(found.remove(0))),
            (Entries::One, _) => Err(backing.not_unique(context, id)),
        })
        .collect()
}

/// The answer that needs no table: every id maps anywhere while the vindex is being filled, and so does a single NULL
/// that a non-unique lookup has no entries for.
pub(super) fn without_table(
    backing: &Backing,
    entries: Entries,
    ids: &[Value],
) -> Option<Vec<Destination>> {
    let only_null =
        matches!(ids, [Value::Null]) && backing.ignore_nulls && entries == Entries::Many;
    (backing.write_only || only_null)
        .then(|| vec![Destination::KeyRange(KeyRange::full()); ids.len()])
}

/// Keyspace ids as values of the `to` column.
pub(super) fn id_values(ids: &[KeyspaceId]) -> Vec<Value> {
    ids.iter().map(|id| Value::Bytes(id.0.clone())).collect()
}

impl Vindex for TableLookup {
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
        let ids = first_values(rows);
        if let Some(destinations) = without_table(&self.backing, self.entries, &ids) {
            return Ok(destinations);
        }
        let found = self.backing.look_up(&ids, CommitOrder::Normal, lookup)?;
        let found = found
            .iter()
            .map(|values| values.iter().map(id_of).collect())
            .collect();
        destinations(&self.backing, self.entries, &ids, found, "Lookup.Map")
    }

    fn verify(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        lookup: &mut dyn LookupTable,
    ) -> Result<Vec<bool>, Error> {
        if self.backing.write_only || self.no_verify {
            return Ok(vec![true; rows.len()]);
        }
        self.backing.verify(
            &first_values(rows),
            id_values(ids),
            CommitOrder::Normal,
            lookup,
        )
    }

    fn as_lookup(&self) -> Option<&dyn Lookup> {
        Some(self)
    }
}

impl Lookup for TableLookup {
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
        self.backing.write_only
    }

    fn create(
        &self,
        rows: &[Vec<Value>],
        ids: &[KeyspaceId],
        ignore: bool,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        self.backing
            .create(rows, &id_values(ids), ignore, CommitOrder::Normal, lookup)
    }

    fn delete(
        &self,
        rows: &[Vec<Value>],
        id: &KeyspaceId,
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        self.backing.delete(
            rows,
            &Value::Bytes(id.0.clone()),
            CommitOrder::Normal,
            lookup,
        )
    }

    fn update(
        &self,
        old: &[Value],
        id: &KeyspaceId,
        new: &[Value],
        lookup: &mut dyn LookupTable,
    ) -> Result<(), Error> {
        self.delete(&[old.to_vec()], id, lookup)?;
        self.create(&[new.to_vec()], std::slice::from_ref(id), false, lookup)
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
        let context = super::super::StatementContext {
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
