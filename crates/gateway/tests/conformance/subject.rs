//! One PG under test: a sandbox of its own, the simulator on a loopback port, and a channel to it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dangol_domain::{
    BillingKey, Buyer as Person, Clock, Currency, Device, Money, Outcome, Receipt, Secret,
};
use dangol_gateway::Entry;
use dangol_gateway::contract::{
    CancelOrder, Channel, ChargeOrder, Gateway, HandOff, Inquired, Inquiry, Issue, News, Notice,
    NoticeSays, WindowOrder,
};
use dangol_gateway::sandbox::journal::{Entry as Line, Kind as Deed, Query};
use dangol_gateway::sandbox::{MakeSimulator, Simulator, World, control::PlanRequest, serve};
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use dangol_wire::HttpWire;
use tokio::net::TcpListener;

use crate::page::read_form;
use crate::windows::{Buyer, go_through};

/// 2026-11-19 09:36 in Korea.
pub const NOW_MS: i64 = 1_795_048_560_000;
/// Where the PG's notices go.
const NOTICE_URL: &str = "https://pay.example.com/notice/imp00000000/channel";
/// A card with which all goes well.
pub const GOOD_CARD: &str = "4242 4242 4242 4242";

/// How a case ended, when it did not panic.
pub enum Held {
    /// As the contract says.
    Yes,
    /// This PG's protocol, or its simulator, cannot show it.
    CannotBeShown(String),
}

/// A case.
pub type Case = fn(Arc<Subject>) -> Pin<Box<dyn Future<Output = Held> + Send>>;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The merchant's end of the PG's notices: keeps them and thanks.
struct NoticeBox {
    thanks: &'static str,
    came: Mutex<Vec<Notice>>,
}

#[async_trait]
impl Wire for NoticeBox {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
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
        self.came.lock().expect("no panic").push(Notice { fields });
        Ok(Answer {
            status: 200,
            content_type: String::new(),
            retry_after_s: None,
            body: self.thanks.as_bytes().to_vec(),
        })
    }
}

/// A wire for answers that never come: the same HTTP, less patience.
struct Hasty<'a>(&'a HttpWire);

#[async_trait]
impl Wire for Hasty<'_> {
    async fn send(&self, mut request: Request) -> Result<Answer, WireError> {
        request.timeout_connect = Duration::from_millis(500);
        request.timeout_answer = Duration::from_millis(500);
        self.0.send(request).await
    }
}

/// A PG under test.
pub struct Subject {
    pub gateway: &'static dyn Gateway,
    pub channel: Channel,
    pub wire: HttpWire,
    pub world: Arc<World>,
    pub make: MakeSimulator,
    simulator: Arc<dyn Simulator>,
    clock: Arc<TestClock>,
    notices: Arc<NoticeBox>,
    orders: AtomicU64,
    // Removed with everything in it when the subject goes.
    _dir: tempfile::TempDir,
}

impl Subject {
    pub async fn new(entry: &'static Entry) -> Subject {
        let dir = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let seed = AtomicU64::new(1);
        // An odd multiplier makes a permutation: never the same twice.
        let random = move || {
            let n = seed.fetch_add(1, Ordering::SeqCst);
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let clock = Arc::new(TestClock(AtomicI64::new(NOW_MS)));
        let profile = entry.gateway.profile();
        let notices = Arc::new(NoticeBox {
            thanks: profile.notice.as_ref().map_or("", |facts| &facts.answer),
            came: Mutex::default(),
        });
        let world = World::open(
            dir.path(),
            clock.clone(),
            Arc::new(random),
            &origin,
            notices.clone(),
        )
        .expect("a sandbox");
        let simulator = (entry.simulator)(Arc::clone(&world)).expect("a simulator");
        let contracted = Arc::clone(&simulator);
        let credentials =
            tokio::task::spawn_blocking(move || contracted.contract(&profile.demo_pg_id))
                .await
                .expect("no panic")
                .expect("a contract");
        let dialect = simulator.dialect();
        simulator.set_notice_url(&profile.demo_pg_id, NOTICE_URL);
        let served = vec![Arc::clone(&simulator)];
        tokio::spawn(serve(listener, served, std::future::pending()));
        let url = world.url(&profile.provider);
        Subject {
            gateway: entry.gateway,
            channel: Channel {
                pg_id: profile.demo_pg_id.clone(),
                hosts: profile
                    .hosts
                    .keys()
                    .map(|name| (name.clone(), url.clone()))
                    .collect(),
                credentials: credentials
                    .into_iter()
                    .map(|(name, text)| (name, Secret::new(text)))
                    .collect(),
                dialect,
            },
            wire: HttpWire::new().expect("a wire"),
            world,
            make: entry.simulator,
            simulator,
            clock,
            notices,
            orders: AtomicU64::new(1),
            _dir: dir,
        }
    }

    pub fn provider(&self) -> &'static str {
        &self.gateway.profile().provider
    }

