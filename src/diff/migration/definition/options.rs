//! Options of two definitions: what is set, and what is taken back.

use std::collections::BTreeMap;

use super::{Difference, Refusal};
use crate::diff::migration::hints::{AutoIncrement, TableCharset};
use crate::sql::ddl::{AlterClause, TableOption};
use crate::sql::print::query::{Part, part};

impl<'a> Difference<'a> {
    pub(super) fn options(&mut self) -> Result<(), Refusal> {
        let by_name = |options: &'a [TableOption]| -> BTreeMap<&'a str, &'a TableOption> {
            options
                .iter()
                .map(|option| (option.name.as_str(), option))
                .collect()
        };
        let (before, after) = (by_name(&self.from.options), by_name(&self.to.options));
        let text = |option| part(Part::Option(option));
        let mut options = Vec::new();
        for current in &self.from.options {
            if after.contains_key(current.name.as_str()) {
                continue;
            }
            if let Some(default) = self.taken_back(current)? {
                self.annotations.remove(text(current));
                options.push(default);
            }
        }
        for wanted in &self.to.options {
            if let Some(current) = before.get(wanted.name.as_str())
                && *current != wanted
                && self.applies(Some(current), wanted)
            {
                self.annotations.replace(text(current), text(wanted));
                options.push(wanted.clone());
            }
        }
        for wanted in &self.to.options {
            if !before.contains_key(wanted.name.as_str()) && self.applies(None, wanted) {
                self.annotations.add(text(wanted));
                options.push(wanted.clone());
            }
        }
        if !options.is_empty() {
            self.clauses.push(AlterClause::Options(options));
        }
        Ok(())
    }

    /// Tells whether an option that differs is set.
    fn applies(&self, current: Option<&TableOption>, wanted: &TableOption) -> bool {
        match wanted.name.as_str() {
            "CHARSET" | "COLLATE" => match self.hints.table_charset {
                TableCharset::Strict => true,
                TableCharset::IgnoreEmpty => {
                    current.is_some_and(|current| !current.value.is_empty())
                        && !wanted.value.is_empty()
                }
                TableCharset::IgnoreAlways => false,
            },
            "AUTO_INCREMENT" => match self.hints.auto_increment {
                AutoIncrement::Ignore => false,
                AutoIncrement::ApplyAlways => true,
                AutoIncrement::ApplyHigher => {
                    let number = |option: &TableOption| option.value.parse::<u64>().unwrap_or(0);
                    current.is_none_or(|current| number(wanted) > number(current))
                }
            },
            _ => true,
        }
    }

    /// Returns the option as it is when it is not said; none where that cannot be asked for and does not matter.
    fn taken_back(&self, current: &TableOption) -> Result<Option<TableOption>, Refusal> {
        let value = match current.name.as_str() {
            "CHECKSUM" | "DELAY_KEY_WRITE" | "KEY_BLOCK_SIZE" | "MAX_ROWS" | "MIN_ROWS" => "0",
            "COMMENT" | "COMPRESSION" | "CONNECTION" | "DATA DIRECTORY" | "INDEX DIRECTORY" => "",
            "ENCRYPTION" => "N",
            "PACK_KEYS" | "ROW_FORMAT" | "STATS_AUTO_RECALC" | "STATS_PERSISTENT"
            | "STATS_SAMPLE_PAGES" => "DEFAULT",
            "CHARSET" if self.hints.table_charset == TableCharset::Strict => &self.defaults.charset,
            "CHARSET"
            | "COLLATE"
            | "AUTO_INCREMENT"
            | "AUTOEXTEND_SIZE"
            | "AVG_ROW_LENGTH"
            | "ENGINE"
            | "ENGINE_ATTRIBUTE"
            | "INSERT_METHOD"
            | "PASSWORD"
            | "SECONDARY_ENGINE_ATTRIBUTE"
            | "TABLESPACE"
            | "UNION" => return Ok(None),
            other => {
                return Err(Refusal::Option {
                    table: self.from.name.name.clone(),
                    option: other.to_owned(),
                });
            }
        };
        Ok(Some(TableOption {
            value: value.to_owned(),
            ..current.clone()
        }))
    }
}
