use super::*;

#[tokio::test]
async fn a_key_comes_with_the_first_payment() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let (tid, _) = danal.go(&with_payment("imp_1"), GOOD).await;
    let issued = danal.issue(&tid, "3000").await;
    let expected = map(&[
        ("RETURNCODE", "0000"),
        ("RETURNMSG", "성공"),
        ("TID", &tid),
        ("ISBILL", "Y"),
        ("BILLKEY", &issued["BILLKEY"]),
        ("ORDERID", "imp_1"),
        ("ITEMNAME", "월간 플랜 (1)"),
        ("AMOUNT", "3000"),
        ("TRANDATE", "20261119"),
        ("TRANTIME", "093600"),
        ("CARDCODE", "0100"),
        ("CARDNAME", "신한카드"),
        ("CARDNO", "424242******4242"),
        ("QUOTA", "00"),
        ("CARDAUTHNO", &issued["CARDAUTHNO"]),
        ("USERNAME", "홍길동"),
        ("USERPHONE", "010-9876-5432"),
        ("USERID", "gildong_0001"),
        ("BYPASSVALUE", "token=t1;"),
    ]);
    assert_eq!(issued, expected);
    assert!(issued["BILLKEY"].len() == 64 && issued["CARDAUTHNO"].len() == 8);
    let journal = danal.journal();
    let (key, paid) = (&journal[0].deed, &journal[1].deed);
    assert_eq!(danal.kinds(), [Kind::KeyIssued, Kind::Approval]);
    assert_eq!(key.key.as_ref(), issued.get("BILLKEY"));
    assert_eq!((key.amount, paid.amount), (None, Some(3000)));
    assert_eq!((paid.test, paid.currency.as_deref()), (false, Some("KRW")));
    for deed in [key, paid] {
        assert_eq!(deed.pg_tid.as_ref(), Some(&tid));
        assert_eq!(deed.order_id.as_deref(), Some("imp_1"));
    }
    // The first payment can be cancelled like any other.
    assert_eq!(danal.cancel(&tid, "C", "3000").await["BALANCE"], "0");
}

#[tokio::test]
async fn a_key_alone_is_proven_by_a_test_approval() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let (tid, _) = danal.go(&key_only("imp_1"), GOOD).await;
    let issued = danal.issue(&tid, "").await;
    assert_eq!(
        (issued["RETURNCODE"].as_str(), issued["ISBILL"].as_str()),
        ("0000", "N")
    );
    assert_eq!(issued["AMOUNT"], "0", "as it was asked");
    assert!(!issued.contains_key("CARDNO") && !issued.contains_key("CARDAUTHNO"));
    let test = &danal.journal()[1].deed;
    assert_eq!(
        (test.kind, test.amount, test.test, test.order_id.as_deref()),
        (Kind::Approval, Some(10), true, Some("imp_1"))
    );
    let refused = danal.cancel(&tid, "C", "10").await;
    assert_eq!(refused["RETURNCODE"], codes::NOT_CANCELLABLE);
    assert!(danal.heard().is_empty() && danal.kinds().len() == 2);
}

#[tokio::test]
async fn a_key_is_issued_once_for_what_the_buyer_agreed_to() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let issue = |tid: &str, amount: &'static str| {
        let (danal, tid) = (&danal, tid.to_owned());
        async move { danal.issue(&tid, amount).await["RETURNCODE"].clone() }
    };
    let unseen = danal.auth(&with_payment("imp_1")).await;
    assert_eq!(issue(&unseen["TID"], "3000").await, codes::NOT_FOUND);
    danal.start(&unseen, "").await;
    assert_eq!(issue(&unseen["TID"], "3000").await, codes::NOT_FOUND);
    assert_eq!(issue("202611190936000000000000", "3000").await, "1104");
    assert_eq!(issue("", "3000").await, codes::MISSING_FIELD);
    let (tid, _) = danal.go(&with_payment("imp_1"), GOOD).await;
    assert_eq!(issue(&tid, "3001").await, codes::OTHER_AMOUNT);
    assert_eq!(issue(&tid, "").await, codes::MISSING_FIELD);
    danal.plan("issue_key", "decline");
    assert_eq!(issue(&tid, "3000").await, codes::ASK_ISSUER);
    assert_eq!(danal.kinds(), [], "nothing was done so far");
    assert_eq!(issue(&tid, "3000").await, codes::OK);
    assert_eq!(issue(&tid, "3000").await, codes::DUPLICATE);
    // Two windows of one order number: one key.
    let (other, _) = danal.go(&key_only("imp_2"), GOOD).await;
    let (twin, _) = danal.go(&key_only("imp_2"), GOOD).await;
    assert_eq!(issue(&other, "1").await, codes::OTHER_AMOUNT);
    assert_eq!(issue(&other, "0").await, codes::OK);
    assert_eq!(issue(&twin, "").await, codes::DUPLICATE_ORDER);
    let again = danal.call(&key_only("imp_2")).await;
    assert_eq!(again["RETURNCODE"], codes::DUPLICATE_ORDER);
    assert_eq!(danal.kinds().len(), 4);
}

