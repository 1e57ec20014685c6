//! A table that is placed by look-up.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "primary-vindex-lookup",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table whose primary vindex is a lookup",
        why: "Every statement that routes by it asks the backing table first.",
        fix: "Put a functional vindex first, if the rows may lie by its column.",
        example: r#""corder_event": {"column_vindexes": [{"name": "corder_keyspace_idx", …}]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(primary) = entry
            .built
            .primary()
            .filter(|primary| primary.vindex.needs_lookup())
        else {
            continue;
        };
        let functional = entry
            .column_vindexes()
            .skip(1)
            .find(|used| used.unique && !used.vindex.needs_lookup());
        let hint = match functional {
            Some(functional) => format!(
                "`{}` computes the same keyspace id: put it first if queries know its column",
                functional.name
            ),
            None => "share the vindex of the table's owner instead, if its column can be added"
                .to_owned(),
        };
        findings.add(
            Spot::entry(&entry.keyspace.name, entry.name, &primary.name),
            format!(
                "the rows of `{}` are placed by lookup `{}`",
                entry.name, primary.name
            ),
            hint,
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_lookup_comes_first() {
        let vschema = |first: &str, second: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"},
                "l": {"type": "lookup_unique", "params": {"table": "l", "from": "a", "to": "k"}}},
                "tables": {"t": {"column_vindexes": [{"name": "FIRST", "columns": ["a"]}, {"name": "SECOND", "columns": ["b"]}]}}}"#
                .replace("FIRST", first)
                .replace("SECOND", second)
        };
        let id = "primary-vindex-lookup";
        expect(
            id,
            &[("ks", &vschema("l", "hash"), &[])],
            &["ks.t.l: the rows of `t` are placed by lookup `l`"],
        );
        expect(id, &[("ks", &vschema("hash", "l"), &[])], &[]);
    }
}
