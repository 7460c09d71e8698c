//! The flows that are cut: a charge, and the issue of a key with its window.

use dangol_domain::{Buyer, Device, UserCode};
use dangol_engine::flow::cancel::{Cancellation, cancel};
use dangol_engine::flow::charge_again::charge_again;
use dangol_engine::flow::close_window::close_window;
use dangol_engine::flow::open_window::{Opened, open_window};
use dangol_engine::flow::prepare::{Params, prepare};
use dangol_engine::flow::schedule::{Entry, Registration, register as register_schedules};
use dangol_engine::flow::{Again, Prepare};
use dangol_engine::{Engine, jobs};
use dangol_gateway::contract::{HandOff, Way, WindowReturn};
use dangol_gateway::profile::{AmountAtIssue, FrameKind, Kind};
use dangol_gateway::wire::{Method, Request};
use dangol_harness::form::Form;
use dangol_store::merchants::MerchantRecord;
use std::sync::Arc;

use crate::key_in::pay_by_card;
use crate::world::{CONFIRM_NO, CONFIRM_YES, MERCHANT, Stage};

/// The customer whose card was registered before the sweep.
pub const CUSTOMER: &str = "registered";
pub const CARD: &str = "4242 4242 4242 4242";
/// What the merchant_uid of an order begins with about which the merchant is asked.
pub const CONFIRMED: &str = "confirmed-";
/// Longer than the last inquiry's pause.
const REST_MS: i64 = 4 * 24 * 3600 * 1000;

/// What is about to be looked at.
#[derive(Clone)]
pub struct Orders {
    /// The merchant_uid.
    pub merchant_uid: String,
    /// The billing key that the script makes.
    pub issues: Option<String>,
}

/// Something that a caller does. Played again, it is the same caller trying once more.
pub trait Script: Clone + Send + 'static {
    const NAME: &'static str;
    /// The state in which it ends when nothing is cut.
    const ENDS_WELL: &'static str = "paid";
    /// Whether a caller who tries again gets an attempt in any case.
    const ATTEMPTS: bool = true;
    /// The PGs where it can be played.
    const KIND: Kind = Kind::Payment;
    fn new(number: String) -> Self;
    fn orders(&self) -> Orders;
    fn play(self, stage: Stage) -> impl Future<Output = ()> + Send + 'static;
}

/// `again`, and what falls due at once.
#[derive(Clone)]
pub struct Charge(String);

impl Script for Charge {
    const NAME: &'static str = "charge";

    fn new(number: String) -> Charge {
        Charge(format!("charge-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: None,
        }
    }

    async fn play(self, stage: Stage) {
        let again = Again {
            customer_uid: CUSTOMER.to_owned(),
            merchant_uid: self.0,
            amount: "3000".to_owned(),
            ..Again::default()
        };
        // A refusal is an answer too: the first try may have been paid.
        let _ = charge_again(&stage.engine, &merchant(&stage.engine).await, again).await;
        now_due(&stage).await;
    }
}

/// A schedule that is registered and falls due ten minutes later.
#[derive(Clone)]
pub struct Scheduled(String);

impl Script for Scheduled {
    const NAME: &'static str = "scheduled";

    fn new(number: String) -> Scheduled {
        Scheduled(format!("scheduled-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: None,
        }
    }

    async fn play(self, stage: Stage) {
        run_schedule(stage, self.0, None).await;
    }
}

/// As [`Scheduled`], after an amount that is charged to prove the card and given back.
#[derive(Clone)]
pub struct Checked(String);

impl Script for Checked {
    const NAME: &'static str = "checked";
    /// A machine that is slow to prove the card schedules nothing.
    const ATTEMPTS: bool = false;

    fn new(number: String) -> Checked {
        Checked(format!("checked-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: None,
        }
    }

    async fn play(self, stage: Stage) {
        run_schedule(stage, self.0, Some("1000".to_owned())).await;
    }
}

async fn run_schedule(stage: Stage, merchant_uid: String, checking_amount: Option<String>) {
    // Longer than what passes while a second try is under way.
    const IN_MS: i64 = 600_000;
    let again = Again {
        customer_uid: CUSTOMER.to_owned(),
        merchant_uid,
        amount: "3000".to_owned(),
        ..Again::default()
    };
    let registration = Registration {
        customer_uid: CUSTOMER.to_owned(),
        checking_amount,
        entries: vec![Entry {
            again,
            at_ms: stage.engine.now_ms() + IN_MS,
        }],
    };
    let merchant = merchant(&stage.engine).await;
    // A refusal is an answer too: the first try may have been registered.
    let _ = register_schedules(&stage.engine, &merchant, registration).await;
    jobs::advance(&stage.engine, &stage.timers, IN_MS + 1_000)
        .await
        .expect("the store");
}

/// `again`, then all of it given back, and what falls due at once.
#[derive(Clone)]
pub struct GiveBack(String);

impl Script for GiveBack {
    const NAME: &'static str = "give back";
    const ENDS_WELL: &'static str = "cancelled";

