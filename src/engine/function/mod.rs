//! MySQL's functions in Rust, by family, and their registration with SQLite.
//!
//! A scalar function is registered as `my_<name>`. It is called with the tag of its result type, then each argument
//! followed by the tag of its static type; values are decoded, computed on as [`Value`]s and encoded again, so a
//! function knows nothing of SQLite. Behaviour is that of MySQL 8.0's manual, chapter "Functions and Operators".

mod aggregate;
mod arithmetic;
mod date_format;
mod digest;
mod interval;
mod json;
mod misc;
mod numeric;
mod pattern;
mod string;
mod temporal;

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value as Stored;

use super::convert::{Arg, fraction_digits};
use super::error;
use super::session::Session;
use super::storage::{Tag, decode, encode};
use super::translate::{Node, text_of};
use super::types::{Family, Origin, Type};
use crate::sql::SqlError;
use crate::value::{ColumnType, Value};

pub(super) use json::canonical as canonical_json;
pub(super) use json::compare as compare_json;

/// One call.
pub(super) struct Call<'a> {
    /// The arguments.
    pub(super) args: &'a [Arg],
    /// The static type of the result.
    pub(super) result: Tag,
    /// The connection's state.
    pub(super) session: &'a Session,
}

impl Call<'_> {
    /// The value of an argument; NULL where it was left out.
    fn value(&self, position: usize) -> &Value {
        const NULL: &Value = &Value::Null;
        self.args.get(position).map_or(NULL, |arg| &arg.value)
    }

    /// An argument as text; empty where it is NULL or was left out (functions that see NULLs ask first).
    fn text(&self, position: usize) -> std::borrow::Cow<'_, str> {
        self.args
            .get(position)
            .and_then(Arg::text)
            .unwrap_or_default()
    }

    /// An argument as bytes.
    fn bytes(&self, position: usize) -> std::borrow::Cow<'_, [u8]> {
        self.args
            .get(position)
            .and_then(Arg::bytes)
            .unwrap_or_default()
    }

    /// An argument as an integer of 64 bits, or the default where it was left out.
    fn index(&self, position: usize, default: i64) -> i64 {
        self.args
            .get(position)
            .and_then(Arg::index)
            .unwrap_or(default)
    }

    /// An argument as a double.
    fn double(&self, position: usize) -> f64 {
        self.args.get(position).and_then(Arg::double).unwrap_or(0.0)
    }

    /// Text in the result's family: bytes where an argument was binary.
    fn string(&self, bytes: Vec<u8>) -> Value {
        if self.result.family() == Family::Bytes {
            return Value::Bytes(bytes);
        }
        Value::Text(
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        )
    }
}

/// What a function does with NULL arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// Any NULL makes the result NULL; the function does not see it.
    Propagate,
    /// The function decides.
    Seen,
}

/// What the result's type is.
#[derive(Clone, Copy)]
enum Returns {
    Integer,
    Unsigned,
    Boolean,
    Double,
    /// Text in the arguments' collation; binary where one of them is.
    Text,
    /// As [`Self::Text`], of the arguments but those at these positions, which are counts.
    TextBut(&'static [usize]),
    /// Text whatever the arguments.
    Ascii,
    Bytes,
    Date,
    DateTime(Digits),
    Time(Digits),
    /// DATE, TIME or DATETIME, by the parts that the format names, the second argument.
    Formatted,
    Json,
    /// DATETIME or TIME as the first argument is.
    LikeFirstTime,
    /// DOUBLE, or DECIMAL for exact arguments.
    Numeric,
    /// The rule does not apply: the translator gives the type.
    Given,
}

/// How many digits of the second a result has.
#[derive(Clone, Copy)]
enum Digits {
    /// As many as the first argument asks for: `NOW(3)`.
    Asked,
    /// As many as an argument has that counts seconds; all of a text and of a double.
    Counted(usize),
    /// As many as the arguments show, which are times or dates.
    Shown,
}

impl Digits {
    fn of(self, types: &[Type], nodes: &[Node]) -> u32 {
        let digits = match self {
            Self::Asked => nodes
                .first()
                .and_then(Node::value)
                .and_then(Value::to_u64)
                .and_then(|digits| u32::try_from(digits).ok())
                .unwrap_or(0),
            Self::Counted(position) => match types.get(position).map(|ty| (ty.family(), ty)) {
                Some((Family::Text | Family::Float, _)) => 6,
                Some((_, ty)) => ty.scale(),
                None => 0,
            },
            Self::Shown => {
                let shown = |(ty, node): (&Type, &Node)| match node.value() {
                    Some(Value::Text(text)) => fraction_digits(text),
                    _ => ty.scale(),
                };
                types.iter().zip(nodes).map(shown).max().unwrap_or(0)
            }
        };
        digits.min(6)
    }
}

/// Whether a call may be made ahead and its result kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stability {
    /// Equal arguments give equal results for ever.
    Fixed,
    /// The result depends on the statement or the session.
    Statement,
    /// Every call may give another result.
    Volatile,
}

