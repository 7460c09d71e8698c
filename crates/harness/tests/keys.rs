//! Deleting a billing key: at once here, and at the PG, whatever becomes of the PG's answer.

use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, GOOD_CARD, Shop, on_both_engines};
use serde_json::json;

on_both_engines!(
    a_deleted_key_charges_nothing_and_is_gone_at_the_pg,
    a_lost_answer_is_asked_for_again,
    a_name_can_be_registered_anew,
    a_key_with_pending_schedules_warns_and_they_are_marked,
);

fn path() -> String {
    format!("/subscribe/customers/{CUSTOMER}")
}

/// How many keys the PG deleted.
async fn revoked(shop: &Shop) -> usize {
    let journal = shop.journal().await;
    let deeds = journal.iter().filter(|deed| deed["kind"] == "key_revoked");
    deeds.count()
}

async fn a_deleted_key_charges_nothing_and_is_gone_at_the_pg(engine: Engine) {
    let shop = Shop::open(engine).await;
    let before = shop.customer(CUSTOMER).await;
    let deleted = shop
        .delete(&format!(
            "{}?reason=bye&extra%5Brequester%5D=customer",
            path()
        ))
        .await;
    assert_eq!((deleted.status, deleted.code), (200, 0), "{deleted:?}");
    assert_eq!(deleted.response, before.response, "the record that it had");
    assert_eq!(revoked(&shop).await, 1);
    let calls = shop.calls().await;
    let refused = shop.again(CUSTOMER, "order-1", 3000).await;
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (1, "등록되지 않은 구매자입니다.")
    );
    for answer in [shop.customer(CUSTOMER).await, shop.delete(&path()).await] {
        assert_eq!((answer.status, answer.code), (200, 1), "{answer:?}");
        assert!(answer.message.contains(CUSTOMER), "{answer:?}");
    }
    assert_eq!(
        shop.calls().await,
        calls,
        "the PG is not asked about a key that is gone"
    );
    assert_eq!(
        shop.find("card-1").await.payment()["status"],
        "paid",
        "history stays"
    );
}

async fn a_lost_answer_is_asked_for_again(engine: Engine) {
    let shop = Shop::open(engine).await;
    for fault in ["drop_request", "drop_answer"] {
        let customer = format!("lost-{fault}");
        let landed = Browser::new(&shop.api)
            .register(&customer, &format!("card-{fault}"), GOOD_CARD)
            .await;
        assert!(landed.success(), "{landed:?}");
        let before = revoked(&shop).await;
        shop.plan("revoke", fault, json!({})).await;
        let deleted = shop
            .delete(&format!("/subscribe/customers/{customer}"))
            .await;
        assert_eq!(deleted.code, 0, "{fault}: it is gone here: {deleted:?}");
        assert_eq!(shop.customer(&customer).await.code, 1);
        let ran = shop.advance(3600).await;
        assert!(
            ran["revoke_key"].as_u64().is_some_and(|ran| ran > 0),
            "{fault}: {ran}"
        );
        assert_eq!(revoked(&shop).await, before + 1, "{fault}");
        let ran = shop.advance(3 * 24 * 3600).await;
        assert!(ran["revoke_key"].is_null(), "{fault}: it is settled: {ran}");
    }
}

async fn a_name_can_be_registered_anew(engine: Engine) {
    let shop = Shop::open(engine).await;
    shop.delete(&path()).await;
    let landed = Browser::new(&shop.api)
        .register(CUSTOMER, "card-2", GOOD_CARD)
        .await;
    assert!(landed.success(), "{landed:?}");
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    assert_eq!(paid.payment()["status"], "paid");
}

async fn a_key_with_pending_schedules_warns_and_they_are_marked(engine: Engine) {
    let shop = Shop::open(engine).await;
    let clock = shop.bare("GET", "/sandbox/clock", &[], Vec::new()).await;
    let now = clock.json()["now"].as_i64().expect("a number");
    let entry = |n: i64| json!({ "merchant_uid": format!("month-{n}"), "schedule_at": now + n * 86_400, "amount": 3000 });
    let body = json!({ "customer_uid": CUSTOMER, "schedules": [entry(1), entry(2)] });
    assert_eq!(
        shop.post("/subscribe/payments/schedule", &body).await.code,
        0
    );
    assert_eq!(shop.delete(&path()).await.code, 0);
    let log = shop.dangol.log();
    let warned = log.lines().find(|line| line.contains("pending schedules"));
    assert!(
        warned.is_some_and(|line| line.contains("pending=2")),
        "{log}"
    );
    let reason = async |order: &str| {
        let path = format!("/subscribe/payments/schedule/{order}");
        shop.get(&path).await.payment()["fail_reason"].clone()
    };
    assert!(reason("month-1").await.is_string());
    // The first falls due without a key. The second is charged by the card that was registered in time.
    shop.advance(86_400 + 60).await;
    assert_eq!(shop.find("month-1").await.payment()["status"], "failed");
    let landed = Browser::new(&shop.api)
        .register(CUSTOMER, "card-2", GOOD_CARD)
        .await;
    assert!(landed.success(), "{landed:?}");
    assert!(reason("month-2").await.is_null(), "no mark any more");
    shop.advance(86_400).await;
    assert_eq!(shop.find("month-2").await.payment()["status"], "paid");
}
