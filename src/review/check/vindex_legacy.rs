//! A lookup of an older kind.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-legacy",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "a lookup vindex of a type that `consistent_lookup` and `consistent_lookup_unique` supersede",
        why: "Its entries and the rows they are of are consistent only with two-phase commit.",
        fix: "Use `consistent_lookup` or `consistent_lookup_unique`; the entries of `lookup_unique` and `lookup` can stay where `from` identifies the row.",
        example: r#""type": "lookup_hash_unique""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let vindex_type = used.written.vindex_type.as_str();
        if vindex_type.starts_with("consistent_") {
            continue;
        }
        let instead = if used.vindex.is_unique() {
            "consistent_lookup_unique"
        } else {
            "consistent_lookup"
        };
        findings.add(
            Spot::vindex(&used.keyspace.name, used.name),
            format!("lookup `{}` is of type `{vindex_type}`", used.name),
            format!("`{instead}` keeps entries and rows consistent without two-phase commit"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn consistent_ones_supersede() {
        let vschema = |vindex_type: &str| {
            r#"{"sharded": true, "vindexes": {"l": {"type": "TYPE", "params": {"table": "l", "from": "a", "to": "k"}}}}"#
                .replace("TYPE", vindex_type)
        };
        let id = "vindex-legacy";
        expect(
            id,
            &[("ks", &vschema("lookup_hash"), &[])],
            &["ks.l: lookup `l` is of type `lookup_hash`"],
        );
        expect(id, &[("ks", &vschema("consistent_lookup"), &[])], &[]);
    }
}
