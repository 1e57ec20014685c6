//! Keys that every write pays for.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::IndexKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "too-many-indexes",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a table with more secondary indexes than `secondary_indexes` of `[policy]` in `vrev.toml` says, 10 by default",
        why: "Every write changes each of them. MySQL refuses the 65th, and a key over more than 16 columns.",
        fix: "Drop what no query uses; redundant ones are told by `redundant-index`. Or raise the limit.",
        example: "11 keys beside the primary key",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let most = subject.policy.secondary_indexes;
    for (keyspace, table) in subject.tables() {
        let indexes = table.definition.indexes.iter();
        let count = indexes
            .filter(|index| index.kind != IndexKind::Primary)
            .count();
        if count > most {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!(
                    "`{}` has {count} secondary indexes, and {most} are allowed",
                    table.name()
                ),
                "drop those that no query uses",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, expect_under};

    #[test]
    fn indexes_are_few() {
        let id = "too-many-indexes";
        let table = |count: usize| {
            let keys: Vec<String> = (0..count)
                .map(|number| format!(", key k{number} (a, b{number})"))
                .collect();
            let columns: Vec<String> = (0..count)
                .map(|number| format!("b{number} int, "))
                .collect();
            format!(
                "create table t ({} a int primary key{})",
                columns.concat(),
                keys.concat()
            )
        };
        expect(
            id,
            &[("ks", "{}", &[&table(11)])],
            &["ks.t: `t` has 11 secondary indexes, and 10 are allowed"],
        );
        expect(id, &[("ks", "{}", &[&table(10)])], &[]);
        expect_under(
            id,
            "secondary_indexes = 2",
            &[("ks", "{}", &[&table(3)])],
            &["ks.t: `t` has 3 secondary indexes, and 2 are allowed"],
        );
    }
}
