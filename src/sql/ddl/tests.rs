//! DDL as a whole: the corpora.

use crate::sql::{Statement, parse_statement};

/// Reads the `sql` of every case of a corpus; `None` where the cases are not at hand.
fn corpus(name: &str) -> Option<Vec<(String, String)>> {
    let Some(folder) = std::env::var_os("VREV_CASES") else {
        eprintln!("skipped: VREV_CASES is not set");
        return None;
    };
    let path = std::path::Path::new(&folder).join("ddl").join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = text.lines().map(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        (
            case["id"].as_str().unwrap().to_owned(),
            case["sql"].as_str().unwrap().to_owned(),
        )
    });
    Some(cases.collect())
}

#[test]
fn the_corpora_are_read() {
    for (name, least) in [
        ("corpus_sqlparser.jsonl", 0),
        ("corpus_skeema.jsonl", 0),
        ("corpus_gms.jsonl", 0),
        ("corpus_atlas.jsonl", 0),
    ] {
        let Some(cases) = corpus(name) else { return };
        let mut read = 0;
        for (id, sql) in &cases {
            match parse_statement(sql) {
                Ok(Statement::Ddl(_)) => read += 1,
                Ok(other) => eprintln!("{id}: {other:?}"),
                Err(error) => eprintln!(
                    "{id}: {error}: {}",
                    sql.replace('\n', " ").chars().take(200).collect::<String>()
                ),
            }
        }
        eprintln!("{name}: {read}/{}", cases.len());
        assert!(read >= least);
    }
}
