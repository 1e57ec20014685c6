//! The tables and views that a DDL statement names: which it makes, changes and takes away, and which it needs.
//!
//! Whoever orders, qualifies, refuses or reports statements by their objects asks here.

use super::{AlterClause, CreateTable, CreateView, Ddl, ForeignKey};
use crate::sql::TableName;
use crate::sql::name::relations;

/// A table or view that a statement names, by what becomes of it. `N` is a borrowed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<N> {
    /// It comes.
    Comes(N),
    /// It is there and stays, perhaps with another definition.
    Stays(N),
    /// It goes.
    Goes(N),
    /// It has one name before and another one after.
    Moves(N, N),
}

impl<N> Object<N> {
    /// Returns the one or two names, in the order written.
    pub fn names(self) -> impl Iterator<Item = N> {
        let (first, second) = match self {
            Self::Comes(name) | Self::Stays(name) | Self::Goes(name) => (name, None),
            Self::Moves(from, to) => (from, Some(to)),
        };
        std::iter::once(first).chain(second)
    }
}

impl<'a> Object<&'a TableName> {
    /// Returns the name that the object has before; `None` if it comes.
    pub fn before(self) -> Option<&'a TableName> {
        match self {
            Self::Comes(_) => None,
            Self::Stays(name) | Self::Goes(name) | Self::Moves(name, _) => Some(name),
        }
    }

    /// Returns the name that the object has after; `None` if it goes.
    pub fn after(self) -> Option<&'a TableName> {
        match self {
            Self::Goes(_) => None,
            Self::Stays(name) | Self::Comes(name) | Self::Moves(_, name) => Some(name),
        }
    }
}

/// Every object that a statement names itself, in the order written; `$iter` and `$by` say how names are borrowed.
macro_rules! objects {
    ($ddl:expr, $iter:ident, $($by:tt)+) => {
        match $ddl {
            Ddl::CreateTable(create) => vec![Object::Comes($($by)+ create.table.name)],
            Ddl::CreateTableLike { name, like, .. } => {
                vec![Object::Comes(name), Object::Stays(like)]
            }
            Ddl::AlterTable(alter) => {
                let moved = alter.clauses.$iter().rev().find_map(|clause| match clause {
                    AlterClause::RenameTable(to) => Some(to),
                    _ => None,
                });
                vec![match moved {
                    Some(to) => Object::Moves($($by)+ alter.table, to),
                    None => Object::Stays($($by)+ alter.table),
                }]
            }
            Ddl::DropTable { names, .. } | Ddl::DropView { names, .. } => {
                names.$iter().map(Object::Goes).collect()
            }
            Ddl::RenameTable(pairs) => {
                pairs.$iter().map(|(from, to)| Object::Moves(from, to)).collect()
            }
            Ddl::TruncateTable(name) => vec![Object::Stays(name)],
            Ddl::CreateView(view) => vec![Object::Comes($($by)+ view.name)],
            Ddl::AlterView(view) => vec![Object::Stays($($by)+ view.name)],
            Ddl::CreateDatabase { .. } | Ddl::AlterDatabase { .. } | Ddl::DropDatabase { .. } => {
                Vec::new()
            }
        }
    };
}

impl Ddl {
    /// Returns the tables and views that the statement is about, in the order written. What definitions refer to and
    /// read is not among them, see [`Ddl::needs`].
    pub fn objects(&self) -> Vec<Object<&TableName>> {
        objects!(self, iter, &)
    }

    /// Returns the names of [`Ddl::objects`], to be changed.
    pub fn object_names_mut(&mut self) -> impl Iterator<Item = &mut TableName> {
        let objects: Vec<Object<&mut TableName>> = objects!(self, iter_mut, &mut);
        objects.into_iter().flat_map(Object::names)
    }

    /// Returns the tables and views that what the statement makes or adds refers to or reads, which must be there for
    /// it: parents of foreign keys, what a view reads, the table that is copied. In the order written.
    pub fn needs(&self) -> Vec<TableName> {
        match self {
            Self::CreateTableLike { like, .. } => vec![like.clone()],
            Self::CreateView(view) | Self::AlterView(view) => view.reads(),
            _ => {
                let keys = self.added_foreign_keys();
                keys.iter()
                    .map(|key| key.referenced_table.clone())
                    .collect()
            }
        }
    }

    /// Returns the foreign keys that come with the statement, in the order written.
    pub fn added_foreign_keys(&self) -> Vec<&ForeignKey> {
        match self {
            Self::CreateTable(create) => create.table.foreign_keys.iter().collect(),
            Self::AlterTable(alter) => {
                let keys = alter.clauses.iter().filter_map(|clause| match clause {
                    AlterClause::AddForeignKey(key) => Some(key),
                    _ => None,
                });
                keys.collect()
            }
            _ => Vec::new(),
        }
    }
}

impl CreateTable {
    /// Returns the tables that the foreign keys refer to, in the order of the keys.
    pub fn parents(&self) -> impl Iterator<Item = &TableName> {
        self.foreign_keys.iter().map(|key| &key.referenced_table)
    }
}

impl CreateView {
    /// Returns the tables and views that the view reads, in the order in which they stand, each as often as it stands;
    /// `dual` with them, names that WITH gives not.
    pub fn reads(&self) -> Vec<TableName> {
        relations(self.query.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::{Statement, parse_statement};

    use super::*;

    fn ddl(text: &str) -> Ddl {
        match parse_statement(text) {
            Ok(Statement::Ddl(ddl)) => ddl,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[track_caller]
    fn check(text: &str, objects: &str, needs: &str) {
        let mut ddl = ddl(text);
        let shown = ddl.objects().into_iter().map(|object| match object {
            Object::Comes(name) => format!("+{name}"),
            Object::Stays(name) => name.to_string(),
            Object::Goes(name) => format!("-{name}"),
            Object::Moves(from, to) => format!("-{from} +{to}"),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), objects);
        let needed: Vec<String> = ddl.needs().iter().map(ToString::to_string).collect();
        assert_eq!(needed.join(" "), needs);
        let names: Vec<String> = ddl
            .object_names_mut()
            .map(|name| name.to_string())
            .collect();
        assert_eq!(names.join(" "), objects.replace(['+', '-'], ""));
    }

    #[test]
    fn a_statement_tells_its_objects() {
        check(
            "create table t (i int, foreign key (i) references p (i), foreign key (i) references k.q (i))",
            "+t",
            "p k.q",
        );
        check("create table t like k.u", "+t k.u", "k.u");
        check(
            "alter table t add foreign key (i) references p (i)",
            "t",
            "p",
        );
        check("alter table t drop foreign key f, rename to u", "-t +u", "");
        check("drop table a, b", "-a -b", "");
        check("rename table a to b, c to a", "-a +b -c +a", "");
        check("truncate table t", "t", "");
        check("create database d", "", "");
    }

    #[test]
    fn a_view_reads_what_its_with_does_not_give() {
        check("create view v as select 1 from dual", "+v", "dual");
        check(
            "alter view v as select * from a join k.b where exists (select 1 from c join a)",
            "v",
            "a k.b c a",
        );
        // A name of WITH hides a table from there on, unless it is qualified; before, and within its own query, it does
        // not.
        check(
            "create view v as with a as (select * from a join b), b as (select * from a join c) \
             select * from a join b join k.a",
            "+v",
            "a b c k.a",
        );
        check(
            "create view v as with recursive a as (select 1 union all select * from a join b) select * from a",
            "+v",
            "b",
        );
        check(
            "create view v as select * from (with a as (select 1) select * from a) as d join a",
            "+v",
            "a",
        );
    }
}
