//! A lookup that is written and not read.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-write-only-left",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex with `write_only`",
        why: "Queries by its columns scatter until the option goes, which is right only while the entries of older rows are being made.",
        fix: "Remove the option when the entries are complete and verified.",
        example: r#""write_only": "true""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        if used.lookup.is_backfilling() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` is `write_only`: queries by its columns scatter",
                    used.name
                ),
                "remove the option when the entries are complete",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_lookup_is_read() {
        let vschema = |said: &str| {
            r#"{"sharded": true, "vindexes": {"l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k", "write_only": "SAID"}}}}"#
                .replace("SAID", said)
        };
        let id = "lookup-write-only-left";
        expect(
            id,
            &[("ks", &vschema("true"), &[])],
            &["ks.l: lookup `l` is `write_only`: queries by its columns scatter"],
        );
        expect(id, &[("ks", &vschema("false"), &[])], &[]);
    }
}
