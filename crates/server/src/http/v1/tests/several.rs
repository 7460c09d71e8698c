//! Several payments or customers at once, and how a payment's money divides.

use dangol_domain::{ImpUid, State};
use dangol_gateway::GATEWAYS;
use serde_json::{Value, json};

use super::shop::{Answered, CUSTOMER, Shop};

const NO_PAYMENTS: &str = "해당되는 결제건을 찾지 못하였습니다.";

async fn get(shop: &Shop, path: &str) -> Answered {
    shop.call(&format!("GET {path}"), "").await
}

fn imp_uids(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|payment| payment["imp_uid"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn payments_are_read_together_whatever_way_they_are_named() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let add = async |uid, state, at| shop.add_payment(uid, state, at, None).await;
        let a = add("uid-a", State::Paid, 1_000_000).await;
        let b = add("주문 b", State::Failed, 2_000_000).await;
        // Of attempts that nobody paid, the latest is meant.
        let first = add("uid-c", State::Failed, 3_000_000).await;
        let latest = add("uid-c", State::Failed, 4_000_000).await;
        let foreign = "imp_000000000000";
        let paths = [
            (format!("?imp_uid[]={a}&imp_uid[]={b}"), 200, vec![&a, &b]),
            (
                format!("/?imp_uid%5B%5D={b}&imp_uid%5B%5D={a}"),
                200,
                vec![&b, &a],
            ),
            (format!("?imp_uid[0]={a}&imp_uid[1]={b}"), 200, vec![&a, &b]),
            (format!("?imp_uid={a}&imp_uid={b}"), 200, vec![&a, &b]),
            (format!("?imp_uid={a}"), 200, vec![&a]),
            (
                format!("?imp_uid[]={a}&imp_uid[]={a}&merchant_uid[]=uid-a"),
                200,
                vec![&a],
            ),
            (
                format!("?merchant_uid[]=uid-a&imp_uid[]={b}"),
                200,
                vec![&b, &a],
            ),
            (
                "?merchant_uid[]=uid-a&merchant_uid[]=%EC%A3%BC%EB%AC%B8+b".to_owned(),
                200,
                vec![&a, &b],
            ),
            ("?merchant_uid=uid-c".to_owned(), 200, vec![&latest]),
            (
                format!("?imp_uid[]={first}&merchant_uid[]=uid-c"),
                200,
                vec![&first, &latest],
            ),
            (format!("?imp_uid[]={a}&imp_uid[]={foreign}"), 207, vec![&a]),
            (
                format!("?imp_uid[]=nonsense&imp_uid[]={b}&_token=x"),
                207,
                vec![&b],
            ),
            (
                format!("?imp_uid[]={a}&merchant_uid[]=nothing"),
                207,
                vec![&a],
            ),
        ];
        for (query, status, expected) in paths {
            let got = get(&shop, &format!("/payments{query}")).await;
            assert_eq!(
                (got.status, got.code()),
                (status, 0),
                "{query}: {}",
                got.text
            );
            assert!(got.body["message"].is_null());
            let expected: Vec<&str> = expected.into_iter().map(ImpUid::as_str).collect();
            assert_eq!(imp_uids(&got.body["response"]), expected, "{query}");
            assert_eq!(got.text, got.body.to_string(), "keys in order");
        }
    }
}

#[tokio::test]
async fn another_merchants_payments_are_not_there() {
    let shop = Shop::sqlite().await;
    let a = shop
        .add_payment("uid-a", State::Paid, 1_000_000, None)
        .await;
    let other = shop.other_merchants_token().await;
    let head = format!("GET /payments?imp_uid[]={a}&merchant_uid[]=uid-a");
    let got = shop.ask(&head, &[("authorization", &other)], "").await;
    assert_eq!(
        (got.status, got.code(), got.message()),
        (404, -1, NO_PAYMENTS)
    );
}

#[tokio::test]
async fn a_payment_that_holds_its_number_is_the_one_that_is_meant() {
    let shop = Shop::sqlite().await;
    // Both windows were open; the earlier one was finished.
    let late = shop.add_payment("uid", State::Ready, 5_000_000, None).await;
    let paid = shop.add_payment("uid", State::Paid, 4_000_000, None).await;
    let got = get(&shop, "/payments?merchant_uid[]=uid").await;
    assert_eq!(imp_uids(&got.body["response"]), [paid.as_str()]);
    let found = get(&shop, "/payments/find/uid").await;
    assert_eq!(
        found.body["response"]["imp_uid"],
        late.as_str(),
        "find goes by its sorting alone"
    );
}

#[tokio::test]
async fn what_names_no_payment_is_refused() {
    let shop = Shop::sqlite().await;
    let many = |count: usize| {
        let ids: Vec<String> = (0..count)
            .map(|n| format!("imp_uid[]=imp_{n:012}"))
            .collect();
        ids.join("&")
    };
    let with_one_more = format!("{}&merchant_uid=x", many(100));
    for (query, status, code, message) in [
        ("imp_uid[]=imp_000000000000", 404, -1, NO_PAYMENTS),
        ("merchant_uid[]=nothing", 404, -1, NO_PAYMENTS),
        (&*many(100), 404, -1, NO_PAYMENTS),
        (&*many(101), 400, 1, "imp_uid[], merchant_uid[]: 최대 100개"),
        (
            &*with_one_more,
            400,
            1,
            "imp_uid[], merchant_uid[]: 최대 100개",
        ),
        ("", 400, 1, "imp_uid[], merchant_uid[]: 필수"),
        (
            "imp_uid[]=&merchant_uid=",
            400,
            1,
            "imp_uid[], merchant_uid[]: 필수",
        ),
        ("imp_uid[a]=x", 400, 1, "imp_uid: must be"),
        ("imp_uid[]=a%00b", 400, 1, "imp_uid: must not"),
    ] {
        let got = get(&shop, &format!("/payments?{query}")).await;
        assert_eq!(
            (got.status, got.code()),
            (status, code),
            "{query}: {}",
            got.text
        );
        assert!(got.message().starts_with(message), "{query}: {}", got.text);
        assert!(got.body["response"].is_null());
    }
}

