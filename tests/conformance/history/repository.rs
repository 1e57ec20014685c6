//! A fresh repository for one case: a copy of one that is made once, in memory where the machine has such a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use vrev::store::{InitOptions, Store};
use vrev::workspace::{Template, Workspace};

/// The keyspace that statements without a qualifier mean.
pub(super) const KEYSPACE: &str = "mydb";

/// A repository that is removed with this value.
pub(super) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// Copies the prepared repository.
    pub(super) fn new() -> Result<Self, String> {
        static PREPARED: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
        let prepared = PREPARED.get_or_init(prepare).as_ref()?;
        let folder = temp_folder()?;
        copy(prepared.path(), folder.path()).map_err(|error| format!("copy: {error}"))?;
        Ok(Self { folder })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes a folder where writing costs least.
fn temp_folder() -> Result<tempfile::TempDir, String> {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir())
    } else {
        tempfile::tempdir()
    };
    made.map_err(|error| format!("temp folder: {error}"))
}

fn prepare() -> Result<tempfile::TempDir, String> {
    let folder = temp_folder()?;
    let path = folder.path();
    let text = |error: &dyn std::fmt::Display| format!("prepare: {error}");
    let options = InitOptions {
        default_branch: Some("main".to_owned()),
    };
    let store = Store::init(path, &options).map_err(|error| text(&error))?;
    store
        .set_identity("root", "root@localhost")
        .map_err(|error| text(&error))?;
    Workspace::init(path, Template::Empty, Some("main")).map_err(|error| text(&error))?;
    let keyspace = path.join("keyspaces").join(KEYSPACE);
    fs::create_dir_all(&keyspace).map_err(|error| text(&error))?;
    fs::write(keyspace.join("shards.json"), "[\"0\"]\n").map_err(|error| text(&error))?;
    fs::write(keyspace.join("vschema.json"), "{}\n").map_err(|error| text(&error))?;
    // The keyspace belongs to the first commit, as a database does where the scripts come from.
    let message = "Initialize data repository";
    for words in [
        &["add", "-A"][..],
        &["commit", "-q", "--amend", "-m", message],
    ] {
        let status = Command::new("git")
            .arg("-C")
            .arg(path)
            .args(["-c", "commit.gpgSign=false"])
            .args(words)
            .status()
            .map_err(|error| text(&error))?;
        if !status.success() {
            return Err(format!("prepare: git {} failed", words.join(" ")));
        }
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
