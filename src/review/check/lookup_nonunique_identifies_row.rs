//! Entries of a lookup that collide.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-nonunique-identifies-row",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a non-unique lookup whose `from` does not have the primary key of its owner, kept in a table with a unique key over `from` alone",
        why: "Two rows of the owner with one value and one keyspace id want the same entry: a valid INSERT is refused, or the first DELETE removes the entry of both.",
        fix: "Add the primary key of the owner to `from`, and to the key of the backing table.",
        example: r#""from": "name" with PRIMARY KEY (name) in the backing table"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        if used.vindex.is_unique() {
            continue;
        }
        let Some((owner, column_vindex)) = subject.owner(&used) else {
            continue;
        };
        let Some(table) = owner.table else { continue };
        let key = table.primary_key_columns();
        let has = |name: &&&str| {
            column_vindex
                .columns
                .iter()
                .any(|column| column.eq_ignore_ascii_case(name))
        };
        let missing: Vec<&str> = key.iter().filter(|name| !has(name)).copied().collect();
        if !missing.is_empty() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "entries of lookup `{}` do not tell rows of `{}` apart: `{}` of its primary key is not among them",
                    used.name,
                    owner.name,
                    missing.join("`, `")
                ),
                "add the primary key to `from` and to the backing table's key",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn entries_are_of_one_row() {
        let vschema = |columns: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "l": {"type": "lookup", "params": {"table": "idx", "from": "name,id", "to": "k"}, "owner": "t"}},
                "tables": {"t": {"column_vindexes": [{"name": "hash", "columns": ["id"]}, {"name": "l", "columns": [COLUMNS]}]}}}"#
                .replace("COLUMNS", columns)
        };
        let table = &["create table t (id bigint primary key, name varchar(9))"];
        let id = "lookup-nonunique-identifies-row";
        expect(
            id,
            &[("ks", &vschema(r#""name""#), table)],
            &[
                "ks.l: entries of lookup `l` do not tell rows of `t` apart: `id` of its primary key is not among them",
            ],
        );
        expect(id, &[("ks", &vschema(r#""name", "id""#), table)], &[]);
    }
}
