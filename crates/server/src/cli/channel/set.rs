//! `dangol channel set`: changes a channel in place, so that what was issued through it stays good.

use std::collections::BTreeMap;

use dangol_domain::Secret;
use dangol_engine::Engine;
use dangol_gateway::profile::Profile;
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::MerchantRecord;

use super::super::{Stop, args, credentials, node, say};
use super::{dialect_names, line, pick_one, read_dialect, say_dialect, seal};

/// Changes a channel.
pub async fn set(args: args::ChannelSet) -> Result<(), Stop> {
    let engine = node::open(&args.pick.place).await?.engine;
    let (merchant, before) = pick_one(&engine, &args.pick).await?;
    let entry = dangol_gateway::find(&before.provider)
        .ok_or_else(|| Stop::new(format!("this build has no gateway for {}", before.provider)))?;
    let profile = entry.gateway.profile();
    let unset = Unset::read(profile, args.unset)?;
    let mut after = before.clone();
    after
        .dialect
        .retain(|name, _| !unset.dialect.contains(name));
    after.dialect.extend(read_dialect(profile, args.dialect)?);
    let sealed_anew =
        !(args.set.is_empty() && args.file.is_empty() && unset.credentials.is_empty());
    if sealed_anew {
        let mut known = open(&engine, &merchant, &before)?;
        known.retain(|name, _| !unset.credentials.contains(name));
        let values = credentials::collect(profile, known, args.set, args.file)?;
        after.credentials = seal(&engine, &merchant, &after, &values)?;
    }
    after.name = args.name.unwrap_or(after.name);
    after.is_default |= args.default;
    if !channels::change(&engine.db, &before, &after).await? {
        return Err(Stop::new(
            "somebody else has just changed or removed this channel: look at it with `dangol channel list`, and try again",
        ));
    }
    say(format_args!("changed {}", line(&after)));
    say_dialect(&after);
    if sealed_anew {
        say("next: `dangol channel check` asks the gateway about these credentials");
    }
    say("a running server follows within two seconds");
    Ok(())
}

/// A channel's credentials as they are.
fn open(
    engine: &Engine,
    merchant: &MerchantRecord,
    record: &ChannelRecord,
) -> Result<BTreeMap<String, Secret>, Stop> {
    let open = engine.open_channel(merchant, record.clone())?;
    Ok(open.channel.credentials)
}

/// What is taken away, by name.
#[derive(Default)]
struct Unset {
    dialect: Vec<String>,
    credentials: Vec<String>,
}

impl Unset {
    fn read(profile: &Profile, names: Vec<String>) -> Result<Unset, Stop> {
        let optional = profile.credentials.iter().filter(|field| !field.required);
        let optional: Vec<_> = optional.map(|field| field.name.as_str()).collect();
        let mut unset = Unset::default();
        for name in names {
            if profile.dialect.contains_key(&name) {
                unset.dialect.push(name);
            } else if optional.contains(&name.as_str()) {
                unset.credentials.push(name);
            } else {
                let mut known = vec![dialect_names(profile)];
                known.extend(optional.iter().map(|name| (*name).to_owned()));
                return Err(Stop::usage(format!(
                    "--unset: expected a dialect entry or an optional credential, one of: {}",
                    known.join(", ")
                )));
            }
        }
        Ok(unset)
    }
}
