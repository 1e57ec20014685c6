//! Dates and times as MySQL has them: zero dates, partial dates, times beyond a day, microseconds.
//!
//! The texts read are those of MySQL's manual, "Date and Time Literals": any punctuation between parts, parts of one
//! digit, years of two, or digits alone. Whether a zero part is allowed is the SQL mode's matter, not this module's.

use std::fmt;

/// A calendar date; any part may be zero (`0000-00-00`, `2020-01-00`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 0 to 9999.
    pub year: u16,
    /// 0 to 12.
    pub month: u8,
    /// 0 to 31.
    pub day: u8,
}

/// A date with a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// Microseconds since midnight, below 86,400,000,000.
    pub micros: u64,
}

/// A signed time span, `-838:59:59.999999` to `838:59:59.999999`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Signed microseconds.
    pub micros: i64,
}

/// Microseconds in a second.
const SECOND: u64 = 1_000_000;
/// Microseconds in a day.
const DAY: u64 = 86_400 * SECOND;

impl Date {
    /// Returns the date if its parts are in range: zero parts are, 30 February is not.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        (year <= 9999 && month <= 12 && day <= days_in_month(year, month)).then_some(date)
    }

    /// Reads a date; a time of day after it is read and dropped.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse(text).map(|value| value.date)
    }

    /// Reads a number: `20260131`, `260131`.
    pub fn from_number(number: u64) -> Option<Self> {
        DateTime::from_number(number).map(|value| value.date)
    }

    /// Tells whether every part is zero.
    pub fn is_zero(self) -> bool {
        self == Self {
            year: 0,
            month: 0,
            day: 0,
        }
    }

    /// Tells whether the month or the day is zero.
    pub fn has_zero_part(self) -> bool {
        self.month == 0 || self.day == 0
    }

    /// The number `yyyymmdd`.
    pub fn to_number(self) -> u64 {
        u64::from(self.year) * 10_000 + u64::from(self.month) * 100 + u64::from(self.day)
    }

    /// Days since 1970-01-01 (negative before); a zero month or day counts as 1.
    pub fn days_since_epoch(self) -> i64 {
        let (month, day) = (i64::from(self.month.max(1)), i64::from(self.day.max(1)));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468
    }

    /// The date that many days after 1970-01-01; `None` outside the years 0 to 9999.
    pub fn from_days_since_epoch(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).ok()?;
        let month = u8::try_from((shifted + 2) % 12 + 1).ok()?;
        let year = u16::try_from(era * 400 + year_of_era + i64::from(month <= 2)).ok()?;
        Self::new(year, month, day)
    }
}

