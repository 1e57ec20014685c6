//! Numbers that every shard counts on its own.

use crate::catalog::files::Severity;
use crate::catalog::vschema;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "mysql-auto-increment-in-shards",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "an AUTO_INCREMENT column of a sharded table without a sequence in the VSchema",
        why: "Every shard counts on its own: two rows on different shards get one number.",
        fix: "Bind the column to a sequence by `auto_increment`, and drop AUTO_INCREMENT.",
        example: "id bigint AUTO_INCREMENT in a sharded keyspace",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let Some(column) = table.auto_increment_column() else {
            continue;
        };
        let entry = keyspace.vschema.tables.get(table.name());
        let one_place = |entry: &vschema::Table| {
            entry.auto_increment.is_some()
                || !entry.pinned.is_empty()
                || entry.table_type == "reference"
        };
        if keyspace.vschema.sharded && !entry.is_some_and(one_place) {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), &column.name),
                format!(
                    "each shard numbers `{}.{}` on its own",
                    table.name(),
                    column.name
                ),
                "bind it to a sequence by `auto_increment` in the VSchema",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn numbers_come_from_one_place() {
        let table = &["create table t (id bigint auto_increment primary key)"];
        let used = r#""column_vindexes": [{"name": "hash", "columns": ["id"]}]"#;
        let bound = format!(r#"{used}, "auto_increment": {{"column": "id", "sequence": "a.s"}}"#);
        let id = "mysql-auto-increment-in-shards";
        expect(
            id,
            &[("ks", &with_vindexes(used), table)],
            &["ks.t.id: each shard numbers `t.id` on its own"],
        );
        let sequence = ("a", r#"{"tables": {"s": {"type": "sequence"}}}"#, &[][..]);
        expect(id, &[sequence, ("ks", &with_vindexes(&bound), table)], &[]);
    }
}
