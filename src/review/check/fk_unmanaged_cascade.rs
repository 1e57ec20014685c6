//! A cascade that the binary log does not tell.

use crate::catalog::files::Severity;
use crate::catalog::foreign_key::Action;
use crate::catalog::vschema::ForeignKeyMode;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-unmanaged-cascade",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a foreign key with CASCADE or SET NULL in a sharded keyspace whose `foreign_key_mode` is `unmanaged`",
        why: "InnoDB changes the referencing rows by itself and writes nothing of it to the binary log: MoveTables, Reshard and VStream miss these changes.",
        fix: "Set `foreign_key_mode` to `managed`, so that Vitess makes the changes, or take RESTRICT.",
        example: r#"ON DELETE CASCADE with "foreign_key_mode": "unmanaged""#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for used in subject.foreign_keys() {
        let mode = used.keyspace.vschema.foreign_key_mode;
        let unmanaged = matches!(
            mode,
            ForeignKeyMode::Unspecified | ForeignKeyMode::Unmanaged
        );
        let actions = [used.key.on_delete, used.key.on_update].map(Action::from);
        let cascades = actions
            .iter()
            .any(|action| !matches!(action, Action::NoAction | Action::Restrict));
        if used.keyspace.vschema.sharded && unmanaged && cascades {
            findings.add(
                Spot::definition(&used.keyspace.name, used.child.name(), used.name()),
                format!(
                    "foreign key `{}` changes rows of `{}` without a word in the binary log",
                    used.name(),
                    used.child.name()
                ),
                "set `foreign_key_mode` to `managed`, or use RESTRICT",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn cascades_are_vitess_own() {
        let table = |action: &str| {
            format!(
                "create table t (id int primary key, up int, constraint f foreign key (up) references t (id) {action})"
            )
        };
        let id = "fk-unmanaged-cascade";
        let (unmanaged, managed) = (
            r#"{"sharded": true}"#,
            r#"{"sharded": true, "foreign_key_mode": "managed"}"#,
        );
        let cascade = table("on delete set null");
        expect(
            id,
            &[("ks", unmanaged, &[&cascade])],
            &["ks.t.f: foreign key `f` changes rows of `t` without a word in the binary log"],
        );
        expect(id, &[("ks", managed, &[&cascade])], &[]);
        expect(id, &[("ks", unmanaged, &[&table("")])], &[]);
    }
}
