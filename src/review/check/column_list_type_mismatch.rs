//! A column list with wrong types.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "column-list-type-mismatch",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a column of a VSchema entry whose type is not that of the table",
        why: "Rows of several shards are sorted, grouped and compared by the listed type, which gives another order or other groups.",
        fix: "Correct the type.",
        example: r#""columns": [{"name": "id", "type": "VARCHAR"}] with id bigint"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(table) = entry.table else { continue };
        for listed in &entry.written.columns {
            let Some(column) = table.column(&listed.name) else {
                continue;
            };
            let real = column.column_type.query_type();
            if !listed.column_type.is_empty()
                && listed.column_type != real
                && listed.column_type != "NULL_TYPE"
            {
                findings.add(
                    Spot::entry(&entry.keyspace.name, entry.name, &listed.name),
                    format!(
                        "the VSchema says `{}.{}` is {}, and it is {real} ({})",
                        entry.name, listed.name, listed.column_type, column.column_type
                    ),
                    "correct the type",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn listed_types_are_right() {
        let vschema = |listed: &str| {
            r#"{"tables": {"t": {"columns": [{"name": "a", "type": "LISTED"}]}}}"#
                .replace("LISTED", listed)
        };
        let table = &["create table t (a bigint primary key)"];
        let id = "column-list-type-mismatch";
        expect(
            id,
            &[("ks", &vschema("VARCHAR"), table)],
            &["ks.t.a: the VSchema says `t.a` is VARCHAR, and it is INT64 (bigint)"],
        );
        expect(id, &[("ks", &vschema("INT64"), table)], &[]);
    }
}
