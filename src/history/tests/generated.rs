//! Repositories of generated commits.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::super::*;
use crate::store::{BlobId, InitOptions, NewCommit, Signature, TreeId};
use crate::value::Value;

/// A repository whose commits are made by hand.
pub(super) struct Repository {
    pub(super) folder: tempfile::TempDir,
    pub(super) store: Store,
    time: i64,
    count: usize,
    /// Whether each commit is a minute younger than the one before.
    pub(super) is_regular: bool,
}

pub(super) type Files = BTreeMap<String, String>;

/// A commit with what it holds.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) id: CommitId,
    pub(super) files: Files,
}

const TABLES: [&str; 3] = ["a", "b", "c"];

pub(super) fn table(name: &str, length: u32, extra: Option<u32>) -> String {
    let extra = extra.map_or(String::new(), |length| {
        format!("  `x` varchar({length}) DEFAULT NULL,\n")
    });
    format!(
        "CREATE TABLE `{name}` (\n  `id` bigint NOT NULL,\n  `v` varchar({length}) DEFAULT NULL,\n{extra}  PRIMARY KEY (`id`)\n) \
         ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
    )
}

pub(super) fn sql(name: &str) -> String {
    format!("keyspaces/shop/tables/{name}.sql")
}

pub(super) const VSCHEMA: &str = "keyspaces/shop/vschema.json";
const IDENTITIES: &str = "keyspaces/shop/identities.json";

impl Repository {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = InitOptions {
            default_branch: Some("main".into()),
        };
        Store::init(folder.path(), &options).unwrap();
        let config = folder.path().join(".git/config");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text + "[vrev]\n\tdurability = normal\n").unwrap();
        let store = Store::discover(folder.path()).unwrap();
        Self {
            folder,
            store,
            time: 1_700_000_000,
            count: 0,
            is_regular: true,
        }
    }

    /// Commits files a minute after the last commit.
    pub(super) fn commit(&mut self, files: Files, parents: &[CommitId]) -> Made {
        self.commit_after(60, files, parents)
    }

    fn commit_after(&mut self, seconds: i64, files: Files, parents: &[CommitId]) -> Made {
        let mut tree = TreeId::from_bytes(*EMPTY.as_bytes());
        for (path, text) in &files {
            let blob: BlobId = self.store.write_blob(text.as_bytes()).unwrap();
            tree = self.store.set_file(tree, path, Some(blob)).unwrap();
        }
        self.time += seconds;
        self.is_regular &= seconds == 60;
        self.count += 1;
        let signature = Signature {
            name: "A".into(),
            email: "a@b".into(),
            seconds: self.time,
            offset: 0,
        };
        let new = NewCommit {
            message: format!("{}\n", self.count),
            tree,
            parents: parents.to_vec(),
            author: signature.clone(),
            committer: signature,
        };
        let id = self.store.write_commit(&new).unwrap();
        Made { id, files }
    }

    pub(super) fn finish(&self, tip: CommitId) {
        self.store.sync().unwrap();
        let head = self.store.head().unwrap();
        let expected = crate::store::Expected::Any;
        self.store.move_head(&head, tip, expected, "test").unwrap();
    }

    pub(super) fn git_log(&self, tip: CommitId, path: &str) -> Vec<String> {
        let output = Command::new("git")
            .args(["log", "--format=%H", &tip.to_string(), "--", path])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub(super) fn log(&self, index: IndexUse, tip: CommitId, subject: &Subject) -> Vec<String> {
        log(&History::new(&self.store, index, |_| {}), tip, subject)
    }
}

pub(super) fn log(history: &History<'_>, tip: CommitId, subject: &Subject) -> Vec<String> {
    let found = history.log(
        &[tip],
        &[],
        std::slice::from_ref(subject),
        None,
        &mut |_| true,
    );
    let line = |touch: Touch| {
        format!(
            "{} {:?} {:?}",
            touch.commit.id, touch.subjects, touch.simplified_parents
        )
    };
    match found {
        Ok(found) => found.into_iter().map(line).collect(),
        Err(error) => vec![format!("error: {error}")],
    }
}

