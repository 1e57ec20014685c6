//! Exact decimals of up to 65 digits, scale kept (MySQL's DECIMAL).
//!
//! Invariant: a [`Decimal`] has at most 65 digits before the point and 0 to 30 after it, so no operation can blow up,
//! whatever exponent a text claims. Rules of scale and rounding are those of MySQL's manual, "Precision Math".

use std::fmt;

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};

/// Digits in all (MySQL `DECIMAL_MAX_PRECISION`).
const MAX_DIGITS: u64 = 65;
/// Digits after the point (MySQL `DECIMAL_MAX_SCALE`).
const MAX_SCALE: i64 = 30;
/// Digits that a quotient has more than its dividend (MySQL `div_precision_increment`).
const DIVISION_EXTRA_DIGITS: i64 = 4;

/// An exact number; two decimals are equal when their values are, whatever their scales.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub(crate) BigDecimal);

/// A result has more than 65 digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("DECIMAL value is out of range")]
pub struct DecimalOverflow;

impl Decimal {
    /// Reads a whole text: sign, digits, point, digits, exponent. The scale is that of the text (`1.10` has 2), cut to
    /// 30 by rounding. `None` for any other text and beyond 65 digits before the point.
    pub fn parse(text: &str) -> Option<Self> {
        match Self::parse_prefix(text) {
            Some((value, "")) => Some(value),
            _ => None,
        }
    }

