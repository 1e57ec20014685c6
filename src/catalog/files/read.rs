//! Files to a catalog: each file by itself, in parallel where there are many.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::locate::{Occurrence, position, word};
use super::{Config, Place, RuleFile};
use crate::catalog::error::At;
use crate::catalog::vschema::shape::{self, Shape};
use crate::catalog::vschema::{Document, JsonError, Rules, json};
use crate::catalog::{Catalog, Defaults, DefinitionError, Error, Identities, Table, fold, view};
use crate::sql::ddl::{CreateView, Ddl};
use crate::sql::{self, Statement, TableName, parse_statement};

/// What one file says.
pub(super) enum Content {
    Config,
    Vschema(Document),
    Shards(Vec<String>),
    Identities(Identities),
    Table(Table),
    View(CreateView),
    Rules(Box<Rules>),
}

/// Files below this number are read one after another: threads would cost more than they save.
const PARALLEL: usize = 64;

/// Reads a catalog, or the part of one that the files are; paths have `/` between their parts.
///
/// # Errors
/// All errors of all files, sorted by path. What concerns files together (missing ones, references between them) is
/// [`Catalog::build`]'s matter, but for paths that differ only by case.
pub fn read<P: AsRef<str>, B: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, B)>,
) -> Result<Catalog, Vec<Error>> {
    read_with_texts(files).map(|(catalog, _)| catalog)
}

/// Reads a catalog and keeps the texts of its VSchemas by keyspace, in which later errors find their place.
pub(in crate::catalog) fn read_with_texts<P: AsRef<str>, B: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, B)>,
) -> Result<(Catalog, BTreeMap<String, String>), Vec<Error>> {
    let mut errors = Vec::new();
    let mut places: Vec<(String, Place, B)> = Vec::new();
    for (path, bytes) in files {
        match Place::of(path.as_ref()) {
            Ok(Some(place)) => places.push((path.as_ref().to_owned(), place, bytes)),
            Ok(None) => {}
            Err(source) => errors.push(Error::Path { source }),
        }
    }
    places.sort_by(|a, b| a.0.cmp(&b.0));
    collisions(&places, &mut errors);
    let mut texts = BTreeMap::new();
    for (_, place, bytes) in &places {
        if let Place::Vschema { keyspace } = place {
            texts.insert(
                keyspace.clone(),
                String::from_utf8_lossy(bytes.as_ref()).into_owned(),
            );
        }
    }
    let jobs: Vec<(&str, &Place, &[u8])> = places
        .iter()
        .map(|(path, place, bytes)| (path.as_str(), place, bytes.as_ref()))
        .collect();
    let mut catalog = Catalog::default();
    let contents = each(&jobs, |(path, place, bytes)| content(path, place, bytes));
    for ((_, place, _), content) in jobs.iter().zip(contents) {
        match content {
            Ok(content) => put(&mut catalog, place, content),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        return Ok((catalog, texts));
    }
    errors.sort_by(|a, b| (a.path(), a.position()).cmp(&(b.path(), b.position())));
    Err(errors)
}

/// Does the same to every file, in order; to many of them on as many threads as the machine has.
pub fn each<T: Sync, R: Send>(files: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = match files.len() {
        ..PARALLEL => 1,
        _ => std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(8),
    };
    each_on(threads, files, one)
}

/// As [`each`], on so many threads, this one among them. What one that failed left undone is done here.
pub fn each_on<T: Sync, R: Send>(
    threads: usize,
    files: &[T],
    one: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    if threads == 1 || files.len() < 2 {
        return files.iter().map(one).collect();
    }
    let all = |slice: &[T]| slice.iter().map(&one).collect::<Vec<_>>();
    let mut slices = files.chunks(files.len().div_ceil(threads));
    let own = slices.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = slices
            .map(|slice| (scope.spawn(|| all(slice)), slice))
            .collect();
        let mut done = all(own);
        for (thread, slice) in others {
            // A panic is a bug; here it shows as what it is.
            done.extend(thread.join().unwrap_or_else(|_| all(slice)));
        }
        done
    })
}

/// Finds paths that some file systems take for one.
fn collisions<B>(places: &[(String, Place, B)], errors: &mut Vec<Error>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (path, _, _) in places {
        match seen.get(&fold(path)) {
            Some(other) => {
                let (path, other) = (path.clone(), (*other).to_owned());
                errors.push(Error::CaseCollision { path, other });
            }
            None => {
                seen.insert(fold(path), path);
            }
        }
    }
}

fn put(catalog: &mut Catalog, place: &Place, content: Content) {
    if let Content::Rules(read) = content {
        let rules = &mut catalog.rules;
        match place {
            Place::Rules(RuleFile::Routing) => rules.routing = read.routing,
            Place::Rules(RuleFile::ShardRouting) => rules.shard = read.shard,
            Place::Rules(RuleFile::KeyspaceRouting) => rules.keyspace = read.keyspace,
            _ => rules.mirror = read.mirror,
        }
        return;
    }
    let Some(name) = place.keyspace() else { return };
    let keyspace = catalog.keyspaces.entry(name.to_owned()).or_default();
    let keyspace = Arc::make_mut(keyspace);
    name.clone_into(&mut keyspace.name);
    match content {
        Content::Vschema(document) => keyspace.vschema = document,
        Content::Shards(shards) => keyspace.shards = shards,
        Content::Identities(identities) => keyspace.identities = identities,
        Content::Table(table) => {
            keyspace
                .tables
                .insert(table.name().to_owned(), Arc::new(table));
        }
        Content::View(view) => {
            keyspace.views.insert(view.name.name.clone(), view);
        }
        Content::Config | Content::Rules(_) => {}
    }
}

