//! What a client's connection remembers between statements: target, transaction, variables, last insert id.

use std::collections::BTreeMap;

use crate::value::Value;
use crate::vindex::{CommitOrder, KeyspaceId};

use super::Error;

/// Where a session's statements go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The keyspace of unqualified names; absent before `USE`.
    pub keyspace: Option<String>,
    /// A shard or range that bypasses planning.
    pub destination: Option<TargetDestination>,
    /// `primary`, `replica`, …, lower case.
    pub tablet_type: Option<String>,
}

/// An explicit destination within a keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetDestination {
    /// `customer:-80`.
    Shard(String),
    /// `customer[40-c0]`, the text between the brackets; it must line up with shards.
    KeyRange(String),
    /// `customer[166b40b44aba4bd6]`.
    KeyspaceId(KeyspaceId),
}

impl Target {
    /// Reads `keyspace[:shard][@type]`, `keyspace[start-end][@type]` or `keyspace[hex keyspace id]`; `/` stands for `:`.
    ///
    /// # Errors
    /// [`Error::Target`] in vtgate's words.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut rest = text;
        let mut target = Self::default();
        if let Some(at) = rest.rfind('@') {
            let (tablet, alias) = match rest[at + 1..].split_once('|') {
                Some((tablet, alias)) => (tablet, Some(alias)),
                None => (&rest[at + 1..], None),
            };
            if tablet.is_empty() {
                return Err(Error::Target(format!(
                    "empty tablet type after @ in {text}"
                )));
            }
            if alias.is_some() {
                return Err(Error::Target(format!(
                    "invalid tablet alias in target: {text}"
                )));
            }
            target.tablet_type = Some(tablet.to_ascii_lowercase());
            rest = &rest[..at];
        }
        if let Some(open) = rest.find('[') {
            let inner = &rest[open + 1..];
            let Some(close) = inner.find(']') else {
                return Err(Error::Target(
                    "invalid key range provided. Couldn't find range end ']'".into(),
                ));
            };
            target.destination = Some(Self::bracketed(&inner[..close])?);
            rest = &rest[..open];
        } else if let Some((keyspace, shard)) = rest.split_once([':', '/']) {
            target.destination = Some(TargetDestination::Shard(shard.to_ascii_lowercase()));
            rest = keyspace;
        }
        target.keyspace = (!rest.is_empty()).then(|| rest.to_owned());
        Ok(target)
    }

    fn bracketed(inner: &str) -> Result<TargetDestination, Error> {
        match inner.matches('-').count() {
            0 => match KeyspaceId::from_hex(inner) {
                Ok(id) if !inner.is_empty() => Ok(TargetDestination::KeyspaceId(id)),
                _ => Err(Error::Target(format!(
                    "expected valid hex in keyspace id {inner}"
                ))),
            },
            1 => Ok(TargetDestination::KeyRange(inner.to_ascii_lowercase())),
            _ => Err(Error::Target(format!(
                "single keyrange expected in {inner}"
            ))),
        }
    }
}

/// Whether statements commit by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Autocommit {
    /// Every statement outside BEGIN commits.
    #[default]
    On,
    /// A transaction is open until COMMIT or ROLLBACK.
    Off,
}

/// The open transaction, if any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionState {
    /// None.
    #[default]
    None,
    /// The client's BEGIN (or autocommit off).
    Open,
    /// One statement's own.
    Implicit,
    /// Broken by a failure that could not be undone: only ROLLBACK is accepted.
    Failed,
}

/// A shard that takes part in the open transaction, in the group that touched it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participant {
    pub(crate) keyspace: String,
    pub(crate) shard: String,
    pub(crate) order: CommitOrder,
}

/// The shards of one cluster that take part in a client's transaction, while the client speaks to another cluster.
#[derive(Debug, Clone, Default)]
pub struct Participants(Vec<Participant>);

impl Participants {
    /// Whether no shard takes part.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One client's session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Where statements go.
    pub target: Target,
    /// `@@autocommit`.
    pub autocommit: Autocommit,
    /// The transaction.
    pub transaction: TransactionState,
    /// `LAST_INSERT_ID()`.
    pub last_insert_id: u64,
    /// `ROW_COUNT()`.
    pub row_count: i64,
    /// `FOUND_ROWS()`.
    pub found_rows: u64,
    /// Warnings of the last statement as (errno, message).
    pub warnings: Vec<(u16, String)>,
    /// Session system variables that were set, lower case.
    pub variables: BTreeMap<String, Value>,
    /// User variables, lower case, without `@`.
    pub user_variables: BTreeMap<String, Value>,
    pub(crate) participants: Vec<Participant>,
    pub(crate) savepoints: Vec<String>,
    pub(crate) savepoint_count: u64,
}

impl Session {
    /// Returns a session without a keyspace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a session on a keyspace (or any target that `USE` takes).
    ///
    /// # Errors
    /// As [`Target::parse`].
    pub fn with_target(target: &str) -> Result<Self, Error> {
        Ok(Self {
            target: Target::parse(target)?,
            ..Self::default()
        })
    }

    /// Exchanges the shards that take part in the open transaction for those of another cluster.
    pub fn swap_participants(&mut self, other: &mut Participants) {
        std::mem::swap(&mut self.participants, &mut other.0);
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.transaction != TransactionState::None
    }

    /// Whether 0 in an AUTO_INCREMENT column stays 0.
    pub(crate) fn keeps_zero(&self) -> bool {
        match self.variables.get("sql_mode") {
            Some(Value::Text(mode)) => mode
                .split(',')
                .any(|m| m.trim().eq_ignore_ascii_case("NO_AUTO_VALUE_ON_ZERO")),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        text: &str,
        expected: Result<(Option<&str>, Option<TargetDestination>, Option<&str>), &str>,
    ) {
        let actual = Target::parse(text).map_err(|e| e.to_string());
        let expected = expected
            .map_err(str::to_owned)
            .map(|(keyspace, destination, tablet)| Target {
                keyspace: keyspace.map(str::to_owned),
                destination,
                tablet_type: tablet.map(str::to_owned),
            });
        assert_eq!(actual, expected, "{text}");
    }

    #[test]
    fn reads_targets() {
        let shard = |s: &str| Some(TargetDestination::Shard(s.into()));
        check("customer", Ok((Some("customer"), None, None)));
        check("customer:-80", Ok((Some("customer"), shard("-80"), None)));
        check(
            "customer/80-@replica",
            Ok((Some("customer"), shard("80-"), Some("replica"))),
        );
        check(
            "customer@PRIMARY",
            Ok((Some("customer"), None, Some("primary"))),
        );
        check(
            "customer[-]",
            Ok((
                Some("customer"),
                Some(TargetDestination::KeyRange("-".into())),
                None,
            )),
        );
        check(
            "customer[166B]",
            Ok((
                Some("customer"),
                Some(TargetDestination::KeyspaceId(KeyspaceId(vec![0x16, 0x6b]))),
                None,
            )),
        );
        check(
            "customer[-80",
            Err("invalid key range provided. Couldn't find range end ']'"),
        );
        check("customer[-80-]", Err("single keyrange expected in -80-"));
        check(
            "customer[xyz]",
            Err("expected valid hex in keyspace id xyz"),
        );
        check("", Ok((None, None, None)));
    }
}
