//! What was found to build, noted, so that a commit is checked for what it changes and what depends on that.
//!
//! The note names a tree whose catalog was built whole, and what its tables and views refer to. From there a change of a
//! few files is judged by a part of the catalog: the changed objects, those that name them, and all that these look at.
//! The part only ever acquits: whenever it finds something, or a change is of a kind whose reach is not known here, the
//! whole catalog is built and speaks. The note can be deleted; it is made again by the next commit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Error, Workspace, place};
use crate::catalog::files::{self, Config, Place};
use crate::catalog::vschema::{Document, ForeignKeyMode};
use crate::catalog::{Catalog, Table};
use crate::review;
use crate::sql::ddl::CreateView;
use crate::sql::parse_table_name;
use crate::store::{Revision, TreeId};

/// The note's name in `.git/vrev/`.
const NOTE: &str = "verified";
/// More changed objects than this, or objects that name them, are judged with the whole catalog.
const LIMIT: usize = 400;

/// Checks that block and whose findings about an object depend on that object, on those that it names, and on what the
/// VSchemas say of them. Another one is asked only with the whole catalog.
const LOCAL: &[&str] = &[
    "column-list-mismatch",
    "fk-collation-mismatch",
    "fk-cross-keyspace",
    "fk-cross-shard",
    // Looks at a whole keyspace: changes of foreign keys where it applies are judged with the whole catalog.
    "fk-cycle-managed",
    "fk-generated-column",
    "fk-mode-disallow",
    "fk-parent-index",
    "fk-references-view",
    "fk-type-mismatch",
    "fk-unknown-column",
    "fk-unknown-table",
    "lookup-owner-not-using",
    "lookup-owner-unknown",
    "lookup-table-columns",
    "lookup-table-missing",
    "lookup-table-unique-key",
    // Of rules: where there are any, what comes, goes or is routed otherwise is judged with the whole catalog.
    "mirror-rule-chain",
    "mirror-rule-duplicate",
    "mirror-rule-percent",
    "mirror-rule-same-keyspace",
    "mirror-rule-target",
    "reference-definition-differs",
    "routing-rule-duplicate",
    "routing-rule-loop",
    "routing-rule-multi",
    "routing-rule-tablet-type",
    "routing-rule-unknown",
    "routing-rule-unqualified",
    "row-too-large",
    "sequence-table-shape",
    "sequence-wrong-type",
    "view-broken",
    "vindex-column-type",
    "vindex-columns",
    "vindex-param-missing",
];

/// A tree that is known to build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Verified {
    /// The program that found it: another one may refuse other things.
    version: String,
    tree: String,
    /// Whether no check that blocks finds anything in it.
    clean: bool,
    /// By path; a file that says nothing of that is left out.
    facts: BTreeMap<String, Facts>,
}

/// What a table or view has to do with others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Facts {
    /// Names of foreign keys and checks, folded and told apart by kind: they are one table's alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<String>,
    /// Tables and views that it names, without keyspace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

/// A keyspace and a table or view, or a vindex.
type Name = (String, String);

/// A change as far as its reach is known.
#[derive(Default)]
struct Change {
    /// Catalog files that changed.
    paths: BTreeSet<String>,
    /// Objects whose definition or VSchema entry changed.
    objects: BTreeSet<Name>,
    /// Keyspaces that gained or lost a table or view.
    moved: BTreeSet<String>,
    /// Whether a VSchema gained or lost a table.
    entries_moved: bool,
}

impl Facts {
    fn of_table(table: &Table) -> Self {
        let definition = &table.definition;
        let names: BTreeSet<&String> = definition.parents().map(|name| &name.name).collect();
        let keys = definition.foreign_keys.iter();
        let keys = keys.filter_map(|key| Some(format!("key {}", fold(key.name.as_ref()?))));
        let checks = definition.checks.iter();
        let checks =
            checks.filter_map(|check| Some(format!("check {}", fold(check.name.as_ref()?))));
        Self {
            constraints: keys.chain(checks).collect(),
            names: names.into_iter().cloned().collect(),
        }
    }

