//! What goes wrong between the product and a PG during a charge: nothing is called failed that may have been approved,
//! nothing is approved twice, and what stays open is settled by a person.

use dangol_harness::api::again;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Setup, Shop, books, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    what_the_pg_did_not_tell_is_left_to_a_person,
    a_slow_pg_is_waited_for_behind_the_answer,
    a_caller_that_hangs_up_changes_nothing,
    a_clean_stop_lets_charges_finish,
);

/// Faults at a charge, and whether the PG carries the charge out nevertheless.
const FAULTS: [(&str, bool); 6] = [
    ("drop_answer", true),
    ("garbage", true),
    ("huge", true),
    ("wrong_amount", true),
    ("drop_request", false),
    ("http_500", false),
];

async fn what_the_pg_did_not_tell_is_left_to_a_person(engine: Engine) {
    let shop = Shop::open(engine).await;
    let mut open = Vec::new();
    for (n, (fault, done)) in FAULTS.into_iter().enumerate() {
        let (order, amount) = (format!("order-{n}"), 1000 + n as i64);
        shop.plan("charge", fault, json!({})).await;
        let answer = shop.again(CUSTOMER, &order, amount).await;
        let payment = answer.payment();
        assert_eq!(payment["status"], "ready", "{fault}: {payment}");
        assert_eq!(payment["failed_at"], 0, "{fault}: {payment}");
        let imp_uid = payment["imp_uid"].as_str().expect("an id").to_owned();
        let approvals = shop.deeds("approval", &imp_uid).await.len();
        assert_eq!(approvals, usize::from(done), "{fault}");
        open.push((fault, order, imp_uid, amount));
    }
    let ran = shop.advance(3 * 24 * 3600).await;
    assert!(
        ran["resolve_open"].as_u64().is_some_and(|ran| ran > 0),
        "{ran}"
    );
    needs_review(&shop, &open).await;
    for (_, order, imp_uid, amount) in &open {
        settle(&shop, order, imp_uid, *amount).await;
    }
    let mut shown = Vec::new();
    for (_, order, ..) in &open {
        shown.push(books::shown(shop.find(order).await.payment()));
    }
    books::agree(&shop, &shown).await;
}

