//! The planner's view of a table: its keyspace, vindexes, columns and what else routing depends on.
//!
//! Names are looked up by [`VSchema`]; a definition in the catalog makes a table's columns known, as schema tracking does
//! in vtgate.

use std::sync::Arc;

use crate::catalog::vschema::{
    BuiltColumnVindex, BuiltTable, Found as FoundName, LookupError, TableType, TabletType, VSchema,
};
use crate::catalog::{Catalog, Keyspace};
use crate::sql::TableName;
use crate::vindex::{KeyspaceId, Lookup, PartialColumns, Vindex};

use crate::router::Error;
use crate::router::session::{Session, Target};

/// A catalog with its VSchema built: what every statement is planned by.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) vschema: VSchema,
}

impl Schema {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        let documents = catalog
            .keyspaces
            .iter()
            .map(|(name, keyspace)| (name.as_str(), &keyspace.vschema));
        let vschema = VSchema::new(documents, &catalog.rules);
        Self { catalog, vschema }
    }

    pub(crate) fn keyspace(&self, name: &str) -> Result<&Arc<Keyspace>, Error> {
        let found = self.catalog.keyspaces.get(name);
        found.ok_or_else(|| {
            LookupError::UnknownKeyspace {
                keyspace: name.to_owned(),
            }
            .into()
        })
    }
}

/// What a table is to the planner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TableKind {
    Plain,
    Sequence,
    /// Copied to every shard; `source` is where it is written.
    Reference {
        source: Option<TableName>,
    },
    /// `dual`: no table at all.
    Dual,
}

/// A vindex on columns of a table.
#[derive(Debug, Clone)]
pub(crate) struct ColumnVindex {
    pub(crate) columns: Vec<String>,
    pub(crate) vindex: Arc<dyn Vindex>,
    pub(crate) vindex_type: String,
    /// Owned by this very table.
    pub(crate) owned: bool,
}

impl ColumnVindex {
    fn built(built: &BuiltColumnVindex) -> Self {
        Self {
            columns: built.columns.clone(),
            vindex: Arc::clone(&built.vindex),
            vindex_type: built.vindex_type.clone(),
            owned: built.owned,
        }
    }

    pub(crate) fn is_multi_column(&self) -> bool {
        self.vindex.multi_column().is_some()
    }

    pub(crate) fn routes_by_prefix(&self) -> bool {
        self.vindex.multi_column() == Some(PartialColumns::Allowed)
    }

    /// Maintained but not to be used for routing. The deprecated non-unique types do not report it.
    pub(crate) fn is_backfilling(&self) -> bool {
        let reports = !matches!(
            self.vindex_type.as_str(),
            "lookup_hash" | "lookup_unicodeloosemd5_hash"
        );
        reports && self.vindex.as_lookup().is_some_and(Lookup::is_backfilling)
    }

    /// Whether the look-up is a planned step of its own (`VindexLookup`).
    pub(crate) fn is_planned_lookup(&self) -> bool {
        self.vindex.needs_lookup()
            && self
                .vindex
                .as_lookup()
                .is_some_and(|lookup| !lookup.table().is_empty())
            && !self.vindex_type.starts_with("lookup_unicodeloosemd5_hash")
    }
}

/// A known column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) invisible: bool,
}

/// Where AUTO_INCREMENT values come from.
#[derive(Debug, Clone)]
pub(crate) struct AutoIncrement {
    pub(crate) column: String,
    pub(crate) keyspace: String,
    pub(crate) sequence: String,
}

/// A table as the planner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) keyspace: Arc<Keyspace>,
    pub(crate) name: String,
    pub(crate) kind: TableKind,
    pub(crate) column_vindexes: Vec<ColumnVindex>,
    pub(crate) auto_increment: Option<AutoIncrement>,
    pub(crate) columns: Vec<Column>,
    /// `columns` is complete.
    pub(crate) authoritative: bool,
    pub(crate) pinned: Option<KeyspaceId>,
    pub(crate) primary_key: Vec<String>,
}

impl Table {
    pub(crate) fn is_sharded(&self) -> bool {
        self.keyspace.vschema.sharded
    }

    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Names that `*` stands for, or `None` where the columns are not known.
    pub(crate) fn visible_columns(&self) -> Option<Vec<String>> {
        self.authoritative.then(|| {
            self.columns
                .iter()
                .filter(|c| !c.invisible)
                .map(|c| c.name.clone())
                .collect()
        })
    }

    pub(crate) fn qualified_name(&self) -> String {
        format!("{}.{}", self.keyspace.name, self.name)
    }

