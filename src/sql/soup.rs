//! Random input: nothing panics, and whatever is read prints to a fixed point.

use proptest::prelude::*;

use super::{Statement, limits, parse_script, parse_statement, print};

/// Words of the grammars here, and things that stand between them.
const WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "limit",
    "union",
    "all",
    "distinct",
    "join",
    "left join",
    "on",
    "using",
    "as",
    "as of",
    "in",
    "not",
    "and",
    "or",
    "xor",
    "between",
    "like",
    "is null",
    "exists",
    "case",
    "when",
    "then",
    "else",
    "end",
    "interval",
    "day",
    "cast",
    "insert into",
    "values",
    "set",
    "update",
    "delete",
    "on duplicate key update",
    "create table",
    "alter table",
    "drop",
    "rename",
    "truncate",
    "view",
    "index",
    "key",
    "primary key",
    "unique",
    "foreign key",
    "references",
    "check",
    "constraint",
    "default",
    "null",
    "auto_increment",
    "comment",
    "generated always as",
    "stored",
    "partition by",
    "range",
    "hash",
    "list",
    "columns",
    "partition",
    "values less than",
    "maxvalue",
    "int",
    "varchar(10)",
    "decimal(5,2)",
    "timestamp",
    "enum('a','b')",
    "json",
    "charset",
    "collate",
    "utf8mb4",
    "engine",
    "add",
    "column",
    "modify",
    "change",
    "after",
    "first",
    "alter vschema",
    "vindex",
    "with",
    "sequence",
    "show",
    "tables",
    "vexplain",
    "use",
    "call",
    "next",
    "explain",
    "lock in share mode",
    "for update",
    "use vindex",
    "t",
    "a",
    "b.c",
    "`d e`",
    "@v",
    "@@session.x",
    ":bind",
    "::list",
    "?",
    "1",
    "2.5",
    "1e3",
    "'x'",
    "'it''s\\\\'",
    "\"y\"",
    "0x1f",
    "b'01'",
    "x'4a'",
    "_utf8mb4'z'",
    "(",
    ")",
    "(",
    ")",
    ",",
    ";",
    "=",
    "<>",
    "<=>",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "|",
    "||",
    "&&",
    "!",
    "~",
    "->",
    "->>",
    ".",
    ":",
    "::",
    "@",
    "{",
    "}",
    "[",
    "]",
    "/*",
    "*/",
    "/*!40101",
    "/*+ x */",
    "/*vt+ x */",
    "--",
    "#",
    "'",
    "`",
    "\n",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 1..40).prop_map(|words| words.join(" "))
}

/// Statements that are often well formed.
fn likely() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a", "b.c", "1", "'x'", "null", ":v", "f(a)", "true", "-1", "x'0f'", "now()", "count(*)",
    ])
    .prop_map(str::to_owned);
    let expr = leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "div", "mod", "^", "&", "|", "<<", "=", "<>", "<=>", "<",
            "and", "or", "xor", "||", "&&", "like", "regexp", "not like",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("not {inner}")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            inner.clone().prop_map(|inner| format!("!{inner}")),
            inner
                .clone()
                .prop_map(|inner| format!("{inner} is not null")),
            inner
                .clone()
                .prop_map(|inner| format!("cast({inner} as char(3))")),
            inner.clone().prop_map(|inner| format!("if({inner}, 1, 2)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} between {b} and 3")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} in ({b}, 4)")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("case when {a} then {b} else 5 end")),
            inner
                .clone()
                .prop_map(|inner| format!("({inner}) collate utf8mb4_bin")),
            inner.prop_map(|inner| format!("(select {inner} from t)")),
        ]
    });
    (expr.clone(), expr, 0..6).prop_map(|(a, b, form)| match form {
        0 => format!("select {a} from t where {b}"),
        1 => format!("select {a} as x, y from t join u on {b} order by {a} limit 1"),
        2 => format!("update t set a = {a} where {b}"),
        3 => format!("insert into t (a, b) values ({a}, {b})"),
        4 => format!("create table t (a int default ({a}), check ({b}))"),
        _ => format!("alter table t add column c int as ({a}) stored, add key ((({b})))"),
    })
}

/// Prints what has a printer here.
fn printed(text: &str) -> Option<String> {
    match parse_statement(text).ok()? {
        Statement::Ddl(statement) => Some(print::statement(&statement)),
        Statement::AlterVschema(statement) => Some(statement.to_string()),
        Statement::ShowVschema(statement) => Some(statement.to_string()),
        Statement::Sql(statement) => Some(print::query::statement(&statement)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse_statement(&text);
        let _ = parse_script(&text);
    }

    #[test]
    fn no_soup_panics(text in soup()) {
        let _ = printed(&text);
        let _ = parse_script(&text);
    }

    #[test]
    fn printing_is_a_fixed_point(text in likely()) {
        // What MySQL's grammar refuses (`a between b = c and d`) is refused here, too.
        if let Some(once) = printed(&text) {
            let again = printed(&once);
            prop_assert_eq!(again, Some(once), "from {}", text);
        }
    }

    #[test]
    fn deep_nesting_is_refused_clearly(depth in limits::MAX_DEPTH..2 * limits::MAX_DEPTH, form in 0_usize..4) {
        let (open, close) = [("(", ")"), ("f(", ")"), ("(select ", ")"), ("not (", ")")][form];
        let text = format!("select {}1{}", open.repeat(depth), close.repeat(depth));
        let error = parse_statement(&text).expect_err("deeper than the limit");
        prop_assert!(error.to_string().contains("nests too deeply"), "{}", error);
    }
}
