//! Numbers that will run out.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "auto-increment-type",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "an AUTO_INCREMENT column of a type smaller than 4 bytes, or a signed INT",
        why: "The table stops taking rows when the last number is given.",
        fix: "Make it bigint unsigned.",
        example: "id int AUTO_INCREMENT",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let Some(column) = table.auto_increment_column() else {
            continue;
        };
        let column_type = &column.column_type;
        let small = match column_type.kind {
            TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::MediumInt => true,
            TypeKind::Int => !column_type.unsigned,
            _ => false,
        };
        if let (true, Some((_, last))) = (small, column_type.integer_range()) {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), &column.name),
                format!(
                    "`{}.{}` {column_type} numbers {last} rows at most",
                    table.name(),
                    column.name
                ),
                "make it bigint unsigned",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn numbers_last() {
        let table = |column_type: &str| {
            format!("create table t (id {column_type} auto_increment primary key)")
        };
        let id = "auto-increment-type";
        expect(
            id,
            &[("ks", "{}", &[&table("int")])],
            &["ks.t.id: `t.id` int numbers 2147483647 rows at most"],
        );
        expect(id, &[("ks", "{}", &[&table("int unsigned")])], &[]);
        expect(id, &[("ks", "{}", &[&table("bigint")])], &[]);
    }
}
