//! A second functional vindex that Vitess cannot fill in.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "functional-secondary-not-reversible",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a functional vindex behind a lookup that is not reversible",
        why: "Vitess fills in the columns of reversible vindexes (`binary`, `hash`, `numeric`, `reverse_bits`) by itself; the value of this one must come with every INSERT, and must give the same keyspace id.",
        fix: "Use a reversible vindex, or let the application give the value.",
        example: r#""column_vindexes": [{"name": "corder_keyspace_idx", …}, {"name": "xxhash", …}]"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        if entry.lookup_primary().is_none() {
            continue;
        }
        for used in entry.functional_secondaries() {
            if used.vindex.as_reversible().is_none() {
                findings.add(
                    Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                    format!("Vitess cannot fill in `{}` of `{}`: `{}` is not reversible", used.columns.join("`, `"), entry.name, used.vindex_type),
                    "use `binary`, `hash`, `numeric` or `reverse_bits`, or give the value with every INSERT",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, hash_and_lookup};

    #[test]
    fn reversible_ones_are_filled_in() {
        let id = "functional-secondary-not-reversible";
        expect(
            id,
            &[("ks", &hash_and_lookup("l", "x"), &[])],
            &["ks.t.x: Vitess cannot fill in `b` of `t`: `xxhash` is not reversible"],
        );
        expect(id, &[("ks", &hash_and_lookup("l", "hash"), &[])], &[]);
    }
}