    /// Reads the longest number that `text` starts with; returns it and the rest. `None` where there is no digit, or
    /// more than 65 before the point.
    pub fn parse_prefix(text: &str) -> Option<(Self, &str)> {
        let bytes = text.as_bytes();
        let negative = bytes.first() == Some(&b'-');
        let start = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
        let integer_end = skip_digits(bytes, start);
        let mut end = integer_end;
        let mut fraction = 0..0;
        if bytes.get(integer_end) == Some(&b'.') {
            fraction = integer_end + 1..skip_digits(bytes, integer_end + 1);
            if integer_end > start || !fraction.is_empty() {
                end = fraction.end;
            }
        }
        if integer_end == start && fraction.is_empty() {
            return None;
        }
        let mut exponent = 0_i64;
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign_end = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
            let exponent_end = skip_digits(bytes, sign_end);
            if exponent_end > sign_end {
                exponent =
                    text[end + 1..exponent_end]
                        .parse()
                        .unwrap_or(if bytes[end + 1] == b'-' {
                            -100_000
                        } else {
                            100_000
                        });
                end = exponent_end;
            }
        }
        let digits: Vec<u8> = [&bytes[start..integer_end], &bytes[fraction.clone()]]
            .concat()
            .iter()
            .map(|digit| digit - b'0')
            .collect();
        let scale = i64::try_from(fraction.len()).ok()?.saturating_sub(exponent);
        Some((Self::from_digits(negative, &digits, scale)?, &text[end..]))
    }

    /// `digits` are decimal digits, most significant first; the value is `digits * 10^-scale`.
    fn from_digits(negative: bool, digits: &[u8], scale: i64) -> Option<Self> {
        let first = digits
            .iter()
            .position(|digit| *digit != 0)
            .unwrap_or(digits.len());
        let digits = &digits[first..];
        let count = i64::try_from(digits.len()).ok()?;
        if digits.is_empty() || count - scale < -MAX_SCALE {
            return Some(Self(BigDecimal::new(
                BigInt::ZERO,
                scale.clamp(0, MAX_SCALE),
            )));
        }
        if count - scale > MAX_DIGITS as i64 {
            return None;
        }
        // Far digits after the point cannot change the rounding to 30 digits once one of them has been kept.
        let keep = usize::try_from((count - scale + MAX_SCALE + 1).max(1))
            .ok()?
            .min(digits.len());
        let dropped = i64::try_from(digits.len() - keep).ok()?;
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        let number = BigInt::from_radix_be(sign, &digits[..keep], 10)?;
        Self::fit(BigDecimal::new(number, scale - dropped)).ok()
    }

    /// Brings a number to a scale of 0 to 30 and checks its size; digits that do not fit 65 are taken from the fraction.
    fn fit(number: BigDecimal) -> Result<Self, DecimalOverflow> {
        let scale = number.fractional_digit_count();
        let number = if !(0..=MAX_SCALE).contains(&scale) {
            number.with_scale_round(scale.clamp(0, MAX_SCALE), RoundingMode::HalfUp)
        } else {
            number
        };
        let scale = number.fractional_digit_count();
        let digits = if number.is_zero() { 1 } else { number.digits() };
        let integer_digits = i64::try_from(digits).map_err(|_| DecimalOverflow)? - scale;
        if integer_digits > MAX_DIGITS as i64 {
            return Err(DecimalOverflow);
        }
        let room = MAX_DIGITS as i64 - integer_digits.max(0);
        Ok(Self(if scale > room {
            number.with_scale_round(room, RoundingMode::HalfUp)
        } else {
            number
        }))
    }

    /// The exact value of the shortest text that reads back as `value`; `None` for infinities, NaN and beyond 65 digits.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        Self::parse(&format!("{value:e}"))
    }

    /// Digits after the point.
    pub fn scale(&self) -> u32 {
        u32::try_from(self.0.fractional_digit_count()).expect("the scale is 0 to 30")
    }

    /// Digits in all, as `DECIMAL(precision, scale)` counts them; at least the scale and at least 1.
    pub fn precision(&self) -> u32 {
        let digits = if self.0.is_zero() { 1 } else { self.0.digits() };
        u32::try_from(digits)
            .unwrap_or(u32::MAX)
            .max(self.scale())
            .max(1)
    }

    /// Tells whether the value is 0.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Tells whether the value is below 0.
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// The sum; its scale is the larger one.
    ///
    /// # Errors
    /// Beyond 65 digits before the point.
    pub fn checked_add(&self, other: &Self) -> Result<Self, DecimalOverflow> {
        let scale = self
            .0
            .fractional_digit_count()
            .max(other.0.fractional_digit_count());
        Self::fit((&self.0 + &other.0).with_scale(scale))
    }

    /// The difference; its scale is the larger one.
    ///
    /// # Errors
    /// Beyond 65 digits before the point.
    pub fn checked_sub(&self, other: &Self) -> Result<Self, DecimalOverflow> {
        self.checked_add(&other.negated())
    }

    /// The product; its scale is the sum of both, at most 30.
    ///
    /// # Errors
    /// Beyond 65 digits before the point.
    pub fn checked_mul(&self, other: &Self) -> Result<Self, DecimalOverflow> {
        let scale = self.0.fractional_digit_count() + other.0.fractional_digit_count();
        Self::fit(BigDecimal::new(
            self.0.as_bigint_and_scale().0.as_ref() * other.0.as_bigint_and_scale().0.as_ref(),
            scale,
        ))
    }

    /// The quotient, rounded half away from zero to the dividend's scale plus 4 (at most 30); `None` for a divisor
    /// of 0 (SQL NULL).
    ///
    /// # Errors
    /// Beyond 65 digits before the point.
    pub fn checked_div(&self, other: &Self) -> Result<Option<Self>, DecimalOverflow> {
        if other.is_zero() {
            return Ok(None);
        }
        let scale = (self.0.fractional_digit_count() + DIVISION_EXTRA_DIGITS).min(MAX_SCALE);
        // self / other = a * 10^-s / (b * 10^-t): one more digit than wanted, then a sticky last digit for the rounding.
        let (a, s) = self.0.as_bigint_and_scale();
        let (b, t) = other.0.as_bigint_and_scale();
        let shift = scale + 1 - s + t;
        let (numerator, denominator) = if shift >= 0 {
            (a.as_ref() * ten_to(shift), b.into_owned())
        } else {
            (a.into_owned(), b.as_ref() * ten_to(-shift))
        };
        let quotient = &numerator / &denominator;
        Self::fit(
            BigDecimal::new(quotient, scale + 1).with_scale_round(scale, RoundingMode::HalfUp),
        )
        .map(Some)
    }

    /// The remainder with the sign of the dividend and the larger scale (`MOD`, `%`); `None` for a divisor of 0.
    pub fn checked_rem(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let scale = self
            .0
            .fractional_digit_count()
            .max(other.0.fractional_digit_count());
        let (a, _) = self.0.with_scale(scale).into_bigint_and_scale();
        let (b, _) = other.0.with_scale(scale).into_bigint_and_scale();
        Some(Self(BigDecimal::new(a % b, scale)))
    }

    /// The number with its sign turned.
    pub fn negated(&self) -> Self {
        Self(-&self.0)
    }

    /// The number without its sign.
    pub fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// Rounds half away from zero to `digits` after the point; negative `digits` round before it (`ROUND(x, d)`). The
    /// scale becomes `digits` (0 to 30), so a number is also padded.
    ///
    /// # Errors
    /// When rounding up gives a 66th digit.
    pub fn round(&self, digits: i32) -> Result<Self, DecimalOverflow> {
        self.with_scale(digits, RoundingMode::HalfUp)
    }

    /// Cuts to `digits` after the point, towards zero (`TRUNCATE(x, d)`); scale as for [`Self::round`].
    ///
    /// # Errors
    /// When padding with zeros gives more than 65 digits.
    pub fn truncate(&self, digits: i32) -> Result<Self, DecimalOverflow> {
        self.with_scale(digits, RoundingMode::Down)
    }

    /// The largest integer not above.
    ///
    /// # Errors
    /// When rounding gives a 66th digit.
    pub fn floor(&self) -> Result<Self, DecimalOverflow> {
        self.with_scale(0, RoundingMode::Floor)
    }

    /// The smallest integer not below.
    ///
    /// # Errors
    /// When rounding gives a 66th digit.
    pub fn ceil(&self) -> Result<Self, DecimalOverflow> {
        self.with_scale(0, RoundingMode::Ceiling)
    }

    fn with_scale(&self, digits: i32, mode: RoundingMode) -> Result<Self, DecimalOverflow> {
        let wanted = i64::from(digits).min(MAX_SCALE);
        if wanted < -(MAX_DIGITS as i64) {
            return Ok(Self::from(0_i64));
        }
        Self::fit(
            self.0
                .with_scale_round(wanted, mode)
                .with_scale(wanted.max(0)),
        )
    }

    /// Tells whether the number fits `DECIMAL(precision, scale)` once rounded to `scale`.
    pub fn fits(&self, precision: u32, scale: u32) -> bool {
        let Ok(rounded) = i32::try_from(scale)
            .map_err(|_| DecimalOverflow)
            .and_then(|scale| self.round(scale))
        else {
            return false;
        };
        let digits = if rounded.0.is_zero() {
            0
        } else {
            rounded.0.digits()
        };
        digits <= u64::from(precision) && rounded.scale() == scale
    }

    /// The nearest i64, half away from zero; `None` out of range.
    pub fn to_i64(&self) -> Option<i64> {
        self.round(0).ok()?.0.to_i64()
    }

    /// The nearest u64, half away from zero; `None` out of range.
    pub fn to_u64(&self) -> Option<u64> {
        self.round(0).ok()?.0.to_u64()
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        self.to_string()
            .parse()
            .expect("the plain text of a decimal is a number")
    }
}

