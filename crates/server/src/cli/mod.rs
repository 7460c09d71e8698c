//! The command line. Each command is a function that either does its work or says in one line what to do instead.

mod args;
mod channel;
mod credentials;
mod listen;
mod listeners;
mod merchant;
mod node;
mod payment;
mod run;
mod simulators;
mod webhook;

use std::fmt;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use dangol_domain::UserCode;
use dangol_engine::Engine;
use dangol_store::merchants::{self, MerchantRecord};

use crate::log;
use args::{Cli, Command};

/// Why a command did not do its work: what to tell the operator, and the exit code.
pub struct Stop {
    code: u8,
    text: String,
}

impl Stop {
    /// The work could not be done.
    pub fn new(text: impl Into<String>) -> Stop {
        Stop {
            code: 1,
            text: text.into(),
        }
    }

    /// The command was not understood.
    pub fn usage(text: impl Into<String>) -> Stop {
        Stop {
            code: 2,
            text: text.into(),
        }
    }
}

/// Errors of every part carry their advice in their text.
impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::new(error.to_string())
    }
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let matches = args::with_examples(Cli::command()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    log::start(cli.log, cli.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(error.into())),
    };
    let done = runtime.block_on(run(cli.command));
    // Whatever still runs has had its time.
    runtime.shutdown_timeout(Duration::from_secs(2));
    end(done)
}

async fn run(command: Command) -> Result<(), Stop> {
    match command {
        Command::Demo(args) => run::demo(args).await,
        Command::Serve(args) => run::serve(args).await,
        Command::Sandbox(args) => simulators::run(args).await,
        Command::Listen(args) => listen::run(args).await,
        Command::Migrate(place) => node::migrate(&place).await,
        Command::Merchant(args::Merchant::Add(args)) => merchant::add(args).await,
        Command::Merchant(args::Merchant::Set(args)) => merchant::set(args).await,
        Command::Merchant(args::Merchant::List(place)) => merchant::list(&place).await,
        Command::Merchant(args::Merchant::AllowIp(args)) => merchant::allow_ip(args).await,
        Command::Channel(args::Channel::Add(args)) => channel::add(args).await,
        Command::Channel(args::Channel::Set(args)) => channel::set(args).await,
        Command::Channel(args::Channel::List(args)) => channel::list(args).await,
        Command::Channel(args::Channel::Check(args)) => channel::check(args).await,
        Command::Channel(args::Channel::Remove(args)) => channel::remove(args).await,
        Command::Webhook(args::Webhook::Set(args)) => webhook::set(args).await,
        Command::Webhook(args::Webhook::List(args)) => webhook::list(args).await,
        Command::Webhook(args::Webhook::Resend(args)) => webhook::resend(args).await,
        Command::Webhook(args::Webhook::Events(args)) => webhook::events(args).await,
        Command::Webhook(args::Webhook::Secret(args)) => webhook::secret(args).await,
        Command::Webhook(args::Webhook::On(args)) => webhook::on(args).await,
        Command::Payment(args::Payment::List(place)) => payment::list(&place).await,
        Command::Payment(args::Payment::Show(args)) => payment::show(args).await,
        Command::Payment(args::Payment::Resolve(args)) => payment::resolve(args).await,
        Command::Config => {
            say(crate::config::EXAMPLE.trim_end());
            Ok(())
        }
    }
}

fn end(done: Result<(), Stop>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop { code, text }) => {
            // Nobody is left to tell when stderr is gone.
            let _ = writeln!(std::io::stderr(), "dangol: {text}");
            ExitCode::from(code)
        }
    }
}

/// A line on stdout. A reader that went away is no reason to stop.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The merchant of a user code, or the only one.
async fn find_merchant(engine: &Engine, code: Option<&UserCode>) -> Result<MerchantRecord, Stop> {
    let Some(code) = code else {
        let mut all = merchants::all(&engine.db).await?;
        return match (all.pop(), all.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(Stop::new(
                "there is no merchant yet: `dangol merchant add` makes one",
            )),
            (Some(_), false) => Err(Stop::new(
                "there are several merchants: name one with --merchant (see `dangol merchant list`)",
            )),
        };
    };
    let found = merchants::find(&engine.db, code).await?;
    found.ok_or_else(|| {
        Stop::new(format!(
            "there is no merchant {code}; `dangol merchant list` shows all"
        ))
    })
}

/// A time as people read it: UTC, to the second.
fn when(ms: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(dangol_domain::clock::seconds(ms));
    let shown = time.ok().and_then(|time| {
        time.format(&time::format_description::well_known::Rfc3339)
            .ok()
    });
    shown.unwrap_or_else(|| ms.to_string())
}
