//! DDL statements as Vitess prints them (Vitess `go/vt/sqlparser`, its AST formatter).

use super::Printer;
use crate::sql::TableName;
use crate::sql::ddl::{
    AlterClause, Check, Column, ColumnPosition, CreateView, Ddl, Index, IndexKind, PartitionChange,
    TableOption,
};
use crate::sql::literal::vitess_string;

impl Printer {
    pub(super) fn table_name(&mut self, table: &TableName) {
        if let Some(keyspace) = &table.keyspace {
            self.name(keyspace);
            self.raw(".");
        }
        self.name(&table.name);
    }

    fn table_names(&mut self, names: &[TableName]) {
        self.list(names, Self::table_name);
    }

    pub(super) fn ddl(&mut self, statement: &Ddl) {
        let exists = |said: bool| if said { "if exists " } else { "" };
        let not_exists = |said: bool| if said { "if not exists " } else { "" };
        match statement {
            Ddl::CreateTable(create) => {
                self.word(if create.temporary {
                    "create temporary table "
                } else {
                    "create table "
                });
                self.word(not_exists(create.if_not_exists));
                self.table_name(&create.table.name);
                if !create.table.columns.is_empty() {
                    self.raw(" ");
                }
                self.table_body(&create.table);
                if let Some(query) = &create.query {
                    if let Some(word) = &create.duplicates {
                        self.word(&format!(" {}", word.to_lowercase()));
                    }
                    self.word(" as ");
                    self.query(query);
                }
            }
            Ddl::CreateTableLike {
                name,
                like,
                if_not_exists,
                temporary,
            } => {
                self.word(if *temporary {
                    "create temporary table "
                } else {
                    "create table "
                });
                self.word(not_exists(*if_not_exists));
                self.table_name(name);
                self.word(" like ");
                self.table_name(like);
            }
            Ddl::AlterTable(alter) => self.alter_table(&alter.table, &alter.clauses),
            Ddl::DropTable {
                names,
                if_exists,
                temporary,
            } => {
                self.word(if *temporary {
                    "drop temporary table "
                } else {
                    "drop table "
                });
                self.word(exists(*if_exists));
                self.table_names(names);
            }
            Ddl::RenameTable(renames) => {
                self.word("rename table ");
                self.list(renames, |printer, (from, to)| {
                    printer.table_name(from);
                    printer.word(" to ");
                    printer.table_name(to);
                });
            }
            Ddl::TruncateTable(table) => {
                self.word("truncate table ");
                self.table_name(table);
            }
            Ddl::CreateView(view) => {
                self.word(if view.or_replace {
                    "create or replace"
                } else {
                    "create"
                });
                self.view(view, true);
            }
            Ddl::AlterView(view) => {
                self.word("alter");
                self.view(view, false);
            }
            Ddl::DropView { names, if_exists } => {
                self.word("drop view ");
                self.word(exists(*if_exists));
                self.table_names(names);
            }
            Ddl::CreateDatabase {
                name,
                if_not_exists,
                options,
            } => {
                self.word("create database ");
                self.word(not_exists(*if_not_exists));
                self.name(name);
                self.database_options(options);
            }
            Ddl::AlterDatabase { name, options } => {
                self.word("alter database");
                if let Some(name) = name {
                    self.raw(" ");
                    self.name(name);
                }
                self.database_options(options);
            }
            Ddl::DropDatabase { name, if_exists } => {
                self.word("drop database ");
                self.word(exists(*if_exists));
                self.name(name);
            }
        }
    }

    fn database_options(&mut self, options: &[TableOption]) {
        for option in options {
            self.word(match option.name.as_str() {
                "CHARSET" => " character set ",
                "COLLATE" => " collate ",
                "READ ONLY" => " read only ",
                "UPGRADE DATA DIRECTORY NAME" => {
                    self.word(" upgrade data directory name");
                    continue;
                }
                _ => " encryption ",
            });
            if option.quoted || option.value.is_empty() {
                self.raw(&vitess_string(&option.value));
            } else {
                self.raw(&option.value);
            }
        }
    }

