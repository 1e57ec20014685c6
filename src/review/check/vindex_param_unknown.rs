//! A parameter that a vindex does not have.

use crate::catalog::files::Severity;
use crate::catalog::nearest;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "vindex-param-unknown",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a vindex parameter that the type does not know",
        why: "Vitess ignores it in silence, so that a misspelt option is off.",
        fix: "Correct the name, or remove it.",
        example: r#""params": {"raed_lock": "none"}"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject.keyspaces() {
        for (name, vindex) in &keyspace.vindexes {
            for param in vindex.unknown_params() {
                let known = [
                    "table",
                    "from",
                    "to",
                    "ignore_nulls",
                    "batch_lookup",
                    "read_lock",
                    "write_only",
                    "autocommit",
                    "multi_shard_autocommit",
                    "no_verify",
                    "cursor",
                    "json",
                    "json_path",
                    "fallback_type",
                    "region_bytes",
                    "region_map",
                    "column_count",
                    "column_bytes",
                    "column_vindex",
                    "hash",
                    "offsets",
                ];
                let hint = nearest(param, known).map_or_else(
                    || "remove it".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                findings.add(
                    Spot::vindex(&keyspace.name, name),
                    format!(
                        "vindex `{name}` has the parameter `{param}`, which its type does not know"
                    ),
                    hint,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn params_are_known() {
        let vschema = |param: &str| {
            r#"{"sharded": true, "vindexes": {"l": {"type": "lookup", "params": {"table": "t", "from": "a", "to": "k", "PARAM": "none"}}}}"#
                .replace("PARAM", param)
        };
        let id = "vindex-param-unknown";
        expect(
            id,
            &[("ks", &vschema("raed_lock"), &[])],
            &["ks.l: vindex `l` has the parameter `raed_lock`, which its type does not know"],
        );
        expect(id, &[("ks", &vschema("read_lock"), &[])], &[]);
    }
}
