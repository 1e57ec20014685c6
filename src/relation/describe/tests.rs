//! Describe and undescribe are inverse; every object is one row.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::catalog::vschema::{
    AutoIncrement, Column, ColumnVindex, Document, ForeignKeyMode, MultiTenantSpec, Rules, Table,
    Vindex,
};
use crate::value::Value;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}", "[a`, .]{1,3}"]
}

fn vschema_column(name: String) -> impl Strategy<Value = Column> {
    let kind = prop_oneof![Just("INT64".to_owned()), Just("VARCHAR".to_owned())];
    let sizes = (any::<i32>(), any::<i32>());
    (
        kind,
        any::<bool>(),
        "[a-b']{0,2}",
        sizes,
        option::of(any::<bool>()),
        vec(name_text(), 0..3),
    )
        .prop_map(
            move |(column_type, invisible, default, (size, scale), nullable, values)| Column {
                name: name.clone(),
                column_type,
                invisible,
                collation: default.clone(),
                default,
                size,
                scale,
                nullable,
                values,
            },
        )
}

fn name_text() -> impl Strategy<Value = String> {
    "[a, `]{0,3}"
}

fn table() -> impl Strategy<Value = Table> {
    let kind = prop_oneof![
        Just(String::new()),
        Just("sequence".to_owned()),
        Just("reference".to_owned())
    ];
    let column_vindex = (name(), vec(name(), 1..3)).prop_map(|(name, columns)| ColumnVindex {
        name,
        column: String::new(),
        columns,
    });
    let auto_increment = option::of(
        (name(), name()).prop_map(|(column, sequence)| AutoIncrement { column, sequence }),
    );
    let columns = vec(name(), 0..3).prop_flat_map(|mut names| {
        names.sort();
        names.dedup();
        names.reverse();
        names.into_iter().map(vschema_column).collect::<Vec<_>>()
    });
    (
        kind,
        vec(column_vindex, 0..3),
        auto_increment,
        columns,
        "[0-9]{0,2}",
        any::<bool>(),
        "[a.]{0,3}",
    )
        .prop_map(
            |(
                table_type,
                column_vindexes,
                auto_increment,
                columns,
                pinned,
                column_list_authoritative,
                source,
            )| Table {
                table_type,
                column_vindexes,
                auto_increment,
                columns,
                pinned,
                column_list_authoritative,
                source,
            },
        )
}

fn document() -> impl Strategy<Value = Document> {
    let vindex = (name(), btree_map(name(), name_text(), 0..3), "[a-b]{0,1}").prop_map(
        |(vindex_type, params, owner)| Vindex {
            vindex_type,
            params,
            owner,
        },
    );
    let mode = prop_oneof![
        Just(ForeignKeyMode::Unspecified),
        Just(ForeignKeyMode::Disallow),
        Just(ForeignKeyMode::Unmanaged),
        Just(ForeignKeyMode::Managed),
    ];
    let tenant =
        option::of(
            (name(), name_text()).prop_map(|(column, column_type)| MultiTenantSpec {
                column,
                column_type,
            }),
        );
    let maps = (
        btree_map(name(), vindex, 0..3),
        btree_map(name(), table(), 0..3),
    );
    (any::<bool>(), maps, any::<bool>(), mode, tenant).prop_map(
        |(
            sharded,
            (vindexes, tables),
            require_explicit_routing,
            foreign_key_mode,
            multi_tenant,
        )| Document {
            sharded,
            vindexes,
            tables,
            require_explicit_routing,
            foreign_key_mode,
            multi_tenant,
        },
    )
}

/// Rules in the order of their keys.
fn rules() -> impl Strategy<Value = Rules> {
    let routing = btree_map(name(), vec(name(), 0..3), 0..3);
    let shard = btree_map((name(), name()), name(), 0..3);
    let keyspace = btree_map(name(), name(), 0..3);
    let mirror = btree_map(name(), (name(), 0..100_u8), 0..3);
    (routing, shard, keyspace, mirror).prop_map(|(routing, shard, keyspace, mirror)| Rules {
        routing: routing.into_iter().collect(),
        shard: shard
            .into_iter()
            .map(|((from, shard), to)| (from, to, shard))
            .collect(),
        keyspace: keyspace.into_iter().collect(),
        mirror: mirror
            .into_iter()
            .map(|(from, (to, percent))| (from, to, f32::from(percent) / 10.0))
            .collect(),
    })
}

