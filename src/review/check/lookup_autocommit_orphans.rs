//! A lookup whose entries outlive their rows.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-autocommit-orphans",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex with `autocommit`",
        why: "Entries are written on their own: a transaction that fails leaves them behind, and the column must not be updated.",
        fix: "Leave the option out, or use `consistent_lookup`.",
        example: r#""autocommit": "true""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let said = used.written.params.get("autocommit").map(String::as_str);
        if said == Some("true") {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` writes entries that a failed transaction leaves behind",
                    used.name
                ),
                "leave `autocommit` out, if its speed is not needed",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_option_is_told() {
        let vschema = |said: &str| {
            r#"{"sharded": true, "vindexes": {"l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k", "autocommit": "SAID"}}}}"#
                .replace("SAID", said)
        };
        let id = "lookup-autocommit-orphans";
        expect(
            id,
            &[("ks", &vschema("true"), &[])],
            &["ks.l: lookup `l` writes entries that a failed transaction leaves behind"],
        );
        expect(id, &[("ks", &vschema("false"), &[])], &[]);
    }
}
