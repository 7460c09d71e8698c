//! What two nodes can do to one schedule at once: one of them wins whole, and the other does nothing.

mod common;

use std::sync::atomic::{AtomicI64, Ordering};

use common::Place;
use dangol_domain::extra_event::UPCOMING_MS;
use dangol_domain::{
    Buyer, Currency, Device, Event, ExtraEvent, ExtraEvents, ImpUid, Order, Payment, Schedule,
    ScheduleState, State, Usage, UserCode,
};
use dangol_store::deliveries::Delivery;
use dangol_store::jobs::{Claim, Class, Job, Kind};
use dangol_store::merchants::MerchantRecord;
use dangol_store::schedules::{self, Begin};
use dangol_store::{Db, deliveries, jobs, merchants, payments, upcoming};

on_both_engines!(
    of_many_who_execute_it_one_does,
    a_revoked_schedule_is_not_executed_and_an_executed_one_not_revoked,
    what_was_moved_is_not_executed_as_it_was,
    without_its_payment_a_schedule_stays_as_it_was,
    a_registration_is_made_whole_or_not_at_all,
    a_schedule_is_announced_only_as_it_stands,
);

const DUE: i64 = 1_000_000;
const DAY_MS: i64 = 86_400_000;

/// No two writes have the same number.
static WRITES: AtomicI64 = AtomicI64::new(10_000);

fn merchant() -> UserCode {
    UserCode::parse("imp00000000").expect("a user code")
}

async fn nodes(place: &Place) -> [Db; 2] {
    let first = place.open().await;
    first.migrate().await.expect("the product's own schema");
    [first, place.open().await]
}

fn order() -> Order {
    Order {
        name: None,
        buyer: Buyer::default(),
        pay_method: "card".to_owned(),
        device: Device::Api,
        usage: Some(Usage::Scheduled),
        pg_provider: "any".to_owned(),
        pg_id: "shop".to_owned(),
        sandbox: true,
        quota: 0,
        tax_free: None,
        vat: None,
        custom_data: None,
        notice_urls: Vec::new(),
        browser_ip: None,
        user_agent: None,
    }
}

fn schedule(n: u64) -> Schedule {
    Schedule {
        merchant: merchant(),
        schedule_id: format!("schedule_{n}"),
        merchant_uid: format!("order-{n}"),
        customer_uid: "customer".to_owned(),
        state: ScheduleState::Scheduled,
        version: 1,
        due_at: DUE,
        made_at: 1,
        executed_at: None,
        revoked_at: None,
        amount: 3_000,
        currency: Currency::KRW,
        order: order(),
        trouble: None,
        execution: None,
        has_key: false,
    }
}

