//! The calls that are signed with the secret key, or bring it.

use super::*;

#[tokio::test]
async fn a_payment_is_found_by_reference_and_by_order() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp_1", GOOD).await;
    let id = charge["id"].as_str().unwrap();
    let reference = format!("b{id}");
    let expected = json!({
        "object": "payment", "id": reference, "created": 1_795_048_560, "amount": "9.90",
        "currency": "USD", "refunded": false, "risk": "approved", "uid": "cust_0001",
        "product_id": "imp_1", "payment_system": "cc",
    });
    for fields in [
        vec![("ref", reference.as_str())],
        vec![("ref", id)],
        vec![("uid", "cust_0001"), ("ag_external_id", "imp_1")],
    ] {
        assert_eq!(
            pw.status(&fields).await,
            (200, expected.clone()),
            "{fields:?}"
        );
    }
    for fields in [
        vec![("ref", "t1")],
        vec![("ref", &*format!("t{id}"))],
        vec![("uid", "cust_0002"), ("ag_external_id", "imp_1")],
        vec![("uid", "cust_0001"), ("ag_external_id", "imp_2")],
    ] {
        let (status, answer) = pw.status(&fields).await;
        assert_eq!((status, &answer["code"]), (404, &json!(3000)), "{fields:?}");
    }
    assert_eq!(
        pw.status(&[("uid", "cust_0001")]).await.1["code"],
        json!(3008)
    );
    // Another project asks in order and finds nothing.
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    let mut all = vec![("key", OTHER_PROJECT), ("ref", id), ("sign_version", "2")];
    let signed = sign(Version::V2, &all, &other["secret_key"]);
    all.push(("sign", &signed));
    let path = format!("/api/rest/payment?{}", encoded(&all));
    assert_eq!(pw.get(&path, "").await.1["code"], json!(3000));
}

/// The signature of every version over a call's fields.
fn signatures(fields: &[(&str, &str)], secret: &str) -> Vec<(&'static str, String)> {
    let uid = fields.iter().find(|(name, _)| *name == "uid").unwrap().1;
    let mut signatures = vec![("", sign_user(uid, secret)), ("1", sign_user(uid, secret))];
    for (name, version) in [("2", Version::V2), ("3", Version::V3)] {
        let mut all = fields.to_vec();
        all.push(("sign_version", name));
        signatures.push((name, sign(version, &all, secret)));
    }
    signatures
}

#[tokio::test]
async fn every_version_of_a_signature_is_read_and_no_wrong_one() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    pw.first("imp_1", GOOD).await;
    let question = [
        ("key", PROJECT),
        ("uid", "cust_0001"),
        ("ag_external_id", "imp_1"),
    ];
    for (version, signed) in signatures(&question, pw.secret()) {
        let ask = async |version: &str, sign: &str, order: &str| {
            let mut all = question.to_vec();
            all[2].1 = order;
            if !version.is_empty() {
                all.push(("sign_version", version));
            }
            all.push(("sign", sign));
            pw.get(&format!("/api/rest/payment?{}", encoded(&all)), "")
                .await
                .0
        };
        assert_eq!(
            ask(version, &signed, "imp_1").await,
            200,
            "version {version:?}"
        );
        assert_eq!(ask(version, &signed.to_uppercase(), "imp_1").await, 200);
        assert_eq!(ask(version, &signed[1..], "imp_1").await, 401);
        assert_eq!(ask(version, "", "imp_1").await, 401);
        assert_eq!(ask("4", &signed, "imp_1").await, 401);
        // The first version covers nothing but the user.
        let covered = if version.len() == 1 && version != "1" {
            401
        } else {
            404
        };
        assert_eq!(ask(version, &signed, "imp_2").await, covered);
    }
    // Without a user there is nothing that the first version could be made of.
    let bare = sign_user("", pw.secret());
    let path = format!("/api/rest/payment?key={PROJECT}&ref=b1&sign={bare}");
    assert_eq!(pw.get(&path, "").await.0, 401);
    let (status, answer) = pw
        .get("/api/rest/payment?key=unknown&ref=b1&sign=x", "")
        .await;
    assert_eq!((status, &answer["code"]), (401, &json!(1001)));
}

