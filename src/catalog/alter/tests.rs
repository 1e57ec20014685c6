//! Statements on a catalog: what comes of definitions, names, identities and references.

use proptest::prelude::*;

use super::{Change, ForeignKeyChecks, Outcome, apply};
use crate::catalog::{Catalog, DefinitionError, Keyspace};
use crate::sql::{Statement, parse_statement, print};

fn start() -> Catalog {
    let mut catalog = Catalog::default();
    for name in ["k", "other"] {
        let keyspace = Keyspace {
            name: name.into(),
            ..Keyspace::default()
        };
        catalog.keyspaces.insert(name.into(), keyspace.into());
    }
    catalog
}

fn run(
    catalog: &Catalog,
    text: &str,
    checks: ForeignKeyChecks,
) -> Result<Outcome, DefinitionError> {
    match parse_statement(text) {
        Ok(Statement::Ddl(ddl)) => apply(catalog, "k", &ddl, checks),
        other => panic!("{text}: {other:?}"),
    }
}

/// Plays statements of a script on an empty catalog.
#[track_caller]
fn play(script: &[&str]) -> Catalog {
    let mut catalog = start();
    for text in script {
        let outcome = run(&catalog, text, ForeignKeyChecks::On);
        catalog = outcome
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .catalog;
    }
    catalog
}

/// The lines between the parentheses of a definition.
fn body(catalog: &Catalog, table: &str) -> Vec<String> {
    let table = catalog
        .definition("k", table)
        .unwrap_or_else(|| panic!("no table `{table}`"));
    let text = print::table(&table.definition);
    let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
    lines
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect()
}

#[track_caller]
fn check(script: &[&str], table: &str, expected: &[&str]) {
    assert_eq!(body(&play(script), table), expected);
}

#[track_caller]
fn check_error(script: &[&str], errno: u16, message: &str) {
    let (last, before) = script.split_last().expect("a statement");
    let catalog = play(before);
    match run(&catalog, last, ForeignKeyChecks::On) {
        Ok(_) => panic!("{last}: done"),
        Err(error) => assert_eq!(
            (error.errno(), error.to_string().as_str()),
            (errno, message),
            "{last}"
        ),
    }
}

#[test]
fn columns_come_go_and_move() {
    let base = "create table t (a int, b int, c int)";
    check(
        &[
            base,
            "alter table t add d int first, add e int after a, drop b, add f int",
        ],
        "t",
        &[
            "`d` int DEFAULT NULL",
            "`a` int DEFAULT NULL",
            "`e` int DEFAULT NULL",
            "`c` int DEFAULT NULL",
            "`f` int DEFAULT NULL",
        ],
    );
    check(
        &[
            base,
            "alter table t modify c bigint not null first, change a x varchar(3) default 'q', rename column b to y",
        ],
        "t",
        &[
            "`c` bigint NOT NULL",
            "`x` varchar(3) DEFAULT 'q'",
            "`y` int DEFAULT NULL",
        ],
    );
    check(
        &[
            base,
            "alter table t alter a set default 7, alter b set default (1 + 1), alter column c set invisible",
        ],
        "t",
        &[
            "`a` int DEFAULT '7'",
            "`b` int DEFAULT ((1 + 1))",
            "`c` int DEFAULT NULL /*!80023 INVISIBLE */",
        ],
    );
    check(
        &[
            base,
            "alter table t alter a set default 7",
            "alter table t alter a drop default",
        ],
        "t",
        &[
            "`a` int DEFAULT NULL",
            "`b` int DEFAULT NULL",
            "`c` int DEFAULT NULL",
        ],
    );
    check(
        &[
            base,
            "alter table t rename column a to b, rename column b to a",
        ],
        "t",
        &[
            "`b` int DEFAULT NULL",
            "`a` int DEFAULT NULL",
            "`c` int DEFAULT NULL",
        ],
    );
}

