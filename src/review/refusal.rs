//! Why files are no catalog, by id: found where the catalog is built, looked up here like the checks.

use super::Rule;
use super::finding::{Finding, Spot};
use crate::catalog::files::{Place, Severity};
use crate::catalog::vschema::BuildError;
use crate::catalog::{At, DefinitionError, Error};
use crate::vindex;

/// Returns the finding that an error is, and where it is.
pub fn finding(error: &Error) -> (Finding, At) {
    let place = Place::of(error.path()).ok().flatten();
    let object = match place.as_ref() {
        Some(Place::Table { keyspace, table }) => format!("{keyspace}.{table}"),
        Some(Place::View { keyspace, view }) => format!("{keyspace}.{view}"),
        Some(place) => match (place.keyspace(), inner(error)) {
            (Some(keyspace), Some(name)) => format!("{keyspace}.{name}"),
            (Some(keyspace), None) => keyspace.to_owned(),
            (None, _) => error.path().trim_end_matches(".json").to_owned(),
        },
        None => error.path().to_owned(),
    };
    let at = At {
        path: error.path().to_owned(),
        position: error.position(),
    };
    // The place stands before the message already.
    let told = told(error);
    let message = told.strip_prefix(&format!("{at}: ")).unwrap_or(&told);
    let finding = Finding {
        check: id(error),
        severity: Severity::Error,
        spot: Spot {
            object,
            place: place.unwrap_or(Place::Config),
            names: Vec::new(),
        },
        message: message.to_owned(),
        hint: String::new(),
    };
    (finding, at)
}

/// Returns an error with its causes on one line.
fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}

/// The table or vindex of a VSchema that an error is about.
fn inner(error: &Error) -> Option<&str> {
    match error {
        Error::Vindex { vindex, .. } => Some(vindex),
        Error::Vschema { error, .. } => Some(error.place().1),
        Error::MissingColumn { table, .. } => Some(table),
        _ => None,
    }
}

/// Returns the id of an error.
fn id(error: &Error) -> &'static str {
    match error {
        Error::Path { .. } => "path-invalid",
        Error::CaseCollision { .. } | Error::SameName { .. } => "name-collision-by-case",
        Error::NotText { .. } => "not-text",
        Error::Sql { .. } => "ddl-syntax",
        Error::WrongStatement { .. } | Error::NameMismatch { .. } => "file-content",
        Error::Definition { source, .. } => definition(source),
        Error::Document { place, message, .. } => document(place, message),
        Error::MissingShards { .. } | Error::Shards { .. } | Error::ShardCount { .. } => {
            "shards-invalid"
        }
        Error::Vindex {
            source: vindex::Error::UnknownType { .. },
            ..
        } => "vindex-type-unknown",
        Error::Vindex { .. } => "vindex-param-invalid",
        Error::Vschema { error, .. } => vschema(error),
        Error::MissingColumn { user, .. } if user == "auto_increment" => {
            "auto-increment-column-missing"
        }
        Error::MissingColumn { .. } => "vindex-column-missing",
        Error::SameIdentity { .. } => "identities-invalid",
    }
}

fn document(place: &Place, message: &str) -> &'static str {
    match place {
        Place::Config => "config-invalid",
        Place::Shards { .. } => "shards-invalid",
        Place::Identities { .. } => "identities-invalid",
        _ if message.starts_with("unknown field") => "vschema-unknown-field",
        _ if message.contains("duplicate") || message.contains("twice") => "vschema-duplicate-key",
        _ => "vschema-json",
    }
}

