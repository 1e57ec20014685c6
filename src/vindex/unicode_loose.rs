//! The collation key that `unicode_loose_md5` and `unicode_loose_xxhash` hash: equal for texts that differ in case,
//! accents or trailing spaces only.
//!
//! It is the primary key of the root collation of CLDR 23 as Go's `golang.org/x/text/collate` makes it (Vitess
//! `vindexes/unicode.go`). CLDR's weights are those of Unicode's DUCET 6.3.0 with the groups of characters in another
//! order, which [`SHIFTS`] says, and a few exceptions.

use std::sync::OnceLock;

use super::Error;
use super::conversion::bytes_of;
use crate::value::uca::{self, Element, Table};
use crate::value::{Value, go_quote};

/// Ranges of DUCET 6.3.0 primaries (first, last) and what is added to them in CLDR 23; sorted.
const SHIFTS: &[(u16, u16, i32)] = &[
    (0x0201, 0x0206, -257),
    (0x0207, 0x0307, -256),
    (0x0308, 0x030B, 627),
    (0x030C, 0x0411, -260),
    (0x0412, 0x067D, -259),
    (0x067E, 0x14D6, -255),
    (0x14D7, 0x156F, -191),
    (0x1570, 0x1570, -4706),
    (0x1571, 0x1591, -192),
    (0x1592, 0x15A3, -190),
    (0x15A4, 0x15E0, -459),
    (0x15E1, 0x15EA, -251),
    (0x15EB, 0x3DD0, 4),
    (0x3DD1, 0x3DD2, 117),
    (0x3DD3, 0x3E43, 2),
    (0x3E44, 0x4326, 4),
    (0xFFFD, 0xFFFD, -60453),
];

/// Entries that CLDR 23 has otherwise or in addition.
const EXCEPTIONS: &[(&[char], &[u32])] = &[
    (&['\u{180E}'], &[0x0106]),
    (&['\u{20A8}'], &[0x1416]),
    (&['\u{FDFC}'], &[0x1417]),
    (&['\u{12456}'], &[0x14D2]),
    (&['\u{12457}'], &[0x14D3]),
    (&['\u{FFFE}'], &[0x0001]),
    (&['\u{FFFF}'], &[0x15_FFFF]),
    (&['\u{0FB2}', '\u{0F71}', '\u{0F72}'], &[0x2575, 0x258D]),
    (&['\u{0FB2}', '\u{0F71}', '\u{0F74}'], &[0x2575, 0x2591]),
    (&['\u{0FB3}', '\u{0F71}', '\u{0F72}'], &[0x2578, 0x258D]),
    (&['\u{0FB3}', '\u{0F71}', '\u{0F74}'], &[0x2578, 0x2591]),
];

/// Entries of DUCET 6.3.0 that Unicode 6.2.0 does not have.
const REMOVED: &[char] = &['\u{061C}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];

/// Ideographs without an entry, by Unicode 15.0 (PropList.txt, `Ideographic`), outside 4E00–9FFF and F900–FAFF.
const OTHER_IDEOGRAPHS: &[(u32, u32)] = &[
    (0x3400, 0x4DBF),
    (0x16FE4, 0x16FE4),
    (0x17000, 0x187F7),
    (0x18800, 0x18CD5),
    (0x18D00, 0x18D08),
    (0x1B170, 0x1B2FB),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B739),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEA1),
    (0x2CEB0, 0x2EBE0),
    (0x30000, 0x3134A),
    (0x31350, 0x323AF),
];

/// The collation key of a value's text. `context` begins the error for text that is not UTF-8 (`UnicodeLooseMD5.Map`).
pub(super) fn collation_key(value: &Value, context: &str) -> Result<Vec<u8>, Error> {
    let bytes = bytes_of(value);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let quoted = go_quote(&bytes);
        return Err(Error::Value(format!(
            "{context}: cannot normalize string containing invalid UTF-8: {quoted}"
        )));
    };
    let weights = root().weigh(text.trim_end_matches(' '), |c| vec![implicit_weight(c)]);
    let mut key = Vec::with_capacity(weights.len() * 2);
    for weight in weights {
        let bytes = weight.to_be_bytes();
        match weight {
            0..=0x7FFF => key.extend_from_slice(&bytes[2..]),
            _ => key.extend_from_slice(&[bytes[1] | 0x80, bytes[2], bytes[3]]),
        }
    }
    Ok(key)
}

