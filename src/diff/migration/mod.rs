//! Two catalogs compared as the statements that turn one into the other, in an order in which they can run.
//!
//! The law: applying the steps to `from` gives `to`, that is, leaves no difference that [`catalog::diff`] shows. Each
//! step is applied to a model as it is planned, so the next one is planned from what is really there. Order (MySQL 8.0
//! manual, "ALTER TABLE" and "FOREIGN KEY Constraints"): VSchema entries that go; views, tables and foreign keys that go;
//! renames; tables that change; tables that come; foreign keys and views that come; VSchema entries that come. Swap the
//! sides for the way back.
//!
//! [`catalog::diff`]: super::catalog::diff

mod algorithm;
mod annotate;
pub mod definition;
mod hazard;
pub mod hints;
pub mod instant;
mod order;
mod partition;
mod planner;
pub mod revert;
pub mod schema;
mod table;
mod vschema;

pub use algorithm::{Algorithm, Cost, cost};
pub(super) use hazard::{beside, holds};
pub(super) use table::effective_type;

use crate::catalog::vschema::{Document, Rules};
use crate::catalog::{Catalog, DefinitionError};
use crate::sql::ddl::Ddl;
use crate::sql::print;
use crate::sql::vschema_ddl::AlterVschema;

/// Why no statements lead from one catalog to the other.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A planned statement would be refused: its own reason tells what stands in the way.
    #[error("cannot plan the change of `{keyspace}`: `{statement}` would be refused")]
    Refused {
        /// The keyspace.
        keyspace: String,
        /// The statement.
        statement: String,
        /// Why.
        #[source]
        source: DefinitionError,
    },
    /// Two definitions of a table cannot be compared: the reason tells why.
    #[error("cannot plan the change of table `{table}` in `{keyspace}`")]
    Undecided {
        /// The keyspace.
        keyspace: String,
        /// The table.
        table: String,
        /// Why.
        #[source]
        source: definition::Refusal,
    },
}

/// One step, in order of execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The keyspace it is about; empty for rules.
    pub keyspace: String,
    /// What to do.
    pub action: Action,
    /// Why it may lose data, reason by reason; empty if it cannot.
    pub hazards: Vec<String>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A DDL statement; names are qualified by the keyspace.
    Ddl(Ddl),
    /// An ALTER VSCHEMA statement; names are qualified by the keyspace.
    Vschema(AlterVschema),
    /// The keyspace's VSchema to be applied whole, because no statement has a form for the change.
    Document {
        /// What has no form.
        why: String,
        /// The document.
        document: Box<Document>,
    },
    /// Rules to be applied whole: no statement changes them.
    Rules {
        /// What they are applied with: `ApplyRoutingRules`, …
        command: &'static str,
        /// All rules; the command takes its own.
        rules: Rules,
    },
    /// A change that is made by other means, which the text tells.
    Note(String),
}

impl Step {
    /// Returns the statement without final semicolon; what is no statement is framed as SQL comments.
    pub fn sql(&self) -> String {
        match &self.action {
            Action::Ddl(ddl) => print::statement(ddl),
            Action::Vschema(statement) => statement.to_string(),
            Action::Document { why, document } => commented(&format!(
                "ApplyVSchema, keyspace `{}`, as ALTER VSCHEMA has no form for {why}:\n{}",
                self.keyspace,
                document.to_json()
            )),
            Action::Rules { command, rules } => {
                let written = match *command {
                    "ApplyRoutingRules" => rules.write_routing(),
                    "ApplyShardRoutingRules" => rules.write_shard_routing(),
                    "ApplyKeyspaceRoutingRules" => rules.write_keyspace_routing(),
                    _ => rules.write_mirror(),
                };
                // No rules are written as no file; they are applied as an empty list.
                let written = written.unwrap_or_else(|| "{\"rules\": []}".to_owned());
                commented(&format!(
                    "{command}, as no statement changes rules:\n{written}"
                ))
            }
            Action::Note(text) => commented(text),
        }
    }
}

fn commented(text: &str) -> String {
    text.lines()
        .map(|line| format!("-- {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the steps from one catalog to the other. Catalogs may be partial, as for
/// [`catalog::diff`](super::catalog::diff).
///
/// # Errors
/// See [`Error`].
pub fn migration(from: &Catalog, to: &Catalog) -> Result<Vec<Step>, Error> {
    let vschema = vschema::plan(from, to);
    let mut steps = vschema.before;
    steps.extend(planner::plan(from, to)?);
    steps.extend(vschema.after);
    steps.extend(planner::removed_keyspaces(from, to));
    Ok(steps)
}

#[cfg(test)]
mod tests;
