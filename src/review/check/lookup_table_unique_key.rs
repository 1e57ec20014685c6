//! A backing table that would take one entry twice.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::sql::ddl::{Index, IndexPart};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-table-unique-key",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a unique lookup whose backing table has no primary or unique key within `from`; another one without a key within `from` and `to`",
        why: "A value with two entries leads to two shards; consistent lookups learn from the duplicate-key error that an entry is taken.",
        fix: "Make `from` the primary key of a unique lookup, and `from` with the key of the owner that of another.",
        example: "consistent_lookup_unique over a table with PRIMARY KEY (id)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let Some((found, table)) = subject.backing(used.lookup) else {
            continue;
        };
        let mut allowed: Vec<&str> = used
            .lookup
            .from_columns()
            .iter()
            .map(String::as_str)
            .collect();
        if !used.vindex.is_unique() {
            allowed.push(used.lookup.to_column());
        }
        let within = |key: &Index| {
            key.parts.iter().all(|part| match part {
                IndexPart::Column { name, .. } => allowed
                    .iter()
                    .any(|column| column.eq_ignore_ascii_case(name)),
                IndexPart::Expression { .. } => false,
            })
        };
        if table.unique_keys().any(within) {
            continue;
        }
        findings.add(
            Spot::vindex(&used.keyspace.name, used.name),
            format!(
                "backing table `{}.{}` of lookup `{}` ({}) has no primary or unique key over `{}`",
                found.keyspace,
                found.name,
                used.name,
                used.written.vindex_type,
                allowed.join("`, `")
            ),
            format!(
                "make it PRIMARY KEY ({})",
                used.lookup.from_columns().join(", ")
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn an_entry_is_there_once() {
        let vschema = |vindex_type: &str| {
            r#"{"vindexes": {"l": {"type": "TYPE", "params": {"table": "ks.idx", "from": "a", "to": "k"}}}}"#
                .replace("TYPE", vindex_type)
        };
        let id = "lookup-table-unique-key";
        let cases = [
            ("lookup_unique", "primary key (a)", ""),
            ("lookup_unique", "primary key (a, k)", "`a`"),
            ("lookup_unique", "unique (a)", ""),
            ("lookup", "primary key (a, k)", ""),
            ("lookup", "primary key (id)", "`a`, `k`"),
        ];
        for (vindex_type, key, over) in cases {
            let table = format!(
                "create table idx (id int not null, a int not null, k varbinary(10) not null, {key})"
            );
            let message = format!(
                "ks.l: backing table `ks.idx` of lookup `l` ({vindex_type}) has no primary or unique key over {over}"
            );
            let expected: &[&str] = if over.is_empty() { &[] } else { &[&message] };
            expect(id, &[("ks", &vschema(vindex_type), &[&table])], expected);
        }
    }
}
