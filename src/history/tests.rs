//! The index against the walk, and the walk against git.

mod generated;

use proptest::prelude::*;

use super::*;
use crate::value::Value;
use generated::{Repository, build, change, log, sql, start, subjects, table};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(24),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The index, built at once or in two steps, finds what the walk finds, and the walk what git finds.
    #[test]
    fn the_index_the_walk_and_git_agree(
        steps in proptest::collection::vec((any::<u8>(), any::<u32>(), any::<u8>()), 1..30)
    ) {
        let mut repository = Repository::new();
        let made = build(&mut repository, &steps);
        let tip = made[made.len() - 1].id;
        let middle = made[made.len() / 2].id;
        repository.finish(tip);
        // The index begins at a commit in the middle and is extended, and so are its rows.
        let indexed = History::new(&repository.store, IndexUse::Always, |_| {});
        for tip in [middle, tip] {
            for subject in subjects() {
                let walked = repository.log(IndexUse::Never, tip, &subject);
                prop_assert_eq!(&log(&indexed, tip, &subject), &walked, "{:?}", &subject);
            }
            prop_assert!(indexed.index.borrow().is_some(), "the index answered");
        }
        for subject in subjects() {
            let Subject::Path(path) = &subject else { continue };
            let walked = repository.log(IndexUse::Never, tip, &subject);
            let mut ids: Vec<String> = walked.iter().map(|line| line[..40].to_owned()).collect();
            let mut gits = repository.git_log(tip, path);
            if !repository.is_regular {
                // Which of two commits of one second comes first is nobody's promise.
                ids.sort();
                gits.sort();
            }
            prop_assert_eq!(ids, gits, "{}", path);
        }
    }
}

#[test]
fn a_damaged_index_gives_no_other_answer() {
    let mut repository = Repository::new();
    let steps: Vec<(u8, u32, u8)> = (0..60_u32)
        .map(|n| ((n * 7 % 11) as u8, n * 2_654_435, (n * 3) as u8))
        .collect();
    let made = build(&mut repository, &steps);
    let tip = made[made.len() - 1].id;
    repository.finish(tip);
    let subject = Subject::Keyspace("shop".into());
    let table = Subject::Table {
        keyspace: "shop".into(),
        table: "a".into(),
    };
    let walked = repository.log(IndexUse::Never, tip, &subject);
    let walked_table = repository.log(IndexUse::Never, tip, &table);
    let folder = repository.store.vrev_dir().join("history");
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), walked);
    let file = folder.join("db");
    let whole = std::fs::read(&file).unwrap();
    for round in 0..48_usize {
        let mut bytes = whole.clone();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[round * 7919 % used] ^= 1 << (round % 8);
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(
            repository.log(IndexUse::Always, tip, &subject),
            walked,
            "{round}"
        );
        assert_eq!(
            repository.log(IndexUse::Always, tip, &table),
            walked_table,
            "{round}"
        );
    }
    std::fs::write(&file, b"no index at all").unwrap();
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), walked);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, b"no folder").unwrap();
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), walked);
}

/// Opens the index, though a thread of sled's may yet have to let go of the file that was closed.
fn opened(store: &Store) -> index::Index {
    let open = |_| {
        let opened = index::Index::open(store, None);
        if opened.is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        opened
    };
    (0..10_000).find_map(open).expect("nobody holds it")
}

#[test]
fn a_held_index_is_left_alone() {
    let mut repository = Repository::new();
    let made = build(&mut repository, &[(0, 5, 0), (1, 9, 0)]);
    let tip = made[2].id;
    repository.finish(tip);
    let subject = Subject::Keyspace("shop".into());
    let walked = repository.log(IndexUse::Never, tip, &subject);
    let held = opened(&repository.store);
    assert!(index::Index::open(&repository.store, None).is_none());
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), walked);
    drop(held);
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), walked);
}

#[test]
fn a_copy_answers_for_the_commits_that_it_has() {
    let mut repository = Repository::new();
    let steps: Vec<(u8, u32, u8)> = (0..20_u32).map(|n| (1, n * 16 * 12, 0)).collect();
    let made = build(&mut repository, &steps);
    repository.finish(made[20].id);
    let subject = Subject::Keyspace("shop".into());
    let copy = repository.store.vrev_dir().join("history/copy");
    let agrees = |at: usize| {
        let walked = repository.log(IndexUse::Never, made[at].id, &subject);
        assert_eq!(
            repository.log(IndexUse::Always, made[at].id, &subject),
            walked
        );
    };
    agrees(10);
    assert!(!copy.exists(), "it was only just built");
    agrees(9);
    let whole = std::fs::read(&copy).unwrap();
    // The file is not needed any more, nor missed while another process has it.
    let held = opened(&repository.store);
    let history = History::new(&repository.store, IndexUse::Always, |_| {});
    log(&history, made[8].id, &subject);
    assert!(
        history
            .index
            .borrow()
            .as_ref()
            .is_some_and(index::Index::is_copy)
    );
    drop((held, history));
    // It lacks what comes later, and is renewed when that is read again.
    agrees(20);
    assert_eq!(std::fs::read(&copy).unwrap(), whole);
    agrees(20);
    assert_ne!(std::fs::read(&copy).unwrap(), whole);
    let mut damaged = std::fs::read(&copy).unwrap();
    let last = damaged.len() - 1;
    for at in [3, 3_000, last] {
        damaged[at] ^= 1;
        std::fs::write(&copy, &damaged).unwrap();
        agrees(20);
    }
}

