//! A foreign key through a generated column.

use crate::catalog::files::Severity;
use crate::catalog::foreign_key::Action;
use crate::catalog::{Table, columns_of};
use crate::review::subject::ForeignKeyUse;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-generated-column",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key over or to a VIRTUAL column, or whose action would write a generated column or the base of a stored one",
        why: "MySQL refuses the table: a computed value can be neither set to NULL nor cascaded into, and a virtual one is not stored.",
        fix: "Reference stored columns, and take RESTRICT where a generated column is involved.",
        example: "b int AS (a + 1) STORED, FOREIGN KEY (b) REFERENCES p (id) ON UPDATE CASCADE",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        if let Some(why) = refused(&used) {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!("foreign key `{}` {why}", used.name()),
                "use RESTRICT, or columns that are not generated",
            );
        }
    }
}

/// MySQL manual, "FOREIGN KEY Constraints", on generated columns.
fn refused(used: &ForeignKeyUse<'_>) -> Option<String> {
    let virtual_column = |table: &Table, names: &[String]| {
        let columns = names.iter().filter_map(|name| table.column(name));
        let mut generated = columns.filter(|column| column.generated.is_some());
        generated
            .find(|column| {
                column
                    .generated
                    .as_ref()
                    .is_some_and(|generated| !generated.stored)
            })
            .map(|column| column.name.clone())
    };
    let key = used.key;
    if let Some(column) = virtual_column(used.child, &key.columns) {
        return Some(format!("uses virtual column `{column}`"));
    }
    if let Some(parent) = used.parent
        && let Some(column) = virtual_column(parent, &key.referenced_columns)
    {
        return Some(format!(
            "references virtual column `{}.{column}`",
            parent.name()
        ));
    }
    let (delete, update) = (Action::from(key.on_delete), Action::from(key.on_update));
    let sets = |action: Action| matches!(action, Action::SetNull | Action::SetDefault);
    let writes = |action: Action| sets(action) || action == Action::Cascade;
    for column in &used.child.definition.columns {
        let Some(generated) = &column.generated else {
            continue;
        };
        let in_key = |name: &str| {
            key.columns
                .iter()
                .any(|other| other.eq_ignore_ascii_case(name))
        };
        if in_key(&column.name) && (writes(update) || sets(delete)) {
            return Some(format!("would write generated column `{}`", column.name));
        }
        let base = columns_of(&generated.expression)
            .into_iter()
            .find(|name| in_key(name));
        if let Some(base) = base
            && generated.stored
            && (writes(update) || writes(delete))
        {
            return Some(format!(
                "would write `{base}`, from which stored column `{}` is generated",
                column.name
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn actions_do_not_write_what_is_computed() {
        let parent = "create table p (id int primary key)";
        let child = |columns: &str, key: &str| {
            format!(
                "create table c (id int primary key, a int, {columns}, constraint f foreign key {key})"
            )
        };
        let cases = [
            (
                "b int as (a+1) virtual",
                "(b) references p (id)",
                "uses virtual column `b`",
            ),
            (
                "b int as (a+1) stored",
                "(b) references p (id) on update cascade",
                "would write generated column `b`",
            ),
            (
                "b int as (a+1) stored",
                "(b) references p (id) on delete cascade",
                "",
            ),
            (
                "b int as (a+1) stored",
                "(a) references p (id) on delete cascade",
                "would write `a`, from which stored column `b` is generated",
            ),
            (
                "b int as (a+1) virtual",
                "(a) references p (id) on delete cascade",
                "",
            ),
            ("b int as (a+1) stored", "(a) references p (id)", ""),
        ];
        for (columns, key, why) in cases {
            let message = format!("ks.c.f: foreign key `f` {why}");
            let expected: &[&str] = if why.is_empty() { &[] } else { &[&message] };
            expect(
                "fk-generated-column",
                &[("ks", "{}", &[&child(columns, key), parent])],
                expected,
            );
        }
        let parent = "create table p (id int primary key, v int as (id) virtual, unique (v))";
        expect(
            "fk-generated-column",
            &[(
                "ks",
                "{}",
                &[&child("b int", "(a) references p (v)"), parent],
            )],
            &["ks.c.f: foreign key `f` references virtual column `p.v`"],
        );
    }
}
