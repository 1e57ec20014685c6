//! Three catalogs into one: every object by identity, every cell of it by itself.
//!
//! The catalogs may be partial, as long as all three hold the same files. Each is first brought to the merged names
//! ([`names`]); then objects are merged as rows of their relations ([`crate::relation::describe`]), and the merged rows
//! are put together again from the parts of the sides that they agree with, so that no text is parsed anew. Lists whose
//! order has a meaning (key parts, the columns of a vindex, targets of a rule) are one cell.

mod definition;
mod entry;
mod names;
mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cells::Shape;
use super::rows::{self, Pair};
use super::{CatalogViolation, Conflict, Kind, Options, RelationConflicts, Version};
use crate::catalog::vschema::{Document, ForeignKeyMode, MultiTenantSpec, Rules, Vindex};
use crate::catalog::{Catalog, Identities, Keyspace};
use crate::relation::describe::describe;
use crate::relation::{Relation, Row, Schema};
use crate::sql::ddl::CreateView;
use crate::value::Value;

use names::Named;

/// What was decided about conflicts of the catalog: relation and key, and the version that holds there.
pub type Decisions = BTreeMap<(String, Vec<String>), Version>;

/// Tables by keyspace and identity.
pub type Tables = BTreeSet<(String, String)>;

/// What to merge.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What both sides started from.
    pub base: &'a Catalog,
    /// Our side.
    pub ours: &'a Catalog,
    /// Their side.
    pub theirs: &'a Catalog,
    /// Tables whose rows differ between base and ours, by identity.
    pub our_rows: &'a Tables,
    /// Tables whose rows differ between base and theirs.
    pub their_rows: &'a Tables,
    /// What was decided before.
    pub decisions: &'a Decisions,
}

/// What merging catalogs gave.
#[derive(Debug, Clone, Default)]
pub struct MergedCatalog {
    /// The merged catalog, ours in clashing cells. Its vindexes are not made.
    pub catalog: Catalog,
    /// Conflicts by relation, in the order of `describe`.
    pub conflicts: Vec<RelationConflicts>,
    /// What could not be put together.
    pub violations: Vec<CatalogViolation>,
    /// Tables whose rows are not merged but those of one version: ours as long as conflicts of the definition are not
    /// resolved, or what was decided about a table that one side removed. By keyspace and name.
    pub rows_of: BTreeMap<(String, String), Version>,
    /// What was chosen where nothing clashes and yet somebody may be surprised.
    pub notices: Vec<String>,
}

/// Merges three catalogs.
pub fn merge(input: &Input<'_>, options: &Options) -> MergedCatalog {
    let originals = [input.base, input.ours, input.theirs];
    let all = originals.map(names::names);
    let mut names = names::merge(&all[0], &all[1], &all[2]);
    names.decide(&all[2], input.decisions);
    let sides: [Catalog; 3] =
        std::array::from_fn(|at| names.applied(originals[at], &all[at], at == 0));
    let described = [0, 1, 2].map(|at| described(&sides[at]));
    let mut merge = Merge {
        sides: &sides,
        described: &described,
        input,
        options,
        merged: MergedCatalog::default(),
        conflicts: BTreeMap::new(),
    };
    if !names.clashes.is_empty() || !names.refused.is_empty() {
        merge.renames(&names, &originals);
    }
    merge.keyspaces();
    merge.tables();
    merge.rules();
    merge.finish()
}

/// Relations by name, with their rows by keyspace and, in relations of tables, table identity.
type Described = BTreeMap<String, (Arc<Schema>, BTreeMap<(String, String), Vec<Row>>)>;

/// Relations whose second key column is a table's identity.
const OF_TABLES: [&str; 8] = [
    "tables",
    "columns",
    "indexes",
    "foreign_keys",
    "checks",
    "partitions",
    "column_vindexes",
    "vschema_columns",
];

fn described(catalog: &Catalog) -> Described {
    let relations = describe(catalog).into_iter().map(|relation| {
        let name = relation.schema.name.clone();
        let of_table = OF_TABLES.contains(&name.as_str());
        let mut groups: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
        for (row, _) in relation.rows {
            let table = if of_table {
                word(&row, 1)
            } else {
                String::new()
            };
            groups.entry((word(&row, 0), table)).or_default().push(row);
        }
        (name, (relation.schema, groups))
    });
    relations.collect()
}

