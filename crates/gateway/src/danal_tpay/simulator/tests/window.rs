use super::*;

#[tokio::test]
async fn a_window_shows_the_order_and_returns_one_sealed_field() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let opened = danal.auth(&with_payment("imp_1")).await;
    assert_eq!(
        (opened["ORDERID"].as_str(), opened["AMOUNT"].as_str()),
        ("imp_1", "3000")
    );
    assert!(opened["TID"].len() == 24 && opened["TID"].starts_with("20261119093600"));
    assert!(!opened["STARTURL"].contains('?') && opened["STARTPARAMS"].len() == 64);
    let (status, page) = danal.start(&opened, "ko-KR,en").await;
    assert_eq!(status, 200);
    for shown in [
        "lang=\"ko\"",
        "data-pg=\"danal_tpay\" data-simulated",
        "모의 결제창입니다",
        ">CPID 9810030929<",
        "data-test=\"order-name\">월간 플랜 (1)<",
        "data-test=\"amount\">3,000원<",
        ">2026-11-19 ~ 2027-11-18<",
        "<select id=\"carrier\" name=\"carrier\" data-test=\"carrier\" required",
        "<label for=\"carrier\">",
        "autocomplete=\"tel-national\" maxlength=\"20\" value=\"010-9876-5432\"",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("https://shop.test/logo.png"));
    let typed = [("card_number", GOOD), ("go", "next")];
    let code = danal.submit(&page, &typed).await;
    assert!(code.contains("autocomplete=\"one-time-code\"") && code.contains(">결제</button>"));
    let end = danal.submit(&code, &[("go", "pay")]).await;
    assert!(
        end.contains(
            "method=\"post\" action=\"https://shop.test/return\" accept-charset=\"euc-kr\""
        ),
        "{end}"
    );
    let returned = danal.returned(&end);
    let expected = map(&[
        ("RETURNCODE", "0000"),
        ("RETURNMSG", "성공"),
        ("TID", &opened["TID"]),
        ("ORDERID", "imp_1"),
        ("BYPASSVALUE", "token=t1;"),
    ]);
    assert_eq!(returned, expected);
    // Coming back, and submitting whatever again, shows the one result.
    let again = danal.start(&opened, "").await.1;
    assert_eq!(inputs(&again), inputs(&end));
    let again = danal.submit(&page, &[("go", "cancel")]).await;
    assert_eq!(inputs(&again), inputs(&end));
    assert_eq!(danal.kinds(), [], "no money moves in the window");
}

#[tokio::test]
async fn an_amount_is_shown_where_it_is_charged_or_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let shown = |fields: Inputs| {
        let danal = &danal;
        async move {
            let opened = danal.auth(&fields).await;
            let page = danal.start(&opened, "en-US,en;q=0.9").await.1;
            assert!(page.contains("<html lang=\"en\">"), "{page}");
            let rest = page.split_once("data-test=\"amount\">")?.1;
            rest.split('<').next().map(str::to_owned)
        }
    };
    let key_only = key_only("imp_1");
    assert_eq!(shown(key_only.clone()).await, None);
    let by_default = changed(&key_only, "DISABLEAMOUNTUI", "");
    assert_eq!(shown(by_default).await, None);
    let wanted = changed(&key_only, "DISABLEAMOUNTUI", "N");
    assert_eq!(shown(wanted.clone()).await.as_deref(), Some("KRW 0"));
    assert_eq!(shown(changed(&wanted, "AMOUNT", "")).await, None);
    let hidden = changed(&with_payment("imp_1"), "DISABLEAMOUNTUI", "Y");
    assert_eq!(shown(hidden.clone()).await.as_deref(), Some("KRW 3,000"));
    let dollars = changed(&hidden, "CURRENCY", "840");
    assert_eq!(shown(dollars).await.as_deref(), Some("USD 30.00"));
}

#[tokio::test]
async fn a_window_ends_in_a_failure_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    for (card, code) in [
        ("4000 0000 0000 0002", codes::ASK_ISSUER),
        ("4111111111111111", codes::WRONG_CARD_NUMBER),
    ] {
        let (tid, returned) = danal.go(&with_payment("imp_1"), card).await;
        assert_eq!(
            (&returned["RETURNCODE"], &returned["TID"]),
            (&code.to_owned(), &tid)
        );
        let issued = danal.issue(&tid, "3000").await;
        assert_eq!(issued["RETURNCODE"], codes::NOT_FOUND, "{card}");
        assert_eq!(
            returned["RETURNMSG"].contains("test cards only"),
            code == codes::WRONG_CARD_NUMBER
        );
    }
    // The buyer's cancel goes elsewhere, at either step.
    for steps in 0..2 {
        let opened = danal.auth(&with_payment("imp_1")).await;
        let (_, mut page) = danal.start(&opened, "").await;
        if steps == 1 {
            let typed = [("card_number", GOOD), ("go", "next")];
            page = danal.submit(&page, &typed).await;
        }
        let end = danal.submit(&page, &[("go", "cancel")]).await;
        assert!(
            end.contains("action=\"https://shop.test/cancelled\""),
            "{end}"
        );
        let returned = danal.returned(&end);
        assert_eq!(returned["RETURNCODE"], "2101");
        assert_eq!(returned["BYPASSVALUE"], "token=t1;");
        let issued = danal.issue(&opened["TID"], "3000").await;
        assert_eq!(issued["RETURNCODE"], codes::NOT_FOUND);
    }
    assert_eq!(danal.kinds(), []);
}

