//! What becomes of a charge: refunds by Brick and by ticket, captures, voids.

use super::*;

impl Merchant {
    async fn act(&self, id: &str, act: &str) -> (u16, Value) {
        let path = format!("/api/brick/charge/{id}/{act}");
        self.post(&path, self.private(), &[("id", id)]).await
    }

    /// Amounts that were given back, with what they were taken from.
    fn refunds(&self) -> Vec<(String, i64)> {
        let journal = self.journal();
        let refunds = journal
            .into_iter()
            .map(|entry| entry.deed)
            .filter(|deed| deed.kind == Kind::Refund);
        refunds
            .map(|deed| (deed.ref_tid.unwrap(), deed.amount.unwrap()))
            .collect()
    }
}

fn id_of(charge: &Value) -> String {
    charge["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn bricks_refund_gives_everything_back_once() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let id = id_of(&pw.first("imp_1", GOOD).await);
    let other = pw.paymentwall.contract(OTHER_PROJECT).unwrap();
    let path = format!("/api/brick/charge/{id}/refund");
    let (status, answer) = pw.post(&path, &other["brick_private_key"], &[]).await;
    assert_eq!((status, &answer["code"]), (404, &json!(3000)));
    let (status, refunded) = pw.act(&id, "refund").await;
    assert_eq!(
        (
            status,
            &refunded["id"],
            &refunded["refunded"],
            &refunded["amount"]
        ),
        (200, &json!(id), &json!(true), &json!("9.90"))
    );
    assert_eq!(pw.act(&id, "refund").await.1["code"], json!(3201));
    assert_eq!(pw.act("1", "refund").await.1["code"], json!(3000));
    assert_eq!(pw.refunds(), [(id.clone(), 990)]);
    let (_, shown) = pw
        .get(&format!("/api/brick/charge/{id}"), pw.private())
        .await;
    assert_eq!(
        (&shown["refunded"], &shown["captured"]),
        (&json!(true), &json!(true))
    );
    let refund = pw.journal().pop().unwrap().deed;
    assert!(refund.pg_tid.is_some() && refund.pg_tid != refund.ref_tid);
    assert_eq!(
        (refund.order_id.as_deref(), refund.currency.as_deref()),
        (Some("imp_1"), Some("USD"))
    );
}

#[tokio::test]
async fn a_ticket_is_answered_first_and_worked_off_later() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let id = id_of(&pw.first("imp_1", GOOD).await);
    let opened = json!({ "result": 1 });
    let part = |amount, number| {
        [
            ("ref", id.as_str()),
            ("type", "5"),
            ("amount", amount),
            ("merchant_refund_id", number),
        ]
    };
    assert_eq!(pw.ticket(&part("3.30", "rf-1")).await, opened);
    assert_eq!(pw.refunds(), [], "nothing happened yet");
    // What is promised cannot be had twice, by neither way.
    let too_much = pw.ticket(&part("6.61", "rf-2")).await;
    assert_eq!(
        too_much["errors"],
        json!(["Amount exceeds what can be refunded"])
    );
    assert_eq!(pw.ticket(&part("2.20", "rf-2")).await, opened);
    let ran = pw.advance(1).await;
    assert_eq!((ran["refund_ticket"], ran["pingback"]), (2, 3));
    assert_eq!(pw.refunds(), [(id.clone(), 330), (id.clone(), 220)]);
    let by_order = [("uid", "cust_0001"), ("ag_external_id", "imp_1")];
    assert_eq!(pw.status(&by_order).await.1["refunded"], json!(false));
    let full = [
        ("ref", &*format!("b{id}")),
        ("uid", "cust_0001"),
        ("type", "1"),
    ];
    assert_eq!(pw.ticket(&full).await, opened);
    let again = pw.ticket(&full).await;
    assert_eq!(
        (&again["result"], again["errors"].as_array().unwrap().len()),
        (&json!(0), 1)
    );
    assert_eq!(pw.act(&id, "refund").await.1["code"], json!(3201));
    pw.advance(1).await;
    assert_eq!(pw.refunds()[2..], [(id.clone(), 440)]);
    assert_eq!(pw.status(&by_order).await.1["refunded"], json!(true));
    assert_eq!(pw.ticket(&full).await["result"], json!(0));
    assert_eq!(pw.advance(86_400).await.get("refund_ticket"), None);
}

