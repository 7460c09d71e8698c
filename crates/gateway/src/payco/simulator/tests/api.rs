use super::*;

#[tokio::test]
async fn a_reservation_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    shop.reserve(&reserve_body("imp_1")).await;
    let long = "x".repeat(1001);
    let cases = [
        ("sellerKey", json!("OTHER"), 990_001),
        ("sellerKey", Value::Null, 1001),
        ("cpId", json!("PARTNERTEST"), 990_002),
        ("sellerAutoPaymentReferenceKey", json!(""), 1001),
        (
            "sellerAutoPaymentReferenceKey",
            json!("x".repeat(101)),
            1001,
        ),
        ("returnUrl", json!("javascript:alert(1)"), 1001),
        ("returnUrl", json!(format!("https://{long}")), 1001),
        ("returnUrlParam", json!({"token": "t"}), 1001),
        ("returnUrlParam", json!("token=t"), 1001),
        ("currency", json!("USD"), 1001),
        ("totalPaymentAmt", json!(-1), 1001),
        ("orderMethod", json!("CARD"), 1001),
        ("orderMethod", Value::Null, 1001),
        ("orderChannel", json!("pc"), 1001),
        ("orderChannel", Value::Null, 1001),
        ("inAppYn", json!("true"), 1001),
        ("extraData", json!("{\\\"viewOptions\\\":{}}"), 1001),
        ("autoPaymentNo", json!("1"), 990_004),
    ];
    for (name, value, code) in cases {
        let mut body = reserve_body("imp_1");
        body[name] = value;
        let answer = shop.call("/outseller/autoPayment/reserve", &body).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
        assert!(answer.get("result").is_none());
    }
    shop.register("imp_2", GOOD).await;
    let again = shop
        .call("/outseller/autoPayment/reserve", &reserve_body("imp_2"))
        .await;
    assert_eq!(again["code"], 1001);
}

#[tokio::test]
async fn a_charge_is_written_down_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let paid = shop.pay(&pay_body("imps_1", &key)).await;
    let result = &paid["result"];
    assert_eq!(
        (&paid["code"], &result["totalPaymentAmt"]),
        (&json!(0), &json!(3000))
    );
    assert_eq!(result["sellerOrderReferenceKey"], "imps_1");
    assert_eq!(result["paymentCompletionYn"], "Y");
    assert_eq!(result["paymentCompleteYmdt"], "20261119093600");
    assert_eq!(result["orderCertifyKey"].as_str().unwrap().len(), 47);
    let settled = &result["paymentDetails"][0]["cardSettleInfo"];
    assert_eq!(settled["cardNo"], "424242******4242");
    let entry = shop.journal().pop().unwrap();
    assert_eq!(
        (
            entry.deed.kind,
            entry.deed.order_id.as_deref(),
            entry.deed.amount
        ),
        (Kind::Approval, Some("imps_1"), Some(3000))
    );
    assert_eq!(entry.deed.pg_tid.as_deref(), result["orderNo"].as_str());
}

#[tokio::test]
async fn a_charge_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let other = shop.register("imp_2", GOOD).await;
    let product = pay_body("imps_1", &key)["orderProducts"][0].clone();
    let with = |name: &str, value: Value| {
        let mut product = product.clone();
        product[name] = value;
        json!([product])
    };
    let cases = [
        ("sellerKey", json!("OTHER"), 990_001),
        ("autoPaymentNo", json!(other.auto_payment_no), 990_030),
        ("autoPaymentCertifyKey", json!(other.certify_key), 990_030),
        ("autoPaymentCertifyKey", json!("forged"), 990_030),
        ("totalPaymentAmt", json!(0), 1001),
        ("totalPaymentAmt", json!("3,000"), 1001),
        ("totalPaymentAmt", json!(2999), 1001),
        ("totalVatAmt", json!(273), 1001),
        ("currency", json!("USD"), 1001),
        ("sellerOrderReferenceKey", json!(""), 1001),
        ("sellerOrderReferenceKeyType", json!("UNIQUE"), 1001),
        ("orderProducts", with("cpId", json!("PARTNERTEST")), 990_002),
        (
            "orderProducts",
            with("productId", json!("PROD_EASY")),
            990_002,
        ),
        ("orderProducts", with("productName", Value::Null), 1001),
        ("orderProducts", with("productPaymentAmt", json!(1)), 1001),
    ];
    for (name, value, code) in cases {
        let mut body = pay_body("imps_1", &key);
        body[name] = value;
        let answer = shop.pay(&body).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
    }
    assert!(!shop.kinds().contains(&Kind::Approval));
    let mut body = pay_body("imps_1", &key);
    body["totalTaxfreeAmt"] = json!("0");
    body["totalTaxableAmt"] = json!(2727);
    body["totalVatAmt"] = json!(273.0);
    body["totalPaymentAmt"] = json!("3000");
    assert_eq!(shop.pay(&body).await["code"], 0);
}

