//! A case: one line of a `.jsonl` file.
//!
//! Invariant: reading never fails. A line that is no JSON object is a case whose input is null, and fails when it runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// Runs a case; the error says what differs.
pub(crate) type Runner = fn(&Case) -> Result<(), String>;

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Its id; `file:line` where it has none.
    pub(crate) id: String,
    /// Name of its file without folder and extension.
    pub(crate) file: String,
    /// The suite's folder, where files lie that cases name.
    pub(crate) folder: PathBuf,
    /// The case itself.
    pub(crate) json: Json,
}

impl Case {
    /// A field, null where it is absent.
    pub(crate) fn get(&self, key: &str) -> &Json {
        self.json.get(key).unwrap_or(&Json::Null)
    }

    /// A field that is text, empty where it is absent.
    pub(crate) fn text(&self, key: &str) -> &str {
        text(&self.json, key)
    }
}

/// A field that is text, empty where it is absent.
pub(crate) fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Reads the cases of a suite, from every `.jsonl` file below its folder in the order of their paths.
pub(crate) fn read(folder: &Path, suite: &str) -> Vec<Case> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
        .iter()
        .flat_map(|path| read_file(path, folder, suite))
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            files.push(path);
        }
    }
}

fn read_file(path: &Path, folder: &Path, suite: &str) -> Vec<Case> {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let file = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let json: Json = serde_json::from_str(line).unwrap_or_default();
            let id = match json.get("id").and_then(Json::as_str) {
                Some(id) => id.to_owned(),
                None => format!("{suite}/{file}:{}", number + 1),
            };
            Case {
                id,
                file: file.clone(),
                folder: folder.to_owned(),
                json,
            }
        })
        .collect()
}
