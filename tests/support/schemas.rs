//! Schemas made up for properties: CREATE TABLE statements over few names, so that two schemas have much in common.
//!
//! Text alone, so that unit tests and tests from outside share it. Not every table is one that MySQL takes; the property
//! leaves those out.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Which words a schema may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// All of MySQL's.
    MySql,
    /// Those that MariaDB has too.
    Common,
}

/// The tables that a schema may have, parents before those that refer to them.
pub(crate) const TABLES: [&str; 4] = ["p", "t", "u", "w"];

/// Types with what may follow each.
const COLUMNS: &[(&str, &[&str])] = &[
    (
        "int",
        &[
            "",
            " not null",
            " default '3'",
            " not null default -1 comment 'it''s'",
        ],
    ),
    (
        "bigint unsigned",
        &["", " not null", " default null comment 'x'"],
    ),
    ("tinyint(1)", &["", " not null default true"]),
    (
        "varchar(20)",
        &[
            "",
            " not null",
            " default 'it''s'",
            " not null default '' comment '\\\\n'",
        ],
    ),
    ("varchar(30) character set latin1", &["", " not null"]),
    ("varchar(25) collate utf8mb4_bin", &["", " default 'é'"]),
    ("char(3)", &["", " not null default 'abc'"]),
    (
        "decimal(10,2)",
        &["", " default 1.5", " unsigned not null default 0"],
    ),
    ("double", &["", " not null default 1.5"]),
    (
        "datetime(3)",
        &[
            "",
            " default current_timestamp(3)",
            " not null default now(3) on update now(3)",
        ],
    ),
    (
        "timestamp",
        &[" null", " not null default current_timestamp"],
    ),
    ("date", &["", " default '2020-02-03'"]),
    ("time(2)", &["", " not null default '10:00:00'"]),
    ("year", &["", " default 2001"]),
    ("enum('x','y','it''s')", &["", " not null default 'y'"]),
    ("set('x','y')", &["", " default 'x,y'"]),
    ("varbinary(16)", &["", " not null"]),
    ("bit(4)", &["", " default b'101'"]),
    ("text", &["", " not null", " character set latin1"]),
    ("json", &["", " not null", " default (json_array())"]),
];

/// Keys, checks and generated columns of a table; `%1` is a column, `CC` a name of the table's own.
const PARTS: &[&str] = &[
    "primary key (%1)",
    "primary key (id, %1)",
    "primary key (id)",
    "key k (%1)",
    "unique key u (%1)",
    "unique key uu (id, %1)",
    "key k (id desc)",
    "key w (id, %1) comment 'c'",
    "key (%1, id)",
    "constraint CC check (id > 0)",
    "constraint CC check (id > 1 and id <> 7 or id in (1, 2))",
    "g int as (id + 1) stored",
    "g int as (id + 2) virtual",
    "g varchar(50) as (concat(id, 'x')) virtual comment 'v'",
    "h int as (id) virtual",
];

const MYSQL_PARTS: &[&str] = &[
    "constraint CC check (id > 1) not enforced",
    "key f ((id + 1))",
    "key i (id) invisible",
    "i int invisible",
];

const OPTIONS: &[&str] = &[
    "",
    "",
    "",
    " comment 'c'",
    " default charset latin1",
    " row_format=dynamic",
    " partition by hash (id) partitions 4",
    " partition by range (id) (partition p0 values less than (10), partition p1 values less than (20), partition p2 values less \
     than maxvalue)",
    " partition by range (id) (partition p0 values less than (10), partition p2 values less than maxvalue)",
    " partition by list (id) (partition a values in (1, 2), partition b values in (3))",
];

/// One table.
fn table(name: &'static str, words: Words) -> impl Strategy<Value = String> {
    let column = select(COLUMNS.to_vec())
        .prop_flat_map(|(kind, extras)| (Just(kind), select(extras.to_vec())));
    let columns = (
        subsequence(vec!["a", "b", "c", "d"], 1..=4).prop_shuffle(),
        proptest::collection::vec(column, 4),
    );
    let mut parts = PARTS.to_vec();
    if words == Words::MySql {
        parts.extend(MYSQL_PARTS);
    }
    let parts = subsequence(parts, 0..=4);
    let identity = select(vec![
        "id int not null",
        "id int not null",
        "id bigint not null auto_increment",
    ]);
    let rest = (
        select(OPTIONS.to_vec()),
        identity,
        any::<bool>(),
        any::<bool>(),
    );
    (columns, parts, rest).prop_map(
        move |((names, columns), parts, (options, identity, foreign, cascade))| {
            let mut items = vec![identity.to_owned()];
            for (name, (column_type, extra)) in names.iter().zip(&columns) {
                items.push(format!("{name} {column_type}{extra}"));
            }
            let first = match columns[0].0 {
                "text" => format!("{}(4)", names[0]),
                _ => names[0].to_owned(),
            };
            for part in parts {
                items.push(
                    part.replace("%1", &first)
                        .replace("CC", &format!("chk_{name}")),
                );
            }
            if identity.contains("auto_increment") {
                items.push("key auto (id)".to_owned());
            }
            if foreign && name != "p" && !options.contains("partition") {
                let action = if cascade { " on delete cascade" } else { "" };
                items.push(format!(
                    "constraint fk_{name} foreign key (id) references p (id){action}"
                ));
            }
            format!("create table {name} ({}){options}", items.join(", "))
        },
    )
}

/// A schema: some tables, in the order of [`TABLES`].
pub(crate) fn schema(words: Words) -> impl Strategy<Value = Vec<String>> {
    let tables = TABLES.map(|name| table(name, words));
    (tables, subsequence(vec![0, 1, 2, 3], 0..=4))
        .prop_map(|(texts, chosen)| chosen.into_iter().map(|at| texts[at].clone()).collect())
}
