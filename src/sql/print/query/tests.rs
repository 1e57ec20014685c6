//! vtgate's form: known pairs, and the fixed point.

use super::*;
use crate::sql::{self, parse_statement};

fn printed(text: &str) -> String {
    match parse_statement(text) {
        Ok(sql::Statement::Sql(parsed)) => statement(&parsed),
        other => panic!("{text}: {other:?}"),
    }
}

fn check(text: &str, expected: &str) {
    assert_eq!(printed(text), expected, "{text}");
    assert_eq!(printed(expected), expected, "no fixed point: {text}");
}

#[test]
fn queries_print_as_vtgate_prints_them() {
    check(
        "SELECT id FROM user WHERE user.id = 5",
        "select id from `user` where `user`.id = 5",
    );
    check(
        "select col from user order by col",
        "select col from `user` order by col asc",
    );
    check("select 1", "select 1 from dual");
    check(
        "select a b, count(*) k from user group by a order by k desc",
        "select a as b, count(*) as k from `user` group by a order by k desc",
    );
    check(
        "select * from t limit 5 offset 2",
        "select * from t limit 2, 5",
    );
    check(
        "select t.* from t where a <> 1 and (b = 2 or c = 3)",
        "select t.* from t where a != 1 and (b = 2 or c = 3)",
    );
    check(
        "select (a + b) * c, (a * b) + c from t",
        "select (a + b) * c, a * b + c from t",
    );
    check(
        "select a - (b - c), (a - b) - c from t",
        "select a - (b - c), a - b - c from t",
    );
    check("select not (a = b) from t", "select not a = b from t");
    check(
        "select * from t where a in ::list and b = :b",
        "select * from t where a in ::list and b = :b",
    );
    check(
        "select 'it''s', \"a\\\"b\", x'41', null, TRUE from t",
        "select 'it\\'s', 'a\"b', X'41', null, true from t",
    );
    check(
        "select * from a cross join b inner join c using (x)",
        "select * from a join b join c using (x)",
    );
    check(
        "select * from (select id from t) d",
        "select * from (select id from t) as d",
    );
    check(
        "(select 1 from t) union all (select 2 from u limit 1) order by 1",
        "select 1 from t union all (select 2 from u limit 1) order by 1 asc",
    );
    check(
        "select a from t for update skip locked",
        "select a from t for update skip locked",
    );
    check(
        "with x as (select 1) select * from x",
        "with x as (select 1 from dual) select * from x",
    );
    check(
        "select COUNT(distinct a), Foo(b) from t",
        "select count(distinct a), Foo(b) from t",
    );
    check(
        "select group_concat(a order by b separator ';') from t",
        "select group_concat(a order by b asc separator ';') from t",
    );
    check(
        "select row_number() over (partition by a order by b) from t",
        "select row_number() over (partition by a order by b asc) from t",
    );
    check(
        "select case when a then 1 else 2 end from t",
        "select case when a then 1 else 2 end from t",
    );
    check(
        "select * from t as of 'HEAD' x",
        "select * from t as of 'HEAD' as x",
    );
    check(
        "select * from user use vindex (a, b)",
        "select * from `user` use vindex (a, b)",
    );
    check(
        "select /*vt+ A=1 */ a from t",
        "select /*vt+ A=1 */ a from t",
    );
    check(
        "select a from t where exists (select 1 from u) or a is not null",
        "select a from t where exists (select 1 from u) or a is not null",
    );
    check(
        "select a from t where a is null = 1 and -a < - 1",
        "select a from t where a is null = 1 and -a < -1",
    );
    check(
        "select date_add(a, interval 1 day), now(), current_timestamp from t",
        "select date_add(a, interval 1 day), now(), current_timestamp() from t",
    );
    check(
        "select a || b, !a, a mod 2, a div 2 from t",
        "select a or b, !a, a % 2, a div 2 from t",
    );
    check(
        "select @@session.x, @a, `a b` from t",
        "select @@session.x, @a, `a b` from t",
    );
}

#[test]
fn writes_print_as_vtgate_prints_them() {
    check(
        "insert into user(id, name) values (1, 'a'), (2, default)",
        "insert into `user`(id, `name`) values (1, 'a'), (2, default)",
    );
    check(
        "insert into t set a = 1, b = 2",
        "insert into t(a, b) values (1, 2)",
    );
    check("replace t values (1)", "replace into t values (1)");
    check(
        "insert ignore into t select a from u",
        "insert ignore into t select a from u",
    );
    check(
        "insert into t (a) values (1) on duplicate key update a = values(a)",
        "insert into t(a) values (1) on duplicate key update a = values(a)",
    );
    check(
        "update user set a = a + 1 where id = 1 order by id limit 2",
        "update `user` set a = a + 1 where id = 1 order by id asc limit 2",
    );
    check(
        "delete from user where id in (1, 2)",
        "delete from `user` where id in (1, 2)",
    );
    check(
        "delete t from t join u on t.a = u.a",
        "delete t from t join u on t.a = u.a",
    );
}

#[test]
fn views_quote_every_name() {
    let text = "select a, count(*) n from ks.t as x where x.b = 'c'";
    let parsed = sql::parse_query(text).unwrap();
    assert_eq!(
        query(&parsed, Quoting::Always),
        "select `a`, count(*) as `n` from `ks`.`t` as `x` where `x`.`b` = 'c'"
    );
}

#[test]
fn parentheses_keep_the_meaning() {
    for (text, expected) in [
        ("(a = b) in (1, 2)", "(a = b) in (1, 2)"),
        ("a = (b in (1, 2))", "a = (b in (1, 2))"),
        ("(a in (1)) is null", "a in (1) is null"),
        ("(not a) = b", "(not a) = b"),
        ("not (a and b)", "not (a and b)"),
        ("(a or b) and c", "(a or b) and c"),
        ("-(a + b)", "-(a + b)"),
        ("- -1", "- -1"),
        ("!(a = b)", "!(a = b)"),
        ("(a between 1 and 2) = 3", "(a between 1 and 2) = 3"),
        ("a between (b and c) and d", "a between (b and c) and d"),
        ("a * (b / c)", "a * (b / c)"),
        (
            "(a collate utf8mb4_bin) like b",
            "a collate utf8mb4_bin like b",
        ),
        ("(a + b) collate utf8mb4_bin", "(a + b) collate utf8mb4_bin"),
        ("interval (a + b) day + c", "interval (a + b) day + c"),
        ("(a -> '$.b') = 1", "a -> '$.b' = 1"),
        ("(a, b) in ((1, 2))", "(a, b) in ((1, 2))"),
    ] {
        let printed = expression(&sql::parse_expression(text).unwrap());
        assert_eq!(printed, expected);
        assert_eq!(
            expression(&sql::parse_expression(&printed).unwrap()),
            printed
        );
    }
}

#[test]
fn long_chains_print_flat() {
    let ors = vec!["a = 1"; 100].join(" or ");
    check(
        &format!("select 1 from t where {ors}"),
        &format!("select 1 from t where {ors}"),
    );
}
