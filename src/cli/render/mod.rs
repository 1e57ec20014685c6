//! Reports as text or JSON: the only writer of stdout.
//!
//! One report, one file. Text is for people and may change; JSON is a contract. What reaches output is sorted by the
//! report already, so the same input prints the same bytes.

mod cell;
mod cells;
mod check;
mod conflicts;
mod descriptor;
mod diff;
mod explain;
mod graph;
mod grid;
mod log;
mod operation;
mod plan;
mod stat;
mod status;
mod summary;
mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

pub(crate) use diff::Mode as DiffMode;
pub(crate) use log::{Decorate, LogForm};
pub(crate) use stat::plural;
pub(crate) use table::{Elapsed, Form};

use super::Format;
use super::color::{Meaning, Palette};
use super::config::Config;
use super::error::say;
use super::pager::Pager;
use crate::catalog::descriptor::Descriptor;
use crate::merge::TableViolations;
use crate::relation::Relation;
use crate::review::Explained;
use crate::store::Tag;
use crate::value::{QueryResult, ResultSet};
use crate::workspace::{
    CheckReport, CommitReport, DiffReport, Explanation, LogEntry, MergeReport, MergedTree,
    MigrationStatement, OpenConflicts, OperationKind, PickReport, PlanReport, RenameReport,
    RollbackReport, Status, Unresolved,
};

/// Where reports go.
pub(crate) struct Output {
    sink: Sink,
    palette: Palette,
    format: Format,
    pager: Option<String>,
    elapsed: Option<String>,
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    Pager(BufWriter<Pager>),
    Memory(Vec<u8>),
}

