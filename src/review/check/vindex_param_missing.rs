//! A lookup vindex that does not say where its entries are.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-param-missing",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a lookup vindex without `table`, `from` or `to`",
        why: "Vitess accepts it, and the first statement that uses it fails.",
        fix: "Name the backing table, its columns of values and its column of keyspace ids.",
        example: r#""by_email": {"type": "consistent_lookup_unique", "params": {"table": "dir.by_email"}}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let empty = |name: &&str| used.written.params.get(*name).is_none_or(String::is_empty);
        let missing: Vec<&str> = ["table", "from", "to"].into_iter().filter(empty).collect();
        if !missing.is_empty() {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` lacks the parameter `{}`",
                    used.name,
                    missing.join("`, `")
                ),
                "add it to `params`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_lookup_says_where() {
        let vschema = |params: &str| {
            r#"{"vindexes": {"h": {"type": "hash"}, "l": {"type": "lookup", "params": {PARAMS}}}}"#
                .replace("PARAMS", params)
        };
        let id = "vindex-param-missing";
        expect(
            id,
            &[("ks", &vschema(r#""table": "t""#), &[])],
            &["ks.l: lookup `l` lacks the parameter `from`, `to`"],
        );
        expect(
            id,
            &[(
                "ks",
                &vschema(r#""table": "t", "from": "a", "to": "k""#),
                &[],
            )],
            &[],
        );
    }
}
