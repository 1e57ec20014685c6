//! What `ALTER VSCHEMA` does to a keyspace's document, as a function of documents (Vitess `topotools.ApplyVSchemaDDL`).
//!
//! Invariant: the result is at least as sound as what it was made of. A statement is refused for every mistake that it
//! brings in, not for those that were there before it, so that a document can be repaired step by step.

use std::collections::BTreeMap;

use super::build;
use super::error::BuildError;
use super::{AutoIncrement, ColumnVindex, Document, Table, Vindex};
use crate::sql::name::vitess_table;
use crate::sql::vschema_ddl::{AlterVschema, ParamValue, VindexSpec};
use crate::sql::{SqlError, TableName};

/// Why a statement is refused. `Display` gives Vitess's text.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum AlterError {
    #[error(
        "VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)"
    )]
    NoKeyspace,
    #[error("VT05003: unknown database '{keyspace}' in vschema")]
    UnknownKeyspace { keyspace: String },
    #[error("User '{user}' is not authorized to perform vschema operations")]
    NotAuthorized { user: String },
    #[error("vindex {vindex} already exists in keyspace {keyspace}")]
    VindexExists { vindex: String, keyspace: String },
    #[error("vindex {vindex} does not exists in keyspace {keyspace}")]
    DropUnknownVindex { vindex: String, keyspace: String },
    #[error("can not drop vindex cause {vindex} still defined on table {table}")]
    VindexInUse { vindex: String, table: String },
    #[error("add vschema table: unsupported on sharded keyspace {keyspace}")]
    TableInSharded { keyspace: String },
    #[error("vschema already contains table {table} in keyspace {keyspace}")]
    TableExists { table: String, keyspace: String },
    #[error("vschema does not contain table {table} in keyspace {keyspace}")]
    UnknownTable { table: String, keyspace: String },
    #[error("vindex {vindex} defined with type {defined} not {asked}")]
    OtherType {
        vindex: String,
        defined: String,
        asked: String,
    },
    #[error("vindex {vindex} defined with owner {defined} not {asked}")]
    OtherOwner {
        vindex: String,
        defined: String,
        asked: String,
    },
    #[error("vindex {vindex} defined with different parameters")]
    OtherParams { vindex: String },
    #[error("vindex {vindex} does not exist in keyspace {keyspace}")]
    UnknownVindex { vindex: String, keyspace: String },
    #[error("vindex {vindex} already defined on table {table}")]
    AlreadyOnTable { vindex: String, table: String },
    #[error("table {keyspace}.{table} not defined in vschema")]
    TableNotDefined { keyspace: String, table: String },
    #[error("vindex {vindex} not defined in table {keyspace}.{table}")]
    NotOnTable {
        vindex: String,
        keyspace: String,
        table: String,
    },
    #[error("add sequence table: unsupported on sharded keyspace {keyspace}")]
    AddSequenceInSharded { keyspace: String },
    #[error("vschema already contains sequence {table} in keyspace {keyspace}")]
    SequenceExists { table: String, keyspace: String },
    #[error("drop sequence table: unsupported on sharded keyspace {keyspace}")]
    DropSequenceInSharded { keyspace: String },
    #[error("vschema does not contain sequence {table} in keyspace {keyspace}")]
    UnknownSequence { table: String, keyspace: String },
    #[error("vschema already contains auto inc {column} on table {table} in keyspace {keyspace}")]
    AutoIncrementExists {
        column: String,
        table: String,
        keyspace: String,
    },
    #[error(
        "vschema does not contain auto increment {column} on table {table} in keyspace {keyspace}"
    )]
    NoAutoIncrement {
        column: String,
        table: String,
        keyspace: String,
    },
    /// The document that the statement would make is wrong.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl From<AlterError> for SqlError {
    fn from(error: AlterError) -> Self {
        let (errno, sqlstate) = match &error {
            AlterError::NoKeyspace => (1046, "3D000"),
            AlterError::UnknownKeyspace { .. } => (1049, "42000"),
            AlterError::NotAuthorized { .. } => (1045, "28000"),
            _ => (1105, "HY000"),
        };
        Self::new(errno, sqlstate, error.to_string())
    }
}

