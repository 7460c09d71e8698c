//! What the merchant is told, how often, and when.

use super::*;

const MINUTES: i64 = 60;

/// The signature that a pingback must carry in version 2 or 3.
pub(super) fn due_signature(pairs: &Pairs, secret: &str) -> String {
    let version = match value(pairs, "sign_version") {
        "2" => Version::V2,
        _ => Version::V3,
    };
    let fields: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| name != "sig")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    sign(version, &fields, secret)
}

impl Merchant {
    /// The one pingback that came, which must be well signed.
    fn heard_one(&self) -> Pairs {
        let mut heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        let one = heard.remove(0);
        assert_eq!(value(&one, "sig"), due_signature(&one, self.secret()));
        one
    }

    fn says(&self, answers: &[Result<(u16, &'static str), WireError>]) {
        self.ear
            .says
            .lock()
            .unwrap()
            .extend(answers.iter().copied());
    }
}

#[tokio::test]
async fn a_payment_is_told_signed_to_the_projects_address() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp/1 &가", GOOD).await;
    assert_eq!(pw.paymentwall.next_due_ms(), Some(pw.now_ms()));
    assert!(
        pw.ear.heard.lock().unwrap().is_empty(),
        "the answer comes first"
    );
    assert_eq!(pw.advance(0).await, BTreeMap::from([("pingback", 1)]));
    let url = pw.ear.heard.lock().unwrap()[0].clone();
    assert!(
        url.starts_with("http://shop.test/pingback?channel=1&uid=cust%5F0001&goodsid="),
        "{url}"
    );
    let urls = std::mem::take(&mut *pw.ear.heard.lock().unwrap());
    let mut told = pairs_of(urls[0].split_once("?channel=1&").unwrap().1);
    let sig = told.pop().unwrap();
    assert_eq!(sig, ("sig".to_owned(), due_signature(&told, pw.secret())));
    let reference = format!("b{}", charge["id"].as_str().unwrap());
    let expected = [
        ("uid", "cust_0001"),
        ("goodsid", "imp/1 &가"),
        ("slength", ""),
        ("speriod", ""),
        ("type", "0"),
        ("ref", &reference),
        ("is_test", "1"),
        ("sign_version", "3"),
    ];
    let told: Vec<_> = told
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(pw.advance(86_400).await, BTreeMap::new(), "it was heard");
}

#[tokio::test]
async fn the_vendors_own_examples_come_out() {
    let secret = "a7408723eaf4bfa2e3ac49b3cb695046";
    let of = |text: &str| signature::of_pingback(&pairs_of(text), secret);
    assert_eq!(
        of(
            "uid=test_user&goodsid=test_product&slength=5&speriod=month&type=0&ref=t123&is_test=1&sign_version=2"
        ),
        "754cff93c0eb859f6054bef143ad253c"
    );
    assert_eq!(
        of(
            "uid=test_user&goodsid=test_product&slength=-5&speriod=month&type=2&ref=t123&is_test=1&reason=9&sign_version=3"
        ),
        "2f67209c3e581313a70de9425efef49f35a74c0cdb7f93051b47e3c097011a71"
    );
    // The first version knows its six fields, in its own order, and nothing else.
    assert_eq!(
        of(
            "ref=t123&type=2&speriod=month&slength=-5&goodsid=test_product&uid=test_user&is_test=1&sign_version=1"
        ),
        "e7b2ff07bc0734c83ee14f32552b1c88"
    );
    assert_eq!(
        of(
            "uid=cust_0001&goodsid=order_monthly_0001&slength=&speriod=&type=0&ref=b104872652&is_test=1&sign_version=3"
        ),
        "14bcb156c71f13d9303c6ad80cfcb96f14d5c17b11af43034cdd3dc2f5c91cd3"
    );
}

#[tokio::test]
async fn older_versions_can_be_set() {
    for version in ["1", "2"] {
        let dir = tempfile::tempdir().unwrap();
        let pw = Merchant::with_settings(dir.path(), &format!("pingback_version = {version}"));
        pw.first("imp_1", GOOD).await;
        pw.advance(0).await;
        let told = pw.heard().remove(0);
        assert_eq!(value(&told, "sign_version"), version);
        let due = match version {
            "1" => {
                let names = ["uid", "goodsid", "slength", "speriod", "type", "ref"];
                let pairs: Vec<_> = names
                    .iter()
                    .map(|name| (*name, value(&told, name)))
                    .collect();
                // The address has a query of its own, which is no part of it.
                sign(Version::V1, &pairs, pw.secret())
            }
            _ => {
                let own: Pairs = told
                    .iter()
                    .filter(|(name, _)| name != "channel")
                    .cloned()
                    .collect();
                due_signature(&own, pw.secret())
            }
        };
        assert_eq!(value(&told, "sig"), due, "version {version}");
    }
}

#[tokio::test]
async fn it_is_told_again_every_half_hour_until_ok_is_all_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    pw.paymentwall
        .set_notice_url(PROJECT, "http://shop.test/pingback");
    pw.says(&[
        Ok((500, "OK")),
        Ok((200, "OK\n")),
        Ok((200, "ok")),
        Err(WireError::NotConnected),
        Ok((200, "<html>OK</html>")),
    ]);
    pw.first("imp_1", GOOD).await;
    pw.advance(0).await;
    let first = pw.heard_one();
    for _ in 0..5 {
        pw.advance(30 * MINUTES - 1).await;
        assert!(pw.heard().is_empty());
        pw.advance(1).await;
        assert_eq!(pw.heard_one(), first);
    }
    assert_eq!(pw.advance(86_400).await, BTreeMap::new());
    // Nobody is asked for ever.
    pw.says(&[Err(WireError::TimedOut); 100]);
    pw.first("imp_2", GOOD).await;
    assert_eq!(pw.advance(30 * 86_400).await["pingback"], 48);
    assert_eq!(pw.heard().len(), 48);
    assert_eq!(pw.paymentwall.next_due_ms(), None);
}

