//! `plan`: the way from one state's schema to another's, step by step.

use super::rename::declare;
use super::{DiffRequest, Error, Object, PlanReport, Workspace, place};
use crate::catalog::files::RuleFile;
use crate::diff::migration::{Action, Step};
use crate::diff::plan;

impl Workspace {
    /// Returns the ordered steps that bring a database from one state's schema to the other's. Objects limit which steps
    /// are told; what these need of others is told with those.
    ///
    /// # Errors
    /// When a catalog does not build, or no statements make the change.
    pub fn plan(&self, request: &DiffRequest) -> Result<PlanReport, Error> {
        let from = self.side_catalog(&request.from)?;
        let mut to = self.side_catalog(&request.to)?;
        declare(&from, &mut to, &request.renames)?;
        let mut steps = plan::plan(&from, &to)?;
        let asked = |name: &str| {
            request.objects.is_empty()
                || request.objects.iter().any(|object| match object {
                    Object::Keyspace(keyspace)
                    | Object::Table { keyspace, .. }
                    | Object::Part { keyspace, .. } => keyspace == name,
                    Object::Row { .. } => false,
                    Object::Relation(relation) => is_vschema_relation(relation),
                    Object::Path(_) => object.may_concern(&place::vschema_path(name)),
                })
        };
        steps.retain(|step| {
            request.objects.is_empty()
                || request
                    .objects
                    .iter()
                    .any(|object| concerns(object, &step.step))
        });
        let changed = to.keyspaces.iter().filter(|(name, keyspace)| {
            let before = from.keyspaces.get(*name).map(|before| &before.vschema);
            before != Some(&keyspace.vschema) && asked(name)
        });
        Ok(PlanReport {
            from: request.from.name.clone(),
            to: request.to.name.clone(),
            steps,
            documents: changed
                .map(|(name, keyspace)| (name.clone(), keyspace.vschema.clone()))
                .collect(),
        })
    }
}

/// Tells whether a step changes an object. A VSchema applied whole changes every table of its keyspace.
pub(super) fn concerns(object: &Object, step: &Step) -> bool {
    let changed = plan::objects(step);
    let whole = matches!(step.action, Action::Document { .. });
    match object {
        Object::Keyspace(keyspace) => step.keyspace == *keyspace,
        // Rows are no part of a schema.
        Object::Row { .. } => false,
        Object::Table { keyspace, table }
        | Object::Part {
            keyspace, table, ..
        } => {
            let name = format!("{keyspace}.{table}");
            changed.contains(&name) || (whole && step.keyspace == *keyspace)
        }
        Object::Relation(name) => match &step.action {
            Action::Ddl(_) => !is_vschema_relation(name),
            _ => is_vschema_relation(name),
        },
        Object::Path(_) => match &step.action {
            Action::Ddl(_) => changed.iter().any(|name| {
                let (keyspace, table) = name.split_once('.').unwrap_or((name, ""));
                object.concerns_definition(keyspace, table)
            }),
            Action::Rules { .. } => RuleFile::ALL
                .iter()
                .any(|file| object.may_concern(file.path())),
            _ => object.may_concern(&place::vschema_path(&step.keyspace)),
        },
    }
}

/// Tells whether a relation describes the VSchema rather than definitions.
fn is_vschema_relation(name: &str) -> bool {
    name.ends_with("vindexes") || name.ends_with("rules") || name == "keyspaces"
}
