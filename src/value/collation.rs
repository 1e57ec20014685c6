//! Text comparison: MySQL's collations, their character sets and defaults.
//!
//! Names and defaults are those of MySQL 8.0 `SHOW COLLATION`. How texts compare:
//!
//! - `utf8mb4_0900_*`: Unicode's collation algorithm, spaces significant. `ai_ci` compares base letters, `as_ci` accents
//!   too, `as_cs` case too.
//! - `*_unicode_ci`, `*_unicode_520_ci`: the same on base letters, trailing spaces ignored.
//! - `utf8mb4_general_ci` and kin: letter by letter, upper case, accents of Latin, Greek and Cyrillic dropped.
//! - `latin1_swedish_ci`: MySQL's own table.
//! - `*_bin`: by code point.
//!
//! Limits: tailorings for one language (`utf8mb4_de_pb_0900_ai_ci`, `utf8mb4_spanish_ci`, …) compare as the untailored
//! collation of their family; the `_ci` collations of 8-bit and of Asian character sets other than `latin1_swedish_ci`
//! compare as `utf8mb4_general_ci`; `_cs` ones as `utf8mb4_0900_as_cs` without trailing spaces.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::uca::{self, Element};

/// A collation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collation {
    /// Its name, lower case.
    pub name: String,
    /// The character set that it belongs to.
    pub charset: &'static str,
    /// Whether it is the character set's default.
    pub is_default: bool,
    /// Whether trailing spaces count.
    pub pad: Pad,
    rule: Rule,
}

/// What a collation does with the end of the shorter text (`PAD_ATTRIBUTE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pad {
    /// The shorter text is padded with spaces, so that trailing spaces do not count.
    Space,
    /// Trailing spaces count.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    CodePoints,
    /// Levels of the Unicode collation algorithm: 1 to 3.
    Unicode(u8),
    General,
    Latin1Swedish,
}

/// Character sets and their default collations (MySQL 8.0 `SHOW CHARACTER SET`), sorted.
const CHARSETS: &[(&str, &str)] = &[
    ("armscii8", "general_ci"),
    ("ascii", "general_ci"),
    ("big5", "chinese_ci"),
    ("binary", ""),
    ("cp1250", "general_ci"),
    ("cp1251", "general_ci"),
    ("cp1256", "general_ci"),
    ("cp1257", "general_ci"),
    ("cp850", "general_ci"),
    ("cp852", "general_ci"),
    ("cp866", "general_ci"),
    ("cp932", "japanese_ci"),
    ("dec8", "swedish_ci"),
    ("eucjpms", "japanese_ci"),
    ("euckr", "korean_ci"),
    ("gb18030", "chinese_ci"),
    ("gb2312", "chinese_ci"),
    ("gbk", "chinese_ci"),
    ("geostd8", "general_ci"),
    ("greek", "general_ci"),
    ("hebrew", "general_ci"),
    ("hp8", "english_ci"),
    ("keybcs2", "general_ci"),
    ("koi8r", "general_ci"),
    ("koi8u", "general_ci"),
    ("latin1", "swedish_ci"),
    ("latin2", "general_ci"),
    ("latin5", "turkish_ci"),
    ("latin7", "general_ci"),
    ("macce", "general_ci"),
    ("macroman", "general_ci"),
    ("sjis", "japanese_ci"),
    ("swe7", "swedish_ci"),
    ("tis620", "thai_ci"),
    ("ucs2", "general_ci"),
    ("ujis", "japanese_ci"),
    ("utf16", "general_ci"),
    ("utf16le", "general_ci"),
    ("utf32", "general_ci"),
    ("utf8mb3", "general_ci"),
    ("utf8mb4", "0900_ai_ci"),
];

