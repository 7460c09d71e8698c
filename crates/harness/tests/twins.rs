//! Many requests for one merchant_uid at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Shop, on_both_engines};
use futures::future::join_all;
use serde_json::json;

on_both_engines!(one_of_fifty_charges_and_all_hear_of_it);

async fn one_of_fifty_charges_and_all_hear_of_it(engine: Engine) {
    let shop = Arc::new(Shop::open(engine).await);
    // Long enough for all of them to arrive while the first is on its way.
    shop.plan("charge", "delay", json!({ "delay_ms": 3000 }))
        .await;
    let first = shop.begin_charge("order-1", 3000);
    let mut first = first.await;
    let twins = (0..50).map(|n| {
        let shop = Arc::clone(&shop);
        // The last one asks for something else.
        let amount = if n == 49 { 5000 } else { 3000 };
        tokio::spawn(async move { (amount, shop.again(CUSTOMER, "order-1", amount).await) })
    });
    let mut imp_uids = BTreeSet::new();
    for answer in join_all(twins).await {
        let (amount, answer) = answer.expect("no panic");
        if amount == 5000 {
            assert_eq!((answer.status, answer.code), (200, 1), "{answer:?}");
            assert!(
                answer.message.starts_with("이미 주문이 이루어진 건입니다."),
                "{answer:?}"
            );
            continue;
        }
        assert_eq!(answer.payment()["status"], "paid");
        assert_eq!(answer.payment()["amount"], 3000);
        imp_uids.insert(answer.text("imp_uid").to_owned());
    }
    let (status, body) = first.answer().await.expect("an answer");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((status, &body["code"]), (200, &json!(0)));
    imp_uids.insert(
        body["response"]["imp_uid"]
            .as_str()
            .expect("an id")
            .to_owned(),
    );
    assert_eq!(imp_uids.len(), 1, "all hear of one payment: {imp_uids:?}");
    let charges = shop
        .calls()
        .await
        .into_iter()
        .filter(|call| call.starts_with("charge "))
        .count();
    assert_eq!(charges, 1);
    let journal = shop.journal().await;
    assert_eq!(
        journal
            .iter()
            .filter(|entry| entry["kind"] == "approval")
            .count(),
        1
    );
}
