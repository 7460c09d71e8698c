//! Tokens: the same until expiry, 30 minutes, five more within the last minute, then a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dangol_domain::UserCode;
use dangol_engine::clock::DatabaseClock;
use dangol_engine::jobs::{Timers, advance};
use dangol_engine::ports::Random;
use dangol_engine::{Engine, FlowError, Settings};
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use dangol_store::Db;
use dangol_store::merchants::{self, MerchantRecord};
use dangol_vault::{KeyRing, Vault};

struct NoWire;

#[async_trait::async_trait]
impl Wire for NoWire {
    async fn send(&self, _: Request) -> Result<Answer, WireError> {
        Err(WireError::NotConnected)
    }
}

struct NoTimers;

#[async_trait::async_trait]
impl Timers for NoTimers {
    fn next_due_ms(&self) -> Option<i64> {
        None
    }
    async fn run_due(&self, _: i64) -> Vec<(String, usize)> {
        Vec::new()
    }
}

/// A counter, spread over all bits.
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

async fn engine(dir: &std::path::Path) -> Engine {
    let db = Db::open_sqlite(&dir.join("dangol.db")).await.unwrap();
    db.migrate().await.unwrap();
    let random = Arc::new(Counted::default());
    let ring = KeyRing::create(&dir.join("keys/ring"), &mut |bytes| random.fill(bytes), 0).unwrap();
    // The local source stands still: time moves only when the test moves it.
    let clock = Arc::new(DatabaseClock::start(&db, || 0).await.unwrap());
    let settings = Settings::new(
        true,
        "http://127.0.0.1:1".into(),
        "http://window.localhost:1".into(),
    );
    let engine = Engine::new(
        db,
        Vault::new(ring),
        Arc::new(NoWire),
        clock,
        random,
        settings,
    );
    let merchant = MerchantRecord {
        merchant: UserCode::parse("imp00000000").unwrap(),
        name: "shop".into(),
        imp_key: "imp_apikey".into(),
        secret_hash: engine.secret_hash("the secret"),
        data_key: "unused".into(),
        webhook_url: None,
        webhook_type: "application/json".into(),
        created_at: 0,
        confirm_url: None,
        webhook_first: false,
        webhook_events: Default::default(),
    };
    assert!(merchants::insert(&engine.db, &merchant).await.unwrap());
    engine
}

async fn move_clock(engine: &Engine, seconds: i64) {
    let timers: Arc<dyn Timers> = Arc::new(NoTimers);
    advance(engine, &timers, seconds * 1000).await.unwrap();
}

fn is_unauthorized<T>(answer: Result<T, FlowError>) -> bool {
    matches!(answer, Err(FlowError::Refused(refusal)) if refusal.status == 401)
}

#[tokio::test]
async fn one_token_for_everybody_until_it_expires() {
    let dir = tempfile::tempdir().unwrap();
    let engine = engine(dir.path()).await;
    let first = engine.get_token("IMP_APIKEY", "the secret").await.unwrap();
    assert_eq!(first.access_token.len(), 40);
    assert_eq!(first.expired_at - first.now, 1800);
    assert_eq!(
        engine
            .authenticate(&first.access_token)
            .await
            .unwrap()
            .as_str(),
        "imp00000000"
    );

    move_clock(&engine, 1700).await;
    let same = engine.get_token("imp_apikey", "the secret").await.unwrap();
    assert_eq!(
        (same.access_token.as_str(), same.expired_at),
        (first.access_token.as_str(), first.expired_at)
    );

    move_clock(&engine, 50).await;
    let longer = engine.get_token("imp_apikey", "the secret").await.unwrap();
    assert_eq!(longer.access_token, first.access_token);
    assert_eq!(longer.expired_at, first.expired_at + 300);

    move_clock(&engine, 351).await;
    assert!(
        is_unauthorized(engine.authenticate(&first.access_token).await),
        "an expired token"
    );
    let next = engine.get_token("imp_apikey", "the secret").await.unwrap();
    assert_ne!(next.access_token, first.access_token);
    assert!(engine.authenticate(&next.access_token).await.is_ok());
}

#[tokio::test]
async fn wrong_keys_secrets_and_tokens_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let engine = engine(dir.path()).await;
    assert!(is_unauthorized(
        engine.get_token("imp_apikey", "the secre").await
    ));
    assert!(is_unauthorized(
        engine.get_token("imp_apikez", "the secret").await
    ));
    for token in ["", "x", &"0".repeat(40), &"g".repeat(40), &"0".repeat(41)] {
        assert!(is_unauthorized(engine.authenticate(token).await), "{token}");
    }
}

#[tokio::test]
async fn two_servers_asking_at_once_get_one_token() {
    let dir = tempfile::tempdir().unwrap();
    let engine = engine(dir.path()).await;
    let asked = (0..16).map(|_| engine.get_token("imp_apikey", "the secret"));
    let tokens = futures::future::join_all(asked).await;
    let first = tokens[0].as_ref().unwrap().access_token.clone();
    assert!(
        tokens
            .iter()
            .all(|token| token.as_ref().unwrap().access_token == first)
    );
}
