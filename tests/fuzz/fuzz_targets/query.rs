//! Any text as a statement on the example cluster: it is planned or refused.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use vrev::catalog::{Catalog, template};
use vrev::router::{Planner, Session};
use vrev::sql::parse_statement;

static PLANNER: LazyLock<Planner> = LazyLock::new(|| {
    let files = template::FILES.iter().copied();
    Planner::new(Arc::new(Catalog::build(files).expect("the template builds")))
});

fuzz_target!(|text: &str| {
    if let Ok(statement) = parse_statement(text) {
        for keyspace in [None, Some("customer"), Some("product")] {
            let mut session = Session::new();
            session.target.keyspace = keyspace.map(str::to_owned);
            let _ = PLANNER.plan(&session, &statement);
        }
    }
});
