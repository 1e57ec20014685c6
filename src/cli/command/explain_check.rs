//! `vrev explain-check`: what an id of `vrev check` means.

use crate::catalog::nearest;
use crate::cli::Context;
use crate::cli::error::{Ending, Error};
use crate::review;

/// Explain what a check finds, why it matters and what to do
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vrev explain-check lookup-primary-without-functional")]
pub(crate) struct Args {
    /// The check's id; all are listed without one
    #[arg(value_name = "CHECK")]
    id: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context) -> Result<Ending, Error> {
    context.out.format().is_json("explain-check")?;
    let mut rules = review::rules();
    if let Some(id) = &args.id {
        known(id)?;
        rules.retain(|rule| rule.id == id);
    } else {
        context.out.page();
    }
    context.out.rules(&rules)?;
    Ok(Ending::Done)
}

/// Refuses an id that no check has.
pub(super) fn known(id: &str) -> Result<(), Error> {
    let rules = review::rules();
    if rules.iter().any(|rule| rule.id == id) {
        return Ok(());
    }
    let near = nearest(id, rules.iter().map(|rule| rule.id));
    let error = Error::user(format!("no check is named `{id}`"));
    Err(match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`vrev explain-check` lists the ids"),
    })
}
