//! The law of migrations, and the statements of common changes.

mod growth;
mod law;

use std::fmt::Write as _;

use super::*;
use crate::catalog::alter::{self, ForeignKeyChecks};
use crate::catalog::{Identities, Keyspace};
use crate::diff::{Options, catalog};
use crate::sql::{Statement, parse_statement};

fn ddl(sql: &str) -> Ddl {
    match parse_statement(sql) {
        Ok(Statement::Ddl(ddl)) => ddl,
        Ok(_) => panic!("not DDL: {sql}"),
        Err(error) => panic!("{error}: {sql}"),
    }
}

/// Applies statements, each ended by `;`, in the keyspace `shop`.
fn play(from: &Catalog, script: &str) -> Result<Catalog, DefinitionError> {
    let mut catalog = from.clone();
    for sql in script
        .split(';')
        .map(str::trim)
        .filter(|sql| !sql.is_empty())
    {
        catalog = alter::apply(&catalog, "shop", &ddl(sql), ForeignKeyChecks::Off)?.catalog;
    }
    Ok(catalog)
}

fn shop(script: &str) -> Catalog {
    let keyspace = Keyspace {
        name: "shop".into(),
        ..Keyspace::default()
    };
    let empty = Catalog {
        keyspaces: [("shop".to_owned(), keyspace.into())].into(),
        ..Catalog::default()
    };
    play(&empty, script).unwrap_or_else(|error| panic!("{error}: {script}"))
}

fn statements(steps: &[Step]) -> Vec<String> {
    steps.iter().map(Step::sql).collect()
}

/// A catalog whose objects are known by their names alone: what a statement creates cannot have another's identity.
fn named(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    for keyspace in catalog.keyspaces.values_mut() {
        std::sync::Arc::make_mut(keyspace).identities = Identities::default();
    }
    catalog
}

/// Runs the printed statements on `from` and returns what still differs from `to`.
fn remainder(from: &Catalog, to: &Catalog, steps: &[Step]) -> String {
    let mut script = String::new();
    for step in steps {
        writeln!(script, "{};", step.sql()).unwrap();
    }
    match play(from, &script) {
        Ok(result) => {
            let left = catalog::diff(&named(&result), &named(to), &Options::default());
            if left.is_empty() {
                String::new()
            } else {
                format!("{script}\nleave {left:#?}")
            }
        }
        Err(error) => format!("{script}\nfail: {error}"),
    }
}

/// Checks the statements from one catalog to the other, and the law both ways.
#[track_caller]
fn check(from: &Catalog, to: &Catalog, expected: &[&str]) {
    let steps = migration(from, to).unwrap_or_else(|error| panic!("{error}"));
    let expected: Vec<String> = expected
        .iter()
        .map(|line| line.replace(" shop.t", " `shop`.`t`"))
        .collect();
    assert_eq!(statements(&steps), expected);
    assert_eq!(remainder(from, to, &steps), "");
    let back = migration(to, from).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(remainder(to, from, &back), "");
}

/// Checks what an ALTER TABLE of `t` amounts to.
#[track_caller]
fn alter(columns: &str, clauses: &str, expected: &[&str]) {
    let from = shop(&format!("create table t ({columns})"));
    let to =
        play(&from, &format!("alter table t {clauses}")).unwrap_or_else(|error| panic!("{error}"));
    check(&from, &to, expected);
}

