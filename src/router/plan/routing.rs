//! Where a route goes: opcodes, and the choice of a vindex for the predicates at hand.
//!
//! Every predicate on a vindex column is a candidate; the smaller opcode wins, then uniqueness, then the vindex's cost,
//! then the later one. Source: Vitess `go/vt/vtgate/planbuilder/operators/sharded_routing.go`, `vindex` choice in
//! `PickBestAvailableVindex`.

use std::sync::Arc;

use crate::catalog::Keyspace;
use crate::router::Error;
use crate::router::session::TargetDestination;
use crate::sql::ast::{BinaryOperator, Expr, TableIndexHintType, TableIndexHints, Value};
use crate::sql::name;
use crate::vindex::{KeyspaceId, Vindex};

use super::expr::{
    as_column, as_value, disjuncts, is_constant, is_null, placeholder, same, unnested,
};
use super::scope::Scope;
use super::table::{ColumnVindex, Table};

/// vtgate's opcodes, in the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "vtgate's names")]
pub(crate) enum Opcode {
    Unsharded,
    EqualUnique,
    Equal,
    In,
    Between,
    MultiEqual,
    SubShard,
    Scatter,
    Reference,
    None,
    ByDestination,
}

impl Opcode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unsharded => "Unsharded",
            Self::EqualUnique => "EqualUnique",
            Self::Equal => "Equal",
            Self::In => "IN",
            Self::Between => "Between",
            Self::MultiEqual => "MultiEqual",
            Self::SubShard => "SubShard",
            Self::Scatter => "Scatter",
            Self::Reference => "Reference",
            Self::None => "None",
            Self::ByDestination => "ByDestination",
        }
    }

    /// Whether at most one shard is asked.
    pub(crate) fn is_single_shard(self) -> bool {
        matches!(self, Self::Unsharded | Self::EqualUnique | Self::Reference)
    }

    /// Cost in the choice of a join order.
    pub(crate) fn cost(self) -> u32 {
        match self {
            Self::EqualUnique | Self::ByDestination => 1,
            Self::Equal | Self::SubShard => 5,
            Self::In | Self::Between | Self::MultiEqual => 10,
            Self::Scatter => 20,
            Self::Unsharded | Self::Reference | Self::None => 0,
        }
    }
}

/// A value that a vindex maps: one, or a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    One(Expr),
    List(Vec<Expr>),
    /// `::name`.
    Bind(String),
}

/// Where a route goes.
#[derive(Debug, Clone)]
pub(crate) struct Routing {
    pub(crate) opcode: Opcode,
    pub(crate) vindex: Option<ColumnVindex>,
    /// One per mapped column of the vindex.
    pub(crate) values: Vec<Operand>,
    pub(crate) target: Option<TargetDestination>,
    /// The keyspace id of a pinned table.
    pub(crate) pinned: Option<KeyspaceId>,
}

impl Routing {
    pub(crate) fn plain(opcode: Opcode) -> Self {
        Self {
            opcode,
            vindex: None,
            values: Vec::new(),
            target: None,
            pinned: None,
        }
    }

    pub(crate) fn is_single_shard(&self) -> bool {
        match &self.target {
            Some(target) => !matches!(target, TargetDestination::KeyRange(_)),
            None => self.opcode.is_single_shard(),
        }
    }

    /// Whether two routings, each to one shard, surely go to the same.
    pub(crate) fn same_shard(&self, other: &Self) -> bool {
        if self.opcode != Opcode::EqualUnique || other.opcode != Opcode::EqualUnique {
            return false;
        }
        if self.pinned.is_some() || other.pinned.is_some() {
            return self.pinned == other.pinned;
        }
        let (Some(left), Some(right)) = (&self.vindex, &other.vindex) else {
            return false;
        };
        left.vindex.name() == right.vindex.name()
            && self.values.len() == other.values.len()
            && self
                .values
                .iter()
                .zip(&other.values)
                .all(|pair| match pair {
                    (Operand::One(left), Operand::One(right)) => same(left, right),
                    _ => false,
                })
    }
}

/// A table that a route reads.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Position in the scope.
    pub(crate) position: usize,
    pub(crate) table: Arc<Table>,
    pub(crate) hints: Hints,
}

/// USE VINDEX and IGNORE VINDEX.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hints {
    pub(crate) only: Option<Vec<String>>,
    pub(crate) except: Vec<String>,
}

