//! Two routing rules for one table.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-duplicate",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "two routing rules with one `from_table`",
        why: "Vitess replaces both by an error; every query of the table fails.",
        fix: "Keep one of them.",
        example: r#"{"from_table": "corder", …}, {"from_table": "corder", …}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let rules = &subject.catalog.rules.routing;
    for (number, (from, _)) in rules.iter().enumerate() {
        let earlier = rules[..number].iter().filter(|(other, _)| other == from);
        if earlier.count() == 1 {
            findings.add(
                Spot::rule(RuleFile::Routing, from),
                format!("`{from}` has several routing rules"),
                "keep one of them",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_table_has_one_rule() {
        let rules = |second: &str| {
            r#"{"rules": [{"from_table": "x", "to_tables": ["ks.t"]}, {"from_table": "SECOND", "to_tables": ["ks.t"]}]}"#
                .replace("SECOND", second)
        };
        let id = "routing-rule-duplicate";
        expect(
            id,
            &[("routing_rules.json", &rules("x"), &[])],
            &["routing_rules.x: `x` has several routing rules"],
        );
        expect(id, &[("routing_rules.json", &rules("x@replica"), &[])], &[]);
    }
}
