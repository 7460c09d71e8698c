//! Registering, revoking and listing.

use serde_json::{Value, json};

use super::shop::{CUSTOMER, Shop};
use super::{HOUR, get, is, now, on_both, one, pending_jobs, post, register, uids};

on_both!(
    a_registration_is_an_array_of_what_will_happen,
    a_form_registers_as_json_does,
    a_wrong_entry_registers_nothing,
    a_registration_needs_its_parts,
    a_merchant_uid_is_scheduled_once,
    what_is_revoked_does_not_run,
    lists_have_pages_under_both_names,
    lists_have_windows,
    lists_show_each_merchant_and_customer_what_is_theirs,
);

async fn a_registration_is_an_array_of_what_will_happen(shop: &Shop) {
    let at = now(shop) + HOUR;
    let body = json!({"customer_uid": CUSTOMER, "card_number": "", "pg": "any", "schedules": [{
        "merchant_uid": 95382678, "schedule_at": at.to_string(), "amount": "3000.00", "tax_free": 0, "vat_amount": null,
        "buyer_tel": "010-1", "custom_data": {"a": 1}, "product_count": 0,
        "future_field": []}]});
    let got = post(shop, "schedule/", body).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    assert_eq!(got.text, got.body.to_string(), "keys in order");
    let made = &got.body["response"][0];
    let name = made["name"].as_str().expect("a text").to_owned();
    assert!(
        name.starts_with("단골 손님/1 고객에 대한 20") && name.ends_with(" 예약 결제"),
        "{name}"
    );
    let expected = json!({
        "amount": 3000, "buyer_addr": null, "buyer_email": null, "buyer_name": "홍길동", "buyer_postcode": null,
        "buyer_tel": "010-1", "currency": "KRW", "custom_data": r#"{"a":1}"#, "customer_id": null,
        "customer_uid": CUSTOMER, "executed_at": 0, "fail_reason": null, "imp_uid": null, "merchant_uid": "95382678",
        "name": name, "payment_status": null, "pg_id": made["pg_id"], "pg_provider": made["pg_provider"],
        "promotion_id": null, "revoked_at": 0, "schedule_at": at, "schedule_status": "scheduled",
    });
    assert_eq!(*made, expected);
    assert_eq!(one(shop, "95382678").await, expected);

    shop.advance(HOUR - 60).await;
    assert_eq!(shop.pg_calls(), 0, "not yet");
    shop.advance(61).await;
    assert_eq!(shop.pg_calls(), 1);
    let ran = one(shop, "95382678").await;
    assert_eq!(
        (&ran["schedule_status"], &ran["payment_status"]),
        (&json!("executed"), &json!("failed"))
    );
    assert!(
        !ran["fail_reason"].as_str().unwrap().is_empty() && ran["executed_at"] == at,
        "{ran}"
    );
    let path = format!("GET /payments/{}", ran["imp_uid"].as_str().unwrap());
    let payment = shop.call(&path, "").await.body["response"].clone();
    for (key, value) in [
        ("customer_uid_usage", json!("payment.scheduled")),
        ("channel", json!("api")),
        ("name", json!(name)),
        ("buyer_name", json!("홍길동")),
        ("started_at", json!(at)),
        ("status", json!("failed")),
    ] {
        assert_eq!(payment[key], value, "{key}");
    }
    assert!(payment["imp_uid"].as_str().unwrap().starts_with("imps_"));
}

async fn a_form_registers_as_json_does(shop: &Shop) {
    let token = shop.token().await;
    let head = format!(
        "POST /subscribe/payments/schedule?_token={token} application/x-www-form-urlencoded"
    );
    let at = now(shop) + HOUR;
    let form = format!(
        "customer_uid=단골 손님/1& schedules[0][merchant_uid]=f-1&schedules[0][schedule_at]={at}&schedules[0][amount]=1000\
         &schedules[1][merchant_uid]=f-2&schedules%5B1%5D%5Bschedule_at%5D={at}&schedules[1][amount]=2000&schedules[1][name]=둘"
    );
    let got = shop.ask(&head, &[], form).await;
    assert_eq!((got.status, got.code()), (200, 0), "{}", got.text);
    assert_eq!(uids(&got.body["response"]), ["f-1", "f-2"]);
    assert_eq!(
        (
            &got.body["response"][1]["name"],
            &got.body["response"][1]["amount"]
        ),
        (&json!("둘"), &json!(2000))
    );
}

