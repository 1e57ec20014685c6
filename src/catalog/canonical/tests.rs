//! Definitions as SHOW CREATE TABLE prints them.

use proptest::prelude::*;

use crate::catalog::{Defaults, DefinitionError, Table};
use crate::sql::ddl::Ddl;
use crate::sql::{Statement, parse_statement, print};

fn table(text: &str) -> Result<Table, DefinitionError> {
    match parse_statement(text) {
        Ok(Statement::Ddl(Ddl::CreateTable(create))) => {
            Table::from_ddl(&create.table, &Defaults::default())
        }
        other => panic!("{text}: {other:?}"),
    }
}

/// The canonical text of a canonical text is itself.
#[track_caller]
fn check_fixed_point(canonical: &Table) -> String {
    let text = print::table(&canonical.definition);
    let again = table(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(again, *canonical, "{text}");
    assert_eq!(print::table(&again.definition), text);
    text
}

/// Checks the lines between the parentheses of the canonical definition of a table `t`.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let found = table(&format!("create table t ({body})"));
    let text = check_fixed_point(&found.unwrap_or_else(|error| panic!("{body}: {error}")));
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .map(|line| line.trim_end_matches(','))
        .collect();
    assert_eq!(lines, expected);
}

#[track_caller]
fn check_column(written: &str, expected: &str) {
    check(&format!("c {written}"), &[&format!("`c` {expected}")]);
}

#[track_caller]
fn check_error(body: &str, errno: u16, message: &str) {
    match table(&format!("create table t ({body})")) {
        Ok(found) => panic!("{body}: {}", print::table(&found.definition)),
        Err(error) => {
            assert_eq!(
                (error.errno(), error.to_string().as_str()),
                (errno, message),
                "{body}"
            );
        }
    }
}

#[test]
fn types_are_printed_as_mysql_prints_them() {
    check_column("integer", "int DEFAULT NULL");
    check_column("int(11) unsigned", "int unsigned DEFAULT NULL");
    check_column("int4 zerofill", "int(10) unsigned zerofill DEFAULT NULL");
    check_column(
        "bigint(5) zerofill not null",
        "bigint(5) unsigned zerofill NOT NULL",
    );
    check_column("tinyint(1)", "tinyint(1) DEFAULT NULL");
    check_column("tinyint(1) unsigned", "tinyint unsigned DEFAULT NULL");
    check_column("bool", "tinyint(1) DEFAULT NULL");
    check_column("middleint", "mediumint DEFAULT NULL");
    check_column("dec", "decimal(10,0) DEFAULT NULL");
    check_column("numeric(7)", "decimal(7,0) DEFAULT NULL");
    check_column("fixed(7,2) unsigned", "decimal(7,2) unsigned DEFAULT NULL");
    check_column("float(24)", "float DEFAULT NULL");
    check_column("float(25)", "double DEFAULT NULL");
    check_column("float(7,3)", "float(7,3) DEFAULT NULL");
    check_column("real", "double DEFAULT NULL");
    check_column("double precision", "double DEFAULT NULL");
    check_column("bit", "bit(1) DEFAULT NULL");
    check_column("char", "char(1) DEFAULT NULL");
    check_column("binary", "binary(1) DEFAULT NULL");
    check_column("character varying(9)", "varchar(9) DEFAULT NULL");
    check_column(
        "nvarchar(9)",
        "varchar(9) CHARACTER SET utf8mb3 DEFAULT NULL",
    );
    check_column("text(63)", "tinytext");
    check_column("text(64)", "text");
    check_column("text(20000)", "mediumtext");
    check_column("text", "text");
    check_column("blob(255)", "tinyblob");
    check_column("blob(256)", "blob");
    check_column("long", "mediumtext");
    check_column("long varbinary", "mediumblob");
    check_column("char(3) character set binary", "binary(3) DEFAULT NULL");
    check_column("varchar(3) charset binary", "varbinary(3) DEFAULT NULL");
    check_column("text charset binary", "blob");
    check_column("year(4)", "year DEFAULT NULL");
    check_column("datetime(0)", "datetime DEFAULT NULL");
    check_column("time(3)", "time(3) DEFAULT NULL");
    check_column("timestamp", "timestamp NULL DEFAULT NULL");
    check_column("timestamp not null", "timestamp NOT NULL");
    check_column("json", "json");
    check_column("point", "point");
    check_column("enum('a ','b''c')", "enum('a','b''c') DEFAULT NULL");
    check_column("set('x','y') not null", "set('x','y') NOT NULL");
}

