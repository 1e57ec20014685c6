//! The words of a `CALL`, read as Dolt's command line reads them: long options after one dash or two, short ones
//! together (`-am`), values after `=` or as the next word, `--` before words that only look like options.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::SqlError;

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing: it is a flag.
    Nothing,
    /// One value.
    Value,
}

/// An option that a procedure knows: its name, its letter, and what follows it.
pub(super) type Known = (&'static str, Option<char>, Takes);

/// Returns a flag.
pub(super) const fn flag(name: &'static str, letter: Option<char>) -> Known {
    (name, letter, Takes::Nothing)
}

/// Returns an option with a value.
pub(super) const fn value(name: &'static str, letter: Option<char>) -> Known {
    (name, letter, Takes::Value)
}

/// Words, sorted into options and the rest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    flags: BTreeSet<&'static str>,
    values: BTreeMap<&'static str, Vec<String>>,
    /// Words that are no option, in order.
    pub(super) rest: Vec<String>,
    /// How many of the rest stand before `--`; absent where there is none.
    pub(super) before_dashes: Option<usize>,
}

impl Arguments {
    /// Reads words.
    ///
    /// # Errors
    /// 1105 for an option that is not known or lacks its value.
    pub(super) fn parse(words: &[String], known: &[Known]) -> Result<Self, SqlError> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if arguments.before_dashes.is_some() || !word.starts_with('-') || word == "-" {
                arguments.rest.push(word.clone());
            } else if word == "--" {
                arguments.before_dashes = Some(arguments.rest.len());
            } else {
                arguments.option(word, &mut words, known)?;
            }
        }
        Ok(arguments)
    }

    fn option(
        &mut self,
        word: &str,
        words: &mut std::slice::Iter<'_, String>,
        known: &[Known],
    ) -> Result<(), SqlError> {
        let bare = word.trim_start_matches('-');
        let (name, attached) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (bare, None),
        };
        let long = known.iter().find(|(long, letter, _)| {
            *long == name || letter.is_some_and(|letter| name.chars().eq([letter]))
        });
        if let Some((name, _, takes)) = long {
            return self.take(name, *takes, attached, words);
        }
        if word.starts_with("--") {
            return Err(unknown(bare));
        }
        // Letters together; the last one that takes a value may have it attached.
        let letters = bare.char_indices();
        for (at, letter) in letters {
            let (name, _, takes) = known
                .iter()
                .find(|(_, known, _)| *known == Some(letter))
                .ok_or_else(|| unknown(bare))?;
            let after = bare[at + letter.len_utf8()..].trim_start_matches('=');
            if *takes == Takes::Value && !after.is_empty() {
                return self.take(name, *takes, Some(after.to_owned()), words);
            }
            self.take(name, *takes, None, words)?;
            if *takes == Takes::Value {
                break;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        name: &'static str,
        takes: Takes,
        attached: Option<String>,
        words: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), SqlError> {
        match takes {
            Takes::Nothing => {
                self.flags.insert(name);
            }
            Takes::Value => {
                let value = attached.or_else(|| words.next().cloned());
                let value = value.ok_or_else(|| {
                    SqlError::unknown(format!("error: no value for option `{name}'"))
                })?;
                self.values.entry(name).or_default().push(value);
            }
        }
        Ok(())
    }

    /// Tells whether a flag is given.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// Returns the value of an option, the last one where it is given more than once.
    pub(super) fn value(&self, option: &str) -> Option<&str> {
        self.values.get(option)?.last().map(String::as_str)
    }

    /// Returns every value of an option.
    pub(super) fn values(&self, option: &str) -> &[String] {
        self.values
            .get(option)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Refuses two flags together.
    ///
    /// # Errors
    /// 1105 when both are given.
    pub(super) fn exclude(&self, one: &str, other: &str) -> Result<(), SqlError> {
        if self.has(one) && self.has(other) {
            return Err(SqlError::unknown(format!(
                "error: Flags '--{one}' and '--{other}' cannot be used together"
            )));
        }
        Ok(())
    }
}

fn unknown(option: &str) -> SqlError {
    SqlError::unknown(format!("error: unknown option `{option}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Known] = &[
        value("message", Some('m')),
        flag("all", Some('a')),
        flag("ALL", Some('A')),
        flag("amend", None),
    ];

    fn parse(words: &[&str]) -> Result<Arguments, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Arguments::parse(&words, KNOWN).map_err(|error| error.message)
    }

    #[test]
    fn spellings_of_one_option_are_alike() {
        for words in [
            &["-am", "x"][..],
            &["-a", "-m", "x"],
            &["--all", "--message=x"],
            &["-amx"],
            &["-all", "-m=x"],
        ] {
            let read = parse(words).unwrap();
            assert!(read.has("all") && !read.has("ALL"), "{words:?}");
            assert_eq!(read.value("message"), Some("x"), "{words:?}");
        }
        assert!(parse(&["-amend"]).unwrap().has("amend"));
        assert!(parse(&["-ALL"]).unwrap().has("ALL"));
    }

    #[test]
    fn words_after_two_dashes_are_no_options() {
        let read = parse(&["t", "--", "-a"]).unwrap();
        assert_eq!(
            (read.rest, read.before_dashes),
            (vec!["t".into(), "-a".into()], Some(1))
        );
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        assert_eq!(
            parse(&["--abrot"]).unwrap_err(),
            "error: unknown option `abrot'"
        );
        assert_eq!(
            parse(&["-m"]).unwrap_err(),
            "error: no value for option `message'"
        );
    }
}
