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
        let Some(primary) = entry.lookup_primary() else {
            continue;
        };
        let hint = match entry.functional_secondaries().next() {
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
    use crate::review::fixture::{expect, hash_and_lookup};

    #[test]
    fn a_lookup_comes_first() {
        let id = "primary-vindex-lookup";
        expect(
            id,
            &[("ks", &hash_and_lookup("l", "hash"), &[])],
            &["ks.t.l: the rows of `t` are placed by lookup `l`"],
        );
        expect(id, &[("ks", &hash_and_lookup("hash", "l"), &[])], &[]);
    }
}