#[tokio::test]
async fn a_review_ends_after_two_minutes() {
    for (cvv, end, risk, captured) in [
        ("555", "201", "approved", true),
        ("556", "202", "declined", false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let pw = Merchant::open(dir.path(), 1);
        pw.paymentwall
            .set_notice_url(PROJECT, "http://shop.test/pingback");
        let token = pw.token(GOOD, cvv).await;
        let (status, charge) = pw.charge("imp_1", &token).await;
        assert_eq!(
            (status, &charge["risk"], &charge["captured"]),
            (200, &json!("pending"), &json!(false))
        );
        assert_eq!(
            pw.kinds(),
            [Kind::KeyIssued],
            "no money yet, but the key was told"
        );
        pw.advance(119).await;
        let pending = pw.heard_one();
        let id = charge["id"].as_str().unwrap();
        assert_eq!(
            (value(&pending, "type"), value(&pending, "ref")),
            ("200", format!("b{id}").as_str())
        );
        let by_order = [("uid", "cust_0001"), ("ag_external_id", "imp_1")];
        assert_eq!(pw.status(&by_order).await.1["risk"], json!("pending"));
        let refund = format!("/api/brick/charge/{id}/refund");
        assert_eq!(
            pw.post(&refund, pw.private(), &[]).await.1["code"],
            json!(3204)
        );
        let ran = pw.advance(1).await;
        assert_eq!((ran["risk_review"], ran["pingback"]), (1, 1));
        assert_eq!(value(&pw.heard_one(), "type"), end);
        assert_eq!(pw.status(&by_order).await.1["risk"], json!(risk));
        let (_, shown) = pw
            .get(&format!("/api/brick/charge/{id}"), pw.private())
            .await;
        assert_eq!(
            (&shown["captured"], &shown["risk"]),
            (&json!(captured), &json!(risk))
        );
        let approved: Vec<_> = pw
            .journal()
            .into_iter()
            .skip(1)
            .map(|entry| entry.deed)
            .collect();
        assert_eq!(approved.len(), usize::from(captured));
        for deed in approved {
            assert_eq!((deed.kind, deed.amount), (Kind::Approval, Some(990)));
            assert_eq!((deed.pg_tid.as_deref(), deed.at), (Some(id), 1_795_048_680));
        }
    }
}

#[tokio::test]
async fn a_review_of_a_mere_authorisation_takes_no_money() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let token = pw.token(GOOD, "555").await;
    let hold = [("options[capture]", "0")];
    let (_, charge) = pw.charge_with("imp_1", &token, &hold).await;
    pw.advance(120).await;
    assert_eq!(pw.kinds(), [Kind::KeyIssued]);
    let path = format!(
        "/api/brick/charge/{}/capture",
        charge["id"].as_str().unwrap()
    );
    assert_eq!(pw.post(&path, pw.private(), &[]).await.0, 200);
    assert_eq!(pw.kinds(), [Kind::KeyIssued, Kind::Approval]);
}

