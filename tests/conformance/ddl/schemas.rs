//! Whole schemas: what is wrong with them, what tells them apart, in which order.

use serde_json::Value as Json;
use vrev::catalog::declared::{Model, References, Schema};
use vrev::diff::migration::instant::InstantDdl;
use vrev::diff::migration::schema::{Change, SchemaDiff};
use vrev::sql::Statement;

use super::settings::{defaults, hints, texts};
use super::{schema, script};
use crate::case::{Case, text};
use crate::compare::{Match, equal, error_text};

/// Reads a side of a case: a text of statements, or a list of such.
fn side(json: &Json, key: &str) -> Result<Vec<Statement>, String> {
    let mut statements = Vec::new();
    for text in texts(json, key) {
        statements.extend(script(&text)?);
    }
    Ok(statements)
}

/// Compares both sides of a case; what is wrong with one of them, or stands between them, is one error text.
fn between(case: &Case) -> Result<Result<SchemaDiff, String>, String> {
    let (hints, defaults) = (hints(case)?, defaults(case)?);
    let (from, to) = (side(&case.json, "from")?, side(&case.json, "to")?);
    let make = |statements: &[Statement]| {
        schema(statements, &defaults).map_err(|errors| errors.join("\n"))
    };
    Ok(make(&from).and_then(|from| {
        let to = make(&to)?;
        SchemaDiff::between(&from, &to, &hints).map_err(|error| error.to_string())
    }))
}

pub(super) fn diff(case: &Case) -> Result<(), String> {
    let diff = between(case)?;
    match case.text("expect") {
        "error" => {
            let how = if case.get("error").is_string() {
                Match::Exact
            } else {
                Match::Contains
            };
            let wanted = [case.text("error"), case.text("error_contains")].concat();
            return error_text(&wanted, &diff.map(|diff| listed(&diff)), how);
        }
        "no_diff" => {
            return equal("diffs", &Vec::new(), &listed(&diff?));
        }
        "diff" => {}
        other => return Err(format!("unknown expectation {other:?}")),
    }
    let diff = diff?;
    let changes = diff.ordered().map_err(|error| error.to_string())?;
    let list = |form: fn(&Change) -> String| {
        changes
            .iter()
            .map(|change| form(change))
            .collect::<Vec<_>>()
    };
    equal(
        "canonical diffs",
        &texts(&case.json, "canonical_diffs"),
        &list(Change::canonical),
    )?;
    equal("diffs", &texts(&case.json, "diffs"), &list(Change::short))?;
    if case.get("unified").is_array() {
        equal(
            "unified",
            &texts(&case.json, "unified"),
            &list(Change::unified),
        )?;
    }
    holds(case, &changes)
}

fn listed(diff: &SchemaDiff) -> Vec<String> {
    diff.changes.iter().map(Change::canonical).collect()
}

/// Runs the changes on `from`, every step checked: what comes out differs in nothing from `to`.
fn holds(case: &Case, changes: &[&Change]) -> Result<(), String> {
    let (hints, defaults) = (hints(case)?, defaults(case)?);
    let make = |key: &str| -> Result<Schema, String> {
        schema(&side(&case.json, key)?, &defaults).map_err(|errors| errors.join("\n"))
    };
    let (from, to) = (make("from")?, make("to")?);
    let mut model = Model::of(&from);
    let references = match hints.foreign_key_check {
        vrev::diff::migration::hints::ForeignKeyCheck::Strict => References::Strict,
        _ => References::Ignore,
    };
    for change in changes {
        model
            .apply(&change.statement, references)
            .map_err(|error| format!("{}: {error}", change.canonical()))?;
    }
    let entities = to.entity_names().into_iter().chain(from.entity_names());
    let mut left = Vec::new();
    let mut entities: Vec<_> = entities.collect();
    entities.sort_unstable();
    entities.dedup();
    for name in entities {
        left.extend(model.entity(name).cloned());
    }
    let reached = Schema::from_entities(left, &defaults)
        .map_err(|errors| format!("ends in no valid schema: {errors:?}"))?;
    let left = SchemaDiff::between(&reached, &to, &hints).map_err(|error| error.to_string())?;
    equal("left to do", &Vec::new(), &listed(&left))
}

