use super::*;

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_plain_and_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let foreign = CryptoKey::parse(&"5a".repeat(32)).unwrap();
    let fields = charge_fields("imps_1", "key");
    let good = danal.body(CPID, &danal.key, &fields);
    let sealed = |text: &str| format!("CPID={CPID}&DATA={}", octets(&danal.key.seal(text)));
    for (body, code) in [
        (danal.body("9810030000", &danal.key, &fields), "1106"),
        (good.replace("CPID=", "CP="), "1106"),
        (String::new(), "1106"),
        (danal.body(CPID, &foreign, &fields), "1114"),
        (format!("CPID={CPID}&DATA=AAAA"), "1114"),
        (format!("CPID={CPID}"), "1114"),
        // A plus that was not escaped.
        (good.replace("%2B", "+").replace("%2F", "+"), "1114"),
        (sealed("not pairs"), "1100"),
    ] {
        let (status, text) = danal.post("/credit/", body.clone()).await;
        assert_eq!(status, 200);
        assert!(!text.contains("DATA="), "{text}");
        let answer = pairs_of(&text);
        assert_eq!(answer["RETURNCODE"], code, "{body}: {text}");
        assert!(answer["RETURNMSG"].chars().all(|c| c != '\u{fffd}'));
    }
    // Read, and in the wrong charset: "월" in UTF-8.
    let text = "TXTYPE=OTBILL&SERVICETYPE=BATCH&ITEMNAME=%EC%9B%94";
    let (_, answer) = danal.post("/credit/", sealed(text)).await;
    assert_eq!(danal.open_data(&answer)["RETURNCODE"], "1102");
    assert_eq!(danal.world.calls().after(Some("danal_tpay"), 0).len(), 9);
    let request = Request::get("/credit/").body(Body::empty()).unwrap();
    assert_eq!(danal.send(request).await.0, 405);
}

#[tokio::test]
async fn planned_faults_strike_and_the_journal_keeps_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let body = danal.body(CPID, &danal.key, &charge_fields("imps_1", &key));
    danal.plan("charge", "http_500");
    assert_eq!(danal.post("/credit/", body.clone()).await.0, 500);
    danal.plan("charge", "decline");
    assert_eq!(danal.charge("imps_1", &key).await["RETURNCODE"], "3143");
    danal.plan_with(json!({"operation": "charge", "fault": "decline", "code": "ZZ99"}));
    assert_eq!(danal.charge("imps_1", &key).await["RETURNCODE"], "ZZ99");
    assert_eq!(danal.kinds().len(), 2, "nothing was charged so far");
    danal.plan("charge", "wrong_amount");
    let lie = danal.charge("imps_1", &key).await;
    assert_eq!(lie["AMOUNT"], "5001");
    danal.plan("charge", "says_timeout");
    assert_eq!(danal.charge("imps_2", &key).await["RETURNCODE"], "3201");
    danal.plan_with(json!({"operation": "charge", "fault": "says_timeout", "code": "1125"}));
    assert_eq!(danal.charge("imps_3", &key).await["RETURNCODE"], "1125");
    danal.plan("charge", "garbage");
    let body = danal.body(CPID, &danal.key, &charge_fields("imps_4", &key));
    assert!(!danal.post("/credit/", body).await.1.contains("DATA="));
    danal.plan("cancel", "wrong_amount");
    let lie = danal.cancel(&lie["TID"], "P", "1000").await;
    assert_eq!(
        (lie["AMOUNT"].as_str(), lie["BALANCE"].as_str()),
        ("1001", "4000")
    );
    danal.plan("cancel", "decline");
    let refused = danal.cancel(&lie["O_TID"], "P", "1000").await;
    assert_eq!(refused["RETURNCODE"], codes::NOT_CANCELLABLE);
    danal.plan("revoke", "decline");
    assert_eq!(danal.delete(&key).await["RETURNCODE"], codes::UNKNOWN_KEY);
    let amounts: Vec<_> = danal
        .journal()
        .iter()
        .skip(2)
        .map(|entry| entry.deed.amount)
        .collect();
    let expected = [Some(5000), Some(5000), Some(5000), Some(5000), Some(1000)];
    assert_eq!(amounts, expected);
}

#[tokio::test]
async fn an_amount_is_lied_about_where_money_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.plan("open_window", "wrong_amount");
    danal.plan("issue_key", "wrong_amount");
    // A key alone names no money: the plans wait.
    danal.key("imp_1", GOOD).await;
    let opened = danal.call(&with_payment("imp_2")).await;
    assert_eq!(opened["AMOUNT"], "3001");
    let (_, page) = danal.start(&opened, "").await;
    danal.buy(&page, GOOD).await;
    let issued = danal.issue(&opened["TID"], "3000").await;
    assert_eq!(issued["AMOUNT"], "3001");
    assert_eq!(danal.journal().pop().unwrap().deed.amount, Some(3000));
    assert!(
        danal
            .world
            .control()
            .list()
            .iter()
            .all(|plan| plan.left == 0)
    );
    for (operation, fault) in [
        ("charge", "bad_signature"),
        ("issue_key", "bad_signature"),
        ("inquire", "delay"),
        ("revoke", "wrong_amount"),
        ("notice", "delay"),
        ("charge", "no_notice"),
    ] {
        let plan = json!({ "pg": "danal_tpay", "operation": operation, "fault": fault });
        let plan = serde_json::from_value(plan).unwrap();
        let refused = danal.world.control().plan(plan);
        assert!(refused.is_err(), "{fault} at {operation}");
    }
}

#[tokio::test]
async fn switches_change_what_the_descriptions_leave_open() {
    let dir = tempfile::tempdir().unwrap();
    let switches = "test_amount = 100\norders_are_unique = false";
    let danal = Merchant::open_with(dir.path(), switches);
    let key = danal.key("imp_1", GOOD).await;
    assert_eq!(danal.journal()[1].deed.amount, Some(100));
    for _ in 0..2 {
        assert_eq!(danal.charge("imps_1", &key).await["RETURNCODE"], "0000");
    }
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open_with(dir.path(), "ip_is_registered = false");
    let key = danal.key("imp_1", GOOD).await;
    assert_eq!(danal.charge("imps_1", &key).await["RETURNCODE"], "2186");
    assert!(danal.danal.dialect().is_empty());
    for wrong in ["test_amount = 0", "test_amounts = 1"] {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("[danal_tpay]\n{wrong}\n");
        std::fs::write(dir.path().join("simulators.toml"), text).unwrap();
        let world = World::open(
            dir.path(),
            Arc::new(TestClock(AtomicI64::new(NOW_MS))),
            Arc::new(|| 1),
            "http://pg.test",
            Arc::new(Ear::default()),
        );
        assert!(make(world.unwrap()).is_err(), "{wrong}");
    }
}