/// A cell's text; empty for NULL.
fn word(row: &Row, at: usize) -> String {
    row.get(at)
        .and_then(Value::to_text)
        .map_or(String::new(), Into::into)
}

/// The key of a catalog row as texts.
pub fn key_texts(schema: &Schema, row: &Row) -> Vec<String> {
    schema.key.iter().map(|&at| word(row, at)).collect()
}

struct Merge<'a> {
    sides: &'a [Catalog; 3],
    described: &'a [Described; 3],
    input: &'a Input<'a>,
    options: &'a Options,
    merged: MergedCatalog,
    /// By relation: the schema, and the conflicts.
    conflicts: BTreeMap<String, (Arc<Schema>, Vec<Conflict>)>,
}

impl<'a> Merge<'a> {
    /// Returns the rows of a relation that belong to a keyspace and, in relations of tables, to a table.
    fn rows(&self, side: usize, relation: &str, keyspace: &str, table: &str) -> Vec<Row> {
        let groups = self.described[side].get(relation);
        groups
            .and_then(|(_, groups)| groups.get(&(keyspace.to_owned(), table.to_owned())))
            .cloned()
            .unwrap_or_default()
    }

    fn schema(&self, relation: &str) -> Arc<Schema> {
        self.described[1][relation].0.clone()
    }

    /// Merges rows of one relation and notes the conflicts. Returns the merged rows.
    fn merge_rows(&mut self, schema: &Arc<Schema>, rows: [Vec<Row>; 3]) -> Vec<Row> {
        let [base, ours, theirs] = rows.map(|rows| {
            let counted = rows.into_iter().map(|row| (row, 1)).collect();
            Relation::new(schema.as_ref().clone(), counted).rows
        });
        let shape = Shape::uniform(schema, schema, schema);
        let pair = |to: &Vec<(Row, u64)>| Pair {
            from: base.clone(),
            to: to.clone(),
        };
        let merged = rows::merge(&shape, pair(&ours), pair(&theirs), self.options);
        let mut relation = rows::applied(&shape, &ours, &merged);
        for conflict in merged.conflicts {
            let Some(decided) = self.decided(schema, &conflict) else {
                self.note(schema, conflict);
                continue;
            };
            let settled = rows::settled(&shape, &conflict, decided, self.options);
            let key = conflict_key(schema, &conflict);
            relation
                .rows
                .retain(|(row, _)| key_texts(schema, row) != key);
            relation.rows.extend(settled);
        }
        relation.rows.into_iter().map(|(row, _)| row).collect()
    }

    fn decided(&self, schema: &Schema, conflict: &Conflict) -> Option<Version> {
        let key = (schema.name.clone(), conflict_key(schema, conflict));
        self.input.decisions.get(&key).copied()
    }

    /// Notes a conflict; one of a row that has one already adds its columns to that.
    fn note(&mut self, schema: &Arc<Schema>, conflict: Conflict) {
        let key = conflict_key(schema, &conflict);
        let (_, noted) = self
            .conflicts
            .entry(schema.name.clone())
            .or_insert_with(|| (schema.clone(), Vec::new()));
        match noted
            .iter_mut()
            .find(|known| conflict_key(schema, known) == key)
        {
            Some(known) => known.columns.extend(conflict.columns),
            None => noted.push(conflict),
        }
    }

    /// Notes that one side removed what the other changed, unless it was decided. Returns the version that holds: ours
    /// where nothing was.
    fn removed(&mut self, schema: &Arc<Schema>, rows: [Option<Row>; 3]) -> Version {
        let kind = match &rows {
            [_, None, _] => Kind::DeleteEdit,
            _ => Kind::EditDelete,
        };
        let conflict = whole(kind, rows, Vec::new());
        match self.decided(schema, &conflict) {
            Some(version) => version,
            None => {
                self.note(schema, conflict);
                Version::Ours
            }
        }
    }

    fn violation(&mut self, kind: &'static str, object: String, message: String) {
        self.merged.violations.push(CatalogViolation {
            kind,
            object,
            message,
        });
    }

