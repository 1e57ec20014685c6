//! LIKE and regular expressions.
//!
//! LIKE compares character by character under the collation. Regular expressions are the `regex` crate's: linear time,
//! so no pattern can hang a server; back references and look-around, which ICU has, are refused (error 3685).

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::{Call, Function, Returns};
use crate::engine::collation::Collation;
use crate::sql::SqlError;
use crate::value::Value;

type Outcome = Result<Value, SqlError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexp_like", 2, 3, Returns::Boolean, |call| {
        let regex = compile(call, call.args.get(2).map(|_| call.text(2).into_owned()))?;
        Ok(Value::Int(i64::from(regex.is_match(&call.text(0)))))
    }),
    Function::new("regexp_replace", 3, 6, Returns::Text, regexp_replace),
    Function::new("regexp_substr", 2, 5, Returns::Text, regexp_substr),
    Function::new("regexp_instr", 2, 6, Returns::Integer, regexp_instr),
];

pub(super) const INTERNAL: &[Function] = &[Function::new("like", 2, 3, Returns::Boolean, like)];

fn like(call: &Call<'_>) -> Outcome {
    let escape = if call.args.len() > 2 {
        call.text(2).chars().next()
    } else {
        Some('\\')
    };
    let collation = match call.value(0) {
        Value::Bytes(_) => Collation::BINARY,
        _ => call.args[0].tag.collation(),
    };
    let text: Vec<char> = call.text(0).chars().collect();
    let pattern = parse(&call.text(1), escape);
    Ok(Value::Int(i64::from(matches(&text, &pattern, collation))))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    One(char),
    Any,
    Many,
}

fn parse(pattern: &str, escape: Option<char>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            c if Some(c) == escape => Part::One(chars.next().unwrap_or(c)),
            '%' => Part::Many,
            '_' => Part::Any,
            c => Part::One(c),
        });
    }
    parts
}

/// Greedy matching with one point of return: linear in practice, quadratic at worst.
fn matches(text: &[char], pattern: &[Part], collation: Collation) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let step = match pattern.get(part) {
            Some(Part::Many) => {
                retry = Some((part + 1, at));
                part += 1;
                continue;
            }
            Some(Part::Any) => true,
            Some(Part::One(c)) => collation.same_char(*c, text[at]),
            None => false,
        };
        if step {
            at += 1;
            part += 1;
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            part = after;
            at = from + 1;
        } else {
            return false;
        }
    }
    pattern[part..].iter().all(|part| *part == Part::Many)
}

thread_local! {
    /// Patterns compiled before; statements use few.
    static COMPILED: RefCell<HashMap<(String, String), Regex>> = RefCell::new(HashMap::new());
}

fn compile(call: &Call<'_>, flags: Option<String>) -> Result<Regex, SqlError> {
    let binary = call
        .args
        .iter()
        .take(2)
        .any(|arg| matches!(arg.value, Value::Bytes(_)));
    let ignores = call.args[0].tag.collation().ignores_case() && !binary;
    let flags = format!(
        "{}{}",
        if ignores { "i" } else { "c" },
        flags.unwrap_or_default()
    );
    let pattern = call.text(1).into_owned();
    if pattern.is_empty() {
        return Err(SqlError::new(
            3685,
            "HY000",
            "Illegal argument to a regular expression.",
        ));
    }
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() > 64 {
            compiled.clear();
        }
        let key = (pattern, flags);
        if let Some(regex) = compiled.get(&key) {
            return Ok(regex.clone());
        }
        let mut builder = RegexBuilder::new(&key.0);
        builder.size_limit(1 << 20);
        for flag in key.1.chars() {
            match flag {
                'i' => builder.case_insensitive(true),
                'c' => builder.case_insensitive(false),
                'm' => builder.multi_line(true),
                'n' => builder.dot_matches_new_line(true),
                'u' => &mut builder,
                _ => {
                    return Err(SqlError::new(
                        1210,
                        "HY000",
                        "Incorrect arguments to regexp_like",
                    ));
                }
            };
        }
        let regex = builder.build().map_err(|error| {
            let reason = error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned();
            SqlError::new(
                3685,
                "HY000",
                format!("Illegal argument to a regular expression: {reason}"),
            )
        })?;
        compiled.insert(key, regex.clone());
        Ok(regex)
    })
}

/// Byte offset of a 1-based character position; `None` past the end.
fn offset(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position - 1).ok()?;
    text.char_indices()
        .map(|(at, _)| at)
        .chain(std::iter::once(text.len()))
        .nth(position)
}

fn start(call: &Call<'_>, text: &str, argument: usize) -> Result<usize, SqlError> {
    offset(text, call.index(argument, 1)).ok_or_else(|| {
        SqlError::new(
            3686,
            "HY000",
            "Index out of bounds in regular expression search.",
        )
    })
}

fn flags(call: &Call<'_>, argument: usize) -> Option<String> {
    call.args
        .get(argument)
        .map(|_| call.text(argument).into_owned())
}

fn regexp_replace(call: &Call<'_>) -> Outcome {
    let regex = compile(call, flags(call, 5))?;
    let (text, by) = (call.text(0), call.text(2));
    let start = start(call, &text, 3)?;
    let occurrence = usize::try_from(call.index(4, 0)).unwrap_or(0);
    let mut out = text[..start].to_owned();
    let mut last = start;
    for (position, found) in regex.captures_iter(&text[start..]).enumerate() {
        if occurrence != 0 && position + 1 != occurrence {
            continue;
        }
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[last..start + whole.start()]);
        found.expand(&by.replace("$0", "${0}"), &mut out);
        last = start + whole.end();
    }
    out.push_str(&text[last..]);
    Ok(Value::Text(out))
}

fn nth<'t>(
    regex: &Regex,
    text: &'t str,
    start: usize,
    occurrence: i64,
) -> Option<regex::Match<'t>> {
    regex
        .find_iter(&text[start..])
        .nth(usize::try_from(occurrence - 1).unwrap_or(0))
}

fn regexp_substr(call: &Call<'_>) -> Outcome {
    let regex = compile(call, flags(call, 4))?;
    let text = call.text(0);
    let start = start(call, &text, 2)?;
    let found = nth(&regex, &text, start, call.index(3, 1)).map(|found| found.as_str().to_owned());
    Ok(found.into())
}

fn regexp_instr(call: &Call<'_>) -> Outcome {
    let regex = compile(call, flags(call, 5))?;
    let text = call.text(0);
    let start = start(call, &text, 2)?;
    let Some(found) = nth(&regex, &text, start, call.index(3, 1)) else {
        return Ok(Value::Int(0));
    };
    let at = start
        + if call.index(4, 0) == 1 {
            found.end()
        } else {
            found.start()
        };
    Ok(Value::Int(
        i64::try_from(text[..at].chars().count() + 1).unwrap_or(i64::MAX),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        let check = |text: &str, pattern: &str, expected: bool| {
            let text_chars: Vec<char> = text.chars().collect();
            assert_eq!(
                matches(&text_chars, &parse(pattern, Some('\\')), Collation::DEFAULT),
                expected,
                "{text} LIKE {pattern}"
            );
        };
        check("David!", "David_", true);
        check("David!", "%D%v%", true);
        check("david!", "D%", true);
        check("David!", "David\\_", false);
        check("David_", "David\\_", true);
        check("", "%", true);
        check("", "_", false);
        check("abcabd", "%abd", true);
        check("aab", "a%b_", false);
        check(&"a".repeat(5000), &format!("{}b", "%a".repeat(50)), false);
    }
}
