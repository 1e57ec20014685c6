//! A plan shown: as a tree of operators, and as JSON in vtgate's shape.
//!
//! Keys of an operator come in vtgate's order: InputName, OperatorType, Variant, Keyspace, TargetDestination, then the
//! others sorted by name with empty ones left out, then Inputs. Source: Vitess `go/vt/vtgate/engine/plan_description.go`
//! and the `description` methods of its primitives.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::Keyspace;
use crate::router::session::TargetDestination;
use crate::sql::ast::{self, Expr};
use crate::sql::print;

use super::routing::{Opcode, Operand, Routing};
use super::{
    Aggregate, AggregateFunction, Dml, Insert, JoinColumn, JoinKind, Plan, Primitive, Projected,
    Pullout, QueryType, Route, SortKey, field_query,
};

/// One operator of a plan as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// What the operator is to the one above: `Outer`, `SubQuery`.
    pub input_name: Option<&'static str>,
    /// `Route`, `Join`, ….
    pub operator: &'static str,
    /// `EqualUnique`, `LeftJoin`, …; empty for none.
    pub variant: &'static str,
    /// Keyspace and whether it is sharded.
    pub keyspace: Option<(String, bool)>,
    /// `Shard(-80)`, ….
    pub target: Option<String>,
    /// The other attributes, by name.
    pub attributes: BTreeMap<&'static str, Value>,
    /// Operators that feed this one, in order.
    pub inputs: Vec<Operator>,
}

impl Operator {
    fn new(operator: &'static str, variant: &'static str) -> Self {
        Self {
            input_name: None,
            operator,
            variant,
            keyspace: None,
            target: None,
            attributes: BTreeMap::new(),
            inputs: Vec::new(),
        }
    }

    fn in_keyspace(mut self, keyspace: &Keyspace) -> Self {
        self.keyspace = Some((keyspace.name.clone(), keyspace.vschema.sharded));
        self
    }

    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::Number(number) => number.as_u64() == Some(0),
            Value::Bool(true) => false,
        };
        if !empty {
            self.attributes.insert(name, value);
        }
    }

    fn with(mut self, inputs: Vec<Operator>) -> Self {
        self.inputs = inputs;
        self
    }

    fn named(mut self, name: &'static str) -> Self {
        self.input_name = Some(name);
        self
    }

    /// Returns the operator as vtgate prints it.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Some(name) = self.input_name {
            object.insert("InputName".into(), name.into());
        }
        object.insert("OperatorType".into(), self.operator.into());
        if !self.variant.is_empty() {
            object.insert("Variant".into(), self.variant.into());
        }
        if let Some((name, sharded)) = &self.keyspace {
            object.insert("Keyspace".into(), json!({"Name": name, "Sharded": sharded}));
        }
        if let Some(target) = &self.target {
            object.insert("TargetDestination".into(), target.as_str().into());
        }
        for (name, value) in &self.attributes {
            object.insert((*name).into(), value.clone());
        }
        if !self.inputs.is_empty() {
            object.insert(
                "Inputs".into(),
                self.inputs.iter().map(Self::to_json).collect(),
            );
        }
        Value::Object(object)
    }
}

impl Plan {
    /// Returns the plan's operators.
    pub fn operators(&self) -> Operator {
        describe(&self.root)
    }

    /// Returns the operators in vtgate's JSON, keys in vtgate's order.
    pub fn to_json(&self) -> Value {
        self.operators().to_json()
    }

    /// Returns vtgate's whole plan: type, query type, the statement, the operators and the tables used.
    pub fn to_full_json(&self, original: &str) -> Value {
        let mut object = Map::new();
        object.insert("Type".into(), plan_type(&self.root).name().into());
        object.insert("QueryType".into(), self.query_type.name().into());
        object.insert("Original".into(), original.into());
        object.insert("Instructions".into(), self.to_json());
        if !self.tables_used.is_empty() {
            object.insert(
                "TablesUsed".into(),
                self.tables_used.iter().map(String::as_str).collect(),
            );
        }
        Value::Object(object)
    }
}

impl QueryType {
    /// The name as plans print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Replace => "REPLACE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// The kind of a whole plan, in vtgate's order of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PlanType {
    Local,
    Passthrough,
    MultiShard,
    Lookup,
    Scatter,
    Join,
    Complex,
}

impl PlanType {
    fn name(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Passthrough => "Passthrough",
            Self::MultiShard => "MultiShard",
            Self::Lookup => "Lookup",
            Self::Scatter => "Scatter",
            Self::Join => "Join",
            Self::Complex => "Complex",
        }
    }
}

