//! Table options, CONVERT TO CHARACTER SET, and clauses that ask the server for work but leave the definition alone.

use super::table::Draft;
use crate::catalog::{CharacterSet, DefinitionError, column, options};
use crate::sql::ddl::{AlterClause, TableOption};

/// Applies the clauses about options and charsets.
pub(super) fn apply(draft: &mut Draft<'_>, clauses: &[AlterClause]) -> Result<(), DefinitionError> {
    for clause in clauses {
        match clause {
            AlterClause::Options(changed) => change(draft, changed)?,
            AlterClause::ConvertTo { charset, collation } => {
                convert(draft, charset, collation.as_deref())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Changes options; a new default charset leaves the columns' own as they are.
fn change(draft: &mut Draft<'_>, changed: &[TableOption]) -> Result<(), DefinitionError> {
    let is_text = |option: &TableOption| matches!(option.name.as_str(), "CHARSET" | "COLLATE");
    if changed.iter().any(is_text) {
        let before = draft.from.character_set();
        for place in 0..draft.table.columns.len() {
            if !draft.is_defined(place) {
                pin(draft, place, &before)?;
            }
        }
        draft.table.options.retain(|option| !is_text(option));
    }
    draft.table.options.extend(changed.iter().cloned());
    Ok(())
}

/// Says a column's charset and collation in full.
fn pin(draft: &mut Draft<'_>, place: usize, table: &CharacterSet) -> Result<(), DefinitionError> {
    let column_type = &mut draft.table.columns[place].column_type;
    if let Some(text) = column::effective(column_type, table)? {
        column_type.charset = Some(text.charset);
        column_type.collation = Some(text.collation).filter(|name| !name.is_empty());
    }
    Ok(())
}

/// Gives the table and all its text a charset; TEXT types grow to hold as many characters as before.
fn convert(
    draft: &mut Draft<'_>,
    charset: &str,
    collation: Option<&str>,
) -> Result<(), DefinitionError> {
    let before = draft.from.character_set();
    let charset = Some(charset).filter(|charset| !charset.eq_ignore_ascii_case("DEFAULT"));
    let now = CharacterSet::resolve(charset, collation, &CharacterSet::default())?;
    for place in 0..draft.table.columns.len() {
        if draft.is_defined(place) {
            continue;
        }
        let column_type = &mut draft.table.columns[place].column_type;
        if let Some(text) = column::effective(column_type, &before)? {
            column_type.kind = column::widened(column_type.kind, &text, &now);
            (column_type.charset, column_type.collation) = (None, None);
        }
    }
    let is_text = |option: &TableOption| matches!(option.name.as_str(), "CHARSET" | "COLLATE");
    draft.table.options.retain(|option| !is_text(option));
    draft
        .table
        .options
        .push(options::word("CHARSET", &now.charset));
    if !now.collation.is_empty() {
        draft
            .table
            .options
            .push(options::word("COLLATE", &now.collation));
    }
    Ok(())
}
