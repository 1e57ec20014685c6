//! What `vrev.toml` says about checks: severities by id, and findings suppressed with a reason.
//!
//! A severity or a suppression that leads nowhere is a finding itself: a misspelt id silently does nothing otherwise, and
//! a suppression whose cause is gone would hide the next one.

use super::finding::{Finding, Spot};
use super::{Check, Rule, check};
use crate::catalog::files::{Config, Severity};
use crate::catalog::nearest;

/// What a review comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is found, worst first, then by object and id.
    pub findings: Vec<Finding>,
    /// What is found and suppressed, in the same order.
    pub suppressed: Vec<Suppressed>,
}

/// A finding that somebody decided to live with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why.
    pub reason: String,
}

/// What is said about the settings themselves.
pub(super) const RULES: &[(&str, Severity, Rule)] = &[
    (
        UNKNOWN_CHECK,
        Severity::Error,
        Rule {
            what: "`vrev.toml` names a check that does not exist, or one whose severity is fixed",
            why: "A misspelt id sets or suppresses nothing, and nobody notices.",
            fix: "Correct the id; `vrev explain-check` lists all.",
            example: "[checks]\nlookup-table-mising = \"off\"",
        },
    ),
    (
        UNUSED_SUPPRESSION,
        Severity::Warning,
        Rule {
            what: "a suppression in `vrev.toml` that suppresses nothing",
            why: "What it was written for is gone or was renamed; left standing, it may hide the next finding of that \
                  object unseen.",
            fix: "Remove it, or correct its object.",
            example: "[[suppress]]\ncheck = \"fk-cross-shard\"\nobject = \"customer.dropped_table\"\nreason = \"moves next quarter\"",
        },
    ),
];

const UNKNOWN_CHECK: &str = "unknown-check";
const UNUSED_SUPPRESSION: &str = "unused-suppression";

/// Returns the severity of a check.
pub(super) fn severity(config: &Config, check: &Check) -> Severity {
    config
        .checks
        .get(check.id)
        .copied()
        .unwrap_or(check.severity)
}

/// Sorts findings and takes out those that are suppressed.
pub(super) fn judge(mut findings: Vec<Finding>, config: &Config) -> Outcome {
    findings.sort_by(|a, b| {
        (b.severity, a.object(), a.check, &a.message).cmp(&(
            a.severity,
            b.object(),
            b.check,
            &b.message,
        ))
    });
    let mut outcome = Outcome::default();
    for finding in findings {
        let suppression = config
            .suppress
            .iter()
            .find(|known| known.check == finding.check && covers(&known.object, finding.object()));
        match suppression {
            Some(known) => outcome.suppressed.push(Suppressed {
                finding,
                reason: known.reason.clone(),
            }),
            None => outcome.findings.push(finding),
        }
    }
    outcome
}

/// Tells whether an object is the one named or a part of it.
fn covers(object: &str, of: &str) -> bool {
    of.strip_prefix(object)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns what is wrong with the settings: ids that no check has, and suppressions that an outcome did not need.
pub fn findings(config: &Config, outcome: &Outcome) -> Vec<Finding> {
    let ids: Vec<&str> = check::ALL.iter().map(|check| check.id).collect();
    let mut found = Vec::new();
    let mut add = |check, severity, word: &str, message, hint| {
        found.push(Finding {
            check,
            severity,
            spot: Spot::config(word),
            message,
            hint,
        });
    };
    let named = config.checks.keys();
    for id in named.chain(config.suppress.iter().map(|known| &known.check)) {
        if ids.contains(&id.as_str()) {
            continue;
        }
        let (message, hint) = if super::rules().iter().any(|known| known.id == id) {
            (
                format!("`{id}` is always an error, and is not suppressed"),
                "remove it here, and correct what is found".to_owned(),
            )
        } else {
            let hint = match nearest(id, ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`vrev explain-check` lists the ids".to_owned(),
            };
            (format!("no check is named `{id}`"), hint)
        };
        add(UNKNOWN_CHECK, Severity::Error, id, message, hint);
    }
    for known in &config.suppress {
        let used = outcome.suppressed.iter().any(|suppressed| {
            suppressed.finding.check == known.check
                && covers(&known.object, suppressed.finding.object())
        });
        if !used && ids.contains(&known.check.as_str()) {
            add(
                UNUSED_SUPPRESSION,
                Severity::Warning,
                &known.object,
                format!(
                    "`{}` of `{}` is suppressed but not found",
                    known.check, known.object
                ),
                "remove the suppression, or correct its object".to_owned(),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Suppresses a finding of every check, and asks for no severity of any.
    #[test]
    fn every_check_can_be_set_and_suppressed() {
        let mut text = String::from("format = 1\n[checks]\n");
        for check in check::ALL {
            text.push_str(&format!("{} = \"notice\"\n", check.id));
        }
        for check in check::ALL {
            text.push_str(&format!(
                "[[suppress]]\ncheck = \"{}\"\nobject = \"ks.t\"\nreason = \"known\"\n",
                check.id
            ));
        }
        let config = Config::parse(&text).expect("settings");
        let finding = |check: &&Check| Finding {
            check: check.id,
            severity: severity(&config, check),
            spot: Spot::definition("ks", "t", "a"),
            message: "found".to_owned(),
            hint: String::new(),
        };
        let found: Vec<Finding> = check::ALL.iter().map(finding).collect();
        assert!(found.iter().all(|found| found.severity == Severity::Notice));
        let outcome = judge(found, &config);
        assert_eq!(outcome.findings, []);
        assert_eq!(outcome.suppressed.len(), check::ALL.len());
        assert_eq!(findings(&config, &outcome), []);
    }

    #[test]
    fn ids_that_no_check_has_are_told() {
        let config = "format = 1\n[checks]\nfk-cross-shrad = \"off\"\nunknown-column = \"off\"\n";
        let config = Config::parse(config).expect("settings");
        let found = findings(&config, &Outcome::default());
        let told: Vec<String> = found
            .iter()
            .map(|found| format!("{}; {}", found.message, found.hint))
            .collect();
        assert_eq!(
            told,
            [
                "no check is named `fk-cross-shrad`; did you mean `fk-cross-shard`?",
                "`unknown-column` is always an error, and is not suppressed; remove it here, and correct what is found",
            ]
        );
    }
}