fn catalog() -> impl Strategy<Value = Catalog> {
    let shards = prop_oneof![
        Just(vec!["0"]),
        Just(vec!["-80", "80-"]),
        Just(vec!["-40", "40-80", "80-c0", "c0-"])
    ];
    let keyspace = (document(), shards);
    (btree_map("[a-c]{1,2}", keyspace, 0..3), rules()).prop_map(|(keyspaces, rules)| {
        let keyspace = |(name, (vschema, shards)): (String, (Document, Vec<&str>))| {
            let shards = shards.into_iter().map(str::to_owned).collect();
            (
                name.clone(),
                Arc::new(Keyspace {
                    name,
                    vschema,
                    shards,
                    ..Keyspace::default()
                }),
            )
        };
        Catalog {
            keyspaces: keyspaces.into_iter().map(keyspace).collect(),
            rules,
        }
    })
}

proptest! {
    #[test]
    fn undescribing_a_description_gives_the_vschema_back(catalog in catalog()) {
        let relations = describe(&catalog);
        prop_assert!(relations.iter().map(|relation| relation.schema.name.as_str()).eq(RELATIONS));
        let back = undescribe(&relations).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&back.rules, &catalog.rules);
        prop_assert!(back.keyspaces.keys().eq(catalog.keyspaces.keys()));
        for (name, keyspace) in &catalog.keyspaces {
            prop_assert_eq!(&back.keyspaces[name].vschema, &keyspace.vschema);
            prop_assert_eq!(&back.keyspaces[name].shards, &keyspace.shards);
        }
    }
}

fn keyspace(name: &str, vschema: Document) -> Catalog {
    let keyspace = Keyspace {
        name: name.into(),
        vschema,
        ..Keyspace::default()
    };
    Catalog {
        keyspaces: BTreeMap::from([(name.into(), Arc::new(keyspace))]),
        ..Catalog::default()
    }
}

#[test]
fn a_renamed_table_keeps_its_key_and_shows_its_name() {
    let mut document = Document::default();
    let vindex = ColumnVindex {
        name: "hash".into(),
        column: "id".into(),
        columns: vec![],
    };
    document.tables.insert(
        "orders".into(),
        Table {
            column_vindexes: vec![vindex],
            ..Table::default()
        },
    );
    let mut catalog = keyspace("customer", document);
    let mut renamed = (*catalog.keyspaces["customer"]).clone();
    renamed
        .identities
        .tables
        .insert("orders".into(), "corder".into());
    catalog
        .keyspaces
        .insert("customer".into(), Arc::new(renamed));
    let relations = describe(&catalog);
    let relation = relations
        .iter()
        .find(|relation| relation.schema.name == "column_vindexes")
        .unwrap();
    let schema = &relation.schema;
    let key: Vec<&str> = schema
        .shown_key()
        .map(|at| schema.columns[at].name.as_str())
        .collect();
    assert_eq!(key, ["keyspace", "table", "position"]);
    let shown: Vec<&Value> = schema.shown().map(|at| &relation.rows[0].0[at]).collect();
    let expected = [
        "customer".into(),
        "orders".into(),
        Value::Int(1),
        "hash".into(),
        "id".into(),
    ];
    assert!(shown.into_iter().eq(&expected));
    assert_eq!(relation.rows[0].0[schema.key[1]], Value::from("corder"));
}

#[test]
fn relations_that_say_no_catalog_are_refused() {
    #[track_caller]
    fn check(change: impl Fn(&mut Vec<Relation>), expected: &str) {
        let mut document = Document::default();
        document.vindexes.insert("hash".into(), Vindex::default());
        let mut relations = describe(&keyspace("customer", document));
        change(&mut relations);
        assert_eq!(
            undescribe(&relations).map(|_| ()).unwrap_err().to_string(),
            expected
        );
    }
    let at = |name: &str| RELATIONS.iter().position(|known| *known == name).unwrap();
    check(
        |relations| {
            relations.remove(0);
        },
        "relation `vindexes` has a row of `customer`, which does not exist",
    );
    check(
        |relations| relations[at("vindexes")].rows[0].0[4] = Value::Json("[".into()),
        "bad value JSON(\"[\") in column `params` of relation `vindexes`",
    );
    check(
        |relations| relations[0].rows[0].0[2] = Value::from("FK_MANAGED"),
        "bad value VARCHAR(\"FK_MANAGED\") in column `foreign_key_mode` of relation `keyspaces`",
    );
    check(
        |relations| Arc::make_mut(&mut relations[0].schema).columns[0].identity = "ks".into(),
        "relation `keyspaces` has no column `keyspace`",
    );
}
