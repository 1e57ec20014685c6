//! A vindex with a number of columns that it cannot use.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-columns",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a column vindex with more or fewer columns than its vindex takes",
        why: "Vitess reads what it expects and ignores the rest, or fails at the first statement: rows are not placed as the document seems to say.",
        fix: "Give single-column vindexes one column, `region_json` and `region_experimental` two, `multicol` its `column_count`, and a lookup at most as many as its `from`, its owner all.",
        example: r#"{"name": "hash", "columns": ["tenant", "id"]}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for entry in subject.entries() {
        for used in entry.column_vindexes() {
            let Some(written) = entry.keyspace.vschema.vindexes.get(&used.name) else {
                continue;
            };
            let given = used.columns.len();
            let (least, most) = match (used.vindex.as_lookup(), used.vindex_type.as_str()) {
                (Some(lookup), _) => {
                    let from = lookup.from_columns().len();
                    (if used.owned { from } else { 1 }, from)
                }
                (None, "region_json" | "region_experimental") => (2, 2),
                (None, "multicol") => {
                    let count = written.params.get("column_count");
                    let count = count.and_then(|count| count.parse().ok()).unwrap_or(given);
                    (count, count)
                }
                _ => (1, 1),
            };
            if (least..=most).contains(&given) {
                continue;
            }
            let takes = if least == most {
                most.to_string()
            } else {
                format!("{least} to {most}")
            };
            findings.add(
                Spot::entry(&entry.keyspace.name, entry.name, &used.name),
                format!(
                    "vindex `{}` ({}) of `{}` is given {given} columns and takes {takes}",
                    used.name, used.vindex_type, entry.name
                ),
                "correct the list of columns",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_vindex_gets_what_it_takes() {
        let vschema = |column_vindexes: &str| {
            r#"{"sharded": true, "vindexes": {"hash": {"type": "hash"},
                "r": {"type": "region_experimental", "params": {"region_bytes": "1"}},
                "m": {"type": "multicol", "params": {"column_count": "3", "column_vindex": "hash,hash,hash"}},
                "l": {"type": "lookup", "params": {"table": "l", "from": "a,b", "to": "k"}, "owner": "t"}},
                "tables": {"t": {"column_vindexes": [LIST]}}}"#
                .replace("LIST", column_vindexes)
        };
        let cases = [
            (r#"{"name": "hash", "columns": ["a"]}"#, ""),
            (
                r#"{"name": "hash", "columns": ["a", "b"]}"#,
                "`hash` (hash) of `t` is given 2 columns and takes 1",
            ),
            (r#"{"name": "r", "columns": ["a", "b"]}"#, ""),
            (
                r#"{"name": "r", "columns": ["a"]}"#,
                "`r` (region_experimental) of `t` is given 1 columns and takes 2",
            ),
            (
                r#"{"name": "m", "columns": ["a", "b"]}"#,
                "`m` (multicol) of `t` is given 2 columns and takes 3",
            ),
            (
                r#"{"name": "hash", "columns": ["a"]}, {"name": "l", "columns": ["a"]}"#,
                "`l` (lookup) of `t` is given 1 columns and takes 2",
            ),
        ];
        for (list, why) in cases {
            let name = why.split('`').nth(1).unwrap_or_default();
            let message = format!("ks.t.{name}: vindex {why}");
            let expected: &[&str] = if why.is_empty() { &[] } else { &[&message] };
            expect("vindex-columns", &[("ks", &vschema(list), &[])], expected);
        }
    }
}
