//! The cluster of the user guide for tests: `product` unsharded, `customer` sharded in two.

use std::sync::Arc;

use crate::catalog::vschema::Document;
use crate::catalog::{Catalog, Defaults, Keyspace, Table};
use crate::shard::Embedded;
use crate::sql;
use crate::sql::ddl::Ddl;

pub(crate) const PRODUCT: &str = r#"{"sharded": false, "tables": {"product": {},
    "customer_seq": {"type": "sequence"}, "corder_seq": {"type": "sequence"}, "corder_event_seq": {"type": "sequence"},
    "corder_keyspace_idx": {}}}"#;

pub(crate) const CUSTOMER: &str = r#"{"sharded": true, "vindexes": {
    "hash": {"type": "hash"}, "unicode_loose_md5": {"type": "unicode_loose_md5"}, "binary": {"type": "binary"},
    "corder_keyspace_idx": {"type": "consistent_lookup_unique", "owner": "corder",
        "params": {"table": "product.corder_keyspace_idx", "from": "corder_id", "to": "keyspace_id"}},
    "oname_keyspace_idx": {"type": "consistent_lookup", "owner": "corder",
        "params": {"table": "customer.oname_keyspace_idx", "from": "oname,corder_id", "to": "keyspace_id"}}},
  "tables": {
    "customer": {"column_vindexes": [{"column": "customer_id", "name": "hash"}],
        "auto_increment": {"column": "customer_id", "sequence": "product.customer_seq"}},
    "corder": {"column_vindexes": [{"column": "customer_id", "name": "hash"},
            {"column": "corder_id", "name": "corder_keyspace_idx"},
            {"columns": ["oname", "corder_id"], "name": "oname_keyspace_idx"}],
        "auto_increment": {"column": "corder_id", "sequence": "product.corder_seq"}},
    "oname_keyspace_idx": {"column_vindexes": [{"column": "oname", "name": "unicode_loose_md5"}]},
    "corder_event": {"column_vindexes": [{"column": "corder_id", "name": "corder_keyspace_idx"},
            {"column": "keyspace_id", "name": "binary"}],
        "auto_increment": {"column": "corder_event_id", "sequence": "product.corder_event_seq"}}}}"#;

pub(crate) const PRODUCT_TABLES: &[&str] = &[
    "create table product(product_id bigint auto_increment, pname varchar(128), primary key(product_id))",
    "create table customer_seq(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'",
    "create table corder_seq(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'",
    "create table corder_event_seq(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'",
    "create table corder_keyspace_idx(corder_id bigint not null auto_increment, keyspace_id varbinary(10), primary key(corder_id))",
];

pub(crate) const CUSTOMER_TABLES: &[&str] = &[
    "create table customer(customer_id bigint, uname varchar(128), primary key(customer_id))",
    "create table corder(corder_id bigint, customer_id bigint, product_id bigint, oname varchar(128), primary key(corder_id))",
    "create table oname_keyspace_idx(oname varchar(128), corder_id bigint, keyspace_id varbinary(10), primary key(oname, corder_id))",
    "create table corder_event(corder_event_id bigint, corder_id bigint, ename varchar(128), keyspace_id varbinary(10), primary key(corder_id, corder_event_id))",
];

/// Builds a keyspace of a document, shards and tables.
pub(crate) fn keyspace(name: &str, vschema: &str, shards: &[&str], tables: &[&str]) -> Keyspace {
    let document = Document::from_json(vschema.as_bytes()).unwrap();
    let mut keyspace = Keyspace {
        name: name.to_owned(),
        ..Keyspace::default()
    };
    keyspace.shards = shards.iter().map(|shard| (*shard).to_owned()).collect();
    for text in tables {
        let sql::Statement::Ddl(Ddl::CreateTable(create)) = sql::parse_statement(text).unwrap()
        else {
            panic!("no table: {text}");
        };
        let table = Table::from_ddl(&create.table, &Defaults::default()).unwrap();
        keyspace
            .tables
            .insert(table.name().to_owned(), Arc::new(table));
    }
    keyspace.vschema = document;
    keyspace
}

/// Builds a catalog of keyspaces.
pub(crate) fn catalog(keyspaces: Vec<Keyspace>) -> Arc<Catalog> {
    let mut catalog = Catalog::default();
    for keyspace in keyspaces {
        catalog
            .keyspaces
            .insert(keyspace.name.clone(), Arc::new(keyspace));
    }
    Arc::new(catalog)
}

/// The user guide's cluster, `corder_event` and its `keyspace_id` included.
pub(crate) fn shop() -> Arc<Catalog> {
    catalog(vec![
        keyspace("product", PRODUCT, &["0"], PRODUCT_TABLES),
        keyspace("customer", CUSTOMER, &["-80", "80-"], CUSTOMER_TABLES),
    ])
}

/// Creates every table of a catalog in every shard of its keyspace, in one database in memory.
pub(crate) fn cluster(catalog: &Catalog) -> Embedded {
    let mut embedded = Embedded::in_memory().unwrap();
    for (name, keyspace) in &catalog.keyspaces {
        embedded.add_shards(name, &keyspace.shards);
        for table in keyspace.tables.values() {
            embedded
                .create_table(name, &keyspace.shards, table)
                .unwrap();
        }
    }
    embedded
}
