//! Any bytes as a keyspace's `vschema.json`: reading never panics, and what is read is written to text that reads back
//! the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::catalog::vschema::Document;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = Document::from_json(bytes) {
        let text = document.to_json();
        let again = Document::from_json(text.as_bytes()).expect("what was written reads back");
        assert_eq!(again.to_json(), text);
    }
});
