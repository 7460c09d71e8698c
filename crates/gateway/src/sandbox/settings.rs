//! Switches of the simulators: `simulators.toml` in the sandbox folder, one table per provider.

use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;

/// The file's tables.
#[derive(Default)]
pub(super) struct Settings(toml::Table);

impl Settings {
    /// Reads the file; a missing one leaves every switch at its default.
    pub(super) fn read(path: &Path) -> io::Result<Settings> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(error) => return Err(error),
        };
        text.parse()
            .map(Settings)
            .map_err(|error: toml::de::Error| wrong(path.display(), error.message()))
    }

    /// A provider's switches.
    pub(super) fn of<T: DeserializeOwned>(&self, provider: &str) -> io::Result<T> {
        let table = match self.0.get(provider) {
            Some(value) => value.clone(),
            None => toml::Value::Table(toml::Table::new()),
        };
        table.try_into().map_err(|error: toml::de::Error| {
            wrong(
                format_args!("[{provider}] of simulators.toml"),
                error.message(),
            )
        })
    }
}

fn wrong(place: impl std::fmt::Display, message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{place}: {message}"))
}
