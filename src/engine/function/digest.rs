//! Digests and encodings: MD5, CRC-free base64, UUIDs. Manual: "Encryption and Compression Functions", "Miscellaneous
//! Functions". SHA1 and SHA2 are not provided: no crate of ours computes them.

use md5::{Digest, Md5};

use super::{Call, Function, Returns};
use crate::sql::SqlError;
use crate::value::Value;

type Outcome = Result<Value, SqlError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("md5", 1, 1, Returns::Ascii, |call| {
        let digest = Md5::digest(&*call.bytes(0));
        Ok(Value::Text(
            digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }),
    Function::new("to_base64", 1, 1, Returns::Ascii, |call| {
        Ok(Value::Text(to_base64(&call.bytes(0))))
    }),
    Function::new("from_base64", 1, 1, Returns::Bytes, |call| {
        Ok(from_base64(&call.text(0)).into())
    }),
    Function::new("uuid", 0, 0, Returns::Ascii, uuid).volatile(),
    Function::new("is_uuid", 1, 1, Returns::Boolean, |call| {
        Ok(Value::Int(i64::from(uuid_bytes(&call.text(0)).is_some())))
    }),
    Function::new("uuid_to_bin", 1, 2, Returns::Bytes, |call| {
        let text = call.text(0);
        let bytes = uuid_bytes(&text).ok_or_else(|| {
            SqlError::new(
                1411,
                "HY000",
                format!("Incorrect string value: '{text}' for function uuid_to_bin"),
            )
        })?;
        Ok(Value::Bytes(if call.index(1, 0) != 0 {
            swap_in(&bytes)
        } else {
            bytes
        }))
    }),
    Function::new("bin_to_uuid", 1, 2, Returns::Ascii, |call| {
        let bytes = call.bytes(0);
        if bytes.len() != 16 {
            return Err(SqlError::new(
                1411,
                "HY000",
                "Incorrect string value for function bin_to_uuid",
            ));
        }
        let bytes = if call.index(1, 0) != 0 {
            swap_out(&bytes)
        } else {
            bytes.into_owned()
        };
        Ok(Value::Text(print_uuid(&bytes)))
    }),
];

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64, a line break after every 76 characters.
fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (group, chunk) in bytes.chunks(3).enumerate() {
        if group > 0 && group % 19 == 0 {
            out.push('\n');
        }
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let index = (word >> (18 - 6 * position) & 63) as usize;
            out.push(if position <= chunk.len() {
                char::from(ALPHABET[index])
            } else {
                '='
            });
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::new();
    for (group, chunk) in digits.chunks(4).enumerate() {
        let last = (group + 1) * 4 == digits.len();
        let padding = chunk.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && !last) {
            return None;
        }
        let mut word = 0_u32;
        for byte in &chunk[..4 - padding] {
            let value = ALPHABET.iter().position(|known| known == byte)?;
            word = word << 6 | u32::try_from(value).ok()?;
        }
        word <<= 6 * padding;
        out.extend_from_slice(&word.to_be_bytes()[1..4 - padding]);
    }
    Some(out)
}

/// A version 1 form from the clock and a counter: unique in this process.
fn uuid(call: &Call<'_>) -> Outcome {
    let mut state = call.session.state();
    state.random = state
        .random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let ticks = u64::try_from(jiff::Timestamp::now().as_nanosecond() / 100)
        .unwrap_or(0)
        .wrapping_add(0x01B2_1DD2_1381_4000);
    let sequence = u16::try_from(state.random >> 50).unwrap_or(0) & 0x3FFF | 0x8000;
    let node = state.random & 0xFFFF_FFFF_FFFF | 0x0100_0000_0000;
    Ok(Value::Text(format!(
        "{:08x}-{:04x}-1{:03x}-{sequence:04x}-{node:012x}",
        ticks & 0xFFFF_FFFF,
        ticks >> 32 & 0xFFFF,
        ticks >> 48 & 0xFFF,
    )))
}

fn uuid_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let plain = match text.len() {
        32 => text.to_owned(),
        36 if [8, 13, 18, 23]
            .iter()
            .all(|at| text.as_bytes()[*at] == b'-') =>
        {
            text.replace('-', "")
        }
        _ => return None,
    };
    (plain.len() == 32)
        .then(|| crate::sql::literal::hex_bytes(&plain))
        .flatten()
}

fn print_uuid(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

fn swap_in(bytes: &[u8]) -> Vec<u8> {
    [&bytes[6..8], &bytes[4..6], &bytes[..4], &bytes[8..]].concat()
}

fn swap_out(bytes: &[u8]) -> Vec<u8> {
    [&bytes[4..8], &bytes[2..4], &bytes[..2], &bytes[8..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for (bytes, text) in [
            (&b"abc"[..], "YWJj"),
            (b"ab", "YWI="),
            (b"a", "YQ=="),
            (b"", ""),
        ] {
            assert_eq!(to_base64(bytes), text);
            assert_eq!(from_base64(text).unwrap(), bytes);
        }
        assert_eq!(from_base64("Y"), None);
        assert_eq!(from_base64("Y==="), None);
    }
}
