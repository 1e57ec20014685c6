//! Conversions that the translator calls, and functions about the session. Manual: "Cast Functions and Operators",
//! "Information Functions", "Miscellaneous Functions".

use super::{Call, Function, MANY, Returns};
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::{ColumnType, TypeKind, Value};

type Outcome = Result<Value, SqlError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("database", 0, 0, Returns::Ascii, |call| {
        Ok(call.session.state().database.clone().into())
    })
    .of_statement(),
    Function::new("user", 0, 0, Returns::Ascii, |_| {
        Ok(Value::from("vrev@localhost"))
    })
    .of_statement(),
    Function::new("version", 0, 0, Returns::Ascii, |_| {
        Ok(Value::from("8.0.40-vrev"))
    })
    .of_statement(),
    Function::new("connection_id", 0, 0, Returns::Unsigned, |call| {
        Ok(Value::UInt(call.session.state().connection_id))
    })
    .of_statement(),
    Function::new("last_insert_id", 0, 1, Returns::Unsigned, last_insert_id).volatile(),
    Function::new("row_count", 0, 0, Returns::Integer, |call| {
        Ok(Value::Int(call.session.state().row_count))
    })
    .of_statement(),
    Function::new("found_rows", 0, 0, Returns::Unsigned, |call| {
        Ok(Value::UInt(call.session.state().found_rows))
    })
    .of_statement(),
    Function::new("sleep", 1, 1, Returns::Integer, |_| {
        Err(SqlError::unsupported("SLEEP"))
    })
    .volatile(),
    Function::new("rand", 0, 1, Returns::Double, rand).volatile(),
    Function::new("inet_aton", 1, 1, Returns::Unsigned, inet_aton),
    Function::new("inet_ntoa", 1, 1, Returns::Ascii, |call| {
        let number = call.index(0, -1);
        Ok(u32::try_from(number)
            .ok()
            .map(|address| std::net::Ipv4Addr::from(address).to_string())
            .into())
    }),
    Function::new("is_ipv4", 1, 1, Returns::Boolean, |call| {
        Ok(Value::Int(i64::from(
            call.text(0).parse::<std::net::Ipv4Addr>().is_ok(),
        )))
    }),
    Function::new("is_ipv6", 1, 1, Returns::Boolean, |call| {
        Ok(Value::Int(i64::from(
            call.text(0).parse::<std::net::Ipv6Addr>().is_ok(),
        )))
    }),
];

pub(super) const INTERNAL: &[Function] = &[
    Function::new("convert", 1, 1, Returns::Given, |call| {
        Ok(call.value(0).clone())
    }),
    Function::new("cast", 1, 3, Returns::Given, cast),
    Function::new("truth", 1, 1, Returns::Boolean, |call| {
        Ok(call.value(0).to_bool().map(i64::from).into())
    }),
    Function::new("row_key", 1, MANY, Returns::Bytes, row_key),
];

/// CAST: as an implicit conversion, with the type's length; what cannot be read whole leaves a warning.
fn cast(call: &Call<'_>) -> Outcome {
    let value = call.value(0);
    let tag = call.result;
    let length = call
        .args
        .get(1)
        .and_then(|arg| arg.index())
        .and_then(|length| u32::try_from(length).ok());
    warn_truncation(call);
    let result = match tag.family() {
        Family::Decimal => {
            let ty = ColumnType {
                scale: Some(tag.scale()),
                length,
                ..ColumnType::new(TypeKind::Decimal)
            };
            let cast = value.cast(&ty);
            let exact = value
                .to_decimal()
                .and_then(|exact| exact.round(i32::try_from(tag.scale()).unwrap_or(0)).ok());
            if exact.is_none_or(|exact| Value::Decimal(exact) != cast) {
                call.session
                    .warn(1264, "Out of range value for column 'CAST' at row 1");
            }
            cast
        }
        Family::Integer if tag.kind() == TypeKind::Year => {
            value.cast(&ColumnType::new(TypeKind::Year))
        }
        Family::Integer if tag.is_unsigned() => value.to_u64().into(),
        Family::Integer => value.to_i64().into(),
        Family::Text => {
            let text = call.text(0);
            let length = length.map_or(usize::MAX, |length| length as usize);
            Value::Text(text.chars().take(length).collect())
        }
        Family::Bytes => {
            let mut bytes = call.bytes(0).into_owned();
            if let Some(length) = length.map(|length| length as usize) {
                bytes.truncate(length);
                if call.args.len() > 2 {
                    bytes.resize(length.min(1 << 24), 0);
                }
            }
            Value::Bytes(bytes)
        }
        Family::Float if tag.kind() == TypeKind::Float => value
            .to_f64()
            .map_or(Value::Null, |number| Value::Float(number as f32)),
        Family::Float => value.to_f64().into(),
        Family::Date => call.args[0].date().map_or(Value::Null, Value::Date),
        Family::DateTime => call.args[0]
            .datetime()
            .and_then(|moment| moment.round(tag.scale()))
            .map_or(Value::Null, Value::DateTime),
        Family::Time => value.to_time().map_or(Value::Null, |time| {
            Value::Time(time.round(tag.scale()).clamp_range())
        }),
        _ => value.clone(),
    };
    Ok(result)
}

