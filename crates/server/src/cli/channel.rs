//! `dangol channel`.

mod set;

pub use set::set;

use std::collections::BTreeMap;

use dangol_domain::Secret;
use dangol_domain::ids::channel_key;
use dangol_engine::Engine;
use dangol_gateway::GATEWAYS;
use dangol_gateway::contract::{Checked, Gateway};
use dangol_gateway::profile::{Kind, Profile};
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::{self, MerchantRecord};
use dangol_store::meta;
use dangol_vault::ChannelContext;

use super::args::Hosts;
use super::node::Node;
use super::{Stop, args, credentials, find_merchant, node, say};
use crate::sandbox::channel_kind;
use crate::setup::{self, Mode};

/// Connects a contract.
pub async fn add(args: args::ChannelAdd) -> Result<(), Stop> {
    let node = node::open(&args.place).await?;
    let profile = find_gateway(&args.pg)?.profile();
    if node.mode == Mode::Sandbox {
        return Err(Stop::new(format!(
            "a sandbox speaks to simulators only, and its server adds their channels: POST /sandbox/channels \
             {{\"pg\":\"{}\",\"pg_id\":\"{}\"}}. A real contract belongs into a live folder: `dangol serve --data DIR`",
            profile.provider, profile.demo_pg_id
        )));
    }
    let pg_id = args.pg_id.trim();
    if pg_id.is_empty()
        || pg_id.len() > 100
        || pg_id.contains(|c: char| c.is_control() || c.is_whitespace())
    {
        return Err(Stop::usage(
            "--pg-id: expected the id that the gateway gave, without spaces",
        ));
    }
    let dialect = read_dialect(profile, args.dialect)?;
    let values = credentials::collect(profile, BTreeMap::new(), args.set, args.file)?;
    let kind = channel_kind(&profile.provider, args.kind)
        .map_err(|expected| Stop::usage(format!("--type: {expected}")))?;
    require_window_url(&node, profile, kind).await?;
    let merchant = find_merchant(&node.engine, args.merchant.as_ref()).await?;
    let existing = channels::of_merchant(&node.engine.db, &merchant.merchant).await?;
    if existing
        .iter()
        .any(|c| c.provider == profile.provider && c.pg_id == pg_id)
    {
        return Err(Stop::new(format!(
            "{} has a channel {} {pg_id} already: `dangol channel set` changes it",
            merchant.merchant, profile.provider
        )));
    }
    let hosts = profile.hosts.iter().map(|(name, host)| {
        let url = if args.hosts == Hosts::Live {
            &host.live
        } else {
            &host.test
        };
        (name.clone(), url.clone())
    });
    let engine = &node.engine;
    let mut channel = ChannelRecord {
        merchant: merchant.merchant.clone(),
        channel_key: channel_key(u128::from_le_bytes(engine.random.bytes())),
        provider: profile.provider.clone(),
        pg_id: pg_id.to_owned(),
        kind: kind.v1().to_owned(),
        name: args.name.unwrap_or_else(|| profile.title.ko.clone()),
        sandbox: false,
        is_default: args.default || existing.is_empty(),
        hosts: hosts.collect(),
        credentials: String::new(),
        dialect,
        created_at: engine.now_ms(),
    };
    channel.credentials = seal(engine, &merchant, &channel, &values)?;
    channels::insert(&engine.db, &channel).await?;
    say(format_args!("added {}", line(&channel)));
    say("next: `dangol channel check` asks the gateway about these credentials");
    say(UNPROVEN);
    if kind == Kind::ApiPayment {
        say(IN_PCI_SCOPE);
    }
    Ok(())
}

/// No connector of this version has spoken to its live PG.
const UNPROVEN: &str = "unproven: nobody has recorded a real charge and cancel with this connector yet. Try both with a \
                        small amount before you rely on it";

/// What a channel for card data means for the operator.
const IN_PCI_SCOPE: &str = "key-in by API is on for this merchant: card numbers now reach this server, which puts it and its \
                            network in the scope of PCI DSS, and the gateway must have agreed to it. `dangol channel remove` \
                            turns it off again";

