//! A column whose type its vindex cannot read.

use crate::catalog::files::Severity;
use crate::catalog::vschema::choose;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-column-type",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a vindex of integers over a column that is none",
        why: "The vindex reads its value as a decimal number: other text maps to no shard, so that reads return nothing and inserts are refused; fractions are refused too.",
        fix: "Take a vindex of bytes or text, such as `xxhash` or `unicode_loose_xxhash`, or an integer column.",
        example: r#"{"name": "hash", "columns": ["email"]} with email varchar(190)"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(table) = entry.table else { continue };
        for used in entry.column_vindexes() {
            let integers = match used.vindex_type.as_str() {
                "hash" | "numeric" | "numeric_static_map" | "reverse_bits" => used.columns.len(),
                // A region, then an id for `hash`; the text region of `region_json` comes second.
                "region_experimental" => 2,
                "region_json" => 1,
                _ => 0,
            };
            for name in used.columns.iter().take(integers) {
                let Some(column) = table.column(name) else {
                    continue;
                };
                let column_type = &column.column_type;
                if column_type.is_integer() || column_type.kind == TypeKind::Year {
                    continue;
                }
                let instead = choose::vindex_type(column_type).unwrap_or("binary");
                findings.add(
                    Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                    format!(
                        "vindex `{}` ({}) wants integers, but `{}.{}` is {column_type}",
                        used.name, used.vindex_type, entry.name, column.name
                    ),
                    format!("use a vindex of type `{instead}`, or an integer column"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn integers_are_wanted() {
        let vschema = |vindex_type: &str| {
            r#"{"sharded": true, "vindexes": {"v": {"type": "TYPE"}}, "tables": {"t": {"column_vindexes": [{"name": "v", "columns": ["a"]}]}}}"#
                .replace("TYPE", vindex_type)
        };
        let cases = [
            ("hash", "varchar(20)", true),
            ("numeric", "decimal(10,2)", true),
            ("reverse_bits", "datetime", true),
            ("hash", "bigint unsigned", false),
            ("xxhash", "varchar(20)", false),
        ];
        for (vindex, column, found) in cases {
            let table = format!("create table t (a {column} not null, primary key (a))");
            let message =
                format!("ks.t.v: vindex `v` ({vindex}) wants integers, but `t.a` is {column}");
            let expected: &[&str] = if found { &[&message] } else { &[] };
            expect(
                "vindex-column-type",
                &[("ks", &vschema(vindex), &[&table])],
                expected,
            );
        }
    }
}