#[tokio::test]
async fn an_opening_holds_half_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let (in_time, _) = danal.go(&with_payment("imp_1"), GOOD).await;
    let (late, _) = danal.go(&with_payment("imp_2"), GOOD).await;
    let opened = danal.auth(&with_payment("imp_3")).await;
    let (_, page) = danal.start(&opened, "").await;
    danal.advance(30);
    assert_eq!(danal.issue(&in_time, "3000").await["RETURNCODE"], "0000");
    danal.advance(1);
    assert_eq!(danal.issue(&late, "3000").await["RETURNCODE"], "1124");
    let typed = [("card_number", GOOD), ("go", "next")];
    let end = danal.submit(&page, &typed).await;
    assert!(end.contains("action=\"https://shop.test/return\""), "{end}");
    assert_eq!(danal.returned(&end)["RETURNCODE"], "1124");
    assert_eq!(
        danal.issue(&opened["TID"], "3000").await["RETURNCODE"],
        "1124"
    );
    // Coming too late is told as well.
    let opened = danal.auth(&with_payment("imp_4")).await;
    danal.advance(31);
    let (_, end) = danal.start(&opened, "").await;
    assert_eq!(danal.returned(&end)["RETURNCODE"], "1124");
    assert_eq!(danal.kinds().len(), 2);
}

#[tokio::test]
async fn mistakes_are_told_and_do_not_end_a_window() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let unnamed = changed(&key_only("imp_1"), "USERPHONE", "02-123-4567");
    let opened = danal.auth(&unnamed).await;
    let (_, page) = danal.start(&opened, "en").await;
    assert!(page.contains("value=\"01012345678\""), "a valid one");
    for (name, value, id) in [
        ("card_number", "4242", "card-number"),
        ("carrier", "TELEX", "carrier"),
        ("phone", "0212345678", "phone"),
        ("phone", "0101234567890", "phone"),
        ("phone", "", "phone"),
        ("agree", "", "agree"),
    ] {
        let number = "4242-4242-4242-4242";
        let typed = [("card_number", number), ("go", "next"), (name, value)];
        let told = danal.submit(&page, &typed).await;
        let error = format!("id=\"{id}-error\" role=\"alert\"");
        assert!(told.contains(&error), "{name}: {told}");
        assert!(!told.contains(number), "what was typed is not sent back");
    }
    let typed = [
        ("card_number", GOOD),
        ("go", "next"),
        ("carrier", "MVNO"),
        ("phone", "011-123-4567"),
    ];
    let code = danal.submit(&page, &typed).await;
    assert!(code.contains(">등록</button>"), "{code}");
    for wrong in ["12345", "1234567", "12345a", ""] {
        let told = danal.submit(&code, &[("code", wrong), ("go", "pay")]).await;
        assert!(
            told.contains("aria-invalid=\"true\" aria-describedby=\"code-hint code-error\""),
            "{told}"
        );
    }
    let end = danal.submit(&code, &[("go", "pay")]).await;
    assert_eq!(danal.returned(&end)["RETURNCODE"], "0000");
    // No step can be left out.
    let other = danal.auth(&key_only("imp_2")).await;
    let (_, page) = danal.start(&other, "").await;
    let skipped = [("step", "code"), ("code", "123456"), ("go", "pay")];
    let page = danal.submit(&page, &skipped).await;
    assert!(inputs(&page).contains_key("card_number"));
}

#[tokio::test]
async fn a_window_belongs_to_who_has_its_start_params() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let opened = danal.auth(&key_only("imp_1")).await;
    // Its TID is no way in.
    let forged = changed(&opened, "STARTPARAMS", &opened["TID"]);
    let (status, page) = danal.start(&forged, "").await;
    assert_eq!(status, 410);
    assert!(page.contains("lang=\"en\"") && inputs(&page).is_empty());
    // A plus that was not escaped is a space, and no way in either.
    assert!(opened["STARTPARAMS"].contains('+') || opened["STARTPARAMS"].contains('/'));
    let response = Arc::clone(&danal.danal)
        .router()
        .oneshot(
            Request::post("/window/start")
                .body(Body::from(format!(
                    "STARTPARAMS={}",
                    octets(&opened["STARTPARAMS"])
                )))
                .unwrap(),
        )
        .await
        .unwrap();
    let said = |name: header::HeaderName| response.headers()[name].to_str().unwrap().to_owned();
    let policy = said(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(said(header::CACHE_CONTROL), "no-store");
    for (name, status) in [("window.css", 200), ("result.js", 200), ("logo.png", 404)] {
        let request = Request::get(format!("/window/assets/{name}"));
        let answer = danal.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.0, status, "{name}");
    }
}

