//! A lookup whose owner does not list it.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-owner-not-using",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a lookup vindex whose owner does not have it among its column vindexes",
        why: "Vitess accepts it in silence, and nobody writes the entries: rows are not found by these values.",
        fix: "Add the vindex to the owner, over the columns whose values are looked up.",
        example: r#""owner": "corder" while corder lists only "hash""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let owner = &used.written.owner;
        if subject.entry(used.keyspace, owner).is_some() && subject.owner(&used).is_none() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` is owned by `{owner}`, which does not use it",
                    used.name
                ),
                format!("add `{}` to the column vindexes of `{owner}`", used.name),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_owner_uses_it() {
        let vschema = |used: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k"}, "owner": "t"}},
                "tables": {"t": {"column_vindexes": [{"name": "hash", "columns": ["id"]} USED]}}}"#
                .replace("USED", used)
        };
        let id = "lookup-owner-not-using";
        expect(
            id,
            &[("ks", &vschema(""), &[])],
            &["ks.l: lookup `l` is owned by `t`, which does not use it"],
        );
        expect(
            id,
            &[("ks", &vschema(r#", {"name": "l", "columns": ["a"]}"#), &[])],
            &[],
        );
    }
}
