//! A sharded table that Vitess does not know.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "table-not-in-vschema",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table of a sharded keyspace without an entry in the VSchema",
        why: "Vitess does not know where its rows are: queries fail.",
        fix: "Add an entry with a primary vindex, or as a reference table.",
        example: r#"tables/corder_event.sql without "corder_event" in vschema.json"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        if keyspace.vschema.sharded && !keyspace.vschema.tables.contains_key(table.name()) {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!(
                    "`{}` of sharded keyspace `{}` is not in its VSchema",
                    table.name(),
                    keyspace.name
                ),
                "add an entry with a primary vindex",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn sharded_tables_have_entries() {
        let table = &["create table t (a int primary key)"];
        let id = "table-not-in-vschema";
        expect(
            id,
            &[("ks", r#"{"sharded": true}"#, table)],
            &["ks.t: `t` of sharded keyspace `ks` is not in its VSchema"],
        );
        expect(id, &[("ks", "{}", table)], &[]);
    }
}
