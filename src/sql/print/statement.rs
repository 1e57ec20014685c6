//! DDL statements on one line: keywords in upper case, every name in backticks.

use super::definition::{self, Layout, option_value};
use super::query::{self, Quoting};
use crate::sql::TableName;
use crate::sql::ast;
use crate::sql::ddl::{
    AlterClause, Check, Column, ColumnPosition, CreateView, Ddl, Index, IndexKind, PartitionChange,
    TableOption,
};
use crate::sql::name::{quote, quote_table};

/// Returns a DDL statement on one line, without a semicolon.
pub fn statement(statement: &Ddl) -> String {
    let tables = |names: &[TableName]| names.iter().map(quote_table).collect::<Vec<_>>().join(", ");
    let exists = |said: bool| if said { "IF EXISTS " } else { "" };
    let not_exists = |said: bool| if said { "IF NOT EXISTS " } else { "" };
    match statement {
        Ddl::CreateTable(create) => {
            let temporary = if create.temporary { "TEMPORARY " } else { "" };
            let (name, body) = (
                quote_table(&create.table.name),
                definition::body(&create.table, Layout::OneLine),
            );
            let mut text = format!(
                "CREATE {temporary}TABLE {}{name}",
                not_exists(create.if_not_exists)
            );
            if !body.is_empty() {
                text.push_str(&format!(" {body}"));
            }
            if let Some(query) = &create.query {
                let duplicates = create
                    .duplicates
                    .as_ref()
                    .map_or_else(String::new, |word| format!(" {word}"));
                text.push_str(&format!("{duplicates} AS {}", query_text(query)));
            }
            text
        }
        Ddl::CreateTableLike {
            name,
            like,
            if_not_exists,
            temporary,
        } => {
            let temporary = if *temporary { "TEMPORARY " } else { "" };
            format!(
                "CREATE {temporary}TABLE {}{} LIKE {}",
                not_exists(*if_not_exists),
                quote_table(name),
                quote_table(like)
            )
        }
        Ddl::AlterTable(alter) => alter_table(&alter.table, &alter.clauses),
        Ddl::DropTable {
            names,
            if_exists,
            temporary,
        } => {
            let temporary = if *temporary { "TEMPORARY " } else { "" };
            format!(
                "DROP {temporary}TABLE {}{}",
                exists(*if_exists),
                tables(names)
            )
        }
        Ddl::RenameTable(renames) => {
            let renames = renames
                .iter()
                .map(|(from, to)| format!("{} TO {}", quote_table(from), quote_table(to)));
            format!("RENAME TABLE {}", renames.collect::<Vec<_>>().join(", "))
        }
        Ddl::TruncateTable(table) => format!("TRUNCATE TABLE {}", quote_table(table)),
        Ddl::CreateView(create) => {
            let verb = if create.or_replace {
                "CREATE OR REPLACE"
            } else {
                "CREATE"
            };
            view_statement(verb, create)
        }
        Ddl::AlterView(alter) => view_statement("ALTER", alter),
        Ddl::DropView { names, if_exists } => {
            format!("DROP VIEW {}{}", exists(*if_exists), tables(names))
        }
        Ddl::CreateDatabase {
            name,
            if_not_exists,
            options,
        } => {
            let options = database_options(options);
            format!(
                "CREATE DATABASE {}{}{options}",
                not_exists(*if_not_exists),
                quote(name)
            )
        }
        Ddl::AlterDatabase { name, options } => {
            let name = name
                .as_ref()
                .map_or_else(String::new, |name| format!(" {}", quote(name)));
            format!("ALTER DATABASE{name}{}", database_options(options))
        }
        Ddl::DropDatabase { name, if_exists } => {
            format!("DROP DATABASE {}{}", exists(*if_exists), quote(name))
        }
    }
}

/// Returns `CREATE VIEW …` as a view's file holds it: without OR REPLACE.
pub fn view(view: &CreateView) -> String {
    view_statement("CREATE", view)
}

fn view_statement(verb: &str, view: &CreateView) -> String {
    let mut text = verb.to_owned();
    if let Some(algorithm) = &view.algorithm {
        text.push_str(&format!(" ALGORITHM={}", algorithm.to_ascii_uppercase()));
    }
    if let Some(definer) = &view.definer {
        text.push_str(&format!(" DEFINER={definer}"));
    }
    if let Some(security) = &view.security {
        text.push_str(&format!(" SQL SECURITY {security}"));
    }
    text.push_str(&format!(" VIEW {}", quote_table(&view.name)));
    if !view.columns.is_empty() {
        let columns: Vec<String> = view.columns.iter().map(|column| quote(column)).collect();
        text.push_str(&format!(" ({})", columns.join(", ")));
    }
    text.push_str(&format!(" AS {}", query_text(&view.query)));
    if let Some(kind) = &view.check_option {
        text.push_str(&format!(" WITH {kind} CHECK OPTION"));
    }
    text
}

