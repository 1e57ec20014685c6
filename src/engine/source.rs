//! Rows that SQLite does not hold, as a virtual table: committed rows in their chunks, rows computed when they are read.
//!
//! SQLite tells a source which comparisons narrow a scan; the source gives at least the rows that pass them, and SQLite
//! checks each again. The only `unsafe` code of the crate is here: rusqlite's traits of virtual tables ask that the first
//! field be SQLite's own and the layout C's, which holds for the two structs below.
#![allow(
    unsafe_code,
    reason = "rusqlite's virtual table traits are unsafe to implement; the two structs have the layout they ask for"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::vtab::{
    Context, CreateVTab, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection,
    VTabCursor, VTabKind, sqlite3_vtab, sqlite3_vtab_cursor,
};

use super::Connection;
use super::error;
use super::storage::{decode_column, encode_column};
use super::translate::quote;
use super::types::{Family, Type};
use crate::catalog::Table;
use crate::relation::{self, RowSource, SourceError};
use crate::sql::SqlError;
use crate::sql::ddl::CreateTable;
use crate::value::Value;

/// Rows that are read when a statement asks for them.
pub trait Source: Send {
    /// Returns the positions of columns whose comparisons make a scan cheaper.
    fn narrowing(&self) -> Vec<usize>;

    /// Returns rows, one value per column of the table's definition: all those that pass the comparisons, and others
    /// perhaps.
    ///
    /// # Errors
    /// As MySQL would answer; the statement ends with it.
    fn scan(&self, comparisons: &[Comparison]) -> Result<Scan, SqlError>;
}

/// Rows of a scan.
pub type Scan = Box<dyn Iterator<Item = Result<Vec<Value>, SqlError>>>;

/// A column compared with a value of its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Position of the column.
    pub column: usize,
    /// How: column on the left, value on the right.
    pub operator: Operator,
    /// The value.
    pub value: Value,
    /// Whether only the same bytes are equal; otherwise text compares under a collation that knows other equals.
    pub exact: bool,
}

/// Comparisons that narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The sources of a connection by number; SQLite's module holds them too.
#[derive(Clone, Default)]
pub(super) struct Sources(Arc<Mutex<BTreeMap<u64, Arc<Attached>>>>);

impl Sources {
    /// Makes the module of virtual tables known to SQLite.
    pub(super) fn register(&self, sqlite: &rusqlite::Connection) -> Result<(), SqlError> {
        const MODULE: &Module<'static, SourceTable> = &Module::read_only_module();
        Ok(sqlite.create_module(c"vrev_source", MODULE, Some(self.clone()))?)
    }

    /// Tells whether a table is one of these.
    pub(super) fn hold(&self, physical: &str) -> bool {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.values().any(|known| known.physical == physical)
    }

    fn remove(&self, physical: &str) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, known| known.physical != physical);
    }

    fn add(&self, attached: Attached) -> u64 {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = sources.last_key_value().map_or(1, |(last, _)| last + 1);
        sources.insert(number, Arc::new(attached));
        number
    }
}

/// A source with what SQLite must be told of it.
struct Attached {
    physical: String,
    source: Mutex<Box<dyn Source>>,
    types: Vec<Type>,
    declaration: CString,
    narrowing: Vec<usize>,
}

impl Connection {
    /// Makes a source readable as a table, under a SQLite name, until the connection is closed.
    ///
    /// # Errors
    /// 1050 where the name is taken; for columns that the engine cannot hold.
    pub fn attach(
        &self,
        physical: &str,
        definition: &CreateTable,
        source: Box<dyn Source>,
    ) -> Result<(), SqlError> {
        self.lend(physical, definition, source)?;
        self.register(physical, definition)
    }

    /// As [`Self::attach`], until it is taken back; the database does not note it among its tables.
    ///
    /// # Errors
    /// As [`Self::attach`].
    pub fn lend(
        &self,
        physical: &str,
        definition: &CreateTable,
        source: Box<dyn Source>,
    ) -> Result<(), SqlError> {
        if self.stored_names().contains(physical) {
            return Err(SqlError::new(
                1050,
                "42S01",
                format!("Table '{}' already exists", definition.name.name),
            ));
        }
        let columns = definition.columns.iter();
        let types = columns
            .map(|column| Type::of_column(column, definition))
            .collect::<Result<Vec<_>, _>>()?;
        let declared = definition.columns.iter().zip(&types).map(|(column, ty)| {
            let collation = match ty.family() {
                Family::Text => format!(" COLLATE {}", ty.collation.sqlite_name()),
                Family::Json => " COLLATE json".to_owned(),
                _ => String::new(),
            };
            quote(&column.name) + &collation
        });
        let declaration = format!(
            "CREATE TABLE x({})",
            declared.collect::<Vec<_>>().join(", ")
        );
        let declaration = CString::new(declaration)
            .map_err(|_| SqlError::unsupported("a column name with a NUL in it"))?;
        let number = self.sources.add(Attached {
            physical: physical.to_owned(),
            narrowing: source.narrowing(),
            source: Mutex::new(source),
            types,
            declaration,
        });
        self.run(&format!(
            "CREATE VIRTUAL TABLE temp.{} USING vrev_source({number})",
            quote(physical)
        ))
    }