    /// Puts the VSchema's entry and the definition together.
    fn new(keyspace: &Arc<Keyspace>, built: &BuiltTable) -> Self {
        let kind = match built.table_type {
            TableType::Plain => TableKind::Plain,
            TableType::Sequence => TableKind::Sequence,
            TableType::Reference => TableKind::Reference {
                source: built.source.clone(),
            },
        };
        let whole = built
            .column_vindexes
            .iter()
            .filter(|vindex| !vindex.partial);
        let columns = built.columns.iter().map(|c| Column {
            name: c.name.clone(),
            invisible: c.invisible,
        });
        let mut table = Self {
            keyspace: Arc::clone(keyspace),
            name: built.name.clone(),
            kind,
            column_vindexes: whole.map(ColumnVindex::built).collect(),
            auto_increment: built
                .auto_increment
                .as_ref()
                .map(|(column, sequence)| AutoIncrement {
                    column: column.clone(),
                    keyspace: sequence
                        .keyspace
                        .clone()
                        .unwrap_or_else(|| keyspace.name.clone()),
                    sequence: sequence.name.clone(),
                }),
            columns: columns.collect(),
            authoritative: built.column_list_authoritative,
            pinned: built.pinned.clone(),
            primary_key: Vec::new(),
        };
        if let Some(defined) = keyspace.tables.get(&built.name) {
            let columns = defined.definition.columns.iter();
            table.columns = columns
                .map(|c| Column {
                    name: c.name.clone(),
                    invisible: c.invisible,
                })
                .collect();
            table.authoritative = true;
            table.primary_key = defined
                .primary_key_columns()
                .into_iter()
                .map(str::to_owned)
                .collect();
        }
        table
    }
}

/// A table found by name, with what the name said beside it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) table: Arc<Table>,
    /// A target in the qualifier (`` `ks:-80`.t ``).
    pub(crate) target: Option<Target>,
}

/// Returns the table that a name means in a session.
pub(crate) fn find(schema: &Schema, session: &Session, name: &TableName) -> Result<Found, Error> {
    let mut target = None;
    let mut written = None;
    if let Some(qualifier) = &name.keyspace {
        let parsed = Target::parse(qualifier)?;
        written.clone_from(&parsed.keyspace);
        if parsed.destination.is_some() {
            target = Some(parsed);
        }
    }
    if written.is_none() && name.name.eq_ignore_ascii_case("dual") {
        let keyspace = any_keyspace(schema, session)?;
        let mut table = Table::new(keyspace, &BuiltTable::made_up(&keyspace.name, "dual"));
        table.kind = TableKind::Dual;
        return Ok(Found {
            table: Arc::new(table),
            target,
        });
    }
    let keyspace = written.as_deref().or(session.target.keyspace.as_deref());
    let tablet = session.target.tablet_type.as_deref();
    let tablet = tablet.map_or(TabletType::Primary, |name| {
        TabletType::parse(name).unwrap_or(TabletType::Unknown)
    });
    let built = match schema
        .vschema
        .find_table_or_vindex(keyspace, &name.name, tablet)
    {
        Ok(FoundName::Table(table)) => table,
        Ok(FoundName::Vindex { .. }) => return Err(Error::IsVindex(name.name.clone())),
        Err(LookupError::NotFound { table }) if keyspace.is_none() => tracked(schema, &table)?,
        Err(error) => return Err(error.into()),
    };
    let home = schema.keyspace(&built.keyspace)?;
    Ok(Found {
        table: Arc::new(Table::new(home, &built)),
        target,
    })
}

/// Returns a table that only its definition makes known: one of an unsharded keyspace, if just one keyspace has it.
fn tracked(schema: &Schema, name: &str) -> Result<Arc<BuiltTable>, Error> {
    let open = schema
        .catalog
        .keyspaces
        .values()
        .filter(|k| !k.vschema.require_explicit_routing);
    let mut homes = open.filter(|k| !k.vschema.sharded && k.tables.contains_key(name));
    match (homes.next(), homes.next()) {
        (Some(home), None) => Ok(Arc::new(BuiltTable::made_up(&home.name, name))),
        (Some(_), Some(_)) => Err(LookupError::AmbiguousTable {
            table: name.to_owned(),
        }
        .into()),
        _ => Err(LookupError::NotFound {
            table: name.to_owned(),
        }
        .into()),
    }
}

/// Returns the session's keyspace, else the first unsharded one, else the first.
fn any_keyspace<'a>(schema: &'a Schema, session: &Session) -> Result<&'a Arc<Keyspace>, Error> {
    if let Some(selected) = &session.target.keyspace {
        return schema.keyspace(selected);
    }
    let keyspaces = &schema.catalog.keyspaces;
    let unsharded = keyspaces.values().find(|k| !k.vschema.sharded);
    unsharded
        .or_else(|| keyspaces.values().next())
        .ok_or(Error::NoKeyspace)
}

/// Returns a table of a keyspace by its own name.
pub(crate) fn look_up(schema: &Schema, keyspace: &str, name: &str) -> Result<Table, Error> {
    let built = schema.vschema.find_table(Some(keyspace), name)?;
    Ok(Table::new(schema.keyspace(keyspace)?, &built))
}
