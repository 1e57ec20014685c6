//! The suite `vschema`: documents, look-ups, rules, ALTER VSCHEMA and SHOW VSCHEMA.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};
use vrev::catalog::vschema::{
    BuiltTable, Document, ForeignKeyMode, Found, Rules, TabletType, VSchema, alter, choose, show,
};
use vrev::sql::{Statement, TableName, parse_statement};
use vrev::value::ColumnType;

use crate::case::{Case, text};
use crate::compare::{Match, equal, error_text, same_sql};

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    match case.file.as_str() {
        "build" => build(case),
        "lookup" => lookup(case),
        "mirror_rules" => mirror_rule(case),
        "global_routing" => global_routing(case),
        "choose_vindex" => choose_vindex(case),
        "ddl" => ddl(case),
        "parse" => {
            let printed =
                match parse_statement(case.text("sql")).map_err(|error| error.to_string())? {
                    Statement::AlterVschema(statement) => statement.to_string(),
                    Statement::ShowVschema(statement) => statement.to_string(),
                    other => return Err(format!("read as {other:?}")),
                };
            same_sql(case.text("normal_form"), &printed)
        }
        other => Err(format!("no runner for {other}")),
    }
}

fn objects<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = (&'a str, &'a Json)> {
    json.get(key)
        .and_then(Json::as_object)
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, value)| (name.as_str(), value))
}

/// The documents of a case, by keyspace.
fn documents(json: &Json) -> Result<BTreeMap<String, Document>, String> {
    objects(json, "keyspaces")
        .map(
            |(name, json)| match Document::from_json(json.to_string().as_bytes()) {
                Ok(document) => Ok((name.to_owned(), document)),
                Err(error) => Err(error.to_string()),
            },
        )
        .collect()
}

fn rules(json: &Json) -> Result<Rules, String> {
    let mut rules = Rules::default();
    let bytes = |key: &str| json.get(key).map(|rules| rules.to_string().into_bytes());
    let told = [
        bytes("routing_rules").map(|text| rules.read_routing(&text)),
        bytes("shard_routing_rules").map(|text| rules.read_shard_routing(&text)),
        bytes("keyspace_routing_rules").map(|text| rules.read_keyspace_routing(&text)),
        bytes("mirror_rules").map(|text| rules.read_mirror(&text)),
    ];
    told.into_iter()
        .flatten()
        .collect::<Result<(), _>>()
        .map_err(|error| error.to_string())?;
    Ok(rules)
}

fn vschema(json: &Json) -> Result<VSchema, String> {
    let documents = documents(json)?;
    let rules = rules(json)?;
    Ok(VSchema::new(
        documents
            .iter()
            .map(|(name, document)| (name.as_str(), document)),
        &rules,
    ))
}

/// `keyspace.table` of a built VSchema.
fn table<'a>(vschema: &'a VSchema, name: &str) -> Result<&'a BuiltTable, String> {
    let (keyspace, table) = name.split_once('.').unwrap_or(("", name));
    let found = vschema
        .keyspaces
        .get(keyspace)
        .and_then(|keyspace| keyspace.tables.get(table));
    found
        .map(|table| &**table)
        .ok_or_else(|| format!("there is no table {name}"))
}

fn mode_name(mode: ForeignKeyMode) -> &'static str {
    match mode {
        ForeignKeyMode::Unspecified => "unspecified",
        ForeignKeyMode::Disallow => "disallow",
        ForeignKeyMode::Unmanaged => "unmanaged",
        ForeignKeyMode::Managed => "managed",
    }
}

