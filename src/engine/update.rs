//! UPDATE, over one table or a join.
//!
//! The rows and their new values are found first, then stored one by one, so that no row is met twice. In a single
//! assignment list later assignments see the columns assigned before them. MySQL manual: "UPDATE Statement".

use std::collections::HashSet;
use std::rc::Rc;

use rusqlite::params_from_iter;
use rusqlite::types::Value as Bound;

use super::assign::{Place, Strictness, assign};
use super::convert::Arg;
use super::error;
use super::insert::{default_of, value_tag};
use super::storage::decode_column;
use super::stored::Stored;
use super::translate::{Literals, Node, Scope, Target, Translator};
use super::write::Located;
use super::{Binds, Connection, Tables};
use crate::sql::SqlError;
use crate::sql::ast::{AssignmentTarget, Update};
use crate::value::{QueryResult, Value};

/// An assignment: which target's column, and its value (absent for DEFAULT).
struct Assigned {
    target: usize,
    position: usize,
    node: Option<Node>,
}

/// What a row of the query says: the row of each touched target, where the join found one, and the new values.
type Found = (Vec<Option<Located>>, Vec<Option<Arg>>);

/// A join may find a row several times; the first time counts.
fn keep_first(found: &mut [Found]) {
    let mut met: HashSet<(usize, String)> = HashSet::new();
    for (located, _) in found {
        for (touched, row) in located.iter_mut().enumerate() {
            *row = row
                .take()
                .filter(|row| met.insert((touched, format!("{:?}", row.key))));
        }
    }
}

impl Connection {
    pub(super) fn update(
        &self,
        update: &Update,
        binds: &Binds,
        tables: &dyn Tables,
    ) -> Result<QueryResult, SqlError> {
        if update.from.is_some() || update.returning.is_some() {
            return Err(SqlError::unsupported("UPDATE … FROM or RETURNING"));
        }
        let mut translator = Translator::new(tables, binds, &self.session, Literals::Bound);
        translator.push_scope(Scope::default());
        let from = translator.from(std::slice::from_ref(&update.table))?;
        let targets = translator.targets.clone();
        let is_joined = translator.tables_named(None).len() > 1;
        let stored: Vec<Rc<Stored>> = targets
            .iter()
            .map(|target| self.stored(&target.physical, &target.definition))
            .collect::<Result<_, _>>()?;
        translator.enter("where clause");
        let filter = update
            .selection
            .as_ref()
            .map(|expr| translator.condition(expr))
            .transpose()?;
        translator.enter("order clause");
        let order = translator.order(&update.order_by, &[], &[])?;
        translator.enter("field list");
        let assignments = self.assignments(update, &mut translator, &targets, &stored)?;
        let touched: Vec<usize> = (0..targets.len())
            .filter(|index| assignments.iter().any(|assigned| assigned.target == *index))
            .collect();
        let mut list = Vec::new();
        for index in &touched {
            list.extend(Located::columns(&stored[*index], &targets[*index].alias));
        }
        for assigned in &assignments {
            if let Some(node) = &assigned.node {
                list.push(translator.emit(node));
            }
        }
        let mut text = format!("SELECT {} FROM {from}", list.join(", "));
        if let Some(filter) = filter {
            text.push_str(&format!(" WHERE {filter}"));
        }
        text.push_str(&order);
        if let Some(limit) = &update.limit {
            text.push_str(&format!(" LIMIT {}", translator.count(limit)?));
        }
        let params = std::mem::take(&mut translator.params);
        let mut found = self.found(&text, params, &touched, &stored, &assignments)?;
        if is_joined {
            keep_first(&mut found);
        }
        self.store_updates(&touched, &stored, &assignments, found)
    }

