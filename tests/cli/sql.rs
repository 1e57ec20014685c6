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

/// Runs statements and returns what they print, without the first heading.
fn answers(sandbox: &Sandbox, statements: &str) -> String {
    let printed = sandbox.must(&["sql", "-B", "-q", statements]);
    let rows: Vec<&str> = printed.lines().skip(1).collect();
    rows.join("\n")
}

#[test]
fn a_rebase_follows_the_plan_in_its_table() {
    let sandbox = Sandbox::shop();
    answers(&sandbox, "call vrev_branch('base')");
    for (id, message) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        let insert = format!("insert into item values ({id}, '{message}')");
        answers(
            &sandbox,
            &format!("{insert}; call vrev_commit('-am', '{message}')"),
        );
    }
    answers(&sandbox, "call vrev_rebase('-i', 'base')");
    assert_eq!(
        answers(
            &sandbox,
            "select rebase_order, action, commit_message from vrev_rebase"
        ),
        "1.00\tpick\tone\n2.00\tpick\ttwo\n3.00\tpick\tthree\n4.00\tpick\tfour"
    );
    let wrong = sandbox.run(&[
        "sql",
        "-q",
        "update vrev_rebase set rebase_order = 1 where action = 'pick' and rebase_order = 2",
    ]);
    assert!(wrong.stderr.contains("1062"), "{}", wrong.stderr);
    answers(
        &sandbox,
        "update vrev_rebase set action = 'fixup' where rebase_order = 2;
         update vrev_rebase set action = 'drop' where rebase_order = 3;
         update vrev_rebase set action = 'reword', commit_message = 'last', rebase_order = 9.5 where rebase_order = 4",
    );
    answers(&sandbox, "call vrev_rebase('--continue')");
    assert_eq!(
        answers(&sandbox, "select message from vrev_log limit 3"),
        "last\none\nAdd item"
    );
    assert_eq!(answers(&sandbox, "select id from item"), "1\n2\n4");
    let none = sandbox.run(&["sql", "-q", "select * from vrev_rebase"]);
    assert!(none.stderr.contains("1146"), "{}", none.stderr);
    assert_eq!(answers(&sandbox, "select active_branch()"), "main");
}

#[test]
fn constraints_are_verified_on_request() {
    let sandbox = Sandbox::shop();
    let setup = "create table line (id int primary key, item bigint, foreign key (item) references item (id));
        insert into item values (1, 'a');
        set foreign_key_checks = 0; insert into line values (1, 1), (2, 2), (3, null)";
    answers(&sandbox, setup);
    let verify = "call vrev_verify_constraints('--all', '--output-only', 'line')";
    assert_eq!(answers(&sandbox, verify), "1");
    assert_eq!(
        answers(&sandbox, "call vrev_verify_constraints('item')"),
        "0"
    );
    let refused = sandbox.run(&["sql", "-q", "call vrev_verify_constraints('--all')"]);
    assert!(
        refused.stderr.contains("constraint violations"),
        "{}",
        refused.stderr
    );
    let kept = "set dolt_force_transaction_commit = 1; call vrev_verify_constraints('--all');
        select violation_type, id, item from vrev_constraint_violations_line";
    assert_eq!(
        answers(&sandbox, kept),
        "1\nviolation_type\tid\titem\nforeign key\t2\t2"
    );
    // What was mended is no violation any more.
    answers(&sandbox, "insert into item values (2, 'b')");
    assert_eq!(
        answers(&sandbox, "select count(*) from vrev_constraint_violations"),
        "0"
    );
}

#[test]
fn definitions_are_shown_and_imposed_as_of_a_revision() {
    let sandbox = Sandbox::shop();
    answers(
        &sandbox,
        "insert into item values (1, 'a'); call vrev_commit('-am', 'row');
         alter table item add column price int; update item set price = 5; create table tag (id int primary key);
         call vrev_commit('-Am', 'price')",
    );
    let shown = |statement: &str| answers(&sandbox, statement);
    assert_eq!(shown("show tables as of 'HEAD~1'"), "item");
    assert!(!shown("show create table item as of 'HEAD~1'").contains("price"));
    assert_eq!(shown("describe item as of 'HEAD~1'").lines().count(), 2);
    let imposed = "set @@dolt_override_schema = 'HEAD~1'; select * from item";
    assert_eq!(shown(imposed), "1\ta");
    let refused = sandbox.run(&[
        "sql",
        "-q",
        "set @@dolt_override_schema = 'HEAD~1'; delete from item",
    ]);
    assert!(refused.stderr.contains("read-only"), "{}", refused.stderr);
    let kin = "select message from vrev_log where has_ancestor(commit_hash, 'HEAD~1') order by commit_order";
    assert_eq!(shown(kin), "row\nprice");
}

