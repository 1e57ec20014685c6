//! String functions. Manual: "String Functions and Operators". Positions count characters from 1, bytes for binary
//! strings.

use super::{Call, Function, MANY, Returns};
use crate::engine::storage::{enum_member, set_members};
use crate::engine::types::Family;
use crate::sql::SqlError;
use crate::value::Value;

type Outcome = Result<Value, SqlError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("concat", 1, MANY, Returns::Text, |call| {
        Ok(call.string(
            call.args
                .iter()
                .flat_map(|arg| arg.bytes().unwrap_or_default().into_owned())
                .collect(),
        ))
    }),
    Function::new("concat_ws", 2, MANY, Returns::Text, concat_ws).sees_nulls(),
    Function::new("upper", 1, 1, Returns::Text, |call| {
        Ok(map_text(call, upper))
    }),
    Function::new("lower", 1, 1, Returns::Text, |call| {
        Ok(map_text(call, lower))
    }),
    Function::new("length", 1, 1, Returns::Integer, |call| {
        Ok(count(call.bytes(0).len()))
    }),
    Function::new("bit_length", 1, 1, Returns::Integer, |call| {
        Ok(count(call.bytes(0).len() * 8))
    }),
    Function::new("char_length", 1, 1, Returns::Integer, |call| {
        Ok(count(Text::of(call, 0).len()))
    }),
    Function::new("substring", 2, 3, Returns::TextBut(&[1, 2]), substring),
    Function::new("left", 2, 2, Returns::TextBut(&[1]), |call| {
        let text = Text::of(call, 0);
        let taken = usize::try_from(call.index(1, 0))
            .unwrap_or(0)
            .min(text.len());
        Ok(call.string(text.slice(0, taken)))
    }),
    Function::new("right", 2, 2, Returns::TextBut(&[1]), |call| {
        let text = Text::of(call, 0);
        let taken = usize::try_from(call.index(1, 0))
            .unwrap_or(0)
            .min(text.len());
        Ok(call.string(text.slice(text.len() - taken, text.len())))
    }),
    Function::new("lpad", 3, 3, Returns::TextBut(&[1]), |call| {
        pad(call, Side::Left)
    }),
    Function::new("rpad", 3, 3, Returns::TextBut(&[1]), |call| {
        pad(call, Side::Right)
    }),
    Function::new("ltrim", 1, 2, Returns::Text, |call| trim(call, true, false)),
    Function::new("rtrim", 1, 2, Returns::Text, |call| trim(call, false, true)),
    Function::new("trim", 1, 2, Returns::Text, |call| trim(call, true, true)),
    Function::new("replace", 3, 3, Returns::Text, replace),
    Function::new("insert", 4, 4, Returns::TextBut(&[1, 2]), insert),
    Function::new("locate", 2, 3, Returns::Integer, |call| {
        Ok(count(locate(call, 0, 1, call.index(2, 1))))
    }),
    Function::new("instr", 2, 2, Returns::Integer, |call| {
        Ok(count(locate(call, 1, 0, 1)))
    }),
    Function::new("reverse", 1, 1, Returns::Text, |call| {
        match call.result.family() {
            Family::Bytes => Ok(Value::Bytes(call.bytes(0).iter().rev().copied().collect())),
            _ => Ok(Value::Text(call.text(0).chars().rev().collect())),
        }
    }),
    Function::new("repeat", 2, 2, Returns::TextBut(&[1]), |call| {
        repeated(call, &call.bytes(0), call.index(1, 0))
    }),
    Function::new("space", 1, 1, Returns::Ascii, |call| {
        repeated(call, b" ", call.index(0, 0))
    }),
    Function::new("strcmp", 2, 2, Returns::Integer, |call| {
        let order = call.args[0]
            .tag
            .collation()
            .compare(&call.text(0), &call.text(1));
        Ok(Value::Int(order as i64))
    }),
    Function::new("field", 2, MANY, Returns::Integer, field).sees_nulls(),
    Function::new("elt", 2, MANY, Returns::TextBut(&[0]), elt).sees_nulls(),
    Function::new("find_in_set", 2, 2, Returns::Integer, |call| {
        let collation = call.args[0].tag.collation();
        let (wanted, list) = (call.text(0), call.text(1));
        let found = list
            .split(',')
            .position(|item| collation.compare(item, &wanted).is_eq());
        Ok(count(if list.is_empty() {
            0
        } else {
            found.map_or(0, |position| position + 1)
        }))
    }),
    Function::new("ascii", 1, 1, Returns::Integer, |call| {
        Ok(Value::Int(
            call.bytes(0).first().map_or(0, |byte| i64::from(*byte)),
        ))
    }),
    Function::new("ord", 1, 1, Returns::Integer, |call| {
        let text = call.text(0);
        let first = text
            .chars()
            .next()
            .map(|c| c.to_string())
            .unwrap_or_default();
        Ok(Value::Int(
            first
                .bytes()
                .fold(0, |number, byte| number << 8 | i64::from(byte)),
        ))
    }),
    Function::new("hex", 1, 1, Returns::Ascii, hex),
    Function::new("unhex", 1, 1, Returns::Bytes, |call| {
        Ok(crate::sql::literal::hex_bytes(&call.text(0)).into())
    }),
    Function::new("quote", 1, 1, Returns::Text, quote).sees_nulls(),
    Function::new(
        "substring_index",
        3,
        3,
        Returns::TextBut(&[2]),
        substring_index,
    ),
    Function::new("format", 2, 3, Returns::Ascii, format_number),
    Function::new("make_set", 2, MANY, Returns::TextBut(&[0]), make_set).sees_nulls(),
    Function::new("export_set", 3, 5, Returns::TextBut(&[0, 4]), export_set),
    Function::new("soundex", 1, 1, Returns::Text, |call| {
        Ok(Value::Text(soundex(&call.text(0))))
    }),
    Function::new("weight_string", 1, 1, Returns::Bytes, |call| {
        Ok(Value::Bytes(
            call.args[0].tag.collation().key(&call.text(0)),
        ))
    }),
];