#[tokio::test]
async fn a_ticket_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let id = id_of(&pw.first("imp_1", GOOD).await);
    let held = pw.token(GOOD, "123").await;
    let held = pw
        .charge_with("imp_2", &held, &[("options[capture]", "0")])
        .await
        .1;
    let held = id_of(&held);
    let (by_ref, none) = (("ref", id.as_str()), ("uid", "nobody"));
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[("type", "1")], "Either ref or uid is required"),
        (&[by_ref], "Type is required"),
        (&[by_ref, ("type", "4")], "Type is wrong"),
        (&[by_ref, ("type", "2")], "There is no active subscription"),
        (&[by_ref, ("type", "3")], "Message is required"),
        (
            &[by_ref, ("type", "5"), ("merchant_refund_id", "r")],
            "Amount is required",
        ),
        (
            &[by_ref, ("type", "5"), ("amount", "1.00")],
            "Merchant refund id is required",
        ),
        (
            &[
                by_ref,
                ("type", "5"),
                ("amount", "1"),
                ("merchant_refund_id", "r"),
            ],
            "Amount is wrong",
        ),
        (&[("ref", "b1"), ("type", "1")], "There is no such payment"),
        (&[by_ref, none, ("type", "1")], "There is no such payment"),
        (&[none, ("type", "1")], "There is no such payment"),
        (
            &[("ref", &held), ("type", "1")],
            "The charge cannot be refunded",
        ),
    ];
    for (fields, text) in cases {
        assert_eq!(
            pw.ticket(fields).await,
            json!({ "result": 0, "errors": [text] })
        );
    }
    let word = [by_ref, ("type", "3"), ("message", "hello")];
    assert_eq!(pw.ticket(&word).await["result"], json!(1));
    pw.plan("cancel", "decline");
    assert_eq!(
        pw.ticket(&[by_ref, ("type", "1")]).await["result"],
        json!(0)
    );
    pw.advance(86_400).await;
    assert_eq!(pw.refunds(), []);
    // A user's newest payment, where the user alone is named.
    let newest = id_of(&pw.first("imp_3", GOOD).await);
    assert_eq!(
        pw.ticket(&[("uid", "cust_0001"), ("type", "1")]).await["result"],
        json!(1)
    );
    pw.advance(1).await;
    assert_eq!(pw.refunds(), [(newest, 990)]);
}

#[tokio::test]
async fn an_authorisation_is_captured_or_given_up_within_a_week() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let key = pw.key("imp_0", GOOD).await;
    pw.advance(1).await;
    pw.heard();
    let hold = [("options[capture]", "0")];
    let mut ids = vec![];
    for plan in ["imp_1", "imp_2", "imp_3"] {
        let (_, charge) = pw.charge_with(plan, &key, &hold).await;
        assert_eq!(
            (&charge["captured"], &charge["risk"]),
            (&json!(false), &json!("approved"))
        );
        ids.push(id_of(&charge));
    }
    let by_order = [("uid", "cust_0001"), ("ag_external_id", "imp_1")];
    assert_eq!(pw.status(&by_order).await.0, 404, "no payment yet");
    assert_eq!(pw.act(&ids[0], "refund").await.1["code"], json!(3204));
    assert_eq!(pw.advance(60).await, BTreeMap::new(), "and nothing to tell");
    let (status, captured) = pw.act(&ids[0], "capture").await;
    assert_eq!((status, &captured["captured"]), (200, &json!(true)));
    let approval = pw.journal().pop().unwrap().deed;
    assert_eq!(
        (approval.kind, approval.pg_tid, approval.amount),
        (Kind::Approval, Some(ids[0].clone()), Some(990))
    );
    let (status, voided) = pw.act(&ids[1], "void").await;
    assert_eq!((status, &voided["captured"]), (200, &json!(false)));
    pw.advance(1).await;
    let types: Vec<_> = pw
        .heard()
        .iter()
        .map(|pairs| value(pairs, "type").to_owned())
        .collect();
    assert_eq!(types, ["0", "203"]);
    for (id, act, code) in [
        (&ids[0], "capture", 3203),
        (&ids[0], "void", 3202),
        (&ids[1], "capture", 3203),
        (&ids[1], "void", 3202),
    ] {
        assert_eq!(pw.act(id, act).await.1["code"], json!(code), "{act}");
    }
    pw.advance(7 * 86_400).await;
    assert_eq!(pw.act(&ids[2], "capture").await.1["code"], json!(3206));
    assert_eq!(
        pw.kinds(),
        [Kind::KeyIssued, Kind::Approval, Kind::Approval]
    );
}

#[tokio::test]
async fn faults_of_cancels_strike_both_ways_of_cancelling() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let id = id_of(&pw.first("imp_1", GOOD).await);
    pw.plan("cancel", "decline");
    assert_eq!(pw.act(&id, "refund").await.1["code"], json!(3204));
    assert_eq!(pw.refunds(), []);
    pw.plan("cancel", "garbage");
    let path = format!("/api/brick/charge/{id}/refund");
    let request = Request::post(path).header("X-ApiKey", pw.private());
    let (status, _, text) = pw.send(request.body(Body::empty()).unwrap()).await;
    assert!(status == 200 && serde_json::from_str::<Value>(&text).is_err());
    assert_eq!(pw.refunds(), [(id, 990)], "it was done");
}
