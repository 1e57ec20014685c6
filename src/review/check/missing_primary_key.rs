//! A table without a primary key.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "missing-primary-key",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table without a primary key",
        why: "InnoDB hides a row id in it, replication by rows is slow, and its history can show additions and removals only.",
        fix: "Add a primary key.",
        example: "CREATE TABLE t (a int)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        if table.primary_key().is_none() {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!("`{}` has no primary key", table.name()),
                "add one; an invisible AUTO_INCREMENT column will do",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_table_has_a_primary_key() {
        let id = "missing-primary-key";
        expect(
            id,
            &[("ks", "{}", &["create table t (a int)"])],
            &["ks.t: `t` has no primary key"],
        );
        expect(
            id,
            &[("ks", "{}", &["create table t (a int primary key)"])],
            &[],
        );
    }
}