    /// Notes what both renamed, and what was added under a taken name, as the sides themselves call it.
    fn renames(&mut self, names: &names::MergedNames, originals: &[&Catalog; 3]) {
        let original = originals.map(described);
        let refused = names.refused.iter().map(|key| (key, Kind::AddAdd));
        let clashes = names.clashes.iter().map(|key| (key, Kind::RenameRename));
        for ((keyspace, named, table, identity), kind) in clashes.chain(refused) {
            let (relation, column, own) = match named {
                Named::Table => ("tables", "table", 1),
                Named::Column => ("columns", "column", 3),
                Named::Index => ("indexes", "index", 3),
            };
            let schema = self.schema(relation);
            let rows = [0, 1, 2].map(|side: usize| {
                let group = &original[side][relation].1;
                let rows = group.get(&(keyspace.clone(), table.clone()))?;
                rows.iter().find(|row| word(row, own) == *identity).cloned()
            });
            if rows.iter().all(Option::is_none) {
                continue;
            }
            let conflict = whole(kind, rows, vec![column.to_owned()]);
            if self.decided(&schema, &conflict).is_none() {
                self.note(&schema, conflict);
            }
        }
    }

    fn keyspaces(&mut self) {
        let names: BTreeSet<&String> = self
            .sides
            .iter()
            .flat_map(|side| side.keyspaces.keys())
            .collect();
        for name in names {
            let sides = [0, 1, 2].map(|side: usize| self.sides[side].keyspaces.get(name));
            let of: [Option<&Keyspace>; 3] = sides.map(|side| side.map(AsRef::as_ref));
            let same = |one: Option<&Keyspace>, other: Option<&Keyspace>| match (one, other) {
                (Some(one), Some(other)) => {
                    one.vschema == other.vschema
                        && one.shards == other.shards
                        && one.tables == other.tables
                        && one.views == other.views
                }
                (one, other) => one.is_none() == other.is_none(),
            };
            match of {
                [Some(_), None, None] | [None, None, None] => continue,
                [Some(_), None, Some(_)] | [Some(_), Some(_), None] => {
                    let (other, at) = if of[1].is_none() {
                        (of[2], 2)
                    } else {
                        (of[1], 1)
                    };
                    let mut holds = if at == 1 {
                        Version::Theirs
                    } else {
                        Version::Ours
                    };
                    if !same(of[0], other) {
                        let rows =
                            [0, 1, 2].map(|side| self.rows(side, "keyspaces", name, "").pop());
                        let schema = self.schema("keyspaces");
                        holds = self.removed(&schema, rows);
                    }
                    if let Some(kept) = of[holds as usize] {
                        let kept = Arc::new(kept.clone());
                        self.merged.catalog.keyspaces.insert(name.clone(), kept);
                    }
                    continue;
                }
                _ => {}
            }
            let merged = self.keyspace(name, of);
            self.merged
                .catalog
                .keyspaces
                .insert(name.clone(), Arc::new(merged));
        }
    }

    /// Merges a keyspace but its tables.
    fn keyspace(&mut self, name: &str, of: [Option<&Keyspace>; 3]) -> Keyspace {
        let merge = |this: &mut Self, relation: &str| {
            let schema = this.schema(relation);
            let rows = [0, 1, 2].map(|side| this.rows(side, relation, name, ""));
            this.merge_rows(&schema, rows)
        };
        let cells = merge(self, "keyspaces");
        let shards = merge(self, "shards");
        let views = merge(self, "views");
        let vindexes = self.vindexes(name);
        let mut vschema = Document::default();
        if let Some(row) = cells.first() {
            vschema.sharded = word(row, 1) == "true";
            vschema.foreign_key_mode = match word(row, 2).as_str() {
                "disallow" => ForeignKeyMode::Disallow,
                "unmanaged" => ForeignKeyMode::Unmanaged,
                "managed" => ForeignKeyMode::Managed,
                _ => ForeignKeyMode::Unspecified,
            };
            vschema.require_explicit_routing = word(row, 3) == "true";
            vschema.multi_tenant = (!row[4].is_null()).then(|| MultiTenantSpec {
                column: word(row, 4),
                column_type: word(row, 5),
            });
        }
        vschema.vindexes = vindexes;
        Keyspace {
            name: name.to_owned(),
            vschema,
            shards: self.shards(shards, of),
            views: views
                .iter()
                .filter_map(|row| self.view(name, row))
                .map(|view| (view.name.name.clone(), view))
                .collect(),
            ..Keyspace::default()
        }
    }

