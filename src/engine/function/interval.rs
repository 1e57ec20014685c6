//! Intervals and units of time: DATE_ADD and its kin, TIMESTAMPDIFF, EXTRACT.

use super::Call;
use super::temporal::{Outcome, SECOND, from_micros, micros_of, moment, to_micros, week};
use crate::engine::storage::DAY;
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::{Date, DateTime, Decimal, Time, Value};

/// The parts of an INTERVAL value: months, days and microseconds.
fn interval(call: &Call<'_>, unit: &str) -> Option<(i64, i128)> {
    let count = &call.args[1];
    let seconds = |decimal: &Decimal| micros_of(decimal).map(i128::from);
    let number = || match count.number().as_ref() {
        value @ (Value::Text(_) | Value::Bytes(_)) => value.to_i64(),
        value => value
            .to_decimal()
            .and_then(|decimal| decimal.round(0).ok())
            .and_then(|decimal| decimal.to_i64()),
    };
    let day = i128::from(DAY);
    Some(match unit {
        "YEAR" => (number()?.checked_mul(12)?, 0),
        "QUARTER" => (number()?.checked_mul(3)?, 0),
        "MONTH" => (number()?, 0),
        "WEEK" => (0, i128::from(number()?) * 7 * day),
        "DAY" => (0, i128::from(number()?) * day),
        "HOUR" => (0, i128::from(number()?) * 3_600_000_000),
        "MINUTE" => (0, i128::from(number()?) * 60_000_000),
        "SECOND" => (0, seconds(&count.decimal()?)?),
        "MICROSECOND" => (0, i128::from(number()?)),
        _ => return composite(&count.text()?, unit),
    })
}

/// `'1:30' HOUR_MINUTE`: numbers between any delimiters, the last ones given belonging to the last parts of the unit.
fn composite(text: &str, unit: &str) -> Option<(i64, i128)> {
    const PARTS: [(&str, i128); 7] = [
        ("YEAR", 12),
        ("MONTH", 1),
        ("DAY", 86_400_000_000),
        ("HOUR", 3_600_000_000),
        ("MINUTE", 60_000_000),
        ("SECOND", 1_000_000),
        ("MICROSECOND", 1),
    ];
    let (first, last) = unit.split_once('_')?;
    let at = |name: &str| PARTS.iter().position(|(part, _)| *part == name);
    let units = PARTS.get(at(first)?..=at(last)?)?;
    let negative = text.trim_start().starts_with('-');
    let texts: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    if texts.len() > units.len() {
        return None;
    }
    let (mut months, mut micros) = (0_i64, 0_i128);
    for (digits, (name, size)) in texts.iter().zip(&units[units.len() - texts.len()..]) {
        let number: i64 = if *name == "MICROSECOND" {
            format!("{digits:0<6}").get(..6)?.parse().ok()?
        } else {
            digits.parse().ok()?
        };
        if matches!(*name, "YEAR" | "MONTH") {
            months = months.checked_add(number.checked_mul(i64::try_from(*size).ok()?)?)?;
        } else {
            micros += i128::from(number) * size;
        }
    }
    Some(if negative {
        (-months, -micros)
    } else {
        (months, micros)
    })
}

pub(super) fn date_shift(call: &Call<'_>) -> Outcome {
    let unit = call.text(2).into_owned();
    let Some((months, micros)) = interval(call, &unit) else {
        return Ok(Value::Null);
    };
    let (months, micros) = if call.index(3, 0) == 1 {
        (-months, -micros)
    } else {
        (months, micros)
    };
    let first = &call.args[0];
    if call.result.family() == Family::Time {
        let Some(time) = first.time() else {
            return Ok(Value::Null);
        };
        let moved = i64::try_from(i128::from(time.micros) + micros).unwrap_or(i64::MAX);
        return Ok(Value::Time(Time { micros: moved }.clamp_range()));
    }
    let Some(value) = moment(call, first).filter(|value| !value.date.has_zero_part()) else {
        return Ok(Value::Null);
    };
    let moved =
        shift_months(value, months).and_then(|value| from_micros(to_micros(value) + micros));
    let Some(moved) = moved else {
        call.session
            .warn(1441, "Datetime function: datetime field overflow");
        return Ok(Value::Null);
    };
    if call.result.family() != Family::Text {
        return Ok(if call.result.family() == Family::Date {
            Value::Date(moved.date)
        } else {
            Value::DateTime(moved)
        });
    }
    let text = first.text().unwrap_or_default();
    let has_clock =
        matches!(&first.value, Value::Text(text) if text.trim().len() > 10 || text.contains(':'));
    let within_day = unit.contains("HOUR") || unit.contains("MINUTE") || unit.contains("SECOND");
    let digits = if moved.micros.is_multiple_of(SECOND) && !text.contains('.') {
        0
    } else {
        6
    };
    Ok(Value::Text(if has_clock || within_day {
        moved.print(digits)
    } else {
        moved.date.to_string()
    }))
}

