//! Small catalogs for the tests of checks.

use std::collections::BTreeMap;

use super::{Findings, Subject, check, settings};
use crate::catalog::Catalog;
use crate::catalog::files::{Config, Suppression};
use crate::sql::ddl::Ddl;
use crate::sql::{Statement, parse_statement};

/// A keyspace: its name, its VSchema and its statements; a name with a dot is a file of rules and its text.
pub(super) type Part<'a> = (&'a str, &'a str, &'a [&'a str]);

/// Returns the files of a catalog, by path.
fn files(parts: &[Part<'_>]) -> BTreeMap<String, Vec<u8>> {
    let mut files: Vec<(String, String)> = Vec::new();
    for (name, text, statements) in parts {
        if name.contains('.') {
            files.push(((*name).to_owned(), (*text).to_owned()));
            continue;
        }
        let sharded = text.contains(r#""sharded": true"#);
        let shards = if sharded {
            r#"["-80", "80-"]"#
        } else {
            r#"["0"]"#
        };
        files.push((format!("keyspaces/{name}/shards.json"), shards.to_owned()));
        files.push((format!("keyspaces/{name}/vschema.json"), (*text).to_owned()));
        for statement in *statements {
            let path = match parse_statement(statement).expect("it parses") {
                Statement::Ddl(Ddl::CreateTable(create)) => {
                    format!("tables/{}", create.table.name.name)
                }
                Statement::Ddl(Ddl::CreateView(view)) => format!("views/{}", view.name.name),
                _ => panic!("{statement} defines nothing"),
            };
            files.push((
                format!("keyspaces/{name}/{path}.sql"),
                (*statement).to_owned(),
            ));
        }
    }
    let bytes = |(path, text): (String, String)| (path, text.into_bytes());
    files.into_iter().map(bytes).collect()
}

fn build(files: &BTreeMap<String, Vec<u8>>) -> Catalog {
    Catalog::build(files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Runs one check and compares its findings, `object: message`, in order.
#[track_caller]
pub(super) fn expect(id: &str, parts: &[Part<'_>], expected: &[&str]) {
    expect_under(id, "", parts, expected);
}

/// As [`expect`], under a policy: what follows `[policy]` in `vrev.toml`. What is found is then suppressed, and nothing
/// is left.
#[track_caller]
pub(super) fn expect_under(id: &str, policy: &str, parts: &[Part<'_>], expected: &[&str]) {
    let config = format!("format = 1\n[policy]\n{policy}\n");
    let mut config = Config::parse(&config).expect("settings");
    let files = files(parts);
    let catalog = build(&files);
    let check = check::ALL.iter().find(|check| check.id == id);
    let check = check.unwrap_or_else(|| panic!("no check {id}"));
    let mut found = Vec::new();
    let subject = Subject::new(&catalog, &config.policy).with_files(&files);
    (check.run)(
        &subject,
        &mut Findings::new(check.id, check.severity, &mut found),
    );
    let told: Vec<String> = found
        .iter()
        .map(|finding| format!("{}: {}", finding.object(), finding.message))
        .collect();
    assert_eq!(told, expected, "{id}");
    for finding in &found {
        config.suppress.push(Suppression {
            check: id.to_owned(),
            object: finding.object().to_owned(),
            reason: "known".to_owned(),
        });
    }
    let outcome = settings::judge(found, &config);
    assert_eq!(
        (outcome.findings.len(), outcome.suppressed.len()),
        (0, told.len()),
        "{id}"
    );
    assert_eq!(settings::findings(&config, &outcome), [], "{id}");
}

/// As [`expect`], of mirror rules between keyspaces `a`, `b` and `c`.
#[track_caller]
pub(super) fn expect_of_mirrors(id: &str, rules: &str, expected: &[&str]) {
    let rules = format!(r#"{{"rules": [{rules}]}}"#);
    let keyspaces = ["a", "b", "c"].map(|keyspace| (keyspace, "{}", &[][..]));
    let parts: Vec<Part<'_>> = keyspaces
        .into_iter()
        .chain([("mirror_rules.json", rules.as_str(), &[][..])])
        .collect();
    expect(id, &parts, expected);
}

/// A sharded keyspace whose table `t` has two of the vindexes `hash`, `x` (xxhash) and `l` (a lookup), on columns `a` and
/// `b`.
pub(super) fn hash_and_lookup(first: &str, second: &str) -> String {
    r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "x": {"type": "xxhash"},
        "l": {"type": "lookup_unique", "params": {"table": "l", "from": "a", "to": "k"}}},
        "tables": {"t": {"column_vindexes": [{"name": "FIRST", "columns": ["a"]}, {"name": "SECOND", "columns": ["b"]}]}}}"#
        .replace("FIRST", first)
        .replace("SECOND", second)
}

/// A sharded keyspace with vindexes `hash`, `x` (xxhash), `bin` (binary) and `u` (a unique lookup in `ks.idx`, owned by `t`),
/// and the entry of table `t`.
pub(super) fn with_vindexes(entry: &str) -> String {
    r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "x": {"type": "xxhash"}, "bin": {"type": "binary"},
        "u": {"type": "consistent_lookup_unique", "params": {"table": "ks.idx", "from": "email", "to": "k"}, "owner": "t"}},
        "tables": {"t": {ENTRY}}}"#
        .replace("ENTRY", entry)
}
