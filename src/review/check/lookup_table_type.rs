//! Entries of another type than the values they are of.

use crate::catalog::Table;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::Column;

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-type",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a `from` column of a backing table whose type or collation differs from the owner column",
        why: "Values are cut, missed, or merged with others on their way through the entries.",
        fix: "Give both columns the same type, length and collation.",
        example: "owner oname varchar(128), backing table oname varchar(64)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let (Some((found, table)), Some((owner, column_vindex))) =
            (subject.backing(used.lookup), subject.owner(&used))
        else {
            continue;
        };
        let Some(owned) = owner.table else { continue };
        let pairs = used
            .lookup
            .from_columns()
            .iter()
            .zip(&column_vindex.columns);
        for (from, column) in pairs {
            let (Some(entry), Some(value)) = (table.column(from), owned.column(column)) else {
                continue;
            };
            let told = |table: &Table, column: &Column| match table.column_character_set(column) {
                Some(text) => format!("{} {}", column.column_type, text.collation),
                None => column.column_type.to_string(),
            };
            let (entry, value) = (told(table, entry), told(owned, value));
            if entry != value {
                findings.add(
                    Spot::vindex(&used.keyspace.name, used.name),
                    format!(
                        "lookup `{}` keeps `{}.{column}` {value} in `{}.{}.{from}` {entry}",
                        used.name, owner.name, found.keyspace, found.name
                    ),
                    "give both columns the same type and collation",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn entries_are_like_values() {
        let entry = with_vindexes(
            r#""column_vindexes": [{"name": "hash", "columns": ["id"]}, {"name": "u", "columns": ["email"]}]"#,
        );
        let idx = |length: u32| {
            format!(
                "create table idx (email varchar({length}), k varbinary(10), primary key (email))"
            )
        };
        let table = "create table t (id bigint primary key, email varchar(128))";
        let keyspace = entry.replace(
            r#""tables": {"#,
            r#""tables": {"idx": {"column_vindexes": [{"name": "x", "columns": ["email"]}]}, "#,
        );
        let id = "lookup-table-type";
        expect(
            id,
            &[("ks", &keyspace, &[table, &idx(64)])],
            &[
                "ks.u: lookup `u` keeps `t.email` varchar(128) utf8mb4_0900_ai_ci in `ks.idx.email` varchar(64) utf8mb4_0900_ai_ci",
            ],
        );
        expect(id, &[("ks", &keyspace, &[table, &idx(128)])], &[]);
    }
}
