//! What a real server says of vrev's definitions: its canonical texts, and the statements that it plans.
//!
//! Run with `VREV_MYSQL`, an address (`mysql://root@127.0.0.1:3306`) or a socket's path, whose user may create databases
//! (`vrev_test…`); without it the tests say that they skip. `.ci/run` starts a private MariaDB for them.
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod corpus;
mod dialect;
mod import;
mod pairs;
#[path = "../support/schemas.rs"]
mod schemas;

use vrev::catalog::import::{Flavor, Options, Source};
use vrev::catalog::{self, Catalog};
use vrev::shard::mysql::{Address, Server};

/// Opens a session in a new database of this name, or says that the test is skipped.
pub(crate) fn server(database: &str) -> Option<Server> {
    let Ok(address) = std::env::var("VREV_MYSQL") else {
        eprintln!("skipped: VREV_MYSQL names no server");
        return None;
    };
    let mut server = connect(&address);
    for statement in [
        format!("DROP DATABASE IF EXISTS {database}"),
        format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"),
        format!("USE {database}"),
        "SET foreign_key_checks = 0".to_owned(),
    ] {
        server
            .execute(&statement)
            .expect("the user may create databases");
    }
    Some(server)
}

/// Opens a session at an address or a socket.
pub(crate) fn connect(address: &str) -> Server {
    let address = match address.starts_with('/') {
        true => format!("mysql://root@localhost?socket={address}"),
        false => address.to_owned(),
    };
    let address = Address::parse(&address).expect("VREV_MYSQL is an address or a socket");
    let password = std::env::var("VREV_MYSQL_PASSWORD").ok();
    Server::connect(&address, password.as_deref()).expect("the server answers")
}

/// Reads definitions as the server printed them.
pub(crate) fn read(texts: &[String], flavor: Flavor) -> Result<Catalog, String> {
    let source = |text: &String| Source {
        flavor,
        ..Source::new("server", None, text.clone().into_bytes())
    };
    let sources: Vec<Source> = texts.iter().map(source).collect();
    let options = Options {
        keyspace: Some("shop".to_owned()),
        force: false,
    };
    let imported = catalog::import::ddl(&Catalog::default(), &sources, &options, false);
    imported.map(|imported| imported.catalog).map_err(|errors| {
        let told = errors
            .iter()
            .map(|error| match std::error::Error::source(error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            });
        told.collect::<Vec<_>>().join("\n")
    })
}
