//! Date and time functions. Manual: "Date and Time Functions"; the session's time zone is UTC.

use super::date_format;
use super::interval::{date_shift, extract, timestampdiff};
use super::{Call, Digits, Function, Returns};
use crate::engine::convert::Arg;
use crate::engine::storage::DAY;
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::{Date, DateTime, Decimal, Time, Value};

pub(super) type Outcome = Result<Value, SqlError>;

pub(super) const SECOND: u64 = 1_000_000;
/// `TO_DAYS('1970-01-01')`.
const EPOCH: i64 = 719_528;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", 0, 1, Returns::DateTime(Digits::Asked), |call| {
        Ok(current(call))
    })
    .of_statement(),
    Function::new(
        "utc_timestamp",
        0,
        1,
        Returns::DateTime(Digits::Asked),
        |call| Ok(current(call)),
    )
    .of_statement(),
    Function::new("curdate", 0, 0, Returns::Date, |call| {
        Ok(Value::Date(call.session.now().date))
    })
    .of_statement(),
    Function::new("utc_date", 0, 0, Returns::Date, |call| {
        Ok(Value::Date(call.session.now().date))
    })
    .of_statement(),
    Function::new("curtime", 0, 1, Returns::Time(Digits::Asked), |call| {
        Ok(current(call))
    })
    .of_statement(),
    Function::new("utc_time", 0, 1, Returns::Time(Digits::Asked), |call| {
        Ok(current(call))
    })
    .of_statement(),
    Function::new("unix_timestamp", 0, 1, Returns::Numeric, unix_timestamp).of_statement(),
    Function::new(
        "from_unixtime",
        1,
        1,
        Returns::DateTime(Digits::Counted(0)),
        from_unixtime,
    ),
    Function::new("date", 1, 1, Returns::Date, |call| {
        Ok(of_date(call, |value| Value::Date(value.date)))
    }),
    Function::new("time", 1, 1, Returns::Time(Digits::Shown), |call| {
        Ok(call.args[0].time().map_or(Value::Null, Value::Time))
    }),
    Function::new(
        "timestamp",
        1,
        2,
        Returns::DateTime(Digits::Shown),
        timestamp,
    ),
    Function::new("year", 1, 1, Returns::Integer, |call| {
        Ok(of_date(call, |value| {
            Value::Int(i64::from(value.date.year))
        }))
    }),
    Function::new("month", 1, 1, Returns::Integer, |call| {
        Ok(of_date(call, |value| {
            Value::Int(i64::from(value.date.month))
        }))
    }),
    Function::new("day", 1, 1, Returns::Integer, |call| {
        Ok(of_date(call, |value| Value::Int(i64::from(value.date.day))))
    }),
    Function::new("quarter", 1, 1, Returns::Integer, |call| {
        Ok(of_date(call, |value| {
            Value::Int((i64::from(value.date.month) + 2) / 3)
        }))
    }),
    Function::new("hour", 1, 1, Returns::Integer, |call| {
        Ok(of_time(call, |micros| micros / 3600 / SECOND))
    }),
    Function::new("minute", 1, 1, Returns::Integer, |call| {
        Ok(of_time(call, |micros| micros / 60 / SECOND % 60))
    }),
    Function::new("second", 1, 1, Returns::Integer, |call| {
        Ok(of_time(call, |micros| micros / SECOND % 60))
    }),
    Function::new("microsecond", 1, 1, Returns::Integer, |call| {
        Ok(of_time(call, |micros| micros % SECOND))
    }),
    Function::new("dayofweek", 1, 1, Returns::Integer, |call| {
        Ok(of_day(call, |date| (weekday(date) + 1) % 7 + 1))
    }),
    Function::new("weekday", 1, 1, Returns::Integer, |call| {
        Ok(of_day(call, weekday))
    }),
    Function::new("dayofyear", 1, 1, Returns::Integer, |call| {
        Ok(of_day(call, day_of_year))
    }),
    Function::new("dayname", 1, 1, Returns::Ascii, |call| {
        Ok(name_of(call, |date| {
            date_format::DAYS[usize::try_from(weekday(date)).unwrap_or(0)]
        }))
    }),
    Function::new("monthname", 1, 1, Returns::Ascii, |call| {
        Ok(of_date(call, |value| match value.date.month {
            0 => Value::Null,
            month => Value::from(date_format::MONTHS[usize::from(month) - 1]),
        }))
    }),
    Function::new("week", 1, 2, Returns::Integer, |call| {
        let mode = call.index(1, 0);
        Ok(of_day(call, |date| week(date, mode).1))
    }),
    Function::new("weekofyear", 1, 1, Returns::Integer, |call| {
        Ok(of_day(call, |date| week(date, 3).1))
    }),
    Function::new("yearweek", 1, 2, Returns::Integer, |call| {
        let mode = call.index(1, 0) | 2;
        Ok(of_day(call, |date| {
            let (year, week) = week(date, mode);
            year * 100 + week
        }))
    }),
    Function::new("last_day", 1, 1, Returns::Date, |call| {
        Ok(of_date(call, |value| {
            let date = value.date;
            (28..=31)
                .rev()
                .find_map(|day| Date::new(date.year, date.month, day))
                .filter(|date| date.month > 0)
                .map_or(Value::Null, Value::Date)
        }))
    }),
    Function::new("to_days", 1, 1, Returns::Integer, |call| {
        Ok(of_day(call, to_days))
    }),
    Function::new("from_days", 1, 1, Returns::Date, |call| {
        let date = call
            .index(0, 0)
            .checked_sub(EPOCH)
            .and_then(Date::from_days_since_epoch);
        Ok(Value::Date(date.unwrap_or(Date {
            year: 0,
            month: 0,
            day: 0,
        })))
    }),
    Function::new("to_seconds", 1, 1, Returns::Integer, |call| {
        Ok(of_date(call, |value| match value.date.has_zero_part() {
            true => Value::Null,
            false => Value::Int(
                to_days(value.date) * 86_400 + i64::try_from(value.micros / SECOND).unwrap_or(0),
            ),
        }))
    }),
    Function::new("makedate", 2, 2, Returns::Date, makedate),
    Function::new(
        "maketime",
        3,
        3,
        Returns::Time(Digits::Counted(2)),
        maketime,
    ),
    Function::new("datediff", 2, 2, Returns::Integer, |call| {
        let days = |position: usize| {
            call.args[position]
                .date()
                .filter(|date| !date.has_zero_part())
                .map(to_days)
        };
        Ok(days(0).zip(days(1)).map(|(a, b)| a - b).into())
    }),
    Function::new("timediff", 2, 2, Returns::Time(Digits::Shown), timediff),
    Function::new("addtime", 2, 2, Returns::LikeFirstTime, |call| {
        add_time(call, 1)
    }),
    Function::new("subtime", 2, 2, Returns::LikeFirstTime, |call| {
        add_time(call, -1)
    }),
    Function::new(
        "sec_to_time",
        1,
        1,
        Returns::Time(Digits::Counted(0)),
        |call| {
            let micros = call.args[0]
                .decimal()
                .and_then(|seconds| micros_of(&seconds))
                .unwrap_or(0);
            Ok(Value::Time(Time { micros }.clamp_range()))
        },
    ),
    Function::new("time_to_sec", 1, 1, Returns::Integer, |call| {
        let seconds = call.args[0]
            .time()
            .map(|time| time.micros / i64::try_from(SECOND).unwrap_or(1));
        Ok(seconds.into())
    }),
    Function::new("period_add", 2, 2, Returns::Integer, |call| {
        Ok(Value::Int(period(
            months(call.index(0, 0)).saturating_add(call.index(1, 0)),
        )))
    }),
    Function::new("period_diff", 2, 2, Returns::Integer, |call| {
        Ok(Value::Int(
            months(call.index(0, 0)) - months(call.index(1, 0)),
        ))
    }),
    Function::new("date_format", 2, 2, Returns::Text, |call| {
        Ok(call.args[0]
            .datetime()
            .and_then(|value| date_format::print(value, &call.text(1)))
            .into())
    }),
    Function::new("time_format", 2, 2, Returns::Text, |call| {
        Ok(call.args[0]
            .time()
            .and_then(|value| date_format::print_time(value, &call.text(1)))
            .into())
    }),
    Function::new("str_to_date", 2, 2, Returns::Formatted, |call| {
        let parsed = date_format::parse(&call.text(0), &call.text(1));
        if parsed.is_none() {
            call.session.warn(
                1411,
                format!(
                    "Incorrect datetime value: '{}' for function str_to_date",
                    call.text(0)
                ),
            );
        }
        Ok(parsed.map_or(Value::Null, |value| {
            if call.result.family() != Family::Time {
                return Value::DateTime(value);
            }
            let days = i64::from(value.date.day) * i64::try_from(DAY).unwrap_or(0);
            let micros = days + value.time().micros;
            Value::Time(Time { micros }.clamp_range())
        }))
    }),
    Function::new(
        "convert_tz",
        3,
        3,
        Returns::DateTime(Digits::Shown),
        convert_tz,
    ),
];

