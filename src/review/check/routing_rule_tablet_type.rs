//! A routing rule for tablets that there are none of.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::catalog::vschema::TabletType;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-tablet-type",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a routing rule whose `from_table` ends with an unknown tablet type",
        why: "No query ever looks the rule up: it does nothing.",
        fix: "Write `@primary`, `@replica` or `@rdonly`.",
        example: r#"{"from_table": "corder@master", …}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, _) in &subject.catalog.rules.routing {
        let Some((_, tablet_type)) = from.split_once('@') else {
            continue;
        };
        if TabletType::parse(tablet_type).is_none() {
            findings.add(
                Spot::rule(RuleFile::Routing, from),
                format!(
                    "`{from}` is a rule for tablets of type `{tablet_type}`, which there is not"
                ),
                "write `@primary`, `@replica` or `@rdonly`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn tablet_types_are_known() {
        let rules = |from: &str| {
            r#"{"rules": [{"from_table": "FROM", "to_tables": ["ks.t"]}]}"#.replace("FROM", from)
        };
        let id = "routing-rule-tablet-type";
        expect(
            id,
            &[("routing_rules.json", &rules("x@master"), &[])],
            &[
                "routing_rules.x@master: `x@master` is a rule for tablets of type `master`, which there is not",
            ],
        );
        expect(id, &[("routing_rules.json", &rules("x@replica"), &[])], &[]);
    }
}
