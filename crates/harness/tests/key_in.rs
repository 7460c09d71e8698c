//! Card data by API, against the running binary: one charge, a key, a key with its first charge, and what becomes of each
//! when the PG refuses or its answer is lost.

use dangol_harness::{Api, Engine, Shop, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    card_data_is_charged_once_and_given_back,
    card_data_makes_a_key_that_is_charged_later,
    a_key_is_kept_when_its_first_charge_is_paid,
    a_refused_first_charge_leaves_the_old_key,
    a_lost_answer_goes_to_review,
    a_card_is_charged_by_a_token_of_brick,
    a_token_whose_charge_is_lost_is_asked_about,
);

const ONETIME: &str = "/subscribe/payments/onetime";
/// No test card, and no number that passes Luhn's rule.
const CARD: &str = "5164-5312-3456-7890";
const POOR: &str = "4000-0000-0000-9995";

fn card(more: Value) -> Value {
    let mut body = json!({
        "pg": "kcp", "card_number": CARD, "expiry": "2030-11", "birth": "910203", "pwd_2digit": "47",
        "name": "정기구독", "buyer_name": "홍길동", "customer_name": "홍길동",
    });
    let into = body.as_object_mut().expect("an object");
    into.extend(more.as_object().cloned().unwrap_or_default());
    body
}

fn order(merchant_uid: &str, more: Value) -> Value {
    let mut body = card(more);
    body["merchant_uid"] = merchant_uid.into();
    body["amount"] = 3000.into();
    body
}

fn customer(customer_uid: &str) -> String {
    format!("/subscribe/customers/{customer_uid}")
}

async fn fault(shop: &Api, operation: &str, fault: &str) {
    let plan = json!({ "pg": "kcp", "operation": operation, "fault": fault });
    let planned = shop.control("/sandbox/control", &plan).await;
    assert_eq!(planned.status, 201, "{}", planned.text());
}

/// How many deeds of a kind the PG wrote down.
async fn deeds(shop: &Api, kind: &str) -> usize {
    let journal = shop.journal().await;
    let of_kind = |deed: &&Value| deed["pg"] == "kcp" && deed["kind"] == kind;
    journal.iter().filter(of_kind).count()
}

async fn card_data_is_charged_once_and_given_back(engine: Engine) {
    let shop = Shop::open(engine).await;
    let paid = shop.post(ONETIME, &order("order-1", json!({}))).await;
    let payment = paid.payment();
    for (name, value) in [
        ("status", json!("paid")),
        ("amount", json!(3000)),
        ("channel", json!("api")),
        ("pg_provider", json!("kcp")),
        ("pg_id", json!("T0000")),
        ("customer_uid", json!(null)),
        ("customer_uid_usage", json!(null)),
        ("card_number", json!("516453******7890")),
        ("buyer_name", json!("홍길동")),
    ] {
        assert_eq!(payment[name], value, "{name}: {payment}");
    }
    assert!(paid.text("imp_uid").starts_with("imps_"));
    assert_eq!(
        (
            deeds(&shop, "approval").await,
            deeds(&shop, "key_issued").await
        ),
        (1, 0)
    );
    let used = shop.post(ONETIME, &order("order-1", json!({}))).await;
    assert_eq!((used.status, used.code), (200, 1), "{used:?}");
    let back = json!({ "merchant_uid": "order-1", "reason": "test" });
    let cancelled = shop.post("/payments/cancel", &back).await;
    assert_eq!(cancelled.payment()["status"], "cancelled");
    assert_eq!(deeds(&shop, "refund").await, 1);

    let poor = order("order-2", json!({ "card_number": POOR }));
    let refused = shop.post(ONETIME, &poor).await;
    assert_eq!((refused.status, refused.code), (200, -1), "{refused:?}");
    let begins = "카드정보 인증에 실패하였습니다. [CC10]";
    assert!(refused.message.starts_with(begins), "{refused:?}");
    assert_eq!(shop.find("order-2").await.payment()["status"], "failed");
    let again = shop.post(ONETIME, &order("order-2", json!({}))).await;
    assert_eq!(
        again.payment()["status"],
        "paid",
        "its number is free again"
    );
}