    /// A channel like this one, to a port where nobody listens.
    pub async fn channel_to_nowhere(&self) -> Channel {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        Channel {
            pg_id: self.channel.pg_id.clone(),
            hosts: self
                .channel
                .hosts
                .keys()
                .map(|name| (name.clone(), url.clone()))
                .collect(),
            credentials: self.channel.credentials.clone(),
            dialect: self.channel.dialect.clone(),
        }
    }

    /// Plans a fault for the next request of a kind; why not, where this PG cannot show it.
    pub fn plan(&self, operation: &str, fault: &str, code: Option<&str>) -> Result<(), String> {
        let plan = PlanRequest {
            pg: self.provider().to_owned(),
            operation: operation.to_owned(),
            fault: fault.to_owned(),
            times: 1,
            delay_ms: 0,
            code: code.map(str::to_owned),
            only: Default::default(),
        };
        let planned = self.world.control().plan(plan).map(|_| ());
        planned.map_err(|_| format!("no {fault}"))
    }

    /// Whether every planned fault struck. Takes all plans away.
    pub fn plans_are_used_up(&self) -> bool {
        let used_up = self
            .world
            .control()
            .list()
            .iter()
            .all(|plan| plan.left == 0);
        self.world.control().clear();
        used_up
    }

    pub fn window_order(&self, device: Device) -> WindowOrder {
        let order_id = format!("imp_{:012}", self.orders.fetch_add(1, Ordering::SeqCst));
        WindowOrder {
            return_url: format!("http://main.test/return/{order_id}"),
            notice_url: NOTICE_URL.to_owned(),
            return_token: Secret::new(format!("token-of-{order_id}")),
            browser_ip: None,
            page_origin: None,
            order_id,
            amount: won(3000),
            name: "월간 플랜 & <b>\"1\"</b>".to_owned(),
            shop_name: "단골 상점".to_owned(),
            buyer: person(),
            customer_uid: "gildong_0001_1234".to_owned(),
            device,
            language: "ko".to_owned(),
            user_agent: "Mozilla/5.0 (test)".to_owned(),
            extra: serde_json::json!({}),
            at_ms: NOW_MS,
        }
    }

    pub async fn open(&self, order: &WindowOrder) -> HandOff {
        let opened = self.gateway.open_window(&self.wire, &self.channel, order);
        match opened.await {
            Ok(hand_off) => hand_off,
            Err(failure) => panic!("no window: {failure:?}"),
        }
    }

    /// Opens a window and lets a buyer go through it; what comes of it.
    pub async fn go(&self, order: &WindowOrder, buyer: Buyer<'_>) -> Issue {
        let hand_off = self.open(order).await;
        let returned = go_through(&self.wire, self.provider(), &hand_off, order, buyer).await;
        let claim = self.gateway.read_return(&self.channel, &returned);
        assert_eq!(claim.order_id.as_deref(), Some(order.order_id.as_str()));
        match claim.token {
            Some(token) => assert!(token.expose() == order.return_token.expose()),
            None => assert!(
                claim.sealed,
                "the token comes back, or the return is sealed"
            ),
        }
        let closed = self
            .gateway
            .close_window(&self.wire, &self.channel, order, &returned);
        closed.await
    }