#[test]
fn defaults_are_printed_as_the_type_holds_them() {
    check_column("int default 1", "int DEFAULT '1'");
    check_column("int default '-007'", "int DEFAULT '-7'");
    check_column("int default 1.5", "int DEFAULT '2'");
    check_column("int default true", "int DEFAULT '1'");
    check_column("int not null default 0", "int NOT NULL DEFAULT '0'");
    check_column(
        "int(5) zerofill default 7",
        "int(5) unsigned zerofill DEFAULT '00007'",
    );
    check_column("decimal(5,2) default 1.5", "decimal(5,2) DEFAULT '1.50'");
    check_column(
        "decimal(5,2) default '1.005'",
        "decimal(5,2) DEFAULT '1.01'",
    );
    check_column("double default 1.50", "double DEFAULT '1.5'");
    check_column("double default 1e20", "double DEFAULT '1e20'");
    check_column("float(7,3) default 1.5", "float(7,3) DEFAULT '1.500'");
    check_column("bit(4) default b'0101'", "bit(4) DEFAULT b'101'");
    check_column("bit(8) default 5", "bit(8) DEFAULT b'101'");
    check_column("int default b'101'", "int DEFAULT '5'");
    check_column("int default x'0A'", "int DEFAULT '10'");
    check_column("varchar(9) default 'it''s'", "varchar(9) DEFAULT 'it''s'");
    check_column("varchar(9) default 1.50", "varchar(9) DEFAULT '1.50'");
    check_column("varchar(3) default 'abc  '", "varchar(3) DEFAULT 'abc'");
    check_column("varchar(9) default x'6162'", "varchar(9) DEFAULT 'ab'");
    check_column("char(3) default 'a '", "char(3) DEFAULT 'a'");
    check_column(
        "varbinary(3) default x'ff00'",
        "varbinary(3) DEFAULT 0xFF00",
    );
    check_column("binary(4) default 'ab'", "binary(4) DEFAULT 'ab\\0\\0'");
    check_column("date default '2020-1-2'", "date DEFAULT '2020-01-02'");
    check_column(
        "datetime default '2020-01-02'",
        "datetime DEFAULT '2020-01-02 00:00:00'",
    );
    check_column(
        "datetime(3) default '2020-01-02 3:4:5.6'",
        "datetime(3) DEFAULT '2020-01-02 03:04:05.600'",
    );
    check_column(
        "datetime default '0000-00-00 00:00:00'",
        "datetime DEFAULT '0000-00-00 00:00:00'",
    );
    check_column("time default '1:2'", "time DEFAULT '01:02:00'");
    check_column("year default 99", "year DEFAULT '1999'");
    check_column(
        "enum('Red','b') default 'red'",
        "enum('Red','b') DEFAULT 'Red'",
    );
    check_column(
        "set('a','b','c') default 'c,a'",
        "set('a','b','c') DEFAULT 'a,c'",
    );
    check_column("int null default null", "int DEFAULT NULL");
    check_column("text default null", "text");
    check_column(
        "timestamp(3) default now(3) on update localtime(3)",
        "timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)",
    );
    check_column("json default (json_array())", "json DEFAULT (json_array())");
    check_column("int default (1 + 2)", "int DEFAULT ((1 + 2))");
    check_column(
        "varchar(9) default ('x')",
        "varchar(9) DEFAULT (_utf8mb4'x')",
    );
}

