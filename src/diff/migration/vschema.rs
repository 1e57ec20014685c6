//! The VSchema side of a migration: ALTER VSCHEMA statements, or the whole document where they have no form.
//!
//! Statements are planned per keyspace in an order in which each is accepted: what goes, from users to used; then what
//! comes, from used to users, the primary vindex of a table first. They are kept only if they lead to the wanted
//! document; else the document itself is the step, and says which changes have no statement. What a statement does is
//! Vitess's `go/vt/topotools/vschema_ddl.go`.

use std::collections::BTreeSet;

use super::{Action, Step};
use crate::catalog::Catalog;
use crate::catalog::vschema::{AutoIncrement, ColumnVindex, Document, Table, Vindex};
use crate::sql::TableName;
use crate::sql::name::vitess_table;
use crate::sql::vschema_ddl::{AlterVschema, ParamValue, VindexSpec};

/// Steps before and after the DDL.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) before: Vec<Step>,
    pub(super) after: Vec<Step>,
}

/// Plans the VSchema changes of every keyspace of `to`, and the rules.
pub(super) fn plan(from: &Catalog, to: &Catalog) -> Plan {
    let mut steps: Vec<(Phase, Step)> = Vec::new();
    for (name, keyspace) in &to.keyspaces {
        let current = from
            .keyspaces
            .get(name)
            .map(|keyspace| keyspace.vschema.clone())
            .unwrap_or_default();
        steps.extend(Planner::new(name, &current, &keyspace.vschema).steps());
    }
    steps.sort_by_key(|(phase, _)| *phase);
    let mut plan = Plan::default();
    for (phase, step) in steps {
        if phase <= Phase::DropVindex {
            plan.before.push(step)
        } else {
            plan.after.push(step)
        }
    }
    plan.after.extend(rules(from, to));
    plan
}

fn rules(from: &Catalog, to: &Catalog) -> Vec<Step> {
    let (old, new) = (&from.rules, &to.rules);
    let changed = [
        ("ApplyRoutingRules", old.routing != new.routing),
        ("ApplyShardRoutingRules", old.shard != new.shard),
        ("ApplyKeyspaceRoutingRules", old.keyspace != new.keyspace),
        ("ApplyMirrorRules", old.mirror != new.mirror),
    ];
    let step = |(command, _)| Step {
        keyspace: String::new(),
        action: Action::Rules {
            command,
            rules: new.clone(),
        },
        hazards: Vec::new(),
    };
    changed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(step)
        .collect()
}

/// The order of statements across keyspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    DropAutoIncrement,
    DropTable,
    DropColumnVindex,
    DropVindex,
    AddTable,
    CreateVindex,
    AddColumnVindex,
    AddAutoIncrement,
    Document,
}

struct Planner<'a> {
    keyspace: &'a str,
    wanted: Document,
    /// The current document with the effect of the statements so far.
    model: Document,
    statements: Vec<(Phase, AlterVschema, Vec<String>)>,
}

impl<'a> Planner<'a> {
    fn new(keyspace: &'a str, current: &Document, wanted: &Document) -> Self {
        Self {
            keyspace,
            wanted: normalized(wanted),
            model: normalized(current),
            statements: Vec::new(),
        }
    }

    fn steps(mut self) -> Vec<(Phase, Step)> {
        if self.model == self.wanted {
            return Vec::new();
        }
        let current = self.model.clone();
        self.drop_auto_increments();
        self.drop_tables();
        self.drop_column_vindexes();
        self.drop_vindexes();
        self.add_tables();
        self.add_vindexes();
        self.add_column_vindexes();
        self.add_auto_increments();
        let step = |action, hazards| Step {
            keyspace: self.keyspace.to_owned(),
            action,
            hazards,
        };
        if self.model == self.wanted {
            let statements = self.statements.into_iter();
            return statements
                .map(|(phase, statement, hazards)| {
                    (phase, step(Action::Vschema(statement), hazards))
                })
                .collect();
        }
        let moves = |(name, table): &(&String, &Table)| {
            let wanted = self.wanted.tables.get(*name);
            wanted.is_some_and(|wanted| primary_changes(&current, table, &self.wanted, wanted))
        };
        let hazards = current
            .tables
            .iter()
            .filter(moves)
            .map(|(name, _)| moved_rows(self.keyspace, name));
        let why = without_form(&self.model, &self.wanted);
        let action = Action::Document {
            why,
            document: Box::new(self.wanted.clone()),
        };
        vec![(Phase::Document, step(action, hazards.collect()))]
    }

