//! What must hold once everything is at rest.

use std::collections::BTreeSet;

use dangol_domain::{CancelState, Event, ImpUid, Payment, ScheduleState, State, UserCode, state};
use dangol_gateway::profile::{InquiryBy, Profile};
use dangol_gateway::sandbox::journal::{Kind, Query};
use dangol_store::{billing_keys, jobs, payments, schedules};

use crate::scripts::{CONFIRMED, Orders};
use crate::world::{MERCHANT, Stage};

/// The states in which payments ended, over a whole sweep.
#[derive(Default)]
pub struct Ends(BTreeSet<&'static str>);

impl Ends {
    pub fn saw(&mut self, state: State) {
        self.0.insert(match state {
            State::Paid => "paid",
            State::NeedsReview => "in review",
            State::Failed => "failed",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
            // Its cancel is left to a person.
            State::CancelPending => "cancel in review",
            other => panic!("{other:?} is no rest"),
        });
    }

    /// A sweep that ends the same way everywhere has cut nothing. A PG that can be asked by order number leaves nothing
    /// for review, so that only the good end, `well`, is sure.
    pub fn vary(&self, provider: &str, well: &str) {
        assert!(self.0.contains(well), "{provider}: {:?}", self.0);
        assert!(self.0.len() > 1, "{provider}: always {:?}", self.0);
    }
}

/// Holds everything about one order; the states of its payments.
pub async fn holds(stage: Stage, orders: Orders, at: String, retried: bool) -> Vec<State> {
    let merchant = UserCode::parse(MERCHANT).expect("a user code");
    let db = &stage.engine.db;
    let all = payments::find_all(db, &merchant, &orders.merchant_uid)
        .await
        .expect("the store");
    let mut approvals = 0;
    for payment in &all {
        approvals += agrees_with_the_pg(&stage, payment, &at);
        replays(&stage, payment, &at).await;
        let left = jobs::of_subject(db, payment.imp_uid.as_str())
            .await
            .expect("the store");
        assert!(
            left.is_empty(),
            "{at}: a job of {} is left",
            payment.imp_uid
        );
        let webhooks = stage.outside.webhooks_about(payment.imp_uid.as_str());
        assert!(
            payment.state != State::Paid || webhooks > 0,
            "{at}: nobody was told of {}",
            payment.imp_uid
        );
    }
    assert!(
        approvals <= 1,
        "{at}: {approvals} approvals of one merchant_uid"
    );
    let live = all
        .iter()
        .filter(|payment| payment.state.holds_uid())
        .count();
    assert!(live <= 1, "{at}: {live} payments hold one merchant_uid");
    if retried {
        // Where the PG can be asked, it may say that the attempt which the second try joined never arrived. Elsewhere
        // nobody can say so, and the attempt stays.
        let told = all.iter().any(|payment| {
            payment.state == State::Failed && facts(payment).inquiry == InquiryBy::OrderId
        });
        assert!(
            live == 1 || told,
            "{at}: whoever tries again gets an attempt"
        );
    }
    executed_once(&stage, &merchant, &orders.merchant_uid, &all, &at).await;
    if let Some(customer_uid) = &orders.issues {
        key_exists_if_issued(&stage, &merchant, customer_uid, &all, &at).await;
    }
    all.iter().map(|payment| payment.state).collect()
}

/// A schedule, where there is one, ran and is over: by the one payment that it names.
async fn executed_once(
    stage: &Stage,
    merchant: &UserCode,
    merchant_uid: &str,
    all: &[Payment],
    at: &str,
) {
    let db = &stage.engine.db;
    let found = schedules::find_uid(db, merchant, merchant_uid)
        .await
        .expect("the store");
    let Some(schedule) = found else { return };
    assert_eq!(schedule.state, ScheduleState::Executed, "{at}");
    let executed: Vec<&ImpUid> = schedule.execution.iter().map(|ran| &ran.imp_uid).collect();
    let made: Vec<&ImpUid> = all.iter().map(|payment| &payment.imp_uid).collect();
    assert_eq!(executed, made, "{at}: one payment of a schedule");
    let left = jobs::pending(db).await.expect("the store");
    assert!(
        left.iter().all(|(kind, _)| kind != "pay_schedule"),
        "{at}: {left:?}"
    );
}

fn facts(payment: &Payment) -> &'static Profile {
    let entry = dangol_gateway::find(&payment.order.pg_provider).expect("a gateway");
    entry.gateway.profile()
}