#[tokio::test]
async fn an_order_number_is_unique_where_the_seller_wants_it() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let mut body = pay_body("imps_1", &key);
    let first = shop.pay(&body).await;
    assert_eq!(shop.pay(&body).await["code"], 1001);
    body["sellerOrderReferenceKeyType"] = Value::Null;
    let second = shop.pay(&body).await;
    assert_eq!(second["code"], 0, "without UNIQUE_KEY it is charged again");
    assert_ne!(first["result"]["orderNo"], second["result"]["orderNo"]);
    let approvals = shop
        .kinds()
        .into_iter()
        .filter(|kind| *kind == Kind::Approval);
    assert_eq!(approvals.count(), 2);
}

#[tokio::test]
async fn cards_decline_as_they_should() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    for (n, (card, code)) in [
        ("4000 0000 0000 0341", 1402),
        ("4000 0000 0000 9995", 990_020),
        ("4000 0000 0000 9987", 990_021),
        ("4000 0000 0000 0069", 990_022),
    ]
    .into_iter()
    .enumerate()
    {
        let key = shop.register(&format!("imp_{n}"), card).await;
        let order_id = format!("imps_{n}");
        assert_eq!(
            shop.pay(&pay_body(&order_id, &key)).await["code"],
            code,
            "{card}"
        );
    }
    assert!(!shop.kinds().contains(&Kind::Approval));
}

#[tokio::test]
async fn cancels_follow_the_balance_and_answer_in_decimals() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let paid = shop.pay(&pay_body("imps_1", &key)).await;
    let mut forged = cancel_body(&paid, 3000, false);
    forged["orderCertifyKey"] = "forged".into();
    let mut foreign = cancel_body(&paid, 3000, false);
    foreign["sellerOrderReferenceKey"] = "imps_2".into();
    let mut unknown = cancel_body(&paid, 3000, false);
    unknown["orderNo"] = "1".into();
    let mut sum = cancel_body(&paid, 1000, true);
    sum["cancelTotalAmt"] = 999.into();
    for (body, code) in [
        (forged, 990_032),
        (foreign, 990_031),
        (unknown, 990_031),
        (sum, 1001),
        (cancel_body(&paid, 3001, false), 990_034),
        (cancel_body(&paid, 1000, false), 1001),
        (cancel_body(&paid, 0, false), 1001),
    ] {
        let answer = shop.cancel(&body).await;
        assert_eq!(answer["code"], code, "{body}: {answer}");
        let checked = shop
            .call("/outseller/order/cancel/checkAvailability", &body)
            .await;
        assert_eq!(checked["code"], code);
    }
    let part = shop.cancel(&cancel_body(&paid, 1000, true)).await;
    let text = part["result"].to_string();
    assert!(
        text.contains("\"totalCancelPaymentAmt\":1000.0")
            && text.contains("\"remainCancelPossibleAmt\":2000.0"),
        "{text}"
    );
    assert_eq!(
        shop.cancel(&cancel_body(&paid, 3000, false)).await["code"],
        990_034
    );
    let rest = shop.cancel(&cancel_body(&paid, 2000, false)).await;
    assert_eq!(rest["result"]["cancelTradeSeq"], 2);
    assert_eq!(
        shop.cancel(&cancel_body(&paid, 2000, true)).await["code"],
        990_033
    );
    let refunds: Vec<_> = shop
        .journal()
        .into_iter()
        .filter(|entry| entry.deed.kind == Kind::Refund)
        .map(|entry| (entry.deed.amount, entry.deed.ref_tid))
        .collect();
    let order_no = paid["result"]["orderNo"].as_str().map(str::to_owned);
    assert_eq!(
        refunds,
        [(Some(1000), order_no.clone()), (Some(2000), order_no)]
    );
}