async fn card_data_makes_a_key_that_is_charged_later(engine: Engine) {
    let shop = Shop::open(engine).await;
    let made = shop.post(&customer("keyed"), &card(json!({}))).await;
    assert_eq!((made.status, made.code), (200, 0), "{made:?}");
    for (name, value) in [
        ("customer_uid", json!("keyed")),
        ("pg_provider", json!("kcp")),
        ("card_number", json!("516453******7890")),
        ("customer_name", json!("홍길동")),
    ] {
        assert_eq!(made.response[name], value, "{name}: {made:?}");
    }
    assert_eq!(made.response["inserted"], made.response["updated"]);
    assert_eq!(
        (
            deeds(&shop, "approval").await,
            deeds(&shop, "key_issued").await
        ),
        (0, 1)
    );
    let paid = shop.again("keyed", "order-1", 3000).await;
    assert_eq!(paid.payment()["status"], "paid", "{paid:?}");
    assert_eq!(paid.payment()["pg_provider"], "kcp");
    shop.becomes("order-1", "paid").await;
    shop.advance(60).await;
    let told = format!("{:?}", shop.receiver.received());
    assert!(told.contains("order-1"), "{told}");
    assert!(
        !told.contains("key_"),
        "a key without a charge is no payment to tell of: {told}"
    );

    let refused = card(json!({ "card_number": "4000-0000-0000-0002" }));
    let refused = shop.post(&customer("refused"), &refused).await;
    assert_eq!((refused.status, refused.code), (200, -1), "{refused:?}");
    let begins = "카드정보 인증 및 빌키 발급에 실패하였습니다. [CC03]";
    assert!(refused.message.starts_with(begins), "{refused:?}");
    assert_eq!(shop.customer("refused").await.code, 1);
}

async fn a_key_is_kept_when_its_first_charge_is_paid(engine: Engine) {
    let shop = Shop::open(engine).await;
    let first = order("order-1", json!({ "customer_uid": "keyed" }));
    let paid = shop.post(ONETIME, &first).await;
    assert_eq!(paid.payment()["status"], "paid");
    assert_eq!(paid.payment()["customer_uid"], "keyed");
    assert_eq!(
        (
            deeds(&shop, "approval").await,
            deeds(&shop, "key_issued").await
        ),
        (1, 1)
    );
    let key = shop.customer("keyed").await;
    assert_eq!(key.response["customer_name"], "홍길동", "{key:?}");
    let again = shop.again("keyed", "order-2", 5000).await;
    assert_eq!(again.payment()["status"], "paid", "{again:?}");
}

async fn a_refused_first_charge_leaves_the_old_key(engine: Engine) {
    let shop = Shop::open(engine).await;
    let first = order("order-1", json!({ "customer_uid": "keyed" }));
    shop.post(ONETIME, &first).await.payment();
    let before = shop.customer("keyed").await;
    let poor = order(
        "order-2",
        json!({ "customer_uid": "keyed", "card_number": POOR }),
    );
    let refused = shop.post(ONETIME, &poor).await;
    assert_eq!((refused.status, refused.code), (200, -1), "{refused:?}");
    let after = shop.customer("keyed").await;
    assert_eq!(after.response, before.response);
    let again = shop.again("keyed", "order-3", 3000).await;
    assert_eq!(again.payment()["status"], "paid", "{again:?}");
    dangol_harness::until("the PG to delete the key that nobody got", || async {
        (deeds(&shop, "key_revoked").await == 1).then_some(())
    })
    .await;
}

async fn a_lost_answer_goes_to_review(engine: Engine) {
    let shop = Shop::open(engine).await;
    fault(&shop, "charge", "drop_answer").await;
    let lost = shop.post(ONETIME, &order("order-1", json!({}))).await;
    assert_eq!(lost.payment()["status"], "ready", "{lost:?}");
    // Of the key's first charge only: the key came, and is kept aside until a person knows.
    fault(&shop, "charge", "drop_answer").await;
    let first = order("order-2", json!({ "customer_uid": "keyed" }));
    let lost = shop.post(ONETIME, &first).await;
    assert_eq!(lost.payment()["status"], "ready", "{lost:?}");
    fault(&shop, "issue_key", "drop_answer").await;
    let made = shop.post(&customer("other"), &card(json!({}))).await;
    assert_eq!((made.status, made.code), (200, -1), "{made:?}");
    let calls = shop.calls().await;
    shop.advance(600).await;
    assert_eq!(shop.calls().await, calls, "nothing is sent again");
    for number in ["order-1", "order-2"] {
        assert_eq!(shop.find(number).await.payment()["status"], "ready");
        let other = order(number, json!({ "customer_uid": "third" }));
        let used = shop.post(ONETIME, &other).await;
        assert_eq!(
            (used.status, used.code),
            (200, 1),
            "its number is held: {used:?}"
        );
    }
    for name in ["keyed", "other"] {
        assert_eq!(shop.customer(name).await.code, 1, "{name}");
    }
    let again = shop.post(&customer("other"), &card(json!({}))).await;
    assert_eq!(again.code, 0, "another try is free: {again:?}");
    let log = shop.dangol.log();
    assert!(log.contains("a payment needs review"), "{log}");

    // A person found the charge at the PG: the key that was kept aside is the customer's now.
    let imp_uid = shop.find("order-2").await.text("imp_uid").to_owned();
    let approval = &shop.deeds("approval", &imp_uid).await[0];
    let pg_tid = approval["pg_tid"].as_str().expect("the PG's number");
    let shown = shop.dangol.command(&["payment", "show", &imp_uid]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("--paid"), "{shown}");
    let settle = ["payment", "resolve", &imp_uid, "--paid", "--pg-tid", pg_tid];
    let settled = shop.dangol.command(&settle);
    assert!(settled.status.success(), "{settled:?}");
    assert_eq!(shop.find("order-2").await.payment()["status"], "paid");
    let again = shop.again("keyed", "order-3", 3000).await;
    assert_eq!(again.payment()["status"], "paid", "{again:?}");
}

