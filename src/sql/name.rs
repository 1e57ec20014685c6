//! Identifiers: quoting for MySQL, quoting as vtgate prints, qualified table names.
//!
//! Two quotings exist and must not be mixed: MySQL's canonical form backticks every identifier (DDL, files, migration
//! SQL); vtgate's backticks only those that need it (plan JSON, `ALTER VSCHEMA`). Identifiers in syntax trees are
//! always unquoted: `ast::Ident::value` is the name itself, doubled backticks undone.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use super::keyword::is_keyword;
use super::{Error, ast};

/// A table or view name with its keyspace, if one was written. Names keep the case in which they were written.
///
/// [`Display`](fmt::Display) gives `keyspace.table` without quotes, as error messages and plans name tables;
/// [`quote_table`] gives MySQL's quoted form and [`vitess_table`] vtgate's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The qualifier: a keyspace, perhaps with a target (`customer:-80`).
    pub keyspace: Option<String>,
    /// The table.
    pub name: String,
}

impl TableName {
    /// Returns the unqualified name `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            keyspace: None,
            name: name.into(),
        }
    }

    /// Returns `keyspace.name`.
    pub fn qualified(keyspace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            keyspace: Some(keyspace.into()),
            name: name.into(),
        }
    }

    /// Returns the keyspace and name that are meant where `current` is the keyspace.
    pub fn within<'a>(&'a self, current: &'a str) -> (&'a str, &'a str) {
        (self.keyspace.as_deref().unwrap_or(current), &self.name)
    }

    /// Returns the name that `object` says: one or two identifiers. `None` for more parts (`catalog.schema.table`) or
    /// parts that are no identifiers.
    pub fn from_object(object: &ast::ObjectName) -> Option<Self> {
        let parts: Option<Vec<&ast::Ident>> =
            object.0.iter().map(ast::ObjectNamePart::as_ident).collect();
        match parts?.as_slice() {
            [name] => Some(Self::new(name.value.as_str())),
            [keyspace, name] => Some(Self::qualified(
                keyspace.value.as_str(),
                name.value.as_str(),
            )),
            _ => None,
        }
    }

    /// Returns the name as sqlparser's tree has it, each part backticked.
    pub fn to_object(&self) -> ast::ObjectName {
        let parts = self.keyspace.iter().chain(std::iter::once(&self.name));
        ast::ObjectName::from(
            parts
                .map(|part| ast::Ident::with_quote('`', part.as_str()))
                .collect::<Vec<_>>(),
        )
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.keyspace {
            Some(keyspace) => write!(f, "{keyspace}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl FromStr for TableName {
    type Err = Error;

    /// Reads `table`, `keyspace.table` and their backticked forms.
    fn from_str(text: &str) -> Result<Self, Error> {
        super::parse_table_name(text)
    }
}

/// Returns `name` in backticks, inner backticks doubled: MySQL's canonical form.
pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Returns MySQL's quoted form of a table name: `` `ks`.`t` `` or `` `t` ``.
pub fn quote_table(table: &TableName) -> String {
    match &table.keyspace {
        Some(keyspace) => format!("{}.{}", quote(keyspace), quote(&table.name)),
        None => quote(&table.name),
    }
}

/// Returns `name` as vtgate prints it: bare, or backticked where it is a keyword of Vitess's grammar or holds anything
/// but ASCII letters, digits, `_` and `$` (or starts with a digit).
pub fn vitess(name: &str) -> String {
    if needs_quotes(name) {
        quote(name)
    } else {
        name.to_owned()
    }
}

/// Returns a table name as vtgate prints it.
pub fn vitess_table(table: &TableName) -> String {
    match &table.keyspace {
        Some(keyspace) => format!("{}.{}", vitess(keyspace), vitess(&table.name)),
        None => vitess(&table.name),
    }
}

fn needs_quotes(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let mut characters = name.chars();
    let plain = characters.next().is_some_and(letter)
        && characters.all(|c| letter(c) || c.is_ascii_digit());
    !plain || is_keyword(name)
}

/// Returns the vindexes that a `USE VINDEX (…)` or `IGNORE VINDEX (…)` hint names, or `None` for an ordinary index hint.
///
/// sqlparser has no such hint, so the parser's door stores it as `USE INDEX` whose names start with `vindex:`.
pub fn vindex_hint(hint: &ast::TableIndexHints) -> Option<Vec<&str>> {
    let names: Vec<&str> = hint
        .index_names
        .iter()
        .filter_map(|name| name.value.strip_prefix(VINDEX_PREFIX))
        .collect();
    (!names.is_empty() && names.len() == hint.index_names.len()).then_some(names)
}

/// Marks the names of a vindex hint inside an index hint.
pub(super) const VINDEX_PREFIX: &str = "vindex:";

/// Returns the names that WITH gives anywhere in a statement or query, as they are written, each once.
pub fn defined_names(part: &impl ast::Visit) -> Vec<String> {
    struct Names(Vec<String>);
    impl ast::Visitor for Names {
        type Break = ();
        fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
            for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
                let name = &cte.alias.name.value;
                if !self.0.contains(name) {
                    self.0.push(name.clone());
                }
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = part.visit(&mut names);
    names.0
}

/// Returns the derived table that stands for a name in FROM: under `alias` or else its `own`, with the list of columns of
/// its own where the alias has none.
pub fn derived_table(
    query: Box<ast::Query>,
    alias: Option<ast::TableAlias>,
    own: ast::TableAlias,
) -> ast::TableFactor {
    let alias = match alias {
        Some(alias) if alias.columns.is_empty() => ast::TableAlias {
            columns: own.columns,
            ..alias
        },
        Some(alias) => alias,
        None => own,
    };
    ast::TableFactor::Derived {
        lateral: false,
        subquery: query,
        alias: Some(alias),
        sample: None,
    }
}

/// Returns the tables and views that a statement or query names, in the order in which they stand, each as often as it
/// stands; names that WITH gives are left out where they hold: in the query of the WITH and, once they are said, in the
/// queries after them, under RECURSIVE in their own as well (MySQL manual, "WITH (Common Table Expressions)").
pub fn relations(part: &impl ast::Visit) -> Vec<TableName> {
    let mut walk = Relations {
        around: Vec::new(),
        found: Vec::new(),
    };
    let _ = part.visit(&mut walk);
    walk.found
}

struct Relations {
    /// The queries around, outermost first.
    around: Vec<Names>,
    found: Vec<TableName>,
}

/// The names that the WITH of one query gives.
#[derive(Default)]
struct Names {
    /// Those whose queries are yet to come.
    coming: VecDeque<String>,
    recursive: bool,
    known: BTreeSet<String>,
}

impl Names {
    fn next(&mut self) {
        self.known.extend(self.coming.pop_front());
    }
}

impl ast::Visitor for Relations {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        if let Some(outer) = self.around.last_mut().filter(|outer| outer.recursive) {
            outer.next();
        }
        let mut names = Names::default();
        if let Some(with) = &query.with {
            let tables = with.cte_tables.iter();
            names.coming = tables.map(|cte| cte.alias.name.value.clone()).collect();
            names.recursive = with.recursive;
        }
        self.around.push(names);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
        self.around.pop();
        if let Some(outer) = self.around.last_mut().filter(|outer| !outer.recursive) {
            outer.next();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ast::ObjectName) -> ControlFlow<()> {
        if let Some(name) = TableName::from_object(relation) {
            let given = name.keyspace.is_none()
                && self
                    .around
                    .iter()
                    .any(|names| names.known.contains(&name.name));
            if !given {
                self.found.push(name);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Tells whether a name matches a shell's pattern, in which `*` stands for any run of characters and `?` for one; case
/// counts. Takes the product of both lengths at most.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // reached[i]: the pattern up to here can match the first i characters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for wanted in pattern.chars() {
        let mut next = vec![false; name.len() + 1];
        if wanted == '*' {
            let mut any = false;
            for (at, is) in reached.iter().enumerate() {
                any |= is;
                next[at] = any;
            }
        } else {
            for (at, is) in reached.iter().take(name.len()).enumerate() {
                next[at + 1] = *is && (wanted == '?' || wanted == name[at]);
            }
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vtgate_quotes_only_what_needs_it() {
        for (name, expected) in [
            ("id", "id"),
            ("user", "`user`"),
            ("Name", "`Name`"),
            ("3t2", "`3t2`"),
            ("a-b", "`a-b`"),
            ("t$1", "t$1"),
            ("", "``"),
            ("a`b", "`a``b`"),
            ("größe", "`größe`"),
        ] {
            assert_eq!(vitess(name), expected);
        }
    }

    #[test]
    fn table_names_are_read_and_written() {
        for (text, keyspace, name) in [
            ("corder", None, "corder"),
            ("customer.corder", Some("customer"), "corder"),
            ("`customer:-80`.`or``der`", Some("customer:-80"), "or`der"),
            ("user", None, "user"),
        ] {
            let table: TableName = text.parse().unwrap();
            assert_eq!(
                table,
                TableName {
                    keyspace: keyspace.map(Into::into),
                    name: name.into()
                }
            );
            assert_eq!(quote_table(&table).parse::<TableName>().unwrap(), table);
            assert_eq!(TableName::from_object(&table.to_object()), Some(table));
        }
        for text in ["", "a.b.c", "a b", ".", "a.", "'a'", "`a"] {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_are_those_of_a_shell() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("feature*", "feature-1", true),
            ("f?x", "fix", true),
            ("f?x", "fx", false),
            ("*/b", "a/b", true),
            ("main", "main2", false),
        ] {
            assert_eq!(matches_pattern(pattern, name), expected, "{pattern} {name}");
        }
    }
}