    fn name(&self, name: &str) -> TableName {
        TableName::qualified(self.keyspace, name)
    }

    fn push(&mut self, phase: Phase, statement: AlterVschema) {
        self.statements.push((phase, statement, Vec::new()));
    }

    fn drop_auto_increments(&mut self) {
        for (name, wanted) in &self.wanted.tables.clone() {
            let Some(table) = self.model.tables.get_mut(name) else {
                continue;
            };
            if table.auto_increment.is_some() && table.auto_increment != wanted.auto_increment {
                table.auto_increment = None;
                let table = self.name(name);
                self.push(
                    Phase::DropAutoIncrement,
                    AlterVschema::DropAutoIncrement(table),
                );
            }
        }
    }

    fn drop_tables(&mut self) {
        for (name, table) in self.model.tables.clone() {
            let wanted = self.wanted.tables.get(&name);
            // A table that becomes a sequence, or a sequence that becomes a table, is declared anew.
            let stays = wanted
                .is_some_and(|wanted| wanted.table_type == table.table_type || self.model.sharded);
            if stays {
                continue;
            }
            let qualified = self.name(&name);
            let statement = match table.table_type.as_str() {
                "sequence" if !self.model.sharded => AlterVschema::DropSequence(qualified),
                _ => AlterVschema::DropTable(qualified),
            };
            self.model.tables.remove(&name);
            self.push(Phase::DropTable, statement);
        }
    }

    /// Drops column vindexes from the last to the first, all but those that the wanted list begins with.
    fn drop_column_vindexes(&mut self) {
        for (name, table) in self.model.tables.clone() {
            let Some(wanted) = self.wanted.tables.get(&name) else {
                continue;
            };
            let mut kept: Vec<ColumnVindex> = Vec::new();
            let mut dropped = Vec::new();
            for vindex in &table.column_vindexes {
                let defined_alike =
                    self.model.vindexes.get(&vindex.name) == self.wanted.vindexes.get(&vindex.name);
                if defined_alike && wanted.column_vindexes.get(kept.len()) == Some(vindex) {
                    kept.push(vindex.clone());
                } else {
                    dropped.push(vindex.name.clone());
                }
            }
            let moves = primary_changes(&self.model, &table, &self.wanted, wanted);
            let mut hazards: Vec<String> = moves
                .then(|| moved_rows(self.keyspace, &name))
                .into_iter()
                .collect();
            for vindex in dropped.into_iter().rev() {
                let statement = AlterVschema::DropColumnVindex {
                    table: self.name(&name),
                    vindex,
                };
                self.statements.push((
                    Phase::DropColumnVindex,
                    statement,
                    std::mem::take(&mut hazards),
                ));
            }
            if kept.is_empty() && !table.column_vindexes.is_empty() {
                // With its last column vindex goes the table's entry.
                self.model.tables.remove(&name);
            } else if let Some(entry) = self.model.tables.get_mut(&name) {
                entry.column_vindexes = kept;
            }
        }
    }

    fn drop_vindexes(&mut self) {
        for (name, vindex) in self.model.vindexes.clone() {
            if self.wanted.vindexes.get(&name) != Some(&vindex) {
                self.model.vindexes.remove(&name);
                let vindex = self.name(&name);
                self.push(Phase::DropVindex, AlterVschema::DropVindex(vindex));
            }
        }
    }

