//! Looking at everything that is stored: objects against their hashes, packs and index against their trailers,
//! references against what they lead to.
//!
//! What git's fsck finds in objects is found here where it matters to vrev; nothing is repaired.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use gix::objs::Kind;

use super::object::{RawId, ends_in_its_sum, flatten, hex};
use super::refs::RefValue;
use super::tree::{MODE_SUBMODULE, MODE_TREE};
use super::{BlobId, CommitId, Error, Store, TreeId};

/// Something stored that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Damage {
    /// Where: a file below `.git`, a reference, or an object's id.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

/// How much room objects take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Packed {
    /// Objects in files of their own.
    pub loose: usize,
    /// Bytes of all.
    pub bytes: u64,
}

/// What looking at everything gave.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// Objects read.
    pub objects: usize,
    /// References followed.
    pub references: usize,
    /// Commits that references, reflogs of HEAD and stashes lead to, oldest first as far as they can be read.
    pub commits: Vec<CommitId>,
    /// What is damaged, sorted.
    pub damage: Vec<Damage>,
    /// Objects that history names and a filtered clone left out.
    pub left_out: usize,
}

impl Store {
    /// Reads every object and follows every reference.
    ///
    /// # Errors
    /// When folders cannot be listed. Damage is no error but part of the answer.
    pub fn examine(&self) -> Result<Examined, Error> {
        let mut found = Examined::default();
        self.examine_seals(&mut found);
        self.examine_trailers(&mut found)?;
        self.examine_objects(&mut found)?;
        let tips = self.examine_references(&mut found)?;
        self.examine_state(&mut found)?;
        self.examine_history(tips, &mut found);
        if let Err(error) = self.index() {
            found.note(".git/index", &error);
        }
        found.damage.sort();
        found.damage.dedup();
        Ok(found)
    }