#[test]
fn keys_follow_their_columns() {
    let base = "create table t (a int, b int, c varchar(20), primary key (a), key ab (a, b), key b (b), unique u (c(5)))";
    check(
        &[base, "alter table t drop b"],
        "t",
        &[
            "`a` int NOT NULL",
            "`c` varchar(20) DEFAULT NULL",
            "PRIMARY KEY (`a`)",
            "UNIQUE KEY `u` (`c`(5))",
            "KEY `ab` (`a`)",
        ],
    );
    check(
        &[base, "alter table t rename column b to d"],
        "t",
        &[
            "`a` int NOT NULL",
            "`d` int DEFAULT NULL",
            "`c` varchar(20) DEFAULT NULL",
            "PRIMARY KEY (`a`)",
            "UNIQUE KEY `u` (`c`(5))",
            "KEY `ab` (`a`,`d`)",
            "KEY `b` (`d`)",
        ],
    );
    check(
        &[base, "alter table t modify c varchar(4)"],
        "t",
        &[
            "`a` int NOT NULL",
            "`b` int DEFAULT NULL",
            "`c` varchar(4) DEFAULT NULL",
            "PRIMARY KEY (`a`)",
            "UNIQUE KEY `u` (`c`)",
            "KEY `ab` (`a`,`b`)",
            "KEY `b` (`b`)",
        ],
    );
    // Seed 001: the columns of a primary key stay NOT NULL without it.
    check(
        &[
            "create table keyed (c1 int, c2 int, c3 int, c4 int, primary key(c1, c2))",
            "alter table keyed drop primary key",
            "alter table keyed add primary key(c1)",
        ],
        "keyed",
        &[
            "`c1` int NOT NULL",
            "`c2` int NOT NULL",
            "`c3` int DEFAULT NULL",
            "`c4` int DEFAULT NULL",
            "PRIMARY KEY (`c1`)",
        ],
    );
    check(
        &[
            "create table t (a int)",
            "alter table t add primary key (a)",
        ],
        "t",
        &["`a` int NOT NULL", "PRIMARY KEY (`a`)"],
    );
    check(
        &[
            "create table t (a int, b int)",
            "create index i on t (b)",
            "alter table t rename index i to j, add unique (a)",
            "alter table t alter index j invisible",
        ],
        "t",
        &[
            "`a` int DEFAULT NULL",
            "`b` int DEFAULT NULL",
            "UNIQUE KEY `a` (`a`)",
            "KEY `j` (`b`) /*!80000 INVISIBLE */",
        ],
    );
    check(
        &["create table t (a int, key i (a))", "drop index i on t"],
        "t",
        &["`a` int DEFAULT NULL"],
    );
}

#[test]
fn constraints_are_added_and_dropped() {
    let script = [
        "create table p (id int primary key, code int, key (code))",
        "create table t (id int primary key, p int, q int, constraint f foreign key (p) references p (id))",
        "alter table t add foreign key (q) references p (code) on delete set null, add check (q > 0), add check (q < 9)",
    ];
    check(
        &script,
        "t",
        &[
            "`id` int NOT NULL",
            "`p` int DEFAULT NULL",
            "`q` int DEFAULT NULL",
            "PRIMARY KEY (`id`)",
            "KEY `f` (`p`)",
            "KEY `q` (`q`)",
            "CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`)",
            "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`q`) REFERENCES `p` (`code`) ON DELETE SET NULL",
            "CONSTRAINT `t_chk_1` CHECK ((`q` > 0))",
            "CONSTRAINT `t_chk_2` CHECK ((`q` < 9))",
        ],
    );
    let mut dropped = script.to_vec();
    dropped.push("alter table t drop foreign key f, drop index f, drop constraint t_chk_1, alter check t_chk_2 not enforced");
    check(
        &dropped,
        "t",
        &[
            "`id` int NOT NULL",
            "`p` int DEFAULT NULL",
            "`q` int DEFAULT NULL",
            "PRIMARY KEY (`id`)",
            "KEY `q` (`q`)",
            "CONSTRAINT `t_ibfk_1` FOREIGN KEY (`q`) REFERENCES `p` (`code`) ON DELETE SET NULL",
            "CONSTRAINT `t_chk_2` CHECK ((`q` < 9)) /*!80016 NOT ENFORCED */",
        ],
    );
    check(
        &[
            "create table t (a int, b int check (b > 0))",
            "alter table t drop b",
        ],
        "t",
        &["`a` int DEFAULT NULL"],
    );
}

