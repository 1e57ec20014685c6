//! DDL as a whole: what is read, how it prints, and that printing is a fixed point.

use super::Ddl;
use crate::sql::{Statement, parse_statement, print};

fn parsed(text: &str) -> Ddl {
    match parse_statement(text) {
        Ok(Statement::Ddl(statement)) => statement,
        other => panic!("{text}: {other:?}"),
    }
}

/// What is printed is read back, and printed the same again.
fn check_fixed_point(id: &str, statement: &Ddl) {
    let printed = print::statement(statement);
    let again =
        parse_statement(&printed).unwrap_or_else(|error| panic!("{id}: {printed}: {error}"));
    let Statement::Ddl(again) = again else {
        panic!("{id}: {printed}: no DDL any more")
    };
    assert_eq!(print::statement(&again), printed, "{id}");
    if let Ddl::CreateTable(create) = statement
        && create.query.is_none()
    {
        let text = print::table(&create.table);
        let Ddl::CreateTable(again) = parsed(&text) else {
            panic!("{id}: {text}")
        };
        assert_eq!(print::table(&again.table), text, "{id}");
    }
}

fn check(text: &str, expected: &str) {
    let statement = parsed(text);
    assert_eq!(print::statement(&statement), expected);
    check_fixed_point(text, &statement);
}

