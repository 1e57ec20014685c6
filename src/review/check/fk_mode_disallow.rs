//! A foreign key where the keyspace allows none.

use crate::catalog::files::Severity;
use crate::catalog::vschema::ForeignKeyMode;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-mode-disallow",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a foreign key in a keyspace whose `foreign_key_mode` is `disallow`",
        why: "Vitess refuses the DDL with VT10001.",
        fix: "Drop the constraint, or set `foreign_key_mode` to `unmanaged` or `managed`.",
        example: r#""foreign_key_mode": "disallow" with FOREIGN KEY (up) REFERENCES node (id)"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        if used.keyspace.vschema.foreign_key_mode == ForeignKeyMode::Disallow {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}`, but keyspace `{}` disallows foreign keys",
                    used.name(),
                    used.keyspace.name
                ),
                "drop the constraint, or change `foreign_key_mode`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn disallowed_means_none() {
        let tables = &[
            "create table t (id int primary key, up int, constraint f foreign key (up) references t (id))",
        ];
        let id = "fk-mode-disallow";
        expect(
            id,
            &[("ks", r#"{"foreign_key_mode": "disallow"}"#, tables)],
            &["ks.t.f: foreign key `f`, but keyspace `ks` disallows foreign keys"],
        );
        expect(id, &[("ks", "{}", tables)], &[]);
    }
}
