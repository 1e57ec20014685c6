//! Which rows differ between two trees of rows, opening only chunks and folders whose ids differ.
//!
//! A chunk that both sides have is skipped wherever it is; folders are opened level by level, so a folder that has moved
//! is met before its content. Rows that only changed their chunk cancel out.

use std::collections::{HashMap, HashSet};

use super::EXTENSION;
use super::read::{DEPTH_LIMIT, malformed};
use crate::relation::{Row, Schema, encode};
use crate::store::tree::Entry;
use crate::store::{BlobId, Error, Store, TreeId};

/// Rows of one side only, with their counts, in canonical order. A changed row is on both sides.
#[derive(Debug, Clone, Default)]
pub struct ChangedRows {
    /// Rows of the older side, under its schema.
    pub from: Vec<(Row, u64)>,
    /// Rows of the newer side, under its schema.
    pub to: Vec<(Row, u64)>,
}

/// One side's unequal parts: folders of one height, or chunks.
struct Side {
    height: usize,
    folders: Vec<TreeId>,
    chunks: Vec<BlobId>,
}

impl Store {
    /// Returns the rows in which two trees of rows differ; `None` has no rows. Equal lines are equal rows, so the schemas
    /// may differ where no line does.
    ///
    /// # Errors
    /// When a tree is damaged or a line is no row of its schema.
    pub fn diff_rows(
        &self,
        from: Option<(TreeId, &Schema)>,
        to: Option<(TreeId, &Schema)>,
    ) -> Result<ChangedRows, Error> {
        let (old, new) = self.differing_chunks(from.map(|(id, _)| id), to.map(|(id, _)| id))?;
        let (old, new) = (self.lines_of(&old)?, self.lines_of(&new)?);
        let (old_set, new_set): (HashSet<&str>, HashSet<&str>) = (
            old.iter().map(String::as_str).collect(),
            new.iter().map(String::as_str).collect(),
        );
        let only = |lines: &[String], other: &HashSet<&str>, schema: Option<&Schema>| match schema {
            Some(schema) => parse(
                schema,
                lines.iter().filter(|line| !other.contains(line.as_str())),
            ),
            None => Ok(Vec::new()),
        };
        Ok(ChangedRows {
            from: only(&old, &new_set, from.map(|(_, schema)| schema))?,
            to: only(&new, &old_set, to.map(|(_, schema)| schema))?,
        })
    }

    /// Returns the chunks that only one side has.
    fn differing_chunks(
        &self,
        from: Option<TreeId>,
        to: Option<TreeId>,
    ) -> Result<(Vec<BlobId>, Vec<BlobId>), Error> {
        let (mut from, mut to) = (self.side(from)?, self.side(to)?);
        loop {
            cancel(&mut from.folders, &mut to.folders);
            cancel(&mut from.chunks, &mut to.chunks);
            let open_from =
                !from.folders.is_empty() && (from.height >= to.height || to.folders.is_empty());
            let open_to =
                !to.folders.is_empty() && (to.height >= from.height || from.folders.is_empty());
            if open_from {
                self.open_folders(&mut from)?;
            }
            if open_to {
                self.open_folders(&mut to)?;
            }
            if !open_from && !open_to {
                return Ok((from.chunks, to.chunks));
            }
        }
    }

    fn side(&self, root: Option<TreeId>) -> Result<Side, Error> {
        let mut height = 0;
        let mut next = root;
        while let Some(id) = next {
            height += 1;
            if height > DEPTH_LIMIT {
                return Err(malformed(&id.to_string(), "folders nest too deep"));
            }
            next = self
                .tree(id)?
                .first()
                .filter(|entry| entry.is_tree())
                .map(|entry| TreeId(entry.id));
        }
        Ok(Side {
            height,
            folders: root.into_iter().collect(),
            chunks: Vec::new(),
        })
    }

    /// Replaces folders by what is in them.
    fn open_folders(&self, side: &mut Side) -> Result<(), Error> {
        if side.height == 0 {
            return Err(malformed("rows", "folders are not of one height"));
        }
        side.height -= 1;
        for id in std::mem::take(&mut side.folders) {
            for entry in self.tree(id)? {
                match entry {
                    entry if entry.is_tree() => side.folders.push(TreeId(entry.id)),
                    Entry { id, name, .. } if name.ends_with(EXTENSION) => {
                        side.chunks.push(BlobId(id))
                    }
                    Entry { name, .. } => {
                        return Err(malformed(&format!("{id}:{name}"), "it is no chunk of rows"));
                    }
                }
            }
        }
        Ok(())
    }

    fn lines_of(&self, chunks: &[BlobId]) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for id in chunks {
            let bytes = self.read(*id)?;
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| malformed(&id.to_string(), "it is not UTF-8"))?;
            lines.extend(text.lines().map(ToOwned::to_owned));
        }
        Ok(lines)
    }
}

/// Parses lines and puts their rows into canonical order.
fn parse<'l>(
    schema: &Schema,
    lines: impl Iterator<Item = &'l String>,
) -> Result<Vec<(Row, u64)>, Error> {
    let layout = encode::Layout::new(schema);
    let mut rows = Vec::new();
    for line in lines {
        let (row, count) = layout
            .parse_row(line)
            .map_err(|error| malformed(&schema.name, &format!("{error} in the line {line}")))?;
        rows.push((layout.key_bytes(&row), line, row, count));
    }
    rows.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    Ok(rows
        .into_iter()
        .map(|(_, _, row, count)| (row, count))
        .collect())
}

/// Removes what both have, as often as both have it.
fn cancel<T: Copy + Eq + std::hash::Hash>(from: &mut Vec<T>, to: &mut Vec<T>) {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for id in to.iter() {
        *counts.entry(*id).or_default() += 1;
    }
    let mut common: HashMap<T, usize> = HashMap::new();
    from.retain(|id| match counts.get_mut(id) {
        Some(count) if *count > 0 => {
            *count -= 1;
            *common.entry(*id).or_default() += 1;
            false
        }
        _ => true,
    });
    to.retain(|id| match common.get_mut(id) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
}
