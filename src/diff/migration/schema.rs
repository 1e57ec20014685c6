//! Two schemas compared as the statements between them, each with what it depends on, and an order in which they run.
//!
//! Statements that have nothing to do with each other are apart: each group of dependent ones is ordered by itself, and
//! every step of an order is a valid schema. What a change needs comes from [`Ddl::needs`], as for every other order (see
//! [`dependency`](crate::catalog::dependency)). Rules: Vitess `go/vt/schemadiff/schema.go`,
//! `schema_diff.go`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::annotate::{self, Annotations};
use super::definition::{self, Refusal};
use super::hints::{ForeignKeyCheck, Hints, Rename};
use super::instant::{self, InstantDdl};
use super::order;
use crate::catalog::Defaults;
use crate::catalog::declared::{Entity, Schema, covers, names, parents};
use crate::sql::TableName;
use crate::sql::ddl::{
    AlterClause, CreateTable, CreateTableStatement, CreateView, Ddl, ForeignKey,
};
use crate::sql::print::query::{self, Quoting, ddl};

/// One statement between two schemas, or between two definitions.
#[derive(Debug, Clone)]
pub struct Change {
    /// The statement.
    pub statement: Ddl,
    /// What it is about, before; absent if it comes.
    pub from: Option<Entity>,
    /// What it is about, after; absent if it goes.
    pub to: Option<Entity>,
    /// What it removes and adds; absent where that is everything.
    annotations: Option<Annotations>,
}

impl Change {
    /// Returns the name of what it is about, before if there is one.
    pub fn name(&self) -> &str {
        let entity = self.from.as_ref().or(self.to.as_ref());
        entity.map_or("", Entity::name)
    }

    /// Returns the statement in Vitess's short form.
    pub fn short(&self) -> String {
        ddl(&self.statement, Quoting::Needed)
    }

    /// Returns the statement in Vitess's canonical form.
    pub fn canonical(&self) -> String {
        ddl(&self.statement, Quoting::Canonical)
    }

    /// Returns the definitions before and after as one text: removed lines start with `-`, added ones with `+`, others
    /// with a space.
    pub fn unified(&self) -> String {
        let text = |entity: &Entity| match entity {
            Entity::Table(table) => query::table(table, Quoting::Canonical),
            Entity::View(view) => query::view(view, Quoting::Canonical),
        };
        let (from, to) = (self.from.as_ref().map(text), self.to.as_ref().map(text));
        annotate::unified(from.as_deref(), to.as_deref(), self.annotations.as_ref())
    }

    /// Returns whether the statement can be done with ALGORITHM=INSTANT; other statements than ALTER TABLE have none.
    pub fn instant(&self) -> InstantDdl {
        match (&self.statement, &self.from) {
            (Ddl::AlterTable(alter), Some(Entity::Table(table))) => {
                match instant::is_possible(table, &alter.clauses) {
                    true => InstantDdl::Possible,
                    false => InstantDdl::Impossible,
                }
            }
            _ => InstantDdl::Irrelevant,
        }
    }

    /// Tells whether the change of a table must be done before a foreign key to it can come.
    fn prepares(&self, key: &ForeignKey) -> bool {
        match &self.statement {
            Ddl::CreateTable(_) => true,
            Ddl::AlterTable(alter) => {
                let table = self.from.as_ref().and_then(Entity::as_table);
                let mut clauses = alter.clauses.iter();
                clauses.any(|clause| prepares(clause, key, table.map(AsRef::as_ref)))
            }
            _ => false,
        }
    }

    fn create(entity: &Entity) -> Self {
        let statement = match entity {
            Entity::Table(table) => Ddl::CreateTable(Box::new(CreateTableStatement::of(
                CreateTable::clone(table),
            ))),
            Entity::View(view) => Ddl::CreateView(CreateView::clone(view)),
        };
        Self {
            statement,
            from: None,
            to: Some(entity.clone()),
            annotations: None,
        }
    }

    fn drop(entity: &Entity) -> Self {
        let name = |name: &TableName| vec![name.clone()];
        let statement = match entity {
            Entity::Table(table) => Ddl::DropTable {
                names: name(&table.name),
                if_exists: false,
                temporary: false,
            },
            Entity::View(view) => Ddl::DropView {
                names: name(&view.name),
                if_exists: false,
            },
        };
        Self {
            statement,
            from: Some(entity.clone()),
            to: None,
            annotations: None,
        }
    }

