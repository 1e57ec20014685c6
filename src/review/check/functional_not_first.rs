//! A functional vindex behind a lookup.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "functional-not-first",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a table whose primary vindex is a lookup while a unique functional vindex comes later",
        why: "Both give the same keyspace id, and the first is asked for every INSERT: usually the order is a mistake.",
        fix: "Put the functional vindex first, unless only the column of the lookup is known when rows are inserted.",
        example: r#""column_vindexes": [{"name": "corder_keyspace_idx", …}, {"name": "hash", …}]"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        if let (Some(primary), Some(functional)) = (
            entry.lookup_primary(),
            entry.functional_secondaries().next(),
        ) {
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, &functional.name),
                format!(
                    "`{}` of `{}` is functional and comes after lookup `{}`",
                    functional.name, entry.name, primary.name
                ),
                "put it first, if INSERTs know its column",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, hash_and_lookup};

    #[test]
    fn what_computes_comes_first() {
        let id = "functional-not-first";
        expect(
            id,
            &[("ks", &hash_and_lookup("l", "hash"), &[])],
            &["ks.t.hash: `hash` of `t` is functional and comes after lookup `l`"],
        );
        expect(id, &[("ks", &hash_and_lookup("hash", "l"), &[])], &[]);
    }
}