    fn new(number: String) -> GiveBack {
        GiveBack(format!("give-back-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: None,
        }
    }

    async fn play(self, stage: Stage) {
        let merchant_uid = Some(self.0.clone());
        Charge(self.0).play(stage.clone()).await;
        let all = Cancellation {
            merchant_uid,
            reason: "changed my mind".to_owned(),
            ..Cancellation::default()
        };
        // A refusal is an answer too: the charge may be open, the first try may have been given back.
        let _ = cancel(&stage.engine, &merchant(&stage.engine).await, all).await;
        now_due(&stage).await;
    }
}

/// A whole window, and what falls due at once. A second play is the buyer who starts anew from the shop.
#[derive(Clone)]
pub struct Issue(String);

impl Script for Issue {
    const NAME: &'static str = "issue";

    fn new(number: String) -> Issue {
        Issue(format!("issue-{number}"))
    }

    fn orders(&self) -> Orders {
        Orders {
            merchant_uid: self.0.clone(),
            issues: Some(format!("customer of {}", self.0)),
        }
    }

    async fn play(self, stage: Stage) {
        issue(stage, self.orders(), None).await;
    }
}

/// As [`Issue`], when the merchant's server says yes to it.
#[derive(Clone)]
pub struct Confirmed(String);

impl Script for Confirmed {
    const NAME: &'static str = "confirmed";

    fn new(number: String) -> Confirmed {
        Confirmed(format!("{CONFIRMED}{number}"))
    }

    fn orders(&self) -> Orders {
        Issue(self.0.clone()).orders()
    }

    async fn play(self, stage: Stage) {
        issue(stage, self.orders(), Some(CONFIRM_YES)).await;
    }
}

/// As [`Issue`], when the merchant's server says no to it.
#[derive(Clone)]
pub struct Refused(String);

impl Script for Refused {
    const NAME: &'static str = "refused";
    const ENDS_WELL: &'static str = "failed";
    const ATTEMPTS: bool = false;

    fn new(number: String) -> Refused {
        Refused(format!("{CONFIRMED}not-{number}"))
    }

    fn orders(&self) -> Orders {
        Issue(self.0.clone()).orders()
    }

