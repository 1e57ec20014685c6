//! One table: its normal form, and what an ALTER TABLE does to it.

use vrev::catalog::declared;
use vrev::diff::migration::instant;
use vrev::diff::migration::revert::revert;
use vrev::sql::ddl::{Ddl, TableOption};
use vrev::sql::print::query::{self, Quoting};

use super::settings::defaults;
use super::{alter_table, create_view, read, table};
use crate::case::Case;
use crate::compare::{Match, equal, error_text};

pub(super) fn alter_valid(case: &Case) -> Result<(), String> {
    let defaults = defaults(case)?;
    let from = table(case.text("from"), &defaults)?;
    let alter = alter_table(case.text("alter"))?;
    let altered = declared::alter(&from, &alter.clauses, &defaults)
        .map(|table| query::table(&table, Quoting::Canonical));
    if case.get("error").is_string() {
        return error_text(case.text("error"), &altered, Match::Exact);
    }
    let to = table(case.text("to"), &defaults)?;
    let altered = altered.map_err(|error| error.to_string())?;
    equal("altered", &query::table(&to, Quoting::Canonical), &altered)
}

pub(super) fn normalize(case: &Case) -> Result<(), String> {
    let defaults = defaults(case)?;
    if matches!(read(case.text("sql"))?, Ddl::CreateView(_)) {
        let view = create_view(case.text("sql"))?;
        return equal(
            "canonical",
            &case.text("canonical"),
            &query::view(&view, Quoting::Canonical).as_str(),
        );
    }
    let table = table(case.text("sql"), &defaults)?;
    let canonical = query::table(&table, Quoting::Canonical);
    equal("canonical", &case.text("canonical"), &canonical.as_str())?;
    if let Some(wanted) = case.get("auto_increment_value").as_u64() {
        let value = auto_increment(&table.options);
        equal("AUTO_INCREMENT", &Some(wanted.to_string()), &value)?;
    }
    Ok(())
}

fn auto_increment(options: &[TableOption]) -> Option<String> {
    let option = options
        .iter()
        .find(|option| option.name.eq_ignore_ascii_case("AUTO_INCREMENT"))?;
    Some(option.value.to_string())
}

pub(super) fn instant(case: &Case) -> Result<(), String> {
    let wanted = case.get("instant").as_bool().ok_or("no expectation")?;
    let table = table(case.text("create"), &defaults(case)?)?;
    let alter = alter_table(case.text("alter"))?;
    equal(
        "instant",
        &wanted,
        &instant::is_possible(&table, &alter.clauses),
    )
}

pub(super) fn revertible(case: &Case) -> Result<(), String> {
    let defaults = defaults(case)?;
    let side = |key: &str| table(&format!("create table t ({})", case.text(key)), &defaults);
    let (from, to) = (side("from_body")?, side("to_body")?);
    let revert = revert(&from, &to, &defaults).map_err(|error| error.to_string())?;
    let expanded = revert.expanded_columns.keys().cloned().collect();
    for (key, names) in [
        ("removed_unique_keys", revert.removed_unique_keys),
        ("removed_foreign_keys", revert.removed_foreign_keys),
        (
            "dropped_no_default_columns",
            revert.dropped_no_default_columns,
        ),
        ("expanded_columns", expanded),
    ] {
        let mut names: Vec<String> = names;
        names.sort_unstable();
        let wanted = case.text(key).split(',').map(|name| name.trim().to_owned());
        let mut wanted: Vec<String> = wanted.filter(|name| !name.is_empty()).collect();
        wanted.sort_unstable();
        equal(key, &wanted, &names)?;
    }
    Ok(())
}
