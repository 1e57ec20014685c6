//! vrev inside of plain git: drivers that diff and merge the catalog's files by what they mean, and a hook that lets no
//! commit through whose catalog does not build (gitattributes(5), githooks(5)).
//!
//! A driver is given files one by one, without the revision they are of: what one file says is compared as a catalog of
//! that file alone. A file that does not parse is told, and git's own way of showing it is left to the caller.

use super::{DiffReport, Error, Workspace, place};
use crate::catalog::files::Place;
use crate::catalog::{self, Catalog, files};
use crate::diff::{self, Options};
use crate::merge::{self, CatalogViolation, RelationConflicts};
use crate::relation::Relation;
use crate::relation::describe::describe;
use crate::store::GitFile;

/// Files that the drivers understand (patterns of gitattributes).
const PATTERNS: [&str; 9] = [
    "/keyspaces/*/tables/*.sql",
    "/keyspaces/*/views/*.sql",
    "/keyspaces/*/vschema.json",
    "/keyspaces/*/shards.json",
    "/keyspaces/*/identities.json",
    "/routing_rules.json",
    "/shard_routing_rules.json",
    "/keyspace_routing_rules.json",
    "/mirror_rules.json",
];

/// The hook that checks a commit.
const HOOK: &str = "pre-commit";

impl Workspace {
    /// Lets plain git show and merge the catalog's files through `program`, a command line for the shell, and check every
    /// commit; without `hook`, commits are not checked.
    ///
    /// # Errors
    /// When there is another hook (nothing is changed then), or a file of git's cannot be written.
    pub fn install_drivers(&self, program: &str, hook: bool) -> Result<(), Error> {
        if hook {
            let command = format!("exec {program} git {HOOK}");
            self.store.write_hook(HOOK, &command)?;
        }
        let quoted = program.replace('\\', "\\\\").replace('"', "\\\"");
        let config = format!(
            "[diff \"vrev\"]\n\
             \tcommand = \"{quoted} git diff\"\n\
             \ttextconv = \"{quoted} git cells\"\n\
             \txfuncname = \"^([a-z_]+ .*)$\"\n\
             [merge \"vrev\"]\n\
             \tname = merge of what the catalog's files declare\n\
             \tdriver = \"{quoted} git merge %O %A %B %P\""
        );
        self.store.set_block(GitFile::Config, Some(&config))?;
        let lines = PATTERNS.map(|pattern| format!("{pattern} diff=vrev merge=vrev\n"));
        self.store
            .set_block(GitFile::Attributes, Some(&lines.concat()))?;
        Ok(())
    }

    /// Takes everything back that [`Workspace::install_drivers`] wrote; tells whether there was anything.
    ///
    /// # Errors
    /// When a file of git's cannot be written.
    pub fn uninstall_drivers(&self) -> Result<bool, Error> {
        let changes = [
            self.store.set_block(GitFile::Attributes, None)?,
            self.store.set_block(GitFile::Config, None)?,
            self.store.remove_hook(HOOK)?,
        ];
        Ok(changes.contains(&true))
    }
}

/// Compares two versions of a file of the catalog; `None` if the path is of no such file, or a version does not parse.
pub fn file_diff(path: &str, from: Option<&[u8]>, to: Option<&[u8]>) -> Option<DiffReport> {
    let from = file_catalog(path, from)?;
    let to = file_catalog(path, to)?;
    Some(DiffReport {
        from: format!("a/{path}"),
        to: format!("b/{path}"),
        relations: diff::catalog::diff(&from, &to, &Options::default()),
    })
}

/// Returns what a file of the catalog declares, as relations; `None` if it is no such file or does not parse. Where the
/// path does not lead into a repository's layout (git hands copies to drivers), its last part says what it is.
pub fn file_relations(path: &str, bytes: &[u8]) -> Option<Vec<Relation>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let candidates = [
        path.to_owned(),
        format!("keyspaces/-/tables/{name}"),
        format!("keyspaces/-/views/{name}"),
        format!("keyspaces/-/{name}"),
        name.to_owned(),
    ];
    let known = candidates
        .iter()
        .filter(|path| place::is_catalog_path(path));
    let catalog = known
        .filter_map(|path| file_catalog(path, Some(bytes)))
        .next()?;
    Some(describe(&catalog))
}

/// What three versions of a file gave.
#[derive(Debug)]
pub struct FileMerge {
    /// The merged file in canonical form, ours in clashing cells; `None` where nothing is left of it.
    pub text: Option<String>,
    /// What both sides changed differently.
    pub conflicts: Vec<RelationConflicts>,
    /// What could not be put together.
    pub violations: Vec<CatalogViolation>,
}

/// Merges three versions of a file of the catalog; an empty one stands for an absent one. `None` if the path is of no
/// such file.
///
/// # Errors
/// When a version does not parse: with all that is wrong in the first such one.
pub fn file_merge(
    path: &str,
    versions: [&[u8]; 3],
) -> Result<Option<FileMerge>, Vec<catalog::Error>> {
    let Ok(Some(place)) = Place::of(path) else {
        return Ok(None);
    };
    let read = |bytes: &[u8]| files::read((!bytes.is_empty()).then_some((path, bytes)));
    let [base, ours, theirs] = versions;
    let (base, ours, theirs) = (read(base)?, read(ours)?, read(theirs)?);
    let (rows, decisions) = (
        merge::catalog::Tables::new(),
        merge::catalog::Decisions::new(),
    );
    let input = merge::catalog::Input {
        base: &base,
        ours: &ours,
        theirs: &theirs,
        our_rows: &rows,
        their_rows: &rows,
        decisions: &decisions,
    };
    let merged = merge::catalog::merge(&input, &merge::Options::default());
    Ok(Some(FileMerge {
        text: files::text(&merged.catalog, &place),
        conflicts: merged.conflicts,
        violations: merged.violations,
    }))
}

/// Reads one file as a catalog of its own; an absent file is an empty one.
fn file_catalog(path: &str, bytes: Option<&[u8]>) -> Option<Catalog> {
    if !place::is_catalog_path(path) {
        return None;
    }
    files::read(bytes.map(|bytes| (path, bytes))).ok()
}
