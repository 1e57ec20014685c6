//! Statements and documents for changes of the VSchema.

use super::super::{Step, migration};
use crate::catalog::vschema::{Document, Rules};
use crate::catalog::{Catalog, Keyspace};

const PRODUCT: &str = r#"{"tables": {"product": {}, "customer_seq": {"type": "sequence"}, "corder_keyspace_idx": {}}}"#;
const CUSTOMER: &str = r#"{
    "sharded": true,
    "vindexes": {
        "hash": {"type": "hash"},
        "corder_keyspace_idx": {
            "type": "consistent_lookup_unique",
            "params": {"table": "product.corder_keyspace_idx", "from": "corder_id", "to": "keyspace_id"},
            "owner": "corder"
        }
    },
    "tables": {
        "customer": {
            "column_vindexes": [{"column": "customer_id", "name": "hash"}],
            "auto_increment": {"column": "customer_id", "sequence": "product.customer_seq"}
        },
        "corder": {
            "column_vindexes": [
                {"column": "customer_id", "name": "hash"},
                {"columns": ["corder_id"], "name": "corder_keyspace_idx"}
            ]
        }
    }
}"#;

fn catalog(documents: &[(&str, &str)]) -> Catalog {
    let keyspace = |&(name, json): &(&str, &str)| {
        let vschema =
            Document::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
        (
            name.to_owned(),
            Keyspace {
                name: name.to_owned(),
                vschema,
                ..Keyspace::default()
            }
            .into(),
        )
    };
    Catalog {
        keyspaces: documents.iter().map(keyspace).collect(),
        ..Catalog::default()
    }
}

fn cluster(product: &str, customer: &str) -> Catalog {
    catalog(&[("product", product), ("customer", customer)])
}

#[track_caller]
fn check(from: &Catalog, to: &Catalog, expected: &[&str]) -> Vec<Step> {
    let steps = migration(from, to).unwrap();
    assert_eq!(steps.iter().map(Step::sql).collect::<Vec<_>>(), expected);
    steps
}

