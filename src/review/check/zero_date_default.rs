//! A default that strict mode refuses.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::ColumnDefault;
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "zero-date-default",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a default of '0000-00-00' or with zero parts",
        why: "With NO_ZERO_DATE and strict mode, which are the default, MySQL refuses the definition or the row.",
        fix: "Use NULL, or CURRENT_TIMESTAMP.",
        example: "created datetime NOT NULL DEFAULT '0000-00-00 00:00:00'",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        for column in &table.definition.columns {
            let dated = matches!(
                column.column_type.kind,
                TypeKind::Date | TypeKind::DateTime | TypeKind::Timestamp
            );
            let Some(ColumnDefault::Literal(text)) = column.default.as_ref().filter(|_| dated)
            else {
                continue;
            };
            if text.starts_with("0000") || text.contains("-00") {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "`{}.{}` defaults to '{text}', which strict mode refuses",
                        table.name(),
                        column.name
                    ),
                    "use NULL, or CURRENT_TIMESTAMP",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn defaults_are_dates() {
        let id = "zero-date-default";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a date not null default '0000-00-00')"],
            )],
            &["ks.t.a: `t.a` defaults to '0000-00-00', which strict mode refuses"],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a date not null default '2020-01-01')"],
            )],
            &[],
        );
    }
}