fn build(case: &Case) -> Result<(), String> {
    let expect = case.get("expect");
    if expect.as_object().is_none_or(Map::is_empty) {
        return Err("the case expects nothing".to_owned());
    }
    if let Some(text) = case.get("keyspace_json_text").as_str() {
        return parsed(text, expect);
    }
    let json = case.get("vschema");
    let documents = documents(json)?;
    let vschema = vschema(json)?;
    for (keyspace, expected) in objects(expect, "errors") {
        let errors = vschema
            .keyspaces
            .get(keyspace)
            .map(|keyspace| keyspace.errors.as_slice())
            .unwrap_or_default();
        match expected.as_str() {
            Some(expected) => {
                let actual = errors
                    .first()
                    .map_or(Ok(()), |error| Err(error.to_string()));
                error_text(expected, &actual, Match::of(expect))?;
            }
            None => equal(
                "errors",
                &Vec::<String>::new(),
                &errors.iter().map(ToString::to_string).collect(),
            )?,
        }
    }
    for name in expect
        .get("tables_absent")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
    {
        equal(name, &true, &table(&vschema, name).is_err())?;
    }
    for (name, expected) in objects(expect, "sequences") {
        let actual = table(&vschema, name)?
            .auto_increment
            .as_ref()
            .map(|(_, sequence)| sequence.to_string());
        equal(name, &expected.as_str(), &actual.as_deref())?;
    }
    for (name, expected) in objects(expect, "pinned_keyspace_id") {
        let actual = table(&vschema, name)?
            .pinned
            .as_ref()
            .map(ToString::to_string);
        equal(name, &expected.as_str(), &actual.as_deref())?;
    }
    for (name, expected) in objects(expect, "columns") {
        table(&vschema, name)?;
        let (keyspace, table) = name.split_once('.').unwrap_or(("", name));
        columns(expected, &documents, keyspace, table)?;
    }
    for (name, expected) in objects(expect, "column_vindexes") {
        column_vindexes(name, expected, table(&vschema, name)?)?;
    }
    for (name, expected) in objects(expect, "referenced_by") {
        let actual: Json = table(&vschema, name)?
            .referenced_by
            .iter()
            .map(ToString::to_string)
            .collect();
        equal(name, expected, &actual)?;
    }
    for (name, expected) in objects(expect, "global_tables") {
        let outcome = vschema.find_table(None, name);
        global(name, expected, outcome.map(|table| table.keyspace.clone()))?;
    }
    for (name, expected) in objects(expect, "global_vindexes") {
        let outcome = vschema.find_vindex(None, name);
        global(
            name,
            expected,
            outcome.map(|found| {
                found
                    .map(|(keyspace, _)| keyspace.to_owned())
                    .unwrap_or_default()
            }),
        )?;
    }
    for (keyspace, expected) in objects(expect, "foreign_key_mode") {
        let built = vschema
            .keyspace(keyspace)
            .map_err(|error| error.to_string())?;
        equal(
            keyspace,
            &expected.as_str(),
            &Some(mode_name(built.foreign_key_mode)),
        )?;
    }
    for (keyspace, expected) in objects(expect, "multi_tenant_spec") {
        let built = vschema
            .keyspace(keyspace)
            .map_err(|error| error.to_string())?;
        let actual = built.multi_tenant.as_ref().map_or(Json::Null, |spec| {
            serde_json::json!({ "tenant_id_column_name": spec.column, "tenant_id_column_type": spec.column_type })
        });
        equal(keyspace, expected, &actual)?;
    }
    Ok(())
}

/// Whether a keyspace's JSON is read as expected: the document printed, or the error.
fn parsed(json: &str, expect: &Json) -> Result<(), String> {
    let outcome = Document::from_json(json.as_bytes());
    if let Some(error) = expect.get("error").and_then(Json::as_str) {
        return error_text(error, &outcome, Match::of(expect));
    }
    let document = outcome.map_err(|error| error.to_string())?;
    let expected = Document::from_json(
        expect
            .get("parsed")
            .unwrap_or(&Json::Null)
            .to_string()
            .as_bytes(),
    );
    equal(
        "document",
        &expected.map_err(|error| error.to_string())?,
        &document,
    )
}

