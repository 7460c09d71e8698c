use super::*;

#[tokio::test]
async fn a_key_is_issued_once_and_signed() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let returned = kicc.go("imp_1", GOOD).await;
    let issued = kicc.approve("t1", &returned).await;
    let card = &issued["paymentInfo"]["cardInfo"];
    assert_eq!(
        (&issued["resCd"], &issued["amount"], &card["cardMaskNo"]),
        (&json!("0000"), &json!(0), &json!("424242******424*"))
    );
    let key = card["cardNo"].as_str().unwrap();
    assert!(
        key.len() == 20 && key.starts_with("261119") && key.contains("BA"),
        "{key}"
    );
    let pg_cno = issued["pgCno"].as_str().unwrap();
    let signed = signature::of("easypay!KICCTEST", &[pg_cno, "0", "20261119093600"]);
    assert_eq!(issued["msgAuthValue"], json!(signed));
    // The same call, and another call for the same authorization.
    assert_eq!(
        kicc.approve("t1", &returned).await["resCd"],
        codes::DUPLICATE
    );
    assert_eq!(
        kicc.approve("t2", &returned).await["resCd"],
        codes::NO_AUTHORIZATION
    );
    let journal = kicc.journal();
    assert_eq!(journal.len(), 1);
    let deed = &journal[0].deed;
    assert_eq!(
        (
            deed.kind,
            deed.key.as_deref(),
            deed.amount,
            deed.order_id.as_deref()
        ),
        (Kind::KeyIssued, Some(key), None, Some("imp_1"))
    );
}

#[tokio::test]
async fn money_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let key = kicc.issue("imp_1", GOOD).await;
    let paid = kicc.charge("imps_1", &key).await;
    let pg_cno = &paid["pgCno"];
    assert_eq!(
        (
            &paid["resCd"],
            &paid["amount"],
            &paid["statusCode"],
            &paid["shopOrderNo"]
        ),
        (
            &json!("0000"),
            &json!(3000),
            &json!("TS03"),
            &json!("imps_1")
        )
    );
    assert_eq!(
        paid["paymentInfo"]["cardInfo"]["cardNo"],
        "42424242****424*"
    );
    let signed = signature::of(
        &kicc.secret,
        &[pg_cno.as_str().unwrap(), "3000", "20261119093600"],
    );
    assert_eq!(paid["msgAuthValue"], json!(signed));
    assert_eq!(kicc.charge("imps_1", &key).await["resCd"], codes::DUPLICATE);
    // Another call with the same order number.
    let mut body = charge_body("imps_1", &key);
    body["shopTransactionId"] = "other".into();
    assert_eq!(
        kicc.call("/api/trades/approval/batch", &body).await["resCd"],
        codes::DUPLICATE
    );
}

#[tokio::test]
async fn money_is_given_back_by_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let key = kicc.issue("imp_1", GOOD).await;
    let pg_cno = &kicc.charge("imps_1", &key).await["pgCno"];
    let steps = [
        (Some((1000, 2000)), codes::WRONG_BALANCE, "TS03"),
        (Some((3001, 3000)), codes::TOO_MUCH, "TS03"),
        (Some((1000, 3000)), codes::OK, "TS06"),
        (None, codes::FULL_AFTER_PARTIAL, "TS06"),
        (Some((2000, 2000)), codes::OK, "TS02"),
        (None, codes::CANCELLED_BEFORE, "TS02"),
    ];
    for (i, (part, code, status)) in steps.into_iter().enumerate() {
        let id = format!("c{i}");
        let answer = kicc.cancel(&id, pg_cno, part).await;
        assert_eq!(answer["resCd"], code, "{part:?}");
        if let (Some((amount, balance)), codes::OK) = (part, code) {
            let told = (
                &answer["cancelAmount"],
                &answer["remainAmount"],
                &answer["oriPgCno"],
            );
            assert_eq!(told, (&json!(amount), &json!(balance - amount), pg_cno));
            // A cancel can be asked about as well; its own answer comes again.
            assert_eq!(kicc.inquire(&id, TODAY).await, answer);
        }
        // The same cancel twice never gives back twice.
        assert_eq!(
            kicc.cancel(&id, pg_cno, part).await["resCd"],
            codes::DUPLICATE
        );
        assert_eq!(kicc.inquire("imps_1", TODAY).await["statusCode"], status);
    }
    assert_eq!(
        kicc.kinds(),
        [Kind::KeyIssued, Kind::Approval, Kind::Refund, Kind::Refund]
    );
    let refund = &kicc.journal()[3].deed;
    assert_eq!(
        (refund.ref_tid.as_deref(), refund.amount),
        (pg_cno.as_str(), Some(2000))
    );
    assert_eq!(refund.order_id.as_deref(), Some("imps_1"));
}

