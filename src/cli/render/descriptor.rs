//! A table's descriptor as text: its columns and indexes, and its foreign keys as both sides see them.

use std::fmt::Write as _;

use crate::catalog::descriptor::{Descriptor, IndexReference};
use crate::catalog::foreign_key::{Action, Match, Reference, Validity};
use crate::cli::color::{Meaning, Palette};

/// Returns one descriptor; the others give the names of the columns at the far ends.
pub(super) fn text(shown: &Descriptor, all: &[Descriptor], palette: Palette) -> String {
    let mut text = String::new();
    let heading = format!("table {}.{}", shown.id.keyspace, shown.name);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", palette.paint(Meaning::Heading, &heading));
    if shown.id.table != shown.name {
        let _ = writeln!(text, "  identity {}", shown.id.table);
    }
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "{}", palette.paint(Meaning::Key, title));
        }
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    };
    let identity = |id: &str, name: &str| match id == name {
        true => name.to_owned(),
        false => format!("{name} (identity {id})"),
    };
    let columns = shown.columns.iter();
    section(
        "columns",
        columns
            .map(|column| {
                format!(
                    "{} {}",
                    identity(&column.id, &column.name),
                    column.column_type
                )
            })
            .collect(),
    );
    let indexes = shown.indexes.iter();
    section(
        "indexes",
        indexes
            .flat_map(|index| {
                let unique = if index.unique { " unique" } else { "" };
                let columns = names(Some(shown), &index.columns);
                let name = identity(&index.id, &index.name);
                let mut lines = vec![format!("{name}{unique} ({columns})")];
                let tied = index.foreign_key.iter().map(|key| tie("foreign key", key));
                let back = index
                    .referenced_by
                    .iter()
                    .map(|key| tie("referenced by", key));
                lines.extend(tied.chain(back));
                lines
            })
            .collect(),
    );
    let reference = |reference: &Reference| {
        let other = all
            .iter()
            .find(|other| other.id == reference.referenced_table);
        let to = &reference.referenced_table;
        let table = other.map_or(&to.table, |other| &other.name);
        let tied = match (&reference.index, reference.shared_prefix_len) {
            (Some(index), Some(shared)) => format!(" [index {index}, prefix {shared}]"),
            _ => String::new(),
        };
        format!(
            "{} ({}) with {}.{table} ({}){}{tied}",
            reference.name,
            names(Some(shown), &reference.self_column_ids),
            to.keyspace,
            names(other, &reference.other_column_ids),
            rules(reference)
        )
    };
    section("outgoing", shown.out_fks.iter().map(reference).collect());
    section("incoming", shown.in_fks.iter().map(reference).collect());
    text
}

/// Returns the names that columns have now, by their identities.
fn names(table: Option<&Descriptor>, ids: &[String]) -> String {
    let name = |id: &String| {
        let columns = table.map_or(&[][..], |table| &table.columns);
        let column = columns.iter().find(|column| column.id == *id);
        column.map_or_else(|| id.clone(), |column| column.name.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Returns what differs from a constraint without any clause.
fn rules(reference: &Reference) -> String {
    let action = |action: Action| match action {
        Action::NoAction => "",
        Action::Restrict => "RESTRICT",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
        Action::Cascade => "CASCADE",
    };
    let mut text = String::new();
    for (clause, said) in [
        ("ON DELETE", action(reference.on_delete)),
        ("ON UPDATE", action(reference.on_update)),
    ] {
        if !said.is_empty() {
            let _ = write!(text, " {clause} {said}");
        }
    }
    match reference.match_type {
        Match::Simple => {}
        Match::Full => text.push_str(" MATCH FULL"),
        Match::Partial => text.push_str(" MATCH PARTIAL"),
    }
    if reference.validity == Validity::Unvalidated {
        text.push_str(" unvalidated");
    }
    text
}

/// Returns a reference of the older encoding.
fn tie(what: &str, key: &IndexReference) -> String {
    let IndexReference {
        table,
        index,
        name,
        shared_prefix_len,
        ..
    } = key;
    format!(
        "  {what} {name}: index {index} of {}.{}, prefix {shared_prefix_len}",
        table.keyspace, table.table
    )
}