#[test]
fn columns_come_where_they_stand() {
    let t = "a int primary key, b int, c int";
    alter(
        t,
        "add d int",
        &["ALTER TABLE shop.t ADD COLUMN `d` int DEFAULT NULL"],
    );
    alter(
        t,
        "add d int first",
        &["ALTER TABLE shop.t ADD COLUMN `d` int DEFAULT NULL FIRST"],
    );
    alter(
        t,
        "add d int after b, add e int after d",
        &[
            "ALTER TABLE shop.t ADD COLUMN `d` int DEFAULT NULL AFTER `b`, ADD COLUMN `e` int DEFAULT NULL AFTER `d`",
        ],
    );
    alter(t, "drop b", &["ALTER TABLE shop.t DROP COLUMN `b`"]);
    alter(
        t,
        "drop b, add b varchar(3)",
        &[
            "ALTER TABLE shop.t MODIFY COLUMN `c` int DEFAULT NULL AFTER `a`, MODIFY COLUMN `b` varchar(3) DEFAULT NULL",
        ],
    );
    alter(
        t,
        "modify c int first",
        &["ALTER TABLE shop.t MODIFY COLUMN `c` int DEFAULT NULL FIRST"],
    );
    alter(
        t,
        "modify b bigint not null",
        &["ALTER TABLE shop.t MODIFY COLUMN `b` bigint NOT NULL"],
    );
    alter(
        t,
        "alter b set default 5",
        &["ALTER TABLE shop.t ALTER COLUMN `b` SET DEFAULT '5'"],
    );
    alter(
        t,
        "alter b set invisible",
        &["ALTER TABLE shop.t ALTER COLUMN `b` SET INVISIBLE"],
    );
}

#[test]
fn renames_are_renames() {
    let t = "a int primary key, b int, c int, key k (b), check (c > 0), g int as (c + 1) stored";
    alter(
        t,
        "rename column b to x",
        &["ALTER TABLE shop.t RENAME COLUMN `b` TO `x`"],
    );
    alter(
        t,
        "rename column a to b, rename column b to a",
        &["ALTER TABLE shop.t RENAME COLUMN `a` TO `b`, RENAME COLUMN `b` TO `a`"],
    );
    alter(
        t,
        "rename key k to l",
        &["ALTER TABLE shop.t RENAME KEY `k` TO `l`"],
    );
    alter(
        t,
        "drop b, rename column a to b",
        &[
            "ALTER TABLE shop.t DROP COLUMN `b`",
            "ALTER TABLE shop.t RENAME COLUMN `a` TO `b`",
            "ALTER TABLE shop.t ADD KEY `k` (`b`)",
        ],
    );
    let from = shop(&format!("create table t ({t}); create table u (a int)"));
    let to = play(&from, "rename table t to u1, u to t, u1 to u").unwrap();
    check(
        &from,
        &to,
        &[
            "RENAME TABLE shop.t TO `shop`.`_vrev_rename_1`, `shop`.`u` TO shop.t, `shop`.`_vrev_rename_1` TO `shop`.`u`",
        ],
    );
}

#[test]
fn what_reads_a_renamed_column_is_redefined() {
    let from = shop(
        "create table t (a int primary key, c int, constraint pos check (c > 0), g int as (c + 1) stored, key f ((c * 2)))",
    );
    let to = shop(
        "create table t (a int primary key, d int, constraint pos check (d > 0), g int as (d + 1) stored, key f ((d * 2)))",
    );
    let mut renamed = Keyspace::clone(&to.keyspaces["shop"]);
    renamed
        .identities
        .columns
        .entry("t".into())
        .or_default()
        .insert("d".into(), "c".into());
    let to = Catalog {
        keyspaces: [("shop".to_owned(), renamed.into())].into(),
        ..Catalog::default()
    };
    check(
        &from,
        &to,
        &[
            "ALTER TABLE shop.t DROP KEY `f`",
            "ALTER TABLE shop.t DROP CHECK `pos`, RENAME COLUMN `c` TO `d`, CHANGE COLUMN `g` `g` int GENERATED ALWAYS AS ((`d` + 1)) STORED",
            "ALTER TABLE shop.t ADD KEY `f` (((`d` * 2))), ADD CONSTRAINT `pos` CHECK ((`d` > 0))",
        ],
    );
}

