//! The suite `ddl`: definitions read, checked, brought into normal form, compared, ordered; corpora of statements.
//!
//! Texts, errors, order and counts are compared as they are. What is soft stands in `compare.rs`.

mod corpus;
mod definitions;
mod reading;
mod schemas;
mod settings;
mod tables;

use vrev::catalog::Defaults;
use vrev::catalog::declared::Schema;
use vrev::sql::ddl::{AlterTable, CreateTable, CreateView, Ddl};
use vrev::sql::{ScriptStatement, Statement, parse_script, parse_statement};

use crate::case::Case;
use crate::ratchet;

/// Prints how many statements of the corpora are read; what is listed as no statement of MySQL is none of them.
pub(crate) fn report(cases: &[Case], outcomes: &[Result<(), String>]) {
    let listed = ratchet::reasons("ddl");
    let is_none = |case: &Case| {
        listed
            .get(&case.id)
            .is_some_and(|reason| corpus::NO_STATEMENT.contains(&reason.as_str()))
    };
    let corpora = cases
        .iter()
        .zip(outcomes)
        .filter(|(case, _)| case.file.starts_with("corpus_"));
    let (none, statements): (Vec<_>, Vec<_>) = corpora.partition(|(case, _)| is_none(case));
    let read = statements
        .iter()
        .filter(|(_, outcome)| outcome.is_ok())
        .count();
    let share = 100.0 * read as f64 / statements.len().max(1) as f64;
    println!(
        "ddl corpora: {read}/{} statements of MySQL read ({share:.2} %), {} texts are none",
        statements.len(),
        none.len()
    );
}

/// Runs one case.
pub(crate) fn run(case: &Case) -> Result<(), String> {
    match case.file.as_str() {
        "corpus_sqlparser" | "corpus_skeema" | "corpus_gms" | "corpus_atlas" => corpus::run(case),
        "table_diff" => tables::table_diff(case),
        "view_diff" => tables::view_diff(case),
        "schema_diff" => schemas::diff(case),
        "schema_order" => schemas::order(case),
        "schema_valid" => schemas::valid(case),
        "schema_apply_twice" => schemas::apply_twice(case),
        "alter_valid" => definitions::alter_valid(case),
        "normalize" => definitions::normalize(case),
        "instant_ddl" => definitions::instant(case),
        "revertible" => definitions::revertible(case),
        "view_dependencies" => reading::view_dependencies(case),
        "fk_parents" => reading::parents(case),
        other => Err(format!("no runner for {other}")),
    }
}

/// Reads one DDL statement.
fn read(text: &str) -> Result<Ddl, String> {
    match parse_statement(text) {
        Ok(Statement::Ddl(statement)) => Ok(statement),
        Ok(_) => Err(format!("not read as DDL: {text}")),
        Err(error) => Err(format!("{error}: {text}")),
    }
}

/// Reads a table as it is written.
fn create_table(text: &str) -> Result<CreateTable, String> {
    match read(text)? {
        Ddl::CreateTable(create) => Ok(create.table),
        _ => Err(format!("creates no table: {text}")),
    }
}

/// Reads a table into its normal form.
fn table(text: &str, defaults: &Defaults) -> Result<CreateTable, String> {
    Ok(vrev::catalog::declared::table(
        &create_table(text)?,
        defaults,
    ))
}

fn alter_table(text: &str) -> Result<AlterTable, String> {
    match read(text)? {
        Ddl::AlterTable(alter) => Ok(alter),
        _ => Err(format!("alters no table: {text}")),
    }
}

fn create_view(text: &str) -> Result<CreateView, String> {
    match read(text)? {
        Ddl::CreateView(view) => Ok(vrev::catalog::declared::view(&view)),
        _ => Err(format!("creates no view: {text}")),
    }
}

/// Reads a script; every statement must be one.
fn script(text: &str) -> Result<Vec<Statement>, String> {
    let statements = parse_script(text).into_iter();
    statements
        .map(
            |ScriptStatement {
                 statement, text, ..
             }| { statement.map_err(|error| format!("{error}: {text}")) },
        )
        .collect()
}

/// Makes a schema; the inner error is everything that is wrong with it, a line each.
fn schema(statements: &[Statement], defaults: &Defaults) -> Result<Schema, Vec<String>> {
    Schema::from_statements(statements, defaults)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}
