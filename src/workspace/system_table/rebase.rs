//! `dolt_rebase`: the plan of the rebase in progress, which users change before it is carried out.

use super::define::{define, text};
use super::reader::Reader;
use super::{Found, Writer};
use crate::relation::Row;
use crate::sql::{SqlError, TableName};
use crate::value::Value;
use crate::workspace::session::Session;
use crate::workspace::{Error, PlanAction, PlannedCommit};

const COLUMNS: &str = "
    rebase_order decimal(6,2) not null primary key,
    action enum('drop','pick','reword','squash','fixup','edit') not null, commit_hash text not null,
    commit_message text not null";

/// `dolt_rebase`.
pub(super) fn table(reader: &Reader) -> Result<Found, SqlError> {
    let plan = match reader.is_working() {
        true => reader.workspace.plan_in_progress(),
        false => Ok(None),
    };
    let Some(mut plan) = plan.map_err(Error::into_sql)? else {
        return Err(reader.no_such_table(&TableName::new("dolt_rebase")));
    };
    plan.commits.sort_by_key(|line| line.order);
    let rows = plan.commits.into_iter().map(row);
    Ok(Found::rows(define("rebase", COLUMNS), rows.collect()))
}

fn row(line: PlannedCommit) -> Row {
    let names = PlanAction::ALL.iter();
    let action = names.filter(|(action, _)| *action == line.action);
    let sign = if line.order < 0 { "-" } else { "" };
    let (whole, part) = (line.order.abs() / 100, line.order.abs() % 100);
    let order = Value::Text(format!("{sign}{whole}.{part:02}"));
    vec![
        order.cast(&decimal()),
        text(action.map(|(_, name)| *name).next().unwrap_or_default()),
        text(line.commit),
        text(line.message),
    ]
}

fn decimal() -> crate::value::ColumnType {
    let columns = define("rebase", COLUMNS).columns;
    let first = columns.into_iter().next();
    first.map_or_else(
        || crate::value::ColumnType::new(crate::value::TypeKind::Decimal),
        |column| column.column_type,
    )
}

/// The table, and what makes its rows the plan.
pub(super) fn writer(reader: &Reader) -> Result<(Found, Box<dyn Writer>), SqlError> {
    Ok((table(reader)?, Box::new(Planning)))
}

struct Planning;

impl Writer for Planning {
    fn write(&self, session: &mut Session, _: &[Row], after: &[Row]) -> Result<(), SqlError> {
        let lines = after.iter().map(line).collect::<Result<_, _>>()?;
        let changed = session.workspace().change_plan(lines);
        changed.map_err(Error::into_sql)
    }
}

fn line(row: &Row) -> Result<PlannedCommit, SqlError> {
    let cell = |at: usize| {
        let cell = row.get(at).and_then(Value::to_text);
        cell.unwrap_or_default().into_owned()
    };
    let (order, action) = (cell(0), cell(1));
    let digits: String = order.chars().filter(|c| *c != '.').collect();
    let mut known = PlanAction::ALL.iter();
    match (digits.parse(), known.find(|(_, name)| *name == action)) {
        (Ok(order), Some((action, _))) => Ok(PlannedCommit {
            order,
            action: *action,
            commit: cell(2),
            message: cell(3),
        }),
        _ => Err(SqlError::unknown(format!(
            "invalid line of the rebase plan: {order} {action}"
        ))),
    }
}