#[test]
fn a_view_means_the_same_from_every_keyspace() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "create view v as select id from item"]);
    sandbox.must(&[
        "sql",
        "-q",
        "create view w as with item as (select * from v) select * from item",
    ]);
    sandbox.must(&[
        "sql",
        "-q",
        "create view l as select count(*) as n from dolt_log",
    ]);
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a')"]);
    sandbox.must(&["commit", "-am", "A row"]);
    sandbox.must(&[
        "sql",
        "-q",
        "create database other; use other; create table item (id int primary key)",
    ]);
    let query = |text: &str| answers(&sandbox, &format!("use other; {text}"));
    assert_eq!(query("select * from shop.v"), "1");
    assert_eq!(query("select * from shop.v as of 'HEAD'"), "1");
    assert_eq!(query("select * from shop.w as of 'HEAD'"), "1");
    assert_eq!(query("select * from shop.v as of 'HEAD~1'"), "");
    assert_eq!(
        query("use shop; with l as (select id + 6 as n from item) select n from l"),
        "7"
    );
    assert_eq!(query("select n from shop.l"), "3");
}

#[test]
fn statements_are_prepared_and_executed() {
    let sandbox = Sandbox::shop();
    let done = "prepare put from 'insert into item values (?, ?)'; set @i = 1, @n = 'it''s'; execute PUT using @i, @n;
        set @text = concat('select name from item where id = ', @i, ' limit ?'); prepare pick from @text;
        deallocate prepare put; execute pick using @i";
    assert_eq!(answers(&sandbox, done), "it's");
    let refused = |statements: &str, expected: &str| {
        let ended = sandbox.run(&["sql", "-q", statements]);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    };
    refused("execute put", "ERROR 1243");
    refused("deallocate prepare put", "ERROR 1243");
    refused("prepare p from 'select ?'; execute p", "ERROR 1210");
    refused("prepare p from 'prepare q from ''select 1'''", "ERROR 1295");
    refused("prepare p from 'select'", "ERROR 1064");
    refused("prepare p from @none", "ERROR 1064");
}

#[test]
fn what_is_shown_is_narrowed_by_conditions() {
    let sandbox = Sandbox::shop();
    let shown = |statement: &str| answers(&sandbox, statement);
    shown(
        "create table tag (id int primary key comment 'its number') comment 'tags'; create view v as select 1 as one",
    );
    shown("insert into item values (1, 'a'), (2, 'b')");
    assert_eq!(shown("show tables where tables_in_shop like 't%'"), "tag");
    assert_eq!(
        shown("show full tables where table_type = 'VIEW'"),
        "v\tVIEW"
    );
    let field = shown("show columns from item like 'na%'");
    assert_eq!(field.lines().count(), 1, "{field}");
    assert!(field.starts_with("name\t"), "{field}");
    let keys = shown("show full columns from tag where comment <> '' and `Key` = 'PRI'");
    assert_eq!(keys.lines().count(), 1, "{keys}");
    assert_eq!(shown("show index from item where key_name = 'other'"), "");
    assert_eq!(shown("show databases where `database` = 'shop'"), "shop");
    let status = shown("show table status where `Rows` = 2");
    assert!(
        status.starts_with("item\tInnoDB\t10\tDynamic\t2\t"),
        "{status}"
    );
    let status = shown("show table status from shop like 't%'");
    assert!(status.ends_with("\ttags"), "{status}");
    let wrong = sandbox.run(&["sql", "-q", "show tables where nothing = 1"]);
    assert!(wrong.stderr.contains("ERROR 1054"), "{}", wrong.stderr);
    let all = shown("set @@dolt_show_system_tables = 1; show tables");
    assert!(
        all.contains("dolt_diff_item\n") && all.contains("\nitem\n"),
        "{all}"
    );
    let temporary = sandbox.run(&["sql", "-q", "create temporary table t (id int)"]);
    assert!(
        temporary.stderr.contains("CREATE TEMPORARY TABLE"),
        "{}",
        temporary.stderr
    );
}

#[test]
fn what_is_declared_is_asked_of_information_schema() {
    let sandbox = Sandbox::shop();
    let asked = |query: &str| answers(&sandbox, query);
    asked(
        "create table tag (id bigint unsigned primary key, item bigint, n decimal(5,2) not null default '1.5' comment 'much', \
         constraint f foreign key (item) references item (id) on delete set null); create view v as select id from tag",
    );
    assert_eq!(
        asked(
            "select column_name, column_default, is_nullable, data_type, numeric_precision, numeric_scale, column_type, column_key \
             from information_schema.columns where table_schema = 'shop' and table_name = 'tag' order by ordinal_position"
        ),
        "id\tNULL\tNO\tbigint\t20\t0\tbigint unsigned\tPRI\n\
         item\tNULL\tYES\tbigint\t19\t0\tbigint\tMUL\n\
         n\t1.50\tNO\tdecimal\t5\t2\tdecimal(5,2)\t"
    );
    assert_eq!(
        asked(
            "select u.column_name, u.referenced_table_name, r.delete_rule, r.unique_constraint_name \
             from INFORMATION_SCHEMA.KEY_COLUMN_USAGE u join information_schema.referential_constraints r \
             on r.constraint_name = u.constraint_name where u.constraint_name = 'f'"
        ),
        "item\titem\tSET NULL\tPRIMARY"
    );
    assert_eq!(
        asked("select table_name from information_schema.tables where table_type = 'view'"),
        "v"
    );
    assert_eq!(
        asked("describe information_schema.columns").lines().count(),
        22
    );
    let unknown = sandbox.run(&["sql", "-q", "select * from information_schema.nothing"]);
    assert!(unknown.stderr.contains("ERROR 1109"), "{}", unknown.stderr);
}