    /// Takes a lent source back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn take_back(&self, physical: &str) -> Result<(), SqlError> {
        let dropped = self.run(&format!("DROP TABLE IF EXISTS temp.{}", quote(physical)));
        self.sources.remove(physical);
        dropped
    }
}

/// Rows that are at hand.
pub struct HeldRows(Arc<Vec<Vec<Value>>>);

impl HeldRows {
    /// Returns rows as a source.
    pub fn new(rows: Vec<Vec<Value>>) -> Self {
        Self(Arc::new(rows))
    }
}

impl Source for HeldRows {
    fn narrowing(&self) -> Vec<usize> {
        Vec::new()
    }

    fn scan(&self, _: &[Comparison]) -> Result<Scan, SqlError> {
        let rows = Arc::clone(&self.0);
        Ok(Box::new(
            (0..rows.len()).map(move |at| Ok(rows[at].clone())),
        ))
    }
}

/// Committed rows of a table, of one shard or of several.
pub struct CommittedRows {
    shards: Vec<Arc<Mutex<Box<dyn RowSource + Send>>>>,
    /// For each column of the table its place in a committed row; virtual columns have none.
    places: Vec<Option<usize>>,
    /// For each column of the key its position in the table.
    key: Vec<usize>,
}

impl CommittedRows {
    /// Returns the rows of a table's shards, which have one schema.
    pub fn new(table: &Table, shards: Vec<Box<dyn RowSource + Send>>) -> Self {
        let columns = &table.definition.columns;
        let (mut places, mut key) = (vec![None; columns.len()], Vec::new());
        if let Some(first) = shards.first() {
            let schema = first.schema();
            let committed = |name: &str| schema.columns.iter().position(|c| c.name == name);
            places = columns.iter().map(|c| committed(&c.name)).collect();
            let position = |at: &usize| places.iter().position(|place| *place == Some(*at));
            key = schema.key.iter().map_while(position).collect();
            if key.len() < schema.key.len() {
                key.clear();
            }
        }
        let shards = shards.into_iter().map(|rows| Arc::new(Mutex::new(rows)));
        Self {
            shards: shards.collect(),
            places,
            key,
        }
    }

    /// Returns the key's bounds that the comparisons give: equal columns first, then one range.
    fn bounds(&self, comparisons: &[Comparison]) -> (Bound<Vec<Value>>, Bound<Vec<Value>>) {
        let usable = |comparison: &&Comparison| {
            comparison.exact || !matches!(comparison.value, Value::Text(_))
        };
        let of = |column: usize| {
            comparisons
                .iter()
                .filter(usable)
                .filter(move |c| c.column == column)
        };
        let mut prefix = Vec::new();
        for column in &self.key {
            if let Some(equal) = of(*column).find(|c| c.operator == Operator::Equal) {
                prefix.push(equal.value.clone());
                continue;
            }
            let with = |value: &Value| [prefix.as_slice(), std::slice::from_ref(value)].concat();
            let whole = || match prefix.is_empty() {
                true => Bound::Unbounded,
                false => Bound::Included(prefix.clone()),
            };
            let lower = of(*column).find_map(|c| match c.operator {
                Operator::Greater => Some(Bound::Excluded(with(&c.value))),
                Operator::AtLeast => Some(Bound::Included(with(&c.value))),
                _ => None,
            });
            let upper = of(*column).find_map(|c| match c.operator {
                Operator::Less => Some(Bound::Excluded(with(&c.value))),
                Operator::AtMost => Some(Bound::Included(with(&c.value))),
                _ => None,
            });
            return (lower.unwrap_or_else(whole), upper.unwrap_or_else(whole));
        }
        if prefix.is_empty() {
            return (Bound::Unbounded, Bound::Unbounded);
        }
        (Bound::Included(prefix.clone()), Bound::Included(prefix))
    }
}

