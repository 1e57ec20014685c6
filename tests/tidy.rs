//! The house rules as tests: who may import whom, one door per outside crate, `//!` on every file, printing only in `cli`,
//! generated documents up to date.
//!
//! Each rule is a function from a file's path and text to findings, so that each is shown here to be able to fail. Rules
//! read the code without its comments, strings and doc examples ([`code_of`]).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each top-level module: a module imports only from floors below its own, and never from the other tower.
const HOUSE: &[(&str, Tower, u8)] = &[
    ("value", Tower::Ground, 0),
    ("sql", Tower::Ground, 1),
    ("vindex", Tower::Ground, 1),
    ("catalog", Tower::Ground, 2),
    ("relation", Tower::Ground, 3),
    ("diff", Tower::Versions, 4),
    ("store", Tower::Versions, 5),
    ("history", Tower::Versions, 6),
    ("merge", Tower::Versions, 5),
    ("engine", Tower::Data, 4),
    ("shard", Tower::Data, 5),
    ("router", Tower::Data, 6),
    ("review", Tower::Stair, 7),
    ("workspace", Tower::Stair, 8),
    ("cli", Tower::Roof, 9),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tower {
    Ground,
    Versions,
    Data,
    Stair,
    Roof,
}

/// The folders or files that may name an outside crate: one door each, or more where floors share a hash or a number. Crates that are not listed are everybody's.
const DOORS: &[(&str, &[&str])] = &[
    ("gix", &["src/store/"]),
    ("rusqlite", &["src/engine/"]),
    ("sled", &["src/history/index"]),
    ("mysql_async", &["src/shard/mysql"]),
    ("tokio", &["src/shard/mysql"]),
    ("sqlparser", &["src/sql/"]),
    ("clap", &["src/cli/", "src/main.rs"]),
    ("clap_complete", &["src/cli/"]),
    ("mimalloc", &["src/main.rs"]),
    ("sha1", &["src/store/"]),
    ("rustyline", &["src/cli/"]),
    ("unicode_width", &["src/cli/"]),
    ("similar", &["src/diff/"]),
    (
        "bigdecimal",
        &["src/value/", "src/relation/encode/", "src/engine/"],
    ),
    ("des", &["src/vindex/"]),
    (
        "twox_hash",
        &[
            "src/vindex/",
            "src/relation/encode/",
            "src/store/",
            "src/history/index",
        ],
    ),
];

// Rules.

fn imports_go_down(path: &str, text: &str) -> Vec<String> {
    let Some(here) = path
        .strip_prefix("src/")
        .and_then(|rest| rest.split(['/', '.']).next())
    else {
        return Vec::new();
    };
    let Some((_, tower, floor)) = HOUSE.iter().find(|(name, ..)| *name == here) else {
        return Vec::new(); // lib.rs and main.rs stand outside the house
    };
    let may = |name: &str| {
        let Some((_, other, below)) = HOUSE.iter().find(|(module, ..)| *module == name) else {
            return true; // an item of lib.rs
        };
        let towers = [Tower::Versions, Tower::Data];
        let across = towers.contains(tower) && towers.contains(other) && tower != other;
        name == here || (below < floor && !across)
    };
    let code = code_of(text);
    let mut findings: Vec<String> = root_paths(&code, module_depth(path))
        .into_iter()
        .filter(|(name, _)| !may(name))
        .map(|(name, at)| {
            format!(
                "{path}:{}: `{here}` may not import `{name}`",
                line_of(&code, at)
            )
        })
        .collect();
    findings.dedup();
    findings
}

fn crates_have_one_door(path: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let mut findings = Vec::new();
    for (name, doors) in DOORS {
        if doors.iter().any(|door| path.starts_with(door)) {
            continue;
        }
        for at in words(&code, name) {
            let before = code[..at].trim_end();
            let after = code[at + name.len()..].trim_start();
            let named = after.starts_with("::") && !before.ends_with("::");
            let imported = before.ends_with("use") || before.ends_with("crate");
            if named || imported {
                findings.push(format!(
                    "{path}:{}: `{name}` is used outside {}",
                    line_of(&code, at),
                    doors.join(", ")
                ));
            }
        }
    }
    findings
}

fn files_say_what_they_are_for(path: &str, text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let says = first
        .strip_prefix("//! ")
        .is_some_and(|words| !words.trim().is_empty());
    if says {
        Vec::new()
    } else {
        vec![format!(
            "{path}: does not open with `//!` and what it is for"
        )]
    }
}

/// Where the user's git is run: the streams named there are those of the other program.
const GIT_RUNNER: &str = "src/store/remote.rs";

fn only_cli_prints(path: &str, text: &str) -> Vec<String> {
    // Tests may say why they skip, and read what other programs say.
    if path.ends_with("/tests.rs") || path.contains("/tests/") {
        return Vec::new();
    }
    let code = code_of(text);
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut banned = vec!["dbg!"];
    if !path.starts_with("src/cli/") && path != "src/main.rs" {
        banned.extend([
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "stdout",
            "stderr",
        ]);
        if path == GIT_RUNNER {
            banned.retain(|word| !["stdout", "stderr"].contains(word));
        }
    } else if !path.starts_with("src/cli/render/") {
        // In the roof, reports go through `render`, and only there is stdout written.
        banned.extend(["println!", "print!", "eprintln!", "eprint!"]);
    }
    let mut findings = Vec::new();
    for macro_name in banned {
        for at in words(code, macro_name) {
            findings.push(format!(
                "{path}:{}: `{macro_name}` outside its place",
                line_of(code, at)
            ));
        }
    }
    findings
}

/// `unsafe` has one place, where a crate's interface cannot be had without.
fn unsafe_has_one_place(path: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let allowed = words(&code, "unsafe_code").into_iter();
    let allowed = allowed.filter(|_| path != "src/engine/source.rs");
    allowed
        .map(|at| format!("{path}:{}: unsafe code is allowed", line_of(&code, at)))
        .collect()
}

/// Tests run on anybody's machine: none is left out, and none says what its author's looked like.
fn tests_are_not_ignored(path: &str, text: &str) -> Vec<String> {
    let code = code_of(text);
    let ignored = words(&code, "ignore")
        .into_iter()
        .filter(|at| code[..*at].trim_end().ends_with("#["));
    ignored
        .map(|at| format!("{path}:{}: an ignored test", line_of(&code, at)))
        .collect()
}

fn no_machine_paths(path: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file does not hold them.
    let folders = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
        ["C:\\", "Users"],
    ]
    .map(|half| half.concat());
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for folder in &folders {
            // A path that merely goes on from something else (`a/work/b`, a URL) is not absolute.
            let absolute = line.match_indices(folder.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| {
                    c.is_alphanumeric()
                        || matches!(c, '.' | '_' | '-' | '~' | '}' | ')' | '*' | '/')
                })
            });
            if absolute {
                findings.push(format!("{path}:{number}: names `{folder}…`"));
            }
        }
    }
    findings
}

