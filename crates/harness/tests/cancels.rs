//! Giving money back: what the merchant sees, what the PG did, and what is left to a person.

use dangol_harness::api::Envelope;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Engine, Shop, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    all_or_part_is_given_back_and_no_more,
    what_cannot_be_cancelled_is_said_and_not_asked,
    a_refusal_of_the_pg_changes_nothing,
    a_lost_answer_is_left_to_a_person,
    twins_give_back_once,
);

const PATH: &str = "/payments/cancel";

/// Charges an order and tells its imp_uid.
async fn charge(shop: &Shop, order: &str, amount: i64) -> String {
    let paid = shop.again(CUSTOMER, order, amount).await;
    assert_eq!(paid.payment()["status"], "paid", "{paid:?}");
    paid.text("imp_uid").to_owned()
}

async fn cancel(shop: &Shop, body: Value) -> Envelope {
    shop.post(PATH, &body).await
}

/// What the PG gave back of an order, in order.
async fn refunds(shop: &Shop, imp_uid: &str) -> Vec<i64> {
    let deeds = shop.deeds("refund", imp_uid).await;
    deeds
        .iter()
        .filter_map(|deed| deed["amount"].as_i64())
        .collect()
}

async fn all_or_part_is_given_back_and_no_more(engine: Engine) {
    let shop = Shop::open(engine).await;
    let whole = charge(&shop, "order-1", 3000).await;
    let answer = cancel(&shop, json!({ "merchant_uid": "order-1" })).await;
    let payment = answer.payment();
    assert_eq!(payment["status"], "cancelled");
    assert_eq!(
        (&payment["amount"], &payment["cancel_amount"]),
        (&json!(3000), &json!(3000))
    );
    assert_eq!(payment["cancel_reason"], "취소요청api");
    assert_eq!(
        payment["cancelled_at"],
        payment["cancel_history"][0]["cancelled_at"]
    );
    assert_eq!(refunds(&shop, &whole).await, [3000]);
    assert_eq!(
        &shop.payment(&whole).await.response,
        payment,
        "it reads back"
    );
    let twice = cancel(&shop, json!({ "imp_uid": whole })).await;
    assert_eq!(
        (twice.code, twice.message.as_str()),
        (1, "이미 전액취소된 주문입니다.")
    );

    let parts = charge(&shop, "order-2", 3000).await;
    let part = json!({
        "imp_uid": parts, "amount": 1000, "checksum": 3000, "reason": "하나 반품", "enable_webhook": true
    });
    let first = cancel(&shop, part).await;
    assert_eq!(first.payment()["status"], "cancelled", "a part is enough");
    assert_eq!(first.payment()["cancel_amount"], 1000);
    let id = first.payment()["cancel_history"][0]["cancellation_id"].clone();
    let more = cancel(&shop, json!({ "imp_uid": parts, "amount": "2001" })).await;
    assert_eq!(more.code, 1, "{more:?}");
    assert!(
        more.message.contains("2000"),
        "it says what is left: {more:?}"
    );
    // 0 is how an amount is unset: all that is left.
    let rest = cancel(&shop, json!({ "imp_uid": parts, "amount": 0 })).await;
    assert_eq!(rest.payment()["cancel_amount"], 3000);
    assert_eq!(
        rest.payment()["cancel_history"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(refunds(&shop, &parts).await, [1000, 2000]);
    let told = cancelled_webhooks(&shop, &parts, 1).await;
    assert_eq!(told, [id], "told where it was asked to be, and there only");
    assert_eq!(
        shop.again(CUSTOMER, "order-2", 3000).await.code,
        1,
        "its number stays used"
    );
}

/// The cancels that webhooks told of, when there are so many.
async fn cancelled_webhooks(shop: &Shop, imp_uid: &str, count: usize) -> Vec<Value> {
    dangol_harness::until("the webhook of a cancel", || async {
        let about = shop.receiver.about(imp_uid).await;
        let bodies = about.iter().map(|webhook| webhook.json());
        let ids: Vec<Value> = bodies
            .filter(|body| body["status"] == "cancelled")
            .map(|body| body["cancellation_id"].clone())
            .collect();
        (ids.len() >= count).then_some(ids)
    })
    .await
}

async fn what_cannot_be_cancelled_is_said_and_not_asked(engine: Engine) {
    let shop = Shop::open(engine).await;
    let paid = charge(&shop, "order-1", 3000).await;
    shop.plan("charge", "decline", json!({})).await;
    let failed = shop
        .again(CUSTOMER, "order-2", 3000)
        .await
        .text("imp_uid")
        .to_owned();
    let issue = shop.find("card-1").await.text("imp_uid").to_owned();
    let before = shop.calls().await;
    let nothing = "취소할 결제건이 존재하지 않습니다.";
    for (body, code, status, text) in [
        (json!({}), 1, 200, "지정해주셔야합니다."),
        (json!({ "imp_uid": "imps_000000000000" }), 1, 200, nothing),
        // A wrong imp_uid is not made good by a right merchant_uid.
        (
            json!({ "imp_uid": "nonsense", "merchant_uid": "order-1" }),
            1,
            200,
            nothing,
        ),
        (json!({ "merchant_uid": "unknown" }), 1, 200, nothing),
        (json!({ "imp_uid": failed }), 1, 200, nothing),
        // A key was issued and no money taken.
        (json!({ "imp_uid": issue }), 1, 200, nothing),
        (json!({ "imp_uid": paid, "checksum": 2999 }), 1, 200, "3000"),
        (json!({ "imp_uid": paid, "checksum": 0 }), 1, 200, "3000"),
        (json!({ "imp_uid": paid, "amount": 3001 }), 1, 200, "3000"),
        (json!({ "imp_uid": paid, "amount": -1 }), 1, 400, "amount"),
        (json!({ "imp_uid": paid, "amount": 10.5 }), 1, 400, "amount"),
        (json!({ "imp_uid": paid, "amount": "x" }), 1, 400, "amount"),
        (
            json!({ "imp_uid": paid, "checksum": {} }),
            1,
            400,
            "checksum",
        ),
        (
            json!({ "imp_uid": paid, "reason": "가".repeat(256) }),
            1,
            400,
            "reason",
        ),
    ] {
        let answer = cancel(&shop, body.clone()).await;
        assert_eq!(
            (answer.status, answer.code),
            (status, code),
            "{body}: {answer:?}"
        );
        assert!(answer.message.contains(text), "{body}: {answer:?}");
    }
    assert_eq!(shop.calls().await, before, "no PG was asked");
    assert_eq!(shop.payment(&paid).await.payment()["cancel_amount"], 0);
}

async fn a_refusal_of_the_pg_changes_nothing(engine: Engine) {
    let shop = Shop::open(engine).await;
    let imp_uid = charge(&shop, "order-1", 3000).await;
    shop.plan("cancel", "decline", json!({})).await;
    let refused = cancel(&shop, json!({ "imp_uid": imp_uid })).await;
    assert_eq!((refused.status, refused.code), (200, -1), "{refused:?}");
    assert!(!refused.message.is_empty(), "the PG's text");
    let payment = shop.payment(&imp_uid).await;
    assert_eq!(payment.payment()["status"], "paid");
    assert_eq!(payment.payment()["cancel_history"], json!([]));
    let again = cancel(&shop, json!({ "imp_uid": imp_uid })).await;
    assert_eq!(again.payment()["status"], "cancelled");
    assert_eq!(refunds(&shop, &imp_uid).await, [3000]);
}

async fn a_lost_answer_is_left_to_a_person(engine: Engine) {
    let shop = Shop::open(engine).await;
    for (order, fault, flags) in [
        ("order-1", "drop_answer", vec!["--cancelled"]),
        (
            "order-2",
            "http_500",
            vec!["--not-cancelled", "--reason", "PG에 취소 내역이 없습니다"],
        ),
    ] {
        let imp_uid = charge(&shop, order, 3000).await;
        shop.plan("cancel", fault, json!({})).await;
        let answer = cancel(&shop, json!({ "imp_uid": imp_uid })).await;
        assert_eq!(answer.payment()["status"], "paid", "{fault}: nobody knows");
        let again = cancel(&shop, json!({ "imp_uid": imp_uid })).await;
        assert_eq!(again.code, 1, "{fault}: one at a time: {again:?}");
        let done = flags[0] == "--cancelled";
        assert_eq!(
            refunds(&shop, &imp_uid).await.len(),
            usize::from(done),
            "{fault}"
        );
        let listed = shop.dangol.command(&["payment", "list"]);
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        let line = listed.lines().find(|line| line.contains(&imp_uid));
        assert!(
            line.is_some_and(|line| line.contains("needs review")),
            "{fault}: {listed}"
        );
        let mut command = vec!["payment", "resolve", imp_uid.as_str()];
        command.extend(flags);
        let resolved = shop.dangol.command(&command);
        assert!(
            resolved.status.success(),
            "{}",
            String::from_utf8_lossy(&resolved.stderr)
        );
        let said = String::from_utf8(resolved.stdout).expect("UTF-8");
        assert_eq!(said.contains("told by webhook"), done, "{said}");
        assert_eq!(said.contains("no webhook is sent"), !done, "{said}");
        let payment = shop.payment(&imp_uid).await;
        let status = if done { "cancelled" } else { "paid" };
        assert_eq!(payment.payment()["status"], status, "{fault}");
        let webhooks = shown(&shop, &imp_uid).matches("  webhook ").count();
        // The one of the approval, and that of the cancel.
        assert_eq!(webhooks, if done { 2 } else { 1 }, "{fault}");
        if done {
            cancelled_webhooks(&shop, &imp_uid, 1).await;
        }
        assert!(
            !shop.dangol.command(&command).status.success(),
            "it is settled"
        );
    }
}

/// All that is known of a payment.
fn shown(shop: &Shop, imp_uid: &str) -> String {
    let shown = shop.dangol.command(&["payment", "show", imp_uid]);
    String::from_utf8(shown.stdout).expect("UTF-8")
}

async fn twins_give_back_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let imp_uid = charge(&shop, "order-1", 3000).await;
    let body = json!({ "imp_uid": imp_uid });
    let answers = futures::future::join_all((0..8).map(|_| cancel(&shop, body.clone()))).await;
    let done = answers.iter().filter(|answer| answer.code == 0).count();
    assert_eq!(done, 1, "{answers:?}");
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
    assert_eq!(refunds(&shop, &imp_uid).await, [3000]);
}
