//! Files that parameters of vindexes name (`json_path`, `region_map`).
//!
//! Invariant: reading ends. Only ordinary files of at most 16 MiB are read, whatever path a VSchema names.

use std::fs;
use std::io::{ErrorKind, Read};

use super::Error;

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a file as text.
pub(super) fn read(path: &str) -> Result<String, Error> {
    let refuse = |reason: &str| Error::Params(format!("open {path}: {reason}"));
    let explain = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => refuse("no such file or directory"),
        ErrorKind::PermissionDenied => refuse("permission denied"),
        _ => refuse(&error.to_string()),
    };
    if !fs::metadata(path).map_err(explain)?.is_file() {
        return Err(refuse("not an ordinary file"));
    }
    let mut text = String::new();
    fs::File::open(path)
        .map_err(explain)?
        .take(MOST_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(explain)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(refuse("file is larger than 16 MiB"));
    }
    Ok(text)
}
