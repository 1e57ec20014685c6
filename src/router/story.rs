//! The user guide's story, statement by statement, through the router over shards in memory: rows, lookup rows,
//! numbers and refusals must be those that vtgate gives.

use std::sync::Arc;

use super::fixture::{
    CUSTOMER, CUSTOMER_TABLES, PRODUCT, PRODUCT_TABLES, catalog, cluster, keyspace, shop,
};
use super::{Router, Session};
use crate::catalog::Catalog;
use crate::shard::Embedded;
use crate::sql;

/// A router with its session.
struct Client<'a> {
    router: Router<'a>,
    session: Session,
}

impl<'a> Client<'a> {
    fn new(catalog: &Arc<Catalog>, cluster: &'a Embedded) -> Self {
        let router = Router::new(Arc::clone(catalog), cluster);
        let mut client = Self {
            router,
            session: Session::new(),
        };
        client.run("use product");
        for sequence in ["customer_seq", "corder_seq", "corder_event_seq"] {
            client.run(&format!(
                "insert into {sequence}(id, next_id, cache) values (0, 1, 3)"
            ));
        }
        client.run("use customer");
        client
    }

    fn try_run(&mut self, text: &str) -> Result<crate::value::QueryResult, sql::SqlError> {
        let statement = sql::parse_statement(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        self.router
            .execute(&mut self.session, &statement)
            .map_err(|error| error.to_sql())
    }

    fn run(&mut self, text: &str) -> crate::value::QueryResult {
        self.try_run(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// Rows as text, cells joined by `|`.
    fn rows(&mut self, text: &str) -> Vec<String> {
        let rows = self.run(text).rows.unwrap_or_default().rows;
        let cell = |value: &crate::value::Value| {
            value
                .to_text()
                .map_or_else(|| "NULL".to_owned(), |text| text.into_owned())
        };
        rows.iter()
            .map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|"))
            .collect()
    }

    fn check(&mut self, text: &str, expected: &[&str]) {
        assert_eq!(self.rows(text), expected, "{text}");
    }

    /// As [`Client::check`], whatever the order of rows.
    fn check_set(&mut self, text: &str, expected: &[&str]) {
        let mut rows = self.rows(text);
        rows.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(rows, expected, "{text}");
    }

    fn refused(&mut self, text: &str, expected: &str) {
        let error = self.try_run(text).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

const ORDERS: &str = "insert into corder(customer_id, product_id, oname) \
    values (1,1,'gift'),(1,2,'gift'),(2,1,'work'),(3,2,'personal'),(4,1,'personal')";

#[test]
fn the_chapters_before_seed_000() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run("use product");
    let inserted = client.run("insert into product(pname) values ('monitor'), ('keyboard')");
    assert_eq!((inserted.affected_rows, inserted.insert_id), (2, 1));
    client.check(
        "select product_id, pname from product order by product_id",
        &["1|monitor", "2|keyboard"],
    );
    client.run("use customer");
    let inserted = client.run(
        "insert into customer(uname) values ('alice'), ('bob'), ('charlie'), ('dan'), ('eve')",
    );
    assert_eq!((inserted.affected_rows, inserted.insert_id), (5, 1));
    client.run("use `customer:-80`");
    client.check(
        "select customer_id, uname from customer order by customer_id",
        &["1|alice", "2|bob", "3|charlie", "5|eve"],
    );
    client.run("use `customer:80-`");
    client.check("select customer_id, uname from customer", &["4|dan"]);
    client.run("use customer");
    client.check(
        "select customer_id, uname from customer order by customer_id",
        &["1|alice", "2|bob", "3|charlie", "4|dan", "5|eve"],
    );
    client.refused(
        "update customer set customer_id = 2 where customer_id = 1",
        "ERROR 1235 (42000): VT12001: unsupported: you cannot UPDATE primary vindex columns; invalid update on vindex: hash",
    );
    let inserted = client.run(ORDERS);
    assert_eq!((inserted.affected_rows, inserted.insert_id), (5, 1));
    client.check_set(
        "select corder_id, hex(keyspace_id) from product.corder_keyspace_idx",
        &[
            "1|166B40B44ABA4BD6",
            "2|166B40B44ABA4BD6",
            "3|06E7EA22CE92708F",
            "4|4EB190C9A2FA169C",
            "5|D2FD8867D50D2DFE",
        ],
    );
    client.run("use `customer:-80`");
    client.check_set(
        "select oname, corder_id from oname_keyspace_idx",
        &["gift|1", "gift|2", "work|3"],
    );
    client.check_set("select corder_id from corder", &["1", "2", "3", "4"]);
    client.run("use `customer:80-`");
    client.check_set(
        "select oname, corder_id from oname_keyspace_idx",
        &["personal|4", "personal|5"],
    );
    client.check_set("select corder_id from corder", &["5"]);
    client.run("use customer");
    client.check("select * from corder where corder_id = 1", &["1|1|1|gift"]);
    client.check_set(
        "select corder_id from corder where oname = 'personal'",
        &["4", "5"],
    );
    client.check_set(
        "select c.uname, o.oname from customer c join corder o on c.customer_id = o.customer_id where c.customer_id = 1",
        &["alice|gift", "alice|gift"],
    );
    client.check_set(
        "select c.uname, o.oname, p.pname from customer c join corder o on c.customer_id = o.customer_id \
         join product.product p on o.product_id = p.product_id",
        &[
            "alice|gift|monitor",
            "alice|gift|keyboard",
            "bob|work|monitor",
            "charlie|personal|keyboard",
            "dan|personal|monitor",
        ],
    );
    client.check_set(
        "select c.uname, o.oname, p.pname from customer c left join corder o on c.customer_id = o.customer_id \
         left join product.product p on o.product_id = p.product_id where c.customer_id > 3",
        &["dan|personal|monitor", "eve|NULL|NULL"],
    );
    assert_eq!(
        client
            .run("delete from corder where corder_id = 1")
            .affected_rows,
        1
    );
    client.check(
        "select oname, corder_id from oname_keyspace_idx where oname = 'gift'",
        &["gift|2"],
    );
    client.check(
        "select corder_id from product.corder_keyspace_idx where corder_id = 1",
        &[],
    );
}

#[test]
fn sequences_hand_out_blocks() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run("use product");
    client.check("select next 2 values from customer_seq", &["1"]);
    client.check("select next value from customer_seq", &["3"]);
    client.check("select next_id from customer_seq", &["4"]);
    client.check("select next 5 values from customer_seq", &["4"]);
    client.check("select next_id from customer_seq", &["10"]);
    client.refused(
        "select next value from product",
        "ERROR 1105 (HY000): NEXT used on a non-sequence table `product`",
    );
}

/// Seed 000, in the variant with `keyspace_id` and `binary`.
#[test]
fn a_lookup_as_primary_vindex_fills_in_the_keyspace_id() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    assert_eq!(client.run(ORDERS).affected_rows, 5);
    let inserted = client
        .run("insert into corder_event(corder_id, ename) values(1, 'paid'), (5, 'delivered')");
    assert_eq!(inserted.affected_rows, 2);
    client.refused(
        "insert into corder_event(corder_id, ename) values(6, 'expect failure')",
        "ERROR 1105 (HY000): execInsertSharded: getInsertShardedRoute: could not map [INT64(6)] to a keyspace id",
    );
    client.check_set(
        "select corder_event_id, corder_id, ename, hex(keyspace_id) from corder_event",
        &[
            "1|1|paid|166B40B44ABA4BD6",
            "2|5|delivered|D2FD8867D50D2DFE",
        ],
    );
    client.check(
        "select ename from corder_event where corder_id = 5",
        &["delivered"],
    );
}

/// Seed 000, in the variant with `customer_id` and `hash`.
#[test]
fn a_lookup_as_primary_vindex_fills_in_the_customer() {
    let vschema = CUSTOMER.replace(
        r#"{"column": "keyspace_id", "name": "binary"}"#,
        r#"{"column": "customer_id", "name": "hash"}"#,
    );
    let event = "create table corder_event(corder_event_id bigint, corder_id bigint, ename varchar(128), \
        customer_id bigint, primary key(corder_id, corder_event_id))";
    let tables: Vec<&str> = CUSTOMER_TABLES[..3]
        .iter()
        .copied()
        .chain([event])
        .collect();
    let catalog = catalog(vec![
        keyspace("product", PRODUCT, &["0"], PRODUCT_TABLES),
        keyspace("customer", &vschema, &["-80", "80-"], &tables),
    ]);
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run(ORDERS);
    client.run("insert into corder_event(corder_id, ename) values(1, 'paid'), (5, 'delivered')");
    client.check_set(
        "select corder_event_id, corder_id, ename, customer_id from corder_event",
        &["1|1|paid|1", "2|5|delivered|4"],
    );
    client.refused(
        "insert into corder_event(corder_id, ename, customer_id) values(1, 'wrong', 2)",
        "ERROR 1105 (HY000): values [[INT64(2)]] for column [customer_id] does not map to keyspace ids",
    );
}

#[test]
fn rows_are_finished_above_the_shards() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run("insert into product.product(pname) values ('monitor'), ('keyboard')");
    client.run(ORDERS);
    client.run(
        "insert into customer(uname) values ('alice'), ('bob'), ('charlie'), ('dan'), ('Alice')",
    );
    client.check("select count(*) from corder", &["5"]);
    client.check(
        "select count(*), min(oname), max(corder_id), sum(product_id) from corder",
        &["5|gift|5|7"],
    );
    client.check("select avg(product_id) from corder", &["1.4000"]);
    client.check(
        "select oname, count(*) c from corder group by oname order by c desc, oname",
        &["gift|2", "personal|2", "work|1"],
    );
    client.check(
        "select oname, count(*) from corder group by oname having count(*) < 2",
        &["work|1"],
    );
    client.check(
        "select distinct oname from corder order by oname desc",
        &["work", "personal", "gift"],
    );
    client.check(
        "select corder_id from corder order by corder_id desc limit 1, 2",
        &["4", "3"],
    );
    client.check(
        "select uname from customer order by uname, customer_id limit 2",
        &["alice", "Alice"],
    );
    client.check("select count(distinct uname) from customer", &["4"]);
    client.check("select count(distinct oname) from corder", &["3"]);
    client.check(
        "select count(*) from corder where customer_id = null",
        &["0"],
    );
    client.check_set(
        "select corder_id from corder where customer_id in (1, 4, 9)",
        &["1", "2", "5"],
    );
    client.check(
        "select p.pname from product.product p where exists \
         (select 1 from corder o where o.product_id = p.product_id and o.oname = 'work')",
        &["monitor"],
    );
    client.check(
        "select p.product_id, count(*) from corder o join product.product p on p.product_id = o.product_id \
         group by p.product_id order by p.product_id",
        &["1|3", "2|2"],
    );
    client.check(
        "select corder_id from corder where customer_id in (select 4 from product.corder_seq)",
        &["5"],
    );
    client.check("select (select max(next_id) from product.corder_seq) + 1 as n from customer where customer_id = 1", &["8"]);
    client.check(
        "select customer_id from corder where customer_id = 1 union select customer_id from corder",
        &["1", "2", "3", "4"],
    );
}

#[test]
fn a_failed_statement_changes_nothing() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run(ORDERS);
    let error = client
        .try_run("insert into corder(corder_id, customer_id, product_id, oname) values (9, 4, 1, 'new'), (1, 1, 1, 'again')")
        .unwrap_err();
    assert_eq!(error.errno, 1062, "{error}");
    client.check("select corder_id from corder where corder_id = 9", &[]);
    client.check(
        "select corder_id from product.corder_keyspace_idx where corder_id = 9",
        &[],
    );
    client.run("begin");
    client.run(
        "insert into corder(corder_id, customer_id, product_id, oname) values (9, 4, 1, 'new')",
    );
    let error = client
        .try_run("insert into corder(corder_id, customer_id, product_id, oname) values (10, 4, 1, 'x'), (1, 1, 1, 'again')")
        .unwrap_err();
    assert_eq!(error.errno, 1062, "{error}");
    client.check("select oname from corder where corder_id = 9", &["new"]);
    client.check("select oname from corder where corder_id = 10", &[]);
    client.run("commit");
    client.check("select oname from corder where corder_id = 9", &["new"]);
    client.run("begin");
    client.run("update corder set oname = 'renamed' where corder_id = 9");
    client.check(
        "select corder_id from corder where oname = 'renamed'",
        &["9"],
    );
    client.run("rollback");
    client.check("select corder_id from corder where oname = 'renamed'", &[]);
    client.check("select corder_id from corder where oname = 'new'", &["9"]);
    client.check(
        "select corder_id from oname_keyspace_idx where oname = 'renamed'",
        &[],
    );
}

