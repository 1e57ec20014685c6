//! Tables that share a vindex over columns of different types.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use std::collections::BTreeMap;

use crate::catalog::Table;
use crate::sql::ddl::Column;

pub(in crate::review) const CHECK: Check = Check {
    id: "colocation-type-mismatch",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "tables sharded by one vindex over columns that differ in type or collation",
        why: "Equal values may map to different keyspace ids, for vindexes of bytes read the printed value (`7` and `7.00` differ); and the join of such columns is not pushed down to the shards as it should be.",
        fix: "Give the columns one type and collation.",
        example: "xxhash over a bigint in one table and over a decimal(10,2) in another",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    // The first table of each vindex, with the types of its columns.
    let mut first: BTreeMap<(&str, &str), (&str, Vec<String>)> = BTreeMap::new();
    for entry in subject.entries() {
        let (Some(primary), Some(table)) = (entry.built.primary(), entry.table) else {
            continue;
        };
        let columns = primary.columns.iter().filter_map(|name| table.column(name));
        let kinds: Vec<String> = columns.map(|column| kind(table, column)).collect();
        let key = (entry.keyspace.name.as_str(), primary.name.as_str());
        let Some((other, known)) = first.get(&key) else {
            first.insert(key, (entry.name, kinds));
            continue;
        };
        if *known != kinds {
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, &primary.name),
                format!(
                    "vindex `{}` shards `{}` by {} and `{other}` by {}",
                    primary.name,
                    entry.name,
                    kinds.join(", "),
                    known.join(", ")
                ),
                "give the columns one type and collation",
            );
        }
    }
}

/// What matters of a column's type: integers are alike whatever their size, texts whatever their length.
fn kind(table: &Table, column: &Column) -> String {
    if column.column_type.is_integer() {
        return "integers".to_owned();
    }
    match table.column_character_set(column) {
        Some(text) => format!("{} text", text.collation),
        None if column.column_type.is_binary() => "bytes".to_owned(),
        None => column.column_type.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn one_vindex_one_type() {
        let vschema = r#"{"sharded": true, "vindexes": {"x": {"type": "xxhash"}}, "tables": {
            "a": {"column_vindexes": [{"name": "x", "columns": ["id"]}]},
            "b": {"column_vindexes": [{"name": "x", "columns": ["id"]}]}}}"#;
        let a = "create table a (id bigint primary key)";
        let id = "colocation-type-mismatch";
        expect(
            id,
            &[(
                "ks",
                vschema,
                &[a, "create table b (id decimal(10,2) primary key)"],
            )],
            &["ks.b.x: vindex `x` shards `b` by decimal(10,2) and `a` by integers"],
        );
        expect(
            id,
            &[("ks", vschema, &[a, "create table b (id int primary key)"])],
            &[],
        );
    }
}
