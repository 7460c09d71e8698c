use super::*;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";

#[tokio::test]
async fn a_window_shows_the_order_and_returns_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let url = kicc.register(&window_body("imp_1")).await;
    assert!(
        url.len() <= 256
            && url.starts_with("http://pg.test/kicc/view/trades/cert-req.do?authorizationId=")
    );
    let page = kicc.load(&url, "").await;
    assert!(
        page.contains("월간 플랜 &amp; 하나")
            && page.contains("단골 상점")
            && page.contains(">0원<"),
        "{page}"
    );
    let end = kicc
        .submit(
            &page,
            &[("card_number", "4242 4242 4242 4242"), ("go", "pay")],
        )
        .await;
    assert!(
        end.contains("action=\"https://shop.test/return?x=1&amp;y=2\" accept-charset=\"utf-8\""),
        "{end}"
    );
    let returned = inputs(&end);
    let id = url.split_once('=').unwrap().1;
    let expected = [
        ("resCd", "0000"),
        ("resMsg", "정상"),
        ("shopOrderNo", "imp_1"),
        ("authorizationId", id),
        ("shopValue1", "token"),
        ("shopValue2", ""),
        ("shopValue7", "last"),
    ];
    for (name, value) in expected {
        assert_eq!(returned[name], value, "{name}");
    }
    // Coming back shows the one result again, whatever is typed then.
    assert_eq!(inputs(&kicc.load(&url, "").await), returned);
    assert_eq!(
        inputs(&kicc.submit(&page, &[("go", "cancel")]).await),
        returned
    );
}

#[tokio::test]
async fn a_window_asks_for_what_the_merchant_wants_in_two_languages() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    for (certificate, birth, password) in
        [("0", true, true), ("1", false, false), ("2", true, false)]
    {
        let mut body = window_body("imp_1");
        body["payMethodInfo"]["billKeyMethodInfo"]["certType"] = certificate.into();
        body["langFlag"] = "ENG".into();
        let page = kicc.load(&kicc.register(&body).await, "").await;
        assert!(
            page.contains("<html lang=\"en\">") && page.contains("KRW 0"),
            "{page}"
        );
        let asks = |hook: &str| page.contains(&format!("data-test=\"{hook}\""));
        assert_eq!(
            (asks("birth"), asks("password2"), asks("card-cvc")),
            (birth, password, false)
        );
        let end = kicc
            .submit(&page, &[("card_number", GOOD), ("go", "pay")])
            .await;
        assert_eq!(inputs(&end)["resCd"], "0000");
    }
}

#[tokio::test]
async fn a_window_ends_in_a_failure_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let cards = [
        ("4000 0000 0000 0002", codes::ASK_ISSUER),
        ("4111111111111111", codes::TEST_CARDS_ONLY),
    ];
    for (card, code) in cards {
        let returned = kicc.go("imp_1", card).await;
        assert_eq!(returned["resCd"], code);
        assert_eq!(
            kicc.approve(code, &returned).await["resCd"],
            codes::NO_AUTHORIZATION
        );
    }
    let url = kicc.register(&window_body("imp_1")).await;
    let page = kicc.load(&url, "").await;
    let cancelled = inputs(&kicc.submit(&page, &[("go", "cancel")]).await);
    assert_eq!(cancelled["resCd"], codes::USER_CANCELLED);
    assert!(
        cancelled["resMsg"].starts_with("[USER]") && url.ends_with(&cancelled["authorizationId"])
    );
    // A phone in a window for PCs; a phone in one for phones.
    let mut body = window_body("imp_1");
    let url = kicc.register(&body).await;
    assert_eq!(
        inputs(&kicc.load(&url, PHONE).await)["resCd"],
        codes::WRONG_DEVICE
    );
    body["deviceTypeCode"] = "mobile".into();
    let page = kicc.load(&kicc.register(&body).await, PHONE).await;
    assert_eq!(
        inputs(
            &kicc
                .submit(&page, &[("card_number", GOOD), ("go", "pay")])
                .await
        )["resCd"],
        "0000"
    );
    assert!(
        kicc.load(
            "http://pg.test/kicc/view/trades/cert-req.do?authorizationId=none",
            ""
        )
        .await
        .contains("lang=\"en\"")
    );
    assert_eq!(kicc.kinds(), []);
}

