//! A lookup that is trusted without a look.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-no-verify",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex with `no_verify`",
        why: "An entry that is wrong routes a query to the wrong shard, and nothing notices.",
        fix: "Leave the option out unless its cost was measured.",
        example: r#""no_verify": "true""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let said = used.written.params.get("no_verify").map(String::as_str);
        if said == Some("true") {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!("lookup `{}` is trusted without being verified", used.name),
                "leave `no_verify` out, if its speed is not needed",
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
            r#"{"sharded": true, "vindexes": {"l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k", "no_verify": "SAID"}}}}"#
                .replace("SAID", said)
        };
        let id = "lookup-no-verify";
        expect(
            id,
            &[("ks", &vschema("true"), &[])],
            &["ks.l: lookup `l` is trusted without being verified"],
        );
        expect(id, &[("ks", &vschema("false"), &[])], &[]);
    }
}
