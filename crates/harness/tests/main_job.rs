//! The main job, end to end, through the real binary.

use dangol_harness::browser::card_params;
use dangol_harness::{
    Api, Browser, Dangol, Engine, GOOD_CARD, LIMIT_CARD, Receiver, Reply, on_both_engines,
};
use serde_json::Value;
use std::sync::{Arc, Mutex};

on_both_engines!(a_card_is_registered_and_charged, what_cannot_be_charged);

async fn a_card_is_registered_and_charged(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = Arc::new(dangol.api());
    // At the moment the webhook arrives, its payment must be readable.
    let read: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (reader, kept) = (Arc::clone(&api), Arc::clone(&read));
    let receiver = Receiver::answering(move |came| {
        let (api, read) = (Arc::clone(&reader), Arc::clone(&kept));
        Box::pin(async move {
            let told = came.json();
            let payment = api.payment(told["imp_uid"].as_str().unwrap()).await;
            read.lock().unwrap().push(payment.response);
            Reply::Status(200)
        })
    })
    .await;
    api.set_webhook(&receiver.url).await;

    register(&api).await;

    let charged = api
        .again("gildong_0001_1234", "order_monthly_0002", 3000)
        .await;
    let payment = charged.payment().clone();
    let imp_uid = payment["imp_uid"].as_str().unwrap().to_owned();
    assert_eq!(
        (&payment["status"], &payment["amount"]),
        (&"paid".into(), &3000.into())
    );
    assert_eq!(payment["pg_provider"], api.provider().await);
    assert_eq!(payment["customer_uid_usage"], "payment");
    let digits = imp_uid.strip_prefix("imps_").expect("an id of the API");
    assert!(
        digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()),
        "{imp_uid}"
    );

    let approvals = api.deeds("approval", &imp_uid).await;
    assert_eq!(approvals.len(), 1, "{approvals:?}");
    assert_eq!(
        (&approvals[0]["amount"], &approvals[0]["currency"]),
        (&3000.into(), &"KRW".into())
    );
    assert_eq!(approvals[0]["pg_tid"], payment["pg_tid"]);
    assert_eq!(api.find("order_monthly_0002").await.payment(), &payment);
    assert_eq!(api.payment(&imp_uid).await.payment(), &payment);

    let webhook = receiver.about(&imp_uid).await.remove(0);
    assert_eq!(webhook.method, "POST");
    let expected = serde_json::json!({ "imp_uid": imp_uid, "merchant_uid": "order_monthly_0002", "status": "paid" });
    assert_eq!(webhook.json(), expected);
    let read = read.lock().unwrap();
    assert!(
        read.contains(&payment),
        "the webhook came before its payment: {read:?}"
    );
}

/// Registers a card on a phone, and holds what is true of the payment that stands for it. An amount is only shown.
async fn register(api: &Api) {
    for (customer_uid, amount) in [("another", 1000), ("gildong_0001_1234", 0)] {
        let mut browser = Browser::new(api);
        let merchant_uid = format!("card of {customer_uid}");
        let mut params = card_params(customer_uid, &merchant_uid);
        params["amount"] = amount.into();
        let prepared = browser.prepare_window(params).await;
        let form = browser.go_to_return(&prepared, GOOD_CARD).await;
        let landed = browser.land(&form).await;
        assert!(landed.success(), "{landed:?}");
        assert_eq!(landed.query["imp_uid"], prepared.imp_uid);
        assert_eq!(landed.query["merchant_uid"], merchant_uid);
        assert_eq!(landed.query["cart"], "7", "the shop's own query stays");
        let issue = api.payment(&prepared.imp_uid).await;
        let issue = issue.payment();
        assert_eq!(
            (&issue["status"], &issue["amount"]),
            (&"paid".into(), &amount.into())
        );
        assert_eq!(issue["customer_uid_usage"], "issue");
        assert!(api.deeds("approval", &prepared.imp_uid).await.is_empty());
        assert_eq!(api.deeds("key_issued", &prepared.imp_uid).await.len(), 1);
    }
}

async fn what_cannot_be_charged(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    assert!(
        Browser::new(&api)
            .register("poor", "card-1", LIMIT_CARD)
            .await
            .success()
    );
    let declined = api.again("poor", "order-1", 3000).await;
    let payment = declined.payment();
    assert_eq!(payment["status"], "failed");
    assert!(
        !payment["fail_reason"].as_str().unwrap().is_empty(),
        "{payment}"
    );
    assert!(
        api.deeds("approval", declined.text("imp_uid"))
            .await
            .is_empty()
    );
    // A failure does not lock the merchant_uid, and the next attempt has another number at the PG.
    let again = api.again("poor", "order-1", 3000).await;
    assert_eq!(again.payment()["status"], "failed");
    assert_ne!(again.text("imp_uid"), declined.text("imp_uid"));

    assert!(
        Browser::new(&api)
            .register("rich", "card-2", GOOD_CARD)
            .await
            .success()
    );
    assert_eq!(
        api.again("rich", "order-2", 3000).await.payment()["status"],
        "paid"
    );
    let calls = api.calls().await;
    let refused = |answer: dangol_harness::Envelope| {
        (answer.status, answer.code, answer.message, answer.response)
    };
    let used =
        "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";
    for amount in [3000, 5000] {
        let repeated = refused(api.again("rich", "order-2", amount).await);
        assert_eq!(repeated, (200, 1, used.to_owned(), Value::Null));
    }
    let unknown = refused(api.again("nobody", "order-3", 3000).await);
    assert_eq!(
        unknown,
        (
            200,
            1,
            "등록되지 않은 구매자입니다.".to_owned(),
            Value::Null
        )
    );
    let zero = api.again("rich", "order-4", 0).await;
    assert_eq!((zero.code, zero.message.is_empty()), (1, false));
    assert_eq!(api.find("order-4").await.status, 404);
    assert_eq!(
        api.calls().await,
        calls,
        "what is refused here reaches no PG"
    );
}
