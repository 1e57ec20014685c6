//! Tokens of plain text, read at once: words, quoted names and strings, numbers, brackets and commas.
//!
//! Definitions are made of nothing else, and there are tens of thousands of them in one repository. Whatever is not
//! plain (comments, variables, operators of several characters, literals with a prefix, letters outside of quotes that
//! are not ASCII) is left to sqlparser's tokenizer, for the whole text; where both read a text, both give the same.

use std::sync::LazyLock;

use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};

/// Bytes of text for which a token is expected, when memory is asked for.
const BYTES_PER_TOKEN: usize = 5;

/// Reads a plain text as uniform tokens, comments and spaces left out; `None` for any other. `requote` turns the raw inside
/// of a double-quoted string into that of a single-quoted one, `is_known` tells which keywords MySQL has.
pub(super) fn tokens(
    text: &str,
    requote: impl Fn(&str) -> String,
    is_known: fn(Keyword) -> bool,
) -> Option<Vec<TokenWithSpan>> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        line_start: 0,
    };
    let mut tokens = Vec::with_capacity(text.len() / BYTES_PER_TOKEN);
    loop {
        reader.skip_spaces();
        let Some(&byte) = reader.bytes.get(reader.at) else {
            return Some(tokens);
        };
        let start = reader.location();
        let token = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => reader.word(is_known)?,
            b'`' => Token::Word(Word {
                value: reader.quoted(b'`')?.replace("``", "`"),
                quote_style: Some('`'),
                keyword: Keyword::NoKeyword,
            }),
            b'\'' => Token::SingleQuotedString(reader.quoted(b'\'')?.to_owned()),
            b'"' => Token::SingleQuotedString(requote(reader.quoted(b'"')?)),
            b'0'..=b'9' => reader.number()?,
            _ => reader.symbol(byte)?,
        };
        let span = start.span_to(reader.location());
        tokens.push(TokenWithSpan { token, span });
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// Where the current line would start if every character of it were one byte.
    line_start: usize,
}

impl<'a> Reader<'a> {
    fn location(&self) -> Location {
        Location::new(self.line, (self.at - self.line_start) as u64 + 1)
    }

    fn skip_spaces(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                }
                _ => return,
            }
        }
    }

    fn word(&mut self, is_known: fn(Keyword) -> bool) -> Option<Token> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        let length = self.bytes[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        self.at += length;
        match self.bytes.get(self.at) {
            // `x'41'`, `n'a'`, and letters that go on beyond ASCII.
            Some(b'\'' | b'"' | b'&') if length == 1 => return None,
            Some(b'@' | 0x80..) => return None,
            _ => {}
        }
        let value = &self.text[start..self.at];
        let keyword = keyword(value.as_bytes());
        Some(Token::Word(Word {
            value: value.to_owned(),
            quote_style: None,
            keyword: match is_known(keyword) {
                true => keyword,
                false => Keyword::NoKeyword,
            },
        }))
    }

    /// Returns the raw inside of quotes; `None` where they do not end.
    fn quoted(&mut self, quote: u8) -> Option<&'a str> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            match *self.bytes.get(at)? {
                byte if byte == quote => {
                    if self.bytes.get(at + 1) != Some(&quote) {
                        break;
                    }
                    at += 2;
                }
                b'\\' if quote != b'`' => {
                    // What follows is passed over, unless counting its lines and characters is worth a second look.
                    match self.bytes.get(at + 1)? {
                        b'\n' | 0x80.. => return None,
                        _ => at += 2,
                    }
                }
                b'\n' => {
                    at += 1;
                    self.line += 1;
                    self.line_start = at;
                }
                // The second and later bytes of a character.
                0x80..=0xBF => {
                    at += 1;
                    self.line_start += 1;
                }
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some(&self.text[start..at])
    }

    fn number(&mut self) -> Option<Token> {
        let start = self.at;
        let digits = self.bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        self.at += digits.count();
        match self.bytes.get(self.at) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'@' | b'.' | 0x80..) => None,
            _ => Some(Token::Number(self.text[start..self.at].to_owned(), false)),
        }
    }

    fn symbol(&mut self, byte: u8) -> Option<Token> {
        let next = self.bytes.get(self.at + 1);
        let token = match byte {
            b'(' => Token::LParen,
            b')' => Token::RParen,
            b',' => Token::Comma,
            b';' => Token::SemiColon,
            b'+' => Token::Plus,
            b'*' => Token::Mul,
            b'=' if !matches!(next, Some(b'=' | b'>')) => Token::Eq,
            b'-' if !matches!(next, Some(b'-' | b'>')) => Token::Minus,
            b'.' if !matches!(next, Some(b'0'..=b'9' | b'_' | b'.')) => Token::Period,
            b'<' if next == Some(&b' ') => Token::Lt,
            b'>' if next == Some(&b' ') => Token::Gt,
            _ => return None,
        };
        self.at += 1;
        Some(token)
    }
}

