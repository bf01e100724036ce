//! The settings: flags of the program, which a variable of the environment or a line of a file can give as well.
//!
//! There is no second list of them: a setting is a flag with an `ACCORD_…` variable, and the same name in small letters and
//! without `ACCORD_` is its line in the file. A value of the file takes the place of the flag's default, so that flag, variable,
//! file and default count in this order.

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, parser::ValueSource};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What begins the variable of every setting.
const PREFIX: &str = "ACCORD_";
/// The variable that names the file; it cannot be in the file itself.
const FILE: &str = "ACCORD_CONFIG";
/// Further from each other than this, one name is no slip for the other.
const ALIKE: f64 = 0.6;

/// A file of settings.
pub struct File {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

/// Reads the command line, the environment and the file that either names.
///
/// # Errors
/// As the text that goes to standard error, when the file cannot be read, or something in it is no setting or no value of one.
/// A wrong command line ends the program as clap does.
pub fn read<Cli: CommandFactory + FromArgMatches>()
-> Result<(Cli, ArgMatches, Option<File>), String> {
    // Once without the file: what is wrong here is wrong on the command line or in the environment.
    let matches = Cli::command().get_matches();
    let Some(path) = matches.get_one::<PathBuf>("config") else {
        let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        return Ok((cli, matches, None));
    };
    let file = File::read(path, &names(&Cli::command()))?;
    let read = with(Cli::command(), &file.values).try_get_matches();
    let read = read.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = read.map_err(|error| {
        let said = error.to_string();
        let said = said.strip_prefix("error: ").unwrap_or(&said);
        let first = said.split("\n\n").next().unwrap_or_default();
        format!("{}: {first}", path.display())
    })?;
    Ok((cli, matches, Some(file)))
}

/// The names of all settings, as the file has them.
fn names(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(name);
    own.chain(command.get_subcommands().flat_map(names)).collect()
}

/// The name of a setting in the file; nothing for a flag that is none.
fn name(arg: &clap::Arg) -> Option<String> {
    let variable = arg.get_env()?.to_str().filter(|variable| *variable != FILE)?;
    variable.strip_prefix(PREFIX).map(str::to_lowercase)
}

/// The command whose defaults are what the file says.
fn with(command: Command, values: &BTreeMap<String, String>) -> Command {
    command
        .mut_args(|arg| match name(&arg).and_then(|name| values.get(&name)) {
            Some(value) => arg.default_value(value.clone()),
            None => arg,
        })
        .mut_subcommands(|sub| with(sub, values))
}

impl File {
    /// Reads a file whose lines are settings of these names.
    ///
    /// # Errors
    /// Everything that is wrong with it, a line each.
    fn read(path: &Path, names: &BTreeSet<String>) -> Result<Self, String> {
        let before = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{before}: {error}"))?;
        let parsed = text.parse::<toml::Table>();
        let table = parsed.map_err(|error| format!("{before}: {}", unreadable(&text, &error)))?;
        let (mut values, mut wrong) = (BTreeMap::new(), Vec::new());
        for (key, value) in table {
            if !names.contains(&key) {
                wrong.push(format!("{before}: found {key}, {}", allowed(&key, names)));
                continue;
            }
            match value {
                toml::Value::String(text) => _ = values.insert(key, text),
                toml::Value::Integer(number) => _ = values.insert(key, number.to_string()),
                toml::Value::Boolean(flag) => _ = values.insert(key, flag.to_string()),
                toml::Value::Array(all) if all.iter().all(toml::Value::is_str) => {
                    let all: Vec<&str> = all.iter().filter_map(toml::Value::as_str).collect();
                    values.insert(key, all.join(","));
                }
                other => wrong.push(format!(
                    "{before}: {key}: found {}, allowed text in quotes, a whole number, true or false",
                    other.type_str()
                )),
            }
        }
        let path = path.to_owned();
        if wrong.is_empty() { Ok(Self { path, values }) } else { Err(wrong.join("\n")) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it holds a password.
    pub fn has_secrets(&self) -> bool {
        self.values.values().any(|value| without_secrets(value) != *value)
    }
}

/// What is wrong with a file that is no TOML, and where, without the line itself: it may hold a password.
fn unreadable(text: &str, error: &toml::de::Error) -> String {
    let line = |at: usize| text.bytes().take(at).filter(|one| *one == b'\n').count() + 1;
    let place = error.span().map(|span| format!("line {}: ", line(span.start)));
    format!("{}{}", place.unwrap_or_default(), error.message())
}

/// What is allowed in place of a name that is no setting: the one that it is most like, or all.
fn allowed(key: &str, names: &BTreeSet<String>) -> String {
    // Somebody may have written it as the flag or as the variable.
    let plain = key.to_lowercase().replace('-', "_");
    let plain = plain.strip_prefix("accord_").unwrap_or(&plain);
    let alike = |name: &&String| (strsim::jaro_winkler(plain, name) * 1000.0) as u32;
    match names.iter().max_by_key(alike) {
        Some(nearest) if strsim::jaro_winkler(plain, nearest) > ALIKE => {
            format!("which is no setting: did you mean {nearest}?")
        }
        _ => {
            let all: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("which is no setting. Settings are {}", all.join(", "))
        }
    }
}

/// Every setting that a command takes, with its value and where that comes from, as lines of a file of settings; nothing that
/// lets anybody in.
pub fn describe(command: &Command, matches: &ArgMatches, file: Option<&File>) -> String {
    let mut lines = String::new();
    for arg in command.get_arguments() {
        let Some(name) = name(arg) else { continue };
        let id = arg.get_id().as_str();
        let raw = matches.get_raw(id).into_iter().flatten();
        let all: Vec<_> = raw.map(|value| value.to_string_lossy()).collect();
        if all.is_empty() {
            lines.push_str(&format!("# {name} is not set\n"));
            continue;
        }
        let from = match (matches.value_source(id), file) {
            (Some(ValueSource::CommandLine), _) => "the command line".to_owned(),
            (Some(ValueSource::EnvVariable), _) => {
                format!("the environment, {PREFIX}{}", name.to_uppercase())
            }
            (_, Some(file)) if file.values.contains_key(&name) => file.path.display().to_string(),
            _ => "the default".to_owned(),
        };
        let value = toml::Value::String(without_secrets(&all.join(",")));
        lines.push_str(&format!("{name} = {value}  # from {from}\n"));
    }
    lines
}

/// The text without what lets somebody in: the password of an address, in front of its host or in its query.
pub fn without_secrets(text: &str) -> String {
    const HIDDEN: &str = "(hidden)";
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // The last @, because an unencoded password may hold one itself.
    let rest = match rest.rsplit_once('@') {
        Some((own, host)) => match own.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let Some((place, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.to_lowercase().contains("password") => format!("{key}={HIDDEN}"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{scheme}://{place}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_address_is_shown() {
        for (text, shown) in [
            ("accord.db", "accord.db"),
            ("postgres://accord@db/accord", "postgres://accord@db/accord"),
            ("postgres://accord:s3cret@db/accord", "postgres://accord:(hidden)@db/accord"),
            ("postgres://accord:s3@cr/et@db/accord", "postgres://accord:(hidden)@db/accord"),
            (
                "postgres://a:b:c@db:5432/x?sslmode=require",
                "postgres://a:(hidden)@db:5432/x?sslmode=require",
            ),
            (
                "postgres://db/x?user=a&password=s3cret&a=b",
                "postgres://db/x?user=a&password=(hidden)&a=b",
            ),
            ("postgres://db/x?sslPassword=s3cret", "postgres://db/x?sslPassword=(hidden)"),
            ("smtps://user:secret@mail.icb.example", "smtps://user:(hidden)@mail.icb.example"),
            ("https://accord.icb.example", "https://accord.icb.example"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }

    #[test]
    fn a_wrong_name_brings_the_nearest_or_all() {
        let names: BTreeSet<_> = ["mail", "mail_from", "listen"].map(String::from).into();
        for (wrong, meant) in
            [("mail-from", "mail_from"), ("ACCORD_LISTEN", "listen"), ("lisen", "listen")]
        {
            let said = allowed(wrong, &names);
            assert!(said.ends_with(&format!("did you mean {meant}?")), "{wrong}: {said}");
        }
        assert!(allowed("zzz", &names).ends_with("Settings are listen, mail, mail_from"));
    }
}
