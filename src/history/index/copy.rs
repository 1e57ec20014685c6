//! A copy of the sealed buckets in one plain file, for commands that only read.
//!
//! Opening sled 0.34 costs more than all the rest of a short answer: it starts eight threads, clears what is free of its
//! file, and waits for the disk, also where nothing is to be written. So whoever had to open it though it lacked nothing
//! leaves a copy. One that is of another time is no harm: it is an index of fewer commits, and is passed over where it
//! lacks one.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::sealed::{BUCKETS, Damaged};

/// Begins the file; another version is no copy.
const MAGIC: &[u8] = b"vrev history copy 1\n";
/// After it: the stamp, the checksum of each bucket, where each ends after the header, and the checksum of all these.
const HEADER: usize = MAGIC.len() + 8 * (1 + 2 * BUCKETS + 1);
/// Bytes of buckets of which no copy is made: writing them would take longer than opening sled does.
const LARGEST: usize = 64 << 20;

/// An open copy.
pub(super) struct Copy {
    file: File,
    ends: Vec<u64>,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("copy")
}

impl Copy {
    /// Tells whether there is one, in whatever state.
    pub(super) fn is_there(folder: &Path) -> bool {
        path(folder).exists()
    }

    /// Opens the copy, and returns the buckets' checksums with it; `None` where there is none, it is damaged, or good for
    /// something else.
    pub(super) fn open(folder: &Path, stamp: u64) -> Option<(Self, Vec<u64>)> {
        let mut file = File::open(path(folder)).ok()?;
        let mut header = vec![0; HEADER];
        file.read_exact(&mut header).ok()?;
        let (body, seal) = header.split_last_chunk::<8>()?;
        if u64::from_be_bytes(*seal) != XxHash3_64::oneshot(body) {
            return None;
        }
        let (numbers, _) = body.strip_prefix(MAGIC)?.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|bytes| u64::from_be_bytes(*bytes));
        if numbers.next()? != stamp {
            return None;
        }
        let seals = numbers.by_ref().take(BUCKETS).collect();
        let ends = numbers.collect();
        Some((Self { file, ends }, seals))
    }

    /// Reads a bucket, whose checksum is still to be looked at.
    pub(super) fn bucket(&self, number: usize) -> Result<Vec<u8>, Damaged> {
        let end = *self.ends.get(number).ok_or(Damaged)?;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before).ok_or(Damaged)?,
            None => 0,
        };
        let length = end.checked_sub(start).ok_or(Damaged)?;
        let length = usize::try_from(length).map_err(|_| Damaged)?;
        let mut bytes = vec![0; length.min(LARGEST)];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(HEADER as u64 + start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|_| Damaged)?;
        Ok(bytes)
    }

    /// Replaces the copy. Only who holds sled's file may; that it cannot be written is nobody's failure.
    pub(super) fn write(folder: &Path, stamp: u64, seals: &[u64], buckets: &[impl AsRef<[u8]>]) {
        let lengths = buckets.iter().map(|bucket| bucket.as_ref().len());
        if lengths.sum::<usize>() > LARGEST {
            return Self::remove(folder);
        }
        let mut header = MAGIC.to_vec();
        header.extend(stamp.to_be_bytes());
        header.extend(seals.iter().flat_map(|seal| seal.to_be_bytes()));
        let mut end = 0;
        for bucket in buckets {
            end += bucket.as_ref().len() as u64;
            header.extend(end.to_be_bytes());
        }
        header.extend(XxHash3_64::oneshot(&header).to_be_bytes());
        let fresh = folder.join("copy.new");
        let write = || {
            let mut file = std::io::BufWriter::new(File::create(&fresh)?);
            file.write_all(&header)?;
            for bucket in buckets {
                file.write_all(bucket.as_ref())?;
            }
            file.flush()?;
            fs::rename(&fresh, path(folder))
        };
        if write().is_err() {
            let _ = fs::remove_file(&fresh);
        }
    }

    pub(super) fn remove(folder: &Path) {
        let _ = fs::remove_file(path(folder));
    }
}
