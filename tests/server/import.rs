//! `vrev import mysql`: from a server's database to files, and nothing differs.

use std::path::Path;
use std::process::{Command, Output};

use crate::server;

const NAME: &str = "vrev_test_import";

fn vrev(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vrev"));
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ann");
        command.env(format!("GIT_{role}_EMAIL"), "ann@example.org");
    }
    let run = command.current_dir(folder).args(args).output();
    run.expect("vrev can be started")
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_servers_database_becomes_a_keyspace() {
    let Some(mut server) = server(NAME) else {
        return;
    };
    for statement in [
        "create table parent (id int primary key, j json, b text default 'x', n int not null default 3 comment 'it''s')",
        "create table child (id int primary key auto_increment, p int, at timestamp default now() on update now(), \
         foreign key (p) references parent (id) on delete cascade, check (p > 0)) default charset latin1",
        "create table parts (id int primary key) partition by range (id) (partition a values less than (10))",
        "create view names as select c.id as id, p.n as n from child c join parent p on c.p = p.id",
        "create trigger tr before insert on child for each row set new.p = 1",
    ] {
        server.execute(statement).expect(statement);
    }
    let address = std::env::var("VREV_MYSQL").expect("the server was found by it");
    let address = match address.starts_with('/') {
        true => format!("mysql://root@localhost/{NAME}?socket={address}"),
        false => format!("{}/{NAME}", address.trim_end_matches('/')),
    };
    let folder = tempfile::tempdir().expect("a folder");
    assert!(vrev(folder.path(), &["init", "."]).status.success());
    let run = vrev(
        folder.path(),
        &["import", "mysql", "--keyspace", "shop", &address],
    );
    let told = text(&run);
    assert!(run.status.success(), "{told}");
    for line in [
        "new keyspace shop, shards 0",
        "added table shop.child",
        "added table shop.parent",
        "added table shop.parts",
        "added view shop.names",
        "skipped TRIGGER `tr`",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let file = |path: &str| {
        std::fs::read_to_string(folder.path().join("keyspaces/shop").join(path)).expect(path)
    };
    assert!(
        file("tables/parent.sql").contains("  `j` json,\n"),
        "{}",
        file("tables/parent.sql")
    );
    assert!(
        !file("views/names.sql").contains(NAME),
        "{}",
        file("views/names.sql")
    );
    let again = text(&vrev(
        folder.path(),
        &["import", "mysql", "-k", "shop", &address],
    ));
    assert!(again.starts_with("unchanged: 4\n"), "{again}");
    let some = text(&vrev(
        folder.path(),
        &[
            "import",
            "mysql",
            &address,
            "--exclude",
            "*a*e*",
            "-x",
            "vrev_test_*.child",
            "-x",
            "nobody",
        ],
    ));
    for line in [
        "added table",
        "warning: `--exclude nobody` matches no table and no view",
    ] {
        assert!(some.contains(line), "{line}: {some}");
    }
    assert!(
        !some.contains("names") && !some.contains("child") && !some.contains("parent"),
        "{some}"
    );
    let both = vrev(
        folder.path(),
        &[
            "import",
            "mysql",
            &address,
            "-d",
            "information_schema",
            "-k",
            "shop",
        ],
    );
    assert!(
        text(&both).contains("several databases cannot go to one keyspace"),
        "{}",
        text(&both)
    );
    let gone = vrev(
        folder.path(),
        &["import", "mysql", &address.replace(NAME, "vrev_test_gone")],
    );
    assert!(
        !gone.status.success() && text(&gone).contains("Unknown database"),
        "{}",
        text(&gone)
    );
}
