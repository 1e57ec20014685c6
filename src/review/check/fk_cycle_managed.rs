//! Foreign keys that lead in a circle where Vitess manages them.

use crate::catalog::cycle;
use crate::catalog::files::Severity;
use crate::catalog::vschema::ForeignKeyMode;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "fk-cycle-managed",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a cycle of columns through foreign keys, in a keyspace whose `foreign_key_mode` is `managed`",
        why: "Vitess marks the whole keyspace with VT09019: every INSERT, UPDATE and DELETE in it fails. A key with both actions restrictive leads nowhere; ON DELETE CASCADE leads from the referenced columns to every column of the referencing table; any other from them to the referencing columns.",
        fix: "Make one constraint of the path restrictive, or set other columns to NULL instead of cascading.",
        example: "FOREIGN KEY (up) REFERENCES node (id) ON DELETE CASCADE in table node",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject.keyspaces() {
        if keyspace.vschema.foreign_key_mode != ForeignKeyMode::Managed {
            continue;
        }
        let Some(cycle) = cycle::find(keyspace) else {
            continue;
        };
        let mut path: Vec<String> = cycle.iter().map(|edge| edge.from.to_string()).collect();
        path.extend(cycle.first().map(|edge| edge.from.to_string()));
        let mut constraints: Vec<String> = cycle
            .iter()
            .map(|edge| format!("`{}` of `{}`", edge.constraint, edge.to.table))
            .collect();
        constraints.dedup();
        findings.add(
            Spot::keyspace(&keyspace.name, "foreign_key_mode"),
            format!(
                "foreign keys of keyspace `{}` make a cycle: {} (by {})",
                keyspace.name,
                path.join(" -> "),
                constraints.join(", ")
            ),
            "make one of these constraints ON DELETE RESTRICT ON UPDATE RESTRICT",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn a_cycle_is_told_with_its_path() {
        let managed = r#"{"foreign_key_mode": "managed"}"#;
        let node = |action: &str| {
            format!(
                "create table node (id int primary key, up int, constraint f foreign key (up) references node (id) {action})"
            )
        };
        let id = "fk-cycle-managed";
        expect(
            id,
            &[("ks", managed, &[&node("on delete cascade")])],
            &[
                "ks: foreign keys of keyspace `ks` make a cycle: node.id -> node.id (by `f` of `node`)",
            ],
        );
        expect(id, &[("ks", managed, &[&node("on delete set null")])], &[]);
        expect(id, &[("ks", managed, &[&node("")])], &[]);
        expect(id, &[("ks", "{}", &[&node("on delete cascade")])], &[]);
        let one = "create table one (a int primary key, b int, constraint f1 foreign key (b) references two (f) on delete cascade)";
        let two = "create table two (f int primary key, e int, constraint f2 foreign key (e) references one (a) on delete cascade)";
        expect(
            id,
            &[("ks", managed, &[one, two])],
            &[
                "ks: foreign keys of keyspace `ks` make a cycle: one.a -> two.f -> one.a (by `f2` of `two`, `f1` of `one`)",
            ],
        );
    }
}