/// A check's file is named for its id and stands in the register.
fn check_is_registered(path: &str, text: &str, register: &str) -> Vec<String> {
    let name = path
        .rsplit('/')
        .next()
        .unwrap_or(path)
        .trim_end_matches(".rs");
    let mut findings = Vec::new();
    if !register.contains(&format!("&{name}::CHECK,")) {
        findings.push(format!(
            "{path}: is not in the list of src/review/check/mod.rs"
        ));
    }
    if !text.contains(&format!("id: \"{}\",", name.replace('_', "-"))) {
        findings.push(format!("{path}: is not named for its check's id"));
    }
    findings
}

fn changelog_is_kept(text: &str) -> Vec<String> {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.to_lowercase().starts_with("## "))
        .peekable();
    let unreleased = lines
        .next()
        .is_some_and(|line| line.to_lowercase().contains("unreleased"));
    let entries = lines
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("- "))
        .count();
    match (unreleased, entries) {
        (false, _) => {
            vec!["CHANGELOG.md: does not begin with a section `## Unreleased`".to_owned()]
        }
        (true, 0) => vec!["CHANGELOG.md: nothing under `## Unreleased`".to_owned()],
        (true, _) => Vec::new(),
    }
}

// The repository under the rules.

fn check(findings: Vec<String>) {
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
}

fn check_sources(folders: &[&str], rule: impl Fn(&str, &str) -> Vec<String>) {
    let sources: Vec<(String, String)> = folders
        .iter()
        .flat_map(|folder| texts(folder))
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect();
    assert!(sources.len() > 10, "the sources are found");
    check(
        sources
            .iter()
            .flat_map(|(path, text)| rule(path, text))
            .collect(),
    );
}

