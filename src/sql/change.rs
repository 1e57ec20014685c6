//! What UPDATE and DELETE change among the tables that they join.

use super::ast::{self, AssignmentTarget, FromTable, Statement, TableFactor, TableWithJoins};
use super::name::TableName;

/// Returns the elements of the FROM of an UPDATE or DELETE, in order, those inside parentheses too; nothing for other
/// statements.
pub fn joined(statement: &Statement) -> Vec<&TableFactor> {
    match statement {
        Statement::Update(update) => factors(std::slice::from_ref(&update.table)),
        Statement::Delete(delete) => factors(delete.using.as_deref().unwrap_or(listed(delete))),
        _ => Vec::new(),
    }
}

/// Returns the name by which a statement knows an element of FROM: its alias, else the table's name.
pub fn known_as(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table {
            alias: Some(alias), ..
        }
        | TableFactor::Derived {
            alias: Some(alias), ..
        } => Some(alias.name.value.clone()),
        TableFactor::Table { name, .. } => TableName::from_object(name).map(|name| name.name),
        _ => None,
    }
}

/// Returns the names by which an UPDATE or DELETE knows what it changes. A column of a join that is assigned without its
/// table names none.
pub fn changed(statement: &Statement) -> Vec<String> {
    let only = |factors: &[&TableFactor]| match factors {
        [only] => known_as(only),
        _ => None,
    };
    let last = |name: &ast::ObjectName| TableName::from_object(name).map(|name| name.name);
    match statement {
        Statement::Update(update) => {
            if let Some(only) = only(&joined(statement)) {
                return vec![only];
            }
            let tables = update.assignments.iter().filter_map(|assignment| {
                let AssignmentTarget::ColumnName(name) = &assignment.target else {
                    return None;
                };
                let table = name.0.len().checked_sub(2)?;
                name.0[table].as_ident().map(|name| name.value.clone())
            });
            tables.collect()
        }
        Statement::Delete(delete) if delete.using.is_some() => factors(listed(delete))
            .into_iter()
            .filter_map(known_as)
            .collect(),
        Statement::Delete(delete) if delete.tables.is_empty() => {
            only(&joined(statement)).into_iter().collect()
        }
        Statement::Delete(delete) => delete.tables.iter().filter_map(last).collect(),
        _ => Vec::new(),
    }
}

/// Tells whether an element of FROM is among what [`changed`] returns.
pub fn is_changed(changed: &[String], factor: &TableFactor) -> bool {
    known_as(factor).is_some_and(|known| {
        let mut changed = changed.iter();
        changed.any(|name| name.eq_ignore_ascii_case(&known))
    })
}

/// Returns the table of the first element of FROM that an UPDATE or DELETE changes; where no name says which, or what is
/// named is no table, that of the first table.
pub fn target(statement: &Statement) -> Option<&ast::ObjectName> {
    let changed = changed(statement);
    let joined = joined(statement);
    let tables = || {
        joined.iter().filter_map(|factor| match factor {
            TableFactor::Table { name, .. } => Some((*factor, name)),
            _ => None,
        })
    };
    let named = tables().find(|(factor, _)| is_changed(&changed, factor));
    named.or_else(|| tables().next()).map(|(_, name)| name)
}

fn listed(delete: &ast::Delete) -> &[TableWithJoins] {
    match &delete.from {
        FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from) => from,
    }
}

fn factors(from: &[TableWithJoins]) -> Vec<&TableFactor> {
    let mut found = Vec::new();
    for item in from {
        let joined = item.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&item.relation).chain(joined) {
            match factor {
                TableFactor::NestedJoin {
                    table_with_joins, ..
                } => found.extend(factors(std::slice::from_ref(table_with_joins))),
                other => found.push(other),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[test]
    fn changed_tables_are_told_by_the_names_that_the_statement_knows_them_by() {
        let cases = [
            ("update t set a = 1", "t", "t"),
            ("update db.t x set a = 1", "x", "db.t"),
            ("update t join u on t.id = u.id set u.a = 1", "u", "u"),
            ("update t x join u y set x.a = 1, y.a = 2", "x y", "t"),
            ("update t join u set a = 1", "", "t"),
            ("update (t join u) join w set w.a = 1", "w", "w"),
            ("update (select 1) d join t set t.a = 1", "t", "t"),
            ("delete from t where id = 1", "t", "t"),
            ("update t join (select 1) d set d.a = 1", "d", "t"),
            ("delete o from t join u o on t.id = o.id", "o", "u"),
            ("delete t, o from t join u o", "t o", "t"),
            ("delete from o using t join u as o", "o", "u"),
            ("select * from t", "", ""),
        ];
        for (text, names, first) in cases {
            let Ok(sql::Statement::Sql(statement)) = sql::parse_statement(text) else {
                panic!("{text}");
            };
            assert_eq!(changed(&statement).join(" "), names, "{text}");
            let found = target(&statement).map(ToString::to_string);
            assert_eq!(found.unwrap_or_default(), first, "{text}");
        }
    }
}
