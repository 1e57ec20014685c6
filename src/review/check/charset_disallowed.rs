//! Text in an older charset.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "charset-disallowed",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table or text column whose charset is not utf8mb4, ascii or binary",
        why: "utf8mb3 cannot hold every character, and joins across charsets use no index.",
        fix: "Use utf8mb4.",
        example: "CHARSET=utf8mb3",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let allowed = |charset: &str| matches!(charset, "utf8mb4" | "ascii" | "binary");
    for (keyspace, table) in subject.tables() {
        for column in &table.definition.columns {
            let Some(text) = table.column_character_set(column) else {
                continue;
            };
            if !allowed(&text.charset) {
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "`{}.{}` is text in {}",
                        table.name(),
                        column.name,
                        text.charset
                    ),
                    "use utf8mb4",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn text_is_utf8mb4() {
        let id = "charset-disallowed";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a varchar(9)) charset utf8mb3"],
            )],
            &["ks.t.a: `t.a` is text in utf8mb3"],
        );
        expect(
            id,
            &[("ks", "{}", &["create table t (a varchar(9), b int)"])],
            &[],
        );
    }
}
