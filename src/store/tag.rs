//! Tags, annotated and light (git-tag(1), git-mktag(1)).

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::object::{RawId, hex};
use super::refs::{Expected, Force};
use super::{CommitId, Error, Signature, Store};

/// A tag that leads to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Short name.
    pub name: String,
    /// The commit.
    pub commit: CommitId,
    /// Who made it, when it is annotated.
    pub tagger: Option<Signature>,
    /// Its message, when it is annotated.
    pub message: Option<String>,
}

impl Store {
    /// Returns the tags that lead to commits, sorted by name.
    ///
    /// # Errors
    /// When the references cannot be listed or a tag is damaged.
    pub fn tags(&self) -> Result<Vec<Tag>, Error> {
        let mut tags = Vec::new();
        for (name, id) in self.all_refs()? {
            let Some(name) = name.strip_prefix("refs/tags/") else {
                continue;
            };
            let (kind, data) = self.any_object(&id)?;
            let Ok(commit) = self.peel(id) else { continue };
            let (mut tagger, mut message) = (None, None);
            if kind == Kind::Tag {
                let text = String::from_utf8_lossy(&data).into_owned();
                let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
                tagger = head
                    .lines()
                    .find_map(|line| line.strip_prefix("tagger "))
                    .map(Signature::from_line);
                message = Some(body.to_owned());
            }
            tags.push(Tag {
                name: name.to_owned(),
                commit,
                tagger,
                message,
            });
        }
        Ok(tags)
    }

    /// Creates a tag at a commit: annotated if there is a message (with its tagger), else a bare name.
    ///
    /// # Errors
    /// When the name is invalid or (unless forced) taken.
    pub fn create_tag(
        &self,
        name: &str,
        commit: CommitId,
        annotation: Option<(&Signature, &str)>,
        force: Force,
    ) -> Result<(), Error> {
        let reference = tag_ref(name)?;
        self.commit(commit)?;
        let expected = match self.ref_commit(&reference)? {
            None => Expected::Nothing,
            Some(_) if force == Force::No => {
                return Err(Error::AlreadyExists {
                    kind: "tag",
                    name: name.to_owned(),
                });
            }
            Some(id) => Expected::At(id),
        };
        let target = match annotation {
            None => commit.0,
            Some((tagger, message)) => {
                let text = format!(
                    "object {commit}\ntype commit\ntag {name}\ntagger {}\n\n{message}",
                    tagger.to_line()
                );
                self.write_object(Kind::Tag, text.as_bytes())?
            }
        };
        self.set_ref(&reference, expected, target, "")
    }

    /// Deletes a tag and returns the id it held.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_tag(&self, name: &str) -> Result<CommitId, Error> {
        let reference = tag_ref(name)?;
        match self.ref_commit(&reference)? {
            Some(id) => self.delete_ref(&reference, id.0).map(|()| id),
            None => Err(Error::NoSuchReference {
                kind: "tag",
                name: name.to_owned(),
            }),
        }
    }
}

fn tag_ref(name: &str) -> Result<String, Error> {
    let full = format!("refs/tags/{name}");
    let valid = !name.starts_with('-')
        && name != "HEAD"
        && gix::validate::reference::name(full.as_bytes().as_bstr()).is_ok();
    if valid {
        Ok(full)
    } else {
        Err(Error::InvalidName {
            kind: "tag",
            name: name.to_owned(),
        })
    }
}

/// Returns the object that a tag object names.
pub(super) fn tag_target(id: &RawId, data: &[u8]) -> Result<RawId, Error> {
    data.lines()
        .next()
        .and_then(|line| line.strip_prefix(b"object "))
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| text.parse::<CommitId>().ok())
        .map(|target| target.0)
        .ok_or_else(|| Error::DamagedObject {
            id: hex(id),
            reason: "it names no object".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_git_does() {
        assert!(tag_ref("v1").is_ok() && tag_ref("a/b").is_ok());
        for bad in ["", "-v", "HEAD", "a b", "a..b", "v.lock"] {
            assert!(tag_ref(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_tag_names() {
        let id = [1; 20];
        let text = format!("object {}\ntype commit\n", "02".repeat(20));
        assert_eq!(tag_target(&id, text.as_bytes()).unwrap(), [2; 20]);
        for bad in ["", "object", "object 12\n", "type commit\n"] {
            assert!(tag_target(&id, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