    /// Prints what follows CREATE or ALTER. CREATE keeps the algorithm's case, ALTER has it in the style's.
    pub(super) fn view(&mut self, view: &CreateView, keeps_case: bool) {
        if let Some(algorithm) = &view.algorithm {
            self.word(" algorithm = ");
            if keeps_case {
                self.raw(algorithm);
            } else {
                self.word(algorithm);
            }
        }
        if let Some(definer) = &view.definer {
            self.word(" definer = ");
            self.raw(definer);
        }
        if let Some(security) = &view.security {
            self.word(&format!(" sql security {}", security.to_lowercase()));
        }
        self.word(" view ");
        self.table_name(&view.name);
        if !view.columns.is_empty() {
            self.raw("(");
            self.list(&view.columns, |printer, name| printer.name(name));
            self.raw(")");
        }
        self.word(" as ");
        self.query(&view.query);
        if let Some(kind) = &view.check_option {
            self.word(&format!(" with {} check option", kind.to_lowercase()));
        }
    }

    pub(super) fn alter_table(&mut self, table: &TableName, clauses: &[AlterClause]) {
        self.word("alter table ");
        self.table_name(table);
        for (at, clause) in clauses.iter().enumerate() {
            // Partitioning follows the other clauses without a comma.
            let joined = matches!(
                clause,
                AlterClause::PartitionBy(_) | AlterClause::RemovePartitioning
            );
            self.raw(if at == 0 || joined { " " } else { ", " });
            self.clause(clause);
        }
    }

    pub(super) fn clause(&mut self, clause: &AlterClause) {
        match clause {
            AlterClause::AddColumn {
                column,
                keys,
                checks,
                position,
            } => {
                self.word("add column ");
                self.placed_column(column, keys, checks, position.as_ref());
            }
            AlterClause::DropColumn(name) => self.named("drop column ", name),
            AlterClause::ModifyColumn {
                column,
                keys,
                position,
            } => {
                self.word("modify column ");
                self.placed_column(column, keys, &[], position.as_ref());
            }
            AlterClause::ChangeColumn {
                from,
                column,
                keys,
                position,
            } => {
                self.named("change column ", from);
                self.raw(" ");
                self.placed_column(column, keys, &[], position.as_ref());
            }
            AlterClause::RenameColumn { from, to } => self.renamed("rename column ", from, to),
            AlterClause::SetDefault { column, default } => {
                self.named("alter column ", column);
                self.word(" set default ");
                self.default(default);
            }
            AlterClause::DropDefault(column) => {
                self.named("alter column ", column);
                self.word(" drop default");
            }
            AlterClause::SetColumnVisibility { column, invisible } => {
                self.named("alter column ", column);
                self.word(if *invisible {
                    " set invisible"
                } else {
                    " set visible"
                });
            }
            AlterClause::AddIndex(index) => {
                self.word("add ");
                self.index(index);
            }
            AlterClause::DropIndex(name) => self.named("drop key ", name),
            AlterClause::DropPrimaryKey => self.word("drop primary key"),
            AlterClause::RenameIndex { from, to } => self.renamed("rename index ", from, to),
            AlterClause::SetIndexVisibility { index, invisible } => {
                self.named("alter index ", index);
                self.word(if *invisible { " invisible" } else { " visible" });
            }
            AlterClause::AddForeignKey(key) => {
                self.word("add ");
                self.foreign_key(key);
            }
            AlterClause::DropForeignKey(name) => self.named("drop foreign key ", name),
            AlterClause::AddCheck(check) => {
                self.word("add ");
                self.check(check);
            }
            AlterClause::DropCheck(name) => self.named("drop check ", name),
            AlterClause::AlterCheck { name, enforced } => {
                self.named("alter check ", name);
                self.word(if *enforced {
                    " enforced"
                } else {
                    " not enforced"
                });
            }
            AlterClause::DropConstraint(name) => self.named("drop constraint ", name),
            AlterClause::RenameTable(name) => {
                self.word("rename ");
                self.table_name(name);
            }
            other => self.table_clause(other),
        }
    }

