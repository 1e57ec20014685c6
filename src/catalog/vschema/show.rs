//! The rows of `SHOW VSCHEMA`.

use std::collections::BTreeMap;

use super::alter::AlterError;
use super::build::BuiltKeyspace;
use super::{Document, ForeignKeyMode, VSchema, Vindex};
use crate::sql::SqlError;
use crate::sql::vschema_ddl::ShowVschema;
use crate::value::{ColumnType, Field, ResultSet, TypeKind, Value};

/// Answers a `SHOW VSCHEMA` statement: `vschema` is what `documents` come to, `session` the selected keyspace.
///
/// # Errors
/// No keyspace where one is needed, an unknown one (VT05003), an unknown table (VT05005).
pub fn show(
    statement: &ShowVschema,
    session: Option<&str>,
    documents: &BTreeMap<&str, &Document>,
    vschema: &VSchema,
) -> Result<ResultSet, SqlError> {
    let find = |keyspace: Option<&str>| -> Result<(String, &Document), SqlError> {
        let keyspace = keyspace
            .or(session)
            .filter(|keyspace| !keyspace.is_empty())
            .ok_or(AlterError::NoKeyspace)?;
        let unknown = || AlterError::UnknownKeyspace {
            keyspace: keyspace.to_owned(),
        };
        Ok((
            keyspace.to_owned(),
            documents.get(keyspace).ok_or_else(unknown)?,
        ))
    };
    Ok(match statement {
        ShowVschema::Tables => {
            let (_, document) = find(None)?;
            rows(
                &["Tables"],
                document.tables.keys().map(|name| vec![name.clone()]),
            )
        }
        ShowVschema::Keyspaces => {
            let columns = ["Keyspace", "Sharded", "Foreign Key", "Comment"];
            rows(&columns, vschema.keyspaces.values().map(describe_keyspace))
        }
        ShowVschema::Vindexes(None) => {
            let all = documents.iter().flat_map(|(keyspace, document)| {
                document.vindexes.iter().map(|(name, vindex)| {
                    let mut row = vec![(*keyspace).to_owned(), name.clone()];
                    row.extend(describe_vindex(Some(vindex)));
                    row
                })
            });
            rows(&["Keyspace", "Name", "Type", "Params", "Owner"], all)
        }
        ShowVschema::Vindexes(Some(table)) => {
            let (keyspace, document) = find(table.keyspace.as_deref())?;
            let columns = ["Columns", "Name", "Type", "Params", "Owner"];
            let Some(entry) = document.tables.get(&table.name) else {
                let text = format!(
                    "VT05005: table '{}' does not exist in keyspace '{keyspace}'",
                    table.name
                );
                return Err(SqlError::new(1146, "42S02", text));
            };
            // An unsharded keyspace routes by no vindex, whatever its tables list.
            let entries = entry
                .column_vindexes
                .iter()
                .filter(|_| document.sharded)
                .map(|column_vindex| {
                    let columns = match column_vindex.columns.as_slice() {
                        [] => column_vindex.column.clone(),
                        several => several.join(", "),
                    };
                    let mut row = vec![columns, column_vindex.name.clone()];
                    row.extend(describe_vindex(document.vindexes.get(&column_vindex.name)));
                    row
                });
            rows(&columns, entries)
        }
    })
}

fn describe_keyspace(keyspace: &BuiltKeyspace) -> Vec<String> {
    let mode = match keyspace.foreign_key_mode {
        ForeignKeyMode::Unspecified => "unspecified",
        ForeignKeyMode::Disallow => "disallow",
        ForeignKeyMode::Unmanaged => "unmanaged",
        ForeignKeyMode::Managed => "managed",
    };
    let comment = keyspace
        .errors
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    vec![
        keyspace.name.clone(),
        keyspace.sharded.to_string(),
        mode.to_owned(),
        comment,
    ]
}

