//! Options of tables, partitions and databases (MySQL manual, "CREATE TABLE Statement", table options).

use sqlparser::tokenizer::Token;

use super::super::TableOption;
use crate::sql::Error;
use crate::sql::cursor::{Cursor, is_word};
use crate::sql::name::{quote, quote_table};

/// How the value of an option is written.
#[derive(Clone, Copy)]
enum Form {
    /// A string literal.
    Quoted,
    /// A number, a word (upper case), perhaps in quotes.
    Word,
    /// A name that keeps its case.
    Name,
    /// A charset or collation: lower case.
    LowerName,
    /// `(t, u)`: tables.
    Tables,
}

/// The words of an option, its canonical name, and its form.
const OPTIONS: &[(&[&str], &str, Form)] = &[
    (&["autoextend_size"], "AUTOEXTEND_SIZE", Form::Word),
    (&["auto_increment"], "AUTO_INCREMENT", Form::Word),
    (&["avg_row_length"], "AVG_ROW_LENGTH", Form::Word),
    (&["default", "character", "set"], "CHARSET", Form::LowerName),
    (&["default", "charset"], "CHARSET", Form::LowerName),
    (&["character", "set"], "CHARSET", Form::LowerName),
    (&["charset"], "CHARSET", Form::LowerName),
    (&["checksum"], "CHECKSUM", Form::Word),
    (&["table_checksum"], "CHECKSUM", Form::Word),
    (&["default", "collate"], "COLLATE", Form::LowerName),
    (&["collate"], "COLLATE", Form::LowerName),
    (&["comment"], "COMMENT", Form::Quoted),
    (&["compression"], "COMPRESSION", Form::Quoted),
    (&["connection"], "CONNECTION", Form::Quoted),
    (&["data", "directory"], "DATA DIRECTORY", Form::Quoted),
    (&["index", "directory"], "INDEX DIRECTORY", Form::Quoted),
    (&["delay_key_write"], "DELAY_KEY_WRITE", Form::Word),
    (&["default", "encryption"], "ENCRYPTION", Form::Quoted),
    (&["encryption"], "ENCRYPTION", Form::Quoted),
    (&["storage", "engine"], "ENGINE", Form::Name),
    (&["engine"], "ENGINE", Form::Name),
    (&["engine_attribute"], "ENGINE_ATTRIBUTE", Form::Quoted),
    (&["insert_method"], "INSERT_METHOD", Form::Word),
    (&["key_block_size"], "KEY_BLOCK_SIZE", Form::Word),
    (&["max_rows"], "MAX_ROWS", Form::Word),
    (&["min_rows"], "MIN_ROWS", Form::Word),
    (&["nodegroup"], "NODEGROUP", Form::Word),
    (&["pack_keys"], "PACK_KEYS", Form::Word),
    (&["password"], "PASSWORD", Form::Quoted),
    (&["row_format"], "ROW_FORMAT", Form::Word),
    (
        &["secondary_engine_attribute"],
        "SECONDARY_ENGINE_ATTRIBUTE",
        Form::Quoted,
    ),
    (&["secondary_engine"], "SECONDARY_ENGINE", Form::Name),
    (&["stats_auto_recalc"], "STATS_AUTO_RECALC", Form::Word),
    (&["stats_persistent"], "STATS_PERSISTENT", Form::Word),
    (&["stats_sample_pages"], "STATS_SAMPLE_PAGES", Form::Word),
    (&["tablespace"], "TABLESPACE", Form::Name),
    (&["union"], "UNION", Form::Tables),
    // MariaDB's page compression and checksums, which its dumps carry.
    (&["page_compressed"], "PAGE_COMPRESSED", Form::Word),
    (
        &["page_compression_level"],
        "PAGE_COMPRESSION_LEVEL",
        Form::Word,
    ),
    (&["page_checksum"], "PAGE_CHECKSUM", Form::Word),
    (&["transactional"], "TRANSACTIONAL", Form::Word),
];

/// Reads table options, which commas may separate, up to something else. A comma that no option follows stays unread.
pub(super) fn table(cursor: &mut Cursor<'_>) -> Result<Vec<TableOption>, Error> {
    let mut options = Vec::new();
    loop {
        let mut ahead = cursor.clone();
        if !options.is_empty() {
            ahead.eat(&Token::Comma);
        }
        match one(&mut ahead)? {
            Some(option) => {
                options.push(option);
                *cursor = ahead;
            }
            None => return Ok(options),
        }
    }
}

/// Reads options without commas between them: those of one ALTER TABLE clause, and of a partition.
pub(super) fn uncomma(cursor: &mut Cursor<'_>) -> Result<Vec<TableOption>, Error> {
    let mut options = Vec::new();
    while let Some(option) = one(cursor)? {
        options.push(option);
    }
    Ok(options)
}

