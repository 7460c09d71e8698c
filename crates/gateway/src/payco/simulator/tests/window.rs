use super::*;

#[tokio::test]
async fn a_window_registers_a_card_and_returns_in_a_query() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let url = shop.reserve(&reserve_body("imp_1")).await;
    let (_, page) = shop.load(&url, "ko-KR,en").await;
    for shown in [
        "data-pg=\"payco\" data-simulated",
        "월간 플랜 &lt;b&gt;",
        ">PARTNERTEST_AUTO<",
        ">3,000원<",
        "lang=\"ko\"",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let end = shop.buy(&page, GOOD).await;
    assert!(
        end.contains("method=\"get\" action=\"https://shop.test/return\""),
        "{end}"
    );
    let returned = inputs(&end);
    let expected = [
        ("x", "1"),
        ("y", "a b"),
        ("code", "0"),
        ("message", "success"),
        ("sellerAutoPaymentReferenceKey", "imp_1"),
        ("token", "t&1"),
    ];
    for (name, value) in expected {
        assert_eq!(returned[name], value, "{name}");
    }
    let certify_key = &returned["autoPaymentCertifyKey"];
    assert_eq!(certify_key.len(), 88);
    let entry = shop.journal().remove(0);
    assert_eq!(
        (
            entry.deed.kind,
            entry.deed.order_id.as_deref(),
            entry.deed.key.as_ref()
        ),
        (Kind::KeyIssued, Some("imp_1"), Some(certify_key))
    );
    // A second press, and coming back, show the one result again.
    let again = shop
        .submit(&page, &[("card_number", GOOD), ("go", "next")])
        .await;
    assert_eq!(inputs(&again), returned);
    assert_eq!(inputs(&shop.load(&url, "").await.1), returned);
    assert_eq!(shop.journal().len(), 1);

    let info = shop.info("imp_1", certify_key).await;
    assert_eq!(
        (&info["code"], &info["message"]),
        (&json!(0), &json!("success"))
    );
    assert_eq!(info["result"]["corporationCode"], "CCSS");
    assert_eq!(info["result"]["pinNo"], "424242******4242");
    for (reference, key) in [("imp_2", certify_key.as_str()), ("imp_1", "forged")] {
        let refused = shop.info(reference, key).await;
        assert_eq!(refused["code"], 990_030, "{refused}");
        assert!(refused.get("result").is_none());
    }
}

#[tokio::test]
async fn two_presses_at_once_register_once() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let (_, page) = shop
        .load(&shop.reserve(&reserve_body("imp_1")).await, "")
        .await;
    let pin = shop
        .submit(&page, &[("card_number", GOOD), ("go", "next")])
        .await;
    let press = || shop.submit(&pin, &[("go", "pay")]);
    let (one, other) = tokio::join!(press(), press());
    assert_eq!(inputs(&one), inputs(&other));
    assert_eq!(shop.kinds(), [Kind::KeyIssued]);
    // Two windows of one reference: one registration too.
    let reserve = || async {
        shop.load(&shop.reserve(&reserve_body("imp_2")).await, "")
            .await
            .1
    };
    let (first, second) = (reserve().await, reserve().await);
    assert_eq!(inputs(&shop.buy(&first, GOOD).await)["code"], "0");
    assert_eq!(
        inputs(&shop.buy(&second, GOOD).await)["code"],
        codes::BAD_PARAMETER
    );
    assert_eq!(shop.journal().len(), 2);
}

#[tokio::test]
async fn a_window_ends_in_a_failure_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    for (card, code) in [
        ("4000 0000 0000 0002", codes::CARD_REFUSED),
        ("4111111111111111", codes::TEST_CARDS_ONLY),
    ] {
        let returned = shop.go("imp_1", card).await;
        assert_eq!(returned["code"], code);
        assert_eq!(returned["token"], "t&1");
        assert!(!returned.contains_key("autoPaymentCertifyKey"));
    }
    let open = |body: Value| {
        let shop = &shop;
        async move { shop.load(&shop.reserve(&body).await, "").await.1 }
    };
    let page = open(reserve_body("imp_1")).await;
    let cancelled = inputs(&shop.submit(&page, &[("go", "cancel")]).await);
    assert_eq!(cancelled["code"], "2222");
    // Half an hour later.
    let page = open(reserve_body("imp_1")).await;
    shop.advance(31);
    let late = shop
        .submit(&page, &[("card_number", GOOD), ("go", "next")])
        .await;
    assert_eq!(inputs(&late)["code"], codes::TIME_OVER);
    assert_eq!(shop.kinds(), []);
    // A phone's cancel may go elsewhere; its success does not.
    let mut mobile = reserve_body("imp_1");
    mobile["orderChannel"] = "MOBILE".into();
    mobile["extraData"] = json!({ "cancelMobileUrl": "https://shop.test/cancelled" })
        .to_string()
        .into();
    let page = open(mobile.clone()).await;
    let end = shop.submit(&page, &[("go", "cancel")]).await;
    assert!(
        end.contains("action=\"https://shop.test/cancelled\""),
        "{end}"
    );
    let end = shop.buy(&open(mobile).await, GOOD).await;
    assert!(end.contains("action=\"https://shop.test/return\""), "{end}");
}

#[tokio::test]
async fn mistakes_are_told_and_do_not_end_a_window() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let url = shop.reserve(&reserve_body("imp_1")).await;
    let (_, page) = shop.load(&url, "en-US,en;q=0.9").await;
    assert!(
        page.contains("lang=\"en\"") && page.contains(">KRW 3,000<"),
        "{page}"
    );
    for (name, value, id) in [
        ("card_number", "4242", "card-number"),
        ("expiry", "01/20", "card-expiry"),
        ("expiry", "13/40", "card-expiry"),
        ("login_id", "", "login-id"),
        ("login_password", "", "login-password"),
        ("agree", "", "agree"),
    ] {
        let mut changed = vec![("card_number", GOOD), ("go", "next")];
        changed.push((name, value));
        let told = shop.submit(&page, &changed).await;
        assert!(
            told.contains(&format!("id=\"{id}-error\"")),
            "{name}: {told}"
        );
    }
    let pin = shop
        .submit(&page, &[("card_number", GOOD), ("go", "next")])
        .await;
    let told = shop.submit(&pin, &[("pin", "12345"), ("go", "pay")]).await;
    assert!(told.contains("id=\"pin-error\""), "{told}");
    assert_eq!(shop.kinds(), []);
    // No step can be left out.
    let (_, other) = shop
        .load(&shop.reserve(&reserve_body("imp_2")).await, "")
        .await;
    let skipped = shop
        .submit(&other, &[("step", "pin"), ("pin", "123456"), ("go", "pay")])
        .await;
    assert!(inputs(&skipped).contains_key("card_number"));
    let (status, _) = shop.load("http://pg.test/payco/easyLogin/1", "").await;
    assert_eq!(status, 410);
}

#[tokio::test]
async fn only_a_window_that_was_reserved_for_a_frame_can_be_framed() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    for (frame, refused) in [("N", true), ("Y", false)] {
        let mut body = reserve_body("imp_1");
        body["extraData"] = json!({ "viewOptions": { "iframeYn": frame } })
            .to_string()
            .into();
        let url = shop.reserve(&body).await;
        let path = url.strip_prefix("http://pg.test/payco").unwrap().to_owned();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = Arc::clone(&shop.payco)
            .router()
            .oneshot(request)
            .await
            .unwrap();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            policy.contains("frame-ancestors 'none'"),
            refused,
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"));
    }
}