    /// Adds tables and sequences of an unsharded keyspace; in a sharded one the first column vindex adds the table.
    fn add_tables(&mut self) {
        for (name, wanted) in &self.wanted.tables.clone() {
            if self.model.tables.contains_key(name)
                || self.model.sharded
                || !wanted.column_vindexes.is_empty()
            {
                continue;
            }
            let table = self.name(name);
            let table_type = wanted.table_type.clone();
            let statement = match table_type.as_str() {
                "sequence" => AlterVschema::AddSequence(table),
                "" => AlterVschema::AddTable(table),
                _ => continue,
            };
            self.model.tables.insert(
                name.clone(),
                Table {
                    table_type,
                    ..Table::default()
                },
            );
            self.push(Phase::AddTable, statement);
        }
    }

    /// Creates the vindexes that no column vindex to be added creates along the way.
    fn add_vindexes(&mut self) {
        let added: BTreeSet<String> = self
            .missing_column_vindexes()
            .into_iter()
            .map(|(_, vindex)| vindex.name)
            .collect();
        for (name, vindex) in &self.wanted.vindexes.clone() {
            if !self.model.vindexes.contains_key(name) && !added.contains(name) {
                let spec = self.define(name, vindex);
                let vindex = self.name(name);
                self.push(
                    Phase::CreateVindex,
                    AlterVschema::CreateVindex { vindex, spec },
                );
            }
        }
    }

    fn missing_column_vindexes(&self) -> Vec<(String, ColumnVindex)> {
        let mut missing = Vec::new();
        for (name, wanted) in &self.wanted.tables {
            let known = self
                .model
                .tables
                .get(name)
                .map_or(0, |table| table.column_vindexes.len());
            let vindexes = wanted.column_vindexes.iter().skip(known);
            missing.extend(vindexes.map(|vindex| (name.clone(), vindex.clone())));
        }
        missing
    }

    fn add_column_vindexes(&mut self) {
        for (name, vindex) in self.missing_column_vindexes() {
            let spec = match (
                self.model.vindexes.contains_key(&vindex.name),
                self.wanted.vindexes.get(&vindex.name),
            ) {
                (false, Some(definition)) => {
                    let definition = definition.clone();
                    self.define(&vindex.name, &definition)
                }
                _ => None,
            };
            let table = self.name(&name);
            let columns = vindex.columns.clone();
            let statement = AlterVschema::AddColumnVindex {
                table,
                vindex: vindex.name.clone(),
                columns,
                spec,
            };
            self.model
                .tables
                .entry(name)
                .or_default()
                .column_vindexes
                .push(vindex);
            self.push(Phase::AddColumnVindex, statement);
        }
    }

    /// Adds a vindex to the model as a statement does, and returns what the statement says.
    fn define(&mut self, name: &str, vindex: &Vindex) -> Option<VindexSpec> {
        // Vitess reads one identifier or one string; what has a dot in it must be quoted.
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let value = |text: &str| match !text.is_empty() && text.chars().all(word) {
            true => ParamValue::Word(text.to_owned()),
            false => ParamValue::String(text.to_owned()),
        };
        let mut params: Vec<(String, ParamValue)> = Vec::new();
        if !vindex.owner.is_empty() {
            params.push(("owner".to_owned(), value(&vindex.owner)));
        }
        params.extend(
            vindex
                .params
                .iter()
                .map(|(key, text)| (key.clone(), value(text))),
        );
        if self.model.vindexes.is_empty() {
            self.model.sharded = true;
        }
        let mut defined = vindex.clone();
        // A parameter that is called `owner` would be taken for the owner.
        defined
            .params
            .retain(|key, _| !key.eq_ignore_ascii_case("owner"));
        if vindex.vindex_type.is_empty() {
            defined = Vindex::default();
        }
        self.model.vindexes.insert(name.to_owned(), defined);
        let vindex_type = vindex.vindex_type.clone();
        (!vindex_type.is_empty()).then_some(VindexSpec {
            vindex_type,
            params,
        })
    }

