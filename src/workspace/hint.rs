//! What to do about an error, for people.

use super::Error;
use crate::store;

/// How a path is settled that plain git left unmerged.
const SETTLED_BY_GIT: &str =
    "`git checkout --ours|--theirs <path>` and `git add --sparse <path>` settle a path";

impl Error {
    /// What to do about it, for people; empty where the message says it all.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Catalog { .. } => vec![
                "`vrev fmt --check` names what is not canonical; `--no-verify` commits anyway"
                    .into(),
            ],
            Self::Findings { findings } => {
                let id = findings.first().map_or("<id>", |found| found.finding.check);
                vec![
                    format!(
                        "`vrev explain-check {id}` tells why and what to do; `vrev.toml` can suppress it with a reason"
                    ),
                    "`--no-verify` commits anyway".to_owned(),
                ]
            }
            Self::Dirty { .. } => vec![
                "commit them with `vrev commit -a`, or discard them with `vrev reset --hard`"
                    .into(),
            ],
            Self::BranchMoved { branch, .. } => vec![format!(
                "move it back with `git branch -f {branch} <commit>`, then commit them or discard them there"
            )],
            Self::RowsMoved { .. } => {
                vec!["`vrev reset --hard` takes HEAD's rows; to keep yours, move the branch back first".into()]
            }
            Self::StrandedRows { shard, .. } => {
                vec![format!(
                    "put shard `{shard}` back into shards.json; rows stay where they were written"
                )]
            }
            Self::NothingToCommit { unstaged: true } => {
                vec!["stage them with `vrev add`, or use `vrev commit -a`".into()]
            }
            Self::NothingToCommit { unstaged: false } => {
                vec!["`--allow-empty` records a commit without changes".into()]
            }
            Self::Import { refused: true, .. } => {
                vec![
                    "`--force` replaces what is there; `vrev diff` shows the change afterwards"
                        .into(),
                ]
            }
            Self::Server(crate::shard::mysql::Error::Password) => vec![
                "put it into VREV_MYSQL_PASSWORD, or have it asked for with `--ask-password`"
                    .into(),
            ],
            Self::Server(crate::shard::mysql::Error::Refused { error, .. })
                if error.errno == 1045 =>
            {
                vec!["the password is taken from VREV_MYSQL_PASSWORD, or asked for with `--ask-password`".into()]
            }
            Self::NothingToPull { .. } => {
                vec![
                    "name one (`vrev pull origin main`), or let `vrev push -u` make it follow one"
                        .into(),
                ]
            }
            Self::EmptyMessage => vec!["give one with `-m`".into()],
            Self::Lossy { .. } => {
                vec!["`--allow-lossy` does it all the same; the rows stay in the history".into()]
            }
            Self::InProgress {
                kind, interrupted, ..
            } => {
                let verb = kind.verb();
                let on = if *interrupted {
                    "finishes it"
                } else {
                    "goes on when conflicts are resolved"
                };
                vec![format!(
                    "`vrev {verb} --continue` {on}, `vrev {verb} --abort` takes it back"
                )]
            }
            Self::BegunByGit { .. } | Self::InGitMerge { .. } => vec![
                SETTLED_BY_GIT.into(),
                "`vrev commit` concludes it when nothing is unmerged, `git merge --abort` takes it back".into(),
            ],
            Self::Store(store::Error::Unmerged { .. }) => vec![
                SETTLED_BY_GIT.into(),
                "`git merge --abort` takes the merge back".into(),
            ],
            Self::Store(store::Error::UnreadableIndex { .. }) => vec![
                "it can be made anew: remove the file and run `vrev reset`; your files and rows stay, what was staged is staged again with `vrev add`".into(),
            ],
            Self::DamagedNote { .. } => {
                vec![
                    "nothing is lost: remove the file, and `vrev status` tells what is changed"
                        .into(),
                ]
            }
            Self::WouldOverwrite { .. } | Self::Uncommitted { .. } => {
                vec!["commit them with `vrev commit -a`, or put them away with `vrev stash`".into()]
            }
            Self::UnknownFormat { .. } => {
                vec!["a later version of vrev reads it".into()]
            }
            Self::Ignored { .. } => vec!["`vrev add --force` stages it all the same".into()],
            Self::NotTracked { .. } => {
                vec!["`vrev clean` removes what is not tracked".into()]
            }
            Self::StagedChanges { .. } => vec!["commit them, or keep them with `--cached`".into()],
            Self::UnstagedChanges { .. } => {
                vec!["stage them with `vrev add`, or keep them with `--cached`".into()]
            }
            Self::StashClash { .. } => {
                vec![
                    "nothing was changed and the stash is kept: commit or discard what clashes"
                        .into(),
                ]
            }
            Self::Condition { .. } => vec![
                "the columns are those of the table after `to_` and `from_`, and `diff_type`: added, removed, modified".into(),
            ],
            Self::StashIndexClash { .. } => {
                vec!["nothing was changed and the stash is kept: try without `--index`".into()]
            }
            Self::NotFastForward { .. } => {
                vec!["leave out `--ff-only` for a merge commit, or `vrev rebase` first".into()]
            }
            Self::PickMerge { .. } => {
                vec!["`-m 1` means the change against its first parent".into()]
            }
            Self::EmptyPick { .. } => {
                vec!["`--allow-empty` records a commit without changes".into()]
            }
            Self::RowsWait { tables, .. } => {
                vec![format!("`vrev add {}` merges them", tables.join(" "))]
            }
            Self::Unresolved { verb, .. } => {
                vec![
                    "`vrev conflicts` shows what clashes, `vrev resolve` settles it".into(),
                    format!(
                        "then `vrev add` and `vrev {verb} --continue`; `--abort` takes it back"
                    ),
                ]
            }
            _ => Vec::new(),
        }
    }
}