#[test]
fn an_index_is_extended_by_what_it_lacks_and_tells_how_far_it_is() {
    let mut repository = Repository::new();
    let steps: Vec<(u8, u32, u8)> = (0..300_u32).map(|n| (1, n * 16 * 12, 0)).collect();
    let made = build(&mut repository, &steps);
    repository.finish(made[300].id);
    let subject = Subject::Keyspace("shop".into());
    // A short walk makes no index.
    for (use_, tip, commits) in [
        (IndexUse::Auto, 300, None),
        (IndexUse::Always, 200, Some(201)),
        (IndexUse::Auto, 300, Some(100)),
        (IndexUse::Always, 300, None),
        (IndexUse::Always, 100, None),
    ] {
        let heard = RefCell::new(Vec::new());
        let history = History::new(&repository.store, use_, |progress| {
            heard.borrow_mut().push((progress.done, progress.total));
        });
        if index::Index::is_there(&repository.store) {
            history.index.replace(Some(opened(&repository.store)));
        }
        let found = log(&history, made[tip].id, &subject);
        drop(history);
        assert_eq!(
            found,
            repository.log(IndexUse::Never, made[tip].id, &subject)
        );
        let heard = heard.into_inner();
        assert!(heard.is_sorted(), "{heard:?}");
        assert_eq!(
            heard.last().copied(),
            commits.map(|all| (all, all)),
            "{heard:?}"
        );
    }
}

#[test]
fn an_index_of_another_time_is_built_anew() {
    let mut repository = Repository::new();
    let made = build(
        &mut repository,
        &[(0, 5, 0), (1, 9, 0), (3, 5, 0), (1, 70, 0)],
    );
    let tip = made[4].id;
    repository.finish(tip);
    let subject = Subject::Keyspace("shop".into());
    let all = repository.log(IndexUse::Always, tip, &subject);
    assert_eq!(all, repository.log(IndexUse::Never, tip, &subject));
    // The history ends earlier now: what the index says of the commits below holds no more.
    let shallow = repository.store.common_dir().join("shallow");
    std::fs::write(&shallow, format!("{}\n", made[2].id)).unwrap();
    let store = Store::discover(repository.folder.path()).unwrap();
    let of = |index_use| log(&History::new(&store, index_use, |_| {}), tip, &subject);
    let cut = of(IndexUse::Never);
    assert!(cut.len() < all.len(), "{cut:?}");
    assert_eq!(of(IndexUse::Always), cut);
    std::fs::remove_file(&shallow).unwrap();
    assert_eq!(repository.log(IndexUse::Always, tip, &subject), all);
}

#[test]
fn a_row_is_followed_across_a_change_of_its_key() {
    let mut repository = Repository::new();
    let rows = "rows/shop/a/0/0.jsonl";
    let mut files = start();
    files.insert(rows.into(), "{\"id\":1,\"v\":\"one\"}\n".into());
    let first = repository.commit(files.clone(), &[]);
    files.insert(rows.into(), "{\"id\":1,\"v\":\"uno\"}\n".into());
    let second = repository.commit(files.clone(), &[first.id]);
    // The key becomes `v`; the row says the same.
    let keyed = table("a", 10, None)
        .replace("`v` varchar(10) DEFAULT NULL", "`v` varchar(10) NOT NULL")
        .replace("PRIMARY KEY (`id`)", "PRIMARY KEY (`v`)");
    files.insert(sql("a"), keyed);
    files.insert(rows.into(), "{\"v\":\"uno\",\"id\":1}\n".into());
    let third = repository.commit(files.clone(), &[second.id]);
    files.insert(rows.into(), "{\"v\":\"uno\",\"id\":7}\n".into());
    let fourth = repository.commit(files, &[third.id]);
    repository.finish(fourth.id);
    let row = Subject::Row {
        keyspace: "shop".into(),
        table: "a".into(),
        key: vec![("v".into(), KeyValue(Value::Text("uno".into())))],
        column: None,
    };
    for index in [IndexUse::Never, IndexUse::Always] {
        let found = repository.log(index, fourth.id, &row);
        let ids: Vec<&str> = found.iter().map(|line| &line[..40]).collect();
        let expected = [fourth.id, second.id, first.id].map(|id| id.to_string());
        assert_eq!(ids, expected);
    }
    let history = History::new(&repository.store, IndexUse::Never, |_| {});
    let (version, blamed) = history.blame_cells(fourth.id, "shop", "a").unwrap();
    let cells: Vec<(String, CommitId)> = blamed
        .iter()
        .map(|cell| {
            (
                version.schema.columns[cell.column].name.clone(),
                cell.commit.id,
            )
        })
        .collect();
    assert_eq!(cells, [("id".to_owned(), fourth.id)]);
    let (_, rows) = history.blame_rows(second.id, "shop", "a").unwrap();
    assert_eq!(rows[0].commit.id, second.id);
}

#[test]
fn a_column_is_blamed_through_a_rename_of_its_table() {
    let mut repository = Repository::new();
    let mut files = start();
    let first = repository.commit(files.clone(), &[]);
    change(&mut files, 1, 3); // `a` gets `x`
    let second = repository.commit(files.clone(), &[first.id]);
    change(&mut files, 2, 0); // `a` becomes `r0`
    let third = repository.commit(files, &[second.id]);
    repository.finish(third.id);
    let history = History::new(&repository.store, IndexUse::Never, |_| {});
    let blamed = history.blame_definitions(third.id, "shop", "r0").unwrap();
    let found: Vec<(String, String, CommitId)> = blamed
        .into_iter()
        .map(|blamed| (blamed.relation, blamed.name, blamed.commit.id))
        .collect();
    assert!(
        found.contains(&("tables".into(), "r0".into(), third.id)),
        "{found:?}"
    );
    assert!(
        found.contains(&("columns".into(), "id".into(), first.id)),
        "{found:?}"
    );
    assert!(
        found.contains(&("columns".into(), "x".into(), second.id)),
        "{found:?}"
    );
}