/// Collations of 8-bit and Asian character sets that are neither default nor `_bin`.
const OTHERS: &[(&str, &[&str])] = &[
    ("cp1250", &["croatian_ci", "czech_cs", "polish_ci"]),
    ("cp1251", &["bulgarian_ci", "general_cs", "ukrainian_ci"]),
    ("cp1257", &["lithuanian_ci"]),
    ("gb18030", &["unicode_520_ci"]),
    (
        "latin1",
        &[
            "danish_ci",
            "general_ci",
            "general_cs",
            "german1_ci",
            "german2_ci",
            "spanish_ci",
        ],
    ),
    ("latin2", &["croatian_ci", "czech_cs", "hungarian_ci"]),
    ("latin7", &["estonian_cs", "general_cs"]),
    ("ucs2", &["general_mysql500_ci"]),
    ("utf8mb3", &["general_mysql500_ci", "tolower_ci"]),
    (
        "utf8mb4",
        &["general_ci", "0900_as_ci", "0900_as_cs", "0900_bin"],
    ),
];

/// Collations that every Unicode character set has.
const UNICODE_CHARSETS: &[&str] = &["ucs2", "utf16", "utf32", "utf8mb3", "utf8mb4"];
const UNICODE_COLLATIONS: &[&str] = &[
    "unicode_ci",
    "icelandic_ci",
    "latvian_ci",
    "romanian_ci",
    "slovenian_ci",
    "polish_ci",
    "estonian_ci",
    "spanish_ci",
    "swedish_ci",
    "turkish_ci",
    "czech_ci",
    "danish_ci",
    "lithuanian_ci",
    "slovak_ci",
    "spanish2_ci",
    "roman_ci",
    "persian_ci",
    "esperanto_ci",
    "hungarian_ci",
    "sinhala_ci",
    "german2_ci",
    "croatian_ci",
    "unicode_520_ci",
    "vietnamese_ci",
];

/// Languages of `utf8mb4_<language>_0900_ai_ci` and `…_as_cs`.
const LANGUAGES: &[&str] = &[
    "bg", "bs", "cs", "da", "de_pb", "eo", "es", "es_trad", "et", "gl", "hr", "hu", "is", "la",
    "lt", "lv", "mn_cyrl", "nb", "nn", "pl", "ro", "ru", "sk", "sl", "sr_latn", "sv", "tr", "vi",
];

/// Weights of `latin1_swedish_ci` from U+00C0 on (MySQL `strings/ctype-latin1.cc`, `sort_order_latin1`).
const LATIN1_FROM_C0: [u8; 64] = [
    65, 65, 65, 65, 92, 91, 92, 67, 69, 69, 69, 69, 73, 73, 73, 73, 68, 78, 79, 79, 79, 79, 93,
    215, 216, 85, 85, 85, 89, 89, 222, 223, 65, 65, 65, 65, 92, 91, 92, 67, 69, 69, 69, 69, 73, 73,
    73, 73, 68, 78, 79, 79, 79, 79, 93, 247, 216, 85, 85, 85, 89, 89, 222, 255,
];

/// Every collation, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Collation> {
    registered().values()
}

/// Returns the collation of that name, in any case; `utf8_…` stands for `utf8mb3_…`.
pub fn find(name: &str) -> Option<&'static Collation> {
    let known = registered();
    if let Some(collation) = known.get(name) {
        return Some(collation);
    }
    let name = name.to_ascii_lowercase();
    known
        .get(&name)
        .or_else(|| known.get(&format!("utf8mb3_{}", name.strip_prefix("utf8_")?)))
}

/// The name of a character set in its present form: lower case, `utf8` as `utf8mb3`; `None` for an unknown one.
pub fn charset(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let name = if name == "utf8" {
        "utf8mb3"
    } else {
        name.as_str()
    };
    CHARSETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(known, _)| *known)
}

/// The character set of a collation.
pub fn charset_of(collation: &str) -> Option<&'static str> {
    find(collation).map(|collation| collation.charset)
}

/// The default collation of a character set.
pub fn default_collation(name: &str) -> Option<&'static Collation> {
    let name = charset(name)?;
    all().find(|collation| collation.charset == name && collation.is_default)
}

/// Compares two texts under a collation; an unknown one compares by code point.
pub fn compare(collation: &str, a: &str, b: &str) -> Ordering {
    find(collation).map_or_else(|| a.cmp(b), |collation| collation.compare(a, b))
}