pub(super) const INTERNAL: &[Function] = &[
    Function::new("char", 1, MANY, Returns::Bytes, char_codes).sees_nulls(),
    Function::new("enum_text", 1, MANY, Returns::Given, |call| {
        Ok(Value::Text(enum_member(
            &members(call),
            call.value(0).to_u64().unwrap_or(0),
        )))
    }),
    Function::new("set_text", 1, MANY, Returns::Given, |call| {
        Ok(Value::Text(set_members(
            &members(call),
            call.value(0).to_u64().unwrap_or(0),
        )))
    }),
];

fn members(call: &Call<'_>) -> Vec<String> {
    (1..call.args.len())
        .map(|position| call.text(position).into_owned())
        .collect()
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn map_text(call: &Call<'_>, map: fn(char) -> char) -> Value {
    match call.result.family() {
        Family::Bytes => Value::Bytes(call.bytes(0).into_owned()),
        _ => Value::Text(call.text(0).chars().map(map).collect()),
    }
}

/// The upper case that is one character (Unicode's simple mapping, which MySQL's tables hold): `ß` has none, and Greek
/// letters with a iota subscript keep it.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    if let (Some(one), None) = (mapped.next(), mapped.next()) {
        return one;
    }
    let distance = match c {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(c) + distance).unwrap_or(c)
}

/// The lower case that is one character: of `İ`, the only letter with more, `i`.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// A string as its characters' bytes: one character, or one byte of a binary string, each.
struct Text {
    units: Vec<Vec<u8>>,
}

impl Text {
    fn of(call: &Call<'_>, position: usize) -> Self {
        let units = match call.value(position) {
            Value::Bytes(bytes) => bytes.iter().map(|byte| vec![*byte]).collect(),
            _ => call
                .text(position)
                .chars()
                .map(|c| c.to_string().into_bytes())
                .collect(),
        };
        Self { units }
    }

