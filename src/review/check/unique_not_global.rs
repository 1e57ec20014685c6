//! A unique key that holds within a shard only.

use crate::catalog::column_names;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::IndexKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "unique-not-global",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a unique key of a sharded table that has neither the columns of the primary vindex nor a unique lookup over it",
        why: "MySQL enforces it on each shard: two rows on different shards may share the value.",
        fix: "Add a unique lookup vindex over the columns, or accept it by a suppression with a reason.",
        example: "UNIQUE (email) in a table sharded by id",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let (Some(primary), Some(table)) = (entry.built.primary(), entry.table) else {
            continue;
        };
        if !entry.keyspace.vschema.sharded {
            continue;
        }
        for key in table
            .unique_keys()
            .filter(|key| key.kind == IndexKind::Unique)
        {
            let columns = column_names(key);
            let has = |name: &String| {
                columns
                    .iter()
                    .any(|column| column.eq_ignore_ascii_case(name))
            };
            let global = primary.columns.iter().all(has)
                || entry.column_vindexes().any(|used| {
                    used.unique && used.vindex.needs_lookup() && used.columns.iter().all(has)
                });
            let name = key.name.as_deref().unwrap_or_default();
            if !global {
                findings.add(
                    Spot::definition(&entry.keyspace.name, entry.name, name),
                    format!(
                        "unique key `{name}` ({}) of `{}` holds within each shard only",
                        columns.join(", "),
                        entry.name
                    ),
                    "add a unique lookup vindex over these columns",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn uniqueness_is_of_all_shards() {
        let table = "create table t (id bigint primary key, email varchar(9), unique key e (email), unique key f (email, id))";
        let id = "unique-not-global";
        let hash = r#"{"name": "hash", "columns": ["id"]}"#;
        let alone = format!(r#""column_vindexes": [{hash}]"#);
        let with_lookup =
            format!(r#""column_vindexes": [{hash}, {{"name": "u", "columns": ["email"]}}]"#);
        expect(
            id,
            &[("ks", &with_vindexes(&alone), &[table])],
            &["ks.t.e: unique key `e` (email) of `t` holds within each shard only"],
        );
        expect(id, &[("ks", &with_vindexes(&with_lookup), &[table])], &[]);
    }
}
