//! A catalog as the checks look at it: what refers to what, resolved once.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::files::{Place, Policy};
use crate::catalog::vschema::{
    self, BuiltColumnVindex, BuiltTable, LookupError, TabletType, VSchema,
};
use crate::catalog::{Catalog, DefinitionError, Keyspace, Table, foreign_key};
use crate::sql::ddl::{self, CreateTable, Ddl};
use crate::sql::{self, Statement, TableName};
use crate::vindex::{Lookup, Vindex};

/// What is judged.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// What its documents and rules mean.
    pub vschema: VSchema,
    /// What is allowed.
    pub(super) policy: &'a Policy,
    files: Option<&'a BTreeMap<String, Vec<u8>>>,
    written: OnceCell<BTreeMap<(&'a str, &'a str), CreateTable>>,
}

/// Reads a table's file.
fn read(files: &BTreeMap<String, Vec<u8>>, (keyspace, table): (&str, &str)) -> Option<CreateTable> {
    let place = Place::Table {
        keyspace: keyspace.to_owned(),
        table: table.to_owned(),
    };
    let text = files.get(&place.path().ok()?)?;
    match sql::parse_statement(std::str::from_utf8(text).ok()?) {
        Ok(Statement::Ddl(Ddl::CreateTable(create))) => Some(create.table),
        _ => None,
    }
}

/// A foreign key with both ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForeignKeyUse<'a> {
    /// The referencing table's keyspace.
    pub(super) keyspace: &'a Keyspace,
    /// The referencing table.
    pub(super) child: &'a Table,
    /// The constraint.
    pub(super) key: &'a ddl::ForeignKey,
    /// The referenced table, if the catalog has it.
    pub(super) parent: Option<&'a Table>,
}

impl<'a> ForeignKeyUse<'a> {
    /// The constraint's name.
    pub(super) fn name(&self) -> &'a str {
        self.key.name.as_deref().unwrap_or_default()
    }

    /// The first pair of columns that MySQL does not let stand at one place of a constraint.
    pub(super) fn incompatible(&self) -> Option<(&'a ddl::Column, &'a ddl::Column)> {
        let parent = self.parent?;
        match foreign_key::check_parent(self.child, parent, self.key) {
            Err(DefinitionError::IncompatibleColumns {
                column, referenced, ..
            }) => Some((self.child.column(&column)?, parent.column(&referenced)?)),
            _ => None,
        }
    }

    /// The keyspace that the constraint refers to.
    pub(super) fn parent_keyspace(&self) -> &'a str {
        let said = self.key.referenced_table.keyspace.as_deref();
        said.unwrap_or(&self.keyspace.name)
    }
}

/// A table's entry in a VSchema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'s, 'a> {
    /// Its keyspace.
    pub(super) keyspace: &'a Keyspace,
    /// The table's name.
    pub(super) name: &'a str,
    /// As written.
    pub(super) written: &'a vschema::Table,
    /// As built.
    pub(super) built: &'s BuiltTable,
    /// The table's definition, if the catalog has it.
    pub(super) table: Option<&'a Table>,
}

impl<'s> Entry<'s, '_> {
    /// The column vindexes as written, in order: the prefixes of multi-column ones left out.
    pub(super) fn column_vindexes(&self) -> impl Iterator<Item = &'s BuiltColumnVindex> {
        self.built
            .column_vindexes
            .iter()
            .filter(|entry| !entry.partial)
    }

    /// The primary vindex, if it is a lookup.
    pub(super) fn lookup_primary(&self) -> Option<&'s BuiltColumnVindex> {
        let primary = self.built.primary()?;
        primary.vindex.needs_lookup().then_some(primary)
    }

    /// The column vindexes behind the primary one that compute a keyspace id by themselves.
    pub(super) fn functional_secondaries(&self) -> impl Iterator<Item = &'s BuiltColumnVindex> {
        let secondary = self.column_vindexes().skip(1);
        secondary.filter(|used| used.unique && !used.vindex.needs_lookup())
    }
}

/// A lookup vindex.
#[derive(Clone, Copy)]
pub(super) struct LookupUse<'s, 'a> {
    /// Its keyspace.
    pub(super) keyspace: &'a Keyspace,
    /// Its name.
    pub(super) name: &'a str,
    /// As written.
    pub(super) written: &'a vschema::Vindex,
    /// As built.
    pub(super) vindex: &'s Arc<dyn Vindex>,
    /// What it is kept in.
    pub(super) lookup: &'s dyn Lookup,
}

impl<'a> Subject<'a> {
    /// Looks at a catalog.
    pub fn new(catalog: &'a Catalog, policy: &'a Policy) -> Self {
        Self {
            catalog,
            vschema: catalog.vschema(),
            policy,
            files: None,
            written: OnceCell::new(),
        }
    }