    /// Packs, their indexes, and git's index end in the SHA-1 of all before it.
    fn examine_trailers(&self, found: &mut Examined) -> Result<(), Error> {
        let objects = self.repo.objects.store_ref().path().to_owned();
        let mut files = vec![self.repo.index_path(), objects.join("info/commit-graph")];
        for folder in [objects.join("pack"), objects.join("info/commit-graphs")] {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let known = ["pack", "idx", "rev", "graph", "bitmap"];
                let extension = path.extension().and_then(|text| text.to_str());
                let multi = path
                    .file_name()
                    .is_some_and(|name| name == "multi-pack-index");
                if multi || extension.is_some_and(|text| known.contains(&text)) {
                    files.push(path);
                }
            }
        }
        for path in files {
            let place = self.place(&path);
            self.examine_trailer(&path, &place, found)?;
        }
        Ok(())
    }

    /// A file ends in the SHA-1 of all before it.
    pub(super) fn examine_trailer(
        &self,
        path: &Path,
        place: &str,
        found: &mut Examined,
    ) -> Result<(), Error> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        if bytes.len() < size_of::<RawId>() {
            found.say(place.to_owned(), "it is cut short");
        } else if !ends_in_its_sum(&bytes) {
            let reason = "its bytes have another hash than its end says";
            found.say(place.to_owned(), reason);
        }
        Ok(())
    }

    fn examine_objects(&self, found: &mut Examined) -> Result<(), Error> {
        let ids = self
            .repo
            .objects
            .iter()
            .map_err(|source| Error::UnusableRepository {
                path: self.git_dir().to_owned(),
                reason: flatten(&source),
            })?;
        let mut seen: HashSet<RawId> = HashSet::new();
        for id in ids {
            let id = match id {
                Ok(id) => CommitId::from_git(&id).0,
                Err(error) => {
                    found.say(".git/objects".to_owned(), &flatten(&error));
                    continue;
                }
            };
            if !seen.insert(id) {
                continue;
            }
            found.objects += 1;
            match self.any_object(&id) {
                Ok((Kind::Tree, data)) => {
                    if let Err(error) = super::tree::decode(&TreeId(id), &data) {
                        found.note(&hex(&id), &error);
                    }
                }
                Ok((Kind::Commit, _)) => {
                    if let Err(error) = self.commit(CommitId(id)) {
                        found.note(&hex(&id), &error);
                    }
                }
                Ok(_) => {}
                Err(error) => found.note(&hex(&id), &error),
            }
        }
        self.examine_names(found)
    }

    /// A file among the loose objects whose name is no object's is left out of every listing.
    fn examine_names(&self, found: &mut Examined) -> Result<(), Error> {
        let objects = self.repo.objects.store_ref().path().to_owned();
        for folder in fs::read_dir(&objects).map_err(Error::io("read", &objects))? {
            let folder = folder.map_err(Error::io("read", &objects))?;
            let name = folder.file_name().to_string_lossy().into_owned();
            if name.len() != 2 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                continue;
            }
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let rest = file.file_name().to_string_lossy().into_owned();
                if rest.starts_with("tmp_obj_") {
                    continue;
                }
                let Ok(id) = format!("{name}{rest}").parse::<CommitId>() else {
                    found.say(self.place(&file.path()), "it is no object's name");
                    continue;
                };
                // What cannot be read has been told. The checksum within is nothing to us, but to others.
                if let Ok((kind, data)) = self.any_object(&id.0) {
                    let header = gix::objs::encode::loose_header(kind, data.len() as u64);
                    let bytes = fs::read(file.path()).unwrap_or_default();
                    if !bytes.ends_with(&adler32(&[&header, &data]).to_be_bytes()) {
                        found.say(self.place(&file.path()), "its end is not its checksum");
                    }
                }
            }
        }
        Ok(())
    }

    fn examine_references(&self, found: &mut Examined) -> Result<Vec<RawId>, Error> {
        let mut tips = Vec::new();
        let mut names: HashSet<String> = self.all_refs()?.into_keys().collect();
        // A malformed file is left out of that list.
        let folder = self.common_dir().join("refs");
        for path in files_below(&folder) {
            if let Ok(name) = path.strip_prefix(self.common_dir()) {
                let name = name.to_string_lossy().into_owned();
                if !name.ends_with(".lock") {
                    names.insert(name);
                }
            }
        }
        let mut names: Vec<String> = names.into_iter().collect();
        names.push("HEAD".to_owned());
        names.sort();
        for name in names {
            found.references += 1;
            match self.read_ref(&name) {
                Ok(Some(RefValue::Direct(id))) => match self.peel(id) {
                    Ok(commit) => tips.push(commit.0),
                    // Only branches need commits; a working set's staged files are named by their tree.
                    Err(Error::NotACommit { .. }) if !name.starts_with("refs/heads/") => {
                        let is_tree = matches!(self.any_object(&id), Ok((Kind::Tree, _)));
                        if is_tree && !self.has_whole_tree(TreeId(id)) {
                            found.say(name, "something below its tree is missing or damaged");
                        }
                    }
                    Err(error) => found.note(&name, &error),
                },
                Ok(Some(RefValue::Symbolic(target))) => {
                    // HEAD may name a branch that has no commit yet.
                    if name != "HEAD" && matches!(self.read_ref(&target), Ok(None)) {
                        found.say(
                            name,
                            &format!("it leads to `{target}`, which does not exist"),
                        );
                    }
                }
                Ok(None) => {}
                Err(error) => found.note(&name, &error),
            }
        }
        for name in ["HEAD", "refs/stash"] {
            for entry in self.reflog(Some(name), true)? {
                if self.any_object(&entry.commit.0).is_err() {
                    let place = format!("reflog of {name}");
                    found.say(place, &format!("{} is missing or damaged", entry.commit));
                } else {
                    tips.push(entry.commit.0);
                }
            }
        }
        Ok(tips)
    }

    /// Follows commits and trees; each object must be there.
    fn examine_history(&self, tips: Vec<RawId>, found: &mut Examined) {
        let mut seen: HashSet<RawId> = HashSet::new();
        let shallow: HashSet<CommitId> = self.shallow_commits();
        let mut stack = tips;
        let mut commits = Vec::new();
        let mut trees = Vec::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.commit(CommitId(id)) {
                Ok(commit) => {
                    if !shallow.contains(&commit.id) {
                        stack.extend(commit.parents.iter().map(|parent| parent.0));
                    }
                    trees.push(commit.tree);
                    commits.push((commit.committer.seconds, commit.id));
                }
                Err(error) => found.note(&hex(&id), &error),
            }
        }
        while let Some(tree) = trees.pop() {
            if !seen.insert(tree.0) {
                continue;
            }
            match self.tree(tree) {
                Ok(entries) => {
                    for entry in entries {
                        match entry.mode {
                            MODE_TREE => trees.push(TreeId(entry.id)),
                            MODE_SUBMODULE => {}
                            _ if seen.insert(entry.id) && !self.has_object(&entry.id) => {
                                match self.missing(&entry.id) {
                                    Error::LeftOut { .. } => found.left_out += 1,
                                    _ => {
                                        let reason = format!("its `{}` is missing", entry.name);
                                        found.say(hex(&tree.0), &reason);
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                }
                Err(Error::LeftOut { .. }) => found.left_out += 1,
                Err(error) => found.note(&hex(&tree.0), &error),
            }
        }
        commits.sort();
        found.commits = commits.into_iter().map(|(_, id)| id).collect();
    }

    /// Tells whether a blob is here, without reading it.
    pub fn has_blob(&self, id: BlobId) -> bool {
        self.has_object(&id.0)
    }

    fn has_object(&self, id: &RawId) -> bool {
        gix::objs::Exists::exists(&self.repo.objects, &gix::ObjectId::Sha1(*id))
    }

    /// Tells whether a tree and all below it are there, without reading files.
    pub(crate) fn has_whole_tree(&self, tree: TreeId) -> bool {
        let mut stack = vec![tree];
        while let Some(tree) = stack.pop() {
            let Ok(entries) = self.tree(tree) else {
                return false;
            };
            for entry in entries {
                if entry.is_tree() {
                    stack.push(TreeId(entry.id));
                } else if !self.has_object(&entry.id) {
                    return false;
                }
            }
        }
        true
    }

    /// Returns how many objects have files of their own, and the bytes of all.
    ///
    /// # Errors
    /// When folders cannot be read.
    pub fn packed(&self) -> Result<Packed, Error> {
        let objects = self.repo.objects.store_ref().path().to_owned();
        let mut packed = Packed::default();
        for path in files_below(&objects) {
            let metadata = fs::metadata(&path).map_err(Error::io("read", &path))?;
            packed.bytes += metadata.len();
            let folder = path.parent().and_then(Path::file_name);
            if folder.is_some_and(|name| name.len() == 2) {
                packed.loose += 1;
            }
        }
        Ok(packed)
    }

    /// Runs `git gc`; `prune` is a date in its words.
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn collect_garbage(&self, prune: Option<&str>) -> Result<(), Error> {
        let mut args = vec!["gc".to_owned(), "--quiet".to_owned()];
        args.extend(prune.map(|date| format!("--prune={date}")));
        super::remote::run(Some(self.root()), &args, super::Talk::Captured).map(drop)
    }

    /// Writes a tree that holds other trees, by id.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn folder_of(&self, trees: &std::collections::BTreeSet<TreeId>) -> Result<TreeId, Error> {
        let entries = trees.iter().map(|tree| super::tree::Entry {
            mode: MODE_TREE,
            name: tree.to_string(),
            id: tree.0,
        });
        match self.write_tree(entries.collect())? {
            Some(id) => Ok(id),
            None => self.write_object(Kind::Tree, &[]).map(TreeId),
        }
    }

    /// Returns a reference's full name as a person names it: a branch, `stash`, `HEAD`, or the full name.
    ///
    /// # Errors
    /// [`Error::NoSuchReference`] if there is none.
    pub fn reference_named(&self, typed: &str) -> Result<String, Error> {
        let names = [
            typed.to_owned(),
            format!("refs/{typed}"),
            format!("refs/tags/{typed}"),
            format!("refs/heads/{typed}"),
            format!("refs/remotes/{typed}"),
        ];
        for name in names {
            let full = name == "HEAD" || name.starts_with("refs/");
            if full && !name.contains("..") && self.read_ref(&name)?.is_some() {
                return Ok(name);
            }
        }
        Err(Error::NoSuchReference {
            kind: "reference",
            name: typed.to_owned(),
        })
    }

    fn shallow_commits(&self) -> HashSet<CommitId> {
        let text = fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    fn place(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.common_dir()).unwrap_or(path);
        format!(".git/{}", inside.display())
    }
}

impl Examined {
    pub(super) fn note(&mut self, place: &str, error: &dyn std::error::Error) {
        let reason = flatten(error);
        self.say(place.to_owned(), &reason);
    }

    pub(super) fn say(&mut self, place: String, reason: &str) {
        self.damage.push(Damage {
            place,
            reason: reason.to_owned(),
        });
    }
}

/// Adler-32 (RFC 1950), with which a zlib stream ends.
fn adler32(parts: &[&[u8]]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    for part in parts {
        // So many bytes do not overflow.
        for run in part.chunks(5552) {
            for &byte in run {
                low += u32::from(byte);
                high += low;
            }
            (low, high) = (low % MODULUS, high % MODULUS);
        }
    }
    high << 16 | low
}

pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
