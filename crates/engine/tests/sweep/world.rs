//! What outlives an engine: the database, the key ring, a simulated PG, the merchant's webhook endpoint. And one engine's
//! life on it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use dangol_domain::{Clock, ExtraEvent, ExtraEvents, Secret, UserCode};
use dangol_engine::clock::DatabaseClock;
use dangol_engine::flow::take_notice::{Heard, take_notice};
use dangol_engine::jobs::Timers;
use dangol_engine::{Engine, Settings};
use dangol_gateway::Entry;
use dangol_gateway::contract::Notice;
use dangol_gateway::profile::{Kind, Profile};
use dangol_gateway::sandbox::{self, Simulator};
use dangol_gateway::wire::{Answer, Method, Request, Wire, WireError};
use dangol_store::channels::ChannelRecord;
use dangol_store::merchants::MerchantRecord;
use dangol_store::test_support::Postgres;
use dangol_store::{Db, channels, merchants};
use dangol_vault::{ChannelContext, KeyRing, Vault};
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::cut::{Cut, CutRandom, CutWire, drawn, fill};
use crate::scripts;

pub const MERCHANT: &str = "imp00000001";
pub const WEBHOOK: &str = "http://shop.test/webhook";
/// Where the merchant's server says yes or no to a payment.
pub const CONFIRM_YES: &str = "http://shop.test/confirm";
pub const CONFIRM_NO: &str = "http://shop.test/confirm/no";
const PG: &str = "http://pg.test";
const CHANNEL: &str = "channel-key-1";
/// 2026-11-19 09:36 in Korea, for the PG, whose clock stands still.
const NOW_MS: i64 = 1_795_048_560_000;

/// Which engine of the store.
#[derive(Clone, Copy)]
pub enum Where {
    Sqlite,
    Postgres,
}

/// The outside of an engine, which does not die with it.
pub struct Outside {
    routes: axum::Router,
    webhooks: Mutex<Vec<String>>,
    agreed: Mutex<Vec<String>>,
    handle: tokio::runtime::Handle,
}

impl Outside {
    /// Carries a request out to its end, also when the sender dies meanwhile.
    pub async fn answer(self: &Arc<Self>, request: Request) -> Result<Answer, WireError> {
        let outside = Arc::clone(self);
        let carried = self
            .handle
            .spawn(async move { outside.carry_out(request).await });
        carried.await.map_err(|_| WireError::Lost)
    }

    async fn carry_out(&self, request: Request) -> Answer {
        // A merchant named these, and nobody else may name where we go.
        let url = request.url.as_str();
        let named = [WEBHOOK, CONFIRM_YES, CONFIRM_NO].contains(&url);
        assert_eq!(request.to_stranger, named, "{url}");
        let says = |status, body: &str| Answer {
            status,
            content_type: String::new(),
            retry_after_s: None,
            body: body.as_bytes().to_vec(),
        };
        let told = || String::from_utf8_lossy(&request.body).into_owned();
        match url {
            WEBHOOK => {
                self.webhooks.lock().expect("no panic").push(told());
                return says(200, "");
            }
            CONFIRM_YES => {
                self.agreed.lock().expect("no panic").push(told());
                return says(200, "");
            }
            CONFIRM_NO => return says(409, r#"{"reason":"sold out"}"#),
            _ => {}
        }
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let mut built = axum::http::Request::builder()
            .method(method)
            .uri(request.url);
        for (name, value) in request.headers {
            built = built.header(name, value);
        }
        let built = built.body(Body::from(request.body)).expect("a request");
        let answer = self
            .routes
            .clone()
            .oneshot(built)
            .await
            .expect("routes always answer");
        let (parts, body) = answer.into_parts();
        let kind = parts
            .headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok());
        Answer {
            status: parts.status.as_u16(),
            content_type: kind.unwrap_or_default().to_owned(),
            retry_after_s: None,
            body: body.collect().await.expect("a body").to_bytes().to_vec(),
        }
    }

    /// Whether the merchant said yes to a payment.
    pub fn agreed_to(&self, imp_uid: &str) -> bool {
        let agreed = self.agreed.lock().expect("no panic");
        agreed.iter().any(|asked| asked.contains(imp_uid))
    }

    /// How many webhooks of V1 named a payment.
    pub fn webhooks_about(&self, imp_uid: &str) -> usize {
        self.webhooks_with(&[imp_uid, "\"status\""])
    }

    /// How many webhooks held all of these texts.
    pub fn webhooks_with(&self, texts: &[&str]) -> usize {
        let webhooks = self.webhooks.lock().expect("no panic");
        webhooks
            .iter()
            .filter(|told| texts.iter().all(|text| told.contains(text)))
            .count()
    }
}

/// The PG's clock: that of the engine that lives, because PGs refuse requests of another day.
#[derive(Default)]
struct PgClock(Mutex<Option<Arc<DatabaseClock>>>);

impl Clock for PgClock {
    fn now_ms(&self) -> i64 {
        let living = self.0.lock().expect("no panic");
        living.as_ref().map_or(NOW_MS, |clock| clock.now_ms())
    }
}

