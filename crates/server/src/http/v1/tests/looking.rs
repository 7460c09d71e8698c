//! Looking payments, customers and channels up.

use axum::body::Body;
use dangol_domain::State;
use dangol_gateway::GATEWAYS;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::shop::{Answered, CUSTOMER, Shop, USER_CODE};

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn get(shop: &Shop, path: &str) -> Answered {
    shop.call(&format!("GET {path}"), "").await
}

/// Objects are written with their keys in order, which is how they read back.
fn assert_alphabetical(got: &Answered) {
    assert_eq!(got.text, got.body.to_string());
}

#[tokio::test]
async fn a_payment_shows_every_key() {
    let shop = Shop::sqlite().await;
    let imp_uid = shop
        .add_payment("uid-1", State::Paid, 1_700_000_000_000, None)
        .await;
    let got = get(
        &shop,
        &format!("/payments/{imp_uid}?include_sandbox=true&extension=true"),
    )
    .await;
    assert_alphabetical(&got);
    let payment = &got.body["response"];
    let profile = GATEWAYS[0].gateway.profile();
    for (key, value) in [
        ("amount", json!(3000)),
        ("apply_num", json!("12345678")),
        ("bank_code", json!(null)),
        ("bank_name", json!(null)),
        ("buyer_addr", json!(null)),
        ("buyer_email", json!(null)),
        ("buyer_name", json!(null)),
        ("buyer_postcode", json!(null)),
        ("buyer_tel", json!(null)),
        ("cancel_amount", json!(0)),
        ("cancel_history", json!([])),
        ("cancel_reason", json!(null)),
        ("cancel_receipt_urls", json!([])),
        ("cancelled_at", json!(0)),
        ("card_code", json!("381")),
        ("card_issuer_code", json!(null)),
        ("card_name", json!("국민카드")),
        ("card_number", json!("424242******4242")),
        ("card_quota", json!(0)),
        ("card_type", json!(1)),
        ("cash_receipt_issued", json!(false)),
        ("channel", json!("pc")),
        ("currency", json!("KRW")),
        ("custom_data", json!(null)),
        ("customer_uid", json!(CUSTOMER)),
        ("customer_uid_usage", json!("issue")),
        ("emb_pg_provider", json!(null)),
        ("escrow", json!(false)),
        ("fail_reason", json!(null)),
        ("failed_at", json!(0)),
        ("imp_uid", json!(imp_uid)),
        ("merchant_uid", json!("uid-1")),
        ("name", json!(null)),
        ("paid_at", json!(1_700_000_001)),
        ("pay_method", json!("card")),
        ("pg_id", json!(profile.demo_pg_id)),
        ("pg_provider", json!(profile.provider)),
        ("pg_tid", json!("tid-1")),
        ("promotion", json!(null)),
        ("receipt_url", json!(null)),
        ("sandbox", json!(true)),
        ("started_at", json!(1_700_000_000)),
        ("status", json!("paid")),
        ("user_agent", json!("sorry_not_supported_anymore")),
        ("vbank_code", json!(null)),
        ("vbank_date", json!(0)),
        ("vbank_holder", json!(null)),
        ("vbank_issued_at", json!(0)),
        ("vbank_name", json!(null)),
        ("vbank_num", json!(null)),
    ] {
        assert_eq!(payment.get(key), Some(&value), "{key}");
    }
}

#[tokio::test]
async fn payments_are_found_on_both_engines() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let uid = "주문 1/a@b:c";
        let paid = shop.add_payment(uid, State::Paid, 2_000_000, None).await;
        let path = format!("/payments/find/{}", encoded(uid));
        for tail in [
            "",
            "/",
            "/paid",
            "/paid/",
            "/all",
            "?sorting=started",
            "/?payment_status=paid&sorting=",
        ] {
            let got = get(&shop, &format!("{path}{tail}")).await;
            assert_eq!(
                got.body["response"]["imp_uid"],
                json!(paid),
                "{tail}: {}",
                got.text
            );
        }
        for (tail, status, code, message) in [
            ("/failed", 404, -1, "존재하지 않는 결제정보입니다."),
            ("/nonsense", 400, 1, "지원되지 않는 상태값입니다."),
            ("?sorting=amount", 400, 1, "sorting: must be"),
        ] {
            let got = get(&shop, &format!("{path}{tail}")).await;
            assert_eq!((got.status, got.code()), (status, code), "{tail}");
            assert!(got.message().starts_with(message), "{tail}: {}", got.text);
        }
    }
}

