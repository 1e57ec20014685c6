//! Table options in MySQL's printed order, defaults left out, `AUTO_INCREMENT=n` (which is data) taken away.
//!
//! Order and omissions are those of SHOW CREATE TABLE (MySQL 8.0): ENGINE and DEFAULT CHARSET are always said, COLLATE
//! where it is not the charset's default and always for utf8mb4. Engines that MySQL does not have keep their spelling.

use super::DefinitionError;
use super::charset::CharacterSet;
use crate::sql::ddl::TableOption;

/// Printed order; what is not listed comes before COMMENT, by name.
const ORDER: &[&str] = &[
    "TABLESPACE",
    "ENGINE",
    "CHARSET",
    "COLLATE",
    "MIN_ROWS",
    "MAX_ROWS",
    "AVG_ROW_LENGTH",
    "PACK_KEYS",
    "STATS_PERSISTENT",
    "STATS_AUTO_RECALC",
    "STATS_SAMPLE_PAGES",
    "CHECKSUM",
    "DELAY_KEY_WRITE",
    "ROW_FORMAT",
    "KEY_BLOCK_SIZE",
    "COMPRESSION",
    "ENCRYPTION",
];

/// What comes after everything else.
const LAST: &[&str] = &["COMMENT", "CONNECTION", "DATA DIRECTORY", "INDEX DIRECTORY"];

/// Engines in MySQL's own spelling.
const ENGINES: &[&str] = &[
    "InnoDB",
    "MyISAM",
    "MEMORY",
    "CSV",
    "ARCHIVE",
    "BLACKHOLE",
    "FEDERATED",
    "MRG_MYISAM",
    "ROCKSDB",
    "ndbcluster",
];

/// Characters that a table's comment may have.
const MAX_COMMENT: usize = 2048;

/// Returns the canonical options of the table `name` and the charset that they give its columns.
pub(super) fn canonical(
    name: &str,
    written: &[TableOption],
    defaults: &CharacterSet,
) -> Result<(Vec<TableOption>, CharacterSet), DefinitionError> {
    let text = character_set(written, defaults)?;
    let mut options: Vec<TableOption> = Vec::new();
    for option in written {
        options.retain(|known| known.name != option.name);
        if matches!(
            option.name.as_str(),
            "CHARSET" | "COLLATE" | "AUTO_INCREMENT" | "ENGINE"
        ) || is_default(option)
        {
            continue;
        }
        if option.name == "COMMENT" && option.value.chars().count() > MAX_COMMENT {
            return Err(DefinitionError::TableCommentTooLong {
                name: name.to_owned(),
            });
        }
        let upper = matches!(
            option.name.as_str(),
            "ROW_FORMAT" | "ENCRYPTION" | "INSERT_METHOD"
        );
        let value = if upper {
            option.value.to_ascii_uppercase()
        } else {
            option.value.clone()
        };
        options.push(TableOption {
            value,
            ..option.clone()
        });
    }
    let engine = written.iter().rev().find(|option| option.name == "ENGINE");
    options.push(word(
        "ENGINE",
        engine.map_or("InnoDB", |option| engine_name(&option.value)),
    ));
    options.push(word("CHARSET", &text.charset));
    if text.charset == "utf8mb4" || !text.is_default_collation() {
        options.push(word("COLLATE", &text.collation));
    }
    options.sort_by_cached_key(|option| rank(&option.name));
    Ok((options, text))
}

/// Returns the charset and collation that a list of options says, the last of each counting.
pub(super) fn character_set(
    options: &[TableOption],
    defaults: &CharacterSet,
) -> Result<CharacterSet, DefinitionError> {
    let value = |name: &str| {
        let option = options.iter().rev().find(|option| option.name == name)?;
        (!option.value.eq_ignore_ascii_case("DEFAULT")).then_some(option.value.as_str())
    };
    CharacterSet::resolve(value("CHARSET"), value("COLLATE"), defaults)
}

/// Returns an option whose value is a word.
pub(super) fn word(name: &str, value: &str) -> TableOption {
    TableOption {
        name: name.to_owned(),
        value: value.to_owned(),
        quoted: false,
    }
}

/// Returns the engine in MySQL's spelling; an unknown one as written.
pub(super) fn engine_name(written: &str) -> &str {
    ENGINES
        .iter()
        .find(|engine| engine.eq_ignore_ascii_case(written))
        .copied()
        .unwrap_or(written)
}

fn rank(name: &str) -> (usize, String) {
    let place = match (
        ORDER.iter().position(|known| *known == name),
        LAST.iter().position(|known| *known == name),
    ) {
        (Some(place), _) => place,
        (None, Some(place)) => ORDER.len() + 1 + place,
        (None, None) => ORDER.len(),
    };
    (place, name.to_owned())
}

fn is_default(option: &TableOption) -> bool {
    let value = option.value.as_str();
    match option.name.as_str() {
        "ROW_FORMAT" | "PACK_KEYS" | "STATS_PERSISTENT" | "STATS_AUTO_RECALC" => {
            value.eq_ignore_ascii_case("DEFAULT")
        }
        "STATS_SAMPLE_PAGES" => value == "0" || value.eq_ignore_ascii_case("DEFAULT"),
        "MIN_ROWS" | "MAX_ROWS" | "AVG_ROW_LENGTH" | "CHECKSUM" | "DELAY_KEY_WRITE"
        | "KEY_BLOCK_SIZE" | "AUTOEXTEND_SIZE" => value == "0",
        "COMMENT" | "CONNECTION" | "COMPRESSION" => value.is_empty(),
        "ENCRYPTION" => value.eq_ignore_ascii_case("N"),
        "INSERT_METHOD" => value.eq_ignore_ascii_case("NO"),
        _ => false,
    }
}