fn global(
    name: &str,
    expected: &Json,
    outcome: Result<String, impl std::fmt::Display>,
) -> Result<(), String> {
    let actual = match outcome {
        Ok(keyspace) => keyspace,
        Err(error) if error.to_string().starts_with("ambiguous") => "ambiguous".to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    let keyspace = expected.as_str().unwrap_or_default();
    equal(
        name,
        &keyspace.split('.').next().unwrap_or_default(),
        &actual.as_str(),
    )
}

/// Columns as the VSchema lists them; only the properties that the case names are compared.
fn columns(
    expected: &Json,
    documents: &BTreeMap<String, Document>,
    keyspace: &str,
    table: &str,
) -> Result<(), String> {
    let columns = documents
        .get(keyspace)
        .and_then(|document| document.tables.get(table))
        .map(|table| &table.columns);
    let columns = columns.ok_or("the table is not in its document")?;
    let expected = expected
        .as_array()
        .ok_or("the expected columns are no list")?;
    equal("number of columns", &expected.len(), &columns.len())?;
    for (expected, column) in expected.iter().zip(columns) {
        let column_type = if column.column_type.is_empty() {
            "NULL_TYPE"
        } else {
            &column.column_type
        };
        let told = serde_json::json!({
            "name": column.name, "type": column_type, "invisible": column.invisible, "default": column.default,
            "collation_name": column.collation, "size": column.size, "scale": column.scale,
            "nullable": column.nullable.unwrap_or(true), "values": column.values,
        });
        for (key, value) in expected.as_object().into_iter().flatten() {
            equal(key, value, told.get(key).unwrap_or(&Json::Null))?;
        }
    }
    Ok(())
}

fn column_vindexes(name: &str, expected: &Json, table: &BuiltTable) -> Result<(), String> {
    let expected = expected
        .as_array()
        .ok_or("the expected column vindexes are no list")?;
    equal(name, &expected.len(), &table.column_vindexes.len())?;
    for (expected, vindex) in expected.iter().zip(&table.column_vindexes) {
        let told = serde_json::json!({
            "name": vindex.name, "type": vindex.vindex_type, "columns": vindex.columns, "owned": vindex.owned,
            "unique": vindex.unique, "cost": vindex.cost, "partial": vindex.partial,
        });
        for (key, value) in expected.as_object().into_iter().flatten() {
            equal(key, value, told.get(key).unwrap_or(&Json::Null))?;
        }
    }
    Ok(())
}

fn lookup(case: &Case) -> Result<(), String> {
    let vschema = vschema(case.get("vschema"))?;
    let (asked, expect) = (case.get("lookup"), case.get("expect"));
    let tablet_type = TabletType::parse(text(asked, "tablet_type")).unwrap_or_default();
    let outcome = vschema.find_table_or_vindex(
        Some(text(asked, "keyspace")),
        text(asked, "name"),
        tablet_type,
    );
    if let Some(error) = expect.get("error").and_then(Json::as_str) {
        return error_text(
            error,
            &outcome,
            if error.is_empty() {
                Match::Any
            } else {
                Match::of(expect)
            },
        );
    }
    let actual = match outcome.map_err(|error| error.to_string())? {
        Found::Table(table) => {
            serde_json::json!({ "keyspace": table.keyspace, "table": table.name })
        }
        Found::Vindex { keyspace, vindex } => {
            serde_json::json!({ "keyspace": keyspace, "vindex": vindex.name() })
        }
    };
    equal("found", expect, &actual)
}

fn mirror_rule(case: &Case) -> Result<(), String> {
    let vschema = vschema(case.get("vschema"))?;
    let expect = case.get("expect");
    let rule = vschema
        .mirror_rule(case.text("rule_from"))
        .ok_or("there is no such rule")?;
    if let Some(error) = expect.get("error").and_then(Json::as_str) {
        return error_text(error, rule, Match::of(expect));
    }
    let rule = rule.as_ref().map_err(ToString::to_string)?;
    equal("to", &text(expect, "to"), &rule.to.to_string().as_str())?;
    equal(
        "percent",
        &expect.get("percent").and_then(Json::as_f64).unwrap_or(0.0),
        &f64::from(rule.percent),
    )
}

fn global_routing(case: &Case) -> Result<(), String> {
    let vschema = vschema(case.get("vschema"))?;
    let expected = |key: &str| -> BTreeSet<&str> {
        case.get("expect")
            .get(key)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect()
    };
    equal(
        "global",
        &expected("global"),
        &vschema.global_table_names().collect(),
    )?;
    equal(
        "ambiguous",
        &expected("ambiguous"),
        &vschema.ambiguous_table_names().collect(),
    )
}

fn choose_vindex(case: &Case) -> Result<(), String> {
    let expect = case.get("expect");
    let outcome = match case.text("kind") {
        "best_vindex_for_keyspace_id" => {
            let vschema = vschema(case.get("vschema"))?;
            let table = vschema
                .find_table(None, case.text("table"))
                .map_err(|error| error.to_string())?;
            choose::keyspace_id_vindex(&table)
                .map(|vindex| vindex.name.clone())
                .map_err(|error| error.to_string())
        }
        _ => {
            let name = match case.text("column_type") {
                "NULL" => "NULL_TYPE",
                other => other,
            };
            let column_type = ColumnType::from_query_type(name)
                .ok_or_else(|| format!("type {name} is no column's"));
            let chosen = |column_type: ColumnType| {
                choose::vindex_type(&column_type).map_err(|error| error.to_string())
            };
            column_type.and_then(chosen).map(str::to_owned)
        }
    };
    if let Some(error) = expect.get("error").and_then(Json::as_str) {
        return error_text(
            error,
            &outcome,
            if error.is_empty() {
                Match::Any
            } else {
                Match::of(expect)
            },
        );
    }
    let expected = ["vindex", "vindex_type"]
        .into_iter()
        .find_map(|key| expect.get(key))
        .and_then(Json::as_str);
    equal("vindex", &expected, &outcome?.as_str().into())
}

/// Documents that steps of a case change one after another.
struct Session {
    documents: BTreeMap<String, Document>,
    users: String,
}

fn ddl(case: &Case) -> Result<(), String> {
    let path = case.folder.join(case.text("vschema_before"));
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let before: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut session = Session {
        documents: documents(&before)?,
        users: "%".to_owned(),
    };
    for (index, step) in case
        .get("steps")
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        session
            .step(step, case.text("default_keyspace"))
            .map_err(|error| format!("step {}: {error}", index + 1))?;
    }
    Ok(())
}

