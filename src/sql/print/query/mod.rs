//! Queries and DML as vtgate prints them in plans: lower case, identifiers bare unless they are keywords of Vitess's
//! grammar, parentheses only where precedence asks for them, `as` before every alias, `asc` and `desc` always said
//! (Vitess `go/vt/sqlparser`, its AST formatter). [`Quoting::Always`] gives the same text with every identifier in
//! backticks, for the queries of views.
//!
//! `print(parse(print(x))) == print(x)`. Trees do not tell `FOR SHARE` from `LOCK IN SHARE MODE`: both print `for share`.

mod expression;
mod function;
mod select;
mod write;

use crate::sql::ast::{Expr, Ident, ObjectName, Query, Statement};
use crate::sql::name;

/// Which identifiers are in backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Those that need it for Vitess, as vtgate prints.
    Needed,
    /// All, as MySQL prints.
    Always,
}

/// Returns a statement as vtgate prints it. Statements other than queries, INSERT, UPDATE and DELETE are printed as
/// sqlparser prints them.
pub fn statement(statement: &Statement) -> String {
    let mut printer = Printer::new(Quoting::Needed);
    match statement {
        Statement::Query(query) => printer.query(query),
        Statement::Insert(insert) => printer.insert(insert),
        Statement::Update(update) => printer.update(update),
        Statement::Delete(delete) => printer.delete(delete),
        other => return other.to_string(),
    }
    printer.out
}

/// Returns a query, with identifiers quoted as asked.
pub fn query(query: &Query, quoting: Quoting) -> String {
    let mut printer = Printer::new(quoting);
    printer.query(query);
    printer.out
}

/// Returns an expression as vtgate prints it.
pub fn expression(expr: &Expr) -> String {
    let mut printer = Printer::new(Quoting::Needed);
    printer.expr(expr);
    printer.out
}

/// The text so far.
struct Printer {
    out: String,
    quoting: Quoting,
}

impl Printer {
    fn new(quoting: Quoting) -> Self {
        Self {
            out: String::new(),
            quoting,
        }
    }

    fn word(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn ident(&mut self, ident: &Ident) {
        // Variables keep their form, and so do aliases written as strings, as names.
        if ident.quote_style.is_none() && ident.value.starts_with('@') {
            self.out.push_str(&ident.value);
            return;
        }
        let name = match ident.quote_style {
            Some(quote @ ('\'' | '"')) => crate::sql::literal::unescape(&ident.value, quote),
            _ => ident.value.clone(),
        };
        let text = match self.quoting {
            Quoting::Needed => name::vitess(&name),
            Quoting::Always => name::quote(&name),
        };
        self.out.push_str(&text);
    }

    fn object(&mut self, object: &ObjectName) {
        for (index, part) in object.0.iter().enumerate() {
            if index > 0 {
                self.word(".");
            }
            match part.as_ident() {
                Some(ident) => self.ident(ident),
                None => self.word(&part.to_string()),
            }
        }
    }

    fn list<'a, T: 'a>(
        &mut self,
        items: impl IntoIterator<Item = &'a T>,
        mut print: impl FnMut(&mut Self, &'a T),
    ) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.word(", ");
            }
            print(self, item);
        }
    }

    fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        self.list(exprs, Self::expr);
    }

    fn idents<'a>(&mut self, idents: impl IntoIterator<Item = &'a Ident>) {
        self.list(idents, Self::ident);
    }
}

#[cfg(test)]
mod tests;
