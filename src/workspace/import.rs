//! Definitions written elsewhere, taken into the working set, all or nothing; and a revision's definitions given out.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::with_causes;
use super::{Error, Session, Workspace, files};
use crate::catalog::files::decode;
use crate::catalog::import::{self, Imported, Object, Options, RowStatement, Skipped, Source};
use crate::catalog::import::{VschemaOptions, vschema};
use crate::catalog::vschema::Rules;
use crate::catalog::vschema::json::rollup::Rollup;
use crate::catalog::{Catalog, Error as CatalogError};
use crate::router;
use crate::shard::mysql::{Choice, Server};
use crate::sql::SqlError;

/// `ER_NO_REFERENCED_ROW_2`.
const NO_REFERENCED_ROW: u16 = 1452;

/// The text of a VSchema document.
#[derive(Debug, Clone)]
pub struct DocumentText {
    /// Its name in messages: the file's, `-` for standard input.
    pub path: String,
    /// The keyspace of a document that does not say it.
    pub keyspace: Option<String>,
    /// The text.
    pub text: Vec<u8>,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Keyspaces that are new, with their shards.
    pub keyspaces: Vec<(String, Vec<String>)>,
    /// What was imported, sorted.
    pub objects: Vec<Object>,
    /// What was passed over, by place.
    pub skipped: Vec<Skipped>,
    /// Patterns that excluded nothing.
    pub idle: Vec<String>,
    /// How many statements change rows.
    pub row_statements: usize,
    /// How many rows they changed; `None` if they were passed over.
    pub rows: Option<u64>,
}

impl Workspace {
    /// Takes the tables and views that texts define into the working set; with `rows`, their rows too.
    ///
    /// # Errors
    /// Every reason why it cannot be done. Nothing is changed then.
    pub fn import_ddl(
        &self,
        sources: &[Source],
        options: &Options,
        rows: bool,
    ) -> Result<ImportReport, Error> {
        let mut session = self.session(None)?;
        let imported =
            import::ddl(session.catalog(), sources, options, rows).map_err(|errors| {
                let exists = |error: &import::Error| matches!(error, import::Error::Exists { .. });
                Error::Import {
                    refused: errors.iter().all(exists),
                    problems: errors.iter().map(|error| with_causes(error)).collect(),
                }
            })?;
        let before = session.catalog().clone();
        let mut report = session.take(imported.clone())?;
        if rows {
            match session.load(&imported.rows) {
                Ok(changed) => report.rows = Some(changed),
                Err(error) => {
                    // The rows were rolled back; the definitions follow them.
                    session.replace_catalog(before, &[])?;
                    return Err(error);
                }
            }
        }
        Ok(report)
    }