#[test]
fn references_follow_renames() {
    let script = [
        "create table p (id int primary key)",
        "create table t (id int primary key, p int, check (p > 0), foreign key (p) references p (id))",
        "rename table p to parent, t to child",
        "alter table parent rename column id to number",
    ];
    check(
        &script,
        "child",
        &[
            "`id` int NOT NULL",
            "`p` int DEFAULT NULL",
            "PRIMARY KEY (`id`)",
            "KEY `p` (`p`)",
            "CONSTRAINT `child_ibfk_1` FOREIGN KEY (`p`) REFERENCES `parent` (`number`)",
            "CONSTRAINT `child_chk_1` CHECK ((`p` > 0))",
        ],
    );
    let catalog = play(&script);
    let identities = &catalog.keyspaces["k"].identities;
    assert_eq!(identities.table("child"), "t");
    assert_eq!(identities.column("parent", "number"), "id");
    // A tree whose rows reference its own.
    check(
        &[
            "create table t (id int primary key, up int, foreign key (up) references t (id))",
            "alter table t rename column id to no, rename to tree",
        ],
        "tree",
        &[
            "`no` int NOT NULL",
            "`up` int DEFAULT NULL",
            "PRIMARY KEY (`no`)",
            "KEY `up` (`up`)",
            "CONSTRAINT `tree_ibfk_1` FOREIGN KEY (`up`) REFERENCES `tree` (`no`)",
        ],
    );
}

#[test]
fn changes_say_what_became_of_columns() {
    let catalog = play(&["create table t (a int, b int)"]);
    let outcome = run(
        &catalog,
        "alter table t drop a, add a int, rename column b to c, rename to u",
        ForeignKeyChecks::On,
    );
    let outcome = outcome.expect("an alteration");
    assert_eq!(
        outcome.changes,
        [Change::TableAltered {
            keyspace: "k".into(),
            from: "t".into(),
            to: "u".into(),
            columns: vec![("c".into(), Some("b".into())), ("a".into(), None)],
        }]
    );
    let identities = &outcome.catalog.keyspaces["k"].identities;
    assert_eq!(
        (
            identities.table("u"),
            identities.column("u", "c"),
            identities.column("u", "a")
        ),
        ("t", "b", "a")
    );
    let next = run(
        &outcome.catalog,
        "alter table u add b int",
        ForeignKeyChecks::On,
    )
    .expect("a column");
    assert_eq!(
        next.catalog.keyspaces["k"].identities.column("u", "b"),
        "b#2"
    );
    // The catalog that was altered is as it was.
    assert_eq!(
        body(&catalog, "t"),
        ["`a` int DEFAULT NULL", "`b` int DEFAULT NULL"]
    );
}

#[test]
fn options_charsets_and_partitions_change() {
    let tail = |script: &[&str]| {
        let catalog = play(script);
        print::table(&catalog.definition("k", "t").expect("a table").definition).replace('\n', "")
    };
    assert_eq!(
        tail(&[
            "create table t (a char(3), b text charset latin1)",
            "alter table t charset latin1 comment 'c' row_format=dynamic"
        ]),
        "CREATE TABLE `t` (  `a` char(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,  `b` text) ENGINE=InnoDB DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC COMMENT='c'"
    );
    assert_eq!(
        tail(&[
            "create table t (a char(3), b text) charset latin1",
            "alter table t convert to character set utf8mb4 collate utf8mb4_bin"
        ]),
        "CREATE TABLE `t` (  `a` char(3) COLLATE utf8mb4_bin DEFAULT NULL,  `b` mediumtext COLLATE utf8mb4_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
    );
    let partitioned = "create table t (a int) partition by range (a) (partition p0 values less than (1), partition p1 values less than (9))";
    let ranges = |text: String| {
        text.split_once("PARTITION BY RANGE (`a`)")
            .map(|(_, ranges)| ranges.to_owned())
    };
    assert_eq!(
        ranges(tail(&[
            partitioned,
            "alter table t drop partition p0",
            "alter table t add partition (partition p2 values less than maxvalue)"
        ]))
        .as_deref(),
        Some(
            "(PARTITION p1 VALUES LESS THAN (9) ENGINE = InnoDB, PARTITION p2 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */"
        )
    );
    assert_eq!(
        ranges(tail(&[partitioned, "alter table t remove partitioning"])),
        None
    );
    check_error(
        &[partitioned, "alter table t drop partition p7"],
        1507,
        "Error in list of partitions to DROP",
    );
    check_error(
        &[partitioned, "alter table t rename column a to b"],
        3885,
        "Column 'a' has a partitioning function dependency and cannot be dropped or renamed.",
    );
}

