//! What the command line takes. In the examples, PG and PG_ID stand for the first gateway of this build and its demo id.

mod channel;
mod webhook;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dangol_domain::network::Network;
use dangol_domain::{Secret, UserCode};
use dangol_engine::flow::notice_url::host_of;

use crate::config::Origin;
use crate::listen::Address;
use crate::log::{Format, Level};

pub use channel::{
    Channel, ChannelAdd, ChannelList, ChannelPick, ChannelRemove, ChannelSet, Hosts,
};

pub use webhook::{
    ContentType, Hear, Webhook, WebhookEvents, WebhookOf, WebhookOn, WebhookResend, WebhookSecret,
    WebhookSet,
};

const DATA: &str = "./dangol-data";

/// A drop-in server for i'mport's (PortOne V1) subscription payments.
#[derive(Parser)]
#[command(
    name = "dangol",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  dangol demo                          a sandbox with a demo shop, ready to be tried
  dangol serve --public-url https://pay.example.com
  dangol channel add --help            how to connect a contract with a payment gateway"
)]
pub struct Cli {
    /// How much is logged, on stderr: off, error, warn, info, debug or trace
    #[arg(
        long,
        global = true,
        env = "DANGOL_LOG",
        value_enum,
        default_value = "info",
        value_name = "LEVEL",
        hide_possible_values = true,
        display_order = 900
    )]
    pub log: Level,
    /// How log lines look: text for people, json for programs
    #[arg(
        long,
        global = true,
        env = "DANGOL_LOG_FORMAT",
        value_enum,
        default_value = "text",
        value_name = "FORMAT",
        hide_possible_values = true,
        display_order = 901
    )]
    pub log_format: Format,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Run a sandbox: the API, simulated payment gateways and a demo shop
    #[command(after_help = "\
Examples:
  dangol demo                                  then open the shop that it names
  dangol demo --listen 127.0.0.1:9000          the simulators take port 9001, the shop 9002
  dangol demo --data /tmp/try --listen 127.0.0.1:0")]
    Demo(Demo),
    /// Run the server
    #[command(after_help = "\
Examples:
  dangol serve --listen 127.0.0.1:8080 --public-url https://pay.example.com --window-url https://window.example.com
  DANGOL_DATABASE_URL=postgresql://dangol@db/dangol dangol serve --data /var/lib/dangol
  dangol serve --sandbox --data ./sandbox      a new sandbox folder without the demo shop
  dangol serve --sandbox --no-simulators       one more server of a sandbox in PostgreSQL

A data folder is a sandbox or live for ever; a new one is live unless --sandbox is given. A sandbox listens on this
machine only. The key ring (DATA/keys/key-ring, or the file that DANGOL_KEY_RING_FILE names, or the text in
DANGOL_KEY_RING) opens every billing key: keep a copy, and keep it apart from backups of the database.")]
    Serve(Serve),
    /// Run simulated payment gateways alone, for those who talk to one directly
    #[command(after_help = "\
Examples:
  dangol sandbox --pg PG --listen 127.0.0.1:8081
  dangol sandbox --pg PG --pg-id PG_ID --data ./gateway
  dangol sandbox --notice-url http://127.0.0.1:3000/notice")]
    Sandbox(Simulators),
    /// Print a running sandbox's webhooks as they are sent, and forward them to your server
    #[command(after_help = "\
Examples:
  dangol listen --forward-to http://localhost:3000/webhook
  dangol listen --from http://127.0.0.1:9000                     only prints
  dangol listen --forward-to http://localhost:3000/webhook --replay msg_0199f3a2b4c5d6e7f8a9b0c1d2e3

Every webhook is heard once, beside the endpoints that are set and also when none is. What is forwarded has the body and
the headers of a webhook; `dangol webhook secret` prints the secret that it is signed with. Your server's answer is
printed; nothing is tried again by itself.")]
    Listen(Hear),
    /// Bring the database's schema up to date (`serve` does so by itself)
    #[command(after_help = "\
Examples:
  dangol migrate --data ./dangol-data
  DANGOL_DATABASE_URL=postgresql://dangol@db/dangol dangol migrate")]
    Migrate(Place),
    /// Add and list merchants
    #[command(subcommand)]
    Merchant(Merchant),
    /// Connect contracts with payment gateways
    #[command(subcommand)]
    Channel(Channel),
    /// Say where webhooks go
    #[command(subcommand)]
    Webhook(Webhook),
    /// Look at payments, and settle those that need a person
    #[command(subcommand)]
    Payment(Payment),
    /// Print a configuration file with every setting, commented
    #[command(after_help = "\
Examples:
  dangol config > ./dangol-data/dangol.toml")]
    Config,
}