    fn add_auto_increments(&mut self) {
        for (name, wanted) in &self.wanted.tables.clone() {
            let (Some(auto), Some(table)) =
                (&wanted.auto_increment, self.model.tables.get_mut(name))
            else {
                continue;
            };
            let Ok(sequence) = crate::sql::parse_table_name(&auto.sequence) else {
                continue;
            };
            if table.auto_increment.is_none() {
                table.auto_increment = Some(auto.clone());
                let (table, column) = (self.name(name), auto.column.clone());
                self.push(
                    Phase::AddAutoIncrement,
                    AlterVschema::AddAutoIncrement {
                        table,
                        column,
                        sequence,
                    },
                );
            }
        }
    }
}

/// One spelling for what Vitess reads alike: column vindexes list their columns, sequences are printed as Vitess does.
fn normalized(document: &Document) -> Document {
    let mut document = document.clone();
    for table in document.tables.values_mut() {
        for vindex in &mut table.column_vindexes {
            if !vindex.column.is_empty() && vindex.columns.is_empty() {
                vindex.columns.push(std::mem::take(&mut vindex.column));
            }
        }
        if let Some(AutoIncrement { sequence, .. }) = &mut table.auto_increment
            && let Ok(name) = crate::sql::parse_table_name(sequence)
        {
            *sequence = vitess_table(&name);
        }
    }
    document
}

/// Tells whether rows of a table would be looked for elsewhere than where they were stored.
fn primary_changes(from: &Document, current: &Table, to: &Document, wanted: &Table) -> bool {
    let primary = |document: &Document, table: &Table| {
        let vindex = table.column_vindexes.first()?.clone();
        let definition = document.vindexes.get(&vindex.name).cloned();
        Some((vindex, definition))
    };
    let before = primary(from, current);
    before.is_some() && from.sharded && before != primary(to, wanted)
}

fn moved_rows(keyspace: &str, table: &str) -> String {
    format!(
        "the primary vindex of `{keyspace}.{table}` changes: stored rows are no longer found until they are moved"
    )
}

/// Names what no ALTER VSCHEMA statement changes.
fn without_form(model: &Document, wanted: &Document) -> String {
    let mut parts = Vec::new();
    for (part, differs) in [
        ("sharded", model.sharded != wanted.sharded),
        (
            "require_explicit_routing",
            model.require_explicit_routing != wanted.require_explicit_routing,
        ),
        (
            "foreign_key_mode",
            model.foreign_key_mode != wanted.foreign_key_mode,
        ),
        (
            "multi_tenant_spec",
            model.multi_tenant != wanted.multi_tenant,
        ),
    ] {
        if differs {
            parts.push(part.to_owned());
        }
    }
    let vindexes = wanted
        .vindexes
        .iter()
        .filter(|(name, vindex)| model.vindexes.get(*name) != Some(vindex));
    parts.extend(vindexes.map(|(name, _)| format!("vindex `{name}`")));
    let names = model.tables.keys().chain(wanted.tables.keys());
    for name in names.collect::<BTreeSet<_>>() {
        match (model.tables.get(name), wanted.tables.get(name)) {
            (Some(model), Some(wanted)) => parts.extend(table_parts(model, wanted, name)),
            (None, Some(_)) => parts.push(format!("table `{name}`")),
            _ => {}
        }
    }
    parts.join(", ")
}

fn table_parts(model: &Table, wanted: &Table, name: &str) -> Vec<String> {
    let parts = [
        ("type", model.table_type != wanted.table_type),
        (
            "column_vindexes",
            model.column_vindexes != wanted.column_vindexes,
        ),
        (
            "auto_increment",
            model.auto_increment != wanted.auto_increment,
        ),
        ("columns", model.columns != wanted.columns),
        ("pinned", model.pinned != wanted.pinned),
        (
            "column_list_authoritative",
            model.column_list_authoritative != wanted.column_list_authoritative,
        ),
        ("source", model.source != wanted.source),
    ];
    let differing = parts.into_iter().filter(|(_, differs)| *differs);
    differing
        .map(|(part, _)| format!("{part} of `{name}`"))
        .collect()
}

#[cfg(test)]
mod tests;
