//! A view of a sharded keyspace.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "view-in-sharded-keyspace",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a view in a sharded keyspace",
        why: "What a view may select from differs by release and provider: one whose query is not answered by one shard may be refused.",
        fix: "Write the query where it is used, or test the view with the release in use.",
        example: "CREATE VIEW v AS SELECT … FROM customer JOIN corder",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject
        .keyspaces()
        .filter(|keyspace| keyspace.vschema.sharded)
    {
        for name in keyspace.views.keys() {
            findings.add(
                Spot::view(&keyspace.name, name),
                format!("view `{name}` is in sharded keyspace `{}`", keyspace.name),
                "test it with the release of Vitess in use",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn views_of_sharded_keyspaces_are_told() {
        let view = &["create view v as select 1 as a"];
        let id = "view-in-sharded-keyspace";
        expect(
            id,
            &[("ks", r#"{"sharded": true}"#, view)],
            &["ks.v: view `v` is in sharded keyspace `ks`"],
        );
        expect(id, &[("ks", "{}", view)], &[]);
    }
}
