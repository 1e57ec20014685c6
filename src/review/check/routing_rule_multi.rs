//! A routing rule to several tables.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-multi",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a routing rule with several targets",
        why: "Vitess keeps the rule with an error; every query of the table fails.",
        fix: "Keep one target; none disables the table.",
        example: r#"{"from_table": "corder", "to_tables": ["a.corder", "b.corder"]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, to) in &subject.catalog.rules.routing {
        if to.len() > 1 {
            findings.add(
                Spot::rule(RuleFile::Routing, from),
                format!(
                    "`{from}` is routed to {} tables: `{}`",
                    to.len(),
                    to.join("`, `")
                ),
                "keep one of them",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_rule_has_one_target() {
        let rules =
            |to: &str| r#"{"rules": [{"from_table": "x", "to_tables": [TO]}]}"#.replace("TO", to);
        let id = "routing-rule-multi";
        expect(
            id,
            &[("routing_rules.json", &rules(r#""a.t", "b.t""#), &[])],
            &["routing_rules.x: `x` is routed to 2 tables: `a.t`, `b.t`"],
        );
        expect(id, &[("routing_rules.json", &rules(r#""a.t""#), &[])], &[]);
        expect(id, &[("routing_rules.json", &rules(""), &[])], &[]);
    }
}
