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
    use crate::catalog::{Catalog, files};

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
