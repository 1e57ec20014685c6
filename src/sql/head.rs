//! What a statement is about, told from its first words: for readers of whole dumps, most of whose statements they skip.
//!
//! Nothing but the head is looked at, so that megabytes of INSERT cost nothing, and a procedure whose body vrev cannot
//! read is still named. Comments are passed over, executable ones (`/*!50003 … */`) read as text (MySQL manual,
//! "Comments"). Whether the statement is right is for [`parse_statement`](super::parse_statement) to say.

/// The first words of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The first word, upper case; empty for a statement that starts with none, such as a comment alone.
    pub verb: String,
    /// For CREATE, ALTER, DROP, RENAME, TRUNCATE and LOCK what kind of object it is about, upper case: `TABLE`, `TRIGGER`.
    pub kind: String,
    /// The object's name, unquoted; `a.b` is qualified. Empty where there is none.
    pub name: String,
    /// TEMPORARY was said.
    pub temporary: bool,
}

/// Words between the verb and the kind that say nothing about the kind; each with how many words follow it.
const ASIDES: &[(&str, usize)] = &[
    ("OR", 1),
    ("UNIQUE", 0),
    ("FULLTEXT", 0),
    ("SPATIAL", 0),
    ("ONLINE", 0),
    ("OFFLINE", 0),
    ("IGNORE", 0),
    ("AGGREGATE", 0),
    ("ALGORITHM", 1),
    ("SQL", 2),
];

/// Reads the head of a statement.
pub fn head(text: &str) -> Head {
    let mut words = Words { rest: text };
    let mut head = Head {
        verb: words.word().unwrap_or_default(),
        ..Head::default()
    };
    let objects = ["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"];
    if !objects.contains(&head.verb.as_str()) {
        return head;
    }
    loop {
        let Some(word) = words.word() else {
            return head;
        };
        if word == "TEMPORARY" {
            head.temporary = true;
        } else if word == "DEFINER" {
            words.account();
        } else if let Some((_, more)) = ASIDES.iter().find(|(aside, _)| *aside == word) {
            words.symbol('=');
            for _ in 0..*more {
                words.word();
            }
        } else {
            head.kind = word;
            break;
        }
    }
    for aside in ["IF", "NOT", "EXISTS"] {
        let before = words.rest;
        if words.word().as_deref() != Some(aside) {
            words.rest = before;
        }
    }
    head.name = words.name();
    head
}

/// Reads words, names and symbols off a text, comments aside.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let line = self.rest.starts_with('#')
                || (self.rest.starts_with("--")
                    && self.rest[2..]
                        .chars()
                        .next()
                        .is_none_or(char::is_whitespace));
            if line {
                self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(inside) = self.rest.strip_prefix("/*!") {
                self.rest = inside.trim_start_matches(|c: char| c.is_ascii_digit());
            } else if let Some(after) = self.rest.strip_prefix("*/") {
                self.rest = after;
            } else if self.rest.starts_with("/*") {
                self.rest = self.rest.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    /// A bare word in upper case.
    fn word(&mut self) -> Option<String> {
        self.skip();
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_uppercase())
    }

    fn symbol(&mut self, symbol: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A name, bare or in quotes; empty for none.
    fn part(&mut self) -> String {
        self.skip();
        let Some(quote @ ('`' | '\'' | '"')) = self.rest.chars().next() else {
            let end = self
                .rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
                .unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(end);
            self.rest = rest;
            return name.to_owned();
        };
        let (mut name, mut inside) = (String::new(), &self.rest[1..]);
        loop {
            let Some((before, after)) = inside.split_once(quote) else {
                name.push_str(inside);
                self.rest = "";
                return name;
            };
            name.push_str(before);
            inside = after;
            match inside.strip_prefix(quote) {
                Some(after) => {
                    name.push(quote);
                    inside = after;
                }
                None => {
                    self.rest = inside;
                    return name;
                }
            }
        }
    }

    /// A name, perhaps qualified.
    fn name(&mut self) -> String {
        let mut name = self.part();
        if !name.is_empty() && self.symbol('.') {
            name.push('.');
            name.push_str(&self.part());
        }
        name
    }

    /// `= user@host`, `= CURRENT_USER()`.
    fn account(&mut self) {
        self.symbol('=');
        self.part();
        if self.symbol('@') {
            self.part();
        }
        if self.symbol('(') {
            self.symbol(')');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, verb: &str, kind: &str, name: &str) {
        let found = head(text);
        assert_eq!(
            (
                found.verb.as_str(),
                found.kind.as_str(),
                found.name.as_str()
            ),
            (verb, kind, name),
            "{text}"
        );
    }

    #[test]
    fn heads_name_kind_and_object() {
        check(
            "create table if not exists t (a int)",
            "CREATE",
            "TABLE",
            "t",
        );
        check("DROP TABLE IF EXISTS `a`.`b``c`", "DROP", "TABLE", "a.b`c");
        check(
            "create or replace view v as select 1",
            "CREATE",
            "VIEW",
            "v",
        );
        check("create unique index i on t (a)", "CREATE", "INDEX", "i");
        check(
            "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`",
            "CREATE",
            "DATABASE",
            "shop",
        );
        check("insert into t values (1)", "INSERT", "", "");
        check("-- a\n/* b */ # c\n lock tables t write", "LOCK", "", "");
        check("", "", "", "");
        check("-- only a comment", "", "", "");
        check("'x'", "", "", "");
        check("drop", "DROP", "", "");
        assert!(head("create temporary table t (a int)").temporary);
    }

    #[test]
    fn dumps_executable_comments_are_read_as_text() {
        check(
            "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `ins` AFTER INSERT ON t FOR EACH ROW BEGIN END */",
            "CREATE",
            "TRIGGER",
            "ins",
        );
        check(
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a b`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 1 */",
            "CREATE",
            "VIEW",
            "v",
        );
        check(
            "CREATE DEFINER=CURRENT_USER() PROCEDURE p() BEGIN END",
            "CREATE",
            "PROCEDURE",
            "p",
        );
        check(
            "CREATE DEFINER = 'x'@'y' EVENT e ON SCHEDULE",
            "CREATE",
            "EVENT",
            "e",
        );
        check("/*!40101 SET NAMES utf8 */", "SET", "", "");
    }
}
