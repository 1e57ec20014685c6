//! From a routing to shards: values are computed, mapped by the vindex, and grouped by the shard that they lead to.

use std::sync::Arc;

use crate::catalog::Keyspace;
use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::Primitive;
use crate::router::plan::routing::{Opcode, Operand, Routing};
use crate::router::plan::table::ColumnVindex;
use crate::router::session::TargetDestination;
use crate::value::Value;
use crate::vindex::{BindValue, Destination, KeyRange, KeyspaceId, Shards};

use super::Run;

/// A shard that a statement goes to, with what is bound for it alone.
#[derive(Debug, Clone)]
pub(crate) struct ShardBinds {
    pub(crate) shard: String,
    pub(crate) binds: Vec<(String, Vec<Value>)>,
}

impl ShardBinds {
    fn plain(shard: impl Into<String>) -> Self {
        Self {
            shard: shard.into(),
            binds: Vec::new(),
        }
    }

    /// Returns the statement's binds with the shard's own.
    pub(crate) fn over(&self, binds: &Binds) -> Binds {
        let mut all = binds.clone();
        for (name, values) in &self.binds {
            all.insert(name.clone(), BindValue::Many(values.clone()));
        }
        all
    }
}

/// Returns the shards of a keyspace.
pub(crate) fn shards_of(keyspace: &Keyspace) -> Result<Shards, Error> {
    Shards::new(&keyspace.name, keyspace.shards.iter().map(String::as_str))
        .map_err(|e| Error::Target(e.to_string()))
}

/// Returns the only shard of an unsharded keyspace.
pub(crate) fn only_shard(keyspace: &Keyspace) -> Result<String, Error> {
    match keyspace.shards.as_slice() {
        [one] => Ok(one.clone()),
        several => Err(Error::NotOneShard {
            keyspace: keyspace.name.clone(),
            shards: several.join(" "),
        }),
    }
}

