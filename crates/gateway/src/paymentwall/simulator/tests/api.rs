//! Tokens, charges, and what is refused.

use super::*;

#[tokio::test]
async fn the_first_charge_brings_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let token = pw.token("4242 4242 4242 4242", "123").await;
    let (status, charge) = pw.charge("imp_1", &token).await;
    let key = token_of(&charge);
    let id = charge["id"].as_str().unwrap();
    let expected = json!({
        "object": "charge", "id": id, "created": 1_795_048_560, "amount": "9.90", "currency": "USD",
        "amount_paid": "9.90", "currency_paid": "USD", "captured": true, "refunded": false,
        "risk": "approved", "secure": false, "support_link": "http://pg.test/",
        "card": {
            "token": key, "type": "Visa", "last4": "4242", "exp_month": "12", "exp_year": "2030",
            "name": "Jack Son", "country": "KR",
        },
    });
    assert_eq!((status, &charge), (200, &expected));
    assert!(key.len() == 32 && id.bytes().all(|b| b.is_ascii_digit()));
    let deeds: Vec<_> = pw.journal().into_iter().map(|entry| entry.deed).collect();
    let [issued, approved] = deeds.as_slice() else {
        panic!("{deeds:?}")
    };
    assert_eq!(
        (issued.kind, issued.key.as_deref(), issued.amount),
        (Kind::KeyIssued, Some(key.as_str()), None)
    );
    assert_eq!(
        (approved.kind, approved.amount, approved.currency.as_deref()),
        (Kind::Approval, Some(990), Some("USD"))
    );
    for deed in [issued, approved] {
        let told = (deed.order_id.as_deref(), deed.pg_tid.as_deref());
        assert_eq!(told, (Some("imp_1"), Some(id)));
    }
    assert_eq!(
        pw.get(&format!("/api/brick/charge/{id}"), pw.private())
            .await,
        (200, expected)
    );
}

#[tokio::test]
async fn a_one_time_token_is_one_projects_and_spent_once_within_five_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let spent = |(status, answer): (u16, Value)| {
        assert_eq!((status, &answer["type"]), (401, &json!("Error")));
        assert_eq!(answer["code"], json!(3112), "{answer}");
    };
    let token = pw.token(GOOD, "123").await;
    assert!(token.starts_with("ot_"));
    // A request that is not in order leaves it whole; a charge of another project as well.
    assert_eq!(
        pw.charge_with("imp_1", &token, &[("email", "")]).await.0,
        400
    );
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    let fields = charge_fields("imp_1", &token);
    let foreign = other["brick_private_key"].as_str();
    spent(pw.post("/api/brick/charge", foreign, &fields).await);
    assert_eq!(pw.charge("imp_1", &token).await.0, 200);
    spent(pw.charge("imp_2", &token).await);
    let token = pw.token(GOOD, "123").await;
    pw.stand(301_000);
    spent(pw.charge("imp_3", &token).await);
    let token = pw.token(GOOD, "123").await;
    pw.stand(300_000);
    assert_eq!(pw.charge("imp_3", &token).await.0, 200);
    // A declined one is spent too.
    let token = pw.token(GOOD, "111").await;
    assert_eq!(pw.charge("imp_4", &token).await.1["code"], json!(3014));
    spent(pw.charge("imp_4", &token).await);
    spent(
        pw.charge("imp_5", "ot_0123456789abcdef0123456789abcdef")
            .await,
    );
    spent(pw.charge("imp_5", "o_1").await);
}

