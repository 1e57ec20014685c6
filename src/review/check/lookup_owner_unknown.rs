//! A lookup that nobody can keep.

use crate::catalog::files::Severity;
use crate::catalog::nearest;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-owner-unknown",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a lookup vindex whose `owner` is no table of its keyspace",
        why: "Vitess accepts it in silence, and nobody writes the entries: rows are not found by these values.",
        fix: "Name the table, without keyspace, whose rows the entries are of.",
        example: r#""owner": "customer.corder""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let owner = &used.written.owner;
        if owner.is_empty() || subject.entry(used.keyspace, owner).is_some() {
            continue;
        }
        let tables = used.keyspace.vschema.tables.keys().map(String::as_str);
        let bare = owner.rsplit('.').next().unwrap_or(owner);
        let hint = match nearest(bare, tables) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a table of the keyspace's VSchema".to_owned(),
        };
        findings.add(
            Spot::vindex(&used.keyspace.name, used.name),
            format!(
                "lookup `{}` is owned by `{owner}`, which is no table of the VSchema of `{}`",
                used.name, used.keyspace.name
            ),
            hint,
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn the_owner_is_a_table() {
        let vschema = |owner: &str| {
            r#"{"vindexes": {"l": {"type": "lookup", "params": {"table": "l", "from": "a", "to": "k"}, "owner": "OWNER"}}, "tables": {"t": {}}}"#
                .replace("OWNER", owner)
        };
        let id = "lookup-owner-unknown";
        expect(
            id,
            &[("ks", &vschema("ks.t"), &[])],
            &["ks.l: lookup `l` is owned by `ks.t`, which is no table of the VSchema of `ks`"],
        );
        expect(id, &[("ks", &vschema("t"), &[])], &[]);
        expect(id, &[("ks", &vschema(""), &[])], &[]);
    }
}
