//! A foreign key to columns that many rows may share.

use crate::catalog::column_names;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::Index;

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-parent-not-unique",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a foreign key whose referenced columns are no whole primary or unique key",
        why: "MySQL 8.4 refuses it by default (restrict_fk_on_non_standard_key), and it is unclear which of several rows is meant.",
        fix: "Reference a primary or unique key.",
        example: "REFERENCES p (x) with KEY (x)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let Some(parent) = used.parent else { continue };
        let columns = &used.key.referenced_columns;
        let whole = |key: &Index| {
            key.parts.len() == columns.len()
                && column_names(key).iter().all(|name| {
                    columns
                        .iter()
                        .any(|column| column.eq_ignore_ascii_case(name))
                })
        };
        if columns.iter().all(|column| parent.column(column).is_some())
            && !parent.unique_keys().any(whole)
        {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` references `{}` ({}), which is no whole primary or unique key",
                    used.name(),
                    parent.name(),
                    columns.join(", ")
                ),
                "reference a primary or unique key",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn one_row_is_meant() {
        let child = "create table c (id int primary key, p int, constraint f foreign key (p) references p (x))";
        let id = "fk-parent-not-unique";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[child, "create table p (id int primary key, x int, key (x))"],
            )],
            &[
                "ks.c.f: foreign key `f` references `p` (x), which is no whole primary or unique key",
            ],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    child,
                    "create table p (id int primary key, x int, unique (x))",
                ],
            )],
            &[],
        );
    }
}