pub(super) const INTERNAL: &[Function] = &[
    Function::new("date_shift", 4, 4, Returns::Given, date_shift),
    Function::new("timestampdiff", 3, 3, Returns::Integer, timestampdiff),
    Function::new("extract", 2, 2, Returns::Integer, extract),
    Function::new("comparable_time", 1, 1, Returns::Given, comparable_time),
];

/// The statement's clock, cut to the digits of the result.
fn current(call: &Call<'_>) -> Value {
    let unit = 10_u64.pow(6 - call.result.scale().min(6));
    let now = call.session.now();
    let now = DateTime {
        micros: now.micros / unit * unit,
        ..now
    };
    if call.result.family() == Family::Time {
        Value::Time(now.time())
    } else {
        Value::DateTime(now)
    }
}

/// The moment of the first argument; a TIME lies on today. What is none leaves a warning and NULL.
pub(super) fn moment(call: &Call<'_>, arg: &Arg) -> Option<DateTime> {
    if let Value::Time(time) = arg.value {
        return from_micros(
            to_micros(DateTime {
                micros: 0,
                ..call.session.now()
            }) + i128::from(time.micros),
        );
    }
    let value = arg.datetime();
    if value.is_none() && !arg.is_null() {
        call.session.warn(
            1292,
            format!(
                "Incorrect datetime value: '{}'",
                arg.text().unwrap_or_default()
            ),
        );
    }
    value
}

