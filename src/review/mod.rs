//! Judges one revision: what builds as a catalog and is wrong, or will be, all the same.
//!
//! One check, one file ([`check`]): an id, a severity, an explanation and a pure function over a catalog that gives
//! findings. What makes files no catalog at all is found where the catalog is built; here it gets its id ([`refusal`]),
//! so that a person looks up both in one place ([`rules`]). Severities and suppressions come from `vrev.toml`
//! ([`settings`]). A commit is judged by what it introduces ([`introduced`]).

mod check;
mod finding;
mod mirror;
pub mod refusal;
pub mod settings;
mod subject;

#[cfg(test)]
mod fixture;

pub use finding::{Finding, Findings, Spot};
pub use settings::{Outcome, Suppressed};
pub use subject::Subject;

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::files::{Config, Severity};

/// What a check is and does.
#[derive(Debug)]
pub struct Check {
    /// Its id: lower case, words joined by `-`. Never reused for something else.
    pub id: &'static str,
    /// What a finding means unless `vrev.toml` says otherwise.
    pub severity: Severity,
    /// Whether a finding of severity error keeps a commit that introduces it from being made: true where a statement
    /// would be refused or go wrong today, false where the harm comes with a later operation.
    pub blocks: bool,
    /// What is found, why it matters, what to do.
    pub rule: Rule,
    /// Finds it.
    run: fn(&Subject<'_>, &mut Findings<'_>),
}

/// The explanation of an id, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What is found: a clause without final period.
    pub what: &'static str,
    /// Why it matters: sentences.
    pub why: &'static str,
    /// What to do: sentences.
    pub fix: &'static str,
    /// The offending text.
    pub example: &'static str,
}

/// An id with its explanation: a check, or a reason why files are refused as a catalog.
#[derive(Debug, Clone, Copy)]
pub struct Explained {
    /// The id.
    pub id: &'static str,
    /// Its severity by default.
    pub severity: Severity,
    /// Whether `vrev.toml` may give it another severity: what is no catalog is always an error.
    pub configurable: bool,
    /// As [`Check::blocks`].
    pub blocks: bool,
    /// The explanation.
    pub rule: &'static Rule,
}

/// Returns every id with its explanation, sorted by id.
pub fn rules() -> Vec<Explained> {
    let checks = check::ALL.iter().map(|check| Explained {
        id: check.id,
        severity: check.severity,
        configurable: true,
        blocks: check.blocks,
        rule: &check.rule,
    });
    let refusals = refusal::RULES.iter().map(|(id, rule)| Explained {
        id,
        severity: Severity::Error,
        configurable: false,
        blocks: true,
        rule,
    });
    let own = settings::RULES
        .iter()
        .map(|(id, severity, rule)| Explained {
            id,
            severity: *severity,
            configurable: false,
            blocks: false,
            rule,
        });
    let mut rules: Vec<Explained> = checks.chain(refusals).chain(own).collect();
    rules.sort_by_key(|explained| explained.id);
    rules
}

/// Runs every check that the settings do not switch off, and sorts what is suppressed from what is not; `files` are the
/// texts by path of which the catalog was built.
pub fn review(catalog: &Catalog, config: &Config, files: &BTreeMap<String, Vec<u8>>) -> Outcome {
    let subject = Subject::new(catalog, &config.policy).with_files(files);
    let mut findings = Vec::new();
    for check in check::ALL {
        let severity = settings::severity(config, check);
        if severity != Severity::Off {
            (check.run)(
                &subject,
                &mut Findings::new(check.id, severity, &mut findings),
            );
        }
    }
    settings::judge(findings, config)
}

/// Returns the findings that keep a commit from being made, as far as `to` has them and `from` does not: the debt of
/// years is nobody's commit. `from` is asked for only if there is something to compare. A finding is known by its check
/// and its object.
pub fn introduced(
    to: &Catalog,
    config: &Config,
    from: impl FnOnce() -> Option<Catalog>,
) -> Vec<Finding> {
    let mut found = blocking(to, config);
    if found.is_empty() {
        return found;
    }
    if let Some(from) = from() {
        let known = blocking(&from, config);
        found.retain(|finding| {
            !known
                .iter()
                .any(|old| old.check == finding.check && old.object() == finding.object())
        });
    }
    found
}

/// Returns the findings of severity error of the checks that block, suppressed ones left out.
fn blocking(catalog: &Catalog, config: &Config) -> Vec<Finding> {
    let subject = Subject::new(catalog, &config.policy);
    let mut findings = Vec::new();
    for check in check::ALL.iter().filter(|check| check.blocks) {
        let severity = settings::severity(config, check);
        if severity == Severity::Error {
            (check.run)(
                &subject,
                &mut Findings::new(check.id, severity, &mut findings),
            );
        }
    }
    settings::judge(findings, config).findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_explained_once() {
        let rules = rules();
        for pair in rules.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} twice", pair[0].id);
        }
        for explained in rules {
            let Rule {
                what,
                why,
                fix,
                example,
            } = explained.rule;
            let id = explained.id;
            assert!(
                !what.is_empty() && !what.ends_with('.'),
                "{id}: what is a clause"
            );
            assert!(
                why.ends_with('.') && fix.ends_with('.'),
                "{id}: why and fix are sentences"
            );
            assert!(!example.is_empty(), "{id}: no example");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(id.chars().all(plain), "{id}");
        }
    }

    #[test]
    fn the_example_cluster_has_no_error() {
        let files = crate::catalog::template::FILES.iter().copied();
        let catalog = Catalog::build(files).expect("the template builds");
        let errors: Vec<_> = review(&catalog, &Config::default(), &BTreeMap::new())
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}