    /// Takes tables and views of a server's databases into the working set, into the keyspaces of their names unless the
    /// options say another; `progress` is told how many of how many are read.
    ///
    /// # Errors
    /// When the server refuses or is gone, and as [`Workspace::import_ddl`].
    pub fn import_server(
        &self,
        server: &mut Server,
        choice: &Choice,
        options: &Options,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<ImportReport, Error> {
        let definitions = server.definitions(choice, progress)?;
        let mut report = self.import_ddl(&definitions.sources, options, false)?;
        report.skipped.extend(definitions.skipped);
        report.skipped.sort();
        report.idle = definitions.idle;
        Ok(report)
    }

    /// Takes VSchema documents into the working set, all of them or none.
    ///
    /// # Errors
    /// When one is no such document, two speak of one keyspace, they do not build, or would lose what is there.
    pub fn import_vschema(
        &self,
        documents: &[DocumentText],
        options: &VschemaOptions,
    ) -> Result<ImportReport, Error> {
        let refuse = |refused: bool, problem: String| Error::Import {
            refused,
            problems: vec![problem],
        };
        let mut all = Rollup::default();
        let mut paths = BTreeMap::new();
        for document in documents {
            let path = &document.path;
            let mut rollup = Rollup::from_json(&document.text).map_err(|error| {
                refuse(false, format!("{path}:{}: {}", error.at, error.message))
            })?;
            if let Some(keyspace) = &document.keyspace
                && let Some(unnamed) = rollup.keyspaces.remove("")
            {
                rollup.keyspaces.insert(keyspace.clone(), unnamed);
            }
            if documents.len() > 1 && rollup.keyspaces.contains_key("") {
                let why = "the document does not say whose VSchema it is: import it alone, with `--keyspace`, or in a \
                           folder as `<keyspace>.json`";
                return Err(refuse(false, format!("{path}: {why}")));
            }
            for keyspace in rollup.keyspaces.keys() {
                paths.insert(keyspace.clone(), path.clone());
            }
            all.join(rollup).map_err(|twice| {
                refuse(
                    false,
                    format!("{path}: {twice} is in another document, too"),
                )
            })?;
        }
        let mut session = self.session(None)?;
        let imported = vschema(session.catalog(), &all, options).map_err(|error| {
            let loses = matches!(error, import::VschemaError::WouldLose { .. });
            match documents {
                [only] => refuse(loses, format!("{}: {error}", only.path)),
                _ => refuse(loses, error.to_string()),
            }
        })?;
        // A document that does not say its keyspace is that of the one it went to.
        if let Some(path) = paths.remove("") {
            let objects = imported.objects.iter();
            paths.extend(objects.map(|object| (object.keyspace.clone(), path.clone())));
        }
        session.take(imported).map_err(|error| match error {
            Error::Import { refused, problems } => Error::Import {
                refused,
                problems: problems
                    .into_iter()
                    .map(|problem| in_document(problem, &paths))
                    .collect(),
            },
            error => error,
        })
    }
}

/// Tells a problem of a VSchema as one of the document that it was read from: `keyspaces/ks/vschema.json:4:5: why` has the
/// place in a file that was not written.
fn in_document(problem: String, paths: &BTreeMap<String, String>) -> String {
    let read = || {
        let (keyspace, place) = problem
            .strip_prefix("keyspaces/")?
            .split_once("/vschema.json:")?;
        let (_, why) = place.split_once(' ')?;
        Some(format!("{}: {why}", paths.get(keyspace)?))
    };
    read().unwrap_or(problem)
}

/// Reads VSchema documents: a file, or the `.json` files of a folder, named for their keyspaces as an export names them.
///
/// # Errors
/// When something cannot be read, or a file's name is no keyspace's.
pub fn read_documents(path: &Path, name: &str) -> Result<Vec<DocumentText>, Error> {
    let read = |path: &Path| std::fs::read(path).map_err(|source| files::io("read", path, source));
    if !path.is_dir() {
        return Ok(vec![DocumentText {
            path: name.to_owned(),
            keyspace: None,
            text: read(path)?,
        }]);
    }
    let failed = |source| files::io("read", path, source);
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let stem = file.strip_suffix(".json");
        let Some(stem) = stem.filter(|stem| !stem.starts_with('.')) else {
            continue;
        };
        let keyspace = decode(stem, &file)
            .map_err(|error| Error::Usage(format!("`{name}/{file}` is no keyspace's: {error}")))?;
        documents.push(DocumentText {
            path: format!("{}/{file}", name.trim_end_matches('/')),
            keyspace: Some(keyspace),
            text: read(&entry.path())?,
        });
    }
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(documents)
}

impl Session {
    /// Makes an import the working catalog.
    fn take(&mut self, imported: Imported) -> Result<ImportReport, Error> {
        let catalog = imported
            .catalog
            .rebuild()
            .map_err(|problems| Error::Import {
                refused: false,
                problems: problems
                    .iter()
                    .map(|problem: &CatalogError| with_causes(problem))
                    .collect(),
            })?;
        let with_shards = |name: String| (name.clone(), catalog.shards(&name));
        let report = ImportReport {
            keyspaces: imported.keyspaces.into_iter().map(with_shards).collect(),
            objects: imported.objects,
            skipped: imported.skipped,
            idle: Vec::new(),
            row_statements: imported.rows.len(),
            rows: None,
        };
        self.replace_catalog(catalog, &imported.changes)?;
        Ok(report)
    }

