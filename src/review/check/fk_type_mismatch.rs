//! A foreign key between columns of different types.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-type-mismatch",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key pairs columns whose types differ in family, size or sign",
        why: "MySQL refuses the table with error 3780; only lengths of strings may differ.",
        fix: "Give both columns the same type.",
        example: "user_id int NOT NULL with REFERENCES users (id) where id is bigint",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let Some((own, referenced)) = used.incompatible() else {
            continue;
        };
        if own.column_type.is_text() && referenced.column_type.is_text() {
            continue;
        }
        findings.add(
            Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
            format!(
                "foreign key `{}` pairs `{}` {} with `{}.{}` {}",
                used.name(),
                own.name,
                own.column_type,
                used.key.referenced_table.name,
                referenced.name,
                referenced.column_type
            ),
            "give both columns the same type",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn sizes_and_signs_are_alike() {
        let child = "create table c (id int primary key, p int, constraint f foreign key (p) references p (id))";
        let id = "fk-type-mismatch";
        for (parent, found) in [("bigint", true), ("int unsigned", true), ("int", false)] {
            let table = format!("create table p (id {parent} primary key)");
            let message = format!("ks.c.f: foreign key `f` pairs `p` int with `p.id` {parent}");
            let expected: &[&str] = if found { &[&message] } else { &[] };
            expect(id, &[("ks", "{}", &[child, &table])], expected);
        }
    }
}
