//! Any bytes as a dump: they are imported or refused with places; what is imported is given out and imported again, and
//! is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vrev::catalog::export::{self, Databases};
use vrev::catalog::import::{self, Flavor, Options, Source};
use vrev::catalog::{Catalog, files};

fuzz_target!(|bytes: &[u8]| {
    let options = Options {
        keyspace: Some("shop".to_owned()),
        force: false,
    };
    for flavor in [Flavor::MySql, Flavor::MariaDb] {
        let source = Source {
            flavor,
            ..Source::new("a.sql", None, bytes.to_vec())
        };
        let Ok(imported) = import::ddl(&Catalog::default(), &[source], &options, true) else {
            continue;
        };
        let script = export::script(&imported.catalog, Databases::Unsaid);
        let source = Source {
            flavor: Flavor::MySql,
            ..Source::new("b.sql", None, script.clone().into_bytes())
        };
        let again = import::ddl(&Catalog::default(), &[source], &options, true)
            .unwrap_or_else(|errors| panic!("{errors:?}: {script}"));
        let tables = |catalog: &Catalog| {
            let files = files::write(catalog).unwrap_or_default();
            files.into_iter().filter(|(path, _)| path.ends_with(".sql")).collect::<Vec<_>>()
        };
        assert_eq!(tables(&imported.catalog), tables(&again.catalog));
    }
});