/// See [`Collation::key`]; an unknown collation gives the text's bytes.
pub fn fold(collation: &str, text: &str) -> Vec<u8> {
    find(collation).map_or_else(|| text.as_bytes().to_vec(), |collation| collation.key(text))
}

impl Collation {
    /// Compares two texts.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        match self.rule {
            Rule::CodePoints => {
                self.compare_padded(a.chars().map(u32::from), b.chars().map(u32::from), 0x20)
            }
            Rule::General => {
                self.compare_padded(a.chars().map(general), b.chars().map(general), 0x20)
            }
            Rule::Latin1Swedish => {
                self.compare_padded(a.chars().map(swedish), b.chars().map(swedish), 0x20)
            }
            Rule::Unicode(1) if a.is_ascii() && b.is_ascii() => {
                self.compare_padded(ascii_primaries(a), ascii_primaries(b), space_primary())
            }
            Rule::Unicode(levels) => {
                let (a, b) = (weigh(a), weigh(b));
                (1..=levels)
                    .map(|level| {
                        self.compare_padded(
                            at_level(&a, level),
                            at_level(&b, level),
                            space_at(level),
                        )
                    })
                    .find(|ordering| ordering.is_ne())
                    .unwrap_or(Ordering::Equal)
            }
        }
    }

    /// Compares weights; past its end, a text of a padding collation goes on with spaces.
    fn compare_padded(
        &self,
        mut a: impl Iterator<Item = u32>,
        mut b: impl Iterator<Item = u32>,
        space: u32,
    ) -> Ordering {
        loop {
            let ordering = match (a.next(), b.next(), self.pad) {
                (None, None, _) => return Ordering::Equal,
                (Some(a), Some(b), _) => a.cmp(&b),
                (None, Some(_), Pad::None) => Ordering::Less,
                (Some(_), None, Pad::None) => Ordering::Greater,
                (None, Some(b), Pad::Space) => space.cmp(&b),
                (Some(a), None, Pad::Space) => a.cmp(&space),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
    }

    /// Bytes that are equal for texts that compare equal, and ordered as the texts are (but for characters below the
    /// space under a padding collation, which sort as after the end of the text).
    pub fn key(&self, text: &str) -> Vec<u8> {
        let text = match self.pad {
            Pad::Space => text.trim_end_matches(' '),
            Pad::None => text,
        };
        let mut key = Vec::with_capacity(text.len() * 2);
        let mut push =
            |weight: u32, bytes: usize| key.extend_from_slice(&weight.to_be_bytes()[4 - bytes..]);
        match self.rule {
            Rule::CodePoints => return text.as_bytes().to_vec(),
            Rule::General => text.chars().for_each(|c| push(general(c), 3)),
            Rule::Latin1Swedish => text.chars().for_each(|c| push(swedish(c), 3)),
            Rule::Unicode(1) if text.is_ascii() => {
                ascii_primaries(text).for_each(|weight| push(weight, 2))
            }
            Rule::Unicode(levels) => {
                let elements = weigh(text);
                for level in 1..=levels {
                    if level > 1 {
                        push(0, 2);
                    }
                    at_level(&elements, level).for_each(|weight| push(weight, 2));
                }
            }
        }
        key
    }

    /// Tells whether texts that differ in case only are equal.
    pub fn is_case_insensitive(&self) -> bool {
        matches!(
            self.rule,
            Rule::General | Rule::Latin1Swedish | Rule::Unicode(1 | 2)
        )
    }
}

fn registered() -> &'static BTreeMap<String, Collation> {
    static COLLATIONS: OnceLock<BTreeMap<String, Collation>> = OnceLock::new();
    COLLATIONS.get_or_init(|| {
        let mut collations = BTreeMap::new();
        let mut add = |charset: &'static str, suffix: &str, is_default: bool| {
            let name = if suffix.is_empty() {
                charset.to_owned()
            } else {
                format!("{charset}_{suffix}")
            };
            let (rule, pad) = rule_of(&name);
            collations.insert(
                name.clone(),
                Collation {
                    name,
                    charset,
                    is_default,
                    pad,
                    rule,
                },
            );
        };
        for (charset, default) in CHARSETS {
            add(charset, default, true);
            if !default.is_empty() {
                add(charset, "bin", false);
            }
            if UNICODE_CHARSETS.contains(charset) {
                UNICODE_COLLATIONS
                    .iter()
                    .for_each(|suffix| add(charset, suffix, false));
            }
        }
        for (charset, suffixes) in OTHERS {
            suffixes
                .iter()
                .for_each(|suffix| add(charset, suffix, false));
        }
        for language in LANGUAGES {
            add("utf8mb4", &format!("{language}_0900_ai_ci"), false);
            add("utf8mb4", &format!("{language}_0900_as_cs"), false);
        }
        for suffix in ["ja_0900_as_cs", "ja_0900_as_cs_ks", "zh_0900_as_cs"] {
            add("utf8mb4", suffix, false);
        }
        collations
    })
}