    /// The group in which schemadiff first tries a statement: what goes, what changes, what comes.
    pub(super) fn rank(&self) -> u8 {
        match &self.statement {
            Ddl::DropView { .. } => 0,
            Ddl::DropTable { .. } => 1,
            Ddl::AlterTable(_) => 2,
            Ddl::RenameTable(_) => 3,
            Ddl::AlterView(_) => 4,
            Ddl::CreateTable(_) => 5,
            _ => 6,
        }
    }
}

/// Returns the statements between two tables, either of which may be absent.
///
/// # Errors
/// As [`definition::alter`].
pub fn tables(
    from: Option<&CreateTable>,
    to: Option<&CreateTable>,
    defaults: &Defaults,
    hints: &Hints,
) -> Result<Vec<Change>, Refusal> {
    let entity = |table: &CreateTable| Entity::Table(Arc::new(table.clone()));
    between(
        from.map(entity).as_ref(),
        to.map(entity).as_ref(),
        defaults,
        hints,
    )
}

/// Returns the statement between two views, either of which may be absent.
pub fn views(from: Option<&CreateView>, to: Option<&CreateView>) -> Vec<Change> {
    let entity = |view: &CreateView| Entity::View(Arc::new(view.clone()));
    let changes = between(
        from.map(entity).as_ref(),
        to.map(entity).as_ref(),
        &Defaults::default(),
        &Hints::default(),
    );
    changes.expect("no two views are refused")
}

fn between(
    from: Option<&Entity>,
    to: Option<&Entity>,
    defaults: &Defaults,
    hints: &Hints,
) -> Result<Vec<Change>, Refusal> {
    Ok(match (from, to) {
        (None, None) => Vec::new(),
        (None, Some(to)) => vec![Change::create(to)],
        (Some(from), None) => vec![Change::drop(from)],
        (Some(Entity::Table(before)), Some(Entity::Table(after))) => {
            let alteration = definition::alter(before, after, defaults, hints)?;
            let annotations = alteration.annotations;
            let changes = alteration.statements.into_iter().map(|alter| Change {
                statement: Ddl::AlterTable(alter),
                from: from.cloned(),
                to: to.cloned(),
                annotations: Some(annotations.clone()),
            });
            changes.collect()
        }
        (Some(Entity::View(before)), Some(Entity::View(after))) => {
            let wanted = CreateView {
                name: before.name.clone(),
                ..CreateView::clone(after)
            };
            let text = |view: &CreateView| query::view(view, Quoting::Canonical);
            if text(before) == text(&wanted) {
                Vec::new()
            } else {
                vec![Change {
                    statement: Ddl::AlterView(wanted),
                    from: from.cloned(),
                    to: to.cloned(),
                    annotations: None,
                }]
            }
        }
        // A table becomes a view, or the other way round.
        (Some(from), Some(to)) => vec![Change::drop(from), Change::create(to)],
    })
}

/// How one change depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    /// One of them may have to come first.
    Order,
    /// The other must be done when this one starts.
    Sequential,
}

/// The changes between two schemas.
#[derive(Debug, Clone)]
pub struct SchemaDiff {
    from: Schema,
    to: Schema,
    hints: Hints,
    /// What goes, what changes and what comes.
    pub changes: Vec<Change>,
    /// Pairs of places in `changes`: the first depends on the second.
    pub dependencies: BTreeMap<(usize, usize), Dependency>,
}

/// No order of the changes keeps the schema valid at every step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no valid applicable order for diffs. Diffs found conflicting:\n{}",
    statements.join("\n")
)]
pub struct NoOrder {
    /// The statements that are in each other's way.
    pub statements: Vec<String>,
}

impl SchemaDiff {
    /// Compares two schemas.
    ///
    /// # Errors
    /// As [`definition::alter`].
    pub fn between(from: &Schema, to: &Schema, hints: &Hints) -> Result<Self, Refusal> {
        let (changes, subsequent) = changes(from, to, hints)?;
        let mut diff = Self {
            from: from.clone(),
            to: to.clone(),
            hints: *hints,
            changes,
            dependencies: BTreeMap::new(),
        };
        for (later, first) in subsequent {
            diff.depend(later, first, Dependency::Sequential);
        }
        diff.find_dependencies();
        Ok(diff)
    }

