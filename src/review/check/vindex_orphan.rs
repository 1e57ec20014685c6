//! A vindex that no table uses.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-orphan",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a vindex that no table of its keyspace uses",
        why: "It is dead configuration; the table of a lookup is kept for nothing.",
        fix: "Remove it, or add it to a table.",
        example: r#""vindexes": {"hash": …, "old_hash": …} with only "hash" in use"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject.keyspaces() {
        let used = |name: &str| {
            let mut entries = keyspace.vschema.tables.values();
            entries.any(|entry| {
                entry
                    .column_vindexes
                    .iter()
                    .any(|vindex| vindex.name == name)
            })
        };
        for name in keyspace.vschema.vindexes.keys().filter(|name| !used(name)) {
            findings.add(
                Spot::vindex(&keyspace.name, name),
                format!("no table of `{}` uses vindex `{name}`", keyspace.name),
                "remove it, or add it to a table",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn vindexes_are_used() {
        let vschema = |table: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}}, "tables": {TABLE}}"#
                .replace("TABLE", table)
        };
        let id = "vindex-orphan";
        expect(
            id,
            &[("ks", &vschema(""), &[])],
            &["ks.hash: no table of `ks` uses vindex `hash`"],
        );
        let table = r#""t": {"column_vindexes": [{"name": "hash", "columns": ["id"]}]}"#;
        expect(id, &[("ks", &vschema(table), &[])], &[]);
    }
}
