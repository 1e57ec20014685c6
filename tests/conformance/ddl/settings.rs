//! The options of a case as the library's.

use serde_json::Value as Json;
use vrev::catalog::{CharacterSet, Defaults};
use vrev::diff::migration::hints::{
    AlterAlgorithm, AutoIncrement, ConstraintNames, EnumReorder, ForeignKeyCheck, FulltextKeys,
    Hints, RangeRotation, Rename, SubsequentDiff, TableCharset, TableQualifier,
};
use vrev::value::collation;

use crate::case::{Case, text};

/// Reads `hints`; an option or value that is not known is an error.
pub(super) fn hints(case: &Case) -> Result<Hints, String> {
    let mut hints = Hints::default();
    let Some(written) = case.get("hints").as_object() else {
        return Ok(hints);
    };
    for (key, value) in written {
        set(&mut hints, key, value.as_str().unwrap_or_default())
            .ok_or_else(|| format!("unknown hint {key}: {value}"))?;
    }
    Ok(hints)
}

fn set(hints: &mut Hints, key: &str, value: &str) -> Option<()> {
    match key {
        "auto_increment" => {
            hints.auto_increment = match value {
                "ignore" => AutoIncrement::Ignore,
                "apply_higher" => AutoIncrement::ApplyHigher,
                "apply_always" => AutoIncrement::ApplyAlways,
                _ => return None,
            }
        }
        "range_rotation" => {
            hints.range_rotation = match value {
                "full_spec" => RangeRotation::FullSpec,
                "distinct_statements" => RangeRotation::DistinctStatements,
                "ignore" => RangeRotation::Ignore,
                _ => return None,
            }
        }
        "constraint_names" => {
            hints.constraint_names = match value {
                "ignore_vitess" => ConstraintNames::IgnoreVitess,
                "ignore_all" => ConstraintNames::IgnoreAll,
                "strict" => ConstraintNames::Strict,
                _ => return None,
            }
        }
        "column_rename" => hints.column_rename = rename(value)?,
        "table_rename" => hints.table_rename = rename(value)?,
        "fulltext_key" => {
            hints.fulltext_keys = match value {
                "distinct_statements" => FulltextKeys::DistinctStatements,
                "unify_statements" => FulltextKeys::UnifyStatements,
                _ => return None,
            }
        }
        "table_charset" => {
            hints.table_charset = match value {
                "strict" => TableCharset::Strict,
                "ignore_empty" => TableCharset::IgnoreEmpty,
                "ignore_always" => TableCharset::IgnoreAlways,
                _ => return None,
            }
        }
        "table_qualifier" => {
            hints.table_qualifier = match value {
                "default" => TableQualifier::Default,
                "declared" => TableQualifier::Declared,
                _ => return None,
            }
        }
        "algorithm" => {
            hints.algorithm = match value {
                "none" => AlterAlgorithm::Unsaid,
                "instant" => AlterAlgorithm::Instant,
                "inplace" => AlterAlgorithm::Inplace,
                "copy" => AlterAlgorithm::Copy,
                _ => return None,
            }
        }
        "enum_reorder" => {
            hints.enum_reorder = match value {
                "allow" => EnumReorder::Allow,
                "reject" => EnumReorder::Reject,
                _ => return None,
            }
        }
        "foreign_key_check" => {
            hints.foreign_key_check = match value {
                "strict" => ForeignKeyCheck::Strict,
                "create_table_first" => ForeignKeyCheck::CreateTableFirst,
                "ignore" => ForeignKeyCheck::Ignore,
                _ => return None,
            }
        }
        "subsequent_diff" => {
            hints.subsequent_diff = match value {
                "allow" => SubsequentDiff::Allow,
                "reject" => SubsequentDiff::Reject,
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

fn rename(value: &str) -> Option<Rename> {
    match value {
        "assume_different" => Some(Rename::AssumeDifferent),
        "heuristic_statement" => Some(Rename::Heuristic),
        _ => None,
    }
}

/// Reads `env`, an object or a text: the charset or collation that it names, and for a server of version 5 that version's
/// collation of utf8mb4. Other versions make no difference to what a definition means.
pub(super) fn defaults(case: &Case) -> Result<Defaults, String> {
    let env = case.get("env").to_string().to_lowercase();
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let words: Vec<&str> = env.split(|c| !is_word(c)).collect();
    let mut defaults = Defaults::default();
    for word in &words {
        let (charset, collation) = if collation::default_collation(word).is_some() {
            (Some(*word), None)
        } else if collation::charset_of(word).is_some() {
            (None, Some(*word))
        } else {
            continue;
        };
        defaults = CharacterSet::resolve(charset, collation, &defaults)
            .map_err(|error| error.to_string())?;
    }
    if words.iter().any(|word| word.starts_with("5.")) && defaults == Defaults::default() {
        "utf8mb4_general_ci".clone_into(&mut defaults.collation);
    }
    Ok(defaults)
}

/// Reads a list of texts; a text alone is a list of one, what is missing an empty one.
pub(super) fn texts(json: &Json, key: &str) -> Vec<String> {
    match json.get(key) {
        Some(Json::Array(list)) => list
            .iter()
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect(),
        Some(Json::String(_)) => vec![text(json, key).to_owned()],
        _ => Vec::new(),
    }
}
