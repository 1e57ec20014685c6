//! What DDL renamed, renamed in the VSchema and its rules: column vindexes, lookup tables, sequences, owners, sources.
//!
//! MySQL knows nothing of the VSchema, and [`apply`](super::apply) leaves it alone as a server would. Whoever renames in a
//! repository wants the catalog to build afterwards, and calls [`follow_vschema`] with what [`apply`](super::apply)
//! said. The names that queries use (`from_table` of routing rules) stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Change;
use crate::catalog::vschema::{Document, Rules, Table, build};
use crate::catalog::{Catalog, same_name};
use crate::sql::name::vitess_table;
use crate::sql::{TableName, parse_table_name};

/// Returns the catalog with its VSchema and rules following what was renamed; `changes` are those that made `catalog`.
pub fn follow_vschema(catalog: &Catalog, changes: &[Change]) -> Catalog {
    let mut catalog = catalog.clone();
    for change in changes {
        let Change::TableAltered {
            keyspace,
            from,
            to,
            columns,
        } = change
        else {
            continue;
        };
        let renamed = columns
            .iter()
            .filter_map(|(now, before)| Some((before.as_deref()?, now.as_str())));
        let rename = Rename {
            keyspace,
            from,
            to,
            columns: renamed.filter(|(before, now)| before != now).collect(),
        };
        if from == to && rename.columns.is_empty() {
            continue;
        }
        for (name, holder) in &mut catalog.keyspaces {
            let mut document = holder.vschema.clone();
            rename.document(name, &mut document);
            if document != holder.vschema {
                let holder = Arc::make_mut(holder);
                holder.vindexes = build::keyspace(name, &document).vindexes;
                holder.vschema = document;
            }
        }
        rename.rules(&mut catalog.rules);
    }
    catalog
}

/// One table's new name and those of its columns.
struct Rename<'a> {
    keyspace: &'a str,
    from: &'a str,
    to: &'a str,
    /// Names before and now.
    columns: Vec<(&'a str, &'a str)>,
}

impl Rename<'_> {
    /// Renames in the document of one keyspace.
    fn document(&self, holder: &str, document: &mut Document) {
        for vindex in document.vindexes.values_mut() {
            if holder == self.keyspace && vindex.owner == self.from {
                self.to.clone_into(&mut vindex.owner);
            }
            self.lookup(holder, &mut vindex.params);
        }
        for table in document.tables.values_mut() {
            if let Some(auto) = &mut table.auto_increment {
                auto.sequence = self.reference(holder, &auto.sequence);
            }
            table.source = self.reference(holder, &table.source);
        }
        if holder == self.keyspace
            && let Some(mut table) = document.tables.remove(self.from)
        {
            self.entry(&mut table);
            document.tables.insert(self.to.to_owned(), table);
        }
    }

    /// Renames columns in the table's own entry.
    fn entry(&self, table: &mut Table) {
        for vindex in &mut table.column_vindexes {
            self.column(&mut vindex.column);
            vindex
                .columns
                .iter_mut()
                .for_each(|column| self.column(column));
        }
        if let Some(auto) = &mut table.auto_increment {
            self.column(&mut auto.column);
        }
        table
            .columns
            .iter_mut()
            .for_each(|column| self.column(&mut column.name));
    }

    /// Renames the table and columns that back a lookup vindex.
    fn lookup(&self, holder: &str, params: &mut BTreeMap<String, String>) {
        let Some(table) = params.get_mut("table") else {
            return;
        };
        if !self.means(holder, table) {
            return;
        }
        *table = self.reference(holder, table);
        for key in ["from", "to"] {
            if let Some(columns) = params.get_mut(key) {
                let renamed = columns.split(',').map(|column| {
                    let mut name = column.trim().to_owned();
                    self.column(&mut name);
                    name
                });
                *columns = renamed.collect::<Vec<_>>().join(",");
            }
        }
    }

    fn column(&self, name: &mut String) {
        if let Some((_, now)) = self
            .columns
            .iter()
            .find(|(before, _)| same_name(before, name))
        {
            (*now).clone_into(name);
        }
    }

    /// Tells whether a name in a document of `holder` is that of the renamed table.
    fn means(&self, holder: &str, name: &str) -> bool {
        parse_table_name(name).is_ok_and(|table| {
            table.name == self.from && table.keyspace.as_deref().unwrap_or(holder) == self.keyspace
        })
    }

    /// Returns a table's name as it is now, qualified as it was; other names as they are.
    fn reference(&self, holder: &str, name: &str) -> String {
        match parse_table_name(name) {
            Ok(table) if self.from != self.to && self.means(holder, name) => {
                vitess_table(&TableName {
                    name: self.to.to_owned(),
                    ..table
                })
            }
            _ => name.to_owned(),
        }
    }

    /// Renames the targets of rules; a tablet type after `@` stays.
    fn rules(&self, rules: &mut Rules) {
        let rename = |name: &mut String| {
            let (table, tablet_type) = name.split_at(name.find('@').unwrap_or(name.len()));
            let renamed = self.reference("", table);
            *name = format!("{renamed}{tablet_type}");
        };
        rules
            .routing
            .iter_mut()
            .flat_map(|(_, targets)| targets)
            .for_each(rename);
        for (from, to, _) in &mut rules.mirror {
            rename(from);
            rename(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::alter::{ForeignKeyChecks, apply};
    use crate::catalog::template;
    use crate::sql::{Statement, parse_statement};

    #[test]
    fn a_renamed_catalog_builds() {
        let mut catalog = Catalog::build(template::FILES.iter().copied()).expect("the template");
        catalog.rules.routing = vec![("corder".into(), vec!["customer.corder".into()])];
        catalog.rules.mirror = vec![(
            "customer.customer@replica".into(),
            "product.product".into(),
            1.0,
        )];
        for text in [
            "rename table customer.corder to customer.`order`, customer.oname_keyspace_idx to customer.onames",
            "alter table customer.`order` rename column customer_id to buyer, rename column corder_id to id",
            "alter table customer.onames rename column corder_id to order_id",
            "rename table product.corder_seq to product.order_seq, customer.customer to customer.buyer",
        ] {
            let Ok(Statement::Ddl(ddl)) = parse_statement(text) else {
                panic!("{text}")
            };
            let outcome = apply(&catalog, "customer", &ddl, ForeignKeyChecks::On).expect(text);
            catalog = follow_vschema(&outcome.catalog, &outcome.changes);
        }
        let catalog = catalog.rebuild().expect("a catalog that builds");
        let document = &catalog.keyspaces["customer"].vschema;
        let order = &document.tables["order"];
        let columns: Vec<_> = order
            .column_vindexes
            .iter()
            .map(|vindex| vindex.columns.join(","))
            .collect();
        assert_eq!(columns, ["buyer", "id", "oname,id"]);
        let auto = order.auto_increment.as_ref().expect("a sequence");
        assert_eq!(
            (auto.column.as_str(), auto.sequence.as_str()),
            ("id", "product.order_seq")
        );
        let lookup = &document.vindexes["oname_keyspace_idx"];
        assert_eq!(lookup.owner, "order");
        assert_eq!(
            (
                lookup.params["table"].as_str(),
                lookup.params["from"].as_str()
            ),
            ("customer.onames", "oname,order_id")
        );
        assert_eq!(
            document.tables.keys().collect::<Vec<_>>(),
            ["buyer", "onames", "order"]
        );
        assert_eq!(
            catalog.rules.routing,
            [("corder".to_owned(), vec!["customer.`order`".to_owned()])]
        );
        assert_eq!(catalog.rules.mirror[0].0, "customer.buyer@replica");
    }
}