    /// A billing key of a card.
    pub async fn key(&self, card: &str) -> BillingKey {
        if !self.has_window() {
            return self.key_of_card(card).await;
        }
        let order = self.window_order(Device::Mobile);
        match self.go(&order, Buyer::Types(card)).await {
            Issue::Issued(issued) => issued.key,
            other => panic!("no key: {}", told(&other)),
        }
    }

    pub fn charge_order(&self, amount: i64) -> ChargeOrder {
        let order_id = format!("imps_{:012}", self.orders.fetch_add(1, Ordering::SeqCst));
        ChargeOrder {
            order_id,
            amount: won(amount),
            name: "월간 플랜".to_owned(),
            buyer: person(),
            customer_uid: "gildong_0001_1234".to_owned(),
            quota: 0,
            tax_free: None,
            vat: None,
            browser_ip: None,
            at_ms: NOW_MS,
        }
    }

    /// Charges, and holds what is true of every charge: at most one request, and no secret in what is said.
    pub async fn charge(&self, key: &BillingKey, order: &ChargeOrder) -> Outcome {
        let before = self.calls();
        let charged = self
            .gateway
            .charge(&self.wire, &self.channel, key, order)
            .await;
        assert_eq!(self.calls() - before, 1, "one charge is one request");
        self.without_secrets(key, &charged);
        charged
    }

    /// [`Subject::charge`] with little patience.
    pub async fn charge_hastily(&self, key: &BillingKey, order: &ChargeOrder) -> Outcome {
        let wire = Hasty(&self.wire);
        self.gateway.charge(&wire, &self.channel, key, order).await
    }

    fn without_secrets(&self, key: &BillingKey, outcome: &Outcome) {
        let text = format!("{outcome:?}");
        assert!(!text.contains(key.expose()), "a key in {text}");
        for (name, secret) in &self.channel.credentials {
            let long = secret.expose().len() > 8;
            assert!(!long || !text.contains(secret.expose()), "{name} in {text}");
        }
    }

    pub async fn approved(&self, key: &BillingKey, amount: i64) -> (ChargeOrder, Receipt) {
        let order = self.charge_order(amount);
        match self.charge(key, &order).await {
            Outcome::Approved(receipt) => (order, receipt),
            other => panic!("not approved: {other:?}"),
        }
    }

    pub async fn cancel(
        &self,
        (charged, receipt): &(ChargeOrder, Receipt),
        amount: i64,
        balance: i64,
    ) -> Outcome {
        let order = CancelOrder {
            cancel_id: format!("c{:011}", self.orders.fetch_add(1, Ordering::SeqCst)),
            order_id: charged.order_id.clone(),
            amount: won(amount),
            balance,
            partly_cancelled: balance < receipt.amount.minor,
            reason: "고객 변심".to_owned(),
            at_ms: NOW_MS,
        };
        let cancelled = self
            .gateway
            .cancel(&self.wire, &self.channel, receipt, &order);
        match cancelled.await {
            // This PG decides later, and tells by a notice.
            Outcome::Pending(_) => self.told_of_cancel(receipt, &order).await,
            decided => decided,
        }
    }

    /// How a cancel that the PG took ended, by the PG's own notice.
    async fn told_of_cancel(&self, receipt: &Receipt, order: &CancelOrder) -> Outcome {
        self.time_passes(10_000).await;
        for notice in self.take_notices() {
            let NoticeSays::Word(word) = self.gateway.read_notice(&self.channel, &notice) else {
                continue;
            };
            if word.order_id != order.order_id || word.pg_tid != receipt.pg_tid {
                continue;
            }
            let amount = match word.news {
                News::CancelledAll { .. } => order.balance,
                News::CancelledPart {
                    amount, cancel_id, ..
                } => {
                    assert_eq!(cancel_id.as_deref(), Some(order.cancel_id.as_str()));
                    Money::parse(&amount, order.amount.currency)
                        .expect("an amount")
                        .minor
                }
                _ => continue,
            };
            let amount = Money::new(amount, order.amount.currency);
            return Outcome::Approved(Receipt {
                amount,
                ..receipt.clone()
            });
        }
        Outcome::Unknown("no notice came".to_owned())
    }

