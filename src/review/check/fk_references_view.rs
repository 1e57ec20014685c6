//! A foreign key to a view.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-references-view",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key references a view",
        why: "MySQL refuses the table: only the rows of a base table can be referenced.",
        fix: "Reference the table below the view.",
        example: "FOREIGN KEY (user_id) REFERENCES active_users (id) with a view active_users",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let (keyspace, name) = (used.parent_keyspace(), &used.key.referenced_table.name);
        let holder = subject.catalog.keyspaces.get(keyspace);
        if holder.is_some_and(|holder| holder.views.contains_key(name)) {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` references `{keyspace}.{name}`, which is a view",
                    used.name()
                ),
                "reference the table below the view",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_parent_must_be_a_table() {
        let child = "create table c (id int primary key, p int, constraint f foreign key (p) references p (id))";
        let id = "fk-references-view";
        expect(
            id,
            &[("ks", "{}", &[child, "create view p as select 1 as id"])],
            &["ks.c.f: foreign key `f` references `ks.p`, which is a view"],
        );
        expect(
            id,
            &[("ks", "{}", &[child, "create table p (id int primary key)"])],
            &[],
        );
    }
}