#[test]
fn lookup_rows_follow_their_owner() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run(ORDERS);
    assert_eq!(
        client
            .run("update corder set oname = 'office' where customer_id = 2")
            .affected_rows,
        1
    );
    client.check(
        "select corder_id from oname_keyspace_idx where oname = 'work'",
        &[],
    );
    client.check(
        "select corder_id, hex(keyspace_id) from oname_keyspace_idx where oname = 'office'",
        &["3|06E7EA22CE92708F"],
    );
    assert_eq!(
        client
            .run("delete from corder where oname = 'personal'")
            .affected_rows,
        2
    );
    client.check_set(
        "select corder_id from product.corder_keyspace_idx",
        &["1", "2", "3"],
    );
    assert_eq!(
        client
            .run("delete from corder order by corder_id limit 1")
            .affected_rows,
        1
    );
    client.check_set("select corder_id from corder", &["2", "3"]);
    client.check_set(
        "select corder_id from product.corder_keyspace_idx",
        &["2", "3"],
    );
    client.run("insert ignore into corder(corder_id, customer_id, product_id, oname) values (2, 4, 1, 'stolen')");
    client.check(
        "select customer_id, oname from corder where corder_id = 2",
        &["1|gift"],
    );
}

#[test]
fn the_session_answers_for_itself() {
    let catalog = shop();
    let shards = cluster(&catalog);
    let mut client = Client::new(&catalog, &shards);
    client.run("insert into customer(uname) values ('alice'), ('bob')");
    client.check("select last_insert_id()", &["1"]);
    client.check("select database()", &["customer"]);
    client.run("set @answer = 42");
    client.check("select @answer", &["42"]);
    client.run(
        "set @most = (select max(customer_id) from customer), @more = 5 + (select count(*) from customer), \
         @any = exists (select 1 from customer where uname = 'carol')",
    );
    client.run("set @next = @most + 1");
    client.check("select @most, @more, @any, @next", &["2|7|0|3"]);
    client.refused(
        "set @one = (select customer_id from customer)",
        "ERROR 1242 (21000): subquery returned more than one row",
    );
    client.check(
        "select timestampdiff(day, '2020-01-01', '2020-01-03')",
        &["2"],
    );
    client.refused(
        "use nowhere",
        "ERROR 1049 (42000): VT05003: unknown database 'nowhere' in vschema",
    );
    client.check(
        "select uname from customer where customer_id = last_insert_id()",
        &["alice"],
    );
}
