//! Descriptors in the new form and the old.

use super::{Descriptor, DescriptorError, add_index_form, check, describe, upgrade};
use crate::catalog::alter::{ForeignKeyChecks, apply};
use crate::catalog::foreign_key::Action;
use crate::catalog::{Catalog, Keyspace};
use crate::sql::{Statement, parse_statement};

fn play(script: &[&str]) -> Catalog {
    let mut catalog = Catalog::default();
    let keyspace = Keyspace {
        name: "k".into(),
        ..Keyspace::default()
    };
    catalog.keyspaces.insert("k".into(), keyspace.into());
    for text in script {
        let Ok(Statement::Ddl(ddl)) = parse_statement(text) else {
            panic!("{text}")
        };
        let outcome = apply(&catalog, "k", &ddl, ForeignKeyChecks::On);
        catalog = outcome
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .catalog;
    }
    catalog
}

/// The example of the change that introduced column-encoded references: customers live in a zip code.
const ZIPCODES: &[&str] = &[
    "create table zipcodes (zipcode int primary key, city varchar(20))",
    "create table customers (id int primary key, zip int, constraint fk_zip foreign key (zip) references zipcodes (zipcode) on delete cascade)",
];

fn sides(descriptors: &[Descriptor]) -> Vec<String> {
    let mut lines = Vec::new();
    for descriptor in descriptors {
        for (side, references) in [("out", &descriptor.out_fks), ("in", &descriptor.in_fks)] {
            for reference in references {
                lines.push(format!(
                    "{} {side} {} {}: {} -> {}",
                    descriptor.id.table,
                    reference.name,
                    reference.referenced_table.table,
                    reference.self_column_ids.join(","),
                    reference.other_column_ids.join(",")
                ));
            }
        }
    }
    lines
}

#[test]
fn each_end_knows_its_references_by_column() {
    let catalog = play(ZIPCODES);
    let descriptors = describe(&catalog);
    assert_eq!(
        sides(&descriptors),
        [
            "customers out fk_zip zipcodes: zip -> zipcode",
            "zipcodes in fk_zip customers: zipcode -> zip"
        ]
    );
    assert_eq!(descriptors[0].out_fks[0].on_delete, Action::Cascade);
    assert_eq!(check(&descriptors), Ok(()));
}

#[test]
fn renames_leave_references_as_they_are() {
    let mut script = ZIPCODES.to_vec();
    script.extend([
        "rename table zipcodes to areas, customers to people",
        "alter table areas rename column zipcode to code",
        "alter table people rename column zip to area",
    ]);
    assert_eq!(
        sides(&describe(&play(&script))),
        sides(&describe(&play(ZIPCODES)))
    );
}

#[test]
fn the_json_has_both_sides_and_no_index() {
    let descriptors = describe(&play(ZIPCODES));
    let json = serde_json::to_value(&descriptors[0]).expect("a descriptor as JSON");
    assert_eq!(
        json["out_fks"],
        serde_json::json!([{
            "referenced_table": {"keyspace": "k", "table": "zipcodes"}, "name": "fk_zip", "validity": "validated",
            "on_delete": "CASCADE", "on_update": "NO_ACTION", "match": "SIMPLE",
            "self_column_ids": ["zip"], "other_column_ids": ["zipcode"],
        }])
    );
    assert_eq!(json["in_fks"], serde_json::json!([]));
    let again: Descriptor = serde_json::from_value(json).expect("what was written");
    assert_eq!(again, descriptors[0]);
}

/// Both forms are written, then only the old one is kept, and read back.
#[track_caller]
fn check_round_trip(script: &[&str]) {
    let descriptors = describe(&play(script));
    let mut old = descriptors.clone();
    add_index_form(&mut old).expect("indexes on both sides");
    assert_eq!(check(&old), Ok(()));
    assert_eq!(upgrade(old.clone()), Ok(descriptors.clone()), "both forms");
    for descriptor in &mut old {
        descriptor.out_fks.clear();
        descriptor.in_fks.clear();
    }
    assert_eq!(upgrade(old), Ok(descriptors), "the old form alone");
}

#[test]
fn the_older_form_is_written_and_read() {
    check_round_trip(ZIPCODES);
    // A prefix of a longer index, a table that references itself, two keys on one column through two indexes.
    check_round_trip(&[
        "create table p (a int, b int, c int, primary key (a, b), key c (c, a))",
        "create table t (id int primary key, x int, y int, up int, key xy (x, y, up), key x2 (x), \
         foreign key (x, y) references p (a, b), foreign key (up) references t (id), foreign key (x) references p (c))",
    ]);
}

#[test]
fn the_fields_of_the_older_form_stand_beside_the_new() {
    let mut descriptors = describe(&play(ZIPCODES));
    add_index_form(&mut descriptors).expect("indexes on both sides");
    let customers = &descriptors[0];
    let tied = customers
        .indexes
        .iter()
        .find(|index| index.name == "fk_zip")
        .expect("the implicit index");
    let old = tied.foreign_key.as_ref().expect("the older form");
    assert_eq!(
        (
            old.table.table.as_str(),
            old.index.as_str(),
            old.shared_prefix_len
        ),
        ("zipcodes", "PRIMARY", 1)
    );
    assert_eq!(customers.out_fks[0].index.as_deref(), Some("fk_zip"));
    let back = &descriptors[1].indexes[0].referenced_by;
    assert_eq!(
        (back[0].table.table.as_str(), back[0].index.as_str()),
        ("customers", "fk_zip")
    );
    assert_eq!(descriptors[1].in_fks[0].shared_prefix_len, Some(1));
}

#[test]
fn what_the_older_form_cannot_say_is_named() {
    // Two constraints on one column need two indexes there.
    let mut descriptors = describe(&play(&[
        "create table p (a int primary key, b int, key (b))",
        "create table t (x int, constraint f1 foreign key (x) references p (a), constraint f2 foreign key (x) references p (b))",
    ]));
    let expected = DescriptorError::NoIndex {
        table: "t".into(),
        constraint: "f2".into(),
    };
    assert_eq!(add_index_form(&mut descriptors), Err(expected));

    let mut old = describe(&play(ZIPCODES));
    add_index_form(&mut old).expect("indexes on both sides");
    old[0].out_fks.clear();
    let without = vec![old[0].clone()];
    assert!(
        matches!(upgrade(without), Err(DescriptorError::UnknownTable { other, .. }) if other == "zipcodes")
    );
    old[1].indexes.clear();
    assert!(
        matches!(upgrade(old), Err(DescriptorError::UnknownIndex { other, .. }) if other == "PRIMARY")
    );

    let mut broken = describe(&play(ZIPCODES));
    broken[1].in_fks[0].on_delete = Action::Restrict;
    assert!(
        matches!(check(&broken), Err(DescriptorError::Unmirrored { table, .. }) if table == "customers")
    );
}
