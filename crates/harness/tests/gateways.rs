//! Every gateway under every fault that its protocol can show at a charge: nothing is called paid or failed that is not,
//! nothing is approved twice, and where the PG can be asked by our order number the truth comes out by itself.

use dangol_harness::api::USER_CODE;
use dangol_harness::browser::{Prepared, SHOP_PAGE, card_params};
use dangol_harness::http::{Answered, Http};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, Shop, until};
use serde_json::{Value, json};

/// A gateway: an id that a merchant can have there, and whether it can be asked by our order number.
struct Pg {
    name: &'static str,
    id: &'static str,
    settles: bool,
}

const DANAL: Pg = pg("danal_tpay", "1234567890", false);
const KCP: Pg = pg("kcp_billing", "B1234", false);
const KICC: Pg = pg("kicc", "T0000009", true);
const PAYCO: Pg = pg("payco", "SHOP9", true);
const PAYMENTWALL: Pg = pg("paymentwall", "0123456789abcdef0123456789abcdef", true);

const fn pg(name: &'static str, id: &'static str, settles: bool) -> Pg {
    Pg { name, id, settles }
}

const FAULTS: [&str; 7] = [
    "drop_answer",
    "drop_request",
    "http_500",
    "garbage",
    "wrong_amount",
    "bad_signature",
    "says_timeout",
];
const NOTICE_FAULTS: [&str; 4] = [
    "duplicate_notice",
    "late_notice",
    "no_notice",
    "bad_signature",
];

macro_rules! at_each_gateway {
    ($($name:ident = $pg:ident,)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn nothing_is_guessed_under_any_fault() {
                super::nothing_is_guessed_under_any_fault($pg).await;
            }

            #[tokio::test]
            async fn notices_change_nothing_that_is_true() {
                super::notices_change_nothing_that_is_true($pg).await;
            }
        }
    )*};
}

at_each_gateway! {
    danal = DANAL,
    kcp = KCP,
    kicc = KICC,
    payco = PAYCO,
    paymentwall = PAYMENTWALL,
}

/// A shop with a registered card.
async fn open(pg: &Pg) -> Shop {
    if pg.name != "paymentwall" {
        return Shop::at(Engine::Sqlite, pg.name, pg.id).await;
    }
    let shop = Shop::empty_at(Engine::Sqlite, pg.name, pg.id).await;
    let mut params = card_params(CUSTOMER, "card-1");
    params["amount"] = json!(3000);
    shop.register_by_script(pg.name, params).await;
    shop
}

/// A shop's own page asked for the card: no window is opened, and a script hands the token over.
#[tokio::test]
async fn a_token_is_handed_over_by_a_script() {
    let shop = Shop::empty_at(Engine::Sqlite, PAYMENTWALL.name, PAYMENTWALL.id).await;
    let list = format!("/users/pg/{USER_CODE}");
    let listed = shop.bare("GET", &list, &[], Vec::new()).await.json();
    let tokeniser = &listed["data"][0]["tokeniser"];
    let public_key = tokeniser["fields"][0][1].as_str().expect("a public key");
    assert_eq!(tokeniser["returns"]["token"], "brick_token", "{listed}");

    let mut browser = Browser::new(&shop.api);
    for (cvv, success) in [("111", false), ("123", true)] {
        let mut params = card_params(CUSTOMER, &format!("card-{cvv}"));
        params["amount"] = json!(3000);
        let prepared = browser.prepare_window(params).await;
        let token = shop.tokenised(PAYMENTWALL.name, public_key, cvv).await;
        let forged = hand_over(&prepared, "0".repeat(64).as_str(), &token).await;
        assert_eq!(
            (forged.status, &forged.json()["response"]),
            (404, &Value::Null)
        );
        let payment = shop.payment(&prepared.imp_uid).await;
        assert_eq!(payment.payment()["status"], "ready");

        let first = hand_over(&prepared, &prepared.token, &token).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.header("access-control-allow-origin"), Some("*"));
        let told = first.json()["response"].clone();
        assert_eq!(told["state"], "done");
        assert_eq!(told["result"]["success"], success, "{told}");
        let end = told["redirect_url"]
            .as_str()
            .expect("a phone's window redirects");
        assert!(end.starts_with(SHOP_PAGE) && end.contains(&format!("imp_success={success}")));
        // Its answer may be lost on the way: the same again tells the same, and charges nothing.
        let second = hand_over(&prepared, &prepared.token, &token).await;
        assert_eq!(second.json()["response"], told);
        let approvals = shop.deeds("approval", &prepared.imp_uid).await.len();
        assert_eq!(approvals, usize::from(success));
    }
    let charged = shop.again(CUSTOMER, "order-1", 3000).await;
    assert_eq!(charged.payment()["status"], "paid", "{charged:?}");
}

async fn hand_over(prepared: &Prepared, window: &str, token: &str) -> Answered {
    let order = &prepared.imp_uid;
    let form = format!("order_id={order}&return_token={window}&brick_token={token}");
    let url = format!("{}/token", prepared.window_url);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://shop.example"),
    ];
    Http::new().post(&url, &headers, form.into_bytes()).await
}