#[test]
fn a_database_with_a_revision_is_declared_under_its_name() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "call dolt_branch('b')"]);
    let query = |text: &str| answers(&sandbox, &format!("use shop/b; {text}"));
    sandbox.must(&[
        "sql",
        "-q",
        "use shop/b; create table more (id int primary key)",
    ]);
    let tables = "select table_schema, table_name from information_schema.tables";
    assert_eq!(
        query(&format!("{tables} where table_schema = database()")),
        "shop/b\titem\nshop/b\tmore"
    );
    assert_eq!(
        query(&format!("{tables} where table_schema = 'shop'")),
        "shop\titem"
    );
    assert_eq!(
        answers(&sandbox, &format!("use shop/HEAD; {tables}")),
        "shop\titem\nshop/HEAD\titem"
    );
    assert_eq!(answers(&sandbox, tables), "shop\titem");
}

#[test]
fn a_branch_is_written_from_what_is_read_here() {
    let sandbox = Sandbox::shop();
    sandbox.must(&["sql", "-q", "insert into item values (1, 'a'), (2, 'b')"]);
    sandbox.must(&["commit", "-am", "Rows"]);
    sandbox.must(&[
        "sql",
        "-q",
        "call dolt_branch('b'); update item set name = 'new'",
    ]);
    sandbox.must(&[
        "sql",
        "-q",
        "update `shop/b`.item x join item y on x.id = y.id set x.name = concat(x.name, y.name) where x.id = 1;
         insert into `shop/b`.item select id + 10, name from item as of 'HEAD' where id = 2;
         update `shop/b`.item set name = (select max(name) from item) where id = 2",
    ]);
    assert_eq!(
        answers(&sandbox, "select * from `shop/b`.item"),
        "1\tanew\n2\tnew\n12\tb"
    );
    sandbox.vrev(&[
        "sql",
        "-q",
        "update item x join `shop/b`.item y on x.id = y.id set x.name = 'x', y.name = 'y'",
    ]);
    sandbox.vrev(&["sql", "-q", "update item as of 'HEAD' x set name = 'x'"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn other_repositories_are_spoken_to_by_procedures() {
    let sandbox = Sandbox::shop();
    let other = sandbox.folder().join("../other.git");
    sandbox.git(&["init", "-q", "--bare", &other.to_string_lossy()]);
    let url = other.to_string_lossy().into_owned();
    answers(
        &sandbox,
        &format!(
            "call vrev_remote('add', 'origin', '{url}'); call vrev_push('-u', 'origin', 'main')"
        ),
    );
    assert_eq!(
        answers(&sandbox, "select name from vrev_remote_branches"),
        "remotes/origin/main"
    );
    assert_eq!(
        answers(
            &sandbox,
            "call vrev_fetch('origin'); call vrev_pull('origin', 'main')"
        ),
        "0\nfast_forward\tconflicts\tmessage\n0\t0\tEverything up-to-date"
    );
    answers(&sandbox, "call vrev_remote('remove', 'origin')");
    assert_eq!(answers(&sandbox, "select count(*) from vrev_remotes"), "0");
    let refused = sandbox.run(&["sql", "-q", "call vrev_clone('x')"]);
    assert!(refused.stderr.contains("1235"), "{}", refused.stderr);
}

#[test]
fn variables_say_who_signs() {
    let sandbox = Sandbox::shop();
    answers(
        &sandbox,
        "set dolt_committer_name = 'Cy', dolt_author_name = 'Al'; insert into item values (1, 'a');
         call vrev_commit('-am', 'row')",
    );
    assert_eq!(
        answers(
            &sandbox,
            "select committer, author, author_email from vrev_log limit 1"
        ),
        "Cy\tAl\tann@example.org"
    );
}

#[test]
fn a_branch_takes_its_rows_to_its_new_name() {
    let sandbox = Sandbox::shop();
    let here = "call dolt_checkout('-b', 'b'); insert into item values (1, 'kept'); \
                call dolt_branch('-m', 'b', 'c'); select name from item";
    assert_eq!(last_line(&sandbox.must(&["sql", "-Bq", here])), "kept");
    let again = "select name from `shop/c`.item";
    assert_eq!(last_line(&sandbox.must(&["sql", "-Bq", again])), "kept");
    let beside = "insert into `shop/c`.item values (2, 'too'); call dolt_branch('-m', 'c', 'd'); \
                  select count(*) from `shop/d`.item";
    assert_eq!(last_line(&sandbox.must(&["sql", "-Bq", beside])), "2");
    let own = "call dolt_branch('-m', 'main', 'trunk'); select active_branch()";
    assert_eq!(last_line(&sandbox.must(&["sql", "-Bq", own])), "trunk");
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().next_back().unwrap_or_default()
}
