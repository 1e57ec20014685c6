//! Commits as `git log` shows them: in full, on one line each, beside a graph, or as JSON.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::graph::Graph;
use crate::cli::color::{Meaning, Palette};
use crate::store::{Commit, CommitId, Signature, Tag};
use crate::workspace::LogEntry;

/// Digits of an abbreviated id.
pub(super) const ABBREVIATED: usize = 7;

/// How commits are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LogForm {
    /// One line each.
    pub(crate) oneline: bool,
    /// Beside a graph of their descent.
    pub(crate) graph: bool,
    /// With their parents' ids.
    pub(crate) parents: bool,
    /// With the branches and tags that point at them.
    pub(crate) decorate: Decorate,
}

/// How branches and tags are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Decorate {
    /// By their short names
    #[default]
    #[value(alias = "auto")]
    Short,
    /// By their full names
    Full,
    /// Not at all
    No,
}

/// Writes commits in the order given.
pub(super) fn write(
    out: &mut dyn Write,
    entries: &[LogEntry],
    form: LogForm,
    palette: Palette,
) -> io::Result<()> {
    let mut graph: Graph<CommitId> = Graph::default();
    for (at, entry) in entries.iter().enumerate() {
        let mut text = if form.oneline {
            oneline(entry, form, palette)
        } else {
            block_as(entry, form, palette)
        };
        if !form.oneline && at + 1 < entries.len() {
            text.push('\n');
        }
        if !form.graph {
            out.write_all(text.as_bytes())?;
            continue;
        }
        let drawing = graph.draw(entry.commit.id, &entry.parents);
        for (number, line) in text.lines().enumerate() {
            let beside = if number == 0 {
                &drawing.first
            } else {
                &drawing.rest
            };
            writeln!(out, "{}", format!("{beside}{line}").trim_end())?;
        }
        for edge in &drawing.edges {
            writeln!(out, "{}", edge.trim_end())?;
        }
    }
    Ok(())
}

fn oneline(entry: &LogEntry, form: LogForm, palette: Palette) -> String {
    let mut ids = entry.commit.id.abbreviated(ABBREVIATED);
    if form.parents {
        for parent in &entry.commit.parents {
            ids.push(' ');
            ids.push_str(&parent.abbreviated(ABBREVIATED));
        }
    }
    let ids = palette.paint(Meaning::Commit, &ids);
    format!(
        "{ids}{} {}\n",
        decorations(entry, form.decorate, palette),
        entry.commit.subject()
    )
}

/// Returns a commit in full: id, author, date and the message, indented.
pub(super) fn block(entry: &LogEntry, decorate: Decorate, palette: Palette) -> String {
    let form = LogForm {
        decorate,
        ..LogForm::default()
    };
    block_as(entry, form, palette)
}

fn block_as(entry: &LogEntry, form: LogForm, palette: Palette) -> String {
    let Commit {
        id,
        parents,
        author,
        message,
        ..
    } = &entry.commit;
    let mut head = format!("commit {id}");
    if form.parents {
        head.extend(parents.iter().map(|parent| format!(" {parent}")));
    }
    let head = palette.paint(Meaning::Commit, &head);
    let mut text = format!("{head}{}\n", decorations(entry, form.decorate, palette));
    if parents.len() > 1 {
        let parents: Vec<String> = parents
            .iter()
            .map(|id| id.abbreviated(ABBREVIATED))
            .collect();
        text.push_str(&format!("Merge: {}\n", parents.join(" ")));
    }
    text.push_str(&signed("Author:", author, message));
    text
}

