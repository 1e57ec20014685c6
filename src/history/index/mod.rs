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
mod copy;
mod rows;
mod sealed;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use copy::Copy;
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

/// A commit that touched a unit, by its position on a chain.
#[derive(Debug, Clone, Copy)]
struct Record {
    position: u32,
    /// A bit for each parent from which it differs; 1 for a root.
    mask: u64,
}

/// The records of one unit by chain, in order of position.
type Records = HashMap<u32, Vec<Record>>;

/// A commit at a place.
#[derive(Debug, Clone)]
struct Entry {
    commit: CommitId,
    /// Whether it has no parent.
    root: bool,
    /// Parents after the first.
    others: Vec<Place>,
}

/// A chain: where it grew from, and how long it is.
#[derive(Debug, Clone, Copy)]
struct Chain {
    grew_from: Option<Place>,
    length: u32,
}

/// An index that is being opened.
pub(super) struct Opening(std::thread::JoinHandle<Option<sled::Db>>);

/// The next commit that touched some units of two sets.
pub(super) struct Step {
    pub(super) commit: CommitId,
    /// For each set a bit for each parent from which it differs in it.
    pub(super) masks: [u64; 2],
    /// The way to each parent; to nowhere from a root.
    pub(super) parents: Vec<Option<Place>>,
}

/// An open index, held by this process alone.
pub(super) struct Index {
    sealed: Sealed,
    folder: PathBuf,
    units: RefCell<HashMap<String, Rc<Records>>>,
    /// Folders of tables whose commits are looked into for rows, with the schemas that key these; `None` where something
    /// could not be read.
    covered: RefCell<HashMap<String, Option<Rc<rows::Keyings>>>>,
    /// Blocks of commits by chain and number.
    entries: RefCell<HashMap<(u32, u32), Vec<Entry>>>,
}

/// Records, or commits, in one block.
const BLOCK: u32 = 256;

fn folder(store: &Store) -> PathBuf {
    store.vrev_dir().join("history")
}

impl Index {
    /// Tells whether the repository has an index, in whatever state.
    pub(super) fn is_there(store: &Store) -> bool {
        folder(store).is_dir()
    }

    /// Begins to open the index, on a thread of its own: it takes as long as reading HEAD and the references does. `None`
    /// where there is a copy, which is read at once.
    pub(super) fn begin(store: &Store) -> Option<Opening> {
        let folder = folder(store);
        let open = |folder: PathBuf| Opening(std::thread::spawn(move || Sealed::open(&folder)));
        (!Copy::is_there(&folder)).then(|| open(folder))
    }

    /// Opens the copy of the index that an earlier command left, if it has all of these commits.
    pub(super) fn open_copy(store: &Store, tips: &[CommitId]) -> Option<Self> {
        let folder = folder(store);
        let index = Self::over(Sealed::open_copy(&folder, &stamp(store))?, folder);
        index.has_all(tips).then_some(index)
    }

    /// Tells whether these commits are indexed; not where it is damaged.
    pub(super) fn has_all(&self, tips: &[CommitId]) -> bool {
        let has = |tip: &CommitId| matches!(self.place_of(*tip), Ok(Some(_)));
        tips.iter().all(has)
    }

    /// Tells whether it is a copy, which can only be read.
    pub(super) fn is_copy(&self) -> bool {
        self.sealed.is_copy()
    }

    /// Leaves a copy for the next command that only reads.
    pub(super) fn write_copy(&self) -> Result<(), Damaged> {
        self.sealed.write_copy(&self.folder)
    }

    /// Opens or creates the index; `None` where another process holds it or the disk refuses.
    pub(super) fn open(store: &Store, opening: Option<Opening>) -> Option<Self> {
        let folder = folder(store);
        let db = match opening {
            Some(Opening(thread)) => thread.join().ok().flatten()?,
            None => Sealed::open(&folder)?,
        };
        Some(Self::over(Sealed::new(db, &stamp(store)), folder))
    }

    fn over(sealed: Sealed, folder: PathBuf) -> Self {
        Self {
            sealed,
            folder,
            units: RefCell::default(),
            covered: RefCell::default(),
            entries: RefCell::default(),
        }
    }

    /// Leaves the index to the end of the process.
    pub(super) fn leave(self) {
        self.sealed.leave();
    }

    /// Closes the index and removes it; of a copy only this.
    pub(super) fn discard(index: Option<Self>) {
        let Some(index) = index else { return };
        let (folder, is_copy) = (index.folder.clone(), index.is_copy());
        drop(index);
        if is_copy {
            Copy::remove(&folder);
        } else {
            remove(&folder);
        }
    }

