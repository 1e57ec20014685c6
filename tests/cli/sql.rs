//! `sql` and `explain`: as the mysql client prints, from the command line, a script or stdin, at any revision.

use crate::sandbox::Sandbox;

#[test]
fn results_print_as_the_mysql_client_prints_them() {
    let sandbox = Sandbox::shop();
    sandbox.vrev(&[
        "sql",
        "-q",
        "insert into item values (1, 'a'), (2, null); update item set name = 'b' where id = 1",
    ]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["sql", "-q", "select * from item where id = 7"]);
    sandbox.vrev(&["sql", "-q", "select * from item order by id\\G"]);
    sandbox.vrev(&["sql", "-B", "-q", "select * from item"]);
    sandbox.vrev(&["sql", "--format", "csv", "-q", "select * from item"]);
    sandbox.vrev(&[
        "sql",
        "--format",
        "json",
        "-q",
        "select * from item; delete from item where id = 2",
    ]);
    sandbox.vrev(&["sql", "-q", "show create table item"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_script_ends_at_its_first_error() {
    let sandbox = Sandbox::shop();
    let script = "-- fill\ninsert into item values (1, 'a');\n\nselect *\nfrom nothing;\nselect id from item;\n";
    sandbox.vrev_with(&["sql"], script);
    sandbox.vrev_with(&["sql", "--force"], &script.replace("(1,", "(2,"));
    sandbox.vrev_with(&["sql", "-t"], "select 1 + 1 as two;");
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn scripts_come_from_files_too() {
    let sandbox = Sandbox::shop();
    sandbox.write("inner.sql", "select id from item;\n");
    sandbox.write(
        "outer.sql",
        "use shop;\ninsert into item values (1, 'a');\nsource inner.sql\n",
    );
    sandbox.write("loop.sql", "source loop.sql\n");
    sandbox.vrev(&["sql", "-f", "outer.sql"]);
    sandbox.vrev(&["sql", "-f", "loop.sql"]);
    sandbox.vrev(&["sql", "-f", "nothing.sql"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_past_revision_is_read_only() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&["sql", "-q", "update item set name = 'b'"]);
    sandbox.vrev(&["sql", "-q", "select name from item"]);
    sandbox.vrev(&["sql", "--at", "HEAD", "-q", "select name from item"]);
    sandbox.vrev(&["sql", "--at", "HEAD~1", "-q", "select name from item"]);
    sandbox.vrev(&["sql", "--at", "HEAD", "-q", "delete from item"]);
    sandbox.vrev(&["sql", "--at", "nowhere", "-q", "select 1"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_keyspace_and_a_shard_are_targets() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&[
        "sql",
        "-q",
        "insert into customer(uname) values ('alice'), ('bob'), ('charlie'), ('dan'), ('eve')",
    ]);
    sandbox.vrev(&[
        "sql",
        "-k",
        "customer:-80",
        "-q",
        "select customer_id, uname from customer order by customer_id",
    ]);
    sandbox.vrev(&[
        "sql",
        "-t",
        "-q",
        "use `customer:80-`",
        "-q",
        "select customer_id, uname from customer",
    ]);
    sandbox.vrev(&["sql", "-k", "nothing", "-q", "select 1"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_branch_has_a_working_set_of_its_own() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["branch", "topic"]);
    let on_topic = "insert into item values (1, 'a'); alter table item add column price int";
    sandbox.vrev(&["sql", "--at", "topic", "-q", on_topic]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["sql", "--at", "topic", "-q", "select * from item"]);
    sandbox.vrev(&["status"]);
    sandbox.vrev(&["switch", "topic"]);
    sandbox.vrev(&["diff", "--stat"]);
    sandbox.vrev(&["sql", "-q", "select * from item"]);
    sandbox.vrev(&["commit", "-am", "Price items"]);
    sandbox.vrev(&["switch", "main"]);
    insta::assert_snapshot!(sandbox.transcript());
}
