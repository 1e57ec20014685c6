//! Operators: `+ - * / DIV %`, negation, bits.
//!
//! Integers overflow with error 1690, never silently; decimals are exact; a zero divisor gives NULL. Manual:
//! "Arithmetic Operators", "Bit Functions and Operators", "Out-of-Range and Overflow Handling".

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode};

use super::{Call, Function, Returns};
use crate::engine::error;
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::{Decimal, Value};

pub(super) const OPERATORS: &[Function] = &[
    Function::new("add", 3, 3, Returns::Given, add),
    Function::new("subtract", 3, 3, Returns::Given, subtract),
    Function::new("multiply", 3, 3, Returns::Given, multiply),
    Function::new("divide", 3, 3, Returns::Given, divide),
    Function::new("int_divide", 3, 3, Returns::Given, int_divide),
    Function::new("mod", 3, 3, Returns::Given, modulo),
    Function::new("negate", 2, 2, Returns::Given, negate),
    Function::new("bit_and", 2, 2, Returns::Unsigned, |call| {
        Ok(Value::UInt(bits(call, 0) & bits(call, 1)))
    }),
    Function::new("bit_or", 2, 2, Returns::Unsigned, |call| {
        Ok(Value::UInt(bits(call, 0) | bits(call, 1)))
    }),
    Function::new("bit_xor", 2, 2, Returns::Unsigned, |call| {
        Ok(Value::UInt(bits(call, 0) ^ bits(call, 1)))
    }),
    Function::new("bit_not", 1, 1, Returns::Unsigned, |call| {
        Ok(Value::UInt(!bits(call, 0)))
    }),
    Function::new("shift_left", 2, 2, Returns::Unsigned, |call| {
        Ok(Value::UInt(shift(call).map_or(0, |(bits, by)| bits << by)))
    }),
    Function::new("shift_right", 2, 2, Returns::Unsigned, |call| {
        Ok(Value::UInt(shift(call).map_or(0, |(bits, by)| bits >> by)))
    }),
];

fn bits(call: &Call<'_>, position: usize) -> u64 {
    let value = call.value(position);
    match value {
        Value::Decimal(decimal) if decimal.is_negative() => {
            decimal.to_i64().unwrap_or(i64::MIN).cast_unsigned()
        }
        value => value.to_u64().unwrap_or(0),
    }
}

fn shift(call: &Call<'_>) -> Option<(u64, u32)> {
    let by = bits(call, 1);
    (by < 64).then(|| (bits(call, 0), u32::try_from(by).unwrap_or(0)))
}

/// The result of an integer operation in its type, or error 1690.
fn integer(call: &Call<'_>, result: Option<i128>) -> Result<Value, SqlError> {
    let fitted = match (result, call.result.is_unsigned()) {
        (Some(number), true) => u64::try_from(number).ok().map(Value::UInt),
        (Some(number), false) => i64::try_from(number).ok().map(Value::Int),
        (None, _) => None,
    };
    let what = if call.result.is_unsigned() {
        "BIGINT UNSIGNED"
    } else {
        "BIGINT"
    };
    fitted.ok_or_else(|| error::value_out_of_range(what, &expression(call)))
}

fn expression(call: &Call<'_>) -> String {
    call.args
        .last()
        .and_then(|arg| arg.text())
        .unwrap_or_default()
        .into_owned()
}

fn whole(call: &Call<'_>, position: usize) -> i128 {
    call.args
        .get(position)
        .and_then(|arg| match arg.value {
            Value::Date(_) | Value::DateTime(_) | Value::Time(_) => arg
                .decimal()
                .and_then(|decimal| decimal.to_i64())
                .map(i128::from),
            _ => arg.integer(),
        })
        .unwrap_or(0)
}

fn decimals(call: &Call<'_>) -> (Decimal, Decimal) {
    let at = |position: usize| {
        call.args
            .get(position)
            .and_then(|arg| arg.decimal())
            .unwrap_or_else(|| Decimal::from(0_i64))
    };
    (at(0), at(1))
}

fn double(call: &Call<'_>, result: f64) -> Result<Value, SqlError> {
    if result.is_finite() {
        Ok(Value::Double(result))
    } else {
        Err(error::value_out_of_range("DOUBLE", &expression(call)))
    }
}

fn decimal<E>(call: &Call<'_>, result: Result<Decimal, E>) -> Result<Value, SqlError> {
    result
        .map(Value::Decimal)
        .map_err(|_| error::value_out_of_range("DECIMAL", &expression(call)))
}

