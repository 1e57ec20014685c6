//! A routing rule to what is not there.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "routing-rule-unknown",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a routing rule whose target is in no keyspace, or no table of it",
        why: "Queries of the routed table fail.",
        fix: "Correct the target, or remove the rule.",
        example: r#"{"from_table": "corder", "to_tables": ["custmer.corder"]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, to) in &subject.catalog.rules.routing {
        let [target] = to.as_slice() else { continue };
        let Some((keyspace, name)) = target.split_once('.') else {
            continue; // routing-rule-unqualified
        };
        let (keyspace, name) = (keyspace.trim_matches('`'), name.trim_matches('`'));
        let why = match subject.vschema.find_table(Some(keyspace), name) {
            Err(error) => error.to_string(),
            Ok(_) => {
                let known = subject
                    .catalog
                    .keyspaces
                    .get(keyspace)
                    .is_some_and(|declared| {
                        declared.tables.contains_key(name)
                            || declared.views.contains_key(name)
                            || declared.vschema.tables.contains_key(name)
                    });
                if known || !subject.is_defined(keyspace) {
                    continue;
                }
                format!("keyspace `{keyspace}` has no table `{name}`")
            }
        };
        findings.add(
            Spot::rule(RuleFile::Routing, from),
            format!("`{from}` is routed to `{target}`, which leads nowhere: {why}"),
            "correct the target, or remove the rule",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn targets_are_there() {
        let rules =
            |to: &str| r#"{"rules": [{"from_table": "x", "to_tables": ["TO"]}]}"#.replace("TO", to);
        let ks = ("ks", "{}", &["create table t (a int)"][..]);
        let cases = [
            ("ks.t", ""),
            ("ks.no", "keyspace `ks` has no table `no`"),
            ("other.t", "VT05003: unknown database 'other' in vschema"),
        ];
        for (to, why) in cases {
            let message =
                format!("routing_rules.x: `x` is routed to `{to}`, which leads nowhere: {why}");
            let expected: &[&str] = if why.is_empty() { &[] } else { &[&message] };
            expect(
                "routing-rule-unknown",
                &[ks, ("routing_rules.json", &rules(to), &[])],
                expected,
            );
        }
    }
}
