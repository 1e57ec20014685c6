//! Vindexes where nothing is sharded.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "unsharded-with-vindexes",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "vindexes in the VSchema of a keyspace that is not sharded",
        why: "They are built and checked, and ignored for routing: whoever wrote them expected something else.",
        fix: r#"Set `"sharded": true`, or remove them."#,
        example: r#"{"vindexes": {"hash": {"type": "hash"}}} without "sharded""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject.keyspaces() {
        let vschema = &keyspace.vschema;
        if !vschema.sharded && !vschema.vindexes.is_empty() {
            let names: Vec<&str> = vschema.vindexes.keys().map(String::as_str).collect();
            findings.add(
                Spot::keyspace(&keyspace.name, "vindexes"),
                format!(
                    "keyspace `{}` is not sharded, and ignores its vindexes `{}`",
                    keyspace.name,
                    names.join("`, `")
                ),
                "set `\"sharded\": true`, or remove them",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn vindexes_are_of_sharded_keyspaces() {
        let id = "unsharded-with-vindexes";
        expect(
            id,
            &[("ks", r#"{"vindexes": {"hash": {"type": "hash"}}}"#, &[])],
            &["ks: keyspace `ks` is not sharded, and ignores its vindexes `hash`"],
        );
        expect(
            id,
            &[(
                "ks",
                r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}}}"#,
                &[],
            )],
            &[],
        );
    }
}
