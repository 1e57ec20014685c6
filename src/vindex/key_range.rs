//! Keyspace ids and ranges of them: `-80`, `80-c0`, `-`.
//!
//! Invariant: every comparison ignores trailing zero bytes, so that `80` and `8000` are one key and an id of zero bytes
//! is the least (Vitess `go/vt/key/key.go`).

use std::cmp::Ordering;
use std::fmt;

use super::{KeyRange, KeyspaceId};
use crate::value::go_quote;

/// Why a text is no key range, or a keyspace cannot be split so. `Display` gives Vitess's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum RangeError {
    #[error("malformed spec: doesn't define a range: {}", go_quote(spec.as_bytes()))]
    NoRange { spec: String },
    #[error("malformed spec: MinKey/MaxKey cannot be in the middle of the spec: {}", go_quote(spec.as_bytes()))]
    EmptyInside { spec: String },
    #[error("malformed spec: shard limits should be in order: {}", go_quote(spec.as_bytes()))]
    LimitsOutOfOrder { spec: String },
    #[error("encoding/hex: odd length hex string")]
    OddHex,
    #[error("encoding/hex: invalid byte: U+{:04X} {}", u32::from(*byte), go_rune(*byte))]
    BadHex { byte: u8 },
    #[error("invalid shardId, can only contain one '-': {shard}")]
    ManyDashes { shard: String },
    #[error("out of order keys: {end} is not strictly smaller than {start}")]
    OutOfOrder { start: String, end: String },
    #[error("shards must be greater than zero")]
    NoShards,
    #[error("this function does not support more than 65536 shards in a single keyspace")]
    TooManyShards,
    #[error("the shard count must be > 0: {count}")]
    CountNotPositive { count: i64 },
    #[error("the shard count must be a power of two: {count}")]
    CountNoPowerOfTwo { count: i64 },
    #[error("the shard index must be less than the shard count: {index}, {count}")]
    IndexTooLarge { index: i64, count: i64 },
}

/// A byte as Go's `%#U` shows it after the code point.
fn go_rune(byte: u8) -> String {
    let quoted = go_quote(char::from(byte).to_string().as_bytes());
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

impl KeyspaceId {
    /// Reads hex digits of either case.
    ///
    /// # Errors
    /// Where they are not pairs of hex digits.
    pub fn from_hex(text: &str) -> Result<Self, RangeError> {
        decode_hex(text).map(Self)
    }
}

impl fmt::Display for KeyspaceId {
    /// Lower-case hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Display for KeyRange {
    /// `start-end` in lower-case hex, `-` for the full range.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", encode_hex(&self.start), encode_hex(&self.end))
    }
}

/// Compares keys: trailing zero bytes do not count.
pub fn compare_keys(a: &[u8], b: &[u8]) -> Ordering {
    without_zeros(a).cmp(without_zeros(b))
}

fn without_zeros(key: &[u8]) -> &[u8] {
    &key[..key
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1)]
}

/// Writes bytes as lower-case hex digits.
pub fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Reads pairs of hex digits.
///
/// # Errors
/// [`RangeError::BadHex`], [`RangeError::OddHex`].
pub fn decode_hex(text: &str) -> Result<Vec<u8>, RangeError> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(RangeError::BadHex { byte })
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Ok(digit(high)? << 4 | digit(low)?),
            [single] => digit(single).and(Err(RangeError::OddHex)),
            _ => Err(RangeError::OddHex),
        })
        .collect()
}

impl KeyRange {
    /// Every keyspace id.
    pub fn full() -> Self {
        Self {
            start: Vec::new(),
            end: Vec::new(),
        }
    }

    /// All ids that start with `prefix`: `[prefix, prefix + 1)`; open at the end where every byte is FF.
    pub fn of_prefix(prefix: &[u8]) -> Self {
        let mut end = prefix.to_vec();
        while let Some(last) = end.pop() {
            if let Some(next) = last.checked_add(1) {
                end.push(next);
                end.resize(prefix.len(), 0);
                break;
            }
        }
        Self {
            start: prefix.to_vec(),
            end,
        }
    }

    /// Tells whether both ends are open.
    pub fn is_full(&self) -> bool {
        self.start.is_empty() && self.end.is_empty()
    }

    /// Reads one range: `-80`, `40-80`, `-`, `0`.
    ///
    /// # Errors
    /// As [`Self::parse_spec`]; also where the text has more than one `-`.
    pub fn parse(text: &str) -> Result<Self, RangeError> {
        let mut ranges = Self::parse_spec(text)?;
        match (ranges.pop(), ranges.is_empty()) {
            (Some(range), true) => Ok(range),
            _ => Err(RangeError::ManyDashes {
                shard: text.to_owned(),
            }),
        }
    }

