//! `dangol webhook`.

use dangol_domain::{ExtraEvent, ExtraEvents};
use dangol_engine::flow::webhooks::{self, Sent};
use dangol_store::deliveries::Delivery;
use dangol_store::{endpoints, merchants};

use super::args::ContentType;
use super::{Stop, args, find_merchant, node, say, when};
use crate::setup::Mode;

/// Says where a merchant's webhooks go.
pub async fn set(args: args::WebhookSet) -> Result<(), Stop> {
    let node = node::open(&args.place).await?;
    let url = args.url.as_deref().map(str::trim);
    if let Some(url) = url {
        check("--url", url, node.mode)?;
    }
    let merchant = find_merchant(&node.engine, args.merchant.as_ref())
        .await?
        .merchant;
    let kind = match args.content_type {
        ContentType::Json => "application/json",
        ContentType::Form => "application/x-www-form-urlencoded",
    };
    merchants::set_webhook(&node.engine.db, &merchant, url, kind).await?;
    if let Some(url) = url {
        endpoints::switch_on(&node.engine.db, &merchant, url).await?;
    }
    match url {
        Some(url) => say(format_args!("webhooks of {merchant} go to {url} as {kind}")),
        None => say(format_args!("{merchant} gets no webhooks")),
    }
    Ok(())
}

/// Lists a merchant's latest webhooks, and the endpoints in trouble.
pub async fn list(args: args::WebhookOf) -> Result<(), Stop> {
    /// How many are shown.
    const LATEST: i64 = 50;
    let engine = node::open(&args.place).await?.engine;
    let merchant = find_merchant(&engine, args.merchant.as_ref())
        .await?
        .merchant;
    for endpoint in endpoints::all(&engine.db, &merchant).await? {
        let since = when(endpoint.failing_since);
        let state = match endpoint.off_at {
            Some(at) => format!("switched off at {}", when(at)),
            None => "failing".to_owned(),
        };
        say(format_args!(
            "{}  {state}  nothing delivered since {since}",
            endpoint.url
        ));
    }
    let latest = webhooks::list(&engine, &merchant, None, LATEST).await?;
    if latest.is_empty() {
        say("no webhook was sent yet");
    }
    for Sent { delivery, tries } in latest {
        say(format_args!(
            "{}  {}  {}  {} tries  {}  {}",
            delivery.delivery_id,
            when(delivery.created_at),
            delivery.state,
            tries.len(),
            about(&delivery),
            goes_to(&delivery.url)
        ));
    }
    Ok(())
}

/// What a webhook is about: a payment, or another event by its name.
fn about(delivery: &Delivery) -> String {
    let fields: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    let payment = delivery.imp_uid.as_ref().map(ToString::to_string);
    let named = [fields["type"].as_str(), payment.as_deref()];
    named.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// Where a webhook goes, in words.
pub(super) fn goes_to(url: &str) -> &str {
    match url {
        "" => "listeners only",
        url => url,
    }
}

/// Sends a webhook once more.
pub async fn resend(args: args::WebhookResend) -> Result<(), Stop> {
    let engine = node::open(&args.of.place).await?.engine;
    let merchant = find_merchant(&engine, args.of.merchant.as_ref())
        .await?
        .merchant;
    if let Err(error) = webhooks::resend(&engine, &merchant, &args.id).await {
        let list = "`dangol webhook list` shows the latest";
        return Err(Stop::new(format!("{}: {error} {list}", args.id)));
    }
    say(format_args!(
        "{} is sent again by the running server",
        args.id
    ));
    Ok(())
}

/// Says which events beyond V1's are told too, or shows it.
pub async fn events(args: args::WebhookEvents) -> Result<(), Stop> {
    let engine = node::open(&args.of.place).await?.engine;
    let merchant = find_merchant(&engine, args.of.merchant.as_ref()).await?;
    let code = &merchant.merchant;
    if args.events.is_empty() && !args.none {
        for event in ExtraEvent::ALL {
            let state = if merchant.webhook_events.has(event) {
                "on"
            } else {
                "off"
            };
            say(format_args!("{}  {state}", event.name()));
        }
        return Ok(());
    }
    let events = args.events.into_iter().collect::<ExtraEvents>();
    merchants::set_events(&engine.db, code, &events, engine.now_ms()).await?;
    match events.names().as_slice() {
        [] => say(format_args!("{code} is told what V1 tells")),
        names => say(format_args!(
            "{code} is told what V1 tells, and {}",
            names.join(", ")
        )),
    }
    Ok(())
}

/// Prints the secret that signs a merchant's webhooks.
pub async fn secret(args: args::WebhookSecret) -> Result<(), Stop> {
    let engine = node::open(&args.of.place).await?.engine;
    let merchant = find_merchant(&engine, args.of.merchant.as_ref())
        .await?
        .merchant;
    if args.rotate {
        endpoints::rotate_secret(&engine.db, &merchant, engine.now_ms()).await?;
    }
    let (generation, _) = endpoints::secret(&engine.db, &merchant).await?;
    let secret = engine.vault.webhook_secret(merchant.as_str(), generation);
    say(secret.expose());
    Ok(())
}

/// Lets an endpoint be sent to again.
pub async fn on(args: args::WebhookOn) -> Result<(), Stop> {
    let engine = node::open(&args.of.place).await?.engine;
    let merchant = find_merchant(&engine, args.of.merchant.as_ref())
        .await?
        .merchant;
    if !endpoints::switch_on(&engine.db, &merchant, args.url.trim()).await? {
        return Err(Stop::new(format!("{} is not switched off", args.url)));
    }
    say(format_args!(
        "webhooks go to {} again; what was given up meanwhile: `dangol webhook list` and `dangol webhook resend`",
        args.url
    ));
    Ok(())
}

/// Whether an address of the merchant's may be called; `flag` is how it was given.
pub(super) fn check(flag: &str, url: &str, mode: Mode) -> Result<(), Stop> {
    let expected = || {
        let text = format!("{flag}: expected an address such as https://shop.example.com/webhook");
        Stop::usage(text)
    };
    let parsed: http::Uri = url.parse().map_err(|_| expected())?;
    let authority = parsed
        .authority()
        .filter(|authority| !authority.host().is_empty())
        .ok_or_else(expected)?;
    match parsed.scheme_str() {
        Some("https") => {}
        Some("http") if mode == Mode::Sandbox => {}
        Some("http") => tracing::warn!(
            "{flag}: what goes over http:// can be read and changed on its way: prefer https://"
        ),
        _ => return Err(expected()),
    }
    if authority.as_str().contains('@') {
        let text = format!("{flag}: a password in an address is seen by many: leave it out");
        return Err(Stop::usage(text));
    }
    Ok(())
}