#[tokio::test]
async fn an_inquiry_tells_what_happened_today_and_yesterday() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let (good, poor) = (
        kicc.issue("imp_1", GOOD).await,
        kicc.issue("imp_2", "4000000000009995").await,
    );
    let mut paid = kicc.charge("imps_1", &good).await;
    assert_eq!(
        kicc.charge("imps_2", &poor).await["resCd"],
        codes::NO_BALANCE
    );
    let declined = kicc.inquire("imps_2", TODAY).await;
    assert_eq!(
        (&declined["resCd"], &declined["shopTransactionId"]),
        (&json!(codes::NO_BALANCE), &json!("imps_2"))
    );
    // What is refused of the question itself bears no number of the call.
    kicc.plan("inquire", "decline");
    assert!(
        kicc.inquire("imps_2", TODAY)
            .await
            .get("shopTransactionId")
            .is_none()
    );
    assert_eq!(
        kicc.inquire("imps_3", TODAY).await["resCd"],
        codes::NOT_FOUND
    );
    assert_eq!(
        kicc.inquire("imps_1", "20261118").await["resCd"],
        codes::NOT_FOUND
    );
    assert!(
        paid.as_object_mut()
            .unwrap()
            .remove("msgAuthValue")
            .is_some()
    );
    kicc.advance(24 * 60);
    assert_eq!(
        kicc.inquire("imps_1", TODAY).await,
        paid,
        "the stored answer, not signed"
    );
    kicc.advance(24 * 60);
    assert_eq!(
        kicc.inquire("imps_1", TODAY).await["resCd"],
        codes::BAD_DATE
    );
}

#[tokio::test]
async fn a_cancel_needs_the_signature_of_the_merchant() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let other = kicc
        .kicc
        .contract("T0000001")
        .unwrap()
        .remove("secret")
        .unwrap();
    let key = kicc.issue("imp_1", GOOD).await;
    let pg_cno = kicc.charge("imps_1", &key).await["pgCno"].clone();
    let tid = pg_cno.as_str().unwrap();
    let values = [
        signature::of(&other, &[tid, "c1"]),
        signature::of(&kicc.secret, &["c1", tid]),
        signature::of(&kicc.secret, &[tid, "c2"]),
        "0".repeat(64),
        "x".to_owned(),
    ];
    for value in values {
        let mut body = kicc.cancel_body("c1", &pg_cno, None);
        body["msgAuthValue"] = value.into();
        assert_eq!(
            kicc.call("/api/trades/revise", &body).await["resCd"],
            codes::BAD_SIGNATURE
        );
    }
    // Another merchant signs well and has no such approval.
    let mut body = kicc.cancel_body("c1", &pg_cno, None);
    body["mallId"] = "T0000001".into();
    body["msgAuthValue"] = signature::of(&other, &[tid, "c1"]).into();
    assert_eq!(
        kicc.call("/api/trades/revise", &body).await["resCd"],
        codes::NOT_FOUND
    );
    assert_eq!(kicc.cancel("c1", &pg_cno, None).await["resCd"], codes::OK);
}

