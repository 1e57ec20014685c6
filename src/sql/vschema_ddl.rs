//! `ALTER VSCHEMA` and `SHOW VSCHEMA`: Vitess's statements on the VSchema (reference: Vitess sqlparser's grammar,
//! `alter_vschema` rules). The canonical text is lower case, as vtgate prints it.

use std::fmt;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::literal::vitess_string;
use super::name::{quote, vitess, vitess_table};
use super::{Error, TableName};

/// An `ALTER VSCHEMA` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterVschema {
    /// `CREATE VINDEX [ks.]name [USING type] [WITH k=v, …]`.
    CreateVindex {
        /// Name, perhaps qualified by its keyspace.
        vindex: TableName,
        /// Type and parameters; absent without USING.
        spec: Option<VindexSpec>,
    },
    /// `DROP VINDEX [ks.]name`.
    DropVindex(TableName),
    /// `ADD TABLE [ks.]t`.
    AddTable(TableName),
    /// `DROP TABLE [ks.]t`.
    DropTable(TableName),
    /// `ON [ks.]t ADD VINDEX name (columns) [USING type [WITH …]]`.
    AddColumnVindex {
        /// The table.
        table: TableName,
        /// The vindex.
        vindex: String,
        /// Columns, in order.
        columns: Vec<String>,
        /// Type and parameters; absent without USING.
        spec: Option<VindexSpec>,
    },
    /// `ON [ks.]t DROP VINDEX name`.
    DropColumnVindex {
        /// The table.
        table: TableName,
        /// The vindex.
        vindex: String,
    },
    /// `ADD SEQUENCE [ks.]t`.
    AddSequence(TableName),
    /// `DROP SEQUENCE [ks.]t`.
    DropSequence(TableName),
    /// `ON [ks.]t ADD AUTO_INCREMENT column USING [ks.]seq`.
    AddAutoIncrement {
        /// The table.
        table: TableName,
        /// Its column.
        column: String,
        /// The sequence.
        sequence: TableName,
    },
    /// `ON [ks.]t DROP AUTO_INCREMENT`.
    DropAutoIncrement(TableName),
}

/// `USING type WITH key=value, …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VindexSpec {
    /// The vindex type.
    pub vindex_type: String,
    /// Parameters in the order written, `owner` among them.
    pub params: Vec<(String, ParamValue)>,
}

/// The value of a vindex parameter, with the way it was written (the canonical text keeps it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// A bare or backticked identifier, or a number.
    Word(String),
    /// A string literal.
    String(String),
}

/// A `SHOW VSCHEMA` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShowVschema {
    /// `SHOW VSCHEMA TABLES`.
    Tables,
    /// `SHOW VSCHEMA KEYSPACES`.
    Keyspaces,
    /// `SHOW VSCHEMA VINDEXES [FROM|ON t]`.
    Vindexes(Option<TableName>),
}

/// Reads an ALTER VSCHEMA statement.
pub(super) fn parse_alter(cursor: &mut Cursor<'_>) -> Result<AlterVschema, Error> {
    cursor.expect_words(&["alter", "vschema"])?;
    let statement = match cursor.eat_one_of(&["create", "add", "drop", "on"]) {
        Some("create") => {
            cursor.expect_word("vindex")?;
            AlterVschema::CreateVindex {
                vindex: cursor.table_name()?,
                spec: spec(cursor)?,
            }
        }
        Some("add") => match cursor.eat_one_of(&["table", "sequence"]) {
            Some("table") => AlterVschema::AddTable(cursor.table_name()?),
            Some(_) => AlterVschema::AddSequence(cursor.table_name()?),
            None => return Err(cursor.expected("expected `table` or `sequence`")),
        },
        Some("drop") => match cursor.eat_one_of(&["vindex", "table", "sequence"]) {
            Some("vindex") => AlterVschema::DropVindex(cursor.table_name()?),
            Some("table") => AlterVschema::DropTable(cursor.table_name()?),
            Some(_) => AlterVschema::DropSequence(cursor.table_name()?),
            None => return Err(cursor.expected("expected `vindex`, `table` or `sequence`")),
        },
        Some(_) => on_table(cursor)?,
        None => return Err(cursor.expected("expected `create`, `add`, `drop` or `on`")),
    };
    cursor.expect_end()?;
    Ok(statement)
}