fn plan_type(primitive: &Primitive) -> PlanType {
    match primitive {
        Primitive::Route(route) => routing_type(&route.routing),
        Primitive::VindexLookup(_) => PlanType::Lookup,
        Primitive::Next(_) | Primitive::Send(_) => PlanType::Passthrough,
        Primitive::Insert(insert) if insert.input.is_some() => PlanType::Complex,
        Primitive::Insert(insert) if insert.table.is_sharded() => PlanType::MultiShard,
        Primitive::Insert(_) => PlanType::Passthrough,
        Primitive::Update(dml) | Primitive::Delete(dml) => {
            let plain = routing_type(&dml.routing);
            if dml.owned.is_some() {
                plain.max(PlanType::MultiShard)
            } else {
                plain
            }
        }
        Primitive::Join(join) => match (plan_type(&join.left), plan_type(&join.right)) {
            (PlanType::Complex, _) | (_, PlanType::Complex) => PlanType::Complex,
            _ => PlanType::Join,
        },
        Primitive::Limit(limit) => plan_type(&limit.input),
        _ => PlanType::Complex,
    }
}

fn routing_type(routing: &Routing) -> PlanType {
    let by_lookup = routing
        .vindex
        .as_ref()
        .is_some_and(|v| v.vindex.needs_lookup());
    match routing.opcode {
        Opcode::None => PlanType::Local,
        Opcode::Unsharded | Opcode::Reference => PlanType::Passthrough,
        Opcode::Scatter => PlanType::Scatter,
        Opcode::ByDestination => PlanType::MultiShard,
        _ if by_lookup => PlanType::Lookup,
        Opcode::EqualUnique => PlanType::Passthrough,
        _ => PlanType::MultiShard,
    }
}

/// Returns an expression in vtgate's canonical text.
pub(crate) fn print_expr(expr: &Expr) -> String {
    print::query::expression(expr)
}

/// Returns a statement in vtgate's canonical text.
pub(crate) fn print_statement(statement: &ast::Statement) -> String {
    print::query::statement(statement)
}

fn print_query(query: &ast::Query) -> String {
    print_statement(&ast::Statement::Query(Box::new(query.clone())))
}

fn print_operand(operand: &Operand) -> String {
    match operand {
        Operand::One(expr) => print_expr(expr),
        Operand::List(list) => format!("({})", print_list(list)),
        Operand::Bind(name) => format!("::{name}"),
    }
}

fn print_list(list: &[Expr]) -> String {
    list.iter().map(print_expr).collect::<Vec<_>>().join(", ")
}

