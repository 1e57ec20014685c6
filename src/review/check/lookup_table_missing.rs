//! A lookup without its backing table.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql;

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-missing",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a lookup vindex whose `table` leads to no table",
        why: "The first statement that uses the vindex fails, and so does every INSERT of its owner.",
        fix: "Create the table, and name it as `keyspace.table`; in a sharded keyspace it needs a VSchema entry too.",
        example: r#""params": {"table": "product.no_such_idx", "from": "corder_id", "to": "keyspace_id"}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let table = used.lookup.table();
        if table.is_empty() {
            continue; // vindex-param-missing
        }
        let why = match sql::parse_table_name(table).map(|name| subject.find(&name)) {
            Err(_) => "is no name of a table".to_owned(),
            Ok(Err(error)) => format!("leads nowhere: {error}"),
            Ok(Ok((found, None))) if subject.is_defined(&found.keyspace) => {
                format!("has no definition in keyspace `{}`", found.keyspace)
            }
            Ok(Ok(_)) => continue,
        };
        findings.add(
            Spot::vindex(&used.keyspace.name, used.name),
            format!(
                "the backing table `{table}` of lookup `{}` {why}",
                used.name
            ),
            "create it, and name it as `keyspace.table`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_backing_table_is_there() {
        let vschema = |table: &str| {
            r#"{"vindexes": {"l": {"type": "lookup", "params": {"table": "TABLE", "from": "a", "to": "k"}}}}"#
                .replace("TABLE", table)
        };
        let defined = &["create table idx (a int, k varbinary(10), primary key (a, k))"];
        let id = "lookup-table-missing";
        let cases = [
            ("ks.idx", ""),
            ("idx", ""),
            (
                "ks.no",
                "`ks.no` of lookup `l` has no definition in keyspace `ks`",
            ),
            (
                "other.idx",
                "`other.idx` of lookup `l` leads nowhere: VT05003: unknown database 'other' in vschema",
            ),
            ("a.b.c", "`a.b.c` of lookup `l` is no name of a table"),
        ];
        for (table, why) in cases {
            let message = format!("ks.l: the backing table {why}");
            let expected: &[&str] = if why.is_empty() { &[] } else { &[&message] };
            expect(id, &[("ks", &vschema(table), defined)], expected);
        }
        // Where only VSchemas are kept, tables are not missed.
        expect(id, &[("ks", &vschema("ks.no"), &[])], &[]);
    }
}
