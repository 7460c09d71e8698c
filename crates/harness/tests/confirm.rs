//! The merchant's server agrees to a payment, or does not, before the PG is asked.

use dangol_harness::browser::card_params;
use dangol_harness::receiver::{Receiver, Reply};
use dangol_harness::{Api, Browser, Dangol, Engine, GOOD_CARD, on_both_engines};
use serde_json::json;

on_both_engines!(
    a_yes_registers_the_card,
    a_no_ends_the_window_with_its_reason,
    an_address_inside_is_never_called,
    the_merchants_own_address_is_set_beside_the_running_server,
);

async fn saying(status: u16, body: &'static str) -> Receiver {
    Receiver::answering(move |_| Box::pin(async move { Reply::Body(status, body.to_owned()) }))
        .await
}

/// Registers a card from a page that names a confirm_url: the result's query, and imp_uid.
async fn register(
    api: &Api,
    confirm_url: Option<&str>,
) -> std::collections::BTreeMap<String, String> {
    let mut browser = Browser::new(api);
    let mut params = card_params("gildong", "card-1");
    params["confirm_url"] = json!(confirm_url);
    let prepared = browser.prepare_window(params).await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    browser.land(&form).await.query
}

/// Nothing was asked of the PG, and the payment says why.
async fn ended_unconfirmed(
    api: &Api,
    query: &std::collections::BTreeMap<String, String>,
    reason: &str,
) {
    assert_eq!(query["imp_success"], "false", "{query:?}");
    assert_eq!(query["error_code"], "CONFIRM_REFUSED");
    let told = format!("고객사 요청에 의해 결제를 중단합니다. (상세사유 : {reason})");
    assert_eq!(query["error_msg"], told);
    let imp_uid = &query["imp_uid"];
    let payment = api.payment(imp_uid).await;
    assert_eq!(payment.payment()["status"], "failed");
    assert_eq!(payment.payment()["fail_reason"], reason);
    assert!(
        api.calls_about(imp_uid)
            .await
            .iter()
            .all(|call| call != "issue_key")
    );
    assert_eq!(api.customer("gildong").await.code, 1);
}

async fn a_yes_registers_the_card(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let merchant = saying(200, "").await;
    let query = register(&api, Some(&merchant.url)).await;
    assert_eq!(query["imp_success"], "true", "{query:?}");
    let asked = merchant.received();
    assert_eq!(asked.len(), 1);
    let expected = json!({ "imp_uid": query["imp_uid"], "merchant_uid": "card-1", "amount": 0 });
    assert_eq!(asked[0].json(), expected);
    assert_eq!(api.customer("gildong").await.code, 0);
}

async fn a_no_ends_the_window_with_its_reason(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let merchant = saying(400, r#"{"reason":"재고가 <b>없습니다</b>"}"#).await;
    let query = register(&api, Some(&merchant.url)).await;
    ended_unconfirmed(&api, &query, "재고가 <b>없습니다</b>").await;
    // The merchant_uid is free for another try, and a redirect is no yes.
    let elsewhere = saying(302, "").await;
    let query = register(&api, Some(&elsewhere.url)).await;
    ended_unconfirmed(&api, &query, "알 수 없음").await;
}

async fn an_address_inside_is_never_called(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let query = register(&api, Some("http://169.254.169.254/latest/meta-data")).await;
    ended_unconfirmed(&api, &query, "알 수 없음").await;
    let shown = dangol.command(&["payment", "show", &query["imp_uid"]]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(
        shown.contains("not confirm: the address is not on the public internet"),
        "{shown}"
    );
}

async fn the_merchants_own_address_is_set_beside_the_running_server(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let merchant = saying(503, "").await;
    let set = dangol.command(&["merchant", "set", "--confirm-url", &merchant.url]);
    assert!(
        set.status.success(),
        "{}",
        String::from_utf8_lossy(&set.stderr)
    );
    let query = register(&api, None).await;
    ended_unconfirmed(&api, &query, "알 수 없음").await;
    assert_eq!(merchant.received().len(), 1);
    let listed = dangol.command(&["merchant", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    assert!(listed.contains(&merchant.url), "{listed}");
    let unset = dangol.command(&["merchant", "set", "--no-confirm-url"]);
    assert!(unset.status.success());
}
