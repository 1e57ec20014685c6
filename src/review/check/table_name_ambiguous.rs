//! One name of tables in several keyspaces.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "table-name-ambiguous",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a table name that several keyspaces have, without a routing rule",
        why: "A query that does not name the keyspace fails.",
        fix: "Name keyspaces in queries, or add a routing rule.",
        example: "product.customer and customer.customer",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let rules = &subject.catalog.rules.routing;
    for name in subject.vschema.ambiguous_table_names() {
        if rules.iter().any(|(from, _)| from == name) {
            continue;
        }
        let mut holders = subject
            .keyspaces()
            .filter(|keyspace| keyspace.vschema.tables.contains_key(name));
        if let Some(first) = holders.next() {
            let others: Vec<&str> = holders.map(|keyspace| keyspace.name.as_str()).collect();
            findings.add(
                Spot::entry(&first.name, name, ""),
                format!(
                    "`{name}` alone may be of `{}` or of `{}`",
                    first.name,
                    others.join("`, `")
                ),
                "name the keyspace in queries, or add a routing rule",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_bare_name_means_one_table() {
        let vschema = r#"{"tables": {"t": {}}}"#;
        let id = "table-name-ambiguous";
        expect(
            id,
            &[("a", vschema, &[]), ("b", vschema, &[])],
            &["a.t: `t` alone may be of `a` or of `b`"],
        );
        expect(id, &[("a", vschema, &[]), ("b", "{}", &[])], &[]);
    }
}
