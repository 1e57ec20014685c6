//! Column definitions: types with all their spellings, attributes in any order (MySQL manual, "Data Types", "CREATE
//! TABLE Statement"). Synonyms become the type they stand for; lengths stay as written.

use sqlparser::tokenizer::Token;

use super::super::{
    BINARY_COLLATION, Check, Column, ColumnDefault, Expression, Generated, Index, IndexKind,
    IndexPart,
};
use super::{index, option};
use crate::sql::Error;
use crate::sql::cursor::Cursor;
use crate::sql::literal::hex_bytes;
use crate::value::{ColumnType, TypeKind};

/// A column, with the keys and checks that were written as its attributes.
pub(super) struct Definition {
    pub(super) column: Column,
    pub(super) keys: Vec<Index>,
    pub(super) checks: Vec<Check>,
}

/// Reads a column's type and attributes.
pub(super) fn definition(cursor: &mut Cursor<'_>, name: String) -> Result<Definition, Error> {
    let serial = cursor.eat_word("serial");
    let column_type = match serial {
        true => ColumnType {
            unsigned: true,
            ..ColumnType::new(TypeKind::BigInt)
        },
        false => data_type(cursor)?,
    };
    let column = Column {
        name,
        column_type,
        nullable: None,
        default: None,
        on_update: None,
        auto_increment: false,
        generated: None,
        invisible: false,
        comment: String::new(),
        srid: None,
        column_format: None,
        storage: None,
        engine_attribute: None,
        secondary_engine_attribute: None,
        inline_reference: None,
    };
    let mut definition = Definition {
        column,
        keys: Vec::new(),
        checks: Vec::new(),
    };
    if serial {
        definition.serial();
    }
    while definition.attribute(cursor)? {}
    Ok(definition)
}

impl Definition {
    /// What SERIAL stands for, beside its type.
    fn serial(&mut self) {
        self.column.nullable = Some(false);
        self.column.auto_increment = true;
        self.key(IndexKind::Unique);
    }

    fn key(&mut self, kind: IndexKind) {
        if self.keys.iter().any(|key| key.kind == kind) {
            return;
        }
        let part = IndexPart::Column {
            name: self.column.name.clone(),
            length: None,
            descending: false,
        };
        self.keys.push(Index {
            parts: vec![part],
            ..Index::empty(kind)
        });
    }

