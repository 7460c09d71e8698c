//! Opening a data folder for a command. A command is one more node: it opens the database itself, also beside a running
//! server.

use dangol_engine::{Engine, Settings};

use super::{Stop, args, say};
use crate::config::Config;
use crate::setup::{self, Mode, Want};

/// A data folder, open for a command.
pub struct Node {
    /// The flows.
    pub engine: Engine,
    /// What the folder is.
    pub mode: Mode,
    /// The file's settings.
    pub config: Config,
}

/// Where the data is, by flags, environment and file.
pub fn place(args: &args::Place, config: &Config) -> setup::Place {
    setup::Place {
        data: args.data.clone(),
        database: args.database.clone().or_else(|| config.database.clone()),
    }
}

/// The engine's settings, by the file.
pub fn settings(mode: Mode, config: &Config, public_url: String, window_url: String) -> Settings {
    let mut settings = Settings::new(mode == Mode::Sandbox, public_url, window_url);
    settings.notice_hosts = config.notice_hosts.clone();
    settings.trusted_proxies = config.trusted_proxies.clone();
    settings.calls_per_second = config.calls_per_second.unwrap_or(settings.calls_per_second);
    settings.failed_logins_per_minute = config
        .failed_logins_per_minute
        .unwrap_or(settings.failed_logins_per_minute);
    settings.webhook_attempts = config.webhook_attempts.unwrap_or(settings.webhook_attempts);
    settings.webhook_in_order = config.webhook_in_order;
    settings.webhook_networks = config.webhook_networks.clone();
    if !config.webhook_ports.is_empty() {
        settings.webhook_ports = config.webhook_ports.clone();
    }
    settings.answer_budget_ms = config.answer_budget_ms.unwrap_or(settings.answer_budget_ms);
    let pace = &mut settings.schedule_pace;
    pace.at_once = config.schedules_at_once.unwrap_or(pace.at_once);
    pace.per_second = config.schedules_per_second.unwrap_or(pace.per_second);
    settings.window_life_ms = config.window_life_ms.unwrap_or(settings.window_life_ms);
    settings
}

/// Opens a folder that exists.
pub async fn open(args: &args::Place) -> Result<Node, Stop> {
    let config = Config::read(args.config.as_deref(), &args.data)?;
    let opened = setup::open(&place(args, &config), Want::Existing).await?;
    let mode = opened.mode;
    // A command opens no windows, so it needs no origins of its own.
    let origin = |origin: &Option<crate::config::Origin>| {
        origin.as_ref().map_or("", |o| o.as_str()).to_owned()
    };
    let settings = settings(
        mode,
        &config,
        origin(&config.public_url),
        origin(&config.window_url),
    );
    let engine = setup::engine(opened, settings).await?;
    Ok(Node {
        engine,
        mode,
        config,
    })
}

/// `dangol migrate`.
pub async fn migrate(args: &args::Place) -> Result<(), Stop> {
    let config = Config::read(args.config.as_deref(), &args.data)?;
    let applied = setup::migrate(&place(args, &config)).await?;
    match applied.as_slice() {
        [] => say("the schema is up to date"),
        applied => say(format_args!("applied {}", applied.join(", "))),
    }
    Ok(())
}
