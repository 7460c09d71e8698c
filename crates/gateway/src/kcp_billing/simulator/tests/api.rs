use super::*;

const GOOD: &str = "4242424242424242";

#[tokio::test]
async fn money_is_taken_once_and_given_back_by_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    let paid = kcp.charge("imps_1", &key).await;
    let told = ["res_cd", "order_no", "amount", "app_time", "card_no"]
        .map(|name| paid[name].as_str().unwrap());
    assert_eq!(
        told,
        [
            "0000",
            "imps_1",
            "3000",
            "20261119093600",
            "424242******4242"
        ]
    );
    assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], "8338");
    let tno = paid["tno"].as_str().unwrap();
    assert_eq!(tno.len(), 14);
    let steps = [
        ("STPC", Some((1000, 2000)), codes::WRONG_BALANCE, "STSR"),
        ("STPC", Some((3001, 3000)), codes::TOO_MUCH, "STSR"),
        ("STPC", Some((1000, 3000)), codes::OK, "STPC"),
        ("STSC", None, codes::FULL_AFTER_PARTIAL, "STPC"),
        ("STPC", Some((2000, 2000)), codes::OK, "STSC"),
        ("STPC", Some((1, 0)), codes::CANCELLED_BEFORE, "STSC"),
    ];
    for (mod_type, part, code, state) in steps {
        let answer = kcp.cancel(tno, mod_type, part).await;
        assert_eq!(answer["res_cd"], code, "{mod_type} {part:?}");
        if let (Some((amount, balance)), codes::OK) = (part, code) {
            let told = (answer["mod_mny"].as_str(), answer["rem_mny"].as_str());
            assert_eq!(
                told,
                (
                    Some(&*amount.to_string()),
                    Some(&*(balance - amount).to_string())
                )
            );
        }
        assert_eq!(kcp.inquire(tno).await["stat_ca_cd"], state);
    }
    assert_eq!(
        kcp.cancel("26111900000000", "STSC", None).await["res_cd"],
        codes::NO_ORIGINAL
    );
    assert_eq!(
        kcp.kinds(),
        [Kind::KeyIssued, Kind::Approval, Kind::Refund, Kind::Refund]
    );
    let refund = serde_json::to_value(&kcp.journal()[3]).unwrap();
    let expected = json!({
        "seq": 4, "pg": "kcp_billing", "kind": "refund", "order_id": "imps_1", "pg_tid": tno, "ref_tid": tno,
        "amount": 2000, "currency": "KRW", "test": false, "at": 1_795_048_560,
    });
    assert_eq!(refund, expected);
}

#[tokio::test]
async fn a_deleted_key_is_dead_and_every_call_was_seen() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    assert_eq!(kcp.revoke(&key).await["res_cd"], codes::OK);
    assert_eq!(kcp.revoke(&key).await["res_cd"], codes::UNKNOWN_KEY);
    assert_eq!(
        kcp.charge("imps_2", &key).await["res_cd"],
        codes::UNKNOWN_KEY
    );
    assert_eq!(kcp.kinds(), [Kind::KeyIssued, Kind::KeyRevoked]);
    let calls = kcp.world.calls().after(Some("kcp_billing"), 0);
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.seq, call.operation, call.order_id.as_deref()))
        .collect();
    let expected = [
        (1, Operation::OpenWindow, Some("imp_1")),
        (2, Operation::IssueKey, Some("imp_1")),
        (3, Operation::Revoke, Some("imp_1")),
        (4, Operation::Revoke, None),
        (5, Operation::Charge, Some("imps_2")),
    ];
    assert_eq!(seen, expected);
    assert_eq!(kcp.world.calls().after(None, 4), calls[4..]);
}

#[tokio::test]
async fn cards_decline_in_their_own_way() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let cards = [
        ("4000000000000341", codes::OVER_LIMIT),
        ("4000000000009995", codes::NO_BALANCE),
        ("4000000000009987", codes::LOST_CARD),
        ("4000000000000069", codes::EXPIRED_CARD),
    ];
    for (card, code) in cards {
        let key = kcp.issue("imp_1", card).await;
        assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], code);
    }
    assert_eq!(kcp.kinds(), [Kind::KeyIssued; 4]);
    // What was declined took no order number.
    let key = kcp.issue("imp_2", GOOD).await;
    assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], "0000");
}

