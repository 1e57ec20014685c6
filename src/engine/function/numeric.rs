//! Mathematical functions. Manual: "Mathematical Functions".

use super::{Call, Function, MANY, Returns};
use crate::engine::error;
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", 1, 1, Returns::Numeric, abs),
    Function::new("sign", 1, 1, Returns::Integer, sign),
    Function::new("pow", 2, 2, Returns::Double, |call| {
        finite("pow", call.double(0).powf(call.double(1)))
    }),
    Function::new("sqrt", 1, 1, Returns::Double, |call| {
        defined(call.double(0) >= 0.0, call.double(0).sqrt())
    }),
    Function::new("exp", 1, 1, Returns::Double, |call| {
        finite("exp", call.double(0).exp())
    }),
    Function::new("ln", 1, 1, Returns::Double, |call| {
        defined(call.double(0) > 0.0, call.double(0).ln())
    }),
    Function::new("log", 1, 2, Returns::Double, log),
    Function::new("log2", 1, 1, Returns::Double, |call| {
        defined(call.double(0) > 0.0, call.double(0).log2())
    }),
    Function::new("log10", 1, 1, Returns::Double, |call| {
        defined(call.double(0) > 0.0, call.double(0).log10())
    }),
    Function::new("sin", 1, 1, Returns::Double, |call| {
        Ok(Value::Double(call.double(0).sin()))
    }),
    Function::new("cos", 1, 1, Returns::Double, |call| {
        Ok(Value::Double(call.double(0).cos()))
    }),
    Function::new("tan", 1, 1, Returns::Double, |call| {
        Ok(Value::Double(call.double(0).tan()))
    }),
    Function::new("cot", 1, 1, Returns::Double, |call| {
        finite("cot", 1.0 / call.double(0).tan())
    }),
    Function::new("asin", 1, 1, Returns::Double, |call| {
        defined(call.double(0).abs() <= 1.0, call.double(0).asin())
    }),
    Function::new("acos", 1, 1, Returns::Double, |call| {
        defined(call.double(0).abs() <= 1.0, call.double(0).acos())
    }),
    Function::new("atan", 1, 2, Returns::Double, atan),
    Function::new("atan2", 1, 2, Returns::Double, atan),
    Function::new("pi", 0, 0, Returns::Double, |_| {
        Ok(Value::Double(std::f64::consts::PI))
    }),
    Function::new("radians", 1, 1, Returns::Double, |call| {
        Ok(Value::Double(call.double(0).to_radians()))
    }),
    Function::new("degrees", 1, 1, Returns::Double, |call| {
        Ok(Value::Double(call.double(0).to_degrees()))
    }),
    Function::new("bit_count", 1, 1, Returns::Integer, |call| {
        Ok(Value::Int(
            call.args[0]
                .number()
                .to_u64()
                .map_or(0, |bits| i64::from(bits.count_ones())),
        ))
    }),
    Function::new("crc32", 1, 1, Returns::Unsigned, |call| {
        Ok(Value::UInt(u64::from(crc32(&call.bytes(0)))))
    }),
    Function::new("conv", 3, 3, Returns::Ascii, conv),
    Function::new("bin", 1, 1, Returns::Ascii, |call| {
        Ok(Value::Text(format!(
            "{:b}",
            call.value(0).to_u64().unwrap_or(0)
        )))
    }),
    Function::new("oct", 1, 1, Returns::Ascii, |call| {
        Ok(Value::Text(format!(
            "{:o}",
            call.value(0).to_u64().unwrap_or(0)
        )))
    }),
    Function::new("interval", 2, MANY, Returns::Integer, interval).sees_nulls(),
];

pub(super) const INTERNAL: &[Function] = &[
    Function::new("round", 2, 2, Returns::Given, |call| {
        to_digits(call, Rounding::Half)
    }),
    Function::new("truncate", 2, 2, Returns::Given, |call| {
        to_digits(call, Rounding::Down)
    }),
    Function::new("ceil", 1, 1, Returns::Given, |call| {
        to_whole(call, Rounding::Up)
    }),
    Function::new("floor", 1, 1, Returns::Given, |call| {
        to_whole(call, Rounding::Floor)
    }),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Half,
    Down,
    Up,
    Floor,
}

fn defined(is: bool, value: f64) -> Result<Value, SqlError> {
    Ok(if is {
        Value::Double(value)
    } else {
        Value::Null
    })
}

fn finite(function: &str, value: f64) -> Result<Value, SqlError> {
    if value.is_finite() {
        Ok(Value::Double(value))
    } else {
        Err(error::value_out_of_range(
            "DOUBLE",
            &format!("{function}()"),
        ))
    }
}

fn abs(call: &Call<'_>) -> Result<Value, SqlError> {
    Ok(match call.args[0].number().as_ref() {
        Value::Int(number) => Value::Int(
            number
                .checked_abs()
                .ok_or_else(|| error::value_out_of_range("BIGINT", &format!("abs({number})")))?,
        ),
        Value::UInt(number) => Value::UInt(*number),
        Value::Decimal(decimal) => Value::Decimal(decimal.abs()),
        _ => Value::Double(call.double(0).abs()),
    })
}

