//! `constraints verify` from the outside: what is found, what is noted, and how it ends.

use crate::sandbox::Sandbox;

fn sql(sandbox: &Sandbox, statement: &str) -> String {
    sandbox.must(&["sql", "--format", "csv", "-q", statement])
}

#[test]
fn broken_rows_are_told_and_noted() {
    let sandbox = Sandbox::shop();
    sql(
        &sandbox,
        "create table line (id int primary key, item bigint, constraint of_item foreign key (item) references item (id));
         create table note (id int primary key, item bigint, foreign key (item) references item (id));
         insert into item values (1, 'a'); insert into note values (1, 1);
         set foreign_key_checks = 0; insert into line values (1, 1), (2, 2), (3, null)",
    );
    sandbox.must(&["commit", "-A", "-m", "Lines"]);
    assert_eq!(
        sandbox.must(&["constraints", "verify"]),
        "",
        "HEAD has them all"
    );
    let found = sandbox.run(&["constraints", "verify", "--all", "--output-only"]);
    assert_eq!(found.code, 1, "{}", found.stderr);
    assert_eq!(
        found.stdout,
        "shop.line in shard 0\n\
         +-------------+------------+----+------+\n\
         | violation   | constraint | id | item |\n\
         +-------------+------------+----+------+\n\
         | foreign key | of_item    |  2 |    2 |\n\
         +-------------+------------+----+------+\n"
    );
    let noted = || sql(&sandbox, "select * from vrev_constraint_violations");
    assert_eq!(noted(), "table,num_violations\n");
    sandbox.must(&["constraints", "verify", "--all", "note", "shop.item"]);
    let found = sandbox.run(&["constraints", "verify", "--all", "--format", "json", "shop"]);
    let told: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
    assert_eq!(told["violations"][0]["object"], "shop.line");
    assert_eq!(told["violations"][0]["info"]["ForeignKey"], "of_item");
    assert_eq!(noted(), "table,num_violations\nline,1\n");
    sql(
        &sandbox,
        "set foreign_key_checks = 0; insert into note values (2, 7)",
    );
    let found = sandbox.run(&["constraints", "verify"]);
    assert!(
        found.code == 1 && found.stdout.starts_with("shop.note"),
        "{}",
        found.stdout
    );
    sandbox.must(&[
        "sql",
        "-q",
        "set foreign_key_checks = 0; delete from note where id = 2; delete from item",
    ]);
    let found = sandbox.run(&["constraints", "verify", "note"]);
    assert!(
        found.code == 1 && found.stdout.contains("foreign key"),
        "a child whose parent is gone since: {}",
        found.stdout
    );
    let none = sandbox.run(&["constraints", "verify", "nothing"]);
    assert!(
        none.code == 2 && none.stderr.contains("`nothing`"),
        "{}",
        none.stderr
    );
}
