//! A key that another one begins with.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::IndexKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "redundant-index",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a plain key whose parts are the first parts of another key",
        why: "Every write pays for it, while the longer key answers the same look-ups; only a query that reads the key alone may gain by the shorter one.",
        fix: "Drop the shorter key, or make it invisible first and watch.",
        example: "KEY a (user_id), KEY b (user_id, created)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let indexes = &table.definition.indexes;
        for index in indexes
            .iter()
            .filter(|index| index.kind == IndexKind::Plain)
        {
            let longer = indexes.iter().find(|other| {
                other.parts.len() > index.parts.len()
                    && other.parts.starts_with(&index.parts)
                    && !matches!(other.kind, IndexKind::Fulltext | IndexKind::Spatial)
                    && (!other.invisible || index.invisible)
            });
            let (Some(longer), Some(name)) = (longer, &index.name) else {
                continue;
            };
            findings.add(
                Spot::definition(&keyspace.name, table.name(), name),
                format!(
                    "key `{name}` of `{}` is what `{}` begins with",
                    table.name(),
                    longer.name.as_deref().unwrap_or("PRIMARY")
                ),
                "drop it, or make it invisible first",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_key_is_no_prefix_of_another() {
        let id = "redundant-index";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (x int, y int, key a (x), key b (x, y), key c (y desc))"],
            )],
            &["ks.t.a: key `a` of `t` is what `b` begins with"],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (x int, y int, unique a (x), key b (x, y), key c (y))"],
            )],
            &[],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (x int, y int, key a (x), key b (x, y) invisible)"],
            )],
            &[],
        );
    }
}