/// Where the data is.
#[derive(Args)]
pub struct Place {
    /// The data folder
    #[arg(long, env = "DANGOL_DATA", default_value = DATA, value_name = "DIR")]
    pub data: PathBuf,
    /// A PostgreSQL database in place of the folder's SQLite file (other users see a password given here: prefer the
    /// environment)
    #[arg(long, env = "DANGOL_DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = secret)]
    pub database: Option<Secret>,
    /// The configuration file [default: dangol.toml in the data folder, if there is one]
    #[arg(long, env = "DANGOL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the main listener is.
#[derive(Args)]
pub struct Listen {
    /// The API and the payment window [default: 127.0.0.1:8080]
    #[arg(long, env = "DANGOL_LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<Address>,
    /// The simulators, in a sandbox [default: the next port]
    #[arg(long, env = "DANGOL_PG_LISTEN", value_name = "HOST:PORT")]
    pub pg_listen: Option<Address>,
    /// The origin by which browsers and gateways reach the API [default: http:// and the listener's address]
    #[arg(long, env = "DANGOL_PUBLIC_URL", value_name = "ORIGIN")]
    pub public_url: Option<Origin>,
    /// The origin of windows that run a gateway's script [default in a sandbox: http://window.localhost:PORT]
    #[arg(long, env = "DANGOL_WINDOW_URL", value_name = "ORIGIN")]
    pub window_url: Option<Origin>,
}

/// `demo`.
#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub listen: Listen,
    /// The demo shop [default: the port after the simulators']
    #[arg(long, env = "DANGOL_SHOP_LISTEN", value_name = "HOST:PORT")]
    pub shop_listen: Option<Address>,
}

/// `serve`.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub listen: Listen,
    /// Make a new data folder a sandbox
    #[arg(long)]
    pub sandbox: bool,
    /// In a sandbox: leave the simulators and /sandbox to another server of the same database, or to `dangol sandbox`
    #[arg(long, requires = "sandbox")]
    pub no_simulators: bool,
}

/// `sandbox`.
#[derive(Args)]
pub struct Simulators {
    /// Which gateway; may be given several times [default: all]
    #[arg(long, value_name = "PG")]
    pub pg: Vec<String>,
    /// Where to listen
    #[arg(
        long,
        env = "DANGOL_PG_LISTEN",
        default_value = "127.0.0.1:8081",
        value_name = "HOST:PORT"
    )]
    pub listen: Address,
    /// Where the simulators remember what they did
    #[arg(
        long,
        env = "DANGOL_DATA",
        default_value = "./dangol-sandbox",
        value_name = "DIR"
    )]
    pub data: PathBuf,
    /// Your id at the gateway [default: its demo id]
    #[arg(long, value_name = "ID")]
    pub pg_id: Option<String>,
    /// Where the gateway sends its notices, as you would set it in its merchant site; one that is told with each order
    /// goes by that [default: nowhere]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub notice_url: Option<String>,
}

fn web_address(text: &str) -> Result<String, &'static str> {
    match host_of(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected an address such as http://127.0.0.1:3000/notice"),
    }
}

/// `merchant`.
#[derive(Subcommand)]
pub enum Merchant {
    /// Add a merchant and print its credentials, once
    #[command(after_help = "\
Examples:
  dangol merchant add --name \"My shop\"
  dangol merchant add --name \"My shop\" --user-code imp12345678 --imp-key 1234567890123456 --imp-secret @secret.txt")]
    Add(MerchantAdd),
    /// Change how payments in a merchant's windows are taken
    #[command(after_help = "\
Examples:
  dangol merchant set --confirm-url https://shop.example.com/payments/confirm
  dangol merchant set --merchant imp12345678 --no-confirm-url
  dangol merchant set --webhook-first on

A running server follows within two seconds.")]
    Set(MerchantSet),
    /// List merchants
    #[command(after_help = "Examples:\n  dangol merchant list")]
    List(Place),
    /// Show, extend or shorten the list of addresses from which a merchant's server may call the REST API
    #[command(after_help = "\
Examples:
  dangol merchant allow-ip
  dangol merchant allow-ip --add 203.0.113.7 --add 198.51.100.0/24
  dangol merchant allow-ip --merchant imp12345678 --remove 203.0.113.7

While the list is empty, every address may call. A running server follows a change within two seconds. Behind a proxy,
name it in the setting trusted_proxies first: else every call comes from the proxy's address.")]
    AllowIp(MerchantAllowIp),
}

/// `merchant allow-ip`.
#[derive(Args)]
pub struct MerchantAllowIp {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: the only merchant]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// An address or a network that may call
    #[arg(long, value_name = "CIDR")]
    pub add: Vec<Network>,
    /// One that may no more
    #[arg(long, value_name = "CIDR")]
    pub remove: Vec<Network>,
}

