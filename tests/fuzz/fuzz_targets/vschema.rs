//! Any bytes as a VSchema document: reading never panics, what is read is written to text that reads back the same, and
//! builds or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::catalog::import::{VschemaOptions, vschema};
use vrev::catalog::vschema::Document;
use vrev::catalog::vschema::json::rollup::Rollup;
use vrev::catalog::{Catalog, export};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = Document::from_json(bytes) {
        let text = document.to_json();
        let again = Document::from_json(text.as_bytes()).expect("what was written reads back");
        assert_eq!(again.to_json(), text);
    }
    if let Ok(rollup) = Rollup::from_json(bytes) {
        let options = VschemaOptions {
            keyspace: rollup.keyspaces.contains_key("").then(|| "shop".to_owned()),
            ..VschemaOptions::default()
        };
        let imported = vschema(&Catalog::default(), &rollup, &options).expect("nothing is lost");
        let text = export::rollup(&imported.catalog);
        let again = Rollup::from_json(text.as_bytes()).expect("what was written reads back");
        assert_eq!(again.to_json(), text);
        let _ = imported.catalog.rebuild();
    }
});
