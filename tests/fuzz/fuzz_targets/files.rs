//! Any bytes as one of a catalog's files, and any path: it builds, or says what is wrong; what is canonical stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::catalog::{Catalog, files, template};

const PATHS: [&str; 10] = [
    "vrev.toml",
    "routing_rules.json",
    "shard_routing_rules.json",
    "keyspace_routing_rules.json",
    "mirror_rules.json",
    "keyspaces/customer/vschema.json",
    "keyspaces/customer/shards.json",
    "keyspaces/customer/identities.json",
    "keyspaces/customer/tables/corder.sql",
    "keyspaces/customer/views/v.sql",
];

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (choice, path, bytes) = input;
    let path = PATHS.get(usize::from(choice)).copied().unwrap_or(path);
    if let Ok(Some(once)) = files::canonical_text(path, bytes) {
        let again = files::canonical_text(path, &once).expect("what was written reads back");
        assert_eq!(again, Some(once));
    }
    let mut all: Vec<(&str, &[u8])> = Vec::new();
    for (known, text) in template::FILES {
        if *known != path {
            all.push((known, text.as_bytes()));
        }
    }
    all.push((path, bytes));
    if let Ok(catalog) = Catalog::build(all)
        && let Ok(written) = files::write(&catalog)
    {
        Catalog::build(written).expect("what was written builds");
    }
});
