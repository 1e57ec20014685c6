//! Two mirror rules for one table.

use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Subject, mirror};

pub(in crate::review) const CHECK: Check = Check {
    id: "mirror-rule-duplicate",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "two mirror rules with one `from_table`",
        why: "Vitess keeps an error in their place: nothing is mirrored.",
        fix: "Keep one of them.",
        example: r#"two rules with "from_table": "a.t""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    mirror::refused(subject, findings, |error| {
        matches!(error, LookupError::MirrorDuplicate { .. })
    });
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect_of_mirrors;

    #[test]
    fn a_rule_that_cannot_work_is_told() {
        let check = |rules: &str, expected: &[&str]| {
            expect_of_mirrors("mirror-rule-duplicate", rules, expected)
        };
        check(
            r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}"#,
            &[],
        );
        let twice = r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}, {"from_table": "a.t", "to_table": "b.u", "percent": 5}"#;
        let error = "cannot be mirrored to `b.u`: from table: duplicate rule for entry 'a.t'";
        let (first, second) = (
            format!("mirror_rules.a.t: `a.t` {}", error.replace("b.u", "b.t")),
            format!("mirror_rules.a.t: `a.t` {error}"),
        );
        check(twice, &[&first, &second]);
    }
}
