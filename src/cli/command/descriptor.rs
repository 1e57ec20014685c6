//! `vrev show --descriptor`: a table with both ends of its foreign keys, in the present encoding and in the older one.

use std::path::Path;

use super::read_text;
use crate::catalog::descriptor::{self, Descriptor};
use crate::cli::Context;
use crate::cli::error::{Ending, Error, Kind};

/// Which descriptors are read and how they are written.
#[derive(Debug, clap::Args)]
pub(super) struct DescriptorArgs {
    /// Show the descriptor of this table: columns, indexes, and foreign keys from and to it, by column identity
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["stat", "text", "keyless", "objects"])]
    pub(super) descriptor: Option<String>,
    /// Write the older encoding, which ties a foreign key to an index on each side, beside the present one
    #[arg(long, requires = "descriptor")]
    index_form: bool,
    /// Read a list of descriptors, of either encoding, from a file instead, `-` for stdin
    #[arg(long, value_name = "FILE", requires = "descriptor")]
    from_file: Option<std::path::PathBuf>,
}

/// Shows one table's descriptor.
pub(super) fn show(
    table: &str,
    revision: &str,
    args: &DescriptorArgs,
    context: &mut Context,
) -> Result<Ending, Error> {
    context.out.format().is_json("show --descriptor")?;
    let mut descriptors = match &args.from_file {
        Some(file) => read(file, context)?,
        None => {
            let workspace = context.workspace()?;
            let revision = workspace.resolve(revision)?;
            descriptor::describe(&workspace.catalog(&revision)?)
        }
    };
    let refused = |error| Error::from_source(Kind::User, &error);
    if args.index_form {
        descriptor::add_index_form(&mut descriptors).map_err(refused)?;
    }
    let named = |known: &&Descriptor| format!("{}.{}", known.id.keyspace, known.name) == table;
    let Some(found) = descriptors.iter().find(named) else {
        return Err(Error::user(format!("there is no table `{table}`"))
            .hint("a table is named `keyspace.table`"));
    };
    context.out.descriptor(found, &descriptors)?;
    Ok(Ending::Done)
}

/// Reads descriptors and raises what only the older encoding says.
fn read(file: &Path, context: &Context) -> Result<Vec<Descriptor>, Error> {
    let text = read_text(file, context)?;
    let cannot = || format!("cannot read descriptors from `{}`", file.display());
    let read: Vec<Descriptor> =
        serde_json::from_str(&text).map_err(|error| Error::user(cannot()).because(Some(&error)))?;
    descriptor::upgrade(read).map_err(|error| Error::user(cannot()).because(Some(&error)))
}
