//! Git's own merge as the oracle: what it refuses and vrev does not, what it makes and vrev stops, and hundreds of
//! generated histories in which its clean merge must be ours.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use vrev::catalog::alter::{ForeignKeyChecks, apply};
use vrev::catalog::{Catalog, files};
use vrev::sql::{Statement, parse_statement};
use vrev::store::{BlobId, CommitId, NewCommit, TreeId};
use vrev::workspace::{CombineOptions, Template, Workspace};

use crate::scenario::{Scenario, lines};

/// Merges with plain git, which computes the base itself; returns the tree, or `None` for a conflict.
fn git_merge(root: &Path, ours: &str, theirs: &str) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["merge-tree", "--write-tree", ours, theirs])
        .output()
        .expect("git can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => text.lines().next().map(str::to_owned),
        Some(1) => None,
        _ => panic!(
            "git merge-tree: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// The statements of a fenced block after a heading of the page.
fn block<'p>(page: &'p str, heading: &str, side: &str) -> Vec<&'p str> {
    let section = page
        .split(&format!("### {heading}\n"))
        .nth(1)
        .expect(heading);
    let fence = format!("```sql {side}\n");
    let text = section.split(&fence).nth(1).expect(side);
    let text = text.split("\n```").next().expect("the end of the block");
    text.split("; ").collect()
}

fn scenario(page: &str, heading: &str) -> Scenario {
    let [base, ours, theirs] = ["base", "ours", "theirs"].map(|side| block(page, heading, side));
    Scenario::new(&base, &ours, &theirs)
}

#[test]
fn the_page_of_merges_is_true() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/merge.md"));
    let page = page.expect("the page");
    let ledger = "keyspaces/product/tables/ledger.sql";
    for (heading, parts) in [
        (
            "Two columns that stand next to each other",
            ["`amount` bigint", "`note` varchar(200)"],
        ),
        (
            "Two columns added at one place",
            [
                "`booked` date DEFAULT NULL,\n  `currency` char(3)",
                "`amount` int",
            ],
        ),
        (
            "A column renamed here and changed there",
            ["`cents` bigint", "KEY `by_amount` (`cents`)"],
        ),
    ] {
        let scenario = scenario(&page, heading);
        assert_eq!(
            git_merge(&scenario.root(), "main", "side"),
            None,
            "{heading}"
        );
        let combined = scenario.combine();
        assert!(
            combined.is_clean(),
            "{heading}: {:?}",
            lines(&combined.conflicts)
        );
        let text = scenario.file(combined.tree, ledger);
        for part in parts {
            assert!(text.contains(part), "{heading}: {text}");
        }
    }
    let scenario = scenario(&page, "A column dropped here and relied on there");
    assert!(git_merge(&scenario.root(), "main", "side").is_some());
    let violations = scenario.combine().violations.catalog;
    let found: Vec<String> = violations
        .iter()
        .map(|violation| format!("{} {}", violation.kind, violation.object))
        .collect();
    assert_eq!(found, ["dangling column customer.customer"]);
}

/// A generator of numbers that needs no crate: the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Changes a catalog by a few statements; those that do not apply are skipped.
fn edited(catalog: &Catalog, dice: &mut Dice, side: &str) -> Catalog {
    let mut catalog = catalog.clone();
    for number in 0..=dice.roll(3) {
        let (table, column, other) = (dice.roll(3), dice.roll(8), dice.roll(8));
        let text = match dice.roll(7) {
            0 => format!("alter table t{table} modify c{column} bigint"),
            1 => format!("alter table t{table} modify c{column} varchar(30) comment '{side}'"),
            2 => format!("alter table t{table} add column {side}{number} int after c{column}"),
            3 => format!("alter table t{table} drop column c{column}"),
            4 => format!("alter table t{table} add key {side}_{number} (c{column}, c{other})"),
            5 => format!("alter table t{table} comment '{side}{number}'"),
            _ => format!("create table {side}{number} (id int primary key)"),
        };
        let Ok(Statement::Ddl(ddl)) = parse_statement(&text) else {
            panic!("{text}")
        };
        if let Ok(outcome) = apply(&catalog, "product", &ddl, ForeignKeyChecks::On) {
            catalog = outcome.catalog;
        }
    }
    catalog
}

