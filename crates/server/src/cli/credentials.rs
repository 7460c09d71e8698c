//! Credentials from the command line: where their values come from, and whether they are what the PG's profile asks for.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use dangol_domain::Secret;
use dangol_gateway::profile::{CredentialField, Profile};
use zeroize::Zeroizing;

use super::Stop;

/// Longer values are no credential, bytes.
const LENGTH_MAX: u64 = 64 * 1024;

/// Reads values from where they are. Stdin can be read once.
#[derive(Default)]
pub struct Sources {
    stdin_is_read: bool,
}

impl Sources {
    /// The value of `source`: `@FILE`, `env:NAME`, `-` for stdin, else the text itself, unless it is a secret that must
    /// not stand in the arguments. No error quotes a value.
    pub fn read(
        &mut self,
        name: &str,
        source: &str,
        not_in_arguments: bool,
    ) -> Result<Secret, Stop> {
        if let Some(path) = source.strip_prefix('@') {
            return read_file(name, Path::new(path));
        }
        if let Some(variable) = source.strip_prefix("env:") {
            let value = std::env::var(variable).map(Secret::new);
            return value.map_err(|_| {
                Stop::new(format!(
                    "{name}: the environment has no text named {variable}"
                ))
            });
        }
        if source == "-" {
            if std::mem::replace(&mut self.stdin_is_read, true) {
                return Err(Stop::usage(format!(
                    "{name}: stdin holds one value only, and another one took it"
                )));
            }
            return read_all(name, "stdin", std::io::stdin());
        }
        if not_in_arguments {
            let text = format!(
                "{name}: arguments can be seen by others: give @FILE, env:NAME, or - for stdin"
            );
            return Err(Stop::usage(text));
        }
        Ok(Secret::new(source))
    }
}

/// A credential's file.
pub fn read_file(name: &str, path: &Path) -> Result<Secret, Stop> {
    let shown = path.display().to_string();
    let file = std::fs::File::open(path)
        .map_err(|error| Stop::new(format!("{name}: cannot read {shown}: {error}")))?;
    read_all(name, &shown, file)
}

fn read_all(name: &str, place: &str, from: impl Read) -> Result<Secret, Stop> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 * 1024));
    let read = from.take(LENGTH_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Stop::new(format!("{name}: cannot read {place}: {error}")))?;
    if bytes.len() as u64 > LENGTH_MAX {
        return Err(Stop::new(format!(
            "{name}: {place} is too long to be a credential"
        )));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(Stop::new(format!(
            "{name}: {place} is not text; a certificate or key must be PEM, not DER or PFX"
        ))),
    }
}

/// The credentials of a channel, checked against what its PG asks for: `known`, and what is given in their place or besides.
/// Everything that is wrong is said at once.
pub fn collect(
    profile: &Profile,
    known: BTreeMap<String, Secret>,
    set: Vec<(String, Secret)>,
    files: Vec<(String, Secret)>,
) -> Result<BTreeMap<String, Secret>, Stop> {
    let mut sources = Sources::default();
    let mut values = BTreeMap::new();
    let mut wrong = Vec::new();
    let given = set
        .into_iter()
        .map(|one| (one, false))
        .chain(files.into_iter().map(|one| (one, true)));
    for ((name, value), in_file) in given {
        let Some(field) = profile.credentials.iter().find(|field| field.name == name) else {
            wrong.push(unknown(&name));
            continue;
        };
        let value = match in_file {
            true => read_file(&name, Path::new(value.expose()))?,
            false => sources.read(&name, value.expose(), false)?,
        };
        let value = Secret::new(value.expose().trim());
        if let Err(problem) = fits(field, value.expose()) {
            wrong.push(problem);
        }
        if values.insert(name, value).is_some() {
            wrong.push(format!("{} is given twice", field.name));
        }
    }
    for (name, value) in known {
        values.entry(name).or_insert(value);
    }
    let missing = profile
        .credentials
        .iter()
        .filter(|field| field.required && !values.contains_key(&field.name));
    wrong.extend(missing.map(|field| format!("{} is missing", field.name)));
    if wrong.is_empty() {
        return Ok(values);
    }
    Err(Stop::new(format!(
        "{}\n{}",
        wrong.join("; "),
        asked(profile)
    )))
}

fn unknown(name: &str) -> String {
    match name.is_empty() {
        true => "a credential is given as NAME=VALUE".to_owned(),
        // The name may be a value that was given without its name.
        false if name.len() > 40 => "a credential's name is not known".to_owned(),
        false => format!("{name} is not known"),
    }
}

/// Whether a value can be what the field asks for. A PEM text says what it is; by their names, so do the fields.
fn fits(field: &CredentialField, value: &str) -> Result<(), String> {
    let name = &field.name;
    let label = pem_label(value);
    match (field.file, label) {
        _ if value.is_empty() => Err(format!("{name} is empty")),
        (false, Some(label)) => Err(format!(
            "{name} is a line of text, but this is a PEM file ({label}): are two swapped?"
        )),
        (false, None) if value.contains(char::is_control) => {
            Err(format!("{name} is one line of text, but this has several"))
        }
        (false, None) => Ok(()),
        (true, None) => Err(format!(
            "{name} is a PEM file, which begins with -----BEGIN: give it with --file {name}=PATH"
        )),
        (true, Some(label)) => {
            let is_key = label.ends_with("KEY");
            if name.contains("cert") && label != "CERTIFICATE" || name.contains("key") && !is_key {
                return Err(format!(
                    "{name} is a PEM file, but this one says {label}: are two swapped?"
                ));
            }
            Ok(())
        }
    }
}

/// What a PEM text says it is.
fn pem_label(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, _) = rest.split_once("-----")?;
    let plain = label.len() <= 40 && label.bytes().all(|b| b.is_ascii_uppercase() || b == b' ');
    plain.then_some(label)
}

/// What a PG asks for, for people.
fn asked(profile: &Profile) -> String {
    let mut text = format!("{} asks for:", profile.provider);
    for field in &profile.credentials {
        let how = match field.file {
            true => format!("--file {}=PATH", field.name),
            false => format!("--set {}=VALUE", field.name),
        };
        let must = if field.required { "" } else { " (optional)" };
        text.push_str(&format!("\n  {how}{must}\n      {}", field.hint));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, file: bool) -> CredentialField {
        CredentialField {
            name: name.to_owned(),
            hint: String::new(),
            required: true,
            file,
        }
    }

    #[test]
    fn swapped_values_are_noticed() {
        let certificate =
            "Bag Attributes\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----";
        let key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n-----END ENCRYPTED PRIVATE KEY-----";
        assert!(fits(&field("cert", true), certificate).is_ok());
        assert!(fits(&field("private_key", true), key).is_ok());
        assert!(fits(&field("site_key", false), "abc=").is_ok());
        for (name, file, value) in [
            ("cert", true, key),
            ("private_key", true, certificate),
            ("group_id", false, certificate),
            ("private_key", true, "/path/to/key.pem"),
            ("group_id", false, "two\nlines"),
            ("group_id", false, ""),
        ] {
            let refused = fits(&field(name, file), value).expect_err("it does not fit");
            assert!(refused.starts_with(name), "{refused}");
            assert!(!refused.contains("MII"), "{refused}");
        }
    }
}
