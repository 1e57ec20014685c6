//! A place where vrev and git run as on a machine of their own.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The time of the first command, 2026-08-01 10:00:00 UTC; each later command is a minute later.
const START: u64 = 1_785_578_400;

/// A folder with a home, an identity and a clock, and a transcript of what was run in it.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    folder: PathBuf,
    time: Cell<u64>,
    transcript: std::cell::RefCell<String>,
}

impl Sandbox {
    /// Returns an empty folder.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temp directory can be made");
        let base = root.path().canonicalize().expect("it exists");
        let folder = base.join("repo");
        std::fs::create_dir_all(&folder).expect("it can be written");
        std::fs::create_dir_all(base.join("home")).expect("it can be written");
        Self {
            root,
            folder,
            time: Cell::new(START),
            transcript: std::cell::RefCell::default(),
        }
    }

    /// Returns a repository with the example cluster and nothing noted yet.
    pub(crate) fn cluster() -> Self {
        let sandbox = Self::new();
        let run = sandbox.run(&["init", "--template", "."]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        sandbox
    }

    /// Returns a repository with one unsharded keyspace `shop` and its table `item`, committed.
    pub(crate) fn shop() -> Self {
        let sandbox = Self::new();
        sandbox.must(&["init", "."]);
        sandbox.write("keyspaces/shop/shards.json", "[\"0\"]\n");
        sandbox.write(
            "keyspaces/shop/vschema.json",
            "{\n  \"tables\": {\n    \"item\": {}\n  }\n}\n",
        );
        sandbox.write(
            "keyspaces/shop/tables/item.sql",
            "CREATE TABLE `item` (\n  `id` bigint NOT NULL,\n  `name` varchar(40) DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) \
             ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n",
        );
        sandbox.must(&["commit", "-A", "-m", "Add item"]);
        sandbox
    }

    /// Runs vrev, which must succeed, and returns what it printed.
    pub(crate) fn must(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(
            run.code,
            0,
            "vrev {}: {}{}",
            args.join(" "),
            run.stdout,
            run.stderr
        );
        run.stdout
    }

    /// The folder in which commands run.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("it can be written");
        std::fs::write(path, text).expect("it can be written");
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Returns a command in this sandbox: nothing of the machine's environment but where programs are.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = self.folder.with_file_name("home");
        let time = self.time.replace(self.time.get() + 60);
        let date = format!("{time} +0000");
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"));
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.root.path());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ann");
            command.env(format!("GIT_{role}_EMAIL"), "ann@example.org");
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "dumb")
            .env("COLUMNS", "100");
        command.env("VREV_ELAPSED", "0.00");
        command.stdin(Stdio::null());
        command
    }

    /// Runs vrev.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let output = self.command(env!("CARGO_BIN_EXE_vrev")).args(args).output();
        self.finished(output.expect("vrev can be started"))
    }

    /// Runs vrev with a text on stdin.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_vrev"));
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("vrev can be started");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let input = input.as_bytes().to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("vrev ends");
        // It may leave without having read everything.
        let _ = writer.join();
        self.finished(output)
    }

    /// Runs git, which must succeed, and returns what it printed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self
            .command("git")
            .args(args)
            .output()
            .expect("git can be started");
        let run = self.finished(output);
        assert_eq!(run.code, 0, "git {}: {}", args.join(" "), run.stderr);
        run.stdout
    }

    pub(crate) fn finished(&self, output: Output) -> Run {
        let text = |bytes: &[u8]| self.hide_paths(&String::from_utf8_lossy(bytes));
        Run {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code().expect("it ended by itself"),
        }
    }

    fn hide_paths(&self, text: &str) -> String {
        let base = self
            .folder
            .parent()
            .unwrap_or(&self.folder)
            .to_string_lossy();
        text.replace(&*self.folder.to_string_lossy(), "$DIR")
            .replace(&*base, "$TMP")
    }

    /// Runs vrev and notes the command, its output and how it ended.
    pub(crate) fn vrev(&self, args: &[&str]) -> &Self {
        let run = self.run(args);
        self.note(args, "", &run);
        self
    }

    /// As [`Self::vrev`], with a text on stdin.
    pub(crate) fn vrev_with(&self, args: &[&str], input: &str) -> &Self {
        let run = self.run_with(args, input);
        self.note(args, input, &run);
        self
    }

    fn note(&self, args: &[&str], input: &str, run: &Run) {
        let mut transcript = self.transcript.borrow_mut();
        let words: Vec<String> = args.iter().map(|word| shown(word)).collect();
        let from = if input.is_empty() { "" } else { " <<'EOF'" };
        let _ = writeln!(transcript, "$ vrev {}{from}", words.join(" "));
        if !input.is_empty() {
            let _ = writeln!(transcript, "{}\nEOF", input.trim_end());
        }
        transcript.push_str(&run.stdout);
        if !run.stderr.is_empty() {
            let _ = write!(transcript, "[stderr]\n{}", run.stderr);
        }
        if run.code != 0 {
            let _ = writeln!(transcript, "[exit {}]", run.code);
        }
    }

    /// Returns what was noted since the last time.
    pub(crate) fn transcript(&self) -> String {
        std::mem::take(&mut self.transcript.borrow_mut())
    }
}

fn shown(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./~^:=@,{}".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}
