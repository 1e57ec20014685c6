//! What a check says about one object, and where a reader should look.

use crate::catalog::At;
use crate::catalog::files::{self, Place, RuleFile, Severity};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of the check.
    pub check: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// What it is about.
    pub spot: Spot,
    /// One sentence without final period, with the names and values.
    pub message: String,
    /// What to do; empty where the message says it.
    pub hint: String,
}

impl Finding {
    /// Returns the object's path: `customer`, `customer.corder`, `customer.corder.oname`.
    pub fn object(&self) -> &str {
        &self.spot.object
    }
}

/// An object with the place where a file speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The object's path, by dots from the keyspace inwards; a rule is named by its file and what it applies to.
    pub object: String,
    /// The file.
    pub place: Place,
    /// Names that lead to the object in the file.
    pub names: Vec<String>,
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Spot {
    /// A table's definition, or a column, key or constraint of it where `part` is not empty.
    pub fn definition(keyspace: &str, table: &str, part: &str) -> Self {
        let place = Place::Table {
            keyspace: keyspace.to_owned(),
            table: table.to_owned(),
        };
        Self::part(keyspace, table, part, place, &[table])
    }

    /// A view.
    pub fn view(keyspace: &str, view: &str) -> Self {
        let place = Place::View {
            keyspace: keyspace.to_owned(),
            view: view.to_owned(),
        };
        Self::part(keyspace, view, "", place, &[view])
    }

    /// A table's entry in the VSchema, or a name in it where `part` is not empty.
    pub fn entry(keyspace: &str, table: &str, part: &str) -> Self {
        let place = Place::Vschema {
            keyspace: keyspace.to_owned(),
        };
        Self::part(keyspace, table, part, place, &["tables", table])
    }

    fn part(keyspace: &str, table: &str, part: &str, place: Place, names: &[&str]) -> Self {
        let mut spot = Self {
            object: format!("{keyspace}.{table}"),
            place,
            names: owned(names),
        };
        if !part.is_empty() {
            spot.object = format!("{}.{part}", spot.object);
            spot.names.push(part.to_owned());
        }
        spot
    }

    /// A vindex of the VSchema.
    pub fn vindex(keyspace: &str, vindex: &str) -> Self {
        Self {
            object: format!("{keyspace}.{vindex}"),
            place: Place::Vschema {
                keyspace: keyspace.to_owned(),
            },
            names: owned(&["vindexes", vindex]),
        }
    }

    /// A keyspace, at a field of its VSchema.
    pub fn keyspace(keyspace: &str, field: &str) -> Self {
        Self {
            object: keyspace.to_owned(),
            place: Place::Vschema {
                keyspace: keyspace.to_owned(),
            },
            names: owned(&[field]),
        }
    }

    /// A rule by what it applies to.
    pub fn rule(file: RuleFile, from: &str) -> Self {
        let place = Place::Rules(file);
        let file = place.path().unwrap_or_default();
        let object = format!("{}.{from}", file.trim_end_matches(".json"));
        Self {
            object,
            place,
            names: owned(&[from]),
        }
    }

    /// A word of `vrev.toml`.
    pub fn config(word: &str) -> Self {
        Self {
            object: "vrev.toml".to_owned(),
            place: Place::Config,
            names: owned(&[word]),
        }
    }

    /// Returns path, line and column, given the file's text; a name that the text does not have leads to the last of
    /// the names before it that it has.
    pub fn at(&self, text: &str) -> At {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let position = (1..=names.len())
            .rev()
            .find_map(|end| files::position_of(&self.place, text, &names[..end]));
        At {
            path: self.place.path().unwrap_or_else(|_| self.place.to_string()),
            position,
        }
    }
}

/// Takes the findings of one check.
#[derive(Debug)]
pub struct Findings<'a> {
    check: &'static str,
    severity: Severity,
    found: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Returns a taker that adds to `found`.
    pub(super) fn new(
        check: &'static str,
        severity: Severity,
        found: &'a mut Vec<Finding>,
    ) -> Self {
        Self {
            check,
            severity,
            found,
        }
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, spot: Spot, message: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Finding {
            check: self.check,
            severity: self.severity,
            spot,
            message: message.into(),
            hint: hint.into(),
        });
    }
}
