use super::*;
use crate::codec_aes_cbc;

#[tokio::test]
async fn money_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let paid = danal.charge("imps_1", &key).await;
    let expected = map(&[
        ("RETURNCODE", "0000"),
        ("RETURNMSG", "성공"),
        ("TID", &paid["TID"]),
        ("ORDERID", "imps_1"),
        ("ITEMNAME", "월간 플랜"),
        ("AMOUNT", "5000"),
        ("TRANDATE", "20261119"),
        ("TRANTIME", "093600"),
        ("CARDCODE", "0100"),
        ("CARDNAME", "신한카드"),
        ("CARDNO", "424242******4242"),
        ("QUOTA", "00"),
        ("CARDAUTHNO", &paid["CARDAUTHNO"]),
        ("USERNAME", "홍길동"),
        ("USERID", "gildong_0001"),
    ]);
    assert_eq!(paid, expected);
    let deed = danal.journal().pop().unwrap().deed;
    assert_eq!(
        (deed.kind, deed.amount, deed.order_id.as_deref()),
        (Kind::Approval, Some(5000), Some("imps_1"))
    );
    assert!(!deed.test && deed.pg_tid.as_ref() == Some(&paid["TID"]));
    let again = danal.charge("imps_1", &key).await;
    assert_eq!(again["RETURNCODE"], codes::DUPLICATE_ORDER);
    assert_eq!(
        danal.charge("imp_1", &key).await["RETURNCODE"],
        codes::DUPLICATE_ORDER,
        "also that of the issue"
    );
    // Without a number there is none to be used.
    let unnamed = changed(&charge_fields("", &key), "ORDERID", "");
    for _ in 0..2 {
        let paid = danal.call(&unnamed).await;
        assert_eq!(paid["RETURNCODE"], "0000");
        assert!(!paid.contains_key("ORDERID"));
    }
    assert_eq!(danal.journal().pop().unwrap().deed.order_id, None);
    let dollars = changed(&charge_fields("imps_2", &key), "CURRENCY", "840");
    danal.call(&dollars).await;
    let deed = danal.journal().pop().unwrap().deed;
    assert_eq!(
        (deed.amount, deed.currency.as_deref()),
        (Some(5000), Some("USD"))
    );
}

#[tokio::test]
async fn a_charge_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let good = charge_fields("imps_1", &key);
    let cases: &[(&str, &str, &str)] = &[
        ("SERVICETYPE", "KEYIN", codes::WRONG_REQUEST),
        ("ISREBILL", "N", codes::WRONG_REQUEST),
        ("ISREBILL", "", codes::MISSING_FIELD),
        ("BILLINFO", "", codes::MISSING_FIELD),
        ("BILLINFO", &key[1..], codes::UNKNOWN_KEY),
        ("ORDERID", &"x".repeat(256), codes::WRONG_REQUEST),
        ("ITEMNAME", "", codes::MISSING_FIELD),
        ("ITEMNAME", "a|b", codes::WRONG_REQUEST),
        ("AMOUNT", "300", codes::TOO_LITTLE),
        ("AMOUNT", "", codes::MISSING_FIELD),
        ("AMOUNT", "5 000", codes::WRONG_REQUEST),
        ("CURRENCY", "", codes::MISSING_FIELD),
        ("USERID", "", codes::MISSING_FIELD),
        ("USERNAME", &"x".repeat(21), codes::WRONG_REQUEST),
        ("USERAGENT", "PC", codes::WRONG_REQUEST),
        ("USERAGENT", "", codes::MISSING_FIELD),
    ];
    for (name, value, code) in cases {
        let answer = danal.call(&changed(&good, name, value)).await;
        assert_eq!(&answer["RETURNCODE"], code, "{name} {value}: {answer:?}");
        assert!(!answer.contains_key("TID"));
    }
    assert_eq!(danal.kinds().len(), 2, "the key and its test approval");
    let least = changed(&good, "AMOUNT", "301");
    assert_eq!(danal.call(&least).await["RETURNCODE"], codes::OK);
}

#[tokio::test]
async fn cards_decline_as_they_should() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    for (n, (card, code)) in [
        ("4000 0000 0000 0341", "3112"),
        ("4000 0000 0000 9995", "3133"),
        ("4000 0000 0000 9987", "3122"),
        ("4000 0000 0000 0069", "3100"),
    ]
    .into_iter()
    .enumerate()
    {
        // They issue, also with a first payment, and decline later.
        let (tid, _) = danal.go(&with_payment(&format!("imp_{n}")), card).await;
        let issued = danal.issue(&tid, "3000").await;
        assert_eq!(issued["RETURNCODE"], "0000", "{card}");
        let order_id = format!("imps_{n}");
        for _ in 0..2 {
            let answer = danal.charge(&order_id, &issued["BILLKEY"]).await;
            assert_eq!(answer["RETURNCODE"], code, "{card}");
        }
    }
    assert_eq!(danal.kinds().len(), 8);
}

