//! Settings of one run: the person's file, overruled by the environment, overruled by flags.
//!
//! The file is `$VREV_CONFIG`, or `vrev/config.toml` under `$XDG_CONFIG_HOME` or `~/.config`. It holds how things look,
//! nothing that a command does; what belongs to a repository is in its `vrev.toml` and in git's configuration.

use std::path::PathBuf;

use serde::Deserialize;

use super::color::When;
use super::error::{Error, Kind};
use super::{Format, GlobalArgs};

/// Settings, resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// When to colour.
    pub(crate) color: When,
    /// The environment asks for plain text (`NO_COLOR`, `TERM=dumb`).
    pub(crate) plain: bool,
    /// Command to page with; absent for none.
    pub(crate) pager: Option<String>,
    /// Text or a machine's format.
    pub(crate) format: Format,
    /// What to print in place of measured seconds (`VREV_ELAPSED`); for documents and tests.
    pub(crate) elapsed: Option<String>,
}

/// The file. Unknown keys are refused, so that a misspelt one is noticed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    color: Option<FileColor>,
    pager: Option<String>,
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileColor {
    Auto,
    Always,
    Never,
}

/// Reads a variable; an empty value counts as unset.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Reads the file and the environment and applies the flags.
    pub(crate) fn load(environment: Environment<'_>, flags: &GlobalArgs) -> Result<Self, Error> {
        let file = match file_path(environment) {
            Some(path) => read(&path)?,
            None => File::default(),
        };
        Ok(Self::resolve(file, environment, flags))
    }

    fn resolve(file: File, environment: Environment<'_>, flags: &GlobalArgs) -> Self {
        let color = file.color.map_or(When::Auto, |color| match color {
            FileColor::Auto => When::Auto,
            FileColor::Always => When::Always,
            FileColor::Never => When::Never,
        });
        let pager = ["VREV_PAGER", "GIT_PAGER", "PAGER"]
            .into_iter()
            .find_map(environment);
        let pager = pager.or(file.pager).unwrap_or_else(|| "less".to_owned());
        Self {
            color: flags.color.unwrap_or(color),
            plain: environment("NO_COLOR").is_some()
                || environment("TERM").is_some_and(|term| term == "dumb"),
            pager: (!flags.no_pager && !matches!(pager.trim(), "" | "cat")).then_some(pager),
            format: flags.format.or(file.format).unwrap_or_default(),
            elapsed: environment("VREV_ELAPSED"),
        }
    }
}

fn file_path(environment: Environment<'_>) -> Option<PathBuf> {
    if let Some(path) = environment("VREV_CONFIG") {
        return Some(path.into());
    }
    let folder = environment("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(environment("HOME")?).join(".config")))?;
    let path = folder.join("vrev").join("config.toml");
    path.exists().then_some(path)
}

fn read(path: &std::path::Path) -> Result<File, Error> {
    let failed = |cause: &dyn std::error::Error| {
        let mut error = Error::from_source(Kind::User, cause);
        error.causes.insert(0, std::mem::take(&mut error.message));
        error.message = format!("cannot read the settings in `{}`", path.display());
        error
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    toml::from_str(&text).map_err(|error| {
        let place = error
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let mut failure = failed(&error);
        failure.causes = vec![format!("line {place}: {}", error.message())];
        failure.hint("the keys are `color`, `pager` and `format`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(file: &str, environment: &[(&str, &str)], flags: &GlobalArgs) -> Config {
        let lookup = |name: &str| {
            environment
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::resolve(toml::from_str(file).unwrap(), &lookup, flags)
    }

    #[test]
    fn the_environment_overrules_the_file_and_flags_overrule_both() {
        let flags = GlobalArgs::default();
        let file = "pager = 'a'\ncolor = 'never'\nformat = 'json'";
        let config = resolve(file, &[], &flags);
        assert_eq!(
            (config.pager.as_deref(), config.color, config.format),
            (Some("a"), When::Never, Format::Json)
        );
        assert_eq!(
            resolve(file, &[("PAGER", "b")], &flags).pager.as_deref(),
            Some("b")
        );
        let both = [("PAGER", "b"), ("GIT_PAGER", "c"), ("VREV_PAGER", "d")];
        assert_eq!(resolve(file, &both, &flags).pager.as_deref(), Some("d"));
        let flags = GlobalArgs {
            no_pager: true,
            color: Some(When::Always),
            format: Some(Format::Text),
            ..flags
        };
        let config = resolve(file, &both, &flags);
        assert_eq!(
            (config.pager, config.color, config.format),
            (None, When::Always, Format::Text)
        );
    }

    #[test]
    fn the_environment_can_ask_for_plain_text() {
        let flags = GlobalArgs::default();
        assert!(resolve("", &[("NO_COLOR", "1")], &flags).plain);
        assert!(resolve("", &[("TERM", "dumb")], &flags).plain);
        assert!(!resolve("", &[("TERM", "xterm")], &flags).plain);
    }

    #[test]
    fn no_pager_is_a_pager_too() {
        let flags = GlobalArgs::default();
        assert_eq!(resolve("", &[], &flags).pager.as_deref(), Some("less"));
        assert_eq!(resolve("", &[("PAGER", "cat")], &flags).pager, None);
        assert_eq!(resolve("pager = ''", &[], &flags).pager, None);
    }

    #[test]
    fn a_wrong_file_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "color = 'never'\ncolour = 1\n").unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(
            error.message,
            format!("cannot read the settings in `{}`", path.display())
        );
        assert_eq!(
            error.causes,
            ["line 2: unknown field `colour`, expected one of `color`, `pager`, `format`"]
        );
    }
}
