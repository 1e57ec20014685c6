//! A sharded table whose rows nothing tells apart.

use crate::catalog::Table;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::IndexPart;

pub(in crate::review) const CHECK: Check = Check {
    id: "no-unique-key",
    severity: Severity::Error,
    blocks: false,
    rule: Rule {
        what: "a table of a sharded keyspace without a primary key and without a unique key over NOT NULL columns",
        why: "The table works, but online DDL, MoveTables and resharding copy rows in the order of such a key, and cannot copy it.",
        fix: "Add a primary key.",
        example: "CREATE TABLE event (customer_id bigint, what text) in a sharded keyspace",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        if keyspace.vschema.sharded && !identifies_rows(table) {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!("nothing tells the rows of `{}` apart", table.name()),
                "add a primary key",
            );
        }
    }
}

fn identifies_rows(table: &Table) -> bool {
    table.unique_keys().any(|key| {
        key.parts.iter().all(|part| match part {
            IndexPart::Column { name, .. } => table
                .column(name)
                .is_some_and(|column| column.nullable == Some(false)),
            IndexPart::Expression { .. } => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_key_tells_rows_apart() {
        let sharded = r#"{"sharded": true}"#;
        let id = "no-unique-key";
        for (table, found) in [
            ("create table t (a int)", true),
            ("create table t (a int, unique (a))", true),
            ("create table t (a int not null, unique (a))", false),
            ("create table t (a int primary key)", false),
        ] {
            let expected: &[&str] = if found {
                &["ks.t: nothing tells the rows of `t` apart"]
            } else {
                &[]
            };
            expect(id, &[("ks", sharded, &[table])], expected);
        }
        expect(id, &[("ks", "{}", &["create table t (a int)"])], &[]);
    }
}
