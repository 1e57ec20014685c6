//! The door as a whole: which statement is read by whom, what is refused, and that nothing overflows the stack.

use std::time::{Duration, Instant};

use super::*;

/// Parses, and returns how sqlparser prints what was read.
fn reads(text: &str) -> String {
    match parse_statement(text) {
        Ok(Statement::Sql(statement)) => statement.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

fn check(text: &str, expected: &str) {
    assert_eq!(reads(text), expected, "{text}");
}

#[test]
fn precedences_are_mysqls() {
    for (text, expected) in [
        ("a || b and c", "(a OR (b AND c))"),
        ("a && b or c", "((a AND b) OR c)"),
        ("3 & 4 ^ 5", "(3 & (4 ^ 5))"),
        ("2 * 3 ^ 4", "(2 * (3 ^ 4))"),
        ("1 | 2 & 3 << 4 + 5 * 6", "(1 | (2 & (3 << (4 + (5 * 6)))))"),
        ("a xor b and c or d", "((a XOR (b AND c)) OR d)"),
        ("not a = b", "NOT (a = b)"),
        ("!a = b", "(!a = b)"),
        ("binary a = b", "(CAST(a AS BINARY) = b)"),
        ("a mod 2 * 3", "((a % 2) * 3)"),
        ("a div 2 + 1", "((a DIV 2) + 1)"),
        ("-a ^ b", "(-a ^ b)"),
        ("a = b in (1, 2)", "(a = b IN (1, 2))"),
        ("a between 1 and 2 and b", "(a BETWEEN 1 AND 2 AND b)"),
        ("a sounds like b", "(a SOUNDS LIKE b)"),
        ("!!a + !~b", "(!!a + !~b)"),
        ("a not rlike null or b", "(a NOT RLIKE NULL OR b)"),
        ("a regexp 'x' = 1", "(a REGEXP 'x' = 1)"),
        ("a is null and b", "(a IS NULL AND b)"),
        ("a not in (1) or b", "(a NOT IN (1) OR b)"),
        ("a -> '$.b' = 1", "((a -> '$.b') = 1)"),
        ("a <=> b + 1", "(a <=> (b + 1))"),
    ] {
        assert_eq!(
            grouped(&parse_expression(text).unwrap()),
            expected,
            "{text}"
        );
    }
}

/// Prints binary operators in parentheses.
fn grouped(expr: &ast::Expr) -> String {
    match expr {
        ast::Expr::BinaryOp { left, op, right } => {
            format!("({} {op} {})", grouped(left), grouped(right))
        }
        ast::Expr::UnaryOp {
            op: ast::UnaryOperator::Not,
            expr,
        } => format!("NOT {}", grouped(expr)),
        ast::Expr::UnaryOp { op, expr } => format!("{op}{}", grouped(expr)),
        other => other.to_string(),
    }
}

#[test]
fn units_of_several_parts_are_read() {
    for unit in [
        "second_microsecond",
        "minute_microsecond",
        "minute_second",
        "hour_microsecond",
        "hour_second",
        "hour_minute",
        "day_microsecond",
        "day_second",
        "day_minute",
        "day_hour",
        "year_month",
        "day",
        "microsecond",
    ] {
        let text = format!("select a + interval '1' {unit}, extract({unit} from a) from t");
        let read = match parse_statement(&text) {
            Ok(Statement::Sql(statement)) => statement,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(print::query::statement(&read), text);
        let mut units = Vec::new();
        let _: std::ops::ControlFlow<()> = ast::visit_expressions(&*read, |expr| {
            if let ast::Expr::Interval(interval) = expr {
                units.extend(interval_unit(interval));
            }
            std::ops::ControlFlow::Continue(())
        });
        assert_eq!(units, [unit.to_uppercase()]);
    }
}

#[test]
fn what_sqlparser_cannot_read_is_rewritten() {
    check(
        "select * from t where id in ::ids and a = :a",
        "SELECT * FROM t WHERE id IN (::ids) AND a = :a",
    );
    check("select :from, :1", "SELECT :from, :1");
    check(
        "select * from t as of 'HEAD~1' as x",
        "SELECT * FROM t AS x FOR SYSTEM_TIME AS OF 'HEAD~1'",
    );
    check(
        "select * from t as of 'main' where a",
        "SELECT * FROM t FOR SYSTEM_TIME AS OF 'main' WHERE a",
    );
    check(
        "select 1 from t lock in share mode",
        "SELECT 1 FROM t FOR SHARE",
    );
    check("table t", "SELECT * FROM t");
    check(
        "(table t) union table u",
        "(SELECT * FROM t) UNION SELECT * FROM u",
    );
    check("select * from (t1)", "SELECT * FROM t1");
    check(
        "select cast(a as char(3) character set latin1)",
        "SELECT CONVERT(CAST(a AS CHAR(3)) USING latin1)",
    );
    check(
        "select cast(a as char charset utf8mb4)",
        "SELECT CONVERT(CAST(a AS CHAR) USING utf8mb4)",
    );
    check(
        "select char(77, 121 using utf8mb4), char(65)",
        "SELECT CONVERT(char(77, 121) USING utf8mb4), char(65)",
    );
    check(
        "select interval(a, 1, 2), interval(1) day + a",
        "SELECT interval(a, 1, 2), INTERVAL (1) DAY + a",
    );
    check(
        "select timestampdiff(sql_tsi_day, day, b), timestampadd(week, week, week(week)) from t",
        "SELECT timestampdiff(sql_tsi_day, day, b), timestampadd(week, week, week(week)) FROM t",
    );
    check(
        "select trim('x' from a), trim(leading from a), trim(both 'x' from a), trim(a)",
        "SELECT TRIM(BOTH 'x' FROM a), TRIM(LEADING ' ' FROM a), TRIM(BOTH 'x' FROM a), TRIM(a)",
    );
    check(
        "select nth_value(a, 2) from first over (order by b) from t",
        "SELECT nth_value(a, 2) OVER (ORDER BY b) FROM t",
    );
    check(
        "select {d '2000-01-01'} from {oj a left join b on a.x = b.x}",
        "SELECT {d '2000-01-01'} FROM a LEFT JOIN b ON a.x = b.x",
    );
    check("select distinctrow a from t", "SELECT DISTINCT a FROM t");
    check(
        "start transaction with consistent snapshot",
        "START TRANSACTION",
    );
    check(
        "select 'a' 'b', \"it's\", \"a\"\"b\"",
        "SELECT 'ab', 'it''s', 'a\"b'",
    );
    check(
        "select 0x41, x'42', b'101', 0b11",
        "SELECT X'41', X'42', B'101', B'11'",
    );
    check("select `a``b` from `c`", "SELECT `a``b` FROM `c`");
    check(
        "select /*!40001 SQL_NO_CACHE */ 1 /* gone */ -- gone",
        "SELECT SQL_NO_CACHE 1",
    );
    check(
        "select /*vt+ SCATTER_ERRORS_AS_WARNINGS */ 1",
        "SELECT /*vt+ SCATTER_ERRORS_AS_WARNINGS */ 1",
    );
    check("select @`a b`, @'c', @d", "SELECT @a b, @c, @d");
}

#[test]
fn vindex_hints_are_kept() {
    let Ok(Statement::Sql(statement)) =
        parse_statement("select id from user use vindex (hash_idx, v2) where id = 5")
    else {
        panic!("not read")
    };
    let ast::Statement::Query(query) = *statement else {
        panic!("no query")
    };
    let ast::SetExpr::Select(select) = *query.body else {
        panic!("no select")
    };
    let ast::TableFactor::Table { index_hints, .. } = &select.from[0].relation else {
        panic!("no table")
    };
    assert_eq!(
        name::vindex_hint(&index_hints[0]),
        Some(vec!["hash_idx", "v2"])
    );
}

#[test]
fn common_statements_are_read() {
    for text in [
        "insert into t (a, b) values (1, 'x'), (2, default) on duplicate key update b = values(b)",
        "insert into t (a) values (1) as new on duplicate key update a = new.a",
        "insert into t set a = 1, b = 2",
        "insert ignore into t select * from u",
        "replace into t values (1)",
        "insert into t values ()",
        "insert into t () values ()",
        "update t set a = a + 1 where id = 5 order by id limit 3",
        "update t join u on t.id = u.id set t.a = u.a",
        "delete from t where id in (1, 2) order by id limit 1",
        "delete t from t join u on t.id = u.id",
        "delete from t using t join u on t.id = u.id",
        "select straight_join a from t",
        "select * from t straight_join u on t.a = u.a",
        "select sql_calc_found_rows * from t limit 1, 2",
        "select a from t group by a with rollup having count(*) > 1",
        "select group_concat(distinct a order by b separator ';') from t",
        "select * from t force index (i) left join u using (a)",
        "with recursive c (n) as (select 1 union all select n + 1 from c where n < 5) select * from c",
        "values row(1, 2), row(3, 4)",
        "select match(a) against ('x' in boolean mode) from t",
        "select date_add(now(), interval 1 day), current_timestamp(6), extract(year from d) from t",
        "select timestampdiff(day, a, b), timestampadd(week, 1, a) from t",
        "select a from t for update skip locked",
        "select row_number() over (partition by a order by b) from t",
        "set @x = 1, @@session.sql_mode = ''",
        "set names utf8mb4",
        "set autocommit = 0",
        "begin",
        "start transaction read only",
        "commit",
        "rollback to savepoint a",
        "savepoint a",
        "release savepoint a",
        "explain select 1",
        "explain format=json select 1",
        "lock tables t read, u write",
        "unlock tables",
        "select convert(a using utf8mb4), cast(b as unsigned), cast(c as decimal(10,2)) from t",
        "select _utf8mb4'x', _binary 'y', n'z'",
        "select * from t partition (p0, p1)",
        "select json_extract(a, '$.x'), a->>'$.y' from t",
        "select case a when 1 then 'x' else 'y' end from t",
        "select exists (select 1 from t), a = any (select b from u) from v",
        "select * from t, lateral (select * from u where u.a = t.a) d",
    ] {
        assert!(
            matches!(parse_statement(text), Ok(Statement::Sql(_))),
            "{text}: {:?}",
            parse_statement(text)
        );
    }
}

#[test]
fn other_statements_have_trees_of_their_own() {
    let show = |text: &str| format!("{:?}", parse_statement(text).unwrap());
    for (text, expected) in [
        ("use `customer:-80`", "Use(\"customer:-80\")"),
        ("use customer:-80@replica", "Use(\"customer:-80@replica\")"),
        ("USE customer", "Use(\"customer\")"),
        ("use `customer/HEAD~1`", "Use(\"customer/HEAD~1\")"),
        (
            "show tables",
            "Show(Tables { full: false, keyspace: None, like: None })",
        ),
        (
            "show full tables from ks like 'a%'",
            "Show(Tables { full: true, keyspace: Some(\"ks\"), like: Some(\"a%\") })",
        ),
        ("show databases", "Show(Databases { like: None })"),
        (
            "show session status like 'x'",
            "Show(Other { what: \"SESSION STATUS\", like: Some(\"x\") })",
        ),
        (
            "show vitess_shards",
            "Show(Other { what: \"VITESS_SHARDS\", like: None })",
        ),
        (
            "show create table ks.t",
            "Show(CreateTable(TableName { keyspace: Some(\"ks\"), name: \"t\" }))",
        ),
        (
            "desc t",
            "Show(Columns { full: false, table: TableName { keyspace: None, name: \"t\" } })",
        ),
        (
            "show index from t in ks",
            "Show(Index(TableName { keyspace: Some(\"ks\"), name: \"t\" }))",
        ),
    ] {
        assert_eq!(show(text), expected);
    }
    let Ok(Statement::Call { name, arguments }) =
        parse_statement("call dolt_commit('-am', 'first, second')")
    else {
        panic!("not read")
    };
    assert_eq!((name.as_str(), arguments.len()), ("dolt_commit", 2));
    for (text, expected) in [
        ("select next value from ks.seq", "1"),
        ("select next 2 values from seq", "2"),
        ("select next :n values from seq", ":n"),
        ("select next ? values from seq", "?"),
    ] {
        let Ok(Statement::SelectNext { count, .. }) = parse_statement(text) else {
            panic!("{text}")
        };
        assert_eq!(count.to_string(), expected);
    }
    check("select next from t", "SELECT next FROM t");
    let Ok(Statement::Vexplain { kind, statement }) =
        parse_statement("vexplain queries select next 1 values from s")
    else {
        panic!("not read")
    };
    assert_eq!(kind, VexplainKind::Queries);
    assert!(matches!(*statement, Statement::SelectNext { .. }));
}

#[test]
fn errors_say_where_and_what() {
    for (text, message) in [
        ("", "statement is empty"),
        ("-- only a comment", "statement is empty"),
        (
            "select 1; select 2",
            "syntax error at 1:9 near `;`: expected one statement",
        ),
        (
            "selec 1",
            "syntax error at 1:1 near `selec`: expected a statement",
        ),
        (
            "select *\nfrom t were a",
            "syntax error at 2:13 near `a`: expected the end of the statement",
        ),
        (
            "select 'abc",
            "syntax error at 1:8 near `'abc`: Unterminated string literal",
        ),
        (
            "select a from",
            "syntax error at 1:14 near `end of input`: expected identifier",
        ),
        (
            "load data infile 'x' into table t",
            "unsupported: LOAD (at 1:1)",
        ),
        ("select 1 into @a", "unsupported: SELECT … INTO (at 1:10)"),
        ("grant all on t to u", "unsupported: GRANT (at 1:1)"),
    ] {
        assert_eq!(
            parse_statement(text).unwrap_err().to_string(),
            message,
            "{text}"
        );
    }
    let error = SqlError::from(parse_statement("select *\nfrom t were a = 'x'").unwrap_err());
    assert_eq!((error.errno, error.sqlstate), (1064, "42000"));
    assert!(
        error
            .message
            .ends_with("for the right syntax to use near 'a = 'x'' at line 2"),
        "{}",
        error.message
    );
}

/// Whatever the parser lets through can be copied, printed, compared and dropped on a thread of 2 MiB, as tests have.
fn survives(text: &str) -> bool {
    let text = text.to_owned();
    let start = Instant::now();
    let thread =
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || match parse_statement(&text) {
                Ok(statement) => {
                    let copy = statement.clone();
                    let printed = format!("{copy:?}").len();
                    match &copy {
                        Statement::Sql(statement) => {
                            let _ = statement.to_string();
                        }
                        Statement::Ddl(statement) => {
                            let _ = print::statement(statement);
                            let _ = print::query::ddl(statement, print::query::Quoting::Canonical);
                        }
                        _ => {}
                    }
                    printed > 0
                }
                Err(_) => false,
            });
    let read = thread.unwrap().join().unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "took {:?}",
        start.elapsed()
    );
    read
}

#[test]
fn deep_nesting_is_refused_before_the_stack_is_at_risk() {
    let nested = |open: &str, inner: &str, close: &str, n: usize| {
        format!("select {}{inner}{} from t", open.repeat(n), close.repeat(n))
    };
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("(1+", "1", ")"),
        ("((", "1", ") + 1)"),
        ("f(", "1", ")"),
        ("if(a,", "1", ",2)"),
        ("(select ", "1", ")"),
        ("(select * from (", "select 1", ") x)"),
        ("exists(select ", "1", ")"),
        ("case when 1 then ", "1", " end"),
        ("case ", "1", " when 1 then 1 end"),
        ("not ", "1", ""),
        ("- ", "1", ""),
        ("~", "1", ""),
        ("!", "1", ""),
        ("1+", "1", ""),
        ("1 between 1 and ", "1", ""),
        ("a in (", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("binary ", "1", ""),
        ("cast(", "1", " as char)"),
        ("interval ", "1", " day + 1"),
        ("a.", "b", ""),
        ("a->'$.b'->", "'c'", ""),
        ("_utf8 ", "'a'", ""),
        ("(1,", "1", ")"),
        ("date ", "'2020-01-01'", ""),
        ("current_time(", "1", ")"),
        ("a collate ", "b", ""),
        ("array[", "1", "]"),
        ("a = any(", "1", ")"),
    ] {
        assert!(
            !survives(&nested(open, inner, close, 3000)) || open == "a." || open == "_utf8 ",
            "{open}"
        );
        for n in [10, 20, 33, 40, 66, 99] {
            survives(&nested(open, inner, close, n));
        }
    }
    for (head, part, tail) in [
        ("select 1 from ", "(", ""),
        ("select 1 from a ", "join b ", ""),
        ("select 1 from ", "(a join ", "b"),
        ("select 1 ", "union select 1 ", ""),
        ("", "(", "select 1"),
        ("", "(select 1) union ", "select 1"),
        ("with ", "a as (with ", ""),
        ("", "explain ", "select 1"),
        ("", "vexplain ", "select 1"),
        ("select ", "a or b and ", "c"),
        ("select ", "a or ", "c"),
        ("select ", "a xor ", "c"),
        ("create table t (a int default ", "(", "1)"),
        ("create view v as ", "(", "select 1"),
        ("create table t (a int, key ((", "(", "a"),
        ("create table t (a int, check (", "not ", "a)"),
        ("create table t (a int, b int as (", "a + ", "1))"),
        ("create table t (a int, b int as (", "f(", "1"),
        ("create table t (a int) partition by range (", "a + ", "1)"),
        ("create table t (a int) partition by range (", "(", "a"),
        (
            "create table t (a int) partition by list (a) (partition p values in (",
            "(",
            "1",
        ),
        ("create table t (a int) ", "/*! ", "partition by hash (a)"),
        ("create table t (", "/* ", "a int)"),
        ("create table t (a ", "/*!50000 ", "int"),
        ("alter table t ", "add check (", "a"),
        ("create table t select ", "(", "1"),
        ("select ", "/*! ", "1"),
        ("select 1 from t where a ", "is null ", ""),
        ("select 1 from t where a ", "collate x ", ""),
    ] {
        for n in [10, 60, 99, 199, 5000] {
            survives(&format!("{head}{}{tail}", part.repeat(n)));
        }
    }
}

#[test]
fn long_but_flat_statements_are_read() {
    let ors = vec!["a = 1"; 5000].join(" or ");
    assert!(survives(&format!("select * from t where {ors}")));
    let mixed = vec!["a = 1 and b = 2 and c between 3 and 4"; 2000].join(" or ");
    assert!(survives(&format!("select * from t where {mixed}")));
    let list = vec!["1"; 20000].join(", ");
    assert!(survives(&format!("select * from t where a in ({list})")));
    let columns: Vec<String> = (0..4000)
        .map(|n| format!("c{n} int check (c{n} > 0)"))
        .collect();
    assert!(survives(&format!(
        "create table t ({})",
        columns.join(", ")
    )));
    let parts: Vec<String> = (0..8000)
        .map(|n| format!("partition p{n} values in ({n})"))
        .collect();
    assert!(survives(&format!(
        "create table t (a int) partition by list (a) ({})",
        parts.join(", ")
    )));
    let rows = vec!["(1, 'a', -2.5 + 1)"; 5000].join(", ");
    assert!(survives(&format!("insert into t values {rows}")));
    assert_eq!(
        parse_statement(&" ".repeat(limits::MAX_BYTES + 1)).unwrap_err(),
        Error::TooLong {
            bytes: limits::MAX_BYTES + 1,
            limit: limits::MAX_BYTES
        }
    );
}
