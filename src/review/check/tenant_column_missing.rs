//! A table without the tenant column.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};

pub(in crate::review) const CHECK: Check = Check {
    id: "tenant-column-missing",
    severity: Severity::Warning,
    blocks: false,
    rule: Rule {
        what: "a table of a keyspace with `multi_tenant_spec` that lacks the tenant column",
        why: "The migration of a tenant filters by that column, and leaves out the rows of the table.",
        fix: "Add the column, or keep the table elsewhere.",
        example: r#""multi_tenant_spec": {"tenant_id_column_name": "tenant_id"} with a table (id, name)"#,
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (keyspace, table) in subject.tables() {
        let Some(tenants) = &keyspace.vschema.multi_tenant else {
            continue;
        };
        if table.column(&tenants.column).is_none() {
            findings.add(
                Spot::definition(&keyspace.name, table.name(), ""),
                format!(
                    "`{}` lacks the tenant column `{}`",
                    table.name(),
                    tenants.column
                ),
                "add the column",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn tables_have_tenants() {
        let vschema = r#"{"multi_tenant_spec": {"tenant_id_column_name": "tenant", "tenant_id_column_type": "INT64"}}"#;
        let id = "tenant-column-missing";
        expect(
            id,
            &[("ks", vschema, &["create table t (a int)"])],
            &["ks.t: `t` lacks the tenant column `tenant`"],
        );
        expect(
            id,
            &[("ks", vschema, &["create table t (a int, tenant bigint)"])],
            &[],
        );
    }
}