/// Checks that a user may change the VSchema. `users` is vtgate's list: names and commas, `%` for everybody, empty for
/// nobody.
///
/// # Errors
/// [`AlterError::NotAuthorized`].
pub fn authorize(users: &str, user: &str) -> Result<(), AlterError> {
    let allowed = users.trim() == "%"
        || users
            .split(',')
            .any(|name| !name.trim().is_empty() && name.trim() == user);
    if allowed {
        Ok(())
    } else {
        Err(AlterError::NotAuthorized {
            user: user.to_owned(),
        })
    }
}

/// The keyspace that a statement changes: the qualifier, else the session's.
///
/// # Errors
/// [`AlterError::NoKeyspace`].
pub fn target<'a>(
    statement: &'a AlterVschema,
    session: Option<&'a str>,
) -> Result<&'a str, AlterError> {
    let qualifier = subject(statement).keyspace.as_deref();
    qualifier
        .or(session)
        .filter(|keyspace| !keyspace.is_empty())
        .ok_or(AlterError::NoKeyspace)
}

/// Returns the table or vindex that a statement names first: the one whose qualifier is the target keyspace.
pub fn subject(statement: &AlterVschema) -> &TableName {
    match statement {
        AlterVschema::CreateVindex { vindex: name, .. }
        | AlterVschema::DropVindex(name)
        | AlterVschema::AddTable(name)
        | AlterVschema::DropTable(name)
        | AlterVschema::AddColumnVindex { table: name, .. }
        | AlterVschema::DropColumnVindex { table: name, .. }
        | AlterVschema::AddSequence(name)
        | AlterVschema::DropSequence(name)
        | AlterVschema::AddAutoIncrement { table: name, .. }
        | AlterVschema::DropAutoIncrement(name) => name,
    }
}

/// Returns what a statement makes of the document of its keyspace.
///
/// # Errors
/// See [`AlterError`].
pub fn apply(
    keyspace: &str,
    document: &Document,
    statement: &AlterVschema,
) -> Result<Document, AlterError> {
    let mut altered = document.clone();
    edit(keyspace, &mut altered, statement)?;
    let before: Vec<String> = build::keyspace(keyspace, document)
        .errors
        .iter()
        .map(ToString::to_string)
        .collect();
    let brought_in = |error: &BuildError| !before.contains(&error.to_string());
    match build::keyspace(keyspace, &altered)
        .errors
        .into_iter()
        .find(brought_in)
    {
        Some(error) => Err(error.into()),
        None => Ok(altered),
    }
}

