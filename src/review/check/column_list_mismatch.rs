//! A column list that claims to be complete and is not.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "column-list-mismatch",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a VSchema entry with `column_list_authoritative` whose `columns` are not the columns of the table",
        why: "`SELECT *` and INSERT without a column list are expanded from the list: columns are missed, or statements fail.",
        fix: "Correct the list, or leave `column_list_authoritative` out and let vtgate track the schema.",
        example: r#""columns": [{"name": "id"}], "column_list_authoritative": true with a table (id, name)"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(table) = entry
            .table
            .filter(|_| entry.written.column_list_authoritative)
        else {
            continue;
        };
        let listed: Vec<String> = entry
            .written
            .columns
            .iter()
            .map(|c| c.name.to_lowercase())
            .collect();
        let real: Vec<String> = table
            .definition
            .columns
            .iter()
            .map(|c| c.name.to_lowercase())
            .collect();
        let beyond = |some: &[String], others: &[String]| {
            let beyond = some.iter().filter(|name| !others.contains(name));
            beyond.cloned().collect::<Vec<_>>().join("`, `")
        };
        let why = match (beyond(&real, &listed), beyond(&listed, &real)) {
            (missing, _) if !missing.is_empty() => format!("leaves out `{missing}`"),
            (_, more) if !more.is_empty() => format!("has `{more}`, which the table does not have"),
            _ if listed != real => "has another order than the table".to_owned(),
            _ => continue,
        };
        findings.add(
            Spot::entry(&entry.keyspace.name, entry.name, "columns"),
            format!("the authoritative column list of `{}` {why}", entry.name),
            "correct the list, or leave `column_list_authoritative` out",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn an_authoritative_list_is_right() {
        let vschema = |columns: &str, authoritative: &str| {
            r#"{"tables": {"t": {"columns": [COLUMNS], "column_list_authoritative": SAID}}}"#
                .replace("COLUMNS", columns)
                .replace("SAID", authoritative)
        };
        let table = &["create table t (a int primary key, b int)"];
        let (a, b) = (r#"{"name": "a"}"#, r#"{"name": "b"}"#);
        let cases = [
            (format!("{a}, {b}"), "true", ""),
            (a.to_owned(), "true", "leaves out `b`"),
            (a.to_owned(), "false", ""),
            (
                format!("{b}, {a}"),
                "true",
                "has another order than the table",
            ),
            (
                format!(r#"{a}, {b}, {{"name": "c"}}"#),
                "true",
                "has `c`, which the table does not have",
            ),
        ];
        for (columns, said, why) in cases {
            let message = format!("ks.t.columns: the authoritative column list of `t` {why}");
            let expected: &[&str] = if why.is_empty() { &[] } else { &[&message] };
            expect(
                "column-list-mismatch",
                &[("ks", &vschema(&columns, said), table)],
                expected,
            );
        }
    }
}