fn of_date(call: &Call<'_>, then: impl Fn(DateTime) -> Value) -> Value {
    moment(call, &call.args[0]).map_or(Value::Null, then)
}

/// For functions of a real day: zero parts give NULL.
fn of_day(call: &Call<'_>, then: impl Fn(Date) -> i64) -> Value {
    moment(call, &call.args[0])
        .filter(|value| !value.date.has_zero_part())
        .map(|value| then(value.date))
        .into()
}

fn name_of(call: &Call<'_>, then: impl Fn(Date) -> &'static str) -> Value {
    moment(call, &call.args[0])
        .filter(|value| !value.date.has_zero_part())
        .map_or(Value::Null, |value| Value::from(then(value.date)))
}

fn of_time(call: &Call<'_>, then: impl Fn(u64) -> u64) -> Value {
    let time = call.args[0]
        .time()
        .or_else(|| call.args[0].datetime().map(DateTime::time));
    time.and_then(|time| i64::try_from(then(time.micros.unsigned_abs())).ok())
        .into()
}

fn to_days(date: Date) -> i64 {
    date.days_since_epoch() + EPOCH
}

/// Monday is 0.
pub(super) fn weekday(date: Date) -> i64 {
    (date.days_since_epoch() + 3).rem_euclid(7)
}

pub(super) fn day_of_year(date: Date) -> i64 {
    to_days(date)
        - to_days(Date {
            month: 1,
            day: 1,
            ..date
        })
        + 1
}

/// Microseconds since 1970.
pub(super) fn to_micros(value: DateTime) -> i128 {
    i128::from(value.date.days_since_epoch()) * i128::from(DAY) + i128::from(value.micros)
}

pub(super) fn from_micros(micros: i128) -> Option<DateTime> {
    let day = i128::from(DAY);
    let date = Date::from_days_since_epoch(i64::try_from(micros.div_euclid(day)).ok()?)?;
    Some(DateTime {
        date,
        micros: u64::try_from(micros.rem_euclid(day)).ok()?,
    })
}

pub(super) fn micros_of(seconds: &Decimal) -> Option<i64> {
    seconds
        .checked_mul(&Decimal::from(1_000_000_i64))
        .ok()?
        .round(0)
        .ok()?
        .to_i64()
}

