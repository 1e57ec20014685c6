//! A bisection in progress, in git's own files and references, so that plain git goes on where vrev stopped and the other
//! way round (git-bisect(1); `BISECT_START`, `BISECT_LOG`, `refs/bisect/`).

use std::fs;
use std::path::PathBuf;

use super::object::RawId;
use super::refs::Expected;
use super::{CommitId, Error, Store};

/// What is known of the commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has what is looked for.
    Bad,
    /// It has not.
    Good,
    /// It cannot be told.
    Skip,
}

impl Verdict {
    /// The word that git uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Good => "good",
            Self::Skip => "skip",
        }
    }
}

/// A bisection in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bisection {
    /// The branch, or the commit, to return to.
    pub start: String,
    /// The commit known to be bad.
    pub bad: Option<CommitId>,
    /// Commits known to be good, sorted.
    pub good: Vec<CommitId>,
    /// Commits that cannot be told, sorted.
    pub skipped: Vec<CommitId>,
}

const FOLDER: &str = "refs/bisect/";
const FILES: [&str; 8] = [
    "BISECT_START",
    "BISECT_LOG",
    "BISECT_NAMES",
    "BISECT_TERMS",
    "BISECT_EXPECTED_REV",
    "BISECT_ANCESTORS_OK",
    "BISECT_RUN",
    "BISECT_FIRST_PARENT",
];

impl Store {
    /// Returns the bisection in progress.
    ///
    /// # Errors
    /// When its files cannot be read, or it was begun under other words than `good` and `bad`.
    pub fn bisection(&self) -> Result<Option<Bisection>, Error> {
        let Some(start) = self.bisect_file("BISECT_START")? else {
            return Ok(None);
        };
        let terms = self.bisect_file("BISECT_TERMS")?.unwrap_or_default();
        if !terms.is_empty() && terms != "bad\ngood" {
            return Err(Error::UnusableRepository {
                path: self.git_dir().join("BISECT_TERMS"),
                reason: format!(
                    "the bisection in progress uses the words `{}`: go on with `git bisect`",
                    terms.replace('\n', "` and `")
                ),
            });
        }
        let mut found = Bisection {
            start,
            ..Bisection::default()
        };
        for (name, id) in self.bisect_refs()? {
            let id = CommitId(id);
            match name.as_str() {
                "bad" => found.bad = Some(id),
                name if name.starts_with("good-") => found.good.push(id),
                name if name.starts_with("skip-") => found.skipped.push(id),
                _ => {}
            }
        }
        found.good.sort();
        found.skipped.sort();
        Ok(Some(found))
    }

    /// Begins a bisection that will return to `start`; `words` is the command for the log.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn begin_bisection(&self, start: &str, words: &str) -> Result<(), Error> {
        self.end_bisection()?;
        let write = |name: &str, text: &str| {
            let path = self.git_dir().join(name);
            fs::write(&path, text).map_err(Error::io("write", &path))
        };
        write("BISECT_TERMS", "bad\ngood\n")?;
        write("BISECT_NAMES", "\n")?;
        write("BISECT_LOG", &format!("git bisect start{words}\n"))?;
        write("BISECT_START", &format!("{start}\n"))
    }

    /// Notes what is known of a commit.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn mark_bisection(&self, verdict: Verdict, commit: CommitId) -> Result<(), Error> {
        let name = match verdict {
            Verdict::Bad => format!("{FOLDER}bad"),
            other => format!("{FOLDER}{}-{commit}", other.word()),
        };
        self.set_ref(&name, Expected::Any, commit.0, "")?;
        let subject = self.commit(commit)?.subject();
        let word = verdict.word();
        self.log_bisection(&format!(
            "# {word}: [{commit}] {subject}\ngit bisect {word} {commit}\n"
        ))
    }

    /// Notes which commit is to be looked at next.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn expect_bisection(&self, commit: CommitId) -> Result<(), Error> {
        for (name, text) in [
            ("BISECT_EXPECTED_REV", format!("{commit}\n")),
            ("BISECT_ANCESTORS_OK", String::new()),
        ] {
            let path = self.git_dir().join(name);
            fs::write(&path, text).map_err(Error::io("write", &path))?;
        }
        Ok(())
    }

    /// Adds lines to the log of the bisection.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn log_bisection(&self, lines: &str) -> Result<(), Error> {
        use std::io::Write as _;
        let path = self.git_dir().join("BISECT_LOG");
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(lines.as_bytes()))
            .map_err(Error::io("write", &path))
    }

    /// Returns the log of the bisection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn bisection_log(&self) -> Result<Option<String>, Error> {
        self.bisect_file("BISECT_LOG")
    }

    /// Forgets the bisection.
    ///
    /// # Errors
    /// When files cannot be removed.
    pub fn end_bisection(&self) -> Result<(), Error> {
        for (name, id) in self.bisect_refs()? {
            self.delete_ref(&format!("{FOLDER}{name}"), id)?;
        }
        // The file that says that there is one goes last, as git does it.
        for name in FILES.iter().rev() {
            let path = self.git_dir().join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn bisect_refs(&self) -> Result<Vec<(String, RawId)>, Error> {
        let all = self.all_refs()?.into_iter();
        Ok(all
            .filter_map(|(name, id)| Some((name.strip_prefix(FOLDER)?.to_owned(), id)))
            .collect())
    }

    fn bisect_file(&self, name: &str) -> Result<Option<String>, Error> {
        let path: PathBuf = self.git_dir().join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim_end().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }
}
