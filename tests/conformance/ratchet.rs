//! The lists of cases that do not pass yet: `ratchet/<suite>.txt`, lines of an id, a tab and the reason. The id `*` stands
//! for every case of a suite that is not wired.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::case::Case;

fn path_of(suite: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/conformance/ratchet")
        .join(format!("{suite}.txt"))
}

/// Writes the list of a suite anew: the cases that fail, each with the reason that its failure has. A decision or a missing
/// piece that somebody wrote down stays.
pub(crate) fn update(
    suite: &str,
    cases: &[Case],
    outcomes: &[Result<(), String>],
    reason: fn(&str) -> String,
) -> Option<String> {
    let listed = std::fs::read_to_string(path_of(suite)).unwrap_or_default();
    let (listed, _) = parse(suite, &listed);
    let is_told =
        |reason: &&str| reason.starts_with("decision: ") || reason.starts_with("missing: ");
    let mut text = String::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        if let Err(failure) = outcome {
            let known = listed.get(case.id.as_str()).copied().filter(is_told);
            let reason = known.map_or_else(|| reason(failure), str::to_owned);
            let reason = reason.replace(['\n', '\t'], " ");
            text.push_str(&format!("{}\t{reason}\n", case.id));
        }
    }
    let path = path_of(suite);
    let written = std::fs::write(&path, text);
    written
        .err()
        .map(|error| format!("{suite}: {}: {error}", path.display()))
}

/// Compares outcomes with the list; returns what is wrong, in a fixed order.
pub(crate) fn check(suite: &str, cases: &[Case], outcomes: &[Result<(), String>]) -> Vec<String> {
    let text = std::fs::read_to_string(path_of(suite)).unwrap_or_default();
    let (listed, mut complaints) = parse(suite, &text);
    let every = listed.contains_key("*");
    for (case, outcome) in cases.iter().zip(outcomes) {
        match (outcome, every || listed.contains_key(case.id.as_str())) {
            (Ok(()), true) => {
                complaints.push(format!("{suite}: {} passes: take it off the list", case.id))
            }
            (Err(reason), false) => {
                complaints.push(format!("{suite}: {} fails: {reason}", case.id))
            }
            _ => {}
        }
    }
    let known: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    for id in listed
        .keys()
        .filter(|id| **id != "*" && !known.contains(**id))
    {
        complaints.push(format!("{suite}: {id} is on the list but is no case"));
    }
    complaints
}

/// Returns the listed cases of a suite with their reasons.
pub(crate) fn reasons(suite: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path_of(suite)).unwrap_or_default();
    let (listed, _) = parse(suite, &text);
    let owned = |(id, reason): (&str, &str)| (id.to_owned(), reason.to_owned());
    listed.into_iter().map(owned).collect()
}

fn parse<'a>(suite: &str, text: &'a str) -> (BTreeMap<&'a str, &'a str>, Vec<String>) {
    let mut listed = BTreeMap::new();
    let mut complaints = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once('\t') {
            Some((id, reason)) if !reason.trim().is_empty() => {
                listed.insert(id, reason);
            }
            _ => complaints.push(format!("{suite}: a line of the list has no reason: {line}")),
        }
    }
    (listed, complaints)
}
