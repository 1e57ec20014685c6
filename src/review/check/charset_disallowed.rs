//! Text in an older charset.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "charset-disallowed",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a text column whose charset `vrev.toml` does not allow: one other than utf8mb4, ascii and binary by default",
        why: "utf8mb3 cannot hold every character, and joins across charsets use no index.",
        fix: "Use utf8mb4, or list the charset in `charsets` of `[policy]` in `vrev.toml`.",
        example: "CHARSET=utf8mb3",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let charsets = &subject.policy.charsets;
    let allowed = |charset: &str| {
        charsets
            .iter()
            .any(|known| known.eq_ignore_ascii_case(charset))
    };
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
                    format!("use {}", charsets.join(" or ")),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, expect_under};

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
        let old = &["create table t (a varchar(9)) charset latin1"];
        expect_under(id, r#"charsets = ["LATIN1"]"#, &[("ks", "{}", old)], &[]);
    }
}
