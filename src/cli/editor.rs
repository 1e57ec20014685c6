//! Text through the person's editor, as git does (git-var(1), `GIT_EDITOR` and `GIT_SEQUENCE_EDITOR`).

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::error::{Error, Kind};
use crate::store::Store;

/// What is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A commit's message: `GIT_EDITOR`, `core.editor`, `VISUAL`, `EDITOR`, `vi`.
    Message,
    /// The list of what a rebase does: before those, `GIT_SEQUENCE_EDITOR` and `sequence.editor`.
    Sequence,
}

/// Lets a person edit a text, which is in `file` meanwhile, and returns it without lines that are comments.
///
/// # Errors
/// When there is no editor, it fails, or the file cannot be written or read.
pub(crate) fn edit(
    store: &Store,
    subject: Subject,
    file: &Path,
    text: &str,
) -> Result<String, Error> {
    let editor = editor(store, subject)?;
    let failed = |error: &std::io::Error| {
        Error::user(format!("cannot edit `{}`", file.display())).because(Some(error))
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    fs::write(file, text).map_err(|error| failed(&error))?;
    // As git starts it: the shell splits the command, the file is one word.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$@\""))
        .arg(&editor)
        .arg(file)
        .status();
    let ended = status.is_ok_and(|status| status.success());
    let edited = fs::read_to_string(file);
    fs::remove_file(file).map_err(|error| failed(&error))?;
    if !ended {
        let message = format!("the editor `{editor}` ended with a failure");
        return Err(Error::new(Kind::Refused, message).hint("nothing was changed"));
    }
    let edited = edited.map_err(|error| failed(&error))?;
    let mark = comment_mark(store);
    let lines = edited.lines().filter(|line| !line.starts_with(&mark));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// Returns what begins a comment (`core.commentString`, `core.commentChar`).
pub(crate) fn comment_mark(store: &Store) -> String {
    let set = store.config("core.commentString");
    set.or_else(|| store.config("core.commentChar"))
        .filter(|mark| !mark.is_empty() && mark != "auto")
        .unwrap_or_else(|| "#".to_owned())
}

fn editor(store: &Store, subject: Subject) -> Result<String, Error> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let of_lists = || variable("GIT_SEQUENCE_EDITOR").or_else(|| store.config("sequence.editor"));
    let given = match subject {
        Subject::Sequence => of_lists(),
        Subject::Message => None,
    };
    let given = given
        .or_else(|| variable("GIT_EDITOR"))
        .or_else(|| store.config("core.editor"));
    let has_screen = variable("TERM").is_some_and(|terminal| terminal != "dumb");
    given
        .or_else(|| variable("VISUAL").filter(|_| has_screen))
        .or_else(|| variable("EDITOR"))
        .or_else(|| has_screen.then(|| "vi".to_owned()))
        .ok_or_else(|| {
            Error::user("there is no editor")
                .hint("set `GIT_EDITOR`, `core.editor` in git's settings, `VISUAL` or `EDITOR`")
        })
}
