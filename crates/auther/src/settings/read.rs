//! Where settings come from: a file, and the environment over it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::{Row, Settings};
use crate::failure::{Failure, Outcome};

/// Before a setting's name, in capitals, in the environment.
const ENVIRONMENT_PREFIX: &str = "AUTHER_";

/// Variables with our prefix that are no settings: where the settings are, where the models are, and which server the command
/// line asks as whom.
const OTHER_VARIABLES: [&str; 4] = ["AUTHER_CONFIG", "AUTHER_CACHE", "AUTHER_SERVER", "AUTHER_API_KEY"];

/// One wrong letter in so many is a misspelling; more make another name.
const LETTERS_PER_SLIP: usize = 3;

impl Settings {
    /// Reads the file, if one is named, and the environment over it.
    pub(crate) fn read(file: Option<&Path>) -> Outcome<Self> {
        let mut texts = file.map(read_file).transpose()?.unwrap_or_default();
        texts.extend(read_environment(std::env::vars_os())?);
        let settings = Self::from_texts(&texts)?;
        settings.check()?;
        Ok(settings)
    }
}

/// The settings among the variables. A name that is nearly a setting's is refused: it would be obeyed by nobody. One that is
/// not is somebody else's (a script's, or Kubernetes' words about a service named `auther`) and is left alone.
fn read_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Outcome<BTreeMap<String, String>> {
    let variable_of = |row: &Row| format!("{ENVIRONMENT_PREFIX}{}", row.name.to_uppercase());
    let mut texts = BTreeMap::new();
    for (variable, value) in variables {
        let variable = variable.to_string_lossy();
        let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
        if OTHER_VARIABLES.contains(&&*variable) {
            continue;
        }
        let Some(row) = Settings::TABLE.iter().find(|row| variable_of(row) == variable) else {
            match nearest(&name.to_lowercase()) {
                Some(meant) => return Err(no_setting("environment", &variable, Some(variable_of(meant)))),
                None => continue,
            }
        };
        let value = value.into_string().map_err(|_| Failure::new(format!("environment: {variable} is not UTF-8")))?;
        texts.insert(row.name.to_owned(), value);
    }
    Ok(texts)
}

/// The setting that was probably meant, if any is near.
fn nearest(unknown: &str) -> Option<&'static Row> {
    let best = Settings::TABLE.iter().min_by_key(|row| edits(unknown, row.name));
    best.filter(|row| edits(unknown, row.name) <= unknown.len() / LETTERS_PER_SLIP)
}

fn no_setting(place: impl std::fmt::Display, name: &str, meant: Option<String>) -> Failure {
    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    Failure::new(format!("{place}: there is no setting {name}{meant} (`auther settings` lists them)"))
}

/// How many bytes must be put in, taken out or changed to make one text of the other (Levenshtein's distance).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let least = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[to.len()]
}

fn read_file(path: &Path) -> Outcome<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).map_err(Failure::context(path.display()))?;
    let table: toml::Table = text.parse().map_err(Failure::context(path.display()))?;
    let plain = |(name, value): (String, toml::Value)| {
        if !Settings::TABLE.iter().any(|row| row.name == name) {
            let meant = nearest(&name).map(|row| row.name.to_owned());
            return Err(no_setting(path.display(), &name, meant));
        }
        let text = match value {
            toml::Value::String(text) => text,
            value @ (toml::Value::Integer(_) | toml::Value::Float(_)) => value.to_string(),
            toml::Value::Boolean(true) => "on".to_owned(),
            toml::Value::Boolean(false) => "off".to_owned(),
            toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                return Err(Failure::new(format!(
                    "{}: {name} must be a text, a number, true or false",
                    path.display()
                )));
            }
        };
        Ok((name, text))
    };
    table.into_iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Switch;
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_file_with_an_unknown_setting_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "workers = 3\nworker = 4\n").expect("written");
        assert!(read_file(file.path()).expect_err("unknown").to_string().contains("no setting worker"));
        std::fs::write(file.path(), "workers = 3\nlisten = \"[::1]:9\"\n").expect("written");
        let settings = Settings::from_texts(&read_file(file.path()).expect("known")).expect("parse");
        assert_eq!((settings.workers, settings.listen.port()), (3, 9));
        std::fs::write(file.path(), "console = false\n").expect("written");
        let settings = Settings::from_texts(&read_file(file.path()).expect("known")).expect("parse");
        assert_eq!(settings.console, Switch::Off);
    }

    #[test]
    fn the_environment_is_read_and_a_misspelt_name_refused_with_the_right_one() {
        let environment = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
            read_environment(pairs.into_iter())
        };
        let read =
            environment(&[("AUTHER_WORKERS", "3"), ("AUTHER_CACHE", "/c"), ("AUTHER_CONFIG", "f"), ("HOME", "/h")]);
        assert_eq!(read.expect("known"), texts(&[("workers", "3")]));
        for others in ["AUTHER_SERVICE_HOST", "AUTHER_PORT", "AUTHER_BIN", "AUTHER_URL", "AUTHER_API_KEY", "AUTHER_"] {
            assert_eq!(environment(&[(others, "1")]).expect("another's"), texts(&[]), "{others}");
        }
        let misspelt = environment(&[("AUTHER_LISTENN", "1")]).expect_err("unknown").to_string();
        assert!(misspelt.contains("AUTHER_LISTENN; did you mean AUTHER_LISTEN?"), "{misspelt}");
    }
}