fn query_text(query: &ast::Query) -> String {
    query::query(query, Quoting::Always)
}

fn database_options(options: &[TableOption]) -> String {
    let mut text = String::new();
    for option in options {
        let value = option_value(option);
        text.push_str(&match option.name.as_str() {
            "CHARSET" => format!(" CHARACTER SET {value}"),
            "COLLATE" => format!(" COLLATE {value}"),
            name @ "UPGRADE DATA DIRECTORY NAME" => format!(" {name}"),
            name => format!(" {name}={value}"),
        });
    }
    text
}

fn alter_table(table: &TableName, clauses: &[AlterClause]) -> String {
    let mut text = format!("ALTER TABLE {}", quote_table(table));
    for (index, one) in clauses.iter().enumerate() {
        // Partitioning follows the other clauses without a comma.
        let joined = matches!(
            one,
            AlterClause::PartitionBy(_) | AlterClause::RemovePartitioning
        );
        text.push_str(if index == 0 || joined { " " } else { ", " });
        text.push_str(&clause(one));
    }
    text
}

/// Returns one clause of ALTER TABLE.
pub fn clause(clause: &AlterClause) -> String {
    let visibility = |invisible: bool| if invisible { "INVISIBLE" } else { "VISIBLE" };
    match clause {
        AlterClause::AddColumn {
            column,
            keys,
            checks,
            position,
        } => {
            format!(
                "ADD COLUMN {}",
                column_text(column, keys, checks, position.as_ref())
            )
        }
        AlterClause::DropColumn(name) => format!("DROP COLUMN {}", quote(name)),
        AlterClause::ModifyColumn {
            column,
            keys,
            position,
        } => {
            format!(
                "MODIFY COLUMN {}",
                column_text(column, keys, &[], position.as_ref())
            )
        }
        AlterClause::ChangeColumn {
            from,
            column,
            keys,
            position,
        } => {
            format!(
                "CHANGE COLUMN {} {}",
                quote(from),
                column_text(column, keys, &[], position.as_ref())
            )
        }
        AlterClause::RenameColumn { from, to } => {
            format!("RENAME COLUMN {} TO {}", quote(from), quote(to))
        }
        AlterClause::SetDefault { column, default } => {
            format!(
                "ALTER COLUMN {} SET DEFAULT {}",
                quote(column),
                definition::default_value(default)
            )
        }
        AlterClause::DropDefault(column) => format!("ALTER COLUMN {} DROP DEFAULT", quote(column)),
        AlterClause::SetColumnVisibility { column, invisible } => {
            format!(
                "ALTER COLUMN {} SET {}",
                quote(column),
                visibility(*invisible)
            )
        }
        AlterClause::AddIndex(index) => format!("ADD {}", definition::index(index)),
        AlterClause::DropIndex(name) => format!("DROP KEY {}", quote(name)),
        AlterClause::DropPrimaryKey => "DROP PRIMARY KEY".into(),
        AlterClause::RenameIndex { from, to } => {
            format!("RENAME KEY {} TO {}", quote(from), quote(to))
        }
        AlterClause::SetIndexVisibility { index, invisible } => {
            format!("ALTER INDEX {} {}", quote(index), visibility(*invisible))
        }
        AlterClause::AddForeignKey(key) => format!("ADD {}", definition::foreign_key(key)),
        AlterClause::DropForeignKey(name) => format!("DROP FOREIGN KEY {}", quote(name)),
        AlterClause::AddCheck(check) => format!("ADD {}", definition::check(check)),
        AlterClause::DropCheck(name) => format!("DROP CHECK {}", quote(name)),
        AlterClause::AlterCheck { name, enforced } => {
            format!(
                "ALTER CHECK {} {}ENFORCED",
                quote(name),
                if *enforced { "" } else { "NOT " }
            )
        }
        AlterClause::DropConstraint(name) => format!("DROP CONSTRAINT {}", quote(name)),
        AlterClause::RenameTable(name) => format!("RENAME TO {}", quote_table(name)),
        other => table_clause(other),
    }
}