    fn len(&self) -> usize {
        self.units.len()
    }

    fn slice(&self, from: usize, to: usize) -> Vec<u8> {
        self.units[from.min(self.len())..to.min(self.len())].concat()
    }
}

fn concat_ws(call: &Call<'_>) -> Outcome {
    if call.args[0].is_null() {
        return Ok(Value::Null);
    }
    let separator = call.bytes(0);
    let parts: Vec<Vec<u8>> = call.args[1..]
        .iter()
        .filter_map(|arg| arg.bytes().map(|bytes| bytes.into_owned()))
        .collect();
    Ok(call.string(parts.join(&separator[..])))
}

fn substring(call: &Call<'_>) -> Outcome {
    let text = Text::of(call, 0);
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let from = match call.index(1, 0) {
        from if from > 0 => from - 1,
        from if from < 0 && -from <= length => length + from,
        _ => return Ok(call.string(Vec::new())),
    };
    let taken = call.index(2, length).max(0);
    let to = from.saturating_add(taken).min(length);
    let at = |position: i64| usize::try_from(position).unwrap_or(0);
    Ok(call.string(text.slice(at(from), at(to).max(at(from)))))
}

#[derive(PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The longest string that a function builds, in bytes (MySQL's `max_allowed_packet`).
const LONGEST: usize = 64 << 20;

fn pad(call: &Call<'_>, side: Side) -> Outcome {
    let (text, filler) = (Text::of(call, 0), Text::of(call, 2));
    let Ok(wanted) = usize::try_from(call.index(1, 0)) else {
        return Ok(Value::Null);
    };
    if wanted <= text.len() {
        return Ok(call.string(text.slice(0, wanted)));
    }
    if wanted > LONGEST {
        return Ok(too_long(call));
    }
    if filler.len() == 0 {
        return Ok(call.string(Vec::new()));
    }
    let padding: Vec<u8> = filler
        .units
        .iter()
        .cycle()
        .take(wanted - text.len())
        .flatten()
        .copied()
        .collect();
    let own = text.slice(0, text.len());
    Ok(call.string(if side == Side::Left {
        [padding, own].concat()
    } else {
        [own, padding].concat()
    }))
}

fn too_long(call: &Call<'_>) -> Value {
    call.session.warn(
        1301,
        format!(
            "Result of a string function was larger than max_allowed_packet ({LONGEST}) - truncated"
        ),
    );
    Value::Null
}

fn repeated(call: &Call<'_>, bytes: &[u8], times: i64) -> Outcome {
    let times = usize::try_from(times).unwrap_or(0);
    if bytes.len().saturating_mul(times) > LONGEST {
        return Ok(too_long(call));
    }
    Ok(call.string(bytes.repeat(times)))
}

fn trim(call: &Call<'_>, left: bool, right: bool) -> Outcome {
    let bytes = call.bytes(0);
    let what = if call.args.len() > 1 {
        call.bytes(1).into_owned()
    } else {
        b" ".to_vec()
    };
    let mut rest = &bytes[..];
    if !what.is_empty() {
        while let Some(shorter) = rest.strip_prefix(&what[..]).filter(|_| left) {
            rest = shorter;
        }
        while let Some(shorter) = rest.strip_suffix(&what[..]).filter(|_| right) {
            rest = shorter;
        }
    }
    Ok(call.string(rest.to_vec()))
}

