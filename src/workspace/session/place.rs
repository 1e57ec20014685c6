//! Where a session's statements are answered: the working set of a branch, or a revision.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::router::{Participants, Sequences};
use crate::shard::{Embedded, TableId};
use crate::store::{Revision, ShardRows};
use crate::workspace::rows::{self, WorkingRows, table_schema};
use crate::workspace::{Error, Workspace};

/// Where a session's statements are answered: a branch's working set, or a revision.
pub(in crate::workspace) struct Place {
    /// The repository, opened on the branch's working set.
    pub(in crate::workspace) workspace: Workspace,
    /// The branch; absent at a revision and where HEAD is detached.
    pub(in crate::workspace) branch: Option<String>,
    /// `WORKING`, or the revision that is read.
    pub(in crate::workspace) revision: Revision,
    /// What statements are planned with.
    pub(in crate::workspace) catalog: Arc<Catalog>,
    pub(in crate::workspace) rows: WorkingRows,
    pub(in crate::workspace) sequences: Arc<Sequences>,
    /// Shards that take part in the client's transaction while the client is elsewhere.
    pub(in crate::workspace) participants: Participants,
    /// Whether the client's transaction has written here.
    pub(in crate::workspace) wrote: bool,
    /// The database's count of other connections' commits when the catalog was read.
    pub(in crate::workspace) seen: i64,
}

/// What tells two places apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::workspace) enum PlaceKey {
    /// The working set of a branch, or of a detached HEAD.
    Working(Option<String>),
    /// A revision.
    Past(Revision),
}

impl Place {
    pub(in crate::workspace) fn key(&self) -> PlaceKey {
        match self.revision {
            Revision::Working => PlaceKey::Working(self.branch.clone()),
            revision => PlaceKey::Past(revision),
        }
    }

    /// Tells whether the working set is still where it was opened: a worktree may have switched to its branch, or left it.
    pub(in crate::workspace) fn is_here(&self) -> Result<bool, Error> {
        let store = &self.workspace.store;
        Ok(self.revision != Revision::Working
            || (store.root().exists() && store.head()?.branch == self.branch))
    }
}

impl Workspace {
    /// Opens this working set.
    pub(in crate::workspace) fn working_place(&self) -> Result<Place, Error> {
        let catalog = Arc::new(self.catalog(&Revision::Working)?);
        let rows = self.working_rows(&catalog)?;
        Ok(Place {
            workspace: self.clone(),
            branch: self.store.head()?.branch,
            revision: Revision::Working,
            seen: rows.shards.connection().foreign_commits()?,
            rows,
            catalog,
            sequences: Arc::default(),
            participants: Participants::default(),
            wrote: false,
        })
    }

    /// Opens a revision, to be read only.
    pub(in crate::workspace) fn past_place(&self, revision: Revision) -> Result<Place, Error> {
        let catalog = Arc::new(self.catalog(&revision)?);
        Ok(Place {
            workspace: self.clone(),
            branch: None,
            rows: WorkingRows::past(self.past_rows(&revision, &catalog)?),
            revision,
            catalog,
            sequences: Arc::default(),
            participants: Participants::default(),
            wrote: false,
            seen: 0,
        })
    }

    /// Makes the rows of a revision readable where they are; only tables with virtual columns are loaded, since those are
    /// computed by the database.
    fn past_rows(&self, revision: &Revision, catalog: &Catalog) -> Result<Embedded, Error> {
        let mut shards = Embedded::in_memory()?;
        let trees = self.store.table_rows_trees(revision)?;
        for (keyspace, name, table) in catalog.definitions() {
            let schema = Arc::new(table_schema(catalog, keyspace, table));
            let is_loaded = schema.columns.len() < table.definition.columns.len();
            let place = |shard: &str| ShardRows {
                keyspace: keyspace.to_owned(),
                table: name.to_owned(),
                shard: shard.to_owned(),
            };
            for shard in catalog.shards(keyspace) {
                let tree = trees.get(&place(&shard)).copied();
                if is_loaded {
                    shards.create_table(keyspace, std::slice::from_ref(&shard), table)?;
                    let found = self.read_rows(tree, &schema)?;
                    shards.load_rows(
                        &TableId::new(keyspace, &shard, name),
                        rows::widened(&schema, table, found),
                    )?;
                } else {
                    let source = self.rows_of_tree(tree, &schema);
                    shards.attach_rows(keyspace, &shard, table, Box::new(source))?;
                }
            }
        }
        Ok(shards)
    }
}