    /// Reads one attribute; `false` where none comes.
    fn attribute(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Error> {
        let column = &mut self.column;
        if cursor.eat_words(&["not", "null"]) {
            column.nullable = Some(false);
        } else if cursor.eat_word("null") {
            column.nullable = Some(true);
        } else if cursor.eat_word("default") {
            column.default = Some(default(cursor)?);
        } else if cursor.eat_words(&["on", "update"]) {
            match current_timestamp(cursor)? {
                Some(digits) => column.on_update = Some(digits),
                None => return Err(cursor.expected("expected `current_timestamp`")),
            }
        } else if cursor.eat_word("auto_increment") {
            column.auto_increment = true;
        } else if cursor.eat_words(&["serial", "default", "value"]) {
            self.serial();
        } else if cursor.eat_words(&["primary", "key"]) || cursor.eat_word("key") {
            self.key(IndexKind::Primary);
        } else if cursor.eat_word("unique") {
            cursor.eat_word("key");
            self.key(IndexKind::Unique);
        } else if cursor.eat_word("comment") {
            cursor.eat(&Token::Eq);
            column.comment = cursor.string()?;
        } else if cursor.eat_word("collate") {
            cursor.eat(&Token::Eq);
            column.column_type.collation = Some(option::name(cursor)?);
        } else if cursor.eat_words(&["not", "secondary"]) {
            return Err(cursor.unsupported("NOT SECONDARY"));
        } else if cursor.is("references") {
            // Ignored by MySQL before 9.0: a foreign key is an element of the table.
            column.inline_reference = Some(index::references(cursor)?.referenced_table);
        } else if cursor.is("constraint") || cursor.is("check") {
            let name = match cursor.eat_word("constraint") && !cursor.is("check") {
                true => Some(cursor.identifier()?),
                false => None,
            };
            self.checks.push(index::check(cursor, name)?);
        } else {
            return self.storage_attribute(cursor);
        }
        Ok(true)
    }

    fn storage_attribute(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Error> {
        let column = &mut self.column;
        if cursor.eat_words(&["generated", "always", "as"]) || cursor.eat_word("as") {
            column.generated = Some(generated(cursor)?);
        } else if cursor.eat_word("invisible") {
            column.invisible = true;
        } else if cursor.eat_word("visible") {
            column.invisible = false;
        } else if cursor.eat_word("srid") {
            column.srid = Some(cursor.integer()?);
        } else if cursor.eat_word("column_format") {
            column.column_format = Some(cursor.identifier()?.to_ascii_uppercase());
        } else if cursor.eat_word("storage") {
            column.storage = Some(cursor.identifier()?.to_ascii_uppercase());
        } else if cursor.eat_word("engine_attribute") {
            cursor.eat(&Token::Eq);
            column.engine_attribute = Some(cursor.string()?);
        } else if cursor.eat_word("secondary_engine_attribute") {
            cursor.eat(&Token::Eq);
            column.secondary_engine_attribute = Some(cursor.string()?);
        } else {
            // Charsets and signs may follow other attributes (`int not null unsigned` is refused by MySQL, though).
            return charset(cursor, &mut column.column_type);
        }
        Ok(true)
    }
}

fn generated(cursor: &mut Cursor<'_>) -> Result<Generated, Error> {
    let expression = Expression(cursor.parenthesised()?.expression()?);
    // PERSISTENT is MariaDB's STORED.
    let stored = matches!(
        cursor.eat_one_of(&["virtual", "stored", "persistent"]),
        Some("stored" | "persistent")
    );
    Ok(Generated { expression, stored })
}

/// Reads what follows DEFAULT.
pub(super) fn default(cursor: &mut Cursor<'_>) -> Result<ColumnDefault, Error> {
    if cursor.eat_word("null") {
        return Ok(ColumnDefault::Null);
    }
    if let Some(truth) = cursor.eat_one_of(&["true", "false"]) {
        return Ok(ColumnDefault::Bare(truth.to_owned()));
    }
    if let Some(digits) = current_timestamp(cursor)? {
        return Ok(ColumnDefault::CurrentTimestamp(digits));
    }
    match cursor.peek() {
        Token::LParen => {
            return cursor
                .parenthesised()?
                .expression()
                .map(|e| ColumnDefault::Expression(Expression(e)));
        }
        Token::SingleQuotedByteStringLiteral(digits) => {
            if !digits.bytes().all(|b| matches!(b, b'0' | b'1')) {
                return Err(cursor.expected("expected bits"));
            }
            cursor.next();
            return Ok(ColumnDefault::Bits(digits.clone()));
        }
        Token::HexStringLiteral(digits) => {
            let bytes =
                hex_bytes(digits).ok_or_else(|| cursor.expected("expected hexadecimal digits"))?;
            cursor.next();
            return Ok(ColumnDefault::Hex(bytes));
        }
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => {
            return cursor.string().map(ColumnDefault::Literal);
        }
        // DATE '2020-01-01' and charset introducers: the literal is what counts.
        Token::Word(word) if matches!(cursor.peek_nth(1), Token::SingleQuotedString(_)) => {
            let known = ["date", "time", "timestamp"]
                .iter()
                .any(|kind| cursor.is(kind))
                || word.value.starts_with('_');
            if known {
                cursor.next();
                return cursor.string().map(ColumnDefault::Literal);
            }
        }
        _ => {}
    }
    let sign = match cursor.peek() {
        Token::Minus => "-",
        Token::Plus => "",
        Token::Number(digits, _) => {
            cursor.next();
            return Ok(ColumnDefault::Bare(digits.clone()));
        }
        // Functions without parentheses around them: MariaDB's form, and Vitess's.
        Token::Word(_) if *cursor.peek_nth(1) == Token::LParen => return bare_function(cursor),
        // Another column's value, as MariaDB prints it.
        Token::Word(word) if word.quote_style.is_some() => {
            let column = cursor.clone().first(1).expression()?;
            cursor.next();
            return Ok(ColumnDefault::Expression(Expression(column)));
        }
        _ => return Err(cursor.expected("expected a default value")),
    };
    cursor.next();
    match cursor.peek() {
        Token::Number(digits, _) => {
            cursor.next();
            Ok(ColumnDefault::Bare(format!("{sign}{digits}")))
        }
        _ => Err(cursor.expected("expected a number")),
    }
}

/// Reads `name(arguments)` as a default.
fn bare_function(cursor: &mut Cursor<'_>) -> Result<ColumnDefault, Error> {
    let start = cursor.clone();
    cursor.next();
    cursor.parenthesised()?;
    let tokens = start.rest().len() - cursor.rest().len();
    let function = start.first(tokens).expression()?;
    Ok(ColumnDefault::Expression(Expression(function)))
}

/// Reads CURRENT_TIMESTAMP or a synonym, perhaps with digits; `None` where something else comes.
fn current_timestamp(cursor: &mut Cursor<'_>) -> Result<Option<u8>, Error> {
    let call = *cursor.peek_nth(1) == Token::LParen;
    let bare = ["current_timestamp", "localtime", "localtimestamp"]
        .iter()
        .any(|word| cursor.is(word));
    if !(bare || cursor.is("now") && call) {
        return Ok(None);
    }
    cursor.next();
    if !cursor.eat(&Token::LParen) {
        return Ok(Some(0));
    }
    let digits = if *cursor.peek() == Token::RParen {
        0
    } else {
        cursor.integer()?
    };
    if digits > 6 {
        return Err(cursor.expected("expected at most 6 fractional digits before"));
    }
    cursor.expect(&Token::RParen)?;
    Ok(Some(digits))
}

/// Reads a data type with its arguments, sign, charset and collation.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> Result<ColumnType, Error> {
    let mut column_type = named_type(cursor)?;
    arguments(cursor, &mut column_type)?;
    loop {
        let found = sign(cursor, &mut column_type) || charset(cursor, &mut column_type)?;
        if !found {
            break;
        }
    }
    Ok(column_type)
}

/// Reads a type's name, which may be several words.
fn named_type(cursor: &mut Cursor<'_>) -> Result<ColumnType, Error> {
    for (words, kind) in TYPES {
        if cursor.eat_words(words) {
            let mut column_type = ColumnType::new(*kind);
            match words {
                ["bool" | "boolean"] => column_type.length = Some(1),
                ["national" | "nchar" | "nvarchar", ..] => {
                    column_type.charset = Some("utf8mb3".into())
                }
                _ => {}
            }
            return Ok(column_type);
        }
    }
    Err(cursor.expected("expected a data type"))
}

/// Longer spellings come before those they start with.
const TYPES: &[(&[&str], TypeKind)] = &[
    (&["tinyint"], TypeKind::TinyInt),
    (&["int1"], TypeKind::TinyInt),
    (&["bool"], TypeKind::TinyInt),
    (&["boolean"], TypeKind::TinyInt),
    (&["smallint"], TypeKind::SmallInt),
    (&["int2"], TypeKind::SmallInt),
    (&["mediumint"], TypeKind::MediumInt),
    (&["int3"], TypeKind::MediumInt),
    (&["middleint"], TypeKind::MediumInt),
    (&["int"], TypeKind::Int),
    (&["integer"], TypeKind::Int),
    (&["int4"], TypeKind::Int),
    (&["bigint"], TypeKind::BigInt),
    (&["int8"], TypeKind::BigInt),
    (&["decimal"], TypeKind::Decimal),
    (&["dec"], TypeKind::Decimal),
    (&["numeric"], TypeKind::Decimal),
    (&["fixed"], TypeKind::Decimal),
    (&["float"], TypeKind::Float),
    (&["float4"], TypeKind::Float),
    (&["double", "precision"], TypeKind::Double),
    (&["double"], TypeKind::Double),
    (&["float8"], TypeKind::Double),
    (&["real"], TypeKind::Double),
    (&["bit"], TypeKind::Bit),
    (&["national", "char", "varying"], TypeKind::VarChar),
    (&["national", "character", "varying"], TypeKind::VarChar),
    (&["national", "varchar"], TypeKind::VarChar),
    (&["national", "varcharacter"], TypeKind::VarChar),
    (&["national", "char"], TypeKind::Char),
    (&["national", "character"], TypeKind::Char),
    (&["nchar", "varying"], TypeKind::VarChar),
    (&["nchar", "varchar"], TypeKind::VarChar),
    (&["nchar"], TypeKind::Char),
    (&["nvarchar"], TypeKind::VarChar),
    (&["long", "varchar"], TypeKind::MediumText),
    (&["long", "char", "varying"], TypeKind::MediumText),
    (&["long", "character", "varying"], TypeKind::MediumText),
    (&["long", "varbinary"], TypeKind::MediumBlob),
    (&["long"], TypeKind::MediumText),
    (&["char", "varying"], TypeKind::VarChar),
    (&["character", "varying"], TypeKind::VarChar),
    (&["char", "byte"], TypeKind::Binary),
    (&["character", "byte"], TypeKind::Binary),
    (&["char"], TypeKind::Char),
    (&["character"], TypeKind::Char),
    (&["varchar"], TypeKind::VarChar),
    (&["varcharacter"], TypeKind::VarChar),
    (&["tinytext"], TypeKind::TinyText),
    (&["text"], TypeKind::Text),
    (&["mediumtext"], TypeKind::MediumText),
    (&["longtext"], TypeKind::LongText),
    (&["binary", "varying"], TypeKind::VarBinary),
    (&["binary"], TypeKind::Binary),
    (&["varbinary"], TypeKind::VarBinary),
    (&["tinyblob"], TypeKind::TinyBlob),
    (&["blob"], TypeKind::Blob),
    (&["mediumblob"], TypeKind::MediumBlob),
    (&["longblob"], TypeKind::LongBlob),
    (&["enum"], TypeKind::Enum),
    (&["set"], TypeKind::Set),
    (&["date"], TypeKind::Date),
    (&["time"], TypeKind::Time),
    (&["datetime"], TypeKind::DateTime),
    (&["timestamp"], TypeKind::Timestamp),
    (&["year"], TypeKind::Year),
    (&["json"], TypeKind::Json),
    (&["geometry"], TypeKind::Geometry),
    (&["point"], TypeKind::Point),
    (&["linestring"], TypeKind::LineString),
    (&["polygon"], TypeKind::Polygon),
    (&["multipoint"], TypeKind::MultiPoint),
    (&["multilinestring"], TypeKind::MultiLineString),
    (&["multipolygon"], TypeKind::MultiPolygon),
    (&["geometrycollection"], TypeKind::GeomCollection),
    (&["geomcollection"], TypeKind::GeomCollection),
    (&["vector"], TypeKind::Vector),
];

/// Reads `(n)`, `(m, d)` or `('a', …)`.
fn arguments(cursor: &mut Cursor<'_>, column_type: &mut ColumnType) -> Result<(), Error> {
    if matches!(column_type.kind, TypeKind::Enum | TypeKind::Set) {
        column_type.members = cursor.list(Cursor::string)?;
        return Ok(());
    }
    if *cursor.peek() != Token::LParen {
        return Ok(());
    }
    if column_type.kind == TypeKind::Year {
        // YEAR(4) is YEAR.
        let mut inside = cursor.parenthesised()?;
        inside.integer::<u32>()?;
        return inside.expect_end();
    }
    let numbers = cursor.list(Cursor::integer::<u32>)?;
    column_type.length = numbers.first().copied();
    column_type.scale = numbers.get(1).copied();
    let scaled = matches!(
        column_type.kind,
        TypeKind::Decimal | TypeKind::Float | TypeKind::Double
    );
    if numbers.len() > if scaled { 2 } else { 1 } {
        return Err(cursor.expected("expected fewer arguments of the type before"));
    }
    if let (TypeKind::Float, Some(bits), None) =
        (column_type.kind, column_type.length, column_type.scale)
    {
        // FLOAT(p) only chooses between the two types.
        column_type.kind = if bits > 24 {
            TypeKind::Double
        } else {
            TypeKind::Float
        };
        column_type.length = None;
    }
    Ok(())
}

fn sign(cursor: &mut Cursor<'_>, column_type: &mut ColumnType) -> bool {
    match cursor.eat_one_of(&["unsigned", "signed", "zerofill"]) {
        Some("unsigned") => column_type.unsigned = true,
        Some("zerofill") => {
            column_type.zerofill = true;
        }
        Some(_) => {}
        None => return false,
    }
    true
}

/// Reads `CHARACTER SET x`, `CHARSET x`, `COLLATE x`, and the old attributes ASCII, UNICODE, BYTE and BINARY.
fn charset(cursor: &mut Cursor<'_>, column_type: &mut ColumnType) -> Result<bool, Error> {
    if cursor.eat_words(&["character", "set"])
        || cursor.eat_word("charset")
        || cursor.eat_words(&["char", "set"])
    {
        cursor.eat(&Token::Eq);
        column_type.charset = Some(option::name(cursor)?);
    } else if cursor.eat_word("collate") {
        cursor.eat(&Token::Eq);
        column_type.collation = Some(option::name(cursor)?);
    } else if cursor.eat_word("ascii") {
        column_type.charset = Some("latin1".into());
    } else if cursor.eat_word("unicode") {
        column_type.charset = Some("ucs2".into());
    } else if cursor.eat_word("byte") {
        column_type.charset = Some("binary".into());
    } else if cursor.eat_word("binary") {
        // The binary collation of whatever charset applies; which, only the table knows.
        column_type.collation = Some(BINARY_COLLATION.into());
    } else {
        return Ok(false);
    }
    if column_type.collation.as_deref() == Some(BINARY_COLLATION)
        && let Some(charset) = &column_type.charset
    {
        column_type.collation = Some(format!("{charset}{BINARY_COLLATION}"));
    }
    Ok(true)
}