#[tokio::test]
async fn a_token_is_told_to_browsers_of_any_origin() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let public = pw.keys["brick_public_key"].clone();
    let good = [
        ("public_key", public.as_str()),
        ("card[number]", "4242-4242-4242-4242"),
        ("card[exp_month]", "1"),
        ("card[exp_year]", "30"),
        ("card[cvv]", "1234"),
    ];
    for path in ["/api/brick/token", "/api/token"] {
        let (status, mut answer) = pw.post(path, "", &good).await;
        let token = answer.as_object_mut().unwrap().remove("token").unwrap();
        assert!(token.as_str().unwrap().starts_with("ot_"));
        let expected = json!({
            "type": "token", "expires_in": 290, "active": 1,
            "card": {
                "type": "Visa", "last4": "4242", "bin": "424242", "exp_month": "01", "exp_year": "2030",
            },
        });
        assert_eq!((status, answer), (200, expected));
        let asked = Request::options(path).body(Body::empty()).unwrap();
        let (status, headers, _) = pw.send(asked).await;
        assert_eq!(
            (status, &headers["access-control-allow-origin"]),
            (204, &"*".parse().unwrap())
        );
    }
    let request = Request::post("/api/brick/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (status, headers, _) = pw.send(request.body("public_key=x".into()).unwrap()).await;
    assert_eq!(
        (status, headers["access-control-allow-origin"].as_bytes()),
        (401, &b"*"[..])
    );
    let cases = [
        ("public_key", "t_unknown", 200),
        ("public_key", "", 3008),
        ("card[number]", "4242", 223),
        ("card[number]", "4111111111111111", 231),
        ("card[exp_year]", "2025", 224),
        ("card[exp_month]", "13", 224),
        ("card[cvv]", "12", 225),
        ("card[cvv]", "", 3008),
    ];
    for (name, value, code) in cases {
        let mut fields = good;
        fields
            .iter_mut()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1 = value;
        let (status, answer) = pw.post("/api/brick/token", "", &fields).await;
        assert!((400..500).contains(&status));
        assert_eq!(answer["code"], json!(code), "{name} {value}: {answer}");
        assert!(value.is_empty() || !answer.to_string().contains(value));
    }
}

#[tokio::test]
async fn a_stored_card_is_charged_by_the_address_that_stored_it() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let key = pw.key("imp_1", GOOD).await;
    let lean = [("fingerprint", ""), ("currency", "KRW"), ("amount", "3000")];
    let (status, paid) = pw.charge_with("imp_2", &key, &lean).await;
    assert_eq!(
        (status, &paid["amount"], &paid["currency"], token_of(&paid)),
        (200, &json!("3000"), &json!("KRW"), key.clone())
    );
    let approval = pw.journal().pop().unwrap().deed;
    assert_eq!(
        (approval.kind, approval.amount, approval.order_id.as_deref()),
        (Kind::Approval, Some(3000), Some("imp_2"))
    );
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    let (status, answer) = pw
        .charge_with("imp_3", &key, &[("email", "other@example.com")])
        .await;
    assert_eq!((status, &answer["code"]), (401, &json!(3012)));
    let foreign = other["brick_private_key"].as_str();
    let (_, answer) = pw
        .post("/api/brick/charge", foreign, &charge_fields("imp_3", &key))
        .await;
    assert_eq!(answer["code"], json!(3111));
    let unknown = "2857a8cefec761ef7cdb3f97abf4c7b1";
    assert_eq!(pw.charge("imp_3", unknown).await.1["code"], json!(3111));
    // Paymentwall can delete a token; nobody can ask it to.
    let fields = [("token", key.as_str())];
    for (path_key, code) in [(foreign, json!(3111)), (pw.private(), Value::Null)] {
        let (_, answer) = pw.post("/simulated/token/delete", path_key, &fields).await;
        assert_eq!(answer["code"], code);
    }
    assert_eq!(pw.charge("imp_3", &key).await.1["code"], json!(3114));
    let (_, again) = pw
        .post("/simulated/token/delete", pw.private(), &fields)
        .await;
    assert_eq!(again["code"], json!(3114));
    let revoked = pw.journal().pop().unwrap().deed;
    assert_eq!(
        (
            revoked.kind,
            revoked.key.as_deref(),
            revoked.order_id.as_deref()
        ),
        (Kind::KeyRevoked, Some(key.as_str()), Some("imp_1"))
    );
    assert_eq!(pw.kinds().len(), 4);
}

