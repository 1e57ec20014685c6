//! A routing rule to a table of no keyspace.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-unqualified",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a routing rule whose target is not written `keyspace.table`",
        why: "Vitess keeps the rule with an error; every query of the table fails.",
        fix: "Write the target as `keyspace.table`.",
        example: r#"{"from_table": "corder", "to_tables": ["orders"]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, to) in &subject.catalog.rules.routing {
        for target in to {
            let parts: Vec<&str> = target.split('.').collect();
            if parts.len() != 2 || parts.iter().any(|part| part.trim_matches('`').is_empty()) {
                findings.add(
                    Spot::rule(RuleFile::Routing, from),
                    format!("`{from}` is routed to `{target}`, which is not `keyspace.table`"),
                    "name the keyspace",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn targets_are_qualified() {
        let rules =
            |to: &str| r#"{"rules": [{"from_table": "x", "to_tables": ["TO"]}]}"#.replace("TO", to);
        let id = "routing-rule-unqualified";
        for (to, found) in [
            ("ks.t", false),
            ("`ks`.`t`", false),
            ("t", true),
            ("a.b.c", true),
        ] {
            let message =
                format!("routing_rules.x: `x` is routed to `{to}`, which is not `keyspace.table`");
            let expected: &[&str] = if found { &[&message] } else { &[] };
            expect(id, &[("routing_rules.json", &rules(to), &[])], expected);
        }
    }
}
