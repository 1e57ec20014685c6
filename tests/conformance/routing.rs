//! The suite `routing`: one query, one VSchema, the plan it must get.
//!
//! What the suite calls behaviour is compared strictly: refusals by their text, operators that send something with their
//! opcode, keyspace, vindex and values, and the tables used. The SQL sent and the shape of the tree are not.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use vrev::catalog::vschema::Document;
use vrev::catalog::{Catalog, Keyspace};
use vrev::router::{Operator, Planner, Session};
use vrev::sql;

use crate::case::{Case, text};

/// Planners by VSchema file: building one costs more than planning.
static PLANNERS: Mutex<BTreeMap<String, Arc<Planner>>> = Mutex::new(BTreeMap::new());

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    let planner = planner(case)?;
    let mut session = Session::new();
    session.target.keyspace = case.get("default_keyspace").as_str().map(str::to_owned);
    let options = case.get("options");
    if let (Some(keyspace), Some(shard)) = (
        &session.target.keyspace,
        options.get("target_shard").and_then(Json::as_str),
    ) {
        session =
            Session::with_target(&format!("{keyspace}:{shard}")).map_err(|e| e.to_string())?;
    }
    let expect = case.get("expect");
    let planned = match sql::parse_statement(case.text("query")) {
        Ok(statement) => planner
            .plan(&session, &statement)
            .map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match (planned, expect.get("error").and_then(Json::as_str)) {
        (Err(actual), Some(wanted)) if actual == wanted => Ok(()),
        (Err(actual), Some(wanted)) => Err(format!("error `{actual}`, wanted `{wanted}`")),
        (Err(actual), None) => Err(format!("error `{actual}`")),
        (Ok(plan), Some(wanted)) => Err(format!(
            "a plan {}, wanted error `{wanted}`",
            plan.to_json()
        )),
        (Ok(plan), None) => {
            let used: Vec<&str> = plan.tables_used.iter().map(String::as_str).collect();
            let wanted: Vec<&str> = list(expect.get("tables_used"));
            if used != wanted {
                return Err(format!("tables {used:?}, wanted {wanted:?}"));
            }
            compare(&plan.operators(), expect)
        }
    }
}

fn list(json: Option<&Json>) -> Vec<&str> {
    json.and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

/// Operators that send something to shards, depth first.
fn senders<'a>(operator: &'a Operator, found: &mut Vec<&'a Operator>) {
    if matches!(
        operator.operator,
        "Route" | "VindexLookup" | "Insert" | "Update" | "Delete" | "Send"
    ) {
        found.push(operator);
    }
    operator
        .inputs
        .iter()
        .for_each(|input| senders(input, found));
}

fn compare(root: &Operator, expect: &Json) -> Result<(), String> {
    let mut found = Vec::new();
    senders(root, &mut found);
    let opcode = |operator: &&Operator| match operator.variant {
        "" => operator.operator.to_owned(),
        variant => format!("{}:{variant}", operator.operator),
    };
    // The suite counts a lookup among the routes but not always among the opcodes.
    let routes = expect
        .get("routes")
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let wanted: Vec<String> = routes
        .iter()
        .map(|route| match text(route, "opcode") {
            "" => text(route, "op").to_owned(),
            opcode => format!("{}:{opcode}", text(route, "op")),
        })
        .collect();
    let actual: Vec<String> = found.iter().map(opcode).collect();
    if actual != wanted {
        return Err(format!("operators {actual:?}, wanted {wanted:?}"));
    }
    for (operator, route) in found.iter().zip(routes) {
        let keyspace = operator
            .keyspace
            .as_ref()
            .map_or("", |(name, _)| name.as_str());
        if keyspace != text(route, "keyspace") {
            return Err(format!(
                "keyspace {keyspace}, wanted {}",
                text(route, "keyspace")
            ));
        }
        let vindex = operator
            .attributes
            .get("Vindex")
            .and_then(Json::as_str)
            .unwrap_or_default();
        if vindex != text(route, "vindex") {
            return Err(format!(
                "vindex `{vindex}`, wanted `{}`",
                text(route, "vindex")
            ));
        }
        let values = list(operator.attributes.get("Values"));
        let wanted = list(route.get("values"));
        if values != wanted {
            return Err(format!("values {values:?}, wanted {wanted:?}"));
        }
    }
    Ok(())
}

fn planner(case: &Case) -> Result<Arc<Planner>, String> {
    let path = case.folder.join(case.text("vschema_file"));
    let key = path.to_string_lossy().into_owned();
    let mut planners = PLANNERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = planners.get(&key) {
        return Ok(Arc::clone(known));
    }
    let bytes = fs::read(&path).map_err(|e| format!("{key}: {e}"))?;
    let json: Json = serde_json::from_slice(&bytes).map_err(|e| format!("{key}: {e}"))?;
    let mut catalog = Catalog::default();
    for (name, document) in json
        .get("keyspaces")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
    {
        let document =
            Document::from_json(document.to_string().as_bytes()).map_err(|e| e.to_string())?;
        let shards: &[&str] = if document.sharded {
            &["-80", "80-"]
        } else {
            &["0"]
        };
        let keyspace = Keyspace {
            name: name.clone(),
            shards: shards.iter().map(|shard| (*shard).to_owned()).collect(),
            vschema: document,
            ..Keyspace::default()
        };
        catalog.keyspaces.insert(name.clone(), Arc::new(keyspace));
    }
    if let Some(rules) = json.get("routing_rules") {
        catalog
            .rules
            .read_routing(rules.to_string().as_bytes())
            .map_err(|e| e.to_string())?;
    }
    let planner = Arc::new(Planner::new(Arc::new(catalog)));
    planners.insert(key, Arc::clone(&planner));
    Ok(planner)
}
