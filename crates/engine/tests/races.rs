//! What a slow gateway, a caller who leaves and a database that stalls do to a charge: nothing may be lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dangol_domain::billing::BillingKeyRecord;
use dangol_domain::{
    BillingKey, Buyer, CardData, CardFacts, CardFields, Currency, Device, Event, ImpUid, Order,
    Payment, Secret, State, Usage, UserCode,
};
use dangol_engine::clock::DatabaseClock;
use dangol_engine::flow::Again;
use dangol_engine::flow::charge_again::charge_again;
use dangol_engine::flow::key_in::{card_channel, pay_once};
use dangol_engine::jobs::{Timers, advance};
use dangol_engine::ports::Random;
use dangol_engine::{Engine, FlowError, Settings};
use dangol_gateway::profile::Kind::ApiPayment;
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use dangol_gateway::{Entry, GATEWAYS};
use dangol_store::billing_keys::Sealed;
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::jobs::{Job, Kind};
use dangol_store::merchants::{self, MerchantRecord};
use dangol_store::{Db, payments};
use dangol_vault::{ChannelContext, KeyContext, KeyRing, Vault};
use tokio::sync::Semaphore;

/// A gateway that approves what it is asked, when it is allowed to answer.
struct SlowPg {
    asked: Semaphore,
    may_answer: Semaphore,
    heard: Mutex<Vec<serde_json::Value>>,
}

#[async_trait]
impl Wire for SlowPg {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        self.asked.add_permits(1);
        self.may_answer.acquire().await.unwrap().forget();
        let question: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let body = serde_json::json!({
            "res_cd": "0000", "res_msg": "ok", "tno": "26112100000001",
            "order_no": question["ordr_idxx"], "amount": question["amount"], "app_no": "1",
            "batch_key": "2611210000000002",
        });
        self.heard.lock().unwrap().push(question);
        Ok(Answer {
            status: 200,
            content_type: "application/json".to_owned(),
            retry_after_s: None,
            body: body.to_string().into_bytes(),
        })
    }
}

#[derive(Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self
                .0
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&drawn.to_le_bytes()[..chunk.len()]);
        }
    }
}

struct NoTimers;

#[async_trait]
impl Timers for NoTimers {
    fn next_due_ms(&self) -> Option<i64> {
        None
    }
    async fn run_due(&self, _: i64) -> Vec<(String, usize)> {
        Vec::new()
    }
}

struct Shop {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    pg: Arc<SlowPg>,
    dir: tempfile::TempDir,
}

/// A merchant with a channel and a registered card, `customer`.
async fn shop() -> Shop {
    shop_with(&GATEWAYS[0], || 0).await
}

async fn shop_with(entry: &Entry, local_ms: fn() -> i64) -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&dir.path().join("dangol.db"))
        .await
        .unwrap();
    db.migrate().await.unwrap();
    let random = Arc::new(Counted::default());
    let ring = KeyRing::create(
        &dir.path().join("keys/ring"),
        &mut |bytes| random.fill(bytes),
        0,
    )
    .unwrap();
    let vault = Vault::new(ring);
    let code = UserCode::parse("imp00000000").unwrap();
    let merchant = MerchantRecord {
        merchant: code.clone(),
        name: "shop".to_owned(),
        imp_key: "key".to_owned(),
        secret_hash: String::new(),
        data_key: vault.make_data_key(code.as_str(), &[7; 44]),
        webhook_url: None,
        webhook_type: "application/json".to_owned(),
        created_at: 0,
        confirm_url: None,
        webhook_first: false,
        webhook_events: Default::default(),
    };
    merchants::insert(&db, &merchant).await.unwrap();
    channels::insert(&db, &channel(entry, &vault, &merchant))
        .await
        .unwrap();
    let clock = Arc::new(DatabaseClock::start(&db, local_ms).await.unwrap());
    let pg = Arc::new(SlowPg {
        asked: Semaphore::new(0),
        may_answer: Semaphore::new(0),
        heard: Mutex::default(),
    });
    let settings = Settings::new(
        true,
        "http://127.0.0.1:1".into(),
        "http://window.localhost:1".into(),
    );
    let engine = Engine::new(db, vault, pg.clone(), clock, random, settings);
    let merchant = Arc::new(merchant);
    register(&engine, &merchant).await;
    Shop {
        engine,
        merchant,
        pg,
        dir,
    }
}

