//! Plans of the user guide's cluster: shapes, routings and what each shard is sent.

use crate::router::fixture::shop;
use crate::router::{Error, Operator, Session};
use crate::sql;

fn plan(text: &str) -> Result<super::Plan, Error> {
    plan_in("customer", text)
}

fn plan_in(target: &str, text: &str) -> Result<super::Plan, Error> {
    let session = Session::with_target(target)?;
    let statement = sql::parse_statement(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    super::plan(&super::table::Schema::new(shop()), &session, &statement)
}

/// The operators as one line: `Join:Join(Route:Scatter,Route:EqualUnique)`.
fn shape(operator: &Operator) -> String {
    let mut text = operator.operator.to_owned();
    if !operator.variant.is_empty() {
        text += &format!(":{}", operator.variant);
    }
    if !operator.inputs.is_empty() {
        let inputs: Vec<String> = operator.inputs.iter().map(shape).collect();
        text += &format!("({})", inputs.join(","));
    }
    text
}

fn check(text: &str, expected: &str) {
    let actual = match plan(text) {
        Ok(plan) => shape(&plan.operators()),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(actual, expected, "{text}");
}

fn attribute(operator: &Operator, name: &str) -> String {
    match operator.attributes.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// What every route, insert, update and delete sends, in plan order, lower case and without backticks.
fn queries(operator: &Operator, found: &mut Vec<String>) {
    let query = attribute(operator, "Query");
    if !query.is_empty() {
        found.push(query.to_lowercase().replace('`', ""));
    }
    operator
        .inputs
        .iter()
        .for_each(|input| queries(input, found));
}

fn check_queries(text: &str, expected: &[&str]) {
    let mut found = Vec::new();
    queries(&plan(text).unwrap().operators(), &mut found);
    assert_eq!(found, expected, "{text}");
}

#[test]
fn routes_by_the_primary_vindex() {
    check(
        "select * from customer where customer_id = 1",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where 1 = customer_id",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where customer_id in (1)",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where customer_id in (1, 2)",
        "Route:IN",
    );
    check(
        "select * from customer where customer_id = 1 or customer_id = 2",
        "Route:IN",
    );
    check(
        "select * from customer where customer_id = 1 or uname = 'x'",
        "Route:Scatter",
    );
    check(
        "select * from customer where customer_id = 5 + 5",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where customer_id = :id",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where customer_id is null",
        "Route:EqualUnique",
    );
    check(
        "select * from customer where customer_id = null",
        "Route:None",
    );
    check(
        "select * from customer where customer_id not in (1, null)",
        "Route:None",
    );
    check(
        "select * from customer where customer_id > 3",
        "Route:Scatter",
    );
    check("select * from customer where uname = 'x'", "Route:Scatter");
    check_queries(
        "select uname from customer where customer_id in (1, 2)",
        &["select uname from customer where customer_id in ::__vals"],
    );
}

#[test]
fn routes_by_lookups() {
    check(
        "select * from corder where corder_id = 1",
        "VindexLookup:EqualUnique(Route:Unsharded,Route:ByDestination)",
    );
    check(
        "select * from corder where oname = 'gift'",
        "VindexLookup:Equal(Route:IN,Route:ByDestination)",
    );
    check(
        "select * from corder where corder_id = 1 and customer_id = 2",
        "Route:EqualUnique",
    );
    check(
        "select * from corder where corder_id in (1, 2)",
        "VindexLookup:IN(Route:Unsharded,Route:ByDestination)",
    );
}

#[test]
fn finishes_scattered_rows_above() {
    check(
        "select uname from customer order by customer_id",
        "Route:Scatter",
    );
    check("select uname from customer limit 2", "Limit(Route:Scatter)");
    check(
        "select uname from customer order by uname limit 2, 3",
        "Limit(Route:Scatter)",
    );
    check_queries(
        "select uname from customer order by uname limit 2, 3",
        &["select uname from customer order by uname asc limit 5"],
    );
    check(
        "select distinct uname from customer",
        "Distinct(Route:Scatter)",
    );
    check(
        "select count(*) from customer",
        "Aggregate:Scalar(Route:Scatter)",
    );
    check(
        "select uname, count(*) from customer group by uname",
        "Aggregate:Ordered(Route:Scatter)",
    );
    check(
        "select customer_id, count(*) from corder group by customer_id",
        "Route:Scatter",
    );
    check(
        "select uname, count(*) c from customer group by uname order by c desc",
        "Sort:Memory(Aggregate:Ordered(Route:Scatter))",
    );
    check(
        "select uname, count(*) c from customer group by uname having count(*) > 1",
        "Filter(Aggregate:Ordered(Route:Scatter))",
    );
    check(
        "select avg(product_id) from corder",
        "Projection(Aggregate:Scalar(Route:Scatter))",
    );
    check(
        "select count(*) + 1 from customer",
        "Projection(Aggregate:Scalar(Route:Scatter))",
    );
    check_queries(
        "select count(*), max(uname) from customer",
        &["select count(*), max(uname) from customer"],
    );
}

#[test]
fn joins_on_a_shared_vindex_are_one_route() {
    check(
        "select c.uname from customer c join corder o on c.customer_id = o.customer_id",
        "Route:Scatter",
    );
    check(
        "select c.uname from customer c join corder o on c.customer_id = o.customer_id where c.customer_id = 1",
        "Route:EqualUnique",
    );
    check(
        "select c.uname from customer c left join corder o on c.customer_id = o.customer_id",
        "Route:Scatter",
    );
    check(
        "select c.uname from customer c join corder o on c.customer_id = o.product_id",
        "Join:Join(Route:Scatter,Route:EqualUnique)",
    );
    check(
        "select c.uname, o.oname, p.pname from customer c join corder o on c.customer_id = o.customer_id \
         join product.product p on o.product_id = p.product_id",
        "Join:Join(Route:Unsharded,Route:Scatter)",
    );
    check(
        "select o.oname, p.pname from corder o left join product.product p on o.product_id = p.product_id",
        "Join:LeftJoin(Route:Scatter,Route:Unsharded)",
    );
    check_queries(
        "select o.oname, p.pname from corder o join product.product p on o.product_id = p.product_id",
        &[
            "select o.oname, o.product_id from corder as o",
            "select p.pname from product as p where :o_product_id = p.product_id",
        ],
    );
}

#[test]
fn pulls_out_what_does_not_merge() {
    check(
        "select uname from customer where customer_id in (select customer_id from corder)",
        "Route:Scatter",
    );
    check(
        "select uname from customer where customer_id in (select product_id from product.product)",
        "UncorrelatedSubquery:PulloutIn(Route:Unsharded,Route:IN)",
    );
    check(
        "select uname from customer where customer_id = (select max(product_id) from product.product)",
        "UncorrelatedSubquery:PulloutValue(Route:Unsharded,Route:EqualUnique)",
    );
    check(
        "select uname from customer where not exists (select 1 from product.product)",
        "UncorrelatedSubquery:PulloutNotExists(Route:Unsharded,Route:Scatter)",
    );
    check(
        "select uname from customer c where exists (select 1 from corder o where o.customer_id = c.customer_id)",
        "Route:Scatter",
    );
}

#[test]
fn no_subquery_reaches_a_shard_that_cannot_answer_it() {
    check(
        "select p.pname from product.product p join product.corder_keyspace_idx i \
         on p.product_id = (select max(product_id) from corder)",
        "UncorrelatedSubquery:PulloutValue(Aggregate:Scalar(Route:Scatter),Route:Unsharded)",
    );
    check(
        "select p.pname from product.product p left join product.corder_keyspace_idx i \
         on p.product_id = (select max(product_id) from corder)",
        "error: VT12001: unsupported: subquery in outer join predicate",
    );
    check(
        "select p.pname from product.product p where exists (select 1 from corder o where o.product_id = p.product_id)",
        "SemiJoin(Route:Unsharded,Limit(Route:Scatter))",
    );
    check(
        "update product.product set pname = (select max(oname) from corder)",
        "error: VT12001: unsupported: subqueries in UPDATE over sharded keyspaces",
    );
    check(
        "insert into product.product(pname) values ((select max(oname) from corder))",
        "error: VT12001: unsupported: subquery of another keyspace in INSERT values",
    );
    check(
        "delete from product.product where product_id in (select product_id from corder)",
        "error: VT12001: unsupported: subqueries in UPDATE and DELETE over sharded keyspaces",
    );
}

#[test]
fn plans_changes() {
    check(
        "insert into customer(uname) values ('alice')",
        "Insert:Sharded",
    );
    check_queries(
        "insert into customer(uname) values ('alice'), ('bob')",
        &[
            "insert into customer(uname, customer_id) values ('alice', :_customer_id_0), ('bob', :_customer_id_1)",
        ],
    );
    check(
        "update customer set uname = 'x' where customer_id = 1",
        "Update:EqualUnique",
    );
    check(
        "delete from corder where corder_id = 1",
        "Delete:EqualUnique",
    );
    let plan = plan("delete from corder where corder_id = 1")
        .unwrap()
        .operators();
    assert_eq!(
        attribute(&plan, "OwnedVindexQuery").to_lowercase(),
        "select customer_id, corder_id, oname, corder_id from corder where corder_id = 1 for update"
    );
    let plan = super::tests::plan("update corder set oname = 'x' where customer_id = 1")
        .unwrap()
        .operators();
    assert_eq!(
        attribute(&plan, "ChangedVindexValues"),
        r#"["oname_keyspace_idx:4"]"#
    );
}

#[test]
fn refuses_in_vtgates_words() {
    check(
        "update customer set customer_id = 2 where customer_id = 1",
        "error: VT12001: unsupported: you cannot UPDATE primary vindex columns; invalid update on vindex: hash",
    );
    check("select * from nowhere", "error: table nowhere not found");
    check(
        "select * from nowhere.t",
        "error: VT05003: unknown database 'nowhere' in vschema",
    );
    check(
        "select nothing from customer",
        "error: column 'nothing' not found",
    );
    check(
        "select c.nothing from customer c",
        "error: column 'nothing' not found in table 'c'",
    );
    check(
        "replace into customer(uname) values ('x')",
        "error: VT12001: unsupported: REPLACE INTO with sharded keyspace",
    );
    check(
        "insert into customer(uname) values ('x', 1)",
        "error: VT03006: column count does not match value count with the row",
    );
    check(
        "insert into hash(id) values (1)",
        "error: VT09014: vindex cannot be modified",
    );
    check("select a.* from customer", "error: Unknown table 'a'");
    check(
        "select uname from customer order by 5",
        "error: Unknown column '5' in 'order clause'",
    );
    check(
        "select rank() over (order by uname) from customer",
        "error: VT12001: unsupported: window functions are only supported for single-shard queries",
    );
}

#[test]
fn targets_bypass_planning() {
    let plan = plan_in(
        "customer:-80",
        "insert into customer(customer_id, uname) values (9, 'x')",
    )
    .unwrap();
    let operators = plan.operators();
    assert_eq!(shape(&operators), "Send");
    assert_eq!(operators.target.as_deref(), Some("Shard(-80)"));
    let error = plan_in("customer[-]", "insert into customer(uname) values ('x')").unwrap_err();
    assert_eq!(
        error.to_string(),
        "VT03023: INSERT not supported when targeting a key range: ExactKeyRange(-)"
    );
}

#[test]
fn json_has_vtgates_keys_in_vtgates_order() {
    let plan = plan("select uname from customer where customer_id = 1").unwrap();
    let json = plan.to_full_json("select 1").to_string();
    let order = [
        "\"Type\":\"Passthrough\"",
        "\"QueryType\":\"SELECT\"",
        "\"Instructions\"",
        "\"OperatorType\":\"Route\"",
        "\"Variant\":\"EqualUnique\"",
        "\"Keyspace\":{\"Name\":\"customer\",\"Sharded\":true}",
        "\"FieldQuery\"",
        "\"Query\"",
        "\"Values\":[\"1\"]",
        "\"Vindex\":\"hash\"",
        "\"TablesUsed\":[\"customer.customer\"]",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|key| json.find(key).unwrap_or_else(|| panic!("{key} in {json}")))
        .collect();
    assert!(places.is_sorted(), "{json}");
}

#[test]
fn with_is_a_derived_table_wherever_it_is_read() {
    check(
        "with x as (select 7 as a) select a from x",
        "Route:Reference",
    );
    check(
        "with x as (select customer_id from customer where customer_id = 1) select customer_id from x",
        "Route:EqualUnique",
    );
    let plan = plan(
        "with x(id) as (select customer_id from customer), y as (select id from x where id = 4) \
         select y.id from y where y.id in (with x as (select customer_id as id from corder) select id from x)",
    );
    assert!(plan.is_ok(), "{:?}", plan.err());
    check(
        "with recursive x as (select customer_id as n from customer union all select n + 1 from x) select n from x",
        "error: VT12001: unsupported: recursive WITH over sharded keyspaces",
    );
    check(
        "with x as (select customer_id from customer), x as (select 1) select 1 from x",
        "error: VT03013: not unique table/alias: 'x'",
    );
    let mut doubling = "with x0 as (select customer_id as n from customer)".to_owned();
    for n in 1..20 {
        doubling += &format!(
            ", x{n} as (select a.n from x{0} as a join x{0} as b)",
            n - 1
        );
    }
    check(
        &(doubling + " select n from x19"),
        "error: VT12001: unsupported: WITH whose queries stand at more than 1000 places over sharded keyspaces",
    );
}
