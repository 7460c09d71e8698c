//! `dangol demo` and `dangol serve`: from an open folder to a clean stop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware;
use dangol_domain::{Clock, Secret};
use dangol_engine::Engine;
use dangol_engine::jobs;
use dangol_gateway::sandbox::{Simulator, World};
use dangol_store::meta;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::listeners::{Listeners, Shop, bind};
use super::{Stop, args, node, say};
use crate::config::Config;
use crate::http::v1::limits::Limits;
use crate::http::{self, App};
use crate::listen;
use crate::sandbox::{DEMO_KEY, DEMO_MERCHANT, DEMO_SECRET, Sandbox};
use crate::setup::sandbox::{self, Origins};
use crate::setup::{self, Mode, Opened, Want};
use crate::shop::{self, ShopConfig};

/// How long requests and charges that have begun may take to finish. Longer than the longest wait for a PG.
const DRAIN: Duration = Duration::from_secs(40);
/// How long the parts of a sandbox and the workers may take after that.
pub const LAST_STEPS: Duration = Duration::from_secs(3);
/// How often the simulators' timers are looked at.
const TIMERS: Duration = Duration::from_millis(250);

/// Runs a sandbox with its shop.
pub async fn demo(args: args::Demo) -> Result<(), Stop> {
    let shop = Shop {
        listen: args.shop_listen,
    };
    run(
        args.place,
        args.listen,
        Want::Mode(Mode::Sandbox),
        Parts::All(shop),
    )
    .await
}

/// Runs the server, live or in a sandbox.
pub async fn serve(args: args::Serve) -> Result<(), Stop> {
    let want = match args.sandbox {
        true => Want::Mode(Mode::Sandbox),
        false => Want::EitherElse(Mode::Live),
    };
    let parts = match args.no_simulators {
        true => Parts::Main,
        false => Parts::Simulators,
    };
    run(args.place, args.listen, want, parts).await
}

/// What a sandbox's server has beside the main listener.
enum Parts {
    /// Nothing: another process has the simulators, and the channels point there.
    Main,
    /// Its simulators.
    Simulators,
    /// Its simulators and the shop.
    All(Shop),
}

async fn run(
    place: args::Place,
    listen: args::Listen,
    want: Want,
    parts: Parts,
) -> Result<(), Stop> {
    let (simulators, shop) = match parts {
        Parts::Main => (false, None),
        Parts::Simulators => (true, None),
        Parts::All(shop) => (true, Some(shop)),
    };
    let config = Config::read(place.config.as_deref(), &place.data)?;
    setup::make_folder(&place.data)?;
    let _lock = dangol_store::lock(&place.data)?;
    // From the first moment on, so that an early signal ends this cleanly too.
    let stop_asked = asked_to_stop()?;
    let place = node::place(&place, &config);
    let opened = setup::open(&place, want).await?;
    let listeners = bind(listen, &config, opened.mode, simulators, shop).await?;
    let mode = opened.mode;
    say_new_ring(&opened);
    let settings = node::settings(
        mode,
        &config,
        listeners.public_url.clone(),
        listeners.window_url.clone(),
    );
    let engine = setup::engine(opened, settings).await?;
    setup::check_channels(&engine, mode).await?;
    note_window_url(&engine).await?;
    let sandbox = match mode {
        Mode::Sandbox if simulators => Some(open_sandbox(&place, &engine, &listeners).await?),
        Mode::Sandbox | Mode::Live => None,
    };
    let running = start(engine, sandbox, listeners)?;
    say("ready");
    stop_asked.await;
    tracing::info!("stopping: requests and charges that have begun may finish");
    running.stop().await;
    Ok(())
}

/// For `channel add`, which must know whether this server has an origin for windows alone.
async fn note_window_url(engine: &Engine) -> Result<(), Stop> {
    let settings = &engine.settings;
    let own = settings.script_window_url != settings.public_url;
    let noted = if own {
        settings.script_window_url.as_str()
    } else {
        ""
    };
    if meta::get(&engine.db, setup::WINDOW_URL).await?.as_deref() != Some(noted) {
        meta::set(&engine.db, setup::WINDOW_URL, noted).await?;
    }
    Ok(())
}

fn say_new_ring(opened: &Opened) {
    if let Some(path) = &opened.new_ring {
        // On stderr: stdout has the lines that programs read.
        tracing::info!(
            "made a key ring at {}: billing keys cannot be opened without it. Keep a copy, apart from the database's backups",
            path.display()
        );
    }
}

async fn open_sandbox(
    place: &setup::Place,
    engine: &Engine,
    listeners: &Listeners,
) -> Result<Arc<Sandbox>, Stop> {
    let origins = &listeners.origins;
    let origins = Origins {
        main: origins.main.clone(),
        pg: origins.pg.clone(),
        shop: origins.shop.clone(),
    };
    let sandbox = sandbox::open(&place.sandbox(), engine, origins)?;
    sandbox::point_channels(engine, &sandbox).await?;
    if let Some(shop) = &sandbox.shop_url {
        sandbox::make_demo(engine, &sandbox).await?;
        say(format_args!(
            "Dangol's sandbox. Its payment gateways are simulated: no money moves.\n"
        ));
        say(format_args!("  shop        {shop}   <- open this"));
        say(format_args!(
            "  API         {}/docs/api",
            listeners.origins.main
        ));
        say(format_args!("  user code   {DEMO_MERCHANT}"));
        say(format_args!("  imp_key     {DEMO_KEY}"));
        say(format_args!("  imp_secret  {DEMO_SECRET}\n"));
    }
    Ok(sandbox)
}

