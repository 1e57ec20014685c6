//! Tests of importing texts: what dumps say, what is refused and where, and that the order of texts does not matter.

use proptest::prelude::*;

use super::*;
use crate::catalog::files;

fn source(name: &str, text: &str) -> Source {
    Source::new(name, None, text.as_bytes().to_vec())
}

fn shop() -> Options {
    Options {
        keyspace: Some("shop".to_owned()),
        force: false,
    }
}

fn import(sources: &[Source]) -> Imported {
    ddl(&Catalog::default(), sources, &shop(), false).unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[track_caller]
fn objects(text: &str, expected: &[&str]) -> Imported {
    let imported = import(&[source("a.sql", text)]);
    let found: Vec<String> = imported
        .objects
        .iter()
        .map(|object| format!("{} {}.{}", object.kind.word(), object.keyspace, object.name))
        .collect();
    assert_eq!(found, expected, "{text}");
    imported
}

#[track_caller]
fn refused(catalog: &Catalog, options: &Options, text: &str, expected: &[&str]) {
    let errors = ddl(catalog, &[source("a.sql", text)], options, false).expect_err(text);
    let told: Vec<String> = errors
        .iter()
        .map(|error| match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

/// As mysqldump 8.0 writes a database with a view, a trigger and rows.
const DUMP: &str = "\
-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `sakila` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */;
USE `sakila`;
DROP TABLE IF EXISTS `child`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `child` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(10) DEFAULT NULL,
  `parent_id` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `parent_id` (`parent_id`),
  CONSTRAINT `fk` FOREIGN KEY (`parent_id`) REFERENCES `sakila`.`parent` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=7;
LOCK TABLES `child` WRITE;
/*!40000 ALTER TABLE `child` DISABLE KEYS */;
INSERT INTO `child` VALUES (1,'a;b',NULL),(2,'it''s',1);
/*!40000 ALTER TABLE `child` ENABLE KEYS */;
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `ins` BEFORE INSERT ON `child` FOR EACH ROW BEGIN
  SET NEW.name = 'x';
END */;;
DELIMITER ;
DROP TABLE IF EXISTS `parent`;
CREATE TABLE `parent` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 CREATE VIEW `v` AS SELECT 1 AS `id`*/;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS select `sakila`.`child`.`id` AS `id` from `sakila`.`child` */;
-- Dump completed on 2026-01-01
";

#[test]
fn a_dump_is_read_as_it_is() {
    let imported = objects(
        DUMP,
        &["table shop.child", "table shop.parent", "view shop.v"],
    );
    let skipped: Vec<_> = imported
        .skipped
        .iter()
        .map(|skipped| skipped.what.as_str())
        .collect();
    assert_eq!(skipped, ["CREATE TRIGGER `ins`"]);
    assert_eq!(imported.rows.len(), 1);
    assert_eq!(imported.rows[0].at.to_string(), "a.sql:18:1");
    let files = files::write(&imported.catalog).expect("its names are usable");
    let text = |path: &str| {
        let file = files.iter().find(|(known, _)| known == path);
        String::from_utf8(file.expect(path).1.clone()).expect("text")
    };
    let child = text("keyspaces/shop/tables/child.sql");
    assert!(child.contains("REFERENCES `parent` (`id`)"), "{child}");
    assert!(child.contains("DEFAULT CHARSET=latin1;"), "{child}");
    let view = text("keyspaces/shop/views/v.sql");
    assert!(
        view.contains("from `child`") && !view.contains("sakila"),
        "{view}"
    );
    assert!(imported.catalog.rebuild().is_ok());
}

#[test]
fn a_dump_of_mariadb_is_known_by_its_first_lines_and_its_spellings_read() {
    let imported = objects(
        "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n\
         CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  \
         `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`)),\n  \
         `b` text DEFAULT 'it''s',\n  `n` int(11) DEFAULT 3,\n  `at` timestamp NOT NULL DEFAULT current_timestamp(),\n  \
         PRIMARY KEY (`id`),\n  CONSTRAINT `CONSTRAINT_1` CHECK (`n` > 1)\n\
         ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;",
        &["table shop.t"],
    );
    let files = files::write(&imported.catalog).expect("its names are usable");
    let table = files
        .iter()
        .find(|(path, _)| path.ends_with("/t.sql"))
        .expect("it is there");
    insta::assert_snapshot!(String::from_utf8_lossy(&table.1), @r"
    CREATE TABLE `t` (
      `id` int NOT NULL,
      `j` json,
      `b` text COLLATE utf8mb4_general_ci DEFAULT (_utf8mb4'it''s'),
      `n` int DEFAULT '3',
      `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
      PRIMARY KEY (`id`),
      CONSTRAINT `t_chk_1` CHECK ((`n` > 1))
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
    ");
}

#[test]
fn what_a_text_creates_it_may_alter_rename_and_drop() {
    objects(
        "create table a (i int); alter table a add primary key (i); create unique index u on a (i); \
         create table b like a; rename table b to c; create table d (i int); drop table d; \
         create view v as select 1 as x; create or replace view v as select 2 as x;",
        &["table shop.a", "table shop.c", "view shop.v"],
    );
    let imported = objects("drop table gone; drop view if exists v;", &[]);
    let skipped: Vec<_> = imported
        .skipped
        .iter()
        .map(|skipped| skipped.what.as_str())
        .collect();
    assert_eq!(skipped, ["DROP TABLE `gone`", "DROP VIEW `v`"]);
}

#[test]
fn statements_that_make_no_table_are_named() {
    let imported = objects(
        "create user u; grant all on *.* to u; create procedure p() select 1; create temporary table t (i int); \
         select 1; set names utf8; /* nothing */; optimize table t;",
        &[],
    );
    let skipped: Vec<_> = imported
        .skipped
        .iter()
        .map(|skipped| skipped.what.as_str())
        .collect();
    assert_eq!(
        skipped,
        [
            "CREATE USER `u`",
            "GRANT",
            "CREATE PROCEDURE `p`",
            "CREATE TEMPORARY TABLE `t`",
            "SELECT",
            "OPTIMIZE"
        ]
    );
}

#[test]
fn errors_say_where() {
    let none = Catalog::default();
    let check = |text: &str, expected: &[&str]| refused(&none, &shop(), text, expected);
    check(
        "create table a (i int);\n  create table b (i nit); create table c (i int,, j int)",
        &[
            "a.sql:2:21: cannot read the statement: syntax error at 2:21 near `nit`: expected a data type",
            "a.sql:2:49: cannot read the statement: syntax error at 2:49 near `,`: expected an identifier",
        ],
    );
    check(
        "create tabel t (a int); create or replace veiw v as select 1; create role r; create tablespace s;",
        &[
            "a.sql:1:8: cannot read the statement: syntax error at 1:8 near `tabel`: expected what to create",
            "a.sql:1:43: cannot read the statement: syntax error at 1:43 near `veiw`: expected what to create",
        ],
    );
    check(
        "selec 1",
        &[
            "a.sql:1:1: cannot read the statement: syntax error at 1:1 near `selec`: expected a statement",
        ],
    );
    check(
        "\ncreate table a (i int, i int)",
        &["a.sql:2:24: table `shop.a` is not valid: Duplicate column name 'i'"],
    );
    check(
        "create table a (i int); create table a (j int)",
        &["a.sql:1:25: `shop.a` is defined a second time, otherwise than at a.sql:1:1"],
    );
    check(
        "create table a select 1",
        &[
            "a.sql:1:1: cannot read the statement: unsupported: CREATE TABLE ... SELECT in an import (at 1:1)",
        ],
    );
    check(
        "alter table a add column i int",
        &[
            "a.sql:1:1: `shop.a` is created by none of the texts: an import takes definitions; statements that alter what is \
             there are for `vrev sql`",
        ],
    );
    check(
        "use x; create table a (i int); use y; create table b (i int)",
        &[
            "a.sql:1:39: databases `x` and `y` cannot both go to keyspace `shop`: leave out `--keyspace`",
        ],
    );
    refused(
        &none,
        &Options::default(),
        "create table a (i int)",
        &[
            "a.sql:1:1: no keyspace is said for `a`: name one with `--keyspace`, or begin with `USE`",
        ],
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_matter() {
    let lossy = |text: &str| {
        let source = Source {
            lossy: true,
            ..source("a.sql", text)
        };
        ddl(&Catalog::default(), &[source], &shop(), false)
    };
    assert!(lossy("create table a (i int); insert into a values ('\u{fffd}')").is_ok());
    let errors = lossy("create table a (i int comment '\u{fffd}')").expect_err("a comment is text");
    assert_eq!(
        errors[0].to_string(),
        "a.sql:1:32: the text is not UTF-8, and no `SET NAMES latin1` before it says that it is latin1"
    );
    // As `mysqldump --default-character-set=latin1` writes it.
    let dump = b"\xef\xbb\xbf/*!40101 SET NAMES latin1 */;\r\ncreate table a (i int comment 'caf\xe9');\r\n";
    let source = Source::new("a.sql", None, dump[3..].to_vec());
    assert!(!source.lossy);
    let imported = import(&[source]);
    let table = imported
        .catalog
        .definition("shop", "a")
        .expect("it was defined");
    assert_eq!(
        table.column("i").map(|column| column.comment.as_str()),
        Some("café")
    );
}

/// A byte order mark, lines of Windows, DELIMITER: as files come from elsewhere.
#[test]
fn files_of_other_tools_are_read() {
    let text = "\u{feff}-- made by a tool\r\nDELIMITER ;;\r\nCREATE PROCEDURE p()\r\nBEGIN\r\n  SELECT 1; SELECT 2;\r\nEND;;\r\n\
                DELIMITER ;\r\nCREATE TABLE a (\r\n  i int, -- one\r\n  b varchar(9) DEFAULT 'x;y'\r\n);\r\n\
                delimiter $$\r\ncreate view v as select i from a$$\r\ndelimiter ;\r\n";
    let imported = objects(text, &["table shop.a", "view shop.v"]);
    let skipped: Vec<String> = imported
        .skipped
        .iter()
        .map(|skipped| format!("{} {}", skipped.at, skipped.what))
        .collect();
    assert_eq!(skipped, ["a.sql:3:1 CREATE PROCEDURE `p`"]);
}

#[test]
fn what_is_there_is_replaced_only_by_force() {
    let base = import(&[source(
        "a.sql",
        "create table a (i int); create view v as select 1 as x",
    )])
    .catalog;
    let same = ddl(
        &base,
        &[source("b.sql", "CREATE TABLE `a` (`i` int(11) NULL)")],
        &Options::default(),
        false,
    );
    assert_eq!(
        same.expect("it is equal").objects[0].outcome,
        Outcome::Unchanged
    );
    let other = "create table a (i int, j int); create view v as select 2 as x";
    refused(
        &base,
        &shop(),
        other,
        &[
            "a.sql:1:1: table `shop.a` is there already with another definition",
            "a.sql:1:32: view `shop.v` is there already with another definition",
        ],
    );
    let force = Options {
        force: true,
        ..shop()
    };
    let forced = ddl(&base, &[source("a.sql", other)], &force, false).expect("it is forced");
    assert!(
        forced
            .objects
            .iter()
            .all(|object| object.outcome == Outcome::Replaced)
    );
    assert_eq!(
        forced.changes,
        [Change::TableAltered {
            keyspace: "shop".to_owned(),
            from: "a".to_owned(),
            to: "a".to_owned(),
            columns: vec![
                ("i".to_owned(), Some("i".to_owned())),
                ("j".to_owned(), None)
            ],
        }]
    );
}

#[test]
fn texts_of_several_databases_go_to_their_keyspaces() {
    let texts = [
        source(
            "b.sql",
            "use x; create table t (i int); create table y.u (i int)",
        ),
        Source {
            keyspace: Some("z".to_owned()),
            ..source("z/w.sql", "create table w (i int)")
        },
    ];
    let imported =
        ddl(&Catalog::default(), &texts, &Options::default(), false).expect("it is clear");
    assert_eq!(imported.keyspaces, ["x", "y", "z"]);
}

proptest! {
    #[test]
    fn the_order_of_texts_does_not_matter(
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        cuts in proptest::collection::vec(any::<bool>(), 6),
        names in proptest::collection::vec("[a-z]{1,4}", 6),
    ) {
        const STATEMENTS: [&str; 6] = [
            "create table a (i int primary key);",
            "create table b (i int, j int, foreign key (j) references a (i));",
            "create table c like a;",
            "alter table b add column k int;",
            "create view v as select i from b;",
            "create unique index u on c (i);",
        ];
        let expected = files::write(&import(&[source("all.sql", &STATEMENTS.concat())]).catalog);
        let mut texts: Vec<String> = Vec::new();
        for (n, statement) in order.iter().enumerate() {
            // What alters a table comes after what makes it only if both are in one text.
            match texts.last_mut() {
                Some(last) if cuts[n] && *statement < 3 => last.push_str(STATEMENTS[*statement]),
                _ => texts.push(STATEMENTS[*statement].to_owned()),
            }
        }
        let sources: Vec<Source> = texts
            .iter()
            .zip(&names)
            .map(|(text, name)| source(name, text))
            .collect();
        prop_assert_eq!(files::write(&import(&sources).catalog), expected);
    }
}
