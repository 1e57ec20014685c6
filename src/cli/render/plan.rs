//! A plan: its steps with what they cost and how they go back, as text, JSON, or SQL whose comments say the same.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::diff::paint_unified;
use super::terminated;
use crate::cli::color::{Meaning, Palette};
use crate::diff::migration::Action;
use crate::diff::plan::{Class, Planned};
use crate::workspace::PlanReport;

/// The version of the JSON document.
const FORMAT: u32 = 1;

/// What else to tell than steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Line diffs of canonical texts.
    pub(super) text: bool,
    /// VSchema documents.
    pub(super) documents: bool,
}

/// Returns what a step costs: `INPLACE, rebuilds the table`; empty for steps that touch no table.
fn cost(planned: &Planned) -> String {
    let Some(cost) = &planned.cost else {
        return String::new();
    };
    let mut text = cost.algorithm.name().to_owned();
    if cost.rebuilds {
        text.push_str(", rebuilds the table");
    }
    if cost.blocks_writes {
        text.push_str(", blocks writes");
    }
    if !cost.slowest.is_empty() {
        text.push_str(&format!("; its slowest clause is {}", cost.slowest));
    }
    text
}

fn reversal(planned: &Planned) -> String {
    let reversal = &planned.reversal;
    match reversal.notes.as_slice() {
        [] => reversal.class.name().to_owned(),
        notes => format!("{}: {}", reversal.class.name(), notes.join("; ")),
    }
}

/// Returns the plan as text.
pub(super) fn text(report: &PlanReport, form: Form, palette: Palette) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let count = match report.steps.len() {
        0 => "nothing to do".to_owned(),
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    };
    let _ = writeln!(text, "{count} from {} to {}", report.from, report.to);
    for (number, planned) in (1..).zip(&report.steps) {
        let sql = terminated(&planned.step.sql()).replace('\n', "\n   ");
        let _ = writeln!(text, "\n{number}. {sql}");
        let mut fact = |label: &str, meaning, said: &str| {
            if !said.is_empty() {
                let label = palette.paint(meaning, &format!("{label}:"));
                let _ = writeln!(text, "   {label} {said}");
            }
        };
        fact("runs", Meaning::Faint, &cost(planned));
        for hazard in &planned.step.hazards {
            fact("unsafe", Meaning::Error, hazard);
        }
        let meaning = if planned.reversal.class >= Class::Destroyed {
            Meaning::Error
        } else {
            Meaning::Faint
        };
        fact("reverse", meaning, &reversal(planned));
        if form.text && !planned.text.is_empty() {
            let shown = paint_unified(&planned.text, palette);
            let _ = write!(text, "{shown}");
        }
    }
    if form.documents {
        for (keyspace, document) in &report.documents {
            let heading = format!("VSchema of keyspace `{keyspace}`:");
            let heading = palette.paint(Meaning::Heading, &heading);
            let _ = write!(text, "\n{heading}\n{}", document.to_json());
        }
    }
    text
}

/// Returns the plan as SQL; what is no statement is a comment.
pub(super) fn sql(report: &PlanReport, form: Form) -> String {
    let mut text = String::new();
    let count = report.steps.len();
    for (number, planned) in (1..).zip(&report.steps) {
        let cost = cost(planned);
        let runs = if cost.is_empty() {
            String::new()
        } else {
            format!("{cost}; ")
        };
        let _ = writeln!(
            text,
            "-- step {number} of {count}: {runs}reverse: {}",
            reversal(planned)
        );
        for hazard in &planned.step.hazards {
            let _ = writeln!(text, "-- unsafe: {hazard}");
        }
        if form.text {
            for line in planned.text.lines() {
                let _ = writeln!(text, "-- {line}");
            }
        }
        let _ = writeln!(text, "{}", terminated(&planned.step.sql()));
    }
    if form.documents {
        for (keyspace, document) in &report.documents {
            let _ = writeln!(text, "-- VSchema of keyspace `{keyspace}`:");
            for line in document.to_json().lines() {
                let _ = writeln!(text, "-- {line}");
            }
        }
    }
    text
}

/// Returns the plan as JSON, documents included.
pub(super) fn json(report: &PlanReport) -> Value {
    let step = |(number, planned): (usize, &Planned)| {
        let kind = match planned.step.action {
            Action::Ddl(_) => "ddl",
            Action::Vschema(_) => "vschema",
            Action::Document { .. } => "document",
            Action::Rules { .. } => "rules",
            Action::Note(_) => "note",
        };
        let cost = planned.cost.as_ref();
        json!({
            "number": number,
            "kind": kind,
            "keyspace": planned.step.keyspace,
            "objects": planned.objects,
            "sql": planned.step.sql(),
            "unsafe": planned.step.hazards,
            "algorithm": cost.map(|cost| cost.algorithm.name()),
            "rebuilds": cost.map(|cost| cost.rebuilds),
            "blocks_writes": cost.map(|cost| cost.blocks_writes),
            "slowest_clause": cost.map(|cost| &cost.slowest).filter(|clause| !clause.is_empty()),
            "reverse": {
                "class": planned.reversal.class.name(),
                "notes": planned.reversal.notes,
            },
            "diff": planned.text,
        })
    };
    let document = |(keyspace, document): &(String, crate::catalog::vschema::Document)| {
        // What is written is JSON; should it ever not be, it is given as text.
        let text = document.to_json();
        let vschema = serde_json::from_str(&text).unwrap_or(Value::String(text));
        json!({ "keyspace": keyspace, "vschema": vschema })
    };
    json!({
        "format": FORMAT,
        "from": report.from,
        "to": report.to,
        "steps": (1..).zip(&report.steps).map(step).collect::<Vec<_>>(),
        "documents": report.documents.iter().map(document).collect::<Vec<_>>(),
    })
}