#[tokio::test]
async fn refunds_are_told_in_full_and_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    pw.paymentwall
        .set_notice_url(PROJECT, "http://shop.test/pingback");
    let charge = pw.first("imp_1", GOOD).await;
    let id = charge["id"].as_str().unwrap();
    pw.advance(0).await;
    pw.heard_one();
    let part = [
        ("ref", id),
        ("type", "5"),
        ("amount", "3.30"),
        ("merchant_refund_id", "rf-1"),
    ];
    pw.ticket(&part).await;
    pw.advance(0).await;
    assert!(pw.heard().is_empty(), "a ticket is only opened");
    pw.advance(1).await;
    let told = pw.heard_one();
    for (name, due) in [
        ("type", "220"),
        ("refund_amount", "3.30"),
        ("merchant_refund_id", "rf-1"),
        ("currency", "USD"),
        ("goodsid", "imp_1"),
        ("reason", "(none)"),
    ] {
        assert_eq!(value(&told, name), due, "{name}");
    }
    pw.ticket(&[("ref", id), ("type", "1")]).await;
    pw.advance(1).await;
    let told = pw.heard_one();
    for (name, due) in [("type", "2"), ("reason", "9"), ("refund_amount", "(none)")] {
        assert_eq!(value(&told, name), due, "{name}");
    }
    // Brick's own refund is told alike, and at once.
    let charge = pw.first("imp_2", GOOD).await;
    let path = format!(
        "/api/brick/charge/{}/refund",
        charge["id"].as_str().unwrap()
    );
    pw.post(&path, pw.private(), &[]).await;
    pw.advance(0).await;
    let types: Vec<_> = pw
        .heard()
        .iter()
        .map(|told| value(told, "type").to_owned())
        .collect();
    assert_eq!(types, ["0", "2"]);
}

#[tokio::test]
async fn pingbacks_fail_as_planned() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    pw.paymentwall
        .set_notice_url(PROJECT, "http://shop.test/pingback");
    pw.plan("notice", "duplicate_notice");
    pw.first("imp_1", GOOD).await;
    pw.advance(0).await;
    let twice = pw.heard();
    assert!(twice.len() == 2 && twice[0] == twice[1]);
    pw.plan("notice", "no_notice");
    pw.first("imp_2", GOOD).await;
    assert_eq!(pw.advance(86_400).await, BTreeMap::new());
    pw.plan("notice", "late_notice");
    pw.first("imp_3", GOOD).await;
    pw.advance(30 * MINUTES - 1).await;
    assert!(pw.heard().is_empty());
    pw.advance(1).await;
    assert_eq!(value(&pw.heard_one(), "goodsid"), "imp_3");
    pw.plan("notice", "bad_signature");
    pw.says(&[Ok((403, "no"))]);
    pw.first("imp_4", GOOD).await;
    pw.advance(0).await;
    pw.advance(30 * MINUTES).await;
    for told in pw.heard() {
        let due = due_signature(&told, pw.secret());
        let sig = value(&told, "sig");
        assert!(sig != due && sig.len() == due.len(), "{sig}");
    }
    // A plan for another order waits.
    let plan = json!({
        "pg": PROVIDER, "operation": "notice", "fault": "no_notice", "match": { "order_id": "imp_6" },
    });
    pw.world
        .control()
        .plan(serde_json::from_value(plan).unwrap())
        .unwrap();
    pw.first("imp_5", GOOD).await;
    pw.first("imp_6", GOOD).await;
    pw.advance(0).await;
    assert_eq!(value(&pw.heard_one(), "goodsid"), "imp_5");
}

#[tokio::test]
async fn a_pingback_waits_for_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    let card = [
        ("public_key", other["brick_public_key"].as_str()),
        ("card[number]", GOOD),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2030"),
        ("card[cvv]", "123"),
    ];
    let token = pw.post("/api/brick/token", "", &card).await.1;
    let fields = charge_fields("imp_1", token["token"].as_str().unwrap());
    pw.post("/api/brick/charge", &other["brick_private_key"], &fields)
        .await;
    assert_eq!(pw.paymentwall.next_due_ms(), None);
    pw.advance(86_400).await;
    pw.paymentwall
        .set_notice_url(OTHER_PROJECT, "http://other.test/p");
    assert_eq!(pw.advance(0).await, BTreeMap::from([("pingback", 1)]));
    let urls = std::mem::take(&mut *pw.ear.heard.lock().unwrap());
    assert!(urls[0].starts_with("http://other.test/p?uid="), "{urls:?}");
    let told = pairs_of(urls[0].split_once('?').unwrap().1);
    assert_eq!(
        value(&told, "sig"),
        due_signature(&told, &other["secret_key"])
    );
}

#[tokio::test]
async fn an_address_can_be_set_for_all_that_told_none() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "[paymentwall]\npingback_url = \"http://usual.test/p\"\n";
    std::fs::write(dir.path().join("simulators.toml"), settings).unwrap();
    let ear = Arc::new(Ear::default());
    let clock = Arc::new(TestClock(AtomicI64::new(0)));
    let world = World::open(
        dir.path(),
        clock,
        Arc::new(|| 7),
        "http://pg.test",
        ear.clone(),
    )
    .unwrap();
    let paymentwall = Paymentwall::new(world).unwrap();
    let mut book = paymentwall.book();
    let pingback = queue::Pingback {
        serial: 1,
        project: OTHER_PROJECT.to_owned(),
        url: None,
        fields: vec![],
        due_ms: 5,
        twice: false,
        forged: false,
        tries: 0,
    };
    assert_eq!(book.queue.url_of(&pingback), Some("http://usual.test/p"));
    book.queue.add(vec![pingback]);
    assert_eq!(book.queue.next_due_ms(), Some(5));
}
