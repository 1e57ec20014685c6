//! A backing table without the columns that a lookup names.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-columns",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a lookup vindex whose backing table lacks a column of `from`, or `to`",
        why: "The first statement that uses the vindex fails, and so does every INSERT of its owner.",
        fix: "Correct `from` and `to`, or add the columns to the backing table.",
        example: r#""from": "order_id" with a backing table (corder_id, keyspace_id)"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let Some((found, table)) = subject.backing(used.lookup) else {
            continue;
        };
        let columns = used.lookup.from_columns().iter().map(String::as_str);
        let missing: Vec<&str> = columns
            .chain([used.lookup.to_column()])
            .filter(|column| !column.is_empty() && table.column(column).is_none())
            .collect();
        if !missing.is_empty() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` uses `{}`, which its backing table `{}.{}` does not have",
                    used.name,
                    missing.join("`, `"),
                    found.keyspace,
                    found.name
                ),
                "correct `from` and `to`, or the table",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn from_and_to_are_columns() {
        let vschema = |from: &str| {
            r#"{"vindexes": {"l": {"type": "lookup", "params": {"table": "ks.idx", "from": "FROM", "to": "k"}}}}"#
                .replace("FROM", from)
        };
        let defined = &["create table idx (a int, k varbinary(10), primary key (a, k))"];
        let id = "lookup-table-columns";
        expect(
            id,
            &[("ks", &vschema("a, b"), defined)],
            &["ks.l: lookup `l` uses `b`, which its backing table `ks.idx` does not have"],
        );
        expect(id, &[("ks", &vschema("a"), defined)], &[]);
    }
}