/// The weights of the root collation of CLDR 23.
fn root() -> &'static Table<u32> {
    static ROOT: OnceLock<Table<u32>> = OnceLock::new();
    ROOT.get_or_init(|| {
        let mut table = uca::ducet().map(primaries);
        for (characters, weights) in EXCEPTIONS {
            table.set(characters, weights);
        }
        for character in REMOVED {
            table.remove(*character);
        }
        table
    })
}

/// The primaries of an entry, shifted; pairs of implicit primaries become one weight.
fn primaries(elements: &[Element]) -> Vec<u32> {
    let mut weights = Vec::with_capacity(elements.len());
    let mut primaries = elements
        .iter()
        .map(|element| element.primary)
        .filter(|primary| *primary != 0);
    while let Some(primary) = primaries.next() {
        if (0xFB40..0xFC00).contains(&primary) {
            // UTS #10, section 7.1.3: AAAA = base + (c >> 15), BBBB = (c & 7FFF) | 8000.
            let low = u32::from(primaries.next().unwrap_or(0)) & 0x7FFF;
            let high = u32::from(primary & 0x3F) << 15;
            weights.extend(char::from_u32(high | low).map(implicit_weight));
            continue;
        }
        let range = SHIFTS[..SHIFTS.partition_point(|shift| shift.0 <= primary)].last();
        let shift = range
            .filter(|(_, last, _)| primary <= *last)
            .map_or(0, |(_, _, shift)| *shift);
        weights.push(u32::from(primary).saturating_add_signed(shift));
    }
    weights
}

/// The weight of a character without an entry.
fn implicit_weight(c: char) -> u32 {
    let point = u32::from(c);
    let is_ideograph = || {
        OTHER_IDEOGRAPHS
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&point))
    };
    match point {
        0x4E00..=0x9FFF | 0xF900..=0xFAFF => point + 0x10000,
        _ if is_ideograph() => point + 0x20000,
        _ => point + 0x50000,
    }
}

#[cfg(test)]
mod tests {
    use super::super::key_range::encode_hex;
    use super::*;

    #[test]
    fn makes_keys_as_vitess() {
        let cases = [
            ("", ""),
            ("alice  ", "15ef171116cd161d164c"),
            ("Alice", "15ef171116cd161d164c"),
            ("Straße", "17f3181617bd15ef17f317f3164c"),
            ("STRASSE", "17f3181617bd15ef17f317f3164c"),
            ("é", "164c"),
            ("e\u{301}", "164c"),
            ("日本", "8165e581672c"),
            ("한", "316831d43235"),
            ("\u{20000}", "840000"),
            (" !0$~\t", "0109015d14e613ef04a60100"),
        ];
        for (text, key) in cases {
            assert_eq!(
                encode_hex(&collation_key(&Value::from(text), "").unwrap()),
                key,
                "{text}"
            );
        }
        let error = collation_key(&Value::Bytes(vec![b'a', 0xff]), "UnicodeLooseMD5.Map")
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "UnicodeLooseMD5.Map: cannot normalize string containing invalid UTF-8: \"a\\xff\""
        );
    }

    /// The table as others list it: lines of code points, a tab, and weights, all in hex.
    #[test]
    fn equals_the_published_table() {
        let Some(text) = std::env::var_os("VREV_CASES").and_then(|cases| {
            std::fs::read_to_string(
                std::path::Path::new(&cases).join("../reference/vectors/uca_primary.tsv"),
            )
            .ok()
        }) else {
            println!(
                "skipped: VREV_CASES names no folder with ../reference/vectors/uca_primary.tsv"
            );
            return;
        };
        let numbers = |field: &str| -> Vec<u32> {
            field
                .split_whitespace()
                .map(|hex| u32::from_str_radix(hex, 16).unwrap())
                .collect()
        };
        let published: Vec<(Vec<u32>, Vec<u32>)> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .map(|(points, weights)| (numbers(points), numbers(weights)))
            .collect();
        let own: Vec<(Vec<u32>, Vec<u32>)> = root()
            .entries()
            .into_iter()
            .map(|(characters, weights)| {
                (
                    characters.into_iter().map(u32::from).collect(),
                    weights.to_vec(),
                )
            })
            .collect();
        assert_eq!(own.len(), published.len());
        for (own, published) in own.iter().zip(&published) {
            assert_eq!(own, published);
        }
    }
}