/// Carries the PG's notices to the engine that lives.
#[derive(Default)]
struct NoticeWire(Mutex<Option<Engine>>);

#[async_trait::async_trait]
impl Wire for NoticeWire {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        let living = self.0.lock().expect("no panic").clone();
        let engine = living.ok_or(WireError::NotConnected)?;
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let mut fields = read_form(query.as_bytes());
        match serde_json::from_slice(&request.body) {
            Ok(serde_json::Value::Object(object)) => {
                fields.extend(object.into_iter().map(|(name, value)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    (name, text.into_bytes())
                }));
            }
            _ => fields.extend(read_form(&request.body)),
        }
        let merchant = UserCode::parse(MERCHANT).expect("a user code");
        let heard = take_notice(&engine, &merchant, CHANNEL, None, &Notice { fields }).await;
        let (status, body) = match heard {
            Ok(Heard::Thanks(answer)) => (200, answer),
            Ok(_) | Err(_) => (503, ""),
        };
        Ok(Answer {
            status,
            content_type: String::new(),
            retry_after_s: None,
            body: body.as_bytes().to_vec(),
        })
    }
}

/// A form or query as a server reads it.
fn read_form(encoded: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(encoded).replace('+', " ");
    let decode = |part: &str| percent_encoding::percent_decode_str(part).collect::<Vec<u8>>();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}

enum Place {
    Sqlite(PathBuf),
    Postgres(Postgres),
}

/// See the module.
pub struct World {
    entry: &'static Entry,
    kind: Kind,
    place: Place,
    ring: PathBuf,
    pub outside: Arc<Outside>,
    pub pg: Arc<sandbox::World>,
    simulator: Arc<dyn Simulator>,
    pg_clock: Arc<PgClock>,
    notices: Arc<NoticeWire>,
    _folder: tempfile::TempDir,
    /// What the outside runs on.
    _runtime: Runtime,
}

impl World {
    /// A merchant with a channel and a registered card.
    pub fn make(entry: &'static Entry, kind: Kind, place: Where) -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = runtime();
        let pg_clock = Arc::new(PgClock::default());
        let notices = Arc::new(NoticeWire::default());
        let pg = sandbox::World::open(
            &folder.path().join("pg"),
            pg_clock.clone(),
            Arc::new(drawn),
            PG,
            notices.clone(),
        );
        let pg = pg.expect("a sandbox");
        let simulator = (entry.simulator)(Arc::clone(&pg)).expect("a simulator");
        let url = format!("http://main.test/notice/{MERCHANT}/{CHANNEL}");
        simulator.set_notice_url(&entry.gateway.profile().demo_pg_id, &url);
        let ring = folder.path().join("keys/ring");
        KeyRing::create(&ring, &mut fill, NOW_MS).expect("a key ring");
        let place = match place {
            Where::Sqlite => Place::Sqlite(folder.path().join("dangol.db")),
            Where::Postgres => {
                Place::Postgres(runtime.block_on(dangol_store::test_support::postgres()))
            }
        };
        let outside = Arc::new(Outside {
            routes: sandbox::routes(&[Arc::clone(&simulator)]),
            webhooks: Mutex::default(),
            agreed: Mutex::default(),
            handle: runtime.handle().clone(),
        });
        let world = World {
            entry,
            kind,
            place,
            ring,
            outside,
            pg,
            simulator,
            pg_clock,
            notices,
            _folder: folder,
            _runtime: runtime,
        };
        let life = Life::begin(&world, None);
        life.run(world.set_up(life.stage().engine))
            .expect("no crash is planned");
        life.run(scripts::register(
            life.stage(),
            scripts::CUSTOMER.to_owned(),
            "first".to_owned(),
            None,
        ))
        .expect("no crash is planned");
        life.end();
        world
    }

    pub fn provider(&self) -> &'static str {
        &self.entry.gateway.profile().provider
    }

    async fn open(&self) -> Db {
        let db = match &self.place {
            Place::Sqlite(path) => Db::open_sqlite(path).await,
            Place::Postgres(postgres) => Db::open_postgres(&postgres.url).await,
        };
        db.expect("the database opens")
    }

    fn set_up(&self, engine: Engine) -> impl Future<Output = ()> + Send + 'static {
        let kind = self.kind;
        let profile = self.entry.gateway.profile();
        let contract = self
            .simulator
            .contract(&profile.demo_pg_id)
            .expect("a contract");
        let (dialect, url) = (self.simulator.dialect(), self.pg.url(&profile.provider));
        async move {
            engine.db.migrate().await.expect("the tables are made");
            let merchant = UserCode::parse(MERCHANT).expect("a user code");
            let data_key = engine.vault.make_data_key(MERCHANT, &engine.random.bytes());
            let secrets = contract
                .into_iter()
                .map(|(name, text)| (name, Secret::new(text)))
                .collect();
            let context = ChannelContext {
                merchant: MERCHANT,
                channel_key: CHANNEL,
                pg: &profile.provider,
            };
            let credentials = engine
                .vault
                .seal_credentials(&data_key, &context, engine.random.bytes(), &secrets)
                .expect("sealed");
            let record = shop(merchant.clone(), data_key);
            let inserted = merchants::insert(&engine.db, &record).await;
            assert!(inserted.expect("a merchant"));
            let events = [ExtraEvent::KeyIssued].into_iter().collect();
            merchants::set_events(&engine.db, &merchant, &events, 0)
                .await
                .expect("a merchant");
            let channel = ChannelRecord {
                merchant,
                channel_key: CHANNEL.to_owned(),
                provider: profile.provider.clone(),
                pg_id: profile.demo_pg_id.clone(),
                kind: kind.v1().to_owned(),
                name: "sandbox".to_owned(),
                sandbox: true,
                is_default: true,
                hosts: profile
                    .hosts
                    .keys()
                    .map(|name| (name.clone(), url.clone()))
                    .collect(),
                credentials,
                dialect,
                created_at: 0,
            };
            assert!(
                channels::insert(&engine.db, &channel)
                    .await
                    .expect("a channel")
            );
        }
    }
}