impl Session {
    fn step(&mut self, step: &Json, default_keyspace: &str) -> Result<(), String> {
        if let Some(users) = step.get("set_vschema_ddl_users").and_then(Json::as_str) {
            self.users = users.to_owned();
            return Ok(());
        }
        let keyspace = step
            .get("default_keyspace")
            .and_then(Json::as_str)
            .unwrap_or(default_keyspace);
        let outcome = self.execute(text(step, "sql"), Some(keyspace), text(step, "user"));
        match step.get("error").and_then(Json::as_str) {
            Some(error) => error_text(error, &outcome, Match::of(step))?,
            None => {
                let rows = outcome?;
                if let Some(expected) = step.get("result") {
                    equal("result", expected, &rows)?;
                }
            }
        }
        self.check(step.get("check").unwrap_or(&Json::Null))
    }

    fn execute(&mut self, sql: &str, session: Option<&str>, user: &str) -> Result<Json, String> {
        match parse_statement(sql).map_err(|error| error.to_string())? {
            Statement::AlterVschema(statement) => {
                alter::authorize(&self.users, user).map_err(|error| error.to_string())?;
                let altered = alter::apply_to(&self.documents, session, &statement);
                let (keyspace, document) = altered.map_err(|error| error.to_string())?;
                self.documents.insert(keyspace, document);
                Ok(Json::Null)
            }
            Statement::ShowVschema(statement) => {
                let documents = self
                    .documents
                    .iter()
                    .map(|(name, document)| (name.as_str(), document))
                    .collect();
                let vschema = VSchema::new(
                    self.documents
                        .iter()
                        .map(|(name, document)| (name.as_str(), document)),
                    &Rules::default(),
                );
                let result = show::show(&statement, session, &documents, &vschema)
                    .map_err(|error| error.message)?;
                let columns: Json = result
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .collect();
                let row = |row: &Vec<vrev::value::Value>| -> Json {
                    row.iter()
                        .map(|value| value.to_text().unwrap_or_default().into_owned())
                        .collect()
                };
                Ok(
                    serde_json::json!({ "columns": columns, "rows": result.rows.iter().map(row).collect::<Vec<_>>() }),
                )
            }
            other => Err(format!("read as {other:?}")),
        }
    }

    fn check(&self, check: &Json) -> Result<(), String> {
        let find = |name: &str| -> Result<(&Document, String), String> {
            let name: TableName = name
                .parse()
                .map_err(|error: vrev::sql::Error| error.to_string())?;
            let document = name
                .keyspace
                .as_ref()
                .and_then(|keyspace| self.documents.get(keyspace));
            Ok((document.ok_or("there is no such keyspace")?, name.name))
        };
        for (name, expected) in objects(check, "vindexes") {
            let (document, vindex) = find(name)?;
            let actual = document.vindexes.get(&vindex);
            match (expected.as_object(), actual) {
                (None, actual) => equal(name, &None, &actual)?,
                (Some(_), None) => return Err(format!("there is no vindex {name}")),
                (Some(expected), Some(actual)) => {
                    let told = serde_json::json!({
                        "type": actual.vindex_type, "owner": actual.owner, "params": actual.params,
                    });
                    for (key, value) in expected {
                        equal(key, value, told.get(key).unwrap_or(&Json::Null))?;
                    }
                }
            }
        }
        for (name, expected) in objects(check, "tables") {
            let (document, table) = find(name)?;
            let actual = document.tables.get(&table);
            equal(name, &expected.is_object(), &actual.is_some())?;
            if let (Some(table_type), Some(actual)) =
                (expected.get("type").and_then(Json::as_str), actual)
            {
                equal(name, &table_type, &actual.table_type.as_str())?;
            }
        }
        for (name, expected) in objects(check, "column_vindexes") {
            let (document, table) = find(name)?;
            let entries = document
                .tables
                .get(&table)
                .map(|table| table.column_vindexes.as_slice())
                .unwrap_or_default();
            equal(
                name,
                expected,
                &entries.iter().map(|entry| entry.name.as_str()).collect(),
            )?;
        }
        for (name, expected) in objects(check, "auto_increment") {
            let (document, table) = find(name)?;
            let actual = document
                .tables
                .get(&table)
                .and_then(|table| table.auto_increment.as_ref());
            let told = actual.map_or(
                Json::Null,
                |auto| serde_json::json!({ "column": auto.column, "sequence": auto.sequence }),
            );
            equal(name, expected, &told)?;
        }
        Ok(())
    }
}
