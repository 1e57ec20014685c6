//! Keyspace ids in a column that does not hold them.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "lookup-to-type",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a `to` column that is no BINARY or VARBINARY of at least 8 bytes; an integer for the `lookup_hash` family",
        why: "Keyspace ids are bytes: text is converted, and what does not fit is cut.",
        fix: "Make it varbinary(10), or bigint unsigned for the `lookup_hash` family.",
        example: "keyspace_id varchar(4)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.lookups() {
        let Some((found, table)) = subject.backing(used.lookup) else {
            continue;
        };
        let Some(column) = table.column(used.lookup.to_column()) else {
            continue;
        };
        let column_type = &column.column_type;
        let numbers = used.written.vindex_type.contains("hash");
        let (fits, instead) = if numbers {
            let fits = column_type.is_integer() || column_type.is_binary();
            (fits, "bigint unsigned")
        } else {
            let long = column_type.length.is_none_or(|length| length >= 8);
            (column_type.is_binary() && long, "varbinary(10)")
        };
        if !fits {
            findings.add(
                Spot::vindex(&used.keyspace.name, used.name),
                format!(
                    "lookup `{}` keeps keyspace ids in `{}.{}.{}` {column_type}",
                    used.name, found.keyspace, found.name, column.name
                ),
                format!("make it {instead}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn keyspace_ids_fit() {
        let vschema = r#"{"vindexes": {"l": {"type": "lookup", "params": {"table": "ks.idx", "from": "a", "to": "k"}}}}"#;
        let id = "lookup-to-type";
        for (column_type, found) in [
            ("varbinary(10)", false),
            ("varchar(4)", true),
            ("binary(8)", false),
            ("varbinary(4)", true),
            ("blob", false),
        ] {
            let table = format!("create table idx (a int primary key, k {column_type})");
            let message =
                format!("ks.l: lookup `l` keeps keyspace ids in `ks.idx.k` {column_type}");
            let expected: &[&str] = if found { &[&message] } else { &[] };
            expect(id, &[("ks", vschema, &[&table])], expected);
        }
    }
}
