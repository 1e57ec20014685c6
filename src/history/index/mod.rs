//! The index: (unit, key) to the commits that touched it, so that a history costs what it shows.
//!
//! It holds nothing that git does not: it is extended on demand, thrown away when it is damaged or of another version,
//! and left alone when another process holds it; the walk answers then. Every answer is what the walk would find: a
//! commit is recorded under each unit in which it differs from a parent, with a bit per parent.
//!
//! Commits are placed on *chains*: a chain is a run of first parents, a place a chain and a position on it. From a place,
//! the next commit that touched a unit is the unit's last record at or below it on the chain, or one on the chain that
//! this one grew from, without reading a commit in between. Records are kept in sealed buckets ([`sealed`]): a flipped
//! bit or a lost value is noticed when it is read.

mod build;
mod sealed;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub(super) use sealed::Damaged;
use sealed::Sealed;

use crate::store::{CommitId, Store};

/// How far the index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Commits done.
    pub done: usize,
    /// Commits to do.
    pub total: usize,
}

/// A commit's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    chain: u32,
    position: u32,
}

/// A commit that touched a unit.
#[derive(Debug, Clone)]
struct Record {
    position: u32,
    commit: CommitId,
    /// A bit for each parent from which it differs; 1 for a root.
    mask: u64,
    /// Whether it has no parent.
    root: bool,
    /// Parents after the first.
    others: Vec<Place>,
}

/// The records of one unit by chain, in order of position.
type Records = HashMap<u32, Vec<Record>>;

/// A chain: where it grew from, and how long it is.
#[derive(Debug, Clone, Copy)]
struct Chain {
    grew_from: Option<Place>,
    length: u32,
}

/// The next commit that touched some units.
pub(super) struct Step {
    pub(super) commit: CommitId,
    pub(super) mask: u64,
    /// The way to each parent; to nowhere from a root.
    pub(super) parents: Vec<Option<Place>>,
}

/// An open index, held by this process alone.
pub(super) struct Index {
    sealed: Sealed,
    folder: PathBuf,
    units: RefCell<HashMap<String, Rc<Records>>>,
}

/// Records in one block.
const BLOCK: u32 = 64;

fn folder(store: &Store) -> PathBuf {
    store.vrev_dir().join("history")
}

impl Index {
    /// Tells whether the repository has an index, in whatever state.
    pub(super) fn is_there(store: &Store) -> bool {
        folder(store).is_dir()
    }

    /// Opens or creates the index; `None` where another process holds it or the disk refuses.
    pub(super) fn open(store: &Store) -> Option<Self> {
        let folder = folder(store);
        let sealed = Sealed::open(&folder, &stamp(store))?;
        Some(Self {
            sealed,
            folder,
            units: RefCell::default(),
        })
    }

    /// Closes the index and removes it.
    pub(super) fn discard(index: Option<Self>) {
        if let Some(index) = index {
            let folder = index.folder.clone();
            drop(index);
            remove(&folder);
        }
    }

    /// Returns a commit's place; `None` if it is not indexed.
    pub(super) fn place_of(&self, commit: CommitId) -> Result<Option<Place>, Damaged> {
        let value = self.sealed.get(&id_key(commit))?;
        value.map(|value| Reader(&value).place()).transpose()
    }

    /// Returns the next commit at or below a place that differs in one of the units from a parent.
    pub(super) fn next(&self, from: Place, units: &[String]) -> Result<Option<Step>, Damaged> {
        let records: Vec<Rc<Records>> = units
            .iter()
            .map(|unit| self.records(unit))
            .collect::<Result<_, _>>()?;
        let mut place = from;
        loop {
            let last = |records: &Rc<Records>| {
                let run = records.get(&place.chain)?;
                let end = run.partition_point(|record| record.position <= place.position);
                run[..end].last().cloned()
            };
            let met: Vec<Record> = records.iter().filter_map(last).collect();
            if let Some(position) = met.iter().map(|record| record.position).max() {
                let mut here = met.into_iter().filter(|record| record.position == position);
                let Some(mut record) = here.next() else {
                    return Err(Damaged);
                };
                record.mask |= here.fold(0, |mask, other| mask | other.mask);
                let first = match position.checked_sub(1) {
                    Some(position) => Some(Place { position, ..place }),
                    None => self.chain(place.chain)?.grew_from,
                };
                let parents = if record.root {
                    vec![None]
                } else {
                    std::iter::once(first)
                        .chain(record.others.into_iter().map(Some))
                        .collect()
                };
                return Ok(Some(Step {
                    commit: record.commit,
                    mask: record.mask,
                    parents,
                }));
            }
            match self.chain(place.chain)?.grew_from {
                Some(below) => place = below,
                None => return Ok(None),
            }
        }
    }

