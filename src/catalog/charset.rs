//! MySQL's character sets: the default collation of each and the bytes of its widest character.
//!
//! What a column's text means is an effective pair of charset and collation, resolved from what is written on the
//! column, on the table and by default (MySQL manual, "Column Character Set and Collation"). Names that are not in
//! MySQL 8.0's list are kept as written: their collation is known only if it was said.

use super::DefinitionError;
use crate::sql::ddl::BINARY_COLLATION;

/// Charset, default collation, bytes of the widest character (MySQL 8.0, `SHOW CHARACTER SET`).
const CHARSETS: &[(&str, &str, u32)] = &[
    ("armscii8", "armscii8_general_ci", 1),
    ("ascii", "ascii_general_ci", 1),
    ("big5", "big5_chinese_ci", 2),
    ("binary", "binary", 1),
    ("cp1250", "cp1250_general_ci", 1),
    ("cp1251", "cp1251_general_ci", 1),
    ("cp1256", "cp1256_general_ci", 1),
    ("cp1257", "cp1257_general_ci", 1),
    ("cp850", "cp850_general_ci", 1),
    ("cp852", "cp852_general_ci", 1),
    ("cp866", "cp866_general_ci", 1),
    ("cp932", "cp932_japanese_ci", 2),
    ("dec8", "dec8_swedish_ci", 1),
    ("eucjpms", "eucjpms_japanese_ci", 3),
    ("euckr", "euckr_korean_ci", 2),
    ("gb18030", "gb18030_chinese_ci", 4),
    ("gb2312", "gb2312_chinese_ci", 2),
    ("gbk", "gbk_chinese_ci", 2),
    ("geostd8", "geostd8_general_ci", 1),
    ("greek", "greek_general_ci", 1),
    ("hebrew", "hebrew_general_ci", 1),
    ("hp8", "hp8_english_ci", 1),
    ("keybcs2", "keybcs2_general_ci", 1),
    ("koi8r", "koi8r_general_ci", 1),
    ("koi8u", "koi8u_general_ci", 1),
    ("latin1", "latin1_swedish_ci", 1),
    ("latin2", "latin2_general_ci", 1),
    ("latin5", "latin5_turkish_ci", 1),
    ("latin7", "latin7_general_ci", 1),
    ("macce", "macce_general_ci", 1),
    ("macroman", "macroman_general_ci", 1),
    ("sjis", "sjis_japanese_ci", 2),
    ("swe7", "swe7_swedish_ci", 1),
    ("tis620", "tis620_thai_ci", 1),
    ("ucs2", "ucs2_general_ci", 2),
    ("ujis", "ujis_japanese_ci", 3),
    ("utf16", "utf16_general_ci", 4),
    ("utf16le", "utf16le_general_ci", 4),
    ("utf32", "utf32_general_ci", 4),
    ("utf8mb3", "utf8mb3_general_ci", 3),
    ("utf8mb4", "utf8mb4_0900_ai_ci", 4),
];

/// A charset and the collation that text of a column compares by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CharacterSet {
    /// The charset, lower case: `utf8mb4`.
    pub charset: String,
    /// The collation, lower case: `utf8mb4_0900_ai_ci`; empty where the charset is unknown and none was written.
    pub collation: String,
}

/// What holds where a definition says nothing: the server's (or keyspace's) charset and collation.
pub type Defaults = CharacterSet;

impl Default for CharacterSet {
    /// MySQL 8.0's: utf8mb4, utf8mb4_0900_ai_ci.
    fn default() -> Self {
        Self {
            charset: "utf8mb4".into(),
            collation: "utf8mb4_0900_ai_ci".into(),
        }
    }
}

