//! A pattern searched for in a revision's catalog: names, definitions, VSchemas, rules, line by line.

use regex::{Regex, RegexBuilder};

use super::Error;
use crate::catalog::files::Place;
use crate::store::{Revision, Store};

/// What to search for.
#[derive(Debug, Clone)]
pub struct Search {
    pattern: Regex,
}

/// A line that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The file.
    pub path: String,
    /// What the file is: `table`, `view`, `vschema`, `shards`, `identities`, `rules`, `config`.
    pub kind: &'static str,
    /// The object that the file declares: `customer.corder`, `customer`, `routing_rules`.
    pub object: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// Where the matches are in it, in bytes.
    pub spans: Vec<(usize, usize)>,
}

impl Search {
    /// Returns a search for a regular expression, or for a text as it is.
    ///
    /// # Errors
    /// When the pattern is no regular expression.
    pub fn new(pattern: &str, ignore_case: bool, literal: bool, word: bool) -> Result<Self, Error> {
        let mut text = if literal {
            regex::escape(pattern)
        } else {
            pattern.to_owned()
        };
        if word {
            text = format!(r"\b(?:{text})\b");
        }
        let built = RegexBuilder::new(&text)
            .case_insensitive(ignore_case)
            .build();
        built
            .map(|pattern| Self { pattern })
            .map_err(|error| Error::Pattern {
                pattern: pattern.to_owned(),
                reason: reason(&error),
            })
    }

    /// Returns the lines of a revision's catalog that match, by path and line.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn run(
        &self,
        store: &Store,
        revision: &Revision,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Match>, Error> {
        let mut found = Vec::new();
        for (path, id) in store.files(revision, "")? {
            let Ok(Some(place)) = Place::of(&path) else {
                continue;
            };
            if !wanted(&path) {
                continue;
            }
            let bytes = match revision {
                Revision::Working => store.read_path(revision, &path)?.unwrap_or_default(),
                _ => store.read(id)?,
            };
            let (kind, object) = named(&place);
            for (at, text) in String::from_utf8_lossy(&bytes).lines().enumerate() {
                let spans: Vec<(usize, usize)> = self
                    .pattern
                    .find_iter(text)
                    .map(|found| (found.start(), found.end()))
                    .collect();
                if !spans.is_empty() {
                    found.push(Match {
                        path: path.clone(),
                        kind,
                        object: object.clone(),
                        line: at + 1,
                        text: text.to_owned(),
                        spans,
                    });
                }
            }
        }
        Ok(found)
    }
}

/// The last line of a pattern's error says what is wrong, those before draw it.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

fn named(place: &Place) -> (&'static str, String) {
    match place {
        Place::Config => ("config", "vrev.toml".to_owned()),
        Place::Vschema { keyspace } => ("vschema", keyspace.clone()),
        Place::Shards { keyspace } => ("shards", keyspace.clone()),
        Place::Identities { keyspace } => ("identities", keyspace.clone()),
        Place::Table { keyspace, table } => ("table", format!("{keyspace}.{table}")),
        Place::View { keyspace, view } => ("view", format!("{keyspace}.{view}")),
        Place::Rules(rules) => {
            let name = rules.path().trim_end_matches(".json");
            ("rules", name.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_asked() {
        let search = |pattern, ignore, literal, word| Search::new(pattern, ignore, literal, word);
        assert!(
            search("a.c", false, false, false)
                .unwrap()
                .pattern
                .is_match("abc")
        );
        assert!(
            !search("a.c", false, true, false)
                .unwrap()
                .pattern
                .is_match("abc")
        );
        assert!(
            search("ABC", true, true, false)
                .unwrap()
                .pattern
                .is_match("abc")
        );
        assert!(
            !search("ab", false, true, true)
                .unwrap()
                .pattern
                .is_match("abc")
        );
        let error = search("(", false, false, false).unwrap_err().to_string();
        assert_eq!(error, "`(` is no regular expression: unclosed group");
    }
}
