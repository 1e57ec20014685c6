//! Branches, tags and HEAD, judged by git.

use vrev::store::{Error, Expected, Force, NewCommit, RefName, Revision, SwitchTo, TreeId};

use crate::commits::commit_file;
use crate::git::{Scratch, at};

#[test]
fn branches_are_created_renamed_and_deleted_as_by_git() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let a = commit_file(&store, "a", "a", 0, &[]);
    let b = commit_file(&store, "b", "b", 1, &[a]);
    store.rename_branch("main", "trunk", Force::No).unwrap(); // unborn
    assert_eq!(scratch.git(&["symbolic-ref", "HEAD"]), "refs/heads/trunk");
    let on_trunk = store.head().unwrap();
    store.rename_branch("trunk", "main", Force::No).unwrap();
    let moved = store
        .move_head(&on_trunk, a, Expected::Nothing, "commit (initial): a")
        .unwrap_err();
    assert!(
        matches!(&moved, Error::RefMoved { reference, .. } if reference == "HEAD"),
        "{moved}"
    );
    store
        .move_head(
            &store.head().unwrap(),
            a,
            Expected::Nothing,
            "commit (initial): a",
        )
        .unwrap();

    store.create_branch("topic", b, "b", Force::No).unwrap();
    assert!(matches!(
        store.create_branch("topic", a, "a", Force::No),
        Err(Error::AlreadyExists { .. })
    ));
    assert!(matches!(
        store.create_branch("topic/x", a, "a", Force::No),
        Err(Error::NameInTheWay { .. })
    ));
    assert!(matches!(
        store.create_branch("a..b", a, "a", Force::No),
        Err(Error::InvalidName { .. })
    ));
    assert!(matches!(
        store.create_branch("main", b, "b", Force::Yes),
        Err(Error::BranchCheckedOut { .. })
    ));
    assert!(matches!(
        store.delete_branch("main", Force::Yes),
        Err(Error::BranchCheckedOut { .. })
    ));
    assert!(matches!(
        store.delete_branch("topic", Force::No),
        Err(Error::NotFullyMerged { .. })
    ));
    assert!(matches!(
        store.delete_branch("none", Force::No),
        Err(Error::NoSuchReference { .. })
    ));
    scratch.git(&["pack-refs", "--all"]);
    store.create_branch("topic", a, "a", Force::Yes).unwrap();
    assert_eq!(
        scratch.git(&["rev-parse", "topic", "topic@{1}"]),
        format!("{a}\n{b}")
    );
    store
        .rename_branch("topic", "deep/er/topic", Force::No)
        .unwrap();
    assert_eq!(
        scratch.git(&["rev-parse", "deep/er/topic@{2}"]),
        b.to_string()
    );
    assert!(!scratch.try_git(&["rev-parse", "--verify", "topic"]).0);
    assert_eq!(store.delete_branch("deep/er/topic", Force::No).unwrap(), a);
    store.create_branch("deep", b, "b", Force::No).unwrap(); // where a folder was
    store.rename_branch("main", "trunk", Force::No).unwrap();
    assert_eq!(store.head().unwrap().branch.as_deref(), Some("trunk"));
    assert_eq!(scratch.git(&["symbolic-ref", "HEAD"]), "refs/heads/trunk");
    let listed = scratch.git(&[
        "for-each-ref",
        "--format=%(refname:short) %(objectname) %(HEAD)",
        "refs/heads",
    ]);
    let ours: Vec<_> = store
        .branches()
        .unwrap()
        .into_iter()
        .map(|branch| {
            format!(
                "{} {} {}",
                branch.name,
                branch.commit,
                if branch.is_head { "*" } else { " " }
            )
        })
        .collect();
    assert_eq!(
        ours.join("\n"),
        listed + if ours[1].ends_with('*') { "" } else { " " }
    );

    // A branch in another worktree is in use too.
    scratch.git(&["reset", "-q", "--hard"]);
    scratch.git(&["worktree", "add", "-q", "../linked", "deep"]);
    assert!(matches!(
        store.delete_branch("deep", Force::Yes),
        Err(Error::BranchCheckedOut { .. })
    ));
    let linked = vrev::store::Store::discover(scratch.root().join("../linked")).unwrap();
    assert_eq!(linked.head().unwrap().branch.as_deref(), Some("deep"));
    assert_eq!(
        linked.vrev_dir().canonicalize().ok(),
        store.vrev_dir().canonicalize().ok()
    );
    linked
        .switch(&SwitchTo::Detached(a, "a".to_owned()), Default::default())
        .unwrap();
    assert_eq!(store.head().unwrap().branch.as_deref(), Some("trunk"));
    scratch.fsck();
}

