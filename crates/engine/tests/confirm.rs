//! The merchant is asked before the PG is: once, within its time, and never after it said no.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dangol_domain::v1::messages;
use dangol_domain::{Device, FailureClass, Payment, Secret, State, UserCode};
use dangol_engine::clock::DatabaseClock;
use dangol_engine::flow::close_window::{Standing, abandon_window, close_window, window_result};
use dangol_engine::flow::prepare::{Params, Prepare, Prepared, prepare};
use dangol_engine::flow::result::WindowResult;
use dangol_engine::ports::Random;
use dangol_engine::{Engine, FlowError, Settings};
use dangol_gateway::GATEWAYS;
use dangol_gateway::contract::WindowReturn;
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use dangol_store::channels::{self, ChannelRecord};
use dangol_store::merchants::{self, MerchantRecord};
use dangol_store::{Db, payments};
use dangol_vault::{ChannelContext, KeyRing, Vault};
use tokio::sync::Semaphore;

const CODE: &str = "imp00000000";
/// More answers at once than any test needs.
const ANSWERS: usize = 8;
const NONCE: &str = "0123456789abcdef";
const SET: &str = "https://shop.example/set";
const BROUGHT: &str = "https://shop.example/brought?order=7";

/// A PG out of reach, and a merchant's server that answers as told when it is allowed to.
struct Outside {
    sent: Mutex<Vec<Request>>,
    says: BTreeMap<&'static str, Result<(u16, &'static str), WireError>>,
    may_answer: Semaphore,
    asked: Semaphore,
}

#[async_trait]
impl Wire for Outside {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        let says = self.says.get(request.url.as_str()).copied();
        self.sent.lock().unwrap().push(request);
        let Some(says) = says else {
            return Err(WireError::NotConnected);
        };
        self.asked.add_permits(1);
        let _answering = self.may_answer.acquire().await.unwrap();
        says.map(|(status, body)| Answer {
            status,
            content_type: String::new(),
            retry_after_s: None,
            body: body.as_bytes().to_vec(),
        })
    }
}

impl Outside {
    /// What was sent to an address.
    fn bodies(&self, url: &str) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let to_it = sent.iter().filter(|request| request.url == url);
        to_it
            .map(|request| String::from_utf8(request.body.clone()).unwrap())
            .collect()
    }

    fn pg_was_asked(&self) -> bool {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .any(|request| request.url.starts_with("http://pg."))
    }
}

#[derive(Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.0.fetch_add(1, Ordering::Relaxed);
            let mixed = drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

struct Shop {
    engine: Engine,
    outside: Arc<Outside>,
    _folder: tempfile::TempDir,
}

/// What a merchant's server says at the two addresses.
type Says = [(&'static str, Result<(u16, &'static str), WireError>)];

impl Shop {
    async fn open(says: &Says, set: Option<&str>) -> Shop {
        Shop::open_as(says, set, "application/json", true).await
    }

    async fn open_as(says: &Says, set: Option<&str>, content_type: &str, sandbox: bool) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("dangol.db"))
            .await
            .unwrap();
        db.migrate().await.unwrap();
        let random = Arc::new(Counted::default());
        let ring = KeyRing::create(&folder.path().join("ring"), &mut |b| random.fill(b), 0);
        let vault = Vault::new(ring.unwrap());
        let merchant = MerchantRecord {
            merchant: UserCode::parse(CODE).unwrap(),
            name: "단골 상점".to_owned(),
            imp_key: "key".to_owned(),
            secret_hash: String::new(),
            data_key: vault.make_data_key(CODE, &[7; 44]),
            webhook_url: None,
            webhook_type: content_type.to_owned(),
            created_at: 0,
            webhook_events: Default::default(),
            confirm_url: None,
            webhook_first: false,
        };
        merchants::insert(&db, &merchant).await.unwrap();
        if set.is_some() {
            let code = &merchant.merchant;
            merchants::set_confirm_url(&db, code, set).await.unwrap();
        }
        channels::insert(&db, &channel(&vault, &merchant))
            .await
            .unwrap();
        let outside = Arc::new(Outside {
            sent: Mutex::default(),
            says: says.iter().copied().collect(),
            may_answer: Semaphore::new(ANSWERS),
            asked: Semaphore::new(0),
        });
        let clock = Arc::new(DatabaseClock::start(&db, || 0).await.unwrap());
        let url = "http://main.test".to_owned();
        let mut settings = Settings::new(sandbox, url.clone(), url);
        settings.notice_hosts = vec!["shop.example".to_owned()];
        let engine = Engine::new(db, vault, outside.clone(), clock, random, settings);
        Shop {
            engine,
            outside,
            _folder: folder,
        }
    }

    async fn prepare(&self, confirm_url: Option<&str>) -> Result<Prepared, FlowError> {
        let params = Params {
            merchant_uid: "order 1".to_owned(),
            customer_uid: "gildong".to_owned(),
            amount: "3000".to_owned(),
            pay_method: "card".to_owned(),
            confirm_url: confirm_url.map(str::to_owned),
            extra: serde_json::json!({}),
            ..Params::default()
        };
        let asked = Prepare {
            user_code: CODE.to_owned(),
            channel_key: None,
            pg: None,
            device: Device::Mobile,
            frame: None,
            origin: None,
            nonce: NONCE.to_owned(),
            user_agent: None,
            params,
        };
        prepare(&self.engine, asked).await
    }

    /// The PG sends the browser back.
    async fn returns(&self, prepared: &Prepared, code: &str) -> WindowResult {
        let window_id = prepared.window_url.rsplit('/').next().unwrap();
        let fields = [
            ("param_opt_1", prepared.token.as_str()),
            ("ordr_idxx", prepared.imp_uid.as_str()),
            ("res_cd", code),
            ("tran_cd", "00300001"),
            ("enc_info", "info"),
            ("enc_data", "data"),
        ];
        let raw = |(name, value): (&str, &str)| (name.to_owned(), value.as_bytes().to_vec());
        let returned = WindowReturn {
            fields: fields.into_iter().map(raw).collect(),
        };
        let closed = close_window(&self.engine, window_id, returned, None).await;
        closed.unwrap().expect("the return is ours").0
    }

    async fn payment(&self, prepared: &Prepared) -> Payment {
        let code = UserCode::parse(CODE).unwrap();
        let found = payments::find(&self.engine.db, &code, &prepared.imp_uid).await;
        found.unwrap().unwrap()
    }
}

