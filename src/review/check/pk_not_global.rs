//! A primary key that holds within a shard only.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "pk-not-global",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a primary key of a sharded table that has neither the columns of the primary vindex, nor a sequence, nor a unique lookup over it",
        why: "Two rows on different shards may have one key.",
        fix: "Take its values from a sequence, add a unique lookup vindex, or add the sharding column to the key.",
        example: "PRIMARY KEY (id) in a table sharded by tenant_id",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let (Some(primary), Some(table)) = (entry.built.primary(), entry.table) else {
            continue;
        };
        let columns = table.primary_key_columns();
        if !entry.keyspace.vschema.sharded || columns.is_empty() {
            continue;
        }
        let has = |name: &String| {
            columns
                .iter()
                .any(|column| column.eq_ignore_ascii_case(name))
        };
        let numbered = entry
            .written
            .auto_increment
            .as_ref()
            .is_some_and(|auto| has(&auto.column));
        let looked_up = || {
            entry.column_vindexes().any(|used| {
                used.unique && used.vindex.needs_lookup() && used.columns.iter().all(has)
            })
        };
        if !primary.columns.iter().all(has) && !numbered && !looked_up() {
            findings.add(
                Spot::definition(&entry.keyspace.name, entry.name, ""),
                format!(
                    "the primary key ({}) of `{}`, which is sharded by `{}`, holds within each shard only",
                    columns.join(", "),
                    entry.name,
                    primary.columns.join("`, `")
                ),
                "take its values from a sequence, or add the sharding column to it",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn keys_are_of_all_shards() {
        let entry =
            with_vindexes(r#""column_vindexes": [{"name": "hash", "columns": ["tenant"]}]"#);
        let id = "pk-not-global";
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (id bigint primary key, tenant bigint)"],
            )],
            &[
                "ks.t: the primary key (id) of `t`, which is sharded by `tenant`, holds within each shard only",
            ],
        );
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (id bigint, tenant bigint, primary key (tenant, id))"],
            )],
            &[],
        );
    }
}
