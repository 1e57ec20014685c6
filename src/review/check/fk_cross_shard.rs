//! A foreign key between rows of different shards.

use crate::catalog::files::Severity;
use crate::catalog::vschema::{ForeignKeyMode, TableType};
use crate::review::subject::{Entry, ForeignKeyUse};
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-cross-shard",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key of a sharded keyspace whose columns do not carry both tables primary vindex, by the same vindex, at the same places",
        why: "The referenced row may live in another shard: MySQL refuses the child row there, or the rule holds within each shard only; in managed mode Vitess refuses the INSERT with VT12002.",
        fix: "Shard both tables by the same vindex over columns that the constraint pairs, or drop the constraint.",
        example: "parent sharded by customer_id, child by order_id, FOREIGN KEY (customer_id)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let keyspace = used.keyspace;
        let Some(parent) = used.parent else { continue };
        if !keyspace.vschema.sharded || used.parent_keyspace() != keyspace.name {
            continue;
        }
        let (Some(child), Some(parent)) = (
            subject.entry(keyspace, used.child.name()),
            subject.entry(keyspace, parent.name()),
        ) else {
            continue;
        };
        if let Some(why) = apart(&used, &child, &parent) {
            findings.add(
                Spot::definition(&keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` to `{}` crosses shards: {why}",
                    used.name(),
                    parent.name
                ),
                "shard both tables by the same vindex over columns that the constraint pairs, or drop it",
            );
        }
    }
}

/// Why a child row may live on another shard than its parent row; `None` if it cannot.
fn apart(
    used: &ForeignKeyUse<'_>,
    child: &Entry<'_, '_>,
    parent: &Entry<'_, '_>,
) -> Option<String> {
    let managed = used.keyspace.vschema.foreign_key_mode == ForeignKeyMode::Managed;
    if parent.built.table_type == TableType::Reference && !managed {
        // Every shard has its rows, and MySQL looks no further.
        return None;
    }
    if child.built.pinned.is_some() && child.built.pinned == parent.built.pinned {
        return None;
    }
    let (Some(of_child), Some(of_parent)) = (child.built.primary(), parent.built.primary()) else {
        return Some(format!(
            "`{}` and `{}` are placed by different rules",
            child.name, parent.name
        ));
    };
    if of_child.name != of_parent.name {
        return Some(format!(
            "`{}` is sharded by `{}`, `{}` by `{}`",
            child.name, of_child.name, parent.name, of_parent.name
        ));
    }
    let place = |columns: &[String], column: &String| {
        columns
            .iter()
            .position(|other| other.eq_ignore_ascii_case(column))
    };
    let paired = of_child.columns.len() == of_parent.columns.len()
        && of_child
            .columns
            .iter()
            .zip(&of_parent.columns)
            .all(|(own, other)| {
                let own = place(&used.key.columns, own);
                own.is_some() && own == place(&used.key.referenced_columns, other)
            });
    let names = |columns: &[String]| columns.join("`, `");
    (!paired).then(|| {
        format!(
            "it does not pair `{}`, by which `{}` is sharded, with `{}` of `{}`",
            names(&of_child.columns),
            child.name,
            names(&of_parent.columns),
            parent.name
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_sharding_columns_are_paired() {
        let vschema = |child: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "x": {"type": "xxhash"}}, "tables": {
                    "p": {"column_vindexes": [{"name": "hash", "columns": ["id"]}]},
                    "c": {"column_vindexes": [CHILD]}}}"#
                .replace("CHILD", child)
        };
        let tables: &[&str] = &[
            "create table p (id bigint primary key)",
            "create table c (id bigint primary key, p bigint, constraint f foreign key (p) references p (id))",
        ];
        let id = "fk-cross-shard";
        expect(
            id,
            &[(
                "ks",
                &vschema(r#"{"name": "hash", "columns": ["p"]}"#),
                tables,
            )],
            &[],
        );
        expect(
            id,
            &[(
                "ks",
                &vschema(r#"{"name": "hash", "columns": ["id"]}"#),
                tables,
            )],
            &[
                "ks.c.f: foreign key `f` to `p` crosses shards: it does not pair `id`, by which `c` is sharded, with `id` of `p`",
            ],
        );
        expect(
            id,
            &[("ks", &vschema(r#"{"name": "x", "columns": ["p"]}"#), tables)],
            &[
                "ks.c.f: foreign key `f` to `p` crosses shards: `c` is sharded by `x`, `p` by `hash`",
            ],
        );
    }
}
