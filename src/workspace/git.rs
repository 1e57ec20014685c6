//! vrev inside of plain git: drivers that diff and merge the catalog's files by what they mean, and a hook that lets no
//! commit through whose catalog does not build (gitattributes(5), githooks(5)).
//!
//! A driver is given files one by one, without the revision they are of: what one file says is compared as a catalog of
//! that file alone. A file that does not parse is told, and git's own way of showing it is left to the caller.

use super::{DiffReport, Error, Workspace, place};
use crate::catalog::{Catalog, files};
use crate::diff::{self, Options};
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
             \txfuncname = \"^([a-z_]+ .*)$\""
        );
        self.store.set_block(GitFile::Config, Some(&config))?;
        let lines = PATTERNS.map(|pattern| format!("{pattern} diff=vrev\n"));
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

/// Reads one file as a catalog of its own; an absent file is an empty one.
fn file_catalog(path: &str, bytes: Option<&[u8]>) -> Option<Catalog> {
    if !place::is_catalog_path(path) {
        return None;
    }
    files::read(bytes.map(|bytes| (path, bytes))).ok()
}
