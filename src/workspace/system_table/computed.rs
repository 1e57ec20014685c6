//! Rows computed when a statement asks for them, once for each set of comparisons.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Comparison, Operator, Scan, Source};
use crate::relation::Row;
use crate::sql::SqlError;

/// A computation and what narrows it.
pub(super) struct Computed<F> {
    narrowing: Vec<usize>,
    compute: F,
    done: RefCell<BTreeMap<String, Arc<Vec<Row>>>>,
}

impl<F> Computed<F>
where
    F: Fn(&[Comparison]) -> Result<Vec<Row>, SqlError> + Send,
{
    /// Computes rows by comparisons of these columns.
    pub(super) fn new(narrowing: Vec<usize>, compute: F) -> Self {
        Self {
            narrowing,
            compute,
            done: RefCell::default(),
        }
    }
}

impl<F> Source for Computed<F>
where
    F: Fn(&[Comparison]) -> Result<Vec<Row>, SqlError> + Send,
{
    fn narrowing(&self) -> Vec<usize> {
        self.narrowing.clone()
    }

    fn scan(&self, comparisons: &[Comparison]) -> Result<Scan, SqlError> {
        let key = format!("{comparisons:?}");
        let known = self.done.borrow().get(&key).map(Arc::clone);
        let rows = match known {
            Some(rows) => rows,
            None => {
                let rows = Arc::new((self.compute)(comparisons)?);
                self.done.borrow_mut().insert(key, Arc::clone(&rows));
                rows
            }
        };
        let count = rows.len();
        Ok(Box::new((0..count).map(move |at| Ok(rows[at].clone()))))
    }
}

/// Returns the text that a column must be equal to.
pub(super) fn equal_text(comparisons: &[Comparison], column: usize) -> Option<String> {
    comparisons
        .iter()
        .find(|c| c.column == column && c.operator == Operator::Equal)
        .and_then(|c| c.value.to_text().map(String::from))
}