fn rule_of(name: &str) -> (Rule, Pad) {
    let pad = if name.contains("_0900_") || name == "binary" {
        Pad::None
    } else {
        Pad::Space
    };
    let rule = if name == "binary" || name.ends_with("_bin") {
        Rule::CodePoints
    } else if name.ends_with("_cs") || name.ends_with("_ks") {
        Rule::Unicode(3)
    } else if name.ends_with("_0900_as_ci") {
        Rule::Unicode(2)
    } else if name.contains("_0900_") {
        Rule::Unicode(1)
    } else if name == "latin1_swedish_ci" {
        Rule::Latin1Swedish
    } else if name.contains("_general_") || name.ends_with("_tolower_ci") {
        Rule::General
    } else if UNICODE_CHARSETS
        .iter()
        .any(|charset| name.starts_with(charset))
        || name.contains("_unicode_")
    {
        Rule::Unicode(1)
    } else {
        Rule::General
    };
    (rule, pad)
}

/// The weight of a character in the `general_ci` collations: its upper-case base letter; all beyond U+FFFF are equal.
fn general(c: char) -> u32 {
    if c.is_ascii() {
        return u32::from(c.to_ascii_uppercase());
    }
    if u32::from(c) > 0xFFFF {
        return 0xFFFD;
    }
    if let Some(base) = uca::base_letter(c) {
        return u32::from(base);
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => u32::from(upper),
        _ => u32::from(c),
    }
}

fn swedish(c: char) -> u32 {
    let point = u32::from(c.to_ascii_uppercase());
    match usize::try_from(point)
        .ok()
        .and_then(|point| LATIN1_FROM_C0.get(point.checked_sub(0xC0)?))
    {
        Some(weight) => u32::from(*weight),
        None => point,
    }
}

/// Weights of a text; characters without an entry get the implicit weights of UTS #10, section 7.1.3.
fn weigh(text: &str) -> Vec<Element> {
    uca::ducet().weigh(text, |c| {
        let point = u32::from(c);
        let base = match point {
            0x4E00..=0x9FFF | 0xF900..=0xFAFF => 0xFB40,
            0x3400..=0x4DBF | 0x20000..=0x3FFFF => 0xFB80,
            _ => 0xFBC0,
        };
        let weight = |weight: u32| u16::try_from(weight).unwrap_or(u16::MAX);
        vec![
            Element {
                primary: weight(base + (point >> 15)),
                secondary: 0x20,
                tertiary: 2,
            },
            Element {
                primary: weight(point & 0x7FFF | 0x8000),
                secondary: 0,
                tertiary: 0,
            },
        ]
    })
}

fn at_level(elements: &[Element], level: u8) -> impl Iterator<Item = u32> {
    elements
        .iter()
        .map(move |element| match level {
            1 => u32::from(element.primary),
            2 => u32::from(element.secondary),
            _ => u32::from(element.tertiary),
        })
        .filter(|weight| *weight != 0)
}

fn ascii_primaries(text: &str) -> impl Iterator<Item = u32> {
    let primaries = ascii_table();
    text.bytes()
        .map(|byte| u32::from(primaries[usize::from(byte & 0x7F)]))
        .filter(|weight| *weight != 0)
}

