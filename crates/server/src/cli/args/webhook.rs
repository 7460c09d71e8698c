//! The arguments of `dangol webhook`.

use clap::{Args, Subcommand, ValueEnum};
use dangol_domain::{ExtraEvent, UserCode};

use super::{Place, user_code, web_address};
use crate::config::Origin;

/// `webhook`.
#[derive(Subcommand)]
pub enum Webhook {
    /// Say where a merchant's webhooks go
    #[command(after_help = "\
Examples:
  dangol webhook set --url https://shop.example.com/webhook
  dangol webhook set --merchant imp12345678 --url https://shop.example.com/webhook --content-type form
  dangol webhook set --none")]
    Set(WebhookSet),
    /// List a merchant's latest webhooks, and endpoints that fail or are switched off
    #[command(after_help = "\
Examples:
  dangol webhook list
  dangol webhook list --merchant imp12345678")]
    List(WebhookOf),
    /// Send a webhook once more, with the same id
    #[command(after_help = "\
Examples:
  dangol webhook list
  dangol webhook resend msg_0199f3a2b4c5d6e7f8a9b0c1d2e3")]
    Resend(WebhookResend),
    /// Say which events a merchant is told of beyond V1's; without a name, show them
    #[command(after_help = "\
Examples:
  dangol webhook events
  dangol webhook events schedule.upcoming key.deleted
  dangol webhook events --none

All are off at first. What they send is no notification of V1's and has a `type`: turn one on when your endpoint knows it.
  schedule.upcoming   a schedule is due in 7 days
  key.issued          a billing key was registered under a new customer_uid
  key.replaced        a billing key was registered under a customer_uid that had one
  key.deleted         a billing key was deleted
  payment.failed      a payment failed, and its caller was told in the answer")]
    Events(WebhookEvents),
    /// Print the secret that signs a merchant's webhooks (Standard Webhooks)
    #[command(after_help = "\
Examples:
  dangol webhook secret
  dangol webhook secret --rotate     a new one signs from now on, and the old one beside it for a day")]
    Secret(WebhookSecret),
    /// Send to an endpoint again that was switched off
    #[command(after_help = "\
Examples:
  dangol webhook on --url https://shop.example.com/webhook")]
    On(WebhookOn),
}

/// `webhook list`.
#[derive(Args)]
pub struct WebhookOf {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: the only merchant]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
}

/// `webhook resend`.
#[derive(Args)]
pub struct WebhookResend {
    #[command(flatten)]
    pub of: WebhookOf,
    /// Its id
    #[arg(value_name = "MSG_ID")]
    pub id: String,
}

/// `webhook events`.
#[derive(Args)]
pub struct WebhookEvents {
    #[command(flatten)]
    pub of: WebhookOf,
    /// Those that are to be on; all others are off then
    #[arg(value_name = "EVENT")]
    pub events: Vec<ExtraEvent>,
    /// None of them
    #[arg(long, conflicts_with = "events")]
    pub none: bool,
}

/// `webhook secret`.
#[derive(Args)]
pub struct WebhookSecret {
    #[command(flatten)]
    pub of: WebhookOf,
    /// Begin a new one
    #[arg(long)]
    pub rotate: bool,
}

/// `webhook on`.
#[derive(Args)]
pub struct WebhookOn {
    #[command(flatten)]
    pub of: WebhookOf,
    /// The endpoint
    #[arg(long)]
    pub url: String,
}

/// `webhook set`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["url", "none"]))]
pub struct WebhookSet {
    #[command(flatten)]
    pub place: Place,
    /// Whose [default: the only merchant]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// Where to
    #[arg(long)]
    pub url: Option<String>,
    /// Send none
    #[arg(long)]
    pub none: bool,
    /// How the body is written: json or form
    #[arg(long, value_enum, default_value = "json", hide_possible_values = true)]
    pub content_type: ContentType,
}

/// A webhook's encoding.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ContentType {
    /// application/json
    Json,
    /// application/x-www-form-urlencoded
    Form,
}

/// `listen`.
#[derive(Args)]
pub struct Hear {
    /// The running sandbox: its main listener
    #[arg(long, value_name = "ORIGIN", default_value = "http://127.0.0.1:8080")]
    pub from: Origin,
    /// Send each webhook on to this address, byte for byte
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub forward_to: Option<String>,
    /// Hear one merchant's only [default: every merchant's]
    #[arg(long, value_name = "imp00000000", value_parser = user_code)]
    pub merchant: Option<UserCode>,
    /// Send this one again, signed anew, and end
    #[arg(
        long,
        value_name = "MSG_ID",
        requires = "forward_to",
        conflicts_with = "merchant"
    )]
    pub replay: Option<String>,
}