    /// Shards in the order of the side that has them all, or by name.
    fn shards(&self, rows: Vec<Row>, of: [Option<&Keyspace>; 3]) -> Vec<String> {
        let merged: BTreeSet<String> = rows.iter().map(|row| word(row, 1)).collect();
        let sides = [1, 2, 0].into_iter().filter_map(|side: usize| of[side]);
        let mut lists = sides.map(|side| &side.shards);
        let same = lists.find(|list| {
            list.len() == merged.len() && list.iter().all(|shard| merged.contains(shard))
        });
        same.cloned()
            .unwrap_or_else(|| merged.into_iter().collect())
    }

    fn vindexes(&mut self, keyspace: &str) -> BTreeMap<String, Vindex> {
        let schema = self.schema("vindexes");
        let params = 4;
        let rows = [0, 1, 2].map(|side| {
            let mut rows = self.rows(side, "vindexes", keyspace, "");
            for row in &mut rows {
                // No parameters are an object without members: each parameter merges by itself.
                if row[params].is_null() {
                    row[params] = Value::Json("{}".to_owned());
                }
            }
            rows
        });
        let merged = self.merge_rows(&schema, rows).into_iter();
        let vindex = |row: Row| {
            let vindex = Vindex {
                vindex_type: word(&row, 2),
                owner: word(&row, 3),
                params: serde_json::from_str(&word(&row, params)).unwrap_or_default(),
            };
            (word(&row, 1), vindex)
        };
        merged.map(vindex).collect()
    }

    /// Puts a view together: cell by cell from the sides whose cells are the merged ones.
    fn view(&self, keyspace: &str, row: &Row) -> Option<CreateView> {
        let name = word(row, 2);
        let sides = [1, 2, 0].map(|side: usize| {
            let view = self.sides[side].keyspaces.get(keyspace)?.views.get(&name)?;
            let rows = self.rows(side, "views", keyspace, "");
            let described = rows.into_iter().find(|described| described[1] == row[1])?;
            Some((described, view))
        });
        let pick = |at: usize| pick(row, at, &sides);
        let mut view = pick(3)?.clone();
        view.columns.clone_from(&pick(4)?.columns);
        view.algorithm.clone_from(&pick(5)?.algorithm);
        view.definer.clone_from(&pick(6)?.definer);
        view.security.clone_from(&pick(7)?.security);
        view.check_option.clone_from(&pick(8)?.check_option);
        Some(view)
    }

    fn tables(&mut self) {
        let tables: BTreeSet<(String, String)> = self
            .described
            .iter()
            .flat_map(|side| side["tables"].1.keys().cloned())
            .collect();
        let kept: Vec<String> = self.merged.catalog.keyspaces.keys().cloned().collect();
        for (keyspace, identity) in tables {
            let whole = |side: usize| self.sides[side].keyspaces.contains_key(&keyspace);
            // A keyspace that one side removed was settled as a whole.
            if !kept.contains(&keyspace) || (whole(0) && !(whole(1) && whole(2))) {
                continue;
            }
            if self.untouched(&keyspace, &identity) {
                continue;
            }
            let definition = self.definition(&keyspace, &identity);
            let entry = self.entry(&keyspace, &identity);
            let rows =
                [1, 2, 0].map(|side: usize| self.rows(side, "tables", &keyspace, &identity).pop());
            let Some(name) = rows.iter().flatten().map(|row| word(row, 2)).next() else {
                continue;
            };
            let Some(merged) = self.merged.catalog.keyspaces.get_mut(&keyspace) else {
                continue;
            };
            let merged = Arc::make_mut(merged);
            if let Some(definition) = definition {
                merged.tables.insert(name.clone(), Arc::new(definition));
            }
            if let Some(entry) = entry {
                merged.vschema.tables.insert(name, entry);
            }
        }
        for keyspace in kept {
            self.identities(&keyspace);
        }
    }