impl Source for CommittedRows {
    fn narrowing(&self) -> Vec<usize> {
        self.key.clone()
    }

    fn scan(&self, comparisons: &[Comparison]) -> Result<Scan, SqlError> {
        let (lower, upper) = self.bounds(comparisons);
        let pages: Vec<Pages> = self
            .shards
            .iter()
            .map(|rows| Pages {
                rows: Arc::clone(rows),
                lower: Some(lower.clone()),
                upper: upper.clone(),
                page: Vec::new().into_iter(),
            })
            .collect();
        let places = self.places.clone();
        Ok(Box::new(pages.into_iter().flatten().flat_map(move |row| {
            let (row, count) = match row {
                Ok((row, count)) => (Ok(row), usize::try_from(count).unwrap_or(usize::MAX)),
                Err(error) => (Err(error), 1),
            };
            let cell = |row: &relation::Row, place: &Option<usize>| {
                place
                    .and_then(|at| row.get(at).cloned())
                    .unwrap_or_default()
            };
            let wide = row.map(|row| places.iter().map(|place| cell(&row, place)).collect());
            std::iter::repeat_n(wide, count)
        })))
    }
}

/// Rows between two keys, a page at a time, so that who stops early has not read all.
struct Pages {
    rows: Arc<Mutex<Box<dyn RowSource + Send>>>,
    /// Where the next page begins; `None` after the last.
    lower: Option<Bound<Vec<Value>>>,
    upper: Bound<Vec<Value>>,
    page: std::vec::IntoIter<(relation::Row, u64)>,
}

/// Rows of a page.
const PAGE: usize = 512;

impl Pages {
    fn turn(&mut self) -> Result<(), SqlError> {
        let Some(lower) = self.lower.take() else {
            return Ok(());
        };
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let keyed = rows.schema().is_keyed();
        let limit = if keyed { PAGE } else { usize::MAX };
        let slice = |bound: &Bound<Vec<Value>>| match bound {
            Bound::Included(key) => Bound::Included(key.clone()),
            Bound::Excluded(key) => Bound::Excluded(key.clone()),
            Bound::Unbounded => Bound::Unbounded,
        };
        let (from, to) = (slice(&lower), slice(&self.upper));
        let found = rows
            .range(
                from.as_ref().map(Vec::as_slice),
                to.as_ref().map(Vec::as_slice),
            )
            .map_err(|error| unreadable(&error))?
            .take(limit)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unreadable(&error))?;
        if keyed
            && found.len() == PAGE
            && let Some((last, _)) = found.last()
        {
            let key = rows.schema().key.iter().map(|&at| last[at].clone());
            self.lower = Some(Bound::Excluded(key.collect()));
        }
        drop(rows);
        self.page = found.into_iter();
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<(relation::Row, u64), SqlError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.page.next() {
                return Some(Ok(row));
            }
            self.lower.as_ref()?;
            if let Err(error) = self.turn() {
                return Some(Err(error));
            }
        }
    }
}

fn unreadable(error: &SourceError) -> SqlError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    SqlError::unknown(text)
}

/// SQLite's side of a source.
#[repr(C)]
struct SourceTable {
    base: sqlite3_vtab,
    attached: Arc<Attached>,
}

/// A scan in progress.
#[repr(C)]
struct SourceCursor {
    base: sqlite3_vtab_cursor,
    attached: Arc<Attached>,
    scan: Option<Scan>,
    row: Option<Vec<Value>>,
    number: i64,
}

/// The comparisons of a plan in the text that SQLite carries from planning to scanning: column, operator, exactness.
fn plan_word(column: usize, operator: Operator, exact: bool) -> String {
    let letter = match operator {
        Operator::Equal => 'e',
        Operator::Less => 'l',
        Operator::AtMost => 'L',
        Operator::Greater => 'g',
        Operator::AtLeast => 'G',
    };
    format!("{column}{letter}{}", if exact { "x" } else { "" })
}

fn read_plan_word(word: &str) -> Option<(usize, Operator, bool)> {
    let (word, exact) = match word.strip_suffix('x') {
        Some(word) => (word, true),
        None => (word, false),
    };
    let (column, letter) = word.split_at_checked(word.len().checked_sub(1)?)?;
    let operator = match letter {
        "e" => Operator::Equal,
        "l" => Operator::Less,
        "L" => Operator::AtMost,
        "g" => Operator::Greater,
        _ => Operator::AtLeast,
    };
    Some((column.parse().ok()?, operator, exact))
}