async fn a_wrong_entry_registers_nothing(shop: &Shop) {
    let at = now(shop) + HOUR;
    let used = "결제에 사용된 merchant_uid";
    let good = json!({"merchant_uid": "good", "schedule_at": at, "amount": 1});
    for (name, value, status, message) in [
        ("merchant_uid", json!(null), 400, "merchant_uid: "),
        ("merchant_uid", json!("x".repeat(41)), 400, "merchant_uid: "),
        ("amount", json!(null), 400, "amount: "),
        ("amount", json!(1.5), 400, "amount: "),
        ("amount", json!(0), 200, "amount: "),
        ("schedule_at", json!(null), 400, "schedule_at: "),
        ("schedule_at", json!("tomorrow"), 400, "schedule_at: "),
        ("schedule_at", json!(at * 1_000), 400, "schedule_at: "),
        ("schedule_at", json!(now(shop) - 1), 400, "schedule_at: "),
        ("notice_url", json!("ftp://x"), 400, "notice_url: "),
        ("merchant_uid", json!("good"), 200, used),
        ("merchant_uid", json!("issued 한글@1"), 200, used),
    ] {
        let mut entry = json!({"merchant_uid": "other", "schedule_at": at, "amount": 1});
        entry[name] = value;
        let body = json!({"customer_uid": CUSTOMER, "schedules": [good, entry]});
        let got = post(shop, "schedule", body).await;
        is(&got, status, 1, message);
        let names_it = got.message().starts_with("schedules[1].");
        assert!(names_it || message == used, "{}", got.text);
    }
    is_not_scheduled(shop, "good").await;
    assert_eq!(pending_jobs(shop).await, 0);
}

async fn is_not_scheduled(shop: &Shop, uid: &str) {
    let got = get(shop, &format!("payments/schedule/{uid}")).await;
    is(&got, 404, -1, "존재하지 않는 예약결제");
}

async fn a_registration_needs_its_parts(shop: &Shop) {
    let good = json!({"merchant_uid": "good", "schedule_at": now(shop) + HOUR, "amount": 1});
    let with = |schedules: Value| json!({"customer_uid": CUSTOMER, "schedules": schedules});
    let many: Vec<Value> = (0..1_001).map(|_| json!({})).collect();
    for (body, status, message) in [
        (json!({"schedules": [good]}), 400, "customer_uid: "),
        (with(json!(null)), 400, "schedules: "),
        (with(json!([])), 400, "schedules: "),
        (with(json!([1])), 400, "schedules: "),
        (with(json!("soon")), 400, "schedules: "),
        (with(json!(many)), 400, "schedules: "),
        (
            json!({"customer_uid": "nobody", "schedules": [good]}),
            200,
            "등록된 고객정보가 없습니다.",
        ),
    ] {
        is(&post(shop, "schedule", body).await, status, 1, message);
    }
    is_not_scheduled(shop, "good").await;
    // One object alone, and a list as text, are understood.
    let text = json!([{"merchant_uid": "text", "schedule_at": now(shop) + HOUR, "amount": 1}]);
    for schedules in [good, json!(text.to_string())] {
        let got = post(shop, "schedule", with(schedules)).await;
        assert_eq!(got.code(), 0, "{}", got.text);
    }
}

async fn a_merchant_uid_is_scheduled_once(shop: &Shop) {
    let first = register(shop, &[("m-1", HOUR), ("m-2", HOUR)]).await;
    assert_eq!(first.code(), 0, "{}", first.text);
    let second = register(shop, &[("m-3", HOUR), ("m-2", 2 * HOUR)]).await;
    is(&second, 200, 1, "(m-2)");
    is(&get(shop, "payments/schedule/m-3").await, 404, -1, "");
    assert_eq!(pending_jobs(shop).await, 2);
    shop.advance(HOUR + 1).await;
    assert_eq!(
        pending_jobs(shop).await,
        0,
        "nothing is left of what was refused"
    );
    // A failure does not use it up.
    let again = register(shop, &[("m-2", HOUR)]).await;
    assert_eq!(again.code(), 0, "{}", again.text);
    shop.advance(HOUR + 1).await;
    assert_eq!(shop.pg_calls(), 3);
}

async fn what_is_revoked_does_not_run(shop: &Shop) {
    register(
        shop,
        &[
            ("r-1", HOUR),
            ("r-2", HOUR),
            ("r-3", 2 * HOUR),
            ("r-4", HOUR),
        ],
    )
    .await;
    for (body, message) in [
        (json!({}), "지정해주셔야합니다."),
        (
            json!({"merchant_uid": "nothing"}),
            "취소할 예약결제 기록이 존재하지 않습니다.",
        ),
        (
            json!({"customer_uid": "nobody"}),
            "취소할 예약결제 기록이 존재하지 않습니다.",
        ),
        (
            json!({"customer_uid": "nobody", "merchant_uid": "r-1"}),
            "취소할 예약결제 기록이 존재하지 않습니다.",
        ),
    ] {
        is(&post(shop, "unschedule", body).await, 200, 1, message);
    }
    let body = json!({"customer_uid": CUSTOMER, "merchant_uid": "r-1"});
    let got = post(shop, "unschedule/", body).await;
    assert_eq!(uids(&got.body["response"]), ["r-1"]);
    let revoked = &got.body["response"][0];
    assert_eq!(revoked["schedule_status"], "revoked");
    assert!(revoked["revoked_at"].as_i64().unwrap() > 0);
    let got = post(
        shop,
        "unschedule",
        json!({"merchant_uid": ["r-2", "r-1", "none"]}),
    )
    .await;
    assert_eq!(
        uids(&got.body["response"]),
        ["r-2"],
        "what is revoked is over"
    );
    shop.advance(HOUR + 1).await;
    assert_eq!(shop.pg_calls(), 1, "r-4 alone");
    let got = post(shop, "unschedule", json!({"customer_uid": CUSTOMER})).await;
    assert_eq!(uids(&got.body["response"]), ["r-3"], "all that is pending");
    shop.advance(2 * HOUR).await;
    assert_eq!(shop.pg_calls(), 1);
    assert_eq!(pending_jobs(shop).await, 0);
}