fn warn_truncation(call: &Call<'_>) {
    let Value::Text(text) = call.value(0) else {
        return;
    };
    let (what, whole) = match call.result.family() {
        Family::Integer => ("INTEGER", text.trim().parse::<i128>().is_ok()),
        Family::Decimal => (
            "DECIMAL",
            crate::value::convert::text_to_f64(text).1 == crate::value::convert::Exactness::Exact,
        ),
        Family::Float => (
            "DOUBLE",
            crate::value::convert::text_to_f64(text).1 == crate::value::convert::Exactness::Exact,
        ),
        Family::Date | Family::DateTime => ("datetime", call.args[0].datetime().is_some()),
        Family::Time => ("time", call.args[0].time().is_some()),
        _ => return,
    };
    if !whole {
        let word = if what.chars().all(char::is_uppercase) {
            "Truncated incorrect"
        } else {
            "Incorrect"
        };
        let what = format!("{what} value");
        call.session.warn(1292, format!("{word} {what}: '{text}'"));
    }
}

/// One value that is equal for equal rows: COUNT(DISTINCT a, b). NULL if any member is.
fn row_key(call: &Call<'_>) -> Outcome {
    let mut key = Vec::new();
    for arg in call.args {
        let part = match &arg.value {
            Value::Text(text) => arg.tag.collation().key(text),
            Value::Decimal(decimal) => crate::engine::number::encode_decimal(decimal),
            _ => arg.bytes().unwrap_or_default().into_owned(),
        };
        key.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        key.extend(part);
    }
    Ok(Value::Bytes(key))
}

fn last_insert_id(call: &Call<'_>) -> Outcome {
    let mut state = call.session.state();
    if let Some(arg) = call.args.first() {
        state.last_insert_id = arg.number().to_u64().unwrap_or(0);
        state.insert_id_set = true;
    }
    Ok(Value::UInt(state.last_insert_id))
}

/// A xorshift of the session; with a seed, MySQL's own generator, whose first number the seed decides.
fn rand(call: &Call<'_>) -> Outcome {
    const MAX: u64 = 0x3FFF_FFFF;
    if let Some(seed) = call.args.first() {
        let seed = seed.integer().unwrap_or(0) as u32;
        let first = u64::from(seed.wrapping_mul(0x10001).wrapping_add(55_555_555)) % MAX;
        let second = u64::from(seed.wrapping_mul(0x1000_0001)) % MAX;
        let next = (first * 3 + second) % MAX;
        return Ok(Value::Double(next as f64 / MAX as f64));
    }
    let mut state = call.session.state();
    state.random ^= state.random << 13;
    state.random ^= state.random >> 7;
    state.random ^= state.random << 17;
    Ok(Value::Double(
        (state.random >> 11) as f64 / (1_u64 << 53) as f64,
    ))
}

fn inet_aton(call: &Call<'_>) -> Outcome {
    let text = call.text(0);
    let address = text
        .parse::<std::net::Ipv4Addr>()
        .ok()
        .map(|address| u64::from(u32::from(address)));
    Ok(address.into())
}
