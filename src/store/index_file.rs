//! The index as a file (gitformat-index). Written as version 2, or 3 where an entry has extended flags; `rows/` is one
//! sparse directory entry (mode 040000, skip-worktree, extension `sdir`). These two are read here, since reading ten
//! thousand entries twice over takes as long as all the rest of a small commit; a file of version 4 or a split one is left to
//! gix.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use gix::index::entry::{Flags, Stat};
use sha1::{Digest as _, Sha1};

use super::Error;
use super::entries::{Kept, Piece, path_of};
use super::index::{Index, IndexEntry};
use super::object::{RawId, ends_in_its_sum};
use super::tree::{MODE_TREE, check_component, check_path};

/// Bytes that are written at once.
const PIECE: usize = 64 << 10;

const ASSUME_VALID: u16 = 0x8000;
const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
/// The length of a path, as far as it fits.
const LENGTH: u16 = 0x0fff;
/// Of the extended flags.
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

/// Reads an index file.
pub(super) fn read(path: &Path) -> Result<Index, Error> {
    let failed = || Error::io("read", path);
    let mut file = File::open(path).map_err(failed())?;
    let metadata = file.metadata().map_err(failed())?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.read_to_end(&mut bytes).map_err(failed())?;
    // The one takes as long as the other.
    let (is_sound, layout) = std::thread::scope(|scope| {
        let is_sound = scope.spawn(|| ends_in_its_sum(&bytes));
        let layout = lay_out(&bytes);
        (is_sound.join().unwrap_or(false), layout)
    });
    if !is_sound {
        return Err(Error::UnreadableIndex {
            path: path.to_owned(),
            source: "its bytes have another checksum than it ends with".into(),
        });
    }
    let mut index = match layout {
        Ok(Some(layout)) => layout.into_index(bytes),
        _ => read_any(path)?,
    };
    index.timestamp = timestamp(metadata.modified().map_err(failed())?);
    Ok(index)
}

/// Returns a file's time as seconds and nanoseconds; what does not fit is as if it was never written.
pub(super) fn timestamp(time: SystemTime) -> (u32, u32) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (
        u32::try_from(since.as_secs()).unwrap_or(0),
        since.subsec_nanos(),
    )
}

/// Where the entries of a file are.
#[derive(Default)]
struct Layout {
    /// Where each merged one begins and ends.
    merged: Vec<(u32, u32)>,
    unmerged: BTreeMap<(String, u8), IndexEntry>,
}

impl Layout {
    /// Takes the file's bytes.
    fn into_index(self, bytes: Vec<u8>) -> Index {
        let mut starts: Vec<u32> = self.merged.iter().map(|(from, _)| *from).collect();
        starts.extend(self.merged.last().map(|(_, to)| *to));
        let kept = if self.unmerged.is_empty() {
            Kept::new(bytes, starts)
        } else {
            Kept::cut(&bytes, &self.merged)
        };
        let mut index = Index::default();
        (index.entries, index.unmerged) = (kept.into(), self.unmerged);
        index
    }
}

/// Checks the paths of entries as they come.
#[derive(Default)]
struct PathCheck<'b> {
    /// The folder whose name was checked last: paths come in order.
    folder: &'b str,
}

impl<'b> PathCheck<'b> {
    fn check(&mut self, path: &'b str) -> Result<(), Error> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if folder != self.folder || check_component(name.as_bytes()).is_err() {
            check_path(path)?;
            self.folder = folder;
        }
        Ok(())
    }
}

/// Looks through a file of version 2 or 3; `None` if it is none, is out of order, or has an extension that must be
/// understood.
fn lay_out(bytes: &[u8]) -> Result<Option<Layout>, Error> {
    let Some((count, mut rest)) = decode_header(bytes) else {
        return Ok(None);
    };
    let mut layout = Layout::default();
    layout.merged.reserve(count.min(rest.len() / FIXED));
    let mut check = PathCheck::default();
    let mut start = HEADER;
    let mut last = "";
    for _ in 0..count {
        let Some(found) = decode_entry(rest) else {
            return Ok(None);
        };
        let path = path_of(found.key);
        check.check(path)?;
        let length = found.length;
        let is_right = is_folder(&found.entry) == (path.len() < found.key.len());
        let (Ok(from), Ok(to), true) = (
            u32::try_from(start),
            u32::try_from(start + length),
            is_right,
        ) else {
            return Ok(None);
        };
        match found.stage {
            0 if !layout.merged.is_empty() && found.key <= last => return Ok(None),
            0 => {
                layout.merged.push((from, to));
                last = found.key;
            }
            stage => {
                _ = layout
                    .unmerged
                    .insert((path.to_owned(), stage), found.entry)
            }
        }
        start += length;
        let Some(after) = rest.get(length..) else {
            return Ok(None);
        };
        rest = after;
    }
    Ok(has_only_known_extensions(rest).then_some(layout))
}

