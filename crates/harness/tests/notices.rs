//! What PGs tell by themselves. An unsigned notice makes us ask the PG, and only the PG's answer counts.

use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Shop, on_both_engines};
use serde_json::json;

on_both_engines!(
    a_hint_settles_what_was_lost_by_asking,
    a_forged_hint_decides_nothing,
    a_notice_that_comes_twice_or_late_changes_nothing,
);

/// A PG whose notices are not signed and that can be asked by our order number.
async fn shop(engine: Engine) -> Shop {
    Shop::at(engine, "kicc", "T0000009").await
}

async fn a_hint_settles_what_was_lost_by_asking(engine: Engine) {
    let shop = shop(engine).await;
    shop.plan("charge", "drop_answer", json!({})).await;
    let open = shop.again(CUSTOMER, "order-1", 3000).await;
    assert_eq!(open.payment()["status"], "ready", "nobody knows yet");
    let imp_uid = open.text("imp_uid").to_owned();
    // Nobody moves the clock: the notice alone makes us ask, before the first planned inquiry.
    let paid = shop.becomes("order-1", "paid").await;
    assert_eq!(paid["imp_uid"], imp_uid.as_str());
    let approvals = shop.deeds("approval", &imp_uid).await;
    assert_eq!(approvals.len(), 1);
    assert_eq!(approvals[0]["pg_tid"], paid["pg_tid"]);
    let told = shop.receiver.about(&imp_uid).await;
    assert_eq!(told[0].json()["status"], "paid");
}

/// Posts a notice as a stranger would who has guessed the address.
async fn forge(shop: &Shop, body: serde_json::Value) -> (u16, String) {
    let sandbox = shop.sandbox().await;
    let channels = sandbox["channels"].as_array().cloned().unwrap_or_default();
    let default = channels.iter().find(|channel| channel["default"] == true);
    let key = default.and_then(|channel| channel["channel_key"].as_str());
    let path = format!("/notice/imp00000000/{}", key.expect("a default channel"));
    let answer = shop.control(&path, &body).await;
    (answer.status, answer.text())
}

async fn a_forged_hint_decides_nothing(engine: Engine) {
    let shop = shop(engine).await;
    shop.plan("notice", "no_notice", json!({ "times": 2 }))
        .await;
    shop.plan("charge", "drop_request", json!({})).await;
    // The inquiry is lost as well, so that only the forgery speaks.
    shop.plan("inquire", "garbage", json!({ "times": 3 })).await;
    let open = shop.again(CUSTOMER, "order-1", 3000).await;
    let imp_uid = open.text("imp_uid").to_owned();
    let notice = json!({
        "resCd": "0000", "mallId": "T0000009", "notiType": "10", "pgCno": "26112512345612345678",
        "shopOrderNo": imp_uid, "amount": "3000",
    });
    let thanks = forge(&shop, notice.clone()).await;
    assert_eq!(
        thanks,
        (200, r#"{"resCd":"0000","resMsg":"정상"}"#.to_owned())
    );
    assert_eq!(shop.find("order-1").await.payment()["status"], "ready");
    let shown = shop.dangol.command(&["payment", "show", &imp_uid]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(
        shown.contains("note") && shown.contains("notiType 10"),
        "the claim is kept: {shown}"
    );
    for (change, status) in [
        (json!({ "mallId": "T5102001" }), 403),
        (json!({ "shopOrderNo": "" }), 403),
        (json!({ "shopOrderNo": "imps_000000000000" }), 200),
        (json!({ "shopOrderNo": "nonsense" }), 200),
    ] {
        let mut notice = notice.clone();
        let fields = change.as_object().cloned().expect("an object");
        notice.as_object_mut().expect("an object").extend(fields);
        assert_eq!(forge(&shop, notice).await.0, status, "{change}");
    }
    let nobody = shop.control("/notice/imp00000000/unknown", &notice).await;
    assert_eq!(nobody.status, 404);
    assert_eq!(shop.find("order-1").await.payment()["status"], "ready");
}

async fn a_notice_that_comes_twice_or_late_changes_nothing(engine: Engine) {
    let shop = shop(engine).await;
    for (order, fault) in [("order-1", "duplicate_notice"), ("order-2", "late_notice")] {
        shop.plan("notice", fault, json!({})).await;
        let paid = shop.again(CUSTOMER, order, 3000).await;
        assert_eq!(paid.payment()["status"], "paid", "{fault}");
        let imp_uid = paid.text("imp_uid").to_owned();
        shop.advance(2 * 3600).await;
        assert_eq!(
            &shop.payment(&imp_uid).await.response,
            paid.payment(),
            "{fault}"
        );
        assert_eq!(shop.deeds("approval", &imp_uid).await.len(), 1, "{fault}");
        let told = shop.receiver.about(&imp_uid).await;
        assert_eq!(told.len(), 1, "{fault}: one webhook");
    }
}