#[tokio::test]
async fn mistakes_are_told_in_the_window_and_do_not_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let page = kicc
        .load(&kicc.register(&window_body("imp_1")).await, "")
        .await;
    let mistakes = [
        ("card_number", "4242", "card-number-error"),
        ("expiry", "13/30", "card-expiry-error"),
        ("expiry", "10/26", "card-expiry-error"),
        ("birth", "901301", "birth-error"),
        ("birth", "12345", "birth-error"),
        ("password2", "1", "password2-error"),
        ("password2", "ab", "password2-error"),
    ];
    for (name, value, error) in mistakes {
        let again = kicc
            .submit(
                &page,
                &[("card_number", GOOD), ("go", "pay"), (name, value)],
            )
            .await;
        assert!(again.contains(error), "{name} {value}");
        assert!(!again.contains(GOOD), "what was typed is not sent back");
    }
    let business = [
        ("card_number", GOOD),
        ("go", "pay"),
        ("birth", "123-45-67890"),
        ("expiry", "11/26"),
    ];
    assert_eq!(
        inputs(&kicc.submit(&page, &business).await)["resCd"],
        "0000"
    );
}

#[tokio::test]
async fn an_authorization_is_one_merchants_and_holds_ten_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    kicc.kicc.contract("T0000001").unwrap();
    let page = kicc
        .load(&kicc.register(&window_body("imp_1")).await, "")
        .await;
    kicc.advance(11);
    let late = inputs(
        &kicc
            .submit(&page, &[("card_number", GOOD), ("go", "pay")])
            .await,
    );
    assert_eq!(late["resCd"], codes::NO_AUTHORIZATION);
    let mut returned = kicc.go("imp_2", GOOD).await;
    let foreign = json!({
        "mallId": "T0000001", "shopTransactionId": "t", "authorizationId": returned["authorizationId"],
        "shopOrderNo": "imp_2", "approvalReqDate": TODAY,
    });
    let answer = kicc.call("/api/trades/approval", &foreign).await;
    assert_eq!(answer["resCd"], codes::NO_AUTHORIZATION);
    returned.insert("shopOrderNo".to_owned(), "imp_3".to_owned());
    assert_eq!(
        kicc.approve("t1", &returned).await["resCd"],
        codes::NO_AUTHORIZATION
    );
    returned.insert("shopOrderNo".to_owned(), "imp_2".to_owned());
    kicc.advance(11);
    assert_eq!(
        kicc.approve("t2", &returned).await["resCd"],
        codes::NO_AUTHORIZATION
    );
    assert_eq!(kicc.kinds(), []);
}

#[tokio::test]
async fn a_registration_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let cases = [
        ("/amount", json!(3000), codes::BAD_FIELD),
        ("/payMethodTypeCode", json!("11"), codes::BAD_FIELD),
        ("/currency", json!("01"), codes::BAD_FIELD),
        ("/deviceTypeCode", json!("PC"), codes::BAD_FIELD),
        ("/clientTypeCode", json!(""), codes::MISSING_FIELD),
        ("/returnUrl", json!("javascript:alert(1)"), codes::BAD_FIELD),
        (
            "/returnUrl",
            json!(format!("https://shop.test/{}", "x".repeat(240))),
            codes::BAD_FIELD,
        ),
        ("/shopOrderNo", json!("가"), codes::BAD_FIELD),
        ("/orderInfo/goodsName", json!("a<b"), codes::BAD_CHARACTER),
        ("/orderInfo/goodsName", Value::Null, codes::MISSING_FIELD),
        (
            "/orderInfo/customerInfo/customerContactNo",
            json!("010-1234-5678"),
            codes::BAD_FIELD,
        ),
        (
            "/orderInfo/customerInfo/customerName",
            json!("x".repeat(21)),
            codes::BAD_FIELD,
        ),
        (
            "/payMethodInfo/billKeyMethodInfo/certType",
            json!("3"),
            codes::BAD_FIELD,
        ),
        ("/payMethodInfo", Value::Null, codes::MISSING_FIELD),
        (
            "/shopValueInfo/value1",
            json!("x".repeat(65)),
            codes::BAD_FIELD,
        ),
        (
            "/shopValueInfo",
            json!({"value3": "x".repeat(33)}),
            codes::BAD_FIELD,
        ),
        ("/mallId", json!("T0000001"), codes::UNKNOWN_MALL),
    ];
    for (path, value, code) in cases {
        let mut body = window_body("imp_1");
        *body.pointer_mut(path).unwrap() = value.clone();
        let answer = kicc.call("/api/ep9/trades/webpay", &body).await;
        assert_eq!(answer["resCd"], code, "{path} {value}");
        assert!(answer.get("authPageUrl").is_none());
    }
    kicc.plan("open_window", "decline");
    let answer = kicc
        .call("/api/ep9/trades/webpay", &window_body("imp_1"))
        .await;
    assert_eq!(answer["resCd"], codes::NOT_ALLOWED);
}
