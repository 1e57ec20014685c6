//! Pairs of schemas: the statements planned from one to the other are run on the server, which is then at the target;
//! those of the way back bring it to where it was.

use std::sync::Arc;
use std::time::Instant;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use vrev::catalog::alter::{self, ForeignKeyChecks};
use vrev::catalog::import::{self, Options, Source};
use vrev::catalog::{Catalog, Keyspace, export};
use vrev::diff::migration::{Action, migration};
use vrev::shard::mysql::Server;
use vrev::sql::{Statement, parse_statement};

use crate::corpus::difference;
use crate::schemas::{Words, schema};
use crate::{dialect, server};

/// The database, and the keyspace that stands for it.
const NAME: &str = "vrev_test_pairs";

/// How many schemas are gone from, and how many are gone to from each.
const PAIRS: (usize, usize) = (200, 10);

/// A generator whose schemas are the same in every run.
struct Schemas {
    runner: TestRunner,
}

impl Schemas {
    fn next(&mut self) -> Catalog {
        let tree = schema(Words::Common).new_tree(&mut self.runner);
        let texts = tree.expect("nothing is filtered").current();
        let mut catalog = Catalog::default();
        let keyspace = Keyspace {
            name: NAME.to_owned(),
            shards: vec!["0".to_owned()],
            ..Keyspace::default()
        };
        catalog
            .keyspaces
            .insert(NAME.to_owned(), Arc::new(keyspace));
        for text in texts {
            let Ok(Statement::Ddl(ddl)) = parse_statement(&text) else {
                panic!("it is not read: {text}");
            };
            // What MySQL would refuse is left out.
            if let Ok(outcome) = alter::apply(&catalog, NAME, &ddl, ForeignKeyChecks::On) {
                catalog = outcome.catalog;
            }
        }
        catalog
    }
}

/// Makes the database anew, with these tables; the server's refusal otherwise.
fn recreate(server: &mut Server, catalog: &Catalog) -> Result<(), String> {
    let statements = ["DROP DATABASE IF EXISTS", "CREATE DATABASE", "USE"];
    for statement in statements {
        server
            .execute(&format!("{statement} {NAME}"))
            .expect("the user may");
    }
    let script = export::script(catalog, export::Databases::Unsaid);
    for statement in vrev::sql::parse_script(&script) {
        if statement.text.starts_with("SET") {
            continue;
        }
        let text = dialect::put(&statement.text, server.flavor());
        server
            .execute(&text)
            .map_err(|error| format!("{error}\n{script}"))?;
    }
    Ok(())
}

/// Returns the schema that the server has.
fn read(server: &mut Server) -> Result<Catalog, String> {
    let flavor = server.flavor();
    let mut sources = Vec::new();
    for row in server.query("SHOW TABLES").expect("it has a database") {
        let table = row[0].clone().expect("a table has a name");
        let shown = server
            .query(&format!("SHOW CREATE TABLE `{table}`"))
            .expect("it is there");
        let text = dialect::put_back(shown[0][1].as_deref().expect("it has a text"), flavor);
        let source = Source::new("server", None, text.into_bytes());
        sources.push(Source { flavor, ..source });
    }
    let options = Options {
        keyspace: Some(NAME.to_owned()),
        force: false,
    };
    let imported = import::ddl(&Catalog::default(), &sources, &options, false);
    let mut catalog = imported.map_err(|errors| format!("{errors:?}"))?.catalog;
    catalog.keyspaces.entry(NAME.to_owned()).or_insert_with(|| {
        Arc::new(Keyspace {
            name: NAME.to_owned(),
            shards: vec!["0".to_owned()],
            ..Keyspace::default()
        })
    });
    Ok(catalog)
}

/// Runs the statements planned from one schema to the other; says what is wrong afterwards.
fn go(server: &mut Server, from: &Catalog, to: &Catalog) -> Result<(), String> {
    let steps = migration(from, to).map_err(|error| format!("not planned: {error}"))?;
    let mut said = Vec::new();
    for step in &steps {
        if let Action::Ddl(_) = step.action {
            let text = dialect::put(&step.sql(), server.flavor());
            said.push(text.clone());
            let ran = server.execute(&text);
            ran.map_err(|error| format!("{error}\n{}", said.join(";\n")))?;
        }
    }
    let left = difference(&read(server)?, to);
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("ran\n{}\nleft\n{left}", said.join(";\n")))
    }
}

#[test]
fn planned_statements_bring_a_server_to_the_target_and_back() {
    let Some(mut server) = server(NAME) else {
        return;
    };
    server
        .execute("SET foreign_key_checks = 1")
        .expect("it is a variable");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[41; 32]);
    let runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut schemas = Schemas { runner };
    let started = Instant::now();
    let (mut done, mut refused, mut failures) = (0, 0, Vec::new());
    while done < PAIRS.0 * PAIRS.1 && failures.len() < 5 {
        let from = schemas.next();
        if let Err(reason) = recreate(&mut server, &from) {
            refused += 1;
            if std::env::var_os("VREV_SHOW_REFUSED").is_some() {
                eprintln!("{reason}");
            }
            continue;
        }
        for _ in 0..PAIRS.1 {
            let to = schemas.next();
            let there = go(&mut server, &from, &to);
            let problem = match there {
                Ok(()) => go(&mut server, &to, &from).map_err(|error| format!("back: {error}")),
                Err(error) => Err(error),
            };
            let Err(problem) = problem else {
                done += 1;
                continue;
            };
            // A schema that the server takes in no way is not the planner's fault.
            match recreate(&mut server, &to) {
                Err(reason) => {
                    refused += 1;
                    if std::env::var_os("VREV_SHOW_REFUSED").is_some() {
                        eprintln!("{reason}");
                    }
                }
                Ok(()) => {
                    let script = |catalog| export::script(catalog, export::Databases::Unsaid);
                    failures.push(format!(
                        "from\n{}\nto\n{}\n{problem}",
                        script(&from),
                        script(&to)
                    ));
                }
            }
            recreate(&mut server, &from).expect("it was taken before");
        }
    }
    let seconds = started.elapsed().as_secs();
    eprintln!("{done} pairs in {seconds} s; {refused} schemas that the server does not take");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(refused < done / 4, "most schemas are taken");
}