#[test]
fn tables_and_views_are_created_and_dropped() {
    let catalog = play(&[
        "create table t (a int primary key, b int, check (b > 0), key (b)) comment 'c'",
        "create table u like t",
        "create view v as select a from t",
        "create or replace view v as select b from t",
        "rename table v to w",
        "drop table t",
        "create table other.x (a int)",
    ]);
    let keyspace = &catalog.keyspaces["k"];
    assert_eq!(keyspace.tables.keys().collect::<Vec<_>>(), ["u"]);
    assert_eq!(keyspace.views.keys().collect::<Vec<_>>(), ["w"]);
    assert!(catalog.definition("other", "x").is_some());
    assert_eq!(
        body(&catalog, "u").last().map(String::as_str),
        Some("CONSTRAINT `u_chk_1` CHECK ((`b` > 0))")
    );
    let notes = |text: &str| {
        run(&catalog, text, ForeignKeyChecks::On)
            .expect(text)
            .notes
            .len()
    };
    assert_eq!(notes("create table if not exists u (a int)"), 1);
    assert_eq!(notes("drop table if exists gone, u"), 1);
    assert_eq!(notes("drop view if exists gone"), 1);
}

#[test]
fn foreign_key_checks_can_be_off() {
    let child = "create table t (a int, foreign key (a) references p (id))";
    check_error(&[child], 1824, "Failed to open the referenced table 'p'");
    let catalog = run(&start(), child, ForeignKeyChecks::Off)
        .expect("no checks")
        .catalog;
    let catalog = run(
        &catalog,
        "create table p (id int primary key)",
        ForeignKeyChecks::On,
    )
    .expect("a parent")
    .catalog;
    assert!(run(&catalog, "drop table p", ForeignKeyChecks::On).is_err());
    assert!(run(&catalog, "drop table p", ForeignKeyChecks::Off).is_ok());
    assert!(run(&catalog, "drop table p, t", ForeignKeyChecks::On).is_ok());
}

#[test]
fn what_mysql_refuses_is_refused() {
    let t = "create table t (a int primary key, b int, c int as (b + 1), d int, check (d + a > 0), key b (b))";
    check_error(
        &[t, "create table t (a int)"],
        1050,
        "Table 't' already exists",
    );
    check_error(
        &[t, "create table T (a int)"],
        1050,
        "Table 'T' already exists",
    );
    check_error(&["drop table t"], 1051, "Unknown table 'k.t'");
    check_error(
        &["alter table t add a int"],
        1146,
        "Table 'k.t' doesn't exist",
    );
    check_error(
        &["create table nowhere.t (a int)"],
        1049,
        "Unknown database 'nowhere'",
    );
    check_error(
        &[t, "alter table t add A int"],
        1060,
        "Duplicate column name 'A'",
    );
    check_error(
        &[t, "alter table t drop x"],
        1091,
        "Can't DROP 'x'; check that column/key exists",
    );
    check_error(
        &[t, "alter table t drop index x"],
        1091,
        "Can't DROP 'x'; check that column/key exists",
    );
    check_error(
        &[t, "alter table t modify x int"],
        1054,
        "Unknown column 'x' in 't'",
    );
    check_error(
        &[t, "alter table t change x y int"],
        1054,
        "Unknown column 'x' in 't'",
    );
    check_error(
        &[t, "alter table t rename column x to y"],
        1054,
        "Unknown column 'x' in 't'",
    );
    check_error(
        &[t, "alter table t add x int after y"],
        1054,
        "Unknown column 'y' in 't'",
    );
    check_error(
        &[t, "alter table t add key (x)"],
        1072,
        "Key column 'x' doesn't exist in table",
    );
    check_error(
        &[t, "alter table t add key b (a)"],
        1061,
        "Duplicate key name 'b'",
    );
    check_error(
        &[t, "alter table t add primary key (b)"],
        1068,
        "Multiple primary key defined",
    );
    check_error(
        &[t, "alter table t rename index x to y"],
        1176,
        "Key 'x' doesn't exist in table 't'",
    );
    check_error(
        &[t, "alter table t drop b"],
        3108,
        "Column 'b' has a generated column dependency.",
    );
    check_error(
        &[t, "alter table t drop d"],
        3959,
        "Check constraint 't_chk_1' uses column 'd', hence column cannot be dropped or renamed.",
    );
    check_error(
        &[t, "alter table t rename column d to e"],
        3959,
        "Check constraint 't_chk_1' uses column 'd', hence column cannot be dropped or renamed.",
    );
    check_error(
        &[t, "alter table t drop check x"],
        3821,
        "Check constraint 'x' is not found in the table.",
    );
    check_error(
        &[t, "alter table t drop constraint x"],
        3940,
        "Constraint 'x' does not exist.",
    );
    check_error(
        &["create table t (a int)", "alter table t drop a"],
        1090,
        "You can't delete all columns with ALTER TABLE; use DROP TABLE instead",
    );
    check_error(
        &[
            "create table t (a int auto_increment primary key)",
            "alter table t drop primary key",
        ],
        1075,
        "Incorrect table definition; there can be only one auto column and it must be defined as a key",
    );
    check_error(
        &["create view v as select 1", "alter table v add a int"],
        1347,
        "'k.v' is not BASE TABLE",
    );
    check_error(&[t, "drop view t"], 1347, "'k.t' is not VIEW");
    check_error(&["drop view v"], 1051, "Unknown table 'k.v'");
    check_error(
        &["create table t (a int)", "create view t as select 1"],
        1050,
        "Table 't' already exists",
    );
    check_error(
        &["create temporary table t (a int)"],
        1235,
        "unsupported: CREATE TEMPORARY TABLE",
    );
    check_error(
        &[t, "rename table t to u, gone to v"],
        1146,
        "Table 'k.gone' doesn't exist",
    );
    let p = "create table p (id int primary key, x int, key x (x))";
    let c = "create table c (p int, q bigint, constraint f foreign key (p) references p (x))";
    check_error(
        &[p, c, "alter table c drop index f"],
        1553,
        "Cannot drop index 'f': needed in a foreign key constraint",
    );
    check_error(
        &[p, c, "alter table p drop index x"],
        1553,
        "Cannot drop index 'x': needed in a foreign key constraint",
    );
    check_error(
        &[p, c, "alter table c drop column p"],
        1828,
        "Cannot drop column 'p': needed in a foreign key constraint 'f'",
    );
    check_error(
        &[p, c, "alter table p drop column x"],
        1829,
        "Cannot drop column 'x': needed in a foreign key constraint 'f' of table 'c'",
    );
    check_error(
        &[p, c, "drop table p"],
        3730,
        "Cannot drop table 'p' referenced by a foreign key constraint 'f' on table 'c'.",
    );
    check_error(
        &[p, c, "truncate table p"],
        1701,
        "Cannot truncate a table referenced in a foreign key constraint ('k.c', CONSTRAINT 'f')",
    );
    check_error(
        &[p, c, "alter table c add foreign key (q) references p (id)"],
        3780,
        "Referencing column 'q' and referenced column 'id' in foreign key constraint 'c_ibfk_1' are incompatible.",
    );
    check_error(
        &[p, c, "alter table c add foreign key (p) references p (y)"],
        3734,
        "Failed to add the foreign key constraint. Missing column 'y' for constraint 'c_ibfk_1' in the referenced table 'p'",
    );
    check_error(
        &["create table p (id int, x int)", c],
        1822,
        "Failed to add the foreign key constraint. Missing index for constraint 'f' in the referenced table 'p'",
    );
    check_error(
        &[
            p,
            c,
            "create table d (p int, constraint F foreign key (p) references p (x))",
        ],
        1826,
        "Duplicate foreign key constraint name 'F'",
    );
}

