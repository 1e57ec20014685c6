//! Committed rows: a table's rows of one shard as a git tree of JSON Lines chunks, cut where their keys say.
//!
//! Invariant: the tree depends on the rows alone, not on the order or the number of writes that led to them, so equal rows
//! have equal ids, and a changed row changes one chunk and the folders above it. Names and cuts depend on keys alone, so
//! an update never moves a boundary. The format is frozen in `docs/format.md` with the vectors that the tests here check.
//! The idea is that of prolly trees; the cut rule by count of rows is our own.

mod compare;
mod read;
mod write;

use twox_hash::XxHash3_64;

pub use compare::ChangedRows;
pub use read::ChunkSource;

/// Rows that a chunk has about.
pub(super) const ROWS_PER_CHUNK: u64 = 128;
/// Entries that a folder has about.
pub(super) const ENTRIES_PER_FOLDER: u64 = 128;
/// The seed of all hashes: the bytes of `vrevrows`, big-endian.
const SEED: u64 = u64::from_be_bytes(*b"vrevrows");
/// The name of the first child of every folder: it has no lower bound.
const FIRST: &str = "0";
/// Keys of up to this many bytes are names as they are.
const NAME_BYTES: usize = 64;
/// Of longer keys this many bytes begin the name, a hash ends it.
const PREFIX_BYTES: usize = 56;
/// The extension of a chunk.
const EXTENSION: &str = ".jsonl";

/// Hashes a level's number and a key or name.
fn hash(level: u8, bytes: &[u8]) -> u64 {
    let mut input = Vec::with_capacity(bytes.len() + 1);
    input.push(level);
    input.extend_from_slice(bytes);
    XxHash3_64::oneshot_with_seed(SEED, &input)
}

/// Decides where a level is cut. Level 0 are rows, level 1 chunks, level 2 folders of chunks, and so on.
struct Cutter {
    level: u8,
    target: u64,
    count: u64,
}

impl Cutter {
    fn new(level: u8) -> Self {
        let target = if level == 0 {
            ROWS_PER_CHUNK
        } else {
            ENTRIES_PER_FOLDER
        };
        Self {
            level,
            target,
            count: 0,
        }
    }

    /// Takes the next item by its key (level 0) or name (above) and tells whether to cut after it: rarely while there are
    /// few items since the last cut, often when there are many, always at four times the target. A folder has two entries
    /// at least, so that levels come to an end.
    fn cuts_after(&mut self, item: &[u8]) -> bool {
        self.count += 1;
        if self.level > 0 && self.count == 1 {
            return false;
        }
        let every = if self.count < self.target * 3 / 4 {
            self.target * 4
        } else {
            self.target / 4
        };
        self.count >= self.target * 4 || hash(self.level, item).is_multiple_of(every)
    }

    fn cut(&mut self) {
        self.count = 0;
    }
}

/// Returns the name of a chunk or folder that begins with this key, and is not the first of its folder.
fn name_of(key: &[u8]) -> String {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    if key.is_empty() {
        return FIRST.to_owned();
    }
    if key.len() <= NAME_BYTES {
        return hex(key);
    }
    // The hash of level 255, which no folder reaches.
    format!("{}{:016x}", hex(&key[..PREFIX_BYTES]), hash(u8::MAX, key))
}

/// Returns the key that a name spells; `None` where it only begins it (and might begin others).
fn key_of(name: &str) -> Option<Vec<u8>> {
    if name.len() >= NAME_BYTES * 2 || !name.len().is_multiple_of(2) {
        return None;
    }
    let digits = |at: usize| u8::from_str_radix(name.get(at..at + 2)?, 16).ok();
    (0..name.len()).step_by(2).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of `docs/format.md`.
    #[test]
    fn frozen_vectors() {
        assert_eq!(XxHash3_64::oneshot(b""), 0x2d06_8005_38d3_94c2); // published with XXH3: empty input, no seed
        assert_eq!(SEED, 0x7672_6576_726f_7773);
        let check = |level: u8, bytes: &[u8], expected: u64| {
            assert_eq!(
                hash(level, bytes),
                expected,
                "level {level}: {:016x}",
                hash(level, bytes)
            );
        };
        check(0, b"", 0x3075_51e2_1589_1321);
        check(0, &[0x80, 0, 0, 0, 0, 0, 0, 1], 0x5c72_abcd_bf10_4e86);
        check(1, b"8000000000000001", 0xf8ac_6e27_5b6e_ae02);
        check(1, b"0", 0xdc87_c69e_8b29_adcf);
        check(2, b"0", 0x4199_0651_3397_f408);
        check(255, &[0x61; 65], 0x5bad_736c_5983_0aba);
    }

    /// The worked example of `docs/format.md`: a BIGINT key from 1 to 1000.
    #[test]
    fn frozen_cuts() {
        let mut cutter = Cutter::new(0);
        let mut cuts = Vec::new();
        for key in 1..=1000_u64 {
            if cutter.cuts_after(&(key | 1 << 63).to_be_bytes()) {
                cuts.push((key, cutter.count));
                cutter.cut();
            }
        }
        let expected = [
            (132, 132),
            (301, 169),
            (418, 117),
            (427, 9),
            (652, 225),
            (801, 149),
            (947, 146),
        ];
        assert_eq!(cuts, expected);
    }

    #[test]
    fn names_of_keys() {
        assert_eq!(name_of(b""), "0");
        assert_eq!(name_of(&[0x80, 0x0f]), "800f");
        assert_eq!(name_of(&[1; 64]), "01".repeat(64));
        let long = name_of(&[1; 65]);
        assert_eq!((long.len(), &long[..112]), (128, "01".repeat(56).as_str()));
        assert_ne!(long, name_of(&[1; 66]));
        assert_eq!(key_of("800f"), Some(vec![0x80, 0x0f]));
        for name in ["0", "8", "zz", "é", &long] {
            assert_eq!(key_of(name), None, "{name}");
        }
    }
}
