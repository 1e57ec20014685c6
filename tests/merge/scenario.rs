//! A repository with a base and two branches, each made by SQL statements.

use vrev::merge::{Conflicts, Kind};
use vrev::store::{CommitId, NewCommit, TreeId};
use vrev::workspace::{CombineOptions, Combined, CommitOptions, Stage, Template, Workspace};

/// Three commits in a temporary repository.
pub(crate) struct Scenario {
    folder: tempfile::TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) base: TreeId,
    pub(crate) ours: TreeId,
    pub(crate) theirs: TreeId,
}

/// Runs statements in keyspace `product` unless they say `use …`, and commits what they changed.
pub(crate) fn play(workspace: &Workspace, statements: &[&str], message: &str) -> CommitId {
    let mut session = workspace.session(None).expect("a session");
    session.execute("use product").expect("a keyspace");
    for statement in statements {
        if let Err(error) = session.execute(statement) {
            panic!("{statement}: {error}");
        }
    }
    drop(session);
    let options = CommitOptions {
        message: message.to_owned(),
        stage: Stage::All,
        allow_empty: true,
        ..CommitOptions::default()
    };
    workspace.commit(&options).expect("a commit").id
}

impl Scenario {
    /// Plays the base on `main`, ours on `main` after it, and theirs on `side`.
    pub(crate) fn new(base: &[&str], ours: &[&str], theirs: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("repository");
        let mut workspace =
            Workspace::init(&root, Template::Cluster, Some("main")).expect("a repository");
        let base = play(&workspace, base, "base");
        workspace
            .create_branch("side", Some("HEAD"), vrev::store::Force::No)
            .expect("a branch");
        let ours = play(&workspace, ours, "ours");
        workspace.switch("side", None).expect("the other branch");
        workspace = Workspace::open(&root).expect("the repository");
        let theirs = play(&workspace, theirs, "theirs");
        workspace.switch("main", None).expect("the first branch");
        let workspace = Workspace::open(&root).expect("the repository");
        let tree = |id| workspace.store().commit(id).expect("a commit").tree;
        Self {
            base: tree(base),
            ours: tree(ours),
            theirs: tree(theirs),
            folder,
            workspace,
        }
    }

    /// The repository's folder.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("repository")
    }

    pub(crate) fn combine(&self) -> Combined {
        self.combine_with(&CombineOptions::default())
    }

    pub(crate) fn combine_with(&self, options: &CombineOptions) -> Combined {
        self.workspace
            .combine(self.base, self.ours, self.theirs, options)
            .expect("a merge")
    }

    /// The other way round.
    pub(crate) fn swapped(&self) -> Combined {
        self.workspace
            .combine(
                self.base,
                self.theirs,
                self.ours,
                &CombineOptions::default(),
            )
            .expect("a merge")
    }

    /// Answers a query at a root tree, each row as a line.
    pub(crate) fn query(&self, tree: TreeId, query: &str) -> Vec<String> {
        let store = self.workspace.store();
        let signature = store.author().expect("somebody");
        let commit = store
            .write_commit(&NewCommit {
                message: "a tree to look at\n".to_owned(),
                tree,
                parents: Vec::new(),
                author: signature.clone(),
                committer: signature,
            })
            .expect("a commit");
        store.sync().expect("a disk");
        let mut session = self
            .workspace
            .snapshot(&commit.to_string())
            .expect("a catalog that builds");
        session.execute("use product").expect("a keyspace");
        let result = session.execute(query).expect(query);
        let rows = result.rows.expect("rows");
        let line = |row: &Vec<vrev::value::Value>| {
            let cells = row
                .iter()
                .map(|cell| cell.to_text().map_or("NULL".to_owned(), Into::into));
            cells.collect::<Vec<String>>().join(" ")
        };
        rows.rows.iter().map(line).collect()
    }

    /// The text of a file of a root tree.
    pub(crate) fn file(&self, tree: TreeId, path: &str) -> String {
        let store = self.workspace.store();
        let blob = store.tree_file(tree, path).expect("a tree").expect(path);
        String::from_utf8(store.read(blob).expect("a blob")).expect("text")
    }
}

/// Conflicts as lines: relation, kind, clashing columns.
pub(crate) fn lines(conflicts: &Conflicts) -> Vec<String> {
    let relations = conflicts.relations.iter().flat_map(|relation| {
        relation.rows.iter().map(|row| {
            format!(
                "{} {} [{}]",
                relation.relation,
                row.kind,
                row.columns.join(",")
            )
        })
    });
    let files = conflicts
        .files
        .iter()
        .map(|file| format!("{} {}", file.path, file.kind));
    relations.chain(files).collect()
}

/// The same with ours and theirs exchanged.
pub(crate) fn mirrored(conflicts: &Conflicts) -> Vec<String> {
    let mut mirrored = conflicts.clone();
    let turn = |kind: &mut Kind| *kind = kind.mirrored();
    for relation in &mut mirrored.relations {
        relation.rows.iter_mut().for_each(|row| turn(&mut row.kind));
    }
    mirrored
        .files
        .iter_mut()
        .for_each(|file| turn(&mut file.kind));
    lines(&mirrored)
}
