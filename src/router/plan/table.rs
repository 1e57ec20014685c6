//! The planner's view of a table: its keyspace, vindexes, columns and what else routing depends on.
//!
//! Name look-up follows Vitess `go/vt/vtgate/vindexes/vschema.go` (`FindTable`, `FindRoutedTable`): a selected keyspace
//! wins, an unsharded keyspace knows every name, and without a keyspace a name must be unique among the VSchema's.

use std::sync::Arc;

use crate::catalog::{Catalog, Keyspace, vschema};
use crate::sql::TableName;
use crate::sql::ddl::{IndexKind, IndexPart};
use crate::vindex::{KeyspaceId, PartialColumns, Vindex};

use crate::router::Error;
use crate::router::session::{Session, Target, decode_hex};

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
        reports
            && self
                .vindex
                .as_lookup()
                .is_some_and(crate::vindex::Lookup::is_backfilling)
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

    fn dual(keyspace: &Arc<Keyspace>) -> Self {
        Self {
            kind: TableKind::Dual,
            ..Self::bare(keyspace, "dual")
        }
    }

    fn bare(keyspace: &Arc<Keyspace>, name: &str) -> Self {
        Self {
            keyspace: Arc::clone(keyspace),
            name: name.to_owned(),
            kind: TableKind::Plain,
            column_vindexes: Vec::new(),
            auto_increment: None,
            columns: Vec::new(),
            authoritative: false,
            pinned: None,
            primary_key: Vec::new(),
        }
    }

    /// Puts the VSchema's entry and the definition together.
    fn build(catalog: &Catalog, keyspace: &Arc<Keyspace>, name: &str) -> Result<Self, Error> {
        let mut table = Self::bare(keyspace, name);
        if let Some(entry) = keyspace.vschema.tables.get(name) {
            table.kind = match entry.table_type.as_str() {
                "sequence" => TableKind::Sequence,
                "reference" => TableKind::Reference {
                    source: source_name(&entry.source),
                },
                _ => TableKind::Plain,
            };
            table.pinned = decode_hex(&entry.pinned).map(KeyspaceId);
            table.column_vindexes = entry
                .column_vindexes
                .iter()
                .filter_map(|listed| column_vindex(keyspace, name, listed))
                .collect();
            table.auto_increment = match &entry.auto_increment {
                Some(auto) => Some(auto_increment(catalog, keyspace, auto)?),
                None => None,
            };
            table.authoritative = entry.column_list_authoritative;
            table.columns = entry
                .columns
                .iter()
                .map(|c| Column {
                    name: c.name.clone(),
                    invisible: c.invisible,
                })
                .collect();
        }
        if let Some(defined) = keyspace.tables.get(name) {
            table.learn(&defined.definition);
        }
        Ok(table)
    }

    /// Takes columns and primary key from the definition, as schema tracking does.
    fn learn(&mut self, definition: &crate::sql::ddl::CreateTable) {
        self.columns = definition
            .columns
            .iter()
            .map(|c| Column {
                name: c.name.clone(),
                invisible: c.invisible,
            })
            .collect();
        self.authoritative = true;
        let primary = definition
            .indexes
            .iter()
            .find(|index| index.kind == IndexKind::Primary);
        self.primary_key = primary
            .map(|index| {
                let columns = index.parts.iter().filter_map(|part| match part {
                    IndexPart::Column { name, .. } => Some(name.clone()),
                    IndexPart::Expression { .. } => None,
                });
                columns.collect()
            })
            .unwrap_or_default();
    }
}

fn source_name(source: &str) -> Option<TableName> {
    let (keyspace, name) = source.split_once('.')?;
    Some(TableName {
        keyspace: Some(unquote(keyspace)),
        name: unquote(name),
    })
}

fn column_vindex(
    keyspace: &Keyspace,
    table: &str,
    listed: &vschema::ColumnVindex,
) -> Option<ColumnVindex> {
    let vindex = keyspace.vindexes.get(&listed.name)?;
    let declared = keyspace.vschema.vindexes.get(&listed.name);
    let columns = if listed.columns.is_empty() {
        vec![listed.column.clone()]
    } else {
        listed.columns.clone()
    };
    Some(ColumnVindex {
        columns,
        vindex: Arc::clone(vindex),
        vindex_type: declared.map(|d| d.vindex_type.clone()).unwrap_or_default(),
        owned: declared.is_some_and(|d| d.owner == table) && vindex.as_lookup().is_some(),
    })
}

fn auto_increment(
    catalog: &Catalog,
    keyspace: &Arc<Keyspace>,
    auto: &vschema::AutoIncrement,
) -> Result<AutoIncrement, Error> {
    let parts: Vec<String> = auto.sequence.split('.').map(unquote).collect();
    let (home, sequence) = match parts.as_slice() {
        [home, name] => (home.clone(), name.clone()),
        [name] => (sequence_home(catalog, keyspace, name)?, name.clone()),
        _ => return Err(Error::UnknownTable(auto.sequence.clone())),
    };
    Ok(AutoIncrement {
        column: auto.column.clone(),
        keyspace: home,
        sequence,
    })
}