    /// Takes over a table that all three versions have alike, under one name; tells whether it is one.
    fn untouched(&mut self, keyspace: &str, identity: &str) -> bool {
        let key = (keyspace.to_owned(), identity.to_owned());
        let of = [0, 1, 2].map(|side: usize| {
            let row = self.described[side]["tables"].1.get(&key)?.first()?;
            let name = word(row, 2);
            let declared = self.sides[side].keyspaces.get(keyspace)?;
            let (table, entry) = (
                declared.tables.get(&name),
                declared.vschema.tables.get(&name),
            );
            Some((name, table, entry))
        });
        let [Some((name, table, entry)), ours, theirs] = of else {
            return false;
        };
        let same = Some((name.clone(), table, entry));
        if ours != same || theirs != same {
            return false;
        }
        let (table, entry) = (table.cloned(), entry.cloned());
        if let Some(merged) = self.merged.catalog.keyspaces.get_mut(keyspace) {
            let merged = Arc::make_mut(merged);
            merged
                .tables
                .extend(table.map(|table| (name.clone(), table)));
            merged
                .vschema
                .tables
                .extend(entry.map(|entry| (name, entry)));
        }
        true
    }

    /// Records the renames of the merged objects. Tables that no side loaded keep our record: nobody changed them.
    fn identities(&mut self, name: &str) {
        let loaded: BTreeSet<&String> = self
            .sides
            .iter()
            .filter_map(|side| side.keyspaces.get(name))
            .flat_map(|side| side.tables.keys().chain(side.vschema.tables.keys()))
            .collect();
        let recorded = [1, 2, 0].map(|side: usize| {
            self.sides[side]
                .keyspaces
                .get(name)
                .map(|side| &side.identities)
        });
        let Some(merged) = self.merged.catalog.keyspaces.get(name) else {
            return;
        };
        let mut identities = recorded[0].cloned().unwrap_or_default();
        identities.tables.retain(|table, _| !loaded.contains(table));
        identities
            .columns
            .retain(|table, _| !loaded.contains(table));
        identities
            .indexes
            .retain(|table, _| !loaded.contains(table));
        let present: BTreeSet<&String> = merged
            .tables
            .keys()
            .chain(merged.vschema.tables.keys())
            .collect();
        for table in present {
            let known = || recorded.iter().flatten();
            if let Some(identity) = known().find_map(|side| side.tables.get(table)) {
                identities.tables.insert(table.clone(), identity.clone());
            }
            let parts = |of: fn(&Identities) -> &BTreeMap<String, BTreeMap<String, String>>,
                         exists: &dyn Fn(&str) -> bool| {
                let mut parts = BTreeMap::new();
                for side in known() {
                    for (part, identity) in of(side).get(table).into_iter().flatten() {
                        if exists(part) {
                            parts
                                .entry(part.clone())
                                .or_insert_with(|| identity.clone());
                        }
                    }
                }
                parts
            };
            let definition = merged.tables.get(table);
            let entry = merged.vschema.tables.get(table);
            let column = |name: &str| {
                definition.is_some_and(|table| table.column(name).is_some())
                    || entry
                        .is_some_and(|entry| entry.columns.iter().any(|column| column.name == name))
            };
            let index = |name: &str| definition.is_some_and(|table| table.index(name).is_some());
            let (columns, indexes) = (
                parts(|side| &side.columns, &column),
                parts(|side| &side.indexes, &index),
            );
            identities.columns.insert(table.clone(), columns);
            identities.indexes.insert(table.clone(), indexes);
        }
        if let Some(merged) = self.merged.catalog.keyspaces.get_mut(name) {
            Arc::make_mut(merged).identities = identities.normalized();
        }
    }

