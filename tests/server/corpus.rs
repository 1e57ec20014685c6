//! Every table of the corpora that the server accepts: our canonical text is created, printed by the server, imported,
//! and no difference is left.

use std::collections::BTreeMap;
use std::path::PathBuf;

use vrev::catalog::import::Flavor;
use vrev::catalog::{Catalog, Defaults, Table};
use vrev::diff::migration::migration;
use vrev::sql::ddl::Ddl;
use vrev::sql::{Statement, name, parse_script, print};

use crate::{dialect, read, server};

/// Returns the canonical texts of all tables that the cases name, each once, by text.
fn tables(folder: &PathBuf) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("VREV_CASES has a folder ddl")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        for line in text.lines() {
            let case: serde_json::Value = serde_json::from_str(line).expect("a case a line");
            strings(&case, &mut |text| {
                for statement in parse_script(text) {
                    if let Ok(Statement::Ddl(Ddl::CreateTable(create))) = statement.statement
                        && create.query.is_none()
                        && let Ok(table) = Table::from_ddl(&create.table, &Defaults::default())
                    {
                        let canonical = print::table(&table.definition);
                        found.insert(canonical, table.name().to_owned());
                    }
                }
            });
        }
    }
    found
}

fn strings(value: &serde_json::Value, take: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => take(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, take)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| strings(item, take)),
        _ => {}
    }
}

#[test]
fn the_server_prints_canonical_definitions_with_the_same_meaning() {
    let Ok(cases) = std::env::var("VREV_CASES") else {
        eprintln!("skipped: VREV_CASES names no cases");
        return;
    };
    let Some(mut server) = server("vrev_test_corpus") else {
        return;
    };
    let flavor = server.flavor();
    let tables = tables(&PathBuf::from(cases).join("ddl"));
    let (mut accepted, mut unheld, mut refused, mut failures) = (0, 0, BTreeMap::new(), Vec::new());
    for (canonical, table) in &tables {
        let quoted = name::quote(table);
        if !dialect::holds(canonical, flavor) {
            unheld += 1;
            continue;
        }
        let created = server.execute(&dialect::put(canonical, flavor));
        if let Err(error) = created {
            if std::env::var_os("VREV_SHOW_REFUSED").is_some() {
                eprintln!("{error}\n{canonical}\n");
            }
            *refused
                .entry(error.to_string().chars().take(80).collect::<String>())
                .or_insert(0) += 1;
            continue;
        }
        accepted += 1;
        let rows = server
            .query(&format!("SHOW CREATE TABLE {quoted}"))
            .expect("it was created");
        let printed = rows[0][1].clone().expect("it has a definition");
        let again = read(&[dialect::put_back(&printed, flavor)], flavor);
        let expected =
            read(&[dialect::kept(canonical, flavor)], Flavor::MySql).expect("our own text is read");
        match again {
            Err(error) => failures.push(format!("{canonical}\nprinted\n{printed}\n{error}")),
            Ok(again) => {
                let left = difference(&again, &expected);
                if !left.is_empty() {
                    failures.push(format!("{canonical}\nprinted\n{printed}\nleft\n{left}"));
                }
            }
        }
        server
            .execute(&format!("DROP TABLE {quoted}"))
            .expect("it is there");
    }
    let total = tables.len();
    let failed = failures.len();
    eprintln!(
        "{total} tables: {accepted} accepted by the server, {failed} of them differ; {unheld} say what it does not keep"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(accepted * 10 > total * 6, "most are accepted: {refused:#?}");
}

/// Returns the statements that lead from one catalog to the other.
pub(crate) fn difference(from: &Catalog, to: &Catalog) -> String {
    match migration(from, to) {
        Ok(steps) => steps
            .iter()
            .map(|step| step.sql())
            .collect::<Vec<_>>()
            .join("\n"),
        Err(error) => error.to_string(),
    }
}