#[test]
fn a_refused_rename_of_several_changes_nothing() {
    let catalog = play(&["create table t (a int)"]);
    assert!(
        run(
            &catalog,
            "rename table t to u, gone to v",
            ForeignKeyChecks::On
        )
        .is_err()
    );
    assert_eq!(
        catalog.keyspaces["k"].tables.keys().collect::<Vec<_>>(),
        ["t"]
    );
}

fn swap(catalog: &Catalog, clauses: &[(usize, usize)]) -> Option<Catalog> {
    let clauses: Vec<String> = clauses
        .iter()
        .map(|(from, to)| format!("rename column c{from} to c{to}"))
        .collect();
    let text = format!("alter table t {}", clauses.join(", "));
    run(catalog, &text, ForeignKeyChecks::On)
        .ok()
        .map(|outcome| outcome.catalog)
}

proptest! {
    #[test]
    fn renaming_back_gives_the_start(pairs in prop::collection::btree_map(0_usize..5, 0_usize..9, 1..4)) {
        let before = play(&[
            "create table p (x int primary key)",
            "create table t (c0 int primary key, c1 int, c2 varchar(9), c3 int, c4 int, key (c1, c2(3)), unique u (c3), \
             foreign key (c4) references p (x))",
        ]);
        let there: Vec<(usize, usize)> = pairs.into_iter().collect();
        let back: Vec<(usize, usize)> = there.iter().map(|(from, to)| (*to, *from)).collect();
        if let Some(renamed) = swap(&before, &there) {
            let after = swap(&renamed, &back).expect("the way back");
            prop_assert_eq!(&after.keyspaces["k"].tables, &before.keyspaces["k"].tables);
            prop_assert!(after.keyspaces["k"].identities.is_empty());
        }
    }
}
