//! The shards of a keyspace: which of them hold a keyspace id or a range.
//!
//! Invariant: a [`Shards`] is in key-range order and covers every keyspace id exactly once, or it is one shard without a
//! range (Vitess `go/vt/topo/srv_keyspace.go`, `go/vt/srvtopo/resolver.go`).

use super::key_range::RangeError;
use super::{Destination, KeyRange, KeyspaceId};

/// The shards of one keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards {
    shards: Vec<Shard>,
}

/// A shard: its name and the ids it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The name, lower case where it is a range.
    pub name: String,
    /// The range; `None` for a shard that holds everything whatever its name.
    pub range: Option<KeyRange>,
}

/// Why names are not the shards of a keyspace, or a destination is not theirs. `Display` gives Vitess's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages show")]
pub enum ShardError {
    #[error("shard `{shard}`: {source}")]
    Name { shard: String, source: RangeError },
    #[error("no shard in keyspace")]
    Empty,
    #[error("keyspace partition for {keyspace} does not start with min key")]
    NoMinimum { keyspace: String },
    #[error("keyspace partition for {keyspace} does not end with max key")]
    NoMaximum { keyspace: String },
    #[error("shards with inconsistent KeyRanges for {keyspace}. shards: {first}, {second}")]
    Mixed {
        keyspace: String,
        first: String,
        second: String,
    },
    #[error(
        "non-contiguous KeyRange values for {keyspace} at shard {first} to {second}: {end} != {start}"
    )]
    NotContiguous {
        keyspace: String,
        first: String,
        second: String,
        end: String,
        start: String,
    },
    #[error("keyrange {range} does not exactly match shards")]
    NotExact { range: KeyRange },
}