#[test]
fn modules_import_only_from_floors_below() {
    check_sources(&["src"], imports_go_down);
}

#[test]
fn every_top_level_module_has_a_floor() {
    let root = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let code = code_of(&root);
    let modules: Vec<&str> = code
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let floors: Vec<&str> = HOUSE.iter().map(|(name, ..)| *name).collect();
    assert_eq!(sorted(modules), sorted(floors));
}

#[test]
fn every_check_is_registered() {
    let register = fs::read_to_string(root().join("src/review/check/mod.rs")).unwrap();
    let findings = texts("src/review/check")
        .iter()
        .filter(|(path, _)| !path.ends_with("/mod.rs"))
        .flat_map(|(path, text)| check_is_registered(path, text, &register))
        .collect();
    check(findings);
}

#[test]
fn each_outside_crate_has_one_door() {
    check_sources(&["src"], crates_have_one_door);
}

#[test]
fn every_file_says_what_it_is_for() {
    check_sources(&["src", "tests"], files_say_what_they_are_for);
}

#[test]
fn only_the_roof_prints() {
    check_sources(&["src"], only_cli_prints);
}

#[test]
fn unsafe_code_has_one_place() {
    check_sources(&["src", "tests"], unsafe_has_one_place);
    assert_eq!(
        unsafe_has_one_place("src/value/mod.rs", "#![allow(unsafe_code)]").len(),
        1
    );
}

#[test]
fn no_test_is_ignored() {
    check_sources(&["src", "tests"], tests_are_not_ignored);
}

#[test]
fn nothing_names_a_machine() {
    let findings = texts("")
        .iter()
        .flat_map(|(path, text)| no_machine_paths(path, text))
        .collect();
    check(findings);
}

#[test]
fn the_changelog_has_what_is_coming() {
    check(changelog_is_kept(
        &fs::read_to_string(root().join("CHANGELOG.md")).expect("there is a CHANGELOG.md"),
    ));
}

#[track_caller]
fn is_up_to_date(document: &str, expected: &str) {
    let path = root().join(document);
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(&path, expected).expect("the document can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{document} is out of date: `UPDATE_CASES=1 cargo test --test tidy` writes it anew"
    );
}

#[test]
fn the_command_line_reference_is_up_to_date() {
    is_up_to_date("docs/cli.md", &vrev::cli::reference());
}

#[test]
fn the_reference_of_checks_is_up_to_date() {
    is_up_to_date("docs/checks.md", &vrev::cli::checks());
}

// Each rule can fail.

#[test]
fn the_rule_of_imports_finds_wrong_ones() {
    let count = |path: &str, text: &str| imports_go_down(path, text).len();
    assert_eq!(
        count("src/store/tree.rs", "use crate::router::Plan;"),
        1,
        "across the towers"
    );
    assert_eq!(
        count("src/value/mod.rs", "use crate::{sql::name, value::Value};"),
        1,
        "upwards, in a group"
    );
    assert_eq!(
        count(
            "src/value/mod.rs",
            "use crate::{\n    value::Value,\n    sql::{name, literal},\n};"
        ),
        1,
        "over lines"
    );
    assert_eq!(
        count("src/sql/mod.rs", "fn f() { crate::vindex::Hash; }"),
        1,
        "on the same floor"
    );
    assert_eq!(
        count(
            "src/sql/ddl/table.rs",
            "use super::super::super::cli::main;"
        ),
        1,
        "by way of super"
    );
    assert_eq!(
        count("src/workspace/mod.rs", "use vrev::cli;"),
        1,
        "by the crate's own name"
    );
    assert_eq!(
        count(
            "src/router/mod.rs",
            "use crate::shard::Shard; use crate::catalog::Catalog;"
        ),
        0
    );
    assert_eq!(
        count(
            "src/sql/ddl/table.rs",
            "use super::super::name; use super::statement;"
        ),
        0
    );
    assert_eq!(
        count(
            "src/store/tree.rs",
            "// see crate::router\n/// crate::cli\nfn f() { \"crate::cli\"; }"
        ),
        0
    );
}