fn ascii_table() -> &'static [u16; 128] {
    static TABLE: OnceLock<[u16; 128]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = [0; 128];
        for (byte, weight) in (0_u8..).zip(&mut table) {
            *weight = uca::ducet()
                .entry(char::from(byte))
                .and_then(|entry| entry.first())
                .map_or(0, |e| e.primary);
        }
        table
    })
}

fn space_primary() -> u32 {
    u32::from(ascii_table()[usize::from(b' ')])
}

fn space_at(level: u8) -> u32 {
    match level {
        1 => space_primary(),
        2 => 0x20,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_texts() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            ("utf8mb4_0900_ai_ci", "Résumé", "resume", Equal),
            ("utf8mb4_0900_ai_ci", "straße", "STRASSE", Equal),
            ("utf8mb4_0900_ai_ci", "a", "a ", Less),
            ("utf8mb4_0900_ai_ci", "a", "B", Less),
            ("utf8mb4_0900_ai_ci", "z", "æ", Greater),
            ("utf8mb4_0900_ai_ci", "e\u{301}", "é", Equal),
            ("utf8mb4_0900_ai_ci", "_a", "0", Less),
            ("utf8mb4_0900_ai_ci", "日", "本", Less),
            ("utf8mb4_0900_as_ci", "é", "e", Greater),
            ("utf8mb4_0900_as_ci", "É", "é", Equal),
            ("utf8mb4_0900_as_cs", "É", "é", Greater),
            ("utf8mb4_0900_as_cs", "a", "A", Less),
            ("utf8mb4_0900_as_cs", "A", "b", Less),
            ("utf8mb4_0900_bin", "a", "a ", Less),
            ("utf8mb4_bin", "a", "a  ", Equal),
            ("utf8mb4_bin", "a\t", "a", Less),
            ("utf8mb4_bin", "A", "a", Less),
            ("utf8mb4_general_ci", "ÀÉ", "ae ", Equal),
            ("utf8mb4_general_ci", "ß", "s", Equal),
            ("utf8mb4_general_ci", "й", "и", Greater),
            ("utf8mb4_unicode_ci", "ß ", "ss", Equal),
            ("UTF8_GENERAL_CI", "a", "A", Equal),
            ("latin1_swedish_ci", "é", "E", Equal),
            ("latin1_swedish_ci", "ä", "z", Greater),
            ("latin1_swedish_ci", "ü", "Y", Equal),
            ("no_such_collation", "a", "A", Greater),
        ];
        for (collation, a, b, ordering) in cases {
            assert_eq!(
                compare(collation, a, b),
                ordering,
                "{a:?} and {b:?} under {collation}"
            );
            assert_eq!(
                compare(collation, b, a),
                ordering.reverse(),
                "{b:?} and {a:?} under {collation}"
            );
            let (key_a, key_b) = (fold(collation, a), fold(collation, b));
            assert_eq!(
                key_a == key_b,
                ordering == Equal,
                "keys of {a:?} and {b:?} under {collation}"
            );
            if !a.contains('\t') {
                assert_eq!(
                    key_a.cmp(&key_b),
                    ordering,
                    "keys of {a:?} and {b:?} under {collation}"
                );
            }
        }
    }

    #[test]
    fn knows_charsets_and_defaults() {
        assert_eq!(charset_of("utf8mb4_hu_0900_as_cs"), Some("utf8mb4"));
        assert_eq!(charset_of("latin1_german2_ci"), Some("latin1"));
        assert_eq!(charset_of("binary"), Some("binary"));
        assert_eq!(charset_of("utf8mb4_klingon_ci"), None);
        assert_eq!(
            default_collation("UTF8MB4").map(|collation| collation.name.as_str()),
            Some("utf8mb4_0900_ai_ci")
        );
        assert_eq!(
            default_collation("utf8").map(|collation| collation.name.as_str()),
            Some("utf8mb3_general_ci")
        );
        assert_eq!(charset("UTF8"), Some("utf8mb3"));
        assert_eq!(all().count(), 286);
    }
}
