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

/// The shown cells of a relation's rows that are not NULL, in key order, after `keyspace=shop, table=…`.
fn shown(catalog: &Catalog, relation: &str) -> Vec<String> {
    let relations = describe(catalog);
    let relation = relations
        .iter()
        .find(|known| known.schema.name == relation)
        .unwrap();
    let schema = &relation.schema;
    let line = |row: &crate::relation::Row| {
        let cells = schema
            .shown()
            .filter(|&at| !row[at].is_null() && schema.columns[at].name != "keyspace");
        let text = |at: usize| {
            format!(
                "{}={}",
                schema.columns[at].name,
                row[at].to_text().unwrap_or_default()
            )
        };
        cells.map(text).collect::<Vec<_>>().join(", ")
    };
    relation.rows.iter().map(|(row, _)| line(row)).collect()
}

/// A keyspace `shop` with the tables and views that a script makes.
fn shop(script: &str) -> Catalog {
    let mut catalog = keyspace("shop", Document::default());
    for sql in script
        .split(';')
        .map(str::trim)
        .filter(|sql| !sql.is_empty())
    {
        let Ok(crate::sql::Statement::Ddl(ddl)) = crate::sql::parse_statement(sql) else {
            panic!("not DDL: {sql}")
        };
        let outcome = crate::catalog::alter::apply(&catalog, "shop", &ddl, Default::default());
        catalog = outcome
            .unwrap_or_else(|error| panic!("{error}: {sql}"))
            .catalog;
    }
    catalog
}

#[test]
fn a_definition_is_rows_of_its_parts() {
    let catalog = shop(
        "create table p (id bigint primary key);
         create table t (
            id bigint unsigned not null auto_increment primary key,
            name varchar(20) character set latin1 default 'x' comment 'the name',
            total decimal(10,2) as (p * 2) stored,
            at datetime(3) default current_timestamp(3) on update current_timestamp(3),
            p bigint,
            unique key u (name(5) desc, total) comment 'c',
            key f ((lower(name))) invisible,
            constraint fk foreign key (p) references p (id) on delete cascade,
            constraint positive check (total > 0) not enforced
         ) comment 'things' row_format=dynamic;
         create view v as select id from t",
    );
    assert_eq!(
        shown(&catalog, "tables"),
        [
            "table=p, in_schema=true, in_vschema=false, primary_key=id, engine=InnoDB, charset=utf8mb4, collation=utf8mb4_0900_ai_ci",
            "table=t, in_schema=true, in_vschema=false, primary_key=id, engine=InnoDB, charset=utf8mb4, collation=utf8mb4_0900_ai_ci, comment=things, options=ROW_FORMAT=DYNAMIC",
        ]
    );
    assert_eq!(
        shown(&catalog, "columns"),
        [
            "table=p, column=id, position=1, type=bigint, nullable=false",
            "table=t, column=at, position=4, type=datetime(3), nullable=true, default=CURRENT_TIMESTAMP(3), on_update=CURRENT_TIMESTAMP(3)",
            "table=t, column=id, position=1, type=bigint unsigned, nullable=false, auto_increment=true",
            "table=t, column=name, position=2, type=varchar(20), nullable=true, default='x', charset=latin1, comment=the name",
            "table=t, column=p, position=5, type=bigint, nullable=true, default=NULL",
            "table=t, column=total, position=3, type=decimal(10,2), nullable=true, generated=(`p` * 2), stored=true",
        ]
    );
    assert_eq!(
        shown(&catalog, "indexes"),
        [
            "table=p, index=PRIMARY, kind=PRIMARY, parts=id",
            "table=t, index=PRIMARY, kind=PRIMARY, parts=id",
            "table=t, index=f, kind=KEY, parts=(lower(`name`)), invisible=true",
            "table=t, index=fk, kind=KEY, parts=p",
            "table=t, index=u, kind=UNIQUE, parts=name(5) DESC, total, comment=c",
        ]
    );
    assert_eq!(
        shown(&catalog, "foreign_keys"),
        [
            "table=t, constraint=fk, columns=p, referenced_keyspace=shop, referenced_table=p, referenced_columns=id, on_delete=CASCADE"
        ]
    );
    assert_eq!(
        shown(&catalog, "checks"),
        ["table=t, check=positive, expression=(`total` > 0), enforced=false"]
    );
    assert_eq!(
        shown(&catalog, "views"),
        ["view=v, definition=select `id` from `t`"]
    );
}

#[test]
fn partitions_are_rows_in_their_order() {
    let catalog = shop(
        "create table t (id int, at date) partition by range (id) subpartition by hash (id) subpartitions 2 (
            partition p1 values less than (10) comment 'low', partition p2 values less than maxvalue)",
    );
    assert_eq!(
        shown(&catalog, "tables"),
        [
            "table=t, in_schema=true, in_vschema=false, engine=InnoDB, charset=utf8mb4, collation=utf8mb4_0900_ai_ci, partitioning=RANGE (`id`) SUBPARTITION BY HASH (`id`) SUBPARTITIONS 2"
        ]
    );
    assert_eq!(
        shown(&catalog, "partitions"),
        [
            "table=t, partition=p1, position=1, values=LESS THAN (10), options=COMMENT='low' ENGINE=InnoDB",
            "table=t, partition=p2, position=2, values=LESS THAN MAXVALUE, options=ENGINE=InnoDB",
        ]
    );
}

#[test]
fn user_tables_are_keyed_by_their_primary_key() {
    let catalog = shop(
        "create table t (b varchar(3), id int, v int as (id) virtual, s int as (id) stored, a char(2) character set latin1, primary key (id, b)) default charset latin1;
         alter table t rename column a to z;
         create table keyless (a int, unique key (a))",
    );
    let keyspace = &catalog.keyspaces["shop"];
    let schema = crate::relation::table_schema("shop", &keyspace.tables["t"], &keyspace.identities);
    assert_eq!(schema.name, "shop.t");
    let columns: Vec<_> = schema
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.identity.as_str()))
        .collect();
    assert_eq!(columns, [("b", "b"), ("id", "id"), ("s", "s"), ("z", "a")]);
    assert_eq!(schema.key, [1, 0]);
    assert_eq!(schema.columns[2].role, crate::relation::Role::Generated);
    assert_eq!(
        schema.columns[0].column_type.collation.as_deref(),
        Some("latin1_swedish_ci")
    );
    assert_eq!(
        schema.columns[3].column_type.charset.as_deref(),
        Some("latin1")
    );
    let keyless =
        crate::relation::table_schema("shop", &keyspace.tables["keyless"], &keyspace.identities);
    assert!(!keyless.is_keyed());
}