impl DateTime {
    /// Reads a date with or without a time of day, a fraction rounded to microseconds. `None` where it is no date, a
    /// part is out of range or text is left over.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = &text[digits..];
        if digits >= 5 && (rest.is_empty() || rest.starts_with('.')) {
            let fraction = parse_fraction(rest)?;
            let base = match digits {
                5..=8 => Self {
                    date: date_of_digits(&text[..digits])?,
                    micros: 0,
                },
                12 | 14 => {
                    let (date, time) = text[..digits].split_at(digits - 6);
                    Self {
                        date: date_of_digits(date)?,
                        micros: time_of_day(&two_digit_parts(time)?)?,
                    }
                }
                _ => return None,
            };
            return base.plus_fraction(fraction);
        }
        if (digits == 8 || digits == 6) && rest.starts_with(['T', 't']) {
            let time = rest[1..].split('.').next().unwrap_or_default();
            let parts = two_digit_parts(time)?;
            let micros = time_of_day(&parts)?;
            return Self {
                date: date_of_digits(&text[..digits])?,
                micros,
            }
            .plus_fraction(parse_fraction(&rest[1 + time.len()..])?);
        }
        Self::parse_parts(text)
    }

    /// `2026-1-31 10:00:00.5` with any punctuation between parts.
    fn parse_parts(text: &str) -> Option<Self> {
        let mut parts: Vec<&str> = Vec::with_capacity(6);
        let mut rest = text;
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > if parts.is_empty() { 4 } else { 2 } {
                return None;
            }
            parts.push(&rest[..digits]);
            rest = &rest[digits..];
            if rest.is_empty() || parts.len() == 6 {
                break;
            }
            let separator = if parts.len() == 3 {
                let spaces = rest.bytes().take_while(u8::is_ascii_whitespace).count();
                spaces.max(usize::from(rest.starts_with(['T', 't'])))
            } else {
                rest.bytes().take_while(u8::is_ascii_punctuation).count()
            };
            if separator == 0 {
                return None;
            }
            rest = &rest[separator..];
        }
        let fraction = parse_fraction(rest)?;
        let [year, month, day, time @ ..] = parts.as_slice() else {
            return None;
        };
        let year = full_year(year)?;
        let date = Date::new(year, month.parse().ok()?, day.parse().ok()?)?;
        let time: Vec<u64> = time
            .iter()
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        if time.len() < 3 && fraction != 0 {
            return None;
        }
        Self {
            date,
            micros: time_of_day(&time)?,
        }
        .plus_fraction(fraction)
    }

    /// Reads a number: `20260131`, `260131`, `20260131100000`, `260131100000`.
    pub fn from_number(number: u64) -> Option<Self> {
        if number == 0 {
            return Some(Self {
                date: Date {
                    year: 0,
                    month: 0,
                    day: 0,
                },
                micros: 0,
            });
        }
        let (date, time) = if number > 99_999_999 {
            (number / SECOND, number % SECOND)
        } else {
            (number, 0)
        };
        let text = match date {
            100..=999_999 => format!("{date:06}"),
            1_000_000..=99_999_999 => format!("{date:08}"),
            _ => return None,
        };
        Some(Self {
            date: date_of_digits(&text)?,
            micros: time_of_day(&two_digit_parts(&format!("{time:06}"))?)?,
        })
    }

    /// Adds up to a second of microseconds, carrying into the date.
    fn plus_fraction(self, micros: u64) -> Option<Self> {
        let total = self.micros + micros;
        if total < DAY {
            return Some(Self {
                micros: total,
                ..self
            });
        }
        let date = Date::from_days_since_epoch(self.date.days_since_epoch() + 1)?;
        Some(Self {
            date,
            micros: total - DAY,
        })
    }

    /// Returns the date and time of a Unix time in UTC; `None` outside the years 0 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let date = Date::from_days_since_epoch(seconds.div_euclid(86_400))?;
        let micros = seconds.rem_euclid(86_400).unsigned_abs() * 1_000_000;
        Some(Self { date, micros })
    }

    /// Rounds half up to `digits` (0 to 6) of a second; `None` past the year 9999.
    pub fn round(self, digits: u32) -> Option<Self> {
        let unit = 10_u64.pow(6 - digits.min(6));
        let rounded = (self.micros + unit / 2) / unit * unit;
        Self { micros: 0, ..self }.plus_fraction(rounded)
    }

    /// The time of day.
    pub fn time(self) -> Time {
        Time {
            micros: i64::try_from(self.micros).unwrap_or(i64::MAX),
        }
    }

    /// The number `yyyymmddhhmmss`, without its fraction.
    pub fn to_number(self) -> u64 {
        self.date.to_number() * SECOND + clock_number(self.micros)
    }

    /// Prints with exactly `digits` (0 to 6) of a second, cut, not rounded.
    pub fn print(self, digits: u32) -> String {
        let (hours, minutes, seconds) = clock(self.micros);
        format!(
            "{} {hours:02}:{minutes:02}:{seconds:02}{}",
            self.date,
            print_fraction(self.micros, digits)
        )
    }
}

impl Time {
    /// The largest span, `838:59:59.000000` (MySQL `TIME_MAX_VALUE`).
    pub const MAX: Self = Self {
        micros: (838 * 3600 + 59 * 60 + 59) * 1_000_000,
    };

