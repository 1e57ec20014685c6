//! Queries to shards: one answer, or the answers of several put together in the order asked for.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::catalog::Keyspace;
use crate::engine::Binds;
use crate::router::Error;
use crate::router::plan::{Route, Send, SortKey, field_query};
use crate::shard::Shard;
use crate::sql::ast;
use crate::value::{ColumnType, Field, QueryResult, ResultSet, Value, convert};

use super::Run;
use super::destination::targeted;

impl<'r> Run<'r, '_> {
    /// Returns a shard of the cluster.
    pub(crate) fn shard(&self, keyspace: &str, shard: &str) -> Result<&'r dyn Shard, Error> {
        self.router
            .cluster
            .shard(keyspace, shard)
            .ok_or_else(|| Error::UnknownShard {
                keyspace: keyspace.to_owned(),
                shard: shard.to_owned(),
            })
    }

    /// Sends one statement to one shard, within the open transaction if there is one.
    pub(crate) fn send_to(
        &mut self,
        keyspace: &str,
        shard: &str,
        statement: &ast::Statement,
        binds: &Binds,
    ) -> Result<QueryResult, Error> {
        self.join_transaction(keyspace, shard)?;
        Ok(self.shard(keyspace, shard)?.execute(statement, binds)?)
    }

    /// Runs a route.
    pub(crate) fn route(&mut self, route: &Route, binds: &Binds) -> Result<ResultSet, Error> {
        let found = self.resolve(&route.keyspace, &route.routing, binds)?;
        if found.is_empty() {
            return self.fields(route, binds);
        }
        let statement = ast::Statement::Query(Box::new(route.query.clone()));
        let mut parts = Vec::new();
        let mut total = 0;
        for shard in &found {
            let answer = self.send_to(
                &route.keyspace.name,
                &shard.shard,
                &statement,
                &shard.over(binds),
            )?;
            let rows = answer.rows.unwrap_or_default();
            total += rows.rows.len();
            if found.len() > 1 && total > super::MAX_MEMORY_ROWS {
                return Err(Error::TooManyRows(super::MAX_MEMORY_ROWS));
            }
            parts.push(rows);
        }
        let mut all = merge(parts, &route.order_by);
        if let Some(columns) = route.result_columns {
            cut(&mut all, columns);
        }
        Ok(all)
    }

    /// Returns the columns of a route that asks no shard.
    fn fields(&mut self, route: &Route, binds: &Binds) -> Result<ResultSet, Error> {
        let any = any_shard(&route.keyspace)?;
        let statement = ast::Statement::Query(Box::new(field_query(&route.query)));
        let mut binds = binds.clone();
        for name in ["__vals", "__vals0", "__vals1", "__vals2", "__vals3"] {
            binds
                .entry(name.to_owned())
                .or_insert_with(|| crate::vindex::BindValue::Many(vec![Value::Null]));
        }
        let answer = self.send_to(&route.keyspace.name, &any, &statement, &binds)?;
        let mut rows = answer.rows.unwrap_or_default();
        rows.rows.clear();
        if let Some(columns) = route.result_columns {
            cut(&mut rows, columns);
        }
        Ok(rows)
    }

    /// Runs a statement on the shards of an explicit target.
    pub(crate) fn send(&mut self, send: &Send, binds: &Binds) -> Result<QueryResult, Error> {
        let mut all: Option<QueryResult> = None;
        for shard in targeted(&send.keyspace, &send.destination)? {
            let answer = self.send_to(&send.keyspace.name, &shard, &send.statement, binds)?;
            all = Some(match all {
                None => answer,
                Some(so_far) => together(so_far, answer),
            });
        }
        all.ok_or_else(|| Error::Bug("a target without shards".into()))
    }
}

fn any_shard(keyspace: &Arc<Keyspace>) -> Result<String, Error> {
    keyspace
        .shards
        .first()
        .cloned()
        .ok_or_else(|| Error::NotOneShard {
            keyspace: keyspace.name.clone(),
            shards: String::new(),
        })
}

/// Adds one shard's answer to another's.
pub(crate) fn together(mut first: QueryResult, second: QueryResult) -> QueryResult {
    first.affected_rows += second.affected_rows;
    if first.insert_id == 0 {
        first.insert_id = second.insert_id;
    }
    first.warnings.extend(second.warnings);
    first.info = None;
    match (&mut first.rows, second.rows) {
        (Some(rows), Some(more)) => rows.rows.extend(more.rows),
        (None, more) => first.rows = more,
        _ => {}
    }
    first
}

/// Keeps the first columns.
pub(crate) fn cut(rows: &mut ResultSet, columns: usize) {
    rows.fields.truncate(columns);
    rows.rows.iter_mut().for_each(|row| row.truncate(columns));
}