/// A text with one part of it replaced.
#[track_caller]
fn edit(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_whole_cluster_is_declared_from_used_to_users() {
    check(
        &cluster("{}", "{}"),
        &cluster(PRODUCT, CUSTOMER),
        &[
            "alter vschema add table product.corder_keyspace_idx",
            "alter vschema add sequence product.customer_seq",
            "alter vschema add table product.product",
            "alter vschema on customer.corder add vindex `hash` (customer_id) using `hash`",
            "alter vschema on customer.corder add vindex corder_keyspace_idx (corder_id) using consistent_lookup_unique with owner=corder, from=corder_id, table='product.corder_keyspace_idx', to=keyspace_id",
            "alter vschema on customer.customer add vindex `hash` (customer_id)",
            "alter vschema on customer.customer add auto_increment customer_id using product.customer_seq",
        ],
    );
}

#[test]
fn the_whole_cluster_is_taken_back_from_users_to_used() {
    let from = cluster(PRODUCT, CUSTOMER);
    check(
        &from,
        &cluster("{}", r#"{"sharded": true}"#),
        &[
            "alter vschema drop table customer.corder",
            "alter vschema drop table customer.customer",
            "alter vschema drop table product.corder_keyspace_idx",
            "alter vschema drop sequence product.customer_seq",
            "alter vschema drop table product.product",
            "alter vschema drop vindex customer.corder_keyspace_idx",
            "alter vschema drop vindex customer.`hash`",
        ],
    );
}

#[test]
fn a_lookup_becomes_the_primary_vindex_of_a_new_table() {
    let product = edit(
        PRODUCT,
        "}}",
        r#"}, "corder_event_seq": {"type": "sequence"}}"#,
    );
    let event = r#""tables": {"corder_event": {
        "column_vindexes": [{"column": "corder_id", "name": "corder_keyspace_idx"}, {"column": "keyspace_id", "name": "binary"}],
        "auto_increment": {"column": "corder_event_id", "sequence": "product.corder_event_seq"}
    },"#;
    let customer = edit(CUSTOMER, r#""tables": {"#, event);
    let customer = edit(
        &customer,
        r#""vindexes": {"#,
        r#""vindexes": {"binary": {"type": "binary"},"#,
    );
    let (from, to) = (cluster(PRODUCT, CUSTOMER), cluster(&product, &customer));
    check(
        &from,
        &to,
        &[
            "alter vschema add sequence product.corder_event_seq",
            "alter vschema on customer.corder_event add vindex corder_keyspace_idx (corder_id)",
            "alter vschema on customer.corder_event add vindex `binary` (keyspace_id) using `binary`",
            "alter vschema on customer.corder_event add auto_increment corder_event_id using product.corder_event_seq",
        ],
    );
    check(
        &to,
        &from,
        &[
            "alter vschema drop table customer.corder_event",
            "alter vschema drop sequence product.corder_event_seq",
            "alter vschema drop vindex customer.`binary`",
        ],
    );
}

#[test]
fn another_primary_vindex_is_a_hazard() {
    let other = CUSTOMER.replace(
        r#""hash": {"type": "hash"}"#,
        r#""hash": {"type": "xxhash"}"#,
    );
    let steps = check(
        &cluster(PRODUCT, CUSTOMER),
        &cluster(PRODUCT, &other),
        &[
            "alter vschema on customer.corder drop vindex corder_keyspace_idx",
            "alter vschema on customer.corder drop vindex `hash`",
            "alter vschema on customer.customer drop vindex `hash`",
            "alter vschema drop vindex customer.`hash`",
            "alter vschema on customer.corder add vindex `hash` (customer_id) using xxhash",
            "alter vschema on customer.corder add vindex corder_keyspace_idx (corder_id)",
            "alter vschema on customer.customer add vindex `hash` (customer_id)",
            "alter vschema on customer.customer add auto_increment customer_id using product.customer_seq",
        ],
    );
    let hazards: Vec<&str> = steps
        .iter()
        .flat_map(|step| &step.hazards)
        .map(String::as_str)
        .collect();
    assert_eq!(
        hazards,
        [
            "the primary vindex of `customer.corder` changes: stored rows are no longer found until they are moved",
            "the primary vindex of `customer.customer` changes: stored rows are no longer found until they are moved",
        ]
    );
}

#[test]
fn what_has_no_statement_is_a_document_that_says_so() {
    let columns = edit(
        CUSTOMER,
        r#""customer": {"#,
        r#""customer": {"columns": [{"name": "uname", "type": "VARCHAR"}],"#,
    );
    let columns = edit(
        &columns,
        r#""sharded": true,"#,
        r#""sharded": true, "foreign_key_mode": "managed","#,
    );
    let steps = migration(&cluster(PRODUCT, CUSTOMER), &cluster(PRODUCT, &columns)).unwrap();
    assert_eq!(steps.len(), 1);
    let text = steps[0].sql();
    let first = "-- ApplyVSchema, keyspace `customer`, as ALTER VSCHEMA has no form for foreign_key_mode, columns of `customer`:\n-- {\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.lines().all(|line| line.starts_with("-- ")), "{text}");
    let json: String = text.lines().skip(1).map(|line| &line[3..]).collect();
    let read = Document::from_json(json.as_bytes()).unwrap();
    let wanted = Document::from_json(columns.as_bytes()).unwrap();
    assert_eq!(super::normalized(&read), super::normalized(&wanted));
}

#[test]
fn the_spelling_of_a_document_is_no_change() {
    let spelled = edit(
        CUSTOMER,
        r#"{"column": "customer_id", "name": "hash"}"#,
        r#"{"columns": ["customer_id"], "name": "hash"}"#,
    );
    let spelled = edit(&spelled, "product.customer_seq", "`product`.`customer_seq`");
    check(
        &cluster(PRODUCT, CUSTOMER),
        &cluster(PRODUCT, &spelled),
        &[],
    );
}

#[test]
fn rules_are_documents() {
    let from = cluster(PRODUCT, CUSTOMER);
    let rules = Rules {
        routing: vec![("t".into(), vec!["customer.t".into()])],
        ..Rules::default()
    };
    let to = Catalog {
        rules,
        ..from.clone()
    };
    let text = |from: &Catalog, to: &Catalog| {
        migration(from, to)
            .unwrap()
            .iter()
            .map(Step::sql)
            .collect::<String>()
    };
    assert!(
        text(&from, &to)
            .starts_with("-- ApplyRoutingRules, as no statement changes rules:\n-- {\n")
    );
    assert_eq!(
        text(&to, &from),
        "-- ApplyRoutingRules, as no statement changes rules:\n-- {\"rules\": []}"
    );
}
