//! UPDATE: refuses what would move a row, and keeps lookup vindexes in step with what it changes.

use crate::router::Error;
use crate::sql::ast::{self, AssignmentTarget, BinaryOperator, Expr};
use crate::sql::change;

use super::dml::{Chosen, DmlTable};
use super::expr::{self, is_constant};
use super::{Planner, Primitive, VindexChange, rewrite};

impl Planner<'_> {
    /// Plans an UPDATE.
    pub(crate) fn update(&mut self, update: ast::Update) -> Result<Primitive, Error> {
        if update.from.is_some() || update.returning.is_some() || update.or.is_some() {
            return Err(Error::unsupported("UPDATE clauses that are not MySQL's"));
        }
        let statement = ast::Statement::Update(update.clone());
        if let Some(name) = change::target(&statement) {
            let whole = self.whole_dml(&statement, name)?;
            if let Some((table, statement)) = whole {
                let routing = super::routing::Routing::plain(super::routing::Opcode::Unsharded);
                return Ok(Primitive::Update(Box::new(super::Dml {
                    table,
                    routing,
                    statement,
                    owned: None,
                })));
            }
        }
        let chosen = Chosen {
            selection: update.selection.as_ref(),
            order_by: &update.order_by,
            limit: update.limit.as_ref(),
        };
        let dml = self.dml_table(&update.table, &chosen)?;
        for assignment in &update.assignments {
            if !expr::subqueries(&assignment.value).is_empty() {
                return Err(Error::unsupported(
                    "subqueries in UPDATE over sharded keyspaces",
                ));
            }
        }
        if chosen.limit.is_some() && dml.is_multi_shard() {
            let over_keys = ast::Update {
                order_by: Vec::new(),
                limit: None,
                ..update.clone()
            };
            return self.limited_dml(&update.table, dml, &chosen, |_, dml| change(dml, over_keys));
        }
        change(dml, update.clone())
    }
}

/// Makes the statement over the rows that `dml` names.
fn change(dml: DmlTable, mut update: ast::Update) -> Result<Primitive, Error> {
    update.selection = dml.selection();
    update.table = rewrite::from_table(dml.factor.clone());
    for key in &mut update.order_by {
        rewrite::strip_expr(&mut key.expr);
    }
    for assignment in &mut update.assignments {
        if let AssignmentTarget::ColumnName(name) = &mut assignment.target {
            while name.0.len() > 2 {
                name.0.remove(0);
            }
        }
        rewrite::strip_expr(&mut assignment.value);
    }
    let assigned = assigned_columns(&update.assignments)?;
    if dml.table.authoritative
        && let Some((missing, _)) = assigned
            .iter()
            .find(|(column, _)| !dml.table.has_column(column))
    {
        return Err(Error::UnknownColumnOf {
            column: missing.clone(),
            table: dml.table.name.clone(),
        });
    }
    let chosen = Chosen {
        selection: None,
        order_by: &update.order_by,
        limit: update.limit.as_ref(),
    };
    let changes = vindex_changes(&dml, &assigned, &chosen)?;
    let owned = match changes {
        Some((comparisons, mut changes)) => {
            let (query, offsets) = dml.owned_query(&comparisons, &chosen)?;
            let mut of_owned = offsets.into_iter();
            let by_vindex: Vec<(String, Vec<usize>)> = dml
                .table
                .column_vindexes
                .iter()
                .filter(|v| v.owned)
                .map(|v| {
                    (
                        v.vindex.name().to_owned(),
                        of_owned.next().unwrap_or_default(),
                    )
                })
                .collect();
            let fetched = dml.primary()?.columns.len()
                + by_vindex.iter().map(|(_, o)| o.len()).sum::<usize>();
            for (rank, change) in changes.iter_mut().enumerate() {
                change.unchanged = Some(fetched + rank);
                let offsets = by_vindex
                    .iter()
                    .find(|(name, _)| name == change.vindex.vindex.name());
                change.offsets = offsets
                    .map(|(_, offsets)| offsets.clone())
                    .unwrap_or_default();
            }
            Some(dml.owned(query, changes)?)
        }
        None => None,
    };
    let statement = ast::Statement::Update(update);
    Ok(Primitive::Update(Box::new(dml.finish(statement, owned))))
}

fn assigned_columns(assignments: &[ast::Assignment]) -> Result<Vec<(String, Expr)>, Error> {
    let mut assigned = Vec::new();
    for assignment in assignments {
        let AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(Error::unsupported("tuple assignment"));
        };
        let Some(ast::ObjectNamePart::Identifier(column)) = name.0.last() else {
            return Err(Error::unsupported(format!("assignment to {name}")));
        };
        assigned.push((column.value.clone(), assignment.value.clone()));
    }
    Ok(assigned)
}

/// Returns the comparisons to be selected and the changes of vindexes, or `None` where no vindex changes.
fn vindex_changes(
    dml: &DmlTable,
    assigned: &[(String, Expr)],
    chosen: &Chosen<'_>,
) -> Result<Option<(Vec<Expr>, Vec<VindexChange>)>, Error> {
    let mut comparisons = Vec::new();
    let mut changes = Vec::new();
    for (rank, vindex) in dml.table.column_vindexes.iter().enumerate() {
        let mut values = Vec::new();
        let mut compared = Vec::new();
        for column in &vindex.columns {
            let mut of_column = assigned
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(column));
            let value = of_column.next().map(|(_, value)| value.clone());
            if of_column.next().is_some() {
                return Err(Error::DuplicateAssignment(column.clone()));
            }
            if let Some(value) = &value {
                if rank > 0 && !is_constant(value) {
                    return Err(Error::unsupported(format!(
                        "only values are supported; invalid update on column: `{column}` with expr: [{}]",
                        super::explain::print_expr(value)
                    )));
                }
                compared.push(expr::binary(
                    expr::column(None, column),
                    BinaryOperator::Eq,
                    value.clone(),
                ));
            }
            values.push(value);
        }
        let name = vindex.vindex.name();
        let Some(comparison) = expr::conjunction(compared) else {
            continue;
        };
        if rank == 0 {
            return Err(Error::unsupported(format!(
                "you cannot UPDATE primary vindex columns; invalid update on vindex: {name}"
            )));
        }
        if vindex.vindex.as_lookup().is_none() {
            return Err(Error::unsupported(format!(
                "you can only UPDATE lookup vindexes; invalid update on vindex: {name}"
            )));
        }
        if chosen.limit.is_some() && chosen.order_by.is_empty() {
            return Err(Error::unsupported(
                "Vindex update should have ORDER BY clause when using LIMIT",
            ));
        }
        comparisons.push(comparison);
        changes.push(VindexChange {
            vindex: vindex.clone(),
            offsets: Vec::new(),
            values,
            unchanged: None,
        });
    }
    Ok((!changes.is_empty()).then_some((comparisons, changes)))
}
