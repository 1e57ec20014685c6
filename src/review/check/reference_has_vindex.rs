//! A reference table with a vindex.

use crate::catalog::files::Severity;
use crate::catalog::vschema::TableType;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "reference-has-vindex",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table of type `reference` with column vindexes",
        why: "Its rows are in every shard, and a vindex says they are in one.",
        fix: "Remove the vindexes, or the type.",
        example: r#"{"type": "reference", "column_vindexes": […]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        if entry.built.table_type == TableType::Reference
            && !entry.written.column_vindexes.is_empty()
        {
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, "column_vindexes"),
                format!(
                    "reference table `{}` has vindexes, though its rows are in every shard",
                    entry.name
                ),
                "remove the vindexes, or the type",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn every_shard_has_its_rows() {
        let id = "reference-has-vindex";
        expect(
            id,
            &[(
                "ks",
                &with_vindexes(
                    r#""type": "reference", "column_vindexes": [{"name": "hash", "columns": ["id"]}]"#,
                ),
                &[],
            )],
            &[
                "ks.t.column_vindexes: reference table `t` has vindexes, though its rows are in every shard",
            ],
        );
        expect(
            id,
            &[("ks", &with_vindexes(r#""type": "reference""#), &[])],
            &[],
        );
    }
}