/// Returns the keyspace of a sequence named without one: its own where it lists it, else the only one that does.
fn sequence_home(catalog: &Catalog, keyspace: &Arc<Keyspace>, name: &str) -> Result<String, Error> {
    if keyspace.vschema.tables.contains_key(name) {
        return Ok(keyspace.name.clone());
    }
    let mut homes = catalog
        .keyspaces
        .values()
        .filter(|k| k.vschema.tables.contains_key(name));
    match (homes.next(), homes.next()) {
        (Some(home), None) => Ok(home.name.clone()),
        (Some(_), Some(_)) => Err(Error::AmbiguousTable(name.to_owned())),
        _ => Err(Error::UnknownTable(name.to_owned())),
    }
}

fn unquote(name: &str) -> String {
    match name.strip_prefix('`').and_then(|n| n.strip_suffix('`')) {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
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
pub(crate) fn find(catalog: &Catalog, session: &Session, name: &TableName) -> Result<Found, Error> {
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
        return Ok(Found {
            table: Arc::new(dual(catalog, session)?),
            target,
        });
    }
    let keyspace = written.or_else(|| session.target.keyspace.clone());
    let keyspace = keyspace.map(|k| redirect_keyspace(catalog, k));
    let table = match routed(catalog, session, keyspace.as_deref(), &name.name)? {
        Some(table) => table,
        None => look_up(catalog, keyspace.as_deref(), &name.name)?,
    };
    Ok(Found {
        table: Arc::new(table),
        target,
    })
}

/// Returns `dual` in the session's keyspace, else in the first unsharded one, else in the first.
fn dual(catalog: &Catalog, session: &Session) -> Result<Table, Error> {
    let selected = session
        .target
        .keyspace
        .as_ref()
        .and_then(|k| catalog.keyspaces.get(k));
    let unsharded = || catalog.keyspaces.values().find(|k| !k.vschema.sharded);
    let any = selected
        .or_else(unsharded)
        .or_else(|| catalog.keyspaces.values().next());
    any.map(Table::dual).ok_or(Error::NoKeyspace)
}

fn redirect_keyspace(catalog: &Catalog, keyspace: String) -> String {
    let rule = catalog
        .rules
        .keyspace
        .iter()
        .rev()
        .find(|(from, _)| *from == keyspace);
    rule.map_or(keyspace, |(_, to)| to.clone())
}

/// Follows the table routing rules, one step.
fn routed(
    catalog: &Catalog,
    session: &Session,
    keyspace: Option<&str>,
    name: &str,
) -> Result<Option<Table>, Error> {
    let written = keyspace.map_or_else(|| name.to_owned(), |k| format!("{k}.{name}"));
    let tablet = session.target.tablet_type.as_deref().unwrap_or("primary");
    let typed = format!("{written}@{tablet}");
    for key in [typed.as_str(), written.as_str()] {
        let mut rules = catalog.rules.routing.iter().filter(|(from, _)| from == key);
        let Some((_, to)) = rules.next() else {
            continue;
        };
        if rules.next().is_some() {
            return Err(Error::RoutingRule(format!(
                "duplicate rule for entry {key}"
            )));
        }
        return match to.as_slice() {
            [] => Err(Error::RoutingRule(format!(
                "table {name} has been disabled"
            ))),
            [one] => match one.split('.').map(unquote).collect::<Vec<_>>().as_slice() {
                [home, table] => look_up(catalog, Some(home), table).map(Some),
                [table] => Err(Error::RoutingRule(format!(
                    "table {table} must be qualified"
                ))),
                _ => Err(Error::RoutingRule(format!(
                    "invalid table name: '{one}', it must be of the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)"
                ))),
            },
            many => Err(Error::RoutingRule(format!(
                "table {key} has more than one target: [{}]",
                many.join(" ")
            ))),
        };
    }
    Ok(None)
}

/// Looks a table up in a keyspace, or among all.
pub(crate) fn look_up(
    catalog: &Catalog,
    keyspace: Option<&str>,
    name: &str,
) -> Result<Table, Error> {
    let home = match keyspace {
        Some(given) => {
            let found = catalog.keyspaces.get(given);
            found.ok_or_else(|| Error::UnknownKeyspace(given.to_owned()))?
        }
        None => global_home(catalog, name)?,
    };
    let listed = home.vschema.tables.contains_key(name);
    if listed || !home.vschema.sharded {
        return Table::build(catalog, home, name);
    }
    Err(Error::UnknownTable(name.to_owned()))
}

/// Returns the only keyspace that knows an unqualified name.
fn global_home<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Arc<Keyspace>, Error> {
    let open = || {
        catalog
            .keyspaces
            .values()
            .filter(|k| !k.vschema.require_explicit_routing)
    };
    let mut homes: Vec<&Arc<Keyspace>> = open()
        .filter(|k| k.vschema.tables.contains_key(name))
        .collect();
    if homes.len() > 1 {
        // A reference table whose source bears the same name stands behind its source.
        homes.retain(|k| {
            let source = source_name(&k.vschema.tables[name].source);
            source.is_none_or(|source| source.name != name)
        });
    }
    match homes.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut all = catalog.keyspaces.values();
            if let (Some(only), None) = (all.next(), all.next()) {
                return Ok(only);
            }
            let mut tracked = catalog
                .keyspaces
                .values()
                .filter(|k| !k.vschema.sharded && k.tables.contains_key(name));
            match (tracked.next(), tracked.next()) {
                (Some(only), None) => Ok(only),
                (Some(_), Some(_)) => Err(Error::AmbiguousTable(name.to_owned())),
                _ => Err(Error::UnknownTable(name.to_owned())),
            }
        }
        _ => Err(Error::AmbiguousTable(name.to_owned())),
    }
}
