//! A foreign key to a column that is not there.

use crate::catalog::files::Severity;
use crate::catalog::{DefinitionError, foreign_key};
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-unknown-column",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key references a column that the referenced table does not have",
        why: "MySQL refuses the table with error 3734.",
        fix: "Correct the column in REFERENCES, or add it to the referenced table.",
        example: "FOREIGN KEY (user_id) REFERENCES users (uid) with no column uid",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let Some(parent) = used.parent else { continue };
        let checked = foreign_key::check_parent(used.child, parent, used.key);
        if let Err(error @ DefinitionError::NoReferencedColumn { .. }) = checked {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                error.to_string(),
                "correct the column in REFERENCES",
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
        let id = "fk-unknown-column";
        expect(
            id,
            &[("ks", "{}", &[child, "create table p (i int primary key)"])],
            &[
                "ks.c.f: Failed to add the foreign key constraint. Missing column 'id' for constraint 'f' in the referenced table 'p'",
            ],
        );
        expect(
            id,
            &[("ks", "{}", &[child, "create table p (id int primary key)"])],
            &[],
        );
    }
}