impl Output {
    /// Returns the output of this process, to stdout.
    pub(crate) fn stdout(config: &Config) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            sink: Sink::Stdout(BufWriter::new(io::stdout())),
            palette: Palette::choose(config.color, terminal, config.plain),
            format: config.format,
            pager: config.pager.clone().filter(|_| terminal),
            elapsed: config.elapsed.clone(),
        }
    }

    /// Returns an output whose text [`Self::into_text`] gives back; what is said on stderr is part of it.
    pub(crate) fn memory(palette: Palette, format: Format) -> Self {
        let elapsed = Some("0.00".to_owned());
        Self {
            sink: Sink::Memory(Vec::new()),
            palette,
            format,
            pager: None,
            elapsed,
        }
    }

    /// Returns what was written, of an output in memory; of others nothing.
    pub(crate) fn into_text(self) -> String {
        match self.sink {
            Sink::Memory(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Sink::Stdout(_) | Sink::Pager(_) => String::new(),
        }
    }

    /// The format asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// How text is painted.
    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// Sends what follows through the pager, if there is a terminal and a pager.
    pub(crate) fn page(&mut self) {
        if let (Sink::Stdout(_), Some(command)) = (&self.sink, &self.pager)
            && let Some(pager) = Pager::start(command)
        {
            self.sink = Sink::Pager(BufWriter::new(pager));
        }
    }

    /// Stops paging for the rest of the run: for commands that run others.
    pub(crate) fn never_page(&mut self) {
        self.pager = None;
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }

    /// Writes out what is buffered and waits for the pager.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.sink {
            Sink::Stdout(mut stdout) => stdout.flush(),
            Sink::Pager(pager) => match pager.into_inner() {
                Ok(pager) => pager.finish(),
                Err(failed) => {
                    let (error, pager) = failed.into_parts();
                    let (pager, _unread) = pager.into_parts();
                    pager.finish()?;
                    Err(error)
                }
            },
            Sink::Memory(_) => Ok(()),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.sink {
            Sink::Stdout(stdout) => stdout,
            Sink::Pager(pager) => pager,
            Sink::Memory(bytes) => bytes,
        }
    }

    /// Says something on stderr, after what was written before.
    pub(crate) fn say(&mut self, text: &str) {
        // Who cannot read the one may still read the other.
        let _ = self.flush();
        match &mut self.sink {
            Sink::Stdout(_) | Sink::Pager(_) => say(text),
            Sink::Memory(bytes) => bytes.extend(text.as_bytes()),
        }
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.writer(), "{}", text.as_ref())
    }

    /// Writes text as it is.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.writer().write_all(text.as_bytes())
    }

    /// Writes a line in the colour of its meaning.
    pub(crate) fn painted(&mut self, meaning: Meaning, text: &str) -> io::Result<()> {
        let line = self.palette.paint(meaning, text);
        self.line(line)
    }

    /// Writes a JSON document, indented, and a line end.
    pub(crate) fn json(&mut self, document: &serde_json::Value) -> io::Result<()> {
        serde_json::to_writer_pretty(self.writer(), document)?;
        self.line("")
    }

    /// Writes the result of a statement as the mysql client does.
    pub(crate) fn result(
        &mut self,
        result: &QueryResult,
        form: Form,
        elapsed: std::time::Duration,
    ) -> io::Result<()> {
        let elapsed = match &self.elapsed {
            Some(text) if text == "off" => Elapsed::Fixed(String::new()),
            Some(text) => Elapsed::Fixed(text.clone()),
            None => Elapsed::Measured(elapsed),
        };
        table::write(self.writer(), result, form, &elapsed)
    }

    /// Writes rows between borders, or as JSON.
    pub(crate) fn rows(&mut self, rows: &ResultSet) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&table::rows_json(rows)),
            _ => {
                let palette = self.palette;
                table::write_grid(self.writer(), rows, palette)
            }
        }
    }

    /// Writes a comparison: tables, or JSON.
    pub(crate) fn diff(&mut self, report: &DiffReport, mode: DiffMode) -> io::Result<()> {
        let palette = self.palette;
        match self.format {
            Format::Json => self.json(&diff::json(report)),
            _ => diff::write(self.writer(), report, mode, palette),
        }
    }

    /// Writes what a file declares, one cell a line.
    pub(crate) fn cells(&mut self, relations: &[Relation]) -> io::Result<()> {
        cells::write(self.writer(), relations)
    }

    /// Writes how many conflicts and violations which object has.
    pub(crate) fn conflicts(&mut self, open: &OpenConflicts) -> io::Result<()> {
        if self.format == Format::Json {
            return self.json(&conflicts::json_of(open));
        }
        let rows = conflicts::summary(open);
        if rows.rows.is_empty() {
            return self.line(format!(
                "No conflicts are left in the {} of {}.",
                open.verb, open.source
            ));
        }
        self.rows(&rows)
    }

    /// Writes rows that break a constraint, table by table.
    pub(crate) fn violations(&mut self, found: &[TableViolations]) -> io::Result<()> {
        if self.format == Format::Json {
            let found: Vec<_> = conflicts::broken_json(found).collect();
            return self.json(&serde_json::json!({ "violations": found }));
        }
        for table in found {
            self.line(format!(
                "{}.{} in shard {}",
                table.keyspace, table.table, table.shard
            ))?;
            self.rows(&conflicts::broken(table))?;
        }
        Ok(())
    }

    /// Writes the versions of every conflict, of one object or all, and what is broken.
    pub(crate) fn conflicts_in_full(
        &mut self,
        open: &OpenConflicts,
        object: Option<&str>,
    ) -> io::Result<()> {
        let mut open = open.clone();
        open.keep(object);
        if self.format == Format::Json {
            return self.json(&conflicts::json_of(&open));
        }
        for relation in &open.conflicts.relations {
            match &relation.shard {
                Some(shard) => self.line(format!("{} in shard {shard}", relation.relation))?,
                None => self.line(&relation.relation)?,
            }
            self.rows(&conflicts::in_full(relation))?;
        }
        for file in &open.conflicts.files {
            self.line(format!("{}: {}", file.path, file.kind))?;
        }
        for violation in &open.violations.catalog {
            self.line(format!(
                "{}: {}: {}",
                violation.object, violation.kind, violation.message
            ))?;
        }
        for table in &open.violations.tables {
            for row in &table.rows {
                let place = format!(
                    "{}.{} in shard {}",
                    table.keyspace, table.table, table.shard
                );
                self.line(format!("{place}: {}: {}", row.kind, row.info))?;
            }
        }
        Ok(())
    }

    /// Writes what is left to resolve.
    pub(crate) fn left(&mut self, left: &Unresolved) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&operation::unresolved_json(left)),
            _ => self.text(&conflicts::left_text(left)),
        }
    }

    /// Writes a tag with what it leads to.
    pub(crate) fn tag(&mut self, tag: &Tag) -> io::Result<()> {
        let text = log::tag(tag, self.palette);
        self.text(&text)
    }

    /// Writes one line for each object that a comparison is about.
    pub(crate) fn diff_summary(&mut self, report: &DiffReport) -> io::Result<()> {
        let palette = self.palette;
        match self.format {
            Format::Json => self.json(&summary::json(report)),
            _ => summary::write(self.writer(), report, palette),
        }
    }

    /// Writes the names of the objects that a comparison is about.
    pub(crate) fn diff_names(&mut self, report: &DiffReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&summary::json(report)),
            _ => summary::write_names(self.writer(), report),
        }
    }

    /// Writes the counts of a comparison.
    pub(crate) fn stat(&mut self, report: &DiffReport) -> io::Result<()> {
        let palette = self.palette;
        match self.format {
            Format::Json => self.json(&stat::json(report)),
            _ => stat::write(self.writer(), report, palette),
        }
    }

    /// Writes commits.
    pub(crate) fn log(&mut self, entries: &[LogEntry], form: LogForm) -> io::Result<()> {
        let palette = self.palette;
        match self.format {
            Format::Json => self.json(&log::json(entries)),
            _ => log::write(self.writer(), entries, form, palette),
        }
    }

    /// Writes commits with what they changed as JSON.
    pub(crate) fn log_with_changes_json(
        &mut self,
        entries: &[(&LogEntry, DiffReport)],
        stat: bool,
    ) -> io::Result<()> {
        let entry = |(entry, report): &(&LogEntry, DiffReport)| {
            let mut document = log::entry_json(entry);
            if stat {
                document["stat"] = stat::json(report);
            } else {
                document["diff"] = diff::json(report);
            }
            document
        };
        let commits: Vec<_> = entries.iter().map(entry).collect();
        self.json(&serde_json::json!({ "commits": commits }))
    }

    /// Writes a commit in full, without what it changed.
    pub(crate) fn commit_block(&mut self, entry: &LogEntry, decorate: Decorate) -> io::Result<()> {
        let block = log::block(entry, decorate, self.palette);
        self.text(&block)?;
        self.line("")
    }

    /// Writes a commit and what it changed as JSON.
    pub(crate) fn show_json(&mut self, entry: &LogEntry, report: &DiffReport) -> io::Result<()> {
        let mut document = log::entry_json(entry);
        document["diff"] = diff::json(report);
        self.json(&document)
    }

    /// Writes line diffs: paths and texts in the form of `diff -u`, or as JSON.
    pub(crate) fn text_diff(&mut self, texts: &[(String, String)]) -> io::Result<()> {
        if self.format == Format::Json {
            let texts: Vec<_> = texts
                .iter()
                .map(|(path, text)| serde_json::json!({ "path": path, "text": text }))
                .collect();
            return self.json(&serde_json::json!({ "texts": texts }));
        }
        for (_, text) in texts {
            let text = diff::paint_unified(text, self.palette);
            self.text(&text)?;
        }
        Ok(())
    }

    /// Writes the statements that make a change, those that may lose data with their reason before them.
    pub(crate) fn migration(
        &mut self,
        statements: &[MigrationStatement],
        rows: &[String],
    ) -> io::Result<()> {
        for statement in statements {
            if let Some(reason) = &statement.unsafe_reason {
                self.line(format!("-- unsafe: {reason}"))?;
            }
            self.line(terminated(&statement.sql))?;
        }
        for statement in rows {
            self.line(format!("{};", statement.trim_end_matches(';')))?;
        }
        Ok(())
    }

    /// Writes a table's descriptor; JSON is what `--from-file` reads.
    pub(crate) fn descriptor(&mut self, shown: &Descriptor, all: &[Descriptor]) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&serde_json::json!([shown])),
            _ => self.text(&descriptor::text(shown, all, self.palette)),
        }
    }

    /// Writes what a rename did.
    pub(crate) fn rename(&mut self, report: &RenameReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&status::rename_json(report)),
            _ => self.text(&status::rename_text(report)),
        }
    }

    /// Writes a plan; `text` adds line diffs, `documents` the VSchemas that it arrives at.
    pub(crate) fn migration_plan(
        &mut self,
        report: &PlanReport,
        text: bool,
        documents: bool,
    ) -> io::Result<()> {
        let form = plan::Form { text, documents };
        match self.format {
            Format::Json => self.json(&plan::json(report)),
            Format::Sql => self.text(&plan::sql(report, form)),
            Format::Text | Format::Csv => self.text(&plan::text(report, form, self.palette)),
        }
    }

    /// Writes the state of the working set.
    pub(crate) fn status(&mut self, status: &Status) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&status::json(status)),
            _ => self.text(&status::text(status, self.palette)),
        }
    }

    /// Writes what a commit did.
    pub(crate) fn commit(&mut self, report: &CommitReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&status::commit_json(report)),
            _ => self.text(&status::commit_text(report, self.palette)),
        }
    }

    /// Writes what the checks find.
    pub(crate) fn check(&mut self, report: &CheckReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&check::json(report)),
            _ => self.text(&check::text(report, self.palette)),
        }
    }

    /// Writes the explanations of checks: in full where there is one, else as a list.
    pub(crate) fn rules(&mut self, rules: &[Explained]) -> io::Result<()> {
        match (self.format, rules) {
            (Format::Json, _) => self.json(&check::rules_json(rules)),
            (_, [rule]) => self.text(&check::rule_text(rule, self.palette)),
            _ => self.text(&check::rules_text(rules, self.palette)),
        }
    }

    /// Writes what a merge did.
    pub(crate) fn merge(&mut self, report: &MergeReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&operation::merge_json(report)),
            _ => self.text(&operation::merge_text(report, self.palette)),
        }
    }

    /// Writes the tree that a merge would make, and what would be left to resolve.
    pub(crate) fn merged_tree(&mut self, merged: &MergedTree) -> io::Result<()> {
        let unresolved = merged.unresolved.all();
        match self.format {
            Format::Json => self.json(&serde_json::json!({
                "tree": merged.tree.to_string(),
                "unresolved": unresolved,
            })),
            _ => {
                self.line(merged.tree.to_string())?;
                unresolved.iter().try_for_each(|name| self.line(name))
            }
        }
    }

    /// Writes what a pick, a revert or a rebase did.
    pub(crate) fn pick(&mut self, kind: OperationKind, report: &PickReport) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(&operation::pick_json(report)),
            _ => self.text(&operation::pick_text(kind, report, self.palette)),
        }
    }

    /// Writes what a rollback did.
    pub(crate) fn rollback(&mut self, report: &RollbackReport) -> io::Result<()> {
        match (self.format, &report.commit) {
            (Format::Json, _) => self.json(&status::rollback_json(report)),
            (_, Some(commit)) => self.commit(commit),
            (_, None) => self.line("nothing to roll back: that state is today's"),
        }
    }

    /// Writes how a statement would run; `at` is the revision as typed.
    pub(crate) fn plan(
        &mut self,
        statement: &str,
        at: Option<&str>,
        explanation: &Explanation,
    ) -> io::Result<()> {
        let palette = self.palette;
        let at = at.unwrap_or(&explanation.revision);
        let comment = format!("-- {}\n-- at {at}", statement.replace('\n', "\n-- "));
        self.painted(Meaning::Faint, &comment)?;
        self.text(&explain::text(&explanation.plan.operators(), palette))?;
        if !explanation.shards.is_empty() {
            self.line(format!("Shards: {}", explanation.shards.join(", ")))?;
        }
        Ok(())
    }
}

/// Returns a statement with its semicolon; what is a comment has none.
fn terminated(sql: &str) -> String {
    let end = if sql.starts_with("--") { "" } else { ";" };
    format!("{sql}{end}")
}