    /// Runs the statements of a dump that change rows, all or none. Dumps have tables in the order of their names, so a
    /// statement whose rows refer to rows still to come waits for these.
    fn load(&mut self, statements: &[RowStatement]) -> Result<u64, Error> {
        self.execute("BEGIN")?;
        let mut changed = 0;
        let mut waiting: Vec<&RowStatement> = statements.iter().collect();
        loop {
            let (before, mut first_error) = (waiting.len(), None);
            let mut kept = Vec::new();
            for statement in waiting {
                match self.load_one(statement) {
                    Ok(rows) => changed += rows,
                    Err(error) if error.errno == NO_REFERENCED_ROW => {
                        first_error.get_or_insert((statement, error));
                        kept.push(statement);
                    }
                    Err(error) => return self.give_up(statement, &error),
                }
            }
            match first_error {
                None => break,
                Some((statement, error)) if kept.len() == before => {
                    return self.give_up(statement, &error);
                }
                Some(_) => waiting = kept,
            }
        }
        self.execute("COMMIT")?;
        Ok(changed)
    }

    fn load_one(&mut self, statement: &RowStatement) -> Result<u64, SqlError> {
        self.client.target = router::Target {
            keyspace: statement.keyspace.clone(),
            ..router::Target::default()
        };
        Ok(self.execute(&statement.text)?.affected_rows)
    }

    fn give_up<T>(&mut self, statement: &RowStatement, error: &SqlError) -> Result<T, Error> {
        self.execute("ROLLBACK")?;
        Err(Error::Import {
            refused: false,
            problems: vec![format!("{}: {error}", statement.at)],
        })
    }
}

/// Reads what a path holds: a file, or every `.sql` file of a folder and its subfolders, hidden ones left out. A
/// subfolder stands for the keyspace of its name; `keyspaces`, `tables` and `views` are vrev's own.
///
/// # Errors
/// When something cannot be read.
pub fn read_sources(path: &Path, name: &str) -> Result<Vec<Source>, Error> {
    if !path.is_dir() {
        let bytes = std::fs::read(path).map_err(|source| files::io("read", path, source))?;
        return Ok(vec![Source::new(name, None, bytes)]);
    }
    let mut sources = Vec::new();
    read_folder(
        path,
        name.trim_end_matches('/'),
        &mut Vec::new(),
        &mut sources,
    )?;
    Ok(sources)
}

fn read_folder(
    folder: &Path,
    name: &str,
    parts: &mut Vec<String>,
    sources: &mut Vec<Source>,
) -> Result<(), Error> {
    let failed = |source| files::io("read", folder, source);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if file.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        let name = format!("{name}/{file}");
        if kind.is_dir() {
            parts.push(file);
            read_folder(&path, &name, parts, sources)?;
            parts.pop();
        } else if file.to_ascii_lowercase().ends_with(".sql") && path.is_file() {
            let bytes = std::fs::read(&path).map_err(|source| files::io("read", &path, source))?;
            let own = |part: &&String| !["keyspaces", "tables", "views"].contains(&part.as_str());
            let keyspace = parts.iter().find(own).cloned();
            sources.push(Source::new(name, keyspace, bytes));
        }
    }
    Ok(())
}

impl Workspace {
    /// Returns the catalog to give out: of a revision or of the working set, whole or one keyspace of it.
    ///
    /// # Errors
    /// When there is no such revision or keyspace.
    pub fn export(&self, at: Option<&str>, keyspace: Option<&str>) -> Result<Catalog, Error> {
        let revision = at.map_or(Ok(crate::store::Revision::Working), |at| self.resolve(at))?;
        let mut catalog = self.catalog(&revision)?;
        if let Some(wanted) = keyspace {
            if !catalog.keyspaces.contains_key(wanted) {
                return Err(Error::UnknownObject {
                    name: wanted.to_owned(),
                    revision: revision.to_string(),
                });
            }
            catalog.keyspaces.retain(|name, _| name == wanted);
            catalog.rules = Rules::default();
        }
        Ok(catalog)
    }
}
