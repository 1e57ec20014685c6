//! A reference table that is not like its source.

use crate::catalog::Table;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "reference-definition-differs",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a reference table whose columns differ from those of its source",
        why: "Rows are copied from the source to the reference table; columns that differ keep the copy from being made or kept in step.",
        fix: "Give both tables the same columns, in name and type.",
        example: "product.country (code char(2), name varchar(40)) and customer.country (code char(2))",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let (Some(source), Some(copy)) = (&entry.built.source, entry.table) else {
            continue;
        };
        let Ok((found, Some(original))) = subject.find(source) else {
            continue;
        };
        let columns = |table: &'_ Table| -> Vec<(String, String)> {
            let columns = table.definition.columns.iter();
            columns
                .map(|column| (column.name.to_lowercase(), column.column_type.to_string()))
                .collect()
        };
        let (theirs, mine) = (columns(original), columns(copy));
        let lacking = |some: &[(String, String)], others: &[(String, String)]| {
            some.iter()
                .filter(|column| !others.contains(column))
                .map(|(name, column_type)| format!("`{name}` {column_type}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let only = [
            (
                format!("{}.{}", found.keyspace, found.name),
                lacking(&theirs, &mine),
            ),
            (
                format!("{}.{}", entry.keyspace.name, entry.name),
                lacking(&mine, &theirs),
            ),
        ];
        let told: Vec<String> = only
            .iter()
            .filter(|(_, columns)| !columns.is_empty())
            .map(|(table, columns)| format!("only `{table}` has {columns}"))
            .collect();
        if !told.is_empty() {
            findings.add(
                Spot::definition(&entry.keyspace.name, entry.name, ""),
                format!(
                    "reference table `{}` differs from its source: {}",
                    entry.name,
                    told.join("; ")
                ),
                "give both tables the same columns",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_copy_is_like_the_source() {
        let vschema =
            r#"{"sharded": true, "tables": {"c": {"type": "reference", "source": "a.c"}}}"#;
        let source = r#"{"tables": {"c": {}}}"#;
        let (long, short) = (
            "create table c (code char(2) primary key, name varchar(40))",
            "create table c (code char(3) primary key)",
        );
        let id = "reference-definition-differs";
        expect(
            id,
            &[("a", source, &[long]), ("b", vschema, &[short])],
            &[
                "b.c: reference table `c` differs from its source: only `a.c` has `code` char(2), `name` varchar(40); only `b.c` has `code` char(3)",
            ],
        );
        expect(id, &[("a", source, &[long]), ("b", vschema, &[long])], &[]);
    }
}
