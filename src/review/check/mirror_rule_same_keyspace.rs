//! A mirror rule within one keyspace.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::catalog::vschema::LookupError;
use crate::review::{Check, Findings, Rule, Spot, Subject};

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
    for (from, to, _) in &subject.catalog.rules.mirror {
        if let Some(Err(error @ LookupError::MirrorSameKeyspace)) =
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
                "mirror-rule-same-keyspace",
                &[keyspaces[0], keyspaces[1], keyspaces[2], file],
                expected,
            );
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
