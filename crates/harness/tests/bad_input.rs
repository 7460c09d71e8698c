//! What nobody should send: a clear error in i'mport's shape, no call to the PG, no change of state.

use dangol_harness::browser::card_params;
use dangol_harness::http::Answered;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Api, Browser, Engine, GOOD_CARD, Shop};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A refusal: not code 0, a message, and for the window a result that a callback can show.
fn refused(what: &str, answer: &Answered, status: u16) -> Value {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    let body = answer.json();
    assert!(
        body["code"].as_i64().is_some_and(|code| code != 0),
        "{what}: {body}"
    );
    assert!(
        body["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{what}: {body}"
    );
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_is_not_prepared_from_nonsense() {
    no_window_opens(&[
        ("no customer_uid", "customer_uid", json!("")),
        ("NUL", "name", json!("a\u{0}b")),
        (
            "a control character in merchant_uid",
            "merchant_uid",
            json!("bad\u{1b}-1"),
        ),
        (
            "a control character in customer_uid",
            "customer_uid",
            json!("a\nb"),
        ),
        (
            "a large custom_data",
            "custom_data",
            json!({ "a": "x".repeat(16 * 1024) }),
        ),
        (
            "a large bypass",
            "bypass",
            json!({ "a": "x".repeat(16 * 1024) }),
        ),
        ("much in many", "display", json!(vec!["x".repeat(1000); 17])),
        (
            "an ambiguous notice_url",
            "notice_url",
            json!("https://evil.example\\@shop.example/x"),
        ),
        (
            "a script as confirm_url",
            "confirm_url",
            json!("javascript:alert(1)"),
        ),
        (
            "an over-long merchant_uid",
            "merchant_uid",
            json!("m".repeat(41)),
        ),
        (
            "a script as return address",
            "m_redirect_url",
            json!("java\tscript:alert(1)"),
        ),
        ("a negative amount", "amount", json!(-1)),
        ("decimals of won", "amount", json!(0.5)),
        ("a used merchant_uid", "merchant_uid", json!("card-1")),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_is_not_prepared_from_card_data() {
    no_window_opens(&[
        ("a card number", "card_number", json!("4242424242424242")),
        (
            "a card number in another field",
            "name",
            json!("4242-4242-4242-4242"),
        ),
        (
            "a card number within a text",
            "name",
            json!("card 4242 4242 4242 4242 12/27"),
        ),
        (
            "a card number as a number",
            "custom_data",
            json!({ "a": 4_242_424_242_424_242_u64 }),
        ),
        (
            "a card number in a list",
            "bypass",
            json!({ "x": [["4242424242424242"]] }),
        ),
        (
            "card data in JSON as text",
            "custom_data",
            json!("{\"cardNumber\":\"1\"}"),
        ),
        (
            "a card number in what a refusal repeats",
            "pay_method",
            json!("4242424242424242"),
        ),
        (
            "a card number in the address",
            "m_redirect_url",
            json!("https://shop.example/done?n=4242424242424242"),
        ),
        (
            "card data inside",
            "bypass",
            json!({ "x": { "cvc": "123" } }),
        ),
        (
            "a card object",
            "card",
            json!({ "number": "4242424242424242" }),
        ),
    ])
    .await;
}

/// Every case is the seed's registration of a card with one parameter changed.
async fn no_window_opens(cases: &[(&str, &str, Value)]) {
    let shop = Shop::open(Engine::Sqlite).await;
    let calls = shop.calls().await;
    let mut browser = Browser::new(&shop);
    for (what, name, value) in cases {
        let mut params = card_params("other", "bad-1");
        params[*name] = value.clone();
        let answer = browser.prepare(params).await;
        let body = answer.json();
        assert!(
            !answer.text().contains("4242"),
            "{what}: the number comes back: {body}"
        );
        let expected = if answer.status == 200 { 200 } else { 400 };
        let body = refused(what, &answer, expected);
        let result = &body["response"]["result"];
        assert_eq!(result["success"], false, "{what}: {body}");
        assert!(
            result["error_msg"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{what}: {body}"
        );
    }
    assert_eq!(shop.find("bad-1").await.status, 404, "nothing was stored");
    assert_eq!(shop.calls().await, calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_shop_and_broken_bodies_are_refused() {
    let shop = Shop::open(Engine::Sqlite).await;
    let (calls, journal) = (shop.calls().await, shop.journal().await);
    let unknown = json!({
        "user_code": "imp99999999", "device": "mobile", "frame": "redirect",
        "nonce": "0123456789abcdef0123456789abcdef", "params": card_params("c", "bad-1"),
    });
    let answer = shop.control("/window/prepare", &unknown).await;
    let body = answer.json();
    assert_ne!(body["code"], 0, "{body}");
    let huge = vec![b'a'; 10 * 1024 * 1024];
    let token = shop.token().await;
    let auth = ("authorization", token.as_str());
    for path in [
        "/window/prepare",
        "/window/result",
        "/window/close",
        "/subscribe/payments/again",
    ] {
        for (what, body, statuses) in [
            ("10 MB", huge.clone(), [413, 400]),
            ("broken JSON", b"{\"merchant_uid\": ".to_vec(), [400, 400]),
            (
                "not UTF-8",
                b"{\"merchant_uid\": \"\xff\"}".to_vec(),
                [400, 400],
            ),
            ("a list", b"[]".to_vec(), [400, 400]),
        ] {
            let answer = shop.bare("POST", path, &[JSON, auth], body).await;
            assert!(
                statuses.contains(&answer.status),
                "{what} to {path}: HTTP {}",
                answer.status
            );
            refused(&format!("{what} to {path}"), &answer, answer.status);
        }
    }
    assert_eq!((shop.calls().await, shop.journal().await), (calls, journal));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_is_not_made_from_nonsense() {
    let shop = Shop::open(Engine::Sqlite).await;
    let (calls, journal) = (shop.calls().await, shop.journal().await);
    let fields = |amount: &str| {
        format!(r#"{{"customer_uid":"{CUSTOMER}","merchant_uid":"bad-1","amount":{amount}}}"#)
    };
    let token = shop.token().await;
    let post = async |body: String, token: &str| {
        let headers = [JSON, ("authorization", token)];
        shop.bare(
            "POST",
            "/subscribe/payments/again",
            &headers,
            body.into_bytes(),
        )
        .await
    };
    for amount in [
        "-3000",
        "1e309",
        "3000.5",
        "\"3,000\"",
        "[3000]",
        "{}",
        "99999999999999999999",
        "\"٣٠٠٠\"",
    ] {
        let answer = post(fields(amount), &token).await;
        refused(amount, &answer, 400);
    }
    for wrong in ["", "0000000000000000000000000000000000000000", "가"] {
        let answer = post(fields("3000"), wrong).await;
        assert_eq!(
            (answer.status, answer.json()["code"].clone()),
            (401, json!(-1)),
            "token {wrong:?}"
        );
    }
    assert_eq!(shop.find("bad-1").await.status, 404, "nothing was stored");
    assert_eq!((shop.calls().await, shop.journal().await), (calls, journal));
}

/// The page goes away from the shop, so there is no callback that could be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_is_always_sent_somewhere() {
    let shop = Shop::open(Engine::Sqlite).await;
    let mut browser = Browser::new(&shop);
    let ours = format!(
        "{}/payments/fail?imp_uid=&success=false&error_msg=",
        shop.main
    );
    let own = "my-app://주문 완료?cart=7#top";
    let sent = "my-app://%EC%A3%BC%EB%AC%B8%20%EC%99%84%EB%A3%8C?cart=7&merchant_uid=card-1&imp_success=false&error_code=F400&error_msg=";
    for (target, merchant_uid, expected) in [
        (Value::Null, "card-1", ours.as_str()),
        (json!(""), "a\u{1}b", &ours),
        (json!("javascript:alert(1)"), "bad-1", &ours),
        (json!("/done"), "bad-1", &ours),
        (
            json!("https://shop.example/4242424242424242"),
            "bad-1",
            &ours,
        ),
        (json!(own), "card-1", sent),
    ] {
        let mut params = card_params("other", merchant_uid);
        params["m_redirect_url"] = target;
        let answer = browser.prepare(params).await.json();
        let url = answer["response"]["redirect_url"].as_str().unwrap_or("");
        assert!(url.starts_with(expected), "{answer}");
        assert!(url.len() > expected.len(), "a reason: {answer}");
        assert!(url.is_ascii() && !url.contains(' '), "{answer}");
    }
    let failed = shop.bare(
        "GET",
        "/payments/fail?imp_uid=&success=false&error_msg=%EC%9D%B4%EB%AF%B8",
        &[],
        Vec::new(),
    );
    let page = failed.await;
    assert!(
        page.status == 200 && page.text().contains("이미"),
        "{}",
        page.text()
    );
}

/// A foreign script beside the API would run with its rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pgs_script_runs_on_its_own_host_only() {
    let shop = Shop::open(Engine::Sqlite).await;
    let asked = json!({
        "user_code": "imp00000000", "device": "pc", "frame": "layer",
        "nonce": "0123456789abcdef0123456789abcdef", "params": card_params("c", "pc-1"),
    });
    let prepared = shop.control("/window/prepare", &asked).await.json();
    let text = |name: &str| prepared["response"][name].as_str().unwrap_or_default();
    let (_, address) = text("window_url").split_once("://").expect("a URL");
    let (host, path) = address.split_once('/').expect("a path");
    assert!(!shop.main.ends_with(host), "a host of its own: {prepared}");
    let open = async |host: &str| {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("token={}", text("token")).into_bytes();
        shop.bare("POST", &format!("/{path}"), &[form, ("host", host)], body)
            .await
    };
    let main = shop.main.split_once("://").expect("a URL").1;
    for other in [main, "shop.example"] {
        let refused = open(other).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert!(!refused.text().contains("<script"), "{}", refused.text());
        assert!(
            refused.text().contains("결제를 다시 시작"),
            "{}",
            refused.text()
        );
    }
    let page = open(host).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(
        page.text().contains("<script src=\"http"),
        "{}",
        page.text()
    );
    assert_eq!(shop.find("pc-1").await.payment()["status"], "ready");
}

/// Texts that mean mischief elsewhere are texts here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_names_are_kept_and_shown_as_text() {
    let shop = Shop::open(Engine::Sqlite).await;
    for (n, name) in STRANGE.into_iter().enumerate() {
        charged_as(&shop, &format!("order-{n}"), name).await;
        shown_as(&shop, &format!("strange-{n}"), name).await;
    }
}

const STRANGE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "\u{202e}gnp.exe\u{202c}",
    "' OR 1=1; DROP TABLE payment; --",
    "{{7*7}} ${7*7} %00 %3Cscript%3E 🧾",
];

async fn charged_as(shop: &Shop, order: &str, name: &str) {
    let body = json!({
        "customer_uid": CUSTOMER, "merchant_uid": order, "amount": 3000, "name": name, "buyer_name": name, "custom_data": name,
    });
    let answer = shop.post("/subscribe/payments/again", &body).await;
    let payment = answer.payment();
    assert_eq!(payment["status"], "paid", "{payment}");
    for field in ["name", "buyer_name", "custom_data"] {
        assert_eq!(payment[field], name, "{field}");
    }
    assert_eq!(shop.find(order).await.payment(), payment);
}

/// In the window's pages, ours and the PG's: no tag that the shop did not mean.
async fn shown_as(shop: &Api, customer_uid: &str, name: &str) {
    let mut params = card_params(customer_uid, customer_uid);
    params["name"] = json!(name);
    params["buyer_name"] = json!(name);
    let mut browser = Browser::new(shop);
    let prepared = browser.prepare_window(params).await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    assert!(browser.land(&form).await.success());
    assert!(browser.pages.len() >= 3, "the buyer saw pages");
    for page in &browser.pages {
        let text = page.text().to_ascii_lowercase();
        assert!(
            !text.contains("<script>alert") && !text.contains("<img src=x"),
            "{text}"
        );
    }
}