#[tokio::test]
async fn a_removed_key_is_dead_and_every_call_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let key = kicc.issue("imp_1", GOOD).await;
    assert_eq!(kicc.remove("r1", &key).await["resCd"], codes::OK);
    assert_eq!(kicc.remove("r1", &key).await["resCd"], codes::DUPLICATE);
    assert_eq!(kicc.remove("r2", &key).await["resCd"], codes::UNKNOWN_KEY);
    assert_eq!(
        kicc.charge("imps_1", &key).await["resCd"],
        codes::UNKNOWN_KEY
    );
    assert_eq!(kicc.kinds(), [Kind::KeyIssued, Kind::KeyRevoked]);
    let calls = kicc.world.calls().after(Some("kicc"), 0);
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.operation, call.order_id.as_deref()))
        .collect();
    let expected = [
        (Operation::OpenWindow, Some("imp_1")),
        (Operation::OpenWindow, Some("imp_1")),
        (Operation::IssueKey, Some("imp_1")),
        (Operation::Revoke, Some("imp_1")),
        (Operation::Revoke, None),
        (Operation::Revoke, None),
        (Operation::Charge, Some("imps_1")),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_charge_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let key = kicc.issue("imp_1", GOOD).await;
    let cases = [
        ("/mallId", json!("T0000001"), codes::UNKNOWN_MALL),
        ("/mallId", json!("T51020012"), codes::BAD_FIELD),
        ("/shopTransactionId", json!(""), codes::MISSING_FIELD),
        (
            "/shopTransactionId",
            json!("x".repeat(61)),
            codes::BAD_FIELD,
        ),
        ("/shopOrderNo", json!("imps 1"), codes::BAD_FIELD),
        ("/shopOrderNo", json!("x".repeat(41)), codes::BAD_FIELD),
        ("/approvalReqDate", json!("20261118"), codes::BAD_DATE),
        ("/approvalReqDate", Value::Null, codes::MISSING_FIELD),
        ("/amount", json!("3000"), codes::BAD_FIELD),
        ("/amount", json!(0), codes::BAD_FIELD),
        ("/amount", json!(-1), codes::BAD_FIELD),
        ("/amount", json!(1.5), codes::BAD_FIELD),
        ("/amount", Value::Null, codes::MISSING_FIELD),
        ("/currency", json!("410"), codes::BAD_FIELD),
        ("/orderInfo/goodsName", json!(""), codes::MISSING_FIELD),
        (
            "/orderInfo/goodsName",
            json!("가".repeat(51)),
            codes::BAD_FIELD,
        ),
        ("/orderInfo/goodsName", json!("a;b"), codes::BAD_CHARACTER),
        (
            "/payMethodInfo/billKeyMethodInfo/batchKey",
            json!("261119000001BA000042"),
            codes::UNKNOWN_KEY,
        ),
        (
            "/payMethodInfo/cardMethodInfo/installmentMonth",
            json!("00"),
            codes::BAD_FIELD,
        ),
        (
            "/payMethodInfo/cardMethodInfo/installmentMonth",
            json!(1),
            codes::BAD_FIELD,
        ),
    ];
    for (i, (path, value, code)) in cases.into_iter().enumerate() {
        let mut body = charge_body("imps_1", &key);
        body["shopTransactionId"] = format!("t{i}").into();
        *body.pointer_mut(path).unwrap() = value.clone();
        let answer = kicc.call("/api/trades/approval/batch", &body).await;
        assert_eq!(answer["resCd"], code, "{path} {value}");
        assert!(answer.get("pgCno").is_none());
    }
    let (status, text) = kicc.post("/api/trades/approval/batch", &json!([1])).await;
    assert_eq!(status, 400, "{text}");
    assert_eq!(kicc.kinds(), [Kind::KeyIssued]);
    assert_eq!(
        kicc.charge("imps_1", &key).await["resCd"],
        "0000",
        "and the good one is good"
    );
}

#[tokio::test]
async fn everything_is_known_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (key, dead, pg_cno, answers, entries) = {
        let kicc = Merchant::open(dir.path(), 1);
        let key = kicc.issue("imp_1", GOOD).await;
        let dead = kicc.issue("imp_2", GOOD).await;
        let poor = kicc.issue("imp_3", "4000000000009995").await;
        kicc.remove("r1", &dead).await;
        let pg_cno = kicc.charge("imps_1", &key).await["pgCno"].clone();
        kicc.charge("imps_2", &poor).await;
        kicc.cancel("c1", &pg_cno, Some((500, 3000))).await;
        let mut answers = vec![];
        for id in ["imp_1", "imps_1", "imps_2", "c1", "r1"] {
            answers.push((id, kicc.inquire(id, TODAY).await));
        }
        kicc.kicc.contract("T0000001").unwrap();
        (key, dead, pg_cno, answers, kicc.journal())
    };
    let kicc = Merchant::open(dir.path(), 1_000_000);
    assert_eq!(kicc.journal(), entries);
    for (id, answer) in answers {
        assert_eq!(kicc.inquire(id, TODAY).await, answer);
    }
    for id in ["imps_1", "imps_2", "c1", "r1", "imp_1"] {
        let mut body = charge_body("fresh", &key);
        body["shopTransactionId"] = id.into();
        let again = kicc.call("/api/trades/approval/batch", &body).await;
        assert_eq!(again["resCd"], codes::DUPLICATE, "{id}");
    }
    let mut body = window_body("imps_1");
    assert_eq!(
        kicc.call("/api/ep9/trades/webpay", &body).await["resCd"],
        codes::DUPLICATE
    );
    body["mallId"] = "T0000001".into();
    assert_eq!(
        kicc.call("/api/ep9/trades/webpay", &body).await["resCd"],
        codes::OK
    );
    assert_eq!(
        kicc.charge("imps_3", &dead).await["resCd"],
        codes::UNKNOWN_KEY
    );
    assert_eq!(kicc.charge("imps_4", &key).await["resCd"], "0000");
    assert_eq!(
        kicc.cancel("c2", &pg_cno, Some((2501, 2500))).await["resCd"],
        codes::TOO_MUCH
    );
    assert_eq!(
        kicc.cancel("c3", &pg_cno, Some((2500, 2500))).await["statusCode"],
        "TS02"
    );
}

