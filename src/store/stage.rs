//! Between worktree and index: `add`, `add -A`, and taking it back.

use std::collections::BTreeSet;

use gix::objs::Kind;

use super::index::{Index, IndexEntry};
use super::status::Content;
use super::tree::{MODE_SUBMODULE, check_path};
use super::{Error, ROWS, Store, TreeId};

/// Which files of the worktree to stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageAll {
    /// Changed and deleted ones that the index knows (`git add -u`, `git commit -a`).
    Tracked,
    /// Untracked ones too, but ignored ones (`git add -A`).
    Everything,
}

impl Store {
    /// Stages files, and folders with all in them, by path from the root; `.` is everything. A deleted file is staged as
    /// deleted.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`] when a path names nothing in worktree and index; nothing is staged then.
    pub fn stage(&self, paths: &[&str]) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let untracked = self.untracked(&locked.index)?;
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for path in paths {
            let chosen = chosen(
                path,
                locked
                    .index
                    .paths()
                    .chain(untracked.iter().map(String::as_str)),
            );
            let unmerged: Vec<String> = self::chosen(
                path,
                locked.index.unmerged.keys().map(|(path, _)| path.as_str()),
            );
            if chosen.is_empty() && unmerged.is_empty() {
                return Err(Error::NoSuchPath {
                    path: (*path).to_owned(),
                    place: "the worktree (or is ignored)".into(),
                });
            }
            wanted.extend(chosen);
            wanted.extend(unmerged);
        }
        self.stage_into(&mut locked.index, wanted.iter().map(String::as_str))?;
        locked.save()
    }

    /// Tells whether the index has one of these paths.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn is_tracked<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<bool, Error> {
        let index = self.index()?;
        Ok(paths.into_iter().any(|path| index.entries.contains(path)))
    }

    /// Returns those of these files that are not as the index has them, looking at no other; `None` if one of them is
    /// untracked, or anything is unmerged.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn changed_files(
        &self,
        paths: &BTreeSet<String>,
    ) -> Result<Option<BTreeSet<String>>, Error> {
        let index = self.index()?;
        if !index.unmerged.is_empty() {
            return Ok(None);
        }
        let mut changed = BTreeSet::new();
        for path in paths {
            let differs = match index.entries.get(path) {
                Some(entry) => self.compare(path, &entry, &index)?.is_some(),
                None if self.stat(path)?.is_some() => return Ok(None),
                None => false,
            };
            if differs {
                changed.insert(path.clone());
            }
        }
        Ok(Some(changed))
    }

    /// Stages these very files, those among them that are gone as deleted; no file is looked for.
    ///
    /// # Errors
    /// When a file cannot be read or the index not be written.
    pub fn stage_files<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        self.stage_into(&mut locked.index, paths)?;
        locked.save()
    }

    /// As [`Store::stage_files`], but paths that are unmerged to git stay so.
    ///
    /// # Errors
    /// As [`Store::stage_files`].
    pub fn stage_merged<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let (unmerged, shown) = (locked.index.unmerged.clone(), locked.index.shown.clone());
        self.stage_into(&mut locked.index, paths)?;
        (locked.index.unmerged, locked.index.shown) = (unmerged, shown);
        locked.save()
    }

    /// Stages all changes of the worktree.
    ///
    /// # Errors
    /// When a file cannot be read or the index not be written.
    pub fn stage_all(&self, which: StageAll) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let scan = self.scan(&locked.index)?;
        let mut paths: BTreeSet<String> = scan.changed.into_keys().collect();
        paths.extend(locked.index.unmerged.keys().map(|(path, _)| path.clone()));
        if which == StageAll::Everything {
            paths.extend(scan.untracked);
        }
        self.stage_into(&mut locked.index, paths.iter().map(String::as_str))?;
        locked.save()
    }

    /// Makes entries what the worktree has. A folder at the top that is new among them is in the cone from then on.
    fn stage_into<'p>(
        &self,
        index: &mut Index,
        paths: impl IntoIterator<Item = &'p str>,
    ) -> Result<(), Error> {
        let mut tops = BTreeSet::new();
        for path in paths {
            self.stage_one(path, index)?;
            if let Some((top, _)) = path.split_once('/') {
                tops.insert(&path[..=top.len()]);
            }
        }
        self.refresh_cone(tops.into_iter())
    }

    /// Makes one entry what the worktree has.
    fn stage_one(&self, path: &str, index: &mut Index) -> Result<(), Error> {
        check_path(path)?;
        let old = index.entries.get(path);
        if old.is_some_and(|entry| entry.skip_worktree || entry.mode == MODE_SUBMODULE) {
            return Ok(());
        }
        if let Some(entry) = old
            && self.compare(path, &entry, index)?.is_none()
        {
            index.resolve(path);
            return self.touch(path, index);
        }
        let Some((stat, Some(mode))) = self.stat(path)? else {
            index.remove(path);
            return Ok(());
        };
        let indexed = old.map_or(mode, |entry| entry.mode);
        let mode = self.stat_judge().trusted_mode(mode, indexed);
        let id = self.write_object(Kind::Blob, &self.worktree_bytes(path, mode)?)?;
        index.insert(
            path,
            IndexEntry {
                stat,
                fresh: true,
                ..IndexEntry::unchecked(mode, id)
            },
        );
        Ok(())
    }

    /// Takes the stat of a file whose content is known to be the entry's.
    pub(super) fn touch(&self, path: &str, index: &mut Index) -> Result<(), Error> {
        // Stat first, content second: a write in between shows up as a newer time.
        let Some((stat, Some(_))) = self.stat(path)? else {
            return Ok(());
        };
        let Some(entry) = index.entries.get(path) else {
            return Ok(());
        };
        if entry.stat == stat {
            return Ok(());
        }
        let probe = IndexEntry {
            stat: gix::index::entry::Stat::default(),
            ..entry
        };
        if !matches!(
            self.compare(path, &probe, index)?,
            None | Some(Content::Absent)
        ) {
            return Ok(());
        }
        index.looked_at(path, stat);
        Ok(())
    }

    /// Makes the index hold for these paths (files or folders; none: all) what HEAD holds.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`] when a path names nothing in index and HEAD.
    pub fn unstage(&self, paths: &[&str]) -> Result<(), Error> {
        let tree = match self.head()?.commit {
            Some(commit) => self.tree_of(commit)?,
            None => TreeId::EMPTY,
        };
        self.reset_index_paths(tree, paths)
    }

    /// Takes paths out of the index; their files stay.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn untrack(&self, paths: &[&str]) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        for path in paths {
            locked.index.remove(path);
        }
        locked.save()
    }

    /// Makes the index hold for these paths what a tree holds.
    pub(super) fn reset_index_paths(&self, tree: TreeId, paths: &[&str]) -> Result<(), Error> {
        let mut locked = self.lock_index()?;
        let files = self.tree_files(tree, "")?;
        let mut wanted = BTreeSet::new();
        let unmerged: BTreeSet<String> = locked
            .index
            .unmerged
            .keys()
            .map(|(path, _)| path.clone())
            .collect();
        let known = locked.index.paths().map(str::to_owned);
        let mut all: BTreeSet<String> = known.chain(files.keys().cloned()).collect();
        all.extend(unmerged.iter().cloned());
        for path in if paths.is_empty() { &["."] } else { paths } {
            let chosen = chosen(path, all.iter().map(String::as_str));
            if chosen.is_empty() && *path != "." {
                return Err(Error::NoSuchPath {
                    path: (*path).to_owned(),
                    place: "the index or HEAD".to_owned(),
                });
            }
            wanted.extend(chosen);
        }
        for path in wanted {
            match files.get(&path) {
                None => locked.index.remove(&path),
                Some((mode, id)) => {
                    let same = |entry: IndexEntry| {
                        (entry.mode, entry.id) == (*mode, *id) && !entry.intent_to_add
                    };
                    if !locked.index.entries.get(&path).is_some_and(same)
                        || unmerged.contains(&path)
                    {
                        locked
                            .index
                            .insert(&path, IndexEntry::unchecked(*mode, *id));
                        self.touch(&path, &mut locked.index)?;
                    }
                }
            }
        }
        locked.save()
    }
}

/// Returns the paths that a path names: itself, or all below it; `.` and the empty path name all but `rows`.
pub(super) fn chosen<'p>(path: &str, all: impl Iterator<Item = &'p str>) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    let everything = matches!(path, "" | ".");
    let below = format!("{path}/");
    all.filter(|other| {
        (everything && *other != ROWS) || *other == path || other.starts_with(&below)
    })
    .map(str::to_owned)
    .collect()
}
