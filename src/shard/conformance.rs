//! What every [`Shard`] does, whatever its engine. Written against the trait: an engine gives two empty shards of one
//! cluster, each with the table `t (id bigint primary key, v varchar(10))`, and runs [`suite`].

use super::{Cluster, Embedded, Shard};
use crate::catalog::{Defaults, Table};
use crate::engine::Binds;
use crate::sql::ddl::Ddl;
use crate::sql::{SqlError, Statement, parse_statement};
use crate::value::{QueryResult, Value};
use crate::vindex::BindValue;

fn run(shard: &dyn Shard, text: &str, binds: &Binds) -> Result<QueryResult, SqlError> {
    let Statement::Sql(statement) = parse_statement(text).unwrap() else {
        panic!("{text}")
    };
    shard.execute(&statement, binds)
}

fn count(shard: &dyn Shard) -> i64 {
    let result = run(shard, "select count(*) from t", &Binds::new()).unwrap();
    result.rows.unwrap().rows[0][0].to_i64().unwrap()
}

fn insert(shard: &dyn Shard, id: i64) -> Result<QueryResult, SqlError> {
    let binds = Binds::from([("id".to_owned(), BindValue::One(Value::Int(id)))]);
    run(shard, "insert into t (id, v) values (:id, 'x')", &binds)
}

/// The suite.
fn suite(left: &dyn Shard, right: &dyn Shard) {
    // Statements commit on their own.
    assert_eq!(insert(left, 1).unwrap().affected_rows, 1);
    assert_eq!(insert(left, 1).unwrap_err().errno, 1062);
    assert_eq!((count(left), count(right)), (1, 0));
    // Shards are apart.
    insert(right, 1).unwrap();
    // A transaction over both is kept when the last of them commits.
    left.begin().unwrap();
    right.begin().unwrap();
    insert(left, 2).unwrap();
    insert(right, 2).unwrap();
    left.commit().unwrap();
    right.commit().unwrap();
    assert_eq!((count(left), count(right)), (2, 2));
    // A rollback undoes it.
    left.begin().unwrap();
    right.begin().unwrap();
    insert(left, 3).unwrap();
    insert(right, 3).unwrap();
    left.rollback().unwrap();
    right.rollback().unwrap();
    assert_eq!((count(left), count(right)), (2, 2));
    // A failed statement leaves the transaction as it was; a savepoint takes a statement over both back.
    left.begin().unwrap();
    right.begin().unwrap();
    insert(left, 4).unwrap();
    left.savepoint("s").unwrap();
    right.savepoint("s").unwrap();
    insert(left, 5).unwrap();
    assert_eq!(insert(right, 1).unwrap_err().errno, 1062);
    left.rollback_to("s").unwrap();
    right.rollback_to("s").unwrap();
    left.commit().unwrap();
    right.commit().unwrap();
    assert_eq!((count(left), count(right)), (3, 2));
    // Rows come typed and named.
    let result = run(
        left,
        "select id, v as name from t where id = 4",
        &Binds::new(),
    )
    .unwrap()
    .rows
    .unwrap();
    assert_eq!(
        result
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>(),
        ["id", "name"]
    );
    assert_eq!(
        result.rows,
        vec![vec![Value::Int(4), Value::Text("x".to_owned())]]
    );
    assert_eq!(
        run(left, "select 1 from missing", &Binds::new())
            .unwrap_err()
            .errno,
        1146
    );
}

fn table(text: &str) -> Table {
    let Statement::Ddl(Ddl::CreateTable(create)) = parse_statement(text).unwrap() else {
        panic!("{text}")
    };
    Table::from_ddl(&create.table, &Defaults::default()).unwrap()
}

const SHARDS: [&str; 2] = ["-80", "80-"];

fn embedded() -> Embedded {
    let mut embedded = Embedded::in_memory().unwrap();
    let table = table("create table t (id bigint primary key, v varchar(10))");
    embedded
        .create_table("ks", &SHARDS.map(str::to_owned), &table)
        .unwrap();
    embedded
}

#[test]
fn embedded_shards_conform() {
    let embedded = embedded();
    suite(
        embedded.shard("ks", "-80").unwrap(),
        embedded.shard("ks", "80-").unwrap(),
    );
    assert!(embedded.shard("ks", "0").is_none() && embedded.shard("other", "-80").is_none());
}

#[test]
fn a_rollback_of_one_is_a_rollback_of_all() {
    let embedded = embedded();
    let (left, right) = (
        embedded.shard("ks", "-80").unwrap(),
        embedded.shard("ks", "80-").unwrap(),
    );
    left.begin().unwrap();
    right.begin().unwrap();
    insert(left, 1).unwrap();
    right.rollback().unwrap();
    assert!(left.commit().is_err());
    assert_eq!(count(left), 0);
}

#[test]
fn tables_change_and_changes_are_seen() {
    let mut embedded = embedded();
    let left = super::TableId::new("ks", "-80", "t");
    embedded
        .load_rows(&left, [vec![Value::Int(1), Value::from("12")]].into_iter())
        .unwrap();
    let mark = embedded.mark().unwrap();
    assert!(embedded.has_changes_since(&mark).unwrap().is_empty());
    insert(embedded.shard("ks", "80-").unwrap(), 7).unwrap();
    let changed = embedded.has_changes_since(&mark).unwrap();
    assert_eq!(
        changed.into_iter().collect::<Vec<_>>(),
        [super::TableId::new("ks", "80-", "t")]
    );
    // 'x' in the other shard is no number: nothing is altered.
    let to = table("create table t (id bigint primary key, n int, extra int default 5)");
    let columns = [Some("id".to_owned()), Some("v".to_owned()), None];
    assert_eq!(
        embedded
            .alter_table("ks", "t", &to, &columns)
            .unwrap_err()
            .errno,
        1366
    );
    assert_eq!(
        embedded
            .definition(&left)
            .unwrap()
            .column("v")
            .map(|column| column.name.clone())
            .as_deref(),
        Some("v")
    );
    run(
        embedded.shard("ks", "80-").unwrap(),
        "delete from t",
        &Binds::new(),
    )
    .unwrap();
    embedded.alter_table("ks", "t", &to, &columns).unwrap();
    let result = run(
        embedded.shard("ks", "-80").unwrap(),
        "select * from t",
        &Binds::new(),
    )
    .unwrap()
    .rows
    .unwrap();
    assert_eq!(
        result.rows,
        vec![vec![Value::Int(1), Value::Int(12), Value::Int(5)]]
    );
    let renamed = table("create table u (id bigint primary key, n int, extra int default 5)");
    embedded.rename_table("ks", "t", &renamed).unwrap();
    assert_eq!(
        embedded
            .tables()
            .iter()
            .map(|id| id.table.as_str())
            .collect::<Vec<_>>(),
        ["u", "u"]
    );
    embedded.drop_table("ks", "u").unwrap();
    assert!(embedded.tables().is_empty());
    assert!(
        embedded
            .create_table("ks", &SHARDS.map(str::to_owned), &to)
            .is_ok()
    );
}
