//! Moving, running, trying again.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use dangol_domain::{State, UserCode};
use dangol_engine::flow::delete_key::delete_key;
use dangol_store::deliveries;
use dangol_store::jobs::{self, Claim, Class};
use serde_json::{Value, json};

use super::shop::{CUSTOMER, Shop, USER_CODE};
use super::{HOUR, get, is, now, on_both, one, pending_jobs, post, register};

on_both!(
    a_moved_schedule_runs_at_its_new_time_alone,
    what_failed_or_was_revoked_has_another_chance,
    what_is_open_has_no_other_chance,
    a_deleted_key_is_seen_before_and_after,
    a_used_merchant_uid_is_never_charged_again,
    a_card_that_cannot_be_proven_schedules_nothing,
    a_late_schedule_is_seen_and_told_of,
);

async fn a_moved_schedule_runs_at_its_new_time_alone(shop: &Shop) {
    register(shop, &[("p-1", HOUR), ("p-2", HOUR)]).await;
    let put = async |uid: &str, body: Value| {
        let head = format!("PUT /subscribe/payments/schedule/{uid}");
        shop.call(&head, &body.to_string()).await
    };
    let at = now(shop);
    is(&put("p-1", json!({})).await, 400, 1, "schedule_at: ");
    is(
        &put("p-1", json!({"schedule_at": at})).await,
        400,
        1,
        "schedule_at: ",
    );
    is(
        &put("none", json!({"schedule_at": at + 9})).await,
        404,
        -1,
        "",
    );
    let later = put("p-1", json!({"schedule_at": at + 3 * HOUR})).await;
    assert_eq!(
        later.body["response"]["schedule_at"],
        at + 3 * HOUR,
        "{}",
        later.text
    );
    let sooner = put("p-2", json!({"schedule_at": at + 60})).await;
    assert_eq!(sooner.code(), 0, "{}", sooner.text);
    shop.advance(120).await;
    assert_eq!(shop.pg_calls(), 1);
    shop.advance(2 * HOUR).await;
    assert_eq!(shop.pg_calls(), 1, "its first time means nothing any more");
    shop.advance(HOUR).await;
    assert_eq!(shop.pg_calls(), 2);
    for uid in ["p-1", "p-2"] {
        is(
            &put(uid, json!({"schedule_at": at + 9 * HOUR})).await,
            400,
            1,
            "이미 실행되었거나",
        );
    }
    assert_eq!(pending_jobs(shop).await, 0);
}

async fn what_failed_or_was_revoked_has_another_chance(shop: &Shop) {
    register(shop, &[("a-1", 60), ("a-2", HOUR), ("a-3", 9 * HOUR)]).await;
    post(shop, "unschedule", json!({"merchant_uid": "a-2"})).await;
    shop.advance(61).await;
    let in_time = json!({"schedule_at": now(shop) + 60});
    for path in ["reschedule", "retry"] {
        let of = |uid: &str| format!("schedule/{uid}/{path}");
        is(
            &post(shop, &of("none"), in_time.clone()).await,
            404,
            -1,
            "존재하지 않는 예약결제",
        );
        is(
            &post(shop, &of("a-3"), in_time.clone()).await,
            400,
            1,
            "아직 실행되지 않은",
        );
    }
    is(
        &post(shop, "schedule/a-1/reschedule", json!({})).await,
        400,
        1,
        "schedule_at: ",
    );
    is(
        &post(shop, "schedule/a-1/reschedule", json!({"schedule_at": 1})).await,
        400,
        1,
        "schedule_at: ",
    );
    let first = one(shop, "a-1").await;
    let again = post(shop, "schedule/a-1/reschedule", in_time.clone()).await;
    let again = &again.body["response"];
    assert_eq!(
        (
            &again["schedule_status"],
            &again["imp_uid"],
            &again["fail_reason"]
        ),
        (&json!("scheduled"), &Value::Null, &Value::Null)
    );
    let again = post(shop, "schedule/a-2/reschedule", in_time).await;
    assert_eq!(again.body["response"]["revoked_at"], 0, "{}", again.text);
    shop.advance(61).await;
    assert_eq!(shop.pg_calls(), 3);
    let second = one(shop, "a-1").await;
    assert_ne!(
        first["imp_uid"], second["imp_uid"],
        "an attempt of its own each time"
    );
}

async fn what_is_open_has_no_other_chance(shop: &Shop) {
    register(shop, &[("a-1", 60)]).await;
    shop.advance(61).await;
    shop.wire.loses_answers.store(true, Ordering::SeqCst);
    let retried = post(shop, "schedule/a-1/retry", json!({})).await;
    let open = &retried.body["response"];
    assert_eq!((retried.code(), &open["status"]), (0, &json!("ready")));
    assert_eq!(open["customer_uid_usage"], "payment.scheduled");
    let running = one(shop, "a-1").await;
    assert_eq!(
        (&running["schedule_status"], &running["payment_status"]),
        (&json!("executed"), &Value::Null)
    );
    assert_eq!(running["imp_uid"], open["imp_uid"]);
    is(
        &post(shop, "schedule/a-1/retry", json!({})).await,
        400,
        1,
        "진행 중인",
    );
    let in_time = json!({"schedule_at": now(shop) + 60});
    is(
        &post(shop, "schedule/a-1/reschedule", in_time).await,
        400,
        1,
        "진행 중인",
    );
    assert_eq!(shop.pg_calls(), 2);
}