#[tokio::test]
async fn another_merchant_has_no_part_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let other = danal.danal.contract("9810039999").unwrap();
    let other = CryptoKey::parse(&other["crypto_key"]).unwrap();
    let call = |fields: Inputs| {
        let danal = &danal;
        async move {
            let body = danal.body("9810039999", &other, &fields);
            let (_, answer) = danal.post("/credit/", body).await;
            let data = Form::read(answer.as_bytes(), EUC_KR);
            let plain = other.open(data.text("DATA")).unwrap();
            pairs_of(&plain)["RETURNCODE"].clone()
        }
    };
    let (tid, _) = danal.go(&with_payment("imp_1"), GOOD).await;
    let issue = map(&[
        ("TXTYPE", "ISSUEBILLKEY"),
        ("SERVICETYPE", "BATCH"),
        ("TID", &tid),
        ("AMOUNT", "3000"),
    ]);
    assert_eq!(call(issue.clone()).await, codes::NOT_FOUND);
    let key = danal.issue(&tid, "3000").await["BILLKEY"].clone();
    assert_eq!(call(issue).await, codes::NOT_FOUND);
    assert_eq!(
        call(charge_fields("imps_1", &key)).await,
        codes::UNKNOWN_KEY
    );
    assert_eq!(
        call(cancel_fields(&tid, "C", "3000")).await,
        codes::NO_ORIGINAL
    );
    // Its order numbers are its own.
    assert_eq!(call(with_payment("imp_1")).await, codes::OK);
}

#[tokio::test]
async fn everything_is_known_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (tid, key, dead, paid, entries, other) = {
        let danal = Merchant::open(dir.path(), 1);
        let first = danal.first_payment("imp_1").await;
        let dead = danal.key("imp_2", GOOD).await;
        danal.delete(&dead).await;
        let key = danal.key("imp_3", GOOD).await;
        let paid = danal.charge("imps_1", &key).await["TID"].clone();
        danal.cancel(&paid, "P", "1000").await;
        danal.run_for(30).await;
        let other = danal.danal.contract("9810039999").unwrap();
        (
            first["TID"].clone(),
            key,
            dead,
            paid,
            danal.journal(),
            other,
        )
    };
    let danal = Merchant::open(dir.path(), 1_000_000);
    danal.advance(30);
    assert_eq!(danal.journal(), entries);
    assert_eq!(danal.danal.contract("9810039999").unwrap(), other);
    assert_eq!(danal.danal.next_due_ms(), None, "all timers have run");
    let code = |answer: Inputs| answer["RETURNCODE"].clone();
    assert_eq!(code(danal.issue(&tid, "3000").await), codes::DUPLICATE);
    for used in ["imp_1", "imp_2", "imp_3", "imps_1"] {
        let again = danal.charge(used, &key).await;
        assert_eq!(code(again), codes::DUPLICATE_ORDER, "{used}");
    }
    assert_eq!(
        code(danal.charge("imps_2", &dead).await),
        codes::UNKNOWN_KEY
    );
    assert_eq!(code(danal.charge("imps_2", &key).await), codes::OK);
    let whole = danal.cancel(&paid, "C", "5000").await;
    assert_eq!(code(whole), codes::CANCEL_AMOUNT);
    assert_eq!(
        code(danal.cancel(&paid, "P", "4001").await),
        codes::TOO_MUCH
    );
    assert_eq!(danal.cancel(&paid, "P", "4000").await["BALANCE"], "0");
    assert_eq!(danal.cancel(&tid, "C", "3000").await["BALANCE"], "0");
}

#[tokio::test]
async fn a_kill_between_key_and_money_leaves_a_key_that_nobody_knows() {
    let dir = tempfile::tempdir().unwrap();
    let issued = Merchant::open(dir.path(), 1).first_payment("imp_1").await;
    let path = dir.path().join("ledger.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap();
    let (kept, last) = lines.trim_end().rsplit_once('\n').unwrap();
    assert!(last.contains("approval") && kept.ends_with('}'));
    std::fs::write(&path, format!("{kept}\n")).unwrap();
    let danal = Merchant::open(dir.path(), 1_000_000);
    assert_eq!(danal.kinds(), [Kind::KeyIssued]);
    assert_eq!(danal.danal.next_due_ms(), None, "nothing is told");
    let again = danal.issue(&issued["TID"], "3000").await;
    assert_eq!(again["RETURNCODE"], codes::DUPLICATE);
    let cancelled = danal.cancel(&issued["TID"], "C", "3000").await;
    assert_eq!(cancelled["RETURNCODE"], codes::NO_ORIGINAL);
}
