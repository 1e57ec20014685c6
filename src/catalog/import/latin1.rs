//! Dumps in latin1 (`mysqldump --default-character-set=latin1`), which say so in their first lines.
//!
//! MySQL's latin1 is cp1252, with the five bytes that cp1252 leaves open as the control characters of ISO 8859-1 (MySQL
//! manual, "West European Character Sets").

/// Characters of the bytes 0x80 to 0x9f.
const HIGH_CONTROLS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How many bytes of a text are searched: a dump sets its charset before the first definition.
const HEAD: usize = 4096;

/// Tells whether a text says that it is in latin1.
pub(super) fn is_said(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).to_ascii_lowercase();
    let words: Vec<&str> = head
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(3)
        .any(|said| said == ["set", "names", "latin1"])
}

/// Returns a text in latin1.
pub(super) fn decode(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..=0x9f => HIGH_CONTROLS[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin1_is_read_where_it_is_said() {
        assert!(is_said(b"-- dump\n/*!40101 SET NAMES latin1 */;"));
        assert!(is_said(b"set  names 'latin1';"));
        assert!(!is_said(b"SET NAMES utf8mb4; -- latin1"));
        assert_eq!(decode(b"caf\xe9 \x80 \x9f \x81"), "café € Ÿ \u{81}");
    }
}