fn shop(merchant: UserCode, data_key: String) -> MerchantRecord {
    MerchantRecord {
        merchant,
        name: "단골 상점".to_owned(),
        imp_key: "key".to_owned(),
        secret_hash: String::new(),
        data_key,
        webhook_url: Some(WEBHOOK.to_owned()),
        webhook_type: "application/json".to_owned(),
        created_at: 0,
        confirm_url: None,
        webhook_first: false,
        webhook_events: ExtraEvents::default(),
    }
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

struct PgTimers(Arc<dyn Simulator>);

#[async_trait::async_trait]
impl Timers for PgTimers {
    fn next_due_ms(&self) -> Option<i64> {
        self.0.next_due_ms()
    }

    async fn run_due(&self, now_ms: i64) -> Vec<(String, usize)> {
        let ran = self.0.run_due(now_ms).await;
        ran.into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }
}

/// What a script plays on.
#[derive(Clone)]
pub struct Stage {
    pub engine: Engine,
    pub outside: Arc<Outside>,
    pub pg: Arc<sandbox::World>,
    pub timers: Arc<dyn Timers>,
    pub facts: &'static Profile,
    /// How payments begin here.
    pub kind: Kind,
}

/// One engine from its start to its end.
pub struct Life {
    stage: Stage,
    cut: Arc<Cut>,
    runtime: Runtime,
}

impl Life {
    /// Starts an engine that dies at the n-th thing that it asks of the outside, if a number is given.
    pub fn begin(world: &World, dies_at: Option<usize>) -> Life {
        let runtime = runtime();
        let cut = Cut::at(dies_at);
        let engine = runtime.block_on(async {
            let db = world.open().await;
            let database_clock = DatabaseClock::start(&db, || 0);
            // The first life makes the tables, and with them the clock's own.
            let clock = match database_clock.await {
                Ok(clock) => clock,
                Err(_) => {
                    db.migrate().await.expect("the tables are made");
                    DatabaseClock::start(&db, || 0).await.expect("a clock")
                }
            };
            let clock = Arc::new(clock);
            *world.pg_clock.0.lock().expect("no panic") = Some(Arc::clone(&clock));
            let mut settings =
                Settings::new(true, "http://main.test".into(), "http://window.test".into());
            // A retry that meets an attempt of the dead engine does not wait long for it.
            settings.answer_budget_ms = 300;
            let ring = KeyRing::load(&world.ring).expect("the key ring");
            let wire = CutWire {
                cut: Arc::clone(&cut),
                outside: Arc::clone(&world.outside),
            };
            let random = CutRandom {
                cut: Arc::clone(&cut),
            };
            Engine::new(
                db,
                Vault::new(ring),
                Arc::new(wire),
                clock,
                Arc::new(random),
                settings,
            )
        });
        *world.notices.0.lock().expect("no panic") = Some(engine.clone());
        let timers = Arc::new(PgTimers(Arc::clone(&world.simulator)));
        let (outside, pg) = (Arc::clone(&world.outside), Arc::clone(&world.pg));
        Life {
            stage: Stage {
                engine,
                outside,
                pg,
                timers,
                facts: world.entry.gateway.profile(),
                kind: world.kind,
            },
            cut,
            runtime,
        }
    }

    pub fn stage(&self) -> Stage {
        self.stage.clone()
    }

    /// Plays a script; `None` when the engine died of it.
    pub fn run<T: Send + 'static>(
        &self,
        script: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        self.runtime.block_on(async {
            let played = tokio::spawn(script);
            tokio::select! {
                biased;
                () = self.cut.death() => None,
                played = played => match played {
                    Ok(end) if !self.cut.is_dead() => Some(end),
                    Err(error) if !self.cut.is_dead() => std::panic::resume_unwind(error.into_panic()),
                    _ => None,
                },
            }
        })
    }

    /// Takes the engine away with everything that it still had under way.
    pub fn end(self) {
        let Life { stage, runtime, .. } = self;
        runtime.shutdown_timeout(Duration::from_secs(10));
        drop(stage);
    }
}