/// The PG's books and ours, for one attempt: to the won, at most once, and nothing failed that was approved.
fn agrees_with_the_pg(stage: &Stage, payment: &Payment, at: &str) -> usize {
    let query = Query {
        order_id: Some(payment.imp_uid.to_string()),
        ..Query::default()
    };
    let deeds = stage.pg.journal().entries(&query).expect("a journal");
    let of = |kind: Kind| deeds.iter().filter(move |entry| entry.deed.kind == kind);
    let taken: Vec<_> = of(Kind::Approval)
        .filter(|entry| !entry.deed.test)
        .filter_map(|entry| entry.deed.amount)
        .collect();
    let keys = of(Kind::KeyIssued).count();
    let (imp_uid, state) = (&payment.imp_uid, payment.state);
    assert!(
        taken.len() <= 1 && keys <= 1,
        "{at}: {imp_uid} was carried out twice: {taken:?}, {keys} keys"
    );
    let given_back: Vec<_> = of(Kind::Refund)
        .filter_map(|entry| entry.deed.amount)
        .collect();
    gives_back_once(payment, &given_back, at);
    let agreed = stage.outside.agreed_to(imp_uid.as_str());
    if payment.merchant_uid.starts_with(CONFIRMED) && !agreed {
        // Nothing was asked of the PG, so nothing is open either. Below: and the PG did nothing.
        let over = matches!(state, State::Failed | State::Expired);
        assert!(over, "{at}: {imp_uid} is {state:?} without a yes");
    }
    let charges = payment.amount > 0;
    match state {
        State::Cancelled | State::CancelPending => {
            assert_eq!(taken, [payment.amount], "{at}: {imp_uid} is {state:?}");
        }
        State::Paid if charges => assert_eq!(taken, [payment.amount], "{at}: {imp_uid} is paid"),
        State::Paid => assert_eq!((taken.len(), keys), (0, 1), "{at}: {imp_uid} is issued"),
        State::NeedsReview => {}
        // This PG makes the key in its own window, before anybody comes back with it.
        _ if payment.order.pg_provider == "payco" => {
            assert!(taken.is_empty(), "{at}: {imp_uid} is {state:?}");
        }
        _ => assert_eq!((taken.len(), keys), (0, 0), "{at}: {imp_uid} is {state:?}"),
    }
    taken.len()
}

/// What the PG gave back and what we say of it: to the won, once, and what we do not know is left to a person.
fn gives_back_once(payment: &Payment, given_back: &[i64], at: &str) {
    let imp_uid = &payment.imp_uid;
    assert!(
        given_back.len() <= 1,
        "{at}: {imp_uid} was given back twice"
    );
    let open = payment.open_cancel();
    if let Some(cancel) = open {
        assert_eq!(
            cancel.state,
            CancelState::Unknown,
            "{at}: {imp_uid} is at rest"
        );
    } else {
        assert_eq!(
            given_back.iter().sum::<i64>(),
            payment.cancelled,
            "{at}: {imp_uid}"
        );
    }
}

/// The PG's whole journal: it did nothing that we do not know of, and took money for a merchant_uid once.
pub async fn nothing_else_happened(stage: Stage) {
    let merchant = UserCode::parse(MERCHANT).expect("a user code");
    let mut charged = BTreeSet::new();
    for entry in stage
        .pg
        .journal()
        .entries(&Query::default())
        .expect("a journal")
    {
        let order = entry.deed.order_id.expect("every deed is about an order");
        let imp_uid = ImpUid::parse(&order).expect("our order number");
        let payment = payments::find(&stage.engine.db, &merchant, &imp_uid).await;
        let payment = payment.expect("the store");
        let payment =
            payment.unwrap_or_else(|| panic!("the PG carried out {order}, which nobody knows"));
        // What only proved a card is given back, or in review.
        let proves = payment.merchant_uid.starts_with("checking_");
        assert!(!proves || payment.state != State::Paid, "{order} is kept");
        let charges = entry.deed.kind == Kind::Approval && !entry.deed.test;
        assert!(
            !charges || charged.insert(payment.merchant_uid.clone()),
            "{} was charged twice",
            payment.merchant_uid
        );
    }
}

/// The history, played from its beginning, gives the row.
async fn replays(stage: &Stage, payment: &Payment, at: &str) {
    let events = payments::events(&stage.engine.db, &payment.merchant, &payment.imp_uid)
        .await
        .expect("the store");
    let mut now = State::Ready;
    for (n, record) in events.iter().enumerate() {
        let event = Event::ALL
            .into_iter()
            .find(|event| event.name() == record.event)
            .expect("a known event");
        now = state::next(now, event).unwrap_or_else(|illegal| panic!("{at}: {illegal}"));
        assert_eq!(record.state, now, "{at}: event {n} of {}", payment.imp_uid);
    }
    assert_eq!(payment.state, now, "{at}: {}", payment.imp_uid);
    let last = events.last().map_or(payment.version, |last| last.version);
    assert_eq!(payment.version, last, "{at}: {}", payment.imp_uid);
}

/// A key is here exactly if its payment says so, and it opens.
async fn key_exists_if_issued(
    stage: &Stage,
    merchant: &UserCode,
    customer_uid: &str,
    all: &[Payment],
    at: &str,
) {
    let engine = &stage.engine;
    let found = billing_keys::find(&engine.db, merchant, customer_uid)
        .await
        .expect("the store");
    let issued = all.iter().any(|payment| payment.state == State::Paid);
    assert_eq!(found.is_some(), issued, "{at}: the key of {customer_uid}");
    // The key and what is told of it are one commit; a crash may only have it told twice.
    let told = stage.outside.webhooks_with(&[
        "key.issued",
        &format!("\"customer_uid\":\"{customer_uid}\""),
    ]);
    assert_eq!(
        told > 0,
        issued,
        "{at}: told {told} times of {customer_uid}"
    );
    let Some(key) = found else { return };
    let record = engine
        .merchant(merchant)
        .await
        .expect("the store")
        .expect("the merchant");
    let context = dangol_vault::KeyContext {
        merchant: merchant.as_str(),
        customer_uid,
        pg: &key.record.pg_provider,
    };
    let opened = engine
        .vault
        .open_key(&record.data_key, &context, &key.sealed);
    let known = stage
        .pg
        .journal()
        .entries(&Query::default())
        .expect("a journal");
    let opened = opened.expect("the key opens");
    // A key may have further parts around the one that the PG writes down.
    let is_it = |key: &String| !key.is_empty() && opened.expose().contains(key.as_str());
    assert!(
        known
            .iter()
            .any(|entry| entry.deed.key.as_ref().is_some_and(is_it)),
        "{at}: the PG knows the key"
    );
}
