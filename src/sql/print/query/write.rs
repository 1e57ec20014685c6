//! INSERT, REPLACE, UPDATE, DELETE.

use super::Printer;
use crate::sql::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Insert, OnInsert, SqliteOnConflict,
    TableObject, Update,
};

impl Printer {
    pub(super) fn insert(&mut self, insert: &Insert) {
        self.word(if insert.replace_into {
            "replace "
        } else {
            "insert "
        });
        self.hints(&insert.optimizer_hints);
        if insert.ignore {
            self.word("ignore ");
        }
        self.word("into ");
        match &insert.table {
            TableObject::TableName(name) => self.object(name),
            other => self.word(&other.to_string()),
        }
        if let Some(partitions) = insert
            .partitioned
            .as_ref()
            .filter(|partitions| !partitions.is_empty())
        {
            self.word(" partition (");
            self.exprs(partitions);
            self.word(")");
        }
        if !insert.assignments.is_empty() {
            self.insert_assignments(&insert.assignments);
        } else {
            if !insert.columns.is_empty() {
                self.word("(");
                self.list(&insert.columns, Self::object);
                self.word(")");
            }
            match &insert.source {
                Some(source) => {
                    self.word(" ");
                    self.query(source);
                }
                None => self.word(" values ()"),
            }
        }
        if let Some(aliases) = &insert.insert_alias {
            self.word(" as ");
            self.object(&aliases.row_alias);
            if let Some(columns) = aliases
                .col_aliases
                .as_ref()
                .filter(|columns| !columns.is_empty())
            {
                self.word(" (");
                self.idents(columns);
                self.word(")");
            }
        }
        if let Some(OnInsert::DuplicateKeyUpdate(assignments)) = &insert.on {
            self.word(" on duplicate key update ");
            self.assignments(assignments);
        }
    }

    /// INSERT … SET is printed as columns and one row.
    fn insert_assignments(&mut self, assignments: &[Assignment]) {
        self.word("(");
        self.list(assignments, |printer, assignment| {
            printer.target(&assignment.target)
        });
        self.word(") values (");
        self.list(assignments, |printer, assignment| {
            printer.expr(&assignment.value)
        });
        self.word(")");
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        self.list(assignments, |printer, assignment| {
            printer.target(&assignment.target);
            printer.word(" = ");
            printer.expr(&assignment.value);
        });
    }

    fn target(&mut self, target: &AssignmentTarget) {
        match target {
            AssignmentTarget::ColumnName(name) => self.object(name),
            AssignmentTarget::Tuple(names) => {
                self.word("(");
                self.list(names, Self::object);
                self.word(")");
            }
        }
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.word("update ");
        self.hints(&update.optimizer_hints);
        if update.or == Some(SqliteOnConflict::Ignore) {
            self.word("ignore ");
        }
        self.table_with_joins(&update.table);
        self.word(" set ");
        self.assignments(&update.assignments);
        self.filter(update.selection.as_ref());
        self.order_by(&update.order_by);
        self.limit(update.limit.as_ref());
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.word("delete ");
        self.hints(&delete.optimizer_hints);
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        match &delete.using {
            // DELETE FROM t USING … is DELETE t FROM ….
            Some(using) => {
                self.tables(from);
                self.word(" from ");
                self.tables(using);
            }
            None => {
                if !delete.tables.is_empty() {
                    self.list(&delete.tables, Self::object);
                    self.word(" ");
                }
                self.word("from ");
                self.tables(from);
            }
        }
        self.filter(delete.selection.as_ref());
        self.order_by(&delete.order_by);
        self.limit(delete.limit.as_ref());
    }

    fn filter(&mut self, condition: Option<&Expr>) {
        if let Some(condition) = condition {
            self.word(" where ");
            self.expr(condition);
        }
    }

    fn limit(&mut self, limit: Option<&Expr>) {
        if let Some(limit) = limit {
            self.word(" limit ");
            self.expr(limit);
        }
    }
}
