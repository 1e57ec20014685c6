//! The tables and views of a database, as its server prints them.
//!
//! What there is comes from `information_schema` in one query a kind, each definition from SHOW CREATE TABLE or VIEW: the
//! server's own text is the only complete one.

use super::{Error, Server};
use crate::catalog::At;
use crate::catalog::import::{Flavor, Skipped, Source};
use crate::sql::literal;
use crate::sql::name::quote;

/// The definitions of a database.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// One text for each table and view.
    pub sources: Vec<Source>,
    /// Objects that are neither, and what could not be listed.
    pub skipped: Vec<Skipped>,
}

/// Kinds of objects that are neither table nor view, with the query for their names.
const OTHERS: [(&str, &str); 4] = [
    (
        "TRIGGER",
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ",
    ),
    (
        "PROCEDURE",
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'PROCEDURE' AND ROUTINE_SCHEMA = ",
    ),
    (
        "FUNCTION",
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA = ",
    ),
    (
        "EVENT",
        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ",
    ),
];

impl Server {
    /// Reads every definition of a database; `progress` is told how many of how many are read.
    ///
    /// # Errors
    /// When there is no such database, or the server refuses or is gone.
    pub fn definitions(
        &mut self,
        database: &str,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Definitions, Error> {
        let literal = format!("'{}'", literal::escape(database));
        self.execute(&format!("USE {}", quote(database)))?;
        let tables = self.query(&format!(
            "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = {literal} ORDER BY TABLE_NAME"
        ))?;
        let mut found = Definitions::default();
        let total = tables.len();
        for (done, row) in tables.into_iter().enumerate() {
            progress(done, total);
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let name = cells.next().unwrap_or_default();
            let kind = cells.next().unwrap_or_default();
            let place = format!("{database}.{name}");
            let show = match kind.as_str() {
                "BASE TABLE" | "SYSTEM VERSIONED" => "TABLE",
                "VIEW" => "VIEW",
                _ => {
                    found
                        .skipped
                        .push(skipped(place, format!("{kind} `{name}`")));
                    continue;
                }
            };
            let shown = self.query(&format!("SHOW CREATE {show} {}", quote(&name)))?;
            let text = shown
                .into_iter()
                .next()
                .and_then(|row| row.into_iter().nth(1));
            let text = text.flatten().unwrap_or_default();
            let text = match self.flavor {
                // MariaDB's own executable comments say what MySQL does not have.
                Flavor::MariaDb => text.replace("/*M!", "/*!"),
                Flavor::MySql => text,
            };
            let lossy = text.contains('\u{fffd}');
            found.sources.push(Source {
                name: place,
                keyspace: None,
                text: format!("USE {}; {text}", quote(database)),
                lossy,
                flavor: self.flavor,
            });
        }
        progress(total, total);
        for (kind, query) in OTHERS {
            match self.query(&format!("{query}{literal} ORDER BY 1")) {
                Ok(rows) => {
                    for name in rows.into_iter().flatten().flatten() {
                        let what = format!("{kind} `{name}`");
                        found
                            .skipped
                            .push(skipped(format!("{database}.{name}"), what));
                    }
                }
                Err(Error::Refused { error, .. }) => {
                    let what = format!("every {kind}: they cannot be listed ({error})");
                    found.skipped.push(skipped(database.to_owned(), what));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

fn skipped(path: String, what: String) -> Skipped {
    let at = At::path(path);
    Skipped { at, what }
}
