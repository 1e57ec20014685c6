//! DATE_FORMAT's and STR_TO_DATE's specifiers. Manual: the table under `DATE_FORMAT()`.

use super::temporal::{day_of_year, week, weekday};
use crate::engine::types::Type;
use crate::value::{Date, DateTime, Time};

pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Prints a moment; `None` where a name or a week of a zero date is asked for.
pub(super) fn print(value: DateTime, format: &str) -> Option<String> {
    let date = value.date;
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(specifier) = chars.next() else {
            out.push('%');
            break;
        };
        let real = || (!date.has_zero_part()).then_some(date);
        let text = match specifier {
            'a' => DAYS[index(weekday(real()?))][..3].to_owned(),
            'W' => DAYS[index(weekday(real()?))].to_owned(),
            'b' => MONTHS.get(usize::from(date.month).checked_sub(1)?)?[..3].to_owned(),
            'M' => (*MONTHS.get(usize::from(date.month).checked_sub(1)?)?).to_owned(),
            'c' => date.month.to_string(),
            'm' => format!("{:02}", date.month),
            'D' => ordinal(date.day),
            'd' => format!("{:02}", date.day),
            'e' => date.day.to_string(),
            'j' => format!("{:03}", day_of_year(real()?)),
            'w' => ((weekday(real()?) + 1) % 7).to_string(),
            'Y' => format!("{:04}", date.year),
            'y' => format!("{:02}", date.year % 100),
            'U' => format!("{:02}", week(real()?, 0).1),
            'u' => format!("{:02}", week(real()?, 1).1),
            'V' => format!("{:02}", week(real()?, 2).1),
            'v' => format!("{:02}", week(real()?, 3).1),
            'X' => format!("{:04}", week(real()?, 2).0),
            'x' => format!("{:04}", week(real()?, 3).0),
            _ => clock(value.micros, specifier),
        };
        out.push_str(&text);
    }
    Some(out)
}

/// Prints a span; dates' specifiers print zeros.
pub(super) fn print_time(value: Time, format: &str) -> Option<String> {
    let mut out = if value.micros < 0 {
        "-".to_owned()
    } else {
        String::new()
    };
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('Y')) => out.push_str("0000"),
            ('%', Some('c' | 'e')) => out.push('0'),
            ('%', Some('m' | 'd' | 'y')) => out.push_str("00"),
            (
                '%',
                Some('a' | 'b' | 'D' | 'j' | 'M' | 'U' | 'u' | 'V' | 'v' | 'W' | 'w' | 'X' | 'x'),
            ) => return None,
            ('%', Some(specifier)) => out.push_str(&clock(value.micros.unsigned_abs(), specifier)),
            (c, _) => out.push(c),
        }
    }
    Some(out)
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn ordinal(day: u8) -> String {
    let suffix = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{day}{suffix}")
}

/// Specifiers of the time of day; an unknown one is its own letter.
fn clock(micros: u64, specifier: char) -> String {
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let twelve = (hour % 24 + 11) % 12 + 1;
    let half = if hour % 24 < 12 { "AM" } else { "PM" };
    match specifier {
        'f' => format!("{:06}", micros % 1_000_000),
        'H' => format!("{hour:02}"),
        'k' => hour.to_string(),
        'h' | 'I' => format!("{twelve:02}"),
        'l' => twelve.to_string(),
        'i' => format!("{minute:02}"),
        's' | 'S' => format!("{second:02}"),
        'p' => half.to_owned(),
        'r' => format!("{twelve:02}:{minute:02}:{second:02} {half}"),
        'T' => format!("{hour:02}:{minute:02}:{second:02}"),
        other => other.to_string(),
    }
}

/// The type of what is read by a format: a day alone beside parts of a time counts hours (`sql/item_timefunc.cc`,
/// `get_date_time_result_type`).
pub(super) fn type_read(format: &str) -> Type {
    let (mut date, mut time, mut fraction) = (false, false, false);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let Some(specifier) = (if c == '%' { chars.next() } else { None }) else {
            continue;
        };
        fraction |= specifier == 'f';
        time |= "fHISThiklrs".contains(specifier);
        date |= "MVUXYWabcjmvuxyw".contains(specifier);
    }
    let digits = if fraction { 6 } else { 0 };
    match (date, time) {
        (true, true) => Type::datetime(digits),
        (false, true) => Type::time(digits),
        (_, false) => Type::date(),
    }
}