/// Year and week by WEEK's mode: bit 0 Monday first, bit 1 weeks 1–53, bit 2 the first week has four days of January's
/// (`sql/sql_time.cc`, `calc_week`).
pub(super) fn week(date: Date, mode: i64) -> (i64, i64) {
    let monday_first = mode & 1 == 1;
    let mut week_year = mode & 2 == 2;
    let first_weekday = (mode & 4 == 4) == monday_first;
    let mut year = i64::from(date.year);
    let day = to_days(date);
    let january = |year: i64| {
        to_days(Date {
            year: u16::try_from(year).unwrap_or(0),
            month: 1,
            day: 1,
        })
    };
    let length = |year: i64| january(year + 1) - january(year);
    let mut first = january(year);
    let mut day_of_week = (first + 5 + i64::from(!monday_first)).rem_euclid(7);
    if date.month == 1
        && i64::from(date.day) <= 7 - day_of_week
        && ((first_weekday && day_of_week != 0) || (!first_weekday && day_of_week >= 4))
    {
        if !week_year {
            return (year, 0);
        }
        week_year = true;
        year -= 1;
        first -= length(year);
        day_of_week = (day_of_week + 53 * 7 - length(year)).rem_euclid(7);
    }
    let days = if (first_weekday && day_of_week != 0) || (!first_weekday && day_of_week >= 4) {
        day - (first + (7 - day_of_week))
    } else {
        day - (first - day_of_week)
    };
    if week_year && days >= 52 * 7 {
        let next = (day_of_week + length(year)).rem_euclid(7);
        if (!first_weekday && next < 4) || (first_weekday && next == 0) {
            return (year + 1, 1);
        }
    }
    (year, days / 7 + 1)
}

fn unix_timestamp(call: &Call<'_>) -> Outcome {
    let value = match call.args.first() {
        None => DateTime {
            micros: call.session.now().micros / SECOND * SECOND,
            ..call.session.now()
        },
        Some(arg) => match moment(call, arg) {
            Some(value) if !value.date.has_zero_part() => value,
            _ => return Ok(Value::Int(0)),
        },
    };
    let micros = to_micros(value).max(0);
    let seconds = i64::try_from(micros / 1_000_000).unwrap_or(0);
    let fraction = micros % 1_000_000;
    if fraction == 0 {
        return Ok(Value::Int(seconds));
    }
    Ok(Decimal::parse(&format!("{seconds}.{fraction:06}")).into())
}

fn from_unixtime(call: &Call<'_>) -> Outcome {
    let Some(micros) = call.args[0]
        .decimal()
        .and_then(|seconds| micros_of(&seconds))
        .filter(|micros| *micros >= 0)
    else {
        return Ok(Value::Null);
    };
    let Some(value) = from_micros(i128::from(micros)) else {
        return Ok(Value::Null);
    };
    Ok(Value::DateTime(value))
}

fn timestamp(call: &Call<'_>) -> Outcome {
    let Some(value) = moment(call, &call.args[0]) else {
        return Ok(Value::Null);
    };
    let added = match call.args.get(1) {
        Some(arg) => match arg.time() {
            Some(time) => time.micros,
            None => return Ok(Value::Null),
        },
        None => 0,
    };
    Ok(from_micros(to_micros(value) + i128::from(added)).map_or(Value::Null, Value::DateTime))
}

fn makedate(call: &Call<'_>) -> Outcome {
    let (year, day) = (call.index(0, 0), call.index(1, 0));
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    };
    let first = u16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, 1, 1));
    let date = first.filter(|_| day > 0).and_then(|first| {
        Date::from_days_since_epoch(first.days_since_epoch().checked_add(day - 1)?)
    });
    Ok(date.map_or(Value::Null, Value::Date))
}

fn maketime(call: &Call<'_>) -> Outcome {
    let (hours, minutes) = (call.index(0, 0), call.index(1, 0));
    let seconds = call.args[2]
        .decimal()
        .and_then(|seconds| micros_of(&seconds))
        .unwrap_or(-1);
    if !(0..60).contains(&minutes) || !(0..60_000_000).contains(&seconds) {
        return Ok(Value::Null);
    }
    let magnitude =
        hours.saturating_abs().min(839) * 3_600_000_000 + minutes * 60_000_000 + seconds;
    Ok(Value::Time(
        Time {
            micros: if hours < 0 { -magnitude } else { magnitude },
        }
        .clamp_range(),
    ))
}