/// The empty tree.
static EMPTY: std::sync::LazyLock<CommitId> =
    std::sync::LazyLock::new(|| "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().unwrap());

pub(super) fn start() -> Files {
    let mut files = Files::new();
    for name in TABLES {
        files.insert(sql(name), table(name, 10, None));
    }
    files.insert(
        VSCHEMA.into(),
        "{\"tables\": {\"a\": {}}, \"vindexes\": {\"h\": {\"type\": \"hash\"}}}\n".into(),
    );
    files.insert("keyspaces/shop/shards.json".into(), "[\"0\"]\n".into());
    files
}

/// Kinds of changes.
const KINDS: u8 = 19;

/// Changes files as a number says.
pub(super) fn change(files: &mut Files, kind: u8, seed: u32) {
    let names: Vec<String> = files
        .keys()
        .filter_map(|path| path.strip_prefix("keyspaces/shop/tables/"))
        .map(|name| name.trim_end_matches(".sql").to_owned())
        .collect();
    let name = names[seed as usize % names.len()].clone();
    let length = 10 + seed % 7;
    let rows = format!("rows/shop/{name}/0/0.jsonl");
    let mut put = |path: &str, text: &str| drop(files.insert(path.to_owned(), text.to_owned()));
    match kind % KINDS {
        0 => put(&sql(&name), &table(&name, length, None)),
        1 => put(&sql(&name), &table(&name, 10, Some(length))),
        2 => rename(files, &name, &format!("r{}", seed % 4)),
        3 => put(
            VSCHEMA,
            &format!(
                "{{\"tables\": {{\"{name}\": {{\"pinned\": \"{}\"}}}}, \"vindexes\": {{\"h\": {{\"type\": \"hash\"}}}}}}\n",
                seed % 3
            ),
        ),
        4 => put(
            VSCHEMA,
            &format!(
                "{{\"tables\": {{\"a\": {{}}}}, \"vindexes\": {{\"h\": {{\"type\": \"hash{}\"}}}}}}\n",
                seed % 3
            ),
        ),
        // In order under either key.
        5 => put(
            &rows,
            &format!(
                "{{\"id\":1,\"v\":\"{}\"}}\n{{\"id\":2,\"v\":\"z\"}}\n",
                seed % 5
            ),
        ),
        6 => put("notes/n.txt", &format!("{}\n", seed % 4)),
        7 if seed.is_multiple_of(2) => put(VSCHEMA, "{ broken"),
        7 => put(&sql(&name), "CREATE TABLE ("),
        8 => {
            if names.len() > 1 {
                files.remove(&sql(&name));
            }
        }
        9 => {
            // Another key, and the rows with it.
            put(&sql(&name), &keyed_by_v(&name));
            put(&rows, &format!("{{\"v\":\"{}\",\"id\":1}}\n", seed % 5));
        }
        10 => {
            let keyless = table(&name, 10, None).replace(",\n  PRIMARY KEY (`id`)", "");
            put(&sql(&name), &keyless);
            put(
                &rows,
                &format!("[{},{{\"id\":1,\"v\":\"k\"}}]\n", 1 + seed % 3),
            );
        }
        // A key of text, whose case says nothing, and one of numbers under the same name.
        11 => put(
            &sql(&name),
            &table(&name, 10, None).replace("`id` bigint", "`id` varchar(20)"),
        ),
        12 => put(
            &rows,
            &format!(
                "{{\"id\":\"{}\",\"v\":\"{}\"}}\n",
                ["1", "a", "A"][seed as usize / 8 % 3],
                seed % 2
            ),
        ),
        13 if seed.is_multiple_of(3) => put(IDENTITIES, "{ broken"),
        13 => {
            let column = ["id", "v", "x"][seed as usize / 16 % 3];
            let mut known = identities(files);
            known["columns"][&name] = serde_json::json!({ column: format!("was{}", seed % 2) });
            files.insert(IDENTITIES.into(), known.to_string());
        }
        14 => drop(files.remove(IDENTITIES)),
        15 => put(
            &format!("rows/shop/{name}/1/0.jsonl"),
            &format!("{{\"id\":1,\"v\":\"{}\"}}\n", seed % 2),
        ),
        16 => put(
            &format!("rows/shop/{name}/0/8000000000000002.jsonl"),
            &format!("{{\"id\":2,\"v\":\"{}\"}}\n", seed % 2),
        ),
        17 => put(&rows, "no rows\n"),
        _ => files.retain(|path, _| !path.starts_with(&format!("rows/shop/{name}/"))),
    }
}

fn keyed_by_v(name: &str) -> String {
    table(name, 10, None)
        .replace("`v` varchar(10) DEFAULT NULL", "`v` varchar(10) NOT NULL")
        .replace("PRIMARY KEY (`id`)", "PRIMARY KEY (`v`)")
}

fn identities(files: &Files) -> serde_json::Value {
    let text = files.get(IDENTITIES).map_or("{}", String::as_str);
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::json!({}))
}