fn replace(call: &Call<'_>) -> Outcome {
    let (text, from, to) = (call.bytes(0), call.bytes(1), call.bytes(2));
    if from.is_empty() {
        return Ok(call.string(text.into_owned()));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(&from[..]) {
            out.extend_from_slice(&to);
            rest = after;
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
        if out.len() > LONGEST {
            return Ok(too_long(call));
        }
    }
    Ok(call.string(out))
}

fn insert(call: &Call<'_>) -> Outcome {
    let text = Text::of(call, 0);
    let at = usize::try_from(call.index(1, 0)).unwrap_or(0);
    if at == 0 || at > text.len() {
        return Ok(call.string(text.slice(0, text.len())));
    }
    let taken = usize::try_from(call.index(2, 0)).unwrap_or(text.len());
    let mut out = text.slice(0, at - 1);
    out.extend_from_slice(&call.bytes(3));
    out.extend(text.slice((at - 1).saturating_add(taken), text.len()));
    Ok(call.string(out))
}

/// The 1-based position of one argument in another, from a position on; 0 where it is not found.
fn locate(call: &Call<'_>, needle: usize, text: usize, from: i64) -> usize {
    let binary = [needle, text]
        .iter()
        .any(|position| matches!(call.value(*position), Value::Bytes(_)));
    let Ok(from) = usize::try_from(from - 1) else {
        return 0;
    };
    let (needle_arg, text_arg) = (call.text(needle), call.text(text));
    let (needle_chars, text_chars): (Vec<char>, Vec<char>) =
        (needle_arg.chars().collect(), text_arg.chars().collect());
    if from > text_chars.len() {
        return 0;
    }
    let collation = call.args[text].tag.collation();
    let same = |a: &char, b: &char| {
        if binary {
            a == b
        } else {
            collation.same_char(*a, *b)
        }
    };
    let last = text_chars.len().checked_sub(needle_chars.len());
    let found = last.and_then(|last| {
        (from..=last).find(|start| {
            needle_chars
                .iter()
                .zip(&text_chars[*start..])
                .all(|(a, b)| same(a, b))
        })
    });
    found.map_or(0, |position| position + 1)
}

/// FIELD compares as strings if all are, as numbers if all are, else as doubles.
fn field(call: &Call<'_>) -> Outcome {
    if call.args[0].is_null() {
        return Ok(Value::Int(0));
    }
    let texts = call
        .args
        .iter()
        .all(|arg| matches!(arg.value, Value::Text(_) | Value::Bytes(_) | Value::Null));
    let collation = call.args[0].tag.collation();
    let found = call.args[1..].iter().position(|arg| {
        if arg.is_null() {
            return false;
        }
        if texts {
            return collation
                .compare(&call.text(0), &arg.text().unwrap_or_default())
                .is_eq();
        }
        arg.double() == call.args[0].double()
    });
    Ok(count(found.map_or(0, |position| position + 1)))
}

fn elt(call: &Call<'_>) -> Outcome {
    let chosen = usize::try_from(call.index(0, 0))
        .ok()
        .filter(|position| *position > 0)
        .and_then(|position| call.args.get(position));
    Ok(chosen
        .and_then(|arg| arg.bytes())
        .map_or(Value::Null, |bytes| call.string(bytes.into_owned())))
}

fn hex(call: &Call<'_>) -> Outcome {
    let digits = match call.value(0) {
        Value::Int(number) => format!("{number:X}"),
        Value::UInt(number) => format!("{number:X}"),
        Value::Decimal(_) | Value::Float(_) | Value::Double(_) => {
            let number = call.args[0].integer().unwrap_or(0);
            format!(
                "{:X}",
                number.clamp(i128::from(i64::MIN), i128::from(u64::MAX)) as u64
            )
        }
        _ => call
            .bytes(0)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect(),
    };
    Ok(Value::Text(digits))
}

fn quote(call: &Call<'_>) -> Outcome {
    let Some(text) = call.args[0].text() else {
        return Ok(Value::Text("NULL".to_owned()));
    };
    let mut out = "'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\0' => out.push_str("\\0"),
            '\u{1a}' => out.push_str("\\Z"),
            c => out.push(c),
        }
    }
    out.push('\'');
    Ok(Value::Text(out))
}

