//! A MySQL or MariaDB server: the only place that speaks to one over its protocol.
//!
//! Calls block; the runtime behind them is this file's own. A password is never part of an address that is shown, and no
//! error repeats one. Sessions have the modes that definitions are read and written with: no quoting of their own, no
//! engine but the one asked for (`sql_mode` is strictness and no more, `utf8mb4`).

mod definitions;

use std::fmt;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row, Value};
use tokio::runtime::Runtime;

use crate::catalog::import::Flavor;

pub use definitions::{Choice, Definitions};

/// How long a server may take to answer that it is there.
const CONNECT: Duration = Duration::from_secs(10);

/// Where a server is: `mysql://user@host:3306/database`, also with `?socket=/path`.
#[derive(Clone)]
pub struct Address {
    opts: Opts,
    shown: String,
}

/// Why a server was not reached or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text that is no address.
    #[error(
        "`{shown}` is no address of a server: write `mysql://user@host:3306/database`, or `…?socket=/path` for a local one"
    )]
    Address {
        /// The text, up to where a password may begin.
        shown: String,
    },
    /// An address with a password in it, which others on the machine can read.
    #[error("an address must not have a password: anybody on this machine can read command lines")]
    Password,
    /// Nobody answered.
    #[error("cannot reach the server {address}")]
    Unreachable {
        /// The address, without password.
        address: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It answered, and does not any more.
    #[error("lost the connection to the server {address}")]
    Lost {
        /// The address, without password.
        address: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server said no.
    #[error("the server {address} refused: {error}")]
    Refused {
        /// The address, without password.
        address: String,
        /// Its answer.
        error: Answer,
    },
}

/// A server's error, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ERROR {errno} ({sqlstate}): {message}")]
pub struct Answer {
    /// Its number.
    pub errno: u16,
    /// Its SQLSTATE.
    pub sqlstate: String,
    /// Its words.
    pub message: String,
}

/// A row as text: one value a column, `None` for NULL.
pub type TextRow = Vec<Option<String>>;

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, or has a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let user_end = text.find("://").map_or(0, |at| at + 3);
        let authority = text[user_end..]
            .split(['/', '?'])
            .next()
            .unwrap_or_default();
        if authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
        {
            return Err(Error::Password);
        }
        let opts = Opts::from_url(text).map_err(|_| Error::Address {
            shown: text.to_owned(),
        })?;
        Ok(Self {
            opts,
            shown: text.to_owned(),
        })
    }

    /// Returns the database that the address names.
    pub fn database(&self) -> Option<&str> {
        self.opts.db_name()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.shown)
    }
}

/// A session on a server.
pub struct Server {
    runtime: Runtime,
    conn: Option<Conn>,
    address: String,
    flavor: Flavor,
}

impl Server {
    /// Opens a session.
    ///
    /// # Errors
    /// When nobody answers within ten seconds, or the user is not let in.
    pub fn connect(address: &Address, password: Option<&str>) -> Result<Self, Error> {
        let shown = address.to_string();
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| Error::Unreachable {
            address: shown.clone(),
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(error.into()))?;
        let opts = OptsBuilder::from_opts(address.opts.clone())
            .prefer_socket(false)
            .pass(password.map(str::to_owned));
        let connected =
            runtime.block_on(async { tokio::time::timeout(CONNECT, Conn::new(opts)).await });
        let conn = match connected {
            Ok(Ok(conn)) => conn,
            Ok(Err(mysql_async::Error::Server(error))) => {
                return Err(Error::Refused {
                    address: shown,
                    error: answer(error),
                });
            }
            Ok(Err(error)) => return Err(unreachable(cause(error))),
            Err(_) => {
                let seconds = CONNECT.as_secs();
                return Err(unreachable(
                    format!("no answer within {seconds} seconds").into(),
                ));
            }
        };
        let mut server = Self {
            runtime,
            conn: Some(conn),
            address: shown,
            flavor: Flavor::MySql,
        };
        server.execute("SET NAMES utf8mb4")?;
        server
            .execute("SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', sql_quote_show_create = 1")?;
        let version = server.query("SELECT VERSION()")?;
        let version = version
            .into_iter()
            .flatten()
            .flatten()
            .next()
            .unwrap_or_default();
        if version.to_ascii_lowercase().contains("mariadb") {
            server.flavor = Flavor::MariaDb;
        }
        Ok(server)
    }

