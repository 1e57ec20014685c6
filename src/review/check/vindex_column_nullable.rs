//! A sharding column that may be NULL.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-column-nullable",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a nullable column of a primary vindex",
        why: "By the vindex, NULL maps to no shard, so that the INSERT is refused, or to one fixed keyspace id, so that all such rows share a shard.",
        fix: "Make the column NOT NULL.",
        example: "customer_id bigint DEFAULT NULL sharded by hash",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let (Some(primary), Some(table)) = (entry.built.primary(), entry.table) else {
            continue;
        };
        for name in &primary.columns {
            let column = table.column(name);
            if column.is_some_and(|column| column.nullable != Some(false)) {
                findings.add(
                    Spot::definition(&entry.keyspace.name, entry.name, name),
                    format!(
                        "`{}.{name}`, by which the table is sharded, may be NULL",
                        entry.name
                    ),
                    "make it NOT NULL",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn a_row_has_its_place() {
        let entry = with_vindexes(r#""column_vindexes": [{"name": "hash", "columns": ["id"]}]"#);
        let id = "vindex-column-nullable";
        expect(
            id,
            &[("ks", &entry, &["create table t (id bigint)"])],
            &["ks.t.id: `t.id`, by which the table is sharded, may be NULL"],
        );
        expect(
            id,
            &[("ks", &entry, &["create table t (id bigint not null)"])],
            &[],
        );
    }
}