/// The demo merchant's webhooks go to the shop from the moment somebody looks at it; until then nobody waits for them.
fn first_visit(
    engine: Engine,
    shop_url: String,
) -> impl Fn(Request) -> BoxFuture<'static, Request> + Clone {
    let seen = Arc::new(OnceCell::new());
    move |request| {
        let (engine, shop_url, seen) = (engine.clone(), shop_url.clone(), Arc::clone(&seen));
        Box::pin(async move {
            seen.get_or_init(|| async {
                if let Err(error) = sandbox::point_webhook(&engine, &shop_url).await {
                    tracing::warn!(%error, "the shop will not see webhooks");
                }
            })
            .await;
            request
        })
    }
}

/// What runs, and how to end it.
struct Running {
    engine: Engine,
    draining: Arc<AtomicBool>,
    /// Ends taking requests.
    requests: CancellationToken,
    /// Ends workers, timers and simulators: charges that finish still need the latter.
    rest: CancellationToken,
    servers: Vec<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

fn start(
    engine: Engine,
    sandbox: Option<Arc<Sandbox>>,
    listeners: Listeners,
) -> Result<Running, Stop> {
    let mut running = Running {
        engine: engine.clone(),
        draining: Arc::default(),
        requests: CancellationToken::new(),
        rest: CancellationToken::new(),
        servers: Vec::new(),
        workers: Vec::new(),
    };
    let app = App {
        engine: engine.clone(),
        sandbox: sandbox.clone(),
        draining: Arc::clone(&running.draining),
        limits: Arc::new(Limits::new(&engine.settings)),
    };
    say(format_args!("listening main {}", listeners.origins.main));
    let main = listen::serve(listeners.main, http::router(app), running.requests.clone());
    running.servers.push(tokio::spawn(main));
    if let (Some(listener), Some(sandbox)) = (listeners.pg, &sandbox) {
        say(format_args!("listening pg {}", listeners.origins.pg));
        running.start_simulators(listener, sandbox);
    }
    if let (Some(listener), Some(shop_url)) = (listeners.shop, listeners.origins.shop) {
        say(format_args!("listening shop {shop_url}"));
        let first_visit = first_visit(engine.clone(), shop_url.clone());
        let shop = shop::router(ShopConfig {
            main_url: listeners.origins.main,
            shop_url,
            user_code: DEMO_MERCHANT.to_owned(),
            imp_key: DEMO_KEY.to_owned(),
            imp_secret: Secret::new(DEMO_SECRET),
            wire: Arc::clone(&engine.wire),
            clock: Arc::clone(&engine.clock) as Arc<dyn Clock>,
        })
        .layer(middleware::map_request(first_visit));
        running.servers.push(tokio::spawn(listen::serve(
            listener,
            shop,
            running.requests.clone(),
        )));
    }
    running
        .workers
        .push(tokio::spawn(jobs::work(engine, running.requests.clone())));
    Ok(running)
}

impl Running {
    fn start_simulators(&mut self, listener: TcpListener, sandbox: &Sandbox) {
        let stop = self.rest.clone().cancelled_owned();
        let simulators = sandbox.simulators.clone();
        self.workers.push(tokio::spawn(async move {
            if let Err(error) = dangol_gateway::sandbox::serve(listener, simulators, stop).await {
                tracing::error!(%error, "the simulators stopped");
            }
        }));
        self.workers.push(tokio::spawn(run_timers(
            Arc::clone(&sandbox.world),
            sandbox.simulators.clone(),
            self.rest.clone(),
        )));
    }

    /// Takes no more requests, lets begun ones and charges finish, then ends the rest. Whatever is not finished in time
    /// is finished by its job at the next start.
    async fn stop(self) {
        self.draining.store(true, Ordering::Relaxed);
        self.requests.cancel();
        let engine = self.engine;
        engine.heard.close();
        let finished = async {
            for server in self.servers {
                let _ = server.await;
            }
            engine.tasks.close();
            engine.tasks.wait().await;
        };
        if tokio::time::timeout(DRAIN, finished).await.is_err() {
            tracing::warn!(
                "some charges are still under way; their jobs finish them at the next start"
            );
        }
        self.rest.cancel();
        let ended = async {
            for worker in self.workers {
                let _ = worker.await;
            }
            engine.deliveries.close();
            engine.deliveries.wait().await;
        };
        if tokio::time::timeout(LAST_STEPS, ended).await.is_err() {
            tracing::debug!("webhooks were cut off; they are sent again when their leases end");
        }
    }
}

/// Runs simulators' timers as time passes by itself: notices that are sent, reviews that end.
pub async fn run_timers(
    world: Arc<World>,
    simulators: Vec<Arc<dyn Simulator>>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let now = world.now_ms();
        for simulator in &simulators {
            if simulator.next_due_ms().is_some_and(|due| due <= now) {
                simulator.run_due(now).await;
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TIMERS) => {}
        }
    }
}

/// Ends when SIGTERM or SIGINT arrives; a second one ends the process at once.
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("stopped at once: what was under way is finished at the next start");
            std::process::exit(1);
        });
    })
}
