//! What `dangol channel` takes.

use clap::{Args, Subcommand, ValueEnum};
use dangol_domain::{Secret, UserCode};
use dangol_gateway::profile::Kind;

use super::{Place, named, user_code};

/// `channel`.
#[derive(Subcommand)]
pub enum Channel {
    /// Connect a contract with a payment gateway
    #[command(after_help = "\
Examples:
  dangol channel add --merchant imp12345678 --pg PG --pg-id PG_ID \\
      --set NAME=VALUE --file NAME=certificate.pem --set NAME=env:SECRET --default
  dangol channel add --pg PG --pg-id PG_ID     says which credentials this gateway needs

A value is a text, @FILE, env:NAME, or - for stdin. Arguments can be seen by other users of this machine: give secrets
by file, environment or stdin.")]
    Add(ChannelAdd),
    /// List channels
    #[command(
        after_help = "Examples:\n  dangol channel list\n  dangol channel list --merchant imp12345678"
    )]
    List(ChannelList),
    /// Change a channel in place: its credentials, its dialect, its name
    #[command(after_help = "\
Examples:
  dangol channel set --pg PG --dialect NAME=VALUE
  dangol channel set --pg PG --pg-id PG_ID --set NAME=env:SECRET --file NAME=certificate.pem
  dangol channel set --channel-key channel-key-… --unset NAME --default --name \"My shop\"

The channel keeps its key, so billing keys that were issued through it go on to work; what is not named stays as it is.
Works beside a running server, which follows within two seconds. Values are given as to `dangol channel add`.")]
    Set(ChannelSet),
    /// Prove a channel's credentials at the gateway, without moving money
    #[command(after_help = "\
Examples:
  dangol channel check                         every channel
  dangol channel check --pg PG --pg-id PG_ID")]
    Check(ChannelPick),
    /// Remove a channel and its sealed credentials
    #[command(
        after_help = "Examples:\n  dangol channel remove --merchant imp12345678 --pg PG --pg-id PG_ID --yes"
    )]
    Remove(ChannelRemove),
}

/// `channel add`.
#[derive(Args)]
pub struct ChannelAdd {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: the only merchant]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// The gateway
    #[arg(long, value_name = "PG")]
    pub pg: String,
    /// The merchant's id at the gateway
    #[arg(long, value_name = "ID")]
    pub pg_id: String,
    /// payment: by its window; api_payment: by card data that the merchant's server sends [default: the gateway's usual one]
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    pub kind: Option<Kind>,
    /// A credential
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    pub set: Vec<(String, Secret)>,
    /// A credential from a file
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    pub file: Vec<(String, Secret)>,
    /// Another guess of the gateway's protocol than the built-in one
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    pub dialect: Vec<(String, Secret)>,
    /// live: the gateway's real system; test: its own test system
    #[arg(long, value_enum, default_value = "live", hide_possible_values = true)]
    pub hosts: Hosts,
    /// Take this channel when a request names none
    #[arg(long)]
    pub default: bool,
    /// A name for people [default: the gateway's]
    #[arg(long)]
    pub name: Option<String>,
}

fn kind(text: &str) -> Result<Kind, &'static str> {
    Kind::parse(text).ok_or("expected payment or api_payment")
}

/// Which of a gateway's systems.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hosts {
    /// Real money
    Live,
    /// The gateway's own test system
    Test,
}

/// `channel list`.
#[derive(Args)]
pub struct ChannelList {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: everybody's]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
}

/// Names channels.
#[derive(Args)]
pub struct ChannelPick {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: everybody's]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// The gateway [default: any]
    #[arg(long, value_name = "PG")]
    pub pg: Option<String>,
    /// The merchant's id at the gateway [default: any]
    #[arg(long, value_name = "ID")]
    pub pg_id: Option<String>,
    /// The channel's own key, as `channel list` shows it [default: any]
    #[arg(long, value_name = "KEY")]
    pub channel_key: Option<String>,
}

/// `channel set`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["set", "file", "dialect", "unset", "default", "name"]))]
pub struct ChannelSet {
    #[command(flatten)]
    pub pick: ChannelPick,
    /// A credential
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    pub set: Vec<(String, Secret)>,
    /// A credential from a file
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    pub file: Vec<(String, Secret)>,
    /// Another guess of the gateway's protocol than the built-in one
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    pub dialect: Vec<(String, Secret)>,
    /// Go back to the built-in guess of a dialect entry, or take an optional credential away
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// Take this channel when a request names none
    #[arg(long)]
    pub default: bool,
    /// A name for people
    #[arg(long)]
    pub name: Option<String>,
}

/// `channel remove`.
#[derive(Args)]
pub struct ChannelRemove {
    #[command(flatten)]
    pub pick: ChannelPick,
    /// Billing keys that were issued through it can no longer be charged: say that this is meant
    #[arg(long)]
    pub yes: bool,
}
