//! Extending the index to commits it does not have yet, parents before children.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::{Error, units};
use super::{
    BLOCK, Chain, Damaged, Entry, ID_PREFIX, Index, Place, Progress, Record, block_key, chain_key,
    commits_key, id_key, unit_key, write_entry, write_number, write_place, write_record,
};
use crate::store::{Commit, CommitId, Store};

/// Commits after which what is known is written, so that a long build that ends early is not for nothing.
const SEAL_EVERY: usize = 20_000;
/// A bit per parent must fit.
const MOST_PARENTS: usize = 63;

/// Why building ended.
enum Stop {
    Damaged,
    /// A commit that cannot be read, or has too many parents: the walk will say so, or does not mind.
    Unreadable,
}

impl From<Damaged> for Stop {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl<E: Into<Error>> From<E> for Unreadable {
    fn from(_: E) -> Self {
        Self
    }
}

/// Something of the repository cannot be read.
struct Unreadable;

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

/// What is to be written of units and chains.
#[derive(Default)]
struct Pending {
    /// Records by unit, in order, with their chains.
    records: HashMap<String, Vec<(u32, Record)>>,
    places: HashMap<CommitId, Place>,
    /// Commits in order, parents before children.
    entries: Vec<(Place, Entry)>,
    chains: BTreeMap<u32, Chain>,
    next_chain: u32,
}

impl Index {
    /// Brings the index up to the tips, and tells whether it lacked any. Commits that cannot be read stay out of it, with all
    /// above them.
    ///
    /// # Errors
    /// When it is damaged, or of another version.
    pub(in crate::history) fn extend(
        &mut self,
        store: &Store,
        tips: &[CommitId],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, Damaged> {
        self.sealed.unseal()?;
        match self.build(store, tips, progress) {
            Ok(has_grown) => Ok(has_grown),
            Err(Stop::Damaged) => Err(Damaged),
            Err(Stop::Unreadable) => Ok(true),
        }
    }

    fn build(
        &mut self,
        store: &Store,
        tips: &[CommitId],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, Stop> {
        let mut missing = Vec::new();
        for tip in tips {
            if self.place_of(*tip)?.is_none() {
                missing.push(*tip);
            }
        }
        if missing.is_empty() {
            return Ok(false);
        }
        let commits = self.parents_first(store, &missing)?;
        let total = commits.len();
        let mut pending = Pending {
            next_chain: match self.sealed.get(NEXT_CHAIN)? {
                Some(value) => super::Reader(&value).number()?,
                None => 0,
            },
            ..Pending::default()
        };
        for (done, id) in commits.into_iter().enumerate() {
            if done % 64 == 0 {
                progress(Progress { done, total });
            }
            if done > 0 && done % SEAL_EVERY == 0 {
                self.write(std::mem::take(&mut pending))?;
                pending.next_chain = match self.sealed.get(NEXT_CHAIN)? {
                    Some(value) => super::Reader(&value).number()?,
                    None => return Err(Stop::Damaged),
                };
            }
            let commit = store.commit(id).map_err(Unreadable::from)?;
            self.add(store, &commit, &mut pending)?;
        }
        progress(Progress { done: total, total });
        self.write(pending)?;
        Ok(true)
    }

    /// Returns the commits that are not indexed, each after its parents.
    fn parents_first(&self, store: &Store, tips: &[CommitId]) -> Result<Vec<CommitId>, Stop> {
        let mut order = Vec::new();
        let mut seen: HashSet<CommitId> = HashSet::new();
        for tip in tips {
            // A commit is on the stack until all of its parents are in order.
            let mut stack: Vec<(CommitId, Vec<CommitId>)> = Vec::new();
            self.visit(store, *tip, &mut seen, &mut stack)?;
            while let Some((id, parents)) = stack.last_mut() {
                match parents.pop() {
                    Some(parent) => self.visit(store, parent, &mut seen, &mut stack)?,
                    None => {
                        order.push(*id);
                        stack.pop();
                    }
                }
            }
        }
        Ok(order)
    }

    fn visit(
        &self,
        store: &Store,
        id: CommitId,
        seen: &mut HashSet<CommitId>,
        stack: &mut Vec<(CommitId, Vec<CommitId>)>,
    ) -> Result<(), Stop> {
        if seen.insert(id) && self.place_of(id)?.is_none() {
            let mut parents = store.commit(id).map_err(Unreadable::from)?.parents;
            if parents.len() > MOST_PARENTS {
                return Err(Stop::Unreadable);
            }
            // The first parent is taken first.
            parents.reverse();
            stack.push((id, parents));
        }
        Ok(())
    }

    fn add(&self, store: &Store, commit: &Commit, pending: &mut Pending) -> Result<(), Stop> {
        let mut masks: BTreeMap<String, u64> = BTreeMap::new();
        let mut places = Vec::with_capacity(commit.parents.len());
        for (number, parent) in commit.parents.iter().enumerate() {
            let tree = store.commit(*parent).map_err(Unreadable::from)?.tree;
            let changed =
                units::between(store, Some(tree), Some(commit.tree)).map_err(Unreadable::from)?;
            for unit in changed {
                *masks.entry(unit).or_default() |= 1 << number;
            }
            places.push(match pending.places.get(parent) {
                Some(place) => *place,
                None => self.place_of(*parent)?.ok_or(Damaged)?,
            });
        }
        if commit.parents.is_empty() {
            let all = units::between(store, None, Some(commit.tree)).map_err(Unreadable::from)?;
            masks.extend(all.into_iter().map(|unit| (unit, 1)));
        }
        let place = self.put(places.first().copied(), pending)?;
        pending.places.insert(commit.id, place);
        let entry = Entry {
            commit: commit.id,
            root: commit.parents.is_empty(),
            others: places.iter().skip(1).copied().collect(),
        };
        pending.entries.push((place, entry));
        for (unit, mask) in masks {
            let record = Record {
                position: place.position,
                mask,
            };
            pending
                .records
                .entry(unit)
                .or_default()
                .push((place.chain, record));
        }
        Ok(())
    }

    /// Puts a commit at the end of its first parent's chain, or on a new one.
    fn put(&self, parent: Option<Place>, pending: &mut Pending) -> Result<Place, Stop> {
        if let Some(parent) = parent {
            let chain = match pending.chains.get(&parent.chain) {
                Some(chain) => *chain,
                None => self.chain(parent.chain)?,
            };
            if chain.length == parent.position + 1 {
                let grown = Chain {
                    length: chain.length + 1,
                    ..chain
                };
                pending.chains.insert(parent.chain, grown);
                return Ok(Place {
                    chain: parent.chain,
                    position: chain.length,
                });
            }
        }
        let chain = pending.next_chain;
        pending.next_chain += 1;
        pending.chains.insert(
            chain,
            Chain {
                grew_from: parent,
                length: 1,
            },
        );
        Ok(Place { chain, position: 0 })
    }

    fn write(&mut self, pending: Pending) -> Result<(), Damaged> {
        let mut groups: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut blocks: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (place, entry) in &pending.entries {
            let key = id_key(entry.commit);
            let group = self.growing(&mut groups, key)?;
            group.extend(&entry.commit.as_bytes()[..ID_PREFIX]);
            write_place(group, *place);
            // Positions of a chain are filled in order, so a block's entries are too.
            let key = commits_key(place.chain, place.position / BLOCK);
            write_entry(self.growing(&mut blocks, key)?, entry);
        }
        for (key, value) in groups.into_iter().chain(blocks) {
            self.sealed.set(key, value)?;
        }
        for (number, chain) in pending.chains {
            let mut value = Vec::new();
            write_number(&mut value, chain.length);
            if let Some(place) = chain.grew_from {
                write_place(&mut value, place);
            }
            self.sealed.set(chain_key(number), value)?;
        }
        for (unit, records) in pending.records {
            self.append(&unit, &records)?;
        }
        let mut next = Vec::new();
        write_number(&mut next, pending.next_chain);
        self.sealed.set(NEXT_CHAIN.to_vec(), next)?;
        self.units.borrow_mut().clear();
        self.entries.borrow_mut().clear();
        self.covered.borrow_mut().clear();
        self.sealed.seal()
    }

    /// Returns a value that grows, from what is there already.
    fn growing<'v>(
        &self,
        values: &'v mut BTreeMap<Vec<u8>, Vec<u8>>,
        key: Vec<u8>,
    ) -> Result<&'v mut Vec<u8>, Damaged> {
        Ok(match values.entry(key) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                let known = self.sealed.get(slot.key())?.unwrap_or_default();
                slot.insert(known)
            }
        })
    }

    pub(super) fn append(&mut self, unit: &str, records: &[(u32, Record)]) -> Result<(), Damaged> {
        let mut count = match self.sealed.get(&unit_key(unit))? {
            Some(value) => super::Reader(&value).number()?,
            None => 0,
        };
        let mut records = records;
        while !records.is_empty() {
            let block = count / BLOCK;
            let key = block_key(unit, block);
            let mut value = if count % BLOCK == 0 {
                Vec::new()
            } else {
                self.sealed.get(&key)?.ok_or(Damaged)?
            };
            let room = usize::try_from(BLOCK - count % BLOCK).unwrap_or(1);
            let (now, later) = records.split_at(room.min(records.len()));
            for (chain, record) in now {
                write_record(&mut value, *chain, *record);
                count += 1;
            }
            records = later;
            self.sealed.set(key, value)?;
        }
        let mut value = Vec::new();
        write_number(&mut value, count);
        self.sealed.set(unit_key(unit), value)
    }
}

/// The number of the next new chain.
const NEXT_CHAIN: &[u8] = b"n";
