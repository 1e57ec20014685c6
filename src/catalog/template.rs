//! The files of `repo-template/`: the small cluster that `init --template` lays down and the tour plays on.
//!
//! Two keyspaces: `product`, unsharded, with products, sequences and a lookup table; `customer`, in two shards, with
//! customers, their orders and a lookup table of its own. Every file is canonical.

/// Returns a file of the template with its path.
macro_rules! template_file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../repo-template/", $path)))
    };
}

/// Paths and texts, sorted by path.
pub const FILES: &[(&str, &str)] = &[
    template_file!("keyspaces/customer/shards.json"),
    template_file!("keyspaces/customer/tables/corder.sql"),
    template_file!("keyspaces/customer/tables/customer.sql"),
    template_file!("keyspaces/customer/tables/oname_keyspace_idx.sql"),
    template_file!("keyspaces/customer/vschema.json"),
    template_file!("keyspaces/product/shards.json"),
    template_file!("keyspaces/product/tables/corder_keyspace_idx.sql"),
    template_file!("keyspaces/product/tables/corder_seq.sql"),
    template_file!("keyspaces/product/tables/customer_seq.sql"),
    template_file!("keyspaces/product/tables/product.sql"),
    template_file!("keyspaces/product/vschema.json"),
    template_file!("vrev.toml"),
    template_file!("workload/orders.sql"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::FILES;
    use crate::catalog::files::Place;
    use crate::catalog::{Catalog, Keyspace, alter, files};
    use crate::sql::{Statement, parse_statement};

    fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the template") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let path = path.strip_prefix(root).expect("within the template");
                found.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn every_file_is_listed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("repo-template");
        let mut found = BTreeSet::new();
        walk(&root, &root, &mut found);
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), listed);
    }

    /// The statements that make the template's VSchema of empty documents.
    const STORY: &[&str] = &[
        "alter vschema add table product.product",
        "alter vschema on customer.customer add vindex hash(customer_id) using hash",
        "alter vschema add sequence product.customer_seq",
        "alter vschema on customer.customer add auto_increment customer_id using product.customer_seq",
        "alter vschema on customer.corder add vindex hash(customer_id)",
        "alter vschema add sequence product.corder_seq",
        "alter vschema on customer.corder add auto_increment corder_id using product.corder_seq",
        "alter vschema add table product.corder_keyspace_idx",
        "alter vschema on customer.corder add vindex corder_keyspace_idx(corder_id) using consistent_lookup_unique \
         with owner=`corder`, table=`product.corder_keyspace_idx`, from=`corder_id`, to=`keyspace_id`",
        "alter vschema on customer.oname_keyspace_idx add vindex unicode_loose_md5(oname) using unicode_loose_md5",
        "alter vschema on customer.corder add vindex oname_keyspace_idx(oname,corder_id) using consistent_lookup \
         with owner=`corder`, table=`customer.oname_keyspace_idx`, from=`oname,corder_id`, to=`keyspace_id`",
    ];

    #[test]
    fn the_storys_statements_make_the_templates_vschema() {
        let mut catalog = Catalog::default();
        for name in ["customer", "product"] {
            let keyspace = Keyspace {
                name: name.into(),
                ..Keyspace::default()
            };
            catalog.keyspaces.insert(name.into(), keyspace.into());
        }
        for text in STORY {
            let Ok(Statement::AlterVschema(statement)) = parse_statement(text) else {
                panic!("{text}")
            };
            let outcome = alter::apply_vschema(&catalog, None, &statement);
            catalog = outcome
                .unwrap_or_else(|error| panic!("{text}: {error}"))
                .catalog;
        }
        let expected = Catalog::build(FILES.iter().copied()).expect("a catalog that builds");
        for name in ["customer", "product"] {
            let place = Place::Vschema {
                keyspace: name.into(),
            };
            assert_eq!(
                catalog.keyspaces[name].vschema,
                expected.keyspaces[name].vschema
            );
            assert_eq!(
                files::text(&catalog, &place),
                files::text(&expected, &place)
            );
        }
    }

    #[test]
    fn every_file_is_canonical_and_the_catalog_builds() {
        for (path, text) in FILES {
            if let Some(canonical) = files::canonical_text(path, text.as_bytes()).expect(path) {
                assert_eq!(String::from_utf8_lossy(&canonical), *text, "{path}");
            }
        }
        let catalog = Catalog::build(FILES.iter().copied()).expect("a catalog that builds");
        let written = files::write(&catalog).expect("usable names");
        let expected: Vec<_> = FILES
            .iter()
            .filter(|(path, _)| path.starts_with("keyspaces/"))
            .collect();
        let written: Vec<_> = written
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
            .collect();
        assert_eq!(
            written,
            expected
                .iter()
                .map(|(path, text)| (*path, text.as_bytes()))
                .collect::<Vec<_>>()
        );
        assert_eq!(catalog.keyspaces["customer"].vindexes.len(), 4);
        assert_eq!(catalog.shards("customer"), ["-80", "80-"]);
    }
}