    fn of_view(view: &CreateView) -> Self {
        let names: BTreeSet<String> = view.reads().into_iter().map(|name| name.name).collect();
        Self {
            constraints: Vec::new(),
            names: names.into_iter().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.names.is_empty()
    }

    fn name_one_of(&self, names: &BTreeSet<String>) -> bool {
        self.names.iter().any(|name| names.contains(&fold(name)))
    }
}

impl Verified {
    fn of(catalog: &Catalog, tree: TreeId, clean: bool) -> Self {
        let mut facts = BTreeMap::new();
        for keyspace in catalog.keyspaces.values() {
            let tables = keyspace.tables.iter().map(|(name, table)| {
                let path = place::table_path(&keyspace.name, name);
                (path, Facts::of_table(table))
            });
            let views = keyspace.views.iter().map(|(name, view)| {
                let path = place::view_path(&keyspace.name, name);
                (path, Facts::of_view(view))
            });
            facts.extend(tables.chain(views).filter(|(_, facts)| !facts.is_empty()));
        }
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tree: tree.to_string(),
            clean,
            facts,
        }
    }

    /// Tells whether another file than the changed ones has a constraint of this name in the keyspace.
    fn has_constraint(&self, keyspace: &str, constraint: &String, but: &BTreeSet<String>) -> bool {
        self.facts.iter().any(|(path, facts)| {
            facts.constraints.contains(constraint)
                && !but.contains(path)
                && place::keyspace_of(path).as_deref() == Some(keyspace)
        })
    }
}

impl Workspace {
    /// Returns the tree that is known to build, if there is one.
    pub(super) fn verified(&self) -> Option<Verified> {
        let noted = self.store.derived(NOTE)?;
        let noted: Verified = serde_json::from_slice(&noted).ok()?;
        (noted.version == env!("CARGO_PKG_VERSION")).then_some(noted)
    }

    /// Notes that a tree's catalog builds, and whether no check that blocks finds anything. Not being able to is no harm.
    pub(super) fn note_built(&self, catalog: &Catalog, tree: TreeId, clean: bool) {
        let is_noted = |known: &Verified| known.tree == tree.to_string() && (known.clean || !clean);
        if !self.verified().as_ref().is_some_and(is_noted) {
            self.keep_verified(&Verified::of(catalog, tree, clean));
        }
    }

    fn keep_verified(&self, verified: &Verified) {
        if let Ok(bytes) = serde_json::to_vec(verified) {
            let _ = self.store.keep_derived(NOTE, &bytes);
        }
    }

    /// Tells whether a revision builds, and brings no finding that blocks if it is `judged`, by what changed since the tree
    /// that is known to; `false` if that cannot be told this way.
    pub(super) fn is_known_good(&self, revision: &Revision, judged: bool) -> Result<bool, Error> {
        let Some(mut known) = self.verified() else {
            return Ok(false);
        };
        let Ok(base) = known.tree.parse::<TreeId>() else {
            return Ok(false);
        };
        if judged && !known.clean {
            // What the tree has must be HEAD's, to be nobody's commit.
            let head = self.store.head()?.commit;
            let head = head.map(|head| self.store.commit(head)).transpose()?;
            if head.is_none_or(|head| head.tree != base) {
                return Ok(false);
            }
        }
        let staged = self.store.root_tree(revision)?;
        // The tree may be gone: nothing keeps it.
        let Ok(changes) = self.store.changed_tree_paths(Some(base), Some(staged)) else {
            return Ok(false);
        };
        let paths = changes.paths.into_iter().map(|change| change.path);
        let Some(facts) = self.acquit(&known, base, revision, paths.collect(), judged)? else {
            return Ok(false);
        };
        if judged {
            for (path, facts) in facts {
                if facts.is_empty() {
                    known.facts.remove(&path);
                } else {
                    known.facts.insert(path, facts);
                }
            }
            known.tree = staged.to_string();
            self.keep_verified(&known);
        }
        Ok(true)
    }