fn payment(s: &Schedule, imp_uid: u64) -> Payment {
    Payment {
        merchant: s.merchant.clone(),
        imp_uid: ImpUid::api(imp_uid),
        merchant_uid: s.merchant_uid.clone(),
        customer_uid: Some(s.customer_uid.clone()),
        channel_key: "channel".to_owned(),
        state: State::Sending,
        version: 1,
        amount: s.amount,
        cancelled: 0,
        currency: s.currency,
        started_at: DUE,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: s.order.clone(),
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}

fn resolve(payment: &Payment) -> Job {
    Job {
        due_at: 2 * DUE,
        kind: Kind::ResolveOpen,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    }
}

/// Executes a schedule by a payment of this number; whether it did.
async fn execute(db: &Db, s: &Schedule, number: u64) -> bool {
    let payment = payment(s, number);
    let begin = Begin {
        schedule: s,
        payment: &payment,
        event: Event::Send,
        resolve: Some(resolve(&payment)),
        done: Some(&schedules::job(s)),
        deliveries: &[],
        write_id: WRITES.fetch_add(1, Ordering::Relaxed),
    };
    schedules::begin(db, begin).await.expect("the store")
}

async fn found(db: &Db, s: &Schedule) -> Schedule {
    let found = schedules::find(db, &s.merchant, &s.schedule_id).await;
    found.expect("the store").expect("a schedule")
}

async fn made(db: &Db, s: &Schedule) -> Vec<ImpUid> {
    let found = payments::find_all(db, &s.merchant, &s.merchant_uid).await;
    let found = found.expect("the store").into_iter();
    found.map(|payment| payment.imp_uid).collect()
}

async fn jobs_waiting(db: &Db) -> Vec<(String, i64)> {
    jobs::pending(db).await.expect("the store")
}

async fn of_many_who_execute_it_one_does(place: Place) {
    let nodes = nodes(&place).await;
    for round in 0..20 {
        let s = schedule(round);
        let all = [s.clone()];
        assert!(
            schedules::register(&nodes[0], &all, 900 + round as i64)
                .await
                .expect("the store")
        );
        let number = |n: u64| 1_000 + round * 10 + n;
        let tries = (0..8).map(|n| execute(&nodes[n as usize % 2], &s, number(n)));
        let won: Vec<bool> = futures::future::join_all(tries).await;
        let winners: Vec<ImpUid> = won
            .iter()
            .zip(0..)
            .filter(|(won, _)| **won)
            .map(|(_, n)| ImpUid::api(number(n)))
            .collect();
        assert_eq!(winners.len(), 1, "{won:?}");
        assert_eq!(made(&nodes[1], &s).await, winners);
        let after = found(&nodes[0], &s).await;
        let execution = after.execution.expect("its payment");
        assert_eq!(
            (after.state, after.version, execution.imp_uid),
            (ScheduleState::Executed, 2, winners[0].clone())
        );
    }
    let resolving = ("resolve_open".to_owned(), 20);
    assert_eq!(
        jobs_waiting(&nodes[0]).await,
        [resolving],
        "no schedule's job is left"
    );
}

async fn a_revoked_schedule_is_not_executed_and_an_executed_one_not_revoked(place: Place) {
    let [a, b] = nodes(&place).await;
    for round in 0..20 {
        let s = schedule(round);
        let all = [s.clone()];
        schedules::register(&a, &all, 900 + round as i64)
            .await
            .expect("the store");
        let (executed, revoked) = futures::join!(
            execute(&a, &s, 100 + round),
            schedules::revoke(&b, &all, DUE, 500 + round as i64)
        );
        let revoked = revoked.expect("the store");
        assert_ne!(executed, revoked.len() == 1, "one of the two");
        assert_eq!(made(&a, &s).await.len(), usize::from(executed));
        let expected = match executed {
            true => ScheduleState::Executed,
            false => ScheduleState::Revoked,
        };
        assert_eq!(found(&b, &s).await.state, expected);
    }
}

async fn what_was_moved_is_not_executed_as_it_was(place: Place) {
    let [a, b] = nodes(&place).await;
    let read = schedule(1);
    schedules::register(&a, std::slice::from_ref(&read), 900)
        .await
        .expect("the store");
    let moved = schedules::set_time(&b, &read, 5 * DUE, 1, 901).await;
    assert!(moved.expect("the store"));
    assert!(!execute(&a, &read, 1).await, "it has another version");
    assert!(made(&a, &read).await.is_empty());
    let now = found(&a, &read).await;
    assert_eq!((now.due_at, now.version), (5 * DUE, 2));
    // The job of the time before is left and finds nothing to do; the new one names the new version.
    let old = jobs::of_subject(&a, "schedule_1/1")
        .await
        .expect("the store");
    let new = jobs::of_subject(&a, "schedule_1/2")
        .await
        .expect("the store");
    assert_eq!(
        (old, new),
        (vec![schedules::job(&read)], vec![schedules::job(&now)])
    );
    assert!(execute(&a, &now, 2).await);
    let twice = schedules::set_time(&b, &now, 9 * DUE, 1, 902).await;
    assert!(!twice.expect("the store"), "it is executed by now");
}

async fn without_its_payment_a_schedule_stays_as_it_was(place: Place) {
    let [a, _] = nodes(&place).await;
    let (first, second) = (schedule(1), schedule(2));
    schedules::register(&a, &[first.clone(), second.clone()], 900)
        .await
        .expect("the store");
    assert!(execute(&a, &first, 7).await);
    let before = found(&a, &second).await;
    assert!(!execute(&a, &second, 7).await, "the imp_uid exists");
    assert_eq!(found(&a, &second).await, before);
    assert!(made(&a, &second).await.is_empty());
    let job = jobs::of_subject(&a, "schedule_2/1").await;
    assert_eq!(job.expect("the store").len(), 1, "its job is there");
    assert!(execute(&a, &second, 8).await);
}

async fn a_registration_is_made_whole_or_not_at_all(place: Place) {
    let [a, b] = nodes(&place).await;
    let all: Vec<Schedule> = (0..5).map(schedule).collect();
    let mut other = schedule(9);
    other.merchant_uid = all[3].merchant_uid.clone();
    assert!(
        schedules::register(&b, &[other], 900)
            .await
            .expect("the store")
    );
    assert!(!schedules::register(&a, &all, 901).await.expect("the store"));
    for s in &all {
        let found = schedules::find(&a, &s.merchant, &s.schedule_id).await;
        assert!(found.expect("the store").is_none(), "{}", s.schedule_id);
    }
    assert_eq!(jobs_waiting(&a).await, [("pay_schedule".to_owned(), 1)]);
    // Two at once for the same merchant_uids: one has all of them.
    let (of_a, of_b): (Vec<_>, Vec<_>) = (10..15)
        .map(|n| {
            let twin = Schedule {
                schedule_id: format!("twin_{n}"),
                ..schedule(n)
            };
            (schedule(n), twin)
        })
        .unzip();
    let (won_a, won_b) = futures::join!(
        schedules::register(&a, &of_a, 902),
        schedules::register(&b, &of_b, 903)
    );
    assert_ne!(won_a.expect("the store"), won_b.expect("the store"));
    assert_eq!(jobs_waiting(&a).await, [("pay_schedule".to_owned(), 6)]);
}

/// Schedules a year ahead, of a merchant who has them announced.
async fn far_ahead(db: &Db, count: u64) -> Vec<Schedule> {
    let record = MerchantRecord {
        merchant: merchant(),
        name: "shop".to_owned(),
        imp_key: "key".to_owned(),
        secret_hash: String::new(),
        data_key: String::new(),
        webhook_url: None,
        webhook_type: "application/json".to_owned(),
        created_at: 0,
        confirm_url: None,
        webhook_first: false,
        webhook_events: ExtraEvents::default(),
    };
    assert!(merchants::insert(db, &record).await.expect("the store"));
    let events = [ExtraEvent::ScheduleUpcoming].into_iter().collect();
    let set = merchants::set_events(db, &record.merchant, &events, 0).await;
    set.expect("the store");
    let far = |n| Schedule {
        due_at: 365 * DAY_MS,
        ..schedule(n)
    };
    let all: Vec<Schedule> = (1..=count).map(far).collect();
    assert!(schedules::register(db, &all, 900).await.expect("the store"));
    all
}

fn announcement(s: &Schedule) -> Delivery {
    Delivery {
        merchant: s.merchant.clone(),
        delivery_id: deliveries::delivery_id(1, &s.schedule_id),
        imp_uid: None,
        url: "https://shop.example/hook".to_owned(),
        content_type: "application/json".to_owned(),
        body: "{}".to_owned(),
        state: "queued".to_owned(),
        created_at: 1,
    }
}

async fn a_schedule_is_announced_only_as_it_stands(place: Place) {
    let [a, b] = nodes(&place).await;
    let all = far_ahead(&a, 3).await;
    let claim = |now: i64, lease: i64| Claim {
        class: Class::Payments,
        now,
        lease_ms: 1_000,
        lease,
        limit: 10,
    };
    let week_before = all[0].due_at - UPCOMING_MS;
    let early = jobs::claim(&a, claim(week_before - 1, 1)).await;
    assert!(early.expect("the store").is_empty());
    let held = jobs::claim(&a, claim(week_before, 2))
        .await
        .expect("the store");
    assert_eq!(held.len(), 3);
    assert!(
        held.iter()
            .all(|held| held.job.kind == Kind::NotifyUpcoming)
    );
    let held_of = |s: &Schedule| {
        let mut held = held.iter();
        let found = held.find(|held| held.job.subject.starts_with(&format!("{}/", s.schedule_id)));
        found.expect("its job").clone()
    };
    // One is revoked, and another one's job is taken over, while they are about to be announced.
    let revoked = schedules::revoke(&b, &all[..1], 2, 901).await;
    assert_eq!(revoked.expect("the store").len(), 1);
    let mut stale = held_of(&all[1]);
    stale.lease = 3;
    for (s, held, announced) in [
        (&all[0], held_of(&all[0]), false),
        (&all[1], stale, false),
        (&all[2], held_of(&all[2]), true),
    ] {
        let done = upcoming::announce(&a, s, &announcement(s), &held).await;
        assert_eq!(done.expect("the store"), announced, "{}", s.schedule_id);
        let queued = deliveries::find(&b, &s.merchant, &announcement(s).delivery_id).await;
        let queued = queued.expect("the store");
        assert_eq!(queued, announced.then(|| announcement(s)));
        let job = jobs::of_subject(&b, &announcement(s).delivery_id).await;
        assert_eq!(job.expect("the store").len(), usize::from(announced));
    }
    // What was announced, or has nothing to announce, is not tried again; the other one is.
    let again = jobs::claim(&b, claim(week_before + 1_000, 4)).await;
    let again: Vec<String> = again
        .expect("the store")
        .into_iter()
        .map(|held| held.job.subject)
        .collect();
    assert_eq!(again, [held_of(&all[1]).job.subject]);
}
