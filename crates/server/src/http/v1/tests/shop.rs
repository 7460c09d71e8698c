//! A merchant with a channel and a billing key, and the API before it, on a database of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use dangol_domain::billing::BillingKeyRecord;
use dangol_domain::{
    BillingKey, Buyer, Cancel, CancelState, CardFacts, CardKind, Currency, Device, Event, ImpUid,
    MaskedPan, Money, Order, Payment, Receipt, Secret, State, Usage, UserCode,
};
use dangol_engine::clock::DatabaseClock;
use dangol_engine::jobs::{self, Timers};
use dangol_engine::ports::Random;
use dangol_engine::{Engine, Settings};
use dangol_gateway::profile::Kind as Begins;
use dangol_gateway::{Entry, GATEWAYS};
use dangol_store::billing_keys::Sealed;
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::jobs::{Edit, Job, Kind};
use dangol_store::merchants::{self, MerchantRecord};
use dangol_store::test_support::{self, Postgres};
use dangol_store::{Db, payments};
use dangol_vault::{ChannelContext, KeyContext, KeyRing, Vault};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::outside::{Counted, DeadWire, NoTimers};
use crate::http::v1::limits::Limits;
use crate::http::{App, v1};

pub const USER_CODE: &str = "imp12345678";
pub const IMP_KEY: &str = "1234567890123456";
pub const IMP_SECRET: &str = "s3cr3tOfTheShop0123456789";
pub const CUSTOMER: &str = "단골 손님/1";

pub struct Shop {
    pub app: App,
    pub wire: Arc<DeadWire>,
    routes: Router,
    _folder: TempDir,
    _schema: Option<Postgres>,
}

/// An answer of the API.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answered {
    pub fn code(&self) -> i64 {
        self.body["code"].as_i64().unwrap_or(i64::MIN)
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or("")
    }
}

impl Shop {
    pub async fn sqlite() -> Shop {
        Shop::sqlite_with(|_| {}).await
    }

