//! DDL statements around a table's definition: create, alter, drop, rename, truncate, views.

use super::{
    Check, Column, ColumnDefault, CreateTable, ForeignKey, Index, Partition, Partitioning,
    TableOption,
};
use crate::sql::name::derived_table;
use crate::sql::{TableName, ast};

/// A DDL statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Ddl {
    /// `CREATE TABLE`.
    CreateTable(Box<CreateTableStatement>),
    /// `CREATE TABLE t LIKE u`.
    CreateTableLike {
        /// The new table.
        name: TableName,
        /// The table copied.
        like: TableName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// TEMPORARY.
        temporary: bool,
    },
    /// `ALTER TABLE`, and `CREATE INDEX`, `DROP INDEX` as the ALTER TABLE they stand for.
    AlterTable(AlterTable),
    /// `DROP TABLE`.
    DropTable {
        /// The tables.
        names: Vec<TableName>,
        /// IF EXISTS.
        if_exists: bool,
        /// TEMPORARY.
        temporary: bool,
    },
    /// `RENAME TABLE a TO b, …`.
    RenameTable(Vec<(TableName, TableName)>),
    /// `TRUNCATE TABLE`.
    TruncateTable(TableName),
    /// `CREATE [OR REPLACE] VIEW`.
    CreateView(CreateView),
    /// `ALTER VIEW`.
    AlterView(AlterView),
    /// `DROP VIEW`.
    DropView {
        /// The views.
        names: Vec<TableName>,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// `CREATE DATABASE`, `CREATE SCHEMA`.
    CreateDatabase {
        /// Its name.
        name: String,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// CHARSET, COLLATE, ENCRYPTION.
        options: Vec<TableOption>,
    },
    /// `ALTER DATABASE`.
    AlterDatabase {
        /// Its name; absent for the current one.
        name: Option<String>,
        /// CHARSET, COLLATE, ENCRYPTION, READ ONLY; UPGRADE DATA DIRECTORY NAME, which has no value.
        options: Vec<TableOption>,
    },
    /// `DROP DATABASE`.
    DropDatabase {
        /// Its name.
        name: String,
        /// IF EXISTS.
        if_exists: bool,
    },
}

/// `CREATE TABLE` with what is said about the statement rather than the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableStatement {
    /// The definition.
    pub table: CreateTable,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// TEMPORARY.
    pub temporary: bool,
    /// `… [AS] SELECT`.
    pub query: Option<Box<ast::Query>>,
    /// `IGNORE` or `REPLACE` before the query: what happens to rows with equal keys.
    pub duplicates: Option<String>,
}

impl CreateTableStatement {
    /// Returns the plain statement that creates a table.
    pub fn of(table: CreateTable) -> Self {
        Self {
            table,
            if_not_exists: false,
            temporary: false,
            query: None,
            duplicates: None,
        }
    }
}

/// `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// The table.
    pub table: TableName,
    /// Clauses in the order written.
    pub clauses: Vec<AlterClause>,
}

/// Where a column goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPosition {
    /// FIRST.
    First,
    /// AFTER a column.
    After(String),
}

/// One clause of ALTER TABLE.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants and fields are MySQL's clauses")]
pub enum AlterClause {
    AddColumn {
        column: Column,
        keys: Vec<Index>,
        checks: Vec<Check>,
        position: Option<ColumnPosition>,
    },
    DropColumn(String),
    ModifyColumn {
        column: Column,
        keys: Vec<Index>,
        position: Option<ColumnPosition>,
    },
    ChangeColumn {
        from: String,
        column: Column,
        keys: Vec<Index>,
        position: Option<ColumnPosition>,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    SetDefault {
        column: String,
        default: ColumnDefault,
    },
    DropDefault(String),
    SetColumnVisibility {
        column: String,
        invisible: bool,
    },
    AddIndex(Index),
    DropIndex(String),
    DropPrimaryKey,
    RenameIndex {
        from: String,
        to: String,
    },
    SetIndexVisibility {
        index: String,
        invisible: bool,
    },
    AddForeignKey(ForeignKey),
    DropForeignKey(String),
    AddCheck(Check),
    DropCheck(String),
    AlterCheck {
        name: String,
        enforced: bool,
    },
    DropConstraint(String),
    RenameTable(TableName),
    Options(Vec<TableOption>),
    ConvertTo {
        charset: String,
        collation: Option<String>,
    },
    OrderBy(Vec<(String, bool)>),
    DisableKeys,
    EnableKeys,
    Force,
    DiscardTablespace,
    ImportTablespace,
    WithValidation(bool),
    Algorithm(String),
    Lock(String),
    PartitionBy(Partitioning),
    RemovePartitioning,
    UpgradePartitioning,
    Partition(PartitionChange),
}

/// Partition management, which stands alone in its ALTER TABLE. `names` empty means ALL.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants are MySQL's clauses")]
pub enum PartitionChange {
    Add(Vec<Partition>),
    AddCount(u64),
    Drop(Vec<String>),
    Coalesce(u64),
    Reorganize {
        names: Vec<String>,
        into: Vec<Partition>,
    },
    Exchange {
        name: String,
        table: TableName,
        validation: Option<bool>,
    },
    Truncate(Vec<String>),
    Analyze(Vec<String>),
    Check(Vec<String>),
    Optimize(Vec<String>),
    Rebuild(Vec<String>),
    Repair(Vec<String>),
    Discard(Vec<String>),
    Import(Vec<String>),
}

/// `CREATE VIEW`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// The view.
    pub name: TableName,
    /// OR REPLACE.
    pub or_replace: bool,
    /// ALGORITHM, as written (canonical: upper case).
    pub algorithm: Option<String>,
    /// DEFINER, as written.
    pub definer: Option<String>,
    /// SQL SECURITY, upper case.
    pub security: Option<String>,
    /// Column list.
    pub columns: Vec<String>,
    /// The query.
    pub query: Box<ast::Query>,
    /// WITH … CHECK OPTION: `CASCADED` or `LOCAL`.
    pub check_option: Option<String>,
}

impl CreateView {
    /// Returns the derived table that stands for the view in FROM: `query`, which is the view's, perhaps changed, under
    /// `alias` or else the view's own name, with its list of columns where the alias has none.
    pub fn derived(
        &self,
        query: Box<ast::Query>,
        alias: Option<ast::TableAlias>,
    ) -> ast::TableFactor {
        let columns = self.columns.iter().map(|column| ast::TableAliasColumnDef {
            name: ast::Ident::with_quote('`', column),
            data_type: None,
        });
        let own = ast::TableAlias {
            explicit: true,
            name: ast::Ident::with_quote('`', &self.name.name),
            columns: columns.collect(),
            at: None,
        };
        derived_table(query, alias, own)
    }
}

/// `ALTER VIEW`: a new definition under the old name.
pub type AlterView = CreateView;