    /// Returns what the server is.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Runs a statement whose result does not matter.
    ///
    /// # Errors
    /// When the server refuses or is gone.
    pub fn execute(&mut self, sql: &str) -> Result<(), Error> {
        self.query(sql).map(|_| ())
    }

    /// Runs a statement and returns its rows as text. Bytes that are no UTF-8 are replaced by U+FFFD.
    ///
    /// # Errors
    /// When the server refuses or is gone.
    pub fn query(&mut self, sql: &str) -> Result<Vec<TextRow>, Error> {
        Ok(self.query_each(sql)?.into_iter().next().unwrap_or_default())
    }

    /// Runs statements with `;` between them in one round trip, and returns the rows of each, as [`Server::query`] does.
    ///
    /// # Errors
    /// When the server refuses one of them, or is gone.
    pub fn query_each(&mut self, statements: &str) -> Result<Vec<Vec<TextRow>>, Error> {
        let Some(conn) = &mut self.conn else {
            return Err(self.lost("the session is closed".into()));
        };
        let answers = self.runtime.block_on(async {
            let mut result = conn.query_iter(statements).await?;
            let mut answers = Vec::new();
            while !result.is_empty() {
                let rows: Vec<Row> = result.collect().await?;
                answers.push(rows.into_iter().map(text_row).collect());
            }
            Ok(answers)
        });
        answers.map_err(|error| match error {
            mysql_async::Error::Server(error) => Error::Refused {
                address: self.address.clone(),
                error: answer(error),
            },
            error => self.lost(cause(error)),
        })
    }

    fn lost(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error::Lost {
            address: self.address.clone(),
            source,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            // The server notices a connection that closes without a goodbye as well.
            let _ = self.runtime.block_on(conn.disconnect());
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("flavor", &self.flavor)
            .finish_non_exhaustive()
    }
}

fn answer(error: mysql_async::ServerError) -> Answer {
    Answer {
        errno: error.code,
        sqlstate: error.state,
        message: error.message,
    }
}

/// Returns the cause of a failure without the library's words around it.
fn cause(error: mysql_async::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        mysql_async::Error::Io(mysql_async::IoError::Io(error)) => error.into(),
        error => error.into(),
    }
}

fn text_row(row: Row) -> TextRow {
    let text = |value: Value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    };
    row.unwrap().into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_database_and_hides_nothing_because_it_has_no_password() {
        let address = Address::parse("mysql://root@127.0.0.1:3307/shop").unwrap();
        assert_eq!(address.database(), Some("shop"));
        assert_eq!(address.to_string(), "`mysql://root@127.0.0.1:3307/shop`");
        assert!(Address::parse("mysql://localhost/shop?socket=/tmp/s.sock").is_ok());
    }

    #[test]
    fn a_password_in_an_address_is_refused_without_being_repeated() {
        for text in [
            "mysql://root:s3cret@h/db",
            "mysql://a@b:s3cret@h",
            "root:s3cret@h/db",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(matches!(error, Error::Password), "{text}: {error}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}");
        }
        assert!(matches!(Address::parse("shop"), Err(Error::Address { .. })));
        assert!(matches!(
            Address::parse("postgres://h/db"),
            Err(Error::Address { .. })
        ));
    }

    #[test]
    fn nobody_there_is_told_with_the_address() {
        let address = Address::parse("mysql://root@127.0.0.1:1/shop").unwrap();
        let error = Server::connect(&address, Some("s3cret")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot reach the server `mysql://root@127.0.0.1:1/shop`"
        );
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
