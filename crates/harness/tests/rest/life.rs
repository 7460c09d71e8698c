//! The life of a merchant_uid: in which state it may be used, by whom.

use dangol_harness::browser::card_params;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, GOOD_CARD, LIMIT_CARD, Shop};
use serde_json::json;

const USED: &str =
    "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";

/// The last state of a merchant_uid, and whether it may be used once more: by `request_pay`, by `again`, by a schedule.
const LIFE: &[(State, bool, bool, bool)] = &[
    (State::None, true, true, true),
    (State::Ready, true, true, true),
    (State::Failed, true, true, true),
    (State::Paid, false, false, false),
    (State::Cancelled, false, false, false),
    (State::PartlyCancelled, false, false, false),
    (State::Issued, false, false, false),
];

#[derive(Clone, Copy, Debug)]
enum State {
    None,
    Ready,
    Failed,
    Paid,
    Cancelled,
    PartlyCancelled,
    Issued,
}

pub async fn a_merchant_uid_lives_as_v1_has_it(engine: Engine) {
    let shop = Shop::open(engine).await;
    let mut browser = Browser::new(&shop.api);
    let landed = browser.register("poor", "card-poor", LIMIT_CARD).await;
    assert!(landed.success());
    for (state, request_pay, again, schedule) in LIFE {
        // Each use changes the state, so that each has an order of its own.
        let uid = bring(&shop, *state, "window").await;
        let prepared = Browser::new(&shop.api)
            .prepare(card_params("new", &uid))
            .await;
        let said = prepared.json();
        assert_eq!(
            said["code"] == 0,
            *request_pay,
            "{state:?} request_pay: {said}"
        );
        if !request_pay {
            assert_eq!(said["message"], USED);
        }
        let uid = bring(&shop, *state, "again").await;
        let charged = shop.again(CUSTOMER, &uid, 3000).await;
        assert_eq!(charged.code == 0, *again, "{state:?} again: {charged:?}");
        match again {
            true => assert_eq!(charged.payment()["status"], "paid", "{state:?}"),
            false => assert_eq!(
                (charged.status, charged.code, &*charged.message),
                (200, 1, USED)
            ),
        }
        let uid = bring(&shop, *state, "schedule").await;
        let entry =
            json!({ "merchant_uid": uid, "schedule_at": 4_102_444_800_i64, "amount": 3000 });
        let body = json!({ "customer_uid": CUSTOMER, "schedules": [entry] });
        let scheduled = shop.post("/subscribe/payments/schedule", &body).await;
        assert_eq!(
            scheduled.code == 0,
            *schedule,
            "{state:?} schedule: {scheduled:?}"
        );
        if !schedule {
            // V1's own text is unknown: ours names the merchant_uid.
            assert_eq!((scheduled.status, scheduled.code), (200, 1));
            assert!(scheduled.message.contains(&uid), "{scheduled:?}");
        }
    }
}

/// Brings a merchant_uid into a state.
async fn bring(shop: &Shop, state: State, by: &str) -> String {
    let uid = format!("{state:?}-{by}");
    let mut browser = Browser::new(&shop.api);
    match state {
        State::None => {}
        State::Ready => _ = browser.prepare_card("new", &uid).await,
        State::Failed => {
            let failed = shop.again("poor", &uid, 3000).await;
            assert_eq!(failed.payment()["status"], "failed");
        }
        State::Issued => {
            let landed = browser
                .register(&format!("customer-{by}"), &uid, GOOD_CARD)
                .await;
            assert!(landed.success());
        }
        State::Paid | State::Cancelled | State::PartlyCancelled => {
            let paid = shop.again(CUSTOMER, &uid, 3000).await;
            assert_eq!(paid.payment()["status"], "paid");
        }
    }
    let amount = match state {
        State::Cancelled => 3000,
        State::PartlyCancelled => 30,
        _ => return uid,
    };
    let cancel = json!({ "merchant_uid": uid, "amount": amount });
    let cancelled = shop.post("/payments/cancel", &cancel).await;
    assert_eq!(cancelled.payment()["status"], "cancelled", "{cancelled:?}");
    uid
}