#[tokio::test]
async fn planned_faults_strike_and_the_journal_keeps_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    let key = kicc.issue("imp_1", GOOD).await;
    let path = "/api/trades/approval/batch";
    kicc.plan("charge", "http_500");
    assert_eq!(kicc.post(path, &charge_body("imps_1", &key)).await.0, 500);
    assert_eq!(
        kicc.inquire("imps_1", TODAY).await["resCd"],
        codes::NOT_FOUND
    );
    kicc.plan("charge", "decline");
    assert_eq!(
        kicc.charge("imps_1", &key).await["resCd"],
        codes::ASK_ISSUER
    );
    assert_eq!(
        kicc.inquire("imps_1", TODAY).await["resCd"],
        codes::ASK_ISSUER
    );
    assert_eq!(kicc.kinds(), [Kind::KeyIssued], "nothing was done so far");
    kicc.plan("charge", "wrong_amount");
    let lie = kicc.charge("imps_2", &key).await;
    let over = [
        lie["pgCno"].as_str().unwrap(),
        "3001",
        lie["transactionDate"].as_str().unwrap(),
    ];
    assert_eq!(
        lie["msgAuthValue"],
        json!(signature::of(&kicc.secret, &over)),
        "a well signed lie"
    );
    kicc.plan("charge", "bad_signature");
    let unsigned = kicc.charge("imps_3", &key).await;
    let over = [
        unsigned["pgCno"].as_str().unwrap(),
        "3000",
        unsigned["transactionDate"].as_str().unwrap(),
    ];
    assert!(!signature::is(
        unsigned["msgAuthValue"].as_str().unwrap(),
        &kicc.secret,
        &over
    ));
    kicc.plan("charge", "says_timeout");
    assert_eq!(kicc.charge("imps_4", &key).await["resCd"], codes::TIMED_OUT);
    assert_eq!(kicc.inquire("imps_4", TODAY).await["resCd"], "0000");
    kicc.plan("cancel", "says_timeout");
    assert_eq!(
        kicc.cancel("c1", &lie["pgCno"], None).await["resCd"],
        codes::TIMED_OUT
    );
    let amounts: Vec<_> = kicc
        .journal()
        .iter()
        .skip(1)
        .map(|entry| entry.deed.amount)
        .collect();
    assert_eq!(amounts, [Some(3000); 4]);
    for operation in ["inquire", "cancel", "revoke", "open_window"] {
        let plan = json!({ "pg": "kicc", "operation": operation, "fault": "bad_signature" });
        let plan = serde_json::from_value(plan).unwrap();
        assert!(
            kicc.world.control().plan(plan).is_err(),
            "{operation} is answered unsigned"
        );
    }
}

#[tokio::test]
async fn codes_that_kicc_does_not_publish_can_be_set_and_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "[kicc]\nduplicate_code = \"9999\"\nnot_found_code = \"9998\"\n";
    std::fs::write(dir.path().join("simulators.toml"), settings).unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    assert_eq!(kicc.inquire("none", TODAY).await["resCd"], "9998");
    let key = kicc.issue("imp_1", GOOD).await;
    kicc.charge("imps_1", &key).await;
    assert_eq!(kicc.charge("imps_1", &key).await["resCd"], "9999");
    let dialect = kicc.kicc.dialect();
    assert_eq!(
        (
            dialect["duplicate_codes"].as_str(),
            dialect["not_found_codes"].as_str()
        ),
        ("9999", "9998")
    );
    for bad in ["T510200", "t5102001", "T51020012", ""] {
        assert!(kicc.kicc.contract(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_notice_is_repeated_every_three_minutes_and_given_up_after_ten() {
    let dir = tempfile::tempdir().unwrap();
    let kicc = Merchant::open(dir.path(), 1);
    kicc.kicc
        .set_notice_url("T5102001", "http://shop.test/notice");
    let key = kicc.issue("imp_1", GOOD).await;
    let began = kicc.clock.now_ms();
    kicc.charge("imps_1", &key).await;
    // Nobody is there to hear it.
    let mut minutes = Vec::new();
    while let Some(due) = kicc.kicc.next_due_ms() {
        assert!(kicc.kicc.run_due(due - 1).await.is_empty(), "not before");
        assert_eq!(kicc.kicc.run_due(due).await, [("kicc_noti", 1)]);
        minutes.push((due - began) / 60_000);
    }
    assert_eq!(minutes, [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
}
