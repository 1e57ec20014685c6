//! Paths that both sides of a merge changed differently, as git's index has them: the base at stage 1, ours at 2, theirs
//! at 3 (git-read-tree(1), "3-Way Merge"), so that `git status`, `git checkout --ours` and `git add` know them.
//!
//! vrev has merged such a path all the same, cell by cell, and goes on working with what it made of it. The index has no
//! place for that beside the stages, so a note holds it, in the form of `git ls-files --stage -z`: stage 0 is the merged
//! file, absent where the merge removed it. The note counts for a path only while the index has the very stages that the
//! note has; what git makes of the path afterwards is what holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::index::{Index, IndexEntry};
use super::object::RawId;
use super::tree::{MODE_SUBMODULE, MODE_TREE, check_path};
use super::{BlobId, Error, StateFile, Store, TreeId};

/// Unmerged paths, each with the path that the file has in the base, in ours and in theirs.
pub type UnmergedPaths = BTreeMap<String, [Option<String>; 3]>;

/// Files by stage, 0 to 3.
type Staged = [Option<(u32, RawId)>; 4];

impl Store {
    /// Returns the paths that are unmerged to git, whoever left them so.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn unmerged_paths(&self) -> Result<BTreeSet<String>, Error> {
        let index = self.index()?;
        Ok(index
            .unmerged
            .keys()
            .map(|(path, _)| path.clone())
            .collect())
    }

    /// Shows git these paths as unmerged, with their files of three trees (base, ours, theirs), and no other of those that
    /// it was shown before. What vrev holds as staged stays as it is.
    ///
    /// # Errors
    /// When a tree is damaged or the index cannot be written.
    pub fn set_unmerged(&self, trees: [TreeId; 3], paths: &UnmergedPaths) -> Result<(), Error> {
        let index = self.index()?;
        if index.shown.is_empty() && paths.is_empty() {
            return Ok(());
        }
        let mut locked = self.lock_index()?;
        let former = std::mem::take(&mut locked.index.shown);
        let mut unmerged = std::mem::take(&mut locked.index.unmerged);
        unmerged.retain(|(path, _), _| !former.contains(path));
        for (path, sides) in paths {
            for ((tree, side), stage) in trees.iter().zip(sides).zip(1..) {
                let Some(side) = side else { continue };
                let entry = self.find_entry(*tree, side)?;
                let file = entry.filter(|entry| !matches!(entry.mode, MODE_TREE | MODE_SUBMODULE));
                if let Some(file) = file {
                    let entry = IndexEntry::unchecked(file.mode, file.id);
                    unmerged.insert((path.clone(), stage), entry);
                    locked.index.shown.insert(path.clone());
                }
            }
        }
        locked.index.unmerged = unmerged;
        locked.save()
    }

    /// Notes what the unmerged paths that git is about to be shown are merged to; what was noted of others stays until
    /// [`Store::forget_merged`], since the index that needs it is still there.
    pub(super) fn note_merged(&self, index: &Index) -> Result<(), Error> {
        if index.shown.is_empty() {
            return Ok(());
        }
        let mut text = merged_text(index);
        let before = self.state(StateFile::Unmerged)?.unwrap_or_default();
        for line in before.split_terminator('\0') {
            let path = line.split_once('\t').map_or("", |(_, path)| path);
            if !index.shown.contains(path) {
                // Writing to a string cannot fail.
                let _ = write!(text, "{line}\0");
            }
        }
        if before == text {
            return Ok(());
        }
        self.set_state(StateFile::Unmerged, &text)
    }

    /// Forgets what was noted of paths that the index does not have unmerged any more.
    pub(super) fn forget_merged(&self, index: &Index) -> Result<(), Error> {
        if index.shown.is_empty() {
            return self.clear_state(&[StateFile::Unmerged]);
        }
        let text = merged_text(index);
        if self.state(StateFile::Unmerged)?.as_deref() == Some(&text) {
            return Ok(());
        }
        self.set_state(StateFile::Unmerged, &text)
    }

    /// Puts the merged entries beside the stages that git was shown.
    pub(super) fn recall_merged(&self, index: &mut Index) -> Result<(), Error> {
        if index.unmerged.is_empty() {
            return Ok(());
        }
        let Some(text) = self.state(StateFile::Unmerged)? else {
            return Ok(());
        };
        let mut noted: BTreeMap<&str, Staged> = BTreeMap::new();
        for line in text.split_terminator('\0') {
            let Some((path, stage, file)) = parse(line) else {
                return Err(Error::UnusableRepository {
                    path: self.state_path(StateFile::Unmerged),
                    reason: format!("`{line}` is no line of an index"),
                });
            };
            check_path(path)?;
            noted.entry(path).or_default()[stage] = Some(file);
        }
        for (path, staged) in noted {
            let same = (1..=3).all(|stage: u8| {
                let held = index.unmerged.get(&(path.to_owned(), stage));
                held.map(|entry| (entry.mode, entry.id)) == staged[usize::from(stage)]
            });
            if !same || index.entries.contains(path) {
                continue;
            }
            index.shown.insert(path.to_owned());
            if let Some((mode, id)) = staged[0] {
                let entry = IndexEntry::unchecked(mode, id);
                index.entries.insert(path, entry);
            }
        }
        Ok(())
    }
}

/// Returns the note for the paths that git is shown.
fn merged_text(index: &Index) -> String {
    let mut text = String::new();
    let mut line = |path: &str, stage: u8, entry: &IndexEntry| {
        let (mode, id) = (entry.mode, BlobId(entry.id));
        // Writing to a string cannot fail.
        let _ = write!(text, "{mode:06o} {id} {stage}\t{path}\0");
    };
    for path in &index.shown {
        if let Some(entry) = index.entries.get(path) {
            line(path, 0, &entry);
        }
    }
    for ((path, stage), entry) in &index.unmerged {
        if index.shown.contains(path) {
            line(path, *stage, entry);
        }
    }
    text
}

/// Reads `<mode> <id> <stage>\t<path>`.
fn parse(line: &str) -> Option<(&str, usize, (u32, RawId))> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let mode = u32::from_str_radix(words.next()?, 8).ok()?;
    let id: BlobId = words.next()?.parse().ok()?;
    let stage = words.next()?.parse().ok().filter(|stage| *stage < 4)?;
    let plain = !matches!(mode, MODE_TREE | MODE_SUBMODULE) && words.next().is_none();
    plain.then_some((path, stage, (mode, id.0)))
}
