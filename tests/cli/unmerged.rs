//! A stopped merge, pick, revert or rebase as plain git sees it: base, ours and theirs at stages 1 to 3 of the index.

use crate::sandbox::Sandbox;

const ITEM: &str = "keyspaces/shop/tables/item.sql";

fn sql(sandbox: &Sandbox, statement: &str) -> String {
    sandbox.must(&["sql", "--format", "csv", "-q", statement])
}

/// `main` and `side`, on which `name` of `item` and the second line of `README.md` were changed differently; `side` has
/// one more row and one more column.
fn clashing() -> Sandbox {
    let sandbox = Sandbox::shop();
    sql(&sandbox, "insert into item(id, name) values (1, 'ink')");
    sandbox.write("README.md", "one\ntwo\nthree\n");
    sandbox.must(&["commit", "-A", "-m", "Base"]);
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "alter table item modify name varchar(60)");
    sql(&sandbox, "alter table item add column price int");
    sql(
        &sandbox,
        "insert into item(id, name, price) values (2, 'pen', 5)",
    );
    sandbox.write("README.md", "one\ntheirs\nthree\n");
    sandbox.must(&["commit", "-A", "-m", "Theirs"]);
    sandbox.must(&["switch", "main"]);
    sql(&sandbox, "alter table item modify name varchar(50)");
    sandbox.write("README.md", "one\nours\nthree\n");
    sandbox.must(&["commit", "-A", "-m", "Ours"]);
    sandbox
}

/// The stages of the index's unmerged paths, without ids.
fn stages(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.git(&["ls-files", "-u"]);
    let line = |line: &str| {
        let (head, path) = line.split_once('\t').expect("a path");
        let stage = head.rsplit(' ').next().expect("a stage");
        format!("{stage} {path}")
    };
    listed.lines().map(line).collect()
}

const BOTH: [&str; 6] = [
    "1 README.md",
    "2 README.md",
    "3 README.md",
    "1 keyspaces/shop/tables/item.sql",
    "2 keyspaces/shop/tables/item.sql",
    "3 keyspaces/shop/tables/item.sql",
];

