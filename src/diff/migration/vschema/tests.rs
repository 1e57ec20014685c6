//! Statements and documents for changes of the VSchema.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::{Action, Step, migration};
use crate::catalog::vschema::{ColumnVindex, Document, Rules, Table, alter};
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

/// Runs the printed statements, and documents where there are some, on the documents of `from`.
fn play(from: &Catalog, steps: &[Step]) -> Result<Catalog, String> {
    let mut result = from.clone();
    for step in steps {
        let Some(keyspace) = result.keyspaces.get_mut(&step.keyspace) else {
            continue;
        };
        let keyspace = std::sync::Arc::make_mut(keyspace);
        keyspace.vschema = match &step.action {
            Action::Vschema(_) => {
                let sql = step.sql();
                let Ok(crate::sql::Statement::AlterVschema(statement)) =
                    crate::sql::parse_statement(&sql)
                else {
                    return Err(format!("no ALTER VSCHEMA: {sql}"));
                };
                let target =
                    alter::target(&statement, None).map_err(|error| format!("{sql}: {error}"))?;
                alter::apply(target, &keyspace.vschema, &statement)
                    .map_err(|error| format!("{sql}: {error}"))?
            }
            Action::Document { document, .. } => (**document).clone(),
            _ => continue,
        };
    }
    Ok(result)
}

/// A sharded document over few names, so that two of them have much in common.
fn document() -> impl Strategy<Value = Document> {
    let vindexes = ["hash", "region", "look", "many"];
    let column = |name: &str| ColumnVindex {
        name: name.into(),
        columns: vec![format!("{name}_id")],
        ..ColumnVindex::default()
    };
    let secondary = subsequence(vec!["look", "many", "region"], 0..=3);
    let table = (
        select(vec!["hash", "region"]),
        secondary,
        proptest::option::of(select(vec!["id", "no"])),
        0..12_u8,
    );
    let table = table.prop_map(move |(primary, secondary, auto, odd)| {
        let others = secondary.into_iter().filter(|name| *name != primary);
        let mut table = Table {
            column_vindexes: std::iter::once(primary).chain(others).map(column).collect(),
            ..Table::default()
        };
        table.auto_increment = auto.map(|column| super::AutoIncrement {
            column: column.into(),
            sequence: "product.seq".into(),
        });
        table.column_list_authoritative = odd == 0;
        table
    });
    let tables = proptest::collection::btree_map(
        select(vec!["t".to_owned(), "u".to_owned(), "order".to_owned()]),
        table,
        0..=3,
    );
    (tables, select(vec!["hash", "xxhash"]), any::<bool>()).prop_map(move |(tables, kind, owned)| {
        let mut document = Document { sharded: true, tables, ..Document::default() };
        for name in vindexes {
            let definition = match name {
                "hash" => format!(r#"{{"type": "{kind}"}}"#),
                "region" => r#"{"type": "binary"}"#.to_owned(),
                "look" => format!(
                    r#"{{"type": "lookup_unique", "params": {{"table": "product.look", "from": "look_id", "to": "ks"}}, "owner": "{}"}}"#,
                    if owned { "t" } else { "" }
                ),
                _ => r#"{"type": "lookup", "params": {"table": "many", "from": "many_id", "to": "it's"}}"#.to_owned(),
            };
            let json = format!(r#"{{"vindexes": {{"{name}": {definition}}}}}"#);
            document.vindexes.extend(Document::from_json(json.as_bytes()).unwrap().vindexes);
        }
        document
    })
}

/// An unsharded document of tables and sequences.
fn unsharded() -> impl Strategy<Value = Document> {
    let kind = select(vec!["", "sequence"]);
    proptest::collection::btree_map(
        select(vec!["a".to_owned(), "b".to_owned(), "seq".to_owned()]),
        kind,
        0..=3,
    )
    .prop_map(|tables| {
        let table = |kind: &str| Table {
            table_type: kind.into(),
            ..Table::default()
        };
        let tables = tables
            .into_iter()
            .map(|(name, kind)| (name, table(kind)))
            .collect();
        Document {
            tables,
            ..Document::default()
        }
    })
}

fn clusters() -> impl Strategy<Value = Catalog> {
    (unsharded(), prop_oneof![4 => document(), 1 => unsharded()])
        .prop_map(|(product, customer)| cluster(&product.to_json(), &customer.to_json()))
}

proptest! {
    #[test]
    fn applying_the_statements_gives_the_other_document(from in clusters(), to in clusters()) {
        let steps = migration(&from, &to).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let result = play(&from, &steps).map_err(TestCaseError::fail)?;
        for (name, keyspace) in &to.keyspaces {
            prop_assert_eq!(super::normalized(&result.keyspaces[name].vschema), super::normalized(&keyspace.vschema));
        }
    }
}