    /// Returns a commit's place; `None` if it is not indexed.
    pub(super) fn place_of(&self, commit: CommitId) -> Result<Option<Place>, Damaged> {
        let Some(value) = self.sealed.get(&id_key(commit))? else {
            return Ok(None);
        };
        let mut reader = Reader(&value);
        while !reader.0.is_empty() {
            let prefix: [u8; ID_PREFIX] = reader.take()?;
            let place = reader.place()?;
            if commit.as_bytes().starts_with(&prefix) && self.entry(place)?.commit == commit {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Returns the commit at a place.
    fn entry(&self, place: Place) -> Result<Entry, Damaged> {
        let key = (place.chain, place.position / BLOCK);
        if !self.entries.borrow().contains_key(&key) {
            let value = self
                .sealed
                .get(&commits_key(key.0, key.1))?
                .ok_or(Damaged)?;
            let mut reader = Reader(&value);
            let mut entries = Vec::new();
            while !reader.0.is_empty() {
                entries.push(reader.entry()?);
            }
            self.entries.borrow_mut().insert(key, entries);
        }
        let at = usize::try_from(place.position % BLOCK).unwrap_or(usize::MAX);
        let entries = self.entries.borrow();
        let found = entries.get(&key).and_then(|entries| entries.get(at));
        found.cloned().ok_or(Damaged)
    }

    /// Returns the next commit at or below a place that differs in one of the units, of either set, from a parent.
    pub(super) fn next(&self, from: Place, units: [&[String]; 2]) -> Result<Option<Step>, Damaged> {
        let read = |units: &[String]| -> Result<Vec<Rc<Records>>, Damaged> {
            units.iter().map(|unit| self.records(unit)).collect()
        };
        let records = [read(units[0])?, read(units[1])?];
        let mut place = from;
        loop {
            let last = |records: &Rc<Records>| {
                let run = records.get(&place.chain)?;
                let end = run.partition_point(|record| record.position <= place.position);
                run[..end].last().copied()
            };
            let met = [0, 1].map(|set: usize| -> Vec<Record> {
                records[set].iter().filter_map(last).collect()
            });
            let positions = met.iter().flatten().map(|record| record.position);
            if let Some(position) = positions.max() {
                let masks = met.map(|records| {
                    let here = records.iter().filter(|record| record.position == position);
                    here.fold(0, |mask, record| mask | record.mask)
                });
                return self.step(Place { position, ..place }, masks).map(Some);
            }
            match self.chain(place.chain)?.grew_from {
                Some(below) => place = below,
                None => return Ok(None),
            }
        }
    }

    fn step(&self, place: Place, masks: [u64; 2]) -> Result<Step, Damaged> {
        let entry = self.entry(place)?;
        let first = match place.position.checked_sub(1) {
            Some(position) => Some(Place { position, ..place }),
            None => self.chain(place.chain)?.grew_from,
        };
        let parents = if entry.root {
            vec![None]
        } else {
            let others = entry.others.into_iter().map(Some);
            std::iter::once(first).chain(others).collect()
        };
        Ok(Step {
            commit: entry.commit,
            masks,
            parents,
        })
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

/// Bytes of an id that tell commits of one group apart well enough; the commit's entry decides.
const ID_PREFIX: usize = 4;

/// The group of commits whose ids begin alike.
fn id_key(commit: CommitId) -> Vec<u8> {
    vec![b'i', commit.as_bytes()[0]]
}

fn chain_key(number: u32) -> Vec<u8> {
    [b"c".as_slice(), &number.to_be_bytes()].concat()
}

fn commits_key(chain: u32, block: u32) -> Vec<u8> {
    [b"k".as_slice(), &chain.to_be_bytes(), &block.to_be_bytes()].concat()
}

fn unit_key(unit: &str) -> Vec<u8> {
    [b"u", unit.as_bytes()].concat()
}

fn block_key(unit: &str, block: u32) -> Vec<u8> {
    [b"p", unit.as_bytes(), &block.to_be_bytes()].concat()
}

/// Reads values; what does not fit is damage. Numbers are LEB128.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn long(&mut self) -> Result<u64, Damaged> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    fn number(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.long()?).map_err(|_| Damaged)
    }

    fn place(&mut self) -> Result<Place, Damaged> {
        Ok(Place {
            chain: self.number()?,
            position: self.number()?,
        })
    }

    fn record(&mut self) -> Result<(u32, Record), Damaged> {
        // The lowest bit says whether a mask follows.
        let chain = self.long()?;
        let position = self.number()?;
        let mask = if chain & 1 == 1 { self.long()? } else { 1 };
        let chain = u32::try_from(chain >> 1).map_err(|_| Damaged)?;
        Ok((chain, Record { position, mask }))
    }

    fn entry(&mut self) -> Result<Entry, Damaged> {
        let commit = CommitId::from_bytes(self.take()?);
        let parents = self.number()?;
        let others = (1..parents)
            .map(|_| self.place())
            .collect::<Result<_, _>>()?;
        Ok(Entry {
            commit,
            root: parents == 0,
            others,
        })
    }
}

fn write_number(bytes: &mut Vec<u8>, number: impl Into<u64>) {
    let mut number = number.into();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn write_place(bytes: &mut Vec<u8>, place: Place) {
    write_number(bytes, place.chain);
    write_number(bytes, place.position);
}

fn write_record(bytes: &mut Vec<u8>, chain: u32, record: Record) {
    let with_mask = record.mask != 1;
    write_number(bytes, u64::from(chain) << 1 | u64::from(with_mask));
    write_number(bytes, record.position);
    if with_mask {
        write_number(bytes, record.mask);
    }
}

fn write_entry(bytes: &mut Vec<u8>, entry: &Entry) {
    bytes.extend(entry.commit.as_bytes());
    let parents = entry.others.len() + usize::from(!entry.root);
    write_number(bytes, parents as u64);
    for other in &entry.others {
        write_place(bytes, *other);
    }
}
