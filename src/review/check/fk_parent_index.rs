//! A foreign key to columns without an index.

use crate::catalog::files::Severity;
use crate::catalog::{DefinitionError, foreign_key};
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-parent-index",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key references columns that lead no index of the referenced table, in this order",
        why: "MySQL refuses the table with error 1822: it could not find the referenced row.",
        fix: "Add a key over the referenced columns, best a unique one.",
        example: "REFERENCES p (x) with no KEY (x)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let Some(parent) = used.parent else { continue };
        let checked = foreign_key::check_parent(used.child, parent, used.key);
        if let Err(error @ DefinitionError::NoReferencedIndex { .. }) = checked {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                error.to_string(),
                "add a unique key over the referenced columns",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn what_mysql_refuses_of_the_referenced_side() {
        let child = "create table c (id int primary key, p int, constraint f foreign key (p) references p (id))";
        let id = "fk-parent-index";
        expect(
            id,
            &[("ks", "{}", &[child, "create table p (id int)"])],
            &[
                "ks.c.f: Failed to add the foreign key constraint. Missing index for constraint 'f' in the referenced table 'p'",
            ],
        );
        expect(
            id,
            &[("ks", "{}", &[child, "create table p (id int primary key)"])],
            &[],
        );
    }
}