pub(super) fn order(case: &Case) -> Result<(), String> {
    let expect = case.get("expect");
    let diff = between(case)?;
    if let Some(error) = expect.get("error_contains").and_then(Json::as_str) {
        return error_text(error, &diff.map(|diff| listed(&diff)), Match::Contains);
    }
    let diff = diff?;
    let count = |key: &str| {
        expect
            .get(key)
            .and_then(Json::as_u64)
            .map(|count| count as usize)
    };
    if let Some(wanted) = count("diff_count") {
        equal(
            &format!("number of {:?}", listed(&diff)),
            &wanted,
            &diff.changes.len(),
        )?;
    }
    if let Some(wanted) = count("dependency_count") {
        equal("dependencies", &wanted, &diff.dependencies.len())?;
    }
    if let Some(wanted) = expect.get("sequential").and_then(Json::as_bool) {
        equal("sequential", &wanted, &diff.is_sequential())?;
    }
    if let Some(wanted) = expect.get("instant_ddl").and_then(Json::as_str) {
        let instant = match diff.instant() {
            InstantDdl::Irrelevant => "irrelevant",
            InstantDdl::Possible => "possible",
            InstantDdl::Impossible => "impossible",
        };
        equal("instant", &wanted, &instant)?;
    }
    if expect.get("related_fk_tables").is_some() {
        let mut wanted = texts(expect, "related_fk_tables");
        wanted.sort_unstable();
        let related: Vec<String> = diff.related_foreign_key_tables().into_iter().collect();
        equal("related tables", &wanted, &related)?;
    }
    let ordered = diff.ordered();
    let names = |changes: Vec<&Change>| -> Vec<String> {
        changes
            .iter()
            .map(|change| change.name().to_owned())
            .collect()
    };
    let conflicting = count("conflicting_diffs").unwrap_or_default();
    let error = text(expect, "order_error_contains");
    if conflicting > 0 || !error.is_empty() {
        let Err(conflict) = ordered else {
            return Err(format!("ordered: {:?}", names(ordered.unwrap_or_default())));
        };
        if conflicting > 0 {
            equal(
                "conflicting diffs",
                &conflicting,
                &conflict.statements.len(),
            )?;
        }
        return error_text(error, &Err::<(), _>(conflict), Match::Contains);
    }
    let changes = ordered.map_err(|error| error.to_string())?;
    if expect.get("entity_order").is_some() {
        equal(
            "entities",
            &texts(expect, "entity_order"),
            &names(changes.clone()),
        )?;
    }
    holds(case, &changes)
}

pub(super) fn valid(case: &Case) -> Result<(), String> {
    let defaults = defaults(case)?;
    let mut statements = side(&case.json, "schema")?;
    statements.extend(side(&case.json, "queries")?);
    let made = schema(&statements, &defaults);
    if case.text("expect") == "invalid" {
        let made =
            made.map(|schema| schema.to_sql())
                .map_err(|errors| match case.text("error_is") {
                    "first of several" => errors.into_iter().next().unwrap_or_default(),
                    _ => errors.join("\n"),
                });
        return error_text(case.text("error"), &made, Match::Exact);
    }
    equal("expectation", &"valid", &case.text("expect"))?;
    let schema = made.map_err(|errors| errors.join("\n"))?;
    if case.get("entity_order").is_array() {
        let names: Vec<String> = schema
            .entity_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        equal("entities", &texts(&case.json, "entity_order"), &names)?;
    }
    if let Some(canonical) = case.get("canonical_sql").as_str() {
        equal("canonical", &canonical.to_owned(), &schema.to_sql())?;
    }
    Ok(())
}

pub(super) fn apply_twice(case: &Case) -> Result<(), String> {
    let (hints, defaults) = (hints(case)?, defaults(case)?);
    let make = |key: &str| -> Result<Schema, String> {
        schema(&side(&case.json, key)?, &defaults).map_err(|errors| errors.join("\n"))
    };
    let (from, to) = (make("from")?, make("to")?);
    for (before, after) in [(&from, &to), (&to, &from)] {
        let diff = SchemaDiff::between(before, after, &hints).map_err(|error| error.to_string())?;
        let changes = diff.ordered().map_err(|error| error.to_string())?;
        let run = |schema: &Schema| {
            let mut model = Model::of(schema);
            changes.iter().try_for_each(|change| {
                model
                    .apply(&change.statement, References::Strict)
                    .map(|_| ())
            })
        };
        run(before).map_err(|error| format!("does not apply: {error}"))?;
        if run(after).is_ok() {
            return Err("applies a second time".to_owned());
        }
    }
    Ok(())
}
