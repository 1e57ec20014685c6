//! Histories of objects, `show <revision>:<object>`, `blame`, `grep`.

use crate::sandbox::Sandbox;

/// A table with rows, a rename, a side branch and a merge.
fn history() -> Sandbox {
    let sandbox = Sandbox::shop();
    let commit = |sql: &str, message: &str| {
        sandbox.must(&["sql", "-q", sql]);
        sandbox.must(&["commit", "-A", "-m", message]);
    };
    commit(
        "insert into item values (1, 'tea'), (2, 'milk')",
        "First rows",
    );
    commit("alter table item add column price int", "Prices");
    commit("update item set price = 3 where id = 1", "Tea costs three");
    commit("create table tag (id int primary key)", "Add tag");
    commit("alter table item rename to product", "Items are products");
    commit(
        "alter table product rename column price to cents",
        "Prices in cents",
    );
    commit(
        "update product set cents = 300 where id = 1",
        "Tea costs more",
    );
    commit("alter table product add index by_name (name)", "An index");
    sandbox
}

#[test]
fn objects_have_histories() {
    let sandbox = history();
    for object in [
        "shop.product",
        "shop.product.cents",
        "shop.product.by_name",
        "shop.product[1]",
        "shop.product[1].cents",
        "shop.product[2]",
        "shop.tag",
        "shop.product[1, 2]",
        "shop.product[9]",
        "shop.product.nothing",
    ] {
        sandbox.vrev(&["log", "--oneline", "--", object]);
    }
    sandbox.vrev(&["log", "--oneline", "--no-follow", "--", "shop.product"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn the_index_answers_as_the_walk_does() {
    let sandbox = history();
    let objects = [
        "shop",
        "shop.product",
        "shop.product.cents",
        "shop.product[1]",
        "tables",
    ];
    let all = |sandbox: &Sandbox| -> Vec<String> {
        let log = |object: &&str| sandbox.must(&["log", "--decorate=no", "--", object]);
        objects.iter().map(log).collect()
    };
    sandbox.git(&["config", "vrev.historyIndex", "never"]);
    let walked = all(&sandbox);
    assert!(!sandbox.folder().join(".git/vrev/history").exists());
    sandbox.git(&["config", "vrev.historyIndex", "always"]);
    assert_eq!(all(&sandbox), walked);
    assert!(sandbox.folder().join(".git/vrev/history").exists());
    // What the repository has since is added.
    sandbox.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    assert_eq!(all(&sandbox), walked);
}

#[test]
fn commits_with_their_changes() {
    let sandbox = history();
    sandbox
        .vrev(&["log", "-p", "-n", "2", "--", "shop.product"])
        .vrev(&["log", "--stat", "--oneline", "-n", "3"])
        .vrev(&["log", "-p", "--oneline", "--", "shop.product[1].cents"])
        .vrev(&["log", "--stat", "-n", "1", "--format", "json"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn commits_are_chosen() {
    let sandbox = history();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~2"]);
    sandbox.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "On the side",
        "--author",
        "Bob <bob@x.org>",
    ]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    sandbox.git(&["tag", "v1", "HEAD~1"]);
    let chosen: &[&[&str]] = &[
        &["--merges"],
        &["--no-merges", "-n", "2"],
        &["--author", "Bob"],
        &["--grep", "^Tea"],
        &["--since", "2026-08-01 10:25:00 +0000"],
        &["--until", "2026-08-01 10:05:00 +0000"],
        &["--since", "no day"],
        &["--author", "("],
        &["main", "--not", "side"],
        &["v1...side"],
        &["--all", "-n", "3"],
        &["--decorate=full", "-n", "2"],
        &["--decorate=no", "--parents", "-n", "1"],
        &["--first-parent", "-n", "3"],
        &["--first-parent", "--", "shop"],
    ];
    for words in chosen {
        sandbox.vrev(&[&["log", "--oneline"], *words].concat());
    }
    sandbox.vrev(&["log", "--oneline", "--graph", "--", "shop.product"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn objects_at_a_revision() {
    let sandbox = history();
    for spec in [
        "HEAD:shop.product",
        "HEAD~4:shop.item",
        "HEAD:shop",
        "HEAD:shop.product.cents",
        "HEAD:shop.product[1]",
        "HEAD~3:shop.item[2]",
        "HEAD:indexes",
        "HEAD:vrev.toml",
        "HEAD:keyspaces/shop",
        ":keyspaces/shop/shards.json",
        "WORKING:shop.tag",
        "HEAD:shop.item",
        "HEAD:shop.product[7]",
        "HEAD:nowhere/at/all",
    ] {
        sandbox.vrev(&["show", spec]);
    }
    sandbox.vrev(&["show", "HEAD:shop.product[1]", "--format", "json"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn who_last_changed_what() {
    let sandbox = history();
    sandbox
        .vrev(&["blame", "shop.product"])
        .vrev(&["blame", "shop.product", "--rows"])
        .vrev(&["blame", "shop.product", "--cells"])
        .vrev(&["blame", "HEAD~5", "shop.item", "--rows"])
        .vrev(&["blame", "shop.item"])
        .vrev(&["blame", "shop"])
        .vrev(&["blame", "shop.product", "--rows", "--format", "json"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_catalog_is_searched() {
    let sandbox = history();
    sandbox
        .vrev(&["grep", "cents"])
        .vrev(&["grep", "-i", "PRIMARY KEY", "HEAD~5"])
        .vrev(&["grep", "-F", "varchar(40)", "--", "shop.product"])
        .vrev(&["grep", "-l", "id", "HEAD"])
        .vrev(&["grep", "-w", "cent"])
        .vrev(&["grep", "("])
        .vrev(&["grep", "tag", "--format", "json"]);
    insta::assert_snapshot!(sandbox.transcript());
}
