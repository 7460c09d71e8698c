//! The configuration file: `dangol.toml` in the data folder, or whatever `--config` names.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use dangol_domain::Secret;
use dangol_domain::network::Network;
use serde::{Deserialize, Deserializer};

use crate::listen::Address;

/// The file with every knob, commented.
pub const EXAMPLE: &str = include_str!("config.example.toml");

/// The file's name in a data folder.
const FILE: &str = "dangol.toml";

/// What the file says. Every knob may be missing.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The main listener.
    pub listen: Option<Address>,
    /// The origin by which others reach it.
    pub public_url: Option<Origin>,
    /// The origin of window pages that load a PG's script.
    pub window_url: Option<Origin>,
    /// A PostgreSQL URL; it may hold a password.
    #[serde(deserialize_with = "secret")]
    pub database: Option<Secret>,
    /// Hosts that a browser may name in `notice_url`.
    pub notice_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed about the addresses of PGs, buyers and merchants' servers.
    pub trusted_proxies: Vec<IpAddr>,
    /// How many calls a second a merchant may make of a node; 0 is any number.
    pub calls_per_second: Option<u32>,
    /// How many wrong credentials a minute may come from one address; 0 is any number.
    pub failed_logins_per_minute: Option<u32>,
    /// How often a webhook is tried at most.
    pub webhook_attempts: Option<usize>,
    /// Whether the webhooks of one payment wait for each other.
    pub webhook_in_order: bool,
    /// Networks to which webhooks may go although they are not public.
    pub webhook_networks: Vec<Network>,
    /// Ports to which webhooks may go; 80, 443, 8080 and 8443 in live when empty.
    pub webhook_ports: Vec<u16>,
    /// How long `again` waits, ms.
    pub answer_budget_ms: Option<u64>,
    /// How long a window may take, ms.
    pub window_life_ms: Option<i64>,
    /// How many scheduled charges of a channel are on their way at once.
    pub schedules_at_once: Option<u32>,
    /// How many of them start within a second.
    pub schedules_per_second: Option<u32>,
}

/// Why a configuration file is not followed. The text quotes no value of it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is not a configuration.
    #[error("{}: {reason}; `dangol config` prints an example with every setting", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
}

impl Config {
    /// Reads the named file, else the data folder's, which may be missing.
    pub fn read(named: Option<&Path>, data: &Path) -> Result<Config, ConfigError> {
        let path = named.map_or_else(|| data.join(FILE), Path::to_owned);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Config::default());
            }
            Err(reason) => return Err(ConfigError::Unreadable { path, reason }),
        };
        Config::parse(&text).map_err(|reason| ConfigError::Wrong { path, reason })
    }

    fn parse(text: &str) -> Result<Config, String> {
        // The parser's own display quotes the line, which may hold the database's password.
        let config: Config = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message())
        })?;
        let within = |name: &str, value: Option<i64>, from: i64, to: i64| match value {
            Some(value) if !(from..=to).contains(&value) => {
                Err(format!("{name} must be from {from} to {to}"))
            }
            _ => Ok(()),
        };
        let budget = config
            .answer_budget_ms
            .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let attempts = config
            .webhook_attempts
            .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let calls = config.calls_per_second.map(i64::from);
        let failures = config.failed_logins_per_minute.map(i64::from);
        within("calls_per_second", calls, 0, 100_000)?;
        within("failed_logins_per_minute", failures, 0, 10_000)?;
        within("webhook_attempts", attempts, 1, 8)?;
        within("answer_budget_ms", budget, 100, 25_000)?;
        within("window_life_ms", config.window_life_ms, 60_000, 86_400_000)?;
        let at_once = config.schedules_at_once.map(i64::from);
        let per_second = config.schedules_per_second.map(i64::from);
        within("schedules_at_once", at_once, 1, 64)?;
        within("schedules_per_second", per_second, 1, 10_000)?;
        Ok(config)
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    String::deserialize(from).map(|text| Some(Secret::new(text)))
}

/// `http://host[:port]` or `https://…`: an origin as browsers write it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(String);

impl Origin {
    /// The text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Origin, String> {
        let expected =
            || "expected an origin, such as https://pay.example.com, without a path".to_owned();
        let origin = text.strip_suffix('/').unwrap_or(text);
        let url: http::Uri = origin.parse().map_err(|_| expected())?;
        let authority = url.authority().ok_or_else(expected)?;
        let web = matches!(url.scheme_str(), Some("http" | "https"));
        let bare = url.path_and_query().is_none_or(|path| path == "/")
            && !authority.as_str().contains('@');
        if !web || !bare || authority.host().is_empty() {
            return Err(expected());
        }
        Ok(Origin(origin.to_ascii_lowercase()))
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Origin, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example with its settings in force.
    fn uncommented() -> String {
        let setting = |line: &&str| {
            let name = line
                .strip_prefix("# ")
                .and_then(|line| line.split_once(" = "));
            name.is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        };
        let lines: Vec<_> = EXAMPLE
            .lines()
            .filter(setting)
            .map(|line| &line[2..])
            .collect();
        lines.join("\n")
    }

    #[test]
    fn the_example_parses_and_names_every_knob() {
        assert!(
            EXAMPLE
                .lines()
                .all(|line| line.is_empty() || line.starts_with('#')),
            "the example sets nothing"
        );
        let Config {
            listen,
            public_url,
            window_url,
            database,
            notice_hosts,
            trusted_proxies,
            calls_per_second,
            failed_logins_per_minute,
            webhook_attempts,
            webhook_in_order: _,
            webhook_networks,
            webhook_ports,
            answer_budget_ms,
            window_life_ms,
            schedules_at_once,
            schedules_per_second,
        } = Config::parse(&uncommented()).expect("the example's values are good");
        assert!(
            listen.is_some() && public_url.is_some() && window_url.is_some() && database.is_some()
        );
        assert!(!notice_hosts.is_empty() && !trusted_proxies.is_empty());
        assert!(calls_per_second.is_some() && failed_logins_per_minute.is_some());
        assert!(webhook_attempts.is_some() && !webhook_networks.is_empty());
        assert!(!webhook_ports.is_empty());
        assert!(answer_budget_ms.is_some() && window_life_ms.is_some());
        assert!(schedules_at_once.is_some() && schedules_per_second.is_some());
    }

    #[test]
    fn what_is_wrong_is_named_and_not_quoted() {
        let refused = |text: &str| Config::parse(text).err().expect("it is wrong");
        assert!(refused("listne = \"127.0.0.1:1\"").contains("listne"));
        assert_eq!(
            refused("\nanswer_budget_ms = 99"),
            "answer_budget_ms must be from 100 to 25000"
        );
        assert!(refused("public_url = \"https://a.example/path\"").contains("without a path"));
        let torn = refused("\ndatabase = \"postgresql://a:hunter2@b/c");
        assert!(
            torn.starts_with("line 2: ") && !torn.contains("hunter2"),
            "{torn}"
        );
        let number = refused("listen = 1\ndatabase = 'postgresql://a:hunter2@b/c'");
        assert!(!number.contains("hunter2"), "{number}");
    }
}