    /// The assignments, each translated after those before it have taken effect.
    fn assignments(
        &self,
        update: &Update,
        translator: &mut Translator<'_>,
        targets: &[Target],
        stored: &[Rc<Stored>],
    ) -> Result<Vec<Assigned>, SqlError> {
        let mut assignments: Vec<Assigned> = Vec::new();
        for assignment in &update.assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(SqlError::syntax("one column is assigned at a time"));
            };
            let parts: Vec<String> = name
                .0
                .iter()
                .filter_map(|part| part.as_ident())
                .map(|ident| ident.value.clone())
                .collect();
            let (column, table) = match parts.as_slice() {
                [column] => (column, None),
                [.., table, column] => (column, Some(table)),
                [] => return Err(SqlError::syntax("a column is assigned")),
            };
            let mut candidates = translator
                .tables_named(table.map(String::as_str))
                .into_iter()
                .filter(|known| known.has_column(column));
            let found = candidates
                .next()
                .ok_or_else(|| error::unknown_column(&parts.join("."), "field list"))?;
            if candidates.next().is_some() {
                return Err(error::ambiguous_column(&parts.join("."), "field list"));
            }
            let target = targets
                .iter()
                .position(|target| target.alias == found.alias);
            let target = target
                .filter(|index| !self.sources.hold(&targets[*index].physical))
                .ok_or_else(|| error::not_updatable(&found.name, "UPDATE"))?;
            let position = stored[target].position(column).unwrap_or(0);
            if stored[target].is_generated(position) && default_of(&assignment.value).is_none() {
                return Err(SqlError::new(
                    3105,
                    "HY000",
                    format!(
                        "The value specified for generated column '{column}' in table '{}' is not allowed.",
                        stored[target].name()
                    ),
                ));
            }
            let node = match default_of(&assignment.value) {
                Some(_) => None,
                None => {
                    let node = translator.expr(&assignment.value)?;
                    let ty = &stored[target].types[position];
                    // What a later assignment sees is the value in the column's own form.
                    let seen = translator.store(node.clone(), ty)?;
                    translator.replace_column(&targets[target].alias, column, seen);
                    Some(node)
                }
            };
            assignments.push(Assigned {
                target,
                position,
                node,
            });
        }
        Ok(assignments)
    }

    /// Runs the query: for every row, each touched target's row (if the join found one) and the new values.
    fn found(
        &self,
        text: &str,
        mut params: Vec<Bound>,
        touched: &[usize],
        stored: &[Rc<Stored>],
        assignments: &[Assigned],
    ) -> Result<Vec<Found>, SqlError> {
        let mut statement = self.sqlite.prepare_cached(text)?;
        // An assigned value that no later assignment looks at stands nowhere in the statement; its constants come last.
        params.truncate(statement.parameter_count());
        let mut rows = statement.query(params_from_iter(params))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut at = 0;
            let mut located = Vec::new();
            for index in touched {
                located.push(Located::read(&stored[*index], row, &mut at)?);
            }
            let mut values = Vec::new();
            for assigned in assignments {
                values.push(match &assigned.node {
                    None => None,
                    Some(node) => {
                        let value = decode_column(row.get_ref(at)?, &node.ty);
                        at += 1;
                        Some(Arg {
                            value,
                            tag: value_tag(&node.ty),
                        })
                    }
                });
            }
            found.push((located, values));
        }
        Ok(found)
    }

    fn store_updates(
        &self,
        touched: &[usize],
        stored: &[Rc<Stored>],
        assignments: &[Assigned],
        found: Vec<Found>,
    ) -> Result<QueryResult, SqlError> {
        let (mut matched, mut changed) = (0_u64, 0_u64);
        for (number, (located, values)) in found.into_iter().enumerate() {
            for (index, located) in touched.iter().zip(located) {
                let Some(located) = located else { continue };
                matched += 1;
                let table = &stored[*index];
                let mut next = located.row.clone();
                let mut assigned = vec![false; next.len()];
                for (assignment, value) in assignments
                    .iter()
                    .zip(&values)
                    .filter(|(assignment, _)| assignment.target == *index)
                {
                    let position = assignment.position;
                    let column = table.column(position);
                    let place = Place {
                        table: table.name(),
                        column: &column.name,
                        row: number + 1,
                        strictness: Strictness::Strict,
                        session: &self.session,
                    };
                    let value = match value {
                        Some(arg) => assign(arg, &table.types[position], place)?,
                        None => self.default_value(
                            table,
                            position,
                            &next,
                            number + 1,
                            Strictness::Strict,
                        )?,
                    };
                    if value.is_null() && column.nullable == Some(false) {
                        return Err(error::cannot_be_null(&column.name));
                    }
                    next[position] = value;
                    assigned[position] = true;
                }
                if self.store_update(table, &located, next, &assigned)? {
                    changed += 1;
                }
            }
        }
        if changed > 0 {
            for index in touched {
                self.touch(&stored[*index].physical)?;
            }
        }
        let warnings = self.session.state().warnings.len();
        let info = Some(format!(
            "Rows matched: {matched}  Changed: {changed}  Warnings: {warnings}"
        ));
        Ok(QueryResult {
            rows: None,
            affected_rows: changed,
            insert_id: 0,
            info,
            warnings: Vec::new(),
        })
    }

    /// Stores a row's new values and says whether they differ from the old; ON UPDATE CURRENT_TIMESTAMP columns that
    /// were not assigned move with them.
    ///
    /// # Errors
    /// 1062, 3819, 1451, 1452.
    pub(super) fn store_update(
        &self,
        stored: &Stored,
        from: &Located,
        mut next: Vec<Value>,
        assigned: &[bool],
    ) -> Result<bool, SqlError> {
        let differs = |next: &[Value]| {
            (0..next.len()).any(|position| {
                !stored.is_generated(position)
                    && stored.encode(position, &from.row[position])
                        != stored.encode(position, &next[position])
            })
        };
        if !differs(&next) {
            return Ok(false);
        }
        for (position, column) in stored.definition.columns.iter().enumerate() {
            if let Some(digits) = column.on_update.filter(|_| !assigned[position]) {
                next[position] = Value::DateTime(self.clock(u32::from(digits)));
            }
        }
        self.check_parents(stored, &stored.physical, &next)?;
        let cascades = self.before_update(stored, &from.row, &next, 0)?;
        self.update_physical(stored, from, &next)?;
        self.cascade(cascades, 0)?;
        Ok(true)
    }
}
