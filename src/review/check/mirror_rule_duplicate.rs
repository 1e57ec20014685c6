//! Two mirror rules for one table.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Spot, Subject};

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
    for (from, to, _) in &subject.catalog.rules.mirror {
        if let Some(Err(error @ LookupError::MirrorDuplicate { .. })) =
            subject.vschema.mirror_rule(from)
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
                "mirror-rule-duplicate",
                &[keyspaces[0], keyspaces[1], keyspaces[2], file],
                expected,
            );
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
