//! The collations of text, registered with SQLite under MySQL's names.
//!
//! How texts compare is [`crate::value::collation`]'s; this module gives each collation a small number, so that a type
//! tag can carry it, and adds the order of JSON values.

use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::sql::SqlError;
use crate::value::collation::{self, Collation as Rules};

/// A collation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Collation(u16);

/// Rules by number; the first two are the constants below, then the order of JSON values.
static RULES: LazyLock<Vec<Option<&'static Rules>>> = LazyLock::new(|| {
    let mut rules = vec![
        collation::find("utf8mb4_0900_ai_ci"),
        collation::find("binary"),
        None,
    ];
    rules.extend(collation::all().map(Some));
    rules
});

impl Collation {
    /// `utf8mb4_0900_ai_ci`, the server's default.
    pub(super) const DEFAULT: Self = Self(0);
    /// `binary`.
    pub(super) const BINARY: Self = Self(1);
    /// Finds a collation by MySQL's name.
    ///
    /// # Errors
    /// 1273 for an unknown one.
    pub(super) fn named(name: &str) -> Result<Self, SqlError> {
        let rules = collation::find(name)
            .ok_or_else(|| SqlError::new(1273, "HY000", format!("Unknown collation: '{name}'")))?;
        Ok(Self::of(rules))
    }

    /// The default collation of a character set.
    ///
    /// # Errors
    /// 1115 for an unknown one.
    pub(super) fn of_charset(charset: &str) -> Result<Self, SqlError> {
        let rules = collation::default_collation(charset).ok_or_else(|| {
            SqlError::new(1115, "42000", format!("Unknown character set: '{charset}'"))
        })?;
        Ok(Self::of(rules))
    }

    fn of(rules: &Rules) -> Self {
        let position = RULES
            .iter()
            .position(|known| known.is_some_and(|known| known.name == rules.name));
        Self(
            position
                .and_then(|position| u16::try_from(position).ok())
                .unwrap_or(0),
        )
    }

    fn rules(self) -> Option<&'static Rules> {
        RULES.get(usize::from(self.0)).copied().flatten()
    }

    /// MySQL's name.
    pub(super) fn name(self) -> &'static str {
        self.rules().map_or("json", |rules| &rules.name)
    }

    /// The name of its character set.
    pub(super) fn charset(self) -> &'static str {
        self.rules().map_or("utf8mb4", |rules| rules.charset)
    }

    /// The name under which SQLite knows it.
    pub(super) fn sqlite_name(self) -> &'static str {
        match self.name() {
            "utf8mb4_0900_bin" | "binary" => "BINARY",
            name => name,
        }
    }

    /// Compares by code point, so that against another collation of the same strength it decides.
    pub(super) fn is_bin(self) -> bool {
        self.name().ends_with("_bin")
    }

    /// A small number for a type tag.
    pub(super) fn code(self) -> u16 {
        self.0
    }

    /// The collation of a type tag.
    pub(super) fn from_code(code: u16) -> Self {
        if usize::from(code) < RULES.len() {
            Self(code)
        } else {
            Self::DEFAULT
        }
    }

    /// Compares two strings.
    pub(super) fn compare(self, a: &str, b: &str) -> Ordering {
        match self.rules() {
            Some(rules) => rules.compare(a, b),
            None => super::function::compare_json(a, b),
        }
    }

    /// Tells whether two characters count as one in a pattern.
    pub(super) fn same_char(self, a: char, b: char) -> bool {
        if a == b {
            return true;
        }
        if a.is_ascii() && b.is_ascii() {
            return self.ignores_case() && a.eq_ignore_ascii_case(&b);
        }
        // A lone space would vanish under a padding collation.
        let (mut left, mut right) = ([0; 4], [0; 4]);
        a != ' '
            && b != ' '
            && self
                .compare(a.encode_utf8(&mut left), b.encode_utf8(&mut right))
                .is_eq()
    }

    /// Tells whether case is ignored.
    pub(super) fn ignores_case(self) -> bool {
        self.rules().is_some_and(Rules::is_case_insensitive)
    }

    /// Bytes that are equal exactly for strings which the collation holds equal.
    pub(super) fn key(self, text: &str) -> Vec<u8> {
        self.rules()
            .map_or_else(|| text.as_bytes().to_vec(), |rules| rules.key(text))
    }
}

/// Registers every collation on a connection but `binary`: SQLite's own BINARY compares alike and much faster, and SQLite's
/// names ignore case, so that ours would take its place everywhere, in the schema table too.
pub(super) fn register(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let named = RULES.iter().skip(3).flatten();
    for rules in named.filter(|rules| !rules.name.eq_ignore_ascii_case("binary")) {
        connection.create_collation(rules.name.as_str(), |a: &str, b: &str| rules.compare(a, b))?;
    }
    connection.create_collation("json", super::function::compare_json)
}