/// Returns how many entries a file has, and what comes after its header, without the checksum.
fn decode_header(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (content, _) = bytes.split_last_chunk::<20>()?;
    let (version, rest) = content.strip_prefix(b"DIRC")?.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
    matches!(u32::from_be_bytes(*version), 2 | 3).then_some((count, rest))
}

/// Tells whether extensions may be passed over: those whose names begin with a capital, and the one for folders.
fn has_only_known_extensions(mut rest: &[u8]) -> bool {
    while let Some((header, after)) = rest.split_first_chunk::<8>() {
        let [name @ .., a, b, c, d] = *header;
        let length = u32::from_be_bytes([a, b, c, d]);
        let after = usize::try_from(length)
            .ok()
            .and_then(|length| after.get(length..));
        match after {
            Some(after) if name[0].is_ascii_uppercase() || name == *b"sdir" => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// Bytes of an entry before its extended flags and its path.
const FIXED: usize = 62;

/// Bytes before the first entry.
const HEADER: usize = 12;

/// An entry as it is in the file.
pub(super) struct Found<'b> {
    /// The path, a sparse directory's with its `/`.
    pub(super) key: &'b str,
    stage: u8,
    pub(super) entry: IndexEntry,
    /// In bytes, with the NULs that end it.
    length: usize,
}

/// Returns the key of the entry that bytes begin with, which was decoded before.
pub(super) fn key_in(bytes: &[u8]) -> &[u8] {
    let flags = flags_in(bytes);
    let at = if flags & EXTENDED == 0 {
        FIXED
    } else {
        FIXED + 2
    };
    let rest = &bytes[at..];
    match flags & LENGTH {
        LENGTH => {
            &rest[..rest
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(rest.len())]
        }
        length => &rest[..usize::from(length)],
    }
}

fn flags_in(entry: &[u8]) -> u16 {
    u16::from_be_bytes([entry[60], entry[61]])
}

fn mode_in(entry: &[u8]) -> u32 {
    u32::from_be_bytes([entry[24], entry[25], entry[26], entry[27]])
}

/// Decodes the entry that bytes begin with; `None` if they begin with none.
pub(super) fn decode_entry(bytes: &[u8]) -> Option<Found<'_>> {
    let (fixed, rest) = bytes.split_first_chunk::<FIXED>()?;
    let field = |number: usize| {
        let at = number * 4;
        u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
    };
    let flags = u16::from_be_bytes([fixed[60], fixed[61]]);
    let (extended, rest) = match flags & EXTENDED {
        0 => (0, rest),
        _ => {
            let (extended, rest) = rest.split_first_chunk::<2>()?;
            (u16::from_be_bytes(*extended), rest)
        }
    };
    let length = match flags & LENGTH {
        LENGTH => rest.iter().position(|byte| *byte == 0)?,
        length => usize::from(length),
    };
    let key = std::str::from_utf8(rest.get(..length)?).ok()?;
    let time = |at: usize| gix::index::entry::stat::Time {
        secs: field(at),
        nsecs: field(at + 1),
    };
    let mut id: RawId = [0; 20];
    id.copy_from_slice(&fixed[40..60]);
    let entry = IndexEntry {
        mode: field(6),
        id,
        stat: Stat {
            ctime: time(0),
            mtime: time(2),
            dev: field(4),
            ino: field(5),
            uid: field(7),
            gid: field(8),
            size: field(9),
        },
        skip_worktree: extended & SKIP_WORKTREE != 0,
        assume_valid: flags & ASSUME_VALID != 0,
        intent_to_add: extended & INTENT_TO_ADD != 0,
        fresh: false,
    };
    Some(Found {
        key,
        stage: ((flags & STAGE) >> 12) as u8,
        entry,
        length: padded(bytes.len() - rest.len() + length),
    })
}

/// Returns the length of an entry with the NULs that end it: one to eight, to a multiple of eight bytes.
fn padded(length: usize) -> usize {
    (length + 8) / 8 * 8
}

/// Reads an index file of any kind that gix reads.
fn read_any(path: &Path) -> Result<Index, Error> {
    let options = gix::index::decode::Options {
        alloc_limit_bytes: usize::try_from(super::object::OBJECT_LIMIT).ok(),
        // Threads take longer to start than thousands of entries to read.
        thread_limit: Some(1),
        ..Default::default()
    };
    let file =
        gix::index::File::at(path, gix::hash::Kind::Sha1, false, options).map_err(|source| {
            Error::UnreadableIndex {
                path: path.to_owned(),
                source: source.into(),
            }
        })?;
    let mut index = Index::default();
    let mut check = PathCheck::default();
    for entry in file.entries() {
        let path = std::str::from_utf8(entry.path(&file)).map_err(|_| Error::UnsafePath {
            path: entry.path(&file).to_string(),
            reason: "it is not UTF-8".to_owned(),
        })?;
        let path = path_of(path);
        check.check(path)?;
        let read = IndexEntry {
            mode: entry.mode.bits(),
            id: super::BlobId::from_git(&entry.id).0,
            stat: entry.stat,
            skip_worktree: entry.flags.contains(Flags::SKIP_WORKTREE),
            assume_valid: entry.flags.contains(Flags::ASSUME_VALID),
            intent_to_add: entry.flags.contains(Flags::INTENT_TO_ADD),
            fresh: false,
        };
        match entry.flags.stage_raw() as u8 {
            0 => index.entries.insert(path, read),
            stage => _ = index.unmerged.insert((path.to_owned(), stage), read),
        }
    }
    Ok(index)
}

/// Writes an index file, a piece at a time.
pub(super) fn write(index: &Index, out: &mut impl Write) -> std::io::Result<()> {
    let unmerged = index.unmerged.iter();
    let unmerged = unmerged.map(|((path, stage), entry)| (path.as_str(), *stage, entry));
    let hidden = index.shown.iter().map(String::as_str);
    let pieces = index.entries.pieces(unmerged, hidden);
    let totals = pieces.iter().fold(Totals::default(), Totals::and);

    let mut out = Summed {
        out,
        hasher: Sha1::new(),
    };
    let version: u32 = if totals.extended { 3 } else { 2 };
    let mut bytes = Vec::with_capacity(2 * PIECE);
    bytes.extend_from_slice(b"DIRC");
    bytes.extend(version.to_be_bytes());
    bytes.extend(totals.entries.to_be_bytes());
    for piece in &pieces {
        match piece {
            Piece::Kept(kept) => {
                out.put(&mut bytes)?;
                out.write_all(kept.bytes())?;
            }
            Piece::Changed(key, stage, entry) => encode_entry(&mut bytes, key, *stage, entry),
        }
        if bytes.len() >= PIECE {
            out.put(&mut bytes)?;
        }
    }
    if totals.folders {
        bytes.extend(b"sdir");
        bytes.extend(0_u32.to_be_bytes());
    }
    out.put(&mut bytes)?;
    out.end()
}

/// What the header and the extensions tell of entries.
#[derive(Default)]
struct Totals {
    entries: u32,
    extended: bool,
    folders: bool,
}

impl Totals {
    fn and(mut self, piece: &Piece<'_>) -> Self {
        let mut add = |extended: bool, folder: bool| {
            self.entries += 1;
            self.extended |= extended;
            self.folders |= folder;
        };
        match piece {
            Piece::Changed(_, _, entry) => add(is_extended(entry), is_folder(entry)),
            Piece::Kept(kept) => kept.each().for_each(|entry| {
                add(flags_in(entry) & EXTENDED != 0, mode_in(entry) == MODE_TREE);
            }),
        }
        self
    }
}

/// A file, and the checksum of what was written to it.
struct Summed<'o, W> {
    out: &'o mut W,
    hasher: Sha1,
}

