//! Known vectors of the vindexes, where they lie beside the cases: `../reference/vectors/*.json`.
//!
//! Every one must pass: they state what Vitess computes. Each becomes a case of the suite `vindexes`.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::case::{Case, text};
use crate::{compare::Match, compare::error_text, run, vindexes};

/// Runs the vectors beside the folder of cases; returns how many passed, how many there are, and what fails.
pub(crate) fn check(cases: &Path) -> (usize, usize, Vec<String>) {
    let folder = cases.join("../reference/vectors");
    let vectors: Vec<Case> = ["vindexes", "unicode_golden", "reverse_map"]
        .into_iter()
        .flat_map(|file| {
            let bytes = std::fs::read(folder.join(format!("{file}.json"))).unwrap_or_default();
            let list: Vec<Json> = serde_json::from_slice(&bytes).unwrap_or_default();
            list.into_iter()
                .enumerate()
                .filter_map(move |(index, json)| as_case(file, index, &json))
        })
        .collect();
    let outcomes = run::all(&vectors, Some(run_vector));
    let failed = vectors
        .iter()
        .zip(&outcomes)
        .filter_map(|(vector, outcome)| {
            outcome.as_ref().err().map(|reason| {
                format!(
                    "vectors: {} {} fails: {reason}",
                    vector.id,
                    vector.get("vindex")
                )
            })
        });
    let failed: Vec<String> = failed.collect();
    (vectors.len() - failed.len(), vectors.len(), failed)
}

/// A vector as a case. `None` for one without an id to reverse: an id is always some bytes here.
fn as_case(file: &str, index: usize, json: &Json) -> Option<Case> {
    let vindex =
        json!({ "type": text(json, "vindex"), "params": json.get("params").unwrap_or(&json!({})) });
    let mut case = json!({ "vindex": vindex, "verify_error": json.get("verify_error") });
    let kind = if let Some(error) = json.get("create_error") {
        case["expect"] = json!({ "error": error });
        "create"
    } else if let Some(id) = json.get("reverse_map") {
        case["keyspace_id"] = json!(id.as_str()?);
        case["expect"] = match json.get("error") {
            Some(error) => json!({ "error": error }),
            None => json.get("value")?.clone(),
        };
        "reverse"
    } else {
        match json.get("input") {
            Some(Json::Array(values)) => case["values"] = json!(values),
            Some(value) => case["value"] = value.clone(),
            None => case["like"] = json.get("like_input")?.get("value")?.clone(),
        }
        case["expect"] = expected(json);
        "map"
    };
    let id = format!("{file}[{index}]");
    Some(Case {
        id,
        file: kind.to_owned(),
        folder: Path::new("").to_owned(),
        json: case,
    })
}

fn expected(json: &Json) -> Json {
    if let Some(id) = json.get("keyspace_id_hex") {
        return json!({ "keyspace_id": id });
    }
    if let Some(error) = json.get("error") {
        let error = error
            .as_str()
            .unwrap_or_default()
            .replace("<name>", text(json, "vindex"));
        return json!({ "error": error });
    }
    if let Some((start, end)) = text(json, "keyrange").split_once('-') {
        return json!({ "key_range": { "start": start, "end": end } });
    }
    if let Some(prefix) = json.get("keyrange_start_hex").and_then(Json::as_str) {
        let prefix = vrev::vindex::key_range::decode_hex(prefix).unwrap_or_default();
        let hex = vrev::vindex::key_range::encode_hex;
        let range = vrev::vindex::KeyRange::of_prefix(&prefix);
        return json!({ "key_range": { "start": hex(&range.start), "end": hex(&range.end) } });
    }
    json!({ "none": true })
}

/// Runs a vector, and what it says of verifying the value.
fn run_vector(vector: &Case) -> Result<(), String> {
    vindexes::run(vector)?;
    match vector.get("verify_error").as_str() {
        Some(error) => error_text(error, &vindexes::verify_empty_id(vector)?, Match::Exact),
        None => Ok(()),
    }
}