    /// Returns the changes in an order in which every step leaves a valid schema.
    ///
    /// # Errors
    /// [`NoOrder`] with the changes of the first group that has none.
    pub fn ordered(&self) -> Result<Vec<&Change>, NoOrder> {
        let order = order::order(
            &self.from,
            &self.changes,
            &self.dependencies,
            self.hints.foreign_key_check,
        );
        match order {
            Ok(places) => Ok(places.into_iter().map(|at| &self.changes[at]).collect()),
            Err(places) => Err(NoOrder {
                statements: places
                    .into_iter()
                    .map(|at| self.changes[at].canonical())
                    .collect(),
            }),
        }
    }

    /// Tells whether some change must be done when another starts.
    pub fn is_sequential(&self) -> bool {
        self.dependencies
            .values()
            .any(|kind| *kind == Dependency::Sequential)
    }

    /// Returns whether all ALTER TABLE among the changes can be done with ALGORITHM=INSTANT.
    pub fn instant(&self) -> InstantDdl {
        let mut all = InstantDdl::Irrelevant;
        for change in &self.changes {
            all = all.max(change.instant());
        }
        all
    }

    /// Returns the tables that are changed and have foreign keys from or to them on either side, and the tables at the
    /// other ends of these.
    pub fn related_foreign_key_tables(&self) -> BTreeSet<String> {
        let mut related = BTreeSet::new();
        for schema in [&self.from, &self.to] {
            let mut children: HashMap<String, BTreeSet<String>> = HashMap::new();
            for entity in schema.entities() {
                if let Some(table) = entity.as_table() {
                    for parent in parents(table) {
                        children
                            .entry(parent)
                            .or_default()
                            .insert(table.name.name.clone());
                    }
                }
            }
            for change in &self.changes {
                let Some(table) = schema.table(change.name()) else {
                    continue;
                };
                let ends = parents(table).into_iter();
                let ends: Vec<String> = ends
                    .chain(children.get(change.name()).into_iter().flatten().cloned())
                    .filter(|name| schema.table(name).is_some())
                    .collect();
                if !ends.is_empty() {
                    related.insert(change.name().to_owned());
                    related.extend(ends);
                }
            }
        }
        related
    }

    fn depend(&mut self, change: usize, on: usize, kind: Dependency) {
        if change == on {
            return;
        }
        let known = self.dependencies.entry((change, on)).or_insert(kind);
        *known = (*known).max(kind);
    }

    fn find_dependencies(&mut self) {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            places.entry(change.name().to_owned()).or_default().push(at);
        }
        for at in 0..self.changes.len() {
            let change = &self.changes[at];
            let mut needed: BTreeSet<String> = needed_before(change);
            let needs = change.statement.needs();
            needed.extend(needs.into_iter().map(|name| name.name));
            let on = |name: &String| places.get(name).into_iter().flatten().copied();
            let mut found: Vec<(usize, Dependency)> = needed
                .iter()
                .flat_map(on)
                .map(|on| (on, Dependency::Order))
                .collect();
            for key in change.statement.added_foreign_keys() {
                let first = on(&key.referenced_table.name);
                let first = first.filter(|on| self.changes[*on].prepares(key));
                found.extend(first.map(|on| (on, Dependency::Sequential)));
            }
            for (on, kind) in found {
                self.depend(at, on, kind);
            }
        }
    }
}

