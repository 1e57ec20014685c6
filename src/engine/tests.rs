//! What the engine answers, statement by statement, as MySQL 8.0's manual has it.

use std::collections::BTreeMap;

use super::{Binds, Connection, Tables};
use crate::catalog::{Defaults, Table};
use crate::sql::ddl::{CreateTable, Ddl};
use crate::sql::{SqlError, Statement, TableName, parse_statement};
use crate::value::{QueryResult, Value};
use crate::vindex::BindValue;

/// A database of one namespace, driven by text.
pub(super) struct Database {
    pub(super) connection: Connection,
    tables: BTreeMap<String, CreateTable>,
    binds: Binds,
}

impl Tables for Database {
    fn resolve(&self, name: &TableName) -> Option<(String, &CreateTable)> {
        self.tables
            .get(&name.name)
            .map(|table| (name.name.clone(), table))
    }
}

impl Database {
    pub(super) fn new() -> Self {
        Self {
            connection: Connection::open_in_memory().unwrap(),
            tables: BTreeMap::new(),
            binds: Binds::new(),
        }
    }

    pub(super) fn with(setup: &[&str]) -> Self {
        let mut database = Self::new();
        for statement in setup {
            database
                .run(statement)
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        database
    }

    pub(super) fn run(&mut self, text: &str) -> Result<QueryResult, SqlError> {
        match parse_statement(text).unwrap_or_else(|error| panic!("{text}: {error}")) {
            Statement::Sql(statement) => self.connection.execute(&statement, &self.binds, self),
            Statement::Ddl(Ddl::CreateTable(create)) => {
                let table = Table::from_ddl(&create.table, &Defaults::default())
                    .unwrap()
                    .definition;
                self.connection.create_table(&table.name.name, &table)?;
                self.tables.insert(table.name.name.clone(), table);
                Ok(QueryResult::default())
            }
            other => panic!("not for these tests: {other:?}"),
        }
    }
}

/// Rows as text: cells by `|`, rows by `;`, NULL as `NULL`, bytes as hex.
fn shown(result: &QueryResult) -> String {
    let Some(set) = &result.rows else {
        return format!("{} rows", result.affected_rows);
    };
    let cell = |(value, field): (&Value, &crate::value::Field)| match value {
        Value::Null => "NULL".to_owned(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        value => value
            .to_text_as(&field.column_type)
            .unwrap_or_default()
            .into_owned(),
    };
    let row = |row: &Vec<Value>| {
        row.iter()
            .zip(&set.fields)
            .map(cell)
            .collect::<Vec<_>>()
            .join("|")
    };
    set.rows.iter().map(row).collect::<Vec<_>>().join(";")
}

fn answer(database: &mut Database, query: &str) -> String {
    match database.run(query) {
        Ok(result) => shown(&result),
        Err(error) => error.to_string(),
    }
}

fn check(setup: &[&str], query: &str, expected: &str) {
    assert_eq!(
        answer(&mut Database::with(setup), query),
        expected,
        "{query}"
    );
}

/// Checks many expressions without tables.
fn expressions(cases: &[(&str, &str)]) {
    let mut database = Database::new();
    for (expression, expected) in cases {
        assert_eq!(
            answer(&mut database, &format!("select {expression}")),
            *expected,
            "{expression}"
        );
    }
}

/// Runs statements one after another on one database.
fn script(steps: &[(&str, &str)]) {
    let mut database = Database::new();
    for (statement, expected) in steps {
        let got = answer(&mut database, statement);
        if !expected.is_empty() {
            assert_eq!(got, *expected, "{statement}");
        } else {
            assert!(!got.starts_with("ERROR"), "{statement}: {got}");
        }
    }
}

#[test]
fn tables_keep_rows() {
    script(&[
        (
            "create table t (id bigint not null, name varchar(10), primary key (id))",
            "",
        ),
        ("insert into t values (1, 'a'), (2, null)", "2 rows"),
        ("select * from t", "1|a;2|NULL"),
        ("select name, id + 1 as next from t where id = 1", "a|2"),
        ("select id from t where name = 'A'", "1"),
        (
            "insert into t values (1, 'b')",
            "ERROR 1062 (23000): Duplicate entry '1' for key 't.PRIMARY'",
        ),
        (
            "insert into t (name) values ('b')",
            "ERROR 1364 (HY000): Field 'id' doesn't have a default value",
        ),
        (
            "insert into t values (null, 'b')",
            "ERROR 1048 (23000): Column 'id' cannot be null",
        ),
        (
            "insert into t values (3, 'more than ten')",
            "ERROR 1406 (22001): Data too long for column 'name' at row 1",
        ),
        (
            "insert into t values (4, 'x'), (9223372036854775808, 'b')",
            "ERROR 1264 (22003): Out of range value for column 'id' at row 2",
        ),
        (
            "insert into t values ('x', 'b')",
            "ERROR 1366 (HY000): Incorrect integer value: 'x' for column 'id' at row 1",
        ),
        (
            "insert into t values (1)",
            "ERROR 1136 (21S01): Column count doesn't match value count at row 1",
        ),
        (
            "select x from t",
            "ERROR 1054 (42S22): Unknown column 'x' in 'field list'",
        ),
        (
            "select 1 from u",
            "ERROR 1146 (42S02): Table 'u' doesn't exist",
        ),
        ("select count(*) from t", "2"),
    ]);
}

#[test]
fn arithmetic_is_exact() {
    expressions(&[
        ("1 + 2", "3"),
        ("1 / 3", "0.3333"),
        ("7 div 2", "3"),
        ("-7 div 2", "-3"),
        ("7 % 3", "1"),
        ("-7 mod 3", "-1"),
        ("1 / 0", "NULL"),
        ("5 div 0", "NULL"),
        ("0.1 + 0.2", "0.3"),
        ("1.10 + 1", "2.10"),
        ("2 * 1.5", "3.0"),
        ("1e0 + 1", "2"),
        ("'2' + 1", "3"),
        ("'2abc' + 1", "3"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551615 - 1", "18446744073709551614"),
        (
            "9223372036854775807 + 1",
            "ERROR 1690 (22003): BIGINT value is out of range in '(9223372036854775807 + 1)'",
        ),
        ("3 & 6 | 8", "10"),
        ("1 << 4", "16"),
        ("~0", "18446744073709551615"),
        ("5 ^ 3", "6"),
        ("1 || 0", "1"),
        ("not 1", "0"),
        ("1 xor 1", "0"),
        ("null + 1", "NULL"),
        ("null <=> null", "1"),
        ("1 <=> null", "0"),
        ("-9223372036854775808", "-9223372036854775808"),
    ]);
}

#[test]
fn comparisons_follow_types() {
    expressions(&[
        ("'a' = 'A'", "1"),
        ("'a' = 'A' collate utf8mb4_bin", "0"),
        ("'abc' = 0", "1"),
        ("'1.0' = 1", "1"),
        ("1 = 1.0", "1"),
        ("0.1 + 0.2 = 0.3", "1"),
        ("2 between 1 and 3", "1"),
        ("2 not between 1 and 3", "0"),
        ("1 in (1, 2)", "1"),
        ("3 in (1, null)", "NULL"),
        ("'b' in ('a', 'B')", "1"),
        ("(1, 2) = (1, 2)", "1"),
        ("(1, 2) < (1, 3)", "1"),
        ("(1, 2) in ((1, 2), (3, 4))", "1"),
        ("'abc' like 'A%'", "1"),
        ("'abc' not like '_b_'", "0"),
        ("'abc' regexp '^A'", "1"),
        ("date '2020-01-01' = '2020-01-01'", "1"),
        ("date '2020-01-31' < '2020-2-1'", "1"),
        ("null is null", "1"),
        ("0 is false", "1"),
        ("null is not true", "1"),
        ("18446744073709551615 > -1", "1"),
        ("x'41' = 'A'", "1"),
    ]);
}

#[test]
fn functions_are_mysqls() {
    expressions(&[
        ("hex('abc')", "616263"),
        ("hex(255)", "FF"),
        ("unhex('166B40B44ABA4BD6')", "166B40B44ABA4BD6"),
        ("concat('a', 1, 2.50)", "a12.50"),
        ("concat('a', null)", "NULL"),
        ("concat_ws(',', 'a', null, 'b')", "a,b"),
        ("upper('abc')", "ABC"),
        ("upper('straße ﬁn ᾳ ŉ')", "STRAßE ﬁN ᾼ ŉ"),
        ("lower('İSTANBUL ὈΔΟΣ ẞ')", "istanbul ὀδοσ ß"),
        ("length('é')", "2"),
        ("char_length('é')", "1"),
        ("substring('Quadratically', 5, 6)", "ratica"),
        ("substring('Sakila', -3)", "ila"),
        ("left('foobar', 3)", "foo"),
        ("lpad('hi', 4, '??')", "??hi"),
        ("trim('  bar  ')", "bar"),
        ("trim(leading 'x' from 'xxbarx')", "barx"),
        ("replace('www.mysql.com', 'w', 'Ww')", "WwWwWw.mysql.com"),
        ("locate('bar', 'foobarbar', 5)", "7"),
        ("instr('foobar', 'BAR')", "4"),
        ("substring_index('www.mysql.com', '.', -2)", "mysql.com"),
        ("abs(-32)", "32"),
        ("round(-1.58)", "-2"),
        ("round(1.298, 1)", "1.3"),
        ("round(23.298, -1)", "20"),
        ("truncate(1.999, 1)", "1.9"),
        ("floor(-1.23)", "-2"),
        ("ceiling(1.23)", "2"),
        ("pow(2, 10)", "1024"),
        ("sqrt(-16)", "NULL"),
        ("if(1 > 2, 'yes', 'no')", "no"),
        ("ifnull(null, 10)", "10"),
        ("coalesce(null, null, 'x')", "x"),
        ("nullif(1, 1)", "NULL"),
        ("greatest(2, 0, 34)", "34"),
        ("least('b', 'a')", "a"),
        ("case 1 when 1 then 'one' else 'more' end", "one"),
        ("cast('12abc' as signed)", "12"),
        ("cast(-1 as unsigned)", "18446744073709551615"),
        ("cast('1.239' as decimal(5,2))", "1.24"),
        ("cast('2020-01-31' as date)", "2020-01-31"),
        ("convert('abc', char(2))", "ab"),
        ("md5('testing')", "ae2b1fca515949e5d54fb22b8ed95575"),
        ("date_add('2018-05-01', interval 1 day)", "2018-05-02"),
        ("date_sub('2018-05-01', interval 1 year)", "2017-05-01"),
        ("date '2020-01-31' + interval 1 month", "2020-02-29"),
        (
            "date_format('2009-10-04 22:23:00', '%W %M %Y')",
            "Sunday October 2009",
        ),
        ("datediff('2007-12-31 23:59:59', '2007-12-30')", "1"),
        ("year('1987-01-01')", "1987"),
        ("timestampdiff(month, '2003-02-01', '2003-05-01')", "3"),
        (
            "timestampdiff(SQL_TSI_DAY, '2003-02-01', '2003-05-01')",
            "89",
        ),
        (
            "timestampadd(minute, 1, '2003-01-02')",
            "2003-01-02 00:01:00",
        ),
        ("timestampadd(week, 1, date '2003-01-02')", "2003-01-09"),
        ("unix_timestamp('2015-11-13 10:20:19')", "1447410019"),
        ("json_extract('{\"a\": [1, 2]}', '$.a[1]')", "2"),
        ("json_object('b', 1, 'a', 'x')", "{\"a\": \"x\", \"b\": 1}"),
        ("json_unquote(json_extract('{\"a\": \"x\"}', '$.a'))", "x"),
        ("field('Bb', 'Aa', 'Bb')", "2"),
        ("bit_count(29)", "4"),
        ("inet_aton('10.0.5.9')", "167773449"),
        (
            "no_such_function(1)",
            "ERROR 1305 (42000): FUNCTION NO_SUCH_FUNCTION does not exist",
        ),
        (
            "concat()",
            "ERROR 1582 (42000): Incorrect parameter count in the call to native function 'CONCAT'",
        ),
    ]);
}

#[test]
fn truth_values_are_booleans_in_json() {
    expressions(&[
        ("json_array(true, false, null)", "[true, false, null]"),
        ("json_object('a', 1 = 1, 'b', 2)", "{\"a\": true, \"b\": 2}"),
        (
            "json_array(not 1, 1 and 0, 1 xor 0, 1 in (1, 2), 1 is null, 'a' like 'b', 'a' regexp 'a', 1 between 0 and 3)",
            "[false, false, true, true, false, false, true, true]",
        ),
        (
            "json_array(exists (select 1), 1 in (select 1), 1 >= all (select 1), json_valid('1'))",
            "[true, true, true, true]",
        ),
        ("json_set('{}', '$.c', true)", "{\"c\": true}"),
        ("cast(true as json)", "true"),
        ("json_extract('[true]', '$[0]') = true", "1"),
        ("json_extract('[1]', '$[0]') = true", "0"),
        (
            "json_array(1, 1 + true, -true, round(true), if(1, true, false), ifnull(true, 0), nullif(true, 0), (select true))",
            "[1, 2, -1, 1, 1, 1, 1, 1]",
        ),
        ("json_array(b) from (select 1 = 1 as b) t", "[1]"),
    ]);
    script(&[
        ("create table t (id int primary key, j json)", ""),
        (
            "insert into t values (1, json_object('a', true)), (2, json_array(2 = 3))",
            "",
        ),
        ("select j from t order by id", "{\"a\": true};[false]"),
        (
            "select json_array(id, id = 1) from t order by id",
            "[1, true];[2, false]",
        ),
        ("select json_arrayagg(id = 1) from t", "[true, false]"),
        ("select json_array(max(id = 1)) from t", "[1]"),
    ]);
}

#[test]
fn hexadecimal_and_bit_literals_are_numbers_where_one_is_wanted() {
    expressions(&[
        ("abs(0x10)", "16"),
        ("sqrt(0x10)", "4"),
        ("bit_count(b'1011')", "3"),
        ("repeat('a', 0x03)", "aaa"),
        ("substring('abcdef', x'02', b'11')", "bcd"),
        ("elt(0x02, 'a', 'b')", "b"),
        ("make_set(0x03, 'a', 'b')", "a,b"),
        ("hex(char(0xe9))", "E9"),
        ("if(0x01, 1, 2)", "1"),
        ("not 0x01", "0"),
        ("b'1' and 1", "1"),
        ("x'00' or 0", "0"),
        ("0x01 is true", "1"),
        ("case when b'0' then 1 else 2 end", "2"),
        ("'2020-01-01' + interval 0x02 day", "2020-01-03"),
        ("sec_to_time(0x10)", "00:00:16"),
        ("sum(0x10)", "16"),
        ("0x0f & 0x03", "3"),
        ("0x10 + 0", "16"),
        ("-0x10", "-16"),
        ("0x10 = 16", "1"),
        ("concat(0x41, x'42')", "4142"),
        ("hex(0x10)", "10"),
        ("0x41 = 'A'", "1"),
        ("unhex('10') + 0", "0"),
        ("a + 0 from (select 0x10 as a) t", "0"),
    ]);
    script(&[
        (
            "create table t (i int, u bigint unsigned default 0x11, d decimal(5,2), f double, b varbinary(4), c bit(8))",
            "",
        ),
        (
            "insert into t (i, d, f, b, c) values (abs(0x10), 0x10, 0x10, 0x10, 0x10), (0x20, b'11', 1, 1, 1)",
            "",
        ),
        ("update t set d = 0x05 where i = 0x10", ""),
        ("select * from t", "16|17|5.00|16|10|10;32|17|3.00|1|31|01"),
    ]);
}

#[test]
fn times_have_the_digits_and_kind_that_mysql_gives_them() {
    expressions(&[
        ("str_to_date('01,5,2013', '%d,%m,%Y')", "2013-05-01"),
        ("str_to_date('09:30:17', '%H:%i:%s')", "09:30:17"),
        ("str_to_date('1 10', '%d %H')", "34:00:00"),
        (
            "str_to_date('2013-05-01 09:30', '%Y-%m-%d %H:%i')",
            "2013-05-01 09:30:00",
        ),
        (
            "str_to_date('2013-05-01 09:30:17.5', '%Y-%m-%d %T.%f')",
            "2013-05-01 09:30:17.500000",
        ),
        ("str_to_date('9.5', '%s.%f')", "00:00:09.500000"),
        (
            "str_to_date('2013', f) from (select '%Y' as f) t",
            "2013-00-00 00:00:00.000000",
        ),
        (
            "sec_to_time(3661), maketime(1, 2, 3), now(3) > now()",
            "01:01:01|01:02:03|1",
        ),
        ("sec_to_time(3661.50)", "01:01:01.50"),
        ("sec_to_time('3661')", "01:01:01.000000"),
        ("maketime(1, 2, 3.25)", "01:02:03.25"),
        ("from_unixtime(3)", "1970-01-01 00:00:03"),
        ("from_unixtime(3.5)", "1970-01-01 00:00:03.5"),
        ("from_unixtime(0, '%Y')", "1970"),
        ("timediff('10:00:00', '09:00:00.5')", "00:59:59.5"),
        ("time '10:11:12.5'", "10:11:12.5"),
        ("time '10:11:12.5' + 0", "101112.5"),
        ("concat(time '10:11:12.5' + 0)", "101112.5"),
        (
            "concat(sec_to_time(3661.5), maketime(1, 2, 3))",
            "01:01:01.501:02:03",
        ),
        (
            "timestamp '2020-01-01 10:11:12.25'",
            "2020-01-01 10:11:12.25",
        ),
        ("concat(1 / 3)", "0.3333"),
    ]);
}

#[test]
fn every_type_goes_in_and_out() {
    script(&[
        (
            "create table t (id int primary key, u bigint unsigned, d decimal(65,30), f float, b varbinary(4), bt bit(9), \
             e enum('x','y'), s set('a','b','c'), da date, dt datetime(3), ti time, ye year, j json)",
            "",
        ),
        (
            "insert into t values (1, 18446744073709551615, 12345678901234567890123456789012345.123456789012345678901234567891, 1.1, \
             x'00ff', b'100000001', 'Y', 'c,a', '2020-01-31', '2020-01-31 10:11:12.3456', '-838:59:59', 2024, '{\"b\":1,\"a\":[1, 2]}')",
            "1 rows",
        ),
        (
            "select * from t",
            "1|18446744073709551615|12345678901234567890123456789012345.123456789012345678901234567891|1.1|00FF|0101|y|a,c|2020-01-31|\
             2020-01-31 10:11:12.346|-838:59:59|2024|{\"a\": [1, 2], \"b\": 1}",
        ),
        (
            "select id from t where u = 18446744073709551615 and u > 5",
            "1",
        ),
        (
            "select id from t where d > 1 and e = 'y' and s = 'a,c'",
            "1",
        ),
        ("select e + 0, s + 0, bt + 0 from t", "2|5|257"),
        (
            "select id from t where da = '2020-01-31' and dt > '2020-01-31'",
            "1",
        ),
        ("select j->'$.a[0]', j->>'$.b' from t", "1|1"),
        (
            "insert into t (id, da) values (2, '2020-02-30')",
            "ERROR 1292 (22007): Incorrect date value: '2020-02-30' for column 'da' at row 1",
        ),
        (
            "insert into t (id, e) values (2, 'z')",
            "ERROR 1265 (01000): Data truncated for column 'e' at row 1",
        ),
        (
            "insert into t (id, u) values (2, -1)",
            "ERROR 1264 (22003): Out of range value for column 'u' at row 1",
        ),
    ]);
}

#[test]
fn queries_group_order_and_join() {
    const SETUP: &[&str] = &[
        "create table a (id int primary key, g varchar(5), n decimal(5,2))",
        "create table b (id int primary key, a_id int)",
        "insert into a values (1, 'x', 1.10), (2, 'X', 2.20), (3, 'y', null)",
        "insert into b values (10, 1), (11, 1), (12, 9)",
    ];
    for (query, expected) in [
        (
            "select g, count(*), sum(n), avg(n) from a group by g order by g",
            "x|2|3.30|1.650000;y|1|NULL|NULL",
        ),
        ("select distinct g from a order by 1 desc", "y;x"),
        (
            "select a.id, b.id from a join b on a.id = b.a_id order by b.id",
            "1|10;1|11",
        ),
        (
            "select a.id, b.id from a left join b on a.id = b.a_id order by a.id, b.id",
            "1|10;1|11;2|NULL;3|NULL",
        ),
        (
            "select a.id, b.id from a right join b on a.id = b.a_id order by b.id",
            "1|10;1|11;NULL|12",
        ),
        (
            "select * from a natural join (select id from a where id < 3) x order by id",
            "1|x|1.10;2|X|2.20",
        ),
        ("select id from a where id in (select a_id from b)", "1"),
        (
            "select id from a where exists (select 1 from b where b.a_id = a.id)",
            "1",
        ),
        (
            "select id, (select count(*) from b where a_id = a.id) c from a order by c desc, id limit 1",
            "1|2",
        ),
        ("select id from a order by id limit 1, 1", "2"),
        (
            "select id from a union select a_id from b order by id",
            "1;2;3;9",
        ),
        ("select 1 union all select 'a'", "1;a"),
        (
            "with c as (select id from a where id > 1) select max(id) from c",
            "3",
        ),
        (
            "with recursive n (x) as (select 1 union all select x + 1 from n where x < 3) select * from n",
            "1;2;3",
        ),
        ("select max(n) m from a group by g having m > 1", "2.20"),
        (
            "select group_concat(id order by id desc separator '-') from a",
            "3-2-1",
        ),
        (
            "select id, row_number() over (order by id desc) r from a order by id",
            "1|3;2|2;3|1",
        ),
        ("select sum(n) over (order by id) from a", "1.10;3.30;3.30"),
        ("select count(distinct g) from a", "2"),
        (
            "select id from a where id > all (select a_id from b where a_id < 2)",
            "2;3",
        ),
        (
            "select (select id from a)",
            "ERROR 1242 (21000): Subquery returns more than 1 row",
        ),
        (
            "select id from a, b",
            "ERROR 1052 (23000): Column 'id' in field list is ambiguous",
        ),
        (
            "select count(*) from a where sum(n) > 1",
            "ERROR 1111 (HY000): Invalid use of group function",
        ),
    ] {
        check(SETUP, query, expected);
    }
}

#[test]
fn auto_increment_counts_on() {
    let mut database =
        Database::with(&["create table t (id bigint auto_increment primary key, v int)"]);
    let mut insert = |text: &str| {
        database
            .run(text)
            .map(|result| (result.affected_rows, result.insert_id))
            .unwrap()
    };
    assert_eq!(insert("insert into t (v) values (1), (2)"), (2, 1));
    assert_eq!(insert("insert into t values (10, 3)"), (1, 10));
    assert_eq!(insert("insert into t values (null, 4), (0, 5)"), (2, 11));
    assert_eq!(answer(&mut database, "select id from t"), "1;2;10;11;12");
    assert_eq!(answer(&mut database, "select last_insert_id()"), "11");
    assert_eq!(
        answer(&mut database, "delete from t where id > 10"),
        "2 rows"
    );
    assert_eq!(
        database
            .run("insert into t (v) values (6)")
            .unwrap()
            .insert_id,
        13
    );
}

#[test]
fn conflicts_end_as_asked() {
    script(&[
        (
            "create table t (id int primary key, u int, v int default 7, unique key uk (u))",
            "",
        ),
        ("insert into t values (1, 1, 1), (2, 2, 2)", "2 rows"),
        ("insert ignore into t values (1, 5, 5), (3, 3, 3)", "1 rows"),
        (
            "insert into t values (1, 9, 9) on duplicate key update v = v + values(v)",
            "2 rows",
        ),
        ("select * from t where id = 1", "1|1|10"),
        (
            "insert into t values (1, 9, 9) on duplicate key update v = 10",
            "0 rows",
        ),
        (
            "insert into t (id, u) values (4, 4) on duplicate key update v = 1",
            "1 rows",
        ),
        (
            "insert into t (id, u, v) values (4, 4, 5) as new on duplicate key update v = new.v + t.v",
            "2 rows",
        ),
        ("select * from t where id = 4", "4|4|12"),
        ("replace into t values (1, 2, 0)", "3 rows"),
        ("select * from t", "1|2|0;3|3|3;4|4|12"),
        (
            "insert into t values (9, 3, 0)",
            "ERROR 1062 (23000): Duplicate entry '3' for key 't.uk'",
        ),
        ("insert into t set id = 5, u = default", "1 rows"),
        ("select * from t where id = 5", "5|NULL|7"),
        (
            "insert into t (id, u) select id + 10, u + 10 from t where u is not null",
            "3 rows",
        ),
        ("select count(*) from t", "7"),
    ]);
}

#[test]
fn a_decimal_is_updated_from_itself() {
    let mut database = Database::with(&[
        "create table t (d decimal(6,2) primary key, n decimal(8,3))",
        "insert into t values (1, 1.5), (2, 2.5)",
    ]);
    database
        .run("update t set d = d - 12.34, n = n * 2.5 where n > 2")
        .unwrap();
    let result = database.run("select d, n from t order by d").unwrap();
    let texts: Vec<String> = result.rows.unwrap_or_default().rows[0]
        .iter()
        .map(|value| value.to_text().unwrap_or_default().into_owned())
        .collect();
    assert_eq!(texts, ["-10.34", "6.250"]);
}

#[test]
fn updates_count_what_changed() {
    let mut database = Database::with(&[
        "create table t (id int primary key, a int not null, b int)",
        "insert into t values (1, 1, 1), (2, 2, 2), (3, 3, 3)",
    ]);
    let result = database.run("update t set a = 1 where id < 3").unwrap();
    assert_eq!(
        (result.affected_rows, result.info.as_deref()),
        (1, Some("Rows matched: 2  Changed: 1  Warnings: 0"))
    );
    for (statement, expected) in [
        ("update t set a = a + 1, b = a where id = 3", "1 rows"),
        ("select a, b from t where id = 3", "4|4"),
        (
            "update t set id = id + 1",
            "ERROR 1062 (23000): Duplicate entry '2' for key 't.PRIMARY'",
        ),
        ("update t set id = id + 1 order by id desc", "3 rows"),
        ("select id from t", "2;3;4"),
        (
            "update t set a = null where id = 2",
            "ERROR 1048 (23000): Column 'a' cannot be null",
        ),
        (
            "update t x join t y on x.id = y.id + 1 set x.b = y.a where x.id = 3",
            "1 rows",
        ),
        (
            "update t join (select id, a from t) o on o.id = t.id set t.a = o.a + 1",
            "3 rows",
        ),
        (
            "update t join (select id, max(a) m from t group by id) o on o.id <= t.id set t.b = o.m",
            "3 rows",
        ),
        (
            "update t join (select id, a from t) o set a = 1",
            "ERROR 1052 (23000): Column 'a' in field list is ambiguous",
        ),
        (
            "update t join (select id, a from t) o set o.a = 1",
            "ERROR 1288 (HY000): The target table o of the UPDATE is not updatable",
        ),
        (
            "delete o from t join (select id from t) o",
            "ERROR 1288 (HY000): The target table o of the DELETE is not updatable",
        ),
        (
            "delete t from (select id from t) o join t on o.id = t.id where o.id = 17",
            "0 rows",
        ),
        ("update t set b = 0 order by id limit 1", "1 rows"),
        ("delete from t order by id desc limit 1", "1 rows"),
        (
            "delete x from t x join t y on x.id = y.id where x.id = 2",
            "1 rows",
        ),
        ("select id from t", "3"),
        ("delete from t", "1 rows"),
    ] {
        assert_eq!(answer(&mut database, statement), expected, "{statement}");
    }
    let error = answer(&mut database, "delete from t as of 'HEAD'");
    assert!(error.contains("unsupported: table expression t"), "{error}");
}

#[test]
fn foreign_keys_hold() {
    script(&[
        ("create table p (id int primary key)", ""),
        (
            "create table c (id int primary key, p_id int, constraint fk foreign key (p_id) references p (id))",
            "",
        ),
        (
            "create table d (id int primary key, p_id int, constraint fk2 foreign key (p_id) references p (id) on delete cascade on update cascade)",
            "",
        ),
        ("insert into p values (1), (2), (3)", "3 rows"),
        (
            "insert into c values (1, 9)",
            "ERROR 1452 (23000): Cannot add or update a child row: a foreign key constraint fails (`c`, CONSTRAINT `fk` FOREIGN KEY (`p_id`) REFERENCES `p` (`id`))",
        ),
        ("insert into c values (1, 1), (2, null)", "2 rows"),
        ("insert into d values (1, 2), (2, 3)", "2 rows"),
        (
            "delete from p where id = 1",
            "ERROR 1451 (23000): Cannot delete or update a parent row: a foreign key constraint fails (`c`, CONSTRAINT `fk` FOREIGN KEY (`p_id`) REFERENCES `p` (`id`))",
        ),
        ("delete from p where id = 2", "1 rows"),
        ("update p set id = 30 where id = 3", "1 rows"),
        ("select * from d", "2|30"),
    ]);
}

#[test]
fn checks_and_generated_columns_hold() {
    script(&[
        (
            "create table t (id int primary key, a int, b int as (a * 2) stored, constraint positive check (a > 0))",
            "",
        ),
        ("insert into t (id, a) values (1, 5)", "1 rows"),
        ("select * from t", "1|5|10"),
        (
            "insert into t (id, a) values (2, -1)",
            "ERROR 3819 (HY000): Check constraint 'positive' is violated.",
        ),
        (
            "insert into t values (2, 1, 1)",
            "ERROR 3105 (HY000): The value specified for generated column 'b' in table 't' is not allowed.",
        ),
        ("update t set a = 6", "1 rows"),
        ("select b from t", "12"),
    ]);
}

#[test]
fn binds_and_lists_are_resolved() {
    let mut database = Database::with(&[
        "create table t (id int primary key, v varchar(3))",
        "insert into t values (1, 'a'), (2, 'b'), (3, 'c')",
    ]);
    database
        .binds
        .insert("id".into(), BindValue::One(Value::Int(2)));
    database.binds.insert(
        "ids".into(),
        BindValue::Many(vec![Value::Int(1), Value::Int(3)]),
    );
    database
        .binds
        .insert("none".into(), BindValue::Many(Vec::new()));
    assert_eq!(answer(&mut database, "select v from t where id = :id"), "b");
    assert_eq!(
        answer(&mut database, "select v from t where id in ::ids"),
        "a;c"
    );
    assert_eq!(
        answer(
            &mut database,
            "select v from t where id not in ::ids limit :id"
        ),
        "b"
    );
    assert_eq!(
        answer(&mut database, "insert into t values (:id + 5, :id)"),
        "1 rows"
    );
    assert_eq!(
        answer(&mut database, "select :missing"),
        "ERROR 1105 (HY000): missing bind var missing"
    );
}

#[test]
fn what_is_not_done_is_refused_by_name() {
    for (query, refusal) in [
        ("select 1 from t group by a with rollup", "WITH ROLLUP"),
        ("select * from t, lateral (select 1) x", "LATERAL"),
        ("select @x", "variable @x"),
        ("select sleep(1)", "SLEEP"),
        ("select sha2('a', 256)", "SHA2"),
    ] {
        let mut database = Database::with(&["create table t (a int)"]);
        let got = answer(&mut database, query);
        assert!(
            got.starts_with("ERROR") && got.contains(refusal),
            "{query}: {got}"
        );
    }
}

#[test]
fn statements_are_atomic() {
    let mut database = Database::with(&["create table t (id int primary key)"]);
    assert!(database.run("insert into t values (1), (2), (1)").is_err());
    assert_eq!(answer(&mut database, "select count(*) from t"), "0");
    database.connection.begin().unwrap();
    database.run("insert into t values (1)").unwrap();
    assert!(database.run("insert into t values (2), (1)").is_err());
    database.connection.savepoint("s").unwrap();
    database.run("insert into t values (3)").unwrap();
    database.connection.rollback_to("s").unwrap();
    database.connection.commit().unwrap();
    assert_eq!(answer(&mut database, "select id from t"), "1");
}

#[test]
fn a_reopened_file_knows_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let text = "create table t (id bigint unsigned not null auto_increment, v decimal(10,2) default 1.50, primary key (id))";
    let Statement::Ddl(Ddl::CreateTable(create)) = parse_statement(text).unwrap() else {
        panic!("{text}")
    };
    let table = Table::from_ddl(&create.table, &Defaults::default())
        .unwrap()
        .definition;
    {
        let connection = Connection::open(&path).unwrap();
        connection.create_table("ks/0/t", &table).unwrap();
        connection.set_meta("commit", "abc").unwrap();
        let rows = vec![
            vec![Value::UInt(u64::MAX), Value::Null],
            vec![
                Value::UInt(3),
                Value::Int(2).cast(&table.columns[1].column_type),
            ],
        ];
        assert_eq!(
            connection.insert_rows("ks/0/t", rows.into_iter()).unwrap(),
            2
        );
    }
    let connection = Connection::open(&path).unwrap();
    assert_eq!(connection.tables(), vec![("ks/0/t".to_owned(), table)]);
    assert_eq!(connection.meta("commit").unwrap().as_deref(), Some("abc"));
    let mut rows = Vec::new();
    connection
        .read_rows("ks/0/t", super::Order::Canonical, &mut |row| {
            rows.push(
                row.iter()
                    .map(|value| value.to_text().map(|text| text.into_owned()))
                    .collect::<Vec<_>>(),
            );
            Ok(())
        })
        .unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        vec![
            vec![text("3"), text("2.00")],
            vec![text("18446744073709551615"), None]
        ]
    );
    assert_eq!(connection.change_count("ks/0/t").unwrap(), 2);
}