/// Both times, or both moments.
fn timediff(call: &Call<'_>) -> Outcome {
    let is_moment = |arg: &Arg| match &arg.value {
        Value::Date(_) | Value::DateTime(_) => true,
        Value::Text(text) => text.trim().len() > 10 && DateTime::parse(text).is_some(),
        _ => false,
    };
    let (a, b) = (&call.args[0], &call.args[1]);
    let difference = match (is_moment(a), is_moment(b)) {
        (true, true) => a
            .datetime()
            .zip(b.datetime())
            .map(|(a, b)| to_micros(a) - to_micros(b)),
        (false, false) => a
            .time()
            .zip(b.time())
            .map(|(a, b)| i128::from(a.micros) - i128::from(b.micros)),
        _ => None,
    };
    Ok(difference.map_or(Value::Null, |micros| {
        let micros = micros.clamp(i128::from(-Time::MAX.micros), i128::from(Time::MAX.micros));
        Value::Time(Time {
            micros: i64::try_from(micros).unwrap_or(0),
        })
    }))
}

fn add_time(call: &Call<'_>, sign: i64) -> Outcome {
    let Some(span) = call.args[1].time() else {
        return Ok(Value::Null);
    };
    let shift = i128::from(span.micros) * i128::from(sign);
    let first = &call.args[0];
    let as_text = call.result.family() == Family::Text;
    let digits = if as_text {
        if first.digits() > 0 || call.args[1].digits() > 0 {
            6
        } else {
            0
        }
    } else {
        call.result.scale()
    };
    let whole = match &first.value {
        Value::Text(text) if text.trim().len() <= 10 => None,
        Value::Time(_) | Value::Int(_) => None,
        _ => first.datetime(),
    };
    if let Some(value) = whole {
        let moved = from_micros(to_micros(value) + shift);
        return Ok(moved.map_or(Value::Null, |moved| {
            if as_text {
                Value::Text(moved.print(digits))
            } else {
                Value::DateTime(moved)
            }
        }));
    }
    let Some(time) = first.time() else {
        return Ok(Value::Null);
    };
    let micros = i64::try_from(i128::from(time.micros) + shift).unwrap_or(Time::MAX.micros);
    let moved = Time { micros }.clamp_range();
    Ok(if as_text {
        Value::Text(moved.print(digits))
    } else {
        Value::Time(moved)
    })
}

fn months(period: i64) -> i64 {
    let (year, month) = (period / 100, period % 100);
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    };
    year * 12 + month - 1
}

fn period(months: i64) -> i64 {
    months.div_euclid(12) * 100 + months.rem_euclid(12) + 1
}

/// Offsets (`+05:30`) and UTC; named zones need tables that MySQL too lacks until they are loaded.
fn convert_tz(call: &Call<'_>) -> Outcome {
    let offset = |position: usize| -> Option<i128> {
        let text = call.text(position);
        if matches!(text.to_ascii_uppercase().as_str(), "UTC" | "SYSTEM") {
            return Some(0);
        }
        let (sign, rest) = match text.chars().next()? {
            '+' => (1, &text[1..]),
            '-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let minutes = hours.parse::<u8>().map(i128::from).ok()? * 60
            + minutes.parse::<u8>().map(i128::from).ok()?;
        (minutes <= 14 * 60).then_some(sign * minutes * 60_000_000)
    };
    let moved = moment(call, &call.args[0])
        .zip(offset(1))
        .zip(offset(2))
        .and_then(|((value, from), to)| from_micros(to_micros(value) - from + to));
    Ok(moved.map_or(Value::Null, Value::DateTime))
}

/// A constant beside a date or time: what is none is an error (1525), as MySQL 8 has it.
fn comparable_time(call: &Call<'_>) -> Outcome {
    let arg = &call.args[0];
    let (what, value) = match call.result.family() {
        Family::Time => ("TIME", arg.time().map(Value::Time)),
        Family::Date => ("DATE", arg.date().map(Value::Date)),
        _ => ("DATETIME", arg.datetime().map(Value::DateTime)),
    };
    value.ok_or_else(|| {
        let text = arg.text().unwrap_or_default().into_owned();
        SqlError::new(1525, "HY000", format!("Incorrect {what} value: '{text}'"))
    })
}