    /// Reads `[-][days ]hh:mm:ss[.fraction]`, `hh:mm`, `hhmmss`, `mmss`, `ss`, or the time of a date and time. `None`
    /// where it is none, a part is out of range or text is left over. Spans beyond [`Self::MAX`] are returned as they
    /// are; see [`Self::clamp_range`].
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        if let Some(position) = body.find(['-', 'T', 't'])
            && !negative
            && position > 0
        {
            return DateTime::parse(text).map(DateTime::time);
        }
        let (days, clock) = match body.split_once(|c: char| c.is_ascii_whitespace()) {
            Some((days, clock)) => (parse_number(days, 3)?, clock.trim_start()),
            None => (0, body),
        };
        let (whole, fraction) = match clock.find('.') {
            Some(point) => (&clock[..point], parse_fraction(&clock[point..])?),
            None => (clock, 0),
        };
        let parts: Vec<&str> = whole.split(':').collect();
        let (hours, minutes, seconds) = match parts.as_slice() {
            [hours, minutes, seconds] => (
                parse_number(hours, 4)?,
                parse_number(minutes, 2)?,
                parse_number(seconds, 2)?,
            ),
            [hours, minutes] => (parse_number(hours, 4)?, parse_number(minutes, 2)?, 0),
            [hours] if body.len() != clock.len() => (parse_number(hours, 2)?, 0, 0),
            [digits] => {
                if matches!(digits.len(), 12 | 14) {
                    return DateTime::parse(text).map(DateTime::time);
                }
                let number = parse_number(digits, 8)?;
                (number / 10_000, number / 100 % 100, number % 100)
            }
            _ => return None,
        };
        if minutes > 59 || seconds > 59 {
            return None;
        }
        let micros = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND + fraction;
        let micros = i64::try_from(micros).ok()?;
        Some(Self {
            micros: if negative { -micros } else { micros },
        })
    }

    /// Reads a number: `[-]hhmmss`.
    pub fn from_number(number: i64) -> Option<Self> {
        let digits = number.unsigned_abs();
        let (minutes, seconds) = (digits / 100 % 100, digits % 100);
        if minutes > 59 || seconds > 59 || digits > 99_999_999 {
            return None;
        }
        let micros =
            i64::try_from(((digits / 10_000 * 60 + minutes) * 60 + seconds) * SECOND).ok()?;
        Some(Self {
            micros: if number < 0 { -micros } else { micros },
        })
    }

    /// Tells whether the span is within MySQL's range.
    pub fn is_in_range(self) -> bool {
        self.micros.unsigned_abs() <= Self::MAX.micros.unsigned_abs()
    }

    /// The nearest span within MySQL's range.
    pub fn clamp_range(self) -> Self {
        Self {
            micros: self.micros.clamp(-Self::MAX.micros, Self::MAX.micros),
        }
    }

    /// Rounds half away from zero to `digits` (0 to 6) of a second.
    pub fn round(self, digits: u32) -> Self {
        let unit = 10_i64.pow(6 - digits.min(6));
        let magnitude = (self.micros.abs() + unit / 2) / unit * unit;
        Self {
            micros: magnitude * self.micros.signum(),
        }
    }

    /// The number `[-]hhmmss`, without its fraction.
    pub fn to_number(self) -> i64 {
        let number = i64::try_from(clock_number(self.micros.unsigned_abs())).unwrap_or(i64::MAX);
        if self.micros < 0 { -number } else { number }
    }

    /// Prints with exactly `digits` (0 to 6) of a second, cut, not rounded.
    pub fn print(self, digits: u32) -> String {
        let micros = self.micros.unsigned_abs();
        let (hours, minutes, seconds) = clock(micros);
        let sign = if self.micros < 0 { "-" } else { "" };
        format!(
            "{sign}{hours:02}:{minutes:02}:{seconds:02}{}",
            print_fraction(micros, digits)
        )
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for DateTime {
    /// With six digits of a second where they are not zero, else none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(if self.micros.is_multiple_of(SECOND) {
            0
        } else {
            6
        }))
    }
}

impl fmt::Display for Time {
    /// With six digits of a second where they are not zero, else none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self.print(if self.micros.unsigned_abs().is_multiple_of(SECOND) {
                0
            } else {
                6
            }),
        )
    }
}

/// Days of a month; 31 for month 0, 29 for February of the year 0 (which has no leap rule of its own in MySQL's dates).
fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// A year of one or two digits is 1970 to 2069.
fn full_year(digits: &str) -> Option<u16> {
    let year: u16 = digits.parse().ok()?;
    Some(match digits.len() {
        1 | 2 if year < 70 => year + 2000,
        1 | 2 => year + 1900,
        _ => year,
    })
}

fn date_of_digits(digits: &str) -> Option<Date> {
    let (year, rest) = digits.split_at(if digits.len() >= 7 { 4 } else { 2 });
    let (month, day) = rest.split_at(2.min(rest.len()));
    Date::new(
        full_year(year)?,
        month.parse().ok()?,
        if day.is_empty() { 0 } else { day.parse().ok()? },
    )
}

fn two_digit_parts(digits: &str) -> Option<Vec<u64>> {
    if !digits.len().is_multiple_of(2) || digits.len() > 6 || !digits.is_ascii() {
        return None;
    }
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| parse_number(std::str::from_utf8(pair).ok()?, 2))
        .collect()
}

fn time_of_day(parts: &[u64]) -> Option<u64> {
    let part = |index: usize| parts.get(index).copied().unwrap_or(0);
    let (hours, minutes, seconds) = (part(0), part(1), part(2));
    (hours < 24 && minutes < 60 && seconds < 60)
        .then_some(((hours * 60 + minutes) * 60 + seconds) * SECOND)
}

/// `.5` is 500,000 microseconds; the empty text is 0; the seventh digit rounds.
fn parse_fraction(text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix('.')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros: u64 = format!("{:0<6.6}", digits).parse().ok()?;
    Some(micros + u64::from(digits.as_bytes().get(6).is_some_and(|digit| *digit >= b'5')))
}

fn parse_number(digits: &str, most: usize) -> Option<u64> {
    let fine = !digits.is_empty()
        && digits.len() <= most
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fine { digits.parse().ok() } else { None }
}

