//! Commits: read, and written so that an acknowledged one stays (git-commit-tree(1) for the format and its headers).

use gix::objs::Kind;

use super::object::{Durability, hex, sync_folder};
use super::refs::Expected;
use super::{CommitId, Error, Head, Signature, Store, TreeId};

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its parents, in order; none for a root.
    pub parents: Vec<CommitId>,
    /// Its root tree.
    pub tree: TreeId,
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit.
    pub committer: Signature,
    /// The whole message.
    pub message: String,
}

impl Commit {
    /// Returns the first paragraph of the message as one line, as `git log --oneline` shows it.
    pub fn subject(&self) -> String {
        subject(&self.message)
    }
}

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The message; see [`clean_message`].
    pub message: String,
    /// The root tree.
    pub tree: TreeId,
    /// The parents, in order.
    pub parents: Vec<CommitId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who makes the commit.
    pub committer: Signature,
}

/// Removes what git removes from a message given with `-m` (`--cleanup=whitespace`): blanks at line ends, blank lines
/// at both ends and repeated blank lines; a message that is not empty ends in one line end.
pub fn clean_message(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 1);
    let mut blank = false;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            blank = true;
            continue;
        }
        if blank && !clean.is_empty() {
            clean.push('\n');
        }
        blank = false;
        clean.push_str(line);
        clean.push('\n');
    }
    clean
}

pub(super) fn subject(message: &str) -> String {
    let lines = message
        .trim_start()
        .lines()
        .take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

impl Store {
    /// Reads a commit.
    ///
    /// # Errors
    /// When it is missing, damaged, or no commit.
    pub fn commit(&self, id: CommitId) -> Result<Commit, Error> {
        let mut commit = parse(id, &self.object(&id.0, Kind::Commit)?)?;
        if self.is_shallow(id) {
            commit.parents.clear();
        }
        Ok(commit)
    }

    /// Writes a commit object, which no reference names yet.
    ///
    /// # Errors
    /// When objects cannot be written.
    pub fn write_commit(&self, new: &NewCommit) -> Result<CommitId, Error> {
        let mut text = format!("tree {}\n", new.tree);
        for parent in &new.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!(
            "author {}\ncommitter {}\n\n",
            new.author.to_line(),
            new.committer.to_line()
        ));
        text.push_str(&new.message.replace('\0', ""));
        self.write_object(Kind::Commit, text.as_bytes())
            .map(CommitId)
    }

    /// Writes a commit and moves HEAD's branch (or a detached HEAD) from the commit's first parent to it. `verb` begins
    /// the reflog line: `commit`, `revert`, …
    ///
    /// # Errors
    /// [`Error::RefMoved`] when the branch is no longer at the first parent, or HEAD no longer at `head`; nothing is
    /// changed then but for objects that nothing names.
    pub fn commit_to_head(
        &self,
        head: &Head,
        new: &NewCommit,
        verb: &str,
    ) -> Result<CommitId, Error> {
        let id = self.write_commit(new)?;
        // Its folder is synced when the branch has moved: until then nobody was told of either.
        let is_staged = self.publish_staged(Durability::Normal)?;
        self.sync_objects()?;
        self.verify_written(id)?;
        let detail = match (verb, new.parents.len()) {
            ("commit", 0) => " (initial)",
            ("commit", 2..) => " (merge)",
            _ => "",
        };
        let message = format!("{verb}{detail}: {}", subject(&new.message));
        let expected = new
            .parents
            .first()
            .map_or(Expected::Nothing, |parent| Expected::At(*parent));
        self.move_head(head, id, expected, &message)?;
        if is_staged {
            sync_folder(self.git_dir(), self.durability)?;
        }
        Ok(id)
    }

    /// Reads back what was written last, before anything names it: compressed bytes are no proof.
    fn verify_written(&self, id: CommitId) -> Result<(), Error> {
        let commit = self.commit(id)?;
        self.tree_on_disk(commit.tree).map(drop)
    }

    /// Makes objects written so far durable, and what was staged with them, before something names them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn sync(&self) -> Result<(), Error> {
        self.publish_staged(self.durability)?;
        self.sync_objects()
    }
}

fn parse(id: CommitId, data: &[u8]) -> Result<Commit, Error> {
    let text = String::from_utf8_lossy(data);
    let damaged = |reason: &str| Error::DamagedObject {
        id: hex(&id.0),
        reason: reason.to_owned(),
    };
    let (head, message) = text
        .split_once("\n\n")
        .unwrap_or((text.trim_end_matches('\n'), ""));
    let mut commit = Commit {
        id,
        parents: Vec::new(),
        tree: TreeId::EMPTY,
        author: Signature::from_line(""),
        committer: Signature::from_line(""),
        message: message.to_owned(),
    };
    let mut tree = None;
    for line in head.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "tree" if tree.is_none() => {
                tree = Some(value.parse().map_err(|_| damaged("its tree is no id"))?);
            }
            "parent" => commit
                .parents
                .push(value.parse().map_err(|_| damaged("a parent is no id"))?),
            "author" => commit.author = Signature::from_line(value),
            "committer" => commit.committer = Signature::from_line(value),
            _ => {} // encoding, gpgsig and its continuation lines, mergetag, headers to come
        }
    }
    commit.tree = tree.ok_or_else(|| damaged("it names no tree"))?;
    Ok(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cleaned_as_git_does() {
        let check = |input: &str, expected: &str| assert_eq!(clean_message(input), expected);
        check("", "");
        check(" \n\n", "");
        check("one", "one\n");
        check("\n\n one  \n\n\n\ntwo\t\n\n", " one\n\ntwo\n");
        check("# kept", "# kept\n");
    }

    #[test]
    fn subjects_are_the_first_paragraph() {
        assert_eq!(subject("\na\nb\n\nc"), "a b");
        assert_eq!(subject(""), "");
    }

    #[test]
    fn headers_we_do_not_know_are_skipped() {
        let id = CommitId::from_bytes([1; 20]);
        let text = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
                    author A <a@b> 1 +0000\ncommitter C <c@d> 2 +0100\nencoding latin-1\ngpgsig -----BEGIN\n tree x\n\nhello\n\nyou\n";
        let commit = parse(id, text.as_bytes()).unwrap();
        assert_eq!(
            (commit.parents.len(), commit.message.as_str()),
            (1, "hello\n\nyou\n")
        );
        assert_eq!((commit.author.seconds, commit.committer.offset), (1, 3600));
        assert!(parse(id, b"author A <a@b> 1 +0000\n\nhi").is_err());
        assert!(parse(id, b"tree 12\n\nhi").is_err());
        assert!(parse(id, b"").is_err());
    }
}