/// Puts the shards' rows together: in the order of shards, or merged by keys by which each shard has sorted them.
pub(crate) fn merge(parts: Vec<ResultSet>, keys: &[SortKey]) -> ResultSet {
    let mut parts = parts.into_iter();
    let Some(mut all) = parts.next() else {
        return ResultSet::default();
    };
    for part in parts {
        if all.rows.is_empty() {
            all.fields = part.fields;
        }
        all.rows.extend(part.rows);
    }
    sort(&mut all, keys);
    all
}

/// Sorts rows by keys; equal rows keep their order.
pub(crate) fn sort(rows: &mut ResultSet, keys: &[SortKey]) {
    if keys.is_empty() {
        return;
    }
    let fields = &rows.fields;
    rows.rows.sort_by(|a, b| compare_by(a, b, keys, fields));
}

fn compare_by(a: &[Value], b: &[Value], keys: &[SortKey], fields: &[Field]) -> Ordering {
    for key in keys {
        let (Some(left), Some(right)) = (a.get(key.column), b.get(key.column)) else {
            continue;
        };
        let order = compare(left, right, fields.get(key.column));
        if order != Ordering::Equal {
            return if key.descending {
                order.reverse()
            } else {
                order
            };
        }
    }
    Ordering::Equal
}

/// Compares two cells of a column as ORDER BY does: NULL first, text under the column's collation.
pub(crate) fn compare(a: &Value, b: &Value, field: Option<&Field>) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        (false, false) => {}
    }
    let members = field
        .map(|f| &f.column_type)
        .filter(|t| !t.members.is_empty());
    if let Some(column_type) = members
        && let (Value::Text(left), Value::Text(right)) = (a, b)
    {
        return member_order(column_type, left).cmp(&member_order(column_type, right));
    }
    convert::compare(a, b, collation_of(field)).unwrap_or_else(|| a.cmp(b))
}

/// ENUM and SET sort by the numbers behind their members.
fn member_order(column_type: &ColumnType, text: &str) -> u64 {
    let number = |name: &str| {
        column_type
            .members
            .iter()
            .position(|m| m == name)
            .map_or(0, |at| at as u64 + 1)
    };
    match column_type.kind {
        crate::value::TypeKind::Set => text
            .split(',')
            .map(&number)
            .filter(|n| *n > 0)
            .map(|n| 1_u64 << (n - 1).min(63))
            .sum(),
        _ => number(text),
    }
}

/// The collation of a column that says none: MySQL 8's default.
const DEFAULT_COLLATION: &str = "utf8mb4_0900_ai_ci";

/// Returns the collation by which a column's texts compare.
pub(crate) fn collation_of(field: Option<&Field>) -> &str {
    field
        .and_then(|f| f.column_type.collation.as_deref())
        .unwrap_or(DEFAULT_COLLATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::TypeKind;

    fn result(kind: TypeKind, rows: &[&[Value]]) -> ResultSet {
        let columns = rows.first().map_or(1, |row| row.len());
        let field = |at| Field {
            name: format!("c{at}"),
            column_type: ColumnType::new(kind),
        };
        ResultSet {
            fields: (0..columns).map(field).collect(),
            rows: rows.iter().map(|r| r.to_vec()).collect(),
        }
    }

    #[test]
    fn merges_by_keys_with_nulls_first() {
        let a = result(
            TypeKind::BigInt,
            &[&[Value::Null], &[Value::Int(1)], &[Value::Int(5)]],
        );
        let b = result(TypeKind::BigInt, &[&[Value::Int(2)], &[Value::Int(9)]]);
        let ascending = merge(
            vec![a.clone(), b.clone()],
            &[SortKey {
                column: 0,
                descending: false,
            }],
        );
        let shown: Vec<String> = ascending
            .rows
            .iter()
            .map(|r| r[0].to_text().unwrap_or("NULL".into()).into_owned())
            .collect();
        assert_eq!(shown, ["NULL", "1", "2", "5", "9"]);
        let descending = merge(
            vec![a, b],
            &[SortKey {
                column: 0,
                descending: true,
            }],
        );
        let shown: Vec<String> = descending
            .rows
            .iter()
            .map(|r| r[0].to_text().unwrap_or("NULL".into()).into_owned())
            .collect();
        assert_eq!(shown, ["9", "5", "2", "1", "NULL"]);
    }

    #[test]
    fn sorts_text_without_regard_to_case() {
        let text = |t: &str| Value::Text(t.to_owned());
        let rows = result(
            TypeKind::VarChar,
            &[&[text("b")], &[text("A")], &[text("c")]],
        );
        let sorted = merge(
            vec![rows],
            &[SortKey {
                column: 0,
                descending: false,
            }],
        );
        let shown: Vec<String> = sorted
            .rows
            .iter()
            .map(|r| r[0].to_text().unwrap_or("NULL".into()).into_owned())
            .collect();
        assert_eq!(shown, ["A", "b", "c"]);
    }
}
