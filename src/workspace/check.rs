//! `check`: a revision judged; and the findings that keep a commit from being made.

use std::collections::BTreeMap;

use super::{CheckReport, Error, Object, Reported, Workspace, place};
use crate::catalog::files::{Config, Place};
use crate::catalog::{self, At, Catalog};
use crate::review::{self, Finding, Spot, refusal};
use crate::store::Revision;

/// The files of a revision by path.
type Files = BTreeMap<String, Vec<u8>>;

impl Workspace {
    /// Judges a revision: what its files are refused for as a catalog, or else what the checks find in it. Objects limit
    /// what is reported, not what is looked at.
    ///
    /// # Errors
    /// When the revision's files cannot be read, or an object is none of its.
    pub fn check(&self, revision: &Revision, objects: &[Object]) -> Result<CheckReport, Error> {
        let files: Files = self.catalog_files(revision)?.into_iter().collect();
        let mut report = CheckReport {
            revision: revision.to_string(),
            ..CheckReport::default()
        };
        match Catalog::build(&files) {
            Err(problems) => {
                report.refused = true;
                report.findings = problems.iter().map(refused).collect();
            }
            Ok(catalog) => {
                for object in objects {
                    require(object, &catalog, &files, revision)?;
                }
                let config = config(&files);
                let outcome = review::review(&catalog, &config, &files);
                let about_settings = review::settings::findings(&config, &outcome);
                let found = about_settings.into_iter().chain(outcome.findings);
                report.findings = found.map(|finding| reported(finding, &files)).collect();
                let suppressed = outcome.suppressed.into_iter().map(|suppressed| Reported {
                    suppressed: Some(suppressed.reason),
                    ..reported(suppressed.finding, &files)
                });
                report.suppressed = suppressed.collect();
            }
        }
        let asked = |reported: &Reported| {
            objects.is_empty() || objects.iter().any(|object| concerns(object, reported))
        };
        report.findings.retain(asked);
        report.suppressed.retain(asked);
        Ok(report)
    }

    /// Checks that what is about to be committed makes a catalog and, where `judged`, that it brings no finding of
    /// severity error that HEAD does not have. A commit of rows alone brings nothing of that.
    ///
    /// # Errors
    /// When it does not build, with every reason, or brings findings in.
    pub fn verify_staged(&self, judged: bool) -> Result<(), Error> {
        self.verify_next(&Revision::Staged, judged)
    }

    /// As [`Workspace::verify_staged`], for whatever is to be HEAD next.
    pub(super) fn verify_next(&self, next: &Revision, judged: bool) -> Result<(), Error> {
        let head = self.head_commit()?;
        if let Some(head) = &head {
            let changes = self.store.changed_paths(head, next)?;
            let mut paths = changes.paths.iter().map(|change| change.path.as_str());
            if !paths.any(place::is_catalog_path) {
                return Ok(());
            }
        }
        if self.is_known_good(next, judged)? {
            return Ok(());
        }
        let files: Files = self.catalog_files(next)?.into_iter().collect();
        let catalog = Catalog::build(&files).map_err(|problems| Error::Catalog {
            revision: match next {
                Revision::Commit(_) => "the commit".to_owned(),
                here => here.to_string(),
            },
            problems,
        })?;
        if !judged {
            let tree = self.store.root_tree(next)?;
            self.note_built(&catalog, tree, false);
            return Ok(());
        }
        // What HEAD has cannot be told of one that does not build: then everything found counts as introduced.
        let mut is_clean = true;
        let before = || {
            is_clean = false;
            head.and_then(|head| self.catalog(&head).ok())
        };
        let found = review::introduced(&catalog, &config(&files), before);
        if found.is_empty() {
            let tree = self.store.root_tree(next)?;
            self.note_built(&catalog, tree, is_clean);
            return Ok(());
        }
        let findings = found
            .into_iter()
            .map(|finding| reported(finding, &files))
            .collect();
        Err(Error::Findings { findings })
    }
}

/// Returns the settings of a revision that builds, whose `vrev.toml` was read without error.
fn config(files: &Files) -> Config {
    let path = Place::Config.path().unwrap_or_default();
    let text = files.get(&path).map(|bytes| String::from_utf8_lossy(bytes));
    text.and_then(|text| Config::parse(&text).ok())
        .unwrap_or_default()
}

fn reported(finding: Finding, files: &Files) -> Reported {
    let text = |spot: &Spot| {
        let path = spot.place.path().ok()?;
        Some(String::from_utf8_lossy(files.get(&path)?).into_owned())
    };
    let at = finding.spot.at(&text(&finding.spot).unwrap_or_default());
    Reported {
        at,
        finding,
        suppressed: None,
    }
}

fn refused(problem: &catalog::Error) -> Reported {
    let (finding, at): (Finding, At) = refusal::finding(problem);
    Reported {
        at,
        finding,
        suppressed: None,
    }
}

/// Requires that an object is there: nothing is found in one that is misspelt.
fn require(
    object: &Object,
    catalog: &Catalog,
    files: &Files,
    revision: &Revision,
) -> Result<(), Error> {
    let named = |keyspace: &str, name: &str| {
        catalog.keyspaces.get(keyspace).is_some_and(|keyspace| {
            keyspace.tables.contains_key(name)
                || keyspace.views.contains_key(name)
                || keyspace.vschema.tables.contains_key(name)
                || keyspace.vschema.vindexes.contains_key(name)
        })
    };
    let known = match object {
        Object::Keyspace(name) => catalog.keyspaces.contains_key(name),
        Object::Table { keyspace, table }
        | Object::Part {
            keyspace, table, ..
        }
        | Object::Row {
            keyspace, table, ..
        } => named(keyspace, table),
        Object::Path(path) => {
            let path = path.trim_end_matches('/');
            let within = |file: &String| {
                file.strip_prefix(path)
                    .is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
            };
            path == "." || files.keys().any(within)
        }
        Object::Relation(_) => true,
    };
    if known {
        return Ok(());
    }
    Err(Error::UnknownObject {
        name: object.name(),
        revision: revision.to_string(),
    })
}

/// Tells whether a finding is about an object or a part of it, or in a file that was named.
fn concerns(object: &Object, reported: &Reported) -> bool {
    let of = reported.finding.object();
    let within = |name: &str| {
        of.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match object {
        Object::Keyspace(name) => within(name),
        Object::Table { keyspace, table } => within(&format!("{keyspace}.{table}")),
        Object::Part { .. } => within(&object.name()),
        // Findings are about declarations.
        Object::Row { .. } => false,
        Object::Relation(_) | Object::Path(_) => object.may_concern(&reported.at.path),
    }
}
