//! What a file declares, one cell a line under its row: the form in which plain git can diff it line by line.
//!
//! A row's line starts at the margin and its cells are indented, so that git's hunk headers name the row. NULL cells are
//! left out, and so are the keyspace, which the path says, and positions: rows stand in their order instead.

use std::io::{self, Write};

use super::cell;
use crate::relation::describe::POSITION;
use crate::relation::{Relation, Row};
use crate::value::Value;

/// The key column that is left out.
const KEYSPACE: &str = "keyspace";

pub(super) fn write(out: &mut dyn Write, relations: &[Relation]) -> io::Result<()> {
    for relation in relations {
        let mut rows: Vec<&Row> = relation.rows.iter().map(|(row, _)| row).collect();
        let columns = &relation.schema.columns;
        if let Some(position) = columns.iter().position(|column| column.name == POSITION) {
            rows.sort_by_key(|row| row[position].clone());
        }
        for row in rows {
            write_row(out, relation, row)?;
        }
    }
    Ok(())
}

fn write_row(out: &mut dyn Write, relation: &Relation, row: &Row) -> io::Result<()> {
    let schema = &relation.schema;
    let text = |at: usize| cell::line(&row[at], &schema.columns[at].column_type);
    let key: Vec<usize> = schema.shown_key().collect();
    write!(out, "{}", schema.name)?;
    for &at in key
        .iter()
        .filter(|&&at| schema.columns[at].name != KEYSPACE)
    {
        write!(out, " {}", text(at))?;
    }
    writeln!(out)?;
    let cells = schema.shown().filter(|at| {
        let name = &schema.columns[*at].name;
        !key.contains(at) && name != POSITION && row[*at] != Value::Null
    });
    for at in cells {
        writeln!(out, "  {}: {}", schema.columns[at].name, text(at))?;
    }
    Ok(())
}
