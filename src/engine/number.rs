//! Decimals as bytes whose order is the numbers' order.
//!
//! Equal numbers have equal bytes whatever their scales (`1.1` and `1.10`), so an index over them answers equality and
//! ranges exactly.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};

use crate::value::Decimal;

/// First byte of an encoded decimal between 0.1 and 1.
const EXPONENT_BASE: i64 = 0xA8;

/// Encodes a decimal so that byte order is numeric order and equal numbers have equal bytes.
///
/// Zero is `80`. A positive number is `A8 + e` (value = 0.d₁d₂… × 10^e, d₁ ≠ 0), then its digits in pairs, each pair
/// plus one; a shorter number sorts before its extensions. A negative one is the complement of its magnitude, closed
/// by `FF`.
pub(super) fn encode_decimal(value: &Decimal) -> Vec<u8> {
    let (integer, scale) = value.0.as_bigint_and_scale();
    let sign = integer.sign();
    if sign == Sign::NoSign {
        return vec![0x80];
    }
    let text = integer.magnitude().to_str_radix(10);
    let exponent = i64::try_from(text.len())
        .unwrap_or(i64::MAX)
        .saturating_sub(scale)
        .clamp(-39, 87);
    let digits = text.trim_end_matches('0').as_bytes();
    let mut bytes = Vec::with_capacity(2 + digits.len() / 2);
    bytes.push(u8::try_from(EXPONENT_BASE + exponent).unwrap_or(0xFF));
    for pair in digits.chunks(2) {
        let low = pair.get(1).map_or(0, |digit| digit - b'0');
        bytes.push((pair[0] - b'0') * 10 + low + 1);
    }
    if sign == Sign::Minus {
        for byte in &mut bytes {
            *byte = !*byte;
        }
        bytes.push(0xFF);
    }
    bytes
}

/// Reads what [`encode_decimal`] wrote, without trailing zeros after the point.
pub(super) fn decode_decimal(bytes: &[u8]) -> Option<Decimal> {
    let (&first, rest) = bytes.split_first()?;
    if first == 0x80 {
        return Some(Decimal::from(0_i64));
    }
    let negative = first < 0x80;
    let (head, pairs) = if negative {
        (!first, rest.strip_suffix(&[0xFF])?)
    } else {
        (first, rest)
    };
    let mut digits = Vec::with_capacity(pairs.len() * 2);
    for &byte in pairs {
        let pair = if negative { !byte } else { byte }
            .checked_sub(1)
            .filter(|pair| *pair < 100)?;
        digits.extend_from_slice(&[b'0' + pair / 10, b'0' + pair % 10]);
    }
    if digits.last() == Some(&b'0') {
        digits.pop();
    }
    let integer = BigInt::parse_bytes(&digits, 10)?;
    let integer = if negative { -integer } else { integer };
    let scale = i64::try_from(digits.len()).ok()? - (i64::from(head) - EXPONENT_BASE);
    let value = BigDecimal::new(integer, scale);
    Some(Decimal(if scale < 0 {
        value.with_scale(0)
    } else {
        value
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_keep_65_digits() {
        let text = format!("-{}.{}", "9".repeat(35), "9".repeat(30));
        let value = decode_decimal(&encode_decimal(&Decimal::parse(&text).unwrap())).unwrap();
        assert_eq!(value.to_string(), text);
    }

    proptest! {
        #[test]
        fn encoded_decimals_order_as_numbers(a in -1_000_000_000i64..1_000_000_000, sa in 0i64..12, b in -1_000_000_000i64..1_000_000_000, sb in 0i64..12) {
            let (a, b) = (Decimal(BigDecimal::new(a.into(), sa)), Decimal(BigDecimal::new(b.into(), sb)));
            prop_assert_eq!(encode_decimal(&a).cmp(&encode_decimal(&b)), a.0.cmp(&b.0));
            prop_assert_eq!(&decode_decimal(&encode_decimal(&a)).unwrap(), &a);
        }
    }
}