    /// Looks at the texts too of which the catalog is made, by path.
    pub fn with_files(self, files: &'a BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            files: Some(files),
            ..self
        }
    }

    /// Every table with its definition as it is written, which is more than is left of it in canonical form; none where
    /// the texts are not at hand.
    pub(super) fn written(&self) -> impl Iterator<Item = (&'a Keyspace, &'a Table, &CreateTable)> {
        let written = self.written.get_or_init(|| {
            let tables = self.tables().filter_map(|(keyspace, table)| {
                let names = (keyspace.name.as_str(), table.name());
                Some((names, read(self.files?, names)?))
            });
            tables.collect()
        });
        self.tables().filter_map(|(keyspace, table)| {
            let written = written.get(&(keyspace.name.as_str(), table.name()))?;
            Some((keyspace, table, written))
        })
    }

    /// Every keyspace, by name.
    pub(super) fn keyspaces(&self) -> impl Iterator<Item = &'a Keyspace> + use<'a> {
        self.catalog.keyspaces.values().map(AsRef::as_ref)
    }

    /// Every table with a definition, by keyspace and name.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&'a Keyspace, &'a Table)> + use<'a> {
        self.keyspaces().flat_map(|keyspace| {
            let tables = keyspace.tables.values();
            tables.map(move |table| (keyspace, table.as_ref()))
        })
    }

    /// Every foreign key, by keyspace, table and place in the definition.
    pub(super) fn foreign_keys(&self) -> impl Iterator<Item = ForeignKeyUse<'a>> + use<'a> {
        let catalog = self.catalog;
        self.tables().flat_map(move |(keyspace, child)| {
            child.definition.foreign_keys.iter().map(move |key| {
                let name = &key.referenced_table;
                let holder = name.keyspace.as_deref().unwrap_or(&keyspace.name);
                let parent = catalog.definition(holder, &name.name).map(AsRef::as_ref);
                ForeignKeyUse {
                    keyspace,
                    child,
                    key,
                    parent,
                }
            })
        })
    }

    /// Every table that a VSchema names, by keyspace and name.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_, 'a>> {
        self.keyspaces().flat_map(|keyspace| {
            let names = keyspace.vschema.tables.keys();
            names.filter_map(|name| self.entry(keyspace, name))
        })
    }

    /// The entry of a table, if the VSchema has one.
    pub(super) fn entry<'s>(&'s self, keyspace: &'a Keyspace, name: &str) -> Option<Entry<'s, 'a>> {
        let (name, written) = keyspace.vschema.tables.get_key_value(name)?;
        Some(Entry {
            keyspace,
            name,
            written,
            built: self
                .vschema
                .keyspaces
                .get(&keyspace.name)?
                .tables
                .get(name)?,
            table: keyspace.tables.get(name).map(AsRef::as_ref),
        })
    }

    /// Every lookup vindex, by keyspace and name.
    pub(super) fn lookups(&self) -> impl Iterator<Item = LookupUse<'_, 'a>> {
        self.keyspaces().flat_map(|keyspace| {
            keyspace
                .vschema
                .vindexes
                .iter()
                .filter_map(|(name, written)| {
                    let built = self.vschema.keyspaces.get(&keyspace.name)?;
                    let vindex = built.vindexes.get(name)?;
                    Some(LookupUse {
                        keyspace,
                        name,
                        written,
                        vindex,
                        lookup: vindex.as_lookup()?,
                    })
                })
        })
    }

    /// The entry and the column vindex by which the owner of a lookup vindex uses it.
    pub(super) fn owner<'s>(
        &'s self,
        lookup: &LookupUse<'s, 'a>,
    ) -> Option<(Entry<'s, 'a>, &'s BuiltColumnVindex)> {
        let entry = self.entry(lookup.keyspace, &lookup.written.owner)?;
        let column_vindex = entry
            .column_vindexes()
            .find(|used| used.name == lookup.name)?;
        Some((entry, column_vindex))
    }

    /// Tells whether the catalog defines tables of a keyspace: where only VSchemas are kept, definitions are not missed.
    pub(super) fn is_defined(&self, keyspace: &str) -> bool {
        let keyspace = self.catalog.keyspaces.get(keyspace);
        keyspace.is_some_and(|keyspace| !keyspace.tables.is_empty())
    }

    /// Where a name leads, routing rules applied, as the router finds it for a statement without a selected keyspace;
    /// and its definition, if the catalog has it.
    ///
    /// # Errors
    /// As the router's look-up.
    pub(super) fn find(
        &self,
        name: &TableName,
    ) -> Result<(Arc<BuiltTable>, Option<&'a Table>), LookupError> {
        let found = self.vschema.find_routed_table(
            name.keyspace.as_deref(),
            &name.name,
            TabletType::Primary,
        )?;
        let table = self.catalog.definition(&found.keyspace, &found.name);
        Ok((found, table.map(AsRef::as_ref)))
    }

    /// The backing table of a lookup vindex; `None` where its name is none or leads nowhere, or the catalog lacks the
    /// definition.
    pub(super) fn backing(&self, lookup: &dyn Lookup) -> Option<(Arc<BuiltTable>, &'a Table)> {
        let name = sql::parse_table_name(lookup.table()).ok()?;
        let (found, table) = self.find(&name).ok()?;
        Some((found, table?))
    }
}