#[test]
fn keys_checks_and_options_change_in_one_statement() {
    let t = "a int primary key, b int, c int, key k (b), constraint pos check (c > 0)";
    alter(
        t,
        "drop key k, add unique key k (b, c)",
        &["ALTER TABLE shop.t DROP KEY `k`, ADD UNIQUE KEY `k` (`b`,`c`)"],
    );
    alter(
        t,
        "drop primary key, add primary key (a, b)",
        &[
            "ALTER TABLE shop.t DROP PRIMARY KEY, MODIFY COLUMN `b` int NOT NULL, ADD PRIMARY KEY (`a`,`b`)",
        ],
    );
    alter(
        t,
        "alter index k invisible",
        &["ALTER TABLE shop.t ALTER INDEX `k` INVISIBLE"],
    );
    alter(
        t,
        "alter check pos not enforced",
        &["ALTER TABLE shop.t ALTER CHECK `pos` NOT ENFORCED"],
    );
    alter(
        t,
        "drop check pos, add constraint pos check (c > 1)",
        &["ALTER TABLE shop.t DROP CHECK `pos`, ADD CONSTRAINT `pos` CHECK ((`c` > 1))"],
    );
    alter(
        t,
        "comment 'x', row_format compressed",
        &["ALTER TABLE shop.t ROW_FORMAT=COMPRESSED COMMENT='x'"],
    );
    alter(
        "a int, b text",
        "default charset latin1",
        &["ALTER TABLE shop.t DEFAULT CHARSET=latin1"],
    );
    alter(
        "a int, b text",
        "convert to character set latin1",
        &[
            "ALTER TABLE shop.t MODIFY COLUMN `b` text CHARACTER SET latin1 COLLATE latin1_swedish_ci, DEFAULT CHARSET=latin1",
        ],
    );
}

#[test]
fn partitions_are_managed_where_they_can_be() {
    let from = shop(
        "create table t (a int) partition by range (a) (partition p1 values less than (10), partition p2 values less than (20))",
    );
    let to = play(
        &from,
        "alter table t add partition (partition p3 values less than (30))",
    )
    .unwrap();
    check(
        &from,
        &to,
        &["ALTER TABLE shop.t ADD PARTITION (PARTITION p3 VALUES LESS THAN (30) ENGINE = InnoDB)"],
    );
    let steps = migration(&to, &from).unwrap();
    assert_eq!(
        steps[0].hazards,
        ["partitions p3 of `t` are dropped with their rows"]
    );
    let rotated = play(&to, "alter table t drop partition p1").unwrap();
    check(
        &from,
        &rotated,
        &[
            "ALTER TABLE shop.t DROP PARTITION `p1`",
            "ALTER TABLE shop.t ADD PARTITION (PARTITION p3 VALUES LESS THAN (30) ENGINE = InnoDB)",
        ],
    );
    let none = play(&from, "alter table t remove partitioning").unwrap();
    check(&from, &none, &["ALTER TABLE shop.t REMOVE PARTITIONING"]);
}

#[test]
fn tables_and_foreign_keys_go_and_come_in_order() {
    let from = shop(
        "create table gone (id int primary key); create table child (g int, constraint fk_g foreign key (g) references gone (id))",
    );
    let to = shop(
        "create table child (g int, p int, key fk_g (g), constraint fk_p foreign key (p) references parent (id));
         create table parent (id int primary key)",
    );
    check(
        &from,
        &to,
        &[
            "ALTER TABLE `shop`.`child` DROP FOREIGN KEY `fk_g`",
            "DROP TABLE `shop`.`gone`",
            "ALTER TABLE `shop`.`child` ADD COLUMN `p` int DEFAULT NULL, ADD KEY `fk_p` (`p`)",
            concat!(
                "CREATE TABLE `shop`.`parent` (`id` int NOT NULL, PRIMARY KEY (`id`)",
                ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
            ),
            "ALTER TABLE `shop`.`child` ADD CONSTRAINT `fk_p` FOREIGN KEY (`p`) REFERENCES `parent` (`id`)",
        ],
    );
}

