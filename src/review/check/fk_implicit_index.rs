//! A key that nobody wrote.

use crate::catalog::covers;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-implicit-index",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a foreign key over columns that lead no key of its table",
        why: "MySQL adds a key by itself, named as the constraint or as the first column: it appears in what the server prints, and differs from the file.",
        fix: "Write the key; `vrev fmt` does.",
        example: "CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customer (id) with no KEY (customer_id)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table, written) in subject.written() {
        for key in &written.foreign_keys {
            if written
                .indexes
                .iter()
                .any(|index| covers(index, &key.columns))
            {
                continue;
            }
            let columns = key.columns.join(", ");
            // A constraint without a name is named by MySQL; then its columns tell which one is meant.
            let name = key.name.as_deref().unwrap_or(&columns);
            findings.add(
                Spot::definition(&keyspace.name, table.name(), name),
                format!(
                    "MySQL adds a key ({columns}) to `{}`, for foreign key `{name}`",
                    table.name()
                ),
                format!("write KEY ({columns})"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn keys_are_written() {
        let id = "fk-implicit-index";
        let parent = "create table p (id int primary key, b int, unique (id, b))";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    parent,
                    "create table c (a int, b int, constraint f foreign key (a) references p (id), foreign key (a, b) references p (id, b))",
                ],
            )],
            &[
                "ks.c.f: MySQL adds a key (a) to `c`, for foreign key `f`",
                "ks.c.a, b: MySQL adds a key (a, b) to `c`, for foreign key `a, b`",
            ],
        );
        for keyed in [
            "create table c (a int, b int, key (A, b), constraint f foreign key (a) references p (id))",
            "create table c (a int primary key, constraint f foreign key (a) references p (id))",
        ] {
            expect(id, &[("ks", "{}", &[parent, keyed])], &[]);
        }
    }
}
