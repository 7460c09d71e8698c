//! Codes, sub-stores, and what V1 has besides subscriptions.

use axum::body::Body;
use serde_json::json;

use super::shop::Shop;

#[tokio::test]
async fn codes_are_listed_and_looked_up() {
    let shop = Shop::sqlite().await;
    for (path, status, code, response) in [
        (
            "/cards/361",
            200,
            0,
            json!({"code": "361", "name": "BC카드"}),
        ),
        (
            "/cards/381/",
            200,
            0,
            json!({"code": "381", "name": "KB국민카드"}),
        ),
        (
            "/cards/041",
            200,
            0,
            json!({"code": "041", "name": "우리카드"}),
        ),
        (
            "/cards/10006",
            200,
            0,
            json!({"code": "10006", "name": "해외JCB카드"}),
        ),
        (
            "/banks/004",
            200,
            0,
            json!({"code": "004", "name": "KB국민은행"}),
        ),
        (
            "/banks/090",
            200,
            0,
            json!({"code": "090", "name": "카카오뱅크"}),
        ),
        ("/cards/41", 404, -1, json!(null)),
        ("/cards/004", 404, -1, json!(null)),
        ("/banks/361", 404, -1, json!(null)),
        ("/banks/%ED%95%9C", 404, -1, json!(null)),
        ("/tiers/ABC", 404, -1, json!(null)),
        ("/tiers/", 404, -1, json!(null)),
    ] {
        let got = shop.call(&format!("GET {path}"), "").await;
        assert_eq!(
            (got.status, got.code()),
            (status, code),
            "{path}: {}",
            got.text
        );
        assert_eq!(got.body["response"], response, "{path}");
        assert_eq!(got.body["message"].is_string(), code != 0, "{path}");
    }
    for (path, some) in [("/cards", "366"), ("/cards/", "366"), ("/banks", "088")] {
        let got = shop.call(&format!("GET {path}"), "").await;
        let list = got.body["response"].as_array().unwrap();
        assert!(list.len() > 20, "{path}");
        assert!(list.iter().any(|one| one["code"] == some), "{path}");
        for one in list {
            assert!(one["code"].is_string() && one["name"].is_string(), "{one}");
        }
    }
    for head in ["POST /cards", "DELETE /banks/004", "PUT /tiers/ABC"] {
        let got = shop.call(head, "").await;
        assert_eq!((got.status, got.code()), (405, -1), "{head}");
    }
}

#[tokio::test]
async fn what_is_not_about_subscriptions_says_so() {
    let shop = Shop::sqlite().await;
    for head in [
        "GET /certifications/imp_000000000000",
        "DELETE /certifications/imp_000000000000",
        "POST /certifications/otp/request",
        "POST /certifications/otp/confirm/imp_000000000000",
        "GET /receipts/imp_000000000000",
        "POST /receipts/imp_000000000000/",
        "POST /receipts/external/uid",
        "POST /partners/receipts/imp_000000000000",
        "POST /vbanks",
        "POST /vbanks/",
        "PUT /vbanks/imp_000000000000",
        "POST /escrows/logis/imp_000000000000",
        "POST /payments/imp_000000000000/naver/ship",
        "GET /payments/imp_000000000000/naver/cash-amount/",
        "GET /naver/product-orders/1",
        "GET /naver/reviews",
        "POST /kcpquick/payment/money",
        "DELETE /kcpquick/members/1",
        "POST /kcpquick/members/1/fido/release",
        "POST /kcpquick/prepare/uid",
        "DELETE /kcpquick/autopay/customer",
        "POST /cvs",
        "DELETE /cvs/imp_000000000000",
        "POST /benepia/point",
        "POST /benepia/payment",
    ] {
        // With a token or without: nothing is there to protect.
        let got = shop.ask(head, &[], Body::empty()).await;
        assert_eq!((got.status, got.code()), (501, -1), "{head}: {}", got.text);
        assert!(
            got.message().starts_with("정기결제가 아닌"),
            "{head}: {}",
            got.text
        );
        assert!(got.body["response"].is_null(), "{head}");
    }
    for head in [
        "GET /vbanks/holder?bank_code=004&bank_num=1",
        "POST /subscribe/payments/foreign",
        "GET /kakao/payment/orders",
    ] {
        let got = shop.ask(head, &[], Body::empty()).await;
        assert_eq!((got.status, got.code()), (404, -1), "{head}: {}", got.text);
        assert!(!got.message().is_empty(), "{head}");
    }
}