    /// Reads a sharding spec: `-40-80-` is `-40`, `40-80`, `80-`.
    ///
    /// # Errors
    /// Where it defines no range, its limits are out of order or are no hex.
    pub fn parse_spec(spec: &str) -> Result<Vec<Self>, RangeError> {
        let limits: Vec<&str> = match spec {
            "0" => vec!["", ""],
            spec => spec.split('-').collect(),
        };
        if limits.len() < 2 {
            return Err(RangeError::NoRange {
                spec: spec.to_owned(),
            });
        }
        let last = limits.len() - 2;
        limits
            .windows(2)
            .enumerate()
            .map(|(index, pair)| {
                let [start, end] = pair else {
                    return Err(RangeError::NoRange {
                        spec: spec.to_owned(),
                    });
                };
                if end.is_empty() && index != last {
                    return Err(RangeError::EmptyInside {
                        spec: spec.to_owned(),
                    });
                }
                if !end.is_empty() && end <= start {
                    return Err(RangeError::LimitsOutOfOrder {
                        spec: spec.to_owned(),
                    });
                }
                Ok(Self {
                    start: decode_hex(start)?,
                    end: decode_hex(end)?,
                })
            })
            .collect()
    }

    /// Tells whether a text is a key range as flags and files write it: `0`, or two pairs of hex digits around one `-`.
    pub fn is_valid(text: &str) -> bool {
        let hex = |side: &str| {
            side.len().is_multiple_of(2) && side.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        text == "0"
            || text
                .split_once('-')
                .is_some_and(|(start, end)| hex(start) && hex(end))
    }

    /// Tells whether an id lies in the range.
    pub fn contains(&self, id: &[u8]) -> bool {
        (self.start.is_empty() || compare_keys(id, &self.start).is_ge())
            && (self.end.is_empty() || compare_keys(id, &self.end).is_lt())
    }

    /// Tells whether another range lies in this one.
    pub fn contains_range(&self, other: &Self) -> bool {
        compare_starts(&self.start, &other.start).is_le()
            && compare_ends(&self.end, &other.end).is_ge()
    }

    /// Tells whether the ranges have a key in common.
    pub fn intersects(&self, other: &Self) -> bool {
        let before_end =
            |start: &[u8], end: &[u8]| end.is_empty() || compare_keys(start, end).is_lt();
        before_end(&self.start, &other.end) && before_end(&other.start, &self.end)
    }

    /// Tells whether one range ends where the other starts.
    pub fn is_contiguous_with(&self, other: &Self) -> bool {
        let meets = |end: &[u8], start: &[u8]| !end.is_empty() && compare_keys(end, start).is_eq();
        meets(&self.end, &other.start) || meets(&other.end, &self.start)
    }

    /// The range that two contiguous ranges make up, in either order; `None` where they do not meet.
    pub fn add(&self, other: &Self) -> Option<Self> {
        let joined = |first: &Self, second: &Self| {
            (!first.end.is_empty() && compare_keys(&first.end, &second.start).is_eq()).then(|| {
                Self {
                    start: first.start.clone(),
                    end: second.end.clone(),
                }
            })
        };
        joined(self, other).or_else(|| joined(other, self))
    }

    /// Compares where the ranges start.
    pub fn compare_start(&self, other: &Self) -> Ordering {
        compare_starts(&self.start, &other.start)
    }

    /// Compares where the ranges end.
    pub fn compare_end(&self, other: &Self) -> Ordering {
        compare_ends(&self.end, &other.end)
    }

    /// Orders by start, then by end: the order of shards in a keyspace.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.compare_start(other)
            .then_with(|| self.compare_end(other))
    }

    /// The ranges of `count` equal shards: `-55`, `55-aa`, `aa-`.
    ///
    /// # Errors
    /// For 0 and beyond 65,536.
    pub fn split_evenly(count: u32) -> Result<Vec<Self>, RangeError> {
        let width = match count {
            0 => return Err(RangeError::NoShards),
            1..=256 => 1,
            257..=65_536 => 2,
            _ => return Err(RangeError::TooManyShards),
        };
        let limit = |index: u32| {
            if index == 0 || index == count {
                return Vec::new();
            }
            let value = u64::from(index) * (1 << (8 * width)) / u64::from(count);
            value.to_be_bytes()[8 - width..].to_vec()
        };
        Ok((0..count)
            .map(|index| Self {
                start: limit(index),
                end: limit(index + 1),
            })
            .collect())
    }

    /// The range of shard `index` (from 0) of `count`, a power of two (Vitess `EvenShardsKeyRange`).
    ///
    /// # Errors
    /// Where `count` is no power of two, or `index` not below it.
    pub fn even_shard(index: i64, count: i64) -> Result<Self, RangeError> {
        if count <= 0 {
            return Err(RangeError::CountNotPositive { count });
        }
        if count & (count - 1) != 0 {
            return Err(RangeError::CountNoPowerOfTwo { count });
        }
        if index < 0 || index >= count {
            return Err(RangeError::IndexTooLarge { index, count });
        }
        let ranges = u32::try_from(count)
            .map_err(|_| RangeError::TooManyShards)
            .and_then(Self::split_evenly)?;
        let index = usize::try_from(index).map_err(|_| RangeError::TooManyShards)?;
        ranges
            .into_iter()
            .nth(index)
            .ok_or(RangeError::TooManyShards)
    }