#[tokio::test]
async fn of_several_attempts_the_sorting_tells_which_is_meant() {
    let shop = Shop::sqlite().await;
    let first = shop
        .add_payment("uid", State::Failed, 1_000_000, None)
        .await;
    let second = shop.add_payment("uid", State::Ready, 2_000_000, None).await;
    for (tail, expected) in [
        ("", &second),
        ("?sorting=-started", &second),
        ("?sorting=started", &first),
        ("/failed", &first),
        ("/ready", &second),
    ] {
        let got = get(&shop, &format!("/payments/find/uid{tail}")).await;
        assert_eq!(got.body["response"]["imp_uid"], json!(expected), "{tail}");
    }
}

#[tokio::test]
async fn what_is_not_found_is_404_whatever_it_looks_like() {
    let shop = Shop::sqlite().await;
    for path in [
        "/payments/imp_000000000000",
        "/payments/imps_000000000000/",
        "/payments/%3Cscript%3E",
        "/payments/find/unknown",
        "/payments/find/%E2%80%AEgnp.exe",
    ] {
        let got = get(&shop, path).await;
        let expected = (404, -1, "존재하지 않는 결제정보입니다.");
        assert_eq!((got.status, got.code(), got.message()), expected, "{path}");
    }
    for path in [
        "/payments/find/a%00b",
        "/payments/%00",
        "/subscribe/customers/%FF",
    ] {
        let got = get(&shop, path).await;
        assert_eq!((got.status, got.code()), (400, 1), "{path}");
    }
}

#[tokio::test]
async fn a_customer_shows_the_card_and_never_the_key() {
    let shop = Shop::sqlite().await;
    let got = get(
        &shop,
        &format!("/subscribe/customers/{}", encoded(CUSTOMER)),
    )
    .await;
    assert_alphabetical(&got);
    let customer = &got.body["response"];
    assert_eq!(customer["customer_uid"], CUSTOMER);
    assert_eq!(customer["card_number"], "424242******4242");
    assert_eq!(customer["customer_name"], "홍길동");
    assert_eq!(customer["sandbox"], true);
    assert_eq!(customer["inserted"], 1_700_000_000);
    assert!(!got.text.contains("the-billing-key"));
    let unknown = get(&shop, "/subscribe/customers/nobody").await;
    assert_eq!((unknown.status, unknown.code()), (200, 1));
    assert_eq!(
        unknown.message(),
        "요청하신 customer_uid(nobody)로 등록된 정보를 찾을 수 없습니다."
    );
}

#[tokio::test]
async fn channels_are_listed_for_the_server_and_for_the_page() {
    let shop = Shop::sqlite().await;
    let profile = GATEWAYS[0].gateway.profile();
    let channel = json!({
        "channel_key": "channel-key-1", "channel_name": "첫 채널", "pg_id": profile.demo_pg_id,
        "pg_provider": profile.provider, "sandbox": true, "type": "payment",
    });
    let got = get(&shop, "/users/pg").await;
    assert_alphabetical(&got);
    assert_eq!(got.body["response"], json!([channel]));
    assert!(!got.headers.contains_key("access-control-allow-origin"));

    let path = format!("GET /users/pg/{USER_CODE}?tier=ABC");
    let got = shop.ask(&path, &[("origin", "null")], Body::empty()).await;
    assert_alphabetical(&got);
    assert_eq!((got.status, got.code()), (200, 0));
    assert_eq!(got.headers["access-control-allow-origin"], "*");
    let shown = &got.body["data"][0];
    assert_eq!(shown["channel_key"], "channel-key-1");
    assert_eq!(shown["pc"]["frame"], json!(profile.pc.frame));
    assert_eq!(shown["pc"]["width"], json!(profile.pc.width));
    assert_eq!(shown["mobile"]["frame"], json!(profile.mobile.frame));

    for code in ["imp99999999", "imp", "%3Cscript%3E", "%00", "%FF"] {
        let got = shop
            .ask(&format!("GET /users/pg/{code}"), &[], Body::empty())
            .await;
        assert_eq!((got.status, got.code()), (404, -1), "{code}");
        assert_eq!(got.body["data"], json!([]));
        assert_eq!(got.headers["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn old_pages_load_the_channels_as_a_script() {
    let shop = Shop::sqlite().await;
    let path = |name: &str| format!("GET /users/pg/{USER_CODE}?callback={name}");
    let got = shop.ask(&path("jQuery1_2.done$"), &[], Body::empty()).await;
    assert!(
        got.text.starts_with("/**/jQuery1_2.done$({\"code\":0,") && got.text.ends_with(");"),
        "{}",
        got.text
    );
    assert_eq!(
        got.headers["content-type"],
        "application/javascript; charset=utf-8"
    );
    for name in [
        "alert(1)",
        "a;b",
        "1a",
        "%3Cscript%3E",
        "a%0Ab",
        &"a".repeat(101),
    ] {
        let got = shop.ask(&path(name), &[], Body::empty()).await;
        assert_eq!(got.status, 400, "{name}");
        assert_eq!(got.headers["content-type"], "application/json");
    }
}
