//! A scratch repository and the `git` that judges it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use vrev::store::{InitOptions, Signature, Store};

/// A repository in a temporary folder.
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// A repository made by vrev, with an identity.
    pub(crate) fn new() -> Self {
        let scratch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        Store::init(
            scratch.root(),
            &InitOptions {
                default_branch: Some("main".to_owned()),
            },
        )
        .unwrap();
        scratch.git(&["config", "user.name", "A U Thor"]);
        scratch.git(&["config", "user.email", "author@example.com"]);
        scratch
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    pub(crate) fn store(&self) -> Store {
        Store::discover(self.root()).unwrap()
    }

    /// Runs git, which must succeed, and returns what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let (ok, text) = self.try_git(arguments);
        assert!(ok, "git {arguments:?}: {text}");
        text
    }

    /// Runs git; tells whether it succeeded, and what it printed.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> (bool, String) {
        run_git(&self.root(), arguments)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The repository must be sound in git's eyes.
    pub(crate) fn fsck(&self) {
        let text = self.git(&["fsck", "--full", "--strict", "--no-dangling"]);
        assert!(
            !text.contains("error") && !text.contains("missing"),
            "{text}"
        );
    }
}

/// Runs git in a folder with a cleared configuration and fixed dates.
pub(crate) fn run_git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", "/nonexistent")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.trim_end().to_owned())
}

/// A signature some seconds after a fixed time.
pub(crate) fn at(seconds: i64) -> Signature {
    Signature {
        name: "A U Thor".to_owned(),
        email: "author@example.com".to_owned(),
        seconds: 1_700_000_000 + seconds,
        offset: 3600,
    }
}
