//! A mirror rule within one keyspace.

use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Subject, mirror};

pub(in crate::review) const CHECK: Check = Check {
    id: "mirror-rule-same-keyspace",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a mirror rule whose tables are in one keyspace",
        why: "Vitess refuses the rule: the same servers would be asked twice.",
        fix: "Mirror to a table of another keyspace.",
        example: r#"{"from_table": "a.t", "to_table": "a.u"}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    mirror::refused(subject, findings, |error| {
        matches!(error, LookupError::MirrorSameKeyspace)
    });
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect_of_mirrors;

    #[test]
    fn a_rule_that_cannot_work_is_told() {
        let check = |rules: &str, expected: &[&str]| {
            expect_of_mirrors("mirror-rule-same-keyspace", rules, expected)
        };
        check(
            r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}"#,
            &[],
        );
        check(
            r#"{"from_table": "a.t", "to_table": "a.u", "percent": 5}"#,
            &[
                "mirror_rules.a.t: `a.t` cannot be mirrored to `a.u`: to table: cannot reside in same keyspace as from table",
            ],
        );
    }
}