#[tokio::test]
async fn a_charge_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    let good = kcp.charge_body("imps_1", &key);
    for name in good
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| !name.starts_with("buyr_"))
    {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name);
        assert_ne!(
            kcp.call("/gw/hub/v1/payment", &body).await["res_cd"],
            "0000",
            "without {name}"
        );
    }
    let cases = [
        ("amount", json!("3001"), codes::BAD_FIELD),
        ("amount", json!("0"), codes::AMOUNT_TOO_SMALL),
        ("amount", json!("-3000"), codes::BAD_FIELD),
        ("amount", json!("3000.0"), codes::BAD_FIELD),
        ("quota", json!("03"), codes::BAD_FIELD),
        ("quota", json!("0"), codes::BAD_FIELD),
        ("currency", json!("840"), codes::BAD_FIELD),
        ("card_tx_type", json!("11511001"), codes::BAD_FIELD),
        ("card_tx_type", json!("11121000"), codes::KEY_IN_OFF),
        ("card_tx_type", json!("12100000"), codes::KEY_IN_OFF),
        ("good_name", json!("가".repeat(34)), codes::BAD_FIELD),
        ("buyr_name", json!("x".repeat(41)), codes::BAD_FIELD),
        ("ordr_idxx", json!("x".repeat(41)), codes::BAD_FIELD),
        ("bt_group_id", json!("A52Q71000480"), codes::WRONG_GROUP),
        (
            "bt_batch_key",
            json!("2611190936000000"),
            codes::UNKNOWN_KEY,
        ),
        (
            "kcp_cert_info",
            json!(kcp.papers["cert"]),
            codes::BAD_CERTIFICATE,
        ),
        ("site_cd", json!("T0000"), codes::BAD_CERTIFICATE),
        ("pay_method", json!("BANK"), codes::NO_SUCH_CALL),
        ("amount", json!({"won": 3000}), codes::MALFORMED),
    ];
    for (name, value, code) in cases {
        let mut body = good.clone();
        body[name] = value.clone();
        assert_eq!(
            kcp.call("/gw/hub/v1/payment", &body).await["res_cd"],
            code,
            "{name} {value}"
        );
    }
    assert_eq!(kcp.kinds(), [Kind::KeyIssued]);
    assert_eq!(
        kcp.call("/gw/hub/v1/payment", &good).await["res_cd"],
        "0000",
        "and the good one is good"
    );
}

#[tokio::test]
async fn signed_calls_need_the_signature_of_the_site() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    let paid = kcp.charge("imps_1", &key).await;
    let tno = paid["tno"].as_str().unwrap();
    let other = kcp.kcp.contract("B1234").unwrap();
    for (site_cd, certificate, signed, code) in [
        (
            "A52Q7",
            kcp.certificate_line(),
            format!("A52Q7^{tno}^STPC"),
            codes::BAD_SIGNATURE,
        ),
        (
            "A52Q7",
            other["cert"].replace('\n', ""),
            format!("A52Q7^{tno}^STSC"),
            codes::BAD_CERTIFICATE,
        ),
        (
            "B1234",
            other["cert"].replace('\n', ""),
            format!("B1234^{tno}^STSC"),
            codes::BAD_SIGNATURE,
        ),
    ] {
        let body = json!({
            "site_cd": site_cd, "kcp_cert_info": certificate, "tno": tno, "mod_type": "STSC", "mod_desc": "test",
            "kcp_sign_data": kcp.sign(&signed),
        });
        assert_eq!(kcp.call("/gw/mod/v1/cancel", &body).await["res_cd"], code);
    }
    assert_eq!(kcp.inquire(tno).await["stat_ca_cd"], "STSR");
}