fn substring_index(call: &Call<'_>) -> Outcome {
    let (text, delimiter, times) = (call.text(0), call.text(1), call.index(2, 0));
    if delimiter.is_empty() || times == 0 {
        return Ok(call.string(Vec::new()));
    }
    let wanted = usize::try_from(times.unsigned_abs()).unwrap_or(usize::MAX);
    let part = if times > 0 {
        text.match_indices(&*delimiter)
            .nth(wanted - 1)
            .map_or(&*text, |(at, _)| &text[..at])
    } else {
        text.rmatch_indices(&*delimiter)
            .nth(wanted - 1)
            .map_or(&*text, |(at, found)| &text[at + found.len()..])
    };
    Ok(call.string(part.as_bytes().to_vec()))
}

/// FORMAT in the locale en_US; others that print the same are accepted, the rest named in a warning.
fn format_number(call: &Call<'_>) -> Outcome {
    let digits = i32::try_from(call.index(1, 0).clamp(0, 30)).unwrap_or(0);
    let text = match call.args[0].number().as_ref() {
        Value::Float(_) | Value::Double(_) | Value::Text(_) => {
            format!("{:.*}", usize::try_from(digits).unwrap_or(0), {
                let unit = 10_f64.powi(digits);
                let scaled = call.double(0) * unit;
                if scaled.abs() < 1e15 {
                    (scaled.abs() + 1e-9).round().copysign(scaled) / unit
                } else {
                    call.double(0)
                }
            })
        }
        _ => {
            let exact = call.args[0]
                .decimal()
                .unwrap_or_else(|| crate::value::Decimal::from(0_i64));
            exact.round(digits).unwrap_or(exact).to_string()
        }
    };
    let (sign, rest) = text
        .strip_prefix('-')
        .map_or(("", &*text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or(""))
        .collect();
    let point = if fraction.is_empty() {
        String::new()
    } else {
        format!(".{fraction}")
    };
    Ok(Value::Text(format!("{sign}{}{point}", groups.join(","))))
}

fn make_set(call: &Call<'_>) -> Outcome {
    let Some(bits) = call.args[0].integer() else {
        return Ok(Value::Null);
    };
    let chosen = call.args[1..]
        .iter()
        .enumerate()
        .filter(|(bit, _)| *bit < 64 && bits >> bit & 1 == 1);
    let parts: Vec<String> = chosen
        .filter_map(|(_, arg)| arg.text().map(|text| text.into_owned()))
        .collect();
    Ok(Value::Text(parts.join(",")))
}

fn export_set(call: &Call<'_>) -> Outcome {
    let bits = call.args[0].number().to_u64().unwrap_or(0);
    let separator = if call.args.len() > 3 {
        call.text(3).into_owned()
    } else {
        ",".to_owned()
    };
    let length = call.index(4, 64).clamp(0, 64);
    let parts: Vec<String> = (0..length)
        .map(|bit| {
            call.text(if bits >> bit & 1 == 1 { 1 } else { 2 })
                .into_owned()
        })
        .collect();
    Ok(Value::Text(parts.join(&separator)))
}

/// SOUNDEX of the original algorithm: vowels are dropped before doubled codes.
fn soundex(text: &str) -> String {
    let code = |c: char| match c.to_ascii_uppercase() {
        'B' | 'F' | 'P' | 'V' => '1',
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => '2',
        'D' | 'T' => '3',
        'L' => '4',
        'M' | 'N' => '5',
        'R' => '6',
        _ => '0',
    };
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut out: String = first.to_uppercase().collect();
    let mut last = code(first);
    for letter in letters {
        let digit = code(letter);
        if digit != '0' && digit != last {
            out.push(digit);
        }
        if digit != '0' {
            last = digit;
        }
    }
    while out.chars().count() < 4 {
        out.push('0');
    }
    out
}

fn char_codes(call: &Call<'_>) -> Outcome {
    let mut out = Vec::new();
    for code in call.args.iter().filter_map(|arg| arg.integer()) {
        let bytes = u32::try_from(code & 0xFFFF_FFFF).unwrap_or(0).to_be_bytes();
        let skip = bytes.iter().take_while(|byte| **byte == 0).count().min(3);
        out.extend_from_slice(&bytes[skip..]);
    }
    Ok(Value::Bytes(out))
}