fn code(sandbox: &Sandbox, program: &str, args: &[&str]) -> (Option<i32>, String) {
    let output = sandbox.command(program).args(args).output();
    let output = output.expect("it can be started");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn plain_git_sees_the_three_versions_of_what_clashes() {
    let sandbox = clashing();
    let merge = sandbox.run(&["merge", "side"]);
    assert_eq!(merge.code, 1, "{}", merge.stderr);
    assert_eq!(stages(&sandbox), BOTH);
    let status = sandbox.git(&["status", "--porcelain"]);
    assert_eq!(status, format!("UU README.md\nUU {ITEM}\n"));
    for (stage, revision) in [("1", "main~1"), ("2", "main"), ("3", "side")] {
        assert_eq!(
            sandbox.git(&["show", &format!(":{stage}:{ITEM}")]),
            sandbox.git(&["show", &format!("{revision}:{ITEM}")])
        );
    }
    let (refused, said) = code(&sandbox, "git", &["commit", "-m", "Too early"]);
    assert!(refused != Some(0) && said.contains("unmerged"), "{said}");
    assert!(sandbox.read("README.md").contains("<<<<<<< HEAD"));
    sandbox.git(&["checkout", "--ours", "README.md"]);
    assert_eq!(sandbox.read("README.md"), "one\nours\nthree\n");
    sandbox.git(&["checkout", "--theirs", "README.md", ITEM]);
    assert_eq!(sandbox.read("README.md"), "one\ntheirs\nthree\n");
    assert!(sandbox.read(ITEM).contains("varchar(60)"));
    sandbox.must(&["merge", "--abort"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(stages(&sandbox), [""; 0]);
    assert!(!sandbox.folder().join(".git/vrev-unmerged").exists());
}

#[test]
fn what_git_adds_is_settled_and_its_rows_are_merged() {
    let sandbox = clashing();
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    assert_eq!(sql(&sandbox, "select id from item"), "id\n1\n");
    sandbox.git(&["checkout", "--theirs", ITEM]);
    sandbox.git(&["add", ITEM]);
    assert_eq!(stages(&sandbox), BOTH[..3]);
    let open = sandbox.must(&["conflicts"]);
    assert!(
        open.contains("README.md") && !open.contains("columns"),
        "{open}"
    );
    sandbox.write("README.md", "one\nboth\nthree\n");
    sandbox.git(&["add", "README.md"]);
    assert_eq!(stages(&sandbox), [""; 0]);
    sandbox.must(&["merge", "--continue"]);
    assert_eq!(
        sandbox.git(&["show", "HEAD:README.md"]),
        "one\nboth\nthree\n"
    );
    assert_eq!(
        sql(&sandbox, "select id, price from item"),
        "id,price\n1,\n2,5\n"
    );
    let parents = sandbox.git(&["log", "-1", "--format=%P"]);
    assert_eq!(parents.split_whitespace().count(), 2);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn plain_git_commits_what_it_added() {
    let sandbox = clashing();
    sandbox.must(&["git", "install"]);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    let edited = sandbox.read(ITEM).replace("varchar(50)", "varchar(70)");
    sandbox.write(ITEM, &edited);
    sandbox.write("README.md", "one\nboth\nthree\n");
    sandbox.git(&["add", "README.md", ITEM]);
    let (refused, said) = code(&sandbox, "git", &["commit", "-m", "Both"]);
    assert!(
        refused != Some(0) && said.contains("vrev add shop.item"),
        "{said}"
    );
    sandbox.must(&["add", "shop.item"]);
    let (made, said) = code(&sandbox, "git", &["commit", "-m", "Both"]);
    assert_eq!(made, Some(0), "{said}");
    assert_eq!(
        sql(&sandbox, "select id, price from item"),
        "id,price\n1,\n2,5\n"
    );
    assert!(
        sandbox
            .git(&["show", &format!("HEAD:{ITEM}")])
            .contains("varchar(70)")
    );
    let status = sandbox.must(&["status"]);
    assert!(status.contains("nothing to commit"), "{status}");
}

#[test]
fn resolving_collapses_the_stages_of_what_is_settled() {
    let sandbox = clashing();
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    sandbox.must(&["resolve", "--ours", "README.md"]);
    assert_eq!(stages(&sandbox), BOTH[3..]);
    let all = sandbox.run(&["commit", "-a", "-m", "Too early"]);
    assert!(
        all.code != 0 && all.stderr.contains("schema conflict: shop.item"),
        "{}",
        all.stderr
    );
    assert_eq!(
        stages(&sandbox),
        BOTH[3..],
        "what nobody touched stays open"
    );
    sandbox.must(&["add", "shop.item"]);
    assert_eq!(stages(&sandbox), [""; 0]);
    sandbox.must(&["commit", "-m", "Both"]);
    let text = sandbox.git(&["show", &format!("HEAD:{ITEM}")]);
    assert!(
        text.contains("varchar(50)") && text.contains("price"),
        "{text}"
    );
    assert_eq!(
        sql(&sandbox, "select id, price from item"),
        "id,price\n1,\n2,5\n"
    );
}

#[test]
fn two_conflicts_of_one_file_are_settled_one_by_one() {
    let sandbox = Sandbox::shop();
    let vindexes = |one: &str, other: &str| {
        format!(
            "{{\n  \"vindexes\": {{\n    \"a\": {{\n      \"type\": \"{one}\"\n    }},\n    \"b\": {{\n      \"type\": \"{other}\"\n    }}\n  }},\n  \
             \"tables\": {{\n    \"item\": {{}}\n  }}\n}}\n"
        )
    };
    let path = "keyspaces/shop/vschema.json";
    let commit = |one: &str, other: &str| {
        sandbox.write(path, &vindexes(one, other));
        sandbox.must(&["commit", "-A", "-m", one]);
    };
    commit("hash", "hash");
    sandbox.must(&["switch", "-c", "side"]);
    commit("xxhash", "xxhash");
    sandbox.must(&["switch", "main"]);
    commit("binary", "binary");
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    let three = [1, 2, 3].map(|stage| format!("{stage} {path}"));
    assert_eq!(stages(&sandbox), three);
    sandbox.must(&["resolve", "--theirs", "shop.a"]);
    assert_eq!(stages(&sandbox), three);
    sandbox.must(&["resolve", "--ours", "shop.b"]);
    assert_eq!(stages(&sandbox), [""; 0]);
    sandbox.must(&["commit", "-m", "Both"]);
    assert_eq!(
        sandbox.git(&["show", &format!("HEAD:{path}")]),
        vindexes("xxhash", "binary")
    );
}

#[test]
fn what_one_side_removed_has_two_stages() {
    let sandbox = clashing();
    sandbox.must(&["reset", "--hard", "main~1"]);
    sql(&sandbox, "drop table item");
    sandbox.must(&["commit", "-A", "-m", "Drop item"]);
    assert_eq!(sandbox.run(&["merge", "side"]).code, 1);
    assert_eq!(stages(&sandbox), [format!("1 {ITEM}"), format!("3 {ITEM}")]);
    assert!(
        sandbox
            .git(&["status", "--porcelain"])
            .contains(&format!("DU {ITEM}"))
    );
    sandbox.git(&["rm", "-q", ITEM]);
    assert_eq!(stages(&sandbox), [""; 0]);
    sandbox.must(&["merge", "--continue"]);
    assert!(
        !sandbox
            .git(&["ls-tree", "-r", "--name-only", "HEAD"])
            .contains(ITEM)
    );
}

#[test]
fn picks_reverts_and_rebases_show_theirs_too() {
    let sandbox = clashing();
    for (verb, args) in [
        ("cherry-pick", &["cherry-pick", "side"][..]),
        ("rebase", &["rebase", "side"]),
    ] {
        assert_eq!(sandbox.run(args).code, 1, "{verb}");
        assert_eq!(stages(&sandbox), BOTH, "{verb}");
        sandbox.must(&["resolve", "--theirs"]);
        assert_eq!(stages(&sandbox), [""; 0], "{verb}");
        sandbox.must(&[verb, "--abort"]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "", "{verb}");
    }
    sandbox.write("README.md", "one\nlast\nthree\n");
    sandbox.must(&["commit", "-A", "-m", "Last"]);
    assert_eq!(sandbox.run(&["revert", "HEAD~1"]).code, 1);
    assert_eq!(stages(&sandbox), BOTH[..3]);
    sandbox.write("README.md", "one\nreverted\nthree\n");
    sandbox.must(&["add", "README.md"]);
    sandbox.must(&["revert", "--continue"]);
    assert_eq!(
        sandbox.git(&["show", "HEAD:README.md"]),
        "one\nreverted\nthree\n"
    );
}

const ROWS: &str = "rows/shop/item/0/0.jsonl";

/// `main` and `side`, on which a row of `item` was changed differently; `side` has one more row. Plain git has stopped in
/// merging them.
fn rows_left_by_git() -> Sandbox {
    let sandbox = Sandbox::shop();
    sql(&sandbox, "create table other(id int primary key)");
    sql(&sandbox, "insert into other values (7)");
    sql(&sandbox, "insert into item(id, name) values (1, 'ink')");
    sandbox.must(&["commit", "-A", "-m", "Base"]);
    sandbox.must(&["switch", "-c", "side"]);
    sql(&sandbox, "update item set name = 'theirs' where id = 1");
    sql(&sandbox, "insert into item(id, name) values (2, 'pen')");
    sandbox.must(&["commit", "-a", "-m", "Theirs"]);
    sandbox.must(&["switch", "main"]);
    sql(&sandbox, "update item set name = 'ours' where id = 1");
    sandbox.must(&["commit", "-a", "-m", "Ours"]);
    let (stopped, said) = code(&sandbox, "git", &["merge", "side"]);
    assert_eq!(stopped, Some(1), "{said}");
    sandbox
}

fn take_theirs(sandbox: &Sandbox) {
    sandbox.git(&["checkout", "--theirs", ROWS]);
    sandbox.git(&["add", "--sparse", ROWS]);
}

#[test]
fn a_merge_that_git_left_in_rows_is_told() {
    let sandbox = rows_left_by_git();
    let status = sandbox.must(&["status"]);
    assert!(
        status.contains("You have unmerged paths.")
            && status.contains("Unmerged paths:\n")
            && status.contains(&format!("\t{ROWS}\n"))
            && !status.contains("rows:"),
        "{status}"
    );
    let json = sandbox.must(&["status", "--format", "json"]);
    assert!(json.contains("\"git_merge\""), "{json}");
    let told = sandbox.run(&["conflicts"]).stderr;
    assert!(
        told.contains(ROWS) && told.contains("git add --sparse"),
        "{told}"
    );
    for refused in [
        &["merge", "--abort"][..],
        &["switch", "side"],
        &["commit", "-m", "Too early"],
    ] {
        let run = sandbox.run(refused);
        assert!(
            run.code != 0
                && run.stderr.contains("git merge --abort")
                && run.stderr.contains("git add --sparse"),
            "{}",
            run.stderr
        );
    }
    sql(&sandbox, "insert into other values (8)");
    let add = sandbox.run(&["add", "shop.other"]);
    assert!(add.code != 0 && add.stderr.contains(ROWS), "{}", add.stderr);
    sandbox.write("README.md", "one\n");
    sandbox.must(&["add", "README.md"]);
    let three = [1, 2, 3].map(|stage| format!("{stage} {ROWS}"));
    assert_eq!(stages(&sandbox), three);
    sandbox.git(&["merge", "--abort"]);
    let status = sandbox.must(&["status"]);
    assert!(
        !status.contains("merg") && status.contains("modified rows:      shop.other"),
        "{status}"
    );
    assert!(!status.contains("shop.item"), "{status}");
}

#[test]
fn rows_that_git_merged_are_those_of_the_commit() {
    for commit in [
        &["commit", "-m", "Both"][..],
        &["commit", "-a", "-m", "Both"],
    ] {
        let sandbox = rows_left_by_git();
        take_theirs(&sandbox);
        let status = sandbox.must(&["status"]);
        assert!(
            status.contains("All conflicts fixed but you are still merging.")
                && status.contains("modified rows:      shop.item")
                && !status.contains("file:")
                && !status.contains("not staged"),
            "{status}"
        );
        assert_eq!(
            sandbox.git(&["status", "--porcelain"]),
            format!("M  {ROWS}\n")
        );
        sql(&sandbox, "insert into other values (8)");
        sandbox.must(&["add", "shop.other"]);
        assert!(!sandbox.must(&["status"]).contains("not staged"));
        sandbox.must(commit);
        assert_eq!(
            sandbox.git(&["rev-parse", "HEAD:rows/shop/item"]),
            sandbox.git(&["rev-parse", "side:rows/shop/item"])
        );
        let parents = sandbox.git(&["log", "-1", "--format=%P"]);
        assert_eq!(parents.split_whitespace().count(), 2);
        assert_eq!(
            sql(&sandbox, "select id, name from item"),
            "id,name\n1,theirs\n2,pen\n"
        );
        let status = sandbox.must(&["status"]);
        assert!(status.contains("nothing to commit"), "{status}");
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
        assert!(!sandbox.folder().join("rows").exists());
        sandbox.must(&["switch", "side"]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn rows_that_git_merged_can_be_committed_by_git_or_given_up() {
    let sandbox = rows_left_by_git();
    take_theirs(&sandbox);
    sandbox.must(&["status"]);
    sandbox.git(&["merge", "--abort"]);
    let status = sandbox.must(&["status"]);
    assert!(status.contains("nothing to commit"), "{status}");
    assert_eq!(sql(&sandbox, "select name from item"), "name\nours\n");
    let (stopped, said) = code(&sandbox, "git", &["merge", "side"]);
    assert_eq!(stopped, Some(1), "{said}");
    take_theirs(&sandbox);
    sandbox.must(&["status"]);
    sandbox.git(&["commit", "-q", "-m", "Both"]);
    assert_eq!(
        sql(&sandbox, "select id, name from item"),
        "id,name\n1,theirs\n2,pen\n"
    );
    let status = sandbox.must(&["status"]);
    assert!(status.contains("nothing to commit"), "{status}");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}
