//! Two tables, or two views, compared.

use vrev::catalog::declared;
use vrev::catalog::{Defaults, Table};
use vrev::diff::migration::definition::atoms;
use vrev::diff::migration::hints::Hints;
use vrev::diff::migration::schema::{self, Change};
use vrev::sql::TableName;
use vrev::sql::ddl::{AlterClause, CreateTable, CreateView, Ddl};
use vrev::sql::print;
use vrev::sql::print::query::{Quoting, ddl};

use super::settings::{defaults, hints, texts};
use super::{create_view, table};
use crate::case::Case;
use crate::compare::{Match, equal, error_text, marked_lines};

pub(super) fn table_diff(case: &Case) -> Result<(), String> {
    let (hints, defaults) = (hints(case)?, defaults(case)?);
    let side = |key: &str| {
        case.get(key)
            .as_str()
            .map(|text| table(text, &defaults))
            .transpose()
    };
    let (from, to) = (side("from")?, side("to")?);
    let changes = schema::tables(from.as_ref(), to.as_ref(), &defaults, &hints);
    if case.text("expect") == "error" {
        return error_text(case.text("error_contains"), &changes, Match::Contains);
    }
    let changes = changes.map_err(|error| error.to_string())?;
    expect(case, &changes)?;
    let names = |table: &CreateTable| table.name.name.clone();
    sides(case, from.as_ref().map(names), to.as_ref().map(names))?;
    if let (Some(from), Some(to)) = (&from, &to) {
        holds(&changes, from, to, &defaults, &hints)?;
    }
    Ok(())
}

pub(super) fn view_diff(case: &Case) -> Result<(), String> {
    let side = |key: &str| case.get(key).as_str().map(create_view).transpose();
    let (from, to) = (side("from")?, side("to")?);
    let changes = schema::views(from.as_ref(), to.as_ref());
    expect(case, &changes)?;
    let names = |view: &CreateView| view.name.name.clone();
    sides(case, from.as_ref().map(names), to.as_ref().map(names))?;
    // What is altered is the whole definition, under the name before.
    if let (Some(from), Some(to), [change]) = (&from, &to, changes.as_slice()) {
        let Ddl::AlterView(view) = &change.statement else {
            return Err(format!("alters no view: {}", change.canonical()));
        };
        let wanted = CreateView {
            name: from.name.clone(),
            ..to.clone()
        };
        equal("the view altered", &wanted, view)?;
    }
    Ok(())
}

/// Compares the statements with everything that the case says of them.
fn expect(case: &Case, changes: &[Change]) -> Result<(), String> {
    let list = |form: fn(&Change) -> String| changes.iter().map(form).collect::<Vec<_>>();
    let (short, canonical) = (list(Change::short), list(Change::canonical));
    match case.text("expect") {
        "no_diff" => return equal("diffs", &Vec::new(), &short),
        "diff" if changes.is_empty() => return Err("no diff".to_owned()),
        "diff" => {}
        other => return Err(format!("unknown expectation {other:?}")),
    }
    let wanted = |one: &str, all: &str| {
        let all = texts(&case.json, all);
        if all.is_empty() {
            texts(&case.json, one)
        } else {
            all
        }
    };
    let (diffs, canonical_diffs) = (
        wanted("diff", "diffs"),
        wanted("canonical_diff", "canonical_diffs"),
    );
    if !diffs.is_empty() {
        equal("diffs", &diffs, &short)?;
    }
    if !canonical_diffs.is_empty() {
        equal("canonical diffs", &canonical_diffs, &canonical)?;
    }
    if case.get("atomic_diffs").is_array() {
        let cut = changes.iter().flat_map(|change| match &change.statement {
            Ddl::AlterTable(alter) => atoms(alter).into_iter().map(Ddl::AlterTable).collect(),
            other => vec![other.clone()],
        });
        let cut: Vec<String> = cut
            .map(|statement| ddl(&statement, Quoting::Canonical))
            .collect();
        equal("atomic diffs", &texts(&case.json, "atomic_diffs"), &cut)?;
    }
    if case.get("unified").is_array() {
        equal(
            "unified",
            &texts(&case.json, "unified").join("\n"),
            &changes[0].unified(),
        )?;
    }
    if case.get("text_diff_lines").is_array() {
        marked_lines(&texts(&case.json, "text_diff_lines"), &changes[0].unified())?;
    }
    if let Some(action) = case.get("action").as_str() {
        equal("action", &action.to_owned(), &verb(&short[0]))?;
    }
    Ok(())
}

fn verb(statement: &str) -> String {
    statement.split(' ').next().unwrap_or_default().to_owned()
}

fn sides(case: &Case, from: Option<String>, to: Option<String>) -> Result<(), String> {
    for (key, name) in [("from_name", from), ("to_name", to)] {
        if let Some(expected) = case.get(key).as_str() {
            equal(key, &Some(expected.to_owned()), &name)?;
        }
    }
    Ok(())
}

/// Applying the statements to `from` gives `to`: then nothing is left to do, and both are one.
fn holds(
    changes: &[Change],
    from: &CreateTable,
    to: &CreateTable,
    defaults: &Defaults,
    hints: &Hints,
) -> Result<(), String> {
    let mut altered = from.clone();
    for change in changes {
        let Ddl::AlterTable(alter) = &change.statement else {
            return Err(format!("alters no table: {}", change.canonical()));
        };
        let clauses: Vec<AlterClause> = alter.clauses.clone();
        altered = declared::alter(&altered, &clauses, defaults)
            .map_err(|error| format!("{} cannot be applied: {error}", change.canonical()))?;
    }
    let left = schema::tables(Some(&altered), Some(to), defaults, hints)
        .map_err(|error| error.to_string())?;
    let left: Vec<String> = left.iter().map(Change::canonical).collect();
    equal("left to do", &Vec::new(), &left)?;
    // The product's own canonical form, another piece of code, sees no difference either.
    if *hints == Hints::default()
        && let (Some(wanted), Some(reached)) = (body(to, defaults), body(&altered, defaults))
    {
        equal("applied", &wanted, &reached)?;
    }
    Ok(())
}

/// The lines of a table as SHOW CREATE TABLE prints them: columns in their order, then the others sorted. Names of
/// constraints and AUTO_INCREMENT are left out, as by the default hints; `None` for what MySQL refuses.
fn body(table: &CreateTable, defaults: &Defaults) -> Option<(Vec<String>, Vec<String>)> {
    let mut table = CreateTable {
        name: TableName::new("t"),
        ..table.clone()
    };
    table
        .options
        .retain(|option| option.name != "AUTO_INCREMENT");
    table.options.sort_by(|a, b| a.name.cmp(&b.name));
    table
        .foreign_keys
        .iter_mut()
        .for_each(|key| key.name = None);
    table.checks.iter_mut().for_each(|check| check.name = None);
    let table = Table::from_ddl(&table, defaults).ok()?;
    let text = print::table(&table.definition);
    let lines = text
        .lines()
        .map(|line| line.trim_end_matches(',').to_owned());
    let (columns, mut others): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("  `"));
    others.sort_unstable();
    Some((columns, others))
}
