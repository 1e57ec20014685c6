//! Who commits, and when: git's configuration and the `GIT_AUTHOR_*` and `GIT_COMMITTER_*` variables (git-commit-tree,
//! "Commit Information").

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Error, Store};

/// A name, an address and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Offset of the local time from UTC, in seconds east.
    pub offset: i32,
}

impl Signature {
    /// Returns `Name <email> seconds +hhmm`, as commits and reflogs hold it.
    pub fn to_line(&self) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        format!(
            "{} <{}> {} {sign}{:02}{:02}",
            self.name,
            self.email,
            self.seconds,
            minutes / 60,
            minutes % 60
        )
    }

    /// Reads what [`Self::to_line`] writes, and what other writers of commits got wrong as far as git does.
    pub fn from_line(line: &str) -> Self {
        let (name, rest) = line.split_once('<').unwrap_or((line, ""));
        let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
        let mut time = time.split_ascii_whitespace();
        let seconds = time.next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let offset = time.next().map_or(0, parse_offset);
        Self {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
            seconds,
            offset,
        }
    }
}

fn parse_offset(text: &str) -> i32 {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    match digits.parse::<i32>() {
        Ok(number) if number <= 9999 => sign * (number / 100 * 3600 + number % 100 * 60),
        _ => 0,
    }
}

struct Role {
    name: &'static str,
    name_variable: &'static str,
    email_variable: &'static str,
    date_variable: &'static str,
}

const AUTHOR: Role = Role {
    name: "author",
    name_variable: "GIT_AUTHOR_NAME",
    email_variable: "GIT_AUTHOR_EMAIL",
    date_variable: "GIT_AUTHOR_DATE",
};

const COMMITTER: Role = Role {
    name: "committer",
    name_variable: "GIT_COMMITTER_NAME",
    email_variable: "GIT_COMMITTER_EMAIL",
    date_variable: "GIT_COMMITTER_DATE",
};

impl Store {
    /// Makes values stand for git's variables of who signs: `GIT_AUTHOR_NAME`, `GIT_AUTHOR_EMAIL`, `GIT_AUTHOR_DATE`, and
    /// the committer's. Others are as the environment and git's configuration have them.
    pub fn sign_as(&mut self, signers: BTreeMap<&'static str, String>) {
        self.signers = Arc::new(signers);
    }

    /// The value of one of git's variables of who signs.
    fn variable(&self, name: &str) -> Option<String> {
        let given = self.signers.get(name).cloned();
        given.or_else(|| std::env::var(name).ok())
    }

    /// Returns who writes a change made now.
    ///
    /// # Errors
    /// When name or address is set nowhere, or `GIT_AUTHOR_DATE` is no date.
    pub fn author(&self) -> Result<Signature, Error> {
        self.signature(&AUTHOR)
    }

    /// Returns who commits now.
    ///
    /// # Errors
    /// When name or address is set nowhere, or `GIT_COMMITTER_DATE` is no date.
    pub fn committer(&self) -> Result<Signature, Error> {
        self.signature(&COMMITTER)
    }

    /// Returns the author that a person typed as `Name <address>`, at a date if one is typed (as git reads dates).
    ///
    /// # Errors
    /// [`Error::InvalidAuthor`] for another form, [`Error::InvalidDate`] for no date.
    pub fn author_of(&self, typed: Option<&str>, date: Option<&str>) -> Result<Signature, Error> {
        let mut author = match typed {
            None => self.author()?,
            Some(typed) => {
                let invalid = || Error::InvalidAuthor {
                    text: typed.to_owned(),
                };
                let (name, rest) = typed.split_once('<').ok_or_else(invalid)?;
                let email = rest.trim_end().strip_suffix('>').ok_or_else(invalid)?;
                let (name, email) = (without_crud(name), without_crud(email));
                if name.is_empty() || email.is_empty() {
                    return Err(invalid());
                }
                let (seconds, offset) = match self.author() {
                    Ok(known) => (known.seconds, known.offset),
                    Err(_) => now(),
                };
                Signature {
                    name,
                    email,
                    seconds,
                    offset,
                }
            }
        };
        if let Some(date) = date {
            (author.seconds, author.offset) =
                parse_date(date).ok_or_else(|| Error::InvalidDate {
                    variable: "--date",
                    value: date.to_owned(),
                })?;
        }
        Ok(author)
    }