#[test]
fn cycles_of_foreign_keys_are_cut() {
    let none = shop("");
    let both = shop(
        "create table a (id int primary key, b int, constraint ab foreign key (b) references b (id));
         create table b (id int primary key, a int, constraint ba foreign key (a) references a (id))",
    );
    let steps = migration(&none, &both).unwrap();
    assert_eq!(steps.len(), 3);
    assert!(steps[2].sql().contains("ADD CONSTRAINT `ab`"));
    assert_eq!(remainder(&none, &both, &steps), "");
    let steps = migration(&both, &none).unwrap();
    assert_eq!(
        statements(&steps),
        [
            "ALTER TABLE `shop`.`b` DROP FOREIGN KEY `ba`",
            "DROP TABLE `shop`.`a`",
            "DROP TABLE `shop`.`b`",
        ]
    );
    assert_eq!(
        steps[1].hazards,
        ["table `shop.a` is dropped with its rows"]
    );
}

#[test]
fn foreign_keys_step_aside_for_a_new_type() {
    let tables = |kind: &str| {
        shop(&format!(
            "create table p (id {kind} primary key); create table t (p {kind}, constraint f foreign key (p) references p (id))"
        ))
    };
    check(
        &tables("int"),
        &tables("bigint"),
        &[
            "ALTER TABLE shop.t DROP FOREIGN KEY `f`",
            "ALTER TABLE `shop`.`p` MODIFY COLUMN `id` bigint NOT NULL",
            "ALTER TABLE shop.t MODIFY COLUMN `p` bigint DEFAULT NULL",
            "ALTER TABLE shop.t ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`)",
        ],
    );
}

#[test]
fn views_come_after_what_they_read() {
    let from = shop("create table t (a int); create view old as select a from t");
    let to = shop(
        "create table t (a int); create view z as select a from t; create view a as select a from z",
    );
    let steps = migration(&from, &to).unwrap();
    let redefined = shop("create table t (a int); create view z as select a + 1 as a from t");
    check(
        &to,
        &redefined,
        &[
            "DROP VIEW `shop`.`a`",
            "CREATE OR REPLACE VIEW `shop`.`z` AS select `a` + 1 as `a` from `t`",
        ],
    );
    let names: Vec<String> = statements(&steps)
        .iter()
        .map(|sql| sql.split(" AS").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "DROP VIEW `shop`.`old`",
            "CREATE VIEW `shop`.`z`",
            "CREATE VIEW `shop`.`a`"
        ]
    );
    assert_eq!(remainder(&from, &to, &steps), "");
}

#[test]
fn changes_that_may_lose_data_say_why() {
    #[track_caller]
    fn check(columns: &str, clauses: &str, expected: &[&str]) {
        let from = shop(&format!("create table t ({columns})"));
        let to = play(&from, &format!("alter table t {clauses}")).unwrap();
        let hazards: Vec<String> = migration(&from, &to)
            .unwrap()
            .into_iter()
            .flat_map(|step| step.hazards)
            .collect();
        assert_eq!(hazards, expected);
    }
    check(
        "a int, b int",
        "drop b",
        &["column `t.b` is dropped with its values"],
    );
    check(
        "a int, b bigint",
        "modify b int",
        &["column `t.b` changes from bigint to int, which does not hold every value"],
    );
    check(
        "a int, b int",
        "modify b int not null",
        &["column `t.b` becomes NOT NULL: rows with NULL are refused or changed"],
    );
    let changes = |from: &str, to: &str| {
        let said =
            format!("column `t.b` changes from {from} to {to}, which does not hold every value");
        check(
            &format!("a int, b {}", from.replace(' ', " charset ")),
            &format!("modify b {}", to.replace(' ', " charset ")),
            &[said.as_str()],
        );
    };
    changes("varchar(255)", "varchar(64)");
    changes("varchar(20)", "datetime");
    changes("datetime(6)", "datetime");
    changes("decimal(10,2)", "decimal(10,4)");
    changes("text", "tinytext");
    changes("bit(8)", "bit(4)");
    changes("binary(16)", "varbinary(16)");
    changes("enum('a','b')", "enum('b','a')");
    changes("set('a','b')", "set('a')");
    changes("varchar(9) utf8mb4", "varchar(9) latin1");
    check(
        "a int, b int",
        "modify b int unsigned",
        &["column `t.b` changes from int to int unsigned, which does not hold every value"],
    );
    check(
        "a int, b int",
        "drop b, add b int as (a) stored",
        &["column `t.b` becomes generated: its values are computed over"],
    );
    check("a int, b int as (a)", "drop b", &[]);
    check("a int, b int as (a) stored", "drop b", &[]);
    check(
        "a int, b varchar(9) charset latin1",
        "modify b varchar(9) charset utf8mb4",
        &[],
    );
    check("a int, b enum('a')", "modify b enum('a','b')", &[]);
    check("a int, b int not null", "modify b int", &[]);
    check(
        "a int, b int, key (b), unique (a)",
        "drop key b, drop key a",
        &[],
    );
    check("a int, b int", "modify b bigint, add c int", &[]);
    check(
        "a int, b int as (a) virtual",
        "drop b, add b int as (a) stored",
        &[],
    );
}