/// Renames a table with its rows, and records it.
fn rename(files: &mut Files, name: &str, fresh: &str) {
    if files.contains_key(&sql(fresh)) {
        return;
    }
    let text = files.remove(&sql(name)).unwrap();
    let text = text.replace(&format!("`{name}`"), &format!("`{fresh}`"));
    files.insert(sql(fresh), text);
    let (from, to) = (format!("rows/shop/{name}/"), format!("rows/shop/{fresh}/"));
    let moved = files.keys().filter(|path| path.starts_with(&from));
    for path in moved.cloned().collect::<Vec<_>>() {
        let text = files.remove(&path).unwrap();
        files.insert(path.replace(&from, &to), text);
    }
    let mut known = identities(files);
    let identity = known["tables"][name].as_str().unwrap_or(name).to_owned();
    if let Some(tables) = known["tables"].as_object_mut() {
        tables.remove(name);
    }
    if identity != fresh {
        known["tables"][fresh] = identity.into();
    } else if known["tables"].is_null() {
        known["tables"] = serde_json::json!({});
    }
    files.insert(IDENTITIES.into(), known.to_string());
}

/// Builds a history from numbers and returns its commits.
pub(super) fn build(repository: &mut Repository, steps: &[(u8, u32, u8)]) -> Vec<Made> {
    let root = repository.commit(start(), &[]);
    let mut made = vec![root];
    for (kind, seed, other) in steps {
        let ours = made[made.len() - 1 - (*seed as usize / 16 % made.len().min(4))].clone();
        let mut files = ours.files.clone();
        // Now and then two commits are of one second, or the clock runs backwards.
        let after = match seed >> 20 & 0x3f {
            0 => 0,
            1 => -90,
            _ => 60,
        };
        if *kind % 4 == 0 && made.len() > 2 {
            let mut others = vec![made[*other as usize % made.len()].clone()];
            if other % 5 == 0 {
                others.push(made[*other as usize / 5 % made.len()].clone());
            }
            let mut parents = vec![ours.id];
            for theirs in &others {
                if parents.contains(&theirs.id) {
                    continue;
                }
                parents.push(theirs.id);
                take(&mut files, &theirs.files, seed >> parents.len());
            }
            if parents.len() > 1 {
                made.push(repository.commit_after(after, files, &parents));
                continue;
            }
        }
        change(&mut files, *kind, *seed);
        // A history may have several roots.
        let parents: &[CommitId] = if other % 32 == 7 { &[] } else { &[ours.id] };
        made.push(repository.commit_after(after, files, parents));
    }
    made
}

/// Takes files of a side as a number says.
fn take(files: &mut Files, theirs: &Files, seed: u32) {
    let paths: BTreeSet<String> = files.keys().chain(theirs.keys()).cloned().collect();
    for (at, path) in paths.into_iter().enumerate() {
        if seed >> (at % 16) & 1 == 1 {
            match theirs.get(&path) {
                Some(text) => drop(files.insert(path, text.clone())),
                None => drop(files.remove(&path)),
            }
        }
    }
    if !files.keys().any(|path| path.contains("/tables/")) {
        files.insert(sql("a"), table("a", 10, None));
    }
}

/// Everything of generated histories that has one.
pub(super) fn subjects() -> Vec<Subject> {
    let path = |path: &str| Subject::Path(path.to_owned());
    let mut subjects = vec![
        Subject::Keyspace("shop".into()),
        Subject::Vindex {
            keyspace: "shop".into(),
            vindex: "h".into(),
        },
        path(VSCHEMA),
        path("rows/shop/a/0/0.jsonl"),
        path("rows/shop/a"),
        path("keyspaces"),
        path("notes"),
        Subject::relation("columns").unwrap(),
    ];
    for name in ["a", "b", "r0", "r1"] {
        let (keyspace, table) = ("shop".to_owned(), name.to_owned());
        subjects.push(Subject::Table {
            keyspace: keyspace.clone(),
            table: table.clone(),
        });
        subjects.push(Subject::Part {
            keyspace: keyspace.clone(),
            table: table.clone(),
            relation: "columns",
            identity: "x".into(),
        });
        let text = |text: &str| Value::Text(text.into());
        for (key, value, column) in [
            ("id", Value::Int(1), None),
            ("id", Value::Int(1), Some("v")),
            ("id", text("a"), None),
            ("id", text("01"), None),
            ("v", text("1"), None),
            ("v", text("Z"), Some("id")),
            ("was1", Value::Int(1), None),
        ] {
            subjects.push(Subject::Row {
                keyspace: keyspace.clone(),
                table: table.clone(),
                key: vec![(key.into(), KeyValue(value))],
                column: column.map(str::to_owned),
            });
        }
    }
    subjects
}
