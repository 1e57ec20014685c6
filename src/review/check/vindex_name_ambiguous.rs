//! One name of vindexes in several keyspaces.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use std::collections::BTreeMap;

use crate::catalog::Keyspace;

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-name-ambiguous",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a vindex name that several keyspaces without `require_explicit_routing` have",
        why: "A query of the vindex itself (`SELECT … FROM hash`) that does not name the keyspace fails.",
        fix: "Name the keyspace, or give one of them another name.",
        example: r#""hash" in customer and in merchant"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let open = |keyspace: &&Keyspace| !keyspace.vschema.require_explicit_routing;
    for keyspace in subject.keyspaces().filter(open) {
        for name in keyspace.vschema.vindexes.keys() {
            match first.get(name.as_str()) {
                Some(other) => findings.add(
                    Spot::vindex(&keyspace.name, name),
                    format!(
                        "vindex `{name}` alone may be of `{other}` or of `{}`",
                        keyspace.name
                    ),
                    "name the keyspace where the vindex is queried",
                ),
                None => _ = first.insert(name, &keyspace.name),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_bare_name_means_one_vindex() {
        let vschema = r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}}}"#;
        let explicit = r#"{"sharded": true, "require_explicit_routing": true, "vindexes": {"hash": {"type": "hash"}}}"#;
        let id = "vindex-name-ambiguous";
        expect(
            id,
            &[("a", vschema, &[]), ("b", vschema, &[])],
            &["b.hash: vindex `hash` alone may be of `a` or of `b`"],
        );
        expect(id, &[("a", vschema, &[]), ("b", explicit, &[])], &[]);
    }
}