    /// Tells whether the working files are known to build. `changed` are the paths in which they differ from the index.
    pub(super) fn are_files_known_good(&self, changed: BTreeSet<String>) -> Result<bool, Error> {
        let Some(known) = self.verified() else {
            return Ok(false);
        };
        let Ok(base) = known.tree.parse::<TreeId>() else {
            return Ok(false);
        };
        let Ok(staged) = self.store.root_tree(&Revision::Staged) else {
            return Ok(false);
        };
        let Ok(changes) = self.store.changed_tree_paths(Some(base), Some(staged)) else {
            return Ok(false);
        };
        let mut paths = changed;
        paths.extend(changes.paths.into_iter().map(|change| change.path));
        let acquitted = self.acquit(&known, base, &Revision::Working, paths, false)?;
        Ok(acquitted.is_some())
    }

    /// Judges a revision by the paths in which it differs from a tree that is known to build. Returns the facts of the
    /// changed files; `None` if the whole catalog is to be asked.
    fn acquit(
        &self,
        known: &Verified,
        base: TreeId,
        revision: &Revision,
        paths: BTreeSet<String>,
        judged: bool,
    ) -> Result<Option<BTreeMap<String, Facts>>, Error> {
        let Some(change) = self.reach(base, revision, paths)? else {
            return Ok(None);
        };
        let names: BTreeSet<String> = change.objects.iter().map(|(_, name)| fold(name)).collect();
        let mut focus = change.objects.clone();
        for (path, facts) in &known.facts {
            if !change.paths.contains(path) && facts.name_one_of(&names) {
                focus.extend(place::defined_by(path));
            }
        }
        if focus.len() > LIMIT {
            return Ok(None);
        }
        let Some(part) = self.judging_part(base, revision, &mut focus, &names)? else {
            return Ok(None);
        };
        if !self.is_apart(known, base, revision, &change, &part)? {
            return Ok(None);
        }
        if judged && !self.is_clean(revision, &part, &focus)? {
            return Ok(None);
        }
        let mut facts: BTreeMap<String, Facts> = change
            .paths
            .iter()
            .map(|path| (path.clone(), Facts::default()))
            .collect();
        for (path, found) in Verified::of(&part, base, true).facts {
            facts.entry(path).and_modify(|facts| *facts = found);
        }
        Ok(Some(facts))
    }

    /// Returns what a change of these paths reaches at first; `None` where that is not known.
    fn reach(
        &self,
        base: TreeId,
        revision: &Revision,
        paths: BTreeSet<String>,
    ) -> Result<Option<Change>, Error> {
        let mut change = Change::default();
        for path in paths {
            if !place::is_catalog_path(&path) {
                continue;
            }
            match Place::of(&path) {
                Ok(Some(
                    Place::Table {
                        keyspace,
                        table: name,
                    }
                    | Place::View {
                        keyspace,
                        view: name,
                    },
                )) => {
                    let was = self.store.tree_file(base, &path)?.is_some();
                    if was != self.store.has_path(revision, &path)? {
                        change.moved.insert(keyspace.clone());
                    }
                    change.objects.insert((keyspace, name));
                }
                Ok(Some(Place::Vschema { keyspace })) => {
                    let Some((old, new)) = self.documents(base, revision, &path)? else {
                        return Ok(None);
                    };
                    for name in old.tables.keys().chain(new.tables.keys()) {
                        let (before, after) = (old.tables.get(name), new.tables.get(name));
                        if before != after {
                            change.entries_moved |= before.is_none() != after.is_none();
                            change.objects.insert((keyspace.clone(), name.clone()));
                        }
                    }
                    let rest = |document: &Document| Document {
                        tables: BTreeMap::new(),
                        ..document.clone()
                    };
                    if rest(&old) != rest(&new) {
                        return Ok(None);
                    }
                }
                _ => return Ok(None),
            }
            change.paths.insert(path);
            if change.objects.len() > LIMIT {
                return Ok(None);
            }
        }
        Ok(Some(change))
    }