/// After all inquiries: asked as far as the protocol goes, sent once, locked, and listed for a person.
async fn needs_review(shop: &Shop, open: &[(&str, String, String, i64)]) {
    let listed = shop.dangol.command(&["payment", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    for (fault, order, imp_uid, amount) in open {
        assert_eq!(
            shop.find(order).await.payment()["status"],
            "ready",
            "{fault}"
        );
        let line = listed.lines().find(|line| line.contains(imp_uid.as_str()));
        let line = line.unwrap_or_else(|| panic!("{fault}: {imp_uid} is not in {listed}"));
        assert!(line.contains("needs review"), "{fault}: {line}");
        let calls = shop.calls_about(imp_uid).await;
        let charges = calls.iter().filter(|call| *call == "charge").count();
        assert_eq!(charges, 1, "{fault}: {calls:?}");
        // The same order again is answered with the open payment, another amount is refused; neither reaches the PG.
        assert_eq!(
            shop.again(CUSTOMER, order, *amount).await.payment()["imp_uid"],
            imp_uid.as_str()
        );
        assert_eq!(shop.again(CUSTOMER, order, amount + 1).await.code, 1);
        assert_eq!(shop.calls_about(imp_uid).await, calls, "{fault}");
    }
}

/// A person settles by what the PG's own books say, beside the running server; the merchant is told.
async fn settle(shop: &Shop, order: &str, imp_uid: &str, amount: i64) {
    let approvals = shop.deeds("approval", imp_uid).await;
    let mut command = vec!["payment", "resolve", imp_uid];
    let status = match approvals.first() {
        Some(approval) => {
            assert_eq!(approval["amount"], amount);
            command.extend([
                "--paid",
                "--pg-tid",
                approval["pg_tid"].as_str().expect("a number"),
            ]);
            "paid"
        }
        None => {
            command.extend(["--failed", "--reason", "PG에 승인 내역이 없습니다"]);
            "failed"
        }
    };
    let resolved = shop.dangol.command(&command);
    assert!(
        resolved.status.success(),
        "{}",
        String::from_utf8_lossy(&resolved.stderr)
    );
    let payment = shop.find(order).await;
    assert_eq!(payment.payment()["status"], status, "{payment:?}");
    if status == "failed" {
        assert_eq!(payment.text("fail_reason"), "PG에 승인 내역이 없습니다");
    }
    let webhooks = shop.receiver.about(imp_uid).await;
    let told: Vec<Value> = webhooks
        .iter()
        .map(|webhook| webhook.json()["status"].clone())
        .collect();
    assert_eq!(told, [status], "one webhook, with the end");
    let twice = shop.dangol.command(&command);
    assert!(
        !twice.status.success(),
        "what is settled is not settled again"
    );
}

async fn a_slow_pg_is_waited_for_behind_the_answer(engine: Engine) {
    let setup = Setup {
        config: "answer_budget_ms = 300\n",
        ..Setup::demo(engine)
    };
    let shop = Shop::on(setup).await;
    for (order, fault, status) in [
        ("order-1", "delay", "paid"),
        ("order-2", "decline", "failed"),
    ] {
        shop.plan("charge", fault, json!({ "delay_ms": 1500 }))
            .await;
        let answer = shop.again(CUSTOMER, order, 3000).await;
        assert_eq!(
            answer.payment()["status"],
            "ready",
            "the answer does not wait"
        );
        let imp_uid = answer.text("imp_uid").to_owned();
        let webhook = shop.receiver.about(&imp_uid).await.remove(0);
        assert_eq!(
            webhook.json()["status"],
            status,
            "the end is told by webhook"
        );
        assert_eq!(
            shop.becomes(order, status).await["imp_uid"],
            imp_uid.as_str()
        );
        assert_eq!(
            shop.calls_about(&imp_uid).await,
            ["charge"],
            "nothing is asked twice"
        );
    }
}

async fn a_caller_that_hangs_up_changes_nothing(engine: Engine) {
    let shop = Shop::open(engine).await;
    shop.plan("charge", "delay", json!({ "delay_ms": 700 }))
        .await;
    let connection = shop.begin_charge("order-1", 3000).await;
    drop(connection);
    let payment = shop.becomes("order-1", "paid").await;
    let imp_uid = payment["imp_uid"].as_str().expect("an id");
    let approvals = shop.deeds("approval", imp_uid).await;
    assert_eq!(
        (approvals.len(), &approvals[0]["amount"]),
        (1, &json!(3000))
    );
    assert_eq!(
        shop.receiver.about(imp_uid).await[0].json()["status"],
        "paid"
    );
    assert_eq!(
        shop.again(CUSTOMER, "order-1", 3000).await.code,
        1,
        "it was charged"
    );
}

async fn a_clean_stop_lets_charges_finish(engine: Engine) {
    let mut shop = Shop::open(engine).await;
    shop.plan("charge", "delay", json!({ "delay_ms": 700 }))
        .await;
    let mut connection = shop.begin_charge("order-1", 3000).await;
    let answered = tokio::spawn(async move { connection.answer().await });
    let code = shop.dangol.sigterm();
    assert_eq!(code, Some(0));
    let (status, body) = answered
        .await
        .expect("no panic")
        .expect("the charge is answered");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        (status, &body["response"]["status"]),
        (200, &json!("paid")),
        "{body}"
    );
    let late = shop
        .try_post(
            "/subscribe/payments/again",
            &again(CUSTOMER, "order-2", 3000),
        )
        .await;
    assert!(late.is_err(), "it still listens: {late:?}");
    shop.reopen();
    assert_eq!(shop.find("order-1").await.payment(), &body["response"]);
    assert_eq!(
        shop.deeds(
            "approval",
            body["response"]["imp_uid"].as_str().expect("an id")
        )
        .await
        .len(),
        1
    );
}
