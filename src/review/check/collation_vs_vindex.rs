//! Text that is equal to MySQL and not to its vindex.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "collation-vs-vindex",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a text column with a collation that ignores case, under a vindex that reads bytes (`binary`, `binary_md5`, `xxhash`)",
        why: "To MySQL `A` and `a` are equal; to the vindex they are two values and may be on two shards, so that a query finds one row and misses the other.",
        fix: "Use `unicode_loose_xxhash` or `unicode_loose_md5`, or a `_bin` collation.",
        example: "email varchar(190) COLLATE utf8mb4_0900_ai_ci with xxhash",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(table) = entry.table else { continue };
        for used in entry.column_vindexes() {
            if !matches!(
                used.vindex_type.as_str(),
                "binary" | "binary_md5" | "xxhash"
            ) {
                continue;
            }
            for column in used.columns.iter().filter_map(|name| table.column(name)) {
                let collation = table
                    .column_character_set(column)
                    .map(|text| text.collation);
                if let Some(collation) = collation.filter(|name| name.contains("_ci")) {
                    findings.add(
                        Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                        format!(
                            "`{}.{}` ({collation}) ignores case, and vindex `{}` ({}) does not",
                            entry.name, column.name, used.name, used.vindex_type
                        ),
                        "use `unicode_loose_xxhash`, or a `_bin` collation",
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::{expect, with_vindexes};

    #[test]
    fn equal_texts_have_one_place() {
        let entry = with_vindexes(r#""column_vindexes": [{"name": "x", "columns": ["email"]}]"#);
        let id = "collation-vs-vindex";
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (email varchar(9) primary key)"],
            )],
            &[
                "ks.t.x: `t.email` (utf8mb4_0900_ai_ci) ignores case, and vindex `x` (xxhash) does not",
            ],
        );
        expect(
            id,
            &[(
                "ks",
                &entry,
                &["create table t (email varchar(9) collate utf8mb4_bin primary key)"],
            )],
            &[],
        );
    }
}
