//! Findings, one a line with its place, as editors and people read them; and the explanations of checks.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::catalog::files::Severity;
use crate::cli::color::{Meaning, Palette};
use crate::review::Explained;
use crate::workspace::{CheckReport, Reported};

/// The version of the JSON document.
const FORMAT: u32 = 1;

fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Error => Meaning::Error,
        Severity::Warning => Meaning::Modified,
        Severity::Notice | Severity::Off => Meaning::Faint,
    }
}

/// Returns the report as text: the findings, then how many there are.
pub(super) fn text(report: &CheckReport, palette: Palette) -> String {
    let mut text = String::new();
    for Reported { finding, at, .. } in &report.findings {
        let label = format!("{}[{}]", finding.severity.name(), finding.check);
        let label = palette.paint(meaning(finding.severity), &label);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{at}: {label} {}", finding.message);
        if !finding.hint.is_empty() {
            let label = palette.paint(Meaning::Hint, "hint:");
            let _ = writeln!(text, "  {label} {}", finding.hint);
        }
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

fn summary(report: &CheckReport) -> String {
    let counted = |number: usize, name: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {name}{plural}")
    };
    let severities = [Severity::Error, Severity::Warning, Severity::Notice];
    let counts: Vec<String> = severities
        .into_iter()
        .filter(|severity| report.count(*severity) > 0)
        .map(|severity| counted(report.count(severity), severity.name()))
        .collect();
    let mut text = match counts.as_slice() {
        [] => "nothing found".to_owned(),
        counts => counts.join(", "),
    };
    if !report.suppressed.is_empty() {
        text.push_str(&format!(", {} suppressed", report.suppressed.len()));
    }
    text.push_str(&format!(" in {}", report.revision));
    if report.refused {
        text.push_str("; the checks wait until its files make a catalog");
    }
    text
}

/// Returns the report as JSON.
pub(super) fn json(report: &CheckReport) -> Value {
    let one = |reported: &Reported| {
        let Reported {
            finding,
            at,
            suppressed,
        } = reported;
        json!({
            "check": finding.check,
            "severity": finding.severity.name(),
            "object": finding.object(),
            "path": at.path,
            "line": at.position.map(|position| position.line),
            "column": at.position.map(|position| position.column),
            "message": finding.message,
            "hint": finding.hint,
            "suppressed": suppressed,
        })
    };
    json!({
        "format": FORMAT,
        "revision": report.revision,
        "builds": !report.refused,
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "notices": report.count(Severity::Notice),
        "findings": report.findings.iter().chain(&report.suppressed).map(one).collect::<Vec<_>>(),
    })
}

/// Returns one explanation in full.
pub(super) fn rule_text(explained: &Explained, palette: Palette) -> String {
    let rule = explained.rule;
    let commit = if explained.severity == Severity::Error && explained.blocks {
        ", keeps a commit that introduces it from being made"
    } else {
        ""
    };
    let severity = palette.paint(meaning(explained.severity), explained.severity.name());
    let heading = palette.paint(Meaning::Heading, explained.id);
    let example = rule.example.replace('\n', "\n    ");
    let mut text = format!(
        "{heading}: {}\n\nSeverity: {severity}{commit}\n\n{}\n\nWhat to do: {}\n\nExample:\n    {example}\n",
        rule.what, rule.why, rule.fix
    );
    let settings = if explained.configurable {
        format!(
            "\nIn vrev.toml:\n    [checks]\n    {} = \"off\"\n",
            explained.id
        )
    } else {
        "\nIts severity cannot be changed.\n".to_owned()
    };
    text.push_str(&settings);
    text
}

/// Returns ids, severities and what is found, one a line.
pub(super) fn rules_text(rules: &[Explained], palette: Palette) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for explained in rules {
        let severity = format!("{:7}", explained.severity.name());
        let severity = palette.paint(meaning(explained.severity), &severity);
        let _ = writeln!(
            text,
            "{:width$}  {severity}  {}",
            explained.id, explained.rule.what
        );
    }
    text
}

/// Returns explanations as JSON.
pub(super) fn rules_json(rules: &[Explained]) -> Value {
    let one = |explained: &Explained| {
        json!({
            "check": explained.id,
            "severity": explained.severity.name(),
            "configurable": explained.configurable,
            "blocks_commit": explained.blocks && explained.severity == Severity::Error,
            "what": explained.rule.what,
            "why": explained.rule.why,
            "fix": explained.rule.fix,
            "example": explained.rule.example,
        })
    };
    json!({ "format": FORMAT, "checks": rules.iter().map(one).collect::<Vec<_>>() })
}
