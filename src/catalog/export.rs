//! A catalog's definitions given out: SQL that makes its tables and views on a server, VSchema documents that Vitess's
//! tools read. What is given out imports to the same catalog ([`import`](super::import)).

use std::collections::BTreeSet;

use super::Catalog;
use super::dependency::{self, Place};
use super::files::{self, PathError, Place as File};
use super::vschema::json::rollup::Rollup;
use crate::sql::name::quote;
use crate::sql::print;

/// Whether a text says which database its definitions go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Databases {
    /// `CREATE DATABASE` and `USE` before each keyspace.
    Said,
    /// Nothing: they go where the reader wants them.
    Unsaid,
}

/// Returns one script that makes every table and view: tables after those that they refer to, where that can be, views
/// after what they read.
pub fn script(catalog: &Catalog, databases: Databases) -> String {
    let mut text = String::from("SET FOREIGN_KEY_CHECKS = 0;\n");
    for (name, keyspace) in &catalog.keyspaces {
        if databases == Databases::Said {
            let quoted = quote(name);
            text.push_str(&format!(
                "\nCREATE DATABASE IF NOT EXISTS {quoted};\nUSE {quoted};\n"
            ));
        }
        let here = |object: &String| (name.clone(), object.clone());
        let tables = keyspace.tables.iter();
        let tables = tables
            .map(|(table, found)| (here(table), dependency::of_table(name, &found.definition)));
        for table in ordered(tables) {
            if let Some(found) = keyspace.tables.get(&table) {
                text.push_str(&format!("\n{};\n", print::table(&found.definition)));
            }
        }
        let views = keyspace.views.iter();
        let views = views.map(|(view, found)| (here(view), dependency::of_view(name, found)));
        for view in ordered(views) {
            if let Some(found) = keyspace.views.get(&view) {
                text.push_str(&format!("\n{};\n", print::view(found)));
            }
        }
    }
    text.push_str("\nSET FOREIGN_KEY_CHECKS = 1;\n");
    text
}

/// Returns a file for each table and view, by path: `<keyspace>/tables/<table>.sql`.
///
/// # Errors
/// When a name can be no file name.
pub fn folder(catalog: &Catalog) -> Result<Vec<(String, String)>, PathError> {
    let mut found = Vec::new();
    for place in files::places(catalog) {
        if let File::Table { .. } | File::View { .. } = place
            && let Some(text) = files::text(catalog, &place)
        {
            let path = place.path()?;
            let path = path.strip_prefix("keyspaces/").unwrap_or(&path).to_owned();
            found.push((path, text));
        }
    }
    found.sort();
    Ok(found)
}

/// Returns all keyspaces' VSchema and the rules as one document (SrvVSchema).
pub fn rollup(catalog: &Catalog) -> String {
    let keyspaces = catalog.keyspaces.iter();
    Rollup {
        keyspaces: keyspaces
            .map(|(name, keyspace)| (name.clone(), keyspace.vschema.clone()))
            .collect(),
        rules: catalog.rules.clone(),
        mentioned: Vec::new(),
    }
    .to_json()
}

/// Returns a document for each keyspace, and one for each kind of rules that there is, by path: `<keyspace>.json`,
/// `routing_rules.json`.
///
/// # Errors
/// When a name can be no file name.
pub fn documents(catalog: &Catalog) -> Result<Vec<(String, String)>, PathError> {
    let mut found = Vec::new();
    for place in files::places(catalog) {
        let path = match &place {
            File::Vschema { keyspace } => format!("{}.json", files::encode(keyspace, "")?),
            File::Rules(file) => file.path().to_owned(),
            _ => continue,
        };
        if let Some(text) = files::text(catalog, &place) {
            found.push((path, text));
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the names, each after what it needs, else by name; of a cycle the first name comes first.
fn ordered(needs: impl Iterator<Item = (Place, BTreeSet<Place>)>) -> impl Iterator<Item = String> {
    let sorted = dependency::sorted(&needs.collect());
    sorted.into_iter().map(|((_, name), _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::import::{self, Options, Source};

    const TEXT: &str = "create database a; use a; \
        create table child (i int primary key, p int, foreign key (p) references parent (i)); \
        create table parent (i int primary key, `name` varchar(3) comment 'é''\\\\'); \
        create table loop1 (i int primary key, constraint l1 foreign key (i) references loop2 (i)); \
        create table loop2 (i int primary key, constraint l2 foreign key (i) references loop1 (i)); \
        create view a_first as select * from z_last; create view z_last as select i from parent; \
        create database b; use b; create table other (i int);";

    fn catalog(sources: &[Source]) -> Catalog {
        import::ddl(&Catalog::default(), sources, &Options::default(), false)
            .expect("it is right")
            .catalog
    }

    fn source(name: &str, keyspace: Option<&str>, text: &str) -> Source {
        Source::new(name, keyspace.map(str::to_owned), text.as_bytes().to_vec())
    }

    #[test]
    fn what_is_given_out_imports_to_the_same_catalog() {
        let known = catalog(&[source("a.sql", None, TEXT)]);
        let again = catalog(&[source("a.sql", None, &script(&known, Databases::Said))]);
        assert_eq!(files::write(&known), files::write(&again));
        let parts = folder(&known).expect("names are usable");
        let parts: Vec<Source> = parts
            .iter()
            .map(|(path, text)| source(path, path.split('/').next(), text))
            .collect();
        assert_eq!(files::write(&known), files::write(&catalog(&parts)));
    }

    #[test]
    fn what_is_needed_comes_first() {
        let text = script(&catalog(&[source("a.sql", None, TEXT)]), Databases::Unsaid);
        let place = |name: &str| text.find(&format!(" `{name}`")).expect(name);
        assert!(place("parent") < place("child"), "{text}");
        assert!(
            text.find("VIEW `z_last`") < text.find("VIEW `a_first`"),
            "{text}"
        );
        assert!(!text.contains("USE"), "{text}");
        assert!(place("loop1") < place("loop2"), "{text}");
    }
}