#[tokio::test]
async fn the_cvv_decides_the_first_charge_and_the_card_the_later_ones() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    for (cvv, code) in [("111", 3014), ("222", 3011), ("333", 3010)] {
        let (status, answer) = pw.charge(cvv, &pw.token(GOOD, cvv).await).await;
        assert_eq!((status, &answer["code"]), (401, &json!(code)));
    }
    let refused = pw.token("4000 0000 0000 0002", "123").await;
    assert_eq!(pw.charge("imp_1", &refused).await.1["code"], json!(3012));
    assert_eq!(pw.kinds(), []);
    let cards = [
        ("4000 0000 0000 0341", 3116),
        ("4000 0000 0000 9995", 3011),
        ("4000 0000 0000 9987", 3103),
        ("4000 0000 0000 0069", 3102),
    ];
    for (number, code) in cards {
        let key = pw.key(number, number).await;
        let (status, answer) = pw.charge("later", &key).await;
        assert_eq!((status, &answer["code"]), (401, &json!(code)), "{number}");
    }
    assert_eq!(pw.kinds(), [Kind::KeyIssued, Kind::Approval].repeat(4));
}

#[tokio::test]
async fn an_order_is_charged_once_where_that_is_the_rule() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let key = pw.key("imp_1", GOOD).await;
    assert_eq!(pw.charge("imp_1", &key).await.1["code"], json!(3205));
    let token = pw.token(GOOD, "123").await;
    assert_eq!(pw.charge("imp_1", &token).await.1["code"], json!(3205));
    assert_eq!(pw.charge("imp_2", &token).await.0, 200, "it was not spent");
    // Declined ones do not count, and other merchants have orders of their own.
    let poor = pw.key("imp_3", "4000000000009995").await;
    assert_eq!(pw.charge("imp_4", &poor).await.1["code"], json!(3011));
    assert_eq!(pw.charge("imp_4", &key).await.0, 200);
    let lax = tempfile::tempdir().unwrap();
    let pw = Merchant::with_settings(lax.path(), "refuses_duplicates = false");
    let key = pw.key("imp_1", GOOD).await;
    let newest = pw.charge("imp_1", &key).await.1;
    let by_order = [("uid", "cust_0001"), ("ag_external_id", "imp_1")];
    let id = format!("b{}", newest["id"].as_str().unwrap());
    assert_eq!(pw.status(&by_order).await.1["id"], json!(id));
}

#[tokio::test]
async fn a_charge_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let token = pw.token(GOOD, "123").await;
    let cases = [
        ("token", "", 3008),
        ("email", "", 3008),
        ("amount", "", 3008),
        ("currency", "", 3008),
        ("description", "", 3008),
        ("plan", "", 3008),
        ("customer[firstname]", "", 3008),
        ("customer[lastname]", "", 3008),
        ("amount", "9.9", 3002),
        ("amount", "9", 3002),
        ("amount", "0.00", 3002),
        ("amount", "-9.90", 3002),
        ("currency", "XXX", 3002),
        ("currency", "usd", 3002),
        ("currency", "KRW", 3002),
    ];
    for (name, value, code) in cases {
        let (status, answer) = pw.charge_with("imp_1", &token, &[(name, value)]).await;
        assert_eq!(
            (status, &answer["code"]),
            (400, &json!(code)),
            "{name} {value}"
        );
        let text = answer["error"].as_str().unwrap();
        assert!(text.contains("amount") || text.contains(name), "{text}");
    }
    // Without a fingerprint both of the others are wanted.
    let bare = [("fingerprint", ""), ("browser_ip", "203.0.113.7")];
    let (_, answer) = pw.charge_with("imp_1", &token, &bare).await;
    assert!(answer["error"].as_str().unwrap().contains("browser_domain"));
    assert_eq!(
        pw.post("/api/brick/charge", pw.private(), &[]).await.1["code"],
        json!(4005)
    );
    for (key, code) in [("", 4006), ("t_other", 4007), (pw.secret(), 4007)] {
        let fields = charge_fields("imp_1", &token);
        let (status, answer) = pw.post("/api/brick/charge", key, &fields).await;
        assert_eq!((status, &answer["code"]), (401, &json!(code)));
    }
    assert_eq!(pw.kinds(), []);
    let whole = [
        ("fingerprint", ""),
        ("browser_ip", "203.0.113.7"),
        ("browser_domain", "shop.test"),
        ("uid", ""),
    ];
    let (status, charge) = pw.charge_with("imp_1", &token, &whole).await;
    assert_eq!(status, 200, "and the good one is good: {charge}");
    let by_email = [("uid", "jack@example.com"), ("ag_external_id", "imp_1")];
    assert_eq!(pw.status(&by_email).await.0, 200, "the user is the address");
}