/// Plans a fault if this gateway can show it.
async fn can_show(shop: &Shop, pg: &Pg, operation: &str, fault: &str) -> bool {
    let plan = json!({ "pg": pg.name, "operation": operation, "fault": fault });
    let answer = shop.control("/sandbox/control", &plan).await;
    assert!(matches!(answer.status, 201 | 400), "{}", answer.text());
    answer.status == 201
}

async fn nothing_is_guessed_under_any_fault(pg: Pg) {
    let shop = open(&pg).await;
    let mut shown = Vec::new();
    for (n, fault) in FAULTS.into_iter().enumerate() {
        if !can_show(&shop, &pg, "charge", fault).await {
            continue;
        }
        // What a notice would settle at once is not what is looked at here.
        can_show(&shop, &pg, "notice", "no_notice").await;
        let order = format!("order-{n}");
        let open = shop.again(CUSTOMER, &order, 3000 + n as i64).await;
        assert_eq!(open.payment()["status"], "ready", "{fault}: {open:?}");
        shown.push((fault, order, open.text("imp_uid").to_owned()));
    }
    assert!(shown.len() >= 4, "{} shows {} faults", pg.name, shown.len());
    let plans = shop
        .bare("DELETE", "/sandbox/control", &[], Vec::new())
        .await;
    assert_eq!(plans.status, 204);
    shop.advance(3 * 24 * 3600).await;
    for (fault, order, imp_uid) in shown {
        let approvals = shop.deeds("approval", &imp_uid).await.len();
        assert!(approvals <= 1, "{fault}: {approvals} approvals");
        let charges = shop.calls_about(&imp_uid).await;
        let sent = charges.iter().filter(|call| *call == "charge").count();
        assert_eq!(sent, 1, "{fault}: {charges:?}");
        let payment = shop.find(&order).await;
        let due = match (pg.settles, approvals) {
            (true, 1) => "paid",
            (true, _) => "failed",
            (false, _) => "ready",
        };
        assert_eq!(
            payment.payment()["status"],
            due,
            "{fault} at {}: {payment:?}",
            pg.name
        );
    }
}

async fn notices_change_nothing_that_is_true(pg: Pg) {
    let shop = open(&pg).await;
    for (n, fault) in NOTICE_FAULTS.into_iter().enumerate() {
        can_show(&shop, &pg, "notice", fault).await;
        let order = format!("order-{n}");
        let paid = shop.again(CUSTOMER, &order, 3000).await;
        assert_eq!(paid.payment()["status"], "paid", "{fault}: {paid:?}");
        let imp_uid = paid.text("imp_uid").to_owned();
        shop.advance(2 * 3600).await;
        assert_eq!(
            &shop.payment(&imp_uid).await.response,
            paid.payment(),
            "{fault}"
        );
        assert_eq!(shop.deeds("approval", &imp_uid).await.len(), 1, "{fault}");
        let told = shop.receiver.about(&imp_uid).await;
        assert_eq!(told.len(), 1, "{fault}: one webhook");
    }
}

/// A delivery of something physical, as V1 has it.
fn delivery(imp_uid: &str, merchant_uid: &str) -> Value {
    json!({
        "imp_uid": imp_uid, "merchant_uid": merchant_uid, "type": "physical", "status": "order_shipped",
        "carrier_tracking_id": 622123456789_i64, "carrier_type": "CJ", "estimated_delivery_datetime": 1795134960,
        "estimated_update_datetime": "1795048560", "refundable": "yes",
        "shipping_address_email": "jack@example.com", "shipping_address_country": "KR", "shipping_address_city": "Seoul",
        "shipping_address_zip": "06236", "shipping_address_state": "N/A", "shipping_address_street": "Teheran-ro 1",
        "shipping_address_phone": "01012345678", "shipping_address_firstname": "Jack", "shipping_address_lastname": "Son",
    })
}

#[tokio::test]
async fn a_delivery_is_told_to_the_gateway_that_asks_for_it() {
    let shop = open(&PAYMENTWALL).await;
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    let imp_uid = paid.text("imp_uid");
    let told = shop
        .post("/paymentwall/delivery", &delivery(imp_uid, "order-1"))
        .await;
    assert_eq!((told.status, told.code), (200, 0), "{told:?}");
    assert_eq!(told.response, json!({ "success": 1 }));
    let calls = shop.calls_about(imp_uid).await;
    assert_eq!(
        calls.last().map(String::as_str),
        Some("notice"),
        "{calls:?}"
    );
    // Another gateway's service knows nothing of it.
    let path = format!("/payco/orders/status/{imp_uid}");
    let other = shop
        .post(&path, &json!({ "status": "DELIVERY_START" }))
        .await;
    assert_eq!((other.status, other.code), (200, 1), "{other:?}");
    assert_eq!(shop.calls_about(imp_uid).await, calls);
}