    /// With other settings.
    pub async fn sqlite_with(change: impl FnOnce(&mut Settings)) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db"))
            .await
            .unwrap();
        Shop::open(folder, db, None, change).await
    }

    pub async fn postgres() -> Shop {
        Shop::postgres_with(|_| {}).await
    }

    /// With other settings.
    pub async fn postgres_with(change: impl FnOnce(&mut Settings)) -> Shop {
        let schema = test_support::postgres().await;
        let db = Db::open_postgres(&schema.url).await.unwrap();
        Shop::open(tempfile::tempdir().unwrap(), db, Some(schema), change).await
    }

    async fn open(
        folder: TempDir,
        db: Db,
        schema: Option<Postgres>,
        change: impl FnOnce(&mut Settings),
    ) -> Shop {
        db.migrate().await.unwrap();
        let random: Arc<dyn Random> = Arc::new(Counted(AtomicU64::new(0)));
        let ring = KeyRing::create(
            &folder.path().join("ring"),
            &mut |bytes| random.fill(bytes),
            0,
        )
        .unwrap();
        // The local clock stands still, so only `advance` moves time.
        let clock = DatabaseClock::start(&db, || 0).await.unwrap();
        let wire = Arc::new(DeadWire::default());
        let url = "http://127.0.0.1:1".to_owned();
        let mut settings = Settings::new(true, url.clone(), url);
        change(&mut settings);
        let limits = Arc::new(Limits::new(&settings));
        let engine = Engine::new(
            db,
            Vault::new(ring),
            wire.clone(),
            Arc::new(clock),
            random,
            settings,
        );
        let app = App {
            engine,
            sandbox: None,
            draining: Arc::default(),
            limits,
        };
        let routes = v1::router().with_state(app.clone());
        let shop = Shop {
            app,
            wire,
            routes,
            _folder: folder,
            _schema: schema,
        };
        let merchant = shop.add_merchant(USER_CODE, IMP_KEY).await;
        let channel = shop.add_channel(&merchant).await;
        shop.add_key(&merchant, &channel).await;
        shop
    }

    /// A token of a second merchant, who has nothing.
    pub async fn other_merchants_token(&self) -> String {
        self.add_merchant("imp87654321", "other-key").await;
        self.app
            .engine
            .get_token("other-key", IMP_SECRET)
            .await
            .unwrap()
            .access_token
    }

    async fn add_merchant(&self, code: &str, imp_key: &str) -> MerchantRecord {
        let engine = &self.app.engine;
        let merchant = MerchantRecord {
            merchant: UserCode::parse(code).unwrap(),
            name: "상점".to_owned(),
            imp_key: imp_key.to_owned(),
            secret_hash: engine.secret_hash(IMP_SECRET),
            data_key: engine.vault.make_data_key(code, &engine.random.bytes()),
            webhook_url: None,
            webhook_type: "application/json".to_owned(),
            created_at: 0,
            confirm_url: None,
            webhook_first: false,
            webhook_events: Default::default(),
        };
        assert!(merchants::insert(&engine.db, &merchant).await.unwrap());
        merchant
    }

    async fn add_channel(&self, merchant: &MerchantRecord) -> ChannelRecord {
        let of = (&GATEWAYS[0], Begins::Payment);
        self.add_channel_of(merchant, of, "channel-key-1", BTreeMap::new())
            .await
    }

    /// A channel with a dialect.
    pub async fn add_channel_of(
        &self,
        merchant: &MerchantRecord,
        (entry, kind): (&Entry, Begins),
        channel_key: &str,
        dialect: BTreeMap<String, String>,
    ) -> ChannelRecord {
        let engine = &self.app.engine;
        let profile = entry.gateway.profile();
        let context = ChannelContext {
            merchant: USER_CODE,
            channel_key,
            pg: &profile.provider,
        };
        let fields = profile.credentials.iter();
        let values: BTreeMap<_, _> = fields
            .map(|field| (field.name.clone(), Secret::new("x")))
            .collect();
        let vault = &engine.vault;
        let sealed =
            vault.seal_credentials(&merchant.data_key, &context, engine.random.bytes(), &values);
        let channel = ChannelRecord {
            merchant: merchant.merchant.clone(),
            channel_key: channel_key.to_owned(),
            provider: profile.provider.clone(),
            pg_id: profile.demo_pg_id.clone(),
            kind: kind.v1().to_owned(),
            name: "첫 채널".to_owned(),
            sandbox: true,
            is_default: kind == Begins::Payment,
            hosts: profile
                .hosts
                .keys()
                .map(|host| (host.clone(), "http://127.0.0.1:1".to_owned()))
                .collect(),
            credentials: sealed.unwrap(),
            dialect,
            created_at: 0,
        };
        assert!(channels::insert(&engine.db, &channel).await.unwrap());
        channel
    }

    /// A billing key, as the end of a window leaves it: a paid payment of usage `issue`.
    async fn add_key(&self, merchant: &MerchantRecord, channel: &ChannelRecord) {
        let engine = &self.app.engine;
        let context = KeyContext {
            merchant: USER_CODE,
            customer_uid: CUSTOMER,
            pg: &channel.provider,
        };
        let key = BillingKey::new("the-billing-key");
        let sealed =
            engine
                .vault
                .seal_key(&merchant.data_key, &context, engine.random.bytes(), &key);
        let key = Sealed {
            record: BillingKeyRecord {
                merchant: merchant.merchant.clone(),
                customer_uid: CUSTOMER.to_owned(),
                channel_key: channel.channel_key.clone(),
                pg_provider: channel.provider.clone(),
                pg_id: channel.pg_id.clone(),
                card: card(),
                buyer: Buyer {
                    name: Some("홍길동".to_owned()),
                    ..Buyer::default()
                },
                inserted_at: 1_700_000_000_000,
                updated_at: 1_700_000_000_000,
            },
            sealed: sealed.unwrap(),
        };
        self.add_payment("issued 한글@1", State::Paid, 1_700_000_001_000, Some(&key))
            .await;
    }

    /// A payment that a window made and that ended as `after`.
    pub async fn add_payment(
        &self,
        merchant_uid: &str,
        after: State,
        started_at: i64,
        key: Option<&Sealed>,
    ) -> ImpUid {
        let engine = &self.app.engine;
        let before = payment(
            ImpUid::window(engine.random.u64()),
            merchant_uid,
            started_at,
        );
        let begin = payments::Begin {
            payment: &before,
            event: None,
            window: None,
            job: Job {
                due_at: i64::MAX,
                kind: Kind::ExpireWindow,
                subject: before.imp_uid.to_string(),
                merchant: before.merchant.clone(),
            },
            write_id: engine.random.id63(),
        };
        let job = begin.job.clone();
        assert!(payments::begin(&engine.db, begin).await.unwrap());
        if after == State::Ready {
            return before.imp_uid;
        }
        let paid = after == State::Paid;
        let approval = paid.then(receipt);
        let change = payments::Change {
            before: &before,
            event: if paid { Event::Approve } else { Event::Refuse },
            after,
            at: started_at + 1_000,
            receipt: approval.as_ref(),
            failure: None,
            detail: None,
            jobs: vec![Edit::Done(job)],
            billing_key: key,
            held_key: None,
            key_news: &[],
            cancel: None,
            deliveries: &[],
            write_id: engine.random.id63(),
        };
        assert!(payments::apply(&engine.db, &change).await.unwrap());
        before.imp_uid
    }

    /// Gives all of a paid payment back.
    pub async fn cancel(&self, imp_uid: &ImpUid, at: i64) {
        let engine = &self.app.engine;
        let merchant = UserCode::parse(USER_CODE).unwrap();
        let before = payments::find(&engine.db, &merchant, imp_uid).await;
        let before = before.unwrap().unwrap();
        let cancel = Cancel {
            cancel_id: "cancel-1".to_owned(),
            state: CancelState::Done,
            amount: before.amount,
            reason: "취소요청api".to_owned(),
            requested_at: at,
            ended_at: Some(at),
            pg_tid: Some("tid-2".to_owned()),
            receipt_url: None,
            failure: None,
            webhook: false,
        };
        let change = payments::Change {
            before: &before,
            event: Event::CancelAll,
            after: State::Cancelled,
            at,
            receipt: None,
            failure: None,
            detail: None,
            cancel: Some(&cancel),
            jobs: Vec::new(),
            billing_key: None,
            held_key: None,
            key_news: &[],
            deliveries: &[],
            write_id: engine.random.id63(),
        };
        assert!(payments::apply(&engine.db, &change).await.unwrap());
    }

    /// Sends one request from this machine; `head` is "METHOD /path" or "METHOD /path content/type".
    pub async fn ask(
        &self,
        head: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answered {
        let mut words = head.split(' ');
        let mut request = Request::builder()
            .method(words.next().unwrap())
            .uri(words.next().unwrap());
        if let Some(kind) = words.next() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let here = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
        let request = request.extension(here).body(body.into()).unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answered {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    /// Serves the API on a real socket for the rest of the test; its URL.
    pub async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = self.routes.clone();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    /// As [`Shop::ask`] with a token, a JSON body and no more.
    pub async fn call(&self, head: &str, body: &str) -> Answered {
        let token = self.token().await;
        self.ask(
            &format!("{head} application/json"),
            &[("authorization", &token)],
            body.to_owned(),
        )
        .await
    }

    pub async fn token(&self) -> String {
        let view = self
            .app
            .engine
            .get_token(IMP_KEY, IMP_SECRET)
            .await
            .unwrap();
        view.access_token
    }

    pub async fn advance(&self, seconds: i64) {
        let timers: Arc<dyn Timers> = Arc::new(NoTimers);
        jobs::advance(&self.app.engine, &timers, seconds * 1_000)
            .await
            .unwrap();
    }

    pub fn pg_calls(&self) -> usize {
        self.wire.sent.load(Ordering::SeqCst)
    }
}

fn card() -> CardFacts {
    CardFacts {
        code: Some("381".to_owned()),
        name: Some("국민카드".to_owned()),
        number: MaskedPan::mask("4242424242424242"),
        kind: Some(CardKind::Check),
    }
}

fn receipt() -> Receipt {
    Receipt {
        pg_tid: "tid-1".to_owned(),
        amount: Money::new(3_000, Currency::KRW),
        approval_number: Some("12345678".to_owned()),
        approved_at_ms: None,
        card: card(),
        quota: 0,
        partial_cancel: Some(true),
        receipt_url: None,
        cancel_key: None,
    }
}

fn payment(imp_uid: ImpUid, merchant_uid: &str, started_at: i64) -> Payment {
    let profile = GATEWAYS[0].gateway.profile();
    Payment {
        merchant: UserCode::parse(USER_CODE).unwrap(),
        imp_uid,
        merchant_uid: merchant_uid.to_owned(),
        customer_uid: Some(CUSTOMER.to_owned()),
        channel_key: "channel-key-1".to_owned(),
        state: State::Ready,
        version: 1,
        amount: 3_000,
        cancelled: 0,
        currency: Currency::KRW,
        started_at,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: None,
            buyer: Buyer::default(),
            pay_method: "card".to_owned(),
            device: Device::Pc,
            usage: Some(Usage::Issue),
            pg_provider: profile.provider.clone(),
            pg_id: profile.demo_pg_id.clone(),
            sandbox: true,
            quota: 0,
            tax_free: None,
            vat: None,
            custom_data: None,
            notice_urls: Vec::new(),
            browser_ip: None,
            user_agent: None,
        },
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}
