//! The four kinds of rules, ready for use: where a table, a shard or a keyspace is routed to, and what is mirrored.
//!
//! A rule that cannot work is kept with its error, which is said when the rule is used (Vitess does so too, since rules are
//! often applied before the tables that they name).

use std::collections::BTreeMap;

use super::Rules;
use super::build::unquote;
use super::error::LookupError;
use super::find::{TabletType, VSchema};
use crate::sql::TableName;

/// Where reads of a table are sent in addition.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorRule {
    /// The other table.
    pub to: TableName,
    /// How many of a hundred queries.
    pub percent: f32,
}

/// Every rule by what it applies to, as rules write that: `table`, `ks.table`, `ks.table@replica`.
#[derive(Debug, Clone, Default)]
pub(super) struct RoutingTable {
    tables: BTreeMap<String, Result<TableName, LookupError>>,
    shards: BTreeMap<(String, String), String>,
    keyspaces: BTreeMap<String, String>,
    mirrors: BTreeMap<String, Result<MirrorRule, LookupError>>,
}

impl RoutingTable {
    pub(super) fn new(vschema: &VSchema, rules: &Rules) -> Self {
        let mut tables = BTreeMap::new();
        for (from, to) in &rules.routing {
            let target = match tables.contains_key(from) {
                true => Err(LookupError::DuplicateRule {
                    table: from.clone(),
                }),
                false => routing_target(vschema, from, to),
            };
            tables.insert(from.clone(), target);
        }
        let shard = |(from, to, shard): &(String, String, String)| {
            ((from.clone(), shard.clone()), to.clone())
        };
        Self {
            tables,
            shards: rules.shard.iter().map(shard).collect(),
            keyspaces: rules.keyspace.iter().cloned().collect(),
            mirrors: mirrors(vschema, &rules.mirror),
        }
    }

    /// The rule that applies to a table, if there is one: that of the tablet type before that of all.
    pub(super) fn table(
        &self,
        keyspace: Option<&str>,
        name: &str,
        tablet_type: TabletType,
    ) -> Option<Result<TableName, LookupError>> {
        let key = keyspace.map_or_else(|| name.to_owned(), |keyspace| format!("{keyspace}.{name}"));
        let rule = self
            .tables
            .get(&format!("{key}@{}", tablet_type.name()))
            .or_else(|| self.tables.get(&key))?;
        Some(match rule {
            // The message names the table as the query does.
            Err(LookupError::Disabled { .. }) => Err(LookupError::Disabled {
                table: name.to_owned(),
            }),
            other => other.clone(),
        })
    }

    /// The keyspace that a keyspace is routed to, itself without a rule. For primaries only the plain rule applies.
    pub(super) fn keyspace<'a>(&'a self, keyspace: &'a str, tablet_type: TabletType) -> &'a str {
        let typed = match tablet_type {
            TabletType::Primary => None,
            other => self.keyspaces.get(&format!("{keyspace}@{}", other.name())),
        };
        typed
            .or_else(|| self.keyspaces.get(keyspace))
            .map_or(keyspace, String::as_str)
    }

    pub(super) fn shard(&self, keyspace: &str, shard: &str) -> Option<&str> {
        self.shards
            .get(&(keyspace.to_owned(), shard.to_owned()))
            .map(String::as_str)
    }

    pub(super) fn mirror(
        &self,
        table: &str,
        tablet_type: TabletType,
    ) -> Result<Option<&MirrorRule>, LookupError> {
        let rule = self
            .mirrors
            .get(&format!("{table}@{}", tablet_type.name()))
            .or_else(|| self.mirrors.get(table));
        rule.map(Result::as_ref).transpose().map_err(Clone::clone)
    }

    pub(super) fn mirror_rule(&self, from: &str) -> Option<&Result<MirrorRule, LookupError>> {
        self.mirrors.get(from)
    }
}

fn routing_target(vschema: &VSchema, from: &str, to: &[String]) -> Result<TableName, LookupError> {
    match to {
        [] => Err(LookupError::Disabled {
            table: from.to_owned(),
        }),
        [target] => {
            let target = qualified(target)?;
            vschema.find_table(target.keyspace.as_deref(), &target.name)?;
            Ok(target)
        }
        several => Err(LookupError::SeveralTargets {
            table: from.to_owned(),
            targets: several.to_vec(),
        }),
    }
}

/// Reads `keyspace.table`, either perhaps in backticks.
fn qualified(text: &str) -> Result<TableName, LookupError> {
    let parts: Vec<String> = text.split('.').map(unquote).collect();
    match parts.as_slice() {
        [keyspace, name] if !keyspace.is_empty() && !name.is_empty() => {
            Ok(TableName::qualified(keyspace, name))
        }
        _ => Err(LookupError::NotQualified {
            name: text.to_owned(),
        }),
    }
}

fn mirrors(
    vschema: &VSchema,
    rules: &[(String, String, f32)],
) -> BTreeMap<String, Result<MirrorRule, LookupError>> {
    let mut mirrors: BTreeMap<String, Result<MirrorRule, LookupError>> = BTreeMap::new();
    for (from, to, percent) in rules {
        let rule = match mirrors.contains_key(from) {
            true => Err(LookupError::MirrorDuplicate {
                table: from.clone(),
            }),
            false => mirror_target(vschema, from, to).map(|to| MirrorRule {
                to,
                percent: *percent,
            }),
        };
        mirrors.insert(from.clone(), rule);
    }
    // What is mirrored to is not mirrored on.
    let targets: Vec<String> = mirrors
        .values()
        .flatten()
        .filter_map(|rule| rule.to.keyspace.clone())
        .collect();
    for (from, rule) in &mut mirrors {
        let keyspace = from.split('.').next().map(unquote).unwrap_or_default();
        if rule.is_ok() && targets.contains(&keyspace) {
            *rule = Err(LookupError::MirrorChain);
        }
    }
    mirrors
}

fn mirror_target(vschema: &VSchema, from: &str, to: &str) -> Result<TableName, LookupError> {
    let of_from = |source| LookupError::MirrorFrom {
        source: Box::new(source),
    };
    let of_to = |source| LookupError::MirrorTo {
        source: Box::new(source),
    };
    let (name, tablet_type) = from.split_once('@').unwrap_or((from, "primary"));
    if TabletType::parse(tablet_type).is_none() {
        return Err(LookupError::MirrorTabletType {
            table: from.to_owned(),
        });
    }
    let from = qualified(name).map_err(of_from)?;
    vschema
        .find_table(from.keyspace.as_deref(), &from.name)
        .map_err(of_from)?;
    if to.contains('@') {
        return Err(LookupError::MirrorToTabletType {
            table: to.to_owned(),
        });
    }
    let to = qualified(to).map_err(of_to)?;
    vschema
        .find_table(to.keyspace.as_deref(), &to.name)
        .map_err(of_to)?;
    if from.keyspace == to.keyspace {
        return Err(LookupError::MirrorSameKeyspace);
    }
    Ok(to)
}