#[tokio::test]
async fn a_products_status_is_told_to_the_gateway_that_has_one() {
    let shop = open(&PAYCO).await;
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    let imp_uid = paid.text("imp_uid");
    let path = format!("/payco/orders/status/{imp_uid}");
    for status in ["DELIVERY_START", "PURCHASE_DECISION", "CANCELED"] {
        let told = shop.post(&path, &json!({ "status": status })).await;
        assert_eq!((told.status, told.code), (200, 0), "{told:?}");
        assert_eq!(told.response, json!({ "status": status }));
    }
    // The gateway's own words, as merchants have met them.
    let refused = shop.post(&path, &json!({ "status": "asdf" })).await;
    assert_eq!((refused.status, refused.code), (400, -1), "{refused:?}");
    let text = "파라미터 정보가 유효하지 않습니다. orderProductStatus field reject";
    assert!(refused.message.starts_with(text), "{refused:?}");
    // No status gives money back.
    assert_eq!(shop.payment(imp_uid).await.payment()["status"], "paid");
    assert!(shop.deeds("refund", imp_uid).await.is_empty());
    // A registration took no money, so there is nothing to deliver.
    let listed = shop.get("/payments/status/paid").await;
    let issue = listed.payment()["list"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let issue = issue
        .iter()
        .find(|payment| payment["customer_uid_usage"] == "issue");
    let issue = issue
        .and_then(|payment| payment["imp_uid"].as_str())
        .expect("a registration");
    let path = format!("/payco/orders/status/{issue}");
    let none = shop
        .post(&path, &json!({ "status": "DELIVERY_START" }))
        .await;
    assert_eq!((none.status, none.code), (200, 1), "{none:?}");
    assert!(
        none.message.contains("승인한 결제건이 아닙니다"),
        "{none:?}"
    );
}

/// What a PG does by itself follows the sandbox's clock, and nothing else does.
#[tokio::test]
async fn a_test_approval_is_undone_by_the_sandboxs_clock() {
    let shop = open(&DANAL).await;
    let voids = async || {
        let journal = shop.journal().await;
        journal.iter().filter(|deed| deed["kind"] == "void").count()
    };
    shop.advance(29 * 60).await;
    assert_eq!(voids().await, 0);
    let ran = shop.advance(2 * 60).await;
    assert_eq!(ran["danal_tpay_void"], 1, "{ran}");
    assert_eq!(voids().await, 1);
    let ran = shop.advance(24 * 3600).await;
    assert!(ran["danal_tpay_void"].is_null(), "{ran}");
}

#[tokio::test]
async fn a_review_ends_by_the_sandboxs_clock_and_the_browser_hears_of_it() {
    let shop = Shop::empty_at(Engine::Sqlite, PAYMENTWALL.name, PAYMENTWALL.id).await;
    for (cvv, accepted) in [("555", true), ("556", false)] {
        let mut params = card_params(CUSTOMER, &format!("card-{cvv}"));
        params["amount"] = json!(3000);
        let (mut browser, prepared, form) = shop.scripted(PAYMENTWALL.name, params, cvv).await;
        // The pingback overtakes the answer that it is about.
        let slow = json!({ "delay_ms": 2 });
        shop.plan("issue_key", "drip", slow).await;
        let landing = tokio::spawn(async move { browser.land(&form).await });
        until("its answer to be recorded", || async {
            let listed = shop.dangol.command(&["payment", "list"]);
            let listed = String::from_utf8(listed.stdout).expect("UTF-8");
            let mut lines = listed.lines();
            let pending = |line: &str| line.contains(&prepared.imp_uid) && line.contains("pending");
            lines.any(pending).then_some(())
        })
        .await;
        shop.advance(90).await;
        let payment = shop.payment(&prepared.imp_uid).await;
        assert_eq!(payment.payment()["status"], "ready", "{cvv}");
        let ran = shop.advance(35).await;
        assert_eq!(
            (&ran["risk_review"], &ran["pingback"]),
            (&json!(1), &json!(1))
        );
        // Nobody waits for half a minute: the pingback decides.
        assert_eq!(
            landing.await.expect("no panic").success(),
            accepted,
            "{cvv}"
        );
        let taken = shop.deeds("approval", &prepared.imp_uid).await.len();
        assert_eq!(taken, usize::from(accepted), "{cvv}");
        let again = shop.advance(31 * 60).await["pingback"].clone();
        assert!(again.is_null(), "{cvv}: each was heard when it came");
    }
}

#[tokio::test]
async fn a_pingback_that_is_refused_comes_again_by_the_sandboxs_clock() {
    let shop = open(&PAYMENTWALL).await;
    shop.advance(60).await;
    shop.plan("notice", "bad_signature", json!({ "times": 1 }))
        .await;
    let paid = shop.again(CUSTOMER, "order-1", 3000).await;
    assert_eq!(paid.payment()["status"], "paid");
    let told = async |seconds: i64| shop.advance(seconds).await["pingback"].clone();
    // The first is sent at once, by itself or by this.
    told(60).await;
    assert_eq!(told(28 * 60).await, json!(null));
    assert_eq!(told(2 * 60).await, json!(1), "again after half an hour");
    // It stays wrong, and the PG gives up after 48.
    assert_eq!(told(24 * 3600).await, json!(46));
    assert_eq!(told(24 * 3600).await, json!(null));
    assert_eq!(shop.find("order-1").await.payment()["status"], "paid");
}