fn clock(micros: u64) -> (u64, u64, u64) {
    let seconds = micros / SECOND;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn clock_number(micros: u64) -> u64 {
    let (hours, minutes, seconds) = clock(micros);
    hours * 10_000 + minutes * 100 + seconds
}

fn print_fraction(micros: u64, digits: u32) -> String {
    match digits.min(6) {
        0 => String::new(),
        digits => format!(
            ".{:0width$}",
            micros % SECOND / 10_u64.pow(6 - digits),
            width = digits as usize
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mysqls_forms_of_a_date_and_time() {
        let cases = [
            ("2026-01-31", "2026-01-31 00:00:00"),
            ("2026-1-3", "2026-01-03 00:00:00"),
            ("26/01/31", "2026-01-31 00:00:00"),
            ("70^1^1", "1970-01-01 00:00:00"),
            ("20260131", "2026-01-31 00:00:00"),
            ("260131", "2026-01-31 00:00:00"),
            ("20260131100203", "2026-01-31 10:02:03"),
            ("20260131T100203", "2026-01-31 10:02:03"),
            ("20260131100203.25", "2026-01-31 10:02:03.250000"),
            ("2026-01-31 10:02:03", "2026-01-31 10:02:03"),
            ("2026-01-31 10:02.5", "2026-01-31 10:02:05"),
            ("2026-01-31T10:02", "2026-01-31 10:02:00"),
            ("2026-12-31 23:59:59.9999999", "2027-01-01 00:00:00"),
            ("2026-01-31 10:02:03.000001", "2026-01-31 10:02:03.000001"),
            ("0000-00-00", "0000-00-00 00:00:00"),
            ("2020-02-29", "2020-02-29 00:00:00"),
            ("2020-01-00", "2020-01-00 00:00:00"),
        ];
        for (text, printed) in cases {
            assert_eq!(
                DateTime::parse(text)
                    .map(|value| value.to_string())
                    .as_deref(),
                Some(printed),
                "{text}"
            );
        }
        for text in [
            "",
            "x",
            "2026-02-30",
            "2021-02-29",
            "2026-13-01",
            "2026-01-31 24:00:00",
            "2026-01-31x",
            "2026-01",
            "1",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn reads_mysqls_forms_of_a_time() {
        let cases = [
            ("10:02:03", "10:02:03"),
            ("-10:02:03.5", "-10:02:03.500000"),
            ("1 10:00:00", "34:00:00"),
            ("1 10", "34:00:00"),
            ("10:02", "10:02:00"),
            ("100203", "10:02:03"),
            ("1112", "00:11:12"),
            ("12", "00:00:12"),
            ("838:59:59", "838:59:59"),
            ("2026-01-31 10:02:03", "10:02:03"),
        ];
        for (text, printed) in cases {
            assert_eq!(
                Time::parse(text).map(|value| value.to_string()).as_deref(),
                Some(printed),
                "{text}"
            );
        }
        for text in ["", "x", "10:60:00", "10:00:60", "--1", "1:2:3:4"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        assert_eq!(Time::parse("900:00:00").unwrap().clamp_range(), Time::MAX);
    }

    #[test]
    fn numbers_and_texts_agree() {
        assert_eq!(
            DateTime::from_number(20_260_131_100_203),
            DateTime::parse("2026-01-31 10:02:03")
        );
        assert_eq!(Date::from_number(260_131), Date::new(2026, 1, 31));
        assert_eq!(Date::from_number(20_260_231), None);
        assert_eq!(
            DateTime::parse("2026-01-31 10:02:03").unwrap().to_number(),
            20_260_131_100_203
        );
        assert_eq!(
            Time::from_number(-100_203).unwrap().to_string(),
            "-10:02:03"
        );
        assert_eq!(Time::from_number(-100_203).unwrap().to_number(), -100_203);
    }

    #[test]
    fn counts_days() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-03-01", 11_017),
            ("0000-01-01", -719_528),
            ("9999-12-31", 2_932_896),
        ] {
            let date = Date::parse(text).unwrap();
            assert_eq!(date.days_since_epoch(), days, "{text}");
            assert_eq!(Date::from_days_since_epoch(days), Some(date), "{text}");
        }
        assert_eq!(Date::from_days_since_epoch(2_932_897), None);
        assert_eq!(Date::from_days_since_epoch(i64::MAX), None);
    }

    #[test]
    fn prints_and_rounds_fractions() {
        let value = DateTime::parse("2026-01-31 10:02:03.987654").unwrap();
        assert_eq!(value.print(3), "2026-01-31 10:02:03.987");
        assert_eq!(value.round(2).unwrap().print(2), "2026-01-31 10:02:03.99");
        assert_eq!(value.round(0).unwrap().print(0), "2026-01-31 10:02:04");
        assert_eq!(Time { micros: -1_500_000 }.round(0).print(0), "-00:00:02");
    }
}