impl Hints {
    fn allow(&self, vindex: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(vindex));
        self.only.as_ref().is_none_or(|only| named(only)) && !named(&self.except)
    }

    /// Reads the vindex hints among a table's index hints.
    pub(crate) fn read(hints: &[TableIndexHints], table: &Table) -> Result<Self, Error> {
        let mut of_vindexes = hints
            .iter()
            .filter_map(|hint| Some((hint, name::vindex_hint(hint)?)));
        let Some((hint, names)) = of_vindexes.next() else {
            return Ok(Self::default());
        };
        if of_vindexes.next().is_some() {
            return Err(Error::MultipleVindexHints(table.name.clone()));
        }
        let known = |name: &str| {
            table
                .column_vindexes
                .iter()
                .any(|v| v.vindex.name().eq_ignore_ascii_case(name))
        };
        if let Some(unknown) = names.iter().find(|name| !known(name)) {
            return Err(Error::UnknownVindexHint {
                vindex: (*unknown).to_owned(),
                table: table.name.clone(),
            });
        }
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        Ok(match hint.hint_type {
            TableIndexHintType::Ignore => Self {
                only: None,
                except: names,
            },
            _ => Self {
                only: Some(names),
                except: Vec::new(),
            },
        })
    }
}

/// A routing that the predicates allow, and the IN predicates that are to be split by shard.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) routing: Routing,
    /// (predicate, column of the vindex) of every list that each shard gets its part of.
    pub(crate) split: Vec<(usize, usize)>,
}

/// Returns the best routing for a sharded route.
pub(crate) fn choose(
    keyspace: &Keyspace,
    candidates: &[Candidate],
    predicates: &[Expr],
    scope: &Scope<'_>,
) -> Choice {
    debug_assert!(keyspace.vschema.sharded);
    if predicates.iter().any(is_never_true) {
        return Choice {
            routing: Routing::plain(Opcode::None),
            split: Vec::new(),
        };
    }
    let mut best: Option<Choice> = None;
    for candidate in candidates {
        if let Some(id) = &candidate.table.pinned {
            let mut routing = Routing::plain(Opcode::EqualUnique);
            routing.pinned = Some(id.clone());
            return Choice {
                routing,
                split: Vec::new(),
            };
        }
        for vindex in &candidate.table.column_vindexes {
            if vindex.is_backfilling() || !candidate.hints.allow(vindex.vindex.name()) {
                continue;
            }
            let matched = Matched {
                candidate,
                vindex,
                scope,
            };
            let choice = if vindex.is_multi_column() {
                matched.multi_column(predicates)
            } else {
                matched.single_column(predicates)
            };
            if let Some(choice) = choice
                && best
                    .as_ref()
                    .is_none_or(|best| is_as_good(&choice.routing, &best.routing))
            {
                best = Some(choice);
            }
        }
    }
    best.unwrap_or_else(|| Choice {
        routing: Routing::plain(Opcode::Scatter),
        split: Vec::new(),
    })
}

/// Whether `challenger` is chosen over `holder`: on a tie the later wins.
pub(crate) fn is_as_good(challenger: &Routing, holder: &Routing) -> bool {
    if challenger.opcode != holder.opcode {
        return challenger.opcode < holder.opcode;
    }
    let (Some(new), Some(old)) = (&challenger.vindex, &holder.vindex) else {
        return true;
    };
    match (new.vindex.is_unique(), old.vindex.is_unique()) {
        (true, false) => true,
        (false, true) => false,
        _ => new.vindex.cost() <= old.vindex.cost(),
    }
}

/// Whether a predicate is false or NULL whatever the row.
pub(crate) fn is_never_true(predicate: &Expr) -> bool {
    match unnested(predicate) {
        Expr::Value(value) => match &value.value {
            Value::Boolean(truth) => !truth,
            Value::Null => true,
            Value::Number(text, _) => text.parse::<f64>().is_ok_and(|n| n == 0.0),
            _ => false,
        },
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => {
                is_null(left)
                    || is_null(right)
                    || (*op == BinaryOperator::NotEq && same_literal(left, right))
            }
            _ => false,
        },
        Expr::InList { list, negated, .. } => {
            if *negated {
                list.iter().any(is_null)
            } else {
                !list.is_empty() && list.iter().all(is_null)
            }
        }
        _ => false,
    }
}