    /// Returns the parents from which the commit at a place differs in a unit, a bit each.
    pub(super) fn mask_at(&self, unit: &str, place: Place) -> Result<u64, Damaged> {
        let records = self.records(unit)?;
        let Some(run) = records.get(&place.chain) else {
            return Ok(0);
        };
        let found = run.binary_search_by_key(&place.position, |record| record.position);
        Ok(found.map_or(0, |at| run[at].mask))
    }

    fn chain(&self, number: u32) -> Result<Chain, Damaged> {
        let value = self.sealed.get(&chain_key(number))?.ok_or(Damaged)?;
        let mut reader = Reader(&value);
        let length = reader.number()?;
        let grew_from = match reader.0 {
            [] => None,
            _ => Some(reader.place()?),
        };
        Ok(Chain { grew_from, length })
    }

    fn records(&self, unit: &str) -> Result<Rc<Records>, Damaged> {
        if let Some(records) = self.units.borrow().get(unit) {
            return Ok(Rc::clone(records));
        }
        let mut records = Records::new();
        let count = match self.sealed.get(&unit_key(unit))? {
            Some(value) => Reader(&value).number()?,
            None => 0,
        };
        let mut read = 0;
        for block in 0..count.div_ceil(BLOCK) {
            let value = self.sealed.get(&block_key(unit, block))?.ok_or(Damaged)?;
            let mut reader = Reader(&value);
            while !reader.0.is_empty() {
                let (chain, record) = reader.record()?;
                records.entry(chain).or_default().push(record);
                read += 1;
            }
        }
        if read != count {
            return Err(Damaged);
        }
        let records = Rc::new(records);
        self.units
            .borrow_mut()
            .insert(unit.to_owned(), Rc::clone(&records));
        Ok(records)
    }
}

/// Removes an index's folder; what stays is found damaged later.
fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}

/// What an index is good for besides its commits: where a shallow clone was cut.
fn stamp(store: &Store) -> Vec<u8> {
    std::fs::read(store.common_dir().join("shallow")).unwrap_or_default()
}

fn id_key(commit: CommitId) -> Vec<u8> {
    [b"i".as_slice(), commit.as_bytes()].concat()
}

fn chain_key(number: u32) -> Vec<u8> {
    [b"c".as_slice(), &number.to_be_bytes()].concat()
}

fn unit_key(unit: &str) -> Vec<u8> {
    [b"u", unit.as_bytes()].concat()
}

fn block_key(unit: &str, block: u32) -> Vec<u8> {
    [b"p", unit.as_bytes(), &block.to_be_bytes()].concat()
}

/// Reads values; what does not fit is damage.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u32, Damaged> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn place(&mut self) -> Result<Place, Damaged> {
        Ok(Place {
            chain: self.number()?,
            position: self.number()?,
        })
    }

    fn record(&mut self) -> Result<(u32, Record), Damaged> {
        let Place { chain, position } = self.place()?;
        let commit = CommitId::from_bytes(self.take()?);
        let [parents] = self.take()?;
        let mut record = Record {
            position,
            commit,
            mask: 1,
            root: parents == 0,
            others: Vec::new(),
        };
        if parents > 1 {
            record.mask = u64::from_be_bytes(self.take()?);
            for _ in 1..parents {
                record.others.push(self.place()?);
            }
        }
        Ok((chain, record))
    }
}

fn write_place(bytes: &mut Vec<u8>, place: Place) {
    bytes.extend(place.chain.to_be_bytes());
    bytes.extend(place.position.to_be_bytes());
}

fn write_record(bytes: &mut Vec<u8>, chain: u32, record: &Record) {
    let Record {
        position,
        commit,
        mask,
        root,
        others,
    } = record;
    write_place(
        bytes,
        Place {
            chain,
            position: *position,
        },
    );
    bytes.extend(commit.as_bytes());
    // The builder takes no commit of more parents than fit.
    let parents = u8::try_from(others.len()).unwrap_or(u8::MAX - 1) + u8::from(!root);
    bytes.push(parents);
    if parents > 1 {
        bytes.extend(mask.to_be_bytes());
        for other in others {
            write_place(bytes, *other);
        }
    }
}