#[test]
fn invalid_defaults_are_refused() {
    for column in [
        "int default 'abc'",
        "tinyint default 128",
        "int unsigned default -1",
        "decimal(3,2) default 12",
        "int not null default null",
        "int auto_increment default 1 key",
        "int default b'2'",
        "varchar(2) default 'abc'",
        "binary(2) default 'abc'",
        "bit(2) default 4",
        "date default '2019-02-29'",
        "datetime default 'soon'",
        "datetime(3) default now()",
        "int default now()",
        "enum('a') default 'b'",
        "set('a') default 'a,b'",
        "year default 3000",
        "double default '1e999'",
        "int default '1e999999999'",
    ] {
        let text = format!("create table t (c {column})");
        if let Ok(Statement::Ddl(Ddl::CreateTable(create))) = parse_statement(&text) {
            let found = Table::from_ddl(&create.table, &Defaults::default());
            let invalid = DefinitionError::InvalidDefault { column: "c".into() };
            assert_eq!(
                found.map(|table| print::table(&table.definition)),
                Err(invalid),
                "{column}"
            );
        }
    }
    let large = "BLOB, TEXT, GEOMETRY or JSON column 'c' can't have a default value";
    check_error("c text default 'x'", 1101, large);
    check_error("c json default '{}'", 1101, large);
}

#[test]
fn charsets_appear_where_they_differ() {
    let check = |written: &str, expected: &str| {
        let text = format!("create table t (c {written}");
        let text =
            check_fixed_point(&table(&text).unwrap_or_else(|error| panic!("{text}: {error}")));
        let tail = text
            .strip_prefix("CREATE TABLE `t` (\n  `c` ")
            .unwrap_or(&text);
        assert_eq!(tail.replace("\n) ENGINE=InnoDB DEFAULT", " |"), expected);
    };
    check(
        "char(1))",
        "char(1) DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "char(1) charset utf8mb4 collate utf8mb4_0900_ai_ci)",
        "char(1) DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "char(1) charset latin1)",
        "char(1) CHARACTER SET latin1 DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "char(1) collate utf8mb4_bin)",
        "char(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "char(1)) charset latin1",
        "char(1) DEFAULT NULL | CHARSET=latin1",
    );
    check(
        "char(1)) charset UTF8",
        "char(1) DEFAULT NULL | CHARSET=utf8mb3",
    );
    check(
        "char(1)) collate utf8mb4_bin",
        "char(1) COLLATE utf8mb4_bin DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    );
    check(
        "char(1) charset utf8mb4) charset latin1",
        "char(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci DEFAULT NULL | CHARSET=latin1",
    );
    check(
        "char(1) binary)",
        "char(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL | CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "char(1) binary) charset latin1",
        "char(1) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL | CHARSET=latin1",
    );
    check(
        "char(1) charset utf8 binary) charset latin1",
        "char(1) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT NULL | CHARSET=latin1",
    );
    check(
        "char(1)) charset latin1 collate latin1_bin",
        "char(1) COLLATE latin1_bin DEFAULT NULL | CHARSET=latin1 COLLATE=latin1_bin",
    );
    check_error(
        "c char(1) charset utf8mb3 collate utf8mb4_bin",
        1253,
        "COLLATION 'utf8mb4_bin' is not valid for CHARACTER SET 'utf8mb3'",
    );
}

#[test]
fn keys_are_named_and_sorted() {
    check(
        "a int key, b int unique, c int not null unique, key (b), key (b, c), fulltext key f (d), d varchar(20), key (d(20)), key k (d(5) desc)",
        &[
            "`a` int NOT NULL",
            "`b` int DEFAULT NULL",
            "`c` int NOT NULL",
            "`d` varchar(20) DEFAULT NULL",
            "PRIMARY KEY (`a`)",
            "UNIQUE KEY `c` (`c`)",
            "UNIQUE KEY `b` (`b`)",
            "KEY `b_2` (`b`)",
            "KEY `b_3` (`b`,`c`)",
            "KEY `d` (`d`)",
            "KEY `k` (`d`(5) DESC)",
            "FULLTEXT KEY `f` (`d`)",
        ],
    );
    check(
        "A int, b int, primary key (b, a), unique index u using btree (a), index ((a + b)), index ((a * 2)) invisible",
        &[
            "`A` int NOT NULL",
            "`b` int NOT NULL",
            "PRIMARY KEY (`b`,`A`)",
            "UNIQUE KEY `u` (`A`) USING BTREE",
            "KEY `functional_index` (((`A` + `b`)))",
            "KEY `functional_index_2` (((`A` * 2))) /*!80000 INVISIBLE */",
        ],
    );
    check(
        "id serial",
        &[
            "`id` bigint unsigned NOT NULL AUTO_INCREMENT",
            "UNIQUE KEY `id` (`id`)",
        ],
    );
    check(
        "a int, constraint u unique (a), constraint p primary key (a)",
        &[
            "`a` int NOT NULL",
            "PRIMARY KEY (`a`)",
            "UNIQUE KEY `u` (`a`)",
        ],
    );
}