impl<W: Write> Summed<'_, W> {
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hasher.update(bytes);
        self.out.write_all(bytes)
    }

    /// Writes bytes that were gathered.
    fn put(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        self.write_all(bytes)?;
        bytes.clear();
        Ok(())
    }

    fn end(self) -> std::io::Result<()> {
        self.out.write_all(&self.hasher.finalize())
    }
}

fn is_folder(entry: &IndexEntry) -> bool {
    entry.mode == MODE_TREE
}

fn is_extended(entry: &IndexEntry) -> bool {
    entry.skip_worktree || entry.intent_to_add
}

fn encode_entry(bytes: &mut Vec<u8>, key: &str, stage: u8, entry: &IndexEntry) {
    let start = bytes.len();
    let stat = entry.stat;
    let fields = [
        stat.ctime.secs,
        stat.ctime.nsecs,
        stat.mtime.secs,
        stat.mtime.nsecs,
        stat.dev,
        stat.ino,
        entry.mode,
        stat.uid,
        stat.gid,
        stat.size,
    ];
    let mut fixed = [0; 60];
    for (place, field) in fixed.chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_be_bytes());
    }
    fixed[40..].copy_from_slice(&entry.id);
    bytes.extend_from_slice(&fixed);
    let flag = |is_set: bool, flag: u16| if is_set { flag } else { 0 };
    let length = key.len().min(usize::from(LENGTH)) as u16;
    let flags = u16::from(stage) << 12 | length | flag(entry.assume_valid, ASSUME_VALID);
    bytes.extend((flags | flag(is_extended(entry), EXTENDED)).to_be_bytes());
    if is_extended(entry) {
        let skip = flag(entry.skip_worktree, SKIP_WORKTREE);
        bytes.extend((skip | flag(entry.intent_to_add, INTENT_TO_ADD)).to_be_bytes());
    }
    bytes.extend_from_slice(key.as_bytes());
    let length = bytes.len() - start;
    bytes.resize(start + padded(length), 0);
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads what was written here.
    pub(in crate::store) fn read_bytes(bytes: Vec<u8>) -> Index {
        assert!(ends_in_its_sum(&bytes));
        lay_out(&bytes).unwrap().unwrap().into_index(bytes)
    }

    fn entry() -> impl Strategy<Value = IndexEntry> {
        (any::<[u32; 9]>(), any::<[bool; 4]>()).prop_map(|(fields, flags)| IndexEntry {
            mode: if flags[0] { 0o100_644 } else { 0o100_755 },
            id: [fields[0] as u8; 20],
            stat: Stat {
                ctime: gix::index::entry::stat::Time {
                    secs: fields[0],
                    nsecs: fields[1],
                },
                mtime: gix::index::entry::stat::Time {
                    secs: fields[2],
                    nsecs: fields[3],
                },
                dev: fields[4],
                ino: fields[5],
                uid: fields[6],
                gid: fields[7],
                size: fields[8],
            },
            skip_worktree: flags[1],
            assume_valid: flags[2],
            intent_to_add: flags[3],
            fresh: false,
        })
    }

    fn index() -> impl Strategy<Value = Index> {
        let path = prop_oneof!["[a-c]{1,3}(/[a-z]{1,9}){0,2}", "[a-z]{4090,4100}"];
        let merged = prop::collection::btree_map(path.clone(), entry(), 0..12);
        let unmerged = prop::collection::btree_map((path, 1_u8..4), entry(), 0..4);
        (merged, unmerged).prop_map(|(merged, unmerged)| {
            let mut index = Index::default();
            (index.entries, index.unmerged) = (merged.into_iter().collect(), unmerged);
            index
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(index in index(), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
            let mut bytes = Vec::new();
            write(&index, &mut bytes).unwrap();
            let read = read_bytes(bytes.clone());
            let entries = |index: &Index| -> Vec<(String, IndexEntry)> {
                let all = index.entries.iter();
                all.map(|(path, entry)| (path.to_owned(), entry)).collect()
            };
            prop_assert_eq!(entries(&read), entries(&index));
            prop_assert_eq!(&read.unmerged, &index.unmerged);
            // Whatever the bytes are, reading ends.
            let at = cut.index(bytes.len());
            prop_assert!(!ends_in_its_sum(&bytes[..at]));
            let _ = lay_out(&bytes[..at]);
            bytes[at] ^= flip;
            prop_assert!(flip == 0 || !ends_in_its_sum(&bytes));
            let _ = lay_out(&bytes);
        }
    }

    #[test]
    fn files_of_other_versions_are_left_to_gix_and_damaged_ones_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            let done = command.args(arguments).current_dir(folder.path()).status();
            assert!(done.unwrap().success(), "{arguments:?}");
        };
        git(&["init", "-q"]);
        for name in ["a", "b/c"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let file = folder.path().join(".git/index");
        let paths = || {
            let index = read(&file).map_err(|error| error.to_string())?;
            Ok::<_, String>(index.paths().map(str::to_owned).collect::<Vec<_>>())
        };
        let is_read_here = || matches!(lay_out(&std::fs::read(&file).unwrap()), Ok(Some(_)));
        git(&["add", "."]);
        assert!(is_read_here());
        assert_eq!(paths().unwrap(), ["a", "b/c"]);
        git(&["update-index", "--index-version", "4"]);
        assert!(!is_read_here());
        assert_eq!(paths().unwrap(), ["a", "b/c"]);
        git(&["update-index", "--index-version", "2"]);
        git(&["update-index", "--split-index"]);
        assert!(!is_read_here());
        assert_eq!(paths().unwrap(), ["a", "b/c"]);
        git(&["update-index", "--no-split-index"]);
        // As git writes it with `index.skipHash`.
        let sound = std::fs::read(&file).unwrap();
        let content = &sound[..sound.len() - 20];
        std::fs::write(&file, [content, &[0; 20]].concat()).unwrap();
        assert_eq!(paths().unwrap(), ["a", "b/c"]);
        let mut bytes = sound;
        bytes[20] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let refused = paths().unwrap_err();
        assert!(refused.contains("cannot read the index"), "{refused}");
    }
}
