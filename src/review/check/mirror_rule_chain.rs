//! A mirror rule of what is mirrored to.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "mirror-rule-chain",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a mirror rule from a keyspace that another rule mirrors to",
        why: "Vitess refuses the rule: traffic would multiply.",
        fix: "Mirror from the first keyspace to each other one.",
        example: "a.t mirrored to b.t, and b.u to c.u",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, to, _) in &subject.catalog.rules.mirror {
        if let Some(Err(error @ LookupError::MirrorChain)) = subject.vschema.mirror_rule(from) {
            findings.add(
                Spot::rule(RuleFile::Mirror, from),
                format!("`{from}` cannot be mirrored to `{to}`: {error}"),
                "correct the rule, or remove it",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_rule_that_cannot_work_is_told() {
        let rules = |rules: &str| r#"{"rules": [RULES]}"#.replace("RULES", rules);
        let keyspaces = [
            ("a", "{}", &[][..]),
            ("b", "{}", &[][..]),
            ("c", "{}", &[][..]),
        ];
        let check = |text: &str, expected: &[&str]| {
            let rules = rules(text);
            let file = ("mirror_rules.json", rules.as_str(), &[][..]);
            expect(
                "mirror-rule-chain",
                &[keyspaces[0], keyspaces[1], keyspaces[2], file],
                expected,
            );
        };
        check(
            r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}"#,
            &[],
        );
        check(
            r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}, {"from_table": "b.u", "to_table": "c.u", "percent": 5}"#,
            &[
                "mirror_rules.b.u: `b.u` cannot be mirrored to `c.u`: mirror chaining is not allowed",
            ],
        );
    }
}