    /// Clauses about the table as a whole.
    fn table_clause(&mut self, clause: &AlterClause) {
        match clause {
            AlterClause::Options(options) => {
                for (at, option) in options.iter().enumerate() {
                    if at > 0 {
                        self.raw(" ");
                    }
                    self.option(option);
                }
            }
            AlterClause::ConvertTo { charset, collation } => {
                self.word("convert to character set ");
                self.raw(charset);
                if let Some(collation) = collation {
                    self.word(" collate ");
                    self.raw(collation);
                }
            }
            AlterClause::OrderBy(columns) => {
                self.word("order by ");
                self.list(columns, |printer, (name, descending)| {
                    printer.name(name);
                    if *descending {
                        printer.word(" desc");
                    }
                });
            }
            AlterClause::DisableKeys => self.word("disable keys"),
            AlterClause::EnableKeys => self.word("enable keys"),
            AlterClause::Force => self.word("force"),
            AlterClause::DiscardTablespace => self.word("discard tablespace"),
            AlterClause::ImportTablespace => self.word("import tablespace"),
            AlterClause::WithValidation(true) => self.word("with validation"),
            AlterClause::WithValidation(false) => self.word("without validation"),
            AlterClause::Algorithm(algorithm) => {
                self.word("algorithm = ");
                self.word(algorithm);
            }
            AlterClause::Lock(lock) => self.word(&format!("lock {}", lock.to_lowercase())),
            AlterClause::PartitionBy(partitioning) => self.partitioning(partitioning),
            AlterClause::RemovePartitioning => self.word("remove partitioning"),
            AlterClause::UpgradePartitioning => self.word("upgrade partitioning"),
            AlterClause::Partition(change) => self.partition_change(change),
            // The others are about columns, keys and constraints.
            other => self.raw(&crate::sql::print::clause(other)),
        }
    }

    fn named(&mut self, words: &str, name: &str) {
        self.word(words);
        self.name(name);
    }

    fn renamed(&mut self, words: &str, from: &str, to: &str) {
        self.named(words, from);
        self.named(" to ", to);
    }

    fn placed_column(
        &mut self,
        column: &Column,
        keys: &[Index],
        checks: &[Check],
        position: Option<&ColumnPosition>,
    ) {
        self.column(column);
        for key in keys {
            self.word(match key.kind {
                IndexKind::Primary => " primary key",
                _ => " unique",
            });
        }
        for check in checks {
            self.raw(" ");
            self.check(check);
        }
        match position {
            Some(ColumnPosition::First) => self.word(" first"),
            Some(ColumnPosition::After(column)) => self.named(" after ", column),
            None => {}
        }
    }

    fn partition_change(&mut self, change: &PartitionChange) {
        let mut listed = |words: &str, names: &[String], after: &str| {
            self.word(words);
            if names.is_empty() {
                self.word("all");
            } else {
                self.list(names, |printer, name| printer.name(name));
            }
            self.word(after);
        };
        match change {
            PartitionChange::Drop(names) => listed("drop partition ", names, ""),
            PartitionChange::Truncate(names) => listed("truncate partition ", names, ""),
            PartitionChange::Analyze(names) => listed("analyze partition ", names, ""),
            PartitionChange::Check(names) => listed("check partition ", names, ""),
            PartitionChange::Optimize(names) => listed("optimize partition ", names, ""),
            PartitionChange::Rebuild(names) => listed("rebuild partition ", names, ""),
            PartitionChange::Repair(names) => listed("repair partition ", names, ""),
            PartitionChange::Discard(names) => {
                listed("discard partition ", names, " tablespace");
            }
            PartitionChange::Import(names) => listed("import partition ", names, " tablespace"),
            PartitionChange::Add(partitions) => {
                self.word("add partition (");
                self.list(partitions, Self::partition);
                self.raw(")");
            }
            PartitionChange::AddCount(count) => {
                self.word(&format!("add partition partitions {count}"));
            }
            PartitionChange::Coalesce(count) => self.word(&format!("coalesce partition {count}")),
            PartitionChange::Reorganize { names, into } => {
                self.word("reorganize partition");
                if !(names.is_empty() && into.is_empty()) {
                    self.raw(" ");
                    self.list(names, |printer, name| printer.name(name));
                    self.word(" into (");
                    self.list(into, Self::partition);
                    self.raw(")");
                }
            }
            PartitionChange::Exchange {
                name,
                table,
                validation,
            } => {
                self.named("exchange partition ", name);
                self.word(" with table ");
                self.table_name(table);
                if *validation == Some(false) {
                    self.word(" without validation");
                }
            }
        }
    }
}
