//! A column vindex in the older form.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vschema-deprecated-form",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a column vindex with `column`, a text, instead of `columns`, a list",
        why: "The two mean the same, and documents that differ by the form alone look changed.",
        fix: "Write `columns`.",
        example: r#"{"name": "hash", "column": "id"}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        for used in entry
            .written
            .column_vindexes
            .iter()
            .filter(|used| !used.column.is_empty())
        {
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                format!(
                    "vindex `{}` of `{}` is given `column`, the older form of `columns`",
                    used.name, entry.name
                ),
                format!("write \"columns\": [\"{}\"]", used.column),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn columns_are_a_list() {
        let vschema = |columns: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}}, "tables": {"t": {"column_vindexes": [{"name": "hash", COLUMNS}]}}}"#
                .replace("COLUMNS", columns)
        };
        let id = "vschema-deprecated-form";
        expect(
            id,
            &[("ks", &vschema(r#""column": "id""#), &[])],
            &["ks.t.hash: vindex `hash` of `t` is given `column`, the older form of `columns`"],
        );
        expect(id, &[("ks", &vschema(r#""columns": ["id"]"#), &[])], &[]);
    }
}
