//! Aggregates that SQLite has not, or not exactly: sums over integers and decimals, GROUP_CONCAT, variances, JSON.
//!
//! Integers and decimals are summed exactly, doubles in order of arrival. Manual: "Aggregate Function Descriptions".

use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};
use rusqlite::types::{Value as Stored, ValueRef};

use super::json;
use crate::engine::convert::Arg;
use crate::engine::error;
use crate::engine::number::{decode_decimal, encode_decimal};
use crate::engine::storage::{Tag, decode, encode};
use crate::value::{Decimal, Value};

/// The longest GROUP_CONCAT, in bytes (`group_concat_max_len`).
const GROUP_CONCAT_MAX: usize = 1024;

/// A value and the tag that follows it; `None` for NULL.
fn argument(context: &Context<'_>, position: usize) -> Option<Arg> {
    let raw = context.get_raw(position);
    if raw == ValueRef::Null {
        return None;
    }
    let tag = Tag(if position + 1 < context.len() {
        context.get_raw(position + 1).as_i64().unwrap_or(0)
    } else {
        0
    });
    Some(Arg {
        value: decode(raw, tag),
        tag,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SumKind {
    Sum,
    Average,
}

/// SUM and AVG.
struct Sum {
    kind: SumKind,
    /// Whether the form alone tells the type (one argument, for DISTINCT).
    bare: bool,
}

/// A running sum.
#[derive(Default)]
struct Total {
    count: i64,
    integer: i128,
    decimal: Option<Box<Decimal>>,
    double: f64,
    exact: bool,
    scale: u32,
}

impl Total {
    fn add(&mut self, value: &Value, tag: Tag, sign: i64) {
        self.count += sign;
        self.exact = true;
        match value {
            Value::Int(number) => self.integer += i128::from(*number) * i128::from(sign),
            Value::UInt(number) => self.integer += i128::from(*number) * i128::from(sign),
            Value::Decimal(_) | Value::Date(_) | Value::DateTime(_) | Value::Time(_) => {
                self.scale = self.scale.max(tag.scale());
                let Some(number) = value.to_decimal() else {
                    return;
                };
                let zero = Decimal::from(0_i64);
                let total = self.decimal.as_deref().unwrap_or(&zero);
                let next = if sign < 0 {
                    total.checked_sub(&number)
                } else {
                    total.checked_add(&number)
                };
                self.decimal = next.ok().map(Box::new).or(self.decimal.take());
            }
            _ => {
                self.exact = false;
                self.double += value.to_f64().unwrap_or(0.0) * if sign < 0 { -1.0 } else { 1.0 };
            }
        }
    }

    fn result(&self, kind: SumKind) -> rusqlite::Result<Stored> {
        if self.count <= 0 {
            return Ok(Stored::Null);
        }
        if !self.exact {
            let total = if kind == SumKind::Average {
                self.double / self.count as f64
            } else {
                self.double
            };
            return Ok(Stored::Real(total));
        }
        let overflow = || error::to_sqlite(&error::value_out_of_range("DECIMAL", "sum()"));
        let whole = Decimal::parse(&self.integer.to_string()).ok_or_else(overflow)?;
        let total = match &self.decimal {
            Some(decimal) => decimal.checked_add(&whole).map_err(|_| overflow())?,
            None => whole,
        };
        if kind == SumKind::Sum {
            return Ok(Stored::Blob(encode_decimal(&total)));
        }
        let total = total
            .round(i32::try_from(self.scale).unwrap_or(0))
            .unwrap_or(total);
        let average = total.checked_div(&Decimal::from(self.count)).ok().flatten();
        Ok(average.map_or(Stored::Null, |average| {
            Stored::Blob(encode_decimal(&average))
        }))
    }
}

impl Sum {
    fn read(&self, context: &Context<'_>) -> Option<Arg> {
        if !self.bare {
            return argument(context, 0);
        }
        let value = match context.get_raw(0) {
            ValueRef::Blob(bytes) => decode_decimal(bytes)?.into(),
            ValueRef::Real(number) => Value::Double(number),
            ValueRef::Integer(number) => Value::Int(number),
            _ => return None,
        };
        Some(Arg { value, tag: Tag(0) })
    }
}

impl Aggregate<Total, Stored> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> rusqlite::Result<()> {
        if let Some(arg) = self.read(context) {
            total.add(&arg.value, arg.tag, 1);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> rusqlite::Result<Stored> {
        total.map_or(Ok(Stored::Null), |total| total.result(self.kind))
    }
}

impl WindowAggregate<Total, Stored> for Sum {
    fn value(&self, total: Option<&mut Total>) -> rusqlite::Result<Stored> {
        total.map_or(Ok(Stored::Null), |total| total.result(self.kind))
    }

    fn inverse(&self, context: &mut Context<'_>, total: &mut Total) -> rusqlite::Result<()> {
        if let Some(arg) = self.read(context) {
            total.add(&arg.value, arg.tag, -1);
        }
        Ok(())
    }
}

/// GROUP_CONCAT: text, and a separator where it may stand as a second argument.
struct Concat {
    separator: &'static str,
}

impl Aggregate<Option<String>, Option<String>> for Concat {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<String>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, all: &mut Option<String>) -> rusqlite::Result<()> {
        let text = match context.get_raw(0) {
            ValueRef::Text(text) | ValueRef::Blob(text) => {
                String::from_utf8_lossy(text).into_owned()
            }
            _ => return Ok(()),
        };
        match all {
            None => *all = Some(text),
            Some(all) => {
                if context.len() > 1 {
                    all.push_str(context.get_raw(1).as_str().unwrap_or(","));
                } else {
                    all.push_str(self.separator);
                }
                all.push_str(&text);
            }
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        all: Option<Option<String>>,
    ) -> rusqlite::Result<Option<String>> {
        Ok(all.flatten().map(|mut all| {
            if all.len() > GROUP_CONCAT_MAX {
                let end = (0..=GROUP_CONCAT_MAX)
                    .rev()
                    .find(|end| all.is_char_boundary(*end))
                    .unwrap_or(0);
                all.truncate(end);
            }
            all
        }))
    }
}

#[derive(Clone, Copy)]
enum Spread {
    PopulationDeviation,
    SampleDeviation,
    PopulationVariance,
    SampleVariance,
}

/// Variances by Welford's method.
struct Variance(Spread);

impl Aggregate<(f64, f64, f64), Option<f64>> for Variance {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<(f64, f64, f64)> {
        Ok((0.0, 0.0, 0.0))
    }

    fn step(
        &self,
        context: &mut Context<'_>,
        (count, mean, squares): &mut (f64, f64, f64),
    ) -> rusqlite::Result<()> {
        if let Some(number) = argument(context, 0).and_then(|arg| arg.double()) {
            *count += 1.0;
            let delta = number - *mean;
            *mean += delta / *count;
            *squares += delta * (number - *mean);
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        state: Option<(f64, f64, f64)>,
    ) -> rusqlite::Result<Option<f64>> {
        let Some((count, _, squares)) = state else {
            return Ok(None);
        };
        let divisor = match self.0 {
            Spread::PopulationDeviation | Spread::PopulationVariance => count,
            Spread::SampleDeviation | Spread::SampleVariance => count - 1.0,
        };
        if divisor <= 0.0 {
            return Ok(None);
        }
        let variance = squares / divisor;
        Ok(Some(match self.0 {
            Spread::PopulationDeviation | Spread::SampleDeviation => variance.sqrt(),
            _ => variance,
        }))
    }
}

/// BIT_AND, BIT_OR, BIT_XOR.
struct Bits {
    empty: u64,
    fold: fn(u64, u64) -> u64,
}

impl Aggregate<u64, Stored> for Bits {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<u64> {
        Ok(self.empty)
    }

    fn step(&self, context: &mut Context<'_>, bits: &mut u64) -> rusqlite::Result<()> {
        if let Some(number) = argument(context, 0).and_then(|arg| arg.value.to_u64()) {
            *bits = (self.fold)(*bits, number);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, bits: Option<u64>) -> rusqlite::Result<Stored> {
        Ok(encode(&Value::UInt(bits.unwrap_or(self.empty))))
    }
}

/// A subquery that must give one row.
struct Single;

impl Aggregate<Option<Stored>, Stored> for Single {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<Stored>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, only: &mut Option<Stored>) -> rusqlite::Result<()> {
        if only.is_some() {
            return Err(error::to_sqlite(&error::subquery_rows()));
        }
        *only = Some(
            context
                .get_raw(0)
                .try_into()
                .map_err(|_| error::to_sqlite(&error::subquery_rows()))?,
        );
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        only: Option<Option<Stored>>,
    ) -> rusqlite::Result<Stored> {
        Ok(only.flatten().unwrap_or(Stored::Null))
    }
}

/// JSON_ARRAYAGG and JSON_OBJECTAGG.
struct JsonAggregate {
    object: bool,
}

impl Aggregate<serde_json::Value, Option<String>> for JsonAggregate {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<serde_json::Value> {
        Ok(if self.object {
            serde_json::Value::Object(serde_json::Map::new())
        } else {
            serde_json::Value::Array(Vec::new())
        })
    }

    fn step(&self, context: &mut Context<'_>, all: &mut serde_json::Value) -> rusqlite::Result<()> {
        let at = |position: usize| {
            argument(context, position).map_or(serde_json::Value::Null, |arg| json::from_arg(&arg))
        };
        match all {
            serde_json::Value::Array(items) => items.push(at(0)),
            serde_json::Value::Object(members) => {
                let Some(key) =
                    argument(context, 0).and_then(|arg| arg.text().map(|text| text.into_owned()))
                else {
                    return Err(error::to_sqlite(&crate::sql::SqlError::new(
                        3158,
                        "22032",
                        "JSON documents may not contain NULL member names.",
                    )));
                };
                members.insert(key, at(2));
            }
            _ => {}
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        all: Option<serde_json::Value>,
    ) -> rusqlite::Result<Option<String>> {
        Ok(all.map(|all| json::print(&all)))
    }
}

/// Registers every aggregate.
pub(super) fn register(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, arguments, kind, bare) in [
        ("my_sum", 2, SumKind::Sum, false),
        ("my_avg", 2, SumKind::Average, false),
        ("my_sum_distinct", 1, SumKind::Sum, true),
        ("my_avg_distinct", 1, SumKind::Average, true),
    ] {
        connection.create_window_function(name, arguments, flags, Sum { kind, bare })?;
    }
    for (name, arguments, separator) in [
        ("my_group_concat", 1, ","),
        ("my_group_concat", 2, ","),
        ("my_group_concat_marked", 1, "\u{1f}"),
    ] {
        connection.create_aggregate_function(name, arguments, flags, Concat { separator })?;
    }
    for (name, spread) in [
        ("my_stddev_pop", Spread::PopulationDeviation),
        ("my_stddev_samp", Spread::SampleDeviation),
        ("my_var_pop", Spread::PopulationVariance),
        ("my_var_samp", Spread::SampleVariance),
    ] {
        connection.create_aggregate_function(name, 2, flags, Variance(spread))?;
    }
    connection.create_aggregate_function(
        "my_agg_bit_and",
        2,
        flags,
        Bits {
            empty: u64::MAX,
            fold: |a, b| a & b,
        },
    )?;
    connection.create_aggregate_function(
        "my_agg_bit_or",
        2,
        flags,
        Bits {
            empty: 0,
            fold: |a, b| a | b,
        },
    )?;
    connection.create_aggregate_function(
        "my_agg_bit_xor",
        2,
        flags,
        Bits {
            empty: 0,
            fold: |a, b| a ^ b,
        },
    )?;
    connection.create_aggregate_function(
        "my_json_arrayagg",
        2,
        flags,
        JsonAggregate { object: false },
    )?;
    connection.create_aggregate_function(
        "my_json_objectagg",
        4,
        flags,
        JsonAggregate { object: true },
    )?;
    connection.create_aggregate_function("my_single", 1, flags, Single)
}