    /// Moves the PG's clock and runs its timers, until nothing is due.
    pub async fn time_passes(&self, ms: i64) {
        let until = self.clock.now_ms() + ms;
        while let Some(due) = self.simulator.next_due_ms().filter(|due| *due <= until) {
            let now = due.max(self.clock.now_ms());
            self.clock.0.store(now, Ordering::SeqCst);
            self.simulator.run_due(now).await;
        }
        self.clock.0.store(until, Ordering::SeqCst);
    }

    /// The notices that came since the last time.
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.came.lock().expect("no panic"))
    }

    pub async fn inquire(&self, order: &ChargeOrder, pg_tid: Option<&str>) -> Inquired {
        let inquiry = Inquiry {
            order_id: order.order_id.clone(),
            amount: order.amount,
            customer_uid: "gildong_0001_1234".to_owned(),
            issues_key: false,
            sent_at_ms: NOW_MS,
            pg_tid: pg_tid.map(str::to_owned),
            at_ms: NOW_MS,
        };
        let inquired = self.gateway.inquire(&self.wire, &self.channel, &inquiry);
        inquired.await
    }

    /// Asks by the order number alone, an hour after the charge.
    pub async fn inquire_later(&self, order: &ChargeOrder) -> Inquired {
        let inquiry = Inquiry {
            order_id: order.order_id.clone(),
            amount: order.amount,
            customer_uid: "gildong_0001_1234".to_owned(),
            issues_key: false,
            sent_at_ms: NOW_MS,
            pg_tid: None,
            at_ms: NOW_MS + 60 * 60 * 1000,
        };
        let inquired = self.gateway.inquire(&self.wire, &self.channel, &inquiry);
        inquired.await
    }

    /// What the PG believes it did for an order.
    pub fn journal(&self, order_id: &str) -> Vec<Line> {
        let query = Query {
            order_id: Some(order_id.to_owned()),
            ..Query::default()
        };
        let lines = self.world.journal().entries(&query);
        lines.expect("a journal")
    }

    /// How many keys the PG made for an order.
    pub fn keys_made(&self, order_id: &str) -> usize {
        let lines = self.journal(order_id);
        let keys = lines
            .iter()
            .filter(|line| line.deed.kind == Deed::KeyIssued);
        keys.count()
    }

    /// How much the PG took for an order, approval by approval.
    pub fn taken(&self, order_id: &str) -> Vec<i64> {
        self.amounts(order_id, Deed::Approval)
    }

    /// How much the PG gave back for an order, cancel by cancel.
    pub fn given_back(&self, order_id: &str) -> Vec<i64> {
        self.amounts(order_id, Deed::Refund)
    }

    fn amounts(&self, order_id: &str, kind: Deed) -> Vec<i64> {
        let lines = self.journal(order_id);
        let of_kind = lines.iter().filter(|line| line.deed.kind == kind);
        of_kind.filter_map(|line| line.deed.amount).collect()
    }

    /// How many requests the PG has seen.
    pub fn calls(&self) -> usize {
        self.world.calls().after(Some(self.provider()), 0).len()
    }
}

pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

fn person() -> Person {
    Person {
        name: Some("홍길동".to_owned()),
        email: Some("hong@example.com".to_owned()),
        tel: Some("010-1234-5678".to_owned()),
        ..Person::default()
    }
}

/// An issue's end for a message, without the key.
pub fn told(issue: &Issue) -> String {
    match issue {
        Issue::Issued(_) => "issued".to_owned(),
        Issue::Pending { why, .. } => format!("pending: {why}"),
        Issue::Refused(failure) => format!("refused: {failure:?}"),
        Issue::Unknown(why) => format!("unknown: {why}"),
    }
}