fn channel(entry: &Entry, vault: &Vault, merchant: &MerchantRecord) -> ChannelRecord {
    let profile = entry.gateway.profile();
    let context = ChannelContext {
        merchant: merchant.merchant.as_str(),
        channel_key: "channel",
        pg: &profile.provider,
    };
    let credentials = BTreeMap::from([("cert".to_owned(), Secret::new("a certificate"))]);
    ChannelRecord {
        merchant: merchant.merchant.clone(),
        channel_key: "channel".to_owned(),
        provider: profile.provider.clone(),
        pg_id: profile.demo_pg_id.clone(),
        kind: profile.kind().v1().to_owned(),
        name: "test".to_owned(),
        sandbox: true,
        is_default: true,
        hosts: BTreeMap::from([("api".to_owned(), "http://127.0.0.1:1".to_owned())]),
        credentials: vault
            .seal_credentials(&merchant.data_key, &context, [1; 12], &credentials)
            .unwrap(),
        dialect: BTreeMap::from([("key_issue".to_owned(), "hub".to_owned())]),
        created_at: 0,
    }
}

fn payment(merchant: &MerchantRecord, merchant_uid: &str, state: State) -> Payment {
    Payment {
        merchant: merchant.merchant.clone(),
        imp_uid: ImpUid::window(u64::from(merchant_uid.as_bytes()[0])),
        merchant_uid: merchant_uid.to_owned(),
        customer_uid: Some("customer".to_owned()),
        channel_key: "channel".to_owned(),
        state,
        version: 1,
        amount: 3000,
        cancelled: 0,
        currency: Currency::KRW,
        started_at: 1,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: None,
            buyer: Buyer::default(),
            pay_method: "card".to_owned(),
            device: Device::Pc,
            usage: Some(Usage::Issue),
            pg_provider: GATEWAYS[0].gateway.profile().provider.clone(),
            pg_id: String::new(),
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

async fn begin(engine: &Engine, payment: &Payment) {
    let job = Job {
        due_at: i64::MAX,
        kind: Kind::ResolveOpen,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    };
    let begin = payments::Begin {
        payment,
        event: None,
        window: None,
        job,
        write_id: 11,
    };
    assert!(payments::begin(&engine.db, begin).await.unwrap());
}

async fn register(engine: &Engine, merchant: &MerchantRecord) {
    let issue = payment(merchant, "issue", State::Sending);
    begin(engine, &issue).await;
    let provider = GATEWAYS[0].gateway.profile().provider.clone();
    let context = KeyContext {
        merchant: merchant.merchant.as_str(),
        customer_uid: "customer",
        pg: &provider,
    };
    let key = BillingKey::new("2611210000000001");
    let sealed = Sealed {
        sealed: engine
            .vault
            .seal_key(&merchant.data_key, &context, [2; 12], &key)
            .unwrap(),
        record: BillingKeyRecord {
            merchant: merchant.merchant.clone(),
            customer_uid: "customer".to_owned(),
            channel_key: "channel".to_owned(),
            pg_provider: provider.clone(),
            pg_id: String::new(),
            card: CardFacts::default(),
            buyer: Buyer::default(),
            inserted_at: 0,
            updated_at: 0,
        },
    };
    let change = payments::Change {
        before: &issue,
        event: Event::Approve,
        after: State::Paid,
        at: 2,
        receipt: None,
        failure: None,
        detail: None,
        jobs: Vec::new(),
        billing_key: Some(&sealed),
        held_key: None,
        key_news: &[],
        cancel: None,
        deliveries: &[],
        write_id: 77,
    };
    assert!(payments::apply(&engine.db, &change).await.unwrap());
}

fn again(merchant_uid: &str) -> Again {
    Again {
        customer_uid: "customer".to_owned(),
        merchant_uid: merchant_uid.to_owned(),
        amount: "3000".to_owned(),
        ..Again::default()
    }
}

impl Shop {
    fn charge(
        &self,
        merchant_uid: &'static str,
    ) -> tokio::task::JoinHandle<Result<Arc<Payment>, FlowError>> {
        let (engine, merchant) = (self.engine.clone(), self.merchant.clone());
        tokio::spawn(async move { charge_again(&engine, &merchant, again(merchant_uid)).await })
    }

    async fn pg_is_asked(&self) {
        self.pg.asked.acquire().await.unwrap().forget();
    }

    async fn stands(&self, merchant_uid: &str) -> Payment {
        let code = &self.merchant.merchant;
        payments::find_live(&self.engine.db, code, merchant_uid)
            .await
            .unwrap()
            .expect("a payment")
    }
}

#[tokio::test]
async fn an_approval_that_comes_after_the_job_gave_up_is_kept() {
    let shop = shop().await;
    let waiting = shop.charge("late");
    shop.pg_is_asked().await;
    let timers: Arc<dyn Timers> = Arc::new(NoTimers);
    advance(&shop.engine, &timers, 300_000).await.unwrap();
    assert_eq!(
        shop.stands("late").await.state,
        State::NeedsReview,
        "nobody had told how it ended"
    );

    shop.pg.may_answer.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().state, State::Paid);
    let paid = shop.stands("late").await;
    assert_eq!(paid.state, State::Paid);
    assert_eq!(paid.receipt.unwrap().pg_tid, "26112100000001");
}

#[tokio::test]
async fn a_caller_who_leaves_during_the_commit_leaves_no_half_charge() {
    let shop = shop().await;
    let other = rusqlite::Connection::open(shop.dir.path().join("dangol.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let caller = charge_again(&shop.engine, &shop.merchant, again("left"));
    let left = tokio::time::timeout(Duration::from_millis(200), caller).await;
    assert!(left.is_err(), "the commit waits for the other process");
    other.execute_batch("COMMIT").unwrap();

    shop.pg_is_asked().await;
    shop.pg.may_answer.add_permits(1);
    shop.engine.tasks.close();
    shop.engine.tasks.wait().await;
    assert_eq!(shop.stands("left").await.state, State::Paid);
}

#[tokio::test]
async fn a_charge_does_not_join_an_issue_of_the_same_number() {
    let shop = shop().await;
    begin(
        &shop.engine,
        &payment(&shop.merchant, "window", State::Sending),
    )
    .await;
    let answer = charge_again(&shop.engine, &shop.merchant, again("window")).await;
    assert!(matches!(answer, Err(FlowError::Refused(refusal)) if refusal.code == 1));
}

/// Its charge would still be on its way when somebody asks what became of the attempt.
#[tokio::test]
async fn a_key_that_came_late_is_not_charged() {
    static LOCAL_MS: AtomicI64 = AtomicI64::new(0);
    let by_card = |entry: &&Entry| entry.gateway.profile().kinds == [ApiPayment];
    let entry = GATEWAYS.iter().find(by_card).unwrap();
    let shop = shop_with(entry, || LOCAL_MS.load(Ordering::SeqCst)).await;
    let card = CardData::read(&CardFields {
        number: "4242-4242-4242-4242",
        expiry: "2030-11",
        birth: Some("910203"),
        pwd_2digit: Some("47"),
        cvc: None,
    });
    let order = Again {
        customer_uid: "keyed".to_owned(),
        merchant_uid: "order-1".to_owned(),
        amount: "3000".to_owned(),
        ..Again::default()
    };
    let (engine, merchant) = (&shop.engine, &shop.merchant);
    let channel = card_channel(engine, merchant, None, None).await.unwrap();
    let paying = pay_once(engine, merchant, channel, &order, card.unwrap());
    let late = async {
        shop.pg_is_asked().await;
        LOCAL_MS.store(16_000, Ordering::SeqCst);
        shop.pg.may_answer.add_permits(9);
    };
    let (paid, ()) = tokio::join!(paying, late);
    assert_eq!(paid.unwrap().state, State::Failed);
    let heard = shop.pg.heard.lock().unwrap();
    assert_eq!(heard[0]["card_tx_type"], "12100000");
    assert!(heard.iter().all(|question| question["amount"].is_null()));
}
