//! What is known again after a kill.

use super::*;

/// A simulator that went down at a time.
fn again(dir: &Path, at_ms: i64) -> Merchant {
    let clock = Arc::new(TestClock(AtomicI64::new(at_ms)));
    Merchant::open_at(dir, 1_000_000, clock)
}

#[tokio::test]
async fn charges_and_cards_are_known_again() {
    let dir = tempfile::tempdir().unwrap();
    let (key, dead, id, shown, entries, other) = {
        let pw = Merchant::open(dir.path(), 1);
        let charge = pw.first("imp_1", GOOD).await;
        let dead = pw.key("imp_2", GOOD).await;
        pw.post("/simulated/token/delete", pw.private(), &[("token", &dead)])
            .await;
        let id = charge["id"].as_str().unwrap().to_owned();
        pw.ticket(&[
            ("ref", &id),
            ("type", "5"),
            ("amount", "1.10"),
            ("merchant_refund_id", "r"),
        ])
        .await;
        pw.advance(1).await;
        let path = format!("/api/brick/charge/{id}");
        let shown = pw.get(&path, pw.private()).await;
        let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
        (token_of(&charge), dead, id, shown, pw.journal(), other)
    };
    let pw = again(dir.path(), 1_795_048_600_000);
    assert_eq!(pw.journal(), entries);
    assert_eq!(
        pw.get(&format!("/api/brick/charge/{id}"), pw.private())
            .await,
        shown
    );
    assert_eq!(pw.paymentwall.contract(OTHER_PROJECT).unwrap(), other);
    assert_eq!(pw.charge("imp_1", &key).await.1["code"], json!(3205));
    assert_eq!(pw.charge("imp_3", &dead).await.1["code"], json!(3114));
    assert_eq!(pw.charge("imp_3", &key).await.0, 200);
    let stranger = [("email", "other@example.com")];
    assert_eq!(
        pw.charge_with("imp_4", &key, &stranger).await.1["code"],
        json!(3012)
    );
    let rest = |amount| {
        [
            ("ref", id.as_str()),
            ("type", "5"),
            ("amount", amount),
            ("merchant_refund_id", "r2"),
        ]
    };
    assert_eq!(pw.ticket(&rest("8.81")).await["result"], json!(0));
    assert_eq!(pw.ticket(&rest("8.80")).await["result"], json!(1));
    // What was heard before is not told again.
    pw.advance(1).await;
    let told: Vec<_> = pw
        .heard()
        .iter()
        .map(|told| {
            (
                value(told, "goodsid").to_owned(),
                value(told, "type").to_owned(),
            )
        })
        .collect();
    let pair = |goods: &str, kind: &str| (goods.to_owned(), kind.to_owned());
    assert_eq!(told, [pair("imp_3", "0"), pair("imp_1", "220")]);
}