fn same_literal(left: &Expr, right: &Expr) -> bool {
    match (as_value(left), as_value(right)) {
        (Some(Value::Number(left, _)), Some(Value::Number(right, _))) => left == right,
        _ => false,
    }
}

/// One vindex of one table against the predicates.
struct Matched<'a> {
    candidate: &'a Candidate,
    vindex: &'a ColumnVindex,
    scope: &'a Scope<'a>,
}

impl Matched<'_> {
    fn is_column(&self, expr: &Expr, name: &str) -> bool {
        if as_column(expr).is_none() {
            return false;
        }
        let found = self.scope.base_column(expr);
        found.is_some_and(|(position, _, column)| {
            position == self.candidate.position && column.eq_ignore_ascii_case(name)
        })
    }

    fn routing(&self, opcode: Opcode, values: Vec<Operand>) -> Routing {
        Routing {
            vindex: Some(self.vindex.clone()),
            values,
            ..Routing::plain(opcode)
        }
    }

    fn equal(&self) -> Opcode {
        if self.vindex.vindex.is_unique() {
            Opcode::EqualUnique
        } else {
            Opcode::Equal
        }
    }

    fn single_column(&self, predicates: &[Expr]) -> Option<Choice> {
        let column = &self.vindex.columns[0];
        let mut best: Option<Choice> = None;
        for (at, predicate) in predicates.iter().enumerate() {
            let Some((routing, splits)) = self.predicate(predicate, column) else {
                continue;
            };
            let split = if splits { vec![(at, 0)] } else { Vec::new() };
            if best
                .as_ref()
                .is_none_or(|best| is_as_good(&routing, &best.routing))
            {
                best = Some(Choice { routing, split });
            }
        }
        best
    }

    /// Returns the routing that one predicate gives, and whether it is a list to be split.
    fn predicate(&self, predicate: &Expr, column: &str) -> Option<(Routing, bool)> {
        let vindex = &self.vindex.vindex;
        match unnested(predicate) {
            Expr::IsNull(inner) if self.is_column(inner, column) && !vindex.needs_lookup() => {
                let null = super::expr::value(Value::Null);
                Some((self.routing(self.equal(), vec![Operand::One(null)]), false))
            }
            Expr::Between {
                expr,
                negated: false,
                low,
                high,
            } if self.is_column(expr, column) => {
                vindex.as_sequential()?;
                let bounds = is_constant(low) && is_constant(high);
                let values = vec![
                    Operand::One(low.as_ref().clone()),
                    Operand::One(high.as_ref().clone()),
                ];
                bounds.then(|| (self.routing(Opcode::Between, values), false))
            }
            Expr::Like {
                negated: false,
                expr,
                pattern,
                any: false,
                ..
            } if self.is_column(expr, column) => {
                vindex.as_prefix()?;
                let values = vec![Operand::One(pattern.as_ref().clone())];
                is_constant(pattern).then(|| (self.routing(Opcode::Equal, values), false))
            }
            other => {
                if let Some(value) = self.equality(other, column) {
                    return Some((self.routing(self.equal(), vec![Operand::One(value)]), false));
                }
                if let Some(list) = self.list(other, column) {
                    return Some(match list {
                        Operand::List(mut list) if list.len() == 1 => (
                            self.routing(self.equal(), list.drain(..).map(Operand::One).collect()),
                            false,
                        ),
                        list => (self.routing(Opcode::In, vec![list]), true),
                    });
                }
                self.tuples(other, column)
                    .map(|list| (self.routing(Opcode::MultiEqual, vec![list]), false))
            }
        }
    }

    /// `column = value`, either way around.
    fn equality(&self, predicate: &Expr, column: &str) -> Option<Expr> {
        let Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } = unnested(predicate)
        else {
            return None;
        };
        for (side, value) in [(left, right), (right, left)] {
            if self.is_column(side, column) && is_constant(value) {
                return Some(value.as_ref().clone());
            }
        }
        None
    }

    /// `column IN (…)`, `column IN ::list`.
    fn list(&self, predicate: &Expr, column: &str) -> Option<Operand> {
        let Expr::InList {
            expr,
            list,
            negated: false,
        } = unnested(predicate)
        else {
            return None;
        };
        if !self.is_column(expr, column) {
            return None;
        }
        if let [one] = list.as_slice()
            && let Some(Value::Placeholder(name)) = as_value(one)
            && let Some(name) = name.strip_prefix("::")
        {
            return Some(Operand::Bind(name.to_owned()));
        }
        list.iter()
            .all(is_constant)
            .then(|| Operand::List(list.clone()))
    }

    /// `(a, column) IN ((…), …)`: the values at the column's place.
    fn tuples(&self, predicate: &Expr, column: &str) -> Option<Operand> {
        let Expr::InList {
            expr,
            list,
            negated: false,
        } = unnested(predicate)
        else {
            return None;
        };
        let Expr::Tuple(names) = unnested(expr) else {
            return None;
        };
        let at = names.iter().position(|name| self.is_column(name, column))?;
        let value = |row: &Expr| match unnested(row) {
            Expr::Tuple(values) => values.get(at).filter(|value| is_constant(value)).cloned(),
            _ => None,
        };
        list.iter()
            .map(value)
            .collect::<Option<Vec<Expr>>>()
            .map(Operand::List)
    }

    fn multi_column(&self, predicates: &[Expr]) -> Option<Choice> {
        let mut values = Vec::new();
        let mut split = Vec::new();
        for (position, column) in self.vindex.columns.iter().enumerate() {
            let equal = predicates.iter().find_map(|p| self.equality(p, column));
            let operand = match equal {
                Some(value) => Operand::One(value),
                None => {
                    let list = predicates
                        .iter()
                        .enumerate()
                        .find_map(|(at, p)| self.list(p, column).map(|list| (at, list)));
                    let Some((at, list)) = list else { break };
                    split.push((at, position));
                    list
                }
            };
            values.push(operand);
        }
        let complete = values.len() == self.vindex.columns.len();
        if values.is_empty() || !(complete || self.vindex.routes_by_prefix()) {
            return None;
        }
        let opcode = match (complete, split.is_empty()) {
            (false, _) => Opcode::SubShard,
            (true, true) => self.equal(),
            (true, false) => Opcode::In,
        };
        if opcode != Opcode::In {
            split.clear();
        }
        Some(Choice {
            routing: self.routing(opcode, values),
            split,
        })
    }
}

