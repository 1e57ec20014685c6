//! Times that end in 2038.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "timestamp-2038",
    severity: Severity::Off,
    blocks: false,
    rule: Rule {
        what: "a TIMESTAMP column",
        why: "Its range ends on 2038-01-19, and its value is converted by the session time zone.",
        fix: "Use DATETIME.",
        example: "created timestamp",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        for column in &table.definition.columns {
            if column.column_type.kind == TypeKind::Timestamp {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!("`{}.{}` ends in 2038", table.name(), column.name),
                    "use DATETIME",
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
        let id = "timestamp-2038";
        expect(
            id,
            &[("ks", "{}", &["create table t (a timestamp null)"])],
            &["ks.t.a: `t.a` ends in 2038"],
        );
        expect(id, &[("ks", "{}", &["create table t (a datetime)"])], &[]);
    }
}
