//! Bad input: each has its message, and nothing is half-written.

use crate::sandbox::Sandbox;

/// Runs a command that must fail, and shows that it moved neither HEAD nor a branch and left the index and the files alone.
fn refused(sandbox: &Sandbox, args: &[&str]) {
    let state = || {
        let refs = sandbox.git(&["for-each-ref"]);
        (
            sandbox.git(&["rev-parse", "HEAD"]),
            sandbox.git(&["symbolic-ref", "HEAD"]),
            refs,
            sandbox.git(&["diff", "HEAD"]) + &sandbox.git(&["ls-files", "-s"]),
        )
    };
    let before = state();
    sandbox.vrev(args);
    assert_eq!(before, state(), "{args:?} changed something");
    sandbox.git(&["fsck", "--strict"]);
}

const VSCHEMA: &str = "keyspaces/customer/vschema.json";

#[test]
fn unparsable_ddl() {
    let sandbox = Sandbox::cluster();
    sandbox.write("keyspaces/customer/tables/corder.sql", "CREATE TABLE `corder` (\n  `corder_id` bigint NOT NULL,\n  `oname` varchr(128),\n  PRIMARY KEY (`corder_id`\n);\n");
    refused(&sandbox, &["commit", "-am", "broken"]);
    refused(&sandbox, &["status"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn unparsable_json() {
    let sandbox = Sandbox::cluster();
    let vschema = sandbox.read(VSCHEMA);
    sandbox.write(VSCHEMA, &vschema.replacen(',', "", 1));
    refused(&sandbox, &["commit", "-am", "broken"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn an_unknown_vindex_type() {
    let sandbox = Sandbox::cluster();
    let vschema = sandbox.read(VSCHEMA);
    sandbox.write(
        VSCHEMA,
        &vschema.replace("\"type\": \"hash\"", "\"type\": \"hsh\""),
    );
    refused(&sandbox, &["commit", "-am", "broken"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_column_vindex_on_a_missing_column() {
    let sandbox = Sandbox::cluster();
    let vschema = sandbox.read(VSCHEMA);
    let broken = vschema.replace(
        "[\n            \"corder_id\"\n",
        "[\n            \"corder_idd\"\n",
    );
    assert_ne!(vschema, broken);
    sandbox.write(VSCHEMA, &broken);
    refused(&sandbox, &["commit", "-am", "broken"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_catalog_that_does_not_build_can_be_committed_on_purpose() {
    let sandbox = Sandbox::cluster();
    let vschema = sandbox.read(VSCHEMA);
    sandbox.write(
        VSCHEMA,
        &vschema.replace("\"type\": \"hash\"", "\"type\": \"hsh\""),
    );
    sandbox.vrev(&["commit", "--no-verify", "-am", "broken on purpose"]);
    sandbox.vrev(&["sql", "-q", "select 1"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn an_unknown_revision() {
    let sandbox = Sandbox::cluster();
    refused(&sandbox, &["diff", "HEAD~7"]);
    refused(&sandbox, &["show", "nowhere"]);
    refused(&sandbox, &["switch", "-c", "a", "nowhere"]);
    refused(&sandbox, &["sql", "--at", "nowhere", "-q", "select 1"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_dirty_switch() {
    let sandbox = Sandbox::cluster();
    sandbox.must(&["switch", "-c", "side"]);
    let table = "keyspaces/customer/tables/customer.sql";
    let text = sandbox.read(table);
    sandbox.write(table, &text.replace("varchar(128)", "varchar(64)"));
    sandbox.must(&["commit", "-am", "Narrow the name"]);
    sandbox.write(table, &text.replace("varchar(128)", "varchar(99)"));
    refused(&sandbox, &["switch", "main"]);
    assert!(sandbox.read(table).contains("varchar(99)"));
    sandbox.must(&["reset", "--hard"]);
    sandbox.must(&[
        "sql",
        "-q",
        "insert into product(pname) values ('keyboard')",
    ]);
    sandbox.must(&["commit", "-am", "Another product"]);
    sandbox.must(&["sql", "-q", "insert into product(pname) values ('monitor')"]);
    refused(&sandbox, &["switch", "main"]);
    sandbox.vrev(&["sql", "-q", "select * from product"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_table_name_that_would_escape_its_folder() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&[
        "sql",
        "-q",
        "create table `../../../escaped` (id int primary key)",
    ]);
    sandbox.vrev(&[
        "sql",
        "-q",
        "create table customer.`../../../escaped` (id int primary key)",
    ]);
    sandbox.vrev(&["add", "../escaped.sql"]);
    sandbox.vrev(&["status"]);
    insta::assert_snapshot!(sandbox.transcript());
    assert!(!sandbox.folder().with_file_name("escaped.sql").exists());
    assert!(!sandbox.folder().join("escaped.sql").exists());
}

#[test]
fn a_second_writer_moved_the_branch_meanwhile() {
    let sandbox = Sandbox::cluster();
    let objects = || {
        std::fs::read_dir(sandbox.folder().join(".git/objects"))
            .unwrap()
            .count()
    };
    let lock = sandbox.folder().join(".git/refs/heads/main.lock");
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "The other writer's"]);
    let theirs = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["reset", "-q", "--soft", "HEAD~1"]);
    // The other writer holds the branch's lock, so that vrev has to wait with its commit written.
    std::fs::write(&lock, "").unwrap();
    let before = objects();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_vrev"));
    command
        .args(["commit", "--allow-empty", "-m", "Ours"])
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let began = std::time::Instant::now();
    while objects() == before && began.elapsed().as_secs() < 4 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::fs::write(sandbox.folder().join(".git/refs/heads/main"), &theirs).unwrap();
    std::fs::remove_file(&lock).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        theirs,
        "the other writer's commit stays"
    );
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_lock_that_stays_is_told() {
    let sandbox = Sandbox::cluster();
    sandbox.write(".git/refs/heads/main.lock", "");
    let run = sandbox.run(&["commit", "--allow-empty", "-m", "too late"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("main.lock` has been there for"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_object_that_never_was() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&["log", "--", "customer.nothing"]);
    sandbox.vrev(&["rollback", "HEAD", "--", "customer.nothing"]);
    sandbox.vrev(&["log", "--oneline", "--", "customer.corder"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_damaged_index() {
    let sandbox = Sandbox::cluster();
    let index = sandbox.folder().join(".git/index");
    let mut bytes = std::fs::read(&index).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&index, bytes).unwrap();
    sandbox.vrev(&["status"]);
    std::fs::remove_file(&index).unwrap();
    sandbox.vrev(&["reset"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    insta::assert_snapshot!(sandbox.transcript());
}