/// A function.
pub(super) struct Function {
    /// Name, lower case.
    pub(super) name: &'static str,
    /// Fewest arguments.
    pub(super) least: usize,
    /// Most arguments.
    pub(super) most: usize,
    returns: Returns,
    nulls: Nulls,
    stability: Stability,
    eval: fn(&Call<'_>) -> Result<Value, SqlError>,
}

const MANY: usize = usize::MAX;

impl Function {
    const fn new(
        name: &'static str,
        least: usize,
        most: usize,
        returns: Returns,
        eval: fn(&Call<'_>) -> Result<Value, SqlError>,
    ) -> Self {
        Self {
            name,
            least,
            most,
            returns,
            nulls: Nulls::Propagate,
            stability: Stability::Fixed,
            eval,
        }
    }

    const fn sees_nulls(mut self) -> Self {
        self.nulls = Nulls::Seen;
        self
    }

    const fn of_statement(mut self) -> Self {
        self.stability = Stability::Statement;
        self
    }

    const fn volatile(mut self) -> Self {
        self.stability = Stability::Volatile;
        self
    }

    /// Whether a call on constants may be made while translating.
    pub(super) fn is_foldable(&self) -> bool {
        self.stability == Stability::Fixed
    }

    /// The result type for arguments of these types.
    ///
    /// # Errors
    /// Where collations do not mix.
    pub(super) fn result_type(&self, types: &[Type], nodes: &[Node]) -> Result<Type, SqlError> {
        let first = || types.first().cloned().unwrap_or_else(Type::null);
        Ok(match self.returns {
            Returns::Integer => Type::integer(),
            Returns::Unsigned => Type::unsigned(),
            Returns::Boolean => Type::boolean(),
            Returns::Double | Returns::Given => Type::double(),
            Returns::Text => joined(types)?,
            Returns::TextBut(counts) => {
                let texts = types.iter().enumerate();
                let texts = texts.filter(|(position, _)| !counts.contains(position));
                joined(&texts.map(|(_, ty)| ty.clone()).collect::<Vec<_>>())?
            }
            Returns::Ascii => Type::text(),
            Returns::Bytes => Type::bytes(),
            Returns::Date => Type::date(),
            Returns::DateTime(digits) => Type::datetime(digits.of(types, nodes)),
            Returns::Time(digits) => Type::time(digits.of(types, nodes)),
            Returns::Formatted => match nodes.get(1).and_then(Node::value) {
                Some(Value::Text(format)) => date_format::type_read(format),
                _ => Type::datetime(6),
            },
            Returns::Json => Type::json(),
            Returns::LikeFirstTime => match first().family() {
                Family::Date | Family::DateTime => {
                    Type::datetime(types.iter().map(Type::scale).max().unwrap_or(0))
                }
                Family::Time => Type::time(types.iter().map(Type::scale).max().unwrap_or(0)),
                _ => Type::text(),
            },
            Returns::Numeric if first().origin == Origin::BitLiteral => Type::unsigned(),
            Returns::Numeric => match first().family() {
                Family::Integer => Type {
                    column: ColumnType {
                        length: None,
                        ..first().column
                    },
                    ..first().passed_on()
                },
                Family::Decimal => first(),
                _ => Type::double(),
            },
        })
    }
}

/// The type of text made of arguments: binary where one of them is.
fn joined(types: &[Type]) -> Result<Type, SqlError> {
    if types.iter().any(|ty| ty.family() == Family::Bytes) {
        return Ok(Type::bytes());
    }
    text_of(types)
}

type Registry = HashMap<&'static str, &'static Function>;

/// Functions that statements may call, and those that only the translator calls.
static REGISTRIES: LazyLock<(Registry, Registry)> = LazyLock::new(|| {
    let by_name = |families: &[&'static [Function]]| {
        families
            .iter()
            .flat_map(|family| family.iter())
            .map(|function| (function.name, function))
            .collect()
    };
    (
        by_name(&[
            string::FUNCTIONS,
            numeric::FUNCTIONS,
            temporal::FUNCTIONS,
            json::FUNCTIONS,
            digest::FUNCTIONS,
            misc::FUNCTIONS,
            pattern::FUNCTIONS,
        ]),
        by_name(&[
            arithmetic::OPERATORS,
            misc::INTERNAL,
            temporal::INTERNAL,
            pattern::INTERNAL,
            string::INTERNAL,
            numeric::INTERNAL,
            json::INTERNAL,
        ]),
    )
});

/// Finds a function that the translator may call.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    REGISTRIES
        .1
        .get(name)
        .or_else(|| REGISTRIES.0.get(name))
        .copied()
}

/// Finds a function that a statement may call; synonyms are resolved.
pub(super) fn find_public(name: &str) -> Option<&'static Function> {
    let name = match name {
        "ucase" => "upper",
        "lcase" => "lower",
        "octet_length" => "length",
        "character_length" => "char_length",
        "substr" | "mid" => "substring",
        "position" => "locate",
        "power" => "pow",
        "ceiling" => "ceil",
        "current_timestamp" | "localtime" | "localtimestamp" | "sysdate" => "now",
        "current_date" => "curdate",
        "current_time" => "curtime",
        "dayofmonth" => "day",
        "schema" => "database",
        "session_user" | "system_user" | "current_user" => "user",
        "sha" => "sha1",
        "json_merge" => "json_merge_preserve",
        name => name,
    };
    REGISTRIES.0.get(name).copied()
}

