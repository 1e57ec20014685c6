//! What the database remembers in its own metadata: the committed rows that it started from, what was staged, and, per
//! table, the trees that its rows make at a change count.

use std::collections::BTreeMap;

use serde_json::json;

use super::{TableKey, Trees, WorkingRows};
use crate::shard::TableId;
use crate::store::{ShardRows, TreeId};
use crate::workspace::Error;
use crate::workspace::combine::Verified;

pub(super) const BASE: &str = "base";
/// How often the base was set.
pub(super) const STARTS: &str = "starts";
pub(super) const STAGED: &str = "staged";
pub(super) const SNAPSHOTS: &str = "snapshots";
const VERIFIED: &str = "verified";

impl WorkingRows {
    /// Returns a number that grows with every change of a table in any shard.
    pub(super) fn change_count(&self, keyspace: &str, table: &str) -> Result<u64, Error> {
        let mut count = 0;
        for shard in self.shards.shards_of(keyspace, table) {
            count += self
                .shards
                .change_count(&TableId::new(keyspace, shard, table))?;
        }
        Ok(count)
    }

    /// Notes that the working rows were committed, or taken from a commit.
    pub(in crate::workspace) fn set_base(&self, committed: &Trees) -> Result<(), Error> {
        let starts = self.shards.connection().meta(STARTS)?;
        let starts: u64 = starts.and_then(|text| text.parse().ok()).unwrap_or(0);
        let starts = starts.wrapping_add(1).to_string();
        self.shards.connection().set_meta(STARTS, &starts)?;
        self.note(BASE, committed)
    }

    /// Notes what was staged, so that a commit by plain git is known to be of rows from here.
    pub(in crate::workspace) fn note_staged(&self, staged: &Trees) -> Result<(), Error> {
        self.note(STAGED, staged)
    }

    /// Notes what is to be verified whenever violations are read.
    pub(in crate::workspace) fn note_verified(&self, asked: &Verified) -> Result<(), Error> {
        let text = json!(asked).to_string();
        Ok(self.shards.connection().set_meta(VERIFIED, &text)?)
    }

    /// Returns what is to be verified.
    pub(in crate::workspace) fn noted_verified(&self) -> Result<Option<Verified>, Error> {
        let text = self.shards.connection().meta(VERIFIED)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(super) fn note(&self, name: &str, trees: &Trees) -> Result<(), Error> {
        let entry = |(place, tree): (&ShardRows, &TreeId)| {
            json!([place.keyspace, place.table, place.shard, tree.to_string()])
        };
        let text = json!(trees.iter().map(entry).collect::<Vec<_>>()).to_string();
        Ok(self.shards.connection().set_meta(name, &text)?)
    }

    pub(super) fn noted(&self, name: &str) -> Result<Option<Trees>, Error> {
        let Some(text) = self.shards.connection().meta(name)? else {
            return Ok(None);
        };
        Ok(Some(trees_in(&text)))
    }

    pub(super) fn note_snapshot(
        &self,
        (keyspace, table): &TableKey,
        trees: &BTreeMap<&String, TreeId>,
    ) -> Result<(), Error> {
        let mark = self.change_count(keyspace, table)?;
        let trees: BTreeMap<&String, String> = trees
            .iter()
            .map(|(shard, tree)| (*shard, tree.to_string()))
            .collect();
        let text = json!([mark, trees]).to_string();
        Ok(self
            .shards
            .connection()
            .set_meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"), &text)?)
    }

    /// Returns the trees noted for a table, if its rows and definition have not changed since.
    pub(super) fn noted_snapshot(
        &self,
        (keyspace, table): &TableKey,
    ) -> Result<Option<BTreeMap<String, TreeId>>, Error> {
        let Some(text) = self
            .shards
            .connection()
            .meta(&format!("{SNAPSHOTS}/{keyspace}/{table}"))?
        else {
            return Ok(None);
        };
        let Ok((mark, trees)) = serde_json::from_str::<(u64, BTreeMap<String, String>)>(&text)
        else {
            return Ok(None);
        };
        if mark != self.change_count(keyspace, table)? {
            return Ok(None);
        }
        Ok(trees
            .into_iter()
            .map(|(shard, tree)| Some((shard, tree.parse().ok()?)))
            .collect())
    }
}

/// Reads noted trees; what cannot be read is left out.
pub(super) fn trees_in(text: &str) -> Trees {
    let entries: Vec<(String, String, String, String)> =
        serde_json::from_str(text).unwrap_or_default();
    let tree = |(keyspace, table, shard, tree): (String, String, String, String)| {
        let place = ShardRows {
            keyspace,
            table,
            shard,
        };
        Some((place, tree.parse().ok()?))
    };
    entries.into_iter().filter_map(tree).collect()
}
