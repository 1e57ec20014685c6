//! A key that another one begins with.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::{IndexKind, IndexPart};

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
                begins_with(&other.parts, &index.parts)
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

/// Tells whether some parts are the first of others; a prefix of a column at the end is part of a longer prefix.
fn begins_with(longer: &[IndexPart], shorter: &[IndexPart]) -> bool {
    let (Some((last, before)), true) = (shorter.split_last(), longer.len() >= shorter.len()) else {
        return false;
    };
    let same = &longer[before.len()];
    let prefix = match (last, same) {
        (
            IndexPart::Column {
                name,
                length: Some(length),
                descending,
            },
            IndexPart::Column {
                name: other,
                length: of_other,
                descending: direction,
            },
        ) => {
            name == other && descending == direction && of_other.is_none_or(|other| other > *length)
        }
        _ => false,
    };
    longer.starts_with(before) && (prefix || (last == same && longer.len() > shorter.len()))
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
        let prefixes =
            "create table t (x varchar(99), y int, key a (x(5)), key b (x(9)), key c (x, y))";
        expect(
            id,
            &[("ks", "{}", &[prefixes])],
            &[
                "ks.t.a: key `a` of `t` is what `b` begins with",
                "ks.t.b: key `b` of `t` is what `c` begins with",
            ],
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
