//! The tables and views of databases, as their server prints them.
//!
//! What there is comes from `information_schema` in one query a kind, each definition from SHOW CREATE TABLE or VIEW: the
//! server's own text is the only complete one. Many are asked for in one round trip.

use super::{Error, Server};
use crate::catalog::At;
use crate::catalog::import::{Flavor, Skipped, Source};
use crate::sql::literal;
use crate::sql::name::{matches_pattern, quote};

/// The definitions of databases.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// One text for each table and view.
    pub sources: Vec<Source>,
    /// Objects that are neither, and what could not be listed.
    pub skipped: Vec<Skipped>,
    /// Patterns that excluded nothing.
    pub idle: Vec<String>,
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

/// Which definitions to read.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The databases, in this order.
    pub databases: Vec<String>,
    /// Tables and views to leave out: names, or patterns with `*` for any letters and `?` for one, of a name or of
    /// `database.name`.
    pub exclude: Vec<String>,
}

/// How many definitions are asked for at a time: one round trip for each would make a distant server slow.
const BATCH: usize = 64;

/// A table or view.
struct Listed {
    database: String,
    name: String,
    /// What SHOW CREATE calls it.
    kind: &'static str,
}

impl Server {
    /// Reads every definition of the chosen databases; `progress` is told how many of how many are read.
    ///
    /// # Errors
    /// When there is no such database, or the server refuses or is gone.
    pub fn definitions(
        &mut self,
        choice: &Choice,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Definitions, Error> {
        let mut found = Definitions::default();
        let mut excludes: Vec<Exclude<'_>> = choice.exclude.iter().map(Exclude::new).collect();
        let mut listed = Vec::new();
        for database in &choice.databases {
            listed.extend(self.list(database, &mut excludes, &mut found.skipped)?);
        }
        let idle = excludes.iter().filter(|exclude| !exclude.used);
        found.idle = idle.map(|exclude| exclude.pattern.to_owned()).collect();
        let mut done = 0;
        for batch in listed
            .chunk_by(|a, b| a.database == b.database)
            .flat_map(|of| of.chunks(BATCH))
        {
            progress(done, listed.len());
            let read = self.read(batch)?;
            found.sources.extend(read);
            done += batch.len();
        }
        progress(done, listed.len());
        for database in &choice.databases {
            self.list_others(database, &mut found.skipped)?;
        }
        Ok(found)
    }

    /// Returns the tables and views of a database that are not excluded.
    fn list(
        &mut self,
        database: &str,
        excludes: &mut [Exclude<'_>],
        others: &mut Vec<Skipped>,
    ) -> Result<Vec<Listed>, Error> {
        // Says that there is no such database, where the list would only be empty.
        self.execute(&format!("USE {}", quote(database)))?;
        let rows = self.query(&format!(
            "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME",
            literal_of(database)
        ))?;
        let mut listed = Vec::new();
        for row in rows {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let name = cells.next().unwrap_or_default();
            let kind = cells.next().unwrap_or_default();
            // Every pattern is asked, so that it is known of each whether it is of use.
            let takes = |taken, exclude: &mut Exclude<'_>| exclude.takes(database, &name) || taken;
            if excludes.iter_mut().fold(false, takes) {
                continue;
            }
            let kind = match kind.as_str() {
                "BASE TABLE" | "SYSTEM VERSIONED" => "TABLE",
                "VIEW" => "VIEW",
                _ => {
                    let what = format!("{kind} `{name}`");
                    others.push(skipped(format!("{database}.{name}"), what));
                    continue;
                }
            };
            listed.push(Listed {
                database: database.to_owned(),
                name,
                kind,
            });
        }
        Ok(listed)
    }

    /// Reads definitions of one database.
    fn read(&mut self, batch: &[Listed]) -> Result<Vec<Source>, Error> {
        let Some(Listed { database, .. }) = batch.first() else {
            return Ok(Vec::new());
        };
        // A view's text leaves out the database that is in use.
        self.execute(&format!("USE {}", quote(database)))?;
        let show = |listed: &Listed| format!("SHOW CREATE {} {}", listed.kind, quote(&listed.name));
        let statements: Vec<String> = batch.iter().map(show).collect();
        let answers = self.query_each(&statements.join(";"))?;
        let mut sources = Vec::with_capacity(batch.len());
        for (listed, rows) in batch.iter().zip(answers) {
            let text = rows
                .into_iter()
                .next()
                .and_then(|row| row.into_iter().nth(1));
            let text = text.flatten().unwrap_or_default();
            let text = match self.flavor {
                // MariaDB's own executable comments say what MySQL does not have.
                Flavor::MariaDb => text.replace("/*M!", "/*!"),
                Flavor::MySql => text,
            };
            sources.push(Source {
                name: format!("{database}.{}", listed.name),
                keyspace: None,
                lossy: text.contains('\u{fffd}'),
                text: format!("USE {}; {text}", quote(database)),
                flavor: self.flavor,
            });
        }
        Ok(sources)
    }

    /// Lists what is neither table nor view.
    fn list_others(&mut self, database: &str, found: &mut Vec<Skipped>) -> Result<(), Error> {
        for (kind, query) in OTHERS {
            match self.query(&format!("{query}{} ORDER BY 1", literal_of(database))) {
                Ok(rows) => {
                    for name in rows.into_iter().flatten().flatten() {
                        let what = format!("{kind} `{name}`");
                        found.push(skipped(format!("{database}.{name}"), what));
                    }
                }
                Err(Error::Refused { error, .. }) => {
                    let what = format!("every {kind}, for they cannot be listed ({error})");
                    found.push(skipped(database.to_owned(), what));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A pattern of names to leave out.
struct Exclude<'a> {
    pattern: &'a str,
    used: bool,
}

impl<'a> Exclude<'a> {
    fn new(pattern: &'a String) -> Self {
        Self {
            pattern,
            used: false,
        }
    }

    fn takes(&mut self, database: &str, name: &str) -> bool {
        let qualified = format!("{database}.{name}");
        let takes =
            matches_pattern(self.pattern, name) || matches_pattern(self.pattern, &qualified);
        self.used |= takes;
        takes
    }
}

fn literal_of(text: &str) -> String {
    format!("'{}'", literal::escape(text))
}

fn skipped(path: String, what: String) -> Skipped {
    let at = At::path(path);
    Skipped { at, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_exclude_names() {
        let takes =
            |pattern: &str, name: &str| Exclude::new(&pattern.to_owned()).takes("shop", name);
        for (pattern, name, expected) in [
            ("item", "item", true),
            ("item", "items", false),
            ("tmp_*", "tmp_1", true),
            ("tmp_*", "atmp_1", false),
            ("shop.t?", "t1", true),
            ("other.*", "t1", false),
            ("a.b", "axb", false),
        ] {
            assert_eq!(takes(pattern, name), expected, "{pattern} {name}");
        }
    }
}