#[test]
fn constraints_are_named_and_sorted() {
    check(
        "id int primary key check (id > 0), a int, b int, foreign key (b) references p (x) on delete no action on update restrict, \
         constraint f foreign key (a, b) references q (x, y) match full on delete cascade, check (a<>1 or b is null), \
         constraint c check (b > 1) not enforced",
        &[
            "`id` int NOT NULL",
            "`a` int DEFAULT NULL",
            "`b` int DEFAULT NULL",
            "PRIMARY KEY (`id`)",
            "KEY `b` (`b`)",
            "KEY `f` (`a`,`b`)",
            "CONSTRAINT `f` FOREIGN KEY (`a`, `b`) REFERENCES `q` (`x`, `y`) ON DELETE CASCADE",
            "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`b`) REFERENCES `p` (`x`) ON UPDATE RESTRICT",
            "CONSTRAINT `c` CHECK ((`b` > 1)) /*!80016 NOT ENFORCED */",
            "CONSTRAINT `t_chk_1` CHECK ((`id` > 0))",
            "CONSTRAINT `t_chk_2` CHECK (((`a` <> 1) or (`b` is null)))",
        ],
    );
    check(
        "a int, key k (a, b), b int, foreign key (a) references p (x)",
        &[
            "`a` int DEFAULT NULL",
            "`b` int DEFAULT NULL",
            "KEY `k` (`a`,`b`)",
            "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`a`) REFERENCES `p` (`x`)",
        ],
    );
    check(
        "a int, g int as (A + 1), h int generated always as (a*2) stored not null, d varchar(9) as (concat(a, 'x'))",
        &[
            "`a` int DEFAULT NULL",
            "`g` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL",
            "`h` int GENERATED ALWAYS AS ((`a` * 2)) STORED NOT NULL",
            "`d` varchar(9) GENERATED ALWAYS AS (concat(`a`,_utf8mb4'x')) VIRTUAL",
        ],
    );
}