    /// The range that a shard's name says: `None` for a name without `-` (`0`), whose shard holds everything.
    ///
    /// # Errors
    /// More than one `-`, no hex, or an end that is not above the start.
    pub fn of_shard(name: &str) -> Result<Option<Self>, RangeError> {
        let Some((start, end)) = name.split_once('-') else {
            return Ok(None);
        };
        if end.contains('-') {
            return Err(RangeError::ManyDashes {
                shard: name.to_owned(),
            });
        }
        let range = Self {
            start: decode_hex(start)?,
            end: decode_hex(end)?,
        };
        if !range.end.is_empty() && compare_keys(&range.start, &range.end).is_ge() {
            return Err(RangeError::OutOfOrder {
                start: start.to_owned(),
                end: end.to_owned(),
            });
        }
        Ok(Some(range))
    }
}

fn compare_starts(a: &[u8], b: &[u8]) -> Ordering {
    compare_keys(a, b)
}

fn compare_ends(a: &[u8], b: &[u8]) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_keys(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> KeyRange {
        KeyRange::parse(text).unwrap()
    }

    #[test]
    fn parses_specs() {
        let print = |ranges: Vec<KeyRange>| {
            ranges
                .iter()
                .map(KeyRange::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let cases = [
            ("-", "-"),
            ("0", "-"),
            ("-40-80-", "-40 40-80 80-"),
            ("40-80", "40-80"),
        ];
        for (spec, ranges) in cases {
            assert_eq!(print(KeyRange::parse_spec(spec).unwrap()), ranges, "{spec}");
        }
        let cases = [
            ("80", "malformed spec: doesn't define a range: \"80\""),
            (
                "40--80",
                "malformed spec: MinKey/MaxKey cannot be in the middle of the spec: \"40--80\"",
            ),
            (
                "80-40",
                "malformed spec: shard limits should be in order: \"80-40\"",
            ),
            ("-8", "encoding/hex: odd length hex string"),
            ("-8g", "encoding/hex: invalid byte: U+0067 'g'"),
        ];
        for (spec, error) in cases {
            assert_eq!(
                KeyRange::parse_spec(spec).unwrap_err().to_string(),
                error,
                "{spec}"
            );
        }
    }

    #[test]
    fn ignores_trailing_zeros() {
        assert!(
            range("80-").contains(&[0x80])
                && range("80-").contains(&[0x80, 0])
                && !range("-80").contains(&[0x80, 0])
        );
        assert!(range("8000-").contains(&[0x80]));
        assert!(range("-40").contains(&[]) && range("-40").contains(&[0, 0]));
        assert_eq!(range("4000-80").compare(&range("40-8000")), Ordering::Equal);
    }

    #[test]
    fn relates_ranges() {
        assert!(
            range("-80").intersects(&range("40-c0")) && !range("-80").intersects(&range("80-"))
        );
        assert!(
            range("-").contains_range(&range("40-80"))
                && !range("40-80").contains_range(&range("-"))
        );
        assert_eq!(range("80-").add(&range("-80")), Some(KeyRange::full()));
        assert_eq!(range("-40").add(&range("80-")), None);
        assert!(range("-40").is_contiguous_with(&range("4000-80")));
    }

    #[test]
    fn adds_one_to_a_prefix() {
        for (prefix, printed) in [
            ("166b40", "166b40-166b41"),
            ("00ff", "00ff-0100"),
            ("ffff", "ffff-"),
            ("", "-"),
        ] {
            assert_eq!(
                KeyRange::of_prefix(&decode_hex(prefix).unwrap()).to_string(),
                printed
            );
        }
    }

    #[test]
    fn splits_evenly() {
        let names = |count| {
            KeyRange::split_evenly(count)
                .unwrap()
                .iter()
                .map(KeyRange::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(1), ["-"]);
        assert_eq!(names(3), ["-55", "55-aa", "aa-"]);
        assert_eq!(names(257)[1], "00ff-01fe");
        assert_eq!(names(65_536).len(), 65_536);
        assert_eq!(KeyRange::split_evenly(0), Err(RangeError::NoShards));
        assert_eq!(
            KeyRange::split_evenly(65_537),
            Err(RangeError::TooManyShards)
        );
        assert_eq!(KeyRange::even_shard(1, 4).unwrap().to_string(), "40-80");
        assert!(KeyRange::even_shard(0, 3).is_err() && KeyRange::even_shard(4, 4).is_err());
    }

    #[test]
    fn reads_shard_names() {
        assert_eq!(KeyRange::of_shard("0"), Ok(None));
        assert_eq!(
            KeyRange::of_shard("-80").unwrap().unwrap().to_string(),
            "-80"
        );
        for name in ["40-80-c0", "80-40", "80-80", "-xx", "4-8"] {
            assert!(KeyRange::of_shard(name).is_err(), "{name}");
        }
    }
}