#[tokio::test]
async fn everything_is_known_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (papers, key, dead, tno, sealed, entries) = {
        let kcp = Merchant::open(dir.path(), 1);
        let key = kcp.issue("imp_1", GOOD).await;
        let dead = kcp.issue("imp_2", GOOD).await;
        kcp.revoke(&dead).await;
        let paid = kcp.charge("imps_1", &key).await;
        let tno = paid["tno"].as_str().unwrap().to_owned();
        kcp.cancel(&tno, "STPC", Some((500, 3000))).await;
        let spent = inputs(&kcp.buy(&kcp.open_on_pc("imp_3").await, GOOD).await);
        kcp.exchange(&spent).await;
        let fresh = inputs(&kcp.buy(&kcp.open_on_pc("imp_4").await, GOOD).await);
        (
            kcp.papers.clone(),
            key,
            dead,
            tno,
            [spent, fresh],
            kcp.journal(),
        )
    };
    let kcp = Merchant::open(dir.path(), 1_000_000);
    assert_eq!((&kcp.papers, kcp.journal()), (&papers, entries));
    assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], "8338");
    assert_eq!(kcp.charge("imps_2", &key).await["res_cd"], "0000");
    assert_eq!(
        kcp.charge("imps_3", &dead).await["res_cd"],
        codes::UNKNOWN_KEY
    );
    let known = kcp.inquire(&tno).await;
    assert_eq!(
        (&known["stat_ca_cd"], &known["rem_mny"], &known["order_no"]),
        (&json!("STPC"), &json!("2500"), &json!("imps_1"))
    );
    assert_eq!(kcp.exchange(&sealed[0]).await["res_cd"], codes::BAD_ENC);
    assert_eq!(kcp.exchange(&sealed[1]).await["res_cd"], "0000");
}

#[tokio::test]
async fn planned_faults_strike_and_the_journal_keeps_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    let plan =
        |fault: &str| kcp.plan(json!({"pg": "kcp_billing", "operation": "charge", "fault": fault}));
    let raw = async |order_id: &str| {
        let request =
            Request::post("/gw/hub/v1/payment").header(header::CONTENT_TYPE, "application/json");
        kcp.send(
            request
                .body(kcp.charge_body(order_id, &key).to_string().into())
                .unwrap(),
        )
        .await
    };
    plan("decline");
    assert_eq!(
        kcp.charge("imps_1", &key).await["res_cd"],
        codes::ISSUER_DECLINED
    );
    plan("http_500");
    assert_eq!(raw("imps_1").await.0, 500);
    assert_eq!(kcp.kinds(), [Kind::KeyIssued], "nothing was done so far");
    plan("wrong_amount");
    assert_eq!(kcp.charge("imps_1", &key).await["amount"], "3001");
    plan("says_timeout");
    assert_eq!(kcp.charge("imps_2", &key).await["res_cd"], codes::TIMED_OUT);
    plan("garbage");
    assert!(serde_json::from_str::<Value>(&raw("imps_3").await.1).is_err());
    plan("huge");
    assert_eq!(raw("imps_4").await.1.len(), 10 * 1024 * 1024);
    kcp.plan(json!({"pg": "kcp_billing", "operation": "charge", "fault": "decline", "code": "CC61", "match": {"order_id": "imps_6"}}));
    assert_eq!(kcp.charge("imps_5", &key).await["res_cd"], "0000");
    assert_eq!(kcp.charge("imps_6", &key).await["res_cd"], "CC61");
    let amounts: Vec<_> = kcp
        .journal()
        .iter()
        .skip(1)
        .map(|entry| entry.deed.amount)
        .collect();
    assert_eq!(amounts, [Some(3000); 5]);
    let signature = json!({"pg": "kcp_billing", "operation": "charge", "fault": "bad_signature"});
    let refused = kcp
        .world
        .control()
        .plan(serde_json::from_value(signature).unwrap());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("at charge: delay")
    );
}

#[tokio::test]
async fn the_switches_of_the_test_site_can_be_set() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "[kcp_billing]\ntest_amount_range = true\nduplicate_code = \"8586\"\n";
    std::fs::write(dir.path().join("simulators.toml"), settings).unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let key = kcp.issue("imp_1", GOOD).await;
    let mut body = kcp.charge_body("imps_1", &key);
    body["amount"] = 5005.into();
    body["card_mny"] = 5005.into();
    assert_eq!(
        kcp.call("/gw/hub/v1/payment", &body).await["res_cd"],
        codes::TEST_AMOUNT
    );
    assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], "0000");
    assert_eq!(kcp.charge("imps_1", &key).await["res_cd"], "8586");
    drop(kcp);
    std::fs::write(
        dir.path().join("simulators.toml"),
        "[kcp_billing]\nno_such = 1\n",
    )
    .unwrap();
    let clock = Arc::new(TestClock(AtomicI64::new(0)));
    let world = World::open(
        dir.path(),
        clock,
        Arc::new(|| 1),
        "http://pg.test",
        Arc::new(crate::wire::Unplugged),
    )
    .unwrap();
    assert!(make(world).err().unwrap().to_string().contains("no_such"));
}