#[tokio::test]
async fn customers_are_read_together() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let one = "%EB%8B%A8%EA%B3%A8+%EC%86%90%EB%8B%98%2F1";
        for (query, status) in [
            (format!("?customer_uid[]={one}"), 200),
            (
                format!("/?customer_uid%5B%5D={one}&customer_uid[]={one}"),
                200,
            ),
            (format!("?customer_uid={one}"), 200),
            (
                format!("?customer_uid[0]={one}&customer_uid[1]=nobody"),
                207,
            ),
        ] {
            let got = get(&shop, &format!("/subscribe/customers{query}")).await;
            assert_eq!(
                (got.status, got.code()),
                (status, 0),
                "{query}: {}",
                got.text
            );
            let list = got.body["response"].as_array().unwrap();
            assert_eq!(list.len(), 1, "{query}");
            assert_eq!(list[0]["customer_uid"], CUSTOMER);
            assert_eq!(list[0]["card_number"], "424242******4242");
            assert!(!got.text.contains("the-billing-key"));
        }
        let same = get(
            &shop,
            "/subscribe/customers/%EB%8B%A8%EA%B3%A8%20%EC%86%90%EB%8B%98%2F1",
        )
        .await;
        let listed = get(&shop, &format!("/subscribe/customers?customer_uid={one}")).await;
        assert_eq!(listed.body["response"][0], same.body["response"]);
        for (query, status, code, message) in [
            (
                "customer_uid[]=a&customer_uid[]=b",
                404,
                -1,
                "요청하신 customer_uid(a, b)로 등록된 정보를 찾을 수 없습니다.",
            ),
            (
                "customer_uid[]=a",
                404,
                -1,
                "요청하신 customer_uid(a)로 등록된 정보를 찾을 수 없습니다.",
            ),
            (
                "",
                400,
                1,
                "customer_uid[]: 필수 파라메터가 누락되었습니다. (required)",
            ),
        ] {
            let got = get(&shop, &format!("/subscribe/customers?{query}")).await;
            assert_eq!(
                (got.status, got.code(), got.message()),
                (status, code, message),
                "{query}"
            );
        }
    }
}

#[tokio::test]
async fn a_balance_is_told_for_what_was_charged() {
    const NONE: &str = "(현재는 PAYCO, KCP만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. 결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다.";
    assert!(GATEWAYS[0].gateway.profile().balance.is_some());
    let shop = Shop::sqlite().await;
    let paid = shop
        .add_payment("paid", State::Paid, 1_700_000_000_000, None)
        .await;
    let got = get(&shop, &format!("/payments/{paid}/balance/")).await;
    let parts =
        |supply: i64, vat: i64| json!({"service": 0, "supply": supply, "tax_free": 0, "vat": vat});
    let history = |created: i64, primary: Value| json!({"cash_receipt": parts(0, 0), "created": created, "discount": parts(0, 0), "primary": primary, "secondary": parts(0, 0)});
    let whole = json!({
        "amount": 3000, "cash_receipt": parts(0, 0), "discount": parts(0, 0), "primary": parts(2727, 273),
        "secondary": parts(0, 0), "histories": [history(1_700_000_001, parts(2727, 273))],
    });
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    assert_eq!(got.body["response"], whole);
    assert_eq!(got.text, got.body.to_string(), "keys in order");

    shop.cancel(&paid, 1_700_000_009_000).await;
    let got = get(&shop, &format!("/payments/{paid}/balance")).await;
    assert_eq!(got.body["response"]["amount"], 3000);
    assert_eq!(got.body["response"]["primary"], parts(0, 0));
    let histories = [
        history(1_700_000_001, parts(2727, 273)),
        history(1_700_000_009, parts(-2727, -273)),
    ];
    assert_eq!(got.body["response"]["histories"], json!(histories));

    let failed = shop
        .add_payment("failed", State::Failed, 1_000_000, None)
        .await;
    let ready = shop
        .add_payment("ready", State::Ready, 1_000_000, None)
        .await;
    for (imp_uid, message) in [
        (failed.as_str(), NONE),
        (ready.as_str(), NONE),
        ("imp_000000000000", "존재하지 않는 결제정보입니다."),
        ("nonsense", "존재하지 않는 결제정보입니다."),
    ] {
        let got = get(&shop, &format!("/payments/{imp_uid}/balance")).await;
        assert_eq!(
            (got.status, got.code(), got.message()),
            (404, -1, message),
            "{imp_uid}"
        );
    }
    let got = shop
        .call(&format!("POST /payments/{paid}/balance"), "")
        .await;
    assert_eq!((got.status, got.code()), (405, -1));
}