fn skip_digits(bytes: &[u8], start: usize) -> usize {
    start
        + bytes[start.min(bytes.len())..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
}

fn ten_to(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).expect("scales are 0 to 30"))
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self(BigDecimal::from(value))
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self(BigDecimal::from(value))
    }
}

impl fmt::Display for Decimal {
    /// Plain digits with the scale kept: `1.10`, `-0.5`, never an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_plain_string();
        f.pad(if self.is_zero() {
            text.trim_start_matches('-')
        } else {
            &text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn parses_and_prints_keeping_the_scale() {
        let cases = [
            ("1.10", "1.10"),
            ("-0.5", "-0.5"),
            ("+.5", "0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("-0", "0"),
            ("0.00", "0.00"),
            ("1e3", "1000"),
            ("1.5E-2", "0.015"),
            (
                "12345678901234567890123456789012345678901234567890.12345",
                "12345678901234567890123456789012345678901234567890.12345",
            ),
            ("1e-40", "0.000000000000000000000000000000"),
            (
                "1e-99999999999999999999",
                "0.000000000000000000000000000000",
            ),
        ];
        for (text, printed) in cases {
            assert_eq!(decimal(text).to_string(), printed, "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "abc",
            "1x",
            "1e",
            "--1",
            " 1",
            "1e66",
            "1e99999999999999999999",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        assert_eq!(Decimal::parse_prefix("12.5abc").unwrap().1, "abc");
        assert_eq!(Decimal::parse_prefix("1e+x").unwrap().1, "e+x");
        assert!(Decimal::parse(&"9".repeat(65)).is_some());
        assert!(Decimal::parse(&"9".repeat(66)).is_none());
        assert_eq!(decimal(&format!("0.{}", "1".repeat(100_000))).scale(), 30);
    }

    #[test]
    fn computes_with_mysqls_scales() {
        let (a, b) = (decimal("10.00"), decimal("3"));
        assert_eq!(a.checked_add(&b).unwrap().to_string(), "13.00");
        assert_eq!(b.checked_sub(&a).unwrap().to_string(), "-7.00");
        assert_eq!(
            a.checked_mul(&decimal("1.5")).unwrap().to_string(),
            "15.000"
        );
        assert_eq!(a.checked_div(&b).unwrap().unwrap().to_string(), "3.333333");
        assert_eq!(
            decimal("2").checked_div(&b).unwrap().unwrap().to_string(),
            "0.6667"
        );
        assert_eq!(
            decimal("-2").checked_div(&b).unwrap().unwrap().to_string(),
            "-0.6667"
        );
        assert_eq!(
            decimal("1")
                .checked_div(&decimal("0.001"))
                .unwrap()
                .unwrap()
                .to_string(),
            "1000.0000"
        );
        assert_eq!(a.checked_div(&decimal("0.0")), Ok(None));
        assert_eq!(decimal("-7.5").checked_rem(&b).unwrap().to_string(), "-1.5");
        assert_eq!(a.checked_rem(&decimal("0")), None);
        let most = decimal(&"9".repeat(65));
        assert_eq!(most.checked_add(&b), Err(DecimalOverflow));
        assert_eq!(most.checked_mul(&most), Err(DecimalOverflow));
    }

    #[test]
    fn rounds_half_away_from_zero() {
        let cases = [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.45", 1, "2.5"),
            ("1.1", 3, "1.100"),
            ("155", -1, "160"),
            ("5", -2, "0"),
            ("99", -70, "0"),
        ];
        for (text, digits, rounded) in cases {
            assert_eq!(
                decimal(text).round(digits).unwrap().to_string(),
                rounded,
                "round({text}, {digits})"
            );
        }
        assert_eq!(decimal("-2.59").truncate(1).unwrap().to_string(), "-2.5");
        assert_eq!(decimal("-2.5").floor().unwrap().to_string(), "-3");
        assert_eq!(decimal("-2.5").ceil().unwrap().to_string(), "-2");
    }

    #[test]
    fn converts_to_binary_numbers() {
        assert_eq!(decimal("9223372036854775807.4").to_i64(), Some(i64::MAX));
        assert_eq!(decimal("9223372036854775807.5").to_i64(), None);
        assert_eq!(decimal("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(decimal("-1").to_u64(), None);
        assert_eq!(decimal("0.1").to_f64(), 0.1);
        assert_eq!(Decimal::from_f64(0.1).unwrap().to_string(), "0.1");
        assert_eq!(Decimal::from_f64(1e300), None);
        assert!(
            decimal("99.99").fits(4, 2)
                && !decimal("99.995").fits(4, 2)
                && decimal("0.001").fits(3, 3)
        );
    }
}