/// Returns the shard that holds a keyspace id.
pub(crate) fn shard_of(shards: &Shards, id: &KeyspaceId) -> Result<String, Error> {
    shards
        .of_id(id)
        .map(|shard| shard.name.clone())
        .ok_or_else(|| Error::NoShardForKeyspaceId {
            keyspace_id: id.to_string(),
            shards: shards
                .iter()
                .map(|s| s.name.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        })
}

/// Returns the shards of an explicit target.
///
/// # Errors
/// Where the keyspace has no such shard.
pub fn targeted(keyspace: &Keyspace, target: &TargetDestination) -> Result<Vec<String>, Error> {
    match target {
        TargetDestination::Shard(shard) => {
            let known = keyspace
                .shards
                .iter()
                .find(|name| name.eq_ignore_ascii_case(shard));
            known
                .map(|name| vec![name.clone()])
                .ok_or_else(|| Error::UnknownShard {
                    keyspace: keyspace.name.clone(),
                    shard: shard.clone(),
                })
        }
        TargetDestination::KeyspaceId(id) => Ok(vec![shard_of(&shards_of(keyspace)?, id)?]),
        TargetDestination::KeyRange(text) => {
            let range = KeyRange::parse(text).map_err(|e| Error::Target(e.to_string()))?;
            let shards = shards_of(keyspace)?;
            let exact = shards
                .of_exact_range(&range)
                .map_err(|e| Error::Target(e.to_string()))?;
            Ok(exact.into_iter().map(|shard| shard.name.clone()).collect())
        }
    }
}

fn names(shards: &Shards, destination: &Destination) -> Vec<String> {
    shards
        .of_destination(destination)
        .into_iter()
        .map(|shard| shard.name.clone())
        .collect()
}

impl Run<'_, '_> {
    /// Returns the shards that a routing leads to, each with its part of the lists.
    pub(crate) fn resolve(
        &mut self,
        keyspace: &Arc<Keyspace>,
        routing: &Routing,
        binds: &Binds,
    ) -> Result<Vec<ShardBinds>, Error> {
        if let Some(target) = &routing.target {
            let names = targeted(keyspace, target)?;
            return Ok(names.into_iter().map(ShardBinds::plain).collect());
        }
        match routing.opcode {
            Opcode::None => return Ok(Vec::new()),
            Opcode::Unsharded => return Ok(vec![ShardBinds::plain(only_shard(keyspace)?)]),
            Opcode::Reference => {
                let any = keyspace.shards.first().ok_or_else(|| Error::NotOneShard {
                    keyspace: keyspace.name.clone(),
                    shards: String::new(),
                })?;
                return Ok(vec![ShardBinds::plain(any.clone())]);
            }
            Opcode::Scatter => {
                return Ok(keyspace
                    .shards
                    .iter()
                    .cloned()
                    .map(ShardBinds::plain)
                    .collect());
            }
            _ => {}
        }
        let shards = shards_of(keyspace)?;
        if let Some(id) = &routing.pinned {
            return Ok(vec![ShardBinds::plain(shard_of(&shards, id)?)]);
        }
        let Some(vindex) = &routing.vindex else {
            return Err(Error::Bug(format!(
                "{} without a vindex",
                routing.opcode.name()
            )));
        };
        self.home = Some(keyspace.name.clone());
        let found = match routing.opcode {
            Opcode::In => self.resolve_lists(&shards, vindex, &routing.values, binds),
            Opcode::MultiEqual => {
                let values = self.operand(routing.values.first(), binds)?;
                let rows: Vec<Vec<Value>> = values.into_iter().map(|value| vec![value]).collect();
                let destinations = self.map(vindex, &rows)?;
                let mut found: Vec<String> = destinations
                    .iter()
                    .flat_map(|d| names(&shards, d))
                    .collect();
                found.sort();
                found.dedup();
                let in_order = shards
                    .iter()
                    .map(|s| s.name.clone())
                    .filter(|name| found.contains(name));
                Ok(in_order.map(ShardBinds::plain).collect())
            }
            Opcode::Between => {
                let bounds = self.scalars(&routing.values, binds)?;
                let sequential = vindex.vindex.as_sequential();
                let (Some(sequential), [low, high]) = (sequential, bounds.as_slice()) else {
                    return Err(Error::Bug("Between without an ordered vindex".into()));
                };
                let destination = sequential.range_map(low, high)?;
                Ok(names(&shards, &destination)
                    .into_iter()
                    .map(ShardBinds::plain)
                    .collect())
            }
            _ => {
                let values = self.scalars(&routing.values, binds)?;
                let destination =
                    match (routing.opcode, vindex.vindex.as_prefix(), values.as_slice()) {
                        (Opcode::Equal, Some(prefix), [pattern]) if vindex.vindex.is_unique() => {
                            prefix.prefix_map(&pattern.to_bytes().unwrap_or_default())?
                        }
                        _ => self
                            .map(vindex, &[values])?
                            .pop()
                            .unwrap_or(Destination::None),
                    };
                Ok(names(&shards, &destination)
                    .into_iter()
                    .map(ShardBinds::plain)
                    .collect())
            }
        };
        self.home = None;
        found
    }

    /// `IN`: each shard gets the values that map to it, in the order given.
    fn resolve_lists(
        &mut self,
        shards: &Shards,
        vindex: &ColumnVindex,
        operands: &[Operand],
        binds: &Binds,
    ) -> Result<Vec<ShardBinds>, Error> {
        let mut columns = Vec::new();
        for operand in operands {
            columns.push(self.operand(Some(operand), binds)?);
        }
        let several = vindex.is_multi_column();
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for column in &columns {
            rows = rows
                .iter()
                .flat_map(|row| {
                    column.iter().map(|value| {
                        let mut longer = row.clone();
                        longer.push(value.clone());
                        longer
                    })
                })
                .collect();
            if rows.len() > super::MAX_MEMORY_ROWS {
                return Err(Error::TooManyRows(super::MAX_MEMORY_ROWS));
            }
        }
        let destinations = self.map(vindex, &rows)?;
        let mut found: Vec<ShardBinds> = shards
            .iter()
            .map(|shard| ShardBinds {
                shard: shard.name.clone(),
                binds: (0..columns.len())
                    .map(|at| {
                        (
                            if several {
                                format!("__vals{at}")
                            } else {
                                "__vals".to_owned()
                            },
                            Vec::new(),
                        )
                    })
                    .collect(),
            })
            .collect();
        let mut used = vec![false; found.len()];
        for (row, destination) in rows.iter().zip(&destinations) {
            for name in names(shards, destination) {
                let Some(at) = found.iter().position(|shard| shard.shard == name) else {
                    continue;
                };
                used[at] = true;
                for (value, (_, values)) in row.iter().zip(&mut found[at].binds) {
                    let there = several
                        && values
                            .iter()
                            .any(|v| crate::value::convert::null_safe_equal(v, value));
                    if !there {
                        values.push(value.clone());
                    }
                }
            }
        }
        let mut used = used.into_iter();
        found.retain(|_| used.next().unwrap_or(false));
        Ok(found)
    }

    /// Maps rows of values by a vindex.
    pub(crate) fn map(
        &mut self,
        vindex: &ColumnVindex,
        rows: &[Vec<Value>],
    ) -> Result<Vec<Destination>, Error> {
        let vindex = Arc::clone(&vindex.vindex);
        Ok(vindex.map(rows, self)?)
    }

    /// Returns the values of an operand.
    fn operand(&mut self, operand: Option<&Operand>, binds: &Binds) -> Result<Vec<Value>, Error> {
        match operand {
            None => Ok(Vec::new()),
            Some(Operand::One(expr)) => Ok(vec![self.evaluate(expr, binds)?]),
            Some(Operand::List(list)) => {
                list.iter().map(|expr| self.evaluate(expr, binds)).collect()
            }
            Some(Operand::Bind(name)) => match binds.get(name) {
                Some(BindValue::Many(values)) => Ok(values.clone()),
                Some(BindValue::One(value)) => Ok(vec![value.clone()]),
                None => Err(Error::MissingBind(name.clone())),
            },
        }
    }

    fn scalars(&mut self, operands: &[Operand], binds: &Binds) -> Result<Vec<Value>, Error> {
        let mut values = Vec::new();
        for operand in operands {
            values.extend(self.operand(Some(operand), binds)?);
        }
        Ok(values)
    }

    /// Returns `keyspace/shard` of what a plan asks before it knows any row.
    pub(crate) fn dry_shards(
        &mut self,
        primitive: &Primitive,
        binds: &Binds,
    ) -> Result<Vec<String>, Error> {
        let label = |keyspace: &Keyspace, found: Vec<ShardBinds>| -> Vec<String> {
            found
                .into_iter()
                .map(|shard| format!("{}/{}", keyspace.name, shard.shard))
                .collect()
        };
        Ok(match primitive {
            Primitive::Route(route) => match self.resolve(&route.keyspace, &route.routing, binds) {
                Err(Error::MissingBind(_)) => Vec::new(),
                found => label(&route.keyspace, found?),
            },
            Primitive::VindexLookup(lookup) => {
                let route = &lookup.route;
                match self.resolve(&route.keyspace, &route.routing, binds) {
                    Err(Error::MissingBind(_)) => Vec::new(),
                    found => label(&route.keyspace, found?),
                }
            }
            Primitive::Next(next) => vec![format!(
                "{}/{}",
                next.keyspace.name,
                only_shard(&next.keyspace)?
            )],
            Primitive::Update(dml) | Primitive::Delete(dml) => {
                match self.resolve(&dml.table.keyspace, &dml.routing, binds) {
                    Err(Error::MissingBind(_)) => Vec::new(),
                    found => label(&dml.table.keyspace, found?),
                }
            }
            Primitive::Insert(insert) => self.dry_insert(insert, binds)?,
            Primitive::Send(send) => {
                let names = targeted(&send.keyspace, &send.destination)?;
                names
                    .into_iter()
                    .map(|shard| format!("{}/{shard}", send.keyspace.name))
                    .collect()
            }
            Primitive::Join(join) => self.dry_all([&join.left, &join.right], binds)?,
            Primitive::SemiJoin(join) => self.dry_all([&join.left, &join.right], binds)?,
            Primitive::UncorrelatedSubquery(subquery) => {
                self.dry_all([&subquery.subquery, &subquery.outer], binds)?
            }
            Primitive::DmlWithInput(with) => self.dry_all([&with.input, &with.dml], binds)?,
            Primitive::Limit(limit) => self.dry_shards(&limit.input, binds)?,
            Primitive::Sort(sort) => self.dry_shards(&sort.input, binds)?,
            Primitive::Aggregate(aggregate) => self.dry_shards(&aggregate.input, binds)?,
            Primitive::Distinct(distinct) => self.dry_shards(&distinct.input, binds)?,
            Primitive::Projection(projection) => self.dry_shards(&projection.input, binds)?,
            Primitive::Filter(filter) => self.dry_shards(&filter.input, binds)?,
            Primitive::Concatenate(inputs) => self.dry_all(inputs, binds)?,
        })
    }

    fn dry_all<'p>(
        &mut self,
        inputs: impl IntoIterator<Item = &'p Primitive>,
        binds: &Binds,
    ) -> Result<Vec<String>, Error> {
        let mut all = Vec::new();
        for input in inputs {
            all.extend(self.dry_shards(input, binds)?);
        }
        Ok(all)
    }
}
