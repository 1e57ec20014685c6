//! A foreign key into another keyspace.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-cross-keyspace",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key references a table of another keyspace",
        why: "A keyspace is a database of its own, on servers of its own: neither MySQL nor Vitess ever enforces such a constraint.",
        fix: "Keep both tables in one keyspace, or drop the constraint and check in the application.",
        example: "FOREIGN KEY (product_id) REFERENCES product.product (product_id) in keyspace customer",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        if used.parent_keyspace() != used.keyspace.name {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` of keyspace `{}` references `{}.{}` of another",
                    used.name(),
                    used.keyspace.name,
                    used.parent_keyspace(),
                    used.key.referenced_table.name
                ),
                "drop the constraint, or move the tables into one keyspace",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn both_ends_are_in_one_keyspace() {
        let child = |parent: &str| {
            format!(
                "create table c (id int primary key, p int, constraint f foreign key (p) references {parent} (id))"
            )
        };
        let parent = "create table p (id int primary key)";
        let id = "fk-cross-keyspace";
        expect(
            id,
            &[("a", "{}", &[&child("b.p")]), ("b", "{}", &[parent])],
            &["a.c.f: foreign key `f` of keyspace `a` references `b.p` of another"],
        );
        expect(id, &[("a", "{}", &[&child("p"), parent])], &[]);
    }
}
