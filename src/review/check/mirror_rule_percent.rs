//! A mirror rule for more or less than all queries.

use crate::catalog::files::RuleFile;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "mirror-rule-percent",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a mirror rule whose `percent` is not above 0 and at most 100",
        why: "Nothing is mirrored, or a share that does not exist.",
        fix: "Write a share from 0 to 100.",
        example: r#"{"from_table": "a.t", "to_table": "b.t", "percent": 150}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (from, to, percent) in &subject.catalog.rules.mirror {
        if !(*percent > 0.0 && *percent <= 100.0) {
            findings.add(
                Spot::rule(RuleFile::Mirror, from),
                format!("`{from}` is mirrored to `{to}` for {percent} percent of queries"),
                "write a share above 0 and up to 100",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_share_is_a_share() {
        let rules = |percent: &str| {
            r#"{"rules": [{"from_table": "a.t", "to_table": "b.t", "percent": N}]}"#
                .replace("N", percent)
        };
        let id = "mirror-rule-percent";
        for (percent, found) in [("150", true), ("0", true), ("0.5", false), ("100", false)] {
            let message = format!(
                "mirror_rules.a.t: `a.t` is mirrored to `b.t` for {percent} percent of queries"
            );
            let expected: &[&str] = if found { &[&message] } else { &[] };
            expect(id, &[("mirror_rules.json", &rules(percent), &[])], expected);
        }
    }
}