fn print_keys(keys: &[SortKey]) -> String {
    let key = |k: &SortKey| format!("{} {}", k.column, if k.descending { "DESC" } else { "ASC" });
    keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn print_target(target: &TargetDestination) -> String {
    match target {
        TargetDestination::Shard(shard) => format!("Shard({shard})"),
        TargetDestination::KeyRange(range) => format!("ExactKeyRange({range})"),
        TargetDestination::KeyspaceId(id) => {
            format!(
                "KeyspaceID({})",
                id.0.iter().map(|b| format!("{b:02x}")).collect::<String>()
            )
        }
    }
}

fn describe(primitive: &Primitive) -> Operator {
    match primitive {
        Primitive::Route(route) => describe_route(route),
        Primitive::VindexLookup(lookup) => {
            let routing = &lookup.route.routing;
            let mut operator = Operator::new("VindexLookup", routing.opcode.name())
                .in_keyspace(&lookup.route.keyspace);
            set_routing(&mut operator, routing);
            let mut route = lookup.route.clone();
            route.routing = Routing::plain(Opcode::ByDestination);
            operator.with(vec![describe(&lookup.lookup), describe_route(&route)])
        }
        Primitive::Next(next) => {
            let mut operator = Operator::new("Route", "Next").in_keyspace(&next.keyspace);
            let count = print_expr(&next.count);
            operator.set(
                "FieldQuery",
                format!(
                    "select next {count} values from {} where 1 != 1",
                    next.sequence
                ),
            );
            operator.set(
                "Query",
                format!("select next {count} values from {}", next.sequence),
            );
            operator
        }
        Primitive::Insert(insert) => describe_insert(insert),
        Primitive::Update(dml) => describe_dml("Update", dml),
        Primitive::Delete(dml) => describe_dml("Delete", dml),
        Primitive::DmlWithInput(with) => {
            let mut operator = Operator::new("DMLWithInput", "");
            let offsets = with
                .offsets
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(",");
            operator.set("Offset", vec![format!("0:[{offsets}]")]);
            operator.with(vec![describe(&with.input), describe(&with.dml)])
        }
        Primitive::Join(join) => {
            let variant = match join.kind {
                JoinKind::Inner => "Join",
                JoinKind::Left => "LeftJoin",
            };
            let mut operator = Operator::new("Join", variant);
            let column = |column: &JoinColumn| match column {
                JoinColumn::Left(at) => format!("L:{at}"),
                JoinColumn::Right(at) => format!("R:{at}"),
            };
            operator.set(
                "JoinColumnIndexes",
                join.columns
                    .iter()
                    .map(column)
                    .collect::<Vec<_>>()
                    .join(","),
            );
            operator.set("JoinVars", print_vars(&join.vars));
            operator.with(vec![describe(&join.left), describe(&join.right)])
        }
        Primitive::SemiJoin(join) => {
            let mut operator = Operator::new("SemiJoin", "");
            operator.set("JoinVars", print_vars(&join.vars));
            operator.with(vec![
                describe(&join.left).named("Outer"),
                describe(&join.right).named("SubQuery"),
            ])
        }
        Primitive::UncorrelatedSubquery(subquery) => {
            let (variant, vars) = match &subquery.pullout {
                Pullout::Value { result } => ("PulloutValue", vec![result.clone()]),
                Pullout::In { has_values, result } => {
                    ("PulloutIn", vec![has_values.clone(), result.clone()])
                }
                Pullout::NotIn { has_values, result } => {
                    ("PulloutNotIn", vec![has_values.clone(), result.clone()])
                }
                Pullout::Exists { has_values } => ("PulloutExists", vec![has_values.clone()]),
                Pullout::NotExists { has_values } => ("PulloutNotExists", vec![has_values.clone()]),
            };
            let mut operator = Operator::new("UncorrelatedSubquery", variant);
            operator.set("PulloutVars", vars);
            operator.with(vec![
                describe(&subquery.subquery).named("SubQuery"),
                describe(&subquery.outer).named("Outer"),
            ])
        }
        Primitive::Limit(limit) => {
            let mut operator = Operator::new("Limit", "");
            operator.set(
                "Count",
                limit.count.as_ref().map(print_expr).unwrap_or_default(),
            );
            operator.set(
                "Offset",
                limit.offset.as_ref().map(print_expr).unwrap_or_default(),
            );
            operator.with(vec![describe(&limit.input)])
        }
        Primitive::Sort(sort) => {
            let mut operator = Operator::new("Sort", "Memory");
            operator.set("OrderBy", print_keys(&sort.keys));
            operator.set("ResultColumns", sort.result_columns.unwrap_or(0));
            operator.with(vec![describe(&sort.input)])
        }
        Primitive::Aggregate(aggregate) => describe_aggregate(aggregate),
        Primitive::Distinct(distinct) => {
            let mut operator = Operator::new("Distinct", "");
            let columns: Vec<String> = (0..distinct.columns).map(|at| at.to_string()).collect();
            operator.set("Collations", columns);
            operator.with(vec![describe(&distinct.input)])
        }
        Primitive::Projection(projection) => {
            let mut operator = Operator::new("Projection", "");
            let shown = |p: &Projected| format!("{} as {}", print_expr(&p.shown), p.alias);
            operator.set(
                "Expressions",
                projection.expressions.iter().map(shown).collect::<Vec<_>>(),
            );
            operator.with(vec![describe(&projection.input)])
        }
        Primitive::Filter(filter) => {
            let mut operator = Operator::new("Filter", "");
            operator.set("Predicate", print_expr(&filter.shown));
            operator.set("ResultColumns", filter.result_columns.unwrap_or(0));
            operator.with(vec![describe(&filter.input)])
        }
        Primitive::Concatenate(inputs) => {
            Operator::new("Concatenate", "").with(inputs.iter().map(describe).collect())
        }
        Primitive::Send(send) => {
            let mut operator = Operator::new("Send", "").in_keyspace(&send.keyspace);
            operator.target = Some(print_target(&send.destination));
            operator.set("IsDML", send.is_dml);
            operator.set("Query", print_statement(&send.statement));
            operator.set("SingleShardOnly", false);
            operator
        }
    }
}

fn print_vars(vars: &BTreeMap<String, usize>) -> Value {
    vars.iter()
        .map(|(name, column)| (name.clone(), Value::from(*column)))
        .collect::<Map<_, _>>()
        .into()
}

fn set_routing(operator: &mut Operator, routing: &Routing) {
    operator.set(
        "Values",
        routing.values.iter().map(print_operand).collect::<Vec<_>>(),
    );
    if let Some(vindex) = &routing.vindex {
        operator.set("Vindex", vindex.vindex.name());
    }
    if let Some(id) = &routing.pinned {
        let value = crate::value::Value::Bytes(id.0.clone());
        operator.set("Values", vec![value.to_vitess_text()]);
        operator.set("Vindex", "binary");
    }
    if let Some(target) = &routing.target {
        operator.target = Some(print_target(target));
    }
}

fn describe_route(route: &Route) -> Operator {
    let mut operator =
        Operator::new("Route", route.routing.opcode.name()).in_keyspace(&route.keyspace);
    operator.set("FieldQuery", print_query(&field_query(&route.query)));
    operator.set("Query", print_query(&route.query));
    operator.set("OrderBy", print_keys(&route.order_by));
    operator.set("ResultColumns", route.result_columns.unwrap_or(0));
    set_routing(&mut operator, &route.routing);
    operator
}

fn describe_insert(insert: &Insert) -> Operator {
    let variant = match (&insert.input, insert.table.is_sharded()) {
        (Some(_), _) => "Select",
        (None, true) => "Sharded",
        (None, false) => "Unsharded",
    };
    let mut operator = Operator::new("Insert", variant).in_keyspace(&insert.table.keyspace);
    if let Some(generate) = &insert.generate {
        let from = match generate.offset {
            Some(offset) => format!("Offset({offset})"),
            None => format!("Values::({})", print_list(&generate.values)),
        };
        let sequence = crate::sql::name::vitess(&generate.sequence);
        operator.set(
            "AutoIncrement",
            format!("select next :n /* INT64 */ values from {sequence}:{from}"),
        );
    }
    operator.set("InsertIgnore", insert.ignore && insert.table.is_sharded());
    match &insert.input {
        None => operator.set(
            "Query",
            print_statement(&ast::Statement::Insert(insert.statement.clone())),
        ),
        Some(input) => {
            let offsets = input.vindex_offsets.iter().map(|(vindex, offsets)| {
                let offsets: Vec<String> = offsets.iter().map(usize::to_string).collect();
                (
                    vindex.vindex.name().to_owned(),
                    Value::from(format!("[{}]", offsets.join(" "))),
                )
            });
            operator.set(
                "VindexOffsetFromSelect",
                offsets
                    .collect::<BTreeMap<_, _>>()
                    .into_iter()
                    .collect::<Map<_, _>>(),
            );
        }
    }
    let values = insert.vindex_values.iter().map(|of| {
        let columns: Vec<String> = of.values.iter().map(|rows| print_list(rows)).collect();
        (
            of.vindex.vindex.name().to_owned(),
            Value::from(columns.join(", ")),
        )
    });
    operator.set(
        "VindexValues",
        values
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect::<Map<_, _>>(),
    );
    match &insert.input {
        Some(input) => operator.with(vec![describe(&input.source)]),
        None => operator,
    }
}

fn describe_dml(name: &'static str, dml: &Dml) -> Operator {
    let mut operator =
        Operator::new(name, dml.routing.opcode.name()).in_keyspace(&dml.table.keyspace);
    operator.set("Query", print_statement(&dml.statement));
    set_routing(&mut operator, &dml.routing);
    if let Some(owned) = &dml.owned {
        let changed = owned.changes.iter().filter_map(|change| {
            change
                .unchanged
                .map(|at| format!("{}:{at}", change.vindex.vindex.name()))
        });
        operator.set("ChangedVindexValues", changed.collect::<Vec<_>>());
        operator.set("KsidLength", owned.primary.columns.len());
        operator.set("KsidVindex", owned.primary.vindex.name());
        operator.set("OwnedVindexQuery", print_query(&owned.query));
    }
    operator
}

fn describe_aggregate(aggregate: &Aggregate) -> Operator {
    let variant = if aggregate.scalar {
        "Scalar"
    } else {
        "Ordered"
    };
    let mut operator = Operator::new("Aggregate", variant);
    let shown = aggregate.aggregates.iter().map(|of| {
        let name = match of.function {
            AggregateFunction::SumCountStar => "sum_count_star",
            AggregateFunction::SumCount => "sum_count",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::AnyValue => "any_value",
            AggregateFunction::CountStar => "count_star",
            AggregateFunction::Count => "count",
            AggregateFunction::CountDistinct => "count_distinct",
            AggregateFunction::SumDistinct => "sum_distinct",
            AggregateFunction::GroupConcat => "group_concat",
        };
        format!("{name}({}) AS {}", of.column, of.alias)
    });
    operator.set("Aggregates", shown.collect::<Vec<_>>().join(", "));
    operator.set(
        "GroupBy",
        aggregate
            .keys
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    );
    operator.set("ResultColumns", aggregate.result_columns.unwrap_or(0));
    operator.with(vec![describe(&aggregate.input)])
}
