//! One pack and its index from a batch of objects: whole objects, no deltas (gitformat-pack, version 2 of both files).
//!
//! Written beside their final names, synced, then renamed, the index last, since the index makes a pack visible.
//! `git gc` finds deltas later.

use std::fs::{self, File};
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use gix::objs::Kind;
use sha1::{Digest as _, Sha1};

use super::Error;
use super::object::{
    Durability, FASTEST, RawId, create_temporary, deflate, hex, read_only, sum_of, sync_file,
    sync_folder,
};

/// Offsets from here on need the index's table of 8-byte offsets.
const LARGE_OFFSET: u64 = 1 << 31;

/// A pack being written.
pub(super) struct PackWriter {
    folder: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
    position: u64,
    entries: Vec<(RawId, u32, u64)>,
}

impl PackWriter {
    /// Begins a pack of `count` objects in `folder`.
    pub(super) fn new(folder: &Path, count: usize) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let (file, path) = create_temporary(folder, "tmp_pack_")?;
        let mut writer = Self {
            folder: folder.to_owned(),
            path,
            file: BufWriter::with_capacity(1 << 20, file),
            position: 0,
            entries: Vec::with_capacity(count),
        };
        let count = u32::try_from(count).expect("a batch is bounded by its bytes");
        writer.write(b"PACK")?;
        writer.write(&2_u32.to_be_bytes())?;
        writer.write(&count.to_be_bytes())?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.position += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(Error::io("write", &self.path))
    }

    /// Adds one object; each id once.
    pub(super) fn add(&mut self, id: &RawId, kind: Kind, data: &[u8]) -> Result<(), Error> {
        let offset = self.position;
        let mut bytes = entry_header(kind, data.len());
        bytes.extend(deflate(&[data], FASTEST)?);
        self.entries.push((*id, crc32(&bytes), offset));
        self.write(&bytes)
    }

    /// Writes trailer and index and makes the pack visible.
    pub(super) fn finish(mut self, durability: Durability) -> Result<(), Error> {
        let result = self.finish_files(durability);
        if result.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        result
    }

    fn finish_files(&mut self, durability: Durability) -> Result<(), Error> {
        self.file.flush().map_err(Error::io("write", &self.path))?;
        let checksum = file_checksum(self.file.get_mut(), &self.path)?;
        let file = self.file.get_mut();
        file.write_all(&checksum)
            .map_err(Error::io("write", &self.path))?;
        sync_file(file, &self.path, durability)?;

        self.entries.sort_unstable();
        let index = index_bytes(&self.entries, &checksum);
        let (mut index_file, index_path) = create_temporary(&self.folder, "tmp_idx_")?;
        index_file
            .write_all(&index)
            .map_err(Error::io("write", &index_path))?;
        sync_file(&index_file, &index_path, durability)?;

        let name = hex(&checksum);
        for (from, extension) in [(&self.path, "pack"), (&index_path, "idx")] {
            let to = self.folder.join(format!("pack-{name}.{extension}"));
            read_only(from)?;
            fs::rename(from, &to).map_err(Error::io("write", &to))?;
            sync_folder(&self.folder, durability)?;
        }
        Ok(())
    }
}

/// Hashes everything in the file, leaving the position at its end.
fn file_checksum(file: &mut File, path: &Path) -> Result<RawId, Error> {
    file.seek(SeekFrom::Start(0))
        .map_err(Error::io("read", path))?;
    let sum = sum_of(&mut *file).map_err(Error::io("read", path))?;
    file.seek(SeekFrom::End(0))
        .map_err(Error::io("read", path))?;
    Ok(sum)
}

/// Type in bits 4 to 6 of the first byte, size in its low 4 bits and then 7 bits a byte, lowest first.
fn entry_header(kind: Kind, size: usize) -> Vec<u8> {
    let kind = match kind {
        Kind::Commit => 1_u8,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    };
    let mut rest = size >> 4;
    let mut bytes = vec![kind << 4 | (size & 0x0f) as u8];
    while rest > 0 {
        let last = bytes.len() - 1;
        bytes[last] |= 0x80;
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

fn index_bytes(entries: &[(RawId, u32, u64)], pack_checksum: &RawId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1072 + entries.len() * 28);
    bytes.extend(b"\xfftOc");
    bytes.extend(2_u32.to_be_bytes());
    for first in 0..=255_u8 {
        let up_to = entries.partition_point(|(id, ..)| id[0] <= first);
        bytes.extend((up_to as u32).to_be_bytes());
    }
    entries.iter().for_each(|(id, ..)| bytes.extend(id));
    entries
        .iter()
        .for_each(|(_, crc, _)| bytes.extend(crc.to_be_bytes()));
    let mut large = Vec::new();
    for &(_, _, offset) in entries {
        if offset < LARGE_OFFSET {
            bytes.extend((offset as u32).to_be_bytes());
        } else {
            bytes.extend((LARGE_OFFSET as u32 | large.len() as u32).to_be_bytes());
            large.push(offset);
        }
    }
    large
        .iter()
        .for_each(|offset| bytes.extend(offset.to_be_bytes()));
    bytes.extend(pack_checksum);
    bytes.extend(Sha1::digest(&bytes));
    bytes
}

/// CRC-32 as in zlib (reflected polynomial 0xEDB88320), one byte a step.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 {
                    value >> 1 ^ 0xedb8_8320
                } else {
                    value >> 1
                };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc: u32, byte| {
        TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ crc >> 8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_check_string() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926); // the CRC catalogue's check value of CRC-32/ISO-HDLC
    }

    #[test]
    fn entry_headers() {
        assert_eq!(entry_header(Kind::Blob, 5), [0x35]);
        assert_eq!(entry_header(Kind::Tree, 16), [0xa0, 0x01]);
        assert_eq!(entry_header(Kind::Commit, 0x1234), [0x94, 0xa3, 0x02]);
    }
}
