//! An `auto_increment` from what is no sequence.

use crate::catalog::files::Severity;
use crate::catalog::vschema::TableType;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "sequence-wrong-type",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "an `auto_increment` whose sequence leads to a table that is not of type `sequence`",
        why: "Vitess accepts the document; the first INSERT that wants a number fails.",
        fix: r#"Give the table `"type": "sequence"` in its VSchema."#,
        example: r#""sequence": "product.corder_seq" with "corder_seq": {} in product"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some((_, sequence)) = &entry.built.auto_increment else {
            continue;
        };
        let Ok((found, _)) = subject.find(sequence) else {
            continue;
        };
        if found.table_type != TableType::Sequence {
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, "auto_increment"),
                format!(
                    "`{}` takes numbers from `{}.{}`, which is not of type `sequence`",
                    entry.name, found.keyspace, found.name
                ),
                format!(
                    "add `\"{}\": {{\"type\": \"sequence\"}}` to the VSchema of `{}`",
                    found.name, found.keyspace
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn numbers_come_from_a_sequence() {
        let user = r#"{"tables": {"t": {"auto_increment": {"column": "id", "sequence": "b.s"}}}}"#;
        let id = "sequence-wrong-type";
        expect(
            id,
            &[("a", user, &[]), ("b", "{}", &[])],
            &["a.t.auto_increment: `t` takes numbers from `b.s`, which is not of type `sequence`"],
        );
        expect(
            id,
            &[
                ("a", user, &[]),
                ("b", r#"{"tables": {"s": {"type": "sequence"}}}"#, &[]),
            ],
            &[],
        );
    }
}