/// Keywords by the hash of their letters: open addressing, half of the places free.
static KEYWORDS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut places = vec![u16::MAX; PLACES];
    for (index, keyword) in ALL_KEYWORDS.iter().enumerate() {
        let mut place = hash(keyword.as_bytes());
        while places[place] != u16::MAX {
            place = (place + 1) % PLACES;
        }
        places[place] = u16::try_from(index).unwrap_or(u16::MAX);
    }
    places
});

/// A power of two, well above the number of keywords.
const PLACES: usize = (ALL_KEYWORDS.len() * 2).next_power_of_two();

fn hash(word: &[u8]) -> usize {
    let hashed = word.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_uppercase())).wrapping_mul(0x100_0000_01b3)
    });
    (hashed ^ (hashed >> 32)) as usize % PLACES
}

fn keyword(word: &[u8]) -> Keyword {
    let mut place = hash(word);
    loop {
        let Some(known) = ALL_KEYWORDS.get(usize::from(KEYWORDS[place])) else {
            return Keyword::NoKeyword;
        };
        if known.as_bytes().eq_ignore_ascii_case(word) {
            return ALL_KEYWORDS_INDEX[usize::from(KEYWORDS[place])];
        }
        place = (place + 1) % PLACES;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::token;
    use super::keyword;

    /// Where a text is read here, sqlparser's tokenizer reads the same tokens at the same places.
    #[track_caller]
    fn agrees(text: &str) -> bool {
        let Some(plain) = token::plain(text) else {
            return false;
        };
        let slow = token::tokenize_any(text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        assert_eq!(plain, slow, "{text:?}");
        true
    }

    #[test]
    fn plain_texts_are_read_as_by_sqlparser() {
        for text in [
            "",
            " \n\t ",
            "CREATE TABLE `t` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n  KEY `a``b` (`a`(10) DESC)\n) COMMENT='it''s';\n",
            "create table t (a int default -1, b varchar(5) default \"it's \\\" x\", `größe` text comment 'größe \\'x\\' 日本')",
            "select a.b, t.*, 1+2*3 from `a`.`b` where a = 'x' and b < 3 and c > 4",
            "select 'a\nb', 'é', c",
            "alter table t add check (a_1$ > 0), comment _utf8mb4'x'",
            "qualify SELECT Unnest",
        ] {
            assert!(agrees(text), "{text:?} is not plain");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        for text in [
            "-- a",
            "/* a */",
            "# a",
            "a/*!1 b*/",
            "x'41'",
            "b'1'",
            "N'x'",
            "1.5",
            "1e5",
            "0x41",
            "t.1a",
            "a -> b",
            "a <= b",
            "a := 1",
            "@a",
            "a@b",
            "größe",
            "'a",
            "`a",
            "\"a\\",
            "a\r\nb",
            "a || b",
            "?",
            ":a",
            "$a",
            "._a",
        ] {
            assert!(token::plain(text).is_none(), "{text:?} is plain");
        }
    }

    #[test]
    fn keywords_are_found_in_any_case() {
        use sqlparser::keywords::Keyword;
        assert_eq!(keyword(b"select"), Keyword::SELECT);
        assert_eq!(keyword(b"Auto_Increment"), Keyword::AUTO_INCREMENT);
        assert_eq!(keyword(b"zebra"), Keyword::NoKeyword);
        for (word, expected) in sqlparser::keywords::ALL_KEYWORDS
            .iter()
            .zip(sqlparser::keywords::ALL_KEYWORDS_INDEX)
        {
            assert_eq!(keyword(word.to_lowercase().as_bytes()), *expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_the_same_or_left_alone(
            text in "([a-eEnxb_$0-2`'\"\\\\(),;=<>.*+ \n\t-]|select|table|é|''|``|@|:){0,24}",
        ) {
            agrees(&text);
        }
    }
}
