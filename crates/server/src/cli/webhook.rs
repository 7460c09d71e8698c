//! `dangol webhook`.

use dangol_store::merchants;

use super::args::ContentType;
use super::{Stop, args, find_merchant, node, say};
use crate::setup::Mode;

/// Says where a merchant's webhooks go.
pub async fn set(args: args::WebhookSet) -> Result<(), Stop> {
    let node = node::open(&args.place).await?;
    let url = args.url.as_deref().map(str::trim);
    if let Some(url) = url {
        check(url, node.mode)?;
    }
    let merchant = find_merchant(&node.engine, args.merchant.as_ref())
        .await?
        .merchant;
    let kind = match args.content_type {
        ContentType::Json => "application/json",
        ContentType::Form => "application/x-www-form-urlencoded",
    };
    merchants::set_webhook(&node.engine.db, &merchant, url, kind).await?;
    match url {
        Some(url) => say(format_args!("webhooks of {merchant} go to {url} as {kind}")),
        None => say(format_args!("{merchant} gets no webhooks")),
    }
    Ok(())
}

fn check(url: &str, mode: Mode) -> Result<(), Stop> {
    let expected =
        || Stop::usage("--url: expected an address such as https://shop.example.com/webhook");
    let parsed: http::Uri = url.parse().map_err(|_| expected())?;
    let authority = parsed
        .authority()
        .filter(|authority| !authority.host().is_empty())
        .ok_or_else(expected)?;
    match parsed.scheme_str() {
        Some("https") => {}
        Some("http") if mode == Mode::Sandbox => {}
        Some("http") => tracing::warn!(
            "webhooks over http:// can be read and changed on their way: prefer https://"
        ),
        _ => return Err(expected()),
    }
    if authority.as_str().contains('@') {
        return Err(Stop::usage(
            "--url: a password in an address is seen by many: leave it out",
        ));
    }
    Ok(())
}