#[tokio::test]
async fn the_known_vectors_pass() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    // Their payment is none of ours, which is told only behind a good signature.
    let question = "383bf3d46f50a693e16102d10f43d89c9df87bbd35b31b09b61d51bc887959c8";
    let path = format!("/api/rest/payment/?key={PROJECT}&ref=b104872652&sign_version=3&sign=");
    let (good, bad) = (
        format!("{path}{question}"),
        format!("{path}{}", "0".repeat(64)),
    );
    assert_eq!(pw.get(&good, "").await.1["code"], json!(3000));
    assert_eq!(pw.get(&bad, "").await.1["code"], json!(3001));
    let ticket = [
        ("key", PROJECT),
        ("ref", "b104872652"),
        ("type", "5"),
        ("amount", "3.30"),
        ("merchant_refund_id", "rf-0001"),
        ("message", "partial refund"),
        ("sign_version", "2"),
        ("sign", "c9b5b9f914b3ce0d4b1d3a77b4c75faf"),
    ];
    let (_, answer) = pw.post("/developers/api/ticket", "", &ticket).await;
    assert_eq!(answer["errors"], json!(["There is no such payment"]));
    // The samples of the documentation send a ticket's fields in the query.
    let path = format!("/developers/api/ticket?{}", encoded(&ticket));
    let (_, answer) = pw.post(&path, "", &[]).await;
    assert_eq!(answer["errors"], json!(["There is no such payment"]));
    let mut forged = ticket;
    forged[3].1 = "3.31";
    let (status, answer) = pw.post("/developers/api/ticket", "", &forged).await;
    assert_eq!((status, &answer["result"]), (200, &json!(0)));
    assert!(answer["errors"][0].as_str().unwrap().contains("signature"));
}

#[tokio::test]
async fn a_ticket_is_taken_in_every_version() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp_1", GOOD).await;
    let id = charge["id"].as_str().unwrap();
    let word = [
        ("key", PROJECT),
        ("uid", "cust_0001"),
        ("ref", id),
        ("type", "3"),
        ("message", "hello"),
    ];
    for (version, signed) in signatures(&word, pw.secret()) {
        let mut all = word.to_vec();
        if !version.is_empty() {
            all.push(("sign_version", version));
        }
        all.push(("sign", &signed));
        let (_, answer) = pw.post("/developers/api/ticket", "", &all).await;
        assert_eq!(answer, json!({ "result": 1 }), "version {version:?}");
        let last = all.len() - 1;
        all[last].1 = "0123456789abcdef0123456789abcdef";
        let (_, answer) = pw.post("/developers/api/ticket", "", &all).await;
        assert_eq!(answer["result"], json!(0), "version {version:?}");
    }
}

/// A delivery of something that needs no address.
fn digital(reference: &str) -> Vec<(&str, &str)> {
    vec![
        ("payment_id", reference),
        ("merchant_reference_id", "m-1"),
        ("type", "digital"),
        ("status", "delivered"),
        ("estimated_delivery_datetime", "2026/11/19 09:36:00 +0900"),
        ("estimated_update_datetime", "2026/11/19 09:36:00 +0900"),
        ("refundable", "true"),
        ("details", "Monthly plan"),
    ]
}

/// A delivery of something physical.
fn physical(reference: &str) -> Vec<(&str, &str)> {
    let mut fields = digital(reference);
    fields[2].1 = "physical";
    fields.extend([
        ("shipping_address[email]", "jack@example.com"),
        ("shipping_address[country]", "KR"),
        ("shipping_address[city]", "Seoul"),
        ("shipping_address[zip]", "06236"),
        ("shipping_address[street]", "Teheran-ro 1"),
        ("shipping_address[firstname]", "Jack"),
        ("shipping_address[lastname]", "Son"),
    ]);
    fields
}

#[tokio::test]
async fn a_delivery_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp_1", GOOD).await;
    let reference = format!("b{}", charge["id"].as_str().unwrap());
    for good in [digital(&reference), physical(&reference)] {
        let answer = pw.post("/api/delivery", pw.secret(), &good).await;
        assert_eq!(answer, (200, json!({ "success": 1 })));
    }
    let mut noted = vec![];
    pw.world
        .replay(PROVIDER, |_, record: Option<Record>| {
            if let Some(Record::Delivery {
                reference, status, ..
            }) = record
            {
                noted.push((reference, status));
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(noted, vec![("m-1".to_owned(), "delivered".to_owned()); 2]);
}

#[tokio::test]
async fn a_delivery_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let charge = pw.first("imp_1", GOOD).await;
    let reference = format!("b{}", charge["id"].as_str().unwrap());
    for good in [digital(&reference), physical(&reference)] {
        for at in 0..good.len() {
            let mut lacking = good.clone();
            let (name, _) = lacking.remove(at);
            let (status, answer) = pw.post("/api/delivery", pw.secret(), &lacking).await;
            assert_eq!((status, &answer["error_code"]), (200, &json!(2)), "{name}");
            assert!(answer["notices"][0].as_str().unwrap().contains(name));
        }
    }
    for (at, value, notice) in [
        (2, "virtual", "type"),
        (4, "2026-11-19", "estimated_delivery_datetime"),
        (0, "b1", "There is no such charge"),
    ] {
        let mut wrong = digital(&reference);
        wrong[at].1 = value;
        let (_, answer) = pw.post("/api/delivery", pw.secret(), &wrong).await;
        assert_eq!(answer["error_code"], json!(2), "{value}");
        assert!(answer["notices"][0].as_str().unwrap().contains(notice));
    }
    for (key, code) in [(pw.private(), 4007), ("", 4006)] {
        let answer = pw.post("/api/delivery", key, &digital(&reference)).await;
        assert_eq!((answer.0, &answer.1["code"]), (401, &json!(code)));
    }
}