/// Turns `a = 1 or a = 2 or a in (3)` into `a in (1, 2, 3)`; used where nothing better routes.
pub(crate) fn disjunction_as_list(predicate: &Expr) -> Option<Expr> {
    let arms = disjuncts(predicate);
    if arms.len() < 2 {
        return None;
    }
    let mut column: Option<Expr> = None;
    let mut list = Vec::new();
    for arm in arms {
        let (found, values) = match unnested(arm) {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                if as_column(left).is_some() && is_constant(right) {
                    (left.as_ref(), vec![right.as_ref().clone()])
                } else if as_column(right).is_some() && is_constant(left) {
                    (right.as_ref(), vec![left.as_ref().clone()])
                } else {
                    return None;
                }
            }
            Expr::InList {
                expr,
                list,
                negated: false,
            } if as_column(expr).is_some() => (expr.as_ref(), list.clone()),
            _ => return None,
        };
        match &column {
            Some(column) if !same(column, found) => return None,
            _ => column = Some(found.clone()),
        }
        list.extend(values);
    }
    Some(Expr::InList {
        expr: Box::new(column?),
        list,
        negated: false,
    })
}

/// Returns the predicate with its list replaced by the bind variable that holds a shard's part of it.
pub(crate) fn split_list(predicate: &mut Expr, bind: &str) {
    let mut inner = predicate;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    if let Expr::InList { list, .. } = inner {
        *list = vec![placeholder(&format!(":{bind}"))];
    }
}

/// The vindex shared by two columns: unique, of one column, known under one name in one keyspace.
pub(crate) fn shared_vindex(left: (&Table, &str), right: (&Table, &str)) -> bool {
    if left.0.keyspace.name != right.0.keyspace.name {
        return false;
    }
    let on = |(table, column): (&Table, &str)| -> Vec<Arc<dyn Vindex>> {
        let of = table.column_vindexes.iter().filter(|v| {
            !v.is_multi_column()
                && v.columns[0].eq_ignore_ascii_case(column)
                && v.vindex.is_unique()
                && !v.is_backfilling()
        });
        of.map(|v| Arc::clone(&v.vindex)).collect()
    };
    let others = on(right);
    on(left)
        .iter()
        .any(|vindex| others.iter().any(|other| other.name() == vindex.name()))
}
