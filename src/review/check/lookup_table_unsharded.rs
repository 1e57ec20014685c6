//! A lookup in an unsharded keyspace.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-unsharded",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a backing table in an unsharded keyspace",
        why: "One server takes every INSERT of the owner, however many shards there are.",
        fix: "Move the backing table to a sharded keyspace, sharded by its first `from` column.",
        example: r#""table": "product.corder_keyspace_idx" with product unsharded"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let Some((found, _)) = subject.backing(used.lookup) else {
            continue;
        };
        let holder = subject.catalog.keyspaces.get(&found.keyspace);
        if used.keyspace.vschema.sharded && holder.is_some_and(|holder| !holder.vschema.sharded) {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` is kept in unsharded `{}.{}`, one server for all shards",
                    used.name, found.keyspace, found.name
                ),
                "shard the backing table by its first `from` column",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn lookups_grow_with_the_shards() {
        let vschema = |table: &str| {
            r#"{"sharded": true, "vindexes": {"x": {"type": "xxhash"}, "l": {"type": "lookup_unique", "params": {"table": "TABLE", "from": "a", "to": "k"}}},
                "tables": {"idx": {"column_vindexes": [{"name": "x", "columns": ["a"]}]}}}"#
                .replace("TABLE", table)
        };
        let idx = &["create table idx (a int primary key, k varbinary(10))"][..];
        let id = "lookup-table-unsharded";
        expect(
            id,
            &[("ks", &vschema("b.idx"), &[]), ("b", "{}", idx)],
            &["ks.l: lookup `l` is kept in unsharded `b.idx`, one server for all shards"],
        );
        expect(id, &[("ks", &vschema("ks.idx"), idx)], &[]);
    }
}
