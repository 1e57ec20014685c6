//! A width that says nothing.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use crate::value::{ColumnType, TypeKind};

pub(in crate::review) const CHECK: Check = Check {
    id: "display-width",
    severity: Severity::Notice,
    blocks: false,
    rule: Rule {
        what: "an integer column with a display width, other than tinyint(1) and with ZEROFILL",
        why: "The width never limited a value. MySQL deprecated it and prints none since 8.0.19, so that the file and what a server prints seem to differ.",
        fix: "Leave it out; `vrev fmt` does.",
        example: "id int(11)",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table, written) in subject.written() {
        for column in &written.columns {
            if let Some(width) = idle_width(&column.column_type) {
                let kind = column.column_type.kind.name();
                findings.add(
                    Spot::definition(&keyspace.name, table.name(), &column.name),
                    format!(
                        "the width of `{}.{}` {kind}({width}) says nothing",
                        table.name(),
                        column.name
                    ),
                    format!("write {kind}"),
                );
            }
        }
    }
}

/// Returns the width of an integer that MySQL forgets. That of tinyint(1) is how clients know a BOOLEAN, and ZEROFILL pads to it.
fn idle_width(column_type: &ColumnType) -> Option<u32> {
    let width = column_type.length?;
    let boolean = width == 1 && column_type.kind == TypeKind::TinyInt && !column_type.unsigned;
    (column_type.is_integer() && !column_type.zerofill && !boolean).then_some(width)
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn widths_are_left_out() {
        let id = "display-width";
        let table = |columns: &str| format!("create table t ({columns})");
        expect(
            id,
            &[(
                "ks",
                "{}",
                &[&table("a int(11), b tinyint(1) unsigned, c bigint")],
            )],
            &[
                "ks.t.a: the width of `t.a` int(11) says nothing",
                "ks.t.b: the width of `t.b` tinyint(1) says nothing",
            ],
        );
        let said =
            table("a int, b tinyint(1), c int(5) zerofill, d bool, e decimal(10, 2), f varchar(9)");
        expect(id, &[("ks", "{}", &[&said])], &[]);
    }
}