#[test]
fn the_rule_of_doors_finds_wrong_ones() {
    let count = |path: &str, text: &str| crates_have_one_door(path, text).len();
    assert_eq!(count("src/workspace/mod.rs", "use gix::ObjectId;"), 1);
    assert_eq!(
        count("src/router/mod.rs", "fn f(x: sqlparser::ast::Expr) {}"),
        1
    );
    assert_eq!(count("src/router/mod.rs", "use rusqlite as db;"), 1);
    assert_eq!(count("src/store/mod.rs", "use gix::ObjectId;"), 0);
    assert_eq!(
        count(
            "src/router/mod.rs",
            "use crate::sql::ast; let gix = 1; crate::sql::sqlparser::f();"
        ),
        0
    );
}

#[test]
fn the_rule_of_openings_finds_wrong_ones() {
    assert_eq!(
        files_say_what_they_are_for("a.rs", "use std::fs;\n").len(),
        1
    );
    assert_eq!(
        files_say_what_they_are_for("a.rs", "//!\n//! late").len(),
        1
    );
    assert_eq!(files_say_what_they_are_for("a.rs", "").len(), 1);
    assert_eq!(
        files_say_what_they_are_for("a.rs", "//! What for.").len(),
        0
    );
}

#[test]
fn the_rule_of_checks_finds_wrong_ones() {
    let count = |text: &str, register: &str| {
        check_is_registered("src/review/check/a_b.rs", text, register).len()
    };
    assert_eq!(count("id: \"a-b\",", "&a_b::CHECK,"), 0);
    assert_eq!(count("id: \"a-c\",", "&a_b::CHECK,"), 1);
    assert_eq!(count("id: \"a-b\",", "&a_c::CHECK,"), 1);
}

#[test]
fn the_rule_of_printing_finds_wrong_ones() {
    let count = |path: &str, text: &str| only_cli_prints(path, text).len();
    assert_eq!(
        count("src/store/mod.rs", "fn f() { println!(\"a\"); dbg!(1); }"),
        2
    );
    assert_eq!(
        count("src/store/mod.rs", "fn f() { std::io::stderr(); }"),
        1
    );
    assert_eq!(
        count("src/cli/command/log.rs", "fn f() { print!(\"a\"); }"),
        1
    );
    assert_eq!(
        count("src/cli/error.rs", "fn f() { std::io::stderr(); }"),
        0
    );
    assert_eq!(
        count(
            "src/store/mod.rs",
            "// println!()\nfn f() { \"println!\"; pretty_print!(); }"
        ),
        0
    );
    assert_eq!(
        count(
            "src/store/mod.rs",
            "#[cfg(test)]\nmod tests { fn f() { eprintln!(); } }"
        ),
        0
    );
}

#[test]
fn the_rule_of_ignored_tests_finds_wrong_ones() {
    assert_eq!(
        tests_are_not_ignored("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}").len(),
        1
    );
    assert_eq!(
        tests_are_not_ignored("a.rs", "// #[ignore]\nfn ignore() {}").len(),
        0
    );
}

#[test]
fn the_rule_of_machine_paths_finds_wrong_ones() {
    let home = ["see /ho", "me/ann/notes"].concat();
    assert_eq!(no_machine_paths("a.md", &home).len(), 1);
    assert_eq!(
        no_machine_paths("a.md", &["(\"/wo", "rk/x\")"].concat()).len(),
        1
    );
    assert_eq!(
        no_machine_paths(
            "a.md",
            &["https://example.org/ho", "me/a and src/wo", "rk/b"].concat()
        )
        .len(),
        0
    );
}

#[test]
fn the_rule_of_the_changelog_finds_wrong_ones() {
    assert_eq!(changelog_is_kept("# Changelog\n").len(), 1);
    assert_eq!(changelog_is_kept("# Changelog\n\n## 0.1.0\n- a\n").len(), 1);
    assert_eq!(
        changelog_is_kept("# Changelog\n\n## Unreleased\n\n## 0.1.0\n- a\n").len(),
        1
    );
    assert_eq!(
        changelog_is_kept("# Changelog\n\n## [Unreleased]\n\n### Added\n- a\n").len(),
        0
    );
}