/// The three places of lists, the last two of the customer.
const LISTS: [&str; 3] = [
    "payments/schedule",
    "payments/schedule/customers/%EB%8B%A8%EA%B3%A8%20%EC%86%90%EB%8B%98%2F1",
    "customers/%EB%8B%A8%EA%B3%A8%20%EC%86%90%EB%8B%98%2F1/schedules",
];

/// Registers 25 schedules, a minute apart, the first of them revoked; the hour in which they are due.
async fn an_hour_of_schedules(shop: &Shop) -> (i64, i64) {
    let names: Vec<String> = (0..25).map(|n| format!("l-{n:02}")).collect();
    let entries = names.iter().zip(1..).map(|(n, at)| (n.as_str(), 60 * at));
    register(shop, &entries.collect::<Vec<_>>()).await;
    post(shop, "unschedule", json!({"merchant_uid": "l-00"})).await;
    (now(shop), now(shop) + HOUR)
}

async fn lists_have_pages_under_both_names(shop: &Shop) {
    let (from, to) = an_hour_of_schedules(shop).await;
    for (query, total, count, next, previous, first) in [
        ("", 25, 20, 2, 0, "l-24"),
        ("&page=2", 25, 5, 0, 1, "l-04"),
        ("&page=9&limit=3", 25, 1, 0, 8, "l-00"),
        ("&page=10&limit=3", 25, 0, 0, 9, ""),
        ("&sorting=scheduled&limit=1", 25, 1, 2, 0, "l-00"),
        ("&schedule_status=revoked", 1, 1, 0, 0, "l-00"),
        ("&schedule-status=scheduled", 24, 20, 2, 0, "l-24"),
        ("&schedule_status=executed", 0, 0, 0, 0, ""),
    ] {
        let windows = [
            format!("schedule_from={from}&schedule_to={to}"),
            format!("from={from}&to={to}"),
        ];
        for (path, window) in LISTS
            .iter()
            .flat_map(|path| windows.iter().map(move |w| (path, w)))
        {
            let got = get(shop, &format!("{path}?{window}{query}")).await;
            assert_eq!(got.code(), 0, "{}", got.text);
            let page = &got.body["response"];
            let listed = uids(&page["list"]);
            let seen = (listed.len(), listed.first().copied().unwrap_or(""));
            assert_eq!(seen, (count, first), "{path} {query}");
            let numbers = [&page["total"], &page["next"], &page["previous"]];
            let expected = [total, next, previous].map(|n| json!(n));
            assert_eq!(numbers.map(Clone::clone), expected, "{path} {query}");
        }
    }
}

async fn lists_have_windows(shop: &Shop) {
    let (from, to) = an_hour_of_schedules(shop).await;
    let too_far = from + 94 * 86_400;
    for path in LISTS {
        let (second, last) = (from + 120, from + 60 * 25);
        let got = get(shop, &format!("{path}?from={second}&to={last}&limit=100")).await;
        let total = &got.body["response"]["total"];
        assert_eq!(total, 23, "from is in it, to is not");
        for (query, field) in [
            (format!("to={to}"), "schedule_from: "),
            (format!("from={from}"), "schedule_to: "),
            (format!("from={to}&to={from}"), "schedule_from: "),
            (format!("from={from}&to={too_far}"), "schedule_from: "),
            (format!("from={from}&to={to}&page=x"), "page: "),
            (format!("from={from}&to={to}&limit=1001"), "limit: "),
            (format!("from={from}&to={to}&sorting=paid"), "sorting: "),
            (
                format!("from={from}&to={to}&schedule_status=late"),
                "지원되지 않는 상태값입니다.",
            ),
        ] {
            is(&get(shop, &format!("{path}?{query}")).await, 400, 1, field);
        }
    }
}

async fn lists_show_each_merchant_and_customer_what_is_theirs(shop: &Shop) {
    let (from, to) = an_hour_of_schedules(shop).await;
    let path = format!("payments/schedule/customers/nobody?from={from}&to={to}");
    let empty = json!({"list": [], "next": 0, "previous": 0, "total": 0});
    assert_eq!(get(shop, &path).await.body["response"], empty);
    let other = shop.other_merchants_token().await;
    let head = format!("GET /subscribe/payments/schedule?from={from}&to={to}");
    let got = shop.ask(&head, &[("authorization", &other)], "").await;
    assert_eq!(got.body["response"], empty);
    let found = "GET /subscribe/payments/schedule/l-01";
    let got = shop.ask(found, &[("authorization", &other)], "").await;
    assert_eq!(got.status, 404, "{}", got.text);
}
