//! A mirror rule of names that are none.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Spot, Subject};

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
    for (from, to, _) in &subject.catalog.rules.mirror {
        if let Some(Err(
            error @ (LookupError::MirrorFrom { .. }
            | LookupError::MirrorTo { .. }
            | LookupError::MirrorTabletType { .. }
            | LookupError::MirrorToTabletType { .. }),
        )) = subject.vschema.mirror_rule(from)
        {
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
                "mirror-rule-target",
                &[keyspaces[0], keyspaces[1], keyspaces[2], file],
                expected,
            );
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
