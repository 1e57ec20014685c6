//! A vindex column that MySQL must scan for.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::{Index, IndexPart};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-column-not-indexed",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a column vindex without a key that begins with its first column",
        why: "A query by the column reaches one shard, and then reads the whole table there.",
        fix: "Add a key that begins with the column.",
        example: "a lookup on email without KEY (email)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(table) = entry.table else { continue };
        for used in entry.column_vindexes() {
            let Some(first) = used.columns.first() else {
                continue;
            };
            let begins = |index: &Index| matches!(index.parts.first(), Some(IndexPart::Column { name, .. }) if name.eq_ignore_ascii_case(first));
            if table.column(first).is_some() && !table.definition.indexes.iter().any(begins) {
                findings.add(
                    Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                    format!(
                        "no key of `{}` begins with `{first}`, by which vindex `{}` routes",
                        entry.name, used.name
                    ),
                    format!("add KEY ({first})"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn what_routes_is_indexed() {
        let entry = with_vindexes(
            r#""column_vindexes": [{"name": "hash", "columns": ["id"]}, {"name": "bin", "columns": ["email"]}]"#,
        );
        let id = "vindex-column-not-indexed";
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (id bigint primary key, email varchar(9))"],
            )],
            &["ks.t.bin: no key of `t` begins with `email`, by which vindex `bin` routes"],
        );
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (id bigint primary key, email varchar(9), key (email, id))"],
            )],
            &[],
        );
    }
}