/// Runs a function on decoded arguments and brings the result into its static type's family.
pub(super) fn evaluate(function: &Function, call: &Call<'_>) -> Result<Value, SqlError> {
    if function.nulls == Nulls::Propagate && call.args.iter().any(Arg::is_null) {
        return Ok(Value::Null);
    }
    let value = (function.eval)(call)?;
    Ok(fit(value, call.result))
}

/// Brings a value into a family, leniently.
fn fit(value: Value, tag: Tag) -> Value {
    match (tag.family(), &value) {
        (_, Value::Null)
        | (Family::Integer, Value::Int(_) | Value::UInt(_))
        | (Family::Decimal, Value::Decimal(_))
        | (Family::Float, Value::Double(_) | Value::Float(_))
        | (Family::Text, Value::Text(_))
        | (Family::Bytes, Value::Bytes(_))
        | (Family::Date, Value::Date(_))
        | (Family::DateTime, Value::DateTime(_))
        | (Family::Time, Value::Time(_))
        | (Family::Json, Value::Json(_)) => value,
        (Family::Integer, _) if tag.is_unsigned() => value.to_u64().into(),
        (Family::Integer, _) => value.to_i64().into(),
        (Family::Decimal, _) => value.to_decimal().into(),
        (Family::Float, _) => value.to_f64().into(),
        (Family::Text, _) => Arg { value, tag }
            .text()
            .map(|text| text.into_owned())
            .into(),
        (Family::Bytes, _) => value.to_bytes().map(|bytes| bytes.into_owned()).into(),
        (Family::Date, _) => value.to_date().map_or(Value::Null, Value::Date),
        (Family::DateTime, _) => value.to_datetime().map_or(Value::Null, Value::DateTime),
        (Family::Time, _) => value.to_time().map_or(Value::Null, Value::Time),
        (Family::Json, _) => Value::Json(json::from_value(&value).to_string()),
        _ => value,
    }
}

/// Registers every function and aggregate on a connection.
pub(super) fn register(
    connection: &rusqlite::Connection,
    session: &Session,
) -> rusqlite::Result<()> {
    for function in REGISTRIES.0.values().chain(REGISTRIES.1.values()).copied() {
        let flags = match function.stability {
            Stability::Fixed | Stability::Statement => {
                FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC
            }
            Stability::Volatile => FunctionFlags::SQLITE_UTF8,
        };
        let session = session.clone();
        connection.create_scalar_function(
            format!("my_{}", function.name).as_str(),
            -1,
            flags,
            move |context| {
                run(function, context, &session).map_err(|error| error::to_sqlite(&error))
            },
        )?;
    }
    aggregate::register(connection)
}

fn run(function: &Function, context: &Context<'_>, session: &Session) -> Result<Stored, SqlError> {
    let tag_at = |position: usize| Tag(context.get_raw(position).as_i64().unwrap_or(0));
    let mut args = Vec::with_capacity(context.len() / 2);
    let mut position = 1;
    while position + 1 < context.len() {
        let tag = tag_at(position + 1);
        args.push(Arg {
            value: decode(context.get_raw(position), tag),
            tag,
        });
        position += 2;
    }
    let result = if context.is_empty() {
        Tag(0)
    } else {
        tag_at(0)
    };
    let value = evaluate(
        function,
        &Call {
            args: &args,
            result,
            session,
        },
    )?;
    Ok(encode(&value))
}