#[tokio::test]
async fn a_window_can_return_plain_fields() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open_with(dir.path(), "plain_return = true");
    let opened = danal.auth(&key_only("imp_1")).await;
    let (_, page) = danal.start(&opened, "").await;
    let end = danal.buy(&page, GOOD).await;
    let expected = map(&[
        ("RETURNCODE", "0000"),
        ("RETURNMSG", "성공"),
        ("TID", &opened["TID"]),
        ("ORDERID", "imp_1"),
        ("BYPASSVALUE", "token=t1;"),
    ]);
    assert_eq!(inputs(&end), expected);
    assert!(end.contains("accept-charset=\"euc-kr\""));
}

#[tokio::test]
async fn an_opening_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let good = with_payment("imp_1");
    let long = |octets: usize| "x".repeat(octets);
    let korean = "가".repeat(128);
    let far = format!("https://shop.test/{}", long(240));
    let cases: &[(&str, &str, &str)] = &[
        ("TXTYPE", "READY", codes::WRONG_REQUEST),
        ("SERVICETYPE", "DANALCARD", codes::WRONG_REQUEST),
        ("SERVICETYPE", "", codes::MISSING_FIELD),
        ("SUBCPID", &long(65), codes::WRONG_REQUEST),
        ("ORDERID", &long(256), codes::WRONG_REQUEST),
        ("ITEMNAME", "", codes::MISSING_FIELD),
        ("ITEMNAME", &korean, codes::WRONG_REQUEST),
        ("ITEMNAME", "a & b", codes::WRONG_REQUEST),
        ("ITEMNAME", "a+b", codes::WRONG_REQUEST),
        ("ITEMNAME", "a,b", codes::WRONG_REQUEST),
        ("ITEMNAME", "<b>", codes::WRONG_REQUEST),
        ("AMOUNT", "", codes::MISSING_FIELD),
        ("AMOUNT", "99", codes::TOO_LITTLE),
        ("AMOUNT", "3000.0", codes::WRONG_REQUEST),
        ("AMOUNT", "-3000", codes::WRONG_REQUEST),
        ("AMOUNT", "100000000000", codes::WRONG_REQUEST),
        ("CURRENCY", "KRW", codes::WRONG_REQUEST),
        ("CURRENCY", "", codes::MISSING_FIELD),
        ("OFFERPERIOD", "20261119", codes::WRONG_REQUEST),
        ("DISABLEAMOUNTUI", "0", codes::WRONG_REQUEST),
        ("CARDAUTH", &long(11), codes::WRONG_REQUEST),
        ("CARDAUTHTYPE", "2", codes::WRONG_REQUEST),
        ("USERNAME", &"가".repeat(11), codes::WRONG_REQUEST),
        ("USERPHONE", &long(21), codes::WRONG_REQUEST),
        ("USEREMAIL", &long(129), codes::WRONG_REQUEST),
        ("USERID", "", codes::MISSING_FIELD),
        ("USERID", &long(129), codes::WRONG_REQUEST),
        ("USERAGENT", "WP", codes::WRONG_REQUEST),
        ("USERAGENT", "", codes::MISSING_FIELD),
        ("CANCELURL", "", codes::MISSING_FIELD),
        ("CANCELURL", "javascript:alert(1)", codes::WRONG_REQUEST),
        ("RETURNURL", "", codes::MISSING_FIELD),
        ("RETURNURL", &far, codes::WRONG_REQUEST),
        ("ISBILL", "", codes::MISSING_FIELD),
        ("ISBILL", "1", codes::WRONG_REQUEST),
        ("ISNOTI", "", codes::MISSING_FIELD),
        ("NOTIURL", "", codes::MISSING_FIELD),
        ("NOTIURL", "shop.test", codes::WRONG_REQUEST),
        ("BYPASSVALUE", "a=1&b=2", codes::WRONG_REQUEST),
        ("BYPASSVALUE", &long(256), codes::WRONG_REQUEST),
    ];
    for (name, value, code) in cases {
        let answer = danal.call(&changed(&good, name, value)).await;
        assert_eq!(&answer["RETURNCODE"], code, "{name} {value}: {answer:?}");
        assert!(!answer.contains_key("STARTPARAMS"));
    }
    danal.plan("open_window", "decline");
    let answer = danal.call(&good).await;
    assert_eq!(answer["RETURNCODE"], codes::NOT_ALLOWED);
}

#[tokio::test]
async fn an_opening_may_say_as_much_as_danal_allows() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let good = with_payment("imp_1");
    for (name, value) in [
        ("AMOUNT", "100"),
        ("ORDERID", ""),
        ("BYPASSVALUE", ""),
        ("ITEMNAME", &"가".repeat(127)),
        ("USERNAME", "가나다라마바사아자차"),
        ("CARDAUTH", "1234567890"),
        ("CARDAUTHTYPE", "0"),
        ("USERAGENT", "MI"),
        ("OFFERPERIOD", "202611190000202711182359"),
    ] {
        danal.auth(&changed(&good, name, value)).await;
    }
    danal.auth(&changed(&key_only("imp_1"), "AMOUNT", "")).await;
}
