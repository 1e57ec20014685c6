//! What can be worked out again, kept in `.git/vrev/` beside a checksum: damaged or of another making it is as good as
//! absent. Nothing is synced.

use std::fs;

use gix::objs::Kind;

use super::object::{Durability, checksum, hex};
use super::{Error, Store};

impl Store {
    /// Returns what was kept under a name; `None` if there is nothing, or it is damaged.
    pub fn derived(&self, name: &str) -> Option<Vec<u8>> {
        let bytes = fs::read(self.vrev_dir().join(name)).ok()?;
        let (sum, content) = bytes.split_at_checked(40)?;
        (hex(&checksum(Kind::Blob, content)).as_bytes() == sum).then(|| content.to_owned())
    }

    /// Keeps bytes under a name.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep_derived(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        let mut lock = self.lock(&self.vrev_dir().join(name))?;
        let sum = hex(&checksum(Kind::Blob, content));
        lock.write(sum.as_bytes(), Durability::Normal)?;
        lock.write(content, Durability::Normal)?;
        lock.commit(Durability::Normal)
    }
}
