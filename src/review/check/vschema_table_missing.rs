//! A VSchema entry of no table.

use crate::catalog::files::Severity;
use crate::catalog::nearest;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vschema-table-missing",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "an entry in the VSchema of a table that has no definition",
        why: "It is left over or misspelt: the first query fails.",
        fix: "Remove the entry, or add the table.",
        example: r#""ordrs": {…} with a table orders"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject
        .keyspaces()
        .filter(|keyspace| !keyspace.tables.is_empty())
    {
        for name in keyspace.vschema.tables.keys() {
            if keyspace.tables.contains_key(name) || keyspace.views.contains_key(name) {
                continue;
            }
            let hint = match nearest(name, keyspace.tables.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove the entry, or add the table".to_owned(),
            };
            findings.add(
                Spot::entry(&keyspace.name, name, ""),
                format!(
                    "the VSchema of `{}` has `{name}`, which has no definition",
                    keyspace.name
                ),
                hint,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn entries_have_tables() {
        let table = &["create table orders (a int primary key)"];
        let id = "vschema-table-missing";
        expect(
            id,
            &[("ks", r#"{"tables": {"ordrs": {}}}"#, table)],
            &["ks.ordrs: the VSchema of `ks` has `ordrs`, which has no definition"],
        );
        expect(id, &[("ks", r#"{"tables": {"orders": {}}}"#, table)], &[]);
        expect(id, &[("ks", r#"{"tables": {"ordrs": {}}}"#, &[])], &[]);
    }
}
