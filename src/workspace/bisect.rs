//! `bisect`: the first commit that has something, found by asking about few, with git's own records.

use std::collections::BTreeSet;

use super::{Error, Workspace, place};
use crate::history::{Next, bisect_next};
use crate::router::Operator;
use crate::store::{Bisection, CommitId, Revision, Verdict};

/// A question to a commit's catalog. The answer yes is bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// A query goes to all shards somewhere in its plan.
    Scatters(String),
    /// A query is refused.
    Refused(String),
    /// A table is there without a primary key: keyspace and table.
    WithoutPrimaryKey(String, String),
    /// The catalog does not build.
    DoesNotBuild,
    /// A check, by its id, finds something that is not suppressed.
    Finding(String),
}

impl Workspace {
    /// Returns the bisection in progress.
    ///
    /// # Errors
    /// When there is none, or its records cannot be read.
    pub fn bisection(&self) -> Result<Bisection, Error> {
        self.store.bisection()?.ok_or(Error::NoBisection)
    }

    /// Begins a bisection at HEAD, with a bad commit and good ones if they are given.
    ///
    /// # Errors
    /// When a revision names no commit, or HEAD has none.
    pub fn begin_bisection(&self, bad: Option<&str>, good: &[String]) -> Result<(), Error> {
        let bad = bad.map(|bad| self.store.resolve_commit(bad)).transpose()?;
        let mut known = Vec::new();
        for revision in good {
            known.push(self.store.resolve_commit(revision)?);
        }
        let head = self.store.head()?;
        let start = match (self.store.bisection()?, head.branch, head.commit) {
            // Begun anew: HEAD is where the last one left it.
            (Some(old), ..) => old.start,
            (None, Some(branch), _) => branch,
            (None, None, Some(commit)) => commit.to_string(),
            (None, None, None) => return Err(Error::NoBisection),
        };
        self.store.begin_bisection(&start, "")?;
        if let Some(bad) = bad {
            self.store.mark_bisection(Verdict::Bad, bad)?;
        }
        for good in known {
            self.store.mark_bisection(Verdict::Good, good)?;
        }
        Ok(())
    }

    /// Notes what is known of a commit.
    ///
    /// # Errors
    /// When no bisection is in progress.
    pub fn mark_bisection(&self, verdict: Verdict, revision: &str) -> Result<CommitId, Error> {
        let found = self.bisection()?;
        let commit = self.store.resolve_commit(revision)?;
        let is_other = match verdict {
            Verdict::Good => found.bad == Some(commit),
            Verdict::Bad => found.good.contains(&commit),
            Verdict::Skip => false,
        };
        if is_other {
            return Err(Error::GoodAndBad { commit });
        }
        self.store.mark_bisection(verdict, commit)?;
        Ok(commit)
    }

    /// Returns what comes next; `None` while a bad or a good commit is still to be named.
    ///
    /// # Errors
    /// When no bisection is in progress, or commits cannot be read.
    pub fn next_of_bisection(&self) -> Result<Option<Next>, Error> {
        let found = self.bisection()?;
        let (Some(bad), false) = (found.bad, found.good.is_empty()) else {
            return Ok(None);
        };
        let next = bisect_next(&self.store, bad, &found.good, &found.skipped)?;
        if let Next::Found(commit) = &next {
            let subject = self.store.commit(*commit)?.subject();
            let line = format!("# first bad commit: [{commit}] {subject}\n");
            let log = self.store.bisection_log()?.unwrap_or_default();
            if !log.ends_with(line.trim_end()) {
                self.store.log_bisection(&line)?;
            }
        }
        Ok(Some(next))
    }

    /// Notes that a commit is to be looked at next, and checks it out if asked for.
    ///
    /// # Errors
    /// When local changes would be lost.
    pub fn look_at(&self, commit: CommitId, check_out: bool) -> Result<(), Error> {
        if check_out {
            self.switch_detached(&commit.to_string())?;
        }
        Ok(self.store.expect_bisection(commit)?)
    }

    /// Ends the bisection and returns to where it began, or to another revision.
    ///
    /// # Errors
    /// When none is in progress, or local changes would be lost.
    pub fn end_bisection(&self, to: Option<&str>) -> Result<String, Error> {
        let found = self.bisection()?;
        let to = to.map_or(found.start, str::to_owned);
        // A name that no branch can have is a revision's.
        if matches!(self.store.branch(&to), Ok(Some(_))) {
            self.switch(&to, None)?;
        } else {
            self.switch_detached(&to)?;
        }
        self.store.end_bisection()?;
        Ok(to)
    }

    /// Asks a commit's catalog, without checking it out.
    ///
    /// # Errors
    /// When objects are damaged.
    pub fn ask(&self, commit: CommitId, predicate: &Predicate) -> Result<Verdict, Error> {
        let revision = Revision::Commit(commit);
        let verdict = |bad| if bad { Verdict::Bad } else { Verdict::Good };
        match predicate {
            Predicate::DoesNotBuild => match self.catalog(&revision) {
                Ok(_) => Ok(Verdict::Good),
                Err(Error::Catalog { .. }) => Ok(Verdict::Bad),
                Err(error) => Err(error),
            },
            Predicate::Finding(id) => {
                let report = self.check(&revision, &[])?;
                let found = report
                    .findings
                    .iter()
                    .any(|found| found.finding.check == *id);
                Ok(match (found, report.refused) {
                    (true, _) => Verdict::Bad,
                    // Of a catalog that does not build nothing else is known.
                    (false, true) => Verdict::Skip,
                    (false, false) => Verdict::Good,
                })
            }
            Predicate::WithoutPrimaryKey(keyspace, table) => {
                let paths = BTreeSet::from([place::table_path(keyspace, table)]);
                match self.read_catalog(&revision, &paths) {
                    Ok(catalog) => {
                        let table = catalog.definition(keyspace, table);
                        Ok(verdict(
                            table.is_some_and(|table| table.primary_key().is_none()),
                        ))
                    }
                    Err(Error::Catalog { .. }) => Ok(Verdict::Skip),
                    Err(error) => Err(error),
                }
            }
            Predicate::Scatters(query) | Predicate::Refused(query) => {
                let mut session = match self.session(Some(&commit.to_string())) {
                    Ok(session) => session,
                    Err(Error::Catalog { .. }) => return Ok(Verdict::Skip),
                    Err(error) => return Err(error),
                };
                let scatters = matches!(predicate, Predicate::Scatters(_));
                Ok(match session.explain(query) {
                    Ok(explanation) if scatters => {
                        verdict(has_scatter(&explanation.plan.operators()))
                    }
                    Ok(_) => Verdict::Good,
                    Err(_) if scatters => Verdict::Skip,
                    Err(_) => Verdict::Bad,
                })
            }
        }
    }
}

fn has_scatter(operator: &Operator) -> bool {
    operator.variant == "Scatter" || operator.inputs.iter().any(has_scatter)
}
