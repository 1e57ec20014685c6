//! Routing rules that lead in a circle.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use std::collections::BTreeMap;

use crate::catalog::files::RuleFile;

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-loop",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "routing rules that lead from a table by way of others back to it",
        why: "Rules are applied once and never chased: the table that is read is another than the chain suggests.",
        fix: "Let every rule name the table that is meant in the end.",
        example: r#"{"from_table": "a.t", "to_tables": ["b.t"]}, {"from_table": "b.t", "to_tables": ["a.t"]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let rules: BTreeMap<&str, &str> = subject
        .catalog
        .rules
        .routing
        .iter()
        .filter_map(|(from, to)| Some((from.as_str(), to.first()?.as_str())))
        .collect();
    for start in rules.keys() {
        let mut path = vec![*start];
        // A rule that leads to itself is how traffic is held where it is.
        while let Some(next) = path.last().and_then(|last| rules.get(last)) {
            if *next == *start && path.len() > 1 {
                path.push(next);
                // The circle is told once, from its first name on.
                if path.iter().min() == Some(start) {
                    findings.add(
                        Spot::rule(RuleFile::Routing, start),
                        format!("routing rules lead in a circle: {}", path.join(" -> ")),
                        "name the table that is meant in the end",
                    );
                }
                break;
            }
            if path.contains(next) {
                break;
            }
            path.push(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn rules_do_not_lead_back() {
        let rules = |to: &str| {
            r#"{"rules": [{"from_table": "a.t", "to_tables": ["b.t"]}, {"from_table": "b.t", "to_tables": ["TO"]}]}"#
                .replace("TO", to)
        };
        let id = "routing-rule-loop";
        expect(
            id,
            &[("routing_rules.json", &rules("a.t"), &[])],
            &["routing_rules.a.t: routing rules lead in a circle: a.t -> b.t -> a.t"],
        );
        expect(id, &[("routing_rules.json", &rules("b.t"), &[])], &[]);
    }
}