fn find_gateway(provider: &str) -> Result<&'static dyn Gateway, Stop> {
    let found = dangol_gateway::find(provider).map(|entry| entry.gateway);
    found.ok_or_else(|| {
        let names: Vec<_> = GATEWAYS
            .iter()
            .map(|entry| entry.gateway.profile().provider.as_str())
            .collect();
        Stop::usage(format!(
            "--pg: there is no gateway {provider}; there are: {}",
            names.join(", ")
        ))
    })
}

fn read_dialect(
    profile: &Profile,
    given: Vec<(String, Secret)>,
) -> Result<BTreeMap<String, String>, Stop> {
    let mut dialect = BTreeMap::new();
    for (name, value) in given {
        if !profile.dialect.contains_key(&name) {
            return Err(Stop::usage(format!(
                "--dialect: expected NAME=VALUE with one of: {}",
                dialect_names(profile)
            )));
        }
        dialect.insert(name, value.expose().to_owned());
    }
    Ok(dialect)
}

fn dialect_names(profile: &Profile) -> String {
    let names: Vec<_> = profile.dialect.keys().map(String::as_str).collect();
    names.join(", ")
}

/// A PG's script needs an origin of its own; a server that runs already has written down the one it uses.
async fn require_window_url(node: &Node, profile: &Profile, kind: Kind) -> Result<(), Stop> {
    let scripted = kind == Kind::Payment && setup::brings_script(&profile.provider);
    if !scripted || node.config.window_url.is_some() {
        return Ok(());
    }
    let variable = std::env::var_os("DANGOL_WINDOW_URL").is_some_and(|origin| !origin.is_empty());
    let noted = meta::get(&node.engine.db, setup::WINDOW_URL).await?;
    if variable || noted.is_some_and(|origin| !origin.is_empty()) {
        return Ok(());
    }
    Err(Stop::new(setup::window_url_missing(&profile.provider)))
}

fn seal(
    engine: &Engine,
    merchant: &MerchantRecord,
    channel: &ChannelRecord,
    values: &BTreeMap<String, Secret>,
) -> Result<String, Stop> {
    let context = ChannelContext {
        merchant: merchant.merchant.as_str(),
        channel_key: &channel.channel_key,
        pg: &channel.provider,
    };
    Ok(engine.vault.seal_credentials(
        &merchant.data_key,
        &context,
        engine.random.bytes(),
        values,
    )?)
}

/// Lists channels.
pub async fn list(args: args::ChannelList) -> Result<(), Stop> {
    let node = node::open(&args.place).await?;
    let pick = args::ChannelPick {
        place: args.place,
        merchant: args.merchant,
        pg: None,
        pg_id: None,
        channel_key: None,
    };
    let found = pick_channels(&node.engine, &pick).await?;
    if found.is_empty() {
        say("there is no channel yet: `dangol channel add --help`");
    }
    for (_, channel) in &found {
        say(line(channel));
        say_dialect(channel);
    }
    if found.iter().any(|(_, channel)| !channel.sandbox) {
        say(format_args!("\n{UNPROVEN}"));
    }
    Ok(())
}

/// A channel in one line.
fn line(channel: &ChannelRecord) -> String {
    let place = match channel.sandbox {
        true => "simulator",
        false => place(channel),
    };
    let default = if channel.is_default { ", default" } else { "" };
    let kind = match channel.kind == Kind::Payment.v1() {
        true => String::new(),
        false => format!(", {}", channel.kind),
    };
    format!(
        "{}  {} {}  {}  {place}{kind}{default}  ({})",
        channel.merchant, channel.provider, channel.pg_id, channel.channel_key, channel.name
    )
}

/// What an operator has put in place of the built-in guesses.
fn say_dialect(channel: &ChannelRecord) {
    for (name, value) in &channel.dialect {
        say(format_args!("  dialect {name}={value}"));
    }
}