fn edit(
    keyspace: &str,
    document: &mut Document,
    statement: &AlterVschema,
) -> Result<(), AlterError> {
    let name = subject(statement).name.as_str();
    let (own_name, keyspace) = (|| name.to_owned(), || keyspace.to_owned());
    match statement {
        AlterVschema::CreateVindex { spec, .. } => {
            if document.vindexes.contains_key(name) {
                return Err(AlterError::VindexExists {
                    vindex: own_name(),
                    keyspace: keyspace(),
                });
            }
            add_vindex(document, name, spec.as_ref());
        }
        AlterVschema::DropVindex(_) => {
            let user = |(_, table): &(&String, &Table)| {
                table.column_vindexes.iter().any(|entry| entry.name == name)
            };
            if !document.vindexes.contains_key(name) {
                return Err(AlterError::DropUnknownVindex {
                    vindex: own_name(),
                    keyspace: keyspace(),
                });
            }
            if let Some((table, _)) = document.tables.iter().find(user) {
                return Err(AlterError::VindexInUse {
                    vindex: own_name(),
                    table: table.clone(),
                });
            }
            document.vindexes.remove(name);
        }
        AlterVschema::AddTable(_) => {
            if document.sharded {
                return Err(AlterError::TableInSharded {
                    keyspace: keyspace(),
                });
            }
            if document.tables.contains_key(name) {
                return Err(AlterError::TableExists {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
            document.tables.insert(own_name(), Table::default());
        }
        AlterVschema::DropTable(_) => {
            if document.tables.remove(name).is_none() {
                return Err(AlterError::UnknownTable {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
        }
        AlterVschema::AddColumnVindex {
            vindex,
            columns,
            spec,
            ..
        } => {
            check_or_add_vindex(&keyspace(), document, vindex, spec.as_ref())?;
            let table = document.tables.entry(own_name()).or_default();
            if table
                .column_vindexes
                .iter()
                .any(|entry| entry.name == *vindex)
            {
                return Err(AlterError::AlreadyOnTable {
                    vindex: vindex.clone(),
                    table: own_name(),
                });
            }
            let entry = ColumnVindex {
                name: vindex.clone(),
                column: String::new(),
                columns: columns.clone(),
            };
            table.column_vindexes.push(entry);
        }
        AlterVschema::DropColumnVindex { vindex, .. } => {
            let Some(table) = document.tables.get_mut(name) else {
                return Err(AlterError::TableNotDefined {
                    keyspace: keyspace(),
                    table: own_name(),
                });
            };
            let Some(index) = table
                .column_vindexes
                .iter()
                .position(|entry| entry.name == *vindex)
            else {
                return Err(AlterError::NotOnTable {
                    vindex: vindex.clone(),
                    keyspace: keyspace(),
                    table: own_name(),
                });
            };
            table.column_vindexes.remove(index);
            if table.column_vindexes.is_empty() {
                document.tables.remove(name);
            }
        }
        AlterVschema::AddSequence(_) => {
            if document.sharded {
                return Err(AlterError::AddSequenceInSharded {
                    keyspace: keyspace(),
                });
            }
            if document.tables.contains_key(name) {
                return Err(AlterError::SequenceExists {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
            document.tables.insert(
                own_name(),
                Table {
                    table_type: "sequence".to_owned(),
                    ..Table::default()
                },
            );
        }
        AlterVschema::DropSequence(_) => {
            if document.sharded {
                return Err(AlterError::DropSequenceInSharded {
                    keyspace: keyspace(),
                });
            }
            if document.tables.remove(name).is_none() {
                return Err(AlterError::UnknownSequence {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
        }
        AlterVschema::AddAutoIncrement {
            column, sequence, ..
        } => {
            let Some(table) = document.tables.get_mut(name) else {
                return Err(AlterError::UnknownTable {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            };
            if let Some(present) = &table.auto_increment {
                let column = present.column.clone();
                return Err(AlterError::AutoIncrementExists {
                    column,
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
            table.auto_increment = Some(AutoIncrement {
                column: column.clone(),
                sequence: vitess_table(sequence),
            });
        }
        AlterVschema::DropAutoIncrement(_) => {
            let Some(table) = document.tables.get_mut(name) else {
                return Err(AlterError::UnknownTable {
                    table: own_name(),
                    keyspace: keyspace(),
                });
            };
            if table.auto_increment.take().is_none() {
                // Vitess prints the column of the statement, which has none.
                let column = "<nil>".to_owned();
                return Err(AlterError::NoAutoIncrement {
                    column,
                    table: own_name(),
                    keyspace: keyspace(),
                });
            }
        }
    }
    Ok(())
}

/// Adds a vindex; the first one of a keyspace makes it sharded.
fn add_vindex(document: &mut Document, name: &str, spec: Option<&VindexSpec>) {
    if document.vindexes.is_empty() {
        document.sharded = true;
    }
    document.vindexes.insert(name.to_owned(), definition(spec));
}

/// What a statement defines: the parameter `owner`, in any case, is no parameter but the owner.
fn definition(spec: Option<&VindexSpec>) -> Vindex {
    let mut vindex = Vindex::default();
    let Some(spec) = spec else { return vindex };
    vindex.vindex_type.clone_from(&spec.vindex_type);
    for (key, value) in &spec.params {
        let (ParamValue::Word(value) | ParamValue::String(value)) = value;
        if key.eq_ignore_ascii_case("owner") {
            vindex.owner.clone_from(value);
        } else {
            vindex.params.insert(key.clone(), value.clone());
        }
    }
    vindex
}

fn check_or_add_vindex(
    keyspace: &str,
    document: &mut Document,
    vindex: &str,
    spec: Option<&VindexSpec>,
) -> Result<(), AlterError> {
    let name = || vindex.to_owned();
    match (document.vindexes.get(vindex), spec) {
        (Some(_), None) => {}
        (None, None) => {
            return Err(AlterError::UnknownVindex {
                vindex: name(),
                keyspace: keyspace.to_owned(),
            });
        }
        (None, Some(_)) => add_vindex(document, vindex, spec),
        (Some(present), Some(_)) => {
            let asked = definition(spec);
            if present.vindex_type != asked.vindex_type {
                let (defined, asked) = (present.vindex_type.clone(), asked.vindex_type);
                return Err(AlterError::OtherType {
                    vindex: name(),
                    defined,
                    asked,
                });
            }
            if present.owner != asked.owner {
                let (defined, asked) = (present.owner.clone(), asked.owner);
                return Err(AlterError::OtherOwner {
                    vindex: name(),
                    defined,
                    asked,
                });
            }
            if present.params != asked.params {
                return Err(AlterError::OtherParams { vindex: name() });
            }
        }
    }
    Ok(())
}

/// Applies a statement to the document among `documents` that it names, as a session does: target, then edit.
///
/// # Errors
/// See [`AlterError`].
pub fn apply_to(
    documents: &BTreeMap<String, Document>,
    session: Option<&str>,
    statement: &AlterVschema,
) -> Result<(String, Document), AlterError> {
    let keyspace = target(statement, session)?;
    let Some(document) = documents.get(keyspace) else {
        return Err(AlterError::UnknownKeyspace {
            keyspace: keyspace.to_owned(),
        });
    };
    Ok((keyspace.to_owned(), apply(keyspace, document, statement)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Statement, parse_statement};

    /// Applies statements to an empty document one after another; the last line is the document or the error.
    fn run(start: &str, statements: &[&str]) -> Result<String, String> {
        let mut document = Document::from_json(start.as_bytes()).unwrap();
        for text in statements {
            let Ok(Statement::AlterVschema(statement)) = parse_statement(text) else {
                panic!("{text}")
            };
            document = apply("ks", &document, &statement).map_err(|error| error.to_string())?;
        }
        let json: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        Ok(json.to_string())
    }

    const HASH: &str = "alter vschema create vindex h using hash";

    #[test]
    fn edits_documents() {
        let cases: [(&[&str], &str); 11] = [
            (
                &[
                    "alter vschema on t add vindex h (id) using hash",
                    "ALTER VSCHEMA ON u ADD VINDEX h (a) USING hash",
                    "alter vschema on u drop vindex h",
                    "alter vschema drop table t",
                    "alter vschema drop vindex h",
                ],
                r#"{"sharded":true}"#,
            ),
            (
                &[
                    "alter vschema create vindex l using lookup with FROM=a, Table=`ks.l`, to='k', OWNER=t",
                    "alter vschema on t add vindex `binary` (`order`) using `binary`",
                    "alter vschema on t add vindex l (a)",
                ],
                r#"{"sharded":true,"vindexes":{"binary":{"type":"binary"},"l":{"type":"lookup","params":{"FROM":"a","Table":"ks.l","to":"k"},"owner":"t"}},"tables":{"t":{"column_vindexes":[{"name":"binary","columns":["order"]},{"name":"l","columns":["a"]}]}}}"#,
            ),
            (
                &[
                    "alter vschema add sequence s",
                    "alter vschema add sequence r",
                    "alter vschema drop sequence s",
                ],
                r#"{"tables":{"r":{"type":"sequence"}}}"#,
            ),
            (
                &[
                    "alter vschema add table t",
                    "alter vschema on t add auto_increment id using seq",
                    "alter vschema on t drop auto_increment",
                ],
                r#"{"tables":{"t":{}}}"#,
            ),
            (
                &[
                    "alter vschema on t add vindex r (a, id) using region_experimental with region_bytes='1'",
                    "alter vschema on t add auto_increment id using product.`values`",
                ],
                r#"{"sharded":true,"vindexes":{"r":{"type":"region_experimental","params":{"region_bytes":"1"}}},"tables":{"t":{"column_vindexes":[{"name":"r","columns":["a","id"]}],"auto_increment":{"column":"id","sequence":"product.`values`"}}}}"#,
            ),
            (
                &[HASH],
                r#"{"sharded":true,"vindexes":{"h":{"type":"hash"}}}"#,
            ),
            (
                &[HASH, "alter vschema drop vindex h"],
                r#"{"sharded":true}"#,
            ),
            (
                &[
                    "alter vschema add table t",
                    "alter vschema add sequence s",
                    "alter vschema drop table t",
                ],
                r#"{"tables":{"s":{"type":"sequence"}}}"#,
            ),
            (
                &[
                    "alter vschema on t add vindex h (id) using hash",
                    "alter vschema on t add vindex l (a, b) using lookup with Owner=t, from=`a,b`, table=l, to=id",
                ],
                r#"{"sharded":true,"vindexes":{"h":{"type":"hash"},"l":{"type":"lookup","params":{"from":"a,b","table":"l","to":"id"},"owner":"t"}},"tables":{"t":{"column_vindexes":[{"name":"h","columns":["id"]},{"name":"l","columns":["a","b"]}]}}}"#,
            ),
            (
                &[
                    "alter vschema add table t",
                    "alter vschema on t add auto_increment id using `ks-1`.seq",
                ],
                r#"{"tables":{"t":{"auto_increment":{"column":"id","sequence":"`ks-1`.seq"}}}}"#,
            ),
            (
                &[
                    "alter vschema on t add vindex h (id) using hash",
                    "alter vschema on t drop vindex h",
                ],
                r#"{"sharded":true,"vindexes":{"h":{"type":"hash"}}}"#,
            ),
        ];
        for (statements, expected) in cases {
            assert_eq!(
                run("{}", statements).as_deref(),
                Ok(expected),
                "{statements:?}"
            );
        }
    }

    #[test]
    fn refuses_with_vitess_texts() {
        let on_t = "alter vschema on t add vindex h (id) using hash";
        let cases: [(&[&str], &str); 27] = [
            (&[HASH, HASH], "vindex h already exists in keyspace ks"),
            (
                &["alter vschema drop vindex h"],
                "vindex h does not exists in keyspace ks",
            ),
            (
                &[on_t, "alter vschema drop vindex h"],
                "can not drop vindex cause h still defined on table t",
            ),
            (
                &[HASH, "alter vschema add table t"],
                "add vschema table: unsupported on sharded keyspace ks",
            ),
            (
                &["alter vschema add table t", "alter vschema add table t"],
                "vschema already contains table t in keyspace ks",
            ),
            (
                &["alter vschema drop table t"],
                "vschema does not contain table t in keyspace ks",
            ),
            (
                &[on_t, "alter vschema on u add vindex h (id) using xxhash"],
                "vindex h defined with type hash not xxhash",
            ),
            (
                &[
                    on_t,
                    "alter vschema on u add vindex h (id) using hash with owner=t",
                ],
                "vindex h defined with owner  not t",
            ),
            (
                &[
                    on_t,
                    "alter vschema on u add vindex h (id) using hash with a=b",
                ],
                "vindex h defined with different parameters",
            ),
            (
                &["alter vschema on u add vindex h (id)"],
                "vindex h does not exist in keyspace ks",
            ),
            (
                &[on_t, "alter vschema on t add vindex h (id)"],
                "vindex h already defined on table t",
            ),
            (
                &["alter vschema on t drop vindex h"],
                "table ks.t not defined in vschema",
            ),
            (
                &[on_t, "alter vschema on t drop vindex x"],
                "vindex x not defined in table ks.t",
            ),
            (
                &[HASH, "alter vschema add sequence s"],
                "add sequence table: unsupported on sharded keyspace ks",
            ),
            (
                &["alter vschema add table s", "alter vschema add sequence s"],
                "vschema already contains sequence s in keyspace ks",
            ),
            (
                &[HASH, "alter vschema drop sequence s"],
                "drop sequence table: unsupported on sharded keyspace ks",
            ),
            (
                &["alter vschema drop sequence s"],
                "vschema does not contain sequence s in keyspace ks",
            ),
            (
                &["alter vschema on t add auto_increment id using s"],
                "vschema does not contain table t in keyspace ks",
            ),
            (
                &[
                    "alter vschema add table t",
                    "alter vschema on t add auto_increment id using s",
                    "alter vschema on t add auto_increment b using s",
                ],
                "vschema already contains auto inc id on table t in keyspace ks",
            ),
            (
                &["alter vschema on t add vindex l (a) using lookup with table=l, from=a, to=id"],
                "primary vindex l is not Unique for table t",
            ),
            (
                &["alter vschema create vindex v using nosuch"],
                "vindexType \"nosuch\" not found",
            ),
            (
                &[
                    "alter vschema on t add vindex l (a) using lookup_unique with owner=t, table=l, from=a, to=id",
                ],
                "primary vindex l cannot be owned for table t",
            ),
            (
                &[
                    on_t,
                    "alter vschema on t add vindex c (a) using consistent_lookup with owner=t, table=l, from='a,b', to=id",
                ],
                "VT03029: column count does not match value count with the row for vindex 'c'",
            ),
            (
                &["alter vschema on t drop auto_increment"],
                "vschema does not contain table t in keyspace ks",
            ),
            (
                &[
                    "alter vschema add table t",
                    "alter vschema on t drop auto_increment",
                ],
                "vschema does not contain auto increment <nil> on table t in keyspace ks",
            ),
            (
                &[
                    on_t,
                    "alter vschema drop table t",
                    "alter vschema on t drop vindex h",
                ],
                "table ks.t not defined in vschema",
            ),
            (
                &[
                    on_t,
                    "alter vschema on t drop vindex h",
                    "alter vschema drop table t",
                ],
                "vschema does not contain table t in keyspace ks",
            ),
        ];
        for (statements, expected) in cases {
            assert_eq!(
                run("{}", statements).unwrap_err(),
                expected,
                "{statements:?}"
            );
        }
    }

    #[test]
    fn repairs_step_by_step() {
        let broken =
            r#"{"sharded":true,"vindexes":{"x":{"type":"nosuch"},"y":{"type":"nosuch2"}}}"#;
        assert_eq!(
            run(
                broken,
                &["alter vschema drop vindex x", "alter vschema drop vindex y"]
            )
            .as_deref(),
            Ok(r#"{"sharded":true}"#)
        );
        assert_eq!(
            run(broken, &["alter vschema create vindex z using nope"]).unwrap_err(),
            "vindexType \"nope\" not found"
        );
    }

    #[test]
    fn knows_users_and_keyspaces() {
        for (users, user, allowed) in [
            ("", "a", false),
            ("%", "a", true),
            ("b, a ,c", "a", true),
            ("b", "a", false),
            ("", "", false),
        ] {
            assert_eq!(
                authorize(users, user).is_ok(),
                allowed,
                "{users:?} {user:?}"
            );
        }
        let Ok(Statement::AlterVschema(statement)) = parse_statement("alter vschema drop vindex v")
        else {
            panic!()
        };
        assert_eq!(target(&statement, Some("ks")).unwrap(), "ks");
        assert!(
            target(&statement, None)
                .unwrap_err()
                .to_string()
                .starts_with("VT09005")
        );
        let error = SqlError::from(apply_to(&BTreeMap::new(), Some("no"), &statement).unwrap_err());
        assert_eq!(
            error.to_string(),
            "ERROR 1049 (42000): VT05003: unknown database 'no' in vschema"
        );
    }
}