#[tokio::test]
async fn an_order_is_found_by_the_sellers_number() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let paid = shop.pay(&pay_body("imps_1", &key)).await;
    let number = paid["result"]["reserveOrderNo"].as_str().unwrap();
    for reserve_order_no in [None, Some(""), Some(number)] {
        assert_eq!(shop.verify("imps_1", reserve_order_no).await, paid);
    }
    assert_eq!(shop.verify("imps_1", Some("1")).await["code"], 990_031);
    assert_eq!(shop.verify("imps_2", None).await["code"], 990_031);

    let dir = tempfile::tempdir().unwrap();
    let strict = Shop::open_with(dir.path(), "verify_requires_reserve_order_no = true");
    let key = strict.register("imp_1", GOOD).await;
    let paid = strict.pay(&pay_body("imps_1", &key)).await;
    let number = paid["result"]["reserveOrderNo"].as_str().unwrap();
    for reserve_order_no in [None, Some("")] {
        assert_eq!(
            strict.verify("imps_1", reserve_order_no).await["code"],
            1001
        );
    }
    assert_eq!(strict.verify("imps_1", Some(number)).await, paid);
}

#[tokio::test]
async fn a_deletion_is_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let delete = |reference: &'static str| {
        let body = json!({
            "sellerKey": "S0FSJE", "sellerAutoPaymentReferenceKey": reference,
            "autoPaymentCertifyKey": key.certify_key,
        });
        let shop = &shop;
        async move { shop.call("/outseller/autoPayment/delete", &body).await }
    };
    assert_eq!(delete("imp_2").await["code"], 990_030);
    assert_eq!(
        delete("imp_1").await,
        json!({"code": 0, "message": "success"})
    );
    assert_eq!(delete("imp_1").await["code"], 990_030);
    assert_eq!(shop.pay(&pay_body("imps_1", &key)).await["code"], 990_030);
    assert_eq!(shop.info("imp_1", &key.certify_key).await["code"], 990_030);
    assert_eq!(shop.kinds(), [Kind::KeyIssued, Kind::KeyRevoked]);
}

#[tokio::test]
async fn everything_is_remembered_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let (key, gone) = (
        shop.register("imp_1", GOOD).await,
        shop.register("imp_2", GOOD).await,
    );
    let paid = shop.pay(&pay_body("imps_1", &key)).await;
    shop.cancel(&cancel_body(&paid, 1000, true)).await;
    let body = json!({
        "sellerKey": "S0FSJE", "sellerAutoPaymentReferenceKey": "imp_2", "autoPaymentCertifyKey": gone.certify_key,
    });
    shop.call("/outseller/autoPayment/delete", &body).await;
    drop(shop);
    let shop = Shop::open(dir.path(), 1_000_000);
    assert_eq!(shop.verify("imps_1", None).await, paid);
    assert_eq!(shop.pay(&pay_body("imps_1", &key)).await["code"], 1001);
    assert_eq!(shop.pay(&pay_body("imps_2", &gone)).await["code"], 990_030);
    assert_eq!(
        shop.cancel(&cancel_body(&paid, 2001, true)).await["code"],
        990_034
    );
    assert_eq!(
        shop.cancel(&cancel_body(&paid, 2000, false)).await["code"],
        0
    );
    assert_eq!(shop.pay(&pay_body("imps_2", &key)).await["code"], 0);
}

#[tokio::test]
async fn faults_strike_where_they_can_be_shown() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let charge = |fault: &str, code: Option<&str>| {
        shop.plan(json!({"pg": "payco", "operation": "charge", "fault": fault, "code": code}));
    };
    charge("decline", None);
    assert_eq!(shop.pay(&pay_body("imps_1", &key)).await["code"], 990_023);
    charge("decline", Some("ZZ99"));
    let answer = shop.pay(&pay_body("imps_1", &key)).await;
    assert_eq!(answer["code"], "ZZ99", "a code that is no number is a text");
    assert!(!shop.kinds().contains(&Kind::Approval));
    charge("wrong_amount", None);
    let lie = shop.pay(&pay_body("imps_1", &key)).await;
    assert_eq!(lie["result"]["totalPaymentAmt"], 3001);
    assert_eq!(shop.journal().pop().unwrap().deed.amount, Some(3000));
    charge("says_timeout", None);
    assert_eq!(shop.pay(&pay_body("imps_2", &key)).await["code"], 990_040);
    assert_eq!(
        shop.journal().pop().unwrap().deed.order_id.as_deref(),
        Some("imps_2")
    );
    let signed = json!({"pg": "payco", "operation": "charge", "fault": "bad_signature"});
    let plan = serde_json::from_value(signed).unwrap();
    assert!(
        shop.world.control().plan(plan).is_err(),
        "nothing is signed"
    );
}