/// Reads a moment by a format; `None` where the text does not follow it.
pub(super) fn parse(text: &str, format: &str) -> Option<DateTime> {
    let mut rest = text;
    let (mut year, mut month, mut day) = (0_u16, 0_u8, 0_u8);
    let (mut hour, mut minute, mut second, mut micros) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut afternoon = None;
    let mut of_year = None;
    let expanded = format
        .replace("%T", "%H:%i:%s")
        .replace("%r", "%h:%i:%s %p");
    let mut chars = expanded.chars();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let specifier = chars.next()?;
        rest = rest.trim_start();
        match specifier {
            'Y' => year = number(&mut rest, 4)?,
            'y' => {
                let short: u16 = number(&mut rest, 2)?;
                year = if short < 70 {
                    2000 + short
                } else {
                    1900 + short
                };
            }
            'm' | 'c' => month = number(&mut rest, 2)?,
            'd' | 'e' => day = number(&mut rest, 2)?,
            'D' => {
                day = number(&mut rest, 2)?;
                rest = rest.get(2..)?;
            }
            'M' | 'b' => {
                let found = MONTHS.iter().position(|name| {
                    let name = if specifier == 'b' { &name[..3] } else { name };
                    rest.get(..name.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(name))
                })?;
                month = u8::try_from(found + 1).ok()?;
                rest = &rest[if specifier == 'b' {
                    3
                } else {
                    MONTHS[found].len()
                }..];
            }
            'a' | 'W' => {
                let found = DAYS.iter().find(|name| {
                    let name = if specifier == 'a' { &name[..3] } else { name };
                    rest.get(..name.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(name))
                })?;
                rest = &rest[if specifier == 'a' { 3 } else { found.len() }..];
            }
            'j' => of_year = Some(number::<i64>(&mut rest, 3)?),
            'H' | 'k' => hour = number(&mut rest, 2)?,
            'h' | 'I' | 'l' => {
                hour = number(&mut rest, 2)?;
                if !(1..=12).contains(&hour) {
                    return None;
                }
                hour %= 12;
                afternoon.get_or_insert(false);
            }
            'i' => minute = number(&mut rest, 2)?,
            's' | 'S' => second = number(&mut rest, 2)?,
            'f' => {
                let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
                micros = format!("{:0<6}", &rest[..digits]).parse().ok()?;
                rest = &rest[digits..];
            }
            'p' => {
                let word = rest.get(..2)?.to_ascii_uppercase();
                afternoon = Some(match word.as_str() {
                    "AM" => false,
                    "PM" => true,
                    _ => return None,
                });
                rest = &rest[2..];
            }
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if afternoon == Some(true) {
        hour += 12;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut date = Date::new(year, month, day)?;
    if let Some(of_year) = of_year {
        date =
            Date::from_days_since_epoch(Date::new(year, 1, 1)?.days_since_epoch() + of_year - 1)?;
    }
    Some(DateTime {
        date,
        micros: ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros,
    })
}

fn number<T: std::str::FromStr>(rest: &mut &str, most: usize) -> Option<T> {
    let digits = rest
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let number = rest[..digits].parse().ok()?;
    *rest = &rest[digits..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_the_manuals() {
        let check = |moment: &str, format: &str, expected: &str| {
            assert_eq!(
                print(DateTime::parse(moment).unwrap(), format).as_deref(),
                Some(expected),
                "{format}"
            );
        };
        check("2009-10-04 22:23:00", "%W %M %Y", "Sunday October 2009");
        check("2007-10-04 22:23:00", "%H:%i:%s", "22:23:00");
        check(
            "1900-10-04 22:23:00",
            "%D %y %a %d %m %b %j",
            "4th 00 Thu 04 10 Oct 277",
        );
        check(
            "1997-10-04 22:23:00",
            "%H %k %I %r %T %S %w",
            "22 22 10 10:23:00 PM 22:23:00 00 6",
        );
        check("1999-01-01", "%X %V", "1998 52");
        check("2006-06-00", "%d", "00");
    }

    #[test]
    fn dates_are_read_by_format() {
        let check = |text: &str, format: &str, expected: Option<&str>| {
            assert_eq!(
                parse(text, format).map(|value| value.print(0)).as_deref(),
                expected,
                "{text} {format}"
            );
        };
        check("01,5,2013", "%d,%m,%Y", Some("2013-05-01 00:00:00"));
        check("May 1, 2013", "%M %d,%Y", Some("2013-05-01 00:00:00"));
        check("10:11:12 PM", "%r", Some("0000-00-00 22:11:12"));
        check("abc", "%Y", None);
        check("2013-13-01", "%Y-%m-%d", None);
    }
}