impl CharacterSet {
    /// Resolves what is written over what holds by default: an explicit collation brings its charset, an explicit
    /// charset its default collation, the attribute BINARY the charset's `_bin` collation.
    ///
    /// # Errors
    /// [`DefinitionError::CollationMismatch`] if both are written and do not belong together;
    /// [`DefinitionError::UnknownCollation`] for the name of a charset where a collation's is needed.
    pub fn resolve(
        charset: Option<&str>,
        collation: Option<&str>,
        default: &Self,
    ) -> Result<Self, DefinitionError> {
        let charset = charset.map(charset_name);
        let collation = match collation {
            Some(BINARY_COLLATION) => {
                let charset = charset.as_ref().unwrap_or(&default.charset);
                Some(match charset.as_str() {
                    "binary" => charset.clone(),
                    _ => format!("{charset}{BINARY_COLLATION}"),
                })
            }
            other => other.map(collation_name),
        };
        // The charset `binary` has one collation, of the same name.
        let is_charset = |name: &String| name != "binary" && entry(&charset_name(name)).is_some();
        if let Some(collation) = collation.as_ref().filter(|name| is_charset(name)) {
            return Err(DefinitionError::UnknownCollation {
                collation: collation.clone(),
            });
        }
        match (charset, collation) {
            (None, None) => Ok(default.clone()),
            (Some(charset), None)
                if charset == default.charset && default_collation(&charset).is_none() =>
            {
                Ok(default.clone())
            }
            (Some(charset), None) => {
                let collation = default_collation(&charset).unwrap_or_default().to_owned();
                Ok(Self { charset, collation })
            }
            (None, Some(collation)) => Ok(Self {
                charset: charset_of_collation(&collation).to_owned(),
                collation,
            }),
            (Some(charset), Some(collation)) if charset_of_collation(&collation) == charset => {
                Ok(Self { charset, collation })
            }
            (Some(charset), Some(collation)) => {
                Err(DefinitionError::CollationMismatch { charset, collation })
            }
        }
    }

    /// Tells whether the collation is the one its charset has by default.
    pub fn is_default_collation(&self) -> bool {
        self.collation.is_empty()
            || default_collation(&self.charset) == Some(self.collation.as_str())
    }

    /// Returns the bytes of the charset's widest character; 4 for unknown charsets.
    pub fn max_bytes(&self) -> u32 {
        entry(&self.charset).map_or(4, |(_, _, bytes)| *bytes)
    }
}

fn entry(charset: &str) -> Option<&'static (&'static str, &'static str, u32)> {
    CHARSETS.iter().find(|(name, _, _)| *name == charset)
}

/// Returns the default collation of a charset in MySQL 8.0; `None` for charsets that it does not know.
pub fn default_collation(charset: &str) -> Option<&'static str> {
    entry(charset).map(|(_, collation, _)| *collation)
}

/// Returns the charset's name as MySQL prints it: lower case, `utf8` as `utf8mb3`.
pub fn charset_name(written: &str) -> String {
    let lower = written.to_ascii_lowercase();
    if lower == "utf8" {
        "utf8mb3".into()
    } else {
        lower
    }
}

/// Returns the collation's name as MySQL prints it: lower case, `utf8_…` as `utf8mb3_…`.
pub fn collation_name(written: &str) -> String {
    let lower = written.to_ascii_lowercase();
    match lower.strip_prefix("utf8_") {
        Some(rest) => format!("utf8mb3_{rest}"),
        None => lower,
    }
}

/// Returns the charset that a collation belongs to: the name up to the first underscore.
pub fn charset_of_collation(collation: &str) -> &str {
    collation
        .split_once('_')
        .map_or(collation, |(charset, _)| charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(charset: Option<&str>, collation: Option<&str>, expected: Result<(&str, &str), ()>) {
        let found = CharacterSet::resolve(charset, collation, &CharacterSet::default());
        let found = found
            .as_ref()
            .map(|pair| (pair.charset.as_str(), pair.collation.as_str()))
            .map_err(|_| ());
        assert_eq!(found, expected);
    }

    #[test]
    fn pairs_resolve_from_what_is_written() {
        check(None, None, Ok(("utf8mb4", "utf8mb4_0900_ai_ci")));
        check(Some("LATIN1"), None, Ok(("latin1", "latin1_swedish_ci")));
        check(Some("utf8"), None, Ok(("utf8mb3", "utf8mb3_general_ci")));
        check(None, Some("utf8_bin"), Ok(("utf8mb3", "utf8mb3_bin")));
        check(None, Some("binary"), Ok(("binary", "binary")));
        check(
            Some("utf8mb4"),
            Some("utf8mb4_bin"),
            Ok(("utf8mb4", "utf8mb4_bin")),
        );
        check(Some("utf8mb3"), Some("utf8mb4_bin"), Err(()));
        check(Some("klingon"), None, Ok(("klingon", "")));
        check(None, Some("utf8"), Err(()));
        check(Some("latin1"), Some("latin1"), Err(()));
        check(Some("binary"), Some("binary"), Ok(("binary", "binary")));
    }

    #[test]
    fn every_default_collation_belongs_to_its_charset() {
        for (charset, collation, bytes) in CHARSETS {
            assert_eq!(charset_of_collation(collation), *charset);
            assert!((1..=4).contains(bytes));
        }
    }
}