/// Type, parameters and owner; empty texts for a vindex that is not defined.
fn describe_vindex(vindex: Option<&Vindex>) -> [String; 3] {
    let Some(vindex) = vindex else {
        return Default::default();
    };
    let params: Vec<String> = vindex
        .params
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    [
        vindex.vindex_type.clone(),
        params.join("; "),
        vindex.owner.clone(),
    ]
}

fn rows(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> ResultSet {
    let field = |name: &&str| Field {
        name: (*name).to_owned(),
        column_type: ColumnType::new(TypeKind::VarChar),
    };
    ResultSet {
        fields: columns.iter().map(field).collect(),
        rows: rows
            .map(|row| row.into_iter().map(Value::Text).collect())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::vschema::Rules;
    use crate::sql::{Statement, parse_statement};

    fn answer(text: &str, session: Option<&str>) -> String {
        let sharded = r#"{"sharded": true, "vindexes": {"h": {"type": "hash"}, "l": {"type": "lookup", "owner": "t",
            "params": {"table": "l", "from": "a,b", "to": "id"}}}, "tables": {"t": {"column_vindexes": [{"column": "id", "name": "h"},
            {"columns": ["a", "b"], "name": "l"}]}, "bad": {}, "odd": {"column_vindexes": [{"columns": ["a"], "name": "gone"}]}}}"#;
        let sharded = Document::from_json(sharded.as_bytes()).unwrap();
        let plain = Document::from_json(
            br#"{"foreign_key_mode": "managed", "tables": {"s": {"type": "sequence"}}}"#,
        )
        .unwrap();
        let documents = BTreeMap::from([("customer", &sharded), ("product", &plain)]);
        let vschema = VSchema::new(documents.clone(), &Rules::default());
        let Ok(Statement::ShowVschema(statement)) = parse_statement(text) else {
            panic!("{text}")
        };
        match show(&statement, session, &documents, &vschema) {
            Ok(result) => {
                let texts = |row: &Vec<Value>| {
                    row.iter()
                        .map(|value| value.to_text().unwrap_or_default().into_owned())
                        .collect::<Vec<_>>()
                        .join("|")
                };
                let names = result
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .collect::<Vec<_>>()
                    .join("|");
                [names]
                    .into_iter()
                    .chain(result.rows.iter().map(texts))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn answers() {
        let cases = [
            (
                "show vschema tables",
                Some("customer"),
                "Tables\nbad\nodd\nt",
            ),
            (
                "show vschema tables",
                Some("no"),
                "ERROR 1049 (42000): VT05003: unknown database 'no' in vschema",
            ),
            (
                "show vschema keyspaces",
                None,
                "Keyspace|Sharded|Foreign Key|Comment\ncustomer|true|unmanaged|missing primary col vindex for table: bad\nproduct|false|managed|",
            ),
            (
                "show vschema vindexes",
                None,
                "Keyspace|Name|Type|Params|Owner\ncustomer|h|hash||\ncustomer|l|lookup|from=a,b; table=l; to=id|t",
            ),
            (
                "show vschema vindexes on customer.t",
                None,
                "Columns|Name|Type|Params|Owner\nid|h|hash||\na, b|l|lookup|from=a,b; table=l; to=id|t",
            ),
            (
                "SHOW VSCHEMA VINDEXES ON odd",
                Some("customer"),
                "Columns|Name|Type|Params|Owner\na|gone|||",
            ),
            (
                "show vschema vindexes from gone.t",
                Some("customer"),
                "ERROR 1049 (42000): VT05003: unknown database 'gone' in vschema",
            ),
            (
                "show vschema vindexes from s",
                Some("product"),
                "Columns|Name|Type|Params|Owner",
            ),
            (
                "show vschema vindexes from u",
                Some("customer"),
                "ERROR 1146 (42S02): VT05005: table 'u' does not exist in keyspace 'customer'",
            ),
        ];
        for (text, session, expected) in cases {
            assert_eq!(answer(text, session), expected, "{text}");
        }
        assert!(answer("show vschema tables", None).starts_with("ERROR 1046 (3D000): VT09005"));
    }
}