#[tokio::test]
async fn what_was_about_to_happen_happens() {
    let dir = tempfile::tempdir().unwrap();
    let start_ms = {
        let pw = Merchant::open(dir.path(), 1);
        // Told once, and not heard.
        pw.ear.says.lock().unwrap().push_back(Ok((500, "")));
        let paid = pw.first("imp_1", GOOD).await;
        pw.advance(0).await;
        let token = pw.token(GOOD, "555").await;
        assert_eq!(pw.charge("imp_2", &token).await.0, 200);
        let token = pw.token(GOOD, "556").await;
        assert_eq!(pw.charge("imp_3", &token).await.0, 200);
        let full = [("ref", paid["id"].as_str().unwrap()), ("type", "1")];
        assert_eq!(pw.ticket(&full).await["result"], json!(1));
        assert_eq!(pw.heard().len(), 1);
        pw.now_ms()
    };
    let pw = again(dir.path(), start_ms + 10_000);
    let told = |pw: &Merchant| -> Vec<(String, String)> {
        let heard = pw.heard();
        let told = heard.iter().map(|told| {
            (
                value(told, "goodsid").to_owned(),
                value(told, "type").to_owned(),
            )
        });
        told.collect()
    };
    let pair = |goods: &str, kind: &str| (goods.to_owned(), kind.to_owned());
    pw.advance(0).await;
    assert_eq!(
        told(&pw),
        [
            pair("imp_2", "200"),
            pair("imp_3", "200"),
            pair("imp_1", "2")
        ]
    );
    pw.advance(120).await;
    assert_eq!(told(&pw), [pair("imp_2", "201"), pair("imp_3", "202")]);
    pw.advance(30 * 60 - 130).await;
    assert_eq!(
        told(&pw),
        [pair("imp_1", "0")],
        "half an hour after the first try"
    );
    let kinds = [
        Kind::KeyIssued,
        Kind::Approval,
        Kind::KeyIssued,
        Kind::KeyIssued,
        Kind::Refund,
        Kind::Approval,
    ];
    assert_eq!(pw.kinds(), kinds);
    // And once more, when all of it is over.
    let pw = {
        let now_ms = pw.now_ms();
        drop(pw);
        again(dir.path(), now_ms)
    };
    assert_eq!(pw.paymentwall.next_due_ms(), None);
    assert_eq!(pw.kinds(), kinds);
}

#[tokio::test]
async fn tries_are_counted_over_restarts_and_a_forged_one_stays_forged() {
    let dir = tempfile::tempdir().unwrap();
    let mut at_ms = {
        let pw = Merchant::open(dir.path(), 1);
        pw.plan("notice", "bad_signature");
        pw.first("imp_1", GOOD).await;
        pw.now_ms()
    };
    let mut seen = vec![];
    for _ in 0..4 {
        let pw = again(dir.path(), at_ms);
        let deaf = [Err(WireError::Lost); 12];
        pw.ear.says.lock().unwrap().extend(deaf);
        pw.advance(12 * 30 * 60 - 1).await;
        seen.extend(pw.heard());
        at_ms = pw.now_ms() + 1;
    }
    assert_eq!(seen.len(), 48);
    assert!(seen.iter().all(|told| *told == seen[0]));
    let own: Pairs = seen[0]
        .iter()
        .filter(|(name, _)| name != "channel")
        .cloned()
        .collect();
    let secret = "a7408723eaf4bfa2e3ac49b3cb695046";
    let due = pingbacks::due_signature(&own, secret);
    assert_ne!(value(&own, "sig"), due);
    assert_eq!(again(dir.path(), at_ms).paymentwall.next_due_ms(), None);
}

#[tokio::test]
async fn new_pingbacks_do_not_push_out_those_that_wait() {
    let dir = tempfile::tempdir().unwrap();
    let (key, at_ms) = {
        let pw = Merchant::open(dir.path(), 1);
        pw.plan("notice", "duplicate_notice");
        (pw.key("imp_1", GOOD).await, pw.now_ms())
    };
    let pw = again(dir.path(), at_ms);
    assert_eq!(pw.charge("imp_2", &key).await.0, 200);
    pw.advance(0).await;
    let heard = pw.heard();
    let told: Vec<_> = heard.iter().map(|told| value(told, "goodsid")).collect();
    assert_eq!(
        told,
        ["imp_1", "imp_1", "imp_2"],
        "the first one comes twice"
    );
}

#[tokio::test]
async fn a_foreign_ledger_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Merchant::open(dir.path(), 1));
    let path = dir.path().join("ledger.jsonl");
    let mut ledger = std::fs::read_to_string(&path).unwrap();
    ledger.push_str(
        "{\"pg\":\"paymentwall\",\"record\":{\"voided\":{\"charge\":\"1\",\"pingbacks\":[]}}}\n",
    );
    std::fs::write(&path, ledger).unwrap();
    let clock = Arc::new(TestClock(AtomicI64::new(0)));
    let ear = Arc::new(Ear::default());
    let world = World::open(dir.path(), clock, Arc::new(|| 7), "http://pg.test", ear).unwrap();
    assert!(make(world).is_err());
}