#[test]
fn statements_print_on_one_line() {
    for (text, expected) in [
        (
            "drop table if exists a, ks.b",
            "DROP TABLE IF EXISTS `a`, `ks`.`b`",
        ),
        (
            "rename table a to b, c to d",
            "RENAME TABLE `a` TO `b`, `c` TO `d`",
        ),
        ("truncate t", "TRUNCATE TABLE `t`"),
        ("create table t like ks.u", "CREATE TABLE `t` LIKE `ks`.`u`"),
        (
            "create temporary table t like u",
            "CREATE TEMPORARY TABLE `t` LIKE `u`",
        ),
        (
            "alter table t upgrade partitioning",
            "ALTER TABLE `t` UPGRADE PARTITIONING",
        ),
        (
            "alter table t order by t.a desc, b",
            "ALTER TABLE `t` ORDER BY `a` DESC, `b`",
        ),
        (
            "alter table t union (), table_checksum 1",
            "ALTER TABLE `t` UNION=(), CHECKSUM=1",
        ),
        (
            "alter schema d read only = 1 collate utf8_bin",
            "ALTER DATABASE `d` READ ONLY=1 COLLATE utf8_bin",
        ),
        (
            "alter database d upgrade data directory name",
            "ALTER DATABASE `d` UPGRADE DATA DIRECTORY NAME",
        ),
        // No charset has this name, but it is there to be read again.
        (
            "create table t (a int) collate = ''",
            "CREATE TABLE `t` (`a` int) COLLATE=''",
        ),
        (
            "create table t (a int primary key)",
            "CREATE TABLE `t` (`a` int, PRIMARY KEY (`a`))",
        ),
        (
            "create temporary table if not exists t (a int)",
            "CREATE TEMPORARY TABLE IF NOT EXISTS `t` (`a` int)",
        ),
        (
            "create index i on t (a(3) desc, (b + 1)) lock none",
            "ALTER TABLE `t` ADD KEY `i` (`a`(3) DESC,((`b` + 1))), LOCK=NONE",
        ),
        ("drop index i on t", "ALTER TABLE `t` DROP KEY `i`"),
        (
            "drop index `PRIMARY` on t",
            "ALTER TABLE `t` DROP PRIMARY KEY",
        ),
        (
            "alter table t add c int not null after b",
            "ALTER TABLE `t` ADD COLUMN `c` int NOT NULL AFTER `b`",
        ),
        (
            "alter table t add (a int, b int unique, key (a))",
            "ALTER TABLE `t` ADD COLUMN `a` int, ADD COLUMN `b` int UNIQUE KEY, ADD KEY (`a`)",
        ),
        (
            "alter table t change a b varchar(10) charset latin1 collate latin1_bin default 'x' first",
            "ALTER TABLE `t` CHANGE COLUMN `a` `b` varchar(10) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'x' FIRST",
        ),
        (
            "alter table t modify a timestamp(3) null default now(3) on update current_timestamp(3), drop b",
            "ALTER TABLE `t` MODIFY COLUMN `a` timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), DROP COLUMN `b`",
        ),
        ("alter table t rename u", "ALTER TABLE `t` RENAME TO `u`"),
        (
            "alter table t rename index a to b",
            "ALTER TABLE `t` RENAME KEY `a` TO `b`",
        ),
        (
            "alter table t rename column a to b",
            "ALTER TABLE `t` RENAME COLUMN `a` TO `b`",
        ),
        (
            "alter table t alter a set default (uuid())",
            "ALTER TABLE `t` ALTER COLUMN `a` SET DEFAULT (uuid())",
        ),
        (
            "alter table t alter column a drop default",
            "ALTER TABLE `t` ALTER COLUMN `a` DROP DEFAULT",
        ),
        (
            "alter table t alter column a set invisible",
            "ALTER TABLE `t` ALTER COLUMN `a` SET INVISIBLE",
        ),
        (
            "alter table t alter index i visible",
            "ALTER TABLE `t` ALTER INDEX `i` VISIBLE",
        ),
        (
            "alter table t alter check c not enforced",
            "ALTER TABLE `t` ALTER CHECK `c` NOT ENFORCED",
        ),
        (
            "alter table t add constraint f foreign key (a) references ks.u (b) on delete set null on update cascade",
            "ALTER TABLE `t` ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `ks`.`u` (`b`) ON DELETE SET NULL ON UPDATE CASCADE",
        ),
        (
            "alter table t add check (a > 0 and b in (1,2))",
            "ALTER TABLE `t` ADD CHECK (((`a` > 0) and (`b` in (1,2))))",
        ),
        (
            "alter table t drop foreign key f, drop check c",
            "ALTER TABLE `t` DROP FOREIGN KEY `f`, DROP CHECK `c`",
        ),
        (
            "alter table t engine=innodb comment 'it''s', row_format dynamic",
            "ALTER TABLE `t` ENGINE=innodb COMMENT='it''s', ROW_FORMAT=DYNAMIC",
        ),
        (
            "alter table t engine='in memory', tablespace 'a''b'",
            "ALTER TABLE `t` ENGINE=`in memory`, TABLESPACE `a'b`",
        ),
        (
            "alter table t convert to charset utf8mb4 collate utf8mb4_bin",
            "ALTER TABLE `t` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
        (
            "alter table t add column a int partition by hash (a) partitions 4",
            "ALTER TABLE `t` ADD COLUMN `a` int PARTITION BY HASH (`a`) PARTITIONS 4",
        ),
        (
            "alter table t remove partitioning",
            "ALTER TABLE `t` REMOVE PARTITIONING",
        ),
        (
            "alter table t add partition (partition p3 values less than (10))",
            "ALTER TABLE `t` ADD PARTITION (PARTITION p3 VALUES LESS THAN (10))",
        ),
        (
            "alter table t truncate partition all",
            "ALTER TABLE `t` TRUNCATE PARTITION ALL",
        ),
        (
            "alter table t exchange partition p with table u without validation",
            "ALTER TABLE `t` EXCHANGE PARTITION `p` WITH TABLE `u` WITHOUT VALIDATION",
        ),
        (
            "alter table t algorithm=instant, force",
            "ALTER TABLE `t` ALGORITHM=INSTANT, FORCE",
        ),
        (
            "create database if not exists d charset utf8mb4 encryption 'n'",
            "CREATE DATABASE IF NOT EXISTS `d` CHARACTER SET utf8mb4 ENCRYPTION='n'",
        ),
        (
            "alter database default collate utf8mb4_bin",
            "ALTER DATABASE COLLATE utf8mb4_bin",
        ),
        ("drop schema d", "DROP DATABASE `d`"),
        ("drop view if exists v", "DROP VIEW IF EXISTS `v`"),
    ] {
        check(text, expected);
    }
}

#[test]
fn tables_print_as_show_create_table() {
    let text = "CREATE TABLE `t` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `a` varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'it''s' COMMENT 'a\\\\b\\nc',
  `b` decimal(10,2) unsigned DEFAULT '1.50',
  `c` timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  `d` json DEFAULT (json_array()),
  `e` enum('x','y''z') DEFAULT NULL,
  `f` bit(3) DEFAULT b'101',
  `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED NOT NULL,
  `h` int GENERATED ALWAYS AS (if((`a` like 'x%'),1,(-(`g`) * 2))) VIRTUAL /*!80023 INVISIBLE */,
  `i` geometry NOT NULL /*!80003 SRID 4326 */,
  `j` tinyint(1) DEFAULT '0',
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`a`(10),`b` DESC) USING BTREE,
  KEY `k` (((`g` + 1)),`b`) COMMENT 'x' /*!80000 INVISIBLE */,
  SPATIAL KEY `s` (`i`),
  FULLTEXT KEY `ft` (`a`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `fk` FOREIGN KEY (`g`, `b`) REFERENCES `u` (`x`, `y`) ON DELETE CASCADE,
  CONSTRAINT `chk` CHECK (((`g` > 0) or (`b` is null))) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='vitess_sequence'
/*!50100 PARTITION BY RANGE (year(`c`))
SUBPARTITION BY HASH (`id`)
SUBPARTITIONS 2
(PARTITION p0 VALUES LESS THAN (1990) ENGINE = InnoDB,
 PARTITION `select` VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";
    let Ddl::CreateTable(create) = parsed(text) else {
        panic!("no table")
    };
    assert_eq!(print::table(&create.table), text);
    check_fixed_point("t", &parsed(text));
    for partitioning in [
        "/*!50500 PARTITION BY RANGE  COLUMNS(a,b)\n(PARTITION p0 VALUES LESS THAN (1,MAXVALUE) ENGINE = InnoDB) */",
        "/*!50500 PARTITION BY LIST  COLUMNS(a)\n(PARTITION p0 VALUES IN (1,NULL) ENGINE = InnoDB,\n PARTITION p1 VALUES IN (2)) */",
        "/*!50100 PARTITION BY KEY (a)\nPARTITIONS 3 */",
        "/*!50100 PARTITION BY LINEAR KEY ALGORITHM = 2 () */",
    ] {
        let text = format!("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB\n{partitioning}");
        let Ddl::CreateTable(create) = parsed(&text) else {
            panic!("no table")
        };
        assert_eq!(print::table(&create.table), text);
    }
}

#[test]
fn synonyms_become_their_type() {
    for (written, printed) in [
        ("integer", "int"),
        ("int(11)", "int(11)"),
        ("bool", "tinyint(1)"),
        ("dec(5)", "decimal(5)"),
        ("numeric(5,2) unsigned", "decimal(5,2) unsigned"),
        ("float(30)", "double"),
        ("float(7,3)", "float(7,3)"),
        ("real", "double"),
        ("double precision", "double"),
        ("character varying(5)", "varchar(5)"),
        ("national varchar(5)", "varchar(5) CHARACTER SET utf8mb3"),
        ("char byte", "binary"),
        ("long varbinary", "mediumblob"),
        ("year(4)", "year"),
        ("int3 zerofill", "mediumint unsigned zerofill"),
        ("serial", "bigint unsigned NOT NULL AUTO_INCREMENT"),
        (
            "char(3) charset latin1 binary",
            "char(3) CHARACTER SET latin1 COLLATE latin1_bin",
        ),
        ("geometrycollection", "geomcollection"),
        (
            "set('a','b') collate utf8mb4_bin",
            "set('a','b') COLLATE utf8mb4_bin",
        ),
        ("vector(3)", "vector(3)"),
    ] {
        let Ddl::CreateTable(create) = parsed(&format!("create table t (c {written})")) else {
            panic!("no table")
        };
        assert_eq!(
            print::column(&create.table.columns[0]),
            format!("`c` {printed}"),
            "{written}"
        );
    }
}

#[test]
fn expressions_print_as_the_server_prints_them() {
    for (written, printed) in [
        ("a + b * 2 - 1", "((`a` + (`b` * 2)) - 1)"),
        ("(a) = ((b))", "(`a` = `b`)"),
        ("a and (b and c) or d", "((`a` and `b` and `c`) or `d`)"),
        ("NOW()", "now()"),
        ("CURRENT_DATE", "curdate()"),
        (
            "Concat(a, 'x''y', _utf8mb4'z')",
            "concat(`a`,'x''y',_utf8mb4'z')",
        ),
        (
            "a not like 'x%' escape '!'",
            "(not((`a` like 'x%' escape '!')))",
        ),
        ("a between 1 and -2", "(`a` between 1 and -2)"),
        ("- a", "-(`a`)"),
        ("not a", "(not(`a`))"),
        ("a is not null", "(`a` is not null)"),
        ("a <> 1 xor b != 2", "((`a` <> 1) xor (`b` <> 2))"),
        ("a -> '$.b'", "json_extract(`a`,'$.b')"),
        ("a ->> '$.b'", "json_unquote(json_extract(`a`,'$.b'))"),
        ("date_add(a, interval 1 day)", "(`a` + interval 1 day)"),
        ("timestampadd(day, 1, a)", "(`a` + interval 1 day)"),
        (
            "timestampdiff(SQL_TSI_DAY, a, day)",
            "timestampdiff(DAY,`a`,`day`)",
        ),
        (
            "case when a then 1 else 2 end",
            "(case when `a` then 1 else 2 end)",
        ),
        ("cast(a as unsigned) div 2", "(cast(`a` as unsigned) DIV 2)"),
        ("a mod 2", "(`a` % 2)"),
        ("substring(a, 1, 2)", "substr(`a`,1,2)"),
        ("a collate utf8mb4_bin", "(`a` collate utf8mb4_bin)"),
        ("x'4a' | b'01'", "(0x4A | b'01')"),
        ("binary a", "cast(`a` as char charset binary)"),
        ("a regexp 'x'", "regexp_like(`a`,'x')"),
        ("extract(year from a)", "extract(year from `a`)"),
        ("true and null", "(true and NULL)"),
    ] {
        let text = format!("create table t (a int check ({written}))");
        let Ddl::CreateTable(create) = parsed(&text) else {
            panic!("no table")
        };
        assert_eq!(
            print::expression(&create.table.checks[0].expression.0),
            printed,
            "{written}"
        );
        check_fixed_point(written, &parsed(&text));
    }
}

#[test]
fn what_is_no_schema_of_tables_is_refused_by_name() {
    for (text, message) in [
        (
            "create procedure p() select 1",
            "unsupported: CREATE PROCEDURE (at 1:8)",
        ),
        (
            "create definer=`root`@`%` trigger t before insert on t for each row set @a = 1",
            "unsupported: CREATE TRIGGER (at 1:27)",
        ),
        ("create user u", "unsupported: CREATE USER (at 1:8)"),
        ("drop event e", "unsupported: DROP EVENT (at 1:6)"),
        (
            "create index if not exists i on t (a)",
            "unsupported: CREATE INDEX IF NOT EXISTS (at 1:14)",
        ),
        (
            "drop index if exists i on t",
            "unsupported: DROP INDEX IF EXISTS (at 1:12)",
        ),
        (
            "alter table t drop index if exists i",
            "unsupported: DROP INDEX IF EXISTS (at 1:26)",
        ),
        (
            "alter table t drop column if exists i",
            "unsupported: DROP COLUMN IF EXISTS (at 1:27)",
        ),
        (
            "alter table t add index if not exists i (a)",
            "unsupported: ADD KEY IF NOT EXISTS (at 1:25)",
        ),
        (
            "alter table t secondary_load",
            "unsupported: ALTER TABLE … SECONDARY_LOAD (at 1:15)",
        ),
        (
            "create table t",
            "syntax error at 1:15 near `end of input`: expected columns or a query",
        ),
        (
            "create table t (a int,)",
            "syntax error at 1:23 near `)`: expected an identifier",
        ),
        (
            "create table t (a intt)",
            "syntax error at 1:19 near `intt`: expected a data type",
        ),
        (
            "alter table t add column a int,",
            "syntax error at 1:32 near `end of input`: expected a clause",
        ),
    ] {
        assert_eq!(
            parse_statement(text).unwrap_err().to_string(),
            message,
            "{text}"
        );
    }
}