fn channel(vault: &Vault, merchant: &MerchantRecord) -> ChannelRecord {
    let profile = GATEWAYS[0].gateway.profile();
    let context = ChannelContext {
        merchant: CODE,
        channel_key: "channel",
        pg: &profile.provider,
    };
    let credentials = BTreeMap::from([("cert".to_owned(), Secret::new("a certificate"))]);
    let hosts = profile.hosts.keys();
    ChannelRecord {
        merchant: merchant.merchant.clone(),
        channel_key: "channel".to_owned(),
        provider: profile.provider.clone(),
        pg_id: profile.demo_pg_id.clone(),
        kind: "payment".to_owned(),
        name: "test".to_owned(),
        sandbox: true,
        is_default: true,
        hosts: hosts
            .map(|name| (name.clone(), "http://pg.test".to_owned()))
            .collect(),
        credentials: vault
            .seal_credentials(&merchant.data_key, &context, [1; 12], &credentials)
            .unwrap(),
        dialect: BTreeMap::new(),
        created_at: 0,
    }
}

const YES: Result<(u16, &str), WireError> = Ok((200, ""));
const NO: Result<(u16, &str), WireError> = Ok((409, r#"{"reason":"재고가 없습니다"}"#));

#[tokio::test]
async fn a_no_ends_the_payment_with_the_merchants_reason_and_asks_the_pg_nothing() {
    let shop = Shop::open(&[(SET, NO)], Some(SET)).await;
    let prepared = shop.prepare(None).await.unwrap();
    let result = shop.returns(&prepared, "0000").await;
    assert_eq!(result.object["error_code"], "CONFIRM_REFUSED");
    assert_eq!(
        result.object["error_msg"],
        "고객사 요청에 의해 결제를 중단합니다. (상세사유 : 재고가 없습니다)"
    );
    let payment = shop.payment(&prepared).await;
    let failure = payment.failure.clone().unwrap();
    assert_eq!(payment.state, State::Failed);
    assert_eq!(failure.class, FailureClass::Unconfirmed);
    assert_eq!(failure.reason(), "재고가 없습니다");
    let told: serde_json::Value = serde_json::from_str(&shop.outside.bodies(SET)[0]).unwrap();
    let expected = serde_json::json!({
        "imp_uid": prepared.imp_uid, "merchant_uid": "order 1", "amount": 3000,
    });
    assert_eq!(told, expected);
    // The same return once more shows the same, and asks nobody.
    let again = shop.returns(&prepared, "0000").await;
    assert_eq!(again.object, result.object);
    assert_eq!(shop.outside.bodies(SET).len(), 1);
    assert!(!shop.outside.pg_was_asked());
}

#[tokio::test]
async fn a_merchant_without_an_answer_has_not_agreed() {
    for silence in [WireError::TimedOut, WireError::Lost, WireError::Forbidden] {
        let shop = Shop::open(&[(BROUGHT, Err(silence))], None).await;
        let prepared = shop.prepare(Some(BROUGHT)).await.unwrap();
        let result = shop.returns(&prepared, "0000").await;
        assert!(!result.success && !shop.outside.pg_was_asked());
        let failure = shop.payment(&prepared).await.failure.unwrap();
        assert_eq!(failure.reason(), messages::CONFIRM_NO_REASON);
        let sent = shop.outside.sent.lock().unwrap();
        let question = &sent[0];
        let limit = question.timeout_connect + question.timeout_answer;
        assert_eq!(limit, Duration::from_secs(10));
        assert!(question.to_stranger, "the guard looks at the address");
    }
}

#[tokio::test]
async fn a_yes_lets_the_pg_be_asked_and_is_written_down() {
    let form = "application/x-www-form-urlencoded";
    let shop = Shop::open_as(&[(SET, YES)], Some(SET), form, false).await;
    let prepared = shop.prepare(None).await.unwrap();
    shop.returns(&prepared, "0000").await;
    assert!(shop.outside.pg_was_asked());
    let expected = format!(
        "imp_uid={}&merchant_uid=order%201&amount=3000",
        prepared.imp_uid
    );
    assert_eq!(shop.outside.bodies(SET), [expected]);
    let code = UserCode::parse(CODE).unwrap();
    let history = payments::events(&shop.engine.db, &code, &prepared.imp_uid).await;
    let sent = &history.unwrap()[0];
    assert_eq!(sent.event, "send");
    assert_eq!(sent.detail.as_deref(), Some("the merchant confirmed"));
}

#[tokio::test]
async fn a_page_can_add_a_question_and_never_take_one_away() {
    for (set, brought) in [(NO, YES), (YES, NO)] {
        let shop = Shop::open(&[(SET, set), (BROUGHT, brought)], Some(SET)).await;
        let prepared = shop.prepare(Some(BROUGHT)).await.unwrap();
        shop.returns(&prepared, "0000").await;
        assert_eq!(shop.payment(&prepared).await.state, State::Failed);
        assert_eq!(shop.outside.bodies(SET).len(), 1);
        assert_eq!(shop.outside.bodies(BROUGHT).len(), 1);
        assert!(!shop.outside.pg_was_asked());
    }
    let shop = Shop::open(&[(SET, YES)], Some(SET)).await;
    let prepared = shop.prepare(Some(SET)).await.unwrap();
    shop.returns(&prepared, "0000").await;
    assert_eq!(shop.outside.bodies(SET).len(), 1, "the same address, once");
}

#[tokio::test]
async fn a_buyer_who_gave_up_at_the_pg_is_nothing_to_confirm() {
    let shop = Shop::open(&[(SET, YES)], Some(SET)).await;
    let prepared = shop.prepare(None).await.unwrap();
    let result = shop.returns(&prepared, "3001").await;
    assert_eq!(result.object["error_code"], "F0005");
    assert!(shop.outside.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn two_returns_ask_once_and_who_looks_meanwhile_sees_work() {
    let shop = Shop::open(&[(SET, YES)], Some(SET)).await;
    let held = shop.outside.may_answer.acquire_many(ANSWERS as u32);
    let held = held.await.unwrap();
    let prepared = shop.prepare(None).await.unwrap();
    let meanwhile = async {
        shop.outside.asked.acquire().await.unwrap().forget();
        let standing = window_result(&shop.engine, prepared.imp_uid.as_str(), NONCE).await;
        assert!(matches!(standing.unwrap(), Some(Standing::Working)));
        assert_eq!(shop.payment(&prepared).await.state, State::Ready);
        drop(held);
    };
    let (first, second, ()) = tokio::join!(
        shop.returns(&prepared, "0000"),
        shop.returns(&prepared, "0000"),
        meanwhile
    );
    assert_eq!(first.object, second.object);
    assert_eq!(shop.outside.bodies(SET).len(), 1);
    assert!(shop.outside.pg_was_asked());
}

#[tokio::test]
async fn a_buyer_who_leaves_while_the_merchant_thinks_is_not_charged() {
    let shop = Shop::open(&[(SET, YES)], Some(SET)).await;
    let held = shop.outside.may_answer.acquire_many(ANSWERS as u32);
    let held = held.await.unwrap();
    let prepared = shop.prepare(None).await.unwrap();
    let leaves = async {
        shop.outside.asked.acquire().await.unwrap().forget();
        let left = abandon_window(&shop.engine, prepared.imp_uid.as_str(), NONCE).await;
        assert!(left.unwrap().is_some());
        assert_eq!(shop.payment(&prepared).await.state, State::Failed);
        drop(held);
    };
    let (result, ()) = tokio::join!(shop.returns(&prepared, "0000"), leaves);
    assert_eq!(result.object["error_msg"], messages::USER_CANCELLED);
    assert!(!shop.outside.pg_was_asked());
}

#[tokio::test]
async fn in_live_a_page_names_listed_hosts_only() {
    let shop = Shop::open_as(&[], None, "application/json", false).await;
    for url in [
        "https://evil.example/yes",
        "https://evil.example\\@shop.example/",
        "https://shop.example.evil.example/",
    ] {
        match shop.prepare(Some(url)).await {
            Err(FlowError::Refused(refusal)) => {
                assert!(refusal.message.starts_with("confirm_url: "), "{url}");
            }
            _ => panic!("{url} was taken"),
        }
    }
    assert!(shop.prepare(Some(BROUGHT)).await.is_ok());
}