#[test]
fn tags_and_decorations_agree_with_git() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let a = commit_file(&store, "a", "a", 0, &[]);
    store
        .move_head(
            &store.head().unwrap(),
            a,
            Expected::Nothing,
            "commit (initial): a",
        )
        .unwrap();
    store.create_tag("light", a, None, Force::No).unwrap();
    store
        .create_tag("v1", a, Some((&at(5), "version one\n")), Force::No)
        .unwrap();
    assert!(matches!(
        store.create_tag("v1", a, None, Force::No),
        Err(Error::AlreadyExists { .. })
    ));
    assert!(matches!(
        store.create_tag("-v", a, None, Force::No),
        Err(Error::InvalidName { .. })
    ));
    assert_eq!(scratch.git(&["cat-file", "-t", "v1"]), "tag");
    assert_eq!(
        scratch.git(&["tag", "-n1", "-l", "v1"]),
        "v1              version one"
    );
    let tags = store.tags().unwrap();
    assert_eq!(
        tags.iter()
            .map(|tag| (tag.name.as_str(), tag.commit))
            .collect::<Vec<_>>(),
        [("light", a), ("v1", a)]
    );
    assert_eq!(
        (tags[1].message.as_deref(), tags[1].tagger.as_ref()),
        (Some("version one\n"), Some(&at(5)))
    );
    let names = [
        RefName::Branch("main".to_owned()),
        RefName::Tag("light".to_owned()),
        RefName::Tag("v1".to_owned()),
    ];
    assert_eq!(store.refs_of(a).unwrap(), names);
    scratch.fsck();
    store.delete_tag("light").unwrap();
    assert!(matches!(
        store.delete_tag("light"),
        Err(Error::NoSuchReference { .. })
    ));
    assert_eq!(scratch.git(&["tag"]), "v1");
}

#[test]
fn a_large_batch_becomes_one_pack() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let mut tree = TreeId::EMPTY;
    let mut blobs = Vec::new();
    for number in 0..500 {
        blobs.push(
            store
                .write_blob(format!("{number}\n").repeat(number).as_bytes())
                .unwrap(),
        );
    }
    for (number, blob) in blobs.iter().enumerate().step_by(50) {
        tree = store
            .set_file(tree, &format!("d{}/{number}", number % 7), Some(*blob))
            .unwrap();
    }
    let head = store.head().unwrap();
    let new = NewCommit {
        message: "m\n".to_owned(),
        tree,
        parents: vec![],
        author: at(0),
        committer: at(0),
    };
    let id = store.commit_to_head(&head, &new, "commit").unwrap();
    let count = scratch.git(&["count-objects", "-v"]);
    assert!(
        count.contains("packs: 1") && count.starts_with("count: 0"),
        "{count}"
    );
    scratch.git(&["verify-pack", "-v", &find_pack(&scratch)]);
    assert!(
        scratch
            .git(&["fsck", "--full", "--strict"])
            .lines()
            .all(|line| line.starts_with("dangling"))
    );
    let again = scratch.store();
    for (number, blob) in blobs.iter().enumerate() {
        assert_eq!(
            again.read(*blob).unwrap(),
            format!("{number}\n").repeat(number).as_bytes()
        );
    }
    assert_eq!(again.files(&Revision::Commit(id), "").unwrap().len(), 10);
    assert_eq!(
        again.files(&Revision::Commit(id), "d0").unwrap()[0].0,
        "d0/0"
    );

    // A flipped bit in the pack is an error that names the object, or changes nothing.
    let path = scratch
        .root()
        .join(".git/objects/pack")
        .join(find_pack(&scratch))
        .with_extension("pack");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut errors = 0;
    for at in (20..bytes.len() - 20).step_by(bytes.len() / 200) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        let store = scratch.store();
        for blob in &blobs {
            match store.read(*blob) {
                Ok(bytes) => assert_eq!(vrev::store::Store::blob_id(&bytes).unwrap(), *blob),
                Err(error) => {
                    errors += 1;
                    assert!(error.to_string().contains(&blob.to_string()), "{error}");
                }
            }
        }
    }
    assert!(errors > 50, "{errors}");
}

fn find_pack(scratch: &Scratch) -> String {
    let folder = scratch.root().join(".git/objects/pack");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap());
    let path = scratch.root().join(".git/objects/pack").join(
        names
            .into_iter()
            .find(|name| name.ends_with(".idx"))
            .unwrap(),
    );
    path.display().to_string()
}
