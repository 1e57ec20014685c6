//! A lookup without an owner.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-owner-missing",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex without `owner`",
        why: "Nobody writes or removes its entries, unless something else than Vitess does.",
        fix: "Name the table whose rows the entries are of.",
        example: r#""by_email": {"type": "consistent_lookup_unique", "params": {…}}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        if used.written.owner.is_empty() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` has no owner, and nobody keeps its entries",
                    used.name
                ),
                "name the table whose rows the entries are of",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn somebody_keeps_the_entries() {
        let vschema = |owner: &str| {
            r#"{"sharded": true, "vindexes": {"l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k"} OWNER}}}"#
                .replace("OWNER", owner)
        };
        let id = "lookup-owner-missing";
        expect(
            id,
            &[("ks", &vschema(""), &[])],
            &["ks.l: lookup `l` has no owner, and nobody keeps its entries"],
        );
        expect(id, &[("ks", &vschema(r#", "owner": "t""#), &[])], &[]);
    }
}
