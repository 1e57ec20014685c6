//! A primary key of a type that is not wanted.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::ColumnType;

pub(in crate::review) const CHECK: Check = Check {
    id: "pk-type",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "a column of a primary key whose type is not in `primary_key_types` of `[policy]` in `vrev.toml`: bigint, binary and varbinary by default",
        why: "Small integers run out, and long texts make every secondary index longer, which repeats the primary key.",
        fix: "Use a type of the list, or add the type to it: `bigint` is one of any sign, `bigint unsigned` that alone.",
        example: "id int PRIMARY KEY",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let allowed = &subject.policy.primary_key_types;
    for (keyspace, table) in subject.tables() {
        let names = table.primary_key_columns();
        for column in names.into_iter().filter_map(|name| table.column(name)) {
            if !allowed
                .iter()
                .any(|allowed| is_of(&column.column_type, allowed))
            {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "`{}.{}` of the primary key is {}",
                        table.name(),
                        column.name,
                        column.column_type
                    ),
                    format!("use {}", allowed.join(" or ")),
                );
            }
        }
    }
}

/// Tells whether a type is the one said: a name alone is a type of that name with any arguments.
fn is_of(column_type: &ColumnType, said: &str) -> bool {
    said.eq_ignore_ascii_case(column_type.kind.name())
        || said.eq_ignore_ascii_case(&column_type.to_string())
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, expect_under};

    #[test]
    fn primary_keys_are_of_known_types() {
        let id = "pk-type";
        let table =
            |column_type: &str| format!("create table t (id {column_type} primary key, a int)");
        expect(
            id,
            &[("ks", "{}", &[&table("int")])],
            &["ks.t.id: `t.id` of the primary key is int"],
        );
        expect(id, &[("ks", "{}", &[&table("bigint unsigned")])], &[]);
        expect(id, &[("ks", "{}", &[&table("binary(16)")])], &[]);
        let policy = r#"primary_key_types = ["BIGINT unsigned"]"#;
        expect_under(
            id,
            policy,
            &[("ks", "{}", &[&table("bigint unsigned")])],
            &[],
        );
        expect_under(
            id,
            policy,
            &[("ks", "{}", &[&table("bigint")])],
            &["ks.t.id: `t.id` of the primary key is bigint"],
        );
    }
}
