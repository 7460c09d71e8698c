//! `dangol sandbox`: simulators alone.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use dangol_gateway::sandbox::{self, Simulator, World};
use dangol_gateway::{Entry, GATEWAYS};
use dangol_wire::HttpWire;
use tokio_util::sync::CancellationToken;

use super::run::{LAST_STEPS, asked_to_stop, run_timers};
use super::{Stop, args, say};
use crate::ports::{self, MachineClock};
use crate::{listen, setup};

/// Runs simulators until told to stop.
pub async fn run(args: args::Simulators) -> Result<(), Stop> {
    let entries = pick(&args.pg)?;
    // From the first moment on, so that an early signal ends this cleanly too.
    let stop_asked = asked_to_stop()?;
    let listener = listen::bind(&args.listen, "--listen", true).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    setup::make_folder(&args.data)?;
    let wire = HttpWire::new().map_err(|error| Stop::new(error.to_string()))?;
    let world = World::open(
        &args.data,
        Arc::new(MachineClock),
        ports::random_u64(),
        &origin,
        Arc::new(wire),
    )?;
    let mut simulators: Vec<Arc<dyn Simulator>> = Vec::new();
    for entry in entries {
        let simulator = (entry.simulator)(Arc::clone(&world))?;
        print_contract(entry, simulator.as_ref(), &world, &args)?;
        if let Some(url) = &args.notice_url {
            simulator.set_notice_url(pg_id(entry, &args), url);
        }
        simulators.push(simulator);
    }
    say(format_args!("listening pg {origin}"));
    let stop = CancellationToken::new();
    let timers = tokio::spawn(run_timers(world, simulators.clone(), stop.clone()));
    say("ready");
    sandbox::serve(listener, simulators, stop_asked).await?;
    stop.cancel();
    if tokio::time::timeout(LAST_STEPS, timers).await.is_err() {
        tracing::debug!("notices on their way were cut off");
    }
    Ok(())
}

/// The merchant's id at a gateway.
fn pg_id<'a>(entry: &'a Entry, args: &'a args::Simulators) -> &'a str {
    let demo = &entry.gateway.profile().demo_pg_id;
    args.pg_id.as_deref().unwrap_or(demo)
}

fn pick(names: &[String]) -> Result<Vec<&'static Entry>, Stop> {
    if names.is_empty() {
        return Ok(GATEWAYS.iter().collect());
    }
    let known = || {
        let all: Vec<_> = GATEWAYS
            .iter()
            .map(|entry| entry.gateway.profile().provider.as_str())
            .collect();
        all.join(", ")
    };
    let found = names.iter().map(|name| {
        let missing = || {
            Stop::usage(format!(
                "--pg: there is no gateway {name}; there are: {}",
                known()
            ))
        };
        dangol_gateway::find(name).ok_or_else(missing)
    });
    found.collect()
}

/// Says how to reach a simulator, and as whom. Files go where they can be used from.
fn print_contract(
    entry: &Entry,
    simulator: &dyn Simulator,
    world: &World,
    args: &args::Simulators,
) -> Result<(), Stop> {
    let profile = entry.gateway.profile();
    let pg_id = pg_id(entry, args);
    let contract = simulator
        .contract(pg_id)
        .map_err(|error| Stop::new(format!("--pg-id: {error}")))?;
    say(format_args!(
        "{}  {}\n  id  {pg_id}",
        profile.provider,
        world.url(&profile.provider)
    ));
    let folder = args
        .data
        .join("contracts")
        .join(&profile.provider)
        .join(pg_id);
    for (name, value) in contract {
        let in_file = profile
            .credentials
            .iter()
            .any(|field| field.name == name && field.file);
        if in_file {
            let path = folder.join(format!("{name}.pem"));
            write_file(&path, &value)
                .map_err(|error| Stop::new(format!("cannot write {}: {error}", path.display())))?;
            say(format_args!("  {name}  {}", path.display()));
        } else {
            say(format_args!("  {name}  {value}"));
        }
    }
    Ok(())
}

/// Writes a file for its owner alone.
fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}
