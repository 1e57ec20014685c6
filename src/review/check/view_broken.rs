//! A view over what is not there.

use crate::catalog::files::Severity;
use crate::review::{Check, Findings, Rule, Spot, Subject};
use std::ops::ControlFlow;

use crate::catalog::{Keyspace, Table};
use crate::sql::ddl::CreateView;
use crate::sql::{TableName, ast};

pub(in crate::review) const CHECK: Check = Check {
    id: "view-broken",
    severity: Severity::Error,
    blocks: true,
    rule: Rule {
        what: "a view that selects from a table, view or column that does not exist",
        why: "MySQL keeps the view and every query of it fails with error 1356; a dump of it cannot be loaded.",
        fix: "Define the view anew, or drop it.",
        example: "CREATE VIEW v AS SELECT o.oname FROM corder AS o after oname was renamed",
    },
    run,
};

fn run(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for keyspace in subject.keyspaces() {
        for (name, view) in &keyspace.views {
            if let Some(missing) = missing(subject, keyspace, view) {
                findings.add(
                    Spot::view(&keyspace.name, name),
                    format!("view `{name}` selects {missing}, which does not exist"),
                    "define the view anew, or drop it",
                );
            }
        }
    }
}

/// Returns what a view selects that is not there. Columns are looked for only where it is certain whose they are: in a
/// view over base tables, without subqueries and common table expressions.
fn missing(subject: &Subject<'_>, keyspace: &Keyspace, view: &CreateView) -> Option<String> {
    let query = view.query.as_ref();
    let tables = view.reads();
    let mut known: Vec<&Table> = Vec::new();
    for table in tables.iter().filter(|table| table.name != "dual") {
        let (holder, name) = table.within(&keyspace.name);
        // Its server's own tables are not the catalog's.
        if matches!(
            holder,
            "information_schema" | "mysql" | "performance_schema" | "sys"
        ) {
            return None;
        }
        let declared = subject.catalog.keyspaces.get(holder);
        match declared.and_then(|declared| declared.tables.get(name)) {
            Some(found) => known.push(found),
            None if declared.is_some_and(|declared| declared.views.contains_key(name)) => {}
            None => return Some(format!("from `{holder}.{name}`")),
        }
    }
    let ast::SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    if known.len() != tables.len() || query.with.is_some() || has_subquery(query) {
        return None;
    }
    // Without subqueries, the relations are those of FROM, in order.
    let factors = select.from.iter().flat_map(|from| {
        let joined = from.joins.iter().map(|join| &join.relation);
        std::iter::once(&from.relation).chain(joined)
    });
    let aliases: Vec<(String, &Table)> = factors.map(alias).zip(known.iter().copied()).collect();
    let of = |qualifier: &str| {
        let mut named = aliases.iter();
        let named = named.find(|(alias, _)| alias.eq_ignore_ascii_case(qualifier));
        named.map(|(_, table)| *table)
    };
    for item in &select.projection {
        if let ast::SelectItem::QualifiedWildcard(kind, _) = item
            && let ast::SelectItemQualifiedWildcardKind::ObjectName(name) = kind
            && let Some(name) = TableName::from_object(name)
            && of(&name.name).is_none()
        {
            return Some(format!("`{}.*`", name.name));
        }
    }
    let own_names = |item: &ast::SelectItem| match item {
        ast::SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    let own: Vec<String> = select.projection.iter().filter_map(own_names).collect();
    let mut absent = None;
    let _ = ast::visit_expressions(query, |expr| {
        let name = match expr {
            ast::Expr::Identifier(name) => name,
            ast::Expr::CompoundIdentifier(parts) => {
                let [.., qualifier, name] = parts.as_slice() else {
                    return ControlFlow::Continue(());
                };
                if of(&qualifier.value).is_some_and(|table| table.column(&name.value).is_some()) {
                    return ControlFlow::Continue(());
                }
                absent = Some(format!("column `{}.{}`", qualifier.value, name.value));
                return ControlFlow::Break(());
            }
            _ => return ControlFlow::Continue(()),
        };
        let lower = name.value.to_ascii_lowercase();
        // Variables, and functions that are written without parentheses.
        let no_column = ["@", "current_", "local", "utc_"];
        let there = no_column.iter().any(|start| lower.starts_with(start))
            || known
                .iter()
                .any(|table| table.column(&name.value).is_some())
            || own
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(&name.value));
        if there {
            return ControlFlow::Continue(());
        }
        absent = Some(format!("column `{}`", name.value));
        ControlFlow::Break(())
    });
    absent
}

/// The name that columns of a table in FROM are qualified with.
fn alias(factor: &ast::TableFactor) -> String {
    match factor {
        ast::TableFactor::Table {
            alias: Some(alias), ..
        } => alias.name.value.clone(),
        ast::TableFactor::Table { name, .. } => {
            TableName::from_object(name).map_or_else(String::new, |name| name.name)
        }
        _ => String::new(),
    }
}

/// Tells whether a query has another one within it.
fn has_subquery(query: &ast::Query) -> bool {
    let in_expression = ast::visit_expressions(query, |expr| match expr {
        ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    let derived = |factor: &ast::TableFactor| !matches!(factor, ast::TableFactor::Table { .. });
    let in_from = match query.body.as_ref() {
        ast::SetExpr::Select(select) => select.from.iter().any(|from| {
            derived(&from.relation) || from.joins.iter().any(|join| derived(&join.relation))
        }),
        _ => true,
    };
    in_from || in_expression.is_break()
}

#[cfg(test)]
mod tests {
    use crate::review::fixture::expect;

    #[test]
    fn what_a_view_selects_is_there() {
        let table = "create table t (a int, b int)";
        let check = |query: &str, missing: &str| {
            let view = format!("create view v as {query}");
            let message = format!("ks.v: view `v` selects {missing}, which does not exist");
            let expected: &[&str] = if missing.is_empty() { &[] } else { &[&message] };
            expect("view-broken", &[("ks", "{}", &[table, &view])], expected);
        };
        check("select a, t.b from t where b > 1 order by a", "");
        check("select x.a as c from t as x order by c", "");
        check("select count(*) from t group by b", "");
        check("select a from no", "from `ks.no`");
        check("select z from t", "column `z`");
        check("select a from t where t.z = 1", "column `t.z`");
        check("select x.a, y.b from t x join t as y on x.a = Y.a", "");
        check("select ks.t.a from ks.t", "");
        check("select y.a from t x", "column `y.a`");
        check("select x.*, t.* from t x", "`t.*`");
        check("select x.* from t x", "");
        check("select a from other.t", "from `other.t`");
        check("with c as (select a as z from t) select z from c", "");
        check(
            "select a from t where exists (select 1 from no)",
            "from `ks.no`",
        );
        check("select d.z from (select a as z from t) as d", "");
        check("select table_name from information_schema.tables", "");
        check("select 1 as one", "");
    }
}
