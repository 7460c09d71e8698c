//! Returns from a window that are forged, foreign, late or repeated: a key exists only by the PG's word, once.

use dangol_harness::browser::{Prepared, Step, told};
use dangol_harness::form::Form;
use dangol_harness::{Api, Browser, Dangol, Engine, GOOD_CARD, on_both_engines};

on_both_engines!(
    what_belongs_to_another_window_is_refused,
    success_without_the_pgs_word_gives_no_key,
    a_repeated_return_shows_the_stored_result,
    a_late_return_gives_no_key,
    a_lost_exchange_is_no_success,
);

/// The field in which this PG carries our token, and the one with our order number.
const TOKEN: &str = "param_opt_1";
const ORDER: &str = "ordr_idxx";

/// A window at the point where the PG sends the browser back with a registered card.
async fn authenticated(
    api: &Api,
    customer_uid: &str,
    merchant_uid: &str,
) -> (Browser, Prepared, Form) {
    let mut browser = Browser::new(api);
    let prepared = browser.prepare_card(customer_uid, merchant_uid).await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    assert_eq!(form.field(TOKEN), Some(prepared.token.as_str()));
    assert_eq!(form.field(ORDER), Some(prepared.imp_uid.as_str()));
    (browser, prepared, form)
}

async fn no_key(api: &Api, customer_uid: &str) {
    let customer = api.customer(customer_uid).await;
    assert!(
        customer.code == 1 && customer.response.is_null(),
        "{customer:?}"
    );
    assert_eq!(api.again(customer_uid, "order-after", 3000).await.code, 1);
}

async fn what_belongs_to_another_window_is_refused(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let (mut browser, first, form) = authenticated(&api, "gildong", "card-1").await;
    let (_, second, other) = authenticated(&api, "mallory", "card-2").await;
    let calls = api.calls().await;
    let forged = |field: &str, value: Option<&str>| {
        let mut form = form.clone();
        match value {
            Some(value) => form.set(field, value),
            None => form.fields.retain(|(name, _)| name != field),
        }
        form
    };
    let at = |action: String| {
        let mut form = form.clone();
        form.action = action;
        form
    };
    let elsewhere = at(other.action.clone());
    let unknown = at(form.action.replace("/return", "0/return"));
    for (what, form, status) in [
        (
            "another window's token",
            forged(TOKEN, Some(&second.token)),
            403,
        ),
        ("no token", forged(TOKEN, None), 403),
        (
            "another payment's order number",
            forged(ORDER, Some(&second.imp_uid)),
            403,
        ),
        ("this return at another window", elsewhere, 403),
        ("no window at all", unknown, 404),
    ] {
        match browser.submit(&form).await {
            Step::Page(page) => assert_eq!(page.status, status, "{what}: {}", page.text()),
            other => panic!("{what}: {}", told(&other)),
        }
    }
    assert_eq!(
        api.calls().await,
        calls,
        "the PG is not asked about forgeries"
    );
    for prepared in [&first, &second] {
        assert_eq!(
            api.payment(&prepared.imp_uid).await.payment()["status"],
            "ready"
        );
    }
    no_key(&api, "gildong").await;
    no_key(&api, "mallory").await;
    // The true return still counts.
    assert!(browser.land(&form).await.success());
    assert_eq!(api.customer("gildong").await.code, 0);
}

async fn success_without_the_pgs_word_gives_no_key(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let (mut browser, prepared, form) = authenticated(&api, "gildong", "card-1").await;
    // Somebody who has the buyer's browser and token, but no card that the PG accepted.
    let mut forged = form.clone();
    for (name, value) in [
        ("res_cd", "0000"),
        ("enc_info", "5f1c0a9be2d34c51"),
        ("enc_data", "Zm9yZ2VkLWJ1dC13ZWxsLWZvcm1lZA"),
    ] {
        assert!(form.field(name).is_some(), "the PG's return has {name}");
        forged.set(name, value);
    }
    let landed = browser.land(&forged).await;
    assert!(!landed.success(), "{landed:?}");
    assert!(!landed.query["error_msg"].is_empty(), "{landed:?}");
    no_key(&api, "gildong").await;
    let issued = api.deeds("key_issued", &prepared.imp_uid).await;
    assert!(issued.is_empty(), "{issued:?}");
    // What the PG has decided is decided: the true return comes too late.
    assert!(!browser.land(&form).await.success());
    no_key(&api, "gildong").await;
}

async fn a_repeated_return_shows_the_stored_result(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let (mut browser, prepared, form) = authenticated(&api, "gildong", "card-1").await;
    // Two at once, as a double click does, and two more later, as refresh and back do.
    let mut twin = Browser::new(&api);
    let (first, second) = tokio::join!(browser.land(&form), twin.land(&form));
    let calls = api.calls().await;
    let third = browser.land(&form).await;
    let reopened = browser.open(&prepared).await;
    let Step::Landed(fourth) = reopened else {
        panic!("the window opens again: {}", told(&reopened));
    };
    assert!(first.success(), "{first:?}");
    for other in [second, third, fourth] {
        assert_eq!(other.url, first.url);
    }
    assert_eq!(api.calls().await, calls, "later returns ask nobody");
    assert_eq!(api.deeds("key_issued", &prepared.imp_uid).await.len(), 1);
    let exchanges = api.calls_about(&prepared.imp_uid).await;
    let issues = exchanges.iter().filter(|call| *call == "issue_key").count();
    assert_eq!(issues, 1, "{exchanges:?}");
}

async fn a_late_return_gives_no_key(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let (mut browser, prepared, form) = authenticated(&api, "gildong", "card-1").await;
    let ran = api.advance(31 * 60).await;
    assert_eq!(ran["expire_windows"], 1, "{ran}");
    let landed = browser.land(&form).await;
    assert!(!landed.success(), "{landed:?}");
    no_key(&api, "gildong").await;
    assert!(api.deeds("key_issued", &prepared.imp_uid).await.is_empty());
    // Abandoned windows stay `ready`, and do not hold the merchant_uid.
    assert_eq!(
        api.payment(&prepared.imp_uid).await.payment()["status"],
        "ready"
    );
    assert!(
        Browser::new(&api)
            .register("gildong", "card-1", GOOD_CARD)
            .await
            .success()
    );
}

/// The PG issues a key and its answer is lost: nobody may say that it went well, and nothing is asked for twice.
async fn a_lost_exchange_is_no_success(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let (mut browser, prepared, form) = authenticated(&api, "gildong", "card-1").await;
    api.plan("issue_key", "drop_answer", serde_json::json!({}))
        .await;
    let landed = browser.land(&form).await;
    assert!(!landed.success(), "{landed:?}");
    assert_eq!(browser.land(&form).await.url, landed.url);
    no_key(&api, "gildong").await;
    assert_eq!(
        api.payment(&prepared.imp_uid).await.payment()["status"],
        "ready"
    );
    assert_eq!(
        api.deeds("key_issued", &prepared.imp_uid).await.len(),
        1,
        "the PG did issue it"
    );
    api.advance(24 * 3600).await;
    let listed = dangol.command(&["payment", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let line = listed.lines().find(|line| line.contains(&prepared.imp_uid));
    assert!(
        line.is_some_and(|line| line.contains("needs review")),
        "{listed}"
    );
}
