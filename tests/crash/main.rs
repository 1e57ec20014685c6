//! What survives a kill at any moment (SIGKILL): every acknowledged change, a repository that git and `vrev verify` find
//! whole, and a next command that works or says what to do.
//!
//! Each round runs one command in a process of its own and kills it after a random time. The rounds are counted by
//! `VREV_CRASH_ROUNDS` (a few by default), the chance is seeded by `VREV_CRASH_SEED`, which a failure names.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A generator whose sequence depends on the seed alone (Steele et al., "SplitMix").
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

struct Ground {
    root: tempfile::TempDir,
}

struct Ended {
    code: Option<i32>,
    text: String,
}

impl Ground {
    fn folder(&self) -> PathBuf {
        self.root.path().join("repo")
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.root.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ann")
                .env(format!("GIT_{role}_EMAIL"), "ann@example.org");
        }
        command
    }

    fn run(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Ended {
        let output = self
            .command(program, args)
            .output()
            .expect("the program can be started");
        ended(&output)
    }

    fn vrev(&self, args: &[&str]) -> Ended {
        self.run(env!("CARGO_BIN_EXE_vrev"), args)
    }

    /// Runs vrev, which must succeed: what a killed process left stops nobody.
    fn must(&self, args: &[&str]) -> String {
        let ended = self.vrev(args);
        assert_eq!(
            ended.code,
            Some(0),
            "vrev {}: {}",
            args.join(" "),
            ended.text
        );
        ended.text
    }

    fn git(&self, args: &[&str]) -> String {
        let ended = self.run("git", args);
        assert_eq!(
            ended.code,
            Some(0),
            "git {}: {}",
            args.join(" "),
            ended.text
        );
        ended.text
    }

    fn start(&self, args: &[&str]) -> Child {
        self.command(env!("CARGO_BIN_EXE_vrev"), args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("vrev can be started")
    }

    fn sql(&self, statement: &str) -> String {
        self.must(&["sql", "--format", "csv", "-q", statement])
    }

    /// Rows of both tables, as text.
    fn rows(&self) -> String {
        self.sql(
            "select 'item' as t, id, n from item union all select 'tag', id, n from tag order by t, id",
        )
    }
}

fn ended(output: &Output) -> Ended {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    Ended {
        code: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

fn ground() -> Ground {
    let ground = Ground {
        root: tempfile::tempdir().expect("a temp directory can be made"),
    };

    std::fs::create_dir_all(ground.folder()).expect("it can be written");
    ground.must(&["init", "."]);
    let write = |path: &str, text: &str| {
        let path = ground.folder().join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("it can be written");
        std::fs::write(path, text).expect("it can be written");
    };
    write("keyspaces/shop/shards.json", "[\"0\"]\n");
    write(
        "keyspaces/shop/vschema.json",
        "{\n  \"tables\": {\n    \"item\": {},\n    \"tag\": {}\n  }\n}\n",
    );
    for table in ["item", "tag"] {
        write(
            &format!("keyspaces/shop/tables/{table}.sql"),
            &format!(
                "CREATE TABLE `{table}` (\n  `id` bigint NOT NULL,\n  `n` bigint DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) \
                 ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
            ),
        );
    }
    let rows: Vec<String> = (0..300).map(|id| format!("({id}, 0)")).collect();
    ground.sql(&format!(
        "insert into item(id, n) values {}",
        rows.join(", ")
    ));
    ground.sql("insert into tag(id, n) values (0, 0)");
    ground.must(&["commit", "-A", "-m", "Begin"]);
    ground
}

/// Runs a command and kills it after a while; `None` if it was killed, else how it ended.
fn run_and_kill(ground: &Ground, args: &[&str], after: Duration) -> Option<Ended> {
    let mut child = ground.start(args);
    let start = Instant::now();
    while start.elapsed() < after {
        if child.try_wait().expect("it can be asked").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    // SIGKILL: nothing is cleaned up.
    let _ = child.kill();
    let output = child.wait_with_output().expect("it has ended");
    output.status.code().map(|_| ended(&output))
}

/// The next command works, and says how an operation that was cut short is gone on with or given up; then that is done.
fn go_on(ground: &Ground, said: &str) {
    for _ in 0..4 {
        let status = ground.must(&["status"]);
        let verb = ["merge", "cherry-pick", "rebase", "revert"]
            .into_iter()
            .find(|verb| status.contains(&format!("vrev {verb} --abort")));
        let tried = match verb {
            Some(verb) if status.contains("was interrupted") && said.len().is_multiple_of(2) => {
                ground.vrev(&[verb, "--continue"])
            }
            Some(verb) => ground.vrev(&[verb, "--abort"]),
            // A write finds what a read does not.
            None => ground.vrev(&["reset"]),
        };
        assert_eq!(tried.code, Some(0), "{said}: {}\n{status}", tried.text);
        if verb.is_none() {
            return;
        }
    }
    panic!(
        "{said}: there is no end to it: {}",
        ground.must(&["status"])
    );
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Commit,
    Merge,
    Switch,
    Index,
}

/// A command about to be killed: the rows before it was prepared, before it runs, and after it.
struct Prepared {
    args: &'static [&'static str],
    rows: [String; 3],
}

/// Makes ready what a command of this kind is to do in this round.
fn prepare(ground: &Ground, kind: Kind, value: u64) -> Prepared {
    let before = ground.rows();
    let now = |args, after: Option<String>| {
        let rows = ground.rows();
        let after = after.unwrap_or_else(|| rows.clone());
        Prepared {
            args,
            rows: [before.clone(), rows, after],
        }
    };
    match kind {
        Kind::Commit => {
            let remainder = value % 7;
            ground.sql(&format!(
                "update item set n = {value} where id % 7 = {remainder}"
            ));
            now(&["commit", "-a", "-m", "Change"], None)
        }
        Kind::Merge => {
            ground.must(&["branch", "-f", "side"]);
            ground.must(&["switch", "side"]);
            ground.sql(&format!("update tag set n = {value}"));
            ground.must(&["commit", "-a", "-m", "Side"]);
            ground.must(&["switch", "main"]);
            ground.sql(&format!("update item set n = {value} where id = 3"));
            ground.must(&["commit", "-a", "-m", "Main"]);
            let ours = ground.rows();
            let own = ours.find("tag,0,").expect("there is a row of tag");
            let merged = format!("{}tag,0,{value}\n", &ours[..own]);
            now(&["merge", "side"], Some(merged))
        }
        Kind::Switch => {
            ground.must(&["branch", "-f", "other"]);
            ground.must(&["switch", "other"]);
            ground.sql(&format!("update item set n = {value} where id = 5"));
            ground.must(&["commit", "-a", "-m", "Other"]);
            let there = ground.rows();
            ground.must(&["switch", "main"]);
            now(&["switch", "other"], Some(there))
        }
        Kind::Index => {
            let index = ground.folder().join(".git/vrev/history");
            if index.exists() {
                std::fs::remove_dir_all(index).expect("it can be removed");
            }
            now(&["log", "--oneline", "--", "shop.item"], None)
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Kills one command after another in a repository of its own; returns how many were killed in time.
fn kill_rounds(rounds: u64, seed: u64) -> u64 {
    let mut chance = Chance(seed);
    let mut ground = ground();
    // How long a command of each kind takes here and now, so that kills fall into it.
    let mut usual = [Duration::from_millis(50); 4];
    let mut killed = 0;
    for round in 0..rounds {
        if round % 40 == 39 {
            ground = self::ground();
        }
        let kind = [Kind::Commit, Kind::Merge, Kind::Switch, Kind::Index][chance.below(4) as usize];
        let said = format!("round {round} of seed {seed}, {kind:?}");
        let head = ground.git(&["rev-parse", "HEAD"]);
        let Prepared { args, rows: known } = prepare(&ground, kind, round + 1);
        let start = Instant::now();
        let usual = &mut usual[kind as usize];
        let wait = Duration::from_micros(chance.below(usual.as_micros() as u64));
        let finished = run_and_kill(&ground, args, wait);
        match &finished {
            Some(ended) => {
                assert_eq!(ended.code, Some(0), "{said}: {}", ended.text);
                *usual = (*usual * 3 + start.elapsed()) / 4;
            }
            None => {
                *usual += *usual / 8;
                killed += 1;
            }
        }
        go_on(&ground, &said);
        let rows = ground.rows();
        if finished.is_some() {
            assert_eq!(rows, known[2], "{said}: what was acknowledged is there");
        } else {
            assert!(
                known.contains(&rows),
                "{said}: rows are the old or the new ones"
            );
        }
        if kind == Kind::Commit && finished.is_some() {
            assert_ne!(ground.git(&["rev-parse", "HEAD"]), head, "{said}");
            let status = ground.must(&["status"]);
            assert!(status.contains("nothing to commit"), "{said}: {status}");
        }
        if kind == Kind::Index {
            let log = ground.must(args);
            let path = "rows/shop/item";
            let by_git = ground.git(&["log", "--format=%s", "--", path]);
            assert_eq!(log.lines().count(), by_git.lines().count(), "{said}: {log}");
        }
        // Of a sparse index git's fsck wants the trees to be there, which only a commit would write.
        ground.git(&["write-tree"]);
        let checked = ground.run("git", &["fsck", "--strict", "--no-dangling"]);
        assert_eq!(checked.code, Some(0), "{said}: git fsck: {}", checked.text);
        let verified = ground.vrev(&["verify"]);
        assert_eq!(verified.code, Some(0), "{said}: {}", verified.text);
        let left = files_below(&ground.folder().join(".git"));
        let left: Vec<_> = left
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "lock"))
            .collect();
        assert!(left.is_empty(), "{said}: {left:?}");
        // Back to a known state for the next round.
        ground.must(&["switch", "main"]);
        ground.must(&["reset", "--hard"]);
    }
    killed
}

#[test]
fn nothing_acknowledged_is_lost_to_a_kill() {
    let (rounds, seed) = (number("VREV_CRASH_ROUNDS", 6), number("VREV_CRASH_SEED", 1));
    // Two at a time: much of a round is waiting for the disk.
    let killed: u64 = std::thread::scope(|scope| {
        let runs = [
            (rounds.div_ceil(2), seed),
            (rounds / 2, seed.wrapping_add(1 << 32)),
        ];
        let runs = runs.map(|(rounds, seed)| scope.spawn(move || kill_rounds(rounds, seed)));
        runs.into_iter()
            .map(|run| run.join().expect("a run holds"))
            .sum()
    });
    println!("{killed} of {rounds} commands were killed in time");
    assert!(
        rounds < 20 || killed * 3 > rounds,
        "{killed} of {rounds} were killed in time"
    );
}

#[test]
fn any_flipped_bit_is_found() {
    let ground = ground();
    ground.sql("update tag set n = 1");
    ground.must(&["commit", "-a", "-m", "Tag"]);
    for packed in [false, true] {
        if packed {
            ground.must(&["gc"]);
        }
        assert_eq!(ground.vrev(&["verify"]).code, Some(0), "it is whole before");
        let objects = ground.folder().join(".git/objects");
        let mut files = files_below(&objects);
        files.push(ground.folder().join(".git/refs/heads/main"));
        files.push(ground.folder().join(".git/index"));
        files.retain(|path| path.is_file() && !path.to_string_lossy().contains("/info/packs"));
        let mut chance = Chance(7);
        let (mut flipped, mut found) = (0, 0);
        let tries = 12;
        for _ in 0..tries {
            let path = &files[chance.below(files.len() as u64) as usize];
            let whole = std::fs::read(path).expect("it can be read");
            if whole.is_empty() {
                continue;
            }
            let bit = chance.below(whole.len() as u64 * 8) as usize;
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            write_over(path, &damaged);
            let verified = ground.vrev(&["verify"]);
            let same = ground.run("git", &["fsck", "--strict"]).code == Some(0);
            flipped += 1;
            if verified.code == Some(0) {
                // Bits beyond the end of a compressed stream mean nothing, to git neither.
                assert!(same, "{} bit {bit} is not found", path.display());
            } else {
                found += 1;
            }
            write_over(path, &whole);
        }
        assert!(found * 10 >= flipped * 9, "{found} of {flipped}");
    }
}

/// Files of git and of vrev that hold what cannot be worked out again, all but text that only people read.
fn data_files(ground: &Ground) -> Vec<PathBuf> {
    let git = ground.folder().join(".git");
    let meaningless = [
        "config",
        "description",
        "info/",
        "hooks/",
        "objects/info/packs",
        "COMMIT_EDITMSG",
        "ORIG_HEAD",
        "vrev/history",
        "vrev/trees",
        "vrev/verified",
    ];
    let mut files = files_below(&git);
    files.retain(|path| {
        let inside = path.strip_prefix(&git).expect("it is below");
        let inside = inside.to_string_lossy();
        let is_text = inside.contains("/git/info/") || inside.contains("/files/workload/");
        !is_text && !meaningless.iter().any(|start| inside.starts_with(start))
    });
    files
}

#[test]
fn a_flipped_bit_beside_the_objects_is_found() {
    let ground = ground();
    ground.must(&["branch", "side"]);
    ground.must(&["sql", "--at", "side", "-q", "update tag set n = 7"]);
    ground.must(&["sql", "--at", "side", "-q", "call dolt_add('-A')"]);
    ground.sql("update tag set n = 1");
    ground.must(&["stash"]);
    ground.must(&["gc"]);
    ground.sql("update tag set n = 2");
    ground.must(&["status"]);
    let clean = ground.vrev(&["verify"]);
    assert_eq!(clean.code, Some(0), "it is whole before: {}", clean.text);
    // A byte that is no letter of anything written there, in the first third of each file that has text.
    for path in data_files(&ground) {
        let whole = std::fs::read(&path).expect("it can be read");
        let is_text = std::str::from_utf8(&whole).is_ok();
        if !is_text || whole.is_empty() {
            continue; // objects and databases have properties of their own
        }
        let times = std::fs::metadata(&path).and_then(|found| found.modified());
        let mut damaged = whole.clone();
        let at = whole.len() / 4;
        damaged[at] ^= 1 << 6;
        write_over(&path, &damaged);
        if path.to_string_lossy().contains("/files/keyspaces/") {
            // As a disk damages it: its time stays, and so it is not taken for somebody's change.
            let file = std::fs::File::options().write(true).open(&path);
            let file = file.expect("it can be opened");
            file.set_modified(times.expect("it has a time"))
                .expect("it is ours");
        }
        let verified = ground.vrev(&["verify"]);
        let hidden = path.to_string_lossy().contains("/files/");
        // A new inode tells a file that was replaced: that is a change, which `status` shows.
        assert!(
            verified.code != Some(0) || hidden,
            "{} byte {at} is not found",
            path.display()
        );
        write_over(&path, &whole);
    }
}

/// Writes bytes as a damaged disk does: in place, with the time that the file has.
fn damage(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    let metadata = std::fs::metadata(path).expect("it is there");
    let time = metadata.modified().expect("it has a time");
    let mut writable = metadata.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut writable, 0o644);
    std::fs::set_permissions(path, writable).expect("it is ours");
    let file = std::fs::File::options()
        .write(true)
        .truncate(true)
        .open(path);
    let mut file = file.expect("it can be opened");
    file.write_all(bytes).expect("it can be written");
    file.set_modified(time).expect("it is ours");
    std::fs::set_permissions(path, metadata.permissions()).expect("it is ours");
}

/// Every file of the repository and the worktree, each with a bit chosen by chance: what changes by itself after a
/// `verify` is found by the next one, or `status` shows it, or it is made again from what is whole.
#[test]
fn whatever_changes_by_itself_is_found() {
    let ground = ground();
    ground.must(&["branch", "side"]);
    ground.must(&["sql", "--at", "side", "-q", "update tag set n = 7"]);
    ground.sql("update tag set n = 1");
    ground.must(&["stash"]);
    ground.must(&["tag", "light"]);
    ground.must(&["tag", "-m", "Heavy", "heavy"]);
    ground.must(&["gc"]);
    ground.sql("update tag set n = 2");
    let settings = ground.folder().join("vrev.toml");
    let written = std::fs::read_to_string(&settings).expect("it can be read");
    std::fs::write(&settings, format!("{written}# not staged\n")).expect("it can be written");
    ground.must(&["log", "--", "shop.tag"]);
    ground.must(&["status"]);
    // What was written this very second is not noted.
    std::thread::sleep(Duration::from_millis(1100));
    for _ in 0..2 {
        let clean = ground.vrev(&["verify"]);
        assert_eq!(clean.code, Some(0), "it is whole before: {}", clean.text);
    }
    let status = ground.must(&["status"]);
    let (rounds, seed) = (number("VREV_FLIP_ROUNDS", 1), number("VREV_CRASH_SEED", 1));
    let mut chance = Chance(seed);
    for path in files_below(&ground.folder()) {
        let whole = std::fs::read(&path).expect("it can be read");
        for _ in 0..if whole.is_empty() { 0 } else { rounds } {
            let bit = chance.below(whole.len() as u64 * 8) as usize;
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            damage(&path, &damaged);
            let verified = ground.vrev(&["verify"]);
            let shown = path.display();
            if verified.code == Some(0) && ground.vrev(&["status"]).text == status {
                let derived = ["/.git/vrev/history/", "/.git/vrev/trees/", "-shm"];
                let is_derived = derived.iter().any(|part| shown.to_string().contains(part));
                let is_object = shown.to_string().contains("/.git/objects/");
                let is_whole = ground.run("git", &["fsck", "--strict"]).code == Some(0);
                assert!(
                    is_derived || (is_object && is_whole),
                    "seed {seed}: {shown}, bit {bit} of {}",
                    whole.len() * 8
                );
            }
            damage(&path, &whole);
        }
    }
    let whole = ground.vrev(&["verify"]);
    assert_eq!(whole.code, Some(0), "it is whole again: {}", whole.text);
}

#[test]
fn a_row_that_changed_by_itself_is_found() {
    let ground = ground();
    ground.sql("insert into tag(id, n) values (7001, 424242)");
    ground.must(&["status"]);
    let database = ground.folder().join(".git/vrev/working/main.db");
    for file in files_below(database.parent().expect("it is in a folder")) {
        let log = file.to_string_lossy().ends_with("-wal");
        assert!(
            !log || std::fs::metadata(&file).is_ok_and(|found| found.len() == 0),
            "{file:?}"
        );
    }
    let whole = std::fs::read(&database).expect("it can be read");
    // 424242 as SQLite stores it, in three bytes.
    let row = [0x06_u8, 0x79, 0x32];
    let at = whole.windows(3).position(|bytes| bytes == row);
    let mut damaged = whole.clone();
    damaged[at.expect("the row is there") + 2] ^= 1;
    std::fs::write(&database, damaged).expect("it can be written");
    let verified = ground.vrev(&["verify"]);
    assert_eq!(verified.code, Some(1), "{}", verified.text);
    assert!(verified.text.contains("shop.tag"), "{}", verified.text);
}

/// Objects are read-only files.
fn write_over(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).expect("it can be replaced");
    std::fs::write(path, bytes).expect("it can be written");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
