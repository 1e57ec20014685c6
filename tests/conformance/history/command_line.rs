//! A script of commands, each with what it prints and how it ends.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value as Json;
use vrev::cli::{Captured, capture};

use super::repository::Repository;
use super::translate;
use crate::case::Case;

/// Runs a script up to its first step that does not do what is expected.
pub(super) fn run(case: &Case, repository: &Repository) -> Result<(), String> {
    let steps = case.get("steps").as_array().into_iter().flatten();
    for (at, step) in steps.enumerate() {
        let words = translate::step(step);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = capture(&words, repository.path());
        check(step, &ended).map_err(|difference| {
            let typed = words.join(" ");
            format!("{difference}: {at}: {typed}: {}", ended.output)
        })?;
    }
    Ok(())
}

fn check(step: &Json, ended: &Captured) -> Result<(), String> {
    let null = Json::Null;
    let expect = step.get("expect").unwrap_or(&null);
    status(step, expect, ended)?;
    let output = translate::printed(&plain(&ended.output));
    for part in texts(expect, "output_contains") {
        let is_told = output.contains(&part)
            || translate::has_error(&output, &part)
            || translate::has_truth(&output, &part);
        if !is_told {
            return Err(format!("output lacks {part:?}"));
        }
    }
    for part in texts(expect, "output_not_contains") {
        if output.contains(&part) {
            return Err(format!("output has {part:?}"));
        }
    }
    for pattern in texts(expect, "output_matches") {
        if !matches(&pattern, &output)? {
            return Err(format!("output does not match {pattern:?}"));
        }
    }
    for pattern in texts(expect, "output_not_matches") {
        if matches(&pattern, &output)? {
            return Err(format!("output matches {pattern:?}"));
        }
    }
    if let Some(whole) = expect.get("output_equals").and_then(Json::as_str) {
        let whole = translate::layout(&translate::expected(whole));
        if output.trim_end_matches('\n') != whole.trim_end_matches('\n') {
            return Err(format!("output is not {whole:?}"));
        }
    }
    lines(expect, &output)
}

/// A command must succeed unless its case says something else; only success and failure are told apart where a case names
/// a failure: exit codes beyond 0 mean different things to the two programs.
fn status(step: &Json, expect: &Json, ended: &Captured) -> Result<(), String> {
    let is_set = |name: &str| step.get(name) == Some(&Json::Bool(true));
    let succeeded = ended.code == 0;
    // That vrev has no such verb or option is no answer to what the case asks, but where it asks for a text.
    let is_usage = [
        "error: unexpected argument",
        "error: unrecognized subcommand",
    ]
    .iter()
    .any(|start| ended.output.starts_with(start));
    if is_usage && expect.get("output_contains").is_none() {
        return Err("no such verb or option".to_owned());
    }
    if let Some(code) = expect.get("status").and_then(Json::as_u64) {
        return if succeeded == (code == 0) {
            Ok(())
        } else {
            Err(format!("exit code {} instead of {code}", ended.code))
        };
    }
    if let Some(code) = expect.get("status_not").and_then(Json::as_u64) {
        return if u64::from(ended.code) == code {
            Err(format!("exit code {code}"))
        } else {
            Ok(())
        };
    }
    if succeeded || is_set("may_fail") || is_set("status_free") {
        Ok(())
    } else {
        Err(format!("exit code {} instead of 0", ended.code))
    }
}

/// Without the seconds that a statement took.
fn plain(output: &str) -> String {
    static SECONDS: OnceLock<Option<Regex>> = OnceLock::new();
    let seconds = SECONDS.get_or_init(|| Regex::new(r" \(\d+\.\d\d sec\)").ok());
    match seconds {
        Some(seconds) => seconds.replace_all(output, "").into_owned(),
        None => output.to_owned(),
    }
}

fn texts(expect: &Json, key: &str) -> Vec<String> {
    let texts = match expect.get(key) {
        Some(Json::String(text)) => vec![text.as_str()],
        Some(Json::Array(texts)) => texts.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let renamed = texts.into_iter().map(translate::expected);
    if key.ends_with("matches") {
        renamed.collect()
    } else {
        renamed.map(|text| translate::layout(&text)).collect()
    }
}

fn matches(pattern: &str, output: &str) -> Result<bool, String> {
    let regex = Regex::new(&format!("(?s){pattern}")).map_err(|error| error.to_string())?;
    Ok(regex.is_match(output))
}

fn lines(expect: &Json, output: &str) -> Result<(), String> {
    let lines: Vec<&str> = output.lines().filter(|line| !line.is_empty()).collect();
    if let Some(count) = expect.get("line_count").and_then(Json::as_u64)
        && lines.len() as u64 != count
    {
        return Err(format!("{} lines instead of {count}", lines.len()));
    }
    let Some(wanted) = expect.get("lines").and_then(Json::as_object) else {
        return Ok(());
    };
    for (number, wanted) in wanted {
        let at: isize = number
            .parse()
            .map_err(|_| format!("line number {number}"))?;
        let at = if at < 0 {
            at + lines.len() as isize
        } else {
            at
        };
        let line = usize::try_from(at)
            .ok()
            .and_then(|at| lines.get(at))
            .copied();
        let line = line.unwrap_or_default();
        let differs = || Err(format!("line {number} is {line:?} instead of {wanted}"));
        if let Some(whole) = wanted.get("equals").and_then(Json::as_str)
            && line != translate::layout(&translate::expected(whole))
            && !translate::has_truth(line, whole)
        {
            return differs();
        }
        if !texts(wanted, "contains")
            .iter()
            .all(|part| line.contains(part))
        {
            return differs();
        }
        for pattern in texts(wanted, "matches") {
            if !matches(&pattern, line)? {
                return differs();
            }
        }
    }
    Ok(())
}
