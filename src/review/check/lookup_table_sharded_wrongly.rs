//! A backing table that every look-up scatters over.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-sharded-wrongly",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a backing table in a sharded keyspace whose primary vindex is not over `from`",
        why: "Every look-up asks all shards, which costs more than the look-up saves.",
        fix: "Shard the backing table by its first `from` column.",
        example: r#"oname_keyspace_idx sharded by corder_id with "from": "oname,corder_id""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let Some((found, _)) = subject.backing(used.lookup) else {
            continue;
        };
        let (Some(primary), Some(first)) = (found.primary(), used.lookup.from_columns().first())
        else {
            continue;
        };
        if !primary
            .columns
            .iter()
            .all(|column| column.eq_ignore_ascii_case(first))
        {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "look-ups by `{first}` scatter: `{}.{}` is sharded by `{}`",
                    found.keyspace,
                    found.name,
                    primary.columns.join("`, `")
                ),
                format!("shard it by `{first}`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_lookup_asks_one_shard() {
        let vschema = |column: &str| {
            r#"{"sharded": true, "vindexes": {"x": {"type": "xxhash"}, "l": {"type": "lookup_unique", "params": {"table": "ks.idx", "from": "a", "to": "k"}}},
                "tables": {"idx": {"column_vindexes": [{"name": "x", "columns": ["COLUMN"]}]}}}"#
                .replace("COLUMN", column)
        };
        let table = &["create table idx (a int primary key, k varbinary(10))"];
        let id = "lookup-table-sharded-wrongly";
        expect(
            id,
            &[("ks", &vschema("k"), table)],
            &["ks.l: look-ups by `a` scatter: `ks.idx` is sharded by `k`"],
        );
        expect(id, &[("ks", &vschema("a"), table)], &[]);
    }
}