/// `merchant add`.
#[derive(Args)]
pub struct MerchantAdd {
    #[command(flatten)]
    pub place: Place,
    /// The shop's name, shown in payment windows
    #[arg(long)]
    pub name: String,
    /// Keep the code that your pages have already [default: a new one]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub user_code: Option<UserCode>,
    /// Keep the REST API key that your server has already [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub imp_key: Option<String>,
    /// Keep the REST API secret that your server has already: @FILE, env:NAME, or - for stdin [default: a new one]
    #[arg(long, value_name = "SOURCE")]
    pub imp_secret: Option<String>,
}

/// `merchant set`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true).args(["confirm_url", "no_confirm_url", "webhook_first"]))]
pub struct MerchantSet {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: the only merchant]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// Ask this address of the merchant's server before the payment of a window is approved
    #[arg(long, value_name = "URL")]
    pub confirm_url: Option<String>,
    /// Ask only where a page names a confirm_url
    #[arg(long, conflicts_with = "confirm_url")]
    pub no_confirm_url: bool,
    /// Whether the result of a window waits until the webhook is delivered, for at most 10 seconds: on or off
    #[arg(long, value_enum, value_name = "on|off", hide_possible_values = true)]
    pub webhook_first: Option<Switch>,
}

/// On or off.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

/// `payment`.
#[derive(Subcommand)]
pub enum Payment {
    /// List payments whose outcome is open, those that need a person first
    #[command(after_help = "Examples:\n  dangol payment list")]
    List(Place),
    /// Show a payment: its state, its history, its webhooks
    #[command(
        after_help = "Examples:\n  dangol payment show imps_123456789012\n  dangol payment show my-order-17"
    )]
    Show(PaymentShow),
    /// Settle a payment or a cancel that needs review, by what you read in the gateway's own books
    #[command(after_help = "\
Examples:
  dangol payment resolve imps_123456789012 --paid --pg-tid 20261121123456
  dangol payment resolve imps_123456789012 --failed --reason \"not found at the gateway\"
  dangol payment resolve imps_123456789012 --cancelled
  dangol payment resolve imps_123456789012 --not-cancelled --reason \"no cancel at the gateway\"

Works beside a running server. The merchant is told by webhook, but for a cancel that gave nothing back.")]
    Resolve(PaymentResolve),
}

/// `payment show`.
#[derive(Args)]
pub struct PaymentShow {
    #[command(flatten)]
    pub place: Place,
    /// imp_uid or merchant_uid
    #[arg(value_name = "UID")]
    pub uid: String,
    /// Whose [default: any merchant's]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
}

/// `payment resolve`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("found").required(true).args(["paid", "failed", "cancelled", "not_cancelled"]))]
pub struct PaymentResolve {
    #[command(flatten)]
    pub place: Place,
    /// imp_uid
    #[arg(value_name = "IMP_UID")]
    pub imp_uid: String,
    /// Whose [default: any merchant's]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// The gateway approved it
    #[arg(long, requires = "pg_tid", conflicts_with = "reason")]
    pub paid: bool,
    /// The gateway's number of the approval, or of the cancel
    #[arg(long, value_name = "TID")]
    pub pg_tid: Option<String>,
    /// The gateway did not approve it
    #[arg(long, requires = "reason", conflicts_with = "pg_tid")]
    pub failed: bool,
    /// The gateway gave the money of an open cancel back
    #[arg(long, conflicts_with = "reason")]
    pub cancelled: bool,
    /// The gateway did not give it back
    #[arg(long, requires = "reason", conflicts_with = "pg_tid")]
    pub not_cancelled: bool,
    /// Why, for the payment's fail_reason or the cancel's record
    #[arg(long)]
    pub reason: Option<String>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

fn user_code(text: &str) -> Result<UserCode, &'static str> {
    UserCode::parse(text).ok_or("expected imp and 8 digits, such as imp12345678")
}

/// `name=value`. The value may be a secret, and clap quotes what its parsers refuse, so nothing is refused here: without
/// `=` the name is whatever was given and the value is empty, and the command says so without quoting.
fn named(text: &str) -> Result<(String, Secret), std::convert::Infallible> {
    Ok(match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Secret::new(value)),
        None => (String::new(), Secret::new("")),
    })
}

/// Fills the first gateway's names into the examples.
pub fn with_examples(command: clap::Command) -> clap::Command {
    let profile = dangol_gateway::GATEWAYS
        .first()
        .map(|entry| entry.gateway.profile());
    let text = command.get_after_help().map(ToString::to_string);
    let command = match (text, profile) {
        (Some(text), Some(profile)) => {
            let text = text.replace("--pg PG", &format!("--pg {}", profile.provider));
            command.after_help(text.replace("PG_ID", &profile.demo_pg_id))
        }
        _ => command,
    };
    command.mut_subcommands(with_examples)
}
