//! Card data by API.

use super::*;

const OTHER: &str = "5164530000000000";

fn card_charge(kcp: &Merchant, order_id: &str, changes: &[(&str, Value)]) -> Value {
    let mut body = kcp.charge_body(order_id, "");
    let fields = body.as_object_mut().unwrap();
    fields.retain(|name, _| !name.starts_with("bt_"));
    for (name, value) in [
        ("card_tx_type", "11121000"),
        ("card_no", "4242424242424242"),
        ("card_expiry", "3011"),
        ("card_taxno", "910203"),
        ("card_pwd", "47"),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    change(body, changes)
}

fn card_issue(kcp: &Merchant, order_id: &str, changes: &[(&str, Value)]) -> Value {
    let body = json!({
        "site_cd": "A52Q7",
        "kcp_cert_info": kcp.certificate_line(),
        "pay_method": "CARD",
        "card_tx_type": "12100000",
        "ordr_idxx": order_id,
        "card_no": "4242424242424242",
        "card_expiry": "3011",
        "card_taxno": "910203",
        "sign_txtype": "0001",
        "group_id": "A52Q71000489",
    });
    change(body, changes)
}

/// `null` takes a field out.
fn change(mut body: Value, changes: &[(&str, Value)]) -> Value {
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes {
        match value {
            Value::Null => fields.remove(*name),
            value => fields.insert((*name).to_owned(), value.clone()),
        };
    }
    body
}

impl Merchant {
    async fn hub(&self, body: &Value) -> Value {
        self.call("/gw/hub/v1/payment", body).await
    }
}

#[tokio::test]
async fn a_card_is_charged_once_and_shown_with_zeros() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1);
    let paid = kcp.hub(&card_charge(&kcp, "imps_1", &[])).await;
    assert_eq!(
        [
            &paid["res_cd"],
            &paid["order_no"],
            &paid["amount"],
            &paid["card_no"]
        ],
        ["0000", "imps_1", "3000", "4242420000004242"]
    );
    let twice = kcp.hub(&card_charge(&kcp, "imps_1", &[])).await;
    assert_eq!(twice["res_cd"], codes::DUPLICATE_ORDER);
    let tno = paid["tno"].as_str().unwrap();
    assert_eq!(kcp.cancel(tno, "STSC", None).await["res_cd"], codes::OK);
    assert_eq!(kcp.kinds(), [Kind::Approval, Kind::Refund]);
}

#[tokio::test]
async fn a_key_by_a_card_is_charged_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1);
    let issued = kcp.hub(&card_issue(&kcp, "imps_1", &[])).await;
    assert_eq!(issued["res_cd"], codes::OK);
    let key = issued["batch_key"].as_str().unwrap();
    assert_eq!(kcp.charge("imps_2", key).await["res_cd"], codes::OK);
    // It outlives the simulator.
    drop(kcp);
    let kcp = Merchant::with_card_data(dir.path(), 1000);
    assert_eq!(kcp.charge("imps_3", key).await["res_cd"], codes::OK);
    assert_eq!(kcp.revoke(key).await["res_cd"], codes::OK);
    assert_eq!(
        kcp.charge("imps_4", key).await["res_cd"],
        codes::UNKNOWN_KEY
    );
}

#[tokio::test]
async fn any_card_is_taken_and_ten_of_its_digits_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1);
    let number = [("card_no", json!(OTHER))];
    let paid = kcp.hub(&card_charge(&kcp, "imps_1", &number)).await;
    assert_eq!(
        (&paid["res_cd"], &paid["card_no"]),
        (&json!("0000"), &json!(OTHER))
    );
    let other = [("card_no", json!("5164531234567890"))];
    let issued = kcp.hub(&card_issue(&kcp, "imps_2", &other)).await;
    assert_eq!(issued["res_cd"], codes::OK);
    drop(kcp);
    let ledger = std::fs::read_to_string(dir.path().join("ledger.jsonl")).unwrap();
    assert!(ledger.contains("516453******7890"));
    assert!(!ledger.contains("5164531234567890") && !ledger.contains(OTHER));
    std::fs::write(
        dir.path().join("simulators.toml"),
        "[kcp]\naccept_any_card = false\n",
    )
    .unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1000);
    let refused = kcp.hub(&card_charge(&kcp, "imps_3", &number)).await;
    assert_eq!(refused["res_cd"], codes::BAD_CARD_NUMBER);
    assert!(
        refused["res_msg"]
            .as_str()
            .unwrap()
            .contains("test cards only")
    );
}

#[tokio::test]
async fn a_card_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1);
    for (name, value, code) in [
        (
            "card_no",
            json!("4242-4242-4242-4242"),
            codes::BAD_CARD_NUMBER,
        ),
        ("card_no", json!("42424242"), codes::BAD_CARD_NUMBER),
        ("card_no", json!(null), codes::MISSING_FIELD),
        ("card_expiry", json!("3013"), codes::BAD_EXPIRY),
        ("card_expiry", json!("1130"), codes::BAD_EXPIRY),
        ("card_expiry", json!("203011"), codes::BAD_EXPIRY),
        ("card_taxno", json!("91020"), codes::BAD_BIRTH),
        ("card_pwd", json!("4"), codes::BAD_PIN),
        ("card_no", json!("4000000000000002"), codes::ISSUER_DECLINED),
    ] {
        let changes = [(name, value)];
        for body in [
            card_charge(&kcp, "imps_1", &changes),
            card_issue(&kcp, "imps_1", &changes),
        ] {
            let answer = kcp.hub(&body).await;
            assert_eq!(answer["res_cd"], code, "{body}");
        }
    }
    for (name, value, code) in [
        ("group_id", json!("A52Q71000480"), codes::WRONG_GROUP),
        ("sign_txtype", json!(null), codes::MISSING_FIELD),
        ("kcp_cert_info", json!("x"), codes::BAD_CERTIFICATE),
    ] {
        let answer = kcp.hub(&card_issue(&kcp, "imps_1", &[(name, value)])).await;
        assert_eq!(answer["res_cd"], code, "{name}");
    }
    assert!(kcp.kinds().is_empty());
}

#[tokio::test]
async fn there_is_no_window() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::with_card_data(dir.path(), 1);
    for path in ["/trade/register.do", "/pay/window", "/gw/enc/v1/payment"] {
        let request = Request::post(path).body(Body::empty()).unwrap();
        assert_eq!(kcp.send(request).await.0, 404, "{path}");
    }
}