    fn documents(
        &self,
        base: TreeId,
        revision: &Revision,
        path: &str,
    ) -> Result<Option<(Document, Document)>, Error> {
        let read = |bytes: Option<Vec<u8>>| Document::from_json(&bytes?).ok();
        let old = read(self.store.read_below(base, path)?);
        let new = read(self.store.read_path(revision, path)?);
        Ok(old.zip(new))
    }

    /// Builds the part of a revision's catalog that judges what is in `focus`: its definitions, what they name, and all
    /// VSchemas, lists of shards and rules. Vindexes and entries that name one of `names` come into the focus.
    fn judging_part(
        &self,
        base: TreeId,
        revision: &Revision,
        focus: &mut BTreeSet<Name>,
        names: &BTreeSet<String>,
    ) -> Result<Option<Catalog>, Error> {
        let mut paths: BTreeSet<String> = self
            .store
            .paths_outside(base, &["tables", "views"])?
            .into_iter()
            .filter(|path| place::is_catalog_path(path))
            .collect();
        paths.extend(focus.iter().flat_map(paths_of));
        let Ok(seen) = files::read(self.files_at(revision, &paths)?) else {
            return Ok(None);
        };
        let mut looked_at = BTreeSet::new();
        for facts in Verified::of(&seen, base, true).facts.into_values() {
            looked_at.extend(facts.names);
        }
        for keyspace in seen.keyspaces.values() {
            for (name, mentioned) in mentions(&keyspace.vschema) {
                if mentioned.iter().any(|name| names.contains(&fold(name))) {
                    focus.insert((keyspace.name.clone(), name));
                    looked_at.extend(mentioned);
                }
            }
        }
        if looked_at.len() > LIMIT || focus.len() > 2 * LIMIT {
            return Ok(None);
        }
        for keyspace in seen.keyspaces.keys() {
            let named = looked_at
                .iter()
                .map(|name| (keyspace.clone(), name.clone()));
            paths.extend(named.flat_map(|name| paths_of(&name)));
        }
        paths.extend(focus.iter().flat_map(paths_of));
        Ok(Catalog::build(self.files_at(revision, &paths)?).ok())
    }