impl Shards {
    /// Reads shard names, sorts them by range and checks that they partition the keyspace. Several shards without a
    /// range are accepted (custom sharding), but nothing routes to them by keyspace id.
    ///
    /// # Errors
    /// See [`ShardError`].
    pub fn new<'a>(
        keyspace: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ShardError> {
        let mut shards = Vec::new();
        for name in names {
            let range = KeyRange::of_shard(name).map_err(|source| ShardError::Name {
                shard: name.to_owned(),
                source,
            })?;
            let name = if range.is_some() {
                name.to_ascii_lowercase()
            } else {
                name.to_owned()
            };
            shards.push(Shard { name, range });
        }
        shards.sort_by(|a, b| match (&a.range, &b.range) {
            (Some(a), Some(b)) => a.compare(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
        check(keyspace, &shards)?;
        Ok(Self { shards })
    }

    /// The shards in key-range order.
    pub fn iter(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// The shard that holds a keyspace id.
    pub fn of_id(&self, id: &KeyspaceId) -> Option<&Shard> {
        let starts_by = |shard: &Shard| {
            shard
                .range
                .as_ref()
                .is_some_and(|range| super::key_range::compare_keys(&range.start, &id.0).is_le())
        };
        // Shards partition the keyspace: the last one that starts at or before the id holds it.
        self.shards
            .get(self.shards.partition_point(starts_by).saturating_sub(1))
    }

    /// The shards that hold some id of a range, in order.
    pub fn of_range(&self, range: &KeyRange) -> Vec<&Shard> {
        self.shards
            .iter()
            .filter(|shard| shard.range.as_ref().is_none_or(|own| own.intersects(range)))
            .collect()
    }

    /// The shards that make up a range exactly, in order.
    ///
    /// # Errors
    /// [`ShardError::NotExact`] where the range's limits are not those of shards.
    pub fn of_exact_range(&self, range: &KeyRange) -> Result<Vec<&Shard>, ShardError> {
        let within = self.of_range(range);
        let ends = within
            .first()
            .and_then(|shard| shard.range.as_ref())
            .zip(within.last().and_then(|shard| shard.range.as_ref()));
        match ends {
            Some((first, last))
                if first.compare_start(range).is_eq() && last.compare_end(range).is_eq() =>
            {
                Ok(within)
            }
            None if range.is_full() && !within.is_empty() => Ok(within),
            _ => Err(ShardError::NotExact {
                range: range.clone(),
            }),
        }
    }

    /// The shards that a vindex's destination names, in key-range order, each once.
    pub fn of_destination(&self, destination: &Destination) -> Vec<&Shard> {
        match destination {
            Destination::None => Vec::new(),
            Destination::KeyspaceId(id) => self.of_id(id).into_iter().collect(),
            Destination::KeyspaceIds(ids) => {
                let holds = |shard: &Shard, id: &KeyspaceId| {
                    self.of_id(id).is_some_and(|found| found.name == shard.name)
                };
                self.shards
                    .iter()
                    .filter(|shard| ids.iter().any(|id| holds(shard, id)))
                    .collect()
            }
            Destination::KeyRange(range) => self.of_range(range),
            Destination::AllShards => self.shards.iter().collect(),
        }
    }
}

fn check(keyspace: &str, shards: &[Shard]) -> Result<(), ShardError> {
    let keyspace = || keyspace.to_owned();
    let (Some(first), Some(last)) = (shards.first(), shards.last()) else {
        return Err(ShardError::Empty);
    };
    if first
        .range
        .as_ref()
        .is_some_and(|range| !range.start.is_empty())
    {
        return Err(ShardError::NoMinimum {
            keyspace: keyspace(),
        });
    }
    if last
        .range
        .as_ref()
        .is_some_and(|range| !range.end.is_empty())
    {
        return Err(ShardError::NoMaximum {
            keyspace: keyspace(),
        });
    }
    for pair in shards.windows(2) {
        let [one, next] = pair else { continue };
        let names = || (one.name.clone(), next.name.clone());
        match (&one.range, &next.range) {
            (None, None) => {}
            (Some(range), Some(after))
                if !range.end.is_empty()
                    && super::key_range::compare_keys(&range.end, &after.start).is_eq() => {}
            (Some(range), Some(after)) => {
                let (first, second) = names();
                let (end, start) = (
                    KeyspaceId(range.end.clone()).to_string(),
                    KeyspaceId(after.start.clone()).to_string(),
                );
                return Err(ShardError::NotContiguous {
                    keyspace: keyspace(),
                    first,
                    second,
                    end,
                    start,
                });
            }
            _ => {
                let (first, second) = names();
                return Err(ShardError::Mixed {
                    keyspace: keyspace(),
                    first,
                    second,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_that_shards_partition_the_keyspace() {
        let cases: [(&[&str], &str); 8] = [
            (&["80-", "-80"], "-80 80-"),
            (&["0"], "0"),
            (&[], "no shard in keyspace"),
            (
                &["40-80", "80-"],
                "keyspace partition for ks does not start with min key",
            ),
            (
                &["-40", "40-80"],
                "keyspace partition for ks does not end with max key",
            ),
            (
                &["0", "-"],
                "shards with inconsistent KeyRanges for ks. shards: 0, -",
            ),
            (
                &["-40", "80-"],
                "non-contiguous KeyRange values for ks at shard -40 to 80-: 40 != 80",
            ),
            (
                &["-80", "40-"],
                "non-contiguous KeyRange values for ks at shard -80 to 40-: 80 != 40",
            ),
        ];
        for (names, expected) in cases {
            let outcome = match Shards::new("ks", names.iter().copied()) {
                Ok(shards) => shards
                    .iter()
                    .map(|shard| shard.name.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(error) => error.to_string(),
            };
            assert_eq!(outcome, expected);
        }
    }

    #[test]
    fn finds_shards() {
        let shards = Shards::new("ks", ["-40", "40-80", "80-"]).unwrap();
        let names = |found: Vec<&Shard>| {
            found
                .iter()
                .map(|shard| shard.name.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let id = |hex: &str| KeyspaceId::from_hex(hex).unwrap();
        assert_eq!(shards.of_id(&id("166b40b44aba4bd6")).unwrap().name, "-40");
        assert_eq!(shards.of_id(&id("4000")).unwrap().name, "40-80");
        let cases = [
            (Destination::None, ""),
            (
                Destination::KeyspaceIds(vec![id("ff"), id("00"), id("01")]),
                "-40 80-",
            ),
            (
                Destination::KeyRange(KeyRange::parse("50-90").unwrap()),
                "40-80 80-",
            ),
            (Destination::AllShards, "-40 40-80 80-"),
        ];
        for (destination, expected) in cases {
            assert_eq!(names(shards.of_destination(&destination)), expected);
        }
        assert_eq!(
            names(
                shards
                    .of_exact_range(&KeyRange::parse("40-").unwrap())
                    .unwrap()
            ),
            "40-80 80-"
        );
        let error = shards
            .of_exact_range(&KeyRange::parse("40-c0").unwrap())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "keyrange 40-c0 does not exactly match shards"
        );
    }
}
