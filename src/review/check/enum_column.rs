//! Values that are part of the definition.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "enum-column",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "an ENUM or SET column",
        why: "Every new value is DDL on every shard.",
        fix: "Use a table of values, or text.",
        example: "state enum('new', 'paid')",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        for column in &table.definition.columns {
            if matches!(column.column_type.kind, TypeKind::Enum | TypeKind::Set) {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "`{}.{}` has its values in the definition",
                        table.name(),
                        column.name
                    ),
                    "use a table of values, or text",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_policy_is_held() {
        let id = "enum-column";
        expect(
            id,
            &[("ks", "{}", &["create table t (a enum('x'))"])],
            &["ks.t.a: `t.a` has its values in the definition"],
        );
        expect(id, &[("ks", "{}", &["create table t (a int)"])], &[]);
    }
}