/// A further project: one channel of a merchant is for windows or for cards.
const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// A shop with Paymentwall's channel for cards.
async fn with_brick(engine: Engine) -> Shop {
    let shop = Shop::open(engine).await;
    let channel = json!({ "pg": "paymentwall", "pg_id": PROJECT, "type": "api_payment" });
    let added = shop.control("/sandbox/channels", &channel).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let none = json!({ "pg": "payco", "pg_id": "KEYIN", "type": "api_payment" });
    let none = shop.control("/sandbox/channels", &none).await;
    assert_eq!(none.status, 400, "{}", none.text());
    shop
}

fn brick(merchant_uid: &str, more: Value) -> Value {
    let mut body = order(
        merchant_uid,
        json!({ "pg": "paymentwall", "card_number": "4242-4242-4242-4242", "cvc": "826",
                "buyer_email": "hong@shop.example", "birth": "000000", "pwd_2digit": null }),
    );
    let into = body.as_object_mut().expect("an object");
    into.extend(more.as_object().cloned().unwrap_or_default());
    body
}

async fn a_card_is_charged_by_a_token_of_brick(engine: Engine) {
    let shop = with_brick(engine).await;
    let paid = shop.post(ONETIME, &brick("order-1", json!({}))).await;
    let payment = paid.payment();
    for (name, value) in [
        ("status", json!("paid")),
        ("pg_provider", json!("paymentwall")),
        ("pg_id", json!(PROJECT)),
        ("channel", json!("api")),
        ("customer_uid", json!(null)),
        ("card_number", json!("424242******4242")),
    ] {
        assert_eq!(payment[name], value, "{name}: {payment}");
    }
    let imp_uid = paid.text("imp_uid").to_owned();
    assert_eq!(shop.deeds("approval", &imp_uid).await.len(), 1);
    assert!(
        shop.deeds("key_issued", &imp_uid).await.is_empty(),
        "nothing is kept"
    );

    let keyed = brick("order-2", json!({ "customer_uid": "keyed" }));
    let first = shop.post(ONETIME, &keyed).await;
    assert_eq!(first.payment()["status"], "paid", "{first:?}");
    let again = json!({ "customer_uid": "keyed", "merchant_uid": "order-3", "amount": 5000 });
    let again = shop.post("/subscribe/payments/again", &again).await;
    assert_eq!(again.payment()["status"], "paid", "{again:?}");

    let poor = json!({ "customer_uid": "keyed", "cvc": "222" });
    let refused = shop.post(ONETIME, &brick("order-4", poor)).await;
    assert_eq!((refused.status, refused.code), (200, -1), "{refused:?}");
    let begins = "카드정보 인증에 실패하였습니다. [3011]";
    assert!(refused.message.starts_with(begins), "{refused:?}");
    let alone = shop.post(&customer("alone"), &brick("", json!({}))).await;
    assert_eq!((alone.status, alone.code), (200, 1), "{alone:?}");
    assert!(alone.message.contains("onetime"), "{alone:?}");
}

async fn a_token_whose_charge_is_lost_is_asked_about(engine: Engine) {
    let shop = with_brick(engine).await;
    let lost = json!({ "pg": "paymentwall", "operation": "issue_key", "fault": "drop_answer" });
    for (number, name) in [("order-1", json!(null)), ("order-2", json!("keyed"))] {
        let planned = shop.control("/sandbox/control", &lost).await;
        assert_eq!(planned.status, 201, "{}", planned.text());
        let body = brick(number, json!({ "customer_uid": name }));
        let open = shop.post(ONETIME, &body).await;
        assert_eq!(open.payment()["status"], "ready", "{open:?}");
    }
    shop.advance(600).await;
    for number in ["order-1", "order-2"] {
        let found = shop.find(number).await;
        assert_eq!(found.payment()["status"], "paid", "{found:?}");
        let imp_uid = found.text("imp_uid");
        assert_eq!(shop.deeds("approval", imp_uid).await.len(), 1);
    }
    let again = shop.again("keyed", "order-3", 5000).await;
    assert_eq!(again.payment()["status"], "paid", "{again:?}");
}
