//! Queries, DML and DDL as vtgate prints them: lower case, identifiers bare unless they are keywords of Vitess's
//! grammar, parentheses only where precedence asks for them, `as` before every alias, `asc` and `desc` always said
//! (Vitess `go/vt/sqlparser`, its AST formatter). [`Quoting::Always`] gives the same text with every identifier in
//! backticks, for the queries of views.
//!
//! `print(parse(print(x))) == print(x)`. Trees do not tell `FOR SHARE` from `LOCK IN SHARE MODE`: both print `for share`.

mod ddl;
mod definition;
mod expression;
mod function;
mod select;
mod write;

use crate::sql::ast::{Expr, Ident, ObjectName, Query, Statement};
use crate::sql::ddl::{
    AlterClause, Check, Column, CreateTable, CreateTableStatement, CreateView, Ddl, ForeignKey,
    Index, Partition, Partitioning, TableOption,
};
use crate::sql::name;

/// Which identifiers are in backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Those that need it for Vitess, as vtgate prints.
    Needed,
    /// All, as MySQL prints.
    Always,
    /// All, and keywords are in upper case: Vitess's canonical strings, of definitions and views.
    Canonical,
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

/// Returns a DDL statement as Vitess prints it: [`Quoting::Needed`] for its short form, [`Quoting::Canonical`] for its
/// canonical one. Tables take a line an element.
pub fn ddl(statement: &Ddl, quoting: Quoting) -> String {
    print(quoting, |printer| printer.ddl(statement))
}

/// Returns `create table …` as [`ddl`] does.
pub fn table(table: &CreateTable, quoting: Quoting) -> String {
    ddl(
        &Ddl::CreateTable(Box::new(CreateTableStatement::of(table.clone()))),
        quoting,
    )
}

/// Returns `create view …` as [`ddl`] does.
pub fn view(view: &CreateView, quoting: Quoting) -> String {
    ddl(&Ddl::CreateView(view.clone()), quoting)
}

/// A part of a definition in Vitess's canonical form.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the variants are the parts of a definition")]
pub enum Part<'a> {
    Column(&'a Column),
    Index(&'a Index),
    ForeignKey(&'a ForeignKey),
    /// A foreign key without its name.
    ForeignKeyDetails(&'a ForeignKey),
    Check(&'a Check),
    Option(&'a TableOption),
    Partition(&'a Partition),
    Partitioning(&'a Partitioning),
    Clause(&'a AlterClause),
}

/// Returns a part of a definition in Vitess's canonical form.
pub fn part(part: Part<'_>) -> String {
    print(Quoting::Canonical, |printer| match part {
        Part::Column(column) => printer.column(column),
        Part::Index(index) => printer.index(index),
        Part::ForeignKey(key) => printer.foreign_key(key),
        Part::ForeignKeyDetails(key) => printer.foreign_key_details(key),
        Part::Check(check) => printer.check(check),
        Part::Option(option) => printer.option(option),
        Part::Partition(partition) => printer.partition(partition),
        Part::Partitioning(partitioning) => printer.partitioning(partitioning),
        Part::Clause(clause) => printer.clause(clause),
    })
}

fn print(quoting: Quoting, write: impl FnOnce(&mut Printer)) -> String {
    let mut printer = Printer::new(quoting);
    write(&mut printer);
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

    /// Writes words of the grammar, in the style's case.
    fn word(&mut self, text: &str) {
        if self.quoting == Quoting::Canonical {
            self.out
                .extend(text.chars().map(|c| c.to_ascii_uppercase()));
        } else {
            self.out.push_str(text);
        }
    }

    /// Writes what keeps its case: literals, names of functions, types and charsets.
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: &str) {
        let text = match self.quoting {
            Quoting::Needed => name::vitess(name),
            Quoting::Always | Quoting::Canonical => name::quote(name),
        };
        self.out.push_str(&text);
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
        self.name(&name);
    }

    fn object(&mut self, object: &ObjectName) {
        for (index, part) in object.0.iter().enumerate() {
            if index > 0 {
                self.word(".");
            }
            match part.as_ident() {
                Some(ident) => self.ident(ident),
                None => self.raw(&part.to_string()),
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