fn definition(error: &DefinitionError) -> &'static str {
    use DefinitionError as D;
    match error {
        D::WrongAutoColumn { .. } => "auto-increment-not-key",
        D::DuplicateColumn { .. }
        | D::DuplicateIndex { .. }
        | D::DuplicateForeignKey { .. }
        | D::DuplicateCheck { .. }
        | D::DuplicatePartition { .. } => "duplicate-name",
        D::DuplicateKeyColumn { .. } => "index-column-duplicate",
        D::KeyTooLong { .. } => "index-too-long",
        D::BlobKeyWithoutLength { .. } | D::JsonKey { .. } => "index-on-blob-without-prefix",
        D::UnknownColumn { .. } | D::UnknownKeyColumn { .. } | D::CheckUnknownColumn { .. } => {
            "unknown-column"
        }
        D::KeyWithoutPartitionColumn { .. } => "partition-key-not-in-unique",
        D::ForeignKeyOnPartitioned { .. } => "partitioned-with-fk",
        D::NameTooLong { .. } => "name-too-long",
        D::GeneratedRefersToAutoIncrement { .. } | D::CheckAutoIncrement { .. } => {
            "generated-refers-auto-increment"
        }
        D::ForeignKeyMismatch { .. } => "fk-column-count",
        D::SetNullOnNotNull { .. } => "fk-set-null-not-null",
        D::Unsupported { .. } => "unsupported-ddl",
        _ => "definition-invalid",
    }
}

fn vschema(error: &BuildError) -> &'static str {
    use BuildError as B;
    match error {
        B::Vindex { .. } => "vindex-param-invalid",
        B::TableType { .. } => "table-type-unknown",
        B::ShardedSequence { .. } => "sequence-in-sharded-keyspace",
        B::Pin { .. } => "pinned-invalid",
        B::NoPrimary { .. } => "no-primary-vindex",
        B::DuplicateColumn { .. } | B::Default { .. } => "column-list-invalid",
        B::UnknownVindex { .. } => "vindex-undefined",
        B::ColumnAndColumns { .. } | B::NoColumns { .. } => "vindex-columns-invalid",
        B::PrimaryNotUnique { .. } => "primary-vindex-not-unique",
        B::PrimaryOwned { .. } => "primary-vindex-owned",
        B::OwnerColumns { .. } => "lookup-from-arity",
        B::MultiColumnNotPrimary { .. } => "multicolumn-not-primary",
        B::SourceName { .. } => "reference-source-invalid",
        B::SourceInSameKeyspace { .. } => "reference-source-same-keyspace",
        B::SourceKeyspace { .. } | B::SourceTable { .. } | B::SourceLookup { .. } => {
            "reference-source-unknown"
        }
        B::SourceType { .. } => "reference-source-type",
        B::SourceTwice { .. } => "reference-source-twice",
        B::SourceChain { .. } => "reference-source-chain",
        B::Sequence { .. } => "auto-increment-sequence-missing",
    }
}

const fn rule(
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    example: &'static str,
) -> Rule {
    Rule {
        what,
        why,
        fix,
        example,
    }
}