/// Clauses about the table as a whole.
fn table_clause(clause: &AlterClause) -> String {
    match clause {
        AlterClause::Options(options) => options
            .iter()
            .map(|option| definition::option(option, Layout::OneLine))
            .collect::<Vec<_>>()
            .join(" "),
        AlterClause::ConvertTo { charset, collation } => match collation {
            Some(collation) => format!("CONVERT TO CHARACTER SET {charset} COLLATE {collation}"),
            None => format!("CONVERT TO CHARACTER SET {charset}"),
        },
        AlterClause::OrderBy(columns) => {
            let column = |(name, descending): &(String, bool)| {
                quote(name) + if *descending { " DESC" } else { "" }
            };
            format!(
                "ORDER BY {}",
                columns.iter().map(column).collect::<Vec<_>>().join(", ")
            )
        }
        AlterClause::DisableKeys => "DISABLE KEYS".into(),
        AlterClause::EnableKeys => "ENABLE KEYS".into(),
        AlterClause::Force => "FORCE".into(),
        AlterClause::DiscardTablespace => "DISCARD TABLESPACE".into(),
        AlterClause::ImportTablespace => "IMPORT TABLESPACE".into(),
        AlterClause::WithValidation(true) => "WITH VALIDATION".into(),
        AlterClause::WithValidation(false) => "WITHOUT VALIDATION".into(),
        AlterClause::Algorithm(algorithm) => format!("ALGORITHM={algorithm}"),
        AlterClause::Lock(lock) => format!("LOCK={lock}"),
        AlterClause::PartitionBy(partitioning) => definition::partitioning(partitioning),
        AlterClause::RemovePartitioning => "REMOVE PARTITIONING".into(),
        AlterClause::UpgradePartitioning => "UPGRADE PARTITIONING".into(),
        AlterClause::Partition(change) => partition_change(change),
        AlterClause::AddColumn { .. }
        | AlterClause::DropColumn(_)
        | AlterClause::ModifyColumn { .. }
        | AlterClause::ChangeColumn { .. }
        | AlterClause::RenameColumn { .. }
        | AlterClause::SetDefault { .. }
        | AlterClause::DropDefault(_)
        | AlterClause::SetColumnVisibility { .. }
        | AlterClause::AddIndex(_)
        | AlterClause::DropIndex(_)
        | AlterClause::DropPrimaryKey
        | AlterClause::RenameIndex { .. }
        | AlterClause::SetIndexVisibility { .. }
        | AlterClause::AddForeignKey(_)
        | AlterClause::DropForeignKey(_)
        | AlterClause::AddCheck(_)
        | AlterClause::DropCheck(_)
        | AlterClause::AlterCheck { .. }
        | AlterClause::DropConstraint(_)
        | AlterClause::RenameTable(_) => self::clause(clause),
    }
}

fn column_text(
    column: &Column,
    keys: &[Index],
    checks: &[Check],
    position: Option<&ColumnPosition>,
) -> String {
    let mut text = definition::column(column);
    for key in keys {
        text.push_str(if key.kind == IndexKind::Primary {
            " PRIMARY KEY"
        } else {
            " UNIQUE KEY"
        });
    }
    for check in checks {
        text.push_str(&format!(" {}", definition::check(check)));
    }
    match position {
        Some(ColumnPosition::First) => text.push_str(" FIRST"),
        Some(ColumnPosition::After(column)) => text.push_str(&format!(" AFTER {}", quote(column))),
        None => {}
    }
    text
}

fn partition_change(change: &PartitionChange) -> String {
    let list = |names: &[String]| match names.is_empty() {
        true => "ALL".to_owned(),
        false => names
            .iter()
            .map(|name| quote(name))
            .collect::<Vec<_>>()
            .join(", "),
    };
    match change {
        PartitionChange::Add(partitions) => {
            format!(
                "ADD PARTITION {}",
                definition::partitions(partitions, Layout::OneLine)
            )
        }
        PartitionChange::AddCount(count) => format!("ADD PARTITION PARTITIONS {count}"),
        PartitionChange::Drop(names) => format!("DROP PARTITION {}", list(names)),
        PartitionChange::Coalesce(count) => format!("COALESCE PARTITION {count}"),
        PartitionChange::Reorganize { names, into } if names.is_empty() && into.is_empty() => {
            "REORGANIZE PARTITION".into()
        }
        PartitionChange::Reorganize { names, into } => {
            format!(
                "REORGANIZE PARTITION {} INTO {}",
                list(names),
                definition::partitions(into, Layout::OneLine)
            )
        }
        PartitionChange::Exchange {
            name,
            table,
            validation,
        } => {
            let validation = match validation {
                Some(true) => " WITH VALIDATION",
                Some(false) => " WITHOUT VALIDATION",
                None => "",
            };
            format!(
                "EXCHANGE PARTITION {} WITH TABLE {}{validation}",
                quote(name),
                quote_table(table)
            )
        }
        PartitionChange::Truncate(names) => format!("TRUNCATE PARTITION {}", list(names)),
        PartitionChange::Analyze(names) => format!("ANALYZE PARTITION {}", list(names)),
        PartitionChange::Check(names) => format!("CHECK PARTITION {}", list(names)),
        PartitionChange::Optimize(names) => format!("OPTIMIZE PARTITION {}", list(names)),
        PartitionChange::Rebuild(names) => format!("REBUILD PARTITION {}", list(names)),
        PartitionChange::Repair(names) => format!("REPAIR PARTITION {}", list(names)),
        PartitionChange::Discard(names) => format!("DISCARD PARTITION {} TABLESPACE", list(names)),
        PartitionChange::Import(names) => format!("IMPORT PARTITION {} TABLESPACE", list(names)),
    }
}
