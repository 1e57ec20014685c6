//! A reference that is none.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "inline-references-ignored",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "REFERENCES within the definition of a column",
        why: "MySQL before 9.0 reads it and forgets it: no constraint is made and nothing is enforced. MariaDB from 10.5 makes the constraint.",
        fix: "Write FOREIGN KEY (…) REFERENCES … (…) as an element of the table, or leave it out.",
        example: "customer_id bigint REFERENCES customer (id)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table, written) in subject.written() {
        for column in &written.columns {
            if let Some(parent) = &column.inline_reference {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "`{}.{}` says that it references `{parent}`, which MySQL ignores there",
                        table.name(),
                        column.name
                    ),
                    format!("add FOREIGN KEY ({}) REFERENCES {parent} (…)", column.name),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn references_are_constraints() {
        let id = "inline-references-ignored";
        let parent = "create table p (id int primary key)";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    parent,
                    "create table c (a int references p (id) on delete cascade not null)",
                ],
            )],
            &["ks.c.a: `c.a` says that it references `p`, which MySQL ignores there"],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    parent,
                    "create table c (a int, foreign key (a) references p (id))",
                ],
            )],
            &[],
        );
    }
}