fn one(cursor: &mut Cursor<'_>) -> Result<Option<TableOption>, Error> {
    // In ALTER TABLE, `ORDER`, `INDEX x INVISIBLE` and the like start otherwise; only whole keyword runs match.
    let Some((_, name, form)) = OPTIONS.iter().find(|(words, ..)| cursor.eat_words(words)) else {
        return Ok(None);
    };
    cursor.eat(&Token::Eq);
    let (value, quoted) = value(cursor, *form)?;
    let mut option = TableOption {
        name: (*name).to_owned(),
        value,
        quoted,
    };
    if option.name == "TABLESPACE" && cursor.eat_word("storage") {
        match cursor.eat_one_of(&["DISK", "MEMORY"]) {
            Some(storage) => {
                let name = match option.value.starts_with('`') {
                    true => option.value,
                    false => quote(&option.value),
                };
                option.value = format!("{name} STORAGE {storage}");
            }
            None => return Err(cursor.expected("expected `disk` or `memory`")),
        }
    }
    Ok(Some(option))
}

/// Returns a name as it can be read again without quotes, or in backticks.
fn bare_or_quoted(name: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    match name.chars().all(is_plain) {
        true => name,
        false => quote(&name),
    }
}

fn value(cursor: &mut Cursor<'_>, form: Form) -> Result<(String, bool), Error> {
    Ok(match form {
        Form::Quoted => (cursor.string()?, true),
        Form::Name if *cursor.peek() == Token::SingleQuotedString(String::new()) => {
            return Err(cursor.expected("expected a name"));
        }
        Form::Name => (bare_or_quoted(cursor.word_or_string()?), false),
        // An empty name is no charset, but a definition may say it: whoever resolves it knows better what is missing.
        Form::LowerName if *cursor.peek() == Token::SingleQuotedString(String::new()) => {
            (cursor.string()?, false)
        }
        Form::LowerName => (name(cursor)?, false),
        Form::Tables if *cursor.peek_nth(1) == Token::RParen => {
            cursor.expect(&Token::LParen)?;
            cursor.expect(&Token::RParen)?;
            ("()".to_owned(), false)
        }
        Form::Tables => {
            let tables = cursor.list(Cursor::table_name)?;
            (
                format!(
                    "({})",
                    tables.iter().map(quote_table).collect::<Vec<_>>().join(",")
                ),
                false,
            )
        }
        Form::Word => match cursor.peek() {
            Token::Number(digits, _) => {
                cursor.next();
                (digits.clone(), false)
            }
            Token::SingleQuotedString(_) => (cursor.string()?, false),
            // Sizes: `4M` is one word to the tokenizer.
            _ => (cursor.identifier()?.to_ascii_uppercase(), false),
        },
    })
}

/// Reads the name of a charset or collation, in lower case: a word or a string of the characters of one.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let at = cursor.clone();
    let name = cursor.word_or_string()?.to_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match !name.is_empty() && name.chars().all(is_name) {
        true => Ok(name),
        false => Err(at.expected("expected a charset or collation")),
    }
}

/// Reports whether an option of a database comes, rather than its name.
pub(super) fn starts_database_option(cursor: &Cursor<'_>) -> bool {
    [
        &["default", "character"][..],
        &["default", "charset"],
        &["default", "collate"],
        &["default", "encryption"],
    ]
    .iter()
    .any(|words| cursor.are(words))
        || cursor.are(&["character", "set"])
        || ["charset", "collate", "encryption"]
            .iter()
            .any(|word| cursor.is(word) && !is_option_word(cursor.peek_nth(1)))
        || cursor.are(&["read", "only"])
}

/// After the name of a database, an option: `ALTER DATABASE charset CHARSET utf8mb4`.
fn is_option_word(token: &Token) -> bool {
    [
        "default",
        "character",
        "charset",
        "collate",
        "encryption",
        "read",
    ]
    .iter()
    .any(|word| is_word(token, word))
}

/// Reads the options of a database.
pub(super) fn database(cursor: &mut Cursor<'_>) -> Result<Vec<TableOption>, Error> {
    let mut options = Vec::new();
    loop {
        if cursor.eat_words(&["upgrade", "data", "directory", "name"]) {
            options.push(TableOption {
                name: "UPGRADE DATA DIRECTORY NAME".into(),
                value: String::new(),
                quoted: false,
            });
            continue;
        }
        if cursor.eat_words(&["read", "only"]) {
            cursor.eat(&Token::Eq);
            let (value, quoted) = value(cursor, Form::Word)?;
            options.push(TableOption {
                name: "READ ONLY".into(),
                value,
                quoted,
            });
            continue;
        }
        let at = cursor.clone();
        match one(cursor)? {
            Some(option)
                if ["CHARSET", "COLLATE", "ENCRYPTION"].contains(&option.name.as_str()) =>
            {
                options.push(option);
            }
            Some(_) => return Err(at.expected("expected an option of a database")),
            None => return Ok(options),
        }
    }
}