#[tokio::test]
async fn money_is_given_back_by_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let tid = danal.charge("imps_1", &key).await["TID"].clone();
    let steps = [
        ("C", "4999", codes::CANCEL_AMOUNT, ""),
        ("P", "5001", codes::TOO_MUCH, ""),
        ("P", "0", codes::WRONG_REQUEST, ""),
        ("P", "", codes::MISSING_FIELD, ""),
        ("F", "5000", codes::WRONG_REQUEST, ""),
        ("P", "1000", codes::OK, "4000"),
        ("C", "5000", codes::CANCEL_AMOUNT, ""),
        ("C", "4000", codes::CANCEL_AMOUNT, ""),
        ("P", "4001", codes::TOO_MUCH, ""),
        ("P", "4000", codes::OK, "0"),
        ("P", "1", codes::CANCELLED_BEFORE, ""),
        ("C", "5000", codes::CANCELLED_BEFORE, ""),
    ];
    for (kind, amount, code, balance) in steps {
        let answer = danal.cancel(&tid, kind, amount).await;
        assert_eq!(answer["RETURNCODE"], code, "{kind} {amount}: {answer:?}");
        if code == codes::OK {
            let expected = map(&[
                ("RETURNCODE", "0000"),
                ("RETURNMSG", "성공"),
                ("O_TID", &tid),
                ("TID", &answer["TID"]),
                ("AMOUNT", amount),
                ("TRANDATE", "20261119"),
                ("TRANTIME", "093600"),
                ("BALANCE", balance),
            ]);
            assert_eq!(answer, expected);
            let deed = danal.journal().pop().unwrap().deed;
            assert_eq!((deed.kind, deed.ref_tid), (Kind::Refund, Some(tid.clone())));
            assert_eq!(deed.pg_tid.as_ref(), Some(&answer["TID"]));
            assert_eq!(deed.amount, amount.parse().ok());
            assert_eq!(deed.order_id.as_deref(), Some("imps_1"));
        }
    }
    // Of one that was not touched, all at once, and only for a year.
    let whole = danal.charge("imps_2", &key).await["TID"].clone();
    let old = danal.charge("imps_3", &key).await["TID"].clone();
    let batch = changed(&cancel_fields(&whole, "C", "5000"), "SERVICETYPE", "BATCH");
    assert_eq!(danal.call(&batch).await["RETURNCODE"], codes::WRONG_REQUEST);
    let unknown = danal.cancel("202611190936000000000000", "C", "5000").await;
    assert_eq!(unknown["RETURNCODE"], codes::NO_ORIGINAL);
    let cancelled = danal.cancel(&whole, "C", "5000").await;
    assert_eq!(cancelled["BALANCE"], "0");
    let again = danal.cancel(&whole, "C", "5000").await;
    assert_eq!(again["RETURNCODE"], codes::CANCELLED_BEFORE);
    danal.advance(365 * 24 * 60);
    assert_eq!(danal.cancel(&old, "P", "1000").await["BALANCE"], "4000");
    danal.advance(1);
    let late = danal.cancel(&old, "P", "1000").await;
    assert_eq!(late["RETURNCODE"], codes::CANCEL_TOO_LATE);
}

#[tokio::test]
async fn a_deleted_key_is_dead_and_every_call_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let deleted = danal.delete(&key).await;
    assert_eq!(
        (deleted["RETURNCODE"].as_str(), deleted["TID"].len()),
        ("0000", 24)
    );
    assert_eq!(danal.delete(&key).await["RETURNCODE"], codes::UNKNOWN_KEY);
    assert_eq!(
        danal.charge("imps_1", &key).await["RETURNCODE"],
        codes::UNKNOWN_KEY
    );
    let revoked = danal.journal().pop().unwrap().deed;
    assert_eq!(
        (
            revoked.kind,
            revoked.key.as_ref(),
            revoked.order_id.as_deref()
        ),
        (Kind::KeyRevoked, Some(&key), Some("imp_1"))
    );
    let unknown = map(&[("TXTYPE", "STATUS"), ("SERVICETYPE", "BATCH")]);
    assert_eq!(
        danal.call(&unknown).await["RETURNCODE"],
        codes::WRONG_REQUEST
    );
    let calls = danal.world.calls().after(Some("danal_tpay"), 0);
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
        (Operation::Charge, Some("imps_1")),
        (Operation::Inquire, None),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn answers_are_in_danals_charset_and_in_no_order() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let key = danal.key("imp_1", GOOD).await;
    let mut orders = std::collections::BTreeSet::new();
    for n in 0..5 {
        let body = danal.body(CPID, &danal.key, &charge_fields(&format!("imps_{n}"), &key));
        let (_, answer) = danal.post("/credit/", body).await;
        let data = Form::read(answer.as_bytes(), EUC_KR);
        let plain = danal.key.open(data.text("DATA")).unwrap();
        // "성공" in EUC-KR, and a space as forms write it.
        assert!(plain.contains("RETURNMSG=%BC%BA%B0%F8"), "{plain}");
        assert!(
            plain.contains("ITEMNAME=%BF%F9%B0%A3+%C7%C3%B7%A3"),
            "{plain}"
        );
        let names: Vec<_> = plain
            .split('&')
            .filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()))
            .collect();
        orders.insert(names);
    }
    assert!(orders.len() > 1, "{orders:?}");
    // The cipher is the published one.
    let iv = hex::decode("d7d02c92cb930b661f107cb92690fc83").unwrap();
    let sealed = danal.key.seal("A=1");
    let key = hex::decode(danal.key.digits()).unwrap();
    let plain = codec_aes_cbc::decrypt(&key, iv.try_into().unwrap(), &sealed);
    assert_eq!(plain.as_deref(), Some(&b"A=1"[..]));
}

#[test]
fn a_contract_is_made_once_and_needs_ten_digits() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let published = danal.danal.contract(CPID).unwrap();
    assert_eq!(
        published["crypto_key"],
        "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d"
    );
    let fresh = danal.danal.contract("9810039999").unwrap();
    assert!(fresh["crypto_key"].len() == 64 && fresh != published);
    assert_eq!(danal.danal.contract("9810039999").unwrap(), fresh);
    for wrong in [
        "",
        "981003092",
        "98100309290",
        "981003092X",
        "９８１００３０９２９",
    ] {
        assert!(danal.danal.contract(wrong).is_err(), "{wrong}");
    }
}