#[test]
fn code_is_read_without_comments_and_strings() {
    let check = |text: &str, expected: &str| {
        let words: Vec<&str> = expected.split_whitespace().collect();
        let code = code_of(text);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), words, "{text}");
        assert_eq!(
            code.matches('\n').count(),
            text.matches('\n').count(),
            "lines are kept: {text}"
        );
    };
    check("a // b\nc", "a c");
    check("a /* b /* c */ d */ e", "a e");
    check("f(\"b \\\" c\\\\\") + g", "f(\"\") + g");
    check("f(r#\"b \" c\"#, br\"x\\\") + g", "f(\"\", \"\") + g");
    check(
        "let c = '\"'; let d = b'\\''; fn f<'a>(x: &'a str) {}",
        "let c = ' '; let d = ' '; fn f<'a>(x: &'a str) {}",
    );
}

// Reading sources.

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// Returns every text file under a folder of the repository by its path, without what git ignores or keeps.
fn texts(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let entry = entry.expect("a folder can be listed");
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                let skipped = [".git", "target", "shop"];
                if !skipped.iter().any(|skipped| name == *skipped) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path)
                && name != ".git"
            {
                found.insert(relative(&path), text);
            }
        }
    }
    found
}

fn relative(path: &Path) -> String {
    let path = path
        .strip_prefix(root())
        .expect("the file is in the repository");
    path.components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

fn line_of(code: &str, at: usize) -> usize {
    1 + code[..at].matches('\n').count()
}

/// Returns where a word stands that is no part of a longer one.
fn words(code: &str, word: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(is_name);
    let whole = |at: &usize| {
        !part(code[..*at].chars().next_back())
            && (word.ends_with('!') || !part(code[at + word.len()..].chars().next()))
    };
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(whole)
        .collect()
}

/// How many `super::` lead from a file's module to the root.
fn module_depth(path: &str) -> usize {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|part| *part != "mod").count()
}

/// Returns the first names of paths that begin at the root of the crate (`crate::a`, `vrev::a`, enough `super::`), groups
/// opened, and where each stands.
fn root_paths(code: &str, depth: usize) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for start in ["crate::", "vrev::", "super::"] {
        for at in words(code, start.trim_end_matches(':')) {
            let Some(mut rest) = code[at..].strip_prefix(start) else {
                continue;
            };
            if start == "super::" {
                if code[..at].ends_with("super::") {
                    continue;
                }
                let mut supers = 1;
                while let Some(after) = rest.strip_prefix("super::") {
                    rest = after;
                    supers += 1;
                }
                if supers < depth {
                    continue;
                }
            }
            found.extend(heads(rest).into_iter().map(|name| (name, at)));
        }
    }
    found
}

/// Returns the first name of a path, or of every path of a group.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| is_name(*c)).collect::<String>();
    let Some(group) = rest.trim_start().strip_prefix('{') else {
        return vec![name(rest.trim_start())];
    };
    let mut names = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// Returns Rust code with its comments blanked and its strings emptied; line ends stay.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (shown, taken) = match token(rest) {
            Token::Comment(bytes) => (" ", bytes),
            Token::Text(bytes) => ("\"\"", bytes),
            Token::Char(bytes) => ("' '", bytes),
            // A name is taken whole, so that the end of `for` opens no raw string.
            Token::Other if is_name(c) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (&rest[..end], end)
            }
            Token::Other => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        code.push_str(shown);
        if shown != &rest[..taken] {
            code.extend(rest[..taken].chars().filter(|c| *c == '\n'));
        }
        rest = &rest[taken..];
    }
    code
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

enum Token {
    Comment(usize),
    Text(usize),
    Char(usize),
    Other,
}

fn token(rest: &str) -> Token {
    if rest.starts_with("//") {
        return Token::Comment(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Token::Comment(block_comment(rest));
    }
    let after = rest.strip_prefix('b').unwrap_or(rest);
    let prefix = rest.len() - after.len();
    if let Some(raw) = after.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            let length = body.find(&end).map_or(body.len(), |at| at + end.len());
            return Token::Text(prefix + 1 + hashes + 1 + length);
        }
    }
    if after.starts_with('"') {
        return Token::Text(prefix + quoted(after, '"'));
    }
    if after.starts_with('\'') {
        let inner: Vec<char> = after.chars().skip(1).take(2).collect();
        if inner.first() == Some(&'\\') || inner.get(1) == Some(&'\'') {
            return Token::Char(prefix + quoted(after, '\''));
        }
    }
    Token::Other
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    rest.len()
}
