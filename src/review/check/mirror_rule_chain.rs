//! A mirror rule of what is mirrored to.

use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Subject, mirror};

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
    mirror::refused(subject, findings, |error| {
        matches!(error, LookupError::MirrorChain)
    });
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect_of_mirrors;

    #[test]
    fn a_rule_that_cannot_work_is_told() {
        let check = |rules: &str, expected: &[&str]| {
            expect_of_mirrors("mirror-rule-chain", rules, expected)
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