    /// Tells whether a change has no reach beyond what [`Workspace::judging_part`] looks at: into names, constraints and identities
    /// of a keyspace, rules, and cycles of foreign keys.
    fn is_apart(
        &self,
        known: &Verified,
        base: TreeId,
        revision: &Revision,
        change: &Change,
        part: &Catalog,
    ) -> Result<bool, Error> {
        let rules = &part.rules;
        let has_rules = !(rules.routing.is_empty()
            && rules.shard.is_empty()
            && rules.keyspace.is_empty()
            && rules.mirror.is_empty());
        if has_rules && (change.entries_moved || !change.moved.is_empty()) {
            return Ok(false);
        }
        for name in &change.moved {
            let identities = part
                .keyspaces
                .get(name)
                .map(|keyspace| &keyspace.identities);
            if identities.is_none_or(|identities| !identities.is_empty())
                || !self.are_names_apart(base, revision, name)?
            {
                return Ok(false);
            }
        }
        for path in &change.paths {
            let Some((keyspace, table)) = place::table_of(path) else {
                continue;
            };
            let Some(after) = part.definition(&keyspace, &table) else {
                continue;
            };
            let old = known.facts.get(path).cloned().unwrap_or_default();
            let new = Facts::of_table(after).constraints.into_iter();
            let mut fresh = new.filter(|constraint| !old.constraints.contains(constraint));
            if fresh.any(|name| known.has_constraint(&keyspace, &name, &change.paths)) {
                return Ok(false);
            }
            let mode = part
                .keyspaces
                .get(&keyspace)
                .map(|k| k.vschema.foreign_key_mode);
            if mode == Some(ForeignKeyMode::Managed) {
                let before = self.store.read_below(base, path)?;
                let before = files::read(before.map(|bytes| (path.as_str(), bytes)));
                let before = before.unwrap_or_default();
                let before = before.definition(&keyspace, &table);
                let before = before.map_or(&[][..], |table| &table.definition.foreign_keys);
                if before != after.definition.foreign_keys {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Tells whether the tables and views of a keyspace have names that differ by more than case, and it had and has some.
    fn are_names_apart(
        &self,
        base: TreeId,
        revision: &Revision,
        keyspace: &str,
    ) -> Result<bool, Error> {
        let folder = place::shards_path(keyspace);
        let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        let now = self.store.files(revision, folder)?;
        let mut seen = BTreeSet::new();
        let mut tables = 0;
        for (path, _) in &now {
            let Some((_, name)) = place::defined_by(path) else {
                continue;
            };
            tables += usize::from(place::table_of(path).is_some());
            if !seen.insert(fold(&name)) {
                return Ok(false);
            }
        }
        let before = self.store.object_at(base, &format!("{folder}/tables"))?;
        Ok(tables > 0 && before.is_some())
    }

    /// Tells whether no check that blocks finds anything about what is in focus.
    fn is_clean(
        &self,
        revision: &Revision,
        part: &Catalog,
        focus: &BTreeSet<Name>,
    ) -> Result<bool, Error> {
        let checks = review::rules().into_iter();
        let mut blocking = checks.filter(|rule| rule.blocks && rule.configurable);
        if !blocking.all(|rule| LOCAL.contains(&rule.id)) {
            return Ok(false);
        }
        let text = self
            .store
            .read_path(revision, &place::path_of(&Place::Config))?;
        let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
        let config = Config::parse(&text).unwrap_or_default();
        let found = review::introduced(part, &config, || None);
        let objects: Vec<String> = focus
            .iter()
            .map(|(keyspace, name)| format!("{keyspace}.{name}"))
            .collect();
        let concerns = |object: &str| {
            objects.iter().any(|one| {
                let rest = object.strip_prefix(one.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        Ok(!found.iter().any(|finding| concerns(finding.object())))
    }
}

/// Returns the files that may define an object.
fn paths_of((keyspace, name): &Name) -> [String; 2] {
    [
        place::table_path(keyspace, name),
        place::view_path(keyspace, name),
    ]
}

/// Returns the vindexes and tables of a VSchema with the tables that each names, without keyspace.
fn mentions(document: &Document) -> Vec<(String, Vec<String>)> {
    let bare = |text: &str| match parse_table_name(text) {
        Ok(name) => name.name,
        Err(_) => text.rsplit('.').next().unwrap_or(text).to_owned(),
    };
    let vindexes = document.vindexes.iter().map(|(name, vindex)| {
        let table = vindex.params.get("table").map(String::as_str);
        let named = [table.unwrap_or_default(), &vindex.owner];
        (name, named.into_iter().map(bare).collect())
    });
    let tables = document.tables.iter().map(|(name, table)| {
        let sequence = table.auto_increment.as_ref();
        let sequence = sequence.map_or("", |auto| auto.sequence.as_str());
        (name, [table.source.as_str(), sequence].map(bare).to_vec())
    });
    vindexes
        .chain(tables)
        .map(|(name, named): (&String, Vec<String>)| {
            let named = named.into_iter().filter(|name| !name.is_empty());
            (name.clone(), named.collect())
        })
        .collect()
}

/// As the catalog compares names.
fn fold(name: impl AsRef<str>) -> String {
    name.as_ref().to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;
    use crate::store::StageAll;
    use crate::workspace::{CommitOptions, Template};

    #[test]
    fn every_check_that_blocks_is_known_here() {
        let checks = review::rules().into_iter();
        let blocking = checks.filter(|rule| rule.blocks && rule.configurable);
        for rule in blocking {
            // One that is not makes every commit ask the whole catalog.
            assert!(LOCAL.contains(&rule.id), "on what does {} depend?", rule.id);
        }
    }

    /// A generator whose sequence depends on the seed alone.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }

        fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
            of[usize::try_from(self.below(of.len() as u64)).unwrap_or_default()]
        }

        fn table(&mut self, name: &str) -> String {
            let mut parts = vec![format!(
                "  `id` {} NOT NULL",
                self.one(&["bigint", "bigint", "int"])
            )];
            if self.below(4) > 0 {
                let kind = self.one(&["bigint", "bigint", "varchar(9)"]);
                parts.push(format!("  `a` {kind} DEFAULT NULL"));
            }
            parts.push("  PRIMARY KEY (`id`)".to_owned());
            if parts.len() > 2 && self.below(3) == 0 {
                let (key, other) = (self.below(5), self.one(&["t0", "t1", "t2", "v0"]));
                parts.push(format!("  KEY `k{key}` (`a`)"));
                let action = self.one(&["", " ON DELETE CASCADE"]);
                parts.push(format!(
                    "  CONSTRAINT `c{key}` FOREIGN KEY (`a`) REFERENCES `{other}` (`id`){action}"
                ));
            }
            if self.below(6) == 0 {
                let check = self.below(4);
                parts.push(format!("  CONSTRAINT `x{check}` CHECK ((`id` > 0))"));
            }
            format!(
                "CREATE TABLE `{name}` (\n{}\n) ENGINE=InnoDB;\n",
                parts.join(",\n")
            )
        }

        fn vschema(&mut self) -> String {
            let mode = self.one(&["", "", "\"foreign_key_mode\": \"managed\", "]);
            let sharded = if self.below(5) == 0 {
                ""
            } else {
                "\"sharded\": true, "
            };
            let mut tables = String::new();
            for name in ["t0", "t1", "t2", "T1", "seq"] {
                let entry = match self.below(5) {
                    0 => continue,
                    1 => "{}".to_owned(),
                    2 => "{\"type\": \"sequence\"}".to_owned(),
                    3 => format!(
                        "{{\"column_vindexes\": [{{\"column\": \"{}\", \"name\": \"hash\"}}], \
                         \"auto_increment\": {{\"column\": \"id\", \"sequence\": \"{}\"}}}}",
                        self.one(&["id", "a"]),
                        self.one(&["seq", "one.seq", "t2"]),
                    ),
                    _ => "{\"column_vindexes\": [{\"column\": \"a\", \"name\": \"look\"}]}"
                        .to_owned(),
                };
                let comma = if tables.is_empty() { "" } else { ", " };
                let _ = write!(tables, "{comma}\"{name}\": {entry}");
            }
            let owner = self.one(&["t0", "t1"]);
            let backing = self.one(&["t2", "one.t2", "two.t2"]);
            format!(
                "{{{sharded}{mode}\"vindexes\": {{\"hash\": {{\"type\": \"hash\"}}, \"look\": {{\"type\": \
                 \"lookup_unique\", \"owner\": \"{owner}\", \"params\": {{\"table\": \"{backing}\", \"from\": \
                 \"id\", \"to\": \"a\"}}}}}}, \"tables\": {{{tables}}}}}\n"
            )
        }

        /// A path and what is to be there.
        fn edit(&mut self) -> (String, Option<String>) {
            let keyspace = self.one(&["one", "one", "two"]);
            let name = self.one(&["t0", "t1", "t2", "t3", "seq", "T1"]);
            let table = format!("keyspaces/{keyspace}/tables/{name}.sql");
            match self.below(20) {
                0 | 1 => (table, None),
                2 => (format!("keyspaces/{keyspace}/views/v0.sql"), None),
                3 | 4 => {
                    let (column, from) =
                        (self.one(&["id", "a"]), self.one(&["t0", "t1", "two.t2"]));
                    let text = format!("CREATE VIEW `v0` AS SELECT `{column}` FROM {from};\n");
                    (format!("keyspaces/{keyspace}/views/v0.sql"), Some(text))
                }
                5..=8 => {
                    let path = format!("keyspaces/{keyspace}/vschema.json");
                    (path, Some(self.vschema()))
                }
                9 => {
                    let rules = self.one(&[
                        "{\"rules\": []}\n",
                        "{\"rules\": [{\"from_table\": \"x\", \"to_tables\": [\"one.t1\"]}]}\n",
                    ]);
                    ("routing_rules.json".to_owned(), Some(rules.to_owned()))
                }
                10 => {
                    let off = self.one(&["", "\n[checks]\nfk-type-mismatch = \"off\"\n"]);
                    ("vrev.toml".to_owned(), Some(format!("format = 1\n{off}")))
                }
                _ => {
                    let text = self.table(name);
                    (table, Some(text))
                }
            }
        }
    }

    /// What a check says, in full.
    fn told(checked: Result<(), Error>) -> String {
        checked.map_or_else(|error| format!("{error:#?}"), |()| "it builds".to_owned())
    }

    #[test]
    fn a_change_is_judged_by_its_part_as_by_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(folder.path(), Template::Cluster, None).unwrap();
        let store = &workspace.store;
        workspace.verify_staged(true).unwrap();
        let mut chance = Chance(7);
        for keyspace in ["one", "two"] {
            for (name, text) in [("shards", "[\"0\"]\n"), ("vschema", "{}\n")] {
                let path = format!("keyspaces/{keyspace}/{name}.json");
                store.write_file(&path, text.as_bytes()).unwrap();
            }
        }
        let commit = |message: &str| {
            workspace.commit(&CommitOptions {
                message: message.to_owned(),
                no_verify: true,
                allow_empty: true,
                ..CommitOptions::default()
            })
        };
        store.stage_all(StageAll::Everything).unwrap();
        commit("begin").unwrap();
        let note = workspace.store.vrev_dir().join(NOTE);
        let (mut acquitted, mut refused) = (0, 0);
        for step in 0..240 {
            let (path, text) = chance.edit();
            let before = store.read_path(&Revision::Working, &path).unwrap();
            match &text {
                Some(text) => store.write_file(&path, text.as_bytes()).unwrap(),
                None => store.remove_file(&path).unwrap(),
            }
            store.stage_all(StageAll::Everything).unwrap();
            let judged = chance.below(4) > 0;
            let known = store.derived(NOTE);
            acquitted += usize::from(workspace.is_known_good(&Revision::Staged, judged).unwrap());
            if let Some(known) = known {
                store.keep_derived(NOTE, &known).unwrap();
            }
            let part = told(workspace.verify_staged(judged));
            let by_part = workspace.verified();
            let _ = fs::remove_file(&note);
            let whole = told(workspace.verify_staged(judged));
            assert_eq!(part, whole, "step {step}: {path} becomes {text:?}");
            if let (Some(by_part), Some(by_whole)) = (by_part, workspace.verified())
                && by_part.tree == by_whole.tree
            {
                assert_eq!(by_part.facts, by_whole.facts, "step {step}");
                assert!(by_whole.clean || !by_part.clean, "step {step}");
                workspace.keep_verified(&by_part);
            }
            if part != "it builds" {
                refused += 1;
                // Findings may be lived with: then they are nobody's commit.
                if !part.starts_with("Findings") || chance.below(6) > 0 {
                    match before {
                        Some(bytes) => store.write_file(&path, &bytes).unwrap(),
                        None => store.remove_file(&path).unwrap(),
                    }
                    store.stage_all(StageAll::Everything).unwrap();
                } else {
                    commit("debt").unwrap();
                }
            }
            if chance.below(3) == 0 {
                commit("step").unwrap();
            }
        }
        assert!(acquitted > 20 && refused > 20, "{acquitted}, {refused}");
    }

    #[test]
    fn a_damaged_note_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(folder.path(), Template::Cluster, None).unwrap();
        let note = workspace.store.vrev_dir().join(NOTE);
        assert!(
            workspace.verified().is_some(),
            "the first commit was judged"
        );
        let bytes = fs::read(&note).unwrap();
        for at in [0, 39, 40, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            fs::write(&note, &damaged).unwrap();
            assert!(workspace.verified().is_none(), "byte {at}");
        }
    }
}
