//! The suite `vindexes`: value to keyspace id and back, parameters, key ranges.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use vrev::vindex::{
    Destination, Error, KeyRange, KeyspaceId, NoLookup, Vindex, literal_prefix, registry,
};

use crate::case::{Case, text};
use crate::compare::{self, Match, equal, error_text, read_value, unhex};

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    match case.file.as_str() {
        "map" | "map_unicode" => map(case),
        "verify" => verify(case),
        "reverse" => reverse(case),
        "create" => create(case),
        "like_prefix" => {
            let prefix = KeyspaceId(literal_prefix(case.text("pattern").as_bytes())).to_string();
            equal(
                "prefix",
                &text(case.get("expect"), "prefix_hex"),
                &prefix.as_str(),
            )
        }
        "key_ranges" => key_range(case.text("test"), case.get("case")),
        other => Err(format!("no runner for {other}")),
    }
}

fn make(case: &Case) -> Result<Arc<dyn Vindex>, Error> {
    let json = case.get("vindex");
    let vindex_type = text(json, "type");
    let params: BTreeMap<String, String> = json
        .get("params")
        .and_then(Json::as_object)
        .map(|params| {
            let as_text = |value: &Json| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            };
            params
                .iter()
                .map(|(key, value)| (key.clone(), as_text(value)))
                .collect()
        })
        .unwrap_or_default();
    registry::create(vindex_type, vindex_type, &params, None)
}

fn row(case: &Case) -> Result<Vec<vrev::value::Value>, String> {
    match case.get("values").as_array() {
        Some(values) => values.iter().map(read_value).collect(),
        None => Ok(vec![read_value(case.get("value"))?]),
    }
}

fn map(case: &Case) -> Result<(), String> {
    let vindex = make(case).map_err(|error| error.to_string())?;
    let pattern = match (case.get("like").as_str(), case.get("like_hex").as_str()) {
        (Some(pattern), _) => Some(pattern.as_bytes().to_vec()),
        (None, Some(hex)) => Some(unhex(hex)?),
        (None, None) => None,
    };
    let outcome: Result<Destination, Error> = if let Some(pattern) = pattern {
        vindex
            .as_prefix()
            .ok_or("the vindex maps no patterns")?
            .prefix_map(&pattern)
    } else if let Some(bounds) = case.get("between").as_array() {
        let [from, to] = bounds.as_slice() else {
            return Err("between takes two values".to_owned());
        };
        vindex
            .as_sequential()
            .ok_or("the vindex maps no ranges")?
            .range_map(&read_value(from)?, &read_value(to)?)
    } else {
        vindex
            .map(&[row(case)?], &mut NoLookup)
            .map(|mut destinations| destinations.remove(0))
    };
    compare::destination(case.get("expect"), &outcome)
}

fn verify(case: &Case) -> Result<(), String> {
    let vindex = make(case).map_err(|error| error.to_string())?;
    let id = KeyspaceId(unhex(case.text("keyspace_id"))?);
    let outcome = vindex.verify(&[row(case)?], &[id], &mut NoLookup);
    let expect = case.get("expect");
    match expect.get("error").and_then(Json::as_str) {
        Some(error) => error_text(error, &outcome, Match::of(expect)),
        None => {
            let matches = outcome.map_err(|error| error.to_string())?;
            equal(
                "match",
                &expect.get("match").and_then(Json::as_bool),
                &matches.first().copied(),
            )
        }
    }
}

/// Whether a case's value verifies for the empty id.
pub(crate) fn verify_empty_id(case: &Case) -> Result<Result<Vec<bool>, Error>, String> {
    let vindex = make(case).map_err(|error| error.to_string())?;
    Ok(vindex.verify(&[row(case)?], &[KeyspaceId(Vec::new())], &mut NoLookup))
}

fn reverse(case: &Case) -> Result<(), String> {
    let vindex = make(case).map_err(|error| error.to_string())?;
    let id = KeyspaceId(unhex(case.text("keyspace_id"))?);
    let outcome = vindex
        .as_reversible()
        .ok_or("the vindex is not reversible")?
        .reverse_map(&[id]);
    let expect = case.get("expect");
    match expect.get("error").and_then(Json::as_str) {
        Some(error) => error_text(error, &outcome, Match::of(expect)),
        None => compare::value(expect, &outcome.map_err(|error| error.to_string())?[0]),
    }
}

fn create(case: &Case) -> Result<(), String> {
    let outcome = make(case);
    let expect = case.get("expect");
    if let Some(error) = expect.get("error").and_then(Json::as_str) {
        return error_text(error, &outcome, Match::of(expect));
    }
    let vindex = outcome.map_err(|error| error.to_string())?;
    let unknown: Json = vindex.unknown_params().to_vec().into();
    let told = [
        ("unknown_params", unknown),
        ("unique", vindex.is_unique().into()),
        ("needs_lookup", vindex.needs_lookup().into()),
        ("cost", vindex.cost().into()),
    ];
    for (key, actual) in told {
        if let Some(expected) = expect.get(key) {
            equal(key, expected, &actual)?;
        }
    }
    Ok(())
}

