//! Entries that go while rows of others need them.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-shared-delete",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex that tables other than its owner use",
        why: "When a row of the owner goes, its entry goes too, and rows of the other tables with that value are not found any more.",
        fix: "Delete the rows of the other tables first, in the same transaction.",
        example: r#""corder_keyspace_idx" owned by corder and used by corder_event"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let owner = &used.written.owner;
        let entries = used.keyspace.vschema.tables.iter();
        let others: Vec<&str> = entries
            .filter(|(name, entry)| {
                *name != owner
                    && entry
                        .column_vindexes
                        .iter()
                        .any(|vindex| vindex.name == used.name)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if !owner.is_empty() && !others.is_empty() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "a DELETE from `{owner}` takes the entries of `{}` that `{}` is found by",
                    used.name,
                    others.join("`, `")
                ),
                "delete their rows first",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn entries_are_shared() {
        let vschema = |other: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"},
                "l": {"type": "lookup_unique", "params": {"table": "l", "from": "a", "to": "k"}, "owner": "o"}},
                "tables": {"o": {"column_vindexes": [{"name": "hash", "columns": ["id"]}, {"name": "l", "columns": ["a"]}]},
                    "e": {"column_vindexes": [{"name": "OTHER", "columns": ["a"]}]}}}"#
                .replace("OTHER", other)
        };
        let id = "lookup-shared-delete";
        expect(
            id,
            &[("ks", &vschema("l"), &[])],
            &["ks.l: a DELETE from `o` takes the entries of `l` that `e` is found by"],
        );
        expect(id, &[("ks", &vschema("hash"), &[])], &[]);
    }
}