/// Who did something and when, and the message, indented.
fn signed(label: &str, by: &Signature, message: &str) -> String {
    let (name, email, date) = (&by.name, &by.email, date(by));
    let mut text = format!("{label} {name} <{email}>\nDate:   {date}\n\n");
    for line in message.trim_end().lines() {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    text
}

/// Returns a tag with the commit that it leads to; an annotated one also with who made it, when and why.
pub(super) fn tag(tag: &Tag, palette: Palette) -> String {
    let head = palette.paint(Meaning::Commit, &format!("{}\t{}", tag.name, tag.commit));
    match &tag.tagger {
        Some(tagger) => {
            let message = tag.message.as_deref().unwrap_or_default();
            format!("{head}\n{}\n", signed("Tagger:", tagger, message))
        }
        None => format!("{head}\n"),
    }
}

fn decorations(entry: &LogEntry, decorate: Decorate, palette: Palette) -> String {
    if entry.refs.is_empty() || decorate == Decorate::No {
        return String::new();
    }
    let full = |name: &String| {
        if decorate == Decorate::Short || name == "HEAD" {
            name.clone()
        } else if let Some(branch) = name.strip_prefix("HEAD -> ") {
            format!("HEAD -> refs/heads/{branch}")
        } else if let Some(tag) = name.strip_prefix("tag: ") {
            format!("tag: refs/tags/{tag}")
        } else if entry.remotes.contains(name) {
            format!("refs/remotes/{name}")
        } else {
            format!("refs/heads/{name}")
        }
    };
    let paint = |name: &String| {
        let meaning = if name.starts_with("HEAD") {
            Meaning::Head
        } else if name.starts_with("tag: ") {
            Meaning::Tag
        } else {
            Meaning::Branch
        };
        palette.paint(meaning, &full(name))
    };
    let names: Vec<String> = entry.refs.iter().map(paint).collect();
    format!(" ({})", names.join(", "))
}

/// Returns a time as git's default date format, in the signer's own offset: `Sat Aug 1 10:00:00 2026 +0000`.
pub(super) fn date(signature: &Signature) -> String {
    zoned(signature).map_or_else(
        || format!("{} seconds since 1970", signature.seconds),
        |time| time.strftime("%a %b %-d %H:%M:%S %Y %z").to_string(),
    )
}

fn iso_date(signature: &Signature) -> Option<String> {
    zoned(signature).map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

fn zoned(signature: &Signature) -> Option<jiff::Zoned> {
    let offset = Offset::from_seconds(signature.offset).ok()?;
    let time = Timestamp::from_second(signature.seconds).ok()?;
    Some(time.to_zoned(TimeZone::fixed(offset)))
}

/// Returns commits as JSON.
pub(super) fn json(entries: &[LogEntry]) -> serde_json::Value {
    serde_json::json!({ "commits": entries.iter().map(entry_json).collect::<Vec<_>>() })
}

/// Returns one commit as JSON.
pub(super) fn entry_json(entry: &LogEntry) -> serde_json::Value {
    let commit = &entry.commit;
    serde_json::json!({
        "id": commit.id.to_string(),
        "parents": commit.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "tree": commit.tree.to_string(),
        "author": signature_json(&commit.author),
        "committer": signature_json(&commit.committer),
        "message": commit.message,
        "refs": entry.refs,
    })
}

fn signature_json(signature: &Signature) -> serde_json::Value {
    serde_json::json!({ "name": signature.name, "email": signature.email, "date": iso_date(signature) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TreeId;

    fn id(byte: u8) -> CommitId {
        CommitId::from_bytes([byte; 20])
    }

    fn entry(byte: u8, parents: &[u8], message: &str, refs: &[&str]) -> LogEntry {
        let author = Signature {
            name: "Ann".into(),
            email: "ann@example.org".into(),
            seconds: 1_785_578_400,
            offset: 7200,
        };
        let commit = Commit {
            id: id(byte),
            parents: parents.iter().map(|byte| id(*byte)).collect(),
            tree: TreeId::from_bytes([0; 20]),
            committer: author.clone(),
            author,
            message: message.into(),
        };
        LogEntry {
            parents: commit.parents.clone(),
            objects: Vec::new(),
            remotes: Vec::new(),
            commit,
            refs: refs.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn check(entries: &[LogEntry], oneline: bool, graph: bool, expected: &str) {
        let mut out = Vec::new();
        write(
            &mut out,
            entries,
            LogForm {
                oneline,
                graph,
                ..LogForm::default()
            },
            Palette::PLAIN,
        )
        .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_commit_in_full_is_gits() {
        let entries = [
            entry(
                2,
                &[1],
                "add orders\n\nwith a body\n",
                &["HEAD -> main", "tag: v1"],
            ),
            entry(1, &[], "init", &[]),
        ];
        check(
            &entries,
            false,
            false,
            "\
commit 0202020202020202020202020202020202020202 (HEAD -> main, tag: v1)
Author: Ann <ann@example.org>
Date:   Sat Aug 1 12:00:00 2026 +0200

    add orders

    with a body

commit 0101010101010101010101010101010101010101
Author: Ann <ann@example.org>
Date:   Sat Aug 1 12:00:00 2026 +0200

    init
",
        );
    }

    #[test]
    fn one_line_each_beside_a_graph() {
        let entries = [
            entry(4, &[2, 3], "merge\n", &["HEAD -> main"]),
            entry(3, &[1], "side", &[]),
            entry(2, &[1], "main", &[]),
            entry(1, &[], "init", &[]),
        ];
        check(
            &entries,
            true,
            true,
            "\
*   0404040 (HEAD -> main) merge
|\\
| * 0303030 side
* | 0202020 main
|/
* 0101010 init
",
        );
        check(
            &entries[..1],
            false,
            true,
            "\
*   commit 0404040404040404040404040404040404040404 (HEAD -> main)
|   Merge: 0202020 0303030
|   Author: Ann <ann@example.org>
|   Date:   Sat Aug 1 12:00:00 2026 +0200
|
|       merge
|\\
",
        );
    }

    #[test]
    fn json_has_everything() {
        let json = json(&[entry(2, &[1], "m", &["v1"])]);
        assert_eq!(
            json["commits"][0]["author"]["date"],
            "2026-08-01T12:00:00+02:00"
        );
        assert_eq!(json["commits"][0]["parents"][0], id(1).to_string());
    }
}