/// Every id with its explanation, sorted.
pub(super) const RULES: &[(&str, Rule)] = &[
    (
        "auto-increment-column-missing",
        rule(
            "`auto_increment` of a VSchema names a column that the table does not have",
            "Every INSERT of the table fails, because the router adds a value for that column.",
            "Correct the column, or remove the `auto_increment`.",
            r#""corder": {"auto_increment": {"column": "order_id", "sequence": "product.corder_seq"}}"#,
        ),
    ),
    (
        "auto-increment-not-key",
        rule(
            "an AUTO_INCREMENT column that is not first in a key, or a second one in a table",
            "MySQL refuses the table with error 1075.",
            "Make the column first in a key, or drop AUTO_INCREMENT.",
            "CREATE TABLE t (id bigint AUTO_INCREMENT, a int, PRIMARY KEY (a))",
        ),
    ),
    (
        "auto-increment-sequence-missing",
        rule(
            "the sequence of an `auto_increment` leads to no table, routing rules applied",
            "Vitess drops the table from the VSchema that it builds, so that every query of it fails.",
            "Add the sequence to the VSchema of an unsharded keyspace, or name it as `keyspace.table`.",
            r#""auto_increment": {"column": "id", "sequence": "product.no_seq"}"#,
        ),
    ),
    (
        "column-list-invalid",
        rule(
            "the `columns` of a VSchema entry name a column twice, or have a default that is no expression",
            "Vitess refuses the document.",
            "Correct the list.",
            r#""columns": [{"name": "a"}, {"name": "A"}]"#,
        ),
    ),
    (
        "config-invalid",
        rule(
            "`vrev.toml` does not parse, or has a key that vrev does not know",
            "A misspelt key would do nothing, unnoticed.",
            "Correct it; the message names the nearest known key.",
            "fromat = 1",
        ),
    ),
    (
        "ddl-syntax",
        rule(
            "a definition that is no MySQL",
            "Nothing can be said about a table that cannot be read.",
            "Correct the statement at the place given.",
            "CREATE TABLE t (id bigint NOT NUL)",
        ),
    ),
    (
        "definition-invalid",
        rule(
            "a definition that MySQL refuses for a reason without an id of its own",
            "The statement fails on every shard, with the error that the message gives.",
            "Correct the definition as the message says.",
            "CREATE TABLE t (a int, b varchar(70000))",
        ),
    ),
    (
        "duplicate-name",
        rule(
            "two columns, keys or partitions of one table, or two foreign keys or checks of one keyspace, with one name",
            "MySQL refuses it: names of foreign keys and of checks are unique in a database, not in a table.",
            "Rename one of them.",
            "two tables with CONSTRAINT fk1",
        ),
    ),
    (
        "file-content",
        rule(
            "a file of a table or view that holds another statement, or another name than its own",
            "The file's name says which object it is; what it declares otherwise would be lost.",
            "Rename the file or the object; keep one CREATE TABLE or CREATE VIEW in it.",
            "tables/corder.sql: CREATE TABLE `orders` (…)",
        ),
    ),
    (
        "fk-column-count",
        rule(
            "a foreign key with more columns on one side than on the other",
            "MySQL refuses the table with error 1239.",
            "Name as many columns in REFERENCES as in FOREIGN KEY.",
            "FOREIGN KEY (a, b) REFERENCES p (a)",
        ),
    ),
    (
        "fk-set-null-not-null",
        rule(
            "SET NULL as the action of a foreign key over a NOT NULL column",
            "MySQL refuses the table with error 1830.",
            "Make the column nullable, or take another action.",
            "up bigint NOT NULL, FOREIGN KEY (up) REFERENCES node (id) ON DELETE SET NULL",
        ),
    ),
    (
        "generated-refers-auto-increment",
        rule(
            "a generated column or CHECK that reads an AUTO_INCREMENT column",
            "MySQL refuses it with error 3109 or 3818: the value is not known yet when the expression is computed.",
            "Compute the value where it is read.",
            "id bigint AUTO_INCREMENT PRIMARY KEY, twice bigint AS (id * 2)",
        ),
    ),
    (
        "identities-invalid",
        rule(
            "`identities.json` does not parse, or two objects claim one identity",
            "A rename could not be told from a drop and an addition any more.",
            "Remove the record that is wrong; `vrev rename` writes right ones.",
            r#"{"columns": {"t": {"a": "x", "b": "x"}}}"#,
        ),
    ),
    (
        "index-column-duplicate",
        rule(
            "a key, or a foreign key, that names a column twice",
            "MySQL refuses the table with error 1060.",
            "Name each column once.",
            "KEY (a, a)",
        ),
    ),
    (
        "index-on-blob-without-prefix",
        rule(
            "a key over a BLOB or TEXT column without a prefix length, or over a JSON column",
            "MySQL refuses it with error 1170 or 3152.",
            "Give a prefix length, or index a generated column.",
            "note text, KEY (note)",
        ),
    ),
    (
        "index-too-long",
        rule(
            "a key over more than 3072 bytes, counted at the charset's longest characters",
            "InnoDB refuses it with error 1071.",
            "Index a prefix of the column, or a hash of it in a generated column.",
            "name varchar(1000), KEY (name)",
        ),
    ),
    (
        "lookup-from-arity",
        rule(
            "a consistent lookup whose owner gives it another number of columns than `from` has",
            "Vitess refuses the document (VT03029): an entry could not be written.",
            "Name as many columns in `column_vindexes` as in the vindex's `from`.",
            r#""params": {"from": "oname,corder_id"} with "columns": ["oname"]"#,
        ),
    ),
    (
        "multicolumn-not-primary",
        rule(
            "a multi-column vindex that is not the first of its table",
            "Vitess refuses the document.",
            "Make it the primary vindex, or take a lookup.",
            r#""column_vindexes": [{"name": "hash", …}, {"name": "region", "columns": ["r", "id"]}]"#,
        ),
    ),
    (
        "name-collision-by-case",
        rule(
            "two tables, views or files whose names differ only by case",
            "They are one on file systems that ignore case, and in MySQL with `lower_case_table_names` above 0.",
            "Rename one of them.",
            "tables/users.sql and tables/Users.sql",
        ),
    ),
    (
        "name-too-long",
        rule(
            "a name of more than 64 characters",
            "MySQL refuses it with error 1059.",
            "Shorten it; tools that rename a table for a copy need some characters more.",
            "CREATE TABLE `a…64 letters more…` (id int)",
        ),
    ),
    (
        "no-primary-vindex",
        rule(
            "a table of a sharded keyspace without a column vindex, which is neither a reference table nor pinned",
            "Vitess refuses the document: it could not tell on which shard a row belongs.",
            "Give it a primary vindex, make it a reference table, or pin it to a keyspace id.",
            r#""sharded": true, "tables": {"corder": {}}"#,
        ),
    ),
    (
        "not-text",
        rule(
            "a file that is not UTF-8",
            "It cannot be read, compared or merged.",
            "Save it as UTF-8.",
            "a dump in latin1",
        ),
    ),
    (
        "partition-key-not-in-unique",
        rule(
            "a primary or unique key of a partitioned table that lacks a partitioning column",
            "MySQL refuses the table with error 1503: uniqueness is checked within one partition.",
            "Add the column to the key, or partition by columns of the key.",
            "PRIMARY KEY (id) … PARTITION BY RANGE (year(d))",
        ),
    ),
    (
        "partitioned-with-fk",
        rule(
            "a partitioned table with a foreign key",
            "InnoDB refuses it with error 1506.",
            "Drop the partitioning or the constraint.",
            "FOREIGN KEY (a) REFERENCES p (a)) PARTITION BY HASH (a)",
        ),
    ),
    (
        "path-invalid",
        rule(
            "a path that no object of a catalog can have",
            "It would escape its folder, hide as `.git`, or stand for a name that MySQL does not allow.",
            "Rename the file; names that are unsafe in paths are percent-encoded.",
            "keyspaces/../tables/t.sql",
        ),
    ),
    (
        "pinned-invalid",
        rule(
            "`pinned` that is no hexadecimal keyspace id",
            "Vitess refuses the document.",
            "Write the keyspace id as hexadecimal digits, two for each byte.",
            r#""pinned": "zz""#,
        ),
    ),
    (
        "primary-vindex-not-unique",
        rule(
            "a primary vindex that is not unique",
            "Vitess refuses the document: a row would belong to several shards.",
            "Put a unique vindex first.",
            r#""column_vindexes": [{"name": "oname_lookup", "columns": ["oname"]}]"#,
        ),
    ),
    (
        "primary-vindex-owned",
        rule(
            "a table that owns the lookup vindex by which its own rows are placed",
            "Vitess refuses the document: the entry is written when the row's place is known, which the entry says.",
            "Put a functional vindex first, or let another table own the lookup.",
            r#""owner": "corder" with "corder": {"column_vindexes": [{"name": "corder_keyspace_idx", …}]}"#,
        ),
    ),
    (
        "reference-source-chain",
        rule(
            "a reference table whose source has a source itself",
            "Vitess refuses the chain: copies are made of the source alone.",
            "Name the first table of the chain as source.",
            r#""a": {"type": "reference", "source": "ks.b"} with "b": {"type": "reference", "source": "other.c"}"#,
        ),
    ),
    (
        "reference-source-invalid",
        rule(
            "a `source` that is neither `table` nor `keyspace.table`",
            "Vitess refuses the document.",
            "Write it as `keyspace.table`.",
            r#""source": "a.b.c""#,
        ),
    ),
    (
        "reference-source-same-keyspace",
        rule(
            "a reference table whose source is in its own keyspace",
            "Vitess refuses the document: there is nothing to copy from elsewhere.",
            "Name a table of another keyspace, or leave `source` out.",
            r#""customer" has "country": {"type": "reference", "source": "customer.country"}"#,
        ),
    ),
    (
        "reference-source-twice",
        rule(
            "two reference tables of one keyspace with the same source",
            "Vitess refuses it: a query of the source could be answered by either.",
            "Keep one of them.",
            r#""a" and "b" with "source": "product.country""#,
        ),
    ),
    (
        "reference-source-type",
        rule(
            "a reference table whose source is a sequence",
            "Vitess refuses it: a sequence has no rows to copy.",
            "Name an ordinary table.",
            r#""source": "product.corder_seq""#,
        ),
    ),
    (
        "reference-source-unknown",
        rule(
            "a reference table whose source is no table of the VSchema",
            "Vitess refuses the document; nothing is made up here, even in an unsharded keyspace.",
            "Add the source to the VSchema of its keyspace.",
            r#""source": "product.no_such_table""#,
        ),
    ),
    (
        "sequence-in-sharded-keyspace",
        rule(
            "a sequence in a sharded keyspace that is not pinned",
            "Vitess refuses the document: every shard would count on its own.",
            "Move it to an unsharded keyspace, or pin it.",
            r#""sharded": true, "tables": {"corder_seq": {"type": "sequence"}}"#,
        ),
    ),
    (
        "shards-invalid",
        rule(
            "a keyspace without `shards.json`, or with shards that do not cover it",
            "Some keyspace ids would lead to no shard, or to two.",
            "Write ranges without gaps, as `[\"-80\", \"80-\"]`, or `[\"0\"]` for an unsharded keyspace.",
            r#"["-80", "90-"]"#,
        ),
    ),
    (
        "table-type-unknown",
        rule(
            "a `type` other than `sequence` and `reference`",
            "Vitess refuses the document.",
            "Correct it, or leave it out for an ordinary table.",
            r#""type": "ref""#,
        ),
    ),
    (
        "unknown-column",
        rule(
            "a key, check, generated column or partition that names a column which the table does not have",
            "MySQL refuses the table.",
            "Correct the name.",
            "CREATE TABLE t (a int, KEY (z))",
        ),
    ),
    (
        "unsupported-ddl",
        rule(
            "a construct that vrev does not model",
            "It would be lost when the definition is written again, so it is refused instead.",
            "Leave it out, or see docs/compat.md for what is read.",
            "CREATE TEMPORARY TABLE t (a int)",
        ),
    ),
    (
        "vindex-column-missing",
        rule(
            "a column vindex over a column that the table does not have",
            "Every INSERT fails: the router wants a value for that column.",
            "Correct the column, or add it to the table first.",
            r#""columns": ["custmer_id"]"#,
        ),
    ),
    (
        "vindex-columns-invalid",
        rule(
            "a column vindex without columns, or with both `column` and `columns`",
            "Vitess refuses the document.",
            "Write `columns`, a list, alone.",
            r#"{"name": "hash", "column": "id", "columns": ["id"]}"#,
        ),
    ),
    (
        "vindex-param-invalid",
        rule(
            "a vindex that cannot be made of its parameters",
            "Vitess refuses the document.",
            "Correct the parameter that the message names; values are texts, also `\"true\"` and numbers.",
            r#""params": {"read_lock": "shred"}"#,
        ),
    ),
    (
        "vindex-type-unknown",
        rule(
            "a vindex type that Vitess does not have",
            "Vitess refuses the document.",
            "Correct the type; docs/compat.md lists them.",
            r#""type": "hashh""#,
        ),
    ),
    (
        "vindex-undefined",
        rule(
            "a column vindex by a name that the keyspace does not define",
            "Vitess refuses the document.",
            "Correct the name, or add it to `vindexes`.",
            r#""column_vindexes": [{"name": "hsah", "columns": ["id"]}]"#,
        ),
    ),
    (
        "vschema-duplicate-key",
        rule(
            "a name twice in one object of a VSchema or of rules",
            "Vitess refuses the document, and most tools keep the later one in silence.",
            "Remove one of them.",
            r#""tables": {"corder": {…}, "corder": {…}}"#,
        ),
    ),
    (
        "vschema-json",
        rule(
            "a VSchema or rules that are no JSON of the expected shape",
            "Vitess refuses the document.",
            "Correct it at the place given.",
            r#""sharded": "yes""#,
        ),
    ),
    (
        "vschema-unknown-field",
        rule(
            "a field that the VSchema format does not have",
            "Vitess skips it in silence, so that a misspelt field does nothing.",
            "Correct the name; the message gives the nearest one.",
            r#""colunm_vindexes": [{"columns": ["id"], "name": "hash"}]"#,
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let errors = Catalog::build(files.iter().copied()).expect_err("it is refused");
        let told: Vec<String> = errors
            .iter()
            .map(|error| {
                let (finding, _) = finding(error);
                format!("{} {}", finding.check, finding.object())
            })
            .collect();
        assert_eq!(told, expected);
    }

    /// A sharded keyspace with a table entry, and a table.
    fn sharded(entry: &str) -> String {
        format!(
            r#"{{"sharded": true, "vindexes": {{"hash": {{"type": "hash"}}, "l": {{"type": "lookup", "params": {{"table": "l", "from": "a", "to": "k"}}}}}}, "tables": {{"t": {entry}}}}}"#
        )
    }

    #[test]
    fn rules_are_sorted_and_known_to_every_error() {
        assert!(RULES.is_sorted_by_key(|(id, _)| *id));
    }

    #[test]
    fn what_the_vschema_is_refused_for_has_an_id() {
        let cases = [
            ("{}", "no-primary-vindex ks.t"),
            (r#"{"type": "ref"}"#, "table-type-unknown ks.t"),
            (r#"{"pinned": "zz"}"#, "pinned-invalid ks.t"),
            (
                r#"{"column_vindexes": [{"name": "x", "columns": ["a"]}]}"#,
                "vindex-undefined ks.t",
            ),
            (
                r#"{"column_vindexes": [{"name": "hash"}]}"#,
                "vindex-columns-invalid ks.t",
            ),
            (
                r#"{"column_vindexes": [{"name": "l", "columns": ["a"]}]}"#,
                "primary-vindex-not-unique ks.t",
            ),
            (
                r#"{"type": "sequence"}"#,
                "sequence-in-sharded-keyspace ks.t",
            ),
            (
                r#"{"type": "reference", "source": "x.y"}"#,
                "reference-source-unknown ks.t",
            ),
            (
                r#"{"column_vindexes": [{"name": "hash", "columns": ["a"]}], "auto_increment": {"column": "a", "sequence": "s"}}"#,
                "auto-increment-sequence-missing ks.t",
            ),
            (r#"{"colunm_vindexes": []}"#, "vschema-unknown-field ks"),
            (r#"{"type": 1}"#, "vschema-json ks"),
        ];
        for (entry, expected) in cases {
            let files = [
                ("keyspaces/ks/shards.json", r#"["-80", "80-"]"#),
                ("keyspaces/ks/vschema.json", &sharded(entry)),
            ];
            check(&files, &[expected]);
        }
    }

    #[test]
    fn what_files_are_refused_for_has_an_id() {
        let table = |text| ("keyspaces/ks/tables/t.sql", text);
        let shards = ("keyspaces/ks/shards.json", r#"["0"]"#);
        for (text, expected) in [
            ("create table t (a int", "ddl-syntax ks.t"),
            ("create table u (a int)", "file-content ks.t"),
            ("create table t (a int, a int)", "duplicate-name ks.t"),
            (
                "create table t (a text, key (a))",
                "index-on-blob-without-prefix ks.t",
            ),
            ("create table t (a int, key (z))", "unknown-column ks.t"),
            (
                "create table t (a int, key (a, A))",
                "index-column-duplicate ks.t",
            ),
            (
                "create table t (a int auto_increment)",
                "auto-increment-not-key ks.t",
            ),
            (
                "create table t (a varchar(70000))",
                "definition-invalid ks.t",
            ),
        ] {
            check(&[shards, table(text)], &[expected]);
        }
        check(&[table("create table t (a int)")], &["shards-invalid ks"]);
        check(
            &[("vrev.toml", "format = 2")],
            &["config-invalid vrev.toml"],
        );
        check(
            &[("routing_rules.json", "[]")],
            &["vschema-json routing_rules"],
        );
    }
}