#[test]
fn where_git_merges_cleanly_we_agree() {
    let wanted = 500;
    let folder = tempfile::tempdir().expect("a folder");
    Workspace::init(folder.path(), Template::Cluster, Some("main")).expect("a repository");
    let config = folder.path().join(".git/config");
    let text = std::fs::read_to_string(&config).expect("git's settings");
    std::fs::write(&config, format!("{text}[vrev]\n\tdurability = normal\n")).expect("a disk");
    let workspace = Workspace::open(folder.path()).expect("the repository");
    let store = workspace.store();
    let start = store
        .commit(store.head_commit().expect("a commit"))
        .expect("a commit")
        .tree;
    let signer = store.author().expect("somebody");
    let write = |base: TreeId, before: &Catalog, after: &Catalog| -> TreeId {
        let texts = |catalog: &Catalog| -> BTreeMap<String, Vec<u8>> {
            files::write(catalog)
                .expect("usable names")
                .into_iter()
                .collect()
        };
        let (old, new) = (texts(before), texts(after));
        let mut changes: BTreeMap<String, Option<BlobId>> = BTreeMap::new();
        for path in old.keys().chain(new.keys()) {
            if old.get(path) != new.get(path) {
                let blob = new
                    .get(path)
                    .map(|bytes| store.write_blob(bytes).expect("a disk"));
                changes.insert(path.clone(), blob);
            }
        }
        store.set_files(base, &changes).expect("a tree")
    };
    let commit = |tree: TreeId, parents: Vec<CommitId>| -> CommitId {
        let new = NewCommit {
            message: "generated\n".to_owned(),
            tree,
            parents,
            author: signer.clone(),
            committer: signer.clone(),
        };
        store.write_commit(&new).expect("a disk")
    };
    let mut base = workspace
        .catalog(&vrev::store::Revision::Working)
        .expect("the example");
    let template = base.clone();
    for table in 0..3 {
        let columns: Vec<String> = (0..8).map(|column| format!("c{column} int")).collect();
        let text = format!(
            "create table t{table} (id bigint primary key, {})",
            columns.join(", ")
        );
        let Ok(Statement::Ddl(ddl)) = parse_statement(&text) else {
            panic!("{text}")
        };
        base = apply(&base, "product", &ddl, ForeignKeyChecks::On)
            .expect("a table")
            .catalog;
    }
    let base_tree = write(start, &template, &base);
    let base_commit = commit(base_tree, Vec::new());
    let (mut agreed, mut broken) = (0, 0);
    for seed in 0..4000_u64 {
        if agreed + broken >= wanted {
            break;
        }
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let ours = edited(&base, &mut dice, "our");
        let theirs = edited(&base, &mut dice, "their");
        let trees = [&ours, &theirs].map(|side| write(base_tree, &base, side));
        let commits = trees.map(|tree| commit(tree, vec![base_commit]));
        store.sync().expect("a disk");
        let Some(by_git) = git_merge(
            folder.path(),
            &commits[0].to_string(),
            &commits[1].to_string(),
        ) else {
            continue;
        };
        let combined = workspace
            .combine(base_tree, trees[0], trees[1], &CombineOptions::default())
            .expect("a merge");
        if combined.is_clean() {
            assert_eq!(combined.tree.to_string(), by_git, "seed {seed}");
            agreed += 1;
        } else {
            // Git sees nothing wrong, but what it made is no catalog.
            assert_eq!(lines(&combined.conflicts), [""; 0], "seed {seed}");
            let id: TreeId = by_git.parse().expect("a tree's id");
            let made = store
                .changed_tree_paths(None, Some(id))
                .expect("a tree")
                .paths;
            let made = made
                .into_iter()
                .filter_map(|change| Some((change.path, store.read(change.to?).expect("a blob"))));
            assert!(
                Catalog::build(made.collect::<Vec<_>>()).is_err(),
                "seed {seed}"
            );
            broken += 1;
        }
    }
    assert!(
        agreed + broken >= wanted && agreed > broken,
        "{agreed} clean, {broken} broken"
    );
}