fn on_table(cursor: &mut Cursor<'_>) -> Result<AlterVschema, Error> {
    let table = cursor.table_name()?;
    match (
        cursor.eat_one_of(&["add", "drop"]),
        cursor.eat_one_of(&["vindex", "auto_increment"]),
    ) {
        (Some("add"), Some("vindex")) => {
            let vindex = cursor.identifier()?;
            let columns = cursor.list(Cursor::identifier)?;
            Ok(AlterVschema::AddColumnVindex {
                table,
                vindex,
                columns,
                spec: spec(cursor)?,
            })
        }
        (Some("add"), Some(_)) => {
            let column = cursor.identifier()?;
            cursor.expect_word("using")?;
            Ok(AlterVschema::AddAutoIncrement {
                table,
                column,
                sequence: cursor.table_name()?,
            })
        }
        (Some(_), Some("vindex")) => Ok(AlterVschema::DropColumnVindex {
            table,
            vindex: cursor.identifier()?,
        }),
        (Some(_), Some(_)) => Ok(AlterVschema::DropAutoIncrement(table)),
        _ => Err(cursor.expected(
            "expected `add vindex`, `drop vindex`, `add auto_increment` or `drop auto_increment`",
        )),
    }
}

/// `[USING type [WITH key=value, …]]`.
fn spec(cursor: &mut Cursor<'_>) -> Result<Option<VindexSpec>, Error> {
    if !cursor.eat_word("using") {
        return Ok(None);
    }
    let vindex_type = cursor.identifier()?;
    let params = if cursor.eat_word("with") {
        cursor.comma_separated(param)?
    } else {
        Vec::new()
    };
    Ok(Some(VindexSpec {
        vindex_type,
        params,
    }))
}

fn param(cursor: &mut Cursor<'_>) -> Result<(String, ParamValue), Error> {
    let key = cursor.identifier()?;
    cursor.expect(&Token::Eq)?;
    let value = match cursor.peek() {
        Token::SingleQuotedString(_) => ParamValue::String(cursor.string()?),
        Token::Number(digits, _) => {
            cursor.next();
            ParamValue::Word(digits.clone())
        }
        // A qualified table is kept as printed: `test-keyspace`.`lookup` keeps its quotes, ks.t has none.
        _ => match cursor.table_name()? {
            TableName {
                keyspace: None,
                name,
            } => ParamValue::Word(name),
            qualified => ParamValue::Word(vitess_table(&qualified)),
        },
    };
    Ok((key, value))
}

/// Reads a SHOW VSCHEMA statement.
pub(super) fn parse_show(cursor: &mut Cursor<'_>) -> Result<ShowVschema, Error> {
    cursor.expect_words(&["show", "vschema"])?;
    let statement = match cursor.eat_one_of(&["tables", "keyspaces", "vindexes"]) {
        Some("tables") => ShowVschema::Tables,
        Some("keyspaces") => ShowVschema::Keyspaces,
        Some(_) => match cursor.eat_one_of(&["from", "on", "in"]) {
            Some(_) => ShowVschema::Vindexes(Some(cursor.table_name()?)),
            None => ShowVschema::Vindexes(None),
        },
        None => return Err(cursor.expected("expected `tables`, `keyspaces` or `vindexes`")),
    };
    cursor.expect_end()?;
    Ok(statement)
}

/// Writes vtgate's canonical text.
impl fmt::Display for AlterVschema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("alter vschema ")?;
        let spec = |f: &mut fmt::Formatter<'_>, spec: &Option<VindexSpec>| match spec {
            Some(spec) => write!(f, " {spec}"),
            None => Ok(()),
        };
        match self {
            Self::CreateVindex { vindex, spec: with } => {
                write!(f, "create vindex {}", vitess_table(vindex))?;
                spec(f, with)
            }
            Self::DropVindex(vindex) => write!(f, "drop vindex {}", vitess_table(vindex)),
            Self::AddTable(table) => write!(f, "add table {}", vitess_table(table)),
            Self::DropTable(table) => write!(f, "drop table {}", vitess_table(table)),
            Self::AddColumnVindex {
                table,
                vindex,
                columns,
                spec: with,
            } => {
                let columns: Vec<String> = columns.iter().map(|column| vitess(column)).collect();
                write!(
                    f,
                    "on {} add vindex {} ({})",
                    vitess_table(table),
                    vitess(vindex),
                    columns.join(", ")
                )?;
                spec(f, with)
            }
            Self::DropColumnVindex { table, vindex } => {
                write!(
                    f,
                    "on {} drop vindex {}",
                    vitess_table(table),
                    vitess(vindex)
                )
            }
            Self::AddSequence(table) => write!(f, "add sequence {}", vitess_table(table)),
            Self::DropSequence(table) => write!(f, "drop sequence {}", vitess_table(table)),
            Self::AddAutoIncrement {
                table,
                column,
                sequence,
            } => {
                let (table, sequence) = (vitess_table(table), vitess_table(sequence));
                write!(
                    f,
                    "on {table} add auto_increment {} using {sequence}",
                    vitess(column)
                )
            }
            Self::DropAutoIncrement(table) => {
                write!(f, "on {} drop auto_increment", vitess_table(table))
            }
        }
    }
}