/// A key range as a case writes it: the empty text is none at all, which the origin treats as the full range.
fn range(json: &Json, key: &str) -> Result<KeyRange, String> {
    match text(json, key) {
        "" => Ok(KeyRange::full()),
        other => KeyRange::parse(other).map_err(|error| error.to_string()),
    }
}

fn printed(ranges: &[KeyRange]) -> Json {
    ranges
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .into()
}

fn key_range(test: &str, case: &Json) -> Result<(), String> {
    let args = case.get("args").unwrap_or(case);
    let pair = |a: &str, b: &str| -> Result<(KeyRange, KeyRange), String> {
        Ok((range(args, a)?, range(args, b)?))
    };
    let wanted = |key: &str| case.get(key).unwrap_or(&Json::Null);
    let wants_error = [wanted("wantErr"), wanted("want_error")]
        .iter()
        .any(|flag| flag.as_bool() == Some(true));
    let number = |key: &str| args.get(key).and_then(Json::as_i64).unwrap_or(0);
    match test {
        "KeyRangeAdd" => {
            let (first, second) = pair("first", "second")?;
            // No range at all has no neighbour.
            let present = !text(args, "first").is_empty() && !text(args, "second").is_empty();
            let sum = first.add(&second).filter(|_| present);
            equal("ok", wanted("ok"), &sum.is_some().into())?;
            equal(
                "out",
                &text(case, "out"),
                &sum.map(|sum| sum.to_string()).unwrap_or_default().as_str(),
            )
        }
        "KeyRangeStartEqual" | "KeyRangeEndEqual" | "KeyRangeEqual" | "KeyRangeContiguous" => {
            let (first, second) = pair("first", "second")?;
            let out = match test {
                "KeyRangeStartEqual" => first.compare_start(&second).is_eq(),
                "KeyRangeEndEqual" => first.compare_end(&second).is_eq(),
                "KeyRangeEqual" => first.compare(&second).is_eq(),
                _ => first.is_contiguous_with(&second),
            };
            equal("out", wanted("out"), &out.into())
        }
        "KeyRangeComparisons" => {
            // One case of the origin names its arguments otherwise.
            let (a, b) = if args.get("a").is_some() {
                pair("a", "b")?
            } else {
                pair("n", "hex_chars")?
            };
            let wants = wanted("wants");
            let orderings = [
                ("Start", a.compare_start(&b)),
                ("End", a.compare_end(&b)),
                ("", a.compare(&b)),
            ];
            for (what, ordering) in orderings {
                let told = [
                    (format!("want{what}Compare"), Json::from(ordering as i8)),
                    (format!("want{what}Equal"), ordering.is_eq().into()),
                ];
                for (key, actual) in told {
                    equal(&key, wants.get(&key).unwrap_or(&Json::Null), &actual)?;
                }
            }
            Ok(())
        }
        "KeyRangeContains" => {
            let range = KeyRange {
                start: unhex(text(args, "start"))?,
                end: unhex(text(args, "end"))?,
            };
            equal(
                "contained",
                wanted("contained"),
                &range.contains(&unhex(text(args, "kid"))?).into(),
            )
        }
        "KeyRangeIntersect" => {
            let (a, b) = pair("a", "b")?;
            equal("want", wanted("want"), &a.intersects(&b).into())
        }
        "KeyRangeContainsKeyRange" => {
            let (a, b) = pair("a", "b")?;
            equal("want", wanted("want"), &a.contains_range(&b).into())
        }
        "EvenShardsKeyRange" => {
            let made = KeyRange::even_shard(number("i"), number("n"))
                .map_err(|error| error.to_string())?;
            equal("want", &text(case, "want"), &made.to_string().as_str())
        }
        "EvenShardsKeyRange_Error" => error_text(
            text(case, "wantError"),
            &KeyRange::even_shard(number("i"), number("n")),
            Match::Contains,
        ),
        "IsValidKeyRange" => equal(
            "want",
            wanted("want"),
            &KeyRange::is_valid(text(args, "arg")).into(),
        ),
        "GenerateShardRanges" => {
            let count = u32::try_from(number("n")).map_err(|error| error.to_string())?;
            outcome(
                wants_error,
                wanted("want"),
                KeyRange::split_evenly(count).map(|ranges| printed(&ranges)),
            )
        }
        "ParseShardingSpec" => {
            let ranges = KeyRange::parse_spec(text(args, "spec"));
            outcome(
                wants_error,
                wanted("want"),
                ranges.map(|ranges| printed(&ranges)),
            )
        }
        other => Err(format!("no runner for {other}")),
    }
}

fn outcome<E: ToString>(
    wants_error: bool,
    want: &Json,
    actual: Result<Json, E>,
) -> Result<(), String> {
    if wants_error {
        return error_text("", &actual, Match::Any);
    }
    equal("want", want, &actual.map_err(|error| error.to_string())?)
}
