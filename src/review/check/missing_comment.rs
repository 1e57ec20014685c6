//! An object that does not say what it is.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "missing-comment",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "a table or column without COMMENT",
        why: "Only those who made it know what it holds.",
        fix: "Add a COMMENT.",
        example: "CREATE TABLE t (a int)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let name = table.name();
        if table.comment().is_empty() {
            findings.add(
                Spot::definition(&keyspace.name, name, ""),
                format!("table `{name}` has no comment"),
                "add COMMENT",
            );
        }
        let columns = table.definition.columns.iter();
        for column in columns.filter(|column| column.comment.is_empty()) {
            findings.add(
                Spot::definition(&keyspace.name, name, &column.name),
                format!("column `{name}.{}` has no comment", column.name),
                "add COMMENT",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn objects_are_described() {
        let id = "missing-comment";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a int, b int comment 'what it is')"],
            )],
            &[
                "ks.t: table `t` has no comment",
                "ks.t.a: column `t.a` has no comment",
            ],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a int comment 'x') comment 'y'"],
            )],
            &[],
        );
    }
}