    /// Writes a name and an address into the repository's own configuration; a store opened from now on knows them.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub fn set_identity(&self, name: &str, email: &str) -> Result<(), Error> {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let (name, email) = (quoted(name), quoted(email));
        self.append_to_config(&format!(
            "[user]\n\tname = \"{name}\"\n\temail = \"{email}\"\n"
        ))
    }

    /// The committer for reflogs, which git writes even where nobody is configured.
    pub(super) fn reflog_signature(&self) -> Signature {
        self.committer().unwrap_or_else(|_| {
            let (seconds, offset) = now();
            Signature {
                name: "unknown".to_owned(),
                email: "unknown".to_owned(),
                seconds,
                offset,
            }
        })
    }

    fn signature(&self, role: &Role) -> Result<Signature, Error> {
        let field = |variable: &'static str, field: &'static str| {
            self.variable(variable)
                .or_else(|| self.config(&format!("{}.{field}", role.name)))
                .or_else(|| self.config(&format!("user.{field}")))
                .or_else(|| {
                    (field == "email")
                        .then(|| std::env::var("EMAIL").ok())
                        .flatten()
                })
                .map(|value| without_crud(&value))
                .filter(|value| !value.is_empty())
                .ok_or(Error::MissingIdentity {
                    role: role.name,
                    field,
                    variable,
                })
        };
        let (name, email) = (
            field(role.name_variable, "name")?,
            field(role.email_variable, "email")?,
        );
        let (seconds, offset) = match self.variable(role.date_variable) {
            Some(value) if !value.is_empty() => parse_date(&value).ok_or(Error::InvalidDate {
                variable: role.date_variable,
                value,
            })?,
            _ => now(),
        };
        Ok(Signature {
            name,
            email,
            seconds,
            offset,
        })
    }
}

fn parse_date(text: &str) -> Option<(i64, i32)> {
    let time = gix::date::parse(text, Some(gix::date::Zoned::now())).ok()?;
    Some((time.seconds, time.offset))
}

/// Returns the time and the local offset.
fn now() -> (i64, i32) {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| i64::try_from(elapsed.as_secs()).ok())
        .unwrap_or(0);
    let offset = jiff::Timestamp::from_second(seconds)
        .map_or(0, |now| local_zone().to_offset(now).seconds());
    (seconds, offset)
}

/// Returns the time zone of this machine. `TZ` may name one of the system's database, which takes long to list; without it
/// one file says all.
fn local_zone() -> jiff::tz::TimeZone {
    let named = std::env::var_os("TZ").is_some();
    let file = || std::fs::read("/etc/localtime").ok();
    let zone = (!named).then(file).flatten();
    zone.and_then(|bytes| jiff::tz::TimeZone::tzif("Local", &bytes).ok())
        .unwrap_or_else(jiff::tz::TimeZone::system)
}

/// Removes what git removes from names (its `strbuf_addstr_without_crud`): line ends, angle brackets, and blanks,
/// control characters and punctuation at both ends.
fn without_crud(text: &str) -> String {
    let crud =
        |c: char| c <= ' ' || matches!(c, '.' | ',' | ':' | ';' | '<' | '>' | '"' | '\\' | '\'');
    text.trim_matches(crud)
        .chars()
        .filter(|c| !matches!(c, '\n' | '<' | '>'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_round_trip() {
        for (seconds, offset, expected) in [
            (1_700_000_000, 3600, "+0100"),
            (0, -19_800, "-0530"),
            (-5, 0, "+0000"),
        ] {
            let signature = Signature {
                name: "A U Thor".to_owned(),
                email: "a@example.com".to_owned(),
                seconds,
                offset,
            };
            let line = signature.to_line();
            assert_eq!(
                line,
                format!("A U Thor <a@example.com> {seconds} {expected}")
            );
            assert_eq!(Signature::from_line(&line), signature);
        }
    }

    #[test]
    fn malformed_lines_are_read_as_far_as_they_go() {
        assert_eq!(Signature::from_line("nobody").name, "nobody");
        assert_eq!(Signature::from_line("a <b> x y").seconds, 0);
        assert_eq!(Signature::from_line("a <b> 5 +99999999999").offset, 0);
        assert_eq!(Signature::from_line("").email, "");
    }

    #[test]
    fn names_lose_crud() {
        assert_eq!(without_crud("  \"A. U. <Thor>\"\n"), "A. U. Thor");
        assert_eq!(without_crud("<>"), "");
    }
}