/// Months are added to the calendar; the day is cut to the month's last.
fn shift_months(value: DateTime, months: i64) -> Option<DateTime> {
    if months == 0 {
        return Some(value);
    }
    let total =
        (i64::from(value.date.year) * 12 + i64::from(value.date.month) - 1).checked_add(months)?;
    let year = u16::try_from(total.div_euclid(12))
        .ok()
        .filter(|year| *year <= 9999)?;
    let month = u8::try_from(total.rem_euclid(12) + 1).ok()?;
    let date = (1..=value.date.day)
        .rev()
        .find_map(|day| Date::new(year, month, day))?;
    Some(DateTime { date, ..value })
}

pub(super) fn timestampdiff(call: &Call<'_>) -> Outcome {
    let unit = call.text(0).into_owned();
    let (Some(from), Some(to)) = (moment(call, &call.args[1]), moment(call, &call.args[2])) else {
        return Ok(Value::Null);
    };
    if from.date.has_zero_part() || to.date.has_zero_part() {
        return Ok(Value::Null);
    }
    let micros = to_micros(to) - to_micros(from);
    let size = match unit.as_str() {
        "MICROSECOND" | "FRAC_SECOND" => 1,
        "SECOND" => 1_000_000,
        "MINUTE" => 60_000_000,
        "HOUR" => 3_600_000_000,
        "DAY" => i128::from(DAY),
        "WEEK" => i128::from(DAY) * 7,
        "MONTH" | "QUARTER" | "YEAR" => {
            let months = whole_months(from, to);
            return Ok(Value::Int(match unit.as_str() {
                "MONTH" => months,
                "QUARTER" => months / 3,
                _ => months / 12,
            }));
        }
        _ => return Err(SqlError::syntax(format!("bad unit {unit}"))),
    };
    Ok(i64::try_from(micros / size).ok().into())
}

fn whole_months(from: DateTime, to: DateTime) -> i64 {
    if to < from {
        return -whole_months(to, from);
    }
    let index = |value: DateTime| i64::from(value.date.year) * 12 + i64::from(value.date.month);
    let months = index(to) - index(from);
    if (to.date.day, to.micros) < (from.date.day, from.micros) {
        months - 1
    } else {
        months
    }
}

pub(super) fn extract(call: &Call<'_>) -> Outcome {
    let unit = call.text(0).into_owned();
    let arg = &call.args[1];
    let clock_unit = ["HOUR", "MINUTE", "SECOND", "MICROSECOND"]
        .iter()
        .any(|part| unit.starts_with(part));
    let time_only = matches!(arg.value, Value::Time(_))
        || matches!(&arg.value, Value::Text(text) if text.trim().len() <= 10 && text.contains(':'));
    let (date, clock, negative) = if clock_unit && time_only {
        let Some(time) = arg.time() else {
            return Ok(Value::Null);
        };
        (
            Date {
                year: 0,
                month: 0,
                day: 0,
            },
            time.micros.unsigned_abs(),
            time.micros < 0,
        )
    } else {
        let Some(value) = moment(call, arg) else {
            return Ok(Value::Null);
        };
        (value.date, value.micros, false)
    };
    let seconds = clock / SECOND;
    let part = |name: &str| -> i64 {
        let number = match name {
            "YEAR" => u64::from(date.year),
            "MONTH" => u64::from(date.month),
            "DAY" => u64::from(date.day),
            "HOUR" => seconds / 3600,
            "MINUTE" => seconds / 60 % 60,
            "SECOND" => seconds % 60,
            _ => clock % SECOND,
        };
        i64::try_from(number).unwrap_or(0)
    };
    let number = match unit.as_str() {
        "QUARTER" => (part("MONTH") + 2) / 3,
        "WEEK" => week(date, 0).1,
        "YEAR" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "SECOND" | "MICROSECOND" => part(&unit),
        _ => {
            let Some((first, last)) = unit.split_once('_') else {
                return Err(SqlError::syntax(format!("bad unit {unit}")));
            };
            const PARTS: [&str; 7] = [
                "YEAR",
                "MONTH",
                "DAY",
                "HOUR",
                "MINUTE",
                "SECOND",
                "MICROSECOND",
            ];
            let at = |name: &str| PARTS.iter().position(|part| *part == name);
            let (Some(from), Some(to)) = (at(first), at(last)) else {
                return Err(SqlError::syntax(format!("bad unit {unit}")));
            };
            PARTS[from..=to.max(from)].iter().fold(0, |number, name| {
                number
                    * if *name == "MICROSECOND" {
                        1_000_000
                    } else {
                        100
                    }
                    + part(name)
            })
        }
    };
    Ok(Value::Int(if negative { -number } else { number }))
}