#[test]
fn options_and_partitions_are_normalised() {
    let check = |tail: &str, expected: &str| {
        let text = format!("create table t (a int) {tail}");
        let found = table(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let text = check_fixed_point(&found);
        assert_eq!(
            text.split_once("\n) ").map(|(_, options)| options),
            Some(expected)
        );
    };
    let plain = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";
    check("", plain);
    check(
        "auto_increment=7 row_format=default max_rows=0 comment='' stats_persistent=default",
        plain,
    );
    check("engine=INNODB", plain);
    check(
        "engine=myisam charset=latin1",
        "ENGINE=MyISAM DEFAULT CHARSET=latin1",
    );
    check(
        "engine=Weird",
        "ENGINE=Weird DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    check(
        "comment 'it''s' row_format=compressed key_block_size=4 max_rows=5",
        &format!("{plain} MAX_ROWS=5 ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 COMMENT='it''s'"),
    );
    check(
        "partition by range (A) (partition p0 values less than (10), partition p1 values less than (maxvalue))",
        &format!(
            "{plain}\n/*!50100 PARTITION BY RANGE (`a`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,\n \
             PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */"
        ),
    );
    check(
        "partition by hash (a) partitions 4",
        &format!("{plain}\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 4 */"),
    );
}

#[test]
fn what_mysql_refuses_is_refused_with_its_number() {
    check_error("a int, A int", 1060, "Duplicate column name 'A'");
    check_error(
        "a int, key (b)",
        1072,
        "Key column 'b' doesn't exist in table",
    );
    check_error("a int key, b int key", 1068, "Multiple primary key defined");
    check_error(
        "a int, key k (a), key K (a)",
        1061,
        "Duplicate key name 'K'",
    );
    let auto = "Incorrect table definition; there can be only one auto column and it must be defined as a key";
    check_error("a int auto_increment", 1075, auto);
    check_error(
        "a int auto_increment key, b int auto_increment unique",
        1075,
        auto,
    );
    check_error(
        "a varchar(9) auto_increment key",
        1063,
        "Incorrect column specifier for column 'a'",
    );
    check_error(
        "a text, key (a)",
        1170,
        "BLOB/TEXT column 'a' used in key specification without a key length",
    );
    check_error(
        "a json, key (a)",
        3152,
        "JSON column 'a' supports indexing only via generated columns on a specified JSON path.",
    );
    let prefix = "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, or the storage engine doesn't support unique prefix keys";
    check_error("a int, key (a(3))", 1089, prefix);
    check_error("a char(3), key (a(4))", 1089, prefix);
    check_error(
        "a varchar(1000), key (a)",
        1071,
        "Specified key was too long; max key length is 3072 bytes",
    );
    check_error("a int, key (a, a)", 1060, "Duplicate column name 'a'");
    check_error(
        "a int null primary key",
        1171,
        "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead",
    );
    check_error(
        "a varchar(16384)",
        1074,
        "Column length too big for column 'a' (max = 16383); use BLOB or TEXT instead",
    );
    check_error(
        "a char(256)",
        1074,
        "Column length too big for column 'a' (max = 255); use BLOB or TEXT instead",
    );
    check_error(
        "a decimal(66)",
        1426,
        "Too-big precision 66 specified for 'a'. Maximum is 65.",
    );
    check_error(
        "a decimal(50,31)",
        1425,
        "Too big scale 31 specified for column 'a'. Maximum is 30.",
    );
    check_error(
        "a decimal(2,3)",
        1427,
        "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column 'a').",
    );
    check_error(
        "a datetime(7)",
        1426,
        "Too-big precision 7 specified for 'a'. Maximum is 6.",
    );
    check_error(
        "a enum('x','X')",
        1291,
        "Column 'a' has duplicated value 'X' in ENUM",
    );
    check_error(
        "a int, foreign key (a) references p (x, y)",
        1239,
        "Incorrect foreign key definition for 't_ibfk_1': Key reference and table reference don't match",
    );
    check_error(
        "a int, foreign key (b) references p (x)",
        1072,
        "Key column 'b' doesn't exist in table",
    );
    check_error(
        "a int not null, foreign key (a) references p (x) on delete set null",
        1830,
        "Column 'a' cannot be NOT NULL: needed in a foreign key constraint 't_ibfk_1' SET NULL",
    );
    check_error(
        "a int, constraint c foreign key (a) references p (x), constraint C foreign key (a) references p (x)",
        1826,
        "Duplicate foreign key constraint name 'C'",
    );
    check_error(
        "a int, constraint c foreign key (a) references p (x) on update set default",
        1215,
        "Cannot add foreign key constraint 'c': InnoDB knows no action SET DEFAULT",
    );
    check_error(
        "a int, check (b > 1)",
        3820,
        "Check constraint 't_chk_1' refers to non-existing column 'b'.",
    );
    check_error(
        "a int, b int as (c + 1)",
        1054,
        "Unknown column 'c' in 'generated column function'",
    );
    check_error(
        "a int as (b + 1), b int as (1)",
        3107,
        "Generated column can refer only to generated columns defined prior to it.",
    );
    let disallowed = [
        (
            "a int, b double as (rand())",
            3763,
            "Expression of generated column 'b' contains a disallowed function: rand.",
        ),
        (
            "a int, b int as ((select 1))",
            3102,
            "Expression of generated column 'b' contains a disallowed function.",
        ),
        (
            "a int, b int as (a + @x)",
            3765,
            "Expression of generated column 'b' cannot refer to a user or system variable.",
        ),
        (
            "a int, constraint c check (a > connection_id())",
            3814,
            "An expression of a check constraint 'c' contains a disallowed function: connection_id.",
        ),
        (
            "a int, constraint c check (a in (select 1))",
            3815,
            "An expression of a check constraint 'c' contains a disallowed function.",
        ),
        (
            "a int, constraint c check (a > @@global.port)",
            3816,
            "An expression of a check constraint 'c' cannot refer to a user or system variable.",
        ),
        (
            "a int, b int default (sum(a))",
            3770,
            "Default value expression of column 'b' contains a disallowed function: sum.",
        ),
        (
            "a int, b int default (exists (select 1))",
            3769,
            "Default value expression of column 'b' contains a disallowed function.",
        ),
        (
            "a int default (b), b int default (9)",
            3767,
            "Default value expression of column 'a' cannot refer to a column defined after it if that column is a generated column or has an expression as default value.",
        ),
        (
            "a int auto_increment primary key, b int default (a)",
            3768,
            "Default value expression of column 'b' cannot refer to an auto-increment column.",
        ),
    ];
    for (body, errno, message) in disallowed {
        check_error(body, errno, message);
    }
    for accepted in [
        "a int default (b), b int default 9",
        "a double default (rand()), b datetime default (now()), c int as (`@x` + 1), `@x` int",
    ] {
        table(&format!("create table t ({accepted})")).expect(accepted);
    }
    let long = "x".repeat(65);
    check_error(
        &format!("{long} int"),
        1059,
        &format!("Identifier name '{long}' is too long"),
    );
    check_error("`a ` int", 1166, "Incorrect column name 'a '");
    check_error(
        "a int invisible",
        4028,
        "A table must have at least one visible column.",
    );
}

#[test]
fn seeds_tables_print_as_mysql_8_prints_them() {
    let keyed = table("create table keyed (c1 int, c2 int, c3 int, c4 int, primary key(c1, c2))")
        .expect("seed 001");
    assert_eq!(
        check_fixed_point(&keyed),
        "CREATE TABLE `keyed` (\n  `c1` int NOT NULL,\n  `c2` int NOT NULL,\n  `c3` int DEFAULT NULL,\n  `c4` int DEFAULT NULL,\n  \
         PRIMARY KEY (`c1`,`c2`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
    );
    let sequence = table("create table s(id bigint, next_id bigint, cache bigint, primary key(id)) comment 'vitess_sequence'")
        .expect("seed 000");
    assert_eq!(sequence.kind(), crate::catalog::TableKind::Sequence);
    assert_eq!(keyed.kind(), crate::catalog::TableKind::Plain);
    assert_eq!(keyed.primary_key_columns(), ["c1", "c2"]);
}

fn column() -> impl Strategy<Value = String> {
    let kinds = prop::sample::select(vec![
        "int",
        "bigint(20) unsigned zerofill",
        "tinyint(1)",
        "decimal(7,2) default 1",
        "varchar(20) charset latin1",
        "varchar(20) collate utf8mb4_bin default 'x'",
        "text",
        "timestamp",
        "datetime(3) default now(3)",
        "json",
        "enum('a','b') default 'B'",
        "bit(3) default b'011'",
        "float(20)",
        "int as (1 + 2)",
        "blob(300)",
        "int not null default 7 comment 'it''s'",
        "varchar(9) default (concat('a', \"b\"))",
        "year default 1",
    ]);
    kinds.prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn canonicalising_twice_changes_nothing(
        columns in prop::collection::vec(column(), 1..6),
        keys in prop::collection::vec((0_usize..4, prop::collection::vec(0_usize..6, 1..3)), 0..4),
        tail in prop::sample::select(vec!["", "charset latin1", "collate utf8mb4_bin comment 'c'", "engine memory"]),
    ) {
        let mut body: Vec<String> = columns.iter().enumerate().map(|(at, kind)| format!("c{at} {kind}")).collect();
        for (kind, parts) in keys {
            let parts: Vec<String> = parts.iter().map(|at| format!("c{at}")).collect();
            let parts = parts.join(", ");
            body.push(match kind {
                0 => format!("primary key ({parts})"),
                1 => format!("unique ({parts})"),
                2 => format!("key ({parts})"),
                _ => format!("foreign key ({parts}) references p ({parts})"),
            });
        }
        if let Ok(found) = table(&format!("create table t ({}) {tail}", body.join(", "))) {
            check_fixed_point(&found);
        }
    }
}