fn sign(call: &Call<'_>) -> Result<Value, SqlError> {
    let number = call.double(0);
    Ok(Value::Int(if number > 0.0 {
        1
    } else if number < 0.0 {
        -1
    } else {
        0
    }))
}

fn log(call: &Call<'_>) -> Result<Value, SqlError> {
    if call.args.len() == 1 {
        return defined(call.double(0) > 0.0, call.double(0).ln());
    }
    let (base, number) = (call.double(0), call.double(1));
    defined(
        base > 0.0 && base != 1.0 && number > 0.0,
        number.ln() / base.ln(),
    )
}

fn atan(call: &Call<'_>) -> Result<Value, SqlError> {
    Ok(Value::Double(if call.args.len() == 1 {
        call.double(0).atan()
    } else {
        call.double(0).atan2(call.double(1))
    }))
}

/// ROUND and TRUNCATE: exact numbers half away from zero, doubles too (MySQL's own rule is the C library's).
fn to_digits(call: &Call<'_>, rounding: Rounding) -> Result<Value, SqlError> {
    let digits = call.index(1, 0).clamp(-80, 30);
    let digits = i32::try_from(digits).unwrap_or(0);
    match call.value(0) {
        value @ (Value::Int(_) | Value::UInt(_)) if digits >= 0 => Ok(value.clone()),
        Value::Int(_) | Value::UInt(_) | Value::Decimal(_) => {
            let exact = call.args[0]
                .decimal()
                .unwrap_or_else(|| crate::value::Decimal::from(0_i64));
            let rounded = match rounding {
                Rounding::Half => exact.round(digits),
                _ => exact.truncate(digits),
            };
            let rounded = rounded.map_err(|_| error::value_out_of_range("DECIMAL", "round()"))?;
            let integer = call.result.family() == Family::Integer;
            match (integer, call.result.is_unsigned()) {
                (false, _) => Ok(Value::Decimal(rounded)),
                (true, true) => rounded
                    .to_u64()
                    .map(Value::UInt)
                    .ok_or_else(|| error::value_out_of_range("BIGINT UNSIGNED", "round()")),
                (true, false) => rounded
                    .to_i64()
                    .map(Value::Int)
                    .ok_or_else(|| error::value_out_of_range("BIGINT", "round()")),
            }
        }
        _ => {
            let number = call.double(0);
            let unit = 10_f64.powi(digits.abs());
            let scaled = if digits >= 0 {
                number * unit
            } else {
                number / unit
            };
            let whole = if rounding == Rounding::Half {
                scaled.round_ties_even()
            } else {
                scaled.trunc()
            };
            let result = if digits >= 0 {
                whole / unit
            } else {
                whole * unit
            };
            Ok(Value::Double(if scaled.is_finite() {
                result
            } else {
                number
            }))
        }
    }
}

fn to_whole(call: &Call<'_>, rounding: Rounding) -> Result<Value, SqlError> {
    match call.value(0) {
        value @ (Value::Int(_) | Value::UInt(_)) => Ok(value.clone()),
        Value::Decimal(decimal) => {
            let whole = if rounding == Rounding::Up {
                decimal.ceil()
            } else {
                decimal.floor()
            };
            whole
                .map(Value::Decimal)
                .map_err(|_| error::value_out_of_range("DECIMAL", "ceiling()"))
        }
        _ => Ok(Value::Double(if rounding == Rounding::Up {
            call.double(0).ceil()
        } else {
            call.double(0).floor()
        })),
    }
}

/// CRC-32 of ISO 3309, as zlib computes it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

fn conv(call: &Call<'_>) -> Result<Value, SqlError> {
    let (from, to) = (call.index(1, 10), call.index(2, 10));
    let base = |base: i64| {
        u32::try_from(base.abs())
            .ok()
            .filter(|base| (2..=36).contains(base))
    };
    let (Some(from), Some(target)) = (base(from), base(to)) else {
        return Ok(Value::Null);
    };
    let text = call.text(0);
    let text = text.trim();
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let number = digits
        .chars()
        .map_while(|c| c.to_digit(from))
        .fold(0_u64, |number, digit| {
            number
                .saturating_mul(u64::from(from))
                .saturating_add(u64::from(digit))
        });
    let number = if negative {
        number.wrapping_neg()
    } else {
        number
    };
    let (sign, mut rest) = if to < 0 && number.cast_signed() < 0 {
        ("-", number.cast_signed().unsigned_abs())
    } else {
        ("", number)
    };
    let mut out = Vec::new();
    loop {
        let digit = u32::try_from(rest % u64::from(target)).unwrap_or(0);
        out.push(
            char::from_digit(digit, target)
                .unwrap_or('0')
                .to_ascii_uppercase(),
        );
        rest /= u64::from(target);
        if rest == 0 {
            break;
        }
    }
    let digits: String = out.into_iter().rev().collect();
    Ok(Value::Text(format!("{sign}{digits}")))
}

fn interval(call: &Call<'_>) -> Result<Value, SqlError> {
    let Some(number) = call.args[0].double() else {
        return Ok(Value::Int(-1));
    };
    let below = call.args[1..]
        .iter()
        .take_while(|arg| arg.double().is_none_or(|bound| bound <= number))
        .count();
    Ok(Value::Int(i64::try_from(below).unwrap_or(0)))
}
