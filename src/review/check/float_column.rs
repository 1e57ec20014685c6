//! Numbers that are not exact.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "float-column",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "a FLOAT or DOUBLE column",
        why: "Sums and comparisons are inexact, which money and counts do not bear.",
        fix: "Use DECIMAL.",
        example: "price double",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        for column in &table.definition.columns {
            if matches!(column.column_type.kind, TypeKind::Float | TypeKind::Double) {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!("`{}.{}` is not exact", table.name(), column.name),
                    "use DECIMAL",
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
        let id = "float-column";
        expect(
            id,
            &[("ks", "{}", &["create table t (a double)"])],
            &["ks.t.a: `t.a` is not exact"],
        );
        expect(
            id,
            &[("ks", "{}", &["create table t (a decimal(10,2))"])],
            &[],
        );
    }
}