#[tokio::test]
async fn switches_change_what_the_description_leaves_open() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open_with(dir.path(), "ip_is_registered = false");
    let answer = shop
        .call("/outseller/autoPayment/reserve", &reserve_body("imp_1"))
        .await;
    assert_eq!(answer["message"], "허용되지 않은 IP");
    let dir = tempfile::tempdir().unwrap();
    let texts = Shop::open_with(
        dir.path(),
        "code_as_text = true\nunknown_key_code = \"777\"",
    );
    assert_eq!(texts.info("imp_1", "forged").await["code"], "777");
    assert_eq!(texts.payco.dialect()["unknown_key_codes"], "777");
}

#[tokio::test]
async fn what_is_no_json_is_refused_and_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let path = "/outseller/autoPayment/payment";
    for (kind, body) in [
        ("application/json", "[]"),
        ("application/json", "{"),
        ("text/plain", "{}"),
    ] {
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        let (status, text) = shop.send(request.body(body.into()).unwrap()).await;
        assert_eq!(status, 200);
        assert!(text.contains("990005"), "{text}");
    }
    assert_eq!(shop.world.calls().after(Some("payco"), 0).len(), 3);
}

#[tokio::test]
async fn keys_can_be_checked() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    for (body, code) in [
        (json!({"sellerKey": "S0FSJE"}), 0),
        (
            json!({"sellerKey": "S0FSJE", "cpId": "PARTNERTEST_AUTO", "productId": "PROD_AUTO"}),
            0,
        ),
        (json!({"sellerKey": "S0FSJE", "cpId": "PROD_AUTO"}), 990_002),
        (json!({"sellerKey": "OTHER"}), 990_001),
    ] {
        let answer = shop.call("/outseller/code/checkUsability", &body).await;
        assert_eq!(answer["code"], code, "{body}");
    }
}

#[test]
fn a_contract_is_made_once_and_needs_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let first = shop.payco.contract("SHOP2").unwrap();
    assert_eq!(shop.payco.contract("SHOP2").unwrap(), first);
    assert!(first["cp_id"].len() <= 30 && first["cp_id"] != "PARTNERTEST_AUTO");
    for wrong in ["", "with space", &"x".repeat(25)] {
        assert!(shop.payco.contract(wrong).is_err());
    }
}

#[tokio::test]
async fn a_products_status_is_noted_and_gives_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open(dir.path(), 1);
    let key = shop.register("imp_1", GOOD).await;
    let paid = shop.pay(&pay_body("imps_1", &key)).await;
    let good = json!({
        "sellerKey": "S0FSJE",
        "orderNo": paid["result"]["orderNo"],
        "sellerOrderProductReferenceKey": "imps_1",
        "orderProductStatus": "CANCELED",
    });
    let path = "/outseller/order/updateOrderProductStatus";
    let before = shop.kinds();
    assert_eq!(shop.call(path, &good).await["code"], 0);
    for (name, value, code) in [
        ("sellerKey", json!("OTHER"), 990_001),
        ("orderNo", json!("202611190900000001"), 990_031),
        ("sellerOrderProductReferenceKey", json!("imps_2"), 990_031),
        ("orderProductStatus", json!(""), 1001),
        ("orderProductStatus", json!("asdf"), 1001),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let answer = shop.call(path, &wrong).await;
        assert_eq!(answer["code"], code, "{name}: {answer}");
        let told = answer["message"].as_str().unwrap();
        assert_eq!(
            told.ends_with("but [asdf]"),
            wrong["orderProductStatus"] == "asdf"
        );
    }
    assert_eq!(shop.kinds(), before, "no money moved");
    drop(shop);
    let mut noted = vec![];
    let again = Shop::open(dir.path(), 2);
    let replayed = again.world.replay(PROVIDER, |_, record: Option<Record>| {
        if let Some(Record::Status { status, .. }) = record {
            noted.push(status);
        }
        Ok(())
    });
    replayed.unwrap();
    assert_eq!(noted, ["CANCELED"]);
}
