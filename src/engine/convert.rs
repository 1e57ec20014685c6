//! Arguments of registered functions: a value with the static type it came under.

use std::borrow::Cow;

use super::storage::{Tag, bits_of, rounded};
use super::types::{Family, Origin};
use crate::value::{Date, DateTime, Decimal, Time, Value};

/// An argument.
#[derive(Debug, Clone)]
pub(super) struct Arg {
    /// The value.
    pub(super) value: Value,
    /// The static type.
    pub(super) tag: Tag,
}

impl Arg {
    /// Tells whether it is NULL.
    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// As text, with the type's fractional digits; `None` for NULL.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::DateTime(value) => Some(value.print(self.tag.scale()).into()),
            Value::Time(value) => Some(value.print(self.tag.scale()).into()),
            Value::Decimal(value) if self.tag.family() == Family::Decimal => {
                Some(rounded(value, self.tag).to_string().into())
            }
            value => value.to_text(),
        }
    }

    /// As bytes; `None` for NULL.
    pub(super) fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        match &self.value {
            Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
            _ => self
                .text()
                .map(|text| text.into_owned().into_bytes().into()),
        }
    }

    /// The value where a number is wanted: of a hexadecimal or bit literal the number that it writes.
    pub(super) fn number(&self) -> Cow<'_, Value> {
        match &self.value {
            Value::Bytes(bytes) if self.tag.origin() == Origin::BitLiteral => {
                Cow::Owned(Value::UInt(bits_of(bytes)))
            }
            value => Cow::Borrowed(value),
        }
    }

    /// As DOUBLE.
    pub(super) fn double(&self) -> Option<f64> {
        self.number().to_f64()
    }

    /// As DECIMAL.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        self.number().to_decimal()
    }

    /// As an integer: fractions of numbers round, texts are cut.
    pub(super) fn integer(&self) -> Option<i128> {
        match self.number().as_ref() {
            Value::UInt(number) => Some(i128::from(*number)),
            value => value.to_i64().map(i128::from),
        }
    }

    /// As an integer clamped to 64 bits.
    pub(super) fn index(&self) -> Option<i64> {
        self.integer()
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// As a moment.
    pub(super) fn datetime(&self) -> Option<DateTime> {
        match &self.value {
            Value::Json(text) => DateTime::parse(text.trim_matches('"')),
            value => value.to_datetime(),
        }
    }

    /// As a date.
    pub(super) fn date(&self) -> Option<Date> {
        self.datetime().map(|value| value.date)
    }

    /// As a span.
    pub(super) fn time(&self) -> Option<Time> {
        self.value.to_time()
    }

    /// Fractional digits of the second that its type or its text shows.
    pub(super) fn digits(&self) -> u32 {
        match &self.value {
            Value::Text(text) => fraction_digits(text),
            _ if self.tag.family().is_temporal() => self.tag.scale(),
            _ => 0,
        }
    }
}

/// Fractional digits of the second that a time's text shows, at most six.
pub(super) fn fraction_digits(text: &str) -> u32 {
    let fraction = text
        .rsplit_once('.')
        .map_or(0, |(_, fraction)| fraction.trim_end().len());
    u32::try_from(fraction.min(6)).unwrap_or(6)
}