async fn a_deleted_key_is_seen_before_and_after(shop: &Shop) {
    let entry = json!({"merchant_uid": "d-1", "schedule_at": now(shop) + HOUR, "amount": 3000,
        "notice_url": "https://a.example/hook"});
    let body = json!({"customer_uid": CUSTOMER, "schedules": [entry]});
    assert_eq!(post(shop, "schedule", body).await.code(), 0);
    let engine = &shop.app.engine;
    let code = UserCode::parse(USER_CODE).unwrap();
    let merchant = engine.merchant(&code).await.unwrap().unwrap();
    delete_key(engine, &merchant, CUSTOMER, None).await.unwrap();
    let marked = one(shop, "d-1").await;
    assert_eq!(marked["schedule_status"], "scheduled");
    assert!(
        marked["fail_reason"]
            .as_str()
            .unwrap()
            .contains("빌링키가 없습니다"),
        "{marked}"
    );
    shop.advance(HOUR + 1).await;
    let ran = one(shop, "d-1").await;
    assert_eq!(
        (
            &ran["schedule_status"],
            &ran["payment_status"],
            &ran["fail_reason"]
        ),
        (
            &json!("executed"),
            &json!("failed"),
            &json!("등록되지 않은 구매자입니다.")
        )
    );
    let path = format!("GET /payments/{}", ran["imp_uid"].as_str().unwrap());
    let payment = shop.call(&path, "").await;
    assert_eq!(
        payment.body["response"]["status"], "failed",
        "{}",
        payment.text
    );
    assert_eq!(payment.body["response"]["failed_at"], ran["executed_at"]);
    let retried = post(shop, "schedule/d-1/retry", json!({})).await;
    is(&retried, 404, -1, "등록되지 않은 구매자입니다.");
    let told = deliveries::latest(&engine.db, &code, None, 9)
        .await
        .unwrap();
    let told: Vec<&str> = told.iter().map(|told| told.body.as_str()).collect();
    assert!(
        told.len() == 1 && told[0].contains(r#""status":"failed""#),
        "{told:?}"
    );
}

async fn a_used_merchant_uid_is_never_charged_again(shop: &Shop) {
    register(shop, &[("u-1", HOUR)]).await;
    // Somebody charges it by hand meanwhile.
    shop.wire.loses_answers.store(true, Ordering::SeqCst);
    let body = json!({"customer_uid": CUSTOMER, "merchant_uid": "u-1", "amount": 3000});
    let by_hand = post(shop, "again", body).await;
    assert_eq!(by_hand.body["response"]["status"], "ready");
    shop.advance(HOUR + 1).await;
    assert_eq!(shop.pg_calls(), 1, "one charge");
    let ended = one(shop, "u-1").await;
    assert_eq!(
        (
            &ended["schedule_status"],
            &ended["payment_status"],
            &ended["imp_uid"]
        ),
        (&json!("executed"), &json!("failed"), &Value::Null)
    );
    assert!(
        ended["fail_reason"]
            .as_str()
            .unwrap()
            .starts_with("이미 주문이 이루어진"),
        "{ended}"
    );
    // A payment of another kind blocks a registration from the start.
    shop.add_payment("u-2", State::Paid, 1_000_000, None).await;
    is(&register(shop, &[("u-2", HOUR)]).await, 200, 1, "(u-2)");
    let retried = post(shop, "schedule/u-1/retry", json!({})).await;
    is(&retried, 400, 1, "이미 결제가 승인된");
}

async fn a_card_that_cannot_be_proven_schedules_nothing(shop: &Shop) {
    let entry = json!({"merchant_uid": "c-1", "schedule_at": now(shop) + HOUR, "amount": 3000});
    let body = |amount: Value| json!({"customer_uid": CUSTOMER, "checking_amount": amount, "schedules": [entry]});
    is(
        &post(shop, "schedule", body(json!("1.5"))).await,
        400,
        1,
        "checking_amount: ",
    );
    let refused = post(shop, "schedule", body(json!(100))).await;
    is(&refused, 200, 1, "카드정보 확인에 실패하였습니다. ");
    assert_eq!(shop.pg_calls(), 1);
    shop.wire.loses_answers.store(true, Ordering::SeqCst);
    let open = post(shop, "schedule", body(json!(100))).await;
    is(&open, 200, 1, "결과를 확인하고 있습니다.");
    is(&get(shop, "payments/schedule/c-1").await, 404, -1, "");
    let unset = post(shop, "schedule", body(json!(0))).await;
    assert_eq!(unset.code(), 0, "{}", unset.text);
    assert_eq!(shop.pg_calls(), 2, "0 is unset");
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Its worker came a minute and a half late and died with it, so that it waits for the end of a lease besides.
async fn a_late_schedule_is_seen_and_told_of(shop: &Shop) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    register(shop, &[("late-1", HOUR), ("prompt-1", 2 * HOUR)]).await;
    let due_ms = (now(shop) + HOUR) * 1_000;
    let claim = Claim {
        class: Class::Payments,
        now: due_ms + 90_000,
        lease_ms: 30_000,
        lease: 7,
        limit: 1,
    };
    let held = jobs::claim(&shop.app.engine.db, claim).await.unwrap();
    assert_eq!(held.len(), 1);
    shop.advance(HOUR + 60).await;
    let late = one(shop, "late-1").await;
    assert_eq!(late["schedule_status"], "scheduled");
    assert!(late["schedule_at"].as_i64().unwrap() <= now(shop) - 60);
    assert!(!log.text().contains("starts late"), "{}", log.text());
    shop.advance(60 + HOUR).await;
    for uid in ["late-1", "prompt-1"] {
        assert_eq!(one(shop, uid).await["schedule_status"], "executed");
    }
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("starts late")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("late-1") && lines[0].contains("late_s=120"));
}