fn add(call: &Call<'_>) -> Result<Value, SqlError> {
    match call.result.family() {
        Family::Integer => integer(call, whole(call, 0).checked_add(whole(call, 1))),
        Family::Decimal => decimal(call, decimals(call).0.checked_add(&decimals(call).1)),
        _ => double(call, call.double(0) + call.double(1)),
    }
}

fn subtract(call: &Call<'_>) -> Result<Value, SqlError> {
    match call.result.family() {
        Family::Integer => integer(call, whole(call, 0).checked_sub(whole(call, 1))),
        Family::Decimal => decimal(call, decimals(call).0.checked_sub(&decimals(call).1)),
        _ => double(call, call.double(0) - call.double(1)),
    }
}

fn multiply(call: &Call<'_>) -> Result<Value, SqlError> {
    match call.result.family() {
        Family::Integer => integer(call, whole(call, 0).checked_mul(whole(call, 1))),
        Family::Decimal => decimal(call, decimals(call).0.checked_mul(&decimals(call).1)),
        _ => double(call, call.double(0) * call.double(1)),
    }
}

fn divide(call: &Call<'_>) -> Result<Value, SqlError> {
    if call.result.family() == Family::Decimal {
        let (left, right) = decimals(call);
        return Ok(quotient(&left, &right).map_or_else(|| division_by_zero(call), Value::Decimal));
    }
    if call.double(1) == 0.0 {
        return Ok(division_by_zero(call));
    }
    double(call, call.double(0) / call.double(1))
}

/// Divides as MySQL's decimals do: digits come in words of nine, so more are kept than the type shows, the rest is cut
/// (`strings/decimal.cc`, `do_div_mod`). `None` by zero.
fn quotient(left: &Decimal, right: &Decimal) -> Option<Decimal> {
    if right.is_zero() {
        return None;
    }
    let words = |digits: u32| digits.div_ceil(9) * 9;
    let (a, b) = (left.scale(), right.scale());
    let more = 4_u32.saturating_sub(words(a) - a + words(b) - b);
    let scale = i64::from(words(words(a) + words(b) + more));
    let (left, left_scale) = left.0.as_bigint_and_scale();
    let (right, right_scale) = right.0.as_bigint_and_scale();
    let shift = u32::try_from((scale + right_scale - left_scale).max(0)).unwrap_or(0);
    let digits = left.as_ref() * BigInt::from(10).pow(shift) / right.as_ref();
    Some(Decimal(
        BigDecimal::new(digits, scale).with_scale_round(scale.min(38), RoundingMode::Down),
    ))
}

fn division_by_zero(call: &Call<'_>) -> Value {
    call.session.warn(1365, "Division by 0");
    Value::Null
}

fn int_divide(call: &Call<'_>) -> Result<Value, SqlError> {
    let exact_integers = call
        .args
        .iter()
        .take(2)
        .all(|arg| matches!(arg.value, Value::Int(_) | Value::UInt(_)));
    if exact_integers {
        return match whole(call, 1) {
            0 => Ok(division_by_zero(call)),
            divisor => integer(call, whole(call, 0).checked_div(divisor)),
        };
    }
    let (left, right) = decimals(call);
    match left.checked_div(&right) {
        Ok(Some(quotient)) => {
            let whole = quotient.truncate(0).ok();
            integer(call, whole.and_then(|whole| whole.to_string().parse().ok()))
        }
        Ok(None) => Ok(division_by_zero(call)),
        Err(_) => Err(error::value_out_of_range("BIGINT", &expression(call))),
    }
}

fn modulo(call: &Call<'_>) -> Result<Value, SqlError> {
    match call.result.family() {
        Family::Integer => match whole(call, 1) {
            0 => Ok(division_by_zero(call)),
            divisor => integer(call, whole(call, 0).checked_rem(divisor)),
        },
        Family::Decimal => {
            let (left, right) = decimals(call);
            Ok(left
                .checked_rem(&right)
                .map_or_else(|| division_by_zero(call), Value::Decimal))
        }
        _ if call.double(1) == 0.0 => Ok(division_by_zero(call)),
        _ => double(call, call.double(0) % call.double(1)),
    }
}

fn negate(call: &Call<'_>) -> Result<Value, SqlError> {
    match call.result.family() {
        Family::Integer => integer(call, whole(call, 0).checked_neg()),
        Family::Decimal => Ok(Value::Decimal(decimals(call).0.negated())),
        _ => Ok(Value::Double(-call.double(0))),
    }
}