/// Returns what the definition that a change takes away or alters needs and the new one may not: what a view reads, the
/// parents of foreign keys that are dropped.
fn needed_before(change: &Change) -> BTreeSet<String> {
    match (&change.statement, &change.from) {
        (_, Some(Entity::View(view))) => names(view).tables.into_iter().collect(),
        (Ddl::AlterTable(alter), Some(Entity::Table(table))) => {
            let dropped = alter.clauses.iter().filter_map(|clause| match clause {
                AlterClause::DropForeignKey(name) => Some(name),
                _ => None,
            });
            let key = |name: &String| {
                let is_named = |known: &String| known.eq_ignore_ascii_case(name);
                let mut keys = table.foreign_keys.iter();
                keys.find(|key| key.name.as_ref().is_some_and(is_named))
            };
            let keys = dropped.filter_map(key);
            keys.map(|key| key.referenced_table.name.clone()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Tells whether a clause changes a column that a foreign key refers to, or adds the index that it needs.
fn prepares(clause: &AlterClause, key: &ForeignKey, table: Option<&CreateTable>) -> bool {
    let refers = |name: &str| {
        let columns = key.referenced_columns.iter();
        columns
            .map(|column| column.to_lowercase())
            .any(|column| column == name.to_lowercase())
    };
    match clause {
        AlterClause::ModifyColumn { column, .. } | AlterClause::AddColumn { column, .. } => {
            refers(&column.name)
        }
        AlterClause::DropColumn(name) => refers(name),
        AlterClause::AddIndex(index) => {
            covers(index, &key.referenced_columns)
                && !table.is_some_and(|table| {
                    let mut indexes = table.indexes.iter();
                    indexes.any(|index| covers(index, &key.referenced_columns))
                })
        }
        _ => false,
    }
}

/// Returns the changes in schemadiff's order, and pairs of places: a further change of a table, and its first.
fn changes(
    from: &Schema,
    to: &Schema,
    hints: &Hints,
) -> Result<(Vec<Change>, Vec<(usize, usize)>), Refusal> {
    // What refers goes before what it refers to.
    let gone = from
        .entities()
        .iter()
        .rev()
        .filter(|entity| to.entity(entity.name()).is_none());
    let mut drops: Vec<Change> = gone.map(Change::drop).collect();
    let mut alters: Vec<Vec<Change>> = Vec::new();
    let mut creates: Vec<Change> = Vec::new();
    for wanted in to.entities() {
        let Some(current) = from.entity(wanted.name()) else {
            creates.push(Change::create(wanted));
            continue;
        };
        let mut changes = between(Some(current), Some(wanted), from.defaults(), hints)?;
        match changes.first() {
            None => {}
            Some(first) if first.to.is_none() => {
                creates.extend(changes.pop());
                drops.append(&mut changes);
            }
            Some(_) => alters.push(changes),
        }
    }
    let mut renames = Vec::new();
    if hints.table_rename == Rename::Heuristic {
        while let Some((gone, come)) = look_alike(&drops, &creates) {
            let (gone, come) = (drops.remove(gone), creates.remove(come));
            let name = |entity: &Option<Entity>| {
                let table = entity.as_ref().and_then(Entity::as_table);
                table.map(|table| table.name.clone())
            };
            if let (Some(before), Some(after)) = (name(&gone.from), name(&come.to)) {
                renames.push(Change {
                    statement: Ddl::RenameTable(vec![(before, after)]),
                    from: gone.from,
                    to: come.to,
                    annotations: None,
                });
            }
        }
    }
    let mut all = drops;
    let mut subsequent = Vec::new();
    for group in alters {
        let first = all.len();
        subsequent.extend((1..group.len()).map(|later| (first + later, first)));
        all.extend(group);
    }
    all.extend(creates);
    all.extend(renames);
    Ok((all, subsequent))
}

/// Finds a table that goes and one that comes which differ in nothing but their names.
fn look_alike(drops: &[Change], creates: &[Change]) -> Option<(usize, usize)> {
    let table = |entity: &Option<Entity>| entity.as_ref().and_then(Entity::as_table).cloned();
    drops.iter().enumerate().find_map(|(gone, drop)| {
        let before = table(&drop.from)?;
        let same = |create: &Change| {
            table(&create.to).is_some_and(|after| {
                let renamed = CreateTable {
                    name: after.name.clone(),
                    ..CreateTable::clone(&before)
                };
                renamed == *after
            })
        };
        Some((gone, creates.iter().position(same)?))
    })
}

impl From<ForeignKeyCheck> for crate::catalog::declared::References {
    fn from(check: ForeignKeyCheck) -> Self {
        match check {
            ForeignKeyCheck::Ignore => Self::Ignore,
            ForeignKeyCheck::Strict | ForeignKeyCheck::CreateTableFirst => Self::Strict,
        }
    }
}
