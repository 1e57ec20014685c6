//! Two keys over the same columns.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::{Index, IndexKind};

pub(in crate::review) const CHECK: Check = Check {
    id: "duplicate-index",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "two keys of a table with the same parts",
        why: "Every write pays for both, and no query gains by the second.",
        fix: "Drop one of them; a unique key serves for a plain one.",
        example: "KEY a (x), KEY b (x)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let indexes = &table.definition.indexes;
        for (number, index) in indexes.iter().enumerate() {
            let same = |other: &&Index| {
                other.parts == index.parts
                    && (other.kind == IndexKind::Fulltext) == (index.kind == IndexKind::Fulltext)
                    && (other.kind == IndexKind::Spatial) == (index.kind == IndexKind::Spatial)
            };
            if let Some(first) = indexes[..number].iter().find(same) {
                findings.add(
                    Spot::definition(
                        &keyspace.name,
                        table.name(),
                        index.name.as_deref().unwrap_or_default(),
                    ),
                    format!(
                        "key `{}` of `{}` has the parts of {}",
                        label(index),
                        table.name(),
                        quoted(first)
                    ),
                    "drop it",
                );
            }
        }
    }
}

fn label(index: &Index) -> &str {
    index.name.as_deref().unwrap_or("PRIMARY")
}

fn quoted(index: &Index) -> String {
    match index.kind {
        IndexKind::Primary => "the primary key".to_owned(),
        _ => format!("`{}`", label(index)),
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn parts_are_there_once() {
        let id = "duplicate-index";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    "create table t (id int primary key, x int, key a (x), key b (x), unique c (id), key d (x desc))",
                ],
            )],
            &[
                "ks.t.c: key `c` of `t` has the parts of the primary key",
                "ks.t.b: key `b` of `t` has the parts of `a`",
            ],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    "create table t (x int, y int, key a (x), key b (x, y), fulltext key f (z), z text)",
                ],
            )],
            &[],
        );
    }
}