    fn rules(&mut self) {
        let [base, ours, theirs] = [0, 1, 2].map(|side: usize| &self.sides[side].rules);
        if ours == theirs || base == theirs {
            self.merged.catalog.rules = ours.clone();
            return;
        }
        if base == ours {
            self.merged.catalog.rules = theirs.clone();
            return;
        }
        let mut merge = |relation: &str| -> Vec<Row> {
            let schema = self.schema(relation);
            let rows = [0, 1, 2].map(|side: usize| {
                let groups = self.described[side][relation].1.values();
                groups.flatten().cloned().collect()
            });
            self.merge_rows(&schema, rows)
        };
        let routing = merge("routing_rules");
        let shard = merge("shard_routing_rules");
        let keyspace = merge("keyspace_routing_rules");
        let mirror = merge("mirror_rules");
        // A rule stands as the side has it that agrees; the order is ours, then what they added.
        fn list<T: Clone>(
            merged: &[Row],
            sides: [&[T]; 2],
            row: impl Fn(&T) -> Vec<String>,
        ) -> Vec<T> {
            let merged: Vec<Vec<String>> = merged
                .iter()
                .map(|row| (0..row.len()).map(|at| word(row, at)).collect())
                .collect();
            let mut list: Vec<T> = Vec::new();
            let mut taken: BTreeSet<Vec<String>> = BTreeSet::new();
            for rule in sides.into_iter().flatten() {
                let cells = row(rule);
                if merged.contains(&cells) && taken.insert(cells) {
                    list.push(rule.clone());
                }
            }
            list
        }
        let listed = |names: &[String]| crate::relation::describe::list_text(names);
        self.merged.catalog.rules = Rules {
            routing: list(&routing, [&ours.routing, &theirs.routing], |(from, to)| {
                vec![from.clone(), listed(to)]
            }),
            shard: list(&shard, [&ours.shard, &theirs.shard], |(from, to, shard)| {
                vec![from.clone(), shard.clone(), to.clone()]
            }),
            keyspace: list(
                &keyspace,
                [&ours.keyspace, &theirs.keyspace],
                |(from, to)| vec![from.clone(), to.clone()],
            ),
            mirror: list(
                &mirror,
                [&ours.mirror, &theirs.mirror],
                |(from, to, percent)| {
                    let percent = Value::Float(*percent)
                        .to_text()
                        .map_or(String::new(), Into::into);
                    vec![from.clone(), to.clone(), percent]
                },
            ),
        };
    }

    fn finish(mut self) -> MergedCatalog {
        let order = |name: &str| {
            let names = crate::relation::describe::RELATIONS;
            names.iter().position(|known| *known == name)
        };
        let mut conflicts: Vec<RelationConflicts> = self
            .conflicts
            .into_iter()
            .map(|(relation, (schema, mut rows))| {
                rows.sort_by_cached_key(|conflict| conflict_key(&schema, conflict));
                RelationConflicts {
                    relation,
                    shard: None,
                    base: Some(schema.clone()),
                    ours: Some(schema.clone()),
                    theirs: Some(schema),
                    rows,
                }
            })
            .collect();
        conflicts.sort_by_key(|relation| order(&relation.relation));
        self.merged.conflicts = conflicts;
        self.merged.violations.sort();
        self.merged
    }
}

/// Returns the key of the row that a conflict is about.
pub fn conflict_key(schema: &Schema, conflict: &Conflict) -> Vec<String> {
    let versions = [&conflict.ours, &conflict.theirs, &conflict.base];
    let row = versions.into_iter().flatten().next();
    row.map(|(row, _)| key_texts(schema, row))
        .unwrap_or_default()
}

fn whole(kind: Kind, rows: [Option<Row>; 3], columns: Vec<String>) -> Conflict {
    let [base, ours, theirs] = rows.map(|row| row.map(|row| (row, 1)));
    Conflict {
        kind,
        base,
        ours,
        theirs,
        columns,
    }
}

/// Returns what the first side has whose cell at this place is the merged one; the first side's where none is.
fn pick<'p, T: ?Sized>(row: &Row, at: usize, sides: &[Option<(Row, &'p T)>; 3]) -> Option<&'p T> {
    let mut known = sides.iter().flatten();
    let agreeing = known.find(|(described, _)| described.get(at) == row.get(at));
    agreeing
        .or_else(|| sides.iter().flatten().next())
        .map(|(_, part)| *part)
}

#[cfg(test)]
mod tests;