/// Reads one file.
pub(super) fn content(path: &str, place: &Place, bytes: &[u8]) -> Result<Content, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let at = At {
            path: path.to_owned(),
            position: Some(position(&valid, valid.len())),
        };
        Error::NotText {
            at,
            place: place.clone(),
        }
    })?;
    let document = |error: JsonError| Error::Document {
        at: At {
            path: path.to_owned(),
            position: Some(error.at),
        },
        place: place.clone(),
        message: error.message,
    };
    let rules = |shape: Shape, fill: fn(&mut Rules, &[u8]) -> Result<(), JsonError>| {
        shape.check(bytes).map_err(document)?;
        let mut rules = Rules::default();
        fill(&mut rules, bytes).map_err(document)?;
        Ok(Content::Rules(Box::new(rules)))
    };
    match place {
        Place::Config => match Config::parse(text) {
            Ok(_) => Ok(Content::Config),
            Err(error) => Err(Error::Document {
                at: At {
                    path: path.to_owned(),
                    position: Some(position(text, error.offset)),
                },
                place: place.clone(),
                message: error.message,
            }),
        },
        Place::Vschema { .. } => {
            shape::KEYSPACE.check(bytes).map_err(document)?;
            Document::from_json(bytes)
                .map(Content::Vschema)
                .map_err(document)
        }
        Place::Shards { .. } => json::read(bytes).map(Content::Shards).map_err(document),
        Place::Identities { .. } => {
            let identities = json::read_object::<Identities>(bytes).map_err(document)?;
            Ok(Content::Identities(identities.normalized()))
        }
        Place::Table { table, .. } => read_table(path, place, table, text),
        Place::View { view, .. } => read_view(path, place, view, text),
        Place::Rules(RuleFile::Routing) => rules(shape::ROUTING_RULES, Rules::read_routing),
        Place::Rules(RuleFile::ShardRouting) => {
            rules(shape::SHARD_ROUTING_RULES, Rules::read_shard_routing)
        }
        Place::Rules(RuleFile::KeyspaceRouting) => {
            rules(shape::KEYSPACE_ROUTING_RULES, Rules::read_keyspace_routing)
        }
        Place::Rules(RuleFile::Mirror) => rules(shape::MIRROR_RULES, Rules::read_mirror),
    }
}

fn read_ddl(path: &str, place: &Place, text: &str) -> Result<Option<Ddl>, Error> {
    match parse_statement(text) {
        Ok(Statement::Ddl(ddl)) => Ok(Some(ddl)),
        Ok(_) => Ok(None),
        Err(source) => Err(sql_error(path, place, source)),
    }
}

fn sql_error(path: &str, place: &Place, source: sql::Error) -> Error {
    let at = At {
        path: path.to_owned(),
        position: source.position(),
    };
    Error::Sql {
        at,
        place: place.clone(),
        source,
    }
}

fn read_table(path: &str, place: &Place, name: &str, text: &str) -> Result<Content, Error> {
    let at = |position| At {
        path: path.to_owned(),
        position,
    };
    let create = match read_ddl(path, place, text)? {
        Some(Ddl::CreateTable(create)) if create.query.is_none() && !create.temporary => create,
        _ => {
            let (at, place) = (at(None), place.clone());
            return Err(Error::WrongStatement {
                at,
                place,
                expected: "CREATE TABLE",
            });
        }
    };
    check_name(path, place, name, text, &create.table.name)?;
    match Table::from_ddl(&create.table, &Defaults::default()) {
        Ok(table) => Ok(Content::Table(table)),
        Err(source) => Err(Error::Definition {
            at: at(locate(text, &source)),
            place: place.clone(),
            source,
        }),
    }
}

fn read_view(path: &str, place: &Place, name: &str, text: &str) -> Result<Content, Error> {
    let Some(Ddl::CreateView(create)) = read_ddl(path, place, text)? else {
        let (at, place) = (At::path(path), place.clone());
        return Err(Error::WrongStatement {
            at,
            place,
            expected: "CREATE VIEW",
        });
    };
    check_name(path, place, name, text, &create.name)?;
    Ok(Content::View(view::canonical(&create)))
}

fn check_name(
    path: &str,
    place: &Place,
    name: &str,
    text: &str,
    declared: &TableName,
) -> Result<(), Error> {
    if declared.name == name
        && (declared.keyspace.is_none() || declared.keyspace.as_deref() == place.keyspace())
    {
        return Ok(());
    }
    let position = word(text, &declared.name, Occurrence::First);
    Err(Error::NameMismatch {
        at: At {
            path: path.to_owned(),
            position,
        },
        place: place.clone(),
        declared: declared.to_string(),
    })
}

/// Returns where a definition is wrong.
pub(in crate::catalog) fn locate(text: &str, error: &DefinitionError) -> Option<sql::Position> {
    let which = match error {
        DefinitionError::DuplicateColumn { .. }
        | DefinitionError::DuplicateKeyColumn { .. }
        | DefinitionError::DuplicateIndex { .. }
        | DefinitionError::DuplicateForeignKey { .. }
        | DefinitionError::DuplicateCheck { .. }
        | DefinitionError::DuplicatePartition { .. } => Occurrence::Second,
        _ => Occurrence::First,
    };
    word(text, error.subject(), which)
}
