//! Identities of git objects as this crate's own types, so that nothing above `store` knows which library reads them.
//!
//! Ids are SHA-1 (20 bytes), the only object format that vrev repositories use.

use std::fmt;
use std::str::FromStr;

use gix::ObjectId;

/// Text that is not 40 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object id: 40 hexadecimal digits are expected")]
pub struct ParseIdError(pub String);

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) [u8; 20]);

        impl $name {
            /// Returns the id with these bytes.
            pub fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            /// Returns the id's bytes.
            pub fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }

            /// Returns the first `digits` hexadecimal digits.
            pub fn abbreviated(&self, digits: usize) -> String {
                let mut text = self.to_string();
                text.truncate(digits);
                text
            }

            pub(super) fn from_git(id: &gix::oid) -> Self {
                let mut bytes = [0; 20];
                bytes.copy_from_slice(&id.as_bytes()[..20]);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                if text.len() != 40 {
                    return Err(ParseIdError(text.to_owned()));
                }
                ObjectId::from_hex(text.as_bytes())
                    .map(|id| Self::from_git(&id))
                    .map_err(|_| ParseIdError(text.to_owned()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

object_id! {
    /// The id of a commit.
    CommitId
}
object_id! {
    /// The id of a tree: a folder's content.
    TreeId
}
object_id! {
    /// The id of a blob: a file's content.
    BlobId
}

impl TreeId {
    /// The tree without entries. Git knows it without storing it.
    pub const EMPTY: Self = Self([
        0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92,
        0x88, 0xfb, 0xee, 0x49, 0x04,
    ]);
}

/// What can be read as one state of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// The files as they are in the worktree now.
    Working,
    /// What the index holds: the next commit.
    Staged,
    /// A commit.
    Commit(CommitId),
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Working => f.write_str("WORKING"),
            Self::Staged => f.write_str("STAGED"),
            Self::Commit(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_print_and_parse() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let id: TreeId = text.parse().unwrap();
        assert_eq!(id, TreeId::EMPTY);
        assert_eq!(id.to_string(), text);
        assert_eq!(id.abbreviated(7), "4b825dc");
        for bad in [
            "",
            "4b825dc",
            "4b825dc642cb6eb9a060e54bf8d69288fbee490g",
            "é",
        ] {
            assert!(bad.parse::<CommitId>().is_err(), "{bad}");
        }
    }
}