// SAFETY: the struct is `repr(C)` and its first field is SQLite's own.
unsafe impl VTab<'_> for SourceTable {
    type Aux = Sources;
    type Cursor = SourceCursor;

    fn connect(
        _: &mut VTabConnection,
        aux: Option<&Sources>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        args: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        let number = args
            .first()
            .and_then(|arg| std::str::from_utf8(arg).ok()?.trim().parse::<u64>().ok());
        let attached = number.zip(aux).and_then(|(number, sources)| {
            let sources = sources.0.lock().unwrap_or_else(PoisonError::into_inner);
            sources.get(&number).map(Arc::clone)
        });
        let attached =
            attached.ok_or_else(|| rusqlite::Error::ModuleError("no such source".to_owned()))?;
        let table = Self {
            base: sqlite3_vtab::default(),
            attached: Arc::clone(&attached),
        };
        Ok((Cow::Owned(attached.declaration.clone()), table))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        let mut chosen = Vec::new();
        for (at, constraint) in info.constraints().enumerate() {
            let operator = match constraint.operator() {
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Operator::Equal,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT => Operator::Less,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => Operator::AtMost,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT => Operator::Greater,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => Operator::AtLeast,
                _ => continue,
            };
            let Ok(column) = usize::try_from(constraint.column()) else {
                continue;
            };
            if !constraint.is_usable() || !self.attached.narrowing.contains(&column) {
                continue;
            }
            let exact = info
                .collation(at)
                .is_ok_and(|name| name.eq_ignore_ascii_case("binary"));
            chosen.push((at, plan_word(column, operator, exact), operator));
        }
        for (number, (at, ..)) in chosen.iter().enumerate() {
            let number = c_int::try_from(number + 1).unwrap_or(c_int::MAX);
            info.constraint_usage(*at).set_argv_index(number);
        }
        let words: Vec<&str> = chosen.iter().map(|(_, word, _)| word.as_str()).collect();
        info.set_idx_str(&words.join(" "));
        let rows = chosen
            .iter()
            .fold(1e6, |rows, (.., operator)| match operator {
                Operator::Equal => rows / 1000.0,
                _ => rows / 3.0,
            });
        info.set_estimated_cost(rows);
        #[allow(clippy::cast_possible_truncation, reason = "a guess")]
        info.set_estimated_rows(rows as i64 + 1);
        Ok(true)
    }

    fn open(&mut self) -> rusqlite::Result<SourceCursor> {
        Ok(SourceCursor {
            base: sqlite3_vtab_cursor::default(),
            attached: Arc::clone(&self.attached),
            scan: None,
            row: None,
            number: 0,
        })
    }
}

impl CreateVTab<'_> for SourceTable {
    const KIND: VTabKind = VTabKind::Default;
}

impl SourceCursor {
    fn step(&mut self) -> rusqlite::Result<()> {
        self.number += 1;
        self.row = match self.scan.as_mut().and_then(Iterator::next) {
            None => None,
            Some(Ok(row)) => Some(row),
            Some(Err(failed)) => return Err(crossing(&failed)),
        };
        Ok(())
    }
}

// SAFETY: the struct is `repr(C)` and its first field is SQLite's own.
unsafe impl VTabCursor for SourceCursor {
    fn filter(&mut self, _: c_int, plan: Option<&str>, args: &Filters<'_>) -> rusqlite::Result<()> {
        let mut comparisons = Vec::new();
        let words = plan.unwrap_or_default().split_whitespace();
        for (value, word) in args.iter().zip(words) {
            let Some((column, operator, exact)) = read_plan_word(word) else {
                continue;
            };
            let Some(ty) = self.attached.types.get(column) else {
                continue;
            };
            if has_form(value, ty) {
                comparisons.push(Comparison {
                    column,
                    operator,
                    value: decode_column(value, ty),
                    exact,
                });
            }
        }
        let source = &self.attached.source;
        let source = source.lock().unwrap_or_else(PoisonError::into_inner);
        let scan = source.scan(&comparisons);
        drop(source);
        self.scan = Some(scan.map_err(|failed| crossing(&failed))?);
        self.number = 0;
        self.step()
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        self.step()
    }

    fn eof(&self) -> bool {
        self.row.is_none()
    }