/// The cluster of the template.
fn template() -> Catalog {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("repo-template");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                files.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    crate::catalog::files::read(files).unwrap()
}

#[test]
fn a_new_colocated_table_is_created_then_declared_and_back() {
    let from = template();
    let mut to = from.clone();
    for (keyspace, sql) in [
        (
            "product",
            "create table corder_event_seq(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'",
        ),
        (
            "customer",
            "create table corder_event(corder_event_id bigint, corder_id bigint, ename varchar(128), keyspace_id varbinary(10), primary key(corder_id, corder_event_id))",
        ),
    ] {
        to = alter::apply(&to, keyspace, &ddl(sql), ForeignKeyChecks::On)
            .unwrap()
            .catalog;
    }
    let edit = |catalog: &mut Catalog, keyspace: &str, change: &dyn Fn(&mut Document)| {
        let keyspace = catalog.keyspaces.get_mut(keyspace).unwrap();
        change(&mut std::sync::Arc::make_mut(keyspace).vschema);
    };
    edit(&mut to, "product", &|document| {
        let entry = document
            .tables
            .entry("corder_event_seq".into())
            .or_default();
        entry.table_type = "sequence".into();
    });
    edit(&mut to, "customer", &|document| {
        let json = r#"{"vindexes": {"binary": {"type": "binary"}}, "tables": {"corder_event": {
            "column_vindexes": [{"column": "corder_id", "name": "corder_keyspace_idx"}, {"column": "keyspace_id", "name": "binary"}],
            "auto_increment": {"column": "corder_event_id", "sequence": "product.corder_event_seq"}}}}"#;
        let added = Document::from_json(json.as_bytes()).unwrap();
        document.tables.extend(added.tables);
        document.vindexes.extend(added.vindexes);
    });
    let table = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";
    let steps = migration(&from, &to).unwrap();
    assert_eq!(
        statements(&steps),
        [
            format!(
                "CREATE TABLE `customer`.`corder_event` (`corder_event_id` bigint NOT NULL, `corder_id` bigint NOT NULL, \
                 `ename` varchar(128) DEFAULT NULL, `keyspace_id` varbinary(10) DEFAULT NULL, \
                 PRIMARY KEY (`corder_id`,`corder_event_id`)) {table}"
            ),
            format!(
                "CREATE TABLE `product`.`corder_event_seq` (`id` bigint NOT NULL, `next_id` bigint DEFAULT NULL, \
                 `cache` bigint DEFAULT NULL, PRIMARY KEY (`id`)) {table} COMMENT='vitess_sequence'"
            ),
            "alter vschema add sequence product.corder_event_seq".to_owned(),
            "alter vschema on customer.corder_event add vindex corder_keyspace_idx (corder_id)".to_owned(),
            "alter vschema on customer.corder_event add vindex `binary` (keyspace_id) using `binary`".to_owned(),
            "alter vschema on customer.corder_event add auto_increment corder_event_id using product.corder_event_seq".to_owned(),
        ]
    );
    assert_eq!(
        statements(&migration(&to, &from).unwrap()),
        [
            "alter vschema drop table customer.corder_event",
            "alter vschema drop sequence product.corder_event_seq",
            "alter vschema drop vindex customer.`binary`",
            "DROP TABLE `customer`.`corder_event`",
            "DROP TABLE `product`.`corder_event_seq`",
        ]
    );
}
