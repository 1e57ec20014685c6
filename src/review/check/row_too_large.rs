//! A table whose rows can be longer than MySQL allows.

use crate::catalog::Table;
use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::Column;
use crate::value::TypeKind;

pub(in crate::review) const CHECK: Check = Check {
    id: "row-too-large",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a table whose columns take more than 65,535 bytes a row, TEXT and BLOB aside",
        why: "MySQL refuses the table with error 1118, whatever the rows hold.",
        fix: "Make long columns TEXT or BLOB, of which a row holds a pointer only.",
        example: "a varchar(10000), b varchar(10000) in utf8mb4",
    },
    run,
};

/// Bytes of a row (MySQL manual, "Limits on Table Column Count and Row Size").
const MAX_BYTES: u64 = 65_535;

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let columns = &table.definition.columns;
        let bytes: u64 = columns.iter().map(|column| width(table, column)).sum();
        let nullable = columns
            .iter()
            .filter(|column| column.nullable != Some(false));
        let bytes = bytes + (nullable.count() as u64).div_ceil(8);
        if bytes > MAX_BYTES {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!(
                    "a row of `{}` takes up to {bytes} bytes, and {MAX_BYTES} are allowed",
                    table.name()
                ),
                "make long columns TEXT or BLOB",
            );
        }
    }
}

fn width(table: &Table, column: &Column) -> u64 {
    let column_type = &column.column_type;
    let characters = u64::from(column_type.length.unwrap_or(1));
    let charset = table.column_character_set(column);
    let bytes = characters * charset.map_or(1, |charset| u64::from(charset.max_bytes()));
    if column
        .generated
        .as_ref()
        .is_some_and(|generated| !generated.stored)
    {
        return 0;
    }
    match column_type.kind {
        TypeKind::Char | TypeKind::Binary => bytes,
        TypeKind::VarChar | TypeKind::VarBinary => bytes + if bytes > 255 { 2 } else { 1 },
        TypeKind::TinyInt | TypeKind::Year => 1,
        TypeKind::SmallInt => 2,
        TypeKind::MediumInt | TypeKind::Date => 3,
        TypeKind::Int | TypeKind::Float => 4,
        TypeKind::BigInt | TypeKind::Double | TypeKind::DateTime | TypeKind::Timestamp => 8,
        TypeKind::Decimal => u64::from(column_type.length.unwrap_or(10)) / 2 + 1,
        TypeKind::Bit => characters.div_ceil(8),
        TypeKind::Time => 6,
        TypeKind::Enum => 2,
        TypeKind::Set => (column_type.members.len() as u64)
            .div_ceil(8)
            .next_power_of_two(),
        _ => 12,
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_row_has_its_limit() {
        let id = "row-too-large";
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a varchar(10000), b varchar(10000))"],
            )],
            &["ks.t: a row of `t` takes up to 80005 bytes, and 65535 are allowed"],
        );
        expect(
            id,
            &[("ks", "{}", &["create table t (a varchar(10000), b text)"])],
            &[],
        );
        expect(
            id,
            &[(
                "ks",
                "{}",
                &["create table t (a varchar(10000), b varchar(10000)) charset latin1"],
            )],
            &[],
        );
    }
}
