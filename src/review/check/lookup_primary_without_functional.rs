//! A table that only a lookup can place.

use crate::catalog::files::Severity;
use crate::catalog::vschema::BuiltColumnVindex;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-primary-without-functional",
    severity: Severity::Error,
    blocks: false,
    rule: Rule {
        what: "a table whose primary vindex is a lookup, without another vindex that computes the same keyspace id",
        why: "The table works, but cannot be resharded: every row of the copied stream would need a look-up. A functional vindex that is reversible (`binary`, `hash`, `numeric`, `reverse_bits`) is filled in by Vitess itself; one that is not must be the vindex by which the owner of the lookup is sharded, and the application supplies its value.",
        fix: "Add a column `keyspace_id varbinary(10)` with a vindex of type `binary`; or the sharding column of the owner with its vindex, which says something to people. Vitess does not fill the column of rows that are there already.",
        example: r#""corder_event": {"column_vindexes": [{"name": "corder_keyspace_idx", "columns": ["corder_id"]}]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        let Some(primary) = entry.column_vindexes().next() else {
            continue;
        };
        if !entry.keyspace.vschema.sharded || !primary.vindex.needs_lookup() {
            continue;
        }
        let owner = entry
            .keyspace
            .vschema
            .vindexes
            .get(&primary.name)
            .and_then(|written| subject.entry(entry.keyspace, &written.owner));
        let of_owner = owner.and_then(|owner| owner.built.primary());
        let computes = |used: &&BuiltColumnVindex| {
            used.unique
                && !used.vindex.needs_lookup()
                && (used.vindex.as_reversible().is_some()
                    || of_owner.is_some_and(|of_owner| of_owner.name == used.name))
        };
        if entry.column_vindexes().any(|used| computes(&used)) {
            continue;
        }
        let mut hint =
            "add a column `keyspace_id varbinary(10)` with a vindex of type `binary`".to_owned();
        if let (Some(owner), Some(of_owner)) = (owner, of_owner)
            && of_owner.vindex.as_reversible().is_some()
        {
            hint.push_str(&format!(
                ", or `{}` with `{}` as in `{}`",
                of_owner.columns.join("`, `"),
                of_owner.name,
                owner.name
            ));
        }
        findings.add(
            Spot::entry(&entry.keyspace.name, entry.name, &primary.name),
            format!(
                "only lookup `{}` places the rows of `{}`, which cannot be resharded so",
                primary.name, entry.name
            ),
            hint,
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn another_vindex_computes_the_keyspace_id() {
        let vschema = |event: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"}, "x": {"type": "xxhash"}, "bin": {"type": "binary"},
                "l": {"type": "consistent_lookup_unique", "params": {"table": "l", "from": "id", "to": "k"}, "owner": "o"}},
                "tables": {"o": {"column_vindexes": [{"name": "hash", "columns": ["c"]}, {"name": "l", "columns": ["id"]}]},
                    "e": {"column_vindexes": [{"name": "l", "columns": ["id"]} EVENT]}}}"#
                .replace("EVENT", event)
        };
        let id = "lookup-primary-without-functional";
        let found: &[&str] =
            &["ks.e.l: only lookup `l` places the rows of `e`, which cannot be resharded so"];
        for (event, expected) in [
            ("", found),
            (r#", {"name": "bin", "columns": ["k"]}"#, &[]),
            (r#", {"name": "hash", "columns": ["c"]}"#, &[]),
            (r#", {"name": "x", "columns": ["c"]}"#, found),
        ] {
            expect(id, &[("ks", &vschema(event), &[])], expected);
        }
        let by_xxhash = vschema(r#", {"name": "x", "columns": ["c"]}"#).replace(
            r#"{"name": "hash", "columns": ["c"]}"#,
            r#"{"name": "x", "columns": ["c"]}"#,
        );
        expect(id, &[("ks", &by_xxhash, &[])], &[]);
    }
}
