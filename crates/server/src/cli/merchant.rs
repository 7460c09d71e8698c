//! `dangol merchant`.

use dangol_domain::network::Network;
use dangol_domain::{Secret, UserCode};
use dangol_engine::Engine;
use dangol_store::{allowed_networks, merchants};

use super::credentials::Sources;
use super::{Stop, args, find_merchant, node, say, webhook, when};
use crate::setup::sandbox::record;

/// How often another user code is tried when one is taken.
const TRIES_MAX: usize = 16;
/// Characters of a new secret, as many as i'mport's have.
const SECRET_LENGTH: usize = 80;

/// Adds a merchant and prints its credentials once: the secret is kept as a keyed hash only.
pub async fn add(args: args::MerchantAdd) -> Result<(), Stop> {
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err(Stop::usage(
            "--name: expected a name of 1 to 100 characters",
        ));
    }
    let given_key = args.imp_key.as_deref().map(str::trim);
    let plain = |key: &str| {
        (4..=100).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if given_key.is_some_and(|key| !plain(key)) {
        return Err(Stop::usage(
            "--imp-key: expected 4 to 100 letters and digits",
        ));
    }
    let given_secret = match &args.imp_secret {
        Some(source) => Some(Sources::default().read("imp_secret", source, true)?),
        None => None,
    };
    if given_secret
        .as_ref()
        .is_some_and(|secret| secret.expose().trim().len() < 16)
    {
        return Err(Stop::new("imp_secret: expected at least 16 characters"));
    }
    let engine = node::open(&args.place).await?.engine;
    let secret = given_secret.unwrap_or_else(|| Secret::new(letters(&engine, SECRET_LENGTH)));
    let secret = secret.expose().trim();
    for _ in 0..TRIES_MAX {
        let code = args
            .user_code
            .clone()
            .unwrap_or_else(|| UserCode::new(engine.random.u64()));
        let imp_key = given_key.map_or_else(
            || format!("{:016}", engine.random.u64() % 10_u64.pow(16)),
            str::to_owned,
        );
        let merchant = record(&engine, code, name, &imp_key, secret);
        if merchants::insert(&engine.db, &merchant).await? {
            say(format_args!("user code   {}", merchant.merchant));
            say(format_args!("imp_key     {}", merchant.imp_key));
            match args.imp_secret {
                Some(_) => say("imp_secret  as given"),
                None => say(format_args!(
                    "imp_secret  {secret}\n\nThe secret is shown this once. Keep it where your server finds it."
                )),
            }
            say("next: `dangol channel add --help`");
            return Ok(());
        }
        if args.user_code.is_some() || given_key.is_some() {
            return Err(Stop::new(
                "another merchant has this user code or imp_key; see `dangol merchant list`",
            ));
        }
    }
    Err(Stop::new("no free user code was found; try again"))
}

/// Changes how payments in a merchant's windows are taken.
pub async fn set(args: args::MerchantSet) -> Result<(), Stop> {
    let node = node::open(&args.place).await?;
    let url = args.confirm_url.as_deref().map(str::trim);
    if let Some(url) = url {
        webhook::check("--confirm-url", url, node.mode)?;
    }
    let merchant = find_merchant(&node.engine, args.merchant.as_ref())
        .await?
        .merchant;
    let db = &node.engine.db;
    if let Some(url) = url {
        merchants::set_confirm_url(db, &merchant, Some(url)).await?;
        say(format_args!(
            "payments in windows of {merchant} are approved when {url} says 200"
        ));
    } else if args.no_confirm_url {
        merchants::set_confirm_url(db, &merchant, None).await?;
        say(format_args!(
            "{merchant} is asked only where a page names a confirm_url"
        ));
    }
    if let Some(switch) = args.webhook_first {
        let first = switch == args::Switch::On;
        merchants::set_webhook_first(db, &merchant, first).await?;
        say(format_args!(
            "the result of a window of {merchant} {}",
            if first {
                "waits for the webhook, 10 seconds at most"
            } else {
                "does not wait for the webhook"
            }
        ));
    }
    Ok(())
}

/// Lists merchants.
pub async fn list(place: &args::Place) -> Result<(), Stop> {
    let engine = node::open(place).await?.engine;
    let all = merchants::all(&engine.db).await?;
    if all.is_empty() {
        say("there is no merchant yet: `dangol merchant add` makes one");
    }
    for merchant in all {
        let webhook = merchant.webhook_url.as_deref().unwrap_or("no webhook");
        say(format_args!(
            "{}  {}  since {}  {webhook}",
            merchant.merchant,
            merchant.name,
            when(merchant.created_at)
        ));
        if let Some(url) = &merchant.confirm_url {
            say(format_args!("             confirms payments at {url}"));
        }
        if merchant.webhook_first {
            say("             hears of a window by webhook before the page does");
        }
    }
    Ok(())
}

/// Shows or changes the networks from which a merchant's server may call.
pub async fn allow_ip(args: args::MerchantAllowIp) -> Result<(), Stop> {
    let engine = node::open(&args.place).await?.engine;
    let merchant = find_merchant(&engine, args.merchant.as_ref())
        .await?
        .merchant;
    let before = allowed_networks::all(&engine.db, &merchant).await?;
    let missing = |network: &&Network| !before.contains(network) && !args.add.contains(network);
    if let Some(missing) = args.remove.iter().find(missing) {
        return Err(Stop::new(format!(
            "{missing} is not on {merchant}'s list; `dangol merchant allow-ip` shows it"
        )));
    }
    if !args.add.is_empty() || !args.remove.is_empty() {
        let now = engine.now_ms();
        allowed_networks::change(&engine.db, &merchant, &args.add, &args.remove, now).await?;
    }
    let after = allowed_networks::all(&engine.db, &merchant).await?;
    match after.is_empty() {
        true => say(format_args!("every address may call the API as {merchant}")),
        false => say(format_args!("only these may call the API as {merchant}:")),
    }
    for network in after {
        say(format_args!("  {network}"));
    }
    Ok(())
}

/// Uniformly random letters and digits.
fn letters(engine: &Engine, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Six bits name one of 64; the last two are drawn again, so that every letter is as likely.
        let [byte] = engine.random.bytes::<1>();
        if let Some(letter) = LETTERS.get(usize::from(byte & 63)) {
            text.push(char::from(*letter));
        }
    }
    text
}