#[tokio::test]
async fn a_card_that_is_not_to_be_stored_leaves_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let token = pw.token(GOOD, "123").await;
    let (_, charge) = pw
        .charge_with("imp_1", &token, &[("store_card", "0")])
        .await;
    assert_eq!(charge["card"]["token"], Value::Null);
    assert_eq!(pw.kinds(), [Kind::Approval]);
}

#[tokio::test]
async fn a_new_accounts_limits_and_lenient_names_are_switches() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "amount_limits = true\nwon_per_dollar = 1000\nrequires_names = false";
    let pw = Merchant::with_settings(dir.path(), settings);
    let key = pw.key("imp_1", GOOD).await;
    let cases = [
        ("USD", "0.49", json!(3115)),
        ("USD", "500.01", json!(3116)),
        ("KRW", "499", json!(3115)),
        ("KRW", "500010", json!(3116)),
        ("USD", "0.50", Value::Null),
        ("USD", "500.00", Value::Null),
        ("KRW", "500", Value::Null),
        ("JPY", "1", Value::Null),
    ];
    for (currency, amount, code) in cases {
        let plan = format!("{currency}{amount}");
        let changed = [
            ("currency", currency),
            ("amount", amount),
            ("customer[firstname]", ""),
            ("customer[lastname]", ""),
        ];
        let (_, answer) = pw.charge_with(&plan, &key, &changed).await;
        assert_eq!(answer["code"], code, "{plan}");
    }
    for wrong in [
        "pingback_version = 4",
        "pingback_url = \"ftp://shop.test\"",
        "won_per_dollar = 0",
        "unknown = 1",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("[paymentwall]\n{wrong}\n");
        std::fs::write(dir.path().join("simulators.toml"), text).unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        let ear = Arc::new(Ear::default());
        let world = World::open(dir.path(), clock, Arc::new(|| 7), "http://pg.test", ear).unwrap();
        assert!(make(world).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_project_has_its_published_keys_or_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let published = [
        ("brick_private_key", "t_85c66c2d7461e8885805f92dfd171c"),
        ("brick_public_key", "t_33c1806e0daf60fc31f2167f0e4d59"),
        ("secret_key", "a7408723eaf4bfa2e3ac49b3cb695046"),
    ];
    let told: Vec<_> = pw
        .keys
        .iter()
        .map(|(name, key)| (name.as_str(), key.as_str()))
        .collect();
    assert_eq!(told, published);
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    assert_eq!(other, pw.paymentwall.contract(OTHER_PROJECT).unwrap());
    for (name, key) in &other {
        assert_ne!(*key, pw.keys[name]);
        let rest = key.strip_prefix("t_").unwrap_or(key);
        let length = if name == "secret_key" { 32 } else { 30 };
        assert!(
            rest.len() == length && rest.bytes().all(|b| b.is_ascii_hexdigit()),
            "{name}"
        );
    }
    for bad in [
        "",
        "C22F895840BF2391F67A40DA64BFED26",
        "c22f",
        "g22f895840bf2391f67a40da64bfed26",
    ] {
        let error = pw.paymentwall.contract(bad).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn some_answers_begin_with_a_byte_order_mark_and_some_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let mut marked = 0;
    for _ in 0..60 {
        let request = Request::get("/api/brick/charge/1").header("X-ApiKey", pw.private());
        let (status, _, text) = pw.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((status, &read(&text)["code"]), (404, &json!(3000)));
        marked += usize::from(text.starts_with('\u{feff}'));
    }
    assert!((5..40).contains(&marked), "{marked} of 60");
}

#[tokio::test]
async fn planned_faults_strike_and_the_journal_keeps_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let token = pw.token(GOOD, "123").await;
    // A plan for the issue does not strike the token, and one for charges not the issue.
    pw.plan("charge", "http_500");
    pw.plan_code("issue_key", "decline", None);
    assert_eq!(pw.charge("imp_1", &token).await.1["code"], json!(3012));
    let key = token_of(&pw.charge("imp_1", &token).await.1);
    let fields = charge_fields("imp_2", &key);
    let request = Request::post("/api/brick/charge")
        .header("X-ApiKey", pw.private())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = pw
        .send(request.body(encoded(&fields).into()).unwrap())
        .await;
    assert_eq!(response.0, 500);
    assert_eq!(pw.kinds(), [Kind::KeyIssued, Kind::Approval]);
    pw.plan_code("charge", "decline", Some("ZZ99"));
    let (status, answer) = pw.charge("imp_2", &key).await;
    assert_eq!((status, &answer["code"]), (401, &json!("ZZ99")));
    pw.plan("charge", "wrong_amount");
    assert_eq!(pw.charge("imp_3", &key).await.1["amount"], json!("9.91"));
    pw.plan("charge", "says_timeout");
    let (status, answer) = pw.charge("imp_4", &key).await;
    assert_eq!((status, &answer["code"]), (400, &json!(1000)));
    let amounts: Vec<_> = pw
        .journal()
        .iter()
        .skip(1)
        .map(|entry| entry.deed.amount)
        .collect();
    assert_eq!(amounts, [Some(990); 3]);
    let by_order = [("uid", "cust_0001"), ("ag_external_id", "imp_4")];
    pw.plan("inquire", "wrong_amount");
    assert_eq!(pw.status(&by_order).await.1["amount"], json!("9.91"));
    pw.plan("inquire", "decline");
    assert_eq!(pw.status(&by_order).await.1["code"], json!(3001));
    for (operation, fault) in [
        ("charge", "bad_signature"),
        ("cancel", "says_timeout"),
        ("cancel", "wrong_amount"),
        ("revoke", "decline"),
        ("notice", "decline"),
    ] {
        let plan = json!({ "pg": PROVIDER, "operation": operation, "fault": fault });
        let plan = serde_json::from_value(plan).unwrap();
        assert!(
            pw.world.control().plan(plan).is_err(),
            "{fault} at {operation}"
        );
    }
}

#[tokio::test]
async fn every_call_is_seen_with_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp_1", GOOD).await;
    let id = charge["id"].as_str().unwrap();
    pw.charge("imp_2", &token_of(&charge)).await;
    pw.get(&format!("/api/brick/charge/{id}"), pw.private())
        .await;
    pw.status(&[("ref", &format!("b{id}"))]).await;
    pw.status(&[("uid", "cust_0001"), ("ag_external_id", "imp_9")])
        .await;
    pw.ticket(&[("ref", id), ("type", "1")]).await;
    pw.post("/api/delivery", pw.secret(), &[("payment_id", id)])
        .await;
    pw.card_form(&[]).await;
    pw.page("/brick/brick.js").await;
    let calls = pw.world.calls().after(Some(PROVIDER), 0);
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.operation, call.order_id.as_deref()))
        .collect();
    let expected = [
        (Operation::IssueKey, None),
        (Operation::IssueKey, Some("imp_1")),
        (Operation::Charge, Some("imp_2")),
        (Operation::Inquire, Some("imp_1")),
        (Operation::Inquire, Some("imp_1")),
        (Operation::Inquire, Some("imp_9")),
        (Operation::Cancel, Some("imp_1")),
        (Operation::Notice, Some("imp_1")),
        (Operation::OpenWindow, None),
        (Operation::OpenWindow, None),
    ];
    assert_eq!(seen, expected);
}
