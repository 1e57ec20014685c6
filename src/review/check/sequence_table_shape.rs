//! A sequence that vttablet would not take for one.

use crate::catalog::TableKind;
use crate::catalog::files::Severity;
use crate::catalog::vschema::TableType;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "sequence-table-shape",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a table of type `sequence` without the columns `id`, `next_id` and `cache`, the primary key `id`, or the comment `vitess_sequence`",
        why: "vttablet knows a sequence by its comment and reads exactly these columns; INSERTs that want a number fail.",
        fix: "CREATE TABLE s (id bigint, next_id bigint, cache bigint, PRIMARY KEY (id)) COMMENT 'vitess_sequence'.",
        example: "CREATE TABLE ticket_seq (id int, next_id bigint, PRIMARY KEY (id))",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let (TableType::Sequence, Some(table)) = (entry.built.table_type, entry.table) else {
            continue;
        };
        let mut lacks: Vec<String> = ["id", "next_id", "cache"]
            .into_iter()
            .filter(|column| {
                table
                    .column(column)
                    .is_none_or(|column| !column.column_type.is_integer())
            })
            .map(|column| format!("an integer column `{column}`"))
            .collect();
        if table.primary_key_columns() != ["id"] {
            lacks.push("PRIMARY KEY (id)".to_owned());
        }
        if table.kind() != TableKind::Sequence {
            lacks.push("COMMENT 'vitess_sequence'".to_owned());
        }
        if !lacks.is_empty() {
            findings.add(
                Spot::definition(&entry.keyspace.name, entry.name, ""),
                format!("sequence `{}` lacks {}", entry.name, lacks.join(", ")),
                "make it (id bigint, next_id bigint, cache bigint, PRIMARY KEY (id)) COMMENT 'vitess_sequence'",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_sequence_has_its_shape() {
        let vschema = r#"{"tables": {"s": {"type": "sequence"}}}"#;
        let id = "sequence-table-shape";
        expect(
            id,
            &[(
                "ks",
                vschema,
                &["create table s (id int, next_id bigint, primary key (id))"],
            )],
            &["ks.s: sequence `s` lacks an integer column `cache`, COMMENT 'vitess_sequence'"],
        );
        let good = "create table s (id bigint, next_id bigint, cache bigint, primary key (id)) comment 'vitess_sequence'";
        expect(id, &[("ks", vschema, &[good])], &[]);
    }
}