    async fn play(self, stage: Stage) {
        issue(stage, self.orders(), Some(CONFIRM_NO)).await;
    }
}

async fn issue(stage: Stage, orders: Orders, confirm_url: Option<&str>) {
    let customer_uid = orders.issues.expect("it issues");
    register(
        stage.clone(),
        customer_uid,
        orders.merchant_uid,
        confirm_url,
    )
    .await;
    now_due(&stage).await;
}

pub async fn merchant(engine: &Engine) -> Arc<MerchantRecord> {
    let code = UserCode::parse(MERCHANT).expect("a user code");
    engine
        .merchant(&code)
        .await
        .expect("the store")
        .expect("the merchant")
}

pub async fn now_due(stage: &Stage) {
    jobs::advance(&stage.engine, &stage.timers, 1000)
        .await
        .expect("the store");
}

/// What the dead engine left falls due, but no window's time is over.
pub async fn a_while_passes(stage: Stage) {
    jobs::advance(&stage.engine, &stage.timers, 120_000)
        .await
        .expect("the store");
}

/// Everything that can ever fall due.
pub async fn come_to_rest(stage: Stage) {
    jobs::advance(&stage.engine, &stage.timers, REST_MS)
        .await
        .expect("the store");
}

/// Registers a card through a phone's window, as far as the shop lets; the return arrives twice.
pub async fn register(
    stage: Stage,
    customer_uid: String,
    merchant_uid: String,
    confirm_url: Option<&str>,
) {
    if stage.kind == Kind::ApiPayment {
        return pay_by_card(&stage, customer_uid, merchant_uid).await;
    }
    let engine = &stage.engine;
    let charges = stage.facts.amount_at_issue == AmountAtIssue::AlwaysCharged;
    let params = Params {
        merchant_uid,
        customer_uid,
        amount: if charges { "3000" } else { "0" }.to_owned(),
        pay_method: "card".to_owned(),
        name: Some("최초인증결제".to_owned()),
        buyer: Buyer {
            name: Some("홍길동".to_owned()),
            tel: Some("010-1234-5678".to_owned()),
            email: Some("hong@shop.example".to_owned()),
            ..Buyer::default()
        },
        language: "ko".to_owned(),
        redirect_url: Some("https://shop.example/done".to_owned()),
        confirm_url: confirm_url.map(str::to_owned),
        extra: serde_json::json!({}),
        ..Params::default()
    };
    let request = Prepare {
        user_code: MERCHANT.to_owned(),
        channel_key: None,
        pg: None,
        device: Device::Mobile,
        frame: Some(FrameKind::Redirect),
        origin: None,
        nonce: format!("{:032x}", crate::cut::drawn()),
        user_agent: None,
        params,
    };
    // The merchant_uid may be held by an attempt of the dead engine: then there is no second window.
    let Ok(prepared) = prepare(engine, request).await else {
        return;
    };
    let window_id = prepared
        .window_url
        .rsplit('/')
        .next()
        .expect("a path")
        .to_owned();
    let opened = open_window(engine, &window_id, &prepared.token)
        .await
        .expect("the store");
    let Ok(Opened::HandOff { hand_off, .. }) = opened else {
        panic!("a fresh window opens");
    };
    let fields = go_through(&stage, &hand_off).await;
    for _ in 0..2 {
        let returned = WindowReturn {
            fields: fields.clone(),
        };
        let closed = close_window(engine, &window_id, returned, None).await;
        assert!(
            closed.expect("the store").is_ok(),
            "the PG's own return is ours"
        );
    }
}

/// A buyer at the PG, who does not die with the engine.
async fn go_through(stage: &Stage, hand_off: &HandOff) -> Vec<(String, Vec<u8>)> {
    let mut form = entrance(hand_off);
    for _ in 0..12 {
        let answer = stage
            .outside
            .answer(submit(&form))
            .await
            .expect("the PG answers");
        let page = String::from_utf8(answer.body).expect("the simulators' pages are UTF-8");
        let at = form.action.clone();
        form = Form::first(&page).unwrap_or_else(|| panic!("no form at {at}: {page}"));
        if page.contains("data-result-to") {
            return scripted(hand_off, &form);
        }
        if form.action.starts_with("http://main.test/") {
            let raw = |(name, value): (String, String)| (name, value.into_bytes());
            return form.fields.into_iter().map(raw).collect();
        }
        if !form.action.contains("://") {
            form.action = format!("http://pg.test{}", form.action);
        }
        if form.is_a_step() {
            form.go_on(CARD);
        }
    }
    panic!("the window has no end");
}

/// The form by which a browser gets to the PG: the page's own, or the one that the PG's script shows.
fn entrance(hand_off: &HandOff) -> Form {
    let mut fields = hand_off.fields.clone();
    let (method, url) = match &hand_off.way {
        Way::Form { url, method } => (*method, url.clone()),
        Way::Script { url } => {
            fields.push(("page_origin".to_owned(), "http://main.test".to_owned()));
            ("post", url.replace("/brick/brick.js", "/brick/form"))
        }
    };
    let form = format!("<form action=\"{url}\" method=\"{method}\"></form>");
    let mut form = Form::first(&form).expect("a form");
    form.fields = fields;
    form
}

/// What our page sends to us after the PG's script told it the result.
fn scripted(hand_off: &HandOff, result: &Form) -> Vec<(String, Vec<u8>)> {
    let told = |ours: &str| match ours {
        "brick_token" => result.field("token"),
        "brick_fingerprint" => result.field("fingerprint"),
        _ => None,
    };
    let fields = hand_off.fields.iter();
    fields
        .map(|(name, value)| {
            let value = told(name).unwrap_or(value);
            (name.clone(), value.as_bytes().to_vec())
        })
        .collect()
}

/// A form as a browser sends it.
fn submit(form: &Form) -> Request {
    let (url, body) = (form.action.clone(), form.body());
    let mut request = Request::post(url, "application/x-www-form-urlencoded", body);
    if form.by_get {
        request.method = Method::Get;
        let query = String::from_utf8(std::mem::take(&mut request.body)).expect("percent-encoded");
        if !query.is_empty() {
            let (path, _) = request.url.split_once('?').unwrap_or((&request.url, ""));
            request.url = format!("{path}?{query}");
        }
    }
    request
}
