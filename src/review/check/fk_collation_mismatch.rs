//! A foreign key between texts that compare differently.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-collation-mismatch",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key pairs text columns of different charsets or collations",
        why: "MySQL refuses the table with error 3780: which texts are equal would depend on the side asked.",
        fix: "Give both columns the same charset and collation.",
        example: "code varchar(8) COLLATE utf8mb4_bin with REFERENCES p (code) where code is utf8mb4_0900_ai_ci",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let (Some((own, referenced)), Some(parent)) = (used.incompatible(), used.parent) else {
            continue;
        };
        let (Some(mine), Some(theirs)) = (
            used.child.column_character_set(own),
            parent.column_character_set(referenced),
        ) else {
            continue;
        };
        findings.add(
            Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
            format!(
                "foreign key `{}` pairs `{}` ({}) with `{}.{}` ({})",
                used.name(),
                own.name,
                mine.collation,
                parent.name(),
                referenced.name,
                theirs.collation
            ),
            "give both columns the same charset and collation",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn collations_are_alike() {
        let child = "create table c (id int primary key, p varchar(9), constraint f foreign key (p) references p (id))";
        let id = "fk-collation-mismatch";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[
                    child,
                    "create table p (id varchar(8) collate utf8mb4_bin primary key)",
                ],
            )],
            &["ks.c.f: foreign key `f` pairs `p` (utf8mb4_0900_ai_ci) with `p.id` (utf8mb4_bin)"],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[child, "create table p (id varchar(8) primary key)"],
            )],
            &[],
        );
    }
}
