//! Where in a file's text a reader should look for a name.

use super::Place;
use crate::sql::Position;

/// Which occurrence of a name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalog) enum Occurrence {
    /// The first.
    First,
    /// The second, where there is one: what repeats an earlier name.
    Second,
}

/// Returns where a file speaks of an object: `names` lead to it from the outside in, as keys of a JSON document; in a
/// definition the last one is looked for, as in `vrev.toml`. `None` where the text does not have it.
pub fn position_of(place: &Place, text: &str, names: &[&str]) -> Option<Position> {
    let (name, keys) = names.split_last()?;
    match place {
        Place::Table { .. } | Place::View { .. } | Place::Config => {
            word(text, name, Occurrence::First)
        }
        _ => json_name(text, keys, name),
    }
}

/// Returns the place of a name that stands as a word of its own, case aside; `None` if it does not.
pub(in crate::catalog) fn word(text: &str, name: &str, which: Occurrence) -> Option<Position> {
    let (text_folded, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    if name.is_empty() {
        return None;
    }
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let alone = |at: &usize| {
        let before = text_folded[..*at].chars().next_back();
        let after = text_folded[*at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    };
    let mut found = text_folded
        .match_indices(&name)
        .map(|(at, _)| at)
        .filter(alone);
    let first = found.next()?;
    let at = match which {
        Occurrence::First => first,
        Occurrence::Second => found.next().unwrap_or(first),
    };
    Some(position(text, at))
}

/// Returns the place of a JSON string after a chain of keys, each after the one before; `None` if it is not there.
pub(in crate::catalog) fn json_name(text: &str, keys: &[&str], name: &str) -> Option<Position> {
    let quoted = |name: &str| serde_json::to_string(name).ok();
    let mut from = 0;
    for key in keys {
        let key = quoted(key)?;
        let is_key = |at: &usize| text[from + at + key.len()..].trim_start().starts_with(':');
        let at = text[from..]
            .match_indices(&key)
            .map(|(at, _)| at)
            .find(is_key)?;
        from += at + key.len();
    }
    text[from..]
        .find(&quoted(name)?)
        .map(|at| position(text, from + at))
}

/// Returns the line and column of a byte.
pub(in crate::catalog) fn position(text: &str, at: usize) -> Position {
    let mut end = at.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |rest| rest.chars().count())
        + 1;
    Position { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand_alone() {
        let text = "create table abc (\n  ab int,\n  `AB` int\n)";
        let at = |line, column| Some(Position { line, column });
        assert_eq!(word(text, "ab", Occurrence::First), at(2, 3));
        assert_eq!(word(text, "ab", Occurrence::Second), at(3, 4));
        assert_eq!(word(text, "abc", Occurrence::Second), at(1, 14));
        assert_eq!(word(text, "a", Occurrence::First), None);
        assert_eq!(word(text, "", Occurrence::First), None);
        assert_eq!(json_name("{\n \"a\": \"ab\"}", &["a"], "ab"), at(2, 7));
        assert_eq!(
            json_name("[\"a\", {\"a\" :\n\"x\"}, \"x\"]", &["a"], "x"),
            at(2, 1)
        );
        assert_eq!(json_name("{\"a\": 1}", &["b"], "a"), None);
        assert_eq!(position("é\nx", 1), Position { line: 1, column: 1 });
        assert_eq!(position("é\nx", 99), Position { line: 2, column: 2 });
    }
}
