//! What plans say of single changes.

use super::*;
use crate::catalog::files::read;
use crate::sql::{Statement, parse_statement};

/// A keyspace `ks` with one table, and a VSchema.
fn catalog(table: &str, vschema: &str) -> Catalog {
    let mut files = vec![
        ("keyspaces/ks/shards.json", r#"["-80", "80-"]"#),
        ("keyspaces/ks/vschema.json", vschema),
    ];
    if !table.is_empty() {
        files.push(("keyspaces/ks/tables/t.sql", table));
    }
    read(files).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The steps between two definitions of table `t`, each as `ALGORITHM class`.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    let create = |body: &str| match body {
        "" => String::new(),
        body => format!("create table t ({body}"),
    };
    let (from, to) = (catalog(&create(from), "{}"), catalog(&create(to), "{}"));
    let told: Vec<String> = plan(&from, &to)
        .expect("there is a plan")
        .iter()
        .map(|planned| {
            let cost = planned
                .cost
                .as_ref()
                .map_or("-", |cost| cost.algorithm.name());
            format!("{cost} {}", planned.reversal.class.name())
        })
        .collect();
    assert_eq!(told, expected, "{:?}", plan(&from, &to));
}

#[test]
fn tables_come_and_go() {
    check("", "a int)", &["- lossy"]);
    check("a int)", "", &["- destroyed"]);
}

#[test]
fn columns_come_and_go() {
    check("a int)", "a int, b int)", &["INSTANT lossy"]);
    check("a int)", "a int, b int default (1 + 1))", &["COPY lossy"]);
    check("a int)", "a int, b int as (a))", &["INSTANT lossless"]);
    check("a int)", "a int, b int as (a) stored)", &["COPY lossless"]);
    check("a int, b int)", "a int)", &["INSTANT destroyed"]);
    check("a int, b int as (a))", "a int)", &["INSTANT lossless"]);
    check(
        "a int) row_format=compressed",
        "a int, b int) row_format=compressed",
        &["INPLACE lossy"],
    );
    check("a int, b int)", "b int, a int)", &["INPLACE lossless"]);
}

#[test]
fn types_change() {
    check("a int)", "a bigint)", &["COPY conditional"]);
    check("a bigint)", "a int)", &["COPY destroyed"]);
    check("a varchar(20))", "a varchar(30))", &["INPLACE conditional"]);
    check("a varchar(60))", "a varchar(70))", &["COPY conditional"]);
    check("a varchar(30))", "a varchar(20))", &["COPY destroyed"]);
    check("a enum('x'))", "a enum('x','y'))", &["INSTANT conditional"]);
    check("a int)", "a int not null)", &["INPLACE destroyed"]);
    check("a int not null)", "a int)", &["INPLACE conditional"]);
    check("a int)", "a int default '1')", &["INSTANT lossless"]);
    check(
        "a varchar(9) charset latin1)",
        "a varchar(9))",
        &["COPY conditional"],
    );
    check(
        "a varchar(9))",
        "a varchar(9) charset latin1)",
        &["COPY destroyed"],
    );
}

#[test]
fn keys_and_constraints_change() {
    check("a int)", "a int, key (a))", &["INPLACE lossless"]);
    check("a int, unique (a))", "a int)", &["INPLACE conditional"]);
    check(
        "a int not null, primary key (a))",
        "a int not null)",
        &["COPY conditional"],
    );
    check("a int)", "a int, check (a > 0))", &["COPY lossless"]);
    check("a int, check (a > 0))", "a int)", &["INPLACE conditional"]);
    check(
        "a int) comment 'x'",
        "a int) comment 'y'",
        &["INPLACE lossless"],
    );
}

#[test]
fn one_slow_clause_spoils_a_statement() {
    let (from, to) = (
        catalog("create table t (a int)", "{}"),
        catalog("create table t (a bigint, b int)", "{}"),
    );
    let planned = plan(&from, &to).expect("there is a plan");
    let cost = planned[0].cost.as_ref().expect("it is an ALTER TABLE");
    assert_eq!(cost.slowest, "MODIFY COLUMN `a` bigint DEFAULT NULL");
    assert!(cost.rebuilds && cost.blocks_writes);
    assert_eq!(planned[0].objects, ["ks.t"]);
    assert!(
        planned[0]
            .text
            .contains("\n-  `a` int DEFAULT NULL\n+  `a` bigint DEFAULT NULL"),
        "{}",
        planned[0].text
    );
}

#[test]
fn a_vschema_goes_back_or_does_not() {
    let vschema = |vindexes: &str, used: &str| {
        let text = format!(
            r#"{{"sharded": true, "vindexes": {{{vindexes}}}, "tables": {{"t": {{"column_vindexes": [{used}]}}}}}}"#
        );
        catalog("create table t (a int, b int)", &text)
    };
    let hash = r#""hash": {"type": "hash"}"#;
    let lookup = r#", "l": {"type": "lookup", "params": {"table": "l", "from": "b", "to": "k"}, "owner": "t"}"#;
    let (by_a, by_b, looked) = (
        r#"{"name": "hash", "columns": ["a"]}"#,
        r#"{"name": "hash", "columns": ["b"]}"#,
        r#", {"name": "l", "columns": ["b"]}"#,
    );
    let worst = |from: &Catalog, to: &Catalog| {
        let planned = plan(from, to).expect("there is a plan");
        planned
            .iter()
            .map(|planned| planned.reversal.class)
            .max()
            .expect("there is a step")
    };
    let plain = vschema(hash, by_a);
    let with_lookup = vschema(&format!("{hash}{lookup}"), &format!("{by_a}{looked}"));
    assert_eq!(worst(&plain, &with_lookup), Class::Lossless);
    assert_eq!(worst(&with_lookup, &plain), Class::Impossible);
    assert_eq!(worst(&plain, &vschema(hash, by_b)), Class::Impossible);
}

/// What an ALTER TABLE of `t` costs: the algorithm, then `rebuild` and `blocks` where they hold. Names in `parents` are
/// columns that foreign keys reference.
#[track_caller]
fn costs(table: &str, clauses: &str, expected: &str) {
    let from = catalog(&format!("create table t ({table}"), "{}");
    let told = match parse_statement(&format!("alter table t {clauses}")) {
        Ok(Statement::Ddl(ddl)) => alter_cost(&from, "ks", &ddl).map(|cost| {
            let mut words = vec![cost.algorithm.name()];
            words.extend(cost.rebuilds.then_some("rebuild"));
            words.extend(cost.blocks_writes.then_some("blocks"));
            words.join(" ")
        }),
        _ => None,
    };
    assert_eq!(told.as_deref(), Some(expected), "{clauses}");
}

/// MySQL 8.4 manual, "Online DDL Operations", line by line.
#[test]
fn every_operation_has_its_algorithm() {
    let t = "id int primary key, a int, b varchar(20), key k (a))";
    // Columns.
    costs(t, "add c int", "INSTANT");
    costs(t, "add c int first", "INSTANT");
    costs(t, "add c int after id", "INSTANT");
    costs(
        "a int)",
        "add id int auto_increment primary key",
        "INPLACE rebuild blocks",
    );
    costs(t, "drop b", "INSTANT");
    costs(t, "rename column b to c", "INSTANT");
    costs(t, "change b c varchar(20)", "INSTANT");
    costs(t, "modify b varchar(20) first", "INPLACE rebuild");
    costs(t, "modify b varchar(20) after a", "INSTANT");
    costs(t, "alter b set default 'x'", "INSTANT");
    costs(t, "alter b drop default", "INSTANT");
    costs(t, "modify a bigint", "COPY rebuild blocks");
    costs(t, "modify b varchar(30)", "INPLACE");
    costs("b varchar(100))", "modify b varchar(200)", "INPLACE");
    costs(
        "b varchar(20))",
        "modify b varchar(64)",
        "COPY rebuild blocks",
    );
    costs(
        "b varchar(63) charset latin1)",
        "modify b varchar(255) charset latin1",
        "INPLACE",
    );
    costs(
        "b varchar(255) charset latin1)",
        "modify b varchar(256) charset latin1",
        "COPY rebuild blocks",
    );
    costs(t, "modify b varchar(10)", "COPY rebuild blocks");
    costs(t, "modify b varchar(20) not null", "INPLACE rebuild");
    costs("b int not null)", "modify b int", "INPLACE rebuild");
    costs("e enum('a'))", "modify e enum('a','b')", "INSTANT");
    costs("e set('a'))", "modify e set('a','b')", "INSTANT");
    costs(
        "e enum('a','b'))",
        "modify e enum('b','a')",
        "COPY rebuild blocks",
    );
    costs(
        "e enum('a','b'))",
        "modify e enum('a')",
        "COPY rebuild blocks",
    );
    costs(
        "e set('1','2','3','4','5','6','7','8'))",
        "modify e set('1','2','3','4','5','6','7','8','9')",
        "COPY rebuild blocks",
    );
    costs(t, "alter b set invisible", "INSTANT");
    costs(t, "modify b varchar(20) comment 'x'", "INPLACE");
    // Generated columns.
    costs(t, "add g int as (a + 1) virtual", "INSTANT");
    costs("a int, g int as (a + 1))", "drop g", "INSTANT");
    costs(t, "add g int as (a + 1) stored", "COPY rebuild blocks");
    costs("a int, g int as (a + 1) stored)", "drop g", "INSTANT");
    costs(
        "a int, g int as (a + 1))",
        "modify g int as (a + 2)",
        "COPY rebuild blocks",
    );
    // Keys.
    costs(t, "add key (b)", "INPLACE");
    costs(t, "add unique key (b)", "INPLACE");
    costs(t, "drop key k", "INPLACE");
    costs(t, "rename key k to l", "INPLACE");
    costs(t, "alter index k invisible", "INPLACE");
    costs(t, "drop key k, add key k using hash (a)", "INSTANT");
    costs(t, "drop key k, add key k (a desc)", "INPLACE");
    costs(t, "add fulltext key (b)", "INPLACE rebuild blocks");
    costs(
        "b text, c text, fulltext key (b))",
        "add fulltext key (c)",
        "INPLACE blocks",
    );
    costs(
        "g geometry not null)",
        "add spatial key (g)",
        "INPLACE blocks",
    );
    costs("a int not null)", "add primary key (a)", "INPLACE rebuild");
    costs(t, "drop primary key", "COPY rebuild blocks");
    costs(
        t,
        "drop primary key, add primary key (a)",
        "INPLACE rebuild",
    );
    // Constraints.
    costs(
        t,
        "add foreign key (a) references p (id)",
        "COPY rebuild blocks",
    );
    costs(
        "a int, constraint f foreign key (a) references p (id))",
        "drop foreign key f",
        "INPLACE",
    );
    costs(t, "add check (a > 0)", "COPY rebuild blocks");
    costs(t, "add check (a > 0) not enforced", "INPLACE");
    costs(
        "a int, constraint c check (a > 0) not enforced)",
        "alter check c enforced",
        "COPY rebuild blocks",
    );
    costs(
        "a int, constraint c check (a > 0))",
        "drop check c",
        "INPLACE",
    );
    costs(
        "a int, constraint c check (a > 0))",
        "alter check c not enforced",
        "INPLACE",
    );
    // The table.
    costs(t, "comment 'x'", "INPLACE");
    costs(t, "stats_persistent 1, stats_sample_pages 9", "INPLACE");
    costs(t, "auto_increment 100", "INPLACE");
    costs(t, "row_format dynamic", "INPLACE rebuild");
    costs(t, "key_block_size 8", "INPLACE rebuild");
    costs(t, "engine innodb", "INPLACE rebuild");
    costs(t, "engine myisam", "COPY rebuild blocks");
    costs(t, "force", "INPLACE rebuild");
    costs(t, "default charset latin1", "INPLACE rebuild");
    costs(t, "default charset utf8mb4 collate utf8mb4_bin", "INPLACE");
    costs(t, "convert to character set latin1", "COPY rebuild blocks");
    costs(t, "rename to u", "INSTANT");
    costs(t, "order by a", "COPY rebuild blocks");
    // Partitions.
    let ranges = "a int) partition by range (a) (partition p0 values less than (1), partition p1 values less than (2))";
    costs("a int)", "partition by hash (a)", "COPY rebuild blocks");
    costs(ranges, "remove partitioning", "COPY rebuild blocks");
    costs(
        ranges,
        "add partition (partition p2 values less than (3))",
        "INPLACE blocks",
    );
    costs(ranges, "drop partition p0", "INPLACE blocks");
    costs(
        ranges,
        "reorganize partition p0, p1 into (partition p values less than (2))",
        "INPLACE rebuild blocks",
    );
    costs(
        "a int) partition by hash (a) partitions 4",
        "coalesce partition 2",
        "INPLACE rebuild blocks",
    );
    costs(
        "a int) partition by hash (a) partitions 4",
        "add partition partitions 2",
        "INPLACE rebuild blocks",
    );
    // What is asked for is done.
    costs(t, "add c int, algorithm=copy", "COPY rebuild blocks");
    costs(t, "add c int, algorithm=instant", "INSTANT");
    costs(t, "add c int, lock=shared", "INPLACE blocks");
    costs(t, "add c int, lock=none", "INPLACE");
}

/// MySQL 8.4 manual, "Online DDL Operations", "Column Operations": what INSTANT is not for.
#[test]
fn instant_columns_have_limits() {
    let compressed = "a int, b int, g int as (a)) row_format=compressed";
    costs(compressed, "add c int", "INPLACE rebuild");
    costs(compressed, "drop b", "INPLACE rebuild");
    costs(compressed, "drop g", "INPLACE");
    costs(compressed, "add c int as (a + 1)", "INPLACE");
    let fulltext = "a int, b text, fulltext key (b))";
    costs(fulltext, "add c int", "INPLACE rebuild");
    costs(fulltext, "drop a", "INPLACE rebuild");
    costs("a int)", "add c int default (1 + 1)", "COPY rebuild blocks");
    costs(
        "a int)",
        "add c datetime default current_timestamp",
        "INPLACE rebuild",
    );
    costs("a int)", "add c datetime not null", "COPY rebuild blocks");
    costs(
        "a int)",
        "add c datetime not null default '2000-01-01'",
        "INSTANT",
    );
    costs("a int, b int, key (b))", "drop b", "INPLACE rebuild");
    costs(
        "a int, b int, key k (b))",
        "drop key k, drop b",
        "INPLACE rebuild",
    );
    let many: Vec<String> = (0..1_016).map(|n| format!("c{n} tinyint")).collect();
    let added: Vec<String> = (0..7).map(|n| format!("add d{n} tinyint")).collect();
    costs(
        &format!("{})", many.join(",")),
        &added[..6].join(","),
        "INSTANT",
    );
    costs(
        &format!("{})", many.join(",")),
        &added.join(","),
        "INPLACE rebuild",
    );
}

#[test]
fn a_referenced_column_is_not_renamed_instantly() {
    let files = [
        ("keyspaces/ks/shards.json", r#"["0"]"#),
        ("keyspaces/ks/vschema.json", "{}"),
        (
            "keyspaces/ks/tables/t.sql",
            "create table t (id int primary key, a int)",
        ),
        (
            "keyspaces/ks/tables/u.sql",
            "create table u (a int, key (a), constraint f foreign key (a) references t (id))",
        ),
    ];
    let catalog = read(files).unwrap_or_else(|errors| panic!("{errors:?}"));
    let told = |clauses: &str| match parse_statement(&format!("alter table t {clauses}")) {
        Ok(Statement::Ddl(ddl)) => alter_cost(&catalog, "ks", &ddl).map(|cost| cost.algorithm),
        _ => None,
    };
    assert_eq!(told("rename column id to x"), Some(Algorithm::InPlace));
    assert_eq!(told("change id x int"), Some(Algorithm::InPlace));
    assert_eq!(told("rename column a to x"), Some(Algorithm::Instant));
}

/// What taking back an ALTER TABLE of `t` takes: the class, and a part of what is said.
#[track_caller]
fn reversal(table: &str, clauses: &str, class: Class, note: &str) {
    let before = catalog(&format!("create table t ({table}"), "{}");
    let Ok(Statement::Ddl(ddl)) = parse_statement(&format!("alter table t {clauses}")) else {
        panic!("{clauses} is no clause")
    };
    let step = Step {
        keyspace: "ks".to_owned(),
        action: Action::Ddl(ddl),
        hazards: Vec::new(),
    };
    let after = applied(&before, &step).unwrap_or_else(|error| panic!("{error:?}"));
    let told = reversal::of(&before, &after, &step);
    assert_eq!(told.class, class, "{clauses}: {told:?}");
    let notes = told.notes.join("; ");
    assert!(
        notes.contains(note) && notes.is_empty() == note.is_empty(),
        "{clauses}: {notes}"
    );
}

/// Each kind of change, forward and back.
#[test]
fn every_change_says_what_its_way_back_takes() {
    use Class::{Conditional, Destroyed, LosesNew, Lossless};
    let t = "id int primary key, a int, b varchar(20), key k (a), unique key u (b))";
    reversal(t, "rename to s", Lossless, "");
    reversal(t, "add c int", LosesNew, "values of `c` written since");
    reversal(t, "add c int as (a + 1)", Lossless, "");
    reversal(t, "drop a", Destroyed, "the values of `a`");
    reversal("a int, g int as (a + 1))", "drop g", Lossless, "");
    reversal("a int, g int as (a + 1) stored)", "drop g", Lossless, "");
    reversal(t, "rename column a to c", Lossless, "");
    reversal(t, "modify a bigint", Conditional, "may not fit int");
    reversal(
        t,
        "modify b varchar(30)",
        Conditional,
        "may not fit varchar(20)",
    );
    reversal(
        t,
        "modify a smallint",
        Destroyed,
        "values of `a` that smallint does not hold",
    );
    reversal(
        t,
        "change a c smallint",
        Destroyed,
        "values of `a` that smallint does not hold",
    );
    reversal(
        t,
        "modify b datetime",
        Destroyed,
        "values of `b` that datetime does not hold",
    );
    reversal(
        "a decimal(9,2))",
        "modify a decimal(9,1)",
        Destroyed,
        "that decimal(9,1) does not hold",
    );
    reversal(
        "a datetime(6))",
        "modify a datetime",
        Destroyed,
        "that datetime does not hold",
    );
    reversal(
        "a int)",
        "modify a int unsigned",
        Destroyed,
        "that int unsigned does not hold",
    );
    reversal(
        "a int)",
        "modify a int not null",
        Destroyed,
        "which values of `a` were NULL",
    );
    reversal(
        "a int not null)",
        "modify a int",
        Conditional,
        "NULLs of `a` written since",
    );
    reversal(t, "alter a set default 1", Lossless, "");
    reversal("a int default 1)", "alter a drop default", Lossless, "");
    reversal(
        "e enum('x'))",
        "modify e enum('x','y')",
        Conditional,
        "may not fit enum('x')",
    );
    reversal(
        "b varchar(9) charset latin1)",
        "modify b varchar(9) charset utf8mb4",
        Conditional,
        "may not fit varchar(9) latin1",
    );
    reversal(
        "b varchar(9) charset utf8mb4)",
        "modify b varchar(9) charset latin1",
        Destroyed,
        "that varchar(9) latin1 does not hold",
    );
    reversal(
        t,
        "convert to character set latin1",
        Destroyed,
        "that varchar(20) latin1 does not hold",
    );
    reversal(
        "b varchar(9)) charset latin1",
        "convert to character set utf8mb4",
        Conditional,
        "may not fit varchar(9) latin1",
    );
    reversal(
        "b varchar(9) collate utf8mb4_0900_ai_ci, unique (b))",
        "modify b varchar(9) collate utf8mb4_bin",
        Conditional,
        "may be duplicates under utf8mb4_0900_ai_ci",
    );
    reversal("a int, b int)", "modify b int first", Lossless, "");
    reversal(t, "add key (b)", Lossless, "");
    reversal(t, "drop key k", Lossless, "");
    reversal(t, "add unique key (a)", Lossless, "");
    reversal(
        t,
        "drop key u",
        Conditional,
        "duplicates written since keep unique key `u`",
    );
    reversal(t, "rename key k to l", Lossless, "");
    reversal(t, "alter index k invisible", Lossless, "");
    reversal("a int not null)", "add primary key (a)", Lossless, "");
    reversal(
        t,
        "drop primary key",
        Conditional,
        "duplicates written since keep the primary key",
    );
    reversal(
        t,
        "drop primary key, add primary key (a)",
        Conditional,
        "may be duplicates under the former primary key",
    );
    reversal(t, "add foreign key (a) references p (id)", Lossless, "");
    reversal(t, "add check (a > 0)", Lossless, "");
    reversal(
        "a int, constraint f foreign key (a) references p (id))",
        "drop foreign key f",
        Conditional,
        "rows written since may violate `f`",
    );
    reversal(
        "a int, constraint c check (a > 0))",
        "drop check c",
        Conditional,
        "may violate `c`",
    );
    reversal(
        "a int, constraint c check (a > 0))",
        "alter check c not enforced",
        Conditional,
        "may violate `c`",
    );
    let ranges = "a int) partition by range (a) (partition p0 values less than (1), partition p1 values less than (2))";
    reversal(
        ranges,
        "add partition (partition p2 values less than (3))",
        LosesNew,
        "rows of the added partitions",
    );
    reversal(
        ranges,
        "drop partition p0",
        Destroyed,
        "the rows of partitions p0",
    );
    reversal(
        ranges,
        "truncate partition p0",
        Destroyed,
        "the rows of partitions p0",
    );
    reversal(ranges, "remove partitioning", Lossless, "");
    reversal("a int)", "partition by hash (a)", Lossless, "");
    reversal(t, "engine myisam", Lossless, "");
    reversal(t, "row_format compressed", Lossless, "");
    reversal(t, "comment 'x'", Lossless, "");
    reversal(t, "stats_persistent 1", Lossless, "");
    reversal(t, "auto_increment 100", Conditional, "never falls below");
}