    fn column(&self, context: &mut Context, at: c_int) -> rusqlite::Result<()> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let (Some(row), Some(ty)) = (&self.row, self.attached.types.get(at)) else {
            return Ok(());
        };
        match row.get(at) {
            Some(value) => context.set_result(encode_column(value, &ty.column)),
            None => Ok(()),
        }
    }

    fn rowid(&self) -> rusqlite::Result<i64> {
        Ok(self.number)
    }
}

fn crossing(failed: &SqlError) -> rusqlite::Error {
    rusqlite::Error::ModuleError(error::encode(failed))
}

/// Whether a value has the form of a column's own, so that their order is the column's.
fn has_form(value: ValueRef<'_>, ty: &Type) -> bool {
    match ty.family() {
        Family::Integer | Family::Date | Family::DateTime | Family::Time => {
            matches!(value, ValueRef::Integer(_))
        }
        Family::Decimal | Family::Bytes => matches!(value, ValueRef::Blob(_)),
        Family::Text => matches!(value, ValueRef::Text(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Defaults;
    use crate::engine::{Binds, Tables};
    use crate::sql::{self, Statement, TableName, ddl::Ddl};

    /// Ten rows; it notes what it was asked.
    struct Ten(Arc<Mutex<Vec<Vec<Comparison>>>>);

    impl Source for Ten {
        fn narrowing(&self) -> Vec<usize> {
            vec![0, 1]
        }

        fn scan(&self, comparisons: &[Comparison]) -> Result<Scan, SqlError> {
            self.0.lock().unwrap().push(comparisons.to_vec());
            if comparisons.iter().any(|c| c.value == Value::Int(77)) {
                return Err(SqlError::new(1146, "42S02", "no thirteen"));
            }
            let rows = (1..=10).map(|n| Ok(vec![Value::Int(n), Value::Text(format!("n{n}"))]));
            Ok(Box::new(rows))
        }
    }

    struct One(CreateTable);

    impl Tables for One {
        fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
            (name.name == "ten").then(|| ("a/b".to_owned(), &self.0))
        }
    }

    fn run(statement: &str) -> (Result<Vec<Vec<Value>>, SqlError>, Vec<Vec<Comparison>>) {
        let text = "create table ten (id int not null, name varchar(20))";
        let Ok(Statement::Ddl(Ddl::CreateTable(create))) = sql::parse_statement(text) else {
            panic!("a table");
        };
        let table = Table::from_ddl(&create.table, &Defaults::default()).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        let asked = Arc::default();
        let source = Box::new(Ten(Arc::clone(&asked)));
        connection.attach("a/b", &table.definition, source).unwrap();
        let Ok(Statement::Sql(query)) = sql::parse_statement(statement) else {
            panic!("a query");
        };
        let result = connection.execute(&query, &Binds::new(), &One(table.definition));
        let rows = result.map(|result| result.rows.unwrap().rows);
        let asked = asked.lock().unwrap().clone();
        (rows, asked)
    }

    #[test]
    fn sources_are_joined_and_told_what_is_asked() {
        let (rows, asked) = run("select a.name from ten a where a.id >= 9 order by a.id");
        let names: Vec<_> = rows.unwrap().into_iter().flatten().collect();
        assert_eq!(names, [Value::Text("n9".into()), Value::Text("n10".into())]);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0][0].operator, Operator::AtLeast);
        assert_eq!(
            (asked[0][0].column, &asked[0][0].value),
            (0, &Value::Int(9))
        );

        let (rows, asked) = run("select b.id from ten a join ten b on b.id = a.id + 8");
        assert_eq!(rows.unwrap(), [[Value::Int(9)], [Value::Int(10)]]);
        assert_eq!(asked.len(), 11);

        let (rows, asked) = run("select id from ten where name = 'N3'");
        assert_eq!(rows.unwrap(), [[Value::Int(3)]]);
        assert!(!asked[0][0].exact);
    }

    #[test]
    fn a_source_s_error_reaches_the_client_whole() {
        let (rows, _) = run("select * from ten where id = 77");
        let error = rows.unwrap_err();
        assert_eq!((error.errno, error.message.as_str()), (1146, "no thirteen"));
    }

    #[test]
    fn plans_are_read_as_written() {
        for exact in [true, false] {
            let all = [
                Operator::Equal,
                Operator::Less,
                Operator::AtMost,
                Operator::Greater,
                Operator::AtLeast,
            ];
            for operator in all {
                let word = plan_word(12, operator, exact);
                assert_eq!(read_plan_word(&word), Some((12, operator, exact)));
            }
        }
        assert_eq!(read_plan_word(""), None);
    }
}
