//! A mirror rule of names that are none.

use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Subject, mirror};

pub(in crate::review) const CHECK: Check = Check {
    id: "mirror-rule-target",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a mirror rule whose tables are not `keyspace.table`, lead nowhere, or have a tablet type that is not allowed",
        why: "Vitess keeps an error in its place: nothing is mirrored.",
        fix: "Correct the names; only `from_table` may end with `@replica` and its kin.",
        example: r#"{"from_table": "a.t", "to_table": "b.t@replica"}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    mirror::refused(subject, findings, |error| {
        matches!(
            error,
            LookupError::MirrorFrom { .. }
                | LookupError::MirrorTo { .. }
                | LookupError::MirrorTabletType { .. }
                | LookupError::MirrorToTabletType { .. }
        )
    });
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect_of_mirrors;

    #[test]
    fn a_rule_that_cannot_work_is_told() {
        let check = |rules: &str, expected: &[&str]| {
            expect_of_mirrors("mirror-rule-target", rules, expected)
        };
        check(
            r#"{"from_table": "a.t", "to_table": "b.t", "percent": 5}"#,
            &[],
        );
        check(
            r#"{"from_table": "a.t", "to_table": "b.t@replica", "percent": 5}"#,
            &[
                "mirror_rules.a.t: `a.t` cannot be mirrored to `b.t@replica`: to table: tablet type may not be specified: 'b.t@replica'",
            ],
        );
        check(
            r#"{"from_table": "a.t@x", "to_table": "b.t", "percent": 5}"#,
            &[
                "mirror_rules.a.t@x: `a.t@x` cannot be mirrored to `b.t`: from table: invalid tablet type: 'a.t@x'",
            ],
        );
    }
}
