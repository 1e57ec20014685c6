//! A foreign key to a table that is not there.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-unknown-table",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key references a table that the catalog does not have",
        why: "MySQL refuses the table with error 1824, unless foreign_key_checks is off; then every write of a child row fails.",
        fix: "Add the referenced table, correct its name, or drop the constraint.",
        example: "FOREIGN KEY (user_id) REFERENCES users (id) with no table users",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let (keyspace, name) = (used.parent_keyspace(), &used.key.referenced_table.name);
        let view = subject
            .catalog
            .keyspaces
            .get(keyspace)
            .is_some_and(|holder| holder.views.contains_key(name));
        if used.parent.is_none() && !view {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` references `{keyspace}.{name}`, which does not exist",
                    used.name()
                ),
                "add the table, or drop the constraint",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_parent_must_exist() {
        let child = "create table c (id int primary key, p int, constraint f foreign key (p) references p (id))";
        let parent = "create table p (id int primary key)";
        let id = "fk-unknown-table";
        expect(
            id,
            &[("ks", "{}", &[child])],
            &["ks.c.f: foreign key `f` references `ks.p`, which does not exist"],
        );
        expect(id, &[("ks", "{}", &[child, parent])], &[]);
    }
}