impl fmt::Display for VindexSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "using {}", vitess(&self.vindex_type))?;
        for (index, (key, value)) in self.params.iter().enumerate() {
            write!(
                f,
                "{}{}={value}",
                if index == 0 { " with " } else { ", " },
                word(key)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(&word(text)),
            Self::String(text) => f.write_str(&vitess_string(text)),
        }
    }
}

/// Returns a parameter's key or value as vtgate prints it: bare even where it is a keyword; in backticks only where it
/// could not be read back.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let number = text.bytes().all(|b| b.is_ascii_digit());
    if text.contains('.')
        && let Ok(table) = text.parse::<TableName>()
        && table.keyspace.is_some()
        && vitess_table(&table) == text
    {
        return text.to_owned();
    }
    let bare = !text.is_empty()
        && text.chars().all(plain)
        && (number || !text.starts_with(|c: char| c.is_ascii_digit()));
    if bare { text.to_owned() } else { quote(text) }
}

impl fmt::Display for ShowVschema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tables => f.write_str("show vschema tables"),
            Self::Keyspaces => f.write_str("show vschema keyspaces"),
            Self::Vindexes(None) => f.write_str("show vschema vindexes"),
            Self::Vindexes(Some(table)) => {
                write!(f, "show vschema vindexes from {}", vitess_table(table))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::{Statement, parse_statement};

    fn printed(text: &str) -> String {
        match parse_statement(text) {
            Ok(Statement::AlterVschema(statement)) => statement.to_string(),
            Ok(Statement::ShowVschema(statement)) => statement.to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(printed(text), expected);
        assert_eq!(printed(expected), expected, "not a fixed point");
    }

    #[test]
    fn statements_print_as_vtgate_prints_them() {
        check(
            "ALTER VSCHEMA CREATE VINDEX ks.v USING HASH",
            "alter vschema create vindex ks.v using `HASH`",
        );
        check(
            "alter /* why */ vschema create vindex v",
            "alter vschema create vindex v",
        );
        check(
            "alter vschema on customer.corder add vindex l(corder_id) using consistent_lookup_unique with \
             owner=`corder`, table=`product.idx`, from=`a,b`, to='it''s'",
            "alter vschema on customer.corder add vindex l (corder_id) using consistent_lookup_unique with \
             owner=corder, table=product.idx, from=`a,b`, to='it\\'s'",
        );
        check(
            "alter vschema create vindex v using lookup with table=`test-keyspace`.`lookup-fqn`, n=1",
            "alter vschema create vindex v using lookup with table=`test-keyspace`.`lookup-fqn`, n=1",
        );
        check(
            "alter vschema on user add vindex v (name, id)",
            "alter vschema on `user` add vindex v (`name`, id)",
        );
        check(
            "alter vschema drop vindex ks.v",
            "alter vschema drop vindex ks.v",
        );
        check(
            "alter vschema add table product.product",
            "alter vschema add table product.product",
        );
        check("alter vschema drop table t", "alter vschema drop table t");
        check(
            "alter vschema add sequence s;",
            "alter vschema add sequence s",
        );
        check(
            "alter vschema drop sequence ks.s",
            "alter vschema drop sequence ks.s",
        );
        check(
            "alter vschema on t drop vindex v",
            "alter vschema on t drop vindex v",
        );
        check(
            "alter vschema on t drop auto_increment",
            "alter vschema on t drop auto_increment",
        );
        check(
            "alter vschema on t add auto_increment `id` using `db-name`.`seq`",
            "alter vschema on t add auto_increment id using `db-name`.seq",
        );
        check("show vschema tables", "show vschema tables");
        check("SHOW VSCHEMA KEYSPACES", "show vschema keyspaces");
        check(
            "show vschema vindexes on ks.t",
            "show vschema vindexes from ks.t",
        );
        check("show vschema vindexes", "show vschema vindexes");
    }

    #[test]
    fn errors_name_the_token() {
        for (text, message) in [
            (
                "alter vschema",
                "syntax error at 1:14 near `end of input`: expected `create`, `add`, `drop` or `on`",
            ),
            (
                "alter vschema add view v",
                "syntax error at 1:19 near `view`: expected `table` or `sequence`",
            ),
            (
                "alter vschema add table t u",
                "syntax error at 1:27 near `u`: expected the end of the statement",
            ),
            (
                "alter vschema on t add vindex v ()",
                "syntax error at 1:34 near `)`: expected an identifier",
            ),
            (
                "show vschema vindices",
                "syntax error at 1:14 near `vindices`: expected `tables`, `keyspaces` or `vindexes`",
            ),
        ] {
            assert_eq!(parse_statement(text).unwrap_err().to_string(), message);
        }
    }
}
