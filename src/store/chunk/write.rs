//! Rows in canonical order -> chunks -> folders, in one pass.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Cutter, EXTENSION, FIRST, PREFIX_BYTES, name_of};
use crate::relation::{Row, Schema, SourceError, encode};
use crate::store::tree::{Entry, MODE_FILE, MODE_TREE};
use crate::store::{BlobId, Error, Store, TreeId};

/// A chunk or folder, waiting for the folder above it.
struct Child {
    /// Its name unless it comes first in its folder.
    name: String,
    mode: u32,
    id: [u8; 20],
}

/// The chunk being filled.
struct Chunk {
    name: String,
    lines: String,
}

impl Store {
    /// Writes rows, given in canonical order (by key bytes; keyless ones by hash, then text) with their counts, and returns
    /// their tree; `None` for no rows.
    ///
    /// # Errors
    /// When `rows` fails, rows are not in order or not unique, or objects cannot be written.
    pub fn write_rows(
        &self,
        schema: &Schema,
        rows: impl IntoIterator<Item = Result<(Row, u64), SourceError>>,
    ) -> Result<Option<TreeId>, Error> {
        let layout = encode::Layout::new(schema);
        let mut cutter = Cutter::new(0);
        let mut names = Names::default();
        let mut chunks: Vec<Child> = Vec::new();
        let mut open: Option<Chunk> = None;
        let mut last: Option<(Vec<u8>, Row)> = None;
        let mut cut_wanted = false;
        for row in rows {
            let (row, count) = row.map_err(|error| Error::Rows {
                source: Box::new(error),
            })?;
            let key = layout.key_bytes(&row);
            let ordered = last.as_ref().is_none_or(|(last_key, last_row)| {
                is_ordered(&layout, schema, (last_key, last_row), (&key, &row))
            });
            if !ordered {
                return Err(Error::UnorderedRows {
                    relation: schema.name.clone(),
                });
            }
            // Rows with one key stay together, and so do rows whose chunk would have a name that is taken.
            let same_key = last.as_ref().is_some_and(|(last_key, _)| *last_key == key);
            if cut_wanted && !same_key && names.take(&key) {
                chunks.extend(self.close(open.take())?);
                cutter.cut();
                cut_wanted = false;
            }
            let chunk = open.get_or_insert_with(|| Chunk {
                name: if chunks.is_empty() {
                    FIRST.to_owned()
                } else {
                    name_of(&key)
                },
                lines: String::new(),
            });
            chunk.lines.push_str(&layout.row_text(&row, count));
            chunk.lines.push('\n');
            cut_wanted |= cutter.cuts_after(&key);
            last = Some((key, row));
        }
        chunks.extend(self.close(open)?);
        self.write_levels(chunks)
    }

    fn close(&self, chunk: Option<Chunk>) -> Result<Option<Child>, Error> {
        let Some(chunk) = chunk else { return Ok(None) };
        let BlobId(id) = self.write_blob(chunk.lines.as_bytes())?;
        Ok(Some(Child {
            name: chunk.name,
            mode: MODE_FILE,
            id,
        }))
    }

    /// Puts chunks into folders, and folders into folders, until one is left.
    fn write_levels(&self, mut children: Vec<Child>) -> Result<Option<TreeId>, Error> {
        for level in 1..u8::MAX {
            let mut cutter = Cutter::new(level);
            let mut folders = Vec::new();
            let mut folder: Vec<Child> = Vec::new();
            for child in children {
                let cuts = cutter.cuts_after(child.name.as_bytes());
                folder.push(child);
                if cuts {
                    cutter.cut();
                    folders.extend(self.write_folder(&mut folder)?);
                }
            }
            folders.extend(self.write_folder(&mut folder)?);
            if folders.len() < 2 {
                return Ok(folders.pop().map(|folder| TreeId(folder.id)));
            }
            children = folders;
        }
        unreachable!(
            "each level has half as many children as the one below at most, and 2^255 rows do not exist"
        )
    }

    fn write_folder(&self, children: &mut Vec<Child>) -> Result<Option<Child>, Error> {
        let Some(first) = children.first() else {
            return Ok(None);
        };
        let name = first.name.clone();
        let entries = children.drain(..).enumerate().map(|(at, child)| {
            let stem = if at == 0 { FIRST } else { &child.name };
            let extension = if child.mode == MODE_TREE {
                ""
            } else {
                EXTENSION
            };
            Entry {
                mode: child.mode,
                name: format!("{stem}{extension}"),
                id: child.id,
            }
        });
        let id = self.write_tree(entries.collect())?;
        Ok(id.map(|TreeId(id)| Child {
            name,
            mode: MODE_TREE,
            id,
        }))
    }
}

/// Tells whether one row may come before another: by key bytes, keyless ones of one hash by their object's text.
pub(super) fn is_ordered(
    layout: &encode::Layout<'_>,
    schema: &Schema,
    (key, row): (&[u8], &Row),
    (next_key, next): (&[u8], &Row),
) -> bool {
    match key.cmp(next_key) {
        Ordering::Less => true,
        Ordering::Equal => !schema.is_keyed() && layout.content_key(row) < layout.content_key(next),
        Ordering::Greater => false,
    }
}

/// Names taken by long keys with the same beginning: a hash may repeat, a name may not.
#[derive(Default)]
struct Names {
    prefix: Vec<u8>,
    taken: HashSet<String>,
}

impl Names {
    /// Takes the name of a key; false if another key has it.
    fn take(&mut self, key: &[u8]) -> bool {
        if key.len() < PREFIX_BYTES {
            return true;
        }
        if self.prefix != key[..PREFIX_BYTES] {
            self.prefix = key[..PREFIX_BYTES].to_vec();
            self.taken.clear();
        }
        self.taken.insert(name_of(key))
    }
}
