//! Looking at what stands beside the objects: HEAD, packed references, logs, working sets hidden in `.git/vrev/`, and
//! files of the worktree whose bytes changed though nobody wrote them.
//!
//! Text that only people read (messages and times in logs), settings, and names that another name could stand for have
//! nothing to be checked against but their [seals](super::seal).

use std::fs;
use std::path::Path;

use gix::bstr::ByteSlice as _;

use super::object::{RawId, hash, hex};
use super::refs::ZERO;
use super::verify::Examined;
use super::working_set::{BASE, COMMON_DIR, GIT_DIR, GIT_FILE};
use super::{CommitId, Error, Store};
use crate::catalog::files;

impl Store {
    /// Looks at HEAD, packed references, logs and working sets.
    pub(super) fn examine_state(&self, found: &mut Examined) -> Result<(), Error> {
        self.examine_head(found);
        self.examine_packed_refs(found);
        self.examine_logs(found);
        self.examine_files(".git", found)?;
        let folder = self.whole_common_dir().join("vrev").join("branches");
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // One that is being made, or was when its process was killed.
            if !name.ends_with(".new") {
                self.examine_hidden(&entry.path(), &name, found);
            }
        }
        Ok(())
    }

    /// HEAD names a branch, and one that was checked out.
    fn examine_head(&self, found: &mut Examined) {
        let Ok(head) = fs::read_to_string(self.git_dir().join("HEAD")) else {
            return found.say("HEAD".to_owned(), "it cannot be read");
        };
        let Some(name) = head.strip_prefix("ref:").map(str::trim) else {
            return; // an id is followed as every reference is
        };
        if !name.starts_with("refs/heads/") || !is_name(name) {
            return found.say("HEAD".to_owned(), &format!("`{name}` is no branch"));
        }
        if self.ref_commit(name).is_ok_and(|commit| commit.is_some()) {
            return;
        }
        let log = fs::read(self.log_path("HEAD")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let moved = log.lines().rev().find_map(|line| {
            let (_, message) = line.split_once('\t')?;
            message.strip_prefix("checkout: moving from ")?;
            message.rsplit_once(" to ").map(|(_, to)| to)
        });
        let branch = name.trim_start_matches("refs/heads/");
        let last = moved.map(|to| format!("refs/heads/{to}"));
        let was_elsewhere = match &last {
            Some(last) => last != name && self.ref_commit(last).is_ok_and(|at| at.is_some()),
            None => !log.is_empty(),
        };
        if was_elsewhere {
            let was = moved.map_or_else(String::new, |to| format!(", and it was on `{to}`"));
            let reason = format!("it is on `{branch}`, which has no commit{was}");
            found.say("HEAD".to_owned(), &reason);
        }
    }

    /// Lines of `packed-refs` are references in order, each perhaps with what its tag leads to.
    fn examine_packed_refs(&self, found: &mut Examined) {
        let path = self.common_dir().join("packed-refs");
        let Ok(bytes) = fs::read(&path) else { return };
        let mut say = |line: usize, reason: &str| {
            found.say(format!(".git/packed-refs, line {}", line + 1), reason);
        };
        let (mut last, mut sorted) = (Vec::new(), false);
        let mut tagged: Option<RawId> = None;
        for (number, line) in bytes.lines().enumerate() {
            if let Some(header) = line.strip_prefix(b"#") {
                let known = header.starts_with(b" pack-refs with:");
                let words = header.split(|&byte| byte == b' ');
                let traits: [&[u8]; 3] = [b"peeled", b"fully-peeled", b"sorted"];
                let strange = words
                    .skip(3)
                    .any(|word| !word.is_empty() && !traits.contains(&word));
                if number > 0 || !known || strange {
                    say(number, "it is no header");
                }
                sorted = header.contains_str("sorted");
                continue;
            }
            if let Some(peeled) = line.strip_prefix(b"^") {
                let told = parse_id(peeled);
                let leads = tagged.take().and_then(|id| self.peeled(id).ok());
                if told.is_none() || told != leads {
                    say(number, "the tag above it leads elsewhere");
                }
                continue;
            }
            let id = line.get(..40).and_then(parse_id);
            let name = line
                .get(40..)
                .and_then(|rest| rest.strip_prefix(b" "))
                .filter(|name| is_name(&String::from_utf8_lossy(name)));
            let (Some(id), Some(name)) = (id, name) else {
                say(number, "it is no reference");
                continue;
            };
            if sorted && name <= last.as_slice() {
                say(number, "it is out of order");
            }
            last = name.to_vec();
            tagged = Some(id);
        }
    }

    /// Returns what a tag leads to in the end, of any kind.
    fn peeled(&self, mut id: RawId) -> Result<RawId, Error> {
        while let (gix::objs::Kind::Tag, data) = self.any_object(&id)? {
            id = super::tag::tag_target(&id, &data)?;
        }
        Ok(id)
    }

    /// Lines of logs have git's form, and what they lead to is there.
    fn examine_logs(&self, found: &mut Examined) {
        let logs = self.common_dir().join("logs");
        for path in super::verify::files_below(&logs) {
            let name = path.strip_prefix(&logs).unwrap_or(&path).display();
            let Ok(bytes) = fs::read(&path) else { continue };
            if path.extension().is_some_and(|end| end == "lock") {
                continue;
            }
            let mut last = None;
            for (number, line) in bytes.lines().enumerate() {
                match self.log_line(line, last) {
                    Ok(id) => last = Some(id),
                    Err(reason) => {
                        let place = format!("reflog of {name}, line {}", number + 1);
                        found.say(place, &reason);
                        last = None;
                    }
                }
            }
            self.examine_owner(&name.to_string(), last, found);
        }
    }

    /// A log is of a reference: where it is not, and a reference without a log is where the log ends, a name has changed.
    fn examine_owner(&self, name: &str, last: Option<RawId>, found: &mut Examined) {
        let (Some(last), Ok(None)) = (last, self.read_ref(name)) else {
            return;
        };
        let refs = self.all_refs().unwrap_or_default();
        let nameless = refs
            .iter()
            .find(|(other, id)| **id == last && !self.log_path(other).exists());
        if let (Some((other, _)), true) = (nameless, is_name(name)) {
            let reason = format!("there is no such reference, and `{other}` is where it ends");
            found.say(format!("reflog of {name}"), &reason);
        }
    }

    /// Returns where a line of a log leads to, `last` being where the line before it does.
    fn log_line(&self, line: &[u8], last: Option<RawId>) -> Result<RawId, String> {
        let malformed = || "it is no line of a log".to_owned();
        let ids = line.get(..81).ok_or_else(malformed)?;
        let (from, to) = (parse_id(&ids[..40]), parse_id(&ids[41..]));
        let rest = &line[81..];
        let (who, _) = rest.split_once_str("\t").unwrap_or((rest, b""));
        let mut words = who.rsplitn(3, |&byte| byte == b' ');
        let (zone, seconds) = (words.next(), words.next());
        let has_zone = zone.is_some_and(|zone| {
            zone.len() == 5
                && matches!(zone[0], b'+' | b'-')
                && zone[1..].iter().all(u8::is_ascii_digit)
        });
        let has_time = seconds.is_some_and(|seconds| {
            let digits = seconds.strip_prefix(b"-").unwrap_or(seconds);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        });
        let has_address = words
            .next()
            .is_some_and(|name| name.ends_with(b">") && name.contains(&b'<'));
        let spaced = ids[40] == b' ' && rest.first() == Some(&b' ');
        let (Some(from), Some(to)) = (from, to) else {
            return Err(malformed());
        };
        if !(spaced && has_zone && has_time && has_address) {
            return Err(malformed());
        }
        // The first line may begin where nothing is kept any more.
        let begins = (last.is_some() && last != Some(from)).then_some(from);
        for id in begins.iter().chain([&to]) {
            if hex(id) != ZERO && self.any_object(id).is_err() {
                return Err(format!("{} is missing or damaged", hex(id)));
            }
        }
        Ok(to)
    }

    /// A hidden working set says what it was laid down with, and where its branch was.
    fn examine_hidden(&self, folder: &Path, name: &str, found: &mut Examined) {
        let place = |file: &str| format!(".git/vrev/branches/{name}/{file}");
        let branch = files::decode(name, "branches/").unwrap_or_else(|_| name.to_owned());
        let fixed = [
            ("git/HEAD", format!("ref: refs/heads/{branch}\n")),
            ("git/commondir", COMMON_DIR.to_owned()),
            ("git/gitdir", GIT_DIR.to_owned()),
            ("files/.git", GIT_FILE.to_owned()),
        ];
        let mut is_whole = true;
        for (file, expected) in fixed {
            let text = fs::read(folder.join(file)).unwrap_or_default();
            if text != expected.as_bytes() {
                found.say(place(file), &format!("it is not `{}`", expected.trim_end()));
                is_whole = false;
            }
        }
        let base = fs::read_to_string(folder.join("git").join(BASE)).unwrap_or_default();
        let base = base.strip_suffix('\n').unwrap_or(&base);
        let known = base.parse::<CommitId>();
        if !base.is_empty() && !known.is_ok_and(|id| self.commit(id).is_ok()) {
            found.say(place("git/VREV_BASE"), "it names no commit");
        }
        if !is_whole {
            return;
        }
        let examined = Self::open(&folder.join("files")).and_then(|store| {
            store.examine_trailer(&store.git_dir().join("index"), &place("git/index"), found)?;
            store.index()?;
            store.examine_files(&place("files"), found)
        });
        if let Err(error) = examined {
            found.note(&place("git"), &error);
        }
    }

    /// Files whose size and times are the index's have its content too.
    fn examine_files(&self, place: &str, found: &mut Examined) -> Result<(), Error> {
        let Ok(index) = self.index() else {
            return Ok(()); // told where the index is read
        };
        for (path, entry) in index.entries.iter() {
            if entry.skip_worktree || self.compare(path, &entry, &index)?.is_some() {
                continue;
            }
            let Some((_, Some(mode))) = self.stat(path)? else {
                continue;
            };
            let Ok(bytes) = self.worktree_bytes(path, mode) else {
                continue;
            };
            if hash(gix::objs::Kind::Blob, &bytes)? != entry.id {
                let place = match place {
                    ".git" => path.to_owned(),
                    hidden => format!("{hidden}/{path}"),
                };
                found.say(place, "its bytes changed, but not its size and times");
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    gix::validate::reference::name(name.as_bytes().as_bstr()).is_ok()
}

fn parse_id(text: &[u8]) -> Option<RawId> {
    let lower = text.len() == 40
        && text
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let text = std::str::from_utf8(text).ok().filter(|_| lower)?;
    text.parse::<CommitId>().ok().map(|id| id.0)
}
