//! How a comparison is told: whole or in part, cell by cell, as counts, names, statements or text.

use crate::cli::error::{Ending, Error};
use crate::cli::render::DiffMode;
use crate::cli::{Context, Format};
use crate::diff::{narrow, row_sql};
use crate::sql::TableName;
use crate::workspace::{DiffReport, DiffRequest, Workspace};

/// How `diff` and `show` tell what changed.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Shape {
    /// Show keyed relations as additions and removals
    #[arg(long)]
    pub(super) keyless: bool,
    /// Show counts instead of rows
    #[arg(long, group = "told")]
    pub(super) stat: bool,
    /// Show one line for each object: how it changed, and whether its rows or its definition did
    #[arg(long, group = "told")]
    summary: bool,
    /// Show the names of what changed alone
    #[arg(long, group = "told")]
    name_only: bool,
    /// Show a line diff of the canonical texts instead of rows
    #[arg(long, group = "told", conflicts_with_all = ["data", "condition", "filter", "skinny", "limit"])]
    text: bool,
    #[command(flatten)]
    part: Part,
}

/// Which part of a comparison is told.
#[derive(Debug, Default, clap::Args)]
struct Part {
    /// Only rows of tables; with `--schema`, everything
    #[arg(short, long, conflicts_with_all = ["summary", "name_only"])]
    data: bool,
    /// Only what the catalog declares
    #[arg(short, long, conflicts_with_all = ["summary", "name_only"])]
    schema: bool,
    /// Only changes of rows that meet a condition over the columns of both sides: `to_id > 5 and diff_type = 'modified'`
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Only changes of this kind
    #[arg(long, value_name = "KIND")]
    filter: Option<Filter>,
    /// Leave out the columns in which nothing changed
    #[arg(long, visible_alias = "sk")]
    skinny: bool,
    /// With `--skinny`, show these columns all the same
    #[arg(
        long,
        value_name = "COLUMN,...",
        value_delimiter = ',',
        requires = "skinny"
    )]
    include_cols: Vec<String>,
    /// How a modified row is shown
    #[arg(long, value_name = "MODE", default_value = "context")]
    diff_mode: DiffMode,
    /// At most so many changes of each relation
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// A kind of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Filter {
    /// What is new
    Added,
    /// What is gone
    #[value(alias = "dropped")]
    Removed,
    /// What has other cells
    Modified,
    /// What has another name
    Renamed,
}

impl Filter {
    fn kind(self) -> narrow::Kind {
        match self {
            Self::Added => narrow::Kind::Added,
            Self::Removed => narrow::Kind::Removed,
            Self::Modified => narrow::Kind::Modified,
            Self::Renamed => narrow::Kind::Renamed,
        }
    }

    /// Tells whether a statement of a migration makes a change of this kind.
    fn takes(self, statement: &str) -> bool {
        let kind = match statement.split_whitespace().next() {
            Some("CREATE") => Self::Added,
            Some("DROP") => Self::Removed,
            Some("RENAME") => Self::Renamed,
            _ => Self::Modified,
        };
        kind == self
    }
}

impl Part {
    /// Leaves out what is not asked for.
    ///
    /// # Errors
    /// When the condition cannot be judged.
    fn narrow(&self, report: &mut DiffReport) -> Result<(), Error> {
        if self.data != self.schema {
            let rows_wanted = self.data;
            report
                .relations
                .retain(|relation| relation.name().contains('.') == rows_wanted);
        }
        if let Some(condition) = &self.condition {
            report.keep_where(condition)?;
        }
        for relation in &mut report.relations {
            if let Some(filter) = self.filter {
                relation.keep_kind(filter.kind());
            }
            if self.skinny {
                relation.keep_changed_columns(&self.include_cols);
            }
            relation.changes.truncate(self.limit.unwrap_or(usize::MAX));
        }
        report
            .relations
            .retain(|relation| !relation.changes.is_empty());
        Ok(())
    }
}

impl Shape {
    /// Returns the shape of counts, or of everything.
    pub(super) fn counts(stat: bool) -> Self {
        Self {
            stat,
            ..Self::default()
        }
    }

    /// Tells whether the changes themselves are told.
    pub(super) fn is_whole(&self) -> bool {
        !(self.stat || self.summary || self.name_only || self.text)
    }
}

/// Writes a comparison in the shape and format asked for; tells whether anything differs.
pub(super) fn write_diff(
    workspace: &Workspace,
    request: &DiffRequest,
    shape: &Shape,
    context: &mut Context,
) -> Result<bool, Error> {
    if shape.text {
        context.out.format().is_json("diff --text")?;
        let texts = workspace.text_diff(request)?;
        context.out.text_diff(&texts)?;
        return Ok(!texts.is_empty());
    }
    let mut report = workspace.diff(request)?;
    let format = context.out.format();
    if format == Format::Csv {
        return Err(Error::user("`vrev diff` has no format `csv`")
            .hint("it prints `text`, `json` or `sql`"));
    }
    if format == Format::Sql && !shape.is_whole() {
        return Err(Error::user("counts and names have no format `sql`")
            .hint("leave out `--stat`, `--summary` and `--name-only`, or `--format sql`"));
    }
    if format == Format::Sql {
        return write_statements(workspace, request, &shape.part, report, context);
    }
    shape.part.narrow(&mut report)?;
    if shape.stat {
        context.out.stat(&report)?;
    } else if shape.summary {
        context.out.diff_summary(&report)?;
    } else if shape.name_only {
        context.out.diff_names(&report)?;
    } else {
        context.out.diff(&report, shape.part.diff_mode)?;
    }
    Ok(!report.relations.is_empty())
}

/// Writes the statements that make the change. A statement names whole rows, so columns are not left out.
fn write_statements(
    workspace: &Workspace,
    request: &DiffRequest,
    part: &Part,
    mut report: DiffReport,
    context: &mut Context,
) -> Result<bool, Error> {
    if part.skinny {
        return Err(Error::user("statements are about whole rows")
            .hint("leave out `--skinny` or `--format sql`"));
    }
    let differs = !report.relations.is_empty();
    let mut migration = match part.data && !part.schema {
        true => Vec::new(),
        false => workspace.migration(request)?,
    };
    if let Some(filter) = part.filter {
        migration.retain(|step| filter.takes(&step.sql));
    }
    part.narrow(&mut report)?;
    context
        .out
        .migration(&migration, &row_statements(&report)?)?;
    Ok(differs)
}

/// Returns the statements that change the rows of users' tables.
fn row_statements(report: &DiffReport) -> Result<Vec<String>, Error> {
    let mut statements = Vec::new();
    for relation in &report.relations {
        if let Some((keyspace, table)) = relation.name().split_once('.') {
            let table = TableName::qualified(keyspace, table);
            let changes = row_sql::statements(relation, &table)
                .map_err(|error| Error::from_source(crate::cli::error::Kind::User, &error))?;
            statements.extend(changes);
        }
    }
    Ok(statements)
}

/// How a comparison ends: by its exit code only if that was asked for.
pub(super) fn ending(differs: bool, exit_code: bool) -> Ending {
    match differs && exit_code {
        true => Ending::No,
        false => Ending::Done,
    }
}