/// Which of a PG's systems a real channel is with. Some PGs have one system, or one host of several, for both: what is the
/// same there tells nothing.
fn place(channel: &ChannelRecord) -> &'static str {
    let entry = dangol_gateway::find(&channel.provider);
    let hosts = entry.map(|entry| &entry.gateway.profile().hosts);
    let mut telling = hosts.into_iter().flatten();
    let on_test = telling
        .clone()
        .filter(|(_, host)| host.live != host.test)
        .any(|(name, host)| channel.hosts.get(name) == Some(&host.test));
    match (on_test, telling.any(|(_, host)| host.live != host.test)) {
        (true, _) => "test system, unproven",
        (false, true) => "live, unproven",
        (false, false) => "live or test by its contract, unproven",
    }
}

/// The channels that match, with their merchants.
async fn pick_channels(
    engine: &Engine,
    pick: &args::ChannelPick,
) -> Result<Vec<(MerchantRecord, ChannelRecord)>, Stop> {
    let merchants = match &pick.merchant {
        Some(code) => vec![find_merchant(engine, Some(code)).await?],
        None => merchants::all(&engine.db).await?,
    };
    let mut found = Vec::new();
    for merchant in merchants {
        let mut channels = channels::of_merchant(&engine.db, &merchant.merchant).await?;
        channels.retain(|c| pick.pg.as_ref().is_none_or(|pg| *pg == c.provider));
        channels.retain(|c| pick.pg_id.as_ref().is_none_or(|pg_id| *pg_id == c.pg_id));
        let key = pick.channel_key.as_ref();
        channels.retain(|c| key.is_none_or(|key| *key == c.channel_key));
        found.extend(
            channels
                .into_iter()
                .map(|channel| (merchant.clone(), channel)),
        );
    }
    Ok(found)
}

/// The one channel that matches, with its merchant.
async fn pick_one(
    engine: &Engine,
    pick: &args::ChannelPick,
) -> Result<(MerchantRecord, ChannelRecord), Stop> {
    let mut found = pick_channels(engine, pick).await?;
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(no_such_channel()),
        (Some(_), others) => Err(Stop::new(format!(
            "{} channels match: name one with --merchant, --pg and --pg-id, or with --channel-key",
            others + 1
        ))),
    }
}

fn no_such_channel() -> Stop {
    Stop::new("there is no such channel; `dangol channel list` shows all")
}

/// Asks each PG whether it takes the credentials. Fails when one is surely bad.
pub async fn check(args: args::ChannelPick) -> Result<(), Stop> {
    let engine = node::open(&args.place).await?.engine;
    let found = pick_channels(&engine, &args).await?;
    if found.is_empty() {
        return Err(no_such_channel());
    }
    let mut bad = 0;
    for (merchant, record) in found {
        let open = engine.open_channel(&merchant, record)?;
        let word = match open
            .gateway
            .check(engine.wire.as_ref(), &open.channel, engine.now_ms())
            .await
        {
            Checked::Good(text) => format!("good: {text}"),
            Checked::CannotProve(text) => format!("not proven: {text}"),
            Checked::Bad(text) => {
                bad += 1;
                format!("bad: {text}")
            }
        };
        say(format_args!(
            "{}  {} {}  {word}",
            merchant.merchant, open.record.provider, open.record.pg_id
        ));
    }
    match bad {
        0 => Ok(()),
        count => Err(Stop::new(format!(
            "{count} bad: `dangol channel set` gives a channel other credentials; one with a wrong id is removed and added anew"
        ))),
    }
}

/// Removes a channel.
pub async fn remove(args: args::ChannelRemove) -> Result<(), Stop> {
    let pick = args.pick;
    let engine = node::open(&pick.place).await?.engine;
    let (_, channel) = pick_one(&engine, &pick).await?;
    if !args.yes {
        return Err(Stop::new(format!(
            "billing keys issued through {} {} can no longer be charged, its payments not be asked about, and its sealed \
             credentials are deleted: say --yes if that is meant",
            channel.provider, channel.pg_id
        )));
    }
    channels::delete(&engine.db, &channel.merchant, &channel.channel_key).await?;
    say(format_args!("removed {}", line(&channel)));
    Ok(())
}
